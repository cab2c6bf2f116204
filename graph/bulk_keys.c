/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keys of the nodes that a bulk load added, in the order of the key table. */

#include <string.h>

#include "graph/bulk_private.h"
#include "graph/key.h"

static enum status add_twin(struct bulk *bulk, struct node_id ours, struct node_id theirs)
{
    TRY(array_reserve(&bulk->twins, &bulk->twins_capacity, bulk->n_twins + 1));
    bulk->twins[bulk->n_twins++] = (struct bulk_twin){ ours, theirs };
    return STATUS_OK;
}

/* A new node's key whose hash some row has, unless another writer gave it to a node of his own. */
static enum status write_met(struct bulk *bulk, struct graph_txn *txn, struct slice hash,
                             struct node_id id)
{
    struct node_key own;
    struct key_row row;
    enum status status;

    TRY(key_own(&own, txn, id));
    status = key_lookup(&row, txn, &own);
    if (status == STATUS_OK)
        return add_twin(bulk, id, row.id);
    return status == STATUS_NOT_FOUND ? key_insert(txn, hash, id) : status;
}

static enum status write_key(struct bulk *bulk, struct slice hash, struct slice value,
                             bool same_as_last)
{
    struct reader reader = reader_of(value);
    struct node_id id = bulk_real(bulk, (struct node_id){ reader_varint(&reader) });
    struct graph_txn *txn;
    struct slice there;
    enum status status;

    TRY(bulk_writer(&txn, bulk));
    if (bulk->graph_was_empty)
        return same_as_last ? key_insert(txn, hash, id) : key_append(txn, hash, id);
    status = store_get(&there, txn->store, TABLE_KEY, hash);
    if (status && status != STATUS_NOT_FOUND)
        return status;
    TRY(status ? key_put(txn, hash, id) : write_met(bulk, txn, hash, id));
    return bulk_step(bulk);
}

enum status bulk_write_keys(struct bulk *bulk)
{
    uint64_t done = 0, total = sorter_count(bulk->keys);
    unsigned char last[KEY_HASH_BYTES];
    struct slice key, value;
    enum status status;

    TRY(bulk_sort(bulk, bulk->keys));
    while ((status = sorter_next(&key, &value, bulk->keys)) == STATUS_OK) {
        TRY(write_key(bulk, key, value, done && !memcmp(last, key.data, sizeof last)));
        memcpy(last, key.data, sizeof last);
        bulk_progress(bulk, "writing keys", ++done, total);
    }
    sorter_free(bulk->keys);
    bulk->keys = NULL;
    return status == STATUS_END ? STATUS_OK : status;
}
