/* Where triage shows: the Why box of an opened endpoint, the state of its row, the WHY of its requests, what is
 * told when it begins and ends, and what keys do with a remedy. */
#include "triage_fixture.h"
#include "view_bench.h"

#include "../unit/ui/screen.h"

enum { MINUTE = 60 * 1000 };

static struct triage stuck;

static void start_bench(struct bench *b)
{
    bench_start(b, true);
    stuck = triage_fixture_stuck(&b->f);
    triage_fixture_send(&b->f, &stuck);
}

static void end_bench(struct bench *b)
{
    bench_end(b);
    triage_fixture_free(&stuck);
}

static void start_screen(struct fixture *f, int columns, int rows)
{
    fixture_start(f);
    fixture_fill(f);
    fixture_open(f, columns, rows, false);
    fixture_text(f, false);
    stuck = triage_fixture_stuck(f);
    triage_fixture_send(f, &stuck);
}

static void end_screen(struct fixture *f)
{
    fixture_end(f);
    triage_fixture_free(&stuck);
}

static void send_verdict(struct fixture *f, enum triage_verdict verdict, const char *sentence)
{
    struct triage t = {.endpoint_id = "x2x4legal",
        .name = TEXT("legal"),
        .observed_ms = store_wall_ms(f->store),
        .verdict = verdict,
        .sentence = {sentence, strlen(sentence)},
        .since_ms = store_wall_ms(f->store) - 2 * MINUTE,
        .waiting = 17,
        .in_progress = 0,
        .oldest_ms = 2 * MINUTE,
        .cost_hour = (double)NAN};
    if (verdict == TRIAGE_UNKNOWN) {
        t.not_read[0].what = "logs";
        t.not_read[0].why = TEXT("RunPod answered 403");
        t.not_read_count = 1;
    }
    triage_fixture_send(f, &t);
}

/* ---- how it looks ------------------------------------------------------------------------------------- */

static void test_looks(void **state)
{
    static const struct {
        int columns, rows;
        bool ascii;
        const char *name;
    } looks[] = {{80, 24, false, "why_80x24"}, {120, 34, false, "why_120x34"},
        {200, 60, false, "why_200x60"}, {40, 12, false, "why_40x12"}, {80, 24, true, "why_ascii"}};
    struct bench b;
    (void)state;
    start_bench(&b);
    for (size_t i = 0; i < sizeof looks / sizeof *looks; i++) {
        b.x.ascii = looks[i].ascii;
        bench_open(&b, &view_endpoint, "x2x4legal", looks[i].columns, looks[i].rows);
        b.c.ascii = looks[i].ascii;
        bench_golden(&b, looks[i].name);
        bench_shut(&b);
    }
    end_bench(&b);
}

static void test_overview_looks(void **state)
{
    static const int sizes[][2] = {{80, 24}, {120, 34}, {200, 60}};
    struct fixture f;
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        char name[64];
        start_screen(&f, sizes[i][0], sizes[i][1]);
        fixture_type(&f, "3");
        fixture_advance(&f, 20000); /* the message is gone */
        snprintf(name, sizeof name, "overview-stuck-%dx%d", sizes[i][0], sizes[i][1]);
        fixture_golden(&f, name);
        end_screen(&f);
    }
}

/* ---- what is said ------------------------------------------------------------------------------------- */

static void test_every_verdict_is_said_as_it_is(void **state)
{
    struct bench b;
    (void)state;
    bench_start(&b, true);
    bench_open(&b, &view_endpoint, "x2x4legal", 120, 34);
    bench_hides(&b, "STUCK");
    bench_shows(&b, "[workers]");
    bench_press(&b, 'w');
    bench_shows(&b, "reading what it takes to tell");
    send_verdict(&b.f, TRIAGE_WAITING, "fetching the image, 43 %");
    bench_shows(&b, "waiting 2m00s");
    bench_shows(&b, "fetching the image, 43 %");
    bench_hides(&b, "STUCK");
    send_verdict(&b.f, TRIAGE_UNKNOWN, "");
    bench_shows(&b, "unknown 2m00s");
    bench_shows(&b, "does not tell why");
    bench_shows(&b, "logs: RunPod answered 403");
    send_verdict(&b.f, TRIAGE_HEALTHY, "");
    bench_shows(&b, "Nothing waits longer than");
    bench_end(&b);
}

