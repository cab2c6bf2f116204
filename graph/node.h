/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Nodes: found by label and key, read in one seek, changed by upsert.
 *
 * A node's row holds its record and its small adjacency groups, so a node that was loaded is
 * walked (graph/edge.h) without another seek.
 */

#include "base/arena.h"
#include "base/value.h"
#include "graph/graph.h"

#define NODE_LABELS_MAX 16

struct node {
    struct node_id id;
    uint32_t labels[NODE_LABELS_MAX]; /* symbols, ascending */
    uint32_t n_labels;
    uint32_t key_label;       /* the keyed label, or 0 */
    bool deleted;
    bool has_past;            /* was otherwise before: see graph/history.h */
    struct slice key;         /* lent: natural key as normalised, or the generated key */
    struct slice properties;  /* lent: encoded; read with node_property() */
    int64_t valid_from_us;    /* of this version; TIME_MIN: always */
    int64_t observed_us;      /* TIME_MIN: its commit's time */
    uint64_t born;            /* commit that brought this version */
    struct slice row;         /* lent: the whole row, for graph/edge.h */
};

/* The node with this label and (normalised) key, or STATUS_NOT_FOUND. Cost: one seek. */
MUST_CHECK enum status node_find(struct node_id *out, struct graph_txn *txn, uint32_t label,
                                 struct slice key);
struct node_name {
    uint32_t label;
    struct slice key; /* normalised */
};

/* The same for many, faster than in turn: ids[i] is 0 where there is no such node. */
MUST_CHECK enum status node_find_all(struct node_id *ids, struct graph_txn *txn,
                                     const struct node_name *names, size_t n);
/*
 * Lends the node's version at the transaction's moment. STATUS_NOT_FOUND: no such id, deleted, or
 * not there yet at that moment. Cost: one seek, plus its history only when reading the past.
 */
MUST_CHECK enum status node_load(struct node *out, struct graph_txn *txn, struct node_id id);
/* Whether there is a version at that moment; *there is false also for an id that never was. */
MUST_CHECK enum status node_is_there(bool *there, struct graph_txn *txn, struct node_id id);
/* As node_load(), but one that is yet to begin at the moment is given as it will be. */
MUST_CHECK enum status node_load_whenever(struct node *out, struct graph_txn *txn,
                                          struct node_id id);
/* Whether the node is there now: its id and key remain when it is deleted. Cost: one seek. */
MUST_CHECK enum status node_is_live(bool *live, struct graph_txn *txn, struct node_id id);

bool node_has_label(const struct node *node, uint32_t label);
/* The property's value (text and items in `arena` or lent by the transaction), STATUS_NOT_FOUND. */
MUST_CHECK enum status node_property(struct value *out, struct arena *arena,
                                     const struct node *node, uint32_t property);
/* All properties as a map by name, in key order. */
MUST_CHECK enum status node_properties(struct value *out, struct arena *arena,
                                       struct graph_txn *txn, const struct node *node);

/* Nodes in id order, or those of one label: with the index, blocks of others are left out. */
struct node_iter {
    struct node node;      /* lent until the next call */
    enum status status;    /* after the loop: STATUS_OK means the walk was complete */
    struct graph_txn *txn;
    uint32_t label;        /* 0: all */
    struct node_id next;
    uint64_t block_end;    /* ids below lie in a block that has the label */
    bool jumped;           /* the cursor does not stand before `next` */
    struct store_cursor *cursor;
};

/* Keeps `txn`. Pair with node_iter_stop(). */
void node_iter_start(struct node_iter *it, struct graph_txn *txn, uint32_t label);
bool node_iter_next(struct node_iter *it);
void node_iter_stop(struct node_iter *it);

enum change {
    CHANGE_NONE,    /* already so: nothing written */
    CHANGE_ADDED,
    CHANGE_CHANGED, /* a new version; the old one stays in history */
};

struct node_input {
    const uint32_t *labels; /* symbols, any order */
    size_t n_labels;
    uint32_t key_label;     /* one of them, or 0: no natural key */
    struct slice key;       /* normalised; 1 byte and up. Without key_label: ignored, generated */
    struct value properties; /* a map (by name) or null */
    int64_t valid_from_us;  /* of this change; TIME_MIN: always */
    int64_t observed_us;    /* TIME_MIN: the commit's time */
};

#define NODE_INPUT_INIT { .valid_from_us = TIME_MIN, .observed_us = TIME_MIN }

/*
 * Adds the node, or merges labels and properties into the one with that key: given properties
 * replace, null removes, others stay. What says nothing new changes nothing, but lets a node begin
 * that is not there yet. Gives its id and what changed (both optional).
 */
MUST_CHECK enum status node_upsert(struct node_id *id, enum change *change, struct graph_txn *txn,
                                   const struct node_input *input);
/*
 * Replaces labels and properties of an existing node (key_label and key stay as they are).
 * STATUS_NOT_FOUND: there is none, or it was deleted.
 */
MUST_CHECK enum status node_update(struct graph_txn *txn, struct node_id id,
                                   const struct node_input *input);
/*
 * Ends the node, also one that is yet to begin; its history stays. STATUS_NOT_FOUND: it is not
 * there. STATUS_CONFLICT while it has live edges, unless `detach` (which ends them too, counted in
 * *n_edges, optional), and where an import under way adds to it.
 */
MUST_CHECK enum status node_delete(uint64_t *n_edges, struct graph_txn *txn, struct node_id id,
                                   bool detach);
/* Makes a second (label, key) lead to the node. STATUS_EXISTS where it leads to another one. */
MUST_CHECK enum status node_alias(struct graph_txn *txn, struct node_id id, uint32_t label,
                                  struct slice key);
