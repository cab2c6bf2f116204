/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>

#include "tests/detectors/world.h"
#include "tests/support/leaks.h"

TestSuite(guarantee_load, .fini = leaks_check);

#define N 14

static void fill(struct world *world, struct rng *rng)
{
    uint32_t n = 5 + (uint32_t)rng_below(rng, 6);

    memset(world, 0, sizeof *world);
    world->at_us = 20000 * US_PER_DAY;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t node = world_node(world, rng_chance(rng, 9, 10) ? W_ENTERPRISE : W_PERSON);

        if (rng_chance(rng, 1, 12))
            world->nodes[node].texts[NODE_CLASS] = "guarantee_company";
        if (rng_chance(rng, 2, 3))
            world->nodes[node].numbers[NODE_NET_ASSETS] = rng_between(rng, -1, 6) * 100;
    }
    for (uint32_t i = 0; i < n + rng_below(rng, n); i++) {
        struct world_edge *edge =
            world_edge(world, W_GUARANTEES, (uint32_t)rng_below(rng, n),
                       (uint32_t)rng_below(rng, n), TIME_MIN,
                       rng_chance(rng, 1, 10) ? world->at_us : TIME_MAX);

        if (rng_chance(rng, 3, 4))
            edge->numbers[EDGE_AMOUNT] = 50 * rng_between(rng, 1, 4);
        edge->texts[EDGE_CURRENCY] = rng_chance(rng, 1, 6) ? "USD" : "CNY";
    }
    for (int i = 0; i < 3; i++)
        world_edge(world, W_APPLIED, (uint32_t)rng_below(rng, n),
                   world_node(world, W_APPLICATION), world->at_us - 5, TIME_MAX);
    if (rng_chance(rng, 1, 2)) {
        uint32_t loan = world_node(world, W_LOAN);

        world->nodes[loan].numbers[NODE_OVERDUE_SINCE] = world->at_us;
        world_edge(world, W_BORROWED, (uint32_t)rng_below(rng, n), loan, TIME_MIN, TIME_MAX);
    }
}

static bool company(const struct world *world, uint32_t node)
{
    return world->nodes[node].texts[NODE_CLASS] != NULL;
}

static bool holds(const struct world *world, uint32_t from, uint32_t to)
{
    for (uint32_t e = 0; e < world->n_edges; e++)
        if (world->edges[e].type == W_GUARANTEES && world->edges[e].from == from &&
            world->edges[e].to == to && from != to && world->edges[e].end > world->at_us)
            return !company(world, from) && !company(world, to);
    return false;
}

static bool chain(const struct world *world, uint32_t *path, uint32_t length)
{
    if (length == 5)
        return true;
    for (uint32_t next = 0; next < world->n_nodes; next++) {
        bool ok = holds(world, path[length - 1], next);

        for (uint32_t i = 0; i < length; i++)
            ok &= path[i] != next;
        path[length] = next;
        if (ok && chain(world, path, length + 1))
            return true;
    }
    return false;
}

static enum level load(const struct world *world, uint32_t node)
{
    static const char *const currencies[] = { "CNY", "USD" };
    int64_t net = world->nodes[node].numbers[NODE_NET_ASSETS];
    enum level level = LEVEL_NONE;

    for (int c = 0; c < 2 && !company(world, node) && net != CELL_ABSENT; c++) {
        int64_t sum = 0;

        for (uint32_t e = 0; e < world->n_edges; e++) {
            const struct world_edge *edge = &world->edges[e];

            if (edge->type == W_GUARANTEES && edge->from == node && edge->to != node &&
                !company(world, edge->to) && edge->end > world->at_us &&
                edge->numbers[EDGE_AMOUNT] != CELL_ABSENT &&
                !strcmp(edge->texts[EDGE_CURRENCY], currencies[c]))
                sum += edge->numbers[EDGE_AMOUNT];
        }
        if (sum && (net <= 0 || sum > net))
            level = LEVEL_ALERT;
        else if (sum && 2 * sum > net && level < LEVEL_ATTENTION)
            level = LEVEL_ATTENTION;
    }
    return level;
}

/* Edges of one block carry one number: those that lie on a common simple cycle. */
static uint32_t block[N][N], next_block;

