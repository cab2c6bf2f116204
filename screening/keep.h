/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What the decision log says of a decision: writing its record, and reading it back. */

#include "screening/answer.h"
#include "screening/request.h"

/* Appends the record of an answer, with input and policy kept; in a write transaction. */
MUST_CHECK enum status keep_decision(struct graph_txn *txn, const struct answer *answer,
                                     const struct request *request, struct slice input,
                                     struct slice json, const struct policy *policy);
/* Appends a person's decision over the engine's. STATUS_NOT_FOUND, with a detail: no such one. */
MUST_CHECK enum status keep_override(struct graph_txn *txn, struct slice decision_id,
                                     enum decision decision, struct slice person,
                                     struct slice reason);

/*
 * Erases input and answer of a decision and appends who did so and why; the record of the decision
 * and the chain stay. STATUS_NOT_FOUND, with a detail: no such decision; STATUS_INVALID: erased
 * before.
 */
MUST_CHECK enum status keep_erasure(struct graph_txn *txn, struct slice decision_id,
                                    struct slice person, struct slice reason);

/* The text of a policy that was used; STATUS_CORRUPT where it is missing. */
MUST_CHECK enum status keep_find_policy(struct slice *text, struct graph_txn *txn,
                                        const char *hash);

enum kept_kind {
    KEPT_DECISION, /* the engine's */
    KEPT_OVERRIDE, /* a person's over it */
    KEPT_ERASURE,  /* of its input and answer */
};

/* A record's fields; text lives in `arena`. */
struct kept {
    enum kept_kind kind;
    struct slice decision_id, application_id;
    enum decision decision;  /* of an erasure: the one that stands */
    int64_t score;
    struct slice level;      /* empty: none */
    int64_t at_us;           /* clock time */
    int64_t as_of_us;
    uint64_t commit_seq, publication, overlay;
    const char *policy_name, *policy_hash;
    const char *const *skipped; /* probes that the deadline left out, NULL-terminated */
    struct slice person, reason;
};

MUST_CHECK enum status kept_parse(struct kept *out, struct arena *arena, struct slice body);
