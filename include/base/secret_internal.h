/* What the files of the secret module share; for secret*.c and text_safe.c only. */
#ifndef SLIPWAY_BASE_SECRET_INTERNAL_H
#define SLIPWAY_BASE_SECRET_INTERNAL_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

/* Masking around cleaning (text_safe): the first pass marks its masks so that cleaning leaves them
 * whole, the second also masks what cleaning has joined to one, and a registered value that lost its
 * first letter. */
enum secret_pass { SECRET_ONLY, SECRET_BEFORE_CLEANING, SECRET_AFTER_CLEANING };
int secret_redact_pass(struct buf *out, const void *bytes, size_t n, enum secret_pass pass);

/* The number of registered secrets, and their values by index. Takes no lock: what was counted is
 * complete and never changes. */
size_t secret_count(void);
const char *secret_bytes(size_t index, size_t *len);

/* The length of the longest registered value that stands at `p`, in any of its forms; 0 = none.
 * `beheaded`: also without its first letter. */
size_t secret_match(const unsigned char *p, size_t n, bool beheaded);

/* Marks the bytes with which any form of a registered value begins. */
void secret_first_bytes(bool first[256], bool beheaded);

/* The value of a hex digit of either case, -1 for anything else. */
int secret_hex_digit(unsigned char c);

#endif
