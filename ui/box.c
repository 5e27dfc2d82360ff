/* Boxes leave a column of air on each side of their texts; a screen too small for a frame gives all it
 * has to the text. */
#include "ui/box.h"

#include "ui/say.h"

enum { SMALL_COLUMNS = 16, SMALL_ROWS = 4 };

int box_text(struct canvas *c, struct rect r, struct text t, enum role role, int style)
{
    struct text line;
    size_t offset = 0;
    int used = 0;
    while (used < r.h && say_wrap(t, r.w, &offset, &line)) {
        canvas_text(c, r, r.x, r.y + used, r.w, line, role, style);
        used++;
    }
    return used;
}

struct rect box_open(
    struct canvas *c, struct rect area, int w, int h, struct text title, struct text note)
{
    if (area.w < SMALL_COLUMNS || area.h < SMALL_ROWS) {
        canvas_fill(c, area, ROLE_NORMAL, 0);
        return area;
    }
    w = w < area.w ? w : area.w;
    h = h < area.h ? h : area.h;
    struct rect box = {area.x + (area.w - w) / 2, area.y + (area.h - h) / 2, w, h};
    canvas_fill(c, box, ROLE_NORMAL, 0);
    canvas_frame(c, box, title, note, true);
    return rect_inset(box, 2, 1);
}

struct rect box_below(struct rect r, int rows)
{
    rows = rows < r.h ? rows : r.h;
    return (struct rect){r.x, r.y + rows, r.w, r.h - rows};
}
