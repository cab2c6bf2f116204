/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "tests/detectors/world.h"
#include "tests/support/leaks.h"

TestSuite(gang, .fini = leaks_check);

#define CODE "GANG_APPLICATION"

/* What joins the first `n` parties, within so many days. */
static void add_ties(struct world *world, struct rng *rng, uint32_t n, uint32_t most)
{
    for (uint32_t i = 0; i < 2 * n; i++) {
        int64_t time = world_time(world, rng, US_PER_DAY, most);
        uint32_t application = world_node(world, W_APPLICATION);

        if (rng_chance(rng, 1, 2)) {
            world_edge(world, W_APPLIED, (uint32_t)rng_below(rng, n), application, time,
                       TIME_MAX);
            world_edge(world, W_SUBMITTED_FROM, application, world_pick(world, rng, W_DEVICE),
                       TIME_MIN, TIME_MAX);
            if (rng_chance(rng, 1, 2))
                world_edge(world, W_STATES_PHONE, application, world_pick(world, rng, W_PHONE),
                           time, TIME_MAX);
        }
        if (rng_chance(rng, 1, 2))
            world_edge(world, W_LOCATED_AT, (uint32_t)rng_below(rng, n),
                       world_pick(world, rng, W_ADDRESS), TIME_MIN,
                       rng_chance(rng, 1, 3) ? world_time(world, rng, US_PER_DAY, most)
                                             : TIME_MAX);
        if (rng_chance(rng, 1, 3))
            world_edge(world, W_CONTACT, world_pick(world, rng, W_PERSON),
                       world_pick(world, rng, W_ENTERPRISE), TIME_MIN, TIME_MAX);
    }
}

/* A block and an overdue loan, perhaps. */
static void add_trouble(struct world *world, struct rng *rng, uint32_t n)
{
    if (rng_chance(rng, 1, 3))
        world->nodes[rng_below(rng, n)].numbers[NODE_BLOCKED] = 1;
    if (rng_chance(rng, 1, 3)) {
        uint32_t loan = world_node(world, W_LOAN);

        world->nodes[loan].numbers[NODE_OVERDUE_SINCE] = world->at_us - US_PER_DAY;
        if (rng_chance(rng, 1, 2))
            world->nodes[loan].numbers[NODE_OVERDUE_UNTIL] = world->at_us;
        world_edge(world, W_BORROWED, (uint32_t)rng_below(rng, n), loan, TIME_MIN, TIME_MAX);
    }
}

static void fill(struct world *world, struct rng *rng)
{
    uint32_t n = 5 + (uint32_t)rng_below(rng, 16), most = rng_chance(rng, 1, 2) ? 40 : 120;
    static const uint32_t shared[] = { W_DEVICE, W_PHONE, W_ADDRESS, W_PERSON };

    memset(world, 0, sizeof *world);
    world->at_us = 20000 * US_PER_DAY;
    for (uint32_t i = 0; i < n; i++)
        world_node(world, rng_chance(rng, 7, 8) ? W_ENTERPRISE : W_PERSON);
    world_node(world, W_ENTERPRISE);
    for (int k = 0; k < 4; k++)
        for (int i = 0; i < 3; i++) {
            uint32_t node = world_node(world, shared[k]);

            if (rng_chance(rng, 1, 10))
                world->nodes[node].texts[NODE_CLASS] = "incubator";
        }
    add_ties(world, rng, n, most);
    for (uint32_t i = 0; i < n / 4; i++)
        world_edge(world, W_SHAREHOLDER, (uint32_t)rng_below(rng, n),
                   world_pick(world, rng, W_ENTERPRISE), TIME_MIN, TIME_MAX)
            ->numbers[EDGE_RATIO] = 6 * RATIO_ONE / 10;
    add_trouble(world, rng, n);
}

struct study {
    const struct slow *slow;
    const struct world *world;
    int64_t after;
    bool applicant[WORLD_NODES];
    bool tied[WORLD_NODES][WORLD_NODES];
};

static bool overlaps(const struct study *study, const struct slow_use *use)
{
    return use->start <= study->world->at_us &&
           (use->dated ? use->start : use->end) > study->after;
}

/* Newest use of i by p in the window, or TIME_MIN. */
static int64_t newest(const struct study *study, uint32_t p, uint32_t i)
{
    int64_t best = TIME_MIN;

    for (size_t u = 0; u < study->slow->n_uses; u++) {
        const struct slow_use *use = &study->slow->uses[u];
        int64_t at = use->end > study->world->at_us ? study->world->at_us : use->end;

        if (use->principal == p && use->identifier == i && overlaps(study, use) && at > best)
            best = at;
    }
    return best;
}

static void tie(struct study *study, uint32_t p, uint32_t q, int64_t tau)
{
    static const double weights[] = { 1.0, 0.8, 0.4, 1.0 };
    const struct world *world = study->world;
    bool kinds[4] = { false }, exclusive = false;
    double sum = 0;

    for (uint32_t i = 0; i < world->n_nodes; i++) {
        uint32_t users[WORLD_NODES], applicants[WORLD_NODES], n = 0, n_applicants = 0;
        int64_t a = newest(study, p, i), b = newest(study, q, i);
        uint32_t label = world->nodes[i].label;
        int kind = label == W_DEVICE ? 0 : label == W_PHONE ? 1 : label == W_ADDRESS ? 2 : 3;

        if (a == TIME_MIN || b == TIME_MIN)
            continue;
        for (uint32_t u = 0; u < world->n_nodes; u++)
            if (newest(study, u, i) != TIME_MIN) {
                users[n++] = u;
                if (study->applicant[u])
                    applicants[n_applicants++] = u;
            }
        if (slow_groups(study->slow, users, n) > slow_cap(world, i, false))
            continue;
        kinds[kind] = true;
        exclusive |= n == n_applicants && slow_groups(study->slow, applicants, n) >= 4;
        sum += weights[kind] / log(n + 5.0) *
               exp(-(double)((world->at_us - (a < b ? a : b)) / US_PER_DAY) / 180.0);
    }
    study->tied[p][q] = llround(sum * 1e6) >= tau &&
                        (kinds[0] + kinds[1] + kinds[2] + kinds[3] >= 2 || exclusive);
}

