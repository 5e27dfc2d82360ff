/* say: how numbers, ages and sentences are put on the screen, the same everywhere.
 *
 * The short ones write into a caller's `char out[SAY_MAX]` and return it; NAN and negative "unknown"
 * values become "—". Those with an arena make a text that may be drawn. Times are UTC.
 *
 * Thread: any; pure. */
#ifndef SLIPWAY_UI_SAY_H
#define SLIPWAY_UI_SAY_H

#include "base/arena.h"
#include "base/text.h"
#include "ui/action.h"

enum { SAY_MAX = 32 };

/* How long ago or for how long: "41s", "2m03s", "1h05m", "3d4h"; -1 = unknown. */
const char *say_age(char out[SAY_MAX], int64_t ms);
/* The same in one unit: "41s", "14m", "3h", "2d". */
const char *say_age_short(char out[SAY_MAX], int64_t ms);
/* A measured span: "0.8s", "1.21s", "41s", then as say_age. */
const char *say_span(char out[SAY_MAX], int64_t ms);
/* What is left: "0:41", "12:05", "1:02:03". */
const char *say_left(char out[SAY_MAX], double seconds);
/* "14:02:31" */
const char *say_clock(char out[SAY_MAX], int64_t wall_ms);

/* "718 B", "1.1 kB", "4.9 GB": powers of 1000, as the Hub counts. */
const char *say_bytes(char out[SAY_MAX], int64_t bytes);
/* "118 MB/s" */
const char *say_speed(char out[SAY_MAX], double bytes_per_s);
/* Dollars without the sign, for columns: "41.20", "0.0143", ".00041", "0". */
const char *say_amount(char out[SAY_MAX], double dollars);
/* "$41.20", "$.00041", "−$2.04". */
const char *say_money(char out[SAY_MAX], double dollars);
/* "1 204" */
const char *say_count(char out[SAY_MAX], int64_t n);
/* A context length: "8k", "512". */
const char *say_tokens(char out[SAY_MAX], int64_t tokens);
/* Four digits of a measured value: "0.412", "12.35", "1.2e-05". */
const char *say_value(char out[SAY_MAX], double value);

/* The first key of an action as hints name it; "" when it has none or does not exist. */
const char *say_key(char out[SAY_MAX], const struct action_table *t, enum action_id id);

/* Cleaned and masked like everything; empty when the arena is full. */
struct text say_text(struct arena *a, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The next line of `t` at *offset that fits `width` columns, broken at spaces where possible and at
 * line feeds always; false at the end. The line borrows from t. */
bool say_wrap(struct text t, int width, size_t *offset, struct text *line);
/* How many lines that makes, counted up to `most`. */
int say_wrap_count(struct text t, int width, int most);

/* A text in printf's arguments for "%.*s". */
#define SAY_ARGS(t) (int)(t).len, (t).s

/* A string that is known to be clean, as a text: a static word, an id, an err's message. */
struct text say_word(const char *clean);

#endif
