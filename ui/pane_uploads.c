/* 2 Uploads: a line an upload, and below them the files of the newest that is under way (else of the
 * one under the cursor): first those that need somebody, then those being sent, then the others. */
#include "ui/chart.h"
#include "ui/pane.h"
#include "ui/say.h"
#include "ui/views.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { COLUMN_NAME, COLUMN_BAR, COLUMN_PART, COLUMN_SPEED, COLUMN_LEFT, COLUMN_WHAT };
enum { BAR_COLUMNS = 6, NAME_COLUMNS_MAX = 44, PERCENT_COLUMNS = 5 };

static const struct table_column columns[] = {
    {"NAME", 15, 32, 0, ALIGN_LEFT},
    {"", BAR_COLUMNS, BAR_COLUMNS, 4, ALIGN_LEFT},
    {"PART", 4, 4, 1, ALIGN_RIGHT},
    {"SPEED", 8, 8, 3, ALIGN_RIGHT},
    {"LEFT", 4, 7, 2, ALIGN_RIGHT},
    {"WHAT", 13, 0, 1, ALIGN_LEFT},
};

static const struct store *store_of(const void *pane)
{
    return ((const struct pane_view *)pane)->x->store;
}

static const struct operation *upload_at(void *pane, size_t row)
{
    return store_operation(store_of(pane), OPERATION_UPLOAD, row);
}

static size_t rows(void *pane)
{
    return store_operations(store_of(pane), OPERATION_UPLOAD);
}

static uint64_t version(void *pane)
{
    return store_version(store_of(pane), STORE_OPERATIONS);
}

static void id(void *pane, size_t row, char out[TABLE_ID_MAX])
{
    snprintf(out, TABLE_ID_MAX, "%s", upload_at(pane, row)->id);
}

static bool same_title(const struct operation *a, const struct operation *b)
{
    return a->title.len == b->title.len && memcmp(a->title.s, b->title.s, a->title.len) == 0;
}

/* One that failed is settled when the same repository was tried again. */
static bool attention(void *pane, size_t row)
{
    const struct operation *o = upload_at(pane, row);
    if (o->state == OPERATION_ASKING)
        return true;
    if (o->state != OPERATION_FAILED && o->state != OPERATION_INTERRUPTED)
        return false;
    for (size_t newer = 0; newer < row; newer++)
        if (same_title(upload_at(pane, newer), o))
            return false;
    return true;
}

/* ---- an upload ------------------------------------------------------------------------------------- */

static bool is_active(const struct operation *o)
{
    return o->state == OPERATION_RUNNING || o->state == OPERATION_ASKING;
}

static double part_of(const struct operation *o)
{
    return o->total > 0 ? (double)o->done / (double)o->total : (double)NAN;
}

static bool is_through(const struct upload_file *f)
{
    return f->unchanged || (f->ticks & TICK_SENT);
}

static void what_cell(const struct operation *o, struct table_cell *out)
{
    static const enum role roles[OPERATION_STATES] = {
        [OPERATION_RUNNING] = ROLE_ACTIVE,
        [OPERATION_ASKING] = ROLE_WARNING,
        [OPERATION_DONE] = ROLE_OK,
        [OPERATION_FAILED] = ROLE_BAD,
        [OPERATION_CANCELLED] = ROLE_FAINT,
        [OPERATION_INTERRUPTED] = ROLE_WARNING,
    };
    size_t through = 0;
    int room = TABLE_CELL_MAX - 40;
    for (size_t i = 0; i < o->file_count; i++)
        through += is_through(&o->files[i]);
    if (o->state == OPERATION_RUNNING && o->held)
        table_cell_printf(out, "held");
    else if (o->state == OPERATION_RUNNING && o->file_count > 0 && through < o->file_count)
        table_cell_printf(out, "%zu of %zu files", through, o->file_count);
    else if (o->state == OPERATION_ASKING)
        table_cell_printf(out, "Enter: go?");
    else if (o->state == OPERATION_RUNNING)
        table_cell_printf(out, "%.*s", room, o->note.s);
    else if (o->state == OPERATION_FAILED)
        table_cell_printf(
            out, "failed: %.*s", room, o->error.message[0] ? o->error.message : o->note.s);
    else
        table_cell_printf(out, "%s", operation_state_name(o->state));
    out->role = roles[o->state];
}

