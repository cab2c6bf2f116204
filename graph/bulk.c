/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "graph/bulk.h"

#include <stdlib.h>

#include "graph/bulk_private.h"
#include "graph/key.h"

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
    TRY(sorter_new(&bulk->days, dir, memory / 16, alone));
    TRY(sorter_new(&bulk->out, dir, memory / 8 * 3, alone));
    TRY(sorter_new(&bulk->in, dir, memory / 16 * 5, alone));
    TRY(spool_new(&bulk->nodes, dir));
    TRY(spool_new(&bulk->out_parts, dir));
    return spool_new(&bulk->changes, dir);
}

/* Nothing is held while rows are taken in: names are interned apart. */
static enum status open_apart(struct bulk *bulk)
{
    bulk->mode = BULK_APART;
    bulk->first_new = UINT64_MAX;
    TRY(batch_open(&bulk->batch, bulk->graph, &bulk->options.slices));
    bulk->txn = calloc(1, sizeof *bulk->txn);
    if (!bulk->txn)
        return fail_memory(sizeof *bulk->txn);
    bulk->txn->graph = bulk->graph;
    bulk->txn->apart = true;
    return STATUS_OK;
}

static enum status open_in(struct bulk *bulk)
{
    struct graph_counts counts;

    bulk->batch.lock = -1;
    TRY(idmap_init(&bulk->ids));
    TRY(open_stations(bulk));
    TRY(graph_write(&bulk->txn, bulk->graph));
    counts = txn_counts(bulk->txn);
    bulk->opened_seq = counts.commit_seq - 1;
    bulk->first_new = counts.next_node;
    bulk->graph_was_empty = counts.next_node == 1;
    if (bulk->graph_was_empty)
        return STATUS_OK;
    txn_end(bulk->txn);
    bulk->txn = NULL;
    return open_apart(bulk);
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
    txn_end(bulk->reader);
    batch_close(&bulk->batch);
    free(bulk->suspects);
    free(bulk->twins);
    idmap_fini(&bulk->ids);
    sorter_free(bulk->keys);
    sorter_free(bulk->updates);
    sorter_free(bulk->out);
    sorter_free(bulk->in);
    sorter_free(bulk->index);
    sorter_free(bulk->days);
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

/* ---- who reads and who writes --------------------------------------------------------------- */

/* A reader that is kept holds back the pages that others free: it is renewed every so often. */
#define ASKED_MAX 1024

enum status bulk_reader(struct graph_txn **txn, struct bulk *bulk)
{
    if (bulk->mode == BULK_WHOLE) {
        *txn = bulk->txn;
        return STATUS_OK;
    }
    if (bulk->n_asked == ASKED_MAX)
        bulk_reader_end(bulk);
    if (!bulk->reader)
        TRY(graph_read(&bulk->reader, bulk->graph, NULL));
    bulk->n_asked++;
    *txn = bulk->reader;
    return STATUS_OK;
}

void bulk_reader_end(struct bulk *bulk)
{
    txn_end(bulk->reader);
    bulk->reader = NULL;
    bulk->n_asked = 0;
}

enum status bulk_writer(struct graph_txn **txn, struct bulk *bulk)
{
    if (bulk->mode == BULK_SLICES)
        return batch_txn(txn, &bulk->batch);
    *txn = bulk->txn;
    return STATUS_OK;
}

enum status bulk_step(struct bulk *bulk)
{
    return bulk->mode == BULK_SLICES ? batch_step(&bulk->batch) : STATUS_OK;
}

enum status bulk_sort(struct bulk *bulk, struct sorter *sorter)
{
    if (bulk->mode == BULK_SLICES)
        TRY(batch_flush(&bulk->batch));
    return sorter_sort(sorter);
}

enum status bulk_take_days(struct bulk *bulk)
{
    struct change_log *log = &bulk->txn->log;
    unsigned char key[12];

