/* The filter of the view at the top: it works while one types; Esc puts the one before back. */
#include "ui/screen_internal.h"

#include <string.h>

static struct text line_of(const char *s)
{
    return (struct text){s, strlen(s)};
}

static void apply(struct screen *s, struct text typed)
{
    struct shown *top = screen_top(s);
    err_clear(&s->filter.why);
    if (!top->class->filter(top->v, typed, &s->filter.why) && s->filter.why.class == ERR_NONE)
        err_set(&s->filter.why, ERR_INPUT, 0, "not understood");
}

void screen_filter_open(struct screen *s)
{
    struct shown *top = screen_top(s);
    if (!top->class->filter) {
        screen_say(s, TEXT("There is nothing to filter here"), ROLE_WARNING);
        return;
    }
    prompt_open(&s->filter, line_of(top->filter));
    s->overlay = OVERLAY_FILTER;
}

static void keep(struct screen *s)
{
    struct shown *top = screen_top(s);
    struct text typed = edit_text(&s->filter.edit);
    size_t length = typed.len < FILTER_BYTES_MAX ? typed.len : FILTER_BYTES_MAX;
    memcpy(top->filter, typed.s, length);
    top->filter[length] = '\0';
}

void screen_filter_press(struct screen *s, int32_t press)
{
    switch (prompt_press(&s->filter, press)) {
    case PROMPT_CHANGED:
        apply(s, edit_text(&s->filter.edit));
        return;
    case PROMPT_DONE:
        keep(s);
        s->overlay = OVERLAY_NONE;
        return;
    case PROMPT_LEFT:
        apply(s, line_of(screen_top(s)->filter));
        s->overlay = OVERLAY_NONE;
        return;
    default:
        return;
    }
}

void screen_filter_paste(struct screen *s, const char *bytes, size_t n)
{
    if (edit_insert(&s->filter.edit, bytes, n) == 0)
        apply(s, edit_text(&s->filter.edit));
}

bool screen_filter_clear(struct screen *s)
{
    struct shown *top = screen_top(s);
    if (top->filter[0] == '\0')
        return false;
    top->filter[0] = '\0';
    apply(s, TEXT(""));
    return true;
}
