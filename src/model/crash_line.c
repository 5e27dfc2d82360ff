/* A line without what stands before its message: container and process prefixes, time stamps, levels and names
 * of loggers are taken off one after the other, in whatever order they come, until none is left.
 *
 *   (EngineCore_DP0 pid=84) ERROR 11-23 06:05:12 [core.py:708] ValueError: …
 *   2026-11-23 06:05:12,345 - ERROR - …        [rank0]: …         ERROR:    …        {"message": "…"}
 *
 * Indentation stays: a traceback is read by it. */
#include "model/crash_internal.h"

#include <ctype.h>
#include <string.h>

enum { PREFIXES_MAX = 8, NAME_MAX_BYTES = 64 };

bool crash_begins(struct text t, const char *with)
{
    size_t n = strlen(with);
    return t.len >= n && memcmp(t.s, with, n) == 0;
}

bool crash_has(struct text t, const char *word)
{
    return t.len > 0 && memmem(t.s, t.len, word, strlen(word)) != NULL;
}

static struct text behind(struct text t, size_t n)
{
    return (struct text){t.s + n, t.len - n};
}

static char at(struct text t, size_t i)
{
    return i < t.len ? t.s[i] : '\0';
}

static size_t spaces(struct text t)
{
    size_t n = 0;
    while (at(t, n) == ' ')
        n++;
    return n;
}

/* ---- prefixes: each returns how many bytes it takes, 0 = it is not there ----------------------------- */

static size_t digits_from(struct text t, size_t i)
{
    size_t n = 0;
    while (isdigit((unsigned char)at(t, i + n)))
        n++;
    return n;
}

/* FNV-1a. */
static uint32_t hash(const char *s, size_t n)
{
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < n; i++)
        h = (h ^ (unsigned char)s[i]) * 16777619u;
    return h ? h : 1;
}

/* "(EngineCore_DP0 pid=84) ", "(RayWorkerWrapper pid=1021, ip=10.0.0.2) ", "[rank0]: ": they say whose line it is. */
static size_t process_prefix(struct text t, struct crash_words *w)
{
    char close = (char)(at(t, 0) == '(' ? ')' : at(t, 0) == '[' ? ']' : '\0');
    const char *end = close && t.len > 1 ? memchr(t.s, close, t.len < 96 ? t.len : 96) : NULL;
    size_t n = end ? (size_t)(end - t.s) + 1 : 0;
    struct text inside = {t.s, n};
    bool rank = close == ']' && crash_begins(t, "[rank") && digits_from(t, 5) > 0;
    if (n == 0 || !(rank || (close == ')' && crash_has(inside, "pid="))))
        return 0;
    w->stream = hash(t.s, n);
    n += at(t, n) == ':';
    return n + (at(t, n) == ' ');
}

/* "2026-11-23T06:05:12.345678Z ", "2026-11-23 06:05:12,345 ", "[2026-11-23 06:05:12]", "06:05:12 " and the rest of
 * it: a dash or a bracket. */
static size_t time_prefix(struct text t)
{
    size_t i = at(t, 0) == '[';
    if (digits_from(t, i) == 4 && at(t, i + 4) == '-' && digits_from(t, i + 5) == 2 &&
        at(t, i + 7) == '-' && digits_from(t, i + 8) == 2 &&
        (at(t, i + 10) == 'T' || at(t, i + 10) == ' '))
        i += 11;
    if (digits_from(t, i) != 2 || at(t, i + 2) != ':' || digits_from(t, i + 3) != 2 ||
        at(t, i + 5) != ':')
        return 0;
    i += 6;
    i += digits_from(t, i);
    if (at(t, i) == '.' || at(t, i) == ',')
        i += 1 + digits_from(t, i + 1);
    i += at(t, i) == 'Z';
    if (at(t, i) == '+')
        i += 1 + digits_from(t, i + 1);
    i += at(t, i) == ']';
    size_t gap = i < t.len ? spaces(behind(t, i)) : 0;
    if (gap == 0)
        return i == t.len ? i : 0;
    i += gap;
    return at(t, i) == '-' && at(t, i + 1) == ' ' ? i + 2 : i;
}

/* The worker's own of vLLM's early days: "engine.py           :26   " with the time behind it. */
static size_t place_prefix(struct text t)
{
    size_t i = 0;
    while (isalnum((unsigned char)at(t, i)) || at(t, i) == '_')
        i++;
    if (i == 0 || at(t, i) != '.' || at(t, i + 1) != 'p' || at(t, i + 2) != 'y')
        return 0;
    i += 3 + spaces(behind(t, i + 3));
    size_t digits = at(t, i) == ':' ? digits_from(t, i + 1) : 0;
    if (digits == 0)
        return 0;
    i += 1 + digits;
    i += spaces(behind(t, i));
    return i < t.len && time_prefix(behind(t, i)) > 0 ? i : 0;
}

