/* A burst for people: what came of it, the quantiles, and a bar for each class of times. */
#include "app/burst_print.h"

#include "app/burst.h"
#include "app/columns.h"
#include "ui/say.h"
#include "ui/say_burst.h"

#include <inttypes.h>
#include <math.h>

enum { BAR_MAX = 40, LINE_ARENA = 64 * 1024 };

static const char *const time_titles[BURST_TIMES] = {"total", "waited", "ran", "first piece"};

static void print_outcomes(struct call *c, const struct burst_report *r)
{
    char span[SAY_MAX], cost[SAY_MAX];
    const char *sign = "";
    for (enum request_status s = 0; s < REQUEST_STATUSES; s++)
        if (r->outcomes[s] > 0) {
            fprintf(c->out, "%s%" PRId64 " %s", sign, r->outcomes[s], request_status_name(s));
            sign = ", ";
        }
    int64_t begun = 0;
    for (enum request_status s = 0; s < REQUEST_STATUSES; s++)
        begun += r->outcomes[s];
    if (begun < r->count)
        fprintf(c->out, "%s%" PRId64 " never sent", sign, r->count - begun);
    fprintf(c->out, " in %s", say_span(span, r->took_ms));
    if (isfinite(r->per_second))
        fprintf(c->out, ", %.1f a second", r->per_second);
    if (r->refused > 0)
        fprintf(
            c->out, ", refused %" PRId64 " time%s (429)", r->refused, r->refused == 1 ? "" : "s");
    fputc('\n', c->out);
    if (isfinite(r->cost))
        fprintf(c->out, "estimated cost %s of %" PRId64 " requests; before it was said to be %s\n",
            say_money(cost, r->cost), r->priced,
            isfinite(r->estimate.least) ? say_money(span, r->estimate.least) : "not known");
}

static void print_times(struct call *c, const struct burst_report *r)
{
    static const char *const titles[] = {"TIME", "COUNT", "MIN", "P50", "P95", "P99", "MAX"};
    struct columns table;
    if (columns_init(&table, titles, sizeof titles / sizeof *titles))
        return;
    for (enum burst_time i = 0; i < BURST_TIMES; i++) {
        const struct burst_times *t = &r->times[i];
        const int64_t cells[] = {t->least, t->p50, t->p95, t->p99, t->most};
        char span[SAY_MAX];
        if (t->count == 0)
            continue;
        columns_add(&table, "%s", time_titles[i]);
        columns_add(&table, "%" PRId64, t->count);
        for (size_t k = 0; k < sizeof cells / sizeof *cells; k++)
            columns_add(&table, "%s", say_span(span, cells[k]));
    }
    columns_print(&table, c->out);
    columns_release(&table);
}

static void print_class(struct call *c, const struct burst_times *t, int class, int64_t most)
{
    char from[SAY_MAX], below[SAY_MAX];
    bool last = class + 1 == BURST_CLASSES;
    int bar = t->classes[class] > 0
                  ? 1 + (int)((t->classes[class] * (BAR_MAX - 1)) / (most > 0 ? most : 1))
                  : 0;
    fprintf(c->out, "%8s – %-8s ", say_burst_bound(from, burst_class_from(class)),
        last ? "" : say_burst_bound(below, burst_class_from(class + 1)));
    for (int i = 0; i < bar; i++)
        fputs(c->profile.ascii ? "#" : "█", c->out);
    fprintf(c->out, "%s%" PRId64 "\n", bar ? " " : "", t->classes[class]);
}

static void print_histogram(struct call *c, const struct burst_times *t)
{
    int first = -1, last = -1;
    int64_t most = 0;
    for (int i = 0; i < BURST_CLASSES; i++)
        if (t->classes[i] > 0) {
            first = first < 0 ? i : first;
            last = i;
            most = t->classes[i] > most ? t->classes[i] : most;
        }
    for (int i = first; first >= 0 && i <= last; i++)
        print_class(c, t, i, most);
}

int burst_print(struct call *c, const struct burst_report *r)
{
    if (c->json)
        return call_print(c, burst_json(r), "slipway.burst/1");
    print_outcomes(c, r);
    print_times(c, r);
    print_histogram(c, &r->times[BURST_TOTAL]);
    if (r->error.len)
        call_line(c, "the newest error: %s", r->error.s);
    return call_flushed(c);
}
