/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Invariants of the change log: an incremental run looks at what it names, and at nothing else. */

#include <stdio.h>
#include <stdlib.h>

#include "graph/changes.h"
#include "graph/check_private.h"

enum rule { RULE_CHANGE_ROW, RULE_CHANGE_LOG };

#define REMEDY "retag with --full; restore a backup"

static const struct check_rule rules[] = {
    { "change-row", CHECK_DAMAGE, "a row of the change log decodes and names nodes given out",
      REMEDY },
    { "change-log", CHECK_DAMAGE, "every node touched since the change log began is in it",
      REMEDY },
};

struct log_walk {
    struct check *check;
    const unsigned char *named; /* a bit per node that the log names */
    uint64_t end;               /* of the ids given out */
};

static enum status check_node(void *context, struct slice key, struct slice value)
{
    const struct log_walk *walk = context;
    uint64_t id = key.size == NODE_KEY_BYTES ? key_get_node(key.data).value : 0;
    char place[PLACE_BYTES];
    bool complete;
    struct row row;

    /* Other damage is said by others. */
    if (!id || id >= walk->end || bit_get(walk->named, id) || row_decode(&row, value))
        return STATUS_OK;
    TRY(changes_complete(&complete, walk->check->txn, row.max_commit - 1));
    if (!complete)
        return STATUS_OK;
    snprintf(place, sizeof place, "node %llu", (unsigned long long)id);
    return check_found(walk->check, &rules[RULE_CHANGE_LOG], place,
                       "commit %llu touched it and no commit says so",
                       (unsigned long long)row.max_commit);
}

static enum status check_log(struct check *check, unsigned char *named, uint64_t end)
{
    struct log_walk walk = { check, named, end };
    uint64_t bad_row;

    TRY(changes_mark(named, &bad_row, check->txn, end));
    if (bad_row)
        TRY(check_found(check, &rules[RULE_CHANGE_ROW], "change log", "its row %llu",
                        (unsigned long long)bad_row));
    return check_each_row(check, TABLE_NODE, check_node, &walk);
}

static enum status run_check(struct check *check, struct graph_txn *txn)
{
    uint64_t end = txn_counts(txn).next_node;
    AUTO(free_ptr) unsigned char *named = calloc((size_t)(end >> 3) + 1, 1);

    return named ? check_log(check, named, end) : fail_memory((size_t)(end >> 3) + 1);
}

const struct check_part check_part_changes = { "changes", rules, sizeof rules / sizeof *rules,
                                               run_check };
