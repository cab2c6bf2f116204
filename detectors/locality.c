/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Localities of detectors that look at identifiers and at control groups. */

#include "detectors/locality.h"

#include <string.h>

int64_t locality_param(const struct params *params, const struct detector *detector,
                       const char *name)
{
    const struct param *param = detector->params;
    int64_t value;

    while (strcmp(param->name, name) != 0)
        param++;
    memcpy(&value, (const char *)params_of(params, detector) + param->offset, sizeof value);
    return value;
}

unsigned locality_kind(const struct schema *schema, const char *name)
{
    for (uint32_t kind = 0; kind < schema->n_kinds; kind++)
        if (!strcmp(schema->kinds[kind].name, name))
            return 1u << kind;
    return 0;
}

static unsigned all_kinds(const struct schema *schema)
{
    return (unsigned)(((uint64_t)1 << schema->n_kinds) - 1);
}

/* What the rest of a link leads to from a node in its middle: an application, an account. */
static enum status reached_from(struct id_list *out, struct region *region, struct node_id id,
                                const struct schema_link *link)
{
    const struct schema_step *last = &link->steps[link->n_steps - 1];

    return link->n_steps < 2 ? STATUS_OK
                             : region_type(out, region, id, last->type,
                                           last->reversed ? DIRECTION_IN : DIRECTION_OUT);
}

/* Whether a changed identifier changed in its own record or in a link the detector looks at. */
static enum status is_changed(bool *out, struct region *region, const struct dirty *dirty,
                              struct node_id id, uint32_t kind)
{
    *out = dirty->moved || id_list_has(&dirty->renewed, id);
    for (size_t i = 0; i < region->schema->n_links && !*out; i++) {
        const struct schema_link *link = &region->schema->links[i];
        const struct schema_step *last = &link->steps[link->n_steps - 1];

        if (region_wants(region, link, kind))
            TRY(region_differs(out, region, dirty->then, id, last->type,
                               last->reversed ? DIRECTION_OUT : DIRECTION_IN));
    }
    return STATUS_OK;
}

/*
 * Identifiers of the kind that changed, that are reached through a changed application or
 * account, or by a principal of `reached`.
 */
static enum status identifiers_of(struct id_list *out, struct region *region,
                                  const struct dirty *dirty, const struct id_list *reached,
                                  uint32_t kind)
{
    for (size_t i = 0; i < dirty->nodes.n && !region->cut; i++) {
        struct node_id id = dirty->nodes.ids[i];
        enum label_role role;
        uint32_t label;
        bool changed = false;

        TRY(region_node(&role, &label, region, id));
        if (label == region->schema->kinds[kind].label)
            TRY(is_changed(&changed, region, dirty, id, kind));
        if (changed)
            TRY(id_list_add(out, id));
        for (size_t k = 0; k < region->schema->n_links && role != LABEL_PRINCIPAL; k++)
            if (region_wants(region, &region->schema->links[k], kind))
                TRY(reached_from(out, region, id, &region->schema->links[k]));
    }
    for (size_t i = 0; i < reached->n && !region->cut; i++)
        TRY(region_identifiers(out, region, reached->ids[i], kind));
    return STATUS_OK;
}

enum status locality_sharers(struct id_list *out, struct region *region,
                             const struct dirty *dirty, const struct id_list *reached,
                             unsigned kinds)
{
    TRY(id_list_add_all(out, &dirty->principals));
    for (uint32_t kind = 0; kind < region->schema->n_kinds; kind++) {
        AUTO(id_list_fini) struct id_list identifiers = { 0 };

        if (!(kinds & 1u << kind))
            continue;
        TRY(identifiers_of(&identifiers, region, dirty, reached, kind));
        for (size_t i = 0; i < identifiers.n && !region->cut; i++)
            TRY(region_users(out, region, identifiers.ids[i], kind));
    }
    return STATUS_OK;
}

/* ---- one identifier, many users: D1, D2, D3, D5 ------------------------------------------- */

static enum status sharers_of(struct id_list *out, struct region *region,
                              const struct dirty *dirty, const char *kind)
{
    return locality_sharers(out, region, dirty, &dirty->related,
                            locality_kind(region->schema, kind));
}

