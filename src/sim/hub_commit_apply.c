/* Applying a commit's operations to a list of files, one after another, then looking at the result:
 * what was inlined although it should be LFS, whether the README is good, which LFS files need a
 * line in .gitattributes. The refusals are those of the real server's push hooks, in its words. */
#include "sim/hub_card.h"
#include "sim/hub_commit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ATTRIBUTES_MAX = 10 * 1024 * 1024 };

struct apply {
    struct hub_world *h;
    const struct hub_repo *repo;
    struct hub_files *files;
    struct hub_refusal *no;
};

static const char lfs_missing[] =
    "Your push was rejected because an LFS pointer pointed to a file that does not exist. For "
    "instance, this can happen if you used `git push --no-verify` to push your changes. Offending "
    "file:\n- ";
static const char too_large[] =
    "Your push was rejected because it contains files larger than 10 MiB. Please use "
    "https://git-lfs.github.com/ to store large files. See also: "
    "https://hf.co/docs/hub/repositories-getting-started#terminal\n\nOffending files:\n  - ";
static const char is_binary[] =
    "Your push was rejected because it contains binary files. Please use "
    "https://huggingface.co/docs/hub/xet to store binary files. See also: "
    "https://huggingface.co/docs/hub/xet\n\nOffending files:\n  - ";
static const char no_such_file[] = "A file with this name does not exist: ";
static const char no_such_folder[] = "A folder with this name does not exist: ";
static const char in_the_way[] = "This path is in the way of another one: ";
static const char not_base64[] = "The content of a file is not base64: ";

/* The texts are those above; the path comes behind them. */
static int refuse(struct apply *a, int status, const char *code, const char *text, const char *path)
{
    a->no->status = status;
    a->no->code = code;
    snprintf(a->no->message, sizeof a->no->message, "%s%s", text, path);
    return -1;
}

static int out_of_memory(struct apply *a)
{
    return refuse(a, 500, NULL, "Internal Error", "");
}

/* ---- putting files --------------------------------------------------------------------------- */

/* A file cannot stand where a folder is, nor below another file. */
static int check_way(struct apply *a, const char *path)
{
    char above[HUB_PATH_MAX + 1];
    size_t first;
    if (hub_files_folder(a->files, path, &first) > 0)
        return refuse(a, 400, NULL, in_the_way, path);
    for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
        snprintf(above, sizeof above, "%.*s", (int)(slash - path), path);
        if (hub_files_find(a->files, above))
            return refuse(a, 400, NULL, in_the_way, above);
    }
    return 0;
}

static int put(struct apply *a, struct hub_file *take)
{
    if (!take)
        return out_of_memory(a);
    if (check_way(a, take->path) != 0) {
        hub_file_unref(take);
        return -1;
    }
    /* An unchanged file stays the same entry, so that its last change stays where it was. */
    const struct hub_file *there = hub_files_find(a->files, take->path);
    if (there && strcmp(there->oid, take->oid) == 0) {
        hub_file_unref(take);
        return 0;
    }
    return hub_files_put(a->files, take) == 0 ? 0 : out_of_memory(a);
}

static int put_lfs(struct apply *a, const char *path, const char *oid, int64_t size)
{
    const struct hub_lfs *object = hub_lfs_find(a->repo, oid);
    if (!object || (size >= 0 && size != object->size))
        return refuse(a, 400, NULL, lfs_missing, path);
    return put(a, hub_lfs_file(path, oid, object->size));
}

static int put_regular(struct apply *a, const char *path, const struct buf *content)
{
    char oid[HUB_SHA256];
    int64_t size;
    if (hub_pointer_parse(buf_str(content), content->len, oid, &size))
        return put_lfs(a, path, oid, size);
    if (content->len > HUB_INLINE_MAX)
        return refuse(a, 400, NULL, too_large, path);
    if (hub_looks_binary(buf_str(content), content->len, false))
        return refuse(a, 400, NULL, is_binary, path);
    return put(a, hub_regular_file(a->h, path, buf_str(content), content->len));
}

/* ---- operations ------------------------------------------------------------------------------ */

/* The file that an operation renames, taken out of the list; the caller drops the reference. */
static struct hub_file *take_old(struct apply *a, const struct hub_op *op)
{
    struct hub_file *old = hub_files_find(a->files, op->old_path);
    if (!old) {
        refuse(a, 404, "EntryNotFound", no_such_file, op->old_path);
        return NULL;
    }
    hub_file_ref(old);
    hub_files_remove(a->files, op->old_path);
    return old;
}

static struct hub_file *same_at(const struct hub_file *old, const char *path)
{
    struct hub_file *f = hub_file_new(path, old->sha256, old->size, old->lfs);
    if (f)
        snprintf(f->oid, sizeof f->oid, "%s", old->oid);
    return f;
}

static int decode_content(struct apply *a, const struct hub_op *op, struct buf *out)
{
    const char *content = json_str(op->value, "content");
    bool base64 = strcmp(json_str_or(op->value, "encoding", "utf-8"), "base64") == 0;
    int rc =
        base64 ? hub_base64_decode(content, strlen(content), out) : buf_str_append(out, content);
    if (rc == 0)
        return 0;
    if (out->full)
        return refuse(a, 400, NULL, too_large, op->path);
    return refuse(a, 422, NULL, not_base64, op->path);
}

