/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Gathering what decides about control groups (control.c).
 *
 * From a principal the search goes up to whoever may control it, down to what it may control, into
 * declared groups and along kin, and takes every edge on the way. A holder of less than half can
 * control only together with what else it controls, so minority holders are followed only where no
 * majority settles the matter and one of them is itself held by somebody; holdings of less than
 * half only where those met so far hold more than half together. So it reaches all of the control
 * group and perhaps more: its sets are never smaller than the groups.
 */
#include <stdlib.h>

#include "detectors/neighbourhood.h"

static uint32_t index_of(const struct neighbourhood *around, struct node_id id)
{
    return (uint32_t)(around_node(around, id) - around->nodes);
}

static uint32_t find_set(struct neighbourhood *around, uint32_t at)
{
    struct around_node *nodes = around->nodes;

    while (nodes[at].relatives != at)
        at = nodes[at].relatives = nodes[nodes[at].relatives].relatives;
    return at;
}

/* The search under way. */
struct relate {
    struct neighbourhood *around;
    struct id_list queue; /* principals to look at; those before `at` were */
    uint32_t root;        /* index of one in its set */
};

static void relate_fini(struct relate *r)
{
    id_list_fini(&r->queue);
}

/* One more principal of the set; one that an earlier search looked at brings its set along. */
static enum status reach(struct relate *r, struct node_id id)
{
    struct neighbourhood *around = r->around;
    uint32_t at = index_of(around, id);

    if (around->nodes[at].role != LABEL_PRINCIPAL)
        return STATUS_OK;
    if (around->nodes[at].relatives == NO_STEP) {
        around->nodes[at].relatives = at;
        TRY(id_list_add(&r->queue, id));
    }
    around->nodes[find_set(around, at)].relatives = find_set(around, r->root);
    return STATUS_OK;
}

static bool is_active(const struct around_step *step, int64_t at_us)
{
    return step->start <= at_us && at_us < step->end;
}

/* Whether the node's own holders may make somebody control it. */
static enum status is_held(bool *out, struct neighbourhood *around, struct node_id id)
{
    *out = false;
    for (const uint32_t *type = around->schema->roles.ownership; type && *type && !*out; type++) {
        uint64_t n;

        TRY(around_count(&n, around, id, *type, DIRECTION_IN));
        *out = n > 0;
    }
    return STATUS_OK;
}

struct holders {
    struct id_list all;
    struct id_list majority; /* hold more than half */
    int64_t sum;             /* billionths */
};

static void holders_fini(struct holders *holders)
{
    id_list_fini(&holders->all);
    id_list_fini(&holders->majority);
}

static enum status list_holders(struct holders *out, const struct neighbourhood *around,
                                struct node_id id)
{
    const struct around_node *node = around_node(around, id);

    for (uint32_t at = node->first; at != NO_STEP; at = around->steps[at].next) {
        const struct around_step *step = &around->steps[at];
        struct node_id holder = around->nodes[step->other].id;

        if (step->out || step->ratio <= 0 || holder.value == id.value ||
            !around_has_type(around->schema->roles.ownership, step->type) ||
            !is_active(step, around->at_us))
            continue;
        TRY(id_list_add(&out->all, holder));
        if (step->ratio > RATIO_ONE / 2)
            TRY(id_list_add(&out->majority, holder));
        if (__builtin_add_overflow(out->sum, step->ratio, &out->sum))
            out->sum = INT64_MAX;
    }
    return STATUS_OK;
}

static enum status reach_all(struct relate *r, const struct id_list *list)
{
    for (size_t i = 0; i < list->n; i++)
        TRY(reach(r, list->ids[i]));
    return STATUS_OK;
}

/* Whoever may control the node. */
static enum status go_up(struct relate *r, struct node_id id)
{
    AUTO(holders_fini) struct holders holders = { 0 };
    bool any_held = false;

    TRY(around_read(r->around, id, r->around->schema->roles.ownership, DIRECTION_IN));
    TRY(list_holders(&holders, r->around, id));
    if (holders.majority.n && holders.sum <= RATIO_ONE)
        return reach_all(r, &holders.majority);
    for (size_t i = 0; i < holders.all.n && !any_held; i++)
        TRY(is_held(&any_held, r->around, holders.all.ids[i]));
    return any_held || holders.sum > RATIO_ONE ? reach_all(r, &holders.all) : STATUS_OK;
}

/* What the node may control, alone or with others that were met. */
static enum status go_down(struct relate *r, struct node_id id)
{
    struct neighbourhood *around = r->around;

    TRY(around_read(around, id, around->schema->roles.ownership, DIRECTION_OUT));
    for (uint32_t at = around_node(around, id)->first; at != NO_STEP;
         at = around->steps[at].next) {
        const struct around_step *step = &around->steps[at];
        struct around_node *company = &around->nodes[step->other];

        if (!step->out || step->ratio <= 0 || company->id.value == id.value ||
            !around_has_type(around->schema->roles.ownership, step->type) ||
            !is_active(step, around->at_us))
            continue;
        if (__builtin_add_overflow(company->held, step->ratio, &company->held))
            company->held = INT64_MAX;
        if (company->held > RATIO_ONE / 2)
            TRY(reach(r, company->id));
    }
    return STATUS_OK;
}

/* Fellow members of declared groups. */
static enum status go_along(struct relate *r, struct node_id id)
{
    const uint32_t *types = r->around->schema->roles.membership;
    AUTO(id_list_fini) struct id_list groups = { 0 };

    TRY(around_follow(&groups, r->around, id, types, DIRECTION_OUT));
    for (size_t i = 0; i < groups.n; i++) {
        AUTO(id_list_fini) struct id_list members = { 0 };

        TRY(around_follow(&members, r->around, groups.ids[i], types, DIRECTION_IN));
        TRY(reach_all(r, &members));
    }
    return STATUS_OK;
}

