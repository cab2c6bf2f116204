/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * D5 BATCH_APPLICATION: bursts of applications in lockstep.
 *
 * Typology: a crew files one application after the other from one room, device or phone. Method:
 * per identifier reached through applications, windows of 30 minutes and of 24 hours; hubs count
 * too, but for the rhythm of steady ones. A window in which as many also share an identifier of
 * another kind raises an alert. Reference: lockstep behaviour (Beutel et al. 2013, CopyCatch).
 * Cost: O(uses log uses) per identifier with enough uses to fire, O(1) else.
 * Known false positives: a lender's roadshow, where staff enter applications on one tablet.
 */
#include <stdlib.h>

#include "base/sort.h"
#include "base/text.h"
#include "detectors/burst.h"
#include "detectors/locality.h"
#include "detectors/reach.h"

#define CODE "BATCH_APPLICATION"

struct batch_params {
    int64_t window_minutes, min_applicants, day_applicants;
};

extern const struct detector detector_batch_application;

/* An identifier of another kind that an event's application reaches too. */
struct partner {
    uint32_t event, identifier, group;
    uint32_t cell; /* of (identifier, group) */
};

/* A use through an application, by application. */
struct filed {
    uint32_t application, use;
};

struct scan {
    struct facts *facts;
    const struct batch_params *params;
    struct findings *findings;
    struct tally tally;
    struct events events;
    struct windows windows;
    struct filed *filed;
    size_t n_filed;
    struct partner *partners;
    size_t n_partners, partners_capacity;
    uint32_t identifier, kind;
    const struct use *uses; /* of the identifier */
    int64_t least;          /* applicants that either rule asks for */
};

static void scan_fini(struct scan *scan)
{
    tally_fini(&scan->tally);
    events_fini(&scan->events);
    windows_fini(&scan->windows);
    free(scan->filed);
    free(scan->partners);
}

static int compare_filed(const void *a, const void *b)
{
    const struct filed *x = a, *y = b;

    if (x->application != y->application)
        return x->application < y->application ? -1 : 1;
    return (x->use > y->use) - (x->use < y->use);
}

static bool through_application(const struct facts *facts, const struct use *use)
{
    return use->dated && facts->schema->links[use->link].through_application &&
           use->application != NODE_NONE;
}

static enum status file_uses(struct scan *scan)
{
    const struct uses *uses = scan->facts->uses;

    scan->filed = malloc((uses->n + 1) * sizeof *scan->filed);
    if (!scan->filed)
        return fail_memory(uses->n * sizeof *scan->filed);
    for (size_t i = 0; i < uses->n; i++)
        if (through_application(scan->facts, &uses->items[i]))
            scan->filed[scan->n_filed++] =
                (struct filed){ uses->items[i].application, (uint32_t)i };
    sort_items(scan->filed, scan->n_filed, sizeof *scan->filed, compare_filed);
    return STATUS_OK;
}

static const struct filed *filed_of(const struct scan *scan, uint32_t application)
{
    size_t low = 0, high = scan->n_filed;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (scan->filed[middle].application < application)
            low = middle + 1;
        else
            high = middle;
    }
    return scan->filed + low;
}

static int compare_cells(const void *a, const void *b)
{
    const struct partner *x = a, *y = b;

    if (x->identifier != y->identifier)
        return x->identifier < y->identifier ? -1 : 1;
    if (x->group != y->group)
        return x->group < y->group ? -1 : 1;
    return (x->event > y->event) - (x->event < y->event);
}

static int compare_events(const void *a, const void *b)
{
    const struct partner *x = a, *y = b;

    return (x->event > y->event) - (x->event < y->event);
}

/* What else the events' applications reach, numbered by (identifier, group), in event order. */
static enum status find_partners(struct scan *scan)
{
    uint32_t cell = 0;

    scan->n_partners = 0;
    for (uint32_t i = 0; i < scan->events.n; i++) {
        uint32_t application = scan->uses[scan->events.items[i].use].application;
        const struct filed *filed = filed_of(scan, application);

        for (; filed < scan->filed + scan->n_filed && filed->application == application;
             filed++) {
            const struct use *use = &scan->facts->uses->items[filed->use];

            if (use->kind == scan->kind)
                continue;
            TRY(array_reserve(&scan->partners, &scan->partners_capacity, scan->n_partners + 1));
            scan->partners[scan->n_partners++] =
                (struct partner){ i, use->identifier, scan->events.items[i].group, 0 };
        }
    }
    sort_items(scan->partners, scan->n_partners, sizeof *scan->partners, compare_cells);
    for (size_t i = 0; i < scan->n_partners; i++) {
        struct partner *at = &scan->partners[i];

        cell += i && (at->identifier != at[-1].identifier || at->group != at[-1].group);
        at->cell = cell;
    }
    sort_items(scan->partners, scan->n_partners, sizeof *scan->partners, compare_events);
    return STATUS_OK;
}

