/* view: what a pane and an opened view have in common. The screen owns views, hands them actions and
 * room; a view reads the store and never changes it.
 *
 * What a view cannot do itself it asks for: of the screen through struct view_context (open another
 * view, show a message), of the app through the host's intents.
 *
 * Thread: main. */
#ifndef SLIPWAY_UI_VIEW_H
#define SLIPWAY_UI_VIEW_H

#include "base/json.h"
#include "model/store.h"
#include "ui/action.h"
#include "ui/canvas.h"

struct form_value {
    const char *name; /* the field's, static */
    struct text value;
};

/* What only the app can do. Everything is borrowed during the call. */
struct intent {
    enum action_id action;
    enum place place;                /* from where */
    const char *id;                  /* of the row or opened thing; "" = none */
    const struct form_value *values; /* of a form */
    size_t value_count;
    struct text text; /* ACTION_SAY: what was typed; ACTION_COPY: what to copy */
    /* ACTION_REMEDY: `id` is the endpoint; what is asked of an OPERATION_CHANGE (triage_remedy.asked). */
    const struct json *asked;
};

/* What a form field may be completed from. */
enum completion { COMPLETE_NONE, COMPLETE_FOLDER, COMPLETE_REPO };

/* A conversation that the chat view shows; the app owns it and fills it (app/chats.h). */
struct chat_turn {
    struct text question, answer; /* blocks */
    struct err error;
    bool streaming;
    int64_t first_token_ms, took_ms, tokens_in, tokens_out; /* -1 = unknown */
    double cost;                                            /* $, an estimate; NAN = unknown */
    struct text note; /* "waiting for a worker (cold start) · 41 s"; may be empty */
};
struct chat_log {
    const struct chat_turn *turns;
    size_t count;
    uint64_t version;
};

struct host {
    void *arg;
    void (*act)(void *arg, const struct intent *intent);
    /* Candidates for what was typed, at most `max`, texts in the arena; returns how many. */
    size_t (*complete)(void *arg, enum completion what, struct text typed, struct arena *a,
        struct text *out, size_t max);
    /* Why the value of a field of this kind cannot do: one sentence, static; NULL = it can. The pointer
     * may be NULL: nothing is refused then. */
    const char *(*refuse)(void *arg, enum completion what, struct text value);
    /* The conversation with an endpoint; count 0 when there is none yet. Borrowed until main returns to
     * its loop. */
    struct chat_log (*chat)(void *arg, const char *endpoint_id);
    /* The user looks at this endpoint ("" = at none): poll it oftener. */
    void (*focus)(void *arg, const char *endpoint_id);
    /* The user has these endpoints before his eyes; told whenever they are others. May be NULL. */
    void (*visible)(void *arg, const char *const *endpoint_ids, size_t count);
    /* The user looks at requests: of this endpoint ("" = of none), and at this one ("" = at none). Told
     * whenever it may have changed. May be NULL. */
    void (*look)(void *arg, const char *endpoint_id, const char *request_id);
    /* Asks anew why this endpoint's requests wait, with all that takes (model/triage.h); what is found
     * comes as news. May be NULL. */
    void (*triage)(void *arg, const char *endpoint_id);
    /* Something that came to pass, for the log: an endpoint is stuck (`bad`), or not any more. May be NULL. */
    void (*note)(void *arg, bool bad, struct text sentence);
    /* A remembered value for a form's field ("upload.folder" …), in the arena; empty = none. */
    struct text (*recall)(void *arg, const char *name, struct arena *a);
    /* Gives the terminal to the person's editor with the JSON of a test request; what a form's field may
     * hold of it comes back in the arena: JSON on one line, or "@FILE" where it is longer than `most`. It
     * may be no JSON. -1 when there is none. NULL: there is no editor. */
    int (*edit)(void *arg, struct text initial, size_t most, struct arena *a, struct text *out,
        struct err *e);
};

struct view_context {
    const struct store *store;
    const struct action_table *actions;
    const struct host *host;
    bool ascii, read_only;
    int64_t began_ms; /* wall: what was over before is history, and no alert */
    /* Whether somebody has seen that this operation went wrong, and put it away (ACTION_DISMISS); NULL =
     * never. `dismissals` changes with it. */
    bool (*dismissed)(const struct view_context *x, const char *operation_id);
    uint64_t dismissals;
    void *screen; /* the screen's own */
    /* Opens a view over this one; `id` is copied. `from` (may be NULL) is a record id a form fills itself
     * from, e.g. a job or an upload. */
    void (*open)(const struct view_context *x, enum place place, const char *id);
    void (*close)(const struct view_context *x); /* the top one, i.e. the caller */
    void (*say)(const struct view_context *x, struct text sentence, enum role role); /* a toast */
    /* Does an action of the table to this one, whatever row is meant: asked first by its class. May be
     * NULL. */
    void (*ask)(const struct view_context *x, enum action_id action, const char *id);
    void (*explain)(const struct view_context *x, const struct err *error); /* `e`: the details */
    /* Jumps to a pane of the overview and puts its cursor on the row. */
    void (*show)(const struct view_context *x, enum place pane, const char *id);
};

/* One kind of view. `v` is what `make` returned. */
struct view_class {
    enum place place;
    /* id: of what; "" for panes. NULL when memory is out or the thing is not there. */
    void *(*make)(const struct view_context *x, const char *id);
    void (*free)(void *v);
    /* Title and note of its frame, in the arena. */
    struct text (*title)(void *v, struct arena *a);
    struct text (*note)(void *v, struct arena *a);
    /* Draws into r. compact: title is there already, at most two rows, no column titles, no cursor. */
    void (*draw)(void *v, struct canvas *c, struct rect r, bool focused, bool compact);
    /* Does an action of the screen's kind (moving, filter …); false = not mine. NULL = none. */
    bool (*act)(void *v, enum action_id action);
    /* While it returns true, presses go to `press` first and letters are typed. NULL = never. */
    bool (*typing)(void *v);
    bool (*press)(void *v, int32_t press); /* false = not mine: the action table has its turn */
    bool (*paste)(void *v, const char *bytes, size_t n);
    /* What was typed behind `/` changed; false and *why when it cannot be understood. NULL: has no filter. */
    bool (*filter)(void *v, struct text typed, struct err *why);
    const char *(*target)(void *v);      /* id for intents; "" = none */
    const struct err *(*error)(void *v); /* the error at hand, NULL = none */
    uint64_t (*version)(void *v);        /* changes when what it shows changed */
    /* When what it shows changes by itself (ages): monotonic ms; -1 = never. NULL = never. */
    int64_t (*due)(void *v);
};

/* The table of all kinds, by place (ui/views.c). NULL where a place has none. */
const struct view_class *view_class_of(enum place place);

#endif
