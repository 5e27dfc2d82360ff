/* An endpoint, opened. Above, always: how it is and what it is. Below a line of sections that one moves
 * between: why its requests wait (a box above the workers), workers (beside the last hour and what requests
 * take, above the end of the log), the log, the settings, the releases. The log is the log view itself
 * (ui/log_view.c) made for this endpoint.
 *
 * Who opens one that waits finds himself at why; after that nothing but a person turns to another section.
 * Up and down move what does not fit; where all of the workers do, the log below them. In a frame that is
 * too small for a division everything of a section is rows that scroll. */
#include "ui/view_endpoint.h"

#include "ui/press.h"
#include "ui/say.h"
#include "ui/views.h"

#include <stdlib.h>
#include <string.h>

enum { SMALL_COLUMNS = 50, SMALL_ROWS = 14, WIDE_FROM = 100 };
enum { LOG_ROWS_LEAST = 4, ROWS_LEAST = 4, WORKERS_MOST = 94, SIDE_MOST = 100, HEAD_MOST = 8 };
enum { HIGH_FROM = 30, BELOW_LEAST = 4 /* rows of workers below the box */ };

/* ---- life ------------------------------------------------------------------------------------------ */

const struct endpoint_row *view_endpoint_row(const struct view_endpoint *v)
{
    return store_endpoint_by_id(v->o.x->store, v->o.id);
}

const struct endpoint_detail *view_endpoint_detail(const struct view_endpoint *v)
{
    return store_endpoint_detail(v->o.x->store, v->o.id);
}

static void focus(const struct view_endpoint *v, const char *id)
{
    v->o.x->host->focus(v->o.x->host->arg, id);
}

static void drop(struct view_endpoint *v)
{
    if (v->log)
        view_logs.free(v->log);
    chart_free(v->waiting);
    chart_free(v->done);
    lines_free(v->head);
    lines_free(v->side);
    lines_free(v->why.lines);
    opened_release(&v->o);
    free(v);
}

static void release(void *p)
{
    focus(p, "");
    drop(p);
}

static void *make(const struct view_context *x, const char *id)
{
    struct view_endpoint *v = calloc(1, sizeof *v);
    if (!v)
        return NULL;
    if (opened_init(&v->o, x, id) || !(v->head = lines_new()) || !(v->side = lines_new()) ||
        !(v->why.lines = lines_new()) || !(v->waiting = chart_new()) || !(v->done = chart_new()) ||
        !view_endpoint_row(v)) {
        drop(v);
        return NULL;
    }
    v->log = view_logs.make(x, id);
    v->section = SECTION_WORKERS;
    v->why.asked_ms = -1;
    focus(v, id);
    return v;
}

static struct text title(void *p, struct arena *a)
{
    const struct endpoint_row *e = view_endpoint_row(p);
    return opened_title(a, "Endpoints", e ? e->settings->name : TEXT("gone"));
}

static struct text note(void *p, struct arena *a)
{
    const struct opened *o = p;
    const struct endpoint_row *e = view_endpoint_row(p);
    char age[SAY_MAX];
    if (!e || !e->health)
        return say_word(o->id);
    return say_text(a, "%s · seen %s ago", o->id,
        say_age_short(age, store_mono_ms(o->x->store) - e->health->seen_ms));
}

/* ---- sections -------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    void (*add)(struct lines *l, const struct view_endpoint *v, const struct endpoint_row *e);
} sections[SECTIONS] = {
    [SECTION_WHY] = {"why", NULL},
    [SECTION_WORKERS] = {"workers", view_endpoint_workers},
    [SECTION_LOG] = {"log", NULL},
    [SECTION_SETTINGS] = {"settings", view_endpoint_settings},
    [SECTION_RELEASES] = {"releases", view_endpoint_releases},
};

static void turn(struct view_endpoint *v, unsigned by)
{
    v->section = (v->section + by) % SECTIONS;
    v->turned = v->why.moved = true;
    v->o.own++;
    lines_act(v->o.lines, ACTION_FIRST);
}

/* What one sees of an endpoint that waits, until one chooses. */
static void turn_to_trouble(struct view_endpoint *v)
{
    const struct triage *t = v->turned ? NULL : why_now(v->o.x->store, v->o.id);
    if (!t || t->verdict == TRIAGE_HEALTHY)
        return;
    v->section = SECTION_WHY;
    v->turned = true;
}

/* How one gets to the others. */
static struct text sections_note(const struct view_endpoint *v, struct arena *a)
{
    const struct action_table *t = v->o.x->actions;
    char key[PRESS_NAME_MAX];
    for (size_t i = 0; i < t->count; i++)
        if (t->actions[i].id == ACTION_RIGHT && (t->actions[i].places & AT(PLACE_ENDPOINT)))
            return say_text(a, "%s: next", press_name(t->actions[i].keys[0], key));
    return TEXT("");
}

