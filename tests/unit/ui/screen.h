/* What the tests of the ui share: a canvas compared as text, and what holds for every canvas. */
#ifndef SLIPWAY_TESTS_UI_SCREEN_H
#define SLIPWAY_TESTS_UI_SCREEN_H

#include "ui/canvas.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static inline void check_screen(const struct canvas *c, bool roles, const char *expected)
{
    struct buf shown;
    buf_init(&shown, 1 << 22);
    assert_int_equal(canvas_print(c, roles, &shown), 0);
    if (strcmp(buf_str(&shown), expected) != 0)
        print_message("is:\n%s<end>\nshould be:\n%s<end>\n", buf_str(&shown), expected);
    assert_string_equal(buf_str(&shown), expected);
    buf_release(&shown);
}

/* NULL, or which promise of canvas.h is broken. */
static inline const char *check_cell(const struct canvas *c, int x, int y)
{
    const struct cell *cell = canvas_at(c, x, y), *next = canvas_at(c, x + 1, y);
    size_t len = strnlen(cell->bytes, CELL_BYTES_MAX);
    if (cell->role >= ROLE_COUNT || len == CELL_BYTES_MAX)
        return "a cell is not terminated or has no role";
    if (cell->columns == 0)
        return len == 0 && x > 0 && canvas_at(c, x - 1, y)->columns == 2 ? NULL
                                                                         : "half a character";
    struct text t = {cell->bytes, len};
    struct text_cell one;
    size_t offset = 0;
    if (!text_next(t, &offset, &one) || offset != len || one.columns != cell->columns)
        return "a cell is not one character of its columns";
    if (c->ascii && (len != 1 || cell->bytes[0] < ' ' || cell->bytes[0] > '~'))
        return "not ASCII";
    if (cell->columns == 2 && (!next || next->columns != 0))
        return "a wide character without its second half";
    if (cell->columns == 2 && (next->role != cell->role || next->style != cell->style))
        return "a wide character of two looks";
    return cell->columns <= 2 ? NULL : "too many columns";
}

static inline const char *check_canvas(const struct canvas *c)
{
    for (int y = 0; y < c->rows; y++) {
        for (int x = 0; x < c->columns; x++) {
            const char *fault = check_cell(c, x, y);
            if (fault)
                return fault;
        }
    }
    return NULL;
}

#endif
