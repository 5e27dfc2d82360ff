/* hub_list: pages of repositories. Only the members that are shown are asked for: a full entry has
 * the names of all files in it. */
#include "client/hub_internal.h"

#include <string.h>

enum { PAGE_ENTRIES = 500 };

bool hub_read_repo(const struct json *entry, struct arena *a, struct repo *out)
{
    const char *modified = json_str(entry, "lastModified");
    const char *id = json_str(entry, "id");
    if (!id || hub_check_repo_id(id, NULL))
        return false;
    *out = (struct repo){.id = text_from(a, id),
        .pipeline_tag = json_text(a, entry, "pipeline_tag"),
        .is_private = json_bool(entry, "private", false)};
    if (!modified || clock_parse_rfc3339(modified, &out->modified_ms))
        out->modified_ms = -1;
    return true;
}

static int first_page(struct hub *h, const char *author, size_t max, struct buf *url, struct err *e)
{
    int failed = buf_printf(url, "%s/api/models?author=", h->endpoint);
    failed |= hub_encode(author, url);
    failed |= buf_printf(url,
        "&sort=lastModified&direction=-1&limit=%zu"
        "&expand=lastModified&expand=private&expand=pipeline_tag",
        max < PAGE_ENTRIES ? max : (size_t)PAGE_ENTRIES);
    return failed ? err_set(e, ERR_INPUT, 0, "the name of the author is too long") : 0;
}

static void take_page(const struct json *page, size_t max, struct arena *a, struct repo_page *out)
{
    for (const struct json *r = json_first(page); r && out->count < max; r = json_next(r))
        out->count += hub_read_repo(r, a, &out->repos[out->count]);
}

int hub_list(struct hub *h, const char *author, size_t max, struct arena *a, struct repo_page *out,
    struct cancel *c, struct err *e)
{
    static const char what[] = "list repositories of the Hub";
    struct buf url, next;
    struct json *page = NULL;
    int rc = -1;
    buf_init(&url, HTTP_URL_MAX);
    buf_init(&next, HTTP_URL_MAX);
    *out = (struct repo_page){.repos = arena_array(a, max, sizeof *out->repos)};
    if (!out->repos) {
        (void)err_set(e, ERR_IO, 0, "no memory for a list of %zu repositories", max);
        goto out;
    }
    if (first_page(h, author, max, &url, e))
        goto out;
    for (int pages = 0; url.len > 0 && out->count < max && pages < HUB_PAGES_MAX; pages++) {
        struct hub_call call = {.method = HTTP_GET, .url = buf_str(&url), .retry = HTTP_RETRY_SAFE};
        page = hub_ask(h, &call, what, &next, c, e);
        if (!page)
            goto out;
        take_page(page, max, a, out);
        json_free(page);
        buf_clear(&url);
        (void)buf_append(&url, buf_str(&next), next.len);
    }
    rc = 0;
out:
    buf_release(&url);
    buf_release(&next);
    return rc;
}
