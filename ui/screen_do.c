/* What each action of the screen's own does, as a table; every other goes to the view at the top, and
 * what that does not take becomes an intent. */
#include "ui/opened.h"
#include "ui/pane.h"
#include "ui/press.h"
#include "ui/say.h"
#include "ui/screen_internal.h"
#include "ui/why.h"

#include <stdio.h>
#include <string.h>

/* ---- the screen's own ------------------------------------------------------------------------------ */

static void do_help(struct screen *s, enum action_id id)
{
    (void)id;
    help_open(&s->help);
    s->overlay = OVERLAY_HELP;
}

static void do_palette(struct screen *s, enum action_id id)
{
    (void)id;
    palette_open(&s->palette);
    s->overlay = OVERLAY_PALETTE;
}

static void do_pause(struct screen *s, enum action_id id)
{
    (void)id;
    s->paused = !s->paused;
}

/* The digit of the pane one is in takes it to the full screen and back. */
static void do_pane(struct screen *s, enum action_id id)
{
    enum pane pane = (enum pane)(id - ACTION_PANE_1);
    bool here = s->opened_count == 0 && s->focus == pane;
    screen_close_all(s);
    screen_focus(s, pane);
    if (here)
        s->zoomed = !s->zoomed;
}

static void do_turn(struct screen *s, enum action_id id)
{
    int by = id == ACTION_NEXT_PANE ? 1 : PANES - 1;
    screen_focus(s, (enum pane)(((int)s->focus + by) % PANES));
}

static void do_zoom(struct screen *s, enum action_id id)
{
    (void)id;
    s->zoomed = !s->zoomed;
}

static void do_back(struct screen *s, enum action_id id)
{
    (void)id;
    if (screen_filter_clear(s))
        return;
    if (s->opened_count > 0)
        screen_close(s);
    else if (s->zoomed)
        s->zoomed = false;
    else
        toast_clear(&s->toasts);
}

static void do_filter(struct screen *s, enum action_id id)
{
    (void)id;
    screen_filter_open(s);
}

static void do_copy(struct screen *s, enum action_id id)
{
    (void)id;
    screen_copy(s);
}

const struct err *screen_own_error(struct screen *s)
{
    struct shown *top = screen_top(s);
    const struct err *e = top->class->error ? top->class->error(top->v) : NULL;
    return e && e->class == ERR_CANCEL ? NULL : e; /* that somebody wanted it is no error */
}

/* What one looks at went wrong, else a service that every pane lives on. */
static const struct err *error_at_hand(struct screen *s)
{
    const struct err *e = screen_own_error(s);
    for (enum source source = 0; !e && s->opened_count == 0 && source < SOURCES; source++)
        if (store_source(s->options.store, source)->health == SOURCE_FAILED)
            e = &store_source(s->options.store, source)->error;
    return e;
}

static void do_error(struct screen *s, enum action_id id)
{
    const struct err *e = error_at_hand(s);
    (void)id;
    bool told = s->toasts.count > 0 && s->last_error.class != ERR_NONE; /* it is on the screen */
    screen_explain(s, e && !(told && s->opened_count == 0) ? e : &s->last_error);
}

static void do_form(struct screen *s, enum action_id id)
{
    static const uint32_t jobs =
        AT(PLACE_JOBS) | AT(PLACE_JOB) | AT(PLACE_UPLOADS) | AT(PLACE_OPERATION);
    static const uint32_t models = AT(PLACE_MODELS) | AT(PLACE_MODEL) | AT(PLACE_ENDPOINTS);
    bool deploy = id == ACTION_DEPLOY_FORM;
    char from[TABLE_ID_MAX] = "";
    if (AT(screen_place(s)) & (jobs | (deploy ? models : 0)))
        memcpy(from, screen_target(s), strnlen(screen_target(s), sizeof from - 1));
    screen_open(s, deploy ? PLACE_DEPLOY_FORM : PLACE_UPLOAD_FORM, from);
}

static void do_endpoint(struct screen *s, enum action_id id)
{
    screen_open(s, id == ACTION_CHAT ? PLACE_CHAT : PLACE_LOGS, screen_endpoint_of(s));
}

static void do_settings(struct screen *s, enum action_id id)
{
    (void)id;
    screen_open(s, PLACE_CHANGE_FORM, screen_endpoint_of(s));
}

/* Where a test is under way already, that is what one wants to see. */
static void do_test(struct screen *s, enum action_id id)
{
    const char *endpoint = screen_endpoint_of(s);
    const struct store *store = s->options.store;
    (void)id;
    for (size_t i = 0; i < store_operations(store, OPERATION_TEST); i++) {
        const struct operation *o = store_operation(store, OPERATION_TEST, i);
        if (!operation_is_over(o->state) && strcmp(o->endpoint_id, endpoint) == 0) {
            screen_open(s, PLACE_OPERATION, o->id);
            return;
        }
    }
    screen_open(s, PLACE_REQUEST_FORM, endpoint);
}

