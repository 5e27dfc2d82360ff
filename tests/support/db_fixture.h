/* db_fixture: one empty database a test, of either kind. A test program lists its cases once and
 * runs them for SQLite and, where there is a PostgreSQL, for that. */
#ifndef SLIPWAY_TESTS_DB_FIXTURE_H
#define SLIPWAY_TESTS_DB_FIXTURE_H

#include "base/clock.h"
#include "client/db.h"
#include "pg_server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { FIXTURE_PATIENCE_MS = 60000 };

#define FIXTURE_USER  "11111111-2222-4333-8444-555555555555"
#define FIXTURE_OTHER "99999999-2222-4333-8444-555555555555"

struct fixture {
    bool pg;
    void *folder;
    char url[PATH_MAX];
};

static struct pg_server fixture_server;
static bool fixture_sqlite = false, fixture_pg = true; /* initial states */

static inline struct db *fixture_try(const char *url, const char *user, struct err *e)
{
    struct db_options o = {.url = url, .user_id = user, .connect_ms = 20000};
    return db_open(&o, NULL, e);
}

static inline struct db *fixture_open(const struct fixture *f, const char *user)
{
    struct err e;
    struct db *d = fixture_try(f->url, user, &e);
    if (!d)
        fail_msg("db_open: %s", e.message);
    return d;
}

/* One statement in a transaction of its own; the result, when asked for. */
static inline void fixture_sql(struct db *d, const char *sql, struct db_result **result)
{
    struct err e;
    if (db_begin(d, DB_OWNER, NULL, &e) || db_exec(d, sql, NULL, 0, result, &e) || db_commit(d, &e))
        fail_msg("%s: %s", sql, e.message);
}

static inline int64_t fixture_count(struct db *d, const char *sql)
{
    struct db_result *r;
    fixture_sql(d, sql, &r);
    int64_t n = strtoll(db_cell_at(r, 0, 0), NULL, 10);
    db_result_free(r);
    return n;
}

/* Until the server takes connections. */
static inline struct db *fixture_await(const char *url)
{
    struct err e;
    int64_t end = clock_mono_ms(clock_real()) + FIXTURE_PATIENCE_MS;
    for (;;) {
        struct db *d = fixture_try(url, NULL, &e);
        if (d)
            return d;
        if (clock_mono_ms(clock_real()) > end)
            fail_msg("the server did not start: %s", e.message);
        poll(NULL, 0, 20);
    }
}

static inline void fixture_reset(struct db *d)
{
    static const char *const statements[] = {
        "DROP SCHEMA IF EXISTS public CASCADE",
        "DROP SCHEMA IF EXISTS auth CASCADE",
        "DO $$ DECLARE r text; BEGIN FOREACH r IN ARRAY ARRAY['authenticated', 'app', 'stranger'] LOOP"
        " IF EXISTS (SELECT FROM pg_roles WHERE rolname = r) THEN"
        " EXECUTE 'DROP OWNED BY ' || r || ' CASCADE'; EXECUTE 'DROP ROLE ' || r; END IF;"
        " END LOOP; END $$",
        "CREATE SCHEMA public",
    };
    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++)
        fixture_sql(d, statements[i], NULL);
}

static inline int fixture_setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    if (!f || temp_folder_make(&f->folder))
        return -1;
    f->pg = *(bool *)*state;
    *state = f;
    if (!f->pg) {
        snprintf(f->url, sizeof f->url, "sqlite:%s/state/registry.db", (char *)f->folder);
        return 0;
    }
    snprintf(f->url, sizeof f->url, "%s", fixture_server.url);
    struct db *d = fixture_await(f->url);
    fixture_reset(d);
    db_close(d);
    return 0;
}

static inline int fixture_teardown(void **state)
{
    struct fixture *f = *state;
    int result = temp_folder_remove(&f->folder);
    free(f);
    return result;
}

static inline int fixture_start_pg(void **state)
{
    (void)state;
    return pg_server_start(&fixture_server);
}

static inline int fixture_end_pg(void **state)
{
    (void)state;
    pg_server_end(&fixture_server);
    return 0;
}

#define ON_SQLITE(test)                                                                            \
    {                                                                                              \
        "sqlite: " #test, test, fixture_setup, fixture_teardown, &fixture_sqlite                   \
    }
#define ON_PG(test)                                                                                \
    {                                                                                              \
        "postgresql: " #test, test, fixture_setup, fixture_teardown, &fixture_pg                   \
    }

/* For main: whether the PostgreSQL group can run; else says so. */
static inline bool fixture_have_pg(const char *what)
{
    if (pg_server_there(&fixture_server))
        return true;
    printf("ok 1 - %s on postgresql # SKIP there is no initdb\n", what);
    return false;
}

#endif
