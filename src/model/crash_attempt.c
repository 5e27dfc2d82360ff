/* Lines of several processes are mixed, so each process has its own traceback, told apart by the prefix of its
 * lines. A traceback is a heading, indented lines, and an exception; chained ones follow on each other and count
 * as one, whose last exception is kept, and whose first is its root. */
#include "model/crash_attempt.h"

#include <string.h>

/* A start that takes longer than 7 minutes is ended (spec/runpod.md §8.1 row 10): about so long it took then. */
enum { LATE_MIN_MS = 400 * 1000, LATE_MAX_MS = 480 * 1000 };
/* A start that was stopped so soon had no time to come to serve, and be idle; one that cried out, a bit later. */
enum { SHORT_MS = 5 * 1000, SHORT_LOUD_MS = 60 * 1000 };
/* What stayed up for so long without a word of what is wrong did so to serve: it says it in words nobody knows. */
enum { STAYED_MS = 10 * 60 * 1000 };
/* What exits at once says little and does not last. */
enum { SILENT_LINES_MAX = 5, EXIT_TOLD = 143 };

const struct crash_cause crash_cause_init_timeout = {"init-timeout-loop", ""},
                         crash_cause_init_timeout_once = {"init-timeout-loop", "once"},
                         crash_cause_silent_start = {"start-command-exits", "silent"};
const struct crash_cause crash_cause_memory_weights = {"does-not-fit-gpu", "weights"},
                         crash_cause_memory_profile = {"does-not-fit-gpu", "profile"},
                         crash_cause_memory_graphs = {"does-not-fit-gpu", "graphs"},
                         crash_cause_memory_serving = {"does-not-fit-gpu", "serving"};

void crash_attempt_init(struct crash_attempt *t, size_t line)
{
    *t = (struct crash_attempt){.first = line,
        .last = line,
        .start_ms = -1,
        .stop_ms = -1,
        .until_ms = -1,
        .exit_code = -1};
}

bool crash_attempt_is_new(const struct crash_attempt *t)
{
    bool unknown_beginning = t->said > 0 && !t->created; /* the lines begin in the middle of one */
    return !t->started && !t->refused && !unknown_beginning;
}

void crash_attempt_progress(struct crash_attempt *t)
{
    t->stage++;
}

static void forget(struct crash_attempt *t)
{
    t->evidence_count = 0;
    t->loudness = 0;
    t->has_exception = t->has_error = t->announces = t->has_told = false;
    for (size_t i = 0; i < CRASH_TRACES_MAX; i++)
        t->traces[i].first = false;
}

/* A job that is dealt with mends nothing once the engine is dead. */
void crash_attempt_serves(struct crash_attempt *t, bool job)
{
    t->jobs += job && t->jobs < 1000000;
    if (t->local_api || (t->final && job))
        return;
    t->serves = t->served = true;
    t->final = false;
    t->stage++;
    forget(t);
}

void crash_attempt_fatal(struct crash_attempt *t)
{
    if (t->graceful)
        return;
    t->final = true;
    t->serves = false;
}

static bool has_evidence(const struct crash_attempt *t, bool fresh);

void crash_attempt_told_to_end(struct crash_attempt *t)
{
    if (!t->final && (t->serves || !has_evidence(t, true)))
        t->graceful = true;
}

/* ---- tracebacks ----------------------------------------------------------------------------------- */

static struct crash_trace *trace_of(struct crash_attempt *t, uint32_t stream)
{
    for (size_t i = 0; i < CRASH_TRACES_MAX; i++)
        if (t->traces[i].used && t->traces[i].stream == stream)
            return &t->traces[i];
    struct crash_trace *trace = &t->traces[t->next_trace++ % CRASH_TRACES_MAX];
    *trace = (struct crash_trace){.stream = stream, .used = true};
    return trace;
}

