/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Localities of detectors that follow guarantees, shareholdings, debts and transfers. */

#include "detectors/locality.h"

/* ---- what comes back: D7, D16 ------------------------------------------------------------- */

/* A ring's members are all among those who stand, step by step, before any one of them. */
static enum status backward(struct region *region, struct node_id subject, const uint32_t *types)
{
    const struct schema_roles *roles = &region->schema->roles;
    AUTO(id_list_fini) struct id_list before = { 0 };

    TRY(id_list_add(&before, subject));
    for (size_t i = 0; i < before.n && !region->cut; i++) {
        bool first;

        TRY(region_once(&first, region, before.ids[i], REGION_BACKWARD));
        if (!first)
            continue;
        TRY(region_role(&before, region, before.ids[i], types, DIRECTION_IN));
        TRY(region_role(NULL, region, before.ids[i], roles->membership, DIRECTION_OUT));
        TRY(region_role(NULL, region, before.ids[i], roles->applied, DIRECTION_OUT));
    }
    return STATUS_OK;
}

static enum status cycle_complete(struct region *region, struct node_id subject,
                                  const struct dirty *dirty)
{
    (void)dirty;
    return backward(region, subject, region->schema->roles.guarantees);
}

const struct locality locality_cycle = { .candidates = locality_principals,
                                         .complete = cycle_complete };

static enum status ownership_complete(struct region *region, struct node_id subject,
                                      const struct dirty *dirty)
{
    (void)dirty;
    return backward(region, subject, region->schema->roles.ownership);
}

const struct locality locality_ownership = { .candidates = locality_principals,
                                             .complete = ownership_complete };

/* ---- depth, load and circles of guarantees: D8 -------------------------------------------- */

#define CHAIN_MAX 16 /* longest chain that can be asked for */

static enum status is_company(bool *out, struct region *region, const struct node *node)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    struct slice class_name;

    TRY(region_class(&class_name, &arena, region, node));
    *out = slice_equal(class_name, SLICE("guarantee_company"));
    return STATUS_OK;
}

/*
 * Whether a walk goes on from the node: guarantee companies, and guarantors of more than `max_out`,
 * end it. Of a changed node it is not known what it was before, so there it goes on.
 */
static enum status passes(bool *out, struct region *region, const struct dirty *dirty,
                          struct node_id id, uint64_t max_out)
{
    const uint32_t *type = region->schema->roles.guarantees;
    uint64_t n_out = 0, n;
    struct node node;
    bool company;
    enum status status;

    *out = id_list_has(&dirty->nodes, id);
    if (*out)
        return STATUS_OK;
    status = node_load(&node, region->txn, id);
    if (status == STATUS_NOT_FOUND)
        return STATUS_OK;
    TRY(status);
    for (; type && *type; type++) {
        struct edge_scan scan = EDGE_SCAN(*type, DIRECTION_OUT);

        TRY(edge_count(&n, region->txn, &node, &scan));
        n_out += n;
    }
    TRY(is_company(&company, region, &node));
    *out = !company && n_out <= max_out;
    return STATUS_OK;
}

/* Steps along guarantees, all that `depth` of them reach from those in `out`. */
static enum status walk_guarantees(struct id_list *out, struct region *region,
                                   const struct dirty *dirty, int depth,
                                   enum direction direction)
{
    for (size_t begin = 0; depth-- && begin < out->n && !region->cut;)
        for (size_t end = out->n; begin < end && !region->cut; begin++) {
            bool on;

            TRY(passes(&on, region, dirty, out->ids[begin], UINT64_MAX));
            if (on)
                TRY(region_role(out, region, out->ids[begin], region->schema->roles.guarantees,
                                direction));
        }
    return STATUS_OK;
}

/* Adds everybody in the circles' reach: ordinary guarantors, both ways, however far. */
static enum status circles_of(struct id_list *out, struct region *region,
                              const struct dirty *dirty)
{
    uint64_t max_out =
        (uint64_t)locality_param(dirty->params, &detector_guarantee_load, "max_out");
    const struct schema_roles *roles = &region->schema->roles;

    for (size_t i = 0; i < out->n && !region->cut; i++) {
        bool first, on;

        TRY(region_once(&first, region, out->ids[i], REGION_CIRCLE));
        if (!first)
            continue;
        TRY(region_role(NULL, region, out->ids[i], roles->guarantees, DIRECTION_OUT));
        TRY(region_role(NULL, region, out->ids[i], roles->borrowed, DIRECTION_OUT));
        TRY(region_role(NULL, region, out->ids[i], roles->applied, DIRECTION_OUT));
        TRY(passes(&on, region, dirty, out->ids[i], max_out));
        if (!on)
            continue;
        TRY(region_role(out, region, out->ids[i], roles->guarantees, DIRECTION_OUT));
        TRY(region_role(out, region, out->ids[i], roles->guarantees, DIRECTION_IN));
    }
    return STATUS_OK;
}

