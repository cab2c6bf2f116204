/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Walks over the edges of a node that a pattern may take. */
#include "query/run.h"

#include "graph/catalog.h"
#include "query/compare.h"

/* ---- Walking edges ----------------------------------------------------------------------- */

enum status walk_window(struct run *run, const struct op *op)
{
    struct op_state *state = state_of(run, op);
    const struct eval *eval = &run->eval;

    state->since_us = TIME_MIN;
    /* What starts later is not active yet. */
    state->before_us = eval->as_of_us == TIME_MIN || eval->as_of_us == TIME_MAX
                           ? TIME_MAX : eval->as_of_us + 1;
    /* A property of that name would hide the edge's own start. */
    for (uint32_t i = 0; i < op->n_bounds && !eval->symbols[op->start_name]; i++) {
        enum operator compare = op->bounds[i].compare;
        struct value bound;
        int64_t us;

        TRY(eval_expr(&bound, &run->eval, op->bounds[i].bound));
        if (bound.type != VALUE_DATETIME || !value_as_us(&us, &bound) || us == TIME_MAX)
            continue;
        if (compare != OP_LESS && compare != OP_LESS_EQUAL && us > state->since_us)
            state->since_us = us;
        if (compare != OP_GREATER && compare != OP_GREATER_EQUAL && us + 1 < state->before_us)
            state->before_us = us + 1;
    }
    return STATUS_OK;
}

void walk_start(struct walk *walk, struct run *run, const struct op *op, struct node_id node,
                enum direction direction)
{
    const struct node *loaded;

    walk->run = run;
    walk->op = op;
    walk->open = false;
    walk->next_type = 0;
    walk->node = node;
    walk->direction = direction;
    walk->n_walked = 0;
    walk->status = eval_node(&loaded, &run->eval, node);
    if (walk->status == STATUS_OK)
        walk->loaded = *loaded;
    else
        walk->next_type = UINT32_MAX;
    if (walk->status == STATUS_NOT_FOUND)
        walk->status = STATUS_OK;
}

/* Opens the scan of the next type; false after the last. */
static bool next_scan(struct walk *walk)
{
    const struct op *op = walk->op;
    const struct op_state *state = state_of(walk->run, op);
    struct edge_scan scan = { 0, walk->direction, state->since_us, state->before_us, false };

    if (op->any_type) {
        if (walk->next_type)
            return false;
    } else {
        while (walk->next_type < op->n_types &&
               !walk->run->eval.symbols[op->types[walk->next_type]])
            walk->next_type++;
        if (walk->next_type >= op->n_types)
            return false;
        scan.type = walk->run->eval.symbols[op->types[walk->next_type]];
    }
    walk->next_type++;
    edge_iter_start(&walk->it, walk->run->eval.txn, &walk->loaded, &scan);
    walk->open = true;
    return true;
}

static bool type_holds(struct walk *walk, uint32_t type)
{
    const struct label_expr *types = walk->op->edge_pattern->types;
    bool holds = true;

    if (walk->op->any_type && types)
        walk->status = eval_labels(&holds, &walk->run->eval, types, &type, 1);
    return holds;
}

/*
 * A node may begin, or be observed, after an edge to it: then that leads nowhere yet. A single
 * edge between two values has ends that are there; longer ways may meet in the middle.
 */
static bool end_known(struct walk *walk, const struct edge *edge)
{
    struct eval *eval = &walk->run->eval;
    const struct node *node;

    if (txn_all_begun(eval->txn) || (walk->op->into && walk->op->kind == OP_KIND_EXPAND))
        return true;
    walk->status =
        eval_node(&node, eval, edge->direction == DIRECTION_OUT ? edge->to : edge->from);
    if (walk->status != STATUS_NOT_FOUND)
        return walk->status == STATUS_OK;
    walk->status = STATUS_OK;
    return false;
}

