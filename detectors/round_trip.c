/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * D17 LOAN_ROUND_TRIP: loan money that returns to the borrower's side.
 *
 * Typology: the loan is paid out to a supplier's account and comes back to the borrower's own,
 * its controller's or its guarantor's within days. Method: from each deposit a bounded search over
 * transfers in ascending time that keep most of the amount, ending on the borrower's side after at
 * least one account outside it. Reference: use-of-proceeds monitoring. Cost: O(paths of 3 hops),
 * bounded per deposit. Known false positives: refunds by a supplier.
 */
#include <stdlib.h>

#include "base/text.h"
#include "detectors/control.h"
#include "detectors/locality.h"
#include "detectors/neighbourhood.h"
#include "detectors/role.h"
#include "detectors/use.h"

#define CODE "LOAN_ROUND_TRIP"
#define MAX_HOPS 8
#define MAX_STEPS 20000u   /* transfers looked at per deposit */

struct trip_params {
    int64_t max_hops, days, min_share;
};

extern const struct detector detector_round_trip;

struct search {
    struct facts *facts;
    const struct trip_params *params;
    struct findings *findings;
    struct role_rows transfers, owners;
    uint32_t borrower;
    struct guarantor {
        uint32_t node;
        int64_t start, end;
    } *guarantors; /* the borrower's */
    size_t n_guarantors, capacity;
    int64_t end_us;            /* of the deposit at hand */
    uint32_t path[MAX_HOPS];   /* transfers, as edge numbers */
    uint32_t steps;
    bool cut;
};

static void search_fini(struct search *s)
{
    role_rows_fini(&s->transfers);
    role_rows_fini(&s->owners);
    free(s->guarantors);
}

/* The borrower's guarantors, with their spells. */
static enum status list_guarantors(struct search *s)
{
    s->n_guarantors = 0;
    for (const uint32_t *type = s->facts->schema->roles.guarantees; type && *type; type++) {
        const struct edge_table *table = snapshot_table(s->facts->snapshot, *type);
        struct adjacency rows;

        TRY(snapshot_index(&rows, s->facts->snapshot, table, DIRECTION_IN));
        for (uint32_t at = rows.offset[s->borrower]; at < rows.offset[s->borrower + 1]; at++) {
            uint32_t row = adjacency_row(&rows, at);

            if (!facts_status_counts(s->facts, table, row))
                continue;
            TRY(array_reserve(&s->guarantors, &s->capacity, s->n_guarantors + 1));
            s->guarantors[s->n_guarantors++] = (struct guarantor){
                table->from[row], table->start[row], table->end[row] };
        }
    }
    return STATUS_OK;
}

static bool on_side(const struct search *s, uint32_t principal, int64_t at_us)
{
    if (facts_group(s->facts, principal) == facts_group(s->facts, s->borrower))
        return true;
    for (size_t i = 0; i < s->n_guarantors; i++)
        if (s->guarantors[i].start <= at_us && at_us < s->guarantors[i].end &&
            (s->guarantors[i].node == principal ||
             control_has(s->facts->control, principal, s->guarantors[i].node)))
            return true;
    return false;
}

/* Whether the account belongs to the borrower's side at that moment. */
static bool is_inside(const struct search *s, uint32_t account, int64_t at_us)
{
    for (struct role_walk owner = { &s->owners, account, at_us }; role_next(&owner);)
        if (on_side(s, owner.end, at_us))
            return true;
    return false;
}

/* Follows transfers from an account; the number of hops of a way home, or 0. */
static uint32_t follow(struct search *s, uint32_t account, int64_t after_us, int64_t amount,
                       uint32_t hops, bool outside)
{
    for (size_t t = 0; t < s->transfers.n; t++) {
        const struct role_table *rows = &s->transfers.items[t];

        for (uint32_t row = rows->by.offset[account]; row < rows->by.offset[account + 1]; row++) {
            int64_t time = rows->table->start[row];
            int64_t next = edge_cell(rows->table, row, EDGE_AMOUNT);
            uint32_t to = rows->table->to[row], found;
            bool inside;

            if (++s->steps > MAX_STEPS) {
                s->cut = true;
                return 0;
            }
            if (time <= after_us || time >= s->end_us || time > s->facts->at_us ||
                next == CELL_ABSENT ||
                (double)next * DECIMAL_ONE < (double)s->params->min_share * (double)amount)
                continue;
            s->path[hops] = rows->table->base + row;
            inside = is_inside(s, to, time);
            if (inside && outside)
                return hops + 1;
            if (hops + 1 >= s->params->max_hops)
                continue;
            found = follow(s, to, time, next, hops + 1, outside || !inside);
            if (found)
                return found;
        }
    }
    return 0;
}

