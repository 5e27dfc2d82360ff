/* One thread accepts; each connection gets a thread that reads a request, records it, takes the
 * rule and plays it. Everything that waits (delays, drips, hanging, slow clients) waits in
 * poll() on the client's socket and on a pipe that closes when the server ends, so ending is
 * prompt. */
#include "fault_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    RULES = 64,
    REQUESTS = 8192,
    CONNECTIONS = 4096,
    HEAD_MAX = 20 * 1024,
    FILLER = 64 * 1024,
    AWAIT_S = 10
};

struct rule {
    struct fault_rule is;
    int seen;
};

struct connection {
    struct fault_server *server;
    int fd, number;
    size_t have; /* bytes read but not yet used */
    char in[64 * 1024];
};

struct fault_server {
    int listener, port, stop[2]; /* stop[0] is readable (at its end) when stop[1] is closed */
    pthread_t acceptor, threads[CONNECTIONS];
    int connections, open;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct rule rules[RULES];
    int rule_count;
    struct fault_request *requests[REQUESTS];
    size_t request_count;
    int64_t sent;
};

static void check(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "fault_server: %s: %s\n", what, strerror(errno));
    exit(99);
}

uint64_t fault_sum(uint64_t sum, const void *bytes, size_t n)
{
    const unsigned char *p = bytes;
    for (size_t i = 0; i < n; i++)
        sum = (sum ^ p[i]) * 1099511628211u + 1;
    return sum;
}

/* ---- waiting --------------------------------------------------------------------------------- */

enum { GONE = -1, PASSED = 0, READY = 1 };

/* Until the socket is ready for `events` or the time has passed (-1 = never). GONE when the client
 * went or the server ends. */
static int await(struct connection *c, short events, int64_t ms)
{
    struct pollfd p[2] = {
        {.fd = c->fd, .events = (short)(events | POLLRDHUP)},
        {.fd = c->server->stop[0], .events = POLLIN},
    };
    int n = poll(p, 2, (int)ms);
    if (n == 0)
        return PASSED;
    if (p[1].revents != 0 || (p[0].revents & (POLLERR | POLLHUP | POLLNVAL)) != 0)
        return GONE;
    if ((p[0].revents & events) != 0)
        return READY;
    return GONE;
}

/* Sleeps; false when the client went or the server ends meanwhile. */
static bool pause_ms(struct connection *c, int64_t ms)
{
    return await(c, 0, ms) == PASSED;
}

/* ---- reading --------------------------------------------------------------------------------- */

static bool more(struct connection *c)
{
    if (c->have == sizeof c->in || await(c, POLLIN, -1) != READY)
        return false;
    ssize_t n = recv(c->fd, c->in + c->have, sizeof c->in - c->have, 0);
    if (n <= 0)
        return false;
    c->have += (size_t)n;
    return true;
}

static void use(struct connection *c, size_t n)
{
    memmove(c->in, c->in + n, c->have - n);
    c->have -= n;
}

static bool send_all(struct connection *c, const char *bytes, size_t n)
{
    while (n > 0) {
        if (await(c, POLLOUT, -1) != READY)
            return false;
        ssize_t sent = send(c->fd, bytes, n, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && (errno == EAGAIN || errno == EINTR))
            continue;
        if (sent <= 0)
            return false;
        bytes += sent;
        n -= (size_t)sent;
    }
    return true;
}

const char *fault_header(const struct fault_request *r, const char *name)
{
    static _Thread_local char value[4096];
    size_t n = strlen(name);
    for (const char *line = r->headers; *line != '\0';) {
        size_t length = strcspn(line, "\r\n");
        if (length > n && strncasecmp(line, name, n) == 0 && line[n] == ':') {
            const char *from = line + n + 1;
            size_t size = length - n - 1;
            while (size > 0 && *from == ' ')
                from++, size--;
            snprintf(value, sizeof value, "%.*s", (int)size, from);
            return value;
        }
        line += length;
        line += strspn(line, "\r\n");
    }
    return NULL;
}

