/* http: the one way out of the program. One thread, one curl multi handle, every request.
 *
 * Client threads call http_do, http_batch, http_many or the stream functions and sleep; the net thread does
 * all transfers side by side over reused connections. curl.h is included in http.c and its siblings
 * http_*.c alone (through http_internal.h), so everything the rules ask of a request is asked here:
 *   - read-only (design rule 3): http_options.read_only refuses every request that is not a read,
 *     before anything is sent (ERR_STATE). GET and HEAD are reads; any other method is a write,
 *     but for a POST that says `reads` (a query).
 *   - TLS is verified always; plain http only to a loopback address (127.0.0.0/8, ::1, localhost).
 *   - a secret goes out only as `Authorization: Bearer` to the origin (scheme, host, port) of the
 *     request's own URL; redirects are followed by hand and lose it, and headers that the caller
 *     marked or that carry keys by their name, as soon as the origin changes, for good. https never
 *     redirects to http. Proxy variables count for https to other hosts only.
 *   - User-Agent on every request (spec/runpod.md §1.1: without one, 403 from the gateway).
 *   - every request has a deadline, a stall limit, a cancel and a cap on what it may answer (a
 *     stream: a deadline for its headers, and http_stream_close).
 *   - retries by class, with back-off and jitter, honouring Retry-After and RateLimit resets.
 *
 * HTTP/2 is used by ALPN where the server has it and libcurl is 8.14 or later. 7.88.1 (Debian 12)
 * reports answers that were cut as whole when an HTTP/2 connection breaks under several of them;
 * there it is HTTP/1.1.
 *
 * What a failure means: http_do returns -1 when there is no answer to look at: ERR_NET (could not
 * resolve, could not connect, TLS refused, connection lost, answer cut), ERR_TIMEOUT (deadline or
 * stall, and while doing what), ERR_REMOTE (too large, no HTTP, redirect refused), ERR_INPUT (the
 * URL or a header value), ERR_STATE (read-only), ERR_IO (the file to send, memory), ERR_BUG (a header that is
 * the engine's own), ERR_CANCEL. An answer
 * of any status is success here: use http_check (client/http_error.h) to turn a status into an
 * error.
 *
 * Ownership: requests and everything they point to stay the caller's and must live until the
 * call returns (for streams: until http_stream_close). Responses are the caller's:
 * http_response_release, after -1 too; then only attempts, again and took_ms in it mean anything.
 * Threads: all functions from any thread except the net thread itself; main calls only those that
 * do not sleep (http_new, http_free). Never call with a lock held. */
#ifndef SLIPWAY_CLIENT_HTTP_H
#define SLIPWAY_CLIENT_HTTP_H

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/secret.h"
#include "core/cancel.h"
#include "core/wait.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct http;

enum {
    HTTP_REDIRECTS_MAX = 5,
    HTTP_HEADER_BYTES_MAX = 64 * 1024, /* of an answer, all together */
    HTTP_ERROR_BYTES_MAX = 64 * 1024,  /* kept of the body of an answer that is not 2xx */
    HTTP_URL_MAX = 16 * 1024,
    HTTP_CONNECT_MS = 10 * 1000, /* to resolve, connect and agree on TLS */
    HTTP_STALL_MS = 30 * 1000
};

struct http_options {
    const char *user_agent; /* "slipway/0.1.0"; required */
    bool read_only;
    const char *ca_file;       /* NULL = the system's; for tests with a CA of their own */
    long connections_per_host; /* requests at a time to one origin; 0 = 16. Streams do not count */
    int64_t backoff_ms;        /* before the first retry; 0 = 1000. For tests */
    int64_t connect_ms;        /* 0 = HTTP_CONNECT_MS. For tests */
};

/* curl_global_init (once per process, before other threads start) and the net thread. */
struct http *http_new(const struct http_options *options, struct err *e);
/* Cancels everything under way, joins the thread within a second, frees. Callers still inside
 * http_do or http_batch get ERR_CANCEL, and it waits until they are out (and every http_many is freed). No call may begin after it
 * did, but for reading and closing streams. NULL is fine. */
