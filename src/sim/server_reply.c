/* Filling in an answer. Bounds are silent: a header past the last is left out, and a body that does
 * not fit REQUEST_MEMORY_MAX becomes an error, so handlers need not look. */
#include "sim/exchange.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { HEADER_VALUE_MAX = 16 * 1024 };

void reply_init(struct reply *p)
{
    memset(p, 0, sizeof *p);
    buf_init(&p->body, REQUEST_MEMORY_MAX);
}

void reply_release(struct reply *p)
{
    buf_release(&p->body);
    for (size_t i = 0; i < p->header_count; i++)
        buf_release(&p->headers[i].value);
    p->header_count = 0;
}

static void clean_value(struct buf *value)
{
    for (size_t i = 0; i < value->len; i++)
        if ((unsigned char)value->data[i] < ' ' || value->data[i] == 0x7f)
            value->data[i] = ' ';
}

void reply_header(struct reply *p, const char *name, const char *format, ...)
{
    if (p->header_count == REPLY_HEADERS_MAX)
        return;
    struct reply_header *h = &p->headers[p->header_count];
    snprintf(h->name, sizeof h->name, "%s", name);
    buf_init(&h->value, HEADER_VALUE_MAX);
    va_list args;
    va_start(args, format);
    int failed = buf_vprintf(&h->value, format, args);
    va_end(args);
    if (failed) {
        buf_release(&h->value);
        return;
    }
    clean_value(&h->value);
    p->header_count++;
}

void reply_json(struct reply *p, int status, struct json *take)
{
    buf_clear(&p->body);
    p->content_type = "application/json";
    p->status = status;
    if (!take || json_print(take, &p->body)) {
        p->status = 500;
        buf_clear(&p->body);
        buf_str_append(&p->body, "{\"error\":\"out of memory\"}");
    }
    json_free(take);
}

void reply_text(struct reply *p, int status, const char *content_type, const char *body)
{
    buf_clear(&p->body);
    p->content_type = content_type;
    p->status = status;
    buf_str_append(&p->body, body);
}

void reply_plane_error(struct reply *p, enum plane plane, int status, const char *message)
{
    static void (*const shapes[PLANES])(struct reply *, int, const char *) = {
        [PLANE_DATA] = runpod_data_error,
        [PLANE_CONTROL] = runpod_control_error,
        [PLANE_HUB] = hub_error,
    };
    shapes[plane](p, status, message);
}
