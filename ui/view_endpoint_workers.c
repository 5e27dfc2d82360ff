/* An endpoint's workers: those in trouble first, equal ones in the order of their ids, so that rows stay
 * where they are whatever the order of the service's answer. */
#include "ui/say.h"
#include "ui/view_endpoint.h"

#include <stdlib.h>
#include <string.h>

enum { COLUMN_ID, COLUMN_STATUS, COLUMN_GPU, COLUMN_PLACE, COLUMN_UPTIME };
static const struct table_column columns[] = {
    [COLUMN_ID] = {"WORKER", 8, 14, 0, ALIGN_LEFT},
    [COLUMN_STATUS] = {"STATUS", 12, 23, 0, ALIGN_LEFT},
    [COLUMN_GPU] = {"GPU", 10, 30, 1, ALIGN_LEFT},
    [COLUMN_PLACE] = {"PLACE", 8, 10, 3, ALIGN_LEFT},
    [COLUMN_UPTIME] = {"UP", 6, 6, 2, ALIGN_RIGHT},
};

/* What is wrong first. */
static const struct {
    enum worker_status status;
    enum role role;
} orders[] = {
    {WORKER_UNHEALTHY, ROLE_BAD},
    {WORKER_THROTTLED, ROLE_WARNING},
    {WORKER_OTHER, ROLE_NORMAL},
    {WORKER_INITIALIZING, ROLE_ACTIVE},
    {WORKER_RUNNING, ROLE_OK},
    {WORKER_IDLE, ROLE_NORMAL},
};
enum { ORDERS = sizeof orders / sizeof *orders };

static size_t order_of(const struct worker *w)
{
    size_t order = 0;
    while (order < ORDERS - 1 && orders[order].status != w->status)
        order++;
    return order;
}

static int by_trouble(const void *a, const void *b)
{
    const struct worker *x = *(const struct worker *const *)a,
                        *y = *(const struct worker *const *)b;
    size_t first = order_of(x), second = order_of(y);
    return first != second ? (first > second) - (first < second) : strcmp(x->id, y->id);
}

/* In the arena; NULL when it is full. */
static const struct worker **sorted(struct arena *a, const struct worker_page *page)
{
    const struct worker **all = arena_array(a, page->count, sizeof *all);
    for (size_t i = 0; all && i < page->count; i++)
        all[i] = &page->workers[i];
    if (all)
        qsort(all, page->count, sizeof *all, by_trouble);
    return all;
}

struct text view_endpoint_worker_count(struct arena *a, const struct endpoint_row *e)
{
    const struct worker_page *page = e->workers;
    struct text all = TEXT("");
    if (!page)
        return TEXT("…");
    for (size_t order = 0; order < ORDERS; order++) {
        size_t n = 0;
        for (size_t i = 0; i < page->count; i++)
            n += order_of(&page->workers[i]) == order;
        if (n > 0)
            all = say_text(a, "%.*s%s%zu %s", SAY_ARGS(all), all.len ? ", " : "", n,
                worker_status_name(orders[order].status));
    }
    return all.len ? all : TEXT("none");
}

/* ---- one row --------------------------------------------------------------------------------------- */

static bool begins(struct text t, const char *with)
{
    return t.len > strlen(with) && memcmp(t.s, with, strlen(with)) == 0;
}

static struct text behind(struct text t, const char *with)
{
    size_t n = strlen(with);
    return begins(t, with) ? (struct text){t.s + n, t.len - n} : t;
}

/* "NVIDIA L40S ×2", or without its maker's words. */
static struct text gpu_of(struct arena *a, const struct worker *w, bool brief)
{
    struct text gpu = w->gpu.len ? w->gpu : TEXT("—");
    if (brief)
        gpu = behind(behind(gpu, "NVIDIA "), "GeForce ");
    return w->gpu_count > 1 ? say_text(a, "%.*s ×%d", SAY_ARGS(gpu), w->gpu_count) : gpu;
}

/* The makers' words go, in all rows, where there is no room for them in one. */
static bool is_brief(struct arena *a, const struct worker_page *page, int room)
{
    for (size_t i = 0; i < page->count; i++)
        if ((int)text_width(gpu_of(a, &page->workers[i], false)) > room)
            return true;
    return false;
}

static struct text status_of(struct arena *a, const struct view_endpoint *v, const struct worker *w)
{
    struct text status =
        w->status == WORKER_OTHER ? w->word : say_word(worker_status_name(w->status));
    struct worker_starts starts = store_worker_starts(v->o.x->store, v->o.id, w->id);
    if (starts.count > 1)
        status = say_text(a, "%.*s, %d starts", SAY_ARGS(status), starts.count);
    if (w->stale)
        status = say_text(a, "%.*s, old v%d", SAY_ARGS(status), w->version);
    return status;
}

/* By its start where that is told; else what it was when it was read, and since. */
static int64_t uptime_of(
    const struct store *s, const struct worker_page *page, const struct worker *w)
{
    int64_t up = -1;
    if (w->started_ms >= 0)
        up = store_wall_ms(s) - w->started_ms;
    else if (w->uptime_s >= 0 && w->uptime_s < INT64_MAX / 2000)
        up = w->uptime_s * 1000 + store_mono_ms(s) - page->seen_ms;
    else
        return -1;
    return up > 0 ? up : 0;
}

static void add_worker(struct lines *l, const struct lines_columns *fit, bool brief,
    const struct view_endpoint *v, const struct endpoint_row *e, const struct worker *w)
{
    struct arena *a = lines_arena(l);
    char uptime[SAY_MAX];
    int64_t up = uptime_of(v->o.x->store, e->workers, w);
    lines_row(l, OPENED_SIGN_COLUMN);
    lines_in(l, fit, COLUMN_ID, say_word(w->id), ROLE_NORMAL, 0);
    lines_in(l, fit, COLUMN_STATUS, status_of(a, v, w), orders[order_of(w)].role, 0);
    lines_in(l, fit, COLUMN_GPU, gpu_of(a, w, brief), ROLE_NORMAL, 0);
    lines_in(l, fit, COLUMN_PLACE, w->data_center.len ? w->data_center : TEXT("—"), ROLE_NORMAL, 0);
    lines_in(l, fit, COLUMN_UPTIME, say_text(a, "%s", say_age(uptime, up)),
        up < 0 ? ROLE_FAINT : ROLE_NORMAL, 0);
    if (w->image.len == 0 || opened_same(w->image, e->settings->image))
        return;
    lines_row(l, OPENED_SIGN_COLUMN + 2);
    lines_add(l, say_text(a, "image %.*s", SAY_ARGS(w->image)), ROLE_WARNING, 0);
}

void view_endpoint_workers(
    struct lines *l, const struct view_endpoint *v, const struct endpoint_row *e)
{
    const struct worker_page *page = e->workers;
    struct lines_columns fit;
    if (!page || page->count == 0) {
        lines_row(l, OPENED_SIGN_COLUMN);
        lines_wrap(l,
            !page                           ? TEXT("its workers have not been read yet")
            : e->settings->workers_max == 0 ? TEXT("no workers, and none can start")
                                            : TEXT("no workers"),
            ROLE_FAINT, 0);
        return;
    }
    const struct worker **all = sorted(lines_arena(l), page);
    lines_columns(l, &fit, OPENED_SIGN_COLUMN, columns, sizeof columns / sizeof *columns);
    bool brief = is_brief(lines_arena(l), page, fit.width[COLUMN_GPU]);
    for (size_t i = 0; all && i < page->count; i++)
        add_worker(l, &fit, brief, v, e, all[i]);
}
