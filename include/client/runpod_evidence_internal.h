/* What the files of gathering evidence share; for src/client/runpod_evidence*.c only. */
#ifndef SLIPWAY_CLIENT_RUNPOD_EVIDENCE_INTERNAL_H
#define SLIPWAY_CLIENT_RUNPOD_EVIDENCE_INTERNAL_H

#include "base/clock.h"
#include "client/hub_model_facts.h"
#include "client/runpod_evidence.h"

enum { EVIDENCE_NOTE_MAX = 512, EVIDENCE_KEPT_LINES = 400 };

/* What belongs to a worker of the same place in the evidence. */
struct evidence_worker {
    struct arena *texts; /* of struct worker */
    struct arena *log;   /* of the lines and of what was read in them */
    struct log_line *lines;
    size_t line_count;
    struct arena *kept; /* lines of earlier runs */
    struct log_line *kept_lines;
    size_t kept_count;
    bool asked; /* its log, in this gathering */
};

struct runpod_evidence {
    struct runpod_evidence_options options;
    struct triage_evidence v;
    struct evidence_worker beside[TRIAGE_WORKERS_MAX];
    /* What the evidence's texts lie in: each is replaced whole. */
    struct arena *settings, *detail, *account, *catalog, *jobs, *model, *notes;
    struct gpu_page gpus;
    struct hub_info hub_info;
    struct hub_model hub_model;
    struct runpod_evidence_cost cost;
    int64_t looked_ms; /* monotonic; -1 = never */
    int64_t detail_ms, account_ms, catalog_ms, jobs_ms; /* monotonic: when they were read; -1 = never */
    int64_t ahead_ms;  /* of the service's clock before ours, as far as it is seen */
    struct triage_job known[TRIAGE_JOBS_MAX]; /* as they were listed before; their errors are gone */
    size_t known_count;
    int64_t known_ms; /* wall: when their ages were so */
    bool ages_seen;    /* of some that wait it is only known since when we saw them */
};

/* ---- runpod_evidence.c ---- */

void evidence_say(const struct runpod_evidence *ev, const char *what);
/* Wall, as the service has it. */
int64_t evidence_now(struct runpod_evidence *ev);
/* Something of the service's is of that time: its clock is at least there. */
void evidence_saw_time(struct runpod_evidence *ev, int64_t wall_ms);
/* `why` NULL = it was read. `what` is static. */
void evidence_note(struct runpod_evidence *ev, const char *what, const char *why);
/* An empty arena in place of *a; NULL, and *a as it was, when memory is out. */
struct arena *evidence_arena(size_t max);
void evidence_swap(struct arena **a, struct arena *take);
/* Waits until the quota bears a call of the control plane, and counts it; ERR_RATE when that takes longer than a few
 * seconds: then it must not be made. */
int evidence_pace(struct runpod_evidence *ev, struct cancel *c, struct err *e);

/* ---- runpod_evidence_workers.c ---- */

/* Its place; made when it is new. -1 = there is no room. */
int evidence_worker_place(struct runpod_evidence *ev, const char *id);
void evidence_take_workers(struct runpod_evidence *ev, const struct worker_page *page);
void evidence_forget_worker(struct runpod_evidence *ev, size_t i);

/* ---- runpod_evidence_parts.c: all but logs; 0 also when it could not be read, -1 when all is to end ---- */

typedef int evidence_part_fn(struct runpod_evidence *ev, struct cancel *c, struct err *e);
evidence_part_fn evidence_health, evidence_workers, evidence_detail, evidence_account,
    evidence_catalog, evidence_jobs;
/* They are to be listed anew; since when each was seen is kept. */
void evidence_put_jobs_aside(struct runpod_evidence *ev);
/* runpod_evidence_model.c */
evidence_part_fn evidence_model;
/* runpod_evidence_logs.c */
evidence_part_fn evidence_logs;

/* Whether the failure ends all; else it is noted. */
int evidence_failed(
    struct runpod_evidence *ev, const char *what, const struct err *why, struct err *e);

#endif
