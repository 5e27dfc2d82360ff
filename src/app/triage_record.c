/* What was seen of an endpoint as a scenario of the stand-in (src/sim/scenarios/README.md), so that a diagnosis that
 * is wrong can be sent in and becomes a test. It says facts: the settings, the account, the stock, what waits; what
 * the workers printed is a trouble of the phase in which they failed. Ids stay, so that it can be talked about;
 * secrets are masked, as everywhere.
 *
 * The stand-in names an endpoint by at most 19 characters, and fills in what stands between braces; such texts are
 * changed here so that they stay as they are. */
#include "app/triage_record_internal.h"

#include "base/clock.h"
#include "model/worker_env.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    PLACE_ID_MAX = 20,
    OWN_MOST = 15, /* an address, a number, a word */
    WARM_UP_LEAST_S = 60,
    WARM_UP_MOST_S = 7200,
    LASTS_LEAST_MS = 600 * 1000,
    COMES_LEAST_MS = 20 * 1000
};

/* "a, b" as a list. */
static struct json *words_json(struct text t)
{
    struct json *list = json_new_array();
    char word[128];
    for (size_t i = 0, n = 0; i <= t.len; i++) {
        bool ends = i == t.len || t.s[i] == ',' || t.s[i] == ' ';
        if (!ends && n + 1 < sizeof word)
            word[n++] = t.s[i];
        else if (ends && n > 0) {
            word[n] = 0;
            json_push(list, json_new_string(word));
            n = 0;
        }
    }
    return list;
}

static void add_words(struct json *j, const char *key, struct text t)
{
    if (t.len > 0 && strcmp(t.s, "none") != 0)
        json_add(j, key, words_json(t));
}

/* ---- the endpoint ---------------------------------------------------------------------------------------------- */

/* What is an operator's own is nobody else's affair: of that only numbers and short words are recorded. */
static struct json *env_value(const struct triage_evidence *v, const struct endpoint_setting *row)
{
    const struct worker_image image = worker_image_read(v->endpoint.image.s);
    if (strcmp(row->value.s, "\"\"") == 0)
        return json_new_string("");
    bool own = worker_env_look(&image, row->name.s, row->value.s).verdict == WORKER_ENV_OWN;
    return own && row->value.len > OWN_MOST ? json_new_string("***") : record_text(row->value);
}

static struct json *env_json(const struct triage_evidence *v)
{
    const struct endpoint_detail *d = &v->detail;
    struct json *j = json_new_object();
    for (size_t i = 0; i < d->env_count; i++)
        json_add(j, d->env[i].name.s, env_value(v, &d->env[i]));
    return j;
}

static struct json *gpu_json(const struct triage_evidence *v)
{
    struct json *j = json_new_object(), *pools = json_new_array();
    for (size_t i = 0; i < v->endpoint.pool_count; i++)
        json_push(pools, record_text(v->endpoint.pools[i]));
    json_add(j, "pools", pools);
    json_add_int(j, "count", v->endpoint.gpu_count);
    if (v->detail_read && v->detail.min_cuda.len > 0)
        json_add_text(j, "minCudaVersion", v->detail.min_cuda);
    return j;
}

static struct json *workers_json(const struct endpoint *p)
{
    struct json *j = json_new_object();
    json_add_int(j, "min", p->workers_min);
    json_add_int(j, "max", p->workers_max);
    if (p->idle_s > 0)
        json_add_int(j, "idleTimeout", p->idle_s);
    return j;
}

static struct json *scaling_json(const struct triage_evidence *v)
{
    struct json *j = json_new_object();
    bool counts = strcmp(v->scaler.s, "REQUEST_COUNT") == 0;
    json_add_text(j, "type", v->scaler);
    json_add_num(j, counts ? "requestCount" : "queueDelay", v->scaler_value);
    return j;
}

static void add_detail(struct json *j, const struct triage_evidence *v)
{
    const struct endpoint_detail *d = &v->detail;
    if (!v->detail_read)
        return;
    json_add(j, "env", env_json(v));
    if (d->disk_gb > 0)
        json_add_int(j, "disk", d->disk_gb);
    if (d->timeout_ms > 0)
        json_add_int(j, "timeout", d->timeout_ms);
    if (v->scaler.len > 0 && isfinite(v->scaler_value))
        json_add(j, "scaling", scaling_json(v));
    if (d->flashboot.len > 0)
        json_add_text(j, "flashboot", d->flashboot);
    add_words(j, "dataCenterIds", d->data_centers);
    add_words(j, "networkVolumes", d->volumes);
}

/* ---- the endpoint, whole ---- */

static struct json *extra_json(const struct triage_evidence *v)
{
    struct json *j = json_new_object(), *models = json_new_array();
    json_push(models, record_text(v->cached_model));
    json_add(j, "modelReferences", models);
    return j;
}

static struct json *endpoint_json(struct runpod_evidence *ev, const struct triage_evidence *v)
{
    const struct endpoint *p = &v->endpoint;
    struct json *j = json_new_object();
    char id[PLACE_ID_MAX];
    snprintf(id, sizeof id, "%.*s", PLACE_ID_MAX - 1, p->id);
    json_add_str(j, "id", id);
    json_add_text(j, "name", p->name.len ? p->name : (struct text){id, strlen(id)});
    json_add_str(j, "type", p->load_balancer ? "LOAD_BALANCER" : "QUEUE");
    json_add_text(j, "image", p->image);
    if (p->pool_count > 0)
        json_add(j, "gpu", gpu_json(v));
    json_add(j, "workers", workers_json(p));
    add_detail(j, v);
    json_add(j, "behaviour", record_behaviour(ev));
    if (v->cached_model.len > 0)
        json_add(j, "extra", extra_json(v));
    if (v->look_count > 0) {
        const struct health *h = &v->looks[v->look_count - 1].health;
        json_add_int(j, "completed", h->completed);
        json_add_int(j, "failed", h->failed);
        json_add_int(j, "retried", h->retried);
    }
    return j;
}

