/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * D2 SHARED_PHONE: one phone, many unrelated enterprises at one moment.
 *
 * Typology: one person answers for many firms: as legal representative of three, or as contact of
 * five. Method: a sweep over the starts and ends of each phone's recorded holdings; a moment fires
 * by the number of unrelated holders, so that recycled numbers do not link. Reference: contact
 * sharing rules of anti-fraud practice. Cost: O(holdings log holdings) per phone.
 * Known false positives: bookkeepers entered as contact instead of finance.
 */
#include <stdlib.h>

#include "base/sort.h"
#include "detectors/locality.h"
#include "detectors/reach.h"
#include "detectors/tally.h"

#define CODE "SHARED_PHONE"

struct phone_params {
    int64_t min_legal_rep, min_contact;
};

extern const struct detector detector_shared_phone;

enum { RULE_LEGAL_REP, RULE_CONTACT, RULES };

/* A holding begins (with a bit per rule that counts it) or ends. */
struct turn {
    int64_t time_us;
    uint32_t use;
    bool begins;
};

struct scan {
    struct facts *facts;
    const struct phone_params *params;
    struct findings *findings;
    struct tally tally;
    uint32_t phone;
    const struct use *uses;
    struct turn *turns;
    size_t n_turns, turns_capacity;
    int64_t *moments[RULES]; /* begins of stretches that fire */
    size_t n_moments[RULES], moments_capacity[RULES];
    uint32_t *held[RULES + 1]; /* per node, as a group: holdings that count; RULES: any role */
    uint32_t groups[RULES + 1];
    int64_t best_us[RULES];
    uint32_t best_groups[RULES], over_cap;
};

static void scan_fini(struct scan *scan)
{
    tally_fini(&scan->tally);
    free(scan->turns);
    for (int rule = 0; rule < RULES; rule++)
        free(scan->moments[rule]);
    for (int rule = 0; rule <= RULES; rule++)
        free(scan->held[rule]);
}

static bool rule_counts(const struct scan *scan, const struct use *use, int rule)
{
    uint32_t row;
    const struct edge_table *table = snapshot_edge(&row, scan->facts->snapshot, use->edges[0]);
    struct slice role = snapshot_text(scan->facts->snapshot, edge_cell(table, row, EDGE_ROLE));

    if (rule == RULE_LEGAL_REP)
        return slice_equal(role, SLICE("legal_rep"));
    return !slice_equal(role, SLICE("finance")) && !slice_equal(role, SLICE("agent"));
}

static int compare_turns(const void *a, const void *b)
{
    const struct turn *x = a, *y = b;

    if (x->time_us != y->time_us)
        return x->time_us < y->time_us ? -1 : 1;
    return (x->use > y->use) - (x->use < y->use);
}

static enum status collect(struct scan *scan, size_t n)
{
    int64_t first_us = facts_ago(scan->facts, scan->facts->params->shared.lookback_days) + 1;

    scan->n_turns = 0;
    for (uint32_t i = 0; i < n; i++) {
        const struct use *use = &scan->uses[i];

        if (use->dated || use->end <= first_us)
            continue;
        TRY(array_reserve(&scan->turns, &scan->turns_capacity, scan->n_turns + 2));
        scan->turns[scan->n_turns++] =
            (struct turn){ use->start > first_us ? use->start : first_us, i, true };
        if (use->end <= scan->facts->at_us)
            scan->turns[scan->n_turns++] = (struct turn){ use->end, i, false };
    }
    sort_items(scan->turns, scan->n_turns, sizeof *scan->turns, compare_turns);
    return STATUS_OK;
}

static void apply(struct scan *scan, const struct turn *turn)
{
    const struct use *use = &scan->uses[turn->use];
    uint32_t group = facts_group(scan->facts, use->principal);

    for (int rule = 0; rule <= RULES; rule++) {
        if (rule < RULES && !rule_counts(scan, use, rule))
            continue;
        if (turn->begins)
            scan->groups[rule] += scan->held[rule][group]++ == 0;
        else
            scan->groups[rule] -= --scan->held[rule][group] == 0;
    }
}

static enum status judge(struct scan *scan, int64_t moment_us, uint32_t cap)
{
    const int64_t limits[RULES] = { scan->params->min_legal_rep, scan->params->min_contact };

