/* hub_upload_parts: the bytes (§4.3). Parts of all open objects go out side by side, in the order of the
 * objects, so that each is complete as early as can be. A part that fails waits by itself and is sent
 * again; it costs no other part anything.
 *
 * Presigned URLs carry their right in themselves: no token, and nothing of them in the log. A part is
 * sent without asking first, but for one that has failed before. */
#include "client/hub_upload_flow.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <utlist.h>

enum {
    TRIES_MAX = 16,
    PUT_MS = 15 * 60 * 1000,
    BYTES_PER_MS = 20, /* the slowest line that is worth waiting for */
    PUT_STALL_MS = 60 * 1000,
    PIECE = 16 * 1024, /* under a limit so much goes out at a time */
    ANSWER_MAX = 1024 * 1024,
    WAIT_MAX_MS = 15 * 60 * 1000
};
static const char what[] = "send a file";

/* ---- which ----------------------------------------------------------------------------------- */

static bool is_sending(const struct upload_object *o)
{
    return o->state == OBJECT_SENDING && o->turn == TURN_NONE;
}

size_t flow_queued_parts(const struct upload_flow *f)
{
    size_t n = 0;
    const struct upload_object *o;
    DL_FOREACH2(f->open, o, after)
    {
        if (o->state == OBJECT_ASKING)
            n++;
        else if (is_sending(o))
            n += o->plan.part_count - o->finished - o->running;
    }
    return n;
}

int64_t flow_parts_due(const struct upload_flow *f)
{
    int64_t due = INT64_MAX;
    const struct upload_object *o;
    if (f->parts_running >= f->pace.width)
        return due;
    DL_FOREACH2(f->open, o, after)
    {
        for (const struct upload_part *p = is_sending(o) ? o->failed : NULL; p; p = p->next)
            if (p->not_before < due)
                due = p->not_before;
    }
    return due;
}

/* A part that failed and has waited long enough, else the next that was never begun. */
static bool pick_from(struct upload_object *o, int64_t now, size_t *part)
{
    struct upload_part *p;
    LL_FOREACH(o->failed, p)
    {
        if (p->not_before > now)
            continue;
        LL_DELETE(o->failed, p);
        *part = (size_t)(p - o->parts);
        return true;
    }
    while (o->next < o->plan.part_count && o->plan.etags[o->next])
        o->next++;
    *part = o->next;
    return o->next < o->plan.part_count && ++o->next;
}

static struct upload_object *pick(struct upload_flow *f, int64_t now, size_t *part)
{
    struct upload_object *o;
    DL_FOREACH2(f->open, o, after)
    {
        if (is_sending(o) && pick_from(o, now, part))
            return o;
    }
    return NULL;
}

/* ---- sending --------------------------------------------------------------------------------- */

/* Under a limit a part may take its time. */
static void allow_time(struct upload_flow *f, struct http_request *r)
{
    int64_t rate = f->upload->plan->rate_max;
    int64_t share = rate > 0 ? rate / (int64_t)f->pace.most + 1 : 0;
    r->deadline_ms = PUT_MS + r->file_length / BYTES_PER_MS;
    if (share > 0) {
        r->deadline_ms += 2 * (r->file_length / share + 1) * 1000;
        r->stall_ms += 2 * (PIECE / share + 1) * 1000;
    }
}

static void begin_part(
    struct upload_flow *f, struct upload_call *call, struct upload_object *o, size_t part)
{
    struct err why;
    call->objects[0] = o;
    call->part = part;
    if (buf_str_append(&call->url, o->plan.urls[part])) {
        (void)err_set(&why, ERR_REMOTE, 0, "the address of a part is too long");
        flow_give_back(call);
        object_turn(f, o, TURN_LOST, &why);
        return;
    }
    struct hub_call put = {.method = HTTP_PUT,
        .url = buf_str(&call->url),
        .presigned = true,
        .retry = HTTP_RETRY_SAFE,
        .stall_ms = PUT_STALL_MS,
        .answer_max = ANSWER_MAX,
        .progress = upload_part_begins(o->item, call->meter)};
    hub_request(f->upload->hub, &put, &call->request);
    call->request.attempts = 1;
    call->request.has_file = true;
    call->request.eager = o->parts[part].tries == 0;
    call->request.limit = &f->upload->limit;
    call->request.file_fd = o->fd;
    call->request.file_offset = (int64_t)part * o->plan.chunk;
    call->request.file_length = object_part_length(o, part);
    allow_time(f, &call->request);
    /* The net thread reads it and has others to serve: it had better be in memory by then. */
    (void)posix_fadvise(o->fd, (off_t)call->request.file_offset, (off_t)call->request.file_length,
        POSIX_FADV_WILLNEED);
    o->running++;
    f->parts_running++;
    flow_begin(f, call);
}

