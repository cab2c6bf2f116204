/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "detectors/region.h"

#include <stdlib.h>

#include "base/hash.h"
#include "graph/catalog.h"

enum { DONE_GROUP = 1, DONE_USERS = 2, ABSENT = 4, IS_HUB = 64, IS_NO_HUB = 128 };

struct region_node {
    uint64_t taken;      /* bits of types and directions whose edges were read */
    uint32_t label;
    unsigned kinds;      /* bits of kinds whose identifiers were followed to their users */
    unsigned char role;  /* enum label_role */
    unsigned char done;
};

/* ---- sets --------------------------------------------------------------------------------- */

void node_set_fini(struct node_set *set)
{
    free(set->ids);
    free(set->slots);
    *set = (struct node_set){ 0 };
}

/* The id's slot, or the free one where it would go. */
static size_t set_slot(const struct node_set *set, struct node_id id)
{
    size_t slot = hash_mix64(id.value) & (set->n_slots - 1);

    while (set->slots[slot] && set->ids[set->slots[slot] - 1].value != id.value)
        slot = (slot + 1) & (set->n_slots - 1);
    return slot;
}

bool node_set_has(const struct node_set *set, struct node_id id)
{
    return set->n_slots && set->slots[set_slot(set, id)];
}

static enum status set_grow(struct node_set *set)
{
    size_t wanted = set->n_slots ? 2 * set->n_slots : 16;
    uint32_t *slots = calloc(wanted, sizeof *slots);

    if (!slots)
        return fail_memory(wanted * sizeof *slots);
    free(set->slots);
    set->slots = slots;
    set->n_slots = wanted;
    for (uint32_t i = 0; i < set->n; i++)
        slots[set_slot(set, set->ids[i])] = i + 1;
    return STATUS_OK;
}

enum status node_set_add(struct node_set *set, struct node_id id)
{
    size_t slot;

    if (2 * (set->n + 1) > set->n_slots)
        TRY(set_grow(set));
    slot = set_slot(set, id);
    if (set->slots[slot])
        return STATUS_OK;
    TRY(array_reserve(&set->ids, &set->capacity, set->n + 1));
    set->ids[set->n++] = id;
    set->slots[slot] = (uint32_t)set->n;
    return STATUS_OK;
}

enum status node_set_join(struct node_set *set, const struct node_set *other)
{
    for (size_t i = 0; i < other->n; i++)
        TRY(node_set_add(set, other->ids[i]));
    return STATUS_OK;
}

/* ---- nodes and edges ---------------------------------------------------------------------- */

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
    node_set_fini(&region->known);
    free(region->nodes);
    free(region->edges);
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

/* *place in `nodes`; the node stays known as nothing where the graph has none (any more). */
static enum status take_node(size_t *place, struct region *region, struct node_id id)
{
    struct region_node *known;
    enum label_role role = LABEL_OTHER;
    enum status status;
    struct node node;

    if (node_set_has(&region->known, id)) {
        *place = region->known.slots[set_slot(&region->known, id)] - 1;
        return STATUS_OK;
    }
    count_read(region);
    TRY(array_reserve(&region->nodes, &region->capacity, region->known.n + 1));
    known = &region->nodes[region->known.n];
    *known = (struct region_node){ 0 };
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
    *place = region->known.n;
    return node_set_add(&region->known, id);
}

enum status region_node(enum label_role *role, uint32_t *label, struct region *region,
                        struct node_id id)
{
    size_t place;

    TRY(take_node(&place, region, id));
    *role = (enum label_role)region->nodes[place].role;
    *label = region->nodes[place].label;
    return STATUS_OK;
}

static size_t edge_slot(const uint64_t *slots, size_t n_slots, uint64_t id)
{
    size_t slot = hash_mix64(id) & (n_slots - 1);

    while (slots[slot] && slots[slot] != id)
        slot = (slot + 1) & (n_slots - 1);
    return slot;
}

