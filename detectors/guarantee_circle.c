/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GUARANTEE_CIRCLE of D8: biconnected blocks of the undirected graph of guarantees (Hopcroft and
 * Tarjan 1973), without guarantors of many. Large ones are told whole, of others those near a
 * member who is overdue.
 */
#include "detectors/guarantee_load_private.h"

#include <stdlib.h>

#include "base/sets.h"
#include "base/sort.h"
#include "detectors/rings.h"

#define MAX_HOPS 2

static bool is_mass_guarantor(const struct load_search *s, uint32_t node)
{
    return s->graph.first[node + 1] - s->graph.first[node] > s->params->max_out;
}

/* Both directions of every edge between ordinary guarantors, each neighbour once. */
static enum status undirect(struct load_search *s)
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

        sort_items(s->to + begin, end - begin, sizeof *s->to, sort_by_u32);
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
static enum status mark_contagion(struct load_search *s, unsigned char *marked,
                                  const uint32_t *local)
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

static enum status tell_member(struct load_search *s, uint32_t node, const uint32_t *local,
                               const struct finding *told)
{
    struct finding finding = *told;
    size_t edges = s->findings->n_edges;

    for (uint32_t e = s->first[node]; e < s->first[node + 1]; e++)
        if (local[s->to[e]]) {
            TRY(load_tell_guarantee(s, node, s->to[e]));
            TRY(load_tell_guarantee(s, s->to[e], node));
        }
    TRY(findings_evidence(&finding.edges, s->findings, edges));
    finding.subject = facts_id(s->facts, s->graph.nodes[node]);
    return findings_add(s->findings, &finding);
}

static enum status tell_block(struct load_search *s, const unsigned char *marked,
                              const uint32_t *local, bool large)
{
    struct finding finding = { .code = CIRCLE_CODE, .level = LEVEL_ATTENTION,
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
        sets_join(s->sets, node, s->graph.nodes[s->block_nodes[0]]);
    }
    return STATUS_OK;
}

static enum status judge_block(struct load_search *s, uint32_t *local)
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
    sort_items(s->block_nodes, s->n_block, sizeof *s->block_nodes, sort_by_u32);
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
static enum status close_block(struct load_search *s, struct blocks *b, uint32_t cut,
                               uint32_t child)
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

static void visit(const struct load_search *s, struct blocks *b, uint32_t node, uint32_t parent)
{
    b->order[node] = b->low[node] = b->next++;
    b->parent[node] = parent;
    b->at[node] = s->first[node];
    b->stack[b->n_stack++] = node;
}

static enum status blocks_from(struct load_search *s, struct blocks *b, uint32_t root)
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
static bool is_larger(const struct findings *findings, const struct finding *a,
                      const struct finding *b)
{
    int64_t of_a = findings->numbers[a->numbers.first].value;
    int64_t of_b = findings->numbers[b->numbers.first].value;

    return of_a > of_b || (of_a == of_b && a->edges.first < b->edges.first);
}

/* Blocks that share a tagged member are one ring. */
static enum status name_rings(struct load_search *s, size_t first)
{
    for (size_t i = first; i < s->findings->n; i++) {
        struct finding *finding = &s->findings->items[i];

        finding->ring = sets_find(s->sets, snapshot_find(s->facts->snapshot, finding->subject));
    }
    return rings_name(s->findings, s->facts, CIRCLE_CODE, first);
}

enum status circles_find(struct load_search *s)
{
    AUTO(blocks_fini) struct blocks b = { 0 };
    size_t first = s->findings->n;

    if (!s->graph.n_edges)
        return STATUS_OK;
    TRY(undirect(s));
    TRY(sets_init(&s->sets, s->facts->snapshot->n_nodes));
    TRY(blocks_init(&b, s->graph.n));
    s->block_nodes = malloc((s->graph.n + (size_t)1) * sizeof *s->block_nodes);
    if (!s->block_nodes)
        return fail_memory(s->graph.n * sizeof *s->block_nodes);
    for (uint32_t i = 0; i < s->graph.n; i++)
        if (!b.order[i])
            TRY(blocks_from(s, &b, i));
    findings_keep_best(s->findings, first, is_larger);
    return name_rings(s, first);
}
