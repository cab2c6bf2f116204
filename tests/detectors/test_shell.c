/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Takeovers and contradictions, read out slowly. */
#include <criterion/criterion.h>

#include "tests/detectors/firms.h"
#include "tests/detectors/oracle.h"
#include "tests/support/leaks.h"

TestSuite(shell, .fini = leaks_check);

static bool counts(const struct world_edge *edge, uint32_t p, int which, uint32_t *other)
{
    const char *role = edge->texts[EDGE_ROLE];

    *other = which == 2 ? edge->to : edge->from;
    if (which == 0)
        return edge->type == W_LEGAL_REP && edge->to == p;
    if (which == 1)
        return (edge->type == W_SHAREHOLDER || edge->type == W_INVESTS) && edge->to == p &&
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

static bool industry_changed(const struct world *world, uint32_t p, int64_t latest)
{
    for (uint32_t i = 0; i < world->n_cells; i++)
        if (world->cells[i].node == p && world->cells[i].column == NODE_INDUSTRY_CHANGED &&
            world->cells[i].value > latest - 180 * US_PER_DAY && world->cells[i].value <= latest)
            return true;
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

            agent |= counts(&world->edges[e], p, 2, &at) &&
                     world_active(&world->edges[e], latest) && world->nodes[at].texts[NODE_CLASS];
        }
        signs += agent;
        signs += industry_changed(world, p, latest);
        for (uint32_t x = 0; x < world->n_nodes; x++) {
            int fresh = 0;

            if (!slow->controls[x][p] || !slow_ultimate(slow, x, p))
                continue;
            for (uint32_t y = 0; y < world->n_nodes; y++)
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

/* What is stated differs from all that is verified, there being some. */
static bool differs(const struct world *world, uint32_t p, uint32_t application, int64_t at,
                    uint32_t stating, uint32_t recording)
{
    bool states = false, verified = false, equal = false;

    for (uint32_t e = 0; e < world->n_edges; e++)
        for (uint32_t f = 0; f < world->n_edges; f++) {
            const struct world_edge *s = &world->edges[e], *r = &world->edges[f];

            if (s->type != stating || s->from != application)
                continue;
            states = true;
            if (r->type == recording && r->from == p && world_active(r, at) &&
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

        if (edge->type != W_LEGAL_REP || edge->to != p || !world_active(edge, at))
            continue;
        any = true;
        if (!strcmp(world->nodes[edge->from].key, stated))
            return false;
    }
    return any;
}

static bool renamed(const struct world *world, uint32_t node)
{
    for (uint32_t i = 0; i < world->n_cells; i++)
        if (world->cells[i].node == node && world->cells[i].column == NODE_NAME_CHANGED)
            return world->nodes[node].label == W_PERSON;
    return false;
}

/* The applicant himself, or who represents it or is its contact. */
static bool two_names(const struct world *world, uint32_t p, int64_t at)
{
    bool any = renamed(world, p);

    for (uint32_t e = 0; e < world->n_edges; e++) {
        const struct world_edge *edge = &world->edges[e];

        any |= (edge->type == W_LEGAL_REP || edge->type == W_CONTACT) && edge->to == p &&
               world_active(edge, at) && renamed(world, edge->from);
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
        kinds = (differs(world, a->from, a->to, a->start, W_STATES_ADDRESS, W_LOCATED_AT) ||
                 differs(world, a->from, a->to, a->start, W_STATES_PHONE, W_HAS_PHONE)) +
                (strlen(world->nodes[a->from].key) == 18) + two_names(world, a->from, a->start) +
                rep_differs(world, a->from, world->nodes[a->to].texts[NODE_LEGAL_REP], a->start);
        level = kinds > 1 ? LEVEL_ATTENTION : kinds ? LEVEL_HINT : LEVEL_NONE;
        if (level > levels[a->from])
            levels[a->from] = level;
    }
}

Test(shell, takeovers_equal_the_definition)
{
    oracle_compare(&(struct oracle){ .code = "SHELL_TAKEOVER", .fill = firms_fill,
                                     .expect = expect_takeover, .stream = 10, .least = 60 });
}

/* However many went before. */
Test(shell, a_new_representative_is_seen_behind_any_number)
{
    static struct world world;
    struct world_run run;
    uint32_t firm = world_node(&world, W_ENTERPRISE), old = world_node(&world, W_PERSON);
    uint32_t owner = world_node(&world, W_PERSON), new = world_node(&world, W_PERSON);

    world.at_us = 1000 * US_PER_DAY;
    world.nodes[firm].texts[NODE_STATUS] = "dormant";
    for (int64_t i = 0; i < 300; i++)
        world_edge(&world, W_LEGAL_REP, old, firm, i * US_PER_DAY, (i + 1) * US_PER_DAY);
    world_edge(&world, W_LEGAL_REP, new, firm, 990 * US_PER_DAY, TIME_MAX);
    world_edge(&world, W_SHAREHOLDER, old, firm, 0, TIME_MAX)->numbers[EDGE_RATIO] = RATIO_ONE;
    world_edge(&world, W_SHAREHOLDER, owner, firm, 990 * US_PER_DAY, TIME_MAX)
        ->numbers[EDGE_RATIO] = RATIO_ONE;
    world_edge(&world, W_APPLIED, firm, world_node(&world, W_APPLICATION), world.at_us, TIME_MAX);
    world_begin(&run, &world, NULL);
    world_detect(&run, "D13");
    cr_assert_eq(world_level(&run, firm, "SHELL_TAKEOVER"), LEVEL_ATTENTION);
    world_done(&run);
}

/* A schema may name several types of representative. */
Test(shell, a_contradiction_tells_of_the_representative_on_record)
{
    static const uint32_t represents[] = { W_LEGAL_REP, W_CONTACT, 0 };
    static struct world world;
    struct schema schema = *world_schema();
    struct world_run run;
    uint32_t firm, person, application, n;

    world.at_us = 1000 * US_PER_DAY;
    firm = world_node(&world, W_ENTERPRISE);
    person = world_node(&world, W_PERSON);
    application = world_node(&world, W_APPLICATION);
    world.nodes[application].texts[NODE_LEGAL_REP] = "somebody else";
    world_edge(&world, W_CONTACT, person, world_node(&world, W_ENTERPRISE), 0, TIME_MAX);
    world_edge(&world, W_APPLIED, firm, application, world.at_us, TIME_MAX);
    world_edge(&world, W_LEGAL_REP, person, firm, 0, TIME_MAX);
    n = world.n_edges;
    world_begin(&run, &world, NULL);
    schema.roles.represents = represents;
    run.facts.schema = &schema;
    world_detect(&run, "D18");
    cr_assert_eq(run.findings.n, 1);
    cr_assert_eq(run.findings.items[0].edges.count, 2);
    cr_assert_eq(run.findings.edges[run.findings.items[0].edges.first].id.value, n);
    world_done(&run);
}

Test(shell, contradictions_equal_the_definition)
{
    oracle_compare(&(struct oracle){ .code = "CONTRADICTION", .fill = firms_fill,
                                     .expect = expect_contradiction, .stream = 10, .least = 100 });
}
