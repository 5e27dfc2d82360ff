/* .gitattributes: which files Git keeps in LFS. A repository that is only to be created gets one from the Hub
 * (spec/huggingface.md §2.1), so one is written only where a repository is there without. The Hub itself
 * decides per file by what it sees of it (§3); this file is for those who clone.
 *
 * Large or binary files are covered by their extension, except for extensions that are text as a rule: a
 * tokenizer.json of 20 MB is no reason to put every .json into LFS, so it is named. */
#include "client/model_complete_internal.h"

#include "client/git_attributes.h"
#include "client/hub_digest.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum {
    ATTRIBUTES_MAX = 256 << 10, /* a longer one is not looked into */
    LARGE = 10 << 20,           /* the Hub's limit for files that are none of Git LFS (§9) */
    SAMPLE = 8000,
    NAMED_MAX = 8 /* in a sentence */
};

/* §9, in its order. */
static const char *const usual[] = {"*.7z", "*.arrow", "*.bin", "*.bz2", "*.ckpt", "*.ftz", "*.gz",
    "*.h5", "*.joblib", "*.lfs.*", "*.mlmodel", "*.model", "*.msgpack", "*.npy", "*.npz", "*.onnx",
    "*.ot", "*.parquet", "*.pb", "*.pickle", "*.pkl", "*.pt", "*.pth", "*.rar", "*.safetensors",
    "saved_model/**/*", "*.tar.*", "*.tar", "*.tflite", "*.tgz", "*.wasm", "*.xz", "*.zip", "*.zst",
    "*tfevents*"};

/* Those that a model's repository needs in any case. */
static const char *const needed[] = {
    "*.bin", "*.safetensors", "*.h5", "*.msgpack", "*.onnx", "*.arrow", "*.pt", "*.pth"};

static const char *const text_endings[] = {
    ".json", ".jsonl", ".txt", ".md", ".jinja", ".py", ".yaml", ".yml", ".csv", ".html"};

static bool is_usual(const char *path)
{
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
        if (git_attributes_covers(usual[i], path))
            return true;
    return false;
}

/* ---- which files are worth it ------------------------------------------------------------------- */

static int open_line(const struct complete *c, const struct check_file *line)
{
    struct checklist list = {.raw_folder = c->folder};
    return line->origin == CHECK_HERE ? model_folder_open(&list, line, NULL) : -1;
}

/* What is cut in the middle of a character at the sample's end is still text. */
static bool is_binary_sample(const char *s, size_t n, bool cut)
{
    if (memchr(s, '\0', n))
        return true;
    for (size_t drop = 0; drop <= (cut ? 3u : 0u) && drop < n; drop++)
        if (text_is_utf8(s, n - drop))
            return false;
    return n > 0;
}

static bool is_binary(const struct complete *c, const struct check_file *line)
{
    char sample[SAMPLE];
    int fd = open_line(c, line);
    ssize_t n = fd >= 0 ? pread(fd, sample, sizeof sample, 0) : -1;
    if (fd >= 0)
        close(fd);
    return n > 0 && is_binary_sample(sample, (size_t)n, n == SAMPLE);
}

/* What is added is text, unless it is a tokenizer.model, which is one of the usual. */
static bool is_worth_it(const struct complete *c, const struct check_file *line)
{
    return line->send && line->raw_path && line->size > 0 &&
           (line->size > LARGE || is_usual(line->raw_path) || is_binary(c, line));
}

/* ---- the one that is written --------------------------------------------------------------------- */

static const char *ending_of(const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    const char *dot = strrchr(name, '.');
    return dot && dot != name && dot[1] ? dot : NULL;
}

static bool is_text_ending(const char *ending)
{
    for (size_t i = 0; i < sizeof text_endings / sizeof *text_endings; i++)
        if (strcasecmp(ending, text_endings[i]) == 0)
            return true;
    return false;
}

/* By the ending, or by its path when others of that ending are text. A sign that could be one of the
 * pattern's stands for any. NULL when memory is out. */
static const char *pattern_for(struct complete *c, const char *path)
{
    const char *ending = ending_of(path);
    bool by_ending = ending && !is_text_ending(ending);
    const char *name = by_ending ? ending : path;
    char *pattern = arena_alloc(c->scratch, strlen(name) + 2), *to = pattern;
    if (pattern && by_ending)
        *to++ = '*';
    for (; pattern && *name; name++) {
        bool plain = (unsigned char)*name >= 0x80 || isalnum((unsigned char)*name) ||
                     strchr("._/+=@,-", *name);
        *to++ = plain ? *name : '?';
    }
    return pattern;
}

/* Each ending comes once, as what is in the list already is looked at first. */
static int add_files(struct complete *c, struct git_attributes *r)
{
    for (size_t i = 0; i < c->count && r->count < GIT_ATTRIBUTES_MAX; i++) {
        const struct check_file *line = &c->files[i];
        if (cancel_check(c->cancel, c->error))
            return -1;
        if (!line->raw_path || git_attributes_lfs(r, line->raw_path) || !is_worth_it(c, line))
            continue;
        const char *pattern = pattern_for(c, line->raw_path);
        if (!pattern)
            return err_set(c->error, ERR_IO, ENOMEM, "out of memory for .gitattributes");
        git_attributes_add(r, pattern, true);
    }
    return 0;
}

