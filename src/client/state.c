/* The file itself. One connection a handle, WAL so that readers and the one writer do not wait for
 * each other, synchronous FULL so that what was noted is on the disk when the call returns.
 * Writing transactions take the lock at their beginning, where it can be waited for.
 *
 * Statements are a table, prepared when first used and kept. All values are bound by one function,
 * which masks every text: nothing can reach the file past the redactor but the addresses that
 * state_parts.c keeps, which are of no use masked.
 *
 * A failed transaction is rolled back; SQLite takes care that a process that dies in the middle of
 * one, or a disk that fills up, leaves the file as it was before. */
#include "base/clock.h"
#include "base/file.h"
#include "base/secret.h"
#include "client/state_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define REQUEST_COLUMNS                                                                            \
    "id, job_id, endpoint_id, model, route, status, submitted_ms, seen_ms, ended_ms, delay_ms,"    \
    " execution_ms, first_token_ms, tokens_in, tokens_out, retries, worker_id, gpu, price_hour,"   \
    " cost, input, output, error, listed"

/* Counts what is written, so that others can ask for what is new since they looked. */
#define NEXT_CHANGE "(SELECT coalesce(max(changed), 0) + 1 FROM requests)"

#define OPERATION_COLUMNS                                                                          \
    "id, kind, state, title, asked, error, started_ms, updated_ms, holder_pid, holder_born,"       \
    " (SELECT json_group_object(key, json(value)) FROM notes WHERE operation = id)"

