/* Enter keeps what was typed, Esc gives it up, Backspace in an empty line too. */
#include "ui/prompt.h"

#include "ui/edit_press.h"
#include "ui/press.h"

#include <string.h>

int prompt_init(struct prompt *p)
{
    err_clear(&p->why);
    return edit_init(&p->edit, PROMPT_BYTES_MAX, false);
}

void prompt_release(struct prompt *p)
{
    edit_release(&p->edit);
}

void prompt_open(struct prompt *p, struct text begins)
{
    err_clear(&p->why);
    if (edit_set(&p->edit, begins))
        edit_clear(&p->edit);
}

enum prompt_reply prompt_press(struct prompt *p, int32_t press)
{
    bool empty = edit_text(&p->edit).len == 0;
    if (press == PRESS_ENTER)
        return PROMPT_DONE;
    if (press == PRESS_ESCAPE || press == PRESS_CTRL('c') || (press == PRESS_BACKSPACE && empty))
        return PROMPT_LEFT;
    return edit_press(&p->edit, press) == EDIT_CHANGED ? PROMPT_CHANGED : PROMPT_OPEN;
}

void prompt_draw(struct prompt *p, struct canvas *c, struct rect r, struct text sign)
{
    canvas_fill(c, r, ROLE_INPUT, 0);
    int x = r.x + canvas_text(c, r, r.x, r.y, r.w, sign, ROLE_INPUT, STYLE_BOLD);
    struct text why = {p->why.message, strlen(p->why.message)};
    int room = r.x + r.w - x, notes = (int)text_width(why) + 2;
    if (p->why.class == ERR_NONE || notes > room / 2)
        notes = p->why.class == ERR_NONE ? 0 : room / 2;
    edit_draw(&p->edit, c, (struct rect){x, r.y, room - notes, 1}, true);
    if (notes > 2)
        canvas_text_right(c, r, x + room - notes + 1, r.y, notes - 2, why, ROLE_WARNING, 0);
}
