/* The bones of every opened view: an id, rows that scroll, a version. Nothing here knows any one of
 * them. */
#include "ui/opened.h"

#include "ui/say.h"

#include <stdio.h>
#include <string.h>

enum { SECOND_MS = 1000 };

int opened_init(struct opened *o, const struct view_context *x, const char *id)
{
    size_t length = strlen(id);
    *o = (struct opened){.x = x};
    if (length >= sizeof o->id)
        return -1;
    memcpy(o->id, id, length + 1);
    o->lines = lines_new();
    return o->lines ? 0 : -1;
}

void opened_release(struct opened *o)
{
    lines_free(o->lines);
    o->lines = NULL;
}

bool opened_act(void *v, enum action_id action)
{
    struct opened *o = v;
    bool taken = lines_act(o->lines, action);
    o->own += taken;
    return taken;
}

const char *opened_target(void *v)
{
    return ((struct opened *)v)->id;
}

int64_t opened_due(void *v)
{
    int64_t now = store_mono_ms(((struct opened *)v)->x->store);
    return now - now % SECOND_MS + SECOND_MS;
}

/* Versions only grow, so their sum changes when one of them does. */
uint64_t opened_version(const struct opened *o, unsigned parts)
{
    uint64_t sum = o->own;
    for (unsigned part = 0; part < STORE_PARTS; part++) {
        if (parts & (1u << part))
            sum += store_version(o->x->store, (enum store_part)part);
    }
    return sum;
}

struct lines *opened_begin(struct opened *o, struct rect r)
{
    lines_begin(o->lines, r.w);
    return o->lines;
}

/* ---- rows ------------------------------------------------------------------------------------------ */

void opened_state(
    struct lines *l, struct text sign, struct text word, struct text note, enum role role)
{
    lines_row(l, OPENED_SIGN_COLUMN);
    lines_add(l, sign, role, STYLE_BOLD);
    lines_add(l, TEXT(" "), ROLE_NORMAL, 0);
    lines_add(l, word, role, STYLE_BOLD);
    if (note.len > 0) {
        lines_add(l, TEXT("  "), ROLE_NORMAL, 0);
        lines_wrap(l, note, ROLE_NORMAL, 0);
    }
}

void opened_error(struct lines *l, const struct err *e)
{
    if (e->class == ERR_NONE)
        return;
    lines_row(l, OPENED_SIGN_COLUMN);
    lines_add(l, TEXT("✗ "), ROLE_BAD, STYLE_BOLD);
    lines_wrap(l, say_word(e->message), ROLE_BAD, 0);
    if (e->hint[0] == '\0')
        return;
    lines_row(l, OPENED_SIGN_COLUMN);
    lines_add(l, TEXT("→ "), ROLE_LABEL, 0);
    lines_wrap(l, say_word(e->hint), ROLE_NORMAL, 0);
}

void opened_key(struct lines *l, const struct view_context *x, enum action_id id, const char *word)
{
    char key[SAY_MAX];
    struct arena *a = lines_arena(l);
    if (say_key(key, x->actions, id)[0] == '\0')
        return;
    lines_add(l, say_text(a, "%s", key), ROLE_KEY, 0);
    lines_add(l, say_text(a, " %s   ", word), ROLE_NORMAL, 0);
}

void opened_source(struct lines *l, const struct store *s, enum source source)
{
    const struct source_state *state = store_source(s, source);
    struct arena *a = lines_arena(l);
    char age[SAY_MAX];
    if (state->health == SOURCE_OK || state->health == SOURCE_STARTING)
        return;
    struct text since = TEXT("never seen");
    if (state->seen_ms >= 0)
        since = say_text(a, "as of %s ago", say_age(age, store_mono_ms(s) - state->seen_ms));
    lines_row(l, OPENED_SIGN_COLUMN);
    if (state->health == SOURCE_OFF && state->error.hint[0] != '\0') {
        lines_wrap(l,
            say_text(a, "%s: %s: %s", source_name(source), state->error.message, state->error.hint),
            ROLE_STALE, 0);
        return;
    }
    lines_wrap(l,
        say_text(a, "%s: %s (%.*s)", source_name(source),
            state->error.class != ERR_NONE ? state->error.message : "not answering",
            SAY_ARGS(since)),
        ROLE_STALE, 0);
}

/* ---- words ----------------------------------------------------------------------------------------- */

struct text opened_short(struct arena *a, const char *id, size_t n)
{
    return strlen(id) <= n + 1 ? say_text(a, "%s", id) : say_text(a, "%.*s…", (int)n, id);
}

struct text opened_ago(struct arena *a, const struct store *s, int64_t wall_ms)
{
    char age[SAY_MAX];
    int64_t ms = store_wall_ms(s) - wall_ms;
    if (wall_ms < 0)
        return TEXT("—");
    return say_text(a, "%s ago", say_age_short(age, ms > 0 ? ms : 0));
}

struct text opened_title(struct arena *a, const char *pane, struct text name)
{
    return say_text(a, "%s ▸ %.*s", pane, SAY_ARGS(name));
}

/* What failed in an earlier run before it was agreed to comes without an error's class (app/history.c). */
bool opened_can_resume(const struct operation *o)
{
    enum err_class class = o->error.class;
    if (o->kind == OPERATION_REGISTER) /* its deployment is registered anew instead */
        return false;
    if (o->kind == OPERATION_TEST) /* asked for again instead */
        return false;
    if (o->state == OPERATION_FAILED)
        return class != ERR_NONE && class != ERR_INPUT;
    return o->state == OPERATION_INTERRUPTED || o->state == OPERATION_CANCELLED;
}

bool opened_went_wrong(const struct operation *o)
{
    return o->state == OPERATION_FAILED || o->state == OPERATION_INTERRUPTED ||
           (o->state == OPERATION_DONE && o->error.class != ERR_NONE);
}

bool opened_is_history(const struct view_context *x, const struct operation *o)
{
    return o->ended_ms >= 0 && o->ended_ms < x->began_ms;
}

bool opened_is_public(const struct operation *upload)
{
    return !upload->is_private && (upload->plan_count > 0 || upload->commit.len > 0);
}

bool opened_is(struct text t, const char *word)
{
    return strlen(word) == t.len && memcmp(t.s, word, t.len) == 0;
}

bool opened_same(struct text a, struct text b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.s, b.s, a.len) == 0);
}

struct text opened_job_sign(struct text status, enum role *role)
{
    static const struct {
        const char *status, *sign;
        enum role role;
    } known[] = {
        {"pending", "·", ROLE_FAINT},
        {"queued", "·", ROLE_FAINT},
        {"running", "⟳", ROLE_ACTIVE},
        {"paused", "!", ROLE_WARNING},
        {"completed", "✓", ROLE_OK},
        {"failed", "✗", ROLE_BAD},
        {"cancelled", "✗", ROLE_FAINT},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (opened_is(status, known[i].status)) {
            *role = known[i].role;
            return say_word(known[i].sign);
        }
    }
    *role = ROLE_NORMAL;
    return TEXT("·");
}
