/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Overdue links and round trips, read out slowly. */
#include <criterion/criterion.h>

#include "tests/detectors/firms.h"
#include "tests/detectors/oracle.h"
#include "tests/support/leaks.h"

TestSuite(money, .fini = leaks_check);

static enum level debt(const struct world *world, uint32_t borrower)
{
    enum level worst = LEVEL_NONE;

    for (uint32_t e = 0; e < world->n_edges; e++) {
        const struct world_node *loan = &world->nodes[world->edges[e].to];
        int64_t since = loan->numbers[NODE_OVERDUE_SINCE];
        int64_t until = loan->numbers[NODE_OVERDUE_UNTIL];
        enum level level = LEVEL_HINT;

        if (world->edges[e].type != W_BORROWED || world->edges[e].from != borrower ||
            since == CELL_ABSENT || since > world->at_us)
            continue;
        if (until != CELL_ABSENT && until <= world->at_us)
            level = until > world->at_us - 180 * US_PER_DAY ? LEVEL_HINT : LEVEL_NONE;
        else if (world->at_us - since >= 30 * US_PER_DAY)
            level = LEVEL_ALERT;
        worst = level > worst ? level : worst;
    }
    return worst;
}

static bool recent(const struct world *world, const struct world_edge *edge, bool event)
{
    int64_t after = world->at_us - 180 * US_PER_DAY;

    return edge->start <= world->at_us &&
           (event ? edge->start > after : edge->end > after);
}

static bool at_account(const struct world *world, uint32_t p, uint32_t account)
{
    for (uint32_t e = 0; e < world->n_edges; e++) {
        const struct world_edge *a = &world->edges[e];

        if (a->type == W_OWNS && a->from == p && a->to == account && recent(world, a, false))
            return true;
        for (uint32_t f = 0; f < world->n_edges && a->type == W_BORROWED && a->from == p; f++) {
            const struct world_edge *b = &world->edges[f];

            if (((b->type == W_DEPOSITED && b->from == a->to && b->to == account) ||
                 (b->type == W_REPAID && b->to == a->to && b->from == account)) &&
                recent(world, b, true))
                return true;
        }
    }
    return false;
}

static bool among(const struct slow_use *uses, size_t n, uint32_t p, uint32_t device, int64_t after)
{
    for (size_t u = 0; u < n; u++)
        if (uses[u].principal == p && uses[u].identifier == device && uses[u].start > after)
            return true;
    return false;
}

static bool at_device(const struct slow *slow, uint32_t p, uint32_t device)
{
    int64_t after = slow->world->at_us - 180 * US_PER_DAY;

    return among(slow->uses, slow->n_uses, p, device, after) ||
           among(slow->others, slow->n_others, p, device, after);
}

static bool guaranteed(const struct world *world, uint32_t p, uint32_t guarantor)
{
    for (uint32_t e = 0; e < world->n_edges; e++)
        if (world->edges[e].type == W_GUARANTEES && world->edges[e].from == guarantor &&
            world->edges[e].to == p && guarantor != p && recent(world, &world->edges[e], false))
            return true;
    return false;
}

static void expect_overdue(const struct slow *slow, enum level *levels)
{
    const struct world *world = slow->world;

    for (uint32_t p = 0; p < world->n_nodes; p++)
        for (uint32_t b = 0; b < world->n_nodes; b++) {
            enum level level = slow->subject[p] && p != b ? debt(world, b) : LEVEL_NONE;
            bool tied = false;

            for (uint32_t x = 0; x < world->n_nodes && level > levels[p] && !tied; x++)
                tied = (world->nodes[x].label == W_ACCOUNT && at_account(world, p, x) &&
                        at_account(world, b, x)) ||
                       (world->nodes[x].label == W_DEVICE && at_device(slow, p, x) &&
                        at_device(slow, b, x)) ||
                       (guaranteed(world, p, x) && guaranteed(world, b, x)) ||
                       (world->nodes[x].label <= W_PERSON && slow_ultimate(slow, x, p) &&
                        slow_ultimate(slow, x, b));
            if (tied)
                levels[p] = level;
        }
}

static bool inside(const struct slow *slow, uint32_t borrower, uint32_t account, int64_t at)
{
    const struct world *world = slow->world;

    for (uint32_t e = 0; e < world->n_edges; e++) {
        const struct world_edge *own = &world->edges[e];

        if (own->type != W_OWNS || own->to != account || !world_active(own, at))
            continue;
        if (slow->group[own->from] == slow->group[borrower])
            return true;
        for (uint32_t f = 0; f < world->n_edges; f++) {
            const struct world_edge *g = &world->edges[f];

            if (g->type == W_GUARANTEES && g->to == borrower && world_active(g, at) &&
                (g->from == own->from ||
                 (slow->controls[own->from][g->from] && slow_ultimate(slow, own->from, g->from))))
                return true;
        }
    }
    return false;
}

