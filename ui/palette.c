/* What fits is worked out anew on each look: the table has some fifty rows. Names that begin with what
 * was typed come before those that hold it somewhere. */
#include "ui/palette.h"

#include "ui/help.h"
#include "ui/press.h"

#include <string.h>

enum { FITTING_MAX = 64, ROWS_MAX = 12, NAME_COLUMNS = 15, KEY_COLUMNS = 13 };

struct fitting {
    const struct action *list[FITTING_MAX];
    size_t count;
};

static bool fits(const struct action *action, struct text typed, bool at_start)
{
    char word[PROMPT_BYTES_MAX + 1];
    size_t length = typed.len < PROMPT_BYTES_MAX ? typed.len : PROMPT_BYTES_MAX;
    memcpy(word, typed.s, length);
    word[length] = '\0';
    const char *found = strstr(action->name, word);
    return found && (found == action->name) == at_start;
}

static struct fitting fitting(const struct action_table *t, enum place place, struct text typed)
{
    struct fitting f = {.count = 0};
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < t->count && f.count < FITTING_MAX; i++)
            if ((t->actions[i].places & AT(place)) && fits(&t->actions[i], typed, pass == 0))
                f.list[f.count++] = &t->actions[i];
    return f;
}

int palette_init(struct palette *p)
{
    p->chosen = 0;
    return prompt_init(&p->prompt);
}

void palette_release(struct palette *p)
{
    prompt_release(&p->prompt);
}

void palette_open(struct palette *p)
{
    p->chosen = 0;
    prompt_open(&p->prompt, TEXT(""));
}

void palette_paste(struct palette *p, const char *bytes, size_t n)
{
    p->chosen = 0;
    edit_insert(&p->prompt.edit, bytes, n); /* what is too long is not taken */
}

static void complete(struct palette *p, const struct fitting *f)
{
    const char *name = f->count > 0 ? f->list[p->chosen]->name : "";
    if (*name && edit_set(&p->prompt.edit, (struct text){name, strlen(name)}) == 0)
        p->chosen = 0;
}

enum prompt_reply palette_press(struct palette *p, const struct action_table *t, enum place place,
    int32_t press, const struct action **action)
{
    struct fitting f = fitting(t, place, edit_text(&p->prompt.edit));
    p->chosen = p->chosen < f.count ? p->chosen : 0;
    *action = f.count > 0 ? f.list[p->chosen] : NULL;
    if (press == PRESS_DOWN && f.count > 0)
        p->chosen = (p->chosen + 1) % f.count;
    else if (press == PRESS_UP && f.count > 0)
        p->chosen = (p->chosen + f.count - 1) % f.count;
    else if (press == PRESS_TAB)
        complete(p, &f);
    else {
        enum prompt_reply reply = prompt_press(&p->prompt, press);
        p->chosen = reply == PROMPT_CHANGED ? 0 : p->chosen;
        return reply;
    }
    return PROMPT_OPEN;
}

/* ---- drawing --------------------------------------------------------------------------------------- */

static struct text risk_of(const struct action *action)
{
    static const struct text risks[] = {TEXT(""), TEXT("asks y · "),
        TEXT("shows the plan, asks y · "), TEXT("asks for the name · ")};
    return risks[action->risk >= 0 && action->risk < 4 ? action->risk : 3];
}

static struct text line_of(const char *s)
{
    return (struct text){s, strlen(s)};
}

static void draw_row(struct canvas *c, struct rect r, const struct action *action, bool chosen)
{
    char keys[KEYS_TEXT_MAX];
    int x = r.x + 1;
    action_keys(action, false, keys);
    canvas_fill(c, r, ROLE_NORMAL, 0);
    canvas_text_cut(c, r, x, r.y, NAME_COLUMNS - 1, line_of(action->name), ROLE_NORMAL, 0);
    x += NAME_COLUMNS;
    canvas_text_cut(c, r, x, r.y, KEY_COLUMNS - 1, line_of(keys), ROLE_KEY, 0);
    x += KEY_COLUMNS;
    x += canvas_text(c, r, x, r.y, r.x + r.w - x, risk_of(action), ROLE_WARNING, 0);
    canvas_text_cut(c, r, x, r.y, r.x + r.w - x, line_of(action->help), ROLE_FAINT, 0);
    if (chosen)
        canvas_paint(c, r, ROLE_CURSOR, 0);
}

void palette_draw(struct palette *p, struct canvas *c, struct rect area, struct rect line,
    const struct action_table *t, enum place place)
{
    struct fitting f = fitting(t, place, edit_text(&p->prompt.edit));
    int rows = f.count < ROWS_MAX ? (int)f.count : ROWS_MAX;
    rows = rows < area.h - 1 ? rows : area.h - 1;
    p->chosen = p->chosen < f.count ? p->chosen : 0;
    prompt_draw(&p->prompt, c, line, TEXT(":"));
    if (f.count == 0) {
        canvas_text_right(
            c, line, line.x, line.y, line.w, TEXT("no such command "), ROLE_WARNING, 0);
        return;
    }
    size_t top = rows > 0 && p->chosen >= (size_t)rows ? p->chosen - (size_t)rows + 1 : 0;
    struct rect r = {area.x, area.y + area.h - rows, area.w, 1};
    if (rows > 0)
        canvas_rule(c, (struct rect){r.x, r.y - 1, r.w, 1}, TEXT("Commands"),
            TEXT("Tab completes · Enter does"), true);
    for (int i = 0; i < rows; i++, r.y++)
        draw_row(c, r, f.list[top + (size_t)i], top + (size_t)i == p->chosen);
}
