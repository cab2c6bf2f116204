/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>

#include "tests/detectors/world.h"
#include "tests/support/leaks.h"

TestSuite(control, .fini = leaks_check);

static void fill(struct world *world, struct rng *rng)
{
    static const char *const relations[] = { "spouse", "parent", "cousin", "sibling" };
    static const int64_t ratios[] = { 100, 200, 250, 300, 500, 510, 600, 1000 };
    uint32_t n = 4 + (uint32_t)rng_below(rng, 14);

    memset(world, 0, sizeof *world);
    world->at_us = 20000 * US_PER_DAY;
    for (uint32_t i = 0; i < n; i++)
        world_node(world, rng_chance(rng, 2, 3) ? W_ENTERPRISE : W_PERSON);
    world_node(world, W_ENTERPRISE);
    world_node(world, W_PERSON);
    world_node(world, W_GROUP);
    world_node(world, W_APPLICATION);
    for (uint32_t i = 0; i < 2 * n; i++) {
        uint32_t from = (uint32_t)rng_below(rng, n), to = world_pick(world, rng, W_ENTERPRISE);
        int64_t end = rng_chance(rng, 1, 6) ? world->at_us + rng_between(rng, -1, 1) : TIME_MAX;
        struct world_edge *edge = world_edge(
            world, rng_chance(rng, 1, 2) ? W_SHAREHOLDER : W_INVESTS, from, to,
            rng_chance(rng, 1, 4) ? world->at_us + rng_between(rng, -1, 1) : TIME_MIN, end);

        if (!rng_chance(rng, 1, 10))
            edge->numbers[EDGE_RATIO] = ratios[rng_below(rng, 8)] * (RATIO_ONE / 1000);
    }
    if (rng_chance(rng, 1, 2))
        for (uint32_t i = 0; i < 3; i++)
            world_edge(world, W_MEMBER_OF, (uint32_t)rng_below(rng, n),
                       world_pick(world, rng, W_GROUP), TIME_MIN,
                       rng_chance(rng, 1, 4) ? world->at_us : TIME_MAX);
    for (uint32_t i = 0; i < 3; i++)
        world_edge(world, W_KIN, world_pick(world, rng, W_PERSON),
                   world_pick(world, rng, W_PERSON), TIME_MIN, TIME_MAX)
            ->texts[EDGE_RELATION] = relations[rng_below(rng, 4)];
    if (rng_chance(rng, 1, 2))
        world_edge(world, W_APPLIED, world_pick(world, rng, W_PERSON),
                   world_pick(world, rng, W_APPLICATION), world->at_us - 5, TIME_MAX);
}

Test(control, groups_equal_the_fixpoint_of_the_definition)
{
    static struct world world;
    static struct slow slow;

    for (uint64_t seed = 1; seed <= 1500; seed++) {
        struct rng rng = rng_at(seed, 1, 0);
        struct world_run run;

        fill(&world, &rng);
        slow_build(&slow, &world);
        world_begin(&run, &world, NULL);
        cr_assert_eq(facts_need(&run.facts, NEED_CONTROL), STATUS_OK);
        for (uint32_t a = 0; a < world.n_nodes; a++)
            for (uint32_t b = 0; b < a; b++)
                cr_assert_eq(facts_group(&run.facts, a) == facts_group(&run.facts, b),
                             slow.group[a] == slow.group[b], "seed %lu: nodes %u and %u",
                             (unsigned long)seed, a, b);
        world_done(&run);
        slow_free(&slow);
    }
}
