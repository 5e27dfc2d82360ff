/* Every field's value is a line of text in an editor, whatever its kind: switches hold "yes" or "no",
 * choices the text that was chosen. So values are read, set, kept and handed over in one way, and only
 * the keys that change them differ: a table by kind.
 *
 * Keys pass three sieves: an open list of candidates, the form's own (moving, Enter, Tab), the field's.
 * Printable characters never leave a form, so that a letter typed in a switch does not run an action. */
#include "ui/edit_press.h"
#include "ui/form_internal.h"
#include "ui/press.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct text YES = {"yes", 3}, NO = {"no", 2};

static bool same(struct text a, struct text b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.s, b.s, a.len) == 0);
}

/* ---- life ------------------------------------------------------------------------------------------ */

struct form *form_new(const struct view_context *x, const struct form_field *fields, size_t count)
{
    struct form *f = calloc(1, sizeof *f);
    if (!f)
        return NULL;
    f->x = x;
    for (size_t i = 0; i < count && i < FORM_FIELDS_MAX; i++) {
        struct form_slot *slot = &f->slots[f->count++];
        slot->field = fields[i];
        if (edit_init(&slot->value, FORM_VALUE_MAX, false)) {
            form_free(f);
            return NULL;
        }
        if (fields[i].kind == FIELD_SWITCH)
            edit_set(&slot->value, NO);
    }
    return f;
}

void form_free(struct form *f)
{
    if (!f)
        return;
    for (size_t i = 0; i < f->count; i++) {
        edit_release(&f->slots[i].value);
        arena_free(f->slots[i].arena);
    }
    arena_free(f->list.arena);
    free(f);
}

/* ---- values ---------------------------------------------------------------------------------------- */

/* NULL when there is no such field. */
static struct form_slot *slot_of(const struct form *f, const char *name)
{
    for (size_t i = 0; i < f->count; i++) {
        if (strcmp(f->slots[i].field.name, name) == 0)
            return (struct form_slot *)&f->slots[i];
    }
    return NULL;
}

static size_t choice_of(const struct form_slot *slot, struct text value)
{
    size_t i = 0;
    while (i < slot->choice_count && !same(slot->choices[i], value))
        i++;
    return i;
}

struct text form_get(const struct form *f, const char *name)
{
    const struct form_slot *slot = slot_of(f, name);
    return slot ? edit_text(&slot->value) : TEXT("");
}

void form_set(struct form *f, const char *name, struct text value)
{
    struct form_slot *slot = slot_of(f, name);
    if (!slot || same(edit_text(&slot->value), value))
        return;
    if (slot->field.kind == FIELD_SWITCH && !same(value, YES))
        value = NO;
    edit_set(&slot->value, value);
    slot->chosen = choice_of(slot, edit_text(&slot->value));
    f->version++;
}

/* The texts in a fresh arena; NULL when memory is out. */
static struct text *copies(struct arena *a, const struct text *from, size_t count)
{
    struct text *to = arena_array(a, count, sizeof *to);
    for (size_t i = 0; to && i < count; i++) {
        char *bytes = arena_dup(a, from[i].s, from[i].len);
        if (!bytes)
            return NULL;
        to[i] = (struct text){bytes, from[i].len};
    }
    return to;
}

static bool same_choices(const struct form_slot *slot, const struct text *choices,
    const struct text *notes, size_t count)
{
    bool equal = slot->choice_count == count && (slot->notes != NULL) == (notes != NULL);
    for (size_t i = 0; equal && i < count; i++)
        equal = same(slot->choices[i], choices[i]) && (!notes || same(slot->notes[i], notes[i]));
    return equal;
}

