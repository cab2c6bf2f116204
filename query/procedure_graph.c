/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ringfence.components and ringfence.cycles. */
#include "query/procedure_private.h"

#include <stdlib.h>

#include "base/sets.h"
#include "graph/catalog.h"
#include "graph/edge.h"
#include "query/eval.h"

#define CYCLE_MAX 16

static const struct procedure_field type_argument = { "type", TYPE_BIT(VALUE_STRING) };

/* The type to walk, 0 for all; *known is false where the graph has no such type. */
static uint32_t type_symbol(bool *known, struct procedure_call *call, const struct value *name)
{
    uint32_t symbol = 0;

    if (name->type == VALUE_STRING)
        symbol = catalog_find(graph_catalog(txn_graph(call->txn)), value_slice(name));
    *known = name->type != VALUE_STRING || symbol;
    return symbol;
}

/* ---- Components -------------------------------------------------------------------------- */

/* Nodes by id, in sets that their smallest names. */
struct forest {
    uint32_t *sets;
    uint32_t *size; /* of the set that the node names; 0: no such node */
    uint64_t n;
};

static void forest_fini(struct forest *forest)
{
    free(forest->sets);
    free(forest->size);
}

static enum status join_edges(struct forest *forest, struct procedure_call *call,
                              const struct node *node, uint32_t type)
{
    const struct edge_scan scan = EDGE_SCAN(type, DIRECTION_OUT);
    AUTO(edge_iter_stop) struct edge_iter it = { 0 };
    int64_t as_of = txn_moment(call->txn)->as_of_us;

    for (edge_iter_start(&it, call->txn, node, &scan); edge_iter_next(&it);) {
        uint32_t to = (uint32_t)it.edge.to.value;

        TRY(call->tick(call));
        /* What is not there at this moment ties nobody. */
        if (!edge_active(&it.edge, as_of) || it.edge.to.value > forest->n || !forest->size[to])
            continue;
        sets_join(forest->sets, (uint32_t)node->id.value, to);
    }
    return it.status;
}

static enum status plant(struct forest *forest, struct procedure_call *call)
{
    AUTO(node_iter_stop) struct node_iter it = { 0 };

    for (node_iter_start(&it, call->txn, 0); node_iter_next(&it);) {
        TRY(call->tick(call));
        forest->size[it.node.id.value] = 1;
    }
    return it.status;
}

static enum status build_forest(struct forest *forest, struct procedure_call *call, uint32_t type)
{
    AUTO(node_iter_stop) struct node_iter it = { 0 };

    forest->n = txn_counts(call->txn).next_node;
    if (forest->n >= UINT32_MAX)
        return fail(STATUS_LIMIT, "ringfence.components takes at most 4 billion nodes");
    TRY(sets_init(&forest->sets, forest->n + 1));
    forest->size = calloc(forest->n + 1, sizeof *forest->size);
    if (!forest->size)
        return fail_memory(forest->n * sizeof *forest->size);
    TRY(plant(forest, call));
    for (node_iter_start(&it, call->txn, 0); node_iter_next(&it);)
        TRY(join_edges(forest, call, &it.node, type));
    for (uint32_t id = 1; id <= forest->n; id++) {
        uint32_t smallest = sets_find(forest->sets, id);

        forest->size[smallest] += forest->size[id] && smallest != id;
    }
    return it.status;
}

static enum status run_components(struct procedure_call *call, const struct procedure *procedure)
{
    AUTO(forest_fini) struct forest forest = { 0 };
    bool known;
    uint32_t type = type_symbol(&known, call, &call->args[0]);

    (void)procedure;
    if (!known)
        return STATUS_OK;
    TRY(build_forest(&forest, call, type));
    for (uint32_t id = 1; id <= forest.n; id++) {
        uint32_t smallest = sets_find(forest.sets, id), size = forest.size[smallest];
        struct value columns[] = { value_int(smallest), value_int(size),
                                   value_node((struct node_id){ id }) };
        enum status status;

        if (size < 2)
            continue;
        status = call->row(call, columns);
        if (status == STATUS_END)
            return STATUS_OK;
        TRY(status);
    }
    return STATUS_OK;
}

