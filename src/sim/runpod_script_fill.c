/* runpod_script_fill: templates of log lines, and what their {names} stand for.
 *
 * A name is lower-case letters, digits and '_' between braces. What is not in the table stays as it
 * is, so JSON and Python dictionaries in a template need no escaping. Durations inside a start are
 * shares of its length, so that the numbers in the lines agree with the lines' times. */
#include "sim/runpod_physics.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

struct filling {
    const struct worker *w;
    const struct endpoint *e;
    const struct job *j;
    const struct script_facts *f;
    int64_t at;
    struct buf *out;
};

void script_facts(const struct worker *w, int64_t load_ms, struct script_facts *out)
{
    out->image = &w->endpoint->facts->image;
    out->model = &w->endpoint->facts->model;
    fit_facts(w->endpoint, w->gpu, &out->fit);
    out->load_s = (double)load_ms / SECOND;
}

/* ---- writing values -------------------------------------------------------------------------- */

static void put_thousands(struct buf *out, int64_t n)
{
    if (n >= 1000)
        put_thousands(out, n / 1000);
    (void)buf_printf(out, n >= 1000 ? ",%03d" : "%d", (int)(n % 1000));
}

static struct tm time_of(int64_t at)
{
    time_t s = (time_t)(at / SECOND);
    struct tm tm = {0};
    (void)gmtime_r(&s, &tm);
    return tm;
}

static void put_clock(struct filling *x) /* Python's logging */
{
    struct tm t = time_of(x->at);
    (void)buf_printf(x->out, "%04d-%02d-%02d %02d:%02d:%02d,%03d", t.tm_year + 1900, t.tm_mon + 1,
        t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec, (int)(x->at % SECOND));
}

static void put_stamp(struct filling *x) /* vLLM's */
{
    struct tm t = time_of(x->at);
    (void)buf_printf(
        x->out, "%02d-%02d %02d:%02d:%02d", t.tm_mon + 1, t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec);
}

static void put_glog(struct filling *x) /* PyTorch's */
{
    struct tm t = time_of(x->at);
    (void)buf_printf(x->out, "%02d%02d %02d:%02d:%02d.%03d207031", t.tm_mon + 1, t.tm_mday,
        t.tm_hour, t.tm_min, t.tm_sec, (int)(x->at % SECOND));
}

static void put_args(struct filling *x)
{
    (void)script_arguments(x->e, x->out);
}

static void put_cuda_code(struct filling *x) /* 12.8 → 12080, as the driver tells it */
{
    int n = cuda_number(x->w->cuda);
    (void)buf_printf(x->out, "%d", n / 100 * 1000 + n % 100 * 10);
}

static void put_hash(struct filling *x)
{
    (void)buf_printf(x->out, "%010" PRIx64, text_hash(x->f->model->name) & 0xffffffffffU);
}

static void put_repository(struct filling *x)
{
    size_t n = strlen(x->e->image), tag = strlen(x->f->image->tag);
    bool tagged = n > tag && x->e->image[n - tag - 1] == ':';
    (void)buf_append(x->out, x->e->image, tagged ? n - tag - 1 : n);
}

static void put_revision(struct filling *x)
{
    const char *revision = endpoint_env(x->e, "MODEL_REVISION");
    (void)buf_str_append(x->out, revision ? revision : "main");
}

static void put_kv_times(struct filling *x)
{
    const struct fit *fit = &x->f->fit;
    (void)buf_printf(
        x->out, "%.2f", (double)fit->kv_tokens / (double)(fit->max_len ? fit->max_len : 1));
}

static void put_gpu_name(struct filling *x)
{
    (void)buf_str_append(x->out, x->w->gpu ? x->w->gpu->id : "CPU");
}

/* ---- the names ------------------------------------------------------------------------------- */

#define TEXT_OF(name, value)                                                                       \
    static void put_##name(struct filling *x)                                                      \
    {                                                                                              \
        (void)buf_str_append(x->out, value);                                                       \
    }
#define INT_OF(name, value)                                                                        \
    static void put_##name(struct filling *x)                                                      \
    {                                                                                              \
        (void)buf_printf(x->out, "%" PRId64, (int64_t)(value));                                    \
    }
#define NUM_OF(name, format, value)                                                                \
    static void put_##name(struct filling *x)                                                      \
    {                                                                                              \
        (void)buf_printf(x->out, format, value);                                                   \
    }
#define COMMAS_OF(name, value)                                                                     \
    static void put_##name(struct filling *x)                                                      \
    {                                                                                              \
        put_thousands(x->out, value);                                                              \
    }
#define LOAD_SHARE(name, format, share) NUM_OF(name, format, x->f->load_s *(share))

