/* GraphQL documents: what clients send, and what only looks like it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sim/graphql.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct graphql *parse(const char *text)
{
    struct err e;
    err_clear(&e);
    struct graphql *g = graphql_parse(text, NULL, NULL, &e);
    if (g == NULL) {
        print_message("refused: %s\n", e.message);
    }
    return g;
}

static void refused(const char *text, const char *because)
{
    struct err e;
    err_clear(&e);
    struct graphql *g = graphql_parse(text, NULL, NULL, &e);
    if (g != NULL) {
        print_message("accepted: %.200s\n", text);
    }
    assert_null(g);
    assert_int_equal(e.class, ERR_INPUT);
    if (strstr(e.message, because) == NULL) {
        print_message("said: %s\n", e.message);
    }
    assert_non_null(strstr(e.message, because));
}

static const struct graphql_field *nth(const struct graphql_field *f, int n)
{
    while (f != NULL && n-- > 0) {
        f = f->next;
    }
    return f;
}

static void what_runpod_python_sends(void **state)
{
    (void)state;
    struct graphql *g =
        parse("\n    query GpuTypes {\n      gpuTypes(input: {id: \"NVIDIA \\\"L4\\\"\"}) "
              "{\n maxGpuCount\n lowestPrice(input: {gpuCount: 2}) {\n "
              "minimumBidPrice\n uninterruptablePrice\n }\n }\n }\n    ");
    assert_non_null(g);
    assert_false(g->mutation);
    assert_string_equal(g->fields->name, "gpuTypes");
    assert_string_equal(json_str(json_get(g->fields->arguments, "input"), "id"), "NVIDIA \"L4\"");
    const struct graphql_field *price = nth(g->fields->selection, 1);
    assert_string_equal(price->key, "lowestPrice");
    assert_int_equal(json_int(json_get(price->arguments, "input"), "gpuCount", 0), 2);
    assert_string_equal(nth(price->selection, 1)->name, "uninterruptablePrice");
    assert_null(nth(price->selection, 2));
    graphql_free(g);
}

static void aliases_commas_and_comments(void **state)
{
    (void)state;
    struct graphql *g =
        parse("\xEF\xBB\xBF# hello {\n{a:myself{id,email},,b : myself { id } # }\n}");
    assert_non_null(g);
    assert_string_equal(g->fields->key, "a");
    assert_string_equal(g->fields->name, "myself");
    assert_string_equal(g->fields->next->key, "b");
    assert_string_equal(nth(g->fields->selection, 1)->name, "email");
    assert_null(g->fields->next->next);
    graphql_free(g);
}

static void every_kind_of_value(void **state)
{
    (void)state;
    struct graphql *g =
        parse("mutation{f(i:-12 x:1.5e2 s:\"\\u00e9\\n\\ud83d\\ude00\" t:true z:null "
              "w:QUEUE_DELAY l:[1,[2],{k:3}] o:{} e:\"\")}");
    assert_non_null(g);
    assert_true(g->mutation);
    const struct json *a = g->fields->arguments;
    assert_int_equal(json_int(a, "i", 0), -12);
    assert_true(json_num(a, "x", 0) == 150.0);
    assert_string_equal(json_str(a, "s"), "\xC3\xA9\n\xF0\x9F\x98\x80");
    assert_int_equal(json_kind(json_get(a, "t")), JSON_BOOL);
    assert_int_equal(json_kind(json_get(a, "z")), JSON_NULL);
    assert_string_equal(json_str(a, "w"), "QUEUE_DELAY");
    assert_int_equal(json_count(json_get(a, "l")), 3);
    assert_int_equal(json_int(json_at(json_get(a, "l"), 2), "k", 0), 3);
    assert_int_equal(json_kind(json_get(a, "o")), JSON_OBJECT);
    assert_string_equal(json_str(a, "e"), "");
    assert_null(g->fields->selection);
    graphql_free(g);
}

static struct graphql *with(
    const char *text, const char *variables, const char *operation, struct err *e)
{
    struct json *v = json_parse(variables, strlen(variables), NULL);
    assert_non_null(v);
    err_clear(e);
    struct graphql *g = graphql_parse(text, v, operation, e);
    json_free(v);
    return g;
}

static void variables_are_filled_in(void **state)
{
    (void)state;
    struct err e;
    const char *text =
        "mutation M($input: EndpointInput!, $n: Int = 7, $left: [String!]) "
        "{ saveEndpoint(input: $input, n: $n, left: $left, list: [$n, $left]) { id } }";
    struct graphql *g = with(text, "{\"input\":{\"name\":\"x\"},\"unused\":1}", NULL, &e);
    assert_non_null(g);
    const struct json *a = g->fields->arguments;
    assert_string_equal(json_str(json_get(a, "input"), "name"), "x");
    assert_int_equal(json_int(a, "n", 0), 7);
    assert_null(json_get(a, "left")); /* not given, no default: as if the argument were not there */
    assert_int_equal(json_kind(json_at(json_get(a, "list"), 1)), JSON_NULL);
    graphql_free(g);

    assert_null(with(text, "{}", NULL, &e));
    assert_string_equal(
        e.message, "Variable \"$input\" of required type \"EndpointInput!\" was not provided.");
    assert_null(with(text, "{\"input\":null}", NULL, &e));
    assert_null(with("{ f(a: $x) }", "{\"x\":1}", NULL, &e));
    assert_string_equal(e.message, "Variable \"$x\" is not defined.");
}

