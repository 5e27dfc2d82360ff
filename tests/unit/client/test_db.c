/* The database door: the same rules for both databases, and what each of them can do to us. */
#include "base/clock.h"
#include "base/secret.h"
#include "client/db.h"
#include "client/db_internal.h"
#include "db_fixture.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>

static int64_t now_ms(void)
{
    return clock_mono_ms(clock_real());
}

static void begin(struct db *d, enum db_mode mode)
{
    struct err e;
    if (db_begin(d, mode, NULL, &e))
        fail_msg("db_begin: %s", e.message);
}

static void make_things(struct db *d)
{
    fixture_sql(d,
        "CREATE TABLE {table things} (name text PRIMARY KEY, n {t:int}, ok {t:bool},"
        " at {t:time} NOT NULL {d:now}, o {t:json}) {strict}",
        NULL);
}

static int64_t count_things(struct db *d)
{
    return fixture_count(d, "SELECT count(*) FROM {table things}");
}

/* ---- both
 * ---------------------------------------------------------------------------------------- */

static void values_come_back_as_they_went(void **state)
{
    struct db *d = fixture_open(*state, NULL);
    struct db_result *r;
    struct err e;
    const char *params[] = {"naïve ☂ 'quoted' {now} \"x\"", "-7", "{\"a\": {\"b\": 1}}"};
    make_things(d);
    begin(d, DB_WRITE);
    assert_int_equal(0, db_exec(d,
                            "INSERT INTO {table things} (name, o, n, ok)"
                            " VALUES ($1, $3, $2, TRUE) RETURNING name, n",
                            params, 3, &r, &e));
    assert_string_equal(db_cell(r, 0, "name"), params[0]);
    assert_string_equal(db_cell(r, 0, "n"), "-7");
    db_result_free(r);
    assert_int_equal(0, db_commit(d, &e));
    begin(d, DB_READ);
    assert_int_equal(0, db_exec(d,
                            "SELECT name, at, ok, {json o a} AS a, {json o none} AS none,"
                            " {json o c} AS c FROM {table things} WHERE name = $1",
                            params, 1, &r, &e));
    assert_int_equal(1, db_rows(r));
    assert_int_equal(6, db_columns(r));
    int64_t at;
    assert_int_equal(0, clock_parse_rfc3339(db_cell(r, 0, "at"), &at));
    assert_true(llabs(at - clock_wall_ms(clock_real())) < 60000);
    assert_true(strchr("t1", db_cell(r, 0, "ok")[0]) != NULL);
    assert_non_null(strstr(db_cell(r, 0, "a"), "\"b\""));
    assert_null(db_cell(r, 0, "none"));
    assert_null(db_cell(r, 0, "no such column"));
    assert_null(db_cell(r, 1, "name"));
    assert_null(db_cell_at(r, 0, 6));
    db_result_free(r);
    assert_int_equal(0, db_commit(d, &e));
    db_close(d);
}

static void null_is_not_an_empty_text(void **state)
{
    struct db *d = fixture_open(*state, NULL);
    struct db_result *r;
    const char *params[] = {"", NULL};
    make_things(d);
    begin(d, DB_WRITE);
    assert_int_equal(
        0, db_exec(d, "INSERT INTO {table things} (name, n) VALUES ($1, $2) RETURNING name, n",
               params, 2, &r, NULL));
    assert_string_equal(db_cell_at(r, 0, 0), "");
    assert_null(db_cell_at(r, 0, 1));
    db_result_free(r);
    db_close(d); /* inside the transaction: nothing stays */
    d = fixture_open(*state, NULL);
    assert_int_equal(0, count_things(d));
    db_close(d);
}

static void merging_keeps_what_others_wrote(void **state)
{
    static const char *const before[] = {"{\"theirs\": 1, \"ours\": 1}", "[1]", "3", NULL};
    struct db *d = fixture_open(*state, NULL);
    const char *params[] = {"k", "{\"ours\": 2}"};
    make_things(d);
    for (size_t i = 0; i < sizeof before / sizeof *before; i++) {
        struct db_result *r;
        struct err e;
        const char *old[] = {before[i]};
        begin(d, DB_WRITE);
        assert_int_equal(0, db_exec(d, "DELETE FROM {table things}", NULL, 0, NULL, &e));
        assert_int_equal(0,
            db_exec(d, "INSERT INTO {table things} (name, o) VALUES ('k', $1)", old, 1, NULL, &e));
        assert_int_equal(0, db_exec(d,
                                "UPDATE {table things} SET o = {merge o $2} WHERE name = $1"
                                " RETURNING {json o ours} AS ours, {json o theirs} AS theirs",
                                params, 2, &r, &e));
        assert_int_equal(1, db_affected(r));
        assert_string_equal(db_cell(r, 0, "ours"), "2");
        assert_int_equal(i == 0, db_cell(r, 0, "theirs") != NULL);
        db_result_free(r);
        assert_int_equal(0, db_commit(d, &e));
    }
    db_close(d);
}