static void test_it_is_opened_where_the_trouble_is(void **state)
{
    struct bench b;
    (void)state;
    start_bench(&b);
    bench_open(&b, &view_endpoint, "x2x4legal", 120, 34);
    bench_shows(&b, "[why]");
    bench_shows(&b, "STUCK 14m20s");
    bench_shows(&b, "$2.04/h for nothing");
    bench_press(&b, PRESS_TAB);
    bench_shows(&b, "[workers]");
    bench_shows(&b, "STUCK 14m20s"); /* everywhere */
    send_verdict(&b.f, TRIAGE_WAITING, "fetching the image");
    bench_shows(&b, "[workers]"); /* nobody is torn away */
    bench_shut(&b);
    bench_open(&b, &view_endpoint, "x2x4support", 120, 34);
    bench_shows(&b, "[workers]");
    end_bench(&b);
}

static void test_what_nobody_looked_at_again_is_no_state(void **state)
{
    struct bench b;
    (void)state;
    start_bench(&b);
    fixture_advance(&b.f, 11 * MINUTE);
    bench_open(&b, &view_endpoint, "x2x4legal", 120, 34);
    bench_hides(&b, "STUCK");
    bench_press(&b, PRESS_BACK_TAB);
    bench_shows(&b, "looked 11m ago"); /* but it can be read */
    bench_shows(&b, "does-not-fit-gpu");
    end_bench(&b);
}

/* The stand-in's clock may run ahead of ours. */
static void test_a_clock_that_is_ahead(void **state)
{
    struct bench b;
    (void)state;
    start_bench(&b);
    struct triage t = stuck;
    t.observed_ms += 5 * MINUTE;
    t.since_ms += 5 * MINUTE;
    triage_fixture_send(&b.f, &t);
    bench_open(&b, &view_endpoint, "x2x4legal", 120, 34);
    bench_shows(&b, "STUCK 14m17s");
    bench_shows(&b, "looked 0s ago");
    struct health h = {.endpoint_id = "x2x4legal", .seen_ms = store_mono_ms(b.f.store), .idle = 1};
    fixture_send(&b.f, MESSAGE_RESULT, NEWS_HEALTH, &h, sizeof h);
    bench_hides(&b, "STUCK");
    bench_shows(&b, "Nothing waits any more");
    end_bench(&b);
}

/* ---- the cursor ---------------------------------------------------------------------------------------- */

static bool cursor_is_on(struct bench *b, const char *words)
{
    char line[256];
    const char *at = strstr(bench_text(b, false), "▸ r"),
               *first = strstr(bench_text(b, false), "│ ▸");
    at = first ? first : at;
    if (!at)
        return false;
    snprintf(line, sizeof line, "%.*s", (int)strcspn(at, "\n"), at);
    return strstr(line, words) != NULL;
}

static void test_all_of_it_is_reached_by_moving(void **state)
{
    struct bench b;
    (void)state;
    start_bench(&b);
    bench_open(&b, &view_endpoint, "x2x4legal", 80, 24);
    assert_true(cursor_is_on(&b, "r1"));
    bench_press(&b, PRESS_END);
    bench_shows(&b, "releases: RunPod answered 403");
    bench_shows(&b, "above");
    bench_press(&b, PRESS_UP);
    assert_true(cursor_is_on(&b, "r6"));
    bench_press(&b, PRESS_UP);
    bench_shows(&b, "ADA_24 is scarce");
    bench_shows(&b, "ADA_24: stock low");
    bench_press(&b, PRESS_HOME);
    bench_shows(&b, "The model does not fit");
    bench_hides(&b, "larger");
    bench_hides(&b, "core.py");
    bench_press(&b, PRESS_ENTER); /* on a diagnosis: in full */
    bench_shows(&b, "core.py");
    bench_shows(&b, "larger");
    bench_press(&b, PRESS_ENTER);
    bench_hides(&b, "larger");
    end_bench(&b);
}

static void test_the_cursor_stays_when_it_is_judged_anew(void **state)
{
    struct bench b;
    (void)state;
    start_bench(&b);
    bench_open(&b, &view_endpoint, "x2x4legal", 120, 34);
    bench_draw(&b);
    bench_press(&b, PRESS_DOWN);
    assert_true(cursor_is_on(&b, "r2"));
    struct triage anew = stuck; /* now the other one comes first */
    anew.diagnoses[0] = stuck.diagnoses[1];
    anew.diagnoses[1] = stuck.diagnoses[0];
    anew.diagnoses[1].remedy_count = 3;
    triage_fixture_send(&b.f, &anew);
    assert_true(cursor_is_on(&b, "Move to ADA_48_PRO"));
    anew.count = 0; /* and then nothing is left of it */
    triage_fixture_send(&b.f, &anew);
    bench_draw(&b);
    bench_press(&b, PRESS_ENTER);
    assert_int_equal(b.f.intent_count, 0);
    end_bench(&b);
}

