/* The RunPod client's calls against the stand-in: endpoints, workers, catalog, account, creating at most
 * once, jobs, logs and the chat, also when answers are lost, cut or refused. */
#include "runpod_world.h"

#include "client/chat.h"
#include "client/runpod_account.h"
#include "client/runpod_control.h"
#include "client/runpod_jobs.h"
#include "client/runpod_logs.h"

#include <math.h>
#include <stdlib.h>

/* ---- reading ------------------------------------------------------------------------------------- */

static struct endpoint_page endpoints(void)
{
    struct endpoint_page page;
    WORKS(runpod_endpoints(world.r, world.a, &page, world.cancel, &world.e));
    return page;
}

static void endpoints_are_listed(void **state)
{
    (void)state;
    world_reset("healthy");
    struct endpoint_page page = endpoints();
    assert_int_equal(page.count, 3);
    const struct endpoint *e = &page.endpoints[0];
    assert_string_equal(e->id, LEGAL);
    TEXT_EQUAL(e->name, "legal");
    TEXT_EQUAL(e->model, "acme/legal-qwen3-8b");
    TEXT_EQUAL(e->served, "legal");
    TEXT_EQUAL(e->revision, "5f0d6c1b9e7a4c2f8d3b6a1e0c9f7d4b2a8e5c31");
    assert_int_equal(e->pool_count, 2);
    TEXT_EQUAL(e->pools[1], "ADA_24");
    assert_int_equal(e->context_length, 8192);
    assert_int_equal(e->gpu_count, 1);
    assert_int_equal(e->workers_max, 4);
    assert_true(e->created_ms > 1600000000000);
    TEXT_EQUAL(page.endpoints[1].served, "acme/support-llama-3.1-8b"); /* no override */
    struct endpoint one;
    WORKS(runpod_endpoint(world.r, SUPPORT, world.a, &one, world.cancel, &world.e));
    TEXT_EQUAL(one.name, "support-nightly");
    FAILS(runpod_endpoint(world.r, "nosuchendpoint", world.a, &one, world.cancel, &world.e),
        ERR_REMOTE, "not found");
    assert_int_equal(world.e.number, 404);
    FAILS(runpod_endpoint(world.r, "../account", world.a, &one, world.cancel, &world.e), ERR_INPUT,
        "endpoint id");
}

/* The first page names the second one, whose cursor must be escaped; a service that names a next page
 * for ever ends in an error. */
static void pages_are_followed(void **state)
{
    (void)state;
    world_reset("healthy");
    world_fault(
        "{\"kind\":\"status\",\"status\":200,\"times\":1,\"path\":\"/v2/serverless\",\"body\":"
        "{\"endpoints\":[{\"id\":\"first1\",\"name\":\"first\"},7,null],"
        "\"pagination\":{\"nextCursor\":\"MQ==\",\"hasNextPage\":true}}}");
    int64_t before = world_last_request();
    struct endpoint_page page;
    (void)runpod_endpoints(world.r, world.a, &page, world.cancel, &world.e);
    assert_int_equal(world_count(before, "control", "GET /v2/serverless?cursor=MQ%3D%3D"), 1);
    world_no_faults();
    world_fault("{\"kind\":\"status\",\"status\":200,\"path\":\"/v2/serverless\",\"body\":"
                "{\"endpoints\":[{\"id\":\"first1\",\"name\":\"first\"}],"
                "\"pagination\":{\"nextCursor\":\"x\",\"hasNextPage\":true}}}");
    FAILS(runpod_endpoints(world.r, world.a, &page, world.cancel, &world.e), ERR_REMOTE, "pages");
}

