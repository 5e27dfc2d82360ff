/* http_many: a fixed number of slots, each with a job. The owner's thread hands jobs over and takes
 * them back; the net thread only sees jobs of one group, and pokes the owner's wait when one has
 * ended. So what is under way is bounded without the net thread knowing of it, and the owner can wait
 * for other things at the same time. */
#include "client/http_internal.h"

#include <stdlib.h>

struct slot {
    struct http_job job;
    void *tag;
    bool busy;
};

struct http_many {
    struct http *http;
    struct http_group group;
    size_t width, busy, begun; /* begun: since its birth */
    struct slot slots[];
};

struct http_many *http_many_new(struct http *h, size_t width, struct wait *wake, struct err *e)
{
    if (http_enter(h, e))
        return NULL;
    struct http_many *m = calloc(1, sizeof *m + width * sizeof m->slots[0]);
    if (m == NULL) {
        (void)err_set(e, ERR_IO, 0, "out of memory for %zu requests", width);
        goto leave;
    }
    if (http_group_init(&m->group, e))
        goto leave;
    m->group.wake = wake;
    m->http = h;
    m->width = width;
    return m;
leave:
    free(m);
    http_leave(h);
    return NULL;
}

static struct slot *free_slot(struct http_many *m)
{
    for (size_t i = 0; i < m->width; i++)
        if (!m->slots[i].busy)
            return &m->slots[i];
    return NULL;
}

int http_many_start(struct http_many *m, const struct http_request *request,
    struct http_response *response, struct err *error, void *tag)
{
    struct slot *slot = free_slot(m);
    if (slot == NULL)
        return err_set(error, ERR_STATE, 0, "too many requests are under way");
    if (http_submit(m->http, &slot->job, request, response, NULL, &m->group, error))
        return -1;
    slot->tag = tag;
    slot->busy = true;
    m->busy++;
    m->begun++;
    return 0;
}

/* Under the lock: a job that is seen to have ended is really let go of. */
static bool has_ended(struct http_many *m, const struct slot *slot)
{
    pthread_mutex_lock(&m->group.lock);
    bool ended = slot->job.ended;
    pthread_mutex_unlock(&m->group.lock);
    return ended;
}

bool http_many_next(struct http_many *m, struct http_ended *out)
{
    for (size_t i = 0; i < m->width; i++) {
        struct slot *slot = &m->slots[i];
        if (!slot->busy || !has_ended(m, slot))
            continue;
        slot->busy = false;
        m->busy--;
        *out = (struct http_ended){.tag = slot->tag, .failed = slot->job.failed};
        return true;
    }
    return false;
}

size_t http_many_under_way(const struct http_many *m)
{
    return m->busy;
}

void http_many_drop(struct http_many *m)
{
    for (size_t i = 0; i < m->width; i++)
        if (m->slots[i].busy)
            atomic_store(&m->slots[i].job.dropped, true);
    http_wake(m->http);
}

void http_many_free(struct http_many *m)
{
    if (m == NULL)
        return;
    bool unused;
    http_many_drop(m);
    for (size_t ended = 0; ended < m->begun;)
        ended = http_group_wait(&m->group, ended, true, &unused);
    http_group_release(&m->group);
    http_leave(m->http);
    free(m);
}