static bool take_edge(struct walk *walk)
{
    const struct edge *edge = &walk->it.edge;
    struct eval *eval = &walk->run->eval;

    walk->status = limits_expand(&walk->run->limits);
    if (walk->status != STATUS_OK)
        return false;
    if (eval->as_of_us != TIME_MIN && !edge_active(edge, eval->as_of_us))
        return false;
    /* A loop comes twice where both directions are walked. */
    if (walk->direction == DIRECTION_BOTH && edge->direction == DIRECTION_IN &&
        edge->from.value == edge->to.value)
        return false;
    if (!type_holds(walk, edge->type) || !end_known(walk, edge))
        return false;
    walk->edge.edge = *edge;
    walk->edge.generation = eval->generation;
    return true;
}

/* Whether a bound of the MATCH stops the walk here; then the answer is flagged. */
static bool over_budget(struct walk *walk)
{
    const struct op *op = walk->op;
    struct run *run = walk->run;
    bool degree, hops;

    if (!op->budget)
        return false;
    degree = op->clause->degree_limit && walk->n_walked >= op->clause->degree_limit;
    hops = op->clause->hops_limit && state_of(run, op->budget)->count >= op->clause->hops_limit;
    if (!degree && !hops)
        return false;
    run_truncated(run, degree ? "USING DEGREE LIMIT" : "USING HOPS LIMIT");
    return true;
}

bool walk_next(struct walk *walk)
{
    while (walk->status == STATUS_OK) {
        if (!walk->open && (walk->next_type == UINT32_MAX || !next_scan(walk)))
            return false;
        while (walk->status == STATUS_OK && edge_iter_next(&walk->it)) {
            if (!take_edge(walk))
                continue;
            if (over_budget(walk)) {
                walk->next_type = UINT32_MAX;
                break;
            }
            walk->n_walked++;
            if (walk->op->budget)
                state_of(walk->run, walk->op->budget)->count++;
            return true;
        }
        if (walk->status == STATUS_OK && walk->next_type != UINT32_MAX)
            walk->status = walk->it.status;
        edge_iter_stop(&walk->it);
        walk->open = false;
    }
    return false;
}

void walk_stop(struct walk *walk)
{
    if (walk->open)
        edge_iter_stop(&walk->it);
    walk->open = false;
}

/* ---- Conditions on edges ----------------------------------------------------------------- */

static uint64_t edge_id(const struct value *edge)
{
    return ((const struct edge_ref *)edge->ref)->edge.id.value;
}

bool edge_unique(const struct run *run, const struct op *op, uint64_t edge)
{
    for (uint32_t i = 0; i < op->n_unique; i++) {
        const struct value *other = &run->eval.frame[op->unique[i]];

        if (other->type == VALUE_EDGE && edge_id(other) == edge)
            return false;
        if (other->type == VALUE_LIST)
            for (uint32_t k = 0; k < other->count; k++)
                if (other->items[k].type == VALUE_EDGE && edge_id(&other->items[k]) == edge)
                    return false;
    }
    return true;
}

bool edge_is_checked(const struct op *op)
{
    return op->edge_pattern->properties || op->edge_pattern->where || op->each;
}

enum status edge_passes(bool *passes, struct run *run, const struct op *op,
                        const struct edge_ref *edge)
{
    const struct edge_pattern *pattern = op->edge_pattern;
    struct eval *eval = &run->eval;
    struct value kept, is, wanted, edge_value = value_edge(edge);

    *passes = true;
    if (pattern->properties)
        for (uint32_t i = 0; i < pattern->properties->n_items && *passes; i++) {
            uint32_t symbol =
                catalog_find(graph_catalog(txn_graph(eval->txn)), pattern->properties->keys[i]);

            TRY(eval_property(&is, eval, pattern->properties, &edge_value,
                              pattern->properties->keys[i], symbol));
            TRY(eval_expr(&wanted, eval, pattern->properties->items[i]));
            *passes = value_equal(&is, &wanted) == TRUTH_TRUE;
        }
    for (const struct each_check *each = op->each; each && *passes; each = each->next) {
        eval->frame[each->slot] = edge_value;
        TRY(eval_condition(passes, eval, each->where));
    }
    if (!*passes || !pattern->where)
        return STATUS_OK;
    /* Inside the brackets the variable is one edge. */
    kept = eval->frame[op->edge];
    eval->frame[op->edge] = edge_value;
    TRY(eval_condition(passes, eval, pattern->where));
    eval->frame[op->edge] = kept;
    return STATUS_OK;
}