static void workers_and_catalog_are_read(void **state)
{
    (void)state;
    world_reset("healthy");
    struct worker_page workers;
    WORKS(runpod_workers(world.r, LEGAL, world.a, &workers, world.cancel, &world.e));
    assert_string_equal(workers.endpoint_id, LEGAL);
    assert_true(workers.count >= 1);
    assert_true(workers.version >= 1);
    const struct worker *w = &workers.workers[0];
    assert_true(w->status == WORKER_RUNNING || w->status == WORKER_IDLE);
    assert_true(w->id[0] && w->gpu.len > 0 && w->uptime_s >= 0 && w->started_ms > 0);
    struct gpu_page gpus;
    WORKS(runpod_gpus(world.r, world.a, &gpus, world.cancel, &world.e));
    double price = NAN;
    for (size_t i = 0; i < gpus.count; i++)
        if (text_is(gpus.gpus[i].id, "NVIDIA L4")) {
            price = gpus.gpus[i].price_hour;
            TEXT_EQUAL(gpus.gpus[i].pool, "AMPERE_24");
            assert_int_equal(gpus.gpus[i].stock, STOCK_HIGH);
            assert_int_equal(gpus.gpus[i].memory_gb, 24);
            assert_int_equal(gpus.gpus[i].cuda, 1300);
        }
    assert_true(price > 0.1 && price < 10);
    struct health health;
    WORKS(runpod_health(world.r, LEGAL, &health, world.cancel, &world.e));
    assert_true(health.completed >= 48211);
    assert_true(health.running + health.idle + health.initializing >= 1);
}

static void account_is_read(void **state)
{
    (void)state;
    world_reset("healthy");
    struct account account;
    struct text email;
    WORKS(runpod_account(world.r, world.a, &account, &email, world.cancel, &world.e));
    assert_true(account.balance > 0 && account.balance <= 184.37);
    assert_true(account.spend_limit > 79.9 && account.spend_limit < 80.1);
    TEXT_EQUAL(email, "operator@example.com");
    world_fault(
        "{\"kind\":\"status\",\"status\":200,\"path\":\"/graphql\",\"times\":1,\"body\":"
        "{\"errors\":[{\"message\":\"Something went wrong.\"}],\"data\":{\"myself\":null}}}");
    FAILS(runpod_account(world.r, world.a, &account, NULL, world.cancel, &world.e), ERR_REMOTE,
        "Something went wrong");
    world_fault("{\"kind\":\"status\",\"status\":200,\"path\":\"/graphql\",\"times\":1,\"body\":"
                "{\"data\":{\"myself\":null}}}");
    FAILS(runpod_account(world.r, world.a, &account, NULL, world.cancel, &world.e), ERR_AUTH,
        "whose");
}

static void keys_that_are_refused_say_what_to_do(void **state)
{
    (void)state;
    world_reset("healthy");
    struct endpoint_page page;
    json_free(sim_call(&world.sim, HTTP_POST, world.sim.control, "/_sim/keys",
        "{\"only\":[\"rpa_SOMEBODYELSE\"]}", NULL));
    FAILS(runpod_endpoints(world.r, world.a, &page, world.cancel, &world.e), ERR_AUTH, "401");
    assert_non_null(strstr(world.e.hint, "RUNPOD_API_KEY"));
    int64_t before = world_last_request();
    struct runpod *keyless = world_client(NULL);
    FAILS(runpod_endpoints(keyless, world.a, &page, world.cancel, &world.e), ERR_AUTH,
        "no RunPod key");
    assert_non_null(strstr(world.e.hint, "RUNPOD_API_KEY"));
    assert_int_equal(world_count(before, "control", ""), 0);
    runpod_free(keyless);
}

/* ---- creating ------------------------------------------------------------------------------------ */

static struct endpoint_plan plan_of(const char *name)
{
    static struct endpoint_env env[] = {
        {.name = "MODEL_NAME", .value = "acme/legal-qwen3-8b"}, {.name = "HF_TOKEN"}};
    env[1].secret = world.sim.key;
    return (struct endpoint_plan){.name = name,
        .image = "runpod/worker-v1-vllm:v2.25.2",
        .pools = {"AMPERE_24", "ADA_24"},
        .pool_count = 2,
        .gpu_count = 1,
        .disk_gb = 60,
        .workers_max = 1,
        .idle_s = 10,
        .timeout_ms = 600000,
        .min_cuda = "13.0",
        .flashboot = true,
        .env = env,
        .env_count = 2};
}

/* Endpoints of that name, from a list of its own. */
static size_t called(const char *name)
{
    struct endpoint_page page = endpoints();
    size_t n = 0;
    for (size_t i = 0; i < page.count; i++)
        n += text_is(page.endpoints[i].name, name);
    return n;
}

