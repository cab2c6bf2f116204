/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Contagion by a dense matrix, and bad intermediaries, read out slowly. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "tests/detectors/firms.h"
#include "tests/detectors/oracle.h"
#include "tests/detectors/stored.h"
#include "tests/support/leaks.h"

TestSuite(contagion, .fini = leaks_check);

static bool is_party(const struct world *world, uint32_t i)
{
    return world->nodes[i].label == W_ENTERPRISE || world->nodes[i].label == W_PERSON;
}

static bool is_seed(const struct world *world, uint32_t node)
{
    bool seed = world->nodes[node].numbers[NODE_BLOCKED] == 1;

    for (uint32_t e = 0; e < world->n_edges; e++) {
        const struct world_node *loan = &world->nodes[world->edges[e].to];
        int64_t since = loan->numbers[NODE_OVERDUE_SINCE];
        int64_t until = loan->numbers[NODE_OVERDUE_UNTIL];

        seed |= world->edges[e].type == W_BORROWED && world->edges[e].from == node &&
                since != CELL_ABSENT && since <= world->at_us - 30 * US_PER_DAY &&
                (until == CELL_ABSENT || until > world->at_us);
    }
    return seed;
}

/* What is set of D4's window and D10's guarantees. */
static const struct {
    const char *const *settings;
    int64_t window_days;
    double guarantee;
} cases[] = {
    { NULL, 90, 1 },
    { (const char *const[]){ "D4.window_days=400", NULL }, 400, 1 },
    { (const char *const[]){ "D4.window_days=20", "D10.guarantee_weight=0", NULL }, 20, 0 },
};
static int64_t window_days;

/* Newest use of i by p that touches D4's window, or TIME_MIN. */
static int64_t newest(const struct slow *slow, uint32_t p, uint32_t i)
{
    int64_t at_us = slow->world->at_us, best = TIME_MIN;

    for (size_t u = 0; u < slow->n_uses; u++) {
        const struct slow_use *use = &slow->uses[u];
        int64_t end = use->dated ? use->start : use->end;

        if (use->principal == p && use->identifier == i && use->start <= at_us &&
            end > at_us - window_days * US_PER_DAY)
            best = (end > at_us ? at_us : end) > best ? (end > at_us ? at_us : end) : best;
    }
    return best;
}

static double link_weight(const struct slow *slow, uint32_t p, uint32_t q)
{
    const struct world *world = slow->world;
    double sum = 0;

    for (uint32_t i = 0; i < world->n_nodes; i++) {
        uint32_t users[WORLD_NODES], n = 0, label = world->nodes[i].label;
        int64_t a = newest(slow, p, i), b = newest(slow, q, i);

        if (a == TIME_MIN || b == TIME_MIN)
            continue;
        for (uint32_t u = 0; u < world->n_nodes; u++)
            if (newest(slow, u, i) != TIME_MIN)
                users[n++] = u;
        if (slow_groups(slow, users, n) <= slow_cap(world, i, false))
            sum += (label == W_PHONE ? 0.8 : label == W_ADDRESS ? 0.4 : 1.0) / log(n + 5.0) *
                   exp(-(double)((world->at_us - (a < b ? a : b)) / US_PER_DAY) / 180.0);
    }
    return (double)llround(sum * 1e6) / 1e6;
}

static bool guarantees(const struct world *world, uint32_t p, uint32_t q)
{
    for (uint32_t e = 0; e < world->n_edges; e++) {
        const struct world_edge *edge = &world->edges[e];

        if (edge->type == W_GUARANTEES && world_active(edge, world->at_us) &&
            ((edge->from == p && edge->to == q) || (edge->from == q && edge->to == p)))
            return true;
    }
    return false;
}

static bool holds(const struct world *world, uint32_t p, uint32_t q)
{
    for (uint32_t e = 0; e < world->n_edges; e++) {
        const struct world_edge *edge = &world->edges[e];

        if ((edge->type == W_SHAREHOLDER || edge->type == W_INVESTS) &&
            world_active(edge, world->at_us) && edge->numbers[EDGE_RATIO] > RATIO_ONE / 2 &&
            ((edge->from == p && edge->to == q) || (edge->from == q && edge->to == p)))
            return true;
    }
    return false;
}

