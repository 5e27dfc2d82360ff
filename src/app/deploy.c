/* The deploy operation, from top to bottom: which commit, on what, at which price; ask; make the endpoint
 * once; send it a first request and watch the workers come up until that is answered; register.
 *
 * What costs money is made at most once (design rule 4): the journal notes that the endpoint is about to be
 * made before it is, and a run that resumes looks for it by name before it would make another. An
 * endpoint that is there but not registered is no failed deployment: it ends as done with an error that
 * says so, and can be registered later (register.c). */
#include "app/asked.h"
#include "app/deploy_plan.h"
#include "app/register.h"
#include "app/requests.h"
#include "app/work.h"
#include "client/runpod_control.h"
#include "client/runpod_jobs.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { REPOSITORY, PRICE, PREFLIGHT, ENDPOINT, ANSWER, REGISTER };

enum {
    FIRST_ANSWER_MS = 60 * 60 * 1000, /* pulling an image and loading weights may take long */
    UNKNOWN_MS = 120 * 1000,
    WORKERS_EVERY_MS = 5000
};

struct deploy {
    struct work *w;
    struct deploy_plan plan;
    struct gpu_page gpus;
    struct endpoint endpoint;
    struct request first;
    int64_t since_ms, workers_due_ms;
    char workers[WORK_NOTE_MAX];
};

static void title(const struct json *asked, char *out, size_t size)
{
    const char *name = asked_text(asked, "name"), *repo = asked_text(asked, "repo");
    snprintf(out, size, "%s", name ? name : repo ? repo : "");
}

/* ---- before anything is made --------------------------------------------------------------------- */

static int look_at_repository(struct deploy *d, struct err *e)
{
    struct work *w = d->w;
    work_step(w, REPOSITORY, STEP_RUNNING, "asking the Hub");
    if (!runpod_has_key(w->engine->runpod)) {
        err_set(e, ERR_AUTH, 0, "there is no RunPod key");
        return err_hint(e, "set RUNPOD_API_KEY, or runpod_api_key in the profile");
    }
    const char *noted = work_noted(w, "revision");
    if (deploy_plan_model(&d->plan, w->engine->hub, noted, w->keep, w->cancel, e))
        return -1;
    w->record.repository = text_from(w->keep, d->plan.repo);
    w->record.revision = text_from(w->keep, d->plan.revision);
    w->record.commit = text_from(w->keep, d->plan.revision);
    work_step(w, REPOSITORY, STEP_DONE, "commit %.12s", d->plan.revision);
    return 0;
}

static int price(struct deploy *d, struct err *e)
{
    struct work *w = d->w;
    work_step(w, PRICE, STEP_RUNNING, "asking for the catalog");
    if (prices_get(w->engine->prices, w->keep, &d->gpus, w->cancel, e) ||
        deploy_plan_gpus(&d->plan, &d->gpus, e))
        return -1;
    w->record.endpoint_name = text_from(w->keep, d->plan.name);
    w->record.price_min = d->plan.price_hour * d->plan.endpoint.workers_min;
    w->record.price_max = d->plan.price_hour * d->plan.endpoint.workers_max;
    work_step(w, PRICE, STEP_DONE, "%s x%d, $%.2f/h a worker", d->plan.pools_shown,
        d->plan.endpoint.gpu_count, d->plan.price_hour);
    return 0;
}

/* Somebody's endpoint of that name is not ours to take over. */
static int name_is_free(struct deploy *d, bool *ours, struct err *e)
{
    struct work *w = d->w;
    bool found = false;
    work_step(w, ENDPOINT, STEP_RUNNING, "looking whether %s exists", d->plan.name);
    if (runpod_endpoint_find(
            w->engine->runpod, d->plan.name, w->keep, &d->endpoint, &found, w->cancel, e))
        return -1;
    *ours = found && work_noted(w, "creating");
    if (!found || *ours) {
        work_step(w, ENDPOINT, STEP_WAITING, "%s", *ours ? "made before the interruption" : "");
        return 0;
    }
    err_set(e, ERR_STATE, 0, "an endpoint named %s exists already (%s, serves %s)", d->plan.name,
        d->endpoint.id, d->endpoint.model.len ? d->endpoint.model.s : "something else");
    return err_hint(e, "choose another name (--name), or delete that endpoint first");
}

