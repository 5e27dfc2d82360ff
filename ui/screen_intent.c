/* From an action to the host: about what, whether it is asked first, and sending it off.
 *
 * What the question was about is kept from when it was asked: rows that move meanwhile do not become
 * the ones that it is done to. */
#include "ui/pane.h"
#include "ui/say.h"
#include "ui/screen_internal.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { COPY_BYTES_MAX = 64 * 1024 };

size_t screen_collect(struct screen *s, bool bulk, char (*ids)[TABLE_ID_MAX])
{
    size_t count = 0;
    if (bulk && s->opened_count == 0 && s->focus < PANE_LOGS)
        count = pane_marked(screen_top(s)->v, ids, SCREEN_BULK_MAX);
    if (count == 0)
        snprintf(ids[count++], TABLE_ID_MAX, "%s", screen_target(s));
    return count < SCREEN_BULK_MAX ? count : SCREEN_BULK_MAX;
}

static void send_one(struct screen *s, enum action_id id, const char *of, struct text text)
{
    struct intent intent = {.action = id, .place = screen_place(s), .id = of, .text = text};
    s->options.host->act(s->options.host->arg, &intent);
}

/* ---- asking ---------------------------------------------------------------------------------------- */

static struct text name_of(struct screen *s, const char *id, struct arena *a)
{
    const struct store *store = s->options.store;
    const struct operation *o = store_operation_by_id(store, id);
    const struct endpoint_row *e = store_endpoint_by_id(store, id);
    const struct model_row *m = store_model_by_id(store, id);
    const struct request *q = store_request_by_id(store, id);
    if (o)
        return say_text(a, "%s %s", operation_kind_name(o->kind), o->title.s);
    if (q)
        return say_text(a, "%s", q->job_id[0] ? q->job_id : q->id);
    return e ? e->settings->name : m ? m->name : say_text(a, "%s", id);
}

static size_t running(const struct store *s)
{
    size_t count = 0;
    for (size_t i = 0; i < store_operations(s, OPERATION_KINDS); i++)
        count += store_operation(s, OPERATION_KINDS, i)->state == OPERATION_RUNNING;
    return count;
}

static int risk_of(struct screen *s, const struct action *action)
{
    if (action->id == ACTION_QUIT)
        return running(s->options.store) > 0 ? 1 : 0;
    if (action->id == ACTION_STOP && screen_place(s) == PLACE_CHAT)
        return 0;
    return action->risk;
}

/* Test requests are the one operation that cannot be gone on with. */
static struct text help_of(struct screen *s, const struct action *action, struct arena *a)
{
    const struct operation *o = store_operation_by_id(s->options.store, s->bulk[0]);
    if (action->id == ACTION_STOP && o && o->kind == OPERATION_TEST)
        return TEXT("No more is sent; what is queued or runs is cancelled there.");
    return say_text(a, "%s.", action->help);
}

static void ask(struct screen *s, const struct action *action, int risk)
{
    struct arena *a = arena_new(16 * 1024);
    if (!a)
        return;
    bool quit = action->id == ACTION_QUIT;
    struct text name = quit ? TEXT("") : name_of(s, s->bulk[0], a);
    confirm_open(&s->confirm, action, risk, name);
    if (quit) {
        confirm_line(
            &s->confirm, say_text(a, "Quit with %zu operation%s under way?",
                             running(s->options.store), running(s->options.store) == 1 ? "" : "s"));
        confirm_line(&s->confirm, TEXT("What runs stops where it can be resumed."));
    } else {
        char word[32];
        snprintf(
            word, sizeof word, "%c%s", toupper((unsigned char)action->name[0]), action->name + 1);
        confirm_line(&s->confirm, s->bulk_count > 1
                                      ? say_text(a, "%s these %zu?", word, s->bulk_count)
                                      : say_text(a, "%s %s?", word, name.s));
        confirm_line(&s->confirm, help_of(s, action, a));
        if (action->id == ACTION_SEND_AGAIN)
            screen_ask_again(s, a);
    }
    const struct operation *o = store_operation_by_id(s->options.store, s->bulk[0]);
    for (size_t i = 0; risk >= 2 && o && i < o->plan_count; i++)
        confirm_line(&s->confirm, o->plan[i]);
    s->overlay = OVERLAY_CONFIRM;
    arena_free(a);
}

