/* Requests by hand: run and chat. */
#include "app/answering.h"
#include "app/asked.h"
#include "app/command.h"
#include "app/logs.h"
#include "app/requests.h"
#include "base/file.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { INPUT_MAX = 10 << 20, TALK_ARENA = 64 << 20, RUN_DEADLINE_MS = 60 * 60 * 1000 };

/* Standard input to its end. Nobody may ever write to it, so the cancel is looked at in between. */
static int read_input(struct buf *out, struct cancel *cancel, struct err *e)
{
    enum { LOOK_MS = 100 };
    char piece[16 * 1024];
    for (;;) {
        struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
        int ready = poll(&in, 1, LOOK_MS);
        if (cancel_check(cancel, e))
            return -1;
        if (ready <= 0)
            continue;
        ssize_t n = read(STDIN_FILENO, piece, sizeof piece);
        if (n < 0)
            return err_errno(e, errno, "cannot read standard input");
        if (n == 0)
            return 0;
        if (buf_append(out, piece, (size_t)n))
            return err_set(e, ERR_INPUT, 0, "standard input is larger than %d MB", INPUT_MAX >> 20);
    }
}

/* ---- run ----------------------------------------------------------------------------------------- */

struct running {
    struct json *input;
    struct arena *arena;
    struct request q;
    char endpoint[ENDPOINT_ID_MAX];
    struct err ledger; /* why the request is not kept; class ERR_NONE = it is */
};

/* The ledger of the calling thread. A request goes out without it, but not silently. */
static struct state *open_ledger(struct call *c, struct err *why)
{
    err_clear(why);
    struct state *s = engine_state(&c->engine, why);
    if (!s)
        err_wrap(why, "the request is not kept in the ledger");
    return s;
}

/* --input JSON, --input @FILE, --input -, or --prompt TEXT [--max-tokens N]. */
static int make_input(struct call *c, struct json **out, struct cancel *cancel, struct err *e)
{
    const char *input = asked_text(c->asked, "input"), *prompt = asked_text(c->asked, "prompt");
    int64_t tokens;
    if (asked_number(c->asked, "max-tokens", 1, 1000000, 0, &tokens, e))
        return -1;
    if (!input == !prompt)
        return err_set(e, ERR_INPUT, 0, "say what to send: --prompt TEXT, or --input JSON");
    if (prompt) {
        *out = json_new_object();
        json_add_str(*out, "prompt", prompt);
        if (tokens) {
            struct json *sampling = json_new_object();
            json_add_int(sampling, "max_tokens", tokens);
            json_add(*out, "sampling_params", sampling);
        }
        return 0;
    }
    struct buf text;
    buf_init(&text, INPUT_MAX);
    int failed = 0;
    if (strcmp(input, "-") == 0)
        failed = read_input(&text, cancel, e);
    else if (input[0] == '@')
        failed = file_read(input + 1, &text, e);
    else
        buf_str_append(&text, input);
    if (!failed) {
        *out = json_parse(buf_str(&text), text.len, e);
        failed = *out ? 0 : -1;
        if (failed)
            e->class = ERR_INPUT, err_wrap(e, "--input");
        else if (json_kind(*out) != JSON_OBJECT)
            failed = err_set(e, ERR_INPUT, 0, "--input must be a JSON object");
    }
    buf_release(&text);
    return failed;
}

static int run_request(struct call *c, void *arg, struct cancel *cancel, struct err *e)
{
    struct running *r = arg;
    struct text served;
    if (make_input(c, &r->input, cancel, e) ||
        answer_resolve(
            &c->engine, json_str(c->asked, "endpoint"), r->endpoint, &served, r->arena, cancel, e))
        return -1;
    if (c->dry_run)
        return 0;
    struct state *ledger = open_ledger(c, &r->ledger);
    const struct request_task task = {.engine = &c->engine,
        .ledger = ledger,
        .endpoint_id = r->endpoint,
        .model = served.s,
        .input = r->input,
        .deadline_ms = RUN_DEADLINE_MS,
        .cancel = cancel};
    request_begin(&task, &r->q, r->arena);
    int result = request_follow(&task, &r->q, r->arena, e);
    state_close(ledger);
    if (result && r->q.job_id[0]) /* it was sent, and bills whoever waits for it */
        err_hint(e, "the request %s goes on at the endpoint %s", r->q.job_id, r->endpoint);
    return result;
}

