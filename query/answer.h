/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * An answer kept whole: its rows outlive the transaction, so that a slow reader of the output
 * holds no snapshot of the store.
 *
 * Nodes become {"labels", "key", "properties"}, relationships {"type", "from", "to",
 * "properties"}, with "valid_from" and "valid_to" where they are set, paths lists alternating
 * both; or all of them text, for tables.
 */

#include "query/query.h"

struct answer {
    struct arena arena;
    struct value *cells; /* row by row */
    size_t n_rows, n_columns, capacity;
    bool as_text;        /* nodes, relationships and paths as text */
    uint64_t max_bytes;  /* 0: none */
};

/* A query_row: `context` is the answer. STATUS_LIMIT past max_bytes. */
MUST_CHECK enum status answer_row(void *context, struct eval *eval, const struct value *values,
                                  size_t n);
void answer_fini(struct answer *answer);
/* A copy of the value in which nothing needs the graph any more. */
MUST_CHECK enum status value_plain(struct value *out, struct arena *arena, struct eval *eval,
                                   const struct value *value, bool as_text);
