/* buf: a growing byte buffer that knows its maximum from birth.
 *
 * Everything that grows with what the outside sends goes through this type, so no server can make
 * the program take unbounded memory. An append that would pass the maximum (or for which memory is
 * missing) changes nothing, sets `full` and returns -1; `full` stays set until buf_clear, so a run
 * of appends can be checked once at its end.
 *
 * Ownership: the caller owns the struct, the buffer owns its bytes. Thread: one at a time.
 * The bytes always end in a NUL that is not counted in len. */
#ifndef SLIPWAY_BASE_BUF_H
#define SLIPWAY_BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct buf {
    char *data; /* NULL until the first append; read it through buf_str */
    size_t len; /* bytes in use */
    size_t cap; /* bytes allocated */
    size_t max; /* len never passes this */
    bool full;  /* an append was refused */
};

/* An empty buffer of at most `max` bytes; allocates nothing. */
void buf_init(struct buf *b, size_t max);

/* Frees the bytes; the struct is as after buf_init with the same maximum. */
void buf_release(struct buf *b);

/* As buf_release, but overwrites the bytes with zeros first (for what may hold a secret). */
void buf_release_secret(struct buf *b);

/* Empties it and clears `full`; the memory is kept for reuse. */
void buf_clear(struct buf *b);

/* 0, or -1 when it does not fit. */
int buf_append(struct buf *b, const void *bytes, size_t n);
int buf_str_append(struct buf *b, const char *s);
int buf_char(struct buf *b, char c);
int buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
int buf_vprintf(struct buf *b, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

/* Makes room for `n` more bytes behind len, for callers that write in place and then raise len. */
int buf_reserve(struct buf *b, size_t n);

/* Drops the first `n` bytes (n <= len) and moves the rest to the front. */
void buf_drop(struct buf *b, size_t n);

/* The bytes as a C string, "" when empty; valid until the next change. Never NULL. */
const char *buf_str(const struct buf *b);

/* Hands the bytes over: the caller frees them with free(); the buffer is empty afterwards. Never
 * NULL unless memory is out. `len` may be NULL. */
char *buf_take(struct buf *b, size_t *len);

#endif
