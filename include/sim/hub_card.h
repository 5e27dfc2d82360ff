/* hub_card: model cards, their front matter and its validation (spec/huggingface.md §7.3). Pure.
 *
 * The same check serves /api/validate-yaml, commits and what the model page derives from the card.
 * The sentences are those that the Hub was seen to answer; what it checks beyond is not known. */
#ifndef SLIPWAY_SIM_HUB_CARD_H
#define SLIPWAY_SIM_HUB_CARD_H

#include "base/json.h"

#include <stdbool.h>
#include <stddef.h>

struct hub_card {
    struct json *data;     /* object; NULL without front matter, or when it is broken */
    struct json *errors;   /* array of {"message"} */
    struct json *warnings; /* likewise */
};

/* The text between the fences; false when there are none. Borrowed from the README. */
bool hub_front_matter(const char *readme, size_t n, const char **text, size_t *length);

/* Reads and checks a README of a repository of this type ("model", "dataset", "space"). -1 only
 * when memory is out; release in any case. */
int hub_card_read(const char *readme, size_t n, const char *type, struct hub_card *card);
void hub_card_release(struct hub_card *card);

#endif
