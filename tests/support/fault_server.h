/* fault_server: a small HTTP/1.1 server on 127.0.0.1 that misbehaves as it is told, for tests of
 * the HTTP engine. (slipway-sim misbehaves too, but knows what RunPod and the Hub mean; this one
 * knows bytes only.) A thread for each connection, plain sockets, no library.
 *
 * Answers are rules: the first that fits a request and is not used up is taken; without one the
 * answer is 404. Every request that came in whole is recorded before it is answered.
 *
 * Threads: all calls from any. Failures end the process with a message: tests only. */
#ifndef SLIPWAY_TESTS_FAULT_SERVER_H
#define SLIPWAY_TESTS_FAULT_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fault_server;

struct fault_rule {
    const char *path; /* with its query, exactly; NULL = any. Strings are borrowed for ever */
    int skip, times;  /* not the first `skip`; then so many, 0 = always */
    int64_t delay_ms; /* before the answer */
    int status;       /* 0 = 200 */
    const char
        *headers;     /* "Name: value\r\n" each; Content-Length is added unless one of these says */
    const void *body; /* or, with `fill`, that many bytes of 'x' */
    size_t length, fill;
    const char *raw; /* sent instead of status, headers and body; then closed */

    bool reset;        /* RST instead of an answer, after the request was read */
    bool reset_early;  /* RST after the head, without reading the body */
    bool lost;         /* closes without an answer */
    bool hang;         /* never answers */
    int64_t cut_after; /* > 0: closes after so many bytes of the body */
    bool cut_by_reset; /* … with RST */
    size_t chunk;      /* > 0: sends the body in such pieces … */
    int64_t drip_ms;   /* … with this time between them */
    bool endless;      /* repeats the body for ever, chunked */
    bool chunked;      /* Transfer-Encoding: chunked instead of Content-Length */
    bool close;        /* after the answer */
    bool stall;        /* sends nothing more after the body, though more was announced, and stays */
    bool silent_expect; /* no 100 Continue for Expect: 100-continue */
};

struct fault_request {
    char method[16];
    char target[2048];
    char headers[16 * 1024]; /* as they came */
    size_t length;           /* of the body */
    uint64_t sum;            /* fault_sum of it */
    char body[512];          /* its beginning, NUL-terminated */
    int connection;          /* counted from 1 */
    bool expected_continue;
};

struct fault_server *fault_server_new(void);
void fault_server_free(struct fault_server *s);
void fault_server_add(struct fault_server *s, const struct fault_rule *rule);
int fault_server_port(const struct fault_server *s);
/* "http://127.0.0.1:PORT" and the path, in one of a few static buffers. */
const char *fault_server_url(const struct fault_server *s, const char *path);

/* Requests that came for this path (NULL = all). */
size_t fault_server_count(struct fault_server *s, const char *path);
/* The n-th of them, from 0; false when there are fewer. */
bool fault_server_request(
    struct fault_server *s, const char *path, size_t n, struct fault_request *out);
/* Sleeps until so many have come, at most 10 s. */
bool fault_server_await(struct fault_server *s, const char *path, size_t count);
int fault_server_connections(struct fault_server *s); /* accepted so far */
int fault_server_open(struct fault_server *s);        /* and open now */
/* Bytes of bodies written so far, to see back-pressure. */
int64_t fault_server_sent(struct fault_server *s);

/* Whether the recorded headers have this one; its value, trimmed, in a static buffer (NULL =
 * none). */
const char *fault_header(const struct fault_request *r, const char *name);
uint64_t fault_sum(uint64_t sum, const void *bytes, size_t n); /* start with 0 */

/* A port on which connecting hangs: its backlog is full. */
struct fault_blackhole {
    int port, fd, fillers[8], count;
};
void fault_blackhole_open(struct fault_blackhole *b);
void fault_blackhole_close(struct fault_blackhole *b);
/* A port on which nobody listens. */
int fault_closed_port(void);

#endif
