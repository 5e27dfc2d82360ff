/* The settings of an endpoint, filled with what is there; only what is edited is handed over. Below it, what
 * the values would mean: which change, the price at min and at max before and after, whether workers start
 * anew. The plan that Enter leads to is read from the service itself.
 *
 * What only the detail says (the disk) comes when it was read, unless somebody has typed there already. */
#include "model/env_words.h"
#include "ui/form_view.h"
#include "ui/say.h"
#include "ui/views.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { POOLS_KNOWN_MAX = 64, POOLS_MOST = 3, POOLS_BYTES_MAX = 512 };

static const struct form_field fields[] = {
    {.name = "min",
        .label = "Workers, min",
        .help = "these run, and cost, all the time; 0 = asleep when nobody asks",
        .kind = FIELD_NUMBER,
        .required = true,
        .least = 0,
        .most = 1000},
    {.name = "max",
        .label = "Workers, max",
        .help = "no more than so many at once; 0 pauses the endpoint",
        .kind = FIELD_NUMBER,
        .required = true,
        .least = 0,
        .most = 1000},
    {.name = "idle",
        .label = "Idle seconds",
        .help = "how long a worker stays up, and costs, after its last request",
        .kind = FIELD_NUMBER,
        .least = 1,
        .most = 3600,
        .empty = "none applies"},
    {.name = "image",
        .label = "Image",
        .help = "the worker's container image, with its tag",
        .required = true},
    {.name = "pool",
        .label = "GPU pools",
        .help = "in order, with commas between; at most three",
        .empty = "none: it has no GPUs"},
    {.name = "gpus",
        .label = "GPUs per worker",
        .help = "from 1 to 16; TENSOR_PARALLEL_SIZE goes along",
        .kind = FIELD_NUMBER,
        .least = 1,
        .most = 16,
        .empty = "none"},
    {.name = "context",
        .label = "Context length",
        .help = "MAX_MODEL_LEN: tokens in and out of one request; shorter needs less memory",
        .kind = FIELD_NUMBER,
        .least = 1,
        .most = 100000000,
        .empty = "the model's own"},
    {.name = "disk",
        .label = "Disk, GB",
        .help = "the container's: for the image and the weights",
        .kind = FIELD_NUMBER,
        .least = 1,
        .most = 10000,
        .empty = "as it is"},
    {.name = "env",
        .label = "Environment",
        .help = "NAME=VALUE sets a variable, -NAME takes it away; the others stay",
        .empty = "as it is"},
};
enum { FIELDS = sizeof fields / sizeof *fields };

static const struct endpoint *endpoint_of(const struct form_view *v)
{
    const struct endpoint_row *row = store_endpoint_by_id(v->o.x->store, v->o.id);
    return row ? row->settings : NULL;
}

/* ---- filling --------------------------------------------------------------------------------------- */

static void begin_number(struct form_view *v, const char *field, int64_t n, int64_t least)
{
    char digits[24];
    snprintf(digits, sizeof digits, "%lld", (long long)n);
    form_view_begin(v, field, n >= least ? say_word(digits) : TEXT(""));
}

static void begin_pools(struct form_view *v, const struct endpoint *p)
{
    char all[POOLS_BYTES_MAX] = "";
    size_t used = 0;
    for (size_t i = 0; i < p->pool_count && used + p->pools[i].len + 3 < sizeof all; i++)
        used += (size_t)snprintf(
            all + used, sizeof all - used, "%s%s", i > 0 ? ", " : "", p->pools[i].s);
    form_view_begin(v, "pool", say_word(all));
}

static void fill(struct form_view *v, const char *id)
{
    const struct endpoint *p = endpoint_of(v);
    (void)id;
    if (!p)
        return;
    begin_number(v, "min", p->workers_min, 0);
    begin_number(v, "max", p->workers_max, 0);
    begin_number(v, "idle", p->idle_s, 1);
    form_view_begin(v, "image", p->image);
    begin_pools(v, p);
    begin_number(v, "gpus", p->gpu_count, 1);
    begin_number(v, "context", p->context_length, 1);
}

