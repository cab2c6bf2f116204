/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "graph/node.h"

#include <stdio.h>

#include "base/sort.h"
#include "graph/index.h"
#include "graph/key.h"
#include "graph/pending.h"
#include "graph/private.h"

static void fill(struct node *out, struct node_id id, const struct record *record,
                 struct slice bytes)
{
    out->id = id;
    memcpy(out->labels, record->labels, sizeof out->labels);
    out->n_labels = record->n_labels;
    out->key_label = record->key_label;
    out->deleted = record->deleted;
    out->key = record->key;
    out->properties = record->properties;
    out->valid_from_us = record->valid_from_us;
    out->observed_us = record->observed_us;
    out->born = record->born;
    out->row = bytes;
}

enum status node_from_row(struct node *out, struct graph_txn *txn, struct node_id id,
                          struct slice bytes, const struct row *row)
{
    struct record record;
    bool has_past;

    TRY(record_decode(&record, row->record, row->base_born));
    has_past = record.has_past;
    if (row_is_newer(row, txn) || record.valid_from_us > txn->moment.as_of_us)
        TRY(version_find(&record, txn, id));
    if (record.deleted)
        return STATUS_NOT_FOUND;
    fill(out, id, &record, bytes);
    out->has_past = has_past;
    return STATUS_OK;
}

enum status node_is_live(bool *live, struct graph_txn *txn, struct node_id id)
{
    struct record record;
    struct slice bytes;
    struct row row;

    TRY(row_open(&row, &bytes, txn, id));
    TRY(record_decode(&record, row.record, row.base_born));
    *live = !record.deleted;
    return STATUS_OK;
}

enum status node_load(struct node *out, struct graph_txn *txn, struct node_id id)
{
    struct slice bytes;
    struct row row;

    TRY(row_open(&row, &bytes, txn, id));
    return node_from_row(out, txn, id, bytes, &row);
}

enum status node_is_there(bool *there, struct graph_txn *txn, struct node_id id)
{
    struct node node;
    enum status status = node_load(&node, txn, id);

    *there = status == STATUS_OK;
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status node_load_whenever(struct node *out, struct graph_txn *txn, struct node_id id)
{
    int64_t as_of_us = txn->moment.as_of_us;
    enum status status = node_load(out, txn, id);

    if (status != STATUS_NOT_FOUND)
        return status;
    txn->moment.as_of_us = TIME_MAX;
    status = node_load(out, txn, id);
    txn->moment.as_of_us = as_of_us;
    return status;
}

enum status node_keep(struct node *node, struct arena *arena)
{
    node->key.data = arena_copy(arena, node->key);
    node->properties.data = arena_copy(arena, node->properties);
    return node->key.data && node->properties.data ? STATUS_OK : STATUS_NO_MEMORY;
}

bool node_has_label(const struct node *node, uint32_t label)
{
    for (uint32_t i = 0; i < node->n_labels; i++)
        if (node->labels[i] == label)
            return true;
    return false;
}

enum status node_property(struct value *out, struct arena *arena, const struct node *node,
                          uint32_t property)
{
    return codec_find_property(out, arena, node->properties, property);
}

enum status node_properties(struct value *out, struct arena *arena, struct graph_txn *txn,
                            const struct node *node)
{
    return properties_decode(out, arena, txn, node->properties);
}

/* ---- writing ------------------------------------------------------------------------------ */

/* The union of two label sets, ascending. */
static enum status labels_join(struct record *record, const uint32_t *labels, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        bool there = false;

        for (uint32_t k = 0; k < record->n_labels; k++)
            there = there || record->labels[k] == labels[i];
        if (there)
            continue;
        if (record->n_labels == ROW_LABELS_MAX)
            return fail(STATUS_LIMIT, "a node has at most %d labels", ROW_LABELS_MAX);
        record->labels[record->n_labels++] = labels[i];
    }
    sort_items(record->labels, record->n_labels, sizeof *record->labels, sort_by_u32);
    return STATUS_OK;
}

void txn_begins(struct graph_txn *txn, const struct record *record)
{
    if (record->valid_from_us > txn->counts.last_begin_us)
        txn->counts.last_begin_us = record->valid_from_us;
}

