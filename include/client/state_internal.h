/* state_internal: what the files of the state share; for state*.c alone.
 *
 *   state.c          the file: opening, statements, transactions, failures
 *   state_schema.c   the tables, version by version
 *   state_journal.c  operations; state_load.c how they are read back
 *   state_ledger.c   requests
 *   state_facts.c    hashes of files, small facts
 *   state_parts.c    multi-part uploads under way
 *   state_holder.c   who works on something, and whether they still live
 *
 * Everything textual goes in through state_query, which masks it but for VALUE_KEPT: there is no other
 * way to write. */
#ifndef SLIPWAY_CLIENT_STATE_INTERNAL_H
#define SLIPWAY_CLIENT_STATE_INTERNAL_H

#include "client/state.h"

#include <limits.h>

struct sqlite3;
struct sqlite3_stmt;

/* How much is kept; the oldest go first. */
enum {
    STATE_OPERATIONS_MAX = 2000,
    STATE_REQUESTS_MAX = 100000, /* sent from here */
    STATE_LISTED_MAX = 5000,     /* … and elsewhere */
    STATE_HASHES_MAX = 100000,
    STATE_UPLOADS_MAX = 1000
};
enum { STATE_JSON_MAX = 1024 * 1024, STATE_BUSY_MS = 5000, STATE_QUIT_MS = 300 };

/* ---- statements ------------------------------------------------------------------------------ */

enum state_statement {
    STATE_BEGIN_READ,
    STATE_BEGIN_WRITE,
    STATE_COMMIT,
    STATE_ROLLBACK,
    STATE_OPERATION_INSERT,
    STATE_OPERATION_PRUNE,
    STATE_OPERATION_TOUCH,
    STATE_OPERATION_END,
    STATE_OPERATION_HOLDER,
    STATE_OPERATION_CLAIM,
    STATE_OPERATION_LIST,
    STATE_OPERATION_FIND,
    STATE_NOTE_PUT,
    STATE_REQUEST_PUT,
    STATE_REQUEST_PRUNE,
    STATE_REQUEST_COUNT,
    STATE_REQUEST_LIST,
    STATE_REQUEST_UNLIST,
    STATE_REQUEST_GET,
    STATE_REQUEST_OF_JOB,
    STATE_REQUEST_FIND,
    STATE_REQUEST_OPEN,
    STATE_REQUEST_OLDER,
    STATE_REQUEST_CHANGED,
    STATE_REQUEST_LAST_CHANGE,
    STATE_REQUEST_TIMES,
    STATE_DATA_VERSION,
    STATE_HASH_GET,
    STATE_HASH_PUT,
    STATE_HASH_PRUNE,
    STATE_HASH_DROP,
    STATE_FACT_GET,
    STATE_FACT_PUT,
    STATE_FACT_REMOVE,
    STATE_UPLOAD_PUT,
    STATE_UPLOAD_REMOVE,
    STATE_UPLOAD_PRUNE,
    STATE_UPLOAD_GET,
    STATE_UPLOAD_PARTS,
    STATE_UPLOAD_PART_PUT,
    STATE_UPLOAD_PART_SENT,
    STATE_STATEMENTS
};

struct state {
    struct sqlite3 *db;
    struct sqlite3_stmt *statements[STATE_STATEMENTS]; /* prepared when first used */
    char path[PATH_MAX];
    int64_t wait_ms;      /* for a lock */
    struct cancel *quit;  /* borrowed; NULL = none */
    int64_t waits_since;  /* monotonic: the wait under way */
    int64_t quits_waited; /* ms spent waiting since quit was fired */
};

/* A parameter, in the order of the statement's ?1, ?2 … */
struct state_value {
    enum { STATE_TEXT, STATE_KEPT, STATE_INT, STATE_REAL } kind;
    const char *text; /* NULL = SQL NULL */
    int64_t integer;
    double real; /* NAN = SQL NULL */
};
#define VALUE_TEXT(s) ((struct state_value){.kind = STATE_TEXT, .text = (s)})
/* As it is, past the redactor: for what is no secret of ours and useless masked. */
#define VALUE_KEPT(s) ((struct state_value){.kind = STATE_KEPT, .text = (s)})
#define VALUE_INT(i)  ((struct state_value){.kind = STATE_INT, .integer = (i)})
#define VALUE_REAL(r) ((struct state_value){.kind = STATE_REAL, .real = (r)})

/* The statement, bound and ready to step; NULL on failure. Ends with state_reset. */
struct sqlite3_stmt *state_query(struct state *s, enum state_statement which,
    const struct state_value *values, size_t n, struct err *e);
/* 1 = a row, 0 = the end, -1 = failed. */
int state_step(struct state *s, struct sqlite3_stmt *query, struct err *e);
void state_reset(struct sqlite3_stmt *query); /* NULL is fine */
/* Query, step to the end, reset. */
int state_run(struct state *s, enum state_statement which, const struct state_value *values,
    size_t n, struct err *e);
int state_changes(const struct state *s); /* rows that the last state_run wrote */

/* A transaction; end commits when `result` is 0, else rolls back. Returns -1 when either failed. */
int state_begin(struct state *s, enum state_statement begin, struct err *e);
int state_end(struct state *s, int result, struct err *e);

/* The error for one of SQLite's codes, naming the file. Returns -1. */
int state_fail(const struct state *s, int code, struct err *e);

/* Columns of the row at hand. */
const char *state_column_text(struct sqlite3_stmt *query, int column); /* never NULL; borrowed */
int64_t state_column_int(struct sqlite3_stmt *query, int column);
double state_column_real(struct sqlite3_stmt *query, int column); /* NULL comes as NAN */

/* ---- schema ---------------------------------------------------------------------------------- */

/* Brings the file to the newest version; ERR_STATE when it is newer than that. */
int state_migrate(struct state *s, struct err *e);

/* ---- journal --------------------------------------------------------------------------------- */

/* The rows of STATE_OPERATION_LIST or _FIND into a list. On failure it is empty. */
int state_load_operations(
    struct state *s, struct sqlite3_stmt *query, struct journal_list *out, struct err *e);
void state_drop_last(struct journal_list *list);

/* ---- holders --------------------------------------------------------------------------------- */

/* A process: its number, and when it began as the system counts ("" where that cannot be known),
 * since numbers are given again. */
enum { STATE_BORN_MAX = 96 };
struct state_holder {
    int64_t pid; /* 0 = nobody */
    char born[STATE_BORN_MAX];
};
void state_holder_self(struct state_holder *out);
bool state_holder_is_self(const struct state_holder *h);
bool state_holder_lives(const struct state_holder *h);

#endif
