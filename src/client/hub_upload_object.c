/* hub_upload_object: a content from when the Hub has said where its parts go until it is stored, failed,
 * or to be asked about again.
 *
 * What went wrong with it is only acted upon when no part of it runs any more: those that do may still
 * succeed, and count. A new answer of the Hub that is for the same multi-part upload keeps what is there,
 * any other begins the file anew. */
#include "client/hub_upload_flow.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <utlist.h>

enum { ASKED_MAX = 4 };

static int64_t now_ms(void)
{
    return clock_mono_ms(clock_real());
}

/* ---- letting go ------------------------------------------------------------------------------ */

static void let_go(struct upload_object *o)
{
    if (o->fd >= 0)
        close(o->fd);
    o->fd = -1;
    free(o->parts);
    o->parts = o->failed = NULL;
    o->next = o->finished = 0;
}

void object_release(struct upload_object *o)
{
    let_go(o);
    kept_upload_release(&o->plan);
}

static void close_object(
    struct upload_flow *f, struct upload_object *o, enum upload_object_state as)
{
    DL_DELETE2(f->open, o, prev, after);
    f->open_count--;
    o->state = as;
    object_release(o);
}

void object_stored(struct upload_flow *f, struct upload_object *o, bool sent)
{
    keep_upload_remove(o);
    for (struct upload_item *item = o->item; item; item = item->twin)
        upload_stored(item, sent);
    f->moved = f->moved || sent;
    close_object(f, o, OBJECT_STORED);
}

static void fail(struct upload_flow *f, struct upload_object *o)
{
    for (struct upload_item *item = o->item; item; item = item->twin)
        upload_failed(item, o->error.message);
    close_object(f, o, OBJECT_FAILED);
}

/* ---- turning --------------------------------------------------------------------------------- */

static void forget(struct upload_object *o)
{
    keep_upload_remove(o);
    kept_upload_release(&o->plan);
    upload_starts_over(o->item);
}

static void ask_again(struct upload_flow *f, struct upload_object *o)
{
    int64_t pause = o->asked > 1 ? http_backoff_ms(f->upload->hub->http, (int)o->asked - 1) : 0;
    let_go(o);
    o->not_before = now_ms() + pause;
    o->state = OBJECT_READY;
    DL_DELETE2(f->open, o, prev, after);
    f->open_count--;
    DL_PREPEND2(f->ready, o, prev, after);
}

static void turn_now(struct upload_flow *f, struct upload_object *o)
{
    enum upload_turn turn = o->turn;
    o->turn = TURN_NONE;
    if (turn == TURN_STALE)
        forget(o);
    if (turn == TURN_LOST || o->asked >= ASKED_MAX)
        fail(f, o);
    else
        ask_again(f, o);
}

void object_turn(
    struct upload_flow *f, struct upload_object *o, enum upload_turn turn, const struct err *why)
{
    if (turn > o->turn) {
        o->turn = turn;
        o->error = *why;
    }
    if (o->running == 0)
        turn_now(f, o);
}

/* 400: what came is not what its SHA-256 says (or what a part of it must be). Sent again it would be refused
 * again, after all its bytes. */
void object_refused(struct upload_flow *f, struct upload_object *o, int status, struct err *why)
{
    bool remembered = false;
    for (struct upload_item *item = o->item; item && status == 400; item = item->twin)
        remembered |= keep_hash_forget(item);
    if (remembered)
        (void)err_hint(why,
            "its SHA-256 was remembered from an earlier run and may be wrong: upload again, and it is"
            " computed anew");
    object_turn(f, o, remembered ? TURN_LOST : TURN_STALE, why);
}

void object_part_ended(struct upload_flow *f, struct upload_object *o)
{
    if (o->running > 0 || f->ending)
        return;
    if (o->turn != TURN_NONE)
        turn_now(f, o);
    else if (o->finished == o->plan.part_count)
        o->state = OBJECT_SENT;
}

/* ---- going on -------------------------------------------------------------------------------- */

int64_t object_part_length(const struct upload_object *o, size_t part)
{
    int64_t left = o->plan.size - (int64_t)part * o->plan.chunk;
    return left < o->plan.chunk ? left : o->plan.chunk;
}

/* Opens its file; what is there already is not sent. 0, or -1 when the upload cannot go on. */
static int open_object(struct upload_flow *f, struct upload_object *o)
{
    struct err why;
    o->parts = calloc(o->plan.part_count, sizeof *o->parts);
    o->fd = o->parts ? upload_open(o->item, &why) : -1;
    if (!o->parts)
        (void)err_set(&why, ERR_IO, 0, "out of memory for the parts of a file");
    if (o->fd < 0) {
        flow_fail(f, &why);
        return -1;
    }
    for (size_t i = 0; i < o->plan.part_count; i++)
        o->finished += o->plan.etags[i] != NULL;
    o->finished_when_asked = o->finished;
    o->state = o->finished == o->plan.part_count ? OBJECT_SENT : OBJECT_SENDING;
    err_clear(&o->error);
    return 0;
}

static void show_sending(const struct upload_object *o, int64_t kept)
{
    for (struct upload_item *item = o->item; item; item = item->twin)
        upload_sending(item, kept);
}

static int copy_text(char **out, const char *s)
{
    *out = s ? strdup(s) : NULL;
    return s && !*out ? -1 : 0;
}

static int copy_action(
    const struct hub_lfs_action *action, int64_t size, struct kept_upload *out, struct err *e)
{
    if (kept_upload_init(out, size, action->chunk, e))
        return -1;
    int failed = copy_text(&out->href, action->href) | copy_text(&out->verify, action->verify);
    for (size_t i = 0; i < out->part_count && !failed; i++)
        failed = copy_text(&out->urls[i], action->parts[i]);
    if (!failed)
        return 0;
    kept_upload_release(out);
    return err_set(e, ERR_IO, 0, "out of memory for %zu parts", out->part_count);
}

/* The parts that are there go over when it is still the same upload. */
static bool keep_parts(struct upload_object *o, bool multipart, struct kept_upload *fresh)
{
    if (!o->multipart || !multipart || !o->plan.href || o->plan.chunk != fresh->chunk ||
        !upload_same_id(o->plan.href, fresh->href))
        return false;
    char **etags = fresh->etags;
    fresh->etags = o->plan.etags;
    o->plan.etags = etags;
    return true;
}

void object_accept(
    struct upload_flow *f, struct upload_object *o, const struct hub_lfs_action *action)
{
    struct kept_upload fresh;
    struct err why;
    size_t before = o->finished_when_asked;
    if (copy_action(action, o->item->file->size, &fresh, &why)) {
        flow_fail(f, &why);
        return;
    }
    bool same = keep_parts(o, action->multipart, &fresh);
    if (!same)
        forget(o);
    kept_upload_release(&o->plan);
    o->plan = fresh;
    o->multipart = action->multipart;
    keep_upload_put(o);
    if (open_object(f, o))
        return;
    if (same && o->finished > before)
        o->asked = 1; /* it gets on */
    show_sending(o, o->item->kept);
}

bool object_resume(struct upload_flow *f, struct upload_object *o)
{
    int64_t kept = 0;
    bool known = !o->resumed && keep_upload_get(o);
    o->resumed = true;
    if (!known)
        return false;
    o->multipart = true;
    for (size_t i = 0; i < o->plan.part_count; i++)
        kept += o->plan.etags[i] ? object_part_length(o, i) : 0;
    if (open_object(f, o) == 0)
        show_sending(o, kept);
    return true;
}
