/* db: one small door to a SQL database, with two drivers behind it.
 *
 * PostgreSQL through libpq (db_pg.c: unnamed parameterised statements only, no session state, so
 * that a transaction-mode pooler is fine; spec/database.md) and SQLite (db_sqlite.c: the embedded
 * default, WAL). The statements are the same for both: a common subset of SQL with $1, $2 … as
 * parameters, text in and text out; times come out as RFC 3339 UTC text, booleans as t/f or 1/0,
 * json as text. A parameter takes the type of what it stands beside, so ids may be uuid, text or
 * bigint in the live database. Where the two differ the driver translates a few marked words:
 *     {table NAME}        public.NAME where there are schemas
 *     {now}               the time of the transaction
 *     {lock $N}           waits for the transaction-wide lock named by parameter N; for a SELECT list
 *     {json COLUMN KEY}   the text of a key of a json column, NULL when it has none or is no object
 *     {merge COLUMN VALUE}  the json object COLUMN with the members of the json VALUE put in
 *     {t:uuid} {t:bool} {t:int} {t:bigint} {t:numeric} {t:real} {t:time} {t:json}   column types
 *     {d:id} {d:now}      column defaults: a fresh UUID, the present time     {strict}  behind a table
 * Words hold no braces; braces elsewhere in a statement are kept.
 *
 * Every statement runs inside db_begin … db_commit with a statement and a lock time limit; on
 * PostgreSQL with the claims of the profile's user (and as role `authenticated` where we may take
 * it), so that row level security holds; all of it ends with the transaction.
 *
 * TLS: sslmode=verify-full for every host that is not loopback, whatever the address says (design
 * rule 8). Loopback is a Unix socket, a literal loopback address, or localhost when it resolves to
 * nothing else. One host an address; settings that could change who is talked to (service, options
 * …) are refused. The password never shows in errors or logs, nor does anything of an address that
 * could not be understood.
 *
 * Ownership: a struct db belongs to the one thread that uses it (the registry client); the cancel
 * token given to db_begin is borrowed until db_commit or db_rollback and may be fired from any
 * thread. Results are the caller's. A lost connection is reopened by the next db_begin. */
#ifndef SLIPWAY_CLIENT_DB_H
#define SLIPWAY_CLIENT_DB_H

#include "base/err.h"
#include "core/cancel.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DB_PARAMS_MAX = 64, DB_COLUMNS_MAX = 128, DB_ROWS_MAX = 200000, DB_BYTES_MAX = 64 << 20 };
enum { DB_NAME_MAX = 64, DB_SQL_MAX = 64 * 1024 };

struct db;

struct db_options {
    const char *url;      /* "postgresql://…" (or postgres:) or "sqlite:PATH"; copied */
    const char *ca_file;  /* sslrootcert; NULL = the address's, else libpq's default */
    const char *user_id;  /* UUID for the claims; NULL = none */
    int64_t connect_ms;   /* 0 = 5000 */
    int64_t statement_ms; /* 0 = 15000 */
    int64_t lock_ms;      /* how long to wait for a lock; 0 = 5000, never more than statement_ms */
    bool read_only;       /* only DB_READ transactions; SQLite: the file is not made either */
};

/* Opens and connects. ERR_NET unreachable or TLS refused, ERR_TIMEOUT, ERR_AUTH refused, ERR_INPUT
 * for a bad address or a file that is no database, ERR_IO for a file that cannot be used. The
 * folder of a SQLite file is made with 0700, the file with 0600. */
struct db *db_open(const struct db_options *options, struct cancel *cancel, struct err *e);
void db_close(struct db *d); /* NULL is fine */

const char *db_kind(const struct db *d); /* "postgresql" or "sqlite" */
/* Who the database takes us for in DB_READ and DB_WRITE, for "no rows visible to role X"; foreign
 * bytes; "" for SQLite. */
const char *db_role(const struct db *d);
/* How many connections were made so far: what was looked up in an earlier one may have changed. */
unsigned db_connections(const struct db *d);

enum db_mode {
    DB_READ,  /* READ ONLY; anything but a SELECT is refused before it is sent */
    DB_WRITE, /* SQLite: takes the write lock at once */
    DB_OWNER  /* as DB_WRITE, without claims and as the role that logged in: for db migrations */
};

/* Begins; connects first where the connection was lost. ERR_BUG inside a transaction, ERR_STATE for
 * a writing mode on a read_only database. After a failure no transaction is open. */
int db_begin(struct db *d, enum db_mode mode, struct cancel *cancel, struct err *e);
/* After a failure nothing is open; when the answer never came (ERR_NET, ERR_TIMEOUT, ERR_CANCEL)
 * the message says that it is not known whether it was saved. */
int db_commit(struct db *d, struct err *e);
void db_rollback(struct db *d); /* after any failure; never fails; fine without a transaction */

struct db_result; /* text cells, NULL for SQL NULL */

/* Runs one statement with its parameters (NULL = SQL NULL); the statement must refer to each of
 * them. `result` may be NULL; it is set to NULL on failure. SQLSTATE classes become error classes:
 * 28 and 42501 auth; 23, 25006, 40, 42P01, 42703 state; 55P03 and 57014 timeout (cancel when the
 * token was fired); 08 and 57P net; 22 input; others remote. SQLite's own codes get the like.
 * ERR_REMOTE past DB_ROWS_MAX or DB_BYTES_MAX. After a failure only db_rollback is of use. */
int db_exec(struct db *d, const char *sql, const char *const params[], size_t n,
    struct db_result **result, struct err *e);

size_t db_rows(const struct db_result *r);
size_t db_columns(const struct db_result *r);
/* Foreign bytes; NULL for SQL NULL, and for a column or row that is not in the result. */
const char *db_cell(const struct db_result *r, size_t row, const char *column);
const char *db_cell_at(const struct db_result *r, size_t row, size_t column);
int64_t db_affected(const struct db_result *r); /* rows written by INSERT, UPDATE, DELETE */
void db_result_free(struct db_result *r);       /* NULL is fine */

/* The five characters of the last failure, "" when it was none of the database's. */
const char *db_sqlstate(const struct db *d);

/* The columns that `table` has for us (information_schema, or its like), for writing only what is
 * there; inside a transaction. Stores how many; 0 = no such table or not visible. Names that are
 * longer than fits are left out. */
int db_table_columns(struct db *d, const char *table, char names[][DB_NAME_MAX], size_t max,
    size_t *n, struct err *e);
/* Whether there is such a table, visible to us or not; inside a transaction. */
int db_table_exists(struct db *d, const char *table, bool *exists, struct err *e);
/* Whether (user_id, name)-like pairs are unique in it: an index over exactly these two columns,
 * given in alphabetical order as "name,user_id". */
int db_table_unique(
    struct db *d, const char *table, const char *columns, bool *unique, struct err *e);
/* Whether row level security filters what we see of it. */
int db_table_filtered(struct db *d, const char *table, bool *filtered, struct err *e);

#endif
