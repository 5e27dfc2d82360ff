/* Errors: what they say, and what they never say. */
#include "base/err.h"

#include "base/secret.h"
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>

static int forget(void **state)
{
    (void)state;
    secrets_zero();
    return 0;
}

static void test_set(void **state)
{
    (void)state;
    struct err e;
    memset(&e, 'x', sizeof e);
    assert_int_equal(err_set(&e, ERR_REMOTE, 503, "the server said %d %s", 503, "no"), -1);
    assert_int_equal(e.class, ERR_REMOTE);
    assert_int_equal(e.number, 503);
    assert_string_equal(e.message, "the server said 503 no");
    assert_string_equal(e.hint, "");
    assert_int_equal(err_hint(&e, "try %s", "later"), -1);
    assert_string_equal(e.hint, "try later");
    assert_string_equal(e.message, "the server said 503 no");
    assert_int_equal(err_set(&e, ERR_NET, 0, "again"), -1);
    assert_string_equal(e.hint, "");
    err_clear(&e);
    assert_int_equal(e.class, ERR_NONE);
    assert_int_equal(e.number, 0);
    assert_string_equal(e.message, "");
    assert_string_equal(e.hint, "");
}

static void test_nobody_asks(void **state)
{
    (void)state;
    err_clear(NULL);
    assert_int_equal(err_set(NULL, ERR_NET, 0, "%s", "x"), -1);
    assert_int_equal(err_errno(NULL, ENOENT, "%s", "x"), -1);
    assert_int_equal(err_wrap(NULL, "%s", "x"), -1);
    assert_int_equal(err_hint(NULL, "%s", "x"), -1);
}

static void test_errno(void **state)
{
    (void)state;
    struct err e;
    memset(&e, 'x', sizeof e);
    assert_int_equal(err_errno(&e, ENOENT, "cannot open %s", "it"), -1);
    assert_int_equal(e.class, ERR_IO);
    assert_int_equal(e.number, ENOENT);
    assert_string_equal(e.message, "cannot open it: No such file or directory");
    assert_string_equal(e.hint, "");
    err_errno(&e, 123456, "strange"); /* no errno at all */
    assert_non_null(strstr(e.message, "strange: "));
    assert_non_null(strstr(e.message, "123456"));
}

static void test_wrap(void **state)
{
    (void)state;
    struct err e;
    err_set(&e, ERR_AUTH, 401, "refused");
    err_hint(&e, "log in");
    assert_int_equal(err_wrap(&e, "upload %d of %d", 1, 2), -1);
    assert_string_equal(e.message, "upload 1 of 2: refused");
    assert_int_equal(e.class, ERR_AUTH);
    assert_int_equal(e.number, 401);
    assert_string_equal(e.hint, "log in");
    err_wrap(&e, "%s", e.message); /* with its own words */
    assert_string_equal(e.message, "upload 1 of 2: refused: upload 1 of 2: refused");
}

/* The error may be made from itself. */
static void test_set_from_itself(void **state)
{
    (void)state;
    struct err e;
    err_set(&e, ERR_NET, 0, "lost");
    err_hint(&e, "look");
    err_set(&e, ERR_NET, 0, "again %s", e.message);
    assert_string_equal(e.message, "again lost");
    err_hint(&e, "%s at %s", "look", e.message);
    assert_string_equal(e.hint, "look at again lost");
}

static void assert_cut(const char *s, size_t size)
{
    size_t n = strlen(s);
    assert_true(n < size && n > size - 8);
    assert_true(text_is_utf8(s, n));
    assert_string_equal(s + n - 3, "\u2026");
}

static void test_overlong_is_cut_at_a_character(void **state)
{
    (void)state;
    struct err e;
    char wide[2000];
    for (size_t shift = 0; shift < 4; shift++) {
        memset(wide, 'x', shift);
        for (size_t i = shift; i + 3 < sizeof wide; i += 3)
            memcpy(wide + i, "\u20AC", 4);
        err_set(&e, ERR_REMOTE, 0, "%s", wide);
        assert_cut(e.message, sizeof e.message);
        err_hint(&e, "%s", wide);
        assert_cut(e.hint, sizeof e.hint);
        err_wrap(&e, "%s", wide);
        assert_cut(e.message, sizeof e.message);
    }
    memset(wide, 'y', ERR_MESSAGE_MAX - 1);
    wide[ERR_MESSAGE_MAX - 1] = '\0';
    err_set(&e, ERR_REMOTE, 0, "%s", wide); /* just fits */
    assert_string_equal(e.message, wide);
}

