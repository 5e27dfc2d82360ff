/* What forms, command lines and the journal say, read as one. */
#include "app/asked.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct json *parse(const char *s)
{
    struct json *j = json_parse(s, strlen(s), NULL);
    assert_non_null(j);
    return j;
}

static void words_come_from_arrays_and_from_one_line(void **state)
{
    static const struct {
        const char *asked;
        size_t n;
        const char *words[3];
    } cases[] = {
        {"{}", 0, {NULL}},
        {"{\"x\":\"\"}", 0, {NULL}},
        {"{\"x\":\"  \"}", 0, {NULL}},
        {"{\"x\":\"*.bin  old/* \"}", 2, {"*.bin", "old/*"}},
        {"{\"x\":[\"with space\",\"b\"]}", 2, {"with space", "b"}},
        {"{\"x\":[\"a\",3,\"\",\"c\"]}", 2, {"a", "c"}},
        {"{\"x\":7}", 0, {NULL}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct arena *a = arena_new(4096);
        struct json *asked = parse(cases[i].asked);
        const char *const *words;
        size_t n = 99;
        struct err e;
        assert_int_equal(asked_words(asked, "x", a, &words, &n, &e), 0);
        assert_int_equal(n, cases[i].n);
        for (size_t k = 0; k < n; k++)
            assert_string_equal(words[k], cases[i].words[k]);
        json_free(asked);
        arena_free(a);
    }
}

static void rates_have_units(void **state)
{
    static const struct {
        const char *said;
        int64_t rate; /* -1 = refused */
    } cases[] = {{"", 0}, {"1000", 1000}, {"750000", 750000}, {"500k", 500000}, {"500K", 500000},
        {"2M", 2000000}, {"1.5G", 1500000000}, {"999", -1}, {"0.5k", -1}, {"-1M", -1}, {"2MB", -1},
        {"fast", -1}, {"2 M", -1}, {"1e300", -1}, {"nan", -1}, {"inf", -1}, {"9999999999G", -1}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct json *asked = json_new_object();
        int64_t rate = -7;
        struct err e;
        json_add_str(asked, "limit-rate", cases[i].said);
        int rc = asked_rate(asked, "limit-rate", &rate, &e);
        if (rc != (cases[i].rate < 0 ? -1 : 0) || (!rc && rate != cases[i].rate))
            fail_msg("\"%s\" gives %d and %lld", cases[i].said, rc, (long long)rate);
        if (rc)
            assert_int_equal(e.class, ERR_INPUT);
        json_free(asked);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_come_from_arrays_and_from_one_line),
        cmocka_unit_test(rates_have_units),
    };
    return cmocka_run_group_tests_name("asked", tests, NULL, NULL);
}
