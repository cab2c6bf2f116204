/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/detectors/random_book.h"

#define DAY US_PER_DAY

static int64_t some_time(const struct world *world, struct rng *rng)
{
    int64_t time = world_time(world, rng, DAY, rng_chance(rng, 1, 3) ? 500 : 40);

    return rng_chance(rng, 1, 12) ? time + 1 : rng_chance(rng, 1, 30) ? TIME_MIN : time;
}

static struct world_edge *tie(struct world *world, struct rng *rng, uint32_t type, uint32_t from,
                              uint32_t to)
{
    return world_edge(world, type, from, to, some_time(world, rng),
                      rng_chance(rng, 1, 4) ? world_time(world, rng, DAY, 30) : TIME_MAX);
}

static void add_parties(struct world *world, struct rng *rng, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        uint32_t at = world_node(world, rng_chance(rng, 3, 4) ? W_ENTERPRISE : W_PERSON);
        struct world_node *node = &world->nodes[at];

        if (rng_chance(rng, 1, 10))
            node->numbers[NODE_BLOCKED] = (int64_t)rng_below(rng, 2);
        if (rng_chance(rng, 1, 2))
            node->numbers[NODE_NET_ASSETS] = rng_between(rng, -50, 400);
        if (rng_chance(rng, 1, 2))
            node->numbers[NODE_REGISTERED_ON] = world_time(world, rng, DAY, 900);
        if (rng_chance(rng, 1, 12))
            node->texts[NODE_CLASS] = "guarantee_company";
    }
}

static void add_loans(struct world *world, struct rng *rng, uint32_t n)
{
    static const char *const states[] = { NULL, "active", "repaid", "closed" };

    for (uint32_t i = 0; i < n / 2; i++) {
        uint32_t loan = world_node(world, W_LOAN);
        struct world_node *node = &world->nodes[loan];

        node->numbers[NODE_AMOUNT] = rng_between(rng, 1, 1000);
        node->texts[NODE_STATUS] = states[rng_below(rng, 4)];
        node->texts[NODE_CURRENCY] = rng_chance(rng, 1, 5) ? "USD" : "CNY";
        if (rng_chance(rng, 1, 3))
            node->numbers[NODE_OVERDUE_SINCE] = world_time(world, rng, DAY, 60);
        if (rng_chance(rng, 1, 5))
            node->numbers[NODE_OVERDUE_UNTIL] = world_time(world, rng, DAY, 20);
        world_edge(world, W_BORROWED, (uint32_t)rng_below(rng, n), loan, some_time(world, rng),
                   TIME_MAX);
    }
}

static void add_relations(struct world *world, struct rng *rng, uint32_t n)
{
    static const char *const states[] = { NULL, "active", "released" };
    static const char *const currencies[] = { NULL, "CNY", "USD" };

    for (uint32_t i = 0; i < n / 3; i++)
        tie(world, rng, W_SHAREHOLDER, (uint32_t)rng_below(rng, n), (uint32_t)rng_below(rng, n))
            ->numbers[EDGE_RATIO] = RATIO_ONE * rng_between(rng, 1, 7) / 10;
    for (int i = 0; i < 2; i++)
        tie(world, rng, W_KIN, world_pick(world, rng, W_PERSON), world_pick(world, rng, W_PERSON))
            ->texts[EDGE_RELATION] = rng_chance(rng, 1, 2) ? "spouse" : "cousin";
    for (int i = 0; i < 3; i++)
        tie(world, rng, W_MEMBER_OF, (uint32_t)rng_below(rng, n),
            world_pick(world, rng, W_GROUP));
    for (uint32_t i = 0; i < n; i++) {
        struct world_edge *edge = tie(world, rng, W_GUARANTEES, (uint32_t)rng_below(rng, n),
                                      (uint32_t)rng_below(rng, n));

        if (rng_chance(rng, 4, 5))
            edge->numbers[EDGE_AMOUNT] = rng_between(rng, 1, 100);
        edge->texts[EDGE_CURRENCY] = currencies[rng_below(rng, 3)];
        edge->texts[EDGE_STATUS] = states[rng_below(rng, 3)];
    }
}

