/* The completion as a whole, and its list. The caller's list is changed in one step at the end, so that a
 * completion that fails leaves it as it was. */
#include "client/model_complete_internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { WORDS_MAX = 4096, SCRATCH_MAX = 256 << 20 };

/* ---- words ----------------------------------------------------------------------------------- */

__attribute__((format(printf, 2, 0))) static struct text words(
    struct complete *c, const char *format, va_list args)
{
    struct buf b;
    buf_init(&b, WORDS_MAX);
    if (buf_vprintf(&b, format, args)) {
        buf_clear(&b);
        c->failed |= buf_str_append(&b, "(too long to be shown)") != 0;
    }
    size_t before = arena_size(c->arena);
    struct text t = text_new(c->arena, buf_str(&b), b.len, TEXT_LINE);
    c->failed |= arena_size(c->arena) == before;
    buf_release(&b);
    return t;
}

struct text complete_text(struct complete *c, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct text t = words(c, format, args);
    va_end(args);
    return t;
}

void complete_say(struct complete *c, struct check_file *line, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct text said = words(c, format, args);
    va_end(args);
    line->result = line->result.len ? complete_text(c, "%s; %s", line->result.s, said.s) : said;
}

void complete_note(struct complete *c, const char *format, ...)
{
    struct complete_report *out = c->out;
    va_list args;
    if (out->note_count == COMPLETE_NOTES_MAX)
        return;
    va_start(args, format);
    out->notes[out->note_count++] = words(c, format, args);
    va_end(args);
}

/* ---- the list -------------------------------------------------------------------------------- */

struct check_file *complete_line(const struct complete *c, const char *path)
{
    for (size_t i = 0; i < c->count; i++) {
        struct check_file *line = &c->files[i];
        if (strcmp(line->raw_path ? line->raw_path : line->path.s, path) == 0)
            return line;
    }
    return NULL;
}

struct check_file *complete_own(const struct complete *c, const char *path)
{
    struct check_file *line = complete_line(c, path);
    return line && line->raw_path && line->origin == CHECK_HERE ? line : NULL;
}

const struct hub_file *complete_there(const struct complete *c, const char *path)
{
    const struct hub_info *there = c->options->there;
    for (size_t i = 0; there && i < there->file_count; i++)
        if (strcmp(there->files[i].path, path) == 0)
            return &there->files[i];
    return NULL;
}

bool complete_has(const struct complete *c, const char *path)
{
    const struct check_file *line = complete_line(c, path);
    return (line && line->raw_path) || complete_there(c, path);
}

void complete_drop(struct complete *c, const char *path)
{
    struct check_file *line = complete_line(c, path);
    if (!line)
        return;
    size_t behind = c->count - (size_t)(line - c->files) - 1;
    memmove(line, line + 1, behind * sizeof *line);
    c->count--;
}

int complete_read_own(const struct complete *c, const struct check_file *line, struct buf *out)
{
    struct checklist list = {.raw_folder = c->folder};
    bool fits = line->size >= 0 && (uint64_t)line->size <= out->max;
    int fd = fits ? model_folder_open(&list, line, NULL) : -1;
    if (fd < 0)
        return -1;
    int result = folder_read_whole(fd, (size_t)line->size, out);
    close(fd);
    return result;
}

/* ---- what the repository has already ------------------------------------------------------------ */

/* Nobody lacks the file of such a line when one of these is in the repository. Not the weights nor
 * config.json: those belong to this training and are not taken for granted. */
static const struct {
    const char *missing, *there;
} substitutes[] = {
    {"tokenizer.json", "tokenizer.json"}, {"tokenizer.json", "tokenizer.model"},
    {"tokenizer.json", "vocab.json"}, {"merges.txt", "merges.txt"},
    {"tokenizer_config.json", "tokenizer_config.json"},
    {"chat_template.jinja", "chat_template.jinja"},
    {"generation_config.json", "generation_config.json"}, {"README.md", "README.md"},
    {"LICENSE", "LICENSE"}, {"LICENSE", "LICENSE.md"}, {"LICENSE", "LICENSE.txt"},
    {"LICENSE", "README.md"}, /* which may name it: nobody has looked */
};

static void see_repository(struct complete *c)
{
    for (size_t i = 0; i < sizeof substitutes / sizeof *substitutes; i++) {
        struct check_file *line = complete_line(c, substitutes[i].missing);
        const struct hub_file *there = complete_there(c, substitutes[i].there);
        if (!line || line->state != CHECK_MISSING || !there)
            continue;
        line->state = CHECK_PRESENT;
        line->size = there->size;
        line->result = strcmp(substitutes[i].missing, substitutes[i].there) == 0
                           ? TEXT("the repository has one")
                           : complete_text(c, "the repository has %s", substitutes[i].there);
    }
}

/* ---- the whole -------------------------------------------------------------------------------- */

static int begin(struct complete *c, const struct checklist *list)
{
    c->scratch = arena_new(SCRATCH_MAX);
    c->files = arena_array(c->arena, list->count + COMPLETE_ADDED_MAX, sizeof *c->files);
    c->out->notes = arena_array(c->arena, COMPLETE_NOTES_MAX, sizeof *c->out->notes);
    if (!c->scratch || !c->files || !c->out->notes)
        return err_set(c->error, ERR_IO, ENOMEM, "out of memory for the completion");
    if (list->count)
        memcpy(c->files, list->files, list->count * sizeof *c->files);
    c->count = list->count;
    c->facts = list->facts;
    return 0;
}

/* An adapter that names no base model can go when somebody else does. */
static void name_base_of_adapter(struct complete *c)
{
    for (size_t i = 0; c->facts.adapter && c->base.id && i < c->count; i++) {
        struct check_file *file = &c->files[i];
        if (file->state != CHECK_BAD || !file->raw_path ||
            strcmp(file->raw_path, "adapter_config.json") != 0 ||
            strcmp(file->result.s, folder_no_base) != 0)
            continue;
        file->state = CHECK_WARNING;
        file->result = complete_text(c, "%s; it is %s", folder_no_base, c->base.id);
    }
}

static int run(struct complete *c)
{
    see_repository(c);
    base_find(c);
    name_base_of_adapter(c);
    if (complete_from_base(c) || complete_card(c) || complete_attributes(c))
        return -1;
    if (c->facts.base_model.len == 0 && c->base.id)
        c->facts.base_model = text_from(c->arena, c->base.id);
    if (c->failed)
        return err_set(c->error, ERR_IO, ENOMEM, "out of memory for the completion");
    return cancel_check(c->cancel, c->error);
}

static void give(const struct complete *c, struct checklist *list)
{
    list->files = c->files;
    list->count = c->count;
    list->facts = c->facts;
    checklist_sort(list);
    checklist_sum(list);
}

int model_complete(struct checklist *list, const struct complete_options *options, struct arena *a,
    struct complete_report *out, struct cancel *cancel, struct err *e)
{
    struct err own;
    struct complete c = {.options = options,
        .folder = list->raw_folder,
        .arena = a,
        .out = out,
        .cancel = cancel,
        .error = e ? e : &own};
    c.base.cache.root = -1;
    *out = (struct complete_report){.base_model = TEXT(""), .base_commit = ""};
    int rc = begin(&c, list) || run(&c) ? -1 : 0;
    if (rc == 0)
        give(&c, list);
    else
        (void)err_wrap(c.error, "completing %s", list->folder.s ? list->folder.s : "the folder");
    base_release(&c);
    json_free(c.tokenizer);
    arena_free(c.scratch);
    return rc;
}
