/* Sums stand in the order of their ids, so that each request of the ledger finds its own by halving. */
#include "app/endpoint_sums.h"

#include "client/state.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int by_id(const void *a, const void *b)
{
    return strcmp(((const struct endpoint_sum *)a)->id, ((const struct endpoint_sum *)b)->id);
}

struct endpoint_sum *endpoint_sums_of(const struct endpoint_sums *s, const char *id)
{
    const struct endpoint_sum wanted = {.id = id};
    return s->count ? bsearch(&wanted, s->sums, s->count, sizeof *s->sums, by_id) : NULL;
}

double endpoint_sum_cost(const struct endpoint_sum *sum)
{
    return sum && sum->costs > 0 ? sum->cost / (double)sum->costs : (double)NAN;
}

static void take(void *arg, const struct request *q)
{
    struct endpoint_sum *sum = endpoint_sums_of(arg, q->endpoint_id);
    if (!sum)
        return;
    request_times_add(&sum->times, q);
    if (request_is_final(q->status) && isfinite(q->cost)) {
        sum->cost += q->cost;
        sum->costs++;
    }
}

void endpoint_sums_release(struct endpoint_sums *s)
{
    for (size_t i = 0; i < s->count; i++)
        request_times_release(&s->sums[i].times);
    free(s->sums);
    *s = (struct endpoint_sums){0};
}

int endpoint_sums_read(
    struct engine *g, const struct endpoint_page *page, struct endpoint_sums *out, struct err *e)
{
    *out = (struct endpoint_sums){.sums = calloc(page->count + 1, sizeof *out->sums)};
    if (!out->sums)
        return err_set(e, ERR_IO, 0, "out of memory");
    out->count = page->count;
    for (size_t i = 0; i < page->count; i++)
        out->sums[i].id = page->endpoints[i].id;
    qsort(out->sums, out->count, sizeof *out->sums, by_id);
    struct state *s = engine_state(g, e);
    const char *only = page->count == 1 ? page->endpoints[0].id : NULL;
    int failed = s ? state_request_times(s, only, take, out, e) : -1;
    state_close(s);
    if (failed)
        endpoint_sums_release(out);
    return failed;
}
