/* Lines are gathered with texts of their own. When there are twice as many as are wanted, the older half is
 * dropped, so that a service that never stops talking takes a bounded amount of memory. */
#include "app/logs_internal.h"
#include "base/clock.h"
#include "model/log_fold.h"

#include <stdlib.h>
#include <string.h>

enum { ARENA_MAX = 512 << 20, ROOM_LEAST = 1024 };

int logs_lines_init(struct logs_lines *l, size_t most)
{
    *l = (struct logs_lines){.arena = arena_new(ARENA_MAX), .most = most};
    return l->arena ? 0 : -1;
}

void logs_lines_release(struct logs_lines *l)
{
    arena_free(l->arena);
    free(l->lines);
    *l = (struct logs_lines){0};
}

/* By time; what came first stays first: order_ms is used for that here. */
static int by_time(const void *a, const void *b)
{
    const struct log_line *x = a, *y = b;
    if (x->at_ms != y->at_ms)
        return x->at_ms < y->at_ms ? -1 : 1;
    return x->order_ms < y->order_ms ? -1 : x->order_ms > y->order_ms;
}

static void sort(struct logs_lines *l)
{
    for (size_t i = 0; i < l->count; i++)
        l->lines[i].order_ms = (int64_t)i;
    if (l->count > 1)
        qsort(l->lines, l->count, sizeof *l->lines, by_time);
}

static int copy(struct arena *a, struct log_line *out, const struct log_line *line)
{
    *out = *line;
    out->origin = text_dup(a, line->origin);
    out->line = text_dup(a, line->line);
    out->endpoint_id = line->endpoint_id ? arena_strdup(a, line->endpoint_id) : NULL;
    return out->line.len == line->line.len && out->origin.len == line->origin.len ? 0 : -1;
}

static void keep_newest(struct logs_lines *l)
{
    struct arena *a = arena_new(ARENA_MAX);
    size_t first = l->count > l->most ? l->count - l->most : 0, kept = 0;
    if (!a)
        return;
    sort(l);
    for (size_t i = first; i < l->count; i++)
        kept += copy(a, &l->lines[kept], &l->lines[i]) == 0;
    arena_free(l->arena);
    l->arena = a;
    l->count = kept;
}

static int make_room(struct logs_lines *l)
{
    if (l->count >= 2 * l->most && l->count >= ROOM_LEAST)
        keep_newest(l);
    if (l->count < l->room)
        return 0;
    size_t room = l->room ? 2 * l->room : ROOM_LEAST;
    struct log_line *lines = reallocarray(l->lines, room, sizeof *lines);
    if (!lines)
        return -1;
    l->lines = lines;
    l->room = room;
    return 0;
}

void logs_lines_add(struct logs_lines *l, const struct log_line *line)
{
    if (l->most > 0 && (make_room(l) || copy(l->arena, &l->lines[l->count], line)))
        l->dropped++;
    else if (l->most > 0)
        l->count++;
}

/* ---- printing ---------------------------------------------------------------------------------------- */

static int print_json(struct call *c, const struct log_line *line, const char *at)
{
    struct json *j = json_new_object();
    json_add_str(j, "at", at);
    json_add_text(j, "origin", line->origin);
    json_add_str(j, "endpoint", line->endpoint_id ? line->endpoint_id : "");
    json_add_text(j, "worker", line_worker(line));
    json_add_str(j, "source", line_source_name(line->source));
    json_add_str(j, "level", line_level_name(line->level));
    json_add_text(j, "line", line->line);
    json_add_int(j, "count", line->count > 1 ? line->count : 1);
    return call_print(c, j, "slipway.log/1");
}

static void print(struct call *c, const struct log_line *line)
{
    char at[CLOCK_RFC3339_MAX];
    clock_rfc3339(at, line->at_ms, 1);
    if (c->json) {
        print_json(c, line, at);
        return;
    }
    fprintf(c->out, "%s %.*s %-5s %.*s", at, (int)line->origin.len, line->origin.s,
        line_level_name(line->level), (int)line->line.len, line->line.s);
    if (line->count > 1)
        fprintf(c->out, " ×%u", (unsigned)line->count);
    fputc('\n', c->out);
}

size_t logs_lines_print(struct logs_lines *l, struct call *c)
{
    sort(l);
    size_t rows = l->count = log_fold_lines(l->lines, l->count);
    sort(l); /* a row of several lines stands where the last of them does */
    size_t first = rows > l->most ? rows - l->most : 0;
    for (size_t i = first; i < rows && !ferror(c->out); i++)
        print(c, &l->lines[i]);
    fflush(c->out);
    l->count = 0;
    keep_newest(l);
    return rows - first;
}
