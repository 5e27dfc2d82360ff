/* An operation is copied by assignment first, then everything it points to is given a place in the
 * arena, part by part. What lies past a count is cleared, so that no copy holds a pointer to elsewhere. */
#include "model/operation_internal.h"

#include "model/record_internal.h"

#include <string.h>

const char *operation_kind_name(enum operation_kind kind)
{
    static const char *const names[OPERATION_KINDS] = {[OPERATION_UPLOAD] = "upload",
        [OPERATION_DEPLOY] = "deploy",
        [OPERATION_REGISTER] = "register",
        [OPERATION_CHANGE] = "change",
        [OPERATION_TEST] = "test"};
    return (unsigned)kind < OPERATION_KINDS ? names[kind] : "unknown";
}

const char *operation_state_name(enum operation_state state)
{
    static const char *const names[OPERATION_STATES] = {[OPERATION_RUNNING] = "running",
        [OPERATION_ASKING] = "asking",
        [OPERATION_DONE] = "done",
        [OPERATION_FAILED] = "failed",
        [OPERATION_CANCELLED] = "cancelled",
        [OPERATION_INTERRUPTED] = "interrupted"};
    return (unsigned)state < OPERATION_STATES ? names[state] : "unknown";
}

const char *step_state_name(enum step_state state)
{
    static const char *const names[STEP_STATES] = {[STEP_WAITING] = "waiting",
        [STEP_RUNNING] = "running",
        [STEP_DONE] = "done",
        [STEP_WARNED] = "warned",
        [STEP_FAILED] = "failed"};
    return (unsigned)state < STEP_STATES ? names[state] : "unknown";
}

bool operation_is_over(enum operation_state state)
{
    return state == OPERATION_DONE || state == OPERATION_FAILED || state == OPERATION_CANCELLED;
}

static size_t at_most(size_t n, size_t max)
{
    return n < max ? n : max;
}

static size_t steps_of(const struct operation *o)
{
    return at_most(o->step_count, OPERATION_STEPS_MAX);
}

static size_t plan_of(const struct operation *o)
{
    return at_most(o->plan_count, OPERATION_PLAN_MAX);
}

/* A copy of an array of records with all their texts; NULL when it does not fit. */
static void *array_dup(const struct record *r, const void *from, size_t count, struct arena *a)
{
    char *copy = arena_array(a, count, r->size);
    if (!copy)
        return NULL;
    if (count)
        memcpy(copy, from, count * r->size);
    for (size_t i = 0; i < count; i++)
        if (record_own(r, copy + i * r->size, a))
            return NULL;
    return copy;
}

static int raw_own(const char **raw, struct arena *a)
{
    if (!*raw)
        return 0;
    *raw = arena_strdup(a, *raw);
    return *raw ? 0 : -1;
}

static int check_files_own(struct checklist *list, struct arena *a)
{
    list->files = array_dup(&record_check_file, list->files, list->count, a);
    if (!list->files)
        return -1;
    for (size_t i = 0; i < list->count; i++)
        if (raw_own(&list->files[i].raw_path, a) || raw_own(&list->files[i].raw_source, a))
            return -1;
    return 0;
}

static const struct checklist *checklist_dup(const struct checklist *from, struct arena *a)
{
    struct checklist *copy = arena_alloc(a, sizeof *copy);
    if (!copy)
        return NULL;
    *copy = *from;
    bool good = !text_own(&copy->folder, a) && !raw_own(&copy->raw_folder, a) &&
                !check_files_own(copy, a) && !record_own(&record_model_facts, &copy->facts, a);
    return good ? copy : NULL;
}

static const struct burst_report *test_dup(const struct burst_report *from, struct arena *a)
{
    struct burst_report *copy = arena_alloc(a, sizeof *copy);
    if (!copy)
        return NULL;
    *copy = *from;
    return !text_own(&copy->answer, a) && !text_own(&copy->error, a) ? copy : NULL;
}

static int steps_own(struct operation *o, struct arena *a)
{
    o->step_count = steps_of(o);
    for (size_t i = 0; i < OPERATION_STEPS_MAX; i++) {
        if (i >= o->step_count)
            o->steps[i] = (struct operation_step){.name = "", .note = TEXT("")};
        else if (record_own(&record_step, &o->steps[i], a))
            return -1;
    }
    return 0;
}

static int plan_own(struct operation *o, struct arena *a)
{
    o->plan_count = plan_of(o);
    for (size_t i = 0; i < OPERATION_PLAN_MAX; i++) {
        if (i >= o->plan_count)
            o->plan[i] = TEXT("");
        else if (text_own(&o->plan[i], a))
            return -1;
    }
    return 0;
}

static int parts_own(struct operation *o, struct arena *a)
{
    if (o->checklist && !(o->checklist = checklist_dup(o->checklist, a)))
        return -1;
    if (o->test && !(o->test = test_dup(o->test, a)))
        return -1;
    o->files = array_dup(&record_upload_file, o->files, o->file_count, a);
    return o->files ? 0 : -1;
}

struct operation *operation_dup(struct arena *a, const struct operation *o)
{
    struct operation *copy = arena_alloc(a, sizeof *copy);
    if (!copy)
        return NULL;
    *copy = *o;
    bool good = !record_own(&record_operation, copy, a) && !steps_own(copy, a) &&
                !plan_own(copy, a) && !parts_own(copy, a);
    return good ? copy : NULL;
}

static bool plan_same(const struct operation *a, const struct operation *b)
{
    if (plan_of(a) != plan_of(b))
        return false;
    for (size_t i = 0; i < plan_of(a); i++)
        if (!text_same(a->plan[i], b->plan[i]))
            return false;
    return true;
}

static bool checklist_same(const struct checklist *a, const struct checklist *b)
{
    if (!a || !b || a == b)
        return a == b;
    return text_same(a->folder, b->folder) && a->blockers == b->blockers &&
           a->warnings == b->warnings && a->send_count == b->send_count &&
           a->send_bytes == b->send_bytes &&
           records_same(&record_check_file, a->files, a->count, b->files, b->count) &&
           record_same(&record_model_facts, &a->facts, &b->facts);
}

static bool test_same(const struct burst_report *a, const struct burst_report *b)
{
    if (!a || !b || a == b)
        return a == b;
    return a->took_ms == b->took_ms && a->sent == b->sent && a->refused == b->refused &&
           a->priced == b->priced && memcmp(a->outcomes, b->outcomes, sizeof a->outcomes) == 0 &&
           text_same(a->answer, b->answer) && text_same(a->error, b->error);
}

bool operation_same(const struct operation *a, const struct operation *b)
{
    return record_same(&record_operation, a, b) &&
           records_same(&record_step, a->steps, steps_of(a), b->steps, steps_of(b)) &&
           plan_same(a, b) &&
           records_same(&record_upload_file, a->files, a->file_count, b->files, b->file_count) &&
           checklist_same(a->checklist, b->checklist) && test_same(a->test, b->test);
}