static const struct {
    const char *word;
    enum line_level level;
} levels[] = {{"DEBUG", LINE_DEBUG}, {"INFO", LINE_INFO}, {"WARNING", LINE_WARN},
    {"WARN", LINE_WARN}, {"ERROR", LINE_ERROR}, {"CRITICAL", LINE_ERROR}, {"FATAL", LINE_ERROR}};

/* vLLM's: "11-23 06:05:12 [core.py:708] ", "11-23 06:05:12.345 [v1/core.py:708] ", "11-23 06:05:12 core.py:70] ". */
static size_t vllm_rest(struct text t)
{
    if (digits_from(t, 0) != 2 || at(t, 2) != '-' || digits_from(t, 3) != 2 || at(t, 5) != ' ')
        return 0;
    size_t time = time_prefix(behind(t, 6));
    size_t i = 6 + time, start = i;
    while (time > 0 && i < t.len && i < start + NAME_MAX_BYTES && at(t, i) != ']')
        i++;
    if (time == 0 || at(t, i) != ']')
        return 0;
    return i + 1 + (at(t, i + 1) == ' ');
}

/* What stands between a level and the message: "root: ", ":root:", "    | ", " - ", "     ". */
static size_t logger_rest(struct text t)
{
    size_t i = 0, n;
    if (at(t, 0) == ':') {
        for (n = 1; isalnum((unsigned char)at(t, n)) || (at(t, n) && strchr("._-", at(t, n)));)
            n++;
        return at(t, n) == ':' && n > 1 ? n + 1 : 1 + spaces(behind(t, 1));
    }
    i = spaces(t);
    if (at(t, i) == '|' || (at(t, i) == '-' && at(t, i + 1) == ' '))
        return i + 1 + (at(t, i + 1) == ' ');
    for (n = i; isalnum((unsigned char)at(t, n)) || (at(t, n) && strchr("._", at(t, n)));)
        n++;
    if (i > 0 && n > i && at(t, n) == ':' && at(t, n + 1) == ' ' &&
        !crash_is_exception(behind(t, i)))
        return n + 2;
    return i;
}

static size_t level_prefix(struct text t, struct crash_words *w)
{
    size_t open = at(t, 0) == '[';
    for (size_t k = 0; k < sizeof levels / sizeof *levels; k++) {
        struct text rest = behind(t, open < t.len ? open : t.len);
        size_t n = strlen(levels[k].word);
        char after = at(rest, n);
        if (!crash_begins(rest, levels[k].word) || (after != ' ' && after != ':' && after != ']'))
            continue;
        size_t i = open + n + (open && after == ']');
        struct text tail = behind(t, i);
        size_t gap = spaces(tail), vllm = gap > 0 ? vllm_rest(behind(tail, gap)) : 0;
        w->level = (int)levels[k].level;
        return i + (vllm > 0 ? gap + vllm : logger_rest(tail));
    }
    return 0;
}

/* ---- the SDK's JSON ------------------------------------------------------------------------------ */

/* The text behind "key": ", up to the closing quote or the end; s NULL = it is not there. */
static struct text json_value(struct text t, const char *quoted_key)
{
    const char *key = memmem(t.s, t.len, quoted_key, strlen(quoted_key));
    if (!key)
        return (struct text){NULL, 0};
    struct text rest = behind(t, (size_t)(key - t.s) + strlen(quoted_key));
    size_t i = spaces(rest);
    if (at(rest, i) != ':')
        return (struct text){NULL, 0};
    rest = behind(rest, i + 1);
    rest = behind(rest, spaces(rest));
    if (at(rest, 0) != '"')
        return (struct text){rest.s, 0};
    size_t n = 1;
    while (n < rest.len && rest.s[n] != '"')
        n += rest.s[n] == '\\' && n + 1 < rest.len ? 2 : 1;
    return (struct text){rest.s + 1, (n < rest.len ? n : rest.len) - 1};
}

static void read_json(struct crash_words *w)
{
    struct text message = json_value(w->body, "\"message\"");
    struct text id = json_value(w->body, "\"requestId\"");
    struct text level = json_value(w->body, "\"level\"");
    if (!message.s)
        return;
    w->json = true;
    w->of_request = id.len > 0;
    for (size_t k = 0; k < sizeof levels / sizeof *levels; k++)
        if (level.len == strlen(levels[k].word) && crash_begins(level, levels[k].word))
            w->level = (int)levels[k].level;
    w->body = message;
}

