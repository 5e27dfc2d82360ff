/* Uploads in parts, as S3 keeps them: each part a file, until all are named with their ETags and
 * made into one.
 *
 * Joining reads every byte again to take its SHA-256, so it runs without the world's lock, on the
 * files alone. Meanwhile the upload says JOINING: a second completion waits for the first and gets
 * its answer. Afterwards the world may be another one; its folder tells. */
#include "sim/hub_multipart.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void part_path(
    const char *folder, const char *upload, size_t number, char out[HUB_STORE_PATH])
{
    snprintf(out, HUB_STORE_PATH, "%s/part-%s-%zu", folder, upload, number);
}

/* ---- opening and forgetting ------------------------------------------------------------------ */

struct hub_upload *hub_upload_find(struct hub_world *h, const char *id)
{
    struct hub_upload *u = h->uploads;
    while (u && strcmp(u->id, id) != 0)
        u = u->next;
    return u;
}

static void forget(struct hub_world *h, struct hub_upload *gone)
{
    char path[HUB_STORE_PATH];
    struct hub_upload **at = &h->uploads;
    while (*at != gone)
        at = &(*at)->next;
    *at = gone->next;
    for (size_t i = 0; i < gone->part_count; i++) {
        part_path(h->folder, gone->id, i + 1, path);
        if (gone->parts[i].etag[0])
            unlink(path);
    }
    free(gone->parts);
    free(gone);
}

/* Makes room for one more: the last of the list that is not being joined goes. */
static void make_room(struct hub_world *h)
{
    size_t count = 0;
    struct hub_upload *oldest = NULL;
    for (struct hub_upload *u = h->uploads; u; u = u->next, count++)
        if (u->state != HUB_UPLOAD_JOINING)
            oldest = u;
    if (count >= HUB_UPLOADS_MAX && oldest)
        forget(h, oldest);
}

struct hub_upload *hub_upload_new(
    struct sim *s, const struct hub_repo *repo, const char *oid, int64_t size, int64_t chunk)
{
    struct hub_upload *u = calloc(1, sizeof *u);
    if (!u)
        return NULL;
    make_room(s->hub);
    u->part_count = size > 0 ? (size_t)((size + chunk - 1) / chunk) : 1;
    u->parts = calloc(u->part_count, sizeof *u->parts);
    if (!u->parts) {
        free(u);
        return NULL;
    }
    sim_id(s, u->id, sizeof u->id - 1);
    snprintf(u->oid, sizeof u->oid, "%s", oid);
    snprintf(u->repo, sizeof u->repo, "%s", repo->uid);
    u->size = size;
    u->chunk = chunk;
    u->next = s->hub->uploads;
    s->hub->uploads = u;
    return u;
}

/* ---- parts ----------------------------------------------------------------------------------- */

const char *hub_upload_part(struct hub_world *h, struct hub_upload *u, int64_t number,
    const struct body_file *file, char etag[35])
{
    char path[HUB_STORE_PATH];
    if (number < 1 || (size_t)number > u->part_count)
        return "Part number must be an integer between 1 and the number of parts";
    if (u->state != HUB_UPLOAD_OPEN)
        return "The upload is completed already";
    part_path(h->folder, u->id, (size_t)number, path);
    if (rename(file->path, path) != 0)
        return "The part cannot be stored";
    struct hub_part *part = &u->parts[number - 1];
    snprintf(part->etag, sizeof part->etag, "\"%.32s\"", file->sha256);
    part->size = file->length;
    snprintf(etag, 35, "%s", part->etag);
    return NULL;
}

static int64_t part_size(const struct hub_upload *u, size_t index)
{
    int64_t begin = (int64_t)index * u->chunk, left = u->size - begin;
    return left < u->chunk ? left : u->chunk;
}

/* ---- joining --------------------------------------------------------------------------------- */

struct join { /* what is needed without the lock */
    char folder[sizeof((struct hub_world *)0)->folder];
    char upload[33];
    size_t parts;
};

enum { PIECE = 1024 * 1024 };

