/* 6 Logs: the lines of workers and of Slipway itself, merged as they arrived. It follows the newest
 * until somebody scrolls up; then the top line stays where it is, by its running number, whatever
 * arrives. With the focus, long lines are wrapped; without it they are cut.
 *
 * Opened over the panes with an endpoint's id, it shows that endpoint's lines alone. */
#include "model/filter.h"
#include "ui/box.h"
#include "ui/log_index.h"
#include "ui/say.h"
#include "ui/views.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_MAX_BYTES = 128, TIME_COLUMNS = 8, LEVEL_COLUMNS = 5 };

struct log_view {
    const struct view_context *x;
    char endpoint[ENDPOINT_ID_MAX]; /* "" = all */
    char name[NAME_MAX_BYTES];      /* its name, which begins the origin of its lines */
    enum line_level least;
    struct filter *filter;
    char typed[FILTER_BYTES_MAX + 1];
    struct log_index index;
    bool follow;
    uint64_t top; /* number of the first line shown, when not following */
    size_t shown; /* places of the last drawing */
    uint64_t changes;
};

/* ---- which lines ----------------------------------------------------------------------------------- */

static bool is_of(const struct log_view *v, struct text origin)
{
    size_t length = strlen(v->name);
    if (v->endpoint[0] == '\0')
        return true;
    return origin.len >= length && memcmp(origin.s, v->name, length) == 0 &&
           (origin.len == length || origin.s[length] == '/');
}

static bool passes(void *arg, const struct log_line *line)
{
    const struct log_view *v = arg;
    if (line->level < v->least || !is_of(v, line->origin))
        return false;
    const char *level = line_level_name(line->level);
    const struct filter_field fields[] = {
        {"origin", line->origin}, {"level", {level, strlen(level)}}, {"text", line->line}};
    return filter_matches(v->filter, fields, sizeof fields / sizeof *fields);
}

static void update(struct log_view *v)
{
    log_index_update(&v->index, v->x->store, passes, v);
}

static void look_again(struct log_view *v)
{
    log_index_reset(&v->index);
    v->changes++;
}

/* ---- life ------------------------------------------------------------------------------------------ */

static void *make(const struct view_context *x, const char *of)
{
    const struct endpoint_row *e = *of ? store_endpoint_by_id(x->store, of) : NULL;
    struct log_view *v = calloc(1, sizeof *v);
    if (!v || (*of && !e)) {
        free(v);
        return NULL;
    }
    v->x = x;
    v->follow = true;
    v->least = *of ? LINE_DEBUG : LINE_INFO;
    snprintf(v->endpoint, sizeof v->endpoint, "%s", of);
    if (e)
        snprintf(v->name, sizeof v->name, "%s", e->settings->name.s);
    return v;
}

static void release(void *arg)
{
    struct log_view *v = arg;
    if (!v)
        return;
    filter_free(v->filter);
    log_index_release(&v->index);
    free(v);
}

/* ---- words ----------------------------------------------------------------------------------------- */

static struct text title(void *arg, struct arena *a)
{
    struct log_view *v = arg;
    const char *level = line_level_name(v->least), *more = v->least < LINE_ERROR ? "+" : "";
    if (v->endpoint[0])
        return say_text(
            a, "Logs ▸ %s · %s%s%s", v->name, level, more, v->follow ? " · following" : "");
    return say_text(
        a, "6 Logs ─ all sources · %s%s%s", level, more, v->follow ? " · following" : "");
}

static struct text note(void *arg, struct arena *a)
{
    struct log_view *v = arg;
    update(v);
    size_t count = log_index_count(&v->index);
    size_t end = log_index_place(&v->index, v->top) + v->shown;
    uint64_t dropped = store_log_dropped(v->x->store);
    struct text below =
        !v->follow && end < count ? say_text(a, "%zu below", count - end) : TEXT("");
    struct text filter =
        v->typed[0] ? say_text(a, "/%s · %zu line%s", v->typed, count, count == 1 ? "" : "s")
                    : TEXT("");
    struct text lost = dropped > 0 ? say_text(a, "%llu line%s lost", (unsigned long long)dropped,
                                         dropped == 1 ? "" : "s")
                                   : TEXT("");
    return say_text(a, "%s%s%s%s%s", filter.s, filter.len > 0 && below.len > 0 ? " · " : "",
        below.s, lost.len > 0 && (filter.len > 0 || below.len > 0) ? " · " : "", lost.s);
}

