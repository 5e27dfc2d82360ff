/* Test requests, in the opened operation: of one, its answer as it comes; of many, how they ended, the
 * quantiles, and a histogram in which all times share one axis, a row a class. Two neighbouring classes make
 * one where there would be too many rows. */
#include "ui/opened.h"
#include "ui/say.h"
#include "ui/say_burst.h"
#include "ui/view_operation.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum {
    ROWS_MOST = 14,
    LABEL_COLUMNS = 19,
    BAR_COLUMNS_LEAST = 12,
    NUMBER_COLUMNS = 6,
    NAME_COLUMNS = 13,
    TIME_COLUMNS = 8,
    PROGRESS_COLUMNS = 40
};

static const struct {
    const char *name;
    enum role role;
} times[BURST_TIMES] = {
    [BURST_TOTAL] = {"total", ROLE_ACTIVE},
    [BURST_WAITED] = {"waited", ROLE_WARNING},
    [BURST_RAN] = {"ran", ROLE_OK},
    [BURST_FIRST] = {"first piece", ROLE_TITLE},
};

/* ---- counts ---------------------------------------------------------------------------------------- */

static void add_count(struct lines *l, int64_t n, const char *word, enum role role)
{
    char shown[SAY_MAX];
    if (n > 0)
        lines_add(l, say_text(lines_arena(l), "%s %s   ", say_count(shown, n), word), role, 0);
}

static void add_outcomes(struct lines *l, const struct burst_report *r)
{
    static const struct {
        enum request_status status;
        enum role role;
    } shown[] = {{REQUEST_COMPLETED, ROLE_OK}, {REQUEST_FAILED, ROLE_BAD},
        {REQUEST_TIMED_OUT, ROLE_BAD}, {REQUEST_GONE, ROLE_BAD}, {REQUEST_CANCELLED, ROLE_FAINT},
        {REQUEST_IN_PROGRESS, ROLE_ACTIVE}, {REQUEST_IN_QUEUE, ROLE_WARNING}};
    lines_row(l, OPENED_TEXT_COLUMN);
    add_count(l, r->sent, "sent", ROLE_NORMAL);
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
        add_count(
            l, r->outcomes[shown[i].status], request_status_name(shown[i].status), shown[i].role);
    add_count(l, r->refused, "times told to wait (429)", ROLE_WARNING);
}

static void add_progress(struct lines *l, const struct burst_report *r)
{
    struct arena *a = lines_arena(l);
    int64_t ended = burst_ended(r);
    int room = lines_width(l) - OPENED_TEXT_COLUMN - 24;
    lines_row(l, OPENED_TEXT_COLUMN);
    if (room >= BAR_COLUMNS_LEAST)
        lines_bar(l, OPENED_TEXT_COLUMN, room < PROGRESS_COLUMNS ? room : PROGRESS_COLUMNS,
            (double)ended / (double)(r->count > 0 ? r->count : 1), ROLE_ACTIVE);
    lines_add(l, say_text(a, "  %" PRId64 " of %" PRId64, ended, r->count), ROLE_NORMAL, 0);
    if (isfinite(r->per_second))
        lines_add(l, say_text(a, " · %.1f/s", r->per_second), ROLE_NORMAL, 0);
    add_outcomes(l, r);
}

static void add_cost(struct lines *l, const struct burst_report *r)
{
    struct arena *a = lines_arena(l);
    char cost[SAY_MAX], n[SAY_MAX];
    if (r->count > 1)
        lines_fact(l, "Said before", say_burst_price(a, &r->evidence, r->count), ROLE_FAINT);
    if (isfinite(r->cost))
        lines_fact(l, "Cost so far",
            r->count == 1 ? say_text(a, "≈%s", say_money(cost, r->cost))
                          : say_text(a, "≈%s of %s requests", say_money(cost, r->cost),
                                say_count(n, r->priced)),
            ROLE_MONEY);
    if (r->tokens_in >= 0 || r->tokens_out >= 0)
        lines_fact(l, "Tokens",
            say_text(a, "%s→%s", say_count(cost, r->tokens_in), say_count(n, r->tokens_out)),
            ROLE_NORMAL);
}

