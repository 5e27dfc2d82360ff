/* What presses and news do to the screen: focus, filters, questions, messages; and that nothing is drawn
 * without a reason. */
#include "fixture.h"

#include "dice.h"
#include "model/filter.h"

#include "../unit/ui/screen.h"

#include <math.h>

static void start(struct fixture *f, int columns, int rows)
{
    fixture_start(f);
    fixture_fill(f);
    fixture_open(f, columns, rows, false);
    fixture_text(f, false);
}

static const struct fixture_intent *last_intent(const struct fixture *f)
{
    assert_true(f->intent_count > 0);
    return &f->intents[f->intent_count - 1];
}

static void assert_copied(struct fixture *f, const char *id)
{
    fixture_press(f, 'C');
    assert_int_equal(last_intent(f)->action, ACTION_COPY);
    assert_string_equal(last_intent(f)->text, id);
}

/* ---- getting about ----------------------------------------------------------------------------------- */

static void test_focus(void **state)
{
    struct fixture f;
    (void)state;
    start(&f, 80, 24);
    assert_int_equal(screen_place(f.screen), PLACE_JOBS);
    fixture_press(&f, PRESS_TAB);
    assert_int_equal(screen_place(f.screen), PLACE_UPLOADS);
    fixture_press(&f, PRESS_BACK_TAB);
    fixture_press(&f, PRESS_BACK_TAB);
    assert_int_equal(screen_place(f.screen), PLACE_LOGS);
    fixture_press(&f, PRESS_TAB);
    assert_int_equal(screen_place(f.screen), PLACE_JOBS);
    fixture_press(&f, '4');
    assert_int_equal(screen_place(f.screen), PLACE_MODELS);
    fixture_assert_shows(&f, "SERVES"); /* the focused pane alone has column titles */
    fixture_assert_hides(&f, "METHOD");
    fixture_end(&f);
}

static void test_zoom(void **state)
{
    struct fixture f;
    (void)state;
    start(&f, 120, 34);
    fixture_assert_shows(&f, "4 Models");
    fixture_press(&f, 'z');
    fixture_assert_hides(&f, "4 Models");
    fixture_press(&f, PRESS_ESCAPE);
    fixture_assert_shows(&f, "4 Models");
    fixture_type(&f, "33"); /* the digit of the pane one is in */
    fixture_assert_hides(&f, "4 Models");
    fixture_press(&f, '4');
    fixture_assert_hides(&f, "3 Endpoints");
    fixture_end(&f);
}

static void test_cursor_stays(void **state)
{
    struct fixture f;
    (void)state;
    start(&f, 120, 34);
    fixture_type(&f, "5");
    fixture_press(&f, PRESS_DOWN);
    assert_copied(&f, "77c2e8f0-u1");
    struct request r = {.id = "new-u1",
        .endpoint_id = "x2x4support",
        .status = REQUEST_IN_PROGRESS,
        .submitted_ms = store_wall_ms(f.store),
        .ended_ms = -1,
        .delay_ms = -1,
        .execution_ms = -1,
        .tokens_in = -1,
        .tokens_out = -1,
        .price_hour = (double)NAN,
        .cost = (double)NAN};
    fixture_request(&f, &r);
    fixture_assert_shows(&f, "2 open");
    assert_copied(&f, "77c2e8f0-u1");
    fixture_end(&f);
}

static void test_open_and_back(void **state)
{
    struct fixture f;
    (void)state;
    start(&f, 120, 34);
    fixture_type(&f, "3");
    fixture_press(&f, PRESS_ENTER);
    assert_int_equal(screen_place(f.screen), PLACE_ENDPOINT);
    assert_string_equal(f.focus, "x2x4legal"); /* the row that needs attention comes first */
    fixture_press(&f, PRESS_ESCAPE);
    assert_int_equal(screen_place(f.screen), PLACE_ENDPOINTS);
    assert_string_equal(f.focus, "");
    fixture_press(&f, 'l');
    assert_int_equal(screen_place(f.screen), PLACE_LOGS);
    fixture_assert_shows(&f, "ValueError");
    fixture_assert_hides(&f, "tokenizer class"); /* another endpoint's */
    fixture_type(&f, "2");
    assert_int_equal(screen_place(f.screen), PLACE_UPLOADS);
    fixture_end(&f);
}