static const char *const sql[STATE_STATEMENTS] = {
    [STATE_BEGIN_READ] = "BEGIN",
    [STATE_BEGIN_WRITE] = "BEGIN IMMEDIATE",
    [STATE_COMMIT] = "COMMIT",
    [STATE_ROLLBACK] = "ROLLBACK",
    [STATE_OPERATION_INSERT] =
        "INSERT INTO operations (id, kind, state, title, asked, error, started_ms, updated_ms,"
        " holder_pid, holder_born) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"
        " ON CONFLICT (id) DO NOTHING",
    [STATE_OPERATION_PRUNE] =
        "DELETE FROM operations WHERE n <= (SELECT max(n) FROM operations) - ?1"
        " AND state IN ('done', 'failed', 'cancelled')",
    [STATE_OPERATION_TOUCH] = "UPDATE operations SET updated_ms = ?2 WHERE id = ?1",
    [STATE_OPERATION_END] = "UPDATE operations SET state = ?2, error = ?3, updated_ms = ?4,"
                            " holder_pid = 0, holder_born = '' WHERE id = ?1",
    [STATE_OPERATION_HOLDER] = "SELECT holder_pid, holder_born FROM operations WHERE id = ?1",
    [STATE_OPERATION_CLAIM] = "UPDATE operations SET state = ?2, error = '', updated_ms = ?3,"
                              " holder_pid = ?4, holder_born = ?5 WHERE id = ?1",
    [STATE_OPERATION_LIST] =
        "SELECT " OPERATION_COLUMNS " FROM operations ORDER BY started_ms DESC, n DESC LIMIT ?1",
    /* the whole id comes before longer ones that begin with it */
    [STATE_OPERATION_FIND] = "SELECT " OPERATION_COLUMNS " FROM operations"
                             " WHERE substr(id, 1, length(?1)) = ?1 ORDER BY length(id), n LIMIT 2",
    [STATE_NOTE_PUT] = "INSERT INTO notes (operation, key, value) VALUES (?1, ?2, ?3)"
                       " ON CONFLICT (operation, key) DO UPDATE SET value = excluded.value",
    [STATE_REQUEST_PUT] =
        "INSERT INTO requests (" REQUEST_COLUMNS ", changed) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7,"
        " ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23,"
        " " NEXT_CHANGE ") ON CONFLICT (id) DO UPDATE SET (" REQUEST_COLUMNS ", changed) ="
        " (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19,"
        " ?20, ?21, ?22, ?23, " NEXT_CHANGE ")",
    [STATE_REQUEST_UNLIST] = "DELETE FROM requests WHERE endpoint_id = ?1 AND job_id = ?2"
                             " AND listed = 1 AND id <> ?3",
    [STATE_REQUEST_PRUNE] = "DELETE FROM requests WHERE listed = ?1 AND n <= (SELECT n FROM requests"
                            " WHERE listed = ?1 ORDER BY n DESC LIMIT 1 OFFSET ?2)",
    [STATE_REQUEST_COUNT] = "SELECT count(*) FROM (SELECT 1 FROM requests"
                            " WHERE ?1 IS NULL OR endpoint_id = ?1 LIMIT ?2)",
    [STATE_REQUEST_LIST] = "SELECT " REQUEST_COLUMNS " FROM requests"
                           " WHERE ?1 IS NULL OR endpoint_id = ?1"
                           " ORDER BY submitted_ms DESC, n DESC LIMIT ?2",
    [STATE_REQUEST_GET] = "SELECT " REQUEST_COLUMNS " FROM requests WHERE id = ?1",
    [STATE_REQUEST_OF_JOB] = "SELECT " REQUEST_COLUMNS " FROM requests"
                             " WHERE job_id = ?2 AND endpoint_id = ?1 ORDER BY listed, n LIMIT 1",
    /* the whole id comes before longer ones that begin with it */
    [STATE_REQUEST_FIND] = "SELECT " REQUEST_COLUMNS " FROM requests"
                           " WHERE substr(id, 1, length(?1)) = ?1"
                           " OR substr(job_id, 1, length(?1)) = ?1"
                           " ORDER BY id <> ?1 AND job_id <> ?1, n DESC LIMIT 2",
    [STATE_REQUEST_OPEN] =
        "SELECT " REQUEST_COLUMNS " FROM requests"
        " WHERE status IN ('SENDING', 'IN_QUEUE', 'IN_PROGRESS') ORDER BY n DESC LIMIT ?1",
    [STATE_REQUEST_OLDER] = "SELECT " REQUEST_COLUMNS ", n FROM requests"
                            " WHERE (submitted_ms, n) < (?1, ?2)"
                            " ORDER BY submitted_ms DESC, n DESC LIMIT ?3",
    [STATE_REQUEST_CHANGED] = "SELECT " REQUEST_COLUMNS ", changed FROM requests"
                              " WHERE changed > ?1 ORDER BY changed LIMIT ?2",
    [STATE_REQUEST_LAST_CHANGE] = "SELECT coalesce(max(changed), 0) FROM requests",
    [STATE_REQUEST_TIMES] =
        "SELECT endpoint_id, status, submitted_ms, ended_ms, delay_ms, execution_ms, cost"
        " FROM requests WHERE ?1 IS NULL OR endpoint_id = ?1",
    [STATE_DATA_VERSION] = "PRAGMA data_version",
    [STATE_HASH_GET] = "SELECT sha256 FROM hashes WHERE device = ?1 AND inode = ?2 AND size = ?3"
                       " AND modified_ns = ?4 AND changed_ns = ?5",
    [STATE_HASH_PUT] =
        "INSERT OR REPLACE INTO hashes (device, inode, size, modified_ns, changed_ns,"
        " sha256) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    [STATE_HASH_DROP] = "DELETE FROM hashes WHERE device = ?1 AND inode = ?2 AND size = ?3"
                        " AND modified_ns = ?4 AND changed_ns = ?5",
    [STATE_HASH_PRUNE] = "DELETE FROM hashes WHERE n <= (SELECT max(n) FROM hashes) - ?1",
    [STATE_FACT_GET] = "SELECT value FROM facts WHERE name = ?1",
    [STATE_FACT_PUT] = "INSERT INTO facts (name, value) VALUES (?1, ?2)"
                       " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    [STATE_FACT_REMOVE] = "DELETE FROM facts WHERE name = ?1",
    [STATE_UPLOAD_PUT] =
        "INSERT INTO uploads (endpoint, repository, oid, size, chunk, href, verify, fetched_ms)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    [STATE_UPLOAD_REMOVE] =
        "DELETE FROM uploads WHERE endpoint = ?1 AND repository = ?2 AND oid = ?3",
    [STATE_UPLOAD_PRUNE] = "DELETE FROM uploads WHERE fetched_ms < ?1"
                           " OR n <= (SELECT max(n) FROM uploads) - ?2",
    [STATE_UPLOAD_GET] = "SELECT n, chunk, href, verify FROM uploads WHERE endpoint = ?1"
                         " AND repository = ?2 AND oid = ?3 AND size = ?4 AND fetched_ms >= ?5",
    [STATE_UPLOAD_PARTS] =
        "SELECT number, url, etag FROM upload_parts WHERE upload = ?1 ORDER BY number",
    [STATE_UPLOAD_PART_PUT] =
        "INSERT INTO upload_parts (upload, number, url, etag) VALUES (?1, ?2, ?3, ?4)",
    [STATE_UPLOAD_PART_SENT] =
        "UPDATE upload_parts SET etag = ?3 WHERE upload = ?1 AND number = ?2",
};

/* ---- failures -------------------------------------------------------------------------------- */

