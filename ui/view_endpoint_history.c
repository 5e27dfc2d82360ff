/* The last hour as charts, with what requests take below. Both charts show the same hour, a minute a
 * point, the present one at the right edge; where nothing was seen there is nothing. Above the workers
 * they stand side by side, beside them below each other. */
#include "ui/say.h"
#include "ui/view_endpoint.h"

#include <math.h>
#include <string.h>

enum { MINUTES = STORE_HISTORY_MAX, MINUTE_MS = 60 * 1000, LOW = 2, HIGH = 3 };
enum { TALL_FROM = 30, TALL = 5 };

struct hour {
    double minutes[MINUTES];
    double most;
    bool seen; /* anything at all */
};

/* Puts the samples where they belong in the hour that ends now; those of the last `open` minutes are left
 * out: they are not over. */
static void place(struct hour *h, const struct endpoint_history *history, const double *values,
    int64_t now_wall_ms, int open)
{
    *h = (struct hour){.most = 0};
    for (size_t i = 0; i < MINUTES; i++)
        h->minutes[i] = NAN;
    for (size_t i = 0; i < history->count; i++) {
        int64_t age = (now_wall_ms - history->begins_ms) / MINUTE_MS - (int64_t)i;
        if (age < open || age >= MINUTES || !isfinite(values[i]))
            continue;
        h->minutes[MINUTES - 1 - age] = values[i];
        h->most = fmax(h->most, values[i]);
        h->seen = true;
    }
}

/* So that a chart is worked out again when a point has changed. */
static uint64_t mark(const struct hour *h)
{
    unsigned char bytes[sizeof h->minutes];
    uint64_t sum = 14695981039346656037u;
    memcpy(bytes, h->minutes, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++)
        sum = (sum ^ bytes[i]) * 1099511628211u;
    return sum;
}

static void draw_chart(struct chart *chart, struct canvas *c, struct rect r, const struct hour *h)
{
    struct chart_points points = {.y = h->minutes, .count = MINUTES, .version = mark(h)};
    struct chart_options options = {
        .area = true, .least = 0, .most = fmax(1, h->most), .role = ROLE_CHART};
    if (h->seen)
        chart_draw(chart, c, r, &points, &options);
    else
        canvas_text_cut(c, r, r.x, r.y, r.w, TEXT("not known yet"), ROLE_FAINT, 0);
}

/* Whole numbers as such; what was shared out over minutes with a tenth. */
static struct text number(struct arena *a, double value)
{
    char n[SAY_MAX];
    if (!isfinite(value))
        return TEXT("…");
    if (value < 10 && value != floor(value))
        return say_text(a, "%.1f", value);
    return say_text(a, "%s", say_count(n, value < 9e18 ? (int64_t)(value + 0.5) : INT64_MAX));
}

/* "17 now, at most 21" */
static struct text now_and_most(struct arena *a, double now, const struct hour *h)
{
    return h->seen ? say_text(a, "%.*s now, at most %.*s", SAY_ARGS(number(a, now)),
                         SAY_ARGS(number(a, h->most)))
                   : TEXT("");
}

static double queue_now(const struct endpoint_row *e)
{
    return e->health ? (double)e->health->in_queue : (double)NAN;
}

/* Of the last whole minute: the present one is not over. */
static double done_now(const struct hour *h)
{
    return h->minutes[MINUTES - 2];
}

static void draw_titled(struct chart *chart, struct canvas *c, struct rect r, const char *title,
    struct text words, const struct hour *h)
{
    struct rect line = {r.x, r.y, r.w, 1};
    int x = r.x + canvas_text_cut(c, line, r.x, r.y, r.w, say_word(title), ROLE_TITLE, 0) + 2;
    canvas_text_cut(c, line, x, r.y, r.x + r.w - x, words, ROLE_NORMAL, 0);
    draw_chart(chart, c, rect_clip((struct rect){r.x, r.y + 1, r.w, r.h - 1}, r), h);
}

/* "13:02" at the left end, "14:02" at the right. */
static void draw_axis(struct canvas *c, struct rect r, struct arena *a, int64_t now_ms)
{
    char clock[SAY_MAX];
    say_clock(clock, now_ms - (MINUTES - 1) * (int64_t)MINUTE_MS);
    canvas_text_cut(c, r, r.x, r.y, r.w, say_text(a, "%.5s", clock), ROLE_FAINT, 0);
    say_clock(clock, now_ms);
    canvas_text_right(c, r, r.x + 6, r.y, r.w - 6, say_text(a, "%.5s", clock), ROLE_FAINT, 0);
}

/* ---- what requests take ---------------------------------------------------------------------------- */

static struct text percentiles(struct arena *a, const char *what, int64_t p50, int64_t p95)
{
    char half[SAY_MAX], most[SAY_MAX];
    return p50 < 0
               ? say_text(a, "%s …", what)
               : say_text(a, "%s p50 %s p95 %s", what, say_span(half, p50), say_span(most, p95));
}

static struct text billed_of(struct arena *a, const struct endpoint_detail *d)
{
    char money[SAY_MAX], sum[SAY_MAX], clock[SAY_MAX];
    double whole = 0;
    size_t hours = 0, last = ENDPOINT_BILLED_MAX;
    for (size_t i = 0; d && i < d->billed_count && i < ENDPOINT_BILLED_MAX; i++) {
        if (!isfinite(d->billed[i]))
            continue;
        last = last < i ? last : i;
        whole += d->billed[i];
        hours++;
    }
    if (hours == 0)
        return TEXT("");
    say_clock(clock, d->billed_from_ms - (int64_t)last * 60 * MINUTE_MS);
    return say_text(a, "billed %s in the hour from %.5s, %s in %zu h",
        say_money(money, d->billed[last]), clock, say_money(sum, whole), hours);
}

