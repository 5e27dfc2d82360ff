/* hub_upload_flow: one loop that begins whatever can be begun and takes whatever has ended: hashes on the
 * workers, requests in the engine. It sleeps until one of them pokes it, or until something that failed
 * may be tried again.
 *
 * The first error that lets nothing go on ends it: what is under way is dropped, and it returns when all
 * of that has ended. Parts that turn out to be there nevertheless are remembered still. An error that is
 * an object's own only ends that object; the others are sent, so that the next run finds them. */
#include "client/hub_upload_flow.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

enum {
    BODY_MAX = 1024 * 1024,
    SLEEP_MS = 60 * 1000,
    PAUSED_MS = 200, /* nobody pokes when it is over */
    BUSY_MS = 100    /* workers that others keep busy do not poke either */
};

static int64_t now_ms(void)
{
    return clock_mono_ms(clock_real());
}

void flow_fail(struct upload_flow *f, const struct err *why)
{
    if (f->ending)
        return;
    f->ending = true;
    f->error = *why;
    cancel_fire(f->stop);
    http_many_drop(f->many);
}

/* ---- contents -------------------------------------------------------------------------------- */

/* The slot of the table that the hash belongs to. */
static struct upload_object **slot_of(struct upload_flow *f, const char *sha256)
{
    char first[9];
    memcpy(first, sha256, 8);
    first[8] = '\0';
    return &f->table[strtoul(first, NULL, 16) % f->table_size];
}

static struct upload_object *find_object(struct upload_flow *f, const char *sha256)
{
    struct upload_object *o = *slot_of(f, sha256);
    while (o && strcmp(o->item->sha256, sha256) != 0)
        o = o->next_same;
    return o;
}

static void add_object(struct upload_flow *f, struct upload_item *item)
{
    struct upload_object *o = &f->objects[f->object_count++], **slot = slot_of(f, item->sha256);
    *o = (struct upload_object){.item = item, .fd = -1, .next_same = *slot};
    *slot = o;
    item->content = item;
    DL_APPEND2(f->ready, o, prev, after);
}

/* Another file of a content that is known: it goes where the first one goes. */
static void add_twin(struct upload_object *o, struct upload_item *item)
{
    item->content = o->item;
    item->twin = o->item->twin;
    o->item->twin = item;
    upload_due(item, 0);
    if (o->state == OBJECT_STORED)
        upload_stored(item, false);
    else if (o->state == OBJECT_FAILED)
        upload_failed(item, o->error.message);
    else if (o->item->sending)
        upload_sending(item, 0);
}

static void check_inline(struct upload_flow *f)
{
    struct err why;
    if (--f->inline_unknown == 0 && upload_check_inline(f->upload, &why))
        flow_fail(f, &why);
}

void flow_know(struct upload_flow *f, struct upload_item *item)
{
    item->unchanged = strcmp(item->there, item->lfs ? item->sha256 : item->git) == 0;
    if (item->unchanged)
        upload_unchanged(item);
    if (!item->lfs) {
        check_inline(f);
    } else if (!item->unchanged) {
        struct upload_object *o = find_object(f, item->sha256);
        if (o)
            add_twin(o, item);
        else
            add_object(f, item);
    }
}

/* ---- calls ----------------------------------------------------------------------------------- */

struct upload_call *flow_call(struct upload_flow *f, enum upload_call_kind kind)
{
    size_t from = kind == CALL_PART ? 0 : UPLOAD_PARTS_AT_ONCE;
    size_t end = kind == CALL_PART ? UPLOAD_PARTS_AT_ONCE : sizeof f->calls / sizeof *f->calls;
    for (size_t i = from; i < end; i++) {
        struct upload_call *call = &f->calls[i];
        if (call->busy)
            continue;
        *call = (struct upload_call){.kind = kind, .meter = i, .begun_at = now_ms()};
        buf_init(&call->url, HTTP_URL_MAX);
        buf_init(&call->body, BODY_MAX);
        http_response_init(&call->response);
        return call;
    }
    return NULL;
}

void flow_give_back(struct upload_call *call)
{
    http_response_release(&call->response);
    buf_release(&call->url);
    buf_release(&call->body);
    call->busy = false;
}

static void take(struct upload_flow *f, struct upload_call *call, bool failed)
{
    static void (*const takers[])(struct upload_flow *, struct upload_call *, bool) = {
        [CALL_PART] = flow_take_part,
        [CALL_ASK] = flow_take_ask,
        [CALL_COMPLETE] = flow_take_finish,
        [CALL_VERIFY] = flow_take_finish,
    };
    takers[call->kind](f, call, failed);
    flow_give_back(call);
}

void flow_begin(struct upload_flow *f, struct upload_call *call)
{
    call->busy = true;
    if (http_many_start(f->many, &call->request, &call->response, &call->error, call))
        take(f, call, true);
}

/* ---- the loop -------------------------------------------------------------------------------- */