static void one_of_several_operations(void **state)
{
    (void)state;
    struct err e;
    const char *text = "query A { a } mutation B($v: Int!) { b(v: $v) } query C { c }";
    struct graphql *g = with(text, "{}", "C", &e);
    assert_non_null(g); /* B's missing variable does not matter */
    assert_string_equal(g->fields->name, "c");
    graphql_free(g);
    g = with(text, "{\"v\":2}", "B", &e);
    assert_non_null(g);
    assert_true(g->mutation);
    graphql_free(g);
    assert_null(with(text, "{\"v\":2}", NULL, &e));
    assert_string_equal(
        e.message, "Must provide operation name if query contains multiple operations.");
    assert_null(with(text, "{}", "D", &e));
    assert_string_equal(e.message, "Unknown operation named \"D\".");
}

static void what_is_no_document(void **state)
{
    (void)state;
    static const char *const broken[][2] = {
        {"", "Unexpected <EOF>"},
        {"   # only a comment", "Unexpected <EOF>"},
        {"{", "Unexpected <EOF>"},
        {"{ a", "Unexpected <EOF>"},
        {"{}", "Unexpected \"}\""},
        {"{ a { } }", "Unexpected \"}\""},
        {"{ a(b: ) }", "Unexpected \")\""},
        {"{ a(b 1) }", "Unexpected \"1\""},
        {"{ a(b: 1 b: 2) }", "only one"},
        {"{ a: }", "Unexpected \"}\""},
        {"{ a } }", "Unexpected \"}\""},
        {"{ a(b: \"x) }", "Unterminated string"},
        {"{ a(b: \"x\ny\") }", "Unterminated string"},
        {"{ a(b: \"\\q\") }", "escape"},
        {"{ a(b: \"\\u12\") }", "Unicode"},
        {"{ a(b: \"\\u0000\") }", "Unicode"},
        {"{ a(b: \"\\ud800\") }", "Unicode"},
        {"{ a(b: \"\\ud800\\u0041\") }", "Unicode"},
        {"{ a(b: 01) }", "number"},
        {"{ a(b: 1.) }", "number"},
        {"{ a(b: 1e) }", "number"},
        {"{ a(b: -) }", "number"},
        {"{ a(b: 1x) }", "number"},
        {"{ a(b: \x01) }", "unexpected character"},
        {"{ \xC3\xA9 }", "unexpected character"},
        {"{ ...F }", "Fragments"},
        {"{ ... on User { id } }", "Fragments"},
        {"fragment F on User { id }", "Fragments"},
        {"subscription { a }", "subscriptions"},
        {"{ a @include(if: true) }", "Directives"},
        {"{ a(b: \"\"\"x\"\"\") }", "block strings"},
        {"garbage { a }", "Unexpected \"garbage\""},
        {"query Q($a Int) { a }", "Unexpected \"Int\""},
        {"query Q($a: [Int) { a }", "Unexpected \")\""},
    };
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        refused(broken[i][0], broken[i][1]);
    }
}