static enum status device_candidates(struct id_list *out, struct region *region,
                                     const struct dirty *dirty)
{
    return sharers_of(out, region, dirty, "device");
}

static enum status device_complete(struct region *region, struct node_id subject,
                                   const struct dirty *dirty)
{
    (void)dirty;
    return region_uses(region, subject, locality_kind(region->schema, "device"));
}

const struct locality locality_device = { .by_finding = true, .links = REGION_DATED,
                                           .candidates = device_candidates,
                                          .complete = device_complete };

static enum status phone_candidates(struct id_list *out, struct region *region,
                                    const struct dirty *dirty)
{
    return sharers_of(out, region, dirty, "phone");
}

static enum status phone_complete(struct region *region, struct node_id subject,
                                  const struct dirty *dirty)
{
    (void)dirty;
    return region_uses(region, subject, locality_kind(region->schema, "phone"));
}

const struct locality locality_phone = { .by_finding = true, .links = REGION_INTERVALS,
                                         .candidates = phone_candidates,
                                         .complete = phone_complete };

static enum status address_candidates(struct id_list *out, struct region *region,
                                      const struct dirty *dirty)
{
    return sharers_of(out, region, dirty, "address");
}

static enum status address_complete(struct region *region, struct node_id subject,
                                    const struct dirty *dirty)
{
    (void)dirty;
    return region_uses(region, subject, locality_kind(region->schema, "address"));
}

const struct locality locality_address = { .by_finding = true, .links = REGION_INTERVALS,
                                           .candidates = address_candidates,
                                           .complete = address_complete };

static enum status kinds_candidates(struct id_list *out, struct region *region,
                                    const struct dirty *dirty)
{
    return locality_sharers(out, region, dirty, &dirty->related,
                            all_kinds(region->schema));
}

static enum status kinds_complete(struct region *region, struct node_id subject,
                                  const struct dirty *dirty)
{
    (void)dirty;
    return region_uses(region, subject, all_kinds(region->schema));
}

/* Level and evidence also rest on what else the batch's applications reach. */
static enum status batch_complete(struct region *region, struct node_id subject,
                                  const struct dirty *dirty)
{
    AUTO(id_list_fini) struct id_list users = { 0 };
    unsigned kinds = all_kinds(region->schema);

    TRY(kinds_complete(region, subject, dirty));
    for (uint32_t kind = 0; kind < region->schema->n_kinds; kind++) {
        AUTO(id_list_fini) struct id_list identifiers = { 0 };

        TRY(region_identifiers(&identifiers, region, subject, kind));
        for (size_t i = 0; i < identifiers.n && !region->cut; i++)
            TRY(region_users(&users, region, identifiers.ids[i], kind));
    }
    for (size_t i = 0; i < users.n && !region->cut; i++)
        TRY(region_reach(region, users.ids[i], kinds));
    return STATUS_OK;
}

const struct locality locality_batch = { .by_finding = true, .hubs = true,
                                         .links = REGION_FILED, .candidates = kinds_candidates,
                                         .complete = batch_complete };

/* ---- ties of applicants: D4 --------------------------------------------------------------- */

/* A region that only looks, for what need not be in the one that a detector sees. */
static enum status look_aside(struct region *out, const struct region *region)
{
    struct region_rules rules = region->rules;

    rules.only_looks = true;
    return region_begin(out, region->txn, &rules, region->max_reads);
}

/*
 * Users of what changed, without their groups, and all changed principals. What was and is above
 * its candidate cap linked nobody and links nobody.
 */
static enum status callers(struct id_list *out, struct region *region, const struct dirty *dirty,
                           const struct id_list *reached, unsigned kinds)
{
    AUTO(region_fini) struct region aside = { 0 };

    TRY(look_aside(&aside, region));
    TRY(id_list_add_all(out, &dirty->principals));
    for (uint32_t kind = 0; kind < region->schema->n_kinds; kind++) {
        AUTO(id_list_fini) struct id_list identifiers = { 0 };

        if (!(kinds & 1u << kind))
            continue;
        TRY(identifiers_of(&identifiers, &aside, dirty, reached, kind));
        for (size_t i = 0; i < identifiers.n && !aside.cut; i++) {
            bool crowded;

            TRY(region_is_crowded(&crowded, &aside, identifiers.ids[i], kind,
                                  &dirty->principals, dirty->since_us));
            if (!crowded)
                TRY(region_callers(out, &aside, identifiers.ids[i], kind));
        }
    }
    region->cut |= aside.cut;
    return STATUS_OK;
}

