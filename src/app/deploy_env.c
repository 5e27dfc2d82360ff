/* The environment of the worker: a table of what every deployment sets, then what this model and this image
 * want, then what was asked for. */
#include "app/deploy_plan.h"

#include "app/asked.h"
#include "base/secret.h"
#include "client/runpod_change.h"
#include "model/fit.h"
#include "model/worker_env.h"
#include "ui/say.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Without RUNPOD_INIT_TIMEOUT the platform gives a worker up after 7 minutes, the wrapper after 20
 * (spec/runpod.md §7.5). Ten minutes for all but the weights, and these at some 70 MB/s. */
enum { START_LEAST_S = 1800, START_BASE_S = 600, START_PER_GB_S = 15, RANK_LEAST = 16 };

void deploy_plan_note(struct deploy_plan *p, struct text t)
{
    if (p->note_count < DEPLOY_NOTES_MAX)
        p->notes[p->note_count++] = t;
}

const char *deploy_plan_env(const struct deploy_plan *p, const char *name)
{
    for (size_t i = 0; i < p->endpoint.env_count; i++)
        if (strcmp(p->env[i].name, name) == 0)
            return p->env[i].secret ? NULL : p->env[i].value;
    return NULL;
}

static struct endpoint_env *find(struct deploy_plan *p, const char *name)
{
    for (size_t i = 0; i < p->endpoint.env_count; i++)
        if (strcmp(p->env[i].name, name) == 0)
            return &p->env[i];
    return NULL;
}

static int put_env(struct deploy_plan *p, const char *name, const char *value,
    const struct secret *secret, struct err *e)
{
    size_t n = p->endpoint.env_count;
    struct endpoint_env *row = find(p, name);
    if (!value || !name)
        return err_set(e, ERR_IO, 0, "out of memory");
    if (!row && n == DEPLOY_ENV_MAX)
        return err_set(e, ERR_INPUT, 0, "at most %d environment variables", DEPLOY_ENV_MAX);
    if (!row) {
        row = &p->env[n];
        p->endpoint.env_count++;
    }
    *row = (struct endpoint_env){.name = name, .value = value, .secret = secret};
    return 0;
}

static const char *number_text(struct arena *a, int64_t n)
{
    char digits[24];
    snprintf(digits, sizeof digits, "%" PRId64, n);
    return arena_strdup(a, digits);
}

/* ---- what was asked for -------------------------------------------------------------------------- */

/* The name under which this image reads it. The Hub's token goes by the name that no worker prints, whichever
 * image it is (spec/runpod.md §5, secret leak). */
static const char *right_name(
    struct deploy_plan *p, const struct worker_image *image, const char *name, const char *value)
{
    struct worker_env look = worker_env_look(image, name, value);
    if (strcmp(name, "HF_TOKEN") == 0) {
        deploy_plan_note(p, TEXT("HF_TOKEN could be printed by the worker: it goes out as "
                                 "HUGGING_FACE_HUB_TOKEN"));
        return "HUGGING_FACE_HUB_TOKEN";
    }
    if (look.verdict != WORKER_ENV_TRANSLATE)
        return name;
    deploy_plan_note(
        p, say_text(p->arena, "%s is %s to this image: it goes out so", name, look.instead));
    return look.instead;
}

/* A key is known from here on, wherever it turns up. One that is too short to be known is hidden by its
 * name or shape alone; "***" is one that the journal did not keep. */
static int guard(const char *name, const char *value, const struct secret **secret, struct err *e)
{
    bool placeholder = strncmp(value, "{{", 2) == 0; /* RunPod puts its own secret in */
    bool key = worker_env_is_secret(name) || runpod_address_secret(value);
    *secret = NULL;
    if (!key || placeholder || strlen(value) < SECRET_SHORTEST_MASKED)
        return 0;
    return (*secret = secret_register(name, value, e)) ? 0 : -1;
}

static int put_asked(struct deploy_plan *p, const struct worker_image *image, struct err *e)
{
    const struct json *asked = json_get(p->asked, "env");
    for (const struct json *m = json_first(asked); m; m = json_next(m)) {
        const char *name = json_key(m), *value = json_string(m);
        const struct secret *secret;
        if (!name || !value)
            continue;
        if (guard(name, value, &secret, e) ||
            put_env(p, right_name(p, image, name, value), value, secret, e))
            return -1;
    }
    return 0;
}

/* ---- adapters ------------------------------------------------------------------------------------- */

/* The sizes that vLLM takes for MAX_LORA_RANK; its default is the first here. */
static int64_t rank_for(int64_t rank)
{
    static const int64_t sizes[] = {16, 32, 64, 128, 256, 320, 512};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        if (rank <= sizes[i])
            return sizes[i];
    return rank;
}

