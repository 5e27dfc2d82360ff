/* Rows are pointers in order, with room kept before and behind them: what is new comes in front, what
 * an old ledger hands over comes behind, and both cost little however many there are. One in between
 * moves the shorter side. An update does not move at all unless its time changed. */
#include "model/store_internal.h"

#include <stdlib.h>
#include <string.h>

enum { ROOM_LEAST = 32 };

struct timeline_entry *timeline_find(const struct timeline *t, const char *id)
{
    struct timeline_entry *e;
    HASH_FIND(hh, t->by_id, id, strlen(id), e);
    return e;
}

struct timeline_entry *timeline_at(const struct timeline *t, size_t i)
{
    return i < t->count ? t->rows[t->first + i] : NULL;
}

/* ---- what records lie in ----------------------------------------------------------------------------- */

struct shared *shared_new(struct message *m, size_t records)
{
    struct shared *shared = malloc(sizeof *shared);
    if (!shared)
        return NULL;
    size_t bytes = m->arena ? arena_size(m->arena) : 0;
    *shared = (struct shared){m, 1, records ? bytes / records : bytes};
    return shared;
}

struct message *shared_undo(struct shared *shared)
{
    struct message *m = shared->users == 1 ? shared->m : NULL;
    if (m)
        free(shared);
    else
        shared->users--;
    return m;
}

void shared_drop(struct shared *shared)
{
    message_free(shared_undo(shared));
}

/* ---- their order ------------------------------------------------------------------------------------- */

static bool before(const struct timeline_entry *a, const struct timeline_entry *b)
{
    return a->at_ms != b->at_ms ? a->at_ms > b->at_ms : a->number < b->number;
}

/* Where the entry is, or belongs. */
size_t timeline_place(const struct timeline *t, const struct timeline_entry *e)
{
    size_t low = 0, high = t->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (before(t->rows[t->first + middle], e))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Gives both sides room, in twice the memory when there is little left. */
static int make_room(struct timeline *t)
{
    size_t room = t->room;
    struct timeline_entry **rows = t->rows;
    if (room - t->count < t->count / 2 + ROOM_LEAST) {
        room = 2 * t->count + 2 * ROOM_LEAST;
        rows = calloc(room, sizeof(struct timeline_entry *));
        if (!rows)
            return -1;
    }
    size_t first = (room - t->count) / 2;
    if (t->count)
        memmove(rows + first, t->rows + t->first, t->count * sizeof *rows);
    if (rows != t->rows)
        free(t->rows);
    t->rows = rows;
    t->room = room;
    t->first = first;
    return 0;
}

static void open_gap_in_front(struct timeline *t, size_t place)
{
    struct timeline_entry **rows = t->rows + t->first;
    memmove(rows - 1, rows, place * sizeof *rows);
    t->first--;
}

static void open_gap_behind(struct timeline *t, size_t place)
{
    struct timeline_entry **rows = t->rows + t->first;
    memmove(rows + place + 1, rows + place, (t->count - place) * sizeof *rows);
}

/* Needs one free place on either side. */
static void insert(struct timeline *t, struct timeline_entry *e)
{
    size_t place = timeline_place(t, e);
    bool room_behind = t->first + t->count < t->room;
    bool front = t->first > 0 && (place < t->count / 2 || !room_behind);
    if (front)
        open_gap_in_front(t, place);
    else
        open_gap_behind(t, place);
    t->rows[t->first + place] = e;
    t->count++;
}

/* Room at both ends, where most come. -1 when there is none at all, not even at the other end. */
static int reserve(struct timeline *t)
{
    if (t->first > 0 && t->first + t->count < t->room)
        return 0;
    return make_room(t) == 0 || t->count < t->room ? 0 : -1;
}

static void take_out(struct timeline *t, const struct timeline_entry *e)
{
    size_t place = timeline_place(t, e);
    struct timeline_entry **rows = t->rows + t->first;
    t->count--;
    if (place < t->count / 2) {
        memmove(rows + 1, rows, place * sizeof *rows);
        t->first++;
    } else {
        memmove(rows + place, rows + place + 1, (t->count - place) * sizeof *rows);
    }
}

struct timeline_entry *timeline_add(struct timeline *t, const char *id, int64_t at_ms,
    struct shared *shared, void *record)
{
    size_t length = strlen(id);
    struct timeline_entry *e = calloc(1, sizeof *e + length + 1);
    if (!e || reserve(t))
        goto fail;
    memcpy(e->id, id, length);
    e->at_ms = at_ms;
    e->number = t->next_number;
    HASH_ADD(hh, t->by_id, id[0], length, e);
    if (!e->hh.tbl)
        goto fail;
    e->shared = shared;
    e->record = record;
    shared->users++;
    t->next_number++;
    insert(t, e);
    return e;
fail:
    free(e);
    return NULL;
}

void timeline_replace(struct timeline *t, struct timeline_entry *e, int64_t at_ms,
    struct shared *shared, void *record)
{
    if (at_ms != e->at_ms) {
        take_out(t, e);
        e->at_ms = at_ms;
        insert(t, e);
    }
    shared->users++;
    shared_drop(e->shared);
    e->shared = shared;
    e->record = record;
}

void timeline_remove(struct timeline *t, struct timeline_entry *e)
{
    take_out(t, e);
    HASH_DEL(t->by_id, e);
    shared_drop(e->shared);
    free(e);
}

void timeline_release(struct timeline *t)
{
    HASH_CLEAR(hh, t->by_id);
    for (size_t i = 0; i < t->count; i++) {
        shared_drop(t->rows[t->first + i]->shared);
        free(t->rows[t->first + i]);
    }
    free(t->rows);
    *t = (struct timeline){0};
}