/* "{a{a{a … }}}" with n selection sets. */
static char *nested(size_t n, char open, char close, const char *word)
{
    size_t w = strlen(word);
    char *text = calloc(1, n * (w + 2) + 3);
    assert_non_null(text);
    char *at = text;
    for (size_t i = 0; i < n; i++) {
        *at++ = open;
        memcpy(at, word, w);
        at += w;
    }
    memset(at, close, n);
    return text;
}

static void depth_and_size_are_bounded(void **state)
{
    (void)state;
    char *text = nested(GRAPHQL_DEPTH_MAX, '{', '}', "a");
    struct graphql *g = parse(text);
    assert_non_null(g);
    graphql_free(g);
    free(text);
    text = nested(GRAPHQL_DEPTH_MAX + 1, '{', '}', "a");
    refused(text, "too deeply");
    free(text);
    text = nested(20000, '{', '}', "a");
    refused(text, "too deeply");
    free(text);

    size_t room = 60000 + 32;
    text = calloc(1, room);
    assert_non_null(text);
    memcpy(text, "{a(b:", 5);
    memset(text + 5, '[', 30000);
    refused(text, "too deeply");
    memset(text, 0, room);
    memcpy(text, "query Q($a:", 11);
    memset(text + 11, '[', 30000);
    refused(text, "too deeply");
    memset(text, 0, room);
    text[0] = '{';
    for (size_t i = 0; i <= GRAPHQL_FIELDS_MAX; i++) {
        memcpy(text + 1 + 2 * i, "a ", 2);
    }
    text[1 + 2 * (GRAPHQL_FIELDS_MAX + 1)] = '}';
    refused(text, "too large");
    free(text);

    text = calloc(1, GRAPHQL_BYTES_MAX + 8);
    assert_non_null(text);
    memset(text, ' ', GRAPHQL_BYTES_MAX + 1);
    refused(text, "too large");
    free(text);
}

/* Pieces of documents thrown together: whatever comes out is either refused with a sentence or a
 * document whose every field has a name. */
static void check_fields(const struct graphql_field *f, int depth)
{
    assert_true(depth <= GRAPHQL_DEPTH_MAX);
    for (; f != NULL; f = f->next) {
        assert_non_null(f->name);
        assert_non_null(f->key);
        assert_int_equal(json_kind(f->arguments), JSON_OBJECT);
        if (f->selection != NULL) {
            check_fields(f->selection, depth + 1);
        }
    }
}

static void random_documents(void **state)
{
    (void)state;
    static const char *const pieces[] = {"{", "}", "(", ")", ":", "a", "b", "query", "mutation",
        "$", "$v", "!", "=", "[", "]", "1", "-2.5", "\"s\"", "\"\\u00e9\"", "null", "true", "...",
        "@", "#", "\n", ",", "\"", "\\", "{a", "{a}", "(x:1)", "Int", "\xFF", "\xC3\xA9"};
    const unsigned seed = 20261123;
    srand(seed);
    for (int round = 0; round < 20000; round++) {
        char text[256] = "";
        size_t used = 0;
        int count = rand() % 24;
        for (int i = 0; i < count; i++) {
            const char *piece = pieces[(size_t)rand() % (sizeof pieces / sizeof *pieces)];
            used += (size_t)snprintf(text + used, sizeof text - used, "%s ", piece);
        }
        struct err e;
        err_clear(&e);
        struct graphql *g = graphql_parse(text, NULL, NULL, &e);
        if (g == NULL && (e.class != ERR_INPUT || e.message[0] == '\0')) {
            print_message("seed %u round %d: %s\n", seed, round, text);
        }
        if (g == NULL) {
            assert_int_equal(e.class, ERR_INPUT);
            assert_true(e.message[0] != '\0');
        } else {
            assert_non_null(g->fields);
            check_fields(g->fields, 1);
        }
        graphql_free(g);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_runpod_python_sends),
        cmocka_unit_test(aliases_commas_and_comments),
        cmocka_unit_test(every_kind_of_value),
        cmocka_unit_test(variables_are_filled_in),
        cmocka_unit_test(one_of_several_operations),
        cmocka_unit_test(what_is_no_document),
        cmocka_unit_test(depth_and_size_are_bounded),
        cmocka_unit_test(random_documents),
    };
    return cmocka_run_group_tests_name("graphql", tests, NULL, NULL);
}
