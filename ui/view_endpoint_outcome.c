/* Whether what was done has helped: the newest change of the endpoint that a person carried out, beside what
 * triage says since. It goes on being looked at like everything that waits, so nothing is asked for here. */
#include "ui/say.h"
#include "ui/view_endpoint.h"

#include <string.h>

enum { SHOWN_MS = 60 * 60 * 1000, PATIENCE_MS = 2 * 60 * 1000, INDENT = 2 };

static const struct operation *last_change(const struct view_endpoint *v)
{
    const struct store *s = v->o.x->store;
    const struct operation *last = NULL;
    for (size_t i = 0; i < store_operations(s, OPERATION_CHANGE); i++) {
        const struct operation *o = store_operation(s, OPERATION_CHANGE, i);
        bool mine = o->state == OPERATION_DONE && strcmp(o->endpoint_id, v->o.id) == 0;
        if (mine && (!last || o->ended_ms > last->ended_ms))
            last = o;
    }
    return last && store_wall_ms(s) - last->ended_ms < SHOWN_MS ? last : NULL;
}

struct outcome_words {
    struct text sign;
    enum role role;
    const char *words;
};

/* A change takes a while to tell: until then what is said may be from before it. */
static struct outcome_words outcome_of(const struct store *s, const char *id, int64_t ended_ms)
{
    static const struct outcome_words helped = {{"✓", 3}, ROLE_OK, "Nothing is stuck since"},
        watched = {{"⟳", 3}, ROLE_ACTIVE, "Watching whether it helps"},
        not_yet = {{"!", 1}, ROLE_BAD, "Still stuck after"};
    const struct triage *t = why_standing(s, id);
    if (!t || t->verdict == TRIAGE_HEALTHY)
        return helped;
    bool is_newer = store_wall_ms(s) - why_age(s, t) > ended_ms + PATIENCE_MS;
    return is_newer && t->verdict == TRIAGE_STUCK ? not_yet : watched;
}

void view_endpoint_outcome(struct lines *l, const struct view_endpoint *v)
{
    const struct store *s = v->o.x->store;
    const struct operation *o = store_triage(s, v->o.id) ? last_change(v) : NULL;
    if (!o)
        return;
    struct arena *a = lines_arena(l);
    struct outcome_words what = outcome_of(s, v->o.id, o->ended_ms);
    lines_row(l, INDENT);
    lines_add(l, say_text(a, "%.*s ", SAY_ARGS(what.sign)), what.role, STYLE_BOLD);
    lines_wrap(l,
        say_text(a, "%s: %.*s · %.*s", what.words, SAY_ARGS(o->note.len > 0 ? o->note : o->title),
            SAY_ARGS(opened_ago(a, s, o->ended_ms))),
        ROLE_NORMAL, 0);
}
