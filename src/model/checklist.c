/* Names and sums of a checklist; what is in it is found out elsewhere. */
#include "model/checklist.h"

#include <stdlib.h>
#include <string.h>

static const char *const kind_names[CHECK_KINDS] = {
    [CHECK_WEIGHTS] = "weights",
    [CHECK_REQUIRED] = "required",
    [CHECK_RECOMMENDED] = "recommended",
    [CHECK_OPTIONAL] = "optional",
    [CHECK_KEEP_OUT] = "keep out",
};

static const char *const state_names[CHECK_STATES] = {
    [CHECK_VALID] = "valid",
    [CHECK_PRESENT] = "present",
    [CHECK_WARNING] = "warning",
    [CHECK_BAD] = "bad",
    [CHECK_MISSING] = "missing",
};

static const char *const origin_names[] = {
    [CHECK_HERE] = "here",
    [CHECK_FROM_BASE] = "base-model",
    [CHECK_WRITTEN] = "written",
};

const char *check_kind_name(enum check_kind kind)
{
    return (unsigned)kind < CHECK_KINDS ? kind_names[kind] : "unknown";
}

const char *check_state_name(enum check_state state)
{
    return (unsigned)state < CHECK_STATES ? state_names[state] : "unknown";
}

const char *check_origin_name(enum check_origin origin)
{
    return (unsigned)origin <= CHECK_WRITTEN ? origin_names[origin] : "unknown";
}

bool check_file_blocks(const struct check_file *file)
{
    bool needed = file->kind == CHECK_WEIGHTS || file->kind == CHECK_REQUIRED;
    return file->state == CHECK_BAD || (file->state == CHECK_MISSING && needed);
}

static bool warns(const struct check_file *file)
{
    return file->state == CHECK_WARNING ||
           (file->state == CHECK_MISSING && !check_file_blocks(file));
}

void checklist_sum(struct checklist *list)
{
    list->blockers = list->warnings = list->send_count = 0;
    list->send_bytes = 0;
    for (size_t i = 0; i < list->count; i++) {
        const struct check_file *file = &list->files[i];
        list->blockers += check_file_blocks(file);
        list->warnings += warns(file);
        if (!file->send)
            continue;
        list->send_count++;
        if (file->size > 0 &&
            __builtin_add_overflow(list->send_bytes, file->size, &list->send_bytes))
            list->send_bytes = INT64_MAX;
    }
}

/* ---- order ----------------------------------------------------------------------------------------- */

/* The worst first; valid and present are the same to the reader. */
static int rank(enum check_state state)
{
    static const int ranks[CHECK_STATES] = {
        [CHECK_MISSING] = 0,
        [CHECK_BAD] = 1,
        [CHECK_WARNING] = 2,
        [CHECK_PRESENT] = 3,
        [CHECK_VALID] = 3,
    };
    return ranks[state];
}

static int by_weight(const void *a, const void *b)
{
    const struct check_file *x = a, *y = b;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    if (rank(x->state) != rank(y->state))
        return rank(x->state) - rank(y->state);
    return strcmp(x->path.s, y->path.s);
}

void checklist_sort(struct checklist *list)
{
    if (list->count)
        qsort(list->files, list->count, sizeof *list->files, by_weight);
}
