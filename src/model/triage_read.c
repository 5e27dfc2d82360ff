/* What many rules ask of the evidence, worked out once. A worker's own log outweighs what its status says: one
 * that starts over and over is shown as running or idle as often as not (spec/runpod.md §3.2). */
#include "model/triage_internal.h"

#include "model/fit.h"
#include "model/record_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char masked[] = "•••";

void triage_evidence_init(struct triage_evidence *v)
{
    memset(v, 0, sizeof *v);
    v->endpoint.context_length = -1;
    v->endpoint.version = -1;
    v->endpoint.created_ms = -1;
    v->detail.disk_gb = -1;
    v->detail.timeout_ms = -1;
    v->detail.rolled = v->detail.rolling_total = -1;
    v->oldest_ms = v->usual_ms = -1;
    v->account = (struct account){NAN, NAN, NAN, 0};
    v->quota = v->workers_elsewhere = -1;
    v->max_zero_since_ms = -1;
}

/* ---- settings --------------------------------------------------------------------------------------- */

static const struct endpoint_setting *setting(const struct triage_evidence *v, const char *name)
{
    for (size_t i = 0; v->detail_read && i < v->detail.env_count; i++)
        if (strcmp(triage_str(v->detail.env[i].name), name) == 0)
            return &v->detail.env[i];
    return NULL;
}

bool triage_env_set(const struct triage_evidence *v, const char *name)
{
    return setting(v, name) != NULL;
}

const char *triage_env(const struct triage_evidence *v, const char *name)
{
    const struct endpoint_setting *s = setting(v, name);
    return s && strcmp(triage_str(s->value), masked) != 0 ? triage_str(s->value) : NULL;
}

int64_t triage_env_number(const struct triage_evidence *v, const char *name)
{
    const char *value = triage_env(v, name);
    char *end = NULL;
    long long n = value ? strtoll(value, &end, 10) : -1;
    return value && end != value && !*end && n >= 0 ? n : -1;
}

bool triage_could_not(const struct triage_evidence *v, const char *what)
{
    for (size_t i = 0; i < v->not_read_count && i < TRIAGE_NOT_READ_MAX; i++)
        if (v->not_read[i].what && strcmp(v->not_read[i].what, what) == 0)
            return true;
    return false;
}

/* ---- the queue ------------------------------------------------------------------------------------- */

int64_t triage_held_ms(const struct triage_evidence *v, bool (*such)(const struct health *h))
{
    int64_t since = -1;
    for (size_t i = v->look_count; i > 0 && such(&v->looks[i - 1].health); i--)
        since = v->looks[i - 1].at_ms;
    return since < 0 ? -1 : v->now_ms > since ? v->now_ms - since : 0;
}

static bool has_queue(const struct health *h)
{
    return h->in_queue > 0;
}

static int64_t last_served(const struct triage_evidence *v)
{
    for (size_t i = v->look_count; i > 1; i--)
        if (v->looks[i - 1].health.completed > v->looks[i - 2].health.completed)
            return v->looks[i - 1].at_ms;
    return -1;
}

/* One that the service refused never came to be queued; behind the gateway's own time-out it may well be. */
static bool was_taken(const struct triage_job *j)
{
    return j->error_status < 400 || j->error_status == 524;
}

bool triage_job_waits(const struct triage_job *j)
{
    return j->status == REQUEST_IN_QUEUE && was_taken(j);
}

/* How many of the requests that are known wait, and are at work; -1 = none is known. */
static void count_jobs(const struct triage_evidence *v, int64_t *queued, int64_t *running)
{
    bool any = false;
    *queued = *running = 0;
    for (size_t i = 0; i < v->job_count; i++) {
        *queued += triage_job_waits(&v->jobs[i]);
        *running += v->jobs[i].status == REQUEST_IN_PROGRESS;
        any |= was_taken(&v->jobs[i]);
    }
    if (!any)
        *queued = *running = -1;
}

