/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "detectors/neighbourhood.h"

#include <stdlib.h>

#include "base/hash.h"
#include "detectors/facts.h"
#include "detectors/use.h"

#define NO_STEP UINT32_MAX

struct around_node {
    struct node_id id;
    uint32_t label;
    unsigned expanded;  /* bits of enum expand */
    uint32_t first, last; /* its steps, in the order met */
};

/* One end's view of an edge taken. */
struct around_step {
    uint32_t type;
    enum direction direction;
    struct node_id other;
    uint32_t next;
};

/* All that a kind of links leads to from a node: every edge on the way was read, so it stays. */
struct around_walk {
    struct node_id start;
    uint32_t kind;
    bool backward;
    struct id_list found;
};

#define MAX_WALKS 512 /* remembered; looked up one by one */

void around_fini(struct neighbourhood *around)
{
    for (size_t i = 0; i < around->n_walks; i++)
        id_list_fini(&around->walks[i].found);
    free(around->walks);
    snapshot_abandon(around->builder);
    free(around->focus);
    free(around->ids);
    free(around->nodes);
    free(around->slots);
    free(around->steps);
    free(around->edges);
    free(around->pending);
    *around = (struct neighbourhood){ 0 };
}

void id_list_fini(struct id_list *list)
{
    free(list->ids);
    free(list->slots);
    *list = (struct id_list){ 0 };
}

/* The id's slot in a set of ids, or the free one where it would go. */
static size_t id_slot(const uint64_t *slots, size_t n_slots, uint64_t id)
{
    size_t slot = hash_mix64(id) & (n_slots - 1);

    while (slots[slot] && slots[slot] != id)
        slot = (slot + 1) & (n_slots - 1);
    return slot;
}

static enum status ids_grow(uint64_t **slots, size_t *n_slots, size_t first)
{
    size_t wanted = *n_slots ? 2 * *n_slots : first;
    uint64_t *grown = calloc(wanted, sizeof *grown);

    if (!grown)
        return fail_memory(wanted * sizeof *grown);
    for (size_t i = 0; i < *n_slots; i++)
        if ((*slots)[i])
            grown[id_slot(grown, wanted, (*slots)[i])] = (*slots)[i];
    free(*slots);
    *slots = grown;
    *n_slots = wanted;
    return STATUS_OK;
}

enum status id_list_add(struct id_list *list, struct node_id id)
{
    size_t slot;

    if (2 * (list->n + 1) > list->n_slots)
        TRY(ids_grow(&list->slots, &list->n_slots, 16));
    slot = id_slot(list->slots, list->n_slots, id.value);
    if (list->slots[slot])
        return STATUS_OK;
    TRY(array_reserve(&list->ids, &list->capacity, list->n + 1));
    list->slots[slot] = id.value;
    list->ids[list->n++] = id;
    return STATUS_OK;
}

static int compare_ids(const void *a, const void *b)
{
    const struct node_id *x = a, *y = b;

    return (x->value > y->value) - (x->value < y->value);
}

/* Ascending and each once, so that walks do not depend on the way they came. */
static void id_list_sort(struct id_list *list)
{
    size_t kept = 0;

    if (list->n)
        qsort(list->ids, list->n, sizeof *list->ids, compare_ids);
    for (size_t i = 0; i < list->n; i++)
        if (!kept || list->ids[i].value != list->ids[kept - 1].value)
            list->ids[kept++] = list->ids[i];
    list->n = kept;
}

static size_t node_slot(const struct neighbourhood *around, struct node_id id)
{
    size_t slot = hash_mix64(id.value) & (around->n_slots - 1);

    while (around->slots[slot] && around->nodes[around->slots[slot] - 1].id.value != id.value)
        slot = (slot + 1) & (around->n_slots - 1);
    return slot;
}

static struct around_node *find_node(const struct neighbourhood *around, struct node_id id)
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

static enum status remember_node(struct neighbourhood *around, struct node_id id, uint32_t label)
{
    if (2 * (around->n_nodes + 1) > around->n_slots)
        TRY(grow_slots(around));
    TRY(array_reserve(&around->nodes, &around->nodes_capacity, around->n_nodes + 1));
    around->nodes[around->n_nodes] =
        (struct around_node){ id, label, 0, NO_STEP, NO_STEP };
    around->slots[node_slot(around, id)] = (uint32_t)++around->n_nodes;
    around->grown = true;
    return STATUS_OK;
}

