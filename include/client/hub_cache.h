/* hub_cache: reads single files from the Hub's local cache, as its own clients lay it out
 * (spec/huggingface.md §1.3): models--ORG--NAME/refs/main names a commit, snapshots/COMMIT/PATH is a link
 * into blobs/, or a regular file. Never writes there.
 *
 * A snapshot's link may lead to a regular file right below that model's blobs/ and nowhere else; the model's
 * own folder may be no link. What is no regular file is never opened.
 *
 * Thread: any that may block. */
#ifndef SLIPWAY_CLIENT_HUB_CACHE_H
#define SLIPWAY_CLIENT_HUB_CACHE_H

#include "base/arena.h"
#include "base/err.h"

#include <sys/stat.h>

/* What of the environment (§1.2) names the cache: HF_HUB_CACHE, HF_HOME/hub, XDG_CACHE_HOME/huggingface/hub,
 * ~/.cache/huggingface/hub. NULL when none of it is set. In the arena. */
const char *hub_cache_folder(struct arena *a);

struct hub_cache {
    int root;        /* the model's folder; -1 = not open */
    char commit[41]; /* of the snapshot that refs/main names */
};

/* Opens the model OWNER/NAME (or NAME, as the oldest are called) in the cache. ERR_STATE: it is not
 * there; ERR_INPUT: the id is none; ERR_IO: something is there and cannot be used. */
int hub_cache_open(const char *cache, const char *repo, struct hub_cache *out, struct err *e);
void hub_cache_close(struct hub_cache *c); /* one that is not open is fine */

/* A descriptor of a file of the snapshot, the caller's, and its stat. -1: ERR_STATE, it is not there; ERR_IO,
 * something is there and cannot be used. */
int hub_cache_file(const struct hub_cache *c, const char *path, struct stat *st, struct err *e);

#endif
