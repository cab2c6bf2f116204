/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Scans of nodes, and seeks by key, id and property. */
#include "query/run.h"

#include <stdio.h>

#include "graph/catalog.h"
#include "graph/index.h"
#include "graph/schema.h"
#include "query/batch.h"
#include "query/node_cache.h"
#include "query/node_map.h"

/* ---- Nodes ------------------------------------------------------------------------------- */

/* What an iterator has read needs no second reading. */
void run_remember(struct eval *eval, const struct node *node)
{
    struct node_cache_entry *entry = &eval->cache->entries[node->id.value % NODE_CACHE_SIZE];

    entry->id = node->id.value;
    entry->generation = eval->generation;
    entry->node = *node;
}

/* The operator's batch, empty. */
static enum status take_batch(struct batch **out, struct run *run, const struct op *op)
{
    struct op_state *state = state_of(run, op);

    if (!state->batch) {
        TRY(limits_keep(&run->limits, &state->kept, sizeof *state->batch));
        TRY(batch_new(&state->batch, op));
    }
    state->batch->n = 0;
    *out = state->batch;
    return STATUS_OK;
}

/* One candidate more; a batch that it fills goes on. */
static enum status batch_take(struct run *run, const struct op *op, struct batch *batch,
                              const struct node *node)
{
    bool full;

    TRY(limits_expand(&run->limits));
    batch_add(&full, batch, node);
    return full ? batch_pass(run, op, batch) : STATUS_OK;
}

static enum status scan_batches(struct run *run, const struct op *op, struct node_iter *it)
{
    struct batch *batch;

    TRY(take_batch(&batch, run, op));
    while (node_iter_next(it))
        TRY(batch_take(run, op, batch, &it->node));
    TRY(it->status);
    return batch->n ? batch_pass(run, op, batch) : STATUS_OK;
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
    if (op->batched)
        return scan_batches(run, op, &it);
    while (node_iter_next(&it)) {
        TRY(limits_expand(&run->limits));
        run_remember(eval, &it.node);
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

/* The node of a key as given in the query; *found is false where there is none at this moment. */
static enum status seek_key(struct node_id *id, bool *found, struct run *run, uint32_t label,
                            struct value key)
{
    const struct node *node;
    char digits[24];
    enum status status;

    *found = false;
    TRY(limits_expand(&run->limits));
    /* Keys are text; one of digits only may come as a number. */
    if (key.type == VALUE_INT) {
        int size = snprintf(digits, sizeof digits, "%lld", (long long)key.integer);
        key = value_text(slice_of(digits, (size_t)size));
    }
    if (!label || key.type != VALUE_STRING)
        return STATUS_OK;
    status = find_key(id, run, label, value_slice(&key));
    if (status == STATUS_OK) /* a key is found whenever it was given */
        status = eval_node(&node, &run->eval, *id);
    *found = status == STATUS_OK;
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

/* Each node once, also where two keys of the list lead to it. */
static enum status seek_list(struct run *run, const struct op *op, uint32_t label,
                             const struct value *list)
{
    AUTO(node_map_fini) struct node_map met = { 0 };
    struct arena_mark mark = arena_mark(&run->scratch);

    for (uint32_t i = 0; i < list->count; i++) {
        struct node_id id;
        uint32_t number;
        bool found, added = false;

        TRY(seek_key(&id, &found, run, label, list->items[i]));
        if (found)
            TRY(node_map_add(&number, &added, &met, id.value));
        if (!added)
            continue;
        run->eval.frame[op->to] = value_node(id);
        TRY(run_pass_rewind(run, op, mark));
    }
    return STATUS_OK;
}

enum status exec_seek(struct run *run, const struct op *op)
{
    uint32_t label = run->eval.symbols[op->label->name_index];
    struct node_id id;
    struct value key;
    bool found;

    TRY(eval_expr(&key, &run->eval, op->key));
    if (op->many && key.type == VALUE_LIST)
        return seek_list(run, op, label, &key);
    if (op->many && key.type != VALUE_NULL)
        return eval_fail(&run->eval, op->key, "TypeError", "InvalidArgumentType",
                         "IN takes a list, not a %s", value_type_name(key.type));
    TRY(seek_key(&id, &found, run, label, key));
    if (!found)
        return STATUS_OK;
    run->eval.frame[op->to] = value_node(id);
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
    run_remember(&run->eval, node);
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

static enum status seek_batches(struct run *run, const struct op *op, struct index_iter *it)
{
    struct batch *batch;

    TRY(take_batch(&batch, run, op));
    while (index_iter_next(it))
        TRY(batch_take(run, op, batch, &it->node));
    TRY(it->status);
    return batch->n ? batch_pass(run, op, batch) : STATUS_OK;
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
    if (op->batched && exact)
        return seek_batches(run, op, &it);
    while (index_iter_next(&it))
        TRY(pass_indexed(run, op, &it.node, exact));
    return it.status;
}
