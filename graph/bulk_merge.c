/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The last station of a bulk load: all rows by node id. */

#include <stdlib.h>

#include "graph/bulk_private.h"
#include "graph/index.h"

/* ---- streams, each ascending by node id ------------------------------------------------------ */

/* The front of a stream; id UINT64_MAX after its end. */
struct front {
    uint64_t id;
    struct slice key, value;
};

struct merge {
    struct bulk *bulk;
    struct front node, update, out, in;
    uint64_t next_new;
    bool indexed;                /* new nodes get entries in the index */
    struct buf run;              /* in-entries of one group, encoded */
    struct buf first, merged[2]; /* a new node's rows while they are folded */
    struct group_draft *drafts;
    size_t n_drafts, drafts_capacity;
    struct adjacency_part *parts;
    size_t n_parts, parts_capacity;
    struct arena arena;
};

static enum status front_set(struct front *front, enum status status)
{
    if (status == STATUS_END) {
        front->id = UINT64_MAX;
        return STATUS_OK;
    }
    TRY(status);
    front->id = key_get_u64(front->key.data);
    return STATUS_OK;
}

static enum status next_out(struct merge *merge)
{
    struct front *front = &merge->out;

    return front_set(front, spool_read(&front->key, &front->value, merge->bulk->out_parts));
}

static enum status next_in(struct merge *merge)
{
    struct front *front = &merge->in;

    return front_set(front, sorter_next(&front->key, &front->value, merge->bulk->in));
}

static enum status next_update(struct merge *merge)
{
    struct front *front = &merge->update;

    TRY(front_set(front, sorter_next(&front->key, &front->value, merge->bulk->updates)));
    if (front->id != UINT64_MAX)
        front->id = bulk_real(merge->bulk, (struct node_id){ front->id }).value;
    return STATUS_OK;
}

static enum status next_node(struct merge *merge)
{
    struct front *front = &merge->node;
    enum status status = spool_read(&front->key, &front->value, merge->bulk->nodes);

    if (status == STATUS_END) {
        front->id = UINT64_MAX;
        return STATUS_OK;
    }
    TRY(status);
    front->id = merge->next_new++;
    return STATUS_OK;
}

/* ---- what a node got ------------------------------------------------------------------------- */

static enum status decode_in(struct entry *entry, uint64_t commit, const struct front *front)
{
    struct reader reader = reader_of(front->value);
    const unsigned char *at = front->key.data;

    *entry = (struct entry){ .born = commit };
    entry->valid_from_us = (int64_t)(key_get_u64(at + 12) ^ (uint64_t)1 << 63);
    entry->edge.value = key_get_u64(at + 20);
    entry->other.value = reader_varint(&reader);
    entry->has_key = reader_byte(&reader);
    entry->valid_to_us = unzigzag(reader_varint(&reader));
    entry->observed_us = unzigzag(reader_varint(&reader));
    return reader.ok ? STATUS_OK : fail(STATUS_CORRUPT, "a temporary file does not decode");
}

static enum status add_draft(struct merge *merge, uint32_t code, uint64_t count,
                             struct slice entries)
{
    const char *copy = arena_copy(&merge->arena, entries);

    if (!copy)
        return STATUS_NO_MEMORY;
    TRY(array_reserve(&merge->drafts, &merge->drafts_capacity, merge->n_drafts + 1));
    merge->drafts[merge->n_drafts++] =
        (struct group_draft){ .code = code, .count = count,
                              .entries = slice_of(copy, entries.size) };
    return STATUS_OK;
}

/* All out-groups of the node, as they were encoded. */
static enum status take_out(struct merge *merge, uint64_t id)
{
    while (merge->out.id == id) {
        struct reader reader = reader_of(merge->out.value);
        uint64_t count = reader_varint(&reader);

        TRY(add_draft(merge, key_get_u32((const char *)merge->out.key.data + 8), count,
                      slice_of(reader.at, (size_t)(reader.end - reader.at))));
        TRY(next_out(merge));
    }
    return STATUS_OK;
}

