/* checklist_json: a checklist as a document of schema "slipway.checklist/1" (the caller sets it). Pure.
 * NULL: no memory. */
#ifndef SLIPWAY_APP_CHECKLIST_JSON_H
#define SLIPWAY_APP_CHECKLIST_JSON_H

#include "base/json.h"
#include "model/checklist.h"

struct json *checklist_json(const struct checklist *list);

#endif
