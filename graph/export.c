/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "graph/export.h"

#include <stdlib.h>

struct walk {
    struct graph_txn *txn;
    const struct export_scope *scope;
    const struct export_sink *sink;
    unsigned char *chosen;    /* a bit per node id; NULL: all */
    struct node_id *frontier; /* in the order met; those from `at` on are not walked from yet */
    size_t n, at, capacity;
    bool truncated;
    struct arena arena;
};

static bool is_chosen(const struct walk *walk, struct node_id id)
{
    return !walk->chosen || walk->chosen[id.value >> 3] >> (id.value & 7) & 1;
}

static bool holds(const struct walk *walk, const struct edge *edge)
{
    return !walk->scope->only_active || edge_active(edge, txn_moment(walk->txn)->as_of_us);
}

/* ---- choosing ------------------------------------------------------------------------------- */

static enum status choose(struct walk *walk, struct node_id id)
{
    if (is_chosen(walk, id))
        return STATUS_OK;
    if (walk->scope->max_nodes && walk->n >= walk->scope->max_nodes) {
        walk->truncated = true;
        return STATUS_OK;
    }
    TRY(array_reserve(&walk->frontier, &walk->capacity, walk->n + 1));
    walk->frontier[walk->n++] = id;
    walk->chosen[id.value >> 3] |= (unsigned char)(1 << (id.value & 7));
    return STATUS_OK;
}

static enum status choose_around(struct walk *walk, struct node_id id)
{
    static const struct edge_scan scan = EDGE_SCAN(0, DIRECTION_BOTH);
    AUTO(edge_iter_stop) struct edge_iter it = { 0 };
    struct node node;
    enum status status = node_load(&node, walk->txn, id);

    if (status == STATUS_NOT_FOUND)
        return STATUS_OK;
    TRY(status);
    for (edge_iter_start(&it, walk->txn, &node, &scan); edge_iter_next(&it);)
        if (holds(walk, &it.edge))
            TRY(choose(walk, edge_other(&it.edge)));
    return it.status;
}

static enum status choose_all(struct walk *walk)
{
    uint64_t bytes = txn_counts(walk->txn).next_node / 8 + 1;

    if (!walk->scope->n_seeds)
        return STATUS_OK;
    walk->chosen = calloc(bytes, 1);
    if (!walk->chosen)
        return fail_memory(bytes);
    for (size_t i = 0; i < walk->scope->n_seeds; i++)
        TRY(choose(walk, walk->scope->seeds[i]));
    for (uint32_t hop = 0; hop < walk->scope->hops; hop++)
        for (size_t end = walk->n; walk->at < end; walk->at++)
            TRY(choose_around(walk, walk->frontier[walk->at]));
    return STATUS_OK;
}

/* ---- handing out ---------------------------------------------------------------------------- */

static enum status give_node(struct walk *walk, const struct node *node)
{
    struct value properties;

    arena_reset(&walk->arena);
    TRY(node_properties(&properties, &walk->arena, walk->txn, node));
    return walk->sink->node(walk->sink->context, node, &properties);
}

static enum status give_edge(struct walk *walk, const struct node *from, struct edge *edge)
{
    struct export_edge given = { .edge = edge, .from = from };
    struct node to;
    enum status status = node_load(&to, walk->txn, edge->to);

    if (status == STATUS_NOT_FOUND) /* not there yet at this moment */
        return STATUS_OK;
    TRY(status);
    arena_reset(&walk->arena);
    given.to = &to;
    TRY(edge_properties(&given.properties, &walk->arena, walk->txn, edge));
    return walk->sink->edge(walk->sink->context, &given);
}

static enum status give_edges(struct walk *walk, const struct node *node)
{
    static const struct edge_scan scan = EDGE_SCAN(0, DIRECTION_OUT);
    AUTO(edge_iter_stop) struct edge_iter it = { 0 };

    for (edge_iter_start(&it, walk->txn, node, &scan); edge_iter_next(&it);) {
        struct edge edge = it.edge;

        if (holds(walk, &edge) && is_chosen(walk, edge.to))
            TRY(give_edge(walk, node, &edge));
    }
    return it.status;
}

static enum status each_node(struct walk *walk,
                             enum status (*give)(struct walk *walk, const struct node *node))
{
    AUTO(node_iter_stop) struct node_iter it = { 0 };

    for (node_iter_start(&it, walk->txn, 0); node_iter_next(&it);)
        if (is_chosen(walk, it.node.id))
            TRY(give(walk, &it.node));
    return it.status;
}

/* A small choice is looked up node by node instead of read past. */
static enum status each_chosen(struct walk *walk,
                               enum status (*give)(struct walk *walk, const struct node *node))
{
    if (!walk->chosen)
        return each_node(walk, give);
    qsort(walk->frontier, walk->n, sizeof *walk->frontier, node_id_compare);
    for (size_t i = 0; i < walk->n; i++) {
        struct node node;
        enum status status = node_load(&node, walk->txn, walk->frontier[i]);

        if (status == STATUS_NOT_FOUND)
            continue;
        TRY(status);
        TRY(give(walk, &node));
    }
    return STATUS_OK;
}

static enum status run(struct walk *walk)
{
    TRY(choose_all(walk));
    TRY(each_chosen(walk, give_node));
    return each_chosen(walk, give_edges);
}

enum status export_walk(bool *truncated, struct graph_txn *txn, const struct export_scope *scope,
                        const struct export_sink *sink)
{
    struct walk walk = { .txn = txn, .scope = scope, .sink = sink };
    enum status status = run(&walk);

    *truncated = walk.truncated;
    free(walk.chosen);
    free(walk.frontier);
    arena_fini(&walk.arena);
    return status;
}
