/* What a person types to change an environment, and what is not taken for it. */
#include "model/env_words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

enum { HEARD_MAX = 8192 };

static int hear(void *arg, const char *name, const char *value, struct err *e)
{
    char *heard = arg;
    size_t used = strlen(heard);
    (void)e;
    snprintf(heard + used, HEARD_MAX - used, value ? "[%s=%s]" : "[%s]", name, value);
    return 0;
}

static void test_words(void **state)
{
    static const struct {
        const char *typed, *heard; /* NULL = refused */
    } cases[] = {
        {"", ""},
        {"  \t ", ""},
        {"A=1", "[A=1]"},
        {"A=1 -B  C=", "[A=1][B][C=]"},
        {"A=x=y", "[A=x=y]"},
        {"A='b c' \"D=e  f\"", "[A=b c][D=e  f]"},
        {"A=it\"'\"s", "[A=it's]"},
        {"A=''", "[A=]"},
        {"_a9=ü", "[_a9=ü]"},
        {"-A=1", NULL},
        {"A", NULL},
        {"=1", NULL},
        {"9A=1", NULL},
        {"A-B=1", NULL},
        {"-", NULL},
        {"A='b", NULL},
        {"A=\"", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char heard[HEARD_MAX] = "";
        struct err e;
        int failed = env_words(cases[i].typed, hear, heard, &e);
        if (!failed != (cases[i].heard != NULL) || (!failed && strcmp(heard, cases[i].heard) != 0))
            fail_msg("«%s» gives %d «%s»", cases[i].typed, failed, heard);
        if (failed)
            assert_int_equal(e.class, ERR_INPUT);
        assert_int_equal(env_words(cases[i].typed, NULL, NULL, &e), failed);
    }
}

/* At the bound and past it. */
static void test_long_ones(void **state)
{
    char typed[ENV_WORD_MAX + 16], heard[HEARD_MAX] = "";
    struct err e;
    (void)state;
    memset(typed, 'x', sizeof typed);
    memcpy(typed, "A=", 2);
    typed[ENV_WORD_MAX - 1] = 0;
    assert_int_equal(env_words(typed, hear, heard, &e), 0);
    assert_int_equal(strlen(heard), ENV_WORD_MAX + 1);
    typed[ENV_WORD_MAX - 1] = 'x';
    typed[ENV_WORD_MAX] = 0;
    assert_int_equal(env_words(typed, NULL, NULL, &e), -1);
    memset(typed, 'N', ENV_WORD_NAME_MAX + 1);
    snprintf(typed + ENV_WORD_NAME_MAX, 4, "=1");
    assert_int_equal(env_words(typed, NULL, NULL, &e), 0);
    memset(typed, 'N', ENV_WORD_NAME_MAX + 1);
    snprintf(typed + ENV_WORD_NAME_MAX + 1, 4, "=1");
    assert_int_equal(env_words(typed, NULL, NULL, &e), -1);
}

static int stop(void *arg, const char *name, const char *value, struct err *e)
{
    (void)name, (void)value;
    ++*(int *)arg;
    return err_set(e, ERR_IO, 0, "enough");
}

static void test_stops_when_told(void **state)
{
    int n = 0;
    struct err e;
    (void)state;
    assert_int_equal(env_words("A=1 B=2", stop, &n, &e), -1);
    assert_int_equal(n, 1);
    assert_int_equal(e.class, ERR_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_long_ones),
        cmocka_unit_test(test_stops_when_told),
    };
    return cmocka_run_group_tests_name("env words", tests, NULL, NULL);
}
