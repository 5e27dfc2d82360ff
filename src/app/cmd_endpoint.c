/* One endpoint, as its opened view shows it: how it is, its workers, how long our requests to it take, all
 * its settings, its releases, what it was billed. */
#include "app/columns.h"
#include "app/command.h"
#include "app/endpoint_json.h"
#include "app/endpoint_named.h"
#include "app/endpoint_sums.h"
#include "client/runpod_change.h"
#include "client/runpod_jobs.h"
#include "ui/say.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { READ_ARENA = 64 << 20, RELEASES_SHOWN = 10 };

struct looking {
    struct arena *arena;
    struct endpoint settings;
    struct health health;
    struct worker_page workers;
    struct endpoint_row row;
    struct endpoint_detail detail;
    struct endpoint_times times;
    bool timed;       /* the ledger could be read */
    struct buf wrong; /* what could not be read besides */
};

/* ---- reading --------------------------------------------------------------------------------------- */

static void note_wrong(struct looking *l, const struct err *why)
{
    (void)buf_printf(&l->wrong, "%s%s", l->wrong.len > 0 ? "; " : "", why->message);
}

static void read_ledger(struct call *c, struct looking *l)
{
    const struct endpoint_page one = {&l->settings, 1};
    struct endpoint_sums sums;
    struct err why;
    if (endpoint_sums_read(&c->engine, &one, &sums, &why)) {
        note_wrong(l, &why);
        return;
    }
    struct endpoint_sum *sum = endpoint_sums_of(&sums, l->settings.id);
    l->times = request_times_sum(&sum->times);
    l->timed = true;
    l->row.cost_request = endpoint_sum_cost(sum);
    endpoint_sums_release(&sums);
}

/* How it is now; what cannot be had stays unknown, and is said. */
static void read_now(struct call *c, struct looking *l, struct cancel *cancel)
{
    struct runpod *runpod = c->engine.runpod;
    struct gpu_page gpus;
    struct err why;
    if (runpod_health(runpod, l->settings.id, &l->health, cancel, &why) == 0)
        l->row.health = &l->health;
    else
        note_wrong(l, &why);
    if (runpod_workers(runpod, l->settings.id, l->arena, &l->workers, cancel, &why) == 0)
        l->row.workers = &l->workers;
    else
        note_wrong(l, &why);
    if (l->row.workers && prices_get(c->engine.prices, l->arena, &gpus, cancel, NULL) == 0)
        l->row.cost_hour = worker_page_cost_hour(l->row.workers, &gpus);
    l->row.condition = endpoint_condition(l->row.settings, l->row.health, l->row.workers);
}

static int look(struct call *c, void *arg, struct cancel *cancel, struct err *e)
{
    struct looking *l = arg;
    const char *asked = json_str_or(c->asked, "endpoint", "");
    if (endpoint_named(&c->engine, asked, l->arena, &l->settings, NULL, cancel, e) ||
        runpod_endpoint_detail(c->engine.runpod, l->settings.id, l->arena, &l->detail, cancel, e))
        return -1;
    l->row.settings = &l->settings;
    read_now(c, l, cancel);
    read_ledger(c, l);
    if (l->detail.not_read.len > 0)
        (void)buf_printf(&l->wrong, "%s%.*s", l->wrong.len > 0 ? "; " : "",
            (int)l->detail.not_read.len, l->detail.not_read.s);
    l->detail.not_read = text_new(l->arena, buf_str(&l->wrong), l->wrong.len, TEXT_LINE);
    return cancel_check(cancel, e);
}

/* ---- printing -------------------------------------------------------------------------------------- */

static const char *money(char out[32], double dollars)
{
    if (!isfinite(dollars))
        return "—";
    snprintf(out, 32, dollars != 0 && dollars < 0.01 ? "$%.5f" : "$%.2f", dollars);
    return out;
}

static void print_fact(struct call *c, const char *label, struct text t)
{
    call_line(c, "%-12s %.*s", label, (int)t.len, t.len ? t.s : "");
}

static void print_words(struct call *c, const char *label, struct text t)
{
    if (t.len > 0)
        print_fact(c, label, t);
}