static bool owns(const struct world *world, uint32_t p, uint32_t account, int64_t at)
{
    for (uint32_t e = 0; e < world->n_edges; e++)
        if (world->edges[e].type == W_OWNS && world->edges[e].from == p &&
            world->edges[e].to == account && world_active(&world->edges[e], at))
            return true;
    return false;
}

static bool transfers(const struct world *world, uint32_t p, uint32_t q)
{
    for (uint32_t e = 0; e < world->n_edges; e++) {
        const struct world_edge *edge = &world->edges[e];
        int64_t at = edge->start;

        if ((edge->type == W_TRANSFERRED || edge->type == W_WITHDREW) && at <= world->at_us &&
            at > world->at_us - 1095 * US_PER_DAY &&
            ((owns(world, p, edge->from, at) && owns(world, q, edge->to, at)) ||
             (owns(world, q, edge->from, at) && owns(world, p, edge->to, at))))
            return true;
    }
    return false;
}

/* Scores by 50 steps over the whole matrix; gives the number of seeds. */
static uint32_t slow_rank(double *rank, const struct slow *slow, double guarantee)
{
    static double weight[WORLD_NODES][WORLD_NODES];
    const struct world *world = slow->world;
    double degree[WORLD_NODES] = { 0 };
    uint32_t n = world->n_nodes, seeds = 0;

    for (uint32_t p = 0; p < n; p++) {
        seeds += is_party(world, p) && is_seed(world, p);
        for (uint32_t q = 0; q < n; q++) {
            weight[p][q] = 0;
            if (p == q || !is_party(world, p) || !is_party(world, q))
                continue;
            weight[p][q] = (slow->subject[p] && slow->subject[q] ? link_weight(slow, p, q) : 0) +
                           guarantee * guarantees(world, p, q) + holds(world, p, q) +
                           0.3 * transfers(world, p, q);
            degree[p] += weight[p][q];
        }
    }
    for (uint32_t p = 0; p < n; p++)
        rank[p] = seeds && is_party(world, p) && is_seed(world, p) ? 1.0 / seeds : 0;
    for (int step = 0; step < 50 && seeds; step++) {
        double next[WORLD_NODES] = { 0 }, lost = 0;

        for (uint32_t p = 0; p < n; p++)
            lost += degree[p] > 0 ? 0 : rank[p];
        for (uint32_t p = 0; p < n; p++) {
            for (uint32_t q = 0; q < n; q++)
                if (weight[p][q] > 0)
                    next[p] += 0.85 * rank[q] * weight[p][q] / degree[q];
            if (is_party(world, p) && is_seed(world, p))
                next[p] += (0.15 + 0.85 * lost) / seeds;
        }
        memcpy(rank, next, sizeof next);
    }
    return seeds;
}

/* Whether the evidence leads from the node to a seed. */
static bool leads_to_seed(const struct world *world, const struct findings *findings,
                          const struct finding *finding)
{
    bool met[WORLD_NODES] = { 0 }, grown = true, seed = false;

    met[finding->subject.value - 1] = true;
    while (grown) {
        grown = false;
        for (uint32_t i = 0; i < finding->edges.count; i++) {
            const struct evidence_edge *edge = &findings->edges[finding->edges.first + i];
            uint64_t from = edge->from.value - 1, to = edge->to.value - 1;

            grown |= met[from] != met[to];
            met[from] = met[to] = met[from] || met[to];
        }
    }
    for (uint32_t i = 0; i < world->n_nodes; i++)
        seed |= met[i] && is_party(world, i) && is_seed(world, i);
    return seed;
}