void form_choices(struct form *f, const char *name, const struct text *choices,
    const struct text *notes, size_t count)
{
    struct form_slot *slot = slot_of(f, name);
    count = count < FORM_CHOICES_MAX ? count : FORM_CHOICES_MAX;
    if (!slot || same_choices(slot, choices, notes, count))
        return;
    struct arena *a = arena_new(FORM_LIST_BYTES_MAX);
    struct text *new_choices = a ? copies(a, choices, count) : NULL;
    struct text *new_notes = a && notes ? copies(a, notes, count) : NULL;
    if (!new_choices || (notes && !new_notes)) {
        arena_free(a);
        return;
    }
    arena_free(slot->arena);
    slot->arena = a;
    slot->choices = new_choices;
    slot->notes = new_notes;
    slot->choice_count = count;
    slot->chosen = choice_of(slot, edit_text(&slot->value));
    if (slot->chosen == count && count > 0)
        edit_set(&slot->value, slot->choices[slot->chosen = 0]);
    f->version++;
}

size_t form_values(const struct form *f, const struct form_value **values)
{
    struct form *own = (struct form *)f; /* the array is ours to fill */
    for (size_t i = 0; i < f->count; i++) {
        own->values[i].name = f->slots[i].field.name;
        own->values[i].value = edit_text(&f->slots[i].value);
    }
    *values = f->values;
    return f->count;
}

const char *form_at(const struct form *f)
{
    return f->count > 0 ? f->slots[f->at].field.name : "";
}

uint64_t form_version(const struct form *f)
{
    return f->version;
}

/* ---- what is wrong --------------------------------------------------------------------------------- */

void form_complain(struct form *f, const char *name, const char *format, ...)
{
    char sentence[ERR_MESSAGE_MAX];
    struct form_slot *slot = slot_of(f, name);
    va_list args;
    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    err_set(&f->complaint, ERR_INPUT, 0, "%s", sentence);
    if (slot)
        f->at = (size_t)(slot - f->slots);
    form_list_close(f);
    f->version++;
}

static bool number_fits(const struct form_field *field, struct text value)
{
    char *end;
    errno = 0;
    long long n = strtoll(value.s, &end, 10);
    return errno == 0 && end == value.s + value.len && n >= field->least && n <= field->most;
}

static bool check(struct form *f)
{
    for (size_t i = 0; i < f->count; i++) {
        const struct form_field *field = &f->slots[i].field;
        struct text value = edit_text(&f->slots[i].value);
        if (field->required && value.len == 0) {
            form_complain(f, field->name, "%s is needed", field->label);
            return false;
        }
        if (field->kind == FIELD_NUMBER && value.len > 0 && !number_fits(field, value)) {
            form_complain(f, field->name, "%s is a number from %lld to %lld", field->label,
                (long long)field->least, (long long)field->most);
            return false;
        }
    }
    return true;
}

/* ---- keys of a field ------------------------------------------------------------------------------- */

static bool is_printable(int32_t press)
{
    return press >= ' ' && press != PRESS_BACKSPACE && press < PRESS_UP;
}

static enum form_reply press_text(struct form_slot *slot, int32_t press)
{
    switch (edit_press(&slot->value, press)) {
    case EDIT_CHANGED:
        return FORM_CHANGED;
    case EDIT_MOVED:
        return FORM_TAKEN;
    case EDIT_IGNORED:
        break;
    }
    return FORM_IGNORED;
}

static enum form_reply press_number(struct form_slot *slot, int32_t press)
{
    bool digit = (press >= '0' && press <= '9') || (press == '-' && slot->field.least < 0);
    return is_printable(press) && !digit ? FORM_TAKEN : press_text(slot, press);
}

static enum form_reply press_choice(struct form_slot *slot, int32_t press)
{
    bool forward = press == PRESS_RIGHT || press == ' ';
    if (!forward && press != PRESS_LEFT)
        return is_printable(press) ? FORM_TAKEN : FORM_IGNORED;
    if (slot->choice_count == 0)
        return FORM_TAKEN;
    if (slot->chosen >= slot->choice_count)
        slot->chosen = 0;
    else
        slot->chosen = (slot->chosen + (forward ? 1 : slot->choice_count - 1)) % slot->choice_count;
    edit_set(&slot->value, slot->choices[slot->chosen]);
    return FORM_CHANGED;
}

