/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Overdue links, takeovers, ownership cycles, round trips and contradictions, read out slowly. */
#include <criterion/criterion.h>

#include "tests/detectors/world.h"
#include "tests/support/leaks.h"

TestSuite(money, .fini = leaks_check);

static bool active(const struct world_edge *edge, int64_t at_us)
{
    return edge->start <= at_us && at_us < edge->end;
}

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
        if (rng_chance(rng, 1, 10))
            world->nodes[node].numbers[NODE_KEY_VALID] = 0;
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

static void fill(struct world *world, struct rng *rng)
{
    uint32_t n = 6 + (uint32_t)rng_below(rng, 8);

    parties(world, rng, n);
    loans(world, rng, n);
    for (uint32_t i = 0; i < n; i++) {
        int64_t time = world_time(world, rng, 30 * US_PER_DAY, 20);
        uint32_t application = world_node(world, W_APPLICATION);

        world_edge(world, W_SHAREHOLDER, (uint32_t)rng_below(rng, n),
                   world_pick(world, rng, W_ENTERPRISE),
                   rng_chance(rng, 1, 2) ? TIME_MIN : time, TIME_MAX)
            ->numbers[EDGE_RATIO] = RATIO_ONE * rng_between(rng, 1, 6) / 10;
        world_edge(world, W_OWNS, (uint32_t)rng_below(rng, n), world_pick(world, rng, W_ACCOUNT),
                   rng_chance(rng, 1, 2) ? TIME_MIN : time,
                   rng_chance(rng, 1, 4) ? time + 60 * US_PER_DAY : TIME_MAX);
        if (rng_chance(rng, 1, 2))
            world_edge(world, W_GUARANTEES, (uint32_t)rng_below(rng, n),
                       (uint32_t)rng_below(rng, n), TIME_MIN,
                       rng_chance(rng, 1, 4) ? time : TIME_MAX);
        time = world_time(world, rng, 30 * US_PER_DAY, 12);
        world_edge(world, W_LEGAL_REP, world_pick(world, rng, W_PERSON),
                   world_pick(world, rng, W_ENTERPRISE), time,
                   rng_chance(rng, 1, 3) ? time + 90 * US_PER_DAY : TIME_MAX);
        time = world_time(world, rng, 30 * US_PER_DAY, 12);
        {
            struct world_edge *at = world_edge(world, W_LOCATED_AT, (uint32_t)rng_below(rng, n),
                                               world_pick(world, rng, W_ADDRESS), time, TIME_MAX);

            if (rng_chance(rng, 1, 3))
                at->texts[EDGE_ROLE] = rng_chance(rng, 1, 2) ? "registered" : "operating";
            if (rng_chance(rng, 1, 2))
                at->numbers[EDGE_VERIFIED] = 1;
        }
        time = world_time(world, rng, 30 * US_PER_DAY, 8);
        world_edge(world, W_APPLIED, (uint32_t)rng_below(rng, n), application, time, TIME_MAX);
        world_edge(world, W_SUBMITTED_FROM, application, world_pick(world, rng, W_DEVICE), time,
                   TIME_MAX);
        if (rng_chance(rng, 1, 2))
            world_edge(world, W_STATES_ADDRESS, application, world_pick(world, rng, W_ADDRESS),
                       time, TIME_MAX);
        if (rng_chance(rng, 1, 2))
            world->nodes[application].texts[NODE_LEGAL_REP] =
                world->nodes[world_pick(world, rng, W_PERSON)].key;
    }
}

/* ---- D16 ---- */

static int64_t holding(const struct world *world, uint32_t from, uint32_t to)
{
    int64_t largest = -1;

    for (uint32_t e = 0; e < world->n_edges; e++)
        if (world->edges[e].type == W_SHAREHOLDER && world->edges[e].from == from &&
            world->edges[e].to == to && from != to && active(&world->edges[e], world->at_us) &&
            world->edges[e].numbers[EDGE_RATIO] > largest)
            largest = world->edges[e].numbers[EDGE_RATIO];
    return largest;
}

static void circle(const struct slow *slow, uint32_t *path, uint32_t length, enum level *levels)
{
    const struct world *world = slow->world;

    if (length > 1 && holding(world, path[length - 1], path[0]) >= 0) {
        enum level level = LEVEL_ATTENTION;

        for (uint32_t i = 0; i < length; i++)
            if (holding(world, path[i], path[(i + 1) % length]) < RATIO_ONE / 4)
                level = LEVEL_HINT;
        for (uint32_t i = 0; i < length; i++)
            if (slow->subject[path[i]] && levels[path[i]] < level)
                levels[path[i]] = level;
    }
    for (uint32_t next = 0; next < world->n_nodes && length < 4; next++) {
        bool ok = holding(world, path[length - 1], next) >= 0;

        for (uint32_t i = 0; i < length; i++)
            ok &= path[i] != next;
        path[length] = next;
        if (ok)
            circle(slow, path, length + 1, levels);
    }
}