static int create(const char *name, struct endpoint *out)
{
    struct endpoint_plan plan = plan_of(name);
    return runpod_endpoint_create(world.r, &plan, world.a, out, world.cancel, &world.e);
}

static void an_endpoint_is_created_and_found(void **state)
{
    (void)state;
    world_reset("healthy");
    struct endpoint made, found;
    bool is_there = true;
    WORKS(
        runpod_endpoint_find(world.r, "fresh", world.a, &found, &is_there, world.cancel, &world.e));
    assert_false(is_there);
    WORKS(create("fresh", &made));
    assert_true(made.id[0]);
    TEXT_EQUAL(made.model, "acme/legal-qwen3-8b");
    assert_int_equal(made.workers_max, 1);
    WORKS(
        runpod_endpoint_find(world.r, "fresh", world.a, &found, &is_there, world.cancel, &world.e));
    assert_true(is_there);
    assert_string_equal(found.id, made.id);
    WORKS(create("fresh -fb", &made));
    FAILS(
        runpod_endpoint_find(world.r, "fresh", world.a, &found, &is_there, world.cancel, &world.e),
        ERR_STATE, "2 endpoints");
}

/* Done, but the answer is lost: found by its name, and never sent again. */
static void a_lost_answer_makes_one_endpoint(void **state)
{
    (void)state;
    world_reset("healthy");
    struct endpoint made;
    world_fault("{\"kind\":\"lost\",\"method\":\"POST\",\"path\":\"/v2/serverless\"}");
    int64_t before = world_last_request();
    WORKS(create("lost-one", &made));
    assert_int_equal(called("lost-one"), 1);
    assert_int_equal(world_count(before, "control", "POST /v2/serverless"), 1);
    char first[ENDPOINT_ID_MAX];
    snprintf(first, sizeof first, "%s", made.id);
    /* The one that was there before is not taken for the one that was asked for now. */
    WORKS(create("lost-one", &made));
    assert_string_not_equal(made.id, first);
    assert_int_equal(called("lost-one"), 2);
}

static void a_create_that_did_not_happen_fails(void **state)
{
    (void)state;
    world_reset("healthy");
    struct endpoint made;
    world_fault("{\"kind\":\"reset\",\"method\":\"POST\",\"path\":\"/v2/serverless\"}");
    int64_t before = world_last_request();
    FAILS(create("never", &made), ERR_NET, "no endpoint came of it");
    assert_int_equal(world_count(before, "control", "POST /v2/serverless"), 1);
    assert_int_equal(called("never"), 0);
    world_no_faults();
    /* A refusal is believed: nothing is looked for, and the hint has the number. */
    before = world_last_request();
    struct endpoint_plan plan = plan_of("too-many");
    plan.workers_max = 11;
    FAILS(runpod_endpoint_create(world.r, &plan, world.a, &made, world.cancel, &world.e),
        ERR_REMOTE, "quota");
    assert_non_null(strstr(world.e.hint, "10 workers"));
    assert_int_equal(world_count(before, "control", "GET /v2/serverless"), 1);
}

static void a_plan_hides_its_secrets(void **state)
{
    (void)state;
    struct endpoint_plan plan = plan_of("shown");
    struct buf out;
    buf_init(&out, 65536);
    struct json *j = endpoint_plan_json(&plan, true);
    assert_int_equal(json_print(j, &out), 0);
    assert_null(strstr(buf_str(&out), "rpa_"));
    assert_non_null(strstr(buf_str(&out), "\"HF_TOKEN\":\"***\""));
    json_free(j);
    j = endpoint_plan_json(&plan, false);
    assert_string_equal(
        json_str_or(json_get(j, "env"), "HF_TOKEN", ""), secret_value(world.sim.key));
    json_free(j);
    buf_release(&out);
}

/* ---- jobs ------------------------------------------------------------------------------------------ */

static struct json *input_of(const char *json)
{
    struct json *j = json_parse(json, strlen(json), &world.e);
    assert_non_null(j);
    return j;
}

static struct request request_of(const char *input)
{
    struct request q = {.delay_ms = -1, .execution_ms = -1, .seen_ms = -1};
    struct json *j = input_of(input);
    snprintf(q.endpoint_id, sizeof q.endpoint_id, LEGAL);
    WORKS(runpod_run(world.r, LEGAL, j, q.job_id, world.cancel, &world.e));
    json_free(j);
    return q;
}

