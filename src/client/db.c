/* The rules that hold for every database: what a transaction may do, how long a call may take, what
 * a lost connection means. How to talk is the driver's (db_pg.c, db_sqlite.c).
 *
 * The token given to db_begin is hooked to `wake` for as long as the transaction lasts, so that
 * every wait of a driver is one poll of its own descriptor and this one. A statement that failed
 * leaves the transaction of no use (PostgreSQL says so, here it holds for both), which `failed`
 * remembers.
 *
 * Beginning is the one thing that is tried twice: a connection that lay idle may have been closed
 * by the other side, which shows only then, and nothing was done yet. */
#include "client/db.h"
#include "base/clock.h"
#include "base/secret.h"
#include "client/db_internal.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { CONNECT_MS = 5000, STATEMENT_MS = 15000, LOCK_MS = 5000, DAY_MS = 24 * 3600 * 1000 };

int64_t db_now(void)
{
    return clock_mono_ms(clock_real());
}

/* ---- waiting
 * ------------------------------------------------------------------------------------- */

static void wake_it(void *wake)
{
    wake_up(wake);
}

static void watch(struct db *d, struct cancel *cancel)
{
    wake_drain(&d->wake);
    d->cancel = cancel;
    d->hook = (struct cancel_hook){.poke = wake_it, .arg = &d->wake};
    d->watching = true;
    cancel_add(cancel, &d->hook);
}

void db_ignore_cancel(struct db *d)
{
    if (d->watching)
        cancel_remove(d->cancel, &d->hook);
    d->watching = false;
}

static void unwatch(struct db *d)
{
    db_ignore_cancel(d);
    d->cancel = NULL;
}

int db_wait(struct db *d, int fd, short events, int64_t deadline, struct err *e)
{
    for (;;) {
        struct pollfd fds[2] = {{.fd = fd, .events = events},
            {.fd = d->watching ? wake_fd(&d->wake) : -1, .events = POLLIN}};
        int64_t left = deadline - db_now();
        int ready = poll(fds, 2, left <= 0 ? 0 : left > DAY_MS ? DAY_MS : (int)left);
        if (ready < 0 && errno != EINTR)
            return err_errno(e, errno, "cannot wait for the database");
        if (d->watching && cancel_fired(d->cancel))
            return cancel_check(d->cancel, e);
        if (ready > 0 && fds[0].revents)
            return 0;
        if (left <= 0)
            return err_set(e, ERR_TIMEOUT, 0, "the database did not answer in time");
    }
}

/* ---- opening
 * ------------------------------------------------------------------------------------- */

static const struct {
    const char *prefix;
    const struct db_driver *driver;
} schemes[] = {
    {"postgresql://", &db_pg_driver},
    {"postgres://", &db_pg_driver},
    {"sqlite:", &db_sqlite_driver},
};

static const struct db_driver *driver_of(const char *url)
{
    for (size_t i = 0; url && i < sizeof schemes / sizeof *schemes; i++)
        if (strncmp(url, schemes[i].prefix, strlen(schemes[i].prefix)) == 0)
            return schemes[i].driver;
    return NULL;
}

/* It goes into the claims, so it must be nothing but a UUID. */
static bool is_uuid(const char *s)
{
    static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    if (strlen(s) != sizeof form - 1)
        return false;
    for (size_t i = 0; form[i]; i++)
        if (form[i] == '-' ? s[i] != '-' : !isxdigit((unsigned char)s[i]))
            return false;
    return true;
}

static int check_options(const struct db_options *o, struct err *e)
{
    if (!driver_of(o->url)) {
        err_set(e, ERR_INPUT, 0, "the database address is not one that Slipway understands");
        return err_hint(e, "postgresql://USER:PASSWORD@HOST:PORT/NAME or sqlite:PATH");
    }
    if (o->user_id && !is_uuid(o->user_id))
        return err_set(e, ERR_INPUT, 0, "the profile's user_id is not a UUID");
    return 0;
}

static int64_t or_default(int64_t ms, int64_t fallback)
{
    return ms <= 0 ? fallback : ms > DAY_MS ? DAY_MS : ms;
}

static char *copy(const char *s, bool *failed)
{
    char *made = s ? strdup(s) : NULL;
    *failed = *failed || (s && !made);
    return made;
}

