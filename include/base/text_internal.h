/* What the files of the text module share; for text*.c, secret*.c and json_print.c only. */
#ifndef SLIPWAY_BASE_TEXT_INTERNAL_H
#define SLIPWAY_BASE_TEXT_INTERNAL_H

#include <stddef.h>
#include <stdint.h>

enum { TEXT_REPLACEMENT = 0xFFFD, TEXT_UTF8_MAX = 4 };

/* What cleaning does with a code point. */
enum text_class {
    TEXT_CLASS_BASE,    /* kept; takes 1 or 2 columns */
    TEXT_CLASS_MARK,    /* kept behind a base; takes no column */
    TEXT_CLASS_DROP,    /* format characters and whatever else is invisible */
    TEXT_CLASS_REPLACE, /* has no agreed look: U+FFFD */
    TEXT_CLASS_BREAK,   /* line and paragraph separator: made visible */
    TEXT_CLASS_CONTROL, /* C0, DEL, C1 */
    TEXT_CLASSES
};
enum text_class text_class(int32_t code);

/* Columns of a base: 1 or 2. */
int text_class_columns(int32_t code);

/* How many bytes at `p` (n > 0) belong to an ANSI/VT sequence that begins there, at most
 * TEXT_SEQUENCE_MAX; 0 when none begins. */
size_t text_sequence(const unsigned char *p, size_t n);

/* Writes one code point (a Unicode scalar value) as UTF-8; returns its length. */
size_t text_encode(unsigned char out[TEXT_UTF8_MAX], int32_t code);

#endif
