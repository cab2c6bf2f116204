/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/support/random.h"

#include "base/hash.h"

uint64_t random_next(struct random *random)
{
    random->state += 0x9e3779b97f4a7c15u;
    return hash_mix64(random->state);
}

uint64_t random_below(struct random *random, uint64_t below)
{
    return random_next(random) % below; /* the bias does not matter here */
}

int64_t random_between(struct random *random, int64_t first, int64_t last)
{
    return first + (int64_t)random_below(random, (uint64_t)(last - first) + 1);
}

bool random_chance(struct random *random, unsigned numerator, unsigned denominator)
{
    return random_below(random, denominator) < numerator;
}

void random_bytes(struct random *random, void *out, size_t size)
{
    unsigned char *bytes = out;

    for (size_t i = 0; i < size; i++)
        bytes[i] = (unsigned char)random_next(random);
}
