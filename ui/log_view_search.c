/* Searching: what is typed (in the filter's language) is marked while one types; Enter goes to the
 * nearest match at or above the last line one sees, for the newest is mostly what one wants. n and N go on
 * from the match one is at, or from what one sees, and round at the ends. */
#include "ui/log_view_internal.h"

#include "ui/say.h"

#include <stdio.h>
#include <string.h>

static struct text sought(const struct log_view *v)
{
    return (struct text){v->sought, strlen(v->sought)};
}

/* Looks for something else. */
static void look_for(struct log_view *v, struct text typed)
{
    err_clear(&v->prompt.why);
    filter_free(v->search);
    v->search = typed.len > 0 ? filter_new(typed, &v->prompt.why) : NULL;
    v->has_found = false;
    log_index_reset(&v->matches);
    v->changes++;
}

void log_view_search_open(struct log_view *v)
{
    prompt_open(&v->prompt, sought(v));
    v->searching = true;
}

/* The place of the last match at or before; the count when there is none. */
static size_t match_before(const struct log_view *v, struct log_place place)
{
    size_t count = log_index_count(&v->matches), at = log_index_find(&v->matches, place);
    if (at < count && log_index_at(&v->matches, at).number == place.number)
        return at;
    return at > 0 ? at - 1 : count;
}

static void go_to(struct log_view *v, size_t match)
{
    v->found = log_index_at(&v->matches, match);
    v->has_found = true;
    log_view_to(v, v->found);
}

static void done(struct log_view *v)
{
    struct text typed = edit_text(&v->prompt.edit);
    size_t length = typed.len < FILTER_BYTES_MAX ? typed.len : FILTER_BYTES_MAX;
    memcpy(v->sought, typed.s, length);
    v->sought[length] = '\0';
    v->searching = false;
    log_view_update(v);
    if (!v->search)
        return;
    size_t count = log_index_count(&v->matches);
    if (count == 0) {
        v->x->say(v->x, TEXT("Nothing found here; the filter, level, source and time window hold"),
            ROLE_NORMAL);
        return;
    }
    size_t match = v->end > 0 ? match_before(v, v->last) : count;
    go_to(v, match < count ? match : 0);
}

bool log_view_search_press(struct log_view *v, int32_t press)
{
    switch (prompt_press(&v->prompt, press)) {
    case PROMPT_CHANGED:
        look_for(v, edit_text(&v->prompt.edit));
        return true;
    case PROMPT_DONE:
        done(v);
        return true;
    case PROMPT_LEFT:
        v->searching = false;
        look_for(v, sought(v));
        return true;
    default:
        return true;
    }
}

bool log_view_search_paste(struct log_view *v, const char *bytes, size_t n)
{
    if (edit_insert(&v->prompt.edit, bytes, n))
        return false;
    look_for(v, edit_text(&v->prompt.edit));
    return true;
}

bool log_view_search_clear(struct log_view *v)
{
    if (!v->search && !v->sought[0])
        return false;
    v->sought[0] = '\0';
    look_for(v, TEXT(""));
    return true;
}

size_t log_view_match_number(const struct log_view *v)
{
    size_t at = v->has_found ? log_index_find(&v->matches, v->found) : 0;
    bool there = v->has_found && at < log_index_count(&v->matches) &&
                 log_index_at(&v->matches, at).number == v->found.number;
    return there ? at + 1 : 0;
}

void log_view_next_match(struct log_view *v, bool forward)
{
    size_t count = log_index_count(&v->matches), at;
    if (!v->search) {
        char key[SAY_MAX], words[96];
        say_key(key, v->x->actions, ACTION_SEARCH);
        snprintf(words, sizeof words, "Nothing is searched for: %s searches", key);
        v->x->say(v->x, say_word(words), ROLE_NORMAL);
        return;
    }
    if (count == 0) {
        v->x->say(v->x, TEXT("Nothing found here"), ROLE_NORMAL);
        return;
    }
    struct log_place from = v->has_found ? v->found : forward ? v->top : v->last;
    at = log_index_find(&v->matches, from);
    bool here = v->has_found && at < count && log_index_at(&v->matches, at).number == from.number;
    if (forward)
        at = at + here < count ? at + here : 0;
    else
        at = at > 0 ? at - 1 : count - 1;
    go_to(v, at);
}
