/* What a fault does to an exchange, except for the answer's body (server_source.c). */
#include "sim/exchange.h"
#include "sim/sim.h"

#include <string.h>
#include <strings.h>

enum { HANG_SLICE_MS = 60 * 1000 };

static enum exchange_next hang(struct exchange *x)
{
    while (sim_pause(x->sim, HANG_SLICE_MS))
        continue;
    return EXCHANGE_CLOSE;
}

static void add_headers(struct reply *p, const struct json *headers)
{
    for (const struct json *h = json_first(headers); h; h = json_next(h))
        reply_header(p, json_key(h), "%s", json_string(h));
}

static void answer_status(struct exchange *x)
{
    const struct fault *f = &x->fault;
    const struct json *body = json_get(f->rule, "body");
    if (f->fill > 0) {
        x->source.kind = SOURCE_FILL;
        x->source.length = f->fill;
        reply_text(&x->reply, f->status, "application/octet-stream", "");
    } else if (json_kind(body) == JSON_STRING) {
        reply_text(&x->reply, f->status, "text/plain; charset=utf-8", json_string(body));
    } else if (body) {
        reply_json(&x->reply, f->status, json_dup(body));
    } else {
        reply_plane_error(&x->reply, x->request.plane, f->status, "injected fault");
    }
    add_headers(&x->reply, json_get(f->rule, "headers"));
}

static void answer_redirect(struct exchange *x)
{
    reply_text(&x->reply, x->fault.status, "text/plain; charset=utf-8", "");
    add_headers(&x->reply, json_get(x->fault.rule, "headers"));
    reply_header(&x->reply, "Location", "%s", json_str_or(x->fault.rule, "location", ""));
}

static void answer_expired(struct exchange *x)
{
    reply_text(&x->reply, 403, "application/xml",
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<Error><Code>AccessDenied</Code><Message>Request has expired</Message>"
        "<RequestId>SLIPWAYSIM000000</RequestId><HostId>slipway-sim</HostId></Error>");
}

enum exchange_next fault_begin(struct exchange *x)
{
    static void (*const answers[])(struct exchange *) = {
        [FAULT_STATUS] = answer_status,
        [FAULT_REDIRECT] = answer_redirect,
        [FAULT_EXPIRED] = answer_expired,
    };
    const struct fault *f = &x->fault;
    if (f->delay_ms > 0 && !sim_pause(x->sim, f->delay_ms))
        return EXCHANGE_CLOSE;
    if (f->kind < sizeof answers / sizeof answers[0] && answers[f->kind]) {
        answers[f->kind](x);
        x->answered = true;
    }
    return fault_body(x, false);
}

static bool strikes_in_body(const struct exchange *x)
{
    return x->fault.kind == FAULT_RESET || x->fault.kind == FAULT_HANG;
}

size_t fault_body_room(const struct exchange *x, size_t n)
{
    if (!strikes_in_body(x))
        return n;
    int64_t left = x->fault.after_bytes - x->received;
    return left < (int64_t)n ? (size_t)left : n;
}

enum exchange_next fault_body(struct exchange *x, bool at_end)
{
    if (!strikes_in_body(x) || (!at_end && x->received < x->fault.after_bytes))
        return EXCHANGE_ON;
    return x->fault.kind == FAULT_RESET ? EXCHANGE_RESET : hang(x);
}
