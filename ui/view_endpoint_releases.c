/* Releases, newest first, each with what it changed, and how far a rollout is. Values that may be secrets
 * were masked before they came here. */
#include "ui/say.h"
#include "ui/view_endpoint.h"

enum { BAR_COLUMNS = 30, FIELD_COLUMN = 6 };

struct text view_endpoint_rollout(struct arena *a, const struct view_endpoint *v)
{
    const struct endpoint_detail *d = view_endpoint_detail(v);
    if (!d || !d->rolling)
        return TEXT("");
    struct text to = d->release_count > 0 ? say_text(a, "v%d", d->releases[0].version)
                                          : TEXT("the newest release");
    if (d->rolled < 0 || d->rolling_total <= 0)
        return say_text(a, "%.*s is being rolled out", SAY_ARGS(to));
    return say_text(a, "%.*s is being rolled out: %d of %d worker%s on it", SAY_ARGS(to), d->rolled,
        d->rolling_total, d->rolling_total == 1 ? " is" : "s are");
}

static void add_bar(struct lines *l, const struct endpoint_detail *d)
{
    if (!d->rolling || d->rolled < 0 || d->rolling_total <= 0)
        return;
    lines_row(l, OPENED_SIGN_COLUMN);
    lines_bar(l, OPENED_SIGN_COLUMN, BAR_COLUMNS, (double)d->rolled / (double)d->rolling_total,
        ROLE_ACTIVE);
    lines_add(l, say_text(lines_arena(l), " %d/%d", d->rolled, d->rolling_total), ROLE_NORMAL, 0);
    lines_gap(l);
}

static void add_change(struct lines *l, const struct release_change *c)
{
    lines_row(l, FIELD_COLUMN);
    lines_wrap(l,
        say_text(lines_arena(l), "%.*s  %.*s → %.*s", SAY_ARGS(c->field),
            SAY_ARGS(c->before.len ? c->before : TEXT("not set")),
            SAY_ARGS(c->after.len ? c->after : TEXT("not set"))),
        ROLE_NORMAL, 0);
}

static void add_release(
    struct lines *l, const struct view_endpoint *v, const struct release *r, bool newest)
{
    struct arena *a = lines_arena(l);
    lines_row(l, OPENED_SIGN_COLUMN);
    lines_add(l, say_text(a, "v%-4d", r->version), newest ? ROLE_TITLE : ROLE_NORMAL, STYLE_BOLD);
    lines_add(l, say_text(a, "%.*s", SAY_ARGS(opened_ago(a, v->o.x->store, r->created_ms))),
        ROLE_FAINT, 0);
    if (r->source.len > 0)
        lines_add(l, say_text(a, " · %.*s", SAY_ARGS(r->source)), ROLE_FAINT, 0);
    if (r->workers >= 0)
        lines_add(l, say_text(a, " · %d worker%s on it", r->workers, r->workers == 1 ? "" : "s"),
            r->workers > 0 ? ROLE_NORMAL : ROLE_FAINT, 0);
    if (newest)
        lines_add(l, TEXT(" · newest"), ROLE_FAINT, 0);
    for (size_t i = 0; i < r->change_count; i++)
        add_change(l, &r->changes[i]);
}

void view_endpoint_releases(
    struct lines *l, const struct view_endpoint *v, const struct endpoint_row *e)
{
    const struct endpoint_detail *d = view_endpoint_detail(v);
    (void)e;
    view_endpoint_read(l, v);
    lines_gap(l);
    if (d) {
        add_bar(l, d);
        for (size_t i = 0; i < d->release_count; i++)
            add_release(l, v, &d->releases[i], i == 0);
        if (d->release_count == 0) {
            lines_row(l, OPENED_SIGN_COLUMN);
            lines_wrap(l,
                d->releases_read ? TEXT("no release is known")
                                 : TEXT("… the releases are being read"),
                d->releases_read ? ROLE_FAINT : ROLE_STALE, 0);
        }
    }
}