static void a_transaction_is_all_or_nothing(void **state)
{
    struct db *d = fixture_open(*state, NULL);
    struct err e;
    make_things(d);
    begin(d, DB_WRITE);
    assert_int_equal(
        0, db_exec(d, "INSERT INTO {table things} (name) VALUES ('a')", NULL, 0, NULL, &e));
    assert_int_equal(
        -1, db_exec(d, "INSERT INTO {table things} (name) VALUES ('a')", NULL, 0, NULL, &e));
    assert_int_equal(ERR_STATE, e.class);
    assert_string_equal(db_sqlstate(d), "23505");
    assert_int_equal(-1, db_exec(d, "SELECT 1", NULL, 0, NULL, &e)); /* only a rollback is left */
    assert_int_equal(ERR_BUG, e.class);
    assert_int_equal(-1, db_commit(d, &e));
    assert_int_equal(0, count_things(d));
    begin(d, DB_WRITE);
    assert_int_equal(-1, db_begin(d, DB_READ, NULL, &e));
    assert_int_equal(ERR_BUG, e.class);
    assert_int_equal(
        0, db_exec(d, "INSERT INTO {table things} (name) VALUES ('a')", NULL, 0, NULL, &e));
    db_rollback(d);
    db_rollback(d);
    assert_int_equal(0, count_things(d));
    assert_int_equal(-1, db_exec(d, "SELECT 1", NULL, 0, NULL, &e));
    assert_int_equal(ERR_BUG, e.class);
    db_close(d);
}

static void reading_never_writes(void **state)
{
    const struct fixture *f = *state;
    struct db *d = fixture_open(f, NULL);
    struct err e;
    make_things(d);
    begin(d, DB_READ);
    assert_int_equal(
        -1, db_exec(d, "INSERT INTO {table things} (name) VALUES ('a')", NULL, 0, NULL, &e));
    assert_int_equal(ERR_STATE, e.class);
    db_rollback(d);
    db_close(d);
    struct db_options o = {.url = f->url, .read_only = true};
    d = db_open(&o, NULL, &e);
    assert_non_null(d);
    assert_int_equal(-1, db_begin(d, DB_WRITE, NULL, &e));
    assert_int_equal(ERR_STATE, e.class);
    assert_int_equal(-1, db_begin(d, DB_OWNER, NULL, &e));
    begin(d, DB_READ);
    assert_int_equal(0, db_exec(d, "SELECT count(*) FROM {table things}", NULL, 0, NULL, &e));
    assert_int_equal(0, db_commit(d, &e));
    db_close(d);
}

/* Not only by looking at the first word: the database itself refuses. */
static void reading_is_read_only_to_the_database(void **state)
{
    const struct fixture *f = *state;
    struct db *d = fixture_open(f, NULL);
    struct err e;
    if (f->pg)
        fixture_sql(d, "CREATE SEQUENCE public.s", NULL);
    make_things(d);
    begin(d, DB_READ);
    assert_int_equal(-1,
        db_exec(d,
            f->pg ? "SELECT nextval('public.s')" : "SELECT * FROM (DELETE FROM things RETURNING 1)",
            NULL, 0, NULL, &e));
    assert_string_equal(db_sqlstate(d), f->pg ? "25006" : "42000");
    db_close(d);
}

static void what_is_missing_is_told_apart(void **state)
{
    struct db *d = fixture_open(*state, NULL);
    struct err e;
    char names[DB_COLUMNS_MAX][DB_NAME_MAX];
    size_t n;
    bool yes;
    make_things(d);
    fixture_sql(
        d, "CREATE TABLE {table pairs} (name text, user_id text, UNIQUE (user_id, name))", NULL);
    begin(d, DB_READ);
    assert_int_equal(0, db_table_columns(d, "things", names, DB_COLUMNS_MAX, &n, &e));
    assert_int_equal(5, n);
    assert_string_equal("name", names[0]);
    assert_int_equal(0, db_table_columns(d, "things", names, 2, &n, &e));
    assert_int_equal(2, n);
    assert_int_equal(0, db_table_columns(d, "nothing", names, DB_COLUMNS_MAX, &n, &e));
    assert_int_equal(0, n);
    assert_int_equal(0, db_table_exists(d, "things", &yes, &e));
    assert_true(yes);
    assert_int_equal(0, db_table_exists(d, "nothing", &yes, &e));
    assert_false(yes);
    assert_int_equal(0, db_table_unique(d, "pairs", "name,user_id", &yes, &e));
    assert_true(yes);
    assert_int_equal(0, db_table_unique(d, "things", "name,user_id", &yes, &e));
    assert_false(yes);
    assert_int_equal(0, db_table_filtered(d, "things", &yes, &e));
    assert_false(yes);
    assert_int_equal(-1, db_exec(d, "SELECT x FROM {table nothing}", NULL, 0, NULL, &e));
    db_close(d);
}

