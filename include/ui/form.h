/* form: fields, one a line, that a person fills in, with a live part below that the form's owner draws.
 *
 * Tab and the arrows move between fields; Enter goes on (a required field that is empty says so and gets
 * the cursor); Esc leaves. Choices are walked with left and right; folders and repositories are
 * completed with Tab when the cursor is in them (the longest common beginning, then the candidates as
 * a list below). What was typed is kept when something is wrong.
 *
 * Thread: main. */
#ifndef SLIPWAY_UI_FORM_H
#define SLIPWAY_UI_FORM_H

#include "ui/edit.h"
#include "ui/view.h"

enum field_kind { FIELD_TEXT, FIELD_NUMBER, FIELD_CHOICE, FIELD_SWITCH };
enum { FORM_FIELDS_MAX = 16, FORM_VALUE_MAX = 4096 };

struct form_field {
    const char *name;  /* key of its value: "folder" */
    const char *label; /* "Folder" */
    const char *help;  /* one line, shown while the cursor is in it */
    enum field_kind kind;
    enum completion complete;
    bool required;
    int64_t least, most; /* FIELD_NUMBER */
    const char
        *empty; /* what an empty one means, shown in its place: "newest commit"; NULL = none */
};

struct form;

struct form *form_new(const struct view_context *x, const struct form_field *fields, size_t count);
void form_free(struct form *f);

/* A field's value; "" when empty. Switches are "yes" and "no". Borrowed until the form changes. */
struct text form_get(const struct form *f, const char *name);
void form_set(struct form *f, const char *name, struct text value);
/* The choices of a FIELD_CHOICE: copies the texts; keeps the chosen one when it is among them. `notes` (may
 * be NULL) are shown behind each. */
void form_choices(struct form *f, const char *name, const struct text *choices,
    const struct text *notes, size_t count);

/* The name of the field that the cursor is in; "" when there is none. */
const char *form_at(const struct form *f);
/* Puts the cursor into a field and says what is wrong with it, until the next press. */
void form_complain(struct form *f, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* FORM_IGNORED: not the form's (Esc while no list of candidates is open); FORM_CHANGED: a value changed;
 * FORM_TAKEN: something else happened; FORM_GO: Enter, and every field is as it must be. */
enum form_reply { FORM_IGNORED, FORM_CHANGED, FORM_TAKEN, FORM_GO };
enum form_reply form_press(struct form *f, int32_t press);
bool form_paste(struct form *f, const char *bytes, size_t n);
/* All values, in the form's memory until it changes. */
size_t form_values(const struct form *f, const struct form_value **values);

/* Draws fields from the top of r; returns the rows used. */
int form_draw(struct form *f, struct canvas *c, struct rect r, bool focused);
uint64_t form_version(const struct form *f);

#endif
