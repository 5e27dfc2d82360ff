/* change: what the files of the change operation share (src/app/change*.c): one endpoint's settings, its queue
 * or its end, from what was asked for to how it is afterwards.
 *
 * What a killed run left is found again: the endpoint's id, the revision or version that was meant and whether
 * the change was made are in the journal; settings are asked for as values, so that making them twice is making
 * them once. Thread: the operation's; change_check and change_title any. */
#ifndef SLIPWAY_APP_CHANGE_H
#define SLIPWAY_APP_CHANGE_H

#include "app/work.h"
#include "client/hub_model_facts.h"
#include "client/runpod_change.h"

enum { CHANGE_NOTES_MAX = 8, CHANGE_UNPAUSED_MAX = 3 };

enum change_verb {
    CHANGE_SETTINGS,
    CHANGE_PAUSE,
    CHANGE_UNPAUSE,
    CHANGE_ROLLBACK,
    CHANGE_REVISION, /* redeploys; settings may come with it */
    CHANGE_DELETE,
    CHANGE_PURGE,
    CHANGE_VERBS
};

struct change {
    struct work *w;
    enum change_verb verb;
    char id[ENDPOINT_ID_MAX];
    struct text name;                 /* the endpoint's; its id where it has none */
    struct runpod_settings *settings; /* owned, as they are now; NULL = the endpoint is gone */
    const struct endpoint *now;       /* of `settings` */
    int64_t others_max;               /* workers at most of all other endpoints; -1 = unknown */
    struct endpoint_change want;
    struct json *undo; /* what `want` borrows from in a rollback; owned */
    struct change_diff diff;
    char revision[41]; /* of a redeployment: the commit; "" = none */
    struct hub_info info;
    struct hub_model model; /* unless model_seen it could not be read, or nobody looked */
    bool model_seen;
    struct gpu_page gpus; /* count 0: the catalog could not be read */
    struct health health; /* unless health_seen unknown, and so on */
    struct worker_page workers;
    bool health_seen, workers_seen;
    struct text notes[CHANGE_NOTES_MAX]; /* what goes out otherwise than it was asked for */
    size_t note_count;
};

/* ---- change_check.c: what was asked for ---- */

enum change_number {
    CHANGE_MIN,
    CHANGE_MAX,
    CHANGE_IDLE,
    CHANGE_GPUS,
    CHANGE_DISK,
    CHANGE_TIMEOUT, /* s */
    CHANGE_NUMBERS
};

int change_check(const struct json *asked, struct err *e);
void change_title(const struct json *asked, char *out, size_t size);
enum change_verb change_verb_of(const struct json *asked);
/* Whether something is said under this key. */
bool change_asks(const struct json *asked, const char *key);
/* -1 where nothing is said. */
int change_numbers(const struct json *asked, int64_t out[CHANGE_NUMBERS], struct err *e);
/* *tokens: -1 = nothing is said, 0 = "own", the model's. */
int change_context(const struct json *asked, int64_t *tokens, struct err *e);
/* Of a rollback; -1 = "previous". */
int change_version(const struct json *asked, int64_t *version, struct err *e);
/* Words parted by commas and spaces: of a text, or of an array's texts. Into the arena. */
int change_words(const struct json *asked, const char *key, struct arena *a,
    const char *const **words, size_t *n, struct err *e);

/* ---- change_want.c: what it means for the endpoint ---- */

/* Fills c->want from what was asked and c->settings, under the names that the image reads. What a resumed run
 * finds done already is left out. */
int change_want(struct change *c, struct err *e);
__attribute__((format(printf, 2, 3))) void change_note(struct change *c, const char *format, ...);
/* ---- change_plan.c: what it would mean ---- */

/* Which workers there are, what waits, what GPUs cost. What cannot be had stays unknown. */
void change_look_round(struct change *c);
/* The pools that were asked for exist; ERR_INPUT names those there are. */
int change_check_pools(const struct change *c, struct err *e);
/* The diff, the price and what is interrupted, as lines of the plan. */
void change_plan(struct change *c);
/* "PATCH …" in a dry run: the exact request, masked. */
void change_plan_request(
    struct change *c, const char *method, const char *url, struct json *take_body);

/* ---- change_preflight.c ---- */

/* Reads what the model is made of, where the change touches that. Only ERR_CANCEL fails. */
int change_look_at_model(struct change *c, struct err *e);
/* Warnings into the plan; *warnings counts them. ERR_STATE: what is asked for cannot work, and what is there
 * could. */
int change_preflight(struct change *c, size_t *warnings, struct err *e);

/* ---- change_apply.c: making it, and until it is so ---- */

/* Asks, with the exact request in a dry run. What has more to do than the change (`more`) can be gone on with
 * also when it failed. */
int change_agree(struct change *c, bool more, struct err *e);
/* For what was made before an interruption: 0, but in a dry run it tells what would follow (a request when it
 * `asks`, the registry with `more`), and ends there. */
int change_stop_dry(struct change *c, bool asks, bool more, struct err *e);
/* Makes the change once; the step tells of it. */
int change_make(struct change *c, size_t step, struct err *e);
/* Until every worker is on the newest release. */
int change_follow(struct change *c, size_t step, struct err *e);
/* What it is now, as the operation's last word. */
void change_say_end(struct change *c);

/* Reads the settings, what is wanted and the diff (anew). */
int change_read(struct change *c, struct err *e);

/* ---- change_end.c, change_redeploy.c: the other verbs, from the settings on ---- */

int change_run_delete(struct change *c, struct err *e);
int change_run_purge(struct change *c, struct err *e);
int change_run_revision(struct change *c, struct err *e);
/* The request that a redeployment ends with, as a line of a dry run's plan. */
void change_plan_first_request(struct change *c);
extern const char *const change_steps_delete[], *const change_steps_purge[],
                                                    *const change_steps_revision[];

/* Whether it changes what the registry's row says of the endpoint: its model, revision or context. */
bool change_concerns_row(const struct change *c);
/* The registry's row that is served by the endpoint, brought up to date; the step tells how it went. ERR_STATE
 * when that failed: the endpoint is changed all the same, and a resumed run tries this alone. */
int change_register(struct change *c, size_t step, double cost_per_request, struct err *e);
/* The row's name in the arena; *name empty = there is none. -1: could not be read. */
int change_row_name(struct change *c, struct text *name, struct err *e);

/* A fact of the state file: the workers an endpoint had before it was paused, "MIN MAX". */
void change_paused_fact(const char *endpoint_id, char out[96]);

#endif
