/* An HTTP client that hides nothing: bytes out, bytes in, and how the connection ended. Every wait
 * has a deadline of WAIT_S. Failures fail the running test. */
#ifndef SLIPWAY_TEST_RAW_HTTP_H
#define SLIPWAY_TEST_RAW_HTTP_H

#include "base/buf.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

enum { WAIT_S = 30, ANSWER_MAX = 64 * 1024 * 1024 };

enum ending { STILL_OPEN, ENDED, WAS_RESET };

static inline int raw_connect(int port)
{
    struct sockaddr_in a = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    struct timeval limit = {.tv_sec = WAIT_S};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
    return fd;
}

/* Sends what it can. False when the other side refused it: then that used up the error which would
 * have told the reader about the RST. */
static inline bool raw_send(int fd, const void *bytes, size_t n)
{
    const char *at = bytes;
    while (n > 0) {
        ssize_t sent = send(fd, at, n, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        at += sent;
        n -= (size_t)sent;
    }
    return true;
}

static inline void raw_text(int fd, const char *text)
{
    raw_send(fd, text, strlen(text));
}

/* Reads until `out` holds `text`, or the end. */
static inline enum ending raw_until(int fd, struct buf *out, const char *text)
{
    char bytes[65536];
    while (!text || !strstr(buf_str(out), text)) {
        ssize_t n = recv(fd, bytes, text ? 1 : sizeof bytes, 0);
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            fail_msg("nothing came for %d s; so far: %s", WAIT_S, buf_str(out));
        if (n <= 0)
            return n == 0 ? ENDED : WAS_RESET;
        assert_int_equal(buf_append(out, bytes, (size_t)n), 0);
    }
    return STILL_OPEN;
}

struct answer {
    int status; /* 0 = none came */
    struct buf head, body;
    enum ending ending; /* of the connection, before or with the last byte of the answer */
    bool whole;         /* the body came to its proper end */
};

static inline void answer_release(struct answer *a)
{
    buf_release(&a->head);
    buf_release(&a->body);
}

/* The header's value into `out`, false when there is none. */
static inline bool answer_header(const struct answer *a, const char *name, char *out, size_t size)
{
    size_t n = strlen(name);
    for (const char *line = strstr(buf_str(&a->head), "\r\n"); line; line = strstr(line, "\r\n")) {
        line += 2;
        if (strncasecmp(line, name, n) != 0 || line[n] != ':')
            continue;
        const char *value = line + n + 1 + strspn(line + n + 1, " ");
        snprintf(out, size, "%.*s", (int)strcspn(value, "\r"), value);
        return true;
    }
    return false;
}

static inline enum ending read_exactly(int fd, struct buf *out, size_t n)
{
    char bytes[65536];
    while (n > 0) {
        ssize_t got = recv(fd, bytes, n < sizeof bytes ? n : sizeof bytes, 0);
        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            fail_msg("the body stopped for %d s", WAIT_S);
        if (got <= 0)
            return got == 0 ? ENDED : WAS_RESET;
        assert_int_equal(buf_append(out, bytes, (size_t)got), 0);
        n -= (size_t)got;
    }
    return STILL_OPEN;
}

static inline enum ending read_chunks(int fd, struct answer *a)
{
    for (;;) {
        struct buf line;
        buf_init(&line, 100);
        enum ending e = raw_until(fd, &line, "\r\n");
        size_t n = strtoul(buf_str(&line), NULL, 16);
        buf_release(&line);
        if (e == STILL_OPEN)
            e = read_exactly(fd, &a->body, n);
        struct buf crlf;
        buf_init(&crlf, 2);
        if (e == STILL_OPEN)
            e = read_exactly(fd, &crlf, 2);
        buf_release(&crlf);
        if (e != STILL_OPEN)
            return e;
        if (n == 0) {
            a->whole = true;
            return STILL_OPEN;
        }
    }
}

static inline struct answer raw_answer_head(int fd)
{
    struct answer a = {0};
    buf_init(&a.head, 65536);
    buf_init(&a.body, ANSWER_MAX);
    a.ending = raw_until(fd, &a.head, "\r\n\r\n");
    if (a.ending == STILL_OPEN)
        a.status = atoi(buf_str(&a.head) + strcspn(buf_str(&a.head), " "));
    return a;
}

/* Reads one answer; `head` says that the request was HEAD. */
static inline struct answer raw_answer(int fd, bool head)
{
    struct answer a = raw_answer_head(fd);
    char value[64];
    if (a.status == 0)
        return a;
    if (head || a.status == 204 || a.status == 304 || a.status == 100) {
        a.whole = true;
    } else if (answer_header(&a, "Content-Length", value, sizeof value)) {
        a.ending = read_exactly(fd, &a.body, strtoull(value, NULL, 10));
        a.whole = a.ending == STILL_OPEN;
    } else {
        a.ending = read_chunks(fd, &a);
    }
    return a;
}

/* One request of its own connection. `headers` are whole lines; a body gets its length. */
static inline struct answer raw_call(int port, const char *method, const char *target,
    const char *headers, const void *body, size_t n)
{
    char start[4096];
    int fd = raw_connect(port);
    int used = snprintf(start, sizeof start,
        "%s %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUser-Agent: test/1\r\n%s", method, target, port,
        headers ? headers : "");
    assert_in_range(used, 1, sizeof start - 1);
    raw_text(fd, start);
    if (body) {
        snprintf(start, sizeof start, "Content-Length: %zu\r\n", n);
        raw_text(fd, start);
    }
    raw_text(fd, "\r\n");
    bool taken = raw_send(fd, body, body ? n : 0);
    struct answer a = raw_answer(fd, strcmp(method, "HEAD") == 0);
    if (!taken && a.status == 0)
        a.ending = WAS_RESET;
    close(fd);
    return a;
}

#endif
