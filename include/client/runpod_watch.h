/* runpod_watch: RunPod's client thread. Polls politely, by what the service announces it can bear
 * (cadence, rate_budget): the endpoint list, health and workers of each endpoint (those with requests
 * waiting or with a person looking at them oftener), the account, the catalog (rarely); follows the
 * logs of workers that are up, those of endpoints in trouble first, at most RUNPOD_WATCH_LOGS at a
 * time; workers that vanished are remembered, and read once more when a person looks at an endpoint that
 * has none; reads all of the endpoint that a person looks at. Sends NEWS_SOURCE, NEWS_ENDPOINTS, NEWS_HEALTH, NEWS_WORKERS, NEWS_GPUS, NEWS_ACCOUNT,
 * NEWS_DETAIL and NEWS_LOG. Without a key: SOURCE_OFF with how to give one, and no request at all.
 *
 * Nothing is sent when nothing changed but the age: an unchanged answer is told by NEWS_SOURCE alone
 * (seen_ms), so an idle dashboard has nothing to draw but ages. */
#ifndef SLIPWAY_CLIENT_RUNPOD_WATCH_H
#define SLIPWAY_CLIENT_RUNPOD_WATCH_H

#include "client/runpod.h"
#include "core/cancel.h"
#include "core/inbox.h"
#include "model/log_line.h"

enum { RUNPOD_WATCH_LOGS = 16, RUNPOD_WATCH_VISIBLE = 64 };

struct runpod_watch;

typedef void runpod_watch_worker_fn(void *to, const char *endpoint_id, const char *worker_id);

struct runpod_watch_options {
    bool logs;         /* follow worker logs */
    int64_t health_ms; /* between two looks at an endpoint's health; 0 = 5000, never less in effect
                            than the rate budget allows */
    int64_t endpoints_ms; /* the list; 0 = 30000 */
    /* What outlasts this run; each may be NULL. Both are called on the watch's thread: `heard` with every
     * page of lines before it is sent, `recall` once, to say of which workers lines were heard before,
     * the newest last. */
    void *memory;
    void (*heard)(void *memory, const struct log_page *page);
    void (*recall)(void *memory, runpod_watch_worker_fn *each, void *to);
};

/* Starts the thread. All are borrowed until runpod_watch_free. */
struct runpod_watch *runpod_watch_new(struct runpod *r, const struct runpod_watch_options *options,
    struct inbox *inbox, struct clock *clock, struct cancel *parent, struct err *e);
void runpod_watch_free(struct runpod_watch *w); /* fires, joins within a second; NULL is fine */

/* From main; never block. */
void runpod_watch_hurry(struct runpod_watch *w); /* everything fresh, as soon as is polite */
/* An endpoint was made or taken away: only the list, so that the quota is left for the new one. */
void runpod_watch_hurry_list(struct runpod_watch *w);
/* A person looks at this endpoint: its health, workers and logs oftener, its detail at once and every
 * minute, its releases every 5 s while a rollout goes on ("" = none). */
void runpod_watch_focus(struct runpod_watch *w, const char *endpoint_id);
/* A person has these before his eyes, at most RUNPOD_WATCH_VISIBLE: when not all can be asked for, they come
 * before others. */
void runpod_watch_visible(struct runpod_watch *w, const char *const *endpoint_ids, size_t count);

#endif
