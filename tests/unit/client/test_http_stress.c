/* Everything at once: threads that ask, cancel, batch, stream and close at random while the
 * engine is ended under them, round after round. What must hold: every call returns, with an
 * answer or an error of a class that its server can cause. The sanitizers watch the rest. */
#include "http_fixture.h"

#include <pthread.h>

enum { THREADS = 10, ROUNDS = 6, BATCH = 6, ROUND_MS = 350 };

static const char *const paths[] = {
    "/ok", "/large", "/reset", "/lost", "/cut", "/hang", "/drip", "/503", "/redirect", "/flood"};
enum { PATHS = sizeof paths / sizeof *paths };

struct round {
    struct http *http;
    const char *base;
};

struct worker {
    struct round *round;
    uint64_t random;
    pthread_t thread;
    struct cancel *cancel; /* fired by the thread that disturbs */
    int answers, failures;
    struct err odd; /* an error that no server here can cause; cmocka's asserts are main's alone */
};

static uint64_t next(uint64_t *random)
{
    *random ^= *random << 13;
    *random ^= *random >> 7;
    *random ^= *random << 17;
    return *random;
}

static bool is_possible(enum err_class class)
{
    return class == ERR_NET || class == ERR_TIMEOUT || class == ERR_CANCEL || class == ERR_REMOTE;
}

static void note(struct worker *w, int result, const struct err *e)
{
    if (result == 0)
        w->answers++;
    else if (is_possible(e->class))
        w->failures++;
    else
        w->odd = *e;
}

static void check(const struct worker *w)
{
    if (w->odd.class != ERR_NONE)
        fail_msg("%s: %s", err_class_name(w->odd.class), w->odd.message);
}

static struct http_request any_request(struct worker *w, char url[128])
{
    snprintf(url, 128, "%s%s", w->round->base, paths[next(&w->random) % PATHS]);
    struct http_request r = fixture_post(url, "body");
    if (next(&w->random) % 2)
        r = fixture_get(url);
    r.retry = (enum http_retry)(next(&w->random) % 3);
    r.deadline_ms = 1 + (int64_t)(next(&w->random) % 300);
    r.stall_ms = 50;
    r.follow = next(&w->random) % 2;
    r.answer_max = 100000;
    return r;
}

static void ask_one(struct worker *w)
{
    char url[128];
    struct err e;
    struct http_response response;
    struct http_request r = any_request(w, url);
    http_response_init(&response);
    note(w, http_do(w->round->http, &r, &response, w->cancel, &e), &e);
    http_response_release(&response);
}

static void ask_many(struct worker *w)
{
    char urls[BATCH][128];
    struct http_request requests[BATCH];
    struct http_response responses[BATCH];
    struct err errors[BATCH];
    size_t failed = 0;
    for (int i = 0; i < BATCH; i++) {
        requests[i] = any_request(w, urls[i]);
        http_response_init(&responses[i]);
    }
    size_t wide = next(&w->random) % 4;
    size_t told = http_batch(w->round->http, requests, responses, errors, BATCH, wide, w->cancel);
    for (int i = 0; i < BATCH; i++) {
        failed += errors[i].class != ERR_NONE;
        note(w, errors[i].class == ERR_NONE ? 0 : -1, &errors[i]);
        http_response_release(&responses[i]);
    }
    if (told != failed)
        (void)err_set(&w->odd, ERR_BUG, 0, "%zu have failed, not %zu", failed, told);
}

static void stream(struct worker *w)
{
    char url[128];
    struct err e;
    struct wait wait;
    struct buf out;
    struct http_request r = any_request(w, url);
    if (wait_init(&wait) != 0)
        return;
    buf_init(&out, 50000);
    struct http_stream *s = http_stream_open(w->round->http, &r, &wait, &e);
    enum http_stream_state state = s == NULL ? HTTP_STREAM_FAILED : HTTP_STREAM_OPEN;
    for (uint64_t n = next(&w->random) % 20; s != NULL && n > 0 && state < HTTP_STREAM_ENDED; n--) {
        uint64_t seen = wait_seen(&wait);
        state = http_stream_read(s, &out, NULL, &e);
        buf_clear(&out);
        wait_until(&wait, seen, 5);
    }
    note(w, state == HTTP_STREAM_FAILED ? -1 : 0, &e);
    http_stream_close(s);
    buf_release(&out);
    wait_release(&wait);
}

static void *work(void *arg)
{
    struct worker *w = arg;
    static void (*const acts[])(struct worker *) = {ask_one, ask_one, ask_many, stream};
    do
        acts[next(&w->random) % 4](w);
    while (!cancel_fired(w->cancel));
    return NULL;
}

