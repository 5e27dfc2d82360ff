/* What Slipway knows by itself of an endpoint goes into the evidence before the service is asked: the requests of
 * the ledger, how long they usually wait, and the workers whose lines were kept (app/log_keep.h), so that one that
 * crashed and vanished before anybody asked can still be read. Lines from long ago tell of a crash that may well be
 * mended: they are left out. */
#include "app/triage.h"

#include "app/log_keep.h"
#include "app/requests.h"
#include "client/state.h"
#include "model/request_times.h"

#include <stdlib.h>
#include <string.h>

enum {
    LEDGER_ARENA = 16 << 20,
    LEDGER_ROWS = 64,
    JOURNAL_ROWS = 50,
    KEPT_BYTES = 4 << 20,
    KEPT_WORKERS = 4,
    KEPT_LINES = 400,
    KEPT_MS = 60 * 60 * 1000,
    SEEN_LEAST_MS = 30 * 1000,
    USUAL_LEAST = 5 /* requests, to say what is usual */
};

/* ---- the ledger ----------------------------------------------------------------------------------------- */

static void take_time(void *arg, const struct request *q)
{
    request_times_add(arg, q);
}

static void know_usual(struct runpod_evidence *ev, struct state *ledger, const char *endpoint_id)
{
    struct request_times times = {0};
    if (!state_request_times(ledger, endpoint_id, take_time, &times, NULL)) {
        struct endpoint_times sum = request_times_sum(&times);
        if (sum.count >= USUAL_LEAST)
            runpod_evidence_usual(ev, sum.delay_p95);
    }
    request_times_release(&times);
}

static void know_requests(struct runpod_evidence *ev, struct state *ledger, const char *endpoint_id)
{
    struct request *rows;
    size_t n;
    struct arena *a = arena_new(LEDGER_ARENA);
    if (a && !state_requests(ledger, endpoint_id, LEDGER_ROWS, a, &rows, &n, NULL))
        for (size_t i = 0; i < n; i++)
            if (!request_is_final(rows[i].status))
                runpod_evidence_job(ev, &rows[i]);
    arena_free(a);
}

/* What RunPod said when it refused a change or a deployment of ours, the newest. */
static void know_quota(struct runpod_evidence *ev, struct state *ledger)
{
    struct journal_list list = {0};
    int quota = 0;
    if (state_operations(ledger, JOURNAL_ROWS, &list, NULL))
        return;
    for (size_t i = 0; i < list.count && quota == 0; i++)
        quota = list.entries[i].error ? runpod_quota_of(list.entries[i].error) : 0;
    journal_list_release(&list);
    if (quota > 0)
        runpod_evidence_quota(ev, quota);
}

static void ignore(void *arg, const struct request *known, const struct request *listed)
{
    (void)arg, (void)known, (void)listed;
}

/* ---- the log that was kept -------------------------------------------------------------------------------- */

struct recalled {
    struct runpod_evidence *ev;
    const char *endpoint_id;
    int64_t since_ms;
    struct {
        char id[WORKER_ID_MAX];
        size_t lines;
    } workers[KEPT_WORKERS]; /* the newest, in a ring */
    size_t next;
};

static int place_of(const struct recalled *r, const char *worker)
{
    for (int i = 0; i < KEPT_WORKERS; i++)
        if (worker[0] && strcmp(r->workers[i].id, worker) == 0)
            return i;
    return -1;
}

static bool is_meant(const struct recalled *r, const struct log_line *line)
{
    return line->endpoint_id && line->at_ms >= r->since_ms && line->source != LINE_OWN &&
           strcmp(line->endpoint_id, r->endpoint_id) == 0 && line_worker(line).len > 0;
}

static void count_line(void *arg, const struct log_line *line)
{
    struct recalled *r = arg;
    if (!is_meant(r, line))
        return;
    struct text worker = line_worker(line);
    int place = worker.len < WORKER_ID_MAX ? place_of(r, worker.s) : 0;
    if (worker.len >= WORKER_ID_MAX)
        return;
    if (place < 0) {
        place = (int)(r->next++ % KEPT_WORKERS);
        memcpy(r->workers[place].id, worker.s, worker.len + 1);
        r->workers[place].lines = 0;
    }
    r->workers[place].lines++;
}

static void take_line(void *arg, const struct log_line *line)
{
    struct recalled *r = arg;
    int place = is_meant(r, line) ? place_of(r, line_worker(line).s) : -1;
    if (place >= 0 && r->workers[place].lines-- <= KEPT_LINES)
        runpod_evidence_line(r->ev, r->workers[place].id, line);
}

