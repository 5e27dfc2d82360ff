/* state: what Slipway itself remembers, per profile, in one SQLite file (0600, WAL) in the state
 * folder: the journal of operations, the ledger of requests, hashes of files, uploads under way. Several
 * processes may use it at once (the dashboard and a command).
 *
 * What it holds passes the redactor before it is written (records' texts are struct text already; raw
 * strings are masked here), but for the addresses of an upload under way (struct kept_upload). A full or read-only disk is ERR_IO with a sentence: the caller goes on and
 * shows it, nothing half-written stays.
 *
 * Thread: one at a time per struct state; open one for each thread that needs it. sqlite3.h is used in
 * db_sqlite.c and state*.c only. */
#ifndef SLIPWAY_CLIENT_STATE_H
#define SLIPWAY_CLIENT_STATE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "core/cancel.h"
#include "model/operation.h"
#include "model/request.h"

struct state;

/* Makes the folder (0700) and the file where they are missing. `path` is the file's. ERR_STATE when it
 * was written by a newer Slipway. */
struct state *state_open(const char *path, struct err *e);
/* As state_open, for a handle that waits at most `wait_ms` for a file that somebody else has locked, and,
 * once `quit` (borrowed until state_close; NULL = none) is fired, for a moment more in all: what has just
 * been done can still be noted when nobody is in the way. */
struct state *state_open_within(
    const char *path, int64_t wait_ms, struct cancel *quit, struct err *e);
void state_close(struct state *s); /* NULL is fine */

/* The journal. An operation is a row: id, kind, state, what was asked (JSON, never secrets) and what was
 * done so far (JSON, merged key by key: "endpoint_id": …). `holder` keeps two processes from working on
 * the same one: state_operation_claim is ERR_STATE while a living process (pid and its start time) has it.
 * Who begins an operation holds it; claiming makes it running again, without an error; ending lets it go. */
struct journal_entry {
    char id[OPERATION_ID_MAX];
    enum operation_kind kind;
    enum operation_state state;
    const char *title;        /* for showing; cleaned */
    const struct json *asked; /* borrowed on saving; owned by the list on loading */
    const struct json *done;
    const char *error;              /* its sentence, "" = none */
    int64_t started_ms, updated_ms; /* wall */
};
int state_operation_begin(struct state *s, const struct journal_entry *entry, struct err *e);
/* Notes one thing that was done; durable when it returns. */
int state_operation_note(
    struct state *s, const char *id, const char *key, const char *value, struct err *e);
int state_operation_end(
    struct state *s, const char *id, enum operation_state state, const char *error, struct err *e);
int state_operation_claim(struct state *s, const char *id, struct err *e);

/* Newest first, at most `max`; those that were running when their process died come as
 * OPERATION_INTERRUPTED. The list owns what it holds. */
struct journal_list {
    struct journal_entry *entries;
    size_t count;
};
int state_operations(struct state *s, size_t max, struct journal_list *out, struct err *e);
/* One by id (or an unambiguous beginning of one); ERR_INPUT when there is none. */
int state_operation(struct state *s, const char *id, struct journal_list *out, struct err *e);
void journal_list_release(struct journal_list *list);

/* The ledger: insert or update by id. Texts are kept to REQUEST_TEXT_MAX. A record of one's own takes the
 * place of a listed one of the same job. */
int state_request_save(struct state *s, const struct request *q, struct err *e);
/* Several, all or none. */
int state_requests_save(
    struct state *s, const struct request *requests, size_t n, struct err *e);
/* Newest first into the arena (cleaned again). endpoint_id NULL = all. */
int state_requests(struct state *s, const char *endpoint_id, size_t max, struct arena *a,
    struct request **out, size_t *n, struct err *e);
/* The same piece by piece, at most `max` each time, until *n is 0. `at` begins with STATE_NEWEST and is where
 * to go on; what is written meanwhile may be missing. */
