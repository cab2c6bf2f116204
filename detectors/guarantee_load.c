/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * D8 GUARANTEE_CHAIN, OVER_GUARANTEE, GUARANTEE_CIRCLE: depth, load and contagion of guarantees.
 *
 * Typology: guarantees given on guarantees, beyond what the guarantor is worth, in circles where
 * one default pulls down the rest. Method: bounded search for simple paths, pruned by how far any
 * walk can go; sums against net assets; biconnected blocks (Hopcroft, Tarjan 1973) without mass
 * guarantors. Reference: studies of contagion in Chinese guarantee networks.
 * Cost: O(nodes + edges) but for the path search, which is bounded per applicant.
 * Known false positives: supply-chain cores that guarantee their dealers without a class.
 */
#include <stdlib.h>

#include "base/text.h"
#include "detectors/guarantee_load_private.h"
#include "detectors/locality.h"
#include "detectors/neighbourhood.h"
#include "detectors/wide.h"

#define CHAIN "GUARANTEE_CHAIN"
#define OVER "OVER_GUARANTEE"
#define MAX_STEPS 20000u  /* edges looked at per applicant and length */
#define GATHER_NODES 300u /* guarantors gathered around an application */

extern const struct detector detector_guarantee_load;

static void search_fini(struct load_search *s)
{
    guarantee_graph_fini(&s->graph);
    free(s->reach);
    free(s->on_path);
    free(s->first);
    free(s->to);
    free(s->block_nodes);
    free(s->sets);
}

/* How many edges a walk (not yet a simple path) can have from each node. */
static enum status measure_walks(struct load_search *s)
{
    const struct guarantee_graph *g = &s->graph;

    s->reach = calloc(g->n + (size_t)1, 1);
    s->on_path = calloc(g->n + (size_t)1, 1);
    if (!s->reach || !s->on_path)
        return fail_memory(g->n);
    for (int64_t round = 1; round <= s->params->max_length; round++) {
        for (uint32_t i = 0; i < g->n; i++)
            for (uint32_t e = g->first[i]; e < g->first[i + 1]; e++)
                s->on_path[i] |= s->reach[g->to[e]] + 1 >= round;
        for (uint32_t i = 0; i < g->n; i++) {
            s->reach[i] += s->on_path[i];
            s->on_path[i] = 0;
        }
    }
    return STATUS_OK;
}

/* A simple path of `left` more edges from path[depth]. */
static bool extend(struct load_search *s, uint32_t depth, uint32_t left)
{
    const struct guarantee_graph *g = &s->graph;
    uint32_t node = s->path[depth];
    bool found = !left;

    s->on_path[node] = 1;
    for (uint32_t e = g->first[node]; e < g->first[node + 1] && !found; e++) {
        uint32_t next = g->to[e];

        if (++s->steps > MAX_STEPS) {
            s->cut = true;
            break;
        }
        if (s->on_path[next] || s->reach[next] + 1u < left)
            continue;
        s->path[depth + 1] = next;
        found = extend(s, depth + 1, left - 1);
    }
    s->on_path[node] = 0;
    return found;
}

/* The longest simple path from the node, up to max_length; 0 where shorter than min_length. */
static uint32_t find_chain(struct load_search *s, uint32_t node)
{
    for (int64_t length = s->params->max_length; length >= s->params->min_length; length--) {
        s->steps = 0;
        s->path[0] = node;
        if (s->reach[node] >= length && extend(s, 0, (uint32_t)length))
            return (uint32_t)length;
    }
    return 0;
}

enum status load_tell_guarantee(struct load_search *s, uint32_t from, uint32_t to)
{
    uint32_t edge = guarantee_edge_find(&s->graph, from, to);

    if (edge == UINT32_MAX)
        return STATUS_OK;
    for (uint32_t r = s->graph.row_first[edge]; r < s->graph.row_first[edge + 1]; r++)
        TRY(facts_evidence(s->findings, s->facts, s->graph.rows[r]));
    return STATUS_OK;
}

static enum status tell_chain(struct load_search *s, uint32_t node, uint32_t length)
{
    struct finding finding = { .subject = facts_id(s->facts, s->graph.nodes[node]),
                               .code = CHAIN, .level = LEVEL_ATTENTION,
                               .ring = FINDING_NO_RING };
    size_t edges = s->findings->n_edges, numbers = s->findings->n_numbers;

    for (uint32_t i = 0; i < length; i++)
        TRY(load_tell_guarantee(s, s->path[i], s->path[i + 1]));
    TRY(findings_evidence(&finding.edges, s->findings, edges));
    TRY(findings_number(s->findings, "length", length, 0));
    TRY(findings_number(s->findings, "limit", s->params->min_length, 0));
    finding.numbers = span_since(numbers, s->findings->n_numbers);
    finding.score = finding_score(LEVEL_ATTENTION, length, s->params->min_length);
    TRY(findings_text(&finding.text, s->findings, "a chain of %u guarantees starts at this "
                      "applicant (limit %lld)", length, (long long)s->params->min_length));
    return findings_add(s->findings, &finding);
}

