/* hub_upload_ask: asks the Hub where contents go (§4.1, §4.2). Few at a time and only when there is
 * little else to send, because the addresses live for minutes; what an earlier run has left goes on
 * without asking. */
#include "client/hub_upload_flow.h"

#include <string.h>
#include <utlist.h>

enum { ASKS_AT_ONCE = 2, OPEN_MAX = 64, ATTEMPTS = 10 };
static const int64_t asked_bytes = (int64_t)256 << 20;
static const char what[] = "ask where to send files";

/* ---- the question ---------------------------------------------------------------------------- */

static int write_batch(const struct upload *u, const struct upload_call *call, struct buf *out)
{
    struct json *j = json_new_object(), *transfers = json_new_array(), *list = json_new_array();
    int failed = json_add_str(j, "operation", "upload");
    failed |= json_push(transfers, json_new_string("basic"));
    failed |= json_push(transfers, json_new_string("multipart"));
    failed |= json_add(j, "transfers", transfers);
    failed |= json_add_str(j, "hash_algo", "sha256");
    if (!u->plan->create_pr) { /* a pull request has no name yet */
        struct json *ref = json_new_object();
        failed |= json_add_str(ref, "name", u->revision);
        failed |= json_add(j, "ref", ref);
    }
    for (size_t i = 0; i < call->count; i++) {
        struct json *object = json_new_object();
        failed |= json_add_str(object, "oid", call->objects[i]->item->sha256);
        failed |= json_add_int(object, "size", call->objects[i]->item->file->size);
        failed |= json_push(list, object);
    }
    failed |= json_add(j, "objects", list);
    failed |= json_print(j, out);
    json_free(j);
    return failed;
}

static void begin_ask(struct upload_flow *f, struct upload_call *call)
{
    struct upload *u = f->upload;
    struct err why;
    if (buf_printf(
            &call->url, "%s/%s.git/info/lfs/objects/batch", u->hub->endpoint, u->plan->repo) ||
        write_batch(u, call, &call->body)) {
        (void)err_set(&why, ERR_IO, 0, "out of memory for a request to the Hub");
        flow_give_back(call);
        flow_fail(f, &why);
        return;
    }
    struct hub_call ask = {.method = HTTP_POST,
        .url = buf_str(&call->url),
        .form = HUB_LFS,
        .body = &call->body,
        .retry = HTTP_RETRY_SAFE,
        .deadline_ms = HUB_SLOW_MS,
        .stall_ms = HUB_SLOW_STALL_MS};
    hub_request(u->hub, &ask, &call->request);
    call->request.attempts = ATTEMPTS;
    f->asks_running++;
    upload_phase(u, HUB_SENDING);
    flow_begin(f, call);
}

static void open_object(struct upload_flow *f, struct upload_object *o)
{
    DL_DELETE2(f->ready, o, prev, after);
    DL_APPEND2(f->open, o, prev, after);
    f->open_count++;
    o->state = OBJECT_ASKING;
}

/* Takes what fits into one question. */
static void gather(struct upload_flow *f, struct upload_call *call, int64_t now)
{
    struct upload_object *o, *next;
    int64_t bytes = 0;
    DL_FOREACH_SAFE2(f->ready, o, next, after)
    {
        bool full = call->count == UPLOAD_ASKED_AT_ONCE || f->open_count == OPEN_MAX ||
                    (call->count > 0 && bytes + o->item->file->size > asked_bytes) ||
                    flow_queued_parts(f) >= f->pace.width || f->ending;
        if (full)
            return;
        if (o->not_before > now)
            continue;
        open_object(f, o);
        if (object_resume(f, o)) {
            upload_phase(f->upload, HUB_SENDING);
            continue;
        }
        o->asked++;
        bytes += o->item->file->size;
        call->objects[call->count++] = o;
    }
}

void flow_begin_asks(struct upload_flow *f, int64_t now)
{
    while (f->asks_running < ASKS_AT_ONCE && f->ready && !f->ending) {
        struct upload_call *call = flow_call(f, CALL_ASK);
        if (!call)
            return;
        gather(f, call, now);
        if (call->count == 0 || f->ending)
            return;
        begin_ask(f, call);
    }
}

/* ---- the answer ------------------------------------------------------------------------------ */

static const struct json *find_object(const struct json *answer, const char *oid)
{
    const struct json *o = json_first(json_get(answer, "objects"));
    while (o && strcmp(json_str_or(o, "oid", ""), oid) != 0)
        o = json_next(o);
    return o;
}

/* A refusal by name is for good, but for a fault of the Hub's own. */
static void take_object(struct upload_flow *f, struct upload_object *o, const struct json *told)
{
    struct hub_lfs_action action;
    struct err why;
    if (hub_lfs_read(told, o->item->file->size, &action, &why))
        object_turn(f, o, why.number >= 500 ? TURN_ANEW : TURN_LOST, &why);
    else if (action.stored)
        object_stored(f, o, false);
    else
        object_accept(f, o, &action);
    hub_lfs_release(&action);
}

void flow_take_ask(struct upload_flow *f, struct upload_call *call, bool failed)
{
    struct json *answer = NULL;
    f->asks_running--;
    if (f->ending)
        return;
    if (failed)
        (void)err_wrap(&call->error, "%s", what);
    else if (hub_check(f->upload->hub, &call->response, what, &call->error) == 0)
        answer = hub_parse(&call->response, what, &call->error);
    if (!answer)
        flow_fail(f, &call->error);
    for (size_t i = 0; i < call->count && !f->ending; i++)
        take_object(f, call->objects[i], find_object(answer, call->objects[i]->item->sha256));
    json_free(answer);
}
