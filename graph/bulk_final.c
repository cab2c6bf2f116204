/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The end of a bulk load: what it changes of nodes and edges that were there, and, where others
 * wrote beside it, what both brought. Such rows are taken back out of what was added and applied
 * one by one, after all else, as if the load had come last.
 */

#include "graph/bulk_private.h"
#include "graph/index.h"
#include "graph/pending.h"

/* ---- taking back ---------------------------------------------------------------------------- */

/* An edge that the load added leaves both its ends and becomes a row to apply. */
static enum status take_back(struct bulk *bulk, struct graph_txn *txn, struct node_id from,
                             uint32_t type, const struct entry *like)
{
    struct entry entry;
    struct edge_part part = { .type = type, .from = from };
    enum status status =
        entry_find(&entry, txn, from, group_code(type, false, DIRECTION_OUT), like);

    if (status)
        return status == STATUS_NOT_FOUND ? STATUS_OK : status; /* taken from its other end */
    part.to = entry.other;
    part.has_key = entry.has_key;
    part.valid_from_us = entry.valid_from_us;
    part.valid_to_us = entry.valid_to_us;
    part.observed_us = entry.observed_us;
    part.key = entry.key;
    part.properties = entry.properties;
    TRY(bulk_change_edge(bulk, &part));
    TRY(adjacency_remove(txn, from, group_code(type, false, DIRECTION_OUT), &entry));
    TRY(adjacency_remove(txn, part.to, group_code(type, false, DIRECTION_IN), &entry));
    txn->counts.edges--;
    bulk->result.edges_added--;
    return txn_count_add(txn, type, -1);
}

static enum status take_back_noted(struct bulk *bulk, struct graph_txn *txn, uint64_t edge,
                                   struct slice note)
{
    const unsigned char *at = note.data;
    const struct entry like = { .edge = { edge }, .born = txn->counts.commit_seq,
                                .valid_from_us =
                                    (int64_t)(key_get_u64(at + 12) ^ (uint64_t)1 << 63) };

    return take_back(bulk, txn, (struct node_id){ key_get_u64(at) }, key_get_u32(at + 8), &like);
}

/* ---- changes of what was there --------------------------------------------------------------- */

static struct node_id twin_of(const struct bulk *bulk, struct node_id id)
{
    for (size_t i = 0; i < bulk->n_twins; i++)
        if (bulk->twins[i].ours.value == id.value)
            return bulk->twins[i].theirs;
    return id;
}

static enum status change_edge(struct bulk *bulk, struct graph_txn *txn, struct slice key,
                               struct slice value)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    struct edge_input input = EDGE_INPUT_INIT;
    struct edge_part part;
    enum change change;
    enum status status;

    TRY(edge_part_decode(&part, key, value));
    input.type = part.type;
    input.from = twin_of(bulk, part.from);
    input.to = twin_of(bulk, part.to);
    input.has_key = part.has_key;
    input.key = part.key;
    input.valid_from_us = part.valid_from_us;
    input.valid_to_us = part.valid_to_us;
    input.observed_us = part.observed_us;
    TRY(properties_decode(&input.properties, &arena, txn, part.properties));
    status = edge_upsert(NULL, &change, txn, &input);
    if (status == STATUS_INVALID) /* nothing else can be wrong with a row that was taken in */
        return bulk_fail_gone();
    TRY(status);
    bulk->result.edges_added += change == CHANGE_ADDED;
    bulk->result.edges_changed += change == CHANGE_CHANGED;
    bulk->result.edges_equal += change == CHANGE_NONE;
    return STATUS_OK;
}

static enum status apply_changes(struct bulk *bulk, struct graph_txn *txn)
{
    struct slice key, value;
    enum status status;

    TRY(spool_rewind(bulk->changes));
    while ((status = spool_read(&key, &value, bulk->changes)) == STATUS_OK)
        TRY(change_edge(bulk, txn, key, value));
    return status == STATUS_END ? STATUS_OK : status;
}

/* A change that was taken back for another writer's sake is made again after his. */
static enum status change_again(struct bulk *bulk, struct graph_txn *txn, struct slice note)
{
    const char *at = note.data;

    bulk->result.edges_changed--;
    return change_edge(bulk, txn, slice_of(at, OUT_KEY_BYTES),
                       slice_of(at + OUT_KEY_BYTES, note.size - OUT_KEY_BYTES));
}

/* An edge that is gone meanwhile comes again, with an id of the load's. */
static enum status change_in_slice(struct bulk *bulk, struct slice key, struct slice value)
{
    struct graph_txn *txn;

    TRY(bulk_writer(&txn, bulk));
    txn->counts.next_edge = bulk->txn->counts.next_edge;
    TRY(change_edge(bulk, txn, key, value));
    bulk->txn->counts.next_edge = txn->counts.next_edge;
    return bulk_take_counts(bulk, txn);
}

/* Appends what says which edge a row is about. */
static enum status edge_of_row(struct buf *out, struct slice key, struct slice value)
{
    struct edge_part part;

