/* hub_upload_parts: the bytes of some objects, then their completions, then the Hub's own check (§4.3).
 *
 * Parts of all of them go out side by side, a slice of so many at a time: between slices the objects
 * that have failed meanwhile drop out, so a URL that has expired does not cost the rest of its file.
 * What fails on the way stays with its object, which will be asked about anew; what cannot get better
 * that way (the local file, memory, a stop) ends the upload at once.
 *
 * Presigned URLs carry their right in themselves: no token, and nothing of them in the log. */
#include "client/hub_upload_internal.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    SLICE = 64,
    PUT_MS = 15 * 60 * 1000,
    BYTES_PER_MS = 20, /* the slowest line that is worth waiting for */
    PUT_STALL_MS = 60 * 1000,
    ANSWER_MAX = 1024 * 1024
};

static bool goes_on(const struct upload_object *o)
{
    return !o->action.stored && o->error.class == ERR_NONE;
}

/* Whether another instruction from the Hub could help. */
static bool is_fatal(const struct err *e)
{
    return e->class == ERR_CANCEL || e->class == ERR_IO || e->class == ERR_STATE ||
           e->class == ERR_BUG;
}

/* A file that has changed meanwhile is the better reason for whatever happened. */
static int end_upload(const struct upload_object *o, const struct err *why, struct err *e)
{
    struct err changed;
    int fd = why->class == ERR_IO ? upload_open(o->item, &changed) : -1;
    if (fd >= 0)
        close(fd);
    if (e)
        *e = why->class == ERR_IO && fd < 0 ? changed : *why;
    return why->class == ERR_CANCEL ? -1 : err_wrap(e, "%s", o->item->file->path.s);
}

/* Notes what went wrong with request i on its object. -1 when that ends the upload. */
static int take_failure(
    struct upload *u, const struct upload_many *m, size_t i, const char *what, struct err *e)
{
    struct upload_object *o = m->tags[i].object;
    struct err why = m->errors[i];
    if (why.class != ERR_NONE) {
        (void)err_wrap(&why, "%s", what);
        if (is_fatal(&why))
            return end_upload(o, &why, e);
    } else if (hub_check(u->hub, &m->responses[i], what, &why) == 0) {
        return 0;
    }
    if (o->error.class == ERR_NONE)
        o->error = why;
    return 0;
}

static int take_failures(
    struct upload *u, const struct upload_many *m, const char *what, struct err *e)
{
    for (size_t i = 0; i < m->count; i++)
        if (take_failure(u, m, i, what, e))
            return -1;
    return 0;
}

/* ---- parts ----------------------------------------------------------------------------------- */

static void add_part(struct upload *u, struct upload_many *m, struct upload_object *o, size_t part)
{
    struct http_request *r = upload_many_add(m, o, part);
    struct hub_call call = {.method = HTTP_PUT,
        .url = o->action.parts[part],
        .presigned = true,
        .retry = HTTP_RETRY_SAFE,
        .stall_ms = PUT_STALL_MS,
        .answer_max = ANSWER_MAX,
        .progress = &o->item->sent};
    hub_request(u->hub, &call, r);
    int64_t from = (int64_t)part * o->action.chunk, left = o->item->file->size - from;
    r->has_file = true;
    r->file_fd = o->fd;
    r->file_offset = from;
    r->file_length = left < o->action.chunk ? left : o->action.chunk;
    r->deadline_ms = PUT_MS + r->file_length / BYTES_PER_MS;
}

/* The tag goes back as it came, quotes and all. */
static int keep_etag(const struct upload_many *m, size_t i, struct err *e)
{
    struct upload_object *o = m->tags[i].object;
    struct buf tag;
    if (!goes_on(o) || !o->action.multipart)
        return 0;
    buf_init(&tag, HTTP_HEADER_BYTES_MAX);
    bool there = http_response_header(&m->responses[i], "etag", &tag);
    if (there)
        o->etags[m->tags[i].part] = strdup(buf_str(&tag));
    else
        (void)err_set(&o->error, ERR_REMOTE, 0, "the storage gives no ETag for a part");
    buf_release(&tag);
    return there && !o->etags[m->tags[i].part]
               ? err_set(e, ERR_IO, 0, "out of memory for the parts of a file")
               : 0;
}

