/* All tokens of one tree share one lock, so firing a token and everything below it is one step and
 * no order of locks can go wrong. A token holds a reference to its parent: the chain up to the root
 * stays, and with it the way down by which the root's firing reaches everything. Downwards the links
 * are weak: a token is taken out of its parent's list when its last reference goes.
 *
 * Firing marks the whole subtree under the lock and moves the hooks found there to a list of its
 * own; then it takes one hook after the other from that list, gives the lock back while the poke
 * runs, and notes in `running` which one that is. So a poke may take other locks, cancel_remove
 * finds a hook that has not run in whichever list it is, and waits for one that is just running. */
#include "core/cancel.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

/* A poke under way, on the stack of the thread that runs it. */
struct running {
    const struct cancel_hook *hook;
    struct running *next;
};

/* What the tokens of one tree share; freed with the root, which is freed last. */
struct tree {
    pthread_mutex_t lock;
    pthread_cond_t poke_ended;
    struct running *running;
};

struct cancel {
    atomic_bool fired; /* written under the lock, read without */
    struct tree *tree;
    struct cancel *parent; /* one reference */
    struct cancel *children, *next, *prev;
    size_t refs;
    struct cancel_hook hooks; /* head of a ring */
};

static void ring_init(struct cancel_hook *head)
{
    head->next = head->prev = head;
}

static bool ring_is_empty(const struct cancel_hook *head)
{
    return head->next == head;
}

static void ring_append(struct cancel_hook *head, struct cancel_hook *hook)
{
    hook->prev = head->prev;
    hook->next = head;
    hook->prev->next = hook->next->prev = hook;
    hook->linked = true;
}

static void ring_remove(struct cancel_hook *hook)
{
    hook->prev->next = hook->next;
    hook->next->prev = hook->prev;
    hook->linked = false;
}

/* Moves everything in `from` behind what is in `to`. */
static void ring_move(struct cancel_hook *to, struct cancel_hook *from)
{
    if (ring_is_empty(from))
        return;
    from->next->prev = to->prev;
    to->prev->next = from->next;
    from->prev->next = to;
    to->prev = from->prev;
    ring_init(from);
}

static struct tree *tree_new(void)
{
    struct tree *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    if (pthread_mutex_init(&t->lock, NULL))
        goto no_lock;
    if (pthread_cond_init(&t->poke_ended, NULL))
        goto no_cond;
    return t;
no_cond:
    pthread_mutex_destroy(&t->lock);
no_lock:
    free(t);
    return NULL;
}

static void tree_free(struct tree *t)
{
    assert(!t->running);
    pthread_cond_destroy(&t->poke_ended);
    pthread_mutex_destroy(&t->lock);
    free(t);
}

static void link_to_parent(struct cancel *c, struct cancel *parent)
{
    pthread_mutex_lock(&parent->tree->lock);
    parent->refs++;
    c->parent = parent;
    c->next = parent->children;
    if (c->next)
        c->next->prev = c;
    parent->children = c;
    atomic_store(&c->fired, atomic_load(&parent->fired));
    pthread_mutex_unlock(&parent->tree->lock);
}

static void unlink_from_parent(struct cancel *c)
{
    if (c->next)
        c->next->prev = c->prev;
    if (c->prev)
        c->prev->next = c->next;
    else
        c->parent->children = c->next;
}

struct cancel *cancel_new(struct cancel *parent)
{
    struct cancel *c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    atomic_init(&c->fired, false);
    ring_init(&c->hooks);
    c->refs = 1;
    c->tree = parent ? parent->tree : tree_new();
    if (!c->tree) {
        free(c);
        return NULL;
    }
    if (parent)
        link_to_parent(c, parent);
    return c;
}

struct cancel *cancel_ref(struct cancel *c)
{
    if (!c)
        return NULL;
    pthread_mutex_lock(&c->tree->lock);
    c->refs++;
    pthread_mutex_unlock(&c->tree->lock);
    return c;
}