static void too_large_an_answer_is_refused(void **state)
{
    const struct fixture *f = *state;
    const struct db_options patient = {
        .url = f->url, .connect_ms = 20000, .statement_ms = FIXTURE_PATIENCE_MS};
    struct err e;
    struct db *d = db_open(&patient, NULL, &e);
    struct db_result *r;
    assert_non_null(d);
    begin(d, DB_READ);
    assert_int_equal(
        -1, db_exec(d,
                "SELECT * FROM (WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c"
                " WHERE n < 1000000) SELECT n FROM c) t",
                NULL, 0, &r, &e));
    assert_null(r);
    assert_int_equal(ERR_REMOTE, e.class);
    db_rollback(d);
    begin(d, DB_READ); /* and it goes on */
    assert_int_equal(0, db_exec(d, "SELECT 1", NULL, 0, NULL, &e));
    db_close(d);
}

/* ---- time and stopping
 * --------------------------------------------------------------------------- */

/* Runs for about an hour. */
static const char endless[] = "SELECT count(*) FROM (WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL"
                              " SELECT n + 1 FROM c WHERE n < 10000000000) SELECT n FROM c) t";

static void a_long_statement_is_ended(void **state)
{
    const struct fixture *f = *state;
    struct db_options o = {.url = f->url, .statement_ms = 200};
    struct err e;
    struct db *d = db_open(&o, NULL, &e);
    assert_non_null(d);
    begin(d, DB_READ);
    int64_t before = now_ms();
    assert_int_equal(-1, db_exec(d, endless, NULL, 0, NULL, &e));
    assert_int_equal(ERR_TIMEOUT, e.class);
    assert_string_equal(db_sqlstate(d), "57014");
    assert_true(now_ms() - before < 30000);
    db_rollback(d);
    begin(d, DB_READ);
    assert_int_equal(0, db_exec(d, "SELECT 1", NULL, 0, NULL, &e));
    db_close(d);
}

struct firing {
    struct cancel *cancel;
    const struct fixture *f;
    atomic_bool go;
};

/* Fires when the statement is seen at work (PostgreSQL), or at once. */
static void *fire(void *arg)
{
    struct firing *w = arg;
    struct db *d = w->f->pg ? fixture_try(w->f->url, NULL, NULL) : NULL;
    for (int64_t end = now_ms() + FIXTURE_PATIENCE_MS; d && now_ms() < end;)
        if (fixture_count(d, "SELECT count(*) FROM pg_stat_activity WHERE state = 'active'"
                             " AND query LIKE '%WITH RECURSIVE%' AND pid <> pg_backend_pid()") > 0)
            break;
    db_close(d);
    cancel_fire(w->cancel);
    return NULL;
}

static void a_long_statement_is_cancelled(void **state)
{
    struct db *d = fixture_open(*state, NULL);
    struct firing w = {.cancel = cancel_new(NULL), .f = *state};
    struct err e;
    pthread_t thread;
    assert_int_equal(0, db_begin(d, DB_READ, w.cancel, &e));
    assert_int_equal(0, pthread_create(&thread, NULL, fire, &w));
    int64_t before = now_ms();
    assert_int_equal(-1, db_exec(d, endless, NULL, 0, NULL, &e));
    assert_int_equal(ERR_CANCEL, e.class);
    assert_true(now_ms() - before < 14000);
    db_rollback(d);
    pthread_join(thread, NULL);
    assert_int_equal(-1, db_begin(d, DB_READ, w.cancel, &e));
    assert_int_equal(ERR_CANCEL, e.class);
    begin(d, DB_READ);
    assert_int_equal(0, db_exec(d, "SELECT 1", NULL, 0, NULL, &e));
    db_close(d);
    cancel_unref(w.cancel);
}

