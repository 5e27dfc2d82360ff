/* Which files git-lfs keeps, and which git leaves out: patterns as in .gitattributes and
 * .gitignore.
 *
 * One matcher serves both. It cuts the pattern into steps and walks the path once, keeping the set
 * of all steps the pattern may be at: no backtracking, so a hostile pattern costs its length times
 * the path's and no more. */
#include "base/text.h"
#include "sim/hub_rules.h"

#include <string.h>

#define LFS " filter=lfs diff=lfs merge=lfs -text\n"
const char hub_default_attributes[] =
    "*.7z" LFS "*.arrow" LFS "*.bin" LFS "*.bz2" LFS "*.ckpt" LFS "*.ftz" LFS "*.gz" LFS "*.h5" LFS
    "*.joblib" LFS "*.lfs.*" LFS "*.mlmodel" LFS "*.model" LFS "*.msgpack" LFS "*.npy" LFS
    "*.npz" LFS "*.onnx" LFS "*.ot" LFS "*.parquet" LFS "*.pb" LFS "*.pickle" LFS "*.pkl" LFS
    "*.pt" LFS "*.pth" LFS "*.rar" LFS "*.safetensors" LFS "saved_model/**/*" LFS "*.tar.*" LFS
    "*.tar" LFS "*.tflite" LFS "*.tgz" LFS "*.wasm" LFS "*.xz" LFS "*.zip" LFS "*.zst" LFS
    "*tfevents*" LFS;

/* ---- one pattern ----------------------------------------------------------------------------- */

