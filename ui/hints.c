/* Two passes: which hints fit, those that must stay counted first; then drawing them in order. */
#include "ui/hints.h"

#include "ui/press.h"

#include <stdio.h>
#include <string.h>

enum { GAP = 3, HINTS_MAX = 64 };

struct hint {
    const struct action *action; /* NULL = left out */
    int32_t key;
};

/* PRESS_NONE when it has none that does it here. */
static int32_t key_that_does(const struct action *action, bool typing)
{
    for (size_t i = 0; i < ACTION_KEYS_MAX && action->keys[i]; i++)
        if (!(typing && press_is_typed(action->keys[i])))
            return action->keys[i];
    return PRESS_NONE;
}

/* "enter", "/" …: single letters as they are typed, names in small letters; "F1" stays. */
static struct text key_of(const struct hint *hint, char out[PRESS_NAME_MAX])
{
    press_name(hint->key, out);
    if (strlen(out) > 1 && strncmp(out, "Ctrl", 4) != 0 && out[0] >= 'A' && out[0] <= 'Z' &&
        out[1] >= 'a')
        out[0] = (char)(out[0] - 'A' + 'a');
    return (struct text){out, strlen(out)};
}

static struct text words_of(const struct hint *hint)
{
    return (struct text){hint->action->hint, strlen(hint->action->hint)};
}

static int width_of(const struct hint *hint)
{
    char name[PRESS_NAME_MAX];
    return (int)(text_width(key_of(hint, name)) + 1 + text_width(words_of(hint))) + GAP;
}

static bool must_stay(const struct action *action)
{
    return action->id == ACTION_HELP || action->id == ACTION_QUIT || action->id == ACTION_BACK;
}

static size_t collect(const struct action_table *t, enum place place, bool typing,
    bool (*usable)(void *arg, const struct action *action), void *arg, struct hint out[HINTS_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < t->count && count < HINTS_MAX; i++) {
        const struct action *action = &t->actions[i];
        int32_t key = key_that_does(action, typing);
        if ((action->places & AT(place)) && action->hint && key && usable(arg, action))
            out[count++] = (struct hint){action, key};
    }
    return count;
}

/* Leaves out what does not fit, from the end. */
static void fit(struct hint hints[HINTS_MAX], size_t count, int room)
{
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < count; i++) {
            if (!hints[i].action || must_stay(hints[i].action) != (pass == 0))
                continue;
            int width = width_of(&hints[i]);
            if (width <= room)
                room -= width;
            else
                hints[i].action = NULL;
        }
    }
}

void hints_draw(struct canvas *c, struct rect r, const struct action_table *t, enum place place,
    bool typing, bool (*usable)(void *arg, const struct action *action), void *arg)
{
    struct hint hints[HINTS_MAX];
    size_t count = collect(t, place, typing, usable, arg, hints);
    char name[PRESS_NAME_MAX];
    int x = r.x + 1;
    fit(hints, count, r.w - 1 + GAP - 1);
    canvas_fill(c, r, ROLE_NORMAL, 0);
    for (size_t i = 0; i < count; i++) {
        if (!hints[i].action)
            continue;
        x += canvas_text(c, r, x, r.y, r.w, key_of(&hints[i], name), ROLE_KEY, 0) + 1;
        x += canvas_text(c, r, x, r.y, r.w, words_of(&hints[i]), ROLE_NORMAL, 0) + GAP;
    }
}
