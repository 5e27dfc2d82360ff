/* What was asked, and what the Hub says of it. The environment is deploy_env.c's, the GPUs are
 * deploy_pools.c's, whether it can work deploy_preflight.c's. */
#include "app/deploy_plan.h"

#include "app/asked.h"
#include "model/worker_image.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXECUTION_MS = 600000 };
static const int64_t SECOND = 1000, WAIT_MS = 60 * 60 * 1000, WAIT_MOST_S = 24 * 3600;

/* ---- what was asked ------------------------------------------------------------------------------ */

static const struct number {
    const char *name;
    int64_t least, most, fallback;
} numbers[] = {
    {"gpus-per-worker", 1, 16, 1},
    {"max-model-len", 1, 100000000, -1},
    {"min", 0, 1000, 0},
    {"max", 0, 1000, 3},
    {"idle", 1, 3600, 10},
    {"disk", 1, 10000, -1},
};
enum number_name { GPUS, CONTEXT, MIN, MAX, IDLE, DISK, NUMBERS };

static int read_numbers(const struct json *asked, int64_t out[NUMBERS], struct err *e)
{
    for (int i = 0; i < NUMBERS; i++)
        if (asked_number(asked, numbers[i].name, numbers[i].least, numbers[i].most,
                numbers[i].fallback, &out[i], e))
            return -1;
    if (out[MIN] > out[MAX])
        return err_set(e, ERR_INPUT, 0,
            "min workers (%" PRId64 ") cannot be above max (%" PRId64 ")", out[MIN], out[MAX]);
    return 0;
}

/* "90s", "45m", "2h"; without a letter minutes. */
static int read_wait(const struct json *asked, int64_t *out, struct err *e)
{
    static const struct {
        const char *unit;
        int64_t seconds;
    } units[] = {{"s", 1}, {"m", 60}, {"", 60}, {"h", 3600}};
    const char *s = asked_text(asked, "wait");
    char *end = NULL;
    double number = s ? strtod(s, &end) : 0;
    *out = WAIT_MS;
    if (!s)
        return 0;
    for (size_t i = 0; end != s && i < sizeof units / sizeof *units; i++) {
        double seconds = number * (double)units[i].seconds;
        if (strcmp(end, units[i].unit) != 0 || !(seconds >= 1 && seconds <= (double)WAIT_MOST_S))
            continue;
        *out = (int64_t)seconds * SECOND;
        return 0;
    }
    return err_set(e, ERR_INPUT, 0, "wait must be a time up to 24h, like 90s, 45m or 2h");
}

static int check_budget(const char *budget, struct err *e)
{
    char *end = NULL;
    double dollars = budget ? strtod(budget, &end) : 0;
    if (!budget || (end != budget && !*end && dollars >= 0 && dollars <= 1e9))
        return 0;
    return err_set(e, ERR_INPUT, 0, "budget must be an amount of dollars, like 25 or 25.50");
}

int deploy_plan_check(const struct json *asked, struct err *e)
{
    int64_t found[NUMBERS], wait;
    const char *repo = asked_text(asked, "repo"), *name = asked_text(asked, "name");
    if (!repo) {
        err_set(e, ERR_INPUT, 0, "say which repository to deploy");
        return err_hint(e, "OWNER/NAME, for example acme/support-v7");
    }
    if (hub_check_repo_id(repo, e))
        return -1;
    if (strlen(asked_endpoint_name(asked)) < 3) {
        err_set(e, ERR_INPUT, 0, "the endpoint's name needs at least three characters");
        return name ? -1 : err_hint(e, "name it with --name");
    }
    return check_budget(asked_text(asked, "budget"), e) || read_numbers(asked, found, e) ||
                   read_wait(asked, &wait, e)
               ? -1
               : 0;
}

/* ---- building ------------------------------------------------------------------------------------ */

/* The least CUDA its hosts must have: RunPod places workers on any other. */
static const char *cuda_floor(const char *image, struct arena *a)
{
    const struct worker_image read = worker_image_read(image);
    return worker_image_needs_floor(&read) ? arena_strdup(a, read.cuda) : NULL;
}

static void see_settings(struct deploy_plan *p)
{
    struct preflight_evidence *v = &p->evidence;
    preflight_evidence_init(v);
    v->repo = p->repo;
    v->image = p->endpoint.image;
    v->min_cuda = p->endpoint.min_cuda;
    v->context = p->context;
    v->gpus = p->endpoint.gpu_count;
    v->workers_min = p->endpoint.workers_min;
    v->workers_max = p->endpoint.workers_max;
    v->name = p->name;
}

int deploy_plan_init(struct deploy_plan *p, const struct json *asked, const struct profile *profile,
    struct arena *a, struct err *e)
{
    int64_t n[NUMBERS], wait;
    if (read_numbers(asked, n, e) || read_wait(asked, &wait, e))
        return -1;
    const char *image = asked_text(asked, "image");
    *p = (struct deploy_plan){.repo = asked_text(asked, "repo"),
        .name = asked_endpoint_name(asked),
        .asked = asked,
        .profile = profile,
        .arena = a,
        .context = n[CONTEXT],
        .wait_ms = wait,
        .price_hour = NAN};
    p->endpoint = (struct endpoint_plan){.name = p->name,
        .image = image ? image : WORKER_IMAGE_DEFAULT,
        .gpu_count = (int)n[GPUS],
        .disk_gb = (int)n[DISK],
        .workers_min = (int)n[MIN],
        .workers_max = (int)n[MAX],
        .idle_s = (int)n[IDLE],
        .timeout_ms = EXECUTION_MS,
        .flashboot = true,
        .env = p->env};
    p->endpoint.min_cuda = cuda_floor(p->endpoint.image, a);
    see_settings(p);
    return 0;
}

