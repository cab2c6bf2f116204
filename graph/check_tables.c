/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables beside nodes and edges: keys, past versions, symbols, commits, counters. */

#include <stdio.h>

#include "base/hash.h"
#include "base/text.h"
#include "graph/check_private.h"
#include "graph/key.h"
#include "graph/pending.h"

/* ---- keys ----------------------------------------------------------------------------------- */

struct key_walk {
    struct check *check;
    bool exact; /* second pass: compare each row with its node */
    uint64_t n;
    char place[PLACE_BYTES];
    unsigned char hash[KEY_HASH_BYTES]; /* of the last short row */
    bool has_short, alone; /* there was one; it leads nowhere, and none followed it so far */
};

/* Said of few rows: not written before it is. */
static const char *key_place(struct key_walk *walk)
{
    snprintf(walk->place, sizeof walk->place, "key %llu", (unsigned long long)walk->n);
    return walk->place;
}

/* Whether the node holds the key under which it was found. */
static enum status key_is_of(bool *is, struct check *check, struct node_id id, struct slice key)
{
    struct node_key own;

    *is = key_own(&own, check->txn, id) == STATUS_OK &&
          slice_equal(key.size == KEY_HASH_BYTES ? key_short(&own) : key_long(&own), key);
    return STATUS_OK;
}

static bool is_node(const struct check *check, uint64_t id)
{
    return id && id <= check->last_node && bit_get(check->present, id);
}

/* The node that the row leads to, and those that it led to before. */
static bool leads_to_nodes(const struct check *check, const struct key_row *row)
{
    struct reader formers = reader_of(row->formers);
    bool all = is_node(check, row->id.value) || (row->is_short && !row->id.value);

    while (all && formers.at < formers.end)
        all = is_node(check, reader_varint(&formers));
    return all && formers.ok;
}

/* Longer rows come behind the short row of their hash; behind one that leads nowhere, some do. */
static bool in_place(struct key_walk *walk, struct slice key, const struct key_row *row)
{
    bool follows = walk->has_short && memcmp(walk->hash, key.data, KEY_HASH_BYTES) == 0;
    bool sound = row->is_short ? !walk->alone : follows;

    walk->alone = row->is_short && !row->id.value;
    walk->has_short = walk->has_short || row->is_short;
    if (row->is_short)
        memcpy(walk->hash, key.data, KEY_HASH_BYTES);
    return sound;
}

static enum status visit_key(void *context, struct slice key, struct slice value)
{
    struct key_walk *walk = context;
    struct check *check = walk->check;
    struct key_row row = { 0 };
    bool is;

    walk->n++;
    if (key_decode(&row, key, value) || !leads_to_nodes(check, &row))
        return walk->exact ? STATUS_OK
                           : check_report(check, CHECK_KEY_NODE, key_place(walk),
                                          "it leads to no node (%llu)",
                                          (unsigned long long)row.id.value);
    if (!in_place(walk, key, &row) && !walk->exact)
        TRY(check_report(check, CHECK_KEY_NODE, key_place(walk), "a row of its hash is missing"));
    if (row.alias || !row.id.value)
        return STATUS_OK;
    if (!walk->exact) {
        check_sum_add(&check->key_rows, hash64(slice_of(key.data, KEY_HASH_BYTES), row.id.value));
        return STATUS_OK;
    }
    TRY(key_is_of(&is, check, row.id, key));
    return is ? STATUS_OK
              : check_report(check, CHECK_KEY_NODE, key_place(walk), "node %llu has another key",
                             (unsigned long long)row.id.value);
}

static enum status visit_keyed(void *context, struct slice key, struct slice value)
{
    struct check *check = context;
    char place[PLACE_BYTES];
    struct record record;
    struct node_id found = { 0 };
    struct row row;
    uint64_t id = key.size == NODE_KEY_BYTES ? key_get_node(key.data).value : 0;

    if (row_decode(&row, value) || record_decode(&record, row.record, row.base_born) ||
        !record.key_label || record.born == check->pending.number)
        return STATUS_OK;
    if (node_find(&found, check->txn, record.key_label, record.key) == STATUS_OK &&
        found.value == id)
        return STATUS_OK;
    snprintf(place, sizeof place, "node %llu", (unsigned long long)id);
    return check_report(check, CHECK_NODE_KEY, place, "its key leads to node %llu",
                        (unsigned long long)found.value);
}

