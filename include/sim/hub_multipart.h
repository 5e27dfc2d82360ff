/* hub_multipart: uploads in parts, from the batch that opens one to the call that completes it.
 * Private to src/sim/hub_*.c; world's lock held. */
#ifndef SLIPWAY_SIM_HUB_MULTIPART_H
#define SLIPWAY_SIM_HUB_MULTIPART_H

#include "sim/hub_request.h"

/* Opens an upload in parts of `chunk` bytes; NULL when memory is out. The oldest upload is
 * forgotten when there are HUB_UPLOADS_MAX. */
struct hub_upload *hub_upload_new(
    struct sim *s, const struct hub_repo *repo, const char *oid, int64_t size, int64_t chunk);
struct hub_upload *hub_upload_find(struct hub_world *h, const char *id);

/* Keeps the file of part `number` (from 1), whatever was sent for it before. Fills in the ETag,
 * with its quotes. NULL, or the sentence that says why not. */
const char *hub_upload_part(struct hub_world *h, struct hub_upload *u, int64_t number,
    const struct body_file *file, char etag[35]);

#endif
