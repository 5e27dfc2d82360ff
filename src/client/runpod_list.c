/* runpod_list: the lists of REST v2, page by page (spec/runpod.md §4.2).
 *
 * Answers from before pagination have none: absent means that there is no more. The number of pages
 * has a maximum, so a service that answers the same cursor for ever ends in an error. */
#include "client/runpod_internal.h"

#include <string.h>

enum { PAGES_MAX = 50, ROWS_MAX = 20000 };

/* ---- rows -------------------------------------------------------------------------------------- */

void runpod_rows_init(struct runpod_rows *rows, size_t size)
{
    buf_init(&rows->bytes, ROWS_MAX * size);
    rows->size = size;
}

void runpod_rows_release(struct runpod_rows *rows)
{
    buf_release(&rows->bytes);
}

void *runpod_rows_add(struct runpod_rows *rows)
{
    if (rows->size > rows->bytes.max - rows->bytes.len || buf_reserve(&rows->bytes, rows->size))
        return NULL;
    void *row = rows->bytes.data + rows->bytes.len;
    memset(row, 0, rows->size);
    rows->bytes.len += rows->size;
    return row;
}

int runpod_rows_take(
    const struct runpod_rows *rows, struct arena *a, void **out, size_t *count, struct err *e)
{
    size_t n = rows->bytes.len / rows->size;
    void *copy = arena_array(a, n, rows->size);
    if (!copy)
        return err_set(e, ERR_IO, 0, "no room for an answer with %zu entries", n);
    if (n > 0)
        memcpy(copy, rows->bytes.data, rows->bytes.len);
    *out = copy;
    *count = n;
    return 0;
}

/* ---- pages ------------------------------------------------------------------------------------- */

static void append_escaped(struct buf *url, const char *s)
{
    static const char plain[] =
        "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_.~";
    for (; *s; s++) {
        if (strchr(plain, *s))
            (void)buf_char(url, *s);
        else
            (void)buf_printf(url, "%%%02X", (unsigned)(unsigned char)*s);
    }
}

static struct json *fetch_page(struct runpod *r, const struct runpod_list *list, const char *cursor,
    struct cancel *c, struct err *e)
{
    struct buf url;
    struct json *page = NULL;
    (void)runpod_url(r, RUNPOD_CONTROL, &url, e, "%s", list->path);
    if (cursor) {
        (void)buf_printf(&url, "%ccursor=", strchr(list->path, '?') ? '&' : '?');
        append_escaped(&url, cursor);
    }
    if (url.full) {
        err_set(e, ERR_REMOTE, 0, "%s: the mark of the next page is too long", list->what);
    } else {
        struct http_request request = runpod_get(r, buf_str(&url), RUNPOD_LIST_MAX);
        page = runpod_call(r, &request, list->what, c, e);
    }
    buf_release(&url);
    return page;
}

/* The next page's cursor, NULL when this is the last. */
static const char *next_cursor(const struct json *page)
{
    const struct json *p = json_get(page, "pagination");
    const char *cursor = json_str(p, "nextCursor");
    return json_bool(p, "hasNextPage", cursor != NULL) && cursor && *cursor ? cursor : NULL;
}

static int walk_page(const struct json *page, const struct runpod_list *list, struct err *e)
{
    const struct json *items = json_get(page, list->key);
    if (json_kind(items) != JSON_ARRAY)
        return err_set(e, ERR_REMOTE, 0, "%s: the answer has no %s", list->what, list->key);
    for (const struct json *j = json_first(items); j; j = json_next(j))
        if (list->item(j, list->arg, e))
            return err_wrap(e, "%s", list->what);
    return 0;
}

int runpod_list_walk(struct runpod *r, const struct runpod_list *list, struct json *take_first,
    struct cancel *c, struct err *e)
{
    struct json *page = take_first ? take_first : fetch_page(r, list, NULL, c, e);
    for (int pages = 1; page; pages++) {
        const char *cursor = next_cursor(page);
        int failed = walk_page(page, list, e);
        if (!failed && cursor && pages == PAGES_MAX)
            failed = err_set(e, ERR_REMOTE, 0, "%s: there are too many pages", list->what);
        struct json *next = failed || !cursor ? NULL : fetch_page(r, list, cursor, c, e);
        json_free_secret(page); /* of endpoints: with their environment */
        if (failed || !cursor)
            return failed;
        page = next;
    }
    return -1;
}
