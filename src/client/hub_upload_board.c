/* hub_upload_board: how far an upload is. The runner writes ticks and notes under the lock; bytes of the
 * parts under way are counted by the net thread in meters, one a part, which are only added up when
 * somebody looks. So nothing that sends ever waits for the one who shows, and telling happens without
 * the lock.
 *
 * What is done is what parts and commits brought there; what is due is noted file by file, and the total
 * is always both together. So done never passes it, whatever turns out to be there already or has to be
 * sent again. */
#include "client/hub_upload_internal.h"

#include <stdlib.h>
#include <string.h>

enum { NOTES_MAX = 16 * 1024 * 1024 };

int upload_board_init(struct upload *u, struct err *e)
{
    struct upload_board *b = &u->board;
    b->files = calloc(u->count, sizeof *b->files);
    b->shown = calloc(u->count, sizeof *b->shown);
    b->notes = arena_new(NOTES_MAX);
    if (!b->files || !b->shown || !b->notes)
        return err_set(e, ERR_IO, 0, "out of memory for %zu files", u->count);
    for (size_t i = 0; i < u->count; i++) {
        const struct check_file *f = u->items[i].file;
        b->files[i] = (struct upload_file){.path = f->path, .size = f->size, .note = f->result};
        if (!f->result.s)
            b->files[i].note = TEXT("");
    }
    int failed = pthread_mutex_init(&b->lock, NULL);
    if (failed)
        return err_errno(e, failed, "cannot make a lock");
    failed = wait_init(&b->wait);
    if (failed) {
        pthread_mutex_destroy(&b->lock);
        return err_errno(e, failed, "cannot make a lock");
    }
    b->changed = true;
    b->ready = true;
    return 0;
}

void upload_board_release(struct upload *u)
{
    struct upload_board *b = &u->board;
    if (b->ready) {
        wait_release(&b->wait);
        pthread_mutex_destroy(&b->lock);
    }
    arena_free(b->notes);
    free(b->files);
    free(b->shown);
}

/* ---- by the runner --------------------------------------------------------------------------- */

static struct upload_board *lock(struct upload *u)
{
    pthread_mutex_lock(&u->board.lock);
    u->board.changed = true;
    return &u->board;
}

static void unlock(struct upload_board *b)
{
    pthread_mutex_unlock(&b->lock);
}

static size_t index_of(const struct upload_item *item)
{
    return (size_t)(item - item->upload->items);
}

void upload_phase(struct upload *u, enum hub_upload_phase phase)
{
    struct upload_board *b = lock(u);
    b->phase = phase;
    unlock(b);
}

void upload_tick(struct upload_item *item, unsigned ticks)
{
    struct upload_board *b = lock(item->upload);
    b->files[index_of(item)].ticks |= ticks;
    unlock(b);
}

void upload_hashed(struct upload_item *item)
{
    struct upload_board *b = lock(item->upload);
    struct upload_file *f = &b->files[index_of(item)];
    memcpy(f->sha256, item->sha256, sizeof f->sha256);
    f->ticks |= TICK_HASHED;
    unlock(b);
}

void upload_unchanged(struct upload_item *item)
{
    struct upload_board *b = lock(item->upload);
    struct upload_file *f = &b->files[index_of(item)];
    f->unchanged = !(f->ticks & TICK_SENT); /* else it is we who brought it there */
    f->ticks |= TICK_SENT | TICK_COMMITTED;
    f->sent = f->size;
    item->due = 0;
    unlock(b);
}

void upload_note(struct upload_item *item, const char *note)
{
    struct upload_board *b = lock(item->upload);
    b->files[index_of(item)].note = text_from(b->notes, note);
    unlock(b);
}

void upload_expect(struct upload *u)
{
    struct upload_board *b = lock(u);
    b->total_known = true;
    for (size_t i = 0; i < u->count; i++) {
        struct upload_item *item = &u->items[i];
        item->due = upload_is_pending(item) ? item->file->size : 0;
        item->sent = item->kept = 0;
        item->sending = false;
    }
    unlock(b);
}

void upload_due(struct upload_item *item, int64_t bytes)
{
    struct upload_board *b = lock(item->upload);
    item->due = bytes;
    unlock(b);
}

void upload_sending(struct upload_item *item, int64_t kept)
{
    struct upload_board *b = lock(item->upload);
    item->sending = true;
    if (item == item->content) {
        item->kept = kept;
        item->due = item->file->size - kept - item->sent;
    }
    unlock(b);
}