struct named_class {
    const char *name;
    const char *members;
};
static const struct named_class named_classes[] = {
    {"[:space:]", " \t\n\v\f\r"},
    {"[:digit:]", "0123456789"},
    {"[:alpha:]", "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"},
    {"[:upper:]", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"},
    {"[:lower:]", "abcdefghijklmnopqrstuvwxyz"},
};

/* The named class at `p`, NULL when there is none. */
static const struct named_class *named_class_at(const char *p)
{
    for (size_t i = 0; i < sizeof named_classes / sizeof *named_classes; i++)
        if (strncmp(p, named_classes[i].name, strlen(named_classes[i].name)) == 0)
            return &named_classes[i];
    return NULL;
}

/* Whether c is in the class that begins behind '['; *end is set behind its ']', NULL when unclosed.
 */
static bool in_class(const char *p, unsigned char c, const char **end)
{
    bool negate = *p == '!' || *p == '^', found = false;
    p += negate;
    for (bool first = true; *p && (*p != ']' || first); first = false) {
        const struct named_class *named = named_class_at(p);
        if (named) {
            found |= c && strchr(named->members, c);
            p += strlen(named->name);
            continue;
        }
        if (*p == '\\' && p[1])
            p++;
        unsigned char low = (unsigned char)*p++, high = low;
        if (*p == '-' && p[1] && p[1] != ']') {
            high = (unsigned char)p[1];
            p += 2;
        }
        found |= c >= low && c <= high;
    }
    *end = *p == ']' ? p + 1 : NULL;
    return found != negate;
}

/* Matches one pattern element (not a star) against one byte; returns the pattern behind it or NULL.
 */
static const char *match_one(const char *p, unsigned char c)
{
    const char *end = NULL;
    if (*p == '?')
        return c != '/' ? p + 1 : NULL;
    if (*p == '[') {
        bool in = in_class(p + 1, c, &end);
        if (end)
            return in && c != '/' ? end : NULL;
    }
    if (*p == '\\' && p[1])
        p++;
    return (unsigned char)*p == c ? p + 1 : NULL;
}

enum { PATTERN_MAX = 4 * HUB_PATH_MAX };

enum step_kind {
    STEP_ONE,    /* one byte */
    STEP_STAR,   /* any bytes but '/' */
    STEP_DEEP,   /* any bytes */
    STEP_FOLDERS /* no or more whole folders, each with its '/' */
};

struct steps {
    size_t count;
    const char *at[PATTERN_MAX];
    unsigned char kind[PATTERN_MAX];
};

/* Behind one element of a pattern. */
static const char *skip_one(const char *p)
{
    const char *end = NULL;
    if (*p == '[') {
        in_class(p + 1, 0, &end);
        if (end)
            return end;
    }
    return p + 1 + (*p == '\\' && p[1]);
}

static int compile(const char *pattern, struct steps *steps)
{
    steps->count = 0;
    for (const char *p = pattern; *p;) {
        if (steps->count == PATTERN_MAX)
            return -1;
        steps->at[steps->count] = p;
        unsigned char kind = STEP_ONE;
        if (*p == '*') {
            bool starts = p == pattern || p[-1] == '/';
            size_t stars = strspn(p, "*");
            p += stars;
            bool folders = stars >= 2 && starts && *p == '/';
            kind = folders ? STEP_FOLDERS : stars >= 2 && starts && !*p ? STEP_DEEP : STEP_STAR;
            p += folders;
        } else {
            p = skip_one(p);
        }
        steps->kind[steps->count++] = kind;
    }
    return 0;
}

/* The pattern may be before step i now, and so before all that follow steps which may be empty. */
static void enter(const struct steps *steps, bool *state, size_t i)
{
    state[i] = true;
    while (i < steps->count && steps->kind[i] != STEP_ONE)
        state[++i] = true;
}

/* What one byte makes of "may be before step i". */
static void feed(const struct steps *steps, size_t i, char c, bool *next)
{
    if (steps->kind[i] == STEP_ONE) {
        if (match_one(steps->at[i], (unsigned char)c))
            enter(steps, next, i + 1);
    } else if (steps->kind[i] != STEP_STAR || c != '/') {
        next[i] = true;
        if (steps->kind[i] != STEP_FOLDERS || c == '/')
            enter(steps, next, i + 1);
    }
}

static bool glob(const char *pattern, const char *path)
{
    struct steps steps;
    bool state[2][PATTERN_MAX + 1];
    if (compile(pattern, &steps) != 0)
        return false;
    size_t n = steps.count + 1;
    bool *now = state[0], *next = state[1];
    memset(now, 0, n);
    enter(&steps, now, 0);
    for (; *path; path++) {
        memset(next, 0, n);
        for (size_t i = 0; i < steps.count; i++)
            if (now[i])
                feed(&steps, i, *path, next);
        bool *swap = now;
        now = next;
        next = swap;
    }
    return now[steps.count];
}

bool hub_pattern_match(const char *pattern, const char *path)
{
    const char *slash = strchr(pattern, '/');
    if (slash)
        return glob(pattern + (pattern[0] == '/'), path);
    const char *name = strrchr(path, '/');
    return glob(pattern, name ? name + 1 : path);
}

/* ---- .gitattributes -------------------------------------------------------------------------- */

/* Copies the next line without its end; false when there is none. Overlong lines come as empty. */
static bool next_line(const char **text, char line[PATTERN_MAX])
{
    if (!**text)
        return false;
    size_t n = strcspn(*text, "\n");
    size_t keep = n > 0 && (*text)[n - 1] == '\r' ? n - 1 : n;
    if (keep >= PATTERN_MAX)
        keep = 0;
    memcpy(line, *text, keep);
    line[keep] = '\0';
    *text += n + ((*text)[n] == '\n');
    return true;
}

/* What the attributes behind a pattern say about LFS: 1 yes, 0 no, -1 nothing. */
static int lfs_attribute(char *attributes)
{
    int says = -1;
    char *rest = NULL;
    for (char *word = strtok_r(attributes, " \t", &rest); word;
         word = strtok_r(NULL, " \t", &rest)) {
        if (strcmp(word, "filter=lfs") == 0)
            says = 1;
        else if (strncmp(word, "filter=", 7) == 0 || strcmp(word, "-filter") == 0 ||
                 strcmp(word, "!filter") == 0)
            says = 0;
    }
    return says;
}

bool hub_attributes_lfs(const char *attributes, const char *path)
{
    bool lfs = false;
    char line[PATTERN_MAX];
    while (next_line(&attributes, line)) {
        char *pattern = line + strspn(line, " \t");
        size_t n = strcspn(pattern, " \t");
        if (!*pattern || *pattern == '#' || !pattern[n])
            continue;
        pattern[n] = '\0';
        int says = lfs_attribute(pattern + n + 1);
        if (says >= 0 && hub_pattern_match(pattern, path))
            lfs = says == 1;
    }
    return lfs;
}

int hub_attributes_add(struct buf *attributes, const char *path)
{
    if (attributes->len > 0 && attributes->data[attributes->len - 1] != '\n')
        buf_char(attributes, '\n');
    if (!strchr(path, '/') && path[0] == '#')
        buf_char(attributes, '\\');
    for (const char *c = path; *c; c++) {
        if (*c == ' ')
            buf_str_append(attributes, "[[:space:]]");
        else if (strchr("*?[\\", *c))
            buf_printf(attributes, "\\%c", *c);
        else
            buf_char(attributes, *c);
    }
    return buf_str_append(attributes, LFS);
}

/* ---- .gitignore ------------------------------------------------------------------------------ */

static void trim_spaces(char *line)
{
    size_t n = strlen(line);
    while (n > 0 && line[n - 1] == ' ' && !(n > 1 && line[n - 2] == '\\'))
        line[--n] = '\0';
}

/* What the last line that matches exactly this path says. */
static bool last_match(const char *ignore, const char *path, bool folder)
{
    bool ignored = false;
    char line[PATTERN_MAX];
    while (next_line(&ignore, line)) {
        trim_spaces(line);
        bool negate = line[0] == '!';
        char *pattern = line + negate;
        size_t n = strlen(pattern);
        bool folders_only = n > 1 && pattern[n - 1] == '/';
        if (folders_only)
            pattern[n - 1] = '\0';
        if (*pattern && line[0] != '#' && (folder || !folders_only) &&
            hub_pattern_match(pattern, path))
            ignored = !negate;
    }
    return ignored;
}

/* As git walks: what lies in an ignored folder cannot be taken back in. */
bool hub_ignored(const char *ignore, const char *path)
{
    char part[HUB_PATH_MAX + 1];
    for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
        size_t n = (size_t)(slash - path);
        if (n >= sizeof part)
            return false;
        memcpy(part, path, n);
        part[n] = '\0';
        if (last_match(ignore, part, true))
            return true;
    }
    return last_match(ignore, path, false);
}

/* ---- binary or text -------------------------------------------------------------------------- */

/* How many bytes at the end begin a character that is not whole. */
static size_t unfinished(const unsigned char *b, size_t n)
{
    for (size_t k = 1; k <= 3 && k <= n; k++) {
        unsigned char c = b[n - k];
        size_t whole = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
        if (c >= 0xc2 && c <= 0xf4)
            return whole > k ? k : 0;
        if ((c & 0xc0) != 0x80)
            return 0;
    }
    return 0;
}

bool hub_looks_binary(const void *bytes, size_t n, bool cut)
{
    size_t whole = cut ? n - unfinished(bytes, n) : n;
    return memchr(bytes, '\0', n) || !text_is_utf8(bytes, whole);
}
