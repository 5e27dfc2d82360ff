/* runpod_answer_shape: how each kind of worker wraps what the model says (spec/runpod.md §7.6).
 *
 * Generation A wraps tokens in a format of its own, generation B passes on what vllm's OpenAI
 * server said, both pass OpenAI routes on as they are; with "stream" an OpenAI answer arrives as
 * raw pieces of an event stream, cut anywhere. Workers yield chunks; the job's output is their
 * list, except for handlers that return one value (IMAGE_OTHER). */
#include "sim/runpod_physics.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { TEXT_ROOM = 1024 * 1024, EMBEDDING_SIZE = 16 };

struct shape {
    const struct endpoint *e;
    const struct answer *a;
    const struct model_facts *model;
    char id[48];
    int64_t created; /* s */
};

static struct json *new_text(const struct answer *a)
{
    struct buf text;
    buf_init(&text, TEXT_ROOM);
    (void)answer_text(a, &text);
    struct json *j = json_new_string(buf_str(&text));
    buf_release(&text);
    return j;
}

static const char *finish_reason(const struct answer *a)
{
    return a->cut ? "length" : "stop";
}

static struct json *usage(const struct answer *a)
{
    struct json *u = json_new_object();
    (void)json_add_int(u, "prompt_tokens", a->tokens_in);
    (void)json_add_int(u, "total_tokens", a->tokens_in + a->tokens_out);
    (void)json_add_int(u, "completion_tokens", a->tokens_out);
    return u;
}

static struct json *head(const struct shape *x, const char *object)
{
    struct json *j = json_new_object();
    (void)json_add_str(j, "id", x->id);
    (void)json_add_str(j, "object", object);
    (void)json_add_int(j, "created", x->created);
    const char *model = json_str(x->a->body, "model");
    (void)json_add_str(j, "model", model ? model : x->model->served);
    return j;
}

static struct json *array_of(struct json *take)
{
    struct json *list = json_new_array();
    (void)json_push(list, take);
    return list;
}

/* ---- OpenAI objects -------------------------------------------------------------------------- */

static struct json *chat_completion(const struct shape *x)
{
    struct json *message = json_new_object(), *choice = json_new_object();
    (void)json_add_str(message, "role", "assistant");
    (void)json_add(message, "content", new_text(x->a));
    (void)json_add_int(choice, "index", 0);
    (void)json_add(choice, "message", message);
    (void)json_add(choice, "logprobs", json_new_null());
    (void)json_add_str(choice, "finish_reason", finish_reason(x->a));
    struct json *j = head(x, "chat.completion");
    (void)json_add(j, "choices", array_of(choice));
    (void)json_add(j, "usage", usage(x->a));
    return j;
}

static struct json *text_completion(const struct shape *x)
{
    struct json *choice = json_new_object();
    (void)json_add_int(choice, "index", 0);
    (void)json_add(choice, "text", new_text(x->a));
    (void)json_add(choice, "logprobs", json_new_null());
    (void)json_add_str(choice, "finish_reason", finish_reason(x->a));
    struct json *j = head(x, "text_completion");
    (void)json_add(j, "choices", array_of(choice));
    (void)json_add(j, "usage", usage(x->a));
    return j;
}

static struct json *model_list(const struct shape *x)
{
    struct json *model = json_new_object(), *j = json_new_object();
    (void)json_add_str(model, "id", x->model->served);
    (void)json_add_str(model, "object", "model");
    (void)json_add_int(model, "created", x->created);
    (void)json_add_str(model, "owned_by", "vllm");
    (void)json_add_str(model, "root", x->model->name);
    (void)json_add(model, "parent", json_new_null());
    (void)json_add_int(
        model, "max_model_len", endpoint_env_int(x->e, "MAX_MODEL_LEN", x->model->max_len));
    (void)json_add_str(j, "object", "list");
    (void)json_add(j, "data", array_of(model));
    return j;
}

static struct json *response(const struct shape *x)
{
    struct json *part = json_new_object(), *message = json_new_object(), *u = json_new_object();
    (void)json_add_str(part, "type", "output_text");
    (void)json_add(part, "text", new_text(x->a));
    (void)json_add(part, "annotations", json_new_array());
    (void)json_add_str(message, "type", "message");
    (void)json_add_str(message, "role", "assistant");
    (void)json_add_str(message, "status", "completed");
    (void)json_add(message, "content", array_of(part));
    (void)json_add_int(u, "input_tokens", x->a->tokens_in);
    (void)json_add_int(u, "output_tokens", x->a->tokens_out);
    (void)json_add_int(u, "total_tokens", x->a->tokens_in + x->a->tokens_out);
    struct json *j = head(x, "response");
    json_remove(j, "created");
    (void)json_add_int(j, "created_at", x->created);
    (void)json_add_str(j, "status", x->a->cut ? "incomplete" : "completed");
    (void)json_add(j, "output", array_of(message));
    (void)json_add(j, "usage", u);
    return j;
}

