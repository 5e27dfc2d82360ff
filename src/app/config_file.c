/* config.ini. libinih parses; it tells its handler no line numbers, keeps sections without keys to
 * itself and cuts long names, so the reader that feeds it counts the lines, notes the sections and
 * refuses what would be cut. The first error is kept, whoever finds it.
 *
 * Everything is read before a profile is chosen: a mistake shows when it is made, not on the day
 * its profile is used. Values are copied to one buffer whose size is known from the start, so that
 * it never moves and can be wiped. */
#include "app/config_internal.h"
#include "base/file.h"

#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <string.h>

enum { SECTION_MAX = 48 }; /* libinih keeps no more */

static const char byte_order_mark[] = "\xEF\xBB\xBF", profile_prefix[] = "profile ";

struct reading {
    struct config_file *file;
    struct arena *arena;
    const char *next; /* what is not read yet */
    int line;
    int failed; /* the first line that was refused; 0 = none */
    struct err *error;
};

/* ---- complaints ------------------------------------------------------------------------------ */

/* Whether this is the first: then the error is filled by the caller and `at_line` puts the place in
 * front of it. */
static bool is_first(struct reading *r)
{
    bool first = !r->failed;
    r->failed = first ? r->line : r->failed;
    return first;
}

static int at_line(struct reading *r)
{
    err_wrap(r->error, "config.ini line %d", r->failed);
    return 0; /* "error", to libinih */
}

static int refuse(struct reading *r, const char *why)
{
    if (!is_first(r))
        return 0;
    err_set(r->error, ERR_INPUT, 0, "%s", why);
    return at_line(r);
}

/* "unknown key 'x' in [y] (did you mean z?)" */
static int refuse_unknown(struct reading *r, const char *what, const char *word, const char *where,
    const char *const names[])
{
    const char *meant = config_nearest(word, names);
    if (!is_first(r))
        return 0;
    err_set(r->error, ERR_INPUT, 0, "unknown %s '%.60s'%s%s%s%s%s%s", what, word,
        *where ? " in [" : "", where, *where ? "]" : "", meant ? " (did you mean " : "",
        meant ? meant : "", meant ? "?)" : "");
    return at_line(r);
}

static int refuse_twice(struct reading *r, const char *name, int before)
{
    if (!is_first(r))
        return 0;
    err_set(r->error, ERR_INPUT, 0, "%s is given already in line %d, or this line is indented",
        name, before);
    return at_line(r);
}

/* ---- sections -------------------------------------------------------------------------------- */

bool config_is_name(const char *name)
{
    size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.");
    return n > 0 && n < PROFILE_NAME_MAX && !name[n] && name[0] != '.';
}

static struct config_section *find_profile(struct config_file *file, const char *name)
{
    for (size_t i = 0; i < file->profile_count; i++)
        if (strcmp(file->profiles[i].name, name) == 0)
            return &file->profiles[i];
    return NULL;
}

const struct config_section *config_file_profile(const struct config_file *file, const char *name)
{
    return find_profile((struct config_file *)file, name);
}

static void note_profile(struct reading *r, const char *name)
{
    struct config_file *file = r->file;
    if (!config_is_name(name))
        refuse(r, "a profile's name has letters, digits, '-', '_' and '.', 40 at most");
    else if (find_profile(file, name))
        return;
    else if (file->profile_count == CONFIG_PROFILES_MAX)
        refuse(r, "too many profiles");
    else
        snprintf(file->profiles[file->profile_count++].name, PROFILE_NAME_MAX, "%.*s",
            PROFILE_NAME_MAX - 1, name);
}

static void note_section(struct reading *r, const char *name)
{
    static const char *const names[] = {"profile NAME", "profile", "ui", "keys", NULL};
    size_t n = sizeof profile_prefix - 1;
    if (strncmp(name, profile_prefix, n) == 0)
        note_profile(r, name + n);
    else if (strcmp(name, "profile") == 0)
        refuse(r, "a profile needs a name: [profile NAME]");
    else if (strcmp(name, "ui") != 0 && strcmp(name, "keys") != 0)
        refuse_unknown(r, "section", name, "", names);
}

/* Looks whether the line begins a section. One without an end is libinih's to refuse. */
static void look_for_section(struct reading *r, const char *line)
{
    char name[SECTION_MAX + 1];
    const char *begin = line + strspn(line, " \t");
    size_t n = *begin == '[' ? strcspn(begin + 1, "]\n") : 0;
    if (n == 0 || begin[1 + n] != ']')
        return;
    if (n > SECTION_MAX) {
        refuse(r, "the section's name is too long");
        return;
    }
    memcpy(name, begin + 1, n);
    name[n] = '\0';
    note_section(r, name);
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
    if (kept < length && is_first(r)) {
        err_set(r->error, ERR_INPUT, 0, "the line is longer than %d bytes", size - 2);
        at_line(r);
        err_hint(r->error, "a long database address can stand in SLIPWAY_DATABASE_URL");
    }
    look_for_section(r, out);
    return out;
}

/* ---- keys and values ------------------------------------------------------------------------- */

