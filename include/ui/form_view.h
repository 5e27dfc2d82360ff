/* form_view: what the opened forms share: a form on top, a live part below it that tells what the values
 * would mean, and handing them over. For view_*_form.c only.
 *
 * What is handed over to the host (ACTION_UPLOAD, ACTION_DEPLOY) are texts by these names; an empty text
 * means "not said", and stands for the default:
 *   upload   folder, repo, private and mend-readme ("yes"/"no"), message, revision, base-model, exclude,
 *            include, limit-rate; job
 *   deploy   repo, revision, name, image, gpu, gpus-per-worker, max-model-len, min, max, idle, env, budget; job
 * job is there only when the form was opened from a training job, or from what came of one. */
#ifndef SLIPWAY_UI_FORM_VIEW_H
#define SLIPWAY_UI_FORM_VIEW_H

#include "ui/form.h"
#include "ui/opened.h"

struct form_view;

struct form_kind {
    const char *name;  /* of remembered values: "upload" → host->recall("upload.folder"); NULL = none */
    const char *title; /* of the frame */
    enum place place;
    enum action_id action;
    const struct form_field *fields;
    size_t count;
    /* Fills what is known at the beginning from `id` (may be empty). */
    void (*fill)(struct form_view *v, const char *id);
    /* A field was changed by the person. */
    void (*changed)(struct form_view *v, const char *field);
    /* News came in: choices may be others now. May be NULL. */
    void (*refresh)(struct form_view *v);
    /* Whether all fits together; complains otherwise. */
    bool (*check)(struct form_view *v);
    /* The value to hand over, when it is not the field's own. May be NULL. */
    struct text (*value)(const char *field, struct text value);
    /* Whether this value is handed over at all, and as what. May be NULL: all are. */
    bool (*sends)(struct form_view *v, const char *field, struct text *value);
    /* The live part. */
    void (*below)(struct form_view *v, struct lines *l);
    /* What Enter does, when it is not “shows the plan first”. May be NULL. */
    const char *(*enter)(const struct form_view *v);
};

struct form_view {
    struct opened o;
    const struct form_kind *kind;
    struct form *form;
    char job[JOB_ID_MAX];
    bool own_name; /* what is proposed from another field was edited and stays as it is */
    uint64_t seen; /* the store's versions at the last refresh */
    struct arena *kept; /* of `began`; made when it is needed */
    struct text began[FORM_FIELDS_MAX]; /* in the kind's order */
};

void *form_view_make(const struct form_kind *kind, const struct view_context *x, const char *id);
/* Functions of a view_class. */
void form_view_free(void *v);
struct text form_view_title(void *v, struct arena *a);
struct text form_view_note(void *v, struct arena *a);
void form_view_draw(void *v, struct canvas *c, struct rect r, bool focused, bool compact);
bool form_view_typing(void *v);
bool form_view_press(void *v, int32_t press);
bool form_view_paste(void *v, const char *bytes, size_t n);
uint64_t form_view_version(void *v);

#define FORM_VIEW_CLASS(place_, make_)                                                             \
    {                                                                                              \
        .place = place_, .make = make_, .free = form_view_free, .title = form_view_title,          \
        .note = form_view_note, .draw = form_view_draw, .act = opened_act,                         \
        .typing = form_view_typing, .press = form_view_press, .paste = form_view_paste,            \
        .target = opened_target, .version = form_view_version,                                     \
    }

/* Sets a field to what is there already, and remembers that. */
void form_view_begin(struct form_view *v, const char *field, struct text value);
/* What it was set to so; empty = nothing. */
struct text form_view_began(const struct form_view *v, const char *field);
bool form_view_is_changed(const struct form_view *v, const char *field);

/* OWNER/NAME as the Hub takes it. */
bool form_view_is_repo(struct text t);
/* Of any words a name that the Hub takes, in lower case: "Support v7!" → "support-v7". */
struct text form_view_slug(struct arena *a, struct text words);
/* OWNER/NAME of a Hub address or of OWNER/NAME itself; empty when it is neither. */
struct text form_view_repo_of(struct arena *a, struct text url);

#endif
