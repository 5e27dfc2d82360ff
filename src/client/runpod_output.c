/* runpod_output: what worker-vllm's output says, whatever generation made it (spec/runpod.md §7.6).
 *
 * The output is one object or a list of pieces. Pieces that are objects each bring some of the
 * answer: "choices" with tokens (generation A), text, or a message or delta (B), or a "text" of their
 * own (2023). Strings that stand beside each other are put together first, because B cuts its SSE events
 * anywhere; the whole is then events if any line begins with "data:" and they say anything, else plain text.
 *
 * Of several choices the first is taken. Token counts are cumulative, so the last that is said wins. */
#include "client/runpod_internal.h"
#include "client/runpod_jobs.h"
#include "client/runpod_read.h"
#include "client/sse.h"

#include <string.h>

enum { RAW_MAX = 8 * REQUEST_TEXT_MAX, PIECES_MAX = 64 * 1024 * 1024, DEPTH_MAX = 3 };

struct reading {
    struct buf text;   /* raw */
    struct buf pieces; /* strings, put together */
    size_t events;     /* that were understood */
    int64_t in, out;
};

static void append(struct buf *b, const char *s, size_t n)
{
    size_t room = b->max - b->len;
    (void)buf_append(b, s, n < room ? n : room);
}

/* A string, or the strings of a list; parts of a message say theirs as {"text": …}. */
static void take_text(struct reading *r, const struct json *j)
{
    const char *s = json_string(j);
    if (s)
        append(&r->text, s, strlen(s));
    if (json_kind(j) != JSON_ARRAY)
        return;
    for (const struct json *i = json_first(j); i; i = json_next(i)) {
        s = json_string(i) ? json_string(i) : json_str(i, "text");
        if (s)
            append(&r->text, s, strlen(s));
    }
}

static void take_count(int64_t *count, const struct json *j, const char *key)
{
    int64_t v = json_int(j, key, -1);
    if (v >= 0)
        *count = v;
}

static void take_usage(struct reading *r, const struct json *j)
{
    const struct json *usage = json_get(j, "usage");
    take_count(&r->in, j, "input_tokens");
    take_count(&r->out, j, "output_tokens");
    take_count(&r->in, usage, "input");
    take_count(&r->out, usage, "output");
    take_count(&r->in, usage, "prompt_tokens");
    take_count(&r->out, usage, "completion_tokens");
}

static void take_object(struct reading *r, const struct json *j)
{
    const struct json *choices = json_get(j, "choices");
    const struct json *choice = json_first(choices);
    if (json_kind(choice) == JSON_OBJECT) {
        take_text(r, json_get(choice, "tokens"));
        take_text(r, json_get(choice, "text"));
        take_text(r, json_get(json_get(choice, "message"), "content"));
        take_text(r, json_get(json_get(choice, "delta"), "content"));
    } else if (!choices) {
        take_text(r, json_get(j, "text"));
    }
    take_usage(r, j);
}

static void take_pieces(struct reading *r);

static void walk(struct reading *r, const struct json *j, int depth)
{
    if (json_kind(j) == JSON_OBJECT) {
        take_pieces(r);
        take_object(r, j);
    } else if (json_string(j))
        append(&r->pieces, json_string(j), strlen(json_string(j)));
    else if (json_kind(j) == JSON_ARRAY && depth < DEPTH_MAX)
        for (const struct json *i = json_first(j); i; i = json_next(i))
            walk(r, i, depth + 1);
}

static void take_event(const struct sse_event *event, void *arg)
{
    struct json *j = event->cut ? NULL : json_parse(event->data, event->length, NULL);
    struct reading *r = arg;
    if (json_kind(j) == JSON_OBJECT) {
        take_object(r, j);
        r->events++;
    }
    json_free(j);
}

static bool is_events(const char *s)
{
    return strncmp(s, "data:", 5) == 0 || strstr(s, "\ndata:") || strstr(s, "\rdata:");
}

static void take_events(struct reading *r)
{
    struct sse sse;
    sse_init(&sse);
    sse_feed(&sse, buf_str(&r->pieces), r->pieces.len, take_event, r);
    sse_feed(&sse, "\n\n", 2, take_event, r); /* what the last fragment left open */
    sse_release(&sse);
}

/* A text of somebody's own may hold a line that begins with "data:" too. */
static void take_pieces(struct reading *r)
{
    size_t events_before = r->events;
    if (r->pieces.len == 0)
        return;
    if (is_events(buf_str(&r->pieces)))
        take_events(r);
    if (r->events == events_before)
        append(&r->text, buf_str(&r->pieces), r->pieces.len);
    buf_clear(&r->pieces);
}

void runpod_output_read(const struct json *output, struct arena *a, struct worker_output *out)
{
    struct reading r = {.in = -1, .out = -1};
    buf_init(&r.text, RAW_MAX);
    buf_init(&r.pieces, PIECES_MAX);
    walk(&r, output, 0);
    take_pieces(&r);
    out->answer = runpod_text(a, buf_str(&r.text), r.text.len, REQUEST_TEXT_MAX, TEXT_BLOCK);
    out->tokens_in = r.in;
    out->tokens_out = r.out;
    buf_release(&r.text);
    buf_release(&r.pieces);
}
