/* The screen's own state, and what becomes of a press.
 *
 * A press goes to the first that takes it: an overlay, a view in which one types, the action table.
 * Views are closed while they are at work (a form that sends itself off closes itself), so closing only
 * takes them off the stack; they are freed when the press has been dealt with. */
#include "ui/screen.h"

#include "ui/pane.h"
#include "ui/screen_internal.h"

#include <stdlib.h>
#include <string.h>

/* ---- what views may ask for ------------------------------------------------------------------------ */

static void ask_open(const struct view_context *x, enum place place, const char *id)
{
    screen_open(x->screen, place, id);
}

static void ask_close(const struct view_context *x)
{
    screen_close(x->screen);
}

static void ask_say(const struct view_context *x, struct text sentence, enum role role)
{
    screen_say(x->screen, sentence, role);
}

static void ask_ask(const struct view_context *x, enum action_id action, const char *id)
{
    screen_intend_for(x->screen, action, id);
}

static void ask_explain(const struct view_context *x, const struct err *e)
{
    screen_explain(x->screen, e);
}

static bool ask_dismissed(const struct view_context *x, const char *operation_id)
{
    return screen_dismissed(x->screen, operation_id);
}

static void ask_show(const struct view_context *x, enum place pane, const char *id)
{
    screen_show(x->screen, pane, id);
}

/* ---- life ------------------------------------------------------------------------------------------ */

static bool make_panes(struct screen *s)
{
    bool good = true;
    for (enum pane p = 0; p < PANES; p++) {
        s->panes[p].class = view_class_of((enum place)p);
        s->panes[p].v = s->panes[p].class->make(&s->x, "");
        good = good && s->panes[p].v;
    }
    return good;
}

static bool copy_options(struct screen *s, const struct screen_options *options)
{
    s->options = *options;
    s->options.profile = strdup(options->profile ? options->profile : "");
    s->options.demo = options->demo ? strdup(options->demo) : NULL;
    s->x = (struct view_context){.store = options->store,
        .actions = options->actions,
        .host = options->host,
        .ascii = options->ascii,
        .read_only = options->read_only,
        .screen = s,
        .open = ask_open,
        .close = ask_close,
        .say = ask_say,
        .ask = ask_ask,
        .explain = ask_explain,
        .show = ask_show,
        .dismissed = ask_dismissed,
        .began_ms = store_wall_ms(options->store)};
    return s->options.profile && (s->options.demo || !options->demo);
}

struct screen *screen_new(const struct screen_options *options)
{
    struct screen *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    bool good = copy_options(s, options);
    /* all are tried, so that all can be freed */
    good = !palette_init(&s->palette) && good;
    good = !prompt_init(&s->filter) && good;
    good = !prompt_init(&s->look_up) && good;
    good = !confirm_init(&s->confirm) && good;
    s->known = calloc(STORE_OPERATIONS_MAX, sizeof *s->known);
    s->bulk = calloc(SCREEN_BULK_MAX, sizeof *s->bulk);
    s->stuck = calloc(SCREEN_STUCK_MAX, sizeof *s->stuck);
    good = s->known && s->bulk && s->stuck && good;
    if (!make_panes(s) || !good) {
        screen_free(s);
        return NULL;
    }
    s->changes = 1;
    screen_news(s);
    return s;
}

void screen_free(struct screen *s)
{
    if (!s)
        return;
    screen_close_all(s);
    screen_bury(s);
    for (enum pane p = 0; p < PANES; p++)
        if (s->panes[p].v)
            s->panes[p].class->free(s->panes[p].v);
    palette_release(&s->palette);
    prompt_release(&s->filter);
    prompt_release(&s->look_up);
    confirm_release(&s->confirm);
    free(s->known);
    free(s->bulk);
    free(s->stuck);
    free((char *)(uintptr_t)s->options.profile);
    free((char *)(uintptr_t)s->options.demo);
    free(s);
}

/* ---- where one is ---------------------------------------------------------------------------------- */