    TRY(edge_part_decode(&part, key, value));
    TRY(buf_append(out, key.data, 12));
    TRY(varint_append(out, part.to.value));
    return buf_append_slice(out, part.key);
}

/* Rows of one edge lie behind each other, and go into one slice: then they are noted as one. */
static enum status change_all_in_slices(struct bulk *bulk)
{
    AUTO(buf_fini) struct buf last = { 0 };
    AUTO(buf_fini) struct buf edge = { 0 };
    struct slice key, value;
    enum status status;

    TRY(batch_flush(&bulk->batch));
    TRY(spool_rewind(bulk->changes));
    while ((status = spool_read(&key, &value, bulk->changes)) == STATUS_OK) {
        struct buf swap = last;

        last = edge;
        edge = swap;
        buf_clear(&edge);
        TRY(edge_of_row(&edge, key, value));
        if (!slice_equal(buf_slice(&edge), buf_slice(&last)))
            TRY(bulk_step(bulk));
        TRY(change_in_slice(bulk, key, value));
    }
    if (status != STATUS_END)
        return status;
    spool_free(bulk->changes); /* what others make necessary comes into a new one */
    bulk->changes = NULL;
    return spool_new(&bulk->changes, graph_dir(bulk->graph));
}

/* ---- what writers noted --------------------------------------------------------------------- */

/* What the load gave of a node that another writer added first, or changed after it. */
static enum status merge_noted(struct bulk *bulk, struct graph_txn *txn, struct node_id id,
                               struct slice note)
{
    const unsigned char *at = note.data;
    uint32_t labels[NODE_LABELS_MAX];
    struct record counted = { 0 };
    struct node_part part;
    enum change change;
    bool added = at[0];

    TRY(part_decode(&part, labels, slice_of(at + 1, note.size - 1)));
    memcpy(counted.labels, labels, part.n_labels * sizeof *labels);
    counted.n_labels = (uint32_t)part.n_labels;
    TRY(count_labels(txn, &counted, -1));
    txn->counts.nodes += !added;
    bulk->result.nodes_added -= added;
    bulk->result.nodes_changed -= !added;
    TRY(node_merge(&change, txn, id, &part));
    bulk->result.nodes_added += change == CHANGE_ADDED;
    bulk->result.nodes_changed += change == CHANGE_CHANGED;
    return STATUS_OK;
}

static enum status apply_note(struct bulk *bulk, struct graph_txn *txn, struct slice key,
                              struct slice note)
{
    bool sound = key.size >= META_NOTE_EDGE.size + 8 && note.size;
    uint64_t id = sound ? key_get_u64((const char *)key.data + key.size - 8) : 0;
    bool is_edge = sound && memcmp(key.data, META_NOTE_EDGE.data, META_NOTE_EDGE.size) == 0;
    bool is_change = sound && memcmp(key.data, META_NOTE_CHANGE.data, META_NOTE_CHANGE.size) == 0;

    if (is_change && note.size > OUT_KEY_BYTES)
        return change_again(bulk, txn, note);
    if (is_edge && note.size == OUT_KEY_BYTES)
        return take_back_noted(bulk, txn, id, note);
    if (!sound || is_edge || is_change)
        return fail(STATUS_CORRUPT, "a note of a pending batch does not decode; run check");
    return merge_noted(bulk, txn, (struct node_id){ id }, note);
}

static enum status apply_notes(struct bulk *bulk, struct graph_txn *txn)
{
    AUTO(buf_fini) struct buf note = { 0 };
    unsigned char copy[META_NOTE_MAX];
    struct slice key, value;
    enum status status;

    while ((status = pending_first_row(&key, &value, copy, txn)) == STATUS_OK) {
        buf_clear(&note);
        TRY(buf_append_slice(&note, value));
        TRY(apply_note(bulk, txn, key, buf_slice(&note)));
        TRY(store_delete(txn->store, TABLE_META, key));
    }
    return status == STATUS_END ? STATUS_OK : status;
}

/* ---- groups that others changed between comparing and writing -------------------------------- */

/* Whether another writer's edge stands beside one of ours. */
static bool has_twin(const struct entry_list *list, const struct entry *ours)
{
    for (size_t i = 0; i < list->n; i++)
        if (list->items[i].born != ours->born && entry_is_same_edge(&list->items[i], ours))
            return true;
    return false;
}

static enum status note_twins(struct graph_txn *txn, const struct bulk_group *suspect)
{
    AUTO(entry_list_fini) struct entry_list list = { 0 };
    uint64_t commit = txn->counts.commit_seq;
    AUTO(buf_fini) struct buf copy = { 0 };
    struct group group;
    struct row row;
    enum status status;

