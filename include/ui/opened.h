/* opened: what the opened views share; for view_….c only. Each view's struct begins with a struct
 * opened, so that the functions here that take a `void *` can stand in its view_class. */
#ifndef SLIPWAY_UI_OPENED_H
#define SLIPWAY_UI_OPENED_H

#include "ui/lines.h"
#include "ui/view.h"

enum { OPENED_ID_MAX = 96, OPENED_SIGN_COLUMN = 1, OPENED_TEXT_COLUMN = 3 };

struct opened {
    const struct view_context *x; /* borrowed: the screen outlives its views */
    char id[OPENED_ID_MAX];
    struct lines *lines;
    uint64_t own; /* counts what the view changed by itself */
};

/* 0, or -1 when memory is out or the id is too long: then nothing is to be released. */
int opened_init(struct opened *o, const struct view_context *x, const char *id);
void opened_release(struct opened *o);

/* For view_class: scrolling, the id, the next full second (for ages). */
bool opened_act(void *v, enum action_id action);
const char *opened_target(void *v);
int64_t opened_due(void *v);

/* A version that changes with the parts (1u << STORE_…) and with `own`. */
uint64_t opened_version(const struct opened *o, unsigned parts);

/* Starts the rows for r; opened_draw shows them. */
struct lines *opened_begin(struct opened *o, struct rect r);

/* ---- rows that several views have ---- */

/* "✓ done  note" with the sign in its role. */
void opened_state(
    struct lines *l, struct text sign, struct text word, struct text note, enum role role);
/* The error and what to do; nothing when there is none. */
void opened_error(struct lines *l, const struct err *e);
/* "R resume" as hints look; nothing when the table has no such action or key. */
void opened_key(struct lines *l, const struct view_context *x, enum action_id id, const char *word);
/* When a source is not all right: why what is shown may be old. */
void opened_source(struct lines *l, const struct store *s, enum source source);

/* ---- words ---- */

/* The first `n` characters of an id and "…". */
struct text opened_short(struct arena *a, const char *id, size_t n);
/* "2h ago" of a wall time; "—" when it is unknown. */
struct text opened_ago(struct arena *a, const struct store *s, int64_t wall_ms);
/* "Uploads ▸ acme/support-v7" */
struct text opened_title(struct arena *a, const char *pane, struct text name);
/* Whether going on with an operation is of use: not where what was asked for is itself wrong. */
bool opened_can_resume(const struct operation *o);
/* Whether it went wrong, or was interrupted, so that somebody has to see to it. */
bool opened_went_wrong(const struct operation *o);
/* Whether it was over before the program began. */
bool opened_is_history(const struct view_context *x, const struct operation *o);
/* Whether an upload's repository is known to be public: before it was looked at nothing is known. */
bool opened_is_public(const struct operation *upload);
bool opened_is(struct text t, const char *word);
bool opened_same(struct text a, struct text b);
/* How a training job's status (spec/database.md) looks. */
struct text opened_job_sign(struct text status, enum role *role);

#endif