static void run_round(struct fixture *f, struct worker workers[THREADS], uint64_t *random)
{
    struct round round = {.http = f->http, .base = fault_server_url(f->server, "")};
    struct wait pause;
    assert_int_equal(wait_init(&pause), 0);
    for (int i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){.round = &round, .random = next(random) | 1};
        workers[i].cancel = cancel_new(f->cancel);
        assert_non_null(workers[i].cancel);
        assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    int64_t until = clock_mono_ms(clock_real()) + ROUND_MS;
    for (int i = 0; i < THREADS / 2; i++) { /* some are stopped one by one, at any moment */
        wait_until(&pause, wait_seen(&pause), (int64_t)(next(random) % 60));
        cancel_fire(workers[i].cancel);
    }
    while (clock_mono_ms(clock_real()) < until)
        wait_until(&pause, wait_seen(&pause), 10);
    wait_release(&pause);
    cancel_fire(f->cancel); /* and the others together */
    for (int i = 0; i < THREADS; i++)
        pthread_join(workers[i].thread, NULL);
    for (int i = 0; i < THREADS; i++)
        cancel_unref(workers[i].cancel);
}

static void add_rules(struct fixture *f)
{
    static const struct fault_rule rules[] = {{.path = "/ok", .body = "ok", .length = 2},
        {.path = "/large", .fill = 300000}, {.path = "/reset", .reset = true},
        {.path = "/lost", .lost = true}, {.path = "/cut", .fill = 1000, .cut_after = 10},
        {.path = "/hang", .hang = true}, {.path = "/drip", .fill = 100, .chunk = 1, .drip_ms = 5},
        {.path = "/503", .status = 503},
        {.path = "/redirect", .status = 307, .headers = "Location: /ok\r\n"},
        {.path = "/flood", .fill = 8192, .endless = true}};
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        fault_server_add(f->server, &rules[i]);
}

static void cancels_at_random(void **state)
{
    struct fixture *f = *state;
    struct worker workers[THREADS];
    uint64_t random = 20261123;
    int answers = 0, failures = 0;
    add_rules(f);
    for (int i = 0; i < ROUNDS; i++) {
        cancel_unref(f->cancel);
        f->cancel = cancel_new(NULL);
        assert_non_null(f->cancel);
        run_round(f, workers, &random);
        for (int t = 0; t < THREADS; t++) {
            check(&workers[t]);
            answers += workers[t].answers;
            failures += workers[t].failures;
        }
    }
    print_message("# %d answers, %d failures\n", answers, failures);
    assert_true(answers > 0 && failures > 0);
}

/* One call each, of any kind, and the engine is ended while they are inside. */
static void *one_call(void *arg)
{
    struct worker *w = arg;
    char url[128];
    snprintf(url, sizeof url, "%s/hang", w->round->base);
    struct http_request r = fixture_get(url);
    struct http_response response;
    struct err e;
    http_response_init(&response);
    err_clear(&e);
    (void)http_do(w->round->http, &r, &response, w->cancel, &e);
    if (e.class != ERR_CANCEL)
        (void)err_set(&w->odd, ERR_BUG, 0, "it ended with %s", err_class_name(e.class));
    http_response_release(&response);
    return NULL;
}

static void ends_and_cancels_at_once(void **state)
{
    struct fixture *f = *state;
    uint64_t random = 7;
    add_rules(f);
    for (int i = 0; i < 25; i++) {
        struct worker workers[THREADS];
        struct round round = {.http = f->http, .base = fault_server_url(f->server, "")};
        size_t before = fault_server_count(f->server, "/hang");
        for (int t = 0; t < THREADS; t++) {
            workers[t] = (struct worker){.round = &round, .cancel = cancel_new(NULL)};
            assert_int_equal(pthread_create(&workers[t].thread, NULL, one_call, &workers[t]), 0);
        }
        char url[128];
        snprintf(url, sizeof url, "%s/flood", round.base);
        struct http_request r = fixture_get(url);
        struct http_stream *s = http_stream_open(f->http, &r, NULL, NULL);
        assert_non_null(s);
        assert_true(fault_server_await(f->server, "/hang", before + THREADS));
        for (int t = 0; t < THREADS; t++)
            if (next(&random) % 2)
                cancel_fire(workers[t].cancel);
        if (i % 2)
            http_stream_close(s);
        http_free(f->http);
        if (i % 2 == 0)
            http_stream_close(s);
        for (int t = 0; t < THREADS; t++) {
            pthread_join(workers[t].thread, NULL);
            cancel_unref(workers[t].cancel);
            check(&workers[t]);
        }
        f->http = fixture_engine(false);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(cancels_at_random),
        FIXTURE_TEST(ends_and_cancels_at_once),
    };
    return cmocka_run_group_tests_name("http stress", tests, NULL, NULL);
}
