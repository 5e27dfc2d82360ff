/* How a pane is drawn: its rows; or why there are none; or old rows, dimmed, under a line that says
 * since when and why. What a service told is never shown as fresh when it is not (design rule 5). */
#include "ui/box.h"
#include "ui/pane.h"
#include "ui/say.h"

#include <string.h>

static const struct source_state *source_of(const struct pane_view *p)
{
    return p->kind->source < SOURCES ? store_source(p->x->store, p->kind->source) : NULL;
}

static bool is_failed(const struct source_state *source)
{
    return source && source->health == SOURCE_FAILED;
}

static int64_t age_of(const struct pane_view *p, const struct source_state *source)
{
    return source->seen_ms < 0 ? -1 : store_mono_ms(p->x->store) - source->seen_ms;
}

/* ---- title and note -------------------------------------------------------------------------------- */

struct text pane_title(void *v, struct arena *a)
{
    struct pane_view *p = v;
    return say_text(a, "%s", p->kind->title);
}

struct text pane_note(void *v, struct arena *a)
{
    struct pane_view *p = v;
    const struct source_state *source = source_of(p);
    size_t rows = p->kind->rows(p);
    char age[SAY_MAX];
    if (p->typed[0])
        return say_text(a, "/%s · %zu of %zu", p->typed, table_shown(p->table), rows);
    struct text note = rows > 0 ? p->kind->note(p, a) : TEXT("");
    if (is_failed(source) && rows > 0)
        return say_text(a, "▲ %s old · %s", say_age_short(age, age_of(p, source)), note.s);
    return note;
}

/* ---- instead of rows ------------------------------------------------------------------------------- */

static void draw_problem(struct pane_view *p, struct canvas *c, struct rect r,
    const struct source_state *source, struct arena *a)
{
    const struct err *e = &source->error;
    enum role role = is_failed(source) ? ROLE_BAD : ROLE_WARNING;
    struct text message = e->message[0] ? say_text(a, "%s.", e->message)
                                        : say_text(a, "%s is off.", source_name(source->source));
    char left[SAY_MAX];
    r = box_below(r, box_text(c, r, message, role, 0));
    if (e->hint[0])
        r = box_below(r, box_text(c, r, say_text(a, "→ %s", e->hint), ROLE_LABEL, 0));
    if (is_failed(source) && source->retry_ms >= 0) {
        int64_t wait = source->retry_ms - store_mono_ms(p->x->store);
        box_text(c, r,
            say_text(
                a, "Next try in %s.", say_age(left, wait > 0 ? (wait + 999) / 1000 * 1000 : 0)),
            ROLE_FAINT, 0);
    }
}

static void draw_nothing(struct pane_view *p, struct canvas *c, struct rect r, struct arena *a)
{
    const struct source_state *source = source_of(p);
    r = rect_inset(r, r.w > 4, 0);
    if (p->typed[0] && p->kind->rows(p) > 0)
        box_text(c, r, say_text(a, "No row matches /%s. Esc shows all.", p->typed), ROLE_FAINT, 0);
    else if (source && (source->health == SOURCE_OFF || source->health == SOURCE_FAILED))
        draw_problem(p, c, r, source, a);
    else if (source && source->health == SOURCE_STARTING)
        box_text(c, r, say_text(a, "Asking %s …", source_name(source->source)), ROLE_FAINT, 0);
    else
        box_text(c, r, p->kind->empty(p, a), ROLE_FAINT, 0);
}

/* ---- rows ------------------------------------------------------------------------------------------ */

/* The cursor's row keeps its looks, so that one still sees where one is. */
static void dim(struct canvas *c, struct rect r)
{
    for (int y = r.y; y < r.y + r.h; y++) {
        const struct cell *first = canvas_at(c, r.x, y);
        if (first && first->role != ROLE_CURSOR)
            canvas_paint(c, (struct rect){r.x, y, r.w, 1}, ROLE_STALE, 0);
    }
}

static int draw_stale(struct pane_view *p, struct canvas *c, struct rect r, struct arena *a)
{
    const struct source_state *source = source_of(p);
    char age[SAY_MAX];
    struct text line = say_text(a, "▲ %s ago: %s", say_age(age, age_of(p, source)),
        source->error.message[0] ? source->error.message : "no answer since");
    canvas_text_cut(c, r, r.x, r.y, r.w, line, ROLE_WARNING, 0);
    return 1;
}

static void draw_rows(struct pane_view *p, struct canvas *c, struct rect r, bool focused,
    bool compact, struct arena *a)
{
    bool stale = is_failed(source_of(p));
    if (stale && !compact && r.h > 2)
        r = box_below(r, draw_stale(p, c, r, a));
    struct rect all = r;
    if (p->kind->beside)
        r = p->kind->beside(p, c, r, compact);
    if (compact)
        table_draw_brief(p->table, c, r);
    else
        table_draw(p->table, c, r, focused, !p->kind->untitled);
    if (stale)
        dim(c, all);
}

/* The row that was asked for may have come meanwhile. */
static void look_for_wanted(struct pane_view *p)
{
    if (p->wanted[0] && table_select(p->table, p->wanted))
        p->wanted[0] = '\0';
}

void pane_draw(void *v, struct canvas *c, struct rect r, bool focused, bool compact)
{
    struct pane_view *p = v;
    struct arena *a = arena_new(64 * 1024);
    if (!a)
        return;
    look_for_wanted(p);
    if (table_shown(p->table) > 0)
        draw_rows(p, c, r, focused, compact, a);
    else
        draw_nothing(p, c, r, a);
    arena_free(a);
}
