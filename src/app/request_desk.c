/* What is done to a request by its id. Whoever does it, the ledger is what the next one begins from; so it is
 * read first and written before main is told. */
#include "app/requests.h"

#include "app/own_log.h"
#include "client/runpod_jobs.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

int request_of_job(const struct request_desk *d, const char *endpoint_id, const char *job_id,
    struct arena *a, struct request *q, struct err *e)
{
    bool found = false;
    if (!runpod_id_ok(job_id))
        return err_set(e, ERR_INPUT, 0, "“%.100s” is no request id", job_id);
    if (!runpod_id_ok(endpoint_id) || strlen(endpoint_id) >= ENDPOINT_ID_MAX)
        return err_set(e, ERR_INPUT, 0, "“%.100s” is no endpoint id", endpoint_id);
    if (d->ledger && state_request_of_job(d->ledger, endpoint_id, job_id, a, q, &found, e))
        return -1;
    if (found)
        return 0;
    request_init(q);
    q->listed = true;
    snprintf(q->endpoint_id, sizeof q->endpoint_id, "%s", endpoint_id);
    snprintf(q->job_id, sizeof q->job_id, "%s", job_id);
    request_listed_id(endpoint_id, job_id, q->id);
    return 0;
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

void request_seen(
    const struct request_desk *d, const struct request *before, struct request *q, struct arena *a)
{
    int64_t now = clock_wall_ms(d->engine->clock);
    bool final = request_is_final(q->status), ended = final && !request_is_final(before->status);
    bool first = before->seen_ms < 0 && before->listed;
    if (q->submitted_ms < 0) /* nobody says when: now is the least that can be said */
        q->submitted_ms = now;
    if (!final)
        q->ended_ms = -1;
    else if (ended && !first)
        q->ended_ms = request_end_ms(q, later(before->seen_ms, q->submitted_ms), now);
    if (q->worker_id[0] && (final || strcmp(q->worker_id, before->worker_id) != 0))
        prices_request(d->engine->prices, q, a, d->cancel);
    if (d->ledger)
        state_request_save(d->ledger, q, NULL);
    if (ended && !q->listed)
        own_log(d->engine, q->status == REQUEST_COMPLETED ? LINE_INFO : LINE_WARN,
            "request %s to %s: %s", q->job_id, q->model.len ? q->model.s : q->endpoint_id,
            request_status_name(q->status));
    request_tell(d->engine, q);
}

static int unknown(const struct request *q, struct err *e)
{
    err_set(e, ERR_REMOTE, 404, "RunPod does not know the request %s at the endpoint %s", q->job_id,
        q->endpoint_id);
    return err_hint(e, "it expired (results are kept for 30 minutes), or is another endpoint's");
}

int request_look(const struct request_desk *d, struct request *q, struct arena *a, struct err *e)
{
    struct request before = *q;
    if (!q->job_id[0])
        return err_set(e, ERR_STATE, 0, "RunPod gave this request no id to ask about");
    if (runpod_status(d->engine->runpod, q, a, d->cancel, e))
        return -1;
    bool gone = q->status == REQUEST_GONE || q->status == REQUEST_EXPIRED;
    if (gone && before.seen_ms < 0 && before.listed)
        return unknown(q, e);
    request_seen(d, &before, q, a);
    return 0;
}

int request_cancel(const struct request_desk *d, struct request *q, struct arena *a, struct err *e)
{
    if (!q->job_id[0])
        return err_set(e, ERR_STATE, 0, "RunPod gave this request no id to cancel it by");
    if (runpod_cancel(d->engine->runpod, q->endpoint_id, q->job_id, d->cancel, e))
        return -1;
    if (request_look(d, q, a, NULL) || !request_is_final(q->status) ||
        q->status == REQUEST_CANCELLED)
        return 0;
    return err_set(e, ERR_STATE, 0,
        "the request %s had ended already, before it could be cancelled: %s", q->job_id,
        request_status_name(q->status));
}

/* Its output and error are dropped (spec/runpod.md §2.1), and its times begin anew. */
static void begin_anew(struct request *q)
{
    struct request fresh;
    request_init(&fresh);
    q->status = REQUEST_IN_QUEUE;
    q->ended_ms = q->delay_ms = q->execution_ms = q->first_token_ms = -1;
    q->tokens_in = q->tokens_out = -1;
    q->price_hour = q->cost = NAN;
    q->worker_id[0] = '\0';
    q->gpu = q->output = q->error = fresh.output;
}

int request_retry(const struct request_desk *d, struct request *q, struct arena *a, struct err *e)
{
    const char *refused = q->seen_ms < 0 && q->listed ? NULL : request_refuses_retry(q);
    if (refused)
        return err_set(e, ERR_STATE, 0, "%s", refused);
    if (runpod_retry(d->engine->runpod, q->endpoint_id, q->job_id, d->cancel, e))
        return -1;
    begin_anew(q);
    struct request before = *q;
    before.seen_ms = q->seen_ms = clock_wall_ms(d->engine->clock);
    (void)runpod_status(d->engine->runpod, q, a, d->cancel, NULL);
    request_seen(d, &before, q, a);
    return 0;
}
