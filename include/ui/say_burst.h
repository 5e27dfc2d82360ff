/* say_burst: what test requests would cost and how they went, in words: the same in the form, in the plan
 * that is asked about and on the command line. Texts are in the arena. Thread: any; pure. */
#ifndef SLIPWAY_UI_SAY_BURST_H
#define SLIPWAY_UI_SAY_BURST_H

#include "base/arena.h"
#include "model/burst.h"

/* "≈$.025: 60 × $.00041, the mean of 37 requests to it"; that it is not known, and why. */
struct text say_burst_price(struct arena *a, const struct burst_evidence *v, int64_t count);
/* "no worker is up: …", "2 workers are up". */
struct text say_burst_workers(struct arena *a, const struct burst_evidence *v);
/* What is not in the price: "not in it: cold starts, and 10 s that …". */
struct text say_burst_besides(struct arena *a, const struct burst_evidence *v);
/* "34 of 60 sent · 21 done · 1 failed · p50 1.2s p95 3.0s · 4.1/s · ≈$.0004" */
struct text say_burst_line(struct arena *a, const struct burst_report *r);

/* "1.5s": the bounds of a class, as short as they are exact. */
const char *say_burst_bound(char out[32], int64_t ms);

#endif