/* ---- filter ------------------------------------------------------------------------------------------ */

static void test_filter(void **state)
{
    struct fixture f;
    (void)state;
    start(&f, 120, 34);
    fixture_type(&f, "/dpo");
    fixture_assert_shows(&f, "/dpo · 1 of 4"); /* while it is typed */
    fixture_assert_hides(&f, "triage-v2");
    fixture_press(&f, PRESS_ESCAPE);
    fixture_assert_shows(&f, "triage-v2");
    fixture_type(&f, "/status:failed");
    fixture_press(&f, PRESS_ENTER);
    fixture_assert_hides(&f, "support-v7        sft");
    fixture_type(&f, "/");
    fixture_assert_shows(&f, "/status:failed ");
    fixture_press(&f, PRESS_ESCAPE);
    fixture_assert_hides(&f, "support-v7        sft");
    fixture_press(&f, PRESS_ESCAPE);
    fixture_assert_shows(&f, "support-v7        sft");
    fixture_type(&f, "/nowhere");
    fixture_press(&f, PRESS_ENTER);
    fixture_assert_shows(&f, "No row matches /nowhere");
    fixture_end(&f);
}

static void test_filter_not_understood(void **state)
{
    struct fixture f;
    (void)state;
    start(&f, 120, 34);
    fixture_type(&f, "//(/");
    fixture_assert_shows(&f, "triage-v2"); /* all pass until it can be understood */
    struct err why;
    err_clear(&why);
    assert_null(filter_new(TEXT("/(/"), &why));
    why.message[20] = '\0';
    fixture_assert_shows(&f, why.message);
    fixture_end(&f);
}

static void test_paste(void **state)
{
    struct fixture f;
    (void)state;
    start(&f, 120, 34);
    screen_paste(f.screen, "q", 1); /* nobody types: pasted text is no key */
    assert_int_equal(f.intent_count, 0);
    fixture_type(&f, "/");
    screen_paste(f.screen, "legal\x1b[2J", 9);
    fixture_assert_shows(&f, "/legal");
    fixture_assert_hides(&f, "triage-v2");
    fixture_end(&f);
}

/* ---- help and palette -------------------------------------------------------------------------------- */

static void test_help(void **state)
{
    struct fixture f;
    (void)state;
    start(&f, 120, 60);
    fixture_type(&f, "3?");
    fixture_assert_shows(&f, "Keys: Endpoints");
    const struct action_table *t = actions_table();
    for (size_t i = 0; i < t->count; i++)
        if ((t->actions[i].places & AT(PLACE_ENDPOINTS)) && t->actions[i].keys[0])
            fixture_assert_shows(&f, t->actions[i].help);
    fixture_press(&f, PRESS_ESCAPE);
    fixture_assert_hides(&f, "Keys:");
    fixture_end(&f);
}

static void test_help_scrolls(void **state)
{
    struct fixture f;
    (void)state;
    start(&f, 80, 24);
    fixture_type(&f, "?");
    fixture_assert_hides(&f, "Ends Slipway");
    for (int i = 0; i < 200; i++)
        fixture_press(&f, PRESS_DOWN);
    fixture_assert_shows(&f, "Ends Slipway");
    fixture_assert_shows(&f, "not known"); /* the last line */
    fixture_assert_shows(&f, "up: back");
    fixture_assert_hides(&f, "\xef\xbf\xbd");
    fixture_assert_hides(&f, "…"); /* nothing is cut on the smallest usual terminal */
    fixture_end(&f);
}

