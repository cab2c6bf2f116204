/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * D7 CIRCULAR_GUARANTEE and MUTUAL_GUARANTEE: guarantees that come back.
 *
 * Typology: firms that guarantee each other in a ring, so that the guarantees are worth nothing
 * once one of them fails. Method: strongly connected components, then simple cycles of bounded
 * length. Reference: Tarjan (1972); Gupta and Suzumura (2021) for the cycles; on the stability of
 * peer-monitored triangles against mutual pairs, studies of Chinese guarantee networks.
 * Cost: O(nodes + edges) for components, then by the cycles found; steps are bounded.
 * Known false positives: declared groups that guarantee inside themselves (hint only).
 */
#include <stdlib.h>

#include "base/sets.h"
#include "base/sort.h"
#include "detectors/cycles.h"
#include "detectors/guarantee_cycle_private.h"
#include "detectors/locality.h"
#include "detectors/neighbourhood.h"
#include "detectors/rings.h"

#define MAX_STEPS 50000000u        /* edges looked at per component */
#define MAX_STEPS_A_NODE 100000u   /* ... and per node once its component was cut */

extern const struct detector detector_guarantee_cycle;

static void component_fini(struct component *c)
{
    free(c->nodes);
    free(c->first);
    free(c->to);
    free(c->edge);
    free(c->reciprocal);
    free(c->standing);
    free(c->sets);
    free(c->cycles);
    free(c->path_nodes);
    *c = (struct component){ 0 };
}

static void search_fini(struct circular_search *s)
{
    component_fini(&s->component);
    guarantee_graph_fini(&s->graph);
    free(s->local);
}

static int compare_keys(const void *a, const void *b, void *context)
{
    const struct circular_search *s = context;

    return snapshot_key_compare(s->facts->snapshot, s->graph.nodes[*(const uint32_t *)a],
                                s->graph.nodes[*(const uint32_t *)b]);
}

static int compare_ends(const void *a, const void *b)
{
    const uint32_t *x = a, *y = b;

    return (x[0] > y[0]) - (x[0] < y[0]);
}

/* Edges inside the component, by their ends' places in key order. */
static enum status component_edges(struct circular_search *s, const uint32_t *strong)
{
    struct component *c = &s->component;
    AUTO(free_ptr) uint32_t(*ends)[2] = NULL;
    uint32_t n = 0;
    size_t most = 0;

    for (uint32_t i = 0; i < c->n; i++) {
        uint32_t degree = s->graph.first[c->nodes[i] + 1] - s->graph.first[c->nodes[i]];

        n += degree;
        most = degree > most ? degree : most;
    }
    c->first = calloc(c->n + (size_t)1, sizeof *c->first);
    c->to = malloc((n + (size_t)1) * sizeof *c->to);
    c->edge = malloc((n + (size_t)1) * sizeof *c->edge);
    ends = malloc((most + 1) * sizeof *ends);
    if (!c->first || !c->to || !c->edge || !ends)
        return fail_memory(n * sizeof *c->to);
    n = 0;
    for (uint32_t i = 0; i < c->n; i++) {
        uint32_t node = c->nodes[i], kept = 0;

        for (uint32_t e = s->graph.first[node]; e < s->graph.first[node + 1]; e++)
            if (strong[s->graph.to[e]] == strong[node]) {
                ends[kept][0] = s->local[s->graph.to[e]];
                ends[kept++][1] = e;
            }
        sort_items(ends, kept, sizeof *ends, compare_ends);
        for (uint32_t k = 0; k < kept; k++, n++) {
            c->to[n] = ends[k][0];
            c->edge[n] = ends[k][1];
        }
        c->first[i + 1] = n;
    }
    return STATUS_OK;
}

static enum status component_build(struct circular_search *s, const uint32_t *strong,
                                   const uint32_t *nodes, uint32_t n)
{
    struct component *c = &s->component;

    component_fini(c);
    c->n = n;
    c->nodes = malloc(n * sizeof *c->nodes);
    c->standing = malloc(n * sizeof *c->standing);
    if (!c->nodes || !c->standing)
        return fail_memory(n * sizeof *c->nodes);
    memset(c->standing, 0xff, n * sizeof *c->standing);
    memcpy(c->nodes, nodes, n * sizeof *c->nodes);
    sort_items_in(c->nodes, n, sizeof *c->nodes, compare_keys, s);
    for (uint32_t i = 0; i < n; i++)
        s->local[c->nodes[i]] = i;
    TRY(component_edges(s, strong));
    TRY(sets_init(&c->sets, n));
    c->reciprocal = calloc(c->first[n] + (size_t)1, 1);
    if (!c->reciprocal)
        return fail_memory(c->first[n]);
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t e = c->first[i]; e < c->first[i + 1]; e++)
            c->reciprocal[e] = circular_edge(c, c->to[e], i) != UINT32_MAX;
    return STATUS_OK;
}

