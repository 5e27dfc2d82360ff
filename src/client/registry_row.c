/* Building the statement that writes one row out of the columns that the live table has. A column's
 * value is a parameter, numbered as it is put in (a database refuses a parameter that nothing
 * refers to), or a literal of our own. This is the one place through which texts go into the
 * database, so it is here that nothing secret gets through. */
#include "base/secret.h"
#include "client/registry_internal.h"

#include <stdlib.h>
#include <string.h>

struct statement {
    struct buf sql;
    const char *params[DB_PARAMS_MAX];
    size_t n;
    int failed;
};

void registry_row_init(struct registry_row *row, const struct registry *r, enum registry_table t)
{
    *row = (struct registry_row){.r = r, .table = t};
}

static void add(struct registry_row *row, const char *column, const char *value,
    const char *literal, enum registry_when when)
{
    if (row->n == REGISTRY_VALUES_MAX || !registry_has(row->r, row->table, column))
        return;
    row->values[row->n].column = column;
    row->values[row->n].value = value;
    row->values[row->n].literal = literal;
    row->values[row->n++].when = when;
}

void registry_row_value(
    struct registry_row *row, const char *column, const char *value, enum registry_when when)
{
    if (value)
        add(row, column, value, NULL, when);
}

void registry_row_literal(
    struct registry_row *row, const char *column, const char *literal, enum registry_when when)
{
    add(row, column, NULL, literal, when);
}

/* ---- what may be written
 * ------------------------------------------------------------------------- */

static int check_value(const char *column, const char *value, struct err *e)
{
    size_t n = strlen(value);
    if (!text_is_utf8(value, n))
        return err_set(e, ERR_INPUT, 0, "the value for %s is not valid UTF-8", column);
    char *masked = strdup(value);
    if (!masked)
        return err_set(e, ERR_IO, 0, "no memory for the registry");
    secret_redact_in_place(masked);
    bool same = strcmp(masked, value) == 0;
    secret_wipe(masked, n);
    free(masked);
    return same ? 0
                : err_set(e, ERR_INPUT, 0,
                      "the value for %s holds what looks like a key: it is not written", column);
}

static int check_values(const struct registry_row *row, struct err *e)
{
    for (size_t i = 0; i < row->n; i++)
        if (row->values[i].value && check_value(row->values[i].column, row->values[i].value, e))
            return -1;
    return 0;
}

/* ---- pieces
 * -------------------------------------------------------------------------------------- */

static void say(struct statement *s, const char *text)
{
    s->failed |= buf_str_append(&s->sql, text);
}

/* The value at place i: its parameter or literal. */
static void say_value(struct statement *s, const struct registry_row *row, size_t i)
{
    if (!row->values[i].value) {
        say(s, row->values[i].literal);
        return;
    }
    s->params[s->n++] = row->values[i].value;
    s->failed |= buf_printf(&s->sql, "$%zu", s->n);
}

static bool is_inserted(enum registry_when when)
{
    return when != REGISTRY_UPDATE;
}

static bool is_updated(enum registry_when when)
{
    return when != REGISTRY_INSERT;
}

static void say_insert(struct statement *s, const struct registry_row *row)
{
    const char *comma = "";
    say(s, "INSERT INTO {table ");
    say(s, registry_schemas[row->table].name);
    say(s, "} AS m (");
    for (size_t i = 0; i < row->n; i++)
        if (is_inserted(row->values[i].when)) {
            say(s, comma);
            say(s, row->values[i].column);
            comma = ", ";
        }
    say(s, ") VALUES (");
    comma = "";
    for (size_t i = 0; i < row->n; i++)
        if (is_inserted(row->values[i].when)) {
            say(s, comma);
            say_value(s, row, i);
            comma = ", ";
        }
    say(s, ")");
}

static void say_conflict(struct statement *s, const struct registry_row *row)
{
    const char *comma = "";
    say(s, " ON CONFLICT (user_id, name) DO UPDATE SET ");
    for (size_t i = 0; i < row->n; i++) {
        const char *column = row->values[i].column;
        enum registry_when when = row->values[i].when;
        if (!is_updated(when))
            continue;
        s->failed |= buf_printf(&s->sql, "%s%s = ", comma, column);
        if (when == REGISTRY_MERGE)
            s->failed |= buf_printf(&s->sql, "{merge m.%s excluded.%s}", column, column);
        else if (when == REGISTRY_UPDATE)
            say_value(s, row, i);
        else
            s->failed |= buf_printf(&s->sql, "excluded.%s", column);
        comma = ", ";
    }
}

static void say_update(struct statement *s, const struct registry_row *row, const char *id)
{
    const char *comma = "";
    s->failed |= buf_printf(&s->sql, "UPDATE {table %s} SET ", registry_schemas[row->table].name);
    for (size_t i = 0; i < row->n; i++) {
        if (!is_updated(row->values[i].when))
            continue;
        bool merge = row->values[i].when == REGISTRY_MERGE;
        s->failed |= buf_printf(&s->sql, "%s%s = ", comma, row->values[i].column);
        if (merge)
            s->failed |= buf_printf(&s->sql, "{merge %s ", row->values[i].column);
        say_value(s, row, i);
        say(s, merge ? "}" : "");
        comma = ", ";
    }
    s->params[s->n++] = id;
    s->failed |= buf_printf(&s->sql, " WHERE id = $%zu AND ", s->n);
    if (row->r->user_id[0])
        s->params[s->n++] = row->r->user_id;
    s->failed |= registry_append_user(row->r, &s->sql, s->n);
}

/* ---- running
 * ------------------------------------------------------------------------------------- */

static int run(
    const struct registry_row *row, struct statement *s, char id[MODEL_ROW_ID_MAX], struct err *e)
{
    struct db_result *result;
    say(s, " RETURNING id");
    if (s->failed)
        return err_set(
            e, ERR_BUG, 0, "the statement for %s is too long", registry_schemas[row->table].name);
    if (db_exec(row->r->db, buf_str(&s->sql), s->params, s->n, &result, e))
        return -1;
    char got[MODEL_ROW_ID_MAX];
    bool one = db_rows(result) == 1;
    registry_id(got, sizeof got, db_cell_at(result, 0, 0));
    db_result_free(result);
    if (!one)
        return err_set(
            e, ERR_STATE, 0, "%s has no such row of ours", registry_schemas[row->table].name);
    memcpy(id, got, sizeof got);
    return 0;
}

int registry_row_insert(
    const struct registry_row *row, bool upsert, char id[MODEL_ROW_ID_MAX], struct err *e)
{
    struct statement s = {0};
    if (check_values(row, e))
        return -1;
    buf_init(&s.sql, REGISTRY_SQL_MAX);
    say_insert(&s, row);
    if (upsert)
        say_conflict(&s, row);
    int result = run(row, &s, id, e);
    buf_release(&s.sql);
    return result;
}

static bool has_updates(const struct registry_row *row)
{
    for (size_t i = 0; i < row->n; i++)
        if (is_updated(row->values[i].when))
            return true;
    return false;
}

int registry_row_update(const struct registry_row *row, char id[MODEL_ROW_ID_MAX], struct err *e)
{
    struct statement s = {0};
    if (!has_updates(row)) /* the live table has none of the columns: the row is as it must be */
        return 0;
    if (check_values(row, e))
        return -1;
    buf_init(&s.sql, REGISTRY_SQL_MAX);
    say_update(&s, row, id);
    int result = run(row, &s, id, e);
    buf_release(&s.sql);
    return result;
}
