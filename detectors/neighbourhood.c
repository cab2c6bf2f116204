/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "detectors/neighbourhood.h"

#include <stdlib.h>

#include "base/hash.h"
#include "graph/ahead.h"
#include "graph/catalog.h"

#define DEFAULT_READS 20000

/* Room that most applications need. */
#define NODES_FIRST 64u
#define STEPS_FIRST 128u
#define PENDING_FIRST 32u

void around_fini(struct neighbourhood *around)
{
    around_forget_seen(around);
    snapshot_abandon(around->builder);
    arena_fini(&around->arena);
    free(around->focus);
    free(around->nodes);
    free(around->slots);
    free(around->steps);
    edge_set_fini(&around->edges);
    free(around->pending);
    free(around->settled);
    *around = (struct neighbourhood){ 0 };
}

/* ---- nodes --------------------------------------------------------------------------------- */

static size_t node_slot(const struct neighbourhood *around, struct node_id id)
{
    size_t slot = hash_mix64(id.value) & (around->n_slots - 1);

    while (around->slots[slot] && around->nodes[around->slots[slot] - 1].id.value != id.value)
        slot = (slot + 1) & (around->n_slots - 1);
    return slot;
}

struct around_node *around_node(const struct neighbourhood *around, struct node_id id)
{
    uint32_t at = around->n_slots ? around->slots[node_slot(around, id)] : 0;

    return at ? &around->nodes[at - 1] : NULL;
}

static enum status grow_slots(struct neighbourhood *around)
{
    size_t wanted = around->n_slots ? 2 * around->n_slots : 256;
    uint32_t *slots = calloc(wanted, sizeof *slots);

    if (!slots)
        return fail_memory(wanted * sizeof *slots);
    free(around->slots);
    around->slots = slots;
    around->n_slots = wanted;
    for (uint32_t i = 0; i < around->n_nodes; i++)
        slots[node_slot(around, around->nodes[i].id)] = i + 1;
    return STATUS_OK;
}

static enum status remember(struct neighbourhood *around, const struct around_node *node)
{
    if (2 * (around->n_nodes + 1) > around->n_slots)
        TRY(grow_slots(around));
    TRY(array_reserve(&around->nodes, &around->nodes_capacity, around->n_nodes + 1));
    around->nodes[around->n_nodes] = *node;
    around->slots[node_slot(around, node->id)] = (uint32_t)++around->n_nodes;
    return STATUS_OK;
}

/* The label that gives the node its role. */
static void label_node(struct around_node *out, const struct schema *schema,
                       const struct node *node)
{
    out->label = node->key_label ? node->key_label : node->n_labels ? node->labels[0] : 0;
    out->role = LABEL_OTHER;
    for (uint32_t i = 0; i < node->n_labels; i++) {
        const struct schema_label *label = schema_label_of(schema, node->labels[i]);

        if (!label || label->role == LABEL_OTHER)
            continue;
        out->label = node->labels[i];
        out->role = label->role;
        return;
    }
}

/* Gives its place among the nodes. */
static enum status take_node(uint32_t *at, struct neighbourhood *around, struct node_id id)
{
    struct around_node taken = { .id = id, .first = NO_STEP, .last = NO_STEP,
                                 .relatives = NO_STEP };
    const struct around_node *known = around_node(around, id);
    struct node *node;

    *at = (uint32_t)(known ? (size_t)(known - around->nodes) : around->n_nodes);
    if (known)
        return STATUS_OK;
    node = arena_new(&around->arena, struct node);
    if (!node)
        return STATUS_NO_MEMORY;
    TRY(node_load(node, around->txn, id));
    TRY(snapshot_take_node(around->builder, around->txn, node));
    label_node(&taken, around->schema, node);
    taken.stored = node;
    return remember(around, &taken);
}

enum status around_take_node(struct neighbourhood *around, struct node_id id)
{
    uint32_t at;

    return take_node(&at, around, id);
}

enum status around_add_node(struct neighbourhood *around, struct node_id id, uint32_t label,
                            struct slice key)
{
    const struct schema_label *known = schema_label_of(around->schema, label);
    enum label_role role = known ? known->role : LABEL_OTHER;