/* ---- remedies ------------------------------------------------------------------------------------------- */

static void test_remedies_are_started_as_operations(void **state)
{
    static const struct {
        const char *keys, *asked;
    } cases[] = {
        {"r1", "\"context\":4096"}, {"r2", "ADA_48_PRO"}, {"r4", "\"purge\":true"}, {"\r", "4096"}};
    struct bench b;
    (void)state;
    start_bench(&b);
    bench_open(&b, &view_endpoint, "x2x4legal", 80, 24);
    bench_draw(&b);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bench_type(&b, cases[i].keys);
        assert_int_equal(b.f.intent_count, i + 1);
        assert_int_equal(bench_intent(&b)->action, ACTION_REMEDY);
        assert_string_equal(bench_intent(&b)->id, "x2x4legal");
        assert_non_null(strstr(bench_intent(&b)->asked, cases[i].asked));
    }
    bench_type(&b, "rx"); /* taken back */
    bench_type(&b, "r");
    bench_press(&b, PRESS_ESCAPE);
    bench_type(&b, "1");
    assert_int_equal(b.f.intent_count, 4);
    bench_type(&b, "r9");
    assert_string_equal(b.said, "There is no remedy of that number");
    end_bench(&b);
}

static void test_advice_is_not_done(void **state)
{
    struct bench b;
    (void)state;
    start_bench(&b);
    bench_open(&b, &view_endpoint, "x2x4legal", 80, 24);
    bench_draw(&b);
    bench_type(&b, "r5");
    assert_non_null(strstr(b.said, "By hand: Train it"));
    bench_type(&b, "r6");
    assert_non_null(strstr(b.said, "nothing to do"));
    b.x.read_only = true;
    bench_type(&b, "r1");
    assert_non_null(strstr(b.said, "Read-only"));
    assert_int_equal(b.f.intent_count, 0);
    end_bench(&b);
}

static void test_one_change_at_a_time(void **state)
{
    struct bench b;
    (void)state;
    start_bench(&b);
    struct operation o = {.id = "ch-1",
        .kind = OPERATION_CHANGE,
        .state = OPERATION_ASKING,
        .title = TEXT("legal"),
        .endpoint_id = "x2x4legal",
        .speed = NAN,
        .eta_s = NAN};
    fixture_operation(&b.f, &o);
    bench_open(&b, &view_endpoint, "x2x4legal", 80, 24);
    bench_draw(&b);
    bench_type(&b, "r1");
    assert_int_equal(b.f.intent_count, 0);
    assert_int_equal(b.opened, PLACE_OPERATION);
    assert_string_equal(b.opened_id, "ch-1");
    end_bench(&b);
}

static void test_a_request_is_cancelled_as_everywhere(void **state)
{
    struct bench b;
    (void)state;
    start_bench(&b);
    struct triage t = stuck;
    t.count = 1;
    t.diagnoses[0].remedy_count = 1;
    t.diagnoses[0].remedies[0] = (struct triage_remedy){.id = "cancel-job",
        .text = TEXT("Cancel the request a1f0c3d4-u1"),
        .means = TEXT("its result is lost"),
        .risk = 1,
        .can_be_applied = true,
        .calls = {{"POST", TEXT("/v2/x2x4legal/cancel/a1f0c3d4-u1"), NULL}},
        .call_count = 1};
    triage_fixture_send(&b.f, &t);
    bench_open(&b, &view_endpoint, "x2x4legal", 80, 24);
    bench_draw(&b);
    bench_type(&b, "r1");
    assert_int_equal(b.f.intent_count, 0);
    assert_int_equal(b.asked, ACTION_CANCEL_REQUEST);
    assert_string_equal(b.asked_id, "a1f0-u1");
    end_bench(&b);
}

/* ---- the screen ------------------------------------------------------------------------------------------ */