enum status count_labels(struct graph_txn *txn, const struct record *record, int64_t sign)
{
    for (uint32_t i = 0; i < record->n_labels; i++)
        TRY(txn_count_add(txn, record->labels[i], sign));
    txn->counts.nodes += (uint64_t)sign;
    return STATUS_OK;
}

struct slice generated_key(char text[GENERATED_KEY_MAX], struct node_id id)
{
    return slice_of(text, (size_t)snprintf(text, GENERATED_KEY_MAX, "_%llu",
                                           (unsigned long long)id.value));
}

enum status record_merge(struct record *record, struct buf *properties,
                         const struct node_part *part)
{
    TRY(labels_join(record, part->labels, part->n_labels));
    buf_clear(properties);
    TRY(properties_merge(properties, record->properties, part->properties, part->has_null));
    record->properties = buf_slice(properties);
    record->valid_from_us = part->valid_from_us;
    record->observed_us = part->observed_us;
    return STATUS_OK;
}

static enum status add_key(struct graph_txn *txn, struct node_id id, const struct node_part *part)
{
    struct node_key key;

    node_key_make(&key, part->key_label, part->key);
    return key_insert(txn, key_short(&key), id);
}

static enum status node_add(struct node_id *out, struct graph_txn *txn,
                            const struct node_part *part)
{
    struct node_id id = { txn->counts.next_node };
    char generated[GENERATED_KEY_MAX];
    struct record record = { .key_label = part->key_label, .key = part->key,
                             .born = txn->counts.commit_seq };
    struct row row = { .base_born = record.born, .max_commit = record.born };

    if (!part->key_label)
        record.key = generated_key(generated, id);
    TRY(record_merge(&record, &txn->scratch, part));
    buf_clear(&txn->groups);
    TRY(record_encode(&txn->groups, &record, row.base_born));
    row.record = buf_slice(&txn->groups);
    TRY(row_store(txn, id, &row));
    txn_begins(txn, &record);
    TRY(changes_record(txn, id, &record));
    if (part->key_label)
        TRY(add_key(txn, id, part));
    TRY(index_add(txn, id, &record));
    txn->counts.next_node++;
    TRY(count_labels(txn, &record, 1));
    *out = id;
    return STATUS_OK;
}

/* Writes `new` over the stored record `old` of the row in `bytes` (the caller's copy). */
static enum status replace_record(struct graph_txn *txn, struct node_id id, struct slice bytes,
                                  struct record *new, const struct record *old)
{
    struct row row;

    TRY(row_decode(&row, bytes));
    new->born = txn->counts.commit_seq;
    new->key_label = old->key_label;
    new->key = old->key;
    new->has_past = old->has_past || old->born != new->born ||
                    new->valid_from_us > old->valid_from_us;
    buf_clear(&txn->groups);
    TRY(record_encode(&txn->groups, new, row.base_born));
    TRY(version_keep(txn, id, new, old));
    txn_begins(txn, new);
    TRY(changes_record(txn, id, new));
    row.record = buf_slice(&txn->groups);
    row.max_commit = newer_commit(row.max_commit, txn->counts.commit_seq);
    if (!new->has_past)
        TRY(index_remove(txn, id, old));
    TRY(row_store(txn, id, &row));
    return index_add(txn, id, new);
}

bool record_same(const struct record *a, const struct record *b)
{
    return a->deleted == b->deleted && a->n_labels == b->n_labels &&
           memcmp(a->labels, b->labels, a->n_labels * sizeof *a->labels) == 0 &&
           slice_equal(a->properties, b->properties);
}

/* An existing node's record, read into a copy that outlives writes. */
static enum status record_load(struct record *record, struct slice *bytes, struct buf *copy,
                               struct graph_txn *txn, struct node_id id)
{
    struct row row;

    TRY(row_copy(&row, copy, txn, id));
    *bytes = buf_slice(copy);
    return record_decode(record, row.record, row.base_born);
}

/* What a pending batch made of the record is put aside before another writer changes it. */
static enum status make_way(struct graph_txn *txn, struct node_id id)
{
    bool restored;

