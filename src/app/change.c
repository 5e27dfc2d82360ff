/* The change operation, from top to bottom: which endpoint, how it is set, what would be another; the plan; the
 * yes; the change; until every worker has it. Deleting, purging and redeploying have runs of their own behind
 * the same beginning.
 *
 * Nothing is asked, and nothing sent, where all is so already. */
#include "app/change.h"

#include "app/asked.h"
#include "app/endpoint_named.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { READ, CHANGE, ROLLOUT, REGISTER };

static const char *const steps_settings[] = {"settings", "change", "rollout", NULL};

/* ---- which endpoint ---------------------------------------------------------------------------------- */

/* Once found it is kept by its id: names may change, and after a delete there is none. */
static int find_endpoint(struct change *c, struct err *e)
{
    struct work *w = c->w;
    struct endpoint_page page;
    struct endpoint found;
    const char *noted = work_noted(w, "endpoint_id");
    c->others_max = -1;
    if (noted) {
        snprintf(c->id, sizeof c->id, "%s", noted);
        return 0;
    }
    if (endpoint_named(
            w->engine, asked_text(w->asked, "endpoint"), w->keep, &found, &page, w->cancel, e))
        return -1;
    memcpy(c->id, found.id, sizeof c->id);
    c->others_max = 0;
    for (size_t i = 0; i < page.count; i++)
        if (strcmp(page.endpoints[i].id, c->id) != 0)
            c->others_max += page.endpoints[i].workers_max;
    return work_note(w, "endpoint_id", c->id, e);
}

/* ---- how it is set ------------------------------------------------------------------------------------ */

static int read_settings(struct change *c, struct err *e)
{
    struct work *w = c->w;
    runpod_settings_free(c->settings);
    c->settings = runpod_settings_read(w->engine->runpod, c->id, w->cancel, e);
    if (c->settings) {
        c->now = runpod_settings_endpoint(c->settings);
        c->name = c->now->name.len ? text_dup(w->keep, c->now->name) : text_from(w->keep, c->id);
    } else if (e->class == ERR_REMOTE && e->number == 404) {
        c->name = w->record.title;
        if (c->verb == CHANGE_DELETE && work_noted(w, "agreed"))
            return 0;
        return err_set(e, ERR_STATE, 404, "the endpoint %s is gone", c->id);
    } else {
        return -1;
    }
    w->record.endpoint_name = w->record.title = c->name;
    return 0;
}

int change_read(struct change *c, struct err *e)
{
    memcpy(c->w->record.endpoint_id, c->id, sizeof c->w->record.endpoint_id);
    if (read_settings(c, e))
        return -1;
    return c->settings && (change_want(c, e) ||
                              runpod_change_diff(c->settings, &c->want, c->w->keep, &c->diff, e))
               ? -1
               : 0;
}

/* ---- settings, pausing, going back ---------------------------------------------------------------------- */

static int nothing_to_do(struct change *c)
{
    static const char *const words[CHANGE_VERBS] = {
        [CHANGE_SETTINGS] = "it is set so already",
        [CHANGE_PAUSE] = "it is paused already",
        [CHANGE_UNPAUSE] = "it is not paused",
        [CHANGE_ROLLBACK] = "it has these settings already",
        [CHANGE_REVISION] = "it runs this revision already",
    };
    work_step(c->w, READ, STEP_DONE, "%s", words[c->verb]);
    work_say(c->w, "%s: nothing to change, %s", c->name.s, words[c->verb]);
    return 0;
}

int change_agree(struct change *c, bool more, struct err *e)
{
    struct work *w = c->w;
    char url[512];
    if (w->flags.dry_run) {
        snprintf(
            url, sizeof url, "%s/v2/serverless/%s", w->engine->profile->runpod_api_base, c->id);
        change_plan_request(c, "PATCH", url, runpod_change_body(c->settings, &c->want, true));
        if (c->verb == CHANGE_REVISION)
            change_plan_first_request(c);
    }
    if (work_ask(w, 2, e))
        return -1;
    return more ? work_note(w, "goes_on", "yes", e) : 0;
}

/* What was interrupted behind the change goes on without being asked about again; a dry run of it only tells. */
int change_stop_dry(struct change *c, bool asks, bool more, struct err *e)
{
    struct work *w = c->w;
    if (!w->flags.dry_run)
        return 0;
    w->record.plan_count = 0;
    work_plan(w, "the endpoint %s (%s) is changed already", c->name.s, c->id);
    if (asks)
        change_plan_first_request(c);
    if (more)
        work_plan(w, "its row in the registry, if there is one, is brought up to date");
    return work_ask(w, 2, e);
}

