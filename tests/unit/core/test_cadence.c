#include "core/cadence.h"

#include "helpers.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { S = 1000, MINUTE = 60 * S, DAY = 24 * 60 * MINUTE };

/* ---- cadence ----------------------------------------------------------------------------------- */

static void the_first_attempt_is_due_at_once(void **state)
{
    (void)state;
    struct cadence c;
    cadence_init(&c, 5 * S, MINUTE, 0.1, 1);
    static const int64_t nows[] = {0, 1, -5, INT64_MAX / 2, INT64_MIN / 2};
    for (size_t i = 0; i < sizeof nows / sizeof nows[0]; i++) {
        assert_true(cadence_due(&c, nows[i]));
        assert_int_equal(cadence_wait_ms(&c, nows[i]), 0);
    }
}

static void without_jitter_it_is_exact(void **state)
{
    (void)state;
    struct cadence c;
    cadence_init(&c, 5 * S, MINUTE, 0, 1);
    cadence_ok(&c, 100);
    assert_int_equal(cadence_wait_ms(&c, 100), 5 * S);
    assert_int_equal(cadence_wait_ms(&c, 5099), 1);
    assert_false(cadence_due(&c, 5099));
    assert_true(cadence_due(&c, 5100));
    assert_true(cadence_due(&c, 999999));
    static const int expected[] = {10 * S, 20 * S, 40 * S, MINUTE, MINUTE, MINUTE};
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        cadence_failed(&c, 1000, 0);
        assert_int_equal(cadence_wait_ms(&c, 1000), expected[i]);
    }
    cadence_ok(&c, 2000);
    assert_int_equal(cadence_wait_ms(&c, 2000), 5 * S);
    cadence_failed(&c, 3000, 0); /* counts from the start again */
    assert_int_equal(cadence_wait_ms(&c, 3000), 10 * S);
}

static void another_interval_holds_from_the_next_attempt_on(void **state)
{
    (void)state;
    struct cadence c;
    cadence_init(&c, MINUTE, 10 * MINUTE, 0, 1);
    cadence_ok(&c, 0);
    cadence_set_interval(&c, 2 * S);
    assert_int_equal(cadence_wait_ms(&c, 0), MINUTE);
    cadence_hurry(&c, 10);
    assert_true(cadence_due(&c, 10));
    cadence_ok(&c, 10);
    assert_int_equal(cadence_wait_ms(&c, 10), 2 * S);
    cadence_failed(&c, 20, 0);
    assert_int_equal(cadence_wait_ms(&c, 20), 4 * S);
}

static void hurrying_shortens_our_waiting_but_not_the_servers(void **state)
{
    (void)state;
    struct cadence c;
    cadence_init(&c, MINUTE, 10 * MINUTE, 0.1, 3);
    for (int i = 0; i < 5; i++)
        cadence_failed(&c, 0, 0);
    cadence_hurry(&c, 5);
    assert_true(cadence_due(&c, 5));
    cadence_failed(&c, 10, 20 * MINUTE);
    cadence_hurry(&c, 20);
    assert_int_equal(cadence_wait_ms(&c, 20), 20 * MINUTE - 10);
    cadence_hurry(&c, 20 * MINUTE + 10);
    assert_true(cadence_due(&c, 20 * MINUTE + 10));
    cadence_ok(&c, 30 * MINUTE);
    cadence_hurry(&c, 30 * MINUTE + 1); /* the demand has run out */
    assert_true(cadence_due(&c, 30 * MINUTE + 1));
}

static void hurrying_never_delays(void **state)
{
    (void)state;
    struct cadence c;
    cadence_init(&c, MINUTE, MINUTE, 0, 1);
    cadence_ok(&c, 0);
    cadence_hurry(&c, 2 * MINUTE);
    assert_true(cadence_due(&c, MINUTE));
}

static void a_demand_outlives_a_success_and_a_shorter_demand(void **state)
{
    (void)state;
    struct cadence c;
    cadence_init(&c, S, MINUTE, 0, 1);
    cadence_failed(&c, 0, 100 * S);
    cadence_failed(&c, 10, S);
    assert_false(cadence_due(&c, 100 * S - 1));
    cadence_ok(&c, 20);
    assert_false(cadence_due(&c, 100 * S - 1));
    assert_true(cadence_due(&c, 100 * S));
}

