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
/* The same after the lock was given up; NULL also when the world is another one. */
struct hub_upload *hub_upload_again(struct sim *s, const char *folder, const char *id);
int64_t hub_upload_part_size(const struct hub_upload *u, size_t index);

void hub_upload_free(struct hub_upload *u); /* not its file */
/* The file in which the parts of the upload lie. */
void hub_upload_file(const struct hub_world *h, const char *id, char out[HUB_STORE_PATH]);

/* Where the body of this PUT is best written to, when it is a part that is wanted. */
void hub_upload_place(struct hub_world *h, struct request *r);
/* Keeps the bytes of part `number` (from 1), whatever was sent for it before. Fills in the ETag,
 * with its quotes. NULL, or the sentence that says why not. */
const char *hub_upload_part(const struct hub_world *h, struct hub_upload *u, int64_t number,
    const struct body_file *file, char etag[35]);

/* hub_upload_part says this when another request is writing the part; it may be asked again. */
extern const char hub_upload_busy[];

/* hub_multipart_hash.c: takes the SHA-256 on over parts that are here, in order, at most so many. Gives
 * the lock up meanwhile; returns the upload, NULL when it is gone. Does nothing when somebody else is at
 * it or nothing new is here. *failed: the file cannot be read. */
struct hub_upload *hub_upload_hash_on(
    struct sim *s, struct hub_upload *u, size_t most, bool *failed);
/* What was hashed is begun anew: one of the parts is another one now. */
void hub_upload_hash_reset(struct hub_upload *u);

#endif
