/* Redaction: the text is cut into stretches to keep and stretches to mask, from left to right.
 *
 * A stretch to mask begins where a registered value or a key-like word begins, and goes on as long
 * as anything that begins inside it reaches further: where secrets overlap, all of them go. A mask
 * is never longer than what it stands for, which is why it can be done in place.
 *
 * A key-like word is a prefix, a number of characters that must follow, and a class of characters
 * that it then goes on with. The class is followed character by character, never searched again from
 * a later start, so the work stays linear however often the prefixes repeat. */
#include "base/secret.h"
#include "base/secret_internal.h"

#include <string.h>

enum charset { NOTHING, ALNUM, WORD, DOTTED }; /* each holds the one before it */

struct shape {
    const char *prefix, *mask;
    size_t at_least;      /* characters of `first` behind the prefix */
    enum charset first;   /* what they must be */
    enum charset goes_on; /* what follows belongs to it as long as it is of this */
    bool stands_alone;    /* not inside a word: "task-force" */
};

static const struct shape shapes[] = {
    {"hf_", "hf_***", 8, ALNUM, WORD, false},
    {"rpa_", "rpa_***", 8, ALNUM, WORD, false},
    {"rps_", "rps_***", 8, ALNUM, WORD, false},
    {"sk-", "sk-***", 16, WORD, WORD, true},
    {"eyJ", "eyJ***", 16, DOTTED, DOTTED, false},
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

static const char mask_of_registered[] = "***";

/* A part of the text to mask. */
struct stretch {
    size_t start, end;
    const char *mask;
};

/* ---- key-like words ---------------------------------------------------------------------------- */

static bool is_alnum(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_in(enum charset set, unsigned char c)
{
    return (set >= ALNUM && is_alnum(c)) || (set >= WORD && (c == '_' || c == '-')) ||
           (set >= DOTTED && c == '.');
}

/* Whether the text before `at` ends in an escape: "%3D", "\n", "\u003d". */
static bool behind_escape(const unsigned char *p, size_t at)
{
    size_t hex = 0;
    while (hex < 4 && hex < at && secret_hex_digit(p[at - 1 - hex]) >= 0)
        hex++;
    return (at >= 2 && p[at - 2] == '\\') || (at >= 3 && hex >= 2 && p[at - 3] == '%') ||
           (at >= 6 && hex == 4 && p[at - 5] == 'u' && p[at - 6] == '\\');
}

static bool begins_word(const unsigned char *p, size_t at)
{
    return at == 0 || !is_alnum(p[at - 1]) || behind_escape(p, at);
}

/* Words that only look like keys: a package that worker logs name often, and a setting of ours. */
static bool is_innocent(const unsigned char *p, size_t n)
{
    static const char *const words[] = {"hf_transfer", "hf_endpoint"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t len = strlen(words[i]);
        if (n >= len && memcmp(p, words[i], len) == 0 && (n == len || !is_in(WORD, p[len])))
            return true;
    }
    return false;
}

static bool all_in(enum charset set, const unsigned char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!is_in(set, p[i]))
            return false;
    return true;
}

/* How many bytes at `at` are surely part of a word of this shape, 0 = it is none. `masks`: a mask counts
 * as the beginning of one. */
static size_t shape_fits(
    const struct shape *s, const unsigned char *p, size_t n, size_t at, bool masks)
{
    size_t prefix = strlen(s->prefix), mask = strlen(s->mask), left = n - at;
    size_t whole = prefix + s->at_least;
    if (masks && left >= mask && memcmp(p + at, s->mask, mask) == 0)
        return mask;
    if (left < whole || memcmp(p + at, s->prefix, prefix) != 0 ||
        !all_in(s->first, p + at + prefix, s->at_least))
        return 0;
    bool fits = (!s->stands_alone || begins_word(p, at)) && !is_innocent(p + at, left);
    return fits ? whole : 0;
}

static const struct shape *shape_at(
    const unsigned char *p, size_t n, size_t at, bool masks, size_t *sure)
{
    for (size_t i = 0; i < SHAPES; i++)
        if ((*sure = shape_fits(&shapes[i], p, n, at, masks)) > 0)
            return &shapes[i];
    return NULL;
}

/* ---- stretches --------------------------------------------------------------------------------- */

/* What stays the same through one text. */
struct scan {
    enum secret_pass pass;
    bool first[256]; /* bytes with which something to mask can begin */
};

static struct scan scan_new(enum secret_pass pass)
{
    struct scan s = {.pass = pass};
    secret_first_bytes(s.first, pass == SECRET_AFTER_CLEANING);
    for (size_t i = 0; i < SHAPES; i++)
        s.first[(unsigned char)shapes[i].prefix[0]] = true;
    return s;
}

/* What is known about a stretch while it is followed. */
struct reach {
    size_t end;           /* it covers at least this much */
    size_t sure;          /* the key-like word does, whatever its characters */
    enum charset goes_on; /* and then, unbroken, characters of this */
};

/* Notes what begins at `at`. Returns its mask, NULL when nothing does. */
static const char *begin_at(
    struct reach *r, const unsigned char *p, size_t n, size_t at, const struct scan *scan)
{
    if (!scan->first[p[at]])
        return NULL;
    const char *mask = NULL;
    size_t sure;
    const struct shape *s = shape_at(p, n, at, scan->pass == SECRET_AFTER_CLEANING, &sure);
    if (s) {
        r->sure = at + sure > r->sure ? at + sure : r->sure;
        r->end = r->sure > r->end ? r->sure : r->end;
        r->goes_on = s->goes_on > r->goes_on ? s->goes_on : r->goes_on;
        mask = s->mask;
    }
    size_t known = secret_match(p + at, n - at, scan->pass == SECRET_AFTER_CLEANING);
    if (known > 0) {
        r->end = at + known > r->end ? at + known : r->end;
        mask = mask_of_registered;
    }
    return mask;
}

/* The first stretch to mask; false when there is none. */
static bool next_stretch(
    const unsigned char *p, size_t n, const struct scan *scan, struct stretch *found)
{
    struct reach r = {0, 0, NOTHING};
    size_t at = 0;
    const char *mask = NULL;
    while (at < n && !(mask = begin_at(&r, p, n, at, scan)))
        at++;
    if (!mask)
        return false;
    found->start = at;
    found->mask = mask;
    for (at++; at < n; at++) {
        if (at >= r.sure && !is_in(r.goes_on, p[at]))
            r.goes_on = NOTHING;
        begin_at(&r, p, n, at, scan);
        if (at >= r.end && r.goes_on == NOTHING)
            break;
    }
    found->end = at;
    return true;
}

/* ---- into a buffer, in place ------------------------------------------------------------------- */

/* As much as fits, cut before a character that does not. */
static int append_fitting(struct buf *out, const unsigned char *p, size_t n)
{
    size_t fits = out->max - out->len;
    if (n <= fits)
        return buf_append(out, p, n);
    while (fits > 0 && (p[fits] & 0xC0) == 0x80)
        fits--;
    buf_append(out, p, fits);
    return buf_append(out, p, n);
}

/* Before cleaning something invisible stands in front of each mask: it ends a control sequence, which
 * would take the mask's first letter, and cleaning drops it. */
static const char *mark_of(enum secret_pass pass)
{
    return pass == SECRET_BEFORE_CLEANING ? "\u200B" : "";
}

int secret_redact_pass(struct buf *out, const void *bytes, size_t n, enum secret_pass pass)
{
    const unsigned char *p = bytes;
    struct scan scan = scan_new(pass);
    struct stretch s;
    for (; next_stretch(p, n, &scan, &s); p += s.end, n -= s.end)
        if (append_fitting(out, p, s.start) || buf_str_append(out, mark_of(pass)) ||
            buf_str_append(out, s.mask))
            return -1;
    return append_fitting(out, p, n);
}

int secret_redact(struct buf *out, const void *bytes, size_t n)
{
    return secret_redact_pass(out, bytes, n, SECRET_ONLY);
}

void secret_redact_in_place(char *text)
{
    const unsigned char *p = (const unsigned char *)text;
    size_t n = strlen(text);
    struct scan scan = scan_new(SECRET_ONLY);
    struct stretch s;
    for (; next_stretch(p, n, &scan, &s); p += s.end, n -= s.end) {
        size_t mask = strlen(s.mask);
        memmove(text, p, s.start);
        memcpy(text + s.start, s.mask, mask);
        text += s.start + mask;
    }
    memmove(text, p, n + 1);
}
