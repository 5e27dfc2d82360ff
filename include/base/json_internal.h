/* What the files of the json module share; for src/base/json*.c only. */
#ifndef SLIPWAY_BASE_JSON_INTERNAL_H
#define SLIPWAY_BASE_JSON_INTERNAL_H

struct json;

/* The digits of an integer made by json_new_int, which a double could not always hold; NULL for any
 * other value. Borrowed. */
const char *json_digits(const struct json *j);

#endif
