/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "graph/bulk.h"

#include <stdlib.h>

#include "graph/bulk_private.h"

#define MEMORY_DEFAULT ((size_t)1 << 30)
#define PROGRESS_STEP 65536

static enum status open_stations(struct bulk *bulk)
{
    const char *dir = graph_dir(bulk->graph);
    size_t memory = bulk->options.memory_bytes ? bulk->options.memory_bytes : MEMORY_DEFAULT;
    bool alone = bulk->options.threads == 1;

    /* Out is being read while in fills; keys are read before either. */
    TRY(sorter_new(&bulk->keys, dir, memory / 8, alone));
    TRY(sorter_new(&bulk->updates, dir, memory / 16, alone));
    TRY(sorter_new(&bulk->index, dir, memory / 16, alone));
    TRY(sorter_new(&bulk->out, dir, memory / 8 * 3, alone));
    TRY(sorter_new(&bulk->in, dir, memory / 16 * 5, alone));
    TRY(spool_new(&bulk->nodes, dir));
    TRY(spool_new(&bulk->out_parts, dir));
    return spool_new(&bulk->changes, dir);
}

static enum status open_in(struct bulk *bulk)
{
    struct graph_counts counts;

    TRY(idmap_init(&bulk->ids));
    TRY(open_stations(bulk));
    TRY(graph_write(&bulk->txn, bulk->graph));
    counts = txn_counts(bulk->txn);
    bulk->first_new = counts.next_node;
    bulk->graph_was_empty = counts.next_node == 1;
    return STATUS_OK;
}

enum status bulk_open(struct bulk **out, struct graph *graph, const struct bulk_options *options)
{
    AUTO(bulk_closep) struct bulk *bulk = calloc(1, sizeof *bulk);

    if (!bulk)
        return fail_memory(sizeof *bulk);
    bulk->graph = graph;
    if (options)
        bulk->options = *options;
    else
        bulk->options.observed_us = TIME_MIN;
    TRY(open_in(bulk));
    *out = bulk;
    bulk = NULL;
    return STATUS_OK;
}

void bulk_close(struct bulk *bulk)
{
    if (!bulk)
        return;
    txn_end(bulk->txn);
    idmap_fini(&bulk->ids);
    sorter_free(bulk->keys);
    sorter_free(bulk->updates);
    sorter_free(bulk->out);
    sorter_free(bulk->in);
    sorter_free(bulk->index);
    spool_free(bulk->nodes);
    spool_free(bulk->out_parts);
    spool_free(bulk->changes);
    buf_fini(&bulk->key);
    buf_fini(&bulk->value);
    buf_fini(&bulk->scratch);
    free(bulk);
}

void bulk_closep(struct bulk **bulk)
{
    bulk_close(*bulk);
}

struct graph_txn *bulk_txn(struct bulk *bulk)
{
    return bulk->txn;
}

void bulk_progress(struct bulk *bulk, const char *phase, uint64_t done, uint64_t total)
{
    if (bulk->options.progress && (done % PROGRESS_STEP == 0 || done == total))
        bulk->options.progress(bulk->options.context, phase, done, total);
}

/* ---- nodes -------------------------------------------------------------------------------- */

enum { PART_HAS_NULL = 1 };

enum status part_encode(struct buf *out, const struct node_part *part)
{
    TRY(buf_append_byte(out, part->has_null ? PART_HAS_NULL : 0));
    TRY(varint_append(out, part->n_labels));
    for (size_t i = 0; i < part->n_labels; i++)
        TRY(varint_append(out, part->labels[i]));
    TRY(varint_append(out, part->key_label));
    TRY(varint_append(out, part->key.size));
    TRY(buf_append_slice(out, part->key));
    TRY(varint_append(out, zigzag(part->valid_from_us)));
    TRY(varint_append(out, zigzag(part->observed_us)));
    return buf_append_slice(out, part->properties);
}

enum status part_decode(struct node_part *out, uint32_t labels[NODE_LABELS_MAX],
                        struct slice bytes)
{
    struct reader reader = reader_of(bytes);

    out->has_null = reader_byte(&reader) & PART_HAS_NULL;
    out->n_labels = reader_varint(&reader);
    out->labels = labels;
    for (size_t i = 0; i < out->n_labels && i < NODE_LABELS_MAX; i++)
        labels[i] = (uint32_t)reader_varint(&reader);
    out->key_label = (uint32_t)reader_varint(&reader);
    out->key = reader_bytes(&reader, reader_varint(&reader));
    out->valid_from_us = unzigzag(reader_varint(&reader));
    out->observed_us = unzigzag(reader_varint(&reader));
    out->properties = slice_of(reader.at, (size_t)(reader.end - reader.at));
    return reader.ok ? STATUS_OK : fail(STATUS_CORRUPT, "a temporary file does not decode");
}

