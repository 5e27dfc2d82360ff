/* Cancelling and ending: whatever the network does or fails to do, a caller is back within a
 * moment, and what it handed over is its own again (its memory is given back at once: the
 * sanitizers watch).
 *
 * Name resolution hangs for hosts under hang.invalid, because this file stands in for
 * getaddrinfo. */
#include "http_fixture.h"

#include <dirent.h>
#include <dlfcn.h>
#include <netdb.h>
#include <pthread.h>
#include <unistd.h>

enum { SOON_MS = 2000, PATIENCE_MS = 10000 };

static int64_t now_ms(void)
{
    return clock_mono_ms(clock_real());
}

/* ---- a resolver that hangs ------------------------------------------------------------------- */

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int hanging;
    bool released;
} resolver = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static int hang(void)
{
    pthread_mutex_lock(&resolver.lock);
    resolver.hanging++;
    pthread_cond_broadcast(&resolver.changed);
    while (!resolver.released)
        pthread_cond_wait(&resolver.changed, &resolver.lock);
    resolver.hanging--;
    pthread_mutex_unlock(&resolver.lock);
    return EAI_NONAME;
}

int getaddrinfo(
    const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **result)
{
    typedef int real_fn(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    real_fn *real = NULL;
    if (node != NULL && strstr(node, "hang.invalid") != NULL)
        return hang();
    *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    return real(node, service, hints, result);
}

static void await_hanging(int n)
{
    pthread_mutex_lock(&resolver.lock);
    struct timespec until = clock_deadline(PATIENCE_MS);
    int rc = 0;
    while (resolver.hanging < n && rc == 0)
        rc = pthread_cond_clockwait(&resolver.changed, &resolver.lock, CLOCK_MONOTONIC, &until);
    bool came = resolver.hanging >= n;
    pthread_mutex_unlock(&resolver.lock);
    assert_true(came);
}

/* Connections to the port that have sent their SYN and got nothing back. */
static int connecting_to(int port)
{
    FILE *file = fopen("/proc/net/tcp", "r");
    char line[256], wanted[32];
    int n = 0;
    assert_non_null(file);
    snprintf(wanted, sizeof wanted, "0100007F:%04X 02", (unsigned)port);
    while (fgets(line, sizeof line, file) != NULL)
        n += strstr(line, wanted) != NULL;
    fclose(file);
    return n;
}

static void await_connecting(int port, int n)
{
    int64_t until = now_ms() + PATIENCE_MS;
    while (connecting_to(port) < n && now_ms() < until)
        usleep(1000);
    assert_true(connecting_to(port) >= n);
}

static int threads_now(void)
{
    DIR *tasks = opendir("/proc/self/task");
    int n = 0;
    assert_non_null(tasks);
    while (readdir(tasks) != NULL)
        n++;
    closedir(tasks);
    return n;
}

/* Lets the forgotten resolver threads go, and waits until they have: nothing may be left at
 * exit. */
static void release_resolver(int threads)
{
    int64_t until = now_ms() + PATIENCE_MS;
    pthread_mutex_lock(&resolver.lock);
    resolver.released = true;
    pthread_cond_broadcast(&resolver.changed);
    pthread_mutex_unlock(&resolver.lock);
    while (threads_now() > threads && now_ms() < until)
        usleep(1000);
    assert_true(threads_now() <= threads);
    pthread_mutex_lock(&resolver.lock);
    resolver.released = false;
    pthread_mutex_unlock(&resolver.lock);
}

/* ---- a caller on a thread of its own --------------------------------------------------------- */

struct caller {
    struct fixture *f;
    struct http *http;
    struct cancel *cancel;
    char url[256];
    enum http_retry retry;
    int result;
    struct err err;
    pthread_t thread;
};

static void *call(void *arg)
{
    struct caller *c = arg;
    struct http_response response;
    char *body = strdup("a body that is gone right after the call");
    char *url = strdup(c->url);
    http_response_init(&response);
    struct http_request r = fixture_post(url, body);
    r.retry = c->retry;
    err_clear(&c->err);
    c->result = http_do(c->http, &r, &response, c->cancel, &c->err);
    memset(body, 0, strlen(body));
    free(body);
    free(url);
    http_response_release(&response);
    return NULL;
}

static void begin(struct caller *c, struct fixture *f, const char *url)
{
    *c = (struct caller){.f = f, .http = f->http, .cancel = cancel_new(f->cancel)};
    c->retry = HTTP_RETRY_SAFE;
    assert_non_null(c->cancel);
    snprintf(c->url, sizeof c->url, "%s", url);
    assert_int_equal(pthread_create(&c->thread, NULL, call, c), 0);
}

static void end(struct caller *c)
{
    pthread_join(c->thread, NULL);
    cancel_unref(c->cancel);
    assert_int_equal(c->result, -1);
    if (c->err.class != ERR_CANCEL)
        fail_msg("%s: %s", err_class_name(c->err.class), c->err.message);
}

static void cancel_soon(struct caller *c)
{
    int64_t begun = now_ms();
    cancel_fire(c->cancel);
    end(c);
    int64_t took = now_ms() - begun;
    print_message("# cancelled in %lld ms\n", (long long)took);
    assert_true(took < SOON_MS);
}

/* ---- cancelling ------------------------------------------------------------------------------ */

static void before_it_begins(void **state)
{
    struct fixture *f = *state;
    struct http_request r = fixture_get(fault_server_url(f->server, "/"));
    cancel_fire(f->cancel);
    fixture_fails(f, &r, ERR_CANCEL, "");
    assert_int_equal(fault_server_connections(f->server), 0);
}

static void while_resolving(void **state)
{
    struct fixture *f = *state;
    struct caller c;
    int threads = threads_now();
    begin(&c, f, "https://hang.invalid/");
    await_hanging(1);
    cancel_soon(&c);
    release_resolver(threads);
}

static void while_connecting(void **state)
{
    struct fixture *f = *state;
    struct fault_blackhole hole;
    struct caller c;
    char url[64];
    fault_blackhole_open(&hole);
    snprintf(url, sizeof url, "http://127.0.0.1:%d/", hole.port);
    int before = connecting_to(hole.port);
    begin(&c, f, url);
    await_connecting(hole.port, before + 1);
    cancel_soon(&c);
    fault_blackhole_close(&hole);
}

static void while_waiting_for_the_answer(void **state)
{
    struct fixture *f = *state;
    struct caller c;
    fault_server_add(f->server, &(struct fault_rule){.path = "/", .hang = true});
    begin(&c, f, fault_server_url(f->server, "/"));
    assert_true(fault_server_await(f->server, "/", 1));
    cancel_soon(&c);
}

static void while_the_answer_drips(void **state)
{
    struct fixture *f = *state;
    struct caller c;
    fault_server_add(
        f->server, &(struct fault_rule){.path = "/", .fill = 100000, .chunk = 10, .drip_ms = 10});
    begin(&c, f, fault_server_url(f->server, "/"));
    assert_true(fault_server_await(f->server, "/", 1));
    cancel_soon(&c);
}

static void while_waiting_for_another_try(void **state)
{
    struct fixture *f = *state;
    struct caller c;
    fault_server_add(f->server,
        &(struct fault_rule){.path = "/", .status = 503, .headers = "Retry-After: 15\r\n"});
    begin(&c, f, fault_server_url(f->server, "/"));
    assert_true(fault_server_await(f->server, "/", 1));
    cancel_soon(&c);
    assert_int_equal(fault_server_count(f->server, "/"), 1);
}

static void while_waiting_for_room(void **state)
{
    struct fixture *f = *state;
    struct http_options options = {.user_agent = "t", .connections_per_host = 1};
    struct caller first, second;
    http_free(f->http);
    f->http = http_new(&options, NULL);
    assert_non_null(f->http);
    fault_server_add(f->server, &(struct fault_rule){.path = "/", .hang = true});
    begin(&first, f, fault_server_url(f->server, "/"));
    assert_true(fault_server_await(f->server, "/", 1));
    begin(&second, f, fault_server_url(f->server, "/"));
    struct http_request third = fixture_get(fault_server_url(f->server, "/"));
    third.deadline_ms = 300;
    fixture_fails(f, &third, ERR_TIMEOUT, "while waiting for a free connection");
    cancel_soon(&second);
    assert_int_equal(fault_server_count(f->server, "/"), 1);
    cancel_soon(&first);
}

static void one_cancel_leaves_the_others(void **state)
{
    struct fixture *f = *state;
    struct caller c;
    fault_server_add(f->server, &(struct fault_rule){.path = "/", .hang = true});
    fault_server_add(f->server, &(struct fault_rule){.path = "/ok", .body = "ok", .length = 2});
    begin(&c, f, fault_server_url(f->server, "/"));
    assert_true(fault_server_await(f->server, "/", 1));
    cancel_soon(&c);
    struct http_request r = fixture_get(fault_server_url(f->server, "/ok"));
    fixture_expect(f, &r, 200);
}

struct batch {
    struct fixture *f;
    struct err errors[20];
    size_t failed;
};

static void *call_batch(void *arg)
{
    struct batch *b = arg;
    struct http_request requests[20];
    struct http_response responses[20];
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%d/", fault_server_port(b->f->server));
    for (int i = 0; i < 20; i++) {
        requests[i] = fixture_get(url);
        http_response_init(&responses[i]);
    }
    b->failed = http_batch(b->f->http, requests, responses, b->errors, 20, 4, b->f->cancel);
    for (int i = 0; i < 20; i++)
        http_response_release(&responses[i]);
    return NULL;
}

static void a_batch_under_way(void **state)
{
    struct fixture *f = *state;
    struct batch b = {.f = f};
    pthread_t thread;
    fault_server_add(f->server, &(struct fault_rule){.path = "/", .times = 6});
    fault_server_add(f->server, &(struct fault_rule){.path = "/", .hang = true});
    assert_int_equal(pthread_create(&thread, NULL, call_batch, &b), 0);
    assert_true(fault_server_await(f->server, "/", 10));
    int64_t begun = now_ms();
    cancel_fire(f->cancel);
    pthread_join(thread, NULL);
    assert_true(now_ms() - begun < SOON_MS);
    assert_int_equal(b.failed, 14);
    size_t cancelled = 0;
    for (int i = 0; i < 20; i++)
        cancelled += b.errors[i].class == ERR_CANCEL;
    assert_int_equal(cancelled, 14);
    assert_int_equal(fault_server_count(f->server, "/"), 10); /* the rest was never begun */
}

/* ---- the connection's own limit -------------------------------------------------------------- */

static void connecting_and_resolving_have_a_limit(void **state)
{
    struct fixture *f = *state;
    struct http_options options = {.user_agent = "t", .connect_ms = 300, .backoff_ms = 1};
    struct fault_blackhole hole;
    char url[64];
    int threads = threads_now();
    http_free(f->http);
    f->http = http_new(&options, NULL);
    assert_non_null(f->http);
    fault_blackhole_open(&hole);
    snprintf(url, sizeof url, "http://127.0.0.1:%d/", hole.port);
    struct http_request r = fixture_post(url, "x");
    r.retry = HTTP_RETRY_UNSENT; /* nothing can have been sent */
    r.attempts = 2;
    fixture_fails(f, &r, ERR_NET, "could not connect");
    assert_int_equal(f->response.attempts, 2);
    r.url = "https://hang.invalid/";
    fixture_fails(f, &r, ERR_NET, "could not resolve");
    assert_int_equal(f->response.attempts, 2);
    fault_blackhole_close(&hole);
    release_resolver(threads);
}

/* ---- the end of the engine ------------------------------------------------------------------- */

enum { CALLERS = 12 };

static void the_end_with_callers_inside(void **state)
{
    struct fixture *f = *state;
    struct caller callers[CALLERS];
    struct fault_blackhole hole;
    struct batch b = {.f = f};
    struct wait wait;
    pthread_t thread;
    char connecting[64];
    int threads = threads_now();
    fault_blackhole_open(&hole);
    snprintf(connecting, sizeof connecting, "http://127.0.0.1:%d/", hole.port);
    assert_int_equal(wait_init(&wait), 0);
    fault_server_add(f->server, &(struct fault_rule){.path = "/", .hang = true});
    fault_server_add(f->server,
        &(struct fault_rule){.path = "/503", .status = 503, .headers = "Retry-After: 15\r\n"});
    fault_server_add(
        f->server, &(struct fault_rule){.path = "/drip", .fill = 9999, .chunk = 1, .drip_ms = 10});
    for (int i = 0; i < CALLERS; i++) {
        const char *urls[] = {"https://hang.invalid/", connecting, fault_server_url(f->server, "/"),
            fault_server_url(f->server, "/drip"), fault_server_url(f->server, "/503"),
            "https://other.hang.invalid/"};
        begin(&callers[i], f, urls[i % 6]);
    }
    assert_int_equal(pthread_create(&thread, NULL, call_batch, &b), 0);
    struct http_request r = fixture_get(fault_server_url(f->server, "/drip"));
    struct http_stream *stream = http_stream_open(f->http, &r, &wait, &f->err);
    assert_non_null(stream);
    assert_true(fault_server_await(f->server, "/", 6)); /* two callers and four of the batch */
    assert_true(fault_server_await(f->server, "/drip", 3));
    await_hanging(4);

    int64_t begun = now_ms();
    http_free(f->http);
    int64_t took = now_ms() - begun;
    f->http = NULL;
    print_message("# ended in %lld ms\n", (long long)took);
    assert_true(took < SOON_MS);
    for (int i = 0; i < CALLERS; i++)
        end(&callers[i]);
    pthread_join(thread, NULL);
    assert_int_equal(b.failed, 20);
    for (int i = 0; i < 20; i++)
        assert_int_equal(b.errors[i].class, ERR_CANCEL);

    /* the stream outlives the engine until it is closed */
    struct buf out;
    buf_init(&out, 100000);
    enum http_stream_state last;
    do
        last = http_stream_read(stream, &out, NULL, &f->err);
    while (last == HTTP_STREAM_OPEN);
    assert_int_equal(last, HTTP_STREAM_FAILED);
    assert_int_equal(f->err.class, ERR_CANCEL);
    buf_release(&out);
    http_stream_close(stream);
    wait_release(&wait);
    fault_blackhole_close(&hole);
    release_resolver(threads - 1); /* the net thread is gone as well */
}

static void the_end_with_nobody_inside(void **state)
{
    struct fixture *f = *state;
    http_free(f->http);
    http_free(NULL);
    f->http = NULL;
    for (int i = 0; i < 20; i++)
        http_free(fixture_engine(false));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(before_it_begins),
        FIXTURE_TEST(while_resolving),
        FIXTURE_TEST(while_connecting),
        FIXTURE_TEST(while_waiting_for_the_answer),
        FIXTURE_TEST(while_the_answer_drips),
        FIXTURE_TEST(while_waiting_for_another_try),
        FIXTURE_TEST(while_waiting_for_room),
        FIXTURE_TEST(one_cancel_leaves_the_others),
        FIXTURE_TEST(a_batch_under_way),
        FIXTURE_TEST(connecting_and_resolving_have_a_limit),
        FIXTURE_TEST(the_end_with_callers_inside),
        FIXTURE_TEST(the_end_with_nobody_inside),
    };
    return cmocka_run_group_tests_name("http cancel", tests, NULL, NULL);
}
