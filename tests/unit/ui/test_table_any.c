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

static void change(struct world *w, struct dice *d, int *next_id)
{
    size_t times = dice_below(d, 4);
    for (size_t i = 0; i <= times; i++) {
        size_t at = w->count ? dice_below(d, w->count) : 0;
        size_t what = dice_below(d, 5);
        if (what == 0 && w->count < 40) {
            memmove(&w->rows[at + 1], &w->rows[at], (w->count - at) * sizeof *w->rows);
            w->rows[at] =
                (struct row){(*next_id)++, dice_below(d, 4) == 0, (double)dice_below(d, 4)};
            w->count++;
        } else if (what == 1 && w->count > 0) {
            remove_at(w, at);
        } else if (what == 2 && w->count > 0) {
            w->rows[at].trouble = !w->rows[at].trouble;
        } else if (what == 3 && w->count > 0) {
            w->rows[at].queue = dice_below(d, 3) ? (double)dice_below(d, 4) : (double)NAN;
        } else if (w->count > 0) {
            size_t with = dice_below(d, w->count);
            struct row r = w->rows[at];
            w->rows[at] = w->rows[with];
            w->rows[with] = r;
        }
    }
    w->version++;
}

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

static void any_changes(uint64_t seed)
{
    static const int divisors[] = {1, 2, 3};
    struct dice d = dice_new(seed);
    struct fixture f = fixture_of(dice_below(&d, 12));
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
        old = now;
    }
    fixture_end(&f);
}

static void test_any_changes(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 200; seed++)
        any_changes(seed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_changes),
    };
    return cmocka_run_group_tests_name("table_any", tests, NULL, NULL);
}