static bool in_group(const struct circular_search *s, const struct edge_table *table,
                     const struct adjacency *rows, uint32_t node, uint32_t group)
{
    for (uint32_t at = rows->offset[node]; at < rows->offset[node + 1]; at++)
        if (table->to[at] == group && edge_row_active(table, at, s->facts->at_us))
            return true;
    return false;
}

/* Whether all are members of one declared group at T. */
static enum status share_group(bool *out, const struct circular_search *s, const uint32_t *nodes,
                               uint32_t n)
{
    *out = false;
    for (const uint32_t *type = s->facts->schema->roles.membership; type && *type; type++) {
        const struct edge_table *table = snapshot_table(s->facts->snapshot, *type);
        uint32_t head = circular_node(s, nodes[0]);
        struct adjacency rows;

        TRY(snapshot_index(&rows, s->facts->snapshot, table, DIRECTION_OUT));
        for (uint32_t at = rows.offset[head]; at < rows.offset[head + 1] && !*out; at++) {
            *out = edge_row_active(table, at, s->facts->at_us);
            for (uint32_t i = 1; i < n && *out; i++)
                *out = in_group(s, table, &rows, circular_node(s, nodes[i]), table->to[at]);
        }
    }
    return STATUS_OK;
}

static enum status judge(enum level *level, const struct circular_search *s, const uint32_t *nodes,
                         uint32_t n)
{
    const struct component *c = &s->component;
    bool shared;

    TRY(share_group(&shared, s, nodes, n));
    *level = shared ? LEVEL_HINT : n == 2 ? LEVEL_ALERT : LEVEL_ATTENTION;
    for (uint32_t i = 0; i < n && *level == LEVEL_ATTENTION; i++)
        if (c->reciprocal[circular_edge(c, nodes[i], nodes[(i + 1) % n])])
            *level = LEVEL_ALERT;
    return STATUS_OK;
}

/* A higher level, else a shorter cycle, else the one found first. */
static bool better(const struct component *c, uint32_t new, uint32_t old)
{
    if (old == UINT32_MAX)
        return true;
    if (c->cycles[new].level != c->cycles[old].level)
        return c->cycles[new].level > c->cycles[old].level;
    return c->cycles[new].length < c->cycles[old].length;
}

static enum status keep_cycle(struct circular_search *s, const uint32_t *nodes, uint32_t length)
{
    struct component *c = &s->component;
    struct cycle cycle = { (uint32_t)c->n_path_nodes, length, LEVEL_NONE };

    TRY(judge(&cycle.level, s, nodes, length));
    TRY(array_reserve(&c->cycles, &c->cycles_capacity, c->n_cycles + 1));
    TRY(array_reserve(&c->path_nodes, &c->path_capacity, c->n_path_nodes + length));
    memcpy(c->path_nodes + c->n_path_nodes, nodes, length * sizeof *nodes);
    c->n_path_nodes += length;
    c->cycles[c->n_cycles] = cycle;
    for (uint32_t i = 0; i < length; i++) {
        struct standing *standing = &c->standing[nodes[i]];
        uint32_t *best = length == 2 ? &standing->pair : &standing->cycle;

        if (better(c, (uint32_t)c->n_cycles, *best))
            *best = (uint32_t)c->n_cycles;
        sets_join(c->sets, nodes[0], nodes[i]);
    }
    c->n_cycles++;
    return STATUS_OK;
}

static enum status list_cycle(void *context, const uint32_t *nodes, uint32_t length)
{
    struct circular_search *s = context;

    return s->component.n_cycles < (size_t)s->params->max_cycles ? keep_cycle(s, nodes, length)
                                                                 : STATUS_END;
}

/* Starting at its smallest node, as cycles are told. */
static void rotate(uint32_t *out, const uint32_t *nodes, uint32_t length)
{
    uint32_t smallest = 0;

    for (uint32_t i = 1; i < length; i++)
        if (nodes[i] < nodes[smallest])
            smallest = i;
    for (uint32_t i = 0; i < length; i++)
        out[i] = nodes[(smallest + i) % length];
}

static enum level standing_level(const struct component *c, uint32_t node)
{
    uint32_t best = c->standing[node].cycle;

    return best == UINT32_MAX ? LEVEL_NONE : c->cycles[best].level;
}

/* Keeps the first cycle, which is enough for a tag. */
static enum status tag_by_cycle(void *context, const uint32_t *nodes, uint32_t length)
{
    uint32_t told[CYCLE_LENGTH_MAX];

