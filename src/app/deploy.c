/* The deploy operation, from top to bottom: which commit, on what, at which price; whether it can work; ask; make
 * the endpoint once; send it a first request and watch a worker come up until that is answered; stream another;
 * register.
 *
 * What costs money is made at most once (design rule 4): the journal notes that the endpoint is about to be
 * made before it is, and a run that resumes looks for it by name before it would make another. An
 * endpoint that is there but not registered is no failed deployment: it ends as done with an error that
 * says so, and can be registered later (register.c). */
#include "app/asked.h"
#include "app/deploy_internal.h"
#include "app/register.h"
#include "model/worker_image.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static void title(const struct json *asked, char *out, size_t size)
{
    const char *name = asked_text(asked, "name"), *repo = asked_text(asked, "repo");
    snprintf(out, size, "%s", name ? name : repo ? repo : "");
}

/* ---- before anything is made --------------------------------------------------------------------- */

/* What it needs is known from here on: the form of a next try says so before it asks anybody. The files stay
 * out of the record, which is sent again and again. */
static void keep_facts(struct deploy *d)
{
    const struct deploy_plan *p = &d->plan;
    struct checklist *kept = arena_alloc(d->w->keep, sizeof *kept);
    if (!kept || !p->model_seen || (p->model.list.facts.adapter && !p->base_seen))
        return;
    *kept = (struct checklist){.folder = p->model.list.folder, .facts = p->model.list.facts};
    if (p->base_seen) {
        kept->facts = p->base.list.facts;
        kept->facts.weight_bytes += p->model.list.facts.weight_bytes;
    }
    d->w->record.checklist = kept;
}

static int look_at_repository(struct deploy *d, struct err *e)
{
    struct work *w = d->w;
    work_step(w, DEPLOY_REPOSITORY, STEP_RUNNING, "asking the Hub");
    if (!runpod_has_key(w->engine->runpod)) {
        err_set(e, ERR_AUTH, 0, "there is no RunPod key");
        return err_hint(e, "set RUNPOD_API_KEY, or runpod_api_key in the profile");
    }
    const char *noted = work_noted(w, "revision");
    if (deploy_plan_model(&d->plan, w->engine->hub, noted, w->cancel, e))
        return -1;
    w->record.repository = text_from(w->keep, d->plan.repo);
    w->record.revision = text_from(w->keep, d->plan.revision);
    w->record.commit = text_from(w->keep, d->plan.revision);
    keep_facts(d);
    work_step(w, DEPLOY_REPOSITORY, STEP_DONE, "commit %.12s", d->plan.revision);
    return 0;
}

/* What was chosen for an endpoint that is there already needs no stock any more. */
static int price(struct deploy *d, bool exists, struct err *e)
{
    struct work *w = d->w;
    work_step(w, DEPLOY_PRICE, STEP_RUNNING, "asking for the catalog");
    if (prices_get(w->engine->prices, w->keep, &d->gpus, w->cancel, e) ||
        deploy_plan_gpus(&d->plan, &d->gpus, e)) {
        if (!exists || cancel_fired(w->cancel))
            return -1;
        work_step(w, DEPLOY_PRICE, STEP_WARNED, "%s", e->message);
        return 0;
    }
    w->record.endpoint_name = text_from(w->keep, d->plan.name);
    w->record.price_min = d->plan.price_hour * d->plan.endpoint.workers_min;
    w->record.price_max = d->plan.price_hour * d->plan.endpoint.workers_max;
    work_step(w, DEPLOY_PRICE, STEP_DONE, "%s x%d, $%.2f/h a worker", d->plan.pools_shown,
        d->plan.endpoint.gpu_count, d->plan.price_hour);
    return 0;
}

