/* What a row of the endpoints pane says of an endpoint: what triage found where it looked, else what was seen. */
#include "ui/opened.h"
#include "ui/pane_endpoints.h"
#include "ui/say.h"
#include "ui/why.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { UNSERVED_MS = 60 * 1000, POOLS_OFFERED = 3 };

bool pane_endpoint_is_ill(const struct store *s, const struct endpoint_row *e)
{
    const struct triage *t = why_now(s, e->settings->id);
    if (t)
        return why_is_trouble(t);
    return e->condition == ENDPOINT_WAITING ||
           (e->condition == ENDPOINT_OFF && e->health && e->health->in_queue > 0);
}

/* ---- cells of an endpoint -------------------------------------------------------------------------- */

struct tally {
    int64_t count[WORKER_STATUSES];
};

/* The worker list says more than the health's counters; without either nothing is known. */
static bool tally_of(const struct endpoint_row *e, struct tally *t)
{
    *t = (struct tally){{0}};
    if (e->workers) {
        for (size_t i = 0; i < e->workers->count; i++)
            t->count[e->workers->workers[i].status]++;
    } else if (e->health) {
        t->count[WORKER_RUNNING] = e->health->running;
        t->count[WORKER_IDLE] = e->health->idle;
        t->count[WORKER_INITIALIZING] = e->health->initializing;
        t->count[WORKER_THROTTLED] = e->health->throttled;
        t->count[WORKER_UNHEALTHY] = e->health->unhealthy;
    }
    return e->workers || e->health;
}

static void workers_cell(const struct endpoint_row *e, struct table_cell *out)
{
    static const struct {
        enum worker_status status;
        const char *word;
        enum role role;
    } words[] = {
        {WORKER_UNHEALTHY, "unhealthy", ROLE_BAD},
        {WORKER_RUNNING, "run", ROLE_NORMAL},
        {WORKER_IDLE, "idle", ROLE_NORMAL},
        {WORKER_INITIALIZING, "starting", ROLE_ACTIVE},
        {WORKER_THROTTLED, "throttled", ROLE_WARNING},
        {WORKER_OTHER, "other", ROLE_FAINT},
    };
    struct tally t;
    char line[TABLE_CELL_MAX / 2] = "";
    enum role role = ROLE_FAINT;
    size_t used = 0;
    if (!tally_of(e, &t)) {
        cell_unknown(out);
        return;
    }
    out->number = 0;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        int64_t n = t.count[words[i].status];
        if (n <= 0 || used >= sizeof line - 1)
            continue;
        role = used == 0 ? words[i].role : role;
        out->number += (double)n;
        used += (size_t)snprintf(line + used, sizeof line - used, "%s%lld %s", used > 0 ? " " : "",
            (long long)n, words[i].word);
    }
    table_cell_printf(out, "%s", used > 0 ? line : "0");
    out->role = role;
}

/* "STUCK 14m", "waiting 2m" */
static void verdict_cell(const struct store *s, const struct triage *t, struct table_cell *out)
{
    char words[SAY_MAX];
    enum role role;
    why_sign(t->verdict, &role);
    table_cell_printf(out, "%s", why_state(words, s, t));
    out->role = role;
}

