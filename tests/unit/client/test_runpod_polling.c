/* How RunPod is polled when there is more to ask than it bears: a clock that is moved by hand, and a service
 * that counts calls in windows of a minute, an hour and a day and says in each answer what is left. */
#include "client/runpod_watch_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ENDPOINTS = 1000, TROUBLED = 50, SEEN = 30, FOCUS = 500, SECOND = 1000, HOUR_S = 3600 };

struct window {
    int64_t began_ms, length_ms;
    int quota, used, least; /* least: that were left, ever */
};

struct world {
    struct clock *clock;
    struct runpod *r;
    struct runpod_watch w;
    struct window windows[3];
    int refused, calls;
    int lists[ENDPOINTS], healths[ENDPOINTS];
    int64_t gap_lists[ENDPOINTS], gap_healths[ENDPOINTS]; /* the longest, ms */
};

static struct world *world_new(int minute, int hour, int day)
{
    struct world *x = calloc(1, sizeof *x);
    assert_non_null(x);
    x->clock = clock_new(1795442551000, 0);
    const struct runpod_options options = {
        .api_base = "http://127.0.0.1:1", .endpoint_base = "http://127.0.0.1:1/v2", .clock = x->clock};
    x->r = runpod_new(&options, NULL, NULL);
    assert_non_null(x->r);
    clock_advance(x->clock, 5000);
    const int quotas[] = {minute, hour, day};
    const int64_t lengths[] = {60 * SECOND, HOUR_S * SECOND, 24 * (int64_t)HOUR_S * SECOND};
    for (int i = 0; i < 3; i++)
        x->windows[i] = (struct window){-1, lengths[i], quotas[i], 0, quotas[i]};
    x->w.r = x->r;
    x->w.clock = x->clock;
    watch_plan_init(&x->w);
    x->w.endpoints = calloc(ENDPOINTS, sizeof *x->w.endpoints);
    assert_non_null(x->w.endpoints);
    x->w.count = ENDPOINTS;
    for (size_t i = 0; i < ENDPOINTS; i++) {
        struct watched *e = &x->w.endpoints[i];
        snprintf(e->id, sizeof e->id, "e%zu", i);
        watch_endpoint_init(e, 977 * i);
        e->queue = true;
        e->trouble = i >= 100 && i < 100 + TROUBLED;
    }
    return x;
}

static void world_free(struct world *x)
{
    watch_release_endpoints(&x->w);
    watch_detail_release(&x->w);
    runpod_free(x->r);
    clock_free(x->clock);
    free(x);
}

static void look_at(struct world *x)
{
    for (size_t i = 0; i < SEEN; i++)
        snprintf(x->w.visible.ids[i], ENDPOINT_ID_MAX, "e%zu", 700 + i);
    x->w.visible.count = SEEN;
    for (size_t i = 0; i < ENDPOINTS; i++)
        watch_see(&x->w, &x->w.endpoints[i]);
    char focus[16];
    snprintf(focus, sizeof focus, "e%d", FOCUS);
    watch_set_focus(&x->w, focus);
}

/* A call of the control plane, and what its answer announces. */
static void call(struct world *x)
{
    int64_t now = clock_mono_ms(x->clock);
    char left[256] = "", policy[256] = "";
    static const char *const names[] = {"minute", "hour", "day"};
    for (int i = 0; i < 3; i++) {
        struct window *v = &x->windows[i];
        if (v->began_ms < 0 || now - v->began_ms >= v->length_ms) {
            v->began_ms = now;
            v->used = 0;
        }
        x->refused += ++v->used > v->quota;
        v->least = v->quota - v->used < v->least ? v->quota - v->used : v->least;
        size_t l = strlen(left), p = strlen(policy);
        snprintf(left + l, sizeof left - l, "%s\"%s\";r=%d;t=%lld", i ? ", " : "", names[i],
            v->quota > v->used ? v->quota - v->used : 0,
            (long long)((v->began_ms + v->length_ms - now) / 1000));
        snprintf(policy + p, sizeof policy - p, "%s\"%s\";q=%d;w=%lld", i ? ", " : "", names[i],
            v->quota, (long long)v->length_ms / 1000);
    }
    x->calls++;
    runpod_spend(x->r, 1);
    assert_int_equal(rate_budget_read(&x->r->budget, left, policy, now), 3);
}

