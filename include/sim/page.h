/* page: one page of a list of REST v2 (spec/runpod.md §4.2): `limit` 1–1000, an opaque `cursor`, and
 * {"<list>":[…],"pagination":{"nextCursor":…,"hasNextPage":…}}.
 *
 * The cursor remembers the last item's id and place: when that item was deleted meanwhile the page
 * goes on at the same place. A cursor of another list, or one that was made up, is refused.
 * Pure: no state, no world. */
#ifndef SLIPWAY_SIM_PAGE_H
#define SLIPWAY_SIM_PAGE_H

#include "base/json.h"

enum { PAGE_LIMIT_MAX = 1000 };

/* Cuts a page out of all items (taken; objects, with a string "id" where they have one). limit and
 * cursor as they came, NULL = absent. NULL when memory is out, or with a sentence pushed onto
 * `errors` when limit or cursor is wrong. */
struct json *page_cut(const char *list, struct json *take_items, const char *limit,
    const char *cursor, struct json *errors);

#endif
