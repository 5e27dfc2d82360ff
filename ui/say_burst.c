/* Sentences about test requests. Every sum of money is an estimate and says what it is worked out from; where
 * nothing is known that is said, with what a worker costs. */
#include "ui/say_burst.h"

#include "ui/say.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

/* "$.44/h" or "$.44–.69/h" */
static struct text worker_price(struct arena *a, const struct burst_evidence *v)
{
    char least[SAY_MAX], most[SAY_MAX];
    if (v->price_least < v->price_most)
        return say_text(
            a, "%s–%s/h", say_money(least, v->price_least), say_amount(most, v->price_most));
    return say_text(a, "%s/h", say_money(least, v->price_least));
}

static struct text by_cost(struct arena *a, const struct burst_evidence *v, int64_t count)
{
    char all[SAY_MAX], one[SAY_MAX], n[SAY_MAX], past[SAY_MAX];
    say_money(all, (double)count * v->cost_request);
    if (v->cost_count <= 0)
        return say_text(a, "≈%s: %s × %s, what requests to it cost on average", all,
            say_count(n, count), say_money(one, v->cost_request));
    return say_text(a, "≈%s: %s × %s, the mean of %s earlier request%s to it", all,
        say_count(n, count), say_money(one, v->cost_request), say_count(past, v->cost_count),
        v->cost_count == 1 ? "" : "s");
}

static struct text by_time(struct arena *a, const struct burst_evidence *v, int64_t count)
{
    char least[SAY_MAX], most[SAY_MAX], span[SAY_MAX], n[SAY_MAX];
    struct burst_estimate e = burst_estimate(v, count);
    struct text price = worker_price(a, v);
    say_money(least, e.least);
    struct text all = e.least < e.most ? say_text(a, "%s–%s", least, say_amount(most, e.most))
                                       : say_text(a, "%s", least);
    return say_text(a, "≈%.*s: %s × %s, as earlier requests to it ran, at %.*s a worker",
        SAY_ARGS(all), say_count(n, count), say_span(span, (int64_t)v->run_ms), SAY_ARGS(price));
}

struct text say_burst_price(struct arena *a, const struct burst_evidence *v, int64_t count)
{
    switch (burst_estimate(v, count).basis) {
    case BURST_BY_COST:
        return by_cost(a, v, count);
    case BURST_BY_TIME:
        return by_time(a, v, count);
    case BURST_UNKNOWN:
        break;
    }
    if (!isfinite(v->price_least))
        return TEXT(
            "not known: no finished request to it has been seen, nor what its workers cost");
    return say_text(a, "not known: no finished request to it has been seen; a worker costs %.*s",
        SAY_ARGS(worker_price(a, v)));
}

struct text say_burst_workers(struct arena *a, const struct burst_evidence *v)
{
    if (v->workers_up < 0)
        return TEXT("whether a worker is up is not known");
    if (v->workers_up == 0)
        return TEXT("no worker is up: the first wait for a cold start, which costs as well");
    if (v->workers_may_sleep)
        return say_text(a, "at most %" PRId64 " worker%s up: some may be asleep, and start first",
            v->workers_up, v->workers_up == 1 ? " is" : "s are");
    return say_text(
        a, "%" PRId64 " worker%s up", v->workers_up, v->workers_up == 1 ? " is" : "s are");
}

struct text say_burst_besides(struct arena *a, const struct burst_evidence *v)
{
    if (v->idle_s < 0)
        return TEXT("not in it: cold starts, and the idle time behind the last");
    return say_text(
        a, "not in it: cold starts, and %d s that each worker stays up behind the last", v->idle_s);
}

static struct text single_line(struct arena *a, const struct burst_report *r)
{
    char total[SAY_MAX], cost[SAY_MAX];
    const struct burst_times *t = &r->times[BURST_TOTAL];
    enum request_status status = REQUEST_SENDING;
    for (enum request_status s = 0; s < REQUEST_STATUSES; s++)
        status = r->outcomes[s] > 0 ? s : status;
    struct text line = say_word(request_status_name(status));
    if (t->count > 0)
        line = say_text(a, "%.*s · %s", SAY_ARGS(line), say_span(total, t->p50));
    if (isfinite(r->cost))
        line = say_text(a, "%.*s · ≈%s", SAY_ARGS(line), say_money(cost, r->cost));
    return line;
}

struct text say_burst_line(struct arena *a, const struct burst_report *r)
{
    if (r->count == 1)
        return single_line(a, r);
    char p50[SAY_MAX], p95[SAY_MAX], cost[SAY_MAX];
    const struct burst_times *t = &r->times[BURST_TOTAL];
    int64_t failed = burst_failed(r);
    struct text line = say_text(a, "%" PRId64 " of %" PRId64 " sent · %" PRId64 " done", r->sent,
        r->count, r->outcomes[REQUEST_COMPLETED]);
    if (failed > 0)
        line = say_text(a, "%.*s · %" PRId64 " failed", SAY_ARGS(line), failed);
    if (r->outcomes[REQUEST_CANCELLED] > 0)
        line = say_text(
            a, "%.*s · %" PRId64 " cancelled", SAY_ARGS(line), r->outcomes[REQUEST_CANCELLED]);
    if (t->count > 0)
        line = say_text(a, "%.*s · p50 %s p95 %s", SAY_ARGS(line), say_span(p50, t->p50),
            say_span(p95, t->p95));
    if (isfinite(r->per_second))
        line = say_text(a, "%.*s · %.1f/s", SAY_ARGS(line), r->per_second);
    if (isfinite(r->cost))
        line = say_text(a, "%.*s · ≈%s", SAY_ARGS(line), say_money(cost, r->cost));
    return line;
}

const char *say_burst_bound(char out[32], int64_t ms)
{
    if (ms < 1000)
        (void)snprintf(out, 32, "%" PRId64 " ms", ms);
    else if (ms % 1000)
        (void)snprintf(out, 32, "%.1f s", (double)ms / 1000);
    else
        (void)snprintf(out, 32, "%" PRId64 " s", ms / 1000);
    return out;
}
