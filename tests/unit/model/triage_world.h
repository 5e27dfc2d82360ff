/* triage_world: evidence that tests make bad in one thing: an 8B model in bfloat16 (16.06 GB, 131072 bytes of cache a
 * token) on one 24 GB card a worker, seventeen requests in the queue, looked at twice. */
#ifndef TESTS_UNIT_MODEL_TRIAGE_WORLD_H
#define TESTS_UNIT_MODEL_TRIAGE_WORLD_H

#include "model/triage.h"
#include "model/worker_image.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECOND = 1000, MINUTE = 60 * SECOND, ENV_MAX = 16, CAUSES_MAX = 8, ARENA = 1 << 20 };
static const int64_t NOW = 1795442551000; /* 2026-11-23T14:02:31Z */

static struct world {
    struct triage_evidence v;
    struct endpoint_setting env[ENV_MAX];
    struct gpu gpus[8];
    struct gpu_page catalog;
    struct model_facts facts;
    struct release releases[3];
    struct release_change changes[2];
    struct crash_cause causes[CAUSES_MAX];
    size_t cause_count;
    struct triage t;
    struct arena *arena;
} w;

static inline struct text text_of(const char *s)
{
    return (struct text){s, strlen(s)};
}

static inline void set_env(const char *name, const char *value)
{
    size_t i = 0;
    while (i < w.v.detail.env_count && strcmp(w.env[i].name.s, name) != 0)
        i++;
    assert_true(i < ENV_MAX);
    w.env[i] = (struct endpoint_setting){text_of(name), text_of(value)};
    w.v.detail.env_count += i == w.v.detail.env_count;
}

static inline void add_gpu(
    const char *id, const char *pool, int gb, double price, enum stock stock, int cuda)
{
    w.gpus[w.catalog.count++] =
        (struct gpu){text_of(id), text_of(id), text_of(pool), gb, price, stock, cuda};
}

static inline struct gpu *gpu_of(const char *pool)
{
    for (size_t i = 0; i < w.catalog.count; i++)
        if (strcmp(w.gpus[i].pool.s, pool) == 0)
            return &w.gpus[i];
    fail_msg("no pool %s", pool);
    return NULL;
}

/* The newest look; every one of them when `all`. */
static inline struct health *health(void)
{
    return &w.v.looks[w.v.look_count - 1].health;
}

static inline void looks(int count, int64_t apart_ms, struct health h)
{
    w.v.look_count = (size_t)count;
    for (int i = 0; i < count; i++)
        w.v.looks[i] = (struct triage_look){NOW - (count - 1 - i) * apart_ms, h};
}

static inline void queue(int64_t waiting, int64_t running, int64_t oldest_ms)
{
    for (size_t i = 0; i < w.v.look_count; i++) {
        w.v.looks[i].health.in_queue = waiting;
        w.v.looks[i].health.in_progress = running;
    }
    w.v.oldest_ms = oldest_ms;
}

static inline struct triage_worker *add_worker(const char *id, enum worker_status status)
{
    assert_true(w.v.worker_count < TRIAGE_WORKERS_MAX);
    struct triage_worker *k = &w.v.workers[w.v.worker_count++];
    *k = (struct triage_worker){.worker = {.status = status,
                                    .word = TEXT(""),
                                    .gpu = TEXT("NVIDIA GeForce RTX 4090"),
                                    .data_center = TEXT("US-KS-2"),
                                    .image = TEXT(""),
                                    .gpu_count = 1,
                                    .version = 4,
                                    .uptime_s = -1,
                                    .started_ms = NOW - 6 * MINUTE},
        .first_ms = NOW - 6 * MINUTE,
        .last_ms = NOW,
        .logs_read = true,
        .log = {.first_start_ms = -1, .last_start_ms = -1, .exit_code = -1, .moved_ms = -1}};
    snprintf(k->worker.id, sizeof k->worker.id, "%s", id);
    w.v.workers_read = true;
    for (size_t i = 0; i < w.v.look_count; i++) {
        struct health *h = &w.v.looks[i].health;
        h->running += status == WORKER_RUNNING;
        h->idle += status == WORKER_IDLE;
        h->ready += status == WORKER_IDLE || status == WORKER_RUNNING;
        h->initializing += status == WORKER_INITIALIZING;
        h->throttled += status == WORKER_THROTTLED;
        h->unhealthy += status == WORKER_UNHEALTHY;
    }
    return k;
}

