/* `slipway run`: test requests by any route. One is sent and waited for here; several are an operation, which
 * says its price and asks (app/test.c). */
#include "app/answering.h"
#include "app/asked.h"
#include "app/burst.h"
#include "app/call_input.h"
#include "app/call_operation.h"
#include "app/command.h"
#include "app/requests.h"
#include "client/runpod_control.h"
#include "ui/say.h"
#include "ui/say_burst.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RUN_ARENA = 64 << 20, DEADLINE_MS = 60 * 60 * 1000, PLAN_MAX = 32 << 20 };

struct running {
    struct call *call;
    struct arena *arena;
    struct sending_body body;
    char endpoint[ENDPOINT_ID_MAX];
    struct text served;
    struct request q;
    struct burst_prices prices;
    struct state *ledger;
    struct err ledger_error; /* why the request is not kept; class ERR_NONE = it is */
    struct text price[3];    /* of a dry run: what it would cost, as a burst says it */
    size_t printed;          /* bytes of the answer that are out */
    struct buf out;          /* … and those bytes */
};

/* ---- what is asked for --------------------------------------------------------------------------- */

static bool has(const struct call *c, const char *flag)
{
    return json_get(c->asked, flag) != NULL;
}

static int choose_route(struct call *c)
{
    if (has(c, "sync") && has(c, "stream"))
        return call_usage(c, "--sync and --stream: say one of them");
    const char *route = has(c, "sync")       ? "sync"
                        : !has(c, "stream")  ? "async"
                        : has(c, "messages") ? "chat"
                                             : "stream";
    return json_set(c->asked, "route", json_new_string(route)) ? EXIT_CODE_STATE : EXIT_CODE_OK;
}

static int check_sources(struct call *c)
{
    int said = has(c, "prompt") + has(c, "input") + has(c, "messages");
    if (said > 1 || (said == 0 && !has(c, "edit")))
        return call_usage(c, "say what to send: --prompt TEXT, --input JSON, --messages JSON or "
                             "--edit");
    return EXIT_CODE_OK;
}

/* "-": what comes on standard input, as the input itself. */
static int read_standard_input(struct call *c, void *arg, struct cancel *cancel, struct err *e)
{
    struct buf text;
    struct json *tree = NULL;
    (void)arg;
    buf_init(&text, SENDING_INPUT_MAX);
    int failed = call_read_input(&text, cancel, e);
    if (!failed && !(tree = json_parse(buf_str(&text), text.len, e))) {
        e->class = ERR_INPUT;
        failed = err_wrap(e, "--input");
    }
    if (!failed && json_set(c->asked, "input", tree))
        failed = err_set(e, ERR_IO, 0, "out of memory");
    buf_release_secret(&text);
    return failed;
}

/* A file is named as it is found from anywhere. */
static int make_path_whole(struct call *c, const char *flag)
{
    const char *value = json_str(c->asked, flag);
    char *whole = value && value[0] == '@' ? realpath(value + 1, NULL) : NULL;
    if (!whole)
        return EXIT_CODE_OK; /* what is wrong with it is said when it is read */
    struct buf named;
    buf_init(&named, 64 * 1024);
    int failed = buf_printf(&named, "@%s", whole) ||
                 json_set(c->asked, flag, json_new_string(buf_str(&named)));
    buf_release(&named);
    free(whole);
    return failed ? EXIT_CODE_STATE : EXIT_CODE_OK;
}

/* What would be sent, for editing; without anything a beginning. */
static int begin_edit(struct call *c, struct buf *text, struct err *e)
{
    static const char empty[] = "{\"prompt\":\"\",\"sampling_params\":{\"max_tokens\":64}}";
    struct arena *a = arena_new(RUN_ARENA);
    struct sending_body body = {0};
    struct json *asked = json_dup(c->asked), *tree = NULL;
    bool said = has(c, "prompt") || has(c, "input") || has(c, "messages");
    int failed = 0;
    if (strcmp(json_str_or(asked, "route", ""), "chat") == 0)
        json_set(asked, "route", json_new_string("async"));
    if (said)
        failed = sending_read(asked, a, &body, e);
    else
        tree = json_parse(empty, sizeof empty - 1, e);
    if (!failed && editor_print(said ? body.input : tree, text))
        failed = err_set(e, ERR_INPUT, 0, "the body is too large to edit");
    sending_body_release(&body);
    json_free(tree);
    json_free(asked);
    arena_free(a);
    return failed;
}