static uint32_t role_label(const struct neighbourhood *around, const struct node *node)
{
    for (uint32_t i = 0; i < node->n_labels; i++) {
        const struct schema_label *label = schema_label_of(around->schema, node->labels[i]);

        if (label && label->role != LABEL_OTHER)
            return node->labels[i];
    }
    return node->key_label;
}

/* Adds the node as the store has it, where it is new. */
static enum status take_node(struct neighbourhood *around, struct node_id id)
{
    struct node node;

    if (find_node(around, id))
        return STATUS_OK;
    TRY(node_load(&node, around->txn, id));
    TRY(snapshot_take_node(around->builder, around->txn, &node));
    return remember_node(around, id, role_label(around, &node));
}

static enum status add_step(struct neighbourhood *around, struct node_id at, uint32_t type,
                            enum direction direction, struct node_id other)
{
    struct around_node *node = find_node(around, at);
    uint32_t step = (uint32_t)around->n_steps;

    TRY(array_reserve(&around->steps, &around->steps_capacity, around->n_steps + 1));
    around->steps[around->n_steps++] = (struct around_step){ type, direction, other, NO_STEP };
    if (node->last == NO_STEP)
        node->first = step;
    else
        around->steps[node->last].next = step;
    node->last = step;
    return STATUS_OK;
}

/* Whether the edge is new; remembers it. */
static enum status take_edge_id(bool *new, struct neighbourhood *around, struct edge_id id)
{
    size_t slot;

    if (2 * (around->n_edges + 1) > around->n_edge_slots)
        TRY(ids_grow(&around->edges, &around->n_edge_slots, 512));
    slot = id_slot(around->edges, around->n_edge_slots, id.value);
    *new = !around->edges[slot];
    around->n_edges += *new;
    around->edges[slot] = id.value;
    return STATUS_OK;
}

static enum status take_edge(struct neighbourhood *around, struct edge *edge)
{
    enum status status;
    bool new;

    TRY(take_edge_id(&new, around, edge->id));
    if (!new)
        return STATUS_OK;
    status = take_node(around, edge_other(edge));
    if (status == STATUS_NOT_FOUND)
        return STATUS_OK; /* its other end was not known yet at the transaction's moment */
    TRY(status);
    TRY(snapshot_take_edge(around->builder, around->txn, edge));
    TRY(add_step(around, edge->from, edge->type, DIRECTION_OUT, edge->to));
    TRY(add_step(around, edge->to, edge->type, DIRECTION_IN, edge->from));
    around->grown = true;
    return STATUS_OK;
}

/* Reads one scan into `pending`; false where the budget ends before it is complete. */
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

static enum status read_types(bool *complete, struct neighbourhood *around,
                              const struct node *node, const uint32_t *types,
                              enum direction direction)
{
    *complete = true;
    for (; types && *types && *complete; types++) {
        struct edge_scan scan = EDGE_SCAN(*types, direction);

        TRY(read_scan(complete, around, node, &scan));
    }
    return STATUS_OK;
}

static enum status read_edges(bool *complete, struct neighbourhood *around,
                              const struct node *node, unsigned what)
{
    static const struct edge_scan all = EDGE_SCAN(0, DIRECTION_BOTH);

    *complete = true;
    around->n_pending = 0;
    if (what & EXPAND_ALL)
        return read_scan(complete, around, node, &all);
    if (what & EXPAND_HOLDERS)
        TRY(read_types(complete, around, node, around->schema->roles.ownership, DIRECTION_IN));
    if (what & EXPAND_GUARANTEES && *complete)
        TRY(read_types(complete, around, node, around->schema->roles.guarantees, DIRECTION_OUT));
    if (what & EXPAND_GROUPS && *complete)
        TRY(read_types(complete, around, node, around->schema->roles.membership, DIRECTION_OUT));
    if (what & EXPAND_FILERS && *complete)
        TRY(read_types(complete, around, node, around->schema->roles.applied, DIRECTION_IN));
    if (what & EXPAND_OWNERS && *complete)
        TRY(read_types(complete, around, node, around->schema->roles.owns, DIRECTION_IN));
    return STATUS_OK;
}