static void part_cell(const struct operation *o, struct table_cell *out)
{
    double part = part_of(o);
    if (!is_active(o) || isnan(part))
        return;
    out->number = part;
    table_cell_printf(out, "%d%%", canvas_steps(part, 100));
}

static void cell(void *pane, size_t row, size_t column, struct table_cell *out)
{
    const struct operation *o = upload_at(pane, row);
    bool moving = o->state == OPERATION_RUNNING && o->total > 0;
    char words[SAY_MAX];
    switch (column) {
    case COLUMN_NAME:
        cell_text(out, o->title, ROLE_NORMAL);
        return;
    case COLUMN_BAR:
        if (o->state == OPERATION_FAILED) {
            what_cell(o, out);
            out->rest = true;
        } else if (moving)
            cell_text(out, chart_meter(out->bytes, sizeof out->bytes, BAR_COLUMNS, part_of(o)),
                ROLE_ACTIVE);
        return;
    case COLUMN_PART:
        part_cell(o, out);
        return;
    case COLUMN_SPEED:
        if (moving)
            cell_number(out, o->speed, say_speed(words, o->speed));
        return;
    case COLUMN_LEFT:
        if (moving)
            cell_number(out, o->eta_s, say_left(words, o->eta_s));
        return;
    default:
        what_cell(o, out);
        return;
    }
}

/* ---- its files ------------------------------------------------------------------------------------- */

enum file_class { FILE_TROUBLE, FILE_MOVING, FILE_REST, FILE_CLASSES };

struct file_line {
    struct canvas *c;
    struct rect r; /* what is not drawn yet */
};

struct file_look {
    struct text sign, path, note;
    enum role role;
    int64_t size, sent;
    bool moving;
};

static int columns_at_right(const struct file_line *l)
{
    return l->r.w >= 46 ? 20 : l->r.w >= 30 ? 12 : 0;
}

/* "3.5/4.9 GB" while it is sent, "4.9 GB" else. */
static void size_words(const struct file_look *f, char *out, size_t size)
{
    char whole[SAY_MAX], sent[SAY_MAX];
    say_bytes(whole, f->size);
    if (!f->moving) {
        snprintf(out, size, "%s", whole);
        return;
    }
    say_bytes(sent, f->sent);
    char *unit = strchr(sent, ' ');
    if (unit && strchr(whole, ' ') && strcmp(unit, strchr(whole, ' ')) == 0)
        *unit = '\0';
    snprintf(out, size, "%s/%s", sent, whole);
}

static void draw_moving(struct file_line *l, const struct file_look *f, int x, int width)
{
    char words[SAY_MAX];
    double part = f->size > 0 ? (double)f->sent / (double)f->size : 0;
    int bar = width > PERCENT_COLUMNS ? width - PERCENT_COLUMNS : 0;
    snprintf(words, sizeof words, "%d%%", canvas_steps(part, 100));
    canvas_bar(l->c, l->r, x, l->r.y, bar, part, ROLE_ACTIVE);
    canvas_text_right(l->c, l->r, x + bar, l->r.y, width - bar, (struct text){words, strlen(words)},
        ROLE_ACTIVE, 0);
}

