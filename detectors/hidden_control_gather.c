/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading for D9 around one application: the control group of the focus and whom its
 * representatives represent; and where that makes a pair, the same for the other one, until all of
 * the ring is known. What is told of a ring is told of all its applicants.
 */
#include "detectors/hidden_control_private.h"
#include "detectors/reach.h"

#define RING_MOST 200 /* applicants of one ring that are looked at; more are said to be cut */

struct gathering {
    struct neighbourhood *around;
    const struct control_params *params;
    int64_t after_us;
    struct id_list above; /* parties and who holds shares of them; those before `at` were read */
    size_t at;
    struct id_list ring;  /* the focus, and applicants paired with somebody before them */
    struct id_list known; /* whose control group was read */
};

static void gathering_fini(struct gathering *g)
{
    id_list_fini(&g->above);
    id_list_fini(&g->ring);
    id_list_fini(&g->known);
}

/*
 * Who holds a share of the party, directly or by way of others: one walk for all parties, since
 * most of a group have the same owners.
 */
static enum status gather_owners(struct gathering *g, struct node_id party)
{
    struct neighbourhood *around = g->around;

    TRY(id_list_add(&g->above, party));
    for (; g->at < g->above.n && !around->truncated; g->at++)
        TRY(around_follow(&g->above, around, g->above.ids[g->at],
                          around->schema->roles.ownership, DIRECTION_IN));
    return STATUS_OK;
}

/* What is told of a party of the group, or of one who shares a representative with it. */
static enum status gather_party(struct gathering *g, struct node_id party)
{
    const struct schema_roles *roles = &g->around->schema->roles;

    TRY(around_read(g->around, party, roles->applied, DIRECTION_OUT));
    TRY(around_read(g->around, party, roles->membership, DIRECTION_OUT));
    TRY(around_read(g->around, party, roles->represents, DIRECTION_IN));
    return gather_owners(g, party);
}

/* The other ends of the node's edges, taken already, of the role that hold at T. */
static enum status list_ends(struct id_list *out, const struct gathering *g, struct node_id id,
                             const uint32_t *types, enum direction direction)
{
    const struct neighbourhood *around = g->around;

    for (uint32_t at = around_node(around, id)->first; at != NO_STEP;
         at = around->steps[at].next) {
        const struct around_step *step = &around->steps[at];

        if (step->out == (direction == DIRECTION_OUT) && around_has_type(types, step->type) &&
            step->start <= around->at_us && around->at_us < step->end)
            TRY(id_list_add(out, around->nodes[step->other].id));
    }
    return STATUS_OK;
}

static bool is_applicant(const struct gathering *g, struct node_id party)
{
    const struct neighbourhood *around = g->around;

    for (uint32_t at = around_node(around, party)->first; at != NO_STEP;
         at = around->steps[at].next) {
        const struct around_step *step = &around->steps[at];

        if (step->out && around_has_type(around->schema->roles.applied, step->type) &&
            step->start > g->after_us && step->start <= around->at_us)
            return true;
    }
    return false;
}

/* Adds to the ring those listed who applied and share no declared group with the applicant. */
static enum status pair(struct gathering *g, struct node_id applicant,
                        const struct id_list *others)
{
    const uint32_t *membership = g->around->schema->roles.membership;
    AUTO(id_list_fini) struct id_list declared = { 0 };

    TRY(list_ends(&declared, g, applicant, membership, DIRECTION_OUT));
    for (size_t i = 0; i < others->n; i++) {
        AUTO(id_list_fini) struct id_list groups = { 0 };
        bool together = false;

        if (id_list_has(&g->ring, others->ids[i]) || !is_applicant(g, others->ids[i]))
            continue;
        TRY(list_ends(&groups, g, others->ids[i], membership, DIRECTION_OUT));
        for (size_t k = 0; k < groups.n; k++)
            together |= id_list_has(&declared, groups.ids[k]);
        if (!together)
            TRY(id_list_add(&g->ring, others->ids[i]));
    }
    return STATUS_OK;
}