static inline void say_line(struct triage_worker *k, const char *line)
{
    k->log.lines[k->log.line_count++] =
        (struct log_line){.at_ms = NOW - 4 * MINUTE, .line = text_of(line), .origin = TEXT("")};
}

static inline void say_value(
    struct triage_worker *k, enum crash_value_kind kind, const char *text, double number)
{
    k->log.values[k->log.value_count++] = (struct crash_value){kind, text_of(text), number};
}

/* Three starts within six minutes, the last of which failed too. */
static inline struct triage_worker *crashes(
    struct triage_worker *k, const char *id, const char *variant, const char *line)
{
    struct crash *c = &k->log;
    if (id) {
        assert_true(w.cause_count < CAUSES_MAX);
        w.causes[w.cause_count] = (struct crash_cause){id, variant};
        c->cause = &w.causes[w.cause_count++];
    }
    c->starts = c->ends = c->crashes = 3;
    c->first_start_ms = NOW - 7 * MINUTE;
    c->last_start_ms = NOW - MINUTE;
    c->crashed = true;
    c->exit_code = 1;
    if (line)
        say_line(k, line);
    else
        c->silent = true;
    return k;
}

static inline struct triage_worker *serves(struct triage_worker *k)
{
    k->log.starts = 1;
    k->log.first_start_ms = k->log.last_start_ms = NOW - 30 * MINUTE;
    k->log.serves = true;
    return k;
}

static inline struct triage_job *add_job(const char *id, enum request_status status, int64_t age_ms)
{
    struct triage_job *j = &w.v.jobs[w.v.job_count++];
    *j = (struct triage_job){
        .status = status, .age_ms = age_ms, .running_ms = -1, .ttl_ms = -1, .error = TEXT("")};
    snprintf(j->id, sizeof j->id, "%s", id);
    return j;
}

static inline void read_detail(void)
{
    w.v.detail_read = true;
    w.v.detail.env = w.env;
    w.v.detail.disk_gb = 60;
    w.v.detail.timeout_ms = 600000;
    w.v.detail.min_cuda = TEXT("13.0");
    w.v.detail.cuda_versions = w.v.detail.data_centers = w.v.detail.volumes = TEXT("");
    w.v.detail.excluded = w.v.detail.flashboot = w.v.detail.registry = TEXT("");
    set_env("MODEL_NAME", "acme/legal-8b");
    set_env("MAX_MODEL_LEN", "8192");
    set_env("GPU_MEMORY_UTILIZATION", "0.90");
    set_env("HUGGING_FACE_HUB_TOKEN", "•••");
}

static inline void read_catalog(void)
{
    w.catalog.gpus = w.gpus;
    add_gpu("NVIDIA L4", "AMPERE_24", 24, 0.68, STOCK_LOW, 1300);
    add_gpu("NVIDIA GeForce RTX 4090", "ADA_24", 24, 1.12, STOCK_HIGH, 1300);
    add_gpu("NVIDIA A40", "AMPERE_48", 48, 1.22, STOCK_HIGH, 1300);
    add_gpu("NVIDIA L40S", "ADA_48_PRO", 48, 1.91, STOCK_MEDIUM, 1300);
    add_gpu("NVIDIA A100 80GB PCIe", "AMPERE_80", 80, 2.74, STOCK_HIGH, 1300);
    w.v.catalog = &w.catalog;
}

static inline void read_account(void)
{
    w.v.account = (struct account){37.41, 0.53, 80, 0};
    w.v.account_read = true;
}