static void nonsense_is_brought_into_bounds(void **state)
{
    (void)state;
    static const double jitters[] = {NAN, INFINITY, -INFINITY, -1, 2, 0};
    static const int64_t times[] = {INT64_MIN, -1, 0, 1, INT64_MAX};
    enum { J = sizeof jitters / sizeof jitters[0], T = sizeof times / sizeof times[0] };
    for (int i = 0; i < J * T * T * T; i++) {
        struct cadence c;
        int64_t interval = times[i / J % T], max = times[i / J / T % T];
        cadence_init(&c, interval, max, jitters[i % J], (uint64_t)i);
        cadence_ok(&c, 0);
        assert_in_range(cadence_wait_ms(&c, 0), 1, DAY);
        for (int k = 0; k < 40; k++) {
            cadence_failed(&c, 0, times[i / J / T / T]);
            assert_in_range(cadence_wait_ms(&c, 0), 1, DAY);
        }
        cadence_set_interval(&c, times[i / J / T / T]);
        cadence_ok(&c, 0);
        assert_in_range(cadence_wait_ms(&c, 0), 1, DAY);
    }
}

static void check_ok(struct cadence *c, int64_t now, int64_t held)
{
    cadence_ok(c, now);
    double i = (double)c->interval_ms, wait = (double)cadence_wait_ms(c, now);
    assert_true(now + (int64_t)wait >= held);
    if (held <= now)
        assert_true(wait >= floor(i * (1 - c->jitter)) - 1 && wait <= i * (1 + c->jitter) + 1);
}

static void check_failed(struct cadence *c, int64_t now, int64_t retry_after, int64_t *held)
{
    double doubled = (double)c->interval_ms;
    cadence_failed(c, now, retry_after);
    for (int i = 0; i < c->failures && doubled < (double)c->interval_max_ms; i++)
        doubled *= 2;
    if (doubled > (double)c->interval_max_ms)
        doubled = (double)c->interval_max_ms;
    if (retry_after > 0 && now + (retry_after < DAY ? retry_after : DAY) > *held)
        *held = now + (retry_after < DAY ? retry_after : DAY);
    int64_t wait = cadence_wait_ms(c, now), demanded = *held > now ? *held - now : 0;
    double spread = (double)c->interval_ms * c->jitter;
    assert_true(wait >= demanded);
    assert_true((double)wait >= doubled * (1 - c->jitter) - 1);
    assert_true(wait <= c->interval_max_ms || (double)wait <= (double)demanded + spread + 1);
    assert_true(wait <= DAY);
}

/* What must hold whatever happens, over random histories. */
static void due_times_keep_their_promises(void **state)
{
    (void)state;
    uint64_t seed = 31337;
    for (int history = 0; history < 2000; history++) {
        struct cadence c;
        int64_t interval = 1 + (int64_t)random_below(&seed, 5 * MINUTE);
        int64_t most = interval + (int64_t)random_below(&seed, 60 * MINUTE);
        double jitter = (double)random_below(&seed, 50) / 100;
        int64_t now = (int64_t)random_below(&seed, 1ull << 45), held = INT64_MIN;
        cadence_init(&c, interval, most, jitter, next_random(&seed));
        for (int step = 0; step < 50; step++) {
            uint64_t what = random_below(&seed, 8);
            int64_t retry =
                (int64_t)random_below(&seed, (uint64_t)(what == 1 ? 3 * DAY : 2 * most));
            if (what < 2)
                check_failed(&c, now, retry, &held);
            else if (what < 5)
                check_failed(&c, now, 0, &held);
            else if (what < 7)
                check_ok(&c, now, held);
            else
                cadence_hurry(&c, now);
            assert_true(c.due_ms >= held); /* never earlier than the server said */
            assert_true(cadence_due(&c, now + cadence_wait_ms(&c, now)));
            now += (int64_t)random_below(&seed, 2 * (uint64_t)most);
        }
    }
}

