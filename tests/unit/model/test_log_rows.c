/* What becomes one row of the log: the states of a progress bar, repeated lines; what the store makes of
 * them; and rows that say how much was lost. */
#include "news_make.h"

#include "dice.h"
#include "model/log_fold.h"

#include <stdio.h>

static struct text words(const char *s)
{
    return (struct text){s, strlen(s)};
}

/* ---- bars -------------------------------------------------------------------------------------------- */

static void bars_are_known_by_their_names(void **state)
{
    static const struct {
        const char *a, *b;
        bool same; /* they are states of one bar */
    } pairs[] = {
        {"Loading safetensors checkpoint shards:   0% Completed | 0/4 [00:00<?, ?it/s]",
            "Loading safetensors checkpoint shards:  50% Completed | 2/4 [00:01<00:01,  1.2it/s]",
            true},
        {"Loading safetensors checkpoint shards:   0% Completed | 0/4 [00:00<?, ?it/s]",
            "Loading pt checkpoint shards:  50% Completed | 2/4 [00:01<00:01,  1.2it/s]", false},
        {"  0%|          | 0/10", " 30%|###       | 3/10", true},
        {"(EngineCore pid=84) INFO 11-23 22:00:25 Capturing:  14%|█▍        | 5/35 [00:01<00:05]",
            "(EngineCore pid=84) INFO 11-23 22:00:29 Capturing:  40%|████      | 14/35", true},
        {"model-00001-of-00004.safetensors:  12%|█▏  | 1.2G/9.8G",
            "model-00002-of-00004.safetensors:  12%|█▏  | 1.2G/9.8G", false},
        {"0fb9c4c4f86f Extracting [====>      ]  12MB/40MB",
            "0fb9c4c4f86f Extracting [=======>   ]  30MB/40MB", true},
        {"0fb9c4c4f86f Extracting [====>      ]  12MB/40MB",
            "a3659837aaaa Extracting [====>      ]  12MB/40MB", false},
        {"   ━━━━━━━━╸━━━━━━━━━ 12.3/45.6 MB 10 MB/s", "   ━━━━━━━━━━━━━━╸━━━ 33.3/45.6 MB 10 MB/s",
            true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        uint32_t a = line_bar_of(words(pairs[i].a), NULL), b = line_bar_of(words(pairs[i].b), NULL);
        if (!a || !b || (a == b) != pairs[i].same)
            fail_msg("%s\n%s\n%u %u", pairs[i].a, pairs[i].b, (unsigned)a, (unsigned)b);
    }
}

static void what_only_has_a_percentage_is_no_bar(void **state)
{
    static const char *const lines[] = {"GPU KV cache usage: 0.5%, Prefix cache hit rate: 31.4%",
        "100% of requests failed", "[core.py:1100] x", "rate | 50 | 60%", "[...]", "list [>]", "%|",
        "%", "", "==== done ====", "a % b | c", "INFO [========== ok"};
    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        if (line_bar_of(words(lines[i]), NULL))
            fail_msg("taken for a bar: %s", lines[i]);
}

static void bars_say_how_far_they_are(void **state)
{
    static const struct {
        const char *line;
        int percent;
    } cases[] = {{" 30%|###  | 3/10", 30}, {"x: 100%|#####|", 100}, {"  7.5%|#    |", 7},
        {"a Extracting [==>   ] 1/2", -1}, {"wget 43%[===>    ] 1,2 MB", 43},
        {"x 99999%|##|", 100}};
    int percent;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_not_equal(line_bar_of(words(cases[i].line), &percent), 0);
        assert_int_equal(percent, cases[i].percent);
    }
}

/* ---- folding ------------------------------------------------------------------------------------------ */

static struct log_line line_of(const char *origin, const char *said, int64_t at_ms)
{
    struct log_line l = {
        .at_ms = at_ms, .order_ms = at_ms, .origin = words(origin), .line = words(said)};
    l.level = line_level_of(l.line);
    l.bar = line_bar_of(l.line, &l.percent);
    return l;
}

static void repeats_are_counted(void **state)
{
    struct log_line lines[] = {line_of("a/1", "tick", 1), line_of("b/1", "tick", 2),
        line_of("a/1", "tick", 3), line_of("b/1", "tock", 4), line_of("a/1", "tick", 5),
        line_of("b/1", "tick", 6)};
    (void)state;
    assert_int_equal(log_fold_lines(lines, 6), 4);
    assert_int_equal(lines[0].count, 3);
    assert_int_equal(lines[0].at_ms, 5);    /* the newest … */
    assert_int_equal(lines[0].order_ms, 1); /* … where the first stood */
    assert_true(lines[1].count < 2 && lines[2].count < 2 && lines[3].count < 2);
    assert_string_equal(lines[3].line.s, "tick"); /* another one was between */
}

static void what_differs_is_no_repeat(void **state)
{
    struct log_line lines[] = {line_of("a/1", "x", 1), line_of("a/1", "x", 2),
        line_of("a/1", "x", 3), line_of("a/1", "x", 4)};
    (void)state;
    lines[1].level = LINE_ERROR;
    lines[2].source = LINE_SYSTEM;
    lines[3].lost = 5;
    assert_int_equal(log_fold_lines(lines, 4), 4);
}

