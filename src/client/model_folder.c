/* Reading a folder: scan, rules, checks, missing (model_folder_internal.h), then the lines are put in
 * order. The order of the checks is that of the table's rows, since some compare a file with what an
 * earlier one said. */
#include "client/model_folder_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int folder_fill_list(struct folder *f, struct checklist *list, struct err *e)
{
    list->files = arena_array(f->arena, f->count + f->missing_count, sizeof *list->files);
    if (!list->files)
        return err_set(e, ERR_IO, ENOMEM, "out of memory for the checklist");
    for (size_t i = 0; i < f->count; i++)
        list->files[list->count++] = f->files[i].line;
    for (size_t i = 0; i < f->missing_count; i++)
        list->files[list->count++] = f->missing[i];
    checklist_sort(list);
    list->facts = f->facts;
    checklist_sum(list);
    return 0;
}

/* ---- the four steps ---------------------------------------------------------------------------------- */

void folder_apply_rules(struct folder *f)
{
    bool weights = folder_has(f, "adapter_model.safetensors") || folder_has(f, "adapter_model.bin");
    f->adapter = folder_has(f, "adapter_config.json") || (weights && !folder_has(f, "config.json"));
    f->facts.adapter = f->adapter;
    for (size_t i = 0; i < f->count; i++)
        f->files[i].rule = folder_rule_of(f->files[i].raw);
    folder_shards_find(f);
}

static int run_checks(struct folder *f, struct err *e)
{
    for (size_t row = 0; row < folder_rule_count; row++)
        for (size_t i = 0; i < f->count; i++) {
            if (f->files[i].rule != &folder_rules[row])
                continue;
            if (cancel_check(f->cancel, e))
                return -1;
            folder_check_file(f, &f->files[i]);
        }
    return 0;
}

static void add_facts(struct folder *f)
{
    const char *base = f->adapter && f->adapter_base ? f->adapter_base : f->card.base_model;
    if (base)
        f->facts.base_model = folder_text(f, "%s", base);
    folder_weights_facts(f);
}

static int read_folder(struct folder *f, struct checklist *list, struct err *e)
{
    if (folder_scan(f, e))
        return -1;
    folder_apply_rules(f);
    if (run_checks(f, e))
        return -1;
    folder_missing(f);
    add_facts(f);
    if (f->failed)
        return err_set(e, ERR_IO, ENOMEM, "out of memory for the checklist");
    return folder_fill_list(f, list, e);
}

/* ---- the folder itself -------------------------------------------------------------------------------- */

static int open_root(const char *folder, struct err *e)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0)
        return fd;
    int number = errno;
    err_errno(e, number, "cannot open the folder");
    if (e && (number == ENOENT || number == ENOTDIR))
        e->class = ERR_INPUT;
    return -1;
}

static struct checklist *new_list(const char *folder, struct arena *a, struct err *e)
{
    struct checklist *list = arena_alloc(a, sizeof *list);
    char *absolute = realpath(folder, NULL);
    if (list && absolute) {
        list->raw_folder = arena_strdup(a, absolute);
        list->folder = text_from(a, absolute);
    }
    free(absolute);
    if (list && list->raw_folder)
        return list;
    err_set(e, ERR_IO, 0, "cannot find the folder's full path");
    return NULL;
}

int model_folder_read(const char *folder, struct arena *a, struct checklist **out,
    struct cancel *cancel, struct err *e)
{
    struct folder f = {.root = -1, .fd = -1, .arena = a, .cancel = cancel};
    int result = -1;
    *out = NULL;
    f.root = open_root(folder, e);
    if (f.root < 0)
        goto out;
    f.scratch = arena_new(FOLDER_SCRATCH_MAX);
    struct checklist *list = new_list(folder, a, e);
    if (!f.scratch || !list) {
        err_set(e, ERR_IO, ENOMEM, "out of memory for the checklist");
        goto out;
    }
    if (read_folder(&f, list, e))
        goto out;
    *out = list;
    result = 0;
out:
    if (result)
        err_wrap(e, "%s", folder);
    if (f.root >= 0)
        close(f.root);
    json_free(f.config);
    json_free(f.tokenizer);
    free(f.files);
    arena_free(f.scratch);
    return result;
}
