/* The layout, for every size: nothing overlaps, nothing lies outside, the sizes sum up to the
 * screen, and the focused pane is always there. */
#include "ui/layout.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { PARTS = PANES + 2 };

static bool inside(struct rect r, int columns, int rows)
{
    return r.x >= 0 && r.y >= 0 && r.w >= 0 && r.h >= 0 && r.x + r.w <= columns &&
           r.y + r.h <= rows;
}

static bool overlap(struct rect a, struct rect b)
{
    return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h && a.w > 0 &&
           a.h > 0 && b.w > 0 && b.h > 0;
}

static const char *check_parts(const struct layout *l, int columns, int rows)
{
    struct rect parts[PARTS];
    int area = 0;
    memcpy(parts, l->pane, sizeof l->pane);
    parts[PANES] = l->status;
    parts[PANES + 1] = l->hints;
    for (int i = 0; i < PARTS; i++) {
        if (!inside(parts[i], columns, rows))
            return "something lies outside";
        for (int j = 0; j < i; j++)
            if (overlap(parts[i], parts[j]))
                return "something overlaps";
        area += parts[i].w * parts[i].h;
    }
    return area == columns * rows ? NULL : "the sizes do not sum up";
}

static const char *check_rows(const struct layout *l, int columns, int rows)
{
    bool status = l->status.h == 1 && l->status.y == 0 && l->status.w == columns;
    bool hints = l->hints.h == 1 && l->hints.y == rows - 1 && l->hints.w == columns;
    if (status != (rows >= 2) || hints != (rows >= 3))
        return "status or hints are not where they fit";
    if (l->prompt.h != 1 || l->prompt.y != rows - 1 || l->prompt.w != columns || l->prompt.x != 0)
        return "the prompt is not the last line";
    return NULL;
}

static const char *check_panes(
    const struct layout *l, int columns, int rows, enum pane focus, bool zoomed)
{
    int shown = 0;
    struct rect focused = layout_inside(l->pane[focus], l->edge);
    for (int p = 0; p < PANES; p++) {
        struct rect in = layout_inside(l->pane[p], l->edge);
        shown += l->pane[p].h > 0 && l->pane[p].w > 0;
        if (l->compact[p] && (l->pane[p].h < 1 || in.h > 2))
            return "a compact pane is not title and two rows";
        if (in.w > l->pane[p].w || in.h > l->pane[p].h || in.w < 0 || in.h < 0)
            return "the inside is larger than the pane";
    }
    if (l->pane[focus].w < 1 || focused.h < 1 || focused.w < 1 || l->compact[focus])
        return "the focused pane cannot be seen";
    if ((zoomed || columns < 60 || rows < 15) && shown != 1)
        return "more than one pane where one fills the screen";
    if (!zoomed && columns >= 60 && rows >= 15 && (shown < 5 || focused.h < 3))
        return "too few panes, or too little of the focused one";
    return NULL;
}

static void check(int columns, int rows)
{
    for (int focus = 0; focus < PANES; focus++) {
        for (int zoomed = 0; zoomed < 2; zoomed++) {
            struct layout l = layout_overview(columns, rows, (enum pane)focus, zoomed);
            const char *fault = check_parts(&l, columns, rows);
            fault = fault ? fault : check_rows(&l, columns, rows);
            fault = fault ? fault : check_panes(&l, columns, rows, (enum pane)focus, zoomed);
            if (fault)
                fail_msg("%dx%d, focus %d, zoomed %d: %s", columns, rows, focus, zoomed, fault);
        }
    }
}

/* All the small ones, where everything switches, then in steps to the largest. */
static void test_every_size(void **state)
{
    (void)state;
    for (int columns = 1; columns <= 500; columns += columns < 124 ? 1 : 17)
        for (int rows = 1; rows <= 200; rows += rows < 62 ? 1 : 7)
            check(columns, rows);
    check(500, 200);
}

static void check_rect(struct rect r, int x, int y, int w, int h)
{
    if (r.x != x || r.y != y || r.w != w || r.h != h)
        fail_msg("%d,%d %dx%d should be %d,%d %dx%d", r.x, r.y, r.w, r.h, x, y, w, h);
}

