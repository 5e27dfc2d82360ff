/* command: one command of the command line: its words, its flags, what it does. The table is in cli.c;
 * each cmd_*.c holds the commands of its name.
 *
 * What the flags and arguments say lands as strings (switches as true) in a JSON object, `asked`, under
 * their names: the same object that a form makes (app/operations.h).
 *
 * A command prints what was asked for on `out` (with --json one document, or one object a line when it
 * streams, each with a `schema`), complaints and progress on `errors`, and returns the exit code.
 *
 * Thread: main. What sleeps runs through call_task on a thread of its own, so that Ctrl-C ends it within
 * a second whatever the network does. */
#ifndef SLIPWAY_APP_COMMAND_H
#define SLIPWAY_APP_COMMAND_H

#include "app/engine.h"
#include "app/exit_code.h"
#include "base/json.h"

#include <stdio.h>

struct flag {
    const char *name;  /* without the dashes; the key in `asked` */
    const char *value; /* what it takes, for help: "OWNER/NAME"; NULL = a switch */
    const char *help;
};

enum { COMMAND_FLAGS_MAX = 20, COMMAND_ARGS_MAX = 3, COMMAND_REPEATS_MAX = 3 };

struct call;

struct command {
    const char *name, *help;
    const char
        *args[COMMAND_ARGS_MAX]; /* keys in `asked`, in order; "DIR" is shown, "dir" the key */
    int args_least;
    const char *rest; /* takes what comes behind them, an array in `asked`; NULL = nothing may */
    struct flag flags[COMMAND_FLAGS_MAX]; /* its own; the common ones are cli.c's */
    const char
        *repeats[COMMAND_REPEATS_MAX]; /* flags of which several are fine: arrays in `asked` */
    bool writes;                       /* takes --dry-run and --yes */
    int (*run)(struct call *c);
};

struct call {
    const struct command *command;
    struct json *asked; /* owned by the call */
    bool json, yes, dry_run, quiet, read_only;
    const char *profile_name; /* --profile; NULL */
    FILE *out, *errors;
    struct profile profile; /* once call_profile has run */
    bool profile_open;
    struct engine engine;
    bool engine_open;
};

/* The tables of the cmd_*.c files; each ends with a name of NULL. */
extern const struct command commands_read[], commands_model[], commands_change[], commands_request[], commands_requests[], commands_run[], commands_endpoint[],
    commands_triage[], commands_setup[];

/* Loads the profile and makes the engine, once. 0, or the exit code after it complained. */
int call_open(struct call *c);
int call_profile(struct call *c);   /* the profile alone */
void call_open_log(struct call *c); /* of the profile */
void call_close(struct call *c);

/* Runs fn on a thread of its own and waits for its end; SIGINT, SIGTERM and SIGHUP fire the token. Messages
 * that come meanwhile go to `heard` on main (may be NULL; it borrows). */
typedef int call_fn(struct call *c, void *arg, struct cancel *cancel, struct err *e);
typedef void call_heard(struct call *c, void *arg, const struct message *m);
int call_task(struct call *c, call_fn *fn, call_heard *heard, void *arg, struct err *e);

/* Complains about the error, in a sentence and with --json as a document too; returns its exit code. */
int call_fail(struct call *c, const struct err *e);
/* The sentence alone. */
void call_complain(struct call *c, const struct err *e);
/* EXIT_CODE_OK where writing is allowed, or the exit code after it complained; a dry run is. */
int call_may_write(struct call *c);
/* The plan of a dry run: lines, or with --json a document of schema "slipway.plan/1". */
int call_print_plan(struct call *c, const char *const lines[], size_t count);
/* "slipway: …; see slipway COMMAND --help"; EXIT_CODE_USAGE. */
int call_usage(struct call *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Prints a document (taken) with a line feed. EXIT_CODE_OK, or what it means that it could not. */
int call_print(struct call *c, struct json *take, const char *schema);
/* One line of foreign or own text, cleaned. */
void call_line(struct call *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
int call_flushed(
    struct call *c); /* EXIT_CODE_OK, or EXIT_CODE_STATE when output could not be written */
bool call_shows_progress(
    const struct call *c); /* errors is a terminal, and not --quiet or --json */

#endif
