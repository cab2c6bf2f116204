/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <stdio.h>

#include "detectors/registry.h"
#include "tests/detectors/world.h"
#include "tests/support/leaks.h"
#include "tests/support/ok.h"

TestSuite(guarantee_cycle, .fini = leaks_check);

#define CIRCULAR "CIRCULAR_GUARANTEE"
#define MUTUAL "MUTUAL_GUARANTEE"

static void fill(struct world *world, struct rng *rng)
{
    uint32_t n = 3 + (uint32_t)rng_below(rng, 9), n_edges = n + (uint32_t)rng_below(rng, 2 * n);

    memset(world, 0, sizeof *world);
    world->at_us = 20000 * US_PER_DAY;
    for (uint32_t i = 0; i < n; i++)
        world_node(world, rng_chance(rng, 9, 10) ? W_ENTERPRISE : W_PERSON);
    world_node(world, W_GROUP);
    world_node(world, W_GROUP);
    for (uint32_t i = 0; i < n_edges; i++) {
        struct world_edge *edge =
            world_edge(world, W_GUARANTEES, (uint32_t)rng_below(rng, n),
                       (uint32_t)rng_below(rng, n),
                       rng_chance(rng, 1, 6) ? world->at_us + rng_between(rng, -1, 1) : TIME_MIN,
                       rng_chance(rng, 1, 6) ? world->at_us + rng_between(rng, -1, 1) : TIME_MAX);

        if (rng_chance(rng, 1, 5))
            edge->texts[EDGE_STATUS] = rng_chance(rng, 1, 2) ? "active" : "released";
        if (rng_chance(rng, 1, 2))
            edge->numbers[EDGE_AMOUNT] = rng_between(rng, 1, 1000);
    }
    for (uint32_t i = 0; i < n; i++)
        if (rng_chance(rng, 1, 2))
            world_edge(world, W_MEMBER_OF, i, world_pick(world, rng, W_GROUP), TIME_MIN,
                       rng_chance(rng, 1, 8) ? world->at_us : TIME_MAX);
}

static bool holds(const struct world *world, uint32_t from, uint32_t to)
{
    for (uint32_t e = 0; e < world->n_edges; e++) {
        const struct world_edge *edge = &world->edges[e];

        if (edge->type == W_GUARANTEES && edge->from == from && edge->to == to &&
            edge->start <= world->at_us && world->at_us < edge->end &&
            (!edge->texts[EDGE_STATUS] || !strcmp(edge->texts[EDGE_STATUS], "active")))
            return true;
    }
    return false;
}

static bool member(const struct world *world, uint32_t node, uint32_t group)
{
    for (uint32_t e = 0; e < world->n_edges; e++)
        if (world->edges[e].type == W_MEMBER_OF && world->edges[e].from == node &&
            world->edges[e].to == group && world->at_us < world->edges[e].end)
            return true;
    return false;
}

static enum level judge(const struct world *world, const uint32_t *path, uint32_t length)
{
    enum level level = length == 2 ? LEVEL_ALERT : LEVEL_ATTENTION;

    for (uint32_t g = 0; g < world->n_nodes; g++) {
        bool all = world->nodes[g].label == W_GROUP;

        for (uint32_t i = 0; i < length && all; i++)
            all = member(world, path[i], g);
        if (all)
            return LEVEL_HINT;
    }
    for (uint32_t i = 0; i < length; i++)
        if (holds(world, path[(i + 1) % length], path[i]))
            level = LEVEL_ALERT;
    return level;
}

struct expected {
    enum level circular[WORLD_NODES], mutual[WORLD_NODES];
};

static void walk(struct expected *expected, const struct world *world, uint32_t *path,
                 uint32_t length)
{
    if (length >= 2 && holds(world, path[length - 1], path[0])) {
        enum level level = judge(world, path, length);

        for (uint32_t i = 0; i < length; i++) {
            enum level *at =
                length == 2 ? &expected->mutual[path[i]] : &expected->circular[path[i]];

            if (world->nodes[path[i]].label == W_ENTERPRISE && level > *at)
                *at = level;
        }
    }
    for (uint32_t next = 0; next < world->n_nodes && length < 6; next++) {
        bool used = !holds(world, path[length - 1], next);

        for (uint32_t i = 0; i < length; i++)
            used |= path[i] == next;
        if (used)
            continue;
        path[length] = next;
        walk(expected, world, path, length + 1);
    }
}

static void compare(uint64_t seed, const char *const *settings)
{
    static struct world world;
    struct expected expected = { 0 };
    struct rng rng = rng_at(seed, 3, 0);
    struct world_run run;

    fill(&world, &rng);
    world_look_back(&world, &rng, seed, 1, 2);
    for (uint32_t i = 0; i < world.n_nodes; i++)
        walk(&expected, &world, (uint32_t[6]){ i }, 1);
    world_begin(&run, &world, settings);
    world_detect(&run, "D7");
    for (uint32_t i = 0; i < world.n_nodes; i++) {
        cr_assert_eq(world_level(&run, i, CIRCULAR), expected.circular[i],
                     "seed %lu: circular %u: %s, expected %s", (unsigned long)seed, i,
                     level_name(world_level(&run, i, CIRCULAR)),
                     level_name(expected.circular[i]));
        cr_assert_eq(world_level(&run, i, MUTUAL), expected.mutual[i], "seed %lu: mutual %u",
                     (unsigned long)seed, i);
    }
    world_done(&run);
}