    TRY(snapshot_add_node(around->builder, id, label, role, key));
    return remember(around, &(struct around_node){ .id = id, .label = label, .role = role,
                                                   .first = NO_STEP, .last = NO_STEP,
                                                   .relatives = NO_STEP });
}

/* ---- edges --------------------------------------------------------------------------------- */

static enum status add_step(struct neighbourhood *around, uint32_t at,
                            const struct around_step *step)
{
    struct around_node *node = &around->nodes[at];
    uint32_t number = (uint32_t)around->n_steps;

    TRY(array_reserve(&around->steps, &around->steps_capacity, around->n_steps + 1));
    around->steps[around->n_steps++] = *step;
    if (node->last == NO_STEP)
        node->first = number;
    else
        around->steps[node->last].next = number;
    node->last = number;
    return STATUS_OK;
}

/* Both ends' views of an edge between those places. */
static enum status add_steps(struct neighbourhood *around, const struct edge *edge, uint32_t from,
                             uint32_t to, int64_t ratio)
{
    struct around_step step = { .type = edge->type, .other = to, .next = NO_STEP, .out = true,
                                .start = edge->valid_from_us, .end = edge->valid_to_us,
                                .ratio = ratio };

    TRY(add_step(around, from, &step));
    step.other = from;
    step.out = false;
    return add_step(around, to, &step);
}

/* Takes an edge that was met at the node of that place. */
static enum status take_edge(struct neighbourhood *around, uint32_t here, struct edge *edge)
{
    enum status status;
    uint32_t there;
    int64_t ratio;
    bool added;

    TRY(edge_set_add(&added, &around->edges, edge->id));
    if (!added)
        return STATUS_OK;
    status = take_node(&there, around, edge_other(edge));
    if (status == STATUS_NOT_FOUND)
        return STATUS_OK; /* its other end was not known yet at the transaction's moment */
    TRY(status);
    TRY(snapshot_take_edge(around->builder, around->txn, edge));
    ratio = snapshot_newest_cell(around->builder, EDGE_RATIO);
    return edge->direction == DIRECTION_OUT ? add_steps(around, edge, here, there, ratio)
                                            : add_steps(around, edge, there, here, ratio);
}

enum status around_add_edge(struct neighbourhood *around, uint32_t type, struct node_id from,
                            struct node_id to)
{
    /* As when it is recorded: the newest of all, which decides where edges are equal otherwise. */
    struct edge edge = { .id = { NEIGHBOURHOOD_UNKNOWN + around->n_stated++ },
                         .type = type, .from = from, .to = to,
                         .valid_from_us = around->application->time_us,
                         .valid_to_us = TIME_MAX };

    TRY(snapshot_add_edge(around->builder, type, from, to, edge.valid_from_us, TIME_MAX, edge.id));
    return add_steps(around, &edge, (uint32_t)(around_node(around, from) - around->nodes),
                     (uint32_t)(around_node(around, to) - around->nodes), CELL_ABSENT);
}

/* ---- scans --------------------------------------------------------------------------------- */

/* Reads a scan into `pending`; false where the budget ends before it is complete. */
static enum status read_scan(bool *complete, struct neighbourhood *around,
                             const struct node *node, const struct edge_scan *scan)
{
    AUTO(edge_iter_stop) struct edge_iter it;

    *complete = true;
    for (edge_iter_start(&it, around->txn, node, scan); edge_iter_next(&it);) {
        if (around->n_reads >= around->max_reads) {
            around->truncated = true;
            *complete = false;
            return STATUS_OK;
        }
        around->n_reads++;
        if (!snapshot_wants(around->builder, around->txn, it.edge.type))
            continue;
        TRY(array_reserve(&around->pending, &around->pending_capacity, around->n_pending + 1));
        around->pending[around->n_pending++] = it.edge;
    }
    return it.status;
}