static const struct {
    const char *name;
    bool ui;
} settings[SETTINGS] = {
#define UI                    true
#define PROFILE               false
#define X(name, key, section) {key, section},
    PROFILE_SETTINGS(X)
#undef X
#undef PROFILE
#undef UI
};

const char *setting_name(enum setting setting)
{
    return settings[setting].name;
}

/* Where it is not in this section it is SETTINGS. */
static enum setting find_setting(const char *name, bool ui)
{
    enum setting s = 0;
    while (s < SETTINGS && (settings[s].ui != ui || strcmp(settings[s].name, name) != 0))
        s++;
    return s;
}

static int refuse_key(struct reading *r, const char *section, const char *name, bool ui)
{
    const char *names[SETTINGS + 1];
    size_t n = 0;
    for (enum setting s = 0; s < SETTINGS; s++)
        if (settings[s].ui == ui)
            names[n++] = settings[s].name;
    names[n] = NULL;
    return refuse_unknown(r, "key", name, section, names);
}

/* Without the double quotes around it, if any. */
static const char *keep_value(struct reading *r, const char *value)
{
    struct buf *values = &r->file->values;
    size_t n = strlen(value), at = values->len;
    bool quoted = n >= 2 && value[0] == '"' && value[n - 1] == '"';
    if (buf_append(values, value + quoted, quoted ? n - 2 : n) || buf_char(values, '\0'))
        return NULL;
    return values->data + at;
}

static int take_setting(struct reading *r, struct config_line *said, const char *section,
    const char *name, const char *value, bool ui)
{
    enum setting s = find_setting(name, ui);
    if (s == SETTINGS)
        return refuse_key(r, section, name, ui);
    if (said[s].value)
        return refuse_twice(r, name, said[s].line);
    said[s] = (struct config_line){keep_value(r, value), r->line};
    return said[s].value ? 1 : refuse(r, "no memory for the value");
}

static int take_key(struct reading *r, const char *action, const char *keys)
{
    struct config_file *file = r->file;
    for (size_t i = 0; i < file->key_count; i++)
        if (strcmp(file->keys[i].action, action) == 0)
            return refuse_twice(r, action, file->keys[i].line);
    if (file->key_count == CONFIG_KEYS_MAX)
        return refuse(r, "too many keys");
    struct profile_key *key = &file->keys[file->key_count++];
    *key =
        (struct profile_key){arena_strdup(r->arena, action), arena_strdup(r->arena, keys), r->line};
    return key->action && key->keys ? 1 : refuse(r, "no memory for the key");
}

/* Called by libinih for each line with a setting; 0 = wrong. */
static int take_line(void *user, const char *section, const char *name, const char *value)
{
    struct reading *r = user;
    size_t n = sizeof profile_prefix - 1;
    if (r->failed)
        return 0; /* whatever follows is not looked at any more */
    if (strcmp(section, "ui") == 0)
        return take_setting(r, r->file->ui, section, name, value, true);
    if (strcmp(section, "keys") == 0)
        return take_key(r, name, value);
    if (strncmp(section, profile_prefix, n) != 0)
        return refuse(r, "this stands in no section: [profile NAME], [ui] or [keys]");
    struct config_section *profile = find_profile(r->file, section + n);
    return profile ? take_setting(r, profile->said, section, name, value, false) : 0;
}

/* ---- the whole file -------------------------------------------------------------------------- */

static int parse(struct reading *r)
{
    if (strncmp(r->next, byte_order_mark, sizeof byte_order_mark - 1) == 0)
        r->next += sizeof byte_order_mark - 1;
    int bad_line = ini_parse_stream(read_line, r, take_line, r);
    if (r->failed && (bad_line <= 0 || r->failed <= bad_line))
        return -1;
    if (bad_line != 0)
        return err_set(r->error, ERR_INPUT, 0,
            "config.ini line %d: this is neither [section] nor key = value", bad_line);
    return 0;
}

static int read_text(const char *path, struct buf *text, struct err *e)
{
    if (file_check_private(path, e) || file_read(path, text, e))
        return -1;
    if (strlen(buf_str(text)) != text->len)
        return err_set(e, ERR_INPUT, 0, "%s is no text file", path);
    return 0;
}

int config_file_read(struct config_file *file, const char *path, struct arena *arena, struct err *e)
{
    struct buf text;
    *file = (struct config_file){0};
    buf_init(&file->values, CONFIG_FILE_MAX + 1);
    if (!file_exists(path) && (errno == ENOENT || errno == ENOTDIR))
        return 0;
    buf_init(&text, CONFIG_FILE_MAX);
    int result = read_text(path, &text, e);
    /* A value and its NUL take no more room than its line did. */
    if (result == 0 && buf_reserve(&file->values, text.len + 1))
        result = err_set(e, ERR_IO, ENOMEM, "no memory to read %s", path);
    struct reading r = {.file = file, .arena = arena, .next = buf_str(&text), .error = e};
    if (result == 0)
        result = parse(&r);
    buf_release_secret(&text);
    return result;
}

void config_file_release(struct config_file *file)
{
    buf_release_secret(&file->values);
}
