/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "graph/pending.h"

#include "graph/bulk_private.h"

#define BATCH_BYTES 24

enum status pending_read(struct pending *out, struct store_txn *store)
{
    struct slice value;
    enum status status = store_get(&value, store, TABLE_META, META_BATCH);

    if (status == STATUS_NOT_FOUND) {
        *out = (struct pending){ 0 };
        return STATUS_OK;
    }
    TRY(status);
    if (value.size != BATCH_BYTES)
        return fail(STATUS_CORRUPT, "the pending batch does not decode; run check");
    out->number = key_get_u64(value.data);
    out->first.value = key_get_u64((const char *)value.data + 8);
    out->end.value = key_get_u64((const char *)value.data + 16);
    return STATUS_OK;
}

enum status pending_leaves_room(const struct graph_txn *txn)
{
    if (!txn->pending.number || txn->counts.commit_seq + 1 != txn->pending.number)
        return STATUS_OK;
    return fail(STATUS_LIMIT, "%s: as many commits as can be were made beside an import that did "
                "not end; import anything to sweep it", graph_dir(txn->graph));
}

enum status pending_hides(bool *hides, struct graph_txn *txn, struct node_id id)
{
    struct record record;
    struct slice bytes;
    struct row row;

    *hides = false;
    if (!txn->pending_known) {
        TRY(pending_read(&txn->pending, txn->store));
        txn->pending_known = true;
    }
    if (!pending_beside(txn) || id.value < txn->pending.first.value ||
        id.value >= txn->pending.end.value)
        return STATUS_OK;
    TRY(row_load(&bytes, txn, id));
    TRY(row_decode(&row, bytes));
    TRY(record_decode(&record, row.record, row.base_born));
    *hides = record.born == txn->pending.number;
    return STATUS_OK;
}

enum status pending_refuse(struct graph_txn *txn, struct node_id id)
{
    struct slice bytes;
    struct row row;

    if (!pending_beside(txn))
        return STATUS_OK;
    TRY(row_load(&bytes, txn, id));
    TRY(row_decode(&row, bytes));
    return row.max_commit == txn->pending.number
               ? fail(STATUS_CONFLICT, "an import under way adds to this node; repeat after it")
               : STATUS_OK;
}

bool pending_is_row(struct slice key)
{
    return key.size >= META_BATCH.size && memcmp(key.data, META_BATCH.data, META_BATCH.size) == 0;
}

enum status pending_first_row(struct slice *key, struct slice *value,
                              unsigned char copy[META_NOTE_MAX], struct graph_txn *txn)
{
    AUTO(store_cursor_closep) struct store_cursor *cursor = NULL;

    TRY(store_cursor_open(&cursor, txn->store, TABLE_META));
    TRY(store_cursor_seek(key, value, cursor, META_BATCH));
    if (!pending_is_row(*key))
        return STATUS_END;
    if (key->size > META_NOTE_MAX)
        return fail(STATUS_CORRUPT, "a note of a pending batch does not decode; run check");
    memcpy(copy, key->data, key->size);
    key->data = copy;
    return STATUS_OK;
}

static struct slice note_key(unsigned char key[META_NOTE_MAX], struct slice kind, uint64_t id)
{
    memcpy(key, kind.data, kind.size);
    key_put_u64(key + kind.size, id);
    return slice_of(key, kind.size + 8);
}

static enum status note_part(struct graph_txn *txn, struct node_id id, bool added,
                             const struct node_part *part)
{
    AUTO(buf_fini) struct buf value = { 0 };
    unsigned char key[META_NOTE_MAX];

    TRY(buf_append_byte(&value, added));
    TRY(part_encode(&value, part));
    return store_put(txn->store, TABLE_META, note_key(key, META_NOTE_NODE, id.value),
                     buf_slice(&value));
}

static struct node_part part_of(const struct record *record)
{
    return (struct node_part){ record->labels, record->n_labels, record->key_label, record->key,
                               record->properties, false, record->valid_from_us,
                               record->observed_us };
}

enum status pending_note_node(struct graph_txn *txn, struct node_id id,
                              const struct record *record)
{
    const struct node_part part = part_of(record);

    return note_part(txn, id, true, &part);
}