static enum status tell(struct search *s, uint32_t borrowed, uint32_t deposited, uint32_t hops)
{
    struct findings *f = s->findings;
    struct finding finding = { .subject = facts_id(s->facts, s->borrower), .code = CODE,
                               .level = LEVEL_ALERT, .ring = FINDING_NO_RING,
                               .score = finding_score(LEVEL_ALERT, 4, hops) };
    size_t edges = f->n_edges, numbers = f->n_numbers;

    TRY(facts_evidence(f, s->facts, borrowed));
    TRY(facts_evidence(f, s->facts, deposited));
    for (uint32_t i = 0; i < hops; i++)
        TRY(facts_evidence(f, s->facts, s->path[i]));
    TRY(findings_evidence(&finding.edges, f, edges));
    TRY(findings_number(f, "hops", hops, 0));
    TRY(findings_number(f, "limit", s->params->max_hops, 0));
    finding.numbers = span_since(numbers, f->n_numbers);
    TRY(findings_text(&finding.text, f, "loan money came back to the borrower's side in %u "
                      "hop%s within %lld day%s", hops, text_s(hops), (long long)s->params->days,
                      text_s(s->params->days)));
    return findings_add(f, &finding);
}

/* The deposits of one loan; stops at the first that comes home. */
static enum status judge_loan(bool *done, struct search *s, const uint32_t *types, uint32_t loan,
                              uint32_t borrowed)
{
    int64_t lookback = facts_ago(s->facts, s->facts->params->shared.lookback_days);

    for (; types && *types && !*done; types++) {
        const struct edge_table *table = snapshot_table(s->facts->snapshot, *types);
        struct adjacency rows;

        TRY(snapshot_index(&rows, s->facts->snapshot, table, DIRECTION_OUT));
        for (uint32_t row = rows.offset[loan]; row < rows.offset[loan + 1] && !*done; row++) {
            int64_t amount = edge_cell(table, row, EDGE_AMOUNT), time = table->start[row];
            uint32_t hops;

            if (amount == CELL_ABSENT || time <= lookback || time > s->facts->at_us)
                continue;
            s->steps = 0;
            s->end_us = time_add(time, s->params->days * US_PER_DAY);
            hops = follow(s, table->to[row], time, amount, 0,
                          !is_inside(s, table->to[row], time));
            if (!hops)
                continue;
            *done = true;
            TRY(tell(s, borrowed, table->base + row, hops));
        }
    }
    return STATUS_OK;
}

static enum status judge_borrowers(struct search *s)
{
    const struct schema_roles *roles = &s->facts->schema->roles;

    for (const uint32_t *type = roles->borrowed; type && *type; type++) {
        const struct edge_table *table = snapshot_table(s->facts->snapshot, *type);
        bool done = false;

        for (uint32_t row = 0; row < table->n; row++) {
            if (!row || table->from[row] != table->from[row - 1])
                done = false;
            if (done || !facts_is(s->facts, table->from[row], FACT_SUBJECT))
                continue;
            s->borrower = table->from[row];
            TRY(list_guarantors(s));
            TRY(judge_loan(&done, s, roles->deposits, table->to[row], table->base + row));
        }
    }
    return STATUS_OK;
}

static enum status run(struct facts *facts, struct findings *findings)
{
    AUTO(search_fini) struct search s = { .facts = facts, .findings = findings };

