/* The course of one request (sim/exchange.h says in which order what is called).
 *
 * The world's lock is held for three short moments: when the request is noted and its fault chosen,
 * when it is admitted, and while its handler runs. Everything slow (waiting, reading the body, JSON,
 * sending) happens without it. */
#include "sim/exchange.h"
#include "sim/request_log.h"
#include "sim/sim.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#ifndef POLLRDHUP
#define POLLRDHUP 0
#endif

enum {
    EXCHANGE_MEMORY_MAX = 8 * 1024 * 1024, /* target, headers, parameters, form */
    EXCHANGE_HEADERS_MAX = 256,
    FORM_BYTES_MAX = 1024 * 1024
};

/* Whom this thread serves at the moment, for server_client_gone. */
static _Thread_local struct exchange *serving;

bool server_client_gone(void)
{
    if (!serving || serving->socket < 0)
        return false;
    struct pollfd p = {.fd = serving->socket, .events = POLLRDHUP};
    if (poll(&p, 1, 0) > 0 && (p.revents & (POLLRDHUP | POLLHUP | POLLERR | POLLNVAL)))
        serving->gone = true;
    return serving->gone;
}

/* ---- life -------------------------------------------------------------------------------------- */

struct exchange *exchange_new(struct sim *s, enum plane plane, const char *sent)
{
    struct exchange *x = calloc(1, sizeof *x);
    if (!x)
        return NULL;
    x->sim = s;
    x->socket = -1;
    x->source.fd = -1;
    x->memory = arena_new(EXCHANGE_MEMORY_MAX);
    reply_init(&x->reply);
    upload_init(&x->upload);
    buf_init(&x->request.body, REQUEST_MEMORY_MAX);
    x->request.plane = plane;
    x->request.internal = x;
    x->request.target = x->memory ? arena_strdup(x->memory, sent) : NULL;
    if (x->request.target)
        return x;
    exchange_free(x, false);
    return NULL;
}

int exchange_add_header(struct exchange *x, const char *name, const char *value)
{
    const char *own_name = arena_strdup(x->memory, name);
    const char *own_value = arena_strdup(x->memory, value);
    x->overlong = x->overlong || !own_name || !own_value ||
                  x->headers.count == EXCHANGE_HEADERS_MAX ||
                  pairs_add(x->memory, &x->headers, own_name, own_value);
    return x->overlong ? -1 : 0;
}

static int64_t bytes_sent(const struct exchange *x, bool complete)
{
    if (!x->status_sent || x->head)
        return 0;
    if (!source_plain(x))
        return x->source.sent;
    return complete ? x->source.length : -1;
}

static void log_end(struct exchange *x, bool complete)
{
    struct request_end end = {
        .status = x->status_sent,
        .received = x->received,
        .sent = bytes_sent(x, complete),
        .fault = fault_kind_name(x->fault.kind),
    };
    sim_lock(x->sim);
    request_log_end(faults_requests(x->sim->faults), x->request.number, end);
    sim_unlock(x->sim);
}

void exchange_free(struct exchange *x, bool complete)
{
    if (!x)
        return;
    if (x->request.number)
        log_end(x, complete);
    if (x->reply.stream && x->reply.stream_free)
        x->reply.stream_free(x->reply.stream_arg);
    source_release(&x->source);
    upload_release(&x->upload);
    reply_release(&x->reply);
    fault_release(&x->fault);
    json_free(x->request.json);
    buf_release(&x->request.body);
    arena_free(x->memory);
    free(x);
}

/* ---- the headers are there ----------------------------------------------------------------------- */

static bool is_surface(const struct exchange *x)
{
    return x->found.surface;
}

/* An answer of the server itself. */
static void refuse(struct exchange *x, int status, const char *why)
{
    x->answered = true;
    if (!is_surface(x)) {
        reply_plane_error(&x->reply, x->request.plane, status, why);
        return;
    }
    struct json *body = json_new_object();
    json_add_str(body, "error", why);
    reply_json(&x->reply, status, body);
}

static void find_route(struct exchange *x)
{
    struct request *r = &x->request;
    if (target_parse(x->memory, r->target, &x->target) == 0)
        route_find(x->memory, x->sim->routes[r->plane], r->method, &x->target, &x->found);
    else
        x->target.path = NULL;
    r->path = x->target.path ? x->target.path : "";
}

/* Notes the request and learns what will go wrong with it. */
static void note(struct exchange *x)
{
    struct sim *s = x->sim;
    const struct route *route = x->found.route;
    if (is_surface(x))
        return;
    sim_lock(s);
    x->fault = faults_match(s->faults, &x->request);
    if (!route || !(route->flags & ROUTE_NO_LOG))
        x->request.number = request_log_begin(faults_requests(s->faults), sim_now(s), &x->request);
    sim_unlock(s);
}

static void refuse_routeless(struct exchange *x)
{
    if (!x->target.path)
        refuse(x, 400, "the path cannot be decoded");
    else if (x->found.allow[0])
        refuse(x, 405, "method not allowed");
    else
        refuse(x, 404, "not found");
    if (x->found.allow[0])
        reply_header(&x->reply, "Allow", "%s", x->found.allow);
}

/* -1 = it is not said */
static int64_t body_length(const struct exchange *x)
{
    const char *text = request_header(&x->request, "Content-Length");
    return text ? strtoll(text, NULL, 10) : -1;
}

/* With the lock, so that what admission saw of the place is still so. */
static void open_place(struct exchange *x)
{
    struct err e;
    if (upload_to_place(&x->upload, &x->request.place, body_length(x), x->sim->folder, &e))
        refuse(x, 507, e.message);
}