static void merge(uint32_t a, uint32_t b)
{
    for (uint32_t i = 0; i < N; i++)
        for (uint32_t j = 0; j < N; j++)
            if (block[i][j] == a)
                block[i][j] = b;
}

static void cycles(const struct world *world, uint32_t n, uint32_t *path, uint32_t length)
{
    for (uint32_t next = path[0]; next < n; next++) {
        bool used = !block[path[length - 1]][next];

        if (!used && next == path[0] && length > 2)
            for (uint32_t i = 0; i < length; i++)
                merge(block[path[i]][path[(i + 1) % length]], block[path[0]][path[1]]);
        for (uint32_t i = 0; i < length; i++)
            used |= path[i] == next;
        if (used)
            continue;
        path[length] = next;
        cycles(world, n, path, length + 1);
    }
}

static void circles(const struct world *world, uint32_t n, uint32_t min_size, enum level *levels)
{
    memset(block, 0, sizeof block);
    next_block = 1;
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t j = 0; j < i; j++)
            if (holds(world, i, j) || holds(world, j, i))
                block[i][j] = block[j][i] = next_block++;
    for (uint32_t i = 0; i < n; i++)
        cycles(world, n, (uint32_t[N]){ i }, 1);
    for (uint32_t b = 1; b < next_block; b++) {
        uint32_t size = 0, hops[N];

        for (uint32_t i = 0; i < n; i++) {
            bool in = false;

            for (uint32_t j = 0; j < n; j++)
                in |= block[i][j] == b;
            size += in;
            hops[i] = 99;
            for (uint32_t e = 0; e < world->n_edges && in; e++)
                if (world->edges[e].type == W_BORROWED && world->edges[e].from == i &&
                    world->nodes[world->edges[e].to].numbers[NODE_OVERDUE_SINCE] <= world->at_us)
                    hops[i] = 0;
        }
        for (uint32_t hop = 0; hop < 2; hop++)
            for (uint32_t i = 0; i < n; i++)
                for (uint32_t j = 0; j < n; j++)
                    if (block[i][j] == b && hops[i] == hop && hops[j] > hop + 1)
                        hops[j] = hop + 1;
        for (uint32_t i = 0; i < n; i++)
            for (uint32_t j = 0; j < n; j++)
                if (block[i][j] == b && size >= 4 && (size >= min_size || hops[i] <= 2))
                    levels[i] = LEVEL_ATTENTION;
    }
}

Test(guarantee_load, levels_equal_the_definitions_read_out_slowly)
{
    static const char *const settings[] = { "D8.min_size=6", NULL };
    static struct world world;
    static struct slow slow;
    uint32_t tagged[3] = { 0 };

    for (uint64_t seed = 1; seed <= 800; seed++) {
        struct rng rng = rng_at(seed, 8, 0);
        enum level circle[WORLD_NODES] = { 0 };
        struct world_run run;
        uint32_t n = 0;

        fill(&world, &rng);
        world_look_back(&world, &rng, seed, 1, 8);
        slow_build(&slow, &world);
        while (n < world.n_nodes && world.nodes[n].label <= W_PERSON)
            n++;
        circles(&world, n, 6, circle);
        world_begin(&run, &world, settings);
        world_detect(&run, "D8");
        for (uint32_t i = 0; i < n; i++) {
            enum level expected[3] = { LEVEL_NONE, load(&world, i), circle[i] };
            static const char *const codes[] = { "GUARANTEE_CHAIN", "OVER_GUARANTEE",
                                                 "GUARANTEE_CIRCLE" };

            if (slow_applied(&world, i, 0, world.at_us) && !company(&world, i) &&
                chain(&world, (uint32_t[6]){ i }, 1))
                expected[0] = LEVEL_ATTENTION;
            for (int c = 0; c < 3; c++) {
                enum level want = slow.subject[i] ? expected[c] : LEVEL_NONE;

                tagged[c] += want != LEVEL_NONE;
                cr_assert_eq(world_level(&run, i, codes[c]), want,
                             "%s, seed %lu: node %u: %s, expected %s", codes[c],
                             (unsigned long)seed, i, level_name(world_level(&run, i, codes[c])),
                             level_name(want));
            }
        }
        world_done(&run);
        slow_free(&slow);
    }
    for (int c = 0; c < 3; c++)
        cr_assert_gt(tagged[c], 100);
}
