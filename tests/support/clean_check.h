/* What text.h promises, checked from the outside for any input: used by the property test and by the
 * fuzzer. It goes by Unicode's categories and a list of invisible characters of its own, not by the
 * tables of the module. Every function returns NULL, or what is wrong. */
#ifndef SLIPWAY_TESTS_CLEAN_CHECK_H
#define SLIPWAY_TESTS_CLEAN_CHECK_H

#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

enum { CLEAN_GROWTH = 8 };

/* Drawn as nothing, whatever their category says (DerivedCoreProperties, Default_Ignorable). */
static inline bool check_invisible(int32_t c)
{
    static const int32_t ranges[][2] = {{0x00AD, 0x00AD}, {0x034F, 0x034F}, {0x061C, 0x061C},
        {0x115F, 0x1160}, {0x17B4, 0x17B5}, {0x180B, 0x180F}, {0x200B, 0x200F}, {0x202A, 0x202E},
        {0x2060, 0x206F}, {0x3164, 0x3164}, {0xFE00, 0xFE0F}, {0xFEFF, 0xFEFF}, {0xFFA0, 0xFFA0},
        {0xFFF0, 0xFFFB}, {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF}};
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (c >= ranges[i][0] && c <= ranges[i][1])
            return true;
    return false;
}

/* Takes no column of its own on a terminal: marks, medial and final jamo. */
static inline bool check_is_mark(int32_t c)
{
    utf8proc_category_t category = utf8proc_category(c);
    return (category >= UTF8PROC_CATEGORY_MN && category <= UTF8PROC_CATEGORY_ME) ||
           (c >= 0x1160 && c <= 0x11FF) || (c >= 0xD7B0 && c <= 0xD7FB);
}

static inline const char *check_code(int32_t c, enum text_mode mode)
{
    if (c == '\n')
        return mode == TEXT_BLOCK ? NULL : "a line feed in a line";
    if (check_invisible(c))
        return "an invisible character";
    switch (utf8proc_category(c)) {
    case UTF8PROC_CATEGORY_CC:
        return "a control";
    case UTF8PROC_CATEGORY_CF:
        return "a format character";
    case UTF8PROC_CATEGORY_CS:
        return "a surrogate";
    case UTF8PROC_CATEGORY_CO:
        return "a private use character";
    case UTF8PROC_CATEGORY_CN:
        return "an unassigned code point";
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
        return "a line separator";
    default:
        return NULL;
    }
}

/* Whether these bytes are what text_clean may give out. */
static inline const char *check_is_clean(const char *s, size_t n, enum text_mode mode)
{
    int marks = -1; /* no base */
    for (size_t at = 0; at < n;) {
        int32_t c;
        utf8proc_ssize_t length =
            utf8proc_iterate((const utf8proc_uint8_t *)s + at, (utf8proc_ssize_t)(n - at), &c);
        if (length <= 0)
            return "invalid UTF-8";
        const char *fault = check_code(c, mode);
        if (fault)
            return fault;
        if (!check_is_mark(c))
            marks = c == '\n' ? -1 : 0;
        else if (marks++ < 0)
            return "a mark without a base";
        if (marks > TEXT_MARKS_MAX)
            return "too many marks";
        at += (size_t)length;
    }
    return NULL;
}

static inline bool check_begins_with_mark(const char *s, size_t n)
{
    int32_t c;
    return n > 0 && utf8proc_iterate((const utf8proc_uint8_t *)s, (utf8proc_ssize_t)n, &c) > 0 &&
           check_is_mark(c);
}

/* A character ends at `at`: not within its bytes, not before a mark. */
static inline bool check_is_boundary(const char *s, size_t n, size_t at)
{
    return at == n ||
           (((unsigned char)s[at] & 0xC0) != 0x80 && !check_begins_with_mark(s + at, n - at));
}

