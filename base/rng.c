/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/rng.h"

#include "base/hash.h"

#define GOLDEN 0x9e3779b97f4a7c15u

struct rng rng_new(uint64_t seed)
{
    struct rng rng;

    for (int i = 0; i < 4; i++)
        rng.state[i] = hash_mix64(seed += GOLDEN);
    return rng;
}

struct rng rng_at(uint64_t seed, uint64_t stream, uint64_t index)
{
    uint64_t mixed = hash_mix64(seed + GOLDEN);

    mixed = hash_mix64(mixed ^ (stream + 1) * GOLDEN);
    return rng_new(hash_mix64(mixed ^ (index + 1) * GOLDEN));
}

static uint64_t rotate(uint64_t word, int by)
{
    return word << by | word >> (64 - by);
}

uint64_t rng_next(struct rng *rng)
{
    uint64_t *s = rng->state;
    uint64_t result = rotate(s[1] * 5, 7) * 9;
    uint64_t shifted = s[1] << 17;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotate(s[3], 45);
    return result;
}

uint64_t rng_below(struct rng *rng, uint64_t bound)
{
    uint64_t word = rng_next(rng);

    if (word < bound) {
        uint64_t skip = (0 - bound) % bound; /* the remainder that would favour small numbers */

        while (word < skip)
            word = rng_next(rng);
    }
    return word % bound;
}

int64_t rng_between(struct rng *rng, int64_t low, int64_t high)
{
    uint64_t span = (uint64_t)high - (uint64_t)low + 1;

    return (int64_t)((uint64_t)low + (span ? rng_below(rng, span) : rng_next(rng)));
}

double rng_unit(struct rng *rng)
{
    return (double)(rng_next(rng) >> 11) * 0x1p-53;
}

bool rng_chance(struct rng *rng, uint64_t part, uint64_t whole)
{
    return rng_below(rng, whole) < part;
}
