/* The sizes in config.json, as far as serving needs them: attention, vocabulary, context (§10.3). They go by
 * several names, after the family of the model; each is looked for inside text_config (or llm_config)
 * first, as multimodal models keep them there. A family that has no such number at all is no fault of the
 * file, so what is absent warns; what is there and impossible stops.
 *
 * What the KV cache comes to depends on three more things: a latent vector in place of heads (MLA), layers
 * that look back no further than a window, and layers that keep no cache at all. Where a file does not
 * say enough, a layer counts as one that keeps everything. */
#include "client/model_folder_internal.h"

#include <math.h>
#include <string.h>

#define KEYS(...) ((const char *const[]){__VA_ARGS__, NULL})

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

static bool is_size(double v)
{
    return v >= 1 && v < 1e15 && !(v > (double)(int64_t)v);
}

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
    else if (j && !is_size(v))
        folder_flaw(f, file, "%s is not a positive whole number", keys[0]);
    else if (j)
        *to = (int64_t)v;
}

/* A number that may as well be absent or null; 0 = it is, or is no size. */
static int64_t other_number(const struct folder *f, const char *key)
{
    double v = json_number(folder_config_get(f->config, KEYS(key)), 0);
    return is_size(v) ? (int64_t)v : 0;
}

/* ---- heads ------------------------------------------------------------------------------------- */

/* One head for all, unless the newer of Falcon's layouts says otherwise. */
static bool is_multi_query(const struct folder *f)
{
    return json_is_true(folder_config_get(f->config, KEYS("multi_query"))) &&
           !json_is_true(folder_config_get(f->config, KEYS("new_decoder_architecture")));
}

static void check_heads(struct folder *f, struct found *file, struct numbers *n)
{
    if (is_multi_query(f))
        n->kv_heads = 1;
    if (n->heads > 0 && n->kv_heads == 0)
        n->kv_heads = n->heads;
    if (n->heads > 0 && n->heads % n->kv_heads != 0)
        folder_flaw(f, file, "%lld heads cannot share %lld key-value heads", (long long)n->heads,
            (long long)n->kv_heads);
    if (n->head_dim > 0 || n->heads == 0 || n->hidden == 0)
        return;
    if (n->hidden % n->heads != 0 && f->facts.latent == 0)
        folder_flaw(f, file, "hidden_size %lld is not a multiple of %lld heads",
            (long long)n->hidden, (long long)n->heads);
    n->head_dim = n->hidden / n->heads;
}

static void read_latent(struct folder *f)
{
    int64_t rank = other_number(f, "kv_lora_rank");
    f->facts.latent = rank > 0 ? rank + other_number(f, "qk_rope_head_dim") : 0;
}

/* ---- layers ------------------------------------------------------------------------------------ */

static bool is_one_of(const char *s, const char *const *words)
{
    for (; *words; words++)
        if (strcmp(s, *words) == 0)
            return true;
    return false;
}

/* layer_types names each layer. */
static void count_layers(struct folder *f, struct found *file, const struct json *types)
{
    struct model_facts *m = &f->facts;
    int64_t named = 0;
    bool chunks = false;
    for (const struct json *i = json_first(types); i; i = json_next(i), named++) {
        const char *type = json_string(i) ? json_string(i) : "";
        bool chunked = strcmp(type, "chunked_attention") == 0;
        chunks |= chunked;
        m->window_layers += chunked || strcmp(type, "sliding_attention") == 0;
        m->plain_layers += is_one_of(
            type, KEYS("linear_attention", "mamba", "mamba2", "conv", "short_conv", "recurrent"));
    }
    if (chunks)
        m->window = other_number(f, "attention_chunk_size");
    if (m->layers > 0 && named != m->layers)
        folder_note(f, file, CHECK_WARNING, "layer_types names %lld layers of %lld",
            (long long)named, (long long)m->layers);
}

/* Without layer_types: how many of the layers slide, by the older keys. */
static int64_t sliding_layers(const struct folder *f)
{
    const struct model_facts *m = &f->facts;
    const struct json *uses = folder_config_get(f->config, KEYS("use_sliding_window"));
    int64_t every = other_number(f, "sliding_window_pattern");
    if (every == 0 && strncmp(m->model_type.s ? m->model_type.s : "", "gemma2", 6) == 0)
        every = 2;
    if (json_kind(uses) == JSON_BOOL && !json_is_true(uses))
        return 0;
    if (every > 0)
        return m->layers - m->layers / every;
    int64_t first = json_is_true(uses) ? other_number(f, "max_window_layers") : 0;
    return first < m->layers ? m->layers - first : 0;
}

static void read_layers(struct folder *f, struct found *file)
{
    struct model_facts *m = &f->facts;
    const struct json *types = folder_config_get(f->config, KEYS("layer_types"));
    int64_t every = other_number(f, "full_attention_interval");
    m->window = other_number(f, "sliding_window");
    if (json_count(types) > 0)
        count_layers(f, file, types);
    else if (m->window > 0)
        m->window_layers = sliding_layers(f);
    else if (every > 0)
        m->plain_layers = m->layers - m->layers / every;
    if (m->window == 0 || m->window_layers == 0)
        m->window = m->window_layers = 0;
}

/* ---- context ----------------------------------------------------------------------------------- */

/* What rope scaling makes of the context. With some kinds the number in the file is the extended one
 * already, with YaRN it counts from the original one, and else it is to be multiplied. */
static double scaled_context(
    const struct json *scaling, const char *type, double original, double context)
{
    double factor = json_num(scaling, "factor", 1);
    if (is_one_of(type, KEYS("llama3", "longrope", "su")) || !(factor > 1))
        return context;
    if (strcmp(type, "yarn") == 0 || strcmp(type, "deepseek_yarn") == 0)
        return (original > 0 ? original : context) * factor;
    return context * factor;
}

static void read_rope(struct folder *f, struct found *file)
{
    struct model_facts *m = &f->facts;
    const struct json *scaling =
        folder_config_get(f->config, KEYS("rope_scaling", "rope_parameters"));
    const char *type = json_str_or(scaling, "rope_type", json_str_or(scaling, "type", ""));
    double original = json_num(scaling, "original_max_position_embeddings",
        (double)other_number(f, "original_max_position_embeddings"));
    double context = (double)m->context_length;
    bool included = strstr(m->model_type.s ? m->model_type.s : "", "gemma3") != NULL;
    if (json_kind(scaling) != JSON_OBJECT || !type[0] || context <= 0 || included)
        return;
    double scaled = floor(scaled_context(scaling, type, original, context));
    double trained = is_size(original) ? original : context;
    if (!is_size(scaled) || !(scaled > trained))
        return;
    m->context_length = (int64_t)scaled;
    m->context_trained = (int64_t)trained;
    folder_note(f, file, CHECK_VALID, "rope scaling (%s) extends its context from %lld to %lld",
        type, (long long)m->context_trained, (long long)m->context_length);
}

void folder_config_numbers(struct folder *f, struct found *file)
{
    struct numbers n = {0};
    for (size_t i = 0; i < sizeof number_rows / sizeof *number_rows; i++)
        read_number(f, file, i, &n);
    read_latent(f);
    check_heads(f, file, &n);
    f->facts.layers = n.layers;
    f->facts.heads = n.heads;
    f->facts.kv_heads = n.kv_heads;
    f->facts.head_dim = n.head_dim;
    f->facts.vocab_size = n.vocab;
    f->facts.context_length = n.context;
    read_layers(f, file);
    read_rope(f, file);
}
