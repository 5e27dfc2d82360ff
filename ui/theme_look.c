/* One look: reading it from its words, and bringing its colours down to what a terminal has.
 *
 * Colours are compared with the weighted distance of "redmean", which follows the eye better
 * than plain RGB and needs no tables. True colours become one of the 240 fixed of the 256, never
 * one of the first 16, because those are the user's own. What those look like is taken to be
 * xterm's. */
#include "ui/canvas.h"
#include "ui/theme_internal.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    TRUE_COLOURS = 1 << 24,
    BRIGHT = 8,
    BLACK = 0,
    BRIGHT_BLACK = 8,
    WHITE = 7,
    BRIGHT_WHITE = 15
};

/* ---- reading --------------------------------------------------------------------------------------- */

static const char *const names[] = {
    "black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"};

static const struct {
    const char *word;
    unsigned char style;
} styles[] = {{"bold", STYLE_BOLD}, {"dim", STYLE_DIM}, {"underline", STYLE_UNDERLINE},
    {"reverse", STYLE_REVERSE}};

static unsigned char style_of(const char *word)
{
    for (size_t i = 0; i < sizeof styles / sizeof *styles; i++)
        if (strcmp(word, styles[i].word) == 0)
            return styles[i].style;
    return 0;
}

/* All digits of the base, and nothing but digits. */
static bool number_of(const char *digits, int base, long most, int32_t *out)
{
    for (const char *p = digits; *p; p++)
        if (!(base == 16 ? isxdigit((unsigned char)*p) : isdigit((unsigned char)*p)))
            return false;
    char *end;
    errno = 0;
    long n = strtol(digits, &end, base);
    if (errno || end == digits || n > most)
        return false;
    *out = (int32_t)n;
    return true;
}

static bool colour_of(const char *word, int32_t *out)
{
    if (strcmp(word, "default") == 0) {
        *out = LOOK_DEFAULT;
        return true;
    }
    if (word[0] == '#')
        return strlen(word) == 7 && number_of(word + 1, 16, 0xFFFFFF, out);
    bool bright = strncmp(word, "bright-", 7) == 0;
    for (int i = 0; i < BRIGHT; i++) {
        if (strcmp(bright ? word + 7 : word, names[i]) == 0) {
            *out = LOOK_INDEX | (i + (bright ? BRIGHT : 0));
            return true;
        }
    }
    if (!number_of(word, 10, 255, out))
        return false;
    *out |= LOOK_INDEX;
    return true;
}

/* The next word of *p, cut to its room; false at the end. */
static bool next_word(const char **p, char word[LOOK_WORD_MAX])
{
    *p += strspn(*p, " \t");
    size_t length = strcspn(*p, " \t");
    size_t kept = length < LOOK_WORD_MAX - 1 ? length : LOOK_WORD_MAX - 1;
    memcpy(word, *p, kept);
    word[kept] = '\0';
    *p += length;
    return length > 0;
}

const char *look_parse(const char *value, struct look *out, char word[LOOK_WORD_MAX])
{
    int32_t colours[2] = {LOOK_DEFAULT, LOOK_DEFAULT};
    bool given[2] = {false, false}, on = false;
    unsigned char style = 0;
    while (next_word(&value, word)) {
        int32_t *colour = &colours[on];
        unsigned char bit = on && !given[1] ? 0 : style_of(word);
        if (strcmp(word, "on") == 0 && !on)
            on = true;
        else if (bit)
            style |= bit;
        else if (given[on])
            return "is one word too many";
        else if (colour_of(word, colour))
            given[on] = true;
        else
            return "is neither a colour nor bold, dim, underline or reverse";
    }
    if (on && !given[1]) {
        memcpy(word, "on", 3);
        return "stands for the background, but no colour follows";
    }
    if (!on && !given[0] && !style)
        return "is where a look is missing";
    *out = (struct look){colours[0], colours[1], style};
    return NULL;
}

/* ---- bringing down --------------------------------------------------------------------------------- */

static const int32_t first_16[16] = {0x000000, 0xCD0000, 0x00CD00, 0xCDCD00, 0x0000EE, 0xCD00CD,
    0x00CDCD, 0xE5E5E5, 0x7F7F7F, 0xFF0000, 0x00FF00, 0xFFFF00, 0x5C5CFF, 0xFF00FF, 0x00FFFF,
    0xFFFFFF};