enum status around_expand(struct neighbourhood *around, struct node_id id, unsigned what)
{
    struct around_node *known;
    struct node node;
    bool complete;

    if (id.value < NEIGHBOURHOOD_UNKNOWN)
        TRY(take_node(around, id));
    known = find_node(around, id);
    if (known->expanded & EXPAND_ALL)
        return STATUS_OK;
    what &= ~known->expanded;
    if (!what)
        return STATUS_OK;
    known->expanded |= what; /* also past the budget: asking again would not help */
    if (id.value >= NEIGHBOURHOOD_UNKNOWN)
        return STATUS_OK;
    TRY(node_load(&node, around->txn, id));
    TRY(read_edges(&complete, around, &node, what));
    for (size_t i = 0; complete && i < around->n_pending; i++)
        TRY(take_edge(around, &around->pending[i]));
    return STATUS_OK;
}

bool around_is_expanded(const struct neighbourhood *around, struct node_id node)
{
    const struct around_node *known = find_node(around, node);

    return known && known->expanded & EXPAND_ALL;
}

/* Appends the ends as they come; who walks from many nodes sorts once. */
static enum status add_ends(struct id_list *out, const struct neighbourhood *around,
                            struct node_id node, const uint32_t *types, enum direction direction)
{
    const struct around_node *known = find_node(around, node);

    for (uint32_t at = known ? known->first : NO_STEP; at != NO_STEP;
         at = around->steps[at].next) {
        const struct around_step *step = &around->steps[at];

        for (const uint32_t *type = types; type && *type; type++)
            if (step->type == *type && step->direction == direction)
                TRY(id_list_add(out, step->other));
    }
    return STATUS_OK;
}

enum status around_ends(struct id_list *out, const struct neighbourhood *around,
                        struct node_id node, const uint32_t *types, enum direction direction)
{
    TRY(add_ends(out, around, node, types, direction));
    id_list_sort(out);
    return STATUS_OK;
}

static bool has_type(const uint32_t *types, uint32_t type)
{
    for (; types && *types; types++)
        if (*types == type)
            return true;
    return false;
}

/* What a step needs of a node: back from an application or account only who stands behind it. */
static unsigned step_needs(const struct neighbourhood *around, uint32_t type,
                           enum direction direction)
{
    if (direction == DIRECTION_IN && has_type(around->schema->roles.applied, type))
        return EXPAND_FILERS;
    if (direction == DIRECTION_IN && has_type(around->schema->roles.owns, type))
        return EXPAND_OWNERS;
    return EXPAND_ALL;
}

/* All nodes one step of a link away from each of the list, expanding them first. */
static enum status walk_step(struct id_list *out, struct neighbourhood *around,
                             const struct id_list *from, uint32_t type, enum direction direction)
{
    const uint32_t types[] = { type, 0 };

    for (size_t i = 0; i < from->n; i++) {
        TRY(around_expand(around, from->ids[i], step_needs(around, type, direction)));
        TRY(add_ends(out, around, from->ids[i], types, direction));
    }
    id_list_sort(out);
    return STATUS_OK;
}

static enum status walk_link(struct id_list *out, struct neighbourhood *around,
                             struct node_id start, const struct schema_link *link, bool backward)
{
    AUTO(id_list_fini) struct id_list here = { 0 };

    TRY(id_list_add(&here, start));
    for (uint32_t i = 0; i < link->n_steps; i++) {
        const struct schema_step *step = &link->steps[backward ? link->n_steps - 1 - i : i];
        AUTO(id_list_fini) struct id_list next = { 0 };
        struct id_list swap = here;

        TRY(walk_step(&next, around, &here, step->type,
                      step->reversed == backward ? DIRECTION_OUT : DIRECTION_IN));
        here = next;
        next = swap;
    }
    for (size_t i = 0; i < here.n; i++)
        TRY(id_list_add(out, here.ids[i]));
    return STATUS_OK;
}

static const struct around_walk *find_walk(const struct neighbourhood *around,
                                           struct node_id start, uint32_t kind, bool backward)
{
    for (size_t i = 0; i < around->n_walks; i++)
        if (around->walks[i].start.value == start.value && around->walks[i].kind == kind &&
            around->walks[i].backward == backward)
            return &around->walks[i];
    return NULL;
}

