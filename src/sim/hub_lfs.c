/* The LFS batch call: for each object nothing to do, one PUT, or many parts (spec/huggingface.md
 * §4).
 *
 * Which it is depends on what the client offers and on the size: multipart only when it is offered
 * and the object is larger than the scenario's multipart_threshold; parts of multipart_chunk bytes,
 * larger where that would make too many. Nothing is stored here: uploads come to hub_objects.c. */
#include "sim/hub_multipart.h"
#include "sim/hub_request.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { OBJECTS_MAX = 1000, CHUNK_DEFAULT = 16000000, URL_SECONDS = 900, COMPLETE_SECONDS = 86400 };

static const char lfs_type[] = "application/vnd.git-lfs+json";
static const int64_t basic_max = (int64_t)5 << 30;
static const int64_t file_max = 50000000000;

struct batch {
    struct sim *s;
    struct request *r;
    struct hub_repo *repo;
    const char *user;
    bool upload, multipart; /* multipart = the client offers it */
    bool used_multipart;
};

static int64_t life(const struct batch *b)
{
    return hub_setting(b->s->hub, "url_seconds", URL_SECONDS);
}

static void lfs_refuse(struct reply *p, int status, const char *message)
{
    struct json *j = json_new_object();
    json_add_str(j, "message", message);
    json_add_str(j, "error", message);
    reply_json(p, status, j);
    p->content_type = lfs_type;
}

/* ---- actions --------------------------------------------------------------------------------- */

static struct json *action(const struct batch *b, const struct hub_presign *what)
{
    struct buf url;
    struct json *j = json_new_object();
    buf_init(&url, 4096);
    hub_presign(b->s, b->r, what, &url);
    json_add_str(j, "href", buf_str(&url));
    if (what->seconds <= INT32_MAX) {
        json_add_int(j, "expires_in", what->seconds);
        hub_add_time(j, "expires_at", clock_wall_ms(clock_real()) + what->seconds * 1000);
    }
    buf_release(&url);
    return j;
}

static void object_path(const struct batch *b, const char *oid, char out[160])
{
    snprintf(out, 160, "/lfs-storage/%s/%s", b->repo->uid, oid);
}

static struct json *basic_action(const struct batch *b, const char *oid)
{
    char path[160];
    object_path(b, oid, path);
    struct hub_presign what = {b->upload ? "PUT" : "GET", path, life(b), ""};
    return action(b, &what);
}

static int add_part(
    const struct batch *b, struct json *header, const struct hub_upload *u, size_t number)
{
    char path[160], extra[96], key[32];
    struct buf url;
    object_path(b, u->oid, path);
    snprintf(extra, sizeof extra, "&partNumber=%zu&uploadId=%s", number, u->id);
    snprintf(key, sizeof key, "%05zu", number);
    struct hub_presign what = {"PUT", path, life(b), extra};
    buf_init(&url, 4096);
    hub_presign(b->s, b->r, &what, &url);
    int rc = json_add_str(header, key, buf_str(&url));
    buf_release(&url);
    return rc;
}

static struct json *multipart_action(const struct batch *b, const char *oid, int64_t size)
{
    char chunk[24], extra[64];
    int64_t bytes = hub_setting(b->s->hub, "multipart_chunk", CHUNK_DEFAULT);
    int64_t least = (size + HUB_PARTS_MAX - 1) / HUB_PARTS_MAX;
    bytes = bytes < 1 ? CHUNK_DEFAULT : bytes;
    bytes = bytes < least ? least : bytes;
    struct hub_upload *u = hub_upload_new(b->s, b->repo, oid, size, bytes);
    if (!u)
        return NULL;
    struct json *header = json_new_object();
    snprintf(chunk, sizeof chunk, "%" PRId64, bytes);
    json_add_str(header, "chunk_size", chunk);
    for (size_t i = 1; i <= u->part_count; i++)
        add_part(b, header, u, i);
    snprintf(extra, sizeof extra, "&uploadId=%s", u->id);
    struct hub_presign what = {"POST", "/api/complete_multipart", COMPLETE_SECONDS, extra};
    struct json *j = action(b, &what);
    json_add(j, "header", header);
    return j;
}

static struct json *verify_action(const struct batch *b)
{
    char sign[HUB_SHA256];
    struct buf text, secret;
    struct json *j = json_new_object(), *header = json_new_object();
    buf_init(&text, 2048);
    hub_base_url(b->s, b->r, &text);
    buf_printf(&text, "/api/%s/%s/lfs/verify", hub_type_plural(b->repo->type), b->repo->id);
    json_add_str(j, "href", buf_str(&text));
    hub_sign(b->s->hub, "lfs", b->user, sign);
    buf_clear(&text);
    buf_printf(&text, "%s:lfs-%s", b->user, sign);
    buf_init(&secret, 2048);
    buf_str_append(&secret, "Basic ");
    hub_base64_encode(buf_str(&text), text.len, &secret);
    json_add_str(header, "Authorization", buf_str(&secret));
    json_add(j, "header", header);
    buf_release(&text);
    buf_release(&secret);
    return j;
}

/* ---- objects --------------------------------------------------------------------------------- */

static void add_error(struct json *object, int code, const char *message)
{
    struct json *e = json_new_object();
    json_add_int(e, "code", code);
    json_add_str(e, "message", message);
    json_add(object, "error", e);
}

static void answer_download(struct batch *b, struct json *object, const struct hub_lfs *there)
{
    struct json *actions = json_new_object();
    if (!there) {
        json_free(actions);
        add_error(object, 404, "Object does not exist");
        return;
    }
    json_add_bool(object, "authenticated", true);
    json_add(actions, "download", basic_action(b, there->sha256));
    json_add(object, "actions", actions);
}

