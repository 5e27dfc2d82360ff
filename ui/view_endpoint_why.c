/* The Why box of an opened endpoint: each diagnosis with its certainty and id, what shows it, and what can be
 * done about it, numbered over all of them; then what could not be read. The rows are built anew for each
 * drawing; the cursor stays on what it stood on by the diagnosis's id and the remedy's place, so that a new
 * judgement of the same does not move it. */
#include "ui/say.h"
#include "ui/view_endpoint.h"

#include <math.h>
#include <string.h>

enum { SIGN = 0, CERTAINTY = 2, EVIDENCE = 4, REMEDY = 6 }; /* columns */
enum { CERTAINTY_COLUMNS = 10, SOURCE_COLUMNS = 9, ID_SHORT = 10, PRICE_COLUMNS = 11, SPACE = 2 };
enum { LEAST_BESIDE = 44, DAY_MS = 20 * 3600 * 1000, NOTHING = 0, PENDING_MS = 60 * 1000 };

static const struct triage *triage_of(const struct view_endpoint *v)
{
    return store_triage(v->o.x->store, v->o.id);
}

/* ---- stops ------------------------------------------------------------------------------------------- */

static struct why_stop *begin_stop(
    struct endpoint_why *w, const char *id, size_t nth, size_t number)
{
    size_t row = lines_count(w->lines);
    if (w->stop_count == WHY_STOPS_MAX)
        return NULL;
    struct why_stop *stop = &w->stops[w->stop_count++];
    *stop = (struct why_stop){row, row, id, nth, number};
    return stop;
}

static void end_stop(struct endpoint_why *w, struct why_stop *stop)
{
    if (stop && lines_count(w->lines) > stop->first)
        stop->last = lines_count(w->lines) - 1;
}

/* Where it was; at first on what can be done about the deciding cause. */
static void place_cursor(struct endpoint_why *w)
{
    bool found = false;
    for (size_t i = 0; w->at_id && i < w->stop_count && !found; i++) {
        found = strcmp(w->stops[i].id, w->at_id) == 0 && w->stops[i].nth == w->at_nth;
        if (found)
            w->cursor = i;
    }
    if (!found) { /* it is gone: as at first */
        w->at_id = NULL;
        w->cursor = w->stop_count > 1 && w->stops[1].number == 1 ? 1 : 0;
    }
    if (w->cursor >= w->stop_count)
        w->cursor = w->stop_count > 0 ? w->stop_count - 1 : 0;
}

/* ---- a diagnosis ------------------------------------------------------------------------------------- */

static enum role certainty_role(enum triage_certainty certainty)
{
    static const enum role roles[TRIAGE_CERTAINTIES] = {[TRIAGE_POSSIBLE] = ROLE_LABEL,
        [TRIAGE_LIKELY] = ROLE_WARNING,
        [TRIAGE_CERTAIN] = ROLE_BAD};
    return roles[certainty];
}

/* `t` in rows of `room` columns from column x on; the first of them is there already. */
static void wrap_in(struct lines *l, int x, int room, struct text t, enum role role, int style)
{
    struct text line;
    size_t offset = 0;
    for (bool first = true; room > 0 && say_wrap(t, room, &offset, &line); first = false) {
        if (!first)
            lines_row(l, x);
        lines_cell(l, x, room, ALIGN_LEFT, line, role, style);
    }
}

/* "certain   The model does not fit the GPU                                does-not-fit-gpu" */
static void add_heading(struct lines *l, const struct triage_diagnosis *d)
{
    struct text id = say_word(d->id);
    int width = lines_width(l), x = CERTAINTY + CERTAINTY_COLUMNS, id_width = (int)text_width(id);
    bool beside = width - x - id_width - SPACE >= LEAST_BESIDE / 2;
    lines_row(l, CERTAINTY);
    lines_add(
        l, say_word(triage_certainty_name(d->certainty)), certainty_role(d->certainty), STYLE_BOLD);
    if (beside)
        lines_cell(l, width - id_width, id_width, ALIGN_LEFT, id, ROLE_FAINT, 0);
    wrap_in(l, x, width - x - (beside ? id_width + SPACE : 0), d->summary, ROLE_NORMAL, STYLE_BOLD);
}