/* Gives one reference back; a token that goes gives its parent's back in turn. Lock held. Returns
 * whether the root went too. */
static bool drop(struct cancel *c)
{
    while (c && --c->refs == 0) {
        struct cancel *parent = c->parent;
        assert(!c->children && ring_is_empty(&c->hooks));
        if (parent)
            unlink_from_parent(c);
        free(c);
        if (!parent)
            return true;
        c = parent;
    }
    return false;
}

void cancel_unref(struct cancel *c)
{
    if (!c)
        return;
    struct tree *t = c->tree;
    pthread_mutex_lock(&t->lock);
    bool last = drop(c);
    pthread_mutex_unlock(&t->lock);
    if (last)
        tree_free(t);
}

/* Runs the poke with the lock, which is held before and after, given back meanwhile. */
static void run_poke(struct tree *t, struct cancel_hook *hook)
{
    struct running here = {hook, t->running};
    void (*poke)(void *) = hook->poke;
    void *arg = hook->arg;
    t->running = &here;
    pthread_mutex_unlock(&t->lock);
    poke(arg);
    pthread_mutex_lock(&t->lock);
    struct running **link = &t->running;
    while (*link != &here)
        link = &(*link)->next;
    *link = here.next;
    pthread_cond_broadcast(&t->poke_ended);
}

static bool is_running(const struct tree *t, const struct cancel_hook *hook)
{
    for (const struct running *r = t->running; r; r = r->next)
        if (r->hook == hook)
            return true;
    return false;
}

/* The token behind `c` in a walk through everything below `top`; what lies below `c` is left out
 * when `deeper` is false. */
static struct cancel *next_below(const struct cancel *top, struct cancel *c, bool deeper)
{
    if (deeper && c->children)
        return c->children;
    while (c != top && !c->next)
        c = c->parent;
    return c == top ? NULL : c->next;
}

/* Marks `top` and everything below it, and collects the hooks. A token that was fired before has
 * only fired ones below it. */
static void mark_fired(struct cancel *top, struct cancel_hook *collected)
{
    for (struct cancel *c = top; c;) {
        bool fresh = !atomic_exchange(&c->fired, true);
        ring_move(collected, &c->hooks);
        c = next_below(top, c, fresh);
    }
}

void cancel_fire(struct cancel *c)
{
    if (!c)
        return;
    struct cancel_hook collected;
    ring_init(&collected);
    pthread_mutex_lock(&c->tree->lock);
    c->refs++; /* a poke may lead to the caller's reference being given back */
    mark_fired(c, &collected);
    while (!ring_is_empty(&collected)) {
        struct cancel_hook *hook = collected.next;
        ring_remove(hook);
        run_poke(c->tree, hook);
    }
    pthread_mutex_unlock(&c->tree->lock);
    cancel_unref(c);
}

bool cancel_fired(const struct cancel *c)
{
    return c && atomic_load_explicit(&c->fired, memory_order_acquire);
}

int cancel_check(const struct cancel *c, struct err *e)
{
    return cancel_fired(c) ? err_set(e, ERR_CANCEL, 0, "cancelled") : 0;
}

void cancel_add(struct cancel *c, struct cancel_hook *hook)
{
    hook->linked = false;
    if (!c)
        return;
    pthread_mutex_lock(&c->tree->lock);
    if (atomic_load(&c->fired))
        run_poke(c->tree, hook);
    else
        ring_append(&c->hooks, hook);
    pthread_mutex_unlock(&c->tree->lock);
}

void cancel_remove(struct cancel *c, struct cancel_hook *hook)
{
    if (!c)
        return;
    pthread_mutex_lock(&c->tree->lock);
    if (hook->linked)
        ring_remove(hook);
    while (is_running(c->tree, hook))
        pthread_cond_wait(&c->tree->poke_ended, &c->tree->lock);
    pthread_mutex_unlock(&c->tree->lock);
}
