/* Pages of a list: every item once, whatever the limit; cursors of others are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sim/page.h"

#include <stdio.h>
#include <string.h>

static struct json *items(int from, int to)
{
    struct json *out = json_new_array();
    for (int i = from; i < to; i++) {
        struct json *item = json_new_object();
        char id[16];
        (void)snprintf(id, sizeof id, "ep%d", i);
        (void)json_add_str(item, "id", id);
        (void)json_push(out, item);
    }
    return out;
}

static struct json *page(struct json *take, const char *limit, const char *cursor)
{
    struct json *errors = json_new_array();
    struct json *out = page_cut("endpoints", take, limit, cursor, errors);
    assert_int_equal(json_count(errors), out == NULL ? 1 : 0);
    json_free(errors);
    return out;
}

static const char *next_cursor(const struct json *p)
{
    const struct json *pagination = json_get(p, "pagination");
    const char *next = json_str(pagination, "nextCursor");
    assert_int_equal(json_bool(pagination, "hasNextPage", false), next != NULL);
    return next;
}

static void without_a_limit_all_is_one_page(void **state)
{
    (void)state;
    struct json *p = page(items(0, 1000), NULL, NULL);
    assert_int_equal(json_count(json_get(p, "endpoints")), 1000);
    assert_null(next_cursor(p));
    json_free(p);
    p = page(items(0, 1001), NULL, NULL);
    assert_int_equal(json_count(json_get(p, "endpoints")), 1000);
    assert_non_null(next_cursor(p));
    json_free(p);
    p = page(items(0, 0), "1", NULL);
    assert_int_equal(json_count(json_get(p, "endpoints")), 0);
    assert_null(next_cursor(p));
    json_free(p);
}

static void walking_meets_every_item_once(void **state)
{
    (void)state;
    for (int total = 0; total < 8; total++) {
        for (int limit = 1; limit < 9; limit++) {
            char word[8], cursor[512] = "";
            (void)snprintf(word, sizeof word, "%d", limit);
            int met = 0;
            for (;;) {
                struct json *p = page(items(0, total), word, *cursor == '\0' ? NULL : cursor);
                const struct json *item = json_first(json_get(p, "endpoints"));
                for (; item != NULL; item = json_next(item)) {
                    char id[16];
                    (void)snprintf(id, sizeof id, "ep%d", met++);
                    assert_string_equal(json_str(item, "id"), id);
                }
                const char *next = next_cursor(p);
                (void)snprintf(cursor, sizeof cursor, "%s", next == NULL ? "" : next);
                json_free(p);
                if (*cursor == '\0') {
                    break;
                }
            }
            assert_int_equal(met, total);
        }
    }
}

/* Items may go and come between two pages. */
static void a_changing_list(void **state)
{
    (void)state;
    struct json *p = page(items(0, 6), "2", NULL);
    char cursor[512];
    (void)snprintf(cursor, sizeof cursor, "%s", next_cursor(p));
    json_free(p);
    p = page(items(1, 6), "2", cursor); /* ep0 is gone; the last one given was ep1 */
    assert_string_equal(json_str(json_first(json_get(p, "endpoints")), "id"), "ep2");
    json_free(p);
    p = page(items(2, 6), "9", cursor); /* the last one given is gone itself: nothing fails */
    assert_true(json_count(json_get(p, "endpoints")) <= 4);
    json_free(p);
    p = page(items(0, 0), "9", cursor);
    assert_int_equal(json_count(json_get(p, "endpoints")), 0);
    assert_null(next_cursor(p));
    json_free(p);
}

static void items_without_an_id(void **state)
{
    (void)state;
    const char *text = "[1,2,3]";
    struct json *p = page(json_parse(text, strlen(text), NULL), "2", NULL);
    char cursor[512];
    (void)snprintf(cursor, sizeof cursor, "%s", next_cursor(p));
    json_free(p);
    p = page(json_parse(text, strlen(text), NULL), "2", cursor);
    assert_int_equal(json_count(json_get(p, "endpoints")), 1);
    assert_true(json_number(json_first(json_get(p, "endpoints")), 0) == 3);
    json_free(p);
}

static void wrong_limits(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "0", "1001", "-1", "", "x", "1x", " 1", "1.5", "99999999999999999999"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct json *p = page(items(0, 3), wrong[i], NULL);
        if (p != NULL) {
            print_message("accepted limit '%s'\n", wrong[i]);
        }
        assert_null(p);
    }
}

static void foreign_cursors(void **state)
{
    (void)state;
    struct json *errors = json_new_array();
    struct json *p = page_cut("pods", items(0, 3), "1", NULL, errors);
    char of_pods[512], with_space[512];
    (void)snprintf(of_pods, sizeof of_pods, "%s", next_cursor(p));
    json_free(p);
    json_free(errors);
    assert_null(page(items(0, 3), "1", of_pods));

    p = page(items(0, 3), "1", NULL);
    (void)snprintf(with_space, sizeof with_space, "%s", next_cursor(p));
    json_free(p);
    char *plus =
        strchr(with_space, '+'); /* what a client makes of it that does not percent-encode */
    assert_non_null(plus);
    *plus = ' ';
    assert_null(page(items(0, 3), "1", with_space));

    static const char *const wrong[] = {"", "v1+", "v1+zz", "v1+6", "eyJhIjoxfQ==", "v1+00", "10",
        "v1+656e64706f696e7473", "v1+656e64706f696e74733a", "v1+656e64706f696e74733a78"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        p = page(items(0, 3), "1", wrong[i]);
        if (p != NULL) {
            print_message("accepted cursor '%s'\n", wrong[i]);
        }
        assert_null(p);
    }
    char huge[5000];
    memset(huge, '3', sizeof huge - 1);
    huge[sizeof huge - 1] = '\0';
    memcpy(huge, "v1+", 3);
    assert_null(page(items(0, 3), "1", huge));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_limit_all_is_one_page),
        cmocka_unit_test(walking_meets_every_item_once),
        cmocka_unit_test(a_changing_list),
        cmocka_unit_test(items_without_an_id),
        cmocka_unit_test(wrong_limits),
        cmocka_unit_test(foreign_cursors),
    };
    return cmocka_run_group_tests_name("page", tests, NULL, NULL);
}
