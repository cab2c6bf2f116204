/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading for D4 around one application: grows the component of applicants tied to the focus,
 * member by member.
 *
 * A pair is tied by two kinds of shared identifier, so one that shares nothing else with the member
 * need not be known further. A large identifier (an office tower) is therefore read only where
 * somebody met by another kind uses it too, or where it may tie by itself: left out otherwise, and
 * settled, so that the search does not judge by the few uses of it that happen to be known.
 */
#include <stdlib.h>

#include "detectors/gang.h"
#include "detectors/reach.h"
#include "graph/ahead.h"

/* One who shares identifiers with the member. */
struct mate {
    struct node_id id;
    uint32_t kinds;  /* bits */
    bool exclusive;  /* by an identifier that may tie by itself */
};

/* An identifier that the member uses. */
struct tie {
    struct node_id id;
    uint32_t kind;
    uint64_t n_intervals; /* edges of links that hold for a time */
    bool read;
};

struct gathering {
    struct neighbourhood *around;
    const struct gang_params *params;
    int64_t after_us;
    struct node_id member;
    struct tie *ties;
    size_t n_ties, ties_capacity;
    struct mate *mates;
    size_t n_mates, mates_capacity;
    bool tied;            /* somebody may be tied to a member */
    struct id_list done;  /* members gathered */
};

static void gathering_fini(struct gathering *g)
{
    free(g->ties);
    free(g->mates);
    id_list_fini(&g->done);
}

static bool is_large(const struct tie *tie)
{
    return tie->n_intervals > REACH_BUSY;
}

/* ---- mates --------------------------------------------------------------------------------- */

static enum status add_mate(struct gathering *g, struct node_id id, uint32_t kind, bool exclusive)
{
    size_t at = 0;

    if (id.value == g->member.value)
        return STATUS_OK;
    while (at < g->n_mates && g->mates[at].id.value != id.value)
        at++;
    if (at == g->n_mates) {
        TRY(array_reserve(&g->mates, &g->mates_capacity, g->n_mates + 1));
        g->mates[g->n_mates++] = (struct mate){ .id = id };
    }
    g->mates[at].kinds |= 1u << kind;
    g->mates[at].exclusive |= exclusive;
    return STATUS_OK;
}

static bool may_be_tied(const struct gathering *g, const struct mate *mate)
{
    return mate->exclusive || __builtin_popcount(mate->kinds) >= g->params->min_kinds;
}

/* Whether the principal applied in the window; a label that does not count by itself passes. */
static enum status may_count(bool *out, struct gathering *g, struct node_id id)
{
    TRY(reach_applied(out, g->around, id, g->after_us));
    *out |= !around_always_counts(g->around, id);
    return STATUS_OK;
}

/* An identifier ties by itself where enough use it, and all of them applied in the window. */
static enum status may_be_exclusive(bool *out, struct gathering *g, const struct id_list *users)
{
    *out = users->n >= (size_t)g->params->exclusive_min;
    for (size_t i = 0; i < users->n && *out; i++)
        TRY(may_count(out, g, users->ids[i]));
    return STATUS_OK;
}

static enum status list_users(struct id_list *out, const struct gathering *g,
                              const struct tie *tie)
{
    AUTO(reaches_fini) struct reaches uses = { 0 };

    TRY(reach_list(&uses, g->around, tie->id, tie->kind, REACH_ALL));
    return reach_users(out, &uses, g->around, g->after_us);
}

static enum status meet_users(struct gathering *g, const struct tie *tie)
{
    AUTO(id_list_fini) struct id_list users = { 0 };
    bool exclusive;

    TRY(list_users(&users, g, tie));
    TRY(may_be_exclusive(&exclusive, g, &users));
    for (size_t i = 0; i < users.n; i++)
        TRY(add_mate(g, users.ids[i], tie->kind, exclusive));
    return STATUS_OK;
}

/* ---- identifiers ---------------------------------------------------------------------------- */

