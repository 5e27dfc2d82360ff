/* 6 Logs: the rows of workers and of Slipway itself, merged by time. It follows the newest until somebody
 * scrolls up; then the screen stays as it is, by the top row's place in time, whatever arrives and whatever
 * the store lets go. With the focus, long lines are wrapped (W); without it they are cut.
 *
 * What passes (source, level, time window, filter) is kept as an index, what is searched for as another one
 * over it. Opened over the panes, or inside an opened endpoint, with an endpoint's id, it shows that
 * endpoint's lines alone.
 *
 *   log_view.c         its life, what passes, its actions
 *   log_view_words.c   title, note
 *   log_view_draw.c    drawing
 *   log_view_move.c    where one is
 *   log_view_search.c  searching
 *   log_view_source.c  choosing whose lines are shown */
#include "ui/log_view_internal.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WINDOW_STEP_MS = 10000 };

/* ---- which lines ----------------------------------------------------------------------------------- */

static bool in_window(void *arg, const struct log_line *line)
{
    const struct log_view *v = arg;
    return line->order_ms >= v->since_ms || line->at_ms >= v->since_ms;
}

static bool is_mine(const struct log_view *v, const struct log_line *line)
{
    size_t length = strlen(v->name);
    if (v->endpoint[0] == '\0')
        return true;
    if (line->endpoint_id)
        return strcmp(line->endpoint_id, v->endpoint) == 0;
    return line->origin.len >= length && memcmp(line->origin.s, v->name, length) == 0 &&
           (line->origin.len == length || line->origin.s[length] == '/');
}

static bool filter_passes(const struct filter *f, const struct log_line *line)
{
    const char *level = line_level_name(line->level), *source = line_source_name(line->source);
    const struct filter_field fields[] = {{"origin", line->origin},
        {"level", {level, strlen(level)}}, {"source", {source, strlen(source)}},
        {"text", line->line}};
    return !f || filter_matches(f, fields, sizeof fields / sizeof *fields);
}

static bool passes(void *arg, const struct log_line *line)
{
    const struct log_view *v = arg;
    return line->level >= v->least && is_mine(v, line) && log_view_is_of_source(v, line) &&
           in_window(arg, line) && filter_passes(v->filter, line);
}

static bool matches(void *arg, const struct log_line *line)
{
    const struct log_view *v = arg;
    return v->search && passes(arg, line) && filter_passes(v->search, line);
}

/* The window moves in steps: so it costs little, and what one sees does not change all the time. */
static void move_window(struct log_view *v)
{
    int64_t span = log_windows[v->window].ms;
    int64_t since = span ? store_wall_ms(v->x->store) - span : INT64_MIN;
    if (span)
        since -= since % WINDOW_STEP_MS;
    if (since == v->since_ms)
        return;
    bool wider = since < v->since_ms;
    v->since_ms = since;
    if (wider) {
        log_index_reset(&v->index);
        log_index_reset(&v->matches);
    } else {
        log_index_keep(&v->index, v->x->store, in_window, v);
        log_index_keep(&v->matches, v->x->store, in_window, v);
    }
}

/* Who stands still finds late rows below what is seen, not in between. */
void log_view_update(struct log_view *v)
{
    int64_t floor = v->follow || !v->drawn ? INT64_MIN : v->last.order_ms;
    move_window(v);
    log_index_update(&v->index, v->x->store, floor, passes, v);
    if (v->search)
        log_index_update(&v->matches, v->x->store, floor, matches, v);
}

void log_view_look_again(struct log_view *v)
{
    log_index_reset(&v->index);
    log_index_reset(&v->matches);
    v->drawn = false;
    log_view_let_go(v);
    v->changes++;
}

const struct log_line *log_view_line(const struct log_view *v, size_t place)
{
    uint64_t first;
    store_log(v->x->store, &first);
    return store_log_line(v->x->store, (size_t)(log_index_at(&v->index, place).number - first));
}

/* ---- life ------------------------------------------------------------------------------------------ */

static void release(void *arg)
{
    struct log_view *v = arg;
    if (!v)
        return;
    filter_free(v->filter);
    filter_free(v->search);
    log_index_release(&v->index);
    log_index_release(&v->matches);
    prompt_release(&v->prompt);
    log_view_let_go(v);
    free(v->sources);
    free(v);
}

