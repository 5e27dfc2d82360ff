/* Why workers do not come up, from their logs (rows 10 to 25, 35 and beyond): which of the causes there are.
 *
 * The log's cause is the diagnosis; triage_rules_start.c and its like know what it means and what helps. Workers that
 * show the same cause are one diagnosis. A worker that serves is left alone, whatever its log says of earlier. */
#include "model/triage_internal.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct triage_reader reader;
typedef struct triage_find find;
typedef struct triage_diagnosis diagnosis;

/* ---- what a log shows ----------------------------------------------------------------------------------- */

static bool is_one_of(const char *id, const char *const *ids)
{
    for (; *ids; ids++)
        if (strcmp(*ids, id) == 0)
            return true;
    return false;
}

/* Passes by itself, or is told from the absence of lines: one end says nothing. */
static bool passes(const char *id)
{
    static const char *const passing[] = {"hub-outage", "image-pull-failed", "init-timeout-loop",
        "start-command-exits", "host-memory", "gpu-fault", "cuda-fault", "nccl-failed", "volume-io",
        NULL};
    return is_one_of(id, passing);
}

static bool needs_repeat(const struct triage_rule *rule, const struct crash *c)
{
    return !c->cause || passes(rule->id);
}

static int failures(const struct crash *c)
{
    return c->crashes > 0 ? c->crashes : c->crashed ? c->ends > 1 ? c->ends : 1 : 0;
}

/* A first failure counts at once when its line says why; one that says nothing, when it failed again. */
bool triage_worker_crashes(const struct triage_worker *w)
{
    const struct crash *c = &w->log;
    if (!w->logs_read || c->serves || c->local_api)
        return false;
    return c->crashed || (c->cause && !c->loading && !c->pulling) ||
           (c->again && c->cause && (failures(c) >= 2 || !passes(c->cause->id)));
}

int64_t triage_start_period_s(const struct crash *c)
{
    if (c->starts < 2 || c->first_start_ms < 0 || c->last_start_ms <= c->first_start_ms)
        return 0;
    return (c->last_start_ms - c->first_start_ms) / (c->starts - 1) / TRIAGE_SECOND;
}

const char *triage_value(const struct crash *c, enum crash_value_kind kind, const char *fallback)
{
    const struct crash_value *v = crash_value(c, kind);
    return v && v->text.len ? v->text.s : fallback;
}

double triage_amount(const struct crash *c, enum crash_value_kind kind)
{
    const struct crash_value *v = crash_value(c, kind);
    return v ? v->number : NAN;
}

const char *triage_variant(const struct crash *c)
{
    return c->cause && c->cause->variant ? c->cause->variant : "";
}

const char *triage_model(reader *r, const struct crash *c)
{
    const char *set = triage_str(r->v->endpoint.model);
    return triage_value(c, CRASH_MODEL, *set ? set : "the model");
}

/* ---- evidence ----------------------------------------------------------------------------------------- */

static void line_starts(reader *r, diagnosis *d, const struct triage_worker *w)
{
    const struct crash *c = &w->log;
    char span[TRIAGE_SPAN_SHOWN];
    if (c->starts < 2 || c->last_start_ms < c->first_start_ms || c->after_serving)
        return;
    triage_line(r, d, "log", w->worker.id, c->last_start_ms, "%d starts in %s, none stayed up",
        c->starts, triage_span(c->last_start_ms - c->first_start_ms, span));
}

static void line_log(reader *r, diagnosis *d, const struct triage_worker *w)
{
    const struct crash *c = &w->log;
    for (size_t i = 0; i < c->line_count && i < CRASH_LINES_MAX; i++)
        triage_line(
            r, d, "log", w->worker.id, c->lines[i].at_ms, "%s", triage_str(c->lines[i].line));
    line_starts(r, d, w);
}