static const char NONE_WAIT[] = "No endpoint has requests that wait";

/* Where there is no endpoint behind this: the one that needs a person most. */
static const char *endpoint_to_explain(struct screen *s)
{
    const char *here = screen_endpoint_of(s);
    const struct endpoint_row *worst = *here ? NULL : why_worst(s->options.store);
    return worst ? worst->settings->id : here;
}

/* Why the requests of an endpoint wait: it is opened there, and looked into anew. */
static void do_why(struct screen *s, enum action_id id)
{
    const struct host *host = s->options.host;
    char endpoint[ENDPOINT_ID_MAX];
    snprintf(endpoint, sizeof endpoint, "%s", endpoint_to_explain(s));
    if (!*endpoint) {
        screen_say(s, say_word(NONE_WAIT), ROLE_NORMAL);
        return;
    }
    screen_open(s, PLACE_ENDPOINT, endpoint);
    if (screen_place(s) != PLACE_ENDPOINT)
        return;
    screen_top(s)->class->act(screen_top(s)->v, id);
    if (host->triage)
        host->triage(host->arg, endpoint);
}

static void do_look_up(struct screen *s, enum action_id id)
{
    (void)id;
    screen_look_up_open(s);
}

static void do_dismiss(struct screen *s, enum action_id id)
{
    (void)id;
    screen_dismiss(s, screen_target(s));
}

struct own {
    enum action_id first, last;
    void (*perform)(struct screen *s, enum action_id id);
    bool before; /* the view is not asked first */
};

static const struct own owns[] = {
    {ACTION_HELP, ACTION_HELP, do_help, true},
    {ACTION_PALETTE, ACTION_PALETTE, do_palette, true},
    {ACTION_PAUSE, ACTION_PAUSE, do_pause, true},
    {ACTION_PANE_1, ACTION_PANE_6, do_pane, true},
    {ACTION_NEXT_PANE, ACTION_PREVIOUS_PANE, do_turn, true},
    {ACTION_ZOOM, ACTION_ZOOM, do_zoom, false},
    {ACTION_BACK, ACTION_BACK, do_back, false},
    {ACTION_FILTER, ACTION_FILTER, do_filter, false},
    {ACTION_COPY, ACTION_COPY, do_copy, false},
    {ACTION_ERROR, ACTION_ERROR, do_error, false},
    {ACTION_UPLOAD_FORM, ACTION_DEPLOY_FORM, do_form, false},
    {ACTION_CHAT, ACTION_ENDPOINT_LOGS, do_endpoint, false},
    {ACTION_REQUEST_FORM, ACTION_REQUEST_FORM, do_test, false},
    {ACTION_DISMISS, ACTION_DISMISS, do_dismiss, false},
    {ACTION_LOOK_UP, ACTION_LOOK_UP, do_look_up, false},
    {ACTION_CHANGE_FORM, ACTION_CHANGE_FORM, do_settings, false},
    {ACTION_WHY, ACTION_WHY, do_why, true},
};

static const struct own *own_of(enum action_id id)
{
    for (size_t i = 0; i < sizeof owns / sizeof *owns; i++)
        if (id >= owns[i].first && id <= owns[i].last)
            return &owns[i];
    return NULL;
}

/* ---- what would do nothing ------------------------------------------------------------------------- */

static bool is_stoppable(enum operation_state state)
{
    return state == OPERATION_RUNNING || state == OPERATION_ASKING;
}

static bool is_streaming(struct screen *s)
{
    const struct host *host = s->options.host;
    struct chat_log log = host->chat(host->arg, screen_endpoint_of(s));
    return log.count > 0 && log.turns[log.count - 1].streaming;
}

/* From an opened operation: the form that it was started from, or that of what comes next. */
static const char *refuses_form(
    const struct screen *s, const struct operation *o, enum action_id id)
{
    if (screen_place(s) != PLACE_OPERATION || !o)
        return NULL;
    bool uploads = id == ACTION_UPLOAD_FORM, is_upload = o->kind == OPERATION_UPLOAD;
    if (o->kind == OPERATION_TEST)
        return "This is a test of an endpoint";
    if (is_upload && !uploads)
        return o->commit.len > 0 ? NULL : "Nothing is uploaded yet that could be deployed";
    if (is_stoppable(o->state))
        return "This is still under way";
    return uploads && !is_upload ? "This is no upload" : NULL;
}

static bool is_test_under_way(struct screen *s)
{
    const struct operation *o = store_operation_by_id(s->options.store, screen_target(s));
    return o && o->kind == OPERATION_TEST && !operation_is_over(o->state);
}

