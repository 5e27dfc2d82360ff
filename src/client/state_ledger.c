/* The ledger: one row a request, replaced as its status moves on. Counters that are not known stay
 * -1 and prices NULL, as in the record. */
#include "base/secret.h"
#include "client/state_internal.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* ---- saving ---------------------------------------------------------------------------------- */

/* What is kept of a text, as a C string in the arena: masked as a whole first, because the
 * beginning of a secret is not recognised as one, then cut at a character. NULL without memory. */
static const char *kept(struct arena *a, struct text t)
{
    struct buf masked;
    size_t length = t.s ? t.len : 0;
    buf_init(&masked, 2 * length + SECRET_BYTES_MAX);
    bool failed = secret_redact(&masked, t.s ? t.s : "", length);
    size_t n = masked.len < REQUEST_TEXT_MAX ? masked.len : REQUEST_TEXT_MAX;
    while (n > 0 && n < masked.len && ((unsigned char)masked.data[n] & 0xC0) == 0x80)
        n--;
    const char *copy = failed ? NULL : arena_dup(a, buf_str(&masked), n);
    buf_release(&masked);
    return copy;
}

static int put(struct state *s, const struct request *q, struct arena *a, struct err *e)
{
    const char *model = kept(a, q->model), *gpu = kept(a, q->gpu), *input = kept(a, q->input),
               *output = kept(a, q->output), *error = kept(a, q->error);
    if (!model || !gpu || !input || !output || !error)
        return err_set(e, ERR_IO, 0, "no memory to keep a request");
    const struct state_value row[] = {VALUE_TEXT(q->id), VALUE_TEXT(q->job_id),
        VALUE_TEXT(q->endpoint_id), VALUE_TEXT(model), VALUE_INT(q->route),
        VALUE_TEXT(request_status_word(q->status)), VALUE_INT(q->submitted_ms),
        VALUE_INT(q->seen_ms), VALUE_INT(q->ended_ms), VALUE_INT(q->delay_ms),
        VALUE_INT(q->execution_ms), VALUE_INT(q->first_token_ms), VALUE_INT(q->tokens_in),
        VALUE_INT(q->tokens_out), VALUE_INT(q->retries), VALUE_TEXT(q->worker_id), VALUE_TEXT(gpu),
        VALUE_REAL(q->price_hour), VALUE_REAL(q->cost), VALUE_TEXT(input), VALUE_TEXT(output),
        VALUE_TEXT(error), VALUE_INT(q->listed)};
    const struct state_value job[] = {
        VALUE_TEXT(q->endpoint_id), VALUE_TEXT(q->job_id), VALUE_TEXT(q->id)};
    if (q->job_id[0] && state_run(s, STATE_REQUEST_UNLIST, job, COUNT(job), e))
        return -1;
    return state_run(s, STATE_REQUEST_PUT, row, COUNT(row), e);
}

static int put_one(struct state *s, const struct request *q, struct err *e)
{
    if (!q->id[0])
        return err_set(e, ERR_BUG, 0, "a request without an id was to be kept");
    struct arena *a = arena_new(6 * (size_t)REQUEST_TEXT_MAX);
    if (!a)
        return err_set(e, ERR_IO, 0, "no memory to keep a request");
    int result = put(s, q, a, e);
    arena_free(a);
    return result;
}

/* Those of others never push out our own. Counting takes a while, so it is done now and then. */
static int prune(struct state *s, size_t n, struct err *e)
{
    enum { NOW_AND_THEN = 128 };
    const struct state_value own[] = {VALUE_INT(false), VALUE_INT(STATE_REQUESTS_MAX)};
    const struct state_value listed[] = {VALUE_INT(true), VALUE_INT(STATE_LISTED_MAX)};
    int64_t last = sqlite3_last_insert_rowid(s->db);
    if (last / NOW_AND_THEN == (last - (int64_t)n) / NOW_AND_THEN)
        return 0;
    return state_run(s, STATE_REQUEST_PRUNE, own, COUNT(own), e) ||
                   state_run(s, STATE_REQUEST_PRUNE, listed, COUNT(listed), e)
               ? -1
               : 0;
}

static int put_all(struct state *s, const struct request *requests, size_t n, struct err *e)
{
    for (size_t i = 0; i < n; i++)
        if (put_one(s, &requests[i], e))
            return -1;
    return prune(s, n, e);
}

int state_requests_save(struct state *s, const struct request *requests, size_t n, struct err *e)
{
    if (n == 0)
        return 0;
    if (state_begin(s, STATE_BEGIN_WRITE, e))
        return -1;
    return state_end(s, put_all(s, requests, n, e), e);
}

