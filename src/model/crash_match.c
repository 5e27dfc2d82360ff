/* A line is looked at by a row only when it holds one of the row's plain words; then the row's pattern decides. So
 * most patterns are never compiled: each is when it is first needed, by the matcher that one reading owns. And
 * most words are never searched for: which pairs of bytes a line holds is noted once, and a word whose first
 * or last pair is not among them cannot be there.
 *
 * Limits keep a hostile line from stalling the reading: an attempt that reaches them is no match. */
#include "model/crash_internal.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS_MAX = 20000, DEPTH_MAX = 1000, GROUPS_MAX = 24 };

enum { PAIR_BITS = 12, PAIRS = 1 << PAIR_BITS };

/* The pairs of bytes of one line; several share a bit. */
struct pairs {
    uint64_t bits[PAIRS / 64];
};
struct word {
    const char *s;
    size_t len;
    uint16_t first, last; /* its pairs' bits */
};

struct crash_matcher {
    pcre2_code **patterns;
    size_t count;
    struct word *words; /* of all rows, one after the other */
    size_t *words_end;  /* by row: where its words end */
    pcre2_match_context *limits;
    pcre2_match_data *data;
};

static const struct crash_table *const tables[] = {
    &crash_causes_start, &crash_causes_gpu, &crash_causes_model, &crash_causes_engine};

const struct crash_row *crash_row(size_t i)
{
    for (size_t t = 0; t < sizeof tables / sizeof *tables; t++) {
        if (i < tables[t]->count)
            return &tables[t]->rows[i];
        i -= tables[t]->count;
    }
    return NULL;
}

static uint16_t pair_of(const char *s)
{
    unsigned both = (unsigned)(unsigned char)s[0] << 8 | (unsigned char)s[1];
    return (uint16_t)((both * 40503u >> 4) & (PAIRS - 1));
}

/* Takes the rows' words apart, into `out` unless that is NULL; how many there are. Each has two bytes at least. */
static size_t words_of(struct crash_matcher *m, struct word *out)
{
    size_t n = 0;
    for (size_t i = 0; i < m->count; i++) {
        for (const char *s = crash_row(i)->words; *s;) {
            size_t len = strcspn(s, "|");
            if (out)
                out[n] = (struct word){s, len, pair_of(s), pair_of(s + len - 2)};
            n++;
            s += len + (s[len] == '|');
        }
        if (out)
            m->words_end[i] = n;
    }
    return n;
}

struct crash_matcher *crash_matcher_new(void)
{
    struct crash_matcher *m = calloc(1, sizeof *m);
    if (!m)
        return NULL;
    while (crash_row(m->count))
        m->count++;
    m->patterns = calloc(m->count, sizeof *m->patterns);
    m->words_end = calloc(m->count, sizeof *m->words_end);
    m->words = calloc(words_of(m, NULL), sizeof *m->words);
    m->limits = pcre2_match_context_create(NULL);
    m->data = pcre2_match_data_create(GROUPS_MAX, NULL);
    if (!m->patterns || !m->words || !m->words_end || !m->limits || !m->data) {
        crash_matcher_free(m);
        return NULL;
    }
    words_of(m, m->words);
    pcre2_set_match_limit(m->limits, STEPS_MAX);
    pcre2_set_depth_limit(m->limits, DEPTH_MAX);
    return m;
}

void crash_matcher_free(struct crash_matcher *m)
{
    if (!m)
        return;
    for (size_t i = 0; m->patterns && i < m->count; i++)
        pcre2_code_free(m->patterns[i]);
    free(m->patterns);
    free(m->words);
    free(m->words_end);
    pcre2_match_context_free(m->limits);
    pcre2_match_data_free(m->data);
    free(m);
}

static const pcre2_code *pattern_of(struct crash_matcher *m, size_t i)
{
    int number;
    PCRE2_SIZE where;
    if (!m->patterns[i])
        m->patterns[i] = pcre2_compile((PCRE2_SPTR)crash_row(i)->pattern, PCRE2_ZERO_TERMINATED,
            PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_CASELESS | PCRE2_DUPNAMES |
                PCRE2_NEVER_BACKSLASH_C,
            &number, &where, NULL);
    return m->patterns[i];
}

static void note_pairs(struct pairs *p, struct text body)
{
    memset(p, 0, sizeof *p);
    for (size_t i = 0; i + 1 < body.len; i++) {
        uint16_t bit = pair_of(body.s + i);
        p->bits[bit / 64] |= (uint64_t)1 << bit % 64;
    }
}

static bool has_pair(const struct pairs *p, uint16_t bit)
{
    return p->bits[bit / 64] >> bit % 64 & 1;
}

static bool holds_a_word(
    const struct crash_matcher *m, size_t row, const struct pairs *pairs, struct text body)
{
    for (size_t i = row > 0 ? m->words_end[row - 1] : 0; i < m->words_end[row]; i++) {
        const struct word *w = &m->words[i];
        if (has_pair(pairs, w->first) && has_pair(pairs, w->last) &&
            memmem(body.s, body.len, w->s, w->len))
            return true;
    }
    return false;
}

