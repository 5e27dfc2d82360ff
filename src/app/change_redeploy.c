/* A newer revision of the endpoint's model onto the endpoint: which commit; whether it can work; the plan; the
 * change; the rollout; one short request that must be answered; the registry's row.
 *
 * The commit is noted before anything is done, so that a resumed run does not roll to a still newer one; and
 * the request before it is sent, so that one which the service has is gone on with. */
#include "app/change.h"

#include "app/asked.h"
#include "app/requests.h"
#include "ui/say.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const char *const change_steps_revision[] = {
    "endpoint", "revision", "preflight", "change", "rollout", "first answer", "register", NULL};
enum { ENDPOINT, REVISION, PREFLIGHT, CHANGE, ROLLOUT, ANSWER, REGISTER };

enum { ANSWER_MS = 60 * 60 * 1000, UNKNOWN_MS = 60 * 1000 };

/* ---- which commit ---------------------------------------------------------------------------------------- */

static int no_such_revision(struct change *c, const char *revision, struct err *e)
{
    if (e->class != ERR_REMOTE || e->number != 404)
        return -1;
    err_set(e, ERR_INPUT, 404, "the Hub has no %s%s%s that we may see", c->now->model.s,
        revision ? "@" : "", revision ? revision : "");
    return err_hint(e, "look for a typing error; a private one needs HF_TOKEN");
}

static int find_revision(struct change *c, struct err *e)
{
    struct work *w = c->w;
    const char *asked = asked_text(w->asked, "revision"), *noted = work_noted(w, "revision");
    const char *revision = noted ? noted : asked && strcmp(asked, "newest") != 0 ? asked : NULL;
    if (!c->now->model.len) {
        err_set(
            e, ERR_STATE, 0, "%s has no MODEL_NAME: which model it serves is not known", c->name.s);
        return err_hint(e, "slipway set-image or set-env changes what it runs");
    }
    work_step(w, REVISION, STEP_RUNNING, "asking the Hub about %s", c->now->model.s);
    if (hub_info(w->engine->hub, c->now->model.s, revision, w->keep, &c->info, w->cancel, e))
        return no_such_revision(c, revision, e);
    memcpy(c->revision, c->info.sha, sizeof c->revision);
    c->model_seen = !hub_model_facts(w->engine->hub, &c->info, w->keep, &c->model, w->cancel, NULL);
    w->record.repository = text_dup(w->keep, c->now->model);
    w->record.revision = w->record.commit = text_from(w->keep, c->revision);
    work_step(w, REVISION, STEP_DONE, "commit %.12s", c->revision);
    return cancel_check(w->cancel, e) ? -1 : work_note(w, "revision", c->revision, e);
}

/* ---- the plan ---------------------------------------------------------------------------------------------- */

static struct json *first_input(void)
{
    struct json *input = json_new_object(), *sampling = json_new_object();
    json_add_str(input, "prompt", "Say hello.");
    json_add_int(sampling, "max_tokens", 16);
    json_add(input, "sampling_params", sampling);
    return input;
}

void change_plan_first_request(struct change *c)
{
    char url[512];
    if (c->now->load_balancer)
        return;
    struct json *body = json_new_object();
    snprintf(url, sizeof url, "%s/%s/run", c->w->engine->profile->runpod_endpoint_base, c->id);
    json_add(body, "input", first_input());
    change_plan_request(c, "POST", url, body);
}

static void plan_what_follows(struct change *c)
{
    struct text row = TEXT("");
    struct err why;
    if (!c->now->load_balancer)
        work_plan(c->w, "one short request is sent to see that it answers");
    if (!change_row_name(c, &row, &why) && row.len)
        work_plan(c->w, "the row %s of the registry gets the revision", row.s);
}

static int plan(struct change *c, struct err *e)
{
    struct work *w = c->w;
    size_t warnings = 0;
    work_step(w, PREFLIGHT, STEP_RUNNING, "looking whether it can work");
    change_look_round(c);
    change_plan(c);
    plan_what_follows(c);
    if (change_check_pools(c, e) || cancel_check(w->cancel, e))
        return -1;
    if (work_noted(w, "agreed")) {
        work_step(w, PREFLIGHT, STEP_DONE, "before the interruption");
        return 0;
    }
    if (change_preflight(c, &warnings, e)) {
        work_step(w, PREFLIGHT, STEP_FAILED, "nothing was changed");
        return -1;
    }
    work_step(w, PREFLIGHT, warnings ? STEP_WARNED : STEP_DONE, "%zu warning%s", warnings,
        warnings == 1 ? "" : "s");
    return 0;
}

