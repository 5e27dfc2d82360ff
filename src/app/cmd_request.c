/* Requests by hand: run, chat, logs. */
#include "app/answering.h"
#include "app/asked.h"
#include "app/command.h"
#include "app/requests.h"
#include "base/file.h"
#include "client/runpod_control.h"
#include "client/runpod_logs.h"
#include "core/wait.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { INPUT_MAX = 10 << 20, TALK_ARENA = 64 << 20, RUN_DEADLINE_MS = 60 * 60 * 1000 };

/* Standard input to its end, or a file. */
static int read_all(const char *path, struct buf *out, struct err *e)
{
    if (strcmp(path, "-") != 0)
        return file_read(path, out, e);
    char piece[16 * 1024];
    ssize_t n;
    while ((n = read(STDIN_FILENO, piece, sizeof piece)) > 0)
        if (buf_append(out, piece, (size_t)n))
            return err_set(e, ERR_INPUT, 0, "standard input is larger than %d MB", INPUT_MAX >> 20);
    return 0;
}

/* ---- run ----------------------------------------------------------------------------------------- */

struct running {
    struct json *input;
    struct arena *arena;
    struct request q;
};

/* --input JSON, --input @FILE, --input -, or --prompt TEXT [--max-tokens N]. */
static int make_input(struct call *c, struct json **out, struct err *e)
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
    if (input[0] == '@' || strcmp(input, "-") == 0)
        failed = read_all(input[0] == '@' ? input + 1 : input, &text, e);
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
    char endpoint[ENDPOINT_ID_MAX];
    struct text served;
    if (answer_resolve(
            &c->engine, json_str(c->asked, "endpoint"), endpoint, &served, r->arena, cancel, e))
        return -1;
    struct state *ledger = engine_state(&c->engine, NULL);
    const struct request_task task = {.engine = &c->engine,
        .ledger = ledger,
        .endpoint_id = endpoint,
        .model = served.s,
        .input = r->input,
        .deadline_ms = RUN_DEADLINE_MS,
        .cancel = cancel};
    request_begin(&task, &r->q, r->arena);
    int result = request_follow(&task, &r->q, r->arena, e);
    state_close(ledger);
    return result;
}

static int dry_run_request(struct call *c, const struct json *input)
{
    struct buf b;
    buf_init(&b, INPUT_MAX);
    json_print(input, &b);
    call_line(c, "POST %s/%s/run {\"input\":%s}", c->profile.runpod_endpoint_base,
        json_str(c->asked, "endpoint"), buf_str(&b));
    buf_release(&b);
    return EXIT_CODE_OK;
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
    if (!c->quiet)
        fprintf(c->errors, "%s: waited %.1f s, ran %.2f s, estimated cost %s\n",
            request_status_name(q->status), (double)(q->delay_ms > 0 ? q->delay_ms : 0) / 1000,
            (double)(q->execution_ms > 0 ? q->execution_ms : 0) / 1000, cost);
}

static int run(struct call *c)
{
    struct running r = {.arena = arena_new(TALK_ARENA)};
    struct err e;
    int code = call_open(c);
    if (!code && (!r.arena || make_input(c, &r.input, &e)))
        code = r.arena ? call_fail(c, &e) : EXIT_CODE_STATE;
    if (!code && c->dry_run) {
        code = dry_run_request(c, r.input);
    } else if (!code) {
        int failed = call_task(c, run_request, NULL, &r, &e);
        if (failed)
            code = call_fail(c, &e);
        else if (c->json)
            code = call_print(c, request_json(&r.q), "slipway.request/1");
        else
            print_answer(c, &r.q);
        if (!failed && !code && r.q.status != REQUEST_COMPLETED)
            code = EXIT_CODE_REMOTE;
    }
    json_free(r.input);
    arena_free(r.arena);
    return code;
}

/* ---- chat ---------------------------------------------------------------------------------------- */

