/* A model of the registry, opened: its lineage, along which left and right walk and Enter opens, and
 * the facts of its row. The lineage is one line where that fits, else a link a row. */
#include "ui/lineage.h"
#include "ui/opened.h"
#include "ui/say.h"
#include "ui/views.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { INDENT = 1, ARROW_COLUMNS = 5, HEAD_COLUMN = 3, FOOT_GAP = 3 };

struct view_model {
    struct opened o;
    int at; /* the link that the cursor is on */
};

static const struct model_row *row_of(const void *p)
{
    const struct opened *o = p;
    return store_model_by_id(o->x->store, o->id);
}

static void release(void *p)
{
    opened_release(p);
    free(p);
}

static void *make(const struct view_context *x, const char *id)
{
    struct view_model *v = calloc(1, sizeof *v);
    if (!v)
        return NULL;
    if (opened_init(&v->o, x, id) || !row_of(v)) {
        release(v);
        return NULL;
    }
    v->at = LINK_ENDPOINT;
    return v;
}

static struct text title(void *p, struct arena *a)
{
    const struct model_row *row = row_of(p);
    return opened_title(a, "Models", row ? row->name : TEXT("gone"));
}

static struct text note(void *p, struct arena *a)
{
    const struct model_row *row = row_of(p);
    (void)a;
    return !row ? TEXT("") : row->enabled ? TEXT("enabled") : TEXT("disabled");
}

/* ---- the lineage ----------------------------------------------------------------------------------- */

static int width_of(const struct lineage_link *link)
{
    size_t head = text_width(link->head), foot = text_width(link->foot);
    return (int)(head > foot ? head : foot);
}

static struct text arrow_of(const struct lineage_link *link)
{
    return link->broken ? TEXT("✗") : TEXT("→");
}

/* Beside the link that the cursor is on. */
static void add_cursor(struct lines *l, int x)
{
    lines_cell(l, x, 1, ALIGN_LEFT, TEXT("▸"), ROLE_TITLE, STYLE_BOLD);
}

static void add_across(
    struct lines *l, const struct view_model *v, const struct lineage_link *links)
{
    lines_row(l, INDENT);
    for (int i = 0, x = INDENT; i < LINKS; i++) {
        enum role role = i == v->at ? ROLE_CURSOR : links[i].broken ? ROLE_BAD : ROLE_TITLE;
        if (i > 0)
            lines_cell(l, x - ARROW_COLUMNS + 2, 1, ALIGN_LEFT, arrow_of(&links[i]),
                links[i].broken ? ROLE_BAD : ROLE_FAINT, 0);
        if (i == v->at)
            add_cursor(l, x - 1);
        lines_cell(l, x, width_of(&links[i]), ALIGN_LEFT, links[i].head, role, 0);
        x += width_of(&links[i]) + ARROW_COLUMNS;
    }
    lines_row(l, INDENT);
    for (int i = 0, x = INDENT; i < LINKS; i++) {
        lines_cell(l, x, width_of(&links[i]), ALIGN_LEFT, links[i].foot, links[i].role, 0);
        x += width_of(&links[i]) + ARROW_COLUMNS;
    }
}

static void add_down(struct lines *l, const struct view_model *v, const struct lineage_link *links)
{
    int width = 0;
    for (int i = 0; i < LINKS; i++) {
        int head = (int)text_width(links[i].head);
        width = head > width ? head : width;
    }
    int most = (lines_width(l) - HEAD_COLUMN) * 2 / 3;
    width = width < most ? width : most;
    for (int i = 0; i < LINKS; i++) {
        enum role role = i == v->at ? ROLE_CURSOR : links[i].broken ? ROLE_BAD : ROLE_TITLE;
        lines_row(l, INDENT);
        if (i == v->at)
            add_cursor(l, 0);
        lines_at(l, INDENT);
        if (i > 0 || links[i].broken)
            lines_add(l, arrow_of(&links[i]), links[i].broken ? ROLE_BAD : ROLE_FAINT, 0);
        lines_cell(l, HEAD_COLUMN, width, ALIGN_LEFT, links[i].head, role, 0);
        lines_at(l, HEAD_COLUMN + width + FOOT_GAP);
        lines_add(l, links[i].foot, links[i].role, 0);
    }
}

static void add_lineage(struct lines *l, const struct view_model *v, const struct model_row *row)
{
    struct lineage_link links[LINKS];
    int width = 2 * INDENT - ARROW_COLUMNS;
    lineage_of(v->o.x->store, row, lines_arena(l), links);
    for (int i = 0; i < LINKS; i++)
        width += width_of(&links[i]) + ARROW_COLUMNS;
    (width <= lines_width(l) ? add_across : add_down)(l, v, links);
    lines_row(l, INDENT);
    lines_wrap(l, TEXT("requests and cost are those that Slipway sent itself"), ROLE_FAINT, 0);
    lines_gap(l);
}

/* ---- facts ----------------------------------------------------------------------------------------- */

