/* What logs say of the model: whether it fits, may be read, is whole, and is known to the image (rows 17 to 21, 23). */
#include "model/triage_internal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct triage_reader reader;
typedef struct triage_find find;
typedef struct triage_diagnosis diagnosis;

/* ---- the GPU's memory ------------------------------------------------------------------------------------- */

static void tell_fit(reader *r, find *f, diagnosis *d)
{
    const struct crash *c = &f->worker->log;
    double needed = triage_amount(c, CRASH_NEEDED_BYTES),
           there = triage_amount(c, CRASH_AVAILABLE_BYTES),
           tokens = triage_amount(c, CRASH_TOKENS_ASKED);
    int gb = triage_own_memory(r);
    char with[48] = "", gpu[48] = "the worker's GPU";
    if (tokens > 0 && tokens < 1e9)
        (void)snprintf(with, sizeof with, " with %.0f tokens of context", tokens);
    if (gb > 0)
        (void)snprintf(gpu, sizeof gpu, "the %d GB of the worker's GPU", gb);
    triage_tell_log(r, f, d, triage_text(r, "The model%s needs more memory than %s.", with, gpu));
    if (needed > 0 && there >= 0)
        triage_line(r, d, "log", f->worker->worker.id, -1,
            "%.2f GiB are needed, %.2f GiB are there", needed / 1073741824.0, there / 1073741824.0);
    if (r->facts_known && gb > 0) {
        struct preflight_memory m = preflight_memory_of(&r->fit, gb);
        triage_line(r, d, "model", NULL, -1,
            "needs about %.1f GB by computation (%.1f of weights), of %.1f GB that may be used",
            m.needed, m.weights, m.usable);
    }
}

static void mend_fit(reader *r, find *f, diagnosis *d)
{
    triage_mend_fit(r, d, &f->worker->log);
}

/* ---- the model ---------------------------------------------------------------------------------------------- */

static bool is_missing(const struct crash *c)
{
    return strcmp(triage_variant(c), "not-found") == 0 ||
           strcmp(triage_variant(c), "no-such-repo") == 0;
}

static bool says_gated(const struct crash *c)
{
    return strcmp(triage_variant(c), "gated") == 0 ||
           strcmp(triage_variant(c), "awaiting-review") == 0;
}

/* Nobody may see it; one whose terms are to be accepted is there. */
static bool is_none(const reader *r, const struct crash *c)
{
    return is_missing(c) || (r->v->model_exists == KNOWN_NO && !says_gated(c));
}

static bool gets_token(const reader *r)
{
    return triage_env_set(r->v, "HF_TOKEN") || triage_env_set(r->v, "HUGGING_FACE_HUB_TOKEN");
}

static void tell_denied_model(reader *r, find *f, diagnosis *d)
{
    const char *model = triage_model(r, &f->worker->log);
    bool none = is_none(r, &f->worker->log);
    bool token = gets_token(r);
    if (none)
        triage_tell_log(
            r, f, d, triage_text(r, "The Hub has no model %.120s that the worker may see.", model));
    else
        triage_tell_log(
            r, f, d, triage_text(r, "The Hub does not let the worker read %.120s.", model));
    if (r->v->detail_read)
        triage_line(r, d, "settings", NULL, -1, "the worker gets %s token", token ? "a" : "no");
    if (r->v->model_exists == KNOWN_YES)
        triage_line(r, d, "model", NULL, -1, "the Hub has it%s%s",
            r->v->model_gated ? ", gated" : "",
            r->v->model_readable == KNOWN_NO ? "; the token here may not read it either" : "");
    else if (none && r->v->model_exists == KNOWN_NO)
        triage_line(r, d, "model", NULL, -1, "the Hub shows no such model here either");
}

static void mend_terms(reader *r, diagnosis *d, const char *model)
{
    triage_by_hand(
        r, d, "Accept the terms at https://huggingface.co/%.120s with the token's account", model);
}

static void mend_denied_model(reader *r, find *f, diagnosis *d)
{
    const char *model = triage_model(r, &f->worker->log);
    bool none = is_none(r, &f->worker->log),
         gated = r->v->model_gated || says_gated(&f->worker->log);
    if (none)
        triage_by_hand(r, d, "Correct MODEL_NAME: slipway set-env %s --env MODEL_NAME=OWNER/NAME",
            r->v->endpoint.id);
    if (strcmp(triage_variant(&f->worker->log), "awaiting-review") == 0)
        triage_wait(r, d, "the model's owner has to grant the request for access");
    if (gated && gets_token(r)) /* one that may not */
        mend_terms(r, d, model);
    triage_give_token(r, d);
    if (gated && !gets_token(r))
        mend_terms(r, d, model);
    triage_roll_back(r, d);
}

static void tell_incomplete(reader *r, find *f, diagnosis *d)
{
    const struct crash *c = &f->worker->log;
    const char *revision = triage_value(c, CRASH_REVISION, NULL),
               *file = triage_value(c, CRASH_FILE, NULL);
    const char *name = file ? strrchr(file, '/') : NULL;
    struct text sum;
    if (strstr(triage_variant(c), "adapter") || (r->v->facts && r->v->facts->adapter))
        sum = triage_text(r, "%.120s is an adapter: vLLM loads it only beside its base model.",
            triage_model(r, c));
    else if (revision)
        sum = triage_text(r, "%.120s has no revision %.60s.", triage_model(r, c), revision);
    else if (file)
        sum = triage_text(
            r, "%.120s lacks %.80s.", triage_model(r, c), name && name[1] ? name + 1 : file);
    else
        sum = triage_text(r, "%.120s is not complete.", triage_model(r, c));
    triage_tell_log(r, f, d, sum);
}

