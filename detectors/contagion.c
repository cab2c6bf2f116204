/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * D10 RISK_CONTAGION: closeness to confirmed fraud, overdue, blocked.
 *
 * Typology: next to a defaulter the next defaulter is more likely. Method: personalised PageRank
 * from the seeds over link weights, guarantees, direct control and transfers between principals,
 * in fixed order and double precision. Reference: Page et al. (1999); Haveliwala (2002) for the
 * personalised form; guilt by association in fraud networks (Akoglu, Tong, Koutra 2015). Live there
 * is only advice: the best product of two weights on a way to a seed, in what was gathered anyway.
 * Evidence is the likeliest walk from a seed: of each step the strongest tie (contagion_tell.c).
 * Cost: O(edges) an iteration, 50 of them. Known false positives: customers of a defaulter.
 */
#include <stdlib.h>

#include "detectors/contagion_private.h"
#include "detectors/control.h"
#include "detectors/gang.h"
#include "detectors/role.h"
#include "detectors/weight.h"

extern const struct detector detector_contagion;

static void search_fini(struct contagion *s)
{
    free(s->seed);
    free(s->arcs);
    walk_fini(&s->walk);
}

static enum status find_seeds(struct contagion *s)
{
    uint32_t n = s->facts->snapshot->n_nodes;

    s->seed = calloc(n + (size_t)1, 1);
    if (!s->seed)
        return fail_memory(n);
    for (uint32_t i = 0; i < n; i++) {
        bool overdue = false;

        if (s->facts->snapshot->roles[i] != LABEL_PRINCIPAL)
            continue;
        TRY(facts_overdue(&overdue, s->facts, i, s->params->seed_days));
        s->seed[i] = overdue || facts_is(s->facts, i, FACT_BLOCKED | FACT_CONFIRMED);
        s->n_seeds += s->seed[i];
    }
    return STATUS_OK;
}

/* Of two principals in any order. */
static enum status add_arc(struct contagion *s, const struct arc *arc)
{
    if (arc->a == arc->b || arc->weight <= 0)
        return STATUS_OK;
    TRY(array_reserve(&s->arcs, &s->capacity, s->n + 1));
    s->arcs[s->n] = *arc;
    if (arc->a > arc->b) {
        s->arcs[s->n].a = arc->b;
        s->arcs[s->n].b = arc->a;
    }
    s->n++;
    return STATUS_OK;
}

/* The identifier that adds most to a pair's weight; of equal ones the first. */
static uint32_t strongest_share(const struct share *shares, uint32_t n)
{
    uint32_t best = 0;

    for (uint32_t i = 1; i < n; i++)
        if (shares[i].term > shares[best].term)
            best = i;
    return shares[best].identifier;
}

static enum status add_links(struct contagion *s)
{
    AUTO(pairs_fini) struct pairs pairs = { 0 };
    const struct gang_params *gang = params_of(s->facts->params, &detector_gang);
    struct pair_options options = { .related = true, .exclusive_min = 2 };

    options.after_us = s->links_after_us = facts_ago(s->facts, gang->window_days);
    TRY(pairs_build(&pairs, s->facts, s->findings, &options));
    for (size_t i = 0; i < pairs.n; i++) {
        const struct pair *pair = &pairs.items[i];

        TRY(add_arc(s, &(struct arc){ pair->a, pair->b,
                                      strongest_share(&pairs.shares[pair->first], pair->n),
                                      ARC_LINK, (double)pair->weight / DECIMAL_ONE }));
    }
    return STATUS_OK;
}

static enum status add_guarantees(struct contagion *s)
{
    const double weight = (double)s->params->guarantee_weight / DECIMAL_ONE;

