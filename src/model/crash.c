/* The lines are read once, as one attempt to start after the other. An attempt collects what may have ended it:
 * lines that a pattern of the table knows, and of the tracebacks the first chain's last exception. Progress
 * makes what was collected before it stale (it was dealt with), coming to serve forgets it. When the next attempt
 * begins, or the lines end, it is settled whether this one failed; the newest that did is what is told, unless one
 * since has come to serve.
 *
 * Without the platform's lines, a program's first words after the last ones of another begin an attempt. */
#include "model/crash_attempt.h"

#include <string.h>

/* So many starts in a row that were cut short, each soon after the other, are a loop. */
enum { CUT_SHORT_LOOP = 3, CUT_SHORT_GAP_MS = 30 * 1000, CUT_SHORT_LOUD_GAP_MS = 120 * 1000 };

struct reader {
    struct crash_attempt now, failed;
    bool any_failed;
    int cut_short;         /* in a row */
    int64_t cut_short_end; /* wall, of the newest of them */
    struct crash_matcher *matcher;
    const struct log_line *lines;
    struct crash *out;
    struct text version, last_bar;
};

/* ---- attempts follow one another ----------------------------------------------------------------- */

static void keep_failure(struct reader *r)
{
    r->failed = r->now;
    r->any_failed = true;
    r->out->crashes++;
}

static void forget_failures(struct reader *r)
{
    r->any_failed = false;
    r->out->crashes = 0;
}

/* The platform's "stop container" may be how it clears away what has ended by itself. */
static void keep_cut_short(struct reader *r)
{
    if (!crash_attempt_cut_short(&r->now)) {
        r->cut_short = 0;
        return;
    }
    int64_t most = r->now.loudness >= CRASH_LOUD ? CUT_SHORT_LOUD_GAP_MS : CUT_SHORT_GAP_MS;
    bool soon = r->cut_short > 0 && r->now.start_ms - r->cut_short_end < most;
    r->cut_short = soon ? r->cut_short + 1 : 1;
    r->cut_short_end = r->now.stop_ms;
    if (r->cut_short < CUT_SHORT_LOOP)
        return;
    r->out->crashes += r->cut_short == CUT_SHORT_LOOP ? CUT_SHORT_LOOP - 1 : 0;
    keep_failure(r);
}

static void settle(struct reader *r, bool newest)
{
    switch (crash_attempt_outcome(&r->now, newest)) {
    case CRASH_ATTEMPT_FAILED:
        if (r->now.jobs > 0)
            forget_failures(r);
        keep_failure(r);
        break;
    case CRASH_ATTEMPT_SERVES:
        forget_failures(r);
        break;
    default:
        keep_cut_short(r);
        return;
    }
    r->cut_short = 0;
}

/* The attempt is over; `at` is the line that begins the next one. */
static void next_attempt(struct reader *r, size_t at)
{
    if (r->now.started && !r->now.ended)
        r->out->ends++;
    r->now.until_ms = r->lines[at].at_ms;
    settle(r, false);
    crash_attempt_init(&r->now, at);
}

static int times(const struct log_line *line)
{
    return line->count > 1 && line->count < 1000000 ? (int)line->count : 1;
}

static void take_start(struct reader *r, size_t i)
{
    const struct log_line *line = &r->lines[i];
    if (!crash_attempt_is_new(&r->now))
        next_attempt(r, i);
    struct crash *out = r->out;
    for (int n = 1; n < times(line) && n < 100; n++) { /* folded: none of them said a word */
        r->now.started = true;
        r->now.last = i;
        out->starts++;
        next_attempt(r, i);
    }
    r->now.started = true;
    r->now.start_ms = line->at_ms;
    out->starts++;
    if (out->first_start_ms < 0)
        out->first_start_ms = line->at_ms;
    out->last_start_ms = line->at_ms;
}

/* A program's first words: where the platform's lines are missing, they begin an attempt. */
static void take_banner(struct reader *r, size_t i)
{
    if (!r->now.final && !r->now.ended && r->now.exit_code < 0)
        return;
    take_start(r, i);
}