static void add_words(struct lines *l, struct text t, enum role role)
{
    lines_row(l, OPENED_SIGN_COLUMN);
    lines_wrap(l, t, role, 0);
}

static struct text joined(struct arena *a, struct text first, struct text second)
{
    if (first.len == 0 || second.len == 0)
        return first.len ? first : second;
    return say_text(a, "%.*s · %.*s", SAY_ARGS(first), SAY_ARGS(second));
}

static struct text cold_of(struct arena *a, const struct endpoint_times *t, bool stacked)
{
    char n[SAY_MAX], cold[SAY_MAX];
    return say_text(a, stacked ? "%s of %s waited over %d s" : "%s of %s cold (over %d s)",
        say_count(cold, (int64_t)t->cold), say_count(n, (int64_t)t->count), STORE_COLD_MS / 1000);
}

static void add_spans(struct lines *l, const struct endpoint_times *t, bool stacked)
{
    struct arena *a = lines_arena(l);
    struct text cold = cold_of(a, t, stacked);
    if (stacked) {
        add_words(l, percentiles(a, "Delay    ", t->delay_p50, t->delay_p95), ROLE_NORMAL);
        add_words(l, percentiles(a, "Execution", t->execution_p50, t->execution_p95), ROLE_NORMAL);
        add_words(l, say_text(a, "Cold      %.*s", SAY_ARGS(cold)), ROLE_NORMAL);
        return;
    }
    struct text delay = percentiles(a, "Delay", t->delay_p50, t->delay_p95);
    struct text execution = percentiles(a, "Exec", t->execution_p50, t->execution_p95);
    add_words(l, joined(a, joined(a, delay, execution), cold), ROLE_NORMAL);
}

void view_endpoint_times(
    struct lines *l, const struct view_endpoint *v, const struct endpoint_row *e, bool stacked)
{
    struct arena *a = lines_arena(l);
    struct endpoint_times t = store_endpoint_times(v->o.x->store, v->o.id);
    struct text money = TEXT("");
    char dollars[SAY_MAX];
    if (t.count > 0)
        add_spans(l, &t, stacked);
    else
        add_words(
            l, TEXT("how long requests take is not known: none of ours has ended"), ROLE_FAINT);
    if (isfinite(e->cost_request))
        money = say_text(a, "≈%s a request", say_money(dollars, e->cost_request));
    money = joined(a, money, billed_of(a, view_endpoint_detail(v)));
    if (money.len > 0)
        add_words(l, money, ROLE_MONEY);
}

/* ---- the whole ------------------------------------------------------------------------------------- */

/* With their titles, and with the axis where they are stacked. */
static int charts_height(int height, bool stacked)
{
    int rows = height >= TALL_FROM ? TALL : HIGH;
    return stacked ? 2 * (1 + rows) + 1 : 1 + LOW;
}

static struct lines *say_times(
    struct view_endpoint *v, const struct endpoint_row *e, int width, bool stacked)
{
    lines_begin(v->side, width);
    view_endpoint_times(v->side, v, e, stacked);
    return v->side;
}

int view_endpoint_history_rows(struct view_endpoint *v, int width, int height, bool stacked)
{
    const struct endpoint_row *e = view_endpoint_row(v);
    return e ? charts_height(height, stacked) + (int)lines_count(say_times(v, e, width, stacked))
             : 0;
}

static void draw_charts(struct view_endpoint *v, struct canvas *c, struct rect r,
    const struct endpoint_row *e, struct arena *a, bool stacked)
{
    const struct store *s = v->o.x->store;
    struct endpoint_history history = store_endpoint_history(s, v->o.id);
    int64_t now = store_wall_ms(s);
    struct hour waiting, done;
    place(&waiting, &history, history.waiting, now, 0);
    place(&done, &history, history.done, now, 1);
    struct rect first = {r.x + 1, r.y, r.w - 2, r.h}, second = first;
    if (stacked) {
        first.h = second.h = (r.h - 1) / 2;
        second.y += first.h;
        draw_axis(c, rect_clip((struct rect){first.x, second.y + second.h, first.w, 1}, r), a, now);
    } else {
        first.w = (first.w - 3) / 2;
        second.x += first.w + 3;
        second.w -= first.w + 3;
    }
    draw_titled(v->waiting, c, rect_clip(first, r), "Queue, last hour",
        now_and_most(a, queue_now(e), &waiting), &waiting);
    draw_titled(v->done, c, rect_clip(second, r), "Done a minute",
        now_and_most(a, done_now(&done), &done), &done);
}

void view_endpoint_history(struct view_endpoint *v, struct canvas *c, struct rect r, bool stacked)
{
    const struct endpoint_row *e = view_endpoint_row(v);
    struct arena *a = e ? arena_new(16 * 1024) : NULL;
    if (!a)
        return;
    struct lines *times = say_times(v, e, r.w, stacked);
    int charts = r.h - (int)lines_count(times);
    if (charts >= (stacked ? 5 : 2))
        draw_charts(v, c, (struct rect){r.x, r.y, r.w, charts}, e, a, stacked);
    charts = charts > 0 ? charts : 0;
    lines_draw(times, c, (struct rect){r.x, r.y + charts, r.w, r.h - charts});
    arena_free(a);
}
