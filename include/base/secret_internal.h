/* What the files of the secret module share; for src/base/secret*.c only. */
#ifndef SLIPWAY_BASE_SECRET_INTERNAL_H
#define SLIPWAY_BASE_SECRET_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

/* The number of registered secrets, and their values by index. Takes no lock: what was counted is
 * complete and never changes. */
size_t secret_count(void);
const char *secret_bytes(size_t index, size_t *len);

/* The length of the longest registered value that stands at `p`, in any of its forms; 0 = none. */
size_t secret_match(const unsigned char *p, size_t n);

/* Marks the bytes with which any form of a registered value begins. */
void secret_first_bytes(bool first[256]);

/* The value of a hex digit of either case, -1 for anything else. */
int secret_hex_digit(unsigned char c);

#endif
