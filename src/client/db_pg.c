/* PostgreSQL through libpq, never blocking: every wait is db_wait on libpq's socket.
 *
 * Connecting. The address is taken apart by libpq, but only settings of the table below go on;
 * those that could change who is talked to or how are ours or refused. We look the host up
 * ourselves (libpq would block) and try its addresses one after the other, each with its share of
 * the time. libpq checks the certificate against the name. The login's SQLSTATE is in the text of a
 * verbose message only, so that is asked for and read; nothing else is ever concluded from a text.
 *
 * Pooling. A pooler in transaction mode gives each transaction another server session: so unnamed
 * statements only, no `options` at start, and everything is set with set_config(…, true) at the
 * beginning of the transaction (spec/database.md).
 *
 * Stopping. When the time is over or the token is fired, PQcancel asks the server to stop. It opens
 * a connection and blocks, so it runs on a thread that nobody waits for. The server's answer is
 * awaited for STOP_MS; without one the connection is given up. */
#include "base/secret.h"
#include "client/db_internal.h"

#include <errno.h>
#include <libpq-fe.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STOP_MS = 700, GRACE_MS = 2000, SETTINGS_MAX = 40, PASSWORD_MASKED_MIN = 12 };
enum { OID_TIMESTAMP = 1114, OID_TIMESTAMPTZ = 1184 };

struct pg {
    PGconn *conn;
    bool as_authenticated; /* transactions run as this role */
};

static struct pg *pg_of(const struct db *d)
{
    return d->session;
}

/* ---- the address
 * --------------------------------------------------------------------------------- */

enum use { PASS, OURS };

/* What an address may hold. OURS: always set by us, or of no use here; what it says is not looked
 * at. */
static const struct {
    const char *name;
    enum use use;
} settings[] = {
    {"user", PASS},
    {"password", PASS},
    {"passfile", PASS},
    {"dbname", PASS},
    {"port", PASS},
    {"sslcert", PASS},
    {"sslkey", PASS},
    {"sslpassword", PASS},
    {"sslcrl", PASS},
    {"channel_binding", PASS},
    {"host", OURS},
    {"sslmode", OURS},
    {"sslrootcert", OURS},
    {"connect_timeout", OURS},
    {"application_name", OURS},
    {"fallback_application_name", OURS},
    {"client_encoding", OURS},
    {"target_session_attrs", OURS},
    {"keepalives", OURS},
    {"keepalives_idle", OURS},
    {"keepalives_interval", OURS},
    {"keepalives_count", OURS},
    {"tcp_user_timeout", OURS},
    {"gssencmode", OURS},
    {"sslcompression", OURS},
};

/* The keywords for PQconnectStartParams; everything is borrowed. */
struct target {
    PQconninfoOption *given, *fallback; /* of the address; of environment and service file */
    const char *host;                   /* "" = the default Unix socket */
    bool local;
    const char *keys[SETTINGS_MAX + 1], *values[SETTINGS_MAX + 1];
    size_t n;
};

static const char *option(const PQconninfoOption *o, const char *name)
{
    for (; o && o->keyword; o++)
        if (strcmp(o->keyword, name) == 0)
            return o->val ? o->val : "";
    return "";
}

static void set(struct target *t, const char *key, const char *value)
{
    if (!value[0] || t->n == SETTINGS_MAX)
        return;
    t->keys[t->n] = key;
    t->values[t->n++] = value;
}

static int take_setting(struct target *t, const PQconninfoOption *o, struct err *e)
{
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        if (strcmp(settings[i].name, o->keyword) == 0) {
            if (settings[i].use == PASS)
                set(t, o->keyword, o->val);
            return 0;
        }
    return err_set(e, ERR_INPUT, 0, "the database address may not set %s", o->keyword);
}

static int bad_address(struct err *e)
{
    err_set(e, ERR_INPUT, 0, "the database address cannot be understood");
    return err_hint(e,
        "postgresql://USER:PASSWORD@HOST:PORT/NAME; in the password write @ : / %% as %%40 %%3A %%2F"
        " %%25");
}

