/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "detectors/chance.h"
#include "tests/detectors/world.h"
#include "tests/support/leaks.h"

TestSuite(dense_block, .fini = leaks_check);

#define CODE "DENSE_BLOCK"
#define SMALL 14

/* A bipartite graph as a table: rows first, then columns. */
struct table {
    uint32_t n, n_rows;
    bool tied[WORLD_NODES][WORLD_NODES]; /* [row][column] */
    int64_t weight[WORLD_NODES];
};

static void weigh(struct table *table)
{
    for (uint32_t c = 0; c < table->n; c++) {
        uint32_t degree = 0;

        for (uint32_t r = 0; r < table->n; r++)
            degree += table->tied[r][c];
        table->weight[c] = degree ? llround(1e6 / log(degree + 5.0)) : 0;
    }
}

static int64_t slow_degree(const struct table *table, const bool *in, uint32_t node)
{
    int64_t sum = 0;

    for (uint32_t other = 0; other < table->n; other++)
        if (in[other])
            sum += (table->tied[node][other] ? table->weight[other] : 0) +
                   (table->tied[other][node] ? table->weight[node] : 0);
    return sum;
}

static int64_t slow_weight(const struct table *table, const bool *in)
{
    int64_t sum = 0;

    for (uint32_t i = 0; i < table->n; i++)
        sum += in[i] ? slow_degree(table, in, i) : 0;
    return sum / 2;
}

/* Peels by looking at everybody each time; `in` says who takes part, then who is in the block. */
static int64_t slow_peel(const struct table *table, bool *in)
{
    bool best[WORLD_NODES] = { false };
    double densest = -1;
    int64_t density = 0;

    for (;;) {
        uint32_t n = 0, least = UINT32_MAX;
        int64_t weight = slow_weight(table, in);

        for (uint32_t i = 0; i < table->n; i++) {
            n += in[i];
            if (in[i] && (least == UINT32_MAX || slow_degree(table, in, i) <
                                                     slow_degree(table, in, least)))
                least = i;
        }
        if (!n)
            break;
        if ((double)weight / n > densest + 1e-9) {
            densest = (double)weight / n;
            density = weight / n;
            memcpy(best, in, table->n);
        }
        in[least] = false;
    }
    memcpy(in, best, table->n);
    return density;
}

static void random_table(struct table *table, struct rng *rng, uint32_t n)
{
    uint64_t part = 1 + rng_below(rng, 6);

    memset(table, 0, sizeof *table);
    table->n = n;
    table->n_rows = 1 + (uint32_t)rng_below(rng, n - 1);
    for (uint32_t r = 0; r < table->n_rows; r++)
        for (uint32_t c = table->n_rows; c < n; c++)
            table->tied[r][c] = rng_chance(rng, part, 8);
    weigh(table);
}

static void graph_of(struct peel_graph *out, const struct table *table)
{
    static struct peel_edge edges[WORLD_NODES * WORLD_NODES];
    size_t n = 0;

    for (uint32_t r = 0; r < table->n; r++)
        for (uint32_t c = 0; c < table->n; c++)
            if (table->tied[r][c])
                edges[n++] = (struct peel_edge){ r, c };
    cr_assert_eq(peel_graph_init(out, table->n, edges, n, NULL), STATUS_OK);
}

/* The densest of all sets there are. */
static double best_of_all(const struct table *table)
{
    double best = 0;

    for (uint32_t set = 1; set < 1u << table->n; set++) {
        bool in[WORLD_NODES];
        double density;

        for (uint32_t i = 0; i < table->n; i++)
            in[i] = set >> i & 1;
        density = (double)slow_weight(table, in) / __builtin_popcount(set);
        best = density > best ? density : best;
    }
    return best;
}

Test(dense_block, peeling_equals_the_slow_peeling_and_the_core_keeps_its_block)
{
    static struct table table;

    for (uint64_t seed = 1; seed <= 1500; seed++) {
        struct rng rng = rng_at(seed, 6, 0);
        struct peel_graph graph = { 0 };
        unsigned char in[WORLD_NODES], core[WORLD_NODES];
        bool slow[WORLD_NODES];
        int64_t density, expected;

        random_table(&table, &rng, 2 + (uint32_t)rng_below(&rng, 30));
        graph_of(&graph, &table);
        memset(slow, true, sizeof slow);
        expected = slow_peel(&table, slow);
        cr_assert_eq(peel_densest(&density, in, &graph), STATUS_OK);
        cr_assert_eq(peel_core(core, &graph, density), STATUS_OK);
        cr_assert_eq(density, expected, "seed %lu: %ld, not %ld", (unsigned long)seed,
                     (long)density, (long)expected);
        for (uint32_t i = 0; i < table.n; i++) {
            cr_assert_eq(in[i], slow[i], "seed %lu: node %u", (unsigned long)seed, i);
            cr_assert(!in[i] || core[i], "seed %lu: node %u", (unsigned long)seed, i);
        }
        peel_graph_fini(&graph);
    }
}

