/* What was typed is cut into terms, and each term becomes one PCRE2 pattern: a word or a quoted text a
 * literal one, so that upper and lower case are the same for all scripts and there is one way to match.
 *
 * A term is !…!field:what, where what is a word, "quoted text" or /an expression/. A field's name is
 * letters, digits, '-' and '_' from a letter on: "14:02" is a word.
 *
 * Limits keep a costly expression and a hostile line from stalling the screen: an attempt that reaches
 * them counts as no match. Compiled code is used where the machine allows it. */
#include "model/filter.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <stdlib.h>
#include <string.h>

/* Steps from one place of a text on (enough for ".*" over a whole line of a log), and nesting. */
enum { MATCH_STEPS_MAX = 2500, MATCH_DEPTH_MAX = 500, NESTING_MAX = 50 };
enum { FIELD_NAME_MAX = 32 };

struct term {
    bool negated;
    char field[FIELD_NAME_MAX]; /* "" = any */
    pcre2_code *pattern;
};

struct filter {
    struct term terms[FILTER_TERMS_MAX];
    size_t count;
    pcre2_match_context *limits;
    pcre2_match_data *data;
};

/* What is being read. */
struct typed {
    const char *s, *end;
};

static int no_memory(struct err *e)
{
    return err_set(e, ERR_IO, 0, "out of memory for the filter");
}

static void skip_spaces(struct typed *t)
{
    while (t->s < t->end && *t->s == ' ')
        t->s++;
}