static int look_and_plan(struct change *c, struct err *e)
{
    struct work *w = c->w;
    size_t warnings = 0;
    work_step(w, READ, STEP_RUNNING, "what it would mean");
    change_look_round(c);
    change_plan(c);
    if (change_check_pools(c, e) || cancel_check(w->cancel, e))
        return -1;
    if (!work_noted(w, "agreed") &&
        (change_look_at_model(c, e) || change_preflight(c, &warnings, e)))
        return -1;
    if (warnings)
        work_step(w, READ, STEP_WARNED, "%zu warning%s", warnings, warnings == 1 ? "" : "s");
    else
        work_step(w, READ, STEP_DONE, "%zu change%s", c->diff.count, c->diff.count == 1 ? "" : "s");
    return 0;
}

static void add_register_step(struct change *c)
{
    struct operation *o = &c->w->record;
    o->step_count = REGISTER + 1;
    o->steps[REGISTER] = (struct operation_step){.name = "register", .note = TEXT("")};
}

static int run_settings(struct change *c, struct err *e)
{
    bool agreed = work_noted(c->w, "agreed") != NULL;
    bool more = work_noted(c->w, "goes_on") || change_concerns_row(c);
    if (!c->diff.count && !agreed)
        return nothing_to_do(c);
    if (more)
        add_register_step(c);
    if (c->diff.count && !work_noted(c->w, "applied")) {
        if (look_and_plan(c, e) || change_agree(c, more, e))
            return -1;
    } else {
        work_step(c->w, READ, STEP_DONE, "as it was asked for");
        if (change_stop_dry(c, false, more, e))
            return -1;
    }
    if (change_make(c, CHANGE, e) || change_follow(c, ROLLOUT, e))
        return -1;
    if (more && change_register(c, REGISTER, -1, e))
        return -1;
    change_say_end(c);
    return 0;
}

/* ---- all of it -------------------------------------------------------------------------------------------- */

static const struct verb_run {
    const char *const *steps;
    int (*run)(struct change *c, struct err *e);
} runs[CHANGE_VERBS] = {
    [CHANGE_SETTINGS] = {steps_settings, run_settings},
    [CHANGE_PAUSE] = {steps_settings, run_settings},
    [CHANGE_UNPAUSE] = {steps_settings, run_settings},
    [CHANGE_ROLLBACK] = {steps_settings, run_settings},
    [CHANGE_REVISION] = {change_steps_revision, change_run_revision},
    [CHANGE_DELETE] = {change_steps_delete, change_run_delete},
    [CHANGE_PURGE] = {change_steps_purge, change_run_purge},
};

/* The kind's own steps are those of settings; others have theirs. */
static void take_steps(struct change *c)
{
    struct operation *o = &c->w->record;
    const char *const *steps = runs[c->verb].steps;
    for (o->step_count = 0; o->step_count < OPERATION_STEPS_MAX && steps[o->step_count];
         o->step_count++)
        o->steps[o->step_count] =
            (struct operation_step){.name = steps[o->step_count], .note = TEXT("")};
}

static int carry_out(struct change *c, struct err *e)
{
    struct work *w = c->w;
    take_steps(c);
    if (!runpod_has_key(w->engine->runpod)) {
        err_set(e, ERR_AUTH, 0, "there is no RunPod key");
        return err_hint(e, "set RUNPOD_API_KEY, or runpod_api_key in the profile");
    }
    work_step(w, READ, STEP_RUNNING, "reading");
    if (find_endpoint(c, e) || change_read(c, e))
        return -1;
    return runs[c->verb].run(c, e);
}

static int run(struct work *w, struct err *e)
{
    struct change *c = calloc(1, sizeof *c);
    if (!c)
        return err_set(e, ERR_IO, 0, "out of memory");
    c->w = w;
    c->verb = change_verb_of(w->asked);
    int result = carry_out(c, e);
    runpod_settings_free(c->settings);
    json_free_secret(c->undo);
    free(c);
    return result;
}

const struct work_kind work_change = {
    .steps = {"settings", "change", "rollout"},
    .check = change_check,
    .title = change_title,
    .run = run,
};