enum status check_keys(struct check *check)
{
    struct key_walk walk = { .check = check };

    TRY(check_each_row(check, TABLE_KEY, visit_key, &walk));
    if (walk.alone)
        TRY(check_report(check, CHECK_KEY_NODE, key_place(&walk), "a row of its hash is missing"));
    if (memcmp(&check->node_keys, &check->key_rows, sizeof check->node_keys) == 0)
        return STATUS_OK;
    TRY(check_each_row(check, TABLE_NODE, visit_keyed, check));
    walk = (struct key_walk){ .check = check, .exact = true };
    return check_each_row(check, TABLE_KEY, visit_key, &walk);
}

/* ---- past versions -------------------------------------------------------------------------- */

struct past_walk {
    struct check *check;
    uint64_t node, ended; /* of the row before */
    uint64_t n_nodes;     /* that were there before the commit that made their current version */
    char place[PLACE_BYTES];
};

/* The newest replaced version must end where the current one begins. */
static enum status close_chain(struct past_walk *walk)
{
    struct record record;
    struct slice bytes;
    struct row row;

    if (!walk->node)
        return STATUS_OK;
    if (row_load(&bytes, walk->check->txn, (struct node_id){ walk->node }) ||
        row_decode(&row, bytes) || record_decode(&record, row.record, row.base_born))
        return STATUS_OK; /* said where nodes are walked */
    walk->n_nodes += record.born != row.base_born;
    if (record.has_past && record.born == walk->ended)
        return STATUS_OK;
    return check_report(walk->check, CHECK_PAST_CHAIN, walk->place,
                        "the last one ends with commit %llu, the current one begins with %llu",
                        (unsigned long long)walk->ended, (unsigned long long)record.born);
}

static enum status visit_past(void *context, struct slice key, struct slice value)
{
    struct past_walk *walk = context;
    struct check *check = walk->check;
    /* A longer key: the version began and ended within one commit (version.c). */
    bool within = key.size == 24;
    uint64_t node = key.size == 16 || within ? key_get_u64(key.data) : 0;
    uint64_t ended = node ? key_get_u64((const char *)key.data + 8) : 0;
    struct record record;
    struct row row;
    bool sound;

    if (node != walk->node) {
        TRY(close_chain(walk));
        walk->node = node;
        walk->ended = 0;
        snprintf(walk->place, sizeof walk->place, "node %llu", (unsigned long long)node);
    }
    check->result->versions++;
    if (node == 0 || node > check->last_node || !bit_get(check->present, node))
        return check_report(check, CHECK_PAST_ROW, walk->place, "the node is not there");
    if (row_decode(&row, value) || record_decode(&record, row.record, row.base_born))
        return check_report(check, CHECK_PAST_ROW, walk->place, "%s", error_detail());
    TRY(properties_sound(&sound, check, record.properties));
    if (!sound)
        TRY(check_report(check, CHECK_PAST_ROW, walk->place, "its properties do not decode"));
    if (within != (ended == record.born) || ended < record.born ||
        (ended > check->counts.commit_seq && ended != check->pending.number) ||
        (walk->ended && record.born != walk->ended))
        TRY(check_report(check, CHECK_PAST_CHAIN, walk->place,
                         "a version from commit %llu to %llu follows one that ends with %llu",
                         (unsigned long long)record.born, (unsigned long long)ended,
                         (unsigned long long)walk->ended));
    walk->ended = ended;
    return STATUS_OK;
}

/*
 * Whoever says that he has replaced versions has some, but for a node that was made by the commit
 * that made its current version: that one may have overtaken them all (version.c).
 */
enum status check_past(struct check *check)
{
    struct past_walk walk = { .check = check };

    TRY(check_each_row(check, TABLE_PAST, visit_past, &walk));
    TRY(close_chain(&walk));
    if (walk.n_nodes != check->nodes_with_past)
        return check_report(check, CHECK_PAST_CHAIN, "nodes",
                            "%llu have replaced versions and %llu say so",
                            (unsigned long long)walk.n_nodes,
                            (unsigned long long)check->nodes_with_past);
    return STATUS_OK;
}

