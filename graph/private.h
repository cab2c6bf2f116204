/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What the files of graph/ share among themselves; nothing outside the folder includes it. */

#include "graph/catalog.h"
#include "graph/edge.h"
#include "store/codec.h"
#include "store/row.h"
#include "store/store.h"

/* Rows of the meta table; others: graph/pending.h, graph/tag_row.h. */
#define META_STATE SLICE("state")
#define META_SCHEMA SLICE("schema")

struct graph {
    struct store *store;
    struct catalog *catalog;
    struct schema *schema;
    uint64_t schema_hash;     /* of its text */
    struct plan_shelf *shelf; /* what readers take of nodes and edges (snapshot_plan.c) */
};

MUST_CHECK enum status plan_shelf_open(struct plan_shelf **out);
void plan_shelf_close(struct plan_shelf *shelf);

/* One counter change of a write transaction. */
struct count_delta {
    uint32_t symbol;
    int64_t delta;
};

/* Names met lately and their symbols: nearly all rows name the same few properties. */
#define NAMES_MET 64

struct name_met {
    struct slice name; /* the catalog's */
    uint32_t symbol;   /* 0: none yet */
};

#define DATED_PROPERTIES 3

struct dated_node {
    uint64_t node;
    uint32_t day;
};

/* What the writer's commit touched so far (graph/changes.c). */
struct change_log {
    uint64_t first_new;      /* nodes from here on are new in this commit */
    uint64_t *nodes;
    size_t n_nodes, nodes_capacity;
    struct dated_node *days;
    size_t n_days, days_capacity;
    uint32_t symbols[DATED_PROPERTIES];
    struct arena arena;
};
/* A batch that a load is writing, not yet to be seen (graph/pending.h). */
struct pending {
    uint64_t number;              /* of its commit; 0: there is none */
    struct node_id first, end;    /* ids of the nodes that it adds: [first, end) */
};

struct graph_txn {
    struct graph *graph;
    struct store_txn *store;
    struct moment moment;
    struct graph_counts counts;
    bool write;
    bool apart; /* a bulk load's own: no store's transaction, names are interned in short ones */
    struct pending pending;
    bool pending_known; /* to writers from the start, to readers from the first key they look up */
    size_t n_symbols; /* stored when it began */
    bool indexed;     /* the index holds everything, and is kept */
    bool keeps_commits; /* commit rows were written by its owner (graph/dump_load.c) */
    struct count_delta *deltas;
    size_t n_deltas, deltas_capacity;
    struct buf scratch, groups, row; /* of a writer's row rewriting */
    struct edge_walk *idle_walk;     /* one kept for reuse */
    struct name_met names[NAMES_MET];
    struct change_log log;
    struct slice last_row;           /* a reader's: what a key led to is mostly loaded next */
    struct node_id last_id;
    struct row_met *rows;            /* those met lately (rows.c), or NULL */
    struct node_id *sought;          /* of rows not met before, while they are remembered */
    size_t n_sought, sought_capacity;
};

/* Reads the symbols that other transactions added. */
MUST_CHECK enum status catalog_open(struct catalog **out);
void catalog_close(struct catalog *catalog);
MUST_CHECK enum status catalog_refresh(struct catalog *catalog, struct store_txn *txn);
/*
 * Counts what the writer interned as stored, giving the number before; or goes back to a number.
 * Both while the writer still holds the store's lock, so that no other writer stands between.
 */
size_t catalog_keep(struct catalog *catalog);
void catalog_forget(struct catalog *catalog, size_t n_stored);

/*
 * Makes a writer's rows durable without a commit of their own: the state becomes `counts`, nothing
 * is counted. For rows that nobody sees yet. Ends the transaction, also on failure.
 */
MUST_CHECK enum status txn_commit_unseen(struct graph_txn *txn, const struct graph_counts *counts);

/* Adds to the live count of a label or type, flushed by txn_commit(). */
MUST_CHECK enum status txn_count_add(struct graph_txn *txn, uint32_t symbol, int64_t delta);

/* True where a version born and observed so is visible to the transaction's moment. */
MUST_CHECK enum status txn_sees(bool *sees, struct graph_txn *txn, uint64_t born,
                                int64_t observed_us);

/* The row of a node as stored; STATUS_NOT_FOUND. */
MUST_CHECK enum status row_load(struct slice *bytes, struct graph_txn *txn, struct node_id id);
/* The same, parsed; its checksum is tested when the transaction meets the row first. */
MUST_CHECK enum status row_open(struct row *row, struct slice *bytes, struct graph_txn *txn,
                                struct node_id id);
/* The same from a copy of its bytes (`copy` is empty before): for who writes while he reads it. */
MUST_CHECK enum status row_copy(struct row *row, struct buf *copy, struct graph_txn *txn,
                                struct node_id id);
