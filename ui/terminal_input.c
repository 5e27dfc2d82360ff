/* Reading what was typed. */
#include "base/clock.h"
#include "base/secret.h"
#include "ui/terminal_internal.h"

#include <errno.h>
#include <unistd.h>

enum { FILLS_MAX = 64 /* a call: who pastes without end stops nobody */ };

enum filled { FILLED_NONE, FILLED_SOME, FILLED_GONE };

static enum filled fill(struct keys *k, int64_t now_ms)
{
    char bytes[1024];
    size_t room = keys_room(k);
    ssize_t n;
    if (terminal_out_gone())
        return FILLED_GONE;
    do
        n = read(terminal_out_fd(), bytes, room < sizeof bytes ? room : sizeof bytes);
    while (n < 0 && errno == EINTR);
    if (n > 0)
        keys_feed(k, bytes, (size_t)n, now_ms);
    secret_wipe(bytes, sizeof bytes);
    if (n > 0)
        return FILLED_SOME;
    return n < 0 && errno == EAGAIN ? FILLED_NONE : FILLED_GONE;
}

struct input terminal_read(int64_t *again_ms)
{
    struct keys *k = terminal_typed();
    *again_ms = -1;
    if (!terminal_taken())
        return (struct input){.kind = terminal_out_fd() < 0 ? INPUT_GONE : INPUT_NONE};
    for (int fills = 0;; fills++) {
        int64_t now_ms = clock_mono_ms(clock_real());
        struct input input = keys_next(k, now_ms, again_ms);
        if (input.kind != INPUT_NONE)
            return input;
        if (fills == FILLS_MAX) {
            *again_ms = 0;
            return input;
        }
        enum filled filled = fill(k, now_ms);
        if (filled == FILLED_GONE)
            return (struct input){.kind = INPUT_GONE};
        if (filled == FILLED_NONE)
            return input;
    }
}
