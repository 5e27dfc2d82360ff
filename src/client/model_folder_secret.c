/* Keys in text files. What begins like a key, is as long as one and looks thrown together is taken for one
 * (spec/huggingface.md §7.4). Such a file is left out unless the model cannot be served without it: then
 * somebody has to take the key out first. */
#include "client/model_folder_internal.h"

#include <ctype.h>
#include <string.h>

enum {
    SEARCHED_MAX = 1 << 20, /* larger files are not searched */
    LETTERS_MIN = 30,       /* behind the prefix */
    DIFFERENT_MIN = 8       /* of them: "hf_xxxxxxxx…" is an example in somebody's README */
};

/* The last character is searched for; '-' and '_' may follow in those with dashes. */
static const struct {
    const char *prefix;
    bool dashes;
} keys[] = {{"hf_", false}, {"rpa_", false}, {"rps_", false}, {"sk-", true}};

static bool is_letter(char c, bool dashes)
{
    return isalnum((unsigned char)c) || (dashes && (c == '-' || c == '_'));
}

/* Whether `s`, which stands behind the prefix, goes on like a key. */
static bool is_thrown_together(const char *s, bool dashes)
{
    bool seen[256] = {false}, digit = false;
    size_t letters = 0, different = 0;
    for (; is_letter(*s, dashes); s++, letters++) {
        different += !seen[(unsigned char)*s];
        seen[(unsigned char)*s] = true;
        digit |= isdigit((unsigned char)*s) != 0;
    }
    return letters >= LETTERS_MIN && different >= DIFFERENT_MIN && (digit || !dashes);
}

/* Whether the prefix ends at `at`, and no word runs into it. */
static bool ends_at(const char *text, const char *at, const char *prefix)
{
    size_t n = strlen(prefix);
    if ((size_t)(at - text) + 1 < n || memcmp(at + 1 - n, prefix, n) != 0)
        return false;
    return at + 1 - n == text || !isalnum((unsigned char)at[-(ptrdiff_t)n]);
}

static const char *find_key(const char *text)
{
    for (const char *at = text; (at = strpbrk(at, "_-")); at++)
        for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
            if (ends_at(text, at, keys[i].prefix) && is_thrown_together(at + 1, keys[i].dashes))
                return keys[i].prefix;
    return NULL;
}

static void found_key(struct folder *f, struct found *file, const char *prefix)
{
    bool needed = folder_serves(file->line.kind);
    folder_note(f, file, needed ? CHECK_BAD : CHECK_WARNING,
        "holds what looks like a key (%s\u2026)%s", prefix,
        needed ? ": take it out of the file" : "; left out");
    file->line.guarded = true;
    if (needed)
        return;
    file->line.kind = CHECK_KEEP_OUT;
    file->line.send = false;
}

/* Only in text: random bytes look like anything. */
void folder_search_keys(struct folder *f, struct found *file)
{
    struct buf b;
    if (file->line.size > SEARCHED_MAX || !file->line.send)
        return;
    buf_init(&b, SEARCHED_MAX);
    if (folder_read_whole(f->fd, (size_t)file->line.size, &b) == 0 &&
        text_is_utf8(buf_str(&b), b.len)) {
        const char *prefix = find_key(buf_str(&b));
        if (prefix)
            found_key(f, file, prefix);
    }
    buf_release(&b);
}
