/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/detectors/probe_worlds.h"

#include "tests/detectors/firms.h"

static void add_relations(struct world *world, struct rng *rng, uint32_t n)
{
    static const char *const relations[] = { "spouse", "cousin" };

    for (uint32_t i = 0; i < n / 3; i++)
        world_edge(world, W_SHAREHOLDER, (uint32_t)rng_below(rng, n),
                   world_pick(world, rng, W_ENTERPRISE), TIME_MIN, TIME_MAX)
            ->numbers[EDGE_RATIO] = RATIO_ONE * rng_between(rng, 2, 6) / 10;
    for (int i = 0; i < 3; i++)
        world_edge(world, W_MEMBER_OF, (uint32_t)rng_below(rng, n),
                   world_pick(world, rng, W_GROUP), TIME_MIN, TIME_MAX);
    for (int i = 0; i < 2; i++)
        world_edge(world, W_KIN, world_pick(world, rng, W_PERSON),
                   world_pick(world, rng, W_PERSON), TIME_MIN, TIME_MAX)
            ->texts[EDGE_RELATION] = relations[rng_below(rng, 2)];
    for (uint32_t i = 0; i < n; i++) {
        struct world_edge *edge =
            world_edge(world, W_GUARANTEES, (uint32_t)rng_below(rng, n),
                       (uint32_t)rng_below(rng, n), TIME_MIN, TIME_MAX);

        edge->numbers[EDGE_AMOUNT] = rng_between(rng, 1, 100);
        edge->texts[EDGE_CURRENCY] = "CNY";
    }
}

static void add_uses(struct world *world, struct rng *rng, uint32_t n)
{
    static const char *const words[] = { "a", "b", "c", NULL };
    int64_t step = rng_chance(rng, 1, 3) ? 5 * US_PER_MINUTE : US_PER_DAY / 2;

    for (uint32_t i = 0; i < 2 * n; i++) {
        int64_t time = world_time(world, rng, step, 40);
        uint32_t application = world_node(world, W_APPLICATION);

        world->nodes[application].texts[NODE_LENDER] = words[rng_below(rng, 4)];
        world->nodes[application].texts[NODE_PRODUCT] = words[rng_below(rng, 4)];
        world_edge(world, W_APPLIED, (uint32_t)rng_below(rng, n), application, time, TIME_MAX);
        world_edge(world, W_SUBMITTED_FROM, application, world_pick(world, rng, W_DEVICE),
                   rng_chance(rng, 1, 2) ? TIME_MIN : time, TIME_MAX);
        if (rng_chance(rng, 1, 2))
            world_edge(world, W_STATES_PHONE, application, world_pick(world, rng, W_PHONE),
                       time, TIME_MAX);
        if (rng_chance(rng, 1, 3))
            world_edge(world, W_HAS_PHONE, (uint32_t)rng_below(rng, n),
                       world_pick(world, rng, W_PHONE), time, TIME_MAX);
        if (rng_chance(rng, 1, 2))
            world_edge(world, W_LOCATED_AT, (uint32_t)rng_below(rng, n),
                       world_pick(world, rng, W_ADDRESS), time, TIME_MAX);
        if (rng_chance(rng, 1, 4))
            world_edge(world, W_LEGAL_REP, world_pick(world, rng, W_PERSON),
                       world_pick(world, rng, W_ENTERPRISE), time, TIME_MAX);
    }
}

uint32_t probe_parties(struct world *world, struct rng *rng, uint32_t *applicant)
{
    uint32_t n = 8 + (uint32_t)rng_below(rng, 12), application;
    static const uint32_t shared[] = { W_DEVICE, W_PHONE, W_ADDRESS, W_GROUP };

    memset(world, 0, sizeof *world);
    world->at_us = 20000 * US_PER_DAY;
    for (uint32_t i = 0; i < n; i++)
        world_node(world, rng_chance(rng, 4, 5) ? W_ENTERPRISE : W_PERSON);
    world_node(world, W_ENTERPRISE);
    world_node(world, W_PERSON);
    for (int k = 0; k < 4; k++)
        for (uint32_t i = 0; i < 2 + n / 8; i++)
            if (rng_chance(rng, 1, 12))
                world->nodes[world_node(world, shared[k])].texts[NODE_CLASS] = "incubator";
            else
                world_node(world, shared[k]);
    if (world_pick(world, rng, W_DEVICE) == UINT32_MAX)
        world_node(world, W_DEVICE);
    add_relations(world, rng, n);
    add_uses(world, rng, n);
    *applicant = world_pick(world, rng, W_ENTERPRISE);
    application = world_node(world, W_APPLICATION);
    world_edge(world, W_APPLIED, *applicant, application, world->at_us, TIME_MAX);
    world_edge(world, W_SUBMITTED_FROM, application, world_pick(world, rng, W_DEVICE),
               world->at_us, TIME_MAX);
    world_edge(world, W_STATES_PHONE, application, world_pick(world, rng, W_PHONE),
               world->at_us, TIME_MAX);
    return application;
}

