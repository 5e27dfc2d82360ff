/* One table for each kind of record, one row for each field. A field that is missing here is one whose
 * change nobody sees: ages (seen_ms), and what follows from other fields (raw paths). */
#include "model/record_internal.h"

#include "model/news.h"

#include <string.h>

#define FIELD(type, name, kind)                                                                    \
    {                                                                                              \
        offsetof(struct type, name), sizeof(((struct type *)0)->name), kind                        \
    }
#define VALUE(type, name)  FIELD(type, name, FIELD_VALUE)
#define STRING(type, name) FIELD(type, name, FIELD_STRING)
#define WORDS(type, name)  FIELD(type, name, FIELD_TEXT)

#define RECORD(name, type)                                                                         \
    const struct record name = {                                                                   \
        sizeof(struct type), type##_fields, sizeof type##_fields / sizeof type##_fields[0]}

static const struct field endpoint_fields[] = {
    STRING(endpoint, id),
    WORDS(endpoint, name),
    WORDS(endpoint, image),
    WORDS(endpoint, model),
    WORDS(endpoint, revision),
    WORDS(endpoint, served),
    WORDS(endpoint, pools),
    VALUE(endpoint, pool_count),
    VALUE(endpoint, gpu_count),
    VALUE(endpoint, context_length),
    VALUE(endpoint, workers_min),
    VALUE(endpoint, workers_max),
    VALUE(endpoint, idle_s),
    VALUE(endpoint, version),
    VALUE(endpoint, load_balancer),
    VALUE(endpoint, created_ms),
};
RECORD(record_endpoint, endpoint);

static const struct field health_fields[] = {
    STRING(health, endpoint_id),
    VALUE(health, completed),
    VALUE(health, failed),
    VALUE(health, in_progress),
    VALUE(health, in_queue),
    VALUE(health, retried),
    VALUE(health, idle),
    VALUE(health, initializing),
    VALUE(health, ready),
    VALUE(health, running),
    VALUE(health, throttled),
    VALUE(health, unhealthy),
};
RECORD(record_health, health);

static const struct field worker_fields[] = {
    STRING(worker, id),
    VALUE(worker, status),
    WORDS(worker, word),
    WORDS(worker, gpu),
    WORDS(worker, data_center),
    WORDS(worker, image),
    VALUE(worker, gpu_count),
    VALUE(worker, version),
    VALUE(worker, stale),
    VALUE(worker, uptime_s),
    VALUE(worker, started_ms),
};
RECORD(record_worker, worker);

static const struct field gpu_fields[] = {
    WORDS(gpu, id),
    WORDS(gpu, name),
    WORDS(gpu, pool),
    VALUE(gpu, memory_gb),
    VALUE(gpu, price_hour),
    VALUE(gpu, stock),
    VALUE(gpu, cuda),
};
RECORD(record_gpu, gpu);

static const struct field account_fields[] = {
    VALUE(account, balance),
    VALUE(account, spend_hour),
    VALUE(account, spend_limit),
};
RECORD(record_account, account);

/* Its age is what a source is about. */
static const struct field source_state_fields[] = {
    VALUE(source_state, source),
    VALUE(source_state, health),
    VALUE(source_state, seen_ms),
    VALUE(source_state, retry_ms),
    WORDS(source_state, who),
    VALUE(source_state, error.class),
    VALUE(source_state, error.number),
    STRING(source_state, error.message),
    STRING(source_state, error.hint),
};
RECORD(record_source, source_state);

static const struct field job_fields[] = {
    STRING(job, id),
    WORDS(job, name),
    WORDS(job, status),
    WORDS(job, base_model),
    WORDS(job, method),
    WORDS(job, dataset),
    WORDS(job, model_url),
    WORDS(job, error),
    WORDS(job, loss_trend),
    VALUE(job, progress),
    VALUE(job, loss),
    VALUE(job, eval_loss),
    VALUE(job, best_eval_loss),
    VALUE(job, learning_rate),
    VALUE(job, step),
    VALUE(job, total_steps),
    VALUE(job, epoch),
    VALUE(job, total_epochs),
    VALUE(job, elapsed_s),
    VALUE(job, remaining_s),
    VALUE(job, started_ms),
    VALUE(job, completed_ms),
    VALUE(job, created_ms),
    VALUE(job, updated_ms),
};
RECORD(record_job, job);

static const struct field model_row_fields[] = {
    STRING(model_row, id),
    WORDS(model_row, name),
    WORDS(model_row, provider),
    WORDS(model_row, base_url),
    WORDS(model_row, hub_id),
    WORDS(model_row, served_name),
    WORDS(model_row, base_model),
    WORDS(model_row, training_method),
    STRING(model_row, endpoint_id),
    WORDS(model_row, revision),
    STRING(model_row, training_job_id),
    VALUE(model_row, context_length),
    VALUE(model_row, max_output_tokens),
    VALUE(model_row, cost_per_request),
    VALUE(model_row, budget_limit),
    VALUE(model_row, price_input),
    VALUE(model_row, price_output),
    VALUE(model_row, enabled),
    VALUE(model_row, is_global),
    VALUE(model_row, is_default),
    VALUE(model_row, created_ms),
    VALUE(model_row, updated_ms),
    VALUE(model_row, last_used_ms),
};
RECORD(record_model_row, model_row);

static const struct field repo_fields[] = {
    WORDS(repo, id),
    WORDS(repo, pipeline_tag),
    VALUE(repo, is_private),
    VALUE(repo, modified_ms),
};
RECORD(record_repo, repo);

static const struct field request_fields[] = {
    STRING(request, id),
    STRING(request, job_id),
    STRING(request, endpoint_id),
    WORDS(request, model),
    VALUE(request, route),
    VALUE(request, status),
    VALUE(request, submitted_ms),
    VALUE(request, ended_ms),
    VALUE(request, delay_ms),
    VALUE(request, execution_ms),
    VALUE(request, first_token_ms),
    VALUE(request, tokens_in),
    VALUE(request, tokens_out),
    VALUE(request, retries),
    STRING(request, worker_id),
    WORDS(request, gpu),
    VALUE(request, price_hour),
    VALUE(request, cost),
    WORDS(request, input),
    WORDS(request, output),
    WORDS(request, error),
    VALUE(request, listed),
};
RECORD(record_request, request);

/* Of its plan, steps, files and checklist see operation.c. */
static const struct field operation_fields[] = {
    STRING(operation, id),
    VALUE(operation, kind),
    VALUE(operation, state),
    WORDS(operation, title),
    WORDS(operation, note),
    VALUE(operation, error.class),
    VALUE(operation, error.number),
    STRING(operation, error.message),
    STRING(operation, error.hint),
    VALUE(operation, started_ms),
    VALUE(operation, ended_ms),
    VALUE(operation, risk),
    WORDS(operation, confirm_word),
    VALUE(operation, done),
    VALUE(operation, total),
    VALUE(operation, speed),
    VALUE(operation, eta_s),
    WORDS(operation, folder),
    WORDS(operation, repository),
    WORDS(operation, revision),
    WORDS(operation, commit),
    VALUE(operation, is_private),
    WORDS(operation, pipeline_tag),
    VALUE(operation, safe_to_delete),
    WORDS(operation, endpoint_name),
    STRING(operation, endpoint_id),
    VALUE(operation, price_min),
    VALUE(operation, price_max),
    VALUE(operation, first_cost),
    STRING(operation, model_id),
};
RECORD(record_operation, operation);

static const struct field operation_step_fields[] = {
    VALUE(operation_step, name), /* static: the same words are the same pointer */
    VALUE(operation_step, state),
    WORDS(operation_step, note),
};
RECORD(record_step, operation_step);

static const struct field upload_file_fields[] = {
    WORDS(upload_file, path),
    VALUE(upload_file, size),
    VALUE(upload_file, sent),
    VALUE(upload_file, ticks),
    VALUE(upload_file, unchanged),
    STRING(upload_file, sha256),
    WORDS(upload_file, note),
};
RECORD(record_upload_file, upload_file);

static const struct field check_file_fields[] = {
    WORDS(check_file, path),
    VALUE(check_file, size),
    VALUE(check_file, modified_ns),
    VALUE(check_file, kind),
    VALUE(check_file, state),
    VALUE(check_file, origin),
    VALUE(check_file, send),
    WORDS(check_file, result),
};
RECORD(record_check_file, check_file);

static const struct field model_facts_fields[] = {
    WORDS(model_facts, model_type),
    WORDS(model_facts, architecture),
    WORDS(model_facts, dtype),
    WORDS(model_facts, base_model),
    WORDS(model_facts, quantization),
    VALUE(model_facts, parameters),
    VALUE(model_facts, weight_bytes),
    VALUE(model_facts, context_length),
    VALUE(model_facts, vocab_size),
    VALUE(model_facts, context_trained),
    VALUE(model_facts, layers),
    VALUE(model_facts, heads),
    VALUE(model_facts, kv_heads),
    VALUE(model_facts, head_dim),
    VALUE(model_facts, latent),
    VALUE(model_facts, window),
    VALUE(model_facts, window_layers),
    VALUE(model_facts, plain_layers),
    VALUE(model_facts, adapter),
    VALUE(model_facts, custom_code),
    VALUE(model_facts, chat_template),
    VALUE(model_facts, text_generation),
};
RECORD(record_model_facts, model_facts);

static const struct field endpoint_setting_fields[] = {
    WORDS(endpoint_setting, name),
    WORDS(endpoint_setting, value),
};
RECORD(record_setting, endpoint_setting);

static const struct field release_change_fields[] = {
    WORDS(release_change, field),
    WORDS(release_change, before),
    WORDS(release_change, after),
};
RECORD(record_release_change, release_change);

static const struct field release_fields[] = {
    VALUE(release, version),
    WORDS(release, source),
    VALUE(release, created_ms),
    VALUE(release, workers),
};
RECORD(record_release, release);

static const struct field endpoint_detail_fields[] = {
    STRING(endpoint_detail, endpoint_id),
    VALUE(endpoint_detail, disk_gb),
    VALUE(endpoint_detail, timeout_ms),
    WORDS(endpoint_detail, scaling),
    WORDS(endpoint_detail, min_cuda),
    WORDS(endpoint_detail, cuda_versions),
    WORDS(endpoint_detail, data_centers),
    WORDS(endpoint_detail, volumes),
    WORDS(endpoint_detail, excluded),
    WORDS(endpoint_detail, flashboot),
    WORDS(endpoint_detail, registry),
    VALUE(endpoint_detail, releases_read),
    VALUE(endpoint_detail, rolling),
    VALUE(endpoint_detail, rolled),
    VALUE(endpoint_detail, rolling_total),
    VALUE(endpoint_detail, billed),
    VALUE(endpoint_detail, billed_count),
    VALUE(endpoint_detail, billed_from_ms),
    WORDS(endpoint_detail, not_read),
};
RECORD(record_detail, endpoint_detail);

bool text_same(struct text a, struct text b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.s, b.s, a.len) == 0);
}