static void test_messages_are_clean(void **state)
{
    (void)state;
    struct err e;
    err_set(&e, ERR_REMOTE, 0, "said %s", "a\033]0;x\007b\nc\xFF\u202E");
    assert_string_equal(e.message, "said ab\u240Ac\uFFFD");
    err_hint(&e, "do %s", "\033[1mthis\033[0m");
    assert_string_equal(e.hint, "do this");
    err_wrap(&e, "%s", "\302\2331mfrom");
    assert_string_equal(e.message, "from: said ab\u240Ac\uFFFD");
    err_errno(&e, ENOENT, "%s", "a\nb");
    assert_string_equal(e.message, "a\u240Ab: No such file or directory");
}

static void test_messages_hold_no_secrets(void **state)
{
    (void)state;
    struct err e;
    assert_non_null(secret_register("KEY", "registered value", NULL));
    err_set(&e, ERR_REMOTE, 0, "%s", "registered value and hf_abcdefgh");
    assert_string_equal(e.message, "*** and hf_***");
    err_hint(&e, "%s", "rpa_abcdefgh");
    assert_string_equal(e.hint, "rpa_***");
    err_wrap(&e, "%s", "registered\033[m value");
    assert_string_equal(e.message, "***: *** and hf_***");
    err_errno(&e, EIO, "%s", "registered value");
    assert_string_equal(e.message, "***: Input/output error");
}

/* A foreign part of any length, with a secret that any cut might go through, and with bytes in front
 * that vanish in cleaning, so that what is far behind comes into the message. */
static void test_no_cut_secret_comes_to_light(void **state)
{
    (void)state;
    enum { LONG = 20000 };
    static const char key[] = "abcdefghijklmnopqrstuvwxyz";
    assert_non_null(secret_register("KEY", key, NULL));
    char *s = malloc(LONG + sizeof key);
    assert_non_null(s);
    for (size_t n = 0; n < LONG; n += n < 600 || (n > 8000 && n < 8400) ? 1 : 97) {
        struct err e;
        for (size_t i = 0; i < n; i++)
            s[i] = "\033[1m"[i % 4];
        memcpy(s + n, key, sizeof key);
        err_set(&e, ERR_REMOTE, 0, "%s", s);
        assert_null(strstr(e.message, "bcd")); /* nor without its first letter */
        memset(s, '.', n);
        err_set(&e, ERR_REMOTE, 0, "%s", s);
        assert_null(strstr(e.message, "abc"));
    }
    free(s);
}

static void test_enormous_message(void **state)
{
    (void)state;
    struct err e;
    enum { ENORMOUS = 4 * 1024 * 1024 };
    char *s = malloc(ENORMOUS);
    assert_non_null(s);
    memset(s, 'x', ENORMOUS - 1);
    s[ENORMOUS - 1] = '\0';
    err_set(&e, ERR_REMOTE, 7, "%s", s);
    free(s);
    assert_true(e.message[0] != '\0' && strlen(e.message) < sizeof e.message);
    assert_int_equal(e.class, ERR_REMOTE);
    assert_int_equal(e.number, 7);
}

static void test_class_names(void **state)
{
    (void)state;
    for (int i = 0; i < ERR_CLASSES; i++) {
        const char *name = err_class_name((enum err_class)i);
        assert_non_null(name);
        assert_true(strlen(name) > 0);
        assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz"), strlen(name));
        for (int k = 0; k < i; k++)
            assert_string_not_equal(name, err_class_name((enum err_class)k));
    }
    assert_string_equal(err_class_name(ERR_TIMEOUT), "timeout");
    assert_string_equal(err_class_name(ERR_IO), "io");
    assert_non_null(err_class_name((enum err_class)99));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_set),
        cmocka_unit_test(test_nobody_asks),
        cmocka_unit_test(test_errno),
        cmocka_unit_test(test_wrap),
        cmocka_unit_test(test_set_from_itself),
        cmocka_unit_test(test_overlong_is_cut_at_a_character),
        cmocka_unit_test(test_messages_are_clean),
        cmocka_unit_test_teardown(test_messages_hold_no_secrets, forget),
        cmocka_unit_test_teardown(test_no_cut_secret_comes_to_light, forget),
        cmocka_unit_test(test_enormous_message),
        cmocka_unit_test(test_class_names),
    };
    return cmocka_run_group_tests_name("err", tests, NULL, NULL);
}
