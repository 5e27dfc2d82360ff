/* A source for the tests of the table: rows that a test changes as it likes, and counters of what
 * was asked. */
#ifndef SLIPWAY_TESTS_UI_TABLE_WORLD_H
#define SLIPWAY_TESTS_UI_TABLE_WORLD_H

#include "screen.h"
#include "ui/table.h"

#include <math.h>
#include <stdlib.h>

enum { ROWS_MAX = 10000, CHANGES_TOLD = 64 };

struct row {
    int id;
    bool trouble;
    double queue; /* NAN = unknown */
};

struct world {
    struct row rows[ROWS_MAX];
    size_t count;
    uint64_t version;
    size_t cells, ids; /* calls */
    bool out_of_range;
    /* for a source that tells its changes */
    struct table_change changes[CHANGES_TOLD];
    size_t change_count;
    bool forgot; /* what changed */
};

static inline size_t world_rows(void *data)
{
    return ((struct world *)data)->count;
}

static inline uint64_t world_version(void *data)
{
    return ((struct world *)data)->version;
}

static inline const struct row *world_row(struct world *w, size_t row)
{
    w->out_of_range = w->out_of_range || row >= w->count;
    return &w->rows[row < w->count ? row : 0];
}

static inline void world_id(void *data, size_t row, char out[TABLE_ID_MAX])
{
    struct world *w = data;
    w->ids++;
    snprintf(out, TABLE_ID_MAX, "id-%d", world_row(w, row)->id);
}

static inline void world_cell(void *data, size_t row, size_t column, struct table_cell *out)
{
    struct world *w = data;
    const struct row *r = world_row(w, row);
    w->cells++;
    if (column == 0) {
        table_cell_printf(out, "row %d", r->id);
    } else if (column == 1) {
        out->number = r->queue;
        table_cell_printf(out, isnan(r->queue) ? "—" : "%.0f", r->queue);
    } else {
        table_cell_printf(out, r->trouble ? "STUCK" : "ok");
        out->role = r->trouble ? ROLE_BAD : ROLE_OK;
    }
}

static inline bool world_attention(void *data, size_t row)
{
    return world_row(data, row)->trouble;
}

/* The filter is the divisor that ids must have. */
static inline bool world_matches(void *data, size_t row, const void *filter)
{
    return world_row(data, row)->id % *(const int *)filter == 0;
}

static inline void world_tell(struct world *w, enum table_change_kind kind, size_t row)
{
    if (w->change_count < CHANGES_TOLD)
        w->changes[w->change_count++] = (struct table_change){kind, row};
}

static inline size_t world_changes(void *data, struct table_change *out, size_t max)
{
    struct world *w = data;
    size_t count = w->forgot || w->change_count > max ? TABLE_ANYTHING : w->change_count;
    for (size_t i = 0; count != TABLE_ANYTHING && i < count; i++)
        out[i] = w->changes[i];
    w->change_count = 0;
    w->forgot = false;
    return count;
}

/* The queue of a row in trouble grows by itself. */
static inline bool world_key(void *data, size_t row, size_t column, struct table_key *out)
{
    const struct row *r = world_row(data, row);
    if (column != 1)
        return false;
    out->number = r->queue;
    out->moves = r->trouble;
    return true;
}

static const struct table_column columns[] = {
    {"NAME", 6, 0, 0, ALIGN_LEFT},
    {"QUEUE", 5, 7, 2, ALIGN_RIGHT},
    {"STATE", 5, 5, 1, ALIGN_LEFT},
};

struct fixture {
    struct world *world;
    struct table *table;
};

static inline struct fixture fixture_of_telling(size_t count, bool tells)
{
    struct fixture f = {.world = calloc(1, sizeof *f.world)};
    assert_non_null(f.world);
    f.world->count = count;
    for (size_t i = 0; i < count; i++)
        f.world->rows[i] = (struct row){.id = (int)i, .queue = (double)(i % 7)};
    struct table_source source = {.columns = columns,
        .column_count = 3,
        .rows = world_rows,
        .version = world_version,
        .id = world_id,
        .cell = world_cell,
        .attention = world_attention,
        .matches = world_matches,
        .data = f.world,
        .changes = tells ? world_changes : NULL,
        .key = tells ? world_key : NULL};
    f.table = table_new(&source);
    assert_non_null(f.table);
    return f;
}

static inline struct fixture fixture_of(size_t count)
{
    return fixture_of_telling(count, false);
}

static inline void fixture_end(struct fixture *f)
{
    assert_false(f->world->out_of_range);
    table_free(f->table);
    free(f->world);
}

static inline void remove_at(struct world *w, size_t at)
{
    w->count--;
    memmove(&w->rows[at], &w->rows[at + 1], (w->count - at) * sizeof *w->rows);
    w->version++;
}

#endif
