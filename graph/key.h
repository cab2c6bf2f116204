/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * The key table: which node a label and key lead to, now and before two nodes became one.
 *
 *   hash(5)            -> id check(1)              the node whose own key has this hash; 0: none
 *   hash(5) name       -> id check(1)              another node whose own key has it, too
 *   hash(5) name       -> id former* crc32c(4)     a second key
 *   name = label(2) key                            the key hashed past KEY_DIRECT_MAX bytes
 *   hash = label(1), 2 of the name but for its last two bytes, 2 of the whole name
 *
 * Node rows hold their keys, so the table need not: what a short row leads to is compared with the
 * key asked for. Of a million random keys of a label about 230 share their hash with another one;
 * in a book of 6.6 million keys 846 found theirs taken. Such a key, and a second key, which no node
 * holds, is written in full behind the short row, which is always there. Keys of one label lie
 * together, and so do those that differ only in their last two bytes, as a bank gives them: a batch
 * of new ones writes few pages.
 * Where no row has a key, those beside the place are tested by their check bytes: a damaged row
 * lies there still, so it is told from a key that is not there.
 */

#include "graph/graph.h"
#include "store/row.h"

/* Longer natural keys are hashed (BLAKE2b), never cut. */
#define KEY_DIRECT_MAX 480
#define KEY_HASH_BYTES 5

struct node_key {
    unsigned char bytes[KEY_HASH_BYTES + 2 + KEY_DIRECT_MAX];
    size_t size;
};

void node_key_make(struct node_key *out, uint32_t label, struct slice key);
/* From the name, as a dump has it; STATUS_INVALID where it can be none. */
MUST_CHECK enum status node_key_restore(struct node_key *out, struct slice name);

/* What a node is found by first; what a longer row is found by; and that without the hash. */
static inline struct slice key_short(const struct node_key *key)
{
    return slice_of(key->bytes, KEY_HASH_BYTES);
}

static inline struct slice key_long(const struct node_key *key)
{
    return slice_of(key->bytes, key->size);
}

static inline struct slice key_name(struct slice stored)
{
    return slice_of((const char *)stored.data + KEY_HASH_BYTES, stored.size - KEY_HASH_BYTES);
}

struct key_row {
    struct node_id id;    /* where the key leads; 0: only longer rows have this hash */
    bool is_short, alias;
    struct slice formers; /* of a second key: nodes that it led to before, varints, oldest first */
};

/* What a row holds of a key that is the node's own (id 0: of none), and of a second key. */
#define KEY_PLAIN_MAX (VARINT_MAX + 1)
struct slice key_plain(unsigned char value[KEY_PLAIN_MAX], struct slice stored, struct node_id id);
MUST_CHECK enum status key_second(struct buf *out, const struct node_key *key, struct node_id id,
                                  struct slice formers);
/* A row as stored; STATUS_CORRUPT where it is not as it was written. */
MUST_CHECK enum status key_decode(struct key_row *out, struct slice stored, struct slice value);
/* The row of a key, with what a pending batch brings; STATUS_NOT_FOUND. */
MUST_CHECK enum status key_lookup(struct key_row *out, struct graph_txn *txn,
                                  const struct node_key *key);
/* Where a key leads at the moment: node_find() that finds what a pending batch brings, too. */
MUST_CHECK enum status key_find(struct node_id *out, struct graph_txn *txn, uint32_t label,
                                struct slice key);
/* The key that the node's row holds. */
MUST_CHECK enum status key_own(struct node_key *out, struct graph_txn *txn, struct node_id id);

/* Makes a new key, known by its hash, lead to the node that has it: the node's row is there. */
MUST_CHECK enum status key_insert(struct graph_txn *txn, struct slice hash, struct node_id id);
/* Writes the short or longer row of a node's own key (id 0: a short one that leads nowhere). */
MUST_CHECK enum status key_put(struct graph_txn *txn, struct slice stored, struct node_id id);
/* Of one that comes after all in the table. */
MUST_CHECK enum status key_append(struct graph_txn *txn, struct slice hash, struct node_id id);
/* A short row that leads nowhere, where there is none: longer ones are to follow. */
MUST_CHECK enum status key_mark(struct graph_txn *txn, struct slice hash);
/* Makes the key lead to the node as a second key of it; `was`: whose own it was, or the zero id. */
MUST_CHECK enum status key_redirect(struct graph_txn *txn, const struct node_key *key,
                                    struct node_id id, struct slice formers, struct node_id was);
/* Takes the key away where it leads to the node. */
MUST_CHECK enum status key_remove(struct graph_txn *txn, const struct node_key *key,
                                  struct node_id id);
