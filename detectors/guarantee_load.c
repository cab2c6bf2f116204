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

#include "detectors/guarantee_graph.h"
#include "detectors/locality.h"
#include "detectors/neighbourhood.h"
#include "detectors/rings.h"
#include "detectors/wide.h"

#define CHAIN "GUARANTEE_CHAIN"
#define OVER "OVER_GUARANTEE"
#define CIRCLE "GUARANTEE_CIRCLE"
#define MAX_PATH 16
#define MAX_STEPS 20000u  /* edges looked at per applicant and length */
#define MAX_HOPS 2
#define GATHER_NODES 300u /* guarantors gathered around an application */

struct load_params {
    int64_t min_length, max_length, attention_ratio, alert_ratio, max_out, min_block, min_size;
};

extern const struct detector detector_guarantee_load;

struct search {
    struct facts *facts;
    const struct load_params *params;
    struct findings *findings;
    struct guarantee_graph graph;
    /* chains */
    unsigned char *reach;  /* per node: edges that some walk from it has, up to max_length */
    unsigned char *on_path;
    uint32_t path[MAX_PATH + 1];
    uint32_t steps;
    bool cut;
    /* circles: undirected, without mass guarantors */
    uint32_t *first, *to;
    uint32_t *block_nodes; /* of the block at hand */
    uint32_t n_block;
    struct ring_member *members;
    size_t n_members, members_capacity;
};

static void search_fini(struct search *s)
{
    guarantee_graph_fini(&s->graph);
    free(s->reach);
    free(s->on_path);
    free(s->first);
    free(s->to);
    free(s->block_nodes);
    free(s->members);
}

/* How many edges a walk (not yet a simple path) can have from each node. */
static enum status measure_walks(struct search *s)
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
static bool extend(struct search *s, uint32_t depth, uint32_t left)
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
static uint32_t find_chain(struct search *s, uint32_t node)
{
    for (int64_t length = s->params->max_length; length >= s->params->min_length; length--) {
        s->steps = 0;
        s->path[0] = node;
        if (s->reach[node] >= length && extend(s, 0, (uint32_t)length))
            return (uint32_t)length;
    }
    return 0;
}

static enum status tell_guarantee(struct search *s, uint32_t from, uint32_t to)
{
    uint32_t edge = guarantee_edge_find(&s->graph, from, to);

    if (edge == UINT32_MAX)
        return STATUS_OK;
    for (uint32_t r = s->graph.row_first[edge]; r < s->graph.row_first[edge + 1]; r++)
        TRY(facts_evidence(s->findings, s->facts, s->graph.rows[r]));
    return STATUS_OK;
}

static enum status tell_chain(struct search *s, uint32_t node, uint32_t length)
{
    struct finding finding = { .subject = facts_id(s->facts, s->graph.nodes[node]),
                               .code = CHAIN, .level = LEVEL_ATTENTION,
                               .ring = FINDING_NO_RING };
    size_t edges = s->findings->n_edges, numbers = s->findings->n_numbers;

    for (uint32_t i = 0; i < length; i++)
        TRY(tell_guarantee(s, s->path[i], s->path[i + 1]));
    finding.edges = span_since(edges, s->findings->n_edges);
    TRY(findings_number(s->findings, "length", length, 0));
    TRY(findings_number(s->findings, "limit", s->params->min_length, 0));
    finding.numbers = span_since(numbers, s->findings->n_numbers);
    finding.score = finding_score(LEVEL_ATTENTION, length, s->params->min_length);
    TRY(findings_text(&finding.text, s->findings, "a chain of %u guarantees starts at this "
                      "applicant (limit %lld)", length, (long long)s->params->min_length));
    return findings_add(s->findings, &finding);
}

static enum status find_chains(struct search *s)
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

static size_t sum_loads(struct load loads[MAX_CURRENCIES], const struct search *s, uint32_t node)
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

