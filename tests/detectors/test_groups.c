/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hidden control, group exposure, multi-lending and tampering against their definitions. */
#include <criterion/criterion.h>

#include "tests/detectors/oracle.h"
#include "tests/detectors/stored.h"
#include "tests/support/leaks.h"

TestSuite(groups, .fini = leaks_check);

static void fill(struct world *world, struct rng *rng)
{
    static const char *const words[] = { "a", "b", "c" };
    uint32_t n = 6 + (uint32_t)rng_below(rng, 8);
    int64_t step = rng_chance(rng, 1, 2) ? 20 * US_PER_MINUTE : 3 * US_PER_DAY;

    memset(world, 0, sizeof *world);
    world->at_us = 20000 * US_PER_DAY;
    for (uint32_t i = 0; i < n; i++)
        world_node(world, rng_chance(rng, 4, 5) ? W_ENTERPRISE : W_PERSON);
    world_node(world, W_ENTERPRISE);
    for (int i = 0; i < 3; i++) {
        world_node(world, W_PERSON);
        world_node(world, W_DEVICE);
        world_node(world, W_PHONE);
    }
    world_node(world, W_GROUP);
    for (uint32_t i = 0; i < n / 2; i++)
        world_edge(world, W_SHAREHOLDER, (uint32_t)rng_below(rng, n),
                   world_pick(world, rng, W_ENTERPRISE), TIME_MIN, TIME_MAX)
            ->numbers[EDGE_RATIO] = RATIO_ONE * rng_between(rng, 4, 6) / 10;
    for (uint32_t i = 0; i < n; i++)
        world_edge(world, W_LEGAL_REP, world_pick(world, rng, W_PERSON),
                   world_pick(world, rng, W_ENTERPRISE), TIME_MIN,
                   rng_chance(rng, 1, 8) ? world->at_us : TIME_MAX);
    for (int i = 0; i < 3; i++)
        world_edge(world, W_MEMBER_OF, (uint32_t)rng_below(rng, n),
                   world_pick(world, rng, W_GROUP), TIME_MIN, TIME_MAX);
    for (uint32_t i = 0; i < 2 * n; i++) {
        uint32_t application = world_node(world, W_APPLICATION);
        int64_t time = world_time(world, rng, step, 90);

        world_edge(world, W_APPLIED, (uint32_t)rng_below(rng, n), application, time, TIME_MAX);
        if (rng_chance(rng, 1, 2))
            world_edge(world, W_SUBMITTED_FROM, application, world_pick(world, rng, W_DEVICE),
                       time, TIME_MAX);
        if (rng_chance(rng, 1, 2))
            world_edge(world, W_STATES_PHONE, application, world_pick(world, rng, W_PHONE), time,
                       TIME_MAX);
        if (rng_chance(rng, 2, 3))
            world->nodes[application].texts[NODE_PRODUCT] = words[rng_below(rng, 3)];
        if (rng_chance(rng, 1, 2))
            world->nodes[application].texts[NODE_LENDER] = words[rng_below(rng, 3)];
        if (rng_chance(rng, 1, 2))
            world->nodes[application].texts[NODE_INDUSTRY] = words[rng_below(rng, 2)];
    }
}

/* Whether some active edges of the type lead from a and b to one node (or from one to both). */
static bool meet(const struct world *world, uint32_t type, uint32_t a, uint32_t b, bool in)
{
    for (uint32_t e = 0; e < world->n_edges; e++)
        for (uint32_t f = 0; f < world->n_edges; f++) {
            const struct world_edge *x = &world->edges[e], *y = &world->edges[f];

            if (x->type == type && y->type == type && world_active(x, world->at_us) &&
                world_active(y, world->at_us) &&
                (in ? x->to == a && y->to == b && x->from == y->from
                    : x->from == a && y->from == b && x->to == y->to))
                return true;
        }
    return false;
}

static bool has_rep(const struct world *world, uint32_t a)
{
    for (uint32_t e = 0; e < world->n_edges; e++)
        if (world->edges[e].type == W_LEGAL_REP && world->edges[e].to == a &&
            world_active(&world->edges[e], world->at_us))
            return true;
    return false;
}

static bool overlaps(const struct world *world, const struct slow_use *use)
{
    return use->start <= world->at_us &&
           (use->dated ? use->start : use->end) > world->at_us - 180 * US_PER_DAY;
}

/* Whether a and b share a device, phone or address within its cap over the window. */
static bool share(const struct slow *slow, uint32_t a, uint32_t b)
{
    const struct world *world = slow->world;

    for (uint32_t i = 0; i < world->n_nodes; i++) {
        uint32_t users[WORLD_EDGES], n = 0;
        bool has_a = false, has_b = false;

        for (size_t u = 0; u < slow->n_uses; u++) {
            const struct slow_use *use = &slow->uses[u];

            if (use->identifier != i || use->kind == 3 || !overlaps(world, use))
                continue;
            users[n++] = use->principal;
            has_a |= use->principal == a;
            has_b |= use->principal == b;
        }
        if (has_a && has_b && slow_groups(slow, users, n) <= slow_cap(world, i, false))
            return true;
    }
    return false;
}

