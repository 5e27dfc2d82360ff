/* hub_upload_internal: what the steps of an upload share.
 *
 * Two threads: the runner goes through the steps and sleeps in the engine; the caller of hub_upload
 * looks at how far it is, four times a second, and tells. What both touch is the board: guarded by
 * its lock, but for the byte counters, which the net thread raises. */
#ifndef SLIPWAY_CLIENT_HUB_UPLOAD_INTERNAL_H
#define SLIPWAY_CLIENT_HUB_UPLOAD_INTERNAL_H

#include "client/hub_internal.h"
#include "client/hub_upload.h"

#include <pthread.h>

struct upload;

/* A file that is to be in the repository when all is done. The runner's, but for `sent`. */
struct upload_item {
    struct upload *upload;
    const struct check_file *file;
    char sha256[65], git[41];
    bool lfs;                    /* as the Hub wants it */
    bool ignored;                /* by the repository's .gitignore */
    bool unchanged;              /* the revision has it already */
    bool found;                  /* by the look at the tree under way */
    struct upload_item *content; /* the item that is sent for all of the same content */
    struct http_progress sent;   /* of its content */
    struct err error;            /* of hashing */
};

struct upload_board {
    pthread_mutex_t lock;
    struct wait wait; /* poked when the runner has ended */
    bool ready, ended, changed;
    enum hub_upload_phase phase;
    struct upload_file *files;           /* as many as items, in their order */
    struct upload_file *shown;           /* the copy that is told */
    const struct http_progress **meters; /* per file; NULL: `sent` in files is so */
    bool *counts;                        /* per file: its meter counts towards done */
    int64_t total, done, told_done;      /* done: without what the meters say */
    int64_t inline_bytes, commit_bytes;  /* of file content, in a body of this length; 0 = none */
    struct http_progress commit_sent;
    struct arena *notes;
};

struct upload {
    struct hub *hub;
    const struct hub_upload_plan *plan;
    const char *revision;
    struct hub_upload_result *out;
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
void upload_total(struct upload *u, int64_t needed); /* bytes that are still to be sent */
void upload_sending(struct upload_item *item);       /* its bytes are counted from now on */
/* All of it is there; `sent`: by us, else it was there before. */
void upload_stored(struct upload_item *item, bool sent);
void upload_failed(struct upload_item *item, const char *note); /* nothing of it counts */
void upload_committing(struct upload *u, int64_t inline_bytes, int64_t body_bytes);
void upload_answered(struct upload *u);  /* or not: the body is counted no more */
void upload_committed(struct upload *u); /* what was pending is in the repository */
void upload_ended(struct upload *u);
/* Tells when something changed; true once the runner has ended. By the caller's thread. */
bool upload_show(struct upload *u);

/* ---- the steps, in order ------------------------------------------------------------------------ */

int upload_hash(struct upload *u, struct err *e);  /* hub_upload_hash.c */
int upload_offer(struct upload *u, struct err *e); /* hub_upload_offer.c */
/* Whether the item goes into the commit. */
bool upload_is_pending(const struct upload_item *item);
size_t upload_pending(const struct upload *u);
/* Content that is to be in the storage, while it is on its way. */
struct upload_object {
    struct upload_item *item;
    struct hub_lfs_action action;
    int fd; /* -1 = not open */
    char **etags;
    struct buf url, body; /* of the completion, then of the check */
    struct err error;     /* why it is not there */
    bool done, refused;   /* refused: by name, for good */
};

/* hub_upload_parts.c: each passes over objects that are stored or have failed, and leaves an error that
 * is an object's own with it. -1 when the upload cannot go on. */
int upload_send_parts(struct upload *u, struct upload_object *objects, size_t n, struct err *e);
int upload_complete(struct upload *u, struct upload_object *objects, size_t n, struct err *e);
int upload_verify(struct upload *u, struct upload_object *objects, size_t n, struct err *e);

/* hub_upload_many.c: up to `max` requests side by side. upload_many_add is for as many. */
struct upload_many {
    struct http_request *requests;
    struct http_response *responses;
    struct err *errors;
    struct upload_tag {
        struct upload_object *object;
        size_t part;
    } * tags;
    size_t count, max;
};
int upload_many_init(struct upload_many *m, size_t max, struct err *e);
struct http_request *upload_many_add(struct upload_many *m, struct upload_object *o, size_t part);
void upload_many_run(struct upload_many *m, struct upload *u);
void upload_many_clear(struct upload_many *m); /* releases the answers; room for max again */
void upload_many_release(struct upload_many *m);

/* hub_upload_send.c: every pending LFS object is stored when it returns 0; *moved tells whether any
 * had to be sent. */
int upload_send(struct upload *u, bool *moved, struct err *e);

/* hub_upload_commit.c */
enum upload_commit {
    UPLOAD_COMMITTED,
    UPLOAD_UNSURE,  /* the head has moved, or nobody knows whether it was made */
    UPLOAD_REFUSED, /* for its content: perhaps an object is missing */
    UPLOAD_FAILED
};
/* ERR_INPUT when the content that goes inline does not fit into one commit. */
int upload_check_inline(const struct upload *u, struct err *e);
enum upload_commit upload_commit(struct upload *u, struct err *e);

/* hub_upload_tree.c: looks which items the commit holds as meant (`found`). */
int upload_compare(struct upload *u, const char *commit, struct err *e);
/* Asks for the head of the revision. */
int upload_ask_head(struct upload *u, char head[41], struct err *e);
bool upload_all_found(const struct upload *u);

/* The whole file of the item, which must still be what was hashed. */
int upload_read(const struct upload_item *item, struct buf *out, struct err *e);
int upload_open(const struct upload_item *item, struct err *e);

#endif
