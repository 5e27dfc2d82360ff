/* The Why box on paper: the state, then each diagnosis with how sure it is, what shows it, and what can be done,
 * numbered over all of them. Nothing is wider than the terminal; what is longer goes on below, behind its column. */
#include "app/triage.h"

#include "ui/say.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { LABEL = 10, LINE_BYTES = 2048, WIDTH_LEAST = 40 };

/* ---- rows --------------------------------------------------------------------------------------------------- */

/* The text behind a label, wrapped, with the label before its first line. */
static void print_wrapped(struct call *c, const char *label, int indent, struct text t, int columns)
{
    struct text line;
    size_t offset = 0;
    bool first = true;
    int width = (columns > WIDTH_LEAST ? columns : WIDTH_LEAST) - indent;
    while (say_wrap(t, width, &offset, &line)) {
        call_line(c, "%-*s%.*s", indent, first ? label : "", SAY_ARGS(line));
        first = false;
    }
}

__attribute__((format(printf, 5, 6))) static void print_row(
    struct call *c, const char *label, int indent, int columns, const char *format, ...)
{
    char line[LINE_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    struct arena *a = arena_new(4 * LINE_BYTES);
    if (a)
        print_wrapped(c, label, indent, text_from(a, line), columns);
    arena_free(a);
}

/* ---- the state ---------------------------------------------------------------------------------------------- */

/* "STUCK", "waiting": only what calls for somebody is loud. */
static const char *word_of(enum triage_verdict verdict)
{
    return verdict == TRIAGE_STUCK ? "STUCK" : triage_verdict_name(verdict);
}

static const char *state_of(const struct triage *t, char out[64])
{
    char age[SAY_MAX];
    if (t->since_ms < 0 || t->verdict == TRIAGE_HEALTHY || t->observed_ms - t->since_ms < 1000)
        snprintf(out, 64, "%s", word_of(t->verdict));
    else
        snprintf(out, 64, "%s %s", word_of(t->verdict), say_age(age, t->observed_ms - t->since_ms));
    return out;
}

static void write_queue(const struct triage *t, char *out, size_t size)
{
    char age[SAY_MAX];
    out[0] = 0;
    if (t->waiting < 0)
        return;
    int n = snprintf(out, size, "%" PRId64 " waiting", t->waiting);
    if (t->oldest_ms >= 0 && t->waiting > 0)
        n += snprintf(out + n, size - (size_t)n, ", oldest %s", say_age(age, t->oldest_ms));
    if (t->in_progress >= 0)
        snprintf(out + n, size - (size_t)n, " · %" PRId64 " running", t->in_progress);
}

static void write_cost(const struct triage *t, char *out, size_t size)
{
    char money[SAY_MAX];
    out[0] = 0;
    if (isfinite(t->cost_hour) && t->cost_hour > 0)
        snprintf(out, size, " · %s/h for nothing", say_money(money, t->cost_hour));
}

void triage_print_line(struct call *c, const struct triage *t)
{
    char state[64], queue[128], cost[64];
    write_queue(t, queue, sizeof queue);
    write_cost(t, cost, sizeof cost);
    call_line(c, "%-16s %-16.*s %s%s%.*s%s", state_of(t, state), SAY_ARGS(t->name), queue,
        t->sentence.len > 0 && queue[0] ? " · " : "", SAY_ARGS(t->sentence), cost);
}

/* ---- a diagnosis -------------------------------------------------------------------------------------------- */

static void print_evidence(struct call *c, const struct triage_line *l, int columns)
{
    char label[32], at[SAY_MAX];
    snprintf(label, sizeof label, "  %-7s ", l->source);
    print_row(c, label, LABEL, columns, "%s%s%s%s%.*s", l->worker, l->worker[0] ? " " : "",
        l->at_ms >= 0 ? say_clock(at, l->at_ms) : "", l->at_ms >= 0 ? "  " : "", SAY_ARGS(l->text));
}

static void write_delta(double dollars, char out[64])
{
    char money[SAY_MAX];
    if (!isfinite(dollars))
        out[0] = 0;
    else if (fabs(dollars) < 0.005)
        snprintf(out, 64, "±0 $/h");
    else
        snprintf(out, 64, "%s%s/h", dollars > 0 ? "+" : "", say_money(money, dollars));
}

static void print_remedy(struct call *c, const struct triage_remedy *r, size_t number, int columns)
{
    char label[16], delta[64];
    snprintf(label, sizeof label, "  r%-2zu", number);
    print_wrapped(c, label, 6, r->text, columns);
    write_delta(r->cost_per_hour_delta, delta);
    bool means = r->means.len > 0;
    if (!r->can_be_applied)
        print_row(c, "", 6, columns, "%.*s%sby hand: Slipway cannot do this", SAY_ARGS(r->means),
            means ? " · " : "");
    else if (means || delta[0])
        print_row(c, "", 6, columns, "%.*s%s%s", SAY_ARGS(r->means), means && delta[0] ? " · " : "",
            delta);
}

static void print_diagnosis(
    struct call *c, const struct triage_diagnosis *d, size_t *number, int columns)
{
    print_wrapped(c, triage_certainty_name(d->certainty), LABEL, d->summary, columns);
    call_line(c, "%-*s%s", LABEL, "", d->id);
    for (size_t i = 0; i < d->evidence_count; i++)
        print_evidence(c, &d->evidence[i], columns);
    for (size_t i = 0; i < d->remedy_count; i++)
        print_remedy(c, &d->remedies[i], ++*number, columns);
}

void triage_print(struct call *c, const struct triage *t, int columns)
{
    char state[64], queue[128], cost[64];
    size_t number = 0;
    write_queue(t, queue, sizeof queue);
    write_cost(t, cost, sizeof cost);
    call_line(c, "%.*s  %s", SAY_ARGS(t->name), t->endpoint_id);
    print_row(c, "", 0, columns, "%s   %s%s%.*s%s", state_of(t, state), queue,
        t->sentence.len > 0 && queue[0] ? " · " : "", SAY_ARGS(t->sentence), cost);
    for (size_t i = 0; i < t->count; i++) {
        call_line(c, "%s", "");
        print_diagnosis(c, &t->diagnoses[i], &number, columns);
    }
    if (t->not_read_count > 0)
        call_line(c, "%s", "");
    for (size_t i = 0; i < t->not_read_count; i++)
        print_row(c, i == 0 ? "not read" : "", LABEL, columns, "%s: %.*s", t->not_read[i].what,
            SAY_ARGS(t->not_read[i].why));
}
