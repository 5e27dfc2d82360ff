/* What the store's news mean for somebody who looks: outcomes and ends are told, a question is opened,
 * a finished deployment is shown where it went.
 *
 * Of each operation the state told last is known, so every turn is told once. What was there when the
 * screen was made is told only where it wants something. */
#include "ui/say.h"
#include "ui/screen_internal.h"

#include <stdio.h>
#include <string.h>

static void note_outcome(struct screen *s)
{
    const struct outcome *o = store_outcome(s->options.store);
    uint64_t version = store_version(s->options.store, STORE_OUTCOME);
    if (!o || version == s->outcome_seen)
        return;
    s->outcome_seen = version;
    if (o->good)
        screen_say(s, o->sentence, ROLE_OK);
    else
        screen_say_error(s, &o->error);
}

/* ---- operations ------------------------------------------------------------------------------------ */

static const struct known_operation *known(const struct screen *s, const char *id)
{
    for (size_t i = 0; i < s->known_count; i++)
        if (strcmp(s->known[i].id, id) == 0)
            return &s->known[i];
    return NULL;
}

static void tell_end(struct screen *s, const struct operation *o, struct arena *a)
{
    const char *kind = operation_kind_name(o->kind);
    if (o->state == OPERATION_FAILED) {
        screen_say_error(s, &o->error);
    } else if (o->state == OPERATION_DONE && o->error.class != ERR_NONE) {
        s->last_error = o->error;
        screen_say(s, say_text(a, "%s %s: %s", kind, o->title.s, o->error.message), ROLE_WARNING);
    } else {
        bool done = o->state == OPERATION_DONE;
        screen_say(s,
            say_text(a, "%s %s %s%s%s", kind, o->title.s, operation_state_name(o->state),
                o->note.len > 0 ? ": " : "", o->note.s),
            done ? ROLE_OK : ROLE_NORMAL);
    }
}

static bool is_top(struct screen *s, const char *id)
{
    return s->opened_count > 0 && screen_place(s) == PLACE_OPERATION &&
           strcmp(screen_top(s)->id, id) == 0;
}

/* Somebody who is in the middle of something else is not torn away from it. */
static void show_model(struct screen *s, const struct operation *o)
{
    bool elsewhere = s->overlay != OVERLAY_NONE || (s->opened_count > 0 && !is_top(s, o->id)) ||
                     (s->opened_count == 0 && s->zoomed);
    if (!elsewhere)
        screen_show(s, PLACE_MODELS, o->model_id);
}

/* A single request is sent without a question: its answer is what one waits for. */
static bool is_new_test(const struct screen *s, const struct operation *o)
{
    return o->kind == OPERATION_TEST && o->started_ms >= s->x.began_ms;
}

static void note_operation(struct screen *s, const struct operation *o, struct arena *a)
{
    const struct known_operation *before = known(s, o->id);
    if (before && before->state == o->state)
        return;
    if (o->state == OPERATION_ASKING)
        snprintf(s->asking, sizeof s->asking, "%s", o->id);
    if (!before && is_new_test(s, o))
        snprintf(s->asking, sizeof s->asking, "%s", o->id);
    if (!before && o->state == OPERATION_INTERRUPTED)
        screen_say(s,
            say_text(a, "%s %s was interrupted: it can be resumed", operation_kind_name(o->kind),
                o->title.s),
            ROLE_WARNING);
    if (!before || !operation_is_over(o->state))
        return;
    tell_end(s, o, a);
    if (o->kind == OPERATION_DEPLOY && o->state == OPERATION_DONE && o->model_id[0])
        show_model(s, o);
}

bool screen_dismissed(const struct screen *s, const char *operation_id)
{
    const struct known_operation *k = known(s, operation_id);
    return k && k->dismissed;
}

void screen_dismiss(struct screen *s, const char *operation_id)
{
    for (size_t i = 0; i < s->known_count; i++)
        s->known[i].dismissed |= strcmp(s->known[i].id, operation_id) == 0;
    s->x.dismissals++;
    screen_say(s, TEXT("Dismissed: it is no alert any more"), ROLE_OK);
}

/* Who put one away did so in the state that it was in then. */
static void remember(struct screen *s, const struct known_operation *before, size_t before_count)
{
    const struct store *store = s->options.store;
    size_t count = store_operations(store, OPERATION_KINDS);
    s->known_count = count < STORE_OPERATIONS_MAX ? count : STORE_OPERATIONS_MAX;
    for (size_t i = 0; i < s->known_count; i++) {
        const struct operation *o = store_operation(store, OPERATION_KINDS, i);
        struct known_operation *k = &s->known[i];
        *k = (struct known_operation){.state = o->state};
        memcpy(k->id, o->id, sizeof k->id);
        for (size_t j = 0; j < before_count; j++)
            k->dismissed |= before[j].dismissed && before[j].state == k->state &&
                            strcmp(before[j].id, k->id) == 0;
    }
}

static void note_operations(struct screen *s)
{
    const struct store *store = s->options.store;
    uint64_t version = store_version(store, STORE_OPERATIONS);
    struct arena *a = version != s->operations_seen ? arena_new(256 * 1024) : NULL;
    struct known_operation *before = a ? arena_array(a, s->known_count + 1, sizeof *before) : NULL;
    if (!before) {
        arena_free(a);
        return;
    }
    memcpy(before, s->known, s->known_count * sizeof *before);
    s->operations_seen = version;
    for (size_t i = store_operations(store, OPERATION_KINDS); i-- > 0;)
        note_operation(s, store_operation(store, OPERATION_KINDS, i), a);
    remember(s, before, s->known_count);
    arena_free(a);
}

static void open_asking(struct screen *s)
{
    const struct operation *o =
        s->asking[0] ? store_operation_by_id(s->options.store, s->asking) : NULL;
    if (s->asking[0] == '\0' || s->overlay != OVERLAY_NONE || screen_typing(s))
        return;
    if (o && (o->state == OPERATION_ASKING || is_new_test(s, o)))
        screen_open(s, PLACE_OPERATION, s->asking);
    s->asking[0] = '\0';
}

void screen_news(struct screen *s)
{
    note_outcome(s);
    note_operations(s);
    screen_note_stuck(s);
    screen_drop_question(s);
    open_asking(s);
    if (s->busy)
        return; /* the host told it while it was asked for something */
    screen_bury(s);
    screen_look(s);
}
