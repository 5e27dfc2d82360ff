/* fingerprint: 128 bits of bytes that pass by, several times as fast as SHA-256, for the ETags of parts, which
 * only have to differ when the bytes do. No protection against anybody. Thread: one at a time. */
#ifndef SLIPWAY_SIM_FINGERPRINT_H
#define SLIPWAY_SIM_FINGERPRINT_H

#include <stddef.h>

enum { FINGERPRINT_HEX = 33 };

struct fingerprint;
struct fingerprint *fingerprint_new(void);    /* NULL when memory is out */
void fingerprint_free(struct fingerprint *f); /* NULL is fine */
int fingerprint_add(struct fingerprint *f, const void *bytes, size_t n);
/* The lower-case hex of everything added; nothing can be added afterwards. */
int fingerprint_finish(struct fingerprint *f, char out[FINGERPRINT_HEX]);

#endif
