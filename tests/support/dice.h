/* dice: repeatable randomness for property tests. The same seed gives the same throws; a test prints
 * the seed of the round that failed. */
#ifndef SLIPWAY_TESTS_DICE_H
#define SLIPWAY_TESTS_DICE_H

#include <stddef.h>
#include <stdint.h>

struct dice {
    uint64_t state;
};

static inline struct dice dice_new(uint64_t seed)
{
    return (struct dice){seed * 0x9E3779B97F4A7C15u + 0xD1B54A32D192ED03u};
}

static inline uint64_t dice_next(struct dice *d) /* splitmix64 */
{
    uint64_t z = d->state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

/* 0 … below-1; `below` > 0. */
static inline size_t dice_below(struct dice *d, size_t below)
{
    return (size_t)(dice_next(d) % below);
}

static inline unsigned char dice_byte(struct dice *d)
{
    return (unsigned char)dice_next(d);
}

#endif
