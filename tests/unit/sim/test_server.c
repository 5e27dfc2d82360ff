/* The server over real sockets: what HTTP promises, bodies in and out, waiting, going away. */
#include "live.h"

#include <fcntl.h>
#include <pthread.h>

/* ---- routes of the test -------------------------------------------------------------------------- */

static void echo(struct sim *s, struct request *r, struct reply *p)
{
    (void)s;
    struct json *j = json_new_object();
    json_add_str(j, "method", r->method);
    json_add_str(j, "path", r->path);
    json_add_str(j, "target", r->target);
    json_add_str(j, "name", request_param(r, "name"));
    json_add_str(j, "rest", request_param(r, "rest"));
    json_add_str(j, "q", request_query(r, "q"));
    json_add_str(j, "x", request_header(r, "x-THING"));
    json_add_int(j, "length", (int64_t)r->body.len);
    json_add(j, "json", r->json ? json_dup(r->json) : json_new_null());
    const char *paths[8];
    json_add_int(j, "forms", (int64_t)request_form_all(r, "paths", paths, 8));
    reply_header(p, "X-Twice", "1");
    reply_header(p, "X-Twice", "a\r\nb");
    reply_json(p, 200, j);
}

static void keep_upload(struct sim *s, struct request *r, struct reply *p)
{
    char kept[600];
    snprintf(kept, sizeof kept, "%s/kept", s->store);
    bool keep = request_query(r, "keep") != NULL;
    struct json *j = json_new_object();
    json_add_int(j, "memory", (int64_t)r->body.len);
    json_add_int(j, "length", r->file.length);
    json_add_str(j, "sha256", r->file.sha256);
    json_add_str(j, "path", r->file.path);
    json_add_bool(j, "renamed", keep && rename(r->file.path, kept) == 0);
    reply_json(p, 201, j);
}

static void send_kept(struct sim *s, struct request *r, struct reply *p)
{
    snprintf(p->file_path, sizeof p->file_path, "%s/kept", s->store);
    p->file_offset = request_query_int(r, "offset", 0);
    p->file_length = request_query_int(r, "length", 0);
    p->content_type = "application/octet-stream";
}

static atomic_bool held_came, held_went;

static void hold(struct sim *s, struct request *r, struct reply *p)
{
    (void)r;
    atomic_store(&held_came, true);
    while (sim_sleep(s, 3600 * 1000))
        continue;
    atomic_store(&held_went, true);
    reply_text(p, 200, "text/plain", "never read");
}

/* A stream that gives each chunk only when the test has seen the one before. */
struct feed {
    atomic_int wanted;
    int given;
    int last;
};
static struct feed feed;
static atomic_bool stream_freed;
static atomic_int stream_frees;

static long feed_next(struct sim *s, void *arg, char *out, size_t max)
{
    struct feed *f = arg;
    if (f->given == f->last)
        return 0;
    while (atomic_load(&f->wanted) <= f->given)
        if (!sim_pause(s, 5))
            return -1;
    return snprintf(out, max, "chunk %d;", f->given++);
}

static void feed_free(void *arg)
{
    (void)arg;
    atomic_fetch_add(&stream_frees, 1);
    atomic_store(&stream_freed, true);
}

static void feed_start(struct sim *s, struct request *r, struct reply *p)
{
    (void)s;
    feed.given = 0;
    feed.last = (int)request_query_int(r, "n", 3);
    p->content_type = "text/event-stream";
    p->stream = feed_next;
    p->stream_arg = &feed;
    p->stream_free = feed_free;
}

static void head_only(struct sim *s, struct request *r, struct reply *p)
{
    (void)s;
    (void)r;
    p->no_body = true;
    p->content_length = INT64_C(5000000000);
}

static void empty(struct sim *s, struct request *r, struct reply *p)
{
    (void)s;
    p->status = (int)request_query_int(r, "status", 204);
}