static int edit(struct call *c, struct err *e)
{
    struct buf text;
    struct json *tree = NULL;
    buf_init(&text, SENDING_INPUT_MAX);
    int failed = begin_edit(c, &text, e) || editor_run(&text, e);
    if (!failed && !(tree = json_parse(buf_str(&text), text.len, e))) {
        e->class = ERR_INPUT;
        failed = err_wrap(e, "what was edited");
    }
    json_remove(c->asked, "prompt");
    json_remove(c->asked, "messages");
    json_remove(c->asked, "max-tokens"); /* it is in the body */
    if (!failed && json_set(c->asked, "input", tree))
        failed = err_set(e, ERR_IO, 0, "out of memory");
    buf_release_secret(&text);
    return failed ? -1 : 0;
}

/* Nobody edits a body to be told then that a number is wrong. */
static int check_early(struct call *c, struct err *e)
{
    struct json *probe = json_dup(c->asked);
    if (!has(c, "prompt") && !has(c, "input") && !has(c, "messages"))
        json_set(probe, "prompt", json_new_string("to be edited"));
    int failed = sending_check(probe, e);
    json_free(probe);
    return failed;
}

static int gather(struct call *c)
{
    struct err e;
    int code = choose_route(c);
    if (!code)
        code = check_sources(c);
    if (!code && check_early(c, &e))
        return call_fail(c, &e);
    if (!code)
        code = make_path_whole(c, "input") ? EXIT_CODE_STATE : make_path_whole(c, "messages");
    if (!code)
        code = call_open(c);
    if (!code)
        code = call_may_write(c);
    if (!code && strcmp(json_str_or(c->asked, "input", ""), "-") == 0 &&
        call_task(c, read_standard_input, NULL, NULL, &e))
        code = call_fail(c, &e);
    if (!code && has(c, "edit") && (edit(c, &e) || sending_check(c->asked, &e)))
        code = call_fail(c, &e);
    return code;
}

/* ---- sending one ----------------------------------------------------------------------------------- */

static void on_change(void *arg, struct request *q)
{
    struct running *r = arg;
    struct engine *g = &r->call->engine;
    if (q->worker_id[0] || request_is_final(q->status))
        burst_price(&r->prices, g, q, g->quit);
    if (r->ledger)
        state_request_save(r->ledger, q, NULL);
    request_tell(g, q);
}

/* What might still change at its end, because a sequence or a secret was cut there, is held back until more
 * has come. What was printed and is no longer the beginning was not all that came. */
static void print_so_far(struct running *r, struct text answer, bool last)
{
    enum { HELD_BACK = 64 };
    size_t end = answer.len;
    if (!last)
        end = end > HELD_BACK ? end - HELD_BACK : 0;
    while (!last && end > r->printed && ((unsigned char)answer.s[end] & 0xC0) == 0x80)
        end--;
    bool goes_on = answer.len >= r->printed && memcmp(answer.s, buf_str(&r->out), r->printed) == 0;
    if (!goes_on && last) {
        fputs("\n", r->call->out);
        fflush(r->call->out);
        fputs("slipway: pieces were lost on the way; the whole answer is:\n", r->call->errors);
        r->printed = 0;
    }
    if ((!goes_on && !last) || end <= r->printed)
        return;
    fwrite(answer.s + r->printed, 1, end - r->printed, r->call->out);
    fflush(r->call->out);
    buf_clear(&r->out);
    (void)buf_append(&r->out, answer.s, end);
    r->printed = end;
}

