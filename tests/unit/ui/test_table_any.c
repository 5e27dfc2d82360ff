/* The table's order and cursor after any changes, against the plainest way to work them out. */
#include "dice.h"
#include "table_world.h"

struct order {
    int ids[64];
    size_t count;
};

/* The order in the plainest way: insertion, a row behind all that do not come after it. */
static bool comes_after(const struct world *w, int column, bool descending, size_t a, size_t b)
{
    const struct row *x = &w->rows[a], *y = &w->rows[b];
    if (column == 1 && isnan(x->queue) != isnan(y->queue))
        return isnan(x->queue);
    if (column == 1 && !isnan(x->queue))
        return descending ? x->queue < y->queue : x->queue > y->queue;
    if (column < 0 && x->trouble != y->trouble)
        return y->trouble;
    return column < 0 && descending && a < b;
}

static struct order expected_order(
    const struct world *w, const int *filter, int column, bool descending)
{
    size_t rows[64], count = 0;
    for (size_t row = 0; row < w->count; row++) {
        if (filter && w->rows[row].id % *filter != 0)
            continue;
        size_t at = count++;
        for (; at > 0 && comes_after(w, column, descending, rows[at - 1], row); at--)
            rows[at] = rows[at - 1];
        rows[at] = row;
    }
    struct order o = {.count = count};
    for (size_t i = 0; i < count; i++)
        o.ids[i] = w->rows[rows[i]].id;
    return o;
}

static size_t find(const struct order *o, int id)
{
    size_t i = 0;
    while (i < o->count && o->ids[i] != id)
        i++;
    return i;
}

/* By the contract: the same row, else the next of the old order that is left, else the one
 * before. */
static int expected_cursor(const struct order *old, const struct order *now, int cursor)
{
    size_t at = find(old, cursor);
    for (size_t i = at; i < old->count; i++)
        if (find(now, old->ids[i]) < now->count)
            return old->ids[i];
    for (size_t i = at; i > 0; i--)
        if (find(now, old->ids[i - 1]) < now->count)
            return old->ids[i - 1];
    return -1; /* none of them is left: any will do */
}

/* ---- changes --------------------------------------------------------------------------------------- */

static void come(struct world *w, struct dice *d, size_t at, int id)
{
    memmove(&w->rows[at + 1], &w->rows[at], (w->count - at) * sizeof *w->rows);
    w->rows[at] = (struct row){id, dice_below(d, 4) == 0, (double)dice_below(d, 4)};
    w->count++;
    world_tell(w, TABLE_ADDED, at);
}

static void alter(struct world *w, struct dice *d, size_t at)
{
    if (dice_below(d, 2))
        w->rows[at].trouble = !w->rows[at].trouble;
    else
        w->rows[at].queue = dice_below(d, 3) ? (double)dice_below(d, 4) : (double)NAN;
    world_tell(w, TABLE_CHANGED, at);
}

static void swap(struct world *w, size_t a, size_t b)
{
    struct row r = w->rows[a];
    w->rows[a] = w->rows[b];
    w->rows[b] = r;
    w->forgot = true; /* that two changed places cannot be told */
}

static void change(struct world *w, struct dice *d, int *next_id)
{
    size_t times = dice_below(d, dice_below(d, 4) ? 4 : 20);
    for (size_t i = 0; i <= times; i++) {
        size_t at = w->count ? dice_below(d, w->count) : 0;
        size_t what = dice_below(d, 16);
        if (what < 5 && w->count < 40) {
            come(w, d, what == 0 ? 0 : what == 1 ? w->count : at, (*next_id)++);
        } else if (what < 9 && w->count > 0) {
            world_tell(w, TABLE_REMOVED, at);
            remove_at(w, at);
        } else if (what < 15 && w->count > 0) {
            alter(w, d, at);
        } else if (w->count > 0) {
            swap(w, at, dice_below(d, w->count));
        }
    }
    for (size_t i = 0; i < w->count; i++)
        w->rows[i].queue += w->rows[i].trouble; /* world_key: untold */
    w->forgot = w->forgot || dice_below(d, 20) == 0;
    w->version++;
}

/* ---- marks ----------------------------------------------------------------------------------------- */

/* What is marked, by id; the ids of a run are few. */
struct marked {
    bool is[4096];
};

static bool is_there(const struct world *w, int id)
{
    for (size_t i = 0; i < w->count; i++)
        if (w->rows[i].id == id)
            return true;
    return false;
}

static void mark_some(struct fixture *f, struct dice *d, const struct order *o, struct marked *m)
{
    char id[TABLE_ID_MAX];
    for (int i = 0; i < 4096; i++)
        m->is[i] = m->is[i] && is_there(f->world, i);
    if (o->count == 0 || dice_below(d, 3))
        return;
    int which = o->ids[dice_below(d, o->count)];
    bool on = dice_below(d, 3) > 0;
    snprintf(id, sizeof id, "id-%d", which);
    table_mark(f->table, id, on);
    m->is[which] = on;
}