static bool bad(const struct world *world, uint32_t node)
{
    if (world->nodes[node].numbers[NODE_BLOCKED] == 1)
        return true;
    for (uint32_t e = 0; e < world->n_edges; e++) {
        const struct world_node *loan = &world->nodes[world->edges[e].to];

        if (world->edges[e].type == W_BORROWED && world->edges[e].from == node &&
            loan->numbers[NODE_OVERDUE_SINCE] <= world->at_us &&
            loan->numbers[NODE_OVERDUE_UNTIL] == CELL_ABSENT)
            return true;
    }
    return false;
}

/* Two unrelated members with applications less than 30 days apart. */
static bool burst(const struct study *study, const uint32_t *members, uint32_t n)
{
    const struct world *world = study->world;

    for (uint32_t e = 0; e < world->n_edges; e++)
        for (uint32_t f = 0; f < world->n_edges; f++) {
            const struct world_edge *a = &world->edges[e], *b = &world->edges[f];
            bool has_a = false, has_b = false;

            if (a->type != W_APPLIED || b->type != W_APPLIED || a->start <= study->after ||
                b->start <= study->after || a->start > world->at_us ||
                b->start > world->at_us || llabs(a->start - b->start) >= 30 * US_PER_DAY ||
                study->slow->group[a->from] == study->slow->group[b->from])
                continue;
            for (uint32_t i = 0; i < n; i++) {
                has_a |= members[i] == a->from;
                has_b |= members[i] == b->from;
            }
            if (has_a && has_b)
                return true;
        }
    return false;
}

static void expect(struct study *study, enum level *levels)
{
    const struct world *world = study->world;
    bool done[WORLD_NODES] = { false };

    for (uint32_t s = 0; s < world->n_nodes; s++) {
        uint32_t members[WORLD_NODES], n = 0, size;
        enum level level;

        if (done[s] || !study->applicant[s])
            continue;
        members[n++] = s;
        done[s] = true;
        for (uint32_t i = 0; i < n; i++)
            for (uint32_t q = 0; q < world->n_nodes; q++)
                if (!done[q] && (study->tied[members[i]][q] || study->tied[q][members[i]])) {
                    done[q] = true;
                    members[n++] = q;
                }
        size = slow_groups(study->slow, members, n);
        if (size < 3 || !burst(study, members, n))
            continue;
        level = size >= 6 ? LEVEL_ALERT : LEVEL_ATTENTION;
        for (uint32_t i = 0; i < n; i++)
            level = bad(world, members[i]) ? LEVEL_ALERT : level;
        for (uint32_t i = 0; i < n; i++)
            levels[members[i]] = level;
    }
}

static uint32_t compare(uint64_t seed, int64_t tau, const char *const *settings)
{
    static struct world world;
    static struct slow slow;
    static struct study study;
    enum level levels[WORLD_NODES] = { 0 };
    struct rng rng = rng_at(seed, 4, 0);
    struct world_run run;
    uint32_t tagged = 0;

    fill(&world, &rng);
    world_look_back(&world, &rng, seed, US_PER_DAY, 30);
    slow_build(&slow, &world);
    memset(&study, 0, sizeof study);
    study.slow = &slow;
    study.world = &world;
    study.after = world.at_us - 90 * US_PER_DAY;
    for (uint32_t i = 0; i < world.n_nodes; i++)
        study.applicant[i] =
            slow.subject[i] && slow_applied(&world, i, study.after, world.at_us);
    for (uint32_t p = 0; p < world.n_nodes; p++)
        for (uint32_t q = p + 1; q < world.n_nodes; q++)
            if (study.applicant[p] && study.applicant[q] && slow.group[p] != slow.group[q])
                tie(&study, p, q, tau);
    expect(&study, levels);
    world_begin(&run, &world, settings);
    world_detect(&run, CODE);
    for (uint32_t i = 0; i < world.n_nodes; i++) {
        tagged += levels[i] != LEVEL_NONE;
        cr_assert_eq(world_level(&run, i, CODE), levels[i], "seed %lu: node %u: %s, expected %s",
                     (unsigned long)seed, i, level_name(world_level(&run, i, CODE)),
                     level_name(levels[i]));
    }
    world_done(&run);
    slow_free(&slow);
    return tagged;
}

Test(gang, members_and_levels_equal_the_definition_read_out_slowly)
{
    static const char *const tight[] = { "D4.tau=0.6", NULL };
    uint32_t tagged = 0;

    for (uint64_t seed = 1; seed <= 120; seed++)
        tagged += compare(seed, 350000, NULL);
    for (uint64_t seed = 121; seed <= 240; seed++)
        tagged += compare(seed, 600000, tight);
    cr_assert_gt(tagged, 200);
}
