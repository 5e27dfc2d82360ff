/* When an endpoint gets stuck and when that is over: told once, as a message and a line of the log. The ids of
 * those that were told are kept; what became too old to be repeated is not over for that. An endpoint that is
 * gone goes without a word. */
#include "ui/screen_internal.h"
#include "ui/why.h"

#include <stdio.h>
#include <string.h>

enum { BRIEF_BYTES = 160 };

static bool is_stuck(const struct triage *t)
{
    return t && t->verdict == TRIAGE_STUCK;
}

static void tell(struct screen *s, bool bad, struct text sentence)
{
    const struct host *host = s->options.host;
    screen_say(s, sentence, bad ? ROLE_BAD : ROLE_OK);
    if (host->note)
        host->note(host->arg, bad, sentence);
}

/* "legal is stuck: The model does not fit the GPU" */
static void tell_begin(
    struct screen *s, const struct endpoint_row *e, const struct triage *t, struct arena *a)
{
    struct text why = t->count > 0 && t->diagnoses[0].summary.len <= BRIEF_BYTES
                          ? t->diagnoses[0].summary
                          : why_brief(t);
    tell(s, true,
        say_text(a, "%.*s is stuck%s%.*s", SAY_ARGS(e->settings->name), why.len > 0 ? ": " : "",
            SAY_ARGS(why)));
}

static void tell_end(struct screen *s, const struct endpoint_row *e, struct arena *a)
{
    const struct triage *t = why_standing(s->options.store, e->settings->id);
    struct text now = t && t->verdict != TRIAGE_HEALTHY ? t->sentence : TEXT("");
    tell(s, false,
        say_text(a, "%.*s is not stuck any more%s%.*s", SAY_ARGS(e->settings->name),
            now.len > 0 ? ": " : "", SAY_ARGS(now)));
}

static bool was_told(const struct screen *s, const char *id)
{
    for (size_t i = 0; i < s->stuck_count; i++)
        if (strcmp(s->stuck[i], id) == 0)
            return true;
    return false;
}

static void note_ends(struct screen *s, struct arena *a)
{
    const struct store *store = s->options.store;
    size_t kept = 0;
    for (size_t i = 0; i < s->stuck_count; i++) {
        const struct endpoint_row *e = store_endpoint_by_id(store, s->stuck[i]);
        if (e && is_stuck(why_standing(store, s->stuck[i])))
            memmove(s->stuck[kept++], s->stuck[i], sizeof *s->stuck);
        else if (e)
            tell_end(s, e, a);
    }
    s->stuck_count = kept;
}

static void note_begins(struct screen *s, struct arena *a)
{
    const struct store *store = s->options.store;
    for (size_t i = 0; i < store_endpoints(store); i++) {
        const struct endpoint_row *e = store_endpoint(store, i);
        const struct triage *t = why_standing(store, e->settings->id);
        if (!is_stuck(t) || was_told(s, e->settings->id) || s->stuck_count == SCREEN_STUCK_MAX)
            continue;
        snprintf(s->stuck[s->stuck_count++], sizeof *s->stuck, "%s", e->settings->id);
        tell_begin(s, e, t, a);
    }
}

void screen_note_stuck(struct screen *s)
{
    uint64_t version = store_version(s->options.store, STORE_ENDPOINTS);
    struct arena *a = version != s->endpoints_seen ? arena_new(64 * 1024) : NULL;
    if (!a)
        return;
    s->endpoints_seen = version;
    note_ends(s, a);
    note_begins(s, a);
    arena_free(a);
}
