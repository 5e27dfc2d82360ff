/* Uploads in parts, as S3 keeps them, until all are named with their ETags and made into one.
 *
 * Each part is written straight to its place in the object's file, and the SHA-256 of the whole follows
 * as far as the parts are there in order (hub_multipart_hash.c), so that hardly anything is left to do at
 * the end. A part that comes while another request writes it, or after it has come before, is written
 * elsewhere and put in its place when it is whole: a second try that breaks off takes nothing away. So
 * nobody writes where a part is that has its ETag.
 *
 * What is left to be hashed at the completion is hashed without the world's lock. Meanwhile the upload
 * says JOINING: a second completion waits for the first and gets its answer. Afterwards the world may be
 * another one; its folder tells. */
#include "sim/hub_multipart.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { JOIN_LOOK_MS = 100 };

const char hub_upload_busy[] = "The part is being written by another request";

void hub_upload_file(const struct hub_world *h, const char *id, char out[HUB_STORE_PATH])
{
    snprintf(out, HUB_STORE_PATH, "%s/parts-%s", h->folder, id);
}

/* ---- opening and forgetting ------------------------------------------------------------------ */

struct hub_upload *hub_upload_find(struct hub_world *h, const char *id)
{
    struct hub_upload *u = h->uploads;
    while (u && strcmp(u->id, id) != 0)
        u = u->next;
    return u;
}

void hub_upload_free(struct hub_upload *u)
{
    hub_upload_hash_reset(u);
    free(u->parts);
    free(u);
}

static void forget(struct hub_world *h, struct hub_upload *gone)
{
    char path[HUB_STORE_PATH];
    struct hub_upload **at = &h->uploads;
    while (*at != gone)
        at = &(*at)->next;
    *at = gone->next;
    hub_upload_file(h, gone->id, path);
    hub_spare_drop(h, path);
    hub_upload_free(gone);
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
    char path[HUB_STORE_PATH];
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
    hub_upload_file(s->hub, u->id, path);
    hub_spare_take(s->hub, path, size);
    return u;
}

/* ---- parts ----------------------------------------------------------------------------------- */

int64_t hub_upload_part_size(const struct hub_upload *u, size_t index)
{
    int64_t begin = (int64_t)index * u->chunk, left = u->size - begin;
    return left < u->chunk ? left : u->chunk;
}

static bool has_part(const struct hub_upload *u, int64_t number)
{
    return number >= 1 && (uint64_t)number <= u->part_count;
}

void hub_upload_place(struct hub_world *h, struct request *r)
{
    const char *id = request_query(r, "uploadId");
    int64_t number = request_query_int(r, "partNumber", 0);
    const struct hub_upload *u = id ? hub_upload_find(h, id) : NULL;
    if (!u || !has_part(u, number))
        return;
    size_t index = (size_t)number - 1;
    hub_upload_file(h, u->id, r->place.path);
    r->place.offset = (int64_t)index * u->chunk;
    r->place.length = hub_upload_part_size(u, index);
    r->place.taken = u->state != HUB_UPLOAD_OPEN || u->parts[index].etag[0];
}

/* Bytes of one file into another, without passing through here where the system can do that. */
static int copy_bytes(int from, int to, off_t at, int64_t n)
{
    off_t begin = 0;
    char piece[65536];
    while (n > 0) {
        ssize_t done = copy_file_range(from, &begin, to, &at, (size_t)n, 0);
        if (done < 0 && errno != EINTR) {
            done = pread(from, piece, n < (int64_t)sizeof piece ? (size_t)n : sizeof piece, begin);
            done = done > 0 ? pwrite(to, piece, (size_t)done, at) : done;
            begin += done > 0 ? done : 0;
            at += done > 0 ? done : 0;
        }
        if (done == 0 || (done < 0 && errno != EINTR))
            return -1;
        n -= done > 0 ? done : 0;
    }
    return 0;
}

