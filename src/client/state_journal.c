/* Operations: a row each, and under it one row for each thing that was done, so that noting the
 * ten-thousandth part of an upload costs as much as the first. Every write is a transaction of its
 * own and on the disk when it returns.
 *
 * Who begins or claims an operation holds it. A holder that lives keeps others off; one that died
 * needs no clearing up, its rows are simply read as interrupted. */
#include "base/clock.h"
#include "base/secret.h"
#include "client/state_internal.h"

#include <stdio.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

static int64_t now_ms(void)
{
    return clock_wall_ms(clock_real());
}

static int no_such(const char *id, struct err *e)
{
    return err_set(e, ERR_INPUT, 0, "there is no operation %s", id);
}

/* ---- notes ----------------------------------------------------------------------------------- */

/* As text, masked here rather than when it is bound, to make sure that the mask left valid JSON. */
static int print_masked(const struct json *j, struct buf *out, struct err *e)
{
    struct buf plain;
    buf_init(&plain, STATE_JSON_MAX);
    int failed = json_print(j, &plain) || secret_redact(out, buf_str(&plain), plain.len);
    buf_release_secret(&plain);
    if (failed)
        return err_set(e, ERR_IO, 0, "what an operation is to remember is too long");
    struct json *check = json_parse(buf_str(out), out->len, NULL);
    json_free(check);
    return check ? 0 : err_set(e, ERR_BUG, 0, "an operation was to remember a secret");
}

static int put_note(
    struct state *s, const char *id, const char *key, const struct json *value, struct err *e)
{
    struct buf text;
    buf_init(&text, STATE_JSON_MAX);
    int result = print_masked(value, &text, e);
    const struct state_value row[] = {VALUE_TEXT(id), VALUE_TEXT(key), VALUE_TEXT(buf_str(&text))};
    if (result == 0)
        result = state_run(s, STATE_NOTE_PUT, row, COUNT(row), e);
    buf_release(&text);
    return result;
}

static int put_notes(struct state *s, const char *id, const struct json *done, struct err *e)
{
    for (const struct json *m = json_first(done); m; m = json_next(m))
        if (put_note(s, id, json_key(m), m, e))
            return -1;
    return 0;
}

static int touch_and_note(
    struct state *s, const char *id, const char *key, const struct json *value, struct err *e)
{
    const struct state_value row[] = {VALUE_TEXT(id), VALUE_INT(now_ms())};
    if (state_run(s, STATE_OPERATION_TOUCH, row, COUNT(row), e))
        return -1;
    return state_changes(s) ? put_note(s, id, key, value, e) : no_such(id, e);
}

int state_operation_note(
    struct state *s, const char *id, const char *key, const char *value, struct err *e)
{
    struct json *made = json_new_string(value);
    int result = -1;
    if (!made)
        err_set(e, ERR_IO, 0, "no memory for an operation's note");
    else if (state_begin(s, STATE_BEGIN_WRITE, e) == 0)
        result = state_end(s, touch_and_note(s, id, key, made, e), e);
    json_free(made);
    return result;
}

/* ---- beginning and ending -------------------------------------------------------------------- */

static int insert(
    struct state *s, const struct journal_entry *entry, const char *asked, struct err *e)
{
    struct state_holder self;
    state_holder_self(&self);
    const struct state_value row[] = {VALUE_TEXT(entry->id),
        VALUE_TEXT(operation_kind_name(entry->kind)),
        VALUE_TEXT(operation_state_name(entry->state)),
        VALUE_TEXT(entry->title ? entry->title : ""), VALUE_TEXT(asked),
        VALUE_TEXT(entry->error ? entry->error : ""), VALUE_INT(entry->started_ms),
        VALUE_INT(entry->updated_ms), VALUE_INT(self.pid), VALUE_TEXT(self.born)};
    if (state_run(s, STATE_OPERATION_INSERT, row, COUNT(row), e))
        return -1;
    if (state_changes(s) == 0)
        return err_set(e, ERR_STATE, 0, "there is an operation %s already", entry->id);
    return state_run(s, STATE_OPERATION_PRUNE, &VALUE_INT(STATE_OPERATIONS_MAX), 1, e);
}

static int insert_with_notes(
    struct state *s, const struct journal_entry *entry, const char *asked, struct err *e)
{
    return insert(s, entry, asked, e) ? -1 : put_notes(s, entry->id, entry->done, e);
}