/* One in-group of the node, encoded as its entries come. */
static enum status take_in_group(struct merge *merge, uint64_t id)
{
    uint64_t commit = merge->bulk->txn->counts.commit_seq, count = 0;
    uint32_t code = key_get_u32((const char *)merge->in.key.data + 8);
    struct entry_state state = { 0 };

    buf_clear(&merge->run);
    while (merge->in.id == id && key_get_u32((const char *)merge->in.key.data + 8) == code) {
        struct entry entry;

        TRY(decode_in(&entry, commit, &merge->in));
        TRY(entry_encode(&merge->run, &state, &entry, commit, false));
        count++;
        TRY(next_in(merge));
    }
    return add_draft(merge, code, count, buf_slice(&merge->run));
}

static int draft_order(const void *a, const void *b)
{
    const struct group_draft *left = a, *right = b;

    return (left->code > right->code) - (left->code < right->code);
}

static enum status take_groups(struct merge *merge, uint64_t id)
{
    merge->n_drafts = 0;
    arena_reset(&merge->arena);
    TRY(take_out(merge, id));
    while (merge->in.id == id)
        TRY(take_in_group(merge, id));
    if (merge->n_drafts > 1)
        qsort(merge->drafts, merge->n_drafts, sizeof *merge->drafts, draft_order);
    return STATUS_OK;
}

/* ---- writing --------------------------------------------------------------------------------- */

/* More edges than these are put piece by piece, so that others may have their turn between. */
#define PIECE 256

static enum status write_new_row(struct merge *merge, struct node_id id,
                                 const struct record *record, size_t n_drafts)
{
    bool append = merge->bulk->graph_was_empty;
    uint64_t commit = merge->bulk->txn->counts.commit_seq;
    struct row row = { .base_born = commit, .max_commit = commit };
    unsigned char key[NODE_KEY_BYTES];
    struct graph_txn *txn;

    TRY(bulk_writer(&txn, merge->bulk));
    txn_begins(txn, record);
    buf_clear(&txn->scratch);
    TRY(record_encode(&txn->scratch, record, commit));
    row.record = buf_slice(&txn->scratch);
    buf_clear(&txn->groups);
    TRY(groups_encode(&txn->groups, txn, id, &row, merge->drafts, n_drafts, append));
    row.groups = buf_slice(&txn->groups);
    if (!append)
        return row_store(txn, id, &row);
    buf_clear(&txn->row);
    TRY(row_encode(&txn->row, &row));
    key_put_node(key, id);
    return store_append(txn->store, TABLE_NODE, slice_of(key, sizeof key), buf_slice(&txn->row));
}

enum status bulk_fail_gone(void)
{
    return fail(STATUS_CONFLICT, "a node that the import has edges of was deleted or became "
                                 "another's alias meanwhile; repeat the import");
}

/* What a load in slices meets may have been changed since it was looked up and compared. */
static enum status meet_others(struct merge *merge, struct graph_txn *txn, struct node_id id)
{
    struct bulk *bulk = merge->bulk;
    struct record record;
    struct slice bytes;
    struct row row;

    TRY(row_load(&bytes, txn, id));
    TRY(row_decode(&row, bytes));
    TRY(record_decode(&record, row.record, row.base_born));
    if (record.deleted && record.born > bulk->opened_seq)
        return bulk_fail_gone();
    if (bulk->mode != BULK_SLICES || row.max_commit <= bulk->compared_seq ||
        row.max_commit == bulk->batch.pending.number)
        return STATUS_OK;
    for (size_t i = 0; i < merge->n_drafts; i++)
        if (group_is_out(merge->drafts[i].code)) {
            TRY(array_reserve(&bulk->suspects, &bulk->suspects_capacity, bulk->n_suspects + 1));
            bulk->suspects[bulk->n_suspects++] =
                (struct bulk_group){ id, group_type(merge->drafts[i].code) };
        }
    return STATUS_OK;
}

