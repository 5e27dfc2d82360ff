/* What is done to a request by hand, each on a worker: it asks the service, notes what came of it in the ledger
 * and tells main; app/follow.h does the rest. Which one is meant is copied when it is asked for, since rows
 * come and go. */
#include "app/host_internal.h"

#include "app/outcome.h"
#include "app/requests.h"
#include "client/runpod_jobs.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ERRAND_ARENA = 32 << 20, FRESH_MS = 5 * 60 * 1000, KNOWN_MS = 60 * 1000 };

struct errand {
    struct engine *engine;
    enum action_id action;
    char id[REQUEST_ID_MAX]; /* of the ledger's row; "" = by its job */
    char endpoint_id[ENDPOINT_ID_MAX], job_id[REQUEST_ID_MAX];
    bool fresh; /* the endpoint was made a moment ago */
};

/* ---- on a worker --------------------------------------------------------------------------------- */

static int find(const struct request_desk *d, const struct errand *k, struct arena *a,
    struct request *q, struct err *e)
{
    bool found = false;
    if (k->id[0] && d->ledger && state_request_get(d->ledger, k->id, a, q, &found, e))
        return -1;
    if (found)
        return 0;
    return request_of_job(d, k->endpoint_id, k->job_id, a, q, e);
}

static int cancel_one(const struct request_desk *d, const struct errand *k, struct arena *a,
    struct request *q, struct err *e)
{
    (void)k;
    if (request_cancel(d, q, a, e))
        return -1;
    if (q->status == REQUEST_CANCELLED)
        outcome_good(d->engine->inbox, "cancelled %s", q->job_id);
    else
        outcome_good(d->engine->inbox, "%s was asked to stop; it is %s", q->job_id,
            request_status_name(q->status));
    return 0;
}

static int retry_one(const struct request_desk *d, const struct errand *k, struct arena *a,
    struct request *q, struct err *e)
{
    (void)k;
    if (request_retry(d, q, a, e))
        return -1;
    outcome_good(d->engine->inbox, "%s is queued again", q->job_id);
    return 0;
}

/* The same input to the same endpoint, as a request of its own. */
static int send_again(const struct request_desk *d, const struct errand *k, struct arena *a,
    struct request *q, struct err *e)
{
    (void)k;
    const char *refused = request_refuses_send(q);
    struct json *input = refused ? NULL : json_parse(q->input.s, q->input.len, e);
    struct request again;
    if (refused)
        return err_set(e, ERR_STATE, 0, "%s", refused);
    if (!input)
        return err_wrap(e, "its input is not what it was");
    const struct request_task task = {.engine = d->engine,
        .ledger = d->ledger,
        .endpoint_id = q->endpoint_id,
        .model = q->model.len ? q->model.s : NULL,
        .input = input,
        .cancel = d->cancel};
    request_begin(&task, &again, a);
    int failed = request_send(&task, &again, a, e);
    if (!failed)
        outcome_good(d->engine->inbox, "sent again as %s", again.job_id);
    json_free(input);
    return failed;
}

static int look_up(const struct request_desk *d, const struct errand *k, struct arena *a,
    struct request *q, struct err *e)
{
    if (!request_look(d, q, a, e)) {
        outcome_good(d->engine->inbox, "request %s: %s", q->job_id, request_status_name(q->status));
        return 0;
    }
    if (k->fresh && e->class == ERR_REMOTE && e->number == 404)
        err_hint(
            e, "the endpoint is new: RunPod may not know it everywhere yet; try again in a minute");
    return -1;
}

typedef int errand_fn(const struct request_desk *d, const struct errand *k, struct arena *a,
    struct request *q, struct err *e);

static errand_fn *errand_of(enum action_id action)
{
    return action == ACTION_CANCEL_REQUEST  ? cancel_one
           : action == ACTION_RETRY_REQUEST ? retry_one
           : action == ACTION_SEND_AGAIN    ? send_again
                                            : look_up;
}

/* Without the ledger only cancelling is worth doing: it may cost money that it goes on. */
static int without_ledger(const struct errand *k, struct cancel *cancel, struct err *e)
{
    struct err why;
    if (k->action != ACTION_CANCEL_REQUEST)
        return -1;
    if (runpod_cancel(k->engine->runpod, k->endpoint_id, k->job_id, cancel, &why)) {
        *e = why;
        return -1;
    }
    outcome_good(k->engine->inbox, "cancelled %s", k->job_id);
    return 0;
}

