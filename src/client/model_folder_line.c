/* What is said about one file. A check notes what it finds, in any number of pieces; the line's state
 * is the worst of them. Before a file's own check runs, it has passed what holds for all: it is a
 * regular file under a name that the Hub can take, readable, unchanged since it was listed, and not
 * the pointer that Git leaves in place of a large file. */
#include "client/model_folder_internal.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    WORDS_MAX = 64 << 10,
    RESULT_COLUMNS = 200,
    POINTER_MAX = 1024,
    SECRETS_MAX = 1 << 20, /* larger files are not searched for keys */
    SECRET_LETTERS = 30    /* behind its prefix (§7.4) */
};

/* ---- words ------------------------------------------------------------------------------------- */

/* A text that was made, even an empty one, takes room in the arena. */
static struct text keep(struct folder *f, const char *s, size_t n)
{
    size_t before = arena_size(f->arena);
    struct text t = text_new(f->arena, s, n, TEXT_LINE);
    f->failed |= arena_size(f->arena) == before;
    return t;
}

/* Foreign words inside are cut only after they are cleaned and masked. */
__attribute__((format(printf, 2, 0))) static int print_words(
    struct buf *safe, const char *format, va_list args)
{
    struct buf raw;
    buf_init(&raw, WORDS_MAX);
    if (buf_vprintf(&raw, format, args)) {
        buf_clear(&raw);
        buf_str_append(&raw, "(too long to be shown)");
    }
    int result = text_safe(safe, buf_str(&raw), raw.len, TEXT_LINE);
    buf_release(&raw);
    size_t cut = text_cut((struct text){buf_str(safe), safe->len}, RESULT_COLUMNS).len;
    if (result || cut == safe->len)
        return result;
    safe->len = cut;
    return buf_str_append(safe, "\u2026");
}

__attribute__((format(printf, 2, 0))) static struct text words(
    struct folder *f, const char *format, va_list args)
{
    struct buf safe;
    struct text t = TEXT("");
    buf_init(&safe, 8 * WORDS_MAX);
    if (print_words(&safe, format, args) == 0)
        t = keep(f, buf_str(&safe), safe.len);
    else
        f->failed = true;
    buf_release(&safe);
    return t;
}

struct text folder_clean(struct folder *f, const char *s)
{
    return keep(f, s, strlen(s));
}

struct text folder_text(struct folder *f, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct text t = words(f, format, args);
    va_end(args);
    return t;
}

static int rank(enum check_state state)
{
    return state == CHECK_BAD ? 2 : state == CHECK_WARNING ? 1 : 0;
}

__attribute__((format(printf, 4, 0))) static void note(
    struct folder *f, struct found *file, enum check_state state, const char *format, va_list args)
{
    struct check_file *line = &file->line;
    if (rank(state) > rank(line->state))
        line->state = state;
    if (line->result.len > RESULT_COLUMNS)
        return; /* no room for more; the state says the rest */
    struct text said = words(f, format, args);
    line->result = line->result.len ? folder_text(f, "%s; %s", line->result.s, said.s) : said;
}

void folder_note(
    struct folder *f, struct found *file, enum check_state state, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    note(f, file, state, format, args);
    va_end(args);
}

static bool serves(enum check_kind kind)
{
    return kind == CHECK_WEIGHTS || kind == CHECK_REQUIRED;
}

void folder_flaw(struct folder *f, struct found *file, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    note(f, file, serves(file->line.kind) ? CHECK_BAD : CHECK_WARNING, format, args);
    va_end(args);
}

/* It cannot go: a blocker unless nobody would miss it. */
static void refuse(struct folder *f, struct found *file, const char *why)
{
    bool missed = serves(file->line.kind) || file->line.kind == CHECK_RECOMMENDED;
    folder_note(f, file, missed ? CHECK_BAD : CHECK_WARNING, missed ? "%s" : "%s; left out", why);
    file->line.send = false;
}

/* ---- reading ----------------------------------------------------------------------------------- */

