/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading a snapshot: threads take ranges of node ids, each into a builder of its own, and the
 * builders are joined in order, so that the result does not depend on who read what.
 *
 * Which ranges there are depends on the graph alone. A thread has its own read transaction at the
 * same commit; all are over before the snapshot is put together.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "graph/index.h"
#include "graph/private.h"
#include "graph/snapshot_private.h"

#define MAX_RANGES SNAPSHOT_PARTS_MAX
#define MAX_THREADS 8
#define BLOCK ((uint64_t)INDEX_BLOCK)

struct reading {
    struct graph *graph;
    struct moment moment;
    struct read_plan *plan;
    uint64_t n_blocks;
    unsigned char *wanted;       /* per block of ids: whether to look at it; NULL: at all */
    struct snapshot_builder *parts[MAX_RANGES];
    size_t n_parts;
    atomic_size_t next;          /* range to be read */
    atomic_bool stopped;
    pthread_mutex_t lock;
    enum status status;          /* the first failure, and what it said */
    char detail[512];
};

static void reading_fini(struct reading *r)
{
    for (size_t i = 0; i < r->n_parts; i++)
        snapshot_abandon(r->parts[i]);
    read_plan_freep(&r->plan);
    free(r->wanted);
    pthread_mutex_destroy(&r->lock);
}

/* ---- rows ---------------------------------------------------------------------------------- */

static bool is_identifier(const struct schema *schema, uint32_t label)
{
    for (size_t i = 0; i < schema->n_kinds; i++)
        if (schema->kinds[i].label == label)
            return true;
    return false;
}

static bool takes(const struct wanted_type *wanted, bool person)
{
    return wanted && (!wanted->of_persons || person);
}

/* Whether any wanted edge, current or past, starts or ends at the row's node. */
static enum status has_wanted(bool *out, const struct read_plan *plan, const struct row *row)
{
    struct reader groups = reader_of(row->groups);
    struct group group;

    *out = false;
    while (!*out && group_next(&group, &groups)) {
        const struct wanted_type *wanted = read_plan_find(plan, group_type(group.code));

        *out = wanted && (!wanted->of_persons || group_is_out(group.code));
    }
    return groups.ok ? STATUS_OK
                     : fail(STATUS_CORRUPT, "adjacency groups do not decode; run check");
}

/* By the iterator: hubs, and rows whose history must be joined. */
static enum status walk_edges(struct snapshot_builder *builder, struct graph_txn *txn,
                              const struct node *node, bool person)
{
    static const struct edge_scan scan = EDGE_SCAN(0, DIRECTION_OUT);
    AUTO(edge_iter_stop) struct edge_iter it;

    for (edge_iter_start(&it, txn, node, &scan); edge_iter_next(&it);)
        if (takes(read_plan_find(builder->plan, it.edge.type), person))
            TRY(snapshot_take_edge(builder, txn, &it.edge));
    return it.status;
}

static enum status take_group(struct snapshot_builder *builder, const struct wanted_type *wanted,
                              struct node_id node, const struct row *row,
                              const struct group *group)
{
    struct reader entries = reader_of(group->entries);
    struct entry_state state = { 0 };
    struct entry entry;

    while (entry_decode(&entry, &state, &entries, row->base_born, true))
        TRY(snapshot_take_entry(builder, wanted, node, &entry));
    return entries.ok ? STATUS_OK
                      : fail(STATUS_CORRUPT, "adjacency entries do not decode; run check");
}

/* Whether all groups to be read lie in the row itself. */
static bool is_plain(const struct row *row, const struct graph_txn *txn)
{
    struct reader groups = reader_of(row->groups);
    struct group group;

    if (row_is_newer(row, txn))
        return false;
    while (group_next(&group, &groups))
        if (group.spilled && group_is_out(group.code))
            return false;
    return true;
}

static enum status take_edges(struct snapshot_builder *builder, struct graph_txn *txn,
                              const struct node *node, const struct row *row, bool person)
{
    struct reader groups = reader_of(row->groups);
    struct group group;

    if (!is_plain(row, txn))
        return walk_edges(builder, txn, node, person);
    while (group_next(&group, &groups)) {
        const struct wanted_type *wanted;

        if (!group_is_out(group.code) || group_is_past(group.code))
            continue;
        wanted = read_plan_find(builder->plan, group_type(group.code));
        if (takes(wanted, person))
            TRY(take_group(builder, wanted, node->id, row, &group));
    }
    return STATUS_OK;
}

static enum status take_row(struct snapshot_builder *builder, struct graph_txn *txn,
                            struct node_id id, struct slice bytes)
{
    const struct schema *schema = graph_schema(txn_graph(txn));
    struct node node;
    struct row row;
    bool wanted = true;
    uint32_t label;
    enum status status;

    TRY(row_decode(&row, bytes));
    if (builder->plan->partial)
        TRY(has_wanted(&wanted, builder->plan, &row));
    if (!wanted)
        return STATUS_OK;
    status = node_from_row(&node, txn, id, bytes, &row);
    if (status == STATUS_NOT_FOUND)
        return STATUS_OK;
    TRY(status);
    TRY(snapshot_take_node(builder, txn, &node));
    snapshot_role(&label, schema, &node);
    return take_edges(builder, txn, &node, &row, is_identifier(schema, label));
}