static void on_piece(void *arg, struct text answer)
{
    struct running *r = arg;
    if (!r->call->json)
        print_so_far(r, answer, false);
}

static void begin(struct running *r)
{
    const struct sending_body *b = &r->body;
    const struct request_task task = {.engine = &r->call->engine,
        .endpoint_id = r->endpoint,
        .model = r->served.s,
        .input = b->input};
    request_begin(&task, &r->q, r->arena);
    if (b->route != BURST_CHAT)
        return;
    const char *last = b->messages[b->message_count - 1].content;
    r->q.route = REQUEST_ROUTE_OPENAI;
    r->q.input = text_new(r->arena, last, strlen(last), TEXT_BLOCK);
}

static int send_it(struct running *r, struct cancel *cancel, struct err *e)
{
    bool streams = r->body.route == BURST_STREAM || r->body.route == BURST_CHAT;
    struct pace pace;
    struct sending s = {.engine = &r->call->engine,
        .body = &r->body,
        .endpoint_id = r->endpoint,
        .model = r->served.s,
        .pace = &pace,
        .deadline_ms = DEADLINE_MS,
        .changed = on_change,
        .piece = streams ? on_piece : NULL,
        .arg = r,
        .cancel = cancel};
    pace_init(&pace);
    int result = sending_run(&s, &r->q, r->arena, e);
    pace_release(&pace);
    if (result && r->q.job_id[0] && !request_is_final(r->q.status))
        err_hint(e, "the request %s goes on at the endpoint %s", r->q.job_id, r->endpoint);
    return result;
}

/* What is not known of the price keeps nobody from seeing the request. */
static int estimate(struct running *r, struct cancel *cancel, struct err *e)
{
    struct call *c = r->call;
    struct arena *a = r->arena;
    struct endpoint endpoint;
    struct err why;
    if (runpod_endpoint(c->engine.runpod, r->endpoint, a, &endpoint, cancel, &why)) {
        r->price[0] = say_text(a, "cost: not known: %s", why.message);
        return cancel_check(cancel, e);
    }
    struct state *ledger = engine_state(&c->engine, NULL);
    struct burst_evidence v = burst_evidence_gather(&c->engine, ledger, &endpoint, a, cancel);
    state_close(ledger);
    r->price[0] = say_text(a, "cost: %.*s", SAY_ARGS(say_burst_price(a, &v, 1)));
    r->price[1] = say_burst_besides(a, &v);
    r->price[2] = say_burst_workers(a, &v);
    return cancel_check(cancel, e);
}

static int run_one(struct call *c, void *arg, struct cancel *cancel, struct err *e)
{
    struct running *r = arg;
    if (sending_read(c->asked, r->arena, &r->body, e) ||
        answer_resolve(&c->engine, json_str(c->asked, "endpoint"), r->endpoint, &r->served,
            r->arena, cancel, e))
        return -1;
    if (c->dry_run)
        return estimate(r, cancel, e);
    err_clear(&r->ledger_error);
    r->ledger = engine_state(&c->engine, &r->ledger_error);
    if (!r->ledger)
        err_wrap(&r->ledger_error, "the request is not kept in the ledger");
    if (r->body.route == BURST_SYNC && !c->quiet && !c->json)
        fputs("sync: the answer is held for 90 s at most, kept for a minute, and has no id before "
              "it comes\n",
            c->errors);
    r->prices.keep = r->arena;
    begin(r);
    int result = send_it(r, cancel, e);
    state_close(r->ledger);
    return result;
}

/* ---- saying how it went ------------------------------------------------------------------------------ */

static int print_plan(struct call *c, const struct running *r)
{
    struct buf line;
    struct err e;
    buf_init(&line, PLAN_MAX);
    const char *base = c->profile.runpod_endpoint_base;
    int code = EXIT_CODE_STATE;
    if (sending_say(&r->body, base, r->endpoint, r->served.s, &line, &e))
        code = call_fail(c, &e);
    else
        code = call_print_plan(c,
            (const char *const[]){buf_str(&line), r->price[0].s, r->price[1].s, r->price[2].s},
            r->price[1].len ? 4 : 2);
    buf_release(&line);
    return code;
}

