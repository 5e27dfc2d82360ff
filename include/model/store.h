/* store: everything the screens show, on main alone. Messages are its only way in.
 *
 * store_apply keeps the message (its arena holds the records) until a newer one takes its place, so
 * applying is a swap plus a small diff, never a copy of the data. Rows are handed out by index and
 * borrowed until the next store_apply. Every part has a version that changes when it does.
 *
 * Bounds: STORE_… ; what is past them is dropped (oldest first) and counted.
 *
 * Thread: main. Pure: no I/O, and no clock but the one handed in. */
#ifndef SLIPWAY_MODEL_STORE_H
#define SLIPWAY_MODEL_STORE_H

#include "base/clock.h"
#include "model/news.h"
#include "model/request_times.h"

enum { STORE_OPERATIONS_MAX = 200, STORE_REQUESTS_MAX = 100000, STORE_LOG_LINES_MAX = 20000 };
enum { STORE_REQUEST_BYTES_MAX = 256 << 20 }; /* what requests take with their texts */
enum {
    STORE_DETAILS_MAX = 16,
    STORE_HISTORY_MAX = 60,
    STORE_TIMES_MAX = REQUEST_TIMES_MAX,
    STORE_COLD_MS = REQUEST_COLD_MS
};
enum { STORE_LOG_BYTES_MAX = 6 << 20, STORE_LOSSES_MAX = 64 };

struct store;

/* The clock is borrowed. NULL when memory is out. */
struct store *store_new(struct clock *clock);
void store_free(struct store *s); /* NULL is fine */

/* Takes the message, whatever comes of it. Memory that runs out loses the message, counted by
 * store_lost, as are requests and operations that the bounds push out. A NEWS_OUTCOME is not kept: it
 * stays for store_outcome until the next one. */
void store_apply(struct store *s, struct message *take);
uint64_t store_lost(const struct store *s);

enum store_part {
    STORE_SOURCES,
    STORE_JOBS,
    STORE_OPERATIONS, /* uploads, deployments, registrations */
    STORE_ENDPOINTS,  /* settings, health, workers, prices */
    STORE_MODELS,
    STORE_REQUESTS,
    STORE_LOG,
    STORE_ACCOUNT,
    STORE_REPOS,
    STORE_OUTCOME,
    STORE_PARTS
};
uint64_t store_version(const struct store *s, enum store_part part);
/* The latest wall time the store's clock shows, and the monotonic one, for ages. */
int64_t store_wall_ms(const struct store *s);
int64_t store_mono_ms(const struct store *s);

const struct source_state *store_source(const struct store *s, enum source source); /* never NULL */
const struct account *store_account(const struct store *s); /* NULL = unseen */
const struct gpu_page *store_gpus(const struct store *s);   /* NULL = unseen */
const struct repo_page *store_repos(const struct store *s); /* NULL = unseen */
const struct outcome *store_outcome(const struct store *s); /* the last; NULL = none */

/* Training jobs. `losses`: those seen while it was watched, oldest first. */
size_t store_jobs(const struct store *s);
bool store_jobs_more(const struct store *s); /* the registry has older ones besides */
const struct job *store_job(const struct store *s, size_t i);
const struct job *store_job_by_id(const struct store *s, const char *id);
size_t store_job_losses(const struct store *s, const char *id, const double **losses);

/* Operations, newest first; `kind` OPERATION_KINDS = all. Old ones that are over go first. */
size_t store_operations(const struct store *s, enum operation_kind kind);
const struct operation *store_operation(const struct store *s, enum operation_kind kind, size_t i);
const struct operation *store_operation_by_id(const struct store *s, const char *id);

/* An endpoint with what is known of it; the pointers are NULL while unseen. Endpoints that are gone
 * from the list go with their health and workers. */