static void *make(const struct view_context *x, const char *of)
{
    const struct endpoint_row *e = *of ? store_endpoint_by_id(x->store, of) : NULL;
    struct log_view *v = *of && !e ? NULL : calloc(1, sizeof *v);
    if (!v)
        return NULL;
    v->x = x;
    v->follow = v->wrap = true;
    v->least = *of ? LINE_DEBUG : LINE_INFO;
    v->since_ms = INT64_MIN;
    snprintf(v->endpoint, sizeof v->endpoint, "%s", of);
    if (e)
        snprintf(v->name, sizeof v->name, "%s", e->settings->name.s);
    v->sources = calloc(LOG_SOURCES_MAX, sizeof *v->sources);
    if (!prompt_init(&v->prompt) && v->sources)
        return v;
    release(v);
    return NULL;
}

/* ---- actions --------------------------------------------------------------------------------------- */

static void next_level(struct log_view *v)
{
    v->least = v->least == LINE_ERROR ? LINE_DEBUG : (enum line_level)(v->least + 1);
    log_view_look_again(v);
}

/* Who stands still stays at what stands at the top now. */
static void next_window(struct log_view *v)
{
    v->window = (v->window + 1) % LOG_WINDOWS;
    v->drawn = false;
    log_view_update(v);
}

static bool act(void *arg, enum action_id action)
{
    struct log_view *v = arg;
    long page = v->rows > 1 ? v->rows - 1 : 1;
    log_view_update(v);
    v->changes++;
    switch ((int)action) {
    case ACTION_UP:
        log_view_scroll(v, -1);
        return true;
    case ACTION_DOWN:
        log_view_scroll(v, 1);
        return true;
    case ACTION_PAGE_UP:
        log_view_scroll(v, -page);
        return true;
    case ACTION_PAGE_DOWN:
        log_view_scroll(v, page);
        return true;
    case ACTION_FIRST:
        log_view_scroll(v, LONG_MIN);
        return true;
    case ACTION_LAST:
        v->follow = true;
        return true;
    case ACTION_FOLLOW:
        v->follow = !v->follow;
        return true;
    case ACTION_LOG_LEVEL:
        next_level(v);
        return true;
    case ACTION_LOG_WRAP:
        v->wrap = !v->wrap;
        v->top_row = 0;
        return true;
    case ACTION_LOG_WINDOW:
        next_window(v);
        return true;
    case ACTION_LOG_SOURCE:
        log_view_source_open(v);
        return true;
    case ACTION_SEARCH:
        log_view_search_open(v);
        return true;
    case ACTION_NEXT_MATCH:
    case ACTION_PREVIOUS_MATCH:
        log_view_next_match(v, action == ACTION_NEXT_MATCH);
        return true;
    case ACTION_BACK:
        return log_view_search_clear(v);
    default:
        return false;
    }
}

static bool typing(void *arg)
{
    const struct log_view *v = arg;
    return v->choosing || v->searching;
}

static bool press(void *arg, int32_t key)
{
    struct log_view *v = arg;
    v->changes++;
    return v->choosing ? log_view_source_press(v, key) : log_view_search_press(v, key);
}

static bool paste(void *arg, const char *bytes, size_t n)
{
    struct log_view *v = arg;
    v->changes++;
    return v->searching && log_view_search_paste(v, bytes, n);
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
    log_view_look_again(v);
    return good;
}

/* The endpoint whose lines are shown: it is asked oftener then. */
static const char *target(void *arg)
{
    const struct log_view *v = arg;
    return v->endpoint[0] ? v->endpoint : v->source.endpoint;
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
    const struct log_view *v = arg;
    int64_t span = log_windows[v->window].ms;
    if (!span)
        return -1;
    int64_t past = (store_wall_ms(v->x->store) - span) % WINDOW_STEP_MS;
    return store_mono_ms(v->x->store) + WINDOW_STEP_MS - past;
}

const struct view_class view_logs = {
    .place = PLACE_LOGS,
    .make = make,
    .free = release,
    .title = log_view_title,
    .note = log_view_note,
    .draw = log_view_draw,
    .act = act,
    .typing = typing,
    .press = press,
    .paste = paste,
    .filter = set_filter,
    .target = target,
    .error = error,
    .version = version,
    .due = due,
};