static struct json *anthropic_message(const struct shape *x)
{
    struct json *part = json_new_object(), *u = json_new_object(), *j = json_new_object();
    (void)json_add_str(part, "type", "text");
    (void)json_add(part, "text", new_text(x->a));
    (void)json_add_int(u, "input_tokens", x->a->tokens_in);
    (void)json_add_int(u, "output_tokens", x->a->tokens_out);
    (void)json_add_str(j, "id", x->id);
    (void)json_add_str(j, "type", "message");
    (void)json_add_str(j, "role", "assistant");
    (void)json_add(j, "content", array_of(part));
    (void)json_add_str(j, "model", x->model->served);
    (void)json_add_str(j, "stop_reason", x->a->cut ? "max_tokens" : "end_turn");
    (void)json_add(j, "usage", u);
    return j;
}

static struct json *embedding(uint64_t seed, int64_t index)
{
    struct json *vector = json_new_array(), *j = json_new_object();
    for (int i = 0; i < EMBEDDING_SIZE; i++) {
        seed = seed * 6364136223846793005U + 1442695040888963407U;
        (void)json_push(vector, json_new_num((double)(int64_t)(seed >> 40) / (1 << 24) - 0.5));
    }
    (void)json_add_str(j, "object", "embedding");
    (void)json_add_int(j, "index", index);
    (void)json_add(j, "embedding", vector);
    return j;
}

static struct json *embeddings(const struct shape *x)
{
    const struct json *input = json_get(x->a->body, "input");
    size_t n = json_kind(input) == JSON_ARRAY ? json_count(input) : 1;
    struct json *data = json_new_array(), *u = json_new_object(), *j = json_new_object();
    for (size_t i = 0; i < n && i < 2048; i++)
        (void)json_push(data, embedding(x->a->seed + i, (int64_t)i));
    (void)json_add_int(u, "prompt_tokens", x->a->tokens_in);
    (void)json_add_int(u, "total_tokens", x->a->tokens_in);
    (void)json_add_str(j, "object", "list");
    (void)json_add(j, "data", data);
    (void)json_add_str(j, "model", x->model->served);
    (void)json_add(j, "usage", u);
    return j;
}

static const struct route_shape {
    const char *route, *prefix;
    struct json *(*make)(const struct shape *x);
    bool streams;
} routes[] = {
    {"/v1/chat/completions", "chatcmpl-", chat_completion, true},
    {"/v1/completions", "cmpl-", text_completion, true},
    {"/v1/models", "", model_list, false},
    {"/v1/responses", "resp_", response, false},
    {"/v1/messages", "msg_", anthropic_message, false},
    {"/v1/embeddings", "embd-", embeddings, false},
};

static const struct route_shape *route_find(const char *route)
{
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++)
        if (strcmp(routes[i].route, route) == 0)
            return &routes[i];
    return &routes[0];
}

/* ---- event streams --------------------------------------------------------------------------- */

static void push_event(struct json *chunks, struct json *take_data)
{
    struct buf b;
    buf_init(&b, TEXT_ROOM);
    (void)buf_str_append(&b, "data: ");
    (void)json_print(take_data, &b);
    (void)buf_str_append(&b, "\n\n");
    json_free(take_data);
    size_t half = b.len / 2;
    while (half < b.len && ((unsigned char)b.data[half] & 0xc0) == 0x80)
        half++;
    if (json_count(chunks) % 7 == 5) { /* networks cut where they like */
        struct buf first;
        buf_init(&first, TEXT_ROOM);
        (void)buf_append(&first, buf_str(&b), half);
        (void)json_push(chunks, json_new_string(buf_str(&first)));
        buf_release(&first);
        buf_drop(&b, half);
    }
    (void)json_push(chunks, json_new_string(buf_str(&b)));
    buf_release(&b);
}

/* One event: text NULL = the opening one of a chat; reason NULL = not the last. */
static struct json *delta(const struct shape *x, bool chat, const char *text, const char *reason)
{
    struct json *choice = json_new_object();
    (void)json_add_int(choice, "index", 0);
    if (chat) {
        struct json *d = json_new_object();
        if (!text)
            (void)json_add_str(d, "role", "assistant");
        (void)json_add_str(d, "content", text ? text : "");
        (void)json_add(choice, "delta", d);
    } else {
        (void)json_add_str(choice, "text", text ? text : "");
    }
    (void)json_add(choice, "logprobs", json_new_null());
    (void)json_add_str(choice, "finish_reason", reason);
    struct json *j = head(x, chat ? "chat.completion.chunk" : "text_completion");
    (void)json_add(j, "choices", array_of(choice));
    return j;
}