/* Kin of somebody who decides: who neither holds nor applies does not. */
static enum status go_to_kin(struct relate *r, struct node_id id)
{
    const struct schema_roles *roles = &r->around->schema->roles;
    AUTO(id_list_fini) struct id_list busy_with = { 0 };
    AUTO(id_list_fini) struct id_list kin = { 0 };
    bool subject = around_always_counts(r->around, id);

    TRY(around_ends(&busy_with, r->around, id, roles->ownership, DIRECTION_OUT));
    if (!subject)
        TRY(around_follow(&busy_with, r->around, id, roles->applied, DIRECTION_OUT));
    if (!busy_with.n && !subject)
        return STATUS_OK;
    TRY(around_follow(&kin, r->around, id, roles->kin, DIRECTION_OUT));
    TRY(around_follow(&kin, r->around, id, roles->kin, DIRECTION_IN));
    return reach_all(r, &kin);
}

enum status around_relate(struct neighbourhood *around, struct node_id principal)
{
    AUTO(relate_fini) struct relate r = { .around = around };

    if (principal.value < NEIGHBOURHOOD_UNKNOWN)
        TRY(around_take_node(around, principal));
    r.root = index_of(around, principal);
    if (around->nodes[r.root].relatives != NO_STEP)
        return STATUS_OK;
    around->nodes[r.root].relatives = r.root;
    TRY(id_list_add(&r.queue, principal));
    for (size_t i = 0; i < r.queue.n && !around->truncated; i++) {
        struct node_id id = r.queue.ids[i];

        TRY(go_up(&r, id));
        TRY(go_down(&r, id));
        TRY(go_along(&r, id));
        TRY(go_to_kin(&r, id));
    }
    return STATUS_OK;
}

#define AT_ONCE 8 /* principals whose holders and holdings are sought together */

/* Before the principal is looked at, and those behind him. */
static enum status look_ahead(struct neighbourhood *around, const struct id_list *principals,
                              size_t at)
{
    if (at % AT_ONCE || principals->n < 2)
        return STATUS_OK;
    return around_ahead(around, principals, at, at + AT_ONCE, around->schema->roles.ownership,
                        DIRECTION_BOTH);
}

enum status around_relate_all(struct neighbourhood *around, const struct id_list *principals)
{
    for (size_t i = 0; i < principals->n; i++) {
        TRY(look_ahead(around, principals, i));
        TRY(around_relate(around, principals->ids[i]));
    }
    return STATUS_OK;
}

enum status around_relatives(struct id_list *out, const struct neighbourhood *around,
                             struct node_id principal)
{
    struct neighbourhood *mutable = (struct neighbourhood *)around; /* paths are shortened */
    uint32_t at = index_of(around, principal);

    TRY(id_list_add(out, principal));
    if (around->nodes[at].relatives == NO_STEP)
        return STATUS_OK;
    at = find_set(mutable, at);
    for (uint32_t i = 0; i < around->n_nodes; i++)
        if (around->nodes[i].relatives != NO_STEP && find_set(mutable, i) == at)
            TRY(id_list_add(out, around->nodes[i].id));
    return STATUS_OK;
}

enum status around_relate_until(size_t *n_sets, struct neighbourhood *around,
                                const struct id_list *principals, size_t enough)
{
    *n_sets = 0;
    for (size_t i = 0; i < principals->n && *n_sets <= enough && !around->truncated; i++) {
        AUTO(id_list_fini) struct id_list sets = { 0 };

        TRY(look_ahead(around, principals, i));
        TRY(around_relate(around, principals->ids[i]));
        if (i + 1 <= enough)
            continue;
        /* sets merge as the search goes on, so they are counted anew */
        for (size_t k = 0; k <= i; k++)
            TRY(id_list_add(&sets, around->nodes[find_set(around, index_of(around,
                                                              principals->ids[k]))].id));
        *n_sets = sets.n;
    }
    return STATUS_OK;
}

enum status around_group_filings(struct neighbourhood *around)
{
    for (size_t i = 0; i < around->n_focus; i++) {
        AUTO(id_list_fini) struct id_list group = { 0 };

        TRY(around_relate(around, around->focus[i]));
        TRY(around_relatives(&group, around, around->focus[i]));
        for (size_t k = 0; k < group.n; k++)
            TRY(around_read(around, group.ids[k], around->schema->roles.applied, DIRECTION_OUT));
    }
    return STATUS_OK;
}

void around_filings_fini(struct around_filings *filings)
{
    free(filings->items);
    *filings = (struct around_filings){ 0 };
}

static enum status list_filings(struct around_filings *out, const struct neighbourhood *around,
                                struct node_id principal)
{
    const struct around_node *node = around_node(around, principal);

    for (uint32_t at = node->first; at != NO_STEP; at = around->steps[at].next) {
        const struct around_step *step = &around->steps[at];

        if (!step->out || !around_has_type(around->schema->roles.applied, step->type))
            continue;
        TRY(array_reserve(&out->items, &out->capacity, out->n + 1));
        out->items[out->n++] =
            (struct around_filing){ around->nodes[step->other].id, step->start };
    }
    return STATUS_OK;
}

enum status around_filings_of(struct around_filings *out, const struct neighbourhood *around,
                              struct node_id principal)
{
    AUTO(id_list_fini) struct id_list group = { 0 };

    TRY(around_relatives(&group, around, principal));
    for (size_t i = 0; i < group.n; i++)
        TRY(list_filings(out, around, group.ids[i]));
    return STATUS_OK;
}