static inline void read_model(void)
{
    w.facts = (struct model_facts){.architecture = TEXT("LlamaForCausalLM"),
        .dtype = TEXT("bfloat16"),
        .parameters = 8030261248,
        .weight_bytes = 16060522496,
        .context_length = 131072,
        .layers = 32,
        .heads = 32,
        .kv_heads = 8,
        .head_dim = 128,
        .text_generation = true};
    w.v.facts = &w.facts;
    w.v.model_exists = w.v.model_readable = KNOWN_YES;
}

/* Seventeen wait for 14 minutes, nothing runs, no worker is known yet; all else was read and is well. */
static inline void waiting(void)
{
    triage_evidence_init(&w.v);
    w.v.now_ms = NOW;
    snprintf(w.v.endpoint.id, sizeof w.v.endpoint.id, "x2x496ymkidl3m");
    w.v.endpoint.name = TEXT("legal");
    w.v.endpoint.image = TEXT(WORKER_IMAGE_DEFAULT);
    w.v.endpoint.model = TEXT("acme/legal-8b");
    w.v.endpoint.revision = w.v.endpoint.served = TEXT("");
    w.v.endpoint.pools[0] = TEXT("ADA_24");
    w.v.endpoint.pool_count = 1;
    w.v.endpoint.gpu_count = 1;
    w.v.endpoint.context_length = 8192;
    w.v.endpoint.workers_max = 3;
    w.v.endpoint.idle_s = 10;
    w.v.endpoint.version = 4;
    w.v.scaler = TEXT("QUEUE_DELAY");
    w.v.scaler_value = 4;
    w.v.workers_read = true;
    looks(2, 10 * SECOND, (struct health){.in_queue = 17});
    w.v.oldest_ms = 14 * MINUTE;
    read_detail();
    read_catalog();
    read_account();
    read_model();
}

static inline int start(void **state)
{
    (void)state;
    memset(&w, 0, sizeof w);
    w.arena = arena_new(ARENA);
    if (!w.arena)
        return -1;
    waiting();
    return 0;
}

static inline int finish(void **state)
{
    (void)state;
    triage_release(&w.t);
    arena_free(w.arena);
    return 0;
}

static inline void print_reading(void)
{
    print_message("# %s: %s\n", triage_verdict_name(w.t.verdict), w.t.sentence.s);
    for (size_t i = 0; i < w.t.count; i++) {
        const struct triage_diagnosis *d = &w.t.diagnoses[i];
        print_message("#  %s %s: %s\n", triage_certainty_name(d->certainty), d->id, d->summary.s);
        for (size_t k = 0; k < d->evidence_count; k++)
            print_message("#    %s %s: %s\n", d->evidence[k].source, d->evidence[k].worker,
                d->evidence[k].text.s);
        for (size_t k = 0; k < d->remedy_count; k++)
            print_message("#    r%zu %s: %s (%s) %+.2f\n", k + 1, d->remedies[k].id,
                d->remedies[k].text.s, d->remedies[k].means.s, d->remedies[k].cost_per_hour_delta);
    }
}

