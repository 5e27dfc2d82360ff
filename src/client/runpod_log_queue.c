/* Events lie one behind the other in one buffer, each with its lengths in front. They are taken from the
 * front by moving `head`; when much is empty there, the rest moves forward. An empty queue keeps little
 * memory: a flood may have made it large. */
#include "client/runpod_logs_internal.h"

#include <string.h>

enum { EMPTY_FRONT_MAX = 256 * 1024, KEEP_MAX = 64 * 1024 };

struct head {
    uint32_t data, id; /* lengths, without the NULs behind both */
};

void log_queue_init(struct log_queue *q)
{
    *q = (struct log_queue){0};
    buf_init(&q->bytes, LOG_QUEUE_BYTES_MAX + EMPTY_FRONT_MAX);
}

void log_queue_release(struct log_queue *q)
{
    buf_release(&q->bytes);
    q->head = q->count = 0;
}

static struct head head_at(const struct log_queue *q)
{
    struct head h;
    memcpy(&h, q->bytes.data + q->head, sizeof h);
    return h;
}

static size_t size_of(struct head h)
{
    return sizeof h + (size_t)h.data + h.id + 2;
}

size_t log_queue_bytes(const struct log_queue *q)
{
    return q->bytes.len - q->head;
}

static void move_forward(struct log_queue *q)
{
    if (q->count == 0) {
        q->head = 0;
        if (q->bytes.cap > KEEP_MAX)
            buf_release(&q->bytes);
        else
            buf_clear(&q->bytes);
    } else if (q->head >= EMPTY_FRONT_MAX) {
        buf_drop(&q->bytes, q->head);
        q->head = 0;
    }
}

void log_queue_pop(struct log_queue *q)
{
    if (q->count == 0)
        return;
    q->head += size_of(head_at(q));
    q->count--;
    move_forward(q);
}

void log_queue_push(struct log_queue *q, const char *data, size_t n, const char *id)
{
    struct head h = {.data = (uint32_t)n, .id = (uint32_t)strlen(id)};
    size_t before = q->bytes.len;
    while (q->count > 0 && log_queue_bytes(q) + size_of(h) > LOG_QUEUE_BYTES_MAX) {
        log_queue_pop(q);
        q->dropped++;
        before = q->bytes.len;
    }
    if (buf_reserve(&q->bytes, size_of(h)) || buf_append(&q->bytes, &h, sizeof h) ||
        buf_append(&q->bytes, id, h.id + 1) || buf_append(&q->bytes, data, n) ||
        buf_char(&q->bytes, '\0')) {
        q->bytes.len = before; /* memory is out: it is lost */
        q->dropped++;
        return;
    }
    q->count++;
}

bool log_queue_first(const struct log_queue *q, const char **data, size_t *n, const char **id)
{
    if (q->count == 0)
        return false;
    struct head h = head_at(q);
    *id = q->bytes.data + q->head + sizeof h;
    *data = *id + h.id + 1;
    *n = h.data;
    return true;
}
