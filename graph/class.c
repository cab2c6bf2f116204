/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "graph/class.h"

#include "base/sort.h"
#include "graph/private.h"

/* A version of the node, with all that it lends copied into the arena. */
static enum status take_version(struct node *out, struct value *properties, struct arena *arena,
                                struct graph_txn *txn, struct node_id id)
{
    TRY(node_load(out, txn, id));
    TRY(node_keep(out, arena));
    return node_properties(properties, arena, txn, out);
}

/* Writes the version again with the class; null: without one. */
static enum status write_version(struct graph_txn *txn, struct arena *arena,
                                 const struct node *node, const struct value *properties,
                                 const struct value *class_value)
{
    struct value_pair *pairs = arena_array(arena, properties->count + (size_t)1, sizeof *pairs);
    const struct slice name = SLICE(CLASS_PROPERTY);
    struct node_input input = NODE_INPUT_INIT;
    uint32_t n = 0;

    if (!pairs)
        return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < properties->count; i++)
        if (!slice_equal(properties->pairs[i].key, name))
            pairs[n++] = properties->pairs[i];
    if (class_value->type != VALUE_NULL)
        pairs[n++] = (struct value_pair){ name, *class_value };
    sort_items(pairs, n, sizeof *pairs, value_pair_order);
    input.labels = node->labels;
    input.n_labels = node->n_labels;
    input.properties = (struct value){ .type = VALUE_MAP, .count = n, .pairs = pairs };
    input.valid_from_us = node->valid_from_us;
    return node_update(txn, node->id, &input);
}

static bool has_class(const struct value *properties, const struct value *class_value)
{
    const struct value *is = value_find(properties, SLICE(CLASS_PROPERTY));

    if (!is || class_value->type == VALUE_NULL)
        return !is && class_value->type == VALUE_NULL;
    return is->type == VALUE_STRING && slice_equal(value_slice(is), value_slice(class_value));
}

/*
 * Where the newest version is yet to begin, a row over it would let it begin now: the class goes to
 * the present version and to that one. STATUS_NOT_FOUND where it is not so.
 */
static enum status set_on_both(bool *changed, struct graph_txn *txn, struct node_id id,
                               const struct value *class_value)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    int64_t as_of_us = txn_moment(txn)->as_of_us;
    struct value present, planned;
    struct node now, later;
    enum status status;

    TRY(take_version(&now, &present, &arena, txn, id));
    txn_look_at(txn, TIME_MAX);
    status = take_version(&later, &planned, &arena, txn, id);
    txn_look_at(txn, as_of_us);
    TRY(status);
    if (later.valid_from_us <= as_of_us)
        return STATUS_NOT_FOUND;
    *changed = !has_class(&present, class_value) || !has_class(&planned, class_value);
    if (!*changed)
        return STATUS_OK;
    TRY(write_version(txn, &arena, &now, &present, class_value));
    return write_version(txn, &arena, &later, &planned, class_value);
}

enum status class_set(bool *changed, struct graph_txn *txn, struct node_id id,
                       struct slice class_name)
{
    AUTO(buf_fini) struct buf key = { 0 };
    struct value_pair pair = { SLICE(CLASS_PROPERTY), class_name.size ? value_text(class_name)
                                                                  : value_null() };
    struct node_input input = NODE_INPUT_INIT;
    enum status status;
    enum change change;
    struct node node;
    bool differs;

    TRY(node_load_whenever(&node, txn, id));
    if (!node.key_label)
        return fail(STATUS_INVALID, "the node has no natural key, so nothing can be said of it");
    status = set_on_both(&differs, txn, id, &pair.value);
    if (status != STATUS_NOT_FOUND) {
        if (changed && !status)
            *changed = differs;
        return status;
    }
    TRY(buf_append_slice(&key, node.key)); /* lent until the first write */
    input.labels = node.labels;
    input.n_labels = node.n_labels;
    input.key_label = node.key_label;
    input.key = buf_slice(&key);
    input.properties = (struct value){ .type = VALUE_MAP, .count = 1, .pairs = &pair };
    input.valid_from_us = node.valid_from_us;
    TRY(node_upsert(NULL, &change, txn, &input));
    if (changed)
        *changed = change != CHANGE_NONE;
    return STATUS_OK;
}
