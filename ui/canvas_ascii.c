/* What the signs that Slipway itself draws become where only ASCII is left. Sorted by code
 * point, for a binary search. */
#include "ui/canvas_internal.h"

#include <stddef.h>

struct sign {
    int32_t code;
    char ascii;
};

static const struct sign signs[] = {
    {0x00A0, ' '}, /* no-break space */
    {0x00A9, 'c'}, /* © */
    {0x00AB, '<'}, /* « */
    {0x00B0, 'o'}, /* ° */
    {0x00B1, '~'}, /* ± */
    {0x00B5, 'u'}, /* µ */
    {0x00B7, '.'}, /* · */
    {0x00BB, '>'}, /* » */
    {0x00D7, 'x'}, /* × */
    {0x2010, '-'}, /* hyphen */
    {0x2011, '-'}, /* hyphen that does not break */
    {0x2013, '-'}, /* – */
    {0x2014, '-'}, /* — */
    {0x2018, '\''}, {0x2019, '\''}, {0x201C, '"'}, {0x201D, '"'}, {0x2022, '*'}, /* • */
    {0x2026, '~'},                                                               /* … */
    {0x2039, '<'},                                                               /* ‹ */
    {0x203A, '>'},                                                               /* › */
    {0x20AC, 'E'},                                                               /* € */
    {0x2190, '<'},                                                               /* ← */
    {0x2191, '^'},                                                               /* ↑ */
    {0x2192, '>'},                                                               /* → */
    {0x2193, 'v'},                                                               /* ↓ */
    {0x2212, '-'},                                                               /* − */
    {0x2248, '~'},                                                               /* ≈ */
    {0x2264, '<'},                                                               /* ≤ */
    {0x2265, '>'},                                                               /* ≥ */
    {0x2500, '-'},                                                               /* ─ */
    {0x2502, '|'},                                                               /* │ */
    {0x250C, '+'},                                                               /* ┌ */
    {0x2510, '+'},                                                               /* ┐ */
    {0x2514, '+'},                                                               /* └ */
    {0x2518, '+'},                                                               /* ┘ */
    {0x251C, '+'},                                                               /* ├ */
    {0x2524, '+'},                                                               /* ┤ */
    {0x252C, '+'},                                                               /* ┬ */
    {0x2534, '+'},                                                               /* ┴ */
    {0x253C, '+'},                                                               /* ┼ */
    {0x2550, '='},                                                               /* ═ */
    {0x2581, '_'}, /* ▁ and on: the bars of sparklines, rising */
    {0x2582, '.'}, {0x2583, '-'}, {0x2584, ':'}, {0x2585, '='}, {0x2586, '+'}, {0x2587, '*'},
    {0x2588, '#'}, /* █ */
    {0x2589, '#'}, /* ▉ and on: a bar's last block, narrowing */
    {0x258A, '#'}, {0x258B, '#'}, {0x258C, '#'}, {0x258D, '-'}, {0x258E, '-'}, {0x258F, '-'},
    {0x2591, '.'}, /* ░ */
    {0x2592, ':'}, /* ▒ */
    {0x2593, '#'}, /* ▓ */
    {0x25B2, '^'}, /* ▲ */
    {0x25B8, '>'}, /* ▸ */
    {0x25BC, 'v'}, /* ▼ */
    {0x25CB, 'o'}, /* ○ */
    {0x25CF, '*'}, /* ● */
    {0x2713, '+'}, /* ✓ */
    {0x2717, 'x'}, /* ✗ */
    {0x27F3, '@'}, /* ⟳ */
};

char canvas_ascii(int32_t code)
{
    size_t first = 0, end = sizeof signs / sizeof *signs;
    while (first < end) {
        size_t middle = first + (end - first) / 2;
        if (signs[middle].code == code)
            return signs[middle].ascii;
        if (signs[middle].code < code)
            first = middle + 1;
        else
            end = middle;
    }
    return code >= 0x20 && code < 0x7F ? (char)code : '?';
}
