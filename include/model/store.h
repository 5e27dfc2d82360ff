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

enum { STORE_OPERATIONS_MAX = 200, STORE_REQUESTS_MAX = 100000, STORE_LOG_LINES_MAX = 20000 };
enum { STORE_REQUEST_BYTES_MAX = 256 << 20 }; /* what requests take with their texts */
enum {
    STORE_DETAILS_MAX = 16,
    STORE_HISTORY_MAX = 60,
    STORE_TIMES_MAX = 1000,
    STORE_COLD_MS = 5000
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
const struct endpoint_row *store_endpoint(const struct store *s, size_t i);
const struct endpoint_row *store_endpoint_by_id(const struct store *s, const char *id);

/* What was read while somebody looked; NULL = nothing (yet). Of the last STORE_DETAILS_MAX endpoints. */
const struct endpoint_detail *store_endpoint_detail(const struct store *s, const char *id);

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
struct endpoint_times {
    size_t count, cold;
    int64_t delay_p50, delay_p95, execution_p50, execution_p95; /* -1 = unknown */
};
struct endpoint_times store_endpoint_times(const struct store *s, const char *id);

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

/* Log lines by arrival, oldest first; the first ones go when there are too many. `first` is the
 * running number of line 0, so that a view can stay where it is. */
size_t store_log(const struct store *s, uint64_t *first);
const struct log_line *store_log_line(const struct store *s, size_t i);
/* Lines that nobody could see: lost on their way here. Those that the ring let go were seen. */
uint64_t store_log_dropped(const struct store *s);
void store_log_note_dropped(struct store *s, uint64_t lines); /* the inbox's count */

/* $/h over all endpoints now (estimate from workers), NAN = unknown. */
double store_cost_hour(const struct store *s);

#endif
