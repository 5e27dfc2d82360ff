/* A line shows its level in one of these ways, looked for in this order:
 *   - a JSON object with a "level" (the worker SDK's lines, structured loggers)
 *   - a level word near its beginning, standing as one: "ERROR 11-23 …", "[warn]", "level=debug",
 *     "error: …", or glog's "E1123 "
 *   - words that only trouble uses: a Python exception or warning, a traceback, memory or disk full
 * The words inside a message ("0 errors") say nothing. */
#include "model/log_line.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { NO_LEVEL = LINE_LEVELS, HEAD_BYTES = 128 };

struct span {
    const char *s;
    size_t len;
};

static const struct {
    const char *word;
    int level;
} level_words[] = {
    {"trace", LINE_DEBUG},
    {"debug", LINE_DEBUG},
    {"verbose", LINE_DEBUG},
    {"info", LINE_INFO},
    {"notice", LINE_INFO},
    {"warn", LINE_WARN},
    {"warning", LINE_WARN},
    {"error", LINE_ERROR},
    {"err", LINE_ERROR},
    {"fatal", LINE_ERROR},
    {"critical", LINE_ERROR},
    {"crit", LINE_ERROR},
    {"severe", LINE_ERROR},
    {"panic", LINE_ERROR},
    {"exception", LINE_ERROR},
};

static int level_of_word(struct span w)
{
    for (size_t i = 0; i < sizeof level_words / sizeof level_words[0]; i++)
        if (strlen(level_words[i].word) == w.len &&
            strncasecmp(w.s, level_words[i].word, w.len) == 0)
            return level_words[i].level;
    return NO_LEVEL;
}

static bool is_word_byte(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

static bool is_upper(struct span w)
{
    for (size_t i = 0; i < w.len; i++)
        if (!isupper((unsigned char)w.s[i]))
            return false;
    return true;
}

/* The next run of letters, digits and '_' from *at on; false when there is none. */
static bool next_word(struct text line, size_t *at, struct span *word)
{
    size_t start = *at;
    while (start < line.len && !is_word_byte(line.s[start]))
        start++;
    size_t end = start;
    while (end < line.len && is_word_byte(line.s[end]))
        end++;
    *word = (struct span){line.s + start, end - start};
    *at = end;
    return end > start;
}

static char byte_at(struct text line, size_t i)
{
    return i < line.len ? line.s[i] : '\0';
}

/* JSON */

static size_t skip_blanks(struct text line, size_t at)
{
    while (byte_at(line, at) == ' ')
        at++;
    return at;
}

/* The word that a key of this name has as its value; len 0 when there is none. */
static struct span json_word(struct text line, const char *quoted_key)
{
    struct span none = {NULL, 0}, word;
    size_t length = strlen(quoted_key);
    const char *key = memmem(line.s, line.len, quoted_key, length);
    if (!key)
        return none;
    size_t at = skip_blanks(line, (size_t)(key - line.s) + length);
    if (byte_at(line, at) != ':')
        return none;
    at = skip_blanks(line, at + 1);
    if (byte_at(line, at) != '"' || !is_word_byte(byte_at(line, at + 1)))
        return none;
    next_word(line, &at, &word);
    return byte_at(line, at) == '"' ? word : none;
}

static int json_level(struct text line)
{
    static const char *const keys[] = {"\"level\"", "\"levelname\"", "\"severity\"", "\"lvl\""};
    if (byte_at(line, skip_blanks(line, 0)) != '{')
        return NO_LEVEL;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        int level = level_of_word(json_word(line, keys[i]));
        if (level != NO_LEVEL)
            return level;
    }
    return NO_LEVEL;
}

/* Words near the beginning */

/* Capitals are a level unless they are assigned to ("DEBUG=1"); other letters need a sign that they are
 * meant as one. */
static bool stands_as_level(struct text line, struct span w, bool first)
{
    size_t start = (size_t)(w.s - line.s);
    char before = start ? line.s[start - 1] : ' ', behind = byte_at(line, start + w.len);
    if (behind == '=')
        return false;
    bool enclosed = (before == '[' && behind == ']') || (before == '<' && behind == '>');
    return first || is_upper(w) || enclosed || behind == ':' || before == '=';
}

/* glog: a letter and the date, "E1123 14:02:30". */
static int glog_level(struct span w)
{
    static const char letters[] = "DIWEF";
    static const int levels[] = {LINE_DEBUG, LINE_INFO, LINE_WARN, LINE_ERROR, LINE_ERROR};
    const char *letter = w.len == 5 ? strchr(letters, w.s[0]) : NULL;
    for (size_t i = 1; letter && i < w.len; i++)
        if (!isdigit((unsigned char)w.s[i]))
            letter = NULL;
    return letter ? levels[letter - letters] : NO_LEVEL;
}

