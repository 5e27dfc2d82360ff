/* runpod_call: one call to RunPod and what its answer means.
 *
 * The parts (URL, request, answer) stand alone, so that the watch can send many at once and look at
 * each answer with the same function that a single call uses. Answers may hold the environment of
 * endpoints, secrets among it, so bodies are wiped as soon as they are read. */
#include "client/runpod_internal.h"
#include "client/runpod_read.h"

#include "client/http_error.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

int runpod_url(const struct runpod *r, enum runpod_plane plane, struct buf *url, struct err *e,
    const char *format, ...)
{
    va_list args;
    buf_init(url, HTTP_URL_MAX);
    (void)buf_str_append(url, plane == RUNPOD_CONTROL ? r->api_base : r->endpoint_base);
    va_start(args, format);
    (void)buf_vprintf(url, format, args);
    va_end(args);
    return url->full ? err_set(e, ERR_INPUT, 0, "the address for RunPod is too long") : 0;
}

int runpod_check_key(const struct runpod *r, struct err *e)
{
    if (r->key)
        return 0;
    err_set(e, ERR_AUTH, 0, "there is no RunPod key");
    return err_hint(e, "set RUNPOD_API_KEY, or give the profile a RunPod key");
}

int runpod_check_id(const char *id, const char *what, struct err *e)
{
    if (runpod_id_ok(id))
        return 0;
    return err_set(e, ERR_INPUT, 0, "“%.100s” is no %s id", id ? id : "", what);
}

/* ---- requests ---------------------------------------------------------------------------------- */

struct http_request runpod_get(const struct runpod *r, const char *url, size_t answer_max)
{
    return (struct http_request){
        .method = HTTP_GET,
        .url = url,
        .bearer = r->key,
        .retry = HTTP_RETRY_SAFE,
        .deadline_ms = runpod_deadline(r, RUNPOD_CALL_MS),
        .answer_max = answer_max,
    };
}

struct http_request runpod_post(
    const struct runpod *r, const char *url, const struct buf *body, size_t answer_max)
{
    static const struct http_header type = {.name = "Content-Type", .value = "application/json"};
    struct http_request q = runpod_get(r, url, answer_max);
    q.method = HTTP_POST;
    q.headers = &type;
    q.header_count = 1;
    q.body = buf_str(body);
    q.body_length = body->len;
    q.retry = HTTP_RETRY_NONE;
    return q;
}

/* ---- answers ----------------------------------------------------------------------------------- */

static bool begins(const char *s, const char *with)
{
    return strncmp(s, with, strlen(with)) == 0;
}

static void note_quota(struct runpod *r, const struct http_response *response)
{
    if (!begins(buf_str(&response->url), r->api_base))
        return;
    if (response->status == 429)
        runpod_keep_silent(r, response->retry_after_ms);
    struct buf left, policy;
    buf_init(&left, HTTP_HEADER_BYTES_MAX);
    buf_init(&policy, HTTP_HEADER_BYTES_MAX);
    if (http_response_header(response, "ratelimit", &left)) {
        (void)http_response_header(response, "ratelimit-policy", &policy);
        int64_t now = clock_mono_ms(r->clock);
        pthread_mutex_lock(&r->lock);
        (void)rate_budget_read(&r->budget, buf_str(&left), buf_str(&policy), now);
        pthread_mutex_unlock(&r->lock);
    }
    buf_release(&left);
    buf_release(&policy);
}

/* The number near the word in any of the sentences about the worker quota (§4.4); 0 = none. */
static long number_behind(const char *message, const char *word)
{
    const char *at = strcasestr(message, word);
    if (!at)
        return 0;
    at += strlen(word);
    for (int i = 0; i < 5 && *at && !isdigit((unsigned char)*at); i++)
        at++;
    return isdigit((unsigned char)*at) ? strtol(at, NULL, 10) : 0;
}

int runpod_quota_of(const char *message)
{
    long quota = number_behind(message, "quota");
    if (quota <= 0)
        quota = number_behind(message, "maximum limit");
    return quota <= 0 || quota >= 1000000 ? 0 : (int)quota;
}

static bool explain_worker_quota(struct err *e)
{
    int quota = e->number == 400 || e->number == 500 ? runpod_quota_of(e->message) : 0;
    if (quota == 0)
        return false;
    err_hint(e,
        "the account may have %d workers at most over all endpoints: lower the maximum here or "
        "elsewhere",
        quota);
    return true;
}

/* What can be done about a status; that of 429 says how long to wait, which http_check knows better. */
static const struct remedy {
    int from, to;
    const char *hint;
} remedies[] = {
    {400, 400, "correct what RunPod names, then ask again"},
    {401, 401, "check the key in RUNPOD_API_KEY: slipway doctor"},
    {402, 402, "the account has no money for it: add some in RunPod's console"},
    {403, 403, "give the key in RUNPOD_API_KEY the right to this"},
    {404, 404, "it is gone, or the key may not see it: slipway endpoints lists what there is"},
    {408, 408, "try again in a minute"},
    {409, 409, "look at the state it is in now, then ask again"},
    {410, 410, "it is gone: slipway endpoints lists what there is"},
    {412, 412, "look at the state it is in now, then ask again"},
    {413, 413, "send less: settings may have 100 KB, the input of a request 10 MB"},
    {422, 422, "correct what RunPod names, then ask again"},
    {524, 524,
        "the worker takes longer than the gateway waits: send it as a request and look later"},
    {500, 599, "RunPod has trouble: try again in a minute"},
};

