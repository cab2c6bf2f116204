/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SET and REMOVE. */
#include "query/exec_write.h"

#include "graph/catalog.h"
#include "graph/schema.h"

#include <stdlib.h>

static enum status gone(struct run *run, const struct expr *at)
{
    return eval_fail(&run->eval, at, "EntityNotFound", "DeletedEntityAccess", "this was deleted");
}

static enum status store_node(struct run *run, const struct node *node, const uint32_t *labels,
                              size_t n_labels, const struct value *properties)
{
    struct node_input input = NODE_INPUT_INIT;

    input.labels = labels;
    input.n_labels = n_labels;
    input.properties = *properties;
    input.valid_from_us = node->valid_from_us;
    TRY(node_update(run->eval.txn, node->id, &input));
    eval_written(&run->eval);
    return STATUS_OK;
}

/* Replaces all properties of a node or relationship. */
static enum status store_properties(struct run *run, const struct set_item *item,
                                    const struct value *target, const struct value *properties)
{
    struct eval *eval = &run->eval;
    const struct node *node;
    struct node copy;
    struct edge edge;
    enum status status;

    if (target->type == VALUE_NODE) {
        status = eval_node(&node, eval, value_node_id(target));
        if (status == STATUS_NOT_FOUND)
            return gone(run, item->target);
        TRY(status);
        copy = *node;
        return store_node(run, &copy, copy.labels, copy.n_labels, properties);
    }
    status = eval_edge(&edge, eval, target->ref);
    if (status == STATUS_NOT_FOUND)
        return gone(run, item->target);
    TRY(status);
    TRY(edge_update(eval->txn, &edge, properties));
    eval_written(eval);
    return STATUS_OK;
}

/* A property of that name would hide the relationship's own time, which would stay as it is. */
static enum status keep_times(struct run *run, const struct set_item *item,
                              const struct value *change)
{
    static const char *const names[] = { "valid_from", "valid_to" };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const struct value *value = value_find(change, slice_str(names[i]));

        if (value && value->type != VALUE_NULL)
            return eval_fail(&run->eval, item->value, "ConstraintVerificationFailed",
                             "TimeChange", "%s of a relationship is not set: end it with a close "
                             "event (ringfence apply), or delete it and create another", names[i]);
    }
    return STATUS_OK;
}

/*
 * The change without `key`, where that says what the node's natural key is already. Another one is
 * refused: a property of that name would hide the key, which would stay as it is.
 */
static enum status without_key(struct value *change, struct run *run, const struct set_item *item,
                               const struct value *target)
{
    const struct value *key = value_find(change, SLICE("key"));
    AUTO(buf_fini) struct buf normal = { 0 };
    const struct node *node;
    struct value_pair *pairs;
    enum status status;
    bool valid;

    if (target->type == VALUE_EDGE)
        return keep_times(run, item, change);
    if (!key || key->type == VALUE_NULL)
        return STATUS_OK;
    status = eval_node(&node, &run->eval, value_node_id(target));
    if (status == STATUS_NOT_FOUND)
        return gone(run, item->target);
    TRY(status);
    if (!node->key_label)
        return STATUS_OK;
    if (key->type == VALUE_STRING && key->count)
        TRY(schema_normalise(&normal, &valid, graph_schema(txn_graph(run->eval.txn)),
                             node->key_label, value_slice(key)));
    if (!slice_equal(buf_slice(&normal), node->key))
        return eval_fail(&run->eval, item->value, "ConstraintVerificationFailed", "KeyChange",
                         "the key of a node stays as it is; ringfence alias makes another key "
                         "lead to it");
    pairs = arena_array(run->eval.scratch, (size_t)change->count + 1, sizeof *pairs);
    if (!pairs)
        return STATUS_NO_MEMORY;
    *change = write_map_without(change, SLICE("key"), pairs);
    return STATUS_OK;
}

static enum status write_map(struct run *run, const struct set_item *item,
                             const struct value *target, const struct value *given, bool replace)
{
    struct eval *eval = &run->eval;
    struct value before, kept, after, map = *given, *change = &map;

    TRY(without_key(change, run, item, target));
    TRY(eval_properties(&before, eval, item->target, target));
    TRY(value_keep(&kept, eval->scratch, &before));
    if (replace)
        TRY(write_clean_map(&after, eval, item->value, change));
    else
        TRY(write_join_maps(&after, eval, &kept, change));
    for (uint32_t i = 0; i < change->count; i++) /* what was there stays, also maps of an import */
        TRY(write_check_stored(eval, item->value ? item->value : item->target,
                               &change->pairs[i].value));
    if (value_same(&kept, &after))
        return STATUS_OK;
    run->stats->properties_set += change->count ? change->count : kept.count;
    return store_properties(run, item, target, &after);
}

