/* Choosing whose lines are shown: everything, Slipway itself, what the system around the workers says, an
 * endpoint, one of its workers. The list is what the store has lines of, and the endpoints it knows. */
#include "ui/log_view_internal.h"

#include "ui/box.h"
#include "ui/press.h"
#include "ui/say.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BOX_COLUMNS = 56, FRAME_ROWS = 2 };

static bool is_origin(const char *origin, struct text t)
{
    return strlen(origin) == t.len && memcmp(origin, t.s, t.len) == 0;
}

bool log_view_is_of_source(const struct log_view *v, const struct log_line *line)
{
    const struct log_source *s = &v->source;
    switch (s->kind) {
    case LOG_OWN:
        return line->source == LINE_OWN;
    case LOG_SYSTEM:
        return line->source == LINE_SYSTEM;
    case LOG_ENDPOINT:
        return line->endpoint_id && strcmp(line->endpoint_id, s->endpoint) == 0;
    case LOG_WORKER:
        return line->endpoint_id && strcmp(line->endpoint_id, s->endpoint) == 0 &&
               is_origin(s->origin, line->origin);
    case LOG_ALL:
        break;
    }
    return true;
}

/* ---- the list -------------------------------------------------------------------------------------- */

static struct log_source *source_of(
    struct log_view *v, enum log_source_kind kind, const char *endpoint, struct text origin)
{
    for (size_t i = 0; i < v->source_count; i++) {
        struct log_source *s = &v->sources[i];
        bool same = s->kind == kind && strcmp(s->endpoint, endpoint) == 0;
        if (same && (kind != LOG_WORKER || is_origin(s->origin, origin)))
            return s;
    }
    if (v->source_count == LOG_SOURCES_MAX)
        return NULL;
    struct log_source *s = &v->sources[v->source_count++];
    *s = (struct log_source){.kind = kind};
    snprintf(s->endpoint, sizeof s->endpoint, "%s", endpoint);
    snprintf(s->origin, sizeof s->origin, "%.*s", SAY_ARGS(origin));
    return s;
}

static void count(struct log_source *s)
{
    if (s)
        s->rows++;
}

static struct text endpoint_name(struct text origin)
{
    const char *slash = memrchr(origin.s, '/', origin.len);
    return slash ? (struct text){origin.s, (size_t)(slash - origin.s)} : origin;
}

/* Lines of one origin come in runs, so the last one is mostly meant again. */
static void count_rows(struct log_view *v)
{
    size_t rows = store_log(v->x->store, NULL);
    struct log_source *endpoint = NULL, *worker = NULL;
    for (size_t i = 0; i < rows; i++) {
        const struct log_line *line = store_log_line(v->x->store, i);
        v->sources[0].rows++;
        if (line->source == LINE_OWN && !v->endpoint[0])
            count(source_of(v, LOG_OWN, "", TEXT("")));
        if (line->source == LINE_SYSTEM)
            count(source_of(v, LOG_SYSTEM, "", TEXT("")));
        if (!line->endpoint_id || (v->endpoint[0] && strcmp(v->endpoint, line->endpoint_id) != 0))
            continue;
        if (!endpoint || strcmp(endpoint->endpoint, line->endpoint_id) != 0)
            endpoint = source_of(v, LOG_ENDPOINT, line->endpoint_id, endpoint_name(line->origin));
        if (!worker || strcmp(worker->endpoint, line->endpoint_id) != 0 ||
            !is_origin(worker->origin, line->origin))
            worker = source_of(v, LOG_WORKER, line->endpoint_id, line->origin);
        count(endpoint);
        count(worker);
    }
}

/* Endpoints by name, each before its workers. */
static int by_name(const void *a, const void *b)
{
    const struct log_source *x = a, *y = b;
    bool listed = x->kind >= LOG_ENDPOINT && y->kind >= LOG_ENDPOINT;
    if (!listed)
        return x->kind < y->kind ? -1 : x->kind > y->kind;
    size_t n = strcspn(x->origin, "/"), m = strcspn(y->origin, "/");
    int order = strncmp(x->origin, y->origin, n < m ? n : m);
    if (order == 0 && n != m)
        order = n < m ? -1 : 1;
    if (order == 0)
        order = strcmp(x->endpoint, y->endpoint);
    if (order == 0)
        order = x->kind < y->kind ? -1 : x->kind > y->kind;
    return order ? order : strcmp(x->origin, y->origin);
}

