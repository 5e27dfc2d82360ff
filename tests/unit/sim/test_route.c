/* Targets, patterns and forms: what a path means, decoded once and cut first. */
#include <string.h>

#include "asked.h"

#include <stdio.h>
#include <stdlib.h>

static struct arena *memory;

static int start(void **state)
{
    (void)state;
    memory = arena_new(1024 * 1024);
    return memory ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    arena_free(memory);
    return 0;
}

static void segments_are_cut_before_decoding(void **state)
{
    (void)state;
    struct target t;
    assert_int_equal(target_parse(memory, "/a/refs%2Fpr%2f1/%2520/x%20y?z", &t), 0);
    assert_int_equal(t.segment_count, 4);
    assert_string_equal(t.segments[1], "refs/pr/1");
    assert_string_equal(t.segments[2], "%20");
    assert_string_equal(t.segments[3], "x y");
    assert_string_equal(t.path, "/a/refs/pr/1/%20/x y");
}

static void plus_is_a_space_in_queries_only(void **state)
{
    (void)state;
    struct target t;
    assert_int_equal(target_parse(memory, "/a+b?k=1+2%2B3&k=&k&%6b=4&=5&&x=a=b#k=9", &t), 0);
    assert_string_equal(t.path, "/a+b");
    const char *k[8];
    assert_int_equal(pairs_find_all(&t.query, "k", k, 8), 4);
    assert_string_equal(k[0], "1 2+3");
    assert_string_equal(k[1], "");
    assert_string_equal(k[2], "");
    assert_string_equal(k[3], "4");
    assert_string_equal(pairs_find(&t.query, ""), "5");
    assert_string_equal(pairs_find(&t.query, "x"), "a=b");
    assert_int_equal(pairs_find_all(&t.query, "k", k, 2), 2);
}

static void bad_targets_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "*", "a/b", "?x", "/%", "/%1", "/%zz", "/%00", "/a%2",
        "/x?a=%", "/x?%0=1", "/x?a=%00", "http:/x", "/%-1"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct target t;
        if (target_parse(memory, bad[i], &t) == 0)
            fail_msg("accepted: %s", bad[i]);
    }
}

static void the_absolute_form_is_a_path(void **state)
{
    (void)state;
    struct target t;
    assert_int_equal(target_parse(memory, "http://127.0.0.1:80/a?b=c", &t), 0);
    assert_string_equal(t.path, "/a");
    assert_string_equal(pairs_find(&t.query, "b"), "c");
    assert_int_equal(target_parse(memory, "http://host", &t), 0);
    assert_string_equal(t.path, "/");
}

static void a_full_arena_fails_and_does_not_crash(void **state)
{
    (void)state;
    char long_target[4000] = "/";
    memset(long_target + 1, '/', sizeof long_target - 2);
    struct arena *small = arena_new(2048);
    struct target t;
    assert_int_equal(target_parse(small, long_target, &t), -1);
    arena_free(small);
}

static void random_targets_decode_within_bounds(void **state)
{
    (void)state;
    static const char alphabet[] = "/%?&=+#aA0f2 ";
    srand(20261123);
    for (int round = 0; round < 20000; round++) {
        char target[40] = "/";
        size_t n = 1 + (size_t)rand() % (sizeof target - 2);
        for (size_t i = 1; i < n; i++)
            target[i] = alphabet[(size_t)rand() % (sizeof alphabet - 1)];
        target[n] = '\0';
        struct arena *a = arena_new(64 * 1024);
        struct target t;
        if (target_parse(a, target, &t) == 0) {
            size_t total = 0;
            for (size_t i = 0; i < t.segment_count; i++)
                total += strlen(t.segments[i]) + 1;
            if (total != strlen(t.path) || strlen(t.path) > n)
                fail_msg("seed 20261123, round %d: %s", round, target);
        }
        arena_free(a);
    }
}