static enum status put_pieces(struct merge *merge, struct node_id id,
                              const struct adjacency_part *part)
{
    for (size_t at = 0; at < part->entries.n; at += PIECE) {
        size_t left = part->entries.n - at;
        struct adjacency_part piece = { part->code, { .items = part->entries.items + at,
                                                      .n = left < PIECE ? left : PIECE } };
        struct graph_txn *txn;

        TRY(bulk_writer(&txn, merge->bulk));
        TRY(adjacency_put_parts(txn, id, &piece, 1));
        TRY(bulk_step(merge->bulk));
    }
    return STATUS_OK;
}

static enum status read_parts(size_t *n_entries, struct merge *merge)
{
    uint64_t commit = merge->bulk->txn->counts.commit_seq;

    *n_entries = 0;
    TRY(array_reserve(&merge->parts, &merge->parts_capacity, merge->n_drafts));
    for (size_t i = 0; i < merge->n_drafts; i++) {
        const struct group_draft *draft = &merge->drafts[i];
        struct entry_list *entries = &merge->parts[i].entries;

        merge->parts[i] = (struct adjacency_part){ .code = draft->code };
        merge->n_parts = i + 1;
        TRY(entry_list_read(entries, draft->entries, commit, group_is_out(draft->code)));
        *n_entries += entries->n;
    }
    return STATUS_OK;
}

static enum status put_parts(struct merge *merge, struct node_id id)
{
    struct graph_txn *txn;
    size_t n_entries;

    TRY(read_parts(&n_entries, merge));
    if (n_entries <= PIECE) {
        TRY(bulk_writer(&txn, merge->bulk));
        return adjacency_put_parts(txn, id, merge->parts, merge->n_parts);
    }
    for (size_t i = 0; i < merge->n_parts; i++)
        TRY(put_pieces(merge, id, &merge->parts[i]));
    return STATUS_OK;
}

/* Entries are put among those that the node has. */
static enum status write_existing(struct merge *merge, struct node_id id)
{
    enum status status = put_parts(merge, id);

    for (size_t i = 0; i < merge->n_parts; i++)
        entry_list_fini(&merge->parts[i].entries);
    merge->n_parts = 0;
    return status;
}

/* So many edges fill a slice. */
static bool is_hub(const struct merge *merge)
{
    uint64_t n = 0;

    for (size_t i = 0; i < merge->n_drafts; i++)
        n += merge->drafts[i].count;
    return merge->bulk->mode == BULK_SLICES && n > 4 * PIECE;
}

static enum status write_new_node(struct merge *merge, struct node_id id,
                                  const struct record *record)
{
    if (!is_hub(merge))
        return write_new_row(merge, id, record, merge->n_drafts);
    TRY(write_new_row(merge, id, record, 0));
    return write_existing(merge, id);
}

/* A row that says what is so already changes nothing, as in node_merge(). */
static enum status merge_later(struct record *record, struct buf *properties,
                               const struct node_part *part)
{
    struct record before = *record;

    TRY(record_merge(record, properties, part));
    if (record_same(record, &before)) {
        record->valid_from_us = before.valid_from_us;
        record->observed_us = before.observed_us;
    }
    return STATUS_OK;
}

/* A new node: its first row, then later rows of this load, in order. */
static enum status write_new(struct merge *merge, struct node_id id)
{
    uint32_t labels[NODE_LABELS_MAX];
    char generated[GENERATED_KEY_MAX];
    struct record record = { .born = merge->bulk->txn->counts.commit_seq };
    struct node_part part;
    unsigned turn = 0;

    buf_clear(&merge->first);
    TRY(buf_append_slice(&merge->first, merge->node.value));
    TRY(part_decode(&part, labels, buf_slice(&merge->first)));
    record.key_label = part.key_label;
    record.key = part.key_label ? part.key : generated_key(generated, id);
    TRY(record_merge(&record, &merge->merged[turn], &part));
    while (merge->update.id == id.value) {
        turn = !turn;
        TRY(part_decode(&part, labels, merge->update.value));
        TRY(merge_later(&record, &merge->merged[turn], &part));
        TRY(next_update(merge));
    }
    TRY(count_labels(merge->bulk->txn, &record, 1));
    if (merge->indexed)
        TRY(index_collect(merge->bulk->index, graph_schema(merge->bulk->graph), id, &record));
    TRY(changes_record(merge->bulk->txn, id, &record));
    TRY(bulk_take_days(merge->bulk));
    TRY(write_new_node(merge, id, &record));
    return next_node(merge);
}