void http_free(struct http *h);

enum http_method { HTTP_GET, HTTP_HEAD, HTTP_POST, HTTP_PUT, HTTP_PATCH, HTTP_DELETE };

/* Design rule 4: which failures the engine may answer with another try of its own.
 *   NONE    nothing: the caller looks first whether it already happened (creates).
 *   UNSENT  only where the server surely did nothing: could not resolve or connect, or it answered
 *           429.
 *   SAFE    asking twice does no harm: any net error, stall, cut answer, and 408 429 500 502 503
 *           504.
 * A refused certificate and an answer that is nonsense or too large are never tried again.
 * Back-off: 1, 2, 4, 8, 8 s ±20 %, or what the server asks for (Retry-After, RateLimit); when
 * that would pass the deadline, the answer or error at hand is returned at once. Reads and SAFE
 * requests may besides be sent again by libcurl itself, uncounted, when the reused connection
 * they went out on turns out to be dead; any other write gets a connection of its own, so that
 * this cannot happen to it. */
enum http_retry { HTTP_RETRY_NONE, HTTP_RETRY_UNSENT, HTTP_RETRY_SAFE };

/* Not to be set by callers (ERR_BUG): Host, User-Agent, Content-Length, Transfer-Encoding,
 * Connection, Expect and their kin. A request with an Accept-Encoding of its own gets the answer as
 * it comes; without, gzip and br are asked for and unpacked. */
struct http_header {
    const char *name, *value;
    bool same_origin; /* dropped when a redirect leaves the origin (Authorization, Cookie always) */
};

/* Counters that the net thread raises while a transfer runs; the caller may read them from
 * anywhere, and several requests may share one. What a failed try or a redirect counted is taken
 * back. */
struct http_progress {
    _Atomic int64_t sent, received; /* body bytes */
};

/* A rate that all requests share that point to it, kept while they send. Set bytes_per_s before the
 * first of them (0 = none), and leave `running` alone: it is the net thread's. */
struct http_limit {
    int64_t bytes_per_s;
    size_t running;
};

struct http_request {
    enum http_method method;
    const char *url; /* absolute, already percent-encoded */
    const struct http_header *headers;
    size_t header_count;
    const struct secret *bearer; /* NULL = no Authorization */
    bool reads;                  /* POST that changes nothing */
    bool log_quiet;              /* do not log the URL's path and query (presigned) */

    /* Body: bytes, or a range of an open file (file_length >= 0 with file_fd), or none. The file
     * is read with pread on the net thread; a range that turns out shorter is ERR_IO.
     * Content-Length is always sent, chunked encoding never; above 1 MiB the server is asked
     * first (Expect), unless the request is `eager`: that saves a round trip where it will hardly
     * refuse. */
    const void *body;
    size_t body_length;
    int file_fd; /* used when has_file */
    int64_t file_offset, file_length;
    bool has_file, eager;

    enum http_retry retry;
    int attempts;        /* at most; 0 = 5 where retry allows any */
    bool follow;         /* redirects: GET and HEAD any; other methods only 307 and 308 */
    int64_t deadline_ms; /* for everything, retries and waits too; required, > 0 */
    int64_t stall_ms;    /* without a byte either way; 0 = HTTP_STALL_MS */
    size_t answer_max;   /* cap on the unpacked body of a 2xx; required, > 0 except for HEAD */
    struct http_progress *progress; /* may be NULL */
    struct http_limit *limit;       /* may be NULL */
};

struct http_response {
    int status;             /* 100..599 */
    struct buf body;        /* foreign bytes; of an error status at most HTTP_ERROR_BYTES_MAX */
    struct buf headers;     /* "name: value\n" each, names in lower case; of the last answer only */
    struct buf url;         /* where the answer came from, after redirects */
    int attempts;           /* tries that were made */
    int64_t retry_after_ms; /* what the server asked for (Retry-After, or RateLimit with r=0); 0 */
    int64_t took_ms;        /* the last try, request to last byte */
    bool http2;
    bool again; /* of a status or failure that HTTP_RETRY_SAFE would answer with another try */
};

