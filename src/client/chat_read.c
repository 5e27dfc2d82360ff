/* chat_read: what is sent to the OpenAI route, and what the pieces of its answer mean (spec/runpod.md
 * §2.8). Pure.
 *
 * Pieces are completion chunks: text in choices[0].delta.content (or .text of the older route), the end
 * in finish_reason, token counts in a chunk of their own because the request asks for them. Errors come as
 * {"error": …} with any status, also in the middle. */
#include "client/chat_internal.h"

#include "client/http_error.h"

#include <math.h>
#include <string.h>

enum { BODY_MAX = 10 * 1024 * 1024, SENTENCE_MAX = 512 };

/* ---- the question ------------------------------------------------------------------------------ */

static struct json *messages_json(const struct chat_options *options)
{
    struct json *list = json_new_array();
    for (size_t i = 0; i < options->message_count; i++) {
        struct json *m = json_new_object();
        (void)json_add_str(m, "role", options->messages[i].role);
        (void)json_add_str(m, "content", options->messages[i].content);
        (void)json_push(list, m);
    }
    return list;
}

int chat_body(const struct chat_options *options, struct buf *out, struct err *e)
{
    buf_init(out, BODY_MAX);
    if (options->message_count == 0 || options->message_count > CHAT_MESSAGES_MAX)
        return err_set(e, ERR_INPUT, 0, "a conversation has 1 to %d messages, not %zu",
            CHAT_MESSAGES_MAX, options->message_count);
    struct json *j = json_new_object(), *stream = json_new_object();
    (void)json_add_str(j, "model", options->model);
    (void)json_add(j, "messages", messages_json(options));
    (void)json_add_bool(j, "stream", true);
    (void)json_add_bool(stream, "include_usage", true);
    (void)json_add(j, "stream_options", stream);
    if (isfinite(options->temperature))
        (void)json_add_num(j, "temperature", options->temperature);
    if (options->max_tokens > 0)
        (void)json_add_int(j, "max_tokens", options->max_tokens);
    int failed = j ? json_print(j, out) : -1;
    json_free(j);
    return failed ? err_set(e, ERR_INPUT, 0, "the conversation is too large") : 0;
}

/* ---- the answer -------------------------------------------------------------------------------- */

/* As much as fits. 1 when it carried text. */
static int take_text(struct chat_answer *answer, const struct json *j)
{
    const char *s = json_string(j);
    size_t n = s ? strlen(s) : 0, room = answer->text.max - answer->text.len;
    if (n == 0)
        return 0;
    if (buf_append(&answer->text, s, n < room ? n : room) || n > room)
        answer->cut = true;
    answer->pieces++;
    return 1;
}

static void take_usage(struct chat_answer *answer, const struct json *usage)
{
    int64_t in = json_int(usage, "prompt_tokens", -1),
            out = json_int(usage, "completion_tokens", -1);
    answer->tokens_in = in >= 0 ? in : answer->tokens_in;
    answer->tokens_out = out >= 0 ? out : answer->tokens_out;
}

static int refused(const char *data, size_t n, struct err *e)
{
    struct buf sentence;
    buf_init(&sentence, SENTENCE_MAX);
    if (!http_error_sentence(data, n, "application/json", &sentence))
        (void)buf_str_append(&sentence, "it does not say why");
    err_set(e, ERR_REMOTE, 0, "the endpoint answered with an error: %s", buf_str(&sentence));
    buf_release(&sentence);
    return -1;
}

static bool is_error(const struct json *j)
{
    return json_kind(json_get(j, "error")) > JSON_NULL ||
           strcmp(json_str_or(j, "object", ""), "error") == 0;
}

/* A chunk or a whole completion. */
static int take_completion(struct chat_answer *answer, const struct json *j)
{
    const struct json *choice = json_first(json_get(j, "choices"));
    int text = take_text(answer, json_get(json_get(choice, "delta"), "content"));
    text |= take_text(answer, json_get(json_get(choice, "message"), "content"));
    text |= take_text(answer, json_get(choice, "text"));
    if (json_string(json_get(choice, "finish_reason")))
        answer->ended = true;
    take_usage(answer, json_get(j, "usage"));
    return text;
}

static int take_json(struct chat_answer *answer, const char *data, size_t n, struct err *e)
{
    struct json *j = json_parse(data, n, e);
    int result = -1;
    if (!j)
        err_wrap(e, "the endpoint's answer cannot be read");
    else if (is_error(j))
        result = refused(data, n, e);
    else if (json_kind(json_get(j, "choices")) != JSON_ARRAY)
        result = err_set(e, ERR_REMOTE, 0, "the endpoint's answer is no completion");
    else
        result = take_completion(answer, j);
    json_free(j);
    return result;
}

int chat_take_event(
    struct chat_answer *answer, const char *data, size_t n, bool *done, struct err *e)
{
    while (n > 0 && strchr(" \t\r\n", data[n - 1]))
        n--;
    if (n == 6 && memcmp(data, "[DONE]", 6) == 0) {
        answer->ended = *done = true;
        return 0;
    }
    return take_json(answer, data, n, e);
}

int chat_take_whole(struct chat_answer *answer, const char *data, size_t n, struct err *e)
{
    int result = take_json(answer, data, n, e);
    if (result >= 0)
        answer->ended = true;
    return result;
}
