/* The list is main's; each operation's thread touches only its own struct work. They meet in the atomic
 * answer, the cancel token and the inbox. Threads that have ended are joined when the next one starts and
 * at the end. */
#include "app/operations.h"

#include "app/env_kept.h"
#include "app/own_log.h"
#include "app/work.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static const struct work_kind *const kinds[OPERATION_KINDS] = {
    [OPERATION_UPLOAD] = &work_upload,
    [OPERATION_DEPLOY] = &work_deploy,
    [OPERATION_REGISTER] = &work_register,
    [OPERATION_CHANGE] = &work_change,
    [OPERATION_TEST] = &work_test,
};

struct operations {
    struct engine *engine;
    struct work *under_way[OPERATIONS_MAX];
};

struct operations *operations_new(struct engine *g)
{
    struct operations *all = calloc(1, sizeof *all);
    if (all)
        all->engine = g;
    return all;
}

static void work_free(struct work *w)
{
    if (!w)
        return;
    json_free(w->asked);
    json_free(w->done);
    arena_free(w->keep);
    cancel_unref(w->cancel);
    wait_release(&w->wait);
    free(w);
}

static void join(struct work *w)
{
    pthread_join(w->thread, NULL);
    work_free(w);
}

void operations_free(struct operations *all)
{
    if (!all)
        return;
    for (size_t i = 0; i < OPERATIONS_MAX; i++)
        if (all->under_way[i])
            cancel_fire(all->under_way[i]->cancel);
    for (size_t i = 0; i < OPERATIONS_MAX; i++)
        if (all->under_way[i])
            join(all->under_way[i]);
    free(all);
}

static struct work **free_place(struct operations *all)
{
    struct work **place = NULL;
    for (size_t i = 0; i < OPERATIONS_MAX; i++) {
        struct work **at = &all->under_way[i];
        if (*at && atomic_load(&(*at)->over)) {
            join(*at);
            *at = NULL;
        }
        if (!*at && !place)
            place = at;
    }
    return place;
}

static struct work *find(struct operations *all, const char *id)
{
    for (size_t i = 0; i < OPERATIONS_MAX; i++) {
        struct work *w = all->under_way[i];
        if (w && !atomic_load(&w->over) && strcmp(w->record.id, id) == 0)
            return w;
    }
    return NULL;
}

/* ---- the thread -------------------------------------------------------------------------------- */

static const struct work_kind *kind_of(const struct work *w)
{
    return kinds[w->record.kind];
}

/* Without a state left when it is not ours: how it ends is not for us to write down then. */
static int begin_or_claim(struct work *w, const struct json *asked, struct err *e)
{
    struct journal_entry entry = {.kind = w->record.kind,
        .state = OPERATION_RUNNING,
        .title = w->record.title.s,
        .asked = asked,
        .error = "",
        .started_ms = w->record.started_ms,
        .updated_ms = w->record.started_ms};
    memcpy(entry.id, w->record.id, sizeof entry.id);
    if (!(w->resumed ? state_operation_claim(w->state, w->record.id, e)
                     : state_operation_begin(w->state, &entry, e)))
        return 0;
    state_close(w->state);
    w->state = NULL;
    return -1;
}

/* Keys in the environment that was asked for are told by their names, however short they are. */
static int open_journal(struct work *w, struct err *e)
{
    bool (*journals)(const struct json *asked) = kind_of(w)->journals;
    if (w->flags.dry_run || (journals && !journals(w->asked)))
        return 0;
    struct json *asked = env_kept(w->asked);
    if (!asked)
        return err_set(e, ERR_IO, 0, "out of memory");
    int failed = (w->state = engine_state(w->engine, e)) ? begin_or_claim(w, asked, e) : -1;
    json_free(asked);
    return failed;
}

/* What a failure means for the operation: quitting leaves it to be resumed. */
static enum operation_state state_after(struct work *w, int failed, const struct err *e)
{
    if (!failed || e->class == ERR_NONE)
        return OPERATION_DONE;
    if (cancel_fired(w->engine->quit))
        return OPERATION_INTERRUPTED;
    return e->class == ERR_CANCEL ? OPERATION_CANCELLED : OPERATION_FAILED;
}

