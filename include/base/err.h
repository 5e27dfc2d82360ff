/* err: what went wrong, in words an operator can act on.
 *
 * A function that can fail returns 0/-1 (or a pointer/NULL) and takes `struct err *` as its last
 * argument; NULL is allowed where nobody asks. The error is filled where it happened and wrapped
 * on the way up. The class alone decides about retry, colour and exit code: never match on text.
 *
 * Threads: a struct err belongs to the thread whose stack it is on; it holds no pointers and may be
 * copied by assignment. Messages may hold foreign bytes, so err_set cleans and redacts them. */
#ifndef SLIPWAY_BASE_ERR_H
#define SLIPWAY_BASE_ERR_H

#include <stdarg.h>

enum err_class {
    ERR_NONE,
    ERR_NET,     /* could not connect, connection lost, TLS refused */
    ERR_TIMEOUT, /* a deadline passed */
    ERR_AUTH,    /* 401/403: key missing, wrong, or without the right */
    ERR_RATE,    /* 429: told to wait */
    ERR_REMOTE,  /* the other side answered and said no, or said nonsense */
    ERR_INPUT,   /* what the operator gave is wrong */
    ERR_STATE,   /* conflict: not possible in the present state */
    ERR_IO,      /* local files, memory, descriptors */
    ERR_CANCEL,  /* somebody asked to stop */
    ERR_BUG,     /* a promise inside the program was broken */
    ERR_CLASSES  /* their number */
};

enum { ERR_MESSAGE_MAX = 384, ERR_HINT_MAX = 192 };

struct err {
    enum err_class class;
    int number;                    /* errno, HTTP status or library code; 0 = none */
    char message[ERR_MESSAGE_MAX]; /* one sentence, no full stop, cleaned and redacted */
    char hint[ERR_HINT_MAX];       /* what to do; "" = nothing known */
};

/* Starts from "no error". Not needed before err_set. */
void err_clear(struct err *e);

/* Fills the error; always returns -1 so that a failing function can `return err_set(…)`. Overlong
 * messages are cut with an ellipsis. The hint is cleared. */
int err_set(struct err *e, enum err_class class, int number, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* As err_set with class ERR_IO and the text of errno `number` behind the message. */
int err_errno(struct err *e, int number, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "context: " before the message; class, number and hint stay. Returns -1. */
int err_wrap(struct err *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Says what the operator can do about it. Returns -1. */
int err_hint(struct err *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The class as one lower-case word ("net", "timeout", …), for logs and --json. Static string. */
const char *err_class_name(enum err_class class);

#endif