/* An endpoint that is there already was looked at when it was made. */
static int preflight(struct deploy *d, bool exists, struct err *e)
{
    struct work *w = d->w;
    size_t warnings = 0;
    if (exists) {
        work_step(w, PREFLIGHT, STEP_DONE, "before the interruption");
        return 0;
    }
    work_step(w, PREFLIGHT, STEP_RUNNING, "looking whether it can work");
    if (deploy_plan_preflight(&d->plan, w, &d->gpus, exists, &warnings, e)) {
        work_step(w, PREFLIGHT, STEP_FAILED, "nothing was made");
        return -1;
    }
    work_step(w, PREFLIGHT, warnings ? STEP_WARNED : STEP_DONE, "%zu warning%s", warnings,
        warnings == 1 ? "" : "s");
    return 0;
}

static int ask(struct deploy *d, bool exists, struct err *e)
{
    struct work *w = d->w;
    const struct endpoint_plan *p = &d->plan.endpoint;
    work_plan(
        w, "Create the endpoint %s for %s@%.12s", d->plan.name, d->plan.repo, d->plan.revision);
    work_plan(w, "image %s, disk %d GB", p->image, p->disk_gb);
    work_plan(w, "%s x%d, workers %d to %d, idle %d s", d->plan.pools_shown, p->gpu_count,
        p->workers_min, p->workers_max, p->idle_s);
    work_plan(w, "≈$%.2f/h with %d worker%s, ≈$%.2f/h with %d (catalog prices, an estimate)",
        w->record.price_min, p->workers_min, p->workers_min == 1 ? "" : "s", w->record.price_max,
        p->workers_max);
    work_plan(w, "one short request is sent to see that it answers");
    for (size_t i = 0; i < d->plan.note_count; i++)
        work_plan(w, "note: %s", d->plan.notes[i].s);
    if (preflight(d, exists, e))
        return -1;
    if (w->flags.dry_run)
        deploy_plan_print(&d->plan, w);
    return work_ask(w, 2, e);
}

/* ---- making it ----------------------------------------------------------------------------------- */

/* The journal masks what looks like a key, and a resumed run has only the journal. */
static int lost_secret(const struct deploy_plan *p, struct err *e)
{
    for (size_t i = 0; i < p->endpoint.env_count; i++)
        if (!p->env[i].secret && strstr(p->env[i].value, "***")) {
            err_set(e, ERR_STATE, 0,
                "the value of %s was a secret, which the journal does not keep", p->env[i].name);
            return err_hint(e, "deploy again with --env %s=…", p->env[i].name);
        }
    return 0;
}

static int make_endpoint(struct deploy *d, bool exists, struct err *e)
{
    struct work *w = d->w;
    work_step(w, ENDPOINT, STEP_RUNNING, "%s", exists ? "exists" : "creating");
    if (!exists && w->resumed && lost_secret(&d->plan, e))
        return -1;
    if (!exists && (work_note(w, "revision", d->plan.revision, e) ||
                       work_note(w, "creating", d->plan.name, e) ||
                       runpod_endpoint_create(w->engine->runpod, &d->plan.endpoint, w->keep,
                           &d->endpoint, w->cancel, e)))
        return -1;
    memcpy(w->record.endpoint_id, d->endpoint.id, sizeof w->record.endpoint_id);
    work_step(w, ENDPOINT, STEP_DONE, "%s %s", d->endpoint.id, exists ? "exists" : "created");
    return work_note(w, "endpoint_id", d->endpoint.id, e);
}

static void count_workers(const struct worker_page *page, char *out, size_t size)
{
    size_t used = 0;
    out[0] = 0;
    for (int s = 0; s < WORKER_STATUSES; s++) {
        int n = 0;
        for (size_t i = 0; i < page->count; i++)
            n += page->workers[i].status == (enum worker_status)s;
        int wrote = n ? snprintf(out + used, size - used, "%s%d %s", used ? ", " : "", n,
                            worker_status_name((enum worker_status)s))
                      : 0;
        if (wrote < 0 || (size_t)wrote >= size - used)
            return;
        used += (size_t)wrote;
    }
    if (page->count && page->workers[0].gpu.len)
        snprintf(out + used, size - used, " (%s, %s)", page->workers[0].gpu.s,
            page->workers[0].data_center.len ? page->workers[0].data_center.s : "?");
}

/* While the first request waits: what the workers do, as often as the quota allows. */
static int looked(void *arg, const struct request *q, struct err *e)
{
    (void)e;
    struct deploy *d = arg;
    struct work *w = d->w;
    struct runpod *r = w->engine->runpod;
    int64_t now = clock_mono_ms(w->engine->clock);
    struct arena *a =
        now >= d->workers_due_ms && runpod_wait_ms(r, 1) == 0 ? arena_new(1 << 20) : NULL;
    struct worker_page page;
    if (a && !runpod_workers(r, d->endpoint.id, a, &page, w->cancel, NULL))
        count_workers(&page, d->workers, sizeof d->workers);
    if (a)
        d->workers_due_ms = now + WORKERS_EVERY_MS;
    arena_free(a);
    work_step(w, ANSWER, STEP_RUNNING, "%s %" PRId64 " s%s%s", request_status_name(q->status),
        (now - d->since_ms) / 1000, d->workers[0] ? ", workers: " : ", no worker yet", d->workers);
    return 0;
}

