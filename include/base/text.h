/* text: the one place where foreign bytes become something that may be drawn, logged or printed.
 *
 * Everything from a server, a log, a file name, a database or a model's answer is hostile until it
 * went through here (design rules 1 and 2): text_new makes a `struct text` of it, the only type that
 * drawing functions take; text_safe does the same into a buffer. Cleaning does, in one pass:
 *   - invalid UTF-8 becomes U+FFFD, one per maximal bad prefix (Unicode 15 §3.9, practice W3C)
 *   - ANSI/VT sequences (CSI, OSC, DCS, APC, PM, SOS, two-byte ESC, and their C1 forms) are dropped;
 *     an unfinished one is dropped to the end of the line, never past TEXT_SEQUENCE_MAX bytes
 *   - other C0 and DEL become their control picture (U+2400…U+2421), C1 becomes U+FFFD
 *   - TAB becomes spaces up to the next multiple of 8 columns; CR before LF is dropped; LF becomes
 *     U+240A in TEXT_LINE and stays in TEXT_BLOCK
 *   - bidi controls, zero-width characters, variation selectors, soft hyphens, Hangul fillers, tags
 *     and all other format characters are dropped
 *   - private use, unassigned and non-characters become U+FFFD
 *   - at most TEXT_MARKS_MAX combining marks follow a base character; a mark without a base gets
 *     U+25CC in front
 * Cleaning what is clean changes nothing (idempotent). Invalid or oversized input never fails.
 *
 * Threads: all functions are pure; call them from any thread. */
#ifndef SLIPWAY_BASE_TEXT_H
#define SLIPWAY_BASE_TEXT_H

#include "base/arena.h"
#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TEXT_SEQUENCE_MAX = 4096, TEXT_MARKS_MAX = 3 };

/* Cleaned and masked UTF-8. Only functions of this module make one; it borrows its bytes from an arena (or
 * from static storage) and is NUL-terminated. */
struct text {
    const char *s; /* never NULL in a text that was made */
    size_t len;    /* bytes */
};

enum text_mode {
    TEXT_LINE, /* one line: LF is made visible */
    TEXT_BLOCK /* LF stays, for multi-line output */
};

/* Cleans `n` bytes into `out`. Returns 0, or -1 when the buffer's maximum was reached: then `out`
 * holds the clean beginning, cut at a character. */
int text_clean(struct buf *out, const void *bytes, size_t n, enum text_mode mode);

/* What may be shown: masked (secret.h), cleaned, and masked again. Every way out of the process that is
 * no struct text goes through this. Give it whole pieces and cut afterwards: the beginning of a
 * secret is not recognised as one. As text_clean otherwise. */
int text_safe(struct buf *out, const void *bytes, size_t n, enum text_mode mode);

/* As text_safe into an arena, so a struct text never holds a control or a known secret. When the
 * arena is full the result is an empty text. */
struct text text_new(struct arena *a, const void *bytes, size_t n, enum text_mode mode);

/* As text_new in TEXT_LINE for a C string; NULL gives an empty text. */
struct text text_from(struct arena *a, const char *s);

/* The same text with bytes of its own in the arena, ended by a NUL whatever `t` borrows from; a text that
 * was never made (s is NULL) and a full arena give an empty one. */
struct text text_dup(struct arena *a, struct text t);

/* A string literal of our own, known to be clean. */
#define TEXT(literal) ((struct text){"" literal, sizeof(literal) - 1})

/* Columns that the text takes on a terminal (wide characters 2, marks 0). */
size_t text_width(struct text t);

/* The longest beginning of at most `columns` columns, never splitting a character from its marks.
 * Borrows from `t` (so its s need not end in NUL at len: use len). */
struct text text_cut(struct text t, size_t columns);

/* One step through a text: reads the character (base and its marks) at *offset, stores its bytes
 * and columns and moves *offset behind it; false at the end. */
struct text_cell {
    const char *s;
    size_t len;
    int columns; /* 1 or 2 */
};
bool text_next(struct text t, size_t *offset, struct text_cell *cell);

/* Whether `bytes` is well-formed UTF-8 (not whether it is clean). */
bool text_is_utf8(const void *bytes, size_t n);

/* Decodes one code point at `bytes` (n > 0). Returns its length 1..4, or minus the number of bytes
 * of the bad prefix (-1..-3); *code is U+FFFD then. */
int text_decode(const void *bytes, size_t n, int32_t *code);

#endif
