/* The command line: what it answers, where, and with which exit code. */
#include "app/cli.h"
#include "app/exit_code.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct answer {
    int code;
    char *out, *errors;
    size_t out_size, errors_size;
};

static struct answer run(int argc, char *argv[])
{
    struct answer a = {0};
    FILE *out = open_memstream(&a.out, &a.out_size);
    FILE *errors = open_memstream(&a.errors, &a.errors_size);
    assert_non_null(out);
    assert_non_null(errors);
    a.code = cli_run(argc, argv, out, errors);
    fclose(out);
    fclose(errors);
    return a;
}

static void release(struct answer *a)
{
    free(a->out);
    free(a->errors);
}

static void version_is_the_builds(void **state)
{
    (void)state;
    struct answer a = run(2, (char *[]){"slipway", "--version", NULL});
    assert_int_equal(a.code, EXIT_CODE_OK);
    assert_string_equal(a.out, "slipway " SLIPWAY_VERSION "\n");
    assert_string_equal(a.errors, "");
    release(&a);
}

static void help_goes_to_standard_output(void **state)
{
    (void)state;
    struct answer a = run(2, (char *[]){"slipway", "--help", NULL});
    assert_int_equal(a.code, EXIT_CODE_OK);
    assert_non_null(strstr(a.out, "--version"));
    assert_string_equal(a.errors, "");
    release(&a);
}

static void complaint_is_one_sentence(char *argv[], int argc, const char *names)
{
    struct answer a = run(argc, argv);
    assert_int_equal(a.code, EXIT_CODE_USAGE);
    assert_string_equal(a.out, "");
    assert_non_null(strstr(a.errors, names));
    assert_ptr_equal(strchr(a.errors, '\n'), a.errors + a.errors_size - 1);
    release(&a);
}

static void wrong_words_are_usage_errors(void **state)
{
    (void)state;
    complaint_is_one_sentence((char *[]){"slipway", NULL}, 1, "--help");
    complaint_is_one_sentence((char *[]){"slipway", "--nonsense", NULL}, 2, "--nonsense");
    complaint_is_one_sentence((char *[]){"slipway", "nonsense", NULL}, 2, "nonsense");
    complaint_is_one_sentence((char *[]){"slipway", "--version", "extra", NULL}, 3, "extra");
    complaint_is_one_sentence((char *[]){"slipway", "", NULL}, 2, "--help");
}

static void hostile_words_are_shown_clean(void **state)
{
    (void)state;
    struct answer a = run(2, (char *[]){"slipway", "x\033[31m\n\xff", NULL});
    assert_int_equal(a.code, EXIT_CODE_USAGE);
    assert_null(strchr(a.errors, '\033'));
    assert_null(strchr(a.errors, '\xff'));
    assert_ptr_equal(strchr(a.errors, '\n'), a.errors + a.errors_size - 1);
    release(&a);
}

static void a_full_disk_is_not_success(void **state)
{
    (void)state;
    FILE *full = fopen("/dev/full", "w");
    if (!full)
        skip();
    assert_int_equal(
        cli_run(2, (char *[]){"slipway", "--version", NULL}, full, stderr), EXIT_CODE_STATE);
    fclose(full);
}

static void every_class_has_a_code(void **state)
{
    (void)state;
    assert_int_equal(exit_code_of(ERR_NONE), 0);
    for (int c = ERR_NONE + 1; c < ERR_CLASSES; c++)
        assert_in_range(exit_code_of((enum err_class)c), 2, 7);
    assert_int_equal(exit_code_of(ERR_AUTH), 3);
    assert_int_equal(exit_code_of(ERR_TIMEOUT), 4);
    assert_int_equal(exit_code_of(ERR_CANCEL), 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(version_is_the_builds),
        cmocka_unit_test(help_goes_to_standard_output),
        cmocka_unit_test(wrong_words_are_usage_errors),
        cmocka_unit_test(hostile_words_are_shown_clean),
        cmocka_unit_test(a_full_disk_is_not_success),
        cmocka_unit_test(every_class_has_a_code),
    };
    return cmocka_run_group_tests_name("cli", tests, NULL, NULL);
}
