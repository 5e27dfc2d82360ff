/* git_attributes: patterns as Git has them, and files of them that nobody meant well. */
#include "client/git_attributes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void patterns_cover_what_git_says(void **state)
{
    static const struct {
        const char *pattern, *path;
        bool covers;
    } rows[] = {
        {"*.bin", "model.bin", true},
        {"*.bin", "a/b/model.bin", true},
        {"*.bin", "model.bin.txt", false},
        {"/*.bin", "model.bin", true},
        {"/*.bin", "a/model.bin", false},
        {"a/*.bin", "a/model.bin", true},
        {"a/*.bin", "a/b/model.bin", false},
        {"a/**", "a/b/c", true},
        {"**/x", "x", true},
        {"**/x", "a/b/x", true},
        {"**/x", "a/bx", false},
        {"saved_model/**/*", "saved_model/x", true},
        {"saved_model/**/*", "saved_model/a/b/x", true},
        {"saved_model/**/*", "saved_models/x", false},
        {"a/**/b/*.c", "a/x/b/y/b/z.c", true},
        {"a/**/b/*.c", "a/b/z.c", true},
        {"a/**/b/*.c", "a/b/y/z.c", false},
        {"*tfevents*", "runs/events.out.tfevents.1", true},
        {"*.lfs.*", "x.lfs.y", true},
        {"mod?l.[a-c]*", "model.bin", true},
        {"mod?l.[!a-c]*", "model.bin", false},
        {"a?b", "a/b", false},
        {"[", "[", true},
        {"", "x", false},
        {"**", "a/b", true},
        {"*", "", true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (git_attributes_covers(rows[i].pattern, rows[i].path) != rows[i].covers)
            fail_msg("%s against %s is not %d", rows[i].pattern, rows[i].path, rows[i].covers);
}

static void the_last_line_that_speaks_of_it_decides(void **state)
{
    static const char text[] =
        "# *.md filter=lfs\r\n*.bin filter=lfs diff=lfs -text\r\nsmall.bin -filter\n"
        "other.bin text\n*.txt\tfilter=other\n";
    struct arena *a = arena_new(1 << 20);
    struct git_attributes *g = git_attributes_read(a, text, strlen(text));
    (void)state;
    assert_non_null(g);
    assert_true(git_attributes_lfs(g, "a/model.bin"));
    assert_false(git_attributes_lfs(g, "small.bin"));
    assert_true(git_attributes_lfs(g, "other.bin"));
    assert_false(git_attributes_lfs(g, "x.txt"));
    assert_false(git_attributes_lfs(g, "x.md"));
    arena_free(a);
}

/* Many stars and a path that nearly fits: exponential for who tries every way. */
static void hostile_patterns_end(void **state)
{
    char pattern[GIT_ATTRIBUTES_PATTERN_MAX + 1], path[4096];
    (void)state;
    for (size_t i = 0; i + 2 < sizeof pattern; i += 2)
        memcpy(pattern + i, "a*", 3);
    memset(path, 'a', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    assert_true(git_attributes_covers(pattern, path));
    pattern[strlen(pattern) - 1] = 'b';
    assert_false(git_attributes_covers(pattern, path));
    for (size_t i = 0; i + 5 < sizeof pattern; i += 5)
        memcpy(pattern + i, "**/a*", 6);
    for (size_t i = 1; i + 1 < sizeof path; i += 2)
        path[i] = '/';
    pattern[strlen(pattern) - 1] = 'b';
    assert_false(git_attributes_covers(pattern, path));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterns_cover_what_git_says),
        cmocka_unit_test(the_last_line_that_speaks_of_it_decides),
        cmocka_unit_test(hostile_patterns_end),
    };
    return cmocka_run_group_tests_name("git_attributes", tests, NULL, NULL);
}