int state_request_save(struct state *s, const struct request *q, struct err *e)
{
    return state_requests_save(s, q, 1, e);
}

/* ---- reading --------------------------------------------------------------------------------- */

/* A row on its way into the arena. */
struct reading {
    struct sqlite3_stmt *row;
    struct arena *arena;
    bool full; /* a text found no room */
};

static void read_name(struct reading *r, int column, char *out, size_t size)
{
    snprintf(out, size, "%s", state_column_text(r->row, column));
}

/* Cleaned again. What was kept is clean, so it comes out empty only when there is no room. */
static struct text read_text(struct reading *r, int column)
{
    const char *s = state_column_text(r->row, column);
    struct text t = text_new(r->arena, s, strlen(s), TEXT_BLOCK);
    r->full = r->full || (*s && t.len == 0);
    return t;
}

static int64_t read_int(struct reading *r, int column)
{
    return state_column_int(r->row, column);
}

/* The columns of REQUEST_COLUMNS. */
static void read_request(struct reading *r, struct request *q)
{
    read_name(r, 0, q->id, sizeof q->id);
    read_name(r, 1, q->job_id, sizeof q->job_id);
    read_name(r, 2, q->endpoint_id, sizeof q->endpoint_id);
    q->model = read_text(r, 3);
    q->route = read_int(r, 4) == REQUEST_ROUTE_OPENAI ? REQUEST_ROUTE_OPENAI : REQUEST_ROUTE_RUN;
    q->status = request_status_of(state_column_text(r->row, 5));
    q->submitted_ms = read_int(r, 6);
    q->seen_ms = read_int(r, 7);
    q->ended_ms = read_int(r, 8);
    q->delay_ms = read_int(r, 9);
    q->execution_ms = read_int(r, 10);
    q->first_token_ms = read_int(r, 11);
    q->tokens_in = read_int(r, 12);
    q->tokens_out = read_int(r, 13);
    q->retries = (int)read_int(r, 14);
    read_name(r, 15, q->worker_id, sizeof q->worker_id);
    q->gpu = read_text(r, 16);
    q->price_hour = state_column_real(r->row, 17);
    q->cost = state_column_real(r->row, 18);
    q->input = read_text(r, 19);
    q->output = read_text(r, 20);
    q->error = read_text(r, 21);
    q->listed = read_int(r, 22) != 0;
    q->why = TEXT("");
}

static int no_room(size_t rows, struct err *e)
{
    return err_set(e, ERR_IO, 0, "no room for %zu requests", rows);
}

static int count_rows(
    struct state *s, const struct state_value *values, size_t *rows, struct err *e)
{
    struct sqlite3_stmt *query = state_query(s, STATE_REQUEST_COUNT, values, 2, e);
    bool counted = query && state_step(s, query, e) == 1;
    *rows = counted ? (size_t)state_column_int(query, 0) : 0;
    state_reset(query);
    return counted ? 0 : -1;
}

static int read_rows(struct state *s, const struct state_value *values, struct arena *a,
    struct request *out, size_t rows, struct err *e)
{
    struct reading r = {.row = state_query(s, STATE_REQUEST_LIST, values, 2, e), .arena = a};
    int more = r.row ? 1 : -1;
    for (size_t i = 0; i < rows && more == 1 && !r.full; i++) {
        more = state_step(s, r.row, e);
        if (more == 1)
            read_request(&r, &out[i]);
    }
    state_reset(r.row);
    return more < 0 ? -1 : r.full ? no_room(rows, e) : 0;
}

int state_requests(struct state *s, const char *endpoint_id, size_t max, struct arena *a,
    struct request **out, size_t *n, struct err *e)
{
    int64_t limit = max < STATE_REQUESTS_MAX ? (int64_t)max : STATE_REQUESTS_MAX;
    const struct state_value values[] = {VALUE_TEXT(endpoint_id), VALUE_INT(limit)};
    size_t rows;
    struct request *made = NULL;
    *out = NULL;
    *n = 0;
    if (state_begin(s, STATE_BEGIN_READ, e)) /* so that what is counted is what is read */
        return -1;
    int result = count_rows(s, values, &rows, e);
    if (result == 0 && !(made = arena_array(a, rows, sizeof *made)))
        result = no_room(rows, e);
    if (result == 0)
        result = read_rows(s, values, a, made, rows, e);
    if (state_end(s, result, e))
        return -1;
    *out = made;
    *n = rows;
    return 0;
}

/* ---- some of them ---------------------------------------------------------------------------- */

enum { EXTRA_COLUMN = 23 }; /* of those statements that have one more */