/* ---- quantiles ------------------------------------------------------------------------------------- */

static void add_quantiles(struct lines *l, const struct burst_report *r)
{
    static const char *const titles[] = {"MIN", "P50", "P95", "P99", "MAX"};
    enum { CELLS = sizeof titles / sizeof *titles };
    char span[SAY_MAX];
    lines_gap(l);
    lines_row(l, OPENED_TEXT_COLUMN);
    for (int k = 0; k < CELLS; k++)
        lines_cell(l, OPENED_TEXT_COLUMN + NAME_COLUMNS + k * TIME_COLUMNS, TIME_COLUMNS - 1,
            ALIGN_RIGHT, say_word(titles[k]), ROLE_LABEL, 0);
    for (enum burst_time i = 0; i < BURST_TIMES; i++) {
        const struct burst_times *t = &r->times[i];
        const int64_t cells[CELLS] = {t->least, t->p50, t->p95, t->p99, t->most};
        if (t->count == 0)
            continue;
        lines_row(l, OPENED_TEXT_COLUMN);
        lines_add(l, say_word(times[i].name), times[i].role, 0);
        for (int k = 0; k < CELLS; k++)
            lines_cell(l, OPENED_TEXT_COLUMN + NAME_COLUMNS + k * TIME_COLUMNS, TIME_COLUMNS - 1,
                ALIGN_RIGHT, say_text(lines_arena(l), "%s", say_span(span, cells[k])), ROLE_NORMAL,
                0);
    }
}

/* ---- the histogram ----------------------------------------------------------------------------------- */

struct histogram {
    enum burst_time shown[BURST_TIMES];
    int count;       /* of these */
    int first, last; /* classes in which any has something */
    int step;        /* classes a row */
    int64_t most;    /* in one row of one time */
    int bar;         /* columns */
};

static int64_t in_row(const struct burst_times *t, int class, int step)
{
    int64_t n = 0;
    for (int i = class; i < class + step && i < BURST_CLASSES; i++)
        n += t->classes[i];
    return n;
}

static void find_range(struct histogram *h, const struct burst_report *r)
{
    h->first = BURST_CLASSES;
    h->last = -1;
    for (int k = 0; k < h->count; k++)
        for (int i = 0; i < BURST_CLASSES; i++)
            if (r->times[h->shown[k]].classes[i] > 0) {
                h->first = i < h->first ? i : h->first;
                h->last = i > h->last ? i : h->last;
            }
}

/* Pairs begin at class 1, 3, 5 …, so that they are the usual 1-2-5. */
static void fold(struct histogram *h, const struct burst_report *r)
{
    h->step = h->last - h->first + 1 > ROWS_MOST ? 2 : 1;
    if (h->step == 2 && h->first > 0)
        h->first -= (h->first - 1) % 2;
    h->most = 1;
    for (int k = 0; k < h->count; k++)
        for (int i = h->first; i <= h->last; i += i == 0 ? 1 : h->step) {
            int64_t n = in_row(&r->times[h->shown[k]], i, i == 0 ? 1 : h->step);
            h->most = n > h->most ? n : h->most;
        }
}

static bool plan_histogram(struct histogram *h, const struct burst_report *r, int width)
{
    int room = width - OPENED_TEXT_COLUMN - LABEL_COLUMNS;
    int most = room / (BAR_COLUMNS_LEAST + NUMBER_COLUMNS);
    *h = (struct histogram){0};
    for (enum burst_time i = 0; i < BURST_TIMES && h->count < most; i++)
        if (r->times[i].count > 0)
            h->shown[h->count++] = i;
    if (h->count == 0)
        return false;
    int bar = room / h->count - NUMBER_COLUMNS;
    h->bar = bar < PROGRESS_COLUMNS ? bar : PROGRESS_COLUMNS;
    find_range(h, r);
    fold(h, r);
    return true;
}

