/* inbox: the hand-off from the threads that wait to the one that draws (design §3).
 *
 * Many senders, one receiver (main). A message is owned: after inbox_send the sender has nothing,
 * whatever the answer. It carries a finished record in an arena of its own. Bounded, with a policy
 * for each kind:
 *   MESSAGE_STATUS  newest wins: replaces a waiting message of the same key, in its place in the
 *                   order. The key alone decides, whatever the type. Full = the oldest status is
 *                   dropped and counted.
 *   MESSAGE_LOG     oldest are dropped when the byte or count limit is reached, or the new one when
 *                   it alone is larger; what was dropped is counted per inbox (by the messages' weights)
 *                   and handed out with the next receive, to be shown.
 *   MESSAGE_RESULT  the outcome of something a person asked for: never dropped. Room for it is
 *                   reserved when the command is accepted (inbox_reserve), so a full inbox refuses
 *                   new commands, not their results.
 * The receiver is woken through a descriptor it can poll (core/wake.h) and takes everything in one
 * swap, in order of sending. No lock is held while the receiver works, so senders never wait for it.
 *
 * Threads: send/reserve/unreserve/close from any; receive from main; a
 * full inbox frees what it drops on the sender's thread. */
#ifndef SLIPWAY_CORE_INBOX_H
#define SLIPWAY_CORE_INBOX_H

#include "base/arena.h"

#include <stddef.h>
#include <stdint.h>

enum message_kind { MESSAGE_STATUS, MESSAGE_LOG, MESSAGE_RESULT };

enum { MESSAGE_KEY_MAX = 96 };

struct message {
    enum message_kind kind;
    int type;                  /* what the payload is: the model layer's enum */
    char key[MESSAGE_KEY_MAX]; /* MESSAGE_STATUS: what it replaces, e.g. "workers/x2x4" */
    uint32_t weight;     /* MESSAGE_LOG: for how many it counts when it is dropped; 0 counts as 1 */
    void *payload;       /* inside arena */
    struct arena *arena; /* owned by the message; may be NULL when payload is NULL */
    void (*release)(void *payload); /* what the payload holds outside the arena; NULL = nothing */
    struct message *next; /* the inbox's; after receive: the next of the list */
};

struct inbox_limits {
    size_t statuses;  /* waiting status messages, e.g. 1024; 0 counts as 1 */
    size_t logs;      /* waiting log messages, e.g. 512; 0 counts as 1 */
    size_t log_bytes; /* their arenas together when sent, e.g. 8 MiB */
    size_t results;   /* reserved and waiting results, e.g. 256 */
};

struct inbox;

struct inbox *inbox_new(const struct inbox_limits *limits); /* NULL: no memory or descriptors */
void inbox_free(struct inbox *in); /* frees what waits; senders must be gone; NULL is fine */

/* A message with an empty arena of at most `arena_max` bytes; the only way to make one. `key` may be
 * NULL (""). NULL when memory is out, or when the key has no room in MESSAGE_KEY_MAX: a cut key could
 * replace another thing's status. */
struct message *message_new(enum message_kind kind, int type, const char *key, size_t arena_max);
void message_free(struct message *m); /* one; NULL is fine */

/* Takes the message. 0 when it was let in: it (or, for a status, its newest form) will be received
 * unless the policy of its kind drops it, which is counted. -1 when the inbox is closed or a result
 * came without a reservation (a bug, asserted); then it is freed. A result's reservation is used up
 * in any case. */
int inbox_send(struct inbox *in, struct message *m);

/* Room for one result; -1 when the limit is reached or the inbox closed. unreserve gives it back
 * unused. */
int inbox_reserve(struct inbox *in);
void inbox_unreserve(struct inbox *in);

/* No more sends are taken; they free their message and return -1. What waits is still received. */
void inbox_close(struct inbox *in);

/* The descriptor that is readable exactly while there is something to receive: messages, or the
 * count of dropped ones. */
int inbox_fd(const struct inbox *in);

/* Everything that waits, oldest first, linked by next; NULL when nothing does. The caller frees each
 * with message_free. `dropped` (may be NULL) gets the counts since the last receive that asked. */
struct inbox_dropped {
    uint64_t statuses, logs;
};
struct message *inbox_receive(struct inbox *in, struct inbox_dropped *dropped);

#endif