static void wait_for_end(struct request *q)
{
    int64_t until = now_ms() + PATIENCE_MS;
    do {
        sim_advance(&world.sim, 2);
        WORKS(runpod_status(world.r, q, world.a, world.cancel, &world.e));
    } while (!request_is_final(q->status) && now_ms() < until);
}

static void a_request_is_followed_to_its_end(void **state)
{
    (void)state;
    world_reset("healthy");
    struct request q =
        request_of("{\"messages\":[{\"role\":\"user\",\"content\":\"Is it due?\"}]}");
    wait_for_end(&q);
    assert_int_equal(q.status, REQUEST_COMPLETED);
    assert_true(q.delay_ms >= 0 && q.execution_ms > 0 && q.worker_id[0]);
    assert_true(q.tokens_in > 0 && q.tokens_out > 0);
    assert_true(q.output.len > 20 && q.output.s[0] != '{' && q.output.s[0] != '[');
    assert_true(q.seen_ms > 1600000000000);
    q = request_of("{\"prompt\":\"One more\",\"stream\":true}");
    wait_for_end(&q);
    assert_int_equal(q.status, REQUEST_COMPLETED);
    assert_true(q.output.len > 20); /* put together from pieces of events */
    assert_null(strstr(q.output.s, "data:"));
}

static void requests_are_cancelled_and_forgotten(void **state)
{
    (void)state;
    world_reset("healthy");
    struct request q = request_of("{\"prompt\":\"Never mind\"}");
    WORKS(runpod_cancel(world.r, LEGAL, q.job_id, world.cancel, &world.e));
    WORKS(runpod_status(world.r, &q, world.a, world.cancel, &world.e));
    assert_int_equal(q.status, REQUEST_CANCELLED);
    snprintf(q.job_id, sizeof q.job_id, "00000000-0000-0000-0000-000000000000-u1");
    WORKS(runpod_status(world.r, &q, world.a, world.cancel, &world.e));
    assert_int_equal(q.status, REQUEST_CANCELLED); /* that was seen */
    q.status = REQUEST_IN_QUEUE;
    q.submitted_ms = -1;
    WORKS(runpod_status(world.r, &q, world.a, world.cancel, &world.e));
    assert_int_equal(q.status, REQUEST_GONE);
}

/* What fails comes back under its id; what does not is refused; a queue is emptied and counted. */
static void requests_are_queued_again_and_purged(void **state)
{
    (void)state;
    world_reset("healthy");
    int64_t removed = 7;
    struct request q = request_of("{\"messages\":[]}"); /* the worker refuses it */
    wait_for_end(&q);
    assert_int_equal(q.status, REQUEST_FAILED);
    assert_true(q.error.len > 0);
    WORKS(runpod_retry(world.r, LEGAL, q.job_id, world.cancel, &world.e));
    wait_for_end(&q);
    struct request good = request_of("{\"prompt\":\"Fine\"}");
    wait_for_end(&good);
    FAILS(runpod_retry(world.r, LEGAL, good.job_id, world.cancel, &world.e), ERR_REMOTE, "retried");
    FAILS(runpod_retry(world.r, LEGAL, "no-such-u1", world.cancel, &world.e), ERR_REMOTE, "404");
    WORKS(runpod_purge(world.r, LEGAL, &removed, world.cancel, &world.e));
    assert_int_equal(removed, 0);
}