static const struct {
    int code;
    enum err_class class;
    const char *says, *hint;
} faults[] = {
    {SQLITE_FULL, ERR_IO, "cannot be written: the disk is full", "make room; nothing was lost"},
    {SQLITE_READONLY, ERR_IO, "may not be written",
        "look at the rights of the file and its folder"},
    {SQLITE_CANTOPEN, ERR_IO, "cannot be opened", "look at the rights of the file and its folder"},
    {SQLITE_PERM, ERR_IO, "may not be opened", "look at the rights of the file and its folder"},
    {SQLITE_BUSY, ERR_TIMEOUT, "is being written by another Slipway", "try again"},
    {SQLITE_LOCKED, ERR_TIMEOUT, "is being written by another Slipway", "try again"},
    {SQLITE_NOTADB, ERR_IO, "is not a state file, or is damaged",
        "move it away; a new one is made"},
    {SQLITE_CORRUPT, ERR_IO, "is damaged", "move it away; a new one is made"},
    {SQLITE_NOMEM, ERR_IO, "needs more memory than there is", NULL},
    {SQLITE_TOOBIG, ERR_IO, "cannot take a text that long", NULL},
    {SQLITE_IOERR, ERR_IO, "cannot be read or written", NULL},
    {0, ERR_IO, NULL, NULL},
};

int state_fail(const struct state *s, int code, struct err *e)
{
    size_t i = 0;
    int number = s->db ? sqlite3_system_errno(s->db) : 0;
    while (faults[i].code && faults[i].code != (code & 0xFF))
        i++;
    if (faults[i].code == SQLITE_IOERR && number)
        return err_errno(e, number, "the state file %s cannot be read or written", s->path);
    const char *own = s->db ? sqlite3_errmsg(s->db) : sqlite3_errstr(code);
    err_set(e, faults[i].class, 0, "the state file %s %s%s", s->path,
        faults[i].says ? faults[i].says : "is not understood: ", faults[i].says ? "" : own);
    return faults[i].hint ? err_hint(e, "%s", faults[i].hint) : -1;
}

/* ---- statements ------------------------------------------------------------------------------ */

static int bind_text(sqlite3_stmt *query, int at, const char *text)
{
    struct buf masked;
    if (!text)
        return sqlite3_bind_null(query, at);
    size_t length = strlen(text);
    buf_init(&masked, 2 * length + SECRET_BYTES_MAX);
    int code = secret_redact(&masked, text, length)
                   ? SQLITE_NOMEM
                   : sqlite3_bind_text64(
                         query, at, buf_str(&masked), masked.len, SQLITE_TRANSIENT, SQLITE_UTF8);
    buf_release(&masked);
    return code;
}

static int bind(sqlite3_stmt *query, int at, const struct state_value *v)
{
    if (v->kind == STATE_TEXT)
        return bind_text(query, at, v->text);
    if (v->kind == STATE_KEPT)
        return v->text ? sqlite3_bind_text(query, at, v->text, -1, SQLITE_TRANSIENT)
                       : sqlite3_bind_null(query, at);
    if (v->kind == STATE_INT)
        return sqlite3_bind_int64(query, at, v->integer);
    return isnan(v->real) ? sqlite3_bind_null(query, at) : sqlite3_bind_double(query, at, v->real);
}

static int prepare(struct state *s, enum state_statement which)
{
    if (s->statements[which])
        return SQLITE_OK;
    return sqlite3_prepare_v3(
        s->db, sql[which], -1, SQLITE_PREPARE_PERSISTENT, &s->statements[which], NULL);
}

struct sqlite3_stmt *state_query(struct state *s, enum state_statement which,
    const struct state_value *values, size_t n, struct err *e)
{
    int code = prepare(s, which);
    for (size_t i = 0; i < n && code == SQLITE_OK; i++)
        code = bind(s->statements[which], (int)i + 1, &values[i]);
    if (code == SQLITE_OK)
        return s->statements[which];
    state_fail(s, code, e);
    state_reset(s->statements[which]);
    return NULL;
}

int state_step(struct state *s, struct sqlite3_stmt *query, struct err *e)
{
    int code = sqlite3_step(query);
    return code == SQLITE_ROW ? 1 : code == SQLITE_DONE ? 0 : state_fail(s, code, e);
}

void state_reset(struct sqlite3_stmt *query)
{
    if (!query)
        return;
    sqlite3_reset(query);
    sqlite3_clear_bindings(query);
}

int state_run(struct state *s, enum state_statement which, const struct state_value *values,
    size_t n, struct err *e)
{
    struct sqlite3_stmt *query = state_query(s, which, values, n, e);
    if (!query)
        return -1;
    int more = 1;
    while (more > 0)
        more = state_step(s, query, e);
    state_reset(query);
    return more;
}

int state_changes(const struct state *s)
{
    return sqlite3_changes(s->db);
}

int state_begin(struct state *s, enum state_statement begin, struct err *e)
{
    return state_run(s, begin, NULL, 0, e);
}