/* Whom a representative of the applicant represents too, unless that is his profession. */
static enum status gather_represented(struct gathering *g, struct node_id applicant)
{
    const uint32_t *types = g->around->schema->roles.represents;
    AUTO(id_list_fini) struct id_list reps = { 0 };

    TRY(list_ends(&reps, g, applicant, types, DIRECTION_IN));
    for (size_t i = 0; i < reps.n; i++) {
        AUTO(id_list_fini) struct id_list firms = { 0 };

        TRY(around_read(g->around, reps.ids[i], types, DIRECTION_OUT));
        TRY(list_ends(&firms, g, reps.ids[i], types, DIRECTION_OUT));
        if (firms.n < 2 || firms.n > (size_t)g->params->max_represented)
            continue;
        for (size_t k = 0; k < firms.n; k++)
            TRY(gather_party(g, firms.ids[k]));
        TRY(pair(g, applicant, &firms));
    }
    return STATUS_OK;
}

/* Identifiers of the kind that the focus and a sister both reach, and how many share them. */
static enum status gather_common(struct gathering *g, struct node_id focus,
                                 struct node_id sister, uint32_t kind)
{
    AUTO(id_list_fini) struct id_list of_focus = { 0 };
    AUTO(id_list_fini) struct id_list of_sister = { 0 };
    bool capped;

    TRY(reach_identifiers(&of_focus, g->around, focus, kind, REACH_ALL));
    TRY(reach_identifiers(&of_sister, g->around, sister, kind, REACH_ALL));
    for (size_t i = 0; i < of_focus.n; i++)
        if (id_list_has(&of_sister, of_focus.ids[i]))
            TRY(reach_read_capped(&capped, g->around, HIDDEN_CODE, of_focus.ids[i], kind,
                                  g->after_us));
    return STATUS_OK;
}

/* Of the focus's own group: what is owed, and what the other applicants share with it. */
static enum status gather_shared(struct gathering *g, struct node_id focus,
                                 const struct id_list *group)
{
    const struct schema *schema = g->around->schema;
    uint32_t person = facts_kind_in(schema, "person");

    for (size_t i = 0; i < group->n; i++)
        TRY(around_read(g->around, group->ids[i], schema->roles.borrowed, DIRECTION_OUT));
    for (size_t i = 1; i < group->n; i++)
        for (uint32_t kind = 0; kind < schema->n_kinds; kind++)
            if (kind != person && is_applicant(g, group->ids[i]))
                TRY(gather_common(g, focus, group->ids[i], kind));
    return STATUS_OK;
}

/* The control group of a party, whose other applicants it is paired with. */
static enum status gather_group(struct gathering *g, struct node_id party)
{
    AUTO(id_list_fini) struct id_list group = { 0 };
    bool known = id_list_has(&g->known, party);

    TRY(around_relate(g->around, party));
    TRY(around_relatives(&group, g->around, party));
    if (group.n < 2)
        return STATUS_OK;
    for (size_t i = 0; i < group.n && !known; i++)
        TRY(gather_party(g, group.ids[i]));
    TRY(id_list_add_all(&g->known, &group));
    if (around_is_focus(g->around, party))
        TRY(gather_shared(g, party, &group));
    return is_applicant(g, party) ? pair(g, party, &group) : STATUS_OK;
}

enum status control_gather(struct neighbourhood *around)
{
    AUTO(gathering_fini) struct gathering g = {
        .around = around, .params = params_of(around->params, &detector_hidden_control),
    };

    g.after_us = time_add(around->at_us, -g.params->window_days * US_PER_DAY);
    for (size_t i = 0; i < around->n_focus; i++)
        TRY(id_list_add(&g.ring, around->focus[i]));
    for (size_t i = 0; i < g.ring.n && !around->truncated; i++) {
        if (i >= around->n_focus + RING_MOST) {
            around->cut = true;
            break;
        }
        TRY(gather_represented(&g, g.ring.ids[i]));
        TRY(gather_group(&g, g.ring.ids[i]));
    }
    return STATUS_OK;
}