static void refresh(struct form_view *v)
{
    const struct endpoint_detail *d = store_endpoint_detail(v->o.x->store, v->o.id);
    if (d && d->disk_gb > 0 && form_view_began(v, "disk").len == 0 &&
        form_get(v->form, "disk").len == 0)
        begin_number(v, "disk", d->disk_gb, 1);
}

static void changed(struct form_view *v, const char *field)
{
    (void)v, (void)field;
}

/* ---- what is wanted ---------------------------------------------------------------------------------- */

/* A disk that was emptied is not known better than before: it stays. */
static bool is_wanted(const struct form_view *v, const char *field)
{
    return form_view_is_changed(v, field) &&
           (form_get(v->form, field).len > 0 || strcmp(field, "context") == 0);
}

static bool sends(struct form_view *v, const char *field, struct text *value)
{
    if (value->len == 0)
        *value = TEXT("own"); /* of the context: the model's */
    return is_wanted(v, field);
}

static int64_t number_of(const struct form_view *v, const char *field)
{
    struct text t = form_get(v->form, field);
    return t.len > 0 ? strtoll(t.s, NULL, 10) : 0;
}

/* The names between the commas, at most `max`; returns how many there are. They borrow from the form. */
static size_t names_in(struct text t, struct text *out, size_t max)
{
    size_t count = 0;
    for (size_t at = 0; at < t.len;) {
        size_t n = strcspn(t.s + at, ", ");
        n = n < t.len - at ? n : t.len - at;
        if (n > 0 && count++ < max)
            out[count - 1] = (struct text){t.s + at, n};
        at += n;
        at += at < t.len ? strspn(t.s + at, ", ") : 0;
    }
    return count;
}

static size_t known_pools(const struct form_view *v, struct gpu_pool pools[POOLS_KNOWN_MAX])
{
    const struct gpu_page *page = store_gpus(v->o.x->store);
    size_t n = page ? gpu_pools(page, pools, POOLS_KNOWN_MAX) : 0;
    return n < POOLS_KNOWN_MAX ? n : POOLS_KNOWN_MAX;
}

static bool check_pools(struct form_view *v)
{
    struct gpu_pool known[POOLS_KNOWN_MAX];
    struct text names[POOLS_MOST];
    size_t all = known_pools(v, known), n = names_in(form_get(v->form, "pool"), names, POOLS_MOST);
    if (!form_view_is_changed(v, "pool"))
        return true;
    if (n > POOLS_MOST || (n == 0 && form_view_began(v, "pool").len > 0)) {
        form_complain(v->form, "pool", "one to three pools: RunPod does not use more of them");
        return false;
    }
    for (size_t i = 0; all > 0 && i < n; i++) {
        size_t k = 0;
        while (k < all && !opened_same(known[k].id, names[i]))
            k++;
        if (k < all)
            continue;
        form_complain(v->form, "pool", "there is no pool %.*s", SAY_ARGS(names[i]));
        return false;
    }
    return true;
}

static bool is_any_wanted(const struct form_view *v)
{
    for (size_t i = 0; i < FIELDS; i++)
        if (is_wanted(v, fields[i].name))
            return true;
    return false;
}

static bool check(struct form_view *v)
{
    struct err e;
    if (!endpoint_of(v))
        form_complain(v->form, form_at(v->form), "the endpoint is gone");
    else if (!check_pools(v))
        return false;
    else if (!is_any_wanted(v))
        form_complain(v->form, form_at(v->form), "nothing is changed yet");
    else if (number_of(v, "min") > number_of(v, "max"))
        form_complain(v->form, "min", "fewer workers at most than at least");
    else if (env_words(form_get(v->form, "env").s, NULL, NULL, &e))
        form_complain(v->form, "env", "%s", e.message);
    else
        return true;
    return false;
}

