/* Chat templates. Whether one is right only Jinja can tell; whether it is cut off shows in its
 * brackets. As in Jinja's own reading, what stands in quotes inside a tag does not end it, nor does
 * "}}" while a brace is open. */
#include "client/model_folder_internal.h"

#include <string.h>

struct scan {
    const char *s;
    size_t n, at;
};

static bool stands(const struct scan *t, const char *two)
{
    return t->at + 1 < t->n && t->s[t->at] == two[0] && t->s[t->at + 1] == two[1];
}

/* Goes behind the quote that ends the string at `at`; false when none does. */
static bool skip_string(struct scan *t)
{
    char quote = t->s[t->at++];
    for (; t->at < t->n && t->s[t->at] != quote; t->at++)
        t->at += t->s[t->at] == '\\';
    return t->at++ < t->n;
}

/* Goes behind the tag's end; false when it has none. */
static bool skip_tag(struct scan *t, const char *end)
{
    size_t open = 0;
    while (t->at < t->n) {
        char c = t->s[t->at];
        if (open == 0 && stands(t, end)) {
            t->at += 2;
            return true;
        }
        if (c == '\'' || c == '"') {
            if (!skip_string(t))
                return false;
            continue;
        }
        open += c == '{' || c == '[' || c == '(';
        open -= open > 0 && (c == '}' || c == ']' || c == ')');
        t->at++;
    }
    return false;
}

static bool skip_comment(struct scan *t)
{
    for (; t->at < t->n; t->at++)
        if (stands(t, "#}")) {
            t->at += 2;
            return true;
        }
    return false;
}

static bool balanced(const char *s, size_t n)
{
    for (struct scan t = {s, n, 0}; t.at < n;) {
        const char *end = stands(&t, "{{") ? "}}" : stands(&t, "{%") ? "%}" : NULL;
        bool comment = stands(&t, "{#");
        t.at += end || comment ? 2 : 1;
        if ((end && !skip_tag(&t, end)) || (comment && !skip_comment(&t)))
            return false;
    }
    return true;
}

/* Inside {% raw %} anything goes, so then brackets say nothing. */
static bool has_raw(const char *s, size_t n)
{
    return memmem(s, n, "endraw", 6) != NULL;
}

const char *folder_template_flaw(const char *s, size_t n)
{
    if (n == 0)
        return "empty";
    if (!text_is_utf8(s, n))
        return "not valid UTF-8";
    if (!has_raw(s, n) && !balanced(s, n))
        return "a {{ or {% is not closed";
    if (!memmem(s, n, "messages", 8))
        return "does not use messages";
    return NULL;
}

void folder_check_template(struct folder *f, struct found *file)
{
    struct buf b;
    if (!folder_bytes(f, file, FOLDER_TEXT_MAX, &b))
        return;
    f->facts.chat_template |= b.len > 0 && strcmp(file->raw, "chat_template.jinja") == 0;
    const char *flaw = folder_template_flaw(buf_str(&b), b.len);
    if (flaw)
        folder_flaw(f, file, "%s", flaw);
    buf_release(&b);
}
