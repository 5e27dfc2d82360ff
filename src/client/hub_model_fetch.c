/* Small files whole, large ones from their beginning, all in one batch. A file of weights lies on another
 * server, to which the Hub redirects; Range goes along, the token does not (http.h). A server that does not
 * know ranges would send the whole file: it is cut off at what was asked for, and the file counts as not
 * looked into. */
#include "client/hub_model_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { RANGE_WORDS = 48, HEADERS = 3, AT_ONCE = 12 };

struct part { /* what one request points to */
    struct hub_look *look;
    struct buf url;
    char range[RANGE_WORDS];
    struct http_header headers[HEADERS];
};

struct batch {
    struct part *parts;
    struct http_request *requests;
    struct http_response *responses;
    struct err *errors;
    size_t n;
};

static int batch_init(struct batch *b, size_t n, struct err *e)
{
    *b = (struct batch){.parts = calloc(n, sizeof *b->parts),
        .requests = calloc(n, sizeof *b->requests),
        .responses = calloc(n, sizeof *b->responses),
        .errors = calloc(n, sizeof *b->errors)};
    return b->parts && b->requests && b->responses && b->errors
               ? 0
               : err_set(e, ERR_IO, ENOMEM, "out of memory for %zu requests", n);
}

static void batch_release(struct batch *b)
{
    for (size_t i = 0; i < b->n; i++) {
        buf_release(&b->parts[i].url);
        http_response_release(&b->responses[i]);
    }
    free(b->parts);
    free(b->requests);
    free(b->responses);
    free(b->errors);
}

/* Of a whole file one byte more is taken than is listed, so that a longer one is noticed. */
static void add(struct batch *b, struct hub *h, const struct hub_info *info, struct hub_look *look)
{
    struct part *p = &b->parts[b->n];
    buf_init(&p->url, HTTP_URL_MAX);
    err_clear(&look->error);
    if (hub_file_url(h, info->id, info->sha, look->file->raw, &p->url, &look->error)) {
        buf_release(&p->url);
        return;
    }
    p->look = look;
    p->headers[0] = (struct http_header){.name = "Accept", .value = "*/*"};
    p->headers[1] = (struct http_header){.name = "Accept-Encoding", .value = "identity"};
    p->headers[2] = (struct http_header){.name = "Range", .value = p->range};
    (void)snprintf(p->range, sizeof p->range, "bytes=0-%" PRId64, look->want - 1);
    const struct hub_call call = {.method = HTTP_GET,
        .url = buf_str(&p->url),
        .retry = HTTP_RETRY_SAFE,
        .answer_max = (size_t)look->want + !look->head};
    hub_request(h, &call, &b->requests[b->n]);
    b->requests[b->n].headers = p->headers;
    b->requests[b->n].header_count = look->head ? HEADERS : 1;
    http_response_init(&b->responses[b->n]);
    b->n++;
}

static void take(struct batch *b, size_t i, struct hub *h, enum known *readable, int64_t *fetched)
{
    struct hub_look *look = b->parts[i].look;
    struct http_response *r = &b->responses[i];
    look->error = b->errors[i];
    if (look->error.class == ERR_NONE && hub_check(h, r, "the Hub", &look->error) == 0) {
        buf_release(&look->bytes);
        look->bytes = r->body;
        buf_init(&r->body, 0);
        *fetched += (int64_t)look->bytes.len;
        *readable = KNOWN_YES;
    } else if (look->error.class == ERR_AUTH && *readable == KNOWN_NOT) {
        *readable = KNOWN_NO;
    }
}

int hub_model_fetch(struct hub *h, const struct hub_info *info, struct hub_look *looks, size_t n,
    enum known *readable, int64_t *fetched, struct cancel *c, struct err *e)
{
    struct batch b;
    int rc = batch_init(&b, n ? n : 1, e);
    for (size_t i = 0; rc == 0 && i < n; i++)
        if (looks[i].want > 0)
            add(&b, h, info, &looks[i]);
    if (rc == 0) {
        (void)http_batch(h->http, b.requests, b.responses, b.errors, b.n, AT_ONCE, c);
        for (size_t i = 0; i < b.n; i++)
            take(&b, i, h, readable, fetched);
        for (size_t i = 0; i < n; i++)
            looks[i].want = 0;
        rc = cancel_check(c, e);
    }
    batch_release(&b);
    return rc;
}