static void check_evidence(const struct world *world, const struct findings *findings,
                           uint64_t seed)
{
    for (size_t i = 0; i < findings->n; i++)
        cr_assert(leads_to_seed(world, findings, &findings->items[i]),
                  "seed %lu: the evidence of node %lu leads to no seed", (unsigned long)seed,
                  (unsigned long)findings->items[i].subject.value - 1);
}

Test(contagion, ranks_equal_those_of_the_whole_matrix_and_other_tags_raise_the_level)
{
    static struct world world;
    static struct slow slow;
    uint32_t hints = 0, attentions = 0;

    for (uint64_t seed = 1; seed <= 40; seed++) {
        const size_t which = seed % (sizeof cases / sizeof *cases);
        struct rng rng = rng_at(seed, 12, 0);
        double rank[WORLD_NODES];
        struct node_id others[WORLD_NODES];
        size_t n_others = 0;
        struct world_run run;
        uint32_t seeds;

        firms_fill(&world, &rng);
        world_look_back(&world, &rng, seed, US_PER_DAY, 60);
        if (seed % 2)
            world.nodes[world_pick(&world, &rng, W_ENTERPRISE)].numbers[NODE_BLOCKED] = 1;
        slow_build(&slow, &world);
        window_days = cases[which].window_days;
        seeds = slow_rank(rank, &slow, cases[which].guarantee);
        world_begin(&run, &world, cases[which].settings);
        for (uint32_t i = 0; i < world.n_nodes; i += 2)
            others[n_others++] = (struct node_id){ i + 1 };
        cr_assert_eq(facts_need(&run.facts, NEED_SUBJECTS), STATUS_OK);
        facts_elsewhere(&run.facts, others, n_others);
        world_detect(&run, "RISK_CONTAGION");
        for (uint32_t i = 0; i < world.n_nodes; i++) {
            double score = rank[i] * seeds;
            enum level expected = LEVEL_NONE, found = world_level(&run, i, "RISK_CONTAGION");

            if (slow.subject[i] && !is_seed(&world, i) && score >= 0.01)
                expected = i % 2 ? LEVEL_HINT : LEVEL_ATTENTION;
            if (fabs(score - 0.01) < 1e-9)
                continue;
            cr_assert_eq(found, expected, "seed %lu: node %u: %s, expected %s (%f)",
                         (unsigned long)seed, i, level_name(found), level_name(expected), score);
            hints += expected == LEVEL_HINT;
            attentions += expected == LEVEL_ATTENTION;
        }
        check_evidence(&world, &run.findings, seed);
        world_done(&run);
        slow_free(&slow);
    }
    cr_assert_gt(hints, 20);
    cr_assert_gt(attentions, 20);
}

static uint32_t add_account(struct world *world, uint32_t owner)
{
    uint32_t account = world_node(world, W_ACCOUNT);

    world_edge(world, W_OWNS, owner, account, TIME_MIN, TIME_MAX);
    return account;
}

/*
 * 0 is blocked; 1 guarantees it and holds 2, which shares a phone with 3; 0 paid 4 and others.
 */
static void fill_way(struct world *world)
{
    uint32_t accounts[2];

    memset(world, 0, sizeof *world);
    world->at_us = 20000 * US_PER_DAY;
    for (uint32_t i = 0; i < 12; i++)
        world_node(world, W_ENTERPRISE);
    world->nodes[0].numbers[NODE_BLOCKED] = 1;
    world_node(world, W_PHONE);
    world_edge(world, W_GUARANTEES, 1, 0, TIME_MIN, TIME_MAX);
    world_edge(world, W_SHAREHOLDER, 1, 2, TIME_MIN, TIME_MAX)->numbers[EDGE_RATIO] = RATIO_ONE;
    world_edge(world, W_HAS_PHONE, 2, 12, TIME_MIN, TIME_MAX);
    world_edge(world, W_HAS_PHONE, 3, 12, TIME_MIN, TIME_MAX);
    accounts[0] = add_account(world, 0);
    for (uint32_t i = 4; i < 12; i++) {
        accounts[1] = add_account(world, i);
        world_edge(world, W_TRANSFERRED, accounts[0], accounts[1], world->at_us, TIME_MAX);
    }
}

