/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Single relationships: expanded, closed between two known nodes, or bound before. */
#include "query/run.h"

/* The node in a slot; false where it is null. */
static enum status slot_node(struct node_id *out, bool *present, struct run *run, uint32_t slot)
{
    const struct value *value = &run->eval.frame[slot];

    *present = value->type == VALUE_NODE;
    if (*present) {
        *out = value_node_id(value);
        return STATUS_OK;
    }
    if (value->type == VALUE_NULL)
        return STATUS_OK;
    return eval_fail(&run->eval, NULL, "TypeError", "InvalidArgumentType",
                     "expected a node to match from, found a %s", value_type_name(value->type));
}

/* With both ends known, the one with fewer relationships is scanned. */
static enum status choose_side(struct run *run, const struct op *op, struct node_id *from,
                               struct node_id *to, enum direction *direction)
{
    struct edge_scan scan = EDGE_SCAN(0, op->direction);
    const struct node *node;
    uint64_t n_from = 0, n_to = 0;
    struct node_id other;
    enum status status;

    if (op->n_types == 1)
        scan.type = run->eval.symbols[op->types[0]];
    status = eval_node(&node, &run->eval, *from);
    if (status == STATUS_OK)
        status = edge_count(&n_from, run->eval.txn, node, &scan);
    if (status == STATUS_OK && n_from >= 8)
        status = eval_node(&node, &run->eval, *to);
    if (status != STATUS_OK || n_from < 8)
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    if (op->direction != DIRECTION_BOTH)
        scan.direction = op->direction == DIRECTION_OUT ? DIRECTION_IN : DIRECTION_OUT;
    TRY(edge_count(&n_to, run->eval.txn, node, &scan));
    if (n_to >= n_from)
        return STATUS_OK;
    other = *from;
    *from = *to;
    *to = other;
    *direction = scan.direction;
    return STATUS_OK;
}

static enum status expand_walk(struct run *run, const struct op *op, struct walk *walk,
                               struct node_id from, struct node_id to)
{
    struct eval *eval = &run->eval;
    struct arena_mark mark = arena_mark(&run->scratch);
    bool loop = op->from == op->to;

    while (walk_next(walk)) {
        struct node_id other = walk->edge.edge.from.value == walk->node.value
                                   ? walk->edge.edge.to : walk->edge.edge.from;

        if ((op->into && other.value != to.value) || (loop && other.value != from.value) ||
            !edge_unique(run, op, walk->edge.edge.id.value))
            continue;
        eval->frame[op->edge] = value_edge(&walk->edge);
        if (!op->into)
            eval->frame[op->to] = value_node(other);
        TRY(run_pass_rewind(run, op, mark));
    }
    return walk->status;
}

enum status exec_expand(struct run *run, const struct op *op)
{
    AUTO(walk_stop) struct walk walk = { 0 };
    enum direction direction = op->direction;
    struct node_id from = { 0 }, to = { 0 };
    enum status status;
    bool present;

    TRY(slot_node(&from, &present, run, op->from));
    if (!present)
        return STATUS_OK;
    if (op->into) {
        TRY(slot_node(&to, &present, run, op->to));
        if (!present)
            return STATUS_OK;
        TRY(choose_side(run, op, &from, &to, &direction));
    }
    TRY(walk_window(run, op));
    walk_start(&walk, run, op, from, direction);
    status = expand_walk(run, op, &walk, from, to);
    /* The slot lent the walk's edge, which ends here. */
    run->eval.frame[op->edge] = value_null();
    return status;
}

/* ---- Edges that have a value already ----------------------------------------------------- */

static enum status edge_type_holds(bool *holds, struct run *run, const struct op *op,
                                   uint32_t type)
{
    *holds = true;
    if (!op->edge_pattern->types)
        return STATUS_OK;
    return eval_labels(holds, &run->eval, op->edge_pattern->types, &type, 1);
}

