/* What failed and why, of which class, what to do: each with a name before it. */
#include "ui/details.h"

#include "ui/box.h"
#include "ui/say.h"

#include <string.h>

enum { WIDTH = 84, LABEL = 9, ROWS_MAX = 24, LINES_MAX = 8 };

struct fact {
    const char *label;
    struct text text;
    enum role role;
};

static size_t facts_of(const struct err *e, struct arena *a, struct fact out[4])
{
    size_t count = 0;
    out[count++] = (struct fact){"error", say_text(a, "%s", e->message), ROLE_BAD};
    out[count++] = (struct fact){"class", say_text(a, "%s", err_class_name(e->class)), ROLE_NORMAL};
    if (e->number != 0)
        out[count++] = (struct fact){"number", say_text(a, "%d", e->number), ROLE_NORMAL};
    if (e->hint[0])
        out[count++] = (struct fact){"do", say_text(a, "%s", e->hint), ROLE_NORMAL};
    return count;
}

void details_draw(struct canvas *c, struct rect area, const struct err *e)
{
    struct fact facts[4];
    struct arena *a = arena_new(16 * 1024);
    if (!a)
        return;
    size_t count = facts_of(e, a, facts);
    int width = (area.w < WIDTH ? area.w : WIDTH) - 4 - LABEL, rows = 2;
    for (size_t i = 0; i < count; i++)
        rows += say_wrap_count(facts[i].text, width, LINES_MAX);
    struct rect r = box_open(c, area, width + 4 + LABEL, rows < ROWS_MAX ? rows : ROWS_MAX,
        TEXT("Error"), TEXT("any key closes"));
    for (size_t i = 0; i < count && r.h > 0; i++) {
        canvas_text(c, r, r.x, r.y, LABEL - 1,
            (struct text){facts[i].label, strlen(facts[i].label)}, ROLE_LABEL, 0);
        struct rect text = {r.x + LABEL, r.y, r.w - LABEL, r.h};
        int used = box_text(c, text, facts[i].text, facts[i].role, 0);
        r = box_below(r, used > 0 ? used : 1);
    }
    arena_free(a);
}
