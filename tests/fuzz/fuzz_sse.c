/* Any bytes, any chunking: client/sse.h must give what a plain splitter gives for the whole. The
 * first byte sets the cap that stands for SSE_EVENT_MAX, the second the chunking. */
#include "../support/sse_reference.h"

#include <stdint.h>

enum { ROOM = 16 * 1024 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void split(struct buf *out, const char *stream, size_t n, size_t cap, unsigned chunking)
{
    struct sse s;
    sse_init(&s);
    s.line.max = s.data.max = cap;
    for (size_t at = 0; at < n;) {
        chunking = chunking * 1103515245u + 12345u;
        size_t step = 1 + (chunking >> 16) % 32;
        if (step > n - at)
            step = n - at;
        sse_feed(&s, stream + at, step, transcript_event, out);
        at += step;
    }
    sse_release(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    if (n < 2)
        return 0;
    size_t cap = 8 + bytes[0];
    struct buf got, wanted;
    buf_init(&got, ROOM);
    buf_init(&wanted, ROOM);
    split(&got, (const char *)bytes + 2, n - 2, cap, bytes[1]);
    if (reference_split(&wanted, (const char *)bytes + 2, n - 2, cap) == 0 &&
        (got.len != wanted.len || memcmp(buf_str(&got), buf_str(&wanted), got.len) != 0))
        __builtin_trap();
    buf_release(&got);
    buf_release(&wanted);
    return 0;
}
