/* Test requests: the form with its price, and what is seen of one and of many under way. */
#include "fixture.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void open_form(struct fixture *f, int columns, int rows)
{
    fixture_start(f);
    fixture_fill(f);
    fixture_open(f, columns, rows, false);
    fixture_type(f, "3/support");
    fixture_press(f, PRESS_ENTER);
    fixture_type(f, "t");
    assert_int_equal(screen_place(f->screen), PLACE_REQUEST_FORM);
}

static void to_field(struct fixture *f, int field)
{
    for (int i = 0; i < 8; i++)
        fixture_press(f, PRESS_UP);
    for (int i = 0; i < field; i++)
        fixture_press(f, PRESS_DOWN);
}

enum { PROMPT, BODY, ROUTE, TOKENS, COUNT, AT_ONCE };

static void set(struct fixture *f, int field, const char *value)
{
    to_field(f, field);
    fixture_press(f, PRESS_CTRL('u'));
    fixture_press(f, PRESS_CTRL('k'));
    fixture_type(f, value);
}

/* ---- the form ------------------------------------------------------------------------------------- */

static void test_the_form(void **state)
{
    struct fixture f;
    (void)state;
    open_form(&f, 80, 24);
    set(&f, COUNT, "60");
    fixture_golden(&f, "test-form-80x24");
    fixture_end(&f);
    open_form(&f, 120, 34);
    to_field(&f, ROUTE);
    fixture_golden(&f, "test-form-route-120x34");
    fixture_end(&f);
}

static void test_the_form_is_handed_over(void **state)
{
    struct fixture f;
    (void)state;
    open_form(&f, 80, 24);
    set(&f, PROMPT, "hello");
    set(&f, COUNT, "60");
    fixture_assert_shows(&f, "60 × ");
    fixture_assert_shows(&f, "shows the plan first");
    set(&f, COUNT, "1");
    fixture_assert_shows(&f, "sends it");
    fixture_press(&f, PRESS_ENTER);
    assert_int_equal(f.intent_count, 1);
    assert_int_equal(f.intents[0].action, ACTION_TEST);
    assert_string_equal(f.intents[0].id, "x2x4support");
    assert_string_equal(
        f.intents[0].values, "prompt=hello input= route=async max-tokens= count=1 concurrency=8 ");
    assert_int_not_equal(screen_place(f.screen), PLACE_REQUEST_FORM);
    fixture_end(&f);
}

static void test_what_cannot_be_sent_is_refused(void **state)
{
    struct fixture f;
    (void)state;
    open_form(&f, 120, 34);
    fixture_press(&f, PRESS_ENTER);
    fixture_assert_shows(&f, "a prompt, or a body");
    set(&f, PROMPT, "a");
    set(&f, BODY, "{}");
    fixture_press(&f, PRESS_ENTER);
    fixture_assert_shows(&f, "empty one of them");
    set(&f, PROMPT, "");
    fixture_press(&f, PRESS_ENTER);
    fixture_assert_shows(&f, "not empty");
    set(&f, BODY, "{bad");
    fixture_press(&f, PRESS_ENTER);
    fixture_assert_shows(&f, "not valid JSON");
    set(&f, BODY, "{\"prompt\":\"a\"}");
    set(&f, TOKENS, "5");
    fixture_press(&f, PRESS_ENTER);
    fixture_assert_shows(&f, "says its own limit");
    set(&f, TOKENS, "");
    to_field(&f, ROUTE);
    fixture_press(&f, PRESS_LEFT); /* from async round to chat */
    fixture_press(&f, PRESS_ENTER);
    fixture_assert_shows(&f, "\"messages\"");
    set(&f, COUNT, "10001");
    fixture_press(&f, PRESS_ENTER);
    fixture_assert_shows(&f, "10000");
    assert_int_equal(f.intent_count, 0);
    set(&f, COUNT, "20");
    set(&f, AT_ONCE, "9");
    to_field(&f, ROUTE);
    fixture_press(&f, PRESS_RIGHT);
    fixture_press(&f, PRESS_RIGHT); /* sync */
    fixture_press(&f, PRESS_ENTER);
    fixture_assert_shows(&f, "at most 8 at once");
    set(&f, AT_ONCE, "8");
    fixture_press(&f, PRESS_ENTER);
    assert_int_equal(f.intent_count, 1);
    fixture_end(&f);
}

