/* The list is read whole: that two are called the same must be seen. */
#include "app/endpoint_named.h"

#include "client/runpod_control.h"

#include <string.h>

static bool is_called(const struct endpoint *p, const char *name)
{
    size_t n = strlen(name);
    return n > 0 && strncmp(p->name.s, name, n) == 0 &&
           (p->name.s[n] == '\0' || strcmp(p->name.s + n, " -fb") == 0);
}

static const struct endpoint *by_id(const struct endpoint_page *page, const char *id)
{
    for (size_t i = 0; i < page->count; i++)
        if (id[0] && strcmp(page->endpoints[i].id, id) == 0)
            return &page->endpoints[i];
    return NULL;
}

/* The last of that name; *n says how many there are. */
static const struct endpoint *by_name(const struct endpoint_page *page, const char *name, size_t *n)
{
    const struct endpoint *found = NULL;
    *n = 0;
    for (size_t i = 0; i < page->count; i++)
        if (page->endpoints[i].id[0] && is_called(&page->endpoints[i], name)) {
            found = &page->endpoints[i];
            ++*n;
        }
    return found;
}

int endpoint_named(struct engine *g, const char *asked, struct arena *a, struct endpoint *out,
    struct endpoint_page *all, struct cancel *c, struct err *e)
{
    struct endpoint_page page;
    size_t n = 1;
    if (runpod_endpoints(g->runpod, a, &page, c, e))
        return -1;
    const struct endpoint *found = by_id(&page, asked);
    if (!found)
        found = by_name(&page, asked, &n);
    if (n > 1)
        err_set(e, ERR_INPUT, 0, "%zu endpoints are called %s: say which by its id", n, asked);
    else if (!found)
        err_set(e, ERR_INPUT, 0, "there is no endpoint %s in this account", asked);
    if (!found || n > 1)
        return err_hint(e, "`slipway endpoints` lists them");
    *out = *found;
    if (all)
        *all = page;
    return 0;
}