static int print_rules(struct complete *c, const struct git_attributes *r, struct buf *out)
{
    int failed = 0;
    for (size_t i = 0; i < r->count; i++)
        failed |= buf_printf(out, "%s filter=lfs diff=lfs merge=lfs -text\n", r->rows[i].pattern);
    return failed ? err_set(c->error, ERR_IO, ENOMEM, "out of memory for .gitattributes") : 0;
}

static int write_attributes(struct complete *c)
{
    struct buf b;
    struct check_file line = complete_new_line(c, ".gitattributes", CHECK_WRITTEN, 0);
    struct git_attributes *r = git_attributes_read(c->scratch, NULL, 0);
    if (!r)
        return err_set(c->error, ERR_IO, ENOMEM, "out of memory for .gitattributes");
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
        git_attributes_add(r, usual[i], true);
    buf_init(&b, GIT_ATTRIBUTES_MAX * (GIT_ATTRIBUTES_PATTERN_MAX + 64));
    line.kind = CHECK_OPTIONAL;
    line.state = CHECK_VALID;
    complete_say(c, &line, "written: the repository has none");
    int rc = add_files(c, r) || print_rules(c, r, &b) || complete_stage(c, &line, &b) ||
                     complete_put(c, &line)
                 ? -1
                 : 0;
    buf_release(&b);
    return rc;
}

/* ---- the one that is there ------------------------------------------------------------------------ */

struct names { /* for a sentence */
    struct buf b;
    size_t count;
};

static void add_name(struct names *n, const char *name)
{
    if (n->count < NAMED_MAX)
        (void)buf_printf(&n->b, "%s%s", n->count ? ", " : "", name);
    n->count++;
}

static void warn(struct complete *c, struct check_file *line, const char *what, struct names *n)
{
    if (n->count > NAMED_MAX)
        (void)buf_printf(&n->b, " and %zu more", n->count - NAMED_MAX);
    if (n->count) {
        line->state = CHECK_WARNING;
        complete_say(c, line, "%s %s", what, buf_str(&n->b));
    }
    buf_release(&n->b);
}

static void check_needed(
    struct complete *c, struct check_file *line, const struct git_attributes *r)
{
    struct names n = {.count = 0};
    buf_init(&n.b, ATTRIBUTES_MAX);
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
        char probe[32];
        (void)snprintf(probe, sizeof probe, "x%s", needed[i] + 1);
        bool told = line->result.len && strstr(line->result.s, needed[i]);
        if (!git_attributes_lfs(r, probe) && !told)
            add_name(&n, needed[i]);
    }
    warn(c, line, "has no line for", &n);
}

static int check_files(struct complete *c, struct check_file *line, const struct git_attributes *r)
{
    struct names n = {.count = 0};
    buf_init(&n.b, ATTRIBUTES_MAX);
    for (size_t i = 0; i < c->count && !cancel_fired(c->cancel); i++) {
        const struct check_file *file = &c->files[i];
        if (file->raw_path && !git_attributes_lfs(r, file->raw_path) && is_worth_it(c, file))
            add_name(&n, file->path.s);
    }
    warn(c, line, "does not put into LFS:", &n);
    return cancel_check(c->cancel, c->error);
}

/* The Hub never sees it unless the operator sends it: by default the repository's own stays. */
static void check_there(struct complete *c, struct check_file *line, const struct buf *b)
{
    const struct hub_file *there = complete_there(c, ".gitattributes");
    char id[41];
    if (!there || hub_git_id(buf_str(b), b->len, id) || strcmp(there->oid, id) == 0)
        return;
    line->state = CHECK_WARNING;
    complete_say(c, line, "differs from the repository's, which it would replace if it were sent");
}

/* A repository that is there and has none gets the folder's. */
static void check_sending(const struct complete *c, struct check_file *line)
{
    if (!c->options->there || complete_there(c, ".gitattributes") || line->state == CHECK_BAD)
        return;
    line->send = true;
    line->kind = CHECK_OPTIONAL;
}

static int check_own(struct complete *c, struct check_file *line)
{
    struct buf b;
    int rc = 0;
    buf_init(&b, ATTRIBUTES_MAX);
    if (complete_read_own(c, line, &b) == 0) {
        const struct git_attributes *r = git_attributes_read(c->scratch, buf_str(&b), b.len);
        if (r)
            check_needed(c, line, r);
        rc = r ? check_files(c, line, r)
               : err_set(c->error, ERR_IO, ENOMEM, "out of memory for .gitattributes");
        check_there(c, line, &b);
        check_sending(c, line);
    }
    buf_release(&b);
    return rc;
}

int complete_attributes(struct complete *c)
{
    struct check_file *own = complete_own(c, ".gitattributes");
    if (own)
        return check_own(c, own);
    if (!c->options->there || complete_there(c, ".gitattributes"))
        return 0;
    return write_attributes(c);
}