int state_operation_begin(struct state *s, const struct journal_entry *entry, struct err *e)
{
    struct buf asked;
    if (!entry->id[0])
        return err_set(e, ERR_BUG, 0, "an operation without an id was to be kept");
    buf_init(&asked, STATE_JSON_MAX);
    int result =
        entry->asked ? print_masked(entry->asked, &asked, e) : buf_str_append(&asked, "{}");
    if (result == 0)
        result = state_begin(s, STATE_BEGIN_WRITE, e);
    if (result == 0)
        result = state_end(s, insert_with_notes(s, entry, buf_str(&asked), e), e);
    buf_release(&asked);
    return result;
}

int state_operation_end(
    struct state *s, const char *id, enum operation_state state, const char *error, struct err *e)
{
    const struct state_value row[] = {VALUE_TEXT(id), VALUE_TEXT(operation_state_name(state)),
        VALUE_TEXT(error ? error : ""), VALUE_INT(now_ms())};
    if (!operation_is_over(state) && state != OPERATION_INTERRUPTED)
        return err_set(e, ERR_BUG, 0, "an operation cannot end as %s", operation_state_name(state));
    if (state_run(s, STATE_OPERATION_END, row, COUNT(row), e))
        return -1;
    return state_changes(s) ? 0 : no_such(id, e);
}

/* ---- holding --------------------------------------------------------------------------------- */

static int read_holder(struct state *s, const char *id, struct state_holder *out, struct err *e)
{
    struct sqlite3_stmt *query = state_query(s, STATE_OPERATION_HOLDER, &VALUE_TEXT(id), 1, e);
    if (!query)
        return -1;
    int found = state_step(s, query, e);
    if (found == 1) {
        out->pid = state_column_int(query, 0);
        snprintf(out->born, sizeof out->born, "%s", state_column_text(query, 1));
    }
    state_reset(query);
    return found == 0 ? no_such(id, e) : found < 0 ? -1 : 0;
}

static int claim(struct state *s, const char *id, struct err *e)
{
    struct state_holder holder, self;
    if (read_holder(s, id, &holder, e))
        return -1;
    if (!state_holder_is_self(&holder) && state_holder_lives(&holder)) {
        err_set(e, ERR_STATE, 0, "another Slipway (process %lld) is working on %s",
            (long long)holder.pid, id);
        return err_hint(e, "watch it there, or end that process first");
    }
    state_holder_self(&self);
    const struct state_value row[] = {VALUE_TEXT(id),
        VALUE_TEXT(operation_state_name(OPERATION_RUNNING)), VALUE_INT(now_ms()),
        VALUE_INT(self.pid), VALUE_TEXT(self.born)};
    return state_run(s, STATE_OPERATION_CLAIM, row, COUNT(row), e);
}

int state_operation_claim(struct state *s, const char *id, struct err *e)
{
    return state_begin(s, STATE_BEGIN_WRITE, e) ? -1 : state_end(s, claim(s, id, e), e);
}

/* ---- reading --------------------------------------------------------------------------------- */

static int load(struct state *s, enum state_statement which, struct state_value parameter,
    struct journal_list *out, struct err *e)
{
    *out = (struct journal_list){0};
    struct sqlite3_stmt *query = state_query(s, which, &parameter, 1, e);
    if (!query)
        return -1;
    int result = state_load_operations(s, query, out, e);
    state_reset(query);
    return result;
}

int state_operations(struct state *s, size_t max, struct journal_list *out, struct err *e)
{
    int64_t limit = max < STATE_OPERATIONS_MAX ? (int64_t)max : STATE_OPERATIONS_MAX;
    return load(s, STATE_OPERATION_LIST, VALUE_INT(limit), out, e);
}

static int ambiguous(const char *id, const struct journal_list *found, struct err *e)
{
    err_set(e, ERR_INPUT, 0, "more than one operation begins with %s: %s, %s …", id,
        found->entries[0].id, found->entries[1].id);
    return err_hint(e, "give more of the id");
}

int state_operation(struct state *s, const char *id, struct journal_list *out, struct err *e)
{
    *out = (struct journal_list){0};
    if (!id[0])
        return err_set(e, ERR_INPUT, 0, "an operation's id is missing");
    if (load(s, STATE_OPERATION_FIND, VALUE_TEXT(id), out, e))
        return -1;
    bool whole = out->count > 0 && strcmp(out->entries[0].id, id) == 0;
    if (out->count == 1)
        return 0;
    if (!whole) {
        int result = out->count ? ambiguous(id, out, e) : no_such(id, e);
        journal_list_release(out);
        return result;
    }
    state_drop_last(out);
    return 0;
}