static void test_w_goes_there_from_everywhere(void **state)
{
    struct fixture f;
    (void)state;
    start_screen(&f, 120, 34);
    fixture_type(&f, "5");
    fixture_type(&f, "w"); /* the request that waits comes first */
    assert_int_equal(screen_place(f.screen), PLACE_ENDPOINT);
    assert_string_equal(f.triaged, "x2x4legal");
    fixture_assert_shows(&f, "[why]");
    fixture_assert_shows(&f, "looking again");
    fixture_press(&f, PRESS_TAB);
    fixture_assert_shows(&f, "[workers]");
    fixture_type(&f, "w");
    fixture_assert_shows(&f, "[why]");
    fixture_press(&f, PRESS_ESCAPE);
    assert_int_equal(screen_place(f.screen), PLACE_REQUESTS); /* it was not opened twice */
    f.triaged[0] = '\0';
    fixture_type(&f, "1w"); /* no endpoint behind a training job: the one that is stuck */
    assert_string_equal(f.triaged, "x2x4legal");
    assert_int_equal(screen_place(f.screen), PLACE_ENDPOINT);
    fixture_press(&f, PRESS_ESCAPE);
    send_verdict(&f, TRIAGE_HEALTHY, "");
    fixture_advance(&f, 20000); /* the messages are gone */
    f.triaged[0] = '\0';
    fixture_type(&f, "w");
    assert_string_equal(f.triaged, "");
    fixture_assert_shows(&f, "No endpoint has requests that wait");
    f.host.triage = NULL;
    fixture_type(&f, "3w");
    assert_int_equal(screen_place(f.screen), PLACE_ENDPOINT);
    end_screen(&f);
}

static void test_beginning_and_end_are_told(void **state)
{
    struct fixture f;
    (void)state;
    start_screen(&f, 120, 34);
    fixture_assert_shows(&f, "legal is stuck: The model does not fit");
    assert_string_equal(
        f.noted, "!legal is stuck: The model does not fit the GPU at this context length");
    fixture_assert_shows(&f, "▲ 1 alert");
    fixture_advance(&f, 20000);
    f.noted[0] = '\0';
    triage_fixture_send(&f, &stuck); /* again the same */
    fixture_assert_hides(&f, "legal is stuck:");
    fixture_advance(&f, 15 * MINUTE); /* old, but nothing says that it is over */
    triage_fixture_send(&f, &stuck);
    assert_string_equal(f.noted, "");
    send_verdict(&f, TRIAGE_WAITING, "a worker starts");
    assert_string_equal(f.noted, "legal is not stuck any more: a worker starts");
    fixture_assert_hides(&f, "▲");
    end_screen(&f);
}

static void test_the_end_is_seen_in_the_queue(void **state)
{
    struct fixture f;
    (void)state;
    start_screen(&f, 120, 34);
    fixture_advance(&f, 5000);
    struct health h = {.endpoint_id = "x2x4legal", .seen_ms = store_mono_ms(f.store), .idle = 1};
    fixture_send(&f, MESSAGE_RESULT, NEWS_HEALTH, &h, sizeof h);
    assert_string_equal(f.noted, "legal is not stuck any more");
    fixture_assert_hides(&f, "STUCK");
    end_screen(&f);
}

/* A change of the endpoint, done now. */
static void send_change(struct fixture *f)
{
    int64_t now = store_wall_ms(f->store);
    const struct operation o = {.id = "op-change",
        .kind = OPERATION_CHANGE,
        .state = OPERATION_DONE,
        .title = TEXT("legal"),
        .note = TEXT("legal: env MAX_MODEL_LEN 4096"),
        .endpoint_id = "x2x4legal",
        .started_ms = now - 5000,
        .updated_ms = now,
        .ended_ms = now};
    fixture_operation(f, &o);
}

static void test_what_was_done_is_watched(void **state)
{
    struct fixture f;
    (void)state;
    start_screen(&f, 120, 34);
    fixture_type(&f, "3w");
    fixture_assert_hides(&f, "Watching");
    send_change(&f);
    fixture_assert_shows(&f, "Watching whether it helps: legal: env MAX_MODEL_LEN 4096");
    fixture_advance(&f, 3 * MINUTE);
    fixture_assert_shows(&f, "Watching"); /* what is said was found before */
    send_verdict(&f, TRIAGE_STUCK, "3 workers crash on start");
    fixture_assert_shows(&f, "Still stuck after: legal");
    send_verdict(&f, TRIAGE_WAITING, "a worker starts");
    fixture_assert_shows(&f, "Watching");
    send_verdict(&f, TRIAGE_HEALTHY, "");
    fixture_assert_shows(&f, "Nothing is stuck since: legal");
    fixture_advance(&f, 61 * MINUTE);
    send_verdict(&f, TRIAGE_HEALTHY, "");
    fixture_assert_hides(&f, "Nothing is stuck since");
    end_screen(&f);
}

