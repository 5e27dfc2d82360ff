/* Two passes: which hints fit, those that must stay counted first; then drawing them in order. */
#include "ui/hints.h"

#include "ui/press.h"

#include <stdio.h>
#include <string.h>

enum { GAP = 3, HINTS_MAX = 64 };

/* "enter", "/" …: single letters as they are typed, names in small letters. */
static struct text key_of(const struct action *action, char out[PRESS_NAME_MAX])
{
    press_name(action->keys[0], out);
    if (strlen(out) > 1 && strncmp(out, "Ctrl", 4) != 0 && out[0] >= 'A' && out[0] <= 'Z' &&
        out[1] >= 'a')
        out[0] = (char)(out[0] - 'A' + 'a');
    return (struct text){out, strlen(out)};
}

static int width_of(const struct action *action)
{
    char name[PRESS_NAME_MAX];
    struct text hint = {action->hint, strlen(action->hint)};
    return (int)(text_width(key_of(action, name)) + 1 + text_width(hint)) + GAP;
}

static bool must_stay(const struct action *action)
{
    return action->id == ACTION_HELP || action->id == ACTION_QUIT || action->id == ACTION_BACK;
}

static size_t collect(const struct action_table *t, enum place place,
    bool (*usable)(void *arg, const struct action *action), void *arg,
    const struct action *out[HINTS_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < t->count && count < HINTS_MAX; i++) {
        const struct action *action = &t->actions[i];
        if ((action->places & AT(place)) && action->hint && action->keys[0] && usable(arg, action))
            out[count++] = action;
    }
    return count;
}

/* Leaves out what does not fit, from the end. */
static void fit(const struct action *hints[HINTS_MAX], size_t count, int room)
{
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < count; i++) {
            if (!hints[i] || must_stay(hints[i]) != (pass == 0))
                continue;
            int width = width_of(hints[i]);
            if (width <= room)
                room -= width;
            else
                hints[i] = NULL;
        }
    }
}

void hints_draw(struct canvas *c, struct rect r, const struct action_table *t, enum place place,
    bool (*usable)(void *arg, const struct action *action), void *arg)
{
    const struct action *hints[HINTS_MAX];
    size_t count = collect(t, place, usable, arg, hints);
    char name[PRESS_NAME_MAX];
    int x = r.x + 1;
    fit(hints, count, r.w - 1 + GAP - 1);
    canvas_fill(c, r, ROLE_NORMAL, 0);
    for (size_t i = 0; i < count; i++) {
        if (!hints[i])
            continue;
        struct text hint = {hints[i]->hint, strlen(hints[i]->hint)};
        x += canvas_text(c, r, x, r.y, r.w, key_of(hints[i], name), ROLE_KEY, 0) + 1;
        x += canvas_text(c, r, x, r.y, r.w, hint, ROLE_NORMAL, 0) + GAP;
    }
}