/* A yes counts only when its question was on the screen before the key was pressed. */
static bool was_seen(struct screen *s)
{
    return s->opened_count == 0 || s->draws > screen_top(s)->since;
}

static bool needs_values(enum action_id id)
{
    return id == ACTION_UPLOAD || id == ACTION_DEPLOY || id == ACTION_SAY || id == ACTION_TEST ||
           id == ACTION_CHANGE;
}

static void ask_or_send(struct screen *s, const struct action *action, int risk)
{
    if (risk > 0) {
        ask(s, action, risk);
        return;
    }
    s->confirm.action = action;
    screen_confirmed(s);
}

void screen_intend(struct screen *s, const struct action *action)
{
    int risk = risk_of(s, action);
    if (action->id < ACTION_REFRESH && action->id != ACTION_QUIT && action->id != ACTION_REPAINT)
        return; /* a view's, which did not want it */
    if (needs_values(action->id) || (action->id == ACTION_YES && !was_seen(s)))
        return;
    s->bulk_count = screen_is_of_requests(action->id)
                        ? screen_collect_requests(s, action->id, s->bulk)
                        : screen_collect(s, false, s->bulk);
    ask_or_send(s, action, risk);
}

void screen_intend_for(struct screen *s, enum action_id id, const char *of)
{
    const struct action *action = action_by_id(s->options.actions, id);
    if (!action || (screen_is_of_requests(id) && screen_refuses_request(s, id, of)))
        return;
    s->bulk_count = 1;
    snprintf(s->bulk[0], TABLE_ID_MAX, "%s", of);
    ask_or_send(s, action, risk_of(s, action));
}

/* Whether a yes would still do something to this one. */
static bool is_still_meant(const struct screen *s, const char *id)
{
    switch ((int)s->confirm.action->id) {
    case ACTION_QUIT:
        return running(s->options.store) > 0;
    case ACTION_CANCEL_REQUEST:
    case ACTION_RETRY_REQUEST:
    case ACTION_SEND_AGAIN:
        return !screen_refuses_request(s, s->confirm.action->id, id);
    default:
        return !screen_refuses_operation(
            s, store_operation_by_id(s->options.store, id), s->confirm.action->id);
    }
}

void screen_drop_question(struct screen *s)
{
    if (s->overlay != OVERLAY_CONFIRM)
        return;
    for (size_t i = 0; i < s->bulk_count; i++)
        if (is_still_meant(s, s->bulk[i]))
            return;
    s->overlay = OVERLAY_NONE;
    screen_say(s, TEXT("What was asked about is over"), ROLE_NORMAL);
}

void screen_confirmed(struct screen *s)
{
    enum action_id id = s->confirm.action->id;
    for (size_t i = 0; i < s->bulk_count; i++)
        if (!screen_is_of_requests(id) || !screen_refuses_request(s, id, s->bulk[i]))
            send_one(s, id, s->bulk[i], TEXT(""));
}

/* ---- copying --------------------------------------------------------------------------------------- */

/* Of a request the service's, which others know. */
static const char *id_to_copy(const struct screen *s, const char *id)
{
    const struct request *q = store_request_by_id(s->options.store, id);
    return q && q->job_id[0] ? q->job_id : id;
}

void screen_copy(struct screen *s)
{
    struct arena *a = arena_new(2 * COPY_BYTES_MAX);
    struct buf all;
    buf_init(&all, COPY_BYTES_MAX);
    s->bulk_count = screen_collect(s, true, s->bulk);
    for (size_t i = 0; i < s->bulk_count; i++)
        buf_printf(&all, "%s%s", i > 0 ? "\n" : "", id_to_copy(s, s->bulk[i]));
    if (a && !all.full) {
        send_one(s, ACTION_COPY, s->bulk[0], text_new(a, buf_str(&all), all.len, TEXT_BLOCK));
        screen_say(s,
            s->bulk_count > 1 ? say_text(a, "Copied %zu ids", s->bulk_count)
                              : say_text(a, "Copied %s", id_to_copy(s, s->bulk[0])),
            ROLE_OK);
    }
    buf_release(&all);
    arena_free(a);
}
