/* A RunPod world without servers and threads, on a clock that stands still until it is told.
 *
 * world_start plays a scenario given as text, with single quotes for double ones; the clock begins
 * at WORLD_START, a whole hour. SIMPLE is a scenario of one endpoint "one" whose times are exact: a
 * host at once, the image cached, 10 s to load, 1 s a request. */
#ifndef SLIPWAY_TEST_WORLD_H
#define SLIPWAY_TEST_WORLD_H

#include "sim/runpod_physics.h"
#include "sim/scenario.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define WORLD_START INT64_C(1795413600000) /* 2026-11-23T06:00:00Z */

#define ENDPOINT(more)                                                                             \
    "{'id':'aaaaaaaaaaaaa1','name':'one','image':'acme/worker:1','disk':50,"                       \
    "'gpu':{'pools':['AMPERE_24'],'count':1},'workers':{'min':0,'max':2,'idleTimeout':20},"        \
    "'scaling':{'type':'QUEUE_DELAY','queueDelay':4},'timeout':60000,'flashboot':'OFF'" more "}"
#define EXACT                                                                                      \
    "'place_s':1,'cached':1,'load_s':10,'wake_s':1,'exec_ms':1000,'throttle':{'LOW':{'chance':0}}"
#define SCENARIO(top, endpoint)                                                                    \
    "{'seed':3,'account':{'balance':100,'billing_lag_s':0},"                                       \
    "'behaviour':{" EXACT "}" top ",'endpoints':[" endpoint "]}"
#define SIMPLE SCENARIO("", ENDPOINT(""))

static struct sim *world_start_json(struct json *take)
{
    struct err e;
    struct sim *s = calloc(1, sizeof *s);
    assert_non_null(s);
    s->clock = clock_new(WORLD_START, 0);
    s->random = 5;
    s->runpod = runpod_world_new(s, take, &e);
    if (!s->runpod)
        fail_msg("%s", e.message);
    return s;
}

static struct json *world_json(const char *text)
{
    struct err e;
    char *copy = strdup(text);
    assert_non_null(copy);
    for (char *c = copy; *c; c++)
        if (*c == '\'')
            *c = '"';
    struct json *j = json_parse(copy, strlen(copy), &e);
    if (!j)
        fail_msg("%s in %s", e.message, copy);
    free(copy);
    return j;
}

static inline struct sim *world_start(const char *text)
{
    return world_start_json(world_json(text));
}

static inline void world_end(struct sim *s)
{
    runpod_world_free(s->runpod);
    clock_free(s->clock);
    free(s);
}

static inline void world_run(struct sim *s, int64_t ms)
{
    clock_advance(s->clock, ms);
    runpod_advance(s);
}

static inline struct endpoint *world_endpoint(struct sim *s)
{
    return s->runpod->endpoints;
}

static inline struct job *world_ask(struct sim *s, const char *input)
{
    struct job *j = job_submit(s, world_endpoint(s), world_json(input), false);
    assert_non_null(j);
    return j;
}

/* Whether the condition comes true within `ms`, looking every 100 ms. */
#define WORLD_UNTIL(s, ms, condition)                                                              \
    do {                                                                                           \
        int64_t left_ = (ms);                                                                      \
        while (!(condition) && left_ > 0) {                                                        \
            world_run((s), 100);                                                                   \
            left_ -= 100;                                                                          \
        }                                                                                          \
        if (!(condition))                                                                          \
            fail_msg(                                                                              \
                "%s:%d: not within %lld ms: %s", __FILE__, __LINE__, (long long)(ms), #condition); \
    } while (0)

static inline size_t world_count(const struct endpoint *e, enum worker_state state)
{
    size_t n = 0;
    for (const struct worker *w = e->workers; w; w = w->next)
        n += w->state == state;
    return n;
}

static inline size_t world_live(const struct endpoint *e)
{
    size_t n = 0;
    for (const struct worker *w = e->workers; w; w = w->next)
        n += worker_live(w);
    return n;
}

/* Changes settings the way a surface does. */
static inline void world_set(struct sim *s, const char *settings)
{
    struct json *j = world_json(settings), *diff = NULL;
    bool container = false;
    assert_int_equal(endpoint_read(world_endpoint(s), j, &container, &diff), 0);
    endpoint_released(s, world_endpoint(s), container, diff);
    json_free(j);
}

static inline const struct log_entry *world_line(
    const struct worker *w, enum log_source source, const char *part)
{
    const struct log_entry *l;
    for (size_t i = 0; (l = log_ring_at(&w->log[source], i)) != NULL; i++)
        if (strstr(l->line, part))
            return l;
    return NULL;
}

/* What must hold of every endpoint at any moment. */
static inline void world_check(struct sim *s)
{
    for (const struct endpoint *e = s->runpod->endpoints; e; e = e->next) {
        size_t running = 0, kept = 0, live = 0;
        for (const struct worker *w = e->workers; w; w = w->next) {
            running += w->jobs.count;
            live += worker_live(w) && !w->draining;
            bool billed = w->billed_from != 0;
            assert_int_equal(billed, w->container);
            if (w->jobs.count > 0)
                assert_int_equal(w->state, WORKER_RUNNING);
            for (int i = 0; i < LOG_SOURCES; i++)
                assert_true(w->log[i].count <= WORKER_LOG_MAX);
        }
        for (const struct job *j = e->jobs; j; j = j->next, kept++)
            if (j->state == JOB_IN_PROGRESS)
                assert_non_null(job_worker(e, j));
        assert_int_equal(kept, e->job_count);
        assert_int_equal(running, e->in_progress);
        assert_int_equal(e->submitted, e->completed + e->failed + e->cancelled + e->expired +
                                           (int64_t)(e->queue.count + e->in_progress));
        assert_true(live <= (size_t)e->workers_max + 1 || e->workers_max < 0);
    }
}

#endif