static void test_read_only_has_no_form(void **state)
{
    struct fixture f;
    (void)state;
    fixture_start(&f);
    fixture_fill(&f);
    f.options.read_only = true;
    fixture_open(&f, 80, 24, false);
    fixture_type(&f, "3t");
    assert_int_equal(screen_place(f.screen), PLACE_ENDPOINTS);
    fixture_assert_shows(&f, "Read-only");
    fixture_end(&f);
}

static int edit(
    void *arg, struct text initial, size_t most, struct arena *a, struct text *out, struct err *e)
{
    (void)arg, (void)most;
    if (strstr(initial.s, "leave"))
        return err_hint(e, "the editor said no"), e->class = ERR_CANCEL, -1;
    *out = strstr(initial.s, "hello") ? text_from(a, "{\"prompt\":\"edited\"}")
                                      : text_from(a, "{ no json");
    return 0;
}

static void test_the_body_is_edited(void **state)
{
    struct fixture f;
    (void)state;
    open_form(&f, 120, 34);
    fixture_press(&f, PRESS_CTRL('o')); /* this host has no editor */
    f.host.edit = edit;
    set(&f, PROMPT, "leave");
    fixture_press(&f, PRESS_CTRL('o'));
    fixture_assert_shows(&f, "the editor said no");
    fixture_assert_shows(&f, "leave");
    set(&f, PROMPT, "what");
    fixture_press(&f, PRESS_CTRL('o'));
    fixture_assert_shows(&f, "not valid JSON");
    fixture_assert_shows(&f, "{ no json"); /* to be mended */
    set(&f, BODY, "");
    set(&f, PROMPT, "hello");
    fixture_press(&f, PRESS_CTRL('o'));
    fixture_press(&f, PRESS_ENTER);
    assert_int_equal(f.intent_count, 1);
    assert_string_equal(f.intents[0].values,
        "prompt= input={\"prompt\":\"edited\"} route=async max-tokens= count=1 concurrency=8 ");
    fixture_end(&f);
}

/* ---- under way ------------------------------------------------------------------------------------- */

static void add_times(
    struct burst_report *r, enum burst_time time, int64_t first, int64_t step, int n)
{
    struct burst_samples s = {0};
    for (int i = 0; i < n; i++)
        assert_int_equal(burst_samples_add(&s, first + step * i * i), 0);
    r->times[time] = burst_times_of(&s);
    burst_samples_release(&s);
}

static struct burst_report burst(void)
{
    struct burst_report r = {.route = BURST_ASYNC,
        .count = 60,
        .at_once = 8,
        .sent = 46,
        .refused = 3,
        .tokens_in = 4560,
        .tokens_out = 3800,
        .cost = 0.0158,
        .priced = 38,
        .took_ms = 9500,
        .per_second = 4.1,
        .evidence = burst_evidence_none(),
        .answer = TEXT(""),
        .error = TEXT("job timed out after 1 retries")};
    r.evidence.cost_request = 0.00041;
    r.evidence.cost_count = 37;
    r.estimate = burst_estimate(&r.evidence, r.count);
    r.outcomes[REQUEST_COMPLETED] = 37;
    r.outcomes[REQUEST_FAILED] = 2;
    r.outcomes[REQUEST_IN_QUEUE] = 5;
    r.outcomes[REQUEST_IN_PROGRESS] = 2;
    add_times(&r, BURST_TOTAL, 900, 22, 37);
    add_times(&r, BURST_WAITED, 40, 21, 37);
    add_times(&r, BURST_RAN, 850, 1, 37);
    return r;
}

static struct operation operation_of(const struct burst_report *r, enum operation_state state)
{
    struct operation o = {.id = "test-1",
        .kind = OPERATION_TEST,
        .state = state,
        .title = r->count == 1 ? TEXT("support, 1 request") : TEXT("support, 60 requests"),
        .note = r->count == 1 ? TEXT("running") : TEXT("46 of 60 sent · 37 done · 2 failed"),
        .endpoint_name = TEXT("support"),
        .endpoint_id = "x2x4support",
        .ended_ms = -1,
        .speed = NAN,
        .eta_s = NAN,
        .price_min = NAN,
        .price_max = NAN,
        .first_cost = NAN,
        .step_count = 2,
        .steps = {{.name = "price", .state = STEP_DONE, .note = TEXT("≈$.025")},
            {.name = "requests", .state = STEP_RUNNING, .note = TEXT("46 of 60 sent")}},
        .test = r};
    return o;
}

