/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The key table: which node a label and key lead to, now and before two nodes became one. */

#include <stdio.h>

#include "base/hash.h"
#include "graph/pending.h"

/* UTF-8 never holds this byte, so a hashed key is no other key's text. */
#define HASHED_MARK 0xff

void node_key_make(struct node_key *out, uint32_t label, struct slice key)
{
    out->bytes[0] = (unsigned char)(label >> 8);
    out->bytes[1] = (unsigned char)label;
    if (key.size <= KEY_DIRECT_MAX) {
        if (key.size)
            memcpy(out->bytes + 2, key.data, key.size);
        out->size = 2 + key.size;
        return;
    }
    out->bytes[2] = HASHED_MARK;
    hash256(out->bytes + 3, key);
    out->size = 3 + HASH_BYTES;
}

static struct slice key_slice(const struct node_key *key)
{
    return slice_of(key->bytes, key->size);
}

/* The seal of a second key's row: nothing else tells that it is as it was written. */
static uint32_t alias_seal(struct slice stored, struct node_id id, struct slice formers)
{
    return crc32c(stored) ^ (uint32_t)hash_mix64(id.value) ^ crc32c(formers);
}

static bool alias_decode(struct key_row *row, struct slice stored, struct reader *reader)
{
    size_t left = (size_t)(reader->end - reader->at);
    uint32_t seal;

    if (left < sizeof seal)
        return false;
    row->formers = slice_of(reader->at, left - sizeof seal);
    memcpy(&seal, reader->end - sizeof seal, sizeof seal);
    return seal == alias_seal(stored, row->id, row->formers);
}

enum status key_decode(struct key_row *out, struct slice stored, struct slice value)
{
    struct reader reader = reader_of(value);
    struct key_row row = { .id = { reader_varint(&reader) } };

    row.alias = reader.ok && reader.at < reader.end;
    if (!reader.ok || (row.alias && !alias_decode(&row, stored, &reader)))
        return fail(STATUS_CORRUPT, "the key table does not decode; run check");
    *out = row;
    return STATUS_OK;
}

/* Whether the node was there at the moment's commit and knowledge, whenever it was valid. */
static enum status stood(bool *stood, struct graph_txn *txn, struct node_id id)
{
    int64_t as_of_us = txn->moment.as_of_us;
    struct node node;
    enum status status;

    txn->moment.as_of_us = TIME_MAX;
    status = node_load(&node, txn, id);
    txn->moment.as_of_us = as_of_us;
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

/* Where the key leads whose row has this value. */
static enum status lead(struct node_id *out, struct graph_txn *txn, const struct node_key *stored,
                        struct slice value)
{
    struct key_row row;

    TRY(key_decode(&row, key_slice(stored), value));
    if (row.formers.size && looks_back(txn))
        TRY(find_former(&row.id, txn, row.formers));
    *out = row.id;
    return STATUS_OK;
}

static enum status find_stored(struct node_id *out, struct graph_txn *txn,
                               const struct node_key *stored)
{
    struct slice value;

    TRY(store_get(&value, txn->store, TABLE_KEY, key_slice(stored)));
    return lead(out, txn, stored, value);
}

enum status key_find(struct node_id *out, struct graph_txn *txn, uint32_t label, struct slice key)
{
    struct node_key stored;

    node_key_make(&stored, label, key);
    return find_stored(out, txn, &stored);
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

#define FIND_BATCH 8u

static enum status find_batch(struct node_id *ids, struct graph_txn *txn,
                              const struct node_name *names, size_t n)
{
    struct node_key stored[FIND_BATCH];
    struct slice keys[FIND_BATCH], values[FIND_BATCH];

    for (size_t i = 0; i < n; i++) {
        node_key_make(&stored[i], names[i].label, names[i].key);
        keys[i] = key_slice(&stored[i]);
    }
    TRY(store_get_together(values, txn->store, TABLE_KEY, keys, n));
    for (size_t i = 0; i < n; i++) {
        struct node_id found = { 0 };
        enum status status = values[i].data ? lead(&found, txn, &stored[i], values[i])
                                            : find_stored(&found, txn, &stored[i]);

        ids[i] = (struct node_id){ 0 };
        if (status == STATUS_OK)
            status = give(&ids[i], txn, found);
        if (status != STATUS_NOT_FOUND)
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

enum status key_insert(struct graph_txn *txn, struct node_id id, uint32_t label, struct slice key)
{
    unsigned char value[VARINT_MAX];
    struct node_key stored;

    node_key_make(&stored, label, key);
    return store_put(txn->store, TABLE_KEY, key_slice(&stored),
                     slice_of(value, varint_write(value, id.value)));
}

enum status key_redirect(struct graph_txn *txn, struct slice stored, struct node_id id,
                         struct slice formers)
{
    AUTO(buf_fini) struct buf value = { 0 };
    uint32_t seal = alias_seal(stored, id, formers);

    TRY(varint_append(&value, id.value));
    TRY(buf_append_slice(&value, formers));
    TRY(buf_append(&value, &seal, sizeof seal));
    return store_put(txn->store, TABLE_KEY, stored, buf_slice(&value));
}

enum status node_alias(struct graph_txn *txn, struct node_id id, uint32_t label,
                       struct slice key)
{
    struct node_key stored;
    struct node_id other;
    enum status status = key_find(&other, txn, label, key);

    if (status == STATUS_OK)
        TRY(pending_refuse(txn, other));
    if (status == STATUS_OK && other.value == id.value)
        return STATUS_OK;
    if (status == STATUS_OK)
        return fail(STATUS_EXISTS, "that key leads to another node already");
    if (status != STATUS_NOT_FOUND)
        return status;
    node_key_make(&stored, label, key);
    return key_redirect(txn, key_slice(&stored), id, (struct slice){ 0 });
}
