/* runpod_facts: what is true of an endpoint's image and model, so that troubles follow from
 * settings.
 *
 * A scenario does not say "this endpoint crashes" but what is so: how large a model is, which CUDA
 * the hosts have, which images exist. Whether a worker comes up then follows from the endpoint's
 * settings, and mending the setting mends the worker. What a scenario does not say ("models",
 * "images") is taken from the image's tag (spec/runpod.md §7.2), from the model's repository on the
 * stand-in's own Hub when it lies there, and else from the number of parameters in the model's
 * name. Repositories change without the endpoint, so the model is looked at again each time a
 * container starts. */
#include "sim/hub.h"
#include "sim/runpod_physics.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- environment ----------------------------------------------------------------------------- */

const char *endpoint_env(const struct endpoint *e, const char *name)
{
    const char *value = json_str(e->env, name);
    return value && *value ? value : NULL;
}

int64_t endpoint_env_int(const struct endpoint *e, const char *name, int64_t fallback)
{
    const char *value = endpoint_env(e, name);
    char *end = NULL;
    long long n = value ? strtoll(value, &end, 10) : 0;
    return value && end != value ? n : fallback;
}

bool endpoint_has_token(const struct endpoint *e)
{
    return endpoint_env(e, "HF_TOKEN") || endpoint_env(e, "HUGGING_FACE_HUB_TOKEN") ||
           endpoint_env(e, "HUGGINGFACE_ACCESS_TOKEN");
}

/* ---- image ----------------------------------------------------------------------------------- */

static const struct worker_vllm { /* spec §7.2, newest first */
    int from;
    const char *vllm, *cuda;
    double gb;
} worker_vllm[] = {
    {22800, "0.30.0", "13.0", 12.4},
    {22700, "0.29.0", "13.0", 12.3},
    {22600, "0.28.1", "13.0", 12.2},
    {22501, "0.27.1", "13.0", 12.1},
    {22500, "0.27.0", "13.0", 12.1},
    {22400, "0.26.0", "13.0", 12.0},
    {21900, "0.20.2", "13.0", 11.6},
    {21800, "0.19.1", "12.9", 11.4},
    {21300, "0.15.0", "12.9", 11.2},
    {21200, "0.15.0", "12.8", 10.9},
    {21102, "0.11.0", "12.4", 10.4},
    {20900, "0.10.0", "12.1", 10.2},
    {20100, "0.7.3", "12.1", 9.8},
    {10100, "0.5.3.post1", "12.1", 9.1},
    {0, "0.4.2", "12.1", 8.6},
};

const char *generation_name(enum generation g)
{
    static const char *const names[] = {"other", "2023", "A", "B", "embedding"};
    return names[g];
}

bool generation_is_vllm(enum generation g)
{
    return g == IMAGE_VLLM_2023 || g == IMAGE_VLLM_A || g == IMAGE_VLLM_B;
}

/* One or two digits at *p, which moves behind them; -1 when there are none. */
static int version_part(const char **p)
{
    int value = -1;
    for (int i = 0; i < 2 && isdigit((unsigned char)**p); i++, (*p)++)
        value = (value < 0 ? 0 : value * 10) + (**p - '0');
    return value;
}

/* "v2.25.2" as 22502, "1.1" as 10100; 0 for what is no version. */
static int version_of(const char *tag)
{
    int v[3] = {0, 0, 0};
    tag += *tag == 'v';
    for (int i = 0; i < 3; i++) {
        int part = version_part(&tag);
        if (part < 0 && i < 2)
            return 0;
        v[i] = part < 0 ? 0 : part;
        if (*tag != '.' && i == 0)
            return 0;
        if (*tag != '.')
            break;
        tag++;
    }
    return v[0] * 10000 + v[1] * 100 + v[2];
}

static const char *tag_of(const char *image)
{
    const char *slash = strrchr(image, '/'), *colon = strrchr(image, ':');
    return colon && (!slash || colon > slash) ? colon + 1 : "latest";
}

static void worker_vllm_facts(struct image_facts *out)
{
    int version = out->version ? out->version : strstr(out->tag, "stable") ? 10100 : 22502;
    const struct worker_vllm *row = worker_vllm;
    while (row->from > version)
        row++;
    out->generation = version >= 22400 ? IMAGE_VLLM_B : IMAGE_VLLM_A;
    (void)snprintf(out->vllm, sizeof out->vllm, "%s", row->vllm);
    (void)snprintf(out->cuda, sizeof out->cuda, "%s", row->cuda);
    out->gb = row->gb;
}

bool pattern_fits(const char *pattern, const char *text)
{
    for (; *pattern; pattern++, text++) {
        if (*pattern == '*') {
            for (; *text; text++)
                if (pattern_fits(pattern + 1, text))
                    return true;
            return pattern_fits(pattern + 1, text);
        }
        if (*pattern != *text)
            return false;
    }
    return *text == '\0';
}