/* Without what an engine's logger puts before each line: "(EngineCore pid=84) ERROR 11-24 00:28:23
 * [core.py:1100] ". */
static struct text without_prefix(struct text t)
{
    enum { PREFIX_MAX = 120 };
    size_t end = t.len < PREFIX_MAX ? t.len : PREFIX_MAX;
    for (size_t i = 0; i + 4 < end; i++) {
        if (memcmp(t.s + i, ".py:", 4) != 0)
            continue;
        size_t at = i + 4;
        while (at < end && t.s[at] >= '0' && t.s[at] <= '9')
            at++;
        bool is_place = at > i + 4 && at + 2 < t.len && memcmp(t.s + at, "] ", 2) == 0;
        return is_place ? (struct text){t.s + at + 2, t.len - at - 2} : t;
    }
    return t;
}

static struct text when_of(struct arena *a, const struct store *s, int64_t at_ms)
{
    char clock[SAY_MAX];
    if (at_ms < 0)
        return TEXT("");
    if (store_wall_ms(s) - at_ms >= DAY_MS)
        return opened_ago(a, s, at_ms);
    return say_text(a, "%s", say_clock(clock, at_ms));
}

/* "log     8g3n5t6r 13:58:04  ValueError: …" */
static void add_evidence(
    struct lines *l, const struct store *s, const struct triage_line *e, bool whole)
{
    struct arena *a = lines_arena(l);
    struct text when = when_of(a, s, e->at_ms);
    lines_row(l, EVIDENCE);
    lines_cell(l, EVIDENCE, SOURCE_COLUMNS - 1, ALIGN_LEFT, say_word(e->source), ROLE_LABEL, 0);
    lines_at(l, EVIDENCE + SOURCE_COLUMNS);
    if (e->worker[0])
        lines_add(l, say_text(a, "%s ", opened_short(a, e->worker, ID_SHORT).s), ROLE_FAINT, 0);
    if (when.len > 0)
        lines_add(l, when, ROLE_FAINT, 0);
    if (e->worker[0] || when.len > 0)
        lines_add(l, TEXT("  "), ROLE_NORMAL, 0);
    if (whole)
        lines_wrap(l, e->text, ROLE_NORMAL, 0);
    else
        lines_add(l, without_prefix(e->text), ROLE_NORMAL, 0);
}

/* ---- a remedy ---------------------------------------------------------------------------------------- */

static struct text price_of(struct arena *a, const struct triage_remedy *r)
{
    char money[SAY_MAX];
    double delta = r->cost_per_hour_delta;
    if (why_is_waiting(r))
        return TEXT("");
    if (!why_can_apply(r))
        return TEXT("by hand");
    if (!isfinite(delta))
        return TEXT("? $/h");
    if (fabs(delta) < 0.00005)
        return TEXT("±0 $/h");
    return say_text(a, "%s%s/h", delta > 0 ? "+" : "", say_money(money, delta));
}

/* The columns that texts of remedies take where what they mean stands beside them. */
static int text_columns(const struct triage *t, int room)
{
    int most = 0, cap = room * 3 / 5;
    for (size_t n = 1; why_remedy(t, n); n++) {
        int width = (int)text_width(why_remedy(t, n)->text);
        most = width > most && width <= cap ? width : most;
    }
    return most;
}

/* "r1  Lower MAX_MODEL_LEN 8192 → 4096     rolls 3 workers     ±0 $/h"; where that has no room, what it
 * means is a row of its own. */
