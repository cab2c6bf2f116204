/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Snapshot: the part of a graph that batch work reads, in arrays, at one commit.
 *
 * Nodes are indices 0..n_nodes-1 in ascending node id. Edges lie in one table per type, ordered
 * by (from, start, id); an edge is also a number over all tables (table->base + row). Properties
 * that somebody reads are columns of int64_t: texts are interned, times are microseconds, ratios
 * are billionths. Immutable once finished but for indexes, which are built on demand by one
 * thread. About 32 bytes an edge and 40 bytes a node plus its key.
 */

#include "graph/edge.h"
#include "graph/schema.h"

#define CELL_ABSENT INT64_MIN
#define RATIO_ONE ((int64_t)1000000000)
#define NODE_NONE UINT32_MAX

enum node_column {
    NODE_BLOCKED,       /* 0 or 1 */
    NODE_STATUS,        /* text */
    NODE_INDUSTRY,      /* text */
    NODE_REGISTERED_ON, /* time */
    NODE_NET_ASSETS,    /* net_assets_minor */
    NODE_CLASS,         /* text */
    NODE_LEVEL,         /* text: building or room */
    NODE_NAME,          /* text */
    NODE_KEY_VALID,     /* 0 or 1 */
    NODE_PRODUCT,       /* text */
    NODE_LENDER,        /* text */
    NODE_LEGAL_REP,     /* text, as stated */
    NODE_AMOUNT,        /* amount_minor */
    NODE_CURRENCY,      /* text */
    NODE_OUTCOME,       /* text */
    NODE_OVERDUE_SINCE, /* time */
    NODE_OVERDUE_UNTIL, /* time */
    NODE_INDUSTRY_CHANGED, /* times at which another industry began; several cells a node */
    NODE_NAME_CHANGED,     /* the same for names, folded */
    NODE_COLUMNS,
};

enum edge_column {
    EDGE_RATIO,    /* billionths */
    EDGE_AMOUNT,   /* amount_minor */
    EDGE_CURRENCY, /* text */
    EDGE_STATUS,   /* text */
    EDGE_ROLE,     /* text */
    EDGE_VERIFIED, /* 0 or 1 */
    EDGE_RELATION, /* text */
    EDGE_COLUMNS,
};

/* Rows of a node: rows[offset[node]] .. rows[offset[node + 1] - 1]; rows NULL: the offsets. */
struct adjacency {
    const uint32_t *offset;
    const uint32_t *rows;
};

static inline uint32_t adjacency_row(const struct adjacency *adjacency, uint32_t at)
{
    return adjacency->rows ? adjacency->rows[at] : at;
}

struct edge_table {
    uint32_t type;        /* symbol */
    uint32_t base;        /* number of its first edge over all tables */
    uint32_t n;
    const uint32_t *from, *to;
    const int64_t *start, *end; /* TIME_MIN, TIME_MAX: open */
    const uint64_t *ids;
    const int64_t *columns[EDGE_COLUMNS]; /* NULL where no row has one */
};

static inline int64_t edge_cell(const struct edge_table *table, uint32_t row,
                                enum edge_column column)
{
    return table->columns[column] ? table->columns[column][row] : CELL_ABSENT;
}

static inline bool edge_row_active(const struct edge_table *table, uint32_t row, int64_t at_us)
{
    return table->start[row] <= at_us && at_us < table->end[row];
}

struct snapshot {
    uint32_t n_nodes;
    const uint64_t *ids;
    const uint32_t *labels;     /* the label that gives the role */
    const unsigned char *roles; /* enum label_role */
    const struct edge_table *tables;
    size_t n_tables;
    uint32_t n_edges;
    struct snapshot_private *private_;
};

/* Edges by what they mean, for runs that need few of them. */
enum snapshot_part {
    PART_OWNERSHIP = 1,
    PART_MEMBERSHIP = 2,
    PART_KIN = 4,
    PART_REPRESENTS = 8,
    PART_APPLIED = 16,
    PART_GUARANTEES = 32,
    PART_MONEY = 64,        /* accounts, loans, and what flows between them */
    PART_DEVICES = 128,     /* links by which principals reach devices; */
    PART_PHONES = 256,      /* phones; */
    PART_ADDRESSES = 512,   /* addresses; */
    PART_OTHER_LINKS = 1024, /* any other kind */
    PART_FILINGS_OF_PERSONS = 2048, /* APPLIED of principals that are identifiers too */
    PART_ALL = 2047,
};

struct snapshot_parts {
    unsigned edges;         /* bits of enum snapshot_part; 0: everything */
    unsigned cells;         /* bits of enum node_column; unused with everything */
};

