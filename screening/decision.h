/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * The decision log: records in a hash chain, inside the store.
 *
 * Record n is JSON text; its hash is BLAKE2b-256 over the hash of record n-1, n, and the text. A
 * record names its input and answer by hash only; these lie apart and can be erased without
 * breaking the chain. Cutting the tail is found by comparing with a checkpoint kept elsewhere.
 */

#include "base/arena.h"
#include "base/hash.h"
#include "graph/graph.h"

struct decision_record {
    uint64_t seq;                      /* 1, 2, ... */
    unsigned char previous[HASH_BYTES];
    unsigned char hash[HASH_BYTES];
    struct slice body;                 /* JSON, lent by the transaction */
};

/* How a record is found again, and what lies beside it. Empty: none. */
struct decision_entry {
    struct slice body;
    struct slice decision_id, idempotency_key, application_id;
    struct slice input, answer;
};

/* Appends in a write transaction. */
MUST_CHECK enum status decision_append(uint64_t *seq, struct graph_txn *txn,
                                       const struct decision_entry *entry);
/* Of 1 to decision_last(): one that is missing is STATUS_CORRUPT. */
MUST_CHECK enum status decision_load(struct decision_record *out, struct graph_txn *txn,
                                     uint64_t seq);
/* Number of the newest record; 0: none. */
MUST_CHECK enum status decision_last(uint64_t *seq, struct graph_txn *txn);
/* The record of an engine's decision, by its name or its idempotency key; STATUS_NOT_FOUND. */
MUST_CHECK enum status decision_by_id(uint64_t *seq, struct graph_txn *txn, struct slice id);
MUST_CHECK enum status decision_by_key(uint64_t *seq, struct graph_txn *txn,
                                       struct slice idempotency_key);
/* Calls `each` with the record numbers of an application, oldest first. */
MUST_CHECK enum status decision_by_application(
    struct graph_txn *txn, struct slice application_id,
    enum status (*each)(void *context, uint64_t seq), void *context);
/* Input and answer as they were, in `arena`; STATUS_NOT_FOUND once erased. */
MUST_CHECK enum status decision_input(struct slice *input, struct slice *answer,
                                      struct arena *arena, struct graph_txn *txn, uint64_t seq);
/* Removes input and answer in a write transaction; the chain stays whole. */
MUST_CHECK enum status decision_erase(struct graph_txn *txn, uint64_t seq);

/* One line of an export, without newline. */
MUST_CHECK enum status decision_export_line(struct buf *out, const struct decision_record *record);
/* Checks chain and, where not erased, inputs. STATUS_CORRUPT names the first bad record. */
MUST_CHECK enum status decision_verify(uint64_t *n, unsigned char last[HASH_BYTES],
                                       struct graph_txn *txn);

/* Checking an exported log line by line. */
struct decision_check {
    uint64_t seq;                      /* last one seen */
    unsigned char hash[HASH_BYTES];
    bool started;                      /* an export may start later than at record 1 */
};

/* STATUS_CORRUPT names the record and what does not agree. */
MUST_CHECK enum status decision_check_line(struct decision_check *check, struct slice line);
