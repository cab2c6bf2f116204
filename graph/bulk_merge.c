/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The last station of a bulk load: keys, existing nodes' records, then all rows by node id. */

#include <stdlib.h>

#include "graph/bulk_private.h"
#include "graph/index.h"

/* ---- keys and existing records --------------------------------------------------------------- */

static enum status write_keys(struct bulk *bulk)
{
    uint64_t done = 0, total = sorter_count(bulk->keys);
    struct slice key, value;
    enum status status;

    TRY(sorter_sort(bulk->keys));
    while ((status = sorter_next(&key, &value, bulk->keys)) == STATUS_OK) {
        TRY(bulk->graph_was_empty
                ? store_append(bulk->txn->store, TABLE_KEY, key, value)
                : store_put(bulk->txn->store, TABLE_KEY, key, value));
        bulk_progress(bulk, "writing keys", ++done, total);
    }
    sorter_free(bulk->keys);
    bulk->keys = NULL;
    return status == STATUS_END ? STATUS_OK : status;
}

static enum status update_existing(struct bulk *bulk, struct node_id id, struct slice value)
{
    uint32_t labels[NODE_LABELS_MAX];
    AUTO(buf_fini) struct buf copy = { 0 };
    struct node_part part;
    enum change change;

    TRY(buf_append_slice(&copy, value));
    TRY(part_decode(&part, labels, buf_slice(&copy)));
    TRY(node_merge(&change, bulk->txn, id, &part));
    if (change == CHANGE_ADDED)
        bulk->result.nodes_added++;
    if (change == CHANGE_CHANGED)
        bulk->result.nodes_changed++;
    return STATUS_OK;
}

/* ---- streams, each ascending by node id ------------------------------------------------------- */

/* The front of a stream; id UINT64_MAX after its end. */
struct front {
    uint64_t id;
    struct slice key, value;
};

struct merge {
    struct bulk *bulk;
    struct front node, update, out, in;
    uint64_t next_new;
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

    return front_set(front, sorter_next(&front->key, &front->value, merge->bulk->updates));
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

/* ---- what a node got --------------------------------------------------------------------------- */

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

/* ---- writing ----------------------------------------------------------------------------------- */

static enum status write_new_row(struct merge *merge, uint64_t id, const struct record *record)
{
    struct graph_txn *txn = merge->bulk->txn;
    uint64_t commit = txn->counts.commit_seq;
    struct row row = { .base_born = commit, .max_commit = commit };
    unsigned char key[NODE_KEY_BYTES];

    buf_clear(&txn->scratch);
    TRY(record_encode(&txn->scratch, record, commit));
    row.record = buf_slice(&txn->scratch);
    buf_clear(&txn->groups);
    TRY(groups_encode(&txn->groups, txn, (struct node_id){ id }, &row, merge->drafts,
                      merge->n_drafts, true));
    row.groups = buf_slice(&txn->groups);
    buf_clear(&txn->row);
    TRY(row_encode(&txn->row, &row));
    key_put_node(key, (struct node_id){ id });
    return store_append(txn->store, TABLE_NODE, slice_of(key, sizeof key), buf_slice(&txn->row));
}

/* A new node: its first row, then later rows of this load, in order. */
static enum status write_new(struct merge *merge, uint64_t id)
{
    uint32_t labels[NODE_LABELS_MAX];
    struct record record = { .born = merge->bulk->txn->counts.commit_seq };
    struct node_part part;
    unsigned turn = 0;

    buf_clear(&merge->first);
    TRY(buf_append_slice(&merge->first, merge->node.value));
    TRY(part_decode(&part, labels, buf_slice(&merge->first)));
    record.key_label = part.key_label;
    record.key = part.key;
    TRY(record_merge(&record, &merge->merged[turn], &part));
    while (merge->update.id == id) {
        turn = !turn;
        TRY(part_decode(&part, labels, merge->update.value));
        TRY(record_merge(&record, &merge->merged[turn], &part));
        TRY(next_update(merge));
    }
    TRY(count_labels(merge->bulk->txn, &record, 1));
    if (index_ready(merge->bulk->txn))
        TRY(index_collect(merge->bulk->index, graph_schema(merge->bulk->graph),
                          (struct node_id){ id }, &record));
    TRY(changes_record(merge->bulk->txn, (struct node_id){ id }, &record));
    TRY(write_new_row(merge, id, &record));
    return next_node(merge);
}

/* A node of before: entries are put among those it has. */
static enum status write_existing(struct merge *merge, uint64_t id)
{
    uint64_t commit = merge->bulk->txn->counts.commit_seq;
    enum status status = STATUS_OK;

    TRY(array_reserve(&merge->parts, &merge->parts_capacity, merge->n_drafts));
    for (size_t i = 0; i < merge->n_drafts; i++) {
        const struct group_draft *draft = &merge->drafts[i];

        merge->parts[i] = (struct adjacency_part){ .code = draft->code };
        merge->n_parts = i + 1;
        if (!status)
            status = entry_list_read(&merge->parts[i].entries, draft->entries, commit,
                                     group_is_out(draft->code));
    }
    if (!status)
        status = adjacency_put_parts(merge->bulk->txn, (struct node_id){ id }, merge->parts,
                                     merge->n_parts);
    for (size_t i = 0; i < merge->n_parts; i++)
        entry_list_fini(&merge->parts[i].entries);
    merge->n_parts = 0;
    return status;
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

static enum status merge_node(struct merge *merge, uint64_t id)
{
    bool is_new = merge->node.id == id;

    TRY(take_groups(merge, id));
    if (is_new)
        return write_new(merge, id);
    while (merge->update.id == id) {
        TRY(update_existing(merge->bulk, (struct node_id){ id }, merge->update.value));
        TRY(next_update(merge));
    }
    return merge->n_drafts ? write_existing(merge, id) : STATUS_OK;
}

static enum status start_streams(struct merge *merge)
{
    struct bulk *bulk = merge->bulk;

    merge->next_new = bulk->first_new;
    TRY(sorter_sort(bulk->updates));
    TRY(sorter_sort(bulk->in));
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

enum status bulk_merge(struct bulk *bulk)
{
    AUTO(merge_fini) struct merge merge = { .bulk = bulk };
    uint64_t done = 0, total = spool_count(bulk->nodes);

    TRY(write_keys(bulk));
    TRY(start_streams(&merge));
    for (uint64_t id; (id = smallest(&merge)) != UINT64_MAX;) {
        TRY(merge_node(&merge, id));
        done++;
        bulk_progress(bulk, "writing nodes", done, done > total ? done : total);
    }
    return index_flush(bulk->txn, bulk->index);
}
