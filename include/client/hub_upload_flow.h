/* hub_upload_flow: what the files of the transfer share (hub_upload_flow.c and beside it). All of it is
 * the runner's, but for the slots of the hashes under way.
 *
 *     item ──hash──▶ object ──ask──▶ parts ──▶ completion ──▶ check ──▶ stored
 *                       ▲                │
 *                       └── ask anew ────┘   address expired, or not known any more
 *
 * One loop (hub_upload_flow.c) begins whatever can be begun and takes whatever has ended; nothing waits
 * for anything but what it needs. */
#ifndef SLIPWAY_CLIENT_HUB_UPLOAD_FLOW_H
#define SLIPWAY_CLIENT_HUB_UPLOAD_FLOW_H

#include "client/hub_upload_internal.h"
#include "client/hub_upload_pace.h"

enum { UPLOAD_POSTS_AT_ONCE = 8, UPLOAD_ASKED_AT_ONCE = 16 };

enum upload_object_state {
    OBJECT_READY, /* its hash is known */
    OBJECT_ASKING,
    OBJECT_SENDING,
    OBJECT_SENT, /* all parts are there */
    OBJECT_COMPLETING,
    OBJECT_COMPLETED, /* to be checked, if the Hub wants that */
    OBJECT_VERIFYING,
    OBJECT_STORED,
    OBJECT_FAILED
};

/* What becomes of an object when no part of it runs any more; the greatest counts. */
enum upload_turn {
    TURN_NONE,
    TURN_ANEW,  /* is asked about again, and keeps the parts that are there */
    TURN_STALE, /* is asked about again, and begins anew */
    TURN_LOST   /* has failed */
};

struct upload_part {
    unsigned tries;           /* that failed */
    int64_t not_before;       /* monotonic: the next */
    struct upload_part *next; /* in the list of those that failed */
};

/* A content that is to be in the storage. */
struct upload_object {
    struct upload_item *item; /* the first of those with this content */
    enum upload_object_state state;
    struct kept_upload plan; /* where its parts go, and those that are there */
    bool multipart;
    struct upload_part *parts, *failed;
    size_t next, finished, running; /* next: the first that was never begun, or behind the end */
    enum upload_turn turn;          /* not TURN_NONE: no part is begun */
    int fd;                         /* -1 = not open */
    bool resumed;                   /* or tried to be: that is done once */
    unsigned asked;
    size_t finished_when_asked;
    int64_t not_before;                 /* monotonic: the next time that it is asked about */
    struct err error;                   /* why it is not there */
    struct upload_object *prev, *after; /* in the list of the ready, or of the open */
    struct upload_object *next_same;    /* in the table's slot */
};

enum upload_call_kind { CALL_PART, CALL_ASK, CALL_COMPLETE, CALL_VERIFY };

struct upload_call {
    bool busy;
    enum upload_call_kind kind;
    struct upload_object *objects[UPLOAD_ASKED_AT_ONCE];
    size_t count;
    size_t part, meter;
    int64_t begun_at;
    struct buf url, body;
    struct http_request request;
    struct http_response response;
    struct err error;
};

struct upload_hash_slot {
    struct upload_flow *flow;
    struct upload_item *item; /* NULL = free */
    bool cacheable;           /* the file was old enough when it was opened */
    char sha256[65], git[41];
    bool wants_git;
    _Atomic int64_t bytes;
    struct err error;
    bool ended; /* under the flow's lock: the slot is the runner's again */
};

struct upload_flow {
    struct upload *upload;
    struct wait wake;
    pthread_mutex_t lock;
    struct cancel *stop; /* of the hashes under way */
    struct http_many *many;
    struct upload_pace pace;
    struct upload_call calls[UPLOAD_PARTS_AT_ONCE + UPLOAD_POSTS_AT_ONCE];
    size_t parts_running, asks_running;

    struct upload_hash_slot *slots;
    size_t slot_count, hashing;
    struct upload_item **to_hash; /* in the order in which they are begun */
    size_t to_hash_count, to_hash_next;
    size_t inline_unknown; /* files for the commit itself whose hash is not known */

    struct upload_object *objects, **table; /* as many as items */
    size_t object_count, table_size;
    struct upload_object *ready, *open; /* lists; open: asked about, and not yet stored or failed */
    size_t open_count;
    bool moved, ending;
    struct err error; /* why it ends */
};