/* Whatever is read: everything is bounded and whole, and nothing is claimed that cannot be. */
static inline void check_shape(void)
{
    const struct triage *t = &w.t;
    assert_true(t->count <= TRIAGE_DIAGNOSES_MAX && t->sentence.s != NULL);
    assert_true((unsigned)t->verdict < TRIAGE_VERDICTS);
    for (size_t i = 0; i < t->count; i++) {
        const struct triage_diagnosis *d = &t->diagnoses[i];
        bool beyond_health = false;
        assert_true(d->id && d->id[0] && d->summary.len > 0 && d->brief.len > 0);
        if (text_width(d->brief) > 32)
            fail_msg("%s", d->brief.s);
        assert_in_range(d->row, 0, 42);
        if (d->evidence_count < 1 || d->evidence_count > TRIAGE_EVIDENCE_MAX)
            fail_msg("%s has %zu lines of evidence", d->id, d->evidence_count);
        assert_true(d->remedy_count <= TRIAGE_REMEDIES_MAX);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(d->id, t->diagnoses[k].id);
        if (strstr(d->summary.s, "nan") || strstr(d->summary.s, "(null)"))
            fail_msg("%s", d->summary.s);
        for (size_t k = 0; k < d->evidence_count; k++) {
            beyond_health |= strcmp(d->evidence[k].source, "health") != 0;
            if (strstr(d->evidence[k].text.s, " nan ") || strstr(d->evidence[k].text.s, "(null)"))
                fail_msg("%s", d->evidence[k].text.s);
        }
        assert_true(beyond_health || d->certainty == TRIAGE_POSSIBLE);
        for (size_t k = 0; k < d->remedy_count; k++) {
            const struct triage_remedy *m = &d->remedies[k];
            assert_true(m->id && m->text.len > 0 && m->means.s != NULL);
            assert_in_range(m->risk, 0, 3);
            assert_true(m->call_count <= TRIAGE_CALLS_MAX);
            assert_true(!m->asked || json_str(m->asked, "endpoint"));
            assert_true(!m->asked || m->can_be_applied);
            assert_true(!m->can_be_applied || m->call_count > 0);
        }
    }
}

static inline void judge(void)
{
    struct err e;
    triage_release(&w.t);
    if (triage_judge(&w.v, w.arena, &w.t, &e))
        fail_msg("%s", e.message);
    check_shape();
}

static inline void judge_job(const char *id)
{
    struct err e;
    triage_release(&w.t);
    if (triage_judge_job(&w.v, id, w.arena, &w.t, &e))
        fail_msg("%s", e.message);
    check_shape();
}

static inline void expect_verdict(enum triage_verdict verdict)
{
    if (w.t.verdict == verdict)
        return;
    print_reading();
    fail_msg("%s, not %s", triage_verdict_name(w.t.verdict), triage_verdict_name(verdict));
}

static inline const struct triage_diagnosis *diagnosis_of(const char *id)
{
    for (size_t i = 0; i < w.t.count; i++)
        if (strcmp(w.t.diagnoses[i].id, id) == 0)
            return &w.t.diagnoses[i];
    return NULL;
}

/* The deciding one. */
static inline const struct triage_diagnosis *expect_first(
    enum triage_verdict verdict, const char *id, int row, enum triage_certainty certainty)
{
    const struct triage_diagnosis *d = &w.t.diagnoses[0];
    if (w.t.verdict != verdict || w.t.count == 0 || strcmp(d->id, id) != 0 ||
        d->certainty != certainty) {
        print_reading();
        fail_msg("expected %s, %s %s", triage_verdict_name(verdict),
            triage_certainty_name(certainty), id);
    }
    assert_int_equal(d->row, row);
    return d;
}

static inline void expect_no(const char *id)
{
    if (diagnosis_of(id)) {
        print_reading();
        fail_msg("%s is claimed", id);
    }
}

static inline const struct triage_remedy *remedy_of(const struct triage_diagnosis *d, size_t number)
{
    if (number < 1 || number > d->remedy_count) {
        print_reading();
        fail_msg("no remedy %zu", number);
    }
    return &d->remedies[number - 1];
}

static inline void expect_json(const struct json *j, const char *words)
{
    struct err e;
    struct json *want = json_parse(words, strlen(words), &e);
    struct buf b;
    buf_init(&b, 4096);
    assert_non_null(want);
    if (!json_equal(j, want)) {
        (void)json_print(j, &b);
        print_reading();
        fail_msg("%s, not %s", buf_str(&b), words);
    }
    json_free(want);
    buf_release(&b);
}

static inline void expect_remedy(
    const struct triage_remedy *m, const char *id, const char *asked, const char *body)
{
    if (strcmp(m->id, id) != 0) {
        print_reading();
        fail_msg("%s, not %s", m->id, id);
    }
    if (asked)
        expect_json(m->asked, asked);
    else
        assert_null(m->asked);
    if (body) {
        assert_int_not_equal(m->call_count, 0);
        expect_json(m->calls[0].body, body);
    }
}

#endif