    rotate(told, nodes, length);
    TRY(keep_cycle(context, told, length));
    return STATUS_END;
}

/* Keeps a cycle that improves on what its first node had; an alert ends the node's search. */
static enum status raise_by_cycle(void *context, const uint32_t *nodes, uint32_t length)
{
    struct circular_search *s = context;
    uint32_t told[CYCLE_LENGTH_MAX];
    enum level level;

    TRY(judge(&level, s, nodes, length));
    if (level > standing_level(&s->component, nodes[0])) {
        rotate(told, nodes, length);
        TRY(keep_cycle(s, told, length));
    }
    return level == LEVEL_ALERT ? STATUS_END : STATUS_OK;
}

/*
 * Once the listing was cut: looks from each node that could be tagged, then from each that could be
 * tagged higher, which mostly takes longer. *untold: those of whom it stays unknown.
 */
static enum status cover(uint32_t *untold, struct circular_search *s, struct cycle_search *search)
{
    struct component *c = &s->component;
    struct cycle_options options = { 3, (uint32_t)s->params->max_length, MAX_STEPS_A_NODE };
    uint64_t end = cycle_steps(search) + MAX_STEPS;
    bool complete;

    *untold = 0;
    for (uint32_t i = 0; i < c->n; i++) {
        if (standing_level(c, i) != LEVEL_NONE)
            continue;
        complete = false;
        if (cycle_steps(search) < end)
            TRY(cycles_through(&complete, search, i, &options, tag_by_cycle, s));
        *untold += !complete && standing_level(c, i) == LEVEL_NONE;
    }
    for (uint32_t i = 0; i < c->n && cycle_steps(search) < end; i++)
        if (standing_level(c, i) < LEVEL_ALERT)
            TRY(cycles_through(&complete, search, i, &options, raise_by_cycle, s));
    return STATUS_OK;
}

static enum status search_cut(struct circular_search *s, struct cycle_search *search)
{
    uint32_t untold;

    s->findings->truncated = true;
    TRY(cover(&untold, s, search));
    return findings_note(s->findings, CIRCULAR_CODE, facts_id(s->facts, circular_node(s, 0)),
                         untold ? "cycles of a component of %u guarantors were not all listed; of "
                                  "%u it is not known whether they are on one"
                                : "cycles of a component of %u guarantors were not all listed; who "
                                  "is on one was looked for one by one", s->component.n, untold);
}

static enum status find_pairs(struct circular_search *s)
{
    struct component *c = &s->component;

    for (uint32_t i = 0; i < c->n; i++)
        for (uint32_t e = c->first[i]; e < c->first[i + 1]; e++)
            if (c->reciprocal[e] && i < c->to[e])
                TRY(keep_cycle(s, (uint32_t[]){ i, c->to[e] }, 2));
    return STATUS_OK;
}

static enum status find_cycles(struct circular_search *s)
{
    struct component *c = &s->component;
    AUTO(cycle_search_freep) struct cycle_search *search = NULL;
    struct cycle_graph graph = { c->n, c->first, c->to };
    struct cycle_options options = { 3, (uint32_t)s->params->max_length, MAX_STEPS };
    bool complete;

    if (c->n > 2) {
        TRY(cycle_search_new(&search, &graph));
        TRY(cycles_all(&complete, search, &options, list_cycle, s));
        if (!complete)
            TRY(search_cut(s, search));
    }
    return find_pairs(s);
}

static enum status search_component(struct circular_search *s, const uint32_t *strong,
                                    const uint32_t *nodes, uint32_t n)
{
    TRY(component_build(s, strong, nodes, n));
    TRY(find_cycles(s));
    for (uint32_t i = 0; i < s->component.n_cycles; i++)
        TRY(circular_tell(s, i));
    return STATUS_OK;
}

/* Components of at least two nodes, one after the other. */
static enum status search_all(struct circular_search *s)
{
    uint32_t n = s->graph.n, n_strong;
    AUTO(free_ptr) uint32_t *strong = malloc((n + (size_t)1) * sizeof *strong);
    AUTO(free_ptr) uint32_t *order = malloc((n + (size_t)1) * sizeof *order);
    AUTO(free_ptr) uint32_t *first = NULL;

    s->local = calloc(n + (size_t)1, sizeof *s->local);
    if (!strong || !order || !s->local)
        return fail_memory(n * sizeof *strong);
    TRY(strong_components(strong, &n_strong, n, s->graph.first, s->graph.to));
    first = calloc(n_strong + (size_t)2, sizeof *first);
    if (!first)
        return fail_memory(n_strong * sizeof *first);
    for (uint32_t i = 0; i < n; i++)
        first[strong[i] + 2]++;
    for (uint32_t i = 1; i < n_strong + 2; i++)
        first[i] += first[i - 1];
    for (uint32_t i = 0; i < n; i++)
        order[first[strong[i] + 1]++] = i;
    for (uint32_t i = 0; i < n_strong; i++)
        if (first[i + 1] - first[i] > 1)
            TRY(search_component(s, strong, order + first[i], first[i + 1] - first[i]));
    return STATUS_OK;
}