struct shown *screen_top(struct screen *s)
{
    return s->opened_count > 0 ? s->opened[s->opened_count - 1] : &s->panes[s->focus];
}

enum place screen_place(const struct screen *s)
{
    return s->opened_count > 0 ? s->opened[s->opened_count - 1]->class->place
                               : s->panes[s->focus].class->place;
}

const char *screen_target(struct screen *s)
{
    struct shown *top = screen_top(s);
    const char *id = top->class->target ? top->class->target(top->v) : "";
    return id ? id : "";
}

bool screen_typing(struct screen *s)
{
    struct shown *top = screen_top(s);
    return top->class->typing && top->class->typing(top->v);
}

void screen_say(struct screen *s, struct text sentence, enum role role)
{
    toast_add(&s->toasts, sentence, role, store_mono_ms(s->options.store));
    s->changes++;
}

void screen_say_error(struct screen *s, const struct err *e)
{
    s->last_error = *e;
    screen_say(s, (struct text){e->message, strlen(e->message)}, ROLE_BAD);
}

/* ---- presses --------------------------------------------------------------------------------------- */

static void press_palette(struct screen *s, int32_t press)
{
    const struct action *action;
    enum prompt_reply reply =
        palette_press(&s->palette, s->options.actions, screen_place(s), press, &action);
    if (reply == PROMPT_LEFT || (reply == PROMPT_DONE && action))
        s->overlay = OVERLAY_NONE;
    if (reply == PROMPT_DONE && action)
        screen_do(s, action);
}

static void press_confirm(struct screen *s, int32_t press)
{
    /* who presses q twice means it */
    bool quits = s->confirm.action->id == ACTION_QUIT && (press == 'q' || press == 3);
    enum confirm_reply reply = quits ? CONFIRM_YES : confirm_press(&s->confirm, press);
    if (reply == CONFIRM_OPEN)
        return;
    s->overlay = OVERLAY_NONE;
    if (reply == CONFIRM_YES)
        screen_confirmed(s);
}

static void press_overlay(struct screen *s, int32_t press)
{
    switch (s->overlay) {
    case OVERLAY_HELP:
        if (!help_press(&s->help, press))
            s->overlay = OVERLAY_NONE;
        return;
    case OVERLAY_PALETTE:
        press_palette(s, press);
        return;
    case OVERLAY_FILTER:
        screen_filter_press(s, press);
        return;
    case OVERLAY_LOOK_UP:
        screen_look_up_press(s, press);
        return;
    case OVERLAY_CONFIRM:
        press_confirm(s, press);
        return;
    default:
        s->overlay = OVERLAY_NONE;
        return;
    }
}

static void press_place(struct screen *s, int32_t press)
{
    struct shown *top = screen_top(s);
    if (screen_typing(s) && top->class->press && top->class->press(top->v, press))
        return;
    const struct action *action = action_at(s->options.actions, screen_place(s), press);
    if (action)
        screen_do(s, action);
}

/* After whatever a person did. */
static void settle(struct screen *s)
{
    s->changes++;
    s->busy = false;
    screen_news(s);
}

void screen_press(struct screen *s, int32_t press)
{
    s->busy = true;
    if (s->overlay != OVERLAY_NONE)
        press_overlay(s, press);
    else
        press_place(s, press);
    settle(s);
}

void screen_paste(struct screen *s, const char *bytes, size_t n)
{
    struct shown *top = screen_top(s);
    s->busy = true;
    if (s->overlay == OVERLAY_FILTER)
        screen_filter_paste(s, bytes, n);
    else if (s->overlay == OVERLAY_LOOK_UP)
        screen_look_up_paste(s, bytes, n);
    else if (s->overlay == OVERLAY_PALETTE)
        palette_paste(&s->palette, bytes, n);
    else if (s->overlay == OVERLAY_NONE && top->class->paste)
        top->class->paste(top->v, bytes, n);
    settle(s);
}