/* " workers  log [settings] releases" in a rule. */
static void draw_sections(const struct view_endpoint *v, struct canvas *c, struct rect r)
{
    struct arena *a = arena_new(16 * 1024);
    int x = r.x + 1;
    if (!a)
        return;
    canvas_rule(c, r, TEXT(""), sections_note(v, a), false);
    for (unsigned i = 0; i < SECTIONS; i++) {
        bool here = i == v->section;
        struct text name = say_text(a, here ? "[%s]" : " %s ", sections[i].name);
        x += canvas_text_cut(c, r, x, r.y, r.x + r.w - x, name, here ? ROLE_TITLE : ROLE_LABEL,
            here ? STYLE_BOLD : 0);
    }
    arena_free(a);
}

/* ---- workers, the past, the log -------------------------------------------------------------------- */

static void draw_log(struct view_endpoint *v, struct canvas *c, struct rect r, bool focused)
{
    if (v->log && r.h > 0 && r.w > 0)
        view_logs.draw(v->log, c, r, focused, false);
}

static void draw_log_below(struct view_endpoint *v, struct canvas *c, struct rect r, bool focused)
{
    struct arena *a = arena_new(16 * 1024);
    if (a && v->log && r.h > 1) {
        canvas_rule(c, (struct rect){r.x, r.y, r.w, 1}, view_logs.title(v->log, a),
            view_logs.note(v->log, a), false);
        draw_log(v, c, (struct rect){r.x, r.y + 1, r.w, r.h - 1}, focused);
    }
    arena_free(a);
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

static int most(int a, int b)
{
    return a > b ? a : b;
}

static void draw_rows(struct view_endpoint *v, struct canvas *c, struct rect r)
{
    v->scrolls = (int)lines_count(v->o.lines) > r.h;
    lines_draw(v->o.lines, c, r);
}

/* Workers at the left, the past at the right, the log below both. */
static void draw_wide(struct view_endpoint *v, struct canvas *c, struct rect r, bool focused,
    const struct endpoint_row *e)
{
    int side = least(most(r.w * 2 / 5, r.w - WORKERS_MOST), SIDE_MOST), left = r.w - side - 2;
    lines_begin(v->o.lines, left);
    view_endpoint_workers(v->o.lines, v, e);
    int past = view_endpoint_history_rows(v, side, r.h, true);
    int top = most((int)lines_count(v->o.lines), past);
    top = least(top, most(r.h - LOG_ROWS_LEAST - 1, least(past, r.h)));
    draw_rows(v, c, (struct rect){r.x, r.y, left, top});
    view_endpoint_history(v, c, (struct rect){r.x + left + 2, r.y, side, least(past, top)}, true);
    draw_log_below(v, c, (struct rect){r.x, r.y + top, r.w, r.h - top}, focused);
}

/* The past, the workers, the log, from above. */
static void draw_narrow(struct view_endpoint *v, struct canvas *c, struct rect r, bool focused,
    const struct endpoint_row *e)
{
    lines_begin(v->o.lines, r.w);
    view_endpoint_workers(v->o.lines, v, e);
    int past = view_endpoint_history_rows(v, r.w, r.h, false);
    int wanted = (int)lines_count(v->o.lines);
    if (past + least(wanted, ROWS_LEAST) > r.h)
        past = 0;
    int log = r.h - past - wanted;
    if (log < LOG_ROWS_LEAST + 1)
        log = r.h - past - ROWS_LEAST >= LOG_ROWS_LEAST + 1 ? LOG_ROWS_LEAST + 1 : 0;
    view_endpoint_history(v, c, (struct rect){r.x, r.y, r.w, past}, false);
    draw_rows(v, c, (struct rect){r.x, r.y + past, r.w, r.h - past - log});
    draw_log_below(v, c, (struct rect){r.x, r.y + r.h - log, r.w, log}, focused);
}

/* ---- why ------------------------------------------------------------------------------------------- */

/* The box, and below it as much of the workers as there is room for. */
static void draw_why(struct view_endpoint *v, struct canvas *c, struct rect r, bool focused,
    const struct endpoint_row *e)
{
    int rows = view_endpoint_why_height(v, r.w, r.h >= HIGH_FROM ? r.h * 3 / 4 : r.h);
    if (r.h - rows < BELOW_LEAST)
        rows = r.h;
    struct rect below = {r.x, r.y + rows, r.w, r.h - rows};
    view_endpoint_why(v, c, (struct rect){r.x, r.y, r.w, rows}, focused);
    if (below.h > 0)
        (r.w >= WIDE_FROM ? draw_wide : draw_narrow)(v, c, below, false, e);
}

/* ---- drawing --------------------------------------------------------------------------------------- */

static void draw_section(struct view_endpoint *v, struct canvas *c, struct rect r, bool focused,
    const struct endpoint_row *e)
{
    if (v->section == SECTION_LOG) {
        draw_log_below(v, c, r, focused);
    } else if (v->section == SECTION_WHY) {
        draw_why(v, c, r, focused, e);
    } else if (v->section == SECTION_WORKERS) {
        (r.w >= WIDE_FROM ? draw_wide : draw_narrow)(v, c, r, focused, e);
    } else {
        lines_begin(v->o.lines, r.w);
        sections[v->section].add(v->o.lines, v, e);
        draw_rows(v, c, r);
    }
}

/* All in rows, under the names of the sections. */
static void draw_small(struct view_endpoint *v, struct canvas *c, struct rect r, bool focused,
    const struct endpoint_row *e)
{
    struct lines *l = opened_begin(&v->o, r);
    struct rect below = {r.x, r.y + 1, r.w, r.h - 1};
    draw_sections(v, c, (struct rect){r.x, r.y, r.w, least(r.h, 1)});
    if (r.h < 2)
        return;
    if (v->section == SECTION_LOG) {
        draw_log(v, c, below, focused);
        return;
    }
    if (v->section == SECTION_WHY) {
        view_endpoint_why_rows(v, r.w, true);
        view_endpoint_why_bare(v, c, below, focused);
        return;
    }
    if (v->section == SECTION_WORKERS) {
        view_endpoint_state(l, v, e);
        view_endpoint_workers(l, v, e);
        view_endpoint_times(l, v, e, true);
        view_endpoint_facts(l, v, e);
    } else {
        sections[v->section].add(l, v, e);
    }
    draw_rows(v, c, below);
}

static void draw_gone(struct view_endpoint *v, struct canvas *c, struct rect r)
{
    struct lines *l = opened_begin(&v->o, r);
    opened_state(
        l, TEXT("✗"), TEXT("gone"), TEXT("RunPod does not list this endpoint any more"), ROLE_BAD);
    draw_rows(v, c, r);
}

static void draw(void *p, struct canvas *c, struct rect r, bool focused, bool compact)
{
    struct view_endpoint *v = p;
    const struct endpoint_row *e = view_endpoint_row(v);
    (void)compact;
    if (!e) {
        draw_gone(v, c, r);
        return;
    }
    turn_to_trouble(v);
    if (r.w < SMALL_COLUMNS || r.h < SMALL_ROWS) {
        draw_small(v, c, r, focused, e);
        return;
    }
    lines_begin(v->head, r.w);
    view_endpoint_state(v->head, v, e);
    view_endpoint_facts(v->head, v, e);
    int head = least((int)lines_count(v->head), HEAD_MOST);
    lines_draw(v->head, c, (struct rect){r.x, r.y, r.w, head});
    draw_sections(v, c, (struct rect){r.x, r.y + head, r.w, 1});
    draw_section(v, c, (struct rect){r.x, r.y + head + 1, r.w, r.h - head - 1}, focused, e);
}

/* ---- acting ---------------------------------------------------------------------------------------- */

static bool is_log_moved(const struct view_endpoint *v)
{
    return v->log && (v->section == SECTION_LOG || (v->section == SECTION_WORKERS && !v->scrolls));
}

/* What only a log can do, which is shown for it. */
static bool is_of_log(enum action_id action)
{
    static const enum action_id all[] = {ACTION_SEARCH, ACTION_NEXT_MATCH, ACTION_PREVIOUS_MATCH,
        ACTION_FOLLOW, ACTION_LOG_LEVEL, ACTION_LOG_WRAP, ACTION_LOG_SOURCE, ACTION_LOG_WINDOW};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (action == all[i])
            return true;
    return false;
}

static bool act(void *p, enum action_id action)
{
    struct view_endpoint *v = p;
    if (action == ACTION_LEFT || action == ACTION_RIGHT) {
        turn(v, action == ACTION_RIGHT ? 1 : SECTIONS - 1);
        return true;
    }
    if (v->log && is_of_log(action) && v->section != SECTION_LOG)
        turn(v, SECTIONS + SECTION_LOG - v->section);
    if (view_endpoint_why_act(v, action))
        return true;
    return is_log_moved(v) ? view_logs.act(v->log, action) : opened_act(v, action);
}

static bool is_log_typed(const struct view_endpoint *v)
{
    return v->log && v->section == SECTION_LOG && view_logs.typing(v->log);
}

static bool typing(void *p)
{
    const struct view_endpoint *v = p;
    return v->why.choosing || is_log_typed(v);
}

static bool press(void *p, int32_t key)
{
    struct view_endpoint *v = p;
    return v->why.choosing ? view_endpoint_why_press(v, key) : view_logs.press(v->log, key);
}

static bool paste(void *p, const char *bytes, size_t n)
{
    struct view_endpoint *v = p;
    return is_log_typed(v) && view_logs.paste(v->log, bytes, n);
}

static bool filter(void *p, struct text typed, struct err *why)
{
    struct view_endpoint *v = p;
    return !v->log || view_logs.filter(v->log, typed, why);
}

static uint64_t version(void *p)
{
    static const unsigned parts = 1u << STORE_ENDPOINTS | 1u << STORE_MODELS | 1u << STORE_SOURCES |
                                  1u << STORE_REQUESTS | 1u << STORE_ACCOUNT;
    struct view_endpoint *v = p;
    return opened_version(&v->o, parts) + (v->log ? view_logs.version(v->log) : 0);
}

const struct view_class view_endpoint = {
    .place = PLACE_ENDPOINT,
    .make = make,
    .free = release,
    .title = title,
    .note = note,
    .draw = draw,
    .act = act,
    .typing = typing,
    .press = press,
    .paste = paste,
    .filter = filter,
    .target = opened_target,
    .version = version,
    .due = opened_due,
};
