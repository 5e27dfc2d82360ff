/* cancel: a token by which one thread asks another to stop, and wakes it if it sleeps.
 *
 * The asker calls cancel_fire; the worker looks with cancel_fired between steps and hands the token
 * to everything that can block. Things that block register a poke (a function that wakes them) for
 * as long as they do. Tokens form a tree: firing one fires all made below it, so quitting the program
 * is firing one token.
 *
 * Ownership: counted references; the last cancel_unref frees it. A token keeps the ones above it (so
 * that firing those still reaches it when their makers have let go), never the ones below it. Before
 * the last unref its hooks must be removed. Threads: all calls from any thread.
 *
 * A poke runs once, on the firing thread (or the adding one, when the token is fired already), with no
 * lock of the token's held, so it may take a lock; it must only wake somebody. It must not call
 * cancel_remove for its own hook. cancel_remove returns after a poke that is just running has ended,
 * so what it points to may then be freed; call it without any lock that the poke takes. */
#ifndef SLIPWAY_CORE_CANCEL_H
#define SLIPWAY_CORE_CANCEL_H

#include "base/err.h"

#include <stdbool.h>

struct cancel;

/* A token below `parent` (NULL = a root), with one reference. NULL when memory is out. */
struct cancel *cancel_new(struct cancel *parent); /* born fired below a fired one */
struct cancel *cancel_ref(struct cancel *c);      /* returns c; NULL is fine */
void cancel_unref(struct cancel *c); /* NULL is fine */

/* Fires it and everything below it: all are marked before the first poke runs. Firing again does
 * nothing (and does not wait for pokes that the first firing still runs). NULL is fine. */
void cancel_fire(struct cancel *c);
bool cancel_fired(const struct cancel *c); /* NULL never fires */

/* -1 and ERR_CANCEL when fired, else 0: `if (cancel_check(c, e)) return -1;` */
int cancel_check(const struct cancel *c, struct err *e);

/* Registers a poke; when the token is already fired it runs at once. The hook is the caller's memory
 * and must stay until cancel_remove. A NULL token is fine: nothing happens. */
struct cancel_hook {
    void (*poke)(void *arg);
    void *arg;
    struct cancel_hook *next, *prev; /* the token's */
    bool linked;                     /* the token's: in a list, so its poke is still to come */
};
void cancel_add(struct cancel *c, struct cancel_hook *hook);
void cancel_remove(struct cancel *c, struct cancel_hook *hook);

#endif