    return pending_beside(txn) ? pending_restore(&restored, txn, id, true) : STATUS_OK;
}

/* The record that a part makes of a stored one; a deleted node begins anew. */
static enum status merge_over(struct record *new, struct graph_txn *txn, const struct record *old,
                              const struct node_part *part)
{
    *new = *old;
    if (old->deleted) {
        new->deleted = false;
        new->n_labels = 0;
        new->properties = (struct slice){ 0 };
    }
    return record_merge(new, &txn->scratch, part);
}

/* Whether a row that says what is so already lets a node begin that is not there yet. */
static enum status lets_begin(bool *out, struct graph_txn *txn, struct node_id id,
                              const struct record *record, const struct node_part *part)
{
    struct record now = *record;
    enum status status;

    *out = false;
    if (record->valid_from_us <= txn->moment.as_of_us ||
        part->valid_from_us > txn->moment.as_of_us)
        return STATUS_OK;
    status = version_find(&now, txn, id);
    *out = status == STATUS_NOT_FOUND || (status == STATUS_OK && now.deleted);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

/* Whether the part, merged over the stored record, makes another version. */
static enum status differs(bool *out, struct graph_txn *txn, struct node_id id,
                           const struct record *new, const struct record *old,
                           const struct node_part *part)
{
    *out = !record_same(new, old);
    return *out ? STATUS_OK : lets_begin(out, txn, id, old, part);
}

enum status node_would_change(bool *changes, struct graph_txn *txn, struct node_id id,
                              const struct node_part *part)
{
    AUTO(buf_fini) struct buf copy = { 0 };
    struct record old, new;
    struct slice bytes;

    TRY(record_load(&old, &bytes, &copy, txn, id));
    TRY(merge_over(&new, txn, &old, part));
    return differs(changes, txn, id, &new, &old, part);
}

enum status node_merge(enum change *change, struct graph_txn *txn, struct node_id id,
                       const struct node_part *part)
{
    AUTO(buf_fini) struct buf copy = { 0 };
    struct record old, new;
    struct slice bytes;
    bool changes;

    TRY(make_way(txn, id));
    TRY(record_load(&old, &bytes, &copy, txn, id));
    TRY(merge_over(&new, txn, &old, part));
    TRY(differs(&changes, txn, id, &new, &old, part));
    if (!changes) {
        *change = CHANGE_NONE;
        return STATUS_OK;
    }
    *change = old.deleted ? CHANGE_ADDED : CHANGE_CHANGED;
    if (!old.deleted)
        TRY(count_labels(txn, &old, -1));
    TRY(replace_record(txn, id, bytes, &new, &old));
    return count_labels(txn, &new, 1);
}

/*
 * Adds a node that a pending batch is about to add under the same key: it gets the batch's id, and
 * what the batch gave of it is noted, to be merged at the batch's commit.
 */
static enum status node_adopt(struct graph_txn *txn, struct node_id id,
                              const struct node_part *part)
{
    AUTO(buf_fini) struct buf copy = { 0 };
    struct record old, record = { .key_label = part->key_label, .key = part->key,
                                  .born = txn->counts.commit_seq };
    struct slice bytes;
    struct row row;

    TRY(record_load(&old, &bytes, &copy, txn, id));
    TRY(pending_note_node(txn, id, &old));
    TRY(row_decode(&row, bytes));
    TRY(record_merge(&record, &txn->scratch, part));
    buf_clear(&txn->groups);
    TRY(record_encode(&txn->groups, &record, row.base_born));
    row.record = buf_slice(&txn->groups);
    TRY(row_store(txn, id, &row));
    txn_begins(txn, &record);
    TRY(changes_record(txn, id, &record));
    TRY(index_add(txn, id, &record));
    return count_labels(txn, &record, 1);
}

static enum status upsert_part(struct node_id *id, enum change *change, struct graph_txn *txn,
                               const struct node_part *part)
{
    enum status status = STATUS_NOT_FOUND;
    bool hides;

    *change = CHANGE_ADDED;
    if (part->key_label)
        status = key_find(id, txn, part->key_label, part->key);
    if (status == STATUS_NOT_FOUND)
        return node_add(id, txn, part);
    TRY(status);
    TRY(pending_hides(&hides, txn, *id));
    return hides ? node_adopt(txn, *id, part) : node_merge(change, txn, *id, part);
}

enum status node_upsert(struct node_id *id, enum change *change, struct graph_txn *txn,
                        const struct node_input *input)
{
    AUTO(buf_fini) struct buf properties = { 0 };
    struct node_part part = { input->labels, input->n_labels, input->key_label, input->key,
                              { 0 }, false, input->valid_from_us, input->observed_us };
    struct node_id found = { 0 };
    enum change what;

    if (input->key_label && input->key.size == 0)
        return fail(STATUS_INVALID, "a node needs a key of at least one byte");
    TRY(properties_encode(&properties, &part.has_null, txn, &input->properties));
    part.properties = buf_slice(&properties);
    TRY(upsert_part(&found, &what, txn, &part));
    if (id)
        *id = found;
    if (change)
        *change = what;
    return STATUS_OK;
}

enum status node_update(struct graph_txn *txn, struct node_id id, const struct node_input *input)
{
    AUTO(buf_fini) struct buf properties = { 0 };
    AUTO(buf_fini) struct buf copy = { 0 };
    struct node_part part = { .labels = input->labels, .n_labels = input->n_labels,
                              .valid_from_us = input->valid_from_us,
                              .observed_us = input->observed_us };
    struct record old, new;
    struct slice bytes;

    TRY(make_way(txn, id));
    TRY(record_load(&old, &bytes, &copy, txn, id));
    if (old.deleted)
        return STATUS_NOT_FOUND;
    TRY(properties_encode(&properties, &part.has_null, txn, &input->properties));
    part.properties = buf_slice(&properties);
    new = old;
    new.n_labels = 0;
    new.properties = (struct slice){ 0 };
    TRY(record_merge(&new, &txn->scratch, &part));
    if (record_same(&new, &old) && new.valid_from_us >= old.valid_from_us)
        return STATUS_OK;
    TRY(count_labels(txn, &old, -1));
    TRY(replace_record(txn, id, bytes, &new, &old));
    return count_labels(txn, &new, 1);
}

/* Deletes one edge of the node; STATUS_END where none is left. */
static enum status delete_edge_of(struct graph_txn *txn, struct node_id id)
{
    struct edge_scan scan = EDGE_SCAN(0, DIRECTION_BOTH);
    AUTO(edge_iter_stop) struct edge_iter it = { 0 };
    struct edge edge;
    struct node node;

    TRY(node_load_whenever(&node, txn, id));
    edge_iter_start(&it, txn, &node, &scan);
    if (!edge_iter_next(&it))
        return it.status ? it.status : STATUS_END;
    edge = it.edge;
    return edge_delete(txn, &edge);
}

enum status node_delete(uint64_t *n_edges, struct graph_txn *txn, struct node_id id, bool detach)
{
    AUTO(buf_fini) struct buf copy = { 0 };
    struct record old, new;
    struct slice bytes;
    struct node node;
    uint64_t n = 0;
    enum status status;

    TRY(node_load_whenever(&node, txn, id));
    TRY(pending_refuse(txn, id));
    if (!detach) {
        struct edge_scan scan = EDGE_SCAN(0, DIRECTION_BOTH);

        TRY(edge_count(&n, txn, &node, &scan));
        if (n)
            return fail(STATUS_CONFLICT, "the node has %llu edges; delete them first, or detach",
                        (unsigned long long)n);
    }
    while ((status = delete_edge_of(txn, id)) == STATUS_OK)
        n++;
    if (status != STATUS_END)
        return status;
    TRY(record_load(&old, &bytes, &copy, txn, id));
    new = old;
    new.deleted = true;
    new.valid_from_us = TIME_MIN; /* at no time, not only since the last change became true */
    new.observed_us = TIME_MIN;
    TRY(count_labels(txn, &old, -1));
    TRY(replace_record(txn, id, bytes, &new, &old));
    if (n_edges)
        *n_edges = n;
    return STATUS_OK;
}