/* Where letters are typed, none of them is said to do anything. */
static void test_help_of_a_form(void **state)
{
    struct fixture f;
    (void)state;
    start(&f, 120, 60);
    fixture_type(&f, "u");
    fixture_press(&f, PRESS_F1);
    fixture_assert_shows(&f, "Keys: upload form");
    fixture_assert_shows(&f, "│ F1 ");
    fixture_assert_shows(&f, "│ Ctrl-C ");
    fixture_assert_hides(&f, "q  Ctrl-C");
    fixture_end(&f);
}

static void test_palette(void **state)
{
    struct fixture f;
    (void)state;
    start(&f, 120, 34);
    fixture_type(&f, "3:");
    fixture_assert_shows(&f, "asks y"); /* stop */
    fixture_type(&f, "zo");
    fixture_assert_shows(&f, "Gives the pane the whole screen");
    fixture_press(&f, PRESS_TAB);
    fixture_assert_shows(&f, ":zoom");
    fixture_press(&f, PRESS_ENTER);
    fixture_assert_hides(&f, "4 Models");
    fixture_type(&f, ":frobnicate");
    fixture_assert_shows(&f, "no such command");
    fixture_press(&f, PRESS_ENTER); /* stays, so that it can be mended */
    fixture_assert_shows(&f, ":frobnicate");
    fixture_press(&f, PRESS_ESCAPE);
    fixture_assert_hides(&f, ":frobnicate");
    fixture_end(&f);
}

/* ---- asking before ----------------------------------------------------------------------------------- */

static void test_confirm(void **state)
{
    struct fixture f;
    (void)state;
    start(&f, 120, 34);
    fixture_type(&f, "5c");
    fixture_assert_shows(&f, "a1f0c3d4-u1");
    fixture_assert_shows(&f, "not done yet");
    fixture_press(&f, PRESS_ENTER); /* not a yes */
    assert_int_equal(f.intent_count, 0);
    fixture_assert_hides(&f, "not done yet");
    fixture_type(&f, "cy");
    assert_int_equal(last_intent(&f)->action, ACTION_CANCEL_REQUEST);
    assert_string_equal(last_intent(&f)->id, "a1f0-u1");
    fixture_press(&f, PRESS_DOWN);
    fixture_type(&f, "c"); /* one that is done */
    fixture_assert_shows(&f, "This request is over");
    assert_int_equal(f.intent_count, 1);
    fixture_end(&f);
}

static void test_confirm_keeps_its_row(void **state)
{
    struct fixture f;
    (void)state;
    start(&f, 120, 34);
    fixture_type(&f, "5");
    struct request r = {.id = "a0-u1",
        .endpoint_id = "x2x4legal",
        .status = REQUEST_IN_QUEUE,
        .submitted_ms = store_wall_ms(f.store) - 3600000,
        .ended_ms = -1,
        .delay_ms = -1,
        .execution_ms = -1,
        .tokens_in = -1,
        .tokens_out = -1};
    fixture_type(&f, "c");
    fixture_request(&f, &r);
    r.status = REQUEST_IN_PROGRESS;
    snprintf(r.id, sizeof r.id, "a1f0-u1"); /* the row that was asked about moves */
    fixture_request(&f, &r);
    fixture_type(&f, "y");
    assert_int_equal(last_intent(&f)->action, ACTION_CANCEL_REQUEST);
    assert_string_equal(last_intent(&f)->id, "a1f0-u1");
    fixture_type(&f, "c");
    fixture_assert_shows(&f, "not done yet");
    r.status = REQUEST_COMPLETED; /* and now it is over */
    fixture_request(&f, &r);
    fixture_assert_hides(&f, "not done yet");
    fixture_assert_shows(&f, "What was asked about is over");
    fixture_end(&f);
}

static void test_confirm_marked(void **state)
{
    struct fixture f;
    (void)state;
    start(&f, 120, 34);
    fixture_type(&f, "5*"); /* two of them are over */
    fixture_press(&f, PRESS_END);
    fixture_type(&f, "c");
    fixture_assert_shows(&f, "a1f0c3d4-u1");
    fixture_type(&f, "y");
    assert_int_equal(f.intent_count, 1);
    assert_string_equal(last_intent(&f)->id, "a1f0-u1");
    fixture_end(&f);
}

