/* A setting that the worker refuses (row 22): which it is, as the log says it, and the value that it would take. */
#include "model/triage_internal.h"

#include <stdio.h>
#include <string.h>

typedef struct triage_reader reader;
typedef struct triage_find find;
typedef struct triage_diagnosis diagnosis;

/* ---- settings ---------------------------------------------------------------------------------------------- */

/* "--max-model-len", "max_model_len" and "MAX_MODEL_LEN" are one. */
static const char *setting_of(reader *r, const struct crash *c, char out[80])
{
    const char *said = triage_value(c, CRASH_SETTING, "");
    size_t n = 0;
    said += strspn(said, "-");
    for (; said[n] && said[n] != '=' && n < 79; n++) {
        char k = said[n] == '-' ? '_' : said[n];
        out[n] = k >= 'a' && k <= 'z' ? (char)(k - 'a' + 'A') : k;
    }
    out[n] = '\0';
    return triage_env_set(r->v, out) ? out : NULL;
}

/* What the variants of the cause are about: the settings' names, and the sentence. */
static const struct {
    const char *variant, *name, *sentence;
} kinds[] = {
    {"max-model-len", "MAX_MODEL_LEN", "MAX_MODEL_LEN is more than the model itself can do"},
    {"batched-tokens", "MAX_NUM_BATCHED_TOKENS",
        "MAX_NUM_BATCHED_TOKENS does not go with the other settings"},
    {"max-num-seqs", "MAX_NUM_SEQS", "MAX_NUM_SEQS does not go with the other settings"},
    {"heads", "TENSOR_PARALLEL_SIZE",
        "TENSOR_PARALLEL_SIZE does not divide the model's attention heads"},
    {"gpus", "TENSOR_PARALLEL_SIZE", "TENSOR_PARALLEL_SIZE asks for more GPUs than a worker has"},
    {"quantization", "QUANTIZATION", "QUANTIZATION is not what the model is quantized with"},
    {"lora-rank", "MAX_LORA_RANK", "MAX_LORA_RANK does not go with the adapter"},
    {"gpu-memory-utilization", "GPU_MEMORY_UTILIZATION",
        "GPU_MEMORY_UTILIZATION is no share of the memory"},
    {"invalid", NULL, "The worker refuses one of its settings"},
};

static int kind_of(const struct crash *c)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].variant, triage_variant(c)) == 0)
            return (int)i;
    return -1;
}

/* The numbers that the log gives; "" = none. */
static const char *numbers_of(const struct crash *c, char out[80])
{
    const char *fit = triage_value(c, CRASH_TOKENS_FIT, NULL),
               *heads = triage_value(c, CRASH_HEADS, NULL),
               *asked = triage_value(c, CRASH_TOKENS_ASKED, triage_value(c, CRASH_VALUE, NULL));
    *out = '\0';
    if (asked && (fit || heads))
        (void)snprintf(out, 80, " (%.24s; %s %.24s)", asked, heads ? "heads:" : "at most",
            heads ? heads : fit);
    else if (asked)
        (void)snprintf(out, 80, " (%.24s)", asked);
    return out;
}

static struct text summary_of(reader *r, const struct crash *c)
{
    const char *said = triage_value(c, CRASH_SETTING, NULL),
               *to = triage_value(c, CRASH_VALUE, NULL);
    char numbers[80];
    int kind = kind_of(c);
    if (kind >= 0)
        return triage_text(
            r, "%s%s.", kinds[kind].sentence, kinds[kind].name ? numbers_of(c, numbers) : "");
    if (said && to)
        return triage_text(r, "The worker refuses %.60s = %.80s.", said, to);
    if (said)
        return triage_text(r, "The worker refuses the setting %.60s.", said);
    return TEXT("The worker refuses one of its settings.");
}

