/* The ledger: one row a request, replaced as its status moves on. Counters that are not known stay
 * -1 and prices NULL, as in the record. */
#include "base/secret.h"
#include "client/state_internal.h"

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
        VALUE_TEXT(error)};
    if (state_run(s, STATE_REQUEST_PUT, row, COUNT(row), e))
        return -1;
    return state_run(s, STATE_REQUEST_PRUNE, &VALUE_INT(STATE_REQUESTS_MAX), 1, e);
}

int state_request_save(struct state *s, const struct request *q, struct err *e)
{
    if (!q->id[0])
        return err_set(e, ERR_BUG, 0, "a request without an id was to be kept");
    struct arena *a = arena_new(6 * (size_t)REQUEST_TEXT_MAX);
    if (!a)
        return err_set(e, ERR_IO, 0, "no memory to keep a request");
    int result = -1;
    if (state_begin(s, STATE_BEGIN_WRITE, e) == 0)
        result = state_end(s, put(s, q, a, e), e);
    arena_free(a);
    return result;
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
