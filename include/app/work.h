/* work: one operation under way, as its own thread sees it: steps, notes, the plan and the answer, the
 * journal. For upload.c, deploy.c, register.c and operations.c only.
 *
 * Thread: the operation's, except where said. */
#ifndef SLIPWAY_APP_WORK_H
#define SLIPWAY_APP_WORK_H

#include "app/operations.h"
#include "core/wait.h"

#include <pthread.h>
#include <stdatomic.h>

enum { WORK_NOTE_MAX = 240, WORK_ARENA_MAX = 96 << 20 };

struct work {
    struct engine *engine;
    struct operation record; /* texts in `keep`, but for the notes */
    struct arena *keep;
    char note[WORK_NOTE_MAX];
    char step_notes[OPERATION_STEPS_MAX][WORK_NOTE_MAX];
    struct json *asked; /* owned */
    struct json *done;  /* what the journal says was done; owned; an object */
    struct operation_flags flags;
    struct state *state; /* this thread's; NULL in a dry run */
    struct cancel *cancel;
    struct wait wait;  /* poked by an answer and by the cancel */
    atomic_int answer; /* 0 none, 1 yes, 2 no; set by main */
    atomic_bool asking, over;
    atomic_bool held; /* an upload: nothing new is begun; set by main */
    bool resumed;
    pthread_t thread;
};

/* The kinds. `check` looks at what was asked, on main, without I/O but for the file system's names. */
struct work_kind {
    const char *steps[OPERATION_STEPS_MAX]; /* NULL behind the last */
    int (*check)(const struct json *asked, struct err *e);
    void (*title)(const struct json *asked, char *out, size_t size);
    int (*run)(struct work *w, struct err *e);
    /* Whether it is worth an entry in the journal; NULL = always. Without one `state` is NULL. */
    bool (*journals)(const struct json *asked);
};
extern const struct work_kind work_upload, work_deploy, work_register, work_change, work_test;

/* Sends the record as it stands. */
void work_tell(struct work *w);
/* Sets a step's state and note and tells. Errors are the caller's to return. */
void work_step(struct work *w, size_t step, enum step_state state, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void work_say(struct work *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
void work_plan(struct work *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Shows the plan and waits for the answer. 0 = go; -1 with ERR_CANCEL when the answer is no. In a dry run
 * it is -1 with ERR_NONE: the operation ends as done with nothing changed. */
int work_ask(struct work *w, int risk, struct err *e);
/* Notes a fact in the journal, durably: done before what depends on it. */
int work_note(struct work *w, const char *key, const char *value, struct err *e);
/* What the journal has noted, also in an earlier run; NULL = nothing. */
const char *work_noted(const struct work *w, const char *key);
/* Sleeps `ms` or until cancelled: -1 and ERR_CANCEL then. */
int work_sleep(struct work *w, int64_t ms, struct err *e);

#endif