static struct json *first_input(void)
{
    struct json *input = json_new_object(), *sampling = json_new_object();
    json_add_str(input, "prompt", "Say hello.");
    json_add_int(sampling, "max_tokens", 16);
    json_add(input, "sampling_params", sampling);
    return input;
}

static int first_answer(struct deploy *d, struct err *e)
{
    struct work *w = d->w;
    if (work_noted(w, "answered")) {
        work_step(w, ANSWER, STEP_DONE, "answered before the interruption");
        return 0;
    }
    struct json *input = first_input();
    const struct request_task task = {.engine = w->engine,
        .ledger = w->state,
        .endpoint_id = d->endpoint.id,
        .model = d->plan.name,
        .input = input,
        .deadline_ms = FIRST_ANSWER_MS,
        .unknown_ms = UNKNOWN_MS,
        .looked = looked,
        .arg = d,
        .cancel = w->cancel};
    d->since_ms = clock_mono_ms(w->engine->clock);
    work_step(w, ANSWER, STEP_RUNNING, "sending the first request");
    request_begin(&task, &d->first, w->keep);
    int failed = request_follow(&task, &d->first, w->keep, e);
    json_free(input);
    if (failed)
        return err_hint(e, "the endpoint %s stays and can bill: look at its logs", d->endpoint.id);
    if (d->first.status != REQUEST_COMPLETED) {
        err_set(e, ERR_REMOTE, 0, "the first request ended as %s%s%s",
            request_status_name(d->first.status), d->first.error.len ? ": " : "",
            d->first.error.len ? d->first.error.s : "");
        return err_hint(e, "the endpoint %s stays: look at its logs", d->endpoint.id);
    }
    w->record.first_cost = d->first.cost;
    char cost[32] = "cost unknown";
    if (!isnan(d->first.cost))
        snprintf(cost, sizeof cost, "about $%.5f", d->first.cost);
    work_step(w, ANSWER, STEP_DONE, "waited %.1f s, ran %.2f s, %s",
        (double)(d->first.delay_ms > 0 ? d->first.delay_ms : 0) / 1000,
        (double)(d->first.execution_ms > 0 ? d->first.execution_ms : 0) / 1000, cost);
    return work_note(w, "answered", "yes", e);
}

/* ---- registering --------------------------------------------------------------------------------- */

static int enter_registry(struct deploy *d, struct err *e)
{
    struct work *w = d->w;
    char context[24], cost[32];
    snprintf(context, sizeof context, "%" PRId64, deploy_plan_context(&d->plan));
    snprintf(cost, sizeof cost, "%.8f", d->first.cost);
    if (work_note(w, "context", context, e) ||
        (!isnan(d->first.cost) && work_note(w, "cost_per_request", cost, e)))
        return -1;
    work_step(w, REGISTER, STEP_RUNNING, "writing the row");
    struct err why;
    if (register_deployment(w, w->asked, w->done, &why)) {
        w->record.error = why;
        work_step(w, REGISTER, STEP_WARNED, "not registered: %s", why.message);
        work_say(w, "serves, but is not registered yet");
        return cancel_check(w->cancel, e);
    }
    work_step(w, REGISTER, STEP_DONE, "row %.8s", w->record.model_id);
    work_say(w, "serves and is registered");
    return work_note(w, "model_id", w->record.model_id, e);
}

static int run(struct work *w, struct err *e)
{
    struct deploy d = {.w = w, .first = {.cost = NAN}};
    bool exists = false;
    if (deploy_plan_init(&d.plan, w->asked, w->engine->profile, w->keep, e))
        return -1;
    w->record.repository = text_from(w->keep, d.plan.repo);
    w->record.endpoint_name = text_from(w->keep, d.plan.name);
    if (look_at_repository(&d, e) || price(&d, e) || name_is_free(&d, &exists, e) ||
        ask(&d, exists, e) || make_endpoint(&d, exists, e) || first_answer(&d, e))
        return -1;
    return enter_registry(&d, e);
}

const struct work_kind work_deploy = {
    .steps = {"repository", "price", "preflight", "endpoint", "first answer", "register"},
    .check = deploy_plan_check,
    .title = title,
    .run = run,
};
