/* Ids against those that git itself gave to the same contents. */
#include "sim/hub_git.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char abc_sha256[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

static void blob_ids(void **state)
{
    (void)state;
    char oid[HUB_OID];
    assert_int_equal(hub_object_oid("blob", "hello\n", 6, oid), 0);
    assert_string_equal(oid, "ce013625030ba8dba906f756967f9e9ca394464a");
    assert_int_equal(hub_object_oid("blob", "", 0, oid), 0);
    assert_string_equal(oid, "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
}

static void sha256_in_pieces_equals_in_one(void **state)
{
    (void)state;
    char one[HUB_SHA256], pieces[HUB_SHA256];
    assert_int_equal(hub_sha256_hex("abc", 3, one), 0);
    assert_string_equal(one, abc_sha256);
    struct hub_hash *h = hub_hash_new();
    assert_non_null(h);
    assert_int_equal(hub_hash_add(h, "a", 1), 0);
    assert_int_equal(hub_hash_add(h, "", 0), 0);
    assert_int_equal(hub_hash_add(h, "bc", 2), 0);
    assert_int_equal(hub_hash_end(h, pieces), 0);
    assert_string_equal(pieces, one);
}

/* RFC 4231, test case 2. */
static void hmac_vector(void **state)
{
    (void)state;
    char hex[HUB_SHA256];
    assert_int_equal(
        hub_hmac_hex((const unsigned char *)"Jefe", 4, "what do ya want for nothing?", 28, hex), 0);
    assert_string_equal(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

/* ---- trees ----------------------------------------------------------------------------------- */

static struct hub_file *file(const char *path, const char *oid)
{
    struct hub_file *f = hub_file_new(path, abc_sha256, 3, false);
    assert_non_null(f);
    snprintf(f->oid, sizeof f->oid, "%s", oid);
    return f;
}

static void release(struct hub_file **files, size_t n)
{
    for (size_t i = 0; i < n; i++)
        hub_file_unref(files[i]);
}

/* Names around '/': "a-b" and "a.txt" sort before the folder "a", "ab" behind it. */
static void tree_ids(void **state)
{
    (void)state;
    char oid[HUB_OID];
    struct hub_file *files[] = {file("a-b", "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"),
        file("a.txt", "ce013625030ba8dba906f756967f9e9ca394464a"),
        file("a/b/c.txt", "c1b0730e0133447badcfd47fd144e254807b06e1"),
        file("a/b/\xc3\xbc 1", "ce013625030ba8dba906f756967f9e9ca394464a"),
        file("a/z", "e25f1814e51579d5f55c0f1fe0135ddb28a47f4a"),
        file("ab", "ea0c8a85cb7293feae2c9e151d1d395be59b61fa")};
    assert_int_equal(hub_tree_oid(files, 6, 0, oid), 0);
    assert_string_equal(oid, "c0288cefeef776cf5048ef63f6b5031eb807164c");
    assert_int_equal(hub_tree_oid(files + 2, 3, 2, oid), 0);
    assert_string_equal(oid, "d50c6b75d44560039ba51e2950874b6674c8bf25");
    assert_int_equal(hub_tree_oid(files + 2, 2, 4, oid), 0);
    assert_string_equal(oid, "b1ec496bbe9e3aaf6816522717ee63f251a041ed");
    release(files, 6);
}

static void empty_tree_id(void **state)
{
    (void)state;
    char oid[HUB_OID];
    assert_int_equal(hub_tree_oid(NULL, 0, 0, oid), 0);
    assert_string_equal(oid, "4b825dc642cb6eb9a060e54bf8d69288fbee4904");
}

/* As deep as a path of 1000 bytes can be. */
static void deepest_tree(void **state)
{
    (void)state;
    char path[1001], oid[HUB_OID];
    for (size_t i = 0; i < 999; i++)
        path[i] = i % 2 ? '/' : 'd';
    path[999] = '\0';
    struct hub_file *f = file(path, "ce013625030ba8dba906f756967f9e9ca394464a");
    assert_int_equal(hub_tree_oid(&f, 1, 0, oid), 0);
    assert_true(hub_is_hex(oid, 40));
    hub_file_unref(f);
}

/* ---- commits --------------------------------------------------------------------------------- */

static void commit_ids(void **state)
{
    (void)state;
    char first[HUB_OID], second[HUB_OID];
    struct hub_commit_text c = {.tree = "c0288cefeef776cf5048ef63f6b5031eb807164c",
        .author = "ada",
        .at_ms = 1750000000999,
        .title = "Upload",
        .message = ""};
    assert_int_equal(hub_commit_oid(&c, first), 0);
    assert_string_equal(first, "3dbf59b9e30c609b64570a0e52f32869bc253722");
    c.parent = first;
    c.at_ms = 1750000001000;
    c.title = "Second";
    c.message = "Why";
    assert_int_equal(hub_commit_oid(&c, second), 0);
    assert_string_equal(second, "833d274360f1e0f54d5d26744f9d18067e1ab1b7");
}

/* ---- pointers -------------------------------------------------------------------------------- */

static void pointer_ids(void **state)
{
    (void)state;
    char text[HUB_POINTER_MAX], oid[HUB_OID];
    size_t n = hub_pointer(abc_sha256, 3, text);
    assert_string_equal(text,
        "version https://git-lfs.github.com/spec/v1\noid sha256:"
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\nsize 3\n");
    assert_int_equal(n, strlen(text));
    assert_int_equal(hub_pointer_oid(abc_sha256, 3, oid), 0);
    assert_string_equal(oid, "80d7d501c2b256023dc42e46d958b9ac2ec283ee");
}

static void pointer_round_trip(void **state)
{
    (void)state;
    static const int64_t sizes[] = {0, 1, 132, 4294967296, 999999999999999999};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char text[HUB_POINTER_MAX], sha256[HUB_SHA256];
        int64_t size = -1;
        size_t n = hub_pointer(abc_sha256, sizes[i], text);
        assert_true(hub_pointer_parse(text, n, sha256, &size));
        assert_string_equal(sha256, abc_sha256);
        assert_true(size == sizes[i]);
    }
}

static void what_is_no_pointer(void **state)
{
    (void)state;
    char good[HUB_POINTER_MAX], bad[2 * HUB_POINTER_MAX], sha256[HUB_SHA256];
    int64_t size;
    size_t n = hub_pointer(abc_sha256, 12, good);
    for (size_t cut = 0; cut < n; cut++)
        assert_false(hub_pointer_parse(good, cut, sha256, &size));
    snprintf(bad, sizeof bad, "%s\n", good);
    assert_false(hub_pointer_parse(bad, n + 1, sha256, &size));
    snprintf(bad, sizeof bad, "%s", good);
    bad[n - 2] = '-';
    assert_false(hub_pointer_parse(bad, n, sha256, &size));
    snprintf(bad, sizeof bad, "%s", good);
    bad[60] = 'G';
    assert_false(hub_pointer_parse(bad, n, sha256, &size));
    assert_false(hub_pointer_parse("", 0, sha256, &size));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blob_ids),
        cmocka_unit_test(sha256_in_pieces_equals_in_one),
        cmocka_unit_test(hmac_vector),
        cmocka_unit_test(tree_ids),
        cmocka_unit_test(empty_tree_id),
        cmocka_unit_test(deepest_tree),
        cmocka_unit_test(commit_ids),
        cmocka_unit_test(pointer_ids),
        cmocka_unit_test(pointer_round_trip),
        cmocka_unit_test(what_is_no_pointer),
    };
    return cmocka_run_group_tests_name("hub_git", tests, NULL, NULL);
}
