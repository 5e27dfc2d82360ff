/* A table says for each kind of news which part takes it; the parts have files of their own
 * (store_internal.h). Here are those that are a single record. */
#include "model/store_internal.h"

#include "model/record_internal.h"

#include <stdlib.h>

struct store *store_new(struct clock *clock)
{
    struct store *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    if (store_log_init(&s->log)) {
        free(s);
        return NULL;
    }
    s->clock = clock;
    for (unsigned i = 0; i < SOURCES; i++)
        s->starting[i] = (struct source_state){.source = (enum source)i,
            .health = SOURCE_STARTING,
            .seen_ms = -1,
            .retry_ms = -1,
            .who = TEXT("")};
    return s;
}

void store_free(struct store *s)
{
    if (!s)
        return;
    for (unsigned i = 0; i < SOURCES; i++)
        message_free(s->sources[i]);
    message_free(s->account);
    message_free(s->repos);
    message_free(s->outcome);
    store_jobs_release(&s->jobs);
    store_models_release(&s->models);
    store_endpoints_release(&s->endpoints);
    store_details_release(&s->details);
    store_triages_release(&s->triages);
    store_requests_release(&s->requests);
    timeline_release(&s->operations);
    store_log_release(&s->log);
    free(s);
}

static enum applied take_source(struct store *s, struct message *m)
{
    const struct source_state *state = m->payload;
    if ((unsigned)state->source >= SOURCES)
        return APPLIED_DONE;
    if (record_same(&record_source, store_source(s, state->source), state))
        return APPLIED_DONE;
    store_swap(&s->sources[state->source], m);
    store_touch(s, STORE_SOURCES);
    return APPLIED_KEPT;
}

static enum applied take_account(struct store *s, struct message *m)
{
    const struct account *account = m->payload;
    struct account *old = s->account ? s->account->payload : NULL;
    if (old && record_same(&record_account, old, account)) {
        old->seen_ms = account->seen_ms;
        return APPLIED_DONE;
    }
    store_swap(&s->account, m);
    store_touch(s, STORE_ACCOUNT);
    return APPLIED_KEPT;
}

static enum applied take_repos(struct store *s, struct message *m)
{
    const struct repo_page *page = m->payload, *old = store_repos(s);
    if (old && records_same(&record_repo, old->repos, old->count, page->repos, page->count))
        return APPLIED_DONE;
    store_swap(&s->repos, m);
    store_touch(s, STORE_REPOS);
    return APPLIED_KEPT;
}

/* Two that say the same are still two. */
static enum applied take_outcome(struct store *s, struct message *m)
{
    store_swap(&s->outcome, m);
    store_touch(s, STORE_OUTCOME);
    return APPLIED_KEPT;
}

void store_apply(struct store *s, struct message *take)
{
    static enum applied (*const takers[NEWS_KINDS])(struct store *, struct message *) = {
        [NEWS_SOURCE] = take_source,
        [NEWS_ENDPOINTS] = store_take_endpoints,
        [NEWS_HEALTH] = store_take_health,
        [NEWS_WORKERS] = store_take_workers,
        [NEWS_GPUS] = store_take_gpus,
        [NEWS_ACCOUNT] = take_account,
        [NEWS_REPOS] = take_repos,
        [NEWS_JOBS] = store_take_jobs,
        [NEWS_MODELS] = store_take_models,
        [NEWS_OPERATION] = store_take_operation,
        [NEWS_REQUEST] = store_take_request,
        [NEWS_REQUESTS] = store_take_requests,
        [NEWS_DETAIL] = store_take_detail,
        [NEWS_TRIAGE] = store_take_triage,
        [NEWS_LOG] = store_take_log,
        [NEWS_OUTCOME] = take_outcome,
    };
    enum applied applied = APPLIED_DONE;
    if (take && take->payload && take->type >= 0 && take->type < NEWS_KINDS)
        applied = takers[take->type](s, take);
    s->lost += applied == APPLIED_LOST;
    if (applied != APPLIED_KEPT)
        message_free(take);
}

uint64_t store_lost(const struct store *s)
{
    return s->lost;
}

uint64_t store_version(const struct store *s, enum store_part part)
{
    return (unsigned)part < STORE_PARTS ? s->version[part] : 0;
}

int64_t store_wall_ms(const struct store *s)
{
    return clock_wall_ms(s->clock);
}

int64_t store_mono_ms(const struct store *s)
{
    return clock_mono_ms(s->clock);
}

const struct source_state *store_source(const struct store *s, enum source source)
{
    unsigned i = (unsigned)source < SOURCES ? (unsigned)source : 0;
    return s->sources[i] ? s->sources[i]->payload : &s->starting[i];
}

static const void *payload_of(const struct message *m)
{
    return m ? m->payload : NULL;
}

const struct account *store_account(const struct store *s)
{
    return payload_of(s->account);
}

const struct gpu_page *store_gpus(const struct store *s)
{
    return payload_of(s->endpoints.gpus);
}

const struct repo_page *store_repos(const struct store *s)
{
    return payload_of(s->repos);
}

const struct outcome *store_outcome(const struct store *s)
{
    return payload_of(s->outcome);
}