void triage_tell_log(reader *r, find *f, diagnosis *d, struct text sum)
{
    d->summary = sum;
    line_log(r, d, f->worker);
    if (f->count > 1)
        triage_line(r, d, "log", NULL, -1, "%d workers show the same", f->count);
    triage_line_queue(r, d);
    if (d->evidence_count == 0)
        triage_line_workers(r, d);
    if (!f->sentence.len && f->worker->log.after_serving)
        f->sentence = triage_text(
            r, "%d worker%s ended at work: %s", f->count, triage_plural(f->count), f->rule->brief);
    else if (!f->sentence.len)
        f->sentence = triage_text(r, "%d worker%s crash%s on start: %s", f->count,
            triage_plural(f->count), f->count == 1 ? "es" : "", f->rule->brief);
}

/* ---- images that help -------------------------------------------------------------------------------- */

bool triage_is_vllm(const reader *r)
{
    return r->v->endpoint.model.len > 0 || strstr(triage_str(r->v->endpoint.image), "vllm");
}

/* An image of ours fits what it is to serve, and these hosts. */
void triage_default_image(reader *r, diagnosis *d)
{
    int hosts = triage_own_cuda(r);
    bool older = hosts > 0 && hosts < worker_cuda_number(WORKER_IMAGE_DEFAULT_CUDA);
    const char *image = older ? WORKER_IMAGE_OLDER_HOSTS : WORKER_IMAGE_DEFAULT;
    if (strcmp(triage_str(r->v->endpoint.image), image) != 0)
        triage_set_image(r, d, image, older ? NULL : WORKER_IMAGE_DEFAULT_CUDA);
}

void triage_newer_image(reader *r, diagnosis *d)
{
    struct worker_image newest = worker_image_read(WORKER_IMAGE_DEFAULT);
    bool older =
        r->image.version.major < 0 || worker_version_compare(r->image.version, newest.version) < 0;
    if (older && triage_is_vllm(r))
        triage_set_image(r, d, WORKER_IMAGE_DEFAULT, WORKER_IMAGE_DEFAULT_CUDA);
}

/* Said of single requests: triage_rules_job.c tells of them. */
static bool is_of_jobs(const char *id)
{
    return strcmp(id, "empty-input") == 0 || strcmp(id, "poison-job") == 0 ||
           strcmp(id, "image-does-not-take-jobs") == 0 ||
           strcmp(id, "load-balancer-unreachable") == 0;
}

static const struct triage_rule *rule_named(const char *id)
{
    static const struct triage_rule *const tables[] = {
        triage_log_start, triage_log_model, triage_log_more};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        for (const struct triage_rule *rule = tables[i]; rule->id; rule++)
            if (strcmp(rule->id, id) == 0)
                return rule;
    return NULL;
}

static const struct triage_rule *rule_of_id(reader *r, const char *id)
{
    const struct triage_rule *known = rule_named(id);
    if (known || !*id)
        return known ? known : &triage_log_loop;
    struct triage_rule *own = arena_alloc(r->a, sizeof *own);
    r->failed |= !own;
    if (!own)
        return &triage_log_loop;
    *own = triage_log_other;
    own->id = id;
    return own;
}

/* ---- which it is ------------------------------------------------------------------------------------------------ */

/* Starts as far apart as the platform waits, and nothing in between that failed by itself. */
static bool cycles_by_timeout(const reader *r, const struct crash *c)
{
    int64_t period = triage_start_period_s(c), set = triage_env_number(r->v, "RUNPOD_INIT_TIMEOUT");
    int64_t limit = set > 0 ? set : TRIAGE_INIT_TIMEOUT_S;
    return c->starts >= 3 && !c->cause && period >= limit * 85 / 100 && period <= limit * 13 / 10;
}

static bool is_retried(const struct triage_job *j)
{
    return j->retries >= 1 && !request_is_final(j->status);
}