static void print_facts(struct call *c, const struct request *q)
{
    char cost[32] = "unknown", first[48] = "";
    if (!isnan(q->cost))
        snprintf(cost, sizeof cost, "$%.5f", q->cost);
    if (q->first_token_ms >= 0)
        snprintf(
            first, sizeof first, "first piece after %.2f s, ", (double)q->first_token_ms / 1000);
    fprintf(c->errors, "%s: %swaited %.1f s, ran %.2f s, estimated cost %s\n",
        request_status_name(q->status), first, (double)(q->delay_ms > 0 ? q->delay_ms : 0) / 1000,
        (double)(q->execution_ms > 0 ? q->execution_ms : 0) / 1000, cost);
}

static void print_answer(struct running *r)
{
    struct call *c = r->call;
    print_so_far(r, r->q.output, true);
    if (r->q.output.len)
        fputc('\n', c->out);
    if (r->q.error.len)
        call_line(c, "error: %s", r->q.error.s);
    fflush(c->out);
    if (!c->quiet)
        print_facts(c, &r->q);
}

/* An answer that is a failure is printed as well; the exit code tells. */
static int print_request(struct running *r)
{
    int code = EXIT_CODE_OK;
    if (r->call->json)
        code = call_print(r->call, request_json(&r->q), "slipway.request/1");
    else
        print_answer(r);
    return code == EXIT_CODE_OK && r->q.status != REQUEST_COMPLETED ? EXIT_CODE_REMOTE : code;
}

static int one(struct call *c)
{
    struct running r = {.call = c, .arena = arena_new(RUN_ARENA)};
    struct err e;
    buf_init(&r.out, CHAT_ANSWER_MAX * 4);
    int code = r.arena ? EXIT_CODE_OK : EXIT_CODE_STATE;
    if (!code) {
        int failed = call_task(c, run_one, NULL, &r, &e);
        if (r.ledger_error.class != ERR_NONE)
            call_complain(c, &r.ledger_error);
        if (failed && r.printed)
            fputc('\n', c->out);
        code = failed ? call_fail(c, &e) : c->dry_run ? print_plan(c, &r) : print_request(&r);
    }
    sending_body_release(&r.body);
    buf_release(&r.out);
    arena_free(r.arena);
    return code;
}

static int run(struct call *c)
{
    struct err e;
    int64_t count;
    int code = gather(c);
    if (code)
        return code;
    if (asked_number(c->asked, "count", 1, BURST_COUNT_MAX, 1, &count, &e))
        return call_fail(c, &e);
    if (count == 1)
        return one(c);
    json_set(c->asked, "name", json_new_string(json_str(c->asked, "endpoint")));
    return call_operation(c, OPERATION_TEST);
}

const struct command commands_run[] = {
    {.name = "run",
        .help = "test requests to an endpoint or model: one and its answer, or a burst of them",
        .args = {"endpoint"},
        .args_least = 1,
        .flags = {{"prompt", "TEXT", "sent as {\"prompt\": TEXT}"},
            {"messages", "JSON", "a conversation: [{\"role\":…,\"content\":…}]; @FILE to read it"},
            {"max-tokens", "N", "with --prompt or --messages"},
            {"input", "JSON", "the whole input object; @FILE or - to read it"},
            {"edit", NULL, "what is sent is edited first, in $VISUAL or $EDITOR"},
            {"stream", NULL, "print pieces as they come (with --messages: the OpenAI route)"},
            {"sync", NULL, "by runsync: held for 90 s at most, no id before the answer"},
            {"count", "N", "a burst of N, for a price that is said first; up to 10000"},
            {"concurrency", "C", "of a burst: at most so many at once; default 8, up to 64"}},
        .writes = true,
        .run = run},
    {.name = NULL},
};