    TRY(row_copy(&row, &copy, txn, suspect->from));
    status = row_find_group(&group, &row, group_code(suspect->type, false, DIRECTION_OUT));
    if (status)
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    TRY(entry_list_read_group(&list, txn, suspect->from, &row, &group));
    /* Notes go to another table, so what the list lends stays. */
    for (size_t i = 0; i < list.n; i++)
        if (list.items[i].born == commit && has_twin(&list, &list.items[i]))
            TRY(pending_note_edge(txn, suspect->from, suspect->type, &list.items[i]));
    return STATUS_OK;
}

/* ---- new nodes whose keys others gave away --------------------------------------------------- */

struct incident {
    struct node_id from;
    uint32_t type;
    struct entry like;
};

/* All current edges of a new node, by where they start. */
static enum status collect_incident(struct incident **out, size_t *n, struct graph_txn *txn,
                                    struct node_id id, const struct row *row)
{
    struct reader groups = reader_of(row->groups);
    size_t capacity = 0;
    struct group group;

    while (group_next(&group, &groups)) {
        AUTO(entry_list_fini) struct entry_list list = { 0 };

        TRY(entry_list_read_group(&list, txn, id, row, &group));
        TRY(array_reserve(out, &capacity, *n + list.n));
        for (size_t i = 0; i < list.n; i++)
            (*out)[(*n)++] = (struct incident){
                group_is_out(group.code) ? id : list.items[i].other, group_type(group.code),
                { .edge = list.items[i].edge, .valid_from_us = list.items[i].valid_from_us,
                  .born = list.items[i].born }
            };
    }
    return STATUS_OK;
}

/* Our node gives all that it has to the other writer's, and goes. */
static enum status join_twin(struct bulk *bulk, struct graph_txn *txn,
                             const struct bulk_twin *twin)
{
    AUTO(free_ptr) struct incident *incident = NULL;
    AUTO(buf_fini) struct buf copy = { 0 };
    unsigned char key[NODE_KEY_BYTES];
    struct record record;
    struct row row;
    size_t n = 0;

    TRY(row_copy(&row, &copy, txn, twin->ours));
    TRY(record_decode(&record, row.record, row.base_born));
    TRY(collect_incident(&incident, &n, txn, twin->ours, &row));
    for (size_t i = 0; i < n; i++)
        TRY(take_back(bulk, txn, incident[i].from, incident[i].type, &incident[i].like));
    TRY(pending_note_node(txn, twin->theirs, &record));
    TRY(index_remove(txn, twin->ours, &record));
    key_put_node(key, twin->ours);
    return store_delete(txn->store, TABLE_NODE, slice_of(key, sizeof key));
}

/* ---- the last transaction -------------------------------------------------------------------- */

/* All that the slices added is counted now. */
static enum status count_added(struct graph_txn *txn, const struct graph_txn *added)
{
    txn->counts.nodes += added->counts.nodes;
    txn->counts.edges += added->counts.edges;
    for (size_t i = 0; i < added->n_deltas; i++)
        TRY(txn_count_add(txn, added->deltas[i].symbol, added->deltas[i].delta));
    return STATUS_OK;
}

static enum status write_last(struct bulk *bulk, struct graph_txn *txn)
{
    for (size_t i = 0; i < bulk->n_suspects; i++)
        TRY(note_twins(txn, &bulk->suspects[i]));
    for (size_t i = 0; i < bulk->n_twins; i++)
        TRY(join_twin(bulk, txn, &bulk->twins[i]));
    TRY(apply_notes(bulk, txn));
    return apply_changes(bulk, txn);
}

static bool changed_anything(const struct bulk *bulk)
{
    return bulk->result.nodes_added || bulk->result.nodes_changed || bulk->result.edges_added ||
           bulk->result.edges_changed || spool_count(bulk->changes);
}

static enum status last_slice(struct bulk *bulk)
{
    struct edge_id used;
    struct graph_txn *txn;
    enum status status;

    TRY(change_all_in_slices(bulk));
    used.value = bulk->txn->counts.next_edge;
    if (!changed_anything(bulk))
        return batch_abandon(&bulk->batch);
    TRY(batch_last(&txn, &bulk->batch, used));
    status = count_added(txn, bulk->txn);
    if (!status)
        status = write_last(bulk, txn);
    if (status) {
        txn_end(txn);
        return status;
    }
    bulk->result.commit_seq = txn->counts.commit_seq;
    bulk_progress(bulk, "writing", 0, 0);
    return batch_show(&bulk->batch, txn);
}

static enum status last_of_one(struct bulk *bulk)
{
    struct graph_txn *txn = bulk->txn;

    TRY(write_last(bulk, txn));
    bulk->result.commit_seq = txn->counts.commit_seq;
    bulk_progress(bulk, "writing", 0, 0);
    bulk->txn = NULL;
    if (changed_anything(bulk) || catalog_size(graph_catalog(bulk->graph)) != txn->n_symbols)
        return txn_commit(txn);
    txn_end(txn);
    return STATUS_OK;
}

enum status bulk_last(struct bulk *bulk)
{
    return bulk->mode == BULK_SLICES ? last_slice(bulk) : last_of_one(bulk);
}