/* ---- whether it answers -------------------------------------------------------------------------------------- */

static int looked(void *arg, const struct request *q, struct err *e)
{
    struct change *c = arg;
    (void)e;
    int64_t waited = clock_wall_ms(c->w->engine->clock) - q->submitted_ms;
    char age[SAY_MAX];
    work_step(
        c->w, ANSWER, STEP_RUNNING, "%s %s", request_status_name(q->status), say_age(age, waited));
    return 0;
}

static int no_answer(struct change *c, const struct request *q, struct err *e)
{
    err_set(e, ERR_REMOTE, 0, "the new revision does not answer: the request ended as %s%s%s",
        request_status_name(q->status), q->error.len ? ": " : "", q->error.len ? q->error.s : "");
    return err_hint(e, "look at its logs; `slipway rollback %s` goes back", c->id);
}

static int first_answer(struct change *c, struct request *q, struct err *e)
{
    struct work *w = c->w;
    if (work_noted(w, "answered") || c->now->load_balancer) {
        work_step(w, ANSWER, STEP_DONE, "%s",
            c->now->load_balancer ? "not asked: a load balancer" : "before the interruption");
        return 0;
    }
    struct json *input = first_input();
    const struct request_task task = {.engine = w->engine,
        .ledger = w->state,
        .endpoint_id = c->id,
        .model = c->name.s,
        .input = input,
        .deadline_ms = ANSWER_MS,
        .unknown_ms = UNKNOWN_MS,
        .looked = looked,
        .arg = c,
        .cancel = w->cancel};
    work_step(w, ANSWER, STEP_RUNNING, "sending a short request");
    int failed = request_resume(&task, work_noted(w, "request"), q, w->keep, e) ||
                 work_note(w, "request", q->id, e) || request_follow(&task, q, w->keep, e);
    json_free(input);
    if (failed)
        return err_hint(e, "the change is made; `slipway rollback %s` goes back", c->id);
    if (q->status != REQUEST_COMPLETED)
        return no_answer(c, q, e);
    w->record.first_cost = q->cost;
    work_step(w, ANSWER, STEP_DONE, "waited %.1f s, ran %.2f s",
        (double)(q->delay_ms > 0 ? q->delay_ms : 0) / 1000,
        (double)(q->execution_ms > 0 ? q->execution_ms : 0) / 1000);
    return work_note(w, "answered", "yes", e);
}

/* ---- all of it -------------------------------------------------------------------------------------------------- */

static int nothing_to_do(struct change *c)
{
    work_step(c->w, REVISION, STEP_DONE, "it runs commit %.12s already", c->revision);
    work_say(c->w, "%s: nothing to change, it runs %.12s already", c->name.s, c->revision);
    return 0;
}

int change_run_revision(struct change *c, struct err *e)
{
    struct work *w = c->w;
    struct request q = {.cost = NAN};
    work_step(w, ENDPOINT, STEP_DONE, "%s", c->id);
    if (find_revision(c, e) || change_read(c, e))
        return -1;
    if (!c->diff.count && !work_noted(w, "agreed"))
        return nothing_to_do(c);
    bool waits = c->diff.count && !work_noted(w, "applied");
    if (waits && (plan(c, e) || change_agree(c, true, e)))
        return -1;
    if (!waits)
        work_step(w, PREFLIGHT, STEP_DONE, "before the interruption");
    if (!waits && change_stop_dry(c, !work_noted(w, "answered"), true, e))
        return -1;
    if (change_make(c, CHANGE, e) || change_follow(c, ROLLOUT, e) || first_answer(c, &q, e) ||
        change_register(c, REGISTER, q.cost, e))
        return -1;
    work_say(w, "%s serves %s@%.12s", c->name.s, c->now->model.s, c->revision);
    return 0;
}
