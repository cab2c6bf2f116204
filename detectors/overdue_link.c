/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * D12 OVERDUE_LINK: shares account, device, controller or guarantor with an overdue loan.
 *
 * Typology: the next firm of a defaulter applies from the same device, settles through the same
 * account, or stands behind the same guarantor. Method: the things that overdue borrowers are
 * attached to, and who else is attached to them; of each thing the two worst borrowers suffice.
 * Reference: associated-risk rules of bank credit systems. Cost: O(attachments log attachments).
 * Known false positives: customers of one guarantee company; shared accountants' devices below
 * their cap.
 */
#include <stdlib.h>

#include "base/sort.h"
#include "base/text.h"
#include "detectors/control.h"
#include "detectors/locality.h"
#include "detectors/overdue_link_private.h"
#include "detectors/use.h"

#define CODE OVERDUE_CODE

enum thing { THING_ACCOUNT, THING_DEVICE, THING_CONTROLLER, THING_GUARANTOR, THINGS };

static const char *const thing_names[THINGS] = { "account", "device", "controller", "guarantor" };

/* How bad a borrower's worst loan is. */
struct debt {
    enum level level;
    int64_t days;       /* overdue, or 0 where it has ended */
    uint32_t edge;      /* number of its BORROWED edge */
};

/* Somebody is attached to a thing by these edges. */
struct tie {
    uint32_t thing, node, principal;
    uint32_t edges[SCHEMA_STEPS_MAX];
};

struct search {
    struct facts *facts;
    const struct overdue_params *params;
    struct findings *findings;
    int64_t after_us;
    struct debt *debts;        /* per node */
    struct uses *bystanders;   /* of borrowers who are no subjects; NULL: there is none */
    struct tie *ties;
    size_t n, capacity;
};

static void search_fini(struct search *s)
{
    uses_free(s->bystanders);
    free(s->debts);
    free(s->ties);
}

static bool touches(const struct search *s, const struct edge_table *table, uint32_t row)
{
    return table->start[row] <= s->facts->at_us && table->end[row] > s->after_us;
}

/* An event's edge: its moment lies in the window; undated: as long as it holds. */
static bool happened(const struct search *s, const struct edge_table *table, uint32_t row)
{
    return table->start[row] <= s->facts->at_us &&
           (table->start[row] == TIME_MIN || table->start[row] > s->after_us);
}

static struct debt judge_loan(const struct search *s, uint32_t loan, uint32_t edge)
{
    int64_t since = snapshot_cell(s->facts->snapshot, loan, NODE_OVERDUE_SINCE);
    int64_t until = snapshot_cell(s->facts->snapshot, loan, NODE_OVERDUE_UNTIL);
    struct debt debt = { .edge = edge };

    if (since == CELL_ABSENT || since > s->facts->at_us)
        return debt;
    if (until != CELL_ABSENT && until <= s->facts->at_us) {
        debt.level = until > s->after_us ? LEVEL_HINT : LEVEL_NONE;
        return debt;
    }
    debt.days = (s->facts->at_us - since) / US_PER_DAY;
    debt.level = since <= facts_ago(s->facts, s->params->alert_days) ? LEVEL_ALERT : LEVEL_HINT;
    return debt;
}

static bool worse(const struct debt *a, const struct debt *b)
{
    return a->level != b->level ? a->level > b->level : a->days > b->days;
}

static enum status find_debts(struct search *s)
{
    s->debts = calloc((size_t)s->facts->snapshot->n_nodes + 1, sizeof *s->debts);
    if (!s->debts)
        return fail_memory(s->facts->snapshot->n_nodes * sizeof *s->debts);
    for (const uint32_t *type = s->facts->schema->roles.borrowed; type && *type; type++) {
        const struct edge_table *table = snapshot_table(s->facts->snapshot, *type);

        for (uint32_t row = 0; row < table->n; row++) {
            struct debt debt = judge_loan(s, table->to[row], table->base + row);

            if (worse(&debt, &s->debts[table->from[row]]))
                s->debts[table->from[row]] = debt;
        }
    }
    return STATUS_OK;
}

