/* record_internal: what a record consists of, as a table of its fields, so that comparing two of them
 * and giving a copy texts of its own need no code for each kind.
 * For the model layer alone. */
#ifndef SLIPWAY_MODEL_RECORD_INTERNAL_H
#define SLIPWAY_MODEL_RECORD_INTERNAL_H

#include "base/arena.h"
#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>

enum field_kind {
    FIELD_VALUE,  /* a number, a truth value or an enum, compared as bytes (so NAN equals NAN) */
    FIELD_STRING, /* an array of char that ends in a NUL */
    FIELD_TEXT    /* a struct text, or an array of them */
};

struct field {
    size_t offset, size; /* bytes; of the whole array */
    enum field_kind kind;
};

/* When a record was seen is not one of its fields: two that differ in age alone are equal. */
struct record {
    size_t size;
    const struct field *fields;
    size_t count;
};

extern const struct record record_endpoint, record_health, record_worker, record_gpu,
    record_account, record_source, record_job, record_model_row, record_repo, record_request,
    record_operation, record_step, record_upload_file, record_check_file, record_model_facts, record_setting,
    record_release, record_release_change, record_detail;

bool text_same(struct text a, struct text b);
bool record_same(const struct record *r, const void *a, const void *b);
/* Arrays of records. */
bool records_same(
    const struct record *r, const void *a, size_t a_count, const void *b, size_t b_count);

/* Gives the texts of a record that was copied by assignment bytes of their own in the arena. 0, or -1
 * when they do not fit. */
int record_own(const struct record *r, void *copy, struct arena *a);
int text_own(struct text *t, struct arena *a);

#endif