/* The head into *r; false when the connection ends first. */
static bool read_head(struct connection *c, struct fault_request *r)
{
    char *end;
    while ((end = memmem(c->in, c->have, "\r\n\r\n", 4)) == NULL)
        if (c->have > HEAD_MAX || !more(c))
            return false;
    *end = '\0';
    char *line_end = strstr(c->in, "\r\n");
    const char *target = strchr(c->in, ' ');
    if (target == NULL)
        return false;
    size_t first = line_end != NULL ? (size_t)(line_end - c->in) : (size_t)(end - c->in);
    snprintf(r->method, sizeof r->method, "%.*s", (int)(target - c->in), c->in);
    snprintf(r->target, sizeof r->target, "%.*s", (int)strcspn(target + 1, " \r"), target + 1);
    snprintf(r->headers, sizeof r->headers, "%s", line_end != NULL ? c->in + first + 2 : "");
    r->connection = c->number;
    use(c, (size_t)(end + 4 - c->in));
    const char *expect = fault_header(r, "expect");
    r->expected_continue = expect != NULL && strcasecmp(expect, "100-continue") == 0;
    return true;
}

static bool read_body(struct connection *c, struct fault_request *r)
{
    const char *announced = fault_header(r, "content-length");
    size_t rest = announced != NULL ? strtoull(announced, NULL, 10) : 0;
    while (rest > 0) {
        if (c->have == 0 && !more(c))
            return false;
        size_t n = c->have < rest ? c->have : rest;
        r->sum = fault_sum(r->sum, c->in, n);
        for (size_t i = 0; i < n && r->length + i < sizeof r->body - 1; i++)
            r->body[r->length + i] = c->in[i];
        r->length += n;
        rest -= n;
        use(c, n);
    }
    return true;
}

/* ---- rules and records ----------------------------------------------------------------------- */

static struct fault_rule take_rule(struct fault_server *s, const char *target)
{
    struct fault_rule found = {.status = 404, .body = "no rule", .length = 7};
    pthread_mutex_lock(&s->lock);
    for (int i = 0; i < s->rule_count; i++) {
        struct rule *r = &s->rules[i];
        if (r->is.path != NULL && strcmp(r->is.path, target) != 0)
            continue;
        r->seen++;
        if (r->seen <= r->is.skip || (r->is.times > 0 && r->seen > r->is.skip + r->is.times))
            continue;
        found = r->is;
        break;
    }
    pthread_mutex_unlock(&s->lock);
    return found;
}

static void record(struct fault_server *s, const struct fault_request *r)
{
    struct fault_request *copy = malloc(sizeof *copy);
    check(copy != NULL, "out of memory");
    *copy = *r;
    pthread_mutex_lock(&s->lock);
    check(s->request_count < REQUESTS, "too many requests");
    s->requests[s->request_count++] = copy;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
}

static void count_sent(struct fault_server *s, size_t n)
{
    pthread_mutex_lock(&s->lock);
    s->sent += (int64_t)n;
    pthread_mutex_unlock(&s->lock);
}

/* ---- answering ------------------------------------------------------------------------------- */

static bool send_piece(
    struct connection *c, const struct fault_rule *rule, const char *bytes, size_t n)
{
    char size[32];
    bool chunked = rule->chunked || rule->endless;
    if (chunked && !send_all(c, size, (size_t)snprintf(size, sizeof size, "%zx\r\n", n)))
        return false;
    if (!send_all(c, bytes, n) || (chunked && !send_all(c, "\r\n", 2)))
        return false;
    count_sent(c->server, n);
    return true;
}

/* False when the connection is to be closed. A NULL body is filler. */
static bool send_body(
    struct connection *c, const struct fault_rule *rule, const char *body, size_t n)
{
    char filler[FILLER];
    memset(filler, 'x', sizeof filler);
    size_t piece = rule->chunk > 0 ? rule->chunk : n;
    if (body == NULL && piece > sizeof filler)
        piece = sizeof filler;
    do {
        for (size_t at = 0; at < n;) {
            size_t size = n - at < piece ? n - at : piece;
            if (rule->cut_after > 0 && at + size > (size_t)rule->cut_after)
                size = (size_t)rule->cut_after - at;
            if (size > 0 && !send_piece(c, rule, body != NULL ? body + at : filler, size))
                return false;
            at += size;
            if (rule->cut_after > 0 && at >= (size_t)rule->cut_after)
                return false;
            if (rule->drip_ms > 0 && !pause_ms(c, rule->drip_ms))
                return false;
        }
    } while (rule->endless);
    if (rule->stall)
        return await(c, 0, -1) == READY;
    return !rule->chunked || send_all(c, "0\r\n\r\n", 5);
}

