/* Charts that are texts, for the cells of tables: sparklines and meters. Where only ASCII is
 * left, the canvas turns their blocks into signs that rise likewise. */
#include "ui/chart.h"

#include <math.h>
#include <string.h>

enum { LEVELS = 8, BLOCK_BYTES = 3 };

static void put(char *out, size_t size, size_t *len, const char *sign)
{
    size_t n = strlen(sign);
    if (n >= size - *len)
        return;
    memcpy(out + *len, sign, n + 1);
    *len += n;
}

static void data_range(const double *values, size_t count, double *least, double *most)
{
    *least = *most = NAN;
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(values[i]))
            continue;
        *least = fmin(*least, values[i]);
        *most = fmax(*most, values[i]);
    }
}

/* 0..1; half of it where all values are the same and nobody says what is little. */
static double height(double value, double least, double most, bool least_given)
{
    if (!(least < most))
        return least_given ? 0 : 0.5;
    double part = (value / 2 - least / 2) / (most / 2 - least / 2);
    return part > 0 ? (part < 1 ? part : 1) : 0;
}

static double mean_height(
    const double *values, size_t count, double least, double most, bool least_given)
{
    double sum = 0;
    size_t finite_values = 0;
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(values[i]))
            continue;
        sum += height(values[i], least, most, least_given);
        finite_values++;
    }
    return finite_values ? sum / (double)finite_values : 0;
}

/* The first value behind those of column `i`. */
static size_t column_end(size_t i, size_t width, size_t count)
{
    if (count <= width)
        return i < count ? i + 1 : count;
    size_t whole = count / width, rest = count % width;
    return (i + 1) * whole + (i + 1) * rest / width;
}

struct text chart_spark(char *out, size_t size, int width, const double *values, size_t count,
    double least, double most)
{
    static const char *const blocks[LEVELS] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    bool least_given = isfinite(least), most_given = isfinite(most);
    double data_least, data_most;
    size_t len = 0, at = 0;
    if (size == 0)
        return TEXT("");
    out[0] = '\0';
    data_range(values, count, &data_least, &data_most);
    least = least_given ? least : data_least;
    most = most_given ? most : data_most;
    double mean = mean_height(values, count, least, most, least_given);
    for (int i = 0; i < width && len + 1 < size; i++) {
        double shown = NAN;
        for (size_t end = column_end((size_t)i, (size_t)width, count); at < end; at++) {
            double part = height(values[at], least, most, least_given);
            if (isfinite(values[at]) && !(fabs(part - mean) <= fabs(shown - mean)))
                shown = part;
        }
        put(out, size, &len, isnan(shown) ? " " : blocks[(int)(shown * (LEVELS - 1) + 0.5)]);
    }
    return (struct text){out, len};
}

struct text chart_meter(char *out, size_t size, int width, double part)
{
    int full = canvas_steps(part, width);
    size_t len = 0;
    if (size == 0)
        return TEXT("");
    out[0] = '\0';
    for (int i = 0; i < width && len + BLOCK_BYTES < size; i++)
        put(out, size, &len, i < full ? "█" : "░");
    return (struct text){out, len};
}
