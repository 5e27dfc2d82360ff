/* The register operation takes up a deployment from the journal whose row could not be written. */
#include "app/register.h"

#include "app/asked.h"
#include "client/runpod_control.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { URL_MAX = 512 };
enum { ENDPOINT, REGISTER };

static double number(const struct json *j, const char *key)
{
    const char *s = asked_text(j, key);
    return s ? strtod(s, NULL) : json_num(j, key, NAN);
}

/* What the row's config says of the endpoint, without its environment. */
static struct json *config_of(const struct json *asked)
{
    static const char *const kept[] = {
        "image", "gpu", "gpus-per-worker", "max-model-len", "min", "max", "idle"};
    struct json *config = json_new_object();
    json_add_str(config, "deployment_type", "serverless");
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        if (json_get(asked, kept[i]))
            json_add(config, kept[i], json_dup(json_get(asked, kept[i])));
    return config;
}

int register_deployment(
    struct work *w, const struct json *asked, const struct json *done, struct err *e)
{
    char url[URL_MAX];
    const char *endpoint = asked_text(done, "endpoint_id");
    if (!endpoint)
        return err_set(e, ERR_STATE, 0, "it has no endpoint yet");
    if (runpod_openai_url(w->engine->runpod, endpoint, url, sizeof url))
        return err_set(e, ERR_BUG, 0, "the endpoint's address is too long");
    struct json *config = config_of(asked);
    struct buf printed;
    buf_init(&printed, 16 * 1024);
    struct registry *r = NULL;
    int result = -1;
    if (!config || json_print(config, &printed)) {
        err_set(e, ERR_IO, 0, "out of memory");
        goto out;
    }
    const struct registration what = {.name = asked_endpoint_name(asked),
        .hub_id = asked_text(asked, "repo"),
        .revision = asked_text(done, "revision"),
        .endpoint_id = endpoint,
        .endpoint_url = url,
        .base_model = asked_text(asked, "base_model"),
        .training_job_id = asked_text(asked, "job"),
        .context_length = (int64_t)(asked_text(done, "context") ? number(done, "context") : 0),
        .cost_per_request = number(done, "cost_per_request"),
        .budget_limit = number(asked, "budget"),
        .config_json = buf_str(&printed),
        .answered = asked_text(done, "answered") != NULL};
    r = engine_registry(w->engine, w->cancel, e);
    if (r)
        result = registry_register(r, &what, w->record.model_id, w->cancel, e);
out:
    registry_free(r);
    buf_release(&printed);
    json_free(config);
    return result;
}

/* ---- the operation ------------------------------------------------------------------------------- */

static int check(const struct json *asked, struct err *e)
{
    return asked_text(asked, "deploy")
               ? 0
               : err_set(e, ERR_INPUT, 0, "say which deployment to register");
}

static void title(const struct json *asked, char *out, size_t size)
{
    const char *name = asked_text(asked, "name");
    snprintf(out, size, "%s", name ? name : "registration");
}

/* Whether the endpoint is still there. One that is gone is noted, so that nobody is sent here again. */
static int see_endpoint(struct work *w, const struct journal_entry *deployment, struct err *e)
{
    struct endpoint endpoint;
    const char *id = asked_text(deployment->done, "endpoint_id");
    if (!id)
        return err_set(e, ERR_STATE, 0, "%s has no endpoint yet", deployment->title);
    snprintf(w->record.endpoint_id, sizeof w->record.endpoint_id, "%s", id);
    if (!runpod_endpoint(w->engine->runpod, id, w->keep, &endpoint, w->cancel, e))
        return 0;
    if (e->class != ERR_REMOTE || e->number != 404)
        return -1;
    if (w->state)
        state_operation_note(w->state, deployment->id, "gone", "yes", NULL);
    return err_set(e, ERR_STATE, 404, "the endpoint %s is gone: there is nothing to register", id);
}

static int enter(struct work *w, const struct journal_entry *deployment, struct err *e)
{
    if (w->flags.dry_run) {
        work_plan(w, "insert or update llm_models (%s) and inference_deployments (%s)",
            asked_endpoint_name(deployment->asked), w->record.endpoint_id);
        err_clear(e);
        return -1;
    }
    work_step(w, REGISTER, STEP_RUNNING, "writing the row");
    if (register_deployment(w, deployment->asked, deployment->done, e) ||
        state_operation_note(w->state, deployment->id, "model_id", w->record.model_id, e))
        return -1;
    work_step(w, REGISTER, STEP_DONE, "row %.8s", w->record.model_id);
    work_say(w, "registered");
    return 0;
}

static int run(struct work *w, struct err *e)
{
    struct journal_list list = {0};
    struct state *state = engine_state(w->engine, e);
    int result = -1;
    work_step(w, ENDPOINT, STEP_RUNNING, "looking whether it is there");
    if (!state || state_operation(state, asked_text(w->asked, "deploy"), &list, e))
        goto out;
    const struct journal_entry *deployment = &list.entries[0];
    w->record.title = text_from(w->keep, deployment->title);
    if (see_endpoint(w, deployment, e))
        goto out;
    work_step(w, ENDPOINT, STEP_DONE, "%s", w->record.endpoint_id);
    result = enter(w, deployment, e);
out:
    journal_list_release(&list);
    state_close(state);
    return result;
}

const struct work_kind work_register = {
    .steps = {"endpoint", "register"},
    .check = check,
    .title = title,
    .run = run,
};
