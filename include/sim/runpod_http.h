/* runpod_http: what the RunPod surfaces of slipway-sim share.
 *
 * runpod_admit.c     who gets in, rate limits, the shape of errors
 * runpod_routes.c    the two tables of routes
 * runpod_rest_*.c    REST v2 (and the tombstone of v1): one file a resource
 * runpod_settings.c  an endpoint's settings as REST spells them: read, merge, check, write
 * runpod_allowed.c   what a body may say of them
 * runpod_data_jobs.c      the data plane: run, status, stream …      runpod_data_openai.c  its OpenAI routes
 * runpod_data_queue.c     health, requests, metrics, purge           runpod_pods.c    what pods do
 * runpod_rest_logs.c      log streams                                runpod_graphql*.c GraphQL
 *
 * Everything here runs with the world's lock held. */
#ifndef SLIPWAY_SIM_RUNPOD_HTTP_H
#define SLIPWAY_SIM_RUNPOD_HTTP_H

#include "sim/runpod.h"
#include "sim/schema.h"
#include "sim/server.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    CONTROL_BODY_MAX = 102400,       /* spec §4.2 */
    CLOUDFLARE_HOLD_MS = 100 * 1000, /* a longer silence answers 524, spec §2.6 */
    PROPAGATION_MS = 5000,           /* until the data plane knows a new endpoint */
};

#define RUNPOD_USER_ID "user_2slipway0stand1in"

/* ---- what the surfaces remember (runpod_limits.c) -------------------------------------------- */

/* The groups of data-plane operations that share a rate limit (spec §2.6). */
enum limited_op {
    LIMIT_NONE = -1,
    LIMIT_RUN,
    LIMIT_RUNSYNC,
    LIMIT_STATUS, /* status, status-sync and stream together */
    LIMIT_OPENAI,
    LIMIT_CANCEL,
    LIMIT_PURGE,
    LIMIT_REQUESTS,
    LIMITED_OPS
};

/* Counts one call now (real milliseconds). 0 = fine, otherwise whole seconds until the window ends. */
int64_t surface_limit(
    struct runpod_surface *f, const char *endpoint_id, enum limited_op op, int64_t real_now_ms);

/* Calls held at the same time. enter: false when there are too many; every true one is followed by
 * one leave (also when the world was thrown away meanwhile). */
bool surface_enter(struct runpod_surface *f, const char *endpoint_id, enum limited_op op);
void surface_leave(struct runpod_surface *f, const char *endpoint_id, enum limited_op op);

/* The account's windows of REST v2: minute, hour, day. */
enum { QUOTA_WINDOWS = 3 };
struct quota_view {
    const char *name;
    int quota, seconds, remaining;
    int64_t resets_in_s;
};
/* Counts one call and fills `out`; the index of an exhausted window, or -1. */
int surface_quota(struct runpod_surface *f, const int quotas[QUOTA_WINDOWS], int64_t real_now_ms,
    struct quota_view out[QUOTA_WINDOWS]);

struct json **surface_ssh_keys(struct runpod_surface *f); /* array of strings */

/* The world's surface state; made when there is none yet. NULL only when memory is out. */
struct runpod_surface *surface_of(struct sim *s);

/* ---- answers (runpod_admit.c, runpod_rest.c) --------------------------------------------------- */

/* application/problem+json with `errors` (taken, may be NULL). */
void rest_problem(struct reply *p, int status, const char *detail, struct json *take_errors);
/* 422 "Request validation failed." with errors (taken). */
void rest_invalid(struct reply *p, struct json *take_errors);
/* The page of a list that the query asks for; rest_page gives NULL when it has answered 422. */
struct json *rest_page(
    struct request *r, struct reply *p, const char *list, struct json *take_items);
void rest_list(struct request *r, struct reply *p, const char *list, struct json *take_items);
/* The body as an object that passes the table; otherwise answers (400, 413, 422) and gives NULL.
 * Borrowed. */
const struct json *rest_body(struct request *r, struct reply *p, const struct schema *members);
void rest_no_content(struct reply *p);

/* The serverless endpoint that the pattern's {id} names; NULL when it answered 404. */
struct endpoint *rest_endpoint(struct sim *s, struct request *r, struct reply *p);

/* A top-level member of the scenario, or of the one it builds on. */
const struct json *surface_setting(struct sim *s, const char *key);

/* The key in the Authorization header, in a form that the request's plane takes: "Bearer KEY", on the
 * data plane also the bare KEY (spec §1.1). NULL when there is none. */
const char *runpod_key(const struct request *r);

