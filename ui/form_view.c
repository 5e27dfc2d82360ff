/* What a form's owner does around it, once for both forms. The values leave as one intent; the host
 * checks them again, so what is refused here is refused for a better sentence only. */
#include "ui/form_view.h"

#include "ui/press.h"
#include "ui/say.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REPO_NAME_MAX = 96, LIVE_ROWS_LEAST = 2, SCRATCH_MAX = 64 * 1024, RECALL_NAME_MAX = 64 };
static const unsigned PARTS = 1u << STORE_ENDPOINTS | 1u << STORE_OPERATIONS | 1u << STORE_REPOS |
                              1u << STORE_SOURCES | 1u << STORE_ACCOUNT;

/* ---- life ------------------------------------------------------------------------------------------ */

static void recall(struct form_view *v)
{
    char name[RECALL_NAME_MAX];
    const struct host *host = v->o.x->host;
    struct arena *a = arena_new(SCRATCH_MAX);
    for (size_t i = 0; a && v->kind->name && i < v->kind->count; i++) {
        snprintf(name, sizeof name, "%s.%s", v->kind->name, v->kind->fields[i].name);
        struct text value = host->recall(host->arg, name, a);
        if (value.len > 0)
            form_set(v->form, v->kind->fields[i].name, value);
    }
    arena_free(a);
}

static void refresh(struct form_view *v)
{
    uint64_t now = opened_version(&v->o, PARTS) - v->o.own;
    if (v->kind->refresh && now != v->seen)
        v->kind->refresh(v);
    v->seen = now;
}

void *form_view_make(const struct form_kind *kind, const struct view_context *x, const char *id)
{
    struct form_view *v = calloc(1, sizeof *v);
    if (!v)
        return NULL;
    v->kind = kind;
    v->seen = UINT64_MAX; /* so that the first refresh is done */
    if (opened_init(&v->o, x, id) || !(v->form = form_new(x, kind->fields, kind->count))) {
        form_view_free(v);
        return NULL;
    }
    recall(v);
    kind->fill(v, id);
    refresh(v);
    return v;
}

void form_view_free(void *p)
{
    struct form_view *v = p;
    form_free(v->form);
    arena_free(v->kept);
    opened_release(&v->o);
    free(v);
}

/* ---- what is there already ------------------------------------------------------------------------- */

static size_t number_of(const struct form_view *v, const char *field)
{
    size_t i = 0;
    while (i < v->kind->count && strcmp(v->kind->fields[i].name, field) != 0)
        i++;
    return i;
}

/* Kept as it is, not as it may be shown: it is compared with what is typed. */
void form_view_begin(struct form_view *v, const char *field, struct text value)
{
    size_t i = number_of(v, field);
    if (!v->kept)
        v->kept = arena_new(SCRATCH_MAX);
    char *copy = v->kept && i < FORM_FIELDS_MAX ? arena_dup(v->kept, value.s, value.len) : NULL;
    if (!copy)
        return;
    v->began[i] = (struct text){copy, value.len};
    form_set(v->form, field, v->began[i]);
}

struct text form_view_began(const struct form_view *v, const char *field)
{
    size_t i = number_of(v, field);
    return i < FORM_FIELDS_MAX && v->began[i].s ? v->began[i] : TEXT("");
}

bool form_view_is_changed(const struct form_view *v, const char *field)
{
    return !opened_same(form_get(v->form, field), form_view_began(v, field));
}

struct text form_view_title(void *p, struct arena *a)
{
    (void)a;
    return say_word(((struct form_view *)p)->kind->title);
}

struct text form_view_note(void *p, struct arena *a)
{
    (void)a;
    return ((struct form_view *)p)->o.x->read_only ? TEXT("read-only: nothing can be sent")
                                                   : TEXT("");
}

uint64_t form_view_version(void *p)
{
    struct form_view *v = p;
    return opened_version(&v->o, PARTS) + form_version(v->form);
}

/* ---- drawing --------------------------------------------------------------------------------------- */

static void draw_keys(const struct form_view *v, struct canvas *c, struct rect r)
{
    const char *const enter = v->kind->enter ? v->kind->enter(v) : " shows the plan first   ";
    const char *const keys[] = {
        "Enter", enter, "Tab", " next, completes   ", "‹ ›", " choose   ", "Esc", " leaves"};
    int x = r.x + 1, end = r.x + r.w;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        x += canvas_text(
            c, r, x, r.y, end - x, say_word(keys[i]), i % 2 == 0 ? ROLE_KEY : ROLE_FAINT, 0);
}