    for (size_t i = 0; i < log->n_days; i++) {
        key_put_u32(key, log->days[i].day);
        key_put_u64(key + 4, log->days[i].node);
        TRY(sorter_add(bulk->days, slice_of(key, sizeof key), (struct slice){ "", 0 }));
    }
    log->n_days = 0;
    return STATUS_OK;
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
    if (out->n_labels > NODE_LABELS_MAX)
        reader.ok = false;
    for (size_t i = 0; reader.ok && i < out->n_labels; i++)
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

static enum status find_stored(struct node_id *id, struct bulk *bulk, const struct bulk_key *key,
                               bool live)
{
    AUTO(txn_endp) struct graph_txn *txn = NULL;
    bool is_live = true;

    TRY(graph_read(&txn, bulk->graph, NULL));
    TRY(node_find(id, txn, key->label, key->text));
    if (live)
        TRY(node_is_live(&is_live, txn, *id));
    return is_live ? STATUS_OK : STATUS_NOT_FOUND;
}

/* `live`: where only the graph has it, not one that is deleted; a row of it brings it back. */
static enum status find(struct node_id *id, struct bulk *bulk, const struct bulk_key *key,
                        bool live)
{
    struct node_id found = idmap_find(&bulk->ids, key->hash);

    if (!found.value) {
        if (bulk->graph_was_empty)
            return STATUS_NOT_FOUND;
        TRY(find_stored(&found, bulk, key, live));
        TRY(idmap_add(&bulk->ids, key->hash, found));
    }
    *id = found;
    return STATUS_OK;
}

enum status bulk_find(struct node_id *id, struct bulk *bulk, const struct bulk_key *key)
{
    return find(id, bulk, key, true);
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
    TRY(sorter_add(bulk->keys, key_short(&stored),
                   slice_of(value, varint_write(value, id.value))));
    return idmap_add(&bulk->ids, key->hash, id);
}

static enum status add_new(struct node_id *id, struct bulk *bulk, const struct node_part *part,
                           const struct bulk_key *key)
{
    uint64_t first = bulk->mode == BULK_WHOLE ? bulk->first_new : PROVISIONAL;
    struct node_id given = { first + bulk->n_nodes };

    if (part->key_label)
        TRY(add_key(bulk, key, given));
    buf_clear(&bulk->value);
    TRY(part_encode(&bulk->value, part));
    TRY(spool_write(bulk->nodes, (struct slice){ 0 }, buf_slice(&bulk->value)));
    bulk->n_nodes++;
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

/* Whether the node has another key of its own: rows under that one may come, too. */
static enum status has_other_key(bool *has, struct bulk *bulk, const struct bulk_key *key,
                                 struct node_id id)
{
    AUTO(txn_endp) struct graph_txn *txn = NULL;
    struct node_key asked, own;

    node_key_make(&asked, key->label, key->text);
    TRY(graph_read(&txn, bulk->graph, NULL));
    TRY(key_own(&own, txn, id));
    *has = !slice_equal(key_long(&own), key_long(&asked));
    return STATUS_OK;
}

/* A key that is known by now came in a row before. */
static enum status find_node(struct node_id *id, struct bulk *bulk, const struct bulk_key *key)
{
    bool asked = bulk->options.dates && !bulk->repeats_node;

    if (asked)
        bulk->repeats_node = idmap_find(&bulk->ids, key->hash).value != 0;
    TRY(find(id, bulk, key, false));
    return asked && !bulk->repeats_node ? has_other_key(&bulk->repeats_node, bulk, key, *id)
                                        : STATUS_OK;
}

bool bulk_repeats_node(const struct bulk *bulk)
{
    return bulk->repeats_node;
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
        status = find_node(&found, bulk, key);
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

/* So many rows are written faster at once than in slices. */
#define ROWS_AT_ONCE 256

/* A small load takes its only turn now. */
static enum status write_at_once(struct bulk *bulk)
{
    txn_end(bulk->txn);
    bulk->txn = NULL;
    TRY(graph_write(&bulk->txn, bulk->graph));
    bulk->mode = BULK_WHOLE;
    bulk->first_new = bulk->txn->counts.next_node;
    return STATUS_OK;
}

static enum status write_in_slices(struct bulk *bulk)
{
    TRY(batch_begin(&bulk->batch, bulk->n_nodes, bulk->n_edge_rows));
    bulk->mode = BULK_SLICES;
    bulk->first_new = bulk->batch.pending.first.value;
    bulk->txn->counts = (struct graph_counts){ .commit_seq = bulk->batch.pending.number,
                                               .next_edge = bulk->batch.first_edge };
    return STATUS_OK;
}

/* Rows are in: ids are given, and how they are written is decided. */
static enum status begin_writing(struct bulk *bulk)
{
    uint64_t n_rows = bulk->n_nodes + bulk->n_edge_rows + sorter_count(bulk->updates);

    if (bulk->mode == BULK_APART && n_rows <= ROWS_AT_ONCE && !bulk->options.slices.units)
        TRY(write_at_once(bulk));
    else if (bulk->mode == BULK_APART)
        TRY(write_in_slices(bulk));
    if (bulk->mode == BULK_WHOLE)
        bulk->txn->counts.next_node = bulk->first_new + bulk->n_nodes;
    return STATUS_OK;
}

static enum status finish(struct bulk *bulk)
{
    TRY(begin_writing(bulk));
    TRY(bulk_resolve_edges(bulk));
    TRY(bulk_merge(bulk));
    return bulk_last(bulk);
}

enum status bulk_finish(struct bulk_result *result, struct bulk *bulk)
{
    TRY(finish(bulk));
    bulk->result.n_slices = bulk->batch.n_slices;
    bulk->result.n_long = bulk->batch.n_long;
    bulk->result.longest_us = bulk->batch.longest_us;
    *result = bulk->result;
    return STATUS_OK;
}
