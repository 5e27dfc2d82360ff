/* The model in a recording: what the stand-in's workers go by ("models": how large it is, how long its context), and
 * what the Hub says of it ("hub"): that it is there, gated, and its config.json as far as the rules read it. The
 * weights themselves are not recorded, so the Hub's side has none. That a model is missing is said only where the
 * workers failed by it: what our token may not see is not missing to theirs. */
#include "app/triage_record_internal.h"

#include "model/fit.h"

#include <math.h>
#include <string.h>

enum { KV_ELEMENT = 2 };
static const double gib = 1024.0 * 1024 * 1024;

static double rounded(double x)
{
    return floor(x * 100 + 0.5) / 100;
}

static bool is_denied(const struct triage *t)
{
    return t->count > 0 && strcmp(t->diagnoses[0].id, "model-access-denied") == 0;
}

static struct json *row_json(const struct triage_evidence *v, const struct triage *t)
{
    const struct model_facts *f = v->facts;
    struct json *j = json_new_object();
    int64_t kv = f ? fit_kv_bytes_per_token(f, 1, KV_ELEMENT) : 0;
    if (f && f->weight_bytes > 0)
        json_add_num(j, "weights_gib", rounded((double)f->weight_bytes / gib));
    if (kv > 0)
        json_add_num(j, "kv_kib", rounded((double)kv / 1024));
    if (f && f->context_length > 0)
        json_add_int(j, "max_len", f->context_length);
    if (f && f->architecture.len > 0)
        json_add_text(j, "architecture", f->architecture);
    if (v->model_gated)
        json_add_bool(j, "gated", true);
    if (v->model_exists == KNOWN_NO && is_denied(t))
        json_add_bool(j, "missing", true);
    return j;
}

static void add_some(struct json *j, const char *key, int64_t n)
{
    if (n > 0)
        json_add_int(j, key, n);
}

/* config.json, as the Hub has it in the stand-in. */
static struct json *config_json(const struct triage_evidence *v)
{
    const struct model_facts *f = v->facts;
    struct json *j = json_new_object(), *names = json_new_array(), *file = json_new_object();
    if (f->architecture.len > 0)
        json_push(names, record_text(f->architecture));
    json_add(j, "architectures", names);
    if (f->model_type.len > 0)
        json_add_text(j, "model_type", f->model_type);
    if (f->dtype.len > 0)
        json_add_text(j, "dtype", f->dtype);
    add_some(j, "max_position_embeddings", f->context_length);
    add_some(j, "num_hidden_layers", f->layers);
    add_some(j, "num_attention_heads", f->heads);
    add_some(j, "num_key_value_heads", f->kv_heads);
    add_some(j, "head_dim", f->head_dim);
    add_some(j, "vocab_size", f->vocab_size);
    if (v->saved_by.len > 0)
        json_add_text(j, "transformers_version", v->saved_by);
    json_add(file, "json", j);
    return file;
}

static struct json *adapter_json(const struct model_facts *f)
{
    struct json *j = json_new_object(), *file = json_new_object();
    json_add_str(j, "peft_type", "LORA");
    json_add_text(j, "base_model_name_or_path", f->base_model);
    add_some(j, "r", f->lora_rank);
    json_add(file, "json", j);
    return file;
}

static struct json *hub_json(const struct triage_evidence *v)
{
    struct json *j = json_new_object(), *repos = json_new_array(), *repo = json_new_object();
    struct json *files = json_new_object();
    json_add_text(repo, "id", v->endpoint.model);
    if (v->model_gated)
        json_add_str(repo, "gated", v->model_readable == KNOWN_YES ? "auto" : "manual");
    if (v->facts && v->facts->adapter)
        json_add(files, "adapter_config.json", adapter_json(v->facts));
    else if (v->facts)
        json_add(files, "config.json", config_json(v));
    json_add(repo, "files", files);
    json_push(repos, repo);
    json_add(j, "repos", repos);
    return j;
}

void record_add_model(struct json *j, const struct triage_evidence *v, const struct triage *t)
{
    struct text name = v->endpoint.model;
    struct json *rows = json_new_object(), *row = row_json(v, t);
    if (name.len > 0 && json_count(row) > 0) {
        json_add(rows, name.s, row);
        json_add(j, "models", rows);
    } else {
        json_free(row);
        json_free(rows);
    }
    if (name.len > 0 && v->model_exists == KNOWN_YES)
        json_add(j, "hub", hub_json(v));
}
