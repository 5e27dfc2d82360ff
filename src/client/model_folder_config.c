/* config.json: what the model is. Its sizes are read in model_folder_numbers.c. */
#include "client/model_folder_internal.h"

#include <stdio.h>
#include <string.h>

#define KEYS(...) ((const char *const[]){__VA_ARGS__, NULL})

static const struct json *inner(const struct json *config)
{
    const struct json *part = json_get(config, "text_config");
    if (json_kind(part) != JSON_OBJECT)
        part = json_get(config, "llm_config");
    return json_kind(part) == JSON_OBJECT ? part : NULL;
}

static const struct json *first_of(const struct json *object, const char *const *keys)
{
    for (; *keys; keys++) {
        const struct json *j = json_get(object, *keys);
        if (json_kind(j) != JSON_ABSENT && json_kind(j) != JSON_NULL)
            return j;
    }
    return NULL;
}

const struct json *folder_config_get(const struct json *config, const char *const *keys)
{
    const struct json *j = first_of(inner(config), keys);
    return j ? j : first_of(config, keys);
}

/* ---- what it is ---------------------------------------------------------------------------------- */

static bool ends_with(const char *s, const char *end)
{
    size_t n = strlen(s), m = strlen(end);
    return n >= m && strcmp(s + n - m, end) == 0;
}

static bool generates(const struct json *config, const char *architecture)
{
    return ends_with(architecture, "ForCausalLM") ||
           (ends_with(architecture, "ForConditionalGeneration") && inner(config));
}

/* The first that generates text, else the first. */
static const char *best_architecture(const struct json *config)
{
    const char *best = NULL;
    const struct json *list = json_get(config, "architectures");
    for (const struct json *i = json_first(list); i; i = json_next(i)) {
        const char *name = json_string(i);
        if (name && name[0] && (!best || (generates(config, name) && !generates(config, best))))
            best = name;
    }
    return best;
}

static void check_architecture(struct folder *f, struct found *file)
{
    const char *name = best_architecture(f->config);
    const char *type = json_str_or(f->config, "model_type", "");
    if (!type[0])
        folder_flaw(f, file, "no model_type");
    else
        f->facts.model_type = folder_text(f, "%s", type);
    if (!name) {
        folder_flaw(f, file, "no architectures");
        return;
    }
    f->facts.architecture = folder_text(f, "%s", name);
    f->facts.text_generation |= ends_with(name, "ForCausalLM");
    if (!generates(f->config, name))
        folder_note(f, file, CHECK_WARNING, "%s does not generate text", name);
}

/* "modeling_x.XForCausalLM" needs modeling_x.py; "org/repo--…" is code of another repository. */
static bool has_code(const struct folder *f, const char *reference)
{
    char path[NAME_MAX];
    size_t n = strcspn(reference, ".");
    if (strstr(reference, "--"))
        return true;
    int wrote = snprintf(path, sizeof path, "%.*s.py", (int)(n < NAME_MAX ? n : 0), reference);
    return wrote > 0 && (size_t)wrote < sizeof path && folder_has(f, path);
}

void folder_check_code(struct folder *f, struct found *file, const struct json *map)
{
    size_t lacking = 0;
    if (json_count(map) == 0)
        return;
    for (const struct json *i = json_first(map); i; i = json_next(i)) {
        const char *one = json_string(i);
        lacking += one && !has_code(f, one);
        for (const struct json *k = json_first(i); k; k = json_next(k))
            lacking += json_string(k) && !has_code(f, json_string(k));
    }
    f->facts.custom_code = true;
    folder_note(f, file, CHECK_WARNING, "custom code: needs trust_remote_code");
    if (lacking)
        folder_note(f, file, CHECK_WARNING, "%zu of its .py files not here", lacking);
}

static void read_precision(struct folder *f, struct found *file)
{
    const char *dtype = json_string(folder_config_get(f->config, KEYS("dtype", "torch_dtype")));
    const struct json *q =
        folder_config_get(f->config, KEYS("quantization_config", "compression_config"));
    const char *method = json_str_or(q, "quant_method", "");
    if (dtype && dtype[0])
        f->facts.dtype = folder_text(f, "%s", dtype);
    if (!q)
        return;
    f->facts.quantization = method[0] ? folder_text(f, "%s", method) : TEXT("unknown method");
    folder_note(f, file, CHECK_VALID, "quantized: %s", f->facts.quantization.s);
}

void folder_check_config(struct folder *f, struct found *file)
{
    f->config = folder_object(f, file, FOLDER_SMALL_MAX);
    if (!f->config)
        return;
    check_architecture(f, file);
    folder_config_numbers(f, file);
    read_precision(f, file);
    folder_check_code(f, file, json_get(f->config, "auto_map"));
}
