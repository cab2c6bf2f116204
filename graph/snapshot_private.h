/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What the files of the snapshot share; nobody else includes this. */

#include "base/hash.h"
#include "base/slots.h"
#include "graph/snapshot.h"

/* Interned texts: open addressing over dense numbers in order of arrival. */
struct texts {
    struct buf bytes;
    uint32_t *ends;      /* of each text in bytes */
    uint32_t *hashes;    /* of each text */
    size_t n, ends_capacity, hashes_capacity;
    struct slots slots;
};

void texts_fini(struct texts *texts);
/* Forgets the texts, but keeps the memory. */
void texts_clear(struct texts *texts);
struct slice texts_get(const struct texts *texts, uint32_t index);
bool texts_find(uint32_t *index, const struct texts *texts, struct slice text);
MUST_CHECK enum status texts_intern(uint32_t *index, struct texts *texts, struct slice text);
/* Interns a text that lies in others, without hashing it anew. */
MUST_CHECK enum status texts_adopt(uint32_t *index, struct texts *texts,
                                   const struct texts *others, uint32_t other);

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
MUST_CHECK enum status rows_reserve(struct rows *rows, size_t n);
/* Gives the rows a column, absent in those there are. */
MUST_CHECK enum status rows_begin_column(struct rows *rows, enum edge_column column);

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
    uint32_t *lookup;      /* id to index + 1 where ids are dense; 0: none */
    uint64_t n_lookup;
};

/* What a snapshot or a builder holds. */
void snapshot_private_free(struct snapshot_private *private);

enum cell_type { CELL_BOOL, CELL_TEXT, CELL_INT, CELL_TIME, CELL_RATIO };

#define CELLS_MAX ((int)NODE_COLUMNS > (int)EDGE_COLUMNS ? (int)NODE_COLUMNS : (int)EDGE_COLUMNS)

/* Properties that are read, ascending, with the columns that they become. */
struct cell_list {
    uint32_t n;
    uint32_t symbols[NODE_COLUMNS];
    unsigned char columns[NODE_COLUMNS];
    enum cell_type types[NODE_COLUMNS];
};

/* An edge type that is read, and which of its properties. */
struct wanted_type {
    uint32_t type;
    unsigned columns;         /* bits of enum edge_column */
    bool of_persons;          /* only those from principals that are identifiers too */
    struct cell_list cells;
};

#define LABEL_ROLES (LABEL_GROUP + 1)

struct read_plan {
    bool partial;             /* nodes without a wanted edge are left out */
    struct wanted_type *wanted;
    size_t n_wanted, wanted_capacity;
    uint32_t *by_type;        /* per type's symbol: index in `wanted` + 1; 0: not wanted */
    size_t n_types;
    struct cell_list node_cells[LABEL_ROLES];
    struct cell_list changes; /* of principals: what their history tells */
    uint64_t version;         /* of the catalog that it was made for */
    size_t n_users;           /* under the shelf's lock */
};

MUST_CHECK enum status read_plan_make(struct read_plan **out, struct graph *graph,
                                 const struct snapshot_parts *parts);
void read_plan_freep(struct read_plan **plan);
/* Lends the graph's plan to read everything, made anew where names have come: give it back. */
MUST_CHECK enum status read_plan_lend(struct read_plan **out, struct graph *graph);
void read_plan_give_back(struct graph *graph, struct read_plan *plan);

/* What is wanted of the type, or NULL. */
static inline const struct wanted_type *read_plan_find(const struct read_plan *plan, uint32_t type)
{
    return type < plan->n_types && plan->by_type[type] ? &plan->wanted[plan->by_type[type] - 1]
                                                       : NULL;
}

bool snapshot_column_is_text(enum node_column column);
bool snapshot_edge_column_is_text(enum edge_column column);
/* The cell of a value that is no text, or CELL_ABSENT. */
int64_t read_plan_cell(enum cell_type type, const struct value *value);

struct snapshot_builder {
    struct snapshot_private *private;
    size_t n_nodes, ids_capacity, labels_capacity, roles_capacity, ends_capacity;
    size_t tables_capacity;
    struct rows *last;        /* table of the edge added last */
    bool unsorted;
    uint32_t recent_node[NODE_COLUMNS], recent_edge[EDGE_COLUMNS]; /* last text + 1; 0: none */
    const struct read_plan *plan; /* what is taken of the store; NULL: not asked yet */
    struct read_plan *lent_plan;  /* the graph's, to be given back */
    struct graph *graph;
    struct arena arena;       /* for values at hand */
};

/* An order by ids, and from where in the old order each item comes. */
struct by_id {
    uint64_t id;
    uint32_t at;
};

/* Stable: of equal ids the one that came first stays first. */
MUST_CHECK enum status by_id_sort(struct by_id *order, size_t n);

struct entry;

/* Takes an entry met at its `from` node. */
MUST_CHECK enum status snapshot_take_entry(struct snapshot_builder *builder,
                                           const struct wanted_type *wanted, struct node_id from,
                                           const struct entry *entry);
/* The label that gives a node its role, and that role. */
enum label_role snapshot_role(uint32_t *label, const struct schema *schema,
                              const struct node *node);
/* The type's rows, empty at first; lent until another type's are asked for. */
MUST_CHECK enum status snapshot_rows(struct rows **out, struct snapshot_builder *builder,
                                     uint32_t type);
/* Room for `n` more nodes with so many bytes of keys. STATUS_LIMIT. */
MUST_CHECK enum status snapshot_room(struct snapshot_builder *builder, size_t n,
                                     size_t key_bytes);
/*
 * Puts what `part` holds behind what `all` holds; where the part's ids are larger than all before,
 * nothing will need sorting. The part is empty afterwards, and keeps its memory to be used again.
 */
MUST_CHECK enum status snapshot_join(struct snapshot_builder *all, struct snapshot_builder *part);