/* ---- symbols and commits -------------------------------------------------------------------- */

struct numbered_walk {
    struct check *check;
    uint64_t n;
    int64_t time_us;
    char place[PLACE_BYTES];
};

static enum status visit_symbol(void *context, struct slice key, struct slice name)
{
    struct numbered_walk *walk = context;
    struct catalog *catalog = walk->check->txn->graph->catalog;

    walk->n++;
    snprintf(walk->place, sizeof walk->place, "symbol %llu", (unsigned long long)walk->n);
    if (key.size != 4 || key_get_u32(key.data) != walk->n)
        return check_report(walk->check, CHECK_SYMBOL_DENSE, walk->place, "there is a gap");
    if (!text_valid_utf8(name, NULL) || catalog_find(catalog, name) != walk->n)
        return check_report(walk->check, CHECK_SYMBOL_NAME, walk->place,
                            "its name is no text, or another's too");
    return STATUS_OK;
}

enum status check_symbols(struct check *check)
{
    struct numbered_walk walk = { .check = check };

    return check_each_row(check, TABLE_SYMBOL, visit_symbol, &walk);
}

/* A load in slices takes a number far ahead of the commit before it: a gap like no other. */
#define SKIP_MIN (PENDING_AHEAD / 2)

static enum status visit_commit(void *context, struct slice key, struct slice value)
{
    struct numbered_walk *walk = context;
    int64_t time_us = value.size == 8 ? (int64_t)key_get_u64(value.data) : TIME_MIN;
    uint64_t number = key.size == 8 ? key_get_u64(key.data) : 0;

    snprintf(walk->place, sizeof walk->place, "commit %llu", (unsigned long long)walk->n + 1);
    if (number != walk->n + 1 && (number <= walk->n || number - walk->n < SKIP_MIN))
        return check_report(walk->check, CHECK_COMMIT_DENSE, walk->place, "there is a gap");
    if (value.size != 8 || time_us <= walk->time_us)
        TRY(check_report(walk->check, CHECK_COMMIT_TIME, walk->place,
                         "it is not later than the one before"));
    walk->n = number;
    walk->time_us = time_us;
    return STATUS_OK;
}

enum status check_commits(struct check *check)
{
    struct numbered_walk walk = { .check = check, .time_us = TIME_MIN };

    TRY(check_each_row(check, TABLE_COMMIT, visit_commit, &walk));
    if (walk.n != check->counts.commit_seq)
        return check_report(check, CHECK_COMMIT_DENSE, "commits",
                            "the newest that is recorded is %llu, and of all %llu",
                            (unsigned long long)walk.n,
                            (unsigned long long)check->counts.commit_seq);
    return STATUS_OK;
}

/* ---- counters ------------------------------------------------------------------------------- */

static enum status check_total(struct check *check, const char *what, uint64_t met,
                               uint64_t counted)
{
    if (met == counted)
        return STATUS_OK;
    return check_report(check, CHECK_COUNT_TOTAL, what, "%llu were met and %llu are counted",
                        (unsigned long long)met, (unsigned long long)counted);
}

enum status check_counts(struct check *check)
{
    char place[PLACE_BYTES];

    TRY(check_total(check, "nodes", check->live_nodes, check->counts.nodes));
    TRY(check_total(check, "edges", check->current_edges, check->counts.edges));
    if (check->last_edge >= check->counts.next_edge)
        TRY(check_report(check, CHECK_COUNT_NEXT, "edges",
                         "edge %llu is there and the next is %llu",
                         (unsigned long long)check->last_edge,
                         (unsigned long long)check->counts.next_edge));
    for (uint32_t symbol = 1; symbol <= check->n_symbols; symbol++) {
        uint64_t counted;

        TRY(txn_count_symbol(&counted, check->txn, symbol));
        snprintf(place, sizeof place, "symbol %u", symbol);
        if (counted != check->expected[symbol])
            TRY(check_report(check, CHECK_COUNT_SYMBOL, place,
                             "%llu were met and %llu are counted",
                             (unsigned long long)check->expected[symbol],
                             (unsigned long long)counted));
    }
    return STATUS_OK;
}
