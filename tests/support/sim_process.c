#include "sim_process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { START_LIMIT_MS = 30000, CALL_LIMIT_MS = 60000, ANSWER_MAX = 64 * 1024 * 1024 };

extern char **environ;

static void spawn(struct sim_process *p, char *const argv[], int *output)
{
    int in[2], out[2];
    assert_int_equal(pipe2(in, O_CLOEXEC), 0);
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    int failed = posix_spawn(&p->pid, argv[0], &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(in[0]);
    close(out[1]);
    if (failed)
        fail_msg("cannot start %s: %s", argv[0], strerror(failed));
    p->input = in[1];
    *output = out[0];
}

/* Its one line, within the limit. */
static void read_line(int fd, char *line, size_t size)
{
    size_t n = 0;
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    while (n + 1 < size && poll(&ready, 1, START_LIMIT_MS) > 0) {
        ssize_t got = read(fd, line + n, 1);
        if (got <= 0 || line[n] == '\n')
            break;
        n += (size_t)got;
    }
    line[n] = '\0';
}

static void copy_url(char *out, size_t size, const struct json *j, const char *key)
{
    int n = snprintf(out, size, "%s", json_str_or(j, key, ""));
    assert_in_range(n, 1, size - 1);
}

/* The port of "http://127.0.0.1:PORT/…"; 0 (any) when there is no URL yet. */
static void port_of(const char *url, char out[8])
{
    const char *colon = strrchr(url, ':');
    snprintf(out, 8, "%ld", colon ? strtol(colon + 1, NULL, 10) : 0);
}

static void start_child(struct sim_process *p)
{
    char *program = getenv("SLIPWAY_SIM");
    if (!program)
        fail_msg("SLIPWAY_SIM does not say where slipway-sim is");
    char data[8], control[8], hub[8];
    port_of(p->data, data);
    port_of(p->control, control);
    port_of(p->hub, hub);
    char *argv[] = {program, "--scenario", p->scenario, "--speed", p->speed, "--data-port", data,
        "--control-port", control, "--hub-port", hub, "--exit-with-stdin", NULL};
    int output;
    spawn(p, argv, &output);
    char line[512];
    read_line(output, line, sizeof line);
    close(output);
    struct json *urls = json_parse(line, strlen(line), NULL);
    if (!urls)
        fail_msg("slipway-sim printed «%s» instead of its addresses", line);
    copy_url(p->data, sizeof p->data, urls, "data");
    copy_url(p->control, sizeof p->control, urls, "control");
    copy_url(p->hub, sizeof p->hub, urls, "hub");
    json_free(urls);
}

static void stop_child(struct sim_process *p)
{
    int status;
    kill(p->pid, SIGTERM);
    assert_int_equal(waitpid(p->pid, &status, 0), p->pid);
    close(p->input);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

void sim_process_start(struct sim_process *p, const char *scenario, const char *speed)
{
    struct err e;
    memset(p, 0, sizeof *p);
    assert_in_range(strlen(scenario), 1, sizeof p->scenario - 1);
    snprintf(p->scenario, sizeof p->scenario, "%s", scenario);
    snprintf(p->speed, sizeof p->speed, "%s", speed);
    start_child(p);
    p->http = http_new(&(struct http_options){.user_agent = "slipway-test"}, &e);
    if (!p->http)
        fail_msg("no HTTP engine: %s", e.message);
    p->key = secret_register("test key", "rpa_TESTKEY0123456789", &e);
    assert_non_null(p->key);
}

void sim_process_stop(struct sim_process *p)
{
    http_free(p->http);
    p->http = NULL;
    stop_child(p);
}

void sim_process_restart(struct sim_process *p)
{
    stop_child(p);
    start_child(p);
}

struct json *sim_call(struct sim_process *p, enum http_method method, const char *base,
    const char *path, const char *body, int *status)
{
    struct buf url;
    buf_init(&url, HTTP_URL_MAX);
    buf_printf(&url, "%s%s", base, path);
    const struct http_header type = {.name = "Content-Type", .value = "application/json"};
    struct http_request request = {
        .method = method,
        .url = buf_str(&url),
        .headers = &type,
        .header_count = body ? 1 : 0,
        .bearer = p->key,
        .body = body,
        .body_length = body ? strlen(body) : 0,
        .deadline_ms = CALL_LIMIT_MS,
        .answer_max = ANSWER_MAX,
    };
    struct http_response response;
    http_response_init(&response);
    struct err e;
    if (http_do(p->http, &request, &response, NULL, &e))
        fail_msg("%s: %s", buf_str(&url), e.message);
    struct json *answer = json_parse(buf_str(&response.body), response.body.len, NULL);
    if (status)
        *status = response.status;
    else if (response.status / 100 != 2)
        fail_msg("%s: HTTP %d: %.300s", buf_str(&url), response.status, buf_str(&response.body));
    http_response_release(&response);
    buf_release(&url);
    return answer;
}

struct json *sim_get(struct sim_process *p, const char *base, const char *path)
{
    struct json *answer = sim_call(p, HTTP_GET, base, path, NULL, NULL);
    if (!answer)
        fail_msg("%s%s: the answer is not JSON", base, path);
    return answer;
}

static void set_clock(struct sim_process *p, const char *key, double value)
{
    char body[64];
    snprintf(body, sizeof body, "{\"%s\":%.3f}", key, value);
    json_free(sim_call(p, HTTP_POST, p->control, "/_sim/clock", body, NULL));
}

void sim_advance(struct sim_process *p, int64_t seconds)
{
    set_clock(p, "advance_s", (double)seconds);
}

void sim_speed(struct sim_process *p, double speed)
{
    set_clock(p, "speed", speed);
}
