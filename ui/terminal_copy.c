/* The small things that are sent beside frames: the bell, and text for the clipboard (OSC 52), which
 * goes through SSH and lands where the person sits. Terminals that are not like xterm would show its
 * letters, so they get nothing; there is no way to learn whether one that is took it. */
#include "base/text.h"
#include "ui/terminal_internal.h"

enum { COPY_MAX = 64 * 1024, COPY_SENT_MAX = (COPY_MAX + 2) / 3 * 4 + 16 };

void terminal_bell(void)
{
    if (terminal_taken())
        terminal_caps_stage(terminal_caps_string("bel"));
    terminal_out_flush();
}

static void put_base64(struct buf *out, const unsigned char *bytes, size_t n)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < n; i += 3) {
        unsigned long three = (unsigned long)bytes[i] << 16;
        three |= i + 1 < n ? (unsigned long)bytes[i + 1] << 8 : 0;
        three |= i + 2 < n ? bytes[i + 2] : 0;
        for (size_t d = 0; d < 4; d++)
            buf_char(out, i + d > n ? '=' : digits[three >> (18 - 6 * d) & 63]);
    }
}

void terminal_copy(struct text t)
{
    struct buf safe, sent;
    if (!terminal_taken() || !terminal_caps_like_xterm())
        return;
    buf_init(&safe, COPY_MAX);
    buf_init(&sent, COPY_SENT_MAX);
    text_safe(&safe, t.s, t.len, TEXT_BLOCK); /* what does not fit is cut */
    buf_str_append(&sent, "\033]52;c;");
    put_base64(&sent, (const unsigned char *)buf_str(&safe), safe.len);
    buf_char(&sent, '\a');
    if (!sent.full) /* half of a sequence would swallow what follows */
        terminal_out_add(sent.data, sent.len);
    terminal_out_flush();
    buf_release_secret(&safe);
    buf_release_secret(&sent);
}
