/* arena: memory by lifetime. Everything allocated from an arena is freed at once with it.
 *
 * A message or a finished record owns one arena; its strings and arrays come from there, so handing
 * the record over is handing one pointer over. Every arena has a maximum; past it (or out of
 * memory) allocation returns NULL.
 *
 * Thread: one at a time; the whole arena may change hands. */
#ifndef SLIPWAY_BASE_ARENA_H
#define SLIPWAY_BASE_ARENA_H

#include <stddef.h>

struct arena;

/* An arena of at most `max` bytes, NULL when memory is out. */
struct arena *arena_new(size_t max);
void arena_free(struct arena *a); /* NULL is fine */

/* Zeroed memory aligned for any type; NULL past the maximum. size 0 gives a valid pointer. */
void *arena_alloc(struct arena *a, size_t size);

/* As arena_alloc for an array; NULL when count*size overflows. */
void *arena_array(struct arena *a, size_t count, size_t size);

/* Copies; the result is NUL-terminated. */
char *arena_dup(struct arena *a, const void *bytes, size_t n);
char *arena_strdup(struct arena *a, const char *s);

/* Bytes handed out so far (for the inbox's accounting). */
size_t arena_size(const struct arena *a);

#endif
