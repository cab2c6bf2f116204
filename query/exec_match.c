/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Scans, seeks and single relationships. */
#include "query/run.h"

#include <stdio.h>

#include "graph/catalog.h"
#include "graph/index.h"
#include "graph/schema.h"
#include "query/compare.h"
#include "query/node_cache.h"

/* ---- Nodes ------------------------------------------------------------------------------- */

/* What an iterator has read needs no second reading. */
static void remember(struct eval *eval, const struct node *node)
{
    struct node_cache_entry *entry = &eval->cache->entries[node->id.value % NODE_CACHE_SIZE];

    entry->id = node->id.value;
    entry->generation = eval->generation;
    entry->node = *node;
}

enum status exec_scan(struct run *run, const struct op *op)
{
    struct eval *eval = &run->eval;
    struct arena_mark mark = arena_mark(&run->scratch);
    AUTO(node_iter_stop) struct node_iter it = { 0 };
    uint32_t label = 0;

    if (op->label) {
        label = eval->symbols[op->label->name_index];
        if (!label)
            return STATUS_OK;
    }
    node_iter_start(&it, eval->txn, label);
    while (node_iter_next(&it)) {
        TRY(limits_expand(&run->limits));
        remember(eval, &it.node);
        eval->frame[op->to] = value_node(it.node.id);
        TRY(run_pass_rewind(run, op, mark));
    }
    return it.status;
}

/* By the key as given, else as the label's rule would store it. */
static enum status find_key(struct node_id *id, struct run *run, uint32_t label, struct slice key)
{
    AUTO(buf_fini) struct buf normal = { 0 };
    enum status status = node_find(id, run->eval.txn, label, key);
    bool valid;

    if (status != STATUS_NOT_FOUND)
        return status;
    TRY(schema_normalise(&normal, &valid, graph_schema(txn_graph(run->eval.txn)), label, key));
    if (normal.size == 0 || slice_equal(buf_slice(&normal), key))
        return STATUS_NOT_FOUND;
    return node_find(id, run->eval.txn, label, buf_slice(&normal));
}

enum status exec_seek(struct run *run, const struct op *op)
{
    struct eval *eval = &run->eval;
    uint32_t label = eval->symbols[op->label->name_index];
    struct node_id id;
    struct value key;
    char digits[24];
    enum status status;

    TRY(limits_expand(&run->limits));
    TRY(eval_expr(&key, eval, op->key));
    /* Keys are text; one of digits only may come as a number. */
    if (key.type == VALUE_INT) {
        int size = snprintf(digits, sizeof digits, "%lld", (long long)key.integer);
        key = value_text(slice_of(digits, (size_t)size));
    }
    if (!label || key.type != VALUE_STRING)
        return STATUS_OK;
    status = find_key(&id, run, label, value_slice(&key));
    if (status == STATUS_NOT_FOUND)
        return STATUS_OK;
    TRY(status);
    eval->frame[op->to] = value_node(id);
    return run_pass(run, op);
}

enum status exec_seek_id(struct run *run, const struct op *op)
{
    struct eval *eval = &run->eval;
    const struct node *node;
    struct value id;
    enum status status;

    TRY(limits_expand(&run->limits));
    TRY(eval_expr(&id, eval, op->key));
    if (id.type != VALUE_INT || id.integer <= 0)
        return STATUS_OK;
    status = eval_node(&node, eval, (struct node_id){ (uint64_t)id.integer });
    if (status == STATUS_NOT_FOUND)
        return STATUS_OK;
    TRY(status);
    eval->frame[op->to] = value_node(node->id);
    return run_pass(run, op);
}

/* A bound that is there: its value; *none where no node can lie within it. */
static enum status index_bound(struct value *out, bool *none, struct run *run,
                               const struct expr *expr)
{
    *out = value_null();
    if (!expr)
        return STATUS_OK;
    TRY(eval_expr(out, &run->eval, expr));
    *none |= out->type == VALUE_NULL;
    return STATUS_OK;
}

/* Values of two classes compare with nothing in common. */
static bool same_class(const struct value *low, const struct value *high)
{
    bool numbers = (low->type == VALUE_INT || low->type == VALUE_FLOAT) &&
                   (high->type == VALUE_INT || high->type == VALUE_FLOAT);

    return low->type == VALUE_NULL || high->type == VALUE_NULL || low->type == high->type ||
           numbers;
}