static void take_end(struct reader *r, size_t i, int exit_code)
{
    if (exit_code >= 0)
        r->now.exit_code = r->out->exit_code = exit_code;
    if (!r->now.started || r->now.ended)
        return;
    r->now.ended = true;
    r->now.stop_ms = r->lines[i].at_ms;
    r->out->ends++;
}

static void take_refusal(struct reader *r)
{
    r->out->ends += !r->now.refused;
    r->now.refused = true;
}

static void progress(struct reader *r, size_t i, struct text body)
{
    bool same = body.len == r->last_bar.len &&
                (body.len == 0 || memcmp(body.s, r->last_bar.s, body.len) == 0);
    if (!same)
        r->out->moved_ms = r->lines[i].at_ms;
    r->last_bar = body;
}

static void take_event(
    struct reader *r, size_t i, const struct crash_words *w, enum crash_event event)
{
    switch (event) {
    case CRASH_EVENT_CREATE:
        if (r->now.started || r->now.refused || r->now.said > 0)
            next_attempt(r, i);
        r->now.created = true;
        progress(r, i, w->body);
        break;
    case CRASH_EVENT_PULL:
        if (r->now.refused || r->now.ended)
            next_attempt(r, i);
        r->now.pulling = !r->now.started;
        progress(r, i, w->body);
        break;
    case CRASH_EVENT_REFUSED:
        take_refusal(r);
        break;
    case CRASH_EVENT_START:
        take_start(r, i);
        progress(r, i, w->body);
        break;
    case CRASH_EVENT_STOP:
        take_end(r, i, -1);
        break;
    case CRASH_EVENT_EXIT:
        r->now.exited = r->now.exited || !r->now.ended; /* a stopped one is killed if need be */
        take_end(r, i, crash_exit_code(w->body));
        break;
    case CRASH_EVENT_LATE:
        r->now.late = true;
        break;
    case CRASH_EVENT_BANNER:
        take_banner(r, i);
        progress(r, i, w->body);
        break;
    case CRASH_EVENT_LOAD:
        crash_attempt_progress(&r->now);
        progress(r, i, w->body);
        break;
    case CRASH_EVENT_SERVE:
    case CRASH_EVENT_JOB:
        crash_attempt_serves(&r->now, event == CRASH_EVENT_JOB);
        progress(r, i, w->body);
        break;
    case CRASH_EVENT_LOCAL:
        r->now.local_api = true;
        r->now.serves = false;
        break;
    case CRASH_EVENT_FATAL:
        crash_attempt_fatal(&r->now);
        break;
    case CRASH_EVENT_GRACE:
        crash_attempt_told_to_end(&r->now);
        break;
    default:
        break;
    }
}

/* ---- one line ------------------------------------------------------------------------------------ */

static void take_notice(struct reader *r, size_t i, const struct crash_row *row)
{
    r->out->notice = &row->cause;
    r->out->notice_line = r->lines[i];
}

/* What is no more than a warning may tell of numbers and of requests, never of a cause. */
static enum crash_weight most_of(const struct crash_words *w, enum crash_event event)
{
    if (event == CRASH_EVENT_FATAL || event == CRASH_EVENT_REFUSED)
        return CRASH_DECIDES;
    bool mild = w->level >= 0 && w->level < (int)LINE_ERROR;
    return mild || crash_is_harmless(w->body) ? CRASH_NOTICE : CRASH_DECIDES;
}

static void take_line(struct reader *r, size_t i)
{
    const struct log_line *line = &r->lines[i];
    struct crash_words w = crash_words_of(line);
    enum crash_event event = crash_event_of(line, &w);
    struct text version = crash_version(w.body);
    if (version.len > 0)
        r->version = version;
    take_event(r, i, &w, event);
    if (event == CRASH_EVENT_PULL || event == CRASH_EVENT_CREATE || event == CRASH_EVENT_START)
        return;
    enum crash_weight most = most_of(&w, event);
    const struct crash_row *row =
        crash_is_wrapper(w.body) ? NULL : crash_match(r->matcher, w.body, most);
    if (row && row->weight == CRASH_NOTICE)
        take_notice(r, i, row);
    crash_attempt_take(
        &r->now, i, line, &w, row, most == CRASH_DECIDES, event == CRASH_EVENT_FATAL);
}

