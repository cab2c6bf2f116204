/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who stands around the nodes of a region: applicants, control groups, users of identifiers. */
#include "detectors/facts.h"
#include "detectors/region_private.h"
#include "graph/catalog.h"

/* A person becomes a subject by applying, so of those it is always asked. */
static bool is_subject_by_label(const struct region *region, size_t place)
{
    return !region->rules.params->n_subject_labels &&
           !facts_is_kind_label(region->schema, region->nodes[place].label);
}

static enum status take_applied(struct region *region, struct node_id id)
{
    size_t place;

    TRY(region_take_node(&place, region, id));
    if (!region->rules.applicants && is_subject_by_label(region, place))
        return STATUS_OK;
    return region_role(NULL, region, id, region->schema->roles.applied, DIRECTION_OUT);
}

/* ---- groups, links ------------------------------------------------------------------------ */

/* Whoever one control edge leads to; what makes a subject of him is read with them. */
static enum status relations(struct id_list *out, struct region *region, struct node_id id)
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

enum status region_group(struct id_list *out, struct region *region, struct node_id id)
{
    AUTO(id_list_fini) struct id_list reached = { 0 };
    size_t place;

    TRY(region_take_node(&place, region, id));
    if (!out && region->nodes[place].done & DONE_GROUP)
        return STATUS_OK;
    TRY(id_list_add(&reached, id));
    for (size_t i = 0; i < reached.n && !region->cut; i++) {
        TRY(relations(&reached, region, reached.ids[i]));
        TRY(region_take_node(&place, region, reached.ids[i]));
        region->nodes[place].done |= DONE_GROUP;
    }
    return out ? id_list_add_all(out, &reached) : STATUS_OK;
}

static enum direction step_direction(const struct schema_step *step, bool backward)
{
    return step->reversed != backward ? DIRECTION_IN : DIRECTION_OUT;
}

/* What a link leads to from a node, forward or from its end. */
static enum status follow(struct id_list *out, struct region *region, struct node_id id,
                          const struct schema_link *link, bool backward)
{
    AUTO(id_list_fini) struct id_list first = { 0 };
    AUTO(id_list_fini) struct id_list second = { 0 };
    struct id_list *at = &first, *next = &second, *swap;

    TRY(id_list_add(at, id));
    for (uint32_t i = 0; i < link->n_steps; i++) {
        const struct schema_step *step = &link->steps[backward ? link->n_steps - 1 - i : i];

        id_list_clear(next);
        for (size_t k = 0; k < at->n && !region->cut; k++)
            TRY(region_type(next, region, at->ids[k], step->type, step_direction(step, backward)));
        swap = at;
        at = next;
        next = swap;
    }
    return id_list_add_all(out, at);
}

enum status region_identifiers(struct id_list *out, struct region *region,
                               struct node_id principal, uint32_t kind)
{
    for (size_t i = 0; i < region->schema->n_links; i++)
        if (region_wants(region, &region->schema->links[i], kind))
            TRY(follow(out, region, principal, &region->schema->links[i], false));
    return STATUS_OK;
}

static enum status groups_of(struct region *region, const struct id_list *users)
{
    for (size_t i = 0; i < users->n && users->n > 1 && !region->cut; i++)
        TRY(region_group(NULL, region, users->ids[i]));
    return STATUS_OK;
}

enum status region_class(struct slice *out, struct arena *arena, struct region *region,
                         const struct node *node)
{
    return facts_node_text(out, arena, node,
                           catalog_find(graph_catalog(txn_graph(region->txn)), SLICE("class")));
}

/* But for the name of the class. */
static enum status caps_of(struct caps *out, struct region *region, struct node_id id,
                           uint32_t kind)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    struct slice class_name;
    struct node node;

    TRY(node_load(&node, region->txn, id));
    TRY(region_class(&class_name, &arena, region, &node));
    *out = params_caps(region->rules.params, region->schema, &region->schema->kinds[kind],
                       class_name);
    out->class_name = SLICE("");
    return STATUS_OK;
}

/* Whether the identifier's class links nobody to anybody, and did not before. */
static enum status is_hub(bool *out, struct region *region, struct node_id id, uint32_t kind)
{
    struct caps caps;
    size_t place;

    *out = false;
    TRY(region_take_node(&place, region, id));
    if (region->rules.hubs || region->nodes[place].done & (ABSENT | IS_NO_HUB) ||
        (region->rules.renewed && id_list_has(region->rules.renewed, id)))
        return STATUS_OK;
    *out = region->nodes[place].done & IS_HUB;
    if (*out)
        return STATUS_OK;
    TRY(caps_of(&caps, region, id, kind));
    *out = caps_closed(&caps);
    region->nodes[place].done |= *out ? IS_HUB : IS_NO_HUB;
    return STATUS_OK;
}