static int take_host(struct target *t, struct err *e)
{
    t->host = option(t->given, "host");
    if (!t->host[0])
        t->host = option(t->fallback, "host");
    if (!db_pg_is_plain_host(t->host) || !db_pg_is_port(option(t->given, "port")) ||
        strpbrk(option(t->given, "dbname"), "@/")) /* the end of a password, most likely */
        return bad_address(e);
    t->local = !t->host[0] || db_host_is_local(t->host);
    bool socket = !t->host[0] || t->host[0] == '/' || t->host[0] == '@';
    if (socket && option(t->fallback, "hostaddr")[0])
        return err_set(e, ERR_INPUT, 0,
            "PGHOSTADDR (or a service file) sends the database address elsewhere: unset it");
    return 0;
}

/* A long password is known to the redactor from here on, whatever may want to quote it. A short one
 * may be a word ("postgres") that has to be readable elsewhere; nothing quotes it here anyway. */
static void hide_password(const struct target *t)
{
    const char *password = option(t->given, "password");
    if (strlen(password) >= PASSWORD_MASKED_MIN)
        secret_register("database password", password, NULL);
}

static int target_init(struct target *t, const struct db *d, struct err *e)
{
    *t = (struct target){0};
    char *fault = NULL;
    t->given = PQconninfoParse(d->url, &fault); /* the fault quotes the address: never shown */
    PQfreemem(fault);
    if (!t->given)
        return bad_address(e);
    hide_password(t);
    t->fallback = PQconndefaults();
    for (const PQconninfoOption *o = t->given; o->keyword; o++)
        if (o->val && take_setting(t, o, e))
            return -1;
    return take_host(t, e);
}

static void target_release(struct target *t)
{
    PQconninfoFree(t->given);
    PQconninfoFree(t->fallback);
}

/* What no address decides. `local`: by name and by what the name resolved to. */
static void set_ours(struct target *t, const struct db *d, bool local)
{
    const char *mode = option(t->given, "sslmode");
    set(t, "host", t->host);
    set(t, "sslmode", !local ? "verify-full" : mode[0] ? mode : "prefer");
    set(t, "sslrootcert", d->ca_file ? d->ca_file : option(t->given, "sslrootcert"));
    set(t, "gssencmode", "disable"); /* else it would take the place of TLS */
    set(t, "application_name", "slipway");
    set(t, "client_encoding", "UTF8");
    set(t, "target_session_attrs", "any");
    set(t, "keepalives", "1");
    set(t, "keepalives_idle", "30");
    set(t, "keepalives_interval", "10");
    set(t, "keepalives_count", "3");
    set(t, "tcp_user_timeout", "20000");
}

/* ---- connecting
 * ---------------------------------------------------------------------------------- */

static void drop_notice(void *arg, const PGresult *r)
{
    (void)arg;
    (void)r;
}

static void set_key_hook(void)
{
    PQsetSSLKeyPassHook_OpenSSL(
        PQdefaultSSLKeyPassHook_OpenSSL); /* else OpenSSL asks the terminal */
}

static int connect_failed(struct db *d, const struct target *t, struct err *e)
{
    PGconn *conn = pg_of(d)->conn;
    char sqlstate[DB_SQLSTATE_MAX], line[ERR_MESSAGE_MAX];
    const char *message = PQerrorMessage(conn);
    const char *said = db_pg_sqlstate(message, sqlstate);
    const char *text = said ? said : message;
    snprintf(line, sizeof line, "%.*s", (int)strcspn(text, "\n"), text);
    if (PQconnectionNeedsPassword(conn)) {
        err_set(e, ERR_AUTH, 0, "the database asks for a password and none is given");
        return err_hint(e, "put it in the address or in ~/.pgpass");
    }
    if (said)
        return db_fail(d, sqlstate, line, e);
    err_set(e, ERR_NET, 0, "cannot connect to the database: %s", line);
    if (!t->local)
        err_hint(e, "TLS is required; for a CA of its own put sslrootcert=FILE in the address");
    return -1;
}

static int finish_connecting(struct db *d, const struct target *t, int64_t deadline, struct err *e)
{
    PGconn *conn = pg_of(d)->conn;
    PostgresPollingStatusType state = PGRES_POLLING_WRITING;
    if (PQstatus(conn) == CONNECTION_BAD)
        return connect_failed(d, t, e);
    while (state == PGRES_POLLING_READING || state == PGRES_POLLING_WRITING) {
        short events = state == PGRES_POLLING_READING ? POLLIN : POLLOUT;
        if (db_wait(d, PQsocket(conn), events, deadline, e))
            return err_wrap(e, "connecting to the database");
        state = PQconnectPoll(conn);
    }
    return state == PGRES_POLLING_OK ? 0 : connect_failed(d, t, e);
}

