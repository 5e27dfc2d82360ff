/* README.md and its front matter. Of YAML only what model cards are made of is read: "key: value" and
 * "key:" with a list below, at the left edge. Everything else is passed over: it may be right, and the
 * Hub has the last word (validate-yaml). Only what can be no YAML whatever stands around it is doubted. */
#include "client/model_folder_internal.h"

#include <ctype.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

struct line {
    const char *s;
    size_t n;
};

struct card_reader {
    struct arena *arena;
    struct folder_card *out;
    struct buf *doubt;
    size_t number;     /* of the line, from 1 */
    const char **list; /* the field that a list's first item goes to */
    bool in_list;      /* lines with "- " may follow */
    bool unsure;       /* inside something that is not read */
    unsigned seen;     /* a bit for each field */
};

static const struct {
    const char *key;
    size_t offset;
} fields[] = {
    {"license", offsetof(struct folder_card, license)},
    {"library_name", offsetof(struct folder_card, library_name)},
    {"pipeline_tag", offsetof(struct folder_card, pipeline_tag)},
    {"base_model", offsetof(struct folder_card, base_model)},
};

/* ---- lines and values ---------------------------------------------------------------------------- */

/* Takes one line off the front. */
static bool next_line(struct line *rest, struct line *out)
{
    if (rest->n == 0)
        return false;
    const char *end = memchr(rest->s, '\n', rest->n);
    size_t n = end ? (size_t)(end - rest->s) : rest->n;
    *out = (struct line){rest->s, n};
    rest->s += n + (end != NULL);
    rest->n -= n + (end != NULL);
    if (out->n > 0 && out->s[out->n - 1] == '\r')
        out->n--;
    return true;
}

static struct line trim(struct line l)
{
    while (l.n > 0 && strchr(" \t", l.s[0])) {
        l.s++;
        l.n--;
    }
    while (l.n > 0 && strchr(" \t", l.s[l.n - 1]))
        l.n--;
    return l;
}

static bool is_word(struct line l, const char *word)
{
    return l.n == strlen(word) && memcmp(l.s, word, l.n) == 0;
}

/* Cuts a comment off: '#' at the beginning or behind a space. */
static struct line uncomment(struct line l)
{
    for (size_t i = 0; i < l.n; i++)
        if (l.s[i] == '#' && (i == 0 || strchr(" \t", l.s[i - 1])))
            return trim((struct line){l.s, i});
    return l;
}

/* 'x' or "x"; false when it is not closed on this line or holds escapes. */
static bool unquote(struct line l, struct line *out)
{
    const char *end = memchr(l.s + 1, l.s[0], l.n - 1);
    if (!end)
        return false;
    size_t n = (size_t)(end - l.s) - 1;
    struct line behind = uncomment(trim((struct line){end + 1, l.n - n - 2}));
    *out = (struct line){l.s + 1, n};
    return behind.n == 0 && !memchr(out->s, '\\', n);
}

/* "[a, b]": its first item, when all of it is on the line and plain. */
static bool first_item(struct line l, struct line *out)
{
    const char *end = memchr(l.s, ']', l.n);
    if (!end)
        return false;
    size_t n = strcspn(l.s + 1, ",]");
    *out = trim((struct line){l.s + 1, n});
    return true;
}

/* The value of a scalar; n = 0 for none. False when it is something that is not read. */
static bool read_scalar(struct line l, struct line *out)
{
    l = trim(l);
    *out = (struct line){l.s, 0};
    if (l.n > 0 && l.s[0] == '[' && !first_item(l, &l))
        return false;
    if (l.n > 0 && strchr("'\"", l.s[0]))
        return unquote(l, out);
    if (l.n > 0 && strchr("[{|>&*!%@`", l.s[0]))
        return false;
    *out = uncomment(l);
    if (is_word(*out, "null") || is_word(*out, "~"))
        out->n = 0;
    return true;
}

static void store(struct card_reader *r, const char **to, struct line value)
{
    if (to && value.n > 0 && !memchr(value.s, '\0', value.n))
        *to = arena_dup(r->arena, value.s, value.n);
}

/* ---- the lines of the front matter ----------------------------------------------------------------- */

static void doubt(struct card_reader *r, const char *why)
{
    if (r->doubt->len == 0)
        buf_printf(r->doubt, "line %zu %s", r->number, why);
}

static const char **field_of(struct card_reader *r, struct line key)
{
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        if (!is_word(key, fields[i].key))
            continue;
        if (r->seen & 1u << i)
            doubt(r, "gives a key a second time");
        r->seen |= 1u << i;
        return (const char **)(void *)((char *)r->out + fields[i].offset);
    }
    return NULL;
}

/* Bytes of the key that the line begins with, 0 = it does not begin with one. */
static size_t key_length(struct line l)
{
    size_t n = 0;
    while (n < l.n && (isalnum((unsigned char)l.s[n]) || strchr("_-. /", l.s[n])))
        n++;
    bool colon = n > 0 && n < l.n && l.s[n] == ':';
    return colon && (n + 1 == l.n || strchr(" \t", l.s[n + 1])) ? n : 0;
}

