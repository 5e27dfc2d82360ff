/* why: what triage says of an endpoint (model/triage.h), in the words that panes, the opened endpoint and
 * alerts share. Thread: main. */
#ifndef SLIPWAY_UI_WHY_H
#define SLIPWAY_UI_WHY_H

#include "model/store.h"
#include "model/triage.h"
#include "ui/say.h"
#include "ui/theme_role.h"

enum { WHY_OLD_MS = 10 * 60 * 1000 };

/* What is said of it and not overtaken by what was seen since (nothing waits any more), however old it
 * is; NULL = none. */
const struct triage *why_standing(const struct store *s, const char *endpoint_id);
/* The same, unless it is older than WHY_OLD_MS: a state that nobody looked at again is none. */
const struct triage *why_now(const struct store *s, const char *endpoint_id);

/* The endpoint that needs somebody most, by what is said of it, else any whose requests wait; NULL = none. */
const struct endpoint_row *why_worst(const struct store *s);

/* It is stuck, or nobody knows why it waits; NULL is not. */
bool why_is_trouble(const struct triage *t);
/* How long ago it was found: ms. */
int64_t why_age(const struct store *s, const struct triage *t);
/* Since when it is so, and how long the oldest request waits by now: ms; -1 = unknown. */
int64_t why_since(const struct store *s, const struct triage *t);
int64_t why_oldest(const struct store *s, const struct triage *t);

/* How a verdict looks: its sign and role; the word, "STUCK" in capitals. */
struct text why_sign(enum triage_verdict verdict, enum role *role);
const char *why_word(enum triage_verdict verdict);
/* "STUCK 14m" */
const char *why_state(char out[SAY_MAX], const struct store *s, const struct triage *t);
/* For a column: what the deciding diagnosis says, else the sentence; empty when it is healthy. */
struct text why_brief(const struct triage *t);

/* All remedies of all diagnoses, as they are numbered from r1 on; NULL behind the last. */
const struct triage_remedy *why_remedy(const struct triage *t, size_t number);
size_t why_remedies(const struct triage *t);
/* Whether it can be started from here: else it is only to wait, or a person has to do it elsewhere. */
bool why_can_apply(const struct triage_remedy *r);
bool why_is_waiting(const struct triage_remedy *r);
/* The request that it cancels, which is no change of the endpoint; NULL = it is another remedy. Borrowed. */
const char *why_cancels(const struct triage_remedy *r);

#endif
