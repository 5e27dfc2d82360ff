/* What the screen makes of operations: a question about one goes with it, keys are offered where they do
 * something, and what went wrong is an alert until somebody has put it away. */
#include "fixture.h"

#include <math.h>

static const struct fixture_intent *last_intent(const struct fixture *f)
{
    assert_true(f->intent_count > 0);
    return &f->intents[f->intent_count - 1];
}

/* ---- questions --------------------------------------------------------------------------------------- */

/* A question about an operation goes when that operation does, whoever ended it. */
static void test_question_goes(void **state)
{
    static const enum operation_state ends[] = {
        OPERATION_DONE, OPERATION_FAILED, OPERATION_CANCELLED, OPERATION_INTERRUPTED};
    struct fixture f;
    (void)state;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        fixture_start(&f);
        fixture_fill(&f);
        fixture_open(&f, 120, 34, false);
        fixture_deployment(&f, OPERATION_RUNNING);
        fixture_type(&f, "3g");
        fixture_press(&f, PRESS_DOWN); /* behind the row that needs attention */
        fixture_type(&f, "x");
        fixture_assert_shows(&f, "Stop deploy");
        fixture_assert_hides(&f, "q quit"); /* no key of the pane works now */
        fixture_deployment(&f, OPERATION_RUNNING);
        fixture_assert_shows(&f, "Stop deploy");
        fixture_deployment(&f, ends[i]);
        fixture_assert_hides(&f, "Stop deploy");
        fixture_type(&f, "y");
        for (size_t k = 0; k < f.intent_count; k++)
            assert_int_not_equal(f.intents[k].action, ACTION_STOP);
        fixture_end(&f);
    }
}

static void test_quit_question_goes(void **state)
{
    struct fixture f;
    (void)state;
    fixture_start(&f);
    fixture_open(&f, 120, 34, false);
    fixture_deployment(&f, OPERATION_RUNNING);
    fixture_type(&f, "q");
    fixture_assert_shows(&f, "Quit with 1 operation under way?");
    fixture_deployment(&f, OPERATION_FAILED);
    fixture_assert_hides(&f, "under way?");
    fixture_type(&f, "q");
    assert_int_equal(last_intent(&f)->action, ACTION_QUIT);
    fixture_end(&f);
}

/* ---- operations that went wrong ---------------------------------------------------------------------- */

static void upload(struct fixture *f, enum operation_state state, enum err_class class)
{
    struct operation o = {.id = "up-9",
        .kind = OPERATION_UPLOAD,
        .state = state,
        .title = TEXT("acme/new"),
        .repository = TEXT("acme/new"),
        .folder = TEXT("/models/new"),
        .is_private = true,
        .speed = (double)NAN,
        .eta_s = (double)NAN};
    if (class != ERR_NONE)
        err_set(&o.error, class, 0, "it went wrong");
    fixture_operation(f, &o);
}

static void assert_hint(struct fixture *f, const char *hint, bool is_there)
{
    (is_there ? fixture_assert_shows : fixture_assert_hides)(f, hint);
}

/* Keys are offered where they do something: resuming not where what was asked for is wrong, the form not
 * while the operation is under way. */
static void test_keys_of_operations(void **state)
{
    static const struct {
        enum operation_state state;
        enum err_class class;
        bool resume, form, stop, dismiss;
    } cases[] = {
        {OPERATION_RUNNING, ERR_NONE, false, false, true, false},
        {OPERATION_FAILED, ERR_INPUT, false, true, false, true},
        {OPERATION_FAILED, ERR_NET, true, true, false, true},
        {OPERATION_FAILED, ERR_NONE, false, true, false, true}, /* known from the journal alone */
        {OPERATION_CANCELLED, ERR_CANCEL, true, true, false, false},
        {OPERATION_INTERRUPTED, ERR_NONE, true, true, false, true},
        {OPERATION_DONE, ERR_NONE, false, true, false, false},
    };
    struct fixture f;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fixture_start(&f);
        fixture_open(&f, 160, 34, false);
        upload(&f, cases[i].state, cases[i].class);
        fixture_advance(&f, 60000); /* the toast has gone */
        fixture_type(&f, "2");
        fixture_press(&f, PRESS_ENTER);
        assert_int_equal(screen_place(f.screen), PLACE_OPERATION);
        assert_hint(&f, "r resume", cases[i].resume);
        assert_hint(&f, "u upload", cases[i].form);
        assert_hint(&f, "x stop", cases[i].stop);
        assert_hint(&f, "X dismiss", cases[i].dismiss);
        assert_hint(&f, "d deploy", false); /* nothing has been committed */
        assert_hint(&f, "e error", cases[i].class != ERR_NONE && cases[i].class != ERR_CANCEL);
        fixture_type(&f, "r");
        assert_int_equal(
            f.intent_count > 0 && last_intent(&f)->action == ACTION_RESUME, cases[i].resume);
        fixture_type(&f, "u");
        assert_int_equal(
            screen_place(f.screen), cases[i].form ? PLACE_UPLOAD_FORM : PLACE_OPERATION);
        if (cases[i].form)
            fixture_assert_shows(&f, "/models/new");
        fixture_end(&f);
    }
}

