/* Writing waits for the disk, and for whoever has the file locked: a worker does it. */
#include "app/remember.h"

#include "app/env_kept.h"
#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REMEMBER_ARENA = 1 << 20, REMEMBER_VALUES_MAX = 32, FACT_NAME_MAX = 64 };

struct remembering {
    struct engine *engine;
    struct arena *arena; /* owned; holds the values */
    struct {
        char name[FACT_NAME_MAX];
        const char *value;
    } facts[REMEMBER_VALUES_MAX];
    size_t count;
};

static void remembering_free(struct remembering *r)
{
    if (r)
        arena_free(r->arena);
    free(r);
}

static void write_facts(void *arg, struct cancel *cancel)
{
    (void)cancel; /* the state looks at quit itself */
    struct remembering *r = arg;
    struct err e;
    struct state *s = engine_state(r->engine, &e);
    int failed = !s;
    for (size_t i = 0; !failed && i < r->count; i++)
        failed = state_fact_set(s, r->facts[i].name, r->facts[i].value, &e);
    if (failed)
        log_err(LOG_WARN, "state", &e);
    state_close(s);
    remembering_free(r);
}

void remember_form(struct engine *g, const char *form, const struct form_value *values, size_t n)
{
    struct remembering *r = calloc(1, sizeof *r);
    if (!r || !(r->arena = arena_new(REMEMBER_ARENA))) {
        remembering_free(r);
        return;
    }
    r->engine = g;
    for (size_t i = 0; i < n && r->count < REMEMBER_VALUES_MAX; i++) {
        bool env = strcmp(values[i].name, "env") == 0;
        struct text value = env ? env_kept_words(values[i].value, r->arena) : values[i].value;
        const char *copy = arena_dup(r->arena, value.s, value.len);
        snprintf(r->facts[r->count].name, sizeof r->facts[0].name, "%s.%s", form, values[i].name);
        r->facts[r->count].value = copy;
        r->count += copy != NULL;
    }
    if (workers_start(g->workers, write_facts, r, g->quit, NULL, NULL, NULL))
        remembering_free(r);
}

struct text remember_recall(struct engine *g, const char *name, struct arena *a)
{
    struct state *s = engine_state_now(g, NULL);
    struct text value = text_from(a, s ? state_fact(s, name, a) : NULL);
    state_close(s);
    return value;
}