/*
 * Of those who share what changed, the applicants with all that they use, and nobody else: seen
 * so, identifiers have too few users rather than too many, so whoever is tied to somebody shows to
 * be. Who begins or ceases to be an applicant is tied by all that he uses.
 */
static enum status gang_candidates(struct id_list *out, struct region *region,
                                   const struct dirty *dirty)
{
    int64_t days = locality_param(dirty->params, &detector_gang, "window_days");
    int64_t after_us = time_add(dirty->at_us, -days * US_PER_DAY);
    AUTO(id_list_fini) struct id_list reached = { 0 };

    TRY(id_list_add_all(&reached, &dirty->related));
    TRY(id_list_add_all(&reached, &dirty->applicants));
    TRY(callers(out, region, dirty, &reached, all_kinds(region->schema)));
    for (size_t i = 0; i < out->n && !region->cut; i++) {
        bool applied;

        TRY(region_applied(&applied, region, out->ids[i], after_us, dirty->at_us));
        if (!applied)
            continue;
        TRY(region_reach(region, out->ids[i], all_kinds(region->schema)));
        TRY(region_group(NULL, region, out->ids[i]));
    }
    return STATUS_OK;
}

/* What ties him, and whether he is overdue. */
static enum status gang_complete(struct region *region, struct node_id subject,
                                 const struct dirty *dirty)
{
    TRY(region_role(NULL, region, subject, region->schema->roles.borrowed, DIRECTION_OUT));
    return kinds_complete(region, subject, dirty);
}

const struct locality locality_gang = { .window_params = { "window_days" }, .ages_daily = true,
                                        .by_finding = true, .applicants = true,
                                        .pair_window = "window_days",
                                        .candidates = gang_candidates,
                                        .complete = gang_complete, .grow = gang_grow };

/* ---- control groups: D9, D11, D13, D14, D18 ----------------------------------------------- */

enum status locality_principals(struct id_list *out, struct region *region,
                                const struct dirty *dirty)
{
    (void)region;
    return id_list_add_all(out, &dirty->principals);
}

/* What all his group's applications state. */
static enum status group_complete(struct region *region, struct node_id subject,
                                  const struct dirty *dirty)
{
    AUTO(id_list_fini) struct id_list group = { 0 };
    AUTO(id_list_fini) struct id_list filed = { 0 };

    (void)dirty;
    TRY(region_group(&group, region, subject));
    TRY(region_roles(&filed, region, &group, region->schema->roles.applied, DIRECTION_OUT));
    for (size_t i = 0; i < region->schema->n_links; i++) {
        const struct schema_link *link = &region->schema->links[i];

        for (size_t k = 0; k < filed.n && link->through_application && link->n_steps == 2; k++)
            TRY(region_type(NULL, region, filed.ids[k], link->steps[1].type, DIRECTION_OUT));
    }
    return STATUS_OK;
}

const struct locality locality_group = { .window_days = { 7, 30, 90 },
                                         .candidates = locality_principals,
                                         .complete = group_complete };

/* And what is recorded of him: his own phones and addresses, who represents him. */
static enum status recorded(struct region *region, struct node_id subject)
{
    const struct schema_roles *roles = &region->schema->roles;

    for (size_t i = 0; i < region->schema->n_links; i++) {
        const struct schema_link *link = &region->schema->links[i];

        if (!link->dated && link->n_steps == 1 && !link->steps[0].reversed)
            TRY(region_type(NULL, region, subject, link->steps[0].type, DIRECTION_OUT));
    }
    TRY(region_role(NULL, region, subject, roles->represents, DIRECTION_IN));
    return region_role(NULL, region, subject, roles->ownership, DIRECTION_IN);
}

static enum status shell_complete(struct region *region, struct node_id subject,
                                  const struct dirty *dirty)
{
    TRY(group_complete(region, subject, dirty));
    return recorded(region, subject);
}

