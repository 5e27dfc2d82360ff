/* Weights that are no safetensors. Of a pickle hardly anything is read, as reading one means running it; but
 * the archive around it has an end, which is not there when it was only half written. */
#include "client/model_folder_internal.h"

#include <string.h>
#include <unistd.h>

enum { TAIL_BYTES = 4096 };

/* Beside safetensors pickles would only double the upload; alone they are what there is. */
bool folder_is_spare_pickle(const struct folder *f, const struct found *file)
{
    if (file->rule->check == folder_check_pickle_index)
        return f->safe_weights;
    if (file->rule->check != folder_check_pickle)
        return false;
    return f->safe_weights ||
           (f->adapter ? file->rule->adapter : file->rule->whole) == CHECK_KEEP_OUT;
}

const char *folder_why_out(const struct folder *f, const struct found *file)
{
    if (f->safe_weights && file->rule->check == folder_check_pickle)
        return "pickle beside safetensors";
    if (f->safe_weights && file->rule->check == folder_check_pickle_index)
        return "index of pickles beside safetensors";
    return file->rule->why;
}

/* Since PyTorch 1.6 the file is a zip archive, whose directory is written last. */
static bool is_cut_short(int fd, int64_t size)
{
    char tail[TAIL_BYTES];
    if (pread(fd, tail, 4, 0) != 4 || memcmp(tail, "PK\3\4", 4) != 0)
        return false;
    int64_t from = size > TAIL_BYTES ? size - TAIL_BYTES : 0;
    ssize_t n = pread(fd, tail, sizeof tail, (off_t)from);
    return n >= 0 && !memmem(tail, (size_t)n, "PK\5\6", 4);
}

void folder_check_pickle(struct folder *f, struct found *file)
{
    f->legacy_weights = true;
    folder_note(f, file, CHECK_WARNING, "pickle: flagged as unsafe, slow to load, not looked into");
    if (file->line.size == 0)
        folder_flaw(f, file, "empty");
    if (is_cut_short(f->fd, file->line.size))
        folder_flaw(f, file, "cut short: the end of its archive is missing");
    folder_check_shard_number(f, file);
}

void folder_check_gguf(struct folder *f, struct found *file)
{
    char magic[4] = "";
    if (pread(f->fd, magic, sizeof magic, 0) != sizeof magic || memcmp(magic, "GGUF", 4) != 0)
        folder_flaw(f, file, "not a GGUF file");
}

void folder_check_half_written(struct folder *f, struct found *file)
{
    folder_note(f, file, CHECK_WARNING, "%s", file->rule->why);
}
