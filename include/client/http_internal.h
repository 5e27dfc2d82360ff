/* http_internal: what the files of the HTTP engine share. Nobody else includes this.
 *
 *   http.c           public calls of one request; the engine's birth and end
 *   http_many.c      some requests at a time; http_batch.c a list of them
 *   http_limit.c     a rate that several share
 *   http_stream.c    a streaming answer and its back-pressure
 *   http_response.c  the answer's struct
 *   http_loop.c      the net thread: new jobs, timers, the multi handle
 *   http_job.c       one request as a machine: attempts, redirects, waits, its end
 *   http_transfer.c  one attempt as an easy handle; http_body.c its upload, http_answer.c its
 *                    answer
 *   http_fault.c     what can go wrong, and the sentences for it
 *   http_retry.c     whether and when to try again (pure)
 *   http_rules.c     what may be asked at all (pure)
 *   http_url.c       origins and redirects (pure)
 *   http_library.c   libcurl, loaded when it is first needed
 *
 * Who owns what: a job belongs to the net thread from http_submit until its end sets `ended` under
 * its group's lock; in between others only set `dropped` and call http_wake. */
#ifndef SLIPWAY_CLIENT_HTTP_INTERNAL_H
#define SLIPWAY_CLIENT_HTTP_INTERNAL_H

#include "client/http.h"

#include <curl/curl.h>
#include <pthread.h>

/* ---- libcurl (http_library.c) ----------------------------------------------------------------- */

/* Before anything of libcurl but curl_url is called; again is fine. ERR_IO when it cannot be had. */
int http_library_load(struct err *e);

/* ---- origins (http_url.c) -------------------------------------------------------------------- */

enum { HTTP_HOST_MAX = 256 };

struct http_origin {
    char host[HTTP_HOST_MAX]; /* lower case, without brackets */
    int port;
    bool https;
    bool loopback; /* 127.0.0.0/8, ::1 or localhost, which libcurl never asks a resolver for */
};

/* Checks the rules for URLs and finds the origin. ERR_INPUT when it is malformed, holds credentials
 * or bytes that are not percent-encoded, or is plain http to a host that is not loopback. */
int http_url_read(const char *url, struct http_origin *origin, struct err *e);
bool http_origin_equal(const struct http_origin *a, const struct http_origin *b);

/* The absolute URL that `location` means when `base` (already checked) answers with it, into `out`
 * (cleared first). ERR_REMOTE when it is refused: https to http, or what http_url_read refuses. */
int http_url_redirect(const char *base, const char *location, struct buf *out,
    struct http_origin *origin, struct err *e);

/* "https://host:port" and, if asked for, the path; never the query. For logs and errors. */
void http_url_show(const char *url, bool with_path, struct buf *out);

/* ---- rules (http_rules.c) -------------------------------------------------------------------- */

const char *http_method_name(enum http_method method);
bool http_is_write(const struct http_request *r);
/* Whether the header goes only to the request's own origin, also if the caller forgot to say so. */
bool http_header_is_private(const struct http_header *header);
/* Everything that is refused before anything is sent; `origin` gets the URL's. */
int http_rules_check(
    const struct http_request *r, bool read_only, struct http_origin *origin, struct err *e);

/* ---- faults (http_fault.c) ------------------------------------------------------------------- */

enum http_fault {
    HTTP_FAULT_NONE,
    HTTP_FAULT_RESOLVE,
    HTTP_FAULT_CONNECT,     /* refused, unreachable, or not within HTTP_CONNECT_MS */
    HTTP_FAULT_HANDSHAKE,   /* TLS broke off */
    HTTP_FAULT_CERTIFICATE, /* TLS refused: asking again changes nothing */
    HTTP_FAULT_LOST,        /* after the request was, perhaps partly, sent */
    HTTP_FAULT_CUT,         /* the answer ended before its announced end */
    HTTP_FAULT_STALL,
    HTTP_FAULT_DEADLINE,
    HTTP_FAULT_TOO_LARGE,
    HTTP_FAULT_NONSENSE, /* no HTTP, bad encoding */
    HTTP_FAULT_REDIRECT, /* refused */
    HTTP_FAULT_FILE,     /* the upload's file */
    HTTP_FAULT_MEMORY,
    HTTP_FAULT_CANCEL,
    HTTP_FAULT_BUG,
    HTTP_FAULTS
};

