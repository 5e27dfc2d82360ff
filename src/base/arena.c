/* A chain of blocks, each twice as large as the one before up to a limit. Nothing is freed singly,
 * so an allocation is a pointer moved forward; a request larger than the usual block gets a block of
 * its own, put behind the current one so that the room left in that is not lost. */
#include "base/arena.h"

#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_FIRST = 1024, BLOCK_LARGEST = 256 * 1024 };

struct block {
    struct block *next;
    size_t used, size;
    alignas(max_align_t) char bytes[];
};

struct arena {
    struct block *current;
    size_t out; /* bytes handed out */
    size_t max;
    size_t block_size; /* of the next block */
};

struct arena *arena_new(size_t max)
{
    struct arena *a = calloc(1, sizeof *a);
    if (!a)
        return NULL;
    a->max = max < SIZE_MAX / 2 ? max : SIZE_MAX / 2; /* so that sums cannot wrap */
    a->block_size = BLOCK_FIRST;
    return a;
}

void arena_free(struct arena *a)
{
    if (!a)
        return;
    for (struct block *b = a->current, *next; b; b = next) {
        next = b->next;
        free(b);
    }
    free(a);
}

static struct block *block_new(size_t size)
{
    struct block *b = calloc(1, sizeof *b + size);
    if (b)
        b->size = size;
    return b;
}

/* A block with room for `size`: the current one, a fresh one that becomes current, or, for large
 * requests, one of its own behind the current one. */
static struct block *block_with_room(struct arena *a, size_t size)
{
    struct block *current = a->current;
    if (current && size <= current->size - current->used)
        return current;
    bool large = size > a->block_size / 2;
    struct block *b = block_new(large ? size : a->block_size);
    if (!b)
        return NULL;
    if (large && current) {
        b->next = current->next;
        current->next = b;
        return b;
    }
    b->next = current;
    a->current = b;
    if (!large && a->block_size < BLOCK_LARGEST)
        a->block_size *= 2;
    return b;
}

void *arena_alloc(struct arena *a, size_t size)
{
    const size_t align = alignof(max_align_t);
    if (size > SIZE_MAX - align)
        return NULL;
    size_t padded = size ? (size + align - 1) / align * align : align;
    if (padded > a->max || a->out > a->max - padded)
        return NULL;
    struct block *b = block_with_room(a, padded);
    if (!b)
        return NULL;
    void *p = b->bytes + b->used;
    b->used += padded;
    a->out += padded;
    return p;
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
    if (size && count > SIZE_MAX / size)
        return NULL;
    return arena_alloc(a, count * size);
}

char *arena_dup(struct arena *a, const void *bytes, size_t n)
{
    if (n == SIZE_MAX)
        return NULL;
    char *copy = arena_alloc(a, n + 1);
    if (copy && n)
        memcpy(copy, bytes, n);
    return copy;
}

char *arena_strdup(struct arena *a, const char *s)
{
    return arena_dup(a, s, strlen(s));
}

size_t arena_size(const struct arena *a)
{
    return a->out;
}
