/* runpod: the RunPod account as we use it: REST v2 for endpoints, workers and the catalog, the data
 * plane for jobs and health, one GraphQL query for the balance (spec/runpod.md §0). The parts:
 * runpod_control.h, runpod_jobs.h, runpod_logs.h, runpod_account.h; chat.h for the OpenAI route.
 *
 * struct runpod is a connection's settings and the rate budget that the service announces, shared by
 * threads: any may call, sleeping in the HTTP engine. Errors: those of http_do and http_check, wrapped
 * with what was tried; 401 and 403 name the setting (RUNPOD_API_KEY) in the hint, the worker-quota text
 * (§4.4) gets a hint with the number. Foreign text in records is cleaned, ids are checked. */
#ifndef SLIPWAY_CLIENT_RUNPOD_H
#define SLIPWAY_CLIENT_RUNPOD_H

#include "base/secret.h"
#include "client/http.h"

struct runpod;

struct runpod_options {
    const char *api_base; /* "https://api.runpod.io": /v2 and /graphql are put behind it; copied */
    const char *endpoint_base; /* "https://api.runpod.ai/v2"; copied */
    const struct secret *key;  /* NULL: every call is ERR_AUTH at once, with what to set */
    struct clock *clock;       /* borrowed */
};
struct runpod *runpod_new(const struct runpod_options *options, struct http *http, struct err *e);
void runpod_free(struct runpod *r); /* NULL is fine */
bool runpod_has_key(const struct runpod *r);

/* How long to wait before spending `calls` requests of the control plane's announced quota, ms. */
int64_t runpod_wait_ms(struct runpod *r, int calls);

/* From now on a call takes at most `call_ms` (0 = what it usually may), and none goes on past `until_ms` (monotonic,
 * real time; 0 = no end): for somebody who waits for an answer. Of all threads that call. */
void runpod_hurry(struct runpod *r, int64_t call_ms, int64_t until_ms);

/* Whether it can stand in a URL as an endpoint, job or worker id: 1..95 letters, digits, '-', '_'. */
bool runpod_id_ok(const char *id);

/* The quota in any of the sentences with which workers are refused (spec/runpod.md §4.4); 0 = it says none. */
int runpod_quota_of(const char *message);

/* "https://api.runpod.ai/v2/ID/openai/v1", what a client of the model takes as its base. 0, -1 when
 * `out` is too small. */
int runpod_openai_url(const struct runpod *r, const char *endpoint_id, char *out, size_t size);

#endif
