/* sha256: of bytes that pass by. openssl/evp.h and base/err.h both say ERR_STATE, so whoever hashes a
 * stream does it through this door. Thread: one at a time. */
#ifndef SLIPWAY_SIM_SHA256_H
#define SLIPWAY_SIM_SHA256_H

#include <stddef.h>

enum { SHA256_HEX = 65 };

struct sha256;
struct sha256 *sha256_new(void);    /* NULL when memory is out */
void sha256_free(struct sha256 *h); /* NULL is fine */
int sha256_add(struct sha256 *h, const void *bytes, size_t n);
/* The lower-case hex of everything added; nothing can be added afterwards. */
int sha256_finish(struct sha256 *h, char out[SHA256_HEX]);

#endif