static struct json *event_stream(const struct shape *x)
{
    bool chat = strcmp(x->a->route, "/v1/chat/completions") == 0;
    struct json *chunks = json_new_array();
    struct answer_words words;
    const char *word = NULL;
    size_t n = 0;
    bool space = false;
    if (chat)
        push_event(chunks, delta(x, chat, NULL, NULL));
    answer_words_init(&words, x->a);
    while (answer_words_next(&words, &space, &word, &n)) {
        char text[256];
        (void)snprintf(
            text, sizeof text, "%s%.*s", space ? " " : "", (int)(n < 200 ? n : 200), word);
        bool last = words.given == x->a->tokens_out;
        push_event(chunks, delta(x, chat, text, last ? finish_reason(x->a) : NULL));
    }
    if (json_bool(json_get(x->a->body, "stream_options"), "include_usage", false)) {
        struct json *j = head(x, chat ? "chat.completion.chunk" : "text_completion");
        (void)json_add(j, "choices", json_new_array());
        (void)json_add(j, "usage", usage(x->a));
        push_event(chunks, j);
    }
    (void)json_push(chunks, json_new_string("data: [DONE]\n\n"));
    return chunks;
}

/* ---- generation A's own format --------------------------------------------------------------- */

static struct json *batch_a(const struct answer *a, struct json *take_tokens, int64_t so_far)
{
    struct json *choice = json_new_object(), *u = json_new_object(), *j = json_new_object();
    (void)json_add(choice, "tokens", take_tokens);
    (void)json_add_int(u, "input", a->tokens_in);
    (void)json_add_int(u, "output", so_far);
    (void)json_add(j, "choices", array_of(choice));
    (void)json_add(j, "usage", u);
    return j;
}

/* Batches grow 1, 3, 9, 27, 50, 50 … */
static struct json *stream_a(const struct shape *x)
{
    struct json *chunks = json_new_array(), *tokens = job_answer_tokens(NULL, x->e, x->a->body);
    struct json *batch = json_new_array();
    int64_t given = 0, size = 1, in_batch = 0;
    for (const struct json *t = json_first(tokens); t; t = json_next(t)) {
        (void)json_push(batch, json_dup(t));
        given++;
        if (++in_batch == size || given == x->a->tokens_out) {
            (void)json_push(chunks, batch_a(x->a, batch, given));
            batch = json_new_array();
            size = size * 3 > 50 ? 50 : size * 3;
            in_batch = 0;
        }
    }
    json_free(batch);
    json_free(tokens);
    return chunks;
}

static struct json *native_2023(const struct shape *x)
{
    struct json *j = json_new_object();
    (void)json_add(j, "text", array_of(new_text(x->a)));
    (void)json_add_int(j, "input_tokens", x->a->tokens_in);
    (void)json_add_int(j, "output_tokens", x->a->tokens_out);
    return array_of(j);
}

static struct json *native_other(const struct shape *x)
{
    const struct json *own = behave(x->e, "output");
    if (own)
        return array_of(json_dup(own));
    struct json *j = json_new_object();
    (void)json_add(j, "result", new_text(x->a));
    return array_of(j);
}

/* ---- all of them ----------------------------------------------------------------------------- */

static struct json *openai_chunks(struct shape *x, const char *job_id)
{
    const struct route_shape *r = route_find(x->a->route);
    uint64_t own = x->a->seed ^ text_hash(job_id); /* the text is the question's, the id is not */
    (void)snprintf(x->id, sizeof x->id, "%s%016" PRIx64, r->prefix, own);
    return x->a->stream && r->streams ? event_stream(x) : array_of(r->make(x));
}

struct json *answer_chunks(const struct endpoint *e, const struct json *input, const char *job_id)
{
    struct answer a;
    struct shape x = {
        .e = e, .a = &a, .model = &e->facts->model, .created = e->world->advanced_to / SECOND};
    answer_measure(e, input, &a);
    if (a.generation == IMAGE_OTHER)
        return native_other(&x);
    if (a.generation == IMAGE_EMBEDDING)
        return array_of(strcmp(a.route, "/v1/models") == 0 ? model_list(&x) : embeddings(&x));
    if (a.native && a.generation == IMAGE_VLLM_2023)
        return native_2023(&x);
    if (a.native && a.generation == IMAGE_VLLM_A)
        return a.stream ? stream_a(&x)
                        : array_of(batch_a(&a, array_of(new_text(&a)), a.tokens_out));
    return openai_chunks(&x, job_id);
}

struct json *answer_output(const struct endpoint *e, struct json *take_chunks)
{
    if (e->facts->image.generation != IMAGE_OTHER)
        return take_chunks;
    struct json *one = json_dup(json_first(take_chunks));
    json_free(take_chunks);
    return one;
}
