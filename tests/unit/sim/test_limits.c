/* Rate limits of both planes (spec/runpod.md §2.6, §4.2), on a clock of the test's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sim/runpod_http.h"

#include <stdio.h>
#include <string.h>

static struct runpod_world world;
static struct sim sim = {.runpod = &world};

static int start(void **state)
{
    world.surface = NULL;
    *state = surface_of(&sim);
    return *state == NULL ? -1 : 0;
}

static int end(void **state)
{
    (void)state;
    runpod_surface_free(world.surface);
    return 0;
}

static void calls_within_ten_seconds(void **state)
{
    struct runpod_surface *f = *state;
    const int64_t t = 1000000;
    assert_int_equal(surface_limit(f, "ep1", LIMIT_PURGE, t), 0);
    assert_int_equal(surface_limit(f, "ep1", LIMIT_PURGE, t + 4000), 0);
    assert_int_equal(
        surface_limit(f, "ep1", LIMIT_PURGE, t + 4001), 6); /* seconds left, rounded up */
    assert_int_equal(surface_limit(f, "ep1", LIMIT_PURGE, t + 9999), 1);
    assert_int_equal(surface_limit(f, "ep2", LIMIT_PURGE, t + 9999), 0);  /* another endpoint */
    assert_int_equal(surface_limit(f, "ep1", LIMIT_CANCEL, t + 9999), 0); /* another operation */
    assert_int_equal(surface_limit(f, "ep1", LIMIT_PURGE, t + 10000), 0);
    assert_int_equal(surface_limit(f, "ep1", LIMIT_NONE, t), 0);
}

static void status_and_stream_share_2000(void **state)
{
    struct runpod_surface *f = *state;
    for (int i = 0; i < 2000; i++) {
        assert_int_equal(surface_limit(f, "ep", LIMIT_STATUS, 5000), 0);
    }
    assert_true(surface_limit(f, "ep", LIMIT_STATUS, 5000) > 0);
}

static void calls_held_at_the_same_time(void **state)
{
    struct runpod_surface *f = *state;
    for (int i = 0; i < 400; i++) {
        assert_true(surface_enter(f, "ep", LIMIT_RUNSYNC));
    }
    assert_false(surface_enter(f, "ep", LIMIT_RUNSYNC));
    assert_true(surface_enter(f, "other", LIMIT_RUNSYNC));
    surface_leave(f, "ep", LIMIT_RUNSYNC);
    assert_true(surface_enter(f, "ep", LIMIT_RUNSYNC));
    assert_false(surface_enter(f, "ep", LIMIT_RUNSYNC));
    surface_leave(f, "never", LIMIT_RUNSYNC); /* the world it was held in is gone */
    for (int i = 0; i < 400; i++) {
        assert_true(surface_enter(f, "never", LIMIT_RUNSYNC));
    }
    assert_false(surface_enter(f, "never", LIMIT_RUNSYNC));
}

/* More endpoints than the table holds: the quietest is forgotten, the busy one is not. */
static void many_endpoints(void **state)
{
    struct runpod_surface *f = *state;
    assert_int_equal(surface_limit(f, "busy", LIMIT_PURGE, 1), 0);
    assert_int_equal(surface_limit(f, "busy", LIMIT_PURGE, 2), 0);
    for (int i = 0; i < 1000; i++) {
        char id[20];
        (void)snprintf(id, sizeof id, "ep%d", i);
        assert_int_equal(surface_limit(f, id, LIMIT_PURGE, 10 + i), 0);
        assert_true(surface_limit(f, "busy", LIMIT_PURGE, 10 + i) > 0);
    }
}

static void the_account_has_three_windows(void **state)
{
    struct runpod_surface *f = *state;
    const int quotas[QUOTA_WINDOWS] = {3, 5, 50000};
    struct quota_view v[QUOTA_WINDOWS];
    for (int i = 0; i < 3; i++) {
        assert_int_equal(surface_quota(f, quotas, 1000 + i * 10000, v), -1);
        assert_int_equal(v[0].remaining, 2 - i);
        assert_int_equal(v[0].resets_in_s, 60 - i * 10);
        assert_int_equal(v[1].remaining, 4 - i);
        assert_string_equal(v[2].name, "day");
    }
    assert_int_equal(surface_quota(f, quotas, 31000, v), 0);
    assert_int_equal(v[0].remaining, 0);
    assert_int_equal(v[0].resets_in_s, 30);
    /* A new minute begins; the hour still counts what came before. */
    assert_int_equal(surface_quota(f, quotas, 61000, v), -1);
    assert_int_equal(v[0].remaining, 2);
    assert_int_equal(surface_quota(f, quotas, 61001, v), 1);
    assert_int_equal(v[1].remaining, 0);
    assert_int_equal(surface_quota(f, quotas, 1000 + 3600000, v), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(calls_within_ten_seconds, start, end),
        cmocka_unit_test_setup_teardown(status_and_stream_share_2000, start, end),
        cmocka_unit_test_setup_teardown(calls_held_at_the_same_time, start, end),
        cmocka_unit_test_setup_teardown(many_endpoints, start, end),
        cmocka_unit_test_setup_teardown(the_account_has_three_windows, start, end),
    };
    return cmocka_run_group_tests_name("surface", tests, NULL, NULL);
}