enum http_fault http_fault_of(CURLcode code, bool sent);
const char *http_fault_sentence(enum http_fault fault); /* "the connection was lost to" */
/* Fills the sentence; `detail` (may be "") is libcurl's or ours. */
void http_fault_describe(
    enum http_fault fault, const char *where, const char *detail, int number, struct err *e);

/* ---- retries (http_retry.c) ------------------------------------------------------------------ */

enum { HTTP_ATTEMPTS = 5, HTTP_BACKOFF_MS = 1000 };

/* Whether this failure (fault, or with HTTP_FAULT_NONE the status) may be tried again at all. */
bool http_retry_allowed(enum http_retry retry, enum http_fault fault, int status);
/* Before try number `attempt` + 1: 1, 2, 4, 8, 8 … times the base, ±20 % by `random` (any bits). */
int64_t http_retry_backoff_ms(int attempt, int64_t base_ms, uint64_t random);
/* What the answer asks for: the reset of a spent RateLimit and a second, else Retry-After (seconds
 * or a date), else 0. */
int64_t http_retry_after_ms(const struct http_response *r, int64_t wall_ms);

/* ---- jobs ------------------------------------------------------------------------------------ */

/* Whom to wake: one sleeping caller, with one job or many. */
struct http_group {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    size_t ended;      /* jobs that have ended, in all */
    bool cancelled;    /* the poke came */
    struct wait *wake; /* poked as well when a job has ended; NULL = none */
};

int http_group_init(struct http_group *g, struct err *e);
void http_group_release(struct http_group *g);
void http_group_cancel(void *group); /* as the poke of a cancel hook */
/* Sleeps until more than `seen` jobs have ended, or, unless `knows` that already, for the cancel.
 * Returns how many have ended. Needs no deadline of its own: every job has one, and the net thread
 * ends them all before it goes. */
size_t http_group_wait(struct http_group *g, size_t seen, bool knows, bool *cancelled);

/* One attempt. The net thread's. */
struct http_transfer {
    CURL *easy; /* NULL between attempts */
    struct curl_slist *headers;
    char message[CURL_ERROR_SIZE]; /* libcurl's */
    enum http_fault fault;         /* set by a callback that broke it off … */
    char words[96];                /* … saying this, which libcurl's message would bury */
    int number;                    /* errno of a FILE fault, else libcurl's code */
    int64_t started_at, moved_at;
    bool sent;        /* the connection stands: the request may have gone out */
    bool headers_end; /* of the final answer */
    bool enough;      /* an error's body was cut at its cap: a whole answer all the same */
    int status;
    size_t header_bytes;
    int64_t uploaded, received; /* body bytes, as added to the progress counters */
    int64_t downloaded;         /* as they came, perhaps compressed */
    int64_t body_at;            /* the next byte of the upload to hand to libcurl */
};

enum http_job_state { HTTP_JOB_WAITING, HTTP_JOB_RUNNING };

struct http_job {
    const struct http_request *request;
    struct http_response *response;
    struct err *error;
    struct http_stream *stream; /* NULL for an ordinary request */
    struct http_group *group;
    struct http_origin home; /* of the request's own URL */

    atomic_bool dropped; /* set by anyone: end it with ERR_CANCEL */
    bool ended;          /* under the group's lock: the job is the caller's again */
    bool failed;