static void test_confirm_by_name(void **state)
{
    static const struct action list[] = {
        {ACTION_CANCEL_REQUEST, "cancel", "cancel", "Cancels it", {'c'}, AT_ALL, 3, true},
        {ACTION_PANE_5, "requests", NULL, "Requests", {'5'}, AT_ALL, 0, false}};
    static const struct action_table table = {list, 2};
    struct fixture f;
    (void)state;
    fixture_start(&f);
    fixture_fill(&f);
    f.options.actions = &table;
    fixture_open(&f, 120, 34, false);
    fixture_type(&f, "5cy");
    fixture_press(&f, PRESS_ENTER);
    fixture_assert_shows(&f, "not the name");
    fixture_press(&f, PRESS_BACKSPACE);
    screen_paste(f.screen, "a1f0c3d4-u1", 11);
    fixture_press(&f, PRESS_ENTER);
    assert_int_equal(f.intent_count, 0);
    fixture_type(&f, "a1f0c3d4-u1");
    fixture_press(&f, PRESS_ENTER);
    assert_int_equal(last_intent(&f)->action, ACTION_CANCEL_REQUEST);
    fixture_end(&f);
}

/* ---- requests ---------------------------------------------------------------------------------------- */

/* Only what failed is queued again, marked ones too; the others say why not. */
static void test_retry(void **state)
{
    struct fixture f;
    (void)state;
    start(&f, 120, 34);
    fixture_type(&f, "5R"); /* in the queue */
    fixture_assert_shows(&f, "This request is still under way");
    fixture_press(&f, PRESS_DOWN);
    fixture_type(&f, "R"); /* done */
    fixture_assert_shows(&f, "only failed and timed out requests");
    assert_int_equal(f.intent_count, 0);
    fixture_type(&f, "*R"); /* one of all failed */
    fixture_assert_shows(&f, "9b1e77c2-u1");
    fixture_type(&f, "y");
    assert_int_equal(f.intent_count, 1);
    assert_int_equal(last_intent(&f)->action, ACTION_RETRY_REQUEST);
    assert_string_equal(last_intent(&f)->id, "9b1e-u1");
    fixture_end(&f);
}

/* It is said what it costs; what cannot be sent as it was says why. */
static void test_send_again(void **state)
{
    struct fixture f;
    (void)state;
    start(&f, 120, 34);
    fixture_type(&f, "5s");
    fixture_assert_shows(&f, "Its input is not known");
    fixture_press(&f, PRESS_DOWN);
    fixture_type(&f, "s");
    fixture_assert_shows(&f, "typically costs");
    fixture_assert_shows(&f, "Where is my parcel?");
    fixture_press(&f, PRESS_ENTER); /* not a yes */
    assert_int_equal(f.intent_count, 0);
    fixture_type(&f, "sy");
    assert_int_equal(last_intent(&f)->action, ACTION_SEND_AGAIN);
    assert_string_equal(last_intent(&f)->id, "77c2-u1");
    fixture_end(&f);
}

static void test_look_up(void **state)
{
    struct fixture f;
    (void)state;
    start(&f, 120, 34);
    fixture_type(&f, "5i");
    fixture_assert_shows(&f, "Request:");
    fixture_type(&f, "one two three");
    fixture_press(&f, PRESS_ENTER); /* nothing that could be one */
    fixture_assert_shows(&f, "ENDPOINT ID");
    fixture_press(&f, PRESS_ESCAPE);
    assert_int_equal(f.intent_count, 0);
    fixture_type(&f, "i");
    screen_paste(f.screen, "abc-u1\n", 7); /* of the row's endpoint */
    fixture_press(&f, PRESS_ENTER);
    assert_int_equal(last_intent(&f)->action, ACTION_LOOKED_UP);
    assert_string_equal(last_intent(&f)->text, "x2x4legal/abc-u1");
    fixture_type(&f, "isupport  77c2e8f0-u1"); /* by name; it is there: the cursor goes to it */
    fixture_press(&f, PRESS_ENTER);
    assert_string_equal(last_intent(&f)->text, "x2x4support/77c2e8f0-u1");
    assert_copied(&f, "77c2e8f0-u1");
    fixture_end(&f);
}

