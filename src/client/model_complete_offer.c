/* A README.md that the folder has: what a new one would say in its front matter and this one does not is
 * offered as a diff, and put into a copy when the operator wants that. Prose is never touched, nor is a front
 * matter that is not understood: then its author has to look at it. */
#include "client/model_complete_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { CARD_MORE_MAX = 1 << 20, NAMES_MAX = 1024, LINE_MAX_BYTES = 4096 };

struct offer { /* rows that the card lacks, and where */
    const struct card_row *rows[CARD_KEYS];
    size_t count;
    struct front front;
    bool bare; /* it has no front matter at all */
};

static enum front_key look(const struct offer *o, const char *key)
{
    return o->bare ? FRONT_ABSENT : front_look(&o->front, key, NULL, NULL);
}

/* What goes only with a key that is offered too. */
static const struct {
    enum card_key key, with;
} companions[] = {{CARD_LICENSE, CARD_LICENSE}, {CARD_LICENSE_NAME, CARD_LICENSE},
    {CARD_LICENSE_LINK, CARD_LICENSE}, {CARD_LIBRARY, CARD_LIBRARY}, {CARD_TASK, CARD_TASK},
    {CARD_BASE, CARD_BASE}, {CARD_RELATION, CARD_BASE}};

static void fill_offer(const struct card *card, struct offer *o)
{
    for (size_t i = 0; i < sizeof companions / sizeof *companions; i++) {
        const struct card_row *row = &card->rows[companions[i].key];
        bool wanted = look(o, card->rows[companions[i].with].key) != FRONT_GIVEN;
        if (wanted && row->count && look(o, row->key) != FRONT_GIVEN)
            o->rows[o->count++] = row;
    }
}

/* A card that surely is no YAML, or that cannot be told, is left to its author. */
static bool understand(const struct complete *c, const struct buf *b, struct offer *o)
{
    struct folder_card ignored;
    struct buf doubts;
    buf_init(&doubts, NAMES_MAX);
    bool has = folder_card_read(buf_str(b), b->len, c->scratch, &ignored, &doubts);
    bool sure = doubts.len == 0 && text_is_utf8(buf_str(b), b->len);
    buf_release(&doubts);
    o->bare =
        !has && strncmp(buf_str(b) + strspn(buf_str(b), "\xEF\xBB\xBF \t\r\n"), "---", 3) != 0;
    return sure && (o->bare || front_find(buf_str(b), b->len, &o->front));
}

static void add_diff(struct complete *c, char sign, const char *s, size_t n)
{
    struct complete_report *out = c->out;
    if (!out->readme_diff) {
        c->diff_room = 2 * CARD_KEYS + 2;
        out->readme_diff = arena_array(c->arena, c->diff_room, sizeof *out->readme_diff);
    }
    while (n > 0 && strchr("\r\n", s[n - 1]))
        n--;
    if (!out->readme_diff || out->readme_diff_count == c->diff_room)
        return;
    out->readme_diff[out->readme_diff_count++] = complete_text(c, "%c%.*s", sign, (int)n, s);
}

static void show_row(struct complete *c, const struct offer *o, const struct card_row *row)
{
    struct buf b;
    size_t begin, end;
    buf_init(&b, LINE_MAX_BYTES);
    if (!o->bare && front_look(&o->front, row->key, &begin, &end) == FRONT_EMPTY)
        add_diff(c, '-', o->front.s + begin, end - begin);
    if (card_write_row(row, "\n", &b) == 0)
        add_diff(c, '+', buf_str(&b), b.len);
    buf_release(&b);
}

static void show(struct complete *c, const struct offer *o)
{
    if (o->bare)
        add_diff(c, '+', "---", 3);
    for (size_t i = 0; i < o->count; i++)
        show_row(c, o, o->rows[i]);
    if (o->bare)
        add_diff(c, '+', "---", 3);
}

/* "base_model, license" */
static const char *offered_names(struct complete *c, const struct offer *o)
{
    struct buf b;
    buf_init(&b, NAMES_MAX);
    for (size_t i = 0; i < o->count; i++)
        (void)buf_printf(&b, "%s%s", i ? ", " : "", o->rows[i]->key);
    const char *names = arena_strdup(c->scratch, buf_str(&b));
    buf_release(&b);
    c->failed |= !names;
    return names ? names : "";
}

static int print_mended(const struct buf *b, const struct offer *o, struct buf *out)
{
    size_t bom = b->len >= 3 && memcmp(b->data, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    int failed = 0;
    if (!o->bare)
        return front_mend(&o->front, o->rows, o->count, out);
    failed |= buf_str_append(out, "---\n");
    for (size_t i = 0; i < o->count; i++)
        failed |= card_write_row(o->rows[i], "\n", out);
    failed |= buf_str_append(out, "---\n\n");
    failed |= buf_append(out, buf_str(b) + bom, b->len - bom);
    return failed ? -1 : 0;
}

/* The copy is looked into as the original was. */
static int stage_mended(
    struct complete *c, struct check_file *old, const struct buf *text, const struct offer *o)
{
    struct check_file line = *old;
    line.origin = CHECK_WRITTEN;
    line.result = complete_text(c, "written: the folder's own with %s", offered_names(c, o));
    if (complete_stage(c, &line, text))
        return -1;
    int fd = open(line.raw_source, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return err_errno(c->error, errno, "cannot read %s", line.raw_source);
    complete_check(c, &line, fd);
    close(fd);
    *old = line;
    return 0;
}

static int mend(
    struct complete *c, struct check_file *line, const struct buf *b, const struct offer *o)
{
    struct buf text;
    buf_init(&text, FOLDER_TEXT_MAX + CARD_MORE_MAX);
    int rc = print_mended(b, o, &text)
                 ? err_set(c->error, ERR_IO, ENOMEM, "out of memory for README.md")
                 : stage_mended(c, line, &text, o);
    buf_release(&text);
    return rc;
}

int complete_offer(struct complete *c, struct card *card, struct check_file *line)
{
    struct buf b;
    struct offer o = {.count = 0};
    int rc = 0;
    buf_init(&b, FOLDER_TEXT_MAX);
    if (complete_read_own(c, line, &b) || !understand(c, &b, &o))
        goto out;
    if (look(&o, "license") != FRONT_GIVEN && complete_base_card(c, card)) {
        rc = -1;
        goto out;
    }
    fill_offer(card, &o);
    if (o.count == 0)
        goto out;
    show(c, &o);
    if (c->options->mend_readme && c->options->staging)
        rc = mend(c, line, &b, &o);
    else
        complete_say(c, line, "%s can be filled in", offered_names(c, &o));
    for (size_t i = 0; rc == 0 && c->options->mend_readme && i < o.count; i++)
        if (o.rows[i] == &card->rows[CARD_LICENSE])
            complete_settle_license(c, o.rows[i]);
out:
    buf_release(&b);
    return rc;
}
