/* The journal's rows as records. A list grows by doubling up to what the journal may hold; every
 * entry owns its strings and trees. What was running when its process died is read as interrupted:
 * the row itself stays as it is until somebody claims it. A kind that only a newer Slipway knows
 * is left out. */
#include "base/text.h"
#include "client/state_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 16, SHOWN_MAX = 64 * 1024 };

static void release_entry(struct journal_entry *entry)
{
    free((void *)entry->title);
    free((void *)entry->error);
    json_free((void *)entry->asked);
    json_free((void *)entry->done);
}

void journal_list_release(struct journal_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        release_entry(&list->entries[i]);
    free(list->entries);
    *list = (struct journal_list){0};
}

void state_drop_last(struct journal_list *list)
{
    release_entry(&list->entries[--list->count]);
}

/* ---- words ----------------------------------------------------------------------------------- */

static enum operation_kind kind_of(const char *word)
{
    enum operation_kind kind = 0;
    while (kind < OPERATION_KINDS && strcmp(word, operation_kind_name(kind)) != 0)
        kind++;
    return kind;
}

static enum operation_state state_of(const char *word, const struct state_holder *holder)
{
    enum operation_state state = 0;
    while (state < OPERATION_STATES && strcmp(word, operation_state_name(state)) != 0)
        state++;
    bool at_work = state == OPERATION_RUNNING || state == OPERATION_ASKING;
    if (state == OPERATION_STATES || (at_work && !state_holder_lives(holder)))
        return OPERATION_INTERRUPTED;
    return state;
}

/* ---- one row --------------------------------------------------------------------------------- */

/* Cleaned for showing, on the heap. */
static char *shown(const char *text)
{
    struct buf b;
    buf_init(&b, SHOWN_MAX);
    text_safe(&b, text, strlen(text), TEXT_LINE); /* cut at a character when it is longer */
    return buf_take(&b, NULL);
}

/* The columns of OPERATION_COLUMNS. */
static int read_entry(struct sqlite3_stmt *row, struct journal_entry *out, struct err *e)
{
    struct state_holder holder = {.pid = state_column_int(row, 8)};
    const char *asked = state_column_text(row, 4), *done = state_column_text(row, 10);
    snprintf(holder.born, sizeof holder.born, "%s", state_column_text(row, 9));
    *out = (struct journal_entry){.kind = kind_of(state_column_text(row, 1)),
        .state = state_of(state_column_text(row, 2), &holder),
        .title = shown(state_column_text(row, 3)),
        .asked = json_parse(asked, strlen(asked), e),
        .done = json_parse(done, strlen(done), e),
        .error = shown(state_column_text(row, 5)),
        .started_ms = state_column_int(row, 6),
        .updated_ms = state_column_int(row, 7)};
    snprintf(out->id, sizeof out->id, "%s", state_column_text(row, 0));
    if (out->title && out->error && out->asked && out->done)
        return 0;
    release_entry(out);
    return err_set(
        e, ERR_IO, 0, "the journal's entry %s cannot be read", state_column_text(row, 0));
}

static int make_room(struct journal_list *list, size_t *room, struct err *e)
{
    if (list->count < *room)
        return 0;
    size_t more = *room ? 2 * *room : FIRST_ROOM;
    struct journal_entry *grown = reallocarray(list->entries, more, sizeof *grown);
    if (!grown)
        return err_set(e, ERR_IO, ENOMEM, "no memory for the journal");
    list->entries = grown;
    *room = more;
    return 0;
}

int state_load_operations(
    struct state *s, struct sqlite3_stmt *query, struct journal_list *out, struct err *e)
{
    size_t room = 0;
    int more;
    while ((more = state_step(s, query, e)) == 1) {
        if (kind_of(state_column_text(query, 1)) == OPERATION_KINDS)
            continue;
        if (make_room(out, &room, e) || read_entry(query, &out->entries[out->count], e)) {
            more = -1;
            break;
        }
        out->count++;
    }
    if (more < 0)
        journal_list_release(out);
    return more;
}