void http_response_init(struct http_response *r); /* before http_do, and for batch: each */
void http_response_release(struct http_response *r);
/* The header's value (the first, foreign bytes, borrowed via `out` which is cleared first);
 * false when it is absent. `name` in lower case. */
bool http_response_header(const struct http_response *r, const char *name, struct buf *out);

/* Does one request and sleeps until its end. `cancel` may be NULL only in tests. */
int http_do(struct http *h, const struct http_request *request, struct http_response *response,
    struct cancel *cancel, struct err *e);

/* Does n requests, at most `at_once` side by side (0 = 8), and sleeps until all have ended. Each
 * has its own error; the return value is the number that failed. Order of the arrays is kept. */
size_t http_batch(struct http *h, const struct http_request *requests,
    struct http_response *responses, struct err *errors, size_t n, size_t at_once,
    struct cancel *cancel);

/* Requests that begin and end one by one, at most `width` side by side, for a loop that waits for other
 * things too: `wake` (borrowed) is poked whenever one has ended. For one thread at a time. */
struct http_many;
struct http_ended {
    void *tag;
    bool failed; /* there is no answer: see its error */
};
struct http_many *http_many_new(struct http *h, size_t width, struct wait *wake, struct err *e);
/* Begins one and returns at once; all four are the engine's until http_many_next gave the tag back. -1,
 * with nothing begun, when a rule refuses it or all are under way (ERR_STATE). */
int http_many_start(struct http_many *m, const struct http_request *request,
    struct http_response *response, struct err *error, void *tag);
/* One that has ended; false when there is none. Does not sleep. */
bool http_many_next(struct http_many *m, struct http_ended *out);
size_t http_many_under_way(const struct http_many *m); /* begun, and not given back */
/* Lets go of all under way: they end soon, with ERR_CANCEL if not otherwise. */
void http_many_drop(struct http_many *m);
/* Drops what is under way and waits until it has ended. NULL is fine. */
void http_many_free(struct http_many *m);

/* What the engine would wait before try number `attempt` + 1 (from 1), for those who try again
 * themselves. */
int64_t http_backoff_ms(const struct http *h, int attempt);

/* A streaming answer (SSE). Opening returns at once; bytes gather on the net thread's side up to
 * `answer_max` at a time (at least 32 KiB; the transfer pauses when nobody reads: back-pressure,
 * not loss), and `wait` is poked when there is something to look at. There is no total cap and
 * no retry here: the caller reopens with its own cadence. deadline_ms is the time until headers
 * must have come (RunPod sends none before the first line, spec/runpod.md §5: choose it long);
 * stall_ms 0 = none. Redirects that are followed are not seen. After http_free a stream is
 * FAILED with ERR_CANCEL; it must still be closed. */
struct http_stream;

enum http_stream_state {
    HTTP_STREAM_WAITING, /* no headers yet */
    HTTP_STREAM_OPEN,    /* headers came; body may follow */
    HTTP_STREAM_ENDED,   /* ended by the server, cleanly */
    HTTP_STREAM_FAILED   /* see the error */
};

/* `wait` may be NULL only in tests. NULL when a rule refuses the request. */
struct http_stream *http_stream_open(
    struct http *h, const struct http_request *request, struct wait *wait, struct err *e);
/* Appends what has arrived to `out` (as much as fits) without sleeping. `status` (may be NULL) gets
 * the HTTP status, 0 while WAITING. ENDED and FAILED are answered only when all bytes have been
 * handed out. */
enum http_stream_state http_stream_read(
    struct http_stream *s, struct buf *out, int *status, struct err *e);
/* Ends the transfer and frees; returns when the net thread has let go of it (milliseconds). NULL is
 * fine. */
void http_stream_close(struct http_stream *s);

#endif