/* Keeps a result unless the budget cut it. */
static enum status keep_walk(struct neighbourhood *around, struct node_id start, uint32_t kind,
                             bool backward, const struct id_list *found)
{
    struct around_walk *walk;

    if (around->n_walks == MAX_WALKS || around->truncated)
        return STATUS_OK;
    TRY(array_reserve(&around->walks, &around->walks_capacity, around->n_walks + 1));
    walk = &around->walks[around->n_walks++];
    *walk = (struct around_walk){ .start = start, .kind = kind, .backward = backward };
    for (size_t i = 0; i < found->n; i++)
        TRY(id_list_add(&walk->found, found->ids[i]));
    return STATUS_OK;
}

static enum status walk_kind(struct id_list *out, struct neighbourhood *around,
                             struct node_id start, uint32_t kind, bool backward)
{
    const struct around_walk *known = find_walk(around, start, kind, backward);
    AUTO(id_list_fini) struct id_list found = { 0 };

    for (size_t i = 0; i < around->schema->n_links && !known; i++)
        if (around->schema->links[i].kind == kind)
            TRY(walk_link(&found, around, start, &around->schema->links[i], backward));
    if (!known)
        TRY(keep_walk(around, start, kind, backward, &found));
    for (size_t i = 0; i < (known ? &known->found : &found)->n; i++)
        TRY(id_list_add(out, (known ? &known->found : &found)->ids[i]));
    id_list_sort(out);
    return STATUS_OK;
}

enum status around_identifiers(struct id_list *out, struct neighbourhood *around,
                               struct node_id principal, uint32_t kind)
{
    return walk_kind(out, around, principal, kind, false);
}

enum status around_users(struct id_list *out, struct neighbourhood *around,
                         struct node_id identifier, uint32_t kind)
{
    return walk_kind(out, around, identifier, kind, true);
}

bool around_is_hub_class(const struct neighbourhood *around, const struct facts *facts,
                         struct node_id identifier, uint32_t kind)
{
    uint32_t node = snapshot_find(facts->snapshot, identifier);
    struct caps caps;

    (void)around;
    if (node == NODE_NONE)
        return false;
    caps = facts_caps(facts, node, kind);
    return !caps.candidate && !caps.evidence;
}

#define MANY_USERS 64

/* Of many users those near the focus, as far as their uses are known by now. */
static enum status expand_near(struct neighbourhood *around, struct facts *facts,
                               struct node_id identifier, struct node_id focus)
{
    uint32_t node = snapshot_find(facts->snapshot, identifier);
    uint32_t principal = snapshot_find(facts->snapshot, focus);
    const struct use *uses;
    size_t n;

    if (node == NODE_NONE)
        return STATUS_OK;
    uses = facts_uses_of(&n, facts, node);
    for (size_t i = 0, near = 0; i < n; i++) {
        if (uses[i].principal != principal)
            continue;
        /* uses come by time: each own use looks on from where the one before stopped */
        while (near < n && uses[near].start <= time_add(uses[i].start, -31 * US_PER_DAY))
            near++;
        for (; near < n && uses[near].start < time_add(uses[i].start, 31 * US_PER_DAY); near++)
            TRY(around_expand(around, facts_id(facts, uses[near].principal), EXPAND_ALL));
    }
    return STATUS_OK;
}

static enum status share_identifier(struct neighbourhood *around, struct facts *facts,
                                    struct node_id identifier, uint32_t kind, int64_t min_users,
                                    struct node_id focus)
{
    AUTO(id_list_fini) struct id_list users = { 0 };

    if (around_is_hub_class(around, facts, identifier, kind))
        return STATUS_OK;
    TRY(around_users(&users, around, identifier, kind));
    if (users.n < (size_t)min_users)
        return STATUS_OK;
    if (users.n > MANY_USERS)
        return expand_near(around, facts, identifier, focus);
    for (size_t k = 0; k < users.n; k++)
        TRY(around_expand(around, users.ids[k], EXPAND_ALL));
    return STATUS_OK;
}

