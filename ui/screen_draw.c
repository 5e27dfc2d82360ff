/* When there is something to draw, and drawing it: the panes or the opened view, the status and the
 * hints, and over them what is open for a moment. */
#include "ui/details.h"
#include "ui/hints.h"
#include "ui/pane.h"
#include "ui/screen_internal.h"
#include "ui/status_bar.h"
#include "ui/why.h"

enum { ARENA_MAX = 256 * 1024, CLOCK_MS = 1000, VISIBLE_MAX = 64 };

/* ---- when ------------------------------------------------------------------------------------------ */

static uint64_t mix(uint64_t stamp, uint64_t version)
{
    return (stamp ^ version) * 0x100000001b3u;
}

static uint64_t stamp_of(struct screen *s)
{
    const struct store *store = s->options.store;
    uint64_t stamp = 0xcbf29ce484222325u;
    stamp = mix(stamp, store_version(store, STORE_SOURCES));
    stamp = mix(stamp, store_version(store, STORE_ACCOUNT));
    stamp = mix(stamp, store_version(store, STORE_ENDPOINTS)); /* $/h and alerts */
    if (s->opened_count > 0)
        return mix(stamp, screen_top(s)->class->version(screen_top(s)->v));
    for (enum pane p = 0; p < PANES; p++)
        stamp = mix(stamp, s->panes[p].class->version(s->panes[p].v));
    return stamp;
}

bool screen_stale(struct screen *s)
{
    if (s->changes != s->drawn_changes)
        return true;
    if (s->paused)
        return false;
    return (s->drawn_due >= 0 && store_mono_ms(s->options.store) >= s->drawn_due) ||
           stamp_of(s) != s->drawn_stamp;
}

static int64_t sooner(int64_t a, int64_t b)
{
    return a < 0 || (b >= 0 && b < a) ? b : a;
}

static int64_t view_due(const struct shown *view)
{
    return view->class->due ? view->class->due(view->v) : -1;
}

/* The clock's next second is before anything that a second later would do as well. */
static int64_t due_of(struct screen *s)
{
    const struct store *store = s->options.store;
    int64_t due = store_mono_ms(store) + CLOCK_MS - store_wall_ms(store) % CLOCK_MS;
    due = sooner(due, toast_due(&s->toasts));
    if (s->opened_count > 0)
        return sooner(due, view_due(screen_top(s)));
    for (enum pane p = 0; p < PANES; p++)
        due = sooner(due, view_due(&s->panes[p]));
    return due;
}

int64_t screen_due(struct screen *s)
{
    return s->paused ? -1 : s->drawn_due;
}

/* ---- what ------------------------------------------------------------------------------------------ */

static void draw_edge(
    struct shown *shown, struct canvas *c, struct rect r, enum layout_edge edge, bool focused)
{
    struct arena *a = edge == EDGE_NONE ? NULL : arena_new(ARENA_MAX);
    if (!a)
        return;
    struct text title = shown->class->title(shown->v, a), note = shown->class->note(shown->v, a);
    if (edge == EDGE_BOX)
        canvas_frame(c, r, title, note, focused);
    else
        canvas_rule(c, r, title, note, focused);
    arena_free(a);
}

/* A frame keeps a column of air at its right; at the left the rows have their own. */
static struct rect inside_of(struct rect r, enum layout_edge edge)
{
    struct rect inside = layout_inside(r, edge);
    inside.w -= edge == EDGE_BOX && inside.w > 1;
    return inside;
}

static struct layout draw_panes(struct screen *s, struct canvas *c)
{
    struct layout l = layout_overview(c->columns, c->rows, s->focus, s->zoomed);
    for (enum pane p = 0; p < PANES; p++) {
        bool focused = p == s->focus;
        struct shown *shown = &s->panes[p];
        if (l.pane[p].h <= 0)
            continue;
        struct rect inside = inside_of(l.pane[p], l.edge);
        if (inside.h > 0 && inside.w > 0)
            shown->class->draw(shown->v, c, inside, focused, l.compact[p]);
        draw_edge(shown, c, l.pane[p], l.edge, focused);
    }
    return l;
}

static struct layout draw_opened(struct screen *s, struct canvas *c)
{
    struct rect area;
    struct layout l = layout_single(c->columns, c->rows, &area);
    struct shown *top = screen_top(s);
    struct rect inside = inside_of(area, l.edge);
    if (inside.h > 0 && inside.w > 0)
        top->class->draw(top->v, c, inside, s->overlay == OVERLAY_NONE, false);
    draw_edge(top, c, area, l.edge, true); /* what it says is of what was drawn */
    return l;
}