static enum status list_ties(struct gathering *g)
{
    g->n_ties = g->n_mates = 0;
    for (uint32_t kind = 0; kind < g->around->schema->n_kinds; kind++) {
        AUTO(id_list_fini) struct id_list identifiers = { 0 };

        TRY(reach_identifiers(&identifiers, g->around, g->member, kind, REACH_ALL));
        for (size_t i = 0; i < identifiers.n; i++) {
            struct tie tie = { .id = identifiers.ids[i], .kind = kind };

            TRY(reach_count(&tie.n_intervals, g->around, tie.id, kind, REACH_INTERVALS));
            TRY(array_reserve(&g->ties, &g->ties_capacity, g->n_ties + 1));
            g->ties[g->n_ties++] = tie;
        }
    }
    return STATUS_OK;
}

static enum status read_tie(struct gathering *g, struct tie *tie)
{
    bool capped;

    tie->read = true;
    around_unsettle(g->around, GANG_CODE, tie->id);
    TRY(reach_read_capped(&capped, g->around, GANG_CODE, tie->id, tie->kind, g->after_us));
    return capped ? STATUS_OK : meet_users(g, tie);
}

/* Of kinds with large identifiers the largest can wait: two kinds make a pair, one is enough. */
static uint32_t kind_that_waits(const struct gathering *g)
{
    uint32_t kind = UINT32_MAX;
    uint64_t most = 0;

    for (size_t i = 0; i < g->n_ties && g->params->min_kinds > 1; i++)
        if (is_large(&g->ties[i]) && g->ties[i].n_intervals > most) {
            most = g->ties[i].n_intervals;
            kind = g->ties[i].kind;
        }
    return kind;
}

/* Whether somebody met by another kind uses the identifier too. */
static enum status is_shared_further(bool *out, struct gathering *g, const struct tie *tie)
{
    *out = false;
    for (size_t i = 0; i < g->n_mates && !*out; i++) {
        AUTO(id_list_fini) struct id_list theirs = { 0 };

        TRY(reach_identifiers(&theirs, g->around, g->mates[i].id, tie->kind, REACH_ALL));
        *out = id_list_has(&theirs, tie->id);
    }
    return STATUS_OK;
}

/* Who holds the identifier in the window, as far as its own edges tell. */
static enum status list_holders(struct id_list *out, struct gathering *g, const struct tie *tie)
{
    for (size_t i = 0; i < g->around->schema->n_links; i++) {
        const struct schema_link *link = &g->around->schema->links[i];
        struct edge *edges;
        size_t n;

        if (!reach_wants(link, tie->kind, REACH_INTERVALS) || link->n_steps > 1)
            continue;
        TRY(around_peek(&edges, &n, g->around, tie->id, link->steps[0].type,
                        link->steps[0].reversed ? DIRECTION_OUT : DIRECTION_IN));
        for (size_t k = 0; k < n; k++)
            if (edges[k].valid_from_us <= g->around->at_us && edges[k].valid_to_us > g->after_us)
                TRY(id_list_add(out, edge_other(&edges[k])));
    }
    return STATUS_OK;
}

/* Holders whose rows are sought together, but for the first: mostly he settles it. */
#define AT_ONCE 4u

static enum status look_ahead(const struct gathering *g, const struct id_list *holders, size_t at)
{
    struct ahead ahead = { .txn = g->around->txn };

    for (size_t i = at; i < holders->n && i < at + AT_ONCE && at % AT_ONCE == 1; i++)
        TRY(ahead_node(&ahead, holders->ids[i]));
    return ahead_seek(&ahead);
}

/* Looks for one holder who did not apply: then the identifier does not tie by itself. */
static enum status is_exclusive(bool *out, struct gathering *g, const struct id_list *holders)
{
    *out = true;
    for (size_t i = 0; i < holders->n && *out; i++) {
        enum status status;

        TRY(look_ahead(g, holders, i));
        status = around_take_node(g->around, holders->ids[i]);
        if (status == STATUS_NOT_FOUND)
            continue; /* not known yet at the transaction's moment */
        TRY(status);
        TRY(may_count(out, g, holders->ids[i]));
    }
    return STATUS_OK;
}

