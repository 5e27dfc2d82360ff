/* runpod_billing: what an endpoint was billed, hour by hour (spec/runpod.md §4.6).
 *
 * An hour without a record was either free or is not billed yet: RunPod's bills come late, by minutes or
 * hours. Those from before the newest record, or older than the bills ever were late, were free; of the
 * others nothing is known. */
#include "client/runpod_change_internal.h"

#include "base/clock.h"

#include <math.h>

static const int64_t hour_ms = 3600 * 1000;
static const int64_t late_ms = 6 * 3600 * 1000;

/* The place of the hour that begins then, newest first; -1 = none. */
static int place_of(const struct json *record, int64_t from_ms)
{
    int64_t at;
    const char *s = json_str(record, "startTime");
    if (!s || clock_parse_rfc3339(s, &at) || at > from_ms || at % hour_ms != 0)
        return -1;
    int64_t place = (from_ms - at) / hour_ms;
    return place < ENDPOINT_BILLED_MAX ? (int)place : -1;
}

int runpod_read_billing(
    const struct json *j, int64_t now_wall_ms, struct endpoint_detail *out, struct err *e)
{
    const struct json *records = json_get(j, "records");
    int newest = ENDPOINT_BILLED_MAX;
    if (json_kind(records) != JSON_ARRAY)
        return err_set(e, ERR_REMOTE, 0, "the answer has no list of records");
    out->billed_from_ms = now_wall_ms - now_wall_ms % hour_ms;
    out->billed_count = ENDPOINT_BILLED_MAX;
    for (int i = 0; i < ENDPOINT_BILLED_MAX; i++)
        out->billed[i] = NAN;
    for (const struct json *r = json_first(records); r; r = json_next(r)) {
        double amount = json_num(r, "totalAmount", NAN);
        int place = isfinite(amount) ? place_of(r, out->billed_from_ms) : -1;
        if (place < 0)
            continue;
        out->billed[place] = isnan(out->billed[place]) ? amount : out->billed[place] + amount;
        newest = place < newest ? place : newest;
    }
    for (int i = 0; i < ENDPOINT_BILLED_MAX; i++)
        if (isnan(out->billed[i]) && (i > newest || i * hour_ms >= late_ms))
            out->billed[i] = 0;
    return 0;
}
