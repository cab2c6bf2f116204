/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "graph/class.h"

enum status class_set(bool *changed, struct graph_txn *txn, struct node_id id,
                       struct slice class_name)
{
    AUTO(buf_fini) struct buf key = { 0 };
    struct value_pair pair = { SLICE(CLASS_PROPERTY), class_name.size ? value_text(class_name)
                                                                  : value_null() };
    struct node_input input = NODE_INPUT_INIT;
    enum change change;
    struct node node;

    TRY(node_load_whenever(&node, txn, id));
    if (!node.key_label)
        return fail(STATUS_INVALID, "the node has no natural key, so nothing can be said of it");
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
