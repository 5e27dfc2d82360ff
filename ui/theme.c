/* Reading theme files. libinih parses; it tells neither its handler the line nor its caller more
 * than the first bad one, so the lines are counted in the reader that feeds it. The first error
 * is kept, whoever finds it. A theme is built aside and handed over only when it is whole. */
#include "ui/theme.h"

#include "base/buf.h"
#include "base/file.h"
#include "ui/theme_internal.h"

#include <ini.h>
#include <stdio.h>
#include <string.h>

enum kind { KIND_DARK, KIND_LIGHT, KIND_MONO, KINDS, KIND_NONE = KINDS };

static const char *const kinds[KINDS] = {"dark", "light", "mono"};

struct reading {
    const char *file; /* for messages */
    const char *next; /* what is not read yet */
    int line;
    int failed; /* the first line that was refused; 0 = none */
    struct err *error;
    enum kind kind;
    struct theme theme;
};

/* ---- lines ----------------------------------------------------------------------------------------- */

static int fail(struct reading *r, const char *why, const char *what)
{
    if (!r->failed) {
        r->failed = r->line > 0 ? r->line : 1;
        err_set(r->error, ERR_INPUT, 0, "%s:%d: “%s” %s", r->file, r->failed, what, why);
    }
    return 0; /* "error", to libinih */
}

/* As fgets, for libinih. */
static char *read_line(char *out, int size, void *stream)
{
    struct reading *r = stream;
    if (!*r->next || size < 2)
        return NULL;
    size_t length = strcspn(r->next, "\n");
    size_t kept = length < (size_t)size - 2 ? length : (size_t)size - 2;
    r->line++;
    memcpy(out, r->next, kept);
    memcpy(out + kept, "\n", 2);
    r->next += length + (r->next[length] == '\n');
    if (kept < length)
        fail(r, "begins a line that is too long", "…");
    return out;
}

/* ---- what a line says ------------------------------------------------------------------------------ */

static int take_theme(struct reading *r, const char *name, const char *value)
{
    if (strcmp(name, "name") == 0) {
        if (!*value || strlen(value) >= THEME_NAME_MAX)
            return fail(r, "is no name of 1 to 31 characters", value);
        for (const char *p = value; *p; p++)
            if (*p < ' ' || *p > '~')
                return fail(r, "is no name in ASCII", value);
        snprintf(r->theme.name, sizeof r->theme.name, "%s", value);
        return 1;
    }
    if (strcmp(name, "kind") != 0)
        return fail(r, "is no setting of a theme (name, kind)", name);
    for (enum kind k = 0; k < KINDS; k++) {
        if (strcmp(value, kinds[k]) == 0) {
            r->kind = k;
            return 1;
        }
    }
    return fail(r, "is no kind of theme (dark, light, mono)", value);
}

static struct look *find_role(struct look looks[ROLE_COUNT], const char *name)
{
#define X(name, word, letter) word,
    static const char *const words[ROLE_COUNT] = {ROLES(X)};
#undef X
    for (int i = 0; i < ROLE_COUNT; i++)
        if (strcmp(name, words[i]) == 0)
            return &looks[i];
    return NULL;
}

static int take_role(
    struct reading *r, struct look looks[ROLE_COUNT], const char *name, const char *value)
{
    char word[LOOK_WORD_MAX];
    struct look *look = find_role(looks, name);
    if (!look)
        return fail(r, "is no role", name);
    if (look->foreground != LOOK_UNSET)
        return fail(r, "is given twice, or goes on in an indented line", name);
    const char *wrong = look_parse(value, look, word);
    return wrong ? fail(r, wrong, word) : 1;
}

/* Called by libinih for each line with a setting; 0 = wrong. */
static int take_line(void *user, const char *section, const char *name, const char *value)
{
    struct reading *r = user;
    if (strcmp(section, "theme") == 0)
        return take_theme(r, name, value);
    if (strcmp(section, "roles") == 0)
        return take_role(r, r->theme.looks, name, value);
    if (strcmp(section, "roles-16") == 0)
        return take_role(r, r->theme.few, name, value);
    return fail(r, "is in no section of a theme ([theme], [roles], [roles-16])", name);
}

/* ---- a whole file ---------------------------------------------------------------------------------- */

static void unset(struct look looks[ROLE_COUNT])
{
    for (int i = 0; i < ROLE_COUNT; i++)
        looks[i] = (struct look){LOOK_UNSET, LOOK_DEFAULT, 0};
}