static enum status find_chains(struct load_search *s)
{
    TRY(measure_walks(s));
    for (uint32_t i = 0; i < s->graph.n; i++) {
        uint32_t length, node = s->graph.nodes[i];

        if (!facts_is(s->facts, node, FACT_APPLICANT) || !facts_is(s->facts, node, FACT_SUBJECT))
            continue;
        length = find_chain(s, i);
        if (length)
            TRY(tell_chain(s, i, length));
    }
    if (!s->cut)
        return STATUS_OK;
    s->findings->truncated = true;
    return findings_note(s->findings, CHAIN, (struct node_id){ 0 },
                         "the search for long chains was cut at %u edges for some applicants",
                         MAX_STEPS);
}

/* Amounts a guarantor stands for, by currency. */
struct load {
    int64_t currency, amount;
};

#define MAX_CURRENCIES 16

static size_t sum_loads(struct load loads[MAX_CURRENCIES], const struct load_search *s,
                        uint32_t node)
{
    const struct guarantee_graph *g = &s->graph;
    size_t n = 0;

    for (uint32_t i = g->row_first[g->first[node]]; i < g->row_first[g->first[node + 1]]; i++) {
        uint32_t row;
        const struct edge_table *table = snapshot_edge(&row, s->facts->snapshot, g->rows[i]);
        int64_t amount = edge_cell(table, row, EDGE_AMOUNT);
        int64_t currency = edge_cell(table, row, EDGE_CURRENCY);
        size_t k = 0;

        if (amount == CELL_ABSENT)
            continue;
        while (k < n && loads[k].currency != currency)
            k++;
        if (k == MAX_CURRENCIES)
            continue;
        if (k == n)
            loads[n++] = (struct load){ currency, 0 };
        if (__builtin_add_overflow(loads[k].amount, amount, &loads[k].amount))
            loads[k].amount = INT64_MAX;
    }
    return n;
}

static bool exceeds(int64_t amount, int64_t ratio, int64_t net_assets)
{
    return (wide_int)amount * DECIMAL_ONE > (wide_int)ratio * net_assets;
}

static enum status tell_load(struct load_search *s, uint32_t node, const struct load *load,
                             int64_t net_assets)
{
    bool alert = net_assets <= 0 || exceeds(load->amount, s->params->alert_ratio, net_assets);
    struct finding finding = { .subject = facts_id(s->facts, s->graph.nodes[node]),
                               .code = OVER, .level = alert ? LEVEL_ALERT : LEVEL_ATTENTION,
                               .ring = FINDING_NO_RING };
    struct slice currency = snapshot_text(s->facts->snapshot, load->currency);
    size_t edges = s->findings->n_edges, numbers = s->findings->n_numbers;
    wide_int ratio = net_assets > 0 ? (wide_int)load->amount * DECIMAL_ONE / net_assets
                                    : (wide_int)1000000 * DECIMAL_ONE;

    if (ratio > (wide_int)1000000 * DECIMAL_ONE)
        ratio = (wide_int)1000000 * DECIMAL_ONE;
    for (uint32_t e = s->graph.first[node]; e < s->graph.first[node + 1]; e++)
        TRY(load_tell_guarantee(s, node, s->graph.to[e]));
    TRY(findings_evidence(&finding.edges, s->findings, edges));
    TRY(findings_number(s->findings, "guaranteed_minor", load->amount, 0));
    TRY(findings_number(s->findings, "net_assets_minor", net_assets, 0));
    TRY(findings_number(s->findings, "ratio", (int64_t)ratio, 6));
    TRY(findings_number(s->findings, "limit", alert ? s->params->alert_ratio
                                                    : s->params->attention_ratio, 6));
    finding.numbers = span_since(numbers, s->findings->n_numbers);
    finding.score = finding_score(finding.level, (int64_t)ratio,
                                  alert ? s->params->alert_ratio : s->params->attention_ratio);
    TRY(findings_text(&finding.text, s->findings, "guarantees %lld minor unit%s%s%.*s against net "
                      "assets of %lld", (long long)load->amount, text_s(load->amount),
                      currency.size ? " " : "", (int)currency.size, (const char *)currency.data,
                      (long long)net_assets));
    return findings_add(s->findings, &finding);
}

static enum status weigh(struct load_search *s, uint32_t node, size_t *n_unknown)
{
    struct load loads[MAX_CURRENCIES], most = { CELL_ABSENT, 0 };
    size_t n = sum_loads(loads, s, node);
    int64_t net_assets = snapshot_cell(s->facts->snapshot, s->graph.nodes[node], NODE_NET_ASSETS);

    for (size_t i = 0; i < n; i++)
        if (loads[i].amount > most.amount)
            most = loads[i];
    if (!most.amount)
        return STATUS_OK;
    if (net_assets == CELL_ABSENT) {
        (*n_unknown)++;
        return STATUS_OK;
    }
    if (net_assets > 0 && !exceeds(most.amount, s->params->attention_ratio, net_assets))
        return STATUS_OK;
    return tell_load(s, node, &most, net_assets);
}