/* ---- records that the batch changed --------------------------------------------------------- */

static enum status same_property(bool *same, const struct codec_property *a,
                                 const struct codec_property *b)
{
    AUTO(buf_fini) struct buf left = { 0 };
    AUTO(buf_fini) struct buf right = { 0 };

    TRY(codec_encode_properties(&left, a, 1));
    TRY(codec_encode_properties(&right, b, 1));
    *same = slice_equal(buf_slice(&left), buf_slice(&right));
    return STATUS_OK;
}

/* What leads from `old` to `new`: what differs, and nulls for what is gone. */
static enum status properties_change(struct buf *out, bool *has_null, struct slice old,
                                     struct slice new)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    struct codec_property *before = NULL, *after = NULL, *change;
    size_t n_before = 0, n_after = 0, n = 0, i = 0, k = 0;

    *has_null = false;
    TRY(codec_decode_properties(&before, &n_before, &arena, old));
    TRY(codec_decode_properties(&after, &n_after, &arena, new));
    change = arena_array(&arena, n_before + n_after + 1, sizeof *change);
    if (!change)
        return STATUS_NO_MEMORY;
    while (i < n_before || k < n_after) {
        bool both = i < n_before && k < n_after && before[i].symbol == after[k].symbol;
        bool same = false;

        if (k == n_after || (i < n_before && before[i].symbol < after[k].symbol)) {
            change[n++] = (struct codec_property){ before[i++].symbol, value_null() };
            *has_null = true;
            continue;
        }
        if (both)
            TRY(same_property(&same, &before[i++], &after[k]));
        if (!same)
            change[n++] = after[k];
        k++;
    }
    return n ? codec_encode_properties(out, change, n) : STATUS_OK;
}

static enum status note_change(struct graph_txn *txn, struct node_id id, const struct record *old,
                               const struct record *new)
{
    AUTO(buf_fini) struct buf properties = { 0 };
    struct node_part part = part_of(new);
    uint32_t labels[ROW_LABELS_MAX];

    if (old->deleted)
        return note_part(txn, id, true, &part);
    part.labels = labels;
    part.n_labels = 0;
    for (uint32_t i = 0; i < new->n_labels; i++) {
        bool there = false;

        for (uint32_t k = 0; k < old->n_labels; k++)
            there = there || old->labels[k] == new->labels[i];
        if (!there)
            labels[part.n_labels++] = new->labels[i];
    }
    TRY(properties_change(&properties, &part.has_null, old->properties, new->properties));
    part.properties = buf_slice(&properties);
    return note_part(txn, id, false, &part);
}

enum status pending_restore(bool *restored, struct graph_txn *txn, struct node_id id, bool noted)
{
    AUTO(buf_fini) struct buf copy = { 0 };
    AUTO(buf_fini) struct buf past = { 0 };
    AUTO(buf_fini) struct buf encoded = { 0 };
    uint64_t number = txn->pending.number;
    struct record old, new;
    struct row row;
    enum status status;

    *restored = false;
    TRY(row_copy(&row, &copy, txn, id));
    TRY(record_decode(&new, row.record, row.base_born));
    status = new.born == number ? version_load(&old, &past, txn, id, number) : STATUS_NOT_FOUND;
    if (status)
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    if (noted)
        TRY(note_change(txn, id, &old, &new));
    TRY(version_drop(txn, id, number));
    TRY(record_encode(&encoded, &old, row.base_born));
    row.record = buf_slice(&encoded);
    *restored = true;
    return row_store(txn, id, &row);
}

enum status pending_note_edge(struct graph_txn *txn, struct node_id from, uint32_t type,
                              const struct entry *entry)
{
    unsigned char key[META_NOTE_MAX], value[OUT_KEY_BYTES];

    key_put_u64(value, from.value);
    key_put_u32(value + 8, type);
    key_put_u64(value + 12, key_time(entry->valid_from_us));
    return store_put(txn->store, TABLE_META,
                     note_key(key, META_NOTE_EDGE, entry->edge.value),
                     slice_of(value, sizeof value));
}

/* The batch's entries among a node's current edges of a type. */
static enum status batch_entries(struct entry_list *list, struct graph_txn *txn,
                                 struct node_id from, uint32_t type)
{
    struct group group;
    struct slice bytes;
    struct row row;
    enum status status;
    size_t kept = 0;

