/* A ring of rows that stay in the pages they came in. A page goes when the last of its rows went. A row
 * counts for its share of the page's memory, so the ring's bytes are what is really held, but for the
 * one page whose first rows went already.
 *
 * What goes on an earlier row (model/log_fold.h) changes that row, in its place: of a progress bar the
 * newer page takes the older one's place there.
 *
 * A line belongs where its time puts it, but one that claims to come from the future stands where it
 * arrived: else it would stay behind all that follows. */
#include "model/store_internal.h"

#include <stdlib.h>

enum { LOSS_ARENA = 1024 };

struct kept_page {
    struct message *m;
    size_t left; /* lines that did not go yet */
    size_t line_bytes;
};

struct log_slot {
    struct log_line *line;
    struct kept_page *page;
};

int store_log_init(struct store_log_part *part)
{
    *part = (struct store_log_part){.ring = calloc(STORE_LOG_LINES_MAX, sizeof *part->ring),
        .fold = calloc(1, sizeof *part->fold)};
    if (part->ring && part->fold)
        return 0;
    free(part->ring);
    free(part->fold);
    return -1;
}

static struct log_slot *slot_at(const struct store_log_part *part, size_t i)
{
    return &part->ring[(part->start + i) % STORE_LOG_LINES_MAX];
}

/* A line of it is not needed any more. */
static void let_go(struct kept_page *page)
{
    if (--page->left)
        return;
    message_free(page->m);
    free(page);
}

static void drop_first(struct store_log_part *part)
{
    struct kept_page *page = slot_at(part, 0)->page;
    part->start = (part->start + 1) % STORE_LOG_LINES_MAX;
    part->count--;
    part->first++;
    part->bytes -= page->line_bytes;
    let_go(page);
}

static const struct log_line *row_of(void *arg, uint64_t number)
{
    const struct store_log_part *part = arg;
    bool there = number >= part->first && number - part->first < part->count;
    return there ? slot_at(part, (size_t)(number - part->first))->line : NULL;
}

/* Of a bar the new line stays, of a repeated one the old. */
static void join(
    struct store_log_part *part, uint64_t number, struct log_line *line, struct kept_page *page)
{
    struct log_slot *slot = slot_at(part, (size_t)(number - part->first));
    struct log_line joined = log_fold_join(slot->line, line);
    struct kept_page *unneeded = line->bar ? slot->page : page;
    if (line->bar) {
        part->bytes = part->bytes - slot->page->line_bytes + page->line_bytes;
        *slot = (struct log_slot){line, page};
    }
    *slot->line = joined;
    let_go(unneeded);
}

static void push(struct store_log_part *part, struct log_line *line, struct kept_page *page)
{
    uint64_t number;
    if (log_fold_find(part->fold, line, part->first + part->count, row_of, part, &number)) {
        join(part, number, line, page);
        return;
    }
    if (part->count == STORE_LOG_LINES_MAX)
        drop_first(part);
    *slot_at(part, part->count++) = (struct log_slot){line, page};
    part->bytes += page->line_bytes;
}

/* The page's lines that are still to be pushed keep it alive, however long it is. */
static void push_all(struct store_log_part *part, struct kept_page *kept, int64_t now_ms)
{
    const struct log_page *page = kept->m->payload;
    struct log_line *lines = page->lines;
    size_t count = page->count;
    for (size_t i = 0; i < count; i++) {
        lines[i].order_ms = lines[i].at_ms < now_ms ? lines[i].at_ms : now_ms;
        part->dropped += lines[i].lost;
        push(part, &lines[i], kept);
    }
    while (part->bytes > STORE_LOG_BYTES_MAX)
        drop_first(part);
}

enum applied store_take_log(struct store *s, struct message *m)
{
    const struct log_page *page = m->payload;
    if (page->count == 0)
        return APPLIED_DONE;
    store_touch(s, STORE_LOG);
    struct kept_page *kept = calloc(1, sizeof *kept);
    if (!kept) {
        for (size_t i = 0; i < page->count; i++)
            s->log.dropped += page->lines[i].lost ? page->lines[i].lost : 1;
        return APPLIED_LOST;
    }
    size_t bytes = m->arena ? arena_size(m->arena) : 0;
    *kept = (struct kept_page){m, page->count, bytes / page->count};
    push_all(&s->log, kept, clock_wall_ms(s->clock));
    return APPLIED_KEPT;
}

void store_log_release(struct store_log_part *part)
{
    while (part->count)
        drop_first(part);
    free(part->ring);
    free(part->fold);
}

size_t store_log(const struct store *s, uint64_t *first)
{
    if (first)
        *first = s->log.first;
    return s->log.count;
}

const struct log_line *store_log_line(const struct store *s, size_t i)
{
    return i < s->log.count ? slot_at(&s->log, i)->line : NULL;
}

uint64_t store_log_dropped(const struct store *s)
{
    return s->log.dropped;
}

/* The row that says so, where they are missing. */
static struct message *loss_page(struct store *s, uint64_t lines)
{
    struct message *m = message_new(MESSAGE_LOG, NEWS_LOG, NULL, LOSS_ARENA);
    struct log_page *page = m ? arena_alloc(m->arena, sizeof *page) : NULL;
    if (page)
        page->lines = arena_alloc(m->arena, sizeof *page->lines);
    if (!page || !page->lines) {
        message_free(m);
        return NULL;
    }
    page->count = 1;
    *page->lines =
        log_line_of_loss(m->arena, lines, clock_wall_ms(s->clock), TEXT("slipway"), NULL);
    m->payload = page;
    return m;
}

void store_log_note_dropped(struct store *s, uint64_t lines)
{
    struct message *m = lines ? loss_page(s, lines) : NULL;
    if (lines == 0)
        return;
    store_touch(s, STORE_LOG);
    if (!m)
        s->log.dropped += lines;
    else if (store_take_log(s, m) != APPLIED_KEPT)
        message_free(m);
}
