/* The rows above all sections: how the endpoint is, what it is set to, what it serves, and whatever else
 * somebody who has just opened it must know. */
#include "ui/say.h"
#include "ui/view_endpoint.h"

#include <math.h>

enum { COMMIT_SHORT = 7 };

/* ---- how it is ------------------------------------------------------------------------------------- */

static const struct {
    const char *sign;
    enum role role;
} conditions[] = {
    [ENDPOINT_UNKNOWN] = {"·", ROLE_STALE},
    [ENDPOINT_OK] = {"✓", ROLE_OK},
    [ENDPOINT_ASLEEP] = {"·", ROLE_FAINT},
    [ENDPOINT_STARTING] = {"⟳", ROLE_ACTIVE},
    [ENDPOINT_WAITING] = {"!", ROLE_BAD},
    [ENDPOINT_OFF] = {"·", ROLE_WARNING},
};

static struct text queue_of(
    struct arena *a, const struct view_endpoint *v, const struct endpoint_row *e)
{
    char age[SAY_MAX], waiting[SAY_MAX], running[SAY_MAX];
    if (!e->health)
        return TEXT("its health has not been read yet");
    struct text all = say_text(a, "%s waiting · %s running",
        say_count(waiting, e->health->in_queue), say_count(running, e->health->in_progress));
    if (e->waiting_since_ms >= 0)
        all = say_text(a, "none served for %s · %.*s",
            say_age(age, store_mono_ms(v->o.x->store) - e->waiting_since_ms), SAY_ARGS(all));
    return all;
}

/* Requests wait, and workers that are up and paid for serve none. */
static bool is_for_nothing(const struct endpoint_row *e)
{
    return e->waiting_since_ms >= 0 && e->cost_hour > 0 && e->condition != ENDPOINT_STARTING;
}

/* What it costs now. */
static struct text cost_of(struct arena *a, const struct endpoint_row *e)
{
    char money[SAY_MAX];
    if (!isfinite(e->cost_hour))
        return TEXT("… $/h");
    say_money(money, e->cost_hour);
    return say_text(a, "≈%s/h%s", money, is_for_nothing(e) ? " for nothing" : "");
}

/* What is known of the queue: "17 waiting, oldest 14m20s · 0 running". */
static struct text verdict_queue(struct arena *a, const struct view_endpoint *v,
    const struct endpoint_row *e, const struct triage *t)
{
    char n[SAY_MAX], age[SAY_MAX], running[SAY_MAX];
    int64_t waiting = e->health ? e->health->in_queue : t->waiting;
    int64_t busy = e->health ? e->health->in_progress : t->in_progress;
    int64_t oldest = waiting > 0 ? why_oldest(v->o.x->store, t) : -1;
    struct text all = waiting < 0 ? TEXT("its health has not been read yet")
                                  : say_text(a, "%s waiting", say_count(n, waiting));
    if (oldest >= 0)
        all = say_text(a, "%.*s, oldest %s", SAY_ARGS(all), say_age(age, oldest));
    if (busy >= 0)
        all = say_text(a, "%.*s · %s running", SAY_ARGS(all), say_count(running, busy));
    return all;
}

/* What is paid while nothing is served; else what it costs. */
static struct text verdict_cost(
    struct arena *a, const struct endpoint_row *e, const struct triage *t)
{
    char money[SAY_MAX];
    if (t->verdict == TRIAGE_STUCK && t->cost_hour > 0)
        return say_text(a, "%s/h for nothing", say_money(money, t->cost_hour));
    return cost_of(a, e);
}

/* "! STUCK 14m20s  17 waiting, oldest 14m20s · 0 running · 3 workers crash    $2.04/h for nothing"; where that
 * has no room, the sentence goes below, and then the price with it. */
