/* view_endpoint: the parts of the opened endpoint; for ui/view_endpoint*.c only. Each adds rows for what it
 * is about; view_endpoint.c says where they go. Thread: main. */
#ifndef SLIPWAY_UI_VIEW_ENDPOINT_H
#define SLIPWAY_UI_VIEW_ENDPOINT_H

#include "ui/chart.h"
#include "ui/opened.h"
#include "ui/why.h"

/* What one moves between with Tab, left and right. */
enum endpoint_section {
    SECTION_WHY,     /* what keeps its requests waiting, above what the next one shows */
    SECTION_WORKERS, /* with the past and the end of the log */
    SECTION_LOG,
    SECTION_SETTINGS,
    SECTION_RELEASES,
    SECTIONS
};

/* Where the cursor of the box can stand: a diagnosis with its evidence, a remedy, what was not read. */
struct why_stop {
    size_t first, last; /* rows */
    const char *id;     /* the diagnosis's; "" = what was not read */
    size_t nth, number; /* 0 = the diagnosis itself; its remedy, from 1; counted over all of them */
};
enum { WHY_STOPS_MAX = TRIAGE_DIAGNOSES_MAX * (TRIAGE_REMEDIES_MAX + 1) + 1 };

struct endpoint_why {
    struct lines *lines;
    struct why_stop stops[WHY_STOPS_MAX]; /* as drawn last */
    size_t stop_count, cursor;
    const char *at_id; /* where the cursor is: NULL = nobody has moved it */
    size_t at_nth;
    bool moved;       /* … since it was drawn */
    bool whole;       /* evidence in full, not cut */
    bool choosing;    /* the next press is the number of a remedy */
    int64_t asked_ms; /* wall: when somebody asked for it anew; -1 = not */
};

struct view_endpoint {
    struct opened o;    /* its rows: those of the section */
    struct lines *head; /* what is above all sections */
    struct lines *side; /* what is said below the charts */
    struct chart *waiting, *done;
    void *log; /* of view_logs; NULL when memory was out */
    struct endpoint_why why;
    enum endpoint_section section;
    bool turned;  /* somebody chose the section */
    bool scrolls; /* the section's rows did not all fit when they were drawn last */
};

/* NULL = it is gone, or (of the detail) not read yet. */
const struct endpoint_row *view_endpoint_row(const struct view_endpoint *v);
const struct endpoint_detail *view_endpoint_detail(const struct view_endpoint *v);

/* view_endpoint_head.c: how it is, and what it is, in as few rows as that takes. */
void view_endpoint_state(
    struct lines *l, const struct view_endpoint *v, const struct endpoint_row *e);
void view_endpoint_facts(
    struct lines *l, const struct view_endpoint *v, const struct endpoint_row *e);
/* "ADA_24, ADA_48_PRO ×2" */
struct text view_endpoint_pools(struct arena *a, const struct endpoint *e);

/* view_endpoint_why.c: the box: certainty, evidence, remedies, what was not read. */
void view_endpoint_why_rows(struct view_endpoint *v, int width, bool with_state);
int view_endpoint_why_height(struct view_endpoint *v, int width, int most);
void view_endpoint_why(struct view_endpoint *v, struct canvas *c, struct rect r, bool focused);
/* The rows alone, without a frame: lines are built already. */
void view_endpoint_why_bare(struct view_endpoint *v, struct canvas *c, struct rect r, bool focused);

/* view_endpoint_outcome.c: what was changed last, and whether it has helped; nothing where nothing was */
void view_endpoint_outcome(struct lines *l, const struct view_endpoint *v);

/* view_endpoint_remedy.c: what keys do there */
bool view_endpoint_why_act(struct view_endpoint *v, enum action_id action);
bool view_endpoint_why_press(struct view_endpoint *v, int32_t press);

/* view_endpoint_workers.c */
void view_endpoint_workers(
    struct lines *l, const struct view_endpoint *v, const struct endpoint_row *e);
/* "2 running · 1 idle", what is wrong first; "none", "…". */
struct text view_endpoint_worker_count(struct arena *a, const struct endpoint_row *e);

/* view_endpoint_history.c: the last hour and how long requests take, drawn into a rect; its charts
 * below each other (`stacked`) or side by side. `height` is what there is in all. */
int view_endpoint_history_rows(struct view_endpoint *v, int width, int height, bool stacked);
void view_endpoint_history(struct view_endpoint *v, struct canvas *c, struct rect r, bool stacked);
/* The same without charts, as rows. */
void view_endpoint_times(
    struct lines *l, const struct view_endpoint *v, const struct endpoint_row *e, bool stacked);

/* view_endpoint_settings.c, view_endpoint_releases.c */
void view_endpoint_settings(
    struct lines *l, const struct view_endpoint *v, const struct endpoint_row *e);
void view_endpoint_releases(
    struct lines *l, const struct view_endpoint *v, const struct endpoint_row *e);
/* "1 of 3 workers are on v5"; empty when no rollout is seen. */
struct text view_endpoint_rollout(struct arena *a, const struct view_endpoint *v);
/* Why there is nothing or something old: "not read yet" or how old it is, and what could not be read. */
void view_endpoint_read(struct lines *l, const struct view_endpoint *v);

#endif
