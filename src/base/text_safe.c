/* Masking comes before cleaning as well as after it. Before, because a control sequence that is not
 * finished takes the first letter of what follows, and a secret without it is not recognised. After,
 * because only then stands together what was kept apart by something invisible. */
#include "base/text.h"

#include "base/secret.h"
#include "base/secret_internal.h"

#include <stdint.h>
#include <string.h>

enum { GROWTH = 8 }; /* the most that cleaning makes of a byte: a TAB */

static size_t grown(size_t n)
{
    return n < SIZE_MAX / GROWTH ? n * GROWTH : SIZE_MAX;
}

int text_safe(struct buf *out, const void *bytes, size_t n, enum text_mode mode)
{
    struct buf masked, clean;
    buf_init(&masked, grown(n));
    buf_init(&clean, grown(grown(n)));
    int result = secret_redact_pass(&masked, bytes, n, SECRET_BEFORE_CLEANING);
    if (result == 0)
        result = text_clean(&clean, buf_str(&masked), masked.len, mode);
    if (result == 0)
        result = secret_redact_pass(out, buf_str(&clean), clean.len, SECRET_AFTER_CLEANING);
    buf_release_secret(&masked);
    buf_release(&clean);
    return result;
}

struct text text_new(struct arena *a, const void *bytes, size_t n, enum text_mode mode)
{
    struct text result = TEXT("");
    struct buf safe;
    buf_init(&safe, grown(n));
    if (text_safe(&safe, bytes, n, mode) == 0) {
        const char *s = arena_dup(a, buf_str(&safe), safe.len);
        if (s)
            result = (struct text){s, safe.len};
    }
    buf_release(&safe);
    return result;
}

struct text text_from(struct arena *a, const char *s)
{
    return s ? text_new(a, s, strlen(s), TEXT_LINE) : TEXT("");
}

struct text text_dup(struct arena *a, struct text t)
{
    char *s = arena_dup(a, t.s ? t.s : "", t.s ? t.len : 0);
    return s ? (struct text){s, t.len} : TEXT("");
}
