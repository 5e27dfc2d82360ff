/* Names, paths, patterns, ranges, encodings. What patterns match was taken from git check-attr and
 * git check-ignore. */
#include "sim/hub_rules.h"

#include "dice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* ---- names ----------------------------------------------------------------------------------- */

static void repo_ids(void **state)
{
    (void)state;
    static const char *const good[] = {"a/b", "acme/tiny-chat", "A_b.c/D-e.f_1", "0/9", "_x/y_"};
    static const char *const bad[] = {"", "a", "/", "a/", "/b", "a/b/c", "a b/c", "-a/b", "a/b-",
        ".a/b", "a/b.", "a--b/c", "a/b..c", "a/x.git", "a/\xc3\xbc", "a/b\n", "a/%41"};
    char longest[200] = "a/";
    for (size_t i = 0; i < COUNT(good); i++)
        assert_true(hub_repo_id_ok(good[i]));
    for (size_t i = 0; i < COUNT(bad); i++)
        if (hub_repo_id_ok(bad[i]))
            fail_msg("\"%s\" is taken", bad[i]);
    memset(longest + 2, 'x', 96);
    assert_true(hub_repo_id_ok(longest));
    longest[98] = 'x';
    assert_false(hub_repo_id_ok(longest));
}

static void paths(void **state)
{
    (void)state;
    static const char *const good[] = {
        "a", "a/b", ".gitattributes", "a b", "\xc3\xbc/x", "...", "a/.b", "git", ".gitx/y", "-"};
    static const char *const bad[] = {"", "/a", "a/", "a//b", ".", "..", "a/./b", "a/..", "../a",
        "a\nb", "a\x7f", "\xff", "a/\xc3", ".git", ".git/config", "a/.git/b", "a\t"};
    char longest[1002];
    for (size_t i = 0; i < COUNT(good); i++)
        if (hub_path_error(good[i]))
            fail_msg("\"%s\" is refused", good[i]);
    for (size_t i = 0; i < COUNT(bad); i++)
        if (!hub_path_error(bad[i]))
            fail_msg("\"%s\" is taken", bad[i]);
    memset(longest, 'x', 1001);
    longest[1001] = '\0';
    assert_non_null(hub_path_error(longest));
    longest[1000] = '\0';
    assert_null(hub_path_error(longest));
}

static void refs(void **state)
{
    (void)state;
    static const char *const good[] = {"main", "v1.0", "feature/x", "a_b-c"};
    static const char *const bad[] = {"", "/a", "a/", "a//b", "a..b", ".a", "a/.b", "a.lock", "a b",
        "a~1", "a:b", "a^", "-a", "a.", "\xc3\xbc", "a\n"};
    for (size_t i = 0; i < COUNT(good); i++)
        assert_true(hub_ref_ok(good[i]));
    for (size_t i = 0; i < COUNT(bad); i++)
        if (hub_ref_ok(bad[i]))
            fail_msg("\"%s\" is taken", bad[i]);
}

/* ---- .gitattributes -------------------------------------------------------------------------- */

static void default_attributes(void **state)
{
    (void)state;
    static const char *const lfs[] = {"model.safetensors", "a/b/model.safetensors", "x.bin",
        "a.tar.gz2", "events.out.tfevents.1", "saved_model/x", "saved_model/a/b", "tokenizer.model",
        "x.lfs.y"};
    static const char *const regular[] = {"config.json", "model.gguf", "x.BIN", "bin",
        "safetensors", "a/saved_model/x", "saved_model", "x.bin/readme.txt", "README.md",
        "chat_template.jinja"};
    assert_int_equal(strlen(hub_default_attributes), 1519); /* as in public model repositories */
    for (size_t i = 0; i < COUNT(lfs); i++)
        if (!hub_attributes_lfs(hub_default_attributes, lfs[i]))
            fail_msg("%s is not LFS", lfs[i]);
    for (size_t i = 0; i < COUNT(regular); i++)
        if (hub_attributes_lfs(hub_default_attributes, regular[i]))
            fail_msg("%s is LFS", regular[i]);
}

static void last_attribute_wins(void **state)
{
    (void)state;
    static const char text[] = "# *.txt filter=lfs\n*.bin filter=lfs -text\r\nkeep.bin -filter\n"
                               "\n  *.x   diff=lfs\tfilter=lfs\n*.y filter=other\n*.bin text\nlone";
    assert_true(hub_attributes_lfs(text, "a.bin"));
    assert_false(hub_attributes_lfs(text, "keep.bin"));
    assert_false(hub_attributes_lfs(text, "d/keep.bin"));
    assert_true(hub_attributes_lfs(text, "a.x"));
    assert_false(hub_attributes_lfs(text, "a.y"));
    assert_false(hub_attributes_lfs(text, "a.txt"));
    assert_false(hub_attributes_lfs(text, "lone"));
    assert_false(hub_attributes_lfs("", "a.bin"));
}