static int parse(struct reading *r)
{
    unset(r->theme.looks);
    unset(r->theme.few);
    int bad_line = ini_parse_stream(read_line, r, take_line, r);
    if (bad_line == 0 && r->kind == KIND_NONE)
        fail(r, "is missing: dark, light or mono, in section [theme]", "kind");
    if (r->failed && (bad_line <= 0 || r->failed <= bad_line))
        return -1;
    if (bad_line != 0)
        return err_set(r->error, ERR_INPUT, 0,
            "%s:%d: this is neither [section] nor a setting with “=”", r->file, bad_line);
    return 0;
}

/* A role that is not given looks as in `base` (NULL: as normal text); one given only in [roles]
 * looks like that with few colours too. */
static void complete(struct theme *t, const struct theme *base)
{
    static const struct look plain = {LOOK_DEFAULT, LOOK_DEFAULT, 0};
    for (int i = 0; i < ROLE_COUNT; i++) {
        bool given = t->looks[i].foreground != LOOK_UNSET;
        if (t->few[i].foreground == LOOK_UNSET)
            t->few[i] = given || !base ? t->looks[i] : base->few[i];
        if (!given)
            t->looks[i] = base ? base->looks[i] : plain;
        if (t->few[i].foreground == LOOK_UNSET)
            t->few[i] = t->looks[i];
    }
}

static const struct theme_builtin *find_builtin(const char *name)
{
    for (const struct theme_builtin *b = theme_builtins; b->name; b++)
        if (strcmp(b->name, name) == 0)
            return b;
    return NULL;
}

static int load_builtin(struct theme *t, const struct theme_builtin *builtin, struct err *e)
{
    struct reading r = {
        .file = builtin->name, .next = builtin->text, .error = e, .kind = KIND_NONE};
    if (parse(&r))
        return -1;
    complete(&r.theme, NULL);
    snprintf(r.theme.name, sizeof r.theme.name, "%s", builtin->name);
    r.theme.light = r.kind == KIND_LIGHT;
    *t = r.theme;
    return 0;
}

/* The file's name without folder and ending; what is not ASCII becomes '?'. */
static void name_after(struct theme *t, const char *path)
{
    const char *slash = strrchr(path, '/');
    snprintf(t->name, sizeof t->name, "%s", slash ? slash + 1 : path);
    char *dot = strrchr(t->name, '.');
    if (dot && dot > t->name)
        *dot = '\0';
    for (char *p = t->name; *p; p++)
        if (*p < ' ' || *p > '~')
            *p = '?';
}

static int load_text(struct theme *t, const char *path, const struct buf *text, struct err *e)
{
    struct reading r = {.file = path, .next = buf_str(text), .error = e, .kind = KIND_NONE};
    if (strlen(buf_str(text)) != text->len)
        return err_set(e, ERR_INPUT, 0, "%s holds a NUL byte: it is no theme", path);
    if (parse(&r))
        return -1;
    const struct theme_builtin *builtin = find_builtin(kinds[r.kind]);
    struct theme base;
    if (!builtin || load_builtin(&base, builtin, NULL))
        return err_set(e, ERR_BUG, 0, "there is no built-in theme of kind %s", kinds[r.kind]);
    complete(&r.theme, &base);
    if (!*r.theme.name)
        name_after(&r.theme, path);
    r.theme.light = r.kind == KIND_LIGHT;
    *t = r.theme;
    return 0;
}

/* ---- for everybody --------------------------------------------------------------------------------- */

const char *theme_builtin_name(size_t number)
{
    for (const struct theme_builtin *b = theme_builtins; b->name; b++)
        if (number-- == 0)
            return b->name;
    return NULL;
}

int theme_load(struct theme *t, const char *name_or_path, struct err *e)
{
    const struct theme_builtin *builtin = find_builtin(name_or_path);
    if (builtin)
        return load_builtin(t, builtin, e);
    struct buf text;
    buf_init(&text, THEME_FILE_MAX);
    int result = file_read(name_or_path, &text, e);
    if (result == 0) {
        result = load_text(t, name_or_path, &text, e);
    } else {
        err_wrap(e, "no theme “%s”", name_or_path);
        err_hint(e, "give the path of a theme file, or one of: dark, light, mono");
    }
    buf_release(&text);
    return result;
}

struct look theme_look(const struct theme *t, enum role role, int colours)
{
    if ((unsigned)role >= ROLE_COUNT)
        role = ROLE_NORMAL;
    return look_reduce(colours >= 256 ? t->looks[role] : t->few[role], colours);
}