Test(contagion, evidence_is_the_likeliest_way_from_a_seed_and_nothing_else)
{
    static struct world world;
    /* numbers of the world's edges, which are ids less 1: of the subjects 1, 2, 3 and 4 */
    static const struct {
        uint32_t subject, n, edges[4];
    } ways[] = {
        { 1, 1, { 0 } }, { 2, 2, { 0, 1 } }, { 3, 4, { 0, 1, 2, 3 } }, { 4, 3, { 4, 6, 5 } },
    };
    struct world_run run;

    fill_way(&world);
    world_begin(&run, &world, NULL);
    world_detect(&run, "RISK_CONTAGION");
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        const struct finding *finding = found(
            &run.findings, (struct node_id){ ways[i].subject + 1 }, "RISK_CONTAGION");

        cr_assert_not_null(finding, "nothing of %u", ways[i].subject);
        cr_assert_eq(finding->edges.count, ways[i].n, "%u edges of %u", finding->edges.count,
                     ways[i].subject);
        for (uint32_t k = 0; k < ways[i].n; k++)
            cr_assert_eq(run.findings.edges[finding->edges.first + k].id.value,
                         ways[i].edges[k] + 1, "edge %u of %u", k, ways[i].subject);
    }
    world_done(&run);
}

/* Few identifiers, many applications, one agent's worse than the others'. */
static void fill_agents(struct world *world, struct rng *rng)
{
    static const char *const outcomes[] = { "repaid", "repaid", "repaid", "repaid", "overdue",
                                            "fraud", NULL, NULL };
    static const uint32_t shared[] = { W_DEVICE, W_PHONE, W_PERSON, W_ADDRESS };
    uint32_t n = 5 + (uint32_t)rng_below(rng, 5);

    memset(world, 0, sizeof *world);
    world->at_us = 20000 * US_PER_DAY;
    for (uint32_t i = 0; i < n; i++)
        world_node(world, rng_chance(rng, 5, 6) ? W_ENTERPRISE : W_PERSON);
    world_node(world, W_ENTERPRISE);
    for (int k = 0; k < 4; k++)
        for (int i = 0; i < 4; i++)
            world_node(world, shared[k]);
    for (uint32_t i = 0; i < n; i++) {
        int64_t time = world_time(world, rng, 20 * US_PER_DAY, 60);
        int64_t end = rng_chance(rng, 1, 2) ? TIME_MAX : time + 200 * US_PER_DAY;

        if (rng_chance(rng, 1, 2))
            world_edge(world, W_CONTACT, world_pick(world, rng, W_PERSON),
                       world_pick(world, rng, W_ENTERPRISE), time, end);
        if (rng_chance(rng, 1, 2))
            world_edge(world, W_HAS_PHONE, (uint32_t)rng_below(rng, n),
                       world_pick(world, rng, W_PHONE), time, end)
                ->texts[EDGE_ROLE] = rng_chance(rng, 2, 3) ? "agent" : "contact";
    }
    for (uint32_t i = 0; i < 8 * n; i++) {
        uint32_t application = world_node(world, W_APPLICATION);
        uint32_t device = world_pick(world, rng, W_DEVICE);
        int64_t time = world_time(world, rng, 20 * US_PER_DAY, 60);

        world_edge(world, W_APPLIED, (uint32_t)rng_below(rng, n), application, time, TIME_MAX);
        if (rng_chance(rng, 3, 4))
            world_edge(world, W_SUBMITTED_FROM, application, device, time, TIME_MAX);
        if (rng_chance(rng, 1, 2))
            world_edge(world, W_STATES_PHONE, application, world_pick(world, rng, W_PHONE),
                       TIME_MIN, TIME_MAX);
        if (rng_chance(rng, 1, 4))
            world_edge(world, W_STATES_ADDRESS, application, world_pick(world, rng, W_ADDRESS),
                       time, TIME_MAX);
        world->nodes[application].texts[NODE_OUTCOME] =
            outcomes[device % 4 ? rng_below(rng, 4) + (rng_chance(rng, 1, 8) ? 4 : 0)
                                : rng_below(rng, 8)];
    }
}