static void test_quit(void **state)
{
    struct fixture f;
    (void)state;
    start(&f, 120, 34);
    fixture_type(&f, "q"); /* an upload is under way */
    assert_int_equal(f.intent_count, 0);
    fixture_assert_shows(&f, "Quit with 1 operation under way?");
    fixture_press(&f, PRESS_ESCAPE);
    fixture_type(&f, "qq");
    assert_int_equal(last_intent(&f)->action, ACTION_QUIT);
    fixture_end(&f);
    fixture_start(&f);
    fixture_open(&f, 80, 24, false);
    fixture_type(&f, "q");
    assert_int_equal(last_intent(&f)->action, ACTION_QUIT);
    fixture_press(&f, PRESS_CTRL('l'));
    assert_int_equal(last_intent(&f)->action, ACTION_REPAINT);
    fixture_end(&f);
}

static void test_read_only(void **state)
{
    struct fixture f;
    (void)state;
    fixture_start(&f);
    fixture_fill(&f);
    f.options.read_only = true;
    fixture_open(&f, 120, 34, false);
    fixture_type(&f, "u");
    fixture_assert_shows(&f, "Read-only: upload would write");
    assert_int_equal(screen_place(f.screen), PLACE_JOBS);
    const struct action_table *t = actions_table();
    for (size_t i = 0; i < t->count; i++) {
        for (int pane = 0; t->actions[i].writes && pane < 6; pane++) {
            fixture_press(&f, '1' + pane);
            for (size_t k = 0; k < ACTION_KEYS_MAX && t->actions[i].keys[k]; k++)
                if (t->actions[i].keys[k] != PRESS_ENTER)
                    fixture_press(&f, t->actions[i].keys[k]);
            fixture_type(&f, "y");
        }
    }
    for (size_t i = 0; i < f.intent_count; i++)
        assert_false(action_by_id(t, f.intents[i].action)->writes);
    fixture_end(&f);
}

/* ---- news -------------------------------------------------------------------------------------------- */

static void test_asking_opens(void **state)
{
    struct fixture f;
    (void)state;
    start(&f, 120, 34);
    fixture_type(&f, "/x");
    fixture_deployment(&f, OPERATION_ASKING);
    assert_int_equal(screen_place(f.screen), PLACE_JOBS); /* not while somebody types */
    fixture_press(&f, PRESS_ESCAPE);
    assert_int_equal(screen_place(f.screen), PLACE_OPERATION);
    fixture_press(&f, 'y'); /* nobody has seen the question yet */
    assert_int_equal(f.intent_count, 0);
    fixture_text(&f, false);
    fixture_press(&f, 'y');
    assert_int_equal(last_intent(&f)->action, ACTION_YES);
    assert_string_equal(last_intent(&f)->id, "dep-1");
    fixture_end(&f);
}

static void test_deployment(void **state)
{
    struct fixture f;
    (void)state;
    start(&f, 120, 34);
    fixture_deployment(&f, OPERATION_RUNNING);
    fixture_assert_shows(&f, "deploying: waits for the first worker · 41s");
    fixture_type(&f, "3");
    fixture_press(&f, PRESS_HOME);
    fixture_deployment(&f, OPERATION_FAILED);
    fixture_assert_shows(&f, "failed: No worker of triage came up");
    fixture_deployment(&f, OPERATION_RUNNING);
    fixture_deployment(&f, OPERATION_DONE);
    assert_int_equal(screen_place(f.screen), PLACE_MODELS);
    assert_copied(&f, "41aa-triage");
    fixture_assert_hides(&f, "deploying");
    fixture_end(&f);
}