static int print_plan(struct call *c, const struct running *r)
{
    struct buf line;
    buf_init(&line, INPUT_MAX + HTTP_URL_MAX);
    buf_printf(&line, "POST %s/%s/run {\"input\":", c->profile.runpod_endpoint_base, r->endpoint);
    int failed = json_print(r->input, &line) || buf_char(&line, '}');
    const char *const lines[] = {buf_str(&line)};
    int code = failed ? EXIT_CODE_STATE : call_print_plan(c, lines, 1);
    buf_release(&line);
    return code;
}

static void print_answer(struct call *c, const struct request *q)
{
    char cost[32] = "unknown";
    if (q->output.len)
        fprintf(c->out, "%.*s\n", (int)q->output.len, q->output.s);
    if (q->error.len)
        call_line(c, "error: %s", q->error.s);
    if (!isnan(q->cost))
        snprintf(cost, sizeof cost, "$%.5f", q->cost);
    fflush(c->out);
    if (!c->quiet)
        fprintf(c->errors, "%s: waited %.1f s, ran %.2f s, estimated cost %s\n",
            request_status_name(q->status), (double)(q->delay_ms > 0 ? q->delay_ms : 0) / 1000,
            (double)(q->execution_ms > 0 ? q->execution_ms : 0) / 1000, cost);
}

/* An answer that is a failure is printed as well; the exit code tells. */
static int print_request(struct call *c, const struct request *q)
{
    int code = EXIT_CODE_OK;
    if (c->json)
        code = call_print(c, request_json(q), "slipway.request/1");
    else
        print_answer(c, q);
    return code == EXIT_CODE_OK && q->status != REQUEST_COMPLETED ? EXIT_CODE_REMOTE : code;
}

static int run(struct call *c)
{
    struct running r = {.arena = arena_new(TALK_ARENA)};
    struct err e;
    int code = call_open(c);
    if (!code)
        code = call_may_write(c);
    if (!code && !r.arena)
        code = EXIT_CODE_STATE;
    if (!code) {
        int failed = call_task(c, run_request, NULL, &r, &e);
        if (r.ledger.class != ERR_NONE)
            call_complain(c, &r.ledger);
        code = failed ? call_fail(c, &e) : c->dry_run ? print_plan(c, &r) : print_request(c, &r.q);
    }
    json_free(r.input);
    arena_free(r.arena);
    return code;
}

/* ---- chat ---------------------------------------------------------------------------------------- */

struct talking {
    struct arena *arena;
    struct buf question;
    struct request q;
    size_t printed; /* bytes of the cleaned answer that are out */
    struct call *call;
    struct err ledger; /* as in struct running */
};

/* The whole answer is cleaned anew each time, so that a sequence cut between pieces cannot get through;
 * what might still change at its end is held back until more has come. */
static void on_piece(void *arg, const struct chat_answer *answer)
{
    enum { HELD_BACK = 64 };
    struct talking *t = arg;
    struct buf shown;
    if (t->call->json)
        return;
    buf_init(&shown, CHAT_ANSWER_MAX * 4);
    text_safe(&shown, buf_str(&answer->text), answer->text.len, TEXT_BLOCK);
    size_t end = shown.len;
    if (!answer->ended)
        end = end > HELD_BACK ? end - HELD_BACK : 0;
    while (!answer->ended && end > t->printed && ((unsigned char)shown.data[end] & 0xC0) == 0x80)
        end--;
    if (end > t->printed) {
        fwrite(shown.data + t->printed, 1, end - t->printed, t->call->out);
        fflush(t->call->out);
        t->printed = end;
    }
    buf_release(&shown);
}

static int read_question(struct call *c, struct buf *out, struct cancel *cancel, struct err *e)
{
    const char *asked = asked_text(c->asked, "question");
    if (!asked && isatty(STDIN_FILENO))
        fputs("Your question, ended by Ctrl-D:\n", c->errors);
    if (asked ? buf_str_append(out, asked) : read_input(out, cancel, e))
        return asked ? err_set(e, ERR_INPUT, 0, "the question is too long") : -1;
    if (strlen(buf_str(out)) != out->len)
        return err_set(e, ERR_INPUT, 0, "the question holds a NUL byte");
    return out->len ? 0 : err_set(e, ERR_INPUT, 0, "there is no question to ask");
}

