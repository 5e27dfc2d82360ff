/* view_bench: one opened view on a canvas of its own, over the fixture's store and host: what it draws
 * is compared with a golden file, what it asks of the screen is recorded. Without the screen around it,
 * so that these files change with their view alone. */
#ifndef SLIPWAY_TESTS_SCREENS_VIEW_BENCH_H
#define SLIPWAY_TESTS_SCREENS_VIEW_BENCH_H

#include "fixture.h"

#include "ui/layout.h"
#include "ui/views.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct bench {
    struct fixture f;
    struct view_context x;
    struct canvas c;
    const struct view_class *class;
    void *v;
    enum place opened;
    char opened_id[REQUEST_ID_MAX], said[512];
    int closed;
    enum action_id asked; /* what `ask` was told last */
    char asked_id[REQUEST_ID_MAX];
};

static inline struct bench *bench_of(const struct view_context *x)
{
    return x->screen;
}

static inline void bench_open_other(const struct view_context *x, enum place place, const char *id)
{
    bench_of(x)->opened = place;
    snprintf(bench_of(x)->opened_id, REQUEST_ID_MAX, "%s", id);
}

static inline void bench_close(const struct view_context *x)
{
    bench_of(x)->closed++;
}

static inline void bench_say(const struct view_context *x, struct text sentence, enum role role)
{
    (void)role;
    snprintf(bench_of(x)->said, 512, "%.*s", (int)sentence.len, sentence.s);
}

static inline void bench_ask(const struct view_context *x, enum action_id action, const char *id)
{
    bench_of(x)->asked = action;
    snprintf(bench_of(x)->asked_id, REQUEST_ID_MAX, "%s", id);
}

static inline void bench_explain(const struct view_context *x, const struct err *error)
{
    snprintf(bench_of(x)->said, 512, "%s", error->message);
}

/* The fixture, filled or not, and a context over it. */
static inline void bench_start(struct bench *b, bool fill)
{
    memset(b, 0, sizeof *b);
    setenv("TZ", "UTC", 1);
    fixture_start(&b->f);
    if (fill)
        fixture_fill(&b->f);
    b->x = (struct view_context){.store = b->f.store,
        .actions = b->f.options.actions,
        .host = &b->f.host,
        .screen = b,
        .open = bench_open_other,
        .close = bench_close,
        .say = bench_say,
        .ask = bench_ask,
        .explain = bench_explain,
        .show = bench_open_other};
    b->opened = PLACES;
}

static inline void bench_open(
    struct bench *b, const struct view_class *class, const char *id, int columns, int rows)
{
    b->class = class;
    b->v = class->make(&b->x, id);
    assert_non_null(b->v);
    assert_int_equal(canvas_init(&b->c, columns, rows), 0);
}

static inline void bench_shut(struct bench *b)
{
    if (b->v)
        b->class->free(b->v);
    b->v = NULL;
    canvas_release(&b->c);
}

static inline void bench_end(struct bench *b)
{
    bench_shut(b);
    fixture_end(&b->f);
}

static inline void bench_draw(struct bench *b)
{
    struct rect area;
    struct arena *a = arena_new(1 << 20);
    struct layout l = layout_single(b->c.columns, b->c.rows, &area);
    assert_non_null(a);
    canvas_clear(&b->c);
    struct text title = b->class->title(b->v, a), note = b->class->note(b->v, a);
    (l.edge == EDGE_BOX ? canvas_frame : canvas_rule)(&b->c,
        l.edge == EDGE_BOX ? area : (struct rect){area.x, area.y, area.w, area.h > 0}, title, note,
        true);
    struct rect inside = layout_inside(area, l.edge);
    inside.w -= l.edge == EDGE_BOX && inside.w > 1; /* the screen's margin */
    b->class->draw(b->v, &b->c, inside, true, false);
    arena_free(a);
}

static inline const char *bench_text(struct bench *b, bool roles)
{
    static char text[1 << 19];
    struct buf shown;
    buf_init(&shown, sizeof text - 1);
    bench_draw(b);
    assert_int_equal(canvas_print(&b->c, roles, &shown), 0);
    memcpy(text, buf_str(&shown), shown.len + 1);
    buf_release(&shown);
    return text;
}

static inline void bench_shows(struct bench *b, const char *words)
{
    const char *text = bench_text(b, false);
    if (!strstr(text, words))
        print_message("not shown: \"%s\" on\n%s", words, text);
    assert_non_null(strstr(text, words));
}

static inline void bench_hides(struct bench *b, const char *words)
{
    const char *text = bench_text(b, false);
    if (strstr(text, words))
        print_message("shown: \"%s\" on\n%s", words, text);
    assert_null(strstr(text, words));
}

/* As fixture_golden. */
static inline void bench_golden(struct bench *b, const char *name)
{
    static char kept[1 << 19];
    char path[256];
    const char *is = bench_text(b, true);
    snprintf(path, sizeof path, "tests/screens/golden/%s.txt", name);
    FILE *file = fopen(path, getenv("UPDATE_GOLDEN") ? "w" : "r");
    if (!file)
        print_message("%s: UPDATE_GOLDEN=1 writes it\n", path);
    assert_non_null(file);
    if (getenv("UPDATE_GOLDEN")) {
        assert_true(fputs(is, file) >= 0);
        assert_int_equal(fclose(file), 0);
        return;
    }
    kept[fread(kept, 1, sizeof kept - 1, file)] = '\0';
    fclose(file);
    if (strcmp(is, kept) != 0)
        print_message("%s\nis:\n%s<end>\nshould be:\n%s<end>\n", path, is, kept);
    assert_string_equal(is, kept);
}

/* The view at the usual two sizes, and small in ASCII. */
static inline void bench_goldens(
    struct bench *b, const struct view_class *class, const char *id, const char *name)
{
    static const struct {
        int columns, rows;
        bool ascii;
        const char *suffix;
    } looks[] = {{80, 24, false, "80x24"}, {120, 34, false, "120x34"}, {80, 24, true, "ascii"}};
    for (size_t i = 0; i < sizeof looks / sizeof *looks; i++) {
        char file[128];
        b->x.ascii = looks[i].ascii;
        bench_open(b, class, id, looks[i].columns, looks[i].rows);
        b->c.ascii = looks[i].ascii;
        snprintf(file, sizeof file, "%s_%s", name, looks[i].suffix);
        bench_golden(b, file);
        bench_shut(b);
    }
    b->x.ascii = false;
}

/* To the view as the screen does it: first what is typed, then what the table says. */
static inline void bench_press(struct bench *b, int32_t press)
{
    bool typing = b->class->typing && b->class->typing(b->v);
    if (typing && b->class->press(b->v, press))
        return;
    const struct action *action = action_at(b->x.actions, b->class->place, press);
    if (action && b->class->act)
        b->class->act(b->v, action->id);
}

static inline void bench_type(struct bench *b, const char *keys)
{
    for (; *keys; keys++)
        bench_press(b, (unsigned char)*keys);
}

static inline const struct fixture_intent *bench_intent(const struct bench *b)
{
    assert_true(b->f.intent_count > 0);
    return &b->f.intents[b->f.intent_count - 1];
}

#endif