static void test_model_comes_later(void **state)
{
    struct fixture f;
    (void)state;
    fixture_start(&f);
    fixture_open(&f, 120, 34, false);
    fixture_deployment(&f, OPERATION_RUNNING);
    fixture_deployment(&f, OPERATION_DONE);
    assert_int_equal(screen_place(f.screen), PLACE_MODELS);
    fixture_fill(&f);
    fixture_text(&f, false);
    assert_copied(&f, "41aa-triage");
    fixture_end(&f);
}

static void test_outcomes(void **state)
{
    struct fixture f;
    (void)state;
    start(&f, 120, 34);
    fixture_outcome(&f, true, "Request a1f0 is cancelled");
    fixture_assert_shows(&f, "✓ Request a1f0 is cancelled");
    fixture_advance(&f, 6000);
    assert_true(screen_stale(f.screen));
    fixture_assert_hides(&f, "is cancelled");
    fixture_outcome(&f, false, "RunPod refused to cancel");
    fixture_advance(&f, 6000);
    fixture_assert_shows(&f, "✗ RunPod refused to cancel");
    fixture_type(&f, "e");
    fixture_assert_shows(&f, "remote");
    fixture_assert_shows(&f, "500");
    fixture_assert_shows(&f, "try again in a minute");
    fixture_press(&f, PRESS_ENTER);
    fixture_assert_hides(&f, "try again in a minute");
    fixture_end(&f);
}

/* ---- drawing only when there is something to draw ---------------------------------------------------- */

static void test_stale(void **state)
{
    struct fixture f;
    (void)state;
    start(&f, 120, 34);
    assert_false(screen_stale(f.screen));
    int64_t due = screen_due(f.screen), now = store_mono_ms(f.store);
    assert_true(due > now && due <= now + 1000); /* the clock */
    fixture_advance(&f, due - now - 1);
    assert_false(screen_stale(f.screen));
    fixture_advance(&f, 1);
    assert_true(screen_stale(f.screen));
    fixture_text(&f, false);
    fixture_press(&f, PRESS_DOWN);
    assert_true(screen_stale(f.screen));
    fixture_text(&f, false);
    fixture_log(&f, "slipway", LINE_INFO, "something");
    assert_true(screen_stale(f.screen));
    fixture_end(&f);
}

static void test_pause(void **state)
{
    struct fixture f;
    (void)state;
    start(&f, 120, 34);
    fixture_type(&f, "p");
    assert_true(screen_stale(f.screen)); /* that it is paused is shown */
    fixture_assert_shows(&f, "PAUSED");
    fixture_log(&f, "slipway", LINE_INFO, "arrives meanwhile");
    fixture_advance(&f, 5000);
    assert_false(screen_stale(f.screen));
    assert_int_equal(screen_due(f.screen), -1);
    fixture_type(&f, "p");
    assert_true(screen_stale(f.screen));
    fixture_assert_shows(&f, "arrives meanwhile");
    fixture_end(&f);
}

/* ---- any size ---------------------------------------------------------------------------------------- */

static void test_every_size(void **state)
{
    static const char *const overlays[] = {"", "?", ":", "/a", "5c", "6", "z"};
    static const int widths[] = {1, 2, 5, 16, 17, 30, 59, 60, 79, 99, 100, 131, 300};
    static const int heights[] = {1, 2, 3, 4, 7, 14, 15, 23, 24, 44, 45, 90};
    struct fixture f;
    (void)state;
    for (size_t o = 0; o < sizeof overlays / sizeof *overlays; o++) {
        start(&f, 80, 24);
        fixture_deployment(&f, OPERATION_RUNNING);
        fixture_outcome(&f, false, "Something went wrong that takes many words to be told well");
        fixture_type(&f, overlays[o]);
        for (size_t w = 0; w < sizeof widths / sizeof *widths; w++) {
            for (size_t h = 0; h < sizeof heights / sizeof *heights; h++) {
                f.canvas.ascii = (w + h) % 2;
                assert_int_equal(canvas_resize(&f.canvas, widths[w], heights[h]), 0);
                screen_draw(f.screen, &f.canvas);
                assert_null(check_canvas(&f.canvas));
            }
        }
        fixture_end(&f);
    }
}

