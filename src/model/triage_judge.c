/* The verdict: every rule that may speak is asked, what holds is put in the order of what decides, and the first
 * that is at least likely settles it.
 *
 * Order (spec/runpod.md §8.2): proofs, then what logs say, then what workers that are up do not do, then what is on
 * its way, then capacity, then single requests. What is only possible stands behind everything else, and never makes
 * anything stuck. A request that was served a moment ago outweighs every cause but a proof. */
#include "model/triage_internal.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FINDS_MAX = 64, LOG_FINDS_MAX = 16, TAIL_REMEDIES = 2 };

struct findings {
    struct triage_find all[FINDS_MAX];
    size_t count;
};

/* ---- asking the rules --------------------------------------------------------------------------------- */

static bool was_read(const struct triage_reader *r, unsigned needs)
{
    const struct triage_evidence *v = r->v;
    return (!(needs & TRIAGE_NEEDS_HEALTH) || v->look_count > 0) &&
           (!(needs & TRIAGE_NEEDS_WORKERS) || v->workers_read) &&
           (!(needs & TRIAGE_NEEDS_DETAIL) || v->detail_read) &&
           (!(needs & TRIAGE_NEEDS_ACCOUNT) || v->account_read) &&
           (!(needs & TRIAGE_NEEDS_CATALOG) || (v->catalog && v->catalog->count > 0)) &&
           (!(needs & TRIAGE_NEEDS_LOGS) || (v->workers_read && r->unread < (int)v->worker_count));
}

static bool is_there(const struct findings *f, const char *id)
{
    for (size_t i = 0; i < f->count; i++)
        if (strcmp(f->all[i].rule->id, id) == 0)
            return true;
    return false;
}

static void ask(struct triage_reader *r, const struct triage_rule *rules, struct findings *f)
{
    for (; rules->id; rules++) {
        struct triage_find one = {
            .rule = rules, .certainty = TRIAGE_POSSIBLE, .since_ms = -1, .sentence = TEXT("")};
        if (f->count < FINDS_MAX && !is_there(f, rules->id) && was_read(r, rules->needs) &&
            rules->find(r, &one))
            f->all[f->count++] = one;
    }
}

/* What is said of the request itself. */
static bool of_one(const struct triage_reader *r, const struct triage_find *f)
{
    return r->asked && f->rule->effect == TRIAGE_NOTES;
}

static bool is_weak(const struct triage_reader *r, const struct triage_find *f)
{
    return f->certainty == TRIAGE_POSSIBLE && !of_one(r, f);
}

/* What is only possible goes behind; else the order of the tables stays. */
static void put_possible_last(const struct triage_reader *r, struct findings *f)
{
    struct triage_find kept[FINDS_MAX];
    size_t n = 0;
    for (int possible = 0; possible < 2; possible++)
        for (size_t i = 0; i < f->count; i++)
            if (is_weak(r, &f->all[i]) == (possible == 1))
                kept[n++] = f->all[i];
    memcpy(f->all, kept, n * sizeof kept[0]);
}

static void ask_all(struct triage_reader *r, struct findings *f)
{
    if (r->asked)
        ask(r, triage_rules_job, f);
    ask(r, triage_rules_first, f);
    if (triage_logs_matter(r))
        f->count += triage_find_logs(r, f->all + f->count, LOG_FINDS_MAX);
    ask(r, triage_rules_hold, f);
    ask(r, triage_rules_queue, f);
    ask(r, triage_rules_now, f);
    ask(r, triage_rules_coming, f);
    ask(r, triage_rules_place, f);
    ask(r, triage_rules_room, f);
    ask(r, triage_rules_job, f);
    put_possible_last(r, f);
}

/* ---- the verdict ---------------------------------------------------------------------------------------- */

static enum triage_verdict of_find(const struct triage_reader *r, const struct triage_find *f)
{
    if (f->rule->effect == TRIAGE_PROOF)
        return TRIAGE_STUCK;
    bool stale = f->certainty == TRIAGE_POSSIBLE && r->waited_ms >= triage_grace_init(r);
    if (f->rule->effect == TRIAGE_SLOWS && stale && !r->serves_now)
        return TRIAGE_UNKNOWN;
    if (f->rule->effect == TRIAGE_SLOWS || r->serves_now || !f->ripe)
        return TRIAGE_WAITING;
    return r->two_looks ? TRIAGE_STUCK : TRIAGE_UNKNOWN;
}