static void patterns(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *path;
        bool matches;
    } cases[] = {{"*.bin", "a.bin", true}, {"*.bin", "d/a.bin", true}, {"/*.bin", "d/a.bin", false},
        {"/*.bin", "a.bin", true}, {"d/*.bin", "d/a.bin", true}, {"d/*.bin", "d/e/a.bin", false},
        {"d/**", "d/e/a.bin", true}, {"d/**", "d", false}, {"**/x", "x", true},
        {"**/x", "a/b/x", true}, {"**/x", "a/bx", false}, {"a/**/b", "a/b", true},
        {"a/**/b", "a/x/y/b", true}, {"a/**/b", "a/xb", false}, {"a**b", "a/b", false},
        {"a**b", "axxb", true}, {"?", "x", true}, {"a?b", "a/b", false}, {"[ab]x", "bx", true},
        {"[!ab]x", "bx", false}, {"[a-c]", "b", true}, {"[^a-c]", "d", true}, {"[]a]", "]", true},
        {"[a-]", "-", true}, {"[ab", "[ab", true}, {"\\*", "*", true}, {"\\*", "x", false},
        {"[[:digit:]]x", "7x", true}, {"a[[:space:]]b", "a b", true}, {"*a*b*c", "xaybzc", true},
        {"*a*b*c", "xaybz", false}, {"", "x", false}, {"a/***/b", "a/x/y/b", true},
        {"*", "a/b", true}, {"**", "a/b", true}};
    for (size_t i = 0; i < COUNT(cases); i++)
        if (hub_pattern_match(cases[i].pattern, cases[i].path) != cases[i].matches)
            fail_msg("%s against %s", cases[i].pattern, cases[i].path);
}

/* Many stars against a long path must not take for ever: git's own matcher would. */
static void hostile_pattern(void **state)
{
    (void)state;
    char pattern[1501], path[1001];
    for (size_t i = 0; i + 2 < sizeof pattern; i += 3)
        memcpy(pattern + i, i % 2 ? "*a*" : "**/", 3);
    pattern[1500] = '\0';
    for (size_t i = 0; i < 1000; i++)
        path[i] = i % 2 ? '/' : 'a';
    path[1000] = '\0';
    assert_false(hub_pattern_match(pattern, path));
}

/* A line added for a path takes that path, and not one that only looks like its pattern. */
static void added_lines_take_exactly_their_path(void **state)
{
    (void)state;
    static const char *const names[] = {"model.gguf", "a b/c d.dat", "x*y", "q?[z]", "back\\slash",
        "#x", "d/#x", "\xc3\xbc.dat", "!x"};
    for (size_t i = 0; i < COUNT(names); i++) {
        struct buf b;
        buf_init(&b, 10000);
        buf_str_append(&b, "*.txt text"); /* without a line end */
        assert_int_equal(hub_attributes_add(&b, names[i]), 0);
        if (!hub_attributes_lfs(buf_str(&b), names[i]))
            fail_msg("%s is not taken by: %s", names[i], buf_str(&b));
        assert_false(hub_attributes_lfs(buf_str(&b), "xzzy"));
        assert_false(hub_attributes_lfs(buf_str(&b), "other.txt"));
        buf_release(&b);
    }
}

/* ---- .gitignore ------------------------------------------------------------------------------ */

static void ignored(void **state)
{
    (void)state;
    static const char text[] = "# comment\n*.log\n!keep.log\nbuild/\n/root.txt\nd/*.tmp\n\n"
                               "folder\n!folder/in.txt\nspace \\ \r\n";
    assert_true(hub_ignored(text, "a.log"));
    assert_true(hub_ignored(text, "d/a.log"));
    assert_false(hub_ignored(text, "keep.log"));
    assert_true(hub_ignored(text, "build/x"));
    assert_true(hub_ignored(text, "a/build/x/y"));
    assert_false(hub_ignored(text, "build")); /* only as a folder */
    assert_true(hub_ignored(text, "root.txt"));
    assert_false(hub_ignored(text, "d/root.txt"));
    assert_true(hub_ignored(text, "d/x.tmp"));
    assert_false(hub_ignored(text, "d/e/x.tmp"));
    assert_true(hub_ignored(text, "folder/in.txt")); /* what lies in an ignored folder stays out */
    assert_false(hub_ignored(text, "# comment"));
    assert_false(hub_ignored("", "a"));
}

/* ---- binary ---------------------------------------------------------------------------------- */

static void binary(void **state)
{
    (void)state;
    assert_false(hub_looks_binary("", 0, false));
    assert_false(hub_looks_binary("plain\n", 6, false));
    assert_false(hub_looks_binary("\xc3\xbc", 2, false));
    assert_true(hub_looks_binary("a\0b", 3, false));
    assert_true(hub_looks_binary("GGUF\xff\xfe", 6, true));
    assert_true(hub_looks_binary("ab\xe2\x82", 4, false)); /* ends inside a character */
    assert_false(hub_looks_binary("ab\xe2\x82", 4, true)); /* … because it was cut there */
    assert_true(hub_looks_binary("\xe2\x82"
                                 "ab",
        4, true));
}