/* Cells and widths of a clean text. */
static inline const char *check_cells(struct text t)
{
    size_t offset = 0, columns = 0;
    struct text_cell cell;
    while (offset < t.len) {
        size_t before = offset;
        if (!text_next(t, &offset, &cell))
            return "text_next ends early";
        if (cell.s != t.s + before || cell.len == 0 || offset != before + cell.len)
            return "a cell is not where the offset says";
        if (offset > t.len || !check_is_boundary(t.s, t.len, offset))
            return "a cell ends within a character";
        if (cell.columns != 1 && cell.columns != 2)
            return "a cell has neither 1 nor 2 columns";
        columns += (size_t)cell.columns;
    }
    if (text_next(t, &offset, &cell))
        return "text_next goes on behind the end";
    return text_width(t) == columns ? NULL : "text_width is not the sum of its cells";
}

static inline const char *check_cut(struct text t, size_t columns)
{
    struct text cut = text_cut(t, columns);
    if (cut.s != t.s || cut.len > t.len)
        return "a cut is no beginning";
    if (!check_is_boundary(t.s, t.len, cut.len))
        return "a cut splits a character";
    if (text_width(cut) > columns)
        return "a cut is too wide";
    size_t offset = cut.len;
    struct text_cell next;
    if (text_next(t, &offset, &next) && text_width(cut) + (size_t)next.columns <= columns)
        return "a cut is shorter than it must be";
    return NULL;
}

/* Cleaning into a buffer that is too small gives a beginning of whole characters. */
static inline const char *check_capped(
    const void *bytes, size_t n, enum text_mode mode, const struct buf *whole, size_t max)
{
    struct buf b;
    buf_init(&b, max);
    int result = text_clean(&b, bytes, n, mode);
    const char *fault = NULL;
    if (b.len > max || b.len > whole->len || memcmp(buf_str(&b), buf_str(whole), b.len) != 0)
        fault = "a capped cleaning is no beginning of the whole";
    else if ((result == 0) != (b.len == whole->len) || b.full != (result != 0))
        fault = "a capped cleaning does not say whether it is whole";
    else if (!check_is_boundary(buf_str(whole), whole->len, b.len))
        fault = "a capped cleaning splits a character";
    else if (strlen(buf_str(&b)) != b.len)
        fault = "a capped cleaning is not terminated";
    buf_release(&b);
    return fault;
}

static inline const char *check_again(const struct buf *clean, enum text_mode mode)
{
    struct buf again;
    buf_init(&again, clean->len);
    int result = text_clean(&again, buf_str(clean), clean->len, mode);
    bool same = result == 0 && again.len == clean->len &&
                memcmp(buf_str(&again), buf_str(clean), clean->len) == 0;
    buf_release(&again);
    return same ? NULL : "cleaning again changes something";
}

/* Everything that holds for any input. `salt` picks where it is cut. */
static inline const char *check_text(const void *bytes, size_t n, enum text_mode mode, size_t salt)
{
    struct buf clean;
    buf_init(&clean, n * CLEAN_GROWTH);
    const char *fault = NULL;
    if (text_clean(&clean, bytes, n, mode))
        fault = "it grows more than eightfold";
    struct text t = {buf_str(&clean), clean.len};
    if (!fault)
        fault = check_is_clean(t.s, t.len, mode);
    if (!fault)
        fault = check_again(&clean, mode);
    if (!fault)
        fault = check_cells(t);
    if (!fault)
        fault = check_cut(t, salt % (text_width(t) + 2));
    if (!fault)
        fault = check_capped(bytes, n, mode, &clean, salt % (clean.len + 2));
    buf_release(&clean);
    return fault;
}

/* text_decode against the library's decoder, and its steps against each other. */
static inline const char *check_decode(const unsigned char *p, size_t n)
{
    bool valid = true;
    for (size_t at = 0; at < n;) {
        int32_t code, theirs;
        int length = text_decode(p + at, n - at, &code);
        utf8proc_ssize_t their_length =
            utf8proc_iterate(p + at, (utf8proc_ssize_t)(n - at), &theirs);
        if (length == 0 || length > 4 || length < -3)
            return "text_decode gives an impossible length";
        if ((length > 0) != (their_length > 0))
            return "text_decode disagrees about what is valid";
        if (length > 0 ? code != theirs || length != their_length : code != 0xFFFD)
            return "text_decode gives another code point";
        valid = valid && length > 0;
        at += (size_t)abs(length);
        if (at > n)
            return "text_decode reads past the end";
    }
    return text_is_utf8(p, n) == valid ? NULL : "text_is_utf8 disagrees with text_decode";
}

#endif
