/* Multi-part uploads in the state file: what comes back is whole and as it was, or nothing. */
#include "client/state.h"
#include "temp_folder.h"

#include <limits.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { SIZE = 1050, CHUNK = 100, PARTS = 11 };
static const struct kept_key key = {"https://hub.example", "acme/model", "0123abcd"};

static struct state *open_state(void **state)
{
    char path[PATH_MAX];
    struct err e;
    struct state *s = state_open(temp_folder_path(path, state, "state.db"), &e);
    if (!s)
        fail_msg("%s", e.message);
    return s;
}

static void sql(void **state, const char *text)
{
    char path[PATH_MAX];
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(temp_folder_path(path, state, "state.db"), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "PRAGMA foreign_keys = ON", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* Addresses that look like secrets come back as they were. */
static void put(struct state *s, const struct kept_key *k, const char *sign)
{
    struct kept_upload u;
    struct err e;
    char url[200];
    assert_int_equal(kept_upload_init(&u, SIZE, CHUNK, &e), 0);
    assert_int_equal(u.part_count, PARTS);
    u.href =
        strdup("https://hub.example/complete?uploadId=hf_abcdefghijklmnopqrstuvwxyz0123456789");
    for (size_t i = 0; i < PARTS; i++) {
        snprintf(url, sizeof url,
            "https://s3.example/%zu?X-Amz-Signature=%s&t=rpa_ABCDEFGHIJ1234567890", i, sign);
        u.urls[i] = strdup(url);
    }
    u.etags[2] = strdup("\"two\"");
    if (state_upload_put(s, k, &u, &e))
        fail_msg("%s", e.message);
    assert_true(u.id > 0);
    kept_upload_release(&u);
}

static void it_comes_back_as_it_was(void **state)
{
    struct state *s = open_state(state);
    struct kept_upload u;
    struct err e;
    put(s, &key, "one");
    put(s, &key, "two"); /* instead of the first */
    assert_true(state_upload_get(s, &key, SIZE, &u));
    assert_int_equal(u.part_count, PARTS);
    assert_int_equal(u.chunk, CHUNK);
    assert_string_equal(
        u.href, "https://hub.example/complete?uploadId=hf_abcdefghijklmnopqrstuvwxyz0123456789");
    assert_null(u.verify);
    assert_string_equal(
        u.urls[10], "https://s3.example/10?X-Amz-Signature=two&t=rpa_ABCDEFGHIJ1234567890");
    for (size_t i = 0; i < PARTS; i++)
        assert_int_equal(u.etags[i] != NULL, i == 2);
    assert_int_equal(state_upload_part(s, u.id, 10, "\"ten\"", &e), 0);
    assert_int_equal(state_upload_part(s, u.id, 11, "none", &e), 0); /* there is none: nothing */
    kept_upload_release(&u);
    state_close(s);

    s = open_state(state);
    assert_true(state_upload_get(s, &key, SIZE, &u));
    assert_string_equal(u.etags[10], "\"ten\"");
    assert_string_equal(u.etags[2], "\"two\"");
    kept_upload_release(&u);
    assert_int_equal(state_upload_remove(s, &key, &e), 0);
    assert_false(state_upload_get(s, &key, SIZE, &u));
    state_close(s);
}

static void only_what_was_asked_for(void **state)
{
    struct state *s = open_state(state);
    struct kept_upload u;
    const struct kept_key others[] = {{"https://other.example", key.repository, key.oid},
        {key.endpoint, "acme/other", key.oid}, {key.endpoint, key.repository, "0123abce"}};
    put(s, &key, "x");
    for (size_t i = 0; i < 3; i++)
        assert_false(state_upload_get(s, &others[i], SIZE, &u));
    assert_false(state_upload_get(s, &key, SIZE + 1, &u));
    assert_null(u.urls);
    put(s, &others[2], "y");
    assert_true(state_upload_get(s, &key, SIZE, &u));
    kept_upload_release(&u);
    state_close(s);
}

static void what_is_not_whole_is_nothing(void **state)
{
    static const char *const harms[] = {
        "DELETE FROM upload_parts WHERE number = 4",
        "UPDATE upload_parts SET number = 12 WHERE number = 11",
        "INSERT INTO upload_parts SELECT upload, 12, url, NULL FROM upload_parts WHERE number = 1",
        "UPDATE uploads SET chunk = 0",
        "UPDATE uploads SET chunk = -5",
        "UPDATE uploads SET chunk = 1050",
        "UPDATE uploads SET fetched_ms = fetched_ms - 24 * 60 * 60 * 1000 - 1000",
    };
    for (size_t i = 0; i < sizeof harms / sizeof *harms; i++) {
        struct state *s = open_state(state);
        struct kept_upload u;
        put(s, &key, "x");
        sql(state, harms[i]);
        if (state_upload_get(s, &key, SIZE, &u))
            fail_msg("%s", harms[i]);
        assert_null(u.urls);
        state_close(s);
    }
}

static int count_rows(void **state, const char *query)
{
    char path[PATH_MAX];
    sqlite3 *db = NULL;
    sqlite3_stmt *q = NULL;
    assert_int_equal(sqlite3_open(temp_folder_path(path, state, "state.db"), &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, query, -1, &q, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(q), SQLITE_ROW);
    int n = sqlite3_column_int(q, 0);
    sqlite3_finalize(q);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    return n;
}

static void what_is_old_goes(void **state)
{
    struct state *s = open_state(state);
    const struct kept_key other = {key.endpoint, key.repository, "ffff"};
    put(s, &key, "x");
    sql(state, "UPDATE uploads SET fetched_ms = fetched_ms - 24 * 60 * 60 * 1000 - 1000");
    put(s, &other, "x");
    assert_int_equal(count_rows(state, "SELECT count(*) FROM uploads"), 1);
    assert_int_equal(count_rows(state, "SELECT count(*) FROM upload_parts"), PARTS);
    state_close(s);
}

/* The record that another process has put in its place is not touched. */
static void an_old_record_is_not_confused_with_its_successor(void **state)
{
    struct state *s = open_state(state);
    struct kept_upload mine, now;
    struct err e;
    put(s, &key, "x");
    assert_true(state_upload_get(s, &key, SIZE, &mine));
    put(s, &key, "y");
    assert_int_equal(state_upload_part(s, mine.id, 5, "\"five\"", &e), 0);
    assert_true(state_upload_get(s, &key, SIZE, &now));
    assert_null(now.etags[5]);
    kept_upload_release(&mine);
    kept_upload_release(&now);
    state_close(s);
}

static void sizes_that_cannot_be(void **state)
{
    (void)state;
    static const int64_t bad[][2] = {
        {0, 1}, {-1, 1}, {1, 0}, {1, -1}, {INT64_MAX, 1}, {10001, 1}, {INT64_MIN, INT64_MIN}};
    struct kept_upload u;
    struct err e;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(kept_upload_init(&u, bad[i][0], bad[i][1], &e), -1);
        assert_null(u.urls);
    }
    assert_int_equal(kept_upload_init(&u, 10000, 1, &e), 0);
    assert_int_equal(u.part_count, 10000);
    kept_upload_release(&u);
    assert_int_equal(kept_upload_init(&u, INT64_MAX, INT64_MAX, &e), 0);
    assert_int_equal(u.part_count, 1);
    kept_upload_release(&u);
}

int main(void)
{
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, temp_folder_make, temp_folder_remove)
    const struct CMUnitTest tests[] = {
        IN_FOLDER(it_comes_back_as_it_was),
        IN_FOLDER(only_what_was_asked_for),
        IN_FOLDER(what_is_not_whole_is_nothing),
        IN_FOLDER(what_is_old_goes),
        IN_FOLDER(an_old_record_is_not_confused_with_its_successor),
        cmocka_unit_test(sizes_that_cannot_be),
    };
    return cmocka_run_group_tests_name("state_parts", tests, NULL, NULL);
}
