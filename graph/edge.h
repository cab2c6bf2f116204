/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Edges of a node, ordered by valid_from (undated first) and edge id.
 *
 * A scan visits one type or all, one direction or both, from a window of starts; a window costs
 * one seek and what it holds. Versions replaced or deleted are not met when reading now; reading
 * at an earlier commit or known_at finds them, for which a group that has any is read whole. What
 * came later, or is of a load under way, costs no more than its own decoding.
 */

#include "graph/node.h"

struct edge {
    struct edge_id id;
    uint32_t type;
    enum direction direction; /* as met: OUT where `from` is the scanned node, else IN */
    struct node_id from, to;
    int64_t valid_from_us;    /* TIME_MIN: always */
    int64_t valid_to_us;      /* exclusive; TIME_MAX: still */
    int64_t observed_us;      /* TIME_MIN: the commit's time */
    uint64_t born;            /* commit that brought this version */
    bool has_key;             /* was given an edge key (text in `key` where loaded) */
    bool loaded;              /* key and properties are present (always so when met OUT) */
    struct slice key;         /* lent */
    struct slice properties;  /* lent: encoded */
};

/* The scanned node's other end. */
static inline struct node_id edge_other(const struct edge *edge)
{
    return edge->direction == DIRECTION_OUT ? edge->to : edge->from;
}

/* valid_from <= T < valid_to */
static inline bool edge_active(const struct edge *edge, int64_t at_us)
{
    return edge->valid_from_us <= at_us && at_us < edge->valid_to_us;
}

struct edge_scan {
    uint32_t type;            /* symbol; 0: any type */
    enum direction direction;
    int64_t from_us;          /* starts in [from_us, before_us) */
    int64_t before_us;        /* TIME_MAX: no end */
    bool newest_first;
};

#define EDGE_SCAN(type_, direction_)                                                               \
    {                                                                                              \
        .type = (type_), .direction = (direction_), .from_us = TIME_MIN, .before_us = TIME_MAX     \
    }

struct edge_iter {
    struct edge edge;         /* lent: valid until the next call */
    enum status status;       /* after the loop: STATUS_OK means the walk was complete */
    uint64_t n_read;          /* edges decoded so far, for read budgets */
    struct edge_walk *walk;   /* private */
};

/*
 * Keeps `txn`, copies `scan`, needs `node` only during the call. Pair with edge_iter_stop(), also
 * after a failure. Types come in symbol order; within one type OUT before IN, each by time.
 */
void edge_iter_start(struct edge_iter *it, struct graph_txn *txn, const struct node *node,
                     const struct edge_scan *scan);
bool edge_iter_next(struct edge_iter *it);
void edge_iter_stop(struct edge_iter *it);

/*
 * Edges of the type and direction that start in [from_us, before_us), current versions: whole
 * degree O(1); a window costs its two end chunks, and a step and a checksum per chunk between.
 */
MUST_CHECK enum status edge_count(uint64_t *n, struct graph_txn *txn, const struct node *node,
                                  const struct edge_scan *scan);

/* Fills key and properties of an edge met IN, from its other end. Cost: one or two seeks. */
MUST_CHECK enum status edge_load(struct edge *edge, struct graph_txn *txn);
/* The property's value, STATUS_NOT_FOUND; loads first where needed. */
MUST_CHECK enum status edge_property(struct value *out, struct arena *arena, struct graph_txn *txn,
                                     struct edge *edge, uint32_t property);
MUST_CHECK enum status edge_properties(struct value *out, struct arena *arena,
                                       struct graph_txn *txn, struct edge *edge);
/*
 * Finds an edge again by what evidence keeps of it: its from node, type, start and id.
 * STATUS_NOT_FOUND where that version is no longer current.
 */
MUST_CHECK enum status edge_find(struct edge *out, struct graph_txn *txn, struct node_id from,
                                 uint32_t type, int64_t valid_from_us, struct edge_id id);

struct edge_input {
    uint32_t type;
    struct node_id from, to;
    bool has_key;
    struct slice key;        /* given, or built from the schema's identity properties */
    int64_t valid_from_us, valid_to_us, observed_us;
    struct value properties; /* a map by name, or null */
};

#define EDGE_INPUT_INIT                                                                            \
    { .valid_from_us = TIME_MIN, .valid_to_us = TIME_MAX, .observed_us = TIME_MIN }

/*
 * The times of a keyed edge after a row: what it states replaces, what it leaves open (TIME_MIN,
 * TIME_MAX) stays. But a start at or behind the end that was there begins a new period, without an
 * end, and an end before the start that was there is one of a period whose start nobody states.
 */
void edge_merge_times(int64_t *from_us, int64_t *to_us, int64_t stated_from_us,
                      int64_t stated_to_us);
/*
 * Adds the edge. Identity is (type, from, to, key); without a key it is valid_from and all
 * properties, so an equal row changes nothing. A keyed edge that is there gets a new version where
 * the input differs. STATUS_INVALID where a node is not there. Cost: two row rewrites; finding a
 * keyed edge scans the smaller of the two ends' groups.
 */
MUST_CHECK enum status edge_upsert(struct edge_id *id, enum change *change, struct graph_txn *txn,
                                   const struct edge_input *input);
/* A new version of a met edge with these properties (whole map) and the same identity. */
MUST_CHECK enum status edge_update(struct graph_txn *txn, const struct edge *edge,
                                   const struct value *properties);
/* A new version of a met edge that ends at valid_to_us. */
MUST_CHECK enum status edge_close(struct graph_txn *txn, const struct edge *edge,
                                  int64_t valid_to_us, int64_t observed_us);
/* Retracts a met edge: gone from now on, still there for earlier commits. */
MUST_CHECK enum status edge_delete(struct graph_txn *txn, const struct edge *edge);
