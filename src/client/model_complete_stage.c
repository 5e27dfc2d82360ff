/* Adding a file: its bytes go to the staging folder, and what lies there is looked into by the very checks
 * that a folder's own files go through (model_folder_internal.h). Only a file that passed gets a line. */
#include "client/model_complete_internal.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct check_file complete_new_line(
    struct complete *c, const char *name, enum check_origin origin, int64_t size)
{
    const struct folder_rule *rule = folder_rule_of(name);
    return (struct check_file){.path = text_from(c->arena, name),
        .raw_path = arena_strdup(c->arena, name),
        .size = size,
        .kind = c->facts.adapter ? rule->adapter : rule->whole,
        .state = CHECK_PRESENT,
        .origin = origin,
        .send = true,
        .result = TEXT("")};
}

static int see_staged(struct complete *c, struct check_file *line)
{
    struct stat st;
    if (stat(line->raw_source, &st))
        return err_errno(c->error, errno, "cannot look at %s", line->raw_source);
    line->size = st.st_size;
    line->modified_ns = folder_modified_ns(&st);
    return 0;
}

int complete_stage(struct complete *c, struct check_file *line, const struct buf *bytes)
{
    char path[PATH_MAX];
    line->size = (int64_t)bytes->len;
    if (!c->options->staging)
        return 0;
    int n = snprintf(path, sizeof path, "%s/%s", c->options->staging, line->raw_path);
    if (n <= 0 || (size_t)n >= sizeof path)
        return err_set(c->error, ERR_IO, ENAMETOOLONG, "the staging folder's path is too long");
    line->raw_source = arena_strdup(c->arena, path);
    if (!line->raw_source)
        return err_set(c->error, ERR_IO, ENOMEM, "out of memory for the completion");
    if (file_write(path, buf_str(bytes), bytes->len, c->error)) {
        c->error->class = ERR_IO;
        return -1;
    }
    return see_staged(c, line);
}

/* What other files say of tokens is compared with the folder's own tokenizer. */
static void read_tokenizer(struct complete *c)
{
    const struct check_file *own = complete_own(c, "tokenizer.json");
    struct buf b;
    if (c->tokenizer || c->tokenizer_read || !own || own->state == CHECK_BAD)
        return;
    c->tokenizer_read = true;
    buf_init(&b, FOLDER_TOKENIZER_MAX);
    if (complete_read_own(c, own, &b) == 0)
        c->tokenizer = json_parse(buf_str(&b), b.len, NULL);
    buf_release(&b);
}

static void run_check(struct folder *f, struct found *file)
{
    file->line.state = CHECK_VALID;
    if (file->rule->check)
        file->rule->check(f, file);
    folder_search_keys(f, file);
    if (file->line.guarded)
        file->line.state = CHECK_BAD;
}

void complete_check(struct complete *c, struct check_file *line, int fd)
{
    read_tokenizer(c);
    struct folder f = {.root = -1,
        .fd = fd,
        .arena = c->arena,
        .scratch = c->scratch,
        .cancel = c->cancel,
        .facts = c->facts,
        .tokenizer = c->tokenizer,
        .adapter = c->facts.adapter};
    struct found file = {.raw = line->raw_path,
        .as = FOUND_FILE,
        .rule = folder_rule_of(line->raw_path),
        .line = *line};
    run_check(&f, &file);
    c->failed |= f.failed;
    c->tokenizer = f.tokenizer;
    line->state = file.line.state;
    line->result = file.line.result;
    if (line->state == CHECK_BAD)
        return;
    c->facts.chat_template |= f.facts.chat_template;
    c->facts.custom_code |= f.facts.custom_code;
}

int complete_put(struct complete *c, const struct check_file *line)
{
    if (!line->raw_path || !line->path.len)
        return err_set(c->error, ERR_IO, ENOMEM, "out of memory for the completion");
    struct check_file *old = complete_line(c, line->raw_path);
    if (!old && c->out->added == COMPLETE_ADDED_MAX)
        return err_set(c->error, ERR_BUG, 0, "more files were added than there is room for");
    *(old ? old : &c->files[c->count++]) = *line;
    c->out->added++;
    return 0;
}
