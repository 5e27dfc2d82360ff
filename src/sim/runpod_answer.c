/* runpod_answer: what the model says.
 *
 * A request's text is hashed; the hash chooses sentences and how many words there are. A word is a
 * token. So answers look like prose, are the same for the same question, and their usage adds up.
 */
#include "sim/runpod_physics.h"

#include <string.h>

enum { SHORTEST = 22, LENGTHS = 120 };

static const char *const sentences[] = {
    "The short answer is yes, with two exceptions that are worth knowing about.",
    "Under the agreement the notice period is thirty days unless both settle on another date.",
    "First, read the clause again, because its second half limits the first.",
    "A reasonable reading is that the obligation ends with the contract.",
    "That holds in Zürich and in São Paulo alike, though the deadlines differ.",
    "You may want to keep a copy of the signed version before anything is changed.",
    "The amount is due within fourteen days of the invoice date.",
    "In practice nobody waits that long, and a reminder is usually enough.",
    "Please note that this is general information and not legal advice.",
    "If the goods arrive damaged, say so in writing on the same day.",
    "The three points above can be summed up in one: write it down early.",
    "There is a naïve way to do this, and it works for small inputs.",
    "For larger ones, sort first and then walk through both lists once.",
    "Measured on the same data, that is about four times faster.",
    "The result does not depend on the order of the items.",
    "Here is an example that shows the difference.",
    "It rains less in the valley, which is why the vines grow there.",
    "Both versions are correct; the second one reads better.",
    "Let me know which of the two you prefer, and I will write the rest.",
    "Nothing else in the document speaks against it.",
};

static uint64_t mix(uint64_t z)
{
    z += 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

/* ---- the question ---------------------------------------------------------------------------- */

static void read_text(struct answer *a, const char *s)
{
    a->seed = mix(a->seed ^ text_hash(s));
    while (*(s += strspn(s, " \t\r\n"))) {
        a->tokens_in++;
        s += strcspn(s, " \t\r\n");
    }
}

/* Every string below `j`, as far as it is text and not structure. */
static void read_texts(struct answer *a, const struct json *j, int depth)
{
    if (json_string(j))
        read_text(a, json_string(j));
    for (const struct json *i = depth < 6 ? json_first(j) : NULL; i; i = json_next(i)) {
        const char *key = json_key(i);
        if (!key || strcmp(key, "content") == 0 || strcmp(key, "text") == 0)
            read_texts(a, i, depth + 1);
    }
}

static int64_t most_tokens(const struct json *input, const struct json *body)
{
    static const char *const names[] = {"max_tokens", "max_completion_tokens", "max_output_tokens"};
    const struct json *params = json_get(input, "sampling_params");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        int64_t n = json_int(body, names[i], json_int(params, names[i], 0));
        if (n > 0)
            return n;
    }
    return 0;
}

/* What each generation assumes when nothing is said (spec §7.4). */
static int64_t usual_most(const struct answer *a, int version)
{
    bool chat = json_get(a->body, "messages") || strcmp(a->route, "/v1/chat/completions") == 0;
    if (a->native && a->generation == IMAGE_VLLM_A)
        return version >= 20000 ? 100 : 16;
    return chat || strcmp(a->route, "/v1/completions") != 0 ? 0 : 16;
}

static const char *route_of(const struct json *input, bool *native)
{
    const char *route = json_str(input, "openai_route");
    route = route ? route : json_str(input, "route");
    *native = !route && !json_get(input, "openai_input");
    if (route)
        return route;
    if (!*native)
        return "/v1/chat/completions";
    return json_get(input, "messages") ? "/v1/chat/completions" : "/v1/completions";
}

static const struct json *body_of(const struct json *input)
{
    const struct json *body = json_get(input, "openai_input");
    body = body ? body : json_get(input, "body");
    return body ? body : input;
}

void answer_measure(const struct endpoint *e, const struct json *input, struct answer *out)
{
    const struct image_facts *image = &e->facts->image;
    memset(out, 0, sizeof *out);
    out->generation = image->generation;
    out->route = route_of(input, &out->native);
    out->body = body_of(input);
    out->stream = json_bool(out->body, "stream", false);
    out->fixed = json_string(behave(e, "answer"));
    out->seed = 1;
    read_texts(out, json_get(out->body, "prompt"), 0);
    read_texts(out, json_get(out->body, "messages"), 0);
    read_texts(out, json_get(out->body, "input"), 0);
    out->most = most_tokens(input, out->body);
    out->most = out->most ? out->most : usual_most(out, image->version);
    const struct json *range = behave(e, "answer_tokens");
    double least = json_number(json_at(range, 0), SHORTEST);
    double spread = json_number(json_at(range, 1), least + LENGTHS) - least;
    out->tokens_out = (int64_t)(least + spread * (double)(mix(out->seed) % 1000) / 1000);
    for (const char *s = out->fixed; s && *(s += strspn(s, " ")); s += strcspn(s, " "))
        out->tokens_out = s == out->fixed ? 1 : out->tokens_out + 1;
    out->cut = out->most > 0 && out->tokens_out > out->most;
    if (out->cut)
        out->tokens_out = out->most;
}

/* ---- the words ------------------------------------------------------------------------------- */

void answer_words_init(struct answer_words *x, const struct answer *a)
{
    *x = (struct answer_words){.a = a, .at = a->fixed ? a->fixed : "", .state = a->seed};
}

bool answer_words_next(struct answer_words *x, bool *space, const char **word, size_t *n)
{
    if (x->given >= x->a->tokens_out)
        return false;
    x->at += strspn(x->at, " ");
    if (*x->at == '\0') {
        if (x->a->fixed)
            return false;
        x->state = mix(x->state);
        x->at = sentences[x->state % (sizeof sentences / sizeof *sentences)];
    }
    *space = x->given++ > 0;
    *word = x->at;
    *n = strcspn(x->at, " ");
    x->at += *n;
    return true;
}

int answer_text(const struct answer *a, struct buf *out)
{
    struct answer_words x;
    const char *word = NULL;
    size_t n = 0;
    bool space = false;
    answer_words_init(&x, a);
    while (answer_words_next(&x, &space, &word, &n)) {
        if (space)
            (void)buf_char(out, ' ');
        (void)buf_append(out, word, n);
    }
    return out->full ? -1 : 0;
}

struct json *job_answer_tokens(struct sim *s, const struct endpoint *e, const struct json *input)
{
    (void)s;
    struct answer a;
    struct answer_words x;
    const char *word = NULL;
    size_t n = 0;
    bool space = false;
    struct json *list = json_new_array();
    answer_measure(e, input, &a);
    answer_words_init(&x, &a);
    while (answer_words_next(&x, &space, &word, &n)) {
        struct buf b;
        buf_init(&b, 256);
        (void)buf_append(&b, " ", space);
        (void)buf_append(&b, word, n);
        (void)json_push(list, json_new_string(buf_str(&b)));
        buf_release(&b);
    }
    return list;
}

struct json *job_answer(struct sim *s, const struct endpoint *e, const struct json *input)
{
    (void)s;
    return answer_output(e, answer_chunks(e, input, ""));
}
