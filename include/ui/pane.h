/* pane: what the five panes with rows have in common: a table, its filter, and what is said when there
 * is nothing to show. A pane of its own is a `struct pane_kind` and a handful of functions
 * (ui/pane_jobs.c …). For ui/pane*.c and the screen. Thread: main. */
#ifndef SLIPWAY_UI_PANE_H
#define SLIPWAY_UI_PANE_H

#include "model/filter.h"
#include "ui/table.h"
#include "ui/view.h"

enum { PANE_FIELDS_MAX = 12 };

struct pane_view;

struct pane_kind {
    const char *title;  /* "1 Training jobs" */
    enum source source; /* whose data it is; SOURCES = our own */
    size_t size;        /* of the pane's struct, which begins with a struct pane_view */
    const struct table_column *columns;
    size_t column_count;
    bool untitled;    /* no column titles */
    enum place opens; /* what Enter opens, unless `open` says otherwise */

    size_t (*rows)(void *pane);
    uint64_t (*version)(void *pane); /* of the rows and their cells */
    void (*id)(void *pane, size_t row, char out[TABLE_ID_MAX]);
    void (*cell)(void *pane, size_t row, size_t column, struct table_cell *out);
    bool (*attention)(void *pane, size_t row); /* NULL = none */
    size_t (*fields)(void *pane, size_t row, struct filter_field fields[PANE_FIELDS_MAX]);
    /* For panes of very many rows, as a table_source has them; NULL = none. */
    size_t (*changes)(void *pane, struct table_change *out, size_t max);
    bool (*key)(void *pane, size_t row, size_t column, struct table_key *out);
    /* "1 running · 14" */
    struct text (*note)(void *pane, struct arena *a);
    /* What would be here, and how it comes. */
    struct text (*empty)(void *pane, struct arena *a);
    enum place (*open)(void *pane, const char *id); /* NULL: `opens` */
    int64_t (*due)(void *pane);                     /* NULL = -1 */
    /* Draws beside the table; returns the room left for it. NULL = nothing. */
    struct rect (*beside)(void *pane, struct canvas *c, struct rect r, bool compact);
    void (*release)(void *pane); /* NULL = nothing of its own */
};

struct pane_view {
    const struct pane_kind *kind;
    const struct view_context *x;
    struct table *table;
    struct filter *filter;
    char typed[FILTER_BYTES_MAX + 1];
    char wanted[TABLE_ID_MAX]; /* the row to go to as soon as it is there; "" = none */
    char target[TABLE_ID_MAX];
    struct err error;
    uint64_t changes;
};

/* The functions of a view_class, but for `make`. */
void *pane_make(const struct pane_kind *kind, const struct view_context *x);
void pane_free(void *v);
struct text pane_title(void *v, struct arena *a);
struct text pane_note(void *v, struct arena *a);
void pane_draw(void *v, struct canvas *c, struct rect r, bool focused, bool compact);
bool pane_act(void *v, enum action_id action);
bool pane_filter(void *v, struct text typed, struct err *why);
const char *pane_target(void *v);
const struct err *pane_error(void *v);
uint64_t pane_version(void *v);
int64_t pane_due(void *v);

/* Puts the cursor on a row, at once or when it appears. */
void pane_select(void *v, const char *id);
/* The marked rows that are shown, at most `max`; returns how many there are. */
size_t pane_marked(void *v, char (*ids)[TABLE_ID_MAX], size_t max);
/* The ids of the rows drawn last, at most `max`; returns how many. */
size_t pane_visible(void *v, char (*ids)[TABLE_ID_MAX], size_t max);
/* Rows that need attention now, but for operations that nobody needs to see to any more. */
size_t pane_alerts(void *v);
bool pane_is_alert(void *v, const char *id);

#define PANE_CLASS(place_, make_)                                                                  \
    {                                                                                              \
        .place = place_, .make = make_, .free = pane_free, .title = pane_title, .note = pane_note, \
        .draw = pane_draw, .act = pane_act, .filter = pane_filter, .target = pane_target,          \
        .error = pane_error, .version = pane_version, .due = pane_due,                             \
    }

/* What cells are made of. */
void cell_text(struct table_cell *cell, struct text t, enum role role);
void cell_word(struct table_cell *cell, const char *ascii, enum role role); /* static, ours */
void cell_unknown(struct table_cell *cell);                                 /* "—" */
/* A number as it was put into words, "—" faint. */
void cell_number(struct table_cell *cell, double number, const char *words);

/* When a text that counts seconds (under an hour) or minutes changes next: monotonic ms. */
int64_t pane_next_tick(const struct store *s, int64_t age_ms);

#endif