/* A person's key is what stated representatives are compared with. */
static enum status represented(struct id_list *out, struct region *region,
                               const struct dirty *dirty)
{
    TRY(id_list_add_all(out, &dirty->principals));
    return region_roles(out, region, &dirty->principals, region->schema->roles.represents,
                        DIRECTION_OUT);
}

/* Two names of a contact concern those whose contact he is, too. */
static enum status statement_candidates(struct id_list *out, struct region *region,
                                        const struct dirty *dirty)
{
    TRY(represented(out, region, dirty));
    return region_roles(out, region, &dirty->principals, region->schema->roles.contact,
                        DIRECTION_OUT);
}

static enum status statement_complete(struct region *region, struct node_id subject,
                                      const struct dirty *dirty)
{
    TRY(shell_complete(region, subject, dirty));
    return region_role(NULL, region, subject, region->schema->roles.contact, DIRECTION_IN);
}

const struct locality locality_statement = { .candidates = statement_candidates,
                                             .complete = statement_complete };

/* An address that became a registration agent's, or no longer is one, concerns who is there. */
static enum status shell_candidates(struct id_list *out, struct region *region,
                                    const struct dirty *dirty)
{
    TRY(represented(out, region, dirty));
    for (size_t i = 0; i < dirty->renewed.n && !region->cut; i++)
        for (uint32_t kind = 0; kind < region->schema->n_kinds; kind++) {
            enum label_role role;
            uint32_t label;

            TRY(region_node(&role, &label, region, dirty->renewed.ids[i]));
            if (label == region->schema->kinds[kind].label)
                TRY(region_users(out, region, dirty->renewed.ids[i], kind));
        }
    return STATUS_OK;
}

const struct locality locality_shell = { .candidates = shell_candidates,
                                         .complete = shell_complete };

/* All kinds but persons: a common representative is looked at as such. */
static unsigned things(const struct schema *schema)
{
    return all_kinds(schema) & ~locality_kind(schema, "person");
}

/* Those whom the same person represents, and who shares identifiers with one of them. */
static enum status control_candidates(struct id_list *out, struct region *region,
                                      const struct dirty *dirty)
{
    const struct schema_roles *roles = &region->schema->roles;
    AUTO(id_list_fini) struct id_list persons = { 0 };
    AUTO(id_list_fini) struct id_list firms = { 0 };

    TRY(id_list_add_all(&persons, &dirty->principals));
    TRY(region_roles(&persons, region, &dirty->principals, roles->represents, DIRECTION_IN));
    TRY(id_list_add_all(&firms, &dirty->principals));
    TRY(region_roles(&firms, region, &persons, roles->represents, DIRECTION_OUT));
    for (size_t i = 0; i < firms.n && !region->cut; i++)
        TRY(region_group(NULL, region, firms.ids[i]));
    TRY(id_list_add_all(out, &firms));
    /* An identifier that crossed its cap matters to those who have a finding only. */
    return callers(out, region, dirty, &dirty->related, things(region->schema));
}

static enum status control_complete(struct region *region, struct node_id subject,
                                    const struct dirty *dirty)
{
    const struct schema_roles *roles = &region->schema->roles;
    AUTO(id_list_fini) struct id_list group = { 0 };
    AUTO(id_list_fini) struct id_list persons = { 0 };
    AUTO(id_list_fini) struct id_list firms = { 0 };

    (void)dirty;
    TRY(region_group(&group, region, subject));
    TRY(region_roles(NULL, region, &group, roles->borrowed, DIRECTION_OUT));
    TRY(region_roles(&persons, region, &group, roles->represents, DIRECTION_IN));
    TRY(region_roles(&firms, region, &persons, roles->represents, DIRECTION_OUT));
    for (size_t i = 0; i < firms.n && !region->cut; i++)
        TRY(region_group(NULL, region, firms.ids[i]));
    for (size_t i = 0; i < group.n && group.n > 1 && !region->cut; i++)
        TRY(region_uses(region, group.ids[i], things(region->schema)));
    return STATUS_OK;
}

const struct locality locality_control = { .window_params = { "window_days" },
                                           .by_finding = true, .applicants = true,
                                           .pair_window = "window_days",
                                           .candidates = control_candidates,
                                           .complete = control_complete };