struct talking {
    struct arena *arena;
    char *question;
    struct request q;
    size_t printed; /* bytes of the cleaned answer that are out */
    struct call *call;
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

static int talk(struct call *c, void *arg, struct cancel *cancel, struct err *e)
{
    struct talking *t = arg;
    char endpoint[ENDPOINT_ID_MAX];
    struct text served;
    int64_t tokens;
    if (asked_number(c->asked, "max-tokens", 1, 1000000, 0, &tokens, e) ||
        answer_resolve(
            &c->engine, json_str(c->asked, "model"), endpoint, &served, t->arena, cancel, e))
        return -1;
    const char *system = asked_text(c->asked, "system");
    struct chat_message messages[2];
    size_t count = 0;
    if (system)
        messages[count++] = (struct chat_message){"system", system};
    messages[count++] = (struct chat_message){"user", t->question};
    const struct chat_options options = {.endpoint_id = endpoint,
        .model = served.s,
        .messages = messages,
        .message_count = count,
        .temperature = NAN,
        .max_tokens = tokens};
    struct chat_answer answer;
    chat_answer_init(&answer);
    struct state *ledger = engine_state(&c->engine, NULL);
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
        snprintf(tokens, sizeof tokens, ", %" PRId64 " tokens in, %" PRId64 " out", q->tokens_in,
            q->tokens_out);
    fprintf(c->errors, "first token after %.2f s%s, estimated cost %s\n",
        (double)(q->first_token_ms > 0 ? q->first_token_ms : 0) / 1000, tokens, cost);
}

static int chat(struct call *c)
{
    struct talking t = {.arena = arena_new(TALK_ARENA), .call = c};
    struct buf typed;
    struct err e;
    buf_init(&typed, INPUT_MAX);
    int code = call_open(c);
    const char *question = asked_text(c->asked, "question");
    if (!code && !question && isatty(STDIN_FILENO))
        fputs("Your question, ended by Ctrl-D:\n", c->errors);
    if (!code && (question ? buf_str_append(&typed, question) : read_all("-", &typed, &e)))
        code = question ? EXIT_CODE_STATE : call_fail(c, &e);
    if (!code && !typed.len)
        code = call_usage(c, "there is no question to ask");
    t.question = buf_take(&typed, NULL);
    if (!code && (!t.arena || !t.question))
        code = EXIT_CODE_STATE;
    if (!code) {
        int failed = call_task(c, talk, NULL, &t, &e);
        if (!c->json && t.printed)
            fputc('\n', c->out);
        if (failed)
            code = call_fail(c, &e);
        else if (c->json)
            code = call_print(c, request_json(&t.q), "slipway.request/1");
        else if (!c->quiet)
            print_facts(c, &t.q);
    }
    free(t.question);
    buf_release(&typed);
    arena_free(t.arena);
    return code;
}

/* ---- logs ---------------------------------------------------------------------------------------- */

enum {
    STREAMS_MAX = 32,
    QUIET_MS = 1500,
    LOOK_AGAIN_MS = 15000,
    LINES_ARENA = 1 << 20,
    READ_ARENA = 64 << 20
};

struct listening {
    struct call *call;
    struct wait wait;
    struct runpod_log *streams[STREAMS_MAX];
    size_t count, lines;
    int64_t tail;
};

static void poke(void *wait)
{
    wait_poke(wait);
}

static void print_line(const struct log_line *line, void *arg)
{
    struct listening *l = arg;
    char at[CLOCK_RFC3339_MAX];
    clock_rfc3339(at, line->at_ms, 1);
    l->lines++;
    if (!l->call->json) {
        fprintf(l->call->out, "%s %.*s %-5s %.*s\n", at, (int)line->origin.len, line->origin.s,
            line_level_name(line->level), (int)line->line.len, line->line.s);
        return;
    }
    struct json *j = json_new_object();
    json_add_str(j, "at", at);
    json_add_text(j, "origin", line->origin);
    json_add_str(j, "level", line_level_name(line->level));
    json_add_text(j, "line", line->line);
    call_print(l->call, j, "slipway.log/1");
}

static bool listens_to(const struct listening *l, const char *worker)
{
    for (size_t i = 0; i < l->count; i++)
        if (strcmp(runpod_log_worker(l->streams[i]), worker) == 0)
            return true;
    return false;
}

/* Opens a stream for each worker that is new. */
static int find_workers(struct listening *l, struct cancel *cancel, struct err *e)
{
    struct call *c = l->call;
    const char *wanted = asked_text(c->asked, "endpoint");
    struct arena *a = arena_new(READ_ARENA);
    struct endpoint_page page;
    bool found = !wanted;
    int result = !a || runpod_endpoints(c->engine.runpod, a, &page, cancel, e) ? -1 : 0;
    for (size_t i = 0; !result && i < page.count; i++) {
        const struct endpoint *p = &page.endpoints[i];
        struct worker_page workers;
        if (wanted && strcmp(p->id, wanted) != 0 && strcmp(p->name.s, wanted) != 0)
            continue;
        found = true;
        if (runpod_workers(c->engine.runpod, p->id, a, &workers, cancel, e)) {
            result = wanted || e->class == ERR_CANCEL ? -1 : 0;
            continue;
        }
        for (size_t k = 0; k < workers.count && l->count < STREAMS_MAX; k++) {
            const char *id = workers.workers[k].id;
            struct runpod_log *s = listens_to(l, id)
                                       ? NULL
                                       : runpod_log_open(c->engine.runpod, p->id, p->name.s, id,
                                             (int)l->tail, &l->wait, NULL);
            if (s)
                l->streams[l->count++] = s;
        }
    }
    arena_free(a);
    if (!result && !found) {
        err_set(e, ERR_INPUT, 0, "there is no endpoint %s", wanted);
        return err_hint(e, "`slipway endpoints` lists what there is");
    }
    return result;
}

/* Reads what has come; returns when to come back, at most `most` ms from now. */
static int64_t read_streams(struct listening *l, int64_t most)
{
    int64_t now = clock_mono_ms(l->call->engine.clock), again = most;
    for (size_t i = 0; i < l->count; i++) {
        int64_t next = -1;
        size_t n;
        do {
            struct arena *a = arena_new(LINES_ARENA);
            n = a ? runpod_log_read(l->streams[i], a, print_line, l, &next) : 0;
            arena_free(a);
        } while (n);
        if (next >= 0 && next - now < again)
            again = next > now ? next - now : 0;
    }
    fflush(l->call->out);
    return again;
}

/* Without --follow the streams, which never end, are cut after a silence (spec/runpod.md §5). */
static int listen_to_workers(struct call *c, void *arg, struct cancel *cancel, struct err *e)
{
    struct listening *l = arg;
    struct clock *clock = c->engine.clock;
    bool follow = json_get(c->asked, "follow") != NULL;
    struct cancel_hook hook = {.poke = poke, .arg = &l->wait};
    cancel_add(cancel, &hook);
    int result = find_workers(l, cancel, e);
    int64_t look_ms = clock_mono_ms(clock) + LOOK_AGAIN_MS;
    int64_t quiet_ms = clock_mono_ms(clock) + 2 * QUIET_MS;
    while (!result && !(result = cancel_check(cancel, e))) {
        uint64_t seen = wait_seen(&l->wait);
        size_t before = l->lines;
        int64_t wait = read_streams(l, follow ? LOOK_AGAIN_MS : QUIET_MS);
        int64_t now = clock_mono_ms(clock);
        if (l->lines != before)
            quiet_ms = now + QUIET_MS;
        if (!follow && (now >= quiet_ms || !l->count))
            break;
        if (follow && now >= look_ms) {
            result = find_workers(l, cancel, e);
            look_ms = now + LOOK_AGAIN_MS;
        }
        if (!result)
            wait_until(&l->wait, seen, wait > 50 ? wait : 50);
    }
    cancel_remove(cancel, &hook);
    if (result && follow && e->class == ERR_CANCEL)
        result = 0; /* that is how following ends */
    for (size_t i = 0; i < l->count; i++)
        runpod_log_close(l->streams[i]);
    return result;
}

static int logs(struct call *c)
{
    struct listening l = {.call = c};
    struct err e;
    if (asked_number(c->asked, "tail", 0, 5000, 100, &l.tail, &e))
        return call_usage(c, "%s", e.message);
    int code = call_open(c);
    if (code)
        return code;
    if (wait_init(&l.wait))
        return EXIT_CODE_STATE;
    if (call_task(c, listen_to_workers, NULL, &l, &e))
        code = call_fail(c, &e);
    else if (!l.lines && !c->quiet)
        fprintf(c->errors, "no lines%s\n", l.count ? "" : ": no worker is up");
    wait_release(&l.wait);
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
        .run = logs},
    {.name = NULL},
};
