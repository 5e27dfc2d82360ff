/* .gitattributes. The Hub writes its own and adds to it what an upload needs, so a local one stays here; it
 * is looked into for those who send it all the same: then it replaces the Hub's, and what it does not
 * give to LFS can no longer be sent (§8.2, §9). */
#include "client/model_folder_internal.h"

#include <fnmatch.h>
#include <string.h>

enum { LFS_BYTES = 10 << 20, PATTERN_MAX = 256, STARS_MAX = 6 };

/* A pattern without a slash is for names in any folder; one in front only says that it is none of those. */
static bool covers(const char *pattern, const char *raw)
{
    const char *slash = strrchr(raw, '/');
    bool whole = strchr(pattern, '/') != NULL, deep = strstr(pattern, "**") != NULL;
    return fnmatch(pattern + (pattern[0] == '/'), whole || !slash ? raw : slash + 1,
               whole && !deep ? FNM_PATHNAME : 0) == 0;
}

/* fnmatch tries every way to share a name out among the stars: a pattern with many is made to hurt. */
static bool is_sane(const char *pattern)
{
    int stars = 0;
    for (; *pattern; pattern++)
        stars += *pattern == '*';
    return stars <= STARS_MAX;
}

/* Whether the line "PATTERN filter=lfs …" is for that path. */
static bool line_covers(const char *line, size_t n, const char *raw)
{
    char pattern[PATTERN_MAX];
    size_t length = 0;
    while (length < n && !strchr(" \t", line[length]))
        length++;
    if (length == 0 || length >= sizeof pattern || line[0] == '#' ||
        !memmem(line + length, n - length, "filter=lfs", 10))
        return false;
    memcpy(pattern, line, length);
    pattern[length] = '\0';
    return is_sane(pattern) && covers(pattern, raw);
}

static bool gives_to_lfs(const char *text, const char *raw)
{
    for (const char *line = text; *line;) {
        size_t n = strcspn(line, "\n");
        if (line_covers(line, n, raw))
            return true;
        line += n + (line[n] == '\n');
    }
    return false;
}

static bool is_large(const struct found *file)
{
    return file->as == FOUND_FILE && file->line.size > LFS_BYTES &&
           file->rule->whole != CHECK_KEEP_OUT;
}

static void check_lines(struct folder *f, struct found *file, const char *text)
{
    if (!gives_to_lfs(text, "x.safetensors"))
        folder_note(f, file, CHECK_WARNING, "has no line for *.safetensors");
    for (size_t i = 0; i < f->count; i++)
        if (is_large(&f->files[i]) && !gives_to_lfs(text, f->files[i].raw)) {
            folder_note(f, file, CHECK_WARNING, "has no line for %s, too large for Git alone",
                f->files[i].raw);
            return;
        }
}

void folder_check_gitattributes(struct folder *f, struct found *file)
{
    struct buf b;
    if (!folder_bytes(f, file, FOLDER_SMALL_MAX, &b))
        return;
    check_lines(f, file, buf_str(&b));
    folder_note(f, file, CHECK_PRESENT, "%s", file->rule->why);
    if (file->line.state == CHECK_VALID)
        file->line.state = CHECK_PRESENT;
    buf_release(&b);
}
