/* store_internal: the parts of the store, one file each. Everything here is main's alone.
 *
 * A part takes a message and says what became of it. What it keeps it owns; the records lie in there.
 * Where the new record says what the old one said, the old one stays (with the new age) and the version
 * too: as long as a version stands, so does what was borrowed under it. */
#ifndef SLIPWAY_MODEL_STORE_INTERNAL_H
#define SLIPWAY_MODEL_STORE_INTERNAL_H

#include "model/log_fold.h"
#include "model/store.h"

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

enum applied {
    APPLIED_KEPT, /* the part owns the message now */
    APPLIED_DONE, /* seen; to be freed */
    APPLIED_LOST  /* memory was out; to be freed and counted */
};

/* Records of a page by an id of theirs. Those without an id, or with one that was there, are left
 * out. The ids are borrowed from the records. */
struct id_slot {
    const void *record;
    UT_hash_handle hh;
};
struct id_index {
    struct id_slot *slots, *by_id;
    size_t count;
};
int id_index_init(struct id_index *x, size_t most);
/* 0, also when it is left out; -1 when memory is out. */
int id_index_add(struct id_index *x, const char *id, const void *record);
void id_index_release(struct id_index *x);
const void *id_index_find(const struct id_index *x, const char *id);
const void *id_index_at(const struct id_index *x, size_t i);

/* A message in which several records lie: it goes with the last who uses it. */
struct shared {
    struct message *m;
    size_t users;
    size_t bytes; /* that each of its records counts for */
};
/* Takes the message, in which `records` lie; the caller is its first user. NULL when memory is out, then it
 * took nothing. */
struct shared *shared_new(struct message *m, size_t records);
void shared_drop(struct shared *shared);
/* The first user gives it up and has the message back when nobody else uses it, else NULL. */
struct message *shared_undo(struct shared *shared);

/* Records, newest first by a time of theirs and found by id. Equal times stay in the order of their
 * coming. */
struct timeline_entry {
    struct shared *shared;
    void *record; /* lies in there */
    int64_t at_ms;
    uint64_t number; /* order of coming */
    size_t slot;     /* the owner's own */
    UT_hash_handle hh;
    char id[];
};
struct timeline {
    struct timeline_entry **rows; /* row 0 is rows[first]; there may be room on both sides */
    size_t first, count, room;
    struct timeline_entry *by_id;
    uint64_t next_number;
};
struct timeline_entry *timeline_find(const struct timeline *t, const char *id);
struct timeline_entry *timeline_at(const struct timeline *t, size_t i); /* NULL past the end */
/* Where the entry is. */
size_t timeline_place(const struct timeline *t, const struct timeline_entry *e);
/* Uses what is shared; NULL when memory is out. */
struct timeline_entry *timeline_add(struct timeline *t, const char *id, int64_t at_ms,
    struct shared *shared, void *record);
/* Puts a newer record into an entry, which moves when its time did. */
void timeline_replace(struct timeline *t, struct timeline_entry *e, int64_t at_ms,
    struct shared *shared, void *record);
void timeline_remove(struct timeline *t, struct timeline_entry *e);
void timeline_release(struct timeline *t);

/* store_jobs.c */
struct loss_history;
struct store_jobs_part {
    struct message *m; /* NULL = unseen */
    struct id_index index;
    struct loss_history *losses;
};
enum applied store_take_jobs(struct store *s, struct message *m);
void store_jobs_release(struct store_jobs_part *part);

/* store_models.c */
struct store_models_part {
    struct message *m;
    struct id_index by_id, by_endpoint;
};
enum applied store_take_models(struct store *s, struct message *m);
void store_models_release(struct store_models_part *part);