static void add_text(struct lines *l, const char *label, struct text t)
{
    if (t.len > 0)
        lines_fact(l, label, t, ROLE_NORMAL);
}

static void add_prices(struct lines *l, const struct model_row *row)
{
    struct arena *a = lines_arena(l);
    char in[SAY_MAX], out[SAY_MAX];
    if (isfinite(row->price_input) || isfinite(row->price_output))
        lines_fact(l, "Price",
            say_text(a, "%s in, %s out for a million tokens", say_money(in, row->price_input * 1e6),
                say_money(out, row->price_output * 1e6)),
            ROLE_MONEY);
    if (isfinite(row->cost_per_request))
        lines_fact(l, "A request",
            say_text(a, "%s, as registered", say_money(in, row->cost_per_request)), ROLE_MONEY);
    if (isfinite(row->budget_limit))
        lines_fact(l, "Budget", say_text(a, "%s", say_money(in, row->budget_limit)), ROLE_MONEY);
}

static void add_lengths(struct lines *l, const struct model_row *row)
{
    struct arena *a = lines_arena(l);
    char n[SAY_MAX], out[SAY_MAX];
    if (row->context_length < 0 && row->max_output_tokens < 0)
        return;
    lines_fact(l, "Context",
        say_text(a, "%s tokens, %s out at most", say_count(n, row->context_length),
            say_count(out, row->max_output_tokens)),
        ROLE_NORMAL);
}

static void add_facts(struct lines *l, const struct view_model *v, const struct model_row *row)
{
    const struct store *s = v->o.x->store;
    struct arena *a = lines_arena(l);
    add_text(l, "Served as", row->served_name);
    add_text(l, "Repository", row->hub_id);
    add_text(l, "Commit", row->revision);
    add_text(l, "Base model", row->base_model);
    add_text(l, "Method", row->training_method);
    add_lengths(l, row);
    add_prices(l, row);
    add_text(l, "Provider", row->provider);
    add_text(l, "Address", row->base_url);
    lines_fact(l, "Shown to",
        say_text(a, "%s%s%s", row->is_global ? "everybody" : "its owner",
            row->is_default ? " · the default model" : "", row->enabled ? "" : " · disabled"),
        row->enabled ? ROLE_NORMAL : ROLE_WARNING);
    if (row->created_ms >= 0)
        lines_fact(l, "Created", opened_ago(a, s, row->created_ms), ROLE_NORMAL);
    if (row->last_used_ms >= 0)
        lines_fact(l, "Last used", opened_ago(a, s, row->last_used_ms), ROLE_NORMAL);
    lines_fact(l, "Id", say_word(row->id), ROLE_FAINT);
}

static void draw(void *p, struct canvas *c, struct rect r, bool focused, bool compact)
{
    struct view_model *v = p;
    const struct model_row *row = row_of(v);
    struct lines *l = opened_begin(&v->o, r);
    (void)focused, (void)compact;
    if (row) {
        opened_source(l, v->o.x->store, SOURCE_REGISTRY);
        add_lineage(l, v, row);
        add_facts(l, v, row);
    } else {
        opened_state(
            l, TEXT("✗"), TEXT("gone"), TEXT("the registry has no such row any more"), ROLE_BAD);
    }
    lines_draw(l, c, r);
}

/* ---- walking --------------------------------------------------------------------------------------- */

static void open_link(const struct view_model *v)
{
    const struct view_context *x = v->o.x;
    const struct model_row *row = row_of(v);
    struct lineage_link links[LINKS];
    struct arena *a = arena_new(64 * 1024);
    if (!a || !row) {
        arena_free(a);
        return;
    }
    lineage_of(x->store, row, a, links);
    const struct lineage_link *link = &links[v->at];
    if (v->at == LINK_REQUESTS)
        x->show(x, PLACE_REQUESTS, "");
    else if (link->opens != PLACES)
        x->open(x, link->opens, link->id);
    else
        x->say(x, TEXT("there is nothing more to show of this"), ROLE_NORMAL);
    arena_free(a);
}

static bool act(void *p, enum action_id action)
{
    struct view_model *v = p;
    if (action == ACTION_LEFT || action == ACTION_RIGHT) {
        v->at = (v->at + (action == ACTION_RIGHT ? 1 : LINKS - 1)) % LINKS;
        v->o.own++;
        return true;
    }
    if (action != ACTION_OPEN)
        return opened_act(v, action);
    open_link(v);
    return true;
}

static uint64_t version(void *p)
{
    return opened_version(p, 1u << STORE_MODELS | 1u << STORE_JOBS | 1u << STORE_OPERATIONS |
                                 1u << STORE_ENDPOINTS | 1u << STORE_REQUESTS | 1u << STORE_REPOS |
                                 1u << STORE_SOURCES);
}

const struct view_class view_model = {
    .place = PLACE_MODEL,
    .make = make,
    .free = release,
    .title = title,
    .note = note,
    .draw = draw,
    .act = act,
    .target = opened_target,
    .version = version,
    .due = opened_due,
};
