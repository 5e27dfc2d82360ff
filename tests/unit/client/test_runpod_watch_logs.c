/* Whose logs the watch follows when workers vanish: their lines were told, they are remembered, and asked
 * once more whenever a person comes to look at an endpoint without workers. */
#include "http_fixture.h"

#include "base/clock.h"
#include "base/secret.h"
#include "client/runpod_watch.h"
#include "model/news.h"

#include <poll.h>

#define LOG "/v2/serverless/e1/workers/w1/logs?tail=100"

enum { PATIENCE_MS = 20000, SPEED = 60 };

struct world {
    struct fixture *f;
    struct clock *clock;
    struct runpod *r;
    struct inbox *inbox;
    struct runpod_watch *watch;
    bool emptied; /* the list of workers was told to be empty */
    char lines[4096];
    size_t heard; /* pages that the memory was given */
};

static void serve(struct world *w, const char *path, const char *body, int status, int times)
{
    const struct fault_rule rule = {.path = path,
        .body = body,
        .length = strlen(body),
        .status = status,
        .times = times,
        .headers = "Content-Type: application/json\r\n"};
    fault_server_add(w->f->server, &rule);
}

static void remember(void *memory, const struct log_page *page)
{
    struct world *w = memory;
    w->heard += page->count;
}

static void recall(void *memory, runpod_watch_worker_fn *each, void *to)
{
    (void)memory;
    each(to, "e1", "../../evil");
    each(to, "e2", "before2");
    each(to, "e1", "before1");
}

static int set_up(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    const struct inbox_limits limits = {
        .statuses = 64, .logs = 64, .log_bytes = 8 << 20, .results = 1};
    void *fixture;
    struct err e;
    assert_non_null(w);
    fixture_setup(&fixture);
    w->f = fixture;
    w->clock = clock_new(clock_wall_ms(clock_real()), SPEED);
    const struct runpod_options options = {.api_base = fault_server_url(w->f->server, ""),
        .endpoint_base = fault_server_url(w->f->server, "/v2"),
        .key = secret_register("RUNPOD_API_KEY", "a-key-of-no-shape", &e),
        .clock = w->clock};
    w->r = runpod_new(&options, w->f->http, &e);
    w->inbox = inbox_new(&limits);
    assert_true(w->r && w->inbox && w->clock);
    serve(w, "/v2/serverless",
        "{\"endpoints\":[{\"id\":\"e1\",\"name\":\"one\",\"workers\":{\"max\":1}}]}", 200, 0);
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    void *fixture = w->f;
    runpod_watch_free(w->watch);
    fixture_teardown(&fixture);
    runpod_free(w->r);
    inbox_free(w->inbox);
    clock_free(w->clock);
    free(w);
    return 0;
}

static void watch(struct world *w)
{
    const struct runpod_watch_options options = {
        .logs = true, .memory = w, .heard = remember, .recall = recall};
    struct err e;
    w->watch = runpod_watch_new(w->r, &options, w->inbox, w->clock, w->f->cancel, &e);
    if (!w->watch)
        fail_msg("%s", e.message);
}

static void look_at(struct world *w, const struct message *m)
{
    if (m->type == NEWS_WORKERS)
        w->emptied = w->emptied || ((const struct worker_page *)m->payload)->count == 0;
    if (m->type != NEWS_LOG)
        return;
    const struct log_page *page = m->payload;
    assert_true(m->weight >= page->count);
    for (size_t i = 0; i < page->count; i++) {
        size_t used = strlen(w->lines);
        assert_string_equal(page->lines[i].endpoint_id, "e1");
        snprintf(w->lines + used, sizeof w->lines - used, "%s: %s\n", page->lines[i].origin.s,
            page->lines[i].line.s);
    }
}

static void receive(struct world *w)
{
    struct pollfd ready = {.fd = inbox_fd(w->inbox), .events = POLLIN};
    (void)poll(&ready, 1, 20);
    for (struct message *m = inbox_receive(w->inbox, NULL), *next; m; m = next) {
        next = m->next;
        look_at(w, m);
        message_free(m);
    }
}

#define UNTIL(w, condition)                                                                        \
    do {                                                                                           \
        int64_t give_up = clock_mono_ms(clock_real()) + PATIENCE_MS;                               \
        while (!(condition)) {                                                                     \
            receive(w);                                                                            \
            if (clock_mono_ms(clock_real()) > give_up)                                             \
                fail_msg("never: %s", #condition);                                                 \
        }                                                                                          \
    } while (0)

static size_t asked(struct world *w, const char *path)
{
    return fault_server_count(w->f->server, path);
}

/* So many more rounds of the workers' list have gone by. */
static void wait_for_rounds(struct world *w, size_t rounds)
{
    size_t wanted = asked(w, "/v2/serverless/e1/workers") + rounds;
    UNTIL(w, asked(w, "/v2/serverless/e1/workers") >= wanted);
}

static void a_vanished_worker_is_asked_once_more(void **state)
{
    static const char one[] = "{\"workers\":[{\"id\":\"w1\",\"status\":\"RUNNING\"}]}";
    struct world *w = *state;
    serve(w, "/v2/serverless/e1/workers", one, 200, 1);
    serve(w, "/v2/serverless/e1/workers", "{\"workers\":[]}", 200, 0);
    serve(w, LOG, "id: 1\ndata: {\"line\":\"hello\"}\n\n", 200, 1);
    serve(w, LOG, "gone", 404, 1);
    serve(w, LOG, "id: 2\ndata: {\"line\":\"remove container\",\"source\":\"system\"}\n\n", 200, 1);
    serve(w, LOG, "gone", 404, 0);
    watch(w);
    UNTIL(w, strstr(w->lines, "one/w1: hello\n") && w->emptied && asked(w, LOG) >= 2);
    wait_for_rounds(w, 2);
    assert_int_equal(asked(w, LOG), 2); /* nobody looks, so nobody asks */

    runpod_watch_focus(w->watch, "e1");
    UNTIL(w, strstr(w->lines, "one/w1: remove container\n"));
    struct fault_request r = fixture_request(w->f->server, LOG, 2);
    fixture_header(&r, "Last-Event-ID", "1"); /* what was shown is not shown again */
    UNTIL(w, asked(w, LOG) >= 4);             /* that stream ended, and now it is really over */
    wait_for_rounds(w, 3);
    assert_int_equal(asked(w, LOG), 4);
    assert_true(w->heard >= 2);

    runpod_watch_focus(w->watch, "");
    wait_for_rounds(w, 1);
    runpod_watch_focus(w->watch, "e1"); /* somebody comes to look again */
    UNTIL(w, asked(w, LOG) >= 5);
}

/* Of earlier runs: only where the id is one, and of that endpoint. */
static void workers_of_earlier_runs_are_asked(void **state)
{
    struct world *w = *state;
    serve(w, "/v2/serverless/e1/workers", "{\"workers\":[]}", 200, 0);
    serve(w, "/v2/serverless/e1/workers/before1/logs?tail=100", "data: {\"line\":\"long ago\"}\n\n",
        200, 1);
    watch(w);
    UNTIL(w, w->emptied);
    runpod_watch_focus(w->watch, "e1");
    UNTIL(w, strstr(w->lines, "one/before1: long ago\n"));
    assert_int_equal(asked(w, "/v2/serverless/e1/workers/before2/logs?tail=100"), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_vanished_worker_is_asked_once_more),
        TEST(workers_of_earlier_runs_are_asked),
    };
    return cmocka_run_group_tests_name("runpod watch logs", tests, NULL, NULL);
}