struct endpoint_row {
    const struct endpoint *settings;
    const struct health *health;
    const struct worker_page *workers;
    enum endpoint_condition condition;
    int64_t
        waiting_since_ms; /* monotonic: since when we see requests wait with none in progress; -1 */
    double cost_hour;     /* $/h now, an estimate; NAN = unknown */
    double cost_request;  /* $, mean of our own finished requests to it; NAN = none */
};
size_t store_endpoints(const struct store *s);
/* Changes with their settings alone: who there is and what they are called. */
uint64_t store_endpoints_listed(const struct store *s);
const struct endpoint_row *store_endpoint(const struct store *s, size_t i);
const struct endpoint_row *store_endpoint_by_id(const struct store *s, const char *id);

/* What was read while somebody looked; NULL = nothing (yet). Of the last STORE_DETAILS_MAX endpoints. */
const struct endpoint_detail *store_endpoint_detail(const struct store *s, const char *id);

/* What triage said of it last; NULL = nothing yet. Touches STORE_ENDPOINTS, also when only its age changed. Of the
 * last STORE_TRIAGES_MAX endpoints. */
enum { STORE_TRIAGES_MAX = 256 };
const struct triage *store_triage(const struct store *s, const char *endpoint_id);

/* An endpoint's past, as we saw it: a sample a minute, oldest first, at most STORE_HISTORY_MAX; NAN where
 * nothing was seen. `begins_ms` is the wall time of sample 0. */
struct endpoint_history {
    const double *waiting, *running, *done; /* in queue; in progress; completed a minute */
    size_t count;
    int64_t begins_ms;
};
struct endpoint_history store_endpoint_history(const struct store *s, const char *id);

/* Times of the requests to an endpoint that we know of (the newest STORE_TIMES_MAX that ended), ms; count 0
 * = none. Cold: those that waited longer than STORE_COLD_MS. */
struct endpoint_times store_endpoint_times(const struct store *s, const char *id);

/* How often we saw a worker begin while it stayed in the list: more than once is a restart. */
struct worker_starts {
    int count;        /* 0 = never seen */
    int64_t since_ms; /* monotonic: when it was first seen; -1 */
};
struct worker_starts store_worker_starts(
    const struct store *s, const char *endpoint_id, const char *worker_id);

size_t store_models(const struct store *s);
bool store_models_more(const struct store *s); /* the registry has older ones besides */
const struct model_row *store_model(const struct store *s, size_t i);
const struct model_row *store_model_by_id(const struct store *s, const char *id);
/* The row that says it is served by this endpoint; NULL = none. */
const struct model_row *store_model_of_endpoint(const struct store *s, const char *endpoint_id);

/* Requests, newest first. */
size_t store_requests(const struct store *s);
const struct request *store_request(const struct store *s, size_t i);
const struct request *store_request_by_id(const struct store *s, const char *id);
/* Those that are not over, in no order. */
size_t store_requests_open(const struct store *s);
const struct request *store_request_open(const struct store *s, size_t i);
size_t store_request_open_row(const struct store *s, size_t i); /* its number among all */

/* What became of the requests' rows, one after the other, by their numbers at that time: each change makes
 * the next version of STORE_REQUESTS. */
enum store_change_kind { STORE_ADDED, STORE_REMOVED, STORE_CHANGED };
struct store_change {
    uint64_t version;
    enum store_change_kind kind;
    size_t row;
};
enum { STORE_CHANGES_MAX = 2048 }; /* that are remembered */
/* The change that made this version; NULL = it is not known any more, or rows changed places. */
const struct store_change *store_request_change(const struct store *s, uint64_t version);

/* Rows of the log by arrival, oldest first; the first ones go when there are too many. `first` is the
 * running number of row 0, so that a view can stay where it is. Lines that go on a row that is there
 * (model/log_fold.h) change it in its place; its order_ms stays. */
size_t store_log(const struct store *s, uint64_t *first);
const struct log_line *store_log_line(const struct store *s, size_t i);
/* Lines that nobody could see: lost on their way here. Those that the ring let go were seen. */
uint64_t store_log_dropped(const struct store *s);
void store_log_note_dropped(struct store *s, uint64_t lines); /* the inbox's count; makes a row */

/* $/h over all endpoints now (estimate from workers), NAN = unknown. */
double store_cost_hour(const struct store *s);

#endif