uint32_t probe_firms(struct world *world, struct rng *rng, uint32_t *applicant)
{
    uint32_t application;

    firms_fill(world, rng);
    *applicant = world_pick(world, rng, W_ENTERPRISE);
    application = world_node(world, W_APPLICATION);
    world_edge(world, W_APPLIED, *applicant, application, world->at_us, TIME_MAX);
    world_edge(world, W_STATES_ADDRESS, application, world_pick(world, rng, W_ADDRESS),
               world->at_us, TIME_MAX);
    return application;
}

/* An application of one of the n enterprises some time ago, by way of the identifiers given. */
static void add_filing(struct world *world, struct rng *rng, uint32_t n, int64_t time,
                       const uint32_t hot[3])
{
    uint32_t application = world_node(world, W_APPLICATION);

    world_edge(world, W_APPLIED, (uint32_t)rng_below(rng, n), application, time, TIME_MAX);
    world_edge(world, W_SUBMITTED_FROM, application, hot[0],
               rng_chance(rng, 1, 10) ? TIME_MIN : time, TIME_MAX);
    if (rng_chance(rng, 1, 3))
        world_edge(world, W_STATES_PHONE, application, hot[1], time, TIME_MAX);
}

/* Holdings of one identifier, some of them ended, some begun after T. */
static void add_holdings(struct world *world, struct rng *rng, uint32_t n, uint32_t type,
                         uint32_t identifier)
{
    static const char *const roles[] = { NULL, "legal_rep", "contact", "finance", "registered" };

    for (uint32_t i = 0; i < n; i++) {
        int64_t start = world_time(world, rng, 3 * US_PER_DAY, 100);
        int64_t end = rng_chance(rng, 1, 2)
                          ? TIME_MAX
                          : start + US_PER_DAY * rng_between(rng, 1, 200);

        if (rng_chance(rng, 2, 3))
            world_edge(world, type, (uint32_t)rng_below(rng, n), identifier, start, end)
                ->texts[EDGE_ROLE] = roles[rng_below(rng, 5)];
    }
}

/* Some of the busy ones are so by what they are, also the person who represents many. */
static void add_classes(struct world *world, struct rng *rng, uint32_t n, const uint32_t hot[3])
{
    /* the last one has no caps in the schema: its kind's hold */
    static const char *const classes[] = { "incubator", "registration_agent", "bank_branch",
                                           "franchise" };
    uint32_t agent = n + (uint32_t)rng_below(rng, n / 3);

    for (int k = 0; k < 3; k++)
        if (rng_chance(rng, 1, 3))
            world->nodes[hot[k]].texts[NODE_CLASS] = classes[rng_below(rng, 4)];
    if (rng_chance(rng, 1, 2))
        world->nodes[agent].texts[NODE_CLASS] = classes[rng_below(rng, 4)];
    for (uint32_t i = 0; i < n / 2; i++)
        world_edge(world, W_LEGAL_REP,
                   rng_chance(rng, 1, 2) ? agent : n + (uint32_t)rng_below(rng, n / 3),
                   world_pick(world, rng, W_ENTERPRISE),
                   world_time(world, rng, 10 * US_PER_DAY, 60), TIME_MAX);
}