struct http_progress *upload_part_begins(struct upload_item *content, size_t meter)
{
    struct upload_board *b = lock(content->upload);
    b->meters[meter].item = content;
    atomic_store(&b->meters[meter].progress.sent, 0);
    unlock(b);
    return &b->meters[meter].progress;
}

void upload_part_ends(struct upload *u, size_t meter, int64_t bytes)
{
    struct upload_board *b = lock(u);
    struct upload_item *item = b->meters[meter].item;
    b->meters[meter].item = NULL;
    item->sent += bytes;
    item->due -= bytes;
    b->done += bytes;
    u->out->sent += bytes;
    unlock(b);
}

void upload_starts_over(struct upload_item *content)
{
    struct upload_board *b = lock(content->upload);
    b->done -= content->sent;
    content->sent = content->kept = 0;
    content->due = content->file->size;
    unlock(b);
}

void upload_stored(struct upload_item *item, bool sent)
{
    struct upload_board *b = lock(item->upload);
    struct upload_file *f = &b->files[index_of(item)];
    f->sent = f->size;
    f->ticks |= TICK_SENT;
    item->sending = false;
    item->due = 0;
    if (item == item->content && sent)
        item->upload->out->kept += item->kept;
    unlock(b);
}

void upload_failed(struct upload_item *item, const char *note)
{
    struct upload_board *b = lock(item->upload);
    struct upload_file *f = &b->files[index_of(item)];
    f->sent = 0;
    f->note = text_from(b->notes, note);
    item->sending = false;
    unlock(b);
}

void upload_committing(struct upload *u, int64_t inline_bytes, int64_t body_bytes)
{
    struct upload_board *b = lock(u);
    b->inline_bytes = inline_bytes;
    b->commit_bytes = body_bytes;
    unlock(b);
}

void upload_answered(struct upload *u)
{
    struct upload_board *b = lock(u);
    b->commit_bytes = 0;
    unlock(b);
}

void upload_committed(struct upload *u)
{
    struct upload_board *b = lock(u);
    b->done += b->inline_bytes;
    u->out->sent += b->inline_bytes;
    b->inline_bytes = b->commit_bytes = 0;
    for (size_t i = 0; i < u->count; i++) {
        if (!upload_is_pending(&u->items[i]))
            continue;
        b->files[i].ticks |= TICK_SENT | TICK_COMMITTED;
        b->files[i].sent = b->files[i].size;
        u->items[i].due = 0;
    }
    unlock(b);
}

void upload_ended(struct upload *u)
{
    struct upload_board *b = lock(u);
    b->ended = true;
    unlock(b);
    wait_poke(&b->wait);
}

/* ---- by the caller --------------------------------------------------------------------------- */

static int64_t at_most(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Adds the meters up in `flying` of their files, or empties it again. */
static void read_meters(struct upload_board *b, bool forget)
{
    for (size_t i = 0; i < UPLOAD_PARTS_AT_ONCE; i++) {
        struct upload_item *item = b->meters[i].item;
        if (item)
            item->flying = forget ? 0 : item->flying + atomic_load(&b->meters[i].progress.sent);
    }
}

/* Of the commit's body only its share of file content counts. */
static int64_t inline_done(struct upload_board *b)
{
    if (b->commit_bytes <= 0)
        return 0;
    double share = (double)atomic_load(&b->commit_sent.sent) / (double)b->commit_bytes;
    return (int64_t)((share > 1 ? 1 : share) * (double)b->inline_bytes);
}

/* Copies the record with what the meters say now. */
static void copy(struct upload *u, struct hub_upload_progress *p)
{
    struct upload_board *b = &u->board;
    int64_t done = b->done + inline_done(b), total = b->done;
    memcpy(b->shown, b->files, u->count * sizeof *b->files);
    read_meters(b, false);
    for (size_t i = 0; i < u->count; i++) {
        const struct upload_item *item = &u->items[i], *content = item->content;
        total += item->due;
        done += at_most(item->flying, item->due);
        if (item->sending)
            b->shown[i].sent =
                at_most(content->kept + content->sent + content->flying, b->shown[i].size);
    }
    read_meters(b, true);
    p->done = done;
    p->total = b->total_known ? total : 0;
}

bool upload_show(struct upload *u)
{
    struct upload_board *b = &u->board;
    pthread_mutex_lock(&b->lock);
    struct hub_upload_progress p = {.phase = b->phase, .files = b->shown, .file_count = u->count};
    copy(u, &p);
    bool ended = b->ended, tell = b->changed || p.done != b->told_done;
    b->told_done = p.done;
    b->changed = false;
    pthread_mutex_unlock(&b->lock);
    if (tell && u->plan->told)
        u->plan->told(u->plan->arg, &p);
    return ended;
}