static void jitter_spreads_and_repeats(void **state)
{
    (void)state;
    struct cadence one, same, other;
    int64_t least = INT64_MAX, most = 0, differ = 0;
    cadence_init(&one, 10 * S, MINUTE, 0.2, 7);
    cadence_init(&same, 10 * S, MINUTE, 0.2, 7);
    cadence_init(&other, 10 * S, MINUTE, 0.2, 8);
    for (int i = 0; i < 1000; i++) {
        cadence_ok(&one, 0);
        cadence_ok(&same, 0);
        cadence_ok(&other, 0);
        int64_t wait = cadence_wait_ms(&one, 0);
        assert_int_equal(wait, cadence_wait_ms(&same, 0));
        differ += wait != cadence_wait_ms(&other, 0);
        least = wait < least ? wait : least;
        most = wait > most ? wait : most;
    }
    assert_true(differ > 900);
    assert_in_range(least, 8000, 8200);
    assert_in_range(most, 11800, 12000);
}

/* A service that was down for long is not asked by everybody at the same moment. */
static void the_longest_back_off_is_spread_too(void **state)
{
    (void)state;
    int at_most = 0;
    int64_t least = INT64_MAX;
    for (uint64_t seed = 0; seed < 1000; seed++) {
        struct cadence c;
        cadence_init(&c, S, MINUTE, 0.2, seed * 7919);
        for (int i = 0; i < 20; i++)
            cadence_failed(&c, 0, 0);
        int64_t wait = cadence_wait_ms(&c, 0);
        assert_true(wait <= MINUTE);
        at_most += wait > MINUTE - 10;
        least = wait < least ? wait : least;
    }
    assert_true(at_most < 20);
    assert_in_range(least, 48 * S, 49 * S);
}

/* ---- rate budget --------------------------------------------------------------------------------- */

static const int64_t now = 1000000;

static void expect_window(
    const struct rate_budget *b, int i, int64_t left, int64_t t, int64_t quota)
{
    assert_int_equal(b->window[i].left, left);
    assert_int_equal(b->window[i].reset_ms, now + (t + 1) * S);
    assert_int_equal(b->window[i].quota, quota);
}

static void runpods_headers_are_read(void **state)
{
    (void)state;
    struct rate_budget b = {0};
    assert_int_equal(rate_budget_read(&b, "\"minute\";r=58;t=12, \"hour\";r=2990;t=1800",
                         "\"minute\";q=60;w=60, \"hour\";q=3000;w=3600", now),
        2);
    assert_int_equal(b.windows, 2);
    expect_window(&b, 0, 58, 12, 60);
    expect_window(&b, 1, 2990, 1800, 3000);
}

static void the_hubs_headers_are_read(void **state)
{
    (void)state;
    struct rate_budget b = {0};
    const char *policy = "\"fixed window\";\"api\";q=1000;w=300";
    assert_int_equal(rate_budget_read(&b, "\"api\";r=0;t=55", policy, now), 1);
    expect_window(&b, 0, 0, 55, 1000);
    assert_int_equal(rate_budget_wait_ms(&b, 1, now), 56 * S);
    assert_int_equal(rate_budget_read(&b, "\"resolvers\";r=3;t=5", policy, now), 1);
    expect_window(&b, 0, 3, 5, 0); /* the policy speaks of another one */
}

static void a_missing_policy_leaves_the_quota_unknown(void **state)
{
    (void)state;
    static const char *const policies[] = {NULL, "", "\"minute\"",
        "\"minute\";q=", "\"minute\";q=x", "\"minute\";q=-5", "\"minute\";q=0", "\"minutes\";q=5",
        "minute;q=5", ";;;,,,", "\"minute;q=5"};
    for (size_t i = 0; i < sizeof policies / sizeof policies[0]; i++) {
        struct rate_budget b = {0};
        assert_int_equal(rate_budget_read(&b, "\"minute\";r=1;t=2", policies[i], now), 1);
        expect_window(&b, 0, 1, 2, 0);
    }
}