/* The member of a scenario's table whose key, a pattern, fits the name. */
static const struct json *row_of(const struct endpoint *e, const char *table, const char *name)
{
    const struct json *t = world_get(e->world, table);
    for (const struct json *m = json_kind(t) == JSON_OBJECT ? json_first(t) : NULL; m;
         m = json_next(m))
        if (pattern_fits(json_key(m), name))
            return m;
    return NULL;
}

static void learn_image(const struct endpoint *e, struct image_facts *out)
{
    memset(out, 0, sizeof *out);
    out->tag = tag_of(e->image);
    out->version = version_of(out->tag);
    out->gb = 4.2;
    if (strstr(e->image, "runpod/worker-v1-vllm"))
        worker_vllm_facts(out);
    else if (strstr(e->image, "runpod/worker-vllm")) {
        out->generation = IMAGE_VLLM_2023;
        (void)snprintf(out->vllm, sizeof out->vllm, "0.3.2");
        (void)snprintf(out->cuda, sizeof out->cuda, "12.1");
        out->gb = 8.4;
    } else if (strstr(e->image, "embedding"))
        out->generation = IMAGE_EMBEDDING;
    const struct json *row = row_of(e, "images", e->image);
    out->gb = json_num(row, "gb", out->gb);
    if (json_str(row, "cuda"))
        (void)snprintf(out->cuda, sizeof out->cuda, "%s", json_str(row, "cuda"));
    out->missing = json_bool(row, "missing", false);
    out->denied = json_bool(row, "private", false) && !e->registry;
    out->arm64 = json_bool(row, "arm64", false);
}

/* ---- model ----------------------------------------------------------------------------------- */

/* Billions of parameters as models' names tell them: a number before a 'B' that ends a word. */
static double parameters_of(const char *name)
{
    for (const char *s = name; *s; s++) {
        if (!isdigit((unsigned char)*s) ||
            (s > name && (isalnum((unsigned char)s[-1]) || s[-1] == '.')))
            continue;
        char *end = NULL;
        double n = strtod(s, &end);
        if ((*end == 'b' || *end == 'B') && !isalnum((unsigned char)end[1]) && n > 0 && n < 2000)
            return n;
    }
    return 7;
}

static bool holds(const char *name, const char *word)
{
    return strcasestr(name, word) != NULL;
}

static double bytes_per_parameter(const struct endpoint *e, const char *name)
{
    const char *quantization = endpoint_env(e, "QUANTIZATION");
    const char *q = quantization ? quantization : name;
    if (holds(q, "awq") || holds(q, "gptq") || holds(q, "int4") || holds(q, "4bit"))
        return 0.62;
    return holds(q, "fp8") || holds(q, "int8") ? 1.06 : 2;
}

static double kv_kib_of(double billions)
{
    static const struct {
        double up_to, kib;
    } usual[] = {{0.9, 24}, {2.5, 56}, {4.5, 112}, {9, 144}, {16, 160}, {40, 256}, {90, 320}};
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
        if (billions <= usual[i].up_to)
            return usual[i].kib;
    return 512;
}

