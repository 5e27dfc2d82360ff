/* The three ports and everything that libmicrohttpd is told. It runs a thread per connection, calls
 * `access_handler` from it, and gets what sim/exchange.h makes of the request.
 *
 * What had to be known about the library (0.9.75), and is relied on here:
 *   - The handler is called once when the headers are there, then for each piece of the body, then once
 *     more. An answer queued at the first call closes the connection afterwards, so that is done only
 *     for "Expect: 100-continue".
 *   - Its own percent-decoding is switched off; the target is taken raw from the URI log callback,
 *     after which the completion callback is certain to come.
 *   - The idle time-out is looked at between a handler and its answer, so a handler that waits longer
 *     would lose its connection: the time-out counts only while no request is being answered.
 *   - Headers of an answer from a callback are held back until its first bytes; source_read flushes.
 *   - To HEAD for an answer of unknown length it sends an empty last chunk, which the client takes for
 *     the beginning of the next answer; so such an answer has no length of unknown here, but 0.
 *   - It shuts the sending side down before it closes, so a client would see an orderly end before any
 *     RST: reset_connection therefore closes the socket under the library's feet and leaves the
 *     descriptor valid. */
#include "sim/server.h"

#include "sim/exchange.h"
#include "sim/sim.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    CONNECTIONS_MAX = 512, /* a port */
    CONNECTION_MEMORY = 512 * 1024,
    READ_STEP = 32 * 1024,
    ANSWER_BLOCK = 64 * 1024,
    IDLE_TIMEOUT_S = 120,
    LISTEN_BACKLOG = 256
};

struct port {
    struct server *server;
    enum plane plane;
    struct MHD_Daemon *daemon;
    int number;
};

struct server {
    struct sim *sim;
    struct port ports[PLANES];
};

/* ---- connections --------------------------------------------------------------------------------- */

static int connection_socket(struct MHD_Connection *c)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info ? info->connect_fd : -1;
}

static void set_idle_timeout(struct MHD_Connection *c, unsigned seconds)
{
    MHD_set_connection_option(c, MHD_CONNECTION_OPTION_TIMEOUT, seconds);
}

