/* What keys do in the Why box. A remedy is started as the operation that it is: that reads how things are now,
 * shows exactly what it would do and at what price, and asks by its class. So nothing is done here at once. */
#include "ui/press.h"
#include "ui/say.h"
#include "ui/view_endpoint.h"

#include <string.h>

/* What is over needs no remedy. */
static const struct triage *triage_of(const struct view_endpoint *v)
{
    return why_standing(v->o.x->store, v->o.id);
}

static void say(const struct view_endpoint *v, struct text sentence, enum role role)
{
    v->o.x->say(v->o.x, sentence, role);
}

/* A change of this endpoint that is not over; NULL = none. */
static const struct operation *under_way(const struct view_endpoint *v)
{
    const struct store *s = v->o.x->store;
    for (size_t i = 0; i < store_operations(s, OPERATION_CHANGE); i++) {
        const struct operation *o = store_operation(s, OPERATION_CHANGE, i);
        if (!operation_is_over(o->state) && strcmp(o->endpoint_id, v->o.id) == 0)
            return o;
    }
    return NULL;
}

/* ---- applying ---------------------------------------------------------------------------------------- */

/* Why it cannot be started from here. */
static void say_by_hand(const struct view_endpoint *v, const struct triage_remedy *r)
{
    struct arena *a = arena_new(4096);
    if (a)
        say(v,
            say_text(a, "%s%.*s%s%.*s",
                why_is_waiting(r) ? "There is nothing to do. "
                                  : "Slipway cannot do this for you. By hand: ",
                SAY_ARGS(r->text), r->means.len > 0 ? " · " : "", SAY_ARGS(r->means)),
            why_is_waiting(r) ? ROLE_NORMAL : ROLE_WARNING);
    arena_free(a);
}

/* The row of the request with this id of the service's. */
static const struct request *request_of(const struct view_endpoint *v, const char *job_id)
{
    const struct store *s = v->o.x->store;
    for (size_t i = 0; i < store_requests_open(s); i++) {
        const struct request *q = store_request_open(s, i);
        if (strcmp(q->job_id, job_id) == 0 && strcmp(q->endpoint_id, v->o.id) == 0)
            return q;
    }
    return NULL;
}

/* A request is cancelled as everywhere. */
static void cancel(const struct view_endpoint *v, const char *job_id)
{
    const struct request *q = request_of(v, job_id);
    if (q && v->o.x->ask)
        v->o.x->ask(v->o.x, ACTION_CANCEL_REQUEST, q->id);
    else
        say(v,
            TEXT("This request is not in the list (any more): 5 shows it, i looks it up by its id"),
            ROLE_WARNING);
}

static void start(const struct view_endpoint *v, const struct triage_remedy *r)
{
    const struct host *host = v->o.x->host;
    const struct operation *o = under_way(v);
    const struct intent intent = {.action = ACTION_REMEDY,
        .place = PLACE_ENDPOINT,
        .id = v->o.id,
        .text = r->text,
        .asked = r->asked};
    if (!o) {
        host->act(host->arg, &intent);
        return;
    }
    say(v, TEXT("A change of this endpoint is under way"), ROLE_WARNING);
    v->o.x->open(v->o.x, PLACE_OPERATION, o->id);
}

static void apply(struct view_endpoint *v, size_t number)
{
    const struct triage *t = triage_of(v);
    const struct triage_remedy *r = t ? why_remedy(t, number) : NULL;
    if (!r)
        say(v, TEXT("There is no remedy of that number"), ROLE_NORMAL);
    else if (!why_can_apply(r))
        say_by_hand(v, r);
    else if (v->o.x->read_only)
        say(v, TEXT("Read-only: a remedy would write. Start without --read-only to do it"),
            ROLE_WARNING);
    else if (why_cancels(r))
        cancel(v, why_cancels(r));
    else
        start(v, r);
}

/* ---- moving ------------------------------------------------------------------------------------------ */

static void go(struct endpoint_why *w, size_t stop)
{
    w->cursor = stop;
    w->at_id = w->stops[stop].id;
    w->at_nth = w->stops[stop].nth;
    w->moved = true;
}

static void move(struct endpoint_why *w, enum action_id action)
{
    size_t last = w->stop_count - 1;
    if (action == ACTION_UP)
        go(w, w->cursor > 0 ? w->cursor - 1 : 0);
    else if (action == ACTION_DOWN)
        go(w, w->cursor < last ? w->cursor + 1 : last);
    else
        go(w, action == ACTION_FIRST ? 0 : last);
}

static bool is_move(enum action_id action)
{
    return action == ACTION_UP || action == ACTION_DOWN || action == ACTION_FIRST ||
           action == ACTION_LAST;
}

/* On a remedy: does it. On a diagnosis: its evidence in full, or cut. */
static void enter(struct view_endpoint *v)
{
    struct endpoint_why *w = &v->why;
    if (w->stop_count == 0)
        say(v, TEXT("There is no remedy here"), ROLE_NORMAL);
    else if (w->stops[w->cursor].number > 0)
        apply(v, w->stops[w->cursor].number);
    else
        w->whole = !w->whole;
    w->moved = true;
}

static void choose(struct view_endpoint *v)
{
    const struct triage *t = triage_of(v);
    v->why.choosing = t && why_remedies(t) > 0;
    if (!v->why.choosing)
        say(v, TEXT("No remedy is known for this endpoint"), ROLE_NORMAL);
}

/* `w`: the host is told by the screen. */
static void wait_for_it(struct view_endpoint *v)
{
    v->why.asked_ms = store_wall_ms(v->o.x->store);
}

static void show(struct view_endpoint *v)
{
    if (v->section != SECTION_WHY)
        v->why.moved = true;
    v->section = SECTION_WHY;
    v->turned = true;
}

bool view_endpoint_why_act(struct view_endpoint *v, enum action_id action)
{
    bool mine =
        action == ACTION_WHY || action == ACTION_REMEDY_NUMBER || action == ACTION_REMEDY_HERE;
    bool here = v->section == SECTION_WHY;
    if (!mine && !here)
        return false;
    v->o.own++;
    if (mine)
        show(v);
    if (action == ACTION_WHY)
        wait_for_it(v);
    else if (action == ACTION_REMEDY_NUMBER)
        choose(v);
    else if (action == ACTION_REMEDY_HERE && here) /* else it is shown first */
        enter(v);
    else if (is_move(action) && v->why.stop_count > 0)
        move(&v->why, action);
    else
        return mine || lines_act(v->why.lines, action);
    return true;
}

bool view_endpoint_why_press(struct view_endpoint *v, int32_t press)
{
    v->o.own++;
    v->why.choosing = false;
    if (press >= '1' && press <= '9')
        apply(v, (size_t)(press - '0'));
    else if (press == PRESS_ENTER)
        enter(v);
    return true; /* whatever else it was takes the question back */
}
