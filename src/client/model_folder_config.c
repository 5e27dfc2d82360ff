/* config.json, and what else is plain JSON. The numbers go by several names, after the family of the
 * model; each is looked for inside text_config (or llm_config) first, as multimodal models keep them
 * there (§10.3). A family that has no such number at all is no fault of the file, so what is absent
 * warns; what is there and impossible stops. */
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

/* ---- numbers ----------------------------------------------------------------------------------- */

struct numbers {
    int64_t layers, heads, kv_heads, head_dim, hidden, vocab, context;
};

/* In the order of §10.3; the first key is the one that is named when none is there. */
static const struct {
    const char *const *keys;
    size_t offset;
    bool needed;
} number_rows[] = {
    {(const char *const[]){"num_hidden_layers", "n_layer", "num_layers", NULL},
        offsetof(struct numbers, layers), true},
    {(const char *const[]){"num_attention_heads", "n_head", NULL}, offsetof(struct numbers, heads),
        true},
    {(const char *const[]){"num_key_value_heads", "n_head_kv", "num_kv_heads",
         "multi_query_group_num", "num_attention_groups", NULL},
        offsetof(struct numbers, kv_heads), false},
    {(const char *const[]){"head_dim", NULL}, offsetof(struct numbers, head_dim), false},
    {(const char *const[]){"hidden_size", "n_embd", "d_model", NULL},
        offsetof(struct numbers, hidden), true},
    {(const char *const[]){"vocab_size", NULL}, offsetof(struct numbers, vocab), true},
    {(const char *const[]){"max_position_embeddings", "n_positions", "max_seq_len", "seq_length",
         "model_max_length", NULL},
        offsetof(struct numbers, context), true},
};

static void read_number(struct folder *f, struct found *file, size_t row, struct numbers *out)
{
    const char *const *keys = number_rows[row].keys;
    int64_t *to = (int64_t *)(void *)((char *)out + number_rows[row].offset);
    const struct json *j = folder_config_get(f->config, keys);
    double v = json_number(j, 0);
    if (!j && number_rows[row].needed)
        folder_note(f, file, CHECK_WARNING, "no %s", keys[0]);
    else if (j && json_kind(j) != JSON_NUMBER)
        folder_note(f, file, CHECK_WARNING, "%s is not one number", keys[0]);
    else if (j && (!(v >= 1 && v < 1e15) || v > (double)(int64_t)v))
        folder_flaw(f, file, "%s is not a positive whole number", keys[0]);
    else if (j)
        *to = (int64_t)v;
}

static void check_heads(struct folder *f, struct found *file, struct numbers *n)
{
    if (n->heads > 0 && n->kv_heads == 0)
        n->kv_heads = n->heads;
    if (n->heads > 0 && n->heads % n->kv_heads != 0)
        folder_flaw(f, file, "%lld heads cannot share %lld key-value heads", (long long)n->heads,
            (long long)n->kv_heads);
    if (n->head_dim > 0 || n->heads == 0 || n->hidden == 0)
        return;
    if (n->hidden % n->heads != 0)
        folder_flaw(f, file, "hidden_size %lld is not a multiple of %lld heads",
            (long long)n->hidden, (long long)n->heads);
    n->head_dim = n->hidden / n->heads;
}

static void read_numbers(struct folder *f, struct found *file)
{
    struct numbers n = {0};
    for (size_t i = 0; i < sizeof number_rows / sizeof *number_rows; i++)
        read_number(f, file, i, &n);
    check_heads(f, file, &n);
    f->facts.layers = n.layers;
    f->facts.heads = n.heads;
    f->facts.kv_heads = n.kv_heads;
    f->facts.head_dim = n.head_dim;
    f->facts.vocab_size = n.vocab;
    f->facts.context_length = n.context;
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

static void check_code(struct folder *f, struct found *file)
{
    const struct json *map = json_get(f->config, "auto_map");
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
    const struct json *q = folder_config_get(f->config, KEYS("quantization_config"));
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
    read_numbers(f, file);
    read_precision(f, file);
    check_code(f, file);
}

/* ---- other JSON ---------------------------------------------------------------------------------- */

static bool is_token_id(const struct folder *f, const struct json *j)
{
    double v = json_number(j, -1);
    return v >= 0 && (f->facts.vocab_size == 0 || v < (double)f->facts.vocab_size);
}

/* eos_token_id: a number or a list of them, below the vocabulary's size. */
static void check_end_token(struct folder *f, struct found *file, const struct json *id)
{
    const struct json *i = json_kind(id) == JSON_ARRAY ? json_first(id) : id;
    bool list = json_kind(id) == JSON_ARRAY;
    if (json_kind(i) == JSON_ABSENT || json_kind(i) == JSON_NULL)
        folder_flaw(f, file, "no eos_token_id: answers may not end");
    for (; i && json_kind(i) != JSON_NULL; i = list ? json_next(i) : NULL)
        if (!is_token_id(f, i)) {
            folder_flaw(f, file, "eos_token_id is no token of the vocabulary");
            return;
        }
}

void folder_check_generation(struct folder *f, struct found *file)
{
    struct json *j = folder_object(f, file, FOLDER_SMALL_MAX);
    if (j)
        check_end_token(f, file, json_get(j, "eos_token_id"));
    json_free(j);
}

void folder_check_json(struct folder *f, struct found *file)
{
    if (file->line.size > FOLDER_SMALL_MAX) {
        folder_note(f, file, CHECK_PRESENT, "too large to look into");
        file->line.state = CHECK_PRESENT;
        return;
    }
    json_free(folder_json(f, file, FOLDER_SMALL_MAX));
}

void folder_check_object(struct folder *f, struct found *file)
{
    json_free(folder_object(f, file, FOLDER_SMALL_MAX));
}

void folder_check_added_tokens(struct folder *f, struct found *file)
{
    struct json *j = folder_object(f, file, FOLDER_SMALL_MAX);
    size_t outside = 0;
    for (const struct json *i = json_first(j); i; i = json_next(i))
        outside += !is_token_id(f, i);
    if (outside)
        folder_flaw(f, file, "%zu tokens lie outside the vocabulary", outside);
    json_free(j);
}
