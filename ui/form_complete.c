/* Completion as in a shell: Tab extends to what all candidates have in common; when that is nothing
 * new and there are several, they are listed; Tab on an open list goes on to the next field. The
 * candidates are the host's (folders, repositories) and cleaned texts, so nothing here can bring foreign
 * bytes into a field. */
#include "ui/form_internal.h"

#include <string.h>

void form_list_close(struct form *f)
{
    f->list.count = 0;
    f->list.at = 0;
}

bool form_list_take(struct form *f)
{
    struct form_list *list = &f->list;
    if (list->at >= list->count)
        return false;
    edit_set(&f->slots[f->at].value, list->items[list->at]);
    form_list_close(f);
    return true;
}

/* The longest beginning that both have, in whole characters. */
static struct text common(struct text a, struct text b)
{
    struct text_cell cell;
    size_t offset = 0, end = 0;
    while (
        text_next(a, &offset, &cell) && offset <= b.len && memcmp(cell.s, b.s + end, cell.len) == 0)
        end = offset;
    return (struct text){a.s, end};
}

static struct text common_of(const struct form_list *list)
{
    struct text all = list->items[0];
    for (size_t i = 1; i < list->count; i++)
        all = common(all, list->items[i]);
    return all;
}

static bool ask(struct form *f, const struct form_slot *slot)
{
    struct form_list *list = &f->list;
    arena_free(list->arena);
    list->count = 0;
    list->arena = arena_new(FORM_LIST_BYTES_MAX);
    if (!list->arena)
        return false;
    list->count = f->x->host->complete(f->x->host->arg, slot->field.complete,
        edit_text(&slot->value), list->arena, list->items, FORM_CANDIDATES_MAX);
    if (list->count > FORM_CANDIDATES_MAX)
        list->count = FORM_CANDIDATES_MAX;
    list->at = list->count;
    return list->count > 0;
}

/* A folder that wants nothing but the slash behind it is complete: Tab goes on. */
static bool is_whole(const struct form_slot *slot, struct text all, struct text typed)
{
    return slot->field.complete == COMPLETE_FOLDER && typed.len > 0 && all.len == typed.len + 1 &&
           all.s[typed.len] == '/';
}

bool form_complete(struct form *f, bool *changed)
{
    struct form_slot *slot = &f->slots[f->at];
    struct text typed = edit_text(&slot->value);
    if (slot->field.complete == COMPLETE_NONE || f->list.count > 0 || !ask(f, slot))
        return false;
    struct text all = common_of(&f->list);
    bool further = all.len > typed.len && memcmp(all.s, typed.s, typed.len) == 0;
    if (further && f->list.count == 1 && is_whole(slot, all, typed))
        further = false;
    if (further)
        *changed = edit_set(&slot->value, all) == 0;
    if (f->list.count > 1)
        return true;
    form_list_close(f);
    return further;
}
