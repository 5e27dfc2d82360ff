/* hub_upload: puts the chosen files of a checklist into one commit (spec/huggingface.md §3–§5):
 * preupload, hash, LFS batch, one PUT or multi-part, completion, one commit guarded by parentCommit,
 * read-back of the tree against what was meant.
 *
 * Hashing and sending go on side by side: while one file is sent the next is hashed, and an object's
 * address is asked for when its turn comes. What a `state` remembers is used: the SHA-256 of a file that is
 * still the same (device, inode, size, mtime, ctime), and the finished parts of a multi-part upload, so that
 * whatever ended the last run, no finished part is sent twice while its upload id lives. A state that
 * cannot be written is told in the log, and the upload goes on without.
 *
 * Look before repeat: when the answer to the commit is lost, head and tree are compared before it is
 * sent again. An unchanged folder sends nothing and makes no commit. A file that changes while it is
 * being read fails the upload before the commit.
 *
 * Progress: hub_upload keeps an array of upload_file as long as the list's files that are sent, and
 * calls `told` from the calling thread whenever something changed and at most about four times a
 * second; the callee copies what it wants.
 *
 * Thread: the upload operation's; sleeps. Files are hashed by the workers. */
#ifndef SLIPWAY_CLIENT_HUB_UPLOAD_H
#define SLIPWAY_CLIENT_HUB_UPLOAD_H

#include "client/hub.h"
#include "client/state.h"
#include "core/workers.h"
#include "model/operation.h"

#include <stdatomic.h>

enum hub_upload_phase {
    HUB_HASHING,
    HUB_OFFERING,
    HUB_SENDING,
    HUB_COMMITTING,
    HUB_READING_BACK,
    HUB_UPLOADED
};

struct hub_upload_progress {
    enum hub_upload_phase phase;
    const struct upload_file *files;
    size_t file_count;
    int64_t done, total; /* bytes over the wire that are needed; total 0 until that is known */
};

struct hub_upload_plan {
    const struct checklist *list; /* its files with `send` */
    const char *repo, *revision;  /* revision NULL = main; must exist, as the repository must */
    const char *message;          /* the commit's summary */
    bool create_pr;               /* as a pull request instead of onto the revision */
    int64_t rate_max; /* bytes/s over the wire, all files together; 0 = as fast as it goes */
    const atomic_bool
        *paused;         /* while true nothing new is begun (parts under way end); NULL = never */
    struct state *state; /* used by the upload alone until hub_upload returns; NULL = nothing is
                                     remembered */
    struct workers *workers;
    void (*told)(void *arg, const struct hub_upload_progress *progress);
    void *arg;
};

struct hub_upload_result {
    char commit[41]; /* head after it: the new commit, or the old one when nothing had changed */
    bool unchanged;  /* no commit was made */
    int64_t sent;    /* bytes of file content that went over the wire */
    int64_t kept;    /* bytes of parts that an earlier run had sent, and that were not sent again */
    int64_t hashed;  /* bytes that were read to be hashed */
    char pull_request[256]; /* its address, with create_pr; "" = none */
    size_t files;           /* in the commit */
    bool all_read_back;     /* every file's hash and size is in the tree as meant */
};

int hub_upload(struct hub *h, const struct hub_upload_plan *plan, struct hub_upload_result *out,
    struct cancel *cancel, struct err *e);

#endif