/* The conditions that bounds say as well, where they are not exact. */
static enum status implied_hold(bool *hold, struct run *run, const struct op *op)
{
    *hold = true;
    for (int i = 0; i < 2 && *hold; i++)
        if (op->implied[i])
            TRY(eval_condition(hold, &run->eval, op->implied[i]));
    return STATUS_OK;
}

/* Whether the index can be asked, and whether its answer needs no second look. */
static bool index_serves(bool *exact, const struct run *run, const struct op *op,
                         const struct index_range *range)
{
    *exact = (!op->low || index_is_exact(&range->low)) &&
             (!op->high || index_is_exact(&range->high));
    /* Durations, lists and maps have no entries; an index that was not kept has not all. */
    return index_ready(run->eval.txn) && (!op->low || index_holds(&range->low)) &&
           (!op->high || index_holds(&range->high));
}

static enum status pass_indexed(struct run *run, const struct op *op, const struct node *node,
                                bool exact)
{
    struct arena_mark mark = arena_mark(&run->scratch);
    bool holds = true;

    TRY(limits_expand(&run->limits));
    remember(&run->eval, node);
    run->eval.frame[op->to] = value_node(node->id);
    if (!exact)
        TRY(implied_hold(&holds, run, op));
    return holds ? run_pass_rewind(run, op, mark) : STATUS_OK;
}

/* By reading all nodes of the label. */
static enum status seek_by_scan(struct run *run, const struct op *op, uint32_t label)
{
    AUTO(node_iter_stop) struct node_iter it = { 0 };

    node_iter_start(&it, run->eval.txn, label);
    while (node_iter_next(&it))
        TRY(pass_indexed(run, op, &it.node, false));
    return it.status;
}

enum status exec_seek_index(struct run *run, const struct op *op)
{
    struct eval *eval = &run->eval;
    struct index_range range = { eval->symbols[op->label->name_index],
                                 eval->symbols[op->property] };
    AUTO(index_iter_stop) struct index_iter it = { 0 };
    bool none = !range.label || !range.property, exact;

    TRY(index_bound(&range.low, &none, run, op->low));
    TRY(index_bound(&range.high, &none, run, op->high));
    if (none || !same_class(&range.low, &range.high))
        return STATUS_OK;
    if (!index_serves(&exact, run, op, &range))
        return seek_by_scan(run, op, range.label);
    range.low_open = op->low_open && exact;
    range.high_open = op->high_open && exact;
    index_iter_start(&it, eval->txn, &range);
    while (index_iter_next(&it))
        TRY(pass_indexed(run, op, &it.node, exact));
    return it.status;
}

/* ---- Walking edges ----------------------------------------------------------------------- */

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
    struct edge_scan scan = EDGE_SCAN(0, walk->direction);

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
    if (!type_holds(walk, edge->type))
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
    if (!*passes || !pattern->where)
        return STATUS_OK;
    /* Inside the brackets the variable is one edge. */
    kept = eval->frame[op->edge];
    eval->frame[op->edge] = edge_value;
    TRY(eval_condition(passes, eval, pattern->where));
    eval->frame[op->edge] = kept;
    return STATUS_OK;
}

/* ---- Expand ------------------------------------------------------------------------------ */

/* The node in a slot; false where it is null. */
static enum status slot_node(struct node_id *out, bool *present, struct run *run,
                             const struct op *op, uint32_t slot)
{
    const struct value *value = &run->eval.frame[slot];

    *present = value->type == VALUE_NODE;
    if (*present) {
        *out = value_node_id(value);
        return STATUS_OK;
    }
    if (value->type == VALUE_NULL)
        return STATUS_OK;
    (void)op;
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

    if (op->n_types == 1)
        scan.type = run->eval.symbols[op->types[0]];
    if (eval_node(&node, &run->eval, *from) != STATUS_OK)
        return STATUS_OK;
    TRY(edge_count(&n_from, run->eval.txn, node, &scan));
    if (n_from < 8 || eval_node(&node, &run->eval, *to) != STATUS_OK)
        return STATUS_OK;
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

    TRY(slot_node(&from, &present, run, op, op->from));
    if (!present)
        return STATUS_OK;
    if (op->into) {
        TRY(slot_node(&to, &present, run, op, op->to));
        if (!present)
            return STATUS_OK;
        TRY(choose_side(run, op, &from, &to, &direction));
    }
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