static void look_at_burst(const char *golden, int columns, int rows, bool ascii)
{
    struct fixture f;
    struct burst_report r = burst();
    struct operation o = operation_of(&r, OPERATION_RUNNING);
    fixture_start(&f);
    fixture_fill(&f);
    fixture_open(&f, columns, rows, ascii);
    o.started_ms = store_wall_ms(f.store);
    fixture_operation(&f, &o);
    fixture_advance(&f, 9000);
    assert_int_equal(screen_place(f.screen), PLACE_OPERATION); /* opened by itself */
    fixture_golden(&f, golden);
    fixture_end(&f);
}

static void test_a_burst(void **state)
{
    (void)state;
    look_at_burst("burst-120x34", 120, 34, false);
    look_at_burst("burst-80x24", 80, 24, false);
    look_at_burst("burst-ascii-100x40", 100, 40, true);
}

/* A test that is under way is what `t` leads to; stopping it says what that means. */
static void test_a_burst_is_found_again_and_stopped(void **state)
{
    struct fixture f;
    struct burst_report r = burst();
    struct operation o = operation_of(&r, OPERATION_RUNNING);
    (void)state;
    fixture_start(&f);
    fixture_fill(&f);
    fixture_open(&f, 120, 34, false);
    o.started_ms = store_wall_ms(f.store);
    fixture_operation(&f, &o);
    fixture_press(&f, PRESS_ESCAPE);
    fixture_type(&f, "3/support");
    fixture_press(&f, PRESS_ENTER);
    fixture_type(&f, "t");
    assert_int_equal(screen_place(f.screen), PLACE_OPERATION);
    fixture_type(&f, "x");
    fixture_assert_shows(&f, "cancelled there");
    fixture_type(&f, "y");
    assert_int_equal(f.intents[0].action, ACTION_STOP);
    assert_string_equal(f.intents[0].id, "test-1");
    o.state = OPERATION_CANCELLED;
    o.ended_ms = store_wall_ms(f.store);
    err_set(&o.error, ERR_CANCEL, 0, "cancelled");
    fixture_operation(&f, &o);
    fixture_assert_hides(&f, "resume");
    fixture_type(&f, "t"); /* and once more */
    assert_int_equal(screen_place(f.screen), PLACE_REQUEST_FORM);
    fixture_end(&f);
}

static void test_a_single_answer_comes(void **state)
{
    struct fixture f;
    struct burst_report r = {.route = BURST_STREAM,
        .count = 1,
        .at_once = 1,
        .sent = 1,
        .tokens_in = -1,
        .tokens_out = -1,
        .cost = NAN,
        .per_second = NAN,
        .evidence = burst_evidence_none(),
        .answer = TEXT("The notice period is three months\nfor both"),
        .error = TEXT("")};
    (void)state;
    r.outcomes[REQUEST_IN_PROGRESS] = 1;
    struct operation o = operation_of(&r, OPERATION_RUNNING);
    fixture_start(&f);
    fixture_fill(&f);
    fixture_open(&f, 80, 24, false);
    o.started_ms = store_wall_ms(f.store);
    fixture_operation(&f, &o);
    fixture_assert_shows(&f, "Answer so far");
    fixture_assert_shows(&f, "three months");
    fixture_golden(&f, "test-single-80x24");
    fixture_end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_form),
        cmocka_unit_test(test_the_form_is_handed_over),
        cmocka_unit_test(test_what_cannot_be_sent_is_refused),
        cmocka_unit_test(test_read_only_has_no_form),
        cmocka_unit_test(test_the_body_is_edited),
        cmocka_unit_test(test_a_burst),
        cmocka_unit_test(test_a_burst_is_found_again_and_stopped),
        cmocka_unit_test(test_a_single_answer_comes),
    };
    return cmocka_run_group_tests_name("test requests", tests, NULL, NULL);
}
