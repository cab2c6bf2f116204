/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading a snapshot: threads take ranges of node ids, each into a builder at hand, and what was
 * read is put behind what stands before it, so that the result does not depend on who read what.
 *
 * Which ranges there are depends on the graph alone. They are small, so that a builder is used
 * again while its memory is in the cache. A thread has its own read transaction at the same commit;
 * all are over before the snapshot is put in order.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/worker.h"
#include "graph/index.h"
#include "graph/private.h"
#include "graph/snapshot_private.h"

#define BLOCK ((uint64_t)INDEX_BLOCK)
#define RANGE_BLOCKS 8u

struct reading {
    struct graph *graph;
    struct moment moment;
    struct read_plan *plan;
    uint64_t n_blocks;
    unsigned char *wanted;       /* per block of ids: whether to look at it; NULL: at all */
    size_t n_ranges;
    atomic_size_t next;          /* range to be read */
    atomic_bool stopped;
    struct snapshot_builder *all; /* the ranges that were joined so far */
    pthread_mutex_t lock;        /* of what follows */
    struct snapshot_builder **parts; /* per range: what was read of it, until it is joined */
    size_t n_joined;
    bool joining;                /* by one of the threads */
    struct snapshot_builder **spare; /* empty ones, to be used again */
    size_t n_spare;
};