/* A person who never applied here can be the borrower all the same, by way of his device. */
static enum status find_bystanders(struct search *s)
{
    uint32_t n = s->facts->snapshot->n_nodes;
    AUTO(free_ptr) unsigned char *wanted = calloc((size_t)n + 1, 1);
    bool any = false;

    if (!wanted)
        return fail_memory(n);
    for (uint32_t node = 0; node < n; node++) {
        wanted[node] = s->debts[node].level != LEVEL_NONE &&
                       !facts_is(s->facts, node, FACT_SUBJECT);
        any |= wanted[node];
    }
    return any ? uses_build(&s->bystanders, s->facts, wanted, 1) : STATUS_OK;
}

static enum status add_tie(struct search *s, enum thing thing, uint32_t node, uint32_t principal,
                           uint32_t first, uint32_t second)
{
    TRY(array_reserve(&s->ties, &s->capacity, s->n + 1));
    s->ties[s->n++] = (struct tie){ thing, node, principal, { first, second, USE_NO_EDGE } };
    return STATUS_OK;
}

static enum status tie_owners(struct search *s)
{
    for (const uint32_t *type = s->facts->schema->roles.owns; type && *type; type++) {
        const struct edge_table *table = snapshot_table(s->facts->snapshot, *type);

        for (uint32_t row = 0; row < table->n; row++)
            if (touches(s, table, row))
                TRY(add_tie(s, THING_ACCOUNT, table->to[row], table->from[row],
                            table->base + row, USE_NO_EDGE));
    }
    return STATUS_OK;
}

/* Accounts that a loan was paid to (its out-edges) or from (its in-edges), for its borrower. */
static enum status tie_settlements(struct search *s, uint32_t borrowed_type,
                                   const uint32_t *types, enum direction direction)
{
    const struct edge_table *borrowed = snapshot_table(s->facts->snapshot, borrowed_type);

    for (; types && *types; types++) {
        const struct edge_table *table = snapshot_table(s->facts->snapshot, *types);
        struct adjacency rows;

        TRY(snapshot_index(&rows, s->facts->snapshot, table, direction));
        for (uint32_t b = 0; table->n && b < borrowed->n; b++)
            for (uint32_t at = rows.offset[borrowed->to[b]];
                 at < rows.offset[borrowed->to[b] + 1]; at++) {
                uint32_t row = adjacency_row(&rows, at);

                if (happened(s, table, row))
                    TRY(add_tie(s, THING_ACCOUNT,
                                direction == DIRECTION_OUT ? table->to[row] : table->from[row],
                                borrowed->from[b], borrowed->base + b, table->base + row));
            }
    }
    return STATUS_OK;
}

static bool is_indebted(const struct search *s, const struct use *uses, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (s->debts[uses[i].principal].level != LEVEL_NONE)
            return true;
    return false;
}

static enum status tie_users(struct search *s, uint32_t device, const struct use *uses, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (use_overlaps(&uses[i], s->after_us, s->facts->at_us)) {
            TRY(add_tie(s, THING_DEVICE, device, uses[i].principal, 0, 0));
            memcpy(s->ties[s->n - 1].edges, uses[i].edges, sizeof uses[i].edges);
        }
    return STATUS_OK;
}

static enum status tie_device(struct search *s, uint32_t device, uint32_t kind)
{
    const struct use *uses, *others = NULL;
    size_t n, n_others = 0;

    uses = facts_uses_of(&n, s->facts, device);
    if (s->bystanders)
        others = uses_of(&n_others, s->bystanders, device);
    if (facts_is_settled(s->facts, CODE, device) ||
        (!n_others && !is_indebted(s, uses, n)) ||
        facts_count_users(s->facts, uses, n, s->after_us) >
            facts_caps(s->facts, device, kind).candidate)
        return STATUS_OK;
    TRY(tie_users(s, device, uses, n));
    return tie_users(s, device, others, n_others);
}

static enum status tie_devices(struct search *s)
{
    const struct schema *schema = s->facts->schema;
    uint32_t kind = facts_kind(s->facts, "device");

