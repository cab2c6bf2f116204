/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * D9 HIDDEN_CONTROL and GROUP_EXPOSURE: one obligor behind several applicants.
 *
 * Typology: one owner, or one straw man in the register, applies through several firms that
 * declare no group. Method: pairs of applicants in one control group or with one legal
 * representative; a shared identifier behind different representatives raises the level; owners
 * are told by integrated ownership (ownership.h). Pairs that share a party make one ring, told as
 * a whole; a probe follows it from applicant to applicant (hidden_control_gather.c). Reference:
 * rules on groups of connected clients (Basel LEX; CBIRC on group customers).
 * Cost: O(principals + ownership + uses); pairs are looked at inside a group only.
 * Known false positives: professional representatives below the limit; family firms apart in life.
 */
#include <stdlib.h>

#include "base/sets.h"
#include "base/sort.h"
#include "detectors/hidden_control_private.h"
#include "detectors/locality.h"
#include "detectors/role.h"
#include "detectors/use.h"

#define MAX_PAIRED 200u     /* members of one group compared with each other by one identifier */

static void search_fini(struct control_search *s)
{
    free(s->applicant);
    free(s->level);
    free(s->sets);
    free(s->order);
    ownership_free(s->ownership);
}

static enum status search_init(struct control_search *s)
{
    uint32_t n = s->facts->snapshot->n_nodes;

    s->level = calloc(n + (size_t)1, 1);
    if (!s->level)
        return fail_memory(n);
    TRY(sets_init(&s->sets, n));
    return facts_applicants(&s->applicant, s->facts, s->after_us);
}

static bool share_end(const struct role_rows *rows, const struct facts *facts, uint32_t a,
                      uint32_t b)
{
    for (struct role_walk x = { rows, a, facts->at_us }; role_next(&x);)
        for (struct role_walk y = { rows, b, facts->at_us }; role_next(&y);)
            if (x.end == y.end)
                return true;
    return false;
}

static bool has_active(const struct role_rows *rows, const struct facts *facts, uint32_t node)
{
    return role_next(&(struct role_walk){ rows, node, facts->at_us });
}

static void raise_pair(struct control_search *s, uint32_t a, uint32_t b, enum level level)
{
    if (s->level[a] < level)
        s->level[a] = (unsigned char)level;
    if (s->level[b] < level)
        s->level[b] = (unsigned char)level;
    sets_join(s->sets, a, b);
}

/*
 * Pairs every member with one that shares no declared group. Most have no such membership, and
 * the first found undeclared one serves all others; only the declared compare one by one.
 */
static void pair_members(struct control_search *s, const struct role_rows *declared,
                         const uint32_t *nodes, uint32_t n)
{
    uint32_t plain = NODE_NONE;

    for (uint32_t i = 0; i < n && plain == NODE_NONE; i++)
        if (!has_active(declared, s->facts, nodes[i]))
            plain = nodes[i];
    for (uint32_t i = 0; i < n; i++) {
        if (plain != NODE_NONE && plain != nodes[i]) {
            raise_pair(s, plain, nodes[i], LEVEL_HINT);
            continue;
        }
        for (uint32_t j = 0; j < n && !s->level[nodes[i]]; j++)
            if (i != j && !share_end(declared, s->facts, nodes[i], nodes[j]))
                raise_pair(s, nodes[i], nodes[j], LEVEL_HINT);
    }
}

static int compare_order(const void *a, const void *b, void *context)
{
    const struct facts *facts = context;
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    uint32_t of_x = facts_group(facts, x), of_y = facts_group(facts, y);

    if (of_x != of_y)
        return of_x < of_y ? -1 : 1;
    return (x > y) - (x < y);
}

/* Subjects whose group has another subject, in order of groups. */
static enum status order_subjects(struct control_search *s)
{
    struct facts *facts = s->facts;
    uint32_t n = facts->snapshot->n_nodes;