static void the_list_of_requests_is_read(void **state)
{
    (void)state;
    world_reset("healthy");
    struct request *rows = NULL, q = request_of("{\"prompt\":\"Listed\"}");
    size_t n = 0;
    bool found = false;
    WORKS(runpod_requests(world.r, LEGAL, world.a, &rows, &n, world.cancel, &world.e));
    for (size_t i = 0; i < n; i++)
        found |= strcmp(rows[i].job_id, q.job_id) == 0 && rows[i].listed;
    assert_true(found);
    WORKS(runpod_requests(world.r, "n0such3ndp0int", world.a, &rows, &n, world.cancel, &world.e));
    assert_true(!rows && n == 0); /* 404 is no failure, and no empty list */
    struct runpod_look looks[3];
    struct request asked[3] = {q, q, q};
    snprintf(asked[1].job_id, sizeof asked[1].job_id, "no-such-u1");
    snprintf(asked[2].job_id, sizeof asked[2].job_id, "../x");
    for (int i = 0; i < 3; i++)
        looks[i] = (struct runpod_look){.q = &asked[i], .arena = world.a};
    runpod_status_many(world.r, looks, 3, world.cancel);
    assert_int_equal(looks[0].error.class, ERR_NONE);
    assert_true(asked[0].seen_ms > 0);
    assert_int_equal(looks[1].error.class, ERR_NONE);
    assert_true(asked[1].status == REQUEST_GONE || asked[1].status == REQUEST_EXPIRED);
    assert_int_equal(looks[2].error.class, ERR_INPUT);
}

static void bad_input_is_not_sent(void **state)
{
    (void)state;
    world_reset("healthy");
    char id[REQUEST_ID_MAX];
    int64_t before = world_last_request();
    const char *const bad[] = {"{}", "[1]", "\"x\"", "null"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct json *j = input_of(bad[i]);
        FAILS(runpod_run(world.r, LEGAL, j, id, world.cancel, &world.e), ERR_INPUT, "input");
        json_free(j);
    }
    struct json *large = json_new_object();
    char *filler = malloc(10 * 1024 * 1024 + 1);
    assert_non_null(filler);
    memset(filler, 'x', 10 * 1024 * 1024);
    filler[10 * 1024 * 1024] = '\0';
    assert_int_equal(json_add_str(large, "prompt", filler), 0);
    FAILS(runpod_run(world.r, LEGAL, large, id, world.cancel, &world.e), ERR_INPUT, "larger");
    free(filler);
    json_free(large);
    assert_int_equal(world_count(before, "data", ""), 0);
    /* An answer that is lost is not asked for again: the job may be queued. */
    world_fault("{\"kind\":\"lost\",\"plane\":\"data\",\"method\":\"POST\"}");
    struct json *j = input_of("{\"prompt\":\"once\"}");
    FAILS(runpod_run(world.r, LEGAL, j, id, world.cancel, &world.e), ERR_NET, "");
    json_free(j);
    assert_int_equal(world_count(before, "data", "POST"), 1);
}

/* ---- logs ------------------------------------------------------------------------------------------ */

struct heard {
    struct buf text;      /* "time line\n" each */
    size_t lines, wanted; /* what comes past these is not kept */
    const char *origin;
};

static void hear(const struct log_line *line, void *arg)
{
    struct heard *h = arg;
    if (h->lines == h->wanted)
        return;
    TEXT_EQUAL(line->origin, h->origin);
    assert_true(line->at_ms > 1600000000000);
    buf_printf(&h->text, "%lld %.*s\n", (long long)line->at_ms, (int)line->line.len, line->line.s);
    h->lines++;
}

/* Follows until so many lines were heard. `arena_max`: small ones make it stop at every few. */
static void listen_for(
    struct heard *h, const char *worker, int tail, size_t lines, size_t arena_max)
{
    struct wait wait;
    char origin[128];
    assert_int_equal(wait_init(&wait), 0);
    snprintf(origin, sizeof origin, "legal/%s", worker);
    *h = (struct heard){.origin = origin, .wanted = lines};
    buf_init(&h->text, 4 * 1024 * 1024);
    struct runpod_log *l = runpod_log_open(world.r, LEGAL, "legal", worker, tail, &wait, &world.e);
    assert_non_null(l);
    int64_t until = now_ms() + PATIENCE_MS;
    while (h->lines < lines && now_ms() < until) {
        uint64_t seen = wait_seen(&wait);
        struct arena *a = arena_new(arena_max);
        int64_t next;
        size_t n = runpod_log_read(l, a, hear, h, &next);
        arena_free(a);
        int64_t ms = n > 0 ? 0 : next < 0 ? 1000 : next - now_ms();
        (void)wait_until(&wait, seen, ms < 0 ? 0 : ms > 1000 ? 1000 : ms);
    }
    runpod_log_close(l);
    wait_release(&wait);
    if (h->lines < lines)
        fail_msg("only %zu of %zu lines:\n%.2000s", h->lines, lines, buf_str(&h->text));
}

