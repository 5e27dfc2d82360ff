/* The checklist table: what the folder's check found out (model/checklist.h) and how far each file's
 * upload is (operation.h) are two lists of the same files; a row joins them by path. Files that the
 * upload has beside the checklist come behind.
 *
 * The two lists are usually in the same order, so a file is looked for from where the last one was
 * found, and the join costs one look at each. */
#include "ui/opened.h"
#include "ui/say.h"
#include "ui/view_operation.h"

#include <stdint.h>

enum {
    COLUMN_SIGN,
    COLUMN_FILE,
    COLUMN_SIZE,
    COLUMN_KIND,
    COLUMN_FROM,
    COLUMN_HASH,
    COLUMN_RESULT,
    COLUMN_TICKS
};
enum { INDENT = 1, TICKS = 5, BAR_COLUMNS_LEAST = 12, PERCENT_COLUMNS = 5, HASH_COLUMNS = 8 };

static const struct table_column columns[] = {
    [COLUMN_SIGN] = {"", 1, 1, 0, ALIGN_LEFT},
    [COLUMN_FILE] = {"FILE", 32, 44, 0, ALIGN_LEFT},
    [COLUMN_SIZE] = {"SIZE", 8, 8, 2, ALIGN_RIGHT},
    [COLUMN_KIND] = {"KIND", 11, 11, 4, ALIGN_LEFT},
    [COLUMN_FROM] = {"FROM", 10, 10, 5, ALIGN_LEFT},
    [COLUMN_HASH] = {"SHA-256", HASH_COLUMNS, HASH_COLUMNS, 6, ALIGN_LEFT},
    [COLUMN_RESULT] = {"RESULT", 26, 0, 3, ALIGN_LEFT},
    [COLUMN_TICKS] = {"TICKS", TICKS, TICKS, 1, ALIGN_LEFT},
};

/* One row; either may be NULL, not both. */
struct row {
    const struct check_file *check;
    const struct upload_file *upload;
    bool running; /* the upload is under way */
};

static bool is_left_out(const struct row *row)
{
    return row->check && !row->check->send && !row->upload;
}

static bool is_half_sent(const struct row *row)
{
    const struct upload_file *u = row->upload;
    return u && u->sent > 0 && u->sent < u->size && !(u->ticks & TICK_SENT);
}

/* Present is not valid: what was not looked into gets no tick. */
static struct text sign_of(const struct row *row, enum role *role)
{
    *role = ROLE_FAINT;
    if (is_left_out(row) && row->check->state != CHECK_MISSING)
        return TEXT("−");
    if (row->running && is_half_sent(row)) {
        *role = ROLE_ACTIVE;
        return TEXT("⟳");
    }
    if (!row->check)
        return TEXT("·");
    if (check_file_blocks(row->check)) {
        *role = ROLE_BAD;
        return TEXT("✗");
    }
    if (row->check->state == CHECK_WARNING || row->check->state == CHECK_MISSING) {
        *role = ROLE_WARNING;
        return TEXT("!");
    }
    *role = ROLE_OK;
    return row->check->state == CHECK_VALID ? TEXT("✓") : TEXT("·");
}

static struct text origin_of(const struct check_file *check)
{
    if (check->size < 0 && check->origin == CHECK_HERE)
        return TEXT("—");
    return check->origin == CHECK_FROM_BASE ? TEXT("base model")
                                            : say_word(check_origin_name(check->origin));
}

/* The bar while it is being sent, else the words of the check or of the upload. */
static void add_result(
    struct lines *l, const struct lines_columns *fit, const struct row *row, enum role role)
{
    const struct upload_file *u = row->upload;
    int width = fit->width[COLUMN_RESULT], x = fit->x[COLUMN_RESULT];
    if (is_half_sent(row) && width >= BAR_COLUMNS_LEAST) {
        double part = (double)u->sent / (double)u->size;
        lines_bar(l, x, width - PERCENT_COLUMNS, part, row->running ? ROLE_ACTIVE : ROLE_FAINT);
        lines_cell(l, x + width - PERCENT_COLUMNS, PERCENT_COLUMNS, ALIGN_RIGHT,
            say_text(lines_arena(l), "%d%%", canvas_steps(part, 100)), ROLE_NORMAL, 0);
        return;
    }
    struct text words = row->check ? row->check->result : TEXT("");
    if (u && u->note.len > 0)
        words = u->note;
    else if (row->check && row->check->state == CHECK_MISSING)
        words = say_text(lines_arena(l), "missing: %.*s", SAY_ARGS(words));
    else if (u && u->unchanged)
        words = TEXT("unchanged: the Hub has it");
    if (fit->width[COLUMN_FROM] == 0 && row->check && row->check->origin != CHECK_HERE)
        words = say_text(lines_arena(l), "%.*s, %s", SAY_ARGS(words),
            row->check->origin == CHECK_FROM_BASE ? "from base model" : "by Slipway");
    if (role == ROLE_OK)
        role = ROLE_NORMAL;
    lines_in(l, fit, COLUMN_RESULT, words, role, 0);
}

