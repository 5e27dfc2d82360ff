/* The storage behind presigned URLs: takes whole objects and parts, gives objects. The URL was
 * checked when the headers came (hub_admit); here only what arrived is looked at. */
#include "sim/hub_multipart.h"
#include "sim/hub_request.h"

#include <stdio.h>
#include <string.h>

enum { WRITER_LIMIT_MS = 30 * 1000, WRITER_LOOK_MS = 20, HASH_PARTS = 2 };

static const char upload_gone[] =
    "The specified upload does not exist. The upload ID may be invalid, or the upload may have been "
    "aborted or completed.";

static void stored(struct reply *p, const char *etag)
{
    reply_text(p, 200, "text/plain", "");
    reply_header(p, "ETag", "%s", etag);
}

/* Waits while another request writes the same part: its client is mostly gone already. */
static const char *take_part(struct sim *s, struct request *r, const char *id, char etag[35])
{
    const char *why = NULL;
    for (int waited = 0; waited < WRITER_LIMIT_MS; waited += WRITER_LOOK_MS) {
        struct hub_upload *u = hub_upload_find(s->hub, id);
        why = u ? hub_upload_part(s->hub, u, request_query_int(r, "partNumber", 0), &r->file, etag)
                : upload_gone;
        if (why != hub_upload_busy || !sim_sleep(s, WRITER_LOOK_MS))
            break;
    }
    return why;
}

static void put_part(struct sim *s, struct request *r, struct reply *p, const char *id)
{
    char etag[35];
    const char *why = take_part(s, r, id, etag);
    if (why == upload_gone) {
        hub_refuse_xml(p, 404, "NoSuchUpload", why);
    } else if (why == hub_upload_busy) {
        hub_refuse_xml(p, 503, "SlowDown", why);
    } else if (why) {
        hub_refuse_xml(p, 400, "InvalidArgument", why);
    } else {
        bool failed; /* the completion finds that out */
        hub_upload_hash_on(s, hub_upload_find(s->hub, id), HASH_PARTS, &failed);
        stored(p, etag);
    }
}

static void put_object(struct sim *s, struct request *r, struct reply *p)
{
    char etag[35];
    const char *oid = request_param(r, "oid");
    struct hub_repo *repo = hub_repo_by_uid(s->hub, request_param(r, "repo"));
    if (!repo) {
        hub_refuse_xml(p, 404, "NoSuchBucket", "The specified bucket does not exist");
        return;
    }
    if (strcmp(r->file.sha256, oid) != 0) {
        hub_refuse_xml(p, 400, "XAmzContentSHA256Mismatch",
            "The provided 'x-amz-content-sha256' header does not match what was computed.");
        return;
    }
    if (hub_stored_take(s->hub, r->file.path, oid, r->file.length) != 0 ||
        hub_lfs_add(repo, oid, r->file.length) != 0) {
        hub_refuse_xml(
            p, 500, "InternalError", "We encountered an internal error. Please try again.");
        return;
    }
    snprintf(etag, sizeof etag, "\"%.32s\"", oid);
    stored(p, etag);
}

void hub_storage_put(struct sim *s, struct request *r, struct reply *p)
{
    const char *upload = request_query(r, "uploadId");
    if (upload)
        put_part(s, r, p, upload);
    else
        put_object(s, r, p);
}

void hub_storage_get(struct sim *s, struct request *r, struct reply *p)
{
    const char *oid = request_param(r, "oid");
    struct hub_repo *repo = hub_repo_by_uid(s->hub, request_param(r, "repo"));
    const struct hub_lfs *object = repo ? hub_lfs_find(repo, oid) : NULL;
    if (!object) {
        hub_refuse_xml(p, 404, "NoSuchKey", "The specified key does not exist.");
        return;
    }
    hub_send_content(s->hub, r, p, object->sha256, object->size);
    p->content_type = "application/octet-stream";
    reply_header(p, "ETag", "\"%s\"", oid);
}
