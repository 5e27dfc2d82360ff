/* What main hands over to the thread that looks into endpoints: the newest look of each endpoint, of those alone where
 * something waits or that the thread looks after already, so that an account in good order is not copied at all. */
#include "app/triage_watch_internal.h"

#include <string.h>

enum { SMALL_ARENA = 64 << 10 };

static bool is_troubled(const struct triages *t, const char *id)
{
    for (size_t i = 0; i < PLACES; i++)
        if (strcmp(t->troubled[i], id) == 0)
            return true;
    return false;
}

/* The order of this endpoint that waits, or room for one; NULL = there is none. */
static struct seen *order_of(struct triages *t, const char *id)
{
    for (size_t i = 0; i < t->order_count; i++)
        if (strcmp(t->orders[i].endpoint.id, id) == 0)
            return &t->orders[i];
    if (t->order_count == ORDERS)
        return NULL;
    t->orders[t->order_count] = (struct seen){0};
    return &t->orders[t->order_count++];
}

static void copy_endpoint(struct arena *a, struct endpoint *out, const struct endpoint *p)
{
    *out = *p;
    struct text *const texts[] = {
        &out->name, &out->image, &out->model, &out->revision, &out->served};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        *texts[i] = text_dup(a, *texts[i]);
    for (size_t i = 0; i < out->pool_count; i++)
        out->pools[i] = text_dup(a, out->pools[i]);
}

static void order(struct triages *t, const struct endpoint *p, const struct health *h, bool asked)
{
    struct arena *a = arena_new(SMALL_ARENA);
    if (!a)
        return;
    pthread_mutex_lock(&t->lock);
    bool wanted = asked || h->in_queue > 0 || is_troubled(t, p->id);
    struct seen *s = wanted ? order_of(t, p->id) : NULL;
    if (s) {
        struct arena *old = s->arena;
        copy_endpoint(a, &s->endpoint, p);
        s->arena = a;
        s->asked = s->asked || asked;
        if (h) {
            s->health = *h;
            s->has_health = true;
            s->at_ms = clock_wall_ms(t->engine->clock);
        }
        a = old;
    }
    pthread_mutex_unlock(&t->lock);
    arena_free(a);
    if (s)
        wait_poke(&t->wait);
}

void triages_see(struct triages *t, const struct endpoint *p, const struct health *h)
{
    if (p->id[0] && !p->load_balancer)
        order(t, p, h, false);
}

void triages_ask(struct triages *t, const struct endpoint *p)
{
    if (p->id[0])
        order(t, p, NULL, true);
}
