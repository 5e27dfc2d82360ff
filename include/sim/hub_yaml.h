/* hub_yaml: the part of YAML that model cards are written in, as JSON. Pure; any thread.
 *
 * Block mappings and sequences, flow ones, plain, quoted and block scalars, comments. Anchors and
 * tags are read over; an alias is an error. Errors carry js-yaml's words and "(line:column)" where
 * the Hub is known to pass them on, so that a client shows what it would show with the real one. */
#ifndef SLIPWAY_SIM_HUB_YAML_H
#define SLIPWAY_SIM_HUB_YAML_H

#include "base/buf.h"
#include "base/json.h"

#include <stdbool.h>
#include <stddef.h>

enum { HUB_YAML_BYTES_MAX = 1024 * 1024, HUB_YAML_DEPTH_MAX = 32, HUB_YAML_ERROR_MAX = 256 };

/* The document, null when it is empty; NULL with the sentence in `error`. */
struct json *hub_yaml_parse(const char *text, size_t n, char error[HUB_YAML_ERROR_MAX]);

/* ---- between hub_yaml.c (blocks) and hub_yaml_flow.c (what stands on a line) ----------------- */

struct yaml_line {
    const char *s; /* its first character that is not a space */
    size_t n;      /* without the line end */
    size_t indent; /* columns before it */
};

struct yaml {
    const char *start, *end;
    struct yaml_line *lines;
    size_t count, at; /* the line to be read next */
    int depth;
    char *error;
};

/* Notes the first error, at the place `where`; returns NULL. */
struct json *yaml_fail(struct yaml *y, const char *where, const char *message);

/* Reads a flow collection or a quoted scalar at *s, moves behind it. */
struct json *yaml_flow(struct yaml *y, const char **s);
bool yaml_starts_flow(char c); /* one of [ { " ' */
/* What a plain scalar means: null, boolean, number, string. */
struct json *yaml_plain(const char *s, size_t n);
/* Where a comment or the line's end cuts a plain text short; trailing spaces are left out too. */
size_t yaml_plain_length(const char *s, size_t n);
/* Whether nothing but spaces and a comment stands between s and end. */
bool yaml_only_comment(const char *s, const char *end);

#endif