static int do_file(struct apply *a, const struct hub_op *op)
{
    struct buf content;
    struct hub_file *old = op->old_path ? take_old(a, op) : NULL;
    if (op->old_path && !old)
        return -1;
    buf_init(&content, HUB_INLINE_MAX + 4096);
    int rc = 0;
    if (!json_str(op->value, "content")) {
        rc = put(a, same_at(old, op->path));
    } else {
        rc = decode_content(a, op, &content);
        if (rc == 0)
            rc = put_regular(a, op->path, &content);
    }
    hub_file_unref(old);
    buf_release(&content);
    return rc;
}

static int do_lfs(struct apply *a, const struct hub_op *op)
{
    struct hub_file *old = op->old_path ? take_old(a, op) : NULL;
    if (op->old_path && !old)
        return -1;
    const char *oid = json_str(op->value, "oid");
    int rc = oid ? put_lfs(a, op->path, oid, json_int(op->value, "size", -1))
                 : put(a, same_at(old, op->path));
    hub_file_unref(old);
    return rc;
}

static int do_delete_file(struct apply *a, const struct hub_op *op)
{
    if (hub_files_remove(a->files, op->path))
        return 0;
    return refuse(a, 404, "EntryNotFound", no_such_file, op->path);
}

static int do_delete_folder(struct apply *a, const struct hub_op *op)
{
    if (hub_files_remove_folder(a->files, op->path) > 0)
        return 0;
    return refuse(a, 404, "EntryNotFound", no_such_folder, op->path);
}

static int do_delete_any(struct apply *a, const struct hub_op *op)
{
    return hub_files_remove(a->files, op->path) ? 0 : do_delete_folder(a, op);
}

static int (*const doers[])(struct apply *, const struct hub_op *) = {
    [HUB_OP_FILE] = do_file,
    [HUB_OP_LFS] = do_lfs,
    [HUB_OP_DELETE_FILE] = do_delete_file,
    [HUB_OP_DELETE_FOLDER] = do_delete_folder,
    [HUB_OP_DELETE_ANY] = do_delete_any,
};

/* ---- after the last one ---------------------------------------------------------------------- */

/* Files that are not LFS although .gitattributes says so; empty ones may be. */
static int check_inlined(struct apply *a, const struct hub_ops *ops, const struct buf *attributes)
{
    for (size_t i = 0; i < ops->count; i++) {
        const struct hub_op *op = &ops->all[i];
        const struct hub_file *f =
            op->kind == HUB_OP_FILE ? hub_files_find(a->files, op->path) : NULL;
        if (f && !f->lfs && f->size > 0 && hub_attributes_lfs(buf_str(attributes), f->path))
            return refuse(a, 400, NULL, is_binary, f->path);
    }
    return 0;
}

static int extend_attributes(struct apply *a, const struct hub_ops *ops, struct buf *attributes)
{
    size_t before = attributes->len;
    for (size_t i = 0; i < ops->count; i++) {
        const struct hub_file *f =
            ops->all[i].kind <= HUB_OP_LFS ? hub_files_find(a->files, ops->all[i].path) : NULL;
        if (f && f->lfs && !hub_attributes_lfs(buf_str(attributes), f->path))
            hub_attributes_add(attributes, f->path);
    }
    if (attributes->full)
        return refuse(a, 400, NULL, too_large, ".gitattributes");
    if (attributes->len == before)
        return 0;
    return put(a, hub_regular_file(a->h, ".gitattributes", buf_str(attributes), attributes->len));
}

static int check_readme(struct apply *a, const struct hub_files *base)
{
    struct buf text;
    struct hub_card card = {0};
    int rc = 0;
    if (hub_files_find(a->files, "README.md") == hub_files_find(base, "README.md"))
        return 0;
    buf_init(&text, HUB_INLINE_MAX);
    if (hub_read_file(a->h, a->files, "README.md", &text) == 0)
        rc = hub_card_read(buf_str(&text), text.len, hub_type_name(a->repo->type), &card);
    if (rc == 0 && json_count(card.errors) > 0) {
        a->no->status = 400;
        a->no->errors = card.errors;
        card.errors = NULL;
        rc = -1;
    } else if (rc != 0) {
        out_of_memory(a);
    }
    hub_card_release(&card);
    buf_release(&text);
    return rc;
}

static int check_result(struct apply *a, const struct hub_files *base, const struct hub_ops *ops)
{
    struct buf attributes;
    buf_init(&attributes, ATTRIBUTES_MAX);
    hub_read_file(a->h, a->files, ".gitattributes", &attributes);
    int rc = check_inlined(a, ops, &attributes);
    if (rc == 0)
        rc = extend_attributes(a, ops, &attributes);
    if (rc == 0)
        rc = check_readme(a, base);
    buf_release(&attributes);
    return rc;
}

int hub_ops_apply(struct hub_world *h, const struct hub_repo *repo, const struct hub_files *base,
    const struct hub_ops *ops, struct hub_files *out, struct hub_refusal *no)
{
    struct apply a = {h, repo, out, no};
    *no = (struct hub_refusal){.status = 0};
    int rc = hub_files_copy(base, out) == 0 ? 0 : out_of_memory(&a);
    for (size_t i = 0; i < ops->count && rc == 0; i++)
        rc = doers[ops->all[i].kind](&a, &ops->all[i]);
    if (rc == 0)
        rc = check_result(&a, base, ops);
    if (rc != 0)
        hub_files_release(out);
    return rc;
}