static struct db *db_new(const struct db_options *o)
{
    struct db *d = calloc(1, sizeof *d);
    bool failed = false;
    if (!d)
        return NULL;
    d->driver = driver_of(o->url);
    d->url = copy(o->url, &failed);
    d->ca_file = copy(o->ca_file, &failed);
    d->user_id = copy(o->user_id, &failed);
    d->connect_ms = or_default(o->connect_ms, CONNECT_MS);
    d->statement_ms = or_default(o->statement_ms, STATEMENT_MS);
    d->lock_ms = or_default(o->lock_ms, LOCK_MS);
    if (d->lock_ms > d->statement_ms)
        d->lock_ms = d->statement_ms;
    d->read_only = o->read_only;
    if (wake_init(&d->wake) == 0 && !failed)
        return d;
    db_close(d);
    return NULL;
}

static int connect_now(struct db *d, struct err *e)
{
    d->deadline = db_now() + d->connect_ms;
    d->sqlstate[0] = '\0';
    d->connections++;
    if (d->driver->open(d, e) == 0)
        return 0;
    d->driver->close(d);
    return -1;
}

struct db *db_open(const struct db_options *options, struct cancel *cancel, struct err *e)
{
    if (check_options(options, e) || cancel_check(cancel, e))
        return NULL;
    struct db *d = db_new(options);
    if (!d) {
        err_set(e, ERR_IO, 0, "no memory or descriptors for the database");
        return NULL;
    }
    watch(d, cancel);
    int result = connect_now(d, e);
    unwatch(d);
    if (result == 0)
        return d;
    db_close(d);
    return NULL;
}

void db_close(struct db *d)
{
    if (!d)
        return;
    db_rollback(d);
    d->driver->close(d);
    wake_release(&d->wake);
    if (d->url)
        secret_wipe(d->url, strlen(d->url));
    free(d->url);
    free(d->ca_file);
    free(d->user_id);
    free(d);
}

const char *db_kind(const struct db *d)
{
    return d->driver->kind;
}

const char *db_role(const struct db *d)
{
    return d->role;
}

unsigned db_connections(const struct db *d)
{
    return d->connections;
}

const char *db_sqlstate(const struct db *d)
{
    return d->sqlstate;
}

/* ---- transactions
 * -------------------------------------------------------------------------------- */

static void start_call(struct db *d)
{
    d->deadline = db_now() + d->statement_ms + d->driver->grace_ms;
    d->sqlstate[0] = '\0';
}

static int connect_and_begin(struct db *d, enum db_mode mode, struct err *e)
{
    if (d->session && !d->driver->alive(d))
        d->driver->close(d);
    bool used = d->session;
    if (!d->session && connect_now(d, e))
        return -1;
    start_call(d);
    if (d->driver->begin(d, mode, e) == 0)
        return 0;
    d->driver->rollback(d);
    if (!used || d->driver->alive(d) || cancel_fired(d->cancel))
        return -1;
    d->driver->close(d);
    return connect_and_begin(d, mode, e); /* once: now the connection is new */
}

int db_begin(struct db *d, enum db_mode mode, struct cancel *cancel, struct err *e)
{
    if (d->in_transaction)
        return err_set(e, ERR_BUG, 0, "a database transaction was begun inside another");
    if (d->read_only && mode != DB_READ)
        return err_set(e, ERR_STATE, 0, "read-only: nothing is written to the database");
    if (cancel_check(cancel, e))
        return -1;
    struct err local;
    e = e ? e : &local;
    watch(d, cancel);
    if (connect_and_begin(d, mode, e)) {
        unwatch(d);
        return -1;
    }
    d->mode = mode;
    d->failed = false;
    d->in_transaction = true;
    return 0;
}

static void end(struct db *d)
{
    unwatch(d);
    d->in_transaction = false;
}

void db_rollback(struct db *d)
{
    if (!d->in_transaction)
        return;
    db_ignore_cancel(d);
    start_call(d);
    d->driver->rollback(d);
    end(d);
}

/* No answer, or one that the server gave while going down. */
static bool is_outcome_unknown(const struct db *d, const struct err *e)
{
    bool gone = e->class == ERR_NET || e->class == ERR_TIMEOUT || e->class == ERR_CANCEL;
    return gone && strcmp(d->sqlstate, "57014") != 0 && strcmp(d->sqlstate, "55P03") != 0;
}

