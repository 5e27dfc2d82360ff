/* Standard input, as a command reads it; the editor is in editor.c. */
#include "app/call_input.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

/* Nobody may ever write to it, so the cancel is looked at in between. */
int call_read_input(struct buf *out, struct cancel *cancel, struct err *e)
{
    enum { LOOK_MS = 100 };
    char piece[16 * 1024];
    for (;;) {
        struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
        int ready = poll(&in, 1, LOOK_MS);
        if (cancel_check(cancel, e))
            return -1;
        if (ready <= 0)
            continue;
        ssize_t n = read(STDIN_FILENO, piece, sizeof piece);
        if (n < 0)
            return err_errno(e, errno, "cannot read standard input");
        if (n == 0)
            return 0;
        if (buf_append(out, piece, (size_t)n))
            return err_set(e, ERR_INPUT, 0, "standard input is larger than %zu MB", out->max >> 20);
    }
}