static void state_cell(const struct store *s, const struct endpoint_row *e, struct table_cell *out)
{
    static const enum role roles[] = {
        [ENDPOINT_UNKNOWN] = ROLE_FAINT,
        [ENDPOINT_OK] = ROLE_OK,
        [ENDPOINT_ASLEEP] = ROLE_FAINT,
        [ENDPOINT_STARTING] = ROLE_ACTIVE,
        [ENDPOINT_WAITING] = ROLE_BAD,
        [ENDPOINT_OFF] = ROLE_WARNING,
    };
    const struct triage *t = why_now(s, e->settings->id);
    char words[SAY_MAX];
    const char *word = endpoint_condition_name(e->condition);
    int64_t waited = e->waiting_since_ms >= 0 ? store_mono_ms(s) - e->waiting_since_ms : -1;
    if (t && t->verdict != TRIAGE_HEALTHY) {
        verdict_cell(s, t, out);
        return;
    }
    if (t && e->condition != ENDPOINT_OFF && e->condition != ENDPOINT_UNKNOWN) {
        cell_word(out, e->condition == ENDPOINT_WAITING ? "ok" : word, roles[e->condition]);
        if (e->condition == ENDPOINT_WAITING) /* nothing waits longer than it usually does */
            out->role = ROLE_OK;
        return;
    }
    out->role = pane_endpoint_is_ill(s, e) ? ROLE_BAD : roles[e->condition];
    if (e->condition == ENDPOINT_OK && waited >= UNSERVED_MS) {
        table_cell_printf(out, "unserved %s", say_age_short(words, waited));
        out->role = ROLE_WARNING;
    } else if (waited >= 0 && e->condition != ENDPOINT_OK && e->condition != ENDPOINT_OFF) {
        table_cell_printf(out, "%s %s", word, say_age_short(words, waited));
    } else {
        cell_word(out, word, out->role);
    }
}

/* From sending to the answer, of our own requests. */
static void p95_cell(const struct store *s, const struct endpoint_row *e, struct table_cell *out)
{
    char words[SAY_MAX];
    int64_t p95 = store_endpoint_times(s, e->settings->id).answer_p95;
    cell_number(out, p95 < 0 ? (double)NAN : (double)p95, say_span(words, p95));
}

void pane_endpoint_cell(
    const struct store *s, const struct endpoint_row *e, size_t column, struct table_cell *out)
{
    char words[SAY_MAX];
    double queue = e->health ? (double)e->health->in_queue : (double)NAN;
    switch (column) {
    case COLUMN_NAME:
        cell_text(out, e->settings->name, ROLE_NORMAL);
        return;
    case COLUMN_WORKERS:
        workers_cell(e, out);
        return;
    case COLUMN_QUEUE:
        cell_number(out, queue, say_count(words, e->health ? e->health->in_queue : 0));
        return;
    case COLUMN_P95:
        p95_cell(s, e, out);
        return;
    case COLUMN_REQUEST:
        cell_number(out, e->cost_request, say_amount(words, e->cost_request));
        return;
    case COLUMN_HOUR:
        cell_number(out, e->cost_hour, say_amount(words, e->cost_hour));
        return;
    default:
        state_cell(s, e, out);
        return;
    }
}

/* ---- what it is filtered by ------------------------------------------------------------------------- */

/* The GPUs that its workers have, each once. */
static size_t gpu_fields(
    const struct worker_page *page, struct filter_field out[PANE_FIELDS_MAX], size_t count)
{
    size_t first = count;
    for (size_t i = 0; page && i < page->count && count < PANE_FIELDS_MAX; i++) {
        bool known = page->workers[i].gpu.len == 0;
        for (size_t k = first; k < count && !known; k++)
            known = opened_same(out[k].value, page->workers[i].gpu);
        if (!known)
            out[count++] = (struct filter_field){"gpu", page->workers[i].gpu};
    }
    return count;
}

/* Also in a filter it is called what the row says: "stuck". */
static const char *state_word(const struct store *s, const struct endpoint_row *e)
{
    const struct triage *t = why_now(s, e->settings->id);
    return t && t->verdict != TRIAGE_HEALTHY ? triage_verdict_name(t->verdict)
                                             : endpoint_condition_name(e->condition);
}

size_t pane_endpoint_fields(
    const struct store *s, const struct endpoint_row *e, struct filter_field out[PANE_FIELDS_MAX])
{
    const char *state = state_word(s, e);
    const struct filter_field all[] = {{"name", e->settings->name}, {"model", e->settings->model},
        {"served", e->settings->served}, {"image", e->settings->image},
        {"state", {state, strlen(state)}}, {"id", {e->settings->id, strlen(e->settings->id)}}};
    size_t count = sizeof all / sizeof *all;
    memcpy(out, all, sizeof all);
    for (size_t i = 0; i < e->settings->pool_count && i < POOLS_OFFERED; i++)
        out[count++] = (struct filter_field){"pool", e->settings->pools[i]};
    return gpu_fields(e->workers, out, count);
}
