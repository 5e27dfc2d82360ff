/* Loading a shared library when it is first needed: what is there, what is not, and what lacks a function. */
#include "base/library.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* libc itself is there wherever a test runs. */
#define THERE "libc.so.6"

static int (*real_toupper)(int);
static size_t (*real_strlen)(const char *);

static void functions_can_be_called_through_their_places(void **state)
{
    (void)state;
    const struct library_function functions[] = {
        {"toupper", &real_toupper}, {"strlen", &real_strlen}};
    struct library libc = LIBRARY(THERE, "libc6", functions);
    struct err e = {0};
    assert_int_equal(library_need(&libc, &e), 0);
    assert_int_equal(library_need(&libc, &e), 0);
    assert_int_equal(real_toupper('s'), 'S');
    assert_int_equal(real_strlen("slipway"), 7);
}

static void a_missing_library_is_named_with_its_package(void **state)
{
    (void)state;
    const struct library_function functions[] = {{"toupper", &real_toupper}};
    struct library nobodys = LIBRARY("libnobody-has-this.so.9", "libnobody9", functions);
    struct err e = {0};
    for (int i = 0; i < 2; i++) { /* said each time */
        err_clear(&e);
        assert_int_equal(library_need(&nobodys, &e), -1);
        assert_int_equal(e.class, ERR_IO);
    }
    assert_non_null(strstr(e.message, "libnobody-has-this.so.9"));
    assert_non_null(strstr(e.hint, "libnobody9"));
}

static void a_missing_function_is_named(void **state)
{
    (void)state;
    int (*no_such)(void) = NULL;
    const struct library_function functions[] = {
        {"toupper", &real_toupper}, {"no_such_function", &no_such}};
    struct library libc = LIBRARY(THERE, "libc6", functions);
    struct err e = {0};
    assert_int_equal(library_need(&libc, &e), -1);
    assert_int_equal(e.class, ERR_IO);
    assert_non_null(strstr(e.message, "no_such_function"));
    assert_null(no_such);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(functions_can_be_called_through_their_places),
        cmocka_unit_test(a_missing_library_is_named_with_its_package),
        cmocka_unit_test(a_missing_function_is_named),
    };
    return cmocka_run_group_tests_name("library", tests, NULL, NULL);
}
