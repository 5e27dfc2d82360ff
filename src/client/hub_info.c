/* hub_info: a repository's page, and the tree of a revision. Both list files in their own words for
 * the same thing; hashes that are none are left empty, so they never compare equal to one of ours. */
#include "client/hub_internal.h"

#include <stdio.h>
#include <string.h>

static void copy_hex(char *out, size_t size, const char *s, size_t digits)
{
    (void)snprintf(out, size, "%s", hub_is_hex(s, digits) ? s : "");
}

/* ---- the page -------------------------------------------------------------------------------- */

static bool read_sibling(const struct json *entry, struct arena *a, struct hub_file *out)
{
    const struct json *lfs = json_get(entry, "lfs");
    const char *path = json_str(entry, "rfilename");
    *out = (struct hub_file){.path = path ? arena_strdup(a, path) : NULL,
        .size = json_int(entry, "size", -1),
        .lfs = json_kind(lfs) == JSON_OBJECT};
    if (out->lfs)
        copy_hex(out->oid, sizeof out->oid, json_str(lfs, "sha256"), 64);
    else
        copy_hex(out->oid, sizeof out->oid, json_str(entry, "blobId"), 40);
    return out->path != NULL;
}

static int read_siblings(
    const struct json *list, struct arena *a, struct hub_info *out, struct err *e)
{
    size_t n = json_count(list);
    out->files = arena_array(a, n, sizeof *out->files);
    if (!out->files)
        return err_set(e, ERR_IO, 0, "no memory for a repository of %zu files", n);
    for (const struct json *f = json_first(list); f; f = json_next(f))
        out->file_count += read_sibling(f, a, &out->files[out->file_count]);
    return 0;
}

/* One name, or the first of several. */
static struct text read_base_model(const struct json *card, struct arena *a)
{
    const struct json *base = json_get(card, "base_model");
    if (json_kind(base) == JSON_ARRAY)
        base = json_first(base);
    return text_from(a, json_string(base));
}

int hub_read_info(const struct json *answer, struct arena *a, struct hub_info *out, struct err *e)
{
    const char *id = json_str_or(answer, "id", "");
    *out = (struct hub_info){.pipeline_tag = json_text(a, answer, "pipeline_tag"),
        .library = json_text(a, answer, "library_name"),
        .gated = json_text(a, answer, "gated"),
        .base_model = read_base_model(json_get(answer, "cardData"), a),
        .is_private = json_bool(answer, "private", false),
        .disabled = json_bool(answer, "disabled", false)};
    if (hub_check_repo_id(id, NULL) || !hub_is_hex(json_str(answer, "sha"), 40))
        return err_set(e, ERR_REMOTE, 0, "the Hub's page of the repository lacks its id or commit");
    (void)snprintf(out->id, sizeof out->id, "%s", id);
    copy_hex(out->sha, sizeof out->sha, json_str(answer, "sha"), 40);
    return read_siblings(json_get(answer, "siblings"), a, out, e);
}

int hub_info(struct hub *h, const char *repo, const char *revision, struct arena *a,
    struct hub_info *out, struct cancel *c, struct err *e)
{
    char what[256];
    struct buf url;
    buf_init(&url, HTTP_URL_MAX);
    (void)snprintf(what, sizeof what, "look at %.200s on the Hub", repo ? repo : "");
    int rc = hub_repo_url(h, repo, "revision", revision ? revision : "main", &url, e);
    if (rc == 0 && buf_str_append(&url, "?blobs=true"))
        rc = err_set(e, ERR_INPUT, 0, "the name of the revision is too long");
    if (rc == 0) {
        struct hub_call call = {.method = HTTP_GET, .url = buf_str(&url), .retry = HTTP_RETRY_SAFE};
        struct json *answer = hub_ask(h, &call, what, NULL, c, e);
        rc = answer ? hub_read_info(answer, a, out, e) : -1;
        json_free(answer);
    }
    buf_release(&url);
    return rc;
}

/* ---- the tree -------------------------------------------------------------------------------- */

bool hub_read_tree_entry(const struct json *entry, struct hub_file *out)
{
    const struct json *lfs = json_get(entry, "lfs");
    *out = (struct hub_file){.path = json_str(entry, "path"),
        .size = json_int(entry, "size", -1),
        .lfs = json_kind(lfs) == JSON_OBJECT};
    if (out->lfs) {
        out->size = json_int(lfs, "size", out->size);
        copy_hex(out->oid, sizeof out->oid, json_str(lfs, "oid"), 64);
    } else {
        copy_hex(out->oid, sizeof out->oid, json_str(entry, "oid"), 40);
    }
    return out->path && strcmp(json_str_or(entry, "type", ""), "file") == 0;
}

/* Reads one page and replaces `url` by the next one's. */
static int read_page(struct hub *h, struct buf *url, struct buf *next, hub_tree_fn *fn, void *arg,
    struct cancel *cancel, struct err *e)
{
    struct hub_call call = {.method = HTTP_GET, .url = buf_str(url), .retry = HTTP_RETRY_SAFE};
    struct json *page = hub_ask(h, &call, "read the repository's files", next, cancel, e);
    struct hub_file file;
    if (!page)
        return -1;
    for (const struct json *entry = json_first(page); entry; entry = json_next(entry))
        if (hub_read_tree_entry(entry, &file))
            fn(arg, &file);
    json_free(page);
    buf_clear(url);
    (void)buf_append(url, buf_str(next), next->len);
    return 0;
}

int hub_tree(struct hub *h, const char *repo, const char *revision, hub_tree_fn *fn, void *arg,
    struct cancel *cancel, struct err *e)
{
    struct buf url, next;
    buf_init(&url, HTTP_URL_MAX);
    buf_init(&next, HTTP_URL_MAX);
    int rc = hub_repo_url(h, repo, "tree", revision, &url, e);
    if (rc == 0 && buf_str_append(&url, "?recursive=true&expand=false&limit=1000"))
        rc = err_set(e, ERR_INPUT, 0, "the name of the revision is too long");
    for (int pages = 0; rc == 0 && url.len > 0; pages++)
        rc = pages < HUB_PAGES_MAX
                 ? read_page(h, &url, &next, fn, arg, cancel, e)
                 : err_set(e, ERR_REMOTE, 0, "the list of the repository's files does not end");
    buf_release(&url);
    buf_release(&next);
    return rc;
}