/* Seeks up to AHEAD_MAX rows together: without data where only row_load() can tell. */
MUST_CHECK enum status rows_load(struct slice *rows, struct graph_txn *txn,
                                 const struct node_id *ids, size_t n);
/* node_load() of a row that was read and decoded already. */
MUST_CHECK enum status node_from_row(struct node *out, struct graph_txn *txn, struct node_id id,
                                     struct slice bytes, const struct row *row);
/* Writes a node row from its parts. */
MUST_CHECK enum status row_store(struct graph_txn *txn, struct node_id id, const struct row *row);

/*
 * A property map by name to the encoded form, sorted by symbol. Nulls are kept, as orders to remove
 * a property, and reported: properties_merge() carries them out.
 */
MUST_CHECK enum status properties_encode(struct buf *out, bool *has_null, struct graph_txn *txn,
                                         const struct value *map);
/* Encoded `new` over encoded `old`: given ones replace, nulls remove, others stay. */
MUST_CHECK enum status properties_merge(struct buf *out, struct slice old, struct slice new,
                                        bool has_null);
/* The stored form as a map by name, in key order. */
MUST_CHECK enum status properties_decode(struct value *out, struct arena *arena,
                                         struct graph_txn *txn, struct slice bytes);

/* True where the row may hold versions that the moment does not see. */
static inline bool row_is_newer(const struct row *row, const struct graph_txn *txn)
{
    return row->max_commit > txn->moment.commit_seq || txn->moment.known_at_us != TIME_MAX;
}

