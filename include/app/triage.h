/* triage: asking why an endpoint's requests wait (model/triage.h): what Slipway knows itself is put beside what the
 * service says, the rules judge, and what came of it is told: to the dashboard by a thread of its own, to the
 * command line as text and JSON (spec/triage.md). */
#ifndef SLIPWAY_APP_TRIAGE_H
#define SLIPWAY_APP_TRIAGE_H

#include "app/command.h"
#include "client/runpod_evidence.h"
#include "model/triage.h"

enum {
    TRIAGE_WITHIN_MS = 28 * 1000, /* an answer is there, whatever servers do (spec: 30 s) */
    TRIAGE_CALL_MS = 7 * 1000,    /* … for which no single call is waited longer */
    TRIAGE_GATHER_MS = 24 * 1000, /* for everything that is read for one answer */
    TRIAGE_ARENA = 4 << 20        /* of what the rules say */
};

/* ---- asking; threads: one that may sleep ---- */

/* What the ledger has of requests to it (NULL = not read), and which workers the log that was kept knows of, with
 * their lines. Asks nobody. */
void triage_know(struct runpod_evidence *ev, struct engine *g, struct state *ledger);

/* Puts what waits into the ledger, so that whoever asks next knows since when it was seen. NULL = there is none. */
void triage_remember(
    struct runpod_evidence *ev, struct engine *g, struct state *ledger, struct cancel *cancel);
/* The catalog that the engine keeps (app/prices.h); for runpod_evidence_options. */
int triage_gpus(
    void *engine, struct arena *a, struct gpu_page *out, struct cancel *c, struct err *e);

/* Judges what was gathered; the arena is the reading's. */
int triage_conclude(struct runpod_evidence *ev, const char *job_id, struct arena *a,
    struct triage *out, struct err *e);

/* ---- what came of it; pure ---- */

/* The worse first: stuck, unknown, waiting, healthy; then who waits longest. For qsort of struct triage *. */
int triage_compare(const void *a, const void *b);
/* Its remedies are counted over all diagnoses, from 1. NULL = there is none of that number. */
const struct triage_remedy *triage_remedy_at(const struct triage *t, size_t number);
/* "3" or "r3"; 0 = it is no number. */
size_t triage_remedy_number(const char *word);
/* A document of schema "slipway.triage/1". NULL: no memory. */
struct json *triage_json(const struct triage *t);
/* As screens.md's Why box, in so many columns. */
void triage_print(struct call *c, const struct triage *t, int columns);
/* One line: "STUCK 14m20s  legal  17 waiting …". */
void triage_print_line(struct call *c, const struct triage *t);

/* ---- the scenario file that a diagnosis can be sent in as; pure ---- */

/* NULL: no memory. What is in it is masked like everything that leaves the program. */
struct json *triage_scenario(struct runpod_evidence *ev, const struct triage *t);

/* ---- the dashboard's; main calls, nothing here sleeps but triages_free ---- */

struct triages;

/* Looks into endpoints whose requests wait longer than they usually do, at growing intervals, one at a time, and
 * tells by NEWS_TRIAGE. One that is well costs nothing. */
struct triages *triages_new(struct engine *g, struct err *e);
void triages_free(struct triages *t); /* fires, joins within a second; NULL is fine */
/* What the watch saw; both are copied. */
void triages_see(struct triages *t, const struct endpoint *p, const struct health *h);
/* A person asks: now. */
void triages_ask(struct triages *t, const struct endpoint *p);

#endif
