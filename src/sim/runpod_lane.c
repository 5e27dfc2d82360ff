/* runpod_lane: where jobs are kept.
 *
 * Every job of an endpoint is in its list (order of submission), in its table of ids, and in
 * exactly one lane: the queue, the lane of the worker that executes it, or one of two lanes of
 * finished jobs. Results of asynchronous jobs are all kept equally long, and those of synchronous
 * ones too, so the first of each finished lane is the next to be forgotten and nothing ever has to
 * be searched. */
#include "sim/runpod_physics.h"

#include <stdlib.h>
#include <string.h>

enum { ID_BUCKETS = 4096 };

void lane_push(struct job_lane *lane, struct job *j)
{
    j->lane_next = NULL;
    j->lane_prev = lane->last;
    if (lane->last)
        lane->last->lane_next = j;
    else
        lane->first = j;
    lane->last = j;
    lane->count++;
}

void lane_push_first(struct job_lane *lane, struct job *j)
{
    j->lane_prev = NULL;
    j->lane_next = lane->first;
    if (lane->first)
        lane->first->lane_prev = j;
    else
        lane->last = j;
    lane->first = j;
    lane->count++;
}

void lane_remove(struct job_lane *lane, struct job *j)
{
    if (j->lane_prev)
        j->lane_prev->lane_next = j->lane_next;
    else
        lane->first = j->lane_next;
    if (j->lane_next)
        j->lane_next->lane_prev = j->lane_prev;
    else
        lane->last = j->lane_prev;
    j->lane_next = j->lane_prev = NULL;
    lane->count--;
}

static struct job **bucket_of(const struct endpoint *e, const char *id)
{
    return &e->by_id[text_hash(id) % ID_BUCKETS];
}

int jobs_init(struct endpoint *e)
{
    e->ttl_at = NEVER;
    e->by_id = calloc(ID_BUCKETS, sizeof *e->by_id);
    return e->by_id ? 0 : -1;
}

void job_link(struct endpoint *e, struct job *j)
{
    struct job **bucket = bucket_of(e, j->id);
    j->id_next = *bucket;
    *bucket = j;
    j->prev = e->jobs_last;
    if (e->jobs_last)
        e->jobs_last->next = j;
    else
        e->jobs = j;
    e->jobs_last = j;
    e->job_count++;
}

static void job_free(struct job *j)
{
    json_free(j->input);
    json_free(j->output);
    json_free(j->chunks);
    json_free(j->all_chunks);
    free(j->error);
    free(j->webhook);
    free(j);
}

void job_unlink_free(struct endpoint *e, struct job *j)
{
    struct job **at = bucket_of(e, j->id);
    while (*at && *at != j)
        at = &(*at)->id_next;
    if (*at)
        *at = j->id_next;
    if (j->prev)
        j->prev->next = j->next;
    else
        e->jobs = j->next;
    if (j->next)
        j->next->prev = j->prev;
    else
        e->jobs_last = j->prev;
    e->job_count--;
    job_free(j);
}

void jobs_release(struct endpoint *e)
{
    for (struct job *j = e->jobs, *next; j; j = next) {
        next = j->next;
        job_free(j);
    }
    free(e->by_id);
    e->by_id = NULL;
    e->jobs = e->jobs_last = NULL;
}

static struct job *by_id(const struct endpoint *e, const char *id)
{
    struct job *j = id && e->by_id ? *bucket_of(e, id) : NULL;
    while (j && strcmp(j->id, id) != 0)
        j = j->id_next;
    return j;
}

/* ---- time takes them away -------------------------------------------------------------------- */

static int64_t ttl_end(const struct job *j)
{
    return j->submitted + (j->ttl > 0 ? j->ttl : JOB_TTL_MS);
}

bool job_past_ttl(const struct endpoint *e, const struct job *j)
{
    return !job_final(j) && e->world->advanced_to >= ttl_end(j);
}

/* ttl deletes a job even while it runs (spec §2.2); the worker is free again. */
void job_delete_by_ttl(struct endpoint *e, struct job *j)
{
    struct worker *w = j->state == JOB_IN_PROGRESS ? job_worker(e, j) : NULL;
    lane_remove(w ? &w->jobs : &e->queue, j);
    e->in_progress -= w ? 1 : 0;
    e->expired++;
    job_unlink_free(e, j);
    if (w)
        worker_up(w);
}

static void ttl_in_lane(struct endpoint *e, const struct job_lane *lane)
{
    for (struct job *j = lane->first, *next; j; j = next) {
        next = j->lane_next;
        if (job_past_ttl(e, j))
            job_delete_by_ttl(e, j);
        else if (ttl_end(j) < e->ttl_at)
            e->ttl_at = ttl_end(j);
    }
}

/* Queues may be long and expiries rare: all jobs are looked at only when one must be past its ttl;
 * otherwise just those that came since the last time. */
static void ttl_everywhere(struct endpoint *e)
{
    int64_t now = e->world->advanced_to;
    for (const struct job *j = e->jobs_last; j && j->submitted >= e->ttl_seen; j = j->prev)
        if (!job_final(j) && ttl_end(j) < e->ttl_at)
            e->ttl_at = ttl_end(j);
    e->ttl_seen = now;
    if (now < e->ttl_at)
        return;
    e->ttl_at = NEVER;
    ttl_in_lane(e, &e->queue);
    for (struct worker *w = e->workers; w; w = w->next)
        ttl_in_lane(e, &w->jobs);
}

void jobs_expire(struct endpoint *e)
{
    ttl_everywhere(e);
    for (int i = 0; i < 2; i++)
        for (struct job *j = e->done[i].first; j; j = e->done[i].first) {
            if (j->expires > e->world->advanced_to && e->job_count < ENDPOINT_JOBS_MAX)
                break;
            lane_remove(&e->done[i], j);
            job_unlink_free(e, j);
        }
}

struct job *job_find(struct sim *s, struct endpoint *e, const char *id)
{
    (void)s;
    struct job *j = e ? by_id(e, id) : NULL;
    if (j && job_past_ttl(e, j)) {
        job_delete_by_ttl(e, j);
        return NULL;
    }
    if (!j || (job_final(j) && e->world->advanced_to >= j->expires))
        return NULL;
    job_reveal(e, j);
    return j;
}