static bool covers(const struct around_scan *known, const struct edge_scan *scan,
                   int64_t after_us)
{
    return (!known->type || known->type == scan->type) &&
           (known->direction == DIRECTION_BOTH || known->direction == scan->direction) &&
           known->from_us <= scan->from_us && known->before_us >= scan->before_us &&
           known->after_us <= after_us;
}

/* Whether it was asked for before; else notes that it is now. Asking again past the budget would
 * not help, so that counts, too. */
static enum status note_scan(bool *new, struct neighbourhood *around, struct around_node *node,
                             const struct edge_scan *scan, int64_t after_us)
{
    struct around_scan *noted;

    *new = false;
    for (noted = node->scans; noted; noted = noted->next)
        if (covers(noted, scan, after_us))
            return STATUS_OK;
    noted = arena_new(&around->arena, struct around_scan);
    if (!noted)
        return STATUS_NO_MEMORY;
    *noted = (struct around_scan){ scan->type, scan->direction, scan->from_us, scan->before_us,
                                   after_us, node->scans };
    node->scans = noted;
    *new = true;
    return STATUS_OK;
}

/* Seeks the rows of those among the next pending edges' other ends that are new. */
static enum status pending_ahead(struct neighbourhood *around, size_t at, int64_t after_us)
{
    struct ahead ahead = { .txn = around->txn };

    for (size_t i = at; i < around->n_pending && i < at + AHEAD_MAX; i++)
        if (around->pending[i].valid_to_us > after_us &&
            !around_node(around, edge_other(&around->pending[i])))
            TRY(ahead_node(&ahead, edge_other(&around->pending[i])));
    return ahead_seek(&ahead);
}

static enum status take_pending(struct neighbourhood *around, uint32_t here, int64_t after_us)
{
    for (size_t i = 0; i < around->n_pending; i++) {
        if (i % AHEAD_MAX == 0 && around->n_pending > 1)
            TRY(pending_ahead(around, i, after_us));
        if (around->pending[i].valid_to_us > after_us)
            TRY(take_edge(around, here, &around->pending[i]));
    }
    return STATUS_OK;
}

/* Reads a scan, and the undated edges that a window leaves out; takes what ends after the time. */
static enum status read_new(struct neighbourhood *around, struct node_id id,
                            const struct edge_scan *scan, int64_t after_us)
{
    static const int64_t undated_us = TIME_MIN;
    struct edge_scan before = *scan;
    struct around_node *node;
    bool new, complete;
    uint32_t here;

    if (id.value >= NEIGHBOURHOOD_UNKNOWN)
        return STATUS_OK;
    TRY(take_node(&here, around, id));
    node = &around->nodes[here];
    TRY(note_scan(&new, around, node, scan, after_us));
    if (!new)
        return STATUS_OK;
    around->n_pending = 0;
    before.from_us = undated_us;
    before.before_us = undated_us + 1;
    complete = true;
    if (scan->from_us > undated_us)
        TRY(read_scan(&complete, around, node->stored, &before));
    if (complete)
        TRY(read_scan(&complete, around, node->stored, scan));
    return complete ? take_pending(around, here, after_us) : STATUS_OK;
}

enum status around_expand(struct neighbourhood *around, struct node_id id)
{
    static const struct edge_scan all = EDGE_SCAN(0, DIRECTION_BOTH);

    return read_new(around, id, &all, TIME_MIN);
}

enum status around_read_between(struct neighbourhood *around, struct node_id id, uint32_t type,
                                enum direction direction, int64_t from_us, int64_t before_us)
{
    struct edge_scan scan = EDGE_SCAN(type, direction);

    scan.from_us = from_us;
    scan.before_us = before_us;
    return read_new(around, id, &scan, TIME_MIN);
}

enum status around_read_holding(struct neighbourhood *around, struct node_id id, uint32_t type,
                                enum direction direction, int64_t after_us)
{
    const struct edge_scan scan = EDGE_SCAN(type, direction);

    return read_new(around, id, &scan, after_us);
}

/* Whether edges of the first of the types were read before: then mostly all were. */
static bool was_read(const struct around_node *node, const uint32_t *types)
{
    for (const struct around_scan *scan = node->scans; scan; scan = scan->next)
        if (!types || !scan->type || scan->type == *types)
            return true;
    return false;
}