/* Only what there is: the rest of the row stays empty. */
static struct text bar_text(struct arena *a, int width, double part)
{
    static const char *const eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    int steps = canvas_steps(part, width * 8);
    char *bytes = arena_alloc(a, (size_t)(width + 1) * 3 + 1), *at = bytes;
    if (!bytes)
        return TEXT("");
    for (int i = 0; i < steps / 8; i++, at += 3)
        memcpy(at, "█", 3);
    size_t n = strlen(eighths[steps % 8]);
    memcpy(at, eighths[steps % 8], n + 1);
    return (struct text){bytes, (size_t)(at - bytes) + n};
}

static void add_class(
    struct lines *l, const struct histogram *h, const struct burst_report *r, int class, int step)
{
    struct arena *a = lines_arena(l);
    char from[SAY_MAX], below[SAY_MAX], n[SAY_MAX];
    bool last = class + step >= BURST_CLASSES;
    lines_row(l, OPENED_TEXT_COLUMN);
    lines_cell(l, OPENED_TEXT_COLUMN, LABEL_COLUMNS - 2, ALIGN_RIGHT,
        last ? say_text(a, "≥ %s", say_burst_bound(from, burst_class_from(class)))
             : say_text(a, "%s – %s", say_burst_bound(from, burst_class_from(class)),
                   say_burst_bound(below, burst_class_from(class + step))),
        ROLE_LABEL, 0);
    for (int k = 0; k < h->count; k++) {
        int x = OPENED_TEXT_COLUMN + LABEL_COLUMNS + k * (h->bar + NUMBER_COLUMNS);
        int64_t in = in_row(&r->times[h->shown[k]], class, step);
        if (in == 0)
            continue;
        lines_at(l, x);
        lines_add(
            l, bar_text(a, h->bar - 1, (double)in / (double)h->most), times[h->shown[k]].role, 0);
        lines_add(l, say_text(a, " %s", say_count(n, in)), ROLE_NORMAL, 0);
    }
}

static void add_histogram(struct lines *l, const struct burst_report *r)
{
    struct histogram h;
    if (!plan_histogram(&h, r, lines_width(l)))
        return;
    lines_gap(l);
    lines_row(l, OPENED_TEXT_COLUMN);
    for (int k = 0; k < h.count; k++) {
        lines_at(l, OPENED_TEXT_COLUMN + LABEL_COLUMNS + k * (h.bar + NUMBER_COLUMNS));
        lines_add(l, say_word(times[h.shown[k]].name), times[h.shown[k]].role, 0);
    }
    for (int i = h.first; i <= h.last; i += i == 0 ? 1 : h.step)
        add_class(l, &h, r, i, i == 0 ? 1 : h.step);
}

/* ---- one ------------------------------------------------------------------------------------------- */

static void add_single(struct lines *l, const struct burst_report *r, bool under_way)
{
    char span[SAY_MAX];
    for (enum burst_time i = 0; i < BURST_TIMES; i++)
        if (r->times[i].count > 0)
            lines_fact(l, times[i].name,
                say_text(lines_arena(l), "%s", say_span(span, r->times[i].p50)), ROLE_NORMAL);
    lines_heading(l, under_way ? TEXT("Answer so far") : TEXT("Answer"));
    lines_row(l, OPENED_TEXT_COLUMN);
    if (r->answer.len > 0)
        lines_wrap(l, r->answer, ROLE_NORMAL, 0);
    else if (r->error.len == 0)
        lines_add(l, under_way ? TEXT("nothing has come yet") : TEXT("none"), ROLE_FAINT, 0);
}

void view_operation_test(struct lines *l, const struct operation *o)
{
    const struct burst_report *r = o->test;
    bool under_way = o->state == OPERATION_RUNNING || o->state == OPERATION_ASKING;
    if (o->endpoint_name.len > 0)
        lines_fact(l, "Endpoint",
            say_text(lines_arena(l), "%.*s  %s", SAY_ARGS(o->endpoint_name), o->endpoint_id),
            ROLE_NORMAL);
    if (!r)
        return;
    add_cost(l, r);
    if (r->error.len > 0)
        lines_fact(l, "Newest error", r->error, ROLE_BAD);
    if (r->count == 1) {
        add_single(l, r, under_way);
        return;
    }
    lines_gap(l);
    add_progress(l, r);
    if (r->times[BURST_TOTAL].count > 0) {
        add_quantiles(l, r);
        add_histogram(l, r);
    }
}