/* The parameters as "a=1,b=2", or "-" when the pattern does not take the target. */
static const char *matched(const char *pattern, const char *target)
{
    static char out[300];
    struct target t;
    struct pairs p = {0};
    assert_int_equal(target_parse(memory, target, &t), 0);
    if (!route_match(memory, pattern, &t, &p))
        return "-";
    out[0] = '\0';
    for (size_t i = 0; i < p.count; i++) {
        size_t used = strlen(out);
        snprintf(out + used, sizeof out - used, "%s%s=%s", i ? "," : "", p.items[i].name,
            p.items[i].value);
    }
    return out;
}

static void patterns_take_what_they_say(void **state)
{
    (void)state;
    static const char *const cases[][3] = {
        {"/v2/{id}/run", "/v2/abc/run", "id=abc"},
        {"/v2/{id}/run", "/v2/abc/run/", "-"},
        {"/v2/{id}/run", "/v2/abc", "-"},
        {"/v2/{id}/run", "/v2//run", "-"},
        {"/v2/{id}/run", "/V2/abc/run", "-"},
        {"/v2/{id}/run", "/v2/a%2Fb/run", "id=a/b"},
        {"/v2/{id}/run", "/v2/abc/%72un", "id=abc"},
        {"/{o}/{n}.git/info", "/me/model.git/info", "o=me,n=model"},
        {"/{o}/{n}.git/info", "/me/.git/info", "-"},
        {"/{o}/{n}.git/info", "/me/model/info", "-"},
        {"/x/pre-{n}-post", "/x/pre-a-b-post", "n=a-b"},
        {"/x/pre-{n}-post", "/x/pre-post", "-"},
        {"/{o}/{n}/resolve/{rev}/{path...}", "/a/b/resolve/refs%2Fpr%2F1/c/d%20e.bin",
            "o=a,n=b,rev=refs/pr/1,path=c/d e.bin"},
        {"/{o}/{n}/resolve/{rev}/{path...}", "/a/b/resolve/main", "-"},
        {"/{o}/{n}/resolve/{rev}/{path...}", "/a/b/resolve/main/", "-"},
        {"/t/{p...}", "/t//x", "p=/x"},
        {"/", "/", ""},
        {"/", "/a", "-"},
        {"/{a}", "/", "-"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *got = matched(cases[i][0], cases[i][1]);
        if (strcmp(got, cases[i][2]) != 0)
            fail_msg("%s on %s: %s, not %s", cases[i][0], cases[i][1], got, cases[i][2]);
    }
}

static void nothing(struct sim *s, struct request *r, struct reply *p)
{
    (void)s;
    (void)r;
    (void)p;
}

static const struct route table[] = {
    {"GET", "/a/exact", nothing, 1},
    {"GET", "/a/{x}", nothing, 2},
    {"POST", "/a/{x}", nothing, 3},
    {"PUT", "/a/exact", nothing, 4},
    {"HEAD", "/b", nothing, 5},
    {"GET", "/b", nothing, 6},
    {NULL, NULL, NULL, 0},
};

static unsigned found(const char *method, const char *target, struct route_found *f)
{
    struct target t;
    assert_int_equal(target_parse(memory, target, &t), 0);
    route_find(memory, table, method, &t, f);
    return f->route ? f->route->flags : 0;
}

static void the_first_row_that_fits_wins(void **state)
{
    (void)state;
    struct route_found f;
    assert_int_equal(found("GET", "/a/exact", &f), 1);
    assert_int_equal(found("GET", "/a/other", &f), 2);
    assert_int_equal(found("POST", "/a/exact", &f), 3);
    assert_string_equal(pairs_find(&f.params, "x"), "exact");
    assert_int_equal(found("HEAD", "/a/exact", &f), 1);
    assert_int_equal(found("HEAD", "/b", &f), 5);
    assert_int_equal(found("GET", "/b", &f), 6);
}

static void another_method_says_what_is_allowed(void **state)
{
    (void)state;
    struct route_found f;
    assert_int_equal(found("DELETE", "/a/exact", &f), 0);
    assert_string_equal(f.allow, "GET, HEAD, POST, PUT");
    assert_int_equal(found("POST", "/b", &f), 0);
    assert_string_equal(f.allow, "HEAD, GET");
    assert_int_equal(found("GET", "/nowhere", &f), 0);
    assert_string_equal(f.allow, "");
}

static void the_surface_is_found_whatever_the_table(void **state)
{
    (void)state;
    struct route_found f;
    assert_int_not_equal(found("GET", "/_sim/state", &f), 0);
    assert_true(f.surface);
    assert_int_equal(found("GET", "/_sim/nothing", &f), 0);
    assert_true(f.surface);
    assert_int_equal(found("GET", "/_simulator", &f), 0);
    assert_false(f.surface);
}

static void keys_come_in_three_forms(void **state)
{
    (void)state;
    static const struct {
        const char *value, *key;
        enum key_form form;
    } cases[] = {
        {"Bearer rpa_1", "rpa_1", KEY_FORM_BEARER},
        {"bearer  rpa_1", "rpa_1", KEY_FORM_BEARER},
        {"rpa_1", "rpa_1", KEY_FORM_BARE},
        {"Bearerish", "Bearerish", KEY_FORM_BARE},
        {"Basic dXNlcjpoZl94", "hf_x", KEY_FORM_BASIC},
        {"Basic OmE6Yg==", "a:b", KEY_FORM_BASIC},
        {"Basic dXNlcg==", NULL, KEY_FORM_NONE},
        {"Basic ????", NULL, KEY_FORM_NONE},
        {"Bearer", NULL, KEY_FORM_NONE},
        {"Bearer ", NULL, KEY_FORM_NONE},
        {"", NULL, KEY_FORM_NONE},
        {NULL, NULL, KEY_FORM_NONE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct exchange *x = asked(PLANE_HUB, "GET", "/");
        if (cases[i].value)
            assert_int_equal(exchange_add_header(x, "AUTHORIZATION", cases[i].value), 0);
        enum key_form form;
        const char *key = request_key(&x->request, &form);
        assert_int_equal(form, cases[i].form);
        assert_int_equal(key == NULL, cases[i].key == NULL);
        if (key)
            assert_string_equal(key, cases[i].key);
        exchange_free(x, false);
    }
}

static void numbers_in_a_query_are_whole_or_the_fallback(void **state)
{
    (void)state;
    struct exchange *x =
        asked(PLANE_DATA, "GET", "/?a=12&b=-3&c=&d=1x&e=99999999999999999999&f=%2012&g=+1");
    static const struct {
        const char *name;
        int64_t value;
    } cases[] = {{"a", 12}, {"b", -3}, {"c", 7}, {"d", 7}, {"e", 7}, {"f", 7}, {"g", 7}, {"h", 7}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(request_query_int(&x->request, cases[i].name, 7), cases[i].value);
    exchange_free(x, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(segments_are_cut_before_decoding),
        cmocka_unit_test(plus_is_a_space_in_queries_only),
        cmocka_unit_test(bad_targets_are_refused),
        cmocka_unit_test(the_absolute_form_is_a_path),
        cmocka_unit_test(a_full_arena_fails_and_does_not_crash),
        cmocka_unit_test(random_targets_decode_within_bounds),
        cmocka_unit_test(patterns_take_what_they_say),
        cmocka_unit_test(the_first_row_that_fits_wins),
        cmocka_unit_test(another_method_says_what_is_allowed),
        cmocka_unit_test(the_surface_is_found_whatever_the_table),
        cmocka_unit_test(keys_come_in_three_forms),
        cmocka_unit_test(numbers_in_a_query_are_whole_or_the_fallback),
    };
    return cmocka_run_group_tests_name("route", tests, start, end);
}
