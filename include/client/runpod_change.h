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

enum { CHANGE_ENV_MAX = 64, CHANGE_EXCLUDED_MAX = 16, CHANGE_LINES_MAX = 80 };

/* Whether an address in the value holds a password ("scheme://user:password@host"). */
bool runpod_address_secret(const char *value);

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
    /* What only undoing a release asks for. */
    const char *excluded[CHANGE_EXCLUDED_MAX]; /* GPU types; they go with pools */
    size_t excluded_count;
    bool excluded_set;    /* else those of today stay, as far as they are of the pools */
    const char *scaling;  /* "QUEUE_DELAY", "REQUEST_COUNT"; NULL = stays */
    double scaling_value; /* seconds, requests; used with `scaling` */
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
/* The same as people see it: `out` without releases and bills, secrets masked. Texts in the arena. */
void runpod_settings_detail(
    const struct runpod_settings *s, struct arena *a, struct endpoint_detail *out);

/* One line of a diff: "workers max  3 → 0", "env MAX_MODEL_LEN  8192 → 4096"; values that may be secrets
 * are "•••". Of the environment an empty text is a variable that is not set, and `""` one that is empty. */
struct change_line {
    struct text what, before, after;
};
struct change_diff {
    struct change_line lines[CHANGE_LINES_MAX];
    size_t count;
    bool rolls; /* a new release: workers are replaced, one after the other (§4.4) */
};
/* What the change means for these settings; count 0 = nothing. Texts in the arena. ERR_INPUT: it cannot be
 * (min above max, an unknown name to unset, CPU against GPU, an idle time where none applies). ERR_STATE:
 * RunPod did not say what has to be sent along (all of the environment, all of workers). */
int runpod_change_diff(const struct runpod_settings *s, const struct endpoint_change *change,
    struct arena *a, struct change_diff *out, struct err *e);
/* The body of the PATCH, for sending, or (masked) for showing. The caller frees it (json_free_secret unless
 * masked). NULL when nothing changes, when runpod_change_diff refuses, and out of memory. */
struct json *runpod_change_body(
    const struct runpod_settings *s, const struct endpoint_change *change, bool masked);

/* PATCH, after one more look: ERR_STATE when what would be sent was changed by somebody else since `s` was
 * read; nothing is sent when all is as wanted already. When no answer came, it looks whether it took
 * effect, and sends it again only if not. `out`: the endpoint as it is afterwards. */
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
 * caller frees with json_free_secret after use). ERR_INPUT when there is no such release; ERR_STATE when the
 * releases do not say enough, or one changed what cannot be undone here: the message names it. */
int runpod_release_undo(struct runpod *r, const char *endpoint_id, int version,
    struct endpoint_change *out, struct json **keep, struct cancel *c, struct err *e);

/* ---- everything of one endpoint ---- */

/* Settings, releases and the billed hours. What could not be read besides the settings is said in
 * `not_read`. */
int runpod_endpoint_detail(struct runpod *r, const char *endpoint_id, struct arena *a,
    struct endpoint_detail *out, struct cancel *c, struct err *e);

#endif
