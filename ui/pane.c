/* The pane's part in being a view: what it is asked to do, and the table's source as far as it is the
 * same for all. Drawing is in pane_draw.c. */
#include "ui/pane.h"

#include "ui/opened.h"
#include "ui/say.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- life ------------------------------------------------------------------------------------------ */

static bool matches(void *v, size_t row, const void *filter)
{
    struct pane_view *p = v;
    struct filter_field fields[PANE_FIELDS_MAX];
    size_t count = p->kind->fields(v, row, fields);
    return filter_matches(filter, fields, count);
}

/* What was over before, or was put away, is no alert. */
static bool alarms(void *v, size_t row)
{
    struct pane_view *p = v;
    char id[TABLE_ID_MAX];
    if (!p->kind->attention || !p->kind->attention(v, row))
        return false;
    p->kind->id(v, row, id);
    const struct operation *o = store_operation_by_id(p->x->store, id);
    return !o || !(opened_is_history(p->x, o) || (p->x->dismissed && p->x->dismissed(p->x, id)));
}

static uint64_t rows_version(void *v)
{
    struct pane_view *p = v;
    return p->kind->version(v) + p->x->dismissals;
}

void *pane_make(const struct pane_kind *kind, const struct view_context *x)
{
    struct pane_view *p = calloc(1, kind->size);
    if (!p)
        return NULL;
    p->kind = kind;
    p->x = x;
    struct table_source source = {.columns = kind->columns,
        .column_count = kind->column_count,
        .rows = kind->rows,
        .version = rows_version,
        .id = kind->id,
        .cell = kind->cell,
        .attention = alarms,
        .matches = matches,
        .data = p,
        .changes = kind->changes,
        .key = kind->key};
    p->table = table_new(&source);
    if (p->table)
        return p;
    free(p);
    return NULL;
}

void pane_free(void *v)
{
    struct pane_view *p = v;
    if (!p)
        return;
    if (p->kind->release)
        p->kind->release(p);
    table_free(p->table);
    filter_free(p->filter);
    free(p);
}

/* ---- state ----------------------------------------------------------------------------------------- */

uint64_t pane_version(void *v)
{
    struct pane_view *p = v;
    uint64_t sources = p->kind->source < SOURCES ? store_version(p->x->store, STORE_SOURCES) : 0;
    return rows_version(p) + sources + p->changes;
}

int64_t pane_next_tick(const struct store *s, int64_t age_ms)
{
    int64_t step = age_ms < 3600 * 1000 ? 1000 : 60 * 1000;
    return store_mono_ms(s) + step - store_wall_ms(s) % step;
}

static const struct source_state *source_of(const struct pane_view *p)
{
    return p->kind->source < SOURCES ? store_source(p->x->store, p->kind->source) : NULL;
}

int64_t pane_due(void *v)
{
    struct pane_view *p = v;
    const struct source_state *source = source_of(p);
    int64_t due = p->kind->due ? p->kind->due(p) : -1;
    if (!source || source->health != SOURCE_FAILED)
        return due;
    int64_t tick = pane_next_tick(p->x->store, 0);
    return due < 0 || tick < due ? tick : due;
}

/* Of the row, when that is an operation that went wrong; else of the service that the rows come from. */
const struct err *pane_error(void *v)
{
    struct pane_view *p = v;
    const struct source_state *source = source_of(v);
    const struct operation *o = store_operation_by_id(p->x->store, pane_target(v));
    if (o && o->error.class != ERR_NONE)
        return &o->error;
    return source && source->error.class != ERR_NONE &&
                   (source->health == SOURCE_FAILED || source->health == SOURCE_OFF)
               ? &source->error
               : NULL;
}

/* ---- rows ------------------------------------------------------------------------------------------ */

const char *pane_target(void *v)
{
    struct pane_view *p = v;
    snprintf(p->target, sizeof p->target, "%s", table_cursor_id(p->table));
    return p->target;
}

void pane_select(void *v, const char *id)
{
    struct pane_view *p = v;
    snprintf(p->wanted, sizeof p->wanted, "%s", id);
    if (table_select(p->table, id))
        p->wanted[0] = '\0';
    p->changes++;
}

size_t pane_marked(void *v, char (*ids)[TABLE_ID_MAX], size_t max)
{
    return table_marked(((struct pane_view *)v)->table, ids, max);
}

