/* What holds for every file, before and behind the check of its own row: it is a regular file under a name
 * that the Hub can take, readable, not the pointer that Git leaves in place of a large file, holds no
 * keys, and stays the same while it is looked into. What is left out by default is not read at all,
 * except where its row says so. */
#include "client/model_folder_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { POINTER_MAX = 1024 };

/* It cannot go: a blocker unless nobody would miss it. */
static void refuse(struct folder *f, struct found *file, const char *why)
{
    bool missed = folder_serves(file->line.kind) || file->line.kind == CHECK_RECOMMENDED;
    folder_note(f, file, missed ? CHECK_BAD : CHECK_WARNING, missed ? "%s" : "%s; left out", why);
    file->line.send = false;
}

/* ---- names ------------------------------------------------------------------------------------- */

static size_t characters(const char *s)
{
    size_t n = 0;
    for (; *s; s++)
        n += ((unsigned char)*s & 0xC0) != 0x80;
    return n;
}

/* A name is sent as it is, and shown cleaned: both must be the same, or somebody agrees to something
 * else than is done. */
static const char *name_flaw(const struct found *file)
{
    if (!text_is_utf8(file->raw, strlen(file->raw)))
        return "its name is not valid UTF-8";
    if (strcmp(file->raw, file->line.path.s) != 0)
        return "its name holds what cannot be shown";
    if (characters(file->raw) > FOLDER_PATH_MAX)
        return "its name is longer than the Hub takes";
    return NULL;
}

static const char *base_name(const char *raw)
{
    const char *slash = strrchr(raw, '/');
    return slash ? slash + 1 : raw;
}

static bool ends_with(const char *s, const char *end)
{
    size_t n = strlen(s), m = strlen(end);
    return n >= m && strcmp(s + n - m, end) == 0;
}

/* Where people keep keys: .env, .netrc, prod.env … */
static bool may_hold_keys(const char *raw)
{
    const char *name = base_name(raw);
    return (name[0] == '.' && strcmp(name, ".gitattributes") != 0) || ends_with(name, ".env");
}

/* ---- content ----------------------------------------------------------------------------------- */

static bool is_pointer(int fd, int64_t size)
{
    static const char begins[] = "version https://git-lfs";
    char head[sizeof begins - 1];
    return size <= POINTER_MAX && pread(fd, head, sizeof head, 0) == (ssize_t)sizeof head &&
           memcmp(head, begins, sizeof head) == 0;
}

static void check_content(struct folder *f, struct found *file)
{
    if (is_pointer(f->fd, file->line.size)) {
        folder_stop(f, file, "a Git LFS pointer, not the file itself: git lfs pull");
        return;
    }
    if (file->rule->check)
        file->rule->check(f, file);
    else if (file->line.size == 0 && !ends_with(file->raw, ".py"))
        folder_note(f, file, CHECK_WARNING, "empty");
    folder_search_keys(f, file);
}

static bool is_as_listed(const struct found *file, const struct stat *st)
{
    return st->st_size == file->line.size && folder_modified_ns(st) == file->line.modified_ns;
}

static void check_open(struct folder *f, struct found *file)
{
    struct stat st;
    struct err e;
    f->fd = folder_open_file(f->root, file->raw, &st, &e);
    if (f->fd < 0) {
        refuse(f, file, e.message);
        file->line.size = -1;
        return;
    }
    if (is_as_listed(file, &st))
        check_content(f, file);
    if (!is_as_listed(file, &st) || fstat(f->fd, &st) || !is_as_listed(file, &st))
        folder_stop(f, file, "changed while it was being checked");
    close(f->fd);
    f->fd = -1;
}

/* ---- the file ---------------------------------------------------------------------------------- */

/* The size stays only where the file could be sent if somebody asked for it. */
static void keep_out(struct folder *f, struct found *file)
{
    const char *flaw = file->as == FOUND_FILE ? name_flaw(file) : NULL;
    if (file->as == FOUND_FOLDER_HIDDEN)
        folder_note(f, file, CHECK_PRESENT, "%s", found_words(file->as));
    else
        folder_note(f, file, CHECK_PRESENT, "%s", folder_why_out(f, file));
    if (file->as == FOUND_FILE && !flaw && faccessat(f->root, file->raw, R_OK, AT_EACCESS))
        flaw = "cannot be read";
    if (flaw)
        folder_note(f, file, CHECK_PRESENT, "%s", flaw);
    if (file->as != FOUND_FILE || flaw)
        file->line.size = -1;
    file->line.state = CHECK_PRESENT;
}

enum check_kind folder_kind_of(const struct folder *f, const struct found *file)
{
    if (file->as == FOUND_FOLDER_HIDDEN || folder_is_spare_pickle(f, file))
        return CHECK_KEEP_OUT;
    if (folder_is_spare_tokenizer(f, file->raw))
        return CHECK_OPTIONAL;
    return f->adapter ? file->rule->adapter : file->rule->whole;
}

static bool is_looked_into(const struct folder *f, const struct found *file)
{
    if (file->line.kind != CHECK_KEEP_OUT)
        return true;
    return file->rule->check && file->as == FOUND_FILE && !folder_is_spare_pickle(f, file);
}

void folder_check_file(struct folder *f, struct found *file)
{
    struct check_file *line = &file->line;
    const char *flaw = name_flaw(file);
    line->kind = folder_kind_of(f, file);
    line->send = line->kind != CHECK_KEEP_OUT;
    line->guarded = may_hold_keys(file->raw);
    if (!is_looked_into(f, file))
        keep_out(f, file);
    else if (file->as != FOUND_FILE)
        refuse(f, file, found_words(file->as));
    else if (flaw)
        refuse(f, file, flaw);
    else
        check_open(f, file);
    if (line->result.len > 0 || line->state != CHECK_VALID)
        return;
    line->state = file->rule->check ? CHECK_VALID : CHECK_PRESENT;
    line->result = file->rule->check ? TEXT("valid") : TEXT("present");
}
