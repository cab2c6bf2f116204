/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Random numbers for tests: seeded, the same on every machine. Print the seed where a case fails.
 * The generator is splitmix64 (Steele, Lea, Flood 2014).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct random {
    uint64_t state;
};

static inline struct random random_seeded(uint64_t seed)
{
    return (struct random){ seed };
}

uint64_t random_next(struct random *random);
/* 0 .. below - 1; `below` must not be 0. */
uint64_t random_below(struct random *random, uint64_t below);
/* first .. last */
int64_t random_between(struct random *random, int64_t first, int64_t last);
/* True `numerator` out of `denominator` times. */
bool random_chance(struct random *random, unsigned numerator, unsigned denominator);
void random_bytes(struct random *random, void *out, size_t size);