static void add_application(struct world *world, struct rng *rng, uint32_t n)
{
    uint32_t application = world_node(world, W_APPLICATION);
    uint32_t applicant = (uint32_t)rng_below(rng, n);
    int64_t time = some_time(world, rng);
    struct world_node *node = &world->nodes[application];

    node->numbers[NODE_AMOUNT] = rng_between(rng, 1, 100);
    node->texts[NODE_LENDER] = rng_chance(rng, 1, 2) ? "B1" : "B2";
    node->texts[NODE_PRODUCT] = rng_chance(rng, 1, 2) ? "P1" : NULL;
    world_edge(world, W_APPLIED, applicant, application, time, TIME_MAX);
    if (rng_chance(rng, 1, 4)) /* said twice, of one day or another */
        world_edge(world, W_APPLIED, applicant, application,
                   rng_chance(rng, 1, 2) ? time : some_time(world, rng), TIME_MAX);
    world_edge(world, W_SUBMITTED_FROM, application, world_pick(world, rng, W_DEVICE),
               rng_chance(rng, 1, 3) ? TIME_MIN : time, TIME_MAX);
    if (rng_chance(rng, 1, 2))
        world_edge(world, W_STATES_PHONE, application, world_pick(world, rng, W_PHONE), time,
                   TIME_MAX);
}

static void add_uses(struct world *world, struct rng *rng, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        add_application(world, rng, n);
        if (rng_chance(rng, 1, 2))
            tie(world, rng, W_HAS_PHONE, (uint32_t)rng_below(rng, n),
                world_pick(world, rng, W_PHONE));
        if (rng_chance(rng, 1, 3))
            tie(world, rng, W_LOCATED_AT, (uint32_t)rng_below(rng, n),
                world_pick(world, rng, W_ADDRESS));
        if (rng_chance(rng, 1, 3))
            tie(world, rng, rng_chance(rng, 2, 3) ? W_LEGAL_REP : W_CONTACT,
                world_pick(world, rng, W_PERSON), world_pick(world, rng, W_ENTERPRISE));
        if (rng_chance(rng, 1, 4))
            tie(world, rng, W_USES_DEVICE, (uint32_t)rng_below(rng, n),
                world_pick(world, rng, W_DEVICE));
    }
    for (uint32_t i = 0; i < n / 3; i++) {
        uint32_t account = world_node(world, W_ACCOUNT);

        tie(world, rng, W_OWNS, (uint32_t)rng_below(rng, n), account);
        world_edge(world, W_SIGNED_IN, world_pick(world, rng, W_DEVICE), account,
                   some_time(world, rng), TIME_MAX);
    }
}

void random_book(struct world *world, struct rng *rng)
{
    uint32_t n = 6 + (uint32_t)rng_below(rng, 14);
    static const uint32_t shared[] = { W_DEVICE, W_PHONE, W_ADDRESS, W_GROUP };

    memset(world, 0, sizeof *world);
    world->at_us = 20000 * DAY;
    add_parties(world, rng, n);
    world_node(world, W_ENTERPRISE);
    world_node(world, W_PERSON);
    for (int k = 0; k < 4; k++)
        for (uint32_t i = 0; i < 3 + n / 4; i++) {
            struct world_node *node = &world->nodes[world_node(world, shared[k])];

            if (rng_chance(rng, 1, 12))
                node->texts[NODE_CLASS] = "incubator";
            if (node->label == W_ADDRESS && rng_chance(rng, 1, 6))
                node->texts[NODE_LEVEL] = "building";
        }
    add_loans(world, rng, n);
    add_relations(world, rng, n);
    add_uses(world, rng, n);
}
