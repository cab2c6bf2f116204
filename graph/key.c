/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finding, giving and taking keys; the bytes of their rows are in key_row.c. */
#include "graph/key.h"

#include "graph/ahead.h"
#include "graph/pending.h"
#include "graph/private.h"

/* ---- finding -------------------------------------------------------------------------------- */

static enum status row_of(struct slice *bytes, struct graph_txn *txn, struct node_id id)
{
    enum status status = row_load(bytes, txn, id);

    return status == STATUS_NOT_FOUND
               ? fail(STATUS_CORRUPT, "the key table leads to node %llu, which is not there; "
                      "run check", (unsigned long long)id.value)
               : status;
}

enum status key_own(struct node_key *out, struct graph_txn *txn, struct node_id id)
{
    struct record record;
    struct slice bytes;
    struct row row;

    TRY(row_of(&bytes, txn, id));
    TRY(row_decode(&row, bytes));
    TRY(record_decode(&record, row.record, row.base_born));
    node_key_make(out, record.key_label, record.key);
    return STATUS_OK;
}

/* A row that holds the very key is taken without its checksum, which who uses the row tests. */
static bool holds(struct slice bytes, struct slice name)
{
    const unsigned char *at = name.data;
    struct record record;
    struct row row;

    return row_peek(&row, bytes) == STATUS_OK &&
           record_decode(&record, row.record, row.base_born) == STATUS_OK &&
           record.key_label == (uint32_t)(at[0] << 8 | at[1]) &&
           record.key.size <= KEY_DIRECT_MAX &&
           slice_equal(record.key, slice_of(at + 2, name.size - 2));
}

/* Whether the key is the node's own; if not, its hash must be that of the node's own. */
static enum status is_own(bool *own, struct graph_txn *txn, struct node_id id,
                          const struct node_key *key)
{
    struct node_key other;
    struct slice bytes;

    TRY(row_of(&bytes, txn, id));
    *own = holds(bytes, key_name(key_long(key)));
    if (*own)
        return STATUS_OK;
    TRY(key_own(&other, txn, id));
    if (!slice_equal(key_short(&other), key_short(key)))
        return fail(STATUS_CORRUPT, "the key table leads to node %llu, which has another key; "
                    "run check", (unsigned long long)id.value);
    *own = slice_equal(key_long(&other), key_long(key));
    return STATUS_OK;
}

/* No row has the key: those beside the place must be sound, or one of them was damaged. */
static enum status not_there(struct graph_txn *txn, struct slice stored)
{
    AUTO(store_cursor_closep) struct store_cursor *cursor = NULL;
    struct slice key, value;
    struct key_row row;
    enum status status;

    TRY(store_cursor_open(&cursor, txn->store, TABLE_KEY));
    status = store_cursor_seek_before(&key, &value, cursor, stored);
    if (status == STATUS_OK)
        status = key_decode(&row, key, value);
    if (status == STATUS_OK)
        status = store_cursor_next(&key, &value, cursor);
    else if (status == STATUS_END)
        status = store_cursor_seek(&key, &value, cursor, stored);
    if (status == STATUS_OK)
        status = key_decode(&row, key, value);
    return status && status != STATUS_END ? status : STATUS_NOT_FOUND;
}

static enum status row_get(struct key_row *row, struct graph_txn *txn, struct slice stored)
{
    struct slice value;
    enum status status = store_get(&value, txn->store, TABLE_KEY, stored);

    if (status == STATUS_NOT_FOUND)
        return not_there(txn, stored);
    TRY(status);
    return key_decode(row, stored, value);
}

/* From the short row to the one that is the key's. */
static enum status settle(struct key_row *row, struct graph_txn *txn, const struct node_key *key)
{
    bool own = false;

    if (row->id.value)
        TRY(is_own(&own, txn, row->id, key));
    return own ? STATUS_OK : row_get(row, txn, key_long(key));
}

enum status key_lookup(struct key_row *out, struct graph_txn *txn, const struct node_key *key)
{
    struct key_row row;

    TRY(row_get(&row, txn, key_short(key)));
    TRY(settle(&row, txn, key));
    *out = row;
    return STATUS_OK;
}

static enum status stood(bool *stood, struct graph_txn *txn, struct node_id id)
{
    struct node node;
    enum status status = node_load_whenever(&node, txn, id);

