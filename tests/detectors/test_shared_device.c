/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <stdio.h>

#include "detectors/wide.h"
#include "tests/detectors/world.h"
#include "tests/support/leaks.h"

TestSuite(shared_device, .fini = leaks_check);

#define CODE "SHARED_DEVICE"

static void fill(struct world *world, struct rng *rng)
{
    int64_t step = rng_chance(rng, 1, 2) ? 12 * US_PER_HOUR : US_PER_DAY;
    uint32_t most = rng_chance(rng, 1, 2) ? 30 : 400, n = 6 + (uint32_t)rng_below(rng, 20);

    memset(world, 0, sizeof *world);
    world->at_us = 20000 * US_PER_DAY;
    for (uint32_t i = 0; i < n; i++)
        world_node(world, rng_chance(rng, 4, 5) ? W_ENTERPRISE : W_PERSON);
    world_node(world, W_ENTERPRISE);
    for (int i = 0; i < 3; i++)
        world_node(world, W_DEVICE);
    if (rng_chance(rng, 1, 4))
        world->nodes[world_pick(world, rng, W_DEVICE)].texts[NODE_CLASS] =
            rng_chance(rng, 1, 2) ? "bank_branch" : "unheard_of";
    for (int i = 0; i < 4; i++) {
        world_node(world, W_ACCOUNT);
        world_edge(world, W_OWNS, (uint32_t)rng_below(rng, n), world->n_nodes - 1, TIME_MIN,
                   TIME_MAX);
    }
    for (uint32_t i = 0; i < n; i++) {
        int64_t time = world_time(world, rng, step, most);
        uint32_t application = world_node(world, W_APPLICATION);

        world_edge(world, W_APPLIED, (uint32_t)rng_below(rng, n), application, time, TIME_MAX);
        world_edge(world, W_SUBMITTED_FROM, application, world_pick(world, rng, W_DEVICE),
                   rng_chance(rng, 1, 2) ? TIME_MIN : time, TIME_MAX);
        world_edge(world, W_USES_DEVICE, (uint32_t)rng_below(rng, n),
                   world_pick(world, rng, W_DEVICE),
                   rng_chance(rng, 1, 10) ? TIME_MIN : world_time(world, rng, step, most),
                   TIME_MAX);
        world_edge(world, W_SIGNED_IN, world_pick(world, rng, W_DEVICE),
                   world_pick(world, rng, W_ACCOUNT), world_time(world, rng, step, most),
                   TIME_MAX);
    }
    for (uint32_t i = 0; i < n / 3; i++)
        world_edge(world, W_SHAREHOLDER, (uint32_t)rng_below(rng, n),
                   world_pick(world, rng, W_ENTERPRISE), TIME_MIN, TIME_MAX)
            ->numbers[EDGE_RATIO] = 6 * RATIO_ONE / 10;
}

struct rule {
    uint32_t cap, steady_principals;
    int64_t steady_span, steady_factor;
};

/* Unrelated principals with a dated use of the device in [from, before) and in the lookback. */
static uint32_t count(const struct slow *slow, uint32_t device, int64_t from, int64_t before,
                      bool outside, uint32_t *n_uses)
{
    uint32_t nodes[WORLD_EDGES], n = 0;

    for (size_t i = 0; i < slow->n_uses; i++) {
        const struct slow_use *use = &slow->uses[i];
        bool inside = use->start >= from && use->start < before;

        if (use->identifier == device && use->dated && inside != outside)
            nodes[n++] = use->principal;
    }
    if (n_uses)
        *n_uses = n;
    return slow_groups(slow, nodes, n);
}

static bool steady(const struct slow *slow, uint32_t device, int64_t from, int64_t before,
                   const struct rule *rule)
{
    int64_t first = TIME_MAX, last = TIME_MIN, width = before - from;
    uint32_t n_out, out = count(slow, device, from, before, true, &n_out);

    for (size_t i = 0; i < slow->n_uses; i++)
        if (slow->uses[i].identifier == device && slow->uses[i].dated) {
            first = slow->uses[i].start < first ? slow->uses[i].start : first;
            last = slow->uses[i].start > last ? slow->uses[i].start : last;
        }
    if (out < rule->steady_principals || last - first < rule->steady_span ||
        last - first <= width)
        return false;
    return (wide_int)count(slow, device, from, before, false, NULL) * (last - first - width) <
           (wide_int)rule->steady_factor * n_out * width;
}

