/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/detectors/oracle.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static uint64_t rounds(void)
{
    const char *text = getenv("RINGFENCE_ROUNDS");
    long n = text ? strtol(text, NULL, 10) : 1;

    return n > 0 ? (uint64_t)n : 1;
}

static uint32_t compare(const struct oracle *oracle, uint64_t seed)
{
    static struct world world;
    static struct slow slow;
    enum level levels[WORLD_NODES] = { 0 };
    struct rng rng = rng_at(seed, oracle->stream, 0);
    struct world_run run;
    uint32_t tagged = 0;

    oracle->fill(&world, &rng);
    world_look_back(&world, &rng, seed, US_PER_DAY, 120);
    slow_build(&slow, &world);
    oracle->expect(&slow, levels);
    world_begin(&run, &world, oracle->settings);
    world_detect(&run, oracle->code);
    for (uint32_t i = 0; i < world.n_nodes; i++) {
        enum level found = world_level(&run, i, oracle->code);

        tagged += levels[i] != LEVEL_NONE;
        cr_assert_eq(found, levels[i], "%s, seed %lu: node %u: %s, expected %s", oracle->code,
                     (unsigned long)seed, i, level_name(found), level_name(levels[i]));
    }
    world_done(&run);
    slow_free(&slow);
    return tagged;
}

void oracle_compare(const struct oracle *oracle)
{
    uint64_t worlds = rounds() * (oracle->worlds ? oracle->worlds : 500);
    uint32_t tagged = 0;

    for (uint64_t seed = 1; seed <= worlds; seed++)
        tagged += compare(oracle, seed);
    cr_assert_gt(tagged, oracle->least, "%s: only %u tagged", oracle->code, tagged);
}
