/* hub_upload_internal: what the steps of an upload share.
 *
 * Two threads: the runner goes through the steps; the caller of hub_upload looks at how far it is, four
 * times a second, and tells. What both touch is the board: guarded by its lock, but for the byte
 * counters of the parts under way, which the net thread raises. Hashes are taken by the workers, each
 * into a slot of its own. */
#ifndef SLIPWAY_CLIENT_HUB_UPLOAD_INTERNAL_H
#define SLIPWAY_CLIENT_HUB_UPLOAD_INTERNAL_H

#include "client/hub_internal.h"
#include "client/hub_upload.h"

#include <pthread.h>

enum { UPLOAD_PARTS_AT_ONCE = 16 };

struct upload;

/* What a file is known by. A file whose stamp is another one has been changed or replaced. */
struct upload_stamp {
    uint64_t device, inode;
    int64_t size, modified_ns, changed_ns;
};

/* A file that is to be in the repository when all is done. The runner's, but for the last lines. */
struct upload_item {
    struct upload *upload;
    const struct check_file *file;
    struct upload_stamp stamp; /* of when it was first opened */
    bool stamped;
    char sha256[65], git[41];    /* "" = not known (yet) */
    char there[65];              /* what the revision has in its place, "" = nothing */
    bool remembered;             /* sha256 is of an earlier run */
    bool lfs;                    /* as the Hub wants it */
    bool ignored;                /* by the repository's .gitignore */
    bool unchanged;              /* the revision has it already */
    bool found;                  /* by the look at the tree under way */
    struct upload_item *content; /* the item that is sent for all of the same content */
    struct upload_item *twin;    /* the next of the same content */

    /* under the board's lock */
    bool sending;       /* its bytes are on their way */
    int64_t due;        /* bytes of it that have to go over the wire still */
    int64_t sent, kept; /* bytes of its content that are there: of this run, of an earlier one */
    int64_t flying;     /* scratch of the one who shows */
};

struct upload_meter {
    struct upload_item *item; /* NULL = not in use */
    struct http_progress progress;
};

struct upload_board {
    pthread_mutex_t lock;
    struct wait wait; /* poked when the runner has ended */
    bool ready, ended, changed;
    enum hub_upload_phase phase;
    struct upload_file *files; /* as many as items, in their order */
    struct upload_file *shown; /* the copy that is told */
    struct upload_meter meters[UPLOAD_PARTS_AT_ONCE];
    bool total_known;
    int64_t done, told_done;            /* done: of parts that have ended, and commits */
    int64_t inline_bytes, commit_bytes; /* of file content, in a body of this length; 0 = none */
    struct http_progress commit_sent;
    struct arena *notes;
};

struct upload {
    struct hub *hub;
    const struct hub_upload_plan *plan;
    const char *revision;
    struct hub_upload_result *out;
    struct state *state; /* NULL = there is none, or it has failed */
    struct http_limit limit;
    struct cancel *cancel;
    struct err *error;
    int rc;
    struct upload_item *items;
    struct upload_item **by_path; /* sorted */
    size_t count;
    char head[41]; /* of the revision, as the last offer saw it */
    struct upload_board board;
};

/* ---- hub_upload_board.c: called by the runner, but for show ------------------------------------- */

int upload_board_init(struct upload *u, struct err *e);
void upload_board_release(struct upload *u);
void upload_phase(struct upload *u, enum hub_upload_phase phase);
void upload_tick(struct upload_item *item, unsigned ticks);
void upload_hashed(struct upload_item *item); /* shows its hash */
void upload_unchanged(struct upload_item *item);
void upload_note(struct upload_item *item, const char *note);
/* Everything that is pending counts towards the total, as far as is known. */
void upload_expect(struct upload *u);
void upload_due(struct upload_item *item, int64_t bytes);
/* Its content is on its way; `kept` bytes of it are there from an earlier run. */
void upload_sending(struct upload_item *item, int64_t kept);
/* A part of the content goes out, counted by the meter of this number (below UPLOAD_PARTS_AT_ONCE). */
struct http_progress *upload_part_begins(struct upload_item *content, size_t meter);
void upload_part_ends(struct upload *u, size_t meter, int64_t bytes); /* 0 = not there */
void upload_starts_over(struct upload_item *content); /* nothing of it is there after all */
/* All of it is there; `sent`: by us, else it was there before. */
void upload_stored(struct upload_item *item, bool sent);
void upload_failed(struct upload_item *item, const char *note);
void upload_committing(struct upload *u, int64_t inline_bytes, int64_t body_bytes);
void upload_answered(struct upload *u);  /* or not: the body is counted no more */
void upload_committed(struct upload *u); /* what was pending is in the repository */
void upload_ended(struct upload *u);
/* Tells when something changed; true once the runner has ended. By the caller's thread. */
bool upload_show(struct upload *u);

/* ---- hub_upload_open.c: files that must not change ------------------------------------------------ */

/* The file of the item, which must still be the one that was opened first. Any thread, once the first
 * call for it has returned. */
int upload_open(struct upload_item *item, struct err *e);
/* All of it, which must still have the hash that was offered, if there is one. */
int upload_read(struct upload_item *item, struct buf *out, struct err *e);
/* None of the files has changed since it was first opened. */
int upload_check_files(struct upload *u, struct err *e);

/* ---- the steps, in order -------------------------------------------------------------------------- */

bool upload_is_paused(const struct upload *u);
int upload_wait_paused(struct upload *u, struct err *e); /* until it is not; -1 when cancelled */

int upload_offer(struct upload *u, struct err *e); /* hub_upload_offer.c */
/* Whether the item goes into the commit; sure once its hash is known. */
bool upload_is_pending(const struct upload_item *item);
size_t upload_pending(const struct upload *u);

/* hub_upload_flow.c: hashes what has to be, and brings every pending LFS content into the storage;
 * *moved tells whether any had to be sent. */
int upload_bring(struct upload *u, bool *moved, struct err *e);

/* hub_upload_commit.c */
enum upload_commit {
    UPLOAD_COMMITTED,
    UPLOAD_UNSURE,  /* the head has moved, or nobody knows whether it was made */
    UPLOAD_MOVED,   /* the head has moved: it was surely not made */
    UPLOAD_REFUSED, /* for its content: perhaps an object is missing */
    UPLOAD_FAILED
};
/* ERR_INPUT when the content that goes inline does not fit into one commit. */
int upload_check_inline(const struct upload *u, struct err *e);
enum upload_commit upload_commit(struct upload *u, struct err *e);
/* The address for this step, with what a pull request needs. */
int upload_url(struct upload *u, const char *word, struct buf *out, struct err *e);

/* hub_upload_tree.c: looks which items the commit holds as meant (`found`). */
int upload_compare(struct upload *u, const char *commit, struct err *e);
/* Asks for the head of the revision. */
int upload_ask_head(struct upload *u, char head[41], struct err *e);
bool upload_all_found(const struct upload *u);

#endif
