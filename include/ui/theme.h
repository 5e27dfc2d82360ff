/* theme: role → colour and attributes, from files in themes/ (INI, libinih).
 *
 * A theme file has [theme] with name (optional) and kind = dark | light | mono, and [roles] with
 * lines such as
 *     cursor = black on cyan bold
 * that is: a colour, "on" and a colour, and any of bold dim underline reverse, each of which may
 * be missing. A colour is default, one of the eight names (black red green yellow blue magenta
 * cyan white), the same with bright- before it, a number 0..255 of the 256 colours, or #rrggbb.
 * A section [roles-16] may say otherwise for terminals with fewer than 256 colours. A role that
 * a file does not name has the look of the built-in theme of its kind.
 *
 * Built-in copies of the files in themes/ are compiled in, so that the program needs no file
 * beside it. Colours are brought down to what the terminal has: true colour → 256 → 16 → 8 →
 * none; with NO_COLOR, or where there are none, only attributes remain. State never depends on
 * colour alone.
 *
 * Thread: main. Pure but for reading a file. */
#ifndef SLIPWAY_UI_THEME_H
#define SLIPWAY_UI_THEME_H

#include "base/err.h"
#include "ui/theme_role.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct look {
    int32_t foreground, background; /* 0xRRGGBB, or LOOK_INDEX | n (0..255), or LOOK_DEFAULT */
    unsigned char style;            /* STYLE_… (canvas.h) */
};
enum { LOOK_DEFAULT = -1, LOOK_INDEX = 0x1000000 };

enum { THEME_NAME_MAX = 32, THEME_FILE_MAX = 64 * 1024 };

struct theme {
    char name[THEME_NAME_MAX]; /* ASCII; a file without one is called by its file name */
    bool light;
    struct look looks[ROLE_COUNT];
    struct look few[ROLE_COUNT]; /* for fewer than 256 colours; read through theme_look */
};

/* A built-in by name ("dark", "light", "mono") or a file by path. -1 and ERR_INPUT that names
 * file and line when it is wrong, ERR_INPUT or ERR_IO (base/file.h) when it cannot be read; *t
 * is unchanged then. */
int theme_load(struct theme *t, const char *name_or_path, struct err *e);

/* The names of the built-in themes, in order of the alphabet; NULL behind the last. */
const char *theme_builtin_name(size_t number);

/* The look on a terminal with so many colours (0, 8, 16, 256, 1<<24, or between). What it uses,
 * the terminal has: numbers below `colours`, 0xRRGGBB only from 1<<24 on, no colour at all below
 * 8. A background that cannot be shown becomes STYLE_REVERSE. Below true colour, a foreground
 * that cannot be told from its background becomes black or white. */
struct look theme_look(const struct theme *t, enum role role, int colours);

#endif