static bool same_marks(struct fixture *f, const struct order *o, const struct marked *m)
{
    char ids[64][TABLE_ID_MAX];
    size_t count = table_marked(f->table, ids, 64), next = 0;
    for (size_t i = 0; i < o->count; i++) {
        char id[TABLE_ID_MAX];
        snprintf(id, sizeof id, "id-%d", o->ids[i]);
        if (table_is_marked(f->table, id) != m->is[o->ids[i]])
            return false;
        if (m->is[o->ids[i]] && (next >= count || strcmp(ids[next++], id) != 0))
            return false;
    }
    return next == count;
}

/* ---- both, side by side ---------------------------------------------------------------------------- */

static int id_number(const char *id)
{
    return *id ? (int)strtol(id + 3, NULL, 10) : -1;
}

static bool same_order(struct fixture *f, const struct order *o)
{
    char cursor[TABLE_ID_MAX];
    bool same = table_shown(f->table) == o->count;
    snprintf(cursor, sizeof cursor, "%s", table_cursor_id(f->table));
    for (size_t i = 0; i < o->count && same; i++) {
        table_move_to(f->table, i);
        same = id_number(table_cursor_id(f->table)) == o->ids[i];
    }
    table_select(f->table, cursor);
    return same;
}

static void any_changes(uint64_t seed, bool tells)
{
    static const int divisors[] = {1, 2, 3};
    struct dice d = dice_new(seed);
    struct fixture f = fixture_of_telling(dice_below(&d, 12), tells);
    struct marked marked = {{false}};
    const int *filter = NULL;
    int next_id = 100, column = -1;
    bool descending = false;
    struct order old = expected_order(f.world, filter, column, descending);
    table_update(f.table);
    for (int i = 0; i < 60; i++) {
        int cursor = id_number(table_cursor_id(f.table));
        size_t what = dice_below(&d, 6);
        if (what == 0) {
            filter = dice_below(&d, 2) ? &divisors[dice_below(&d, 3)] : NULL;
            table_set_filter(f.table, filter);
        } else if (what == 1) {
            column = dice_below(&d, 2) ? 1 : -1;
            descending = dice_below(&d, 2);
            table_sort(f.table, column, descending);
        } else if (what == 2) {
            table_move(f.table, (long)dice_below(&d, 9) - 4);
            continue;
        } else {
            change(f.world, &d, &next_id);
        }
        struct order now = expected_order(f.world, filter, column, descending);
        int should = old.count ? expected_cursor(&old, &now, cursor) : -1;
        int is = id_number(table_cursor_id(f.table));
        if (should >= 0 && is != should)
            fail_msg("seed %llu, step %d: cursor on %d, not %d", (unsigned long long)seed, i, is,
                should);
        if (!same_order(&f, &now))
            fail_msg("seed %llu, step %d: wrong order", (unsigned long long)seed, i);
        mark_some(&f, &d, &now, &marked);
        if (!same_marks(&f, &now, &marked))
            fail_msg("seed %llu, step %d: wrong marks", (unsigned long long)seed, i);
        old = now;
    }
    fixture_end(&f);
}

static void test_any_changes(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 200; seed++)
        any_changes(seed, false);
}

/* The same of a source that tells what changed. */
static void test_any_changes_told(void **state)
{
    (void)state;
    for (uint64_t seed = 1001; seed <= 1600; seed++)
        any_changes(seed, true);
}

/* One row more, less or other among many costs a few questions, not one of each row. */
static void test_told_changes_ask_little(void **state)
{
    (void)state;
    static const int even = 2;
    struct fixture f = fixture_of_telling(ROWS_MAX - 1, true);
    struct dice d = dice_new(9);
    table_sort(f.table, 2, false);
    table_set_filter(f.table, &even);
    table_update(f.table);
    for (int i = 0; i < 50; i++) {
        f.world->cells = f.world->ids = 0;
        come(f.world, &d, (size_t)i * 90, ROWS_MAX + 2 * i);
        f.world->version++;
        assert_true(table_update(f.table));
        world_tell(f.world, TABLE_REMOVED, f.world->count - 1);
        remove_at(f.world, f.world->count - 1);
        alter(f.world, &d, (size_t)i * 17);
        assert_true(table_update(f.table));
        assert_false(table_update(f.table));
        assert_in_range(f.world->cells, 1, 2);
        assert_in_range(f.world->ids, 1, 6);
    }
    f.world->forgot = true;
    f.world->version++;
    f.world->ids = 0;
    table_update(f.table);
    assert_true(f.world->ids >= f.world->count);
    fixture_end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_changes),
        cmocka_unit_test(test_any_changes_told),
        cmocka_unit_test(test_told_changes_ask_little),
    };
    return cmocka_run_group_tests_name("table_any", tests, NULL, NULL);
}