static enum status edges_grow(struct region *region)
{
    size_t wanted = region->n_edge_slots ? 2 * region->n_edge_slots : 512;
    uint64_t *slots = calloc(wanted, sizeof *slots);

    if (!slots)
        return fail_memory(wanted * sizeof *slots);
    for (size_t i = 0; i < region->n_edge_slots; i++)
        if (region->edges[i])
            slots[edge_slot(slots, wanted, region->edges[i])] = region->edges[i];
    free(region->edges);
    region->edges = slots;
    region->n_edge_slots = wanted;
    return STATUS_OK;
}

/* An edge is met from both ends and taken once. */
static enum status take_edge(struct region *region, struct edge *edge)
{
    size_t slot, place;

    if (2 * (region->n_edges + 1) > region->n_edge_slots)
        TRY(edges_grow(region));
    slot = edge_slot(region->edges, region->n_edge_slots, edge->id.value);
    if (region->edges[slot])
        return STATUS_OK;
    region->edges[slot] = edge->id.value;
    region->n_edges++;
    TRY(take_node(&place, region, edge_other(edge)));
    return snapshot_take_edge(region->builder, region->txn, edge);
}

static enum status type_bit(uint64_t *bit, struct region *region, uint32_t type,
                            enum direction direction)
{
    size_t at = 0;

    while (at < region->n_types && region->types[at] != type)
        at++;
    if (at >= 32)
        return fail(STATUS_LIMIT, "more than 32 edge types take part in detection");
    if (at == region->n_types)
        region->types[region->n_types++] = type;
    *bit = (uint64_t)1 << (2 * at + (direction == DIRECTION_IN));
    return STATUS_OK;
}