/* store_endpoints.c */
struct endpoint_entry;
struct history;
struct starts;
struct store_endpoints_part {
    struct message *m, *gpus;
    struct endpoint_entry **listed;
    size_t count;
    struct endpoint_entry *by_id; /* also those not listed yet */
    size_t early;                 /* how many of those there are */
    uint64_t lists;               /* taken so far */
    uint64_t mark;
};
enum applied store_take_endpoints(struct store *s, struct message *m);
enum applied store_take_health(struct store *s, struct message *m);
enum applied store_take_workers(struct store *s, struct message *m);
enum applied store_take_gpus(struct store *s, struct message *m);
/* Borrowed; NULL = none. */
const struct history *store_endpoints_history(
    const struct store_endpoints_part *part, const char *id);
struct starts *store_endpoints_starts(const struct store_endpoints_part *part, const char *id);
/* The mean cost of the requests to this endpoint became another. */
void store_endpoint_cost(struct store *s, const char *endpoint_id);
void store_endpoints_release(struct store_endpoints_part *part);

/* store_detail.c */
struct store_details_part {
    struct message *m[STORE_DETAILS_MAX]; /* the one that was read last comes first; NULL at the end */
};
enum applied store_take_detail(struct store *s, struct message *m);
void store_details_release(struct store_details_part *part);

/* store_triage.c */
struct store_triages_part {
    struct message *m[STORE_TRIAGES_MAX]; /* in no order; NULL at the end */
    size_t count;
};
enum applied store_take_triage(struct store *s, struct message *m);
void store_triages_release(struct store_triages_part *part);

/* store_history.c, store_starts.c: made by the first look (memory that runs out makes none), freed by
 * free(). */
void history_take(struct history **history, const struct health *seen);
void starts_take(struct starts **starts, const struct worker_page *page);

/* store_times.c */
struct times_entry;
struct store_requests_part;
void store_times_add(struct store_requests_part *part, const struct request *q);
void store_times_remove(struct store_requests_part *part, const struct request *q);
void store_times_release(struct store_requests_part *part);

/* store_requests.c */
struct request_cost_sum;
struct store_requests_part {
    struct timeline line;
    struct request_cost_sum *costs; /* by endpoint */
    struct times_entry *times;      /* by endpoint */
    size_t bytes;                   /* of the arenas */
    struct timeline_entry **open;   /* those that are not over, in no order; slot is their place + 1 */
    size_t open_count, open_room;
    struct store_change changes[STORE_CHANGES_MAX]; /* each at its version's remainder */
};
enum applied store_take_request(struct store *s, struct message *m);
enum applied store_take_requests(struct store *s, struct message *m);
double store_request_cost_mean(const struct store *s, const char *endpoint_id); /* NAN = none */
void store_requests_release(struct store_requests_part *part);

/* store_operations.c */
enum applied store_take_operation(struct store *s, struct message *m);

/* store_log.c */
struct log_slot;
struct store_log_part {
    struct log_slot *ring;
    struct log_fold *fold; /* which rows of the ring go on */
    size_t start, count;
    size_t bytes;
    uint64_t first, dropped;
};
int store_log_init(struct store_log_part *part);
enum applied store_take_log(struct store *s, struct message *m);
void store_log_release(struct store_log_part *part);

struct store {
    struct clock *clock;
    uint64_t version[STORE_PARTS];
    uint64_t lost;
    struct source_state starting[SOURCES]; /* what is said of a source before it says something */
    struct message *sources[SOURCES];
    struct message *account, *repos, *outcome;
    struct store_jobs_part jobs;
    struct store_models_part models;
    struct store_endpoints_part endpoints;
    struct store_details_part details;
    struct store_triages_part triages;
    struct store_requests_part requests;
    struct timeline operations;
    struct store_log_part log;
};

static inline void store_touch(struct store *s, enum store_part part)
{
    s->version[part]++;
}

/* The new message takes the place of the old one, which is freed. */
static inline void store_swap(struct message **place, struct message *take)
{
    struct message *old = *place;
    *place = take;
    message_free(old);
}

#endif