static void a_lock_of_another_ends_the_wait(void **state)
{
    const struct fixture *f = *state;
    struct db *holder = fixture_open(f, NULL);
    struct db_options o = {.url = f->url, .lock_ms = 100};
    struct err e;
    make_things(holder);
    fixture_sql(holder, "INSERT INTO {table things} (name) VALUES ('a')", NULL);
    struct db *d = db_open(&o, NULL, &e);
    assert_non_null(d);
    begin(holder, DB_WRITE);
    assert_int_equal(0, db_exec(holder, "UPDATE {table things} SET n = 1", NULL, 0, NULL, &e));
    int failed = db_begin(d, DB_WRITE, NULL, &e); /* SQLite waits here */
    if (!failed)
        failed = db_exec(d, "UPDATE {table things} SET n = 2", NULL, 0, NULL, &e);
    assert_int_equal(-1, failed);
    assert_int_equal(ERR_TIMEOUT, e.class);
    assert_string_equal(db_sqlstate(d), "55P03");
    db_rollback(d);
    begin(d, DB_READ); /* readers go on */
    assert_int_equal(0, db_exec(d, "SELECT count(*) FROM {table things}", NULL, 0, NULL, &e));
    db_rollback(d);
    assert_int_equal(0, db_commit(holder, &e));
    begin(d, DB_WRITE);
    assert_int_equal(0, db_exec(d, "UPDATE {table things} SET n = 2", NULL, 0, NULL, &e));
    assert_int_equal(0, db_commit(d, &e));
    db_close(d);
    db_close(holder);
}

/* ---- addresses
 * ----------------------------------------------------------------------------------- */

static void bad_addresses_are_refused_without_a_word_of_them(void **state)
{
    static const char *const bad[] = {
        "",
        "mysql://u:hunter2secret@h/d",
        "host=h password=hunter2secret",
        "postgresql://u:p@hunter2secret@h/d",
        "postgresql://u:/hunter2secret@h/d",
        "postgresql://u:99999/hunter2secret@h/d",
        "postgresql://u:hunter2secret@h:70000/d",
        "postgresql://u:hunter2secret@[::1/d",
        "postgresql://u:hunter2secret@h,i/d",
        "postgresql://u:%zzhunter2secret@h/d",
        "postgresql://u:hunter2secret@h/d?service=x",
        "postgresql://u:hunter2secret@h/d?options=-crole%3Dx",
        "postgresql://u:hunter2secret@h/d?hostaddr=127.0.0.1",
        "postgresql://u:hunter2secret@h/d?hunter2secret",
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct err e;
        struct db_options o = {.url = bad[i]};
        struct db *d = db_open(&o, NULL, &e);
        if (d || e.class != ERR_INPUT || strstr(e.message, "hunter2") || strstr(e.hint, "hunter2"))
            fail_msg("%s: %d %s (%s)", bad[i], (int)e.class, e.message, e.hint);
    }
    struct err e;
    struct db_options o = {.url = "sqlite:x", .user_id = "x\",\"role\":\"service_role"};
    assert_null(db_open(&o, NULL, &e));
    assert_int_equal(ERR_INPUT, e.class);
}

static void only_loopback_goes_without_tls(void **state)
{
    static const char *const local[] = {
        "127.0.0.1", "127.8.9.1", "::1", "localhost", "LOCALHOST", "/run/postgresql", "@abstract"};
    static const char *const remote[] = {"128.0.0.1", "10.0.0.1", "::2", "0.0.0.0",
        "::", "localhost.example.org", "127.0.0.1.example.org", "127.1", "db", "::ffff:10.0.0.1"};
    (void)state;
    for (size_t i = 0; i < sizeof local / sizeof *local; i++)
        assert_true(db_host_is_local(local[i]));
    for (size_t i = 0; i < sizeof remote / sizeof *remote; i++)
        assert_false(db_host_is_local(remote[i]));
}

/* A listener that says one byte (or nothing) to what comes and notes it until the client goes. */
struct listener {
    int fd, port;
    char answer; /* 0 = never answers */
    unsigned char got[512];
    size_t n;
    pthread_t thread;
    struct cancel *fire; /* fired when somebody has come */
};

static void *listen_once(void *arg)
{
    struct listener *l = arg;
    int fd = accept(l->fd, NULL, NULL);
    if (fd < 0)
        return NULL;
    ssize_t n = recv(fd, l->got, 8, MSG_WAITALL);
    l->n = n > 0 ? (size_t)n : 0;
    cancel_fire(l->fire);
    if (l->answer && send(fd, &l->answer, 1, MSG_NOSIGNAL) == 1)
        l->n = 8;
    while ((n = recv(fd, l->got + l->n, sizeof l->got - l->n, 0)) > 0)
        l->n += (size_t)n;
    close(fd);
    return NULL;
}

static void listener_start(struct listener *l)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof a;
    l->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(0, bind(l->fd, (struct sockaddr *)&a, sizeof a));
    assert_int_equal(0, listen(l->fd, 4));
    assert_int_equal(0, getsockname(l->fd, (struct sockaddr *)&a, &n));
    l->port = ntohs(a.sin_port);
    assert_int_equal(0, pthread_create(&l->thread, NULL, listen_once, l));
}