/* Those recorded with the identifier by edges of a type from before `since_us` on and still. */
static enum status recorded_at(struct id_list *out, const struct region *region,
                               struct node_id id, uint32_t type, int64_t since_us)
{
    struct edge_scan scan = EDGE_SCAN(type, DIRECTION_IN);
    AUTO(edge_iter_stop) struct edge_iter it = { 0 };
    struct node node;

    TRY(node_load(&node, region->txn, id));
    for (edge_iter_start(&it, region->txn, &node, &scan); edge_iter_next(&it);)
        if (it.edge.valid_from_us <= since_us && it.edge.valid_to_us == TIME_MAX)
            TRY(id_list_add(out, it.edge.from));
    return it.status;
}

enum status region_is_crowded(bool *out, struct region *region, struct node_id id, uint32_t kind,
                              const struct id_list *changed, int64_t since_us)
{
    AUTO(id_list_fini) struct id_list users = { 0 };
    AUTO(id_list_fini) struct id_list connected = { 0 };
    enum label_role role;
    uint32_t label, groups = 0;
    struct caps caps;
    size_t place;

    *out = false;
    TRY(region_node(&role, &label, region, id));
    if (label != region->schema->kinds[kind].label ||
        (region->rules.renewed && id_list_has(region->rules.renewed, id)))
        return STATUS_OK;
    TRY(caps_of(&caps, region, id, kind));
    for (size_t i = 0; i < region->schema->n_links; i++) {
        const struct schema_link *link = &region->schema->links[i];

        if (link->kind == kind && !link->dated && link->n_steps == 1 && !link->steps[0].reversed)
            TRY(recorded_at(&users, region, id, link->steps[0].type, since_us));
    }
    for (size_t i = 0; i < users.n && users.n > caps.candidate && !*out && !region->cut; i++) {
        if (id_list_has(changed, users.ids[i]) || id_list_has(&connected, users.ids[i]))
            continue;
        TRY(region_take_node(&place, region, users.ids[i]));
        if (region->nodes[place].role != LABEL_PRINCIPAL || !is_subject_by_label(region, place))
            continue;
        TRY(region_group(&connected, region, users.ids[i]));
        *out = ++groups > caps.candidate;
    }
    return STATUS_OK;
}

enum status region_callers(struct id_list *out, struct region *region,
                           struct node_id identifier, uint32_t kind)
{
    bool hub;

    TRY(is_hub(&hub, region, identifier, kind));
    for (size_t i = 0; i < region->schema->n_links && !hub; i++)
        if (region_wants(region, &region->schema->links[i], kind))
            TRY(follow(out, region, identifier, &region->schema->links[i], true));
    return STATUS_OK;
}

/* Whether there are as many applicants among the users as it takes to matter. */
static enum status is_paired(bool *out, struct region *region, const struct id_list *users)
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

enum status region_users(struct id_list *out, struct region *region, struct node_id identifier,
                         uint32_t kind)
{
    AUTO(id_list_fini) struct id_list users = { 0 };
    size_t place;
    bool paired;

    TRY(region_take_node(&place, region, identifier));
    if (!out && region->nodes[place].done & DONE_USERS)
        return STATUS_OK;
    region->nodes[place].done |= DONE_USERS;
    TRY(region_callers(&users, region, identifier, kind));
    TRY(is_paired(&paired, region, &users));
    if (paired)
        TRY(groups_of(region, &users));
    for (size_t i = 0; i < users.n && paired; i++)
        TRY(take_applied(region, users.ids[i]));
    return out ? id_list_add_all(out, &users) : STATUS_OK;
}

enum status region_uses(struct region *region, struct node_id principal, unsigned kinds)
{
    size_t place;

    TRY(region_take_node(&place, region, principal));
    kinds &= ~region->nodes[place].kinds;
    region->nodes[place].kinds |= kinds;
    for (uint32_t kind = 0; kind < region->schema->n_kinds && !region->cut; kind++) {
        AUTO(id_list_fini) struct id_list identifiers = { 0 };

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
        AUTO(id_list_fini) struct id_list identifiers = { 0 };

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

enum status region_principals(struct id_list *out, struct region *region, struct node_id id)
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
        return id_list_add(out, id);
    default:
        return STATUS_OK;
    }
}
