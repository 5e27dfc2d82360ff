/* What draws a progress bar shows it by a drawn bar: a percentage followed by '|' ("50%|█████ |",
 * " 20% Completed | 1/5"), a bracket full of strokes ("[=====>   ]"), or a run of block or line
 * characters ("━━━━━━╸"). A percentage alone is no bar: many log lines have one.
 *
 * What stands before the first of them names the bar. Words that are only times are left out of the name, as
 * they differ from state to state. */
#include "model/log_line.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

enum { STROKES_LEAST = 3, BLOCKS_LEAST = 4, BEHIND_PERCENT = 16 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* How long a run of strokes is: what is between the brackets of "[===>   ]", at least STROKES_LEAST with
 * something drawn among them; 0 = none. */
static bool bracket_bar(struct text line, size_t at)
{
    size_t n = 0, drawn = 0;
    for (size_t i = at + 1; i < line.len; i++, n++) {
        char c = line.s[i];
        if (c == ']')
            return n >= STROKES_LEAST && drawn > 0;
        if (!strchr("=#>-*. ", c))
            return false;
        drawn += c == '=' || c == '#' || c == '>';
    }
    return false;
}

/* U+2500-257F and U+2580-259F, box drawing and blocks, as UTF-8. */
static bool is_block(struct text line, size_t at)
{
    return at + 2 < line.len && (unsigned char)line.s[at] == 0xE2 &&
           ((unsigned char)line.s[at + 1] == 0x94 || (unsigned char)line.s[at + 1] == 0x95 ||
               (unsigned char)line.s[at + 1] == 0x96);
}

static bool block_bar(struct text line, size_t at)
{
    size_t n = 0;
    for (; n < BLOCKS_LEAST && is_block(line, at); at += 3)
        n++;
    return n == BLOCKS_LEAST;
}

/* Where the number begins that a '%' ends, when a bar is drawn behind it; SIZE_MAX = none. */
static size_t percent_bar(struct text line, size_t sign)
{
    size_t start = sign;
    while (start > 0 && (is_digit(line.s[start - 1]) || line.s[start - 1] == '.'))
        start--;
    size_t end = sign + BEHIND_PERCENT < line.len ? sign + BEHIND_PERCENT : line.len;
    for (size_t i = sign + 1; start < sign && i < end; i++) {
        if (line.s[i] == '|' || (line.s[i] == '[' && bracket_bar(line, i)))
            return start;
        if (!isalpha((unsigned char)line.s[i]) && line.s[i] != ' ')
            break;
    }
    return SIZE_MAX;
}

static int number_at(struct text line, size_t at)
{
    int n = 0;
    for (; at < line.len && is_digit(line.s[at]) && n <= 100; at++)
        n = 10 * n + (line.s[at] - '0');
    return n <= 100 ? n : 100;
}

/* The percentage that a bar without one in front shows somewhere; -1 = none. */
static int any_percent(struct text line)
{
    const char *sign = memchr(line.s, '%', line.len);
    size_t at = sign ? (size_t)(sign - line.s) : 0, start = at;
    while (start > 0 && (is_digit(line.s[start - 1]) || line.s[start - 1] == '.'))
        start--;
    return start < at ? number_at(line, start) : -1;
}

/* Where the bar or its number begins; SIZE_MAX = there is none. */
static size_t find_bar(struct text line, int *percent)
{
    for (size_t i = 0; i < line.len; i++) {
        size_t start = line.s[i] == '%' ? percent_bar(line, i) : SIZE_MAX;
        if (start != SIZE_MAX) {
            *percent = number_at(line, start);
            return start;
        }
        if ((line.s[i] == '[' && bracket_bar(line, i)) ||
            ((unsigned char)line.s[i] == 0xE2 && block_bar(line, i))) {
            *percent = any_percent(line);
            return i;
        }
    }
    return SIZE_MAX;
}

/* "14:02:30", "11-23", "2026-11-23T14:02:30.123Z,": digits and what stands between them. */
static bool is_time(const char *s, size_t n)
{
    bool between = false;
    for (size_t i = 0; i < n; i++) {
        between = between || s[i] == ':' || s[i] == '-' || s[i] == '/';
        if (!is_digit(s[i]) && !strchr(":-/.,TZ+[]", s[i]))
            return false;
    }
    return between;
}

static uint32_t name_hash(struct text line, size_t end)
{
    uint32_t hash = 0x811c9dc5u;
    for (size_t at = 0, n; at < end; at += n) {
        for (n = 0; at + n < end && line.s[at + n] != ' ';)
            n++;
        bool counts = n > 0 && !is_time(line.s + at, n);
        for (size_t i = 0; counts && i < n; i++)
            hash = (hash ^ (unsigned char)line.s[at + i]) * 0x01000193u;
        n += n == 0;
    }
    return hash ? hash : 1;
}

uint32_t line_bar_of(struct text line, int *percent)
{
    int said = -1;
    size_t at = line.len ? find_bar(line, &said) : SIZE_MAX;
    if (percent)
        *percent = said;
    return at == SIZE_MAX ? 0 : name_hash(line, at);
}