/* The one that settles it; NULL = none does. */
static const struct triage_find *deciding(const struct findings *f)
{
    const struct triage_find *possible = NULL;
    for (size_t i = 0; i < f->count; i++) {
        const struct triage_find *one = &f->all[i];
        bool counts = one->rule->effect != TRIAGE_NOTES;
        if (counts && one->certainty >= TRIAGE_LIKELY)
            return one;
        if (counts && !possible && one->rule->effect == TRIAGE_SLOWS)
            possible = one;
    }
    return possible;
}

/* Work that is there, without a cause that was found. */
static enum triage_verdict without_cause(const struct triage_reader *r)
{
    if (triage_knows_nothing(r))
        return TRIAGE_UNKNOWN;
    if (!r->waits)
        return TRIAGE_HEALTHY;
    if (r->serves_now)
        return r->late ? TRIAGE_WAITING : TRIAGE_HEALTHY;
    if (r->up > 0)
        return r->late ? TRIAGE_UNKNOWN : r->crashing ? TRIAGE_WAITING : TRIAGE_HEALTHY;
    int64_t grace = r->starting > 0 ? triage_grace_init(r) : triage_grace_place(r);
    return r->waited_ms < grace ? TRIAGE_WAITING : TRIAGE_UNKNOWN;
}

static bool idle_and_well(const struct triage_reader *r, const struct triage_find *f)
{
    bool proof = f && f->rule->effect == TRIAGE_PROOF;
    bool holds = f && (f->rule->effect == TRIAGE_STOPS) && r->running > 0 && !r->serves_now;
    bool unqueued = f && f->unqueued && f->rule->effect == TRIAGE_STOPS;
    return !triage_knows_nothing(r) && !r->waits && !proof && !holds && !unqueued;
}

static enum triage_verdict verdict_of(const struct triage_reader *r, const struct triage_find *f)
{
    if (idle_and_well(r, f))
        return TRIAGE_HEALTHY;
    if (!f)
        return without_cause(r);
    bool minor = f->rule->effect != TRIAGE_PROOF && r->serves_now && !r->late && !f->at_once;
    if (minor)
        return TRIAGE_HEALTHY;
    return triage_knows_nothing(r) && f->rule->effect != TRIAGE_PROOF ? TRIAGE_UNKNOWN
                                                                      : of_find(r, f);
}

/* ---- saying it -------------------------------------------------------------------------------------------- */

/* Health by itself never yields more than possible; and what is certain has its line. */
static void keep_honest(struct triage_diagnosis *d)
{
    bool other = false;
    for (size_t i = 0; i < d->evidence_count; i++)
        other |= strcmp(d->evidence[i].source, "health") != 0;
    if (!other)
        d->certainty = TRIAGE_POSSIBLE;
}

static void tell(struct triage_reader *r, struct triage_find *f, struct triage_diagnosis *d)
{
    *d = (struct triage_diagnosis){.id = f->rule->id,
        .row = f->rule->row,
        .certainty = f->certainty,
        .summary = TEXT(""),
        .brief = triage_text(r, "%s", f->rule->brief)};
    f->rule->tell(r, f, d);
    keep_honest(d);
    f->certainty = d->certainty;
}

static bool is_shown(
    const struct triage_reader *r, const struct triage_find *f, enum triage_verdict verdict)
{
    bool kept_up = !r->waits && r->running <= 0 && f->worker && f->rule->effect == TRIAGE_STOPS &&
                   triage_logs_matter(r);
    return verdict != TRIAGE_HEALTHY || f->rule->effect == TRIAGE_NOTES || kept_up;
}

/* In the order of what was found when telling has shown one to be weaker than it found itself. */
static void put_weaker_last(
    const struct triage_reader *r, struct findings *f, struct triage_diagnosis *told)
{
    for (size_t i = 1; i < f->count; i++)
        for (size_t k = i; k > 0 && is_weak(r, &f->all[k - 1]) && !is_weak(r, &f->all[k]); k--) {
            struct triage_find find = f->all[k];
            struct triage_diagnosis diagnosis = told[k];
            f->all[k] = f->all[k - 1];
            told[k] = told[k - 1];
            f->all[k - 1] = find;
            told[k - 1] = diagnosis;
        }
}