static void answer_upload(struct batch *b, struct json *object, const char *oid, int64_t size)
{
    int64_t chunk = hub_setting(b->s->hub, "multipart_chunk", CHUNK_DEFAULT);
    bool parts = b->multipart && size > hub_setting(b->s->hub, "multipart_threshold", chunk);
    json_add_bool(object, "authenticated", true);
    if (size > file_max) {
        add_error(object, 422, "Files larger than 50 GB cannot be uploaded through LFS");
        return;
    }
    if (!parts && size > basic_max) {
        add_error(object, 422,
            "You need to configure your repository to enable upload of files > 5GB. Run "
            "\"hf lfs-enable-largefiles ./path/to/your/repo\" and try again.");
        return;
    }
    struct json *upload = parts ? multipart_action(b, oid, size) : basic_action(b, oid);
    if (!upload) {
        add_error(object, 500, "Internal Error");
        return;
    }
    b->used_multipart |= parts;
    struct json *actions = json_new_object();
    json_add(actions, "upload", upload);
    json_add(actions, "verify", verify_action(b));
    json_add(object, "actions", actions);
}

static struct json *answer_object(struct batch *b, const struct json *asked)
{
    const char *oid = json_str_or(asked, "oid", "");
    int64_t size = json_int(asked, "size", -1);
    struct json *object = json_new_object();
    json_add_str(object, "oid", oid);
    json_add_int(object, "size", size);
    if (!hub_is_hex(oid, HUB_SHA256 - 1) || size < 0) {
        add_error(object, 422, "The oid must be a SHA-256 and the size a number of bytes");
        return object;
    }
    const struct hub_lfs *there = hub_lfs_find(b->repo, oid);
    if (there && there->size != size)
        add_error(object, 422, "The size is not that of the object stored under this oid");
    else if (!b->upload)
        answer_download(b, object, there);
    else if (!there)
        answer_upload(b, object, oid, size);
    return object;
}

static bool offers(const struct json *transfers, const char *name)
{
    for (const struct json *t = json_first(transfers); t; t = json_next(t))
        if (json_string(t) && strcmp(json_string(t), name) == 0)
            return true;
    return false;
}

/* NULL, or what is wrong with the request as a whole. */
static const char *check_body(const struct json *body, bool *upload, int *status)
{
    const char *operation = json_str_or(body, "operation", "");
    const char *hash = json_str_or(body, "hash_algo", "sha256");
    const struct json *objects = json_get(body, "objects");
    *upload = strcmp(operation, "upload") == 0;
    *status = 422;
    if (!*upload && strcmp(operation, "download") != 0)
        return "\"operation\" must be one of [upload, download]";
    if (json_kind(objects) != JSON_ARRAY || json_count(objects) == 0)
        return "\"objects\" must be an array with at least one item";
    *status = 413;
    if (json_count(objects) > OBJECTS_MAX)
        return "\"objects\" must contain at most 1000 items";
    *status = 409;
    if (strcmp(hash, "sha256") != 0 && strcmp(hash, "sha_256") != 0)
        return "The hash algorithm must be sha256";
    return NULL;
}

void hub_lfs_batch(struct sim *s, struct request *r, struct reply *p)
{
    struct hub_caller caller;
    int status;
    struct batch b = {.s = s, .r = r};
    const char *why = check_body(r->json, &b.upload, &status);
    b.repo = hub_repo_for(s, r, p, b.upload ? HUB_WRITE : HUB_READ_FILES, &caller);
    if (!b.repo) {
        p->content_type = lfs_type;
        if (p->status == 401)
            reply_header(p, "LFS-Authenticate", "Basic realm=\"Authentication required\"");
        return;
    }
    if (why) {
        lfs_refuse(p, status, why);
        return;
    }
    b.user = caller.name;
    b.multipart = offers(json_get(r->json, "transfers"), "multipart");
    struct json *j = json_new_object(), *objects = json_new_array();
    const struct json *asked = json_first(json_get(r->json, "objects"));
    for (; asked; asked = json_next(asked))
        json_push(objects, answer_object(&b, asked));
    json_add_str(j, "transfer", b.used_multipart ? "multipart" : "basic");
    json_add(j, "objects", objects);
    json_add_str(j, "hash_algo", "sha256");
    reply_json(p, 200, j);
    p->content_type = lfs_type;
}

/* ---- around it ------------------------------------------------------------------------------- */

void hub_lfs_verify(struct sim *s, struct request *r, struct reply *p)
{
    struct hub_repo *repo = hub_repo_for(s, r, p, HUB_SEE, NULL);
    const char *oid = json_str_or(r->json, "oid", "");
    const struct hub_lfs *there = repo ? hub_lfs_find(repo, oid) : NULL;
    if (!repo)
        return;
    if (!there)
        lfs_refuse(p, 404, "Object does not exist");
    else if (there->size != json_int(r->json, "size", -1))
        lfs_refuse(p, 422, "The size is not that of the object stored under this oid");
    else
        reply_json(p, 200, json_new_object());
}

/* Locking is not offered; git-lfs goes on without it. */
void hub_lfs_no_locks(struct sim *s, struct request *r, struct reply *p)
{
    (void)s;
    (void)r;
    lfs_refuse(p, 501, "File locking is not supported");
}

/* Xet is not played: its clients then take LFS, or fail as on a Hub without it. */
void hub_no_xet(struct sim *s, struct request *r, struct reply *p)
{
    if (hub_repo_for(s, r, p, HUB_SEE, NULL))
        hub_refuse(p, 404, NULL, "This repository is not Xet-enabled");
}