/* Up to `max` rows of a query into the arena; `last` (may be NULL) gets the last one's extra column. */
static int read_some(struct state *s, enum state_statement which, const struct state_value *values,
    size_t count, size_t max, struct arena *a, struct request **out, size_t *n, int64_t *last,
    struct err *e)
{
    struct request *made = arena_array(a, max, sizeof *made);
    *out = made;
    *n = 0;
    if (!made)
        return no_room(max, e);
    struct reading r = {.row = state_query(s, which, values, count, e), .arena = a};
    int more = r.row ? 1 : -1;
    while (more == 1 && *n < max && !r.full && (more = state_step(s, r.row, e)) == 1) {
        read_request(&r, &made[(*n)++]);
        if (last)
            *last = read_int(&r, EXTRA_COLUMN);
    }
    state_reset(r.row);
    return more < 0 ? -1 : r.full ? no_room(*n, e) : 0;
}

static int read_one(struct state *s, enum state_statement which, const struct state_value *values,
    size_t count, struct arena *a, struct request *out, bool *found, struct err *e)
{
    struct request *rows;
    size_t n;
    *found = false;
    if (read_some(s, which, values, count, 1, a, &rows, &n, NULL, e))
        return -1;
    *found = n == 1;
    if (*found)
        *out = rows[0];
    return 0;
}

int state_request_get(struct state *s, const char *id, struct arena *a, struct request *out,
    bool *found, struct err *e)
{
    return read_one(s, STATE_REQUEST_GET, &VALUE_TEXT(id), 1, a, out, found, e);
}

int state_request_of_job(struct state *s, const char *endpoint_id, const char *job_id,
    struct arena *a, struct request *out, bool *found, struct err *e)
{
    const struct state_value values[] = {VALUE_TEXT(endpoint_id), VALUE_TEXT(job_id)};
    return read_one(s, STATE_REQUEST_OF_JOB, values, COUNT(values), a, out, found, e);
}

static bool is_exactly(const struct request *q, const char *id)
{
    return strcmp(q->id, id) == 0 || strcmp(q->job_id, id) == 0;
}

int state_request_find(struct state *s, const char *begin, struct arena *a, struct request *out,
    bool *found, struct err *e)
{
    struct request *rows;
    size_t n;
    *found = false;
    if (!*begin)
        return 0;
    if (read_some(s, STATE_REQUEST_FIND, &VALUE_TEXT(begin), 1, 2, a, &rows, &n, NULL, e))
        return -1;
    if (n == 2 && is_exactly(&rows[0], begin) == is_exactly(&rows[1], begin))
        return err_set(e, ERR_INPUT, 0, "several requests begin with %s", begin);
    *found = n > 0;
    if (*found)
        *out = rows[0];
    return 0;
}

int state_requests_open(
    struct state *s, size_t max, struct arena *a, struct request **out, size_t *n, struct err *e)
{
    return read_some(s, STATE_REQUEST_OPEN, &VALUE_INT((int64_t)max), 1, max, a, out, n, NULL, e);
}

int state_requests_changed(struct state *s, int64_t since, size_t max, struct arena *a,
    struct request **out, size_t *n, int64_t *last, struct err *e)
{
    const struct state_value values[] = {VALUE_INT(since), VALUE_INT((int64_t)max)};
    *last = since;
    return read_some(s, STATE_REQUEST_CHANGED, values, COUNT(values), max, a, out, n, last, e);
}

int state_requests_older(struct state *s, struct state_place *at, size_t max, struct arena *a,
    struct request **out, size_t *n, struct err *e)
{
    const struct state_value values[] = {
        VALUE_INT(at->submitted_ms), VALUE_INT(at->number), VALUE_INT((int64_t)max)};
    int result = read_some(
        s, STATE_REQUEST_OLDER, values, COUNT(values), max, a, out, n, &at->number, e);
    if (*n > 0)
        at->submitted_ms = (*out)[*n - 1].submitted_ms;
    return result;
}

static int read_number(struct state *s, enum state_statement which, int64_t *out, struct err *e)
{
    struct sqlite3_stmt *query = state_query(s, which, NULL, 0, e);
    bool read = query && state_step(s, query, e) == 1;
    *out = read ? state_column_int(query, 0) : -1;
    state_reset(query);
    return read ? 0 : -1;
}

int state_requests_last_change(struct state *s, int64_t *last, struct err *e)
{
    return read_number(s, STATE_REQUEST_LAST_CHANGE, last, e);
}

int64_t state_version(struct state *s)
{
    int64_t version;
    return read_number(s, STATE_DATA_VERSION, &version, NULL) ? -1 : version;
}
