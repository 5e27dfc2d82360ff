/* hub_upload_board: how far an upload is. The runner writes ticks and notes under the lock; bytes are
 * counted by the net thread in meters of their own, which are only added up when somebody looks. So
 * nothing that sends ever waits for the one who shows, and telling happens without the lock. */
#include "client/hub_upload_internal.h"

#include <stdlib.h>
#include <string.h>

enum { NOTES_MAX = 16 * 1024 * 1024 };

int upload_board_init(struct upload *u, struct err *e)
{
    struct upload_board *b = &u->board;
    b->files = calloc(u->count, sizeof *b->files);
    b->shown = calloc(u->count, sizeof *b->shown);
    b->meters = calloc(u->count, sizeof *b->meters);
    b->counts = calloc(u->count, sizeof *b->counts);
    b->notes = arena_new(NOTES_MAX);
    if (!b->files || !b->shown || !b->meters || !b->counts || !b->notes)
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
    free(b->meters);
    free(b->counts);
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
    unlock(b);
}

void upload_note(struct upload_item *item, const char *note)
{
    struct upload_board *b = lock(item->upload);
    b->files[index_of(item)].note = text_from(b->notes, note);
    unlock(b);
}

void upload_total(struct upload *u, int64_t needed)
{
    struct upload_board *b = lock(u);
    b->total = b->done + needed;
    unlock(b);
}

void upload_sending(struct upload_item *item)
{
    struct upload_board *b = lock(item->upload);
    struct upload_item *content = item->content;
    b->meters[index_of(item)] = &content->sent;
    b->counts[index_of(item)] = item == content;
    unlock(b);
}

/* Ends the counting by the meter. */
static struct upload_file *settle(struct upload_board *b, const struct upload_item *item)
{
    size_t i = index_of(item);
    b->meters[i] = NULL;
    b->counts[i] = false;
    return &b->files[i];
}

void upload_stored(struct upload_item *item, bool sent)
{
    struct upload_board *b = lock(item->upload);
    struct upload_file *f = settle(b, item);
    f->sent = f->size;
    f->ticks |= TICK_SENT;
    if (item == item->content) {
        b->done += sent ? f->size : 0;
        b->total -= sent ? 0 : f->size;
    }
    unlock(b);
}

void upload_failed(struct upload_item *item, const char *note)
{
    struct upload_board *b = lock(item->upload);
    struct upload_file *f = settle(b, item);
    f->sent = 0;
    f->note = text_from(b->notes, note);
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

/* Copies the record with what the meters say now. */
static int64_t copy(struct upload *u)
{
    struct upload_board *b = &u->board;
    int64_t done = b->done;
    memcpy(b->shown, b->files, u->count * sizeof *b->files);
    for (size_t i = 0; i < u->count; i++) {
        if (!b->meters[i])
            continue;
        b->shown[i].sent = at_most(atomic_load(&b->meters[i]->sent), b->shown[i].size);
        done += b->counts[i] ? b->shown[i].sent : 0;
    }
    if (b->commit_bytes > 0) {
        double share = (double)atomic_load(&b->commit_sent.sent) / (double)b->commit_bytes;
        done += (int64_t)((share > 1 ? 1 : share) * (double)b->inline_bytes);
    }
    return done;
}

bool upload_show(struct upload *u)
{
    struct upload_board *b = &u->board;
    pthread_mutex_lock(&b->lock);
    struct hub_upload_progress p = {.phase = b->phase,
        .files = b->shown,
        .file_count = u->count,
        .done = copy(u),
        .total = b->total};
    bool ended = b->ended, tell = b->changed || p.done != b->told_done;
    b->told_done = p.done;
    b->changed = false;
    pthread_mutex_unlock(&b->lock);
    if (tell && u->plan->told)
        u->plan->told(u->plan->arg, &p);
    return ended;
}