static bool matches(struct crash_matcher *m, size_t i, struct text body)
{
    const pcre2_code *pattern = pattern_of(m, i);
    return pattern &&
           pcre2_match(pattern, (PCRE2_SPTR)body.s, body.len, 0, 0, m->data, m->limits) >= 0;
}

const struct crash_row *crash_match(
    struct crash_matcher *m, struct text body, enum crash_weight most)
{
    const struct crash_row *best = NULL, *row;
    struct pairs pairs;
    note_pairs(&pairs, body);
    for (size_t i = 0; body.len > 0 && (row = crash_row(i)) != NULL; i++)
        if (row->weight <= most && (!best || row->weight > best->weight) &&
            holds_a_word(m, i, &pairs, body) && matches(m, i, body))
            best = row;
    return best;
}

/* ---- values --------------------------------------------------------------------------------------- */

static const struct {
    const char *group;
    enum crash_value_kind kind;
} groups[] = {
    {"need", CRASH_NEEDED_BYTES},
    {"have", CRASH_AVAILABLE_BYTES},
    {"asked", CRASH_TOKENS_ASKED},
    {"fit", CRASH_TOKENS_FIT},
    {"file", CRASH_FILE},
    {"setting", CRASH_SETTING},
    {"value", CRASH_VALUE},
    {"model", CRASH_MODEL},
    {"revision", CRASH_REVISION},
    {"code", CRASH_CODE},
    {"image", CRASH_IMAGE},
    {"heads", CRASH_HEADS},
};

/* "1,048,576", "594.00 MiB", "137"; NAN = it begins with no number. */
static double number_of(struct text t)
{
    static const struct {
        const char *unit;
        double times;
    } units[] = {{"KiB", 1024}, {"MiB", 1048576}, {"GiB", 1073741824}, {"TiB", 1099511627776},
        {"kB", 1e3}, {"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}};
    char digits[32];
    size_t i = 0, n = 0;
    for (; i < t.len && n < sizeof digits - 1 && strchr("0123456789.,", t.s[i]) && t.s[i]; i++)
        if (t.s[i] != ',')
            digits[n++] = t.s[i];
    digits[n] = '\0';
    char *end;
    double number = strtod(digits, &end);
    if (end == digits)
        return NAN;
    for (; i < t.len && t.s[i] == ' '; i++)
        ;
    for (size_t k = 0; k < sizeof units / sizeof *units; k++)
        if (crash_begins((struct text){t.s + i, t.len - i}, units[k].unit))
            return number * units[k].times;
    return number;
}

static int add_value(
    struct crash *out, enum crash_value_kind kind, struct text found, struct arena *a)
{
    if (out->value_count == CRASH_VALUES_MAX || crash_value(out, kind))
        return 0;
    char *copy = arena_dup(a, found.s, found.len);
    if (!copy)
        return -1;
    out->values[out->value_count++] =
        (struct crash_value){kind, {copy, found.len}, number_of(found)};
    return 0;
}

/* The first group of this name that took part; len 0 = none. */
static struct text named_group(
    struct crash_matcher *m, const pcre2_code *pattern, const char *name, struct text body)
{
    PCRE2_SPTR first, last;
    int size = pcre2_substring_nametable_scan(pattern, (PCRE2_SPTR)name, &first, &last);
    const PCRE2_SIZE *found = pcre2_get_ovector_pointer(m->data);
    uint32_t pairs = pcre2_get_ovector_count(m->data);
    for (PCRE2_SPTR entry = first; size > 0 && entry <= last; entry += size) {
        size_t group = (size_t)entry[0] << 8 | entry[1];
        if (group < pairs && found[2 * group] != PCRE2_UNSET &&
            found[2 * group + 1] > found[2 * group])
            return (struct text){
                body.s + found[2 * group], found[2 * group + 1] - found[2 * group]};
    }
    return (struct text){"", 0};
}

int crash_take_values(struct crash_matcher *m, const struct crash_row *row, struct text body,
    struct arena *a, struct crash *out)
{
    size_t i = 0;
    while (crash_row(i) && crash_row(i) != row)
        i++;
    if (i == m->count || !matches(m, i, body))
        return 0;
    for (size_t k = 0; k < sizeof groups / sizeof *groups; k++) {
        struct text found = named_group(m, m->patterns[i], groups[k].group, body);
        if (found.len > 0 && add_value(out, groups[k].kind, found, a))
            return -1;
    }
    return 0;
}

static bool has_words(const struct crash_matcher *m, size_t row)
{
    size_t first = row > 0 ? m->words_end[row - 1] : 0;
    for (size_t i = first; i < m->words_end[row]; i++)
        if (m->words[i].len < 2)
            return false;
    return m->words_end[row] > first;
}

int crash_matcher_check(struct crash_matcher *m)
{
    for (size_t i = 0; i < m->count; i++)
        if (!pattern_of(m, i) || !has_words(m, i) || !crash_row(i)->cause.id[0])
            return (int)i;
    return -1;
}
