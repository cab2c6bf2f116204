/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hash joins of two parts of a pattern, and intersections of two nodes' neighbours. */
#include "query/run.h"

#include <stdlib.h>

/* ---- Hash joins -------------------------------------------------------------------------- */

/* Nodes of the inner side by the row of their key in the operator's table, chained in id order. */
struct hash_join {
    struct {
        struct node_id node;
        uint32_t next; /* index + 1 */
    } *nodes;
    size_t n, capacity;
    struct {
        uint32_t first, last; /* index + 1 */
    } *keys;
    size_t keys_capacity;
};

void hash_join_free(struct hash_join *join)
{
    if (!join)
        return;
    free(join->nodes);
    free(join->keys);
    free(join);
}

static enum status add_node(struct hash_join *join, struct run *run, struct op_state *state,
                            const struct value *key, struct node_id node)
{
    size_t before = state->rows.arena.total_bytes, row;
    bool added;

    TRY(table_add(&row, &added, &state->table, &state->rows.arena, key));
    TRY(array_reserve(&join->nodes, &join->capacity, join->n + 1));
    TRY(array_reserve(&join->keys, &join->keys_capacity, row + 1));
    join->nodes[join->n].node = node;
    join->nodes[join->n].next = 0;
    join->n++;
    if (added)
        join->keys[row].first = (uint32_t)join->n;
    else
        join->nodes[join->keys[row].last - 1].next = (uint32_t)join->n;
    join->keys[row].last = (uint32_t)join->n;
    return limits_keep(&run->limits, &state->kept,
                       state->rows.arena.total_bytes - before + sizeof *join->nodes +
                           (added ? 4 * sizeof(struct value) : 0));
}

static enum status build_table(struct run *run, const struct op *op)
{
    struct op_state *state = state_of(run, op);
    uint32_t label = op->label ? run->eval.symbols[op->label->name_index] : 0;
    struct arena_mark mark = arena_mark(&run->scratch);
    AUTO(node_iter_stop) struct node_iter it = { 0 };

    state->join = calloc(1, sizeof *state->join);
    if (!state->join)
        return fail_memory(sizeof *state->join);
    state->table.width = 1;
    if (op->label && !label)
        return STATUS_OK;
    node_iter_start(&it, run->eval.txn, label);
    while (node_iter_next(&it)) {
        struct value key;

        TRY(limits_expand(&run->limits));
        run->eval.frame[op->to] = value_node(it.node.id);
        TRY(eval_expr(&key, &run->eval, op->low));
        if (key.type != VALUE_NULL)
            TRY(add_node(state->join, run, state, &key, it.node.id));
        arena_rewind(&run->scratch, mark);
    }
    return it.status;
}

/* The table's keys are equal where values are equivalent; the equation itself is checked again. */
enum status exec_hash_join(struct run *run, const struct op *op)
{
    struct op_state *state = state_of(run, op);
    struct arena_mark mark = arena_mark(&run->scratch);
    struct value key;
    size_t row;

    if (!state->join)
        TRY(build_table(run, op));
    TRY(eval_expr(&key, &run->eval, op->key));
    row = key.type == VALUE_NULL ? SIZE_MAX : table_find(&state->table, &key);
    if (row == SIZE_MAX)
        return STATUS_OK;
    for (uint32_t at = state->join->keys[row].first; at; at = state->join->nodes[at - 1].next) {
        TRY(limits_tick(&run->limits));
        run->eval.frame[op->to] = value_node(state->join->nodes[at - 1].node);
        TRY(run_pass_rewind(run, op, mark));
    }
    return STATUS_OK;
}

/* ---- Intersections ----------------------------------------------------------------------- */

struct neighbour {
    uint64_t node;
    struct edge_ref edge;
};

/* A node's neighbours by id; kept while the same node comes again. */
struct neighbours {
    uint64_t of, generation;
    struct neighbour *items;
    size_t n, capacity;
};

void neighbours_free(struct neighbours *neighbours)
{
    if (neighbours)
        free(neighbours->items);
    free(neighbours);
}