/* ---- what is told --------------------------------------------------------------------------------- */

static void put_line(struct crash *out, const struct log_line *line)
{
    for (size_t i = 0; i < out->line_count; i++)
        if (out->lines[i].line.len == line->line.len &&
            memcmp(out->lines[i].line.s, line->line.s, line->line.len) == 0)
            return;
    if (out->line_count < CRASH_LINES_MAX && line->line.s && line->line.len > 0)
        out->lines[out->line_count++] = *line;
}

static int take_values_of(struct reader *r, const struct crash_evidence *e, struct arena *a)
{
    struct crash_words w = crash_words_of(&r->lines[e->line]);
    return crash_take_values(r->matcher, e->row, w.body, a, r->out);
}

static int tell_known(struct reader *r, const struct crash_evidence *best, struct arena *a)
{
    struct crash *out = r->out;
    const struct crash_attempt *f = &r->failed;
    out->cause = best->cause;
    put_line(out, &r->lines[best->line]);
    if (take_values_of(r, best, a))
        return -1;
    for (size_t i = 0; i < f->evidence_count; i++) {
        const struct crash_evidence *e = &f->evidence[i];
        if (e == best || strcmp(e->cause->id, best->cause->id) != 0)
            continue;
        if (take_values_of(r, e, a))
            return -1;
        put_line(out, &r->lines[e->line]);
    }
    return 0;
}

static void tell_unknown(struct reader *r)
{
    struct crash *out = r->out;
    const struct crash_attempt *f = &r->failed;
    size_t lines[CRASH_LINES_MAX];
    size_t n = crash_attempt_lines(f, lines);
    for (size_t i = 0; i < n; i++)
        put_line(out, &r->lines[lines[i]]);
    out->silent = !f->has_exception && !f->has_error && !f->refused;
    out->cause = crash_attempt_unsaid(f, out->crashes);
}

static int tell_failure(struct reader *r, struct arena *a)
{
    const struct crash_evidence *best = crash_attempt_best(&r->failed);
    r->out->after_serving = r->failed.jobs > 0;
    if (best)
        return tell_known(r, best, a);
    tell_unknown(r);
    return 0;
}

static int finish(struct reader *r, struct arena *a)
{
    struct crash *out = r->out;
    enum crash_attempt_outcome last = crash_attempt_outcome(&r->now, true);
    settle(r, true);
    bool failed_now = last == CRASH_ATTEMPT_FAILED;
    out->again = r->any_failed && last == CRASH_ATTEMPT_OPEN;
    out->crashed = failed_now || out->crashes >= 2;
    out->serves = last == CRASH_ATTEMPT_SERVES && !r->now.ended;
    out->local_api = r->now.local_api && !failed_now;
    bool open = !failed_now && !r->now.ended && !out->serves && !out->local_api;
    out->pulling = open && r->now.pulling && !r->now.started;
    out->loading = open && !out->pulling && r->now.stage > 0;
    if (!out->serves && !out->local_api && !r->now.jobs)
        out->notice = NULL;
    char *version = arena_dup(a, r->version.s, r->version.len);
    if (!version)
        return -1;
    out->version = (struct text){version, r->version.len};
    return r->any_failed ? tell_failure(r, a) : 0;
}

int crash_read(const struct log_line *lines, size_t count, struct arena *a, struct crash *out)
{
    struct reader r = {.lines = lines, .out = out, .version = {"", 0}, .last_bar = {"", 0}};
    *out = (struct crash){.first_start_ms = -1,
        .last_start_ms = -1,
        .exit_code = -1,
        .moved_ms = -1,
        .version = {"", 0}};
    r.matcher = crash_matcher_new();
    if (!r.matcher)
        return -1;
    crash_attempt_init(&r.now, 0);
    for (size_t i = 0; i < count; i++)
        if (lines[i].source != LINE_OWN && lines[i].lost == 0)
            take_line(&r, i);
    int result = finish(&r, a);
    crash_matcher_free(r.matcher);
    return result;
}

const struct crash_value *crash_value(const struct crash *c, enum crash_value_kind kind)
{
    for (size_t i = 0; i < c->value_count; i++)
        if (c->values[i].kind == kind)
            return &c->values[i];
    return NULL;
}
