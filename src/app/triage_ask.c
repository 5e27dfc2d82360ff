/* One endpoint that a command asks about: which it is, what is gathered, what came of it. */
#include "app/triage_internal.h"

#include "app/asked.h"
#include "app/endpoint_named.h"
#include "client/state.h"

#include <stdio.h>
#include <string.h>

enum { LIST_ARENA = 64 << 20, SHOWN_MAX = 256, JOB_MS = 3000 };

/* ---- progress ----------------------------------------------------------------------------------------------- */

void asking_hush(struct asking *k)
{
    if (k->shown.len > 0 && call_shows_progress(k->call))
        fputs("\r\033[K", k->call->errors);
    buf_clear(&k->shown);
    fflush(k->call->errors);
}

/* On a terminal all of it, in one place; elsewhere only what takes time. */
void asking_say(void *asking, const char *what)
{
    struct asking *k = asking;
    FILE *errors = k->call->errors;
    bool waits = strncmp(what, "waiting", 7) == 0;
    if (call_shows_progress(k->call)) {
        asking_hush(k);
        (void)buf_str_append(&k->shown, what);
        fprintf(errors, "%s …", what);
    } else if (waits && !k->call->quiet) {
        fprintf(errors, "slipway: %s\n", what);
    }
    fflush(errors);
}

/* ---- asking --------------------------------------------------------------------------------------------------- */

int asking_judge(struct asking *k, struct err *e)
{
    struct arena *a = arena_new(TRIAGE_ARENA);
    struct triage *fresh = a ? arena_alloc(a, sizeof *fresh) : NULL;
    if (!fresh) {
        arena_free(a);
        return err_set(e, ERR_IO, 0, "out of memory");
    }
    if (triage_conclude(k->ev, k->job[0] ? k->job : NULL, a, fresh, e)) {
        arena_free(a);
        return -1;
    }
    if (k->arena)
        triage_release(&k->result);
    arena_free(k->arena);
    k->arena = a;
    k->result = *fresh;
    return 0;
}

void asking_hurry(struct asking *k)
{
    k->until_ms = clock_mono_ms(clock_real()) + TRIAGE_WITHIN_MS;
    runpod_hurry(k->call->engine.runpod, TRIAGE_CALL_MS, k->until_ms);
    hub_hurry(k->call->engine.hub, TRIAGE_CALL_MS, k->until_ms);
}

void asking_take_time(struct asking *k)
{
    runpod_hurry(k->call->engine.runpod, 0, 0);
    hub_hurry(k->call->engine.hub, 0, 0);
}

/* How long may be gathered, so that the request itself can still be asked for. */
static int64_t time_left(const struct asking *k)
{
    int64_t ms = k->until_ms - clock_mono_ms(clock_real()) - (k->job[0] ? JOB_MS : 0);
    return ms < TRIAGE_GATHER_MS ? ms : TRIAGE_GATHER_MS;
}

static int gather(struct asking *k, struct cancel *c, struct err *e)
{
    struct engine *g = &k->call->engine;
    struct state *ledger = engine_state(g, NULL);
    triage_know(k->ev, g, ledger);
    int failed = runpod_evidence_gather(k->ev, time_left(k), c, e);
    if (!failed)
        triage_remember(k->ev, g, ledger, c);
    state_close(ledger);
    if (failed)
        return -1;
    if (k->job[0] && runpod_evidence_read_job(k->ev, k->job, c, e))
        return -1;
    return asking_judge(k, e);
}

int asking_again(struct asking *k, struct cancel *c, struct err *e)
{
    asking_hurry(k);
    return gather(k, c, e);
}

/* The endpoint of a job that the ledger knows by the beginning of its id. */
static int find_job(struct asking *k, struct state *ledger, const char *word, char *endpoint,
    size_t size, struct arena *a, struct err *e)
{
    struct request q;
    bool found = false;
    if (!ledger || state_request_find(ledger, word, a, &q, &found, e))
        return -1;
    if (!found || !q.job_id[0]) {
        err_set(e, ERR_INPUT, 0, "no request that is known here begins with %s", word);
        return err_hint(e, "say the endpoint too: slipway triage ENDPOINT --job ID");
    }
    snprintf(k->job, sizeof k->job, "%s", q.job_id);
    snprintf(endpoint, size, "%s", q.endpoint_id);
    return 0;
}

static int workers_of_others(const struct endpoint_page *page, const char *id)
{
    int64_t sum = 0;
    for (size_t i = 0; i < page->count; i++)
        if (strcmp(page->endpoints[i].id, id) != 0 && page->endpoints[i].workers_max > 0)
            sum += page->endpoints[i].workers_max;
    return sum > INT32_MAX ? INT32_MAX : (int)sum;
}

static int find_endpoint(
    struct asking *k, const char *word, struct arena *a, struct cancel *c, struct err *e)
{
    struct engine *g = &k->call->engine;
    struct endpoint p;
    struct endpoint_page all;
    const struct runpod_evidence_options options = {.runpod = g->runpod,
        .hub = g->hub,
        .clock = g->clock,
        .gpus = triage_gpus,
        .gpus_arg = g,
        .said = asking_say,
        .arg = k};
    if (endpoint_named(g, word, a, &p, &all, c, e))
        return -1;
    if (!(k->ev = runpod_evidence_new(&options, &p)))
        return err_set(e, ERR_IO, 0, "out of memory");
    runpod_evidence_elsewhere(k->ev, workers_of_others(&all, p.id));
    return 0;
}

static int begin(struct asking *k, struct arena *a, struct cancel *c, struct err *e)
{
    struct json *asked = k->call->asked;
    const char *word = asked_text(asked, "endpoint"), *job = asked_text(asked, "job");
    char endpoint[ENDPOINT_ID_MAX];
    struct state *ledger = engine_state(&k->call->engine, job && !word ? e : NULL);
    int failed = 0;
    if (job && word)
        snprintf(k->job, sizeof k->job, "%s", job);
    else if (job)
        failed = find_job(k, ledger, job, endpoint, sizeof endpoint, a, e);
    asking_say(k, "reading the list of endpoints");
    if (!failed)
        failed = find_endpoint(k, word ? word : endpoint, a, c, e);
    state_close(ledger);
    return failed;
}

int asking_begin(struct asking *k, struct cancel *c, struct err *e)
{
    struct arena *a = arena_new(LIST_ARENA);
    asking_hurry(k);
    int failed = a ? begin(k, a, c, e) : err_set(e, ERR_IO, 0, "out of memory");
    arena_free(a);
    return failed ? -1 : gather(k, c, e);
}

void asking_release(struct asking *k)
{
    if (k->arena)
        triage_release(&k->result);
    arena_free(k->arena);
    runpod_evidence_free(k->ev);
    buf_release(&k->shown);
}