    for (int rule = 0; rule < RULES; rule++) {
        if (scan->groups[rule] < limits[rule])
            continue;
        if (scan->groups[RULES] > cap) {
            scan->over_cap = scan->groups[RULES] > scan->over_cap ? scan->groups[RULES]
                                                                  : scan->over_cap;
            continue;
        }
        TRY(array_reserve(&scan->moments[rule], &scan->moments_capacity[rule],
                          scan->n_moments[rule] + 1));
        scan->moments[rule][scan->n_moments[rule]++] = moment_us;
        if (scan->groups[rule] <= scan->best_groups[rule])
            continue;
        scan->best_groups[rule] = scan->groups[rule];
        scan->best_us[rule] = moment_us;
    }
    return STATUS_OK;
}

static enum status sweep(struct scan *scan, uint32_t cap)
{
    enum status status = STATUS_OK;

    for (size_t i = 0; i < scan->n_turns && status == STATUS_OK;) {
        int64_t moment = scan->turns[i].time_us;

        for (; i < scan->n_turns && scan->turns[i].time_us == moment; i++)
            apply(scan, &scan->turns[i]);
        status = judge(scan, moment, cap);
    }
    for (size_t i = 0; i < scan->n_turns; i++)
        for (int rule = 0; rule <= RULES; rule++)
            scan->held[rule][facts_group(scan->facts,
                                         scan->uses[scan->turns[i].use].principal)] = 0;
    memset(scan->groups, 0, sizeof scan->groups);
    return status;
}

/* Whether some stretch that fires begins while the holding lasts. */
static bool holds_then(const struct scan *scan, const struct use *use, int rule)
{
    size_t low = 0, high = scan->n_moments[rule];

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (scan->moments[rule][middle] < use->start)
            low = middle + 1;
        else
            high = middle;
    }
    return low < scan->n_moments[rule] && scan->moments[rule][low] < use->end;
}

/* Each principal's earliest holding at the rule's best moment. */
static enum status tell_moment(struct span *out, struct scan *scan, size_t n, int rule)
{
    size_t first = scan->findings->n_edges;
    uint32_t *seen = scan->facts->count;
    enum status status = STATUS_OK;

    for (size_t i = 0; i < n && status == STATUS_OK; i++) {
        const struct use *use = &scan->uses[i];

        if (!use->dated && use->start <= scan->best_us[rule] &&
            scan->best_us[rule] < use->end && rule_counts(scan, use, rule) &&
            !seen[use->principal]++)
            status = facts_use_evidence(scan->findings, scan->facts, use);
    }
    for (size_t i = 0; i < n; i++)
        seen[scan->uses[i].principal] = 0;
    TRY(status);
    return findings_evidence(out, scan->findings, first);
}

static enum status tell_phone(struct scan *scan, size_t n)
{
    const int64_t limits[RULES] = { scan->params->min_legal_rep, scan->params->min_contact };

    for (int rule = 0; rule < RULES; rule++) {
        struct tally_case told = { .level = LEVEL_ATTENTION, .via = scan->phone,
                                   .measured = scan->best_groups[rule],
                                   .limit = limits[rule] };
        size_t first = scan->findings->n_numbers;

        if (!scan->n_moments[rule])
            continue;
        TRY(tell_moment(&told.edges, scan, n, rule));
        TRY(findings_number(scan->findings, "principals", told.measured, 0));
        TRY(findings_number(scan->findings, "limit", told.limit, 0));
        told.numbers = span_since(first, scan->findings->n_numbers);
        for (size_t i = 0; i < n; i++) {
            told.own_use = &scan->uses[i];
            if (!told.own_use->dated && rule_counts(scan, told.own_use, rule) &&
                holds_then(scan, told.own_use, rule))
                TRY(tally_mark(&scan->tally, told.own_use->principal, &told));
        }
    }
    return STATUS_OK;
}

static enum status scan_phone(struct scan *scan, uint32_t kind)
{
    struct caps caps;
    size_t n;

    scan->uses = facts_uses_of(&n, scan->facts, scan->phone);
    if (n < 2 || facts_is_settled(scan->facts, CODE, scan->phone))
        return STATUS_OK;
    caps = facts_caps(scan->facts, scan->phone, kind);
    scan->over_cap = 0;
    for (int rule = 0; rule < RULES; rule++)
        scan->n_moments[rule] = scan->best_groups[rule] = 0;
    TRY(collect(scan, n));
    TRY(sweep(scan, caps.evidence));
    if (scan->over_cap)
        TRY(facts_hub(scan->findings, scan->facts, CODE, scan->phone,
                      caps.class_name.size ? "class" : "cap", caps.class_name, scan->over_cap));
    return tell_phone(scan, n);
}