/* ---- hub_upload_flow.c ---------------------------------------------------------------------------- */

/* Ends all of it with this error; the first one counts. */
void flow_fail(struct upload_flow *f, const struct err *why);
/* Its hash is known: it is there already, goes into the commit itself, or becomes an object. */
void flow_know(struct upload_flow *f, struct upload_item *item);
/* A free call, NULL when all are busy: parts and the others do not take each other's. */
struct upload_call *flow_call(struct upload_flow *f, enum upload_call_kind kind);
void flow_give_back(struct upload_call *call); /* one that was not begun after all */
/* Begins the call; when it cannot be begun it ends at once, as one that failed. */
void flow_begin(struct upload_flow *f, struct upload_call *call);

/* ---- hub_upload_hash.c ---------------------------------------------------------------------------- */

int flow_list_hashes(struct upload_flow *f, struct err *e); /* what is remembered is not listed */
void flow_begin_hashes(struct upload_flow *f);
void flow_take_hashes(struct upload_flow *f);

/* ---- hub_upload_object.c -------------------------------------------------------------------------- */

void object_stored(struct upload_flow *f, struct upload_object *o, bool sent);
/* Something went wrong: `turn` happens as soon as no part of it runs, but TURN_LOST instead when it was
 * asked about too often. */
void object_turn(
    struct upload_flow *f, struct upload_object *o, enum upload_turn turn, const struct err *why);
/* The storage does not take it so, with this HTTP status: TURN_STALE; but TURN_LOST where what it was told
 * about the content was remembered from an earlier run and may be wrong (it is remembered no more). */
void object_refused(struct upload_flow *f, struct upload_object *o, int status, struct err *why);
void object_part_ended(
    struct upload_flow *f, struct upload_object *o); /* turns it, or it is sent */
int64_t object_part_length(const struct upload_object *o, size_t part);
/* Goes on with what the Hub has answered. */
void object_accept(
    struct upload_flow *f, struct upload_object *o, const struct hub_lfs_action *action);
/* Goes on with what an earlier run has left; false when there is nothing. */
bool object_resume(struct upload_flow *f, struct upload_object *o);
void object_release(struct upload_object *o);

/* ---- hub_upload_ask.c, hub_upload_parts.c, hub_upload_finish.c ------------------------------------- */

void flow_begin_asks(struct upload_flow *f, int64_t now);
void flow_take_ask(struct upload_flow *f, struct upload_call *call, bool failed);
void flow_begin_parts(struct upload_flow *f, int64_t now);
void flow_take_part(struct upload_flow *f, struct upload_call *call, bool failed);
size_t flow_queued_parts(const struct upload_flow *f); /* of open objects, never begun */
int64_t flow_parts_due(const struct upload_flow *f);   /* when a failed one may be tried again */
void flow_begin_finish(struct upload_flow *f);
void flow_take_finish(struct upload_flow *f, struct upload_call *call, bool failed);

/* ---- hub_upload_judge.c: what an end of a request means for its object (pure) ----------------------- */

enum upload_fate {
    FATE_GOOD,
    FATE_AGAIN, /* the same once more, later */
    FATE_BUSY,  /* so, and fewer at a time */
    FATE_ANEW,  /* the address has expired, or is in doubt: ask for another */
    FATE_STALE, /* the upload is not known any more: begin the file anew */
    FATE_LOST,  /* this file cannot be sent */
    FATE_FATAL  /* nothing can go on */
};
enum upload_fate upload_judge(
    const struct http_response *r, bool failed, const struct err *error, bool part);
/* Whether both addresses belong to the same multi-part upload, by their upload id. */
bool upload_same_id(const char *a, const char *b);

/* ---- hub_upload_keep.c: what is remembered of it ---------------------------------------------------- */

bool keep_hash_known(struct upload_item *item);
void keep_hash(struct upload_item *item);
/* The storage says that it is wrong. Whether it came from an earlier run, so that the next finds out anew. */
bool keep_hash_forget(struct upload_item *item);
bool keep_upload_get(struct upload_object *o);
void keep_upload_put(struct upload_object *o);
void keep_part(struct upload_object *o, size_t part);
void keep_upload_remove(struct upload_object *o);

#endif