/* Slides over the partners: which of the firing windows have `least` groups on one of them. */
static enum status find_lockstep(bool *alert, struct scan *scan, int64_t least)
{
    AUTO(free_ptr) uint32_t *cells = calloc(scan->n_partners + 1, sizeof *cells);
    uint32_t *count = scan->facts->count; /* per identifier: groups inside */
    size_t first = 0, end = 0, n_enough = 0;

    if (!cells)
        return fail_memory(scan->n_partners * sizeof *cells);
    for (size_t w = 0; w < scan->windows.n; w++) {
        const struct window *window = &scan->windows.items[w];

        for (; end < scan->n_partners && scan->partners[end].event < window->end; end++)
            if (!cells[scan->partners[end].cell]++)
                n_enough += ++count[scan->partners[end].identifier] == least;
        for (; first < end && scan->partners[first].event < window->first; first++)
            if (!--cells[scan->partners[first].cell])
                n_enough -= count[scan->partners[first].identifier]-- == least;
        alert[w] = n_enough > 0;
    }
    for (size_t i = 0; i < scan->n_partners; i++)
        count[scan->partners[i].identifier] = 0;
    return STATUS_OK;
}

static enum status tell_windows(struct scan *scan, int64_t least, int64_t minutes)
{
    const struct window *best = &scan->windows.items[scan->windows.best];
    struct tally_case told = { .via = scan->identifier, .measured = best->groups,
                               .limit = least };
    AUTO(free_ptr) bool *alert = calloc(scan->windows.n, sizeof *alert);
    uint32_t marked[LEVEL_ALERT + 1] = { 0 };

    if (!alert)
        return fail_memory(scan->windows.n);
    TRY(find_partners(scan));
    TRY(find_lockstep(alert, scan, least));
    TRY(burst_evidence(&told.edges, scan->findings, scan->facts, scan->uses, scan->events.items,
                       best));
    TRY(burst_numbers(&told.numbers, scan->findings, best->groups, least, "window_minutes",
                      minutes));
    for (size_t w = 0; w < scan->windows.n; w++) {
        const struct window *window = &scan->windows.items[w];
        uint32_t *done;

        told.level = alert[w] ? LEVEL_ALERT : LEVEL_ATTENTION;
        done = &marked[told.level];
        TRY(burst_mark(&scan->tally, scan->uses, scan->events.items,
                       window->first > *done ? window->first : *done, window->end, &told));
        *done = window->end;
    }
    return STATUS_OK;
}

static enum status scan_rule(struct scan *scan, int64_t minutes, int64_t least)
{
    struct window_rule rule = { .width_us = minutes * US_PER_MINUTE, .min_groups = least,
                                .max_groups = UINT32_MAX, .steady = true };

    if (scan->events.n < (size_t)least)
        return STATUS_OK;
    TRY(windows_find(&scan->windows, scan->facts, scan->events.items, scan->events.n, &rule));
    if (scan->windows.over_rhythm)
        TRY(facts_hub(scan->findings, scan->facts, CODE, scan->identifier, "steady",
                      facts_caps(scan->facts, scan->identifier, scan->kind).class_name,
                      scan->windows.over_rhythm));
    return scan->windows.n ? tell_windows(scan, least, minutes) : STATUS_OK;
}

static int compare_same(const struct use *x, const struct use *y)
{
    if (x->start != y->start)
        return x->start < y->start ? -1 : 1;
    if (x->principal != y->principal)
        return x->principal < y->principal ? -1 : 1;
    return (x->application > y->application) - (x->application < y->application);
}

static int compare_repeats(const void *a, const void *b, void *context)
{
    const struct use *uses = context;
    uint32_t x = ((const struct event *)a)->use, y = ((const struct event *)b)->use;
    int order = compare_same(&uses[x], &uses[y]);

    return order ? order : (x > y) - (x < y);
}

static int compare_places(const void *a, const void *b)
{
    const struct event *x = a, *y = b;

    return (x->use > y->use) - (x->use < y->use);
}

/* An application at a moment is one event, by however many parallel edges it is stated. */
static void drop_repeats(struct scan *scan)
{
    struct event *items = scan->events.items;
    size_t n = scan->events.n, kept = 0;

    qsort_r(items, n, sizeof *items, compare_repeats, (void *)(uintptr_t)scan->uses);
    for (size_t i = 0; i < n; i++)
        if (!kept || compare_same(&scan->uses[items[kept - 1].use], &scan->uses[items[i].use]))
            items[kept++] = items[i];
    scan->events.n = kept;
    qsort(items, kept, sizeof *items, compare_places); /* as the uses lie: by time */
}

static enum status scan_identifier(struct scan *scan, uint32_t identifier)
{
    size_t n;