    for (const uint32_t *type = s->facts->schema->roles.guarantees; type && *type; type++) {
        const struct edge_table *table = snapshot_table(s->facts->snapshot, *type);

        for (uint32_t row = 0; row < table->n; row++)
            if (edge_row_active(table, row, s->facts->at_us) &&
                facts_status_counts(s->facts, table, row))
                TRY(add_arc(s, &(struct arc){ table->from[row], table->to[row],
                                              table->base + row, ARC_GUARANTEE, weight }));
    }
    return STATUS_OK;
}

/* Direct control: more than half held by one holder. */
static enum status add_control(struct contagion *s)
{
    const double weight = (double)s->params->control_weight / DECIMAL_ONE;

    for (const uint32_t *type = s->facts->schema->roles.ownership; type && *type; type++) {
        const struct edge_table *table = snapshot_table(s->facts->snapshot, *type);

        for (uint32_t row = 0; row < table->n; row++)
            if (edge_row_active(table, row, s->facts->at_us) &&
                edge_cell(table, row, EDGE_RATIO) > RATIO_ONE / 2)
                TRY(add_arc(s, &(struct arc){ table->from[row], table->to[row],
                                              table->base + row, ARC_CONTROL, weight }));
    }
    return STATUS_OK;
}

/* Transfers between accounts of two owners at that moment. */
static enum status add_transfer(struct contagion *s, const struct role_rows *owners,
                                const struct edge_table *table, uint32_t row)
{
    const double weight = (double)s->params->transfer_weight / DECIMAL_ONE;
    int64_t time = table->start[row];

    for (struct role_walk payer = { owners, table->from[row], time }; role_next(&payer);)
        for (struct role_walk payee = { owners, table->to[row], time }; role_next(&payee);)
            TRY(add_arc(s, &(struct arc){ payer.end, payee.end, table->base + row, ARC_TRANSFER,
                                          weight }));
    return STATUS_OK;
}

static enum status add_transfers(struct contagion *s)
{
    const struct schema_roles *roles = &s->facts->schema->roles;
    int64_t after_us = facts_ago(s->facts, s->facts->params->shared.lookback_days);
    AUTO(role_rows_fini) struct role_rows owners = { 0 };

    TRY(role_rows_init(&owners, s->facts, roles->owns, DIRECTION_IN));
    for (const uint32_t *type = roles->transfers; type && *type; type++) {
        const struct edge_table *table = snapshot_table(s->facts->snapshot, *type);

        for (uint32_t row = 0; row < table->n; row++)
            if (table->start[row] > after_us && table->start[row] <= s->facts->at_us)
                TRY(add_transfer(s, &owners, table, row));
    }
    return STATUS_OK;
}

static int compare_arcs(const void *a, const void *b)
{
    const struct arc *x = a, *y = b;

    if (x->a != y->a)
        return x->a < y->a ? -1 : 1;
    if (x->b != y->b)
        return x->b < y->b ? -1 : 1;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    return (x->by > y->by) - (x->by < y->by);
}

/* By (a, b, kind, by): a counting sort by a, then each one's own few. */
static enum status sort_arcs(struct contagion *s)
{
    uint32_t n = s->facts->snapshot->n_nodes;
    AUTO(free_ptr) uint32_t *first = array_zeroed(n + (size_t)2, sizeof *first);
    struct arc *sorted = malloc((s->n + 1) * sizeof *sorted);

    if (!first || !sorted) {
        free(sorted);
        return fail_memory(s->n * sizeof *sorted);
    }
    for (size_t i = 0; i < s->n; i++)
        first[s->arcs[i].a + 2]++;
    for (uint32_t i = 1; i < n + 2; i++)
        first[i] += first[i - 1];
    for (size_t i = 0; i < s->n; i++)
        sorted[first[s->arcs[i].a + 1]++] = s->arcs[i];
    for (uint32_t i = 0; i < n; i++)
        if (first[i + 1] - first[i] > 1)
            qsort(sorted + first[i], first[i + 1] - first[i], sizeof *sorted, compare_arcs);
    free(s->arcs);
    s->arcs = sorted;
    s->capacity = s->n + 1;
    return STATUS_OK;
}