enum status around_ahead(struct neighbourhood *around, const struct id_list *nodes, size_t at,
                         size_t end, const uint32_t *types, enum direction direction)
{
    struct ahead ahead = { .txn = around->txn };

    for (; at < end && at < nodes->n; at++) {
        const struct around_node *node = around_node(around, nodes->ids[at]);

        if (node && node->stored && !was_read(node, types))
            TRY(ahead_ends(&ahead, node->stored, types, direction));
    }
    return ahead_seek(&ahead);
}

enum status around_read(struct neighbourhood *around, struct node_id id, const uint32_t *types,
                        enum direction direction)
{
    for (; types && *types; types++)
        TRY(around_read_between(around, id, *types, direction, TIME_MIN, TIME_MAX));
    return STATUS_OK;
}

enum status around_count(uint64_t *n, struct neighbourhood *around, struct node_id id,
                         uint32_t type, enum direction direction)
{
    const struct edge_scan scan = EDGE_SCAN(type, direction);

    *n = 0;
    if (id.value >= NEIGHBOURHOOD_UNKNOWN)
        return STATUS_OK;
    TRY(around_take_node(around, id));
    return edge_count(n, around->txn, around_node(around, id)->stored, &scan);
}

enum status around_peek(struct edge **out, size_t *n, struct neighbourhood *around,
                        struct node_id id, uint32_t type, enum direction direction)
{
    const struct edge_scan scan = EDGE_SCAN(type, direction);
    bool complete;

    *n = around->n_pending = 0;
    *out = around->pending;
    if (id.value >= NEIGHBOURHOOD_UNKNOWN)
        return STATUS_OK;
    TRY(around_take_node(around, id));
    TRY(read_scan(&complete, around, around_node(around, id)->stored, &scan));
    *out = around->pending;
    *n = complete ? around->n_pending : 0;
    return STATUS_OK;
}

/* ---- beginning ----------------------------------------------------------------------------- */

/* Only subjects can be tagged: by their label, or, as a person, by having applied. */
static enum status may_be_tagged(bool *out, struct neighbourhood *around, struct node_id id,
                                 const struct stated_node *stated)
{
    *out = stated->applicant || around_always_counts(around, id);
    for (const uint32_t *type = around->schema->roles.applied; type && *type && !*out; type++) {
        uint64_t n;

        TRY(around_count(&n, around, id, *type, DIRECTION_OUT));
        *out = n > 0;
    }
    return STATUS_OK;
}

enum status around_begin(struct neighbourhood *around, struct graph_txn *txn,
                         const struct application *application,
                         const struct probe_options *options)
{
    *around = (struct neighbourhood){
        .txn = txn, .application = application, .options = options, .params = options->params,
        .at_us = application->time_us, .schema = graph_schema(txn_graph(txn)),
        .max_reads = options->max_reads ? options->max_reads : DEFAULT_READS,
        .class_symbol = catalog_find(graph_catalog(txn_graph(txn)), SLICE("class")),
        .level_symbol = catalog_find(graph_catalog(txn_graph(txn)), SLICE("level")),
    };
    TRY(array_reserve(&around->nodes, &around->nodes_capacity, NODES_FIRST));
    TRY(array_reserve(&around->steps, &around->steps_capacity, STEPS_FIRST));
    TRY(array_reserve(&around->pending, &around->pending_capacity, PENDING_FIRST));
    TRY(snapshot_begin(&around->builder));
    TRY(around_state(around));
    for (size_t i = 0; i < application->n_principals; i++) {
        bool tagged;

        TRY(may_be_tagged(&tagged, around, around->ids[i], &application->principals[i]));
        if (!tagged)
            continue;
        TRY(array_reserve(&around->focus, &around->focus_capacity, around->n_focus + 1));
        around->focus[around->n_focus++] = around->ids[i];
        TRY(around_expand(around, around->ids[i]));
    }
    return STATUS_OK;
}
