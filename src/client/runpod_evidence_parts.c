/* The parts of the evidence that are one answer of the service each (spec/runpod.md §3, §4, §2.1). A part that
 * cannot be read leaves what was known of it, and a note. The account, the raw GPU ids and what became of a cached
 * model come in one query. */
#include "client/runpod_evidence_internal.h"

#include "client/runpod_account.h"
#include "client/runpod_change_internal.h"
#include "client/runpod_control.h"
#include "client/runpod_internal.h"
#include "client/runpod_jobs.h"
#include "client/runpod_read.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PART_ARENA = 4 << 20, LIST_ARENA = 16 << 20 };

/* ---- now ------------------------------------------------------------------------------------------------ */

static bool is_gone(const struct err *e)
{
    return e->class == ERR_REMOTE && e->number == 404;
}

/* A refused key ends all: nothing else would be read either. */
static int look_failed(
    struct runpod_evidence *ev, const char *what, const struct err *why, struct err *e)
{
    if (why->class == ERR_AUTH || (is_gone(why) && ev->v.look_count == 0)) {
        if (e)
            *e = *why;
        return -1;
    }
    return evidence_failed(ev, what, why, e);
}

int evidence_health(struct runpod_evidence *ev, struct cancel *c, struct err *e)
{
    struct health seen;
    struct err why;
    ev->cost.calls++; /* of the data plane: it has no announced quota */
    if (runpod_health(ev->options.runpod, ev->v.endpoint.id, &seen, c, &why)) {
        /* The data plane does not know an endpoint for about a minute: its settings tell. */
        return is_gone(&why) ? evidence_failed(ev, "health", &why, e)
                             : look_failed(ev, "health", &why, e);
    }
    runpod_evidence_health(ev, evidence_now(ev), &seen);
    evidence_note(ev, "health", NULL);
    return 0;
}

int evidence_workers(struct runpod_evidence *ev, struct cancel *c, struct err *e)
{
    struct worker_page page;
    struct err why;
    struct arena *a = evidence_arena(PART_ARENA);
    if (!a || evidence_pace(ev, c, &why)) {
        arena_free(a);
        return a ? evidence_failed(ev, "workers", &why, e) : 0;
    }
    int failed = runpod_workers(ev->options.runpod, ev->v.endpoint.id, a, &page, c, &why);
    if (!failed) {
        evidence_take_workers(ev, &page);
        ev->v.workers_read = true;
        evidence_note(ev, "workers", NULL);
    }
    arena_free(a);
    return failed ? look_failed(ev, "workers", &why, e) : 0;
}

/* ---- settings --------------------------------------------------------------------------------------------- */

static void take_detail(struct runpod_evidence *ev, const struct json *j, struct arena *a)
{
    struct triage_evidence *v = &ev->v;
    const struct json *scaling = json_get(j, "scaling");
    struct endpoint p;
    runpod_read_endpoint(j, a, &p);
    if (p.id[0])
        runpod_evidence_endpoint(ev, &p);
    endpoint_detail_init(&v->detail, v->endpoint.id);
    runpod_read_detail(j, a, &v->detail);
    const char *type = json_str(scaling, "type");
    v->scaler = runpod_value_text(a, type);
    v->scaler_value = json_num(
        scaling, type && strcmp(type, "REQUEST_COUNT") == 0 ? "requestCount" : "queueDelay", NAN);
    v->detail_read = true;
    ev->detail_ms = clock_mono_ms(ev->options.clock);
}

int evidence_detail(struct runpod_evidence *ev, struct cancel *c, struct err *e)
{
    struct err why;
    struct arena *a = evidence_arena(PART_ARENA);
    if (!a || evidence_pace(ev, c, &why)) {
        arena_free(a);
        return a ? evidence_failed(ev, "settings", &why, e) : 0;
    }
    struct json *j =
        runpod_read_of(ev->options.runpod, ev->v.endpoint.id, "", "read the endpoint", c, &why);
    if (!j) {
        arena_free(a);
        return evidence_failed(ev, "settings", &why, e);
    }
    take_detail(ev, j, a);
    json_free_secret(j);
    evidence_swap(&ev->detail, a);
    evidence_note(ev, "settings", NULL);
    if (evidence_pace(ev, c, &why) ||
        runpod_releases(ev->options.runpod, ev->v.endpoint.id, a, &ev->v.detail, c, &why))
        return evidence_failed(ev, "releases", &why, e);
    evidence_note(ev, "releases", NULL);
    return 0;
}

/* ---- the account ------------------------------------------------------------------------------------------ */

/* A worker that is not well, to be asked about its model. */
static const char *ailing(const struct triage_evidence *v)
{
    for (size_t i = 0; i < v->worker_count; i++)
        if (!v->workers[i].vanished && v->workers[i].worker.status != WORKER_RUNNING &&
            v->workers[i].worker.status != WORKER_IDLE)
            return v->workers[i].worker.id;
    return NULL;
}

