/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What snapshot.c and snapshot_build.c share; nobody else includes this. */

#include "base/hash.h"
#include "graph/snapshot.h"

/* Interned texts: open addressing over dense numbers in order of arrival. */
struct texts {
    struct buf bytes;
    uint32_t *ends;      /* of each text in bytes */
    size_t n, capacity;
    uint32_t *slots;     /* number + 1; 0: free */
    size_t n_slots;      /* a power of two */
};

void texts_fini(struct texts *texts);
struct slice texts_get(const struct texts *texts, uint32_t index);
bool texts_find(uint32_t *index, const struct texts *texts, struct slice text);
MUST_CHECK enum status texts_intern(uint32_t *index, struct texts *texts, struct slice text);

/* Rows of one edge type while they grow; ends are ids until the end, then indices. */
struct rows {
    uint32_t type;
    size_t n, capacity;
    uint64_t *from_ids, *to_ids;
    uint32_t *from, *to;
    int64_t *start, *end;
    uint64_t *ids;
    int64_t *columns[EDGE_COLUMNS];
};

void rows_fini(struct rows *rows);

struct sparse_column {
    uint32_t *nodes;
    int64_t *values;
    size_t n, nodes_capacity, values_capacity;
};

struct index {
    uint32_t *offset, *rows;
};

struct snapshot_private {
    uint64_t *ids;
    uint32_t *labels;
    unsigned char *roles;
    uint32_t *key_ends;
    struct buf keys;
    struct sparse_column columns[NODE_COLUMNS];
    struct texts texts;
    struct rows *tables;
    struct edge_table *views;
    size_t n_tables;
    struct index *indexes; /* two per table */
    struct index empty;
    uint32_t *lookup;      /* id to index where ids are dense */
    uint64_t n_lookup;
};

/* What a snapshot or a builder holds. */
void snapshot_private_free(struct snapshot_private *private);

/* An edge type that is read, and which of its properties. */
struct wanted_type {
    uint32_t type;
    unsigned columns; /* bits of enum edge_column */
};

struct snapshot_builder {
    struct snapshot_private *private;
    size_t n_nodes, ids_capacity, labels_capacity, roles_capacity, ends_capacity;
    size_t tables_capacity;
    struct rows *last;        /* table of the edge added last */
    bool unsorted;
    /* What snapshot_scan.c reads; filled at its first use. */
    bool planned;
    struct wanted_type *wanted;
    size_t n_wanted, wanted_capacity;
    uint32_t node_symbols[NODE_COLUMNS], edge_symbols[EDGE_COLUMNS];
    struct arena arena;       /* for values at hand */
};
