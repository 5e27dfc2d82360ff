/* What the account says now, added to what the Hub and the catalog said, and the preflight's lines told. What
 * cannot be had stays unknown, and unknown never blocks. */
#include "app/deploy_plan.h"

#include "client/runpod_account.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ACCOUNT_ARENA = 8 << 20,
    LEDGER_ARENA = 16 << 20,
    LEDGER_ROWS = 1000,
    QUOTA_KEPT_MS = 10 * 60 * 1000 /* it may be raised any time */
};
static const char quota_fact[] = "runpod.worker-quota";

/* ---- quota --------------------------------------------------------------------------------------- */

/* The number behind "quota", in any of the wordings (spec/runpod.md §4.4); -1 = none. */
static int quota_in(const char *words)
{
    const char *at = strcasestr(words, "quota");
    const char *digits = at ? strpbrk(at, "0123456789") : NULL;
    bool near = digits && digits - at < 12;
    long n = near ? strtol(digits, NULL, 10) : -1;
    return n > 0 && n < 100000 ? (int)n : -1;
}

void deploy_plan_learn_quota(struct work *w, const struct err *refusal)
{
    char fact[64];
    int quota = refusal->class == ERR_REMOTE ? quota_in(refusal->message) : -1;
    if (quota < 0 || !w->state)
        return;
    snprintf(fact, sizeof fact, "%d %" PRId64, quota, clock_wall_ms(w->engine->clock));
    state_fact_set(w->state, quota_fact, fact, NULL);
}

static int known_quota(struct work *w, struct arena *a)
{
    const char *fact = w->state ? state_fact(w->state, quota_fact, a) : NULL;
    char *end = NULL;
    long quota = fact ? strtol(fact, &end, 10) : -1;
    int64_t age = fact ? clock_wall_ms(w->engine->clock) - strtoll(end, NULL, 10) : 0;
    return quota > 0 && quota < 100000 && age >= 0 && age < QUOTA_KEPT_MS ? (int)quota : -1;
}

/* ---- what is there -------------------------------------------------------------------------------- */

static void add_endpoints(struct deploy_plan *p, struct work *w, struct arena *a)
{
    struct endpoint_page page;
    struct preflight_evidence *v = &p->evidence;
    if (runpod_endpoints(w->engine->runpod, a, &page, w->cancel, NULL))
        return;
    struct text *names = arena_array(a, page.count + 1, sizeof *names);
    if (!names)
        return;
    v->workers_used = 0;
    for (size_t i = 0; i < page.count; i++) {
        v->workers_used += page.endpoints[i].workers_max;
        names[v->name_count++] = page.endpoints[i].name;
    }
    v->names = names;
    v->names_seen = true;
    v->quota = known_quota(w, a);
}

static void add_account(struct deploy_plan *p, struct work *w, struct arena *a)
{
    struct account account;
    if (runpod_account(w->engine->runpod, a, &account, NULL, w->cancel, NULL))
        return;
    p->evidence.balance = account.balance;
    p->evidence.spend_limit = account.spend_limit;
    p->evidence.spend_hour = account.spend_hour;
}

/* How fast it was where it was served before, by the requests that are remembered: one after the other, so
 * a price a token that comes of it is rather too high. */
static void add_throughput(struct deploy_plan *p, struct work *w)
{
    struct arena *a = w->state ? arena_new(LEDGER_ARENA) : NULL;
    struct request *all = NULL;
    size_t n = 0;
    double tokens = 0, seconds = 0;
    if (a && !state_requests(w->state, NULL, LEDGER_ROWS, a, &all, &n, NULL))
        for (size_t i = 0; i < n; i++) {
            const struct request *q = &all[i];
            if (q->status != REQUEST_COMPLETED || q->tokens_out <= 0 || q->execution_ms <= 0 ||
                strcmp(q->model.s, p->name) != 0)
                continue;
            tokens += (double)(q->tokens_out + (q->tokens_in > 0 ? q->tokens_in : 0));
            seconds += (double)q->execution_ms / 1000;
        }
    if (seconds > 0)
        p->evidence.tokens_per_second = tokens / seconds;
    arena_free(a);
}

/* ---- telling --------------------------------------------------------------------------------------- */

static int refuse(const struct preflight *found, struct err *e)
{
    for (size_t i = 0; i < found->count; i++) {
        const struct preflight_line *line = &found->lines[i];
        if (line->level != PREFLIGHT_BLOCKER)
            continue;
        err_set(e, ERR_STATE, 0, "this deployment cannot work: %s: %s%s", line->id,
            line->sentence.s, found->blockers > 1 ? ", and more" : "");
        return line->fix.len ? err_hint(e, "%s", line->fix.s) : -1;
    }
    return 0;
}

static void tell(const struct preflight *found, struct work *w)
{
    for (size_t i = 0; i < found->count; i++) {
        const struct preflight_line *line = &found->lines[i];
        work_plan(w, "%s %s: %s%s%s", preflight_level_sign(line->level), line->id, line->sentence.s,
            line->fix.len ? "; " : "", line->fix.s);
    }
    if (found->left_out)
        work_plan(w, "! and %zu lines more, for which there is no room", found->left_out);
}

int deploy_plan_preflight(struct deploy_plan *p, struct work *w, size_t *warnings, struct err *e)
{
    struct preflight *found = calloc(1, sizeof *found);
    struct arena *a = arena_new(ACCOUNT_ARENA);
    int rc = found && a ? 0 : err_set(e, ERR_IO, 0, "out of memory");
    if (rc == 0) {
        add_endpoints(p, w, a);
        add_account(p, w, a);
        add_throughput(p, w);
        rc = cancel_check(w->cancel, e) || preflight_run(&p->evidence, a, found, e) ? -1 : 0;
    }
    if (rc == 0) {
        tell(found, w);
        *warnings = found->warnings;
        rc = refuse(found, e);
    }
    /* They lie in the arena. */
    p->evidence.names = NULL;
    p->evidence.name_count = 0;
    arena_free(a);
    free(found);
    return rc;
}