    *stood = status == STATUS_OK;
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

/* The node to which the key led at the moment: the first former one that had not ended yet. */
static enum status find_former(struct node_id *out, struct graph_txn *txn, struct slice formers)
{
    struct reader reader = reader_of(formers);

    while (reader.at < reader.end) {
        struct node_id id = { reader_varint(&reader) };
        bool found;

        if (!reader.ok)
            return fail(STATUS_CORRUPT, "the key table does not decode; run check");
        TRY(stood(&found, txn, id));
        if (found) {
            *out = id;
            return STATUS_OK;
        }
    }
    return STATUS_OK;
}

static bool looks_back(const struct graph_txn *txn)
{
    return txn->moment.known_at_us != TIME_MAX ||
           txn->moment.commit_seq < txn->counts.commit_seq;
}

/* Where the row leads at the moment. */
static enum status lead(struct node_id *out, struct graph_txn *txn, const struct key_row *row)
{
    *out = row->id;
    return row->formers.size && looks_back(txn) ? find_former(out, txn, row->formers) : STATUS_OK;
}

enum status key_find(struct node_id *out, struct graph_txn *txn, uint32_t label, struct slice key)
{
    struct node_key asked;
    struct key_row row;

    node_key_make(&asked, label, key);
    TRY(key_lookup(&row, txn, &asked));
    return lead(out, txn, &row);
}

/* Gives the node unless only a pending batch brings it. */
static enum status give(struct node_id *out, struct graph_txn *txn, struct node_id found)
{
    bool hides;

    TRY(pending_hides(&hides, txn, found));
    if (hides)
        return STATUS_NOT_FOUND;
    *out = found;
    return STATUS_OK;
}

enum status node_find(struct node_id *out, struct graph_txn *txn, uint32_t label,
                      struct slice key)
{
    struct node_id found;

    TRY(key_find(&found, txn, label, key));
    return give(out, txn, found);
}

/* ---- finding many --------------------------------------------------------------------------- */

#define FIND_BATCH 8u

/* Short rows, and then the rows of the nodes that they lead to, are sought together. */
static enum status short_rows(struct key_row *rows, struct graph_txn *txn,
                              const struct node_key *keys, size_t n)
{
    struct slice stored[FIND_BATCH], values[FIND_BATCH];
    struct ahead ahead = { .txn = txn };

    for (size_t i = 0; i < n; i++)
        stored[i] = key_short(&keys[i]);
    TRY(store_get_together(values, txn->store, TABLE_KEY, stored, n));
    for (size_t i = 0; i < n; i++) {
        rows[i] = (struct key_row){ 0 };
        if (!values[i].data)
            continue;
        TRY(key_decode(&rows[i], stored[i], values[i]));
        if (rows[i].id.value)
            TRY(ahead_node(&ahead, rows[i].id));
    }
    return ahead_seek(&ahead);
}

static enum status find_one(struct node_id *out, struct graph_txn *txn, struct key_row *row,
                            const struct node_key *key)
{
    struct node_id found;

    TRY(row->is_short ? settle(row, txn, key) : key_lookup(row, txn, key));
    TRY(lead(&found, txn, row));
    return give(out, txn, found);
}

static enum status find_batch(struct node_id *ids, struct graph_txn *txn,
                              const struct node_name *names, size_t n)
{
    struct node_key keys[FIND_BATCH];
    struct key_row rows[FIND_BATCH];

    for (size_t i = 0; i < n; i++)
        node_key_make(&keys[i], names[i].label, names[i].key);
    TRY(short_rows(rows, txn, keys, n));
    for (size_t i = 0; i < n; i++) {
        enum status status = find_one(&ids[i], txn, &rows[i], &keys[i]);

        if (status == STATUS_NOT_FOUND)
            ids[i] = (struct node_id){ 0 };
        else
            TRY(status);
    }
    return STATUS_OK;
}

enum status node_find_all(struct node_id *ids, struct graph_txn *txn,
                          const struct node_name *names, size_t n)
{
    for (size_t done = 0, batch; done < n; done += batch) {
        batch = n - done < FIND_BATCH ? n - done : FIND_BATCH;
        TRY(find_batch(ids + done, txn, names + done, batch));
    }
    return STATUS_OK;
}

/* ---- writing -------------------------------------------------------------------------------- */

enum status key_put(struct graph_txn *txn, struct slice stored, struct node_id id)
{
    unsigned char value[KEY_PLAIN_MAX];

