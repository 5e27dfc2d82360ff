/* Looking things up in the action table: it is short, so a walk is the index. */
#include "ui/action.h"

static bool has_key(const struct action *action, int32_t press)
{
    for (size_t i = 0; i < ACTION_KEYS_MAX; i++)
        if (action->keys[i] != 0 && action->keys[i] == press)
            return true;
    return false;
}

const struct action *action_at(const struct action_table *t, enum place place, int32_t press)
{
    for (size_t i = 0; i < t->count; i++)
        if ((t->actions[i].places & AT(place)) && has_key(&t->actions[i], press))
            return &t->actions[i];
    return NULL;
}

const struct action *action_by_id(const struct action_table *t, enum action_id id)
{
    for (size_t i = 0; i < t->count; i++)
        if (t->actions[i].id == id)
            return &t->actions[i];
    return NULL;
}