    scan->uses = facts_uses_of(&n, scan->facts, identifier);
    if (n < (size_t)scan->least)
        return STATUS_OK;
    scan->identifier = identifier;
    scan->kind = scan->uses[0].kind;
    scan->events.n = 0;
    for (uint32_t i = 0; i < n; i++)
        if (through_application(scan->facts, &scan->uses[i]))
            TRY(events_add(&scan->events, &(struct event){ scan->uses[i].start,
                                                           scan->uses[i].principal,
                                                           facts_group(scan->facts,
                                                                       scan->uses[i].principal),
                                                           i }));
    if (scan->events.n < (size_t)scan->least)
        return STATUS_OK;
    drop_repeats(scan);
    TRY(scan_rule(scan, scan->params->window_minutes, scan->params->min_applicants));
    return scan_rule(scan, 24 * 60, scan->params->day_applicants);
}

static enum status text(const char **out, struct findings *findings, const struct facts *facts,
                        const struct tally_case *told)
{
    struct slice key = snapshot_key(facts->snapshot, told->via);
    int64_t minutes = findings->numbers[told->numbers.first + 2].value;

    return findings_text(out, findings, "%lld unrelated applicants by way of %.*s within %lld "
                         "minute%s (limit %lld)", (long long)told->measured, (int)key.size,
                         (const char *)key.data, (long long)minutes, text_s(minutes),
                         (long long)told->limit);
}

static enum status run(struct facts *facts, struct findings *findings)
{
    AUTO(scan_fini) struct scan scan = { .facts = facts, .findings = findings };

    TRY(facts_need(facts, NEED_CONTROL | NEED_USES));
    scan.params = params_of(facts->params, &detector_batch_application);
    scan.least = scan.params->min_applicants < scan.params->day_applicants
                     ? scan.params->min_applicants : scan.params->day_applicants;
    TRY(file_uses(&scan));
    for (uint32_t node = 0; node < facts->snapshot->n_nodes; node++)
        TRY(scan_identifier(&scan, node));
    return tally_report(&scan.tally, findings, facts, CODE, text);
}

/* All that the applications which lead to the identifier state: lockstep shares more than one. */
static enum status gather_stated(struct neighbourhood *around, struct node_id identifier,
                                 uint32_t kind)
{
    AUTO(id_list_fini) struct id_list applications = { 0 };

    TRY(reach_applications(&applications, around, identifier, kind));
    for (size_t i = 0; i < applications.n; i++)
        TRY(reach_stated(around, applications.ids[i]));
    return STATUS_OK;
}

/* Hubs burst too, so classes do not matter; but a window must hold one of the focus's filings. */
static enum status gather_identifier(struct neighbourhood *around, struct node_id identifier,
                                     uint32_t kind)
{
    const struct batch_params *set = params_of(around->params, &detector_batch_application);
    const struct reach_rule rule = { CODE, REACH_APPLICATIONS, US_PER_DAY };
    AUTO(reaches_fini) struct reaches near = { 0 };
    size_t in_short, in_day;
    bool busy;

    TRY(reach_read_near(&busy, around, identifier, kind, &rule));
    TRY(reach_list(&near, around, identifier, kind, rule.links));
    TRY(reach_most(&in_short, &near, around, set->window_minutes * US_PER_MINUTE));
    TRY(reach_most(&in_day, &near, around, rule.width_us));
    if (in_short < (size_t)set->min_applicants && in_day < (size_t)set->day_applicants)
        return STATUS_OK;
    TRY(reach_read_related(around, identifier, kind, rule.links));
    return gather_stated(around, identifier, kind);
}

static enum status gather(struct neighbourhood *around)
{
    for (uint32_t kind = 0; kind < around->schema->n_kinds; kind++) {
        AUTO(id_list_fini) struct id_list identifiers = { 0 };

        TRY(reach_focus_identifiers(&identifiers, around, kind, REACH_APPLICATIONS));
        for (size_t i = 0; i < identifiers.n; i++)
            TRY(gather_identifier(around, identifiers.ids[i], kind));
    }
    return STATUS_OK;
}

#define PARAM(field) offsetof(struct batch_params, field)

static const struct param params[] = {
    { "window_minutes", "length of the short window", "minutes", PARAM(window_minutes),
      PARAM_WHOLE, 30, 1, 1440, NULL },
    { "min_applicants", "unrelated applicants in the short window", "principals",
      PARAM(min_applicants), PARAM_WHOLE, 5, 2, 1000000, "principals" },
    { "day_applicants", "unrelated applicants within 24 hours", "principals",
      PARAM(day_applicants), PARAM_WHOLE, 10, 2, 1000000, "principals" },
    { 0 },
};

const struct detector detector_batch_application = {
    .id = "D5",
    .codes = { CODE },
    .family = "ring",
    .summary = "bursts of applications in lockstep",
    .version = 3,
    .params = params,
    .params_size = sizeof(struct batch_params),
    .run = run,
    .gather = gather,
    .probe_rank = 1,
    .locality = &locality_batch,
};
