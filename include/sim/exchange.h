/* exchange: one request and its answer, step by step, without a word about how they travel.
 *
 * For the files server_*.c alone; handlers see struct request and struct reply (sim/server.h).
 * server.c owns the sockets and calls, always on the connection's own thread:
 *
 *   exchange_new       when the request line is there
 *   exchange_headers   when the headers are there: log, faults, route, admission; may wait
 *   exchange_body      for each piece of the body
 *   exchange_finish    when all is there: the handler; may wait
 *   exchange_read      while the answer is sent (unless server.c sends it in one piece)
 *   exchange_free      when the exchange is over, however it ended
 *
 * An exchange owns everything that its request and reply point to. Who is refused before the body
 * was read (`answered`) has the body read and dropped all the same, because a connection that is
 * closed with unread bytes loses the answer; only who waits for "100 Continue" is answered at once. */
#ifndef SLIPWAY_SIM_EXCHANGE_H
#define SLIPWAY_SIM_EXCHANGE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "sim/faults.h"
#include "sim/server.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- server_target.c: names, values, percent-encoding ------------------------------------------ */

struct pair {
    const char *name, *value;
};
struct pairs { /* in the order they came; the same name may come twice */
    struct pair *items;
    size_t count, room;
};
/* Keeps the pointers. -1 when the arena is full. */
int pairs_add(struct arena *a, struct pairs *p, const char *name, const char *value);
const char *pairs_find(const struct pairs *p, const char *name);
const char *pairs_find_caseless(const struct pairs *p, const char *name);
size_t pairs_find_all(const struct pairs *p, const char *name, const char **out, size_t max);

struct target {            /* "/a%20b/c?x=1" taken apart */
    const char *path;      /* "/a b/c" */
    const char **segments; /* "a b", "c": cut at '/', then decoded */
    size_t segment_count;
    struct pairs query;
};
/* -1 for what is no path, for a bad percent-encoding, for an encoded NUL, and when the arena is
 * full. The absolute form (http://host/path) is a path too. */
int target_parse(struct arena *a, const char *sent, struct target *out);

/* "a=1&b=%20+" into pairs; '+' is a space. -1 as above. */
int pairs_parse(struct arena *a, const char *bytes, size_t n, struct pairs *out);

/* ---- server_route.c ---------------------------------------------------------------------------- */

/* Whether the pattern takes these segments; fills the parameters. False also for more than
 * REQUEST_PARAMS_MAX of them or when the arena is full. */
bool route_match(
    struct arena *a, const char *pattern, const struct target *t, struct pairs *params);

struct route_found {
    const struct route *route; /* NULL: none */
    bool surface;              /* one of /_sim/ */
    struct pairs params;
    char allow[64]; /* without a route: the methods that the path does have, "" = none */
};
/* Looks in the table, or in that of /_sim/ for its paths. */
void route_find(struct arena *a, const struct route *table, const char *method,
    const struct target *t, struct route_found *out);

/* ---- server_upload.c: where a body goes -------------------------------------------------------- */

enum upload_kind { UPLOAD_DROP, UPLOAD_MEMORY, UPLOAD_FILE };
struct upload {
    enum upload_kind kind;
    struct buf *memory; /* borrowed */
    int fd;
    int64_t at;                /* in the file: where the next bytes go */
    struct sha256 *hash;       /* of a file of its own */
    struct fingerprint *print; /* of what has a place */
    struct body_file file;
};
void upload_init(struct upload *u); /* drops */
void upload_to_memory(struct upload *u, struct buf *memory);
int upload_to_file(struct upload *u, const char *folder, struct err *e);
/* To its place when it can be had and `length` (-1 = unknown) is the place's; else to a file in the folder. */
int upload_to_place(struct upload *u, const struct body_place *place, int64_t length,
    const char *folder, struct err *e);
/* 0, or the HTTP status that says why not: 413 for a full memory, 507 for a full disk. */
int upload_write(struct upload *u, const void *bytes, size_t n);
int upload_end(struct upload *u);      /* the file's length and hash are known now; 0 or a status */
void upload_release(struct upload *u); /* deletes the file if it is still where it was */