static void expect_ownership(const struct slow *slow, enum level *levels)
{
    for (uint32_t i = 0; i < slow->world->n_nodes; i++)
        circle(slow, (uint32_t[5]){ i }, 1, levels);
}

/* ---- D12 ---- */

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

static bool at_device(const struct slow *slow, uint32_t p, uint32_t device)
{
    for (size_t u = 0; u < slow->n_uses; u++)
        if (slow->uses[u].principal == p && slow->uses[u].identifier == device &&
            slow->uses[u].start > slow->world->at_us - 180 * US_PER_DAY)
            return true;
    return false;
}

static bool guaranteed(const struct world *world, uint32_t p, uint32_t guarantor)
{
    for (uint32_t e = 0; e < world->n_edges; e++)
        if (world->edges[e].type == W_GUARANTEES && world->edges[e].from == guarantor &&
            world->edges[e].to == p && guarantor != p && recent(world, &world->edges[e], false))
            return true;
    return false;
}

/* x is p's ultimate controller: controls it (or is it) and is controlled by nobody. */
static bool ultimate(const struct slow *slow, uint32_t x, uint32_t p)
{
    for (uint32_t z = 0; z < slow->world->n_nodes; z++)
        if (slow->controls[z][x] && !slow->controls[x][z])
            return false;
    return x == p || slow->controls[x][p];
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
                       (world->nodes[x].label <= W_PERSON && ultimate(slow, x, p) &&
                        ultimate(slow, x, b));
            if (tied)
                levels[p] = level;
        }
}

/* ---- D13 ---- */

static bool counts(const struct world_edge *edge, uint32_t p, int which, uint32_t *other)
{
    const char *role = edge->texts[EDGE_ROLE];

    *other = which == 2 ? edge->to : edge->from;
    if (which == 0)
        return edge->type == W_LEGAL_REP && edge->to == p;
    if (which == 1)
        return edge->type == W_SHAREHOLDER && edge->to == p &&
               edge->numbers[EDGE_RATIO] > RATIO_ONE / 2;
    return edge->type == W_LOCATED_AT && edge->from == p && (!role || !strcmp(role, "registered"));
}

static bool changed(const struct world *world, uint32_t p, int64_t latest, int which)
{
    for (uint32_t e = 0; e < world->n_edges; e++) {
        const struct world_edge *a = &world->edges[e];
        bool before = false, another = false;
        uint32_t x, y;

        if (!counts(a, p, which, &x) || a->start <= latest - 180 * US_PER_DAY ||
            a->start > latest)
            continue;
        for (uint32_t f = 0; f < world->n_edges; f++) {
            const struct world_edge *b = &world->edges[f];

            if (!counts(b, p, which, &y) || b->start >= a->start)
                continue;
            before |= x == y;
            another |= x != y;
        }
        if (another && !before)
            return true;
    }
    return false;
}

static void expect_takeover(const struct slow *slow, enum level *levels)
{
    const struct world *world = slow->world;

    for (uint32_t p = 0; p < world->n_nodes; p++) {
        int64_t latest = TIME_MIN, born = world->nodes[p].numbers[NODE_REGISTERED_ON];
        int signs = 0;
        bool agent = false;

        for (uint32_t e = 0; e < world->n_edges; e++)
            if (world->edges[e].type == W_APPLIED && world->edges[e].from == p &&
                world->edges[e].start <= world->at_us && world->edges[e].start > latest)
                latest = world->edges[e].start;
        if (!slow->subject[p] || latest == TIME_MIN)
            continue;
        signs += (born != CELL_ABSENT && born > latest - 365 * US_PER_DAY) ||
                 world->nodes[p].texts[NODE_STATUS];
        for (int which = 0; which < 3; which++)
            signs += changed(world, p, latest, which);
        for (uint32_t e = 0; e < world->n_edges; e++) {
            uint32_t at;

            agent |= counts(&world->edges[e], p, 2, &at) && active(&world->edges[e], latest) &&
                     world->nodes[at].texts[NODE_CLASS];
        }
        signs += agent;
        for (uint32_t x = 0; x < world->n_nodes; x++) {
            int fresh = 0;

            for (uint32_t y = 0; y < world->n_nodes && slow->controls[x][p] && ultimate(slow, x, p);
                 y++)
                fresh += slow->controls[x][y] &&
                         world->nodes[y].numbers[NODE_REGISTERED_ON] != CELL_ABSENT &&
                         world->nodes[y].numbers[NODE_REGISTERED_ON] > latest - 730 * US_PER_DAY;
            if (fresh >= 5) {
                signs++;
                break;
            }
        }
        levels[p] = signs >= 4 ? LEVEL_ALERT : signs == 3 ? LEVEL_ATTENTION : LEVEL_NONE;
    }
}

