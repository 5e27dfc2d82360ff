/* store_internal: the parts of the store, one file each. Everything here is main's alone.
 *
 * A part takes a message and says what became of it. What it keeps it owns; the records lie in there.
 * Where the new record says what the old one said, the old one stays (with the new age) and the version
 * too: as long as a version stands, so does what was borrowed under it. */
#ifndef SLIPWAY_MODEL_STORE_INTERNAL_H
#define SLIPWAY_MODEL_STORE_INTERNAL_H

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

/* Messages with one record each, newest first by a time of theirs and found by id. Equal times stay
 * in the order of their coming. */
struct timeline_entry {
    struct message *m;
    int64_t at_ms;
    uint64_t number; /* order of coming */
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
/* Takes the message; NULL when memory is out, then it took nothing. */
struct timeline_entry *timeline_add(
    struct timeline *t, const char *id, int64_t at_ms, struct message *m);
/* Puts a newer message into an entry, which moves when its time did. */
void timeline_replace(
    struct timeline *t, struct timeline_entry *e, int64_t at_ms, struct message *m);
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
struct store_endpoints_part {
    struct message *m, *gpus;
    struct endpoint_entry **listed;
    size_t count;
    struct endpoint_entry *by_id; /* also those not listed yet */
    size_t early;                 /* how many of those there are */
    uint64_t mark;
};
enum applied store_take_endpoints(struct store *s, struct message *m);
enum applied store_take_health(struct store *s, struct message *m);
enum applied store_take_workers(struct store *s, struct message *m);
enum applied store_take_gpus(struct store *s, struct message *m);
/* The mean cost of the requests to this endpoint became another. */
void store_endpoint_cost(struct store *s, const char *endpoint_id);
void store_endpoints_release(struct store_endpoints_part *part);

/* store_requests.c */
struct request_cost_sum;
struct store_requests_part {
    struct timeline line;
    struct request_cost_sum *costs; /* by endpoint */
    size_t bytes;                   /* of the arenas */
};
enum applied store_take_request(struct store *s, struct message *m);
double store_request_cost_mean(const struct store *s, const char *endpoint_id); /* NAN = none */
void store_requests_release(struct store_requests_part *part);

/* store_operations.c */
enum applied store_take_operation(struct store *s, struct message *m);

/* store_log.c */
struct log_slot;
struct store_log_part {
    struct log_slot *ring;
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
