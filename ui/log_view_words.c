/* What the frame says: whose lines, from which level, of which time; and where in them one is. The note
 * leaves out what has no room, the least important first. */
#include "ui/log_view_internal.h"

#include "ui/say.h"

#include <string.h>

enum { FRAME_COLUMNS = 4 /* air around both texts, and some line between them */ };

const struct log_window log_windows[LOG_WINDOWS] = {{0, ""}, {5 * 60000, "last 5 min"},
    {15 * 60000, "last 15 min"}, {60 * 60000, "last hour"}, {24 * 60 * 60000, "last 24 h"}};

static struct text source_words(const struct log_view *v, struct arena *a)
{
    switch (v->source.kind) {
    case LOG_OWN:
        return TEXT("slipway itself");
    case LOG_SYSTEM:
        return v->endpoint[0] ? say_text(a, "%s, system lines", v->name) : TEXT("system lines");
    case LOG_ENDPOINT:
    case LOG_WORKER:
        return say_text(a, "%s", v->source.origin);
    case LOG_ALL:
        break;
    }
    return v->endpoint[0] ? say_text(a, "%s", v->name) : TEXT("all sources");
}

struct text log_view_title(void *arg, struct arena *a)
{
    struct log_view *v = arg;
    const char *window = log_windows[v->window].words;
    return say_text(a, "%s%s · %s%s%s%s%s", v->endpoint[0] ? "Logs ▸ " : "6 Logs ─ ",
        source_words(v, a).s, line_level_name(v->least), v->least < LINE_ERROR ? "+" : "",
        *window ? " · " : "", window, v->follow ? " · following" : "");
}

/* ---- the note -------------------------------------------------------------------------------------- */

static struct text lost_words(const struct log_view *v, struct arena *a)
{
    char number[SAY_MAX];
    uint64_t lost = store_log_dropped(v->x->store);
    if (lost == 0)
        return TEXT("");
    say_count(number, (int64_t)lost);
    return say_text(a, "%s line%s lost", number, lost == 1 ? "" : "s");
}

static struct text search_words(const struct log_view *v, struct arena *a)
{
    char at[SAY_MAX], of[SAY_MAX];
    size_t count = log_index_count(&v->matches), number = log_view_match_number(v);
    if (!v->search)
        return TEXT("");
    say_count(at, (int64_t)number);
    say_count(of, (int64_t)count);
    return number > 0 ? say_text(a, "found %s of %s", at, of) : say_text(a, "found %s", of);
}

static struct text filter_words(const struct log_view *v, struct arena *a)
{
    char number[SAY_MAX];
    size_t count = log_index_count(&v->index);
    if (!v->typed[0])
        return TEXT("");
    say_count(number, (int64_t)count);
    return say_text(a, "/%s · %s line%s", v->typed, number, count == 1 ? "" : "s");
}

/* Who follows sees the end; then it is enough how many there are, and only where one looks. */
static struct text place_words(const struct log_view *v, struct arena *a)
{
    char first[SAY_MAX], end[SAY_MAX], of[SAY_MAX];
    size_t count = log_index_count(&v->index);
    say_count(of, (int64_t)count);
    if (!v->drawn || count == 0 || (v->follow && (!v->focused || v->typed[0])))
        return TEXT("");
    if (v->follow)
        return say_text(a, "%s line%s", of, count == 1 ? "" : "s");
    if (v->gone)
        return TEXT("older than what is kept");
    say_count(first, (int64_t)v->first + 1);
    say_count(end, (int64_t)v->end);
    return say_text(a, "%s–%s of %s", first, end, of);
}

struct text log_view_note(void *arg, struct arena *a)
{
    struct log_view *v = arg;
    log_view_update(v);
    struct text place = place_words(v, a), none = TEXT("");
    const struct text parts[] = {v->follow ? none : place, lost_words(v, a), search_words(v, a),
        v->follow ? place : none, filter_words(v, a)};
    int room = v->width - (int)text_width(log_view_title(v, a)) - FRAME_COLUMNS;
    struct text note = TEXT("");
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        struct text with = say_text(
            a, "%s%s%s", parts[i].s, note.len > 0 && parts[i].len > 0 ? " · " : "", note.s);
        if (parts[i].len > 0 && (v->width == 0 || (int)text_width(with) <= room))
            note = with;
    }
    return note;
}

/* ---- nothing --------------------------------------------------------------------------------------- */

struct text log_view_nothing(struct log_view *v, struct arena *a)
{
    char level[SAY_MAX], source[SAY_MAX], window[SAY_MAX];
    say_key(level, v->x->actions, ACTION_LOG_LEVEL);
    say_key(source, v->x->actions, ACTION_LOG_SOURCE);
    say_key(window, v->x->actions, ACTION_LOG_WINDOW);
    if (store_log(v->x->store, NULL) == 0)
        return TEXT(
            "Nothing logged yet. Lines of workers appear here as soon as one runs, and what "
            "Slipway itself does.");
    if (v->typed[0])
        return say_text(a, "No line passes /%s. Esc shows all.", v->typed);
    if (v->window)
        return say_text(
            a, "No line of the %s: %s changes the time.", log_windows[v->window].words, window);
    if (v->source.kind != LOG_ALL)
        return say_text(a, "No line of %s from level %s on: %s changes the source, %s the level.",
            source_words(v, a).s, line_level_name(v->least), source, level);
    if (v->endpoint[0] && v->least == 0)
        return TEXT("No line of this endpoint's workers yet. They come while a worker is up.");
    if (v->endpoint[0])
        return say_text(a,
            "No line of this endpoint's workers of this level yet. They come while a worker is up; "
            "%s changes the level.",
            level);
    return say_text(a, "No line of this level: %s changes the level.", level);
}
