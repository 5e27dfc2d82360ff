/* A list under a lock, with a count. Main never waits: a full queue refuses, so that the operator
 * learns at once that too much is under way instead of pressing a key that seems dead. */
#include "core/command.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

struct command_queue {
    pthread_mutex_t lock;
    struct command *first, **end; /* *end is the NULL behind the last */
    size_t count, max;
    bool closed;
    struct wait *wait; /* borrowed */
};

struct command_queue *command_queue_new(size_t max, struct wait *wait)
{
    struct command_queue *q = calloc(1, sizeof *q);
    if (!q)
        return NULL;
    if (pthread_mutex_init(&q->lock, NULL)) {
        free(q);
        return NULL;
    }
    q->end = &q->first;
    q->max = max;
    q->wait = wait;
    return q;
}

void command_queue_free(struct command_queue *q)
{
    if (!q)
        return;
    for (struct command *c; (c = command_pop(q));) {
        cancel_fire(c->cancel);
        command_free(c);
    }
    pthread_mutex_destroy(&q->lock);
    free(q);
}

struct command *command_new(int type, size_t arena_max, struct cancel *parent)
{
    struct command *c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    c->type = type;
    c->arena = arena_new(arena_max);
    c->cancel = cancel_new(parent);
    if (c->arena && c->cancel)
        return c;
    command_free(c);
    return NULL;
}

void command_free(struct command *c)
{
    if (!c)
        return;
    cancel_unref(c->cancel);
    arena_free(c->arena);
    free(c);
}

/* Lock held. What keeps the queue from taking one more; NULL when nothing does. */
static const char *obstacle(const struct command_queue *q)
{
    if (q->closed)
        return "this part of the program has ended";
    return q->count >= q->max ? "too much is under way" : NULL;
}

int command_push(struct command_queue *q, struct command *c, struct err *e)
{
    pthread_mutex_lock(&q->lock);
    const char *why_not = obstacle(q);
    if (!why_not) {
        c->next = NULL;
        *q->end = c;
        q->end = &c->next;
        q->count++;
    }
    pthread_mutex_unlock(&q->lock);
    if (why_not) {
        command_free(c);
        return err_set(e, ERR_STATE, 0, "%s", why_not);
    }
    wait_poke(q->wait);
    return 0;
}

struct command *command_pop(struct command_queue *q)
{
    pthread_mutex_lock(&q->lock);
    struct command *c = q->first;
    if (c) {
        q->first = c->next;
        if (!q->first)
            q->end = &q->first;
        q->count--;
        c->next = NULL;
    }
    pthread_mutex_unlock(&q->lock);
    return c;
}

void command_queue_close(struct command_queue *q)
{
    pthread_mutex_lock(&q->lock);
    q->closed = true;
    pthread_mutex_unlock(&q->lock);
    wait_poke(q->wait);
}
