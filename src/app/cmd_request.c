/* Conversations and logs. */
#include "app/answering.h"
#include "app/asked.h"
#include "app/call_input.h"
#include "app/command.h"
#include "app/logs.h"
#include "app/requests.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { INPUT_MAX = 10 << 20, TALK_ARENA = 64 << 20 };

/* The ledger of the calling thread. A request goes out without it, but not silently. */
static struct state *open_ledger(struct call *c, struct err *why)
{
    err_clear(why);
    struct state *s = engine_state(&c->engine, why);
    if (!s)
        err_wrap(why, "the request is not kept in the ledger");
    return s;
}

/* ---- chat ---------------------------------------------------------------------------------------- */

struct talking {
    struct arena *arena;
    struct buf question;
    struct request q;
    size_t printed; /* bytes of the cleaned answer that are out */
    struct call *call;
    struct err ledger; /* why the request is not kept; class ERR_NONE = it is */
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
    if (asked ? buf_str_append(out, asked) : call_read_input(out, cancel, e))
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
    {.name = "chat",
        .help =
            "asks a model and streams its answer; without QUESTION it is read from standard input",
        .args = {"model", "question"},
        .args_least = 1,
        .flags = {{"system", "TEXT", "the system prompt"}, {"max-tokens", "N", "at most"}},
        .run = chat},
    {.name = "logs",
        .help = "what the workers of an endpoint say, or all of them and Slipway; by time",
        .args = {"endpoint"},
        .flags = {{"follow", NULL, "until Ctrl-C"},
            {"tail", "N", "the last N lines of all together; default 100"},
            {"since", "WHEN", "from then on: 90s, 10m, 2h, 3d or 2026-11-23T14:00:00Z"},
            {"level", "LEVEL", "debug, info, warn or error, and above"},
            {"grep", "RE", "lines in which the expression is found"},
            {"worker", "ID", "of this worker, also when it has gone"},
            {"source", "NAME", "container, system or slipway alone"}},
        .run = logs_call},
    {.name = NULL},
};