static void mend_incomplete(reader *r, find *f, diagnosis *d)
{
    const struct crash *c = &f->worker->log;
    bool revision = crash_value(c, CRASH_REVISION) || strcmp(triage_variant(c), "revision") == 0;
    const struct model_facts *facts = r->v->facts;
    if (revision) {
        struct triage_remedy *m =
            triage_remedy(r, d, "set-revision", "Take the newest revision of the model");
        triage_put(r, triage_asks(r, m), "revision", json_new_string("newest"));
        struct json *env = triage_object(r, triage_patch(r, m), "env");
        triage_put(r, env, "MODEL_REVISION", json_new_string("(the newest commit)"));
        triage_means(r, m, "rolls the workers onto it");
    }
    triage_roll_back(r, d);
    if (facts && facts->adapter && facts->base_model.len)
        triage_by_hand(
            r, d, "Merge it into %.100s and upload that (slipway upload)", facts->base_model.s);
    else if (!revision)
        triage_by_hand(
            r, d, "Complete the repository (slipway upload), then redeploy its new commit");
}

static void tell_outage(reader *r, find *f, diagnosis *d)
{
    const char *code = triage_value(&f->worker->log, CRASH_CODE, "an error");
    triage_tell_log(r, f, d,
        triage_text(r,
            "The Hub answers the worker with %.40s: it is out of order, or cannot be reached.",
            code));
}

static bool keeps_model(const reader *r)
{
    return r->v->cached_model.len > 0 || (r->v->detail_read && r->v->detail.volumes.len > 0);
}

static void mend_outage(reader *r, find *f, diagnosis *d)
{
    const char *offline[] = {"HF_HUB_OFFLINE", "1", "TRANSFORMERS_OFFLINE", "1", NULL};
    (void)f;
    triage_wait(
        r, d, "workers try again, and succeed when the Hub is back (status.huggingface.co)");
    if (keeps_model(r))
        triage_set_env(r, d, offline);
}

static void tell_unsupported(reader *r, find *f, diagnosis *d)
{
    const struct crash *c = &f->worker->log;
    const char *what =
        triage_value(c, CRASH_VALUE, r->v->facts ? triage_str(r->v->facts->architecture) : "");
    const char *vllm = c->version.len ? c->version.s : r->image.vllm;
    triage_tell_log(r, f, d,
        triage_text(r, "The image's vLLM%s%.40s does not know the model's architecture%s%.80s.",
            *vllm ? " " : "", vllm, *what ? " " : "", what));
}

static void mend_unsupported(reader *r, find *f, diagnosis *d)
{
    (void)f;
    triage_newer_image(r, d);
    triage_roll_back(r, d);
    if (d->remedy_count == 0)
        triage_by_hand(r, d, "Take an image whose vLLM knows it: slipway set-image %s IMAGE:TAG",
            r->v->endpoint.id);
}

static void tell_tokenizer(reader *r, find *f, diagnosis *d)
{
    const char *by = triage_str(r->v->saved_by), *has = triage_str(r->v->image_has);
    if (*by && *has)
        triage_tell_log(r, f, d,
            triage_text(r,
                "The model's files were saved by transformers %.30s, the image has %.30s.", by,
                has));
    else
        triage_tell_log(
            r, f, d, TEXT("The tokenizer was saved by a newer transformers than the image has."));
}

static void mend_tokenizer(reader *r, find *f, diagnosis *d)
{
    (void)f;
    triage_newer_image(r, d);
    triage_by_hand(
        r, d, "Save the tokenizer with the transformers of the image, and upload it again");
}

static void tell_code(reader *r, find *f, diagnosis *d)
{
    triage_tell_log(r, f, d,
        triage_text(r, "%.120s brings code of its own, and the worker is not told to trust it.",
            triage_model(r, &f->worker->log)));
}

static void mend_code(reader *r, find *f, diagnosis *d)
{
    const char *pairs[] = {"TRUST_REMOTE_CODE", "true", NULL};
    (void)f;
    triage_set_env(r, d, pairs);
    if (d->remedy_count)
        triage_means(r, &d->remedies[d->remedy_count - 1],
            "runs code from the model's repository: read it first");
}

const struct triage_rule triage_log_model[] = {
    {"does-not-fit-gpu", 17, TRIAGE_STOPS, 0, "does not fit the GPU", NULL, tell_fit, mend_fit},
    {"model-access-denied", 18, TRIAGE_STOPS, 0, "the model may not be read", NULL,
        tell_denied_model, mend_denied_model},
    {"model-incomplete", 19, TRIAGE_STOPS, 0, "the model is incomplete", NULL, tell_incomplete,
        mend_incomplete},
    {"hub-outage", 20, TRIAGE_STOPS, 0, "the Hub does not answer", NULL, tell_outage, mend_outage},
    {"architecture-unsupported", 21, TRIAGE_STOPS, 0, "vLLM does not know the model", NULL,
        tell_unsupported, mend_unsupported},
    {"needs-trust-remote-code", 23, TRIAGE_STOPS, 0, "needs TRUST_REMOTE_CODE", NULL, tell_code,
        mend_code},
    {"tokenizer-mismatch", 0, TRIAGE_STOPS, 0, "tokenizer newer than the image", NULL,
        tell_tokenizer, mend_tokenizer},
    {.id = NULL},
};
