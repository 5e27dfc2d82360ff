/* A revision's files against the plainest list there is, under random changes; and that unchanged files
 * are shared, which the last change of a path goes by. */
#include "dice.h"
#include "sim/hub_store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { PATHS = 24 };

static const char *const paths[PATHS] = {"a", "a-b", "a.b", "a/b", "a/b-", "a/b/c", "a/c", "ab",
    "b/a", "b/a/a", "b", "b-", "c/d/e/f", "c/d/e", "c/d", "c", "c/d.x", "c/d/f", "z", "Z", "0",
    "\xc3\xbc", "\xc3\xbc/x", "a/b/c/d"};

static const char sha[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

static bool inside(const char *path, const char *folder)
{
    size_t n = strlen(folder);
    return strncmp(path, folder, n) == 0 && path[n] == '/';
}

static void compare(const struct hub_files *f, const bool *there, uint64_t seed)
{
    size_t count = 0;
    for (size_t i = 0; i < PATHS; i++) {
        size_t first, in_folder = 0;
        count += there[i];
        for (size_t k = 0; k < PATHS; k++)
            in_folder += there[k] && inside(paths[k], paths[i]);
        bool found = hub_files_find(f, paths[i]) != NULL;
        if (found != there[i] || hub_files_folder(f, paths[i], &first) != in_folder)
            fail_msg("seed %llu: %s", (unsigned long long)seed, paths[i]);
    }
    assert_int_equal(f->count, count);
    for (size_t i = 1; i < f->count; i++)
        assert_true(strcmp(f->all[i - 1]->path, f->all[i]->path) < 0);
}

static void random_changes(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 100; seed++) {
        struct dice dice = dice_new(seed);
        struct hub_files files = {NULL, 0}, copy;
        bool there[PATHS] = {false};
        for (size_t step = 0; step < 60; step++) {
            size_t i = dice_below(&dice, PATHS), what = dice_below(&dice, 5);
            if (what < 3) {
                assert_int_equal(hub_files_put(&files, hub_file_new(paths[i], sha, 1, false)), 0);
                there[i] = true;
            } else if (what == 3) {
                assert_int_equal(hub_files_remove(&files, paths[i]), there[i]);
                there[i] = false;
            } else {
                hub_files_remove_folder(&files, paths[i]);
                for (size_t k = 0; k < PATHS; k++)
                    there[k] = there[k] && !inside(paths[k], paths[i]);
            }
            compare(&files, there, seed);
        }
        assert_int_equal(hub_files_copy(&files, &copy), 0);
        hub_files_release(&files);
        compare(&copy, there, seed);
        hub_files_release(&copy);
    }
}

static struct hub_commit *commit(
    struct hub_repo *repo, struct hub_commit *parent, struct hub_files *files, const char *title)
{
    struct hub_commit_new n = {
        .title = title, .message = "", .author = "ada", .parent = parent, .at = 1750000000000};
    struct hub_commit *c = hub_commit_add(repo, &n, files);
    assert_non_null(c);
    return c;
}

static void put(struct hub_files *files, const char *path, const char *oid)
{
    struct hub_file *f = hub_file_new(path, sha, 1, false);
    assert_non_null(f);
    snprintf(f->oid, sizeof f->oid, "%s", oid);
    assert_int_equal(hub_files_put(files, f), 0);
}

static void last_changes(void **state)
{
    (void)state;
    static const char one[] = "1111111111111111111111111111111111111111";
    static const char two[] = "2222222222222222222222222222222222222222";
    struct hub_repo *repo = calloc(1, sizeof *repo);
    struct hub_files files = {NULL, 0};
    assert_non_null(repo);
    put(&files, "a", one);
    put(&files, "d/x", one);
    put(&files, "d/y", one);
    struct hub_commit *first = commit(repo, NULL, &files, "first");
    assert_int_equal(hub_files_copy(&first->files, &files), 0);
    put(&files, "d/x", two);
    struct hub_commit *second = commit(repo, first, &files, "second");
    assert_int_equal(hub_files_copy(&second->files, &files), 0);
    put(&files, "e", one);
    struct hub_commit *third = commit(repo, second, &files, "third");
    assert_ptr_equal(hub_last_change(third, "a"), first);
    assert_ptr_equal(hub_last_change(third, "d/x"), second);
    assert_ptr_equal(hub_last_change(third, "d/y"), first);
    assert_ptr_equal(hub_last_change(third, "d"), second);
    assert_ptr_equal(hub_last_change(third, "e"), third);
    assert_string_not_equal(first->tree, second->tree);
    assert_ptr_equal(hub_commit_find(repo, second->oid), second);
    hub_repo_free(repo);
}

static void revisions(void **state)
{
    (void)state;
    struct hub_repo *repo = calloc(1, sizeof *repo);
    struct hub_files none = {NULL, 0}, more = {NULL, 0};
    assert_non_null(repo);
    struct hub_commit *first = commit(repo, NULL, &none, "first");
    struct hub_commit *second = commit(repo, first, &more, "second");
    assert_non_null(hub_ref_add(repo, HUB_BRANCH, "main", second));
    assert_non_null(hub_ref_add(repo, HUB_TAG, "v1", first));
    assert_non_null(hub_ref_add(repo, HUB_PULL, "3", first));
    assert_ptr_equal(hub_revision(repo, "main"), second);
    assert_ptr_equal(hub_revision(repo, "HEAD"), second);
    assert_ptr_equal(hub_revision(repo, "refs/heads/main"), second);
    assert_ptr_equal(hub_revision(repo, "v1"), first);
    assert_ptr_equal(hub_revision(repo, "refs/tags/v1"), first);
    assert_ptr_equal(hub_revision(repo, "refs/pr/3"), first);
    assert_ptr_equal(hub_revision(repo, first->oid), first);
    assert_null(hub_revision(repo, "3"));
    assert_null(hub_revision(repo, "refs/heads/v1"));
    assert_null(hub_revision(repo, "refs/pr/4"));
    assert_null(hub_revision(repo, ""));
    assert_null(hub_revision_ref(repo, first->oid));
    assert_true(hub_ref_remove(repo, HUB_TAG, "v1"));
    assert_false(hub_ref_remove(repo, HUB_TAG, "v1"));
    assert_null(hub_revision(repo, "v1"));
    hub_repo_free(repo);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_changes),
        cmocka_unit_test(last_changes),
        cmocka_unit_test(revisions),
    };
    return cmocka_run_group_tests_name("hub_files", tests, NULL, NULL);
}