static enum status run(struct facts *facts, struct findings *findings)
{
    AUTO(search_fini) struct circular_search s = { .facts = facts, .findings = findings };
    size_t first = findings->n;

    TRY(facts_need(facts, NEED_SUBJECTS));
    s.params = params_of(facts->params, &detector_guarantee_cycle);
    TRY(guarantee_graph_build(&s.graph, facts, slice_of("", 0)));
    TRY(circular_note_loops(&s));
    if (s.graph.n_edges)
        TRY(search_all(&s));
    return rings_name(findings, facts, CIRCULAR_CODE, first);
}

/* One more ring of guarantees around the list; what is new goes to its end. */
static enum status step_out(struct id_list *ball, size_t *frontier, struct neighbourhood *around,
                            enum direction direction)
{
    size_t end = ball->n;

    for (; *frontier < end; ++*frontier)
        TRY(around_follow(ball, around, ball->ids[*frontier], around->schema->roles.guarantees,
                          direction));
    return STATUS_OK;
}

static enum status gather_half(struct neighbourhood *around, struct node_id focus, int64_t depth,
                               enum direction direction)
{
    AUTO(id_list_fini) struct id_list ball = { 0 };
    size_t frontier = 0;

    TRY(id_list_add(&ball, focus));
    for (int64_t i = 0; i < depth && !around->truncated; i++)
        TRY(step_out(&ball, &frontier, around, direction));
    return STATUS_OK;
}

/* Of those from whom guarantees lead to the focus: their groups, and what goes the other way. */
static enum status gather_memberships(struct neighbourhood *around, struct node_id focus,
                                      int64_t max_length)
{
    const struct schema_roles *roles = &around->schema->roles;
    AUTO(id_list_fini) struct id_list back = { 0 };
    size_t frontier = 0;

    TRY(id_list_add(&back, focus));
    for (int64_t depth = 1; depth < max_length; depth++)
        for (size_t end = back.n; frontier < end; frontier++)
            TRY(around_ends(&back, around, back.ids[frontier], roles->guarantees, DIRECTION_IN));
    for (size_t i = 0; i < back.n; i++) {
        TRY(around_read(around, back.ids[i], roles->membership, DIRECTION_OUT));
        TRY(around_read(around, back.ids[i], roles->guarantees, DIRECTION_OUT));
    }
    return STATUS_OK;
}

/* A cycle through the focus lies half before it and half behind it. */
static enum status gather(struct neighbourhood *around)
{
    const struct cycle_params *set = params_of(around->params, &detector_guarantee_cycle);
    const uint32_t *types = around->schema->roles.guarantees;

    for (size_t i = 0; i < around->n_focus; i++) {
        AUTO(id_list_fini) struct id_list in = { 0 };
        AUTO(id_list_fini) struct id_list out = { 0 };

        TRY(around_ends(&in, around, around->focus[i], types, DIRECTION_IN));
        TRY(around_ends(&out, around, around->focus[i], types, DIRECTION_OUT));
        if (!in.n || !out.n)
            continue;
        TRY(gather_half(around, around->focus[i], (set->max_length + 1) / 2, DIRECTION_OUT));
        TRY(gather_half(around, around->focus[i], set->max_length / 2, DIRECTION_IN));
        TRY(gather_memberships(around, around->focus[i], set->max_length));
    }
    return STATUS_OK;
}

#define PARAM(field) offsetof(struct cycle_params, field)

static const struct param params[] = {
    { "max_length", "longest cycle followed", "guarantees", PARAM(max_length), PARAM_WHOLE, 6, 3,
      12, NULL },
    { "max_cycles", "cycles listed per strongly connected component", "cycles",
      PARAM(max_cycles), PARAM_WHOLE, 10000, 1, 10000000, NULL },
    { 0 },
};

const struct detector detector_guarantee_cycle = {
    .id = "D7",
    .codes = { CIRCULAR_CODE, MUTUAL_CODE },
    .family = "guarantee",
    .summary = "guarantees that come back",
    .version = 3,
    .params = params,
    .params_size = sizeof(struct cycle_params),
    .reads = { READS_SUBJECTS | PART_GUARANTEES | PART_MEMBERSHIP, 0 },
    .run = run,
    .gather = gather,
    .probe_rank = 5,
    .locality = &locality_cycle,
};