/* ---- the world around it --------------------------------------------------------------------------------------------- */

static bool is_of(const struct endpoint *p, const struct gpu *g)
{
    for (size_t i = 0; i < p->pool_count; i++)
        if (strcmp(p->pools[i].s, g->pool.s) == 0)
            return true;
    return false;
}

static struct json *stock_json(const struct triage_evidence *v)
{
    static const char *const words[] = {NULL, "NONE", "LOW", "MEDIUM", "HIGH"};
    struct json *j = json_new_object(), *types = json_new_object();
    int newest = 0;
    for (size_t i = 0; v->catalog && i < v->catalog->count; i++) {
        const struct gpu *g = &v->catalog->gpus[i];
        if (words[g->stock] && g->id.len > 0)
            json_add_str(types, g->id.s, words[g->stock]);
        if (g->cuda > newest && (v->endpoint.pool_count == 0 || is_of(&v->endpoint, g)))
            newest = g->cuda;
    }
    json_add(j, "types", types);
    if (newest > 0) {
        struct json *cuda = json_new_object();
        char version[16];
        snprintf(version, sizeof version, "%d.%d", newest / 100, newest % 100);
        json_add_int(cuda, version, 1);
        json_add(j, "cuda", cuda);
    }
    return j;
}

static struct json *account_json(const struct triage_evidence *v)
{
    struct json *j = json_new_object();
    if (v->account_read && isfinite(v->account.balance))
        json_add_num(j, "balance", v->account.balance);
    if (v->account_read && isfinite(v->account.spend_limit))
        json_add_num(j, "spend_limit", v->account.spend_limit);
    return j;
}

static struct json *submit_json(const struct triage_evidence *v, int64_t age_s, int64_t count)
{
    struct json *j = json_new_object(), *submit = json_new_object(), *input = json_new_object();
    json_add_int(j, "at_s", -age_s);
    json_add_text(j, "endpoint", v->endpoint.name);
    json_add_str(input, "prompt", "What was asked is not recorded.");
    json_add_int(submit, "count", count);
    json_add(submit, "input", input);
    json_add(j, "submit", submit);
    return j;
}

/* What waits: the oldest for as long as it did, the others half as long. */
static struct json *timeline_json(const struct triage_evidence *v, int64_t oldest_s)
{
    struct json *list = json_new_array();
    int64_t waiting = v->look_count ? v->looks[v->look_count - 1].health.in_queue : 0;
    if (waiting > 0)
        json_push(list, submit_json(v, oldest_s, 1));
    if (waiting > 1)
        json_push(list, submit_json(v, oldest_s / 2, waiting < 1000 ? waiting - 1 : 999));
    return list;
}

static struct json *expect_json(const struct triage_evidence *v, const struct triage *t)
{
    struct json *list = json_new_array(), *j = json_new_object();
    json_add_text(j, "endpoint", v->endpoint.name);
    json_add_str(j, "verdict", triage_verdict_name(t->verdict));
    if (t->count > 0)
        json_add_str(j, "id", t->diagnoses[0].id);
    json_push(list, j);
    return list;
}

/* How long it has been so, as far as that is known: of the oldest request, or of the first start that failed. What
 * is only on its way must not have taken longer when it is played, or it would be stuck. */
static int64_t lasts_s(const struct triage_evidence *v, const struct triage *t)
{
    int64_t least = t->verdict == TRIAGE_WAITING ? COMES_LEAST_MS : LASTS_LEAST_MS;
    int64_t ms = v->oldest_ms > least ? v->oldest_ms : least;
    if (t->since_ms > 0 && v->now_ms - t->since_ms > ms)
        ms = v->now_ms - t->since_ms;
    for (size_t i = 0; i < v->worker_count; i++) {
        const struct triage_worker *w = &v->workers[i];
        if (w->logs_read && w->log.first_start_ms > 0 && v->now_ms - w->log.first_start_ms > ms)
            ms = v->now_ms - w->log.first_start_ms;
    }
    return ms / 1000 < WARM_UP_MOST_S ? ms / 1000 : WARM_UP_MOST_S;
}

struct json *triage_scenario(struct runpod_evidence *ev, const struct triage *t)
{
    const struct triage_evidence *v = runpod_evidence_get(ev);
    struct json *j = json_new_object(), *endpoints = json_new_array();
    char about[256], at[CLOCK_RFC3339_MAX];
    int64_t oldest_s = lasts_s(v, t);
    clock_rfc3339(at, v->now_ms, 0);
    snprintf(about, sizeof about, "Recorded by slipway at %s: %s, %s.", at,
        triage_verdict_name(t->verdict), t->count ? t->diagnoses[0].id : "no diagnosis");
    json_add_str(j, "about", about);
    json_add_int(j, "warm_up_s", oldest_s + WARM_UP_LEAST_S);
    json_add(j, "account", account_json(v));
    if (v->catalog)
        json_add(j, "stock", stock_json(v));
    json_push(endpoints, endpoint_json(ev, v));
    json_add(j, "endpoints", endpoints);
    record_add_model(j, v, t);
    json_add(j, "timeline", timeline_json(v, oldest_s));
    json_add(j, "expect", expect_json(v, t));
    return j;
}