static void add_ticks(struct lines *l, const struct lines_columns *fit, const struct upload_file *u)
{
    int x = fit->x[COLUMN_TICKS], width = fit->width[COLUMN_TICKS];
    if (!u)
        return;
    for (int i = 0; i < TICKS && i < width; i++) {
        bool on = u->ticks & (1u << i);
        lines_cell(
            l, x + i, 1, ALIGN_LEFT, on ? TEXT("✓") : TEXT("·"), on ? ROLE_OK : ROLE_FAINT, 0);
    }
}

static void add_row(struct lines *l, const struct lines_columns *fit, const struct row *row)
{
    char size[SAY_MAX];
    enum role role, plain = is_left_out(row) ? ROLE_FAINT : ROLE_NORMAL;
    struct text sign = sign_of(row, &role);
    int64_t bytes = row->check ? row->check->size : row->upload->size;
    lines_row(l, INDENT);
    lines_in(l, fit, COLUMN_SIGN, sign, role, STYLE_BOLD);
    lines_in(l, fit, COLUMN_FILE, row->check ? row->check->path : row->upload->path, plain, 0);
    lines_in(l, fit, COLUMN_SIZE, say_text(lines_arena(l), "%s", say_bytes(size, bytes)), plain, 0);
    if (row->check) {
        lines_in(l, fit, COLUMN_KIND, say_word(check_kind_name(row->check->kind)), plain, 0);
        lines_in(l, fit, COLUMN_FROM, origin_of(row->check), plain, 0);
    }
    if (row->upload)
        lines_in(l, fit, COLUMN_HASH, text_cut(say_word(row->upload->sha256), HASH_COLUMNS),
            ROLE_FAINT, 0);
    add_result(l, fit, row, role);
    add_ticks(l, fit, row->upload);
}

/* ---- joining the lists ------------------------------------------------------------------------------ */

struct join {
    const struct operation *o;
    bool *taken; /* per upload file; NULL when memory is out: then nothing comes behind */
    size_t next; /* where the next is expected */
    bool running;
};

static const struct upload_file *join_find(struct join *j, struct text path)
{
    for (size_t i = 0; i < j->o->file_count; i++) {
        size_t at = (j->next + i) % j->o->file_count;
        if (!opened_same(j->o->files[at].path, path))
            continue;
        j->next = at + 1;
        if (j->taken)
            j->taken[at] = true;
        return &j->o->files[at];
    }
    return NULL;
}

static void add_rest(struct lines *l, const struct lines_columns *fit, const struct join *j)
{
    for (size_t i = 0; j->taken && i < j->o->file_count; i++) {
        if (!j->taken[i])
            add_row(l, fit, &(struct row){NULL, &j->o->files[i], j->running});
    }
}

void view_operation_files(struct lines *l, const struct operation *o)
{
    size_t listed = o->checklist ? o->checklist->count : 0;
    size_t shown = listed < OPERATION_FILES_SHOWN_MAX ? listed : OPERATION_FILES_SHOWN_MAX;
    struct lines_columns fit;
    if (listed + o->file_count == 0)
        return;
    lines_gap(l);
    lines_columns(l, &fit, INDENT, columns, sizeof columns / sizeof *columns);
    struct join j = {.o = o, .running = o->state == OPERATION_RUNNING};
    if (o->file_count <= OPERATION_FILES_SHOWN_MAX)
        j.taken = arena_array(lines_arena(l), o->file_count, sizeof *j.taken);
    for (size_t i = 0; i < shown; i++) {
        const struct check_file *check = &o->checklist->files[i];
        add_row(l, &fit, &(struct row){check, join_find(&j, check->path), j.running});
    }
    add_rest(l, &fit, &j);
    if (listed > shown || o->file_count > OPERATION_FILES_SHOWN_MAX) {
        lines_row(l, INDENT);
        lines_add(l, TEXT("… more files than are listed here"), ROLE_WARNING, 0);
    }
    if (o->file_count > 0) {
        lines_row(l, INDENT);
        lines_cell(l, 0, lines_width(l), ALIGN_RIGHT,
            TEXT("ticks: hashed · offered · sent · committed · read back"), ROLE_FAINT, 0);
    }
}