/* It ended at work on a request, which was tried again: triage_rules_queue.c tells of that. */
static bool ended_by_job(const reader *r, const struct crash *c)
{
    bool own = !c->cause || strcmp(c->cause->id, "handler-crash") == 0 ||
               strcmp(c->cause->id, "cuda-fault") == 0 || strcmp(c->cause->id, "host-memory") == 0;
    if (!c->after_serving || !own)
        return false;
    for (size_t i = 0; i < r->v->job_count; i++)
        if (is_retried(&r->v->jobs[i]))
            return true;
    const struct triage_evidence *v = r->v;
    return v->look_count >= 2 &&
           v->looks[v->look_count - 1].health.retried > v->looks[0].health.retried;
}

static const struct triage_rule *rule_for(reader *r, const struct crash *c)
{
    bool late = c->cause && c->cause->id && strcmp(c->cause->id, "init-timeout-loop") == 0;
    if (ended_by_job(r, c))
        return NULL;
    if (r->v->endpoint.load_balancer && (late || cycles_by_timeout(r, c)))
        return NULL; /* nobody answers /ping: triage_rules_queue.c */
    if (c->cause && c->cause->id)
        return is_of_jobs(c->cause->id) ? NULL : rule_of_id(r, c->cause->id);
    if (cycles_by_timeout(r, c))
        return rule_named("init-timeout-loop");
    if (c->silent && c->exit_code == 137)
        return rule_named("host-memory");
    if (c->silent && c->line_count == 0)
        return rule_named("start-command-exits");
    return &triage_log_loop;
}

/* Of this host alone: another worker that comes up elsewhere may not have it. */
static bool is_of_host(const struct triage_rule *rule)
{
    static const char *const ids[] = {"cuda-driver-mismatch", "fitness-check-failed", "gpu-fault",
        "gpu-missing", "gpu-unsupported", "cuda-fault", "host-memory", "hub-outage", "nccl-failed",
        "volume-io", "cached-model-failed", NULL};
    return is_one_of(rule->id, ids);
}

static enum triage_certainty certainty_of(
    const reader *r, const struct triage_rule *rule, const struct crash *c)
{
    bool line = c->line_count > 0, again = failures(c) >= 2;
    if (rule == &triage_log_loop)
        return again && line ? TRIAGE_CERTAIN : TRIAGE_LIKELY;
    if (strcmp(rule->id, "init-timeout-loop") == 0)
        return again && r->v->detail_read ? TRIAGE_CERTAIN
               : again                    ? TRIAGE_LIKELY
                                          : TRIAGE_POSSIBLE;
    if (!c->cause || !line)
        return again ? TRIAGE_LIKELY : TRIAGE_POSSIBLE;
    return c->crashed || c->again ? TRIAGE_CERTAIN : TRIAGE_LIKELY;
}

/* It failed before the newest release, and a start of that one is on its way: what was is over. */
static bool was_mended(const struct triage_reader *r, const struct crash *c)
{
    const struct endpoint_detail *e = &r->v->detail;
    int64_t at = r->v->detail_read && e->release_count ? e->releases[0].created_ms : -1;
    return at > 0 && c->again && c->line_count > 0 && c->lines[0].at_ms > 0 &&
           c->lines[0].at_ms < at && c->last_start_ms >= at;
}

/* Something was changed since, a moment ago: what comes of it is to be seen. */
static bool was_just_mended(const reader *r, const struct crash *c)
{
    const struct endpoint_detail *e = &r->v->detail;
    int64_t at = r->v->detail_read && e->release_count ? e->releases[0].created_ms : -1;
    return at > 0 && c->last_start_ms > 0 && c->last_start_ms < at &&
           r->v->now_ms - at < TRIAGE_GRACE_PLACE;
}

