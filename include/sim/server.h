/* server: slipway-sim's HTTP side. Three ports (data, control, hub), one table of routes.
 *
 * libmicrohttpd is included in server.c alone; the steps of a request are in server_*.c
 * (sim/exchange.h). It runs one thread per connection, so a handler may
 * simply wait: a held /runsync, a log stream, an injected delay. One lock guards the whole
 * world; server.c holds it while a handler runs; sim_sleep gives it up meanwhile. A handler reads the
 * request, changes the world and fills the reply: straight-line code.
 *
 * What a route may be:
 *   pattern "/v2/serverless/{id}/workers"   {name} takes one segment, percent-decoded
 *   pattern "/{owner}/{name}/resolve/{rev}/{path...}"  {name...} takes the rest, '/' included; last
 *   pattern "/{owner}/{name}.git/info/lfs/objects/batch"  text before and after {name} in a segment
 * A parameter is never empty. Segments are cut before they are decoded, so "refs%2Fpr%2F1" is one.
 * More exact patterns come before vaguer ones in a table; the first match wins. A path that matches
 * with another method answers 405 with Allow. What matches nothing: the plane's 404 (routes_of). */
#ifndef SLIPWAY_SIM_SERVER_H
#define SLIPWAY_SIM_SERVER_H

#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sim;

enum plane { PLANE_DATA, PLANE_CONTROL, PLANE_HUB, PLANES };

enum {
    REQUEST_PARAMS_MAX = 8,
    REQUEST_MEMORY_MAX = 128 * 1024 * 1024, /* a body held in memory; more answers 413 */
    REPLY_HEADERS_MAX = 24
};

/* A body that went to a file because the route asked for it (ROUTE_FILE_BODY). */
struct body_file {
    char path
        [512]; /* inside sim's store; the handler may rename it away; else it is deleted. "" = placed */
    int64_t length;
    char sha256[65]; /* lower-case hex of what arrived; not when a place was wished for */
    char print[33];  /* then this: its fingerprint (sim/fingerprint.h) */
    bool placed;     /* it lies where admission wished; locked there until the exchange ends */
};

/* Where admission may wish a ROUTE_FILE_BODY to go: so many bytes at this offset of a file that others
 * may be writing to. What has another length, and what finds its bytes locked by another exchange or
 * taken, goes to a file of its own. */
struct body_place {
    char path[512]; /* "" = no wish */
    int64_t offset, length;
    bool taken;
};

struct request {
    enum plane plane;
    const char *method;
    const char *path;   /* decoded, without the query */
    const char *target; /* path and query as they were sent */
    struct buf body;    /* in memory; empty with ROUTE_FILE_BODY */
    struct json *json;  /* the body parsed, NULL when it is not JSON; the server frees it */
    struct body_file file;
    struct body_place place; /* for admission to fill */
    int64_t number;          /* in the request log, from 1 */
    void *internal;          /* struct exchange */
};

/* All borrowed until the handler returns; NULL when absent. Header names in any case. */
const char *request_param(const struct request *r, const char *name); /* of the pattern */
const char *request_query(const struct request *r, const char *name); /* decoded, first */
int64_t request_query_int(const struct request *r, const char *name, int64_t fallback);
size_t request_query_all(const struct request *r, const char *name, const char **out, size_t max);
/* The same of a body in application/x-www-form-urlencoded; 0 when it is none. */
size_t request_form_all(const struct request *r, const char *name, const char **out, size_t max);
const char *request_header(const struct request *r, const char *name);

/* The key in the Authorization header, NULL when there is none: "Bearer KEY", the bare KEY, or
 * "Basic base64(user:KEY)" (git-lfs). `form` may be NULL. For sim_key_right (sim/sim.h). */
enum key_form { KEY_FORM_NONE, KEY_FORM_BEARER, KEY_FORM_BARE, KEY_FORM_BASIC };
const char *request_key(const struct request *r, enum key_form *form);

/* "http://127.0.0.1:PORT" of a plane, as the client reached it (Host header honoured for its own). */
void request_base_url(struct sim *s, const struct request *r, enum plane plane, struct buf *out);

