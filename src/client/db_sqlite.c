/* SQLite, the embedded default: one file of ours, which several Slipways may have open.
 *
 * WAL, so that readers never wait for a writer; writing transactions take the write lock at their
 * beginning, where it can be waited for (a reader that becomes a writer cannot wait). Waiting for
 * the lock and long statements look at the deadline and the token: the busy handler sleeps in
 * db_wait, the progress handler looks every few thousand steps.
 *
 * The file is made with 0600 before SQLite opens it; its -wal and -shm get the same mode from
 * SQLite. A file that is damaged, locked, full or not ours to write gives one sentence that names
 * it. */
#include "base/file.h"
#include "client/db_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PROGRESS_STEPS = 10000, LOCK_LOOK_MS = 10 };

struct lite {
    sqlite3 *db;
    int64_t lock_deadline;
    char path[PATH_MAX];
};

static struct lite *lite_of(const struct db *d)
{
    return d->session;
}

/* ---- failures
 * ------------------------------------------------------------------------------------ */

/* Full codes first. `says` goes behind the name of the file; NULL = SQLite's own text alone. */
static const struct {
    int code;
    const char *sqlstate;
    const char *says;
} faults[] = {
    {SQLITE_CONSTRAINT_UNIQUE, "23505", NULL},
    {SQLITE_CONSTRAINT_PRIMARYKEY, "23505", NULL},
    {SQLITE_CONSTRAINT_FOREIGNKEY, "23503", NULL},
    {SQLITE_CONSTRAINT, "23000", NULL},
    {SQLITE_MISMATCH, "22000", NULL},
    {SQLITE_TOOBIG, "22000", NULL},
    {SQLITE_INTERRUPT, "57014", "was busy for too long"},
    {SQLITE_BUSY, "55P03", "is being written by another program"},
    {SQLITE_LOCKED, "55P03", "is being written by another program"},
    {SQLITE_READONLY, "25006", "may not be written"},
    {SQLITE_PERM, "58030", "may not be opened"},
    {SQLITE_AUTH, "58030", "may not be opened"},
    {SQLITE_NOTADB, "XX001", "is not a database, or is damaged"},
    {SQLITE_CORRUPT, "XX001", "is damaged"},
    {SQLITE_FULL, "58030", "cannot be written: the disk is full"},
    {SQLITE_CANTOPEN, "58030", "cannot be opened"},
    {SQLITE_IOERR, "58030", "cannot be read or written"},
    {SQLITE_NOMEM, "58030", "needs more memory than there is"},
    {SQLITE_ERROR, "42000", NULL},
    {0, "XX000", NULL},
};

static int fail(struct db *d, int code, struct err *e)
{
    struct lite *l = lite_of(d);
    char text[PATH_MAX + 64];
    size_t i = 0;
    while (faults[i].code && faults[i].code != code && faults[i].code != (code & 0xFF))
        i++;
    if (faults[i].says)
        snprintf(text, sizeof text, "%s %s", l->path, faults[i].says);
    else
        snprintf(text, sizeof text, "%s", l->db ? sqlite3_errmsg(l->db) : sqlite3_errstr(code));
    return db_fail(d, faults[i].sqlstate, text, e);
}

/* ---- limits
 * -------------------------------------------------------------------------------------- */

static int look_while_running(void *arg)
{
    const struct db *d = arg;
    return (d->watching && cancel_fired(d->cancel)) || db_now() > d->deadline;
}

/* Non-zero: try again. */
static int wait_for_lock(void *arg, int times)
{
    struct db *d = arg;
    int64_t now = db_now(), end = lite_of(d)->lock_deadline;
    struct err e;
    (void)times;
    if (now >= end)
        return 0;
    int64_t next = now + LOCK_LOOK_MS < end ? now + LOCK_LOOK_MS : end;
    db_wait(d, -1, 0, next, &e);
    return e.class == ERR_TIMEOUT;
}

static void start_lock_time(struct db *d)
{
    lite_of(d)->lock_deadline = db_now() + d->lock_ms;
}

/* ---- opening
 * ------------------------------------------------------------------------------------- */

static int make_parent(const char *path, struct err *e)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    if (!slash || slash == path)
        return 0;
    snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path);
    return file_make_folder(folder, e);
}

