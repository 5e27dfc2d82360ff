/* Scenarios: the built-in table and files. */
#include "sim/scenario.h"

#include "base/buf.h"
#include "base/file.h"
#include "sim/scenario_check.h"

#include <string.h>

enum { SCENARIO_BYTES_MAX = 16 * 1024 * 1024, NAMES_SHOWN_MAX = 200, LINE_WIDTH = 98, ALIKE = 4 };

void scenario_names(struct buf *out)
{
    size_t width = LINE_WIDTH;
    for (const struct scenario_builtin *b = scenario_builtins; b->name; b++) {
        size_t n = strlen(b->name) + 2;
        bool wraps = width + n > LINE_WIDTH;
        buf_str_append(out, wraps ? "\n  " : " ");
        buf_str_append(out, b->name);
        buf_str_append(out, b[1].name ? "," : "");
        width = wraps ? n : width + n;
    }
}

/* Those that begin like the word; when none does, those that everybody needs. */
static void names_like(const char *word, struct buf *out)
{
    for (const struct scenario_builtin *b = scenario_builtins; b->name; b++)
        if (strncmp(b->name, word, ALIKE) == 0)
            buf_printf(out, "%s%s", out->len ? ", " : "", b->name);
    if (out->len == 0)
        buf_str_append(out, "demo, healthy, crash-loop …");
}

static struct json *parse(const char *name, const char *bytes, size_t n, struct err *e)
{
    struct json *j = json_parse(bytes, n, e);
    if (!j) {
        e->class = ERR_INPUT;
        err_wrap(e, "scenario %s", name);
        return NULL;
    }
    if (json_kind(j) != JSON_OBJECT)
        err_set(e, ERR_INPUT, 0, "scenario %s: it must be a JSON object", name);
    else if (scenario_check(j, e) == 0)
        return j;
    json_free(j);
    return NULL;
}

static struct json *load_file(const char *path, struct err *e)
{
    struct buf text;
    struct json *j = NULL;
    buf_init(&text, SCENARIO_BYTES_MAX);
    if (file_read(path, &text, e) == 0)
        j = parse(path, buf_str(&text), text.len, e);
    buf_release(&text);
    return j;
}

static bool is_path(const char *word)
{
    size_t n = strlen(word);
    return strchr(word, '/') || (n > 5 && strcmp(word + n - 5, ".json") == 0);
}

static struct json *unknown(const char *name, struct err *e)
{
    struct buf names;
    buf_init(&names, NAMES_SHOWN_MAX);
    names_like(name, &names);
    err_set(e, ERR_INPUT, 0, "there is no scenario %s", name);
    err_hint(e, "slipway-sim --help lists them; there are: %s", buf_str(&names));
    buf_release(&names);
    return NULL;
}

struct json *scenario_load(const char *name_or_path, struct err *e)
{
    struct err ignored;
    if (!e)
        e = &ignored;
    if (is_path(name_or_path))
        return load_file(name_or_path, e);
    for (const struct scenario_builtin *b = scenario_builtins; b->name; b++)
        if (strcmp(b->name, name_or_path) == 0)
            return parse(b->name, b->json, b->length, e);
    return unknown(name_or_path, e);
}