void flow_begin_parts(struct upload_flow *f, int64_t now)
{
    while (f->parts_running < f->pace.width && !f->ending) {
        size_t part = 0;
        struct upload_object *o = pick(f, now, &part);
        struct upload_call *call = o ? flow_call(f, CALL_PART) : NULL;
        if (!o)
            upload_pace_idle(&f->pace);
        if (!call)
            return;
        begin_part(f, call, o, part);
    }
}

/* ---- what came of it ------------------------------------------------------------------------- */

/* A file that has changed meanwhile is the better reason for what could not be read. */
static void fail_all(struct upload_flow *f, struct upload_object *o, const struct err *why)
{
    struct err changed;
    int fd = why->class == ERR_IO ? upload_open(o->item, &changed) : -1;
    if (fd >= 0)
        close(fd);
    flow_fail(f, why->class == ERR_IO && fd < 0 ? &changed : why);
}

/* The tag goes back as it came, quotes and all. False: there is none, and the reason is in *why. */
static bool take_etag(struct upload_object *o, struct upload_call *call, struct err *why)
{
    struct buf tag;
    buf_init(&tag, HTTP_HEADER_BYTES_MAX);
    bool there = !o->multipart || (http_response_header(&call->response, "etag", &tag) && tag.len);
    if (there)
        o->plan.etags[call->part] = strdup(buf_str(&tag));
    buf_release(&tag);
    if (!there)
        (void)err_set(why, ERR_REMOTE, 0, "the storage gives no ETag for a part");
    else if (!o->plan.etags[call->part])
        (void)err_set(why, ERR_IO, 0, "out of memory for the parts of a file");
    return there && o->plan.etags[call->part];
}

static int64_t keep_sent(struct upload_flow *f, struct upload_object *o, struct upload_call *call)
{
    struct err why;
    if (!take_etag(o, call, &why)) {
        if (why.class == ERR_IO)
            flow_fail(f, &why);
        else
            object_turn(f, o, TURN_STALE, &why);
        return 0;
    }
    o->finished++;
    f->moved = true;
    keep_part(o, call->part);
    upload_pace_sent(&f->pace, call->request.file_length, clock_mono_ms(clock_real()));
    return call->request.file_length;
}

static void try_later(
    struct upload_flow *f, struct upload_object *o, struct upload_call *call, const struct err *why)
{
    struct upload_part *p = &o->parts[call->part];
    int64_t wait = call->response.retry_after_ms;
    if (++p->tries >= TRIES_MAX) {
        object_turn(f, o, TURN_LOST, why);
        return;
    }
    if (wait <= 0)
        wait = http_backoff_ms(f->upload->hub->http, (int)p->tries);
    p->not_before = clock_mono_ms(clock_real()) + (wait < WAIT_MAX_MS ? wait : WAIT_MAX_MS);
    LL_APPEND(o->failed, p);
}

static void take_failure(struct upload_flow *f, struct upload_object *o, struct upload_call *call,
    enum upload_fate fate, struct err *why)
{
    if (fate == FATE_BUSY)
        upload_pace_refused(&f->pace, call->begun_at, clock_mono_ms(clock_real()));
    if (fate == FATE_FATAL)
        fail_all(f, o, why);
    else if (fate == FATE_AGAIN || fate == FATE_BUSY)
        try_later(f, o, call, why);
    else if (fate == FATE_STALE && !o->multipart)
        object_refused(f, o, call->response.status, why);
    else
        object_turn(f, o,
            fate == FATE_ANEW    ? TURN_ANEW
            : fate == FATE_STALE ? TURN_STALE
                                 : TURN_LOST,
            why);
}

void flow_take_part(struct upload_flow *f, struct upload_call *call, bool failed)
{
    struct upload_object *o = call->objects[0];
    struct err why = call->error;
    enum upload_fate fate = upload_judge(&call->response, failed, &call->error, true);
    f->parts_running--;
    if (fate == FATE_GOOD) {
        upload_part_ends(f->upload, call->meter, keep_sent(f, o, call));
    } else {
        upload_part_ends(f->upload, call->meter, 0);
        if (failed)
            (void)err_wrap(&why, "%s", what);
        else
            (void)hub_check(f->upload->hub, &call->response, what, &why);
        if (!f->ending)
            take_failure(f, o, call, fate, &why);
    }
    o->running--;
    object_part_ended(f, o);
}