static bool send_head(struct connection *c, const struct fault_rule *rule, size_t length)
{
    char head[4096], announced[64] = "";
    const char *headers = rule->headers != NULL ? rule->headers : "";
    bool chunked = rule->chunked || rule->endless;
    if (chunked)
        snprintf(announced, sizeof announced, "Transfer-Encoding: chunked\r\n");
    else if (strcasestr(headers, "content-length:") == NULL)
        snprintf(announced, sizeof announced, "Content-Length: %zu\r\n", length);
    int n = snprintf(head, sizeof head, "HTTP/1.1 %d Answer\r\n%s%s%s\r\n",
        rule->status > 0 ? rule->status : 200, announced, headers,
        rule->close ? "Connection: close\r\n" : "");
    if (n >= 0 && (size_t)n < sizeof head)
        return send_all(c, head, (size_t)n);
    char *large = malloc((size_t)n + 1);
    check(large != NULL, "out of memory");
    snprintf(large, (size_t)n + 1, "HTTP/1.1 %d Answer\r\n%s%s\r\n",
        rule->status > 0 ? rule->status : 200, announced, headers);
    bool sent = send_all(c, large, strlen(large));
    free(large);
    return sent;
}

static bool answer(struct connection *c, const struct fault_rule *rule, const char *method)
{
    if (rule->raw != NULL)
        return send_all(c, rule->raw, strlen(rule->raw)) && false;
    size_t n = rule->fill > 0 ? rule->fill : rule->length;
    bool stays = send_head(c, rule, n);
    if (stays && strcmp(method, "HEAD") != 0)
        stays = send_body(c, rule, rule->fill > 0 ? NULL : rule->body, n);
    return stays && !rule->close;
}

/* ---- a connection ---------------------------------------------------------------------------- */

static void reset(struct connection *c)
{
    struct linger now = {.l_onoff = 1, .l_linger = 0};
    setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

/* One request; false when the connection ends. */
static bool serve(struct connection *c, struct fault_request *r)
{
    memset(r, 0, sizeof *r);
    if (!read_head(c, r))
        return false;
    struct fault_rule rule = take_rule(c->server, r->target);
    if (rule.reset_early) {
        reset(c);
        return false;
    }
    if (r->expected_continue && !rule.silent_expect && rule.status < 400 &&
        !send_all(c, "HTTP/1.1 100 Continue\r\n\r\n", 25))
        return false;
    if ((!r->expected_continue || rule.status < 400) && !read_body(c, r))
        return false;
    record(c->server, r);
    if (rule.hang)
        return await(c, 0, -1) == READY;
    if (rule.delay_ms > 0 && !pause_ms(c, rule.delay_ms))
        return false;
    if (rule.reset || rule.lost) {
        if (rule.reset)
            reset(c);
        return false;
    }
    bool stays = answer(c, &rule, r->method);
    if (!stays && rule.cut_by_reset)
        reset(c);
    return stays;
}

static void *serve_all(void *arg)
{
    struct connection *c = arg;
    struct fault_request *r = malloc(sizeof *r);
    check(r != NULL, "out of memory");
    while (serve(c, r))
        ;
    free(r);
    close(c->fd);
    pthread_mutex_lock(&c->server->lock);
    c->server->open--;
    pthread_cond_broadcast(&c->server->changed);
    pthread_mutex_unlock(&c->server->lock);
    free(c);
    return NULL;
}

static void accept_one(struct fault_server *s, int fd)
{
    int one = 1;
    struct connection *c = calloc(1, sizeof *c);
    check(c != NULL && s->connections < CONNECTIONS, "too many connections");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    pthread_mutex_lock(&s->lock);
    *c = (struct connection){.server = s, .fd = fd, .number = s->connections + 1};
    s->open++;
    pthread_t *thread = &s->threads[s->connections++];
    pthread_mutex_unlock(&s->lock);
    check(pthread_create(thread, NULL, serve_all, c) == 0, "no thread");
}

static void *accept_all(void *arg)
{
    struct fault_server *s = arg;
    for (;;) {
        struct pollfd p[2] = {
            {.fd = s->listener, .events = POLLIN}, {.fd = s->stop[0], .events = POLLIN}};
        if (poll(p, 2, -1) < 0 || p[1].revents != 0)
            return NULL;
        int fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd >= 0)
            accept_one(s, fd);
    }
}

/* ---- the server ------------------------------------------------------------------------------ */

static int listen_on(int backlog, int *port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    check(fd >= 0 && bind(fd, (struct sockaddr *)&a, n) == 0 && listen(fd, backlog) == 0 &&
              getsockname(fd, (struct sockaddr *)&a, &n) == 0,
        "cannot listen");
    *port = ntohs(a.sin_port);
    return fd;
}