/* ---- ranges -------------------------------------------------------------------------------- */

/* Nodes of [first, end), which are ids. */
static enum status read_ids(struct snapshot_builder *builder, struct graph_txn *txn,
                            struct store_cursor *cursor, uint64_t first, uint64_t end)
{
    unsigned char at[NODE_KEY_BYTES];
    struct slice key, value;
    enum status status;

    key_put_node(at, (struct node_id){ first });
    status = store_cursor_seek(&key, &value, cursor, slice_of(at, sizeof at));
    for (; status == STATUS_OK; status = store_cursor_next(&key, &value, cursor)) {
        struct node_id id;

        if (key.size != NODE_KEY_BYTES)
            return fail(STATUS_CORRUPT, "a node's key has %zu bytes; run check", key.size);
        id = key_get_node(key.data);
        if (id.value >= end)
            return STATUS_OK;
        TRY(take_row(builder, txn, id, value));
    }
    return status == STATUS_END ? STATUS_OK : status;
}

/* The wanted blocks of one range, neighbouring ones in one go. */
static enum status read_range(struct reading *r, size_t range, struct graph_txn *txn,
                              struct store_cursor *cursor)
{
    uint64_t block = r->n_blocks * range / r->n_parts;
    uint64_t last = r->n_blocks * (range + 1) / r->n_parts;

    while (block < last) {
        uint64_t first = block;

        while (block < last && (!r->wanted || r->wanted[block]))
            block++;
        if (block > first)
            TRY(read_ids(r->parts[range], txn, cursor, first * BLOCK, block * BLOCK));
        block++;
    }
    return STATUS_OK;
}

static enum status read_ranges(struct reading *r)
{
    AUTO(txn_endp) struct graph_txn *txn = NULL;
    AUTO(store_cursor_closep) struct store_cursor *cursor = NULL;
    size_t range;

    TRY(graph_read(&txn, r->graph, &r->moment));
    TRY(store_cursor_open(&cursor, txn->store, TABLE_NODE));
    while (!atomic_load(&r->stopped) && (range = atomic_fetch_add(&r->next, 1)) < r->n_parts)
        TRY(read_range(r, range, txn, cursor));
    return STATUS_OK;
}

static void *work(void *context)
{
    struct reading *r = context;
    enum status status = read_ranges(r);

    if (status == STATUS_OK)
        return NULL;
    pthread_mutex_lock(&r->lock);
    if (r->status == STATUS_OK) {
        r->status = status;
        snprintf(r->detail, sizeof r->detail, "%s", error_detail());
    }
    pthread_mutex_unlock(&r->lock);
    atomic_store(&r->stopped, true);
    return NULL;
}

/* The caller's thread works too; where no other can be had, alone. */
static enum status read_parallel(struct reading *r)
{
    pthread_t threads[MAX_THREADS];
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    int n = 0;

    while (n + 1 < cpus && n < MAX_THREADS && n + 1 < (int)r->n_parts &&
           pthread_create(&threads[n], NULL, work, r) == 0)
        n++;
    work(r);
    while (n)
        pthread_join(threads[--n], NULL);
    return r->status == STATUS_OK ? STATUS_OK : fail(r->status, "%s", r->detail);
}

/* ---- which blocks -------------------------------------------------------------------------- */

static enum status want_label(struct reading *r, struct graph_txn *txn, uint32_t label)
{
    struct node_id at = { 1 };
    enum status status;

    while ((status = index_next_block(&at, txn, label)) == STATUS_OK) {
        uint64_t block = at.value / BLOCK;

        if (block < r->n_blocks)
            r->wanted[block] = 1;
        at.value = (block + 1) * BLOCK;
    }
    return status == STATUS_END ? STATUS_OK : status;
}

static enum status want_labels(struct reading *r, struct graph_txn *txn, const uint32_t *labels)
{
    for (; *labels; labels++)
        TRY(want_label(r, txn, *labels));
    return STATUS_OK;
}

/* Whether the schema says for all that is wanted where it starts and ends. */
static bool labels_are_known(const struct read_plan *plan, const struct schema *schema)
{
    for (size_t i = 0; i < plan->n_wanted; i++) {
        const struct schema_type *type = schema_type_of(schema, plan->wanted[i].type);

        if (!type || !type->from || !*type->from || !type->to || !*type->to)
            return false;
    }
    return true;
}

/* Blocks of labels at which wanted edges start or end, where that can be told beforehand. */
static enum status choose_blocks(struct reading *r, struct graph_txn *txn)
{
    const struct schema *schema = graph_schema(r->graph);