static void expect_hidden(const struct slow *slow, enum level *levels)
{
    const struct world *world = slow->world;

    for (uint32_t a = 0; a < world->n_nodes; a++)
        for (uint32_t b = 0; b < world->n_nodes; b++) {
            int64_t after = world->at_us - 180 * US_PER_DAY;
            enum level level = LEVEL_HINT;
            bool one_rep, one_group = slow->group[a] == slow->group[b];

            if (a == b || !slow->subject[a] || !slow->subject[b] ||
                !slow_applied(world, a, after, world->at_us) ||
                !slow_applied(world, b, after, world->at_us) ||
                meet(world, W_MEMBER_OF, a, b, false))
                continue;
            one_rep = meet(world, W_LEGAL_REP, a, b, true);
            if (!one_rep && !one_group)
                continue;
            if (one_group && !one_rep && has_rep(world, a) && has_rep(world, b) &&
                share(slow, a, b))
                level = LEVEL_ATTENTION;
            if (levels[a] < level)
                levels[a] = level;
        }
}

static void expect_exposure(const struct slow *slow, enum level *levels)
{
    const struct world *world = slow->world;

    for (uint32_t a = 0; a < world->n_nodes; a++) {
        uint32_t size = 0;
        bool applied = false;

        for (uint32_t b = 0; b < world->n_nodes; b++)
            if (slow->subject[b] && slow->group[a] == slow->group[b]) {
                size++;
                applied |= slow_applied(world, b, world->at_us - 1095 * US_PER_DAY, world->at_us);
            }
        if (world->nodes[a].label == W_ENTERPRISE && size > 1 && applied)
            levels[a] = LEVEL_HINT;
    }
}

static bool same(const char *a, const char *b)
{
    return a == b || (a && b && !strcmp(a, b));
}

static void expect_lending(const struct slow *slow, enum level *levels)
{
    static const int64_t days[] = { 7, 30, 90 }, least[] = { 3, 6, 10 };
    const struct world *world = slow->world;

    for (uint32_t a = 0; a < world->n_nodes; a++)
        for (int w = 0; w < 3; w++) {
            int64_t after = world->at_us - days[w] * US_PER_DAY;
            uint32_t seen[WORLD_EDGES], n = 0;

            if (!slow->subject[a] || !slow_applied(world, a, after, world->at_us))
                continue;
            for (uint32_t e = 0; e < world->n_edges; e++) {
                const struct world_edge *edge = &world->edges[e];
                const struct world_node *node = &world->nodes[edge->to];
                bool known = !node->texts[NODE_LENDER] && !node->texts[NODE_PRODUCT];

                if (edge->type != W_APPLIED || slow->group[edge->from] != slow->group[a] ||
                    edge->start <= after || edge->start > world->at_us)
                    continue;
                for (uint32_t i = 0; i < n; i++)
                    known |= same(node->texts[NODE_LENDER],
                                  world->nodes[seen[i]].texts[NODE_LENDER]) &&
                             same(node->texts[NODE_PRODUCT],
                                  world->nodes[seen[i]].texts[NODE_PRODUCT]);
                if (!known)
                    seen[n++] = edge->to;
            }
            if (n >= least[w])
                levels[a] = LEVEL_ATTENTION;
        }
}

static uint32_t stated(const struct world *world, uint32_t type, uint32_t application)
{
    for (uint32_t e = 0; e < world->n_edges; e++)
        if (world->edges[e].type == type && world->edges[e].from == application)
            return world->edges[e].to;
    return UINT32_MAX;
}

static uint32_t differences(const struct world *world, uint32_t a, uint32_t b)
{
    static const uint32_t types[] = { W_SUBMITTED_FROM, W_STATES_PHONE };
    static const enum node_column texts[] = { NODE_PRODUCT, NODE_INDUSTRY };
    uint32_t n = 0;

    for (int i = 0; i < 2; i++) {
        uint32_t x = stated(world, types[i], a), y = stated(world, types[i], b);
        const char *s = world->nodes[a].texts[texts[i]], *t = world->nodes[b].texts[texts[i]];

        n += x != UINT32_MAX && y != UINT32_MAX && x != y;
        n += s && t && strcmp(s, t);
    }
    return n;
}

static void expect_tampering(const struct slow *slow, enum level *levels)
{
    const struct world *world = slow->world;

    for (uint32_t e = 0; e < world->n_edges; e++) {
        const struct world_edge *a = &world->edges[e], *next = NULL;

        if (a->type != W_APPLIED || !slow->subject[a->from] || a->start > world->at_us)
            continue;
        for (uint32_t f = 0; f < world->n_edges; f++) {
            const struct world_edge *b = &world->edges[f];

            if (b->type == W_APPLIED && slow->group[b->from] == slow->group[a->from] &&
                b->start <= world->at_us && slow->subject[b->from] &&
                (b->start > a->start || (b->start == a->start && b->to > a->to)) &&
                (!next || b->start < next->start ||
                 (b->start == next->start && b->to < next->to)))
                next = b;
        }
        if (next && next->start - a->start < 60 * US_PER_MINUTE &&
            differences(world, a->to, next->to) >= 2)
            levels[a->from] = levels[next->from] = LEVEL_ATTENTION;
    }
}

