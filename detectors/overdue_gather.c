/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading for D12 around one application: whoever shares an account, a device or a guarantor with
 * the focus or is of its control group, and what they borrowed.
 */
#include "detectors/overdue_link_private.h"
#include "detectors/reach.h"

/* The loans of everybody listed. */
static enum status gather_loans(struct neighbourhood *around, const struct id_list *borrowers)
{
    for (size_t i = 0; i < borrowers->n; i++)
        TRY(around_read(around, borrowers->ids[i], around->schema->roles.borrowed,
                        DIRECTION_OUT));
    return STATUS_OK;
}

/* Who owns the account, or has a loan paid to or from it. */
static enum status gather_account(struct id_list *users, struct neighbourhood *around,
                                  struct node_id account)
{
    const struct schema_roles *roles = &around->schema->roles;
    AUTO(id_list_fini) struct id_list loans = { 0 };

    TRY(around_follow(users, around, account, roles->owns, DIRECTION_IN));
    TRY(around_follow(&loans, around, account, roles->deposits, DIRECTION_IN));
    TRY(around_follow(&loans, around, account, roles->repayments, DIRECTION_OUT));
    for (size_t i = 0; i < loans.n; i++)
        TRY(around_follow(users, around, loans.ids[i], roles->borrowed, DIRECTION_IN));
    return STATUS_OK;
}

static enum status gather_accounts(struct id_list *users, struct neighbourhood *around,
                                   struct node_id focus)
{
    const struct schema_roles *roles = &around->schema->roles;
    AUTO(id_list_fini) struct id_list accounts = { 0 };
    AUTO(id_list_fini) struct id_list loans = { 0 };

    TRY(around_ends(&accounts, around, focus, roles->owns, DIRECTION_OUT));
    TRY(around_ends(&loans, around, focus, roles->borrowed, DIRECTION_OUT));
    for (size_t i = 0; i < loans.n; i++) {
        TRY(around_follow(&accounts, around, loans.ids[i], roles->deposits, DIRECTION_OUT));
        TRY(around_follow(&accounts, around, loans.ids[i], roles->repayments, DIRECTION_IN));
    }
    for (size_t i = 0; i < accounts.n; i++)
        TRY(gather_account(users, around, accounts.ids[i]));
    return STATUS_OK;
}

/* Those who used a device of the focus's lately, unless they are too many to mean anything. */
static enum status gather_devices(struct id_list *users, struct neighbourhood *around,
                                  struct node_id focus)
{
    const struct overdue_params *set = params_of(around->params, &detector_overdue_link);
    int64_t after_us = time_add(around->at_us, -set->window_days * US_PER_DAY);
    uint32_t kind = facts_kind_in(around->schema, "device");
    AUTO(id_list_fini) struct id_list devices = { 0 };

    if (kind == around->schema->n_kinds)
        return STATUS_OK;
    TRY(reach_identifiers(&devices, around, focus, kind, REACH_ALL));
    for (size_t i = 0; i < devices.n; i++) {
        AUTO(reaches_fini) struct reaches uses = { 0 };
        bool capped;

        TRY(reach_read_capped(&capped, around, OVERDUE_CODE, devices.ids[i], kind, after_us));
        if (capped)
            continue;
        TRY(reach_list(&uses, around, devices.ids[i], kind, REACH_ALL));
        TRY(reach_users(users, &uses, around, after_us));
    }
    return STATUS_OK;
}

/* Whom the guarantors of the focus guarantee too. */
static enum status gather_guaranteed(struct id_list *users, struct neighbourhood *around,
                                     struct node_id focus)
{
    const uint32_t *types = around->schema->roles.guarantees;
    AUTO(id_list_fini) struct id_list guarantors = { 0 };

    TRY(around_ends(&guarantors, around, focus, types, DIRECTION_IN));
    for (size_t i = 0; i < guarantors.n; i++)
        TRY(around_follow(users, around, guarantors.ids[i], types, DIRECTION_OUT));
    return STATUS_OK;
}

enum status overdue_gather(struct neighbourhood *around)
{
    for (size_t i = 0; i < around->n_focus; i++) {
        struct node_id focus = around->focus[i];
        AUTO(id_list_fini) struct id_list users = { 0 };

        TRY(gather_accounts(&users, around, focus));
        TRY(gather_devices(&users, around, focus));
        TRY(gather_guaranteed(&users, around, focus));
        TRY(around_relate(around, focus));
        TRY(around_relatives(&users, around, focus));
        TRY(gather_loans(around, &users));
    }
    return STATUS_OK;
}