static int64_t waited(const struct triage_reader *r)
{
    const struct triage_evidence *v = r->v;
    int64_t most = v->oldest_ms;
    for (size_t i = 0; i < v->job_count; i++)
        if (triage_job_waits(&v->jobs[i]) && v->jobs[i].age_ms > most)
            most = v->jobs[i].age_ms;
    if (most >= 0)
        return most;
    int64_t held = triage_held_ms(v, has_queue);
    if (held > 0 && r->served_ms >= 0 && v->now_ms - r->served_ms < held)
        held = v->now_ms - r->served_ms;
    return held > 0 ? held : 0;
}

static void read_queue(struct triage_reader *r)
{
    const struct triage_evidence *v = r->v;
    int64_t queued, running;
    count_jobs(v, &queued, &running);
    r->health = v->look_count ? &v->looks[v->look_count - 1].health : NULL;
    r->two_looks = v->look_count >= 2 && v->looks[v->look_count - 1].at_ms > v->looks[0].at_ms;
    r->queue = r->health ? r->health->in_queue : queued;
    r->running = r->health ? r->health->in_progress : running;
    r->served_ms = last_served(v);
    r->waits = r->queue > 0;
    r->waited_ms = r->waits ? waited(r) : 0;
    int64_t usual = v->usual_ms > TRIAGE_MINUTE ? v->usual_ms : TRIAGE_MINUTE;
    r->late = r->waits && r->waited_ms > usual;
}

/* ---- workers --------------------------------------------------------------------------------------- */

static void read_health_workers(struct triage_reader *r)
{
    const struct health *h = r->health;
    if (!h)
        return;
    r->by[WORKER_RUNNING] = (int)h->running;
    r->by[WORKER_IDLE] = (int)(h->ready > h->idle ? h->ready : h->idle);
    r->by[WORKER_INITIALIZING] = (int)h->initializing;
    r->by[WORKER_THROTTLED] = (int)h->throttled;
    r->by[WORKER_UNHEALTHY] = (int)h->unhealthy;
}

static void read_log(struct triage_reader *r, const struct triage_worker *w)
{
    if (!w->logs_read) {
        r->unread++;
        r->unread_here += !w->vanished;
        return;
    }
    if (triage_worker_crashes(w))
        r->crashing++;
    else if (!w->vanished) {
        r->pulling += w->log.pulling;
        r->loading += w->log.loading;
        r->serving += w->log.serves;
    }
}

/* For how long no worker that is at work has said that anything moves on; -1 = not known of all. */
int64_t triage_quiet_ms(const struct triage_evidence *v)
{
    int64_t least = -1;
    for (size_t i = 0; v->workers_read && i < v->worker_count; i++) {
        const struct triage_worker *w = &v->workers[i];
        if (w->vanished || w->worker.status != WORKER_RUNNING)
            continue;
        if (!w->logs_read || w->log.moved_ms < 0)
            return -1;
        int64_t quiet = v->now_ms > w->log.moved_ms ? v->now_ms - w->log.moved_ms : 0;
        least = least < 0 || quiet < least ? quiet : least;
    }
    return least;
}

/* For how long it is at work: as it was seen; or as long as its worker says nothing, when others wait for it and it was
 * seen for as long as requests may run by default, without that anything was completed. */
int64_t triage_at_work_ms(const struct triage_reader *r, const struct triage_job *j)
{
    int64_t seen = j->running_ms, quiet = triage_quiet_ms(r->v);
    bool others = r->served_ms >= 0 && r->v->now_ms - r->served_ms < seen;
    if (j->status != REQUEST_IN_PROGRESS)
        return -1;
    bool long_ago = seen >= TRIAGE_RUN_DEFAULT && r->waits && !others;
    return long_ago && quiet > seen ? quiet : seen;
}

/* A record of a worker that has got no host, or never will. */
bool triage_is_unplaced(const struct triage_worker *w)
{
    bool nowhere = w->worker.gpu.len == 0 &&
                   w->worker.data_center.len == 0; /* one without a GPU has a place at least */
    return !w->vanished && w->worker.status == WORKER_INITIALIZING && nowhere &&
           (!w->logs_read || (w->log.starts == 0 && w->log.line_count == 0 && !w->log.pulling &&
                                 !w->log.loading));
}

