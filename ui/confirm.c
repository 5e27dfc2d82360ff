/* Pasted text never confirms: a name that is to be typed is to be read first. */
#include "ui/confirm.h"

#include "ui/box.h"
#include "ui/press.h"
#include "ui/say.h"

#include <string.h>

enum { WIDTH = 72, RISK_NAME = 3 };

int confirm_init(struct confirm *f)
{
    *f = (struct confirm){.action = NULL};
    return prompt_init(&f->prompt);
}

void confirm_release(struct confirm *f)
{
    prompt_release(&f->prompt);
    arena_free(f->arena);
    f->arena = NULL;
}

void confirm_open(struct confirm *f, const struct action *action, int risk, struct text word)
{
    arena_free(f->arena);
    f->arena = arena_new(64 * 1024);
    f->action = action;
    f->risk = risk;
    f->line_count = 0;
    f->word = f->arena ? text_new(f->arena, word.s, word.len, TEXT_LINE) : TEXT("");
    f->ask = f->arena ? say_text(f->arena, "Type %s: ", f->word.s) : TEXT("");
    prompt_open(&f->prompt, TEXT(""));
}

void confirm_line(struct confirm *f, struct text line)
{
    if (f->arena && f->line_count < CONFIRM_LINES_MAX)
        f->lines[f->line_count++] = text_new(f->arena, line.s, line.len, TEXT_LINE);
}

static enum confirm_reply press_name_typed(struct confirm *f, int32_t press)
{
    enum prompt_reply reply = prompt_press(&f->prompt, press);
    struct text typed = edit_text(&f->prompt.edit);
    if (reply == PROMPT_LEFT)
        return CONFIRM_NO;
    if (reply != PROMPT_DONE)
        return CONFIRM_OPEN;
    if (f->word.len > 0 && typed.len == f->word.len && memcmp(typed.s, f->word.s, typed.len) == 0)
        return CONFIRM_YES;
    err_set(&f->prompt.why, ERR_INPUT, 0, "not the name");
    return CONFIRM_OPEN;
}

enum confirm_reply confirm_press(struct confirm *f, int32_t press)
{
    if (f->risk >= RISK_NAME)
        return press_name_typed(f, press);
    return press == 'y' || press == 'Y' ? CONFIRM_YES : CONFIRM_NO;
}

static int height_of(const struct confirm *f, int width)
{
    int rows = 2 + 2; /* the frame, an empty row and the question */
    for (size_t i = 0; i < f->line_count; i++)
        rows += say_wrap_count(f->lines[i], width, 8);
    return rows;
}

static void draw_question(struct confirm *f, struct canvas *c, struct rect r)
{
    if (f->risk >= RISK_NAME) {
        prompt_draw(&f->prompt, c, r, f->ask);
        return;
    }
    int x = r.x;
    x += canvas_text(c, r, x, r.y, r.w, TEXT("y"), ROLE_KEY, 0);
    x += canvas_text(c, r, x, r.y, r.w, TEXT(" do it   "), ROLE_NORMAL, 0);
    x += canvas_text(c, r, x, r.y, r.w, TEXT("any other key"), ROLE_KEY, 0);
    canvas_text(c, r, x, r.y, r.w, TEXT(" leaves it"), ROLE_NORMAL, 0);
}

void confirm_draw(struct confirm *f, struct canvas *c, struct rect area)
{
    int width = (area.w < WIDTH ? area.w : WIDTH) - 4;
    const char *name = f->action ? f->action->name : "";
    struct rect r = box_open(c, area, width + 4, height_of(f, width),
        (struct text){name, strlen(name)}, TEXT("not done yet"));
    struct rect text = {r.x, r.y, r.w, r.h > 2 ? r.h - 2 : r.h - 1};
    for (size_t i = 0; i < f->line_count && text.h > 0; i++)
        text =
            box_below(text, box_text(c, text, f->lines[i], ROLE_NORMAL, i == 0 ? STYLE_BOLD : 0));
    draw_question(f, c, (struct rect){r.x, r.y + r.h - 1, r.w, 1});
}