static const struct procedure_field component_columns[] = {
    { "component", TYPE_BIT(VALUE_INT) },
    { "size", TYPE_BIT(VALUE_INT) },
    { "member", TYPE_BIT(VALUE_NODE) },
};

const struct procedure procedure_components = {
    .name = "ringfence.components", .args = &type_argument, .n_args = 1,
    .columns = component_columns, .n_columns = 3, .run = run_components,
    .help = "members of components of two and more nodes, joined by a relationship type or by all",
};

/* ---- Cycles ------------------------------------------------------------------------------ */

struct cycle_walk {
    struct procedure_call *call;
    uint32_t type, max;
    struct value nodes[CYCLE_MAX + 1];
};

static bool on_walk(const struct cycle_walk *walk, uint32_t depth, uint64_t node)
{
    for (uint32_t i = 0; i < depth; i++)
        if (value_node_id(&walk->nodes[i]).value == node)
            return true;
    return false;
}

static enum status give_cycle(struct cycle_walk *walk, uint32_t depth)
{
    struct value columns[2] = {
        { .type = VALUE_LIST, .count = depth, .items = walk->nodes },
        value_int(depth),
    };

    return walk->call->row(walk->call, columns);
}

/* Every simple way on from nodes[depth - 1] that ends at nodes[0]. */
static enum status walk_cycles(struct cycle_walk *walk, uint32_t depth)
{
    const struct edge_scan scan = EDGE_SCAN(walk->type, DIRECTION_OUT);
    AUTO(edge_iter_stop) struct edge_iter it = { 0 };
    struct procedure_call *call = walk->call;
    int64_t as_of = txn_moment(call->txn)->as_of_us;
    struct node node;
    enum status status = node_load(&node, call->txn, value_node_id(&walk->nodes[depth - 1]));
    uint64_t last = 0;

    if (status == STATUS_NOT_FOUND)
        return STATUS_OK;
    TRY(status);
    for (edge_iter_start(&it, call->txn, &node, &scan); edge_iter_next(&it);) {
        TRY(call->tick(call));
        if (!edge_active(&it.edge, as_of) || it.edge.to.value == last)
            continue;
        last = it.edge.to.value;
        if (last == value_node_id(&walk->nodes[0]).value) {
            TRY(give_cycle(walk, depth));
        } else if (depth < walk->max && !on_walk(walk, depth, last)) {
            walk->nodes[depth] = value_node(it.edge.to);
            TRY(walk_cycles(walk, depth + 1));
        }
    }
    return it.status;
}

static enum status run_cycles(struct procedure_call *call, const struct procedure *procedure)
{
    struct cycle_walk walk = { .call = call, .max = 6 };
    bool known;
    enum status status;

    (void)procedure;
    walk.type = type_symbol(&known, call, &call->args[1]);
    if (call->args[0].type != VALUE_NODE || !known)
        return STATUS_OK;
    if (call->args[2].type == VALUE_INT) {
        if (call->args[2].integer < 1 || call->args[2].integer > CYCLE_MAX)
            return fail(STATUS_INVALID, "ringfence.cycles takes a length from 1 to %d", CYCLE_MAX);
        walk.max = (uint32_t)call->args[2].integer;
    }
    walk.nodes[0] = call->args[0];
    status = walk_cycles(&walk, 1);
    return status == STATUS_END ? STATUS_OK : status;
}

static const struct procedure_field cycle_arguments[] = {
    { "node", TYPE_BIT(VALUE_NODE) },
    { "type", TYPE_BIT(VALUE_STRING) },
    { "max", TYPE_BIT(VALUE_INT) },
};
static const struct procedure_field cycle_columns[] = {
    { "nodes", TYPE_BIT(VALUE_LIST) },
    { "length", TYPE_BIT(VALUE_INT) },
};

const struct procedure procedure_cycles = {
    .name = "ringfence.cycles", .args = cycle_arguments, .n_args = 3, .columns = cycle_columns,
    .n_columns = 2, .run = run_cycles,
    .help = "simple cycles through a node, of a relationship type or null for all, at most 6 long",
};
