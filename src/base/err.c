/* Messages are built in a capped buffer, then cleaned and redacted, so that a server's words inside
 * them are as harmless as our own. Cutting never splits a character. */
#include "base/err.h"

#include "base/buf.h"
#include "base/secret.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

static const char *const class_names[ERR_CLASSES] = {
    [ERR_NONE] = "none",
    [ERR_NET] = "net",
    [ERR_TIMEOUT] = "timeout",
    [ERR_AUTH] = "auth",
    [ERR_RATE] = "rate",
    [ERR_REMOTE] = "remote",
    [ERR_INPUT] = "input",
    [ERR_STATE] = "state",
    [ERR_IO] = "io",
    [ERR_CANCEL] = "cancel",
    [ERR_BUG] = "bug",
};

/* What a format may expand to. It is never cut before it is redacted: the beginning of a secret is not
 * recognised as one. What is longer (or finds no memory) is left out as a whole. */
enum { RAW_MAX = 1024 * 1024, CLEAN_MAX = 8 * RAW_MAX };

static const char left_out[] = "(a message too long to be shown)";
static const char ellipsis[] = "\u2026";

/* Copies clean UTF-8, cut at a character with an ellipsis when it does not fit. */
static void copy_cut(char *out, size_t size, const char *s, size_t n)
{
    if (n < size) {
        memcpy(out, s, n);
        out[n] = '\0';
        return;
    }
    size_t keep = size - sizeof ellipsis;
    while (keep > 0 && ((unsigned char)s[keep] & 0xC0) == 0x80)
        keep--;
    memcpy(out, s, keep);
    memcpy(out + keep, ellipsis, sizeof ellipsis);
}

/* Formats, cleans, redacts and stores; `tail` (may be NULL) is put behind as it is. */
__attribute__((format(printf, 4, 0))) static void store(
    char *out, size_t size, const char *tail, const char *format, va_list args)
{
    struct buf raw, safe;
    buf_init(&raw, RAW_MAX);
    buf_init(&safe, CLEAN_MAX);
    if (buf_vprintf(&raw, format, args) || buf_str_append(&raw, tail ? tail : "") ||
        text_safe(&safe, buf_str(&raw), raw.len, TEXT_LINE))
        copy_cut(out, size, left_out, sizeof left_out - 1);
    else
        copy_cut(out, size, buf_str(&safe), safe.len);
    buf_release_secret(&raw);
    buf_release(&safe);
}

void err_clear(struct err *e)
{
    if (!e)
        return;
    e->class = ERR_NONE;
    e->number = 0;
    e->message[0] = e->hint[0] = '\0';
}

int err_set(struct err *e, enum err_class class, int number, const char *format, ...)
{
    if (!e)
        return -1;
    e->class = class;
    e->number = number;
    e->hint[0] = '\0';
    va_list args;
    va_start(args, format);
    store(e->message, sizeof e->message, NULL, format, args);
    va_end(args);
    return -1;
}

int err_errno(struct err *e, int number, const char *format, ...)
{
    if (!e)
        return -1;
    char words[128], tail[160];
    /* GNU strerror_r may answer with a static string instead of filling the buffer. */
    snprintf(tail, sizeof tail, ": %s", strerror_r(number, words, sizeof words));
    e->class = ERR_IO;
    e->number = number;
    e->hint[0] = '\0';
    va_list args;
    va_start(args, format);
    store(e->message, sizeof e->message, tail, format, args);
    va_end(args);
    return -1;
}

int err_wrap(struct err *e, const char *format, ...)
{
    if (!e)
        return -1;
    char tail[ERR_MESSAGE_MAX + 2];
    snprintf(tail, sizeof tail, ": %s", e->message);
    va_list args;
    va_start(args, format);
    store(e->message, sizeof e->message, tail, format, args);
    va_end(args);
    return -1;
}

int err_hint(struct err *e, const char *format, ...)
{
    if (!e)
        return -1;
    va_list args;
    va_start(args, format);
    store(e->hint, sizeof e->hint, NULL, format, args);
    va_end(args);
    return -1;
}

const char *err_class_name(enum err_class class)
{
    return (unsigned)class < ERR_CLASSES ? class_names[class] : "unknown";
}