uint32_t probe_hot(struct world *world, struct rng *rng, uint32_t *applicant)
{
    uint32_t n = 30 + (uint32_t)rng_below(rng, 50), hot[3], application;
    int64_t days = rng_between(rng, 60, 500);
    bool burst = rng_chance(rng, 1, 2);

    memset(world, 0, sizeof *world);
    world->at_us = 20000 * US_PER_DAY;
    for (uint32_t i = 0; i < n; i++)
        world_node(world, rng_chance(rng, 9, 10) ? W_ENTERPRISE : W_PERSON);
    for (uint32_t i = 0; i < n / 3; i++)
        world_node(world, W_PERSON);
    for (int k = 0; k < 4; k++)
        world_node(world, W_DEVICE + (uint32_t)k % 3);
    for (int k = 0; k < 3; k++)
        hot[k] = world_pick(world, rng, W_DEVICE + (uint32_t)k);
    for (uint32_t i = 0; i < n / 2; i++)
        world_edge(world, W_SHAREHOLDER, n + (uint32_t)rng_below(rng, n / 3),
                   world_pick(world, rng, W_ENTERPRISE), TIME_MIN,
                   rng_chance(rng, 4, 5) ? TIME_MAX : world->at_us - US_PER_DAY)
            ->numbers[EDGE_RATIO] = RATIO_ONE * rng_between(rng, 2, 10) / 10;
    for (uint32_t i = 0; i < 180; i++)
        add_filing(world, rng, n,
                   world->at_us - US_PER_DAY * rng_between(rng, -days / 4, days) -
                       rng_between(rng, 0, US_PER_DAY), hot);
    for (uint32_t i = 0; burst && i < 25; i++)
        add_filing(world, rng, n, world->at_us - rng_between(rng, 0, 3 * US_PER_DAY), hot);
    add_holdings(world, rng, n, W_HAS_PHONE, hot[1]);
    add_holdings(world, rng, n, W_LOCATED_AT, hot[2]);
    add_classes(world, rng, n, hot);
    *applicant = world_pick(world, rng, W_ENTERPRISE);
    application = world_node(world, W_APPLICATION);
    world_edge(world, W_APPLIED, *applicant, application, world->at_us, TIME_MAX);
    world_edge(world, W_SUBMITTED_FROM, application, hot[0], world->at_us, TIME_MAX);
    if (rng_chance(rng, 1, 2))
        world_edge(world, W_STATES_PHONE, application, hot[1], world->at_us, TIME_MAX);
    return application;
}

/* Most applied in the last year; who represents and who holds shares goes round. */
static void add_chained(struct world *world, struct rng *rng, uint32_t firm)
{
    uint32_t application = world_node(world, W_APPLICATION);

    if (rng_chance(rng, 4, 5))
        world_edge(world, W_APPLIED, firm, application,
                   world_time(world, rng, US_PER_DAY, rng_chance(rng, 1, 4) ? 300 : 170),
                   TIME_MAX);
    world_edge(world, W_SUBMITTED_FROM, application, world_pick(world, rng, W_DEVICE),
               world_time(world, rng, US_PER_DAY, 170), TIME_MAX);
    for (int i = 0; i < 2; i++)
        if (rng_chance(rng, 2, 3))
            world_edge(world, W_LEGAL_REP, world_pick(world, rng, W_PERSON), firm, TIME_MIN,
                       rng_chance(rng, 1, 6) ? world->at_us - US_PER_DAY : TIME_MAX);
    if (rng_chance(rng, 1, 2))
        world_edge(world, W_SHAREHOLDER,
                   world_pick(world, rng, rng_chance(rng, 1, 3) ? W_ENTERPRISE : W_PERSON), firm,
                   TIME_MIN, TIME_MAX)
            ->numbers[EDGE_RATIO] = RATIO_ONE * rng_between(rng, 2, 9) / 10;
    for (int i = 0; i < 2; i++)
        if (rng_chance(rng, 1, 5))
            world_edge(world, W_MEMBER_OF, firm, world_pick(world, rng, W_GROUP), TIME_MIN,
                       rng_chance(rng, 1, 5) ? world->at_us - US_PER_DAY : TIME_MAX);
}

uint32_t probe_chained(struct world *world, struct rng *rng, uint32_t *applicant)
{
    uint32_t n = 5 + (uint32_t)rng_below(rng, 16), application;

    memset(world, 0, sizeof *world);
    world->at_us = 20000 * US_PER_DAY;
    for (uint32_t i = 0; i < n; i++)
        world_node(world, W_ENTERPRISE);
    for (uint32_t i = 0; i < n; i++)
        world_node(world, W_PERSON);
    for (int i = 0; i < 2; i++) {
        world_node(world, W_DEVICE);
        world_node(world, W_GROUP);
    }
    for (uint32_t i = 0; i < n; i++)
        add_chained(world, rng, i);
    *applicant = (uint32_t)rng_below(rng, n);
    application = world_node(world, W_APPLICATION);
    world_edge(world, W_APPLIED, *applicant, application, world->at_us, TIME_MAX);
    world_edge(world, W_SUBMITTED_FROM, application, world_pick(world, rng, W_DEVICE),
               world->at_us, TIME_MAX);
    return application;
}
