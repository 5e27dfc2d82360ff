/* A screen is cut from the top and the bottom: first status and hints, then the panes' area,
 * which one of three functions shares out. Every cut takes from what is left, so that nothing
 * can overlap and the sizes sum up; the tests prove it for every size. */
#include "ui/layout.h"

enum {
    SMALL_COLUMNS = 60, /* below either: one pane (screens.md) */
    SMALL_ROWS = 15,
    WIDE_COLUMNS = 100, /* from here on two panes beside each other, if there is some height */
    WIDE_ROWS = 24,
    TALL_ROWS = 45,   /* from here on requests and logs both have a strip */
    COMPACT_ROWS = 3, /* title and two rows */
    FOCUSED_ROWS = 6, /* what the accordion leaves the focused pane: both titles and four rows */
};

/* ---- cutting --------------------------------------------------------------------------------------- */

static int at_most(int value, int most)
{
    return value < most ? value : most;
}

static struct rect cut_top(struct rect *r, int rows)
{
    struct rect top = {r->x, r->y, r->w, at_most(rows, r->h)};
    r->y += top.h;
    r->h -= top.h;
    return top;
}

static struct rect cut_bottom(struct rect *r, int rows)
{
    struct rect bottom = {r->x, 0, r->w, at_most(rows, r->h)};
    r->h -= bottom.h;
    bottom.y = r->y + r->h;
    return bottom;
}

static struct rect cut_left(struct rect *r, int columns)
{
    struct rect left = {r->x, r->y, at_most(columns, r->w), r->h};
    r->x += left.w;
    r->w -= left.w;
    return left;
}

/* ---- sharing out ----------------------------------------------------------------------------------- */

static void two_beside(struct layout *l, struct rect area, enum pane left, enum pane right)
{
    l->pane[left] = cut_left(&area, (area.w * 11 + 10) / 20); /* the left ones have more columns */
    l->pane[right] = area;
}

static void share_wide(struct layout *l, struct rect area, enum pane focus, bool tall)
{
    if (tall) {
        int strip = area.h / 5;
        l->pane[PANE_LOGS] = cut_bottom(&area, strip);
        l->pane[PANE_REQUESTS] = cut_bottom(&area, strip);
    } else {
        enum pane strip = focus == PANE_REQUESTS ? PANE_REQUESTS : PANE_LOGS;
        l->pane[strip] = cut_bottom(&area, area.h / 4);
    }
    two_beside(l, cut_top(&area, (area.h + 1) / 2), PANE_JOBS, PANE_UPLOADS);
    two_beside(l, area, PANE_ENDPOINTS, PANE_MODELS);
}

/* The rows of each pane that has not the focus: as many as leave the focused one enough. */
static int compact_rows(int rows)
{
    int each = (rows - FOCUSED_ROWS) / (PANES - 1);
    return each < 1 ? 1 : at_most(each, COMPACT_ROWS);
}

static void share_accordion(struct layout *l, struct rect area, enum pane focus)
{
    int each = compact_rows(area.h);
    int focused = area.h - each * (PANES - 1);
    for (enum pane p = 0; p < PANES; p++) {
        l->pane[p] = cut_top(&area, p == focus ? focused : each);
        l->compact[p] = p != focus;
    }
}

/* ---- the screen ------------------------------------------------------------------------------------ */

static enum layout_edge edge_of(int columns, int rows)
{
    if (columns >= SMALL_COLUMNS && rows >= SMALL_ROWS)
        return EDGE_BOX;
    return rows >= 4 ? EDGE_RULE : EDGE_NONE;
}

struct layout layout_single(int columns, int rows, struct rect *area)
{
    struct layout l = {.edge = EDGE_NONE};
    columns = columns < 1 ? 1 : columns;
    rows = rows < 1 ? 1 : rows;
    *area = (struct rect){0, 0, columns, rows};
    l.prompt = (struct rect){0, rows - 1, columns, 1};
    l.status = cut_top(area, rows >= 2);
    l.hints = cut_bottom(area, rows >= 3);
    l.edge = edge_of(columns, rows);
    return l;
}

struct layout layout_overview(int columns, int rows, enum pane focus, bool zoomed)
{
    struct rect area;
    struct layout l = layout_single(columns, rows, &area);
    if ((unsigned)focus >= PANES)
        focus = PANE_JOBS;
    if (zoomed || l.edge != EDGE_BOX) {
        l.pane[focus] = area;
    } else if (columns >= WIDE_COLUMNS && rows >= WIDE_ROWS) {
        share_wide(&l, area, focus, rows >= TALL_ROWS);
    } else {
        share_accordion(&l, area, focus);
        l.edge = EDGE_RULE;
    }
    return l;
}

struct rect layout_inside(struct rect pane, enum layout_edge edge)
{
    if (edge == EDGE_BOX)
        return rect_inset(pane, 1, 1);
    if (edge == EDGE_RULE)
        cut_top(&pane, 1);
    return pane;
}