enum status around_shared(struct neighbourhood *around, struct facts *facts, uint32_t kind,
                          int64_t min_users)
{
    for (size_t i = 0; i < around->n_focus; i++) {
        AUTO(id_list_fini) struct id_list identifiers = { 0 };

        TRY(around_identifiers(&identifiers, around, around->focus[i], kind));
        for (size_t j = 0; j < identifiers.n; j++)
            TRY(share_identifier(around, facts, identifiers.ids[j], kind, min_users,
                                 around->focus[i]));
    }
    return STATUS_OK;
}

/* Edges into the identifier within a day of `at_us`, and all that are undated. */
static enum status count_near(uint64_t *n, struct neighbourhood *around,
                              struct node_id identifier, uint32_t type, int64_t at_us)
{
    struct edge_scan scan = EDGE_SCAN(type, DIRECTION_IN);
    struct node node;
    uint64_t undated;

    *n = 0;
    if (identifier.value >= NEIGHBOURHOOD_UNKNOWN)
        return STATUS_OK;
    TRY(node_load(&node, around->txn, identifier));
    scan.from_us = time_add(at_us, -US_PER_DAY);
    scan.before_us = time_add(at_us, US_PER_DAY);
    TRY(edge_count(n, around->txn, &node, &scan));
    scan.from_us = TIME_MIN;
    scan.before_us = TIME_MIN + 1;
    TRY(edge_count(&undated, around->txn, &node, &scan));
    *n += undated;
    return STATUS_OK;
}

/* All that applications within a day of the focus's own state: who acts in lockstep shares more. */
static enum status expand_applications(struct neighbourhood *around, struct facts *facts,
                                       const struct use *own)
{
    size_t n;
    const struct use *uses = facts_uses_of(&n, facts, own->identifier);

    for (size_t i = 0; i < n; i++)
        if (uses[i].application != NODE_NONE &&
            uses[i].start >= time_add(own->start, -US_PER_DAY) &&
            uses[i].start <= time_add(own->start, US_PER_DAY))
            TRY(around_expand(around, facts_id(facts, uses[i].application), EXPAND_ALL));
    return STATUS_OK;
}

/* One identifier that one of the focus's applications states. */
static enum status gather_batch(struct neighbourhood *around, struct facts *facts,
                                struct node_id identifier, const struct schema_link *link,
                                const struct use *own, int64_t min_users)
{
    int64_t at_us = own->start;
    AUTO(id_list_fini) struct id_list users = { 0 };
    uint64_t near;

    TRY(count_near(&near, around, identifier, link->steps[link->n_steps - 1].type, at_us));
    if (near + 1 < (uint64_t)min_users)
        return STATUS_OK;
    TRY(walk_link(&users, around, identifier, link, true));
    TRY(expand_applications(around, facts, own));
    if (users.n > MANY_USERS)
        return expand_near(around, facts, identifier, facts_id(facts, own->principal));
    for (size_t k = 0; k < users.n && users.n >= (size_t)min_users; k++)
        TRY(around_expand(around, users.ids[k], EXPAND_ALL));
    return STATUS_OK;
}

enum status around_batches(struct neighbourhood *around, struct facts *facts, int64_t min_users)
{
    const struct uses *uses = facts->uses;

    for (size_t i = 0; i < around->n_focus; i++) {
        uint32_t focus = snapshot_find(facts->snapshot, around->focus[i]);

        for (size_t u = 0; u < uses->n; u++) {
            const struct use *use = &uses->items[u];
            const struct schema_link *link = &around->schema->links[use->link];

            if (use->principal == focus && use->dated && link->through_application)
                TRY(gather_batch(around, facts, facts_id(facts, use->identifier), link, use,
                                 min_users));
        }
    }
    return STATUS_OK;
}

static enum status expand_all(struct neighbourhood *around, const struct id_list *list,
                              unsigned what)
{
    for (size_t i = 0; i < list->n; i++)
        TRY(around_expand(around, list->ids[i], what));
    return STATUS_OK;
}

/* Declared groups with all their members, and kin, of a principal. */
static enum status expand_relations(struct neighbourhood *around, struct node_id principal)
{
    AUTO(id_list_fini) struct id_list groups = { 0 };
    AUTO(id_list_fini) struct id_list kin = { 0 };

