/* endpoint_json: endpoints as documents: what `endpoints` lists, and what `endpoint` says of one. Values that
 * may be secrets were masked before they got into the records (model/endpoint_detail.h).
 *
 * Thread: main. */
#ifndef SLIPWAY_APP_ENDPOINT_JSON_H
#define SLIPWAY_APP_ENDPOINT_JSON_H

#include "base/json.h"
#include "model/store.h"

/* `times` of our own requests; NULL = the ledger could not be read. NULL: no memory. */
struct json *endpoint_json(const struct endpoint_row *row, const struct endpoint_times *times);
/* Adds what is read of one endpoint alone: "settings", "releases", "rollout", "billed", "not_read". */
void endpoint_json_detail(struct json *j, const struct endpoint_detail *d);

#endif