static void test_requests_say_why_they_wait(void **state)
{
    struct fixture f;
    (void)state;
    start_screen(&f, 140, 34);
    fixture_type(&f, "55");     /* the full screen */
    fixture_advance(&f, 20000); /* the message is gone */
    fixture_assert_shows(&f, "does not fit the GPU");
    fixture_assert_shows(&f, "worker lost, retried once"); /* a failed one says its own */
    send_verdict(&f, TRIAGE_HEALTHY, "");
    fixture_assert_hides(&f, "does not fit the GPU");
    fixture_assert_hides(&f, "no worker is up");
    end_screen(&f);
}

static void test_endpoints_are_filtered_by_it(void **state)
{
    struct fixture f;
    (void)state;
    start_screen(&f, 120, 34);
    fixture_type(&f, "33");
    fixture_assert_shows(&f, "STUCK 14m");
    fixture_assert_shows(&f, "1 stuck · 3");
    fixture_type(&f, "/state:stuck");
    fixture_press(&f, PRESS_ENTER);
    fixture_assert_shows(&f, "legal");
    fixture_assert_hides(&f, "asleep");
    end_screen(&f);
}

/* ---- sizes and hostile texts ------------------------------------------------------------------------------ */

static void test_every_size(void **state)
{
    struct bench b;
    (void)state;
    start_bench(&b);
    for (int w = 1; w <= 140; w += w < 60 ? 1 : 9) {
        for (int h = 1; h <= 50; h += h < 24 ? 1 : 7) {
            bench_open(&b, &view_endpoint, "x2x4legal", w, h);
            for (int i = 0; i < 3; i++) {
                bench_draw(&b);
                const char *fault = check_canvas(&b.c);
                if (fault)
                    fail_msg("%dx%d: %s", w, h, fault);
                bench_press(&b, i == 0 ? PRESS_END : PRESS_PAGE_UP);
            }
            bench_shut(&b);
        }
    }
    end_bench(&b);
}

/* Search in the log of an opened endpoint gets what is typed. */
static void test_its_log_is_searched(void **state)
{
    struct bench b;
    (void)state;
    start_bench(&b);
    bench_open(&b, &view_endpoint, "x2x4legal", 120, 34);
    bench_draw(&b);
    bench_type(&b, "/");
    bench_shows(&b, "[log]");
    bench_shows(&b, "Logs ▸ legal");
    bench_shows(&b, "Tab: next");
    bench_type(&b, "ValueError");
    bench_press(&b, PRESS_ENTER);
    bench_shows(&b, "found");
    end_bench(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_looks),
        cmocka_unit_test(test_overview_looks),
        cmocka_unit_test(test_every_verdict_is_said_as_it_is),
        cmocka_unit_test(test_it_is_opened_where_the_trouble_is),
        cmocka_unit_test(test_what_nobody_looked_at_again_is_no_state),
        cmocka_unit_test(test_a_clock_that_is_ahead),
        cmocka_unit_test(test_all_of_it_is_reached_by_moving),
        cmocka_unit_test(test_the_cursor_stays_when_it_is_judged_anew),
        cmocka_unit_test(test_remedies_are_started_as_operations),
        cmocka_unit_test(test_advice_is_not_done),
        cmocka_unit_test(test_one_change_at_a_time),
        cmocka_unit_test(test_a_request_is_cancelled_as_everywhere),
        cmocka_unit_test(test_w_goes_there_from_everywhere),
        cmocka_unit_test(test_beginning_and_end_are_told),
        cmocka_unit_test(test_the_end_is_seen_in_the_queue),
        cmocka_unit_test(test_what_was_done_is_watched),
        cmocka_unit_test(test_requests_say_why_they_wait),
        cmocka_unit_test(test_endpoints_are_filtered_by_it),
        cmocka_unit_test(test_every_size),
        cmocka_unit_test(test_its_log_is_searched),
    };
    return cmocka_run_group_tests_name("why", tests, NULL, NULL);
}