static enum form_reply press_switch(struct form_slot *slot, int32_t press)
{
    bool on = same(edit_text(&slot->value), YES), was = on;
    if (press == PRESS_LEFT || press == PRESS_RIGHT || press == ' ')
        on = !on;
    else if (press == 'y' || press == 'n')
        on = press == 'y';
    else
        return is_printable(press) ? FORM_TAKEN : FORM_IGNORED;
    edit_set(&slot->value, on ? YES : NO);
    return on != was ? FORM_CHANGED : FORM_TAKEN;
}

static enum form_reply (*const press_kind[])(struct form_slot *slot, int32_t press) = {
    [FIELD_TEXT] = press_text,
    [FIELD_NUMBER] = press_number,
    [FIELD_CHOICE] = press_choice,
    [FIELD_SWITCH] = press_switch,
};

/* ---- keys of the form ------------------------------------------------------------------------------ */

static enum form_reply move_to(struct form *f, size_t at)
{
    form_list_close(f);
    f->at = at;
    return FORM_TAKEN;
}

/* Up, down, Enter and Esc belong to an open list. */
static enum form_reply press_list(struct form *f, int32_t press)
{
    struct form_list *list = &f->list;
    if (list->count == 0)
        return FORM_IGNORED;
    if (press == PRESS_DOWN)
        list->at = list->at + 1 < list->count ? list->at + 1 : 0;
    else if (press == PRESS_UP)
        list->at = list->at > 0 ? list->at - 1 : list->count - 1;
    else if (press == PRESS_ESCAPE)
        form_list_close(f);
    else if (press == PRESS_ENTER && form_list_take(f))
        return FORM_CHANGED;
    else
        return FORM_IGNORED;
    return FORM_TAKEN;
}

static enum form_reply press_tab(struct form *f)
{
    bool changed = false;
    if (form_complete(f, &changed))
        return changed ? FORM_CHANGED : FORM_TAKEN;
    return move_to(f, (f->at + 1) % f->count);
}

static enum form_reply press_form(struct form *f, int32_t press)
{
    switch (press) {
    case PRESS_TAB:
        return press_tab(f);
    case PRESS_BACK_TAB:
        return move_to(f, (f->at + f->count - 1) % f->count);
    case PRESS_UP:
        return move_to(f, f->at > 0 ? f->at - 1 : 0);
    case PRESS_DOWN:
        return move_to(f, f->at + 1 < f->count ? f->at + 1 : f->at);
    case PRESS_ENTER:
        return check(f) ? FORM_GO : FORM_TAKEN;
    default:
        return FORM_IGNORED;
    }
}

enum form_reply form_press(struct form *f, int32_t press)
{
    if (f->count == 0)
        return FORM_IGNORED;
    err_clear(&f->complaint);
    f->version++;
    enum form_reply reply = press_list(f, press);
    if (reply != FORM_IGNORED)
        return reply;
    reply = press_form(f, press);
    if (reply != FORM_IGNORED)
        return reply;
    struct form_slot *slot = &f->slots[f->at];
    reply = press_kind[slot->field.kind](slot, press);
    if (reply == FORM_CHANGED)
        form_list_close(f);
    return reply;
}

/* Into texts as it is; of what is pasted into a number only if it is one. */
bool form_paste(struct form *f, const char *bytes, size_t n)
{
    struct form_slot *slot = f->count > 0 ? &f->slots[f->at] : NULL;
    if (!slot || slot->field.kind == FIELD_CHOICE || slot->field.kind == FIELD_SWITCH)
        return false;
    form_list_close(f);
    f->version++;
    for (size_t i = 0; slot->field.kind == FIELD_NUMBER && i < n; i++) {
        if (strchr("0123456789\r\n", bytes[i]) == NULL || bytes[i] == '\0') {
            form_complain(f, slot->field.name, "only a number can stand here");
            return true;
        }
    }
    if (edit_insert(&slot->value, bytes, n))
        form_complain(f, slot->field.name, "too long: %d bytes is the most", FORM_VALUE_MAX);
    return true;
}
