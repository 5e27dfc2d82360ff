/* runpod_account: the one GraphQL query. Nothing else of the program knows that RunPod has GraphQL. */
#include "client/runpod_account.h"

#include "client/runpod_internal.h"
#include "client/runpod_read.h"

const char runpod_account_query[] =
    "{\"query\":\"query { myself { id email clientBalance currentSpendPerHr spendLimit } }\"}";

int runpod_account(struct runpod *r, struct arena *a, struct account *out, struct text *email,
    struct cancel *c, struct err *e)
{
    struct buf url, body;
    struct json *j = NULL;
    buf_init(&body, sizeof runpod_account_query);
    (void)buf_str_append(&body, runpod_account_query);
    if (runpod_url(r, RUNPOD_CONTROL, &url, e, "/graphql") == 0) {
        struct http_request request = runpod_post(r, buf_str(&url), &body, RUNPOD_SMALL_MAX);
        request.reads = true;
        request.retry = HTTP_RETRY_SAFE;
        j = runpod_call(r, &request, "read the account", c, e);
    }
    int failed = j ? runpod_read_account(j, a, out, email, e) : -1;
    out->seen_ms = clock_mono_ms(r->clock);
    json_free(j);
    buf_release(&url);
    buf_release(&body);
    return failed;
}