/* ---- the live part ----------------------------------------------------------------------------------- */

static const char *per_hour(char out[2 * SAY_MAX], double dollars)
{
    char money[SAY_MAX];
    if (isnan(dollars))
        snprintf(out, 2 * SAY_MAX, "unknown");
    else
        snprintf(out, 2 * SAY_MAX, "%s%s/h", dollars > 0 ? "≈" : "", say_money(money, dollars));
    return out;
}

static double of_workers(double price, int64_t workers)
{
    return workers > 0 ? price * (double)workers : 0;
}

static void add_hour(struct lines *l, const char *label, double before, double after)
{
    char was[2 * SAY_MAX], is[2 * SAY_MAX], more[SAY_MAX];
    struct arena *a = lines_arena(l);
    double by = after - before;
    bool same = fabs(by) < 0.00005;
    if (isnan(before) && isnan(after))
        lines_fact(l, label, TEXT("the catalog does not say"), ROLE_FAINT);
    else if (same)
        lines_fact(l, label, say_text(a, "%s, as it is", per_hour(was, before)), ROLE_MONEY);
    else
        lines_fact(l, label,
            say_text(a, "%s → %s%s%s%s", per_hour(was, before), per_hour(is, after),
                isnan(by) ? ""
                : by > 0  ? "  +"
                          : "  ",
                isnan(by) ? "" : say_money(more, by), isnan(by) ? "" : "/h"),
            ROLE_MONEY);
}

static void add_price(struct form_view *v, struct lines *l, const struct endpoint *p)
{
    const struct gpu_page *gpus = store_gpus(v->o.x->store);
    struct text names[POOLS_MOST];
    size_t n = names_in(form_get(v->form, "pool"), names, POOLS_MOST);
    if (!gpus) {
        lines_fact(l, "Price", TEXT("the GPU catalog has not been read yet"), ROLE_FAINT);
        return;
    }
    double before = gpu_pools_price(gpus, p->pools, p->pool_count, p->gpu_count);
    double after =
        gpu_pools_price(gpus, names, n < POOLS_MOST ? n : POOLS_MOST, (int)number_of(v, "gpus"));
    add_hour(l, "Price at min", of_workers(before, p->workers_min),
        of_workers(after, number_of(v, "min")));
    add_hour(l, "Price at max", of_workers(before, p->workers_max),
        of_workers(after, number_of(v, "max")));
}

/* "max 3 → 5" for each that is edited. */
static void add_changes(struct form_view *v, struct lines *l)
{
    struct arena *a = lines_arena(l);
    const char *label = "Changes";
    for (size_t i = 0; i < FIELDS; i++) {
        if (!is_wanted(v, fields[i].name))
            continue;
        struct text before = form_view_began(v, fields[i].name),
                    now = form_get(v->form, fields[i].name);
        const char *none = fields[i].empty ? fields[i].empty : "—";
        bool env = strcmp(fields[i].name, "env") == 0;
        lines_fact(l, label,
            env ? say_text(a, "%s  %.*s", fields[i].label, SAY_ARGS(now))
                : say_text(a, "%s  %.*s → %.*s", fields[i].label,
                      SAY_ARGS(before.len ? before : say_word(none)),
                      SAY_ARGS(now.len ? now : say_word(none))),
            ROLE_ACTIVE);
        label = "";
    }
    if (label[0])
        lines_fact(l, label, TEXT("none yet: what is edited is sent, the rest stays"), ROLE_FAINT);
}

/* Container settings make a new release, for which workers start anew (spec/runpod.md §4.4). */
static bool rolls(const struct form_view *v)
{
    static const char *const rolling[] = {"image", "pool", "gpus", "context", "disk", "env"};
    for (size_t i = 0; i < sizeof rolling / sizeof *rolling; i++)
        if (is_wanted(v, rolling[i]))
            return true;
    return false;
}

