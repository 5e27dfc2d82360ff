/* Why there may be no worker at all: switched off, the quota used up, no money (rows 1, 2, 8). One look is proof. */
#include "model/triage_internal.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct triage_reader reader;
typedef struct triage_find find;
typedef struct triage_diagnosis diagnosis;

enum { WORKERS_USUAL = 3 };

/* ---- switched off ------------------------------------------------------------------------------------ */

/* The release that set it to 0; NULL = not seen. */
static const struct release_change *switched_off(const reader *r, const struct release **when)
{
    const struct endpoint_detail *e = &r->v->detail;
    for (size_t i = 0; r->v->detail_read && i < e->release_count; i++)
        for (size_t k = 0; k < e->releases[i].change_count; k++) {
            const struct release_change *c = &e->releases[i].changes[k];
            bool max = triage_has(c->field, "workersMax") || triage_has(c->field, "workers.max") ||
                       triage_has(c->field, "workers max");
            if (max && strcmp(triage_str(c->after), "0") == 0) {
                *when = &e->releases[i];
                return c;
            }
        }
    return NULL;
}

static bool find_quota(reader *r, find *f)
{
    const struct triage_evidence *v = r->v;
    const struct release *when = NULL;
    f->certainty = TRIAGE_LIKELY; /* the quota was said once, and may have grown */
    return r->waits && v->endpoint.workers_max == 0 && v->quota > 0 &&
           v->workers_elsewhere >= v->quota && !switched_off(r, &when);
}

static void tell_quota(reader *r, find *f, diagnosis *d)
{
    (void)f;
    triage_sum(r, d,
        "The account's quota of %d workers is taken up by other endpoints, so this one may have none.",
        r->v->quota);
    triage_line(r, d, "account", NULL, -1,
        "quota %d workers; max workers of the other endpoints: %d", r->v->quota,
        r->v->workers_elsewhere);
    triage_line(r, d, "settings", NULL, -1, "max workers is 0");
    triage_line_queue(r, d);
}

static const struct triage_other *idle_other(const reader *r)
{
    const struct triage_other *best = NULL;
    for (size_t i = 0; i < r->v->other_count && i < TRIAGE_OTHERS_MAX; i++) {
        const struct triage_other *o = &r->v->others[i];
        if (o->idle && o->workers_max > 1 && (!best || o->workers_max > best->workers_max))
            best = o;
    }
    return best;
}

static void mend_quota(reader *r, find *f, diagnosis *d)
{
    const struct triage_other *o = idle_other(r);
    (void)f;
    if (o) {
        int to = o->workers_max > WORKERS_USUAL ? o->workers_max - WORKERS_USUAL : 1;
        struct triage_remedy *m = triage_remedy(r, d, "scale",
            "Lower max workers of the idle endpoint %.60s from %d to %d",
            o->name.len ? o->name.s : o->id, o->workers_max, to);
        struct json *asked = triage_asks(r, m);
        r->failed |= json_set(asked, "endpoint", json_new_string(o->id)) != 0;
        triage_put(r, asked, "max", json_new_int(to));
        triage_call(r, m, "PATCH", "/v2/serverless/%s", o->id);
        struct json *body = m->calls[0].body = json_new_object();
        struct json *w = triage_object(r, body, "workers");
        triage_put(r, w, "max", json_new_int(to));
        triage_means(r, m, "then raise max workers here");
    } else {
        triage_by_hand(
            r, d, "Lower max workers of an endpoint that is idle: slipway scale OTHER --max N");
    }
    triage_by_hand(r, d, "Ask RunPod for a larger quota (it grows with the money on the account)");
}

static bool find_zero(reader *r, find *f)
{
    f->certainty = TRIAGE_CERTAIN;
    f->since_ms = r->v->max_zero_since_ms;
    return r->waits && r->v->endpoint.workers_max == 0;
}

static void tell_zero(reader *r, find *f, diagnosis *d)
{
    const struct release *when = NULL;
    const struct release_change *c = switched_off(r, &when);
    f->sentence = TEXT("max workers is 0");
    triage_sum(r, d, "Max workers is 0, so no worker may start.");
    triage_line(r, d, "settings", NULL, r->v->max_zero_since_ms, "max workers is 0");
    if (c)
        triage_line(r, d, "releases", NULL, when->created_ms,
            "release v%d set max workers from %.20s to 0", when->version, triage_str(c->before));
    triage_line_queue(r, d);
    if (r->crashing > 0)
        triage_line(r, d, "log", NULL, -1,
            "its workers crashed before: mend that first, or it will be switched off again");
}

static void mend_zero(reader *r, find *f, diagnosis *d)
{
    const struct release *when = NULL;
    const struct release_change *c = switched_off(r, &when);
    long before = c ? strtol(triage_str(c->before), NULL, 10) : 0;
    int to = before > 0 && before <= 1000 ? (int)before : WORKERS_USUAL;
    int room = r->v->quota > 0 && r->v->workers_elsewhere >= 0
                   ? r->v->quota - r->v->workers_elsewhere
                   : to;
    (void)f;
    to = room < to ? room : to;
    if (to > 0)
        triage_scale(r, d, 0, to);
    else
        triage_by_hand(r, d, "Raise max workers here when the quota has room again");
}

/* ---- money ----------------------------------------------------------------------------------------------- */

static bool over_limit(const struct account *a)
{
    return a->spend_limit > 0 && a->spend_hour >= a->spend_limit;
}

static bool find_funds(reader *r, find *f)
{
    const struct account *a = &r->v->account;
    f->certainty = TRIAGE_CERTAIN;
    bool placed = r->starting > r->unplaced; /* money is not what that one waits for */
    return r->waits && r->up == 0 && !placed && !r->serves_now && r->running <= 0 &&
           (a->balance <= 0 || over_limit(a));
}

static void tell_funds(reader *r, find *f, diagnosis *d)
{
    const struct account *a = &r->v->account;
    bool empty = a->balance <= 0;
    f->sentence = empty ? TEXT("the account has no money") : TEXT("the spend limit is reached");
    if (empty)
        triage_sum(r, d, "The account's balance is %s$%.2f: no worker starts.",
            a->balance < 0 ? "-" : "", fabs(a->balance));
    else
        triage_sum(r, d, "The account spends $%.2f/h, its limit is $%.2f/h: no more workers start.",
            a->spend_hour, a->spend_limit);
    triage_line(r, d, "account", NULL, -1, "balance %s$%.2f%s", a->balance < 0 ? "-" : "",
        fabs(a->balance), empty ? "" : ", but the spend limit is reached");
    triage_line_workers(r, d);
    triage_line_queue(r, d);
}

static void mend_funds(reader *r, find *f, diagnosis *d)
{
    (void)f;
    if (r->v->account.balance <= 0)
        triage_by_hand(r, d, "Top up the account (console, Billing)");
    else
        triage_by_hand(
            r, d, "Stop what else spends (slipway endpoints), or have the limit raised by RunPod");
}

const struct triage_rule triage_rules_first[] = {
    {"worker-quota", 8, TRIAGE_PROOF, 0, "the worker quota is used up", find_quota, tell_quota,
        mend_quota},
    {"workers-max-zero", 1, TRIAGE_PROOF, 0, "max workers is 0", find_zero, tell_zero, mend_zero},
    {"account-no-funds", 2, TRIAGE_PROOF, TRIAGE_NEEDS_ACCOUNT, "no money on the account",
        find_funds, tell_funds, mend_funds},
    {.id = NULL},
};