static const struct crash_cause *memory_of(struct text frame)
{
    static const struct {
        const char *function;
        const struct crash_cause *cause;
    } does[] = {
        {", in load_model", &crash_cause_memory_weights},
        {", in create_weights", &crash_cause_memory_weights},
        {", in process_weights_after_loading", &crash_cause_memory_weights},
        {", in initialize_model", &crash_cause_memory_weights},
        {", in _initialize_model", &crash_cause_memory_weights},
        {", in profile_run", &crash_cause_memory_profile},
        {", in determine_available_memory", &crash_cause_memory_profile},
        {", in determine_num_available_blocks", &crash_cause_memory_profile},
        {", in capture_model", &crash_cause_memory_graphs},
        {", in compile_or_warm_up_model", &crash_cause_memory_graphs},
        {", in execute_model", &crash_cause_memory_serving},
    };
    for (size_t i = 0; i < sizeof does / sizeof *does; i++)
        if (crash_has(frame, does[i].function))
            return does[i].cause;
    return NULL;
}

static void keep_exception(struct crash_attempt *t, struct crash_trace *trace, size_t i)
{
    bool goes_on = trace->chained && trace->first;
    if (t->has_exception && t->exception_stage >= t->stage && !goes_on)
        return;
    for (size_t k = 0; k < CRASH_TRACES_MAX; k++)
        t->traces[k].first = false;
    trace->first = true;
    if (!goes_on)
        t->root = i;
    t->has_exception = true;
    t->exception = i;
    t->exception_stage = t->stage;
    t->has_site = trace->has_site;
    t->site = trace->site;
}

static void take_traced(
    struct crash_attempt *t, struct crash_trace *trace, size_t i, struct text body)
{
    bool indented = body.len == 0 || body.s[0] == ' ' || body.s[0] == '^' || body.s[0] == '~';
    if (indented) {
        bool frame = crash_has(body, "File \"");
        const struct crash_cause *memory = frame ? memory_of(body) : NULL;
        trace->site = frame ? i : trace->site;
        trace->has_site = trace->has_site || frame;
        trace->memory = trace->memory ? trace->memory : memory;
        return;
    }
    trace->open = false;
    if (!trace->mild && !crash_is_wrapper(body) && !crash_is_harmless(body))
        keep_exception(t, trace, i);
    trace->chained = false;
}

static void take_trace(struct crash_attempt *t, struct crash_trace *trace, size_t i,
    const struct crash_words *w, bool serious)
{
    struct text body = w->body;
    if (crash_has(body, "Traceback (most recent call last)")) {
        trace->open = !w->json;
        trace->mild = !serious;
        trace->has_site = false;
        if (!trace->chained) {
            trace->memory = NULL;
            trace->first = false;
        }
    } else if (crash_begins(body, "During handling of the above exception") ||
               crash_begins(body, "The above exception was the direct cause")) {
        trace->chained = true;
    } else if (trace->open) {
        take_traced(t, trace, i, body);
    } else if (serious && crash_is_exception(body) && !crash_is_wrapper(body) &&
               !t->has_exception) {
        keep_exception(t, trace, i);
    }
}

/* ---- evidence ------------------------------------------------------------------------------------- */

static bool is_memory(const struct crash_cause *cause)
{
    return strcmp(cause->id, "does-not-fit-gpu") == 0 && strcmp(cause->variant, "memory") == 0;
}

static void add_evidence(struct crash_attempt *t, struct crash_evidence e)
{
    if (t->evidence_count < CRASH_EVIDENCE_MAX) {
        t->evidence[t->evidence_count++] = e;
        return;
    }
    struct crash_evidence *least = &t->evidence[0];
    for (size_t i = 1; i < CRASH_EVIDENCE_MAX; i++)
        if (t->evidence[i].row->weight < least->row->weight)
            least = &t->evidence[i];
    if (e.row->weight > least->row->weight) {
        size_t behind = (size_t)(&t->evidence[CRASH_EVIDENCE_MAX - 1] - least);
        memmove(least, least + 1, behind * sizeof *least);
        t->evidence[CRASH_EVIDENCE_MAX - 1] = e;
    }
}