bool region_wants(const struct region *region, const struct schema_link *link)
{
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

enum status region_type(struct node_set *out, struct region *region, struct node_id id,
                        uint32_t type, enum direction direction)
{
    struct edge_scan scan = EDGE_SCAN(type, direction);
    AUTO(edge_iter_stop) struct edge_iter it = { 0 };
    uint64_t bit;
    size_t place;
    bool taken;

    TRY(take_node(&place, region, id));
    TRY(type_bit(&bit, region, type, direction));
    taken = region->nodes[place].taken & bit;
    if (region->cut || region->nodes[place].done & ABSENT || (taken && !out))
        return STATUS_OK;
    TRY(stand_at(region, id));
    for (edge_iter_start(&it, region->txn, &region->at, &scan); edge_iter_next(&it);) {
        if (!taken && !count_read(region))
            return STATUS_OK;
        if (out)
            TRY(node_set_add(out, edge_other(&it.edge)));
        if (!taken && !region->rules.only_looks)
            TRY(take_edge(region, &it.edge));
    }
    region->nodes[place].taken |= bit;
    return it.status;
}

enum status region_role(struct node_set *out, struct region *region, struct node_id id,
                        const uint32_t *types, enum direction direction)
{
    for (; types && *types; types++)
        TRY(region_type(out, region, id, *types, direction));
    return STATUS_OK;
}

enum status region_roles(struct node_set *out, struct region *region,
                         const struct node_set *from, const uint32_t *types,
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

    TRY(take_node(&place, region, id));
    *first = !(region->nodes[place].done & walk);
    region->nodes[place].done |= (unsigned char)walk;
    return STATUS_OK;
}

enum status region_snapshot(struct snapshot **out, const struct region *region)
{
    return snapshot_finish_copy(out, region->builder);
}

/* ---- who applied --------------------------------------------------------------------------- */

/* A person becomes a subject by applying, so of those it is always asked. */
static bool is_subject_by_label(const struct region *region, size_t place)
{
    uint32_t label = region->nodes[place].label;

    for (size_t i = 0; i < region->schema->n_kinds; i++)
        if (region->schema->kinds[i].label == label)
            return false;
    return !region->rules.params->n_subject_labels;
}

static enum status take_applied(struct region *region, struct node_id id)
{
    size_t place;

    TRY(take_node(&place, region, id));
    if (!region->rules.applicants && is_subject_by_label(region, place))
        return STATUS_OK;
    return region_role(NULL, region, id, region->schema->roles.applied, DIRECTION_OUT);
}

/* ---- groups, links ------------------------------------------------------------------------ */

/* Whoever one control edge leads to; what makes a subject of him is read with them. */
static enum status relations(struct node_set *out, struct region *region, struct node_id id)
{
    const struct schema_roles *roles = &region->schema->roles;
    enum label_role role;
    uint32_t label;

    TRY(region_node(&role, &label, region, id));
    if (role == LABEL_GROUP)
        return region_role(out, region, id, roles->membership, DIRECTION_IN);
    TRY(region_role(out, region, id, roles->ownership, DIRECTION_IN));
    TRY(region_role(out, region, id, roles->ownership, DIRECTION_OUT));
    TRY(region_role(out, region, id, roles->membership, DIRECTION_OUT));
    TRY(region_role(out, region, id, roles->membership, DIRECTION_IN));
    TRY(region_role(out, region, id, roles->kin, DIRECTION_IN));
    TRY(region_role(out, region, id, roles->kin, DIRECTION_OUT));
    return take_applied(region, id);
}

enum status region_group(struct node_set *out, struct region *region, struct node_id id)
{
    AUTO(node_set_fini) struct node_set reached = { 0 };
    size_t place;

    TRY(take_node(&place, region, id));
    if (!out && region->nodes[place].done & DONE_GROUP)
        return STATUS_OK;
    TRY(node_set_add(&reached, id));
    for (size_t i = 0; i < reached.n && !region->cut; i++) {
        TRY(relations(&reached, region, reached.ids[i]));
        TRY(take_node(&place, region, reached.ids[i]));
        region->nodes[place].done |= DONE_GROUP;
    }
    return out ? node_set_join(out, &reached) : STATUS_OK;
}

static enum direction step_direction(const struct schema_step *step, bool backward)
{
    return step->reversed != backward ? DIRECTION_IN : DIRECTION_OUT;
}

/* What a link leads to from a node, forward or from its end. */
static enum status follow(struct node_set *out, struct region *region, struct node_id id,
                          const struct schema_link *link, bool backward)
{
    AUTO(node_set_fini) struct node_set at = { 0 };

    TRY(node_set_add(&at, id));
    for (uint32_t i = 0; i < link->n_steps; i++) {
        const struct schema_step *step = &link->steps[backward ? link->n_steps - 1 - i : i];
        AUTO(node_set_fini) struct node_set next = { 0 };
        struct node_set old;

        for (size_t k = 0; k < at.n && !region->cut; k++)
            TRY(region_type(&next, region, at.ids[k], step->type, step_direction(step, backward)));
        old = at;
        at = next;
        next = old;
    }
    return node_set_join(out, &at);
}

enum status region_identifiers(struct node_set *out, struct region *region,
                               struct node_id principal, uint32_t kind)
{
    for (size_t i = 0; i < region->schema->n_links; i++)
        if (region->schema->links[i].kind == kind && region_wants(region, &region->schema->links[i]))
            TRY(follow(out, region, principal, &region->schema->links[i], false));
    return STATUS_OK;
}

static enum status groups_of(struct region *region, const struct node_set *users)
{
    for (size_t i = 0; i < users->n && users->n > 1 && !region->cut; i++)
        TRY(region_group(NULL, region, users->ids[i]));
    return STATUS_OK;
}

static struct slice class_of(struct value *value, struct arena *arena, struct region *region,
                             const struct node *node)
{
    uint32_t symbol = catalog_find(graph_catalog(txn_graph(region->txn)), SLICE("class"));

    if (symbol && node_property(value, arena, region->txn, node, symbol) == STATUS_OK &&
        value->type == VALUE_STRING)
        return value_slice(value);
    return SLICE("");
}

static const char *label_name(const struct schema *schema, uint32_t symbol)
{
    const struct schema_label *label = schema_label_of(schema, symbol);

    return label ? label->name : "";
}

static enum status caps_of(uint32_t *candidate, uint32_t *evidence, struct region *region,
                           struct node_id id, uint32_t kind)
{
    const struct schema_kind *of = &region->schema->kinds[kind];
    AUTO(arena_fini) struct arena arena = { 0 };
    struct value value;
    struct node node;

    TRY(node_load(&node, region->txn, id));
    params_caps(candidate, evidence, region->rules.params, region->schema, of,
                slice_str(label_name(region->schema, of->label)),
                class_of(&value, &arena, region, &node));
    return STATUS_OK;
}

/* Whether the identifier's class links nobody to anybody, and did not before. */
static enum status is_hub(bool *out, struct region *region, struct node_id id, uint32_t kind)
{
    uint32_t candidate, evidence;
    size_t place;

    *out = false;
    TRY(take_node(&place, region, id));
    if (region->rules.hubs || region->nodes[place].done & (ABSENT | IS_NO_HUB) ||
        (region->rules.renewed && node_set_has(region->rules.renewed, id)))
        return STATUS_OK;
    *out = region->nodes[place].done & IS_HUB;
    if (*out)
        return STATUS_OK;
    TRY(caps_of(&candidate, &evidence, region, id, kind));
    *out = !candidate && !evidence;
    region->nodes[place].done |= *out ? IS_HUB : IS_NO_HUB;
    return STATUS_OK;
}

/* Those recorded with the identifier by edges of a type from before `since_us` on and still. */
static enum status recorded_at(struct node_set *out, const struct region *region,
                               struct node_id id, uint32_t type, int64_t since_us)
{
    struct edge_scan scan = EDGE_SCAN(type, DIRECTION_IN);
    AUTO(edge_iter_stop) struct edge_iter it = { 0 };
    struct node node;

    TRY(node_load(&node, region->txn, id));
    for (edge_iter_start(&it, region->txn, &node, &scan); edge_iter_next(&it);)
        if (it.edge.valid_from_us <= since_us && it.edge.valid_to_us == TIME_MAX)
            TRY(node_set_add(out, it.edge.from));
    return it.status;
}

enum status region_is_crowded(bool *out, struct region *region, struct node_id id, uint32_t kind,
                              const struct node_set *changed, int64_t since_us)
{
    AUTO(node_set_fini) struct node_set users = { 0 };
    AUTO(node_set_fini) struct node_set connected = { 0 };
    uint32_t candidate, evidence, groups = 0;
    enum label_role role;
    uint32_t label;
    size_t place;

    *out = false;
    TRY(region_node(&role, &label, region, id));
    if (label != region->schema->kinds[kind].label ||
        (region->rules.renewed && node_set_has(region->rules.renewed, id)))
        return STATUS_OK;
    TRY(caps_of(&candidate, &evidence, region, id, kind));
    for (size_t i = 0; i < region->schema->n_links; i++) {
        const struct schema_link *link = &region->schema->links[i];

        if (link->kind == kind && !link->dated && link->n_steps == 1 && !link->steps[0].reversed)
            TRY(recorded_at(&users, region, id, link->steps[0].type, since_us));
    }
    for (size_t i = 0; i < users.n && users.n > candidate && !*out && !region->cut; i++) {
        if (node_set_has(changed, users.ids[i]) || node_set_has(&connected, users.ids[i]))
            continue;
        TRY(take_node(&place, region, users.ids[i]));
        if (region->nodes[place].role != LABEL_PRINCIPAL || !is_subject_by_label(region, place))
            continue;
        TRY(region_group(&connected, region, users.ids[i]));
        *out = ++groups > candidate;
    }
    return STATUS_OK;
}

enum status region_callers(struct node_set *out, struct region *region,
                           struct node_id identifier, uint32_t kind)
{
    bool hub;

    TRY(is_hub(&hub, region, identifier, kind));
    for (size_t i = 0; i < region->schema->n_links && !hub; i++)
        if (region->schema->links[i].kind == kind && region_wants(region, &region->schema->links[i]))
            TRY(follow(out, region, identifier, &region->schema->links[i], true));
    return STATUS_OK;
}

/* Whether there are as many applicants among the users as it takes to matter. */
static enum status is_paired(bool *out, struct region *region, const struct node_set *users)
{
    const struct region_rules *rules = &region->rules;
    size_t n = 0;

    *out = rules->paired_after_us == TIME_MIN;
    for (size_t i = 0; i < users->n && !*out; i++) {
        bool applied;

        TRY(region_applied(&applied, region, users->ids[i], rules->paired_after_us,
                           rules->paired_until_us));
        n += applied;
        *out = n > 1;
    }
    return STATUS_OK;
}

enum status region_users(struct node_set *out, struct region *region, struct node_id identifier,
                         uint32_t kind)
{
    AUTO(node_set_fini) struct node_set users = { 0 };
    size_t place;
    bool paired;

    TRY(take_node(&place, region, identifier));
    if (!out && region->nodes[place].done & DONE_USERS)
        return STATUS_OK;
    region->nodes[place].done |= DONE_USERS;
    TRY(region_callers(&users, region, identifier, kind));
    TRY(is_paired(&paired, region, &users));
    if (paired)
        TRY(groups_of(region, &users));
    for (size_t i = 0; i < users.n && paired; i++)
        TRY(take_applied(region, users.ids[i]));
    return out ? node_set_join(out, &users) : STATUS_OK;
}

enum status region_uses(struct region *region, struct node_id principal, unsigned kinds)
{
    size_t place;

    TRY(take_node(&place, region, principal));
    kinds &= ~region->nodes[place].kinds;
    region->nodes[place].kinds |= kinds;
    for (uint32_t kind = 0; kind < region->schema->n_kinds && !region->cut; kind++) {
        AUTO(node_set_fini) struct node_set identifiers = { 0 };

        if (!(kinds & 1u << kind))
            continue;
        TRY(region_identifiers(&identifiers, region, principal, kind));
        for (size_t i = 0; i < identifiers.n && !region->cut; i++)
            TRY(region_users(NULL, region, identifiers.ids[i], kind));
    }
    return take_applied(region, principal);
}

enum status region_reach(struct region *region, struct node_id principal, unsigned kinds)
{
    for (uint32_t kind = 0; kind < region->schema->n_kinds && !region->cut; kind++) {
        AUTO(node_set_fini) struct node_set identifiers = { 0 };

        if (kinds & 1u << kind)
            TRY(region_identifiers(&identifiers, region, principal, kind));
    }
    return STATUS_OK;
}

enum status region_applied(bool *out, struct region *region, struct node_id principal,
                           int64_t after_us, int64_t until_us)
{
    const uint32_t *type = region->schema->roles.applied;
    struct node node;
    enum status status = node_load(&node, region->txn, principal);

    *out = false;
    if (status == STATUS_NOT_FOUND)
        return STATUS_OK;
    TRY(status);
    for (; type && *type && !*out; type++) {
        struct edge_scan scan = EDGE_SCAN(*type, DIRECTION_OUT);
        uint64_t n;

        scan.from_us = time_add(after_us, 1);
        scan.before_us = time_add(until_us, 1);
        TRY(edge_count(&n, region->txn, &node, &scan));
        *out = n > 0;
    }
    return STATUS_OK;
}

enum status region_principals(struct node_set *out, struct region *region, struct node_id id)
{
    const struct schema_roles *roles = &region->schema->roles;
    enum label_role role;
    uint32_t label;

    TRY(region_node(&role, &label, region, id));
    switch (role) {
    case LABEL_APPLICATION:
        return region_role(out, region, id, roles->applied, DIRECTION_IN);
    case LABEL_ACCOUNT:
        return region_role(out, region, id, roles->owns, DIRECTION_IN);
    case LABEL_LOAN:
        return region_role(out, region, id, roles->borrowed, DIRECTION_IN);
    case LABEL_PRINCIPAL:
    case LABEL_OTHER: /* perhaps one that was deleted */
        return node_set_add(out, id);
    default:
        return STATUS_OK;
    }
}