struct crash_words crash_words_of(const struct log_line *line)
{
    struct crash_words w = {
        .body = {line->line.s ? line->line.s : "", line->line.s ? line->line.len : 0}, .level = -1};
    if (at(w.body, 0) == '{')
        read_json(&w);
    for (int i = 0; i < PREFIXES_MAX && !w.json; i++) {
        size_t n = process_prefix(w.body, &w);
        if (n == 0)
            n = time_prefix(w.body);
        if (n == 0)
            n = place_prefix(w.body);
        if (n == 0 && w.level < 0)
            n = level_prefix(w.body, &w);
        if (n == 0 || n > w.body.len)
            break;
        w.body = behind(w.body, n);
    }
    return w;
}

/* ---- kinds of messages ---------------------------------------------------------------------------- */

static bool ends_with(struct text t, const char *with)
{
    size_t n = strlen(with);
    return t.len >= n && memcmp(t.s + t.len - n, with, n) == 0;
}

bool crash_is_exception(struct text body)
{
    static const char *const kinds[] = {"Error", "Exception", "Interrupt", "Exit", "Expired",
        "TimeoutExpired", "NotFound", "Fault", "Failure"};
    size_t n = 0;
    while (isalnum((unsigned char)at(body, n)) || at(body, n) == '_' || at(body, n) == '.')
        n++;
    if (n < 4 || n > 2 * NAME_MAX_BYTES || (n < body.len && at(body, n) != ':'))
        return false;
    struct text name = {body.s, n};
    size_t last = n;
    while (last > 0 && body.s[last - 1] != '.')
        last--;
    if (!isupper((unsigned char)at(body, last)))
        return false;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (ends_with(name, kinds[i]))
            return true;
    return false;
}

static bool has_any(struct text body, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (crash_has(body, words[i]))
            return true;
    return false;
}

bool crash_is_wrapper(struct text body)
{
    static const char *const words[] = {"Engine core initialization failed", "See root cause above",
        "See stack trace above", "Engine process failed to start", "Engine process (pid",
        "EngineCore failed to start", "WorkerProc failed to start",
        "WorkerProc initialization failed", "EngineCore encountered a fatal error",
        "EngineCore encountered an issue", "EngineDeadError", "AsyncEngineDeadError",
        "Engine loop is not running", "Background loop has errored", "Background loop is stopped",
        "Engine loop has died", "MQEngineDeadError", "exited during startup", "died unexpectedly",
        "Executor failed", "Failed core proc(s)", "EngineCore hit an exception",
        "Error executing method", "Exception in worker", "Worker proc", "SystemExit",
        "KeyboardInterrupt", "ChildFailedError", "fatal signal from worker process",
        "resource_tracker: There appear to be", "destroy_process_group() was not called"};
    return has_any(body, words, sizeof words / sizeof *words);
}

bool crash_is_harmless(struct text body)
{
    static const char *const always[] = {"UserWarning:", "FutureWarning:", "DeprecationWarning:",
        "RuntimeWarning:", "ResourceWarning:", "SyntaxWarning:", "CancelledError",
        "Exception ignored in", " NCCL INFO "};
    static const char *const no_exception[] = {"Error retrieving file",
        "Error retrieving safetensors", "retrying", "Retrying", "Trying to resume download",
        "generation_config.json", "preprocessor_config.json", "processor_config.json",
        "adapter_config.json", "chat_template.jinja", "added_tokens.json", "alling back to",
        "deprecated", "gnored error", "(ignored)", "Ignoring ", "will be used instead",
        "using default", "\"GET ", "\"POST "};
    return has_any(body, always, sizeof always / sizeof *always) ||
           (!crash_is_exception(body) &&
               has_any(body, no_exception, sizeof no_exception / sizeof *no_exception));
}

int crash_loudness(struct text body)
{
    static const struct {
        const char *word;
        int loud;
    } words[] = {{"panicked at", 3}, {"panic:", 3}, {"FATAL", 3}, {"Fatal", 3}, {"fatal", 3},
        {"terminate called", 3}, {"Error", 2}, {"ERROR", 2}, {"error", 2}, {"xception", 2},
        {"Segmentation fault", 2}, {"bort", 2}, {"ssertion", 2}, {"ailed", 1}, {"FAILED", 1},
        {"annot ", 1}, {"ould not", 1}, {"nable to", 1}, {"refused", 1}, {"mismatch", 1},
        {"nvalid", 1}, {"denied", 1}, {"issing", 1}, {"not found", 1}, {"does not ", 1},
        {"nsupported", 1}};
    int most = 0;
    for (size_t i = 0; i < sizeof words / sizeof *words && !crash_is_harmless(body); i++)
        if (words[i].loud > most && crash_has(body, words[i].word))
            most = words[i].loud;
    return most;
}

bool crash_announces(struct text body)
{
    return crash_begins(body, "terminate called") || ends_with(body, ":");
}
