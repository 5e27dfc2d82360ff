/* .gitattributes. The Hub writes its own and adds to it what an upload needs, so a local one stays here; it
 * is looked into for those who send it all the same: then it replaces the Hub's, and what it does not
 * give to LFS can no longer be sent (§8.2, §9). */
#include "client/model_folder_internal.h"

#include "client/git_attributes.h"

enum { LFS_BYTES = 10 << 20 };

static bool is_large(const struct found *file)
{
    return file->as == FOUND_FILE && file->line.size > LFS_BYTES &&
           file->rule->whole != CHECK_KEEP_OUT;
}

static void check_lines(struct folder *f, struct found *file, const struct git_attributes *g)
{
    if (!git_attributes_lfs(g, "x.safetensors"))
        folder_note(f, file, CHECK_WARNING, "has no line for *.safetensors");
    for (size_t i = 0; i < f->count; i++)
        if (is_large(&f->files[i]) && !git_attributes_lfs(g, f->files[i].raw)) {
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
    const struct git_attributes *g = git_attributes_read(f->scratch, buf_str(&b), b.len);
    f->failed |= !g;
    if (g)
        check_lines(f, file, g);
    folder_note(f, file, CHECK_PRESENT, "%s", file->rule->why);
    if (file->line.state == CHECK_VALID)
        file->line.state = CHECK_PRESENT;
    buf_release(&b);
}