    for (uint32_t i = 0; i < n; i++)
        facts->count[facts_group(facts, i)] += facts_is(facts, i, FACT_SUBJECT);
    for (uint32_t i = 0; i < n; i++)
        s->n_order += facts_is(facts, i, FACT_SUBJECT) && facts->count[facts_group(facts, i)] > 1;
    s->order = malloc((s->n_order + (size_t)1) * sizeof *s->order);
    if (s->order) {
        s->n_order = 0;
        for (uint32_t i = 0; i < n; i++)
            if (facts_is(facts, i, FACT_SUBJECT) && facts->count[facts_group(facts, i)] > 1)
                s->order[s->n_order++] = i;
        qsort_r(s->order, s->n_order, sizeof *s->order, compare_order, facts);
    }
    memset(facts->count, 0, n * sizeof *facts->count);
    return s->order ? STATUS_OK : fail_memory(s->n_order * sizeof *s->order);
}

static enum status pair_groups(struct control_search *s, const struct role_rows *declared)
{
    AUTO(free_ptr) uint32_t *applied = malloc((s->n_order + (size_t)1) * sizeof *applied);

    if (!applied)
        return fail_memory(s->n_order * sizeof *applied);
    for (uint32_t i = 0, n; i < s->n_order; i += n) {
        uint32_t n_applied = 0;

        n = control_group_size(s, i);
        for (uint32_t k = i; k < i + n; k++)
            if (s->applicant[s->order[k]])
                applied[n_applied++] = s->order[k];
        if (n_applied > 1)
            pair_members(s, declared, applied, n_applied);
    }
    return STATUS_OK;
}

/* The enterprises that one person represents, if few enough. */
static enum status pair_represented(struct control_search *s, const struct role_rows *represents,
                                    const struct role_rows *declared, uint32_t person)
{
    struct role_walk walk = { represents, person, s->facts->at_us }, again = walk;
    AUTO(free_ptr) uint32_t *nodes = NULL;
    uint32_t n = 0, kept = 0, n_applied = 0;

    while (role_next(&walk))
        n++;
    if (n < 2)
        return STATUS_OK;
    nodes = malloc(n * sizeof *nodes);
    if (!nodes)
        return fail_memory(n * sizeof *nodes);
    for (n = 0; role_next(&again);)
        nodes[n++] = again.end;
    qsort(nodes, n, sizeof *nodes, sort_by_u32);
    for (uint32_t i = 0; i < n; i++)
        if (!i || nodes[i] != nodes[i - 1])
            nodes[kept++] = nodes[i];
    if (kept > s->params->max_represented)
        return STATUS_OK;
    for (uint32_t i = 0; i < kept; i++)
        if (s->applicant[nodes[i]])
            nodes[n_applied++] = nodes[i];
    if (n_applied < 2)
        return STATUS_OK;
    /* pair_members() leaves out who has a level already; here everybody needs a partner */
    for (uint32_t i = 0; i < n_applied; i++)
        for (uint32_t j = i + 1; j < n_applied; j++)
            if (!share_end(declared, s->facts, nodes[i], nodes[j]))
                raise_pair(s, nodes[i], nodes[j], LEVEL_HINT);
    return STATUS_OK;
}

static void judge_pair(struct control_search *s, const struct role_rows *declared,
                       const struct role_rows *reps, uint32_t a, uint32_t b)
{
    if (facts_group(s->facts, a) == facts_group(s->facts, b) &&
        has_active(reps, s->facts, a) && has_active(reps, s->facts, b) &&
        !share_end(reps, s->facts, a, b) && !share_end(declared, s->facts, a, b))
        raise_pair(s, a, b, LEVEL_ATTENTION);
}