void triage_tell_setting(reader *r, find *f, diagnosis *d)
{
    const struct crash *c = &f->worker->log;
    char name[80];
    int kind = kind_of(c);
    const char *of_kind = kind >= 0 ? kinds[kind].name : NULL;
    const char *set = of_kind && triage_env_set(r->v, of_kind) ? of_kind : setting_of(r, c, name);
    const char *now = set ? triage_env(r->v, set) : NULL;
    triage_tell_log(r, f, d, summary_of(r, c));
    if (now)
        triage_line(r, d, "settings", NULL, -1, "%s is set to %.80s", set, now);
}

static void mend_boolean(reader *r, diagnosis *d, const char *name)
{
    const char *now = triage_env(r->v, name);
    const char *pairs[] = {name, "true", NULL};
    bool yes;
    if (!now || worker_env_boolean(now, &yes))
        return;
    if (*now == 't' || *now == 'T' || *now == 'y' || *now == 'Y')
        triage_set_env(r, d, pairs);
    pairs[1] = "false";
    if (*now == 'f' || *now == 'F' || *now == 'n' || *now == 'N')
        triage_set_env(r, d, pairs);
}

static void set_number(reader *r, diagnosis *d, const char *name, double to)
{
    char digits[24];
    if (!(to >= 1 && to < 1e8))
        return;
    (void)snprintf(digits, sizeof digits, "%.0f", to);
    const char *pairs[] = {name, digits, NULL};
    triage_set_env(r, d, pairs);
}

/* The ranks that vLLM takes. */
static int rank_for(double asked)
{
    static const int ranks[] = {8, 16, 32, 64, 128, 256, 320, 512};
    for (size_t i = 0; i < sizeof ranks / sizeof *ranks; i++)
        if (ranks[i] >= asked)
            return ranks[i];
    return 0;
}

/* What the log itself says would be right. */
static void mend_by_numbers(reader *r, const struct crash *c, diagnosis *d)
{
    const char *v = triage_variant(c);
    double asked = triage_amount(c, CRASH_TOKENS_ASKED), fits = triage_amount(c, CRASH_TOKENS_FIT);
    bool heads = crash_value(c, CRASH_HEADS) || strcmp(v, "heads") == 0 || strcmp(v, "gpus") == 0;
    if (heads)
        triage_mend_heads(r, d, c);
    else if (strcmp(v, "batched-tokens") == 0)
        set_number(r, d, "MAX_NUM_BATCHED_TOKENS", asked);
    else if (strcmp(v, "max-num-seqs") == 0)
        set_number(r, d, "MAX_NUM_SEQS", fits);
    else if (strcmp(v, "lora-rank") == 0)
        set_number(r, d, "MAX_LORA_RANK", rank_for(asked));
    else if (strcmp(v, "gpu-memory-utilization") == 0)
        triage_set_env(r, d, (const char *const[]){"GPU_MEMORY_UTILIZATION", "0.90", NULL});
    else if (strcmp(v, "quantization") == 0 && triage_env_set(r->v, "QUANTIZATION"))
        triage_unset_env(r, d, "QUANTIZATION");
    else if (fits >= 16 && fits < 1e8)
        triage_set_context(r, d, triage_env_number(r->v, "MAX_MODEL_LEN"), (int64_t)fits / 16 * 16);
}

void triage_mend_setting(reader *r, find *f, diagnosis *d)
{
    const struct crash *c = &f->worker->log;
    char name[80];
    const char *set = setting_of(r, c, name);
    mend_by_numbers(r, c, d);
    bool numbers = d->remedy_count > 0;
    if (set)
        mend_boolean(r, d, set);
    if (set && !numbers)
        triage_unset_env(r, d, set);
    else if (!set && !numbers && triage_env_set(r->v, "VLLM_EXTRA_ARGS"))
        triage_unset_env(r, d, "VLLM_EXTRA_ARGS");
    triage_roll_back(r, d);
    if (d->remedy_count == 0)
        triage_by_hand(
            r, d, "Put the setting right: slipway set-env %s --env NAME=VALUE", r->v->endpoint.id);
}
