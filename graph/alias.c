/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "graph/alias.h"

#include <stdlib.h>

#include "graph/edge.h"
#include "graph/key.h"
#include "graph/private.h"

/* ---- Edges ---- */

/* Current edges of a node, copied out of reach of writes. */
struct moved {
    struct edge_input *edges;
    size_t n, capacity;
    struct arena arena;
};

static void moved_fini(struct moved *moved)
{
    free(moved->edges);
    arena_fini(&moved->arena);
}

static enum status copy_edge(struct moved *moved, struct graph_txn *txn, struct edge *edge)
{
    struct edge_input *input;

    TRY(array_reserve(&moved->edges, &moved->capacity, moved->n + 1));
    input = &moved->edges[moved->n];
    TRY(edge_load(edge, txn));
    /* That it is an edge of the other node becomes known by the merging commit. */
    *input = (struct edge_input){ .type = edge->type, .from = edge->from, .to = edge->to,
                                  .has_key = edge->has_key,
                                  .valid_from_us = edge->valid_from_us,
                                  .valid_to_us = edge->valid_to_us,
                                  .observed_us = TIME_MIN };
    if (edge->has_key) {
        input->key = slice_of(arena_copy(&moved->arena, edge->key), edge->key.size);
        if (!input->key.data)
            return STATUS_NO_MEMORY;
    }
    /* Decoded texts are lent by the row, which the first write takes away. */
    if (edge->properties.size) {
        struct slice copy = edge->properties;

        copy.data = arena_copy(&moved->arena, edge->properties);
        if (!copy.data)
            return STATUS_NO_MEMORY;
        TRY(properties_decode(&input->properties, &moved->arena, txn, copy));
    }
    moved->n++;
    return STATUS_OK;
}

static enum status copy_edges(struct moved *moved, struct graph_txn *txn, struct node_id id)
{
    const struct edge_scan scan = EDGE_SCAN(0, DIRECTION_BOTH);
    AUTO(edge_iter_stop) struct edge_iter it = { 0 };
    struct node node;

    TRY(node_load_whenever(&node, txn, id));
    for (edge_iter_start(&it, txn, &node, &scan); edge_iter_next(&it);)
        TRY(copy_edge(moved, txn, &it.edge));
    return it.status;
}

static enum status move_edges(struct alias_result *result, struct graph_txn *txn,
                              struct moved *moved, struct node_id id, struct node_id other)
{
    for (size_t i = 0; i < moved->n; i++) {
        struct edge_input *input = &moved->edges[i];
        bool from = input->from.value == other.value, to = input->to.value == other.value;

        if ((from || input->from.value == id.value) && (to || input->to.value == id.value)) {
            result->edges_between++;
            continue;
        }
        input->from = from ? id : input->from;
        input->to = to ? id : input->to;
        TRY(edge_upsert(NULL, NULL, txn, input));
        result->edges_moved++;
    }
    return STATUS_OK;
}

/* ---- Labels and properties ---- */

/* Those of `other` that `mine` has not. */
static enum status missing(struct value *out, struct arena *arena, const struct value *mine,
                           const struct value *other)
{
    struct value_pair *pairs = arena_array(arena, other->count + 1, sizeof *pairs);
    uint32_t n = 0;

    if (!pairs)
        return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < other->count; i++)
        if (!value_find(mine, other->pairs[i].key))
            pairs[n++] = other->pairs[i];
    *out = (struct value){ .type = VALUE_MAP, .count = n, .pairs = pairs };
    return STATUS_OK;
}

/* A node with all that it lends copied into the arena. */
static enum status copy_node(struct node *node, struct value *properties, struct arena *arena,
                             struct graph_txn *txn, struct node_id id)
{
    TRY(node_load_whenever(node, txn, id));
    TRY(node_keep(node, arena));
    return node_properties(properties, arena, txn, node);
}

