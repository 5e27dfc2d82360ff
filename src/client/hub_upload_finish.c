/* hub_upload_finish: what makes an object of its parts: the completion, then the Hub's own check (§4.3).
 * The file must still be what it was, else the parts are of two different ones. The completion carries
 * its right in its URL; the check gets the token.
 *
 * When nobody knows what became of either, the Hub is asked about the object again, and says whether it
 * is there. */
#include "client/hub_upload_flow.h"

#include <unistd.h>
#include <utlist.h>

enum { ANSWER_MAX = 1024 * 1024, ATTEMPTS = 8 };

static int write_completion(const struct upload_object *o, struct buf *out)
{
    struct json *j = json_new_object(), *parts = json_new_array();
    int failed = json_add_str(j, "oid", o->item->sha256);
    for (size_t i = 0; i < o->plan.part_count; i++) {
        struct json *part = json_new_object();
        failed |= json_add_int(part, "partNumber", (int64_t)i + 1);
        failed |= json_add_str(part, "etag", o->plan.etags[i]);
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

static const struct post {
    const char *what;
    int (*write)(const struct upload_object *, struct buf *);
    bool presigned;
    enum upload_object_state during;
} posts[] = {
    [CALL_COMPLETE] = {"put the parts of a file together", write_completion, true,
        OBJECT_COMPLETING},
    [CALL_VERIFY] = {"have a stored file checked", write_verify, false, OBJECT_VERIFYING},
};

static void begin_post(
    struct upload_flow *f, struct upload_object *o, enum upload_call_kind kind, const char *url)
{
    const struct post *post = &posts[kind];
    struct upload_call *call = flow_call(f, kind);
    struct err why;
    if (!call)
        return; /* another turn has room */
    call->objects[0] = o;
    if (post->write(o, &call->body) || hub_turn_url(f->upload->hub, url, &call->url)) {
        (void)err_set(&why, ERR_IO, 0, "out of memory to %s", post->what);
        flow_give_back(call);
        flow_fail(f, &why);
        return;
    }
    struct hub_call ask = {.method = HTTP_POST,
        .url = buf_str(&call->url),
        .form = HUB_LFS,
        .body = &call->body,
        .presigned = post->presigned,
        .retry = HTTP_RETRY_SAFE,
        .deadline_ms = HUB_SLOW_MS,
        .stall_ms = HUB_SLOW_STALL_MS,
        .answer_max = ANSWER_MAX};
    hub_request(f->upload->hub, &ask, &call->request);
    call->request.attempts = ATTEMPTS;
    o->state = post->during;
    flow_begin(f, call);
}

static int check_file(struct upload_flow *f, const struct upload_object *o)
{
    struct err why;
    int fd = upload_open(o->item, &why);
    if (fd >= 0)
        close(fd);
    else
        flow_fail(f, &why);
    return fd < 0 ? -1 : 0;
}

static void finish(struct upload_flow *f, struct upload_object *o)
{
    if (o->state == OBJECT_SENT && check_file(f, o))
        return;
    if (o->state == OBJECT_SENT && o->multipart)
        begin_post(f, o, CALL_COMPLETE, o->plan.href);
    else if (o->plan.verify)
        begin_post(f, o, CALL_VERIFY, o->plan.verify);
    else
        object_stored(f, o, true);
}

void flow_begin_finish(struct upload_flow *f)
{
    struct upload_object *o, *next;
    DL_FOREACH_SAFE2(f->open, o, next, after)
    {
        if (f->ending)
            return;
        if (o->state == OBJECT_SENT || o->state == OBJECT_COMPLETED)
            finish(f, o);
    }
}

void flow_take_finish(struct upload_flow *f, struct upload_call *call, bool failed)
{
    struct upload_object *o = call->objects[0];
    const char *what = posts[call->kind].what;
    enum upload_fate fate = upload_judge(&call->response, failed, &call->error, false);
    if (f->ending)
        return;
    if (failed)
        (void)err_wrap(&call->error, "%s", what);
    else
        (void)hub_check(f->upload->hub, &call->response, what, &call->error);
    if (fate == FATE_FATAL)
        flow_fail(f, &call->error);
    else if (fate == FATE_STALE)
        object_refused(f, o, call->response.status, &call->error);
    else if (fate == FATE_LOST)
        object_turn(f, o, TURN_LOST, &call->error);
    else if (fate != FATE_GOOD)
        object_turn(f, o, TURN_ANEW, &call->error);
    else if (call->kind == CALL_VERIFY)
        object_stored(f, o, true);
    else
        o->state = OBJECT_COMPLETED;
}