int db_commit(struct db *d, struct err *e)
{
    struct err local;
    e = e ? e : &local;
    if (!d->in_transaction || d->failed) {
        db_rollback(d);
        return err_set(e, ERR_BUG, 0, "there is no database transaction that could be saved");
    }
    start_call(d);
    int result = d->driver->run(d, "COMMIT", NULL, 0, NULL, e);
    if (result && is_outcome_unknown(d, e))
        err_wrap(e, "it is not known whether the change was saved");
    if (result)
        db_rollback(d);
    else
        end(d);
    return result;
}

/* ---- statements
 * ---------------------------------------------------------------------------------- */

static bool is_select(const char *sql)
{
    return strncasecmp(sql, "SELECT ", 7) == 0;
}

static int check_call(struct db *d, const char *sql, size_t n, struct err *e)
{
    if (!d->in_transaction || d->failed)
        return err_set(e, ERR_BUG, 0, "a statement was run without a database transaction");
    if (n > DB_PARAMS_MAX)
        return err_set(e, ERR_BUG, 0, "a database statement has too many parameters");
    if (d->mode == DB_READ && !is_select(sql))
        return err_set(e, ERR_STATE, 0, "read-only: nothing is written to the database");
    return cancel_check(d->cancel, e);
}

/* Takes the translated statement's buffer by reference, so that there is one way out. */
static int exec(struct db *d, const char *sql, const char *const params[], size_t n,
    struct db_result *into, struct buf *text, struct err *e)
{
    if (check_call(d, sql, n, e))
        return -1;
    if (db_translate(d->driver->words, sql, text))
        return err_set(e, ERR_BUG, 0, "a database statement is too long");
    if (!into)
        return err_set(e, ERR_IO, ENOMEM, "no memory for what the database answers");
    start_call(d);
    return d->driver->run(d, buf_str(text), params, n, into, e);
}

int db_exec(struct db *d, const char *sql, const char *const params[], size_t n,
    struct db_result **result, struct err *e)
{
    struct db_result *into = db_result_new();
    struct buf text;
    buf_init(&text, DB_SQL_MAX);
    if (result)
        *result = NULL;
    int done = exec(d, sql, params, n, into, &text, e);
    buf_release(&text);
    d->failed = d->failed || done;
    if (done == 0 && result)
        *result = into;
    else
        db_result_free(into);
    return done;
}

/* ---- looking at tables
 * --------------------------------------------------------------------------- */

int db_table_columns(struct db *d, const char *table, char names[][DB_NAME_MAX], size_t max,
    size_t *n, struct err *e)
{
    struct db_result *r;
    *n = 0;
    if (db_exec(d, d->driver->columns_sql, &table, 1, &r, e))
        return -1;
    for (size_t row = 0; row < db_rows(r) && *n < max; row++) {
        const char *name = db_cell_at(r, row, 0);
        size_t length = name ? strlen(name) : DB_NAME_MAX;
        if (length < DB_NAME_MAX)
            memcpy(names[(*n)++], name, length + 1);
    }
    db_result_free(r);
    return 0;
}

/* The first cell as a boolean. */
static int ask(
    struct db *d, const char *sql, const char *const params[], size_t n, bool *yes, struct err *e)
{
    struct db_result *r;
    *yes = false;
    if (db_exec(d, sql, params, n, &r, e))
        return -1;
    const char *cell = db_cell_at(r, 0, 0);
    *yes = cell && (cell[0] == 't' || cell[0] == '1');
    db_result_free(r);
    return 0;
}

int db_table_exists(struct db *d, const char *table, bool *exists, struct err *e)
{
    return ask(d, d->driver->exists_sql, &table, 1, exists, e);
}

int db_table_unique(
    struct db *d, const char *table, const char *columns, bool *unique, struct err *e)
{
    const char *const params[] = {table, columns};
    return ask(d, d->driver->unique_sql, params, 2, unique, e);
}

int db_table_filtered(struct db *d, const char *table, bool *filtered, struct err *e)
{
    return ask(d, d->driver->filtered_sql, &table, 1, filtered, e);
}