static void add_workers(struct form_view *v, struct lines *l)
{
    const struct endpoint_row *row = store_endpoint_by_id(v->o.x->store, v->o.id);
    struct arena *a = lines_arena(l);
    if (!is_any_wanted(v))
        return;
    if (!rolls(v))
        lines_fact(l, "Workers", TEXT("none starts anew for it"), ROLE_NORMAL);
    else if (row && row->workers && row->workers->count > 0)
        lines_fact(l, "Workers",
            say_text(a, "%zu would be replaced, one after the other", row->workers->count),
            ROLE_WARNING);
    else
        lines_fact(l, "Workers", TEXT("those that start next have it"), ROLE_NORMAL);
}

/* While the cursor is in it: what there is to choose from. */
static void add_pools(struct form_view *v, struct lines *l)
{
    static const char *const stocks[] = {[STOCK_UNKNOWN] = "stock unknown",
        [STOCK_NONE] = "none in stock",
        [STOCK_LOW] = "stock low",
        [STOCK_MEDIUM] = "stock medium",
        [STOCK_HIGH] = "stock high"};
    struct gpu_pool pools[POOLS_KNOWN_MAX];
    struct arena *a = lines_arena(l);
    char price[2 * SAY_MAX];
    size_t n = known_pools(v, pools);
    for (size_t i = 0; i < n; i++)
        lines_fact(l, i == 0 ? "Pools" : "",
            say_text(a, "%-14.*s %4d GB  %s  %s", SAY_ARGS(pools[i].id), pools[i].memory_gb,
                per_hour(price, pools[i].price_most), stocks[pools[i].stock]),
            ROLE_NORMAL);
}

static void add_env(struct form_view *v, struct lines *l)
{
    const struct endpoint_detail *d = store_endpoint_detail(v->o.x->store, v->o.id);
    struct arena *a = lines_arena(l);
    for (size_t i = 0; d && i < d->env_count; i++)
        lines_fact(l, i == 0 ? "Set now" : "",
            say_text(a, "%.*s=%.*s", SAY_ARGS(d->env[i].name), SAY_ARGS(d->env[i].value)),
            ROLE_NORMAL);
    if (!d)
        lines_fact(l, "Set now", TEXT("not read yet"), ROLE_FAINT);
}

static void below(struct form_view *v, struct lines *l)
{
    const struct endpoint *p = endpoint_of(v);
    opened_source(l, v->o.x->store, SOURCE_RUNPOD);
    if (!p) {
        lines_fact(l, "Endpoint", TEXT("it is gone"), ROLE_BAD);
        return;
    }
    add_changes(v, l);
    add_workers(v, l);
    add_price(v, l, p);
    if (strcmp(form_at(v->form), "pool") == 0)
        add_pools(v, l);
    if (strcmp(form_at(v->form), "env") == 0)
        add_env(v, l);
}

/* ---- the view ------------------------------------------------------------------------------------------ */

static const struct form_kind kind = {
    .title = "Settings",
    .place = PLACE_CHANGE_FORM,
    .action = ACTION_CHANGE,
    .fields = fields,
    .count = FIELDS,
    .fill = fill,
    .changed = changed,
    .refresh = refresh,
    .check = check,
    .sends = sends,
    .below = below,
};

static void *make(const struct view_context *x, const char *id)
{
    return store_endpoint_by_id(x->store, id) ? form_view_make(&kind, x, id) : NULL;
}

static struct text title(void *p, struct arena *a)
{
    const struct endpoint *endpoint = endpoint_of(p);
    return opened_title(a, "Settings", endpoint ? endpoint->name : TEXT("gone"));
}

const struct view_class view_change_form = {
    .place = PLACE_CHANGE_FORM,
    .make = make,
    .free = form_view_free,
    .title = title,
    .note = form_view_note,
    .draw = form_view_draw,
    .act = opened_act,
    .typing = form_view_typing,
    .press = form_view_press,
    .paste = form_view_paste,
    .target = opened_target,
    .version = form_view_version,
};