static void finish(struct work *w, int failed, const struct err *e)
{
    struct operation *o = &w->record;
    o->state = state_after(w, failed, e);
    if (failed)
        o->error = *e;
    o->ended_ms = clock_wall_ms(w->engine->clock);
    if (failed && e->class == ERR_NONE)
        work_say(w, "dry run: nothing was done");
    for (size_t i = 0; failed && e->class != ERR_NONE && i < o->step_count; i++)
        if (o->steps[i].state == STEP_RUNNING)
            o->steps[i].state = STEP_FAILED;
    if (w->state)
        state_operation_end(w->state, o->id, o->state, o->error.message, NULL);
    state_close(w->state);
    w->state = NULL;
    atomic_store(&w->asking, false);
    own_log(w->engine, o->state == OPERATION_FAILED ? LINE_ERROR : LINE_INFO, "%s %s: %s%s%s",
        operation_kind_name(o->kind), o->title.s, operation_state_name(o->state),
        failed && e->class != ERR_NONE ? ": " : "", failed ? e->message : "");
    work_tell(w);
}

static void poke(void *wait)
{
    wait_poke(wait);
}

static void *run(void *arg)
{
    struct work *w = arg;
    struct err e;
    err_clear(&e);
    struct cancel_hook hook = {.poke = poke, .arg = &w->wait};
    cancel_add(w->cancel, &hook);
    work_tell(w);
    int failed = open_journal(w, &e) || kind_of(w)->run(w, &e);
    cancel_remove(w->cancel, &hook);
    finish(w, failed, &e);
    atomic_store(&w->over, true);
    return NULL;
}

/* ---- starting ---------------------------------------------------------------------------------- */

static void new_id(enum operation_kind kind, char id[OPERATION_ID_MAX])
{
    unsigned char random[6] = {0};
    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
        memset(random, 0, sizeof random);
    snprintf(id, OPERATION_ID_MAX, "%c%02x%02x%02x%02x%02x%02x", operation_kind_name(kind)[0],
        random[0], random[1], random[2], random[3], random[4], random[5]);
}

/* Takes asked and done, also on failure. */
static struct work *work_new(struct engine *g, enum operation_kind kind, struct json *asked,
    struct json *done, const struct operation_flags *flags)
{
    struct work *w = calloc(1, sizeof *w);
    if (!w || wait_init(&w->wait)) {
        json_free(asked);
        json_free(done);
        free(w);
        return NULL;
    }
    w->engine = g;
    w->asked = asked;
    w->done = done;
    w->flags = *flags;
    w->keep = arena_new(WORK_ARENA_MAX);
    w->cancel = cancel_new(g->quit);
    struct operation *o = &w->record;
    o->kind = kind;
    o->started_ms = o->updated_ms = clock_wall_ms(g->clock);
    o->ended_ms = -1;
    o->speed = o->eta_s = o->price_min = o->price_max = o->first_cost = NAN;
    for (; o->step_count < OPERATION_STEPS_MAX && kinds[kind]->steps[o->step_count];)
        o->steps[o->step_count].name = kinds[kind]->steps[o->step_count], o->step_count++;
    char title[WORK_NOTE_MAX];
    kinds[kind]->title(asked, title, sizeof title);
    if (w->done && w->keep && w->cancel) {
        o->title = text_from(w->keep, title);
        return w;
    }
    work_free(w);
    return NULL;
}

static int launch(struct operations *all, struct work *w, struct err *e)
{
    struct work **place = free_place(all);
    if (!place || inbox_reserve(all->engine->inbox)) {
        work_free(w);
        return err_set(e, ERR_STATE, 0, "%d operations are under way already; wait for one to end",
            OPERATIONS_MAX);
    }
    int failed = pthread_create(&w->thread, NULL, run, w);
    if (failed) {
        inbox_unreserve(all->engine->inbox);
        work_free(w);
        return err_errno(e, failed, "cannot start a thread");
    }
    *place = w;
    return 0;
}

static int refuse_read_only(
    const struct engine *g, const struct operation_flags *flags, struct err *e)
{
    return flags->dry_run ? 0 : engine_may_write(g, e);
}

int operations_start(struct operations *all, enum operation_kind kind, struct json *asked,
    const struct operation_flags *flags, char id[OPERATION_ID_MAX], struct err *e)
{
    if (!asked)
        return err_set(e, ERR_IO, 0, "out of memory");
    if (refuse_read_only(all->engine, flags, e) || kinds[kind]->check(asked, e)) {
        json_free(asked);
        return -1;
    }
    struct work *w = work_new(all->engine, kind, asked, json_new_object(), flags);
    if (!w)
        return err_set(e, ERR_IO, 0, "out of memory");
    new_id(kind, w->record.id);
    memcpy(id, w->record.id, OPERATION_ID_MAX);
    return launch(all, w, e);
}

