/* The ledger as others see it: what was written since, what is not over, which request an id means, and listed
 * requests beside our own. */
#include "client/state.h"
#include "temp_folder.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct {
    void *folder;
    char path[PATH_MAX];
    struct state *s;
    struct arena *a;
    struct err e;
} world;

#define WORKS(call)                                                                                \
    do {                                                                                           \
        if (call)                                                                                  \
            fail_msg("%s: %s", #call, world.e.message);                                            \
    } while (0)

static int begin(void **state)
{
    (void)state;
    assert_int_equal(temp_folder_make(&world.folder), 0);
    temp_folder_path(world.path, &world.folder, "state.db");
    world.s = state_open(world.path, &world.e);
    world.a = arena_new(64 << 20);
    return world.s && world.a ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    state_close(world.s);
    arena_free(world.a);
    temp_folder_remove(&world.folder);
    return 0;
}

static struct request request_of(const char *id, const char *job, enum request_status status)
{
    struct request q;
    request_init(&q);
    snprintf(q.id, sizeof q.id, "%s", id);
    snprintf(q.job_id, sizeof q.job_id, "%s", job);
    snprintf(q.endpoint_id, sizeof q.endpoint_id, "x2x4");
    q.status = status;
    q.submitted_ms = 1795413600000;
    q.input = TEXT("{\"prompt\":\"hi\"}");
    return q;
}

static void save(const char *id, const char *job, enum request_status status)
{
    struct request q = request_of(id, job, status);
    WORKS(state_request_save(world.s, &q, &world.e));
}

/* Everything new or new in what it says, once, in order, whoever wrote it. */
static void changes_come_once(void **state)
{
    (void)state;
    struct request *rows;
    size_t n;
    int64_t last, more;
    save("old", "old-u1", REQUEST_COMPLETED);
    WORKS(state_requests_last_change(world.s, &last, &world.e));
    WORKS(state_requests_changed(world.s, last, 10, world.a, &rows, &n, &more, &world.e));
    assert_int_equal(n, 0);
    assert_int_equal(more, last);
    int64_t version = state_version(world.s);
    struct state *other = state_open(world.path, &world.e);
    assert_non_null(other);
    struct request q = request_of("a", "a-u1", REQUEST_IN_QUEUE);
    WORKS(state_request_save(other, &q, &world.e));
    q = request_of("b", "b-u1", REQUEST_IN_QUEUE);
    WORKS(state_request_save(other, &q, &world.e));
    q = request_of("old", "old-u1", REQUEST_IN_QUEUE); /* queued again */
    WORKS(state_request_save(other, &q, &world.e));
    state_close(other);
    assert_int_not_equal(state_version(world.s), version);
    WORKS(state_requests_changed(world.s, last, 2, world.a, &rows, &n, &last, &world.e));
    assert_int_equal(n, 2);
    assert_string_equal(rows[0].id, "a");
    assert_string_equal(rows[1].id, "b");
    WORKS(state_requests_changed(world.s, last, 2, world.a, &rows, &n, &last, &world.e));
    assert_int_equal(n, 1);
    assert_string_equal(rows[0].id, "old");
    assert_string_equal(rows[0].input.s, "{\"prompt\":\"hi\"}");
    version = state_version(world.s);
    WORKS(state_requests_changed(world.s, last, 2, world.a, &rows, &n, &last, &world.e));
    assert_int_equal(n, 0);
    assert_int_equal(state_version(world.s), version);
}

static void open_ones_are_found(void **state)
{
    (void)state;
    struct request *rows;
    size_t n;
    for (int i = 0; i < REQUEST_STATUSES; i++) {
        char id[16];
        snprintf(id, sizeof id, "r%d", i);
        save(id, id, (enum request_status)i);
    }
    WORKS(state_requests_open(world.s, 10, world.a, &rows, &n, &world.e));
    assert_int_equal(n, 3);
    for (size_t i = 0; i < n; i++)
        assert_false(request_is_final(rows[i].status));
    WORKS(state_requests_open(world.s, 2, world.a, &rows, &n, &world.e));
    assert_int_equal(n, 2);
    assert_string_equal(rows[0].id, "r2"); /* the newest */
}

static bool finds(const char *begin_of, const char *id)
{
    struct request q;
    bool found;
    WORKS(state_request_find(world.s, begin_of, world.a, &q, &found, &world.e));
    return id ? found && strcmp(q.id, id) == 0 : !found;
}

static void ids_are_found_by_their_beginning(void **state)
{
    (void)state;
    struct request q;
    bool found;
    save("abc1", "9f-u1", REQUEST_COMPLETED);
    save("abc12", "8e-u1", REQUEST_COMPLETED);
    save("zz%", "7d-u1", REQUEST_COMPLETED);
    assert_true(finds("abc12", "abc12"));
    assert_true(finds("abc1", "abc1")); /* whole, though the other begins with it too */
    assert_true(finds("9f", "abc1"));
    assert_true(finds("zz%", "zz%"));
    assert_true(finds("%", NULL));
    assert_true(finds("", NULL));
    assert_true(finds("nothing", NULL));
    assert_int_equal(state_request_find(world.s, "abc", world.a, &q, &found, &world.e), -1);
    assert_int_equal(world.e.class, ERR_INPUT);
    WORKS(state_request_get(world.s, "abc1", world.a, &q, &found, &world.e));
    assert_true(found && strcmp(q.job_id, "9f-u1") == 0);
    WORKS(state_request_of_job(world.s, "x2x4", "8e-u1", world.a, &q, &found, &world.e));
    assert_true(found && strcmp(q.id, "abc12") == 0);
    WORKS(state_request_of_job(world.s, "other", "8e-u1", world.a, &q, &found, &world.e));
    assert_false(found);
}

/* What was in the service's list before we knew that it is ours is one request, not two. */
static void ones_own_takes_the_place_of_a_listed_one(void **state)
{
    (void)state;
    struct request *rows, q = request_of("", "a-u1", REQUEST_IN_QUEUE);
    size_t n;
    q.listed = true;
    request_listed_id(q.endpoint_id, q.job_id, q.id);
    WORKS(state_request_save(world.s, &q, &world.e));
    WORKS(state_requests(world.s, NULL, 10, world.a, &rows, &n, &world.e));
    assert_true(n == 1 && rows[0].listed);
    save("own", "a-u1", REQUEST_IN_QUEUE);
    save("unsent", "", REQUEST_SENDING); /* has no id to be the same by */
    WORKS(state_requests(world.s, NULL, 10, world.a, &rows, &n, &world.e));
    assert_int_equal(n, 2);
    assert_false(rows[0].listed || rows[1].listed);
}

/* All or none. */
static void several_are_saved_at_once(void **state)
{
    (void)state;
    struct request rows[3], *out;
    size_t n;
    for (int i = 0; i < 3; i++) {
        char id[16];
        snprintf(id, sizeof id, "r%d", i);
        rows[i] = request_of(id, id, REQUEST_IN_QUEUE);
    }
    WORKS(state_requests_save(world.s, rows, 3, &world.e));
    WORKS(state_requests_save(world.s, rows, 0, &world.e));
    rows[0].status = REQUEST_COMPLETED;
    rows[2].id[0] = '\0';
    assert_int_equal(state_requests_save(world.s, rows, 3, &world.e), -1);
    WORKS(state_requests(world.s, NULL, 10, world.a, &out, &n, &world.e));
    assert_int_equal(n, 3);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(out[i].status, REQUEST_IN_QUEUE);
}

#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)

/* Piece by piece, newest first, each once, also where many have the same time and some are written
 * meanwhile. */
static void the_ledger_in_pieces(void **state)
{
    (void)state;
    enum { COUNT = 95, PIECE = 10 };
    char id[16];
    for (int i = 0; i < COUNT; i++) {
        snprintf(id, sizeof id, "q%02d", i);
        struct request q = request_of(id, "", REQUEST_COMPLETED);
        q.submitted_ms += i / 7; /* seven at a time */
        WORKS(state_request_save(world.s, &q, &world.e));
    }
    struct state_place at = STATE_NEWEST;
    struct request *rows;
    size_t n, seen = 0, pieces = 0;
    do {
        WORKS(state_requests_older(world.s, &at, PIECE, world.a, &rows, &n, &world.e));
        for (size_t i = 0; i < n; i++) {
            snprintf(id, sizeof id, "q%02d", COUNT - 1 - (int)seen++);
            assert_string_equal(rows[i].id, id);
            assert_string_equal(rows[i].input.s, "{\"prompt\":\"hi\"}");
        }
        pieces++;
        struct request newer = request_of("newer", "", REQUEST_IN_QUEUE);
        newer.submitted_ms += 1000;
        if (pieces == 3)
            WORKS(state_request_save(world.s, &newer, &world.e));
    } while (n > 0 && pieces < 100);
    assert_int_equal(seen, COUNT);
    assert_int_equal(pieces, COUNT / PIECE + 2);
    struct arena *small = arena_new(2048);
    at = STATE_NEWEST;
    assert_int_equal(state_requests_older(world.s, &at, PIECE, small, &rows, &n, &world.e), -1);
    assert_int_equal(world.e.class, ERR_IO);
    arena_free(small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(changes_come_once),
        T(open_ones_are_found),
        T(ids_are_found_by_their_beginning),
        T(ones_own_takes_the_place_of_a_listed_one),
        T(several_are_saved_at_once),
        T(the_ledger_in_pieces),
    };
    return cmocka_run_group_tests_name("state requests", tests, NULL, NULL);
}