    TRY(around_ends(&groups, around, principal, around->schema->roles.membership,
                    DIRECTION_OUT));
    TRY(expand_all(around, &groups, EXPAND_ALL));
    for (size_t i = 0; i < groups.n; i++) {
        AUTO(id_list_fini) struct id_list members = { 0 };

        TRY(around_ends(&members, around, groups.ids[i], around->schema->roles.membership,
                        DIRECTION_IN));
        TRY(expand_all(around, &members, EXPAND_ALL));
    }
    TRY(around_ends(&kin, around, principal, around->schema->roles.kin, DIRECTION_OUT));
    TRY(around_ends(&kin, around, principal, around->schema->roles.kin, DIRECTION_IN));
    return expand_all(around, &kin, EXPAND_ALL);
}

static bool is_principal(const struct neighbourhood *around, size_t at)
{
    const struct schema_label *label =
        schema_label_of(around->schema, around->nodes[at].label);

    return label && label->role == LABEL_PRINCIPAL;
}

/* Whoever holds a share of somebody known, and of the holders in turn. */
static enum status expand_holders(struct neighbourhood *around)
{
    for (size_t i = 0; i < around->n_nodes && !around->truncated; i++) {
        AUTO(id_list_fini) struct id_list holders = { 0 };

        if (!is_principal(around, i) ||
            !(around->nodes[i].expanded & (EXPAND_ALL | EXPAND_HOLDERS)))
            continue;
        TRY(around_ends(&holders, around, around->nodes[i].id, around->schema->roles.ownership,
                        DIRECTION_IN));
        TRY(expand_all(around, &holders, EXPAND_HOLDERS));
    }
    return STATUS_OK;
}

enum status around_groups(struct neighbourhood *around, struct facts *facts)
{
    AUTO(id_list_fini) struct id_list related = { 0 };
    uint32_t n = facts->snapshot->n_nodes;

    TRY(expand_holders(around));
    TRY(facts_need(facts, NEED_CONTROL));
    /* facts->count marks the groups of principals whose every edge is known */
    for (size_t i = 0; i < around->n_nodes; i++) {
        uint32_t node = snapshot_find(facts->snapshot, around->nodes[i].id);

        if (node != NODE_NONE && is_principal(around, i) &&
            around->nodes[i].expanded & EXPAND_ALL)
            facts->count[facts_group(facts, node)] = 1;
    }
    for (uint32_t node = 0; node < n; node++)
        if (facts->count[facts_group(facts, node)] &&
            facts->snapshot->roles[node] == LABEL_PRINCIPAL)
            TRY(id_list_add(&related, facts_id(facts, node)));
    memset(facts->count, 0, n * sizeof *facts->count);
    for (size_t i = 0; i < related.n && !around->truncated; i++) {
        TRY(around_expand(around, related.ids[i], EXPAND_ALL));
        TRY(expand_relations(around, related.ids[i]));
    }
    return STATUS_OK;
}

/* The id of a stated node; unknown ones get the next above 2^63. */
static enum status state_node(struct neighbourhood *around, struct node_id *out,
                              const struct stated_node *stated, uint64_t *next)
{
    const struct schema_label *label = schema_label_of(around->schema, stated->label);

    *out = stated->id;
    if (out->value)
        return take_node(around, *out);
    *out = (struct node_id){ (*next)++ };
    TRY(snapshot_add_node(around->builder, *out, stated->label,
                          label ? label->role : LABEL_OTHER, stated->key));
    return remember_node(around, *out, stated->label);
}

static enum status state_edge(struct neighbourhood *around, uint32_t type, struct node_id from,
                              struct node_id to)
{
    TRY(snapshot_add_edge(around->builder, type, from, to, around->application->time_us,
                          TIME_MAX, (struct edge_id){ 0 }));
    TRY(add_step(around, from, type, DIRECTION_OUT, to));
    return add_step(around, to, type, DIRECTION_IN, from);
}

static enum status state_text(struct neighbourhood *around, enum node_column column,
                              struct slice text)
{
    return text.size ? snapshot_node_text(around->builder, column, text) : STATUS_OK;
}

static enum status state_application(struct neighbourhood *around, uint64_t *next)
{
    const struct application *a = around->application;
    uint32_t label = 0;

