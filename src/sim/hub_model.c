/* What a model on this Hub is made of, as vLLM finds it when a worker loads it: weights are files of
 * the top folder, sizes stand in config.json (spec/huggingface.md §8.2, §10.3).
 *
 * The contents of weight files are not looked at, only their bytes are counted; so this is quick
 * enough to be asked for at every start of a container, and remembers nothing. */
#include "sim/hub_store.h"

#include <stdio.h>
#include <string.h>

enum { CONFIG_MAX = 1024 * 1024, CONTEXT_MAX = 100000000, NUMBER_MAX = 1 << 24 };

/* ---- weights --------------------------------------------------------------------------------- */

/* What training leaves behind, and adapters, which are no model by themselves. */
static const char *const no_weights[] = {"adapter_model.bin", "adapter_model.safetensors",
    "optimizer.bin", "scaler.bin", "scheduler.bin", "training_args.bin"};

static bool holds_weights(const char *path, const char *ending)
{
    size_t n = strlen(path), end = strlen(ending);
    if (strchr(path, '/') || n <= end || strcmp(path + n - end, ending) != 0)
        return false;
    for (size_t i = 0; i < sizeof no_weights / sizeof *no_weights; i++)
        if (strcmp(path, no_weights[i]) == 0)
            return false;
    return true;
}

static void count_weights(const struct hub_files *files, const char *ending, struct hub_model *out)
{
    for (size_t i = 0; i < files->count; i++)
        if (holds_weights(files->all[i]->path, ending)) {
            out->bytes += files->all[i]->size;
            out->files++;
        }
}

/* ---- config.json ----------------------------------------------------------------------------- */

/* NULL when there is none that can be read; then vLLM stops, too. */
static struct json *read_config(struct hub_world *h, const struct hub_files *files)
{
    struct buf text;
    struct json *config = NULL;
    const struct hub_file *f = hub_files_find(files, "config.json");
    buf_init(&text, CONFIG_MAX);
    if (f && f->size <= CONFIG_MAX && hub_stored_read(h, f->sha256, 0, (size_t)f->size, &text) == 0)
        config = json_parse(buf_str(&text), text.len, NULL);
    buf_release(&text);
    if (json_kind(config) == JSON_OBJECT)
        return config;
    json_free(config);
    return NULL;
}

/* The first of these names that has a sensible value, first in what multimodal models keep apart
 * for their text; 0 = none. */
static int64_t number_of(const struct json *config, const char *const *names, int64_t most)
{
    const struct json *const parts[] = {
        json_get(config, "text_config"), json_get(config, "llm_config"), config};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        for (const char *const *name = names; *name; name++) {
            int64_t n = json_int(parts[i], *name, 0);
            if (n > 0 && n <= most)
                return n;
        }
    return 0;
}

/* Keys and values of one token in all layers; 0 when a number for that is missing. */
static double kv_kib(const struct json *config)
{
    static const char *const layers_names[] = {"num_hidden_layers", "n_layer", "num_layers", NULL};
    static const char *const heads_names[] = {"num_attention_heads", "n_head", NULL};
    static const char *const kv_names[] = {"num_key_value_heads", "n_head_kv", "num_kv_heads",
        "multi_query_group_num", "num_attention_groups", NULL};
    static const char *const width_names[] = {"head_dim", NULL};
    static const char *const hidden_names[] = {"hidden_size", "n_embd", "d_model", NULL};
    int64_t layers = number_of(config, layers_names, NUMBER_MAX);
    int64_t heads = number_of(config, heads_names, NUMBER_MAX);
    int64_t kv_heads = number_of(config, kv_names, NUMBER_MAX);
    int64_t width = number_of(config, width_names, NUMBER_MAX);
    if (kv_heads == 0)
        kv_heads = heads;
    if (width == 0 && heads > 0)
        width = number_of(config, hidden_names, NUMBER_MAX) / heads;
    return 2.0 * (double)layers * (double)kv_heads * (double)width * 2 / 1024;
}

static void read_sizes(const struct json *config, struct hub_model *out)
{
    static const char *const context_names[] = {"max_position_embeddings", "n_positions",
        "max_seq_len", "seq_length", "model_max_length", NULL};
    const char *architecture = json_string(json_first(json_get(config, "architectures")));
    out->kv_kib = kv_kib(config);
    out->max_len = number_of(config, context_names, CONTEXT_MAX);
    (void)snprintf(
        out->architecture, sizeof out->architecture, "%s", architecture ? architecture : "");
}

/* ---- all of it ------------------------------------------------------------------------------- */

bool hub_model_facts(
    struct hub_world *h, const char *id, const char *revision, struct hub_model *out)
{
    memset(out, 0, sizeof *out);
    const struct hub_repo *repo = h ? hub_repo_follow(h, HUB_MODEL, id) : NULL;
    if (!repo)
        return false;
    out->closed = repo->private || repo->gate != HUB_OPEN;
    const struct hub_commit *c = hub_revision(repo, revision ? revision : "main");
    if (!c) {
        out->lacks = "revision";
        return true;
    }
    count_weights(&c->files, ".safetensors", out);
    if (out->files == 0)
        count_weights(&c->files, ".bin", out);
    struct json *config = read_config(h, &c->files);
    out->lacks = !config ? "config" : out->bytes == 0 ? "weights" : NULL;
    read_sizes(config, out);
    json_free(config);
    return true;
}
