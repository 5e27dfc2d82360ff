/* db_internal: between db.c and its drivers; nobody else includes it.
 *
 * A driver does what its database does differently: connect, run one statement, say when a wait
 * ends. It never retries and never decides about transactions. Its waits end at `deadline`
 * (clock_mono_ms of the real clock) or when the token of the call under way is fired: then `wake`
 * becomes readable. */
#ifndef SLIPWAY_CLIENT_DB_INTERNAL_H
#define SLIPWAY_CLIENT_DB_INTERNAL_H

#include "base/buf.h"
#include "client/db.h"
#include "core/wake.h"

enum { DB_SQLSTATE_MAX = 6, DB_WORD_ARGS = 2, DB_ADDRESSES_MAX = 8, DB_ADDRESS_MAX = 64 };

/* One marked word: "{json metadata revision}" is name "json" with two arguments. The form's "%1"
 * and "%2" stand for them. */
struct db_word {
    const char *name;
    const char *form;
};

struct db_driver {
    const char *kind;
    const struct db_word *words; /* ends with a NULL name */
    /* $1 is the table; the first column of the answer counts. unique: $2 is the columns. */
    const char *columns_sql, *exists_sql, *unique_sql, *filtered_sql;
    int64_t grace_ms; /* how much longer than the database itself we wait */

    /* Each fills the error and d->sqlstate. open sets d->session and d->role. */
    int (*open)(struct db *d, struct err *e);
    bool (*alive)(const struct db *d); /* the connection can take a transaction */
    int (*begin)(struct db *d, enum db_mode mode, struct err *e);
    int (*run)(struct db *d, const char *sql, const char *const params[], size_t n,
        struct db_result *into, struct err *e);
    void (*rollback)(struct db *d);
    void (*close)(struct db *d); /* session may be NULL; sets it to NULL */
};

extern const struct db_driver db_pg_driver, db_sqlite_driver;

struct db {
    const struct db_driver *driver;
    void *session; /* the driver's; NULL = not connected */
    char *url, *ca_file, *user_id;
    int64_t connect_ms, statement_ms, lock_ms;
    bool read_only;

    bool in_transaction, failed; /* failed: only a rollback is left */
    enum db_mode mode;
    unsigned connections;
    char role[DB_NAME_MAX];
    char sqlstate[DB_SQLSTATE_MAX];

    int64_t deadline; /* of the call under way */
    struct wake wake; /* readable when the token is fired */
    struct cancel *cancel;
    struct cancel_hook hook;
    bool watching; /* the hook is in place */
};

/* Appends the statement with its marked words replaced; -1 when the buffer is full. What is not a
 * marked word stays as it is. */
int db_translate(const struct db_word *words, const char *sql, struct buf *out);

/* From here to the end of the transaction no wait ends because of the token. */
void db_ignore_cancel(struct db *d);

/* Fills the error from a SQLSTATE; `text` is the database's own words. Returns -1. */
int db_fail(struct db *d, const char *sqlstate, const char *text, struct err *e);

/* Results, row by row. add_column and add_cell return -1 past a maximum or out of memory;
 * db_result_fail says which. A NULL cell has n ignored. */
struct db_result *db_result_new(void);
int db_result_column(struct db_result *r, const char *name);
int db_result_cell(struct db_result *r, const char *bytes, size_t n);
void db_result_affected(struct db_result *r, int64_t rows);
int db_result_fail(struct err *e);

/* Sleeps until `fd` (-1 = none) has one of `events`, the token is fired or `deadline` has passed.
 * 0 when the descriptor is ready; -1 with ERR_TIMEOUT or ERR_CANCEL. */
int db_wait(struct db *d, int fd, short events, int64_t deadline, struct err *e);

/* db_resolve.c: the addresses of a host as text, without ever blocking past the deadline. */
struct db_addresses {
    char text[DB_ADDRESSES_MAX][DB_ADDRESS_MAX];
    size_t n;
    bool loopback; /* all of them */
};
int db_resolve(struct db *d, const char *host, struct db_addresses *out, struct err *e);

/* A host that may do without TLS, judged by its name alone (the addresses of a name must agree). */
bool db_host_is_local(const char *host);
bool db_address_is_loopback(const char *address);

int64_t db_now(void);

/* db_pg_library.c: before anything of libpq is called; again is fine. ERR_IO when it cannot be had. */
int db_pg_library_load(struct err *e);

/* db_pg_text.c: what of PostgreSQL needs no libpq. */
enum { DB_PG_TIME_MAX = 40 };
extern const struct db_word db_pg_words[];
extern const char db_pg_columns_sql[], db_pg_exists_sql[], db_pg_unique_sql[], db_pg_filtered_sql[];

/* One plain name, address or socket folder ("" = the default one): a piece of a password with an
 * unescaped '@' or '/' that was taken for a host must not come out in an error. */
bool db_pg_is_plain_host(const char *host);
bool db_pg_is_port(const char *port); /* "" is the default one */

/* Finds the SQLSTATE in a verbose message, "FATAL:  28P01: text"; returns the text behind it, NULL
 * when there is none. */
const char *db_pg_sqlstate(const char *message, char sqlstate[DB_SQLSTATE_MAX]);

/* A time of PostgreSQL (TimeZone UTC, DateStyle ISO) as RFC 3339; what has another form (infinity,
 * BC) stays. Returns `s` or `out`. */
const char *db_pg_time(const char *s, char out[DB_PG_TIME_MAX]);

#endif