static void add_verdict(struct lines *l, const struct view_endpoint *v,
    const struct endpoint_row *e, const struct triage *t)
{
    struct arena *a = lines_arena(l);
    char age[SAY_MAX];
    enum role role;
    struct text sign = why_sign(t->verdict, &role), cost = verdict_cost(a, e, t);
    int64_t since = why_since(v->o.x->store, t);
    struct text word = since < 0 ? say_word(why_word(t->verdict))
                                 : say_text(a, "%s %s", why_word(t->verdict), say_age(age, since));
    struct text queue = verdict_queue(a, v, e, t), below = t->sentence;
    struct text all =
        say_text(a, "%.*s%s%.*s", SAY_ARGS(queue), below.len > 0 ? " · " : "", SAY_ARGS(below));
    int room = lines_width(l) - 1, width = (int)text_width(cost);
    int left = room - width - 3 - OPENED_TEXT_COLUMN - (int)text_width(word) - 2;
    bool whole = (int)text_width(all) <= left, beside = (int)text_width(queue) <= left;
    opened_state(l, sign, word, whole ? all : queue, role);
    if (beside)
        lines_cell(l, room - width, width, ALIGN_LEFT, cost, ROLE_MONEY, 0);
    else
        below =
            say_text(a, "%.*s%s%.*s", SAY_ARGS(cost), below.len > 0 ? " · " : "", SAY_ARGS(below));
    if (whole || below.len == 0)
        return;
    lines_row(l, OPENED_TEXT_COLUMN);
    lines_wrap(l, below, ROLE_NORMAL, 0);
}

static void add_condition(
    struct lines *l, const struct view_endpoint *v, const struct endpoint_row *e)
{
    struct arena *a = lines_arena(l);
    const char *word = endpoint_condition_name(e->condition), *sign = conditions[e->condition].sign;
    enum role role = conditions[e->condition].role;
    if (e->condition == ENDPOINT_OK && e->waiting_since_ms >= 0) {
        sign = "!"; /* workers are up, and yet nobody is served */
        role = ROLE_WARNING;
    }
    struct text state = say_word(e->condition == ENDPOINT_UNKNOWN ? "unknown" : word);
    struct text queue = queue_of(a, v, e), cost = cost_of(a, e);
    struct text more = say_text(
        a, "%.*s · workers: %.*s", SAY_ARGS(queue), SAY_ARGS(view_endpoint_worker_count(a, e)));
    int taken = OPENED_TEXT_COLUMN + (int)text_width(state) + 2, width = (int)text_width(cost);
    int room = lines_width(l) - 1;
    if (taken + (int)text_width(more) + 3 + width <= room)
        queue = more;
    bool beside = taken + (int)text_width(queue) + 3 + width <= room;
    if (!beside)
        queue = say_text(a, "%.*s · %.*s", SAY_ARGS(queue), SAY_ARGS(cost));
    opened_state(l, say_word(sign), state, queue, role);
    if (beside)
        lines_cell(l, room - width, width, ALIGN_LEFT, cost, ROLE_MONEY, 0);
}

/* Said to who wonders why nothing comes up. */
static void add_paused(struct lines *l, const struct endpoint_row *e)
{
    char n[SAY_MAX];
    if (e->condition != ENDPOINT_OFF)
        return;
    lines_row(l, OPENED_SIGN_COLUMN);
    if (e->health && e->health->in_queue > 0)
        lines_wrap(l,
            say_text(lines_arena(l), "Paused: no worker can start, %s wait%s until it is resumed",
                say_count(n, e->health->in_queue), e->health->in_queue == 1 ? "s" : ""),
            ROLE_WARNING, 0);
    else
        lines_wrap(l, TEXT("Paused: no worker can start, at most 0 are allowed"), ROLE_WARNING, 0);
}

/* Seen, not guessed: RunPod starts nothing for an account without money. */
static void add_balance(struct lines *l, const struct store *s)
{
    const struct account *account = store_account(s);
    char balance[SAY_MAX];
    if (!account || !(account->balance <= 0))
        return;
    lines_row(l, OPENED_SIGN_COLUMN);
    lines_wrap(l,
        say_text(
            lines_arena(l), "! the account's balance is %s", say_money(balance, account->balance)),
        ROLE_BAD, 0);
}

