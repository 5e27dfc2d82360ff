/* operations: the long pieces of work that are under way, each on a thread of its own.
 *
 * What is asked for is a JSON object, the same from a form, a command line and the journal:
 *   upload    folder, repo; revision, private, message, job, include and exclude (patterns: an array or
 *             words), base-model, as-is, mend-readme, create-pr, limit-rate
 *   deploy    repo; revision, name, image, gpu (pools: "ADA_24,AMPERE_24"), gpus-per-worker, max-model-len,
 *             min, max, idle, disk, env (object), budget, wait ("45m", for the first answer), job
 *   register  deploy (the id of a deployment in the journal)
 *   change    endpoint (id or name), and what to do with it:
 *             min, max, idle, gpus, disk, timeout (s), image, pool (text or list), cuda ("none" = no floor),
 *             context (MAX_MODEL_LEN; "own" = not set), env (object), unset (text or list of names),
 *             or one of: pause, unpause, delete, purge (true), rollback (a version or "previous"),
 *             revision ("newest", or what the Hub knows: redeploys)
 *   test      endpoint (id or name, or a model), name (to show); prompt, or input (an object, JSON text or
 *             "@FILE"), or messages (a list); route ("async", "sync", "stream", "chat"), max-tokens, count,
 *             concurrency. Its requests are in the ledger; it is never resumed: what was not sent stays so
 * An operation journals what it did (client/state.h) before and after each step that changes something
 * outside, and tells main by NEWS_OPERATION. Killed and resumed, it looks what is there already and
 * ends in the same state.
 *
 * Thread: main calls; nothing here sleeps but operations_free. */
#ifndef SLIPWAY_APP_OPERATIONS_H
#define SLIPWAY_APP_OPERATIONS_H

#include "app/engine.h"
#include "base/json.h"
#include "model/operation.h"

enum { OPERATIONS_MAX = 16 }; /* under way at once */

struct operations;

struct operations *operations_new(struct engine *g); /* NULL: no memory */
/* Stops them at a resumable point and joins them. NULL is fine. */
void operations_free(struct operations *all);

struct operation_flags {
    bool yes;     /* a person said yes beforehand: no asking */
    bool dry_run; /* ends with its plan: nothing is written anywhere */
};
/* Takes `asked`, also on failure. ERR_INPUT when something is missing or wrong in it, ERR_STATE when too
 * many are under way or the profile is read-only. */
int operations_start(struct operations *all, enum operation_kind kind, struct json *asked,
    const struct operation_flags *flags, char id[OPERATION_ID_MAX], struct err *e);
/* One from the journal, by the beginning of its id, that is not done; `id` gets it whole. A deployment that
 * is done but not registered is registered: by an operation of its own, whose id that is. */
int operations_resume(struct operations *all, const char *begin,
    const struct operation_flags *flags, char id[OPERATION_ID_MAX], struct err *e);

/* Whether it left something to go on with: an upload or a deployment that was agreed to and is not done, or
 * serves without being registered. Pure. */
bool operation_can_resume(const struct journal_entry *entry);

/* ERR_STATE when it does not ask, or is not under way. */
int operations_answer(struct operations *all, const char *id, bool yes, struct err *e);
int operations_stop(struct operations *all, const char *id, struct err *e);
/* Holds an upload that is under way, or lets it go on: what is being sent ends, nothing new is begun.
 * ERR_STATE when it is none, or not under way. */
int operations_hold(struct operations *all, const char *id, struct err *e);

/* As a document of schema "slipway.operation/1". NULL: no memory. */
struct json *operation_json(const struct operation *o);
/* How far it is, as a line of schema "slipway.progress/1". NULL: no memory. */
struct json *operation_event_json(const struct operation *o);

#endif