static void write_query(const struct triage_evidence *v, struct buf *out)
{
    const char *worker = ailing(v);
    (void)buf_printf(out,
        "{\"query\":\"query { myself { id clientBalance currentSpendPerHr spendLimit "
        "endpoint(id: \\\"%s\\\") { gpuIds modelReferences } }",
        v->endpoint.id);
    if (worker)
        (void)buf_printf(out,
            " pod(input: {podId: \\\"%s\\\"}) { modelVersions { failurePhase failureReason } }",
            worker);
    (void)buf_str_append(out, " }\"}");
}

static struct text first_string(struct arena *a, const struct json *j)
{
    const struct json *first = json_kind(j) == JSON_ARRAY ? json_first(j) : j;
    return runpod_value_text(a, json_string(first) ? json_string(first) : "");
}

static void take_account(struct runpod_evidence *ev, const struct json *j, struct arena *a)
{
    struct triage_evidence *v = &ev->v;
    const struct json *data = json_get(j, "data");
    const struct json *p = json_get(json_get(data, "myself"), "endpoint");
    v->gpu_ids = runpod_value_text(a, json_str_or(p, "gpuIds", ""));
    v->cached_model = first_string(a, json_get(p, "modelReferences"));
    v->cached_failure = TEXT("");
    const struct json *versions = json_get(json_get(data, "pod"), "modelVersions");
    for (const struct json *m = json_first(versions); m; m = json_next(m))
        if (json_str(m, "failurePhase"))
            v->cached_failure = runpod_value_text(a, json_str(m, "failurePhase"));
}

static struct json *ask_account(struct runpod_evidence *ev, struct cancel *c, struct err *why)
{
    struct buf url, body;
    struct json *j = NULL;
    buf_init(&body, 2048);
    write_query(&ev->v, &body);
    if (runpod_url(ev->options.runpod, RUNPOD_CONTROL, &url, why, "/graphql") == 0) {
        struct http_request request =
            runpod_post(ev->options.runpod, buf_str(&url), &body, RUNPOD_SMALL_MAX);
        request.reads = true;
        request.retry = HTTP_RETRY_SAFE;
        j = runpod_call(ev->options.runpod, &request, "read the account", c, why);
    }
    buf_release(&url);
    buf_release(&body);
    return j;
}

/* The larger query may be refused where the small one is not. */
static int ask_small(struct runpod_evidence *ev, struct arena *a, struct account *out,
    struct cancel *c, struct err *why)
{
    if (evidence_pace(ev, c, why))
        return -1;
    return runpod_account(ev->options.runpod, a, out, NULL, c, why);
}

int evidence_account(struct runpod_evidence *ev, struct cancel *c, struct err *e)
{
    struct err why;
    struct account seen;
    struct arena *a = evidence_arena(PART_ARENA);
    if (!a || evidence_pace(ev, c, &why)) {
        arena_free(a);
        return a ? evidence_failed(ev, "account", &why, e) : 0;
    }
    struct json *j = ask_account(ev, c, &why);
    int failed = j ? runpod_read_account(j, a, &seen, NULL, &why) : -1;
    if (!failed)
        take_account(ev, j, a);
    else if (why.class == ERR_REMOTE)
        failed = ask_small(ev, a, &seen, c, &why);
    json_free(j);
    if (failed) {
        arena_free(a);
        return evidence_failed(ev, "account", &why, e);
    }
    seen.seen_ms = clock_mono_ms(ev->options.clock);
    runpod_evidence_account(ev, &seen);
    evidence_swap(&ev->account, a);
    evidence_note(ev, "account", NULL);
    return 0;
}

static int ask_catalog(struct runpod_evidence *ev, struct arena *a, struct gpu_page *out,
    struct cancel *c, struct err *why)
{
    const struct runpod_evidence_options *o = &ev->options;
    if (o->gpus)
        return o->gpus(o->gpus_arg, a, out, c, why);
    return evidence_pace(ev, c, why) || runpod_gpus(o->runpod, a, out, c, why) ? -1 : 0;
}

int evidence_catalog(struct runpod_evidence *ev, struct cancel *c, struct err *e)
{
    struct err why;
    struct gpu_page page;
    struct arena *a = evidence_arena(LIST_ARENA);
    if (!a)
        return 0;
    if (ask_catalog(ev, a, &page, c, &why)) {
        arena_free(a);
        return evidence_failed(ev, "catalog", &why, e);
    }
    evidence_swap(&ev->catalog, a);
    ev->gpus = page;
    ev->v.catalog = &ev->gpus;
    ev->catalog_ms = clock_mono_ms(ev->options.clock);
    evidence_note(ev, "catalog", NULL);
    return 0;
}
