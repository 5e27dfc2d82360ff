/* secret: keys and tokens, and the redactor that everything leaving the process goes through.
 *
 * A key is registered once, kept in one place, and zeroed at exit. Where its value (plain,
 * percent-encoded or JSON-escaped) appears in a line, secret_redact masks it, and also what merely
 * looks like a key: hf_… rpa_… rps_… sk-… eyJ… (design rule 2), because worker logs print tokens
 * that we never knew (spec/runpod.md §5, "Secret leak"). Whatever leaves the process (screen, log,
 * state, export, clipboard, crash text, --json) has to come through it; the way to do that is a
 * struct text or text_safe (base/text.h), which clean as well.
 *
 * Threads: all functions from any thread. Reading and redacting take no lock; registering takes
 * one. secret_value's pointer stays valid until secrets_zero. */
#ifndef SLIPWAY_BASE_SECRET_H
#define SLIPWAY_BASE_SECRET_H

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

enum { SECRET_MAX = 64, SECRET_BYTES_MAX = 8192, SECRET_SHORTEST_MASKED = 6 };

struct secret; /* owned by the registry */

/* Registers a copy of `value` (white space around it is taken off) under a name that may be shown
 * ("RUNPOD_API_KEY"). The same value again returns the same secret. NULL with ERR_INPUT for an empty
 * or overlong value or one with control characters, ERR_IO when the registry is full. The caller
 * should zero its own copy. */
struct secret *secret_register(const char *name, const char *value, struct err *e);

/* The bytes, only for building a request. Never log them. NULL gives "". */
const char *secret_value(const struct secret *s);
const char *secret_name(const struct secret *s);

/* Whether the two secrets hold the same bytes; takes the same time wherever they differ. */
bool secret_equal(const struct secret *a, const struct secret *b);

/* Appends `bytes` with every known secret and every key-like word masked: "hf_abcdef…" becomes
 * "hf_***", a registered value becomes "***". Works on whole lines: give it whole ones. -1 when
 * `out` is full; then `out` holds a masked beginning. */
int secret_redact(struct buf *out, const void *bytes, size_t n);

/* As secret_redact inside `s` itself; the result is never longer than the input. */
void secret_redact_in_place(char *s);

/* Overwrites every registered value. Called at exit, when no other thread runs any more. Also safe
 * from the crash path: takes no lock, allocates nothing. */
void secrets_zero(void);

/* Overwrites memory in a way the compiler may not drop. */
void secret_wipe(void *p, size_t n);

#endif