static void note(int *count, int64_t *gap, int64_t *last_ms, int64_t now)
{
    (*count)++;
    if (*last_ms >= 0 && now - *last_ms > *gap)
        *gap = now - *last_ms;
    *last_ms = now;
}

static void ask_once(struct world *x, struct cadence *c)
{
    int64_t now = clock_mono_ms(x->clock);
    if (!cadence_due(c, now) || !watch_may_call(&x->w))
        return;
    call(x);
    cadence_ok(c, now);
}

/* As a round does, answered at once. */
static void ask(struct world *x)
{
    struct runpod_watch *w = &x->w;
    int64_t now = clock_mono_ms(x->clock);
    size_t turns[WATCH_ASKS_MAX], taken = 0, n;
    for (int thing = THING_LIST; thing <= THING_GPUS; thing++)
        ask_once(x, watch_cadence(w, (enum thing)thing));
    for (int thing = THING_SETTINGS; w->focus[0] && thing < THINGS; thing++) {
        cadence_set_interval(watch_detail_cadence(w, (enum thing)thing), 60 * SECOND);
        ask_once(x, watch_detail_cadence(w, (enum thing)thing));
    }
    if (cadence_due(&w->beat, now)) {
        n = watch_turns(w, THING_HEALTH, now, turns, WATCH_HEALTH_MAX);
        for (size_t i = 0; i < n; i++) {
            struct watched *e = &w->endpoints[turns[i]];
            note(&x->healths[turns[i]], &x->gap_healths[turns[i]], &e->health_ms, now);
        }
        watch_turns_taken(w, THING_HEALTH, turns, n);
        cadence_ok(&w->beat, now);
    }
    if (watch_call_wait_ms(w) > 0)
        return;
    n = watch_turns(w, THING_WORKERS, now, turns, WATCH_ASKS_MAX);
    for (; taken < n && watch_may_list(w); taken++) {
        struct watched *e = &w->endpoints[turns[taken]];
        call(x);
        note(&x->lists[turns[taken]], &x->gap_lists[turns[taken]], &e->workers_ms, now);
        cadence_set_interval(&e->workers_again, watch_workers_ms(e));
        cadence_ok(&e->workers_again, now);
    }
    watch_turns_taken(w, THING_WORKERS, turns, taken);
}

/* The most calls in any ten seconds. */
static int play(struct world *x, int seconds)
{
    int most = 0, recent[10] = {0}, sum = 0;
    for (int s = 0; s < seconds; s++) {
        int before = x->calls;
        ask(x);
        sum += x->calls - before - recent[s % 10];
        recent[s % 10] = x->calls - before;
        most = sum > most ? sum : most;
        clock_advance(x->clock, SECOND);
    }
    return most;
}

/* ---- tests ----------------------------------------------------------------------------------------- */

/* Whatever is announced is kept, in every window, with something left for others; and it is used. */
static void test_inside_every_window(void **state)
{
    (void)state;
    static const int quotas[][3] = {
        {60, 3000, 50000}, {180, 7200, 200000}, {10, 3000, 50000}, {60, 120, 50000}, {60, 3000, 600}};
    for (size_t q = 0; q < sizeof quotas / sizeof *quotas; q++) {
        struct world *x = world_new(quotas[q][0], quotas[q][1], quotas[q][2]);
        look_at(x);
        int most = play(x, 5 * HOUR_S);
        assert_int_equal(x->refused, 0);
        for (int i = 0; i < 3; i++)
            assert_in_range(x->windows[i].least, 1, x->windows[i].quota);
        assert_in_range(most, 1, 45);
        double bears = quotas[q][0] * 300.0;
        bears = quotas[q][1] * 5.0 < bears ? quotas[q][1] * 5.0 : bears;
        bears = quotas[q][2] * 5 / 24.0 < bears ? quotas[q][2] * 5 / 24.0 : bears;
        if (x->calls < bears * 0.4)
            fail_msg("only %d calls of %.0f", x->calls, bears);
        world_free(x);
    }
}