static enum status tell_load(struct search *s, uint32_t node, const struct load *load,
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
        TRY(tell_guarantee(s, node, s->graph.to[e]));
    finding.edges = span_since(edges, s->findings->n_edges);
    TRY(findings_number(s->findings, "guaranteed_minor", load->amount, 0));
    TRY(findings_number(s->findings, "net_assets_minor", net_assets, 0));
    TRY(findings_number(s->findings, "ratio", (int64_t)ratio, 6));
    TRY(findings_number(s->findings, "limit", alert ? s->params->alert_ratio
                                                    : s->params->attention_ratio, 6));
    finding.numbers = span_since(numbers, s->findings->n_numbers);
    finding.score = finding_score(finding.level, (int64_t)ratio,
                                  alert ? s->params->alert_ratio : s->params->attention_ratio);
    TRY(findings_text(&finding.text, s->findings, "guarantees %lld minor units%s%.*s against net "
                      "assets of %lld", (long long)load->amount, currency.size ? " " : "",
                      (int)currency.size, (const char *)currency.data, (long long)net_assets));
    return findings_add(s->findings, &finding);
}

static enum status weigh(struct search *s, uint32_t node, size_t *n_unknown)
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

static enum status find_loads(struct search *s)
{
    size_t n_unknown = 0;

    for (uint32_t i = 0; i < s->graph.n; i++)
        if (facts_is(s->facts, s->graph.nodes[i], FACT_SUBJECT))
            TRY(weigh(s, i, &n_unknown));
    if (!n_unknown)
        return STATUS_OK;
    return findings_note(s->findings, OVER, (struct node_id){ 0 },
                         "%zu guarantors have no net assets on record: not evaluated", n_unknown);
}

static bool is_mass_guarantor(const struct search *s, uint32_t node)
{
    return s->graph.first[node + 1] - s->graph.first[node] > s->params->max_out;
}

