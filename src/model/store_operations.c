/* Operations on a timeline. They are few, so that finding those of a kind is a walk. */
#include "model/store_internal.h"

#include "model/operation_internal.h"

static const struct operation *operation_of(const struct timeline_entry *e)
{
    return e ? e->record : NULL;
}

/* How readily one is given up: those that are over first, then those that wait to be resumed. */
static int weight(const struct operation *o)
{
    if (operation_is_over(o->state))
        return 0;
    return o->state == OPERATION_INTERRUPTED ? 1 : 2;
}

/* The oldest of those that are given up most readily. */
static struct timeline_entry *least(const struct timeline *t)
{
    struct timeline_entry *choice = NULL;
    for (size_t i = t->count; i-- > 0;) {
        struct timeline_entry *e = timeline_at(t, i);
        if (!choice || weight(operation_of(e)) < weight(operation_of(choice)))
            choice = e;
    }
    return choice;
}

static enum applied update(struct store *s, struct timeline_entry *e, struct message *m)
{
    struct operation *old = e->record, *o = m->payload;
    if (operation_same(old, o)) {
        old->updated_ms = o->updated_ms;
        return APPLIED_DONE;
    }
    struct shared *shared = shared_new(m, 1);
    if (!shared)
        return APPLIED_LOST;
    timeline_replace(&s->operations, e, o->started_ms, shared, o);
    shared_drop(shared);
    store_touch(s, STORE_OPERATIONS);
    return APPLIED_KEPT;
}

enum applied store_take_operation(struct store *s, struct message *m)
{
    struct operation *o = m->payload;
    if (!o->id[0])
        return APPLIED_DONE;
    struct timeline_entry *e = timeline_find(&s->operations, o->id);
    if (e)
        return update(s, e, m);
    struct shared *shared = shared_new(m, 1);
    if (!shared)
        return APPLIED_LOST;
    e = timeline_add(&s->operations, o->id, o->started_ms, shared, o);
    if (!e) {
        (void)shared_undo(shared);
        return APPLIED_LOST;
    }
    shared_drop(shared);
    if (s->operations.count > STORE_OPERATIONS_MAX) {
        timeline_remove(&s->operations, least(&s->operations));
        s->lost++;
    }
    store_touch(s, STORE_OPERATIONS);
    return APPLIED_KEPT;
}

static bool is_of(const struct operation *o, enum operation_kind kind)
{
    return kind == OPERATION_KINDS || o->kind == kind;
}

size_t store_operations(const struct store *s, enum operation_kind kind)
{
    size_t count = 0;
    for (size_t i = 0; i < s->operations.count; i++)
        count += is_of(operation_of(timeline_at(&s->operations, i)), kind);
    return count;
}

const struct operation *store_operation(const struct store *s, enum operation_kind kind, size_t i)
{
    for (size_t k = 0; k < s->operations.count; k++) {
        const struct operation *o = operation_of(timeline_at(&s->operations, k));
        if (is_of(o, kind) && i-- == 0)
            return o;
    }
    return NULL;
}

const struct operation *store_operation_by_id(const struct store *s, const char *id)
{
    return id ? operation_of(timeline_find(&s->operations, id)) : NULL;
}