static enum status set_property(struct run *run, const struct set_item *item,
                                const struct value *target)
{
    struct eval *eval = &run->eval;
    struct value key, value = value_null(), kept;
    struct value_pair pair;
    struct value change = { .type = VALUE_MAP, .count = 1, .pairs = &pair };

    TRY(eval_expr(&key, eval, item->key));
    if (key.type != VALUE_STRING)
        return eval_fail(eval, item->key, "TypeError", "MapElementAccessByNonString",
                         "a key is a string, not %s", value_type_name(key.type));
    if (item->value)
        TRY(eval_expr(&value, eval, item->value));
    TRY(write_check_stored(eval, item->value, &value));
    TRY(value_keep(&kept, eval->scratch, &value));
    pair.key = value_slice(&key);
    pair.value = kept;
    return write_map(run, item, target, &change, false);
}

static enum status set_map(struct run *run, const struct set_item *item,
                           const struct value *target)
{
    struct eval *eval = &run->eval;
    struct value value, map, kept;

    TRY(eval_expr(&value, eval, item->value));
    if (value.type == VALUE_NULL)
        return STATUS_OK;
    TRY(eval_properties(&map, eval, item->value, &value));
    TRY(value_keep(&kept, eval->scratch, &map));
    return write_map(run, item, target, &kept, item->kind == SET_REPLACE);
}

/* The label that gives a node its key is there from its first day to its last. */
static enum status keep_key_label(struct run *run, const struct set_item *item,
                                  const struct node *node, const uint32_t *labels, size_t n)
{
    bool kept = node->key_label == 0;

    for (size_t i = 0; i < n; i++) {
        kept |= labels[i] == node->key_label;
        if (!node_has_label(node, labels[i]) && write_is_keyed(run, labels[i]))
            return eval_fail(&run->eval, item->target, "ConstraintVerificationFailed", "KeyLabel",
                             "a label that gives a node its key can't be added later; create the "
                             "node with it");
    }
    if (kept)
        return STATUS_OK;
    return eval_fail(&run->eval, item->target, "ConstraintVerificationFailed", "KeyLabel",
                     "the label that gives this node its key can't be removed");
}

static enum status set_labels(struct run *run, const struct set_item *item,
                              const struct value *target)
{
    bool remove = item->kind == REMOVE_LABELS;
    struct eval *eval = &run->eval;
    const struct node *node;
    struct node copy;
    uint32_t symbols[2 * NODE_LABELS_MAX], kept[2 * NODE_LABELS_MAX];
    size_t n = 0, n_kept = 0;
    struct value properties, map;
    enum status status;

    if (target->type != VALUE_NODE)
        return eval_fail(eval, item->target, "TypeError", "InvalidArgumentType",
                         "only nodes have labels");
    if (write_count_labels(item->labels) > NODE_LABELS_MAX)
        return eval_fail(eval, item->target, "ArgumentError", "NumberOutOfRange",
                         "a node has at most %d labels", NODE_LABELS_MAX);
    TRY(write_intern_labels(symbols, &n, run, item->labels));
    status = eval_node(&node, eval, value_node_id(target));
    if (status == STATUS_NOT_FOUND)
        return gone(run, item->target);
    TRY(status);
    copy = *node;
    for (uint32_t i = 0; i < copy.n_labels; i++) {
        bool named = false;
        for (size_t k = 0; k < n; k++)
            named |= symbols[k] == copy.labels[i];
        if (!remove || !named)
            kept[n_kept++] = copy.labels[i];
    }
    for (size_t k = 0; k < n && !remove; k++)
        if (!node_has_label(&copy, symbols[k]))
            kept[n_kept++] = symbols[k];
    if (n_kept == copy.n_labels)
        return STATUS_OK;
    TRY(keep_key_label(run, item, &copy, kept, n_kept));
    *(remove ? &run->stats->labels_removed : &run->stats->labels_added) +=
        remove ? copy.n_labels - n_kept : n_kept - copy.n_labels;
    TRY(node_properties(&properties, eval->scratch, eval->txn, &copy));
    TRY(value_keep(&map, eval->scratch, &properties));
    return store_node(run, &copy, kept, n_kept, &map);
}

static enum status run_set_item(struct run *run, const struct set_item *item)
{
    struct value target;

    TRY(eval_expr(&target, &run->eval, item->target));
    if (target.type == VALUE_NULL)
        return STATUS_OK;
    if (target.type != VALUE_NODE && target.type != VALUE_EDGE)
        return eval_fail(&run->eval, item->target, "TypeError", "InvalidArgumentType",
                         "expected a node or a relationship, found a %s",
                         value_type_name(target.type));
    switch (item->kind) {
    case SET_PROPERTY:
    case REMOVE_PROPERTY:
        return set_property(run, item, &target);
    case SET_REPLACE:
    case SET_MERGE:
        return set_map(run, item, &target);
    case SET_LABELS:
    case REMOVE_LABELS:
        return set_labels(run, item, &target);
    }
    return STATUS_OK;
}

enum status write_set(struct run *run, const struct set_list *list)
{
    for (uint32_t i = 0; i < list->n; i++)
        TRY(run_set_item(run, &list->items[i]));
    return STATUS_OK;
}
