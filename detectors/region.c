/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "base/hash.h"
#include "detectors/region_private.h"

enum status region_begin(struct region *region, struct graph_txn *txn,
                         const struct region_rules *rules, uint64_t max_reads)
{
    *region = (struct region){ .txn = txn, .schema = graph_schema(txn_graph(txn)),
                               .rules = *rules, .max_reads = max_reads };
    return snapshot_begin(&region->builder);
}

void region_fini(struct region *region)
{
    snapshot_abandon(region->builder);
    free(region->nodes);
    free(region->slots.at);
    edge_set_fini(&region->edges);
    *region = (struct region){ 0 };
}

static bool count_read(struct region *region)
{
    region->cut |= region->n_reads >= region->max_reads;
    region->n_reads += !region->cut;
    return !region->cut;
}

static uint32_t role_of(enum label_role *role, const struct schema *schema,
                        const struct node *node)
{
    for (uint32_t i = 0; i < node->n_labels; i++) {
        const struct schema_label *label = schema_label_of(schema, node->labels[i]);

        *role = label ? label->role : LABEL_OTHER;
        if (*role != LABEL_OTHER)
            return node->labels[i];
    }
    *role = LABEL_OTHER;
    return node->key_label;
}

static uint64_t hash_of(const void *owner, uint32_t place)
{
    const struct region *region = owner;

    return hash_mix64(region->nodes[place].id.value);
}

/* The node's slot, or the free one where it would go. */
static size_t find_slot(const struct region *region, struct node_id id)
{
    size_t slot = slots_first(&region->slots, hash_mix64(id.value));

    while (region->slots.at[slot] &&
           region->nodes[region->slots.at[slot] - 1].id.value != id.value)
        slot = slots_next(&region->slots, slot);
    return slot;
}

enum status region_take_node(size_t *place, struct region *region, struct node_id id)
{
    struct region_node *known;
    enum label_role role = LABEL_OTHER;
    enum status status;
    struct node node;
    size_t slot;

    TRY(slots_reserve(&region->slots, region->n_nodes, hash_of, region));
    slot = find_slot(region, id);
    *place = region->slots.at[slot] ? region->slots.at[slot] - 1 : region->n_nodes;
    if (*place < region->n_nodes)
        return STATUS_OK;
    count_read(region);
    TRY(array_reserve(&region->nodes, &region->capacity, region->n_nodes + 1));
    known = &region->nodes[region->n_nodes];
    *known = (struct region_node){ .id = id };
    status = node_load(&node, region->txn, id);
    if (status == STATUS_OK) {
        known->label = role_of(&role, region->schema, &node);
        known->role = (unsigned char)role;
        if (!region->rules.only_looks)
            TRY(snapshot_take_node(region->builder, region->txn, &node));
    } else if (status == STATUS_NOT_FOUND) {
        known->done = ABSENT;
    } else {
        return status;
    }
    region->slots.at[slot] = (uint32_t)++region->n_nodes;
    return STATUS_OK;
}

enum status region_node(enum label_role *role, uint32_t *label, struct region *region,
                        struct node_id id)
{
    size_t place;

    TRY(region_take_node(&place, region, id));
    *role = (enum label_role)region->nodes[place].role;
    *label = region->nodes[place].label;
    return STATUS_OK;
}

/* An edge is met from both ends and taken once. */
static enum status take_edge(struct region *region, struct edge *edge)
{
    size_t place;
    bool added;

    TRY(edge_set_add(&added, &region->edges, edge->id));
    if (!added)
        return STATUS_OK;
    TRY(region_take_node(&place, region, edge_other(edge)));
    return snapshot_take_edge(region->builder, region->txn, edge);
}

/* Of the type and direction; 0 where there are too many types. */
static uint64_t type_bit(struct region *region, uint32_t type, enum direction direction)
{
    size_t at = 0;

    while (at < region->n_types && region->types[at] != type)
        at++;
    if (at == REGION_TYPES) {
        region->cut = true;
        return 0;
    }
    if (at == region->n_types)
        region->types[region->n_types++] = type;
    return (uint64_t)1 << (2 * at + (direction == DIRECTION_IN));
}

