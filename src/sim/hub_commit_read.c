/* Reading the lines of a commit. The first is the header; each further one is an operation from the
 * table below. Whatever is not understood refuses the whole commit (422): a line that is silently
 * dropped is a file that is silently missing. */
#include "sim/hub_commit.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int refuse(struct hub_refusal *no, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static int refuse(struct hub_refusal *no, int status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(no->message, sizeof no->message, format, args);
    va_end(args);
    no->status = status;
    return -1;
}

/* ---- the header ------------------------------------------------------------------------------ */

static int read_header(struct hub_ops *ops, const struct json *value, struct hub_refusal *no)
{
    ops->title = json_str(value, "summary");
    ops->message = json_str_or(value, "description", "");
    ops->parent = json_str(value, "parentCommit");
    if (!ops->title || !*ops->title || strlen(ops->title) > HUB_TITLE_MAX)
        return refuse(no, 422, "\"value.summary\" is required and must have at most %d characters",
            HUB_TITLE_MAX);
    if (strlen(ops->message) > HUB_MESSAGE_MAX)
        return refuse(
            no, 422, "\"value.description\" must have at most %d characters", HUB_MESSAGE_MAX);
    if (ops->parent && !hub_is_hex(ops->parent, HUB_OID - 1))
        return refuse(no, 422, "\"value.parentCommit\" must be a full commit id");
    return 0;
}

/* ---- operations ------------------------------------------------------------------------------ */

static int need_content(const struct json *value, size_t line, struct hub_refusal *no)
{
    const char *encoding = json_str_or(value, "encoding", "utf-8");
    if (strcmp(encoding, "utf-8") != 0 && strcmp(encoding, "base64") != 0)
        return refuse(no, 422, "line %zu: \"encoding\" must be one of [utf-8, base64]", line);
    if (!json_str(value, "content") && !json_str(value, "oldPath"))
        return refuse(no, 422, "line %zu: \"content\" is required", line);
    return 0;
}

static int need_oid(const struct json *value, size_t line, struct hub_refusal *no)
{
    const char *oid = json_str(value, "oid");
    if (strcmp(json_str_or(value, "algo", "sha256"), "sha256") != 0)
        return refuse(no, 422, "line %zu: \"algo\" must be sha256", line);
    if (!oid && !json_str(value, "oldPath"))
        return refuse(no, 422, "line %zu: \"oid\" is required", line);
    if (oid && !hub_is_hex(oid, HUB_SHA256 - 1))
        return refuse(no, 422, "line %zu: \"oid\" must be a lower-case SHA-256", line);
    return 0;
}

static int need_nothing(const struct json *value, size_t line, struct hub_refusal *no)
{
    (void)value;
    (void)line;
    (void)no;
    return 0;
}

static const struct op_kind {
    const char *key;
    enum hub_op_kind kind;
    int (*check)(const struct json *value, size_t line, struct hub_refusal *no);
} op_kinds[] = {
    {"file", HUB_OP_FILE, need_content},
    {"lfsFile", HUB_OP_LFS, need_oid},
    {"deletedFile", HUB_OP_DELETE_FILE, need_nothing},
    {"deletedFolder", HUB_OP_DELETE_FOLDER, need_nothing},
    {"deletedEntry", HUB_OP_DELETE_ANY, need_nothing},
};

static const struct op_kind *find_kind(const char *key)
{
    for (size_t i = 0; key && i < sizeof op_kinds / sizeof *op_kinds; i++)
        if (strcmp(op_kinds[i].key, key) == 0)
            return &op_kinds[i];
    return NULL;
}

/* Folders may be written with a '/' at their end, which goes. */
static int clean_path(struct json *value, enum hub_op_kind kind)
{
    char path[HUB_PATH_MAX + 2];
    const char *given = json_str(value, "path");
    size_t n = given ? strlen(given) : 0;
    if (kind < HUB_OP_DELETE_FOLDER || n < 2 || n > HUB_PATH_MAX || given[n - 1] != '/')
        return 0;
    snprintf(path, sizeof path, "%.*s", (int)(n - 1), given);
    return json_set(value, "path", json_new_string(path));
}

static int add_op(struct hub_ops *ops, struct json *line, size_t number, struct hub_refusal *no)
{
    const struct op_kind *kind = find_kind(json_str(line, "key"));
    struct json *value = (struct json *)json_get(line, "value");
    if (!kind || json_kind(value) != JSON_OBJECT)
        return refuse(no, 422,
            "line %zu: \"key\" must be one of [file, lfsFile, deletedFile, deletedFolder, "
            "deletedEntry]",
            number);
    if (clean_path(value, kind->kind) != 0)
        return refuse(no, 500, "out of memory");
    struct hub_op op = {kind->kind, json_str(value, "path"), json_str(value, "oldPath"), value};
    const char *why = op.path ? hub_path_error(op.path) : "\"path\" is required";
    if (!why && op.old_path)
        why = hub_path_error(op.old_path);
    if (why)
        return refuse(no, 422, "line %zu: %s", number, why);
    if (kind->check(value, number, no) != 0)
        return -1;
    ops->all[ops->count++] = op;
    return 0;
}

/* ---- lines ----------------------------------------------------------------------------------- */

static int grow(struct hub_ops *ops)
{
    if (ops->line_count < ops->capacity)
        return 0;
    size_t capacity = ops->capacity ? 2 * ops->capacity : 64;
    struct json **lines = reallocarray(ops->lines, capacity, sizeof *lines);
    if (!lines)
        return -1;
    ops->lines = lines;
    struct hub_op *all = reallocarray(ops->all, capacity, sizeof *all);
    if (!all)
        return -1;
    ops->all = all;
    ops->capacity = capacity;
    return 0;
}

static int read_line(
    struct hub_ops *ops, const char *text, size_t n, size_t number, struct hub_refusal *no)
{
    struct json *line = json_parse(text, n, NULL);
    if (!line)
        return refuse(no, 422, "line %zu is not valid JSON", number);
    if (ops->line_count >= HUB_OPS_MAX || grow(ops) != 0) {
        json_free(line);
        return refuse(no, 413, "too many operations in one commit");
    }
    ops->lines[ops->line_count++] = line;
    if (ops->line_count > 1)
        return add_op(ops, line, number, no);
    if (strcmp(json_str_or(line, "key", ""), "header") != 0)
        return refuse(no, 422, "the first line must have the key \"header\"");
    return read_header(ops, json_get(line, "value"), no);
}

int hub_ops_read(const char *bytes, size_t n, struct hub_ops *ops, struct hub_refusal *no)
{
    const char *s = bytes, *end = bytes + n;
    *ops = (struct hub_ops){.title = "", .message = ""};
    *no = (struct hub_refusal){.status = 0};
    for (size_t number = 1; s < end; number++) {
        const char *lf = memchr(s, '\n', (size_t)(end - s));
        const char *stop = lf ? lf : end, *first = s;
        while (first < stop && strchr(" \t\r", *first))
            first++;
        if (first < stop && read_line(ops, first, (size_t)(stop - first), number, no) != 0)
            return -1;
        s = lf ? lf + 1 : end;
    }
    return ops->line_count > 0 ? 0 : refuse(no, 422, "the commit has no header");
}

void hub_ops_release(struct hub_ops *ops)
{
    for (size_t i = 0; i < ops->line_count; i++)
        json_free(ops->lines[i]);
    free(ops->lines);
    free(ops->all);
    *ops = (struct hub_ops){0};
}