/* Whether everything that is at work is a request that hangs, or that has ended its worker before. */
static bool all_stuck(const struct triage_reader *r)
{
    int64_t stuck = 0;
    for (size_t i = 0; i < r->v->job_count; i++) {
        const struct triage_job *j = &r->v->jobs[i];
        stuck += j->status == REQUEST_IN_PROGRESS &&
                 (triage_at_work_ms(r, j) >= TRIAGE_HUNG_MS || j->retries >= 2);
    }
    return stuck > 0 && stuck >= r->running;
}

static bool is_well(const struct triage_worker *w)
{
    bool up = w->worker.status == WORKER_RUNNING || w->worker.status == WORKER_IDLE;
    return up && !w->vanished && !triage_worker_crashes(w);
}

static void read_workers(struct triage_reader *r)
{
    const struct triage_evidence *v = r->v;
    for (size_t i = 0; v->workers_read && i < v->worker_count; i++) {
        const struct triage_worker *w = &v->workers[i];
        if (w->vanished)
            r->vanished++;
        else if ((unsigned)w->worker.status < WORKER_STATUSES)
            r->by[w->worker.status]++;
        r->unplaced += triage_is_unplaced(w);
        r->well += is_well(w);
        read_log(r, w);
    }
    if (!v->workers_read)
        read_health_workers(r);
    for (unsigned i = 0; i < WORKER_STATUSES; i++)
        r->listed += r->by[i];
    r->up = r->by[WORKER_RUNNING] + r->by[WORKER_IDLE];
    r->starting = r->by[WORKER_INITIALIZING];
    r->clear = v->workers_read && r->unread == 0 && r->crashing == 0;
    bool moment = r->served_ms >= 0 && v->now_ms - r->served_ms <= TRIAGE_GRACE_READY;
    if (!v->workers_read)
        r->well = r->up;
    r->serves_now = moment || (r->running > 0 && r->well > 0 && !all_stuck(r));
}

/* ---- load balancing ----------------------------------------------------------------------------------- */

/* For how long a worker is there and not up. */
static int64_t coming_ms(const struct triage_evidence *v)
{
    int64_t most = 0;
    for (size_t i = 0; i < v->worker_count; i++) {
        const struct triage_worker *w = &v->workers[i];
        int64_t since = w->worker.status == WORKER_INITIALIZING && w->worker.started_ms > 0
                            ? w->worker.started_ms
                            : w->first_ms;
        if (!w->vanished && since > 0 && v->now_ms - since > most)
            most = v->now_ms - since;
    }
    return most;
}

static bool any_refused(const struct triage_evidence *v)
{
    for (size_t i = 0; i < v->job_count; i++)
        if (triage_job_unserved(&v->jobs[i]))
            return true;
    return false;
}

/* There is no queue: somebody waits when workers are meant to be there and none is up. How long one has been on its
 * way is seen in one look as well as in two. */
static void read_balancer(struct triage_reader *r)
{
    const struct triage_evidence *v = r->v;
    bool meant = r->listed > 0 || v->endpoint.workers_min > 0 || any_refused(v);
    if (!v->endpoint.load_balancer || r->waits)
        return;
    r->waits = meant && r->up == 0 && v->workers_read;
    r->waited_ms = r->waits ? r->coming_ms : 0;
    r->late = r->waited_ms > TRIAGE_GRACE_READY;
    r->two_looks |= r->late;
}

/* ---- the model and the pools ------------------------------------------------------------------------- */

static void read_fit(struct triage_reader *r)
{
    const struct triage_evidence *v = r->v;
    size_t n = 0;
    preflight_evidence_init(&r->fit);
    for (size_t i = 0; v->detail_read && i < v->detail.env_count && n < TRIAGE_ENV_MAX; i++) {
        const char *name = triage_str(v->detail.env[i].name);
        r->env[n++] = (struct preflight_env){name, triage_env(v, name)};
    }
    if (v->facts)
        r->files.facts = *v->facts;
    r->facts_known = v->facts && v->facts->weight_bytes > 0 && !v->facts->adapter;
    r->fit.files = v->facts ? &r->files : NULL;
    r->fit.image = triage_str(v->endpoint.image);
    r->fit.env = r->env;
    r->fit.env_count = n;
    r->fit.context = v->endpoint.context_length;
    r->fit.gpus = v->endpoint.gpu_count;
    r->fit.disk_gb = v->detail.disk_gb;
}

