/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/detectors/firms.h"

#include <stdio.h>

static void parties(struct world *world, struct rng *rng, uint32_t n)
{
    memset(world, 0, sizeof *world);
    world->at_us = 20000 * US_PER_DAY;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t node = world_node(world, rng_chance(rng, 5, 6) ? W_ENTERPRISE : W_PERSON);

        if (rng_chance(rng, 2, 3))
            world->nodes[node].numbers[NODE_REGISTERED_ON] =
                world->at_us - rng_between(rng, 100, 900) * US_PER_DAY;
        if (rng_chance(rng, 1, 8))
            world->nodes[node].texts[NODE_STATUS] = "dormant";
        if (rng_chance(rng, 1, 10)) {
            world->nodes[node].numbers[NODE_KEY_VALID] = 0;
            if (rng_chance(rng, 1, 2))
                snprintf(world->nodes[node].key, sizeof world->nodes[node].key, "%018u", i);
        }
    }
    world_node(world, W_ENTERPRISE);
    for (int i = 0; i < 3; i++) {
        world_node(world, W_PERSON);
        world_node(world, W_DEVICE);
        world_node(world, W_PHONE);
        world_node(world, W_ADDRESS);
        world_node(world, W_ACCOUNT);
    }
    if (rng_chance(rng, 1, 2))
        world->nodes[world_pick(world, rng, W_ADDRESS)].texts[NODE_CLASS] = "registration_agent";
}

static void loans(struct world *world, struct rng *rng, uint32_t n)
{
    for (uint32_t i = 0; i < n / 2; i++) {
        uint32_t loan = world_node(world, W_LOAN);
        int64_t since = world_time(world, rng, 10 * US_PER_DAY, 40);

        if (rng_chance(rng, 1, 2)) {
            world->nodes[loan].numbers[NODE_OVERDUE_SINCE] = since;
            if (rng_chance(rng, 1, 3))
                world->nodes[loan].numbers[NODE_OVERDUE_UNTIL] = since + 20 * US_PER_DAY;
        }
        world_edge(world, W_BORROWED, (uint32_t)rng_below(rng, n), loan, TIME_MIN, TIME_MAX);
        world_edge(world, W_DEPOSITED, loan, world_pick(world, rng, W_ACCOUNT),
                   world_time(world, rng, 5 * US_PER_DAY, 60), TIME_MAX)
            ->numbers[EDGE_AMOUNT] = 1000;
        if (rng_chance(rng, 1, 3))
            world_edge(world, W_REPAID, world_pick(world, rng, W_ACCOUNT), loan,
                       world_time(world, rng, 5 * US_PER_DAY, 60), TIME_MAX);
    }
    for (uint32_t i = 0; i < n; i++)
        world_edge(world, rng_chance(rng, 1, 2) ? W_TRANSFERRED : W_WITHDREW,
                   world_pick(world, rng, W_ACCOUNT), world_pick(world, rng, W_ACCOUNT),
                   world_time(world, rng, 5 * US_PER_DAY, 60), TIME_MAX)
            ->numbers[EDGE_AMOUNT] = rng_between(rng, 3, 10) * 100;
}

static void owners(struct world *world, struct rng *rng, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        int64_t time = world_time(world, rng, 30 * US_PER_DAY, 20);

        world_edge(world, rng_chance(rng, 3, 4) ? W_SHAREHOLDER : W_INVESTS,
                   (uint32_t)rng_below(rng, n), world_pick(world, rng, W_ENTERPRISE),
                   rng_chance(rng, 1, 2) ? TIME_MIN : time, TIME_MAX)
            ->numbers[EDGE_RATIO] = RATIO_ONE * rng_between(rng, 1, 6) / 10;
        world_edge(world, W_OWNS, (uint32_t)rng_below(rng, n), world_pick(world, rng, W_ACCOUNT),
                   rng_chance(rng, 1, 2) ? TIME_MIN : time,
                   rng_chance(rng, 1, 4) ? time + 60 * US_PER_DAY : TIME_MAX);
        if (rng_chance(rng, 1, 2))
            world_edge(world, W_GUARANTEES, (uint32_t)rng_below(rng, n),
                       (uint32_t)rng_below(rng, n), TIME_MIN,
                       rng_chance(rng, 1, 4) ? time : TIME_MAX);
    }
}

