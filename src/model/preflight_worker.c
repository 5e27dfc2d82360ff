/* What runs it: the image, and the settings that it reads. */
#include "model/preflight_internal.h"

#include "model/fit.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { SLOW_GB = 20, INIT_SECONDS = 420, VALUE_SHOWN = 32, RANK_DEFAULT = 16 };

/* ---- image --------------------------------------------------------------------------------------- */

static void image_known(struct preflight_look *l)
{
    if (!l->v->image || !l->v->image[0]) {
        preflight_say(l, PREFLIGHT_BLOCKER, "no image is chosen");
        preflight_fix(l, "take %s", WORKER_IMAGE_DEFAULT);
    } else if (l->image.warning[0]) {
        bool none = l->image.kind == WORKER_IMAGE_NO_WORKER;
        preflight_say(l, none ? PREFLIGHT_BLOCKER : PREFLIGHT_WARNING, "%s", l->image.warning);
        preflight_fix(l, "%s", l->image.fix);
    }
}

static void image_fine(struct preflight_look *l)
{
    preflight_say(l, PREFLIGHT_OK, "%s: vLLM %s, generation %s", l->v->image,
        l->image.vllm[0] ? l->image.vllm : "of an unknown version",
        worker_generation_name(l->image.generation));
}

/* ---- settings: what the image reads ------------------------------------------------------------------ */

static void say_boolean(struct preflight_look *l, const struct preflight_env *env)
{
    bool exits = l->image.generation == WORKER_GENERATION_B;
    preflight_say(l, exits ? PREFLIGHT_BLOCKER : PREFLIGHT_WARNING,
        "%s=%.*s is neither true nor "
        "false: %s",
        env->name, VALUE_SHOWN, env->value,
        exits ? "the worker exits at its start" : "it counts as false");
    preflight_fix(l, "%s=true or %s=false", env->name, env->name);
}

static void say_setting(
    struct preflight_look *l, const struct preflight_env *env, struct worker_env found)
{
    static const char *const what[WORKER_ENV_VERDICTS] = {
        [WORKER_ENV_IGNORED] = "is not read by this image",
        [WORKER_ENV_TRANSLATE] = "goes by another name in this image",
        [WORKER_ENV_RESERVED] = "is the worker's own and would be ignored",
        [WORKER_ENV_SECRET] = "would be printed in clear in the worker's log",
        [WORKER_ENV_TYPO] = "is not known, and would be ignored in silence",
    };
    if (found.verdict == WORKER_ENV_BAD_BOOLEAN) {
        say_boolean(l, env);
        return;
    }
    if (!what[found.verdict])
        return;
    preflight_say(l, PREFLIGHT_WARNING, "%s %s", env->name, what[found.verdict]);
    if (found.instead)
        preflight_fix(
            l, found.verdict == WORKER_ENV_TYPO ? "did you mean %s?" : "name it %s", found.instead);
}

static void settings_read(struct preflight_look *l)
{
    for (size_t i = 0; i < l->v->env_count; i++) {
        const struct preflight_env *env = &l->v->env[i];
        say_setting(l, env, worker_env_look(&l->image, env->name, env->value));
    }
}

static void settings_model(struct preflight_look *l)
{
    const char *name = preflight_env_value(l->v, "MODEL_NAME", NULL);
    bool base = name && l->v->base && l->v->base_repo && strcmp(name, l->v->base_repo) == 0;
    if (name && l->v->repo && !base && strcmp(name, l->v->repo) != 0)
        preflight_say(l, PREFLIGHT_WARNING,
            "MODEL_NAME is %.100s, which was not looked at; %.100s was", name, l->v->repo);
}

/* Where a network volume is mounted; without one it is a folder of the container's disk like any other, and
 * what was stored there before is not there. */
static void settings_base_path(struct preflight_look *l)
{
    bool set = false;
    (void)preflight_env_value(l->v, "BASE_PATH", &set);
    if (!set || l->v->stored_elsewhere)
        return;
    preflight_say(l, PREFLIGHT_WARNING,
        "BASE_PATH is where a network volume is mounted, and there is none: nothing outlives a "
        "worker");
    preflight_fix(l, "leave it out");
}

static void settings_rank(struct preflight_look *l)
{
    int64_t rank = l->listed && l->listed->adapter ? l->listed->lora_rank : 0;
    int64_t most = preflight_env_number(l->v, "MAX_LORA_RANK", RANK_DEFAULT);
    if (l->facts == l->listed || rank <= most)
        return;
    preflight_say(l, PREFLIGHT_BLOCKER,
        "the adapter has rank %" PRId64 ", MAX_LORA_RANK is %" PRId64 ": vLLM refuses it", rank,
        most);
    preflight_fix(l, "leave MAX_LORA_RANK out, or raise it");
}