/* ---- ranges ---------------------------------------------------------------------------------- */

static void ranges(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        int64_t size;
        enum hub_range_kind kind;
        int64_t offset, length;
    } cases[] = {{NULL, 10, HUB_RANGE_ALL, 0, 10}, {"bytes=0-0", 10, HUB_RANGE_PART, 0, 1},
        {"bytes=2-4", 10, HUB_RANGE_PART, 2, 3}, {"bytes=5-", 10, HUB_RANGE_PART, 5, 5},
        {"bytes=9-99", 10, HUB_RANGE_PART, 9, 1}, {"bytes=-3", 10, HUB_RANGE_PART, 7, 3},
        {"bytes=-99", 10, HUB_RANGE_PART, 0, 10}, {"bytes=10-", 10, HUB_RANGE_BAD, 0, 10},
        {"bytes=-0", 10, HUB_RANGE_BAD, 0, 10}, {"bytes=0-0", 0, HUB_RANGE_BAD, 0, 0},
        {"bytes=-1", 0, HUB_RANGE_BAD, 0, 0}, {"bytes=4-2", 10, HUB_RANGE_ALL, 0, 10},
        {"bytes=0-1,3-4", 10, HUB_RANGE_ALL, 0, 10}, {"bytes=", 10, HUB_RANGE_ALL, 0, 10},
        {"bytes=-", 10, HUB_RANGE_ALL, 0, 10}, {"bytes=a-b", 10, HUB_RANGE_ALL, 0, 10},
        {"items=0-1", 10, HUB_RANGE_ALL, 0, 10}, {"bytes=+1-2", 10, HUB_RANGE_ALL, 0, 10},
        {"bytes=0-99999999999999999999", 10, HUB_RANGE_ALL, 0, 10},
        {"bytes=999999999999999999-", 10, HUB_RANGE_BAD, 0, 10},
        {"bytes=1-999999999999999999", 10, HUB_RANGE_PART, 1, 9},
        {"bytes=5000000000-5000000000", 6000000000, HUB_RANGE_PART, 5000000000, 1}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t offset, length;
        enum hub_range_kind kind = hub_range(cases[i].header, cases[i].size, &offset, &length);
        bool equal =
            kind == cases[i].kind && offset == cases[i].offset && length == cases[i].length;
        if (!equal)
            fail_msg("%s of %lld", cases[i].header, (long long)cases[i].size);
    }
}

/* ---- encodings ------------------------------------------------------------------------------- */

static void base64_round_trips(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        struct dice dice = dice_new(seed);
        unsigned char bytes[100];
        size_t n = dice_below(&dice, sizeof bytes);
        for (size_t i = 0; i < n; i++)
            bytes[i] = dice_byte(&dice);
        struct buf text, back;
        buf_init(&text, 1000);
        buf_init(&back, 1000);
        assert_int_equal(hub_base64_encode(bytes, n, &text), 0);
        assert_int_equal(text.len, (n + 2) / 3 * 4);
        assert_int_equal(hub_base64_decode(buf_str(&text), text.len, &back), 0);
        if (back.len != n || memcmp(buf_str(&back), bytes, n) != 0)
            fail_msg("seed %llu", (unsigned long long)seed);
        buf_release(&text);
        buf_release(&back);
    }
}

static void base64_refuses(void **state)
{
    (void)state;
    static const char *const bad[] = {"A", "AB=C", "A?BC", "QUJD\n", "QQ==QQ==", " QUI"};
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct buf out;
        buf_init(&out, 100);
        if (hub_base64_decode(bad[i], strlen(bad[i]), &out) == 0)
            fail_msg("\"%s\" is decoded", bad[i]);
        buf_release(&out);
    }
    struct buf small;
    buf_init(&small, 2);
    assert_int_equal(hub_base64_decode("QUJDREVG", 8, &small), -1);
    buf_release(&small);
}

static void url_encoding(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 100);
    assert_int_equal(hub_url_encode("a b/\xc3\xbc%~._-", "/", &out), 0);
    assert_string_equal(buf_str(&out), "a%20b/%C3%BC%25~._-");
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(repo_ids),
        cmocka_unit_test(paths),
        cmocka_unit_test(refs),
        cmocka_unit_test(default_attributes),
        cmocka_unit_test(last_attribute_wins),
        cmocka_unit_test(patterns),
        cmocka_unit_test(hostile_pattern),
        cmocka_unit_test(added_lines_take_exactly_their_path),
        cmocka_unit_test(ignored),
        cmocka_unit_test(binary),
        cmocka_unit_test(ranges),
        cmocka_unit_test(base64_round_trips),
        cmocka_unit_test(base64_refuses),
        cmocka_unit_test(url_encoding),
    };
    return cmocka_run_group_tests_name("hub_rules", tests, NULL, NULL);
}
