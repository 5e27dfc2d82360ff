/* The requests of the evidence: those of ours, and those that the service lists. What was known of one before it was
 * listed anew stays known: since when it waits or runs, and how it was sent. Those that are open must find room
 * before those that failed; those that ended well say nothing about why others wait. */
#include "client/runpod_evidence_internal.h"

#include "client/runpod_jobs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXTS_ARENA = 4 << 20, LIST_ARENA = 16 << 20, ASKED_MAX = 3 /* by their ids */ };

static bool is_empty_input(struct text input)
{
    return input.len == 2 && memcmp(input.s, "{}", 2) == 0;
}

/* Whether it says anything about why others wait. */
static bool matters(const struct request *q)
{
    return q->job_id[0] && q->status != REQUEST_COMPLETED && q->status != REQUEST_SENDING;
}

static struct triage_job *known_as(struct triage_evidence *v, const char *id)
{
    for (size_t i = 0; i < v->job_count; i++)
        if (strcmp(v->jobs[i].id, id) == 0)
            return &v->jobs[i];
    return NULL;
}

static struct triage_job *place_of(struct triage_evidence *v, const char *id)
{
    struct triage_job *known = known_as(v, id);
    if (known || v->job_count == TRIAGE_JOBS_MAX)
        return known;
    struct triage_job *j = &v->jobs[v->job_count++];
    *j = (struct triage_job){.running_ms = -1, .ttl_ms = -1, .error = TEXT("")};
    snprintf(j->id, sizeof j->id, "%s", id);
    return j;
}

/* As it was known before it was listed anew; 0 = it was not. */
static int64_t known_age(const struct runpod_evidence *ev, const char *id, int64_t now)
{
    int64_t passed = now > ev->known_ms ? now - ev->known_ms : 0;
    for (size_t i = 0; i < ev->known_count; i++)
        if (strcmp(ev->known[i].id, id) == 0)
            return ev->known[i].age_ms + passed;
    return 0;
}

static void put_job(struct runpod_evidence *ev, const struct request *q)
{
    struct triage_evidence *v = &ev->v;
    struct triage_job *j = matters(q) ? place_of(v, q->job_id) : known_as(v, q->job_id);
    int64_t now = evidence_now(ev);
    if (!j)
        return;
    int64_t age = q->submitted_ms > 0 && q->submitted_ms < now ? now - q->submitted_ms : 0;
    int64_t known = known_age(ev, q->job_id, now);
    age = age > known ? age : known;
    if (age > j->age_ms)
        j->age_ms = age;
    if (q->status == REQUEST_IN_QUEUE && q->submitted_ms <= 0)
        ev->ages_seen = true;
    bool runs = q->status == REQUEST_IN_PROGRESS;
    if (!runs)
        j->running_ms = -1;
    else if (j->running_ms < 0)
        j->running_ms = q->delay_ms >= 0 && q->delay_ms < j->age_ms ? j->age_ms - q->delay_ms : 0;
    j->status = q->status;
    if (q->retries > j->retries)
        j->retries = q->retries;
    j->empty_input = j->empty_input || is_empty_input(q->input);
    if (q->error.len > 0)
        j->error = text_dup(ev->jobs, q->error);
}

static int older_first(const void *a, const void *b)
{
    const struct triage_job *x = a, *y = b;
    return x->age_ms == y->age_ms ? strcmp(x->id, y->id) : x->age_ms > y->age_ms ? -1 : 1;
}

static void sort_jobs(struct triage_evidence *v)
{
    if (v->job_count > 1)
        qsort(v->jobs, v->job_count, sizeof *v->jobs, older_first);
}

void runpod_evidence_job(struct runpod_evidence *ev, const struct request *q)
{
    if (!ev->jobs)
        ev->jobs = evidence_arena(TEXTS_ARENA);
    if (!ev->jobs)
        return;
    put_job(ev, q);
    ev->jobs_ms = clock_mono_ms(ev->options.clock);
    sort_jobs(&ev->v);
}

void runpod_evidence_recalled(struct runpod_evidence *ev)
{
    ev->v.jobs_recalled = ev->v.job_count > 0;
}

void runpod_evidence_sent(struct runpod_evidence *ev, const struct triage_job *sent)
{
    if (!ev->jobs)
        ev->jobs = evidence_arena(TEXTS_ARENA);
    struct triage_job *j = ev->jobs ? place_of(&ev->v, sent->id) : NULL;
    if (!j)
        return;
    *j = *sent;
    j->error = text_dup(ev->jobs, sent->error);
    ev->jobs_ms = clock_mono_ms(ev->options.clock);
    sort_jobs(&ev->v);
}

