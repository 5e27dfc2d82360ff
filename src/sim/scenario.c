/* Scenarios: the built-in table and files. */
#include "sim/scenario.h"

#include "base/buf.h"
#include "base/file.h"
#include "sim/scenario_check.h"

#include <string.h>

enum { SCENARIO_BYTES_MAX = 16 * 1024 * 1024, NAMES_SHOWN_MAX = 256 };

void scenario_names(struct buf *out)
{
    for (const struct scenario_builtin *b = scenario_builtins; b->name; b++) {
        if (b != scenario_builtins)
            buf_str_append(out, ", ");
        buf_str_append(out, b->name);
    }
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
    scenario_names(&names);
    err_set(e, ERR_INPUT, 0, "there is no scenario %s", name);
    err_hint(e, "there are: %s", buf_str(&names));
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