static void listener_end(struct listener *l)
{
    shutdown(l->fd, SHUT_RDWR);
    pthread_join(l->thread, NULL);
    close(l->fd);
}

static const unsigned char ssl_request[8] = {0, 0, 0, 8, 4, 210, 22, 47};

static void no_password_goes_to_a_server_without_tls(void **state)
{
    static const char *const settings[] = {
        "", "?sslmode=disable", "?sslmode=prefer", "?sslmode=require", "?gssencmode=require"};
    (void)state;
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        struct listener l = {.answer = 'N'};
        struct err e;
        char url[256];
        listener_start(&l);
        /* not a loopback address in writing, though it leads to one */
        snprintf(url, sizeof url, "postgresql://u:hunter2secret@127.1:%d/d%s", l.port, settings[i]);
        struct db_options o = {.url = url};
        assert_null(db_open(&o, NULL, &e));
        listener_end(&l);
        assert_int_equal(ERR_NET, e.class);
        assert_null(strstr(e.message, "hunter2"));
        assert_int_equal(8, l.n); /* asked for TLS, then nothing more */
        assert_memory_equal(l.got, ssl_request, 8);
    }
}

static void loopback_may_go_without_tls(void **state)
{
    struct listener l = {.answer = 0};
    struct err e;
    char url[256];
    (void)state;
    listener_start(&l);
    snprintf(url, sizeof url, "postgresql://u@127.0.0.1:%d/d?sslmode=disable", l.port);
    struct db_options o = {.url = url, .connect_ms = 300};
    assert_null(db_open(&o, NULL, &e));
    listener_end(&l);
    assert_int_equal(ERR_TIMEOUT, e.class); /* it accepts and never answers */
    assert_true(l.n > 8);
    assert_memory_not_equal(l.got, ssl_request, 8);
}

static void connecting_is_cancelled(void **state)
{
    struct listener l = {.answer = 0, .fire = cancel_new(NULL)};
    struct err e;
    char url[256];
    (void)state;
    listener_start(&l);
    snprintf(url, sizeof url, "postgresql://u@127.0.0.1:%d/d", l.port);
    struct db_options o = {.url = url, .connect_ms = 600000};
    assert_null(db_open(&o, l.fire, &e));
    assert_int_equal(ERR_CANCEL, e.class);
    listener_end(&l);
    cancel_unref(l.fire);
}

static void a_closed_port_is_a_net_error(void **state)
{
    char url[128];
    struct err e;
    (void)state;
    snprintf(url, sizeof url, "postgresql://u@127.0.0.1:%d/d", pg_server_free_port());
    struct db_options o = {.url = url};
    assert_null(db_open(&o, NULL, &e));
    assert_int_equal(ERR_NET, e.class);
}

/* ---- SQLite
 * -------------------------------------------------------------------------------------- */

static void the_file_is_private(void **state)
{
    const struct fixture *f = *state;
    struct stat st;
    char path[PATH_MAX];
    mode_t before = umask(0);
    struct db *d = fixture_open(f, NULL);
    make_things(d);
    umask(before);
    snprintf(path, sizeof path, "%s/state", (char *)f->folder);
    assert_int_equal(0, stat(path, &st));
    assert_int_equal(0700, st.st_mode & 0777);
    static const char *const files[] = {"registry.db", "registry.db-wal", "registry.db-shm"};
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/state/%s", (char *)f->folder, files[i]);
        assert_int_equal(0, stat(path, &st));
        assert_int_equal(0600, st.st_mode & 0777);
    }
    db_close(d);
}

