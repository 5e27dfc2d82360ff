/* What the files of the theme share; for theme*.c, and look_rgb for the terminal. */
#ifndef SLIPWAY_UI_THEME_INTERNAL_H
#define SLIPWAY_UI_THEME_INTERNAL_H

#include "ui/theme.h"

/* The files of themes/, compiled in by ui/embed.sh; ends with a name of NULL. */
struct theme_builtin {
    const char *name, *text;
};
extern const struct theme_builtin theme_builtins[];

enum { LOOK_UNSET = -2 }; /* as a foreground: the theme does not name this look */

/* Reads "black on cyan bold". NULL, or the word (in `bad`, cut to its size) and why it is wrong. */
enum { LOOK_WORD_MAX = 24 };
const char *look_parse(const char *value, struct look *out, char bad[LOOK_WORD_MAX]);

/* The nearest look with so many colours, as theme_look says. */
struct look look_reduce(struct look look, int colours);

/* 0xRRGGBB of a colour of a look that is not LOOK_DEFAULT; numbers are xterm's. */
int32_t look_rgb(int32_t colour);

#endif