static int head_level(struct text line)
{
    size_t at = 0;
    struct span w;
    for (bool first = true; at < HEAD_BYTES && next_word(line, &at, &w); first = false) {
        int level = level_of_word(w);
        if (level != NO_LEVEL && stands_as_level(line, w, first))
            return level;
        if (first && (level = glog_level(w)) != NO_LEVEL)
            return level;
    }
    return NO_LEVEL;
}

/* Words of trouble */

static bool ends_in(struct span w, const char *end)
{
    size_t length = strlen(end);
    return w.len >= length && memcmp(w.s + w.len - length, end, length) == 0;
}

/* "ValueError: …", "torch.cuda.OutOfMemoryError" alone, "FutureWarning: …". */
static int exception_level(struct text line)
{
    size_t at = 0;
    struct span w;
    while (next_word(line, &at, &w)) {
        if (byte_at(line, at) != ':' && at != line.len)
            continue;
        if (ends_in(w, "Error") || ends_in(w, "Exception"))
            return LINE_ERROR;
        if (ends_in(w, "Warning"))
            return LINE_WARN;
    }
    return NO_LEVEL;
}

static const char *const phrases[] = {"traceback (most recent call last)", "out of memory",
    "no space left on device", "segmentation fault", "core dumped", "failed to ", "panic:"};

static bool begins(struct text line, size_t at, const char *phrase)
{
    size_t length = strlen(phrase);
    return length <= line.len - at && strncasecmp(line.s + at, phrase, length) == 0;
}

/* Every line is walked through here: so only where a phrase could begin it is compared. */
static int phrase_level(struct text line)
{
    for (size_t i = 0; i < line.len; i++) {
        char c = (char)(line.s[i] | 0x20);
        if (c != 't' && c != 'o' && c != 'n' && c != 's' && c != 'c' && c != 'f' && c != 'p')
            continue;
        for (size_t k = 0; k < sizeof phrases / sizeof phrases[0]; k++)
            if (phrases[k][0] == c && begins(line, i, phrases[k]))
                return LINE_ERROR;
    }
    return NO_LEVEL;
}

enum line_level line_level_of(struct text line)
{
    static int (*const ways[])(struct text) = {
        json_level, head_level, exception_level, phrase_level};
    for (size_t i = 0; line.len && i < sizeof ways / sizeof ways[0]; i++) {
        int level = ways[i](line);
        if (level != NO_LEVEL)
            return (enum line_level)level;
    }
    return LINE_INFO;
}

static const char *const level_names[LINE_LEVELS] = {
    [LINE_DEBUG] = "debug", [LINE_INFO] = "info", [LINE_WARN] = "warn", [LINE_ERROR] = "error"};
static const char *const source_names[LINE_SOURCES] = {
    [LINE_CONTAINER] = "container", [LINE_SYSTEM] = "system", [LINE_OWN] = "slipway"};

const char *line_level_name(enum line_level level)
{
    return (unsigned)level < LINE_LEVELS ? level_names[level] : "info";
}

const char *line_source_name(enum line_source source)
{
    return (unsigned)source < LINE_SOURCES ? source_names[source] : "container";
}

static int place_in(const char *const names[], int count, const char *name)
{
    for (int i = 0; i < count; i++)
        if (strcasecmp(names[i], name) == 0)
            return i;
    return -1;
}

int line_level_named(const char *name, enum line_level *level)
{
    int found = place_in(level_names, LINE_LEVELS, name);
    if (found >= 0)
        *level = (enum line_level)found;
    return found < 0 ? -1 : 0;
}

int line_source_named(const char *name, enum line_source *source)
{
    int found = place_in(source_names, LINE_SOURCES, name);
    if (found >= 0)
        *source = (enum line_source)found;
    return found < 0 ? -1 : 0;
}

struct text line_worker(const struct log_line *line)
{
    const char *slash = line->origin.len ? memrchr(line->origin.s, '/', line->origin.len) : NULL;
    if (!slash)
        return line->endpoint_id ? line->origin : TEXT("");
    return (struct text){slash + 1, line->origin.len - (size_t)(slash + 1 - line->origin.s)};
}

/* "80 000" */
static void put_number(char *out, size_t size, uint64_t n)
{
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%llu", (unsigned long long)n);
    size_t used = 0;
    for (int i = 0; i < length && used + 2 < size; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            out[used++] = ' ';
        out[used++] = digits[i];
    }
    out[used] = '\0';
}

struct log_line log_line_of_loss(
    struct arena *a, uint64_t lost, int64_t at_ms, struct text origin, const char *endpoint_id)
{
    char words[160], number[40];
    put_number(number, sizeof number, lost);
    snprintf(words, sizeof words, "… %s line%s lost here: they came faster than they could be read",
        number, lost == 1 ? "" : "s");
    return (struct log_line){.at_ms = at_ms,
        .order_ms = at_ms,
        .origin = origin,
        .endpoint_id = endpoint_id,
        .level = LINE_WARN,
        .source = LINE_OWN,
        .lost = lost,
        .percent = -1,
        .line = text_from(a, words)};
}