/* Once per pair and kind, the kinds added. */
static enum status build_graph(struct contagion *s)
{
    AUTO(free_ptr) struct walk_pair *pairs = malloc((s->n + 1) * sizeof *pairs);
    size_t kept = 0;

    if (!pairs)
        return fail_memory(s->n * sizeof *pairs);
    TRY(sort_arcs(s));
    for (size_t i = 0; i < s->n; i++) {
        const struct arc *arc = &s->arcs[i];
        struct walk_pair *last = kept ? &pairs[kept - 1] : NULL;

        if (!last || last->a != arc->a || last->b != arc->b)
            pairs[kept++] = (struct walk_pair){ arc->a, arc->b, arc->weight };
        else if (arc->kind != arc[-1].kind)
            last->weight += arc->weight;
    }
    return walk_init(&s->walk, s->facts->snapshot->n_nodes, pairs, kept, s->seed);
}

/* The graph and its seeds; without seeds there is nothing to build. */
static enum status prepare(struct contagion *s)
{
    TRY(facts_need(s->facts, NEED_CONTROL | NEED_USES));
    s->params = params_of(s->facts->params, &detector_contagion);
    TRY(find_seeds(s));
    if (!s->n_seeds)
        return STATUS_OK;
    TRY(add_links(s));
    TRY(add_guarantees(s));
    TRY(add_control(s));
    TRY(add_transfers(s));
    return build_graph(s);
}

static enum status advise(struct facts *facts, struct findings *findings)
{
    AUTO(search_fini) struct contagion s = { .facts = facts, .findings = findings };

    TRY(prepare(&s));
    return s.n_seeds ? contagion_advise(&s) : STATUS_OK;
}

static enum status run(struct facts *facts, struct findings *findings)
{
    AUTO(search_fini) struct contagion s = { .facts = facts, .findings = findings };

    TRY(prepare(&s));
    if (!s.n_seeds)
        return STATUS_OK;
    TRY(walk_run(&s.walk, s.params->iterations, (double)s.params->damping / DECIMAL_ONE));
    return contagion_tell(&s);
}

#define PARAM(field) offsetof(struct contagion_params, field)

static const struct param params[] = {
    { "seed_days", "days overdue that make a seed", "days", PARAM(seed_days), PARAM_WHOLE, 30, 0,
      3650, NULL },
    { "damping", "damping of the walk", "share", PARAM(damping), PARAM_DECIMAL, 850000, 0,
      DECIMAL_ONE, NULL },
    { "iterations", "steps of the walk", "steps", PARAM(iterations), PARAM_WHOLE, 50, 1, 1000,
      NULL },
    { "threshold", "score times seeds that is told", "score", PARAM(threshold), PARAM_DECIMAL,
      10000, 0, DECIMAL_ONE, "contagion" },
    { "guarantee_weight", "weight of a guarantee", "weight", PARAM(guarantee_weight),
      PARAM_DECIMAL, DECIMAL_ONE, 0, 1000 * DECIMAL_ONE, NULL },
    { "control_weight", "weight of direct control", "weight", PARAM(control_weight),
      PARAM_DECIMAL, DECIMAL_ONE, 0, 1000 * DECIMAL_ONE, NULL },
    { "transfer_weight", "weight of transfers", "weight", PARAM(transfer_weight), PARAM_DECIMAL,
      300000, 0, 1000 * DECIMAL_ONE, NULL },
    { 0 },
};

const struct detector detector_contagion = {
    .id = "D10",
    .codes = { CONTAGION_CODE },
    .family = "contagion",
    .summary = "closeness to confirmed fraud, overdue, blocked",
    .version = 4,
    .params = params,
    .params_size = sizeof(struct contagion_params),
    .after_others = true,
    .run = run,
    .advise = advise,
};