/* Who fails ends its other processes, and the shell says "Killed" of them: after an exception that is no sign of the
 * host's memory, unless the kernel's killer is named. */
static bool kills_itself(const struct crash_attempt *t, size_t i, const struct crash_row *row,
    const struct crash_words *w)
{
    return strcmp(row->cause.id, "host-memory") == 0 && t->has_exception && t->exception != i &&
           t->exception_stage == t->stage && !crash_is_exception(w->body) &&
           !crash_has(w->body, "OOM") && !crash_has(w->body, "oom") &&
           !crash_has(w->body, "allocate memory");
}

/* The first of the loudest, and the line behind it where that says what it is about. */
static void listen(struct crash_attempt *t, size_t i, const struct crash_words *w, bool serious)
{
    bool first_error = t->has_error && t->error == i;
    int loud = !serious || w->of_request || crash_is_wrapper(w->body) ? 0
               : first_error                                          ? (int)CRASH_LOUDEST
                                                                      : crash_loudness(w->body);
    if (t->announces && w->body.len > 0) {
        t->has_told = true;
        t->told = i;
    }
    t->announces = t->announces && w->body.len == 0;
    if (loud <= t->loudness)
        return;
    t->loudness = loud;
    t->loud = i;
    t->has_told = false;
    t->announces = crash_announces(w->body);
}

void crash_attempt_take(struct crash_attempt *t, size_t i, const struct log_line *line,
    const struct crash_words *w, const struct crash_row *row, bool serious, bool fatal)
{
    struct crash_trace *trace = NULL;
    if (line->source != LINE_SYSTEM) {
        t->said++;
        t->last = line->line.len > 0 ? i : t->last;
        trace = trace_of(t, w->stream);
        take_trace(t, trace, i, w, serious);
        bool error = (w->level == (int)LINE_ERROR && serious) || fatal;
        if (error && !t->has_error && !w->of_request && !crash_is_wrapper(w->body)) {
            t->has_error = true;
            t->error = i;
        }
        listen(t, i, w, serious || fatal);
    } else if (t->refused && !t->has_error) {
        t->has_error = true;
        t->error = i;
    }
    if (!row || row->weight == CRASH_NOTICE || (t->graceful && !t->final))
        return;
    if (kills_itself(t, i, row, w))
        return;
    const struct crash_cause *cause = &row->cause;
    if (trace && is_memory(cause))
        cause = t->served ? &crash_cause_memory_serving : trace->memory ? trace->memory : cause;
    add_evidence(t, (struct crash_evidence){i, row, cause, t->stage, crash_is_exception(w->body)});
}

/* What a line says against the attempt: its nearness to the cause, and more where no progress followed. */
static int score(const struct crash_attempt *t, const struct crash_evidence *e)
{
    return e->row->weight < CRASH_GENERAL ? 0 : (int)e->row->weight + 2 * (e->stage == t->stage);
}

static bool same_cause(const struct crash_evidence *a, const struct crash_evidence *b)
{
    return strcmp(a->cause->id, b->cause->id) == 0 &&
           strcmp(a->cause->variant, b->cause->variant) == 0;
}

/* The first of the strongest names the cause; of those that name the same, the last exception says it best. */
const struct crash_evidence *crash_attempt_best(const struct crash_attempt *t)
{
    const struct crash_evidence *best = NULL;
    for (size_t i = 0; i < t->evidence_count; i++) {
        const struct crash_evidence *e = &t->evidence[i];
        int more = score(t, e) - (best ? score(t, best) : 0);
        bool nearer = more == 0 && best && e->row->weight > best->row->weight;
        bool clearer = more == 0 && best && e->exception && same_cause(e, best);
        if (more > 0 || nearer || clearer)
            best = e;
    }
    return best;
}

