/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "detectors/feature_gather.h"

#include <stdlib.h>

#include "detectors/feature_work.h"
#include "detectors/reach.h"
#include "detectors/use.h"

#define MAX_ROUNDS 64 /* gathering ends by itself; this bounds what a bug could cost */

struct gathering {
    struct neighbourhood *around;
    const struct facts *base;
    struct id_list identifiers; /* of the parties at hand */
    struct id_list next;        /* the parties one hop on */
    uint32_t kind;              /* of the identifiers at hand */
};

/* Looks at what was gathered so far. */
typedef enum status look(struct gathering *g, struct facts *facts);

static void gathering_fini(struct gathering *g)
{
    id_list_fini(&g->identifiers);
    id_list_fini(&g->next);
}

static enum status with_facts(struct gathering *g, look *step)
{
    AUTO(facts_fini) struct facts facts;
    AUTO(snapshot_freep) struct snapshot *snapshot = NULL;

    facts = *g->base;
    TRY(snapshot_finish_copy(&snapshot, g->around->builder));
    facts.snapshot = snapshot;
    return step(g, &facts);
}

/* Repeats the step until it finds nothing new. */
static enum status settle(struct gathering *g, look *step)
{
    int rounds = 0;

    size_t before;

    do {
        before = g->around->n_steps;
        TRY(with_facts(g, step));
    } while (g->around->n_steps > before && !g->around->truncated && ++rounds < MAX_ROUNDS);
    return STATUS_OK;
}

/* The party's control group, with all that is known of its members. */
static enum status gather_group(struct neighbourhood *around)
{
    AUTO(id_list_fini) struct id_list group = { 0 };

    TRY(around_relate(around, around->focus[0]));
    TRY(around_relatives(&group, around, around->focus[0]));
    for (size_t i = 0; i < group.n; i++)
        TRY(around_expand(around, group.ids[i]));
    return STATUS_OK;
}

static enum status is_hub_class(bool *out, struct gathering *g, struct node_id identifier)
{
    struct caps caps;

    TRY(reach_caps(&caps, g->around, identifier, g->kind));
    *out = caps_closed(&caps);
    return STATUS_OK;
}

/* Who else uses the identifiers, but for those of classes that link nobody. */
static enum status read_users(struct gathering *g)
{
    for (size_t i = 0; i < g->identifiers.n; i++) {
        bool hub;

        TRY(is_hub_class(&hub, g, g->identifiers.ids[i]));
        if (!hub)
            TRY(reach_read(g->around, g->identifiers.ids[i], g->kind, REACH_ALL));
    }
    return STATUS_OK;
}

/* Subjects that used the identifier in the window, as far as one can tell who is a subject. */
static enum status list_users(struct id_list *users, const struct facts *facts,
                              struct node_id identifier)
{
    int64_t after_us = facts_ago(facts, SHARING_DAYS);
    size_t n;
    const struct use *uses =
        facts_uses_of(&n, facts, snapshot_find(facts->snapshot, identifier));

    for (size_t i = 0; i < n; i++)
        if (use_overlaps(&uses[i], after_us, facts->at_us))
            TRY(id_list_add(users, facts_id(facts, uses[i].principal)));
    return STATUS_OK;
}

/* A person is a subject only once his own applications were read, so he is read in any case. */
static enum status add_users(struct gathering *g, const struct facts *facts,
                             struct node_id identifier)
{
    AUTO(id_list_fini) struct id_list users = { 0 };
    AUTO(reaches_fini) struct reaches all = { 0 };
    uint32_t node = snapshot_find(facts->snapshot, identifier);

    TRY(list_users(&users, facts, identifier));
    if (users.n > facts_caps(facts, node, g->kind).candidate)
        return STATUS_OK;
    TRY(reach_list(&all, g->around, identifier, g->kind, REACH_ALL));
    for (size_t i = 0; i < all.n; i++) {
        uint32_t user = snapshot_find(facts->snapshot, all.items[i].principal);

        if (user == NODE_NONE || !facts_is(facts, user, FACT_SUBJECT))
            TRY(id_list_add(&users, all.items[i].principal));
    }
    return id_list_add_all(&g->next, &users);
}