static void reset(struct sim *s, struct request *r, struct reply *p)
{
    (void)s;
    (void)r;
    p->reset = true;
}

static const struct route routes[] = {
    {"GET", "/echo/{name}/{rest...}", echo, 0},
    {"POST", "/echo", echo, 0},
    {"PUT", "/upload", keep_upload, ROUTE_FILE_BODY},
    {"GET", "/kept", send_kept, 0},
    {"GET", "/hold", hold, 0},
    {"GET", "/feed", feed_start, 0},
    {"HEAD", "/size", head_only, 0},
    {"GET", "/empty", empty, 0},
    {"GET", "/reset", reset, 0},
    {"GET", "/quiet", empty, ROUTE_NO_LOG},
    {NULL, NULL, NULL, 0},
};

static int start(void **state)
{
    (void)state;
    atomic_store(&held_came, false);
    atomic_store(&held_went, false);
    atomic_store(&stream_freed, false);
    atomic_store(&stream_frees, 0);
    atomic_store(&feed.wanted, 0);
    live_start(routes);
    return 0;
}

static int end(void **state)
{
    (void)state;
    live_end();
    return 0;
}

/* ---- requests ------------------------------------------------------------------------------------ */

static void a_request_is_understood(void **state)
{
    (void)state;
    struct answer a = raw_call(
        live.port, "GET", "/echo/refs%2Fpr%2F1/a/b%2520c?q=1+2&q=3", KEY "x-thing: y\r\n", NULL, 0);
    struct json *j = json_parse(buf_str(&a.body), a.body.len, NULL);
    assert_int_equal(a.status, 200);
    assert_string_equal(json_str(j, "name"), "refs/pr/1");
    assert_string_equal(json_str(j, "rest"), "a/b%20c");
    assert_string_equal(json_str(j, "q"), "1 2");
    assert_string_equal(json_str(j, "x"), "y");
    assert_string_equal(json_str(j, "target"), "/echo/refs%2Fpr%2F1/a/b%2520c?q=1+2&q=3");
    char value[100];
    assert_true(answer_header(&a, "Content-Type", value, sizeof value));
    assert_string_equal(value, "application/json");
    assert_true(answer_header(&a, "Date", value, sizeof value));
    assert_non_null(strstr(buf_str(&a.head), "X-Twice: 1\r\n"));
    assert_non_null(strstr(buf_str(&a.head), "X-Twice: a  b\r\n"));
    json_free(j);
    answer_release(&a);
}