Test(guarantee_cycle, levels_equal_the_definition_read_out_slowly)
{
    for (uint64_t seed = 1; seed <= 1500; seed++)
        compare(seed, NULL);
}

Test(guarantee_cycle, a_full_listing_does_not_change_who_is_tagged)
{
    static const char *const settings[] = { "CIRCULAR_GUARANTEE.max_cycles=2", NULL };

    for (uint64_t seed = 1; seed <= 500; seed++)
        compare(seed, settings);
}

Test(guarantee_cycle, evidence_tells_the_ring_in_order)
{
    static struct world world;
    struct world_run run;

    memset(&world, 0, sizeof world);
    world.at_us = 20000 * US_PER_DAY;
    for (uint32_t i = 0; i < 4; i++)
        world_node(&world, W_ENTERPRISE);
    for (uint32_t i = 0; i < 4; i++)
        world_edge(&world, W_GUARANTEES, i, (i + 1) % 4, TIME_MIN, TIME_MAX);
    world_begin(&run, &world, NULL);
    world_detect(&run, CIRCULAR);
    cr_assert_eq(run.findings.n, 4);
    cr_assert_eq(run.findings.n_rings, 1);
    cr_assert_eq(run.findings.items[0].edges.count, 4);
    for (uint32_t i = 0; i < 4; i++)
        cr_assert_eq(run.findings.edges[i].to.value, run.findings.edges[(i + 1) % 4].from.value);
    world_done(&run);
}

Test(guarantee_cycle, a_complete_graph_of_sixty_ends_and_tags_everybody)
{
    static struct world world;
    struct world_run run;

    memset(&world, 0, sizeof world);
    world.at_us = 20000 * US_PER_DAY;
    for (uint32_t i = 0; i < 60; i++)
        world_node(&world, W_ENTERPRISE);
    for (uint32_t i = 0; i < 60; i++)
        for (uint32_t j = 0; j < 60; j++)
            if (i != j)
                world_edge(&world, W_GUARANTEES, i, j, TIME_MIN, TIME_MAX);
    world_begin(&run, &world, NULL);
    world_detect(&run, CIRCULAR);
    cr_assert_eq(run.findings.n, 120);
    cr_assert(run.findings.truncated);
    world_done(&run);
}

#define CROWD 550 /* guarantors of whom each is on more cycles than are looked at */
#define TRIANGLES 20

static void add_guarantee(struct snapshot_builder *builder, uint32_t from, uint32_t to)
{
    static uint64_t n;

    OK(snapshot_add_edge(builder, W_GUARANTEES, (struct node_id){ from + 1 },
                         (struct node_id){ to + 1 }, TIME_MIN, TIME_MAX,
                         (struct edge_id){ ++n }));
}

/* A crowd with cycles of six beyond number, and after it, by key, triangles on a long way round. */
static struct snapshot *crowd_and_triangles(void)
{
    struct snapshot_builder *builder;
    struct snapshot *snapshot;
    char key[8];

    OK(snapshot_begin(&builder));
    for (uint32_t i = 0; i < CROWD + 3 * TRIANGLES; i++) {
        snprintf(key, sizeof key, "E%04u", i);
        OK(snapshot_add_node(builder, (struct node_id){ i + 1 }, W_ENTERPRISE, LABEL_PRINCIPAL,
                             slice_str(key)));
    }
    for (uint32_t i = 0; i < CROWD; i++)
        for (uint32_t step = 84; step < 100; step++)
            add_guarantee(builder, i, (i + step) % CROWD);
    for (uint32_t i = 0; i < TRIANGLES; i++)
        for (uint32_t k = 0; k < 3; k++)
            add_guarantee(builder, CROWD + 3 * i + k, CROWD + 3 * i + (k + 1) % 3);
    for (uint32_t i = 0; i < TRIANGLES; i++)
        add_guarantee(builder, i ? CROWD + 3 * i - 1 : 0, CROWD + 3 * i);
    add_guarantee(builder, CROWD + 3 * TRIANGLES - 1, 0);
    OK(snapshot_finish(&snapshot, builder));
    return snapshot;
}

Test(guarantee_cycle, who_is_on_a_cycle_is_tagged_though_others_are_on_more_than_are_looked_at)
{
    struct params params;
    struct findings findings = { 0 };
    struct facts facts = { .snapshot = crowd_and_triangles(), .schema = world_schema(),
                           .params = &params, .at_us = 20000 * US_PER_DAY };

    OK(params_init(&params));
    OK(registry_find(SLICE(CIRCULAR))->run(&facts, &findings));
    cr_assert(findings.truncated);
    cr_assert_eq(findings.n, CROWD + 3 * TRIANGLES);
    findings_fini(&findings);
    facts_fini(&facts);
    params_fini(&params);
    snapshot_free((struct snapshot *)facts.snapshot);
}