void evidence_put_jobs_aside(struct runpod_evidence *ev)
{
    if (ev->v.job_count == 0)
        return;
    ev->known_count = ev->v.job_count;
    ev->known_ms = ev->v.now_ms;
    memcpy(ev->known, ev->v.jobs, ev->known_count * sizeof *ev->known);
    ev->v.job_count = 0;
    ev->ages_seen = false;
}

static void keep_known(struct runpod_evidence *ev, struct triage_job *j)
{
    int64_t passed = ev->v.now_ms > ev->known_ms ? ev->v.now_ms - ev->known_ms : 0;
    for (size_t i = 0; i < ev->known_count; i++) {
        const struct triage_job *k = &ev->known[i];
        if (strcmp(j->id, k->id) != 0)
            continue;
        if (k->age_ms + passed > j->age_ms)
            j->age_ms = k->age_ms + passed;
        if (j->running_ms >= 0 && k->running_ms >= 0 && k->running_ms + passed > j->running_ms)
            j->running_ms = k->running_ms + passed;
        j->low_priority = k->low_priority;
        j->empty_input = j->empty_input || k->empty_input;
        j->ttl_ms = k->ttl_ms;
        j->error_status = k->error_status;
    }
}

static void put_jobs(struct runpod_evidence *ev, const struct request *rows, size_t n)
{
    /* Those that are open first: they must find room. */
    for (size_t i = 0; i < n; i++)
        if (!request_is_final(rows[i].status))
            put_job(ev, &rows[i]);
    for (size_t i = 0; i < n; i++)
        if (request_is_final(rows[i].status))
            put_job(ev, &rows[i]);
}

/* Where the service does not list them: the oldest that are still open, one by one. */
static void ask_recalled(struct runpod_evidence *ev, struct cancel *c)
{
    char ids[ASKED_MAX][REQUEST_ID_MAX];
    size_t n = 0;
    for (size_t i = 0; ev->v.jobs_recalled && i < ev->v.job_count && n < ASKED_MAX; i++)
        if (!request_is_final(ev->v.jobs[i].status))
            memcpy(ids[n++], ev->v.jobs[i].id, sizeof ids[0]);
    for (size_t i = 0; i < n; i++)
        (void)runpod_evidence_read_job(ev, ids[i], c, NULL);
    ev->v.jobs_recalled = false;
}

int evidence_jobs(struct runpod_evidence *ev, struct cancel *c, struct err *e)
{
    struct request *rows = NULL;
    struct err why;
    size_t n = 0;
    if (ev->v.endpoint.load_balancer)
        return 0;
    struct arena *a = evidence_arena(LIST_ARENA), *texts = evidence_arena(TEXTS_ARENA);
    ev->cost.calls++;
    if (!a || !texts ||
        runpod_requests(ev->options.runpod, ev->v.endpoint.id, a, &rows, &n, c, &why)) {
        int failed = a && texts ? evidence_failed(ev, "jobs", &why, e) : 0;
        arena_free(a);
        arena_free(texts);
        if (!failed)
            ask_recalled(ev, c);
        return failed;
    }
    if (!rows) {
        evidence_note(ev, "jobs", "the service does not list them");
        arena_free(texts);
        ask_recalled(ev, c);
    } else {
        (void)runpod_evidence_get(ev);
        for (size_t i = 0; i < n; i++)
            evidence_saw_time(ev, rows[i].submitted_ms);
        evidence_put_jobs_aside(ev);
        evidence_swap(&ev->jobs, texts);
        put_jobs(ev, rows, n);
        for (size_t i = 0; i < ev->v.job_count; i++)
            keep_known(ev, &ev->v.jobs[i]);
        ev->jobs_ms = clock_mono_ms(ev->options.clock);
        ev->v.jobs_recalled = false;
        sort_jobs(&ev->v);
        evidence_note(ev, "jobs", NULL);
    }
    arena_free(a);
    return 0;
}

int runpod_evidence_read_job(
    struct runpod_evidence *ev, const char *job_id, struct cancel *c, struct err *e)
{
    struct request q;
    struct arena *a = evidence_arena(LIST_ARENA);
    if (!a)
        return err_set(e, ERR_IO, 0, "out of memory");
    request_init(&q);
    memcpy(q.endpoint_id, ev->v.endpoint.id, sizeof q.endpoint_id);
    snprintf(q.job_id, sizeof q.job_id, "%s", job_id);
    q.submitted_ms = -1;
    for (size_t i = 0; i < ev->v.job_count; i++)
        if (strcmp(ev->v.jobs[i].id, job_id) == 0)
            q.submitted_ms = evidence_now(ev) - ev->v.jobs[i].age_ms;
    ev->cost.calls++;
    int failed = runpod_status(ev->options.runpod, &q, a, c, e);
    if (!failed) {
        (void)place_of(&ev->v, job_id); /* one that ended well, too: it is asked about */
        runpod_evidence_job(ev, &q);
    }
    arena_free(a);
    return failed;
}