int state_end(struct state *s, int result, struct err *e)
{
    if (result == 0 && state_run(s, STATE_COMMIT, NULL, 0, e) == 0)
        return 0;
    if (!sqlite3_get_autocommit(s->db)) /* some failures have rolled back already */
        state_run(s, STATE_ROLLBACK, NULL, 0, NULL);
    return -1;
}

const char *state_column_text(struct sqlite3_stmt *query, int column)
{
    const char *text = (const char *)sqlite3_column_text(query, column);
    return text ? text : "";
}

int64_t state_column_int(struct sqlite3_stmt *query, int column)
{
    return sqlite3_column_int64(query, column);
}

double state_column_real(struct sqlite3_stmt *query, int column)
{
    bool unknown = sqlite3_column_type(query, column) == SQLITE_NULL;
    return unknown ? (double)NAN : sqlite3_column_double(query, column);
}

/* ---- opening --------------------------------------------------------------------------------- */

static int make_folder(const char *path, struct err *e)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    if (!slash || slash == path)
        return 0;
    snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path);
    return file_make_folder(folder, e);
}

/* There, a regular file, and closed to others. SQLite gives its -wal and -shm the same mode. */
static int make_file(const char *path, struct err *e)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CREAT | O_NONBLOCK | O_CLOEXEC | O_NOCTTY, 0600);
    if (fd < 0)
        return err_errno(e, errno, "cannot open the state file %s", path);
    int result = 0;
    if (fstat(fd, &st))
        result = err_errno(e, errno, "cannot look at the state file %s", path);
    else if (!S_ISREG(st.st_mode))
        result = err_set(e, ERR_IO, 0, "the state file %s is not a regular file", path);
    else if (st.st_uid == geteuid() && (st.st_mode & 077) && fchmod(fd, 0600))
        result = err_errno(e, errno, "cannot close the state file %s to others", path);
    close(fd);
    return result;
}

/* Called again and again while the file is locked; 0 gives up. */
static int wait_for_lock(void *arg, int tries)
{
    enum { TURN_MS = 10 };
    struct state *s = arg;
    int64_t now = clock_mono_ms(clock_real());
    bool quits = cancel_fired(s->quit);
    if (tries == 0)
        s->waits_since = now;
    if (now - s->waits_since >= s->wait_ms || (quits && s->quits_waited >= STATE_QUIT_MS))
        return 0;
    poll(NULL, 0, TURN_MS);
    s->quits_waited += quits ? TURN_MS : 0;
    return 1;
}

static int set_up(struct state *s, struct err *e)
{
    static const char *const pragmas[] = {
        "PRAGMA trusted_schema = OFF",
        "PRAGMA foreign_keys = ON",
        "SELECT count(*) FROM sqlite_schema", /* reads the file: damage shows here */
        "PRAGMA synchronous = FULL",
    };
    sqlite3_busy_handler(s->db, wait_for_lock, s);
    sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    for (size_t i = 0; i < sizeof pragmas / sizeof *pragmas; i++) {
        int code = sqlite3_exec(s->db, pragmas[i], NULL, NULL, NULL);
        if (code != SQLITE_OK)
            return state_fail(s, code, e);
    }
    if (sqlite3_db_readonly(s->db, "main") > 0)
        return state_fail(s, SQLITE_READONLY, e);
    /* Where it cannot be had (a file system without shared memory), the older journal does as
     * well. */
    sqlite3_exec(s->db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);
    return state_migrate(s, e);
}

static int open_file(struct state *s, const char *path, struct err *e)
{
    /* "./" so that no name has a meaning of its own to SQLite */
    int n = snprintf(s->path, sizeof s->path, "%s%s", path[0] == '/' ? "" : "./", path);
    if (!path[0] || n < 0 || (size_t)n >= sizeof s->path)
        return err_set(e, ERR_INPUT, 0, "the state file needs a usable name");
    if (make_folder(s->path, e) || make_file(s->path, e))
        return -1;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    int code = sqlite3_open_v2(s->path, &s->db, flags, NULL);
    return code == SQLITE_OK ? set_up(s, e) : state_fail(s, code, e);
}

struct state *state_open_within(
    const char *path, int64_t wait_ms, struct cancel *quit, struct err *e)
{
    struct state *s = calloc(1, sizeof *s);
    if (!s) {
        err_set(e, ERR_IO, ENOMEM, "no memory for the state");
        return NULL;
    }
    s->wait_ms = wait_ms;
    s->quit = quit;
    if (open_file(s, path, e) == 0)
        return s;
    state_close(s);
    return NULL;
}

struct state *state_open(const char *path, struct err *e)
{
    return state_open_within(path, STATE_BUSY_MS, NULL, e);
}

void state_close(struct state *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < STATE_STATEMENTS; i++)
        sqlite3_finalize(s->statements[i]);
    sqlite3_close(s->db);
    free(s);
}