    TRY(find_bystanders(s));
    for (uint32_t node = 0; kind < schema->n_kinds && node < s->facts->snapshot->n_nodes; node++)
        if (s->facts->snapshot->labels[node] == schema->kinds[kind].label)
            TRY(tie_device(s, node, kind));
    return STATUS_OK;
}

static enum status tie_controllers(struct search *s)
{
    const uint32_t *controller = s->facts->control->controller;

    for (uint32_t node = 0; node < s->facts->snapshot->n_nodes; node++) {
        if (controller[node] == NODE_NONE)
            continue;
        TRY(add_tie(s, THING_CONTROLLER, controller[node], node, USE_NO_EDGE, USE_NO_EDGE));
        TRY(add_tie(s, THING_CONTROLLER, controller[node], controller[node], USE_NO_EDGE,
                    USE_NO_EDGE));
    }
    for (size_t i = 0; i < s->facts->control->n_further; i++) {
        const struct control_pair *pair = &s->facts->control->further[i];

        TRY(add_tie(s, THING_CONTROLLER, pair->controller, pair->company, USE_NO_EDGE,
                    USE_NO_EDGE));
        TRY(add_tie(s, THING_CONTROLLER, pair->controller, pair->controller, USE_NO_EDGE,
                    USE_NO_EDGE));
    }
    return STATUS_OK;
}

static enum status tie_guarantors(struct search *s)
{
    for (const uint32_t *type = s->facts->schema->roles.guarantees; type && *type; type++) {
        const struct edge_table *table = snapshot_table(s->facts->snapshot, *type);

        for (uint32_t row = 0; row < table->n; row++)
            if (table->from[row] != table->to[row] && touches(s, table, row) &&
                facts_status_counts(s->facts, table, row))
                TRY(add_tie(s, THING_GUARANTOR, table->from[row], table->to[row],
                            table->base + row, USE_NO_EDGE));
    }
    return STATUS_OK;
}

static enum status collect(struct search *s)
{
    const struct schema_roles *roles = &s->facts->schema->roles;

    TRY(tie_owners(s));
    for (const uint32_t *type = roles->borrowed; type && *type; type++) {
        TRY(tie_settlements(s, *type, roles->deposits, DIRECTION_OUT));
        TRY(tie_settlements(s, *type, roles->repayments, DIRECTION_IN));
    }
    TRY(tie_devices(s));
    TRY(tie_controllers(s));
    return tie_guarantors(s);
}

static uint64_t edge_id(const struct search *s, uint32_t edge)
{
    uint32_t row;

    return edge == USE_NO_EDGE ? 0 : snapshot_edge(&row, s->facts->snapshot, edge)->ids[row];
}

/* The tie with fewer edges first, then by their ids, which a probe's part of the graph keeps. */
static int compare_evidence(const struct search *s, const struct tie *a, const struct tie *b)
{
    for (int i = SCHEMA_STEPS_MAX - 1; i >= 0; i--) {
        uint64_t x = edge_id(s, a->edges[i]), y = edge_id(s, b->edges[i]);

        if (x != y)
            return x < y ? -1 : 1;
    }
    return 0;
}

static int compare_ties(const void *a, const void *b, void *search)
{
    const struct tie *x = a, *y = b;

    if (x->thing != y->thing)
        return x->thing < y->thing ? -1 : 1;
    if (x->node != y->node)
        return x->node < y->node ? -1 : 1;
    if (x->principal != y->principal)
        return x->principal < y->principal ? -1 : 1;
    return compare_evidence(search, x, y);
}

static enum status tell_tie(struct search *s, const struct tie *tie)
{
    for (int i = 0; i < SCHEMA_STEPS_MAX && tie->edges[i] != USE_NO_EDGE; i++)
        TRY(facts_evidence(s->findings, s->facts, tie->edges[i]));
    return STATUS_OK;
}

