/* triage_fixture: judgements of the endpoint x2x4legal as tests of screens send them: the stuck one of
 * screens.md, and what a test makes of it. The records are static, the JSON is the test's to free. */
#ifndef SLIPWAY_TESTS_SCREENS_TRIAGE_FIXTURE_H
#define SLIPWAY_TESTS_SCREENS_TRIAGE_FIXTURE_H

#include "fixture.h"

#include "model/triage.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static inline struct json *triage_fixture_json(const char *text)
{
    struct err e;
    struct json *j = json_parse(text, strlen(text), &e);
    assert_non_null(j);
    return j;
}

static inline struct triage_line triage_fixture_line(const struct fixture *f, const char *source,
    const char *worker, int64_t ago_ms, const char *text)
{
    struct triage_line l = {.source = source,
        .at_ms = ago_ms < 0 ? -1 : store_wall_ms(f->store) - ago_ms,
        .text = {text, strlen(text)}};
    snprintf(l.worker, sizeof l.worker, "%s", worker);
    return l;
}

static inline struct triage_remedy triage_fixture_remedy(
    const char *id, const char *text, const char *means, int risk, double delta, const char *asked)
{
    return (struct triage_remedy){.id = id,
        .text = {text, strlen(text)},
        .means = {means, strlen(means)},
        .risk = risk,
        .cost_per_hour_delta = delta,
        .can_be_applied = asked != NULL,
        .asked = asked ? triage_fixture_json(asked) : NULL};
}

/* The model does not fit: certain, four remedies; below it a second possibility. */
static inline struct triage triage_fixture_stuck(const struct fixture *f)
{
    struct triage t = {.endpoint_id = "x2x4legal",
        .name = TEXT("legal"),
        .observed_ms = store_wall_ms(f->store) - 3000,
        .verdict = TRIAGE_STUCK,
        .sentence = TEXT("3 workers crash on start"),
        .since_ms = store_wall_ms(f->store) - 860000,
        .waiting = 17,
        .in_progress = 0,
        .oldest_ms = 857000,
        .cost_hour = 2.04,
        .count = 2};
    struct triage_diagnosis *d = &t.diagnoses[0];
    *d = (struct triage_diagnosis){.id = "does-not-fit-gpu",
        .row = 17,
        .certainty = TRIAGE_CERTAIN,
        .summary = TEXT("The model does not fit the GPU at this context length"),
        .brief = TEXT("does not fit the GPU"),
        .evidence_count = 2,
        .remedy_count = 5};
    d->evidence[0] = triage_fixture_line(f, "log", "8g3n5t6r", 267000,
        "(EngineCore pid=84) ERROR 11-23 13:58:04 [core.py:1100] ValueError: To serve at least one request with the model's max seq len (8192), 4.00 GiB KV "
        "cache is needed, which is larger than the available KV cache memory (2.11 GiB)");
    d->evidence[1] = triage_fixture_line(f, "workers", "", -1,
        "3 starts in 6 min, none stayed up · needs ≈ 26.1 GB, the GPU has 24 GB");
    d->remedies[0] = triage_fixture_remedy("set-env", "Lower MAX_MODEL_LEN 8192 → 4096",
        "rolls 3 workers", 2, 0, "{\"endpoint\":\"x2x4legal\",\"context\":4096}");
    d->remedies[1] = triage_fixture_remedy("set-pools", "Move to ADA_48_PRO (48 GB)",
        "new hosts, cold start", 2, 0.79, "{\"endpoint\":\"x2x4legal\",\"pool\":\"ADA_48_PRO\"}");
    d->remedies[2] = triage_fixture_remedy("scale", "Stop paying: max workers 3 → 0",
        "17 requests stay queued", 2, -2.04, "{\"endpoint\":\"x2x4legal\",\"max\":0}");
    d->remedies[3] = triage_fixture_remedy("purge", "Purge the 17 queued requests",
        "cannot be undone", 3, 0, "{\"endpoint\":\"x2x4legal\",\"purge\":true}");
    d->remedies[4] = triage_fixture_remedy(
        "by-hand", "Train it with a smaller vocabulary", "", 0, (double)NAN, NULL);
    d = &t.diagnoses[1];
    *d = (struct triage_diagnosis){.id = "no-capacity",
        .row = 3,
        .certainty = TRIAGE_POSSIBLE,
        .summary = TEXT("ADA_24 is scarce in the data centers that are allowed"),
        .brief = TEXT("no GPU to be had"),
        .evidence_count = 1,
        .remedy_count = 1};
    d->evidence[0] = triage_fixture_line(f, "catalog", "", -1, "ADA_24: stock low in US-KS-2");
    d->remedies[0] = triage_fixture_remedy("wait", "Wait: hosts are freed again", "", 0, 0, NULL);
    t.not_read[0].what = "releases";
    t.not_read[0].why = TEXT("RunPod answered 403");
    t.not_read_count = 1;
    return t;
}

static inline void triage_fixture_send(struct fixture *f, const struct triage *t)
{
    char key[MESSAGE_KEY_MAX];
    struct message *m;
    snprintf(key, sizeof key, "triage/%s", t->endpoint_id);
    m = message_new(MESSAGE_STATUS, NEWS_TRIAGE, key, 256 * 1024);
    assert_non_null(m);
    m->payload = arena_dup(m->arena, t, sizeof *t);
    assert_non_null(m->payload);
    store_apply(f->store, m);
    if (f->screen)
        screen_news(f->screen);
}

/* What triage_fixture_stuck made; the store may show it no more. */
static inline void triage_fixture_free(struct triage *t)
{
    for (size_t i = 0; i < t->count; i++)
        for (size_t k = 0; k < t->diagnoses[i].remedy_count; k++)
            json_free(t->diagnoses[i].remedies[k].asked);
}

#endif
