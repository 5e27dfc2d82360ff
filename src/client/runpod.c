/* runpod: the connection's settings and what the service says it can bear.
 *
 * The control plane announces in every answer how many calls are left in its windows. All threads
 * that call it share that knowledge here: each takes its calls off before it sends them, and every
 * answer's header puts the number right again; a Retry-After silences all. The lock guards that arithmetic alone. */
#include "client/runpod_internal.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SILENCE_MAX_MS = 24 * 60 * 60 * 1000 };
static const double pace_most = 4.0;    /* calls a second: more would show nothing sooner */
static const double pace_unknown = 1.0; /* calls a second: 60 a minute, spec/runpod.md §4.2 */

/* Without the slashes at its end. */
static int copy_base(char out[RUNPOD_BASE_MAX], const char *url, struct err *e)
{
    size_t n = strlen(url);
    while (n > 0 && url[n - 1] == '/')
        n--;
    if (n == 0 || n >= RUNPOD_BASE_MAX)
        return err_set(e, ERR_INPUT, 0, "a RunPod address is empty or too long");
    memcpy(out, url, n);
    out[n] = '\0';
    return 0;
}

struct runpod *runpod_new(const struct runpod_options *options, struct http *http, struct err *e)
{
    struct runpod *r = calloc(1, sizeof *r);
    if (!r) {
        err_set(e, ERR_IO, 0, "out of memory");
        return NULL;
    }
    r->http = http;
    r->clock = options->clock;
    r->key = options->key;
    if (copy_base(r->api_base, options->api_base, e) ||
        copy_base(r->endpoint_base, options->endpoint_base, e))
        goto failed;
    int fault = pthread_mutex_init(&r->lock, NULL);
    if (!fault)
        return r;
    err_errno(e, fault, "no lock for RunPod");
failed:
    free(r);
    return NULL;
}

void runpod_free(struct runpod *r)
{
    if (!r)
        return;
    pthread_mutex_destroy(&r->lock);
    free(r);
}

bool runpod_has_key(const struct runpod *r)
{
    return r->key != NULL;
}

/* ---- the quota --------------------------------------------------------------------------------- */

int64_t runpod_wait_ms(struct runpod *r, int calls)
{
    int64_t now = clock_mono_ms(r->clock);
    pthread_mutex_lock(&r->lock);
    int64_t wait = rate_budget_wait_ms(&r->budget, calls, now), silent = r->silent_ms - now;
    pthread_mutex_unlock(&r->lock);
    return calls > 0 && silent > wait ? silent : wait;
}

void runpod_hurry(struct runpod *r, int64_t call_ms, int64_t until_ms)
{
    atomic_store(&r->call_ms, call_ms);
    atomic_store(&r->until_ms, until_ms);
}

int64_t runpod_deadline(const struct runpod *r, int64_t ms)
{
    int64_t most = atomic_load(&r->call_ms), until = atomic_load(&r->until_ms);
    if (most > 0 && ms > most)
        ms = most;
    if (until > 0 && ms > until - clock_mono_ms(clock_real()))
        ms = until - clock_mono_ms(clock_real());
    return ms > 1 ? ms : 1;
}

void runpod_keep_silent(struct runpod *r, int64_t ms)
{
    int64_t until = clock_mono_ms(r->clock) + (ms < SILENCE_MAX_MS ? ms : SILENCE_MAX_MS);
    pthread_mutex_lock(&r->lock);
    if (ms > 0 && until > r->silent_ms)
        r->silent_ms = until;
    pthread_mutex_unlock(&r->lock);
}

void runpod_spend(struct runpod *r, int calls)
{
    pthread_mutex_lock(&r->lock);
    for (int i = 0; i < r->budget.windows; i++) {
        int64_t *left = &r->budget.window[i].left;
        *left = *left > calls ? *left - calls : 0;
    }
    pthread_mutex_unlock(&r->lock);
}

double runpod_pace(struct runpod *r)
{
    int64_t now = clock_mono_ms(r->clock);
    double pace = pace_most;
    pthread_mutex_lock(&r->lock);
    for (int i = 0; i < r->budget.windows; i++) {
        const struct rate_window *w = &r->budget.window[i];
        double bears = pace_unknown; /* it has begun anew */
        if (w->reset_ms > now)
            bears = (double)w->left * 1000 / (double)(w->reset_ms - now);
        pace = bears < pace ? bears : pace;
    }
    if (r->budget.windows == 0)
        pace = pace_unknown;
    pthread_mutex_unlock(&r->lock);
    return pace;
}

int64_t runpod_left(struct runpod *r)
{
    int64_t now = clock_mono_ms(r->clock), fewest = INT64_MAX;
    pthread_mutex_lock(&r->lock);
    if (r->silent_ms > now)
        fewest = 0;
    for (int i = 0; i < r->budget.windows; i++) {
        const struct rate_window *w = &r->budget.window[i];
        if (w->reset_ms > now && w->left < fewest)
            fewest = w->left;
    }
    pthread_mutex_unlock(&r->lock);
    return fewest;
}

/* ---- ids and addresses ------------------------------------------------------------------------- */

bool runpod_id_ok(const char *id)
{
    static const char allowed[] =
        "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_";
    if (!id)
        return false;
    size_t n = strspn(id, allowed);
    return n >= 1 && n <= 95 && id[n] == '\0';
}

int runpod_openai_url(const struct runpod *r, const char *endpoint_id, char *out, size_t size)
{
    int n = snprintf(out, size, "%s/%s/openai/v1", r->endpoint_base, endpoint_id);
    return n >= 0 && (size_t)n < size ? 0 : -1;
}
