/* runpod_answer_error: requests that the worker refuses.
 *
 * Generation B passes vllm's HTTP error on inside an object, which the SDK writes into the job's
 * error the way Python prints a dictionary (spec/runpod.md §7.6); the others give the bare
 * sentence. */
#include "sim/runpod_physics.h"

#include <inttypes.h>
#include <string.h>

enum { TEXT_ROOM = 64 * 1024 };

/* Python's repr of a string. */
static void put_repr(struct buf *out, const char *s)
{
    char quote = strchr(s, '\'') && !strchr(s, '"') ? '"' : '\'';
    (void)buf_char(out, quote);
    for (; *s; s++) {
        if (*s == quote || *s == '\\')
            (void)buf_char(out, '\\');
        if (*s == '\n')
            (void)buf_str_append(out, "\\n");
        else
            (void)buf_char(out, *s);
    }
    (void)buf_char(out, quote);
}

static void wrap_b(struct buf *out, const char *message)
{
    (void)buf_str_append(out, "{'message': ");
    put_repr(out, message);
    (void)buf_str_append(out, ", 'type': 'worker_error', 'code': None}");
}

/* vllm's own error body. */
static void put_refusal(const struct answer *a, struct buf *out, int status, const char *type,
    const char *param, const char *sentence)
{
    struct json *inner = json_new_object(), *j = json_new_object();
    struct buf message;
    buf_init(&message, TEXT_ROOM);
    (void)json_add_str(inner, "message", sentence);
    (void)json_add_str(inner, "type", type);
    (void)json_add_str(inner, "param", param);
    (void)json_add_int(inner, "code", status);
    (void)json_add(j, "error", inner);
    (void)buf_printf(&message, "vLLM returned HTTP %d: ", status);
    (void)json_print(j, &message);
    if (a->generation == IMAGE_VLLM_B)
        wrap_b(out, buf_str(&message));
    else
        (void)buf_str_append(out, sentence);
    buf_release(&message);
    json_free(j);
}

static bool known_route(const char *route)
{
    static const char *const routes[] = {"/v1/chat/completions", "/v1/completions", "/v1/models",
        "/v1/responses", "/v1/messages", "/v1/embeddings", "/health"};
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++)
        if (strcmp(routes[i], route) == 0)
            return true;
    return false;
}

static bool has_question(const struct answer *a)
{
    const struct json *prompt = json_get(a->body, "prompt"),
                      *messages = json_get(a->body, "messages");
    const struct json *input = json_get(a->body, "input");
    return json_string(prompt) || json_count(prompt) > 0 || json_count(messages) > 0 ||
           json_string(input) || json_count(input) > 0;
}

/* A LoRA adapter is served under its own name (spec/runpod.md §7.5: LORA_MODULES). */
static bool adapter_served(const struct endpoint *e, const char *asked)
{
    const char *modules = endpoint_env(e, "LORA_MODULES");
    struct json *j = modules ? json_parse(modules, strlen(modules), NULL) : NULL;
    bool is = strcmp(json_str_or(j, "name", ""), asked) == 0;
    json_free(j);
    return is;
}

static bool model_served(const struct endpoint *e, const struct answer *a)
{
    const struct model_facts *m = &e->facts->model;
    const char *asked = json_str(a->body, "model");
    const char *names = endpoint_env(e, "OPENAI_SERVED_MODEL_NAME_OVERRIDE");
    if (!asked || strcmp(asked, m->served) == 0 || strcmp(asked, m->name) == 0)
        return true;
    size_t n = strlen(asked);
    for (const char *s = names; s && *s; s += strcspn(s, ","), s += *s == ',') {
        s += strspn(s, " ");
        if (strcspn(s, ", ") == n && memcmp(s, asked, n) == 0)
            return true;
    }
    return adapter_served(e, asked);
}

static bool too_long(const struct endpoint *e, const struct answer *a, struct buf *sentence)
{
    const struct model_facts *m = &e->facts->model;
    int64_t limit = endpoint_env_int(e, "MAX_MODEL_LEN", m->max_len);
    int64_t most = a->most > 0 ? a->most : 1;
    if (limit <= 0 || a->tokens_in <= limit - (most < limit ? most : limit))
        return false;
    (void)buf_printf(sentence,
        "This model's maximum context length is %" PRId64 " tokens. However, you requested %" PRId64
        " tokens (%" PRId64 " in the messages, %" PRId64 " in the completion). Please reduce the "
        "length of the messages or completion.",
        limit, a->tokens_in + most, a->tokens_in, most);
    return true;
}

bool answer_error(const struct endpoint *e, const struct json *input, struct buf *out)
{
    static const char nothing[] =
        "Job input must contain one of: openai_input (+openai_route), route "
        "(+body), or prompt/messages.";
    struct answer a;
    struct buf sentence;
    answer_measure(e, input, &a);
    if (a.generation == IMAGE_OTHER || a.generation == IMAGE_EMBEDDING)
        return false;
    buf_init(&sentence, TEXT_ROOM);
    bool asks = strcmp(a.route, "/v1/models") != 0 && strcmp(a.route, "/health") != 0;
    bool wrong = true;
    if (a.native && !has_question(&a)) {
        if (a.generation == IMAGE_VLLM_B)
            wrap_b(out, nothing);
        else
            (void)buf_str_append(out, "'NoneType' object is not iterable");
    } else if (!known_route(a.route)) {
        put_refusal(&a, out, 404, "NotFoundError", NULL, "Not Found");
    } else if (asks && !has_question(&a)) {
        put_refusal(&a, out, 400, "BadRequestError", "messages", "Field required");
    } else if (asks && !model_served(e, &a)) {
        (void)buf_printf(&sentence, "The model `%s` does not exist.", json_str(a.body, "model"));
        put_refusal(&a, out, 404, "NotFoundError", "model", buf_str(&sentence));
    } else if (asks && too_long(e, &a, &sentence)) {
        put_refusal(&a, out, 400, "BadRequestError", "input_tokens", buf_str(&sentence));
    } else {
        wrong = false;
    }
    buf_release(&sentence);
    return wrong;
}
