/* TLS is verified, always. The server is `openssl s_server` with a certificate for "localhost"
 * that a CA made for this run has signed; it serves files that hold whole answers. */
#include "http_fixture.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static struct tls {
    char folder[64], ca_file[96];
    int home; /* the folder we came from */
    pid_t server;
    int output; /* the server's */
    int port;
} tls;

/* ---- openssl --------------------------------------------------------------------------------- */

static pid_t start(const char *const argv[], int out)
{
    posix_spawn_file_actions_t actions;
    pid_t pid;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, out, 1);
    posix_spawn_file_actions_adddup2(&actions, out, 2);
    int rc = posix_spawnp(&pid, argv[0], &actions, NULL, (char *const *)(uintptr_t)argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (rc != 0)
        fail_msg("%s: %s", argv[0], strerror(rc));
    return pid;
}

static void run(const char *const argv[])
{
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC), status;
    pid_t pid = start(argv, null);
    close(null);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}
#define RUN(...) run((const char *const[]){__VA_ARGS__, NULL})

static void write_file(const char *name, const char *content)
{
    FILE *file = fopen(name, "w");
    assert_non_null(file);
    assert_true(fputs(content, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void make_certificates(void)
{
    RUN("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
        "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Slipway Test CA", "-days",
        "2");
    RUN("openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
        "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=localhost");
    write_file("names", "subjectAltName=DNS:localhost\n");
    RUN("openssl", "x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
        "-CAcreateserial", "-extfile", "names", "-days", "2", "-out", "server.pem");
}

/* "ACCEPT 127.0.0.1:PORT" is the first thing it says. */
static int read_port(int fd)
{
    char text[512] = "";
    size_t n = 0;
    const char *found;
    while ((found = strstr(text, "ACCEPT 127.0.0.1:")) == NULL || strchr(found, '\n') == NULL) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        assert_int_equal(poll(&p, 1, 10000), 1);
        ssize_t got = read(fd, text + n, sizeof text - 1 - n);
        assert_true(got > 0);
        n += (size_t)got;
    }
    return (int)strtol(found + strlen("ACCEPT 127.0.0.1:"), NULL, 10);
}

static void start_server(void)
{
    static const char *const argv[] = {"openssl", "s_server", "-accept", "127.0.0.1:0", "-cert",
        "server.pem", "-key", "server.key", "-HTTP", "-alpn", "http/1.1", NULL};
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    tls.server = start(argv, ends[1]);
    close(ends[1]);
    tls.output = ends[0];
    tls.port = read_port(tls.output);
}

static int group_setup(void **state)
{
    (void)state;
    snprintf(tls.folder, sizeof tls.folder, "/tmp/slipway-tls-XXXXXX");
    assert_non_null(mkdtemp(tls.folder));
    tls.home = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(chdir(tls.folder), 0);
    snprintf(tls.ca_file, sizeof tls.ca_file, "%s/ca.pem", tls.folder);
    make_certificates();
    write_file("hello", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
    start_server();
    return 0;
}

static int group_teardown(void **state)
{
    static const char *const files[] = {"ca.key", "ca.pem", "ca.srl", "server.key", "server.csr",
        "server.pem", "names", "hello", "away", "back"};
    (void)state;
    if (tls.server > 0) {
        kill(tls.server, SIGTERM);
        waitpid(tls.server, NULL, 0);
        close(tls.output);
    }
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        unlink(files[i]);
    if (fchdir(tls.home) == 0)
        rmdir(tls.folder);
    close(tls.home);
    return 0;
}

/* ---- tests ----------------------------------------------------------------------------------- */

static const char *url(const char *host, const char *path)
{
    static char urls[4][128];
    static int turn;
    char *u = urls[turn++ % 4];
    snprintf(u, sizeof urls[0], "https://%s:%d%s", host, tls.port, path);
    return u;
}

static void trust(struct fixture *f, const char *ca_file)
{
    struct http_options options = {.user_agent = "t", .backoff_ms = 10, .ca_file = ca_file};
    http_free(f->http);
    f->http = http_new(&options, &f->err);
    assert_non_null(f->http);
}

static void an_unknown_ca_is_refused(void **state)
{
    struct fixture *f = *state;
    struct http_request r = fixture_get(url("localhost", "/hello"));
    r.retry = HTTP_RETRY_SAFE;
    fixture_fails(f, &r, ERR_NET, "TLS was refused");
    assert_non_null(strstr(f->err.hint, "ca-certificates"));
    assert_int_equal(f->response.attempts, 1);
}

static void the_given_ca_is_accepted(void **state)
{
    struct fixture *f = *state;
    trust(f, tls.ca_file);
    struct http_request r = fixture_get(url("localhost", "/hello"));
    r.retry = HTTP_RETRY_SAFE; /* the server closes each connection */
    for (int i = 0; i < 3; i++) {
        fixture_expect(f, &r, 200);
        assert_string_equal(buf_str(&f->response.body), "hello");
    }
}

static void another_host_name_is_refused(void **state)
{
    struct fixture *f = *state;
    trust(f, tls.ca_file);
    struct http_request r = fixture_get(url("127.0.0.1", "/hello"));
    fixture_fails(f, &r, ERR_NET, "TLS was refused");
}

static void a_ca_file_that_is_none_is_no_way_round(void **state)
{
    struct fixture *f = *state;
    char none[128];
    snprintf(none, sizeof none, "%s/names", tls.folder);
    trust(f, none);
    struct http_request r = fixture_get(url("localhost", "/hello"));
    fixture_fails(f, &r, ERR_NET, "TLS was refused");
    trust(f, "/no/such/file");
    fixture_fails(f, &r, ERR_NET, "TLS was refused");
}

static void https_never_leads_to_http(void **state)
{
    struct fixture *f = *state;
    char answer[512];
    trust(f, tls.ca_file);
    fault_server_add(f->server, &(struct fault_rule){.path = "/caught"});
    snprintf(answer, sizeof answer,
        "HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n",
        fault_server_url(f->server, "/caught"));
    write_file("away", answer);
    struct http_request r = fixture_get(url("localhost", "/away"));
    r.follow = true;
    fixture_fails(f, &r, ERR_REMOTE, "from https to plain http");
    assert_int_equal(fault_server_connections(f->server), 0);
    r.follow = false;
    fixture_expect(f, &r, 302);
}

static void http_may_lead_to_https_without_the_key(void **state)
{
    struct fixture *f = *state;
    char header[256];
    trust(f, tls.ca_file);
    snprintf(header, sizeof header, "Location: %s\r\n", url("localhost", "/hello"));
    fault_server_add(
        f->server, &(struct fault_rule){.path = "/", .status = 308, .headers = header});
    struct http_request r = fixture_get(fault_server_url(f->server, "/"));
    r.follow = true;
    fixture_expect(f, &r, 200);
    assert_string_equal(buf_str(&f->response.url), url("localhost", "/hello"));
}

static void a_server_without_tls(void **state)
{
    struct fixture *f = *state;
    char plain[64];
    snprintf(plain, sizeof plain, "https://127.0.0.1:%d/", fault_server_port(f->server));
    struct http_request r = fixture_get(plain);
    r.deadline_ms = 500; /* it waits for the end of a request that never comes */
    fixture_fails(f, &r, ERR_TIMEOUT, "while connecting");
    assert_int_equal(fault_server_count(f->server, NULL), 0);
}

static void *ask_plain(void *arg)
{
    struct fixture *f = arg;
    char plain[64];
    snprintf(plain, sizeof plain, "https://127.0.0.1:%d/", tls.port);
    struct http_request r = fixture_get(plain);
    (void)fixture_do(f, &r);
    return NULL;
}

/* Something that answers at once, but not with TLS. */
static void a_server_that_speaks_something_else(void **state)
{
    struct fixture *f = *state;
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof a;
    pthread_t thread;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), before = tls.port;
    assert_int_equal(bind(listener, (struct sockaddr *)&a, n), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&a, &n), 0);
    tls.port = ntohs(a.sin_port);
    assert_int_equal(pthread_create(&thread, NULL, ask_plain, f), 0);
    int fd = accept(listener, NULL, NULL);
    assert_true(fd >= 0);
    static const char plain[] = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
    assert_int_equal(write(fd, plain, sizeof plain - 1), sizeof plain - 1);
    pthread_join(thread, NULL);
    close(fd);
    close(listener);
    tls.port = before;
    assert_int_equal(f->err.class, ERR_NET);
    assert_non_null(strstr(f->err.message, "TLS broke off"));
    assert_non_null(strstr(f->err.hint, "https server"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(an_unknown_ca_is_refused),
        FIXTURE_TEST(the_given_ca_is_accepted),
        FIXTURE_TEST(another_host_name_is_refused),
        FIXTURE_TEST(a_ca_file_that_is_none_is_no_way_round),
        FIXTURE_TEST(https_never_leads_to_http),
        FIXTURE_TEST(http_may_lead_to_https_without_the_key),
        FIXTURE_TEST(a_server_without_tls),
        FIXTURE_TEST(a_server_that_speaks_something_else),
    };
    return cmocka_run_group_tests_name("http tls", tests, group_setup, group_teardown);
}