/* ---- server_source.c: where an answer's body comes from ---------------------------------------- */

enum source_kind { SOURCE_BYTES, SOURCE_FILE, SOURCE_STREAM, SOURCE_FILL };
struct source {
    enum source_kind kind;
    const char *bytes; /* borrowed from the reply */
    int fd;            /* owned; -1 = none */
    int64_t offset;    /* in the file */
    int64_t length;    /* -1: not known before its end */
    int64_t sent;      /* handed out so far */
};

/* ---- server_exchange.c -------------------------------------------------------------------------- */

enum exchange_next {
    EXCHANGE_ON,     /* read on */
    EXCHANGE_ANSWER, /* send x->reply now */
    EXCHANGE_CLOSE,  /* close without an answer */
    EXCHANGE_RESET   /* close with RST */
};

struct exchange {
    struct sim *sim;
    int socket; /* the connection's, borrowed; -1 in tests */
    struct arena *memory;
    struct target target;
    struct pairs headers; /* as they came */
    struct pairs form;
    struct route_found found;
    struct request request;
    struct reply reply;
    struct upload upload;
    struct source source;
    struct fault fault;
    bool begun;    /* exchange_headers was called */
    bool answered; /* the reply is decided; what still comes of the body is dropped */
    bool head;
    bool overlong; /* it had more headers than are kept */
    bool gone;     /* the client was seen to have closed its connection */
    int64_t received;
    int status_sent; /* 0 = no answer was sent */
};

/* `sent` is the target as it stood in the request line. NULL when memory is out. */
struct exchange *exchange_new(struct sim *s, enum plane plane, const char *sent);
void exchange_free(struct exchange *x, bool complete); /* complete = the whole answer went out */

/* Copies; to be called for each header before exchange_headers. -1 when there are too many: then the
 * request is answered 431. */
int exchange_add_header(struct exchange *x, const char *name, const char *value);

/* EXCHANGE_ON or EXCHANGE_ANSWER (only to "Expect: 100-continue"), or the end. */
enum exchange_next exchange_headers(struct exchange *x, const char *method);
enum exchange_next exchange_body(struct exchange *x, const void *bytes, size_t n);
enum exchange_next exchange_finish(struct exchange *x);
long exchange_read(
    struct exchange *x, char *out, size_t max); /* source_read for this thread's client */

/* Opens the source of x->reply's body, unless a fault set another. -1 when its file is not there or
 * shorter than promised. */
int source_open(struct exchange *x);
void source_release(struct source *o);
/* Whether the body may go out in one piece, without exchange_read. */
bool source_plain(const struct exchange *x);
/* As reply_stream_fn; injects truncation and dripping. */
long source_read(struct exchange *x, char *out, size_t max);

/* ---- server_fault.c ----------------------------------------------------------------------------- */

/* Acts on x->fault before anything else happens: waits, or decides the reply or the end. */
enum exchange_next fault_begin(struct exchange *x);
/* How many of the next `n` bytes of the body are still read before the fault strikes. */
size_t fault_body_room(const struct exchange *x, size_t n);
/* Whether x->fault strikes when `at_end` or enough of the body is read, and then does it. */
enum exchange_next fault_body(struct exchange *x, bool at_end);

/* ---- server_reply.c ----------------------------------------------------------------------------- */

void reply_init(struct reply *p);
void reply_release(struct reply *p); /* not the stream_arg */
/* An error in the shape of the plane. */
void reply_plane_error(struct reply *p, enum plane plane, int status, const char *message);

/* ---- server_request.c --------------------------------------------------------------------------- */

const struct pairs *request_headers(const struct request *r);
/* The key in an Authorization header's value; into `out` when it had to be decoded. */
const char *authorization_key(const char *value, char *out, size_t size, enum key_form *form);
const char *key_form_name(enum key_form f);

#endif
