/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * A load under way: what readers of every format hand their rows to.
 *
 * Normalises keys, chooses key labels, resolves ID spaces, adds what the schema lacks (and says
 * so), counts and writes rejects. Rows go to a bulk load (graph/bulk.h), or, where the input
 * depends on its order (closings, several versions of a node), to one write transaction.
 */

#include "graph/bulk.h"
#include "graph/schema.h"

struct load;
struct load_space;

struct load_options {
    struct graph_txn *txn;  /* write into this transaction, which stays the caller's; NULL: bulk */
    size_t memory_bytes;    /* of the bulk load; 0: its default */
    unsigned threads;       /* 1: none but the caller's; 0: those that pay */
    const char *source;     /* becomes the property `source` of rows without one; NULL: none */
    const char *rejects;    /* file for rejected rows, NULL: none */
    uint64_t max_errors;
    bool dates;             /* some nodes say since when they are so: see load_repeats_node() */
    bool strict;            /* refuse labels and types that the schema does not declare */
    void (*progress)(void *context, const char *phase, uint64_t done, uint64_t total);
    void *context;
};

struct load_result {
    uint64_t nodes, edges;  /* newly added */
    uint64_t nodes_changed, edges_changed;
    uint64_t rejected;
    uint64_t n_slices;      /* of a load into a populated graph; 0: it was one transaction */
    uint64_t n_long;        /* of them, those that held the write lock beyond TURN_HOLD_MAX_US */
    int64_t longest_us;     /* that one held it */
};

/* Gives a load on `graph`; keeps `options`' texts. */
MUST_CHECK enum status load_open(struct load **out, struct graph *graph,
                                 const struct load_options *options);
/* Drops what was not finished. */
void load_close(struct load *load);
void load_closep(struct load **load);
/*
 * Publishes. With more rejects than allowed nothing is published and the answer is
 * STATUS_INVALID; `result` is filled in either way.
 */
MUST_CHECK enum status load_finish(struct load_result *result, struct load *load);

/* Rows that are read again: what is to be noted of them was noted. */
void load_hush(struct load *load, bool hushed);
/* Counts and writes a row that was refused because of `reason`. */
MUST_CHECK enum status load_reject(struct load *load, const char *file, uint64_t line,
                                   const char *reason);

/* An ID space: the key labels of the nodes that were given in it. "" is the common one. */
MUST_CHECK enum status load_space_find(struct load_space **out, struct load *load,
                                       struct slice name);

/* Labels of a row, resolved. */
struct load_labels {
    uint32_t symbols[NODE_LABELS_MAX];
    uint32_t n;
    uint32_t key; /* the one that gives the key */
};

/*
 * Labels from a text, several split by `;`, repetitions left out. The first keyed one, else the
 * first the schema does not declare, gives the key. STATUS_INVALID: none, too many, two keyed
 * ones, or strict.
 */
MUST_CHECK enum status load_labels_of(struct load_labels *out, struct load *load,
                                      struct slice text);
MUST_CHECK enum status load_type_of(uint32_t *type, struct load *load, struct slice name);

/* A key made ready some rows ahead of its use. */
struct load_key {
    struct bulk_key key; /* normalised; lent by who keeps it. Label 0: not ready */
    bool valid;
};

/*
 * Normalises `raw` for the label into `text` (whose content the key lends). False: it can't be made
 * ready, which is for its row to complain about. From any thread.
 */
bool load_make_ready(struct load_key *key, struct buf *text, const struct load *load,
                     uint32_t label, struct slice raw);
/* Has the place fetched where a key made ready will be looked up. */
void load_hint(const struct load *load, const struct load_key *key);
/* How many threads readers may use. */
unsigned load_threads(const struct load *load);
/* The label that ends in the space most likely have, or 0. */
uint32_t load_space_label(const struct load_space *space);

/* Whether what became of a row is a reason to reject it; else it ends the load. */
static inline bool load_rejects(enum status status)
{
    return status == STATUS_INVALID || status == STATUS_LIMIT;
}

struct load_node {
    const struct load_labels *labels;
    struct load_space *space;       /* NULL: none */
    struct slice key;               /* as given */
    const struct load_key *ready;   /* the same, made ready; or NULL */
    struct value_pair *properties;  /* in key order; room for two more behind them */
    size_t n_properties;
    int64_t valid_from_us, observed_us;
};

struct load_end {
    uint32_t label;                 /* 0: by the space */
    struct load_space *space;
    struct slice key;               /* as given */
    const struct load_key *ready;   /* the same, made ready; or NULL */
};

struct load_edge {
    uint32_t type;
    struct load_end from, to;
    bool has_key;
    struct slice key;
    struct value_pair *properties;  /* as in load_node */
    size_t n_properties;
    int64_t valid_from_us, valid_to_us, observed_us;
};

/* Whether a bulk load got several rows of one node: between nodes and edges. */
bool load_repeats_node(const struct load *load);
MUST_CHECK enum status load_node_row(struct load *load, const struct load_node *row);
MUST_CHECK enum status load_edge_row(struct load *load, const struct load_edge *row);
/*
 * Ends edges; needs a transaction. With a key: that edge. Without: the one open edge of the type
 * between the two; several are STATUS_INVALID.
 */
MUST_CHECK enum status load_close_row(struct load *load, const struct load_edge *row);