static void add_remedy(struct lines *l, const struct triage *t, size_t number)
{
    struct arena *a = lines_arena(l);
    const struct triage_remedy *r = why_remedy(t, number);
    bool can = why_can_apply(r);
    enum role role = can ? ROLE_NORMAL : ROLE_FAINT;
    struct text price = price_of(a, r);
    int x = number > 9 ? REMEDY + 1 : REMEDY;
    int room = lines_width(l) - x - PRICE_COLUMNS - SPACE, columns = text_columns(t, room);
    bool beside = lines_width(l) >= LEAST_BESIDE && (int)text_width(r->text) <= columns &&
                  (int)text_width(r->means) + SPACE <= room - columns;
    bool priced = lines_width(l) >= LEAST_BESIDE;
    lines_row(l, CERTAINTY);
    lines_add(l, say_text(a, "r%zu", number), can ? ROLE_KEY : ROLE_FAINT, 0);
    if (priced)
        lines_cell(l, lines_width(l) - PRICE_COLUMNS, PRICE_COLUMNS, ALIGN_RIGHT, price,
            can ? ROLE_MONEY : ROLE_FAINT, 0);
    if (beside) {
        lines_cell(l, x, columns, ALIGN_LEFT, r->text, role, 0);
        lines_cell(
            l, x + columns + SPACE, room - columns - SPACE, ALIGN_LEFT, r->means, ROLE_FAINT, 0);
        return;
    }
    wrap_in(l, x, priced ? room : lines_width(l) - x, r->text, role, 0);
    struct text more = priced ? r->means
                              : say_text(a, "%.*s%s%.*s", SAY_ARGS(price),
                                    r->means.len > 0 ? " · " : "", SAY_ARGS(r->means));
    if (more.len == 0)
        return;
    lines_row(l, x + SPACE);
    lines_wrap(l, more, ROLE_FAINT, 0);
}

/* ---- all of it --------------------------------------------------------------------------------------- */

static void add_diagnosis(struct view_endpoint *v, const struct triage *t,
    const struct triage_diagnosis *d, size_t *number, bool is_over)
{
    struct endpoint_why *w = &v->why;
    struct why_stop *stop = begin_stop(w, d->id, 0, 0);
    add_heading(w->lines, d);
    for (size_t i = 0; i < d->evidence_count; i++)
        add_evidence(w->lines, v->o.x->store, &d->evidence[i], w->whole);
    end_stop(w, stop);
    for (size_t i = 0; !is_over && i < d->remedy_count; i++) {
        stop = begin_stop(w, d->id, i + 1, ++*number);
        add_remedy(w->lines, t, *number);
        end_stop(w, stop);
    }
}

static void add_not_read(struct view_endpoint *v, const struct triage *t)
{
    struct endpoint_why *w = &v->why;
    struct lines *l = w->lines;
    struct why_stop *stop = t->not_read_count > 0 ? begin_stop(w, "", 0, 0) : NULL;
    for (size_t i = 0; i < t->not_read_count; i++) {
        lines_row(l, CERTAINTY);
        lines_cell(l, CERTAINTY, CERTAINTY_COLUMNS, ALIGN_LEFT,
            i == 0 ? TEXT("not read") : TEXT(""), ROLE_STALE, 0);
        lines_add(l, say_text(lines_arena(l), "%s: ", t->not_read[i].what), ROLE_LABEL, 0);
        lines_wrap(l, t->not_read[i].why, ROLE_FAINT, 0);
    }
    end_stop(w, stop);
}

/* What is said where there is no cause to name. */
static struct text plain_words(const struct triage *t)
{
    static const struct text words[TRIAGE_VERDICTS] = {
        [TRIAGE_HEALTHY] = TEXT("Nothing waits longer than requests to this endpoint usually do."),
        [TRIAGE_WAITING] = TEXT("Requests wait, and what they wait for is under way."),
        [TRIAGE_UNKNOWN] = TEXT("Requests wait, and what could be read does not tell why."),
        [TRIAGE_STUCK] = TEXT("Requests will not be served without somebody acting."),
    };
    return words[t->verdict];
}

static void add_verdict(struct lines *l, const struct triage *t)
{
    enum role role;
    struct text sign = why_sign(t->verdict, &role);
    lines_row(l, CERTAINTY);
    lines_add(l, say_text(lines_arena(l), "%.*s ", SAY_ARGS(sign)), role, STYLE_BOLD);
    lines_wrap(l,
        t->sentence.len > 0 && t->verdict != TRIAGE_UNKNOWN ? t->sentence : plain_words(t),
        ROLE_NORMAL, 0);
}

static bool is_pending(const struct view_endpoint *v)
{
    const struct triage *t = triage_of(v);
    int64_t asked = v->why.asked_ms;
    return asked >= 0 && !(t && t->observed_ms > asked) &&
           store_wall_ms(v->o.x->store) - asked < PENDING_MS;
}