static int read_whole(int fd, size_t size, struct buf *out)
{
    if (buf_reserve(out, size))
        return -1;
    while (out->len < size) {
        ssize_t got = pread(fd, out->data + out->len, size - out->len, (off_t)out->len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return -1;
        out->len += (size_t)got;
    }
    if (out->data)
        out->data[out->len] = '\0';
    return 0;
}

bool folder_bytes(struct folder *f, struct found *file, size_t max, struct buf *out)
{
    char size[SAFETENSORS_SIZE_WORDS];
    buf_init(out, max);
    if (file->line.size > (int64_t)max)
        folder_flaw(
            f, file, "too large to look into (%s)", safetensors_size_words(size, file->line.size));
    else if (read_whole(f->fd, (size_t)file->line.size, out))
        folder_note(f, file, CHECK_BAD, "cannot be read to its end");
    else
        return true;
    buf_release(out);
    return false;
}

struct json *folder_json(struct folder *f, struct found *file, size_t max)
{
    struct buf b;
    struct err e;
    struct json *j = NULL;
    if (!folder_bytes(f, file, max, &b))
        return NULL;
    if (b.len == 0)
        folder_flaw(f, file, "empty");
    else if (!text_is_utf8(b.data, b.len))
        folder_flaw(f, file, "not valid UTF-8");
    else if (!(j = json_parse(b.data, b.len, &e)))
        folder_flaw(f, file, "%s", e.message);
    buf_release(&b);
    return j;
}

struct json *folder_object(struct folder *f, struct found *file, size_t max)
{
    struct json *j = folder_json(f, file, max);
    if (!j || json_kind(j) == JSON_OBJECT)
        return j;
    folder_flaw(f, file, "not a JSON object");
    json_free(j);
    return NULL;
}

/* ---- what holds for every file ------------------------------------------------------------------- */

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

static bool is_pointer(int fd, int64_t size)
{
    static const char begins[] = "version https://git-lfs";
    char head[sizeof begins - 1];
    return size <= POINTER_MAX && pread(fd, head, sizeof head, 0) == (ssize_t)sizeof head &&
           memcmp(head, begins, sizeof head) == 0;
}

/* Keys by their beginning, and whether '-' and '_' may follow in them. */
static const struct {
    const char *prefix;
    bool dashes;
} secrets[] = {{"hf_", false}, {"rpa_", false}, {"rps_", false}, {"sk-", true}};

static bool is_secret(const char *s, size_t row)
{
    size_t n = strlen(secrets[row].prefix), letters = 0;
    if (strncmp(s, secrets[row].prefix, n) != 0)
        return false;
    for (s += n; isalnum((unsigned char)*s) || (secrets[row].dashes && *s && strchr("-_", *s)); s++)
        letters++;
    return letters >= SECRET_LETTERS;
}

static const char *find_secret(const char *s)
{
    for (bool inside = false; *s; inside = isalnum((unsigned char)*s) != 0, s++)
        for (size_t i = 0; !inside && i < sizeof secrets / sizeof *secrets; i++)
            if (is_secret(s, i))
                return secrets[i].prefix;
    return NULL;
}

/* Only in text: random bytes look like anything. */
static void search_secrets(struct folder *f, struct found *file)
{
    struct buf b;
    if (file->line.size > SECRETS_MAX || !file->line.send)
        return;
    buf_init(&b, SECRETS_MAX);
    if (read_whole(f->fd, (size_t)file->line.size, &b) == 0 && text_is_utf8(buf_str(&b), b.len)) {
        const char *prefix = find_secret(buf_str(&b));
        if (prefix)
            folder_note(f, file, CHECK_WARNING, "holds what looks like a key (%s\u2026)", prefix);
    }
    buf_release(&b);
}

static void check_content(struct folder *f, struct found *file)
{
    if (is_pointer(f->fd, file->line.size)) {
        folder_note(f, file, CHECK_BAD, "a Git LFS pointer, not the file itself: git lfs pull");
        return;
    }
    if (file->rule->check)
        file->rule->check(f, file);
    search_secrets(f, file);
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
    if (st.st_size != file->line.size || folder_modified_ns(&st) != file->line.modified_ns)
        folder_note(f, file, CHECK_BAD, "changed while it was being checked");
    else
        check_content(f, file);
    close(f->fd);
    f->fd = -1;
}

static void keep_out(struct folder *f, struct found *file)
{
    bool folder = file->as == FOUND_FOLDER_HIDDEN;
    folder_note(f, file, CHECK_PRESENT, "%s", folder ? found_words(file->as) : file->rule->why);
    file->line.state = CHECK_PRESENT;
}

void folder_check_file(struct folder *f, struct found *file)
{
    struct check_file *line = &file->line;
    const char *flaw = name_flaw(file);
    line->kind = f->adapter ? file->rule->adapter : file->rule->whole;
    if (folder_is_spare_tokenizer(f, file->raw))
        line->kind = CHECK_OPTIONAL;
    if (file->as == FOUND_FOLDER_HIDDEN)
        line->kind = CHECK_KEEP_OUT;
    line->send = line->kind != CHECK_KEEP_OUT;
    if (line->kind == CHECK_KEEP_OUT && (!file->rule->check || file->as != FOUND_FILE))
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

/* ---- what is not there ----------------------------------------------------------------------------- */

void folder_miss(struct folder *f, const char *path, enum check_kind kind, const char *why)
{
    if (f->missing_count == f->missing_room) {
        size_t room = f->missing_room ? 2 * f->missing_room : 32;
        struct check_file *more = arena_array(f->scratch, room, sizeof *more);
        if (!more) {
            f->failed = true;
            return;
        }
        if (f->missing_count)
            memcpy(more, f->missing, f->missing_count * sizeof *more);
        f->missing = more;
        f->missing_room = room;
    }
    f->missing[f->missing_count++] = (struct check_file){
        .path = folder_text(f, "%s", path),
        .size = -1,
        .kind = kind,
        .state = CHECK_MISSING,
        .result = folder_text(f, "%s", why),
    };
}