/* Users of the identifiers that turn out to be no hubs. */
static enum status look_at_hubs(struct gathering *g, struct facts *facts)
{
    TRY(facts_need(facts, NEED_USES));
    for (size_t i = 0; i < g->identifiers.n; i++) {
        bool hub;

        TRY(is_hub_class(&hub, g, g->identifiers.ids[i]));
        if (!hub)
            TRY(add_users(g, facts, g->identifiers.ids[i]));
    }
    return STATUS_OK;
}

static enum status add_arcs(struct gathering *g, struct node_id party)
{
    const struct schema_roles *roles = &g->around->schema->roles;
    AUTO(id_list_fini) struct id_list ends = { 0 };

    TRY(around_ends(&ends, g->around, party, roles->guarantees, DIRECTION_OUT));
    TRY(around_ends(&ends, g->around, party, roles->guarantees, DIRECTION_IN));
    TRY(around_ends(&ends, g->around, party, roles->ownership, DIRECTION_OUT));
    TRY(around_ends(&ends, g->around, party, roles->ownership, DIRECTION_IN));
    for (size_t i = 0; i < ends.n; i++)
        TRY(id_list_add(&g->next, ends.ids[i]));
    return STATUS_OK;
}

/* Parties one hop from any of the list go to g->next. */
static enum status hop(struct gathering *g, const struct id_list *from)
{
    for (g->kind = 0; g->kind < g->around->schema->n_kinds; g->kind++) {
        id_list_fini(&g->identifiers);
        for (size_t i = 0; i < from->n; i++)
            TRY(reach_identifiers(&g->identifiers, g->around, from->ids[i], g->kind, REACH_ALL));
        if (!g->identifiers.n)
            continue;
        TRY(read_users(g));
        TRY(with_facts(g, look_at_hubs));
    }
    for (size_t i = 0; i < from->n; i++)
        TRY(add_arcs(g, from->ids[i]));
    for (size_t i = 0; i < g->next.n; i++)
        TRY(around_expand(g->around, g->next.ids[i]));
    return STATUS_OK;
}

static enum status gather_neighbours(struct gathering *g)
{
    AUTO(id_list_fini) struct id_list from = { 0 };

    TRY(id_list_add(&from, g->around->focus[0]));
    for (int hops = 0; hops < CONTAGION_HOPS && !g->around->truncated; hops++) {
        TRY(hop(g, &from));
        id_list_clear(&from);
        TRY(id_list_add_all(&from, &g->next));
        id_list_clear(&g->next);
    }
    return STATUS_OK;
}

static enum status expand_reach(struct gathering *g, struct feature_work *work, uint32_t node,
                                bool back)
{
    uint32_t n = feature_guarantee_reach(work, node, back);

    for (uint32_t i = 0; i < n; i++)
        TRY(around_expand(g->around,
                          facts_id(work->facts, work->guarantees.nodes[work->queue[i]])));
    return STATUS_OK;
}

static enum status look_at_guarantees(struct gathering *g, struct facts *facts)
{
    AUTO(feature_work_fini) struct feature_work work = { .facts = facts };
    uint32_t node = snapshot_find(facts->snapshot, g->around->focus[0]);

    TRY(facts_need(facts, NEED_SUBJECTS));
    work.stamp = calloc(facts->snapshot->n_nodes + (size_t)1, sizeof *work.stamp);
    if (!work.stamp)
        return fail_memory(facts->snapshot->n_nodes * sizeof *work.stamp);
    TRY(feature_guarantee_prepare(&work));
    TRY(expand_reach(g, &work, node, false));
    return expand_reach(g, &work, node, true);
}

enum status feature_gather(struct neighbourhood *around, const struct facts *base)
{
    AUTO(gathering_fini) struct gathering g = { .around = around, .base = base };

    TRY(gather_group(around));
    TRY(gather_neighbours(&g));
    return settle(&g, look_at_guarantees);
}