static int talk(struct call *c, void *arg, struct cancel *cancel, struct err *e)
{
    struct talking *t = arg;
    char endpoint[ENDPOINT_ID_MAX];
    struct text served;
    int64_t tokens;
    if (asked_number(c->asked, "max-tokens", 1, 1000000, 0, &tokens, e) ||
        read_question(c, &t->question, cancel, e) ||
        answer_resolve(
            &c->engine, json_str(c->asked, "model"), endpoint, &served, t->arena, cancel, e))
        return -1;
    const char *system = asked_text(c->asked, "system");
    struct chat_message messages[2];
    size_t count = 0;
    if (system)
        messages[count++] = (struct chat_message){"system", system};
    messages[count++] = (struct chat_message){"user", buf_str(&t->question)};
    const struct chat_options options = {.endpoint_id = endpoint,
        .model = served.s,
        .messages = messages,
        .message_count = count,
        .temperature = NAN,
        .max_tokens = tokens};
    struct chat_answer answer;
    chat_answer_init(&answer);
    struct state *ledger = open_ledger(c, &t->ledger);
    int result = answer_stream(
        &c->engine, ledger, &options, &answer, on_piece, t, &t->q, t->arena, cancel, e);
    answer.ended = true;
    on_piece(t, &answer);
    state_close(ledger);
    chat_answer_release(&answer);
    return result;
}

static void print_facts(struct call *c, const struct request *q)
{
    char cost[32] = "unknown", tokens[64] = "";
    if (!isnan(q->cost))
        snprintf(cost, sizeof cost, "$%.5f", q->cost);
    if (q->tokens_out >= 0)
        snprintf(tokens, sizeof tokens, ", %" PRId64 " token%s in, %" PRId64 " out", q->tokens_in,
            q->tokens_in == 1 ? "" : "s", q->tokens_out);
    fprintf(c->errors, "first token after %.2f s%s, estimated cost %s\n",
        (double)(q->first_token_ms > 0 ? q->first_token_ms : 0) / 1000, tokens, cost);
}

static int chat(struct call *c)
{
    struct talking t = {.arena = arena_new(TALK_ARENA), .call = c};
    struct err e;
    buf_init(&t.question, INPUT_MAX);
    int code = call_open(c);
    if (!code)
        code = call_may_write(c);
    if (!code && !t.arena)
        code = EXIT_CODE_STATE;
    if (!code) {
        int failed = call_task(c, talk, NULL, &t, &e);
        if (!c->json && t.printed)
            fputc('\n', c->out);
        fflush(c->out);
        if (t.ledger.class != ERR_NONE)
            call_complain(c, &t.ledger);
        if (failed)
            code = call_fail(c, &e);
        else if (c->json)
            code = call_print(c, request_json(&t.q), "slipway.request/1");
        else if (!c->quiet)
            print_facts(c, &t.q);
    }
    buf_release(&t.question);
    arena_free(t.arena);
    return code;
}

const struct command commands_request[] = {
    {.name = "run",
        .help = "sends one request to an endpoint and waits for its answer; says what it cost",
        .args = {"endpoint"},
        .args_least = 1,
        .flags = {{"prompt", "TEXT", "sent as {\"prompt\": TEXT}"},
            {"max-tokens", "N", "with --prompt"},
            {"input", "JSON", "the whole input object; @FILE or - to read it"}},
        .writes = true,
        .run = run},
    {.name = "chat",
        .help =
            "asks a model and streams its answer; without QUESTION it is read from standard input",
        .args = {"model", "question"},
        .args_least = 1,
        .flags = {{"system", "TEXT", "the system prompt"}, {"max-tokens", "N", "at most"}},
        .run = chat},
    {.name = "logs",
        .help = "the logs of an endpoint's workers, or of all",
        .args = {"endpoint"},
        .flags = {{"follow", NULL, "until Ctrl-C"},
            {"tail", "N", "lines of the past per worker; default 100"}},
        .run = logs_call},
    {.name = NULL},
};
