/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Random numbers that are the same on every machine: xoshiro256** (Blackman, Vigna 2018), seeded
 * by splitmix64 (Steele, Lea, Flood 2014).
 *
 * rng_at() splits: each (seed, stream, index) has its own independent sequence, so what is drawn
 * for one thing does not move when another draws more. Not for secrets.
 */

#include <stdbool.h>
#include <stdint.h>

struct rng {
    uint64_t state[4];
};

struct rng rng_new(uint64_t seed);
struct rng rng_at(uint64_t seed, uint64_t stream, uint64_t index);
uint64_t rng_next(struct rng *rng);
/* Uniform in [0, bound), without bias; bound > 0. */
uint64_t rng_below(struct rng *rng, uint64_t bound);
/* Uniform in [low, high], both included; low <= high. */
int64_t rng_between(struct rng *rng, int64_t low, int64_t high);
/* Uniform in [0, 1), 53 bits. */
double rng_unit(struct rng *rng);
/* True `part` times in `whole`. */
bool rng_chance(struct rng *rng, uint64_t part, uint64_t whole);
