/* runpod_change: what an endpoint is set to, as it stands on the service, and the one sparse PATCH that makes
 * it what is wanted (spec/runpod.md §4.4). Its traps are met here and nowhere else:
 *   - `env` replaces the whole map: it is read first, and sent whole, with what was changed in it;
 *   - `gpu.pools` without `excludedTypes` clears the exclusions: they go along;
 *   - `workers` and `scaling` go whole; idleTimeout is left out for QUEUE + REQUEST_COUNT;
 *   - nothing that is not to change is sent.
 * The raw values of the environment are held here and go only to the service: what is shown is masked.
 *
 * Thread: any that may sleep; a struct runpod_settings is one thread's at a time. */
#ifndef SLIPWAY_CLIENT_RUNPOD_CHANGE_H
#define SLIPWAY_CLIENT_RUNPOD_CHANGE_H

#include "base/arena.h"
#include "base/json.h"
#include "client/runpod_control.h"
#include "model/endpoint_detail.h"

enum { CHANGE_ENV_MAX = 64, CHANGE_LINES_MAX = 80 };

/* What is wanted; what is not set stays. Texts are borrowed. */
struct endpoint_change {
    int workers_min, workers_max, idle_s; /* -1 = stays */
    int gpu_count, disk_gb;               /* -1 = stays */
    int64_t timeout_ms;                   /* -1 = stays */
    const char *image;                    /* NULL = stays */
    const char *pools[ENDPOINT_POOLS_MAX];
    size_t pool_count;    /* 0 = stay */
    const char *min_cuda; /* NULL = stays; "" = none any more */
    struct endpoint_env set[CHANGE_ENV_MAX];
    size_t set_count;
    const char *unset[CHANGE_ENV_MAX];
    size_t unset_count;
};
void endpoint_change_init(struct endpoint_change *c); /* everything stays */

/* What is there: the answer of GET, whole. */
struct runpod_settings;
/* ERR_REMOTE 404 when the endpoint is gone. */
struct runpod_settings *runpod_settings_read(
    struct runpod *r, const char *endpoint_id, struct cancel *c, struct err *e);
void runpod_settings_free(struct runpod_settings *s); /* wipes it; NULL is fine */
/* The record as the lists have it; borrowed. */
const struct endpoint *runpod_settings_endpoint(const struct runpod_settings *s);
/* A value of the environment as it is, NULL = not set; borrowed, and not to be shown. */
const char *runpod_settings_env(const struct runpod_settings *s, const char *name);

/* One line of a diff: "workers max  3 → 0", "env MAX_MODEL_LEN  8192 → 4096"; values that may be secrets
 * are "•••". */
struct change_line {
    struct text what, before, after;
};
struct change_diff {
    struct change_line lines[CHANGE_LINES_MAX];
    size_t count;
    bool rolls; /* a new release: workers are replaced, one after the other (§4.4) */
};
/* What the change means for these settings; count 0 = nothing. Texts in the arena. ERR_INPUT: it cannot be
 * (min above max, an unknown name to unset, CPU against GPU). */
int runpod_change_diff(const struct runpod_settings *s, const struct endpoint_change *change,
    struct arena *a, struct change_diff *out, struct err *e);
/* The body of the PATCH, for sending, or (masked) for showing. The caller frees it. NULL out of memory or
 * when nothing changes. */
struct json *runpod_change_body(
    const struct runpod_settings *s, const struct endpoint_change *change, bool masked);

/* PATCH; repeated only where that does no harm (it is idempotent). The endpoint as it is afterwards. */
int runpod_change_apply(struct runpod *r, const struct runpod_settings *s,
    const struct endpoint_change *change, struct arena *a, struct endpoint *out, struct cancel *c,
    struct err *e);

/* DELETE; one that is gone already is no failure. */
int runpod_endpoint_delete(
    struct runpod *r, const char *endpoint_id, struct cancel *c, struct err *e);

/* ---- releases ---- */

/* Fills releases, rolling, rolled and rolling_total of the detail; values that may be secrets are masked. */
int runpod_releases(struct runpod *r, const char *endpoint_id, struct arena *a,
    struct endpoint_detail *out, struct cancel *c, struct err *e);
/* The change that undoes every release after `version` (raw values; they are held by `keep`, which the
 * caller frees with json_free after use). ERR_STATE when the releases do not say enough to do so. */
int runpod_release_undo(struct runpod *r, const char *endpoint_id, int version,
    struct endpoint_change *out, struct json **keep, struct cancel *c, struct err *e);

/* ---- everything of one endpoint ---- */

/* Settings, releases and the billed hours. What could not be read besides the settings is said in
 * `not_read`. */
int runpod_endpoint_detail(struct runpod *r, const char *endpoint_id, struct arena *a,
    struct endpoint_detail *out, struct cancel *c, struct err *e);

#endif