static void raise_inside(const struct slow *slow, uint32_t device, int64_t from, int64_t before,
                         enum level level, enum level *levels)
{
    for (size_t i = 0; i < slow->n_uses; i++) {
        const struct slow_use *use = &slow->uses[i];

        if (use->identifier == device && use->dated && use->start >= from &&
            use->start < before && levels[use->principal] < level)
            levels[use->principal] = level;
    }
}

static void expect(const struct slow *slow, const struct rule *rule, enum level *levels)
{
    for (size_t i = 0; i < slow->n_uses; i++) {
        const struct slow_use *use = &slow->uses[i];
        int64_t from = use->start, before = from + 7 * US_PER_DAY;
        uint32_t cap = slow_cap(slow->world, use->identifier, true), n;

        if (use->kind != 0)
            continue;
        n = count(slow, use->identifier, from, before, false, NULL);
        cap = cap && rule->cap < cap ? rule->cap : cap;
        if (n < 3 || n > cap || steady(slow, use->identifier, from, before, rule))
            continue;
        raise_inside(slow, use->identifier, from, before, LEVEL_ATTENTION, levels);
        for (size_t j = 0; j < slow->n_uses; j++) {
            int64_t at = slow->uses[j].start, end = at + US_PER_DAY;

            if (slow->uses[j].identifier != use->identifier || at < from || at >= before)
                continue;
            end = end < before ? end : before;
            if (count(slow, use->identifier, at, end, false, NULL) >= 5)
                raise_inside(slow, use->identifier, at, end, LEVEL_ALERT, levels);
        }
    }
}

static void compare(uint64_t seed, const struct rule *rule, const char *const *settings)
{
    static struct world world;
    static struct slow slow;
    enum level levels[WORLD_NODES] = { 0 };
    struct rng rng = rng_at(seed, 2, 0);
    struct world_run run;

    fill(&world, &rng);
    world_look_back(&world, &rng, seed, 12 * US_PER_HOUR, 40);
    slow_build(&slow, &world);
    expect(&slow, rule, levels);
    world_begin(&run, &world, settings);
    world_detect(&run, CODE);
    for (uint32_t i = 0; i < world.n_nodes; i++)
        cr_assert_eq(world_level(&run, i, CODE), levels[i], "seed %lu: node %u: %s, expected %s",
                     (unsigned long)seed, i, level_name(world_level(&run, i, CODE)),
                     level_name(levels[i]));
    world_done(&run);
    slow_free(&slow);
}

Test(shared_device, levels_equal_the_definition_read_out_slowly)
{
    static const struct rule rule = { 100, 30, 90 * US_PER_DAY, 3 };

    for (uint64_t seed = 1; seed <= 400; seed++)
        compare(seed, &rule, NULL);
}

Test(shared_device, caps_and_the_rhythm_of_steady_hubs_equal_the_definition)
{
    static const struct rule rule = { 5, 4, 20 * US_PER_DAY, 2 };
    static const char *const settings[] = {
        "SHARED.cap.Device=5/5", "SHARED.steady_principals=4", "SHARED.steady_span_days=20",
        "SHARED.steady_factor=2", NULL
    };

    for (uint64_t seed = 1; seed <= 400; seed++)
        compare(seed, &rule, settings);
}

Test(shared_device, evidence_names_each_principal_and_the_ring_holds_all)
{
    static struct world world;
    struct world_run run;
    uint32_t device;

    memset(&world, 0, sizeof world);
    world.at_us = 20000 * US_PER_DAY;
    device = world_node(&world, W_DEVICE);
    for (uint32_t i = 0; i < 4; i++)
        world_edge(&world, W_USES_DEVICE, world_node(&world, W_ENTERPRISE), device,
                   world.at_us - i * US_PER_DAY, TIME_MAX);
    world_begin(&run, &world, NULL);
    world_detect(&run, CODE);
    cr_assert_eq(run.findings.n, 4);
    cr_assert_eq(run.findings.items[0].edges.count, 4);
    cr_assert_eq(run.findings.n_rings, 1);
    cr_assert_eq(run.findings.rings[0].members.count, 4);
    cr_assert_eq(run.findings.items[0].score, finding_score(LEVEL_ATTENTION, 4, 3));
    world_done(&run);
}