bool region_wants(const struct region *region, const struct schema_link *link, uint32_t kind)
{
    if (link->kind != kind)
        return false;
    switch (region->rules.links) {
    case REGION_DATED:
        return link->dated;
    case REGION_INTERVALS:
        return !link->dated;
    case REGION_FILED:
        return link->through_application;
    default:
        return true;
    }
}

/* Versions of the node's edges of a type, as a sum that does not depend on their order. */
static enum status sum_versions(uint64_t *sum, struct graph_txn *txn, struct node_id id,
                                uint32_t type, enum direction direction)
{
    struct edge_scan scan = EDGE_SCAN(type, direction);
    AUTO(edge_iter_stop) struct edge_iter it = { 0 };
    struct node node;
    enum status status = node_load(&node, txn, id);

    *sum = status == STATUS_NOT_FOUND;
    if (status == STATUS_NOT_FOUND)
        return STATUS_OK;
    TRY(status);
    for (edge_iter_start(&it, txn, &node, &scan); edge_iter_next(&it);)
        *sum += hash_mix64(it.edge.id.value) * (2 * it.edge.born + 1);
    return it.status;
}

enum status region_differs(bool *out, struct region *region, struct graph_txn *then,
                           struct node_id id, uint32_t type, enum direction direction)
{
    uint64_t before, now;

    TRY(sum_versions(&before, then, id, type, direction));
    TRY(sum_versions(&now, region->txn, id, type, direction));
    *out |= before != now;
    return STATUS_OK;
}

/* Types are mostly asked for one after the other of one node. */
static enum status stand_at(struct region *region, struct node_id id)
{
    return region->at.id.value == id.value ? STATUS_OK : node_load(&region->at, region->txn, id);
}

enum status region_type(struct id_list *out, struct region *region, struct node_id id,
                        uint32_t type, enum direction direction)
{
    struct edge_scan scan = EDGE_SCAN(type, direction);
    AUTO(edge_iter_stop) struct edge_iter it = { 0 };
    uint64_t bit;
    size_t place;
    bool taken;

    TRY(region_take_node(&place, region, id));
    bit = type_bit(region, type, direction);
    taken = region->nodes[place].taken & bit;
    if (region->cut || region->nodes[place].done & ABSENT || (taken && !out))
        return STATUS_OK;
    TRY(stand_at(region, id));
    for (edge_iter_start(&it, region->txn, &region->at, &scan); edge_iter_next(&it);) {
        if (!taken && !count_read(region))
            return STATUS_OK;
        if (out)
            TRY(id_list_add(out, edge_other(&it.edge)));
        if (!taken && !region->rules.only_looks)
            TRY(take_edge(region, &it.edge));
    }
    region->nodes[place].taken |= bit;
    return it.status;
}

enum status region_role(struct id_list *out, struct region *region, struct node_id id,
                        const uint32_t *types, enum direction direction)
{
    for (; types && *types; types++)
        TRY(region_type(out, region, id, *types, direction));
    return STATUS_OK;
}

enum status region_roles(struct id_list *out, struct region *region,
                         const struct id_list *from, const uint32_t *types,
                         enum direction direction)
{
    for (size_t i = 0; i < from->n && !region->cut; i++)
        TRY(region_role(out, region, from->ids[i], types, direction));
    return STATUS_OK;
}

enum status region_once(bool *first, struct region *region, struct node_id id,
                        enum region_walk walk)
{
    size_t place;

    TRY(region_take_node(&place, region, id));
    *first = !(region->nodes[place].done & walk);
    region->nodes[place].done |= (unsigned char)walk;
    return STATUS_OK;
}

enum status region_snapshot(struct snapshot **out, const struct region *region)
{
    return snapshot_finish_copy(out, region->builder);
}