static enum status leave_out(struct gathering *g, const struct tie *tie,
                             const struct id_list *holders)
{
    struct caps caps;
    bool hub;

    TRY(reach_caps(&caps, g->around, tie->id, tie->kind));
    hub = holders->n > caps.candidate;
    return around_settle(g->around, &(struct settled){ .code = GANG_CODE, .identifier = tie->id,
                                                       .reason = hub ? "cap" : NULL,
                                                       .class_name = caps.class_name,
                                                       .degree = holders->n });
}

static enum status read_large(struct gathering *g, struct tie *tie)
{
    AUTO(id_list_fini) struct id_list holders = { 0 };
    bool wanted;

    TRY(reach_is_hub(&wanted, g->around, GANG_CODE, tie->id, tie->kind));
    if (wanted)
        return STATUS_OK;
    TRY(is_shared_further(&wanted, g, tie));
    if (!wanted) {
        TRY(list_holders(&holders, g, tie));
        TRY(is_exclusive(&wanted, g, &holders));
    }
    return wanted ? read_tie(g, tie) : leave_out(g, tie, &holders);
}

/* ---- members ------------------------------------------------------------------------------- */

/* All that decides whether the member's pairs are tied, and what its ring tells of it. */
static enum status relate_mates(struct gathering *g)
{
    const uint32_t *applied = g->around->schema->roles.applied;

    TRY(around_relate(g->around, g->member));
    TRY(around_read(g->around, g->member, applied, DIRECTION_OUT));
    TRY(around_read(g->around, g->member, g->around->schema->roles.borrowed, DIRECTION_OUT));
    for (size_t i = 0; i < g->n_mates; i++) {
        TRY(around_read(g->around, g->mates[i].id, applied, DIRECTION_OUT));
        if (may_be_tied(g, &g->mates[i]))
            TRY(around_relate(g->around, g->mates[i].id));
    }
    return STATUS_OK;
}

static enum status gather_member(struct gathering *g, struct node_id member)
{
    uint32_t waits;
    bool tied = false;

    g->member = member;
    TRY(id_list_add(&g->done, member));
    TRY(list_ties(g));
    waits = kind_that_waits(g);
    for (size_t i = 0; i < g->n_ties; i++)
        if (!is_large(&g->ties[i]) || g->ties[i].kind != waits)
            TRY(read_tie(g, &g->ties[i]));
    for (size_t i = 0; i < g->n_ties; i++)
        if (!g->ties[i].read)
            TRY(read_large(g, &g->ties[i]));
    for (size_t i = 0; i < g->n_mates; i++)
        tied |= may_be_tied(g, &g->mates[i]);
    g->tied |= tied;
    return tied ? relate_mates(g) : STATUS_OK;
}

/*
 * Grows the component from members whose identifiers are all known: only their ties are certain.
 * What one above split_above falls into depends on all of it, so that is said to be cut.
 */
static enum status gather_component(struct gathering *g, struct node_id focus)
{
    AUTO(id_list_fini) struct id_list members = { 0 };
    size_t at = 0;

    TRY(id_list_add(&members, focus));
    while (at < members.n && !g->around->truncated) {
        AUTO(id_list_fini) struct id_list tied = { 0 };
        struct facts *facts;

        if (members.n > (size_t)g->params->split_above) {
            g->around->cut = true;
            return STATUS_OK;
        }
        for (; at < members.n; at++)
            if (!id_list_has(&g->done, members.ids[at]))
                TRY(gather_member(g, members.ids[at]));
        if (!g->tied)
            return STATUS_OK;
        TRY(around_facts(&facts, g->around));
        TRY(gang_tied(&tied, facts, &members));
        TRY(id_list_add_all(&members, &tied));
    }
    return STATUS_OK;
}

enum status gang_gather(struct neighbourhood *around)
{
    AUTO(gathering_fini) struct gathering g = {
        .around = around, .params = params_of(around->params, &detector_gang),
    };

    g.after_us = time_add(around->at_us, -g.params->window_days * US_PER_DAY);
    for (size_t i = 0; i < around->n_focus; i++)
        TRY(gather_component(&g, around->focus[i]));
    return STATUS_OK;
}
