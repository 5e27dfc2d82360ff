/* hub_commit: the NDJSON of a commit, and what it makes of a revision (spec/huggingface.md §5).
 *
 * Reading it is pure. Applying it changes nothing but the list of files handed out (and the store,
 * where new contents are kept by their hash); the commit is made by the caller when all went well.
 */
#ifndef SLIPWAY_SIM_HUB_COMMIT_H
#define SLIPWAY_SIM_HUB_COMMIT_H

#include "sim/hub_store.h"

enum { HUB_OPS_MAX = 20000, HUB_TITLE_MAX = 1000, HUB_MESSAGE_MAX = 65000 };

enum hub_op_kind {
    HUB_OP_FILE,
    HUB_OP_LFS,
    HUB_OP_DELETE_FILE,
    HUB_OP_DELETE_FOLDER,
    HUB_OP_DELETE_ANY
};

struct hub_op {
    enum hub_op_kind kind;
    const char *path;         /* good by hub_path_error; of a folder without its last '/' */
    const char *old_path;     /* renamed from there, or NULL */
    const struct json *value; /* the line's "value" */
};

struct hub_ops {
    struct json **lines; /* owned; ops point into them */
    struct hub_op *all;
    size_t count, line_count, capacity;
    const char *title, *message; /* never NULL after hub_ops_read */
    const char *parent;          /* NULL = not given */
};

/* Why a commit is refused. */
struct hub_refusal {
    int status;
    const char *code; /* X-Error-Code or NULL */
    char message[1400];
    struct json *errors; /* owned: several sentences, instead of the message */
};

/* Reads the lines; `ops` is to be released in any case. -1 with the reason. */
int hub_ops_read(const char *bytes, size_t n, struct hub_ops *ops, struct hub_refusal *no);
void hub_ops_release(struct hub_ops *ops);

/* The files of `base` with the operations done, as a new list for the caller. Knows the
 * repository's LFS objects, keeps small files out of what should be LFS, checks the README, and
 * extends .gitattributes for LFS files that no line covers. -1 with the reason. */
int hub_ops_apply(struct hub_world *h, const struct hub_repo *repo, const struct hub_files *base,
    const struct hub_ops *ops, struct hub_files *out, struct hub_refusal *no);

#endif