struct state_place {
    int64_t submitted_ms, number;
};
#define STATE_NEWEST ((struct state_place){INT64_MAX, INT64_MAX})
int state_requests_older(struct state *s, struct state_place *at, size_t max, struct arena *a,
    struct request **out, size_t *n, struct err *e);
/* One by its id, by its job, or by the beginning of either: *found tells. -1 when it could not be read; an
 * ambiguous beginning is ERR_INPUT. */
int state_request_get(struct state *s, const char *id, struct arena *a, struct request *out,
    bool *found, struct err *e);
int state_request_of_job(struct state *s, const char *endpoint_id, const char *job_id,
    struct arena *a, struct request *out, bool *found, struct err *e);
int state_request_find(struct state *s, const char *begin, struct arena *a, struct request *out,
    bool *found, struct err *e);
/* Those that have not ended, newest first, at most `max`. */
int state_requests_open(struct state *s, size_t max, struct arena *a, struct request **out,
    size_t *n, struct err *e);
/* What was written after `since` by anybody, in that order, at most `max` of them; *last is where to go on
 * (state_requests_last_change to begin with the present). */
int state_requests_changed(struct state *s, int64_t since, size_t max, struct arena *a,
    struct request **out, size_t *n, int64_t *last, struct err *e);
int state_requests_last_change(struct state *s, int64_t *last, struct err *e);
/* A number that becomes another when another handle, also of another process, wrote; -1 = cannot be read. */
int64_t state_version(struct state *s);

/* How long the requests of an endpoint (NULL = of all) took and what they cost: `each` is called with
 * records in which the endpoint, the status, the times and the cost alone are said, in no order. */
int state_request_times(struct state *s, const char *endpoint_id,
    void (*each)(void *arg, const struct request *q), void *arg, struct err *e);

/* SHA-256 of a file that is still the same by device, inode, size, mtime and ctime (mtime alone can be set
 * back). false = not known. */
struct file_identity {
    uint64_t device, inode;
    int64_t size, modified_ns, changed_ns;
};
bool state_hash_get(struct state *s, const struct file_identity *id, char sha256[65]);
int state_hash_put(
    struct state *s, const struct file_identity *id, const char sha256[65], struct err *e);
/* It turned out to be wrong. */
int state_hash_drop(struct state *s, const struct file_identity *id, struct err *e);

/* A multi-part upload under way: where each part goes, and which are there already. The addresses carry
 * their own right: they are kept for a day, as they are, and must never be shown or logged. */
enum { KEPT_PARTS_MAX = 10000 };
struct kept_upload {
    int64_t id;           /* of the record; 0 = there is none */
    int64_t size, chunk;  /* bytes of the whole, and of each part but for the last */
    char *href, *verify;  /* of the completion, and of the check (NULL = none is wanted) */
    char **urls, **etags; /* part by part; etag NULL = not sent */
    size_t part_count;
};
/* Room for the parts of that size, without texts; ERR_REMOTE when there are none or too many. */
int kept_upload_init(struct kept_upload *u, int64_t size, int64_t chunk, struct err *e);
void kept_upload_release(struct kept_upload *u);

struct kept_key {
    const char *endpoint, *repository, *oid;
};
/* Instead of what was known under the key; sets u->id. */
int state_upload_put(
    struct state *s, const struct kept_key *key, struct kept_upload *u, struct err *e);
/* Part number `part` (from 0) is there. Outlives the process when it returns, not a power cut. */
int state_upload_part(struct state *s, int64_t id, size_t part, const char *etag, struct err *e);
int state_upload_remove(struct state *s, const struct kept_key *key, struct err *e);
/* Of that size and younger than a day, whole; false when there is none. The caller releases it. */
bool state_upload_get(
    struct state *s, const struct kept_key *key, int64_t size, struct kept_upload *out);

/* Small facts by name ("last-repo" …), for forms that remember. NULL when absent; in the arena. */
const char *state_fact(struct state *s, const char *name, struct arena *a);
int state_fact_set(struct state *s, const char *name, const char *value, struct err *e);

#endif