/* ---- D17 ---- */

static bool inside(const struct slow *slow, uint32_t borrower, uint32_t account, int64_t at)
{
    const struct world *world = slow->world;

    for (uint32_t e = 0; e < world->n_edges; e++) {
        const struct world_edge *own = &world->edges[e];

        if (own->type != W_OWNS || own->to != account || !active(own, at))
            continue;
        if (slow->group[own->from] == slow->group[borrower])
            return true;
        for (uint32_t f = 0; f < world->n_edges; f++) {
            const struct world_edge *g = &world->edges[f];

            if (g->type == W_GUARANTEES && g->to == borrower && active(g, at) &&
                (g->from == own->from ||
                 (slow->controls[own->from][g->from] && ultimate(slow, own->from, g->from))))
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

/* ---- D18 ---- */

static bool address_differs(const struct world *world, uint32_t p, uint32_t application,
                            int64_t at)
{
    bool states = false, verified = false, equal = false;

    for (uint32_t e = 0; e < world->n_edges; e++)
        for (uint32_t f = 0; f < world->n_edges; f++) {
            const struct world_edge *s = &world->edges[e], *r = &world->edges[f];

            if (s->type != W_STATES_ADDRESS || s->from != application)
                continue;
            states = true;
            if (r->type == W_LOCATED_AT && r->from == p && active(r, at) &&
                r->numbers[EDGE_VERIFIED] == 1) {
                verified = true;
                equal |= r->to == s->to;
            }
        }
    return states && verified && !equal;
}

static bool rep_differs(const struct world *world, uint32_t p, const char *stated, int64_t at)
{
    bool any = false;

    for (uint32_t e = 0; e < world->n_edges && stated; e++) {
        const struct world_edge *edge = &world->edges[e];

        if (edge->type != W_LEGAL_REP || edge->to != p || !active(edge, at))
            continue;
        any = true;
        if (!strcmp(world->nodes[edge->from].key, stated))
            return false;
    }
    return any;
}

static void expect_contradiction(const struct slow *slow, enum level *levels)
{
    const struct world *world = slow->world;

    for (uint32_t e = 0; e < world->n_edges; e++) {
        const struct world_edge *a = &world->edges[e];
        enum level level;
        int kinds;

        if (a->type != W_APPLIED || !slow->subject[a->from] || a->start > world->at_us)
            continue;
        kinds = address_differs(world, a->from, a->to, a->start) +
                rep_differs(world, a->from, world->nodes[a->to].texts[NODE_LEGAL_REP], a->start);
        level = kinds > 1 ? LEVEL_ATTENTION : kinds ? LEVEL_HINT : LEVEL_NONE;
        if (level > levels[a->from])
            levels[a->from] = level;
    }
}

typedef void expectation(const struct slow *slow, enum level *levels);

static void compare(const char *code, expectation *expect)
{
    static struct world world;
    static struct slow slow;
    uint32_t tagged = 0;

    for (uint64_t seed = 1; seed <= 150; seed++) {
        enum level levels[WORLD_NODES] = { 0 };
        struct rng rng = rng_at(seed, 10, 0);
        struct world_run run;

        fill(&world, &rng);
        slow_build(&slow, &world);
        expect(&slow, levels);
        world_begin(&run, &world, NULL);
        world_detect(&run, code);
        for (uint32_t i = 0; i < world.n_nodes; i++) {
            tagged += levels[i] != LEVEL_NONE;
            cr_assert_eq(world_level(&run, i, code), levels[i],
                         "%s, seed %lu: node %u: %s, expected %s", code, (unsigned long)seed, i,
                         level_name(world_level(&run, i, code)), level_name(levels[i]));
        }
        world_done(&run);
        slow_free(&slow);
    }
    cr_assert_gt(tagged, 8, "%s: only %u tagged", code, tagged);
}

Test(money, overdue_links_equal_the_definition)
{
    compare("OVERDUE_LINK", expect_overdue);
}

Test(money, takeovers_equal_the_definition)
{
    compare("SHELL_TAKEOVER", expect_takeover);
}

Test(money, ownership_cycles_equal_the_definition)
{
    compare("CIRCULAR_OWNERSHIP", expect_ownership);
}

Test(money, round_trips_equal_the_definition)
{
    compare("LOAN_ROUND_TRIP", expect_round_trip);
}

Test(money, contradictions_equal_the_definition)
{
    compare("CONTRADICTION", expect_contradiction);
}