static void admit(struct exchange *x)
{
    static bool (*const admits[PLANES])(
        struct sim *, struct request *, struct reply *, const struct route *) = {
        [PLANE_DATA] = runpod_data_admit,
        [PLANE_CONTROL] = runpod_control_admit,
        [PLANE_HUB] = hub_admit,
    };
    if (is_surface(x))
        return;
    sim_lock(x->sim);
    sim_play(x->sim);
    x->answered = !admits[x->request.plane](x->sim, &x->request, &x->reply, x->found.route);
    if (!x->answered && x->request.place.path[0])
        open_place(x);
    sim_unlock(x->sim);
}

static void open_upload(struct exchange *x)
{
    struct err e;
    if (x->request.place.path[0])
        return; /* done at admission */
    if (!(x->found.route->flags & ROUTE_FILE_BODY)) {
        if (body_length(x) > REQUEST_MEMORY_MAX)
            refuse(x, 413, "the body is too large");
        else
            upload_to_memory(&x->upload, &x->request.body);
    } else if (upload_to_file(&x->upload, x->sim->folder, &e)) {
        refuse(x, 507, e.message);
    }
}

static bool expects_continue(const struct exchange *x)
{
    const char *expect = request_header(&x->request, "Expect");
    return expect && strcasecmp(expect, "100-continue") == 0;
}

static enum exchange_next begin(struct exchange *x)
{
    find_route(x);
    note(x);
    enum exchange_next next = fault_begin(x);
    if (next != EXCHANGE_ON || x->answered)
        return next;
    if (x->overlong)
        refuse(x, 431, "too many headers");
    else
        admit(x);
    if (!x->answered && !x->found.route)
        refuse_routeless(x);
    if (!x->answered)
        open_upload(x);
    return EXCHANGE_ON;
}

static enum exchange_next answer_ready(struct exchange *x);

enum exchange_next exchange_headers(struct exchange *x, const char *method)
{
    x->begun = true;
    x->request.method = arena_strdup(x->memory, method);
    if (!x->request.method)
        return EXCHANGE_CLOSE;
    x->head = strcmp(method, "HEAD") == 0;
    serving = x;
    enum exchange_next next = begin(x);
    if (next == EXCHANGE_ON && x->answered && expects_continue(x))
        next = answer_ready(x);
    serving = NULL;
    return next;
}

/* ---- the body comes ------------------------------------------------------------------------------ */

static void refuse_body(struct exchange *x, int status)
{
    upload_release(&x->upload); /* drops from now on */
    buf_release(&x->request.body);
    refuse(x, status, status == 413 ? "the body is too large" : "cannot store the body");
}

enum exchange_next exchange_body(struct exchange *x, const void *bytes, size_t n)
{
    size_t take = fault_body_room(x, n);
    int failed = upload_write(&x->upload, bytes, take);
    if (failed && !x->answered)
        refuse_body(x, failed);
    x->received += (int64_t)take;
    serving = x;
    enum exchange_next next = fault_body(x, false);
    serving = NULL;
    return next;
}

/* ---- the answer ---------------------------------------------------------------------------------- */

static bool is_form(const struct request *r)
{
    static const char type[] = "application/x-www-form-urlencoded";
    const char *sent = request_header(r, "Content-Type");
    return sent && strncasecmp(sent, type, sizeof type - 1) == 0;
}

static void parse_body(struct exchange *x)
{
    struct request *r = &x->request;
    const char *text = buf_str(&r->body);
    size_t blank = strspn(text, " \t\r\n");
    if (text[blank] && strchr("{[\"-0123456789tfn", text[blank]))
        r->json = json_parse(text, r->body.len, NULL);
    if (is_form(r) && r->body.len <= FORM_BYTES_MAX &&
        pairs_parse(x->memory, text, r->body.len, &x->form))
        x->form.count = 0;
}

/* Opens the body here, with the lock held, so that the handler's file cannot go away meanwhile. */
static void handle(struct exchange *x)
{
    struct sim *s = x->sim;
    sim_lock(s);
    sim_play(s);
    x->found.route->handle(s, &x->request, &x->reply);
    if (strcmp(x->request.method, "GET") != 0 && !x->head)
        sim_changed(s);
    if (source_open(x)) {
        source_release(&x->source);
        x->reply.file_path[0] = '\0';
        refuse(x, 500, "the file to send is not there");
    }
    sim_unlock(s);
}

static void run(struct exchange *x)
{
    int failed = upload_end(&x->upload);
    if (failed) {
        refuse_body(x, failed);
        return;
    }
    x->request.file = x->upload.file;
    parse_body(x);
    handle(x);
}

static enum exchange_next answer_ready(struct exchange *x)
{
    if (x->fault.kind == FAULT_LOST || x->gone || atomic_load(&x->sim->stopping))
        return EXCHANGE_CLOSE;
    if (x->reply.reset)
        return EXCHANGE_RESET;
    if (x->source.fd < 0 && source_open(x))
        return EXCHANGE_CLOSE;
    return EXCHANGE_ANSWER;
}

enum exchange_next exchange_finish(struct exchange *x)
{
    serving = x;
    enum exchange_next next = fault_body(x, true);
    if (next == EXCHANGE_ON) {
        if (!x->answered)
            run(x);
        next = answer_ready(x);
    }
    serving = NULL;
    return next;
}

long exchange_read(struct exchange *x, char *out, size_t max)
{
    serving = x;
    long n = source_read(x, out, max);
    serving = NULL;
    return n;
}
