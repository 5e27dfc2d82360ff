/* edit: one line of text that a person edits, always clean (base/text.h): what is typed or
 * pasted is cleaned on its way in.
 *
 * The cursor stands before a character (base and its marks) or at the end, never inside one. A
 * mark that is typed joins the character before the cursor.
 *
 * Secret mode, for keys and tokens: every character is shown as •, word moves go to the ends (a
 * secret shows nothing of its inside), and bytes are overwritten with zeros as soon as they are
 * deleted, replaced or released. The memory is taken once, so no copy is ever left behind by
 * growing.
 *
 * Ownership: the caller's struct, the editor's bytes. Thread: main. */
#ifndef SLIPWAY_UI_EDIT_H
#define SLIPWAY_UI_EDIT_H

#include "base/text.h"
#include "ui/canvas.h"

#include <stdbool.h>
#include <stddef.h>

enum { EDIT_BYTES_MAX = 64 * 1024 };

struct edit {
    char *bytes; /* NUL-terminated */
    size_t len, max;
    size_t cursor; /* byte offset */
    size_t left;   /* the first column shown; edit_draw's own */
    bool secret;
};

/* Empty, for at most `max` bytes (up to EDIT_BYTES_MAX). 0, or -1 when memory is out: then it is an
 * editor for 0 bytes. */
int edit_init(struct edit *e, size_t max, bool secret);
void edit_release(struct edit *e);

/* Borrowed; changes and moves with the next call. */
struct text edit_text(const struct edit *e);

void edit_clear(struct edit *e);

/* Replaces everything by one line; the cursor goes to the end. 0, or -1 when it is too long:
 * nothing changes. */
int edit_set(struct edit *e, struct text t);

/* Foreign bytes, whole characters, before the cursor; line feeds at their end are left out, as a
 * copied line brings one along. 0, or -1 when it is too long: then nothing is inserted, as half
 * a key is worse than none. */
int edit_insert(struct edit *e, const void *bytes, size_t n);

/* Each returns whether anything changed. A word is a run of letters and digits, so that parts of
 * a path or of a name can be walked and deleted. */
bool edit_backspace(struct edit *e);
bool edit_delete(struct edit *e);
bool edit_delete_word(struct edit *e); /* back to the beginning of a word */
bool edit_delete_to_home(struct edit *e);
bool edit_delete_to_end(struct edit *e);
bool edit_left(struct edit *e);
bool edit_right(struct edit *e);
bool edit_word_left(struct edit *e);
bool edit_word_right(struct edit *e);
bool edit_home(struct edit *e);
bool edit_end(struct edit *e);

/* Draws the line into the first row of r in ROLE_INPUT, scrolled so that the cursor is seen; an
 * ellipsis stands at an end behind which there is more. When focused, the canvas's cursor is put
 * there. */
void edit_draw(struct edit *e, struct canvas *c, struct rect r, bool focused);

#endif