/* ---- remedies ----------------------------------------------------------------------------------------------- */

static void make_room(struct triage_diagnosis *d)
{
    while (d->remedy_count > TRIAGE_REMEDIES_MAX - TAIL_REMEDIES)
        triage_remedy_release(&d->remedies[--d->remedy_count]);
}

static bool stops_already(const struct triage_diagnosis *d)
{
    for (size_t i = 0; i < d->remedy_count; i++)
        if (json_get(d->remedies[i].asked, "pause"))
            return true;
    return false;
}

/* Always there when it is stuck: not to pay for nothing, and to give the queue up. */
static void mend(
    struct triage_reader *r, struct triage_find *f, struct triage_diagnosis *d, bool last)
{
    f->rule->mend(r, f, d);
    make_room(d);
    if (!last)
        return;
    double cost = r->out->cost_hour;
    if (r->v->endpoint.workers_max > 0 && r->listed > 0 && (cost > 0 || isnan(cost)) &&
        !stops_already(d))
        triage_stop_paying(r, d);
    triage_purge(r, d);
}

/* ---- what was not read ------------------------------------------------------------------------------------------ */

static void could_not(struct triage_reader *r, const char *what, struct text why)
{
    struct triage *t = r->out;
    for (size_t i = 0; i < t->not_read_count; i++)
        if (strcmp(t->not_read[i].what, what) == 0)
            return;
    if (t->not_read_count < TRIAGE_NOT_READ_MAX)
        t->not_read[t->not_read_count++] = (struct triage_not_read){what, why};
}

static void say_not_read(struct triage_reader *r)
{
    const struct triage_evidence *v = r->v;
    for (size_t i = 0; i < v->not_read_count && i < TRIAGE_NOT_READ_MAX; i++)
        if (v->not_read[i].what)
            could_not(r, v->not_read[i].what, text_dup(r->a, v->not_read[i].why));
    if (v->look_count == 0)
        could_not(r, "health", TEXT("it was not read"));
    if (!v->workers_read)
        could_not(r, "workers", TEXT("the list was not read"));
    else if (r->unread > 0 && (r->waits || r->running > 0) && (r->late || !r->serves_now))
        could_not(r, "logs",
            triage_text(r, "those of %d of %zu workers were not read", r->unread, v->worker_count));
}

/* ---- all of it -------------------------------------------------------------------------------------------------- */

static void begin(struct triage_reader *r, struct triage *out)
{
    const struct triage_evidence *v = r->v;
    memset(out, 0, sizeof *out);
    memcpy(out->endpoint_id, v->endpoint.id, sizeof out->endpoint_id);
    out->name = text_dup(r->a, v->endpoint.name);
    out->observed_ms = v->now_ms;
    out->since_ms = -1;
    out->waiting = r->queue;
    out->in_progress = r->running;
    out->oldest_ms = r->waits && (r->waited_ms > 0 || v->oldest_ms >= 0) ? r->waited_ms : -1;
    r->out = out;
    say_not_read(r);
}

/* Tells more than are shown, because telling may show that one is weaker than it found itself. */
static void conclude(struct triage_reader *r, struct findings *f)
{
    struct triage *out = r->out;
    const struct triage_find *by = NULL;
    size_t n = f->count < TRIAGE_DIAGNOSES_MAX ? f->count : TRIAGE_DIAGNOSES_MAX;
    size_t from[TRIAGE_DIAGNOSES_MAX];
    f->count = n;
    for (size_t i = 0; i < n; i++)
        tell(r, &f->all[i], &out->diagnoses[i]);
    put_weaker_last(r, f, out->diagnoses);
    by = deciding(f);
    out->verdict = verdict_of(r, by);
    out->sentence =
        n && of_one(r, &f->all[0]) ? f->all[0].sentence : triage_sentence(r, by, out->verdict);
    out->cost_hour = out->verdict == TRIAGE_STUCK ? triage_paid(r) : 0;
    if (out->verdict != TRIAGE_HEALTHY)
        out->since_ms = by && by->since_ms > 0 ? by->since_ms
                        : r->waited_ms > 0     ? r->v->now_ms - r->waited_ms
                                               : -1;
    for (size_t i = 0; i < n; i++)
        if (is_shown(r, &f->all[i], out->verdict)) {
            from[out->count] = i;
            out->diagnoses[out->count++] = out->diagnoses[i];
        }
    for (size_t i = 0; i < out->count; i++)
        mend(r, &f->all[from[i]], &out->diagnoses[i],
            &f->all[from[i]] == by && out->verdict == TRIAGE_STUCK);
}

