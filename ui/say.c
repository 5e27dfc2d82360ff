/* Numbers and ages as short texts. Each function knows its unit's few forms; all keep to at most three
 * or four digits, so that columns can be narrow and nothing pretends to be more exact than it is. */
#include "ui/say.h"

#include "ui/press.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE };
static const int64_t DAY = 24 * (int64_t)HOUR;

static const char *unknown(char out[SAY_MAX])
{
    snprintf(out, SAY_MAX, "—");
    return out;
}

/* ---- time ------------------------------------------------------------------------------------------ */

const char *say_age(char out[SAY_MAX], int64_t ms)
{
    if (ms < 0)
        return unknown(out);
    if (ms < MINUTE)
        snprintf(out, SAY_MAX, "%ds", (int)(ms / SECOND));
    else if (ms < HOUR)
        snprintf(out, SAY_MAX, "%dm%02ds", (int)(ms / MINUTE), (int)(ms % MINUTE / SECOND));
    else if (ms < DAY)
        snprintf(out, SAY_MAX, "%dh%02dm", (int)(ms / HOUR), (int)(ms % HOUR / MINUTE));
    else
        snprintf(out, SAY_MAX, "%lldd%dh", (long long)(ms / DAY), (int)(ms % DAY / HOUR));
    return out;
}

const char *say_age_short(char out[SAY_MAX], int64_t ms)
{
    if (ms < 0)
        return unknown(out);
    if (ms < MINUTE)
        snprintf(out, SAY_MAX, "%ds", (int)(ms / SECOND));
    else if (ms < HOUR)
        snprintf(out, SAY_MAX, "%dm", (int)(ms / MINUTE));
    else if (ms < DAY)
        snprintf(out, SAY_MAX, "%dh", (int)(ms / HOUR));
    else
        snprintf(out, SAY_MAX, "%lldd", (long long)(ms / DAY));
    return out;
}

const char *say_span(char out[SAY_MAX], int64_t ms)
{
    if (ms < 0 || ms >= 10 * SECOND)
        return say_age(out, ms);
    int hundredths = (int)((ms + 5) / 10);
    if (hundredths % 10 == 0)
        snprintf(out, SAY_MAX, "%d.%ds", hundredths / 100, hundredths % 100 / 10);
    else
        snprintf(out, SAY_MAX, "%d.%02ds", hundredths / 100, hundredths % 100);
    return out;
}

const char *say_left(char out[SAY_MAX], double seconds)
{
    if (!(seconds >= 0) || seconds > 1e9)
        return unknown(out);
    long s = (long)(seconds + 0.5);
    if (s < 3600)
        snprintf(out, SAY_MAX, "%ld:%02ld", s / 60, s % 60);
    else if (s < 100 * 3600L)
        snprintf(out, SAY_MAX, "%ld:%02ld:%02ld", s / 3600, s / 60 % 60, s % 60);
    else
        snprintf(out, SAY_MAX, "%ldd", s / 86400);
    return out;
}

const char *say_clock(char out[SAY_MAX], int64_t wall_ms)
{
    int64_t s = (wall_ms < 0 ? 0 : wall_ms) / SECOND;
    snprintf(
        out, SAY_MAX, "%02d:%02d:%02d", (int)(s / 3600 % 24), (int)(s / 60 % 60), (int)(s % 60));
    return out;
}

/* ---- amounts --------------------------------------------------------------------------------------- */

/* A number below 1000 in the unit: one digit behind the point while there is but one before it. */
static const char *with_unit(char out[SAY_MAX], double n, const char *behind)
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
    size_t unit = 0;
    while (n >= 999.5 && unit + 1 < sizeof units / sizeof *units) {
        n /= 1000;
        unit++;
    }
    snprintf(out, SAY_MAX, "%.*f %s%s", unit > 0 && n < 9.95, n, units[unit], behind);
    return out;
}

const char *say_bytes(char out[SAY_MAX], int64_t bytes)
{
    return bytes < 0 ? unknown(out) : with_unit(out, (double)bytes, "");
}