static void add_rollout(struct lines *l, const struct view_endpoint *v)
{
    struct text rollout = view_endpoint_rollout(lines_arena(l), v);
    if (rollout.len == 0)
        return;
    lines_row(l, OPENED_SIGN_COLUMN);
    lines_add(l, TEXT("⟳ "), ROLE_ACTIVE, STYLE_BOLD);
    lines_wrap(l, rollout, ROLE_ACTIVE, 0);
}

/* ---- what it is ------------------------------------------------------------------------------------ */

struct text view_endpoint_pools(struct arena *a, const struct endpoint *e)
{
    struct text all = TEXT("");
    for (size_t i = 0; i < e->pool_count; i++)
        all = say_text(a, "%.*s%s%.*s", SAY_ARGS(all), i ? ", " : "", SAY_ARGS(e->pools[i]));
    if (e->gpu_count > 0)
        all = say_text(a, "%.*s ×%d", SAY_ARGS(all), e->gpu_count);
    return all.len ? all : TEXT("no GPU");
}

/* The list does not always say it; the workers' list does. */
static int version_of(const struct endpoint_row *e)
{
    return e->settings->version < 0 && e->workers ? e->workers->version : e->settings->version;
}

static void add_settings(struct lines *l, const struct endpoint *e, int version)
{
    struct arena *a = lines_arena(l);
    struct text pools = view_endpoint_pools(a, e);
    struct text all = say_text(a, "%.*s · %.*s · workers %d..%d · idle %d s%s", SAY_ARGS(e->image),
        SAY_ARGS(pools), e->workers_min, e->workers_max, e->idle_s,
        e->load_balancer ? " · load balancer" : "");
    if (version >= 0)
        all = say_text(a, "%.*s · v%d", SAY_ARGS(all), version);
    lines_row(l, OPENED_SIGN_COLUMN);
    lines_wrap(l, all, ROLE_FAINT, 0);
}

static void add_model(struct lines *l, const struct view_endpoint *v, const struct endpoint *e)
{
    struct arena *a = lines_arena(l);
    const struct model_row *row = store_model_of_endpoint(v->o.x->store, v->o.id);
    char n[SAY_MAX];
    if (e->model.len == 0)
        return;
    struct text all = say_text(a, "serves %.*s", SAY_ARGS(e->model));
    if (e->revision.len > 0)
        all =
            say_text(a, "%.*s@%.*s", SAY_ARGS(all), SAY_ARGS(text_cut(e->revision, COMMIT_SHORT)));
    if (e->served.len > 0 && !opened_same(e->served, e->model))
        all = say_text(a, "%.*s as %.*s", SAY_ARGS(all), SAY_ARGS(e->served));
    if (e->context_length > 0)
        all = say_text(a, "%.*s · context %s", SAY_ARGS(all), say_count(n, e->context_length));
    if (row)
        all = say_text(a, "%.*s · registered as %.*s", SAY_ARGS(all), SAY_ARGS(row->name));
    lines_row(l, OPENED_SIGN_COLUMN);
    lines_wrap(l, all, ROLE_NORMAL, 0);
}

void view_endpoint_state(
    struct lines *l, const struct view_endpoint *v, const struct endpoint_row *e)
{
    const struct triage *t = why_now(v->o.x->store, v->o.id);
    opened_source(l, v->o.x->store, SOURCE_RUNPOD);
    if (t && t->verdict != TRIAGE_HEALTHY)
        add_verdict(l, v, e, t);
    else
        add_condition(l, v, e);
    add_paused(l, e);
    add_balance(l, v->o.x->store);
    add_rollout(l, v);
}

void view_endpoint_facts(
    struct lines *l, const struct view_endpoint *v, const struct endpoint_row *e)
{
    add_settings(l, e->settings, version_of(e));
    add_model(l, v, e->settings);
}