static void form_and_order_are_free(void **state)
{
    (void)state;
    static const char *const same[] = {"\"m\";r=5;t=7", "  \"m\" ; r=5 ;\tt=7  ", "\"m\";t=7;r=5",
        "\"m\";r=5;t=7;w=60;x", "\"m\";pk=:YWJj:;r=5;t=7;comment=\"a;r=9,b\"", "\"m\";r=5;t=7,",
        ",,\"m\";r=5;t=7,,", "\"m\";r=1;r=5;t=7", "\"m\";r=0005;t=07", "x=\"\\\",\";\"m\";r=5;t=7"};
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        struct rate_budget b = {0};
        assert_int_equal(rate_budget_read(&b, same[i], "\"m\";w=60;q=9", now), 1);
        expect_window(&b, 0, 5, 7, 9);
    }
}

/* Skipped, and what stands before and behind is understood all the same. */
static void malformed_parts_are_skipped(void **state)
{
    (void)state;
    static const char *const bad[] = {"", " ", ",", ";", "\"\"", "\"m\"", "\"m\";r=5", "\"m\";t=5",
        "r=5;t=5", "\"\";r=5;t=5", "\"m\";r=-1;t=5", "\"m\";r=5;t=-1", "\"m\";r=5.5;t=5",
        "\"m\";r=;t=5", "\"m\";r= 5;t=5", "\"m\";r=5 5;t=5", "\"m\";r=0x5;t=5", "\"m\";r=+5;t=5",
        "\"m\";r=\"5\";t=5", "\"m\";rr=5;t=5", "\"m\";R=5;T=5", "limit=100, remaining=50",
        "\"m\";r=5,t=5", "\"m\";r=5;r=x;t=5", "\xff\xfe\x01", "\"m\";r=\xd9\xa5;t=5", "r", "=",
        "r="};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct rate_budget b = {0};
        char line[128];
        assert_int_equal(rate_budget_read(&b, bad[i], bad[i], now), 0);
        snprintf(line, sizeof line, "\"ok\";r=3;t=4, %s, \"too\";r=6;t=8", bad[i]);
        assert_int_equal(rate_budget_read(&b, line, NULL, now), 2);
        expect_window(&b, 0, 3, 4, 0);
        expect_window(&b, 1, 6, 8, 0);
    }
    struct rate_budget b = {0};
    assert_int_equal(rate_budget_read(&b, NULL, NULL, now), 0);
}

static void an_open_quote_swallows_the_rest(void **state)
{
    (void)state;
    static const char *const open[] = {
        "\"", "\"m;r=5;t=5", "\"m\\\";r=5;t=5", "\"m\";r=5;t=5;\"", "\"m\\", "\"\\\"", "x\"y"};
    for (size_t i = 0; i < sizeof open / sizeof open[0]; i++) {
        struct rate_budget b = {0};
        char line[128];
        snprintf(line, sizeof line, "\"ok\";r=3;t=4, %s, m;r=6;t=8", open[i]);
        int n = rate_budget_read(&b, line, line, now);
        assert_int_equal(n, strstr(open[i], "t=5;") ? 2 : 1);
        expect_window(&b, 0, 3, 4, 0);
    }
}

static void garbage_does_not_make_it_forget(void **state)
{
    (void)state;
    struct rate_budget b = {0};
    assert_int_equal(rate_budget_read(&b, "\"m\";r=0;t=9", NULL, now), 1);
    assert_int_equal(rate_budget_read(&b, "whatever", NULL, now), 0);
    expect_window(&b, 0, 0, 9, 0);
    assert_int_equal(rate_budget_read(&b, "\"h\";r=1;t=2", NULL, now), 1);
    assert_int_equal(b.windows, 1);
    expect_window(&b, 0, 1, 2, 0);
}

