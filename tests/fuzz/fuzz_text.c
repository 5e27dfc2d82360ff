/* Any bytes through the cleaner, the decoder and the redactor: everything that text.h and secret.h
 * promise for any input is checked, not only that nothing crashes. The first byte picks the mode and
 * where things are cut. */
#include "base/secret.h"
#include "base/text.h"

#include "../support/clean_check.h"

#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_hold(const char *fault)
{
    if (!fault)
        return;
    fprintf(stderr, "broken promise: %s\n", fault);
    abort();
}

static const char *const values[] = {"abcabcabd", "p\"a\\s/s%w", "\u00FC\u4F60-value"};

static void register_once(void)
{
    static bool done;
    for (size_t i = 0; !done && i < sizeof values / sizeof *values; i++)
        if (!secret_register("FUZZ", values[i], NULL))
            must_hold("a secret is registered");
    done = true;
}

static const char *check_redacted(const struct buf *b)
{
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        if (memmem(buf_str(b), b->len, values[i], strlen(values[i])))
            return "a registered value survives";
    return NULL;
}

/* Redacting clean text leaves it clean; of the two ways in, both give the same. */
static const char *check_redact(const void *bytes, size_t n)
{
    struct buf clean, redacted;
    buf_init(&clean, n * CLEAN_GROWTH);
    buf_init(&redacted, n * CLEAN_GROWTH);
    text_clean(&clean, bytes, n, TEXT_BLOCK);
    const char *fault = NULL;
    if (secret_redact(&redacted, buf_str(&clean), clean.len) || redacted.len > clean.len)
        fault = "redaction makes text longer";
    if (!fault)
        fault = check_redacted(&redacted);
    if (!fault)
        fault = check_is_clean(buf_str(&redacted), redacted.len, TEXT_BLOCK);
    if (clean.data)
        secret_redact_in_place(clean.data);
    if (!fault && strcmp(buf_str(&clean), buf_str(&redacted)) != 0)
        fault = "redaction in place differs";
    buf_release(&clean);
    buf_release(&redacted);
    return fault;
}

/* Bytes that are no text, with zeros among them. */
static const char *check_redact_raw(const void *bytes, size_t n, size_t salt)
{
    struct buf whole, capped;
    buf_init(&whole, n);
    const char *fault = NULL;
    if (secret_redact(&whole, bytes, n))
        fault = "redaction makes bytes longer";
    else
        fault = check_redacted(&whole);
    buf_init(&capped, salt % (whole.len + 2));
    int result = secret_redact(&capped, bytes, n);
    if (!fault && (capped.len > whole.len || (result == 0) != (capped.len == whole.len) ||
                      memcmp(buf_str(&capped), buf_str(&whole), capped.len) != 0))
        fault = "a capped redaction is no beginning of the whole";
    buf_release(&whole);
    buf_release(&capped);
    return fault;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    register_once();
    if (size == 0)
        return 0;
    size_t salt = data[0] + size / 2;
    enum text_mode mode = data[0] & 1 ? TEXT_BLOCK : TEXT_LINE;
    must_hold(check_text(data + 1, size - 1, mode, salt));
    must_hold(check_decode(data + 1, size - 1));
    must_hold(check_redact(data + 1, size - 1));
    must_hold(check_redact_raw(data + 1, size - 1, salt));
    return 0;
}
