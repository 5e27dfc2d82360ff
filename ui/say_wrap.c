/* Breaking a text into lines: one walk over its characters that remembers the last space, so that a
 * line costs what it shows and a text without a space is broken where it must be. */
#include "ui/say.h"

static bool is(struct text_cell cell, char c)
{
    return cell.len == 1 && cell.s[0] == c;
}

/* Where the line that begins at `from` ends, and where the next begins. */
struct cut {
    size_t end, next;
};

static struct cut cut_at(struct text t, size_t from, int width)
{
    struct cut space = {from, from};
    size_t offset = from, before = from;
    struct text_cell cell;
    int used = 0;
    bool wordy = false; /* something but spaces stands before the last space */
    while (text_next(t, &offset, &cell)) {
        if (is(cell, '\n'))
            return (struct cut){before, offset};
        if (is(cell, ' ') && before > from)
            space = (struct cut){before, offset}, wordy = true;
        if (used + cell.columns > width && before > from)
            return wordy ? space : (struct cut){before, before};
        used += cell.columns;
        before = offset;
    }
    return (struct cut){offset, offset};
}

bool say_wrap(struct text t, int width, size_t *offset, struct text *line)
{
    if (*offset >= t.len)
        return false;
    struct cut cut = cut_at(t, *offset, width < 1 ? 1 : width);
    *line = (struct text){t.s + *offset, cut.end - *offset};
    *offset = cut.next;
    return true;
}

int say_wrap_count(struct text t, int width, int most)
{
    struct text line;
    size_t offset = 0;
    int count = 0;
    while (count < most && say_wrap(t, width, &offset, &line))
        count++;
    return count;
}