static bool at_end_of_term(const struct typed *t)
{
    return t->s == t->end || *t->s == ' ';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_name_byte(char c)
{
    return is_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

static char lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

/* "name:" if it stands here; names longer than any that exists are words. */
static void read_field(struct typed *t, char *field)
{
    size_t n = 0, left = (size_t)(t->end - t->s);
    while (n < left && n < FIELD_NAME_MAX && is_name_byte(t->s[n]))
        n++;
    if (n == 0 || n == left || n == FIELD_NAME_MAX || t->s[n] != ':' || !is_letter(t->s[0]))
        return;
    for (size_t i = 0; i < n; i++)
        field[i] = lower(t->s[i]);
    t->s += n + 1;
}

/* Up to the mark that closes what was opened by the same one; NULL when it is not there. A backslash
 * keeps the next byte from closing an expression. */
static const char *closing(const struct typed *t, char mark)
{
    for (const char *p = t->s + 1; p < t->end; p++) {
        if (*p == mark)
            return p;
        if (*p == '\\' && mark == '/')
            p++;
    }
    return NULL;
}

static int not_closed(char mark, struct err *e)
{
    if (mark == '"')
        return err_set(e, ERR_INPUT, 0, "the closing quote is missing");
    return err_set(e, ERR_INPUT, 0, "the expression's closing / is missing");
}

/* What is between two marks. */
static int read_enclosed(struct typed *t, char mark, struct typed *what, struct err *e)
{
    const char *close = closing(t, mark);
    if (!close)
        return not_closed(mark, e);
    *what = (struct typed){t->s + 1, close};
    t->s = close + 1;
    if (at_end_of_term(t))
        return 0;
    err_set(e, ERR_INPUT, 0, "a space is missing behind the closing %c", mark);
    return err_hint(e, "put what holds a / at its beginning into double quotes");
}

static int read_what(struct typed *t, struct typed *what, bool *literal, struct err *e)
{
    char mark = t->s < t->end ? *t->s : ' ';
    *literal = mark != '/';
    if (mark == '"' || mark == '/') {
        if (read_enclosed(t, mark, what, e))
            return -1;
    } else {
        *what = (struct typed){t->s, t->s};
        while (!at_end_of_term(t))
            what->end = ++t->s;
    }
    return what->s < what->end ? 0 : err_set(e, ERR_INPUT, 0, "there is nothing to look for yet");
}

static pcre2_code *compile(
    const struct typed *what, bool literal, pcre2_compile_context *limits, struct err *e)
{
    uint32_t options = PCRE2_UTF | PCRE2_CASELESS | PCRE2_MATCH_INVALID_UTF |
                       (literal ? PCRE2_LITERAL : PCRE2_NEVER_BACKSLASH_C);
    int number;
    size_t offset;
    pcre2_code *pattern = pcre2_compile(
        (PCRE2_SPTR)what->s, (size_t)(what->end - what->s), options, &number, &offset, limits);
    if (!pattern) {
        PCRE2_UCHAR words[128] = "";
        pcre2_get_error_message(number, words, sizeof words);
        err_set(e, ERR_INPUT, number, "the expression cannot be understood: %s", (char *)words);
        return NULL;
    }
    pcre2_jit_compile(pattern, PCRE2_JIT_COMPLETE); /* without it, it is only slower */
    return pattern;
}

static int read_term(
    struct typed *t, struct term *term, pcre2_compile_context *limits, struct err *e)
{
    struct typed what = {NULL, NULL};
    bool literal = true;
    for (; t->s < t->end && *t->s == '!'; t->s++)
        term->negated = !term->negated;
    read_field(t, term->field);
    if (read_what(t, &what, &literal, e))
        return -1;
    term->pattern = compile(&what, literal, limits, e);
    return term->pattern ? 0 : -1;
}

static int read_terms(
    struct filter *f, struct text typed, pcre2_compile_context *limits, struct err *e)
{
    struct typed t = {typed.s, typed.s + typed.len};
    for (skip_spaces(&t); t.s < t.end; skip_spaces(&t)) {
        if (f->count == FILTER_TERMS_MAX)
            return err_set(e, ERR_INPUT, 0, "more than %d words to look for", FILTER_TERMS_MAX);
        if (read_term(&t, &f->terms[f->count], limits, e))
            return -1;
        f->count++;
    }
    return 0;
}

static int make_limits(struct filter *f)
{
    f->limits = pcre2_match_context_create(NULL);
    f->data = pcre2_match_data_create(1, NULL);
    if (!f->limits || !f->data)
        return -1;
    pcre2_set_match_limit(f->limits, MATCH_STEPS_MAX);
    pcre2_set_depth_limit(f->limits, MATCH_DEPTH_MAX);
    return 0;
}

static int read_expression(
    struct filter *f, struct text typed, pcre2_compile_context *limits, struct err *e)
{
    const struct typed whole = {typed.s, typed.s + typed.len};
    f->terms[0].pattern = compile(&whole, false, limits, e);
    f->count = f->terms[0].pattern != NULL;
    return f->count ? 0 : -1;
}

typedef int read_fn(
    struct filter *f, struct text typed, pcre2_compile_context *limits, struct err *e);

static struct filter *make(struct text typed, read_fn *read, struct err *e)
{
    if (typed.len > FILTER_BYTES_MAX) {
        err_set(e, ERR_INPUT, 0, "the filter is longer than %d bytes", FILTER_BYTES_MAX);
        return NULL;
    }
    int result = -1;
    pcre2_compile_context *limits = pcre2_compile_context_create(NULL);
    struct filter *f = calloc(1, sizeof *f);
    if (!f || !limits || make_limits(f)) {
        no_memory(e);
        goto out;
    }
    pcre2_set_parens_nest_limit(limits, NESTING_MAX);
    result = read(f, typed, limits, e);
out:
    pcre2_compile_context_free(limits);
    if (result == 0)
        return f;
    filter_free(f);
    return NULL;
}

struct filter *filter_new(struct text typed, struct err *e)
{
    return make(typed, read_terms, e);
}

struct filter *filter_of_expression(const char *expression, struct err *e)
{
    return make((struct text){expression, strlen(expression)}, read_expression, e);
}

void filter_free(struct filter *f)
{
    if (!f)
        return;
    for (size_t i = 0; i < FILTER_TERMS_MAX; i++)
        pcre2_code_free(f->terms[i].pattern);
    pcre2_match_context_free(f->limits);
    pcre2_match_data_free(f->data);
    free(f);
}

static bool found(const struct filter *f, const struct term *term, struct text value)
{
    const char *s = value.s ? value.s : "";
    return pcre2_match(term->pattern, (PCRE2_SPTR)s, value.len, 0, 0, f->data, f->limits) >= 0;
}

static bool term_found(const struct filter *f, const struct term *term,
    const struct filter_field *fields, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if ((!term->field[0] || strcmp(term->field, fields[i].name) == 0) &&
            found(f, term, fields[i].value))
            return true;
    return false;
}

bool filter_matches(const struct filter *f, const struct filter_field *fields, size_t count)
{
    for (size_t i = 0; f && i < f->count; i++)
        if (term_found(f, &f->terms[i], fields, count) == f->terms[i].negated)
            return false;
    return true;
}

/* Nothing is no piece: "a*" finds it everywhere. */
static bool find_piece(const struct filter *f, const struct term *term, struct text value,
    size_t from, size_t *start, size_t *end)
{
    const PCRE2_SIZE *found = pcre2_get_ovector_pointer(f->data);
    while (from < value.len && pcre2_match(term->pattern, (PCRE2_SPTR)value.s, value.len, from, 0,
                                   f->data, f->limits) >= 0) {
        if (found[1] > found[0]) {
            *start = found[0];
            *end = found[1];
            return true;
        }
        from = found[1] + 1;
    }
    return false;
}

bool filter_find(const struct filter *f, const char *field, struct text value, size_t from,
    size_t *start, size_t *end)
{
    bool any = false;
    size_t s, e;
    for (size_t i = 0; f && i < f->count; i++) {
        const struct term *term = &f->terms[i];
        if (term->negated || (term->field[0] && strcmp(term->field, field) != 0) ||
            !find_piece(f, term, value, from, &s, &e) || (any && s >= *start))
            continue;
        *start = s;
        *end = e;
        any = true;
    }
    return any;
}

/* A plain word that grows, or one more term. Expressions, quotes and fields may mean something else with
 * one more byte, and what must not be there may be there again. */
bool filter_narrows(struct text first, struct text second)
{
    if (second.len <= first.len || memcmp(first.s, second.s, first.len) != 0)
        return false;
    struct text more = {second.s + first.len, second.len - first.len};
    size_t begin = first.len;
    while (begin > 0 && first.s[begin - 1] != ' ')
        begin--;
    bool word = begin < first.len && (is_name_byte(first.s[begin]) || first.s[begin] > '~');
    return !memchr(first.s, '"', first.len) && !memchr(first.s, '/', first.len) &&
           !memchr(more.s, ':', more.len) && (more.s[0] == ' ' || word);
}
