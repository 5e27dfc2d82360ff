/* The flags of `slipway logs`. */
#include "app/asked.h"
#include "app/logs_internal.h"
#include "base/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* "90s", "10m", "2h", "3d": so long ago; or a moment. -1 when it is neither. */
static int read_since(const char *s, int64_t now_ms, int64_t *out)
{
    static const struct {
        char unit;
        int64_t ms;
    } units[] = {{'s', 1000}, {'m', 60000}, {'h', 3600000}, {'d', 86400000}};
    char *end;
    errno = 0;
    long long n = strtoll(s, &end, 10);
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (end > s && !errno && n >= 0 && n <= now_ms / units[i].ms && end[0] == units[i].unit &&
            !end[1]) {
            *out = now_ms - (int64_t)n * units[i].ms;
            return 0;
        }
    return clock_parse_rfc3339(s, out);
}

static int read_source(struct logs_ask *ask, struct call *c)
{
    const char *name = asked_text(c->asked, "source");
    if (!name)
        return 0;
    ask->one_source = true;
    if (line_source_named(name, &ask->source) == 0)
        return 0;
    return call_usage(c, "--source is container, system or slipway, not %s", name);
}

static int read_what(struct logs_ask *ask, struct call *c)
{
    const char *level = asked_text(c->asked, "level"), *since = asked_text(c->asked, "since");
    const char *grep = asked_text(c->asked, "grep");
    struct err e;
    if (level && line_level_named(level, &ask->least))
        return call_usage(c, "--level is debug, info, warn or error, not %s", level);
    if (since &&
        (read_since(since, clock_wall_ms(clock_real()), &ask->since_ms) || ask->since_ms <= 0))
        return call_usage(c,
            "--since takes 90s, 10m, 2h, 3d or a time like "
            "2026-11-23T14:00:00Z, not %s",
            since);
    if (grep && !(ask->grep = filter_of_expression(grep, &e)))
        return call_usage(c, "--grep: %s", e.message);
    return read_source(ask, c);
}

int logs_ask_read(struct logs_ask *ask, struct call *c)
{
    struct err e;
    int64_t tail;
    *ask = (struct logs_ask){.endpoint = asked_text(c->asked, "endpoint"),
        .worker = asked_text(c->asked, "worker"),
        .follow = asked_yes(c->asked, "follow", false)};
    int code = read_what(ask, c);
    if (code)
        return code;
    int64_t usual = ask->since_ms ? LOGS_LINES_MAX : LOGS_TAIL;
    int64_t most = ask->since_ms ? LOGS_LINES_MAX : LOGS_TAIL_MAX;
    if (asked_number(c->asked, "tail", 0, most, usual, &tail, &e))
        return call_usage(c, "%s", e.message);
    ask->tail = (size_t)tail;
    return EXIT_CODE_OK;
}

void logs_ask_release(struct logs_ask *ask)
{
    filter_free(ask->grep);
    ask->grep = NULL;
}

/* What leaves lines out here may leave out all of a short tail. */
struct runpod_log_ask logs_ask_stream(const struct logs_ask *ask)
{
    bool picks = ask->grep || ask->least > LINE_DEBUG;
    return (struct runpod_log_ask){
        .tail = picks || ask->tail > LOGS_TAIL_MAX ? LOGS_TAIL_MAX : (int)ask->tail,
        .since_ms = ask->since_ms,
        .one_source = ask->one_source,
        .source = ask->source};
}

bool logs_ask_passes(const struct logs_ask *ask, const struct log_line *line)
{
    const struct filter_field field = {"text", line->line};
    return line->level >= ask->least && (!ask->one_source || line->source == ask->source) &&
           line->at_ms >= ask->since_ms && (!ask->grep || filter_matches(ask->grep, &field, 1));
}
