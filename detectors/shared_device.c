/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * D1 SHARED_DEVICE: one device, many unrelated applicants within days.
 *
 * Typology: an agent or a gang files many firms' applications from the same few machines.
 * Method: per device, windows of a week over dated uses; unrelated principals are control groups.
 * Hub classes, the evidence cap and the rhythm of steady hubs keep branch tablets and public
 * machines out. Reference: velocity rules on device fingerprints, as card schemes use them.
 * Cost: O(uses) after sorting each device's own.
 * Known false positives: a new branch tablet before it has a class or a rhythm; an accountant who
 * starts with many clients in one week.
 */
#include <stdlib.h>

#include "base/text.h"
#include "detectors/burst.h"
#include "detectors/locality.h"
#include "detectors/reach.h"

#define CODE "SHARED_DEVICE"

struct device_params {
    int64_t window_days, min_principals, alert_window_hours, alert_min_principals;
};

extern const struct detector detector_shared_device;

struct scan {
    struct facts *facts;
    const struct device_params *params;
    struct findings *findings;
    struct tally tally;
    struct events events;
    struct windows windows;
    uint32_t device;
    const struct use *uses;
};

static void scan_fini(struct scan *scan)
{
    tally_fini(&scan->tally);
    events_fini(&scan->events);
    windows_fini(&scan->windows);
}

static enum status collect(struct scan *scan, size_t n)
{
    scan->events.n = 0;
    for (uint32_t i = 0; i < n; i++)
        if (scan->uses[i].dated)
            TRY(events_add(&scan->events,
                           &(struct event){ scan->uses[i].start, scan->uses[i].principal,
                                            facts_group(scan->facts, scan->uses[i].principal),
                                            i }));
    return STATUS_OK;
}

/*
 * Windows of hours inside a firing one. Of all firing windows that hold a start the latest reaches
 * furthest, so only its end needs looking at.
 */
static enum status mark_alerts(struct scan *scan, const struct tally_case *told)
{
    const struct windows *windows = &scan->windows;
    const struct event *events = scan->events.items;
    int64_t width = scan->params->alert_window_hours * US_PER_HOUR;
    uint32_t *count = scan->facts->count, begin = windows->items[0].first;
    uint32_t end = begin, groups = 0, marked = 0, last = windows->items[windows->n - 1].end;
    enum status status = STATUS_OK;
    size_t latest = 0;

    for (uint32_t first = begin; first < last && status == STATUS_OK; first++) {
        if (first > begin && first <= end)
            groups -= --count[events[first - 1].group] == 0;
        end = end > first ? end : first;
        while (latest + 1 < windows->n && windows->items[latest + 1].first <= first)
            latest++;
        while (end < windows->items[latest].end &&
               events[end].time_us < time_add(events[first].time_us, width))
            groups += count[events[end++].group]++ == 0;
        if (groups < scan->params->alert_min_principals)
            continue;
        status = burst_mark(&scan->tally, scan->uses, events, first > marked ? first : marked, end,
                            told);
        marked = end;
    }
    for (uint32_t i = begin; i < scan->events.n; i++)
        count[events[i].group] = 0;
    return status;
}

static enum status tell_device(struct scan *scan)
{
    const struct windows *windows = &scan->windows;
    const struct window *best = &windows->items[windows->best];
    struct tally_case told = { .level = LEVEL_ATTENTION, .via = scan->device,
                               .measured = best->groups, .limit = scan->params->min_principals };

    TRY(burst_evidence(&told.edges, scan->findings, scan->facts, scan->uses, scan->events.items,
                       best));
    TRY(burst_numbers(&told.numbers, scan->findings, best->groups, told.limit, "window_days",
                      scan->params->window_days));
    TRY(burst_mark_all(&scan->tally, scan->uses, scan->events.items, windows, &told));
    told.level = LEVEL_ALERT;
    return mark_alerts(scan, &told);
}