    /* the net thread's */
    struct http_job *next, *prev;
    enum http_job_state state;
    int64_t begun_at, deadline_at, start_at;
    struct http_origin origin; /* of the present hop */
    bool away;                 /* a redirect has left home: no secrets any more */
    int attempts, redirects;
    struct http_transfer transfer;
};

struct http {
    char *user_agent, *ca_file;
    bool read_only, http2;
    long per_host;
    int64_t backoff_ms, connect_ms;
    char accept_encoding[32];

    CURLM *multi;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t left;     /* nobody is inside any more */
    struct http_job *handed; /* new jobs; under the lock */
    bool stopping;           /* under the lock */
    size_t inside;           /* calls under way; under the lock */
    size_t refs;             /* the owner and every open stream; under the lock */

    /* the net thread's */
    struct http_job *jobs; /* all that have not ended, oldest first */
    uint64_t random;
};

/* A call that uses the engine is between enter and leave; ERR_CANCEL when it is ending. */
int http_enter(struct http *h, struct err *e);
void http_leave(struct http *h);
void http_ref(struct http *h);
void http_unref(struct http *h);
void http_wake(struct http *h); /* between enter and leave only */

/* Prepares the job and hands it to the net thread. -1, and nothing handed over, when a rule refuses
 * the request or the engine is ending. Between enter and leave only. */
int http_submit(struct http *h, struct http_job *job, const struct http_request *request,
    struct http_response *response, struct http_stream *stream, struct http_group *group,
    struct err *e);

void *http_loop_run(void *http);

void http_job_begin(struct http *h, struct http_job *job, int64_t now);
/* Looks at drop, deadline, stall and start time. The job may be gone afterwards. */
void http_job_step(struct http *h, struct http_job *job, int64_t now);
/* The attempt is over, as libcurl says. The job may be gone afterwards. */
void http_job_attempted(struct http *h, struct http_job *job, CURLcode code, int64_t now);
/* When it wants to be looked at again. */
int64_t http_job_due(const struct http *h, const struct http_job *job, int64_t now);
/* Ends it without an answer; it is gone afterwards. */
void http_job_fail(
    struct http *h, struct http_job *job, enum http_fault fault, const char *detail, int64_t now);
/* Whether the answer at hand is a redirect that will be followed. */
bool http_job_redirects(const struct http_job *job);

/* ---- one attempt ----------------------------------------------------------------------------- */

enum http_fault http_transfer_start(struct http *h, struct http_job *job, int64_t now);
/* Takes the handle out of the multi handle and frees it; the answer's facts are noted first.
 * `fault` is for the log. */
void http_transfer_stop(struct http *h, struct http_job *job, enum http_fault fault, int64_t now);

/* Around the time between them the request counts among those that share the limit (may be NULL). */
void http_limit_begin(const struct http *h, struct http_limit *limit);
void http_limit_end(const struct http *h, struct http_limit *limit);
long http_limit_buffer(
    const struct http_limit *limit, long most); /* bytes to hand over at a time */

CURLcode http_body_setup(CURL *easy, struct http_job *job, int64_t length);
CURLcode http_answer_setup(CURL *easy, struct http_job *job);
/* For an attempt that begins anew within libcurl; -1 when the answer cannot be taken back. */
int http_answer_forget(struct http_job *job);

/* ---- streams, called from the net thread ----------------------------------------------------- */

void http_stream_opened(struct http_stream *s, int status);
enum http_stream_took { HTTP_STREAM_TOOK, HTTP_STREAM_NO_ROOM, HTTP_STREAM_NO_MEMORY };
/* Without room nothing is taken: the transfer pauses until the reader made some. */
enum http_stream_took http_stream_take(struct http_stream *s, const void *bytes, size_t n);
/* Whether the paused transfer may go on; answers true once. */
bool http_stream_resumes(struct http_stream *s);
bool http_stream_is_paused(struct http_stream *s);
void http_stream_ended(struct http_stream *s, const struct err *why); /* NULL = cleanly */

#endif
