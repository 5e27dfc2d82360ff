/* runpod_watch: RunPod's client thread: its life, its orders, and its loop.
 *
 * The thread alone owns what it has seen. Each turn of the loop does what is due (runpod_watch_round),
 * reads the logs (runpod_watch_logs), and sleeps until the next thing is due or something pokes it:
 * bytes of a log, an order from main, or "stop". It sends what is new and forgets it but for a
 * fingerprint.
 *
 * Whatever can block takes the thread's own cancel token, so firing that ends the thread within
 * milliseconds, also while a server that never answers is asked. */
#include "client/runpod_watch_internal.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SLEEP_LEAST_MS = 10, SLEEP_MAX_MS = 60 * 1000, STANDSTILL_MS = 1000 };

/* ---- the thread -------------------------------------------------------------------------------- */

static void look_around(struct runpod_watch *w)
{
    pthread_mutex_lock(&w->lock);
    bool see = w->orders.see;
    if (see)
        w->visible = w->orders.visible;
    w->orders.see = false;
    pthread_mutex_unlock(&w->lock);
    for (size_t i = 0; see && i < w->count; i++)
        watch_see(w, &w->endpoints[i]);
}

static void take_orders(struct runpod_watch *w)
{
    char focus[ENDPOINT_ID_MAX];
    pthread_mutex_lock(&w->lock);
    bool hurry = w->orders.hurry, hurry_list = w->orders.hurry_list, refocus = w->orders.refocus;
    memcpy(focus, w->orders.focus, sizeof focus);
    w->orders.hurry = w->orders.hurry_list = w->orders.refocus = false;
    pthread_mutex_unlock(&w->lock);
    look_around(w);
    if (refocus)
        watch_set_focus(w, focus);
    if (hurry)
        watch_hurry_all(w);
    else if (hurry_list)
        cadence_hurry(&w->list, clock_mono_ms(w->clock));
}

/* Real milliseconds to sleep. A clock that stands still is looked at again after a while. */
static int64_t sleep_ms(struct runpod_watch *w)
{
    int64_t due = watch_next_ms(w);
    if (w->logs_due_ms >= 0 && w->logs_due_ms < due)
        due = w->logs_due_ms;
    int64_t ms = due - clock_mono_ms(w->clock);
    if (ms < SLEEP_LEAST_MS)
        return SLEEP_LEAST_MS; /* also when what is due cannot be done, for lack of memory */
    ms = ms < SLEEP_MAX_MS ? ms : SLEEP_MAX_MS;
    int64_t real = clock_real_wait_ms(w->clock, ms);
    return real < 0 || real > SLEEP_MAX_MS ? STANDSTILL_MS : real;
}

static void run_until_cancelled(struct runpod_watch *w)
{
    while (!cancel_fired(w->cancel)) {
        uint64_t seen = wait_seen(&w->wait);
        take_orders(w);
        watch_round(w);
        if (w->options.logs)
            watch_logs(w);
        if (!cancel_fired(w->cancel))
            (void)wait_until(&w->wait, seen, sleep_ms(w));
    }
}

/* Without a key there is nothing to ask. */
static void say_off(struct runpod_watch *w)
{
    (void)runpod_check_key(w->r, &w->trouble[THING_LIST]);
    watch_send_source(w);
}

static void *run(void *arg)
{
    struct runpod_watch *w = arg;
    if (w->options.logs)
        watch_recall_gone(w);
    if (runpod_has_key(w->r))
        run_until_cancelled(w);
    else
        say_off(w);
    watch_logs_close(w);
    return NULL;
}

/* ---- life -------------------------------------------------------------------------------------- */

/* Signals are main's. */
static int start(struct runpod_watch *w)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    int fault = pthread_create(&w->thread, NULL, run, w);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return fault;
}

struct runpod_watch *runpod_watch_new(struct runpod *r, const struct runpod_watch_options *options,
    struct inbox *inbox, struct clock *clock, struct cancel *parent, struct err *e)
{
    int fault = ENOMEM;
    struct runpod_watch *w = calloc(1, sizeof *w);
    if (!w || !(w->cancel = cancel_new(parent)))
        goto no_cancel;
    w->r = r;
    w->options = *options;
    w->inbox = inbox;
    w->clock = clock;
    watch_plan_init(w);
    if (watch_lines_init(w) || (fault = wait_init(&w->wait)) != 0)
        goto no_wait;
    if ((fault = pthread_mutex_init(&w->lock, NULL)) != 0)
        goto no_lock;
    w->hook = (struct cancel_hook){.poke = runpod_poke, .arg = &w->wait};
    cancel_add(w->cancel, &w->hook);
    if ((fault = start(w)) == 0)
        return w;
    cancel_remove(w->cancel, &w->hook);
    pthread_mutex_destroy(&w->lock);
no_lock:
    wait_release(&w->wait);
no_wait:
    watch_lines_release(w);
    cancel_unref(w->cancel);
no_cancel:
    free(w);
    err_errno(e, fault, "cannot watch RunPod");
    return NULL;
}

void runpod_watch_free(struct runpod_watch *w)
{
    if (!w)
        return;
    cancel_fire(w->cancel);
    pthread_join(w->thread, NULL);
    cancel_remove(w->cancel, &w->hook);
    cancel_unref(w->cancel);
    pthread_mutex_destroy(&w->lock);
    wait_release(&w->wait);
    watch_release_endpoints(w);
    watch_detail_release(w);
    watch_lines_release(w);
    free(w);
}

/* ---- orders ------------------------------------------------------------------------------------ */

void runpod_watch_hurry(struct runpod_watch *w)
{
    pthread_mutex_lock(&w->lock);
    w->orders.hurry = true;
    pthread_mutex_unlock(&w->lock);
    wait_poke(&w->wait);
}

void runpod_watch_hurry_list(struct runpod_watch *w)
{
    pthread_mutex_lock(&w->lock);
    w->orders.hurry_list = true;
    pthread_mutex_unlock(&w->lock);
    wait_poke(&w->wait);
}

void runpod_watch_focus(struct runpod_watch *w, const char *endpoint_id)
{
    pthread_mutex_lock(&w->lock);
    w->orders.refocus = true;
    (void)snprintf(w->orders.focus, sizeof w->orders.focus, "%.*s", ENDPOINT_ID_MAX - 1,
        endpoint_id ? endpoint_id : "");
    pthread_mutex_unlock(&w->lock);
    wait_poke(&w->wait);
}

/* Who scrolls sees others again and again: the next round will do. */
void runpod_watch_visible(struct runpod_watch *w, const char *const *endpoint_ids, size_t count)
{
    pthread_mutex_lock(&w->lock);
    struct watch_visible *v = &w->orders.visible;
    v->count = 0;
    for (size_t i = 0; i < count && v->count < RUNPOD_WATCH_VISIBLE; i++)
        if (strlen(endpoint_ids[i]) < ENDPOINT_ID_MAX)
            memcpy(v->ids[v->count++], endpoint_ids[i], strlen(endpoint_ids[i]) + 1);
    w->orders.see = true;
    pthread_mutex_unlock(&w->lock);
}