static void settings_offline(struct preflight_look *l)
{
    static const char *const names[] = {"HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"};
    for (size_t i = 0; i < sizeof names / sizeof *names && !l->v->stored_elsewhere; i++)
        if (preflight_env_true(l->v, names[i])) {
            preflight_say(l, PREFLIGHT_WARNING,
                "%s keeps the worker from fetching the model, unless it lies in the image",
                names[i]);
            return;
        }
}

/* ---- settings: how it is spread ----------------------------------------------------------------------- */

/* Settings that say how many GPUs are taken; generation A sets the first itself. */
static int64_t gpus_taken(const struct preflight_look *l)
{
    int64_t pipeline = preflight_env_number(l->v, "PIPELINE_PARALLEL_SIZE", 1);
    int64_t told = preflight_env_number(l->v, "TENSOR_PARALLEL_SIZE", 0);
    int64_t tensor = told > 0 && l->image.generation == WORKER_GENERATION_B ? told : l->need.spread;
    int64_t data = preflight_env_number(l->v, "DATA_PARALLEL_SIZE", 1);
    bool sane = pipeline > 0 && data > 0 && pipeline < 1000 && data < 1000 && tensor < 1000;
    return sane ? pipeline * tensor * data : tensor;
}

static void settings_gpus(struct preflight_look *l)
{
    int64_t taken = gpus_taken(l);
    if (l->image.generation != WORKER_GENERATION_B || taken == l->v->gpus)
        return;
    preflight_say(l, taken > l->v->gpus ? PREFLIGHT_BLOCKER : PREFLIGHT_WARNING,
        "the settings take %" PRId64 " GPU%s, a worker has %d", taken, taken == 1 ? "" : "s",
        l->v->gpus);
    preflight_fix(l, "TENSOR_PARALLEL_SIZE=%d", l->v->gpus);
}

static void settings_heads(struct preflight_look *l)
{
    int sizes[FIT_SIZES_MAX];
    struct preflight_names names = {.count = 0};
    if (!l->facts || fit_splits(l->facts, l->need.spread))
        return;
    size_t count = fit_tensor_parallel_sizes(l->facts, sizes);
    for (size_t i = 0; i < count; i++) {
        char number[16];
        (void)snprintf(number, sizeof number, "%d", sizes[i]);
        preflight_names_add(&names, number);
    }
    preflight_say(l, PREFLIGHT_BLOCKER,
        "%" PRId64 " heads (%" PRId64 " for keys and values) cannot be spread over %d GPUs",
        l->facts->heads, l->facts->kv_heads, l->need.spread);
    preflight_fix(l, "GPUs of a worker that divide them: %s", preflight_names_end(&names));
}

/* ---- settings: sizes and times ---------------------------------------------------------------------- */

static void settings_utilization(struct preflight_look *l)
{
    bool set = false;
    double told;
    const char *value = preflight_env_value(l->v, "GPU_MEMORY_UTILIZATION", &set);
    if (!value || (preflight_utilization(l->v, &told) && told > 0 && told <= 1))
        return;
    preflight_say(l, PREFLIGHT_BLOCKER,
        "GPU_MEMORY_UTILIZATION=%.*s is no part of a whole: vLLM refuses it", VALUE_SHOWN, value);
    preflight_fix(l, "between 0 and 1, such as 0.90");
}

static void settings_context(struct preflight_look *l)
{
    int64_t most = l->facts ? l->facts->context_length : 0;
    if (most <= 0 || l->need.context <= most ||
        preflight_env_true(l->v, "VLLM_ALLOW_LONG_MAX_MODEL_LEN"))
        return;
    preflight_say(l, PREFLIGHT_BLOCKER,
        "a context of %" PRId64 " tokens is more than the model's %" PRId64 ": vLLM refuses it",
        l->need.context, most);
    preflight_fix(l, "MAX_MODEL_LEN=%" PRId64 ", or VLLM_ALLOW_LONG_MAX_MODEL_LEN=1", most);
}

static void settings_time(struct preflight_look *l)
{
    double gb = l->facts ? (double)l->facts->weight_bytes / 1e9 : 0;
    if (gb < SLOW_GB ||
        preflight_env_number(l->v, "RUNPOD_INIT_TIMEOUT", INIT_SECONDS) > INIT_SECONDS)
        return;
    preflight_say(l, PREFLIGHT_WARNING,
        "a worker that is not ready after 7 minutes is started anew; %.0f GB may take longer", gb);
    preflight_fix(l, "RUNPOD_INIT_TIMEOUT=1800");
}

static void settings_fine(struct preflight_look *l)
{
    preflight_say(l, PREFLIGHT_OK, "%zu setting%s, none of them ignored", l->v->env_count,
        l->v->env_count == 1 ? "" : "s");
}

const struct preflight_topic preflight_worker[] = {
    {"image", {image_known}, image_fine},
    {"settings",
        {settings_read, settings_model, settings_base_path, settings_rank, settings_offline,
            settings_gpus, settings_heads, settings_utilization, settings_context, settings_time},
        settings_fine},
    {NULL, {NULL}, NULL},
};