/* The chains that start here. */
static enum status chain_of(struct region *region, struct node_id id, const struct dirty *dirty)
{
    AUTO(id_list_fini) struct id_list chain = { 0 };
    bool first;

    TRY(region_once(&first, region, id, REGION_CHAIN));
    if (!first)
        return STATUS_OK;
    TRY(id_list_add(&chain, id));
    TRY(region_role(NULL, region, id, region->schema->roles.applied, DIRECTION_OUT));
    return walk_guarantees(&chain, region, dirty, CHAIN_MAX, DIRECTION_OUT);
}

static enum status load_candidates(struct id_list *out, struct region *region,
                                   const struct dirty *dirty)
{
    TRY(id_list_add_all(out, &dirty->principals));
    TRY(walk_guarantees(out, region, dirty, CHAIN_MAX, DIRECTION_IN));
    for (size_t i = 0; i < out->n && !region->cut; i++)
        TRY(chain_of(region, out->ids[i], dirty));
    return circles_of(out, region, dirty);
}

static enum status load_complete(struct region *region, struct node_id subject,
                                 const struct dirty *dirty)
{
    AUTO(id_list_fini) struct id_list circle = { 0 };

    TRY(chain_of(region, subject, dirty));
    TRY(id_list_add(&circle, subject));
    return circles_of(&circle, region, dirty);
}

const struct locality locality_load = { .by_finding = true, .candidates = load_candidates,
                                        .complete = load_complete };

/* ---- what overdue borrowers are attached to: D12 ------------------------------------------ */

/* Accounts that the principal owns, or that a loan of his was paid to or from. */
static enum status accounts_of(struct id_list *out, struct region *region, struct node_id id)
{
    const struct schema_roles *roles = &region->schema->roles;
    AUTO(id_list_fini) struct id_list loans = { 0 };

    TRY(region_role(out, region, id, roles->owns, DIRECTION_OUT));
    TRY(region_role(&loans, region, id, roles->borrowed, DIRECTION_OUT));
    TRY(region_roles(out, region, &loans, roles->deposits, DIRECTION_OUT));
    return region_roles(out, region, &loans, roles->repayments, DIRECTION_IN);
}

static enum status users_of_account(struct id_list *out, struct region *region,
                                    struct node_id account)
{
    const struct schema_roles *roles = &region->schema->roles;
    AUTO(id_list_fini) struct id_list loans = { 0 };

    TRY(region_role(out, region, account, roles->owns, DIRECTION_IN));
    TRY(region_role(&loans, region, account, roles->deposits, DIRECTION_IN));
    TRY(region_role(&loans, region, account, roles->repayments, DIRECTION_OUT));
    return region_roles(out, region, &loans, roles->borrowed, DIRECTION_IN);
}

/* Everybody at something that the principal is attached to. */
static enum status attached(struct id_list *out, struct region *region, struct node_id id)
{
    const struct schema_roles *roles = &region->schema->roles;
    AUTO(id_list_fini) struct id_list accounts = { 0 };
    AUTO(id_list_fini) struct id_list guarantors = { 0 };

    TRY(accounts_of(&accounts, region, id));
    for (size_t i = 0; i < accounts.n && !region->cut; i++)
        TRY(users_of_account(out, region, accounts.ids[i]));
    TRY(region_role(&guarantors, region, id, roles->guarantees, DIRECTION_IN));
    TRY(region_roles(out, region, &guarantors, roles->guarantees, DIRECTION_OUT));
    for (uint32_t kind = 0; kind < region->schema->n_kinds; kind++) {
        AUTO(id_list_fini) struct id_list devices = { 0 };

        if (!(locality_kind(region->schema, "device") & 1u << kind))
            continue;
        TRY(region_identifiers(&devices, region, id, kind));
        for (size_t i = 0; i < devices.n && !region->cut; i++)
            TRY(region_users(out, region, devices.ids[i], kind));
    }
    return region_group(out, region, id);
}

/* Who uses an account that the loan was paid to or from, whoever borrowed it. */
static enum status users_of_loan(struct id_list *out, struct region *region, struct node_id loan)
{
    const struct schema_roles *roles = &region->schema->roles;
    AUTO(id_list_fini) struct id_list accounts = { 0 };

    TRY(region_role(&accounts, region, loan, roles->deposits, DIRECTION_OUT));
    TRY(region_role(&accounts, region, loan, roles->repayments, DIRECTION_IN));
    for (size_t i = 0; i < accounts.n && !region->cut; i++)
        TRY(users_of_account(out, region, accounts.ids[i]));
    return STATUS_OK;
}

/*
 * Who is, or may have been, indebted concerns everybody he shares something with; a guarantor,
 * all he guarantees; an account, all who use it; a loan, which may have been another's, too.
 */