void log_view_source_open(struct log_view *v)
{
    v->source_count = 0;
    source_of(v, LOG_ALL, "", TEXT(""));
    if (!v->endpoint[0])
        source_of(v, LOG_OWN, "", TEXT(""));
    source_of(v, LOG_SYSTEM, "", TEXT(""));
    for (size_t i = 0; !v->endpoint[0] && i < store_endpoints(v->x->store); i++) {
        const struct endpoint *e = store_endpoint(v->x->store, i)->settings;
        if (v->source_count < LOG_SOURCES_MAX / 2) /* leave room for workers */
            source_of(v, LOG_ENDPOINT, e->id, e->name);
    }
    count_rows(v);
    qsort(v->sources, v->source_count, sizeof *v->sources, by_name);
    v->cursor = v->cursor_top = 0;
    for (size_t i = 0; i < v->source_count; i++)
        if (v->sources[i].kind == v->source.kind &&
            strcmp(v->sources[i].endpoint, v->source.endpoint) == 0 &&
            (v->source.kind != LOG_WORKER || strcmp(v->sources[i].origin, v->source.origin) == 0))
            v->cursor = i;
    v->choosing = true;
}

/* ---- keys ------------------------------------------------------------------------------------------ */

static void move(struct log_view *v, long by)
{
    long to = (long)v->cursor + by, last = (long)v->source_count - 1;
    v->cursor = (size_t)(to < 0 ? 0 : to > last ? last : to);
}

bool log_view_source_press(struct log_view *v, int32_t press)
{
    static const struct {
        int32_t press;
        long by;
    } moves[] = {{PRESS_UP, -1}, {'k', -1}, {PRESS_DOWN, 1}, {'j', 1}, {'S', 1},
        {PRESS_PAGE_UP, -10}, {PRESS_PAGE_DOWN, 10}, {PRESS_HOME, -LOG_SOURCES_MAX},
        {'g', -LOG_SOURCES_MAX}, {PRESS_END, LOG_SOURCES_MAX}, {'G', LOG_SOURCES_MAX}};
    for (size_t i = 0; i < sizeof moves / sizeof *moves; i++)
        if (moves[i].press == press) {
            move(v, moves[i].by);
            return true;
        }
    if (press == PRESS_ENTER) {
        v->source = v->sources[v->cursor];
        log_view_look_again(v);
    }
    v->choosing =
        press != PRESS_ENTER && press != PRESS_ESCAPE && press != 'q' && press != PRESS_CTRL('c');
    return press != PRESS_CTRL('l') && press != PRESS_CTRL('z'); /* these work everywhere */
}

/* ---- drawing --------------------------------------------------------------------------------------- */

static struct text words_of(const struct log_view *v, const struct log_source *s, struct arena *a)
{
    switch (s->kind) {
    case LOG_ALL:
        return v->endpoint[0] ? say_text(a, "all of %s", v->name) : TEXT("all sources");
    case LOG_OWN:
        return TEXT("Slipway itself");
    case LOG_SYSTEM:
        return TEXT("system lines: pulls, starts and ends of containers");
    case LOG_ENDPOINT:
        return say_text(a, "%s", s->origin);
    case LOG_WORKER:
        break;
    }
    const char *slash = strrchr(s->origin, '/');
    return say_text(a, "   %s", slash ? slash + 1 : s->origin);
}

static void draw_source(
    const struct log_view *v, size_t i, struct canvas *c, struct rect r, struct arena *a)
{
    char rows[SAY_MAX];
    const struct log_source *s = &v->sources[i];
    say_count(rows, (int64_t)s->rows);
    int width = r.w - (int)strlen(rows) - 3;
    canvas_text(c, r, r.x, r.y, 1, i == v->cursor ? TEXT("▸") : TEXT(" "), ROLE_CURSOR, 0);
    canvas_text_cut(c, r, r.x + 2, r.y, width, words_of(v, s, a), ROLE_NORMAL, 0);
    canvas_text_right(c, r, r.x + 2, r.y, r.w - 2, say_word(rows), ROLE_FAINT, 0);
    if (i == v->cursor)
        canvas_paint(c, r, ROLE_CURSOR, 0);
}

void log_view_source_draw(struct log_view *v, struct canvas *c, struct rect r)
{
    struct arena *a = arena_new(64 * 1024);
    if (!a)
        return;
    char number[SAY_MAX];
    say_count(number, (int64_t)v->cursor + 1);
    struct rect in = box_open(c, r, BOX_COLUMNS, (int)v->source_count + FRAME_ROWS,
        TEXT("Whose lines"), say_text(a, "%s of %zu", number, v->source_count));
    size_t rows = in.h > 0 ? (size_t)in.h : 1;
    if (v->cursor < v->cursor_top)
        v->cursor_top = v->cursor;
    if (v->cursor >= v->cursor_top + rows)
        v->cursor_top = v->cursor - rows + 1;
    for (size_t i = 0; i < rows && v->cursor_top + i < v->source_count; i++)
        draw_source(v, v->cursor_top + i, c, (struct rect){in.x, in.y + (int)i, in.w, 1}, a);
    arena_free(a);
}
