/* http_response: the answer's struct, and looking a header up in it. */
#include "client/http.h"

#include <string.h>

void http_response_init(struct http_response *r)
{
    *r = (struct http_response){0};
    buf_init(&r->body, 0); /* each request sets its own maximum */
    buf_init(&r->headers, HTTP_HEADER_BYTES_MAX);
    buf_init(&r->url, HTTP_URL_MAX);
}

void http_response_release(struct http_response *r)
{
    buf_release(&r->body);
    buf_release(&r->headers);
    buf_release(&r->url);
}

bool http_response_header(const struct http_response *r, const char *name, struct buf *out)
{
    const char *line = buf_str(&r->headers), *end = line + r->headers.len;
    size_t n = strlen(name);
    buf_clear(out);
    while (line < end) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        if (stop == NULL)
            stop = end;
        size_t length = (size_t)(stop - line);
        if (length >= n + 2 && memcmp(line, name, n) == 0 && memcmp(line + n, ": ", 2) == 0)
            return buf_append(out, line + n + 2, length - n - 2) == 0;
        line = stop + 1;
    }
    return false;
}
