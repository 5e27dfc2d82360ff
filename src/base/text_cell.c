/* Walking clean text by characters as a terminal draws them: a base of one or two columns and the
 * marks behind it. A line feed, which only a TEXT_BLOCK holds, is a character of one column, so that
 * no step is ever empty; who draws a block splits it at its line feeds first. */
#include "base/text.h"
#include "base/text_internal.h"

/* As text_decode; a stray byte, which clean text does not have, counts as a character. */
static size_t code_at(struct text t, size_t offset, int32_t *code)
{
    int length = text_decode(t.s + offset, t.len - offset, code);
    return (size_t)(length < 0 ? -length : length);
}

bool text_next(struct text t, size_t *offset, struct text_cell *cell)
{
    if (*offset >= t.len)
        return false;
    int32_t code;
    size_t end = *offset + code_at(t, *offset, &code);
    *cell = (struct text_cell){.s = t.s + *offset, .columns = text_class_columns(code)};
    while (end < t.len) {
        size_t length = code_at(t, end, &code);
        if (text_class(code) != TEXT_CLASS_MARK)
            break;
        end += length;
    }
    cell->len = end - *offset;
    *offset = end;
    return true;
}

size_t text_width(struct text t)
{
    size_t columns = 0, offset = 0;
    struct text_cell cell;
    while (text_next(t, &offset, &cell))
        columns += (size_t)cell.columns;
    return columns;
}

struct text text_cut(struct text t, size_t columns)
{
    size_t used = 0, offset = 0, end = 0;
    struct text_cell cell;
    while (text_next(t, &offset, &cell) && used + (size_t)cell.columns <= columns) {
        used += (size_t)cell.columns;
        end = offset;
    }
    return (struct text){t.s, end};
}