static int run_slice(struct upload *u, struct upload_many *m, struct err *e)
{
    upload_many_run(m, u);
    int rc = take_failures(u, m, "send a file", e);
    for (size_t i = 0; i < m->count && rc == 0; i++)
        rc = keep_etag(m, i, e);
    upload_many_clear(m);
    return rc;
}

int upload_send_parts(struct upload *u, struct upload_object *objects, size_t n, struct err *e)
{
    struct upload_many m;
    size_t at = 0, part = 0;
    if (upload_many_init(&m, SLICE, e))
        return -1;
    int rc = 0;
    while (rc == 0 && at < n) {
        struct upload_object *o = &objects[at];
        if (!goes_on(o) || part == o->action.part_count) {
            at++;
            part = 0;
            continue;
        }
        add_part(u, &m, o, part++);
        if (m.count == m.max)
            rc = run_slice(u, &m, e);
    }
    if (rc == 0)
        rc = run_slice(u, &m, e);
    upload_many_release(&m);
    return rc;
}

/* ---- afterwards ------------------------------------------------------------------------------ */

static int write_completion(const struct upload_object *o, struct buf *out)
{
    struct json *j = json_new_object(), *parts = json_new_array();
    int failed = json_add_str(j, "oid", o->item->sha256);
    for (size_t i = 0; i < o->action.part_count; i++) {
        struct json *part = json_new_object();
        failed |= json_add_int(part, "partNumber", (int64_t)i + 1);
        failed |= json_add_str(part, "etag", o->etags[i]);
        failed |= json_push(parts, part);
    }
    failed |= json_add(j, "parts", parts);
    failed |= json_print(j, out);
    json_free(j);
    return failed;
}

static int write_verify(const struct upload_object *o, struct buf *out)
{
    struct json *j = json_new_object();
    int failed = json_add_str(j, "oid", o->item->sha256);
    failed |= json_add_int(j, "size", o->item->file->size);
    failed |= json_print(j, out);
    json_free(j);
    return failed;
}

/* A POST that each object gets of which `url` is not NULL. */
struct round {
    const char *what;
    const char *(*url)(const struct upload_object *);
    int (*write)(const struct upload_object *, struct buf *);
    bool presigned;
};

static const char *completion_url(const struct upload_object *o)
{
    return o->action.multipart ? o->action.href : NULL;
}

static const char *verify_url(const struct upload_object *o)
{
    return o->action.verify;
}

static int add_post(struct upload *u, struct upload_many *m, struct upload_object *o,
    const struct round *round, struct err *e)
{
    const char *url = round->url(o);
    if (!goes_on(o) || !url)
        return 0;
    buf_clear(&o->body);
    buf_clear(&o->url);
    if (round->write(o, &o->body) || hub_turn_url(u->hub, url, &o->url))
        return err_set(e, ERR_IO, 0, "out of memory to %s", round->what);
    struct hub_call call = {.method = HTTP_POST,
        .url = buf_str(&o->url),
        .form = HUB_LFS,
        .body = &o->body,
        .presigned = round->presigned,
        .retry = HTTP_RETRY_SAFE,
        .deadline_ms = HUB_SLOW_MS,
        .stall_ms = HUB_SLOW_STALL_MS,
        .answer_max = ANSWER_MAX};
    hub_request(u->hub, &call, upload_many_add(m, o, 0));
    return 0;
}

static int run_round(struct upload *u, struct upload_object *objects, size_t n,
    const struct round *round, struct err *e)
{
    struct upload_many m;
    int rc = upload_many_init(&m, n, e);
    for (size_t i = 0; i < n && rc == 0; i++)
        rc = add_post(u, &m, &objects[i], round, e);
    if (rc == 0) {
        upload_many_run(&m, u);
        rc = take_failures(u, &m, round->what, e);
    }
    upload_many_release(&m);
    return rc;
}

int upload_complete(struct upload *u, struct upload_object *objects, size_t n, struct err *e)
{
    static const struct round completion = {
        "put the parts of a file together", completion_url, write_completion, true};
    return run_round(u, objects, n, &completion, e);
}

int upload_verify(struct upload *u, struct upload_object *objects, size_t n, struct err *e)
{
    static const struct round verify = {
        "have a stored file checked", verify_url, write_verify, false};
    return run_round(u, objects, n, &verify, e);
}