static void huge_numbers_saturate(void **state)
{
    (void)state;
    struct rate_budget b = {0};
    const char *huge = "99999999999999999999999999999999999999";
    char line[128], policy[128];
    snprintf(line, sizeof line, "\"m\";r=%s;t=%s", huge, huge);
    snprintf(policy, sizeof policy, "\"m\";q=%s", huge);
    assert_int_equal(rate_budget_read(&b, line, policy, now), 1);
    expect_window(&b, 0, 1000000000, DAY / S, 1000000000);
    assert_int_equal(rate_budget_wait_ms(&b, 1, now), 0);
    assert_int_equal(rate_budget_wait_ms(&b, INT64_MAX, now), DAY + S);
    snprintf(line, sizeof line, "\"m\";r=199999999;t=%s", huge); /* little of that quota */
    assert_int_equal(rate_budget_read(&b, line, policy, now), 1);
    assert_int_equal(rate_budget_wait_ms(&b, 199999999, now), DAY + S);
}

/* Each number of digits, so that each way of overflowing is met. */
static void numbers_of_any_length_stay_in_bounds(void **state)
{
    (void)state;
    for (int digits = 1; digits <= 60; digits++) {
        for (char digit = '1'; digit <= '9'; digit++) {
            struct rate_budget b = {0};
            char number[64], line[160];
            memset(number, digit, (size_t)digits);
            number[digits] = '\0';
            snprintf(line, sizeof line, "\"m\";r=%s;t=%s;q=%s", number, "1", number);
            assert_int_equal(rate_budget_read(&b, line, line, now), 1);
            int64_t expected = digits < 10 ? atoll(number) : 1000000000;
            expect_window(&b, 0, expected, 1, expected);
        }
    }
}

static void windows_past_the_maximum_are_left_out(void **state)
{
    (void)state;
    struct rate_budget b = {0};
    char line[256] = "";
    for (int i = 0; i < 12; i++) {
        size_t used = strlen(line);
        snprintf(line + used, sizeof line - used, "\"w%d\";r=%d;t=1,", i, i);
    }
    assert_int_equal(rate_budget_read(&b, line, NULL, now), RATE_WINDOWS_MAX);
    for (int i = 0; i < RATE_WINDOWS_MAX; i++)
        expect_window(&b, i, i, 1, 0);
}

static struct rate_budget budget(int64_t left, int64_t wait, int64_t quota)
{
    return (struct rate_budget){.window = {{left, now + wait, quota}}, .windows = 1};
}

static void plenty_costs_no_waiting(void **state)
{
    (void)state;
    struct rate_budget b = budget(20, MINUTE, 100);
    assert_int_equal(rate_budget_wait_ms(&b, 1, now), 0);
    assert_int_equal(rate_budget_wait_ms(&b, 20, now), 0);
    b = budget(10, MINUTE, 0); /* quota unknown */
    assert_int_equal(rate_budget_wait_ms(&b, 1, now), 0);
    b.windows = 0;
    assert_int_equal(rate_budget_wait_ms(&b, 1000, now), 0);
}

static void little_is_spread_over_what_remains(void **state)
{
    (void)state;
    struct rate_budget b = budget(19, 38 * S, 100);
    assert_int_equal(rate_budget_wait_ms(&b, 1, now), 2 * S);
    assert_int_equal(rate_budget_wait_ms(&b, 3, now), 6 * S);
    assert_int_equal(rate_budget_wait_ms(&b, 19, now), 38 * S);
    assert_int_equal(rate_budget_wait_ms(&b, 1, now + 19 * S), S);
    b = budget(9, 9 * S, 0);
    assert_int_equal(rate_budget_wait_ms(&b, 1, now), S);
}

static void nothing_left_waits_for_the_reset(void **state)
{
    (void)state;
    struct rate_budget b = budget(0, 30 * S, 100);
    assert_int_equal(rate_budget_wait_ms(&b, 1, now), 30 * S);
    assert_int_equal(rate_budget_wait_ms(&b, 1, now + 29999), 1);
    assert_int_equal(rate_budget_wait_ms(&b, 1, now + 30 * S), 0);
    assert_int_equal(rate_budget_wait_ms(&b, 1, now + DAY), 0);
    b = budget(50, 30 * S, 100);
    assert_int_equal(rate_budget_wait_ms(&b, 51, now), 30 * S);
    assert_int_equal(rate_budget_wait_ms(&b, 0, now), 0);
    assert_int_equal(rate_budget_wait_ms(&b, -1, now), 0);
}

