/* news_make: messages as the clients send them, with as little said as a test needs. */
#ifndef SLIPWAY_TESTS_NEWS_MAKE_H
#define SLIPWAY_TESTS_NEWS_MAKE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model/store.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static inline struct message *news_new(enum news type, size_t payload)
{
    struct message *m = message_new(MESSAGE_STATUS, (int)type, NULL, 64 << 20);
    assert_non_null(m);
    m->payload = arena_alloc(m->arena, payload);
    assert_non_null(m->payload);
    return m;
}

static inline void *news_array(struct message *m, size_t count, size_t size)
{
    void *p = arena_array(m->arena, count, size);
    assert_non_null(p);
    return p;
}

static inline void id_set(char *out, size_t size, const char *format, size_t number)
{
    char id[64];
    int n = snprintf(id, sizeof id, "%s%zu", format, number);
    assert_true(n > 0 && (size_t)n < size);
    memcpy(out, id, (size_t)n + 1);
}

static inline struct text text_in(struct message *m, const char *s)
{
    return text_from(m->arena, s);
}

/* Health of an endpoint with these counters. */
static inline struct message *health_news(
    const char *endpoint, int64_t seen_ms, int64_t in_queue, int64_t in_progress, int64_t running)
{
    struct message *m = news_new(NEWS_HEALTH, sizeof(struct health));
    struct health *h = m->payload;
    snprintf(h->endpoint_id, sizeof h->endpoint_id, "%s", endpoint);
    h->seen_ms = seen_ms;
    h->in_queue = in_queue;
    h->in_progress = in_progress;
    h->running = running;
    return m;
}

/* A list of the endpoints with these ids, NULL at the end. */
static inline struct message *endpoints_news(const char *const *ids)
{
    size_t count = 0;
    while (ids[count])
        count++;
    struct message *m = news_new(NEWS_ENDPOINTS, sizeof(struct endpoint_page));
    struct endpoint_page *page = m->payload;
    page->count = count;
    page->endpoints = news_array(m, count, sizeof *page->endpoints);
    for (size_t i = 0; i < count; i++) {
        struct endpoint *e = &page->endpoints[i];
        snprintf(e->id, sizeof e->id, "%s", ids[i]);
        e->name = text_in(m, ids[i]);
        e->workers_max = 3;
        e->gpu_count = 1;
    }
    return m;
}
#define ENDPOINTS(...) endpoints_news((const char *const[]){__VA_ARGS__, NULL})

/* One running worker on this GPU. */
static inline struct message *worker_news(const char *endpoint, const char *gpu, int64_t seen_ms)
{
    struct message *m = news_new(NEWS_WORKERS, sizeof(struct worker_page));
    struct worker_page *page = m->payload;
    snprintf(page->endpoint_id, sizeof page->endpoint_id, "%s", endpoint);
    page->seen_ms = seen_ms;
    page->count = 1;
    page->workers = news_array(m, 1, sizeof *page->workers);
    page->workers[0] = (struct worker){.id = "w1",
        .status = WORKER_RUNNING,
        .word = TEXT("RUNNING"),
        .gpu = text_in(m, gpu),
        .gpu_count = 1};
    return m;
}

static inline struct message *gpu_news(const char *id, double price)
{
    struct message *m = news_new(NEWS_GPUS, sizeof(struct gpu_page));
    struct gpu_page *page = m->payload;
    page->count = 1;
    page->gpus = news_array(m, 1, sizeof *page->gpus);
    page->gpus[0] = (struct gpu){.id = text_in(m, id), .pool = TEXT("ADA_24"), .price_hour = price};
    return m;
}

static inline struct message *request_news(const char *id, const char *endpoint,
    int64_t submitted_ms, enum request_status status, double cost)
{
    struct message *m = news_new(NEWS_REQUEST, sizeof(struct request));
    struct request *q = m->payload;
    snprintf(q->id, sizeof q->id, "%s", id);
    snprintf(q->endpoint_id, sizeof q->endpoint_id, "%s", endpoint);
    q->submitted_ms = submitted_ms;
    q->status = status;
    q->cost = cost;
    q->price_hour = NAN;
    return m;
}

static inline struct message *operation_news(
    const char *id, enum operation_kind kind, enum operation_state state, int64_t started_ms)
{
    struct message *m = news_new(NEWS_OPERATION, sizeof(struct operation));
    struct operation *o = m->payload;
    snprintf(o->id, sizeof o->id, "%s", id);
    o->kind = kind;
    o->state = state;
    o->started_ms = started_ms;
    o->ended_ms = -1;
    return m;
}

/* One job. */
static inline struct message *job_news(const char *id, int64_t step, double loss)
{
    struct message *m = news_new(NEWS_JOBS, sizeof(struct job_page));
    struct job_page *page = m->payload;
    page->count = 1;
    page->jobs = news_array(m, 1, sizeof *page->jobs);
    snprintf(page->jobs[0].id, sizeof page->jobs[0].id, "%s", id);
    page->jobs[0].name = text_in(m, id);
    page->jobs[0].step = step;
    page->jobs[0].loss = loss;
    return m;
}

/* Lines "PREFIX 0", "PREFIX 1" …, each of at least `width` bytes. */
static inline struct message *log_news(const char *prefix, size_t count, size_t width)
{
    struct message *m = news_new(NEWS_LOG, sizeof(struct log_page));
    struct log_page *page = m->payload;
    page->count = count;
    page->lines = news_array(m, count, sizeof *page->lines);
    for (size_t i = 0; i < count; i++) {
        char line[LOG_LINE_SHOWN_MAX];
        int n = snprintf(line, sizeof line, "%s %zu %0*d", prefix, i, (int)width, 0);
        page->lines[i].line = (struct text){arena_dup(m->arena, line, (size_t)n), (size_t)n};
        assert_non_null(page->lines[i].line.s);
    }
    return m;
}

#endif
