/* Scenarios: built in and from files, and the script that builds them in. */
#include "temp_folder.h"

#include "sim/scenario.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void every_built_in_loads(void **state)
{
    (void)state;
    assert_non_null(scenario_builtins[0].name);
    for (const struct scenario_builtin *b = scenario_builtins; b->name; b++) {
        struct err e;
        struct json *j = scenario_load(b->name, &e);
        if (!j)
            fail_msg("%s: %s", b->name, e.message);
        assert_int_equal(json_kind(j), JSON_OBJECT);
        assert_int_equal(b->json[b->length], '\0');
        assert_int_equal(strlen(b->json), b->length);
        json_free(j);
    }
}

static void an_unknown_name_is_told_the_known_ones(void **state)
{
    (void)state;
    struct err e;
    assert_null(scenario_load("no-such", &e));
    assert_int_equal(e.class, ERR_INPUT);
    assert_non_null(strstr(e.message, "no-such"));
    assert_non_null(strstr(e.hint, scenario_builtins[0].name));
    assert_null(scenario_load("", &e));
    assert_null(scenario_load("no-such", NULL));
}

static void write_file(const char *path, const void *bytes, size_t n)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static void a_file_must_hold_one_object(void **state)
{
    char path[PATH_MAX];
    struct err e;
    temp_folder_path(path, state, "mine.json");
    write_file(path, "{\"a\":1}\n", 8);
    struct json *j = scenario_load(path, &e);
    assert_non_null(j);
    assert_int_equal(json_int(j, "a", 0), 1);
    json_free(j);
    static const char *const bad[] = {"", "[]", "1", "{\"a\":1", "{} {}", "{\"a\":\"\\u0000\"}"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        write_file(path, bad[i], strlen(bad[i]));
        if (scenario_load(path, &e))
            fail_msg("accepted: %s", bad[i]);
        assert_int_equal(e.class, ERR_INPUT);
        assert_non_null(strstr(e.message, "mine.json"));
    }
    assert_null(scenario_load(*state, &e)); /* a folder */
    assert_null(scenario_load("./no-such.json", &e));
    assert_null(scenario_load("no-such.json", &e));
}

/* Runs the script on a file; returns its exit status, its output is in FOLDER/out. */
static int embed(void **state, const char *file)
{
    char command[3 * PATH_MAX];
    snprintf(command, sizeof command,
        "sh src/sim/scenarios/embed.sh '%s/%s' > '%s/out' 2> /dev/null", (char *)*state, file,
        (char *)*state);
    return system(command);
}

/* Every "0x.." after the first '{' of the output, as bytes. */
static size_t embedded_bytes(void **state, unsigned char *out, size_t max)
{
    char path[PATH_MAX], line[4096];
    FILE *f = fopen(temp_folder_path(path, state, "out"), "r");
    size_t n = 0;
    assert_non_null(f);
    while (fgets(line, sizeof line, f))
        for (const char *at = line; (at = strstr(at, "0x")) && n < max; at += 4)
            out[n++] = (unsigned char)strtoul(at, NULL, 16);
    fclose(f);
    return n;
}

static void every_byte_is_embedded(void **state)
{
    char path[PATH_MAX];
    unsigned char bytes[1000], back[2000];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(i < 512 ? i : 7); /* od would fold the equal lines */
    write_file(temp_folder_path(path, state, "all-bytes_1.json"), bytes, sizeof bytes);
    assert_int_equal(embed(state, "all-bytes_1.json"), 0);
    assert_int_equal(embedded_bytes(state, back, sizeof back), sizeof bytes + 1);
    assert_memory_equal(back, bytes, sizeof bytes);
    assert_int_equal(back[sizeof bytes], 0);
}

static void a_bad_name_or_no_file_fails(void **state)
{
    char path[PATH_MAX];
    write_file(temp_folder_path(path, state, "a\"b.json"), "{}", 2);
    assert_int_not_equal(embed(state, "a\"b.json"), 0);
    assert_int_not_equal(embed(state, "missing.json"), 0);
}

#define with_folder(f) cmocka_unit_test_setup_teardown(f, temp_folder_make, temp_folder_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_built_in_loads),
        cmocka_unit_test(an_unknown_name_is_told_the_known_ones),
        with_folder(a_file_must_hold_one_object),
        with_folder(every_byte_is_embedded),
        with_folder(a_bad_name_or_no_file_fails),
    };
    return cmocka_run_group_tests_name("scenario", tests, NULL, NULL);
}
