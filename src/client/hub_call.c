/* hub_call: from a call to its parsed answer. Everything the Hub is asked goes through hub_request,
 * so where the token goes is decided once. */
#include "client/hub_internal.h"

#include "base/clock.h"
#include "client/http_error.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Accept first: a request without a body has only that. */
static const struct http_header headers[][2] = {
    [HUB_JSON] = {{.name = "Accept", .value = "application/json"},
        {.name = "Content-Type", .value = "application/json"}},
    [HUB_LFS] = {{.name = "Accept", .value = "application/vnd.git-lfs+json"},
        {.name = "Content-Type", .value = "application/vnd.git-lfs+json"}},
    [HUB_NDJSON] = {{.name = "Accept", .value = "application/json"},
        {.name = "Content-Type", .value = "application/x-ndjson"}},
};

void hub_hurry(struct hub *h, int64_t call_ms, int64_t until_ms)
{
    if (h) {
        atomic_store(&h->call_ms, call_ms);
        atomic_store(&h->until_ms, until_ms);
    }
}

/* What a call may take that usually may take `ms`. */
static int64_t within(const struct hub *h, int64_t ms)
{
    int64_t most = atomic_load(&h->call_ms), until = atomic_load(&h->until_ms);
    if (most > 0 && ms > most)
        ms = most;
    if (until > 0 && ms > until - clock_mono_ms(clock_real()))
        ms = until - clock_mono_ms(clock_real());
    return ms > 1 ? ms : 1;
}

void hub_request(const struct hub *h, const struct hub_call *call, struct http_request *out)
{
    *out = (struct http_request){
        .method = call->method,
        .url = call->url,
        .headers = headers[call->form],
        .header_count = call->body ? 2 : 1,
        .bearer = !call->presigned && hub_owns(h, call->url) ? h->token : NULL,
        .reads = call->reads,
        .log_quiet = call->presigned,
        .body = call->body ? buf_str(call->body) : NULL,
        .body_length = call->body ? call->body->len : 0,
        .retry = call->retry,
        .follow = true,
        .deadline_ms = within(h, call->deadline_ms > 0 ? call->deadline_ms : HUB_READ_MS),
        .stall_ms = call->stall_ms,
        .answer_max = call->answer_max > 0 ? call->answer_max : HUB_PAGE_BYTES_MAX,
        .progress = call->progress,
    };
}

static bool is_unseen(const struct http_response *r)
{
    struct buf code;
    buf_init(&code, HTTP_HEADER_BYTES_MAX);
    bool unseen = http_response_header(r, "x-error-code", &code) &&
                  strcmp(buf_str(&code), "RepoNotFound") == 0;
    buf_release(&code);
    return unseen;
}

int hub_check(const struct hub *h, const struct http_response *r, const char *what, struct err *e)
{
    struct err own;
    e = e ? e : &own;
    if (http_check(r, what, e) == 0)
        return 0;
    if (r->status != 401)
        return -1;
    if (is_unseen(r)) {
        e->class = ERR_REMOTE;
        e->number = 404;
    }
    if (h->token)
        return err_hint(e, "the Hub does not take the token: renew %s", secret_name(h->token));
    return err_hint(e, "give a token of the Hub: HF_TOKEN, or hf_token in the profile");
}

struct json *hub_parse(const struct http_response *r, const char *what, struct err *e)
{
    struct json *j = json_parse(buf_str(&r->body), r->body.len, e);
    if (!j)
        (void)err_wrap(e, "%s: the Hub's answer", what);
    return j;
}

static int read_next(struct hub *h, const struct http_response *r, struct buf *next, struct err *e)
{
    struct buf link;
    buf_init(&link, HTTP_HEADER_BYTES_MAX);
    (void)http_response_header(r, "link", &link);
    int rc = hub_next_page(h, buf_str(&link), next, e);
    buf_release(&link);
    return rc;
}

struct json *hub_ask(struct hub *h, const struct hub_call *call, const char *what, struct buf *next,
    struct cancel *cancel, struct err *e)
{
    struct http_request request;
    struct http_response response;
    struct json *answer = NULL;
    hub_request(h, call, &request);
    http_response_init(&response);
    if (http_do(h->http, &request, &response, cancel, e))
        (void)err_wrap(e, "%s", what);
    else if (hub_check(h, &response, what, e) == 0 &&
             (!next || read_next(h, &response, next, e) == 0))
        answer = hub_parse(&response, what, e);
    http_response_release(&response);
    return answer;
}

/* ---- pausing --------------------------------------------------------------------------------- */

static void poke(void *wait)
{
    wait_poke(wait);
}

/* Between 80 and 120 % of it; enough randomness to part two clients that were told the same. */
static int64_t jittered(int64_t ms)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return ms - ms / 5 + now.tv_nsec / 1000 % (ms * 2 / 5 + 1);
}

int hub_pause(struct cancel *cancel, int64_t ms, struct err *e)
{
    struct wait wait;
    struct cancel_hook hook = {.poke = poke, .arg = &wait};
    int failed = wait_init(&wait);
    if (failed)
        return err_errno(e, failed, "cannot wait");
    uint64_t seen = wait_seen(&wait);
    cancel_add(cancel, &hook);
    (void)wait_until(&wait, seen, jittered(ms));
    cancel_remove(cancel, &hook);
    wait_release(&wait);
    return cancel_check(cancel, e);
}