static void json_is_parsed_whatever_its_type(void **state)
{
    (void)state;
    static const struct {
        const char *type, *body;
        enum json_kind kind;
    } cases[] = {
        {"Content-Type: text/plain\r\n", " {\"a\":1}\n", JSON_OBJECT},
        {"", "[1,2]", JSON_ARRAY},
        {"Content-Type: application/json\r\n", "{\"a\":1}\n{\"b\":2}\n", JSON_NULL},
        {"Content-Type: application/json\r\n", "{broken", JSON_NULL},
        {"Content-Type: application/octet-stream\r\n", "\x01\x02", JSON_NULL},
        {"", "", JSON_NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char headers[200];
        snprintf(headers, sizeof headers, KEY "%s", cases[i].type);
        struct answer a =
            raw_call(live.port, "POST", "/echo", headers, cases[i].body, strlen(cases[i].body));
        struct json *j = json_parse(buf_str(&a.body), a.body.len, NULL);
        assert_int_equal(json_kind(json_get(j, "json")), cases[i].kind);
        assert_int_equal(json_int(j, "length", -1), strlen(cases[i].body));
        json_free(j);
        answer_release(&a);
    }
}

static void forms_are_decoded(void **state)
{
    (void)state;
    static const char body[] = "paths=a&paths=b%2Fc+d&expand=false";
    struct answer a = raw_call(live.port, "POST", "/echo",
        KEY "Content-Type: application/x-www-form-urlencoded; charset=utf-8\r\n", body,
        sizeof body - 1);
    assert_non_null(strstr(buf_str(&a.body), "\"forms\":2"));
    answer_release(&a);
    struct json *j = call_json("POST", "/echo", body, 200);
    assert_int_equal(json_int(j, "forms", -1), 0);
    json_free(j);
}

static void a_chunked_body_is_joined(void **state)
{
    (void)state;
    int fd = raw_connect(live.port);
    raw_text(fd, "POST /echo HTTP/1.1\r\nHost: x\r\n" KEY "Transfer-Encoding: chunked\r\n\r\n"
                 "4\r\n{\"a\"\r\n3;ext=1\r\n:12\r\n1\r\n}\r\n0\r\nX-Trailer: 1\r\n\r\n");
    struct answer a = raw_answer(fd, false);
    assert_int_equal(a.status, 200);
    assert_non_null(strstr(buf_str(&a.body), "\"json\":{\"a\":12}"));
    answer_release(&a);
    /* and the connection goes on */
    raw_text(fd, "POST /echo HTTP/1.1\r\nHost: x\r\n" KEY "Content-Length: 2\r\n\r\n{}");
    a = raw_answer(fd, false);
    assert_int_equal(a.status, 200);
    answer_release(&a);
    close(fd);
}

static void continue_is_said_to_who_is_welcome(void **state)
{
    (void)state;
    int fd = raw_connect(live.port);
    raw_text(fd, "POST /echo HTTP/1.1\r\nHost: x\r\n" KEY "Content-Length: 2\r\n"
                 "Expect: 100-continue\r\n\r\n");
    struct answer a = raw_answer(fd, false);
    assert_int_equal(a.status, 100);
    answer_release(&a);
    raw_text(fd, "{}");
    a = raw_answer(fd, false);
    assert_int_equal(a.status, 200);
    answer_release(&a);
    close(fd);
}

static void who_is_refused_need_not_send(void **state)
{
    (void)state;
    static const struct {
        const char *method, *target, *key, *length;
        int status;
    } cases[] = {
        {"POST", "/echo", KEY, "134217729", 413},
        {"POST", "/echo", "", "2", 401},
        {"POST", "/nowhere", KEY, "2", 404},
        {"POST", "/upload", KEY, "2", 405},
        {"POST", "/%zz", KEY, "2", 400},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[300];
        int fd = raw_connect(live.port);
        snprintf(text, sizeof text,
            "%s %s HTTP/1.1\r\nHost: x\r\n%sContent-Length: %s\r\nExpect: 100-continue\r\n\r\n",
            cases[i].method, cases[i].target, cases[i].key, cases[i].length);
        raw_text(fd, text);
        struct answer a = raw_answer(fd, false);
        assert_int_equal(a.status, cases[i].status);
        answer_release(&a);
        close(fd);
    }
}

/* A body that nobody wants is read all the same: closing with unread bytes would lose the answer. */
static void who_sends_anyway_gets_the_answer(void **state)
{
    (void)state;
    enum { LARGE = 8 * 1024 * 1024 };
    char *body = calloc(1, LARGE);
    struct answer a = raw_call(live.port, "POST", "/nowhere", KEY, body, LARGE);
    assert_int_equal(a.status, 404);
    assert_true(a.whole);
    answer_release(&a);
    a = raw_call(live.port, "PUT", "/upload", "", body, LARGE);
    assert_int_equal(a.status, 401);
    answer_release(&a);
    free(body);
    struct json *j = last_request();
    assert_int_equal(json_int(j, "received", 0), LARGE);
    json_free(j);
}

static void the_wrong_method_says_which_are_right(void **state)
{
    (void)state;
    char value[100];
    struct answer a = call("DELETE", "/echo", NULL);
    assert_int_equal(a.status, 405);
    assert_true(answer_header(&a, "Allow", value, sizeof value));
    assert_string_equal(value, "POST");
    answer_release(&a);
    a = call("DELETE", "/kept", NULL);
    assert_true(answer_header(&a, "Allow", value, sizeof value));
    assert_string_equal(value, "GET, HEAD");
    answer_release(&a);
}

static void head_is_get_without_the_body(void **state)
{
    (void)state;
    char of_get[50], of_head[50];
    struct answer a = call("GET", "/echo/a/b", NULL);
    assert_true(answer_header(&a, "Content-Length", of_get, sizeof of_get));
    answer_release(&a);
    int fd = raw_connect(live.port);
    raw_text(fd, "HEAD /echo/a/b HTTP/1.1\r\nHost: x\r\n" KEY "\r\n"
                 "HEAD /size HTTP/1.1\r\nHost: x\r\n" KEY "\r\n"
                 "HEAD /feed HTTP/1.1\r\nHost: x\r\n" KEY "\r\n"
                 "GET /empty HTTP/1.1\r\nHost: x\r\n" KEY "\r\n");
    a = raw_answer(fd, true);
    assert_int_equal(a.status, 200);
    assert_true(answer_header(&a, "Content-Length", of_head, sizeof of_head));
    assert_int_equal(atoi(of_head), atoi(of_get) + 1); /* "HEAD" for "GET" in the echo */
    answer_release(&a);
    a = raw_answer(fd, true);
    assert_true(answer_header(&a, "Content-Length", of_head, sizeof of_head));
    assert_string_equal(of_head, "5000000000");
    answer_release(&a);
    a = raw_answer(fd, true);
    assert_int_equal(a.status, 200);
    answer_release(&a);
    a = raw_answer(fd, false);
    assert_int_equal(a.status, 204);
    assert_false(answer_header(&a, "Content-Type", of_head, sizeof of_head));
    answer_release(&a);
    close(fd);
    assert_int_equal(atomic_load(&stream_frees), 1);
}

static void nonsense_does_not_hurt(void **state)
{
    (void)state;
    srand(7);
    for (int round = 0; round < 300; round++) {
        static const char *const words[] = {"GET ", "POST ", "/echo", "/%", " HTTP/1.1", "\r\n",
            "\n", "Host: x", "Content-Length: ", "99999999999999999999", "-1",
            "Transfer-Encoding: chunked", "\r\n\r\n", "zz\r\n", "Expect: 100-continue", ":", "\0",
            "\xff\xfe", "Authorization: Basic =", "5", "/_sim/faults", "?&&=%00", "*"};
        int fd = raw_connect(live.port);
        for (int i = rand() % 14; i >= 0; i--)
            raw_text(fd, words[(size_t)rand() % (sizeof words / sizeof words[0])]);
        shutdown(fd, SHUT_WR);
        struct buf ignored;
        buf_init(&ignored, ANSWER_MAX);
        raw_until(fd, &ignored, NULL);
        buf_release(&ignored);
        close(fd);
    }
    struct json *j = call_json("GET", "/echo/a/b", NULL, 200);
    json_free(j);
}

/* ---- files --------------------------------------------------------------------------------------- */

static void an_upload_goes_to_a_file(void **state)
{
    (void)state;
    struct json *j = call_json("PUT", "/upload", "abc", 201);
    assert_int_equal(json_int(j, "memory", -1), 0);
    assert_int_equal(json_int(j, "length", -1), 3);
    assert_string_equal(
        json_str(j, "sha256"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_int_equal(strncmp(json_str(j, "path"), live.sim->folder, strlen(live.sim->folder)), 0);
    struct json *done = last_request(); /* when it has ended, the file is gone */
    assert_int_equal(access(json_str(j, "path"), F_OK), -1);
    json_free(done);
    json_free(j);

    j = call_json("PUT", "/upload", "", 201);
    assert_int_equal(json_int(j, "length", -1), 0);
    assert_string_equal(
        json_str(j, "sha256"), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    json_free(j);
}

static void a_broken_upload_leaves_nothing(void **state)
{
    (void)state;
    int fd = raw_connect(live.port);
    raw_text(fd, "PUT /upload HTTP/1.1\r\nHost: x\r\n" KEY "Content-Length: 100\r\n\r\nonly this");
    close(fd);
    struct json *j = last_request();
    assert_int_equal(json_kind(json_get(j, "status")), JSON_NULL);
    json_free(j);
    char found[700];
    snprintf(found, sizeof found, "ls %s | grep -c upload-", live.sim->folder);
    FILE *f = popen(found, "r");
    int count = -1;
    assert_int_equal(fscanf(f, "%d", &count), 1);
    pclose(f);
    assert_int_equal(count, 0);
}

static void a_file_is_sent_from_where_it_was_said(void **state)
{
    (void)state;
    json_free(call_json("PUT", "/upload?keep=1", "0123456789", 201));
    struct answer a = call("GET", "/kept?offset=3&length=4", NULL);
    assert_int_equal(a.status, 200);
    assert_string_equal(buf_str(&a.body), "3456");
    answer_release(&a);
    a = call("GET", "/kept?length=0", NULL);
    assert_int_equal(a.status, 200);
    assert_int_equal(a.body.len, 0);
    answer_release(&a);
    static const char *const bad[] = {"/kept?length=11", "/kept?offset=-1&length=1",
        "/kept?offset=1&length=10", "/kept?length=-1", "/kept?offset=9223372036854775807&length=1"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        json_free(call_json("GET", bad[i], NULL, 500));
}

/* ---- waiting and going --------------------------------------------------------------------------- */

static void stream_chunks_arrive_at_once(void **state)
{
    (void)state;
    int fd = raw_connect(live.port);
    raw_text(fd, "GET /feed?n=3 HTTP/1.1\r\nHost: x\r\n" KEY "\r\n");
    struct answer a = raw_answer_head(fd); /* before the first chunk is given */
    assert_int_equal(a.status, 200);
    for (int i = 0; i < 3; i++) {
        char chunk[20];
        snprintf(chunk, sizeof chunk, "chunk %d;", i);
        atomic_store(&feed.wanted, i + 1);
        assert_int_equal(raw_until(fd, &a.body, chunk), STILL_OPEN);
    }
    assert_int_equal(raw_until(fd, &a.body, "0\r\n\r\n"), STILL_OPEN);
    answer_release(&a);
    close(fd);
    assert_true(comes_true(&stream_freed));
}

static void a_stream_whose_client_left_ends(void **state)
{
    (void)state;
    int fd = raw_connect(live.port);
    raw_text(fd, "GET /feed HTTP/1.1\r\nHost: x\r\n" KEY "\r\n");
    struct answer a = raw_answer_head(fd);
    answer_release(&a);
    close(fd);
    assert_true(comes_true(&stream_freed));
    assert_int_equal(atomic_load(&stream_frees), 1);
}

static void a_held_call_whose_client_left_ends(void **state)
{
    (void)state;
    int fd = raw_connect(live.port);
    raw_text(fd, "GET /hold HTTP/1.1\r\nHost: x\r\n" KEY "\r\n");
    assert_true(comes_true(&held_came));
    assert_false(atomic_load(&held_went));
    close(fd);
    assert_true(comes_true(&held_went));
    struct json *j = last_request(); /* what the handler answered was never sent */
    assert_int_equal(json_kind(json_get(j, "status")), JSON_NULL);
    json_free(j);
}

static void too_many_headers_are_refused(void **state)
{
    (void)state;
    char headers[3000] = KEY;
    for (size_t used = strlen(headers), i = 0; i < 260; i++)
        used += (size_t)snprintf(headers + used, sizeof headers - used, "a%zu: b\r\n", i);
    struct answer a = raw_call(live.port, "GET", "/echo/a/b", headers, NULL, 0);
    assert_int_equal(a.status, 431);
    answer_release(&a);
}

static void stopping_ends_what_is_held(void **state)
{
    (void)state;
    int fd = raw_connect(live.port), streaming = raw_connect(live.port),
        idle = raw_connect(live.port);
    raw_text(fd, "GET /hold HTTP/1.1\r\nHost: x\r\n" KEY "\r\n");
    raw_text(streaming, "GET /feed HTTP/1.1\r\nHost: x\r\n" KEY "\r\n");
    struct answer a = raw_answer_head(streaming);
    assert_true(comes_true(&held_came));
    server_stop(live.sim->server);
    assert_true(atomic_load(&held_went));
    assert_int_equal(atomic_load(&stream_frees), 1);
    assert_int_not_equal(raw_until(streaming, &a.body, NULL), STILL_OPEN);
    assert_null(strstr(buf_str(&a.body), "0\r\n\r\n"));
    answer_release(&a);
    a = raw_answer_head(fd);
    assert_int_equal(a.status, 0);
    answer_release(&a);
    close(fd);
    close(streaming);
    close(idle);
}

static void a_handler_may_reset(void **state)
{
    (void)state;
    struct answer a = call("GET", "/reset", NULL);
    assert_int_equal(a.ending, WAS_RESET);
    answer_release(&a);
}

enum { CLIENTS = 16, CALLS = 40 };

static void *many_calls(void *arg)
{
    intptr_t *bad = arg;
    int fd = raw_connect(live.port);
    for (int i = 0; i < CALLS; i++) {
        raw_text(fd, "POST /echo HTTP/1.1\r\nHost: x\r\n" KEY "Content-Length: 7\r\n\r\n{\"a\":1}");
        struct answer a = raw_answer(fd, false);
        *bad += a.status != 200 || !strstr(buf_str(&a.body), "\"json\":{\"a\":1}");
        answer_release(&a);
    }
    close(fd);
    return NULL;
}

static void many_clients_at_once(void **state)
{
    (void)state;
    pthread_t threads[CLIENTS];
    intptr_t bad[CLIENTS] = {0};
    for (int i = 0; i < CLIENTS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, many_calls, &bad[i]), 0);
    for (int i = 0; i < CLIENTS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(bad[i], 0);
    }
    struct json *j = call_json("GET", "/_sim/requests", NULL, 200);
    assert_int_equal(json_int(j, "last", 0), CLIENTS * CALLS);
    json_free(j);
}

static void a_taken_port_is_said(void **state)
{
    (void)state;
    const int ports[PLANES] = {live.port, 0, 0};
    struct err e;
    struct sim *other = sim_new(live.sim->scenario, 1, &e);
    assert_non_null(other);
    assert_null(server_start(other, ports, &e));
    assert_int_equal(e.class, ERR_STATE);
    sim_free(other);
}

#define test(f) cmocka_unit_test_setup_teardown(f, start, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(a_request_is_understood),
        test(json_is_parsed_whatever_its_type),
        test(forms_are_decoded),
        test(a_chunked_body_is_joined),
        test(continue_is_said_to_who_is_welcome),
        test(who_is_refused_need_not_send),
        test(who_sends_anyway_gets_the_answer),
        test(the_wrong_method_says_which_are_right),
        test(head_is_get_without_the_body),
        test(nonsense_does_not_hurt),
        test(an_upload_goes_to_a_file),
        test(a_broken_upload_leaves_nothing),
        test(a_file_is_sent_from_where_it_was_said),
        test(stream_chunks_arrive_at_once),
        test(a_stream_whose_client_left_ends),
        test(a_held_call_whose_client_left_ends),
        test(too_many_headers_are_refused),
        test(stopping_ends_what_is_held),
        test(a_handler_may_reset),
        test(many_clients_at_once),
        test(a_taken_port_is_said),
    };
    return cmocka_run_group_tests_name("server", tests, NULL, NULL);
}