Test(dense_block, peeling_finds_at_least_half_of_the_best_density)
{
    static struct table table;

    for (uint64_t seed = 1; seed <= 12; seed++) {
        struct rng rng = rng_at(seed, 6, 1);
        struct peel_graph graph = { 0 };
        unsigned char in[WORLD_NODES];
        int64_t density;

        random_table(&table, &rng, SMALL - 3);
        graph_of(&graph, &table);
        cr_assert_eq(peel_densest(&density, in, &graph), STATUS_OK);
        cr_assert_geq((double)density + 1, best_of_all(&table) / 2);
        peel_graph_fini(&graph);
    }
}

/* The same degrees with other ends, the obvious way; two ends may meet twice. */
static int64_t slow_chance(const struct table *table, struct rng *rng)
{
    struct peel_graph graph = { 0 };
    struct peel_edge edges[WORLD_NODES];
    unsigned char in[WORLD_NODES];
    size_t n = 0;
    int64_t density;

    for (uint32_t r = 0; r < table->n; r++)
        for (uint32_t c = 0; c < table->n; c++)
            if (table->tied[r][c])
                edges[n++] = (struct peel_edge){ r, c };
    for (size_t i = n; i > 1; i--) {
        size_t other = rng_below(rng, i);
        uint32_t column = edges[i - 1].column;

        edges[i - 1].column = edges[other].column;
        edges[other].column = column;
    }
    cr_assert_eq(peel_graph_init(&graph, table->n, edges, n, table->weight), STATUS_OK);
    cr_assert_eq(peel_densest(&density, in, &graph), STATUS_OK);
    peel_graph_fini(&graph);
    return density;
}

Test(dense_block, what_chance_makes_is_the_mean_over_graphs_of_the_same_degrees)
{
    static struct table table;

    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct rng rng = rng_at(seed, 6, 2);
        struct peel_graph graph = { 0 };
        int64_t density, again, sum = 0;

        memset(&table, 0, sizeof table);
        table.n = 120;
        for (uint32_t r = 0; r < 50; r++)
            for (uint32_t k = 0; k < 1 + r / 20; k++)
                table.tied[r][50 + rng_below(&rng, seed % 2 ? 70 : 20)] = true;
        weigh(&table);
        graph_of(&graph, &table);
        cr_assert_eq(chance_density(&density, &graph, 400, seed, 0), STATUS_OK);
        cr_assert_eq(chance_density(&again, &graph, 400, seed, 0), STATUS_OK);
        cr_assert_eq(density, again);
        for (int i = 0; i < 400; i++)
            sum += slow_chance(&table, &rng);
        cr_assert_float_eq((double)density, (double)sum / 400, 0.02 * (double)density,
                           "seed %lu: %ld, not %ld", (unsigned long)seed, (long)density,
                           (long)(sum / 400));
        peel_graph_fini(&graph);
    }
}

static void fill(struct world *world, struct rng *rng)
{
    uint32_t n = 4 + (uint32_t)rng_below(rng, 14);
    static const uint32_t shared[] = { W_DEVICE, W_PHONE, W_ADDRESS, W_PERSON };

    memset(world, 0, sizeof *world);
    world->at_us = 20000 * US_PER_DAY;
    for (uint32_t i = 0; i < n; i++)
        world_node(world, rng_chance(rng, 7, 8) ? W_ENTERPRISE : W_PERSON);
    world_node(world, W_ENTERPRISE);
    for (int k = 0; k < 4; k++)
        for (int i = 0; i < 4; i++)
            world_node(world, shared[k]);
    for (uint32_t i = 0; i < 3 * n; i++) {
        int64_t time = world_time(world, rng, US_PER_DAY, 100);
        uint32_t application = world_node(world, W_APPLICATION);

        world_edge(world, W_APPLIED, (uint32_t)rng_below(rng, n), application, time, TIME_MAX);
        world_edge(world, W_SUBMITTED_FROM, application, world_pick(world, rng, W_DEVICE),
                   TIME_MIN, TIME_MAX);
        world_edge(world, W_HAS_PHONE, (uint32_t)rng_below(rng, n),
                   world_pick(world, rng, W_PHONE), TIME_MIN,
                   rng_chance(rng, 1, 3) ? time : TIME_MAX);
        if (rng_chance(rng, 1, 3))
            world_edge(world, W_CONTACT, world_pick(world, rng, W_PERSON),
                       world_pick(world, rng, W_ENTERPRISE), time, TIME_MAX);
    }
}

static int compare_keys(const void *a, const void *b, void *world)
{
    const struct world_node *nodes = ((struct world *)world)->nodes;

    return strcmp(nodes[*(const uint32_t *)a].key, nodes[*(const uint32_t *)b].key);
}