/* There, a regular file, and closed to others where it is ours. */
static int make_file(const struct db *d, const char *path, struct err *e)
{
    struct stat st;
    int flags = O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY | (d->read_only ? 0 : O_CREAT);
    int fd = open(path, flags, 0600);
    if (fd < 0 && errno == ENOENT)
        return err_set(e, ERR_INPUT, ENOENT, "there is no database file %s yet", path);
    if (fd < 0)
        return err_errno(e, errno, "cannot open the database file %s", path);
    int result = fstat(fd, &st);
    if (result == 0 && !S_ISREG(st.st_mode))
        result = err_set(e, ERR_INPUT, 0, "%s is not a regular file", path);
    else if (result)
        err_errno(e, errno, "cannot look at the database file %s", path);
    else if (!d->read_only && st.st_uid == geteuid() && (st.st_mode & 077))
        fchmod(fd, 0600); /* on a file system without modes it stays as it is */
    close(fd);
    return result;
}

static int set_up(struct db *d, struct err *e)
{
    static const char *const pragmas[] = {
        "PRAGMA trusted_schema = OFF",
        "PRAGMA foreign_keys = ON",
        "SELECT count(*) FROM sqlite_schema", /* reads the file: damage shows here */
        "PRAGMA synchronous = FULL",
    };
    sqlite3 *db = lite_of(d)->db;
    sqlite3_busy_handler(db, wait_for_lock, d);
    sqlite3_progress_handler(db, PROGRESS_STEPS, look_while_running, d);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    for (size_t i = 0; i < sizeof pragmas / sizeof *pragmas; i++) {
        int code = sqlite3_exec(db, pragmas[i], NULL, NULL, NULL);
        if (code != SQLITE_OK)
            return fail(d, code, e);
    }
    if (!d->read_only) /* where it cannot be had, the older journal does as well */
        sqlite3_exec(db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);
    return 0;
}

static int lite_open(struct db *d, struct err *e)
{
    const char *path = d->url + strlen("sqlite:");
    struct lite *l = calloc(1, sizeof *l);
    d->session = l;
    if (!l)
        return err_set(e, ERR_IO, ENOMEM, "no memory for the database");
    /* "./" so that no name has a meaning of its own to SQLite */
    int n = snprintf(l->path, sizeof l->path, "%s%s", path[0] == '/' ? "" : "./", path);
    if (!path[0] || n < 0 || (size_t)n >= sizeof l->path)
        return err_set(e, ERR_INPUT, 0, "the database address names no usable file");
    if ((!d->read_only && make_parent(l->path, e)) || make_file(d, l->path, e))
        return -1;
    start_lock_time(d);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    int code = sqlite3_open_v2(l->path, &l->db, flags, NULL);
    return code == SQLITE_OK ? set_up(d, e) : fail(d, code, e);
}

static void lite_close(struct db *d)
{
    struct lite *l = lite_of(d);
    if (!l)
        return;
    sqlite3_close(l->db);
    free(l);
    d->session = NULL;
}

static bool lite_alive(const struct db *d)
{
    return d->session;
}

/* ---- statements
 * ---------------------------------------------------------------------------------- */

/* $1 is a name to SQLite, so its place is asked for. */
static int bind(sqlite3_stmt *s, const char *const params[], size_t n)
{
    for (int i = 1; i <= sqlite3_bind_parameter_count(s); i++) {
        const char *name = sqlite3_bind_parameter_name(s, i);
        size_t which = name ? strtoul(name + 1, NULL, 10) : 0;
        if (which == 0 || which > n)
            return SQLITE_RANGE;
        const char *value = params[which - 1];
        int code =
            value ? sqlite3_bind_text(s, i, value, -1, SQLITE_STATIC) : sqlite3_bind_null(s, i);
        if (code != SQLITE_OK)
            return code;
    }
    return SQLITE_OK;
}

static int add_row(struct db_result *into, sqlite3_stmt *s)
{
    for (int c = 0; c < sqlite3_column_count(s); c++) {
        const char *text = (const char *)sqlite3_column_text(s, c);
        if (db_result_cell(into, text, text ? (size_t)sqlite3_column_bytes(s, c) : 0))
            return -1;
    }
    return 0;
}