/* ---- resuming ---------------------------------------------------------------------------------- */

static bool unregistered(const struct journal_entry *j)
{
    return j->kind == OPERATION_DEPLOY && j->state == OPERATION_DONE &&
           json_str(j->done, "endpoint_id") && !json_str(j->done, "model_id") &&
           !json_str(j->done, "gone");
}

/* A change that failed is asked for again; but what comes behind one that was made is gone on with. */
static bool unfinished_change(const struct journal_entry *j)
{
    return j->state == OPERATION_INTERRUPTED ||
           ((j->state == OPERATION_FAILED || j->state == OPERATION_CANCELLED) &&
               json_str(j->done, "applied") && json_str(j->done, "goes_on"));
}

bool operation_can_resume(const struct journal_entry *j)
{
    if (j->kind == OPERATION_REGISTER || j->kind == OPERATION_TEST ||
        !json_str(j->done, "agreed"))
        return false;
    if (j->kind == OPERATION_CHANGE)
        return unfinished_change(j);
    if (j->state == OPERATION_CANCELLED) /* somebody stopped it, but what it made may bill */
        return json_str(j->done, "creating") != NULL;
    return j->state == OPERATION_INTERRUPTED || j->state == OPERATION_FAILED || unregistered(j);
}

static int register_it(struct operations *all, const struct journal_entry *j,
    const struct operation_flags *flags, char id[OPERATION_ID_MAX], struct err *e)
{
    struct json *asked = json_new_object();
    if (json_add_str(asked, "deploy", j->id)) {
        json_free(asked);
        return err_set(e, ERR_IO, 0, "out of memory");
    }
    return operations_start(all, OPERATION_REGISTER, asked, flags, id, e);
}

int operations_resume(struct operations *all, const char *begin,
    const struct operation_flags *flags, char id[OPERATION_ID_MAX], struct err *e)
{
    struct journal_list list = {0};
    struct work *w = NULL;
    struct state *state = engine_state_now(all->engine, e);
    int result = -1;
    if (!state || refuse_read_only(all->engine, flags, e) ||
        state_operation(state, begin, &list, e))
        goto out;
    const struct journal_entry *j = &list.entries[0];
    if (find(all, j->id)) {
        err_set(e, ERR_STATE, 0, "%s is under way", j->title);
        goto out;
    }
    if (unregistered(j)) {
        result = register_it(all, j, flags, id, e);
        goto out;
    }
    if (j->state == OPERATION_DONE) {
        err_set(e, ERR_STATE, 0, "the %s of %s is done already", operation_kind_name(j->kind),
            j->title);
        goto out;
    }
    if (kinds[j->kind]->check(j->asked, e)) {
        err_wrap(e, "what the journal says was asked for");
        goto out;
    }
    w = work_new(all->engine, j->kind, json_dup(j->asked), json_dup(j->done), flags);
    if (!w) {
        err_set(e, ERR_IO, 0, "out of memory");
        goto out;
    }
    memcpy(w->record.id, j->id, sizeof w->record.id);
    memcpy(id, j->id, OPERATION_ID_MAX);
    w->record.started_ms = j->started_ms;
    w->resumed = true;
    result = launch(all, w, e);
out:
    journal_list_release(&list);
    state_close(state);
    return result;
}

int operations_answer(struct operations *all, const char *id, bool yes, struct err *e)
{
    struct work *w = find(all, id);
    if (!w || !atomic_load(&w->asking))
        return err_set(e, ERR_STATE, 0, "nothing is being asked");
    atomic_store(&w->answer, yes ? 1 : 2);
    wait_poke(&w->wait);
    return 0;
}

int operations_stop(struct operations *all, const char *id, struct err *e)
{
    struct work *w = find(all, id);
    if (!w)
        return err_set(e, ERR_STATE, 0, "it is not under way any more");
    cancel_fire(w->cancel);
    return 0;
}

int operations_hold(struct operations *all, const char *id, struct err *e)
{
    struct work *w = find(all, id);
    if (!w || w->record.kind != OPERATION_UPLOAD)
        return err_set(e, ERR_STATE, 0, "no upload is under way there");
    atomic_store(&w->held, !atomic_load(&w->held));
    wait_poke(&w->wait);
    return 0;
}