static void reading_fini(struct reading *r)
{
    for (size_t i = 0; i < r->n_ranges && r->parts; i++)
        snapshot_abandon(r->parts[i]);
    for (size_t i = 0; i < r->n_spare; i++)
        snapshot_abandon(r->spare[i]);
    snapshot_abandon(r->all);
    read_plan_freep(&r->plan);
    free(r->parts);
    free(r->spare);
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

#define FEW_GROUPS 24

/* A row's adjacency groups as one pass over them tells. */
struct survey {
    bool any;      /* some wanted edge, current or past, starts or ends at the node */
    bool plain;    /* all that is to be read lies in `groups` */
    size_t n;
    struct {
        const struct wanted_type *wanted;
        struct slice entries;
    } groups[FEW_GROUPS];
};

static void survey_group(struct survey *survey, const struct wanted_type *wanted,
                         const struct group *group)
{
    bool out = group_is_out(group->code);

    survey->any |= !wanted->of_persons || out;
    if (!out || group_is_past(group->code))
        return;
    if (group->spilled || survey->n == FEW_GROUPS) {
        survey->plain = false;
        return;
    }
    survey->groups[survey->n].wanted = wanted;
    survey->groups[survey->n++].entries = group->entries;
}

static enum status survey_row(struct survey *out, const struct read_plan *plan,
                              const struct row *row, const struct graph_txn *txn)
{
    struct reader groups = reader_of(row->groups);
    struct group group;

    out->any = !plan->partial;
    out->plain = !row_is_newer(row, txn);
    out->n = 0;
    while (group_next(&group, &groups)) {
        const struct wanted_type *wanted = read_plan_find(plan, group_type(group.code));

        if (wanted)
            survey_group(out, wanted, &group);
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
                              struct node_id node, uint64_t base_born, struct slice bytes)
{
    struct reader entries = reader_of(bytes);
    struct entry_state state = { 0 };
    struct entry entry;

    while (entry_decode(&entry, &state, &entries, base_born, true))
        TRY(snapshot_take_entry(builder, wanted, node, &entry));
    return entries.ok ? STATUS_OK
                      : fail(STATUS_CORRUPT, "adjacency entries do not decode; run check");
}

static enum status take_row(struct snapshot_builder *builder, struct graph_txn *txn,
                            struct node_id id, struct slice bytes)
{
    const struct schema *schema = graph_schema(txn_graph(txn));
    struct survey survey;
    struct node node;
    struct row row;
    uint32_t label;
    enum status status;
    bool person;

    TRY(row_decode(&row, bytes));
    TRY(survey_row(&survey, builder->plan, &row, txn));
    if (!survey.any)
        return STATUS_OK;
    status = node_from_row(&node, txn, id, bytes, &row);
    if (status == STATUS_NOT_FOUND)
        return STATUS_OK;
    TRY(status);
    TRY(snapshot_take_node(builder, txn, &node));
    snapshot_role(&label, schema, &node);
    person = is_identifier(schema, label);
    if (!survey.plain)
        return walk_edges(builder, txn, &node, person);
    for (size_t i = 0; i < survey.n; i++)
        if (takes(survey.groups[i].wanted, person))
            TRY(take_group(builder, survey.groups[i].wanted, id, row.base_born,
                           survey.groups[i].entries));
    return STATUS_OK;
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
static enum status read_range(struct snapshot_builder *part, const struct reading *r, size_t range,
                              struct graph_txn *txn, struct store_cursor *cursor)
{
    uint64_t block = range * RANGE_BLOCKS, last = block + RANGE_BLOCKS;

    last = last < r->n_blocks ? last : r->n_blocks;
    while (block < last) {
        uint64_t first = block;

        while (block < last && (!r->wanted || r->wanted[block]))
            block++;
        if (block > first)
            TRY(read_ids(part, txn, cursor, first * BLOCK, block * BLOCK));
        block++;
    }
    return STATUS_OK;
}

static enum status take_part(struct snapshot_builder **out, struct reading *r)
{
    struct snapshot_builder *part = NULL;

    pthread_mutex_lock(&r->lock);
    if (r->n_spare)
        part = r->spare[--r->n_spare];
    pthread_mutex_unlock(&r->lock);
    if (!part)
        TRY(snapshot_begin(&part));
    part->plan = r->plan;
    *out = part;
    return STATUS_OK;
}

/* Takes the part. Whoever finds the next one missing goes on reading: who brings it joins on. */
static enum status give_part(struct reading *r, size_t range, struct snapshot_builder *part)
{
    enum status status = STATUS_OK;

    pthread_mutex_lock(&r->lock);
    r->parts[range] = part;
    if (!r->joining) {
        r->joining = true;
        while (status == STATUS_OK && r->n_joined < r->n_ranges && r->parts[r->n_joined]) {
            part = r->parts[r->n_joined];
            pthread_mutex_unlock(&r->lock);
            status = snapshot_join(r->all, part);
            pthread_mutex_lock(&r->lock);
            r->parts[r->n_joined++] = NULL;
            r->spare[r->n_spare++] = part;
        }
        r->joining = false;
    }
    pthread_mutex_unlock(&r->lock);
    return status;
}

static enum status read_ranges(struct reading *r)
{
    AUTO(txn_endp) struct graph_txn *txn = NULL;
    AUTO(store_cursor_closep) struct store_cursor *cursor = NULL;
    size_t range;

    TRY(graph_read(&txn, r->graph, &r->moment));
    TRY(store_cursor_open(&cursor, txn->store, TABLE_NODE));
    while (!atomic_load(&r->stopped) && (range = atomic_fetch_add(&r->next, 1)) < r->n_ranges) {
        AUTO(snapshot_abandonp) struct snapshot_builder *part = NULL;
        struct snapshot_builder *complete;

        TRY(take_part(&part, r));
        TRY(read_range(part, r, range, txn, cursor));
        complete = part;
        part = NULL;
        TRY(give_part(r, range, complete));
    }
    return STATUS_OK;
}

static enum status read_some(void *context)
{
    struct reading *r = context;
    enum status status = read_ranges(r);

    if (status != STATUS_OK)
        atomic_store(&r->stopped, true);
    return status;
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

static size_t rows_read(const struct snapshot_builder *builder, uint32_t type)
{
    for (size_t i = 0; i < builder->private->n_tables; i++)
        if (builder->private->tables[i].type == type)
            return builder->private->tables[i].n;
    return 0;
}

/* Edges may start where the schema does not expect them: the counts tell. */
static enum status all_were_met(bool *out, struct graph_txn *txn, const struct reading *r)
{
    *out = true;
    for (size_t i = 0; r->wanted && i < r->plan->n_wanted && *out; i++) {
        const struct wanted_type *wanted = &r->plan->wanted[i];
        uint64_t there;

        TRY(txn_count_symbol(&there, txn, wanted->type));
        *out = wanted->of_persons || there == rows_read(r->all, wanted->type);
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
    r->n_ranges = r->n_blocks / RANGE_BLOCKS + 1;
    r->parts = calloc(r->n_ranges, sizeof *r->parts);
    r->spare = calloc(r->n_ranges, sizeof *r->spare);
    if (!r->parts || !r->spare)
        return fail_memory(r->n_ranges * sizeof *r->parts);
    TRY(read_plan_make(&r->plan, r->graph, parts ? parts : &all));
    return snapshot_begin(&r->all);
}

/* Reads all ranges; `blocks`: only those of labels that matter. */
static enum status read_all(struct reading *r, struct graph_txn *txn,
                            const struct snapshot_parts *parts, bool blocks)
{
    TRY(begin(r, txn, parts));
    if (blocks)
        TRY(choose_blocks(r, txn));
    return worker_crew(r->n_ranges, read_some, r);
}

static enum status finish(struct snapshot **out, struct reading *r, struct graph_txn *txn)
{
    struct snapshot_builder *complete = r->all;

    complete->plan = r->plan;
    if (r->plan->partial)
        TRY(take_ends(complete, txn));
    r->all = NULL;
    return snapshot_finish(out, complete);
}

enum status snapshot_read_parts(struct snapshot **out, struct graph_txn *txn,
                                const struct snapshot_parts *parts)
{
    AUTO(reading_fini) struct reading first = { .lock = PTHREAD_MUTEX_INITIALIZER };
    AUTO(reading_fini) struct reading second = { .lock = PTHREAD_MUTEX_INITIALIZER };
    bool complete;

    TRY(read_all(&first, txn, parts, true));
    TRY(all_were_met(&complete, txn, &first));
    if (complete)
        return finish(out, &first, txn);
    TRY(read_all(&second, txn, parts, false));
    return finish(out, &second, txn);
}

enum status snapshot_read(struct snapshot **out, struct graph_txn *txn)
{
    return snapshot_read_parts(out, txn, NULL);
}
