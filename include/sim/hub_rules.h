/* hub_rules: the Hub's small rules about names, paths, patterns and ranges. Pure; any thread.
 *
 * Where a rule can be broken in several ways the function returns the sentence that the Hub's
 * answer carries, NULL when all is well. */
#ifndef SLIPWAY_SIM_HUB_RULES_H
#define SLIPWAY_SIM_HUB_RULES_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HUB_PATH_MAX = 1000, HUB_REPO_ID = 200, HUB_REF = 256 };

/* One part of a repo id (spec/huggingface.md §1.4). */
const char *hub_name_error(const char *part);
/* "owner/name". */
bool hub_repo_id_ok(const char *id);
/* A path inside a repository: relative, at most HUB_PATH_MAX bytes, no empty, "." or ".." part, no
 * ".git" part, valid UTF-8 without control characters. */
const char *hub_path_error(const char *path);
/* A branch or tag name that git would accept and the Hub shows. */
bool hub_ref_ok(const char *name);

/* ---- .gitattributes and .gitignore ----------------------------------------------------------- */

/* The 35 lines that every new repository begins with (§9). */
extern const char hub_default_attributes[];
/* Whether the last line of `attributes` that matches the path gives it filter=lfs. */
bool hub_attributes_lfs(const char *attributes, const char *path);
/* Appends a line that gives exactly this path filter=lfs. */
int hub_attributes_add(struct buf *attributes, const char *path);
/* Whether a .gitignore at the root leaves the path out, also through one of its folders. */
bool hub_ignored(const char *ignore, const char *path);
/* One pattern against one path, by git's rules: without '/' it means the name alone, '*' and '?'
 * stop at '/', "**" does not, [..] are classes, '\' takes the next character as it is. */
bool hub_pattern_match(const char *pattern, const char *path);
/* Whether a file's first bytes look binary: a NUL byte or bad UTF-8; `cut` = the file goes on
 * behind them, so that a character may be cut in two. */
bool hub_looks_binary(const void *bytes, size_t n, bool cut);

/* ---- ranges ---------------------------------------------------------------------------------- */

enum hub_range_kind { HUB_RANGE_ALL, HUB_RANGE_PART, HUB_RANGE_BAD };
/* What a Range header asks of `size` bytes. Absent, malformed and multiple ranges ask for all; one
 * that lies outside is BAD (416). */
enum hub_range_kind hub_range(const char *header, int64_t size, int64_t *offset, int64_t *length);

/* ---- encodings ------------------------------------------------------------------------------- */

/* Appends the decoded bytes; -1 when it is not base64 or does not fit. Missing '=' is forgiven. */
int hub_base64_decode(const char *text, size_t n, struct buf *out);
int hub_base64_encode(const void *bytes, size_t n, struct buf *out);
/* Percent-encodes everything but letters, digits, "-_.~" and the characters of `keep`. */
int hub_url_encode(const char *s, const char *keep, struct buf *out);

#endif