static void add_nothing(struct lines *l, const struct view_endpoint *v)
{
    char key[SAY_MAX];
    lines_row(l, CERTAINTY);
    if (is_pending(v)) {
        lines_add(l, TEXT("⟳ "), ROLE_ACTIVE, STYLE_BOLD);
        lines_wrap(l, TEXT("reading what it takes to tell: health, workers, settings, logs …"),
            ROLE_FAINT, 0);
        return;
    }
    say_key(key, v->o.x->actions, ACTION_WHY);
    lines_wrap(l,
        say_text(lines_arena(l),
            "Not looked into yet: %s reads what it takes to tell why requests wait.", key),
        ROLE_FAINT, 0);
}

void view_endpoint_why_rows(struct view_endpoint *v, int width, bool with_state)
{
    const struct triage *t = triage_of(v);
    struct endpoint_why *w = &v->why;
    bool is_over = t && !why_standing(v->o.x->store, v->o.id);
    size_t number = 0;
    lines_begin(w->lines, width);
    w->stop_count = 0;
    if (with_state && view_endpoint_row(v))
        view_endpoint_state(w->lines, v, view_endpoint_row(v));
    view_endpoint_outcome(w->lines, v);
    if (is_over) {
        lines_row(w->lines, CERTAINTY);
        lines_wrap(w->lines, TEXT("Nothing waits any more. This was found before:"), ROLE_STALE, 0);
    }
    if (!t)
        add_nothing(w->lines, v);
    else if (t->count == 0)
        add_verdict(w->lines, t);
    for (size_t i = 0; t && i < t->count; i++)
        add_diagnosis(v, t, &t->diagnoses[i], &number, is_over);
    if (t)
        add_not_read(v, t);
    place_cursor(w);
}

/* ---- drawing ----------------------------------------------------------------------------------------- */

static void draw_cursor(struct view_endpoint *v, struct canvas *c, struct rect r)
{
    const struct endpoint_why *w = &v->why;
    const struct why_stop *stop = &w->stops[w->cursor];
    size_t last = stop->nth > 0 ? stop->last : stop->first; /* of a diagnosis its first row */
    for (size_t row = stop->first; row <= last; row++) {
        int y = lines_place(w->lines, row);
        if (y < 0)
            continue;
        if (row == stop->first)
            canvas_text(c, r, r.x + SIGN, r.y + y, 1, TEXT("▸"), ROLE_TITLE, STYLE_BOLD);
        canvas_paint(c, (struct rect){r.x, r.y + y, r.w, 1}, ROLE_CURSOR, 0);
    }
}

void view_endpoint_why_bare(struct view_endpoint *v, struct canvas *c, struct rect r, bool focused)
{
    struct endpoint_why *w = &v->why;
    if (w->moved && w->stop_count > 0)
        lines_show(w->lines, w->stops[w->cursor].first, w->stops[w->cursor].last);
    w->moved = false;
    lines_draw(w->lines, c, r);
    if (focused && w->stop_count > 0)
        draw_cursor(v, c, r);
}

int view_endpoint_why_height(struct view_endpoint *v, int width, int most)
{
    view_endpoint_why_rows(v, width > 4 ? width - 4 : 0, false);
    int rows = (int)lines_count(v->why.lines) + 2;
    return rows < most ? rows : most;
}

static struct text note_of(const struct view_endpoint *v, struct arena *a)
{
    const struct triage *t = triage_of(v);
    char age[SAY_MAX];
    if (v->why.choosing)
        return say_text(a, "which? 1-%zu", t ? why_remedies(t) : NOTHING);
    if (is_pending(v))
        return t ? TEXT("looking again …") : TEXT("looking …");
    if (!t)
        return TEXT("");
    return say_text(a, "looked %s ago", say_age_short(age, why_age(v->o.x->store, t)));
}

void view_endpoint_why(struct view_endpoint *v, struct canvas *c, struct rect r, bool focused)
{
    struct arena *a = arena_new(4096);
    if (a && r.h > 2 && r.w > 4) {
        canvas_frame(c, r, TEXT("Why"), note_of(v, a), focused);
        view_endpoint_why_bare(v, c, rect_inset(r, 2, 1), focused);
    }
    arena_free(a);
}