static int attempt(
    struct db *d, struct target *t, const char *address, int64_t deadline, struct err *e)
{
    struct pg *pg = pg_of(d);
    size_t n = t->n;
    set(t, "hostaddr", address);
    t->keys[t->n] = t->values[t->n] = NULL;
    PQfinish(pg->conn);
    pg->conn = PQconnectStartParams(t->keys, t->values, 0);
    t->n = n;
    if (!pg->conn)
        return err_set(e, ERR_IO, ENOMEM, "no memory for the database connection");
    PQsetNoticeReceiver(pg->conn, drop_notice, NULL);
    PQsetErrorVerbosity(pg->conn, PQERRORS_VERBOSE);
    if (finish_connecting(d, t, deadline, e))
        return -1;
    PQsetErrorVerbosity(pg->conn, PQERRORS_DEFAULT);
    if (PQsetnonblocking(pg->conn, 1))
        return err_set(e, ERR_IO, 0, "cannot make the database connection non-blocking");
    return 0;
}

/* Each address gets its share of the time that is left; a server that answered has the last word. */
static int connect_to(struct db *d, struct target *t, struct err *e)
{
    struct db_addresses found = {.n = 1, .loopback = true};
    bool socket = !t->host[0] || t->host[0] == '/' || t->host[0] == '@';
    if (!socket && db_resolve(d, t->host, &found, e))
        return -1;
    t->local = t->local && found.loopback;
    set_ours(t, d, t->local);
    for (size_t i = 0; i < found.n; i++) {
        int64_t now = db_now(), share = (d->deadline - now) / (int64_t)(found.n - i);
        if (attempt(d, t, found.text[i], now + share, e) == 0)
            return 0;
        if (d->sqlstate[0] || cancel_fired(d->cancel))
            break;
    }
    return -1;
}

/* ---- stopping
 * ------------------------------------------------------------------------------------ */

static void *send_cancel(void *request)
{
    char fault[256];
    PQcancel(request, fault, sizeof fault);
    PQfreeCancel(request);
    return NULL;
}

static void ask_to_stop(PGconn *conn)
{
    PGcancel *request = PQgetCancel(conn);
    pthread_t thread;
    if (!request)
        return;
    if (pthread_create(&thread, NULL, send_cancel, request) == 0)
        pthread_detach(thread);
    else
        PQfreeCancel(request);
}

static void pg_close(struct db *d)
{
    struct pg *pg = pg_of(d);
    if (!pg)
        return;
    PQfinish(pg->conn); /* does not block: the connection is non-blocking, or never was made */
    free(pg);
    d->session = NULL;
}

static void give_up(struct db *d)
{
    PQfinish(pg_of(d)->conn);
    pg_of(d)->conn = NULL;
}

static bool pg_alive(const struct db *d)
{
    return pg_of(d) && pg_of(d)->conn && PQstatus(pg_of(d)->conn) == CONNECTION_OK;
}

/* ---- one statement
 * ------------------------------------------------------------------------------- */

/* What came back so far; the first failure counts. */
struct answer {
    struct db_result *into; /* NULL = nobody asks */
    bool failed, too_much;
    char sqlstate[DB_SQLSTATE_MAX];
    char text[ERR_MESSAGE_MAX];
};

static int add_cell(struct db_result *into, const PGresult *r, int row, int column)
{
    if (PQgetisnull(r, row, column))
        return db_result_cell(into, NULL, 0);
    char time[DB_PG_TIME_MAX];
    const char *s = PQgetvalue(r, row, column);
    Oid type = PQftype(r, column);
    if (type == OID_TIMESTAMPTZ || type == OID_TIMESTAMP)
        s = db_pg_time(s, time);
    return db_result_cell(into, s, strlen(s));
}

static int add_rows(struct db_result *into, const PGresult *r)
{
    int columns = PQnfields(r);
    if (db_columns(into) == 0)
        for (int c = 0; c < columns; c++)
            if (db_result_column(into, PQfname(r, c)))
                return -1;
    for (int row = 0; row < PQntuples(r); row++)
        for (int c = 0; c < columns; c++)
            if (add_cell(into, r, row, c))
                return -1;
    return 0;
}