static void worker_of_legal(char out[WORKER_ID_MAX])
{
    struct worker_page page;
    WORKS(runpod_workers(world.r, LEGAL, world.a, &page, world.cancel, &world.e));
    assert_true(page.count > 0);
    snprintf(out, WORKER_ID_MAX, "%s", page.workers[0].id);
}

/* The same lines, once each and in order, whether the stream is whole, cut again and again, or read
 * through an arena that holds few. */
static void a_log_is_followed_over_breaks(void **state)
{
    (void)state;
    struct heard whole, cut, small;
    char worker[WORKER_ID_MAX];
    world_reset("healthy");
    worker_of_legal(worker);
    listen_for(&whole, worker, 200, 200, ARENA_MAX);
    listen_for(&small, worker, 200, 200, 2500);
    assert_string_equal(buf_str(&whole.text), buf_str(&small.text));
    world_fault("{\"kind\":\"truncate\",\"after_bytes\":9000,\"times\":2,\"path\":\"*/logs*\"}");
    int64_t before = world_last_request();
    listen_for(&cut, worker, 200, 200, ARENA_MAX);
    assert_string_equal(buf_str(&whole.text), buf_str(&cut.text));
    assert_int_equal(world_count(before, "control", "GET"), 3);
    buf_release(&whole.text);
    buf_release(&small.text);
    buf_release(&cut.text);
}

static void a_log_of_nobody_is_over(void **state)
{
    (void)state;
    struct wait wait;
    world_reset("healthy");
    assert_int_equal(wait_init(&wait), 0);
    assert_null(runpod_log_open(world.r, LEGAL, "x", "../..", 5, &wait, &world.e));
    assert_int_equal(world.e.class, ERR_INPUT);
    struct runpod_log *l = runpod_log_open(world.r, LEGAL, "x", "nosuchworker", 5, &wait, &world.e);
    int64_t until = now_ms() + PATIENCE_MS;
    while (!runpod_log_over(l) && now_ms() < until) {
        uint64_t seen = wait_seen(&wait);
        assert_int_equal(runpod_log_read(l, world.a, hear, NULL, NULL), 0);
        (void)wait_until(&wait, seen, 500);
    }
    assert_true(runpod_log_over(l));
    runpod_log_close(l);
    wait_release(&wait);
}

/* ---- chat ------------------------------------------------------------------------------------------ */

struct listener {
    int pieces;
    size_t last;
    struct cancel *stop; /* fired at the first piece */
};

static void on_piece(void *arg, const struct chat_answer *answer)
{
    struct listener *l = arg;
    l->pieces++;
    assert_true(answer->text.len > l->last);
    l->last = answer->text.len;
    assert_true(answer->first_token_ms >= 0);
    if (l->stop)
        cancel_fire(l->stop);
}

static const struct chat_message question[] = {
    {"system", "Be brief."}, {"user", "What notice period does the agreement set?"}};

static int chat(struct chat_answer *answer, struct listener *l, const char *model)
{
    struct chat_options options = {.endpoint_id = LEGAL,
        .model = model,
        .messages = question,
        .message_count = 2,
        .temperature = NAN,
        .deadline_ms = PATIENCE_MS};
    chat_answer_init(answer);
    return chat_stream(world.r, &options, answer, on_piece, l, world.cancel, &world.e);
}

static void a_chat_streams(void **state)
{
    (void)state;
    struct chat_answer answer;
    struct listener l = {0};
    world_reset("healthy");
    sim_speed(&world.sim, 20);
    WORKS(chat(&answer, &l, "legal"));
    assert_true(answer.ended && !answer.cut);
    assert_true(l.pieces > 3 && answer.pieces == l.pieces);
    assert_true(answer.text.len == l.last);
    assert_true(answer.tokens_in > 0 && answer.tokens_out >= answer.pieces);
    assert_true(answer.first_token_ms <= answer.took_ms);
    chat_answer_release(&answer);
    FAILS(chat(&answer, &l, "no-such-model"), ERR_REMOTE, "does not exist");
    chat_answer_release(&answer);
    l = (struct listener){.stop = world.cancel};
    FAILS(chat(&answer, &l, "legal"), ERR_CANCEL, "");
    assert_true(answer.text.len > 0 && !answer.ended);
    chat_answer_release(&answer);
    sim_speed(&world.sim, 0);
}