static struct text nothing(struct log_view *v, struct arena *a)
{
    uint64_t first;
    char key[SAY_MAX];
    if (store_log(v->x->store, &first) == 0)
        return TEXT(
            "Nothing logged yet. Lines of workers appear here as soon as one runs, and what "
            "Slipway itself does.");
    say_key(key, v->x->actions, ACTION_LOG_LEVEL);
    if (v->typed[0])
        return say_text(a, "No line passes /%s. Esc shows all.", v->typed);
    if (v->endpoint[0] && v->least == 0)
        return TEXT("No line of this endpoint's workers yet. They come while a worker is up.");
    if (v->endpoint[0])
        return say_text(a,
            "No line of this endpoint's workers of this level yet. They come while a worker is up; "
            "%s changes the level.",
            key);
    return say_text(a, "No line of this level: %s changes the level.", key);
}

/* ---- drawing --------------------------------------------------------------------------------------- */

struct columns {
    int origin, text; /* widths */
    int text_x;
    bool level, wrap;
};

static struct columns columns_of(struct rect r, bool wrap)
{
    struct columns col = {.wrap = wrap};
    col.origin = r.w >= 100 ? 18 : r.w >= 60 ? 12 : 0;
    col.level = r.w >= 40;
    col.text_x = r.w >= 28 ? TIME_COLUMNS + 1 : 0;
    col.text_x += col.origin > 0 ? col.origin + 1 : 0;
    col.text_x += col.level ? LEVEL_COLUMNS + 2 : 0;
    col.text = r.w - col.text_x;
    return col;
}

static const struct log_line *line_at(struct log_view *v, size_t place)
{
    uint64_t first;
    store_log(v->x->store, &first);
    return store_log_line(v->x->store, (size_t)(log_index_number(&v->index, place) - first));
}

static int height(struct log_view *v, const struct columns *col, size_t place, int most)
{
    if (!col->wrap)
        return 1;
    int lines = say_wrap_count(line_at(v, place)->line, col->text, most);
    return lines > 0 ? lines : 1;
}

static void draw_line(
    const struct log_line *line, struct canvas *c, struct rect r, const struct columns *col)
{
    static const enum role roles[LINE_LEVELS] = {ROLE_FAINT, ROLE_LABEL, ROLE_WARNING, ROLE_BAD};
    static const enum role texts[LINE_LEVELS] = {ROLE_FAINT, ROLE_NORMAL, ROLE_NORMAL, ROLE_BAD};
    char clock[SAY_MAX];
    const char *level = line_level_name(line->level);
    int x = r.x;
    if (r.w >= 28) {
        say_clock(clock, line->at_ms);
        canvas_text(c, r, x, r.y, TIME_COLUMNS, (struct text){clock, strlen(clock)}, ROLE_FAINT, 0);
        x += TIME_COLUMNS + 1;
    }
    if (col->origin > 0) {
        canvas_text_cut(c, r, x, r.y, col->origin, line->origin, ROLE_LABEL, 0);
        x += col->origin + 1;
    }
    if (col->level)
        canvas_text(c, r, x, r.y, LEVEL_COLUMNS, (struct text){level, strlen(level)},
            roles[line->level], 0);
    struct rect text = {r.x + col->text_x, r.y, col->text, r.h};
    if (col->wrap)
        box_text(c, text, line->line, texts[line->level], 0);
    else
        canvas_text_cut(c, text, text.x, text.y, text.w, line->line, texts[line->level], 0);
}

