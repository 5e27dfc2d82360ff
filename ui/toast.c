/* Bad news stays longer than good: it has to be read. */
#include "ui/toast.h"

#include "ui/box.h"
#include "ui/say.h"

#include <string.h>

enum { SHORT_MS = 5000, LONG_MS = 15000, WIDTH = 76, LINES_MAX = 6, SIGN_COLUMNS = 2 };

static bool is_bad(enum role role)
{
    return role == ROLE_BAD || role == ROLE_WARNING;
}

static struct text text_of(const struct toast *t)
{
    return (struct text){t->bytes, strlen(t->bytes)};
}

static void drop(struct toasts *t, size_t i)
{
    memmove(&t->list[i], &t->list[i + 1], (t->count - i - 1) * sizeof *t->list);
    t->count--;
}

void toast_add(struct toasts *t, struct text sentence, enum role role, int64_t now_ms)
{
    struct text cut = text_cut(sentence, TOAST_BYTES_MAX - 1);
    while (cut.len >= TOAST_BYTES_MAX)
        cut = text_cut(cut, text_width(cut) - 1);
    for (size_t i = t->count; i-- > 0;)
        if (text_of(&t->list[i]).len == cut.len && memcmp(t->list[i].bytes, cut.s, cut.len) == 0)
            drop(t, i);
    if (t->count == TOASTS_MAX)
        drop(t, 0);
    struct toast *new = &t->list[t->count++];
    memcpy(new->bytes, cut.s, cut.len);
    new->bytes[cut.len] = '\0';
    new->role = role;
    new->until_ms = now_ms + (is_bad(role) ? LONG_MS : SHORT_MS);
}

void toast_expire(struct toasts *t, int64_t now_ms)
{
    for (size_t i = t->count; i-- > 0;)
        if (t->list[i].until_ms <= now_ms)
            drop(t, i);
}

void toast_clear(struct toasts *t)
{
    t->count = 0;
}

int64_t toast_due(const struct toasts *t)
{
    int64_t due = -1;
    for (size_t i = 0; i < t->count; i++)
        if (due < 0 || t->list[i].until_ms < due)
            due = t->list[i].until_ms;
    return due;
}

/* Returns the rows used. */
static int draw_one(const struct toast *t, struct canvas *c, struct rect area)
{
    int width = area.w < WIDTH ? area.w : WIDTH;
    int room = width - SIGN_COLUMNS - 2;
    struct text sentence = text_of(t);
    int lines = say_wrap_count(sentence, room, LINES_MAX);
    lines = lines < area.h ? lines : area.h;
    if (room < 4 || lines < 1)
        return 0;
    if (lines == 1)
        width = (int)text_width(sentence) + SIGN_COLUMNS + 2;
    width = width < area.w ? width : area.w;
    struct rect r = {area.x + area.w - width, area.y + area.h - lines, width, lines};
    canvas_fill(c, r, ROLE_TOAST, 0);
    struct text sign = t->role == ROLE_BAD       ? TEXT("✗")
                       : t->role == ROLE_WARNING ? TEXT("!")
                       : t->role == ROLE_OK      ? TEXT("✓")
                                                 : TEXT("·");
    canvas_text(c, r, r.x + 1, r.y, 1, sign, ROLE_TOAST, STYLE_BOLD);
    box_text(c, (struct rect){r.x + 1 + SIGN_COLUMNS, r.y, room, lines}, sentence, ROLE_TOAST, 0);
    return lines;
}

void toast_draw(const struct toasts *t, struct canvas *c, struct rect area)
{
    for (size_t i = t->count; i-- > 0;)
        area.h -= draw_one(&t->list[i], c, area);
}