struct fault_server *fault_server_new(void)
{
    struct fault_server *s = calloc(1, sizeof *s);
    check(s != NULL, "out of memory");
    check(pipe2(s->stop, O_CLOEXEC) == 0, "no pipe");
    s->listener = listen_on(256, &s->port);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    check(
        pthread_mutex_init(&s->lock, NULL) == 0 && pthread_cond_init(&s->changed, &monotonic) == 0,
        "no lock");
    pthread_condattr_destroy(&monotonic);
    check(pthread_create(&s->acceptor, NULL, accept_all, s) == 0, "no thread");
    return s;
}

void fault_server_free(struct fault_server *s)
{
    close(s->stop[1]);
    pthread_join(s->acceptor, NULL);
    for (int i = 0; i < s->connections; i++)
        pthread_join(s->threads[i], NULL);
    for (size_t i = 0; i < s->request_count; i++)
        free(s->requests[i]);
    close(s->listener);
    close(s->stop[0]);
    pthread_cond_destroy(&s->changed);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

void fault_server_add(struct fault_server *s, const struct fault_rule *rule)
{
    pthread_mutex_lock(&s->lock);
    check(s->rule_count < RULES, "too many rules");
    s->rules[s->rule_count++] = (struct rule){.is = *rule};
    pthread_mutex_unlock(&s->lock);
}

int fault_server_port(const struct fault_server *s)
{
    return s->port;
}

const char *fault_server_url(const struct fault_server *s, const char *path)
{
    static _Thread_local char urls[8][512];
    static _Thread_local unsigned turn;
    char *url = urls[turn++ % 8];
    snprintf(url, sizeof urls[0], "http://127.0.0.1:%d%s", s->port, path);
    return url;
}

/* Lock held. */
static size_t count(const struct fault_server *s, const char *path)
{
    size_t n = 0;
    for (size_t i = 0; i < s->request_count; i++)
        n += path == NULL || strcmp(s->requests[i]->target, path) == 0;
    return n;
}

size_t fault_server_count(struct fault_server *s, const char *path)
{
    pthread_mutex_lock(&s->lock);
    size_t n = count(s, path);
    pthread_mutex_unlock(&s->lock);
    return n;
}

bool fault_server_request(
    struct fault_server *s, const char *path, size_t n, struct fault_request *out)
{
    bool found = false;
    pthread_mutex_lock(&s->lock);
    for (size_t i = 0; i < s->request_count && !found; i++)
        if ((path == NULL || strcmp(s->requests[i]->target, path) == 0) && n-- == 0) {
            *out = *s->requests[i];
            found = true;
        }
    pthread_mutex_unlock(&s->lock);
    return found;
}

bool fault_server_await(struct fault_server *s, const char *path, size_t wanted)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += AWAIT_S;
    int rc = 0;
    pthread_mutex_lock(&s->lock);
    while (count(s, path) < wanted && rc == 0)
        rc = pthread_cond_timedwait(&s->changed, &s->lock, &until);
    bool came = count(s, path) >= wanted;
    pthread_mutex_unlock(&s->lock);
    return came;
}

int fault_server_connections(struct fault_server *s)
{
    pthread_mutex_lock(&s->lock);
    int n = s->connections;
    pthread_mutex_unlock(&s->lock);
    return n;
}

int fault_server_open(struct fault_server *s)
{
    pthread_mutex_lock(&s->lock);
    int n = s->open;
    pthread_mutex_unlock(&s->lock);
    return n;
}

int64_t fault_server_sent(struct fault_server *s)
{
    pthread_mutex_lock(&s->lock);
    int64_t n = s->sent;
    pthread_mutex_unlock(&s->lock);
    return n;
}

/* ---- ports that do not answer ---------------------------------------------------------------- */

void fault_blackhole_open(struct fault_blackhole *b)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    b->fd = listen_on(0, &b->port);
    a.sin_port = htons((uint16_t)b->port);
    for (b->count = 0; b->count < 8; b->count++) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        check(fd >= 0, "no socket");
        b->fillers[b->count] = fd;
        if (connect(fd, (struct sockaddr *)&a, sizeof a) != 0)
            check(errno == EINPROGRESS, "cannot connect");
    }
}

void fault_blackhole_close(struct fault_blackhole *b)
{
    for (int i = 0; i < b->count; i++)
        close(b->fillers[i]);
    close(b->fd);
}

int fault_closed_port(void)
{
    int port;
    close(listen_on(1, &port));
    return port;
}