/* Pairs of one group who share the identifier behind different representatives. */
static enum status pair_users(struct control_search *s, const struct role_rows *declared,
                              const struct role_rows *reps, uint32_t identifier)
{
    size_t n;
    const struct use *uses = facts_uses_of(&n, s->facts, identifier);
    AUTO(free_ptr) uint32_t *users = NULL;
    uint32_t n_users = 0, kept = 0;

    if (n < 2 || !strcmp(s->facts->schema->kinds[uses[0].kind].name, "person") ||
        facts_is_settled(s->facts, HIDDEN_CODE, identifier))
        return STATUS_OK;
    users = malloc(n * sizeof *users);
    if (!users)
        return fail_memory(n * sizeof *users);
    for (size_t i = 0; i < n; i++)
        if (use_overlaps(&uses[i], s->after_us, s->facts->at_us) &&
            s->applicant[uses[i].principal] && s->level[uses[i].principal])
            users[n_users++] = uses[i].principal;
    if (n_users < 2)
        return STATUS_OK;
    qsort_r(users, n_users, sizeof *users, compare_order, s->facts);
    for (uint32_t i = 0; i < n_users; i++)
        if (!i || users[i] != users[i - 1])
            users[kept++] = users[i];
    if (kept < 2 || facts_count_users(s->facts, uses, n, s->after_us) >
                        facts_caps(s->facts, identifier, uses[0].kind).candidate)
        return STATUS_OK; /* above its cap over the window it says nothing */
    for (uint32_t i = 0; i < kept; i++)
        for (uint32_t j = i + 1; j < kept && j - i < MAX_PAIRED &&
                                 facts_group(s->facts, users[i]) ==
                                     facts_group(s->facts, users[j]); j++)
            judge_pair(s, declared, reps, users[i], users[j]);
    return STATUS_OK;
}

static enum status find_pairs(struct control_search *s)
{
    const struct schema_roles *roles = &s->facts->schema->roles;
    AUTO(role_rows_fini) struct role_rows declared = { 0 };
    AUTO(role_rows_fini) struct role_rows represents = { 0 };
    AUTO(role_rows_fini) struct role_rows reps = { 0 };

    TRY(role_rows_init(&declared, s->facts, roles->membership, DIRECTION_OUT));
    TRY(role_rows_init(&represents, s->facts, roles->represents, DIRECTION_OUT));
    TRY(role_rows_init(&reps, s->facts, roles->represents, DIRECTION_IN));
    TRY(pair_groups(s, &declared));
    for (uint32_t node = 0; node < s->facts->snapshot->n_nodes; node++)
        TRY(pair_represented(s, &represents, &declared, node));
    for (uint32_t node = 0; node < s->facts->snapshot->n_nodes; node++)
        TRY(pair_users(s, &declared, &reps, node));
    return STATUS_OK;
}

static enum status run(struct facts *facts, struct findings *findings)
{
    AUTO(search_fini) struct control_search s = { .facts = facts, .findings = findings };

    TRY(facts_need(facts, NEED_CONTROL | NEED_USES));
    s.params = params_of(facts->params, &detector_hidden_control);
    s.after_us = facts_ago(facts, s.params->window_days);
    TRY(search_init(&s));
    TRY(order_subjects(&s));
    TRY(find_pairs(&s));
    TRY(control_tell_hidden(&s));
    return control_tell_exposures(&s);
}

#define PARAM(field) offsetof(struct control_params, field)

static const struct param params[] = {
    { "window_days", "how far back two applications count together", "days", PARAM(window_days),
      PARAM_WHOLE, 180, 1, 3650, NULL },
    { "max_represented", "enterprises above which a legal representative is a professional",
      "enterprises", PARAM(max_represented), PARAM_WHOLE, 20, 2, 1000000, NULL },
    { "owner_ratio", "integrated ownership above which an owner is listed", "share",
      PARAM(owner_ratio), PARAM_DECIMAL, 250000, 0, DECIMAL_ONE, NULL },
    { 0 },
};

const struct detector detector_hidden_control = {
    .id = "D9",
    .codes = { HIDDEN_CODE, EXPOSURE_CODE },
    .family = "control",
    .summary = "one obligor behind several applicants",
    .version = 5,
    .params = params,
    .params_size = sizeof(struct control_params),
    .run = run,
    .gather = control_gather,
    .probe_rank = 8,
    .locality = &locality_control,
};