    around->application_id = a->id;
    if (a->id.value)
        return take_node(around, a->id);
    for (size_t i = 0; i < around->schema->n_labels; i++)
        if (around->schema->labels[i].role == LABEL_APPLICATION)
            label = around->schema->labels[i].symbol;
    around->application_id = (struct node_id){ (*next)++ };
    TRY(snapshot_add_node(around->builder, around->application_id, label, LABEL_APPLICATION,
                          a->key));
    TRY(state_text(around, NODE_PRODUCT, a->product));
    TRY(state_text(around, NODE_LENDER, a->lender));
    TRY(state_text(around, NODE_LEGAL_REP, a->legal_rep));
    TRY(state_text(around, NODE_INDUSTRY, a->industry));
    TRY(state_text(around, NODE_CURRENCY, a->currency));
    if (a->amount_minor != CELL_ABSENT)
        TRY(snapshot_node_cell(around->builder, NODE_AMOUNT, a->amount_minor));
    return remember_node(around, around->application_id, label);
}

/* The type of edge by which an application states identifiers of this label, or 0. */
static uint32_t stating_type(const struct schema *schema, uint32_t label)
{
    for (size_t i = 0; i < schema->n_links; i++) {
        const struct schema_link *link = &schema->links[i];

        if (link->through_application && schema->kinds[link->kind].label == label)
            return link->steps[link->n_steps - 1].type;
    }
    return 0;
}

static enum status state_edges(struct neighbourhood *around)
{
    const struct application *a = around->application;
    const struct node_id *ids = around->ids;

    for (size_t i = 0; i < a->n_principals; i++)
        if (a->principals[i].applicant && around->schema->roles.applied[0])
            TRY(state_edge(around, around->schema->roles.applied[0], ids[i],
                           around->application_id));
    ids += a->n_principals;
    for (size_t i = 0; i < a->n_identifiers; i++) {
        uint32_t type = stating_type(around->schema, a->identifiers[i].label);

        if (type)
            TRY(state_edge(around, type, around->application_id, ids[i]));
    }
    ids += a->n_identifiers;
    for (size_t i = 0; i < a->n_guarantors && a->n_principals; i++) {
        TRY(state_edge(around, around->schema->roles.guarantees[0], ids[i], around->ids[0]));
        if (a->guarantors[i].amount_minor != CELL_ABSENT)
            TRY(snapshot_edge_cell(around->builder, EDGE_AMOUNT, a->guarantors[i].amount_minor));
        if (a->guarantors[i].currency.size)
            TRY(snapshot_edge_text(around->builder, EDGE_CURRENCY, a->guarantors[i].currency));
    }
    return STATUS_OK;
}

static enum status state_all(struct neighbourhood *around)
{
    const struct application *a = around->application;
    size_t n = a->n_principals + a->n_identifiers + a->n_guarantors, at = 0;
    uint64_t next = NEIGHBOURHOOD_UNKNOWN;

    around->ids = calloc(n + 1, sizeof *around->ids);
    if (!around->ids)
        return fail_memory(n * sizeof *around->ids);
    for (size_t i = 0; i < a->n_principals; i++)
        TRY(state_node(around, &around->ids[at++], &a->principals[i], &next));
    for (size_t i = 0; i < a->n_identifiers; i++)
        TRY(state_node(around, &around->ids[at++], &a->identifiers[i], &next));
    for (size_t i = 0; i < a->n_guarantors; i++)
        TRY(state_node(around, &around->ids[at++], &a->guarantors[i], &next));
    TRY(state_application(around, &next));
    return a->recorded ? STATUS_OK : state_edges(around);
}

enum status around_begin(struct neighbourhood *around, struct graph_txn *txn,
                         const struct application *application, const struct params *params,
                         uint64_t max_reads)
{
    *around = (struct neighbourhood){ .txn = txn, .application = application, .params = params,
                                      .max_reads = max_reads };
    around->schema = graph_schema(txn_graph(txn));
    TRY(snapshot_begin(&around->builder));
    TRY(state_all(around));
    for (size_t i = 0; i < application->n_principals; i++) {
        TRY(array_reserve(&around->focus, &around->focus_capacity, around->n_focus + 1));
        around->focus[around->n_focus++] = around->ids[i];
        TRY(around_expand(around, around->ids[i], EXPAND_ALL));
    }
    return STATUS_OK;
}
