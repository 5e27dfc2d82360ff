/* runpod_random: the numbers an endpoint draws.
 *
 * SplitMix64: one word of state, passes the usual tests, and an endpoint's stream depends on
 * nothing but its own draws, so what a client does to one endpoint never changes what another one
 * does. */
#include "sim/runpod_physics.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

uint64_t random_next(struct endpoint *e)
{
    uint64_t z = (e->random += 0x9e3779b97f4a7c15U);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

double random_unit(struct endpoint *e)
{
    return (double)(random_next(e) >> 11) * 0x1p-53;
}

static void random_word(struct endpoint *e, char *out, size_t n, size_t letters)
{
    static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    for (size_t i = 0; i < n; i++)
        out[i] = alphabet[random_next(e) % (i == 0 ? letters : sizeof alphabet - 1)];
    out[n] = '\0';
}

void random_id(struct endpoint *e, char *out, size_t n)
{
    random_word(e, out, n, 26);
}

void random_hex(struct endpoint *e, char *out, size_t n)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < n; i++) {
        if (i % 16 == 0)
            bits = random_next(e);
        out[i] = "0123456789abcdef"[bits & 15];
        bits >>= 4;
    }
    out[n] = '\0';
}

void random_uuid(struct endpoint *e, char out[37])
{
    uint64_t a = random_next(e), b = random_next(e);
    a = (a & ~(uint64_t)0xf000) | 0x4000;
    b = (b & ~((uint64_t)3 << 62)) | (uint64_t)2 << 62;
    (void)snprintf(out, 37, "%08x-%04x-%04x-%04x-%012llx", (unsigned)(a >> 32),
        (unsigned)(a >> 16) & 0xffffU, (unsigned)a & 0xffffU, (unsigned)(b >> 48),
        (unsigned long long)(b & 0xffffffffffffU));
}

/* Box and Muller; 1.6449 standard deviations lie between the median and the 95th percentile. */
static double draw_log_normal(struct endpoint *e, const struct json *j)
{
    double p50 = json_num(j, "p50", 1), p95 = json_num(j, "p95", p50);
    double u = 1 - random_unit(e), v = random_unit(e);
    double normal = sqrt(-2 * log(u)) * cos(2 * 3.14159265358979323846 * v);
    double spread = p50 > 0 && p95 > p50 ? log(p95 / p50) / 1.6449 : 0;
    double x = p50 * exp(normal * spread);
    double least = json_num(j, "min", 0), most = json_num(j, "max", x);
    return x < least ? least : x > most ? most : x;
}

double random_draw(struct endpoint *e, const struct json *j, double low, double high)
{
    double x = low;
    switch (json_kind(j)) {
    case JSON_OBJECT:
        x = draw_log_normal(e, j);
        break;
    case JSON_NUMBER:
        x = json_number(j, low);
        break;
    case JSON_ARRAY:
        low = json_number(json_at(j, 0), low);
        high = json_number(json_at(j, 1), low);
        /* fall through */
    default:
        x = low + (high - low) * random_unit(e);
    }
    return x > 0 ? x : 0;
}

int64_t random_ms(struct endpoint *e, const struct json *seconds, double low, double high)
{
    double s = random_draw(e, seconds, low, high);
    return s < 1e9 ? (int64_t)(s * SECOND) : (int64_t)1000000000 * SECOND;
}

uint64_t text_hash(const char *s)
{
    uint64_t h = 0xcbf29ce484222325U;
    for (; s && *s; s++)
        h = (h ^ (unsigned char)*s) * 0x100000001b3U;
    return h;
}