Test(groups, hidden_control_equals_the_definition)
{
    oracle_compare(&(struct oracle){ .code = "HIDDEN_CONTROL", .fill = fill,
                                     .expect = expect_hidden, .stream = 9, .least = 100 });
}

Test(groups, group_exposure_equals_the_definition)
{
    oracle_compare(&(struct oracle){ .code = "GROUP_EXPOSURE", .fill = fill,
                                     .expect = expect_exposure, .stream = 9, .least = 100 });
}

Test(groups, multi_lending_equals_the_definition)
{
    oracle_compare(&(struct oracle){ .code = "MULTI_LENDING", .fill = fill,
                                     .expect = expect_lending, .stream = 9, .least = 100 });
}

Test(groups, tampering_equals_the_definition)
{
    oracle_compare(&(struct oracle){ .code = "APPLICATION_TAMPERING", .fill = fill,
                                     .expect = expect_tampering, .stream = 9, .least = 20 });
}

Test(groups, tampering_compares_all_that_is_stated)
{
    static struct world world;
    struct world_run run;
    uint32_t firm, form[2];

    world.at_us = 20000 * US_PER_DAY;
    firm = world_node(&world, W_ENTERPRISE);
    for (uint32_t i = 0; i < 2; i++) {
        form[i] = world_node(&world, W_APPLICATION);
        world.nodes[form[i]].texts[NODE_PRODUCT] = i ? "another" : "one";
        world_edge(&world, W_APPLIED, firm, form[i], world.at_us - 60 * i * US_PER_SECOND,
                   TIME_MAX);
    }
    for (uint32_t i = 0; i < 100; i++) {
        uint32_t phone = world_node(&world, W_PHONE);

        for (uint32_t k = 0; k < 2; k++)
            if (i < 99 || k)
                world_edge(&world, W_STATES_PHONE, form[k], phone, world.at_us, TIME_MAX);
    }
    world_edge(&world, W_STATES_PHONE, form[0], world_node(&world, W_PHONE), world.at_us, TIME_MAX);
    world_begin(&run, &world, NULL);
    world_detect(&run, "D14");
    cr_assert_eq(world_level(&run, firm, "APPLICATION_TAMPERING"), LEVEL_ATTENTION);
    world_done(&run);
}

/* Firms of one owner, an application each. */
static uint32_t two_firms(struct world *world)
{
    uint32_t first = world->n_nodes;

    world->at_us = 20000 * US_PER_DAY;
    for (uint32_t i = 0; i < 2; i++)
        world_node(world, W_ENTERPRISE);
    for (uint32_t i = 0; i < 2; i++)
        world_edge(world, W_APPLIED, first + i, world_node(world, W_APPLICATION), world->at_us,
                   TIME_MAX);
    return first;
}

Test(groups, an_exposure_is_of_the_loans_there_are_at_the_moment)
{
    static struct world world;
    struct world_run run;
    const struct number *numbers;
    uint32_t firm = two_firms(&world);

    world_edge(&world, W_SHAREHOLDER, firm, firm + 1, TIME_MIN, TIME_MAX)->numbers[EDGE_RATIO] =
        RATIO_ONE;
    for (int64_t day = -1; day <= 1; day++) {
        uint32_t loan = world_node(&world, W_LOAN);

        world.nodes[loan].numbers[NODE_AMOUNT] = 100;
        world_edge(&world, W_BORROWED, firm, loan, world.at_us + day * US_PER_DAY, TIME_MAX);
    }
    world_begin(&run, &world, NULL);
    world_detect(&run, "D9");
    numbers = run.findings.numbers + found(&run.findings, (struct node_id){ firm + 1 },
                                           "GROUP_EXPOSURE")->numbers.first;
    cr_assert_str_eq(numbers[2].name, "exposure_minor");
    cr_assert_eq(numbers[2].value, 200);
    world_done(&run);
}

/* A schema may name several types of a role. */
Test(groups, every_type_of_a_role_counts)
{
    static const uint32_t represents[] = { W_LEGAL_REP, W_CONTACT, 0 };
    static struct world world;
    struct schema schema = *world_schema();
    struct world_run run;
    uint32_t firm = two_firms(&world), person = world_node(&world, W_PERSON);

    world_edge(&world, W_LEGAL_REP, person, firm, TIME_MIN, TIME_MAX);
    world_edge(&world, W_CONTACT, person, firm + 1, TIME_MIN, TIME_MAX);
    world_begin(&run, &world, NULL);
    schema.roles.represents = represents;
    run.facts.schema = &schema;
    world_detect(&run, "D9");
    cr_assert_eq(world_level(&run, firm, "HIDDEN_CONTROL"), LEVEL_HINT);
    cr_assert_eq(world_level(&run, firm + 1, "HIDDEN_CONTROL"), LEVEL_HINT);
    world_done(&run);
}