    return store_put(txn->store, TABLE_KEY, stored, key_plain(value, stored, id));
}

enum status key_append(struct graph_txn *txn, struct slice hash, struct node_id id)
{
    unsigned char value[KEY_PLAIN_MAX];

    return store_append(txn->store, TABLE_KEY, hash, key_plain(value, hash, id));
}

/* The short row of a hash; one that leads nowhere where there is none. */
static enum status short_row(struct key_row *row, bool *there, struct graph_txn *txn,
                             struct slice hash)
{
    struct slice value;
    enum status status = store_get(&value, txn->store, TABLE_KEY, hash);

    *there = status == STATUS_OK;
    *row = (struct key_row){ .is_short = true };
    if (status)
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    return key_decode(row, hash, value);
}

enum status key_insert(struct graph_txn *txn, struct slice hash, struct node_id id)
{
    struct node_key own;
    struct key_row row;
    bool there;

    TRY(short_row(&row, &there, txn, hash));
    if (!row.id.value)
        return key_put(txn, hash, id);
    TRY(key_own(&own, txn, id));
    return key_put(txn, key_long(&own), id);
}

enum status key_mark(struct graph_txn *txn, struct slice hash)
{
    struct key_row row;
    bool there;

    TRY(short_row(&row, &there, txn, hash));
    return there ? STATUS_OK : key_put(txn, hash, (struct node_id){ 0 });
}

enum status key_redirect(struct graph_txn *txn, const struct node_key *key, struct node_id id,
                         struct slice formers, struct node_id was)
{
    AUTO(buf_fini) struct buf value = { 0 };
    struct key_row row;
    bool there;

    TRY(short_row(&row, &there, txn, key_short(key)));
    if (!there || row.id.value == was.value)
        TRY(key_put(txn, key_short(key), (struct node_id){ 0 }));
    TRY(key_second(&value, key, id, formers));
    return store_put(txn->store, TABLE_KEY, key_long(key), buf_slice(&value));
}

/* A short row that leads nowhere goes with the last longer one. */
static enum status drop_short(struct graph_txn *txn, struct slice hash)
{
    AUTO(store_cursor_closep) struct store_cursor *cursor = NULL;
    struct slice key, value;
    enum status status;

    TRY(store_cursor_open(&cursor, txn->store, TABLE_KEY));
    TRY(store_cursor_seek(&key, &value, cursor, hash));
    status = store_cursor_next(&key, &value, cursor);
    if (status && status != STATUS_END)
        return status;
    if (status == STATUS_OK && key.size > hash.size && !memcmp(key.data, hash.data, hash.size))
        return key_put(txn, hash, (struct node_id){ 0 });
    store_cursor_close(cursor);
    cursor = NULL;
    return store_delete(txn->store, TABLE_KEY, hash);
}

enum status key_remove(struct graph_txn *txn, const struct node_key *key, struct node_id id)
{
    struct key_row first, row;
    enum status status;
    bool there;

    TRY(short_row(&first, &there, txn, key_short(key)));
    if (!there)
        return STATUS_OK;
    if (first.id.value == id.value)
        return drop_short(txn, key_short(key));
    status = row_get(&row, txn, key_long(key));
    if (status == STATUS_NOT_FOUND || (status == STATUS_OK && row.id.value != id.value))
        return STATUS_OK;
    TRY(status);
    TRY(store_delete(txn->store, TABLE_KEY, key_long(key)));
    return first.id.value ? STATUS_OK : drop_short(txn, key_short(key));
}

enum status node_alias(struct graph_txn *txn, struct node_id id, uint32_t label,
                       struct slice key)
{
    struct node_id other;
    struct node_key asked;
    enum status status = key_find(&other, txn, label, key);

    if (status == STATUS_OK)
        TRY(pending_refuse(txn, other));
    if (status == STATUS_OK && other.value == id.value)
        return STATUS_OK;
    if (status == STATUS_OK)
        return fail(STATUS_EXISTS, "that key leads to another node already");
    if (status != STATUS_NOT_FOUND)
        return status;
    node_key_make(&asked, label, key);
    return key_redirect(txn, &asked, id, (struct slice){ 0 }, (struct node_id){ 0 });
}