/* ---- any keys ---------------------------------------------------------------------------------------- */

static void any_news(struct fixture *f, struct dice *dice)
{
    static const enum source_health healths[] = {SOURCE_OK, SOURCE_FAILED, SOURCE_OFF};
    switch (dice_below(dice, 6)) {
    case 0:
        fixture_deployment(f, (enum operation_state)dice_below(dice, OPERATION_STATES));
        return;
    case 1:
        fixture_source(f, (enum source)dice_below(dice, SOURCES), healths[dice_below(dice, 3)],
            5000, "It did not answer", "wait");
        return;
    case 2:
        fixture_outcome(f, dice_below(dice, 2), "Something came of it");
        return;
    case 3:
        fixture_fill(f);
        return;
    case 4:
        fixture_advance(f, (int64_t)dice_below(dice, 100000));
        return;
    default:
        fixture_log(f, "legal/8g3n", (enum line_level)dice_below(dice, LINE_LEVELS), "a line");
        return;
    }
}

static int32_t any_press(struct dice *dice)
{
    const struct action_table *t = actions_table();
    const struct action *action = &t->actions[dice_below(dice, t->count)];
    int32_t key = action->keys[dice_below(dice, ACTION_KEYS_MAX)];
    return key ? key : (int32_t)(' ' + dice_below(dice, 95));
}

/* Whatever is pressed while whatever arrives: the screen can be drawn, and no question is answered that
 * was not asked. */
static void test_any_keys(void **state)
{
    static const char pasted[] = "pasted \x1b[31m\n/x";
    (void)state;
    for (uint64_t seed = 1; seed <= 12; seed++) {
        struct dice dice = dice_new(seed);
        struct fixture f;
        fixture_start(&f);
        fixture_open(&f, 80, 24, seed % 2);
        for (int i = 0; i < 400; i++) {
            f.intent_count = 0;
            if (dice_below(&dice, 4) == 0)
                any_news(&f, &dice);
            else
                fixture_press(&f, any_press(&dice));
            if (dice_below(&dice, 20) == 0)
                screen_paste(f.screen, pasted, sizeof pasted - 1);
            if (dice_below(&dice, 10) == 0)
                canvas_resize(
                    &f.canvas, 1 + (int)dice_below(&dice, 160), 1 + (int)dice_below(&dice, 60));
            screen_draw(f.screen, &f.canvas);
            const char *fault = check_canvas(&f.canvas);
            if (fault)
                fprintf(stderr, "seed %llu, step %d\n", (unsigned long long)seed, i);
            assert_null(fault);
            assert_false(screen_stale(f.screen));
        }
        fixture_end(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_focus),
        cmocka_unit_test(test_zoom),
        cmocka_unit_test(test_cursor_stays),
        cmocka_unit_test(test_open_and_back),
        cmocka_unit_test(test_filter),
        cmocka_unit_test(test_filter_not_understood),
        cmocka_unit_test(test_paste),
        cmocka_unit_test(test_help),
        cmocka_unit_test(test_help_scrolls),
        cmocka_unit_test(test_help_of_a_form),
        cmocka_unit_test(test_palette),
        cmocka_unit_test(test_confirm),
        cmocka_unit_test(test_confirm_keeps_its_row),
        cmocka_unit_test(test_confirm_marked),
        cmocka_unit_test(test_confirm_by_name),
        cmocka_unit_test(test_retry),
        cmocka_unit_test(test_send_again),
        cmocka_unit_test(test_look_up),
        cmocka_unit_test(test_quit),
        cmocka_unit_test(test_read_only),
        cmocka_unit_test(test_asking_opens),
        cmocka_unit_test(test_deployment),
        cmocka_unit_test(test_model_comes_later),
        cmocka_unit_test(test_outcomes),
        cmocka_unit_test(test_stale),
        cmocka_unit_test(test_pause),
        cmocka_unit_test(test_every_size),
        cmocka_unit_test(test_any_keys),
    };
    return cmocka_run_group_tests_name("screen", tests, NULL, NULL);
}