static enum status join_records(struct graph_txn *txn, struct node_id id, struct node_id other)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    struct value mine, theirs, added;
    struct node node, second;
    struct node_input input = NODE_INPUT_INIT;
    int64_t now_us = txn_moment(txn)->as_of_us;

    TRY(copy_node(&node, &mine, &arena, txn, id));
    TRY(copy_node(&second, &theirs, &arena, txn, other));
    if (!node.key_label || node.key_label != second.key_label)
        return fail(STATUS_INVALID, "only two nodes with keys of one label can be one party");
    TRY(missing(&added, &arena, &mine, &theirs));
    input.labels = second.labels;
    input.n_labels = second.n_labels;
    input.key_label = node.key_label;
    input.key = node.key;
    input.properties = added;
    /* Where one is yet to begin, the other's begin counts: for both, or for what he brings. */
    input.valid_from_us = (node.valid_from_us > now_us) == (second.valid_from_us > now_us)
                              ? node.valid_from_us : second.valid_from_us;
    return node_upsert(NULL, NULL, txn, &input);
}

/* ---- Keys ---- */

/* The ended node gives up its key, so that it may lead to another one. */
static enum status release_key(struct graph_txn *txn, struct node_id id)
{
    AUTO(buf_fini) struct buf copy = { 0 };
    AUTO(buf_fini) struct buf encoded = { 0 };
    char generated[GENERATED_KEY_MAX];
    struct record record;
    struct row row;

    TRY(row_copy(&row, &copy, txn, id));
    TRY(record_decode(&record, row.record, row.base_born));
    record.key_label = 0;
    record.key = generated_key(generated, id);
    TRY(record_encode(&encoded, &record, row.base_born));
    row.record = buf_slice(&encoded);
    return row_store(txn, id, &row);
}

static enum status append_sized(struct buf *out, struct slice bytes)
{
    TRY(varint_append(out, bytes.size));
    return buf_append_slice(out, bytes);
}

/* The names of all keys that lead to `other`, each with the nodes it led to, after its size. */
static enum status collect_keys(struct buf *out, struct graph_txn *txn, struct node_id other)
{
    AUTO(store_cursor_closep) struct store_cursor *cursor = NULL;
    struct slice key, value;
    struct node_key own;
    enum status status;

    TRY(key_own(&own, txn, other));
    TRY(append_sized(out, key_name(key_long(&own))));
    TRY(append_sized(out, (struct slice){ 0 }));
    TRY(store_cursor_open(&cursor, txn->store, TABLE_KEY));
    for (status = store_cursor_seek(&key, &value, cursor, (struct slice){ 0 });
         status == STATUS_OK; status = store_cursor_next(&key, &value, cursor)) {
        struct key_row row;

        TRY(key_decode(&row, key, value));
        if (!row.alias || row.id.value != other.value)
            continue;
        TRY(append_sized(out, key_name(key)));
        TRY(append_sized(out, row.formers));
    }
    return status == STATUS_END ? STATUS_OK : status;
}

/* Who looks back to a time before goes on finding `other` by them. */
static enum status redirect_keys(struct graph_txn *txn, struct node_id id, struct node_id other)
{
    AUTO(buf_fini) struct buf names = { 0 };
    AUTO(buf_fini) struct buf formers = { 0 };
    struct reader reader;

    TRY(collect_keys(&names, txn, other));
    reader = reader_of(buf_slice(&names));
    while (reader.at < reader.end) {
        struct node_key key;

        TRY(node_key_restore(&key, reader_bytes(&reader, reader_varint(&reader))));
        buf_clear(&formers);
        TRY(buf_append_slice(&formers, reader_bytes(&reader, reader_varint(&reader))));
        TRY(varint_append(&formers, other.value));
        TRY(key_redirect(txn, &key, id, buf_slice(&formers), other));
    }
    return STATUS_OK;
}

enum status alias_merge(struct alias_result *result, struct graph_txn *txn, struct node_id id,
                        struct node_id other)
{
    AUTO(moved_fini) struct moved moved = { 0 };

    *result = (struct alias_result){ 0 };
    if (id.value == other.value)
        return STATUS_OK;
    TRY(copy_edges(&moved, txn, other));
    TRY(join_records(txn, id, other));
    TRY(node_delete(NULL, txn, other, true));
    TRY(redirect_keys(txn, id, other));
    TRY(release_key(txn, other));
    result->merged = true;
    return move_edges(result, txn, &moved, id, other);
}
