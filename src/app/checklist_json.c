/* A checklist as a document. What is not known is null; what is worked out and not seen stands below
 * "memory", which says that it is an estimate. */
#include "app/checklist_json.h"

#include "model/fit.h"

#include <math.h>

static void add_count(struct json *j, const char *key, int64_t n)
{
    json_add(j, key, n > 0 ? json_new_int(n) : json_new_null());
}

static void add_known(struct json *j, const char *key, struct text t)
{
    if (t.len)
        json_add_text(j, key, t);
    else
        json_add_str(j, key, NULL);
}

static void add_gigabytes(struct json *j, const char *key, double gb)
{
    json_add(j, key, isnan(gb) ? json_new_null() : json_new_int(llround(fmin(gb * 1e9, 9e15))));
}

/* On one GPU, with one sequence of full length. */
static struct json *memory_json(const struct model_facts *f)
{
    struct json *j = json_new_object();
    struct fit fit = fit_of(f, 0, 1);
    json_add_bool(j, "estimate", true);
    json_add_int(j, "gpus", 1);
    add_count(j, "context_length", f->context_length);
    add_gigabytes(j, "weight_bytes", fit.weights);
    add_gigabytes(j, "kv_cache_bytes", fit.cache);
    add_gigabytes(j, "other_bytes", fit.rest);
    add_gigabytes(j, "needed_bytes", fit.needed);
    return j;
}

static struct json *sizes_json(const struct model_facts *f)
{
    int sizes[FIT_SIZES_MAX];
    size_t count = fit_tensor_parallel_sizes(f, sizes);
    struct json *j = json_new_array();
    for (size_t i = 0; i < count; i++)
        json_push(j, json_new_int(sizes[i]));
    return j;
}

static void add_attention(struct json *j, const struct model_facts *f)
{
    add_count(j, "layers", f->layers);
    add_count(j, "attention_heads", f->heads);
    add_count(j, "key_value_heads", f->kv_heads);
    add_count(j, "head_dim", f->head_dim);
    add_count(j, "sliding_window", f->window_layers > 0 ? f->window : 0);
    add_count(j, "sliding_window_layers", f->window_layers);
    add_count(j, "kv_cache_bytes_per_token", fit_kv_bytes_per_token(f, 1, 0));
    json_add(j, "tensor_parallel_sizes", sizes_json(f));
}

static struct json *facts_json(const struct model_facts *f)
{
    struct json *j = json_new_object();
    add_known(j, "model_type", f->model_type);
    add_known(j, "architecture", f->architecture);
    add_known(j, "dtype", f->dtype);
    add_known(j, "base_model", f->base_model);
    add_known(j, "quantization", f->quantization);
    add_count(j, "parameters", f->parameters);
    add_count(j, "weight_bytes", f->weight_bytes);
    add_count(j, "context_length", f->context_length);
    add_count(j, "context_length_without_rope_scaling", f->context_trained);
    add_count(j, "vocab_size", f->vocab_size);
    add_attention(j, f);
    json_add_bool(j, "adapter", f->adapter);
    json_add_bool(j, "custom_code", f->custom_code);
    json_add_bool(j, "chat_template", f->chat_template);
    json_add_bool(j, "text_generation", f->text_generation);
    json_add(j, "memory", memory_json(f));
    return j;
}

static struct json *file_json(const struct check_file *f)
{
    struct json *j = json_new_object();
    json_add_text(j, "path", f->path);
    json_add(j, "size", f->size >= 0 ? json_new_int(f->size) : json_new_null());
    json_add_str(j, "kind", check_kind_name(f->kind));
    json_add_str(j, "state", check_state_name(f->state));
    json_add_str(j, "origin", check_origin_name(f->origin));
    json_add_bool(j, "blocks", check_file_blocks(f));
    json_add_bool(j, "send", f->send);
    json_add_text(j, "result", f->result);
    return j;
}

struct json *checklist_json(const struct checklist *list)
{
    struct json *j = json_new_object(), *files = json_new_array();
    json_add_text(j, "folder", list->folder);
    json_add_int(j, "blockers", (int64_t)list->blockers);
    json_add_int(j, "warnings", (int64_t)list->warnings);
    json_add_int(j, "send_count", (int64_t)list->send_count);
    json_add_int(j, "send_bytes", list->send_bytes);
    json_add(j, "facts", facts_json(&list->facts));
    for (size_t i = 0; i < list->count; i++)
        json_push(files, file_json(&list->files[i]));
    json_add(j, "files", files);
    return j;
}