static enum status scan_device(struct scan *scan, uint32_t kind)
{
    struct window_rule rule = { .width_us = scan->params->window_days * US_PER_DAY,
                                .min_groups = scan->params->min_principals, .steady = true };
    struct caps caps;
    size_t n;

    scan->uses = facts_uses_of(&n, scan->facts, scan->device);
    if (n < (size_t)scan->params->min_principals ||
        facts_is_settled(scan->facts, CODE, scan->device))
        return STATUS_OK;
    caps = facts_caps(scan->facts, scan->device, kind);
    rule.max_groups = caps.evidence;
    TRY(collect(scan, n));
    TRY(windows_find(&scan->windows, scan->facts, scan->events.items, scan->events.n, &rule));
    TRY(burst_hub(scan->findings, scan->facts, CODE, scan->device, &caps, &scan->windows));
    return scan->windows.n ? tell_device(scan) : STATUS_OK;
}

static enum status text(const char **out, struct findings *findings, const struct facts *facts,
                        const struct tally_case *told)
{
    struct slice key = snapshot_key(facts->snapshot, told->via);
    int64_t days = findings->numbers[told->numbers.first + 2].value;

    return findings_text(out, findings, "device %.*s used by %lld unrelated applicants within "
                         "%lld day%s (limit %lld)", (int)key.size, (const char *)key.data,
                         (long long)told->measured, (long long)days, text_s(days),
                         (long long)told->limit);
}

static enum status run(struct facts *facts, struct findings *findings)
{
    AUTO(scan_fini) struct scan scan = { .facts = facts, .findings = findings };
    uint32_t kind = facts_kind(facts, "device");

    TRY(facts_need(facts, NEED_CONTROL | NEED_USES));
    scan.params = params_of(facts->params, &detector_shared_device);
    if (kind == facts->schema->n_kinds)
        return STATUS_OK;
    for (uint32_t node = 0; node < facts->snapshot->n_nodes; node++) {
        if (facts->snapshot->labels[node] != facts->schema->kinds[kind].label)
            continue;
        scan.device = node;
        TRY(scan_device(&scan, kind));
    }
    return tally_report(&scan.tally, findings, facts, CODE, text);
}

static enum status gather(struct neighbourhood *around)
{
    const struct device_params *set = params_of(around->params, &detector_shared_device);
    const struct reach_rule rule = { CODE, REACH_DATED, set->window_days * US_PER_DAY,
                                     set->min_principals, true };
    uint32_t kind = facts_kind_in(around->schema, "device");
    AUTO(id_list_fini) struct id_list devices = { 0 };

    TRY(reach_focus_identifiers(&devices, around, kind, rule.links));
    for (size_t i = 0; i < devices.n; i++)
        TRY(reach_gather(around, devices.ids[i], kind, &rule));
    return STATUS_OK;
}

#define PARAM(field) offsetof(struct device_params, field)

static const struct param params[] = {
    { "window_days", "length of a window", "days", PARAM(window_days), PARAM_WHOLE, 7, 1, 3650,
      NULL },
    { "min_principals", "unrelated principals that fire a window", "principals",
      PARAM(min_principals), PARAM_WHOLE, 3, 2, 1000000, "principals" },
    { "alert_window_hours", "length of an alert window", "hours", PARAM(alert_window_hours),
      PARAM_WHOLE, 24, 1, 87600, NULL },
    { "alert_min_principals", "unrelated principals that raise an alert", "principals",
      PARAM(alert_min_principals), PARAM_WHOLE, 5, 2, 1000000, "principals" },
    { 0 },
};

const struct detector detector_shared_device = {
    .id = "D1",
    .codes = { CODE },
    .family = "identity",
    .summary = "one device, many unrelated applicants",
    .version = 2,
    .params = params,
    .params_size = sizeof(struct device_params),
    .reads = { READS_CONTROL | PART_DEVICES, READS_CELL(CLASS) },
    .run = run,
    .gather = gather,
    .probe_rank = 2,
    .locality = &locality_device,
};
