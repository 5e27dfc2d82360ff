/* action: what a person can do, as data. The one table (src/app/actions.c) makes the keys, the hints in
 * the last line, `?`, the palette behind `:` and the commands; nothing else knows a key.
 *
 * Some actions are the screen's own (moving, opening, filtering); the others go to the host as an
 * intent. What is not built is not in the table. */
#ifndef SLIPWAY_UI_ACTION_H
#define SLIPWAY_UI_ACTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where one can be: the panes of the overview (ui/layout.h, same order), and what can be opened. */
enum place {
    PLACE_JOBS,
    PLACE_UPLOADS,
    PLACE_ENDPOINTS,
    PLACE_MODELS,
    PLACE_REQUESTS,
    PLACE_LOGS,
    PLACE_JOB,       /* from here on: opened views; the id says of what */
    PLACE_OPERATION, /* an upload, deployment or registration */
    PLACE_ENDPOINT,
    PLACE_MODEL,
    PLACE_REQUEST,
    PLACE_CHAT,
    PLACE_UPLOAD_FORM,
    PLACE_DEPLOY_FORM,
    PLACE_CHANGE_FORM,  /* an endpoint's settings */
    PLACE_REQUEST_FORM, /* test requests to an endpoint */
    PLACES
};
#define AT(place) (1u << (place))
enum {
    AT_PANES = AT(PLACE_JOBS) | AT(PLACE_UPLOADS) | AT(PLACE_ENDPOINTS) | AT(PLACE_MODELS) |
               AT(PLACE_REQUESTS) | AT(PLACE_LOGS),
    AT_TABLES = AT_PANES & ~AT(PLACE_LOGS),
    AT_FORMS = AT(PLACE_UPLOAD_FORM) | AT(PLACE_DEPLOY_FORM) | AT(PLACE_CHANGE_FORM) |
               AT(PLACE_REQUEST_FORM),
    AT_ALL = (1 << PLACES) - 1
};

enum action_id {
    ACTION_NONE,
    /* the screen's own */
    ACTION_QUIT,
    ACTION_HELP,
    ACTION_PALETTE,
    ACTION_REPAINT,
    ACTION_PAUSE,
    ACTION_PANE_1, /* to 6: 1 Jobs … 6 Logs, by the digit in the title */
    ACTION_PANE_2,
    ACTION_PANE_3,
    ACTION_PANE_4,
    ACTION_PANE_5,
    ACTION_PANE_6,
    ACTION_NEXT_PANE,
    ACTION_PREVIOUS_PANE,
    ACTION_ZOOM,
    ACTION_OPEN,
    ACTION_BACK,
    ACTION_UP,
    ACTION_DOWN,
    ACTION_LEFT,
    ACTION_RIGHT,
    ACTION_PAGE_UP,
    ACTION_PAGE_DOWN,
    ACTION_FIRST,
    ACTION_LAST,
    ACTION_FILTER,
    ACTION_SORT,
    ACTION_SORT_DIRECTION,
    ACTION_MARK,
    ACTION_MARK_ALL,
    ACTION_COPY,        /* the row's id, by OSC 52 */
    ACTION_ERROR,       /* the details of the error at hand */
    ACTION_FOLLOW,      /* logs: follow the newest */
    ACTION_LOG_LEVEL,   /* logs: least level shown */
    ACTION_UPLOAD_FORM, /* opens the form, filled from the row it was called on */
    ACTION_DEPLOY_FORM,
    ACTION_CHAT,          /* opens the chat with the model or endpoint */
    ACTION_ENDPOINT_LOGS, /* the logs of this endpoint */
    ACTION_DISMISS,       /* an operation that went wrong: no alert any more */
    ACTION_CHANGE_FORM,   /* the settings of the endpoint */
    ACTION_REQUEST_FORM,  /* test requests to the endpoint */
    ACTION_EDIT_BODY,     /* … the body of them, in an editor */
    ACTION_LOOK_UP,       /* a request by an id that is typed in */
    ACTION_LOG_WRAP,      /* logs: long lines on several rows */
    ACTION_LOG_SOURCE,    /* logs: whose lines are shown */
    ACTION_LOG_WINDOW,    /* logs: the time that is shown */
    ACTION_SEARCH,        /* logs: searches, and marks what was found */
    ACTION_NEXT_MATCH,    /* logs: the next line that was searched for */
    ACTION_PREVIOUS_MATCH,
    ACTION_WHY,           /* the endpoint behind this, at what keeps its requests waiting */
    ACTION_REMEDY_NUMBER, /* … one of the remedies, by the digit that follows */
    ACTION_REMEDY_HERE,   /* … the one under the cursor */
    /* the host's, as intents */
    ACTION_REFRESH,
    ACTION_SUSPEND,
    ACTION_UPLOAD, /* values of the upload form */
    ACTION_DEPLOY, /* values of the deploy form */
    ACTION_YES,    /* an operation's plan: go */
    ACTION_NO,
    ACTION_STOP,     /* cancel an operation under way, or a streaming answer */
    ACTION_HOLD,     /* an upload under way begins nothing new; again: goes on */
    ACTION_RESUME,   /* an interrupted or failed operation */
    ACTION_REGISTER, /* again, after a registration that failed */
    ACTION_SAY,      /* chat: text = what was typed */
    ACTION_CANCEL_REQUEST,
    ACTION_RETRY_REQUEST,
    ACTION_SEND_AGAIN,
    ACTION_LOOKED_UP,      /* text = "ENDPOINT/JOB" or a job id: read it */
    ACTION_PURGE,          /* the endpoint's queue; an operation */
    ACTION_CHANGE,         /* values of the settings form */
    ACTION_PAUSE_ENDPOINT, /* max workers 0, and back to what it was */
    ACTION_DELETE_ENDPOINT,
    ACTION_ROLLBACK, /* to the settings of the release before */
    ACTION_REDEPLOY, /* the newest revision of its model */
    ACTION_TEST,     /* values of the test form */
    ACTION_REMEDY,   /* what triage proposes, as an operation that asks first (intent.asked) */
    ACTIONS
};

enum { ACTION_KEYS_MAX = 4 };

struct action {
    enum action_id id;
    const char *name; /* what one types behind ':', lower case: "upload" */
    const char *hint; /* one or two words for the last line, "upload"; NULL = not shown there */
    const char *help; /* one line for `?`: what it does */
    int32_t keys[ACTION_KEYS_MAX]; /* presses; 0 = none */
    uint32_t places;               /* AT() bits */
    int risk; /* confirmation class (screens.md): 0 none, 1 y, 2 shows what changes, 3 the name */
    bool writes; /* not possible with --read-only */
};

struct action_table {
    const struct action *actions;
    size_t count;
};

/* The action that a press means at a place; NULL = none. */
const struct action *action_at(const struct action_table *t, enum place place, int32_t press);
const struct action *action_by_id(const struct action_table *t, enum action_id id);

#endif