static void set_no_delay(int fd)
{
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

/* Without lingering, the last close sends RST; putting another file in its place is that close. */
static void reset_connection(int fd)
{
    struct linger none = {.l_onoff = 1, .l_linger = 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (nothing < 0)
        return;
    dup3(nothing, fd, O_CLOEXEC);
    close(nothing);
}

/* ---- answers ------------------------------------------------------------------------------------- */

static ssize_t read_answer(void *arg, uint64_t position, char *out, size_t max)
{
    (void)position;
    long n = exchange_read(arg, out, max);
    if (n == 0)
        return MHD_CONTENT_READER_END_OF_STREAM;
    return n < 0 ? MHD_CONTENT_READER_END_WITH_ERROR : (ssize_t)n;
}

static struct MHD_Response *response_from_bytes(struct exchange *x)
{
    size_t length;
    char *bytes = buf_take(&x->reply.body, &length);
    if (!bytes)
        return NULL;
    struct MHD_Response *response =
        MHD_create_response_from_buffer(length, bytes, MHD_RESPMEM_MUST_FREE);
    if (!response)
        free(bytes);
    return response;
}

static struct MHD_Response *response_from_file(struct source *o)
{
    struct MHD_Response *response =
        MHD_create_response_from_fd_at_offset64((uint64_t)o->length, o->fd, (uint64_t)o->offset);
    if (response)
        o->fd = -1; /* the library closes it */
    return response;
}

static struct MHD_Response *response_new(struct exchange *x)
{
    struct source *o = &x->source;
    int64_t length = o->length;
    if (x->reply.no_body && x->head)
        length = x->reply.content_length;
    else if (x->head && length < 0)
        length = 0;
    else if (source_plain(x))
        return o->kind == SOURCE_FILE ? response_from_file(o) : response_from_bytes(x);
    return MHD_create_response_from_callback(
        length < 0 ? MHD_SIZE_UNKNOWN : (uint64_t)length, ANSWER_BLOCK, read_answer, x, NULL);
}

static bool has_content(const struct exchange *x)
{
    return x->source.length != 0 || x->reply.no_body;
}

static void add_headers(struct MHD_Response *response, const struct exchange *x)
{
    const struct reply *p = &x->reply;
    bool typed = !has_content(x);
    for (size_t i = 0; i < p->header_count; i++) {
        MHD_add_response_header(response, p->headers[i].name, buf_str(&p->headers[i].value));
        typed |= strcasecmp(p->headers[i].name, MHD_HTTP_HEADER_CONTENT_TYPE) == 0;
    }
    if (!typed)
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
            p->content_type ? p->content_type : "application/json");
}

static enum MHD_Result answer(struct MHD_Connection *c, struct exchange *x)
{
    struct MHD_Response *response = response_new(x);
    if (!response)
        return MHD_NO;
    add_headers(response, x);
    int status = x->reply.status ? x->reply.status : 200;
    enum MHD_Result queued = MHD_queue_response(c, (unsigned)status, response);
    MHD_destroy_response(response);
    if (queued == MHD_YES)
        x->status_sent = status;
    return queued;
}

/* ---- what the library calls ---------------------------------------------------------------------- */

static void *on_target(void *arg, const char *target, struct MHD_Connection *c)
{
    struct port *port = arg;
    struct exchange *x = exchange_new(port->server->sim, port->plane, target);
    if (x)
        x->socket = connection_socket(c);
    return x;
}

/* Leaves escapes as they are: target_parse decodes. */
static size_t no_unescape(void *arg, struct MHD_Connection *c, char *s)
{
    (void)arg;
    (void)c;
    return strlen(s);
}

static enum MHD_Result on_header(
    void *arg, enum MHD_ValueKind kind, const char *name, const char *value)
{
    (void)kind;
    return exchange_add_header(arg, name, value ? value : "") ? MHD_NO : MHD_YES;
}

static enum exchange_next begin(struct MHD_Connection *c, struct exchange *x, const char *method)
{
    MHD_get_connection_values(c, MHD_HEADER_KIND, on_header, x);
    set_idle_timeout(c, 0);
    enum exchange_next next = exchange_headers(x, method);
    set_idle_timeout(c, next == EXCHANGE_ON ? IDLE_TIMEOUT_S : 0);
    return next;
}

static enum exchange_next finish(struct MHD_Connection *c, struct exchange *x)
{
    set_idle_timeout(c, 0);
    return exchange_finish(x);
}

static enum exchange_next step(struct MHD_Connection *c, struct exchange *x, const char *method,
    const char *bytes, size_t *size)
{
    if (!x->begun)
        return begin(c, x, method);
    if (*size == 0)
        return finish(c, x);
    enum exchange_next next = exchange_body(x, bytes, *size);
    *size = 0;
    return next;
}

static enum MHD_Result access_handler(void *arg, struct MHD_Connection *c, const char *url,
    const char *method, const char *version, const char *bytes, size_t *size, void **context)
{
    struct exchange *x = *context;
    (void)arg;
    (void)url;
    (void)version;
    if (!x)
        return MHD_NO;
    switch (step(c, x, method, bytes, size)) {
    case EXCHANGE_ON:
        return MHD_YES;
    case EXCHANGE_ANSWER:
        return answer(c, x);
    case EXCHANGE_RESET:
        reset_connection(x->socket);
        break;
    case EXCHANGE_CLOSE:
        break;
    }
    return MHD_NO;
}

static void on_completed(
    void *arg, struct MHD_Connection *c, void **context, enum MHD_RequestTerminationCode code)
{
    (void)arg;
    bool complete = code == MHD_REQUEST_TERMINATED_COMPLETED_OK;
    exchange_free(*context, complete);
    *context = NULL;
    if (complete)
        set_idle_timeout(c, IDLE_TIMEOUT_S);
}

static void on_connection(
    void *arg, struct MHD_Connection *c, void **context, enum MHD_ConnectionNotificationCode code)
{
    (void)arg;
    (void)context;
    if (code == MHD_CONNECTION_NOTIFY_STARTED)
        set_no_delay(connection_socket(c));
}

/* ---- ports --------------------------------------------------------------------------------------- */

static int bound_port(int fd)
{
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    return getsockname(fd, (struct sockaddr *)&address, &size) ? -1 : ntohs(address.sin_port);
}

/* A listening socket on 127.0.0.1, or -1. */
static int listen_on(int port, struct err *e)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return err_errno(e, errno, "cannot make a socket");
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) == 0 &&
        listen(fd, LISTEN_BACKLOG) == 0)
        return fd;
    int why = errno;
    close(fd);
    if (why == EADDRINUSE)
        return err_set(e, ERR_STATE, why, "port %d is already in use", port);
    return err_errno(e, why, "cannot listen on port %d", port);
}

static int port_start(struct port *p, int number, struct err *e)
{
    int fd = listen_on(number, e);
    if (fd < 0)
        return -1;
    p->number = bound_port(fd);
    p->daemon = MHD_start_daemon(MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD |
                                     MHD_USE_POLL | MHD_USE_ITC,
        0, NULL, NULL, access_handler, p,                                      //
        MHD_OPTION_LISTEN_SOCKET, fd,                                          //
        MHD_OPTION_URI_LOG_CALLBACK, on_target, p,                             //
        MHD_OPTION_UNESCAPE_CALLBACK, no_unescape, NULL,                       //
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL,                       //
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, NULL,                     //
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX,                //
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,         //
        MHD_OPTION_CONNECTION_MEMORY_INCREMENT, (size_t)READ_STEP,             //
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_TIMEOUT_S,               //
        MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, //
        MHD_OPTION_END);
    if (p->daemon)
        return 0;
    close(fd);
    return err_set(e, ERR_IO, 0, "cannot start the server on port %d", number);
}

struct server *server_start(struct sim *s, const int ports[PLANES], struct err *e)
{
    struct server *v = calloc(1, sizeof *v);
    if (!v) {
        err_set(e, ERR_IO, ENOMEM, "out of memory");
        return NULL;
    }
    v->sim = s;
    s->server = v;
    for (int i = 0; i < PLANES; i++) {
        v->ports[i].server = v;
        v->ports[i].plane = (enum plane)i;
        if (port_start(&v->ports[i], ports[i], e)) {
            server_stop(v);
            return NULL;
        }
    }
    return v;
}

int server_port(const struct server *v, enum plane plane)
{
    return v->ports[plane].number;
}

void server_stop(struct server *v)
{
    struct sim *s = v->sim;
    sim_lock(s);
    atomic_store(&s->stopping, true);
    sim_changed(s);
    sim_unlock(s);
    for (int i = 0; i < PLANES; i++)
        if (v->ports[i].daemon)
            MHD_stop_daemon(v->ports[i].daemon);
    s->server = NULL;
    free(v);
}