    if (!pending_beside(txn))
        return STATUS_OK;
    TRY(row_load(&bytes, txn, from));
    TRY(row_decode(&row, bytes));
    if (row.max_commit < txn->pending.number)
        return STATUS_OK;
    status = row_find_group(&group, &row, group_code(type, false, DIRECTION_OUT));
    if (status)
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    TRY(entry_list_read_group(list, txn, from, &row, &group));
    for (size_t i = 0; i < list->n; i++)
        if (list->items[i].born == txn->pending.number)
            list->items[kept++] = list->items[i];
    list->n = kept;
    return STATUS_OK;
}

enum status pending_note_same(struct graph_txn *txn, struct node_id from, uint32_t type,
                              const struct entry *like)
{
    AUTO(entry_list_fini) struct entry_list list = { 0 };

    TRY(batch_entries(&list, txn, from, type));
    for (size_t i = 0; i < list.n; i++)
        if (entry_is_same_edge(&list.items[i], like))
            return pending_note_edge(txn, from, type, &list.items[i]);
    return STATUS_OK;
}

/* ---- edges that the batch changed ------------------------------------------------------------ */

static enum status find_change(struct edge *out, struct graph_txn *txn, const struct edge *old,
                               struct entry_list *list)
{
    TRY(batch_entries(list, txn, old->from, old->type));
    for (size_t i = 0; i < list->n; i++) {
        const struct entry *entry = &list->items[i];

        if (entry->edge.value != old->id.value)
            continue;
        *out = *old;
        out->born = entry->born;
        out->valid_from_us = entry->valid_from_us;
        out->valid_to_us = entry->valid_to_us;
        out->observed_us = entry->observed_us;
        out->properties = entry->properties;
        return STATUS_OK;
    }
    return STATUS_NOT_FOUND;
}

/* What leads from one version to the other, as a row of a load would state it. */
static enum status note_difference(struct graph_txn *txn, const struct edge *old,
                                   const struct edge *new)
{
    AUTO(buf_fini) struct buf value = { 0 };
    AUTO(buf_fini) struct buf stated = { 0 };
    AUTO(buf_fini) struct buf properties = { 0 };
    unsigned char key[META_NOTE_MAX];
    struct edge_part part = { .from = old->from, .to = old->to, .type = old->type,
                              .has_key = old->has_key, .key = old->key,
                              .valid_from_us = TIME_MIN, .valid_to_us = TIME_MAX,
                              .observed_us = new->observed_us };

    if (new->valid_from_us != old->valid_from_us)
        part.valid_from_us = new->valid_from_us;
    if (new->valid_to_us != old->valid_to_us)
        part.valid_to_us = new->valid_to_us;
    TRY(properties_change(&properties, &part.has_null, old->properties, new->properties));
    part.properties = buf_slice(&properties);
    TRY(edge_part_encode(&value, &stated, &part));
    TRY(buf_append_slice(&value, buf_slice(&stated)));
    return store_put(txn->store, TABLE_META, note_key(key, META_NOTE_CHANGE, old->id.value),
                     buf_slice(&value));
}

enum status pending_note_change(struct edge *out, struct graph_txn *txn, const struct edge *old)
{
    AUTO(entry_list_fini) struct entry_list list = { 0 };

    TRY(find_change(out, txn, old, &list));
    TRY(note_difference(txn, old, out));
    out->key = out->properties = (struct slice){ 0 }; /* lent until a write */
    return STATUS_OK;
}

enum status pending_refuse_edge(struct graph_txn *txn, const struct edge *edge)
{
    AUTO(entry_list_fini) struct entry_list list = { 0 };
    unsigned char key[META_NOTE_MAX];
    struct edge changed;
    struct slice value;
    enum status status;

    if (!pending_beside(txn))
        return STATUS_OK;
    status = find_change(&changed, txn, edge, &list);
    if (status == STATUS_NOT_FOUND)
        status = store_get(&value, txn->store, TABLE_META,
                           note_key(key, META_NOTE_CHANGE, edge->id.value));
    if (status)
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    return fail(STATUS_CONFLICT, "an import under way changes this edge; repeat after it");
}
