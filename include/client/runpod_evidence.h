/* runpod_evidence: what there is to know of one endpoint whose requests wait, gathered for the rules
 * (model/triage.h), no more of it than they ask for. Looks at health and workers are kept, so that what comes
 * later knows what was before: since when a worker is as it is, which have vanished, since when work waits.
 *
 * What cannot be read is noted with its reason and gathering goes on: that too is evidence. Times are the clock's,
 * moved on to the service's where that is seen to be ahead.
 *
 * Thread: one at a time, which may sleep. */
#ifndef SLIPWAY_CLIENT_RUNPOD_EVIDENCE_H
#define SLIPWAY_CLIENT_RUNPOD_EVIDENCE_H

#include "client/hub.h"
#include "client/runpod.h"
#include "core/cancel.h"
#include "model/triage.h"

enum { RUNPOD_EVIDENCE_LOGS = 3 /* workers whose logs are read at a time */ };

struct runpod_evidence;

struct runpod_evidence_options {
    struct runpod *runpod;
    struct hub *hub; /* NULL = not asked */
    struct clock *clock;
    int64_t quiet_ms; /* a silence that ends what a log has to say; 0 = 750 */
    /* The catalog from somebody who keeps it; NULL = the service is asked. */
    int (*gpus)(void *arg, struct arena *a, struct gpu_page *out, struct cancel *c, struct err *e);
    void *gpus_arg;
    /* What is being done now, in words, for a person who waits; may be NULL. */
    void (*said)(void *arg, const char *what);
    void *arg;
};
/* Of the endpoint as a list has it. All of the options is borrowed. NULL when memory is out. */
struct runpod_evidence *runpod_evidence_new(
    const struct runpod_evidence_options *options, const struct endpoint *p);
void runpod_evidence_free(struct runpod_evidence *ev); /* NULL is fine */

/* ---- what others have seen; copied ---- */

void runpod_evidence_endpoint(struct runpod_evidence *ev, const struct endpoint *p);
/* A look of somebody else's; older ones than the last are left out. */
void runpod_evidence_health(struct runpod_evidence *ev, int64_t at_ms, const struct health *h);
/* A worker that was there in an earlier run, or is known from a log. */
void runpod_evidence_worker(struct runpod_evidence *ev, const char *worker_id);
/* Lines of a worker that were kept; the text is copied. They count where the service has none any more. */
void runpod_evidence_line(
    struct runpod_evidence *ev, const char *worker_id, const struct log_line *line);
/* A request of ours; what is there of the same id is replaced. Those that ended well are left out. */
void runpod_evidence_job(struct runpod_evidence *ev, const struct request *q);
/* The requests so far are what an earlier run knew: they are read anew before their age counts. */
void runpod_evidence_recalled(struct runpod_evidence *ev);
/* What is known of it besides: how a client of ours fared, its policy. Replaces what is there of the same id; the
 * error's text is copied. */
void runpod_evidence_sent(struct runpod_evidence *ev, const struct triage_job *j);
void runpod_evidence_usual(struct runpod_evidence *ev, int64_t usual_ms);
/* Of all other endpoints together: workers at most. */
void runpod_evidence_elsewhere(struct runpod_evidence *ev, int workers);
/* The account's quota of workers, which RunPod says only where it refuses a change (spec/runpod.md §4.4). */
void runpod_evidence_quota(struct runpod_evidence *ev, int workers);
/* What somebody else could not read; `what` is static. */
void runpod_evidence_unread(struct runpod_evidence *ev, const char *what, const struct err *why);
/* So that several endpoints ask for them once. */
void runpod_evidence_account(struct runpod_evidence *ev, const struct account *account);
void runpod_evidence_catalog(struct runpod_evidence *ev, const struct gpu_page *gpus);

/* ---- gathering ---- */

/* Health (unless somebody has just looked) and workers, now. */
int runpod_evidence_look(struct runpod_evidence *ev, struct cancel *c, struct err *e);
/* Looks, and reads what the rules want until they want nothing more or `ms` have passed: each thing at most
 * once. -1: ERR_CANCEL, ERR_AUTH, or the endpoint is gone (ERR_REMOTE 404): then there is nothing to judge. */
int runpod_evidence_gather(struct runpod_evidence *ev, int64_t ms, struct cancel *c, struct err *e);
/* Reads besides what the rules did not need: settings, account, catalog, model; for a recording. -1: ERR_CANCEL. */
int runpod_evidence_complete(struct runpod_evidence *ev, struct cancel *c, struct err *e);
/* Something was changed: what was read before counts no more. */
void runpod_evidence_changed(struct runpod_evidence *ev);
/* Sleeps so long by the real time; -1 when it was cancelled. */
int runpod_evidence_rest(int64_t ms, struct cancel *c, struct err *e);
/* The status of one request, besides. */
int runpod_evidence_read_job(
    struct runpod_evidence *ev, const char *job_id, struct cancel *c, struct err *e);

/* Brought up to now. Borrowed; valid until the next call. */
const struct triage_evidence *runpod_evidence_get(struct runpod_evidence *ev);

/* Whether all that waits and is known by its id was sent at a known time; else ages begin when we saw it first. */
bool runpod_evidence_ages_known(const struct runpod_evidence *ev);

/* What it took: calls to the service, and rounds of looking. Since it was made. */
struct runpod_evidence_cost {
    int calls, hub_calls, looks;
};
struct runpod_evidence_cost runpod_evidence_cost(const struct runpod_evidence *ev);

/* The lines of a worker's log as they were read, oldest first; borrowed. */
size_t runpod_evidence_lines(
    const struct runpod_evidence *ev, const char *worker_id, const struct log_line **lines);

#endif
