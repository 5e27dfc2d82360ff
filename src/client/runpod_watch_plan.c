/* runpod_watch_plan: how often each thing is asked for.
 *
 * Two limits make the polling polite. The data plane has none for health, so that goes by a common
 * beat: all endpoints of a beat in one round. The control plane announces a quota, which others use
 * too; the watch spends a share of what it bears in the long run out of a bucket of tokens, which
 * holds the less the less is left. */
#include "client/runpod_watch_internal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    AGAIN_MAX_MS = 5 * 60 * 1000,
    LIST_MS = 30 * 1000,
    LIST_AGAIN_MAX_MS = 60 * 1000, /* it tells that an outage is over */
    HEALTH_MS = 5 * 1000,
    HEALTH_AGAIN_MAX_MS = 60 * 1000,
    ACCOUNT_MS = 60 * 1000,
    GPUS_MS = 10 * 60 * 1000,
    WORKERS_MS = 30 * 1000,
    WORKERS_URGENT_MS = 10 * 1000,
    WORKERS_ASLEEP_MS = 2 * 60 * 1000,
    TOKENS_MAX = 20,
    LEFT_FOR_OTHERS = 3, /* a token for so many calls that are left */
    USED_UP_MS = 5000    /* a quota that is used up is looked at again */
};

static const double share = 2.0 / 3; /* of what the quota bears: others use the account too */

void watch_plan_init(struct runpod_watch *w)
{
    const struct runpod_watch_options *o = &w->options;
    uint64_t seed = (uint64_t)clock_wall_ms(w->clock);
    cadence_init(
        &w->list, o->endpoints_ms > 0 ? o->endpoints_ms : LIST_MS, LIST_AGAIN_MAX_MS, 0.1, seed);
    cadence_init(&w->beat, o->health_ms > 0 ? o->health_ms : HEALTH_MS, AGAIN_MAX_MS, 0, seed + 1);
    cadence_init(&w->account, ACCOUNT_MS, AGAIN_MAX_MS, 0.1, seed + 2);
    cadence_init(&w->gpus, GPUS_MS, GPUS_MS, 0.1, seed + 3);
    w->tokens = TOKENS_MAX;
    w->tokens_ms = clock_mono_ms(w->clock);
    w->seen_ms = -1;
    w->logs_due_ms = -1;
    w->logs_ms = INT64_MIN / 2;
    for (int i = 0; i < THINGS; i++)
        err_clear(&w->trouble[i]);
    watch_detail_begin(w);
}

void watch_health_due(struct watched *e, uint64_t seed)
{
    cadence_init(&e->health_again, HEALTH_MS, HEALTH_AGAIN_MAX_MS, 0.1, seed);
}

void watch_endpoint_init(struct watched *e, uint64_t seed)
{
    e->health_ms = e->workers_ms = e->young_until_ms = -1;
    watch_health_due(e, seed);
    cadence_init(&e->workers_again, WORKERS_MS, AGAIN_MAX_MS, 0.1, seed + 1);
}

static double tokens_a_ms(struct runpod_watch *w)
{
    return runpod_pace(w->r) * share / 1000;
}

/* Never so many that the others would find nothing left. */
static double tokens_most(struct runpod_watch *w)
{
    int64_t left = runpod_left(w->r);
    return left > (int64_t)TOKENS_MAX * LEFT_FOR_OTHERS ? TOKENS_MAX
                                                        : (double)left / LEFT_FOR_OTHERS;
}

static void refill(struct runpod_watch *w)
{
    int64_t now = clock_mono_ms(w->clock);
    w->tokens += (double)(now - w->tokens_ms) * tokens_a_ms(w);
    w->tokens = fmin(w->tokens, tokens_most(w));
    w->tokens_ms = now;
}

int64_t watch_call_wait_ms(struct runpod_watch *w)
{
    refill(w);
    if (w->tokens >= 1)
        return 0;
    double pace = tokens_a_ms(w);
    bool comes = pace > 0 && tokens_most(w) >= 1;
    return comes ? (int64_t)fmin(ceil((1 - w->tokens) / pace), USED_UP_MS) : USED_UP_MS;
}

bool watch_may_call(struct runpod_watch *w)
{
    if (watch_call_wait_ms(w) > 0)
        return false;
    w->tokens -= 1;
    return true;
}

/* A log that is to be followed needs one call for a long time, the lists are many and come round: else
 * they would leave it nothing. */
bool watch_may_list(struct runpod_watch *w)
{
    refill(w);
    return (!w->logs_waiting || w->tokens >= 2) && watch_may_call(w);
}

int64_t watch_workers_ms(const struct watched *e)
{
    const struct health *h = &e->health;
    if (watch_urgent(e))
        return WORKERS_URGENT_MS;
    bool asleep = e->has_health && e->has_workers && e->worker_count == 0 &&
                  h->in_progress + h->idle + h->initializing + h->ready + h->running == 0;
    return asleep ? WORKERS_ASLEEP_MS : WORKERS_MS;
}

struct cadence *watch_cadence(struct runpod_watch *w, enum thing thing)
{
    return thing == THING_LIST ? &w->list : thing == THING_ACCOUNT ? &w->account : &w->gpus;
}

void watch_hurry_all(struct runpod_watch *w)
{
    int64_t now = clock_mono_ms(w->clock);
    for (int thing = THING_LIST; thing <= THING_GPUS; thing++)
        cadence_hurry(watch_cadence(w, (enum thing)thing), now);
    for (size_t i = 0; i < w->count; i++) {
        cadence_hurry(&w->endpoints[i].workers_again, now);
        cadence_hurry(&w->endpoints[i].health_again, now);
    }
    watch_detail_hurry(w);
}

void watch_set_focus(struct runpod_watch *w, const char *endpoint_id)
{
    bool same = strcmp(w->focus, endpoint_id) == 0;
    (void)snprintf(w->focus, sizeof w->focus, "%.*s", ENDPOINT_ID_MAX - 1, endpoint_id);
    if (!same)
        watch_detail_begin(w);
    for (size_t i = 0; i < w->count; i++) {
        struct watched *e = &w->endpoints[i];
        bool focused = w->focus[0] && strcmp(e->id, w->focus) == 0;
        if (focused && !e->focused)
            cadence_hurry(&e->workers_again, clock_mono_ms(w->clock));
        e->focused = focused;
    }
    w->choose = true;
}

/* With a key that is refused nothing else is worth asking. */
bool watch_key_refused(const struct runpod_watch *w)
{
    return w->trouble[THING_LIST].class == ERR_AUTH;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* When something of the control plane is due by its cadence. */
static int64_t control_due_ms(struct runpod_watch *w)
{
    int64_t due = w->list.due_ms;
    if (watch_key_refused(w))
        return due;
    due = earlier(earlier(due, w->account.due_ms), w->gpus.due_ms);
    due = earlier(due, watch_detail_due_ms(w));
    for (size_t i = 0; i < w->count; i++)
        due = earlier(due, w->endpoints[i].workers_again.due_ms);
    return due;
}

int64_t watch_next_ms(struct runpod_watch *w)
{
    int64_t now = clock_mono_ms(w->clock);
    int64_t due = later(control_due_ms(w), now + watch_call_wait_ms(w));
    if (w->count > 0 && !watch_key_refused(w))
        due = earlier(due, w->beat.due_ms);
    return later(due, now); /* what is due at once may be due since ever */
}
