#include "app/deploy_plan.h"

#include "app/asked.h"
#include "model/fit.h"
#include "model/worker_env.h"
#include "ui/say.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { POOLS_CHOSEN = 2, POOLS_MAX = 3, IMAGE_DISK_GB = 40, EXECUTION_MS = 600000 };

/* ---- what was asked ------------------------------------------------------------------------------ */

static const struct number {
    const char *name;
    int64_t least, most, fallback;
} numbers[] = {
    {"gpus", 1, 16, 1},
    {"context", 1, 100000000, -1},
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
    int64_t found[NUMBERS];
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
    return check_budget(asked_text(asked, "budget"), e) || read_numbers(asked, found, e) ? -1 : 0;
}

/* ---- environment --------------------------------------------------------------------------------- */

static int put_env(struct deploy_plan *p, const char *name, const char *value, struct err *e)
{
    size_t n = p->endpoint.env_count;
    for (size_t i = 0; i < n; i++)
        if (strcmp(p->env[i].name, name) == 0) {
            p->env[i].value = value;
            return 0;
        }
    if (n == DEPLOY_ENV_MAX)
        return err_set(e, ERR_INPUT, 0, "at most %d environment variables", DEPLOY_ENV_MAX);
    p->env[n] = (struct endpoint_env){.name = name, .value = value};
    p->endpoint.env_count++;
    return 0;
}

static const char *number_text(struct arena *a, int64_t n)
{
    char digits[24];
    snprintf(digits, sizeof digits, "%" PRId64, n);
    return arena_strdup(a, digits);
}

static void note(struct deploy_plan *p, struct text t)
{
    if (p->note_count < DEPLOY_NOTES_MAX)
        p->notes[p->note_count++] = t;
}

/* The name under which this image reads it. */
static const char *right_name(
    struct deploy_plan *p, const struct worker_image *image, const char *name, const char *value)
{
    struct worker_env look = worker_env_look(image, name, value);
    if (look.verdict == WORKER_ENV_TRANSLATE)
        note(p, say_text(p->arena, "%s is %s to this image: it goes out so", name, look.instead));
    else if (look.verdict == WORKER_ENV_SECRET)
        note(p, say_text(p->arena, "%s would be printed by the worker: it goes out as %s", name,
                    look.instead));
    else
        return name;
    return look.instead;
}

static int put_asked(struct deploy_plan *p, struct err *e)
{
    const struct worker_image image = worker_image_read(p->endpoint.image);
    const struct json *asked = json_get(p->asked, "env");
    for (const struct json *m = json_first(asked); m; m = json_next(m)) {
        if (!json_key(m) || !json_string(m))
            continue;
        if (put_env(p, right_name(p, &image, json_key(m), json_string(m)), json_string(m), e))
            return -1;
    }
    return 0;
}

/* The deployer's minimum (spec/runpod.md §7.5); what was asked for with `env` comes last and wins. */
static int fill_env(struct deploy_plan *p, struct err *e)
{
    bool own_code = p->model_seen && p->model.list.facts.custom_code;
    const struct {
        const char *name, *value;
    } rows[] = {
        {"MODEL_NAME", p->repo},
        {"MODEL_REVISION", p->revision},
        {"OPENAI_SERVED_MODEL_NAME_OVERRIDE", p->name},
        {"GPU_MEMORY_UTILIZATION", "0.90"},
        {"MAX_CONCURRENCY", "30"},
        {"TENSOR_PARALLEL_SIZE", number_text(p->arena, p->endpoint.gpu_count)},
        {"RUNPOD_INIT_TIMEOUT", "1800"},
        {"MAX_MODEL_LEN", p->context > 0 ? number_text(p->arena, p->context) : NULL},
        {"TRUST_REMOTE_CODE", own_code ? "true" : NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].value && put_env(p, rows[i].name, rows[i].value, e))
            return -1;
    if (own_code)
        note(p, TEXT("TRUST_REMOTE_CODE is set: the model brings code of its own"));
    if (put_asked(p, e))
        return -1;
    /* Under this name the worker does not print it at its start (spec/runpod.md §5, secret leak). */
    if (p->closed && p->profile->hub_token) {
        if (put_env(p, "HUGGING_FACE_HUB_TOKEN", "", e))
            return -1;
        for (size_t i = 0; i < p->endpoint.env_count; i++)
            if (strcmp(p->env[i].name, "HUGGING_FACE_HUB_TOKEN") == 0)
                p->env[i].secret = p->profile->hub_token;
    }
    return 0;
}