static void print_now(struct call *c, const struct looking *l)
{
    const struct endpoint *p = &l->settings;
    char cost[32], one[32];
    call_line(c, "%s  %s", p->name.s, p->id);
    if (l->row.health)
        call_line(c, "%-12s %s: %" PRId64 " waiting, %" PRId64 " running", "State",
            endpoint_condition_name(l->row.condition), l->health.in_queue, l->health.in_progress);
    else
        call_line(c, "%-12s %s", "State", endpoint_condition_name(l->row.condition));
    call_line(c, "%-12s %s an hour now, %s a request (both estimated)", "Costs",
        money(cost, l->row.cost_hour), money(one, l->row.cost_request));
    if (l->detail.rolling)
        call_line(c, "%-12s %d of %d workers are on the newest release", "Rollout",
            l->detail.rolled, l->detail.rolling_total);
}

static void print_span(struct call *c, const char *label, int64_t p50, int64_t p95)
{
    if (p50 >= 0)
        call_line(c, "%-12s p50 %.2f s, p95 %.2f s", label, (double)p50 / 1000, (double)p95 / 1000);
}

static void print_times(struct call *c, const struct looking *l)
{
    if (!l->timed || l->times.count == 0) {
        call_line(c, "%-12s %s", "Times",
            l->timed ? "not known: no request of ours has ended yet" : "not read");
        return;
    }
    print_span(c, "Delay", l->times.delay_p50, l->times.delay_p95);
    print_span(c, "Execution", l->times.execution_p50, l->times.execution_p95);
    call_line(c, "%-12s %zu of %zu waited over %d s", "Cold", l->times.cold, l->times.count,
        REQUEST_COLD_MS / 1000);
}

static void print_billed(struct call *c, const struct endpoint_detail *d)
{
    double sum = 0;
    size_t hours = 0;
    char whole[32];
    for (size_t i = 0; i < d->billed_count && i < ENDPOINT_BILLED_MAX; i++)
        if (isfinite(d->billed[i])) {
            sum += d->billed[i];
            hours++;
        }
    if (hours > 0)
        call_line(
            c, "%-12s %s in %zu hour%s", "Billed", money(whole, sum), hours, hours == 1 ? "" : "s");
}

static void print_pools(struct call *c, const struct endpoint *p)
{
    struct buf all;
    buf_init(&all, 4096);
    for (size_t i = 0; i < p->pool_count; i++)
        (void)buf_printf(&all, "%s%s", i ? ", " : "", p->pools[i].s);
    if (p->pool_count > 0)
        call_line(c, "%-12s %s × %d", "GPU", buf_str(&all), p->gpu_count);
    else
        call_line(c, "%-12s none", "GPU");
    buf_release(&all);
}

static void print_settings(struct call *c, const struct looking *l)
{
    const struct endpoint *p = &l->settings;
    const struct endpoint_detail *d = &l->detail;
    char span[SAY_MAX];
    print_words(c, "Model", p->model);
    print_words(c, "Revision", p->revision);
    print_words(c, "Served as", p->served);
    print_fact(c, "Image", p->image);
    print_pools(c, p);
    call_line(c, "%-12s %d to %d%s, idle %d s", "Workers", p->workers_min, p->workers_max,
        p->workers_max == 0 ? " (paused)" : "", p->idle_s);
    print_words(c, "Scaling", d->scaling);
    if (d->timeout_ms >= 0)
        call_line(c, "%-12s %s a request", "Timeout", say_age(span, d->timeout_ms));
    if (d->disk_gb >= 0)
        call_line(c, "%-12s %d GB", "Disk", d->disk_gb);
    print_words(c, "FlashBoot", d->flashboot);
    print_words(c, "CUDA least", d->min_cuda);
    print_words(c, "CUDA", d->cuda_versions);
    print_words(c, "Data centers", d->data_centers);
    print_words(c, "Not on", d->excluded);
    print_words(c, "Volumes", d->volumes);
    print_words(c, "Image login", d->registry);
    for (size_t i = 0; i < d->env_count; i++)
        call_line(c, "%-12s %.*s=%.*s", i ? "" : "Environment", (int)d->env[i].name.len,
            d->env[i].name.s, (int)d->env[i].value.len, d->env[i].value.s);
}