/* A deployment that went wrong is a row among the endpoints until it is put away. */
static bool can_be_dismissed(const struct screen *s, const struct operation *o)
{
    if (!opened_went_wrong(o) || screen_dismissed(s, o->id))
        return false;
    return o->kind == OPERATION_DEPLOY || o->kind == OPERATION_CHANGE ||
           pane_is_alert(s->panes[PANE_UPLOADS].v, o->id);
}

const char *screen_refuses_operation(
    const struct screen *s, const struct operation *o, enum action_id id)
{
    switch ((int)id) {
    case ACTION_YES:
    case ACTION_NO:
        return o && o->state == OPERATION_ASKING ? NULL : "Nothing here waits for a yes or no";
    case ACTION_STOP:
        return o && is_stoppable(o->state) ? NULL : "Nothing runs here that could be stopped";
    case ACTION_HOLD:
        return o && o->kind == OPERATION_UPLOAD && o->state == OPERATION_RUNNING
                   ? NULL
                   : "No upload is under way here";
    case ACTION_RESUME:
        return o && opened_can_resume(o) ? NULL : "There is nothing to resume here";
    case ACTION_DISMISS:
        return o && can_be_dismissed(s, o) ? NULL : "There is no alert here to dismiss";
    case ACTION_UPLOAD_FORM:
    case ACTION_DEPLOY_FORM:
        return refuses_form(s, o, id);
    default:
        return o && o->kind == OPERATION_DEPLOY && o->state == OPERATION_DONE && !o->model_id[0] &&
                       !store_model_of_endpoint(s->options.store, o->endpoint_id)
                   ? NULL
                   : "There is no deployment here whose model is not registered";
    }
}

static bool has_remedies(struct screen *s)
{
    const struct triage *t = why_standing(s->options.store, screen_endpoint_of(s));
    return t && why_remedies(t) > 0;
}

const char *screen_refuses(struct screen *s, const struct action *action)
{
    const struct store *store = s->options.store;
    switch ((int)action->id) {
    case ACTION_STOP:
        if (screen_place(s) == PLACE_CHAT)
            return is_streaming(s) ? NULL : "No answer is under way that could be stopped";
        /* fall through */
    case ACTION_YES:
    case ACTION_NO:
    case ACTION_HOLD:
    case ACTION_RESUME:
    case ACTION_REGISTER:
    case ACTION_DISMISS:
    case ACTION_UPLOAD_FORM:
    case ACTION_DEPLOY_FORM:
        return screen_refuses_operation(
            s, store_operation_by_id(store, screen_target(s)), action->id);
    case ACTION_CANCEL_REQUEST:
    case ACTION_RETRY_REQUEST:
    case ACTION_SEND_AGAIN:
        return screen_refuses_requests(s, action->id);
    case ACTION_REQUEST_FORM:
        if (is_test_under_way(s))
            return "This is the test: it is under way";
        /* fall through */
    case ACTION_CHAT:
    case ACTION_ENDPOINT_LOGS:
    case ACTION_CHANGE_FORM:
    case ACTION_PAUSE_ENDPOINT:
    case ACTION_DELETE_ENDPOINT:
    case ACTION_ROLLBACK:
    case ACTION_REDEPLOY:
    case ACTION_PURGE:
        return *screen_endpoint_of(s) ? NULL : "There is no endpoint behind this";
    case ACTION_WHY:
        return *endpoint_to_explain(s) ? NULL : NONE_WAIT;
    case ACTION_REMEDY_NUMBER:
    case ACTION_REMEDY_HERE:
        return has_remedies(s) ? NULL : "No remedy is known for this endpoint";
    case ACTION_ERROR:
        return error_at_hand(s) || s->last_error.class != ERR_NONE ? NULL
                                                                   : "There is no error to show";
    case ACTION_OPEN:
    case ACTION_MARK:
    case ACTION_COPY:
        return *screen_target(s) ? NULL : "There is no row here";
    default:
        return NULL;
    }
}

/* ---- doing ----------------------------------------------------------------------------------------- */

static void say_read_only(struct screen *s, const struct action *action)
{
    struct arena *a = arena_new(1024);
    if (a)
        screen_say(s,
            say_text(
                a, "Read-only: %s would write. Start without --read-only to do it", action->name),
            ROLE_WARNING);
    arena_free(a);
}

void screen_do(struct screen *s, const struct action *action)
{
    const struct own *own = own_of(action->id);
    struct shown *top = screen_top(s);
    if (action->writes && s->options.read_only) {
        say_read_only(s, action);
        return;
    }
    if (own && own->before) {
        own->perform(s, action->id);
        return;
    }
    if (top->class->act && action->id != ACTION_QUIT && action->id != ACTION_REPAINT &&
        top->class->act(top->v, action->id))
        return;
    const char *refused = screen_refuses(s, action);
    if (refused)
        screen_say(s, (struct text){refused, strlen(refused)}, ROLE_NORMAL);
    else if (own)
        own->perform(s, action->id);
    else
        screen_intend(s, action);
}