static void a_bar_is_one_row_until_it_starts_over(void **state)
{
    struct log_line lines[] = {line_of("a/1", "x: 10%|# |", 1), line_of("a/1", "hello", 2),
        line_of("a/1", "x: 60%|# |", 3), line_of("a/2", "x: 20%|# |", 4),
        line_of("a/1", "x: 100%|##|", 5), line_of("a/1", "x: 0%|  |", 6),
        line_of("a/1", "x: 5%|  |", 7)};
    (void)state;
    assert_int_equal(log_fold_lines(lines, 7), 4);
    assert_string_equal(lines[0].line.s, "x: 100%|##|");
    assert_int_equal(lines[0].order_ms, 1);
    assert_string_equal(lines[1].line.s, "hello");
    assert_string_equal(lines[2].line.s, "x: 20%|# |");
    assert_string_equal(lines[3].line.s, "x: 5%|  |");
}

/* ---- in the store --------------------------------------------------------------------------------------- */

static int set_up(void **state)
{
    *state = store_new(clock_real());
    return *state ? 0 : -1;
}

static int tear_down(void **state)
{
    store_free(*state);
    return 0;
}

static struct message *page_of(const struct log_line *lines, size_t count)
{
    struct message *m = news_new(NEWS_LOG, sizeof(struct log_page));
    struct log_page *page = m->payload;
    page->count = count;
    page->lines = news_array(m, count, sizeof *page->lines);
    for (size_t i = 0; i < count; i++) {
        page->lines[i] = lines[i];
        page->lines[i].origin = text_dup(m->arena, lines[i].origin);
        page->lines[i].line = text_dup(m->arena, lines[i].line);
    }
    return m;
}

static void say(struct store *s, const char *origin, const char *said, int64_t at_ms)
{
    struct log_line l = line_of(origin, said, at_ms);
    store_apply(s, page_of(&l, 1));
}

static void a_row_changes_in_its_place(void **state)
{
    struct store *s = *state;
    uint64_t first;
    say(s, "a/1", "x: 10%|# |", 1000);
    say(s, "a/1", "tick", 2000);
    say(s, "a/1", "x: 90%|# |", 3000);
    say(s, "a/1", "tick", 4000);
    uint64_t version = store_version(s, STORE_LOG);
    say(s, "a/1", "tick", 5000);
    assert_true(store_version(s, STORE_LOG) > version);
    assert_int_equal(store_log(s, &first), 2);
    assert_int_equal(first, 0);
    assert_string_equal(store_log_line(s, 0)->line.s, "x: 90%|# |");
    assert_int_equal(store_log_line(s, 0)->order_ms, 1000);
    assert_int_equal(store_log_line(s, 1)->count, 3);
    assert_int_equal(store_log_line(s, 1)->at_ms, 5000);
}

static void a_line_from_the_future_stands_where_it_came(void **state)
{
    struct store *s = *state;
    int64_t now = clock_wall_ms(clock_real());
    say(s, "a/1", "from far away", INT64_MAX - 1);
    assert_in_range(store_log_line(s, 0)->order_ms, now, now + 60000);
    assert_int_equal(store_log_line(s, 0)->at_ms, INT64_MAX - 1);
}

static void what_was_lost_is_a_row(void **state)
{
    struct store *s = *state;
    struct arena *a = arena_new(4096);
    assert_non_null(a);
    struct log_line loss = log_line_of_loss(a, 80000, 5, words("a/1"), NULL);
    assert_non_null(strstr(loss.line.s, "80 000 lines lost"));
    store_apply(s, page_of(&loss, 1));
    store_log_note_dropped(s, 1);
    assert_int_equal(store_log_dropped(s), 80001);
    assert_int_equal(store_log(s, NULL), 2);
    assert_non_null(strstr(store_log_line(s, 1)->line.s, "1 line lost"));
    arena_free(a);
}

/* Whatever comes in whatever pages, the rows are those of a plain list that is folded by the same rule; and
 * nothing that went is held. */
static void any_pages_make_the_same_rows(void **state)
{
    static const char *const origins[] = {"a/1", "a/2", "b/1"};
    static const char *const said[] = {
        "tick", "tock", "x: 10%|# |", "x: 40%|# |", "x: 100%|##|", "y [=>  ]", "ERROR no"};
    struct store *s = *state;
    struct dice dice = dice_new(__LINE__);
    static struct log_line all[6000];
    size_t n = 0;
    while (n < 6000) {
        size_t count = 1 + dice_below(&dice, 40), begin = n;
        for (size_t i = 0; i < count && n < 6000; i++, n++)
            all[n] = line_of(origins[dice_below(&dice, 3)], said[dice_below(&dice, 7)], (int64_t)n);
        store_apply(s, page_of(&all[begin], n - begin));
    }
    size_t rows = log_fold_lines(all, n), kept = store_log(s, NULL);
    assert_int_equal(kept, rows);
    for (size_t i = 0; i < rows; i++) {
        const struct log_line *l = store_log_line(s, i);
        assert_string_equal(l->line.s, all[i].line.s);
        assert_int_equal(l->count, all[i].count);
        assert_int_equal(l->order_ms, all[i].order_ms);
        assert_int_equal(l->at_ms, all[i].at_ms);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bars_are_known_by_their_names),
        cmocka_unit_test(what_only_has_a_percentage_is_no_bar),
        cmocka_unit_test(bars_say_how_far_they_are),
        cmocka_unit_test(repeats_are_counted),
        cmocka_unit_test(what_differs_is_no_repeat),
        cmocka_unit_test(a_bar_is_one_row_until_it_starts_over),
        TEST(a_row_changes_in_its_place),
        TEST(a_line_from_the_future_stands_where_it_came),
        TEST(what_was_lost_is_a_row),
        TEST(any_pages_make_the_same_rows),
    };
    return cmocka_run_group_tests_name("log rows", tests, NULL, NULL);
}