static void test_dismiss(void **state)
{
    struct fixture f;
    (void)state;
    fixture_start(&f);
    fixture_open(&f, 120, 34, false);
    upload(&f, OPERATION_FAILED, ERR_NET);
    fixture_deployment(&f, OPERATION_FAILED);
    fixture_assert_shows(&f, "2 alerts");
    fixture_type(&f, "2X");
    fixture_assert_shows(&f, "1 alert ");
    fixture_assert_shows(&f, "acme/new"); /* history */
    fixture_type(&f, "X");
    fixture_assert_shows(&f, "There is no alert here to dismiss");
    fixture_type(&f, "3X");
    fixture_assert_hides(&f, "▲");
    fixture_assert_hides(&f, "triage ");
    fixture_deployment(&f, OPERATION_RUNNING); /* once more, and it fails once more */
    fixture_assert_shows(&f, "triage ");
    fixture_deployment(&f, OPERATION_FAILED);
    fixture_assert_shows(&f, "1 alert ");
    fixture_end(&f);
}

/* What failed in an earlier run of the program alarms nobody; what was interrupted then still waits. */
static void test_history_is_no_alert(void **state)
{
    struct fixture f;
    (void)state;
    fixture_start(&f);
    fixture_deployment(&f, OPERATION_FAILED);
    upload(&f, OPERATION_FAILED, ERR_NET);
    fixture_advance(&f, 60000);
    fixture_open(&f, 120, 34, false);
    fixture_assert_shows(&f, "failed: No worker of triage came up");
    fixture_assert_shows(&f, "failed: it w");
    fixture_assert_hides(&f, "▲");
    fixture_deployment(&f, OPERATION_INTERRUPTED);
    fixture_assert_shows(&f, "1 alert ");
    fixture_type(&f, "3X");
    fixture_assert_hides(&f, "▲");
    fixture_end(&f);
}

/* Left with Esc, the row still says what waits for a yes. */
static void test_a_question_that_was_left_says_what_it_asks(void **state)
{
    struct fixture f;
    struct operation o = {.id = "del-1",
        .kind = OPERATION_CHANGE,
        .state = OPERATION_ASKING,
        .risk = 3,
        .title = TEXT("legal"),
        .endpoint_name = TEXT("legal"),
        .confirm_word = TEXT("legal"),
        .plan = {TEXT("Delete the endpoint legal (x2x4legal)")},
        .plan_count = 1,
        .endpoint_id = "x2x4legal"};
    (void)state;
    fixture_start(&f);
    fixture_open(&f, 120, 34, false);
    fixture_operation(&f, &o);
    fixture_text(&f, false);
    fixture_press(&f, PRESS_ESCAPE);
    fixture_assert_shows(&f, "asks: Delete the endpoint legal (x2x4legal)?");
    fixture_end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_question_goes),
        cmocka_unit_test(test_quit_question_goes),
        cmocka_unit_test(test_keys_of_operations),
        cmocka_unit_test(test_dismiss),
        cmocka_unit_test(test_history_is_no_alert),
        cmocka_unit_test(test_a_question_that_was_left_says_what_it_asks),
    };
    return cmocka_run_group_tests_name("operations", tests, NULL, NULL);
}
