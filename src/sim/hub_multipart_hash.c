/* The SHA-256 of an object whose parts come in any order: it follows as far as they are there in order.
 *
 * Each request that brings a part takes the hash on over a part or two, so that the work is spread over
 * the connections and next to nothing is left for the completion. One request at a time has the hash, on
 * loan, and adds to it without the world's lock. When it comes back, the upload may be gone, or a part that
 * was hashed may be another one now (`turn` tells): then what it brings is thrown away. */
#include "sim/hub_multipart.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PIECE = 256 * 1024 };

struct loan {
    struct hub_hash *hash;
    char folder[sizeof((struct hub_world *)0)->folder], id[sizeof((struct hub_upload *)0)->id];
    char path[HUB_STORE_PATH];
    int64_t begin, end; /* bytes of the file */
    size_t parts;       /* hashed when all of that is */
    int64_t turn;
};

static void discard(struct hub_hash *hash)
{
    char nothing[HUB_SHA256];
    hub_hash_end(hash, nothing);
}

void hub_upload_hash_reset(struct hub_upload *u)
{
    if (u->hash)
        discard(u->hash);
    u->hash = NULL;
    u->hashed = 0;
    u->hashing = false;
    u->turn++;
}

static bool is_here(const struct hub_upload *u, size_t index)
{
    return u->parts[index].etag[0] && u->parts[index].size == hub_upload_part_size(u, index);
}

/* What can be hashed now, at most so many parts. False when there is nothing to do. */
static bool borrow(struct sim *s, struct hub_upload *u, size_t most, struct loan *out)
{
    size_t to = u->hashed;
    while (to < u->part_count && to - u->hashed < most && is_here(u, to))
        to++;
    if (u->hashing || to == u->hashed)
        return false;
    out->hash = u->hash ? u->hash : hub_hash_new();
    if (!out->hash)
        return false;
    snprintf(out->folder, sizeof out->folder, "%s", s->hub->folder);
    snprintf(out->id, sizeof out->id, "%s", u->id);
    hub_upload_file(s->hub, u->id, out->path);
    out->begin = (int64_t)u->hashed * u->chunk;
    out->end = to == u->part_count ? u->size : (int64_t)to * u->chunk;
    out->parts = to;
    out->turn = u->turn;
    u->hash = NULL;
    u->hashing = true;
    return true;
}

static int hash_range(const struct loan *l)
{
    char *piece = malloc(PIECE);
    int fd = piece ? open(l->path, O_RDONLY | O_CLOEXEC) : -1;
    int rc = fd < 0 ? -1 : 0;
    for (int64_t at = l->begin; rc == 0 && at < l->end;) {
        int64_t left = l->end - at;
        ssize_t n = pread(fd, piece, left < PIECE ? (size_t)left : PIECE, (off_t)at);
        if (n < 0 && errno == EINTR)
            continue;
        rc = n > 0 ? hub_hash_add(l->hash, piece, (size_t)n) : -1;
        at += n;
    }
    if (fd >= 0)
        close(fd);
    free(piece);
    return rc;
}

struct hub_upload *hub_upload_again(struct sim *s, const char *folder, const char *id)
{
    return strcmp(folder, s->hub->folder) == 0 ? hub_upload_find(s->hub, id) : NULL;
}

struct hub_upload *hub_upload_hash_on(
    struct sim *s, struct hub_upload *u, size_t most, bool *failed)
{
    struct loan l;
    *failed = false;
    if (!borrow(s, u, most, &l))
        return u;
    sim_unlock(s);
    int rc = hash_range(&l);
    sim_lock(s);
    sim_changed(s); /* a completion may wait for the hash */
    u = hub_upload_again(s, l.folder, l.id);
    if (!u || u->turn != l.turn) {
        discard(l.hash);
        return u;
    }
    u->hash = l.hash;
    u->hashing = false;
    u->hashed = l.parts;
    if (rc != 0)
        hub_upload_hash_reset(u);
    *failed = rc != 0;
    return u;
}
