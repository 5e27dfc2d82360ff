/* What the files of the screen share; for screen*.c only. */
#ifndef SLIPWAY_UI_SCREEN_INTERNAL_H
#define SLIPWAY_UI_SCREEN_INTERNAL_H

#include "model/filter.h"
#include "ui/confirm.h"
#include "ui/help.h"
#include "ui/layout.h"
#include "ui/palette.h"
#include "ui/prompt.h"
#include "ui/screen.h"
#include "ui/table.h"
#include "ui/toast.h"

enum { OPENED_MAX = 8, SCREEN_BULK_MAX = 64, SCREEN_STUCK_MAX = 256 };

/* A pane or an opened view. */
struct shown {
    const struct view_class *class;
    void *v;
    char id[TABLE_ID_MAX];
    char filter[FILTER_BYTES_MAX + 1];
    uint64_t since; /* drawings when it was opened */
    struct shown *next;
};

enum overlay {
    OVERLAY_NONE,
    OVERLAY_HELP,
    OVERLAY_PALETTE,
    OVERLAY_FILTER,
    OVERLAY_LOOK_UP,
    OVERLAY_CONFIRM,
    OVERLAY_DETAILS
};

struct known_operation {
    char id[OPERATION_ID_MAX];
    enum operation_state state;
    bool dismissed; /* in this state */
};

struct screen {
    struct screen_options options; /* profile and demo are copies */
    struct view_context x;
    struct shown panes[PANES];
    enum pane focus;
    bool zoomed;
    struct shown *opened[OPENED_MAX];
    size_t opened_count;
    struct shown *closed; /* freed when no view is at work any more */
    bool busy;            /* one is: a press is being dealt with */

    enum overlay overlay;
    struct help help;
    struct palette palette;
    struct prompt filter, look_up;
    struct confirm confirm;
    struct err details;
    struct toasts toasts;
    struct err last_error; /* of what was told last; ERR_NONE = none */
    bool paused;

    /* what an intent that is being confirmed is about */
    char (*bulk)[TABLE_ID_MAX];
    size_t bulk_count;

    /* what was drawn last */
    uint64_t changes, drawn_changes, drawn_stamp, draws;
    int64_t drawn_due;

    /* what was told already */
    uint64_t outcome_seen, operations_seen;
    struct known_operation *known;
    size_t known_count;
    char (*stuck)[ENDPOINT_ID_MAX]; /* those that were told to be so */
    size_t stuck_count;
    uint64_t endpoints_seen;
    char asking[OPERATION_ID_MAX]; /* to be opened as soon as nobody types; "" = none */
    char looked_at[ENDPOINT_ID_MAX];
    uint64_t visible; /* a number made of the endpoints' ids that the host was told of */
};

/* screen.c */
struct shown *screen_top(struct screen *s); /* the top view, or the pane with the focus */
bool screen_typing(struct screen *s);
const char *screen_target(struct screen *s); /* "" = none */
void screen_say(struct screen *s, struct text sentence, enum role role);
void screen_say_error(struct screen *s, const struct err *e);

/* screen_open.c */
void screen_open(struct screen *s, enum place place, const char *id);
void screen_close(struct screen *s);
void screen_close_all(struct screen *s);
void screen_bury(struct screen *s); /* frees what was closed */
void screen_show(struct screen *s, enum place pane, const char *id);
void screen_focus(struct screen *s, enum pane pane);
void screen_explain(struct screen *s, const struct err *e);
/* Tells the host at which endpoint one looks. */
void screen_look(struct screen *s);
/* The endpoint that the target is or is served by; "" = none. */
const char *screen_endpoint_of(struct screen *s);

/* screen_do.c */
void screen_do(struct screen *s, const struct action *action);
/* Why an action would do nothing now, as a sentence; NULL = it would. */
const char *screen_refuses(struct screen *s, const struct action *action);
/* The same of an operation (NULL = there is none) and what is done to one. */
const char *screen_refuses_operation(
    const struct screen *s, const struct operation *o, enum action_id id);
/* What went wrong with what one looks at; NULL = nothing. */
const struct err *screen_own_error(struct screen *s);

/* screen_intent.c */
void screen_intend(struct screen *s, const struct action *action); /* asks first where it must */
/* The same of one that a view names. */
void screen_intend_for(struct screen *s, enum action_id action, const char *id);
void screen_confirmed(struct screen *s);
/* Takes a question away that a yes would do nothing about any more. */
void screen_drop_question(struct screen *s);
/* The marked rows, else the one that is meant; returns how many. */
size_t screen_collect(struct screen *s, bool bulk, char (*ids)[TABLE_ID_MAX]);
void screen_copy(struct screen *s);

/* screen_news.c */
bool screen_dismissed(const struct screen *s, const char *operation_id);
void screen_dismiss(struct screen *s, const char *operation_id);

/* screen_alerts.c: tells which endpoints are stuck, and which are not any more */
void screen_note_stuck(struct screen *s);

/* screen_requests.c: actions that are done to requests */
bool screen_is_of_requests(enum action_id id);
/* Why it cannot be done to this one, to none of those that are meant; static, NULL = it can. */
const char *screen_refuses_request(const struct screen *s, enum action_id action, const char *id);
const char *screen_refuses_requests(struct screen *s, enum action_id action);
/* Those of them that it can be done to. */
size_t screen_collect_requests(struct screen *s, enum action_id action, char (*ids)[TABLE_ID_MAX]);
/* What sending one again means, as lines of the question. */
void screen_ask_again(struct screen *s, struct arena *a);

/* screen_lookup.c */
void screen_look_up_open(struct screen *s);
void screen_look_up_press(struct screen *s, int32_t press);
void screen_look_up_paste(struct screen *s, const char *bytes, size_t n);

/* screen_filter.c */
void screen_filter_open(struct screen *s);
void screen_filter_press(struct screen *s, int32_t press);
void screen_filter_paste(struct screen *s, const char *bytes, size_t n);
bool screen_filter_clear(struct screen *s); /* false when there was none */

#endif
