/* A ring of lines that stay in the pages they came in. A page goes when the last of its lines went.
 * A line counts for its share of the page's memory, so the ring's bytes are what is really held, but
 * for the one page whose first lines went already. */
#include "model/store_internal.h"

#include <stdlib.h>

struct kept_page {
    struct message *m;
    size_t left; /* lines that did not go yet */
    size_t line_bytes;
};

struct log_slot {
    const struct log_line *line;
    struct kept_page *page;
};

int store_log_init(struct store_log_part *part)
{
    *part = (struct store_log_part){.ring = calloc(STORE_LOG_LINES_MAX, sizeof *part->ring)};
    return part->ring ? 0 : -1;
}

static struct log_slot *slot_at(const struct store_log_part *part, size_t i)
{
    return &part->ring[(part->start + i) % STORE_LOG_LINES_MAX];
}

static void drop_first(struct store_log_part *part)
{
    struct kept_page *page = slot_at(part, 0)->page;
    part->start = (part->start + 1) % STORE_LOG_LINES_MAX;
    part->count--;
    part->first++;
    part->bytes -= page->line_bytes;
    if (--page->left)
        return;
    message_free(page->m);
    free(page);
}

static void push(struct store_log_part *part, const struct log_line *line, struct kept_page *page)
{
    if (part->count == STORE_LOG_LINES_MAX)
        drop_first(part);
    *slot_at(part, part->count++) = (struct log_slot){line, page};
    part->bytes += page->line_bytes;
}

/* The page's lines that are still to be pushed keep it alive, however long it is. */
static void push_all(struct store_log_part *part, struct kept_page *kept)
{
    const struct log_page *page = kept->m->payload;
    const struct log_line *lines = page->lines;
    size_t count = page->count;
    for (size_t i = 0; i < count; i++)
        push(part, &lines[i], kept);
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
        s->log.dropped += page->count;
        return APPLIED_LOST;
    }
    size_t bytes = m->arena ? arena_size(m->arena) : 0;
    *kept = (struct kept_page){m, page->count, bytes / page->count};
    push_all(&s->log, kept);
    return APPLIED_KEPT;
}

void store_log_release(struct store_log_part *part)
{
    while (part->count)
        drop_first(part);
    free(part->ring);
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

void store_log_note_dropped(struct store *s, uint64_t lines)
{
    if (lines == 0)
        return;
    s->log.dropped += lines;
    store_touch(s, STORE_LOG);
}