struct bulk_key bulk_key(const struct bulk *bulk, uint32_t label, struct slice text)
{
    return (struct bulk_key){ label, text, idmap_key(&bulk->ids, label, text) };
}

enum status bulk_find(struct node_id *id, struct bulk *bulk, const struct bulk_key *key)
{
    struct node_id found = idmap_find(&bulk->ids, key->hash);

    if (!found.value) {
        if (bulk->graph_was_empty)
            return STATUS_NOT_FOUND;
        TRY(node_find(&found, bulk->txn, key->label, key->text));
        TRY(idmap_add(&bulk->ids, key->hash, found));
    }
    *id = found;
    return STATUS_OK;
}

void bulk_hint(const struct bulk *bulk, const struct bulk_key *key)
{
    idmap_prefetch(&bulk->ids, key->hash);
}

static enum status add_key(struct bulk *bulk, const struct bulk_key *key, struct node_id id)
{
    unsigned char value[VARINT_MAX];
    struct node_key stored;

    node_key_make(&stored, key->label, key->text);
    TRY(sorter_add(bulk->keys, slice_of(stored.bytes, stored.size),
                   slice_of(value, varint_write(value, id.value))));
    return idmap_add(&bulk->ids, key->hash, id);
}

static enum status add_new(struct node_id *id, struct bulk *bulk, struct node_part *part,
                           const struct bulk_key *key)
{
    struct node_id given = { bulk->txn->counts.next_node };
    char generated[GENERATED_KEY_MAX];

    if (part->key_label)
        TRY(add_key(bulk, key, given));
    else
        part->key = generated_key(generated, given);
    buf_clear(&bulk->value);
    TRY(part_encode(&bulk->value, part));
    TRY(spool_write(bulk->nodes, (struct slice){ 0 }, buf_slice(&bulk->value)));
    bulk->txn->counts.next_node++;
    bulk->result.nodes_added++;
    *id = given;
    return STATUS_OK;
}

static enum status add_update(struct bulk *bulk, struct node_id id, const struct node_part *part)
{
    unsigned char key[8];

    key_put_u64(key, id.value);
    buf_clear(&bulk->value);
    TRY(part_encode(&bulk->value, part));
    return sorter_add(bulk->updates, slice_of(key, sizeof key), buf_slice(&bulk->value));
}

static int64_t observed_of(const struct bulk *bulk, int64_t given)
{
    return given != TIME_MIN ? given : bulk->options.observed_us;
}

enum status bulk_node(struct node_id *id, struct bulk *bulk, const struct node_input *input,
                      const struct bulk_key *key)
{
    struct node_part part = { input->labels, input->n_labels, input->key_label, input->key,
                              { 0 }, false, input->valid_from_us,
                              observed_of(bulk, input->observed_us) };
    enum status status = STATUS_NOT_FOUND;
    struct bulk_key own;
    struct node_id found;

    if (input->n_labels > NODE_LABELS_MAX)
        return fail(STATUS_LIMIT, "a node has at most %d labels", NODE_LABELS_MAX);
    if (input->key_label && input->key.size == 0)
        return fail(STATUS_INVALID, "a node needs a key of at least one byte");
    buf_clear(&bulk->scratch);
    TRY(properties_encode(&bulk->scratch, &part.has_null, bulk->txn, &input->properties));
    part.properties = buf_slice(&bulk->scratch);
    if (input->key_label && !key) {
        own = bulk_key(bulk, input->key_label, input->key);
        key = &own;
    }
    if (input->key_label)
        status = bulk_find(&found, bulk, key);
    if (status == STATUS_OK)
        TRY(add_update(bulk, found, &part));
    else if (status == STATUS_NOT_FOUND)
        TRY(add_new(&found, bulk, &part, key));
    else
        return status;
    if (id)
        *id = found;
    return STATUS_OK;
}

/* ---- edges -------------------------------------------------------------------------------- */

enum { EDGE_HAS_KEY = 1, EDGE_HAS_NULL = 2, EDGE_HAS_END = 4, EDGE_HAS_OBSERVED = 8 };

enum status edge_part_encode(struct buf *key, struct buf *value, const struct edge_part *part)
{
    unsigned char bytes[OUT_KEY_BYTES];
    unsigned flags = (part->has_key ? EDGE_HAS_KEY : 0) | (part->has_null ? EDGE_HAS_NULL : 0) |
                     (part->valid_to_us != TIME_MAX ? EDGE_HAS_END : 0) |
                     (part->observed_us != TIME_MIN ? EDGE_HAS_OBSERVED : 0);