static void take_failure(struct answer *a, const PGresult *r, const char *fallback)
{
    const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
    const char *text = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);
    if (a->failed)
        return;
    a->failed = true;
    snprintf(a->sqlstate, sizeof a->sqlstate, "%s", state ? state : "");
    snprintf(a->text, sizeof a->text, "%s", text ? text : fallback);
    a->text[strcspn(a->text, "\n")] = '\0';
}

static void take_result(struct answer *a, const PGresult *r, const char *fallback)
{
    ExecStatusType status = PQresultStatus(r);
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_SINGLE_TUPLE) {
        if (a->into && !a->too_much && !a->failed)
            a->too_much = add_rows(a->into, r) != 0;
        if (a->into && status != PGRES_SINGLE_TUPLE)
            db_result_affected(a->into, strtoll(PQcmdTuples((PGresult *)(uintptr_t)r), NULL, 10));
    } else {
        take_failure(a, r, fallback);
    }
}

/* Until all was sent. While the server talks it may not read: take what it says. */
static int flush(struct db *d, int64_t deadline, struct err *e)
{
    PGconn *conn = pg_of(d)->conn;
    for (int left; (left = PQflush(conn)) != 0;) {
        if (left < 0)
            return 0; /* the result says why */
        if (db_wait(d, PQsocket(conn), POLLIN | POLLOUT, deadline, e))
            return -1;
        if (!PQconsumeInput(conn))
            return 0;
    }
    return 0;
}

/* Until the answer is complete, or (one row at a time) more than is taken. 0, or -1 when the wait
 * ended. */
static int collect(struct db *d, struct answer *a, int64_t deadline, struct err *e)
{
    PGconn *conn = pg_of(d)->conn;
    bool stop_early = !a->too_much;
    for (;;) {
        while (PQisBusy(conn)) {
            if (db_wait(d, PQsocket(conn), POLLIN, deadline, e))
                return -1;
            if (!PQconsumeInput(conn))
                break; /* the connection is gone: PQgetResult says so without blocking */
        }
        PGresult *r = PQgetResult(conn);
        if (!r)
            return 0;
        take_result(a, r, PQerrorMessage(conn));
        PQclear(r);
        if (a->too_much && stop_early)
            return db_result_fail(e);
    }
}

/* The wait ended or too much came: the server is asked to stop and its last word awaited. Without
 * one the connection goes. 0 when the answer is complete. */
static int stop(struct db *d, struct answer *a)
{
    db_ignore_cancel(d);
    ask_to_stop(pg_of(d)->conn);
    if (collect(d, a, db_now() + STOP_MS, NULL) == 0)
        return 0;
    give_up(d);
    return -1;
}

static int judge(struct db *d, const struct answer *a, struct err *e)
{
    if (a->too_much)
        return db_result_fail(e);
    if (!a->failed)
        return 0;
    if (PQstatus(pg_of(d)->conn) == CONNECTION_OK || a->sqlstate[0])
        return db_fail(d, a->sqlstate, a->text, e);
    return err_set(e, ERR_NET, 0, "the connection to the database was lost: %s", a->text);
}

static int pg_run(struct db *d, const char *sql, const char *const params[], size_t n,
    struct db_result *into, struct err *e)
{
    struct answer a = {.into = into};
    if (!pg_alive(d))
        return err_set(e, ERR_NET, 0, "the connection to the database was lost");
    PGconn *conn = pg_of(d)->conn;
    if (!PQsendQueryParams(conn, sql, (int)n, NULL, params, NULL, NULL, 0)) {
        snprintf(a.text, sizeof a.text, "%s", PQerrorMessage(conn));
        return err_set(e, ERR_NET, 0, "the connection to the database was lost: %s", a.text);
    }
    PQsetSingleRowMode(conn);
    int waited = flush(d, d->deadline, e);
    if (waited == 0)
        waited = collect(d, &a, d->deadline, e);
    if (waited && stop(d, &a))
        return -1; /* the error of the wait stands */
    return judge(d, &a, e);
}

/* ---- transactions
 * -------------------------------------------------------------------------------- */