static int64_t longest(const int64_t *gaps, size_t from, size_t count)
{
    int64_t most = 0;
    for (size_t i = from; i < from + count; i++)
        most = gaps[i] > most ? gaps[i] : most;
    return most;
}

/* The one in focus is as fresh as if it were alone; who is seen or in trouble comes round sooner than who is
 * not, and nobody is forgotten. */
static void test_who_comes_first(void **state)
{
    (void)state;
    struct world *x = world_new(60, 3000, 50000);
    look_at(x);
    play(x, 6 * HOUR_S);
    int64_t focus = x->gap_healths[FOCUS], seen = longest(x->gap_healths, 700, SEEN),
            troubled = longest(x->gap_healths, 100, TROUBLED),
            quiet = longest(x->gap_healths, 200, 200);
    assert_in_range(focus, 5000, 7000);
    assert_in_range(seen, 5000, 40000);
    assert_in_range(troubled, 5000, 40000);
    assert_in_range(quiet, 100000, 700000);
    assert_in_range(x->gap_lists[FOCUS], 5000, 25000);
    assert_true(longest(x->gap_lists, 700, SEEN) < longest(x->gap_lists, 200, 200) ||
                longest(x->gap_lists, 200, 200) == 0);
    for (size_t i = 0; i < ENDPOINTS; i++) {
        assert_true(x->healths[i] > 30);
        assert_true(x->lists[i] > 0);
    }
    world_free(x);
}

static void test_two_of_three_turns(void **state)
{
    (void)state;
    static const size_t expected[] = {4, 0, 1, 5, 2, 3, 6, 7, 8, 9};
    struct world *x = world_new(60, 3000, 50000);
    size_t turns[WATCH_ASKS_MAX];
    x->w.count = 10;
    for (size_t i = 0; i < 10; i++)
        x->w.endpoints[i].trouble = i < 4;
    watch_set_focus(&x->w, "e4");
    assert_int_equal(watch_turns(&x->w, THING_WORKERS, 5000, turns, WATCH_ASKS_MAX), 10);
    assert_memory_equal(turns, expected, sizeof expected);
    /* who has the next turn goes on from round to round */
    size_t quiet = 0;
    for (int round = 0; round < 30; round++) {
        assert_int_equal(watch_turns(&x->w, THING_HEALTH, 5000, turns, 2), 2);
        assert_int_equal(turns[0], 4);
        quiet += turns[1] >= 5;
        watch_turns_taken(&x->w, THING_HEALTH, turns, 2);
        x->w.endpoints[turns[1]].health_ms = 5000 + round;
    }
    assert_int_equal(quiet, 10);
    x->w.count = ENDPOINTS;
    world_free(x);
}

/* After "429, Retry-After: 90" nobody calls for 90 s, whatever the windows say and whoever hurries. */
static void test_silence(void **state)
{
    (void)state;
    struct world *x = world_new(60, 3000, 50000);
    play(x, 600);
    runpod_keep_silent(x->r, 90 * SECOND);
    runpod_keep_silent(x->r, 10 * SECOND); /* a shorter one takes nothing back */
    int before = x->calls;
    for (int s = 0; s < 90; s++) {
        assert_true(runpod_wait_ms(x->r, 1) >= (90 - s) * SECOND);
        assert_int_equal(runpod_wait_ms(x->r, 0), 0);
        watch_hurry_all(&x->w);
        ask(x);
        clock_advance(x->clock, SECOND);
    }
    assert_int_equal(x->calls, before);
    play(x, 120);
    assert_true(x->calls > before + 10);
    world_free(x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_inside_every_window),
        cmocka_unit_test(test_who_comes_first),
        cmocka_unit_test(test_two_of_three_turns),
        cmocka_unit_test(test_silence),
    };
    return cmocka_run_group_tests_name("runpod_polling", tests, NULL, NULL);
}