static enum status text(const char **out, struct findings *findings, const struct facts *facts,
                        const struct tally_case *told)
{
    struct slice key = snapshot_key(facts->snapshot, told->via);

    return findings_text(out, findings, "phone %.*s held by %lld unrelated enterprises at one "
                         "moment (limit %lld)", (int)key.size, (const char *)key.data,
                         (long long)told->measured, (long long)told->limit);
}

static enum status run(struct facts *facts, struct findings *findings)
{
    AUTO(scan_fini) struct scan scan = { .facts = facts, .findings = findings };
    uint32_t kind = facts_kind(facts, "phone");

    TRY(facts_need(facts, NEED_CONTROL | NEED_USES));
    scan.params = params_of(facts->params, &detector_shared_phone);
    for (int rule = 0; rule <= RULES; rule++) {
        scan.held[rule] = calloc((size_t)facts->snapshot->n_nodes + 1, sizeof(uint32_t));
        if (!scan.held[rule])
            return fail_memory(facts->snapshot->n_nodes * sizeof(uint32_t));
    }
    for (uint32_t node = 0; kind < facts->schema->n_kinds && node < facts->snapshot->n_nodes;
         node++) {
        if (facts->snapshot->labels[node] != facts->schema->kinds[kind].label)
            continue;
        scan.phone = node;
        TRY(scan_phone(&scan, kind));
    }
    return tally_report(&scan.tally, findings, facts, CODE, text);
}

/* Principals who hold the phone at some time while one of the focus does. */
static enum status count_holders(size_t *n, const struct neighbourhood *around,
                                 const struct reaches *uses)
{
    AUTO(id_list_fini) struct id_list holders = { 0 };

    for (size_t i = 0; i < uses->n; i++)
        for (size_t k = 0; k < uses->n; k++)
            if (around_is_focus(around, uses->items[k].principal) &&
                uses->items[i].start < uses->items[k].end &&
                uses->items[k].start < uses->items[i].end)
                TRY(id_list_add(&holders, uses->items[i].principal));
    *n = holders.n;
    return STATUS_OK;
}

/* Only moments at which one of the focus holds it can tag it. */
static enum status gather_phone(struct neighbourhood *around, struct node_id phone, uint32_t kind)
{
    const struct phone_params *set = params_of(around->params, &detector_shared_phone);
    AUTO(reaches_fini) struct reaches uses = { 0 };
    size_t n;
    bool hub;

    TRY(reach_is_hub(&hub, around, CODE, phone, kind));
    if (hub)
        return STATUS_OK;
    TRY(reach_read(around, phone, kind, REACH_INTERVALS));
    TRY(reach_list(&uses, around, phone, kind, REACH_INTERVALS));
    TRY(count_holders(&n, around, &uses));
    return n < (size_t)set->min_legal_rep && n < (size_t)set->min_contact
               ? STATUS_OK
               : reach_relate(around, &uses);
}

static enum status gather(struct neighbourhood *around)
{
    uint32_t kind = facts_kind_in(around->schema, "phone");
    AUTO(id_list_fini) struct id_list phones = { 0 };

    TRY(reach_focus_identifiers(&phones, around, kind, REACH_INTERVALS));
    for (size_t i = 0; i < phones.n; i++)
        TRY(gather_phone(around, phones.ids[i], kind));
    return STATUS_OK;
}

#define PARAM(field) offsetof(struct phone_params, field)

static const struct param params[] = {
    { "min_legal_rep", "unrelated enterprises with the phone as their representative's",
      "principals", PARAM(min_legal_rep), PARAM_WHOLE, 3, 2, 1000000, "principals" },
    { "min_contact", "unrelated enterprises with the phone in any role but finance and agent",
      "principals", PARAM(min_contact), PARAM_WHOLE, 5, 2, 1000000, "principals" },
    { 0 },
};

const struct detector detector_shared_phone = {
    .id = "D2",
    .codes = { CODE },
    .family = "identity",
    .summary = "one phone, many unrelated principals at one moment",
    .version = 1,
    .params = params,
    .params_size = sizeof(struct phone_params),
    .reads = { READS_CONTROL | PART_PHONES, READS_CELL(CLASS) },
    .run = run,
    .gather = gather,
    .probe_rank = 3,
    .locality = &locality_phone,
};