/* Fills `out` with the next bytes of a streamed answer, which are sent at once. Called without the
 * world's lock, may sleep with it (sim_lock, sim_sleep). Returns the number of bytes, 0 = end,
 * -1 = abort the connection (also right when sim_sleep said false). */
typedef long reply_stream_fn(struct sim *s, void *arg, char *out, size_t max);

struct reply {
    int status;               /* 0 = 200 */
    struct buf body;          /* sent unless stream or file_path is set */
    const char *content_type; /* static string; NULL = application/json */
    struct reply_header {
        char name[48];
        struct buf value;
    } headers[REPLY_HEADERS_MAX];
    size_t header_count;
    reply_stream_fn *stream; /* chunked, until it ends */
    void *stream_arg;
    void (*stream_free)(
        void *arg);      /* called once, without the lock, when stream is set; may be NULL */
    char file_path[512]; /* send this file (from file_offset, file_length bytes); opened before the
                            lock is given up, so it may be deleted right afterwards */
    int64_t file_offset, file_length;
    bool no_body;           /* to HEAD: the headers alone, with content_length */
    int64_t content_length; /* with no_body */
    bool reset;             /* close the connection with RST instead of answering */
};

/* Adds a header; the same name may come twice. Control characters in the value become spaces. */
void reply_header(struct reply *p, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void reply_json(struct reply *p, int status, struct json *take);
void reply_text(struct reply *p, int status, const char *content_type, const char *body);

enum route_flags {
    ROUTE_OPEN = 1,      /* no Authorization needed */
    ROUTE_FILE_BODY = 2, /* the body goes to a file, with its sha-256 */
    ROUTE_NO_LOG = 4     /* not in the request log (the control surface itself) */
};

struct route {
    const char *method; /* "GET" also serves HEAD when no HEAD route matches */
    const char *pattern;
    void (*handle)(struct sim *s, struct request *r, struct reply *p);
    unsigned flags;
};

/* What each plane serves; ended by a row with method NULL. */
extern const struct route runpod_data_routes[];     /* runpod_routes.c: the data plane */
extern const struct route runpod_control_routes[];  /* runpod_routes.c: REST v2 and GraphQL */
extern const struct route hub_routes[];             /* hub_routes.c */
extern const struct route control_surface_routes[]; /* sim_surface.c: /_sim/…, on all three */

/* Per plane: shapes an error the way that plane does (route not found, 401, 405, 413, …). */
void runpod_data_error(struct reply *p, int status, const char *message);
void runpod_control_error(struct reply *p, int status, const char *detail);
void hub_error(struct reply *p, int status, const char *message);

/* Per plane: runs before the handler with the lock held; false when it has answered (401, 403
 * without User-Agent, 429 …). May add headers (RateLimit). It runs when the headers are there and the
 * body is not read yet (r->body, r->json, r->file are empty), so that a refused upload is refused
 * before it is sent. Not called for /_sim/. The route is NULL for what matches none; true = the
 * server answers 404 or 405, with the headers added. */
bool runpod_data_admit(
    struct sim *s, struct request *r, struct reply *p, const struct route *route);
bool runpod_control_admit(
    struct sim *s, struct request *r, struct reply *p, const struct route *route);
bool hub_admit(struct sim *s, struct request *r, struct reply *p, const struct route *route);

/* Starts listening on 127.0.0.1; port 0 = any free. ERR_STATE when a port is taken. Sets s->server
 * before the first request can come. The program ignores SIGPIPE. */
struct server;
struct server *server_start(struct sim *s, const int ports[PLANES], struct err *e);
int server_port(const struct server *v, enum plane plane);
/* Sets s->stopping, ends every connection, also streams and held calls, waits for their threads, and
 * frees the server. */
void server_stop(struct server *v);

/* Whether the client whose request this thread serves has closed its connection; false on any other
 * thread. For sim_sleep. Each connection's thread remembers its own request (thread-local). */
bool server_client_gone(void);

#endif