static void read_key(struct card_reader *r, struct line l, size_t key)
{
    struct line value, text = trim((struct line){l.s + key + 1, l.n - key - 1});
    const char **to = field_of(r, (struct line){l.s, key});
    r->unsure = !read_scalar(text, &value);
    r->in_list = !r->unsure && uncomment(text).n == 0;
    r->list = r->in_list ? to : NULL;
    if (!r->unsure)
        store(r, to, value);
}

static void read_item(struct card_reader *r, struct line l)
{
    struct line value;
    if (read_scalar((struct line){l.s + 1, l.n - 1}, &value))
        store(r, r->list, value);
    r->list = NULL; /* the first counts */
}

static bool is_item(struct line l)
{
    return l.n > 0 && l.s[0] == '-' && (l.n == 1 || l.s[1] == ' ');
}

static void read_line(struct card_reader *r, struct line l)
{
    struct line inner = trim(l);
    bool indented = l.n > 0 && strchr(" \t", l.s[0]);
    size_t key = indented ? 0 : key_length(l);
    if (inner.n == 0 || inner.s[0] == '#')
        return;
    if (key > 0)
        read_key(r, l, key);
    else if (is_item(inner) && r->in_list)
        read_item(r, inner);
    else if (indented && l.s[0] == '\t' && !r->unsure)
        doubt(r, "begins with a tab");
    else if (!indented && strchr("'\"?{", l.s[0]))
        r->unsure = true; /* a key in quotes, or the like */
    else if (!indented && !r->unsure)
        doubt(r, "is no \"key: value\"");
}

/* Points `inside` at the lines between the two "---". */
static bool find_front_matter(const char *s, size_t n, struct line *inside, size_t *number)
{
    struct line rest = {s, n}, l;
    *number = 1;
    if (n >= 3 && memcmp(s, "\xEF\xBB\xBF", 3) == 0)
        rest = (struct line){s + 3, n - 3};
    while (next_line(&rest, &l) && trim(l).n == 0)
        ++*number;
    if (!is_word(trim(l), "---"))
        return false;
    inside->s = rest.s;
    while (next_line(&rest, &l))
        if (l.n >= 3 && is_word(trim(l), "---") && l.s[0] == '-') {
            inside->n = (size_t)(l.s - inside->s);
            return true;
        }
    return false;
}

bool folder_card_read(
    const char *s, size_t n, struct arena *a, struct folder_card *out, struct buf *doubts)
{
    struct line inside, l;
    struct card_reader r = {.arena = a, .out = out, .doubt = doubts};
    *out = (struct folder_card){0};
    if (n == 0 || !find_front_matter(s, n, &inside, &r.number))
        return false;
    while (next_line(&inside, &l)) {
        r.number++;
        read_line(&r, l);
    }
    return true;
}

/* ---- README.md ----------------------------------------------------------------------------------- */

static void check_lacking(struct folder *f, struct found *file)
{
    const struct folder_card *c = &f->card;
    const struct {
        const char *name, *value;
    } wanted[] = {
        {"pipeline_tag", c->pipeline_tag},
        {"library_name", c->library_name},
        {"license", c->license},
        {"base_model", f->adapter ? c->base_model : ""},
    };
    struct buf b;
    buf_init(&b, 256);
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        if (!wanted[i].value)
            buf_printf(&b, "%s%s", b.len ? ", " : "", wanted[i].name);
    if (b.len)
        folder_note(f, file, CHECK_WARNING, "no %s", buf_str(&b));
    buf_release(&b);
}

static void check_fields(struct folder *f, struct found *file)
{
    struct folder_card *c = &f->card;
    const char *task = c->pipeline_tag;
    if (c->base_model && !folder_is_repo_name(c->base_model)) {
        folder_note(f, file, CHECK_WARNING, "base_model %s is no model of the Hub", c->base_model);
        c->base_model = NULL;
    } else {
        check_lacking(f, file);
    }
    f->facts.text_generation |= task && strcmp(task, "text-generation") == 0;
    if (task && strcmp(task, "text-generation") != 0 && strcmp(task, "image-text-to-text") != 0)
        folder_note(f, file, CHECK_WARNING, "pipeline_tag is %s, not text-generation", task);
}

void folder_check_card(struct folder *f, struct found *file)
{
    struct buf b, doubts;
    if (!folder_bytes(f, file, FOLDER_TEXT_MAX, &b))
        return;
    buf_init(&doubts, 256);
    if (!text_is_utf8(buf_str(&b), b.len))
        folder_flaw(f, file, "not valid UTF-8");
    else if (!folder_card_read(buf_str(&b), b.len, f->scratch, &f->card, &doubts))
        folder_flaw(f, file, "no front matter, so no task, library and licence");
    else
        check_fields(f, file);
    if (doubts.len)
        folder_note(f, file, CHECK_WARNING, "%s", buf_str(&doubts));
    buf_release(&doubts);
    buf_release(&b);
}