size_t pane_visible(void *v, char (*ids)[TABLE_ID_MAX], size_t max)
{
    return table_visible(((struct pane_view *)v)->table, ids, max);
}

size_t pane_alerts(void *v)
{
    struct pane_view *p = v;
    size_t count = 0, rows = p->kind->attention ? p->kind->rows(p) : 0;
    for (size_t i = 0; i < rows; i++)
        count += alarms(p, i);
    return count;
}

bool pane_is_alert(void *v, const char *id)
{
    struct pane_view *p = v;
    char own[TABLE_ID_MAX];
    for (size_t i = 0; i < p->kind->rows(p); i++) {
        p->kind->id(p, i, own);
        if (strcmp(own, id) == 0)
            return alarms(p, i);
    }
    return false;
}

bool pane_filter(void *v, struct text typed, struct err *why)
{
    struct pane_view *p = v;
    struct filter *filter = NULL;
    bool good = true;
    if (typed.len > 0) {
        filter = filter_new(typed, why);
        good = filter != NULL;
    }
    bool narrows =
        p->filter && filter && filter_narrows((struct text){p->typed, strlen(p->typed)}, typed);
    (narrows ? table_narrow_filter : table_set_filter)(p->table, filter);
    filter_free(p->filter);
    p->filter = filter;
    size_t length = typed.len < FILTER_BYTES_MAX ? typed.len : FILTER_BYTES_MAX;
    memcpy(p->typed, typed.s, length);
    p->typed[length] = '\0';
    p->changes++;
    return good;
}

/* ---- actions --------------------------------------------------------------------------------------- */

static void open_row(struct pane_view *p)
{
    const char *id = pane_target(p);
    if (*id)
        p->x->open(p->x, p->kind->open ? p->kind->open(p, id) : p->kind->opens, id);
}

/* Through the columns and back to the order in which they came. */
static void sort_next(struct pane_view *p)
{
    bool descending;
    int column = table_sorted(p->table, &descending) + 1;
    while ((size_t)column < p->kind->column_count && p->kind->columns[column].title[0] == '\0')
        column++;
    table_sort(p->table, (size_t)column < p->kind->column_count ? column : -1, descending);
}

static void turn_round(struct pane_view *p)
{
    bool descending;
    int column = table_sorted(p->table, &descending);
    table_sort(p->table, column, !descending);
}

static void mark(struct pane_view *p)
{
    const char *id = pane_target(p);
    if (*id)
        table_mark(p->table, id, !table_is_marked(p->table, id));
    table_move(p->table, 1);
}

bool pane_act(void *v, enum action_id action)
{
    struct pane_view *p = v;
    long page = (long)table_page(p->table);
    p->changes++;
    switch ((int)action) {
    case ACTION_UP:
        table_move(p->table, -1);
        return true;
    case ACTION_DOWN:
        table_move(p->table, 1);
        return true;
    case ACTION_PAGE_UP:
        table_move(p->table, -page);
        return true;
    case ACTION_PAGE_DOWN:
        table_move(p->table, page);
        return true;
    case ACTION_FIRST:
        table_move_to(p->table, 0);
        return true;
    case ACTION_LAST:
        table_move_to(p->table, SIZE_MAX);
        return true;
    case ACTION_OPEN:
        open_row(p);
        return true;
    case ACTION_SORT:
        sort_next(p);
        return true;
    case ACTION_SORT_DIRECTION:
        turn_round(p);
        return true;
    case ACTION_MARK:
        mark(p);
        return true;
    case ACTION_MARK_ALL:
        table_mark_all(p->table);
        return true;
    default:
        return false;
    }
}

/* ---- cells ----------------------------------------------------------------------------------------- */

void cell_text(struct table_cell *cell, struct text t, enum role role)
{
    cell->text = t;
    cell->role = role;
}

void cell_word(struct table_cell *cell, const char *ascii, enum role role)
{
    cell_text(cell, (struct text){ascii, strlen(ascii)}, role);
}

void cell_unknown(struct table_cell *cell)
{
    cell_text(cell, TEXT("—"), ROLE_FAINT);
}

void cell_number(struct table_cell *cell, double number, const char *words)
{
    cell->number = number;
    if (isnan(number))
        cell_unknown(cell);
    else
        table_cell_printf(cell, "%s", words);
}