/* Somebody's endpoint of that name is not ours to take over. */
static int name_is_free(struct deploy *d, bool *ours, struct err *e)
{
    struct work *w = d->w;
    bool found = false;
    work_step(w, DEPLOY_ENDPOINT, STEP_RUNNING, "looking whether %s exists", d->plan.name);
    if (runpod_endpoint_find(
            w->engine->runpod, d->plan.name, w->keep, &d->endpoint, &found, w->cancel, e))
        return -1;
    *ours = found && work_noted(w, "creating");
    if (!found || *ours) {
        work_step(
            w, DEPLOY_ENDPOINT, STEP_WAITING, "%s", *ours ? "made before the interruption" : "");
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
        work_step(w, DEPLOY_PREFLIGHT, STEP_DONE, "before the interruption");
        return 0;
    }
    work_step(w, DEPLOY_PREFLIGHT, STEP_RUNNING, "looking whether it can work");
    if (deploy_plan_preflight(&d->plan, w, &warnings, e)) {
        work_step(w, DEPLOY_PREFLIGHT, STEP_FAILED, "nothing was made");
        return -1;
    }
    work_step(w, DEPLOY_PREFLIGHT, warnings ? STEP_WARNED : STEP_DONE, "%zu warning%s", warnings,
        warnings == 1 ? "" : "s");
    return 0;
}

static void print_requests(struct deploy *d)
{
    deploy_plan_print(&d->plan, d->w);
    deploy_answers_print(d);
    work_plan(d->w, "insert or update llm_models (%s) and inference_deployments", d->plan.name);
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
    work_plan(w, "two short requests are sent to see that it answers: by run, and streamed");
    for (size_t i = 0; i < d->plan.note_count; i++)
        work_plan(w, "note: %s", d->plan.notes[i].s);
    if (preflight(d, exists, e))
        return -1;
    if (w->flags.dry_run)
        print_requests(d);
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

/* A refusal says what it is about in RunPod's words only. */
static int create(struct deploy *d, struct err *e)
{
    struct work *w = d->w;
    const struct worker_image image = worker_image_read(d->plan.endpoint.image);
    if (!runpod_endpoint_create(
            w->engine->runpod, &d->plan.endpoint, w->keep, &d->endpoint, w->cancel, e))
        return 0;
    deploy_plan_learn_quota(w, e);
    if (e->class == ERR_REMOTE && strstr(e->message, "image") && image.fix[0])
        err_hint(e, "%s; nothing was made", image.fix);
    return -1;
}

static int make_endpoint(struct deploy *d, bool exists, struct err *e)
{
    struct work *w = d->w;
    work_step(w, DEPLOY_ENDPOINT, STEP_RUNNING, "%s", exists ? "exists" : "creating");
    if (!exists && w->resumed && lost_secret(&d->plan, e))
        return -1;
    if (!exists && (work_note(w, "revision", d->plan.revision, e) ||
                       work_note(w, "creating", d->plan.name, e) || create(d, e)))
        return -1;
    memcpy(w->record.endpoint_id, d->endpoint.id, sizeof w->record.endpoint_id);
    work_step(
        w, DEPLOY_ENDPOINT, STEP_DONE, "%s %s", d->endpoint.id, exists ? "exists" : "created");
    return work_note(w, "endpoint_id", d->endpoint.id, e);
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
    work_step(w, DEPLOY_REGISTER, STEP_RUNNING, "writing the row");
    struct err why;
    if (register_deployment(w, w->asked, w->done, &why)) {
        w->record.error = why;
        work_step(w, DEPLOY_REGISTER, STEP_WARNED, "not registered: %s", why.message);
        work_say(w, "serves, but is not registered yet");
        return cancel_check(w->cancel, e);
    }
    work_step(w, DEPLOY_REGISTER, STEP_DONE, "row %.8s", w->record.model_id);
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
    if (look_at_repository(&d, e) || name_is_free(&d, &exists, e) || price(&d, exists, e) ||
        ask(&d, exists, e) || make_endpoint(&d, exists, e) || deploy_first_answer(&d, e) ||
        deploy_streamed_answer(&d, e))
        return -1;
    return enter_registry(&d, e);
}

const struct work_kind work_deploy = {
    .steps = {"repository", "price", "preflight", "endpoint", "worker", "first answer",
        "streamed answer", "register"},
    .check = deploy_plan_check,
    .title = title,
    .run = run,
};