/* Who stands for a firm, where it is, which phone it has; some say so with a role or verified. */
static void records(struct world *world, struct rng *rng, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        int64_t time = world_time(world, rng, 30 * US_PER_DAY, 12);
        struct world_edge *at;

        world_edge(world, rng_chance(rng, 4, 5) ? W_LEGAL_REP : W_CONTACT,
                   world_pick(world, rng, W_PERSON), world_pick(world, rng, W_ENTERPRISE), time,
                   rng_chance(rng, 1, 3) ? time + 90 * US_PER_DAY : TIME_MAX);
        time = world_time(world, rng, 30 * US_PER_DAY, 12);
        at = world_edge(world, W_LOCATED_AT, (uint32_t)rng_below(rng, n),
                        world_pick(world, rng, W_ADDRESS), time, TIME_MAX);
        if (rng_chance(rng, 1, 3))
            at->texts[EDGE_ROLE] = rng_chance(rng, 1, 2) ? "registered" : "operating";
        if (rng_chance(rng, 1, 2))
            at->numbers[EDGE_VERIFIED] = 1;
        at = world_edge(world, W_HAS_PHONE, (uint32_t)rng_below(rng, n),
                        world_pick(world, rng, W_PHONE), time,
                        rng_chance(rng, 1, 3) ? time + 30 * US_PER_DAY : TIME_MAX);
        if (rng_chance(rng, 1, 3))
            at->numbers[EDGE_VERIFIED] = 1;
    }
}

static void applications(struct world *world, struct rng *rng, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        int64_t time = world_time(world, rng, 30 * US_PER_DAY, 8);
        uint32_t application = world_node(world, W_APPLICATION);

        world_edge(world, W_APPLIED, (uint32_t)rng_below(rng, n), application, time, TIME_MAX);
        world_edge(world, W_SUBMITTED_FROM, application, world_pick(world, rng, W_DEVICE), time,
                   TIME_MAX);
        if (rng_chance(rng, 1, 2))
            world_edge(world, W_STATES_ADDRESS, application, world_pick(world, rng, W_ADDRESS),
                       time, TIME_MAX);
        if (rng_chance(rng, 1, 3))
            world_edge(world, W_STATES_PHONE, application, world_pick(world, rng, W_PHONE), time,
                       TIME_MAX);
        if (rng_chance(rng, 1, 2))
            world->nodes[application].texts[NODE_LEGAL_REP] =
                world->nodes[world_pick(world, rng, W_PERSON)].key;
    }
}

/* Industries and names that were others before. */
static void changes(struct world *world, struct rng *rng)
{
    for (uint32_t i = 0; i < world->n_nodes; i++) {
        uint32_t label = world->nodes[i].label;

        if (label != W_ENTERPRISE && label != W_PERSON)
            continue;
        for (uint64_t k = rng_below(rng, 3); k > 0 && label == W_ENTERPRISE; k--)
            world_cell(world, i, NODE_INDUSTRY_CHANGED,
                       world_time(world, rng, 15 * US_PER_DAY, 30));
        if (rng_chance(rng, 1, 8))
            world_cell(world, i, NODE_NAME_CHANGED, world->at_us - US_PER_DAY);
    }
}

/* A loan's money through a stranger's account and back, or nearly. */
static void trip(struct world *world, struct rng *rng)
{
    uint32_t borrower = world_pick(world, rng, W_ENTERPRISE);
    uint32_t loan = world_node(world, W_LOAN), own = world_node(world, W_ACCOUNT);
    uint32_t other = world_node(world, W_ACCOUNT);
    int64_t at = world->at_us - rng_between(rng, 5, 40) * US_PER_DAY;

    world_edge(world, W_BORROWED, borrower, loan, TIME_MIN, TIME_MAX);
    world_edge(world, W_OWNS, borrower, own, TIME_MIN, TIME_MAX);
    world_edge(world, W_DEPOSITED, loan, own, at, TIME_MAX)->numbers[EDGE_AMOUNT] = 1000;
    world_edge(world, W_TRANSFERRED, own, other, at + US_PER_DAY, TIME_MAX)
        ->numbers[EDGE_AMOUNT] = 900;
    world_edge(world, W_TRANSFERRED, other, own, at + rng_between(rng, 1, 31) * US_PER_DAY,
               TIME_MAX)
        ->numbers[EDGE_AMOUNT] = rng_between(rng, 500, 900);
}

void firms_fill(struct world *world, struct rng *rng)
{
    uint32_t n = 6 + (uint32_t)rng_below(rng, 8);

    parties(world, rng, n);
    loans(world, rng, n);
    if (rng_chance(rng, 1, 3))
        trip(world, rng);
    owners(world, rng, n);
    records(world, rng, n);
    applications(world, rng, n);
    changes(world, rng);
}