static int finish(struct triage_reader *r, struct err *e)
{
    triage_remedy_release(&r->dropped);
    if (!r->failed)
        return 0;
    triage_release(r->out);
    return err_set(e, ERR_IO, 0, "out of memory for the triage");
}

static int judge(struct triage_reader *r, struct triage *out, struct err *e)
{
    struct findings *f = arena_alloc(r->a, sizeof *f);
    begin(r, out);
    r->failed |= !f;
    if (f) {
        ask_all(r, f);
        conclude(r, f);
    }
    return finish(r, e);
}

int triage_judge(
    const struct triage_evidence *v, struct arena *a, struct triage *out, struct err *e)
{
    struct triage_reader *r = arena_alloc(a, sizeof *r);
    memset(out, 0, sizeof *out);
    if (!r)
        return err_set(e, ERR_IO, 0, "out of memory for the triage");
    triage_read(r, v, a);
    return judge(r, out, e);
}

/* ---- one request ------------------------------------------------------------------------------------------------- */

static void take_job(struct triage_reader *r, const struct triage_job *j)
{
    int64_t usual = r->v->usual_ms > TRIAGE_MINUTE ? r->v->usual_ms : TRIAGE_MINUTE;
    r->asked = j;
    if (!triage_job_waits(j))
        return;
    r->waits = true;
    if (r->queue < 1)
        r->queue = 1;
    r->waited_ms = j->age_ms;
    r->late = r->waited_ms > usual;
}

/* What became of it, where no rule has anything to say. */
static void say_job(struct triage_reader *r)
{
    struct triage *out = r->out;
    const struct triage_job *j = r->asked;
    if (out->count || (j->status == REQUEST_IN_QUEUE && out->verdict != TRIAGE_HEALTHY))
        return;
    bool failed = j->status == REQUEST_FAILED || j->status == REQUEST_TIMED_OUT;
    out->sentence = failed && j->error.len
                        ? triage_text(r, "%s: %.200s", request_status_name(j->status), j->error.s)
                        : triage_text(r, "%s", request_status_name(j->status));
}

int triage_judge_job(const struct triage_evidence *v, const char *job_id, struct arena *a,
    struct triage *out, struct err *e)
{
    struct triage_reader *r = arena_alloc(a, sizeof *r);
    const struct triage_job *job = NULL;
    memset(out, 0, sizeof *out);
    if (!r)
        return err_set(e, ERR_IO, 0, "out of memory for the triage");
    triage_read(r, v, a);
    for (size_t i = 0; i < v->job_count && i < TRIAGE_JOBS_MAX; i++)
        if (strcmp(v->jobs[i].id, job_id) == 0)
            job = &v->jobs[i];
    if (!job) {
        begin(r, out);
        out->verdict = TRIAGE_UNKNOWN;
        out->sentence = triage_text(r, "the request %.60s could not be read", job_id);
        return finish(r, e);
    }
    take_job(r, job);
    if (judge(r, out, e))
        return -1;
    say_job(r);
    return finish(r, e);
}

const char *triage_verdict_name(enum triage_verdict v)
{
    static const char *const names[TRIAGE_VERDICTS] = {[TRIAGE_HEALTHY] = "healthy",
        [TRIAGE_WAITING] = "waiting",
        [TRIAGE_UNKNOWN] = "unknown",
        [TRIAGE_STUCK] = "stuck"};
    return (unsigned)v < TRIAGE_VERDICTS ? names[v] : "unknown";
}

const char *triage_certainty_name(enum triage_certainty c)
{
    static const char *const names[TRIAGE_CERTAINTIES] = {
        [TRIAGE_POSSIBLE] = "possible", [TRIAGE_LIKELY] = "likely", [TRIAGE_CERTAIN] = "certain"};
    return (unsigned)c < TRIAGE_CERTAINTIES ? names[c] : "possible";
}