const char *say_speed(char out[SAY_MAX], double bytes_per_s)
{
    return bytes_per_s >= 0 && bytes_per_s < 1e18 ? with_unit(out, bytes_per_s, "/s")
                                                  : unknown(out);
}

/* Below a cent two digits that count, without the zero before the point. */
static void small_amount(char out[SAY_MAX], double dollars)
{
    int digits = 1 - (int)floor(log10(dollars));
    char all[SAY_MAX];
    int length = snprintf(all, sizeof all, "%.*f", digits > 9 ? 9 : digits, dollars);
    while (length > 1 && all[length - 1] == '0')
        all[--length] = '\0';
    snprintf(out, SAY_MAX, "%s", all[0] == '0' ? all + 1 : all);
}

const char *say_amount(char out[SAY_MAX], double dollars)
{
    double size = fabs(dollars);
    if (!isfinite(dollars))
        return unknown(out);
    if (size < 1e-9)
        snprintf(out, SAY_MAX, "0");
    else if (dollars > 0 && dollars < 0.00995)
        small_amount(out, dollars);
    else if (size < 0.0995)
        snprintf(out, SAY_MAX, "%.4f", dollars);
    else if (size < 100000)
        snprintf(out, SAY_MAX, "%.2f", dollars);
    else
        snprintf(out, SAY_MAX, "%.4g", dollars);
    return out;
}

const char *say_money(char out[SAY_MAX], double dollars)
{
    char amount[SAY_MAX];
    if (!isfinite(dollars))
        return unknown(out);
    say_amount(amount, fabs(dollars));
    snprintf(out, SAY_MAX, "%s$%.20s", dollars < 0 ? "−" : "", amount);
    return out;
}

const char *say_count(char out[SAY_MAX], int64_t n)
{
    char digits[SAY_MAX];
    if (n < 0)
        return unknown(out);
    int length = snprintf(digits, sizeof digits, "%lld", (long long)n), to = 0;
    for (int i = 0; i < length && to < SAY_MAX - 2; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            out[to++] = ' ';
        out[to++] = digits[i];
    }
    out[to] = '\0';
    return out;
}

const char *say_tokens(char out[SAY_MAX], int64_t tokens)
{
    if (tokens < 0)
        return unknown(out);
    if (tokens >= 1024 && tokens % 1024 == 0)
        snprintf(out, SAY_MAX, "%lldk", (long long)(tokens / 1024));
    else if (tokens >= 10000)
        snprintf(out, SAY_MAX, "%lldk", (long long)(tokens / 1000));
    else
        snprintf(out, SAY_MAX, "%lld", (long long)tokens);
    return out;
}

const char *say_value(char out[SAY_MAX], double value)
{
    double size = fabs(value);
    if (isnan(value))
        return unknown(out);
    if (isinf(value))
        snprintf(out, SAY_MAX, "%s", value > 0 ? "inf" : "-inf");
    else if (size != 0 && (size < 0.001 || size >= 100000))
        snprintf(out, SAY_MAX, "%.1e", value);
    else
        snprintf(out, SAY_MAX, "%.*f", size < 10 ? 3 : size < 100 ? 2 : size < 1000 ? 1 : 0, value);
    return out;
}

/* ---- words ----------------------------------------------------------------------------------------- */

const char *say_key(char out[SAY_MAX], const struct action_table *t, enum action_id id)
{
    const struct action *action = action_by_id(t, id);
    char name[PRESS_NAME_MAX];
    out[0] = '\0';
    if (action && action->keys[0] != PRESS_NONE)
        snprintf(out, SAY_MAX, "%s", press_name(action->keys[0], name));
    return out;
}

struct text say_text(struct arena *a, const char *format, ...)
{
    struct buf b;
    va_list args;
    buf_init(&b, 64 * 1024);
    va_start(args, format);
    buf_vprintf(&b, format, args);
    va_end(args);
    struct text t = text_new(a, buf_str(&b), b.len, TEXT_LINE);
    buf_release(&b);
    return t;
}

struct text say_word(const char *clean)
{
    return (struct text){clean, strlen(clean)};
}
