/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * What can be said of a store's pages without knowing what its rows mean.
 *
 * Every table is walked row by row: keys ascend, as many rows as the table counts, each row that
 * carries a seal matches it, each leaf page bears its own number, is met once, and is found from
 * the root by its first and its last key; no page kept for reuse holds rows.
 */

#include "store/store.h"

enum verify_rule {
    VERIFY_ORDER,    /* keys of a table ascend */
    VERIFY_LOOKUP,   /* a row met by walking is found by its key */
    VERIFY_COUNT,    /* a table has as many rows as it counts */
    VERIFY_SEAL,     /* a row matches its checksum */
    VERIFY_PAGE,     /* a page bears its number and is used once */
    VERIFY_FREE,     /* pages kept for reuse lie in the file, are listed once and hold no rows */
    VERIFY_ROOTS,    /* the two roots were written one after the other */
    VERIFY_READ,     /* the library can read the table to its end */
};

struct verifier {
    /* Called per finding; a failure ends the walk. `place` and `what` are lent. */
    enum status (*found)(void *context, enum verify_rule rule, const char *place,
                         const char *what);
    void *context;
    /* Set by store_verify(): something other than a seal is wrong, do not walk further. */
    bool broken;
    uint64_t pages, leaked_pages; /* leaked: neither used nor free; harmless, compact frees them */
};

/*
 * Cost: one pass over all leaf pages, two seeks per page; a bit or two of memory per page. Findings
 * are outcomes: a status is returned only where the walk itself failed.
 */
MUST_CHECK enum status store_verify(struct verifier *verifier, struct store_txn *txn);