static bool returns(const struct slow *slow, uint32_t borrower, uint32_t account, int64_t after,
                    int64_t end, int64_t amount, int hops, bool outside)
{
    const struct world *world = slow->world;

    for (uint32_t e = 0; e < world->n_edges && hops < 3; e++) {
        const struct world_edge *t = &world->edges[e];
        bool in;

        if ((t->type != W_TRANSFERRED && t->type != W_WITHDREW) || t->from != account ||
            t->start <= after || t->start >= end || t->start > world->at_us ||
            10 * t->numbers[EDGE_AMOUNT] < 6 * amount)
            continue;
        in = inside(slow, borrower, t->to, t->start);
        if ((in && outside) || returns(slow, borrower, t->to, t->start, end,
                                       t->numbers[EDGE_AMOUNT], hops + 1, outside || !in))
            return true;
    }
    return false;
}

static void expect_round_trip(const struct slow *slow, enum level *levels)
{
    const struct world *world = slow->world;

    for (uint32_t e = 0; e < world->n_edges; e++)
        for (uint32_t f = 0; f < world->n_edges; f++) {
            const struct world_edge *b = &world->edges[e], *d = &world->edges[f];

            if (b->type == W_BORROWED && d->type == W_DEPOSITED && d->from == b->to &&
                slow->subject[b->from] && d->start <= world->at_us &&
                returns(slow, b->from, d->to, d->start, d->start + 30 * US_PER_DAY,
                        d->numbers[EDGE_AMOUNT], 0, !inside(slow, b->from, d->to, d->start)))
                levels[b->from] = LEVEL_ALERT;
        }
}

Test(money, overdue_links_equal_the_definition)
{
    oracle_compare(&(struct oracle){ .code = "OVERDUE_LINK", .fill = firms_fill,
                                     .expect = expect_overdue, .stream = 10, .least = 100 });
}

Test(money, round_trips_equal_the_definition)
{
    oracle_compare(&(struct oracle){ .code = "LOAN_ROUND_TRIP", .fill = firms_fill,
                                     .expect = expect_round_trip, .stream = 10, .least = 60 });
}

/* A schema may name several types by which accounts are owned. */
/* A loan of the firm, paid to an account of somebody else, most of which goes home from there. */
static void send_home(struct world *world, uint32_t firm, uint32_t home)
{
    uint32_t other = world_node(world, W_ENTERPRISE), loan = world_node(world, W_LOAN);
    uint32_t abroad = world_node(world, W_ACCOUNT);

    world_edge(world, W_OWNS, other, abroad, TIME_MIN, TIME_MAX);
    world_edge(world, W_BORROWED, firm, loan, world->at_us - 9 * US_PER_DAY, TIME_MAX);
    world_edge(world, W_DEPOSITED, loan, abroad, world->at_us - 9 * US_PER_DAY, TIME_MAX)
        ->numbers[EDGE_AMOUNT] = 100;
    world_edge(world, W_TRANSFERRED, abroad, home, world->at_us - 8 * US_PER_DAY, TIME_MAX)
        ->numbers[EDGE_AMOUNT] = 90;
}

Test(money, money_comes_home_to_an_account_however_it_is_owned)
{
    static const uint32_t owns[] = { W_OWNS, W_CONTACT, 0 };
    static struct world world;
    struct schema schema = *world_schema();
    struct world_run run;
    uint32_t firm = world_node(&world, W_ENTERPRISE), home = world_node(&world, W_ACCOUNT);

    world.at_us = 20000 * US_PER_DAY;
    world_edge(&world, W_CONTACT, firm, home, TIME_MIN, TIME_MAX);
    send_home(&world, firm, home);
    world_begin(&run, &world, NULL);
    schema.roles.owns = owns;
    run.facts.schema = &schema;
    world_detect(&run, "LOAN_ROUND_TRIP");
    cr_assert_eq(world_level(&run, firm, "LOAN_ROUND_TRIP"), LEVEL_ALERT);
    world_done(&run);
}

Test(money, money_comes_home_to_any_of_many_guarantors)
{
    static struct world world;
    struct world_run run;
    uint32_t firm = world_node(&world, W_ENTERPRISE), home = world_node(&world, W_ACCOUNT), last;

    world.at_us = 20000 * US_PER_DAY;
    for (int i = 0; i < 100; i++)
        world_edge(&world, W_GUARANTEES, world_node(&world, W_ENTERPRISE), firm, 0, TIME_MAX);
    last = world_node(&world, W_ENTERPRISE);
    world_edge(&world, W_GUARANTEES, last, firm, 0, TIME_MAX);
    world_edge(&world, W_OWNS, last, home, TIME_MIN, TIME_MAX);
    send_home(&world, firm, home);
    world_begin(&run, &world, NULL);
    world_detect(&run, "LOAN_ROUND_TRIP");
    cr_assert_eq(world_level(&run, firm, "LOAN_ROUND_TRIP"), LEVEL_ALERT);
    world_done(&run);
}