static void draw_file(struct file_line *l, const struct file_look *f)
{
    int right = columns_at_right(l), x = l->r.x + 2;
    int size = l->r.w >= 46 ? 11 : l->r.w >= 30 ? 9 : 0;
    int name = l->r.w - 2 - (right ? right + 1 : 0) - size;
    name = name < NAME_COLUMNS_MAX ? name : NAME_COLUMNS_MAX;
    char words[2 * SAY_MAX];
    canvas_text(l->c, l->r, l->r.x, l->r.y, 1, f->sign, f->role, 0);
    canvas_text_cut(l->c, l->r, x, l->r.y, name, f->path, ROLE_NORMAL, 0);
    x += name;
    if (size > 0 && f->size >= 0) {
        size_words(f, words, sizeof words);
        canvas_text_right(
            l->c, l->r, x, l->r.y, size, (struct text){words, strlen(words)}, ROLE_LABEL, 0);
    }
    x += size + 1;
    if (right > 0 && f->moving)
        draw_moving(l, f, x, right);
    else if (right > 0)
        canvas_text_cut(
            l->c, l->r, x, l->r.y, right, f->note, f->role == ROLE_OK ? ROLE_FAINT : f->role, 0);
    l->r.y++;
    l->r.h--;
}

static enum file_class class_of(const struct upload_file *f)
{
    if (is_through(f))
        return FILE_REST;
    return f->sent > 0 && f->sent < f->size ? FILE_MOVING : FILE_REST;
}

static struct file_look look_of(const struct upload_file *f)
{
    struct file_look look = {.sign = TEXT("·"),
        .path = f->path,
        .note = f->note,
        .role = ROLE_FAINT,
        .size = f->size,
        .sent = f->sent};
    if (class_of(f) == FILE_MOVING) {
        look.sign = TEXT("⟳");
        look.role = ROLE_ACTIVE;
        look.moving = true;
    } else if (is_through(f)) {
        look.sign = TEXT("✓");
        look.role = ROLE_OK;
        if (f->unchanged)
            look.note = TEXT("unchanged");
    } else if (look.note.len == 0) {
        look.note = f->ticks & TICK_HASHED ? TEXT("hashed") : TEXT("waits");
    }
    return look;
}

static bool is_trouble(const struct check_file *f)
{
    return f->state == CHECK_BAD || f->state == CHECK_MISSING || f->state == CHECK_WARNING;
}

static void draw_check(struct file_line *l, const struct check_file *f, struct arena *a)
{
    bool blocks = check_file_blocks(f);
    struct file_look look = {.sign = is_trouble(f) ? TEXT("!") : TEXT("✓"),
        .path = f->path,
        .role = blocks          ? ROLE_BAD
                : is_trouble(f) ? ROLE_WARNING
                                : ROLE_OK,
        .size = f->size};
    look.note = f->state == CHECK_MISSING ? say_text(a, "missing  %s", check_kind_name(f->kind))
                                          : f->result;
    draw_file(l, &look);
}

static void draw_checks(
    struct file_line *l, const struct operation *o, bool trouble, struct arena *a)
{
    const struct checklist *list = o->checklist;
    for (size_t i = 0; list && i < list->count && l->r.h > 0; i++)
        if (is_trouble(&list->files[i]) == trouble)
            draw_check(l, &list->files[i], a);
}

static void draw_files(struct file_line *l, const struct operation *o, struct arena *a)
{
    draw_checks(l, o, true, a);
    for (int class = FILE_MOVING; class < FILE_CLASSES; class ++) {
        for (size_t i = 0; i < o->file_count && l->r.h > 0; i++) {
            if ((int)class_of(&o->files[i]) != class)
                continue;
            struct file_look look = look_of(&o->files[i]);
            draw_file(l, &look);
        }
    }
    if (o->file_count == 0)
        draw_checks(l, o, false, a);
}

/* ---- both ------------------------------------------------------------------------------------------ */

static const struct operation *with_files(struct pane_view *p)
{
    size_t row;
    for (size_t i = 0; i < rows(p); i++)
        if (is_active(upload_at(p, i)))
            return upload_at(p, i);
    return table_cursor(p->table, &row) ? upload_at(p, row) : NULL;
}

/* Files stand under one upload only: with several in the list it is said whose they are, and where just
 * one row is shown, they are left out unless they are that one's. */