int triage_read(struct triage_reader *r, const struct triage_evidence *v, struct arena *a)
{
    memset(r, 0, sizeof *r);
    r->v = v;
    r->a = a;
    r->image = worker_image_read(triage_str(v->endpoint.image));
    read_queue(r);
    read_workers(r);
    r->coming_ms = coming_ms(v);
    read_balancer(r);
    r->pool_count = v->catalog ? gpu_pools(v->catalog, r->pools, TRIAGE_POOLS) : 0;
    r->worker_price = v->catalog ? gpu_pools_price(v->catalog, v->endpoint.pools,
                                       v->endpoint.pool_count, v->endpoint.gpu_count)
                                 : NAN;
    read_fit(r);
    return 0;
}

const struct gpu_pool *triage_pool(const struct triage_reader *r, struct text id)
{
    for (size_t i = 0; i < r->pool_count; i++)
        if (text_same(r->pools[i].id, id))
            return &r->pools[i];
    return NULL;
}

bool triage_uses_pool(const struct triage_reader *r, struct text id)
{
    for (size_t i = 0; i < r->v->endpoint.pool_count; i++)
        if (text_same(r->v->endpoint.pools[i], id))
            return true;
    return false;
}

enum stock triage_own_stock(const struct triage_reader *r)
{
    enum stock best = STOCK_UNKNOWN;
    for (size_t i = 0; i < r->v->endpoint.pool_count; i++) {
        const struct gpu_pool *p = triage_pool(r, r->v->endpoint.pools[i]);
        if (p && p->stock > best)
            best = p->stock;
    }
    return best;
}

int triage_own_memory(const struct triage_reader *r)
{
    int least = 0;
    for (size_t i = 0; i < r->v->endpoint.pool_count; i++) {
        const struct gpu_pool *p = triage_pool(r, r->v->endpoint.pools[i]);
        if (p && p->memory_gb > 0 && (!least || p->memory_gb < least))
            least = p->memory_gb;
    }
    return least;
}

int triage_own_cuda(const struct triage_reader *r)
{
    int best = 0;
    for (size_t i = 0; i < r->v->endpoint.pool_count; i++) {
        const struct gpu_pool *p = triage_pool(r, r->v->endpoint.pools[i]);
        if (!p || p->cuda == 0)
            return 0;
        if (p->cuda > best)
            best = p->cuda;
    }
    return best;
}

/* ---- how long to wait ---------------------------------------------------------------------------------- */

static bool could_hold(const struct triage_reader *r, const struct gpu_pool *p)
{
    if (!r->facts_known)
        return p->memory_gb >= triage_own_memory(r);
    enum preflight_fit fit = preflight_memory_of(&r->fit, p->memory_gb).fit;
    return fit == PREFLIGHT_FITS || fit == PREFLIGHT_FIT_UNKNOWN;
}

int64_t triage_grace_place(const struct triage_reader *r)
{
    for (size_t i = 0; i < r->pool_count; i++)
        if (r->pools[i].stock > STOCK_NONE && could_hold(r, &r->pools[i]) &&
            !triage_uses_pool(r, r->pools[i].id))
            return TRIAGE_GRACE_PLACE;
    return r->pool_count ? TRIAGE_GRACE_NO_OTHER : TRIAGE_GRACE_PLACE;
}

/* A minute more for each 10 GB of weights. */
int64_t triage_grace_init(const struct triage_reader *r)
{
    double gb = r->v->facts ? (double)r->v->facts->weight_bytes / 1e9 : 0;
    double grace = TRIAGE_GRACE_INIT + (gb > 0 ? gb / 10 * TRIAGE_MINUTE : 0);
    return grace < TRIAGE_GRACE_INIT_MOST ? (int64_t)grace : TRIAGE_GRACE_INIT_MOST;
}
