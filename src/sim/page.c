/* page: a cursor is "v1+" and the hex form of "list:index:id".
 *
 * The '+' is there on purpose: it catches clients that do not percent-encode what they were told to
 * treat as opaque (a bare '+' in a query is a space). */
#include "sim/page.h"

#include "base/buf.h"
#include "sim/schema.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char cursor_prefix[] = "v1+";

enum { CURSOR_TEXT_MAX = 240, CURSOR_MAX = sizeof cursor_prefix + 2 * CURSOR_TEXT_MAX };

struct position {
    size_t index; /* of the last item given out */
    char id[128];
};

static void cursor_write(char out[CURSOR_MAX], const char *list, size_t index, const char *id)
{
    char text[CURSOR_TEXT_MAX];
    (void)snprintf(text, sizeof text, "%.80s:%zu:%.120s", list, index, id);
    size_t used = sizeof cursor_prefix - 1;
    memcpy(out, cursor_prefix, used + 1);
    for (const char *c = text; *c != '\0'; c++) {
        used += (size_t)snprintf(out + used, 3, "%02x", (unsigned char)*c);
    }
}

static int hex_value(char c)
{
    const char *digits = "0123456789abcdef";
    const char *at = c == '\0' ? NULL : strchr(digits, c);
    return at == NULL ? -1 : (int)(at - digits);
}

/* Undoes the hex; 0, or -1 when it is none. */
static int cursor_decode(const char *cursor, char text[CURSOR_TEXT_MAX])
{
    size_t prefix = sizeof cursor_prefix - 1, used = 0;
    if (strncmp(cursor, cursor_prefix, prefix) != 0) {
        return -1;
    }
    for (const char *c = cursor + prefix; *c != '\0'; c += 2) {
        int high = hex_value(c[0]), low = high < 0 ? -1 : hex_value(c[1]);
        if (low < 0 || used + 1 >= CURSOR_TEXT_MAX) {
            return -1;
        }
        text[used++] = (char)(high * 16 + low);
    }
    text[used] = '\0';
    return 0;
}

/* 0, or -1 when it is not a cursor of this list. */
static int cursor_read(const char *cursor, const char *list, struct position *out)
{
    char text[CURSOR_TEXT_MAX];
    if (cursor_decode(cursor, text) != 0) {
        return -1;
    }
    size_t prefix = strlen(list);
    if (strncmp(text, list, prefix) != 0 || text[prefix] != ':') {
        return -1;
    }
    const char *digits = text + prefix + 1;
    size_t count = strspn(digits, "0123456789");
    if (count == 0 || count > 9 || digits[count] != ':' || strlen(digits + count + 1) > 127) {
        return -1;
    }
    out->index = (size_t)strtoul(digits, NULL, 10);
    (void)snprintf(out->id, sizeof out->id, "%s", digits + count + 1);
    return 0;
}

/* Where the next page begins. */
static size_t first_of(const struct json *items, const struct position *last)
{
    size_t i = 0;
    for (const struct json *item = json_first(items); item != NULL; item = json_next(item), i++) {
        if (last->id[0] != '\0' && strcmp(json_str_or(item, "id", ""), last->id) == 0) {
            return i + 1;
        }
    }
    return last->id[0] == '\0' ? last->index + 1 : last->index;
}

static int limit_read(const char *limit, size_t *out)
{
    *out = PAGE_LIMIT_MAX;
    if (limit == NULL) {
        return 0;
    }
    size_t count = strspn(limit, "0123456789");
    if (count == 0 || count > 6 || limit[count] != '\0') {
        return -1;
    }
    *out = (size_t)strtoul(limit, NULL, 10);
    return *out >= 1 && *out <= PAGE_LIMIT_MAX ? 0 : -1;
}

static int add_pagination(struct json *answer, const char *next)
{
    struct json *pagination = json_new_object();
    int failed = json_add_str(pagination, "nextCursor", next) |
                 json_add_bool(pagination, "hasNextPage", next != NULL);
    return failed | json_add(answer, "pagination", pagination);
}

static struct json *cut(const char *list, const struct json *items, size_t first, size_t limit)
{
    struct json *page = json_new_array();
    const char *last_id = "";
    size_t i = 0;
    const struct json *item = json_first(items);
    for (; item != NULL && i < first; item = json_next(item)) {
        i++;
    }
    size_t end = first + limit;
    for (; item != NULL && i < end; item = json_next(item), i++) {
        (void)json_push(page, json_dup(item));
        last_id = json_str_or(item, "id", "");
    }
    char next[CURSOR_MAX];
    if (item != NULL) {
        cursor_write(next, list, i - 1, last_id);
    }
    struct json *answer = json_new_object();
    if ((json_add(answer, list, page) | add_pagination(answer, item != NULL ? next : NULL)) != 0) {
        json_free(answer);
        return NULL;
    }
    return answer;
}

struct json *page_cut(const char *list, struct json *take_items, const char *limit,
    const char *cursor, struct json *errors)
{
    size_t most = 0;
    struct position last;
    size_t first = 0;
    struct json *answer = NULL;
    if (limit_read(limit, &most) != 0) {
        schema_error(errors, "limit", "must be an integer from 1 to %d", PAGE_LIMIT_MAX);
    } else if (cursor != NULL && cursor_read(cursor, list, &last) != 0) {
        schema_error(errors, "cursor", "not a cursor of this list");
    } else {
        if (cursor != NULL) {
            first = first_of(take_items, &last);
        }
        answer = cut(list, take_items, first, most);
    }
    json_free(take_items);
    return answer;
}
