/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * D3 SHARED_ADDRESS: batch registration at one room.
 *
 * Typology: shells are registered by the dozen at one room within weeks. Method: windows of a
 * month over the starts of registered locations at rooms. Hub classes (incubators, registration
 * agents), the evidence cap and the rhythm of steady hubs keep lawful batches out. Reference:
 * registration rules of company registries against "one address, many licences".
 * Cost: O(locations) after sorting each address's own.
 * Known false positives: a new office building whose rooms are written without their number.
 */
#include <stdlib.h>

#include "base/text.h"
#include "detectors/burst.h"
#include "detectors/locality.h"
#include "detectors/reach.h"

#define CODE "SHARED_ADDRESS"

struct address_params {
    int64_t window_days, min_principals;
};

extern const struct detector detector_shared_address;

struct scan {
    struct facts *facts;
    const struct address_params *params;
    struct findings *findings;
    struct tally tally;
    struct events events;
    struct windows windows;
    int64_t after_us;
};

static void scan_fini(struct scan *scan)
{
    tally_fini(&scan->tally);
    events_fini(&scan->events);
    windows_fini(&scan->windows);
}

static bool is_registration(const struct scan *scan, const struct use *use)
{
    uint32_t row;
    const struct edge_table *table = snapshot_edge(&row, scan->facts->snapshot, use->edges[0]);
    int64_t role = edge_cell(table, row, EDGE_ROLE);

    return !use->dated && use->start > scan->after_us &&
           (role == CELL_ABSENT || slice_equal(snapshot_text(scan->facts->snapshot, role),
                                               SLICE("registered")));
}

static bool is_room(const struct snapshot *snapshot, uint32_t address)
{
    int64_t level = snapshot_cell(snapshot, address, NODE_LEVEL);

    return level == CELL_ABSENT || slice_equal(snapshot_text(snapshot, level), SLICE("room"));
}

static enum status tell_address(struct scan *scan, const struct use *uses, uint32_t address)
{
    const struct window *best = &scan->windows.items[scan->windows.best];
    struct tally_case told = { .level = LEVEL_ATTENTION, .via = address,
                               .measured = best->groups, .limit = scan->params->min_principals };

    TRY(burst_evidence(&told.edges, scan->findings, scan->facts, uses, scan->events.items, best));
    TRY(burst_numbers(&told.numbers, scan->findings, best->groups, told.limit, "window_days",
                      scan->params->window_days));
    return burst_mark_all(&scan->tally, uses, scan->events.items, &scan->windows, &told);
}

static enum status scan_address(struct scan *scan, uint32_t address, uint32_t kind)
{
    struct window_rule rule = { .width_us = scan->params->window_days * US_PER_DAY,
                                .min_groups = scan->params->min_principals, .steady = true };
    struct caps caps;
    size_t n;
    const struct use *uses = facts_uses_of(&n, scan->facts, address);

    if (n < (size_t)rule.min_groups || !is_room(scan->facts->snapshot, address) ||
        facts_is_settled(scan->facts, CODE, address))
        return STATUS_OK;
    caps = facts_caps(scan->facts, address, kind);
    rule.max_groups = caps.evidence;
    scan->events.n = 0;
    for (uint32_t i = 0; i < n; i++)
        if (is_registration(scan, &uses[i]))
            TRY(events_add(&scan->events,
                           &(struct event){ uses[i].start, uses[i].principal,
                                            facts_group(scan->facts, uses[i].principal), i }));
    TRY(windows_find(&scan->windows, scan->facts, scan->events.items, scan->events.n, &rule));
    TRY(burst_hub(scan->findings, scan->facts, CODE, address, &caps, &scan->windows));
    return scan->windows.n ? tell_address(scan, uses, address) : STATUS_OK;
}

static enum status text(const char **out, struct findings *findings, const struct facts *facts,
                        const struct tally_case *told)
{
    struct slice key = snapshot_key(facts->snapshot, told->via);
    int64_t days = findings->numbers[told->numbers.first + 2].value;

    return findings_text(out, findings, "%lld unrelated enterprises registered at %.*s within "
                         "%lld day%s (limit %lld)", (long long)told->measured, (int)key.size,
                         (const char *)key.data, (long long)days, text_s(days),
                         (long long)told->limit);
}

static enum status run(struct facts *facts, struct findings *findings)
{
    AUTO(scan_fini) struct scan scan = { .facts = facts, .findings = findings };
    uint32_t kind = facts_kind(facts, "address");

    TRY(facts_need(facts, NEED_CONTROL | NEED_USES));
    scan.params = params_of(facts->params, &detector_shared_address);
    scan.after_us = facts_ago(facts, facts->params->shared.lookback_days);
    for (uint32_t node = 0; kind < facts->schema->n_kinds && node < facts->snapshot->n_nodes;
         node++)
        if (facts->snapshot->labels[node] == facts->schema->kinds[kind].label)
            TRY(scan_address(&scan, node, kind));
    return tally_report(&scan.tally, findings, facts, CODE, text);
}

static enum status gather(struct neighbourhood *around)
{
    const struct address_params *set = params_of(around->params, &detector_shared_address);
    const struct reach_rule rule = { CODE, REACH_INTERVALS, set->window_days * US_PER_DAY,
                                     set->min_principals, false };
    uint32_t kind = facts_kind_in(around->schema, "address");
    AUTO(id_list_fini) struct id_list addresses = { 0 };

    TRY(reach_focus_identifiers(&addresses, around, kind, rule.links));
    for (size_t i = 0; i < addresses.n; i++) {
        bool room;

        TRY(reach_is_room(&room, around, addresses.ids[i]));
        if (room)
            TRY(reach_gather(around, addresses.ids[i], kind, &rule));
    }
    return STATUS_OK;
}

#define PARAM(field) offsetof(struct address_params, field)

static const struct param params[] = {
    { "window_days", "length of a window", "days", PARAM(window_days), PARAM_WHOLE, 30, 1, 3650,
      NULL },
    { "min_principals", "unrelated principals registered in a window", "principals",
      PARAM(min_principals), PARAM_WHOLE, 5, 2, 1000000, "principals" },
    { 0 },
};

const struct detector detector_shared_address = {
    .id = "D3",
    .codes = { CODE },
    .family = "identity",
    .summary = "batch registration at one room",
    .version = 2,
    .params = params,
    .params_size = sizeof(struct address_params),
    .reads = { READS_CONTROL | PART_ADDRESSES, READS_CELL(CLASS) | READS_CELL(LEVEL) },
    .run = run,
    .gather = gather,
    .probe_rank = 4,
    .locality = &locality_address,
};