/* 1 when somebody is writing there. */
static int put_in_place(
    const struct hub_world *h, const struct hub_upload *u, size_t index, const char *path)
{
    char whole[HUB_STORE_PATH];
    struct flock place = {.l_type = F_WRLCK,
        .l_whence = SEEK_SET,
        .l_start = (off_t)((int64_t)index * u->chunk),
        .l_len = (off_t)hub_upload_part_size(u, index)};
    hub_upload_file(h, u->id, whole);
    int from = open(path, O_RDONLY | O_CLOEXEC);
    int to = open(whole, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    int rc = from < 0 || to < 0 ? -1 : 0;
    if (rc == 0 && place.l_len > 0 && fcntl(to, F_OFD_SETLK, &place) != 0)
        rc = 1;
    if (rc == 0)
        rc = copy_bytes(from, to, place.l_start, hub_upload_part_size(u, index));
    if (from >= 0)
        close(from);
    if (to >= 0 && close(to) != 0)
        rc = -1;
    return rc;
}

const char *hub_upload_part(const struct hub_world *h, struct hub_upload *u, int64_t number,
    const struct body_file *file, char etag[35])
{
    if (!has_part(u, number))
        return "Part number must be an integer between 1 and the number of parts";
    if (u->state != HUB_UPLOAD_OPEN)
        return "The upload is completed already";
    size_t index = (size_t)number - 1;
    bool fits =
        file->length == hub_upload_part_size(u, index); /* else it will be refused by its size */
    int rc = file->placed || !fits ? 0 : put_in_place(h, u, index, file->path);
    if (rc != 0)
        return rc > 0 ? hub_upload_busy : "The part cannot be stored";
    struct hub_part *part = &u->parts[index];
    if (part->etag[0])
        hub_upload_hash_reset(u);
    snprintf(part->etag, sizeof part->etag, "\"%s\"", file->print);
    part->size = file->length;
    snprintf(etag, 35, "%s", part->etag);
    return NULL;
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
        if (u->parts[i].size != hub_upload_part_size(u, i))
            return "InvalidPart: a part has not the size that chunk_size says";
    }
    return NULL;
}

/* Hashes what is left; the upload again, or NULL when it is gone with its world. */
static struct hub_upload *join(struct sim *s, struct hub_upload *u, bool *failed)
{
    char folder[sizeof s->hub->folder], id[sizeof u->id];
    snprintf(folder, sizeof folder, "%s", s->hub->folder);
    snprintf(id, sizeof id, "%s", u->id);
    u->state = HUB_UPLOAD_JOINING;
    *failed = false;
    while (u && !*failed && u->hashed < u->part_count) {
        if (u->hashing) {
            *failed = !sim_sleep(s, JOIN_LOOK_MS);
            u = hub_upload_again(s, folder, id);
        } else {
            u = hub_upload_hash_on(s, u, u->part_count, failed);
        }
    }
    return u;
}

static bool keep(struct sim *s, struct hub_upload *u, struct hub_repo *repo)
{
    char path[HUB_STORE_PATH];
    hub_upload_file(s->hub, u->id, path);
    if (hub_stored_take(s->hub, path, u->oid, u->size) != 0 ||
        hub_lfs_add(repo, u->oid, u->size) != 0)
        return false;
    u->state = HUB_UPLOAD_DONE;
    return true;
}

static void complete(struct sim *s, struct reply *p, struct hub_upload *u)
{
    char sha256[HUB_SHA256] = "";
    bool failed;
    u = join(s, u, &failed);
    struct hub_repo *repo = u ? hub_repo_by_uid(s->hub, u->repo) : NULL;
    if (u) {
        failed = failed || hub_hash_end(u->hash, sha256) != 0;
        u->hash = NULL;
    }
    bool same = u && !failed && strcmp(sha256, u->oid) == 0;
    if (!repo)
        hub_refuse(p, 404, NULL, "NoSuchUpload");
    else if (same && keep(s, u, repo))
        reply_json(p, 200, json_new_object());
    else if (failed || same)
        hub_refuse(
            p, 500, NULL, "Internal Error - We're working hard to fix this as soon as possible!");
    else
        hub_refuse(p, 400, NULL, "The SHA-256 of the uploaded parts is not the oid of the object");
    if (u && u->state != HUB_UPLOAD_DONE)
        forget(s->hub, u);
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
