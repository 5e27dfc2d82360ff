/* What is said about one file: a check notes what it finds, in any number of pieces, and the line's state
 * is the worst of them. And how a file is read for it. */
#include "client/model_folder_internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { WORDS_MAX = 64 << 10, RESULT_COLUMNS = 200 };

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

bool folder_serves(enum check_kind kind)
{
    return kind == CHECK_WEIGHTS || kind == CHECK_REQUIRED;
}

void folder_flaw(struct folder *f, struct found *file, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    note(f, file, folder_serves(file->line.kind) ? CHECK_BAD : CHECK_WARNING, format, args);
    va_end(args);
}

void folder_stop(struct folder *f, struct found *file, const char *words)
{
    folder_note(
        f, file, file->line.kind == CHECK_KEEP_OUT ? CHECK_WARNING : CHECK_BAD, "%s", words);
}

/* ---- reading ----------------------------------------------------------------------------------- */

int folder_read_whole(int fd, size_t size, struct buf *out)
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
    else if (f->bytes ? buf_append(out, buf_str(f->bytes), f->bytes->len)
                      : folder_read_whole(f->fd, (size_t)file->line.size, out))
        folder_stop(f, file, "cannot be read to its end");
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