static int64_t seconds(int64_t s)
{
    return s < INT64_MAX / 1000 ? s * 1000 : INT64_MAX;
}

static void print_workers(struct call *c, const struct worker_page *page)
{
    static const char *const titles[] = {"WORKER", "STATUS", "GPU", "PLACE", "UPTIME", "IMAGE"};
    struct columns t;
    char up[SAY_MAX];
    if (!page || page->count == 0) {
        call_line(c, "%-12s %s", "Workers now", page ? "none" : "not read");
        return;
    }
    call_line(c, "%s", "");
    if (columns_init(&t, titles, 6) == 0) {
        for (size_t i = 0; i < page->count; i++) {
            const struct worker *w = &page->workers[i];
            const char *status =
                w->status == WORKER_OTHER ? w->word.s : worker_status_name(w->status);
            columns_add(&t, "%s", w->id);
            if (w->stale)
                columns_add(&t, "%s, old v%d", status, w->version);
            else
                columns_add(&t, "%s", status);
            if (w->gpu_count > 1)
                columns_add(&t, "%.*s × %d", (int)w->gpu.len, w->gpu.s, w->gpu_count);
            else
                columns_text(&t, w->gpu);
            columns_text(&t, w->data_center);
            if (w->uptime_s >= 0)
                columns_add(&t, "%s", say_age(up, seconds(w->uptime_s)));
            else
                columns_text(&t, TEXT(""));
            columns_text(&t, w->image);
        }
        columns_print(&t, c->out);
    }
    columns_release(&t);
}

static void print_release(struct call *c, const struct release *r)
{
    char at[CLOCK_RFC3339_MAX] = "";
    if (r->created_ms >= 0)
        clock_rfc3339(at, r->created_ms, 0);
    call_line(c, "v%d  %s  %s", r->version, at, r->source.len ? r->source.s : "");
    for (size_t i = 0; i < r->change_count; i++)
        call_line(c, "    %s: %s → %s", r->changes[i].field.s,
            r->changes[i].before.len ? r->changes[i].before.s : "not set",
            r->changes[i].after.len ? r->changes[i].after.s : "not set");
}

static void print_releases(struct call *c, const struct endpoint_detail *d)
{
    if (d->release_count == 0)
        return;
    call_line(c, "%s", "");
    call_line(c, "Releases");
    for (size_t i = 0; i < d->release_count && i < RELEASES_SHOWN; i++)
        print_release(c, &d->releases[i]);
    if (d->release_count > RELEASES_SHOWN)
        call_line(c, "… %zu older releases", d->release_count - RELEASES_SHOWN);
}

static int print_all(struct call *c, const struct looking *l)
{
    print_now(c, l);
    print_times(c, l);
    print_billed(c, &l->detail);
    print_settings(c, l);
    print_words(c, "Not read", l->detail.not_read);
    print_workers(c, l->row.workers);
    print_releases(c, &l->detail);
    return call_flushed(c);
}

static int endpoint(struct call *c)
{
    struct looking l = {.arena = arena_new(READ_ARENA)};
    struct err e;
    buf_init(&l.wrong, 8 * ERR_MESSAGE_MAX);
    l.row.cost_hour = l.row.cost_request = NAN;
    l.row.waiting_since_ms = -1;
    int code = call_open(c);
    if (!code && !l.arena)
        code = EXIT_CODE_STATE;
    if (!code && call_task(c, look, NULL, &l, &e))
        code = call_fail(c, &e);
    else if (!code && c->json) {
        struct json *j = endpoint_json(&l.row, l.timed ? &l.times : NULL);
        endpoint_json_detail(j, &l.detail);
        code = call_print(c, j, "slipway.endpoint/1");
    } else if (!code) {
        code = print_all(c, &l);
    }
    buf_release(&l.wrong);
    arena_free(l.arena);
    return code;
}

const struct command commands_endpoint[] = {
    {.name = "endpoint",
        .help = "everything of one endpoint: workers, times, settings, releases, bill",
        .args = {"endpoint"},
        .args_least = 1,
        .run = endpoint},
    {.name = NULL},
};