    TRY(facts_need(facts, NEED_CONTROL));
    s.params = params_of(facts->params, &detector_round_trip);
    TRY(role_rows_init(&s.transfers, facts, facts->schema->roles.transfers, DIRECTION_OUT));
    TRY(role_rows_init(&s.owners, facts, facts->schema->roles.owns, DIRECTION_IN));
    TRY(judge_borrowers(&s));
    if (!s.cut)
        return STATUS_OK;
    findings->truncated = true;
    return findings_note(findings, CODE, (struct node_id){ 0 },
                         "the search from some deposits was cut at %u transfers", MAX_STEPS);
}

/* Where money went from the accounts within the time, hop by hop, and who owns those. */
static enum status gather_trail(struct neighbourhood *around, struct node_id account,
                                int64_t from_us)
{
    const struct trip_params *set = params_of(around->params, &detector_round_trip);
    const struct schema_roles *roles = &around->schema->roles;
    int64_t before_us = time_add(from_us, set->days * US_PER_DAY);
    AUTO(id_list_fini) struct id_list accounts = { 0 };
    size_t at = 0;

    TRY(id_list_add(&accounts, account));
    for (int64_t hop = 0; hop <= set->max_hops; hop++)
        for (size_t end = accounts.n; at < end; at++) {
            TRY(around_read(around, accounts.ids[at], roles->owns, DIRECTION_IN));
            for (const uint32_t *type = roles->transfers; type && *type && hop < set->max_hops;
                 type++)
                TRY(around_read_between(around, accounts.ids[at], *type, DIRECTION_OUT, from_us,
                                        before_us));
            if (hop < set->max_hops)
                TRY(around_ends(&accounts, around, accounts.ids[at], roles->transfers,
                                DIRECTION_OUT));
        }
    return STATUS_OK;
}

static enum status gather_loan(bool *any, struct neighbourhood *around, struct node_id loan)
{
    const uint32_t *deposits = around->schema->roles.deposits;

    TRY(around_read(around, loan, deposits, DIRECTION_OUT));
    for (uint32_t at = around_node(around, loan)->first; at != NO_STEP;
         at = around->steps[at].next) {
        const struct around_step *step = &around->steps[at];

        if (!step->out || !around_has_type(deposits, step->type))
            continue;
        *any = true;
        TRY(gather_trail(around, around->nodes[step->other].id, step->start));
    }
    return STATUS_OK;
}

/* Who is on the focus's side: its control group, its guarantors, and who controls those. */
static enum status gather_side(struct neighbourhood *around, struct node_id focus)
{
    AUTO(id_list_fini) struct id_list side = { 0 };

    TRY(id_list_add(&side, focus));
    TRY(around_ends(&side, around, focus, around->schema->roles.guarantees, DIRECTION_IN));
    for (size_t i = 0; i < side.n; i++)
        TRY(around_relate(around, side.ids[i]));
    return STATUS_OK;
}

static enum status gather(struct neighbourhood *around)
{
    for (size_t i = 0; i < around->n_focus; i++) {
        AUTO(id_list_fini) struct id_list loans = { 0 };
        bool any = false;

        TRY(around_ends(&loans, around, around->focus[i], around->schema->roles.borrowed,
                        DIRECTION_OUT));
        for (size_t k = 0; k < loans.n; k++)
            TRY(gather_loan(&any, around, loans.ids[k]));
        if (any)
            TRY(gather_side(around, around->focus[i]));
    }
    return STATUS_OK;
}

#define PARAM(field) offsetof(struct trip_params, field)

static const struct param params[] = {
    { "max_hops", "transfers followed from the deposit", "hops", PARAM(max_hops), PARAM_WHOLE, 3,
      1, MAX_HOPS, "hops" },
    { "days", "time from the deposit in which the money must be back", "days", PARAM(days),
      PARAM_WHOLE, 30, 1, 3650, NULL },
    { "min_share", "least part of the amount before that each transfer keeps", "share",
      PARAM(min_share), PARAM_DECIMAL, 600000, 0, DECIMAL_ONE, NULL },
    { 0 },
};

const struct detector detector_round_trip = {
    .id = "D17",
    .codes = { CODE },
    .family = "money",
    .summary = "loan money that returns to the borrower's side",
    .version = 4,
    .params = params,
    .params_size = sizeof(struct trip_params),
    .run = run,
    .gather = gather,
    .probe_rank = 7,
    .locality = &locality_trip,
};