/* Twice through the file: who there is, and then the last lines of each. */
static void know_workers(struct runpod_evidence *ev, struct engine *g, const char *endpoint_id)
{
    struct recalled r = {
        .ev = ev, .endpoint_id = endpoint_id, .since_ms = clock_wall_ms(g->clock) - KEPT_MS};
    log_keep_read(g->profile->state_folder, KEPT_BYTES, count_line, &r);
    if (r.next > 0)
        log_keep_read(g->profile->state_folder, KEPT_BYTES, take_line, &r);
}

void triage_know(struct runpod_evidence *ev, struct engine *g, struct state *ledger)
{
    char id[ENDPOINT_ID_MAX];
    memcpy(id, runpod_evidence_get(ev)->endpoint.id, sizeof id);
    if (ledger) {
        know_usual(ev, ledger, id);
        know_requests(ev, ledger, id);
        know_quota(ev, ledger);
    }
    if (runpod_evidence_cost(ev).looks == 0) { /* later it has seen what there is itself */
        runpod_evidence_recalled(ev);
        know_workers(ev, g, id);
    }
}

void triage_remember(
    struct runpod_evidence *ev, struct engine *g, struct state *ledger, struct cancel *cancel)
{
    const struct triage_evidence *v = runpod_evidence_get(ev);
    const struct request_desk d = {.engine = g, .ledger = ledger, .cancel = cancel};
    struct request rows[TRIAGE_JOBS_MAX];
    size_t n = 0;
    for (size_t i = 0; ledger && i < v->job_count; i++) {
        const struct triage_job *j = &v->jobs[i];
        if (j->status != REQUEST_IN_QUEUE && j->status != REQUEST_IN_PROGRESS)
            continue;
        struct request *q = &rows[n++];
        request_init(q);
        q->listed = true;
        q->status = j->status;
        q->submitted_ms = v->now_ms - j->age_ms;
        memcpy(q->endpoint_id, v->endpoint.id, sizeof q->endpoint_id);
        memcpy(q->job_id, j->id, sizeof q->job_id);
        request_listed_id(q->endpoint_id, q->job_id, q->id);
    }
    if (n > 0)
        (void)requests_take_list(&d, rows, n, ignore, NULL, NULL);
}

int triage_gpus(
    void *engine, struct arena *a, struct gpu_page *out, struct cancel *c, struct err *e)
{
    return prices_get(((struct engine *)engine)->prices, a, out, c, e);
}

/* ---- judging ---------------------------------------------------------------------------------------------- */

/* How long others' requests wait is not to be known: what was only just seen is not told as an age. */
int triage_conclude(struct runpod_evidence *ev, const char *job_id, struct arena *a,
    struct triage *out, struct err *e)
{
    const struct triage_evidence *v = runpod_evidence_get(ev);
    int failed = job_id ? triage_judge_job(v, job_id, a, out, e) : triage_judge(v, a, out, e);
    if (!failed && out->oldest_ms < SEEN_LEAST_MS && !runpod_evidence_ages_known(ev))
        out->oldest_ms = -1;
    return failed;
}

int triage_compare(const void *a, const void *b)
{
    const struct triage *x = *(const struct triage *const *)a;
    const struct triage *y = *(const struct triage *const *)b;
    if (x->verdict != y->verdict)
        return x->verdict > y->verdict ? -1 : 1;
    if (x->oldest_ms != y->oldest_ms)
        return x->oldest_ms > y->oldest_ms ? -1 : 1;
    if (x->waiting != y->waiting)
        return x->waiting > y->waiting ? -1 : 1;
    return strcmp(x->endpoint_id, y->endpoint_id);
}

const struct triage_remedy *triage_remedy_at(const struct triage *t, size_t number)
{
    for (size_t i = 0; number > 0 && i < t->count; i++) {
        const struct triage_diagnosis *d = &t->diagnoses[i];
        if (number <= d->remedy_count)
            return &d->remedies[number - 1];
        number -= d->remedy_count;
    }
    return NULL;
}

size_t triage_remedy_number(const char *word)
{
    char *end;
    const char *digits = word[0] == 'r' ? word + 1 : word;
    if (digits[0] < '1' || digits[0] > '9')
        return 0;
    unsigned long n = strtoul(digits, &end, 10);
    return *end || n > TRIAGE_DIAGNOSES_MAX * TRIAGE_REMEDIES_MAX ? 0 : (size_t)n;
}