/* ---- how it ended --------------------------------------------------------------------------------- */

static bool has_evidence(const struct crash_attempt *t, bool fresh)
{
    if (t->has_exception && (!fresh || t->exception_stage == t->stage))
        return true;
    for (size_t i = 0; i < t->evidence_count; i++)
        if (score(t, &t->evidence[i]) > 0 && (!fresh || t->evidence[i].stage == t->stage))
            return true;
    return false;
}

static bool took_too_long(const struct crash_attempt *t)
{
    int64_t took = t->start_ms >= 0 && t->stop_ms >= 0 ? t->stop_ms - t->start_ms : -1;
    return t->late || (took >= LATE_MIN_MS && took <= LATE_MAX_MS);
}

/* By itself. What ends by the signal that asks it to (143) was told to. */
static bool exited_badly(const struct crash_attempt *t)
{
    bool well = t->exit_code == EXIT_TOLD || (t->exit_code == 0 && t->serves);
    return t->exited && !well && !t->graceful;
}

static bool stayed_up(const struct crash_attempt *t)
{
    bool times = t->start_ms >= 0 && t->until_ms >= 0;
    return times && t->said > 0 && t->stage == 0 && t->loudness == 0 && !t->late &&
           t->until_ms - t->start_ms > STAYED_MS;
}

static bool failed(const struct crash_attempt *t, bool newest)
{
    if (t->refused || t->final || exited_badly(t))
        return true;
    if (t->graceful || t->local_api)
        return false;
    if (t->ended)
        return !t->serves && (has_evidence(t, false) || took_too_long(t));
    if (newest)
        return !t->serves && has_evidence(t, true);
    return has_evidence(t, false) || (t->started && !t->serves && !stayed_up(t));
}

enum crash_attempt_outcome crash_attempt_outcome(const struct crash_attempt *t, bool newest)
{
    if (failed(t, newest))
        return CRASH_ATTEMPT_FAILED;
    if (t->serves)
        return CRASH_ATTEMPT_SERVES;
    return newest && !t->ended ? CRASH_ATTEMPT_OPEN : CRASH_ATTEMPT_ENDED;
}

bool crash_attempt_cut_short(const struct crash_attempt *t)
{
    int64_t took = t->start_ms >= 0 && t->stop_ms >= 0 ? t->stop_ms - t->start_ms : -1;
    int64_t most = t->loudness >= CRASH_LOUD ? SHORT_LOUD_MS : SHORT_MS;
    return t->ended && !t->served && !t->graceful && !t->local_api && t->stage == 0 && took >= 0 &&
           took <= most;
}

/* ---- where no pattern knows ------------------------------------------------------------------------ */

size_t crash_attempt_lines(const struct crash_attempt *t, size_t lines[CRASH_LINES_MAX])
{
    size_t n = 0;
    if (t->has_exception) {
        lines[n++] = t->exception;
        if (t->root != t->exception)
            lines[n++] = t->root;
        if (t->has_site)
            lines[n++] = t->site;
    }
    if (t->has_error && !t->has_exception)
        lines[n++] = t->error;
    if (n == 0 && t->loudness > 0)
        lines[n++] = t->loud;
    if (n == 1 && t->has_told && t->loud == lines[0])
        lines[n++] = t->told;
    if (n == 0)
        lines[n++] = t->said > 0 ? t->last : t->first;
    return n;
}

const struct crash_cause *crash_attempt_unsaid(const struct crash_attempt *t, int crashes)
{
    bool said = t->has_exception || t->has_error || t->refused;
    if (!said && t->ended && took_too_long(t))
        return crashes > 1 ? &crash_cause_init_timeout : &crash_cause_init_timeout_once;
    if (!said && t->loudness == 0 && !t->final && crashes > 1 && t->said <= SILENT_LINES_MAX &&
        t->stage == 0)
        return &crash_cause_silent_start;
    return NULL;
}
