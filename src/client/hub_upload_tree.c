/* hub_upload_tree: what a commit really holds, compared with what was meant: size and sha256 of every
 * LFS file, size and git's sha1 of every other (§2.4). Used twice: to read back what was committed,
 * and to find out whether a commit whose answer was lost has been made. */
#include "client/hub_upload_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int by_path(const void *path, const void *item)
{
    const struct upload_item *const *i = item;
    return strcmp(path, (*i)->file->raw_path);
}

/* The Hub adds lines to .gitattributes for new LFS files that no pattern covers (§5): then it cannot
 * be what was sent, and any will do as long as the rest is there. */
static bool is_extended_by_hub(const struct upload_item *item)
{
    if (strcmp(item->file->raw_path, ".gitattributes") != 0)
        return false;
    for (size_t i = 0; i < item->upload->count; i++)
        if (item->upload->items[i].lfs && upload_is_pending(&item->upload->items[i]))
            return true;
    return false;
}

static bool is_as_meant(const struct upload_item *item, const struct hub_file *there)
{
    const char *oid = there->lfs ? item->sha256 : item->git;
    return (there->lfs == item->lfs && there->size == item->file->size &&
               strcmp(there->oid, oid) == 0) ||
           is_extended_by_hub(item);
}

static void compare_one(void *arg, const struct hub_file *there)
{
    struct upload *u = arg;
    struct upload_item **at =
        bsearch(there->path, u->by_path, u->count, sizeof *u->by_path, by_path);
    if (at && is_as_meant(*at, there))
        (*at)->found = true;
}

int upload_compare(struct upload *u, const char *commit, struct err *e)
{
    for (size_t i = 0; i < u->count; i++)
        u->items[i].found = false;
    return hub_tree(u->hub, u->plan->repo, commit, compare_one, u, u->cancel, e);
}

bool upload_all_found(const struct upload *u)
{
    for (size_t i = 0; i < u->count; i++)
        if (!u->items[i].found && !u->items[i].ignored)
            return false;
    return true;
}

int upload_ask_head(struct upload *u, char head[41], struct err *e)
{
    struct buf url;
    buf_init(&url, HTTP_URL_MAX);
    int rc = hub_repo_url(u->hub, u->plan->repo, "revision", u->revision, &url, e);
    if (rc == 0) {
        struct hub_call call = {.method = HTTP_GET, .url = buf_str(&url), .retry = HTTP_RETRY_SAFE};
        struct json *page =
            hub_ask(u->hub, &call, "ask for the repository's head", NULL, u->cancel, e);
        const char *sha = json_str(page, "sha");
        if (!page)
            rc = -1;
        else if (!hub_is_hex(sha, 40))
            rc = err_set(
                e, ERR_REMOTE, 0, "the Hub does not say which commit %.200s is", u->revision);
        else
            (void)snprintf(head, 41, "%s", sha);
        json_free(page);
    }
    buf_release(&url);
    return rc;
}