static const char *architecture_of(const char *name)
{
    static const char *const known[][2] = {{"qwen3", "Qwen3ForCausalLM"},
        {"qwen", "Qwen2ForCausalLM"}, {"gemma", "Gemma3ForCausalLM"},
        {"mistral", "MistralForCausalLM"}, {"phi", "Phi3ForCausalLM"}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (holds(name, known[i][0]))
            return known[i][1];
    return "LlamaForCausalLM";
}

static void served_name(const struct endpoint *e, struct model_facts *out)
{
    const char *served = endpoint_env(e, "OPENAI_SERVED_MODEL_NAME_OVERRIDE");
    served = served ? served : endpoint_env(e, "SERVED_MODEL_NAME");
    served = served ? served : out->name;
    (void)snprintf(out->served, sizeof out->served, "%.*s", (int)strcspn(served, ","), served);
}

/* What the scenario's row says (NULL = there is none), and else what the name says. */
static void guess_model(const struct endpoint *e, const struct json *row, struct model_facts *out)
{
    double billions = json_num(row, "billions", parameters_of(out->name));
    double usual = billions * bytes_per_parameter(e, out->name) * 1e9 / 1073741824.0;
    out->weights_gib = json_num(row, "weights_gib", usual);
    out->kv_kib = json_num(row, "kv_kib", kv_kib_of(billions));
    out->max_len = json_int(row, "max_len", 40960);
    out->shards = (int)json_int(row, "shards", (int64_t)ceil(out->weights_gib / 4.6));
    out->gated = json_bool(row, "gated", false);
    out->missing = json_bool(row, "missing", false);
    const char *architecture = json_str(row, "architecture");
    (void)snprintf(out->architecture, sizeof out->architecture, "%s",
        architecture ? architecture : architecture_of(out->name));
}

/* A model on the stand-in's Hub is as large as it is there; what its config.json does not tell
 * stays as guessed. */
static void look_on_hub(const struct endpoint *e, struct model_facts *out)
{
    struct hub_model m;
    if (!hub_model_facts(e->world->hub, out->name, endpoint_env(e, "MODEL_REVISION"), &m))
        return;
    out->lacks = m.lacks;
    out->gated = m.closed;
    out->shards = m.files;
    out->weights_gib = (double)m.bytes / 1073741824.0;
    out->kv_kib = m.kv_kib > 0 ? m.kv_kib : kv_kib_of((double)m.bytes / 2e9);
    out->max_len = m.max_len > 0 ? m.max_len : out->max_len;
    if (*m.architecture)
        (void)snprintf(out->architecture, sizeof out->architecture, "%s", m.architecture);
}

static void learn_model(const struct endpoint *e, struct model_facts *out)
{
    memset(out, 0, sizeof *out);
    const char *name = endpoint_env(e, "MODEL_NAME");
    name = name ? name : endpoint_env(e, "MODEL_NAMES");
    (void)snprintf(out->name, sizeof out->name, "%s", name ? name : "");
    served_name(e, out);
    const struct json *row = row_of(e, "models", out->name);
    guess_model(e, row, out);
    if (!row)
        look_on_hub(e, out);
}

/* ---- does it fit ----------------------------------------------------------------------------- */

static int tensor_parallel(const struct endpoint *e, const struct image_facts *image)
{
    int64_t n = endpoint_env_int(e, "TENSOR_PARALLEL_SIZE", 1);
    if (image->generation == IMAGE_VLLM_A && e->gpu_count > 1)
        n = e->gpu_count; /* spec §7.4 */
    return n < 1 ? 1 : n > 16 ? 16 : (int)n;
}

void fit_facts(const struct endpoint *e, const struct gpu_type *gpu, struct fit *out)
{
    const struct image_facts *image = &e->facts->image;
    const struct model_facts *model = &e->facts->model;
    memset(out, 0, sizeof *out);
    out->tensor_parallel = tensor_parallel(e, image);
    const char *set = endpoint_env(e, "GPU_MEMORY_UTILIZATION");
    out->utilization = set ? strtod(set, NULL) : image->generation == IMAGE_VLLM_A ? 0.95 : 0.92;
    out->max_len = endpoint_env_int(e, "MAX_MODEL_LEN", model->max_len);
    if (out->max_len < 1 || out->max_len > 100000000)
        out->max_len = model->max_len;
    out->total_gib = gpu ? gpu->memory_gb * 0.982 : 64;
    out->weights_gib = model->weights_gib / out->tensor_parallel;
    double kib = model->kv_kib / out->tensor_parallel;
    out->need_gib = (double)out->max_len * kib / 1048576;
    out->free_gib =
        out->total_gib * out->utilization - out->weights_gib - 1.3 - 0.02 * out->weights_gib;
    out->kv_tokens = out->free_gib > 0 ? (int64_t)(out->free_gib * 1048576 / kib) / 16 * 16 : 0;
    out->best_len = out->kv_tokens;
    out->weights_fit = out->weights_gib + 0.9 < out->total_gib && out->free_gib > 0;
    out->fits = out->weights_fit && out->free_gib >= out->need_gib;
}

/* ---- all of it ------------------------------------------------------------------------------- */

static double disk_need_gb(const struct endpoint *e, const struct endpoint_facts *f)
{
    bool elsewhere =
        json_count(e->volumes) > 0 || json_count(json_get(e->extra, "modelReferences")) > 0;
    bool here = generation_is_vllm(f->image.generation) && !elsewhere;
    return f->image.gb + (here ? f->model.weights_gib * 1.0737 * 1.2 : 0); /* spec §7.2 */
}

static size_t slots(const struct endpoint *e, const struct endpoint_facts *f)
{
    double usual = generation_is_vllm(f->image.generation) ? 30 : 1; /* spec §7.5 */
    usual = json_number(behave(e, "concurrency"), usual);
    int64_t n = endpoint_env_int(e, "MAX_CONCURRENCY", (int64_t)usual);
    return n < 1 ? 1 : n > 1000 ? 1000 : (size_t)n;
}

void endpoint_learn_model(struct endpoint *e)
{
    learn_model(e, &e->facts->model);
    e->facts->disk_need_gb = disk_need_gb(e, e->facts);
}

void endpoint_learn(struct endpoint *e)
{
    learn_image(e, &e->facts->image);
    endpoint_learn_model(e);
    e->facts->slots = slots(e, e->facts);
}