static void test_wide(void **state)
{
    (void)state;
    struct layout l = layout_overview(120, 34, PANE_ENDPOINTS, false);
    assert_int_equal(l.edge, EDGE_BOX);
    check_rect(l.status, 0, 0, 120, 1);
    check_rect(l.pane[PANE_JOBS], 0, 1, 66, 12);
    check_rect(l.pane[PANE_UPLOADS], 66, 1, 54, 12);
    check_rect(l.pane[PANE_ENDPOINTS], 0, 13, 66, 12);
    check_rect(l.pane[PANE_MODELS], 66, 13, 54, 12);
    check_rect(l.pane[PANE_LOGS], 0, 25, 120, 8);
    check_rect(l.hints, 0, 33, 120, 1);
    assert_int_equal(l.pane[PANE_REQUESTS].h, 0);
    check_rect(layout_inside(l.pane[PANE_JOBS], l.edge), 1, 2, 64, 10);
    /* the strip is the requests' when they have the focus */
    l = layout_overview(120, 34, PANE_REQUESTS, false);
    check_rect(l.pane[PANE_REQUESTS], 0, 25, 120, 8);
    assert_int_equal(l.pane[PANE_LOGS].h, 0);
    /* and each has one on a large screen */
    l = layout_overview(200, 60, PANE_JOBS, false);
    check_rect(l.pane[PANE_REQUESTS], 0, 37, 200, 11);
    check_rect(l.pane[PANE_LOGS], 0, 48, 200, 11);
}

static void test_accordion(void **state)
{
    (void)state;
    struct layout l = layout_overview(80, 24, PANE_ENDPOINTS, false);
    assert_int_equal(l.edge, EDGE_RULE);
    check_rect(l.pane[PANE_JOBS], 0, 1, 80, 3);
    check_rect(l.pane[PANE_UPLOADS], 0, 4, 80, 3);
    check_rect(l.pane[PANE_ENDPOINTS], 0, 7, 80, 7);
    check_rect(l.pane[PANE_MODELS], 0, 14, 80, 3);
    check_rect(l.pane[PANE_LOGS], 0, 20, 80, 3);
    check_rect(layout_inside(l.pane[PANE_ENDPOINTS], l.edge), 0, 8, 80, 6);
    assert_true(l.compact[PANE_JOBS] && !l.compact[PANE_ENDPOINTS]);
    l = layout_overview(60, 15, PANE_LOGS, false);
    check_rect(l.pane[PANE_JOBS], 0, 1, 60, 1);
    check_rect(l.pane[PANE_LOGS], 0, 6, 60, 8);
}

static void test_one_pane(void **state)
{
    (void)state;
    struct layout l = layout_overview(59, 15, PANE_MODELS, false);
    check_rect(l.pane[PANE_MODELS], 0, 1, 59, 13);
    assert_int_equal(l.edge, EDGE_RULE);
    l = layout_overview(80, 24, PANE_MODELS, true);
    check_rect(l.pane[PANE_MODELS], 0, 1, 80, 22);
    assert_int_equal(l.edge, EDGE_BOX);
    l = layout_overview(1, 1, PANE_MODELS, false);
    check_rect(l.pane[PANE_MODELS], 0, 0, 1, 1);
    check_rect(l.prompt, 0, 0, 1, 1);
    struct rect area;
    l = layout_single(80, 24, &area);
    check_rect(area, 0, 1, 80, 22);
}

static void test_nonsense(void **state)
{
    (void)state;
    struct layout l = layout_overview(INT_MIN, -7, (enum pane)77, false);
    check_rect(l.pane[PANE_JOBS], 0, 0, 1, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_size),
        cmocka_unit_test(test_wide),
        cmocka_unit_test(test_accordion),
        cmocka_unit_test(test_one_pane),
        cmocka_unit_test(test_nonsense),
    };
    return cmocka_run_group_tests_name("layout", tests, NULL, NULL);
}