/* The newest commit a row knows, with this one: that of a batch lies ahead of all others. */
static inline uint64_t newer_commit(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

void walk_free(struct edge_walk *walk);

/* Whether the scan asks for the group's type and direction. */
static inline bool scan_matches(const struct edge_scan *scan, const struct group *group)
{
    enum direction direction = group_is_out(group->code) ? DIRECTION_OUT : DIRECTION_IN;

    return (!scan->type || scan->type == group_type(group->code)) &&
           (scan->direction == DIRECTION_BOTH || scan->direction == direction);
}

/* ---- versions of node records (version.c) --------------------------------------------------- */

/* From the current record to the version that the moment sees; STATUS_NOT_FOUND. */
MUST_CHECK enum status version_find(struct record *record, struct graph_txn *txn,
                                    struct node_id id);
/* The version that a commit replaced; lent by `copy`. STATUS_NOT_FOUND. */
MUST_CHECK enum status version_load(struct record *out, struct buf *copy, struct graph_txn *txn,
                                    struct node_id id, uint64_t ended);
/* Forgets it. */
MUST_CHECK enum status version_drop(struct graph_txn *txn, struct node_id id, uint64_t ended);
/*
 * Keeps the replaced record. One that this very commit made is kept only where the new one starts
 * later in the world: else nobody can ever ask for it.
 */
MUST_CHECK enum status version_keep(struct graph_txn *txn, struct node_id id,
                                    const struct record *new, const struct record *old);

/* ---- change log (changes.c) ----------------------------------------------------------------- */

void change_log_fini(struct change_log *log);
/* Another version of the node's record or of an edge of it. */
MUST_CHECK enum status changes_touch(struct graph_txn *txn, struct node_id node);
/* Something of the node starts or ends then; open ends are none. */
MUST_CHECK enum status changes_date(struct graph_txn *txn, struct node_id node, int64_t us);
#define CHANGE_KEY_MAX (1 + 4 + 8 + 8) /* of a row of the log, drawn in graph/changes.h */
/* Whether a row of the log with this key is of the commit. */
bool changes_is_of(struct slice key, uint64_t commit);
/*
 * Writes nodes of one day, ascending, as a row of the writer's commit; `append` where it comes
 * after all rows there are.
 */
MUST_CHECK enum status changes_day(struct graph_txn *txn, const struct dated_node *pairs, size_t n,
                                   bool append);
/* The record's own dates. */
MUST_CHECK enum status changes_record(struct graph_txn *txn, struct node_id node,
                                      const struct record *record);
/* Writes what was noted under the commit's number. */
MUST_CHECK enum status changes_flush(struct graph_txn *txn);
/* Says that the log is complete from this commit on, or takes that back. */
MUST_CHECK enum status changes_start(struct graph_txn *txn);
MUST_CHECK enum status changes_forget(struct graph_txn *txn);

/* ---- node records (node.c) ------------------------------------------------------------------ */

/* A node input with its properties encoded. */
struct node_part {
    const uint32_t *labels;
    size_t n_labels;
    uint32_t key_label;
    struct slice key, properties;
    bool has_null; /* among the properties */
    int64_t valid_from_us, observed_us;
};

/* Merges a part into an existing node's row. */
MUST_CHECK enum status node_merge(enum change *change, struct graph_txn *txn, struct node_id id,
                                  const struct node_part *part);
/* Whether node_merge() would write. */
MUST_CHECK enum status node_would_change(bool *changes, struct graph_txn *txn, struct node_id id,
                                         const struct node_part *part);
/* Merges a part into a record in memory; the properties go to `properties`, cleared first. */
MUST_CHECK enum status record_merge(struct record *record, struct buf *properties,
                                    const struct node_part *part);
/* Whether two versions say the same: labels, properties, deleted or not. */
bool record_same(const struct record *a, const struct record *b);
/* Copies what the node lends into `arena`, so that it outlasts a write. */
MUST_CHECK enum status node_keep(struct node *node, struct arena *arena);
/* Notes when a record that is written begins. */
void txn_begins(struct graph_txn *txn, const struct record *record);
/* Adds the labels of a live node to the counts, or takes them away. */
MUST_CHECK enum status count_labels(struct graph_txn *txn, const struct record *record,
                                    int64_t sign);
/* "_17" for node 17: the key of a node without a keyed label. */
#define GENERATED_KEY_MAX 24
struct slice generated_key(char text[GENERATED_KEY_MAX], struct node_id id);

/* ---- entries of adjacency groups (entry.c) --------------------------------------------------- */

struct entry_list {
    struct entry *items;
    size_t n, capacity;
};

void entry_list_fini(struct entry_list *list);
/* Appends the entries of one encoded run; they lend from `bytes`. */
MUST_CHECK enum status entry_list_read(struct entry_list *list, struct slice bytes,
                                       uint64_t base_born, bool is_out);
/* Appends all entries of a group, inline or in chunks; they lend from the store. */
MUST_CHECK enum status entry_list_read_group(struct entry_list *list, struct graph_txn *txn,
                                             struct node_id node, const struct row *row,
                                             const struct group *group);
/* Whether they agree in start, edge and birth (0 in `like`: any). */
static inline bool entry_is(const struct entry *entry, const struct entry *like)
{
    return entry->valid_from_us == like->valid_from_us && entry->edge.value == like->edge.value &&
           (like->born == 0 || entry->born == like->born);
}

/* Whether two OUT entries of a group are one edge to who writes it: by key, or by all they say. */
static inline bool entry_is_same_edge(const struct entry *a, const struct entry *b)
{
    if (a->other.value != b->other.value || a->has_key != b->has_key)
        return false;
    if (a->has_key)
        return slice_equal(a->key, b->key);
    return a->valid_from_us == b->valid_from_us && slice_equal(a->properties, b->properties);
}

/* The entry of this start, edge and birth (0: any); it lends from the store. STATUS_NOT_FOUND. */
MUST_CHECK enum status entry_find(struct entry *out, struct graph_txn *txn, struct node_id node,
                                  uint32_t code, const struct entry *like);
/*
 * To the chunk of a spilled group that may hold the first entry at or after the start: the last one
 * that begins before it, else the group's first. STATUS_CORRUPT: the group has none.
 */
MUST_CHECK enum status chunk_seek(struct slice *key, struct slice *value,
                                  struct store_cursor *cursor, struct node_id node,
                                  uint32_t code, int64_t from_us, struct edge_id edge);
/* True where a chunk's key belongs to the node's group. */
bool chunk_belongs(struct slice key, struct node_id node, uint32_t code);

/* ---- adjacency (adjacency.c) --------------------------------------------------------------- */

/* Puts one entry into a node's group at its place. */
MUST_CHECK enum status adjacency_put(struct graph_txn *txn, struct node_id node, uint32_t code,
                                     const struct entry *entry);
/* Takes the entry of that start, edge and birth out; STATUS_CORRUPT where it is not there. */
MUST_CHECK enum status adjacency_remove(struct graph_txn *txn, struct node_id node, uint32_t code,
                                        const struct entry *entry);

/* Entries to be put into one group of a node, sorted. */
struct adjacency_part {
    uint32_t code;
    struct entry_list entries;
};

/* Puts all parts (ascending by code) into an existing node's row. */
MUST_CHECK enum status adjacency_put_parts(struct graph_txn *txn, struct node_id node,
                                           const struct adjacency_part *parts, size_t n);

/* A group as it is being written: inline bytes, or to be spilled. */
struct group_draft {
    uint32_t code;
    uint64_t count;
    bool spilled;              /* its chunks are written already */
    bool spill;                /* it is to be spilled now */
    struct slice entries;      /* inline */
};

/*
 * Encodes the groups into `out` so that the row keeps its size, spilling the largest to chunk rows
 * where needed; `append` where the chunk rows come after all that are there.
 */
MUST_CHECK enum status groups_encode(struct buf *out, struct graph_txn *txn, struct node_id node,
                                     const struct row *row, struct group_draft *drafts, size_t n,
                                     bool append);