static bool set_end(struct run *run, uint32_t slot, bool known, struct node_id node)
{
    struct value *value = &run->eval.frame[slot];

    if (known)
        return value->type == VALUE_NODE && value_node_id(value).value == node.value;
    *value = value_node(node);
    return true;
}

/* The edge from `a` to `b` as walked. */
static enum status bound_ends(struct run *run, const struct op *op, struct node_id a,
                              struct node_id b)
{
    bool loop = op->from == op->to;

    if (!set_end(run, op->from, op->from_known, a) ||
        !set_end(run, op->to, op->into || loop, b))
        return STATUS_OK;
    return run_pass(run, op);
}

enum status exec_bound_edge(struct run *run, const struct op *op)
{
    const struct value *value = &run->eval.frame[op->edge];
    const struct edge_ref *edge = value->ref;
    struct edge now;
    enum status status;
    bool holds;

    if (value->type == VALUE_NULL)
        return STATUS_OK;
    if (value->type != VALUE_EDGE)
        return eval_fail(&run->eval, NULL, "TypeError", "InvalidArgumentType",
                         "expected a relationship, found a %s", value_type_name(value->type));
    status = eval_edge(&now, &run->eval, edge);
    if (status == STATUS_NOT_FOUND)
        return STATUS_OK;
    TRY(status);
    TRY(edge_type_holds(&holds, run, op, edge->edge.type));
    if (!holds || !edge_unique(run, op, edge->edge.id.value))
        return STATUS_OK;
    if (op->direction != DIRECTION_IN)
        TRY(bound_ends(run, op, edge->edge.from, edge->edge.to));
    if (op->direction == DIRECTION_OUT ||
        (op->direction == DIRECTION_BOTH && edge->edge.from.value == edge->edge.to.value))
        return STATUS_OK;
    return bound_ends(run, op, edge->edge.to, edge->edge.from);
}

/* Whether the list is a walk from `at`; its end goes to *at. */
static bool follows(const struct op *op, const struct value *list, struct node_id *at)
{
    for (uint32_t i = 0; i < list->count; i++) {
        uint32_t k = op->reversed ? list->count - 1 - i : i;
        const struct edge_ref *edge = list->items[k].ref;

        if (list->items[k].type != VALUE_EDGE)
            return false;
        if (op->direction != DIRECTION_IN && edge->edge.from.value == at->value)
            *at = edge->edge.to;
        else if (op->direction != DIRECTION_OUT && edge->edge.to.value == at->value)
            *at = edge->edge.from;
        else
            return false;
    }
    return true;
}

enum status exec_bound_list(struct run *run, const struct op *op)
{
    const struct value *list = &run->eval.frame[op->edge];
    const struct edge_ref *first;
    struct node_id starts[2], end;
    uint32_t n = 1;

    if (list->type != VALUE_LIST || list->count < op->edge_pattern->min ||
        list->count > op->edge_pattern->max)
        return STATUS_OK;
    if (op->from_known) {
        if (run->eval.frame[op->from].type != VALUE_NODE)
            return STATUS_OK;
        starts[0] = value_node_id(&run->eval.frame[op->from]);
    } else {
        if (!list->count || list->items[0].type != VALUE_EDGE)
            return STATUS_OK;
        first = list->items[op->reversed ? list->count - 1 : 0].ref;
        starts[0] = op->direction == DIRECTION_IN ? first->edge.to : first->edge.from;
        starts[1] = first->edge.to;
        if (op->direction == DIRECTION_BOTH && first->edge.from.value != first->edge.to.value)
            n = 2;
    }
    for (uint32_t i = 0; i < n; i++) {
        end = starts[i];
        if (!follows(op, list, &end))
            continue;
        if (!set_end(run, op->from, op->from_known, starts[i]) ||
            !set_end(run, op->to, op->into, end))
            continue;
        TRY(run_pass(run, op));
    }
    return STATUS_OK;
}