/* The 256 colours: the user's 16, a cube of 6 by 6 by 6, 24 greys. */
static int32_t rgb_of_index(int n)
{
    if (n < 16)
        return first_16[n];
    if (n >= 232)
        return (8 + 10 * (n - 232)) * 0x010101;
    n -= 16;
    int rgb[3] = {n / 36, n / 6 % 6, n % 6};
    int32_t out = 0;
    for (int i = 0; i < 3; i++)
        out = out * 256 + (rgb[i] ? 55 + 40 * rgb[i] : 0);
    return out;
}

int32_t look_rgb(int32_t colour)
{
    return colour & LOOK_INDEX ? rgb_of_index(colour & 0xFF) : colour;
}

static int part(int32_t rgb, int number)
{
    return rgb >> (16 - 8 * number) & 0xFF;
}

static long distance(int32_t a, int32_t b)
{
    long mean = (part(a, 0) + part(b, 0)) / 2;
    long r = part(a, 0) - part(b, 0), g = part(a, 1) - part(b, 1), bl = part(a, 2) - part(b, 2);
    return (512 + mean) * r * r + 1024 * g * g + (767 - mean) * bl * bl;
}

static int32_t nearest(int32_t rgb, int first, int end)
{
    int best = first;
    for (int n = first + 1; n < end; n++)
        if (distance(rgb, rgb_of_index(n)) < distance(rgb, rgb_of_index(best)))
            best = n;
    return LOOK_INDEX | best;
}

/* With 16 colours or more. */
static int32_t colour_reduce(int32_t colour, int colours)
{
    if (colour == LOOK_DEFAULT || colours >= TRUE_COLOURS)
        return colour;
    bool index = colour & LOOK_INDEX;
    if (colours >= 256)
        return index ? colour : nearest(colour, 16, 256);
    return index && (colour & 0xFF) < 16 ? colour : nearest(look_rgb(colour), 0, 16);
}

/* Eight colours have no bright ones: bold makes most terminals show them. Bright black must not
 * become black, which nobody could read. */
static struct look without_bright(struct look look)
{
    if (look.foreground == (LOOK_INDEX | BRIGHT_BLACK) && look.background == LOOK_DEFAULT) {
        look.foreground = LOOK_DEFAULT;
        look.style |= STYLE_DIM;
    } else if (look.foreground != LOOK_DEFAULT && (look.foreground & 0xFF) >= BRIGHT) {
        look.foreground -= BRIGHT;
        look.style |= STYLE_BOLD;
    }
    if (look.background != LOOK_DEFAULT && (look.background & 0xFF) >= BRIGHT)
        look.background -= BRIGHT;
    return look;
}

/* Relative luminance, with a square for the exact curve. */
static double luminance(int32_t rgb)
{
    static const double weight[3] = {0.2126, 0.7152, 0.0722};
    double sum = 0;
    for (int i = 0; i < 3; i++)
        sum += weight[i] * part(rgb, i) / 255 * part(rgb, i) / 255;
    return sum;
}

static struct look readable(struct look look, int colours)
{
    if (look.foreground == LOOK_DEFAULT || look.background == LOOK_DEFAULT)
        return look;
    double front = luminance(look_rgb(look.foreground)) + 0.05;
    double back = luminance(look_rgb(look.background)) + 0.05;
    if (front / back >= 2 || back / front >= 2)
        return look;
    int white = colours >= 16 ? BRIGHT_WHITE : WHITE;
    look.foreground = LOOK_INDEX | (back > 0.25 ? BLACK : white);
    return look;
}

struct look look_reduce(struct look look, int colours)
{
    if (colours >= TRUE_COLOURS)
        return look;
    if (colours < 8) {
        unsigned char reverse = look.background == LOOK_DEFAULT ? 0 : STYLE_REVERSE;
        return (struct look){LOOK_DEFAULT, LOOK_DEFAULT, look.style | reverse};
    }
    look.foreground = colour_reduce(look.foreground, colours < 16 ? 16 : colours);
    look.background = colour_reduce(look.background, colours < 16 ? 16 : colours);
    if (colours < 16)
        look = without_bright(look);
    return readable(look, colours);
}
