/* The marked words of db.h: "{name argument argument}" becomes the driver's form of it, with "%1"
 * and "%2" in the form replaced by the arguments. Words come from our own statements, never from
 * outside; braces that hold no word (json texts) are kept. */
#include "client/db_internal.h"

#include <string.h>

struct piece {
    const char *s;
    size_t n;
};

/* Cuts "name a b" at its spaces; returns how many pieces, at most DB_WORD_ARGS + 1. The last one
 * takes the rest, so an argument may hold spaces there. */
static size_t cut(const char *s, size_t n, struct piece pieces[DB_WORD_ARGS + 1])
{
    size_t count = 0;
    while (n > 0 && count < DB_WORD_ARGS) {
        const char *space = memchr(s, ' ', n);
        size_t length = space ? (size_t)(space - s) : n;
        pieces[count++] = (struct piece){s, length};
        s += length + (space ? 1 : 0);
        n -= length + (space ? 1 : 0);
    }
    if (n > 0)
        pieces[count++] = (struct piece){s, n};
    return count;
}

static const struct db_word *find(const struct db_word *words, struct piece name)
{
    for (; words->name; words++)
        if (strlen(words->name) == name.n && memcmp(words->name, name.s, name.n) == 0)
            return words;
    return NULL;
}

static int append_form(struct buf *out, const char *form, const struct piece *pieces, size_t count)
{
    int failed = 0;
    for (; *form; form++) {
        size_t i =
            form[0] == '%' && (form[1] == '1' || form[1] == '2') ? (size_t)(form[1] - '0') : 0;
        if (i == 0)
            failed |= buf_char(out, *form);
        else if (i < count)
            failed |= buf_append(out, pieces[i].s, pieces[i].n);
        form += i > 0;
    }
    return failed;
}

/* What is between the braces. Returns how many bytes of the statement it took with them, 0 when it
 * is no word. */
static size_t append_word(const struct db_word *words, const char *s, struct buf *out, int *failed)
{
    struct piece pieces[DB_WORD_ARGS + 1];
    size_t n = strcspn(s + 1, "{}");
    if (s[1 + n] != '}')
        return 0;
    size_t count = cut(s + 1, n, pieces);
    const struct db_word *word = count > 0 ? find(words, pieces[0]) : NULL;
    if (!word)
        return 0;
    *failed |= append_form(out, word->form, pieces, count);
    return n + 2;
}

int db_translate(const struct db_word *words, const char *sql, struct buf *out)
{
    int failed = 0;
    while (*sql) {
        size_t plain = strcspn(sql, "{");
        failed |= buf_append(out, sql, plain);
        sql += plain;
        size_t used = *sql ? append_word(words, sql, out, &failed) : 0;
        if (*sql && used == 0) {
            failed |= buf_char(out, '{');
            used = 1;
        }
        sql += used;
    }
    return failed ? -1 : 0;
}