static bool is_row_above(struct pane_view *p, const struct operation *o, bool compact)
{
    size_t row;
    if (table_shown(p->table) <= 1)
        return true;
    return !compact && table_cursor(p->table, &row) && upload_at(p, row) == o;
}

/* The uploads get what they need up to a third; the rest is the files'. */
static struct rect beside(void *pane, struct canvas *c, struct rect r, bool compact)
{
    struct pane_view *p = pane;
    const struct operation *o = with_files(p);
    size_t shown = table_shown(p->table);
    int most = compact ? 1 : r.h / 3 > 1 ? r.h / 3 : 1;
    int uploads = shown < (size_t)most ? (int)shown : most;
    if (!o || (o->file_count == 0 && (!o->checklist || o->checklist->count == 0)))
        return r;
    bool above = is_row_above(p, o, compact);
    if (compact && !above)
        return r;
    struct arena *a = arena_new(64 * 1024);
    struct file_line l = {c, {r.x + 1, r.y + uploads, r.w - 1, r.h - uploads}};
    if (a && !above && l.r.h > 1) {
        canvas_text_cut(c, l.r, l.r.x, l.r.y, l.r.w,
            say_text(a, "files of %.*s, %s:", SAY_ARGS(o->title), operation_state_name(o->state)),
            ROLE_LABEL, 0);
        l.r.y++;
        l.r.h--;
    }
    if (a && l.r.h > 0 && l.r.w > 4)
        draw_files(&l, o, a);
    arena_free(a);
    return (struct rect){r.x, r.y, r.w, uploads};
}

static size_t fields(void *pane, size_t row, struct filter_field out[PANE_FIELDS_MAX])
{
    const struct operation *o = upload_at(pane, row);
    const char *state = operation_state_name(o->state);
    const struct filter_field all[] = {{"name", o->title}, {"repo", o->repository},
        {"folder", o->folder}, {"state", {state, strlen(state)}}, {"note", o->note},
        {"id", {o->id, strlen(o->id)}}};
    memcpy(out, all, sizeof all);
    return sizeof all / sizeof *all;
}

static struct text note(void *pane, struct arena *a)
{
    size_t count = rows(pane), active = 0;
    for (size_t i = 0; i < count; i++)
        active += is_active(upload_at(pane, i));
    return active > 0 ? say_text(a, "%zu active · %zu", active, count) : say_text(a, "%zu", count);
}

static struct text empty(void *pane, struct arena *a)
{
    const struct source_state *hub = store_source(store_of(pane), SOURCE_HUB);
    char key[SAY_MAX];
    say_key(key, ((struct pane_view *)pane)->x->actions, ACTION_UPLOAD_FORM);
    if (hub->health == SOURCE_OFF)
        return say_text(a, "Nothing uploaded yet. %s: %s", hub->error.message, hub->error.hint);
    if (hub->health == SOURCE_FAILED)
        return say_text(a, "Nothing uploaded yet. The Hub: %s%s%s", hub->error.message,
            hub->error.hint[0] ? ": " : "", hub->error.hint);
    return say_text(
        a, "Nothing uploaded yet. %s checks a model folder and uploads it to the Hub.", key);
}

/* Whether the Hub can be reached shows here too. */
static uint64_t full_version(void *pane)
{
    return version(pane) + store_version(store_of(pane), STORE_SOURCES);
}

static const struct pane_kind kind = {
    .title = "2 Uploads",
    .source = SOURCES,
    .size = sizeof(struct pane_view),
    .columns = columns,
    .column_count = sizeof columns / sizeof *columns,
    .untitled = true,
    .opens = PLACE_OPERATION,
    .rows = rows,
    .version = full_version,
    .id = id,
    .cell = cell,
    .attention = attention,
    .fields = fields,
    .note = note,
    .empty = empty,
    .beside = beside,
};

static void *make(const struct view_context *x, const char *of)
{
    (void)of;
    return pane_make(&kind, x);
}

const struct view_class view_uploads = PANE_CLASS(PLACE_UPLOADS, make);