static uint64_t smallest(const struct merge *merge)
{
    uint64_t id = merge->node.id;

    if (merge->update.id < id)
        id = merge->update.id;
    if (merge->out.id < id)
        id = merge->out.id;
    return merge->in.id < id ? merge->in.id : id;
}

static enum status merge_existing(struct merge *merge, struct node_id id)
{
    struct graph_txn *txn;

    if (merge->n_drafts) { /* before an update makes the row the load's */
        TRY(bulk_writer(&txn, merge->bulk));
        TRY(meet_others(merge, txn, id));
    }
    while (merge->update.id == id.value) {
        TRY(bulk_update(merge->bulk, id, merge->update.value));
        TRY(next_update(merge));
    }
    return merge->n_drafts ? write_existing(merge, id) : STATUS_OK;
}

static enum status merge_node(struct merge *merge, uint64_t id)
{
    bool is_new = merge->node.id == id;

    TRY(take_groups(merge, id));
    TRY(is_new ? write_new(merge, (struct node_id){ id })
               : merge_existing(merge, (struct node_id){ id }));
    return bulk_step(merge->bulk);
}

static enum status start_streams(struct merge *merge)
{
    struct bulk *bulk = merge->bulk;

    merge->next_new = bulk->first_new;
    TRY(bulk_sort(bulk, bulk->updates));
    TRY(bulk_sort(bulk, bulk->in));
    TRY(spool_rewind(bulk->nodes));
    TRY(spool_rewind(bulk->out_parts));
    TRY(next_node(merge));
    TRY(next_update(merge));
    TRY(next_out(merge));
    return next_in(merge);
}

static void merge_fini(struct merge *merge)
{
    buf_fini(&merge->run);
    buf_fini(&merge->first);
    buf_fini(&merge->merged[0]);
    buf_fini(&merge->merged[1]);
    free(merge->drafts);
    free(merge->parts);
    arena_fini(&merge->arena);
}

/* Entries of the index may come before their nodes: who finds one asks the node. */
static enum status write_index(struct bulk *bulk)
{
    struct slice key, value, there;
    struct graph_txn *txn;
    enum status status;

    if (bulk->mode == BULK_WHOLE)
        return index_flush(bulk->txn, bulk->index);
    TRY(bulk_sort(bulk, bulk->index));
    while ((status = sorter_next(&key, &value, bulk->index)) == STATUS_OK) {
        TRY(bulk_writer(&txn, bulk));
        status = store_get(&there, txn->store, TABLE_INDEX, key);
        if (status == STATUS_NOT_FOUND)
            status = store_put(txn->store, TABLE_INDEX, key, value);
        TRY(status);
        TRY(bulk_step(bulk));
    }
    return status == STATUS_END ? STATUS_OK : status;
}

static enum status is_indexed(bool *indexed, struct bulk *bulk)
{
    struct graph_txn *txn;

    TRY(bulk_reader(&txn, bulk));
    *indexed = index_ready(txn);
    bulk_reader_end(bulk);
    return STATUS_OK;
}

/* Keys come last: what leads to a node is there when the node is. */
enum status bulk_merge(struct bulk *bulk)
{
    AUTO(merge_fini) struct merge merge = { .bulk = bulk };
    uint64_t done = 0, total = spool_count(bulk->nodes);

    TRY(is_indexed(&merge.indexed, bulk));
    TRY(start_streams(&merge));
    for (uint64_t id; (id = smallest(&merge)) != UINT64_MAX;) {
        TRY(merge_node(&merge, id));
        done++;
        bulk_progress(bulk, "writing nodes", done, done > total ? done : total);
    }
    TRY(bulk_write_keys(bulk));
    TRY(write_index(bulk));
    return bulk_write_days(bulk);
}