/* Whether the request's key may see the endpoint. */
bool request_may_see(struct sim *s, const struct request *r, const char *endpoint_id);

/* "2026-11-23T06:05:00Z", or null for 0. */
int add_time(struct json *object, const char *key, int64_t ms);

/* A comma-separated query parameter split into at most max words (spaces trimmed) inside `copy`. */
size_t query_words(const struct request *r, const char *name, char *copy, size_t size,
    const char **out, size_t max);

/* ---- an endpoint's settings (runpod_settings.c) ------------------------------------------------- */

/* The settings as a create body would give them: owned by the caller, NULL when memory is out. */
struct json *settings_of(const struct endpoint *e);
/* Lays a sparse body over full settings, with the traps of spec §4.4. Takes `base`. */
struct json *settings_merge(struct json *take_base, const struct json *patch);
/* `args`, and `entrypoint` + `cmd`, are views of one start command: whichever the patch sent leads. */
void settings_tie_command(struct json *full, const struct json *patch);
/* What the body's table cannot say. `self` is the endpoint changed, NULL for a new one; `body` is
 * what was sent, `full` what would come of it. True, or the status and sentence of the refusal. */
struct refusal {
    int status;
    char text[320];
};
bool settings_allowed(struct sim *s, const struct endpoint *self, const struct json *body,
    const struct json *full, struct refusal *no);
/* Writes full settings into the endpoint. 0, or -1 when memory is out. */
int settings_apply(struct endpoint *e, const struct json *full);
/* The differences as a release lists them; *container tells whether workers have to roll. */
struct json *settings_diff(const struct json *before, const struct json *after, bool *container);

extern const struct schema endpoint_create_schema[];
extern const struct schema endpoint_update_schema[];

/* What endpoints, templates and pods say alike of their container; to be included. */
extern const struct schema container_schema[];
#define CUDA_PATTERN "^\\d+\\.\\d+$"

/* Creating and changing, as REST and GraphQL both do it: checks, applies, notes the release. */
struct endpoint *endpoint_create_from(struct sim *s, const struct json *body, struct refusal *no);
bool endpoint_change(
    struct sim *s, struct endpoint *e, const struct json *body, struct refusal *no);

/* Answers a refusal: one sentence, or 422 with it among `errors`. */
void rest_refuse(struct reply *p, const struct refusal *no);

/* The endpoint as GET answers it. Owned by the caller. */
struct json *endpoint_view(struct sim *s, const struct request *r, const struct endpoint *e);

/* ---- templates (runpod_rest_template.c) --------------------------------------------------------- */

extern const struct schema template_update_schema[];
struct named_row *template_find(struct sim *s, const char *id);
struct named_row *template_create(struct sim *s, const struct json *fields); /* a checked body */
bool template_referenced(struct sim *s, const char *id);
void template_delete(struct sim *s, const char *id);
/* Full container settings: the template's laid under the body's (spec §4.4). False with a refusal. */
bool template_expand(struct sim *s, struct json *body, bool serverless, struct refusal *no);

/* ---- rows with an id and fields (runpod_rest_misc.c) ---------------------------------------------- */

struct named_row *row_find(struct named_row *rows, const char *id);
/* Links a new row with a fresh id at the end; takes fields. NULL when memory is out. */
struct named_row *row_add(struct sim *s, struct named_row **rows, struct json *take_fields);
void row_remove(struct named_row **rows, const char *id);
/* {"id":…} and the fields. */
struct json *row_view(const char *id, const struct json *fields);

/* ---- jobs (runpod_data_jobs.c) ------------------------------------------------------------------------ */

/* The endpoint of a data-plane call when the service knows it already, and the call counted against
 * its limit; NULL when it has answered 404 or 429. */
struct endpoint *data_begin(struct sim *s, struct request *r, struct reply *p, enum limited_op op);

/* A call that holds (in real time) until `done`, or until `wait` is over. */
struct data_hold {
    struct sim *s;
    struct request *r;
    struct reply *p;
    enum limited_op op;
    char job_id[64];
    int64_t wait; /* more than CLOUDFLARE_HOLD_MS: cut there with 524 */
    bool (*done)(const struct job *j);
};
/* The job when it is done or the time is up; NULL when it has answered (404, 429, 524) or nobody
 * waits any more. Gives the lock up meanwhile: look every pointer up again. */
struct job *data_hold(const struct data_hold *h);
/* Cloudflare's own page for `status` (524, 502). */
void cloudflare_error(struct reply *p, int status, const char *title);
/* Real milliseconds of the monotonic clock. */
int64_t real_now(void);

#endif
