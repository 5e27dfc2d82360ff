#include "app/request_words.h"

#include "client/runpod_control.h"
#include "model/request_error.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const char *words_seconds(char out[WORDS_MAX], int64_t ms)
{
    if (ms < 0)
        return "—";
    snprintf(out, WORDS_MAX, ms < 10000 ? "%.2f s" : "%.0f s", (double)ms / 1000);
    return out;
}

const char *words_money(char out[WORDS_MAX], double dollars)
{
    if (isnan(dollars))
        return "—";
    snprintf(out, WORDS_MAX, dollars != 0 && dollars < 0.01 ? "$%.5f" : "$%.2f", dollars);
    return out;
}

const char *words_moment(char out[CLOCK_RFC3339_MAX], int64_t wall_ms)
{
    if (wall_ms < 0)
        return "—";
    clock_rfc3339(out, wall_ms, 0);
    return out;
}

struct text words_why(const struct request *q, struct arena *a)
{
    return q->error.len > 0 ? request_error_line(a, q->error)
                            : text_from(a, request_status_note(q->status));
}

/* ---- endpoints ----------------------------------------------------------------------------------- */

static const char *by_id(const struct endpoint_page *page, const char *word)
{
    for (size_t i = 0; i < page->count; i++)
        if (strcmp(page->endpoints[i].id, word) == 0)
            return word;
    return NULL;
}

/* The first of that name; *n says how many there are. */
static const char *by_name(const struct endpoint_page *page, const char *word, size_t *n)
{
    const char *found = NULL;
    for (size_t i = page->count; i-- > 0;)
        if (page->endpoints[i].id[0] && strcmp(page->endpoints[i].name.s, word) == 0) {
            found = page->endpoints[i].id;
            ++*n;
        }
    return found;
}

static bool is_known(struct state *ledger, const char *word, struct arena *a)
{
    struct request *rows;
    size_t n = 0;
    return ledger && !state_requests(ledger, word, 1, a, &rows, &n, NULL) && n > 0;
}

int words_endpoint(struct engine *g, struct state *ledger, const char *word,
    char out[ENDPOINT_ID_MAX], struct arena *a, struct cancel *cancel, struct err *e)
{
    struct endpoint_page page = {0};
    size_t named = 0;
    bool known = is_known(ledger, word, a);
    if (!known && runpod_endpoints(g->runpod, a, &page, cancel, e) && cancel_check(cancel, e))
        return -1;
    const char *id = known ? word : by_id(&page, word);
    id = id ? id : by_name(&page, word, &named);
    id = id ? id : word;
    if (named > 1) {
        err_set(e, ERR_INPUT, 0, "%zu endpoints are called %s", named, word);
        return err_hint(e, "say which by its id: `slipway endpoints`");
    }
    if (!runpod_id_ok(id) || strlen(id) >= ENDPOINT_ID_MAX) {
        err_set(e, ERR_INPUT, 0, "there is no endpoint called %s", word);
        return err_hint(e, "`slipway endpoints` lists them");
    }
    snprintf(out, ENDPOINT_ID_MAX, "%s", id);
    return 0;
}
