#include "app/answering.h"

#include "app/requests.h"
#include "client/runpod_control.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { ROWS_MAX = 1000 };

/* The worker that answered is not told by the OpenAI route: when all that are up have one GPU type, its
 * price is the price. */
static void price(struct engine *g, struct request *q, struct arena *a, struct cancel *c)
{
    struct worker_page workers;
    struct gpu_page gpus;
    if (runpod_workers(g->runpod, q->endpoint_id, a, &workers, c, NULL) || !workers.count ||
        prices_get(g->prices, a, &gpus, c, NULL))
        return;
    const struct worker *w = workers.workers;
    for (size_t i = 1; i < workers.count; i++)
        if (strcmp(workers.workers[i].gpu.s, w->gpu.s) != 0)
            return;
    q->gpu = w->gpu;
    q->price_hour = gpu_price(&gpus, w->gpu) * (w->gpu_count > 0 ? w->gpu_count : 1);
    q->cost = request_cost(q->execution_ms, q->price_hour);
}

static void finish(struct engine *g, const struct chat_answer *answer, int failed,
    const struct err *e, struct request *q, struct arena *a, struct cancel *c)
{
    q->ended_ms = q->seen_ms = clock_wall_ms(g->clock);
    q->status = !failed                  ? REQUEST_COMPLETED
                : e->class == ERR_CANCEL ? REQUEST_CANCELLED
                                         : REQUEST_FAILED;
    q->first_token_ms = answer->first_token_ms;
    q->tokens_in = answer->tokens_in;
    q->tokens_out = answer->tokens_out;
    q->output = text_new(a, buf_str(&answer->text), answer->text.len, TEXT_BLOCK);
    if (failed)
        q->error = text_from(a, e->message);
    if (answer->first_token_ms >= 0) {
        q->delay_ms = answer->first_token_ms;
        q->execution_ms = answer->took_ms - answer->first_token_ms;
        price(g, q, a, c);
    }
}

int answer_stream(struct engine *g, struct state *ledger, const struct chat_options *options,
    struct chat_answer *answer, void (*piece)(void *arg, const struct chat_answer *answer),
    void *arg, struct request *q, struct arena *a, struct cancel *c, struct err *e)
{
    const struct request_task task = {
        .engine = g, .endpoint_id = options->endpoint_id, .model = options->model};
    request_begin(&task, q, a);
    q->route = REQUEST_ROUTE_OPENAI;
    q->status = REQUEST_IN_PROGRESS;
    if (options->message_count)
        q->input = text_new(a, options->messages[options->message_count - 1].content,
            strlen(options->messages[options->message_count - 1].content), TEXT_BLOCK);
    request_tell(g, q);
    int failed = chat_stream(g->runpod, options, answer, piece, arg, c, e);
    finish(g, answer, failed, e, q, a, c);
    if (ledger)
        state_request_save(ledger, q, NULL);
    request_tell(g, q);
    return failed;
}

/* ---- which endpoint ------------------------------------------------------------------------------ */

static bool same(struct text t, const char *s)
{
    return t.len && strcmp(t.s, s) == 0;
}

/* Leaves endpoint_id empty where no row is called so. -1 when the registry could not be read. */
static int by_row(struct engine *g, const char *model, char endpoint_id[ENDPOINT_ID_MAX],
    struct text *served, struct arena *a, struct cancel *c, struct err *e)
{
    struct model_row *rows;
    size_t n = 0;
    if (!engine_has_registry(g))
        return 0;
    struct registry *r = engine_registry(g, c, e);
    int failed = !r || registry_models(r, a, &rows, &n, ROWS_MAX, c, e);
    for (size_t i = 0; !failed && i < n && !endpoint_id[0]; i++)
        if (rows[i].endpoint_id[0] &&
            (same(rows[i].name, model) || strcmp(rows[i].id, model) == 0)) {
            snprintf(endpoint_id, ENDPOINT_ID_MAX, "%s", rows[i].endpoint_id);
            *served = rows[i].served_name.len ? rows[i].served_name : rows[i].hub_id;
        }
    registry_free(r);
    return failed ? -1 : 0;
}

static const struct endpoint *find_id(const struct endpoint_page *page, const char *id)
{
    for (size_t i = 0; i < page->count; i++)
        if (strcmp(page->endpoints[i].id, id) == 0)
            return &page->endpoints[i];
    return NULL;
}

/* The first of that name; *count says how many there are. */
static const struct endpoint *find_name(
    const struct endpoint_page *page, const char *name, size_t *count)
{
    const struct endpoint *found = NULL;
    *count = 0;
    for (size_t i = page->count; i-- > 0;)
        if (same(page->endpoints[i].name, name)) {
            found = &page->endpoints[i];
            ++*count;
        }
    return found;
}

static int not_found(const char *model, const char *endpoint_id, size_t namesakes, struct err *e)
{
    if (namesakes > 1) {
        err_set(e, ERR_INPUT, 0, "%zu endpoints are called %s", namesakes, model);
        return err_hint(e, "say which by its id: `slipway endpoints`");
    }
    if (endpoint_id[0])
        err_set(e, ERR_STATE, 0, "%s is registered at the endpoint %s, which is gone", model,
            endpoint_id);
    else
        err_set(e, ERR_INPUT, 0, "there is no model and no endpoint called %s", model);
    return err_hint(e, "`slipway models` and `slipway endpoints` list what there is");
}

/* What the endpoint itself says it serves is surer than the row. */
static int by_endpoint(struct engine *g, const char *model, char endpoint_id[ENDPOINT_ID_MAX],
    struct text *served, struct arena *a, struct cancel *c, struct err *e)
{
    struct endpoint_page page;
    size_t namesakes = 0;
    if (runpod_endpoints(g->runpod, a, &page, c, e))
        return -1;
    const struct endpoint *found = find_id(&page, endpoint_id[0] ? endpoint_id : model);
    if (!found && !endpoint_id[0])
        found = find_name(&page, model, &namesakes);
    if (!found || namesakes > 1)
        return not_found(model, endpoint_id, namesakes, e);
    memcpy(endpoint_id, found->id, ENDPOINT_ID_MAX);
    if (found->served.len)
        *served = found->served;
    return 0;
}

int answer_resolve(struct engine *g, const char *model, char endpoint_id[ENDPOINT_ID_MAX],
    struct text *served, struct arena *a, struct cancel *c, struct err *e)
{
    endpoint_id[0] = 0;
    *served = text_from(a, model);
    struct err why;
    int unread = by_row(g, model, endpoint_id, served, a, c, &why);
    if (!by_endpoint(g, model, endpoint_id, served, a, c, e))
        return 0;
    if (unread && e && e->class == ERR_INPUT)
        err_hint(e, "the registry could not be asked: %s", why.message);
    return -1;
}
