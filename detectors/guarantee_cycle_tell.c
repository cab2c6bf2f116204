/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "detectors/guarantee_cycle_private.h"

#include <stdlib.h>

#include "base/sets.h"

#define MAX_CURRENCIES 8

/* All guarantees of the cycle, in its order. */
static enum status tell_edges(struct span *out, struct circular_search *s, const uint32_t *nodes,
                              uint32_t n)
{
    struct component *c = &s->component;
    size_t first = s->findings->n_edges;

    for (uint32_t i = 0; i < n; i++) {
        uint32_t edge = c->edge[circular_edge(c, nodes[i], nodes[(i + 1) % n])];

        for (uint32_t r = s->graph.row_first[edge]; r < s->graph.row_first[edge + 1]; r++)
            TRY(facts_evidence(s->findings, s->facts, s->graph.rows[r]));
    }
    return findings_evidence(out, s->findings, first);
}

static enum status tell_currency(struct circular_search *s, const uint32_t *nodes, uint32_t n,
                                 int64_t currency)
{
    struct component *c = &s->component;
    struct slice text = snapshot_text(s->facts->snapshot, currency);
    int64_t least = INT64_MAX, sum = 0;
    const char *name;

    for (uint32_t i = 0; i < n; i++) {
        uint32_t edge = c->edge[circular_edge(c, nodes[i], nodes[(i + 1) % n])];
        int64_t amount;

        if (!guarantee_amount(&amount, &s->graph, s->facts, edge, currency))
            continue;
        least = amount < least ? amount : least;
        if (__builtin_add_overflow(sum, amount, &sum))
            sum = INT64_MAX;
    }
    TRY(findings_text(&name, s->findings, "amount_min_minor%s%.*s", text.size ? "_" : "",
                      (int)text.size, (const char *)text.data));
    TRY(findings_number(s->findings, name, least, 0));
    TRY(findings_text(&name, s->findings, "amount_sum_minor%s%.*s", text.size ? "_" : "",
                      (int)text.size, (const char *)text.data));
    return findings_number(s->findings, name, sum, 0);
}

/* The distinct currencies of the evidence, in order of appearance. */
static size_t currencies_of(int64_t found[MAX_CURRENCIES], const struct circular_search *s,
                            const uint32_t *nodes, uint32_t n)
{
    const struct component *c = &s->component;
    size_t n_found = 0;

    for (uint32_t i = 0; i < n; i++) {
        uint32_t edge = c->edge[circular_edge(c, nodes[i], nodes[(i + 1) % n])];

        for (uint32_t r = s->graph.row_first[edge]; r < s->graph.row_first[edge + 1]; r++) {
            uint32_t row;
            const struct edge_table *table =
                snapshot_edge(&row, s->facts->snapshot, s->graph.rows[r]);
            int64_t currency = edge_cell(table, row, EDGE_CURRENCY);
            size_t k = 0;

            if (edge_cell(table, row, EDGE_AMOUNT) == CELL_ABSENT)
                continue;
            while (k < n_found && found[k] != currency)
                k++;
            if (k == n_found && n_found < MAX_CURRENCIES)
                found[n_found++] = currency;
        }
    }
    return n_found;
}

static enum status tell_numbers(struct span *out, struct circular_search *s, const uint32_t *nodes,
                                uint32_t n)
{
    int64_t currencies[MAX_CURRENCIES];
    size_t n_currencies = currencies_of(currencies, s, nodes, n);
    size_t first = s->findings->n_numbers;

    TRY(findings_number(s->findings, "length", n, 0));
    TRY(findings_number(s->findings, "limit", s->params->max_length, 0));
    for (size_t i = 0; i < n_currencies; i++)
        TRY(tell_currency(s, nodes, n, currencies[i]));
    *out = span_since(first, s->findings->n_numbers);
    return STATUS_OK;
}

static enum status tell_text(const char **out, struct circular_search *s, const uint32_t *nodes,
                             uint32_t n)
{
    AUTO(buf_fini) struct buf path = { 0 };
    const char *text;

    for (uint32_t i = 0; i <= n; i++) {
        struct slice key = snapshot_key(s->facts->snapshot, circular_node(s, nodes[i % n]));

        TRY(buf_printf(&path, "%s%.*s", i ? " -> " : "", (int)key.size, (const char *)key.data));
    }
    TRY(buf_string(&text, &path));
    return findings_text(out, s->findings, n == 2 ? "mutual guarantee %s"
                                                  : "guarantees come back: %s", text);
}

/* One finding for every subject whose best cycle (or pair) this is. */
enum status circular_tell(struct circular_search *s, uint32_t index)
{
    struct component *c = &s->component;
    const struct cycle *cycle = &c->cycles[index];
    const uint32_t *nodes = c->path_nodes + cycle->first;
    struct finding finding = { .code = cycle->length == 2 ? MUTUAL_CODE : CIRCULAR_CODE,
                               .level = cycle->level };
    bool told = false;

    for (uint32_t i = 0; i < cycle->length; i++) {
        const struct standing *standing = &c->standing[nodes[i]];
        uint32_t node = circular_node(s, nodes[i]);

        if ((cycle->length == 2 ? standing->pair : standing->cycle) != index ||
            !facts_is(s->facts, node, FACT_SUBJECT))
            continue;
        if (!told) {
            TRY(tell_edges(&finding.edges, s, nodes, cycle->length));
            TRY(tell_numbers(&finding.numbers, s, nodes, cycle->length));
            TRY(tell_text(&finding.text, s, nodes, cycle->length));
            finding.score =
                finding_score(cycle->level, s->params->max_length + 1, cycle->length);
            told = true;
        }
        finding.subject = facts_id(s->facts, node);
        finding.ring = circular_node(s, sets_find(c->sets, nodes[i]));
        TRY(findings_add(s->findings, &finding));
    }
    return STATUS_OK;
}

enum status circular_note_loops(struct circular_search *s)
{
    for (size_t i = 0; i < s->graph.n_loops; i++) {
        uint32_t row;
        const struct edge_table *table =
            snapshot_edge(&row, s->facts->snapshot, s->graph.loops[i]);
        struct slice key = snapshot_key(s->facts->snapshot, table->from[row]);

        TRY(findings_note(s->findings, CIRCULAR_CODE, facts_id(s->facts, table->from[row]),
                          "%.*s guarantees itself: a data error", (int)key.size,
                          (const char *)key.data));
    }
    return STATUS_OK;
}