    key_put_u64(bytes, part->from.value);
    key_put_u32(bytes + 8, part->type);
    key_put_u64(bytes + 12, key_time(part->valid_from_us));
    TRY(buf_append(key, bytes, sizeof bytes));
    TRY(buf_append_byte(value, (unsigned char)flags));
    TRY(varint_append(value, part->to.value));
    if (flags & EDGE_HAS_END)
        TRY(varint_append(value, zigzag(part->valid_to_us)));
    if (flags & EDGE_HAS_OBSERVED)
        TRY(varint_append(value, zigzag(part->observed_us)));
    if (part->has_key) {
        TRY(varint_append(value, part->order));
        TRY(varint_append(value, part->key.size));
        TRY(buf_append_slice(value, part->key));
    }
    return buf_append_slice(value, part->properties);
}

enum status edge_part_decode(struct edge_part *out, struct slice key, struct slice value)
{
    struct reader reader = reader_of(value);
    const unsigned char *at = key.data;
    unsigned char flags = reader_byte(&reader);

    out->from.value = key_get_u64(at);
    out->type = key_get_u32(at + 8);
    out->valid_from_us = (int64_t)(key_get_u64(at + 12) ^ (uint64_t)1 << 63);
    out->to.value = reader_varint(&reader);
    out->valid_to_us = flags & EDGE_HAS_END ? unzigzag(reader_varint(&reader)) : TIME_MAX;
    out->observed_us = flags & EDGE_HAS_OBSERVED ? unzigzag(reader_varint(&reader)) : TIME_MIN;
    out->has_key = flags & EDGE_HAS_KEY;
    out->has_null = flags & EDGE_HAS_NULL;
    out->order = out->has_key ? reader_varint(&reader) : 0;
    out->key = out->has_key ? reader_bytes(&reader, reader_varint(&reader)) : (struct slice){ 0 };
    out->properties = slice_of(reader.at, (size_t)(reader.end - reader.at));
    return reader.ok ? STATUS_OK : fail(STATUS_CORRUPT, "a temporary file does not decode");
}

enum status bulk_edge(struct bulk *bulk, const struct edge_input *input)
{
    struct edge_part part = { .type = input->type, .from = input->from, .to = input->to,
                              .has_key = input->has_key, .key = input->key,
                              .order = ++bulk->n_edge_rows,
                              .valid_from_us = input->valid_from_us,
                              .valid_to_us = input->valid_to_us,
                              .observed_us = observed_of(bulk, input->observed_us) };

    buf_clear(&bulk->scratch);
    TRY(properties_encode(&bulk->scratch, &part.has_null, bulk->txn, &input->properties));
    part.properties = buf_slice(&bulk->scratch);
    buf_clear(&bulk->key);
    buf_clear(&bulk->value);
    TRY(edge_part_encode(&bulk->key, &bulk->value, &part));
    return sorter_add(bulk->out, buf_slice(&bulk->key), buf_slice(&bulk->value));
}

/* ---- finish ------------------------------------------------------------------------------- */

static enum status apply_change(struct bulk *bulk, struct slice key, struct slice value)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    struct edge_input input = EDGE_INPUT_INIT;
    struct edge_part part;
    enum change change;

    TRY(edge_part_decode(&part, key, value));
    input.type = part.type;
    input.from = part.from;
    input.to = part.to;
    input.has_key = part.has_key;
    input.key = part.key;
    input.valid_from_us = part.valid_from_us;
    input.valid_to_us = part.valid_to_us;
    input.observed_us = part.observed_us;
    TRY(properties_decode(&input.properties, &arena, bulk->txn, part.properties));
    TRY(edge_upsert(NULL, &change, bulk->txn, &input));
    if (change == CHANGE_NONE)
        bulk->result.edges_equal++;
    else
        bulk->result.edges_changed++;
    return STATUS_OK;
}

/* Keyed edges that the graph held before the load: few, and each may rewrite history. */
static enum status apply_changes(struct bulk *bulk)
{
    struct slice key, value;
    enum status status;

    TRY(spool_rewind(bulk->changes));
    while ((status = spool_read(&key, &value, bulk->changes)) == STATUS_OK)
        TRY(apply_change(bulk, key, value));
    return status == STATUS_END ? STATUS_OK : status;
}

enum status bulk_finish(struct bulk_result *result, struct bulk *bulk)
{
    struct graph_txn *txn;

    TRY(bulk_resolve_edges(bulk));
    TRY(bulk_merge(bulk));
    TRY(apply_changes(bulk));
    bulk->result.commit_seq = txn_counts(bulk->txn).commit_seq;
    bulk_progress(bulk, "writing", 0, 0);
    txn = bulk->txn;
    bulk->txn = NULL;
    if (!bulk->result.nodes_added && !bulk->result.nodes_changed && !bulk->result.edges_added &&
        !bulk->result.edges_changed && catalog_size(graph_catalog(bulk->graph)) == txn->n_symbols)
        txn_end(txn);
    else
        TRY(txn_commit(txn));
    *result = bulk->result;
    return STATUS_OK;
}