static int compare_numbers(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

/* Both directions of every edge between ordinary guarantors, each neighbour once. */
static enum status undirect(struct search *s)
{
    const struct guarantee_graph *g = &s->graph;
    uint32_t kept = 0, begin = 0;

    s->first = calloc(g->n + (size_t)2, sizeof *s->first);
    s->to = malloc((2 * (size_t)g->n_edges + 1) * sizeof *s->to);
    if (!s->first || !s->to)
        return fail_memory(g->n_edges * sizeof *s->to);
    for (int pass = 0; pass < 2; pass++) {
        for (uint32_t i = 0; i < g->n; i++)
            for (uint32_t e = g->first[i]; e < g->first[i + 1]; e++) {
                uint32_t other = g->to[e];

                if (is_mass_guarantor(s, i) || is_mass_guarantor(s, other))
                    continue;
                if (pass) {
                    s->to[s->first[i]++] = other;
                    s->to[s->first[other]++] = i;
                } else {
                    s->first[i + 1]++;
                    s->first[other + 1]++;
                }
            }
        for (uint32_t i = 0; !pass && i < g->n; i++)
            s->first[i + 1] += s->first[i];
    }
    for (uint32_t i = 0; i < g->n; i++) {
        uint32_t end = s->first[i], start = kept;

        qsort(s->to + begin, end - begin, sizeof *s->to, compare_numbers);
        for (uint32_t k = begin; k < end; k++)
            if (k == begin || s->to[k] != s->to[k - 1])
                s->to[kept++] = s->to[k];
        s->first[i] = start;
        begin = end;
    }
    s->first[g->n] = kept;
    return STATUS_OK;
}

/* Members of the block within MAX_HOPS of an overdue one, walking inside the block. */
static enum status mark_contagion(struct search *s, unsigned char *marked, const uint32_t *local)
{
    AUTO(free_ptr) unsigned char *hops = malloc(s->n_block);

    if (!hops)
        return fail_memory(s->n_block);
    for (uint32_t i = 0; i < s->n_block; i++) {
        bool overdue;

        TRY(facts_overdue(&overdue, s->facts, s->graph.nodes[s->block_nodes[i]], 0));
        hops[i] = overdue ? 0 : UINT8_MAX;
    }
    for (int hop = 0; hop < MAX_HOPS; hop++)
        for (uint32_t i = 0; i < s->n_block; i++)
            for (uint32_t e = s->first[s->block_nodes[i]];
                 hops[i] == hop && e < s->first[s->block_nodes[i] + 1]; e++) {
                uint32_t other = local[s->to[e]];

                if (other && hops[other - 1] > hop + 1)
                    hops[other - 1] = (unsigned char)(hop + 1);
            }
    for (uint32_t i = 0; i < s->n_block; i++)
        marked[i] |= hops[i] <= MAX_HOPS;
    return STATUS_OK;
}

static enum status tell_member(struct search *s, uint32_t node, const uint32_t *local,
                               const struct finding *told)
{
    struct finding finding = *told;
    size_t edges = s->findings->n_edges;

    for (uint32_t e = s->first[node]; e < s->first[node + 1]; e++)
        if (local[s->to[e]]) {
            TRY(tell_guarantee(s, node, s->to[e]));
            TRY(tell_guarantee(s, s->to[e], node));
        }
    finding.edges = span_since(edges, s->findings->n_edges);
    finding.subject = facts_id(s->facts, s->graph.nodes[node]);
    return findings_add(s->findings, &finding);
}

static enum status tell_block(struct search *s, const unsigned char *marked,
                              const uint32_t *local, bool large)
{
    struct finding finding = { .code = CIRCLE, .level = LEVEL_ATTENTION,
                               .ring = FINDING_NO_RING };
    size_t numbers = s->findings->n_numbers;

    TRY(findings_number(s->findings, "members", s->n_block, 0));
    TRY(findings_number(s->findings, "limit", s->params->min_size, 0));
    finding.numbers = span_since(numbers, s->findings->n_numbers);
    finding.score = finding_score(LEVEL_ATTENTION, s->n_block, s->params->min_size);
    TRY(findings_text(&finding.text, s->findings,
                      large ? "in a guarantee circle of %u (limit %lld)"
                            : "in a guarantee circle of %u near an overdue member", s->n_block,
                      (long long)s->params->min_size));
    for (uint32_t i = 0; i < s->n_block; i++) {
        uint32_t node = s->graph.nodes[s->block_nodes[i]];

        if (!marked[i] || !facts_is(s->facts, node, FACT_SUBJECT))
            continue;
        TRY(tell_member(s, s->block_nodes[i], local, &finding));
        TRY(array_reserve(&s->members, &s->members_capacity, s->n_members + 1));
        s->members[s->n_members++] =
            (struct ring_member){ .node = node, .component = s->graph.nodes[s->block_nodes[0]] };
    }
    return STATUS_OK;
}

static enum status judge_block(struct search *s, uint32_t *local)
{
    AUTO(free_ptr) unsigned char *marked = NULL;
    bool large = s->n_block >= s->params->min_size;
    enum status status;

    if (s->n_block < s->params->min_block)
        return STATUS_OK;
    marked = calloc(s->n_block, 1);
    if (!marked)
        return fail_memory(s->n_block);
    memset(marked, large, s->n_block);
    qsort(s->block_nodes, s->n_block, sizeof *s->block_nodes, compare_numbers);
    for (uint32_t i = 0; i < s->n_block; i++)
        local[s->block_nodes[i]] = i + 1;
    status = mark_contagion(s, marked, local);
    if (status == STATUS_OK)
        status = tell_block(s, marked, local, large);
    for (uint32_t i = 0; i < s->n_block; i++)
        local[s->block_nodes[i]] = 0;
    return status;
}

/* Depth-first search for blocks, without recursion: vertices wait on a stack of their own. */
struct blocks {
    uint32_t *order, *low, *at, *parent, *path, *stack, *local;
    uint32_t n_stack, next;
};

static void blocks_fini(struct blocks *b)
{
    free(b->order);
    free(b->low);
    free(b->at);
    free(b->parent);
    free(b->path);
    free(b->stack);
    free(b->local);
}

static enum status blocks_init(struct blocks *b, uint32_t n)
{
    size_t size = n + (size_t)1;

    *b = (struct blocks){ .next = 1 };
    b->order = calloc(size, sizeof *b->order);
    b->low = calloc(size, sizeof *b->low);
    b->at = calloc(size, sizeof *b->at);
    b->parent = calloc(size, sizeof *b->parent);
    b->path = calloc(size, sizeof *b->path);
    b->stack = calloc(size, sizeof *b->stack);
    b->local = calloc(size, sizeof *b->local);
    if (!b->order || !b->low || !b->at || !b->parent || !b->path || !b->stack || !b->local)
        return fail_memory(size * sizeof *b->order);
    return STATUS_OK;
}

/* `child` cannot get above `cut`: what is stacked from it on is a block, with `cut`. */
static enum status close_block(struct search *s, struct blocks *b, uint32_t cut, uint32_t child)
{
    uint32_t node;

    s->n_block = 0;
    do {
        node = b->stack[--b->n_stack];
        s->block_nodes[s->n_block++] = node;
    } while (node != child);
    s->block_nodes[s->n_block++] = cut;
    return judge_block(s, b->local);
}

static void visit(const struct search *s, struct blocks *b, uint32_t node, uint32_t parent)
{
    b->order[node] = b->low[node] = b->next++;
    b->parent[node] = parent;
    b->at[node] = s->first[node];
    b->stack[b->n_stack++] = node;
}

static enum status blocks_from(struct search *s, struct blocks *b, uint32_t root)
{
    uint32_t depth = 0;

    b->path[0] = root;
    visit(s, b, root, root);
    for (;;) {
        uint32_t node = b->path[depth], parent;

        if (b->at[node] < s->first[node + 1]) {
            uint32_t other = s->to[b->at[node]++];

            if (!b->order[other]) {
                b->path[++depth] = other;
                visit(s, b, other, node);
            } else if (other != b->parent[node] && b->order[other] < b->low[node]) {
                b->low[node] = b->order[other];
            }
            continue;
        }
        if (!depth)
            break;
        parent = b->path[--depth];
        if (b->low[node] < b->low[parent])
            b->low[parent] = b->low[node];
        if (b->low[node] >= b->order[parent])
            TRY(close_block(s, b, parent, node));
    }
    b->n_stack = 0;
    return STATUS_OK;
}

/* A member of several blocks keeps the finding of the largest, told first among equals. */
static void keep_largest(struct findings *findings, size_t first)
{
    size_t kept = first;

    findings_sort(findings, first);
    for (size_t i = first; i < findings->n; i++) {
        struct finding *last = kept > first ? &findings->items[kept - 1] : NULL;
        const struct finding *finding = &findings->items[i];

        if (!last || last->subject.value != finding->subject.value) {
            findings->items[kept++] = *finding;
        } else if (findings->numbers[finding->numbers.first].value >
                   findings->numbers[last->numbers.first].value) {
            *last = *finding;
        }
    }
    findings->n = kept;
}

/* Blocks that share a tagged member are one ring. */
static enum status name_rings(struct search *s, size_t first)
{
    AUTO(free_ptr) uint32_t *sets = NULL;
    size_t kept = 0, at = 0;

    TRY(sets_init(&sets, s->facts->snapshot->n_nodes));
    for (size_t i = 0; i < s->n_members; i++)
        sets_join(sets, s->members[i].node, s->members[i].component);
    for (size_t i = first; i < s->findings->n; i++, kept++)
        s->members[kept].node = snapshot_find(s->facts->snapshot, s->findings->items[i].subject);
    for (size_t i = 0; i < kept; i++)
        s->members[i].component = sets_find(sets, s->members[i].node);
    TRY(rings_emit(s->findings, s->facts, CIRCLE, s->members, kept));
    for (size_t i = first; i < s->findings->n; i++)
        s->findings->items[i].ring = s->members[at++].ring;
    return STATUS_OK;
}

static enum status find_circles(struct search *s)
{
    AUTO(blocks_fini) struct blocks b = { 0 };
    size_t first = s->findings->n;

    TRY(undirect(s));
    TRY(blocks_init(&b, s->graph.n));
    s->block_nodes = malloc((s->graph.n + (size_t)1) * sizeof *s->block_nodes);
    if (!s->block_nodes)
        return fail_memory(s->graph.n * sizeof *s->block_nodes);
    for (uint32_t i = 0; i < s->graph.n; i++)
        if (!b.order[i])
            TRY(blocks_from(s, &b, i));
    keep_largest(s->findings, first);
    return name_rings(s, first);
}

static enum status run(struct facts *facts, struct findings *findings)
{
    AUTO(search_fini) struct search s = { .facts = facts, .findings = findings };

    TRY(facts_need(facts, NEED_SUBJECTS));
    s.params = params_of(facts->params, &detector_guarantee_load);
    TRY(guarantee_graph_build(&s.graph, facts, SLICE("guarantee_company")));
    TRY(find_chains(&s));
    TRY(find_loads(&s));
    return find_circles(&s);
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
    .codes = { CHAIN, OVER, CIRCLE },
    .family = "guarantee",
    .summary = "depth, load and contagion of guarantees",
    .version = 1,
    .params = params,
    .params_size = sizeof(struct load_params),
    .run = run,
    .gather = gather,
    .probe_rank = 11,
    .locality = &locality_load,
};
