/* What is to be sent, from a form's texts or a command's values: one of a prompt, an input and messages. The
 * body is made once and sent as often as asked for. */
#include "app/sending.h"

#include "app/asked.h"
#include "base/file.h"

#include <math.h>
#include <string.h>

enum { TOKENS_MAX = 1000000, AT_ONCE_USUAL = 8 };

/* ---- numbers ----------------------------------------------------------------------------------- */

static int read_route(const struct json *asked, struct sending_body *b, struct err *e)
{
    const char *name = asked_text(asked, "route");
    b->route = name ? burst_route_of(name) : BURST_ASYNC;
    if (b->route == BURST_ROUTES)
        return err_set(
            e, ERR_INPUT, 0, "the route is async, sync, stream or chat, not %.40s", name);
    return 0;
}

static int read_numbers(const struct json *asked, struct sending_body *b, struct err *e)
{
    int64_t most = BURST_AT_ONCE_MAX;
    if (read_route(asked, b, e) ||
        asked_number(asked, "count", 1, BURST_COUNT_MAX, 1, &b->count, e) ||
        asked_number(asked, "max-tokens", 1, TOKENS_MAX, 0, &b->max_tokens, e))
        return -1;
    if (b->route == BURST_SYNC)
        most = BURST_SYNC_AT_ONCE_MAX;
    if (asked_number(asked, "concurrency", 1, most, AT_ONCE_USUAL, &b->at_once, e)) {
        if (b->route == BURST_SYNC)
            err_hint(e,
                "each sync request holds a connection until it is answered; async ones "
                "may be %d at once",
                BURST_AT_ONCE_MAX);
        return -1;
    }
    b->at_once = b->at_once < b->count ? b->at_once : b->count;
    return 0;
}

static int read_sources(const struct json *asked, struct err *e)
{
    static const char *const sources[] = {"prompt", "input", "messages"};
    int said = 0;
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        const struct json *j = json_get(asked, sources[i]);
        said += json_string(j) ? *json_string(j) != 0 : json_kind(j) > JSON_NULL;
    }
    if (said == 0)
        return err_set(e, ERR_INPUT, 0, "say what to send: a prompt, or an input as JSON");
    if (said > 1)
        return err_set(e, ERR_INPUT, 0, "a prompt, an input, or messages: say one of them");
    const struct json *input = json_get(asked, "input");
    bool own = json_string(input) ? *json_string(input) != 0 : json_kind(input) > JSON_NULL;
    const struct json *tokens = json_get(asked, "max-tokens");
    bool limited = json_string(tokens) ? *json_string(tokens) != 0 : json_kind(tokens) > JSON_NULL;
    if (own && limited)
        return err_set(
            e, ERR_INPUT, 0, "max tokens go with a prompt or messages; an input says its own");
    return 0;
}

int sending_check(const struct json *asked, struct err *e)
{
    struct sending_body b = {0};
    if (!asked_text(asked, "endpoint"))
        return err_set(e, ERR_INPUT, 0, "say which endpoint the requests go to");
    return read_numbers(asked, &b, e) || read_sources(asked, e) ? -1 : 0;
}

/* ---- the body ------------------------------------------------------------------------------------ */

/* A member that is a tree already, or JSON as text, or "@FILE" that holds it. */
static struct json *read_tree(const struct json *asked, const char *key, struct err *e)
{
    const struct json *j = json_get(asked, key);
    const char *s = json_string(j);
    struct json *tree = NULL;
    struct buf text;
    if (!s)
        return json_dup(j);
    buf_init(&text, SENDING_INPUT_MAX);
    int failed = s[0] == '@' ? file_read(s + 1, &text, e) : buf_str_append(&text, s);
    if (failed && s[0] != '@')
        err_set(e, ERR_INPUT, 0, "the %s is larger than %d MB", key, SENDING_INPUT_MAX >> 20);
    if (!failed && !(tree = json_parse(buf_str(&text), text.len, e))) {
        if (e)
            e->class = ERR_INPUT;
        err_wrap(e, "%s", key);
    }
    buf_release_secret(&text);
    return tree;
}

static struct json *user_message(const char *prompt)
{
    struct json *list = json_new_array(), *one = json_new_object();
    int failed = json_add_str(one, "role", "user") | json_add_str(one, "content", prompt);
    if (json_push(list, one) || failed) {
        json_free(list);
        return NULL;
    }
    return list;
}

/* Wrapped as workers understand it (spec/runpod.md §7.6). */
static struct json *wrap(const char *key, struct json *take, const struct sending_body *b)
{
    struct json *input = json_new_object();
    int failed = json_add(input, key, take);
    if (b->max_tokens > 0) {
        struct json *sampling = json_new_object();
        failed |= json_add_int(sampling, "max_tokens", b->max_tokens);
        failed |= json_add(input, "sampling_params", sampling);
    }
    if (b->route == BURST_STREAM)
        failed |= json_add_bool(input, "stream", true);
    if (!failed)
        return input;
    json_free(input);
    return NULL;
}

