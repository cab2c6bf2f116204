/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shareholdings that come back, and shares by all paths, read out slowly. */
#include <criterion/criterion.h>
#include <math.h>

#include "detectors/ownership.h"
#include "tests/detectors/firms.h"
#include "tests/detectors/oracle.h"
#include "tests/support/leaks.h"

TestSuite(ownership, .fini = leaks_check);

static int64_t holding(const struct world *world, uint32_t from, uint32_t to)
{
    int64_t largest = -1;

    for (uint32_t e = 0; e < world->n_edges; e++)
        if ((world->edges[e].type == W_SHAREHOLDER || world->edges[e].type == W_INVESTS) &&
            world->edges[e].from == from && world->edges[e].to == to && from != to &&
            world_active(&world->edges[e], world->at_us) &&
            world->edges[e].numbers[EDGE_RATIO] > largest)
            largest = world->edges[e].numbers[EDGE_RATIO];
    return largest;
}

static void circle(const struct slow *slow, uint32_t *path, uint32_t length, enum level *levels)
{
    const struct world *world = slow->world;

    if (length > 1 && holding(world, path[length - 1], path[0]) >= 0) {
        enum level level = LEVEL_ATTENTION;

        for (uint32_t i = 0; i < length; i++)
            if (holding(world, path[i], path[(i + 1) % length]) < RATIO_ONE / 4)
                level = LEVEL_HINT;
        for (uint32_t i = 0; i < length; i++)
            if (slow->subject[path[i]] && levels[path[i]] < level)
                levels[path[i]] = level;
    }
    for (uint32_t next = 0; next < world->n_nodes && length < 4; next++) {
        bool ok = holding(world, path[length - 1], next) >= 0;

        for (uint32_t i = 0; i < length; i++)
            ok &= path[i] != next;
        path[length] = next;
        if (ok)
            circle(slow, path, length + 1, levels);
    }
}

static void expect_ownership(const struct slow *slow, enum level *levels)
{
    for (uint32_t i = 0; i < slow->world->n_nodes; i++)
        circle(slow, (uint32_t[5]){ i }, 1, levels);
}

static double ratios[WORLD_NODES][WORLD_NODES];

static void read_ratios(const struct world *world)
{
    for (uint32_t a = 0; a < world->n_nodes; a++)
        for (uint32_t b = 0; b < world->n_nodes; b++) {
            int64_t ratio = holding(world, a, b);

            ratios[a][b] = ratio > 0 ? (double)ratio / RATIO_ONE : 0;
        }
}

/* The share by all walks down from x that reach the company, each counted where it arrives. */
static double slow_share(const struct world *world, uint32_t x, uint32_t company)
{
    double here[WORLD_NODES] = { 0 }, sum = 0;

    here[x] = 1;
    for (int step = 0; step < 60; step++) {
        double next[WORLD_NODES] = { 0 };

        for (uint32_t a = 0; a < world->n_nodes; a++)
            for (uint32_t b = 0; b < world->n_nodes && here[a] > 0; b++)
                next[b] += here[a] * ratios[a][b];
        memcpy(here, next, sizeof here);
        sum += here[company];
    }
    return sum < 1 ? sum : 1;
}

/* Shares held of each company add up to at most one, as the law wants it. */
static void trim(struct world *world)
{
    for (uint32_t e = 0; e < world->n_edges; e++)
        if (world->edges[e].numbers[EDGE_RATIO] != CELL_ABSENT)
            world->edges[e].numbers[EDGE_RATIO] /= 3;
}

Test(ownership, shares_equal_the_sum_over_all_paths)
{
    static struct world world;
    uint32_t found = 0;

    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct rng rng = rng_at(seed, 11, 0);
        struct ownership *ownership;
        struct world_run run;

        firms_fill(&world, &rng);
        trim(&world);
        read_ratios(&world);
        world_begin(&run, &world, NULL);
        cr_assert_eq(ownership_new(&ownership, &run.facts), STATUS_OK);
        for (uint32_t company = 0; company < 12; company++) {
            const struct owner *owners;
            size_t n, expected = 0;
            bool cut;

            cr_assert_eq(ownership_find(&owners, &n, &cut, ownership, company, 50000),
                         STATUS_OK);
            cr_assert_not(cut);
            for (uint32_t x = 0; x < world.n_nodes; x++)
                expected += x != company && world.nodes[x].label <= W_PERSON &&
                            llround(1e6 * slow_share(&world, x, company)) > 50000;
            cr_assert_eq(n, expected, "seed %lu: company %u: %zu owners, expected %zu",
                         (unsigned long)seed, company, n, expected);
            for (size_t i = 0; i < n; i++)
                cr_assert_float_eq((double)owners[i].share,
                                   1e6 * slow_share(&world, owners[i].node, company), 2,
                                   "seed %lu: company %u", (unsigned long)seed, company);
            found += (uint32_t)n;
        }
        ownership_free(ownership);
        world_done(&run);
    }
    cr_assert_gt(found, 100);
}

Test(ownership, shares_that_come_back_whole_are_bounded_and_said)
{
    static struct world world;
    struct ownership *ownership;
    const struct owner *owners;
    struct world_run run;
    size_t n;
    bool cut;

    memset(&world, 0, sizeof world);
    world.at_us = 20000 * US_PER_DAY;
    for (int i = 0; i < 2; i++)
        world_node(&world, W_ENTERPRISE);
    for (uint32_t i = 0; i < 2; i++)
        world_edge(&world, W_SHAREHOLDER, i, 1 - i, TIME_MIN, TIME_MAX)->numbers[EDGE_RATIO] =
            RATIO_ONE;
    world_begin(&run, &world, NULL);
    cr_assert_eq(ownership_new(&ownership, &run.facts), STATUS_OK);
    cr_assert_eq(ownership_find(&owners, &n, &cut, ownership, 0, 250000), STATUS_OK);
    cr_assert(cut);
    cr_assert_eq(n, 1);
    cr_assert_eq(owners[0].share, 1000000);
    ownership_free(ownership);
    world_done(&run);
}

Test(ownership, cycles_equal_the_definition)
{
    oracle_compare(&(struct oracle){ .code = "CIRCULAR_OWNERSHIP", .fill = firms_fill,
                                     .expect = expect_ownership, .stream = 10, .least = 20 });
}