void runpod_explain(struct err *e)
{
    if (!e || explain_worker_quota(e))
        return;
    for (size_t i = 0; i < sizeof remedies / sizeof *remedies; i++)
        if (e->number >= remedies[i].from && e->number <= remedies[i].to) {
            err_hint(e, "%s", remedies[i].hint);
            return;
        }
    if (e->class == ERR_AUTH)
        err_hint(e, "check the key in RUNPOD_API_KEY: slipway doctor");
}

/* A page, or Cloudflare's bare "error code: 1010", is no answer of RunPod's own (§1.1, §4.2): what it
 * refuses has nothing to do with the key's rights. */
static bool from_gateway(const struct http_response *response)
{
    struct buf type;
    buf_init(&type, HTTP_HEADER_BYTES_MAX);
    bool page = http_response_header(response, "content-type", &type) &&
                strncasecmp(buf_str(&type), "text/html", 9) == 0;
    buf_release(&type);
    return page || begins(buf_str(&response->body), "error code:");
}

static void explain(const struct http_response *response, struct err *e)
{
    runpod_explain(e);
    if (e && e->number != 429 && e->number != 524 && from_gateway(response))
        err_hint(e, "a gateway before RunPod answered this: try again in a minute, or from another "
                    "network");
}

/* Notes the quota; 0 for a good status. */
static int check_status(
    struct runpod *r, const struct http_response *response, const char *what, struct err *e)
{
    note_quota(r, response);
    if (http_check(response, what, e) == 0)
        return 0;
    explain(response, e);
    return -1;
}

struct json *runpod_answer(
    struct runpod *r, const struct http_response *response, const char *what, struct err *e)
{
    if (check_status(r, response, what, e))
        return NULL;
    struct json *j = json_parse(buf_str(&response->body), response->body.len, e);
    if (!j)
        err_wrap(e, "%s: RunPod answered nonsense", what);
    return j;
}

/* Sends it and looks at the status; what was answered goes into *answer unless that is NULL. */
static int call(struct runpod *r, const struct http_request *request, const char *what,
    struct json **answer, struct cancel *c, struct err *e)
{
    struct http_response response;
    int failed = -1;
    if (runpod_check_key(r, e))
        return -1;
    http_response_init(&response);
    if (begins(request->url, r->api_base))
        runpod_spend(r, 1);
    if (http_do(r->http, request, &response, c, e))
        err_wrap(e, "%s", what);
    else if (answer)
        failed = (*answer = runpod_answer(r, &response, what, e)) ? 0 : -1;
    else
        failed = check_status(r, &response, what, e);
    buf_release_secret(&response.body);
    http_response_release(&response);
    return failed;
}

struct json *runpod_call(struct runpod *r, const struct http_request *request, const char *what,
    struct cancel *c, struct err *e)
{
    struct json *answer = NULL;
    return call(r, request, what, &answer, c, e) ? NULL : answer;
}

int runpod_call_empty(struct runpod *r, const struct http_request *request, const char *what,
    struct cancel *c, struct err *e)
{
    return call(r, request, what, NULL, c, e);
}

/* ---- sleeping ---------------------------------------------------------------------------------- */

void runpod_poke(void *wait)
{
    wait_poke(wait);
}

int runpod_sleep(int64_t ms, struct cancel *c, struct err *e)
{
    struct wait wait;
    struct cancel_hook hook = {.poke = runpod_poke, .arg = &wait};
    int fault = wait_init(&wait);
    if (fault)
        return err_errno(e, fault, "cannot wait");
    uint64_t seen = wait_seen(&wait);
    cancel_add(c, &hook);
    (void)wait_until(&wait, seen, ms);
    cancel_remove(c, &hook);
    wait_release(&wait);
    return cancel_check(c, e);
}

/* ---- what changes something ---------------------------------------------------------------------- */

bool runpod_may_have_happened(const struct err *e)
{
    bool refused = e->class == ERR_REMOTE && e->number >= 400 && e->number < 500;
    return e->class == ERR_NET || e->class == ERR_TIMEOUT || (e->class == ERR_REMOTE && !refused);
}

int runpod_send_endpoint(struct runpod *r, const struct http_request *request, const char *what,
    struct arena *a, struct endpoint *out, struct cancel *c, struct err *e)
{
    struct json *j = runpod_call(r, request, what, c, e);
    if (!j)
        return -1;
    runpod_read_endpoint(j, a, out);
    json_free_secret(j); /* the environment is in it */
    return out->id[0] ? 0 : err_set(e, ERR_REMOTE, 0, "%s: the answer is no endpoint", what);
}