static int take_messages(
    const struct json *list, struct arena *a, struct sending_body *b, struct err *e)
{
    size_t n = json_count(list);
    if (json_kind(list) != JSON_ARRAY || n == 0 || n > CHAT_MESSAGES_MAX)
        return err_set(e, ERR_INPUT, 0, "messages are a list of 1 to %d", CHAT_MESSAGES_MAX);
    b->messages = arena_array(a, n, sizeof *b->messages);
    if (!b->messages)
        return err_set(e, ERR_IO, 0, "out of memory");
    for (const struct json *m = json_first(list); m; m = json_next(m)) {
        const char *role = json_str(m, "role"), *content = json_str(m, "content");
        if (!role || !content)
            return err_set(e, ERR_INPUT, 0,
                "each message is {\"role\":…,\"content\":…}, both texts, on the chat route");
        struct chat_message *out = &b->messages[b->message_count++];
        *out = (struct chat_message){arena_strdup(a, role), arena_strdup(a, content)};
        if (!out->role || !out->content)
            return err_set(e, ERR_IO, 0, "the messages are too large");
    }
    return 0;
}

static int no_memory(struct err *e)
{
    return err_set(e, ERR_IO, 0, "out of memory");
}

static int read_messages(
    struct json *take_list, struct arena *a, struct sending_body *b, struct err *e)
{
    int failed = 0;
    if (!take_list)
        return -1;
    if (b->route == BURST_CHAT) {
        failed = take_messages(take_list, a, b, e);
        json_free(take_list);
    } else if (json_kind(take_list) != JSON_ARRAY) {
        json_free(take_list);
        failed = err_set(e, ERR_INPUT, 0, "messages are a list");
    } else if (!(b->input = wrap("messages", take_list, b))) {
        failed = no_memory(e);
    }
    return failed;
}

static int read_input(
    const struct json *asked, struct arena *a, struct sending_body *b, struct err *e)
{
    struct json *tree = read_tree(asked, "input", e);
    int failed = 0;
    if (!tree)
        return -1;
    if (json_kind(tree) != JSON_OBJECT || json_count(tree) == 0)
        failed = err_set(e, ERR_INPUT, 0,
            "the input must be a JSON object that is not empty: workers reject it");
    else if (b->route == BURST_CHAT) {
        failed = take_messages(json_get(tree, "messages"), a, b, e);
        b->max_tokens = json_int(json_get(tree, "sampling_params"), "max_tokens", 0);
    }
    if (failed || b->route == BURST_CHAT)
        json_free(tree);
    else
        b->input = tree;
    return failed;
}

static int read_prompt(const char *prompt, struct arena *a, struct sending_body *b, struct err *e)
{
    if (b->route == BURST_CHAT) {
        struct json *list = user_message(prompt);
        return list ? read_messages(list, a, b, e) : no_memory(e);
    }
    b->input = wrap("prompt", json_new_string(prompt), b);
    return b->input ? 0 : no_memory(e);
}

int sending_read(const struct json *asked, struct arena *a, struct sending_body *out, struct err *e)
{
    *out = (struct sending_body){0};
    const char *prompt = asked_text(asked, "prompt");
    if (read_numbers(asked, out, e) || read_sources(asked, e))
        return -1;
    if (prompt)
        return read_prompt(prompt, a, out, e);
    const struct json *messages = json_get(asked, "messages");
    bool has =
        json_string(messages) ? *json_string(messages) != 0 : json_kind(messages) > JSON_NULL;
    return has ? read_messages(read_tree(asked, "messages", e), a, out, e)
               : read_input(asked, a, out, e);
}

void sending_body_release(struct sending_body *b)
{
    json_free(b->input);
    *b = (struct sending_body){0};
}

/* ---- in words ------------------------------------------------------------------------------------ */

static int say_chat(const struct sending_body *b, const char *served, struct buf *out)
{
    const struct chat_options options = {.model = served,
        .messages = b->messages,
        .message_count = b->message_count,
        .temperature = NAN,
        .max_tokens = b->max_tokens};
    struct buf body;
    int failed = chat_body(&options, &body, NULL) || buf_append(out, buf_str(&body), body.len);
    buf_release(&body);
    return failed ? -1 : 0;
}

int sending_say(const struct sending_body *b, const char *base, const char *endpoint_id,
    const char *served, struct buf *out, struct err *e)
{
    static const char *const verbs[BURST_ROUTES] = {[BURST_ASYNC] = "run",
        [BURST_SYNC] = "runsync?wait=90000",
        [BURST_STREAM] = "run",
        [BURST_CHAT] = "openai/v1/chat/completions"};
    int failed = buf_printf(out, "POST %s/%s/%s ", base, endpoint_id, verbs[b->route]);
    if (b->route == BURST_CHAT)
        failed |= say_chat(b, served, out);
    else
        failed |=
            buf_str_append(out, "{\"input\":") | json_print(b->input, out) | buf_char(out, '}');
    return failed ? no_memory(e) : 0;
}