static int write_all(int fd, const char *bytes, size_t n)
{
    while (n > 0) {
        ssize_t done = write(fd, bytes, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return -1;
        bytes += done;
        n -= (size_t)done;
    }
    return 0;
}

/* Hashes all of `from`, and appends it to `to` unless that is -1. */
static int pass(int from, int to, struct hub_hash *hash, char *piece)
{
    for (;;) {
        ssize_t n = read(from, piece, PIECE);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -1 : 0;
        if (hub_hash_add(hash, piece, (size_t)n) != 0 ||
            (to >= 0 && write_all(to, piece, (size_t)n) != 0))
            return -1;
    }
}

static int append_part(
    const struct join *j, size_t number, int to, struct hub_hash *hash, char *piece)
{
    char path[HUB_STORE_PATH];
    part_path(j->folder, j->upload, number, path);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    int rc = pass(fd, to, hash, piece);
    close(fd);
    unlink(path);
    return rc;
}

/* Makes one file of the parts, under the first one's name. */
static int join_files(const struct join *j, char sha256[HUB_SHA256])
{
    char path[HUB_STORE_PATH];
    part_path(j->folder, j->upload, 1, path);
    char *piece = malloc(PIECE);
    struct hub_hash *hash = hub_hash_new();
    int fd = piece && hash ? open(path, O_RDWR | O_CLOEXEC) : -1;
    int rc = fd < 0 ? -1 : pass(fd, -1, hash, piece);
    for (size_t i = 2; i <= j->parts && rc == 0; i++)
        rc = append_part(j, i, fd, hash, piece);
    if (fd >= 0 && close(fd) != 0)
        rc = -1;
    if (hub_hash_end(hash, sha256) != 0)
        rc = -1;
    free(piece);
    return rc;
}

/* ---- completing ------------------------------------------------------------------------------ */

/* NULL, or what is wrong with the parts that the client names, or with those that are here. */
static const char *check_parts(const struct hub_upload *u, const struct json *named)
{
    size_t i = 0;
    if (json_count(named) != u->part_count)
        return "InvalidPart: the number of parts is not that of the upload";
    for (const struct json *part = json_first(named); part; part = json_next(part), i++) {
        if (json_int(part, "partNumber", 0) != (int64_t)i + 1)
            return "InvalidPartOrder: the list of parts was not in ascending order";
        if (!u->parts[i].etag[0])
            return "InvalidPart: one or more of the specified parts could not be found";
        if (strcmp(json_str_or(part, "etag", ""), u->parts[i].etag) != 0)
            return "InvalidPart: the etag of a part is not the one that its upload was answered "
                   "with";
        if (u->parts[i].size != part_size(u, i))
            return "InvalidPart: a part has not the size that chunk_size says";
    }
    return NULL;
}

/* Joins without the lock; the upload again, or NULL when it is gone with its world. */
static struct hub_upload *join_unlocked(
    struct sim *s, struct hub_upload *u, char sha256[HUB_SHA256], int *rc)
{
    struct join j = {.parts = u->part_count};
    snprintf(j.folder, sizeof j.folder, "%s", s->hub->folder);
    snprintf(j.upload, sizeof j.upload, "%s", u->id);
    u->state = HUB_UPLOAD_JOINING;
    sim_unlock(s);
    *rc = join_files(&j, sha256);
    sim_lock(s);
    sim_changed(s);
    return strcmp(j.folder, s->hub->folder) == 0 ? hub_upload_find(s->hub, j.upload) : NULL;
}

static void complete(struct sim *s, struct reply *p, struct hub_upload *u)
{
    char sha256[HUB_SHA256] = "", path[HUB_STORE_PATH];
    int rc = -1;
    u = join_unlocked(s, u, sha256, &rc);
    struct hub_repo *repo = u ? hub_repo_by_uid(s->hub, u->repo) : NULL;
    if (!repo) {
        if (u)
            forget(s->hub, u);
        hub_refuse(p, 404, NULL, "NoSuchUpload");
        return;
    }
    part_path(s->hub->folder, u->id, 1, path);
    if (rc == 0 && strcmp(sha256, u->oid) == 0 &&
        hub_stored_take(s->hub, path, sha256, u->size) == 0 &&
        hub_lfs_add(repo, sha256, u->size) == 0) {
        u->state = HUB_UPLOAD_DONE;
        reply_json(p, 200, json_new_object());
        return;
    }
    forget(s->hub, u);
    hub_refuse(p, rc == 0 ? 400 : 500, NULL,
        rc == 0 ? "The SHA-256 of the uploaded parts is not the oid of the object"
                : "Internal Error - We're working hard to fix this as soon as possible!");
}

/* The upload when nobody joins it; NULL when it is not there (any more). */
static struct hub_upload *settled(struct sim *s, const char *id)
{
    struct hub_upload *u = hub_upload_find(s->hub, id);
    while (u && u->state == HUB_UPLOAD_JOINING)
        u = sim_sleep(s, 1000) ? hub_upload_find(s->hub, id) : NULL;
    return u;
}

void hub_multipart_complete(struct sim *s, struct request *r, struct reply *p)
{
    const char *id = request_query(r, "uploadId");
    struct hub_upload *u = id ? settled(s, id) : NULL;
    const char *why = NULL;
    if (!u) {
        hub_refuse(
            p, 404, NULL, "NoSuchUpload: the upload does not exist or was completed otherwise");
        return;
    }
    if (strcmp(json_str_or(r->json, "oid", ""), u->oid) != 0)
        why = "The oid is not that of the upload";
    else
        why = check_parts(u, json_get(r->json, "parts"));
    if (why)
        hub_refuse(p, 400, NULL, why);
    else if (u->state == HUB_UPLOAD_DONE)
        reply_json(p, 200, json_new_object());
    else
        complete(s, p, u);
}
