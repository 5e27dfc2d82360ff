/* The page of jobs as it came, an index over it, and for each job that tells its loss the last few it
 * told: the page itself has no past. */
#include "model/store_internal.h"

#include "model/record_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct loss_history {
    double values[STORE_LOSSES_MAX];
    size_t count;
    int64_t step; /* of the last; -1 = unknown */
    UT_hash_handle hh;
    char id[JOB_ID_MAX];
};

static const struct job_page *page_of(const struct store_jobs_part *part)
{
    return part->m ? part->m->payload : NULL;
}

static struct loss_history *history_of(const struct store_jobs_part *part, const char *id)
{
    struct loss_history *h;
    HASH_FIND(hh, part->losses, id, strlen(id), h);
    return h;
}

static struct loss_history *history_new(struct store_jobs_part *part, const char *id)
{
    struct loss_history *h = calloc(1, sizeof *h);
    if (!h)
        return NULL;
    memcpy(h->id, id, strlen(id));
    HASH_ADD_STR(part->losses, id, h);
    if (h->hh.tbl)
        return h;
    free(h);
    return NULL;
}

static bool told_already(const struct loss_history *h, const struct job *job)
{
    return h->count && h->step == job->step && h->values[h->count - 1] == job->loss;
}

static void history_add(struct loss_history *h, const struct job *job)
{
    if (told_already(h, job))
        return;
    if (h->count == STORE_LOSSES_MAX)
        memmove(h->values, h->values + 1, --h->count * sizeof h->values[0]);
    h->values[h->count++] = job->loss;
    h->step = job->step;
}

/* No memory for a history is no reason to lose the job. */
static void remember_losses(struct store_jobs_part *part)
{
    for (size_t i = 0; i < part->index.count; i++) {
        const struct job *job = id_index_at(&part->index, i);
        if (isnan(job->loss))
            continue;
        struct loss_history *h = history_of(part, job->id);
        if (h || (h = history_new(part, job->id)))
            history_add(h, job);
    }
}

static void forget_gone(struct store_jobs_part *part)
{
    struct loss_history *h, *next;
    HASH_ITER(hh, part->losses, h, next)
    {
        if (id_index_find(&part->index, h->id))
            continue;
        HASH_DEL(part->losses, h);
        free(h);
    }
}

static int index_jobs(struct id_index *x, const struct job_page *page)
{
    if (id_index_init(x, page->count))
        return -1;
    for (size_t i = 0; i < page->count; i++)
        if (id_index_add(x, page->jobs[i].id, &page->jobs[i])) {
            id_index_release(x);
            return -1;
        }
    return 0;
}

enum applied store_take_jobs(struct store *s, struct message *m)
{
    struct store_jobs_part *part = &s->jobs;
    const struct job_page *page = m->payload, *old = page_of(part);
    if (old && old->more == page->more &&
        records_same(&record_job, old->jobs, old->count, page->jobs, page->count))
        return APPLIED_DONE;
    struct id_index index;
    if (index_jobs(&index, page))
        return APPLIED_LOST;
    id_index_release(&part->index);
    part->index = index;
    store_swap(&part->m, m);
    remember_losses(part);
    forget_gone(part);
    store_touch(s, STORE_JOBS);
    return APPLIED_KEPT;
}

void store_jobs_release(struct store_jobs_part *part)
{
    struct loss_history *h, *next;
    HASH_ITER(hh, part->losses, h, next)
    {
        HASH_DEL(part->losses, h);
        free(h);
    }
    id_index_release(&part->index);
    message_free(part->m);
}

size_t store_jobs(const struct store *s)
{
    return s->jobs.index.count;
}

bool store_jobs_more(const struct store *s)
{
    const struct job_page *page = page_of(&s->jobs);
    return page && page->more;
}

const struct job *store_job(const struct store *s, size_t i)
{
    return id_index_at(&s->jobs.index, i);
}

const struct job *store_job_by_id(const struct store *s, const char *id)
{
    return id_index_find(&s->jobs.index, id);
}

size_t store_job_losses(const struct store *s, const char *id, const double **losses)
{
    const struct loss_history *h = id ? history_of(&s->jobs, id) : NULL;
    *losses = h ? h->values : NULL;
    return h ? h->count : 0;
}
