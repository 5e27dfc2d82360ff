/* What the files of the form share; for form*.c only. */
#ifndef SLIPWAY_UI_FORM_INTERNAL_H
#define SLIPWAY_UI_FORM_INTERNAL_H

#include "base/err.h"
#include "ui/form.h"

enum { FORM_CHOICES_MAX = 64, FORM_CANDIDATES_MAX = 64, FORM_LIST_BYTES_MAX = 1 << 20 };

struct form_slot {
    struct form_field field;
    struct edit value; /* of every kind; switches and choices hold their word */
    struct arena *arena;
    struct text *choices, *notes; /* notes NULL = none */
    size_t choice_count, chosen;  /* chosen == choice_count: none */
};

/* What the field under the cursor may be completed to. */
struct form_list {
    struct arena *arena;
    struct text items[FORM_CANDIDATES_MAX];
    size_t count;
    size_t at; /* count = none chosen yet */
};

struct form {
    const struct view_context *x;
    struct form_slot slots[FORM_FIELDS_MAX];
    struct form_value values[FORM_FIELDS_MAX];
    size_t count, at;
    struct form_list list;
    struct err complaint; /* its message; none when the class is ERR_NONE */
    uint64_t version;
};

/* form_complete.c: Tab in a field that can be completed. False when there is nothing to do, so that Tab
 * goes on to the next field. */
bool form_complete(struct form *f, bool *changed);
void form_list_close(struct form *f);
/* Takes the candidate that was chosen; false when none was. */
bool form_list_take(struct form *f);

#endif
