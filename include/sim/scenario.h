/* scenario: what the stand-in plays, as data.
 *
 * A scenario is a JSON file. Those under src/sim/scenarios/ are built into the program (a generated
 * table), so slipway-sim needs no files beside it; --scenario also takes a path. README.md in that
 * folder describes every key. */
#ifndef SLIPWAY_SIM_SCENARIO_H
#define SLIPWAY_SIM_SCENARIO_H

#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"

#include <stddef.h>

/* Generated: built-in scenarios, ended by a NULL name. */
struct scenario_builtin {
    const char *name;
    const char *json;
    size_t length;
};
extern const struct scenario_builtin scenario_builtins[];

/* Reads a built-in by name, or a file when the word holds a '/' or ends in ".json". The caller frees.
 * ERR_INPUT with names that are alike when there is none of that name, or with the place of what is not of
 * its kind (scenario_check.h). */
struct json *scenario_load(const char *name_or_path, struct err *e);

/* Appends the names of the built-ins, "a, b, c", in lines of their own. */
void scenario_names(struct buf *out);

#endif
