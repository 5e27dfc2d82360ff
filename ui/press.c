/* Names of presses, both ways from one table. Of several rows for one press the first is the name it
 * is shown by; the others are understood too. */
#include "ui/press.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static const struct {
    const char *name;
    int32_t press;
} names[] = {
    {"Tab", PRESS_TAB},
    {"Enter", PRESS_ENTER},
    {"Esc", PRESS_ESCAPE},
    {"Backspace", PRESS_BACKSPACE},
    {"space", ' '},
    {"Up", PRESS_UP},
    {"Down", PRESS_DOWN},
    {"Left", PRESS_LEFT},
    {"Right", PRESS_RIGHT},
    {"Home", PRESS_HOME},
    {"End", PRESS_END},
    {"PgUp", PRESS_PAGE_UP},
    {"PgDn", PRESS_PAGE_DOWN},
    {"Ins", PRESS_INSERT},
    {"Del", PRESS_DELETE},
    {"Shift-Tab", PRESS_BACK_TAB},
    {"Ctrl-Left", PRESS_WORD_LEFT},
    {"Ctrl-Right", PRESS_WORD_RIGHT},
    {"Return", PRESS_ENTER},
    {"Escape", PRESS_ESCAPE},
    {"PageUp", PRESS_PAGE_UP},
    {"PageDown", PRESS_PAGE_DOWN},
    {"Insert", PRESS_INSERT},
    {"Delete", PRESS_DELETE},
    {"Alt-b", PRESS_WORD_LEFT},
    {"Alt-f", PRESS_WORD_RIGHT},
};
enum { NAMES = sizeof names / sizeof *names, CTRL_FIRST = 1, CTRL_LAST = 31 };

static bool is_character(int32_t code)
{
    return (code > ' ' && code < 0x7F) ||
           (code >= 0xA0 && code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF));
}

bool press_is_typed(int32_t press)
{
    return press == ' ' || is_character(press);
}

static void put_character(int32_t code, char out[PRESS_NAME_MAX])
{
    int more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    static const unsigned char lead[] = {0, 0xC0, 0xE0, 0xF0};
    *out++ = (char)(lead[more] | code >> (6 * more));
    while (more-- > 0)
        *out++ = (char)(0x80 | (code >> (6 * more) & 0x3F));
    *out = '\0';
}

const char *press_name(int32_t press, char out[PRESS_NAME_MAX])
{
    for (size_t i = 0; i < NAMES; i++) {
        if (names[i].press == press) {
            snprintf(out, PRESS_NAME_MAX, "%s", names[i].name);
            return out;
        }
    }
    out[0] = '\0';
    if (press >= PRESS_F1 && press <= PRESS_LAST)
        snprintf(out, PRESS_NAME_MAX, "F%d", (int)(press - PRESS_F1 + 1));
    else if (press >= CTRL_FIRST && press <= CTRL_LAST)
        snprintf(out, PRESS_NAME_MAX, "Ctrl-%c", (int)(press | 0x40));
    else if (is_character(press))
        put_character(press, out);
    return out;
}

/* "F1" to "F12"; 0 when it is no such name. */
static int32_t function_key(const char *name)
{
    char shown[PRESS_NAME_MAX];
    for (int32_t press = PRESS_F1; press <= PRESS_LAST; press++)
        if (strcasecmp(press_name(press, shown), name) == 0)
            return press;
    return PRESS_NONE;
}

/* What Ctrl makes of the one character left: letters and @[\]^_ have a control. Two of them are what
 * other keys send, and always come as those. */
static int32_t control_key(const char *rest)
{
    bool has_one = (rest[0] >= 'a' && rest[0] <= 'z') || (rest[0] >= '@' && rest[0] <= '_');
    int32_t press = has_one && rest[1] == '\0' ? PRESS_CTRL(rest[0]) : PRESS_NONE;
    return press == PRESS_CTRL('h')   ? PRESS_BACKSPACE
           : press == PRESS_CTRL('j') ? PRESS_ENTER
                                      : press;
}

int32_t press_of(const char *name)
{
    size_t n = strlen(name);
    for (size_t i = 0; i < NAMES; i++)
        if (strcasecmp(names[i].name, name) == 0)
            return names[i].press;
    if (strncasecmp(name, "Ctrl-", 5) == 0)
        return control_key(name + 5);
    if (name[0] == '^' && n == 2)
        return control_key(name + 1);
    int32_t code = PRESS_NONE;
    if (n > 0 && text_decode(name, n, &code) == (int)n && is_character(code))
        return code;
    return function_key(name);
}