    if (!r->plan->partial || !index_ready(txn) || r->moment.known_at_us != TIME_MAX ||
        r->moment.commit_seq != txn->counts.commit_seq || !labels_are_known(r->plan, schema))
        return STATUS_OK;
    r->wanted = calloc(r->n_blocks + 1, 1);
    if (!r->wanted)
        return fail_memory(r->n_blocks);
    for (size_t i = 0; i < r->plan->n_wanted; i++) {
        const struct wanted_type *wanted = &r->plan->wanted[i];
        const struct schema_type *type = schema_type_of(schema, wanted->type);

        TRY(want_labels(r, txn, type->from));
        if (!wanted->of_persons)
            TRY(want_labels(r, txn, type->to));
    }
    return STATUS_OK;
}

/* ---- putting together ---------------------------------------------------------------------- */

static const struct rows *find_rows(const struct snapshot_builder *builder, uint32_t type)
{
    for (size_t i = 0; i < builder->private->n_tables; i++)
        if (builder->private->tables[i].type == type)
            return &builder->private->tables[i];
    return NULL;
}

/* Edges may start where the schema does not expect them: the counts tell. */
static enum status all_were_met(bool *out, struct graph_txn *txn, const struct reading *r)
{
    *out = true;
    for (size_t i = 0; r->wanted && i < r->plan->n_wanted && *out; i++) {
        const struct wanted_type *wanted = &r->plan->wanted[i];
        const struct rows *rows = find_rows(r->parts[0], wanted->type);
        uint64_t there;

        TRY(txn_count_symbol(&there, txn, wanted->type));
        *out = wanted->of_persons || there == (rows ? rows->n : 0);
    }
    return STATUS_OK;
}

/* A set of ids by bits. */
static bool see(uint64_t *bits, uint64_t n_bits, uint64_t id)
{
    bool new = id < n_bits && !(bits[id / 64] >> id % 64 & 1);

    if (new)
        bits[id / 64] |= (uint64_t)1 << id % 64;
    return new;
}

/* Ends that lie where nobody looked are looked up one by one. */
static enum status take_ends(struct snapshot_builder *builder, struct graph_txn *txn)
{
    const struct snapshot_private *private = builder->private;
    uint64_t n_bits = txn->counts.next_node;
    AUTO(free_ptr) uint64_t *known = calloc(n_bits / 64 + 1, sizeof *known);

    if (!known)
        return fail_memory(n_bits / 8);
    for (size_t i = 0; i < builder->n_nodes; i++)
        see(known, n_bits, private->ids[i]);
    for (size_t t = 0; t < private->n_tables; t++)
        for (size_t i = 0; i < private->tables[t].n; i++) {
            struct node_id id = { private->tables[t].to_ids[i] };
            struct node node;
            enum status status;

            if (!see(known, n_bits, id.value))
                continue;
            status = node_load(&node, txn, id);
            if (status == STATUS_NOT_FOUND)
                continue;
            TRY(status);
            TRY(snapshot_take_node(builder, txn, &node));
        }
    return STATUS_OK;
}

static enum status begin(struct reading *r, struct graph_txn *txn,
                         const struct snapshot_parts *parts)
{
    static const struct snapshot_parts all;

    *r = (struct reading){ .graph = txn_graph(txn), .moment = *txn_moment(txn),
                           .n_blocks = txn->counts.next_node / BLOCK + 1,
                           .lock = PTHREAD_MUTEX_INITIALIZER };
    TRY(read_plan_make(&r->plan, r->graph, parts ? parts : &all));
    while (r->n_parts < MAX_RANGES && (r->n_parts == 0 || r->n_parts < r->n_blocks / 8)) {
        TRY(snapshot_begin(&r->parts[r->n_parts]));
        r->parts[r->n_parts++]->plan = r->plan;
    }
    return STATUS_OK;
}

/* Reads all parts into the first; `blocks`: only those of labels that matter. */
static enum status read_joined(struct reading *r, struct graph_txn *txn,
                               const struct snapshot_parts *parts, bool blocks)
{
    TRY(begin(r, txn, parts));
    if (blocks)
        TRY(choose_blocks(r, txn));
    TRY(read_parallel(r));
    return snapshot_join(r->parts, r->n_parts);
}

static enum status finish(struct snapshot **out, struct reading *r, struct graph_txn *txn)
{
    struct snapshot_builder *complete = r->parts[0];

    if (r->plan->partial)
        TRY(take_ends(complete, txn));
    r->parts[0] = NULL;
    return snapshot_finish(out, complete);
}

enum status snapshot_read_parts(struct snapshot **out, struct graph_txn *txn,
                                const struct snapshot_parts *parts)
{
    AUTO(reading_fini) struct reading first = { .lock = PTHREAD_MUTEX_INITIALIZER };
    AUTO(reading_fini) struct reading second = { .lock = PTHREAD_MUTEX_INITIALIZER };
    bool complete;

    TRY(read_joined(&first, txn, parts, true));
    TRY(all_were_met(&complete, txn, &first));
    if (complete)
        return finish(out, &first, txn);
    TRY(read_joined(&second, txn, parts, false));
    return finish(out, &second, txn);
}

enum status snapshot_read(struct snapshot **out, struct graph_txn *txn)
{
    return snapshot_read_parts(out, txn, NULL);
}
