/* What the files of the log view share; for ui/log_view*.c only. */
#ifndef SLIPWAY_UI_LOG_VIEW_INTERNAL_H
#define SLIPWAY_UI_LOG_VIEW_INTERNAL_H

#include "model/filter.h"
#include "ui/log_index.h"
#include "ui/prompt.h"
#include "ui/views.h"

enum { LOG_NAME_MAX = 128, LOG_SOURCES_MAX = 512 };

/* Whose lines are shown. */
enum log_source_kind { LOG_ALL, LOG_OWN, LOG_SYSTEM, LOG_ENDPOINT, LOG_WORKER };

struct log_source {
    enum log_source_kind kind;
    char endpoint[ENDPOINT_ID_MAX]; /* LOG_ENDPOINT, LOG_WORKER */
    char origin[LOG_NAME_MAX];      /* of the endpoint "legal", of a worker "legal/8g3n" */
    size_t rows;                    /* that the store has of it */
};

/* A row of the screen: so many rows below the top of a line that is wrapped. */
struct log_spot {
    size_t place;
    int row;
};

/* What a person reads who stands still, copied: it stays on the screen though the store lets it go. */
struct log_held {
    struct arena *arena; /* owned; NULL = nothing */
    struct log_line *lines;
    size_t count;
    struct log_place top; /* of the first */
};

struct log_columns {
    int origin, text; /* widths */
    int text_x;
    bool level, wrap;
};

struct log_view {
    const struct view_context *x;
    char endpoint[ENDPOINT_ID_MAX]; /* whose lines alone it was opened for; "" = all */
    char name[LOG_NAME_MAX];        /* its name */

    /* what passes */
    struct log_source source;
    enum line_level least;
    size_t window;    /* log_windows */
    int64_t since_ms; /* wall; rows before it are left out */
    struct filter *filter;
    char typed[FILTER_BYTES_MAX + 1];
    struct log_index index;

    /* what is looked for in it */
    struct filter *search;
    char sought[FILTER_BYTES_MAX + 1];
    struct log_index matches;
    bool has_found;
    struct log_place found; /* the match that n and N go on from */

    /* where one is */
    bool follow, wrap;
    struct log_place top; /* the first line shown, when not following */
    int top_row;          /* … and how many of its rows are above the edge */

    /* what was drawn last */
    bool drawn, focused;
    struct log_columns columns;
    int width, rows;
    size_t first, end; /* places, end behind the last */
    struct log_place last;
    struct log_held held;
    bool gone; /* what is shown is only held any more */

    /* what stands over it */
    bool choosing, searching;
    struct log_source *sources; /* to choose from; owned */
    size_t source_count, cursor, cursor_top;
    struct prompt prompt;

    uint64_t changes;
};

/* log_view.c */
void log_view_update(struct log_view *v);
void log_view_look_again(struct log_view *v); /* what passes has changed */
const struct log_line *log_view_line(const struct log_view *v, size_t place);

/* log_view_words.c: title, note, and what is said where no line is */
struct text log_view_title(void *v, struct arena *a);
struct text log_view_note(void *v, struct arena *a);
struct text log_view_nothing(struct log_view *v, struct arena *a);

/* log_view_draw.c */
void log_view_let_go(struct log_view *v); /* of what is held */
void log_view_draw(void *v, struct canvas *c, struct rect r, bool focused, bool compact);
/* Rows that the line takes as it was drawn last. */
int log_view_height(const struct log_view *v, size_t place);

/* log_view_move.c */
struct log_spot log_view_last_spot(const struct log_view *v); /* from which the end is seen */
/* Where the first row is to be drawn. */
struct log_spot log_view_top_spot(struct log_view *v);
void log_view_scroll(struct log_view *v, long rows);
void log_view_to(struct log_view *v, struct log_place place); /* brings it into sight */

/* log_view_search.c */
void log_view_search_open(struct log_view *v);
bool log_view_search_press(struct log_view *v, int32_t press);
bool log_view_search_paste(struct log_view *v, const char *bytes, size_t n);
bool log_view_search_clear(struct log_view *v); /* false when there was none */
void log_view_next_match(struct log_view *v, bool forward);
/* The match one is at, from 1; 0 = at none. */
size_t log_view_match_number(const struct log_view *v);

/* log_view_source.c */
bool log_view_is_of_source(const struct log_view *v, const struct log_line *line);
void log_view_source_open(struct log_view *v);
bool log_view_source_press(struct log_view *v, int32_t press);
void log_view_source_draw(struct log_view *v, struct canvas *c, struct rect r);

/* log_view_words.c: the spans of time that can be shown */
struct log_window {
    int64_t ms; /* 0 = all */
    const char *words;
};
enum { LOG_WINDOWS = 5 };
extern const struct log_window log_windows[LOG_WINDOWS];

#endif