/* Services that failed, endpoints and uploads that need somebody. */
static size_t alerts_of(struct screen *s)
{
    size_t count = pane_alerts(s->panes[PANE_ENDPOINTS].v) + pane_alerts(s->panes[PANE_UPLOADS].v);
    for (enum source source = 0; source < SOURCES; source++)
        count += store_source(s->options.store, source)->health == SOURCE_FAILED;
    return count;
}

static void draw_status(struct screen *s, struct canvas *c, struct rect r)
{
    struct status_facts facts = {.store = s->options.store,
        .profile = s->options.profile,
        .demo = s->options.demo,
        .production = s->options.production,
        .read_only = s->options.read_only,
        .paused = s->paused,
        .alerts = alerts_of(s)};
    if (r.h > 0)
        status_bar_draw(c, r, &facts);
}

/* An error that is not of what one looks at is offered while it is told, not ever after. */
static bool is_stale_error(struct screen *s, const struct action *action)
{
    return action->id == ACTION_ERROR && s->toasts.count == 0 && !screen_own_error(s);
}

/* `w` works everywhere; where no endpoint is behind what one looks at, it is offered while one is in trouble,
 * but not before what one does with a log. */
static bool is_far_why(struct screen *s, const struct action *action)
{
    if (action->id != ACTION_WHY || *screen_endpoint_of(s))
        return false;
    const struct endpoint_row *e = why_worst(s->options.store);
    return screen_place(s) == PLACE_LOGS || !e ||
           !why_is_trouble(why_standing(s->options.store, e->settings->id));
}

static bool is_usable(void *arg, const struct action *action)
{
    struct screen *s = arg;
    if (is_stale_error(s, action) || is_far_why(s, action))
        return false;
    if (action->id == ACTION_BACK && s->opened_count == 0)
        return s->zoomed || screen_top(s)->filter[0];
    return !(action->writes && s->options.read_only) && !screen_refuses(s, action);
}

static void draw_overlay(struct screen *s, struct canvas *c, const struct layout *l)
{
    struct rect area = {0, l->status.h, c->columns, c->rows - l->status.h - l->hints.h};
    switch (s->overlay) {
    case OVERLAY_HELP:
        help_draw(&s->help, c, area, s->options.actions, screen_place(s),
            &(struct help_facts){screen_typing(s), s->options.read_only});
        return;
    case OVERLAY_PALETTE:
        palette_draw(&s->palette, c, area, l->prompt, s->options.actions, screen_place(s));
        return;
    case OVERLAY_FILTER:
        prompt_draw(&s->filter, c, l->prompt, TEXT("/"));
        return;
    case OVERLAY_LOOK_UP:
        prompt_draw(&s->look_up, c, l->prompt, TEXT("Request: "));
        return;
    case OVERLAY_CONFIRM:
        confirm_draw(&s->confirm, c, area);
        return;
    case OVERLAY_DETAILS:
        details_draw(c, area, &s->details);
        return;
    default:
        return;
    }
}

/* ---- what is seen ---------------------------------------------------------------------------------- */

static void tell_visible(struct screen *s, bool pane_drawn)
{
    char ids[VISIBLE_MAX][TABLE_ID_MAX];
    const char *list[VISIBLE_MAX];
    const struct host *host = s->options.host;
    size_t count = 0;
    uint64_t number = 0xcbf29ce484222325u;
    if (!host->visible)
        return;
    if (pane_drawn)
        count = pane_visible(s->panes[PANE_ENDPOINTS].v, ids, VISIBLE_MAX);
    for (size_t i = 0; i < count; i++) {
        list[i] = ids[i];
        for (const char *id = ids[i]; *id; id++)
            number = mix(number, (unsigned char)*id);
    }
    if (number != s->visible)
        host->visible(host->arg, list, count);
    s->visible = number;
}

void screen_draw(struct screen *s, struct canvas *c)
{
    canvas_clear(c);
    toast_expire(&s->toasts, store_mono_ms(s->options.store));
    struct layout l = s->opened_count > 0 ? draw_opened(s, c) : draw_panes(s, c);
    draw_status(s, c, l.status);
    if (l.hints.h > 0 && s->overlay == OVERLAY_NONE) /* else no key of the place works */
        hints_draw(c, l.hints, s->options.actions, screen_place(s), screen_typing(s), is_usable, s);
    struct rect area = {0, l.status.h, c->columns, c->rows - l.status.h - l.hints.h};
    toast_draw(&s->toasts, c, l.edge == EDGE_BOX ? rect_inset(area, 1, 0) : area);
    if (s->overlay != OVERLAY_NONE) {
        c->cursor_column = c->cursor_row = -1;
        draw_overlay(s, c, &l);
    }
    tell_visible(s, s->opened_count == 0 && l.pane[PANE_ENDPOINTS].h > 0);
    s->draws++;
    s->drawn_changes = s->changes;
    s->drawn_stamp = stamp_of(s);
    s->drawn_due = due_of(s);
}