TEXT_OF(api, x->f->image->generation == IMAGE_VLLM_B ? "(APIServer pid=27) " : "")
TEXT_OF(architecture, x->f->model->architecture)
TEXT_OF(core, x->f->image->generation == IMAGE_VLLM_B   ? "(EngineCore pid=84) "
              : x->f->image->generation == IMAGE_VLLM_A ? "(EngineCore_DP0 pid=112) "
                                                        : "")
TEXT_OF(cuda, x->w->cuda)
TEXT_OF(data_center, x->w->data_center)
TEXT_OF(endpoint, x->e->id)
TEXT_OF(image, x->e->image)
TEXT_OF(image_cuda, x->f->image->cuda)
TEXT_OF(job, x->j ? x->j->id : "")
TEXT_OF(model, x->f->model->name)
TEXT_OF(sdk, x->f->image->generation == IMAGE_VLLM_A ? "1.8.1" : "1.12.0")
TEXT_OF(served, x->f->model->served)
TEXT_OF(tag, x->f->image->tag)
TEXT_OF(vllm, x->f->image->vllm)
TEXT_OF(worker, x->w->id)
INT_OF(best_len, x->f->fit.best_len)
INT_OF(disk, x->e->disk_gb)
INT_OF(kv_blocks, x->f->fit.kv_tokens / 16)
INT_OF(max_len, x->f->fit.max_len)
INT_OF(tp, x->f->fit.tensor_parallel)
COMMAS_OF(kv_tokens, x->f->fit.kv_tokens)
COMMAS_OF(max_len_c, x->f->fit.max_len)
NUM_OF(free_gib, "%.2f", x->f->fit.free_gib)
NUM_OF(gpu_gib, "%.2f", x->f->fit.total_gib)
NUM_OF(need_gib, "%.2f", x->f->fit.need_gib)
NUM_OF(utilization, "%.2f", x->f->fit.utilization)
NUM_OF(weights_gib, "%.2f", x->f->fit.weights_gib)
NUM_OF(load_s, "%.1f", x->f->load_s)
LOAD_SHARE(compile_s, "%.2f", 0.20)
LOAD_SHARE(download_s, "%.6f", 0.12)
LOAD_SHARE(dynamo_s, "%.2f", 0.055)
LOAD_SHARE(engine_s, "%.2f", 0.89)
LOAD_SHARE(graph_s, "%.2f", 0.115)
LOAD_SHARE(init_s, "%.2f", 0.345)
LOAD_SHARE(loading_s, "%.6f", 0.235)
LOAD_SHARE(weights_s, "%.2f", 0.085)

#define ROW(name)                                                                                  \
    {                                                                                              \
#name, put_##name                                                                          \
    }
static const struct {
    const char *name;
    void (*put)(struct filling *x);
} names[] = {
    ROW(api),
    ROW(architecture),
    ROW(args),
    ROW(best_len),
    ROW(clock),
    ROW(compile_s),
    ROW(core),
    ROW(cuda),
    ROW(cuda_code),
    ROW(data_center),
    ROW(disk),
    ROW(download_s),
    ROW(dynamo_s),
    ROW(endpoint),
    ROW(engine_s),
    ROW(free_gib),
    ROW(glog),
    ROW(gpu_gib),
    ROW(gpu_name),
    ROW(graph_s),
    ROW(hash),
    ROW(image),
    ROW(image_cuda),
    ROW(init_s),
    ROW(job),
    ROW(kv_blocks),
    ROW(kv_times),
    ROW(kv_tokens),
    ROW(load_s),
    ROW(loading_s),
    ROW(max_len),
    ROW(max_len_c),
    ROW(model),
    ROW(need_gib),
    ROW(repository),
    ROW(revision),
    ROW(sdk),
    ROW(served),
    ROW(stamp),
    ROW(tag),
    ROW(tp),
    ROW(utilization),
    ROW(vllm),
    ROW(weights_gib),
    ROW(weights_s),
    ROW(worker),
};

static bool put_name(struct filling *x, const char *name, size_t n)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strlen(names[i].name) == n && memcmp(names[i].name, name, n) == 0) {
            names[i].put(x);
            return true;
        }
    return false;
}

int script_fill(const struct worker *w, const struct job *j, const struct script_facts *facts,
    const char *template, int64_t at, struct buf *out)
{
    struct filling x = {.w = w, .e = w->endpoint, .j = j, .f = facts, .at = at, .out = out};
    for (const char *s = template; *s;) {
        size_t plain = strcspn(s, "{");
        (void)buf_append(out, s, plain);
        s += plain;
        size_t n = *s ? strspn(s + 1, "abcdefghijklmnopqrstuvwxyz_0123456789") : 0;
        if (n > 0 && s[n + 1] == '}' && put_name(&x, s + 1, n)) {
            s += n + 2;
        } else if (*s) {
            (void)buf_char(out, *s++);
        }
    }
    return out->full ? -1 : 0;
}