/* The first failure may be the last, while the worker tries again. */
static bool is_ripe(const reader *r, const struct triage_rule *rule, const struct crash *c)
{
    if (was_just_mended(r, c))
        return false;
    if (is_of_host(rule) && r->loading + r->pulling > 0)
        return false;
    if (c->again && failures(c) < 2 && needs_repeat(rule, c))
        return false;
    return failures(c) >= 2 || !needs_repeat(rule, c);
}

static find find_of(reader *r, const struct triage_rule *rule, const struct triage_worker *w)
{
    const struct crash *c = &w->log;
    int64_t since = c->first_start_ms >= 0 ? c->first_start_ms
                    : c->line_count        ? c->lines[0].at_ms
                                           : -1;
    return (find){.rule = rule,
        .certainty = certainty_of(r, rule, c),
        .ripe = is_ripe(r, rule, c),
        .since_ms = since,
        .worker = w,
        .count = 1,
        .unqueued = r->v->endpoint.load_balancer,
        .sentence = TEXT("")};
}

static bool better(const find *a, const find *b)
{
    bool a_here = !a->worker->vanished, b_here = !b->worker->vanished;
    if (a->certainty != b->certainty)
        return a->certainty > b->certainty;
    return a_here != b_here ? a_here : a->worker->log.last_start_ms > b->worker->log.last_start_ms;
}

/* Most workers first, then the surest. */
static bool before(const find *a, const find *b)
{
    bool a_known = a->rule != &triage_log_loop, b_known = b->rule != &triage_log_loop;
    if (a->certainty != b->certainty)
        return a->certainty > b->certainty;
    if (a_known != b_known)
        return a_known;
    return a->count > b->count;
}

static void sort(find *finds, size_t n)
{
    for (size_t i = 1; i < n; i++)
        for (size_t k = i; k > 0 && before(&finds[k], &finds[k - 1]); k--) {
            find swap = finds[k];
            finds[k] = finds[k - 1];
            finds[k - 1] = swap;
        }
}

static bool is_stale(const reader *r, const struct triage_worker *w)
{
    return w->worker.stale ||
           (w->worker.version >= 0 && r->v->endpoint.version > w->worker.version);
}

/* A worker of an older release than the newest is what was, unless nothing newer was seen. */
static bool is_outdated(const reader *r, const struct triage_worker *w)
{
    if (!w->vanished && !is_stale(r, w))
        return false;
    for (size_t i = 0; i < r->v->worker_count; i++) {
        const struct triage_worker *other = &r->v->workers[i];
        bool newer = w->worker.version >= 0 && other->worker.version > w->worker.version;
        bool fresh = is_stale(r, w) && !other->vanished && !is_stale(r, other);
        if (newer || fresh ||
            (w->vanished && !other->vanished && other->logs_read && other->log.serves))
            return true;
    }
    if (!w->vanished)
        return false;
    return r->v->endpoint.workers_max > 0 && w->worker.version >= 0 &&
           r->v->endpoint.version > w->worker.version;
}

size_t triage_find_logs(struct triage_reader *r, struct triage_find *finds, size_t max)
{
    const struct triage_evidence *v = r->v;
    size_t n = 0;
    for (size_t i = 0; v->workers_read && i < v->worker_count; i++) {
        const struct triage_worker *w = &v->workers[i];
        const struct triage_rule *rule =
            triage_worker_crashes(w) && !is_outdated(r, w) && !was_mended(r, &w->log)
                ? rule_for(r, &w->log)
                : NULL;
        size_t k = 0;
        if (!rule)
            continue;
        find f = find_of(r, rule, w);
        while (k < n && strcmp(finds[k].rule->id, rule->id) != 0)
            k++;
        if (k == max)
            continue;
        if (k == n)
            finds[n++] = f;
        else if (better(&f, &finds[k])) {
            f.count = finds[k].count + 1;
            f.ripe |= finds[k].ripe;
            finds[k] = f;
        } else {
            finds[k].count++;
            finds[k].ripe |= f.ripe;
        }
    }
    sort(finds, n);
    return n;
}
