/* git_attributes: one reading of the file for whoever asks. Foreign: lines and patterns are bounded, and what is
 * longer is not looked at. */
#include "client/git_attributes.h"

#include <string.h>

/* ---- patterns -------------------------------------------------------------------------------- */

/* A class like [a-z] against one character; *p is set behind it. Unclosed, it is a mere bracket. */
static bool fits_class(const char **p, char c)
{
    const char *s = *p + 1;
    bool negate = *s == '!' || *s == '^', found = false;
    s += negate;
    for (bool first = true; *s && (*s != ']' || first); first = false, s++) {
        char low = *s;
        if (s[1] == '-' && s[2] && s[2] != ']')
            s += 2;
        found |= low <= c && c <= *s;
    }
    if (*s != ']')
        return *(*p)++ == c;
    *p = s + 1;
    return found != negate;
}

/* Where to go on when what follows a star does not fit: behind it in the pattern, one further in the path. */
struct star {
    const char *pattern, *path; /* pattern NULL = none yet */
    bool folders;               /* "**": may pass '/' */
    bool whole;                 /* "**" and '/': passes whole folders only */
};

/* Behind the star at p; "**" and '/' may also stand for nothing. */
static const char *begin_star(const char *p, const char *s, struct star *one, struct star *two)
{
    bool folders = p[1] == '*';
    while (*p == '*')
        p++;
    struct star star = {p + (folders && *p == '/'), s, folders, folders && *p == '/'};
    *(folders ? two : one) = star;
    if (folders)
        one->pattern = NULL; /* what was before it is settled */
    return star.pattern;
}

/* Lets the star have more. False: it cannot. */
static bool extend(struct star *star)
{
    if (!star->pattern || !*star->path || (!star->folders && *star->path == '/'))
        return false;
    const char *slash = star->whole ? strchr(star->path, '/') : NULL;
    if (star->whole && !slash)
        return false;
    star->path = star->whole ? slash + 1 : star->path + 1;
    return true;
}

/* Only the last star of each kind is gone back to, so that a hostile pattern cannot hurt. */
static bool fits(const char *p, const char *s)
{
    struct star one = {.pattern = NULL}, two = {.pattern = NULL};
    while (*s || *p) {
        const char *next = p;
        if (*p == '*') {
            p = begin_star(p, s, &one, &two);
            continue;
        }
        bool same = *s && (*p == '['      ? fits_class(&next, *s)
                              : *p == '?' ? (next++, *s != '/')
                                          : (next++, *p == *s));
        if (same) {
            p = next;
            s++;
        } else if (extend(&one)) {
            p = one.pattern;
            s = one.path;
        } else if (extend(&two)) {
            one.pattern = NULL;
            p = two.pattern;
            s = two.path;
        } else {
            return false;
        }
    }
    return true;
}

/* A pattern without a slash is one for names in any folder. */
bool git_attributes_covers(const char *pattern, const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!strchr(pattern, '/'))
        return fits(pattern, slash ? slash + 1 : path);
    return fits(pattern[0] == '/' ? pattern + 1 : pattern, path);
}

/* ---- lines ----------------------------------------------------------------------------------- */

void git_attributes_add(struct git_attributes *g, const char *pattern, bool lfs)
{
    if (g->count < GIT_ATTRIBUTES_MAX && strlen(pattern) <= GIT_ATTRIBUTES_PATTERN_MAX)
        g->rows[g->count++] = (struct git_attributes_row){pattern, lfs};
}

static char *next_word(char **rest)
{
    char *word = *rest + strspn(*rest, " \t\r");
    size_t n = strcspn(word, " \t\r");
    *rest = word + n + (word[n] != '\0');
    word[n] = '\0';
    return word;
}

/* "filter=lfs" says yes, another filter or none says no; a line that does not speak of it says nothing. */
static void read_line(struct git_attributes *g, char *line)
{
    char *pattern = next_word(&line);
    if (!pattern[0] || pattern[0] == '#')
        return;
    for (char *word = next_word(&line); word[0]; word = next_word(&line))
        if (strncmp(word, "filter=", 7) == 0 || strcmp(word, "-filter") == 0 ||
            strcmp(word, "!filter") == 0)
            git_attributes_add(g, pattern, strcmp(word, "filter=lfs") == 0);
}

struct git_attributes *git_attributes_read(struct arena *a, const char *text, size_t n)
{
    struct git_attributes *g = arena_alloc(a, sizeof *g);
    char *line = g && text ? arena_dup(a, text, n) : NULL;
    for (char *end; line && *line; line = end) {
        end = line + strcspn(line, "\n");
        if (*end)
            *end++ = '\0';
        read_line(g, line);
    }
    return line || !text ? g : NULL;
}

bool git_attributes_lfs(const struct git_attributes *g, const char *path)
{
    for (size_t i = g->count; i > 0; i--)
        if (git_attributes_covers(g->rows[i - 1].pattern, path))
            return g->rows[i - 1].lfs;
    return false;
}
