/* Cells to values and back. Numbers are read and printed in the "C" locale whatever the program's
 * is; NaN and the infinities are numbers to PostgreSQL and may stand in any column. */
#include "base/clock.h"
#include "client/registry_internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

double registry_number(const struct registry *r, const char *cell)
{
    char *end;
    if (!cell || !cell[0])
        return (double)NAN;
    double v = strtod_l(cell, &end, r->numbers);
    return *end ? (double)NAN : v;
}

/* A count in a column of another type ("12.0", "1e3") counts too; what no int64 holds does not. */
int64_t registry_integer(const struct registry *r, const char *cell, int64_t fallback)
{
    double v = registry_number(r, cell);
    return v >= -9e15 && v <= 9e15 ? (int64_t)v : fallback;
}

int64_t registry_time(const char *cell)
{
    int64_t ms;
    return cell && clock_parse_rfc3339(cell, &ms) == 0 ? ms : -1;
}

bool registry_flag(const char *cell, bool fallback)
{
    return cell && cell[0] ? cell[0] == 't' || cell[0] == '1' : fallback;
}

static bool is_plain(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' ||
           c == '_';
}

void registry_id(char *out, size_t size, const char *cell)
{
    size_t n = cell ? strlen(cell) : 0;
    out[0] = '\0';
    if (n >= size)
        return;
    for (size_t i = 0; i < n; i++)
        if (!is_plain(cell[i]))
            return;
    memcpy(out, cell ? cell : "", n + 1);
}

int registry_append_number(const struct registry *r, struct buf *out, double v)
{
    locale_t before = uselocale(r->numbers);
    int result = buf_printf(out, "%.17g", v);
    uselocale(before);
    return result;
}

/* Where the id begins in "…/v2/ID…", NULL when there is none; *n is its length. */
static const char *find_endpoint(const char *url, size_t *n)
{
    const char *at = strstr(url, "/v2/");
    if (!at)
        return NULL;
    *n = strcspn(at + 4, "/?#");
    return *n > 0 ? at + 4 : NULL;
}

void registry_endpoint_of(char *out, size_t size, const char *url)
{
    char id[MODEL_ROW_REMOTE_ID_MAX];
    size_t n = 0;
    const char *at = url ? find_endpoint(url, &n) : NULL;
    if (!at || n >= sizeof id)
        n = 0;
    snprintf(id, sizeof id, "%.*s", (int)n, at ? at : "");
    registry_id(out, size, id);
}

int registry_openai_url(struct buf *out, const char *url)
{
    static const char *const old[] = {"", "/", "/run", "/runsync"};
    size_t n;
    const char *at = find_endpoint(url, &n);
    for (size_t i = 0; at && i < sizeof old / sizeof *old; i++)
        if (strcmp(at + n, old[i]) == 0)
            return buf_append(out, url, (size_t)(at + n - url)) | buf_str_append(out, "/openai/v1");
    return buf_str_append(out, url);
}
