/* A judgement holds until something newer says otherwise: triage itself, or a look at the health that finds
 * nothing waiting. Where it is only old, alerts leave it standing, and states do not repeat it. Its times are
 * those of whoever gathered the evidence, whose clock may be ahead of ours: spans are taken within them. */
#include "ui/why.h"

#include <stdio.h>
#include <string.h>

enum { SLACK_MS = 1000 /* clocks are read one after the other */ };

int64_t why_age(const struct store *s, const struct triage *t)
{
    int64_t age = store_wall_ms(s) - t->observed_ms;
    return age > 0 ? age : 0;
}

/* A look at the health that came after it, and finds no request there any more. When its time is yet to come,
 * nobody can tell which was first: then what waits no more counts. */
static bool is_overtaken(const struct store *s, const struct triage *t)
{
    const struct endpoint_row *e = store_endpoint_by_id(s, t->endpoint_id);
    int64_t observed = store_mono_ms(s) - why_age(s, t);
    if (!e)
        return true;
    if (t->waiting <= 0 || !e->health || e->health->in_queue > 0)
        return false;
    return t->observed_ms > store_wall_ms(s) || e->health->seen_ms > observed + SLACK_MS;
}

const struct triage *why_standing(const struct store *s, const char *endpoint_id)
{
    const struct triage *t = store_triage(s, endpoint_id);
    return t && !is_overtaken(s, t) ? t : NULL;
}

const struct triage *why_now(const struct store *s, const char *endpoint_id)
{
    const struct triage *t = why_standing(s, endpoint_id);
    return t && why_age(s, t) < WHY_OLD_MS ? t : NULL;
}

/* 0 = not at all. */
static int need(const struct store *s, const struct endpoint_row *e)
{
    const struct triage *t = why_standing(s, e->settings->id);
    if (t)
        return t->verdict == TRIAGE_HEALTHY ? 0 : 1 + (int)t->verdict;
    return e->health && e->health->in_queue > 0;
}

const struct endpoint_row *why_worst(const struct store *s)
{
    const struct endpoint_row *worst = NULL;
    for (size_t i = 0; i < store_endpoints(s); i++) {
        const struct endpoint_row *e = store_endpoint(s, i);
        if (need(s, e) > (worst ? need(s, worst) : 0))
            worst = e;
    }
    return worst;
}

bool why_is_trouble(const struct triage *t)
{
    return t && (t->verdict == TRIAGE_STUCK || t->verdict == TRIAGE_UNKNOWN);
}

int64_t why_since(const struct store *s, const struct triage *t)
{
    int64_t before = t->observed_ms > t->since_ms ? t->observed_ms - t->since_ms : 0;
    return t->since_ms < 0 ? -1 : before + why_age(s, t);
}

int64_t why_oldest(const struct store *s, const struct triage *t)
{
    return t->oldest_ms < 0 ? -1 : t->oldest_ms + why_age(s, t);
}

/* ---- words ----------------------------------------------------------------------------------------- */

static const struct {
    struct text sign;
    enum role role;
    const char *word;
} verdicts[TRIAGE_VERDICTS] = {
    [TRIAGE_HEALTHY] = {{"✓", 3}, ROLE_OK, "healthy"},
    [TRIAGE_WAITING] = {{"⟳", 3}, ROLE_ACTIVE, "waiting"},
    [TRIAGE_UNKNOWN] = {{"?", 1}, ROLE_WARNING, "unknown"},
    [TRIAGE_STUCK] = {{"!", 1}, ROLE_BAD, "STUCK"},
};

struct text why_sign(enum triage_verdict verdict, enum role *role)
{
    *role = verdicts[verdict].role;
    return verdicts[verdict].sign;
}

const char *why_word(enum triage_verdict verdict)
{
    return verdicts[verdict].word;
}

const char *why_state(char out[SAY_MAX], const struct store *s, const struct triage *t)
{
    char age[SAY_MAX];
    int64_t since = why_since(s, t);
    snprintf(out, SAY_MAX, "%s%s%.12s", why_word(t->verdict), since >= 0 ? " " : "",
        since >= 0 ? say_age_short(age, since) : "");
    return out;
}

struct text why_brief(const struct triage *t)
{
    if (t->verdict == TRIAGE_HEALTHY)
        return TEXT("");
    if (t->count > 0 && t->diagnoses[0].brief.len > 0)
        return t->diagnoses[0].brief;
    return t->sentence;
}

/* ---- remedies -------------------------------------------------------------------------------------- */

size_t why_remedies(const struct triage *t)
{
    size_t count = 0;
    for (size_t i = 0; i < t->count; i++)
        count += t->diagnoses[i].remedy_count;
    return count;
}

const struct triage_remedy *why_remedy(const struct triage *t, size_t number)
{
    for (size_t i = 0; number > 0 && i < t->count; i++) {
        const struct triage_diagnosis *d = &t->diagnoses[i];
        if (number <= d->remedy_count)
            return &d->remedies[number - 1];
        number -= d->remedy_count;
    }
    return NULL;
}

bool why_can_apply(const struct triage_remedy *r)
{
    return r->can_be_applied && (r->asked || why_cancels(r));
}

bool why_is_waiting(const struct triage_remedy *r)
{
    return strcmp(r->id, "wait") == 0;
}

const char *why_cancels(const struct triage_remedy *r)
{
    static const char before[] = "/cancel/";
    const char *at = !r->asked && r->call_count > 0 ? strstr(r->calls[0].path.s, before) : NULL;
    return at ? at + strlen(before) : NULL;
}