static bool texts_same(const struct text *a, const struct text *b, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!text_same(a[i], b[i]))
            return false;
    return true;
}

static bool field_same(const struct field *f, const void *a, const void *b)
{
    switch (f->kind) {
    case FIELD_STRING:
        return strncmp(a, b, f->size) == 0;
    case FIELD_TEXT:
        return texts_same(a, b, f->size / sizeof(struct text));
    default:
        return memcmp(a, b, f->size) == 0;
    }
}

bool record_same(const struct record *r, const void *a, const void *b)
{
    for (const struct field *f = r->fields; f < r->fields + r->count; f++)
        if (!field_same(f, (const char *)a + f->offset, (const char *)b + f->offset))
            return false;
    return true;
}

bool records_same(
    const struct record *r, const void *a, size_t a_count, const void *b, size_t b_count)
{
    if (a_count != b_count)
        return false;
    for (size_t i = 0; i < a_count; i++)
        if (!record_same(r, (const char *)a + i * r->size, (const char *)b + i * r->size))
            return false;
    return true;
}

int text_own(struct text *t, struct arena *a)
{
    const char *s = t->len ? arena_dup(a, t->s, t->len) : "";
    if (!s)
        return -1;
    t->s = s;
    return 0;
}

static int texts_own(struct text *t, size_t count, struct arena *a)
{
    for (size_t i = 0; i < count; i++)
        if (text_own(&t[i], a))
            return -1;
    return 0;
}

int record_own(const struct record *r, void *copy, struct arena *a)
{
    for (const struct field *f = r->fields; f < r->fields + r->count; f++) {
        void *field = (char *)copy + f->offset;
        if (f->kind == FIELD_TEXT && texts_own(field, f->size / sizeof(struct text), a))
            return -1;
    }
    return 0;
}
