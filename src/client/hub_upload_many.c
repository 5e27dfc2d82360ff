/* hub_upload_many: some requests that go out side by side, each for an object. The arrays are made
 * once at their full size, so what is handed to the engine stays where it is. */
#include "client/hub_upload_internal.h"

#include <stdlib.h>

enum { AT_ONCE = 8 };

int upload_many_init(struct upload_many *m, size_t max, struct err *e)
{
    *m = (struct upload_many){.max = max};
    m->requests = calloc(max, sizeof *m->requests);
    m->responses = calloc(max, sizeof *m->responses);
    m->errors = calloc(max, sizeof *m->errors);
    m->tags = calloc(max, sizeof *m->tags);
    if (m->requests && m->responses && m->errors && m->tags)
        return 0;
    upload_many_release(m);
    return err_set(e, ERR_IO, 0, "out of memory for %zu requests", max);
}

struct http_request *upload_many_add(struct upload_many *m, struct upload_object *o, size_t part)
{
    size_t i = m->count++;
    m->tags[i] = (struct upload_tag){o, part};
    http_response_init(&m->responses[i]);
    return &m->requests[i];
}

void upload_many_run(struct upload_many *m, struct upload *u)
{
    (void)http_batch(
        u->hub->http, m->requests, m->responses, m->errors, m->count, AT_ONCE, u->cancel);
}

void upload_many_clear(struct upload_many *m)
{
    for (size_t i = 0; i < m->count; i++)
        http_response_release(&m->responses[i]);
    m->count = 0;
}

void upload_many_release(struct upload_many *m)
{
    upload_many_clear(m);
    free(m->requests);
    free(m->responses);
    free(m->errors);
    free(m->tags);
    *m = (struct upload_many){0};
}
