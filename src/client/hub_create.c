/* hub_create: creating looks before it repeats (design rule 4). Whatever goes wrong, the next question
 * is whether the repository is there: then 409 meant "you have it", a lost answer meant that it was
 * made, and a refusal does not matter. Only a conflict with another operation, or an answer that was
 * lost before anything happened, is worth another try. */
#include "client/hub_internal.h"

#include "client/http_error.h"

#include <stdio.h>
#include <string.h>

enum { TRIES = 4, PAUSE_MS = 1000, ANSWER_MAX = 1024 * 1024 };

static int write_body(const char *repo, bool is_private, struct buf *out, struct err *e)
{
    char owner[128];
    struct json *j = json_new_object();
    const char *slash = strchr(repo, '/');
    (void)snprintf(owner, sizeof owner, "%.*s", (int)(slash - repo), repo);
    int failed = json_add_str(j, "name", slash + 1);
    failed |= json_add_str(j, "organization", owner);
    failed |= json_add_str(j, "type", "model");
    failed |= json_add_str(j, "visibility", is_private ? "private" : "public");
    failed |= json_print(j, out);
    json_free(j);
    return failed ? err_set(e, ERR_IO, 0, "out of memory for a request to the Hub") : 0;
}

/* 1 = there, 0 = not there, -1 = cannot be known. */
static int look(struct hub *h, const char *repo, struct cancel *c, struct err *e)
{
    struct buf url;
    buf_init(&url, HTTP_URL_MAX);
    int there = hub_repo_url(h, repo, NULL, NULL, &url, e);
    if (there == 0) {
        struct hub_call call = {.method = HTTP_GET, .url = buf_str(&url), .retry = HTTP_RETRY_SAFE};
        struct json *answer = hub_ask(h, &call, "look whether it exists", NULL, c, e);
        there = answer ? 1 : e->class == ERR_REMOTE && e->number == 404 ? 0 : -1;
        json_free(answer);
    }
    buf_release(&url);
    return there;
}

static int create_once(
    struct hub *h, const struct hub_call *call, const char *what, struct cancel *c, struct err *e)
{
    struct http_request request;
    struct http_response response;
    hub_request(h, call, &request);
    http_response_init(&response);
    int rc = http_do(h->http, &request, &response, c, e);
    rc = rc ? err_wrap(e, "%s", what) : hub_check(h, &response, what, e);
    http_response_release(&response);
    return rc;
}

/* A token that only reads is the usual reason; the Hub's own words rarely say so. */
static int explain(struct hub *h, struct cancel *c, struct err *e)
{
    struct arena *a = arena_new(256 * 1024);
    struct hub_user user;
    if (a && hub_whoami(h, a, &user, c, NULL) == 0 && !user.can_write) {
        (void)err_wrap(e, "the token of %s only reads", user.name.s);
        (void)err_hint(e, "make a token that may write at %s/settings/tokens", h->endpoint);
    }
    arena_free(a);
    return -1;
}

/* Whether the same request may yet succeed, when the repository is not there. */
static bool may_repeat(const struct err *e)
{
    return e->number == 409 || e->class == ERR_NET || e->class == ERR_TIMEOUT ||
           (e->number >= 500 && e->class == ERR_REMOTE);
}

/* Refusals that a repository which exists makes harmless, and whatever may have been carried out. A
 * request that a rule of ours refused (read-only) has no number and was never sent. */
static bool worth_a_look(const struct err *e)
{
    return may_repeat(e) || e->number == 401 || e->number == 402 || e->number == 403;
}

static int create(struct hub *h, const struct hub_call *call, const char *repo, bool *existed,
    struct cancel *c, struct err *e)
{
    char what[256];
    struct err looked;
    (void)snprintf(what, sizeof what, "create %.200s on the Hub", repo);
    for (int try = 0; try < TRIES; try++) {
        if (try > 0 && hub_pause(c, (int64_t)PAUSE_MS << try, e))
            return -1;
        if (create_once(h, call, what, c, e) == 0)
            return 0;
        int there = worth_a_look(e) ? look(h, repo, c, &looked) : 0;
        if (there == 1) {
            *existed = e->number == 409 || e->number == 401 || e->number == 402 || e->number == 403;
            return 0;
        }
        if (there < 0 || !may_repeat(e))
            break;
    }
    return e->class == ERR_AUTH ? explain(h, c, e) : -1;
}

int hub_create(struct hub *h, const char *repo, bool is_private, bool *existed, struct cancel *c,
    struct err *e)
{
    struct err own;
    struct buf url, body;
    int rc = -1;
    e = e ? e : &own;
    *existed = false;
    buf_init(&url, HTTP_URL_MAX);
    buf_init(&body, 4096);
    if (hub_check_repo_id(repo, e) || write_body(repo, is_private, &body, e))
        goto out;
    (void)buf_printf(&url, "%s/api/repos/create", h->endpoint);
    struct hub_call call = {.method = HTTP_POST,
        .url = buf_str(&url),
        .body = &body,
        .retry = HTTP_RETRY_UNSENT,
        .answer_max = ANSWER_MAX};
    rc = create(h, &call, repo, existed, c, e);
out:
    buf_release(&url);
    buf_release(&body);
    return rc;
}