static enum status tell(struct search *s, const struct tie *own, const struct tie *borrower)
{
    const struct debt *debt = &s->debts[borrower->principal];
    struct findings *f = s->findings;
    struct finding finding = { .subject = facts_id(s->facts, own->principal), .code = CODE,
                               .level = debt->level, .ring = FINDING_NO_RING };
    size_t edges = f->n_edges, numbers = f->n_numbers;

    TRY(tell_tie(s, own));
    TRY(tell_tie(s, borrower));
    TRY(facts_evidence(f, s->facts, debt->edge));
    TRY(findings_evidence(&finding.edges, f, edges));
    TRY(findings_number(f, "overdue_days", debt->days, 0));
    TRY(findings_number(f, "limit", s->params->alert_days, 0));
    finding.numbers = span_since(numbers, f->n_numbers);
    finding.score = finding_score(debt->level, debt->days,
                                  debt->level == LEVEL_ALERT ? s->params->alert_days : 1);
    TRY(findings_text(&finding.text, f, debt->days
                          ? "shares its %s with a borrower overdue for %lld day%s"
                          : "shares its %s with a borrower who was overdue lately",
                      thing_names[own->thing], (long long)debt->days, text_s(debt->days)));
    return findings_add(f, &finding);
}

/* Everybody at one thing against the worst borrower at it who is somebody else. */
static enum status judge_thing(struct search *s, const struct tie *ties, size_t n)
{
    const struct tie *worst = NULL, *second = NULL;

    for (size_t i = 0; i < n; i++) {
        const struct debt *debt = &s->debts[ties[i].principal];

        if (debt->level == LEVEL_NONE || (worst && worst->principal == ties[i].principal) ||
            (second && second->principal == ties[i].principal))
            continue;
        if (!worst || worse(debt, &s->debts[worst->principal])) {
            second = worst;
            worst = &ties[i];
        } else if (!second || worse(debt, &s->debts[second->principal])) {
            second = &ties[i];
        }
    }
    for (size_t i = 0; i < n && worst; i++) {
        const struct tie *other = worst->principal == ties[i].principal ? second : worst;

        if ((i && ties[i].principal == ties[i - 1].principal) || !other ||
            !facts_is(s->facts, ties[i].principal, FACT_SUBJECT))
            continue;
        TRY(tell(s, &ties[i], other));
    }
    return STATUS_OK;
}

static enum status run(struct facts *facts, struct findings *findings)
{
    AUTO(search_fini) struct search s = { .facts = facts, .findings = findings };
    size_t first = findings->n;

    TRY(facts_need(facts, NEED_CONTROL | NEED_USES));
    s.params = params_of(facts->params, &detector_overdue_link);
    s.after_us = facts_ago(facts, s.params->window_days);
    TRY(find_debts(&s));
    TRY(collect(&s));
    sort_items_in(s.ties, s.n, sizeof *s.ties, compare_ties, &s);
    for (size_t i = 0, n; i < s.n; i += n) {
        for (n = 1; i + n < s.n && s.ties[i + n].thing == s.ties[i].thing &&
                    s.ties[i + n].node == s.ties[i].node;)
            n++;
        if (n > 1)
            TRY(judge_thing(&s, &s.ties[i], n));
    }
    findings_keep_best(findings, first, finding_is_stronger);
    return STATUS_OK;
}

#define PARAM(field) offsetof(struct overdue_params, field)

static const struct param params[] = {
    { "window_days", "how long ties and ended overdues count", "days", PARAM(window_days),
      PARAM_WHOLE, 180, 1, 3650, NULL },
    { "alert_days", "days overdue that raise an alert", "days", PARAM(alert_days), PARAM_WHOLE,
      30, 1, 3650, "overdue_days" },
    { 0 },
};

const struct detector detector_overdue_link = {
    .id = "D12",
    .codes = { CODE },
    .family = "contagion",
    .summary = "shares account, device, controller or guarantor with an overdue loan",
    .version = 3,
    .params = params,
    .params_size = sizeof(struct overdue_params),
    .run = run,
    .gather = overdue_gather,
    .probe_rank = 10,
    .locality = &locality_overdue,
};
