/* One page of the catalog, counted by references while callers copy from it, so that the lock is held for
 * a pointer only. Two threads that find it old both ask; the later answer stays.
 *
 * Which GPU a worker has is asked of the control plane, whose quota is small, and never changes: the last
 * workers are remembered, also those that were not in the list, for a while. */
#include "app/prices.h"

#include "client/runpod_control.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FRESH_MS = 10 * 60 * 1000,
    CATALOG_ARENA = 4 << 20,
    WORKERS_KNOWN = 128,
    GPU_NAME_MAX = 96,
    MISSED_MS = 60 * 1000 /* so long a worker that was not found is not asked about again */
};

struct known_worker {
    char id[WORKER_ID_MAX];
    char gpu[GPU_NAME_MAX]; /* of a clean text; "" = it was not in the list */
    int gpus;
    int64_t asked_ms;
};

struct catalog {
    struct arena *arena;
    struct gpu_page page;
    int64_t asked_ms;
    int users; /* under the lock */
};

struct prices {
    struct runpod *runpod;
    struct clock *clock;
    pthread_mutex_t lock;
    struct catalog *newest; /* one of its users; NULL = none yet */
    struct known_worker known[WORKERS_KNOWN];
    size_t known_next;
};

struct prices *prices_new(struct runpod *r, struct clock *clock)
{
    struct prices *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    p->runpod = r;
    p->clock = clock;
    pthread_mutex_init(&p->lock, NULL);
    return p;
}

static void catalog_free(struct catalog *c)
{
    if (c)
        arena_free(c->arena);
    free(c);
}

void prices_free(struct prices *p)
{
    if (!p)
        return;
    catalog_free(p->newest);
    pthread_mutex_destroy(&p->lock);
    free(p);
}

static struct catalog *use_fresh(struct prices *p)
{
    pthread_mutex_lock(&p->lock);
    struct catalog *c = p->newest;
    if (c && clock_mono_ms(p->clock) - c->asked_ms > FRESH_MS)
        c = NULL;
    if (c)
        c->users++;
    pthread_mutex_unlock(&p->lock);
    return c;
}

static void leave(struct prices *p, struct catalog *c)
{
    pthread_mutex_lock(&p->lock);
    bool last = --c->users == 0;
    pthread_mutex_unlock(&p->lock);
    if (last)
        catalog_free(c);
}

/* Asks anew; the caller is a user of the answer. */
static struct catalog *ask(struct prices *p, struct cancel *cancel, struct err *e)
{
    struct catalog *c = calloc(1, sizeof *c);
    if (!c || !(c->arena = arena_new(CATALOG_ARENA))) {
        catalog_free(c);
        err_set(e, ERR_IO, 0, "out of memory");
        return NULL;
    }
    if (runpod_gpus(p->runpod, c->arena, &c->page, cancel, e)) {
        catalog_free(c);
        return NULL;
    }
    c->asked_ms = clock_mono_ms(p->clock);
    c->users = 2; /* the caller and `newest` */
    pthread_mutex_lock(&p->lock);
    struct catalog *old = p->newest;
    p->newest = c;
    pthread_mutex_unlock(&p->lock);
    if (old)
        leave(p, old);
    return c;
}

int prices_get(
    struct prices *p, struct arena *a, struct gpu_page *out, struct cancel *cancel, struct err *e)
{
    struct catalog *c = use_fresh(p);
    if (!c && !(c = ask(p, cancel, e)))
        return -1;
    *out = c->page;
    out->gpus = arena_array(a, c->page.count, sizeof *out->gpus);
    if (!out->gpus)
        out->count = 0;
    for (size_t i = 0; i < out->count; i++) {
        out->gpus[i] = c->page.gpus[i];
        out->gpus[i].id = text_dup(a, c->page.gpus[i].id);
        out->gpus[i].name = text_dup(a, c->page.gpus[i].name);
        out->gpus[i].pool = text_dup(a, c->page.gpus[i].pool);
    }
    leave(p, c);
    return out->gpus ? 0 : err_set(e, ERR_IO, 0, "out of memory");
}

/* ---- workers ------------------------------------------------------------------------------------- */

static bool recall(struct prices *p, const char *worker_id, struct known_worker *out)
{
    int64_t now = clock_mono_ms(p->clock);
    bool found = false;
    pthread_mutex_lock(&p->lock);
    for (size_t i = 0; i < WORKERS_KNOWN && !found; i++) {
        const struct known_worker *k = &p->known[i];
        if (strcmp(k->id, worker_id) == 0 && (k->gpus > 0 || now - k->asked_ms < MISSED_MS)) {
            *out = *k;
            found = true;
        }
    }
    pthread_mutex_unlock(&p->lock);
    return found;
}

static void remember(struct prices *p, const char *worker_id, struct text gpu, int gpus)
{
    struct known_worker k = {.gpus = gpus, .asked_ms = clock_mono_ms(p->clock)};
    if (gpu.len >= sizeof k.gpu) /* it is asked about each time then */
        return;
    snprintf(k.id, sizeof k.id, "%s", worker_id);
    snprintf(k.gpu, sizeof k.gpu, "%.*s", (int)gpu.len, gpu.len ? gpu.s : "");
    pthread_mutex_lock(&p->lock);
    size_t at = p->known_next;
    for (size_t i = 0; i < WORKERS_KNOWN; i++)
        if (strcmp(p->known[i].id, worker_id) == 0)
            at = i;
    p->known[at] = k;
    p->known_next = at == p->known_next ? (at + 1) % WORKERS_KNOWN : p->known_next;
    pthread_mutex_unlock(&p->lock);
}

/* All of an answer, so that one list does for every worker in it. */
static void remember_all(struct prices *p, const struct worker_page *page)
{
    for (size_t i = 0; i < page->count && i < WORKERS_KNOWN; i++) {
        const struct worker *w = &page->workers[i];
        if (w->id[0])
            remember(p, w->id, w->gpu, w->gpu_count > 0 ? w->gpu_count : 1);
    }
}

/* The worker's GPU type and how many it has; 0 when the list does not hold it. */
static int worker_gpu(struct prices *p, struct request *q, struct arena *a, struct cancel *cancel)
{
    struct known_worker k;
    struct worker_page workers;
    if (!q->worker_id[0])
        return 0;
    if (!recall(p, q->worker_id, &k)) {
        if (runpod_workers(p->runpod, q->endpoint_id, a, &workers, cancel, NULL))
            return 0;
        remember_all(p, &workers);
        if (!recall(p, q->worker_id, &k)) {
            remember(p, q->worker_id, TEXT(""), 0);
            return 0;
        }
    }
    if (k.gpus > 0)
        q->gpu = text_from(a, k.gpu);
    return k.gpus;
}

void prices_request(struct prices *p, struct request *q, struct arena *a, struct cancel *cancel)
{
    struct gpu_page page;
    int gpus = isnan(q->price_hour) ? worker_gpu(p, q, a, cancel) : 0;
    if (gpus > 0 && !prices_get(p, a, &page, cancel, NULL))
        q->price_hour = gpu_price(&page, q->gpu) * gpus;
    q->cost = request_cost(q->execution_ms, q->price_hour);
}