/* Takes away the ties whose both ends have no other. */
static void drop_singles(struct table *table)
{
    uint32_t row[WORLD_NODES] = { 0 }, column[WORLD_NODES] = { 0 };

    for (uint32_t r = 0; r < table->n; r++)
        for (uint32_t c = 0; c < table->n; c++) {
            row[r] += table->tied[r][c];
            column[c] += table->tied[r][c];
        }
    for (uint32_t r = 0; r < table->n; r++)
        for (uint32_t c = 0; c < table->n; c++)
            if (row[r] == 1 && column[c] == 1)
                table->tied[r][c] = false;
}

/* Who is in one of the first blocks of the kind, whatever is expected. */
static void expect_kind(bool *tagged, const struct slow *slow, int kind, int blocks)
{
    static struct table table;
    const struct world *world = slow->world;
    uint32_t order[WORLD_NODES], row[WORLD_NODES], column[WORLD_NODES], n = world->n_nodes;

    memset(&table, 0, sizeof table);
    for (uint32_t i = 0; i < n; i++)
        order[i] = i;
    qsort_r(order, n, sizeof *order, compare_keys, (void *)world);
    table.n = 2 * n; /* each node as a row, then as a column */
    for (uint32_t i = 0; i < n; i++) {
        row[order[i]] = 2 * i;
        column[order[i]] = 2 * i + 1;
    }
    for (size_t u = 0; u < slow->n_uses; u++) {
        const struct slow_use *use = &slow->uses[u];

        if (use->kind == kind && use->start <= world->at_us &&
            (use->dated ? use->start : use->end) > world->at_us - 90 * US_PER_DAY)
            table.tied[row[use->principal]][column[use->identifier]] = true;
    }
    weigh(&table);
    drop_singles(&table);
    for (int block = 0; block < blocks; block++) {
        bool in[WORLD_NODES] = { false };
        bool any = false;

        for (uint32_t r = 0; r < table.n; r++)
            for (uint32_t c = 0; c < table.n; c++)
                if (table.tied[r][c])
                    any = in[r] = in[c] = true;
        if (!any)
            return;
        slow_peel(&table, in);
        for (uint32_t i = 0; i < n; i++)
            tagged[i] |= in[row[i]];
        for (uint32_t r = 0; r < table.n; r++)
            for (uint32_t c = 0; c < table.n; c++)
                if (in[r] && in[c])
                    table.tied[r][c] = false;
    }
}

Test(dense_block, members_of_the_first_blocks_equal_the_slow_ones)
{
    static const char *const one[] = { "D6.ratio=0", "D6.blocks=1", NULL };
    static const char *const two[] = { "D6.ratio=0", "D6.blocks=2", NULL };
    static struct world world;
    static struct slow slow;
    uint32_t n_tagged = 0, n_spared = 0;

    for (uint64_t seed = 1; seed <= 60; seed++) {
        bool tagged[WORLD_NODES] = { false };
        struct rng rng = rng_at(seed, 6, 3);
        struct world_run run;

        fill(&world, &rng);
        slow_build(&slow, &world);
        for (int kind = 0; kind < 4; kind++)
            expect_kind(tagged, &slow, kind, seed % 2 ? 1 : 2);
        world_begin(&run, &world, seed % 2 ? one : two);
        world_detect(&run, CODE);
        for (uint32_t i = 0; i < world.n_nodes; i++) {
            cr_assert_eq(world_level(&run, i, CODE) != LEVEL_NONE, tagged[i],
                         "seed %lu: node %u", (unsigned long)seed, i);
            n_tagged += tagged[i];
            n_spared += !tagged[i] && slow.subject[i];
        }
        world_done(&run);
        slow_free(&slow);
    }
    cr_assert_gt(n_tagged, 100);
    cr_assert_gt(n_spared, 20);
}

Test(dense_block, a_pool_of_devices_is_told_and_firms_with_one_each_are_not)
{
    static struct world world;
    struct world_run run;
    uint32_t devices[4];

    memset(&world, 0, sizeof world);
    world.at_us = 20000 * US_PER_DAY;
    for (int d = 0; d < 4; d++)
        devices[d] = world_node(&world, W_DEVICE);
    for (int f = 0; f < 40; f++) {
        uint32_t firm = world_node(&world, W_ENTERPRISE);

        for (int d = 0; d < (f < 8 ? 4 : 1); d++)
            world_edge(&world, W_USES_DEVICE, firm,
                       f < 8 ? devices[d] : world_node(&world, W_DEVICE),
                       world.at_us - US_PER_DAY, TIME_MAX);
    }
    world_begin(&run, &world, NULL);
    world_detect(&run, CODE);
    cr_assert_eq(run.findings.n, 8);
    cr_assert_eq(run.findings.n_rings, 1);
    for (size_t i = 0; i < run.findings.n; i++) {
        cr_assert_eq(run.findings.items[i].level, LEVEL_HINT);
        cr_assert_eq(run.findings.items[i].edges.count, 4);
    }
    world_done(&run);
}
