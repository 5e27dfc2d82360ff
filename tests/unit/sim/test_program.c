/* slipway-sim as a program ($SLIPWAY_SIM): options, the one line, and every way to end it. */
#include "raw_http.h"
#include "temp_folder.h"

#include "base/clock.h"
#include "base/json.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

extern char **environ;

struct program {
    pid_t pid;
    int in, out, err;
};

/* Starts it with these words (split at blanks); its three streams are pipes. */
static struct program run(const char *words)
{
    struct program p;
    char copy[1024], *argv[16] = {getenv("SLIPWAY_SIM")}, *rest;
    int in[2], out[2], err[2], n = 1;
    if (!argv[0])
        fail_msg("SLIPWAY_SIM does not say where slipway-sim is");
    snprintf(copy, sizeof copy, "%s", words);
    for (char *w = strtok_r(copy, " ", &rest); w; w = strtok_r(NULL, " ", &rest))
        argv[n++] = w;
    assert_int_equal(pipe2(in, O_CLOEXEC) | pipe2(out, O_CLOEXEC) | pipe2(err, O_CLOEXEC), 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, err[1], STDERR_FILENO);
    assert_int_equal(posix_spawn(&p.pid, argv[0], &actions, NULL, argv, environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    close(in[0]);
    close(out[1]);
    close(err[1]);
    p.in = in[1];
    p.out = out[0];
    p.err = err[0];
    return p;
}

/* All that comes from a pipe until its end or a line feed. */
static const char *line_of(int fd)
{
    static char line[4096];
    size_t n = 0;
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    while (n + 1 < sizeof line && poll(&ready, 1, WAIT_S * 1000) > 0) {
        ssize_t got = read(fd, line + n, 1);
        if (got <= 0 || line[n++] == '\n')
            break;
    }
    line[n] = '\0';
    return line;
}

/* Its exit status; it has WAIT_S to end. */
static int status_of(struct program *p)
{
    int64_t end = clock_mono_ms(clock_real()) + WAIT_S * 1000;
    int status;
    pid_t done;
    while ((done = waitpid(p->pid, &status, WNOHANG)) == 0 && clock_mono_ms(clock_real()) < end)
        usleep(2000);
    if (done == 0) {
        kill(p->pid, SIGKILL);
        waitpid(p->pid, &status, 0);
        fail_msg("it did not end within %d s", WAIT_S);
    }
    close(p->in);
    close(p->out);
    close(p->err);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* The port in the URL of this name on the line that it prints. */
static int port_said(const char *line, const char *name)
{
    struct json *j = json_parse(line, strlen(line), NULL);
    const char *url = json_str_or(j, name, "");
    int port = 0;
    char path[8] = "";
    if (sscanf(url, "http://127.0.0.1:%d%7s", &port, path) < 1)
        fail_msg("no URL of %s in %s", name, line);
    assert_string_equal(path, strcmp(name, "data") == 0 ? "/v2" : "");
    json_free(j);
    return port;
}

static int entries(const char *folder)
{
    DIR *d = opendir(folder);
    int n = 0;
    assert_non_null(d);
    for (const struct dirent *e; (e = readdir(d));)
        n += e->d_name[0] != '.';
    closedir(d);
    return n;
}

static int start(void **state)
{
    signal(SIGPIPE, SIG_IGN);
    return temp_folder_make(state) || setenv("TMPDIR", *state, 1);
}

static int end(void **state)
{
    unsetenv("TMPDIR");
    return temp_folder_remove(state);
}

/* ---- tests --------------------------------------------------------------------------------------- */

static void bad_options_are_a_sentence_and_2(void **state)
{
    static const char *const bad[] = {"--nope", "-x", "--data-port", "--data-port x",
        "--data-port 65536", "--hub-port -1", "--control-port 1x", "--speed", "--speed fast",
        "--speed -1", "--speed 100001", "--speed nan", "--speed inf", "--scenario no-such",
        "--scenario ./no-such.json", "extra"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct program p = run(bad[i]);
        const char *said = line_of(p.err);
        if (strncmp(said, "slipway-sim: ", 13) != 0 || said[strlen(said) - 1] != '\n')
            fail_msg("%s: %s", bad[i], said);
        assert_string_equal(line_of(p.err), "");
        assert_string_equal(line_of(p.out), "");
        if (status_of(&p) != 2)
            fail_msg("%s: not 2", bad[i]);
    }
    assert_int_equal(entries(*state), 0);
}

static void help_and_version_are_said(void **state)
{
    (void)state;
    struct program p = run("--help");
    assert_non_null(strstr(line_of(p.out), "usage: slipway-sim"));
    assert_int_equal(status_of(&p), 0);
    p = run("--version");
    assert_non_null(strstr(line_of(p.out), SLIPWAY_VERSION));
    assert_int_equal(status_of(&p), 0);
}

static void signals_end_it_cleanly(void **state)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGHUP};
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        struct program p = run("");
        char line[512];
        snprintf(line, sizeof line, "%s", line_of(p.out));
        assert_int_equal(entries(*state), 1);
        int port = port_said(line, "hub"), idle = raw_connect(port_said(line, "control"));
        struct answer a = raw_call(port, "GET", "/_sim/state", NULL, NULL, 0);
        assert_int_equal(a.status, 200);
        answer_release(&a);
        close(p.in); /* without --exit-with-stdin that means nothing */
        p.in = -1;
        a = raw_call(port_said(line, "data"), "GET", "/_sim/state", NULL, NULL, 0);
        assert_int_equal(a.status, 200);
        answer_release(&a);
        kill(p.pid, signals[i]);
        assert_int_equal(status_of(&p), 0);
        close(idle);
        assert_int_equal(entries(*state), 0);
    }
}

static void it_ends_with_its_input_if_told_so(void **state)
{
    struct program p = run("--exit-with-stdin --speed 0");
    int port = port_said(line_of(p.out), "control");
    assert_int_equal(write(p.in, "words\n", 6), 6);
    struct answer a = raw_call(port, "GET", "/_sim/state", NULL, NULL, 0);
    assert_int_equal(a.status, 200);
    assert_non_null(strstr(buf_str(&a.body), "\"speed\":0"));
    answer_release(&a);
    close(p.in);
    p.in = -1;
    assert_int_equal(status_of(&p), 0);
    assert_int_equal(entries(*state), 0);
}

static void a_port_is_taken_as_told_or_refused_with_6(void **state)
{
    struct program first = run("");
    char options[100];
    snprintf(options, sizeof options, "--hub-port %d", port_said(line_of(first.out), "data"));
    struct program second = run(options);
    const char *said = line_of(second.err);
    if (!strstr(said, "already in use"))
        fail_msg("%s", said);
    assert_int_equal(status_of(&second), 6);
    kill(first.pid, SIGTERM);
    assert_int_equal(status_of(&first), 0);
    second = run(options); /* free again, at once */
    char line[512];
    snprintf(line, sizeof line, "%s", line_of(second.out));
    assert_int_equal(port_said(line, "hub"), atoi(strchr(options, ' ')));
    kill(second.pid, SIGTERM);
    assert_int_equal(status_of(&second), 0);
    assert_int_equal(entries(*state), 0);
}

#define test(f) cmocka_unit_test_setup_teardown(f, start, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(bad_options_are_a_sentence_and_2),
        test(help_and_version_are_said),
        test(signals_end_it_cleanly),
        test(it_ends_with_its_input_if_told_so),
        test(a_port_is_taken_as_told_or_refused_with_6),
    };
    return cmocka_run_group_tests_name("program", tests, NULL, NULL);
}
