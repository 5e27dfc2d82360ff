/* http_stream: an answer that is read while it comes.
 *
 * Between the net thread and the reader stands one buffer under the stream's lock. What does not
 * fit is not taken: libcurl keeps it and stops reading that connection, so the server feels the
 * reader's pace (back-pressure). When the reader has made room it sets `resume` and wakes the net
 * thread, which lets the transfer go on.
 *
 * A stream that is paused holds up nobody else: with HTTP/1.1 it has its connection for itself (and
 * HTTP/2 is only used with a libcurl that pauses one stream of many, see http.c). */
#include "client/http_internal.h"

#include <stdlib.h>

/* libcurl hands out at most CURL_MAX_WRITE_SIZE at a time, all or nothing. */
enum { ROOM_LEAST = 2 * CURL_MAX_WRITE_SIZE };

struct http_stream {
    struct http *http; /* one reference */
    struct http_job job;
    struct http_group group;
    struct http_response response; /* its headers and URL only */
    struct wait *wait;

    pthread_mutex_t lock;
    struct buf bytes;
    enum http_stream_state state;
    int status;
    struct err error;
    bool paused, resume;
};

/* ---- the reader's side ----------------------------------------------------------------------- */

static struct http_stream *new_stream(struct http *h, size_t room, struct wait *wait, struct err *e)
{
    struct http_stream *s = calloc(1, sizeof *s);
    if (s == NULL || pthread_mutex_init(&s->lock, NULL) != 0) {
        free(s);
        (void)err_set(e, ERR_IO, 0, "out of memory for a stream");
        return NULL;
    }
    if (http_group_init(&s->group, e)) {
        pthread_mutex_destroy(&s->lock);
        free(s);
        return NULL;
    }
    s->http = h;
    s->wait = wait;
    http_ref(h);
    http_response_init(&s->response);
    buf_init(&s->bytes, room > ROOM_LEAST ? room : ROOM_LEAST);
    return s;
}

static void free_stream(struct http_stream *s)
{
    http_unref(s->http);
    http_response_release(&s->response);
    buf_release(&s->bytes);
    http_group_release(&s->group);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

struct http_stream *http_stream_open(
    struct http *h, const struct http_request *request, struct wait *wait, struct err *e)
{
    if (http_enter(h, e))
        return NULL;
    struct http_stream *s = new_stream(h, request->answer_max, wait, e);
    if (s != NULL && http_submit(h, &s->job, request, &s->response, s, &s->group, &s->error) != 0) {
        if (e != NULL)
            *e = s->error;
        free_stream(s);
        s = NULL;
    }
    http_leave(h);
    return s;
}

/* As much as fits; the rest waits for the next call. */
static void hand_out(struct http_stream *s, struct buf *out)
{
    size_t room = out->max - out->len;
    size_t n = s->bytes.len < room ? s->bytes.len : room;
    if (n > 0 && buf_append(out, buf_str(&s->bytes), n) == 0)
        buf_drop(&s->bytes, n);
}

/* Waking costs a system call: only when half of the buffer is free again. */
static bool may_resume(struct http_stream *s)
{
    if (!s->paused || s->resume || s->bytes.len > s->bytes.max / 2)
        return false;
    return s->resume = true;
}

enum http_stream_state http_stream_read(
    struct http_stream *s, struct buf *out, int *status, struct err *e)
{
    pthread_mutex_lock(&s->lock);
    hand_out(s, out);
    bool wake = may_resume(s);
    bool ended = s->state == HTTP_STREAM_ENDED || s->state == HTTP_STREAM_FAILED;
    enum http_stream_state state = ended && s->bytes.len > 0 ? HTTP_STREAM_OPEN : s->state;
    if (status != NULL)
        *status = s->status;
    if (state == HTTP_STREAM_FAILED && e != NULL)
        *e = s->error;
    pthread_mutex_unlock(&s->lock);
    if (wake && http_enter(s->http, NULL) == 0) {
        http_wake(s->http);
        http_leave(s->http);
    }
    return state;
}

void http_stream_close(struct http_stream *s)
{
    if (s == NULL)
        return;
    bool unused;
    atomic_store(&s->job.dropped, true);
    if (http_enter(s->http, NULL) == 0) {
        http_wake(s->http);
        http_leave(s->http);
    }
    (void)http_group_wait(&s->group, 0, true, &unused);
    free_stream(s);
}

/* ---- the net thread's side ------------------------------------------------------------------- */

static void poke(struct http_stream *s)
{
    if (s->wait != NULL)
        wait_poke(s->wait);
}

void http_stream_opened(struct http_stream *s, int status)
{
    pthread_mutex_lock(&s->lock);
    s->state = HTTP_STREAM_OPEN;
    s->status = status;
    pthread_mutex_unlock(&s->lock);
    poke(s);
}

enum http_stream_took http_stream_take(struct http_stream *s, const void *bytes, size_t n)
{
    enum http_stream_took took = HTTP_STREAM_TOOK;
    pthread_mutex_lock(&s->lock);
    if (n > s->bytes.max - s->bytes.len)
        took = HTTP_STREAM_NO_ROOM;
    else if (buf_append(&s->bytes, bytes, n) != 0)
        took = HTTP_STREAM_NO_MEMORY;
    s->paused = took == HTTP_STREAM_NO_ROOM;
    pthread_mutex_unlock(&s->lock);
    poke(s);
    return took;
}

bool http_stream_resumes(struct http_stream *s)
{
    pthread_mutex_lock(&s->lock);
    bool resumes = s->resume;
    if (resumes)
        s->resume = s->paused = false;
    pthread_mutex_unlock(&s->lock);
    return resumes;
}

bool http_stream_is_paused(struct http_stream *s)
{
    pthread_mutex_lock(&s->lock);
    bool paused = s->paused;
    pthread_mutex_unlock(&s->lock);
    return paused;
}

void http_stream_ended(struct http_stream *s, const struct err *why)
{
    pthread_mutex_lock(&s->lock);
    s->state = why != NULL ? HTTP_STREAM_FAILED : HTTP_STREAM_ENDED;
    if (why != NULL)
        s->error = *why;
    pthread_mutex_unlock(&s->lock);
    poke(s);
}