static int add_names(struct db_result *into, sqlite3_stmt *s)
{
    for (int c = 0; c < sqlite3_column_count(s); c++)
        if (db_result_column(into, sqlite3_column_name(s, c)))
            return -1;
    return 0;
}

static int step_all(struct db *d, sqlite3_stmt *s, struct db_result *into, struct err *e)
{
    int code;
    if (into && add_names(into, s))
        return db_result_fail(e);
    while ((code = sqlite3_step(s)) == SQLITE_ROW)
        if (into && add_row(into, s))
            return db_result_fail(e);
    if (code != SQLITE_DONE)
        return fail(d, code, e);
    if (into)
        db_result_affected(into, sqlite3_changes64(lite_of(d)->db));
    return 0;
}

static int lite_run(struct db *d, const char *sql, const char *const params[], size_t n,
    struct db_result *into, struct err *e)
{
    sqlite3_stmt *s = NULL;
    start_lock_time(d);
    int code = sqlite3_prepare_v2(lite_of(d)->db, sql, -1, &s, NULL);
    if (code == SQLITE_OK)
        code = bind(s, params, n);
    int result = code == SQLITE_OK ? step_all(d, s, into, e) : fail(d, code, e);
    sqlite3_finalize(s);
    return result;
}

static int lite_begin(struct db *d, enum db_mode mode, struct err *e)
{
    bool read = mode == DB_READ;
    return lite_run(
               d, read ? "PRAGMA query_only = ON" : "PRAGMA query_only = OFF", NULL, 0, NULL, e) ||
                   lite_run(d, read ? "BEGIN" : "BEGIN IMMEDIATE", NULL, 0, NULL, e)
               ? -1
               : 0;
}

static void lite_rollback(struct db *d)
{
    if (lite_of(d) && lite_of(d)->db && !sqlite3_get_autocommit(lite_of(d)->db))
        sqlite3_exec(lite_of(d)->db, "ROLLBACK", NULL, NULL, NULL);
}

/* ---- the words
 * ----------------------------------------------------------------------------------- */

static const struct db_word words[] = {
    {"now", "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')"},
    {"table", "%1"},
    {"lock", "%1"}, /* BEGIN IMMEDIATE has it */
    {"json", "(CASE WHEN json_valid(%1) THEN CASE json_type(%1) WHEN 'object'"
             " THEN %1 ->> '%2' END END)"},
    {"merge", "json_patch(CASE WHEN json_valid(%1) THEN CASE json_type(%1) WHEN 'object'"
              " THEN %1 ELSE '{}' END ELSE '{}' END, %2)"},
    {"t:uuid", "TEXT"},
    {"t:bool", "INTEGER"},
    {"t:int", "INTEGER"},
    {"t:bigint", "INTEGER"},
    {"t:numeric", "REAL"},
    {"t:real", "REAL"},
    {"t:time", "TEXT"},
    {"t:json", "TEXT"},
    {"d:id", "DEFAULT (lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4'"
             " || substr(hex(randomblob(2)), 2) || '-' || substr('89ab', 1 + (random() & 3), 1)"
             " || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6))))"},
    {"d:now", "DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))"},
    {"strict", "STRICT"},
    {NULL, NULL},
};

const struct db_driver db_sqlite_driver = {
    .kind = "sqlite",
    .words = words,
    .columns_sql = "SELECT name FROM pragma_table_info($1)",
    .exists_sql = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = $1"
                  " AND type IN ('table', 'view'))",
    .unique_sql = "SELECT EXISTS (SELECT 1 FROM pragma_index_list($1) l"
                  " WHERE l.\"unique\" AND NOT l.partial AND (SELECT group_concat(name) FROM"
                  " (SELECT name FROM pragma_index_info(l.name) ORDER BY name)) = $2)",
    .filtered_sql = "SELECT 0 WHERE $1 IS NOT NULL",
    .grace_ms = 0,
    .open = lite_open,
    .alive = lite_alive,
    .begin = lite_begin,
    .run = lite_run,
    .rollback = lite_rollback,
    .close = lite_close,
};
