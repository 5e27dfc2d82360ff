/* A made clock keeps a pair of anchors: at real monotonic time `anchor_real` it showed
 * `anchor_wall`. Reading is a multiplication; changing speed or advancing moves the anchors. */
#include "base/clock.h"

#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct clock {
    bool made;
    pthread_mutex_t lock; /* of a made one */
    double speed;
    int64_t anchor_real, anchor_wall;
    int64_t wall_start; /* mono 0 */
};

static struct clock real_clock = {.speed = 1};

static int64_t system_ms(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

struct clock *clock_real(void)
{
    return &real_clock;
}

struct clock *clock_new(int64_t wall_ms, double speed)
{
    struct clock *c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    if (pthread_mutex_init(&c->lock, NULL)) {
        free(c);
        return NULL;
    }
    c->made = true;
    c->speed = speed > 0 ? speed : 0;
    c->anchor_real = system_ms(CLOCK_MONOTONIC);
    c->anchor_wall = c->wall_start = wall_ms;
    return c;
}

void clock_free(struct clock *c)
{
    if (!c || !c->made)
        return;
    pthread_mutex_destroy(&c->lock);
    free(c);
}

/* Lock held. */
static int64_t made_now(const struct clock *c)
{
    int64_t passed = system_ms(CLOCK_MONOTONIC) - c->anchor_real;
    return c->anchor_wall + (int64_t)((double)passed * c->speed);
}

int64_t clock_wall_ms(struct clock *c)
{
    if (!c->made)
        return system_ms(CLOCK_REALTIME);
    pthread_mutex_lock(&c->lock);
    int64_t now = made_now(c);
    pthread_mutex_unlock(&c->lock);
    return now;
}

int64_t clock_mono_ms(struct clock *c)
{
    return c->made ? clock_wall_ms(c) - c->wall_start : system_ms(CLOCK_MONOTONIC);
}

/* Starts the anchors anew at the present reading plus `ms`. */
static void re_anchor(struct clock *c, int64_t ms, double speed)
{
    pthread_mutex_lock(&c->lock);
    int64_t now = made_now(c);
    c->anchor_wall = now + ms;
    c->anchor_real = system_ms(CLOCK_MONOTONIC);
    c->speed = speed >= 0 ? speed : c->speed;
    pthread_mutex_unlock(&c->lock);
}

void clock_advance(struct clock *c, int64_t ms)
{
    if (c->made && ms > 0)
        re_anchor(c, ms, -1);
}

void clock_set_speed(struct clock *c, double speed)
{
    if (c->made)
        re_anchor(c, 0, speed > 0 ? speed : 0);
}

double clock_speed(struct clock *c)
{
    if (!c->made)
        return 1;
    pthread_mutex_lock(&c->lock);
    double speed = c->speed;
    pthread_mutex_unlock(&c->lock);
    return speed;
}

int64_t clock_real_wait_ms(struct clock *c, int64_t ms)
{
    double speed = clock_speed(c);
    if (ms <= 0)
        return 0;
    if (speed <= 0)
        return -1;
    double wait = (double)ms / speed;
    /* Rounded up: waking a moment early would only mean looking twice. */
    return wait > (double)(INT64_MAX / 2) ? INT64_MAX / 2 : (int64_t)wait + 1;
}

void clock_rfc3339(char *out, int64_t wall_ms, int with_millis)
{
    int64_t s = wall_ms / 1000, ms = wall_ms % 1000;
    if (ms < 0) {
        ms += 1000;
        s--;
    }
    time_t t = (time_t)s;
    struct tm tm;
    if (!gmtime_r(&t, &tm) || tm.tm_year > 8099 || tm.tm_year < -1900) {
        memcpy(out, "invalid-time", sizeof "invalid-time");
        return;
    }
    /* Not %Y: strftime does not pad years below 1000. */
    char date[16];
    strftime(date, sizeof date, "-%m-%dT%H:%M:%S", &tm);
    int year = tm.tm_year + 1900;
    if (with_millis)
        snprintf(out, CLOCK_RFC3339_MAX, "%04d%s.%03dZ", year, date, (int)ms);
    else
        snprintf(out, CLOCK_RFC3339_MAX, "%04d%sZ", year, date);
}

/* Exactly `n` digits at *s; moves behind them. -1 when there are not so many. */
static int digits(const char **s, int n)
{
    int value = 0;
    for (int i = 0; i < n; i++, (*s)++) {
        if (**s < '0' || **s > '9')
            return -1;
        value = value * 10 + (**s - '0');
    }
    return value;
}

static bool skip(const char **s, const char *any_of)
{
    if (**s == '\0' || !strchr(any_of, **s))
        return false;
    (*s)++;
    return true;
}

/* ".123456" in milliseconds; further digits are cut. */
static int fraction_ms(const char **s)
{
    int ms = 0, weight = 100;
    for (; **s >= '0' && **s <= '9'; (*s)++, weight /= 10)
        ms += (**s - '0') * weight;
    return ms;
}

/* "Z" or "+02:00" in minutes. */
static bool offset_minutes(const char **s, int *minutes)
{
    *minutes = 0;
    if (skip(s, "Zz"))
        return true;
    int sign = **s == '-' ? -1 : 1;
    if (!skip(s, "+-"))
        return false;
    int h = digits(s, 2);
    if (h < 0 || h > 23 || !skip(s, ":"))
        return false;
    int m = digits(s, 2);
    if (m < 0 || m > 59)
        return false;
    *minutes = sign * (h * 60 + m);
    return true;
}

static int month_days(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

int clock_parse_rfc3339(const char *s, int64_t *wall_ms)
{
    if (!s)
        return -1;
    int year = digits(&s, 4);
    if (year < 0 || !skip(&s, "-"))
        return -1;
    int month = digits(&s, 2);
    if (month < 1 || month > 12 || !skip(&s, "-"))
        return -1;
    int day = digits(&s, 2);
    if (day < 1 || day > month_days(year, month) || !skip(&s, "Tt "))
        return -1;
    int hour = digits(&s, 2);
    if (hour < 0 || hour > 23 || !skip(&s, ":"))
        return -1;
    int minute = digits(&s, 2);
    if (minute < 0 || minute > 59 || !skip(&s, ":"))
        return -1;
    int second = digits(&s, 2);
    if (second < 0 || second > 60)
        return -1;
    int ms = 0, offset;
    if (*s == '.') {
        s++;
        if (*s < '0' || *s > '9')
            return -1;
        ms = fraction_ms(&s);
    }
    if (!offset_minutes(&s, &offset) || *s != '\0')
        return -1;
    struct tm tm = {.tm_year = year - 1900,
        .tm_mon = month - 1,
        .tm_mday = day,
        .tm_hour = hour,
        .tm_min = minute,
        .tm_sec = second};
    *wall_ms = ((int64_t)timegm(&tm) - offset * 60) * 1000 + ms;
    return 0;
}

struct timespec clock_deadline(int64_t ms)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    if (ms < 0)
        ms = 0;
    if (ms > (int64_t)INT_MAX * 1000)
        ms = (int64_t)INT_MAX * 1000;
    t.tv_sec += (time_t)(ms / 1000);
    t.tv_nsec += (long)(ms % 1000) * 1000000;
    if (t.tv_nsec >= 1000000000) {
        t.tv_nsec -= 1000000000;
        t.tv_sec++;
    }
    return t;
}

int clock_cond_init(pthread_cond_t *cond)
{
    pthread_condattr_t attributes;
    int failed = pthread_condattr_init(&attributes);
    if (failed)
        return failed;
    failed = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    if (!failed)
        failed = pthread_cond_init(cond, &attributes);
    pthread_condattr_destroy(&attributes);
    return failed;
}
