/* What is done to requests: to which of those that are meant it can be done, and what is said before. */
#include "ui/say.h"
#include "ui/screen_internal.h"

#include <math.h>
#include <string.h>

bool screen_is_of_requests(enum action_id id)
{
    return id == ACTION_CANCEL_REQUEST || id == ACTION_RETRY_REQUEST || id == ACTION_SEND_AGAIN;
}

const char *screen_refuses_request(const struct screen *s, enum action_id action, const char *id)
{
    const struct request *q = store_request_by_id(s->options.store, id);
    if (!q)
        return "There is no request here";
    if (action == ACTION_RETRY_REQUEST)
        return request_refuses_retry(q);
    if (action == ACTION_SEND_AGAIN)
        return request_refuses_send(q);
    return request_is_final(q->status) ? "This request is over" : NULL;
}

/* What costs anew is done to one at a time. */
size_t screen_collect_requests(struct screen *s, enum action_id action, char (*ids)[TABLE_ID_MAX])
{
    size_t count = screen_collect(s, action != ACTION_SEND_AGAIN, ids), kept = 0;
    for (size_t i = 0; i < count; i++)
        if (!screen_refuses_request(s, action, ids[i]))
            memmove(ids[kept++], ids[i], TABLE_ID_MAX);
    return kept;
}

const char *screen_refuses_requests(struct screen *s, enum action_id action)
{
    char ids[SCREEN_BULK_MAX][TABLE_ID_MAX];
    if (screen_collect_requests(s, action, ids) > 0)
        return NULL;
    screen_collect(s, action != ACTION_SEND_AGAIN, ids);
    return screen_refuses_request(s, action, ids[0]);
}

void screen_ask_again(struct screen *s, struct arena *a)
{
    enum { INPUT_SHOWN = 160 };
    char cost[SAY_MAX];
    const struct store *store = s->options.store;
    const struct request *q = store_request_by_id(store, s->bulk[0]);
    const struct endpoint_row *e = q ? store_endpoint_by_id(store, q->endpoint_id) : NULL;
    if (!q)
        return;
    struct text to = e ? e->settings->name : say_word(q->endpoint_id);
    struct text input = text_cut(q->input, INPUT_SHOWN);
    confirm_line(&s->confirm,
        e && isfinite(e->cost_request)
            ? say_text(a, "To %.*s, where a request typically costs ≈%s.", SAY_ARGS(to),
                  say_money(cost, e->cost_request))
            : say_text(a, "To %.*s; what a request costs there is not known yet.", SAY_ARGS(to)));
    confirm_line(&s->confirm,
        say_text(a, "Input: %.*s%s", SAY_ARGS(input), input.len < q->input.len ? "…" : ""));
}
