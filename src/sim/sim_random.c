/* Chance that repeats: everything random in a world comes from its scenario's seed, in the order in
 * which it is asked for. */
#include "sim/sim.h"

#include <stdio.h>
#include <string.h>

enum { ALPHANUMERICS = 36, ID_TAIL_MAX = 6 };

/* splitmix64 */
uint64_t sim_random(struct sim *s)
{
    uint64_t z = s->random += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

double sim_random_unit(struct sim *s)
{
    return (double)(sim_random(s) >> 11) * 0x1p-53;
}

/* The tail counts through all its values in an order that does not look like counting (the factor has
 * no divisor in common with 36), so no two ids of a length are the same; the rest is random. */
void sim_id(struct sim *s, char *out, size_t n)
{
    static const char characters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    out[n] = '\0';
    if (n == 0)
        return;
    size_t tail = n - 1 < ID_TAIL_MAX ? n - 1 : ID_TAIL_MAX;
    uint64_t count = (s->next_id++ & UINT32_MAX) * UINT64_C(1540483477);
    out[0] = characters[sim_random(s) % 26];
    for (size_t i = 1; i < n - tail; i++)
        out[i] = characters[sim_random(s) % ALPHANUMERICS];
    for (size_t i = n - tail; i < n; i++) {
        out[i] = characters[count % ALPHANUMERICS];
        count /= ALPHANUMERICS;
    }
}

void sim_uuid(struct sim *s, char out[37])
{
    uint64_t a = sim_random(s), b = sim_random(s);
    snprintf(out, 37, "%08x-%04x-4%03x-%04x-%012llx", (unsigned)(a >> 32),
        (unsigned)(a >> 16 & 0xffff), (unsigned)(a & 0xfff),
        (unsigned)(0x8000 | (b >> 48 & 0x3fff)),
        (unsigned long long)(b & UINT64_C(0xffffffffffff)));
}
