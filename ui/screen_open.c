/* The stack of opened views, and going to panes. */
#include "ui/pane.h"
#include "ui/screen_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the stack ------------------------------------------------------------------------------------- */

static void close_at(struct screen *s, size_t i)
{
    struct shown *gone = s->opened[i];
    memmove(&s->opened[i], &s->opened[i + 1], (s->opened_count - i - 1) * sizeof *s->opened);
    s->opened_count--;
    gone->next = s->closed;
    s->closed = gone;
    s->changes++;
}

void screen_close(struct screen *s)
{
    if (s->opened_count > 0)
        close_at(s, s->opened_count - 1);
}

void screen_close_all(struct screen *s)
{
    while (s->opened_count > 0)
        screen_close(s);
}

void screen_bury(struct screen *s)
{
    while (s->closed) {
        struct shown *gone = s->closed;
        s->closed = gone->next;
        gone->class->free(gone->v);
        free(gone);
    }
}

static struct shown *make(struct screen *s, const struct view_class *class, const char *id)
{
    struct shown *shown = class ? calloc(1, sizeof *shown) : NULL;
    if (!shown)
        return NULL;
    snprintf(shown->id, sizeof shown->id, "%s", id);
    shown->class = class;
    shown->since = s->draws;
    shown->v = class->make(&s->x, shown->id);
    if (shown->v)
        return shown;
    free(shown);
    return NULL;
}

static bool is_open(struct screen *s, enum place place, const char *id)
{
    return s->opened_count > 0 && screen_place(s) == place && strcmp(screen_top(s)->id, id) == 0;
}

void screen_open(struct screen *s, enum place place, const char *id)
{
    if (is_open(s, place, id))
        return;
    struct shown *shown = make(s, view_class_of(place), id);
    if (!shown) {
        screen_say(s, TEXT("That is not there any more"), ROLE_WARNING);
        return;
    }
    if (s->opened_count == OPENED_MAX)
        close_at(s, 0);
    s->opened[s->opened_count++] = shown;
    s->changes++;
}

/* ---- panes ----------------------------------------------------------------------------------------- */

void screen_focus(struct screen *s, enum pane pane)
{
    if ((unsigned)pane < PANES)
        s->focus = pane;
    s->changes++;
}

void screen_show(struct screen *s, enum place place, const char *id)
{
    screen_close_all(s);
    screen_focus(s, (enum pane)place);
    if (place < PLACE_LOGS && id && *id)
        pane_select(s->panes[place].v, id);
}

void screen_explain(struct screen *s, const struct err *e)
{
    s->details = *e;
    s->overlay = OVERLAY_DETAILS;
    s->changes++;
}

/* ---- endpoints ------------------------------------------------------------------------------------- */

const char *screen_endpoint_of(struct screen *s)
{
    const struct store *store = s->options.store;
    const char *id = screen_target(s);
    const struct model_row *m = store_model_by_id(store, id);
    const struct operation *o = store_operation_by_id(store, id);
    const struct request *r = store_request_by_id(store, id);
    id = m ? m->endpoint_id : o ? o->endpoint_id : r ? r->endpoint_id : id;
    const struct endpoint_row *e = *id ? store_endpoint_by_id(store, id) : NULL;
    return e ? e->settings->id : "";
}

/* With no row to go by, the endpoint that has most to do. */
static const char *busiest(const struct store *s)
{
    const char *id = "";
    int64_t most = -1;
    for (size_t i = 0; i < store_endpoints(s); i++) {
        const struct endpoint_row *e = store_endpoint(s, i);
        int64_t work = e->health ? e->health->in_queue + e->health->in_progress : 0;
        if (!e->settings->load_balancer && work > most) {
            most = work;
            id = e->settings->id;
        }
    }
    return id;
}

/* Whose requests one looks at. */
static void look_at_requests(struct screen *s)
{
    const struct host *host = s->options.host;
    enum place place = screen_place(s);
    const char *endpoint = "", *request = place == PLACE_REQUEST ? screen_target(s) : "";
    if (!host->look)
        return;
    if (AT(place) & (AT(PLACE_REQUESTS) | AT(PLACE_REQUEST) | AT(PLACE_ENDPOINT)))
        endpoint = screen_endpoint_of(s);
    if (place == PLACE_REQUESTS && store_requests(s->options.store) == 0)
        endpoint = busiest(s->options.store);
    host->look(host->arg, endpoint, request);
}

void screen_look(struct screen *s)
{
    look_at_requests(s);
    static const uint32_t looking = AT(PLACE_ENDPOINT) | AT(PLACE_CHAT) | AT(PLACE_LOGS) |
                                     AT(PLACE_CHANGE_FORM);
    bool looks = s->opened_count > 0 && (AT(screen_place(s)) & looking);
    const char *id = looks ? screen_top(s)->id : "";
    if (screen_place(s) == PLACE_LOGS) /* also the pane, when an endpoint was chosen there */
        id = screen_target(s);
    if (strcmp(id, s->looked_at) == 0 || strlen(id) >= sizeof s->looked_at)
        return;
    snprintf(s->looked_at, sizeof s->looked_at, "%.*s", ENDPOINT_ID_MAX - 1, id);
    s->options.host->focus(s->options.host->arg, s->looked_at);
}