static void refuse_file(
    const struct fixture *f, const char *content, size_t n, enum err_class class)
{
    char path[PATH_MAX];
    struct err e;
    snprintf(path, sizeof path, "%s/state", (char *)f->folder);
    mkdir(path, 0700);
    snprintf(path, sizeof path, "%s/state/registry.db", (char *)f->folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(n, fwrite(content, 1, n, file));
    fclose(file);
    struct db_options o = {.url = f->url};
    assert_null(db_open(&o, NULL, &e));
    assert_int_equal(class, e.class);
    assert_non_null(strstr(e.message, "registry.db"));
}

static void damaged_files_are_named(void **state)
{
    char half[4096] = "SQLite format 3";
    memset(half + 16, 0xAB, sizeof half - 16);
    refuse_file(*state, "this is a letter to a friend, and a long one", 44, ERR_IO);
    refuse_file(*state, half, sizeof half, ERR_IO);
}

static void a_folder_or_a_missing_file_is_no_database(void **state)
{
    const struct fixture *f = *state;
    struct err e;
    struct db_options o = {.url = f->url, .read_only = true};
    struct stat st;
    char url[PATH_MAX + 16];
    assert_null(db_open(&o, NULL, &e));
    assert_int_equal(ERR_INPUT, e.class);
    snprintf(url, sizeof url, "%s/state", (char *)f->folder);
    assert_int_equal(-1, stat(url, &st)); /* nothing was made */
    snprintf(url, sizeof url, "sqlite:%s", (char *)f->folder);
    o = (struct db_options){.url = url};
    assert_null(db_open(&o, NULL, &e));
    assert_true(e.class == ERR_INPUT || e.class == ERR_IO);
    o.url = "sqlite:";
    assert_null(db_open(&o, NULL, &e));
    assert_int_equal(ERR_INPUT, e.class);
}

static void a_nul_inside_a_text_is_seen(void **state)
{
    struct db *d = fixture_open(*state, NULL);
    struct db_result *r;
    begin(d, DB_READ);
    assert_int_equal(
        0, db_exec(d, "SELECT CAST(x'610062' AS TEXT), CAST(x'' AS TEXT)", NULL, 0, &r, NULL));
    assert_string_equal("a\xEF\xBF\xBD"
                        "b",
        db_cell_at(r, 0, 0));
    assert_string_equal("", db_cell_at(r, 0, 1));
    db_result_free(r);
    db_close(d);
}

/* ---- PostgreSQL
 * ---------------------------------------------------------------------------------- */

static void a_wrong_password_is_refused_in_silence(void **state)
{
    char url[256];
    struct err e;
    (void)state;
    snprintf(url, sizeof url, "postgresql://owner:wrong-hunter2secret@127.0.0.1:%d/postgres",
        fixture_server.port);
    struct db_options o = {.url = url};
    assert_null(db_open(&o, NULL, &e));
    assert_int_equal(ERR_AUTH, e.class);
    assert_null(strstr(e.message, "hunter2"));
    snprintf(url, sizeof url, "postgresql://owner@127.0.0.1:%d/postgres", fixture_server.port);
    setenv("PGPASSFILE", "/nonexistent", 1);
    assert_null(db_open(&o, NULL, &e));
    assert_int_equal(ERR_AUTH, e.class);
    snprintf(url, sizeof url, "postgresql://owner:%s@127.0.0.1:%d/nothing", PG_PASSWORD,
        fixture_server.port);
    assert_null(db_open(&o, NULL, &e));
    assert_int_equal(ERR_INPUT, e.class);
}

static void the_socket_and_localhost_work(void **state)
{
    char url[PATH_MAX * 3 + 128], folder[PATH_MAX * 3];
    size_t n = 0;
    (void)state;
    for (const char *p = fixture_server.folder; *p; p++)
        n += (size_t)snprintf(folder + n, sizeof folder - n, *p == '/' ? "%%2F" : "%c", *p);
    snprintf(url, sizeof url, "postgresql://owner:%s@%s:%d/postgres", PG_PASSWORD, folder,
        fixture_server.port);
    struct err e;
    struct db *d = fixture_try(url, NULL, &e);
    if (!d)
        fail_msg("%s", e.message);
    db_close(d);
    snprintf(url, sizeof url, "postgres://owner:%s@localhost:%d/postgres", PG_PASSWORD,
        fixture_server.port);
    d = fixture_try(url, NULL, &e);
    if (!d)
        fail_msg("%s", e.message);
    assert_string_equal("owner", db_role(d));
    db_close(d);
}

static void times_are_utc_whatever_the_server_thinks(void **state)
{
    struct db *d = fixture_open(*state, NULL);
    struct db_result *r;
    fixture_sql(d, "ALTER DATABASE postgres SET TimeZone = 'America/New_York'", NULL);
    fixture_sql(d, "ALTER DATABASE postgres SET DateStyle = 'German'", NULL);
    db_close(d);
    d = fixture_open(*state, NULL);
    begin(d, DB_READ);
    assert_int_equal(0, db_exec(d,
                            "SELECT '2026-11-23 06:05:00.123+02'::timestamptz,"
                            " '2026-11-23 06:05:00'::timestamp, 'infinity'::timestamptz",
                            NULL, 0, &r, NULL));
    assert_string_equal("2026-11-23T04:05:00.123Z", db_cell_at(r, 0, 0));
    assert_string_equal("2026-11-23T06:05:00Z", db_cell_at(r, 0, 1));
    assert_string_equal("infinity", db_cell_at(r, 0, 2));
    db_result_free(r);
    db_rollback(d);
    fixture_sql(d, "ALTER DATABASE postgres RESET ALL", NULL);
    db_close(d);
}

/* What a pooler in transaction mode would keep for the next one. */
static void nothing_stays_with_the_session(void **state)
{
    struct db *d = fixture_open(*state, FIXTURE_USER);
    struct db_result *r;
    struct err e;
    begin(d, DB_READ);
    assert_int_equal(0, db_exec(d,
                            "SELECT current_setting('request.jwt.claims', true)::json->>'sub',"
                            " current_setting('statement_timeout')",
                            NULL, 0, &r, &e));
    assert_string_equal(FIXTURE_USER, db_cell_at(r, 0, 0));
    assert_string_equal("15s", db_cell_at(r, 0, 1));
    db_result_free(r);
    assert_int_equal(0, db_commit(d, &e));
    begin(d, DB_OWNER);
    assert_int_equal(0, db_exec(d,
                            "SELECT current_setting('request.jwt.claims', true),"
                            " (SELECT count(*) FROM pg_prepared_statements)",
                            NULL, 0, &r, &e));
    assert_string_equal("", db_cell_at(r, 0, 0) ? db_cell_at(r, 0, 0) : "");
    assert_string_equal("0", db_cell_at(r, 0, 1));
    db_result_free(r);
    db_close(d);
}

static int64_t backend_of(struct db *d)
{
    struct db_result *r;
    struct err e;
    if (db_exec(d, "SELECT pg_backend_pid()", NULL, 0, &r, &e))
        fail_msg("%s", e.message);
    int64_t pid = strtoll(db_cell_at(r, 0, 0), NULL, 10);
    db_result_free(r);
    return pid;
}

/* Ends the session and returns when the server has forgotten it. */
static void end_session(struct db *by, int64_t pid)
{
    char sql[128];
    snprintf(sql, sizeof sql, "SELECT pg_terminate_backend(%lld, %d)::int", (long long)pid,
        FIXTURE_PATIENCE_MS / 10);
    assert_int_equal(1, fixture_count(by, sql));
}

static void a_connection_that_ended_is_opened_again(void **state)
{
    struct db *d = fixture_open(*state, NULL), *other = fixture_open(*state, NULL);
    struct err e;
    make_things(d);
    begin(d, DB_READ);
    int64_t pid = backend_of(d);
    db_rollback(d);
    end_session(other, pid); /* while idle: nobody notices */
    unsigned before = db_connections(d);
    fixture_sql(d, "INSERT INTO {table things} (name) VALUES ('a')", NULL);
    assert_int_equal(before + 1, db_connections(d));
    begin(d, DB_WRITE);
    assert_int_equal(
        0, db_exec(d, "INSERT INTO {table things} (name) VALUES ('b')", NULL, 0, NULL, &e));
    end_session(other, backend_of(d)); /* in mid-transaction: an error */
    assert_int_equal(-1, db_exec(d, "SELECT 1", NULL, 0, NULL, &e));
    assert_int_equal(ERR_NET, e.class);
    db_rollback(d);
    assert_int_equal(1, count_things(d));
    begin(d, DB_WRITE);
    assert_int_equal(
        0, db_exec(d, "INSERT INTO {table things} (name) VALUES ('b')", NULL, 0, NULL, &e));
    end_session(other, backend_of(d));
    assert_int_equal(-1, db_commit(d, &e));
    assert_int_equal(ERR_NET, e.class);
    assert_non_null(strstr(e.message, "not known"));
    assert_int_equal(1, count_things(d));
    db_close(d);
    db_close(other);
}

static void a_server_that_dies_loses_nothing_but_the_transaction(void **state)
{
    const struct fixture *f = *state;
    struct db *d = fixture_open(f, NULL);
    struct err e;
    make_things(d);
    begin(d, DB_WRITE);
    assert_int_equal(
        0, db_exec(d, "INSERT INTO {table things} (name) VALUES ('a')", NULL, 0, NULL, &e));
    pg_server_kill(&fixture_server);
    assert_int_equal(-1, db_exec(d, "SELECT 1", NULL, 0, NULL, &e));
    assert_int_equal(ERR_NET, e.class);
    db_rollback(d);
    assert_int_equal(-1, db_begin(d, DB_READ, NULL, &e));
    assert_int_equal(ERR_NET, e.class);
    assert_int_equal(0, pg_server_run(&fixture_server));
    db_close(fixture_await(f->url));
    assert_int_equal(0, count_things(d));
    db_close(d);
}

/* The server hangs (stopped, not dead): the answer to the cancel never comes either. */
static void a_server_that_hangs_is_given_up(void **state)
{
    const struct fixture *f = *state;
    struct db *d = fixture_open(f, NULL);
    struct cancel *cancel = cancel_new(NULL);
    struct err e;
    make_things(d);
    assert_int_equal(0, db_begin(d, DB_READ, NULL, &e));
    pid_t backend = (pid_t)backend_of(d);
    db_rollback(d);
    assert_int_equal(0, db_begin(d, DB_READ, cancel, &e));
    assert_int_equal(0, kill(backend, SIGSTOP));
    struct firing w = {.cancel = cancel, .f = &(struct fixture){.pg = false}};
    pthread_t thread;
    assert_int_equal(0, pthread_create(&thread, NULL, fire, &w));
    int64_t before = now_ms();
    assert_int_equal(-1, db_exec(d, "SELECT 1", NULL, 0, NULL, &e));
    assert_int_equal(ERR_CANCEL, e.class);
    db_rollback(d);
    assert_true(now_ms() - before < 12000);
    pthread_join(thread, NULL);
    kill(backend, SIGCONT);
    begin(d, DB_READ); /* on a new connection */
    assert_int_equal(2, db_connections(d));
    db_close(d);
    cancel_unref(cancel);
}

static void restart(bool tls)
{
    pg_server_kill(&fixture_server);
    fixture_server.tls = tls;
    assert_int_equal(0, pg_server_run(&fixture_server));
    db_close(fixture_await(fixture_server.url));
}

/* 127.1 is loopback in truth but not in writing, so TLS is asked of it as of any other host. */
static void certificates_are_verified(void **state)
{
    char url[256], ca[PATH_MAX + 16];
    struct err e;
    struct db_options o = {.url = url, .ca_file = ca, .connect_ms = 20000};
    (void)state;
    snprintf(ca, sizeof ca, "%s/server.crt", fixture_server.folder);
    snprintf(url, sizeof url, "postgresql://owner:%s@127.1:%d/postgres?sslmode=disable",
        PG_PASSWORD, fixture_server.port);
    assert_int_equal(0, pg_server_make_certificate(&fixture_server, "DNS:db.example.org"));
    restart(true);
    assert_null(db_open(&o, NULL, &e)); /* a certificate for somebody else */
    assert_int_equal(ERR_NET, e.class);
    assert_int_equal(0, pg_server_make_certificate(&fixture_server, "IP:127.0.0.1"));
    restart(true);
    struct db *d = db_open(&o, NULL, &e);
    if (!d)
        fail_msg("%s", e.message);
    assert_int_equal(
        1, fixture_count(d, "SELECT ssl::int FROM pg_stat_ssl WHERE pid = pg_backend_pid()"));
    db_close(d);
    o.ca_file = "/etc/ssl/certs/ca-certificates.crt"; /* a CA that is not theirs */
    assert_null(db_open(&o, NULL, &e));
    assert_int_equal(ERR_NET, e.class);
    restart(false);
}

/* ---- which where
 * --------------------------------------------------------------------------------- */

#define BOTH(ON)                                                                                   \
    ON(values_come_back_as_they_went), ON(null_is_not_an_empty_text),                              \
        ON(merging_keeps_what_others_wrote), ON(a_transaction_is_all_or_nothing),                  \
        ON(reading_never_writes), ON(reading_is_read_only_to_the_database),                        \
        ON(what_is_missing_is_told_apart), ON(too_large_an_answer_is_refused),                     \
        ON(a_long_statement_is_ended), ON(a_long_statement_is_cancelled),                          \
        ON(a_lock_of_another_ends_the_wait)

int main(void)
{
    const struct CMUnitTest sqlite[] = {
        BOTH(ON_SQLITE),
        ON_SQLITE(the_file_is_private),
        ON_SQLITE(damaged_files_are_named),
        ON_SQLITE(a_folder_or_a_missing_file_is_no_database),
        ON_SQLITE(a_nul_inside_a_text_is_seen),
        cmocka_unit_test(bad_addresses_are_refused_without_a_word_of_them),
        cmocka_unit_test(only_loopback_goes_without_tls),
        cmocka_unit_test(no_password_goes_to_a_server_without_tls),
        cmocka_unit_test(loopback_may_go_without_tls),
        cmocka_unit_test(connecting_is_cancelled),
        cmocka_unit_test(a_closed_port_is_a_net_error),
    };
    const struct CMUnitTest pg[] = {
        BOTH(ON_PG),
        ON_PG(a_wrong_password_is_refused_in_silence),
        ON_PG(the_socket_and_localhost_work),
        ON_PG(times_are_utc_whatever_the_server_thinks),
        ON_PG(nothing_stays_with_the_session),
        ON_PG(a_connection_that_ended_is_opened_again),
        ON_PG(a_server_that_hangs_is_given_up),
        ON_PG(certificates_are_verified),
        ON_PG(a_server_that_dies_loses_nothing_but_the_transaction),
    };
    int failed = cmocka_run_group_tests_name("db", sqlite, NULL, NULL);
    if (fixture_have_pg("db"))
        failed += cmocka_run_group_tests_name("db-pg", pg, fixture_start_pg, fixture_end_pg);
    return failed;
}