/* All settings of a transaction in one statement, the role last: after it nothing more may be set. */
static int apply_settings(struct db *d, enum db_mode mode, struct err *e)
{
    char sql[1024], statement[24], lock[24], claims[128];
    const char *params[3] = {statement, lock, claims};
    bool claim = d->user_id && mode != DB_OWNER;
    snprintf(statement, sizeof statement, "%lld", (long long)d->statement_ms);
    snprintf(lock, sizeof lock, "%lld", (long long)d->lock_ms);
    snprintf(claims, sizeof claims, "{\"sub\":\"%s\",\"role\":\"authenticated\"}",
        claim ? d->user_id : "");
    snprintf(sql, sizeof sql,
        "SELECT pg_catalog.set_config('statement_timeout', $1, true),"
        " pg_catalog.set_config('lock_timeout', $2, true),"
        " pg_catalog.set_config('idle_in_transaction_session_timeout', '60000', true),"
        " pg_catalog.set_config('TimeZone', 'UTC', true),"
        " pg_catalog.set_config('DateStyle', 'ISO, YMD', true)%s%s",
        claim ? ", pg_catalog.set_config('request.jwt.claims', $3, true)" : "",
        claim && pg_of(d)->as_authenticated
            ? ", pg_catalog.set_config('role', 'authenticated', true)"
            : "");
    return pg_run(d, sql, params, claim ? 3 : 2, NULL, e);
}

static int pg_begin(struct db *d, enum db_mode mode, struct err *e)
{
    const char *sql = mode == DB_READ ? "BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY"
                                      : "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";
    return pg_run(d, sql, NULL, 0, NULL, e) || apply_settings(d, mode, e) ? -1 : 0;
}

static void pg_rollback(struct db *d)
{
    if (!pg_alive(d) || PQtransactionStatus(pg_of(d)->conn) == PQTRANS_IDLE)
        return;
    char kept[DB_SQLSTATE_MAX];
    memcpy(kept, d->sqlstate, sizeof kept);
    int64_t soon = db_now() + STOP_MS;
    d->deadline = d->deadline < soon ? d->deadline : soon;
    if (pg_run(d, "ROLLBACK", NULL, 0, NULL, NULL) && pg_alive(d))
        give_up(d);
    memcpy(d->sqlstate, kept, sizeof kept);
}

/* Who we are, and whether we may become who the policies are written for. */
static int look_up_role(struct db *d, struct err *e)
{
    struct db_result *r = db_result_new();
    if (!r)
        return err_set(e, ERR_IO, ENOMEM, "no memory for what the database answers");
    int done = pg_run(d,
        "SELECT current_user::text, EXISTS (SELECT 1 FROM pg_catalog.pg_roles"
        " WHERE rolname = 'authenticated' AND pg_catalog.pg_has_role(current_user, oid,"
        " CASE WHEN pg_catalog.current_setting('server_version_num')::int >= 160000"
        " THEN 'SET' ELSE 'MEMBER' END))",
        NULL, 0, r, e);
    const char *role = done == 0 ? db_cell_at(r, 0, 0) : NULL, *may = db_cell_at(r, 0, 1);
    pg_of(d)->as_authenticated = d->user_id && may && may[0] == 't';
    snprintf(d->role, sizeof d->role, "%s",
        pg_of(d)->as_authenticated ? "authenticated"
        : role                     ? role
                                   : "");
    db_result_free(r);
    return done;
}

static int pg_open(struct db *d, struct err *e)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct target t;
    if (db_pg_library_load(e))
        return -1;
    pthread_once(&once, set_key_hook);
    d->session = calloc(1, sizeof(struct pg));
    if (!d->session)
        return err_set(e, ERR_IO, ENOMEM, "no memory for the database connection");
    int result = target_init(&t, d, e);
    if (result == 0)
        result = connect_to(d, &t, e);
    target_release(&t);
    return result ? result : look_up_role(d, e);
}

const struct db_driver db_pg_driver = {
    .kind = "postgresql",
    .words = db_pg_words,
    .columns_sql = db_pg_columns_sql,
    .exists_sql = db_pg_exists_sql,
    .unique_sql = db_pg_unique_sql,
    .filtered_sql = db_pg_filtered_sql,
    .grace_ms = GRACE_MS,
    .open = pg_open,
    .alive = pg_alive,
    .begin = pg_begin,
    .run = pg_run,
    .rollback = pg_rollback,
    .close = pg_close,
};