/* ---- what the Hub says --------------------------------------------------------------------------- */

static bool ends_in(const char *s, const char *end)
{
    size_t n = strlen(s), m = strlen(end);
    return n >= m && strcmp(s + n - m, end) == 0;
}

/* What the list alone tells, where headers were not seen. */
static int64_t listed_weights(const struct hub_info *info)
{
    int64_t bytes = 0;
    for (size_t i = 0; i < info->file_count; i++)
        if (ends_in(info->files[i].path, ".safetensors") || ends_in(info->files[i].path, ".bin"))
            bytes += info->files[i].size > 0 ? info->files[i].size : 0;
    return bytes;
}

static bool is_closed(const struct hub_info *info)
{
    return info->is_private || info->gated.len > 0;
}

bool deploy_plan_is_adapter(const struct deploy_plan *p)
{
    return p->model_seen && p->model.list.facts.adapter && p->base_repo &&
           p->evidence.base_exists != KNOWN_NO;
}

/* As the model: unknown facts are no failure, only a cancel is. */
static bool look_into(struct deploy_plan *p, struct hub *hub, const struct hub_info *info,
    struct hub_model *out, struct cancel *c)
{
    struct err why;
    if (hub_model_facts(hub, info, p->arena, out, c, &why))
        return false;
    if (out->list.facts.weight_bytes == 0)
        out->list.facts.weight_bytes = listed_weights(info);
    return true;
}

/* What an adapter is loaded with counts for everything it needs. */
static int look_at_base(struct deploy_plan *p, struct hub *hub, struct cancel *c, struct err *e)
{
    struct preflight_evidence *v = &p->evidence;
    const struct model_facts *f = &p->model.list.facts;
    struct err why;
    if (!f->adapter || f->base_model.len == 0 || hub_check_repo_id(f->base_model.s, NULL))
        return 0;
    p->base_repo = v->base_repo = f->base_model.s;
    if (hub_info(hub, p->base_repo, NULL, p->arena, &p->base_info, c, &why)) {
        bool none = why.class == ERR_REMOTE && why.number == 404;
        v->base_exists = none ? KNOWN_NO : KNOWN_NOT;
        return cancel_check(c, e);
    }
    v->base_exists = KNOWN_YES;
    v->base_closed = is_closed(&p->base_info);
    p->closed |= v->base_closed;
    p->base_seen = look_into(p, hub, &p->base_info, &p->base, c);
    v->base = p->base_seen ? &p->base.list : NULL;
    v->base_readable = p->base_seen ? p->base.readable : KNOWN_NOT;
    return cancel_check(c, e);
}

static void see_repository(struct deploy_plan *p)
{
    struct preflight_evidence *v = &p->evidence;
    memcpy(v->revision, p->revision, sizeof v->revision);
    v->exists = KNOWN_YES;
    v->is_private = p->info.is_private;
    v->gated = p->info.gated.len > 0;
    v->disabled = p->info.disabled;
    v->pipeline_tag = p->info.pipeline_tag;
    v->files = p->model_seen ? &p->model.list : NULL;
    v->readable = p->model_seen ? p->model.readable : KNOWN_NOT;
}

static int no_repository(const struct deploy_plan *p, const char *asked, struct err *e)
{
    err_set(e, ERR_INPUT, 404, "the Hub has no repository %s%s%s that we may see", p->repo,
        asked ? "@" : "", asked ? asked : "");
    return err_hint(e, "look for a typing error; a private one needs HF_TOKEN");
}

int deploy_plan_model(
    struct deploy_plan *p, struct hub *hub, const char *noted, struct cancel *c, struct err *e)
{
    const char *asked = asked_text(p->asked, "revision");
    if (hub_info(hub, p->repo, noted ? noted : asked, p->arena, &p->info, c, e))
        return e->class == ERR_REMOTE && e->number == 404 ? no_repository(p, asked, e) : -1;
    memcpy(p->revision, p->info.sha, sizeof p->revision);
    p->closed = is_closed(&p->info);
    p->model_seen = look_into(p, hub, &p->info, &p->model, c);
    if (cancel_check(c, e))
        return -1;
    see_repository(p);
    return look_at_base(p, hub, c, e) || deploy_plan_fill_env(p, e) ? -1 : 0;
}

int64_t deploy_plan_context(const struct deploy_plan *p)
{
    const char *told = deploy_plan_env(p, "MAX_MODEL_LEN");
    const char *old = deploy_plan_env(p, "MAX_MODEL_LENGTH");
    int64_t asked = told  ? preflight_memory_of(&p->evidence, 0).context
                    : old ? strtoll(old, NULL, 10)
                          : 0;
    if (asked > 0)
        return asked;
    const struct hub_model *loaded = deploy_plan_is_adapter(p) ? &p->base : &p->model;
    bool seen = deploy_plan_is_adapter(p) ? p->base_seen : p->model_seen;
    return seen ? loaded->list.facts.context_length : 0;
}

/* ---- telling ------------------------------------------------------------------------------------- */

void deploy_plan_print(const struct deploy_plan *p, struct work *w)
{
    struct json *body = endpoint_plan_json(&p->endpoint, true);
    struct buf printed;
    buf_init(&printed, 64 * 1024);
    if (body && !json_print(body, &printed))
        work_plan(w, "POST %s/v2/serverless %s", p->profile->runpod_api_base, buf_str(&printed));
    buf_release(&printed);
    json_free(body);
}