static int by_node(const void *a, const void *b)
{
    const struct neighbour *x = a, *y = b;

    if (x->node != y->node)
        return x->node < y->node ? -1 : 1;
    return (x->edge.edge.id.value > y->edge.edge.id.value) -
           (x->edge.edge.id.value < y->edge.edge.id.value);
}

static enum status collect(struct neighbours *list, struct run *run, const struct op *side,
                           struct node_id from)
{
    AUTO(walk_stop) struct walk walk = { 0 };

    list->n = 0;
    list->of = 0;
    TRY(walk_window(run, side));
    walk_start(&walk, run, side, from, side->direction);
    while (walk_next(&walk)) {
        if (list->n == list->capacity)
            TRY(limits_keep(&run->limits, &state_of(run, side)->kept,
                            (list->capacity + 16) * sizeof *list->items));
        TRY(array_reserve(&list->items, &list->capacity, list->n + 1));
        list->items[list->n++] = (struct neighbour){ walk_far_end(&walk).value, walk.edge };
    }
    TRY(walk.status);
    if (list->n > 1)
        qsort(list->items, list->n, sizeof *list->items, by_node);
    list->of = from.value;
    list->generation = run->eval.generation;
    return STATUS_OK;
}

/* Lends the neighbours of the side's node; NULL where it is null. */
static enum status neighbours_of(struct neighbours **out, struct run *run, const struct op *side)
{
    const struct value *from = &run->eval.frame[side->from];
    struct op_state *state = state_of(run, side);

    *out = NULL;
    if (from->type != VALUE_NODE)
        return STATUS_OK;
    if (!state->neighbours)
        state->neighbours = calloc(1, sizeof *state->neighbours);
    if (!state->neighbours)
        return fail_memory(sizeof *state->neighbours);
    *out = state->neighbours;
    /* Bounds in time, and limits on what is walked, may differ from row to row. */
    if ((*out)->of == value_node_id(from).value && (*out)->generation == run->eval.generation &&
        !side->n_bounds && !side->budget)
        return STATUS_OK;
    return collect(*out, run, side, value_node_id(from));
}

static size_t end_of_run(const struct neighbours *list, size_t at)
{
    size_t end = at + 1;

    while (end < list->n && list->items[end].node == list->items[at].node)
        end++;
    return end;
}

/* All pairs of relationships that lead to the same node. */
static enum status give_pairs(struct run *run, const struct op *op, struct neighbour *a, size_t n_a,
                              struct neighbour *b, size_t n_b)
{
    const struct op *first = op->inner, *second = first->next;
    struct value *frame = run->eval.frame;
    struct arena_mark mark = arena_mark(&run->scratch);

    for (size_t i = 0; i < n_a; i++) {
        if (!edge_unique(run, first, a[i].edge.edge.id.value))
            continue;
        for (size_t k = 0; k < n_b; k++) {
            TRY(limits_tick(&run->limits));
            frame[first->edge] = value_edge(&a[i].edge);
            if (!edge_unique(run, second, b[k].edge.edge.id.value))
                continue;
            frame[second->edge] = value_edge(&b[k].edge);
            frame[op->to] = value_node((struct node_id){ a[i].node });
            TRY(run_pass_rewind(run, op, mark));
        }
    }
    return STATUS_OK;
}

enum status exec_intersect(struct run *run, const struct op *op)
{
    const struct op *first = op->inner, *second = first->next;
    struct neighbours *a, *b;
    enum status status = STATUS_OK;

    TRY(neighbours_of(&a, run, first));
    TRY(neighbours_of(&b, run, second));
    for (size_t i = 0, k = 0; a && b && i < a->n && k < b->n && status == STATUS_OK;) {
        size_t end_i = end_of_run(a, i), end_k = end_of_run(b, k);

        TRY(limits_tick(&run->limits));
        if (a->items[i].node == b->items[k].node)
            status = give_pairs(run, op, &a->items[i], end_i - i, &b->items[k], end_k - k);
        if (a->items[i].node <= b->items[k].node) {
            uint64_t node = a->items[i].node;

            i = end_i;
            k = b->items[k].node == node ? end_k : k;
        } else {
            k = end_k;
        }
    }
    run->eval.frame[first->edge] = run->eval.frame[second->edge] = value_null();
    return status;
}
