/* Looks of a theme → attributes and colour pairs of ncurses: one pair a role, made when the theme is
 * first used.
 *
 * True colour, where ncurses can do it: either the terminal's description has direct colours (RGB), or
 * the terminal says by COLORTERM that it has them and its palette can be changed. Then the nearest of
 * the 240 fixed colours is changed to the one that is wanted, so that a terminal which does not do as
 * it says shows the nearest one; two wanted colours that are nearest to the same one share it. */
#include "ui/terminal_internal.h"
#include "ui/theme_internal.h"

#include <curses.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { TRUE_COLOURS = 1 << 24, PALETTE = 256, PALETTE_FIXED = 16, UNCHANGED = -1 };

static struct {
    int colours;
    bool defaults, direct;
    bool used, changed; /* a theme; the palette */
    struct theme theme;
    attr_t styles[ROLE_COUNT];
    int32_t palette[PALETTE]; /* what the colours were changed to */
} colour;

/* ---- what the terminal has ------------------------------------------------------------------------------ */

static bool has_direct(void)
{
    return tigetflag("RGB") > 0 || tigetnum("RGB") > 0 || terminal_caps_string("RGB");
}

static bool says_true(void)
{
    const char *says = getenv("COLORTERM");
    return says && (strcasecmp(says, "truecolor") == 0 || strcasecmp(says, "24bit") == 0);
}

static int count_colours(void)
{
    if (colour.direct && COLORS >= TRUE_COLOURS)
        return TRUE_COLOURS;
    if (COLORS >= PALETTE)
        return says_true() && can_change_color() && COLORS == PALETTE ? TRUE_COLOURS : PALETTE;
    return COLORS >= 16 ? 16 : COLORS >= 8 ? 8 : 0;
}

int terminal_colour_open(bool none)
{
    memset(&colour, 0, sizeof colour);
    if (none || !has_colors() || start_color() == ERR || COLOR_PAIRS <= ROLE_COUNT)
        return 0;
    colour.defaults = use_default_colors() == OK;
    colour.direct = has_direct();
    colour.colours = count_colours();
    return colour.colours;
}

/* ---- using a theme ---------------------------------------------------------------------------------------- */

static void forget_palette(void)
{
    terminal_caps_stage(terminal_colour_undo());
    for (int i = 0; i < PALETTE; i++)
        colour.palette[i] = UNCHANGED;
    colour.changed = false;
}

static int thousandth(int32_t rgb, int shift)
{
    return (rgb >> shift & 0xFF) * 1000 / 255;
}

/* The number of the palette's nearest colour, which becomes `rgb`, unless another one has it. */
static int change_nearest(int32_t rgb, int32_t nearest)
{
    int n = nearest & (PALETTE - 1);
    if (n < PALETTE_FIXED || colour.palette[n] != UNCHANGED)
        return n;
    if (init_extended_color(n, thousandth(rgb, 16), thousandth(rgb, 8), thousandth(rgb, 0)) == OK) {
        colour.palette[n] = rgb;
        colour.changed = true;
    }
    return n;
}

/* Direct colours begin after the 8 that have numbers; the description may have 256 of those, and
 * nobody sees what keeps clear of them. */
static int direct_number(int32_t wanted)
{
    if (wanted & LOOK_INDEX && (wanted & 0xFF) < 8)
        return wanted & 0xFF;
    int32_t rgb = look_rgb(wanted);
    return rgb < PALETTE ? rgb | PALETTE : rgb;
}

/* The number that ncurses knows a colour by. `few` is the same with 256 colours. */
static int number_of(int32_t wanted, int32_t few, int instead)
{
    if (wanted == LOOK_DEFAULT)
        return colour.defaults ? -1 : instead;
    if (colour.direct && colour.colours == TRUE_COLOURS)
        return direct_number(wanted);
    if (wanted & LOOK_INDEX)
        return wanted & 0xFF;
    return few == LOOK_DEFAULT ? instead : change_nearest(wanted, few);
}

static attr_t attributes_of(unsigned style)
{
    return (style & STYLE_BOLD ? A_BOLD : 0) | (style & STYLE_REVERSE ? A_REVERSE : 0) |
           (style & STYLE_DIM ? A_DIM : 0) | (style & STYLE_UNDERLINE ? A_UNDERLINE : 0);
}

static void use_role(const struct theme *t, enum role role)
{
    struct look look = theme_look(t, role, colour.colours);
    struct look few = theme_look(t, role, PALETTE);
    colour.styles[role] = attributes_of(look.style);
    if (colour.colours > 0)
        init_extended_pair((int)role + 1, number_of(look.foreground, few.foreground, COLOR_WHITE),
            number_of(look.background, few.background, COLOR_BLACK));
}

bool terminal_colour_use(const struct theme *t)
{
    if (colour.used && memcmp(&colour.theme, t, sizeof *t) == 0)
        return false;
    forget_palette();
    memcpy(&colour.theme, t, sizeof *t);
    colour.used = true;
    for (enum role role = 0; role < ROLE_COUNT; role++)
        use_role(t, role);
    return true;
}

void terminal_colour_forget(void)
{
    colour.used = false;
}

unsigned long terminal_colour_style(unsigned role, unsigned style, short *pair)
{
    role = role < ROLE_COUNT ? role : ROLE_NORMAL;
    *pair = colour.colours > 0 ? (short)(role + 1) : 0;
    return colour.styles[role] | attributes_of(style);
}

const char *terminal_colour_undo(void)
{
    return colour.changed ? terminal_caps_string("oc") : NULL;
}
