/* press: one key press as one number: a code point, a control character, or one of these. */
#ifndef SLIPWAY_UI_PRESS_H
#define SLIPWAY_UI_PRESS_H

#include <stdbool.h>
#include <stdint.h>

enum press {
    PRESS_NONE = 0,
    PRESS_TAB = 9,
    PRESS_ENTER = 13, /* also what ICRNL makes a line feed */
    PRESS_ESCAPE = 27,
    PRESS_BACKSPACE = 127, /* also ^H */
    PRESS_UP = 0x200000,
    PRESS_DOWN,
    PRESS_LEFT,
    PRESS_RIGHT,
    PRESS_HOME,
    PRESS_END,
    PRESS_PAGE_UP,
    PRESS_PAGE_DOWN,
    PRESS_INSERT,
    PRESS_DELETE,
    PRESS_BACK_TAB,
    PRESS_WORD_LEFT, /* Ctrl-Left, Alt-b */
    PRESS_WORD_RIGHT,
    PRESS_F1, /* to F12 = PRESS_F1 + 11 */
    PRESS_LAST = PRESS_F1 + 11
};

#define PRESS_CTRL(letter) ((letter)&0x1f)

/* Whether it is a character, which is typed where one types. */
bool press_is_typed(int32_t press);

enum { PRESS_NAME_MAX = 16 };
/* "Enter", "Ctrl-L", "space", "PgUp", "u": for hints and help; returns out. */
const char *press_name(int32_t press, char out[PRESS_NAME_MAX]);
/* The press a name means (as in a [keys] section), PRESS_NONE when none. */
int32_t press_of(const char *name);

#endif