#define CHAT_FAULT(rest)                                                                           \
    world_no_faults();                                                                             \
    world_fault("{\"plane\":\"data\",\"path\":\"*/chat/completions\"," rest "}")
#define EVENT(text)                                                                                \
    "data: {\\\"choices\\\":[{\\\"delta\\\":{\\\"content\\\":\\\"" text "\\\"}}]}\\n\\n"

static void a_chat_that_goes_wrong_says_how(void **state)
{
    (void)state;
    struct chat_answer answer;
    struct listener l = {0};
    world_reset("healthy");
    CHAT_FAULT("\"kind\":\"status\",\"status\":524,\"body\":\"<html>524</html>\"");
    FAILS(chat(&answer, &l, "legal"), ERR_TIMEOUT, "524");
    assert_non_null(strstr(world.e.hint, "100 s"));
    chat_answer_release(&answer);
    CHAT_FAULT(
        "\"kind\":\"status\",\"status\":200,\"body\":{\"error\":{\"message\":\"no such model\"}}");
    FAILS(chat(&answer, &l, "legal"), ERR_REMOTE, "no such model");
    chat_answer_release(&answer);
    CHAT_FAULT("\"kind\":\"status\",\"status\":200,\"body\":\"" EVENT("Hel")
            EVENT("lo") "data: {\\\"error\\\":{\\\"message\\\":\\\"out of cheese\\\"}}\\n\\n\"");
    FAILS(chat(&answer, &l, "legal"), ERR_REMOTE, "out of cheese");
    assert_string_equal(buf_str(&answer.text), "Hello");
    chat_answer_release(&answer);
    l = (struct listener){0};
    CHAT_FAULT("\"kind\":\"status\",\"status\":200,\"body\":\"" EVENT("Hel") "\"");
    FAILS(chat(&answer, &l, "legal"), ERR_NET, "broke off");
    assert_string_equal(buf_str(&answer.text), "Hel");
    chat_answer_release(&answer);
    CHAT_FAULT(
        "\"kind\":\"status\",\"status\":200,\"body\":{\"choices\":[{\"message\":{\"content\":"
        "\"whole\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":5,"
        "\"completion_tokens\":1}}");
    l = (struct listener){0};
    WORKS(chat(&answer, &l, "legal"));
    assert_string_equal(buf_str(&answer.text), "whole");
    assert_int_equal(answer.tokens_in, 5);
    assert_int_equal(l.pieces, 1);
    chat_answer_release(&answer);
    world_no_faults();
}

static int start(void **state)
{
    (void)state;
    world_start("healthy", "0");
    return 0;
}

static int stop(void **state)
{
    (void)state;
    world_stop();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(endpoints_are_listed),
        cmocka_unit_test(pages_are_followed),
        cmocka_unit_test(workers_and_catalog_are_read),
        cmocka_unit_test(account_is_read),
        cmocka_unit_test(keys_that_are_refused_say_what_to_do),
        cmocka_unit_test(an_endpoint_is_created_and_found),
        cmocka_unit_test(a_lost_answer_makes_one_endpoint),
        cmocka_unit_test(a_create_that_did_not_happen_fails),
        cmocka_unit_test(a_plan_hides_its_secrets),
        cmocka_unit_test(a_request_is_followed_to_its_end),
        cmocka_unit_test(requests_are_cancelled_and_forgotten),
        cmocka_unit_test(requests_are_queued_again_and_purged),
        cmocka_unit_test(the_list_of_requests_is_read),
        cmocka_unit_test(bad_input_is_not_sent),
        cmocka_unit_test(a_log_is_followed_over_breaks),
        cmocka_unit_test(a_log_of_nobody_is_over),
        cmocka_unit_test(a_chat_streams),
        cmocka_unit_test(a_chat_that_goes_wrong_says_how),
    };
    return cmocka_run_group_tests_name("runpod", tests, start, stop);
}