static void run(void *arg, struct cancel *cancel)
{
    struct errand *k = arg;
    struct err e;
    struct request q;
    struct request_desk d = {.engine = k->engine, .cancel = cancel};
    struct arena *a = arena_new(ERRAND_ARENA);
    int failed = 0;
    if (!a)
        failed = err_set(&e, ERR_IO, 0, "out of memory");
    else if (!(d.ledger = engine_state(k->engine, &e)))
        failed = without_ledger(k, cancel, &e);
    else if (find(&d, k, a, &q, &e) || errand_of(k->action)(&d, k, a, &q, &e))
        failed = -1;
    if (failed)
        outcome_bad(k->engine->inbox, &e);
    state_close(d.ledger);
    arena_free(a);
    free(k);
}

/* ---- on main --------------------------------------------------------------------------------------- */

static struct errand *errand_new(struct host_state *h, enum action_id action, struct err *e)
{
    struct errand *k = calloc(1, sizeof *k);
    if (!k) {
        err_set(e, ERR_IO, 0, "out of memory");
        return NULL;
    }
    k->engine = h->engine;
    k->action = action;
    return k;
}

static int start(struct errand *take, struct err *e)
{
    struct engine *g = take->engine;
    if (!workers_start(g->workers, run, take, g->quit, NULL, NULL, e))
        return 0;
    free(take);
    return -1;
}

static int start_on(struct host_state *h, const struct intent *i, struct err *e)
{
    const struct request *q = store_request_by_id(h->store, i->id);
    struct errand *k = q ? errand_new(h, i->action, e) : NULL;
    if (!q)
        return err_set(e, ERR_STATE, 0, "the request is not in the list any more");
    if (!k)
        return -1;
    memcpy(k->id, q->id, sizeof k->id);
    memcpy(k->endpoint_id, q->endpoint_id, sizeof k->endpoint_id);
    memcpy(k->job_id, q->job_id, sizeof k->job_id);
    return start(k, e);
}

int host_cancel_request(struct host_state *h, const struct intent *i, struct err *e)
{
    const struct request *q = store_request_by_id(h->store, i->id);
    if (!q || request_is_final(q->status) || !q->job_id[0])
        return err_set(e, ERR_STATE, 0,
            q && !request_is_final(q->status) ? "RunPod has not taken the request yet"
                                              : "the request is not under way");
    return start_on(h, i, e);
}

int host_retry_request(struct host_state *h, const struct intent *i, struct err *e)
{
    return engine_may_write(h->engine, e) ? -1 : start_on(h, i, e);
}

int host_send_again(struct host_state *h, const struct intent *i, struct err *e)
{
    return engine_may_write(h->engine, e) ? -1 : start_on(h, i, e);
}

static bool is_fresh(const struct store *s, const char *endpoint_id, int64_t age_ms)
{
    const struct endpoint_row *row = store_endpoint_by_id(s, endpoint_id);
    return row && row->settings->created_ms >= 0 &&
           store_wall_ms(s) - row->settings->created_ms < age_ms;
}

int host_looked_up(struct host_state *h, const struct intent *i, struct err *e)
{
    const char *slash = memchr(i->text.s, '/', i->text.len);
    size_t endpoint = slash ? (size_t)(slash - i->text.s) : i->text.len;
    size_t job = slash ? i->text.len - endpoint - 1 : 0;
    if (!slash || endpoint >= ENDPOINT_ID_MAX || job >= REQUEST_ID_MAX)
        return err_set(
            e, ERR_INPUT, 0, "%.*s is no endpoint and request", (int)i->text.len, i->text.s);
    struct errand *k = errand_new(h, ACTION_LOOKED_UP, e);
    if (!k)
        return -1;
    snprintf(k->endpoint_id, sizeof k->endpoint_id, "%.*s", (int)endpoint, i->text.s);
    snprintf(k->job_id, sizeof k->job_id, "%.*s", (int)job, slash + 1);
    k->fresh = is_fresh(h->store, k->endpoint_id, KNOWN_MS);
    return start(k, e);
}

void host_look(void *arg, const char *endpoint_id, const char *request_id)
{
    struct host_state *h = arg;
    if (h->follow)
        follow_look(h->follow, endpoint_id, is_fresh(h->store, endpoint_id, FRESH_MS), request_id);
}
