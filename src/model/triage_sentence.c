/* The verdict in a sentence, and what is paid meanwhile. */
#include "model/triage_internal.h"

#include "model/record_internal.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* Whether there is work that a crash could hold up; or workers that are to be up, and are not. */
bool triage_logs_matter(const struct triage_reader *r)
{
    bool kept_up = r->v->endpoint.workers_min > 0 && r->serving == 0 && r->crashing > 0;
    return r->waits || r->running > 0 || kept_up;
}

bool triage_knows_nothing(const struct triage_reader *r)
{
    return r->v->endpoint.load_balancer ? !r->v->workers_read : r->queue < 0;
}

static struct text plain_sentence(struct triage_reader *r, enum triage_verdict verdict)
{
    char span[TRIAGE_SPAN_SHOWN];
    triage_span(r->waited_ms, span);
    if (triage_knows_nothing(r))
        return TEXT("what waits could not be read");
    if (verdict == TRIAGE_HEALTHY && !r->waits)
        return r->crashing > 0 && triage_logs_matter(r)
                   ? triage_text(r, "nothing waits, but %d worker%s crash%s", r->crashing,
                         triage_plural(r->crashing), r->crashing == 1 ? "es" : "")
                   : TEXT("nothing waits");
    if (verdict == TRIAGE_HEALTHY)
        return TEXT("requests are being served");
    if (verdict == TRIAGE_WAITING && r->serves_now)
        return triage_text(r, "requests are served one after the other, %" PRId64 " wait%s",
            r->queue, r->queue == 1 ? "s" : "");
    if (verdict == TRIAGE_WAITING)
        return triage_text(r,
            r->listed ? "for a worker to come up, for %s" : "for a worker to be placed, for %s",
            span);
    const char *next =
        r->up > 0 || r->starting > 0 ? "its workers' logs" : "the console's page of the endpoint";
    if (r->queue <= 0)
        return triage_text(
            r, "no worker is up for %s, and what was read does not tell why; next: %s", span, next);
    return triage_text(r, "%" PRId64 " wait%s, and what was read does not tell why; next: %s",
        r->queue, r->queue == 1 ? "s" : "", next);
}

struct text triage_sentence(
    struct triage_reader *r, const struct triage_find *f, enum triage_verdict verdict)
{
    if (!f || verdict == TRIAGE_HEALTHY)
        return plain_sentence(r, verdict);
    struct text said = f->sentence.len ? f->sentence : triage_text(r, "%s", f->rule->brief);
    if (verdict == TRIAGE_UNKNOWN && f->certainty >= TRIAGE_LIKELY)
        return triage_text(r, "%s, as one look shows: a second one decides", said.s);
    return said;
}

/* What is paid while nothing is served: by workers that are up or starting, but not by one that fetches its image. */
double triage_paid(const struct triage_reader *r)
{
    double sum = 0;
    if (!r->v->workers_read)
        return NAN;
    for (size_t i = 0; i < r->v->worker_count; i++) {
        const struct triage_worker *w = &r->v->workers[i];
        enum worker_status s = w->worker.status;
        bool billed = s == WORKER_RUNNING || s == WORKER_IDLE || s == WORKER_INITIALIZING;
        if (w->vanished || !billed || (w->logs_read && w->log.pulling))
            continue;
        double each = gpu_price(r->v->catalog, w->worker.gpu) *
                      (w->worker.gpu_count > 1 ? w->worker.gpu_count : 1);
        sum += isnan(each) ? r->worker_price : each;
    }
    return sum;
}
