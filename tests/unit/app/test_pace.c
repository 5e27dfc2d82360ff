/* The limits of the data plane, kept by many: however the calls come, no ten seconds hold more of them than the
 * service allows, and one refusal makes all wait. */
#include "app/pace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { WINDOW_MS = 10000 };

static void no_window_holds_too_many(void **state)
{
    static const struct {
        enum pace_call call;
        int limit; /* in ten seconds (spec/runpod.md §2.6) */
    } limits[] = {{PACE_RUN, 1000}, {PACE_SYNC, 2000}, {PACE_LOOK, 2000}, {PACE_CHAT, 2000},
        {PACE_CANCEL, 100}};
    (void)state;
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        struct pace p;
        static int64_t at[3000];
        int count = limits[i].limit + limits[i].limit / 2, most = 0;
        pace_init(&p);
        for (int k = 0; k < count; k++) {
            int64_t now = 5000 + (k % 7) * (int64_t)3; /* all come at about the same time */
            at[k] = now + pace_book(&p, limits[i].call, now);
            assert_true(at[k] >= now);
        }
        for (int from = 0, to = 0; to < count; to++) {
            while (at[to] - at[from] >= WINDOW_MS)
                from++;
            most = to - from + 1 > most ? to - from + 1 : most;
        }
        assert_in_range(most, limits[i].limit / 2, limits[i].limit);
        pace_release(&p);
    }
}

static void who_comes_late_does_not_wait(void **state)
{
    struct pace p;
    (void)state;
    pace_init(&p);
    assert_int_equal(pace_book(&p, PACE_RUN, 1000), 0);
    assert_true(pace_book(&p, PACE_RUN, 1000) > 0);
    assert_int_equal(pace_book(&p, PACE_LOOK, 1000), 0); /* each kind for itself */
    assert_int_equal(pace_book(&p, PACE_RUN, 60000), 0);
    pace_release(&p);
}

static void a_refusal_holds_all_who_send(void **state)
{
    struct pace p;
    (void)state;
    pace_init(&p);
    assert_int_equal(pace_held(&p, 1000), 0);
    pace_refused(&p, 1000, 0);
    assert_int_equal(pace_held(&p, 1000), 1000);
    assert_true(pace_book(&p, PACE_RUN, 1000) >= 1000);
    assert_true(pace_book(&p, PACE_SYNC, 1000) >= 1000);
    assert_true(pace_book(&p, PACE_CHAT, 1500) >= 500);
    assert_int_equal(pace_book(&p, PACE_LOOK, 1000), 0);   /* what is there is seen to its end */
    assert_int_equal(pace_book(&p, PACE_CANCEL, 1000), 0); /* … or stopped */
    pace_release(&p);
}

static void back_off_doubles_until_something_is_taken(void **state)
{
    struct pace p;
    int64_t now = 1000;
    (void)state;
    pace_init(&p);
    static const int64_t waits[] = {1000, 2000, 4000, 8000, 16000, 30000, 30000};
    for (size_t i = 0; i < sizeof waits / sizeof *waits; i++) {
        for (int k = 0; k < 8; k++) /* those that were under way together are one refusal */
            pace_refused(&p, now, 0);
        assert_int_equal(pace_held(&p, now), waits[i]);
        now += waits[i];
    }
    assert_int_equal(pace_refusals(&p), 56);
    pace_taken(&p);
    pace_refused(&p, now, 0);
    assert_int_equal(pace_held(&p, now), 1000);
    pace_release(&p);
}

static void what_the_service_asks_for_is_kept(void **state)
{
    struct pace p;
    (void)state;
    pace_init(&p);
    pace_refused(&p, 1000, 7000);
    assert_int_equal(pace_held(&p, 1000), 7000);
    pace_refused(&p, 2000, 600000); /* while it is held already */
    assert_int_equal(pace_held(&p, 2000), 6000);
    pace_refused(&p, 9000, INT64_MAX); /* nonsense is bounded */
    assert_in_range(pace_held(&p, 9000), 30000, 10 * 60 * 1000);
    pace_release(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_window_holds_too_many),
        cmocka_unit_test(who_comes_late_does_not_wait),
        cmocka_unit_test(a_refusal_holds_all_who_send),
        cmocka_unit_test(back_off_doubles_until_something_is_taken),
        cmocka_unit_test(what_the_service_asks_for_is_kept),
    };
    return cmocka_run_group_tests_name("pace", tests, NULL, NULL);
}