static enum status find_loads(struct load_search *s)
{
    size_t n_unknown = 0;

    for (uint32_t i = 0; i < s->graph.n; i++)
        if (facts_is(s->facts, s->graph.nodes[i], FACT_SUBJECT))
            TRY(weigh(s, i, &n_unknown));
    if (!n_unknown)
        return STATUS_OK;
    return findings_note(s->findings, OVER, (struct node_id){ 0 },
                         "%zu guarantor%s no net assets on record: not evaluated", n_unknown,
                         n_unknown == 1 ? " has" : "s have");
}

static enum status run(struct facts *facts, struct findings *findings)
{
    AUTO(search_fini) struct load_search s = { .facts = facts, .findings = findings };

    TRY(facts_need(facts, NEED_SUBJECTS));
    s.params = params_of(facts->params, &detector_guarantee_load);
    TRY(guarantee_graph_build(&s.graph, facts, SLICE("guarantee_company")));
    TRY(find_chains(&s));
    TRY(find_loads(&s));
    return circles_find(&s);
}

/* Guarantees that make a tree hold no circle, so nobody's loans are asked for. */
static enum status gather_loans(struct neighbourhood *around, const struct id_list *ball)
{
    size_t n_ends = 0;

    for (size_t i = 0; i < ball->n; i++) {
        AUTO(id_list_fini) struct id_list ends = { 0 };

        TRY(around_ends(&ends, around, ball->ids[i], around->schema->roles.guarantees,
                        DIRECTION_OUT));
        TRY(around_ends(&ends, around, ball->ids[i], around->schema->roles.guarantees,
                        DIRECTION_IN));
        n_ends += ends.n;
    }
    for (size_t i = 0; i < ball->n && n_ends / 2 >= ball->n; i++)
        TRY(around_read(around, ball->ids[i], around->schema->roles.borrowed, DIRECTION_OUT));
    return STATUS_OK;
}

/* The guarantors around the focus, both ways, up to GATHER_NODES of them. */
static enum status gather(struct neighbourhood *around)
{
    const uint32_t *types = around->schema->roles.guarantees;
    const struct load_params *set = params_of(around->params, &detector_guarantee_load);
    AUTO(id_list_fini) struct id_list ball = { 0 };

    for (size_t i = 0; i < around->n_focus; i++)
        TRY(id_list_add(&ball, around->focus[i]));
    for (size_t i = 0; i < ball.n; i++) {
        AUTO(id_list_fini) struct id_list out = { 0 };

        if (i >= GATHER_NODES) {
            around->cut = true;
            break;
        }
        TRY(around_follow(&out, around, ball.ids[i], types, DIRECTION_OUT));
        if (out.n <= (size_t)set->max_out || i < around->n_focus)
            TRY(id_list_add_all(&ball, &out));
        TRY(around_follow(&ball, around, ball.ids[i], types, DIRECTION_IN));
    }
    return ball.n > around->n_focus ? gather_loans(around, &ball) : STATUS_OK;
}

#define PARAM(field) offsetof(struct load_params, field)

static const struct param params[] = {
    { "min_length", "guarantees in a row that make a chain", "guarantees", PARAM(min_length),
      PARAM_WHOLE, 4, 2, MAX_PATH, "length" },
    { "max_length", "longest chain looked for", "guarantees", PARAM(max_length), PARAM_WHOLE, 8,
      2, MAX_PATH, NULL },
    { "attention_ratio", "guaranteed amount over net assets for attention", "ratio",
      PARAM(attention_ratio), PARAM_DECIMAL, 500000, 0, 1000 * DECIMAL_ONE, "ratio" },
    { "alert_ratio", "guaranteed amount over net assets for an alert", "ratio",
      PARAM(alert_ratio), PARAM_DECIMAL, DECIMAL_ONE, 0, 1000 * DECIMAL_ONE, "ratio" },
    { "max_out", "guarantors of more than this are left out of circles", "principals",
      PARAM(max_out), PARAM_WHOLE, 20, 1, 1000000, NULL },
    { "min_block", "smallest circle looked at", "principals", PARAM(min_block), PARAM_WHOLE, 4, 3,
      1000000, NULL },
    { "min_size", "circle whose members all get attention", "principals", PARAM(min_size),
      PARAM_WHOLE, 10, 3, 1000000, "members" },
    { 0 },
};

const struct detector detector_guarantee_load = {
    .id = "D8",
    .codes = { CHAIN, OVER, CIRCLE_CODE },
    .family = "guarantee",
    .summary = "depth, load and contagion of guarantees",
    .version = 3,
    .params = params,
    .params_size = sizeof(struct load_params),
    .run = run,
    .gather = gather,
    .probe_rank = 11,
    .locality = &locality_load,
};