/*
 * Reads all nodes, and the edges of the types that `schema` gives a meaning, as they are at the
 * moment of `txn`. Threads read beside it, on transactions of their own for the same commit; none
 * is open when it returns. O(nodes + edges).
 */
MUST_CHECK enum status snapshot_read(struct snapshot **out, struct graph_txn *txn);
/*
 * Reads only those edges, the nodes at their ends, and those cells. Where the graph keeps its
 * index, nodes of labels at which no such edge starts or ends are not looked at.
 */
MUST_CHECK enum status snapshot_read_parts(struct snapshot **out, struct graph_txn *txn,
                                           const struct snapshot_parts *parts);
void snapshot_free(struct snapshot *snapshot);
void snapshot_freep(struct snapshot **snapshot);

/* NODE_NONE where it has no such node. O(1) or O(log nodes). */
uint32_t snapshot_find(const struct snapshot *snapshot, struct node_id id);
/* Lends the key. */
struct slice snapshot_key(const struct snapshot *snapshot, uint32_t node);
/* Order of natural keys: bytes of the key, then label, then id. */
int snapshot_key_compare(const struct snapshot *snapshot, uint32_t a, uint32_t b);
/* CELL_ABSENT where the node has none. O(log rows of the column). */
int64_t snapshot_cell(const struct snapshot *snapshot, uint32_t node, enum node_column column);
/* Lends all cells that the node has in the column, in the order added. O(log rows + cells). */
const int64_t *snapshot_cells(size_t *n, const struct snapshot *snapshot, uint32_t node,
                              enum node_column column);
/* Lends the text of a cell; empty for CELL_ABSENT. */
struct slice snapshot_text(const struct snapshot *snapshot, int64_t cell);
/* The cell that this text would have, or CELL_ABSENT where no cell has it. */
int64_t snapshot_text_cell(const struct snapshot *snapshot, struct slice text);
/* The type's table; an empty one where there are no such edges. */
const struct edge_table *snapshot_table(const struct snapshot *snapshot, uint32_t type);
/* The table and row of an edge number. */
const struct edge_table *snapshot_edge(uint32_t *row, const struct snapshot *snapshot,
                                       uint32_t edge);
/* Rows of the table by their from (OUT) or to (IN) node; built at first use, then kept. */
MUST_CHECK enum status snapshot_index(struct adjacency *out, const struct snapshot *snapshot,
                                      const struct edge_table *table, enum direction direction);

/*
 * Builder: nodes and edges in any order (in ascending order nothing needs sorting). Cells belong
 * to the node or edge added last. Edges with an unknown end are left out.
 */
struct snapshot_builder;

MUST_CHECK enum status snapshot_begin(struct snapshot_builder **out);
void snapshot_abandon(struct snapshot_builder *builder);
void snapshot_abandonp(struct snapshot_builder **builder);
MUST_CHECK enum status snapshot_add_node(struct snapshot_builder *builder, struct node_id id,
                                         uint32_t label, enum label_role role, struct slice key);
MUST_CHECK enum status snapshot_node_cell(struct snapshot_builder *builder,
                                          enum node_column column, int64_t value);
MUST_CHECK enum status snapshot_node_text(struct snapshot_builder *builder,
                                          enum node_column column, struct slice text);
MUST_CHECK enum status snapshot_add_edge(struct snapshot_builder *builder, uint32_t type,
                                         struct node_id from, struct node_id to, int64_t start_us,
                                         int64_t end_us, struct edge_id id);
MUST_CHECK enum status snapshot_edge_cell(struct snapshot_builder *builder,
                                          enum edge_column column, int64_t value);
MUST_CHECK enum status snapshot_edge_text(struct snapshot_builder *builder,
                                          enum edge_column column, struct slice text);
/* The cell of the edge added last, or CELL_ABSENT. */
int64_t snapshot_newest_cell(const struct snapshot_builder *builder, enum edge_column column);
/* Takes the builder, also on failure. */
MUST_CHECK enum status snapshot_finish(struct snapshot **out, struct snapshot_builder *builder);

/* As snapshot_finish() of a copy; the builder can go on growing. */
MUST_CHECK enum status snapshot_finish_copy(struct snapshot **out,
                                            const struct snapshot_builder *builder);

/*
 * Adds a node with its label, key and cells as the store has it, or an edge with its cells
 * (`edge` loaded or not): what snapshot_read() and live gatherings share.
 */
MUST_CHECK enum status snapshot_take_node(struct snapshot_builder *builder,
                                          struct graph_txn *txn, const struct node *node);
MUST_CHECK enum status snapshot_take_edge(struct snapshot_builder *builder,
                                          struct graph_txn *txn, struct edge *edge);
/* Whether edges of this type are read at all. */
bool snapshot_wants(struct snapshot_builder *builder, struct graph_txn *txn, uint32_t type);