/* One object, which both generations of the worker take: A reads no list, B hands it to --lora-modules. */
static const char *lora_modules(const struct deploy_plan *p)
{
    struct json *j = json_new_object();
    struct buf printed;
    const char *kept = NULL;
    buf_init(&printed, 4096);
    int failed = json_add_str(j, "name", p->name) || json_add_str(j, "path", p->repo) ||
                 json_add_str(j, "base_model_name", p->base_repo);
    if (!failed && !json_print(j, &printed))
        kept = arena_strdup(p->arena, buf_str(&printed));
    buf_release(&printed);
    json_free(j);
    return kept;
}

/* The base goes by a name of its own, since the endpoint's is the adapter's. */
static int put_adapter(struct deploy_plan *p, struct err *e)
{
    int64_t rank = p->model.list.facts.lora_rank;
    struct text served = say_text(p->arena, "%s-base", p->name);
    if (put_env(p, "MODEL_NAME", p->base_repo, NULL, e) ||
        put_env(p, "MODEL_REVISION", p->base_seen ? p->base_info.sha : "main", NULL, e) ||
        put_env(p, "OPENAI_SERVED_MODEL_NAME_OVERRIDE", served.s, NULL, e) ||
        put_env(p, "ENABLE_LORA", "true", NULL, e) ||
        put_env(p, "LORA_MODULES", lora_modules(p), NULL, e))
        return -1;
    deploy_plan_note(
        p, say_text(p->arena, "an adapter: %s is loaded with it (LORA_MODULES)", p->base_repo));
    return rank > RANK_LEAST
               ? put_env(p, "MAX_LORA_RANK", number_text(p->arena, rank_for(rank)), NULL, e)
               : 0;
}

/* ---- all of it -------------------------------------------------------------------------------------- */

static bool has_own_code(const struct deploy_plan *p)
{
    const struct model_facts *f =
        deploy_plan_is_adapter(p) && p->base_seen ? &p->base.list.facts : &p->model.list.facts;
    return p->model_seen && f->custom_code;
}

static int64_t start_seconds(const struct deploy_plan *p)
{
    double gb = preflight_weights_gb(&p->evidence);
    double wanted = gb > 0 ? START_BASE_S + START_PER_GB_S * gb : 0;
    return wanted > START_LEAST_S ? (int64_t)(wanted < 86400 ? wanted : 86400) : START_LEAST_S;
}

/* Under this name the worker does not print it at its start. What was given by hand goes before. */
static int put_token(struct deploy_plan *p, struct err *e)
{
    if (!p->closed || !p->profile->hub_token || find(p, "HUGGING_FACE_HUB_TOKEN"))
        return 0;
    return put_env(p, "HUGGING_FACE_HUB_TOKEN", "", p->profile->hub_token, e);
}

static void see_env(struct deploy_plan *p)
{
    for (size_t i = 0; i < p->endpoint.env_count; i++) {
        const struct endpoint_env *v = &p->env[i];
        bool hidden = v->secret || worker_env_is_secret(v->name);
        p->seen_env[i] = (struct preflight_env){v->name, hidden ? NULL : v->value};
    }
    p->evidence.env = p->seen_env;
    p->evidence.env_count = p->endpoint.env_count;
}

int deploy_plan_fill_env(struct deploy_plan *p, struct err *e)
{
    const struct worker_image image = worker_image_read(p->endpoint.image);
    bool own_code = has_own_code(p), modern = image.generation == WORKER_GENERATION_B;
    const char *length = "MAX_MODEL_LEN";
    struct worker_env look = worker_env_look(&image, length, NULL);
    const char *seconds = number_text(p->arena, start_seconds(p));
    const struct {
        const char *name, *value;
        bool wanted;
    } rows[] = {
        {"MODEL_NAME", p->repo, true},
        {"MODEL_REVISION", p->revision, true},
        {"OPENAI_SERVED_MODEL_NAME_OVERRIDE", p->name, true},
        {"GPU_MEMORY_UTILIZATION", FIT_UTILIZATION, true},
        {"MAX_CONCURRENCY", "30", true},
        {"TENSOR_PARALLEL_SIZE", number_text(p->arena, p->endpoint.gpu_count), true},
        {"RUNPOD_INIT_TIMEOUT", seconds, true},
        {"VLLM_STARTUP_TIMEOUT", seconds, modern},
        {look.verdict == WORKER_ENV_TRANSLATE ? look.instead : length,
            number_text(p->arena, p->context), p->context > 0},
        {"TRUST_REMOTE_CODE", "true", own_code},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].wanted && put_env(p, rows[i].name, rows[i].value, NULL, e))
            return -1;
    if (own_code)
        deploy_plan_note(p, TEXT("TRUST_REMOTE_CODE is set: the model brings code of its own"));
    if ((deploy_plan_is_adapter(p) && put_adapter(p, e)) || put_asked(p, &image, e) ||
        put_token(p, e))
        return -1;
    see_env(p);
    return 0;
}