static int bad(const struct world *world, uint32_t application)
{
    const char *outcome = world->nodes[application].texts[NODE_OUTCOME];

    return outcome ? !strcmp(outcome, "overdue") || !strcmp(outcome, "fraud") : -1;
}

/* Who touches which application: touched[identifier][application], and for whom. */
static bool touched[WORLD_NODES][WORLD_NODES];

static void touch(const struct slow *slow)
{
    const struct world *world = slow->world;
    int64_t after = world->at_us - 1095 * US_PER_DAY;

    memset(touched, 0, sizeof touched);
    for (size_t u = 0; u < slow->n_uses; u++)
        if (slow->uses[u].application != UINT32_MAX && slow->uses[u].kind != 2)
            touched[slow->uses[u].identifier][slow->uses[u].application] = true;
    for (uint32_t e = 0; e < world->n_edges; e++) {
        const struct world_edge *tie = &world->edges[e];
        bool contact = tie->type == W_CONTACT;
        const char *role = tie->texts[EDGE_ROLE];

        if (!contact && (tie->type != W_HAS_PHONE || !role || strcmp(role, "agent") != 0))
            continue;
        for (uint32_t f = 0; f < world->n_edges; f++) {
            const struct world_edge *filed = &world->edges[f];

            if (filed->type == W_APPLIED && filed->from == (contact ? tie->to : tie->from) &&
                slow->subject[filed->from] && filed->start > after &&
                filed->start <= world->at_us && world_active(tie, filed->start))
                touched[contact ? tie->from : tie->to][filed->to] = true;
        }
    }
}

static bool filed(const struct world *world, uint32_t application)
{
    for (uint32_t e = 0; e < world->n_edges; e++)
        if (world->edges[e].type == W_APPLIED && world->edges[e].to == application &&
            world->edges[e].start > world->at_us - 1095 * US_PER_DAY &&
            world->edges[e].start <= world->at_us)
            return true;
    return false;
}

static void expect_intermediaries(const struct slow *slow, enum level *levels)
{
    const struct world *world = slow->world;
    int all = 0, all_bad = 0;

    touch(slow);
    for (uint32_t a = 0; a < world->n_nodes; a++) {
        bool any = filed(world, a);

        for (uint32_t i = 0; i < world->n_nodes; i++)
            any |= touched[i][a];
        all += any && bad(world, a) >= 0;
        all_bad += any && bad(world, a) == 1;
    }
    for (uint32_t i = 0; i < world->n_nodes; i++) {
        int n = 0, n_bad = 0;

        for (uint32_t a = 0; a < world->n_nodes; a++) {
            n += touched[i][a] && bad(world, a) >= 0;
            n_bad += touched[i][a] && bad(world, a) == 1;
        }
        if (n < 4 || n_bad < 2 || n_bad * all < 2 * all_bad * n)
            continue;
        levels[i] = LEVEL_ATTENTION;
        for (uint32_t e = 0; e < world->n_edges; e++) {
            const struct world_edge *filed = &world->edges[e];

            if (filed->type == W_APPLIED && touched[i][filed->to] && bad(world, filed->to) < 0 &&
                filed->start <= world->at_us && filed->start > world->at_us - 1095 * US_PER_DAY &&
                slow->subject[filed->from] && !levels[filed->from])
                levels[filed->from] = LEVEL_HINT;
        }
    }
}

Test(contagion, bad_intermediaries_equal_the_definition)
{
    static const char *const small[] = { "D15.min_applications=4", "D15.min_bad=2",
                                         "D15.lift=2", NULL };

    oracle_compare(&(struct oracle){ .code = "BAD_INTERMEDIARY", .fill = fill_agents,
                                     .expect = expect_intermediaries, .stream = 13,
                                     .settings = small, .least = 100 });
}
