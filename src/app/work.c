/* The record is kept with its notes in fixed buffers, so that a long operation does not fill its arena
 * with old sentences; work_tell makes the texts in the message's own arena. */
#include "app/work.h"

#include "app/own_log.h"
#include "model/news.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static bool over(enum operation_state state)
{
    return operation_is_over(state) || state == OPERATION_INTERRUPTED;
}

/* A record that memory had no room for; the last one's place in the inbox is given back. */
static void lost(struct work *w)
{
    if (over(w->record.state))
        inbox_unreserve(w->engine->inbox);
}

/* While nothing else is said, what the step under way is at: the last, where several are. */
static struct text note_of(const struct work *w, struct arena *a)
{
    char line[2 * WORK_NOTE_MAX];
    for (size_t i = w->note[0] ? 0 : w->record.step_count; i-- > 0;)
        if (w->record.steps[i].state == STEP_RUNNING) {
            snprintf(line, sizeof line, "%s%s%s", w->record.steps[i].name,
                w->step_notes[i][0] ? ": " : "", w->step_notes[i]);
            return text_from(a, line);
        }
    return text_from(a, w->note);
}

void work_tell(struct work *w)
{
    char key[MESSAGE_KEY_MAX];
    w->record.updated_ms = clock_wall_ms(w->engine->clock);
    snprintf(key, sizeof key, "operation/%s", w->record.id);
    struct message *m = message_new(over(w->record.state) ? MESSAGE_RESULT : MESSAGE_STATUS,
        NEWS_OPERATION, key, WORK_ARENA_MAX);
    if (!m)
        return lost(w);
    struct operation shown = w->record;
    shown.note = note_of(w, m->arena);
    for (size_t i = 0; i < shown.step_count; i++)
        shown.steps[i].note = text_from(m->arena, w->step_notes[i]);
    m->payload = operation_dup(m->arena, &shown);
    if (m->payload)
        inbox_send(w->engine->inbox, m);
    else {
        message_free(m);
        lost(w);
    }
}

__attribute__((format(printf, 3, 0))) static void put(
    char *out, size_t size, const char *format, va_list args)
{
    if (vsnprintf(out, size, format, args) < 0)
        out[0] = 0;
}

/* Steps that came to something are worth a line; how far one is, is not. */
static void log_step(const struct work *w, size_t step)
{
    static const enum line_level levels[STEP_STATES] = {
        [STEP_DONE] = LINE_INFO, [STEP_WARNED] = LINE_WARN, [STEP_FAILED] = LINE_ERROR};
    enum step_state state = w->record.steps[step].state;
    if (state != STEP_WAITING && state != STEP_RUNNING)
        own_log(w->engine, levels[state], "%s %s: %s: %s", operation_kind_name(w->record.kind),
            w->record.title.s, w->record.steps[step].name, w->step_notes[step]);
}

void work_step(struct work *w, size_t step, enum step_state state, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    put(w->step_notes[step], WORK_NOTE_MAX, format, args);
    va_end(args);
    bool turned = w->record.steps[step].state != state;
    w->record.steps[step].state = state;
    if (turned)
        log_step(w, step);
    work_tell(w);
}

void work_say(struct work *w, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    put(w->note, WORK_NOTE_MAX, format, args);
    va_end(args);
}

void work_plan(struct work *w, const char *format, ...)
{
    struct operation *o = &w->record;
    if (o->plan_count == OPERATION_PLAN_MAX)
        return;
    struct buf line;
    buf_init(&line, 64 * 1024);
    va_list args;
    va_start(args, format);
    if (!buf_vprintf(&line, format, args))
        o->plan[o->plan_count++] = text_new(w->keep, buf_str(&line), line.len, TEXT_LINE);
    va_end(args);
    buf_release(&line);
}

int work_ask(struct work *w, int risk, struct err *e)
{
    if (w->flags.dry_run) {
        err_clear(e);
        return -1;
    }
    if (w->flags.yes || work_noted(w, "agreed"))
        return work_note(w, "agreed", "yes", e);
    w->record.state = OPERATION_ASKING;
    w->record.risk = risk;
    atomic_store(&w->asking, true);
    work_tell(w);
    for (;;) {
        uint64_t seen = wait_seen(&w->wait);
        if (cancel_check(w->cancel, e))
            return -1;
        if (atomic_load(&w->answer))
            break;
        wait_until(&w->wait, seen, WAIT_FOREVER);
    }
    atomic_store(&w->asking, false);
    if (atomic_load(&w->answer) == 2)
        return err_set(e, ERR_CANCEL, 0, "left before anything was done");
    w->record.state = OPERATION_RUNNING;
    work_tell(w);
    return work_note(w, "agreed", "yes", e);
}

int work_note(struct work *w, const char *key, const char *value, struct err *e)
{
    if (json_set(w->done, key, json_new_string(value)))
        return err_set(e, ERR_IO, 0, "out of memory");
    return w->state ? state_operation_note(w->state, w->record.id, key, value, e) : 0;
}

const char *work_noted(const struct work *w, const char *key)
{
    return json_str(w->done, key);
}

int work_sleep(struct work *w, int64_t ms, struct err *e)
{
    int64_t until = clock_mono_ms(w->engine->clock) + ms;
    for (int64_t left = ms; left > 0; left = until - clock_mono_ms(w->engine->clock)) {
        uint64_t seen = wait_seen(&w->wait);
        if (cancel_check(w->cancel, e))
            return -1;
        wait_until(&w->wait, seen, left);
    }
    return cancel_check(w->cancel, e);
}