void form_view_draw(void *p, struct canvas *c, struct rect r, bool focused, bool compact)
{
    struct form_view *v = p;
    (void)compact;
    refresh(v);
    int keys = r.h > (int)v->kind->count + LIVE_ROWS_LEAST;
    int used = form_draw(v->form, c, (struct rect){r.x, r.y, r.w, r.h - keys}, focused);
    struct rect live = {r.x, r.y + used + 1, r.w, r.h - used - 1 - keys};
    struct lines *l = opened_begin(&v->o, live);
    v->kind->below(v, l);
    if (live.h > 0)
        lines_draw(l, c, live);
    if (keys)
        draw_keys(v, c, (struct rect){r.x, r.y + r.h - 1, r.w, 1});
}

/* ---- keys ------------------------------------------------------------------------------------------ */

static void hand_over(struct form_view *v)
{
    const struct view_context *x = v->o.x;
    const struct form_value *own;
    struct form_value values[FORM_FIELDS_MAX + 1];
    size_t all = form_values(v->form, &own), count = 0;
    for (size_t i = 0; i < all; i++) {
        struct form_value *value = &values[count];
        *value = own[i];
        if (v->kind->value)
            value->value = v->kind->value(own[i].name, own[i].value);
        count += !v->kind->sends || v->kind->sends(v, value->name, &value->value);
    }
    if (v->job[0] != '\0')
        values[count++] = (struct form_value){"job", say_word(v->job)};
    struct intent intent = {.action = v->kind->action,
        .place = v->kind->place,
        .id = v->o.id,
        .values = values,
        .value_count = count,
        .text = TEXT("")};
    x->host->act(x->host->arg, &intent);
    x->close(x); /* v may be gone from here on */
}

bool form_view_typing(void *p)
{
    (void)p;
    return true;
}

bool form_view_press(void *p, int32_t press)
{
    struct form_view *v = p;
    switch (form_press(v->form, press)) {
    case FORM_IGNORED:
        return false;
    case FORM_TAKEN:
        return true;
    case FORM_CHANGED:
        v->kind->changed(v, form_at(v->form));
        return true;
    case FORM_GO:
        break;
    }
    if (v->o.x->read_only)
        form_complain(v->form, form_at(v->form), "this profile is read-only: nothing was started");
    else if (v->kind->check(v))
        hand_over(v);
    return true;
}

bool form_view_paste(void *p, const char *bytes, size_t n)
{
    struct form_view *v = p;
    if (form_paste(v->form, bytes, n))
        v->kind->changed(v, form_at(v->form));
    return true;
}

/* ---- names of repositories ------------------------------------------------------------------------- */

static bool is_name_char(char c)
{
    return isalnum((unsigned char)c) || c == '-' || c == '_' || c == '.';
}

static bool is_name(const char *s, size_t n)
{
    bool good = n > 0 && n <= REPO_NAME_MAX && is_name_char(s[0]);
    for (size_t i = 0; good && i < n; i++)
        good = is_name_char(s[i]);
    return good && strchr("-.", s[0]) == NULL && strchr("-.", s[n - 1]) == NULL;
}

bool form_view_is_repo(struct text t)
{
    const char *slash = t.len > 0 ? memchr(t.s, '/', t.len) : NULL;
    if (!slash)
        return false;
    size_t owner = (size_t)(slash - t.s);
    return is_name(t.s, owner) && is_name(slash + 1, t.len - owner - 1);
}

struct text form_view_slug(struct arena *a, struct text words)
{
    char name[REPO_NAME_MAX + 1];
    size_t n = 0;
    for (size_t i = 0; i < words.len && n < REPO_NAME_MAX; i++) {
        char c = (char)tolower((unsigned char)words.s[i]);
        bool sign = !is_name_char(c) || c == '-' || c == '.';
        if (!sign)
            name[n++] = c;
        else if (n > 0 && name[n - 1] != '-' && name[n - 1] != '.')
            name[n++] = c == '.' ? '.' : '-';
    }
    while (n > 0 && strchr("-.", name[n - 1]))
        n--;
    return say_text(a, "%.*s", (int)n, name);
}

struct text form_view_repo_of(struct arena *a, struct text url)
{
    if (url.len == 0)
        return TEXT("");
    const char *at = strstr(url.s, "://");
    struct text repo = url;
    if (at) {
        const char *path = strchr(at + 3, '/');
        if (!path)
            return TEXT("");
        repo = (struct text){path + 1, url.len - (size_t)(path + 1 - url.s)};
    }
    const char *slash = memchr(repo.s, '/', repo.len);
    size_t owner = slash ? (size_t)(slash - repo.s) : repo.len, n = slash ? owner + 1 : repo.len;
    while (n < repo.len && is_name_char(repo.s[n]))
        n++;
    repo.len = n;
    return form_view_is_repo(repo) ? say_text(a, "%.*s", SAY_ARGS(repo)) : TEXT("");
}