static void take_all(struct upload_flow *f)
{
    struct http_ended ended;
    flow_take_hashes(f);
    while (http_many_next(f->many, &ended))
        take(f, ended.tag, ended.failed);
}

static void begin_all(struct upload_flow *f)
{
    flow_begin_hashes(f);
    flow_begin_finish(f);
    flow_begin_asks(f, now_ms());
    flow_begin_parts(f, now_ms());
}

static bool is_over(const struct upload_flow *f)
{
    bool under_way = f->hashing > 0 || http_many_under_way(f->many) > 0;
    bool left = f->to_hash_next < f->to_hash_count || f->ready || f->open;
    return !under_way && (f->ending || !left);
}

static int64_t patience(const struct upload_flow *f)
{
    int64_t now = now_ms(), due = now + SLEEP_MS;
    if (f->ending)
        return SLEEP_MS;
    if (upload_is_paused(f->upload))
        return PAUSED_MS;
    for (const struct upload_object *o = f->ready; o && o->not_before > 0; o = o->after)
        if (o->not_before > now && o->not_before < due)
            due = o->not_before;
    int64_t part = flow_parts_due(f);
    if (part < due)
        due = part;
    bool busy = f->to_hash_next < f->to_hash_count && f->hashing < f->slot_count;
    int64_t ms = due > now ? due - now : 0;
    return busy && ms > BUSY_MS ? BUSY_MS : ms;
}

static void run(struct upload_flow *f)
{
    struct upload *u = f->upload;
    struct err why;
    for (;;) {
        uint64_t seen = wait_seen(&f->wake);
        take_all(f);
        if (cancel_check(u->cancel, &why))
            flow_fail(f, &why);
        if (!f->ending && !upload_is_paused(u))
            begin_all(f);
        if (is_over(f))
            return;
        (void)wait_until(&f->wake, seen, patience(f));
    }
}

/* ---- birth and end --------------------------------------------------------------------------- */

static void poke(void *wake)
{
    wait_poke(wake);
}

static int make(struct upload_flow *f, struct err *e)
{
    struct upload *u = f->upload;
    f->table_size = u->count + 1;
    f->objects = calloc(u->count, sizeof *f->objects);
    f->table = calloc(f->table_size, sizeof(struct upload_object *));
    f->stop = cancel_new(u->cancel);
    if (!f->objects || !f->table || !f->stop)
        return err_set(e, ERR_IO, 0, "out of memory for %zu files", u->count);
    f->many = http_many_new(u->hub->http, UPLOAD_PARTS_AT_ONCE + UPLOAD_POSTS_AT_ONCE, &f->wake, e);
    if (!f->many)
        return -1;
    upload_pace_init(&f->pace, u->plan->rate_max, UPLOAD_PARTS_AT_ONCE, now_ms());
    for (size_t i = 0; i < u->count; i++)
        u->items[i].content = u->items[i].twin = NULL;
    return flow_list_hashes(f, e);
}

static void release(struct upload_flow *f)
{
    http_many_free(f->many);
    for (size_t i = 0; i < f->object_count; i++)
        object_release(&f->objects[i]);
    cancel_unref(f->stop);
    free(f->objects);
    free(f->table);
    free(f->slots);
    free(f->to_hash);
}

/* The first file, in the order of the list, that is not there. */
static int first_failed(struct upload_flow *f, struct err *e)
{
    for (size_t i = 0; i < f->upload->count; i++) {
        const struct upload_item *item = &f->upload->items[i];
        const struct upload_object *o = item->content ? find_object(f, item->sha256) : NULL;
        if (!o || o->state != OBJECT_FAILED)
            continue;
        *e = o->error;
        return err_wrap(e, "%s", item->file->path.s);
    }
    return 0;
}

static int bring(struct upload_flow *f, struct err *e)
{
    struct cancel_hook hook = {.poke = poke, .arg = &f->wake};
    if (make(f, e))
        return -1;
    if (f->to_hash_count > 0)
        upload_phase(f->upload, HUB_HASHING);
    cancel_add(f->upload->cancel, &hook);
    run(f);
    cancel_remove(f->upload->cancel, &hook);
    if (!f->ending)
        return first_failed(f, e);
    *e = f->error;
    return -1;
}

int upload_bring(struct upload *u, bool *moved, struct err *e)
{
    struct upload_flow *f = calloc(1, sizeof *f);
    int rc = -1, failed = f ? wait_init(&f->wake) : 0;
    *moved = false;
    if (!f)
        return err_set(e, ERR_IO, 0, "out of memory for an upload");
    if (failed)
        goto no_wait;
    failed = pthread_mutex_init(&f->lock, NULL);
    if (failed)
        goto no_lock;
    f->upload = u;
    rc = bring(f, e);
    *moved = f->moved;
    release(f);
    pthread_mutex_destroy(&f->lock);
no_lock:
    wait_release(&f->wake);
no_wait:
    free(f);
    return failed ? err_errno(e, failed, "cannot make a lock") : rc;
}
