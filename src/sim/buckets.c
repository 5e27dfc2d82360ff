/* buckets: calendar arithmetic by way of struct tm, whose fields timegm brings into range. */
#include "sim/buckets.h"

#include <stddef.h>
#include <string.h>
#include <time.h>

const char *const bucket_names[BUCKET_SIZES + 1] = {"hour", "day", "week", "month", "year", NULL};

bool bucket_size_read(const char *name, enum bucket_size *out)
{
    for (int i = 0; i < BUCKET_SIZES; i++) {
        if (strcmp(bucket_names[i], name) == 0) {
            *out = (enum bucket_size)i;
            return true;
        }
    }
    return false;
}

static struct tm broken_down(int64_t ms)
{
    time_t seconds = (time_t)(ms / 1000 - (ms % 1000 < 0));
    struct tm t;
    memset(&t, 0, sizeof t);
    (void)gmtime_r(&seconds, &t);
    return t;
}

static int64_t whole(struct tm t)
{
    return (int64_t)timegm(&t) * 1000;
}

int64_t bucket_start(enum bucket_size size, int64_t ms)
{
    struct tm t = broken_down(ms);
    t.tm_sec = 0;
    t.tm_min = 0;
    t.tm_hour = size == BUCKET_HOUR ? t.tm_hour : 0;
    if (size == BUCKET_WEEK) {
        t.tm_mday -= (t.tm_wday + 6) % 7;
    } else if (size >= BUCKET_MONTH) {
        t.tm_mday = 1;
        t.tm_mon = size == BUCKET_YEAR ? 0 : t.tm_mon;
    }
    return whole(t);
}

int64_t bucket_add(enum bucket_size size, int64_t start, int count)
{
    struct tm t = broken_down(start);
    switch (size) {
    case BUCKET_HOUR:
        t.tm_hour += count;
        break;
    case BUCKET_DAY:
        t.tm_mday += count;
        break;
    case BUCKET_WEEK:
        t.tm_mday += 7 * count;
        break;
    case BUCKET_MONTH:
        t.tm_mon += count;
        break;
    case BUCKET_YEAR:
    case BUCKET_SIZES:
        t.tm_year += count;
        break;
    }
    return whole(t);
}