/* ---- building ------------------------------------------------------------------------------------ */

int deploy_plan_init(struct deploy_plan *p, const struct json *asked, const struct profile *profile,
    struct arena *a, struct err *e)
{
    int64_t n[NUMBERS];
    if (read_numbers(asked, n, e))
        return -1;
    const char *image = asked_text(asked, "image");
    *p = (struct deploy_plan){.repo = asked_text(asked, "repo"),
        .name = asked_endpoint_name(asked),
        .asked = asked,
        .profile = profile,
        .arena = a,
        .context = n[CONTEXT],
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
    if (strcmp(p->endpoint.image, WORKER_IMAGE_DEFAULT) == 0)
        p->endpoint.min_cuda = WORKER_IMAGE_DEFAULT_CUDA;
    return 0;
}

static bool ends_in(const char *s, const char *end)
{
    size_t n = strlen(s), m = strlen(end);
    return n >= m && strcmp(s + n - m, end) == 0;
}

/* What the list alone tells. */
static int64_t listed_weights(const struct hub_info *info)
{
    int64_t bytes = 0;
    for (size_t i = 0; i < info->file_count; i++)
        if (ends_in(info->files[i].path, ".safetensors") || ends_in(info->files[i].path, ".bin"))
            bytes += info->files[i].size;
    return bytes;
}

int deploy_plan_model(struct deploy_plan *p, struct hub *hub, const char *noted, struct arena *a,
    struct cancel *c, struct err *e)
{
    const char *asked = asked_text(p->asked, "revision");
    if (hub_info(hub, p->repo, noted ? noted : asked, a, &p->info, c, e)) {
        if (e->class == ERR_REMOTE && e->number == 404) {
            err_set(e, ERR_INPUT, 404, "the Hub has no repository %s%s%s that we may see", p->repo,
                asked ? "@" : "", asked ? asked : "");
            return err_hint(e, "look for a typing error; a private one needs HF_TOKEN");
        }
        return -1;
    }
    memcpy(p->revision, p->info.sha, sizeof p->revision);
    p->closed = p->info.is_private || p->info.gated.len > 0;
    struct err why;
    p->model_seen = !hub_model_facts(hub, &p->info, a, &p->model, c, &why);
    if (cancel_check(c, e))
        return -1;
    p->weight_bytes = p->model_seen ? p->model.list.facts.weight_bytes : 0;
    if (p->weight_bytes == 0)
        p->weight_bytes = listed_weights(&p->info);
    return 0;
}

int64_t deploy_plan_context(const struct deploy_plan *p)
{
    for (size_t i = 0; i < p->endpoint.env_count; i++)
        if (strcmp(p->env[i].name, "MAX_MODEL_LEN") == 0 && strtoll(p->env[i].value, NULL, 10) > 0)
            return strtoll(p->env[i].value, NULL, 10);
    return p->model_seen ? p->model.list.facts.context_length : 0;
}

/* ---- GPUs ---------------------------------------------------------------------------------------- */

enum { POOLS_KNOWN_MAX = 64 };

static double memory_needed_gb(const struct deploy_plan *p)
{
    const struct model_facts listed = {.weight_bytes = p->weight_bytes};
    struct model_facts facts = p->model_seen ? p->model.list.facts : listed;
    facts.weight_bytes = p->weight_bytes;
    return fit_of(&facts, p->context, p->endpoint.gpu_count).needed;
}

/* Weights of unknown size fit anywhere until something says otherwise. */
static bool fits(const struct deploy_plan *p, const struct gpu_pool *pool)
{
    return !(memory_needed_gb(p) > fit_usable(pool->memory_gb, p->endpoint.gpu_count));
}

static int take(struct deploy_plan *p, const struct gpu_pool *pool)
{
    size_t n = p->endpoint.pool_count;
    if (n == POOLS_MAX)
        return -1;
    p->endpoint.pools[n] = pool->id.s;
    p->endpoint.pool_count++;
    double price = pool->price_most * p->endpoint.gpu_count;
    if (isnan(p->price_hour) || price > p->price_hour)
        p->price_hour = price;
    size_t used = strlen(p->pools_shown);
    snprintf(p->pools_shown + used, sizeof p->pools_shown - used, "%s%s %d GB", n ? ", " : "",
        pool->id.s, pool->memory_gb);
    return 0;
}

static int choose(struct deploy_plan *p, const struct gpu_pool *pools, size_t count, struct err *e)
{
    for (size_t i = 0; i < count && p->endpoint.pool_count < POOLS_CHOSEN; i++)
        if (pools[i].stock != STOCK_NONE && !isnan(pools[i].price_most) && fits(p, &pools[i]))
            take(p, &pools[i]);
    if (p->endpoint.pool_count)
        return 0;
    if (!p->weight_bytes)
        return err_set(e, ERR_STATE, 0, "no GPU pool is in stock at present");
    err_set(e, ERR_STATE, 0, "no GPU pool in stock holds %.0f GB on %d GPU%s", memory_needed_gb(p),
        p->endpoint.gpu_count, p->endpoint.gpu_count == 1 ? "" : "s");
    return err_hint(e, "take more GPUs per worker, or name a pool yourself");
}

static int unknown_pool(const char *name, const struct gpu_pool *pools, size_t count, struct err *e)
{
    char known[ERR_HINT_MAX] = "";
    for (size_t i = 0, used = 0; i < count && used + pools[i].id.len + 3 < sizeof known; i++)
        used += (size_t)snprintf(
            known + used, sizeof known - used, "%s%s", i ? ", " : "", pools[i].id.s);
    err_set(e, ERR_INPUT, 0, "there is no GPU pool %s", name);
    return err_hint(e, "there are %s", known);
}

/* "ADA_24, AMPERE_24" */
static int take_named(struct deploy_plan *p, const char *names, const struct gpu_pool *pools,
    size_t count, struct err *e)
{
    while (*names) {
        char name[64] = "";
        size_t n = strcspn(names, ", ");
        snprintf(name, sizeof name, "%.*s", (int)n, names);
        names += n;
        names += strspn(names, ", ");
        size_t i = 0;
        while (i < count && strcmp(pools[i].id.s, name) != 0)
            i++;
        if (i == count)
            return unknown_pool(name, pools, count, e);
        if (take(p, &pools[i]))
            return err_set(
                e, ERR_INPUT, 0, "at most %d pools: RunPod does not use more of them", POOLS_MAX);
    }
    return 0;
}

int deploy_plan_gpus(struct deploy_plan *p, const struct gpu_page *gpus, struct err *e)
{
    struct gpu_pool pools[POOLS_KNOWN_MAX];
    size_t count = gpu_pools(gpus, pools, POOLS_KNOWN_MAX);
    const char *named = asked_text(p->asked, "pool");
    count = count < POOLS_KNOWN_MAX ? count : POOLS_KNOWN_MAX;
    if (named ? take_named(p, named, pools, count, e) : choose(p, pools, count, e))
        return -1;
    if (p->endpoint.disk_gb < 0)
        p->endpoint.disk_gb = IMAGE_DISK_GB + (int)ceil((double)p->weight_bytes * 1.2 / 1e9);
    return fill_env(p, e);
}

void deploy_plan_print(const struct deploy_plan *p, struct work *w)
{
    struct json *body = endpoint_plan_json(&p->endpoint, true);
    struct buf printed;
    buf_init(&printed, 64 * 1024);
    if (body && !json_print(body, &printed))
        work_plan(w, "POST %s/v2/serverless %s", p->profile->runpod_api_base, buf_str(&printed));
    work_plan(w,
        "POST %s/ENDPOINT/run {\"input\":{\"prompt\":\"Say hello.\",\"sampling_params\":"
        "{\"max_tokens\":16}}}",
        p->profile->runpod_endpoint_base);
    work_plan(w, "insert or update llm_models (%s) and inference_deployments", p->name);
    buf_release(&printed);
    json_free(body);
}
