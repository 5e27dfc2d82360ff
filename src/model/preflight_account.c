/* What the account allows: workers, money, and a name that is still free. */
#include "model/preflight_internal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { QUOTA_AT_FIRST = 5, NAME_LEAST = 3, MINUTES_LEAST = 60 };

/* ---- quota --------------------------------------------------------------------------------------- */

static void quota_workers(struct preflight_look *l)
{
    const struct preflight_evidence *v = l->v;
    if (v->workers_min > v->workers_max)
        preflight_say(l, PREFLIGHT_BLOCKER, "min workers (%d) cannot be above max (%d)",
            v->workers_min, v->workers_max);
    else if (v->workers_max == 0)
        preflight_say(l, PREFLIGHT_WARNING, "with max workers 0 no request is ever served");
}

static void quota_room(struct preflight_look *l)
{
    const struct preflight_evidence *v = l->v;
    int left = v->quota - v->workers_used;
    if (v->workers_used < 0 || v->quota < 0 || v->workers_max <= left)
        return;
    preflight_say(l, PREFLIGHT_BLOCKER,
        "%d workers are more than the quota of %d leaves: other endpoints have %d", v->workers_max,
        v->quota, v->workers_used);
    if (left > 0)
        preflight_fix(l, "at most %d, or lower max workers elsewhere", left);
    else
        preflight_fix(l, "lower max workers of other endpoints, or delete idle ones");
}

/* RunPod tells the quota only when it refuses; a new account's is known. */
static void quota_unseen(struct preflight_look *l)
{
    const struct preflight_evidence *v = l->v;
    if (v->workers_used < 0)
        preflight_say(
            l, PREFLIGHT_WARNING, "how many workers other endpoints hold could not be seen");
    else if (v->quota < 0 && v->workers_used + v->workers_max > QUOTA_AT_FIRST)
        preflight_say(l, PREFLIGHT_WARNING,
            "%d workers in all; the account's quota could not be seen (%d at first)",
            v->workers_used + v->workers_max, QUOTA_AT_FIRST);
}

static void quota_fine(struct preflight_look *l)
{
    const struct preflight_evidence *v = l->v;
    char quota[32] = "unknown";
    if (v->quota >= 0)
        (void)snprintf(quota, sizeof quota, "%d", v->quota);
    preflight_say(l, PREFLIGHT_OK, "%d workers here, %d elsewhere, quota %s", v->workers_max,
        v->workers_used, quota);
}

/* ---- balance ------------------------------------------------------------------------------------- */

static void balance_there(struct preflight_look *l)
{
    const struct preflight_evidence *v = l->v;
    double most = l->out->price_max, minutes = 60 * v->balance / most;
    if (isnan(v->balance)) {
        preflight_say(l, PREFLIGHT_WARNING, "the account's balance could not be seen");
    } else if (v->balance <= 0) {
        preflight_say(l, PREFLIGHT_BLOCKER, "the account's balance is $%.2f: no worker will start",
            v->balance);
        preflight_fix(l, "add credit at RunPod");
    } else if (minutes < MINUTES_LEAST) {
        preflight_say(l, PREFLIGHT_WARNING, "$%.2f last %.0f minutes with %d worker%s", v->balance,
            minutes, v->workers_max, v->workers_max == 1 ? "" : "s");
        preflight_fix(l, "add credit, or lower max workers");
    }
}

static void balance_limit(struct preflight_look *l)
{
    const struct preflight_evidence *v = l->v;
    double worker = preflight_price(v), left = v->spend_limit - v->spend_hour;
    if (!(v->spend_limit > 0) || isnan(v->spend_hour))
        return;
    if (left <= 0) {
        preflight_say(l, PREFLIGHT_BLOCKER,
            "the account spends $%.2f/h, its limit is $%.2f/h: no worker will start", v->spend_hour,
            v->spend_limit);
        preflight_fix(l, "raise the spend limit at RunPod, or stop something");
    } else if (worker > left) {
        preflight_say(l, PREFLIGHT_WARNING,
            "a worker costs $%.2f/h, the spend limit leaves $%.2f/h", worker, left);
        preflight_fix(l, "raise the spend limit at RunPod, or take a cheaper pool");
    }
}

static void balance_price(struct preflight_look *l)
{
    if (isnan(l->out->price_max))
        preflight_say(l, PREFLIGHT_WARNING, "what a worker costs could not be seen");
}

static void balance_fine(struct preflight_look *l)
{
    const struct preflight *out = l->out;
    char tokens[64] = "";
    if (!isnan(out->price_thousand_tokens))
        (void)snprintf(
            tokens, sizeof tokens, ", about $%.5f for 1000 tokens", out->price_thousand_tokens);
    preflight_say(l, PREFLIGHT_OK,
        "$%.2f; about $%.2f/h with %d workers, $%.2f/h with %d (catalog prices)%s", l->v->balance,
        out->price_min, l->v->workers_min, out->price_max, l->v->workers_max, tokens);
}

/* ---- name ---------------------------------------------------------------------------------------- */

/* RunPod may put " -fb" behind a name (spec/runpod.md §4.7): that counts as the same. */
static bool is_named(struct text other, const char *name)
{
    static const char mark[] = " -fb";
    size_t n = strlen(name), m = sizeof mark - 1;
    if (other.len < n || memcmp(other.s, name, n) != 0)
        return false;
    return other.len == n || (other.len == n + m && memcmp(other.s + n, mark, m) == 0);
}

static void name_length(struct preflight_look *l)
{
    if (strlen(l->v->name ? l->v->name : "") < NAME_LEAST)
        preflight_say(
            l, PREFLIGHT_BLOCKER, "the endpoint's name needs at least %d characters", NAME_LEAST);
}

static void name_free(struct preflight_look *l)
{
    const struct preflight_evidence *v = l->v;
    if (!v->names_seen)
        preflight_say(l, PREFLIGHT_WARNING, "the names of other endpoints could not be seen");
    for (size_t i = 0; v->names_seen && v->name && i < v->name_count; i++)
        if (is_named(v->names[i], v->name)) {
            preflight_say(l, PREFLIGHT_BLOCKER, "an endpoint named %s exists already", v->name);
            preflight_fix(l, "choose another name, or delete that endpoint first");
            return;
        }
}

static void name_fine(struct preflight_look *l)
{
    preflight_say(l, PREFLIGHT_OK, "%s is free", l->v->name);
}

const struct preflight_topic preflight_account[] = {
    {"quota", {quota_workers, quota_room, quota_unseen}, quota_fine},
    {"balance", {balance_there, balance_limit, balance_price}, balance_fine},
    {"name", {name_length, name_free}, name_fine},
    {NULL, {NULL}, NULL},
};