/* The first place of the last screenful. */
static size_t last_top(struct log_view *v, const struct columns *col, int rows)
{
    size_t place = log_index_count(&v->index);
    while (place > 0) {
        int need = height(v, col, place - 1, rows);
        if (need > rows)
            break;
        rows -= need;
        place--;
    }
    return place == log_index_count(&v->index) && place > 0 ? place - 1 : place;
}

static void draw(void *arg, struct canvas *c, struct rect r, bool focused, bool compact)
{
    struct log_view *v = arg;
    struct columns col = columns_of(r, focused && !compact);
    struct arena *a;
    update(v);
    size_t count = log_index_count(&v->index), place;
    if (count == 0) {
        if ((a = arena_new(4096)))
            box_text(c, rect_inset(r, r.w > 4, 0), nothing(v, a), ROLE_FAINT, 0);
        arena_free(a);
        return;
    }
    size_t last = last_top(v, &col, r.h);
    place = log_index_place(&v->index, v->top);
    place = v->follow || place > last ? last : place;
    v->top = log_index_number(&v->index, place);
    for (v->shown = 0; place < count && r.h > 0; place++, v->shown++) {
        int rows = height(v, &col, place, r.h);
        draw_line(line_at(v, place), c, r, &col);
        r = box_below(r, rows);
    }
}

/* ---- actions --------------------------------------------------------------------------------------- */

/* Moves the top by places; at the end it follows again. */
static void scroll(struct log_view *v, long by)
{
    size_t count = log_index_count(&v->index), place = log_index_place(&v->index, v->top);
    if (count == 0)
        return;
    if (by < 0) {
        place = place > (size_t)-by ? place - (size_t)-by : 0;
        v->follow = false;
    } else {
        place = (size_t)by < count - place ? place + (size_t)by : count - 1;
        v->follow = v->follow || place + v->shown >= count;
    }
    v->top = log_index_number(&v->index, place);
}

static bool act(void *arg, enum action_id action)
{
    struct log_view *v = arg;
    long page = v->shown > 1 ? (long)v->shown - 1 : 1;
    update(v);
    v->changes++;
    switch ((int)action) {
    case ACTION_UP:
        scroll(v, -1);
        return true;
    case ACTION_DOWN:
        scroll(v, 1);
        return true;
    case ACTION_PAGE_UP:
        scroll(v, -page);
        return true;
    case ACTION_PAGE_DOWN:
        scroll(v, page);
        return true;
    case ACTION_FIRST:
        scroll(v, -STORE_LOG_LINES_MAX);
        return true;
    case ACTION_LAST:
        v->follow = true;
        return true;
    case ACTION_FOLLOW:
        v->follow = !v->follow;
        return true;
    case ACTION_LOG_LEVEL:
        v->least = v->least == LINE_ERROR ? LINE_DEBUG : (enum line_level)(v->least + 1);
        look_again(v);
        return true;
    default:
        return false;
    }
}

static bool set_filter(void *arg, struct text typed, struct err *why)
{
    struct log_view *v = arg;
    struct filter *filter = typed.len > 0 ? filter_new(typed, why) : NULL;
    bool good = typed.len == 0 || filter;
    size_t length = typed.len < FILTER_BYTES_MAX ? typed.len : FILTER_BYTES_MAX;
    filter_free(v->filter);
    v->filter = filter;
    memcpy(v->typed, typed.s, length);
    v->typed[length] = '\0';
    look_again(v);
    return good;
}

static const char *target(void *arg)
{
    return ((struct log_view *)arg)->endpoint;
}

static const struct err *error(void *arg)
{
    (void)arg;
    return NULL;
}

static uint64_t version(void *arg)
{
    const struct log_view *v = arg;
    return store_version(v->x->store, STORE_LOG) + v->changes;
}

static int64_t due(void *arg)
{
    (void)arg;
    return -1;
}

const struct view_class view_logs = {
    .place = PLACE_LOGS,
    .make = make,
    .free = release,
    .title = title,
    .note = note,
    .draw = draw,
    .act = act,
    .filter = set_filter,
    .target = target,
    .error = error,
    .version = version,
    .due = due,
};