static void the_scarcest_window_decides(void **state)
{
    (void)state;
    struct rate_budget b = {.windows = 3,
        .window = {{50, now + MINUTE, 60}, {0, now + 40 * MINUTE, 3000}, {10, now + DAY, 50000}}};
    assert_int_equal(rate_budget_wait_ms(&b, 1, now), DAY / 10);
    b.window[2].left = 40000;
    assert_int_equal(rate_budget_wait_ms(&b, 1, now), 40 * MINUTE);
    assert_int_equal(rate_budget_wait_ms(&b, 1, now + 40 * MINUTE), 0);
}

/* Whatever a service sends: no crash, sane numbers, and never a wait past the window. */
static void random_headers_do_no_harm(void **state)
{
    (void)state;
    static const char *const pieces[] = {"\"minute\"", "\"", ";", ",", "r=", "t=", "q=", "58", "-1",
        "99999999999999999999", "=", " ", "\\", "0", "\"api\"", "w=", "\x80", ".", "\"m\";r=1;t=2"};
    uint64_t seed = 987654321;
    for (int i = 0; i < 50000; i++) {
        char text[2][160] = {"", ""};
        for (int k = 0; k < 2; k++)
            for (uint64_t n = random_below(&seed, 12), used = 0; n; n--) {
                const char *piece = pieces[random_below(&seed, sizeof pieces / sizeof pieces[0])];
                memcpy(text[k] + used, piece, strlen(piece) + 1);
                used += strlen(piece);
            }
        struct rate_budget b = {0};
        int n = rate_budget_read(&b, text[0], text[1], now);
        assert_int_equal(n, b.windows);
        assert_in_range(n, 0, RATE_WINDOWS_MAX);
        for (int w = 0; w < n; w++) {
            assert_in_range(b.window[w].left, 0, 1000000000);
            assert_in_range(b.window[w].quota, 0, 1000000000);
            assert_in_range(b.window[w].reset_ms - now, S, DAY + S);
        }
        int64_t cost = (int64_t)random_below(&seed, 100);
        assert_in_range(rate_budget_wait_ms(&b, cost, now), 0, DAY + S);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_attempt_is_due_at_once),
        cmocka_unit_test(without_jitter_it_is_exact),
        cmocka_unit_test(another_interval_holds_from_the_next_attempt_on),
        cmocka_unit_test(hurrying_shortens_our_waiting_but_not_the_servers),
        cmocka_unit_test(hurrying_never_delays),
        cmocka_unit_test(a_demand_outlives_a_success_and_a_shorter_demand),
        cmocka_unit_test(nonsense_is_brought_into_bounds),
        cmocka_unit_test(due_times_keep_their_promises),
        cmocka_unit_test(jitter_spreads_and_repeats),
        cmocka_unit_test(the_longest_back_off_is_spread_too),
        cmocka_unit_test(runpods_headers_are_read),
        cmocka_unit_test(the_hubs_headers_are_read),
        cmocka_unit_test(a_missing_policy_leaves_the_quota_unknown),
        cmocka_unit_test(form_and_order_are_free),
        cmocka_unit_test(malformed_parts_are_skipped),
        cmocka_unit_test(an_open_quote_swallows_the_rest),
        cmocka_unit_test(garbage_does_not_make_it_forget),
        cmocka_unit_test(huge_numbers_saturate),
        cmocka_unit_test(numbers_of_any_length_stay_in_bounds),
        cmocka_unit_test(windows_past_the_maximum_are_left_out),
        cmocka_unit_test(plenty_costs_no_waiting),
        cmocka_unit_test(little_is_spread_over_what_remains),
        cmocka_unit_test(nothing_left_waits_for_the_reset),
        cmocka_unit_test(the_scarcest_window_decides),
        cmocka_unit_test(random_headers_do_no_harm),
    };
    return cmocka_run_group_tests_name("cadence", tests, NULL, NULL);
}
