/* hub_preflight: what the Hub would refuse at the end is asked at the beginning (§1.5, §7.3): a bad README
 * that is found after hours of sending is a pain that others know. */
#include "client/hub_internal.h"

#include "client/http_error.h"

#include <string.h>

enum { CARD_BYTES_MAX = 4 * 1024 * 1024 };

int hub_may_write(struct hub *h, const char *repo, struct cancel *c, struct err *e)
{
    struct buf url;
    struct http_request request;
    struct http_response response;
    buf_init(&url, HTTP_URL_MAX);
    http_response_init(&response);
    int rc = hub_repo_url(h, repo, "auth-check/write", NULL, &url, e);
    if (rc == 0) {
        struct hub_call call = {.method = HTTP_GET, .url = buf_str(&url), .retry = HTTP_RETRY_SAFE};
        hub_request(h, &call, &request);
        rc = http_do(h->http, &request, &response, c, e);
    }
    if (rc == 0 && (response.status == 401 || response.status == 403)) {
        rc =
            err_set(e, ERR_AUTH, response.status, "the token of the Hub may not write to %s", repo);
        (void)err_hint(e, "use one with write access to it, or a repository of your own");
    }
    http_response_release(&response);
    buf_release(&url);
    return rc;
}

static int write_card(const char *card, struct buf *out, struct err *e)
{
    struct json *j = json_new_object();
    int failed = json_add_str(j, "content", card);
    failed |= json_add_str(j, "repoType", "model");
    failed |= json_print(j, out);
    json_free(j);
    return failed ? err_set(e, ERR_INPUT, 0, "README.md is too large for the Hub to look at") : 0;
}

static struct text first_message(struct arena *a, const struct json *list)
{
    return json_text(a, json_first(list), "message");
}

/* The answer is JSON with 200 as with 400; any other says nothing about the card. */
static int take_answer(
    const struct http_response *r, struct arena *a, struct text *warning, struct err *e)
{
    struct err own;
    struct json *answer = r->status == 200 || r->status == 400
                              ? json_parse(buf_str(&r->body), r->body.len, &own)
                              : NULL;
    const struct json *errors = json_get(answer, "errors");
    int rc = 0;
    if (warning)
        *warning = first_message(a, json_get(answer, "warnings"));
    if (json_count(errors) > 0) {
        rc = err_set(e, ERR_INPUT, 0, "README.md: the Hub does not take its front matter: %s%s",
            first_message(a, errors).s, json_count(errors) > 1 ? ", and more" : "");
        (void)err_hint(e,
            "mend the lines between the two --- of README.md; --mend-readme fills in what is known");
    }
    json_free(answer);
    return rc;
}

int hub_validate_card(struct hub *h, const char *card, struct arena *a, struct text *warning,
    struct cancel *c, struct err *e)
{
    struct buf url, body;
    struct http_request request;
    struct http_response response;
    struct err why;
    if (warning)
        *warning = TEXT("");
    buf_init(&url, HTTP_URL_MAX);
    buf_init(&body, CARD_BYTES_MAX);
    http_response_init(&response);
    int rc = buf_printf(&url, "%s/api/validate-yaml", h->endpoint)
                 ? err_set(e, ERR_INPUT, 0, "the Hub's address is too long")
                 : write_card(card, &body, e);
    if (rc == 0) {
        struct hub_call call = {.method = HTTP_POST,
            .url = buf_str(&url),
            .body = &body,
            .reads = true,
            .retry = HTTP_RETRY_SAFE};
        hub_request(h, &call, &request);
        bool answered = http_do(h->http, &request, &response, c, &why) == 0;
        if (answered)
            rc = take_answer(&response, a, warning, e);
        else if (why.class == ERR_CANCEL)
            *e = why, rc = -1;
    }
    http_response_release(&response);
    buf_release(&body);
    buf_release(&url);
    return rc;
}
