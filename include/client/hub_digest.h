/* hub_digest: the two encodings of the Hub's protocol that the crypto library does. A header of its
 * own, because that library's names collide with those of base/err.h. Pure. */
#ifndef SLIPWAY_CLIENT_HUB_DIGEST_H
#define SLIPWAY_CLIENT_HUB_DIGEST_H

#include "base/buf.h"

/* Base64 of the bytes, appended; -1 when it does not fit. */
int hub_base64(const void *bytes, size_t n, struct buf *out);

/* git's id of a blob of these bytes, as 40 hex digits; -1 when the library fails. */
int hub_git_id(const void *bytes, size_t n, char out[41]);

#endif