static enum status overdue_candidates(struct id_list *out, struct region *region,
                                      const struct dirty *dirty)
{
    const struct schema_roles *roles = &region->schema->roles;

    for (size_t i = 0; i < dirty->nodes.n && !region->cut; i++) {
        enum label_role role;
        uint32_t label;

        TRY(region_node(&role, &label, region, dirty->nodes.ids[i]));
        if (role == LABEL_ACCOUNT)
            TRY(users_of_account(out, region, dirty->nodes.ids[i]));
        if (role == LABEL_LOAN)
            TRY(users_of_loan(out, region, dirty->nodes.ids[i]));
    }
    for (size_t i = 0; i < dirty->principals.n && !region->cut; i++)
        TRY(attached(out, region, dirty->principals.ids[i]));
    TRY(region_roles(out, region, &dirty->principals, roles->guarantees, DIRECTION_OUT));
    TRY(locality_sharers(out, region, dirty, &dirty->related,
                         locality_kind(region->schema, "device")));
    TRY(region_roles(NULL, region, out, roles->applied, DIRECTION_OUT)); /* persons count then */
    return region_roles(NULL, region, out, roles->borrowed, DIRECTION_OUT);
}

static enum status overdue_complete(struct region *region, struct node_id subject,
                                    const struct dirty *dirty)
{
    AUTO(id_list_fini) struct id_list others = { 0 };

    (void)dirty;
    TRY(attached(&others, region, subject));
    return region_roles(NULL, region, &others, region->schema->roles.borrowed, DIRECTION_OUT);
}

const struct locality locality_overdue = { .window_params = { "window_days", "alert_days" },
                                           .ages_daily = true, .by_finding = true,
                                           .candidates = overdue_candidates,
                                           .complete = overdue_complete };

/* ---- where loan money went: D17 ----------------------------------------------------------- */

static enum status walk_transfers(struct id_list *accounts, struct region *region,
                                  const struct dirty *dirty, enum direction direction)
{
    int64_t hops = locality_param(dirty->params, &detector_round_trip, "max_hops");
    size_t begin = 0;

    for (int64_t hop = 0; hop < hops; hop++)
        for (size_t end = accounts->n; begin < end && !region->cut; begin++)
            TRY(region_role(accounts, region, accounts->ids[begin],
                            region->schema->roles.transfers, direction));
    return STATUS_OK;
}

/* Borrowers whose money may have passed an account that changed, or changed sides. */
static enum status trip_candidates(struct id_list *out, struct region *region,
                                   const struct dirty *dirty)
{
    const struct schema_roles *roles = &region->schema->roles;
    AUTO(id_list_fini) struct id_list accounts = { 0 };
    AUTO(id_list_fini) struct id_list loans = { 0 };

    for (size_t i = 0; i < dirty->nodes.n && !region->cut; i++) {
        enum label_role role;
        uint32_t label;

        TRY(region_node(&role, &label, region, dirty->nodes.ids[i]));
        if (role == LABEL_ACCOUNT)
            TRY(id_list_add(&accounts, dirty->nodes.ids[i]));
    }
    TRY(region_roles(&accounts, region, &dirty->principals, roles->owns, DIRECTION_OUT));
    TRY(walk_transfers(&accounts, region, dirty, DIRECTION_IN));
    TRY(region_roles(&loans, region, &accounts, roles->deposits, DIRECTION_IN));
    TRY(region_roles(out, region, &loans, roles->borrowed, DIRECTION_IN));
    return id_list_add_all(out, &dirty->principals);
}

static enum status trip_complete(struct region *region, struct node_id subject,
                                 const struct dirty *dirty)
{
    const struct schema_roles *roles = &region->schema->roles;
    AUTO(id_list_fini) struct id_list loans = { 0 };
    AUTO(id_list_fini) struct id_list accounts = { 0 };
    AUTO(id_list_fini) struct id_list sides = { 0 };

    TRY(region_role(&loans, region, subject, roles->borrowed, DIRECTION_OUT));
    if (!loans.n)
        return STATUS_OK;
    TRY(region_roles(&accounts, region, &loans, roles->deposits, DIRECTION_OUT));
    TRY(walk_transfers(&accounts, region, dirty, DIRECTION_OUT));
    TRY(id_list_add(&sides, subject));
    TRY(region_roles(&sides, region, &accounts, roles->owns, DIRECTION_IN));
    TRY(region_role(&sides, region, subject, roles->guarantees, DIRECTION_IN));
    for (size_t i = 0; i < sides.n && !region->cut; i++)
        TRY(region_group(NULL, region, sides.ids[i]));
    return STATUS_OK;
}

const struct locality locality_trip = { .candidates = trip_candidates,
                                        .complete = trip_complete };
