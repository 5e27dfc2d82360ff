/* command: what main asks a client thread to do, as a bounded queue.
 *
 * Main pushes a command (owned, with its own arena and cancel token); the client thread pops it when
 * it looks. Pushing pokes the client's `struct wait`. A command that a person gave reserves its
 * result's place in the inbox before it is pushed (core/inbox.h), so its outcome cannot be lost;
 * when the push fails, the place is main's to give back.
 *
 * Ownership: command_push takes the command, also when it fails (then it is freed).
 * Threads: push/close from main, pop from the one client thread. */
#ifndef SLIPWAY_CORE_COMMAND_H
#define SLIPWAY_CORE_COMMAND_H

#include "base/arena.h"
#include "base/err.h"
#include "core/cancel.h"
#include "core/wait.h"

#include <stddef.h>

struct command {
    int type;              /* the client's enum */
    void *payload;         /* inside arena */
    struct arena *arena;   /* owned */
    struct cancel *cancel; /* one reference, owned; never NULL */
    struct command *next;  /* the queue's */
};

struct command_queue;

/* `wait` is the client thread's; it must outlive the queue. */
struct command_queue *command_queue_new(size_t max, struct wait *wait);
void command_queue_free(struct command_queue *q); /* cancels and frees what waits; NULL is fine */

/* A command below the parent token. NULL when memory is out. */
struct command *command_new(int type, size_t arena_max, struct cancel *parent);
void command_free(struct command *c); /* does not fire its token; NULL is fine */

/* -1 with ERR_STATE when the queue is full ("too much is under way") or closed. */
int command_push(struct command_queue *q, struct command *c, struct err *e);

/* The oldest command, NULL when none waits. Commands fired meanwhile are handed out too: their
 * result (cancelled) is owed. */
struct command *command_pop(struct command_queue *q);

/* No more pushes are taken; pop empties what is left. Pokes the wait. */
void command_queue_close(struct command_queue *q);

#endif
