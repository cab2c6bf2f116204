/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * D4 GANG_APPLICATION: applicants tied by several kinds of identifier.
 *
 * Typology: one crew files for many shell firms, sharing devices, phones, rooms and people.
 * Method: pairs of unrelated applicants with two kinds of shared identifier (or one exclusive) and
 * enough link weight; connected components; those above 50 split by Leiden on the constant Potts
 * model, since plain modularity merges small gangs. Reference: Traag, Waltman, van Eck (2019),
 * "From Louvain to Leiden"; Traag, Van Dooren, Nesterov (2011) for CPM.
 * Cost: the square of each identifier's users, at most its cap, and near O(pairs) after.
 * Known false positives: franchises and families that declare no common control.
 */
#include <stdlib.h>

#include "base/sets.h"
#include "base/sort.h"
#include "detectors/gang_private.h"
#include "detectors/locality.h"
#include "detectors/use.h"
#include "graph/analytics/community.h"

#define CODE GANG_CODE
#define SEED 1
#define TRIES 4

static void search_fini(struct gang_search *s)
{
    free(s->applicant);
    free(s->part);
    free(s->members);
    free(s->events);
    pairs_fini(&s->pairs);
    pairs_fini(&s->split);
}

/* Keeps the pairs that tie. */
static void link(struct gang_search *s)
{
    struct pairs *pairs = &s->pairs;
    size_t kept = 0;

    for (size_t i = 0; i < pairs->n; i++) {
        const struct pair *pair = &pairs->items[i];

        if (pair->weight >= s->params->tau &&
            (__builtin_popcount(pair->kinds) >= s->params->min_kinds || pair->exclusive))
            pairs->items[kept++] = *pair;
    }
    pairs->n = kept;
}

static int compare_members(const void *a, const void *b)
{
    const struct gang_member *x = a, *y = b;

    if (x->part != y->part)
        return x->part < y->part ? -1 : 1;
    return (x->node > y->node) - (x->node < y->node);
}

/* Connected components, named by their smallest node; one member per node that is tied. */
static enum status find_components(struct gang_search *s)
{
    size_t n = 0;

    TRY(sets_init(&s->part, s->facts->snapshot->n_nodes));
    s->members = malloc((2 * s->pairs.n + 1) * sizeof *s->members);
    if (!s->members)
        return fail_memory(2 * s->pairs.n * sizeof *s->members);
    for (size_t i = 0; i < s->pairs.n; i++)
        sets_join(s->part, s->pairs.items[i].a, s->pairs.items[i].b);
    for (size_t i = 0; i < s->pairs.n; i++) {
        s->members[n++] = (struct gang_member){ .node = s->pairs.items[i].a };
        s->members[n++] = (struct gang_member){ .node = s->pairs.items[i].b };
    }
    for (size_t i = 0; i < n; i++)
        s->members[i].part = sets_find(s->part, s->members[i].node);
    sort_items(s->members, n, sizeof *s->members, compare_members);
    for (size_t i = 0; i < n; i++)
        if (!i || s->members[i].node != s->members[i - 1].node)
            s->members[s->n_members++] = s->members[i];
    return STATUS_OK;
}

static size_t part_size(const struct gang_search *s, size_t first)
{
    size_t n = 1;

    while (first + n < s->n_members && s->members[first + n].part == s->members[first].part)
        n++;
    return n;
}

static uint32_t local_index(const struct gang_member *members, size_t n, uint32_t node)
{
    size_t low = 0, high = n;

    while (low + 1 < high) {
        size_t middle = low + (high - low) / 2;

        if (members[middle].node <= node)
            low = middle;
        else
            high = middle;
    }
    return (uint32_t)low;
}

/* Communities of one large component; parts keep the name of their smallest node. */
static enum status split(struct gang_search *s, struct gang_member *members, size_t n)
{
    AUTO(free_ptr) struct weighted_edge *edges = malloc((s->pairs.n + 1) * sizeof *edges);
    AUTO(free_ptr) uint32_t *part = malloc(n * sizeof *part);
    AUTO(free_ptr) uint32_t *smallest = malloc(n * sizeof *smallest);
    uint32_t component = members->part;
    size_t n_edges = 0;

    if (!edges || !part || !smallest)
        return fail_memory(s->pairs.n * sizeof *edges);
    for (size_t i = 0; i < s->pairs.n; i++) {
        const struct pair *pair = &s->pairs.items[i];

        if (sets_find(s->part, pair->a) != component)
            continue;
        edges[n_edges++] = (struct weighted_edge){ local_index(members, n, pair->a),
                                                   local_index(members, n, pair->b),
                                                   (double)pair->weight / DECIMAL_ONE };
        TRY(array_reserve(&s->split.items, &s->split.capacity, s->split.n + 1));
        s->split.items[s->split.n++] = *pair;
    }
    TRY(community_leiden(part, (uint32_t)n, edges, n_edges,
                         (double)s->params->resolution / DECIMAL_ONE, TRIES, SEED));
    memset(smallest, 0xff, n * sizeof *smallest);
    for (size_t i = 0; i < n; i++) {
        if (smallest[part[i]] == UINT32_MAX)
            smallest[part[i]] = members[i].node;
        members[i].part = smallest[part[i]];
    }
    return STATUS_OK;
}

static enum status split_large(struct gang_search *s)
{
    bool any = false;

    for (size_t i = 0, n; i < s->n_members; i += n) {
        n = part_size(s, i);
        if (n <= (size_t)s->params->split_above)
            continue;
        TRY(split(s, &s->members[i], n));
        any = true;
        /* Renaming may order the parts anew, so the end is found by count, not by name. */
    }
    if (any)
        sort_items(s->members, s->n_members, sizeof *s->members, compare_members);
    for (size_t i = 0; i < s->n_members; i++)
        s->part[s->members[i].node] = s->members[i].part;
    return STATUS_OK;
}

static bool same_part(const struct gang_search *s, const struct pair *pair)
{
    return s->part[pair->a] == s->part[pair->b];
}

/* Pairs by part, so that a part's are one run. */
static int compare_by_part(const void *a, const void *b, void *context)
{
    const struct pair *x = a, *y = b;
    const uint32_t *part = context;

    if (part[x->a] != part[y->a])
        return part[x->a] < part[y->a] ? -1 : 1;
    if (x->a != y->a)
        return x->a < y->a ? -1 : 1;
    return (x->b > y->b) - (x->b < y->b);
}

static void sort_pairs_by_part(struct gang_search *s)
{
    size_t kept = 0;

    for (size_t i = 0; i < s->pairs.n; i++)
        if (same_part(s, &s->pairs.items[i]))
            s->pairs.items[kept++] = s->pairs.items[i];
    s->pairs.n = kept;
    sort_items_in(s->pairs.items, kept, sizeof *s->pairs.items, compare_by_part, s->part);
}

static uint32_t count_unrelated(const struct gang_search *s, const struct gang_part *part)
{
    uint32_t *count = s->facts->count, groups = 0;

    for (size_t i = 0; i < part->n; i++)
        groups += count[facts_group(s->facts, part->members[i].node)]++ == 0;
    for (size_t i = 0; i < part->n; i++)
        count[facts_group(s->facts, part->members[i].node)] = 0;
    return groups;
}

static enum status collect_applications(struct gang_search *s, uint32_t node)
{
    for (const uint32_t *type = s->facts->schema->roles.applied; type && *type; type++) {
        const struct edge_table *table = snapshot_table(s->facts->snapshot, *type);
        struct adjacency rows;

        TRY(snapshot_index(&rows, s->facts->snapshot, table, DIRECTION_OUT));
        for (uint32_t at = rows.offset[node]; at < rows.offset[node + 1]; at++) {
            if (table->start[at] <= s->after_us || table->start[at] > s->facts->at_us)
                continue;
            TRY(array_reserve(&s->events, &s->events_capacity, s->n_events + 1));
            s->events[s->n_events++] = (struct gang_event){
                table->start[at], facts_group(s->facts, node), table->to[at]
            };
        }
    }
    return STATUS_OK;
}

static int compare_events(const void *a, const void *b)
{
    const struct gang_event *x = a, *y = b;

    if (x->time_us != y->time_us)
        return x->time_us < y->time_us ? -1 : 1;
    return (x->application > y->application) - (x->application < y->application);
}

/* The densest stretch of burst_days, in unrelated applicants. */
static uint32_t find_burst(const struct gang_search *s)
{
    uint32_t *count = s->facts->count, inside = 0, most = 0;
    int64_t width = s->params->burst_days * US_PER_DAY;
    size_t end = 0;

    for (size_t first = 0; first < s->n_events; first++) {
        while (end < s->n_events &&
               s->events[end].time_us < time_add(s->events[first].time_us, width))
            inside += count[s->events[end++].group]++ == 0;
        most = inside > most ? inside : most;
        inside -= --count[s->events[first].group] == 0;
    }
    return most;
}

static bool application_bad(const struct snapshot *snapshot, uint32_t application)
{
    struct slice status =
        snapshot_text(snapshot, snapshot_cell(snapshot, application, NODE_STATUS));
    struct slice outcome =
        snapshot_text(snapshot, snapshot_cell(snapshot, application, NODE_OUTCOME));

    return slice_equal(status, SLICE("rejected")) || slice_equal(outcome, SLICE("overdue")) ||
           slice_equal(outcome, SLICE("fraud"));
}

static enum status study_member(struct gang_search *s, struct gang_part *part, uint32_t node)
{
    size_t before = s->n_events;
    bool overdue;

    TRY(collect_applications(s, node));
    TRY(facts_overdue(&overdue, s->facts, node, 0));
    part->marked |= overdue || facts_is(s->facts, node, FACT_BLOCKED | FACT_CONFIRMED);
    for (size_t i = before; i < s->n_events && !overdue; i++)
        overdue = application_bad(s->facts->snapshot, s->events[i].application);
    part->n_bad += overdue;
    return STATUS_OK;
}

static enum status study(struct gang_search *s, struct gang_part *part)
{
    s->n_events = 0;
    part->unrelated = count_unrelated(s, part);
    for (size_t i = 0; i < part->n; i++)
        TRY(study_member(s, part, part->members[i].node));
    sort_items(s->events, s->n_events, sizeof *s->events, compare_events);
    part->burst = find_burst(s);
    for (size_t i = 0; i < s->n_events; i++) {
        int64_t amount = snapshot_cell(s->facts->snapshot, s->events[i].application, NODE_AMOUNT);

        if (amount != CELL_ABSENT && __builtin_add_overflow(part->amount, amount, &part->amount))
            part->amount = INT64_MAX;
    }
    if (s->n_events) {
        part->first_us = s->events[0].time_us;
        part->last_us = s->events[s->n_events - 1].time_us;
    }
    for (size_t i = 0; i < part->n_pairs; i++) {
        const struct pair *pair = &part->pairs[i];

        part->kinds |= pair->kinds;
        part->members[local_index(part->members, part->n, pair->a)].degree += pair->weight;
        part->members[local_index(part->members, part->n, pair->b)].degree += pair->weight;
    }
    return STATUS_OK;
}

static bool is_gang(const struct gang_search *s, const struct gang_part *part)
{
    return part->unrelated >= s->params->min_size && part->burst >= s->params->min_burst;
}

static enum status judge_parts(struct gang_search *s)
{
    const struct pair *pair = s->pairs.items, *end = s->pairs.items + s->pairs.n;

    for (size_t i = 0; i < s->n_members;) {
        struct gang_part part = { .members = &s->members[i], .n = part_size(s, i), .pairs = pair };

        while (pair < end && s->part[pair->a] == part.members->part)
            pair++;
        part.n_pairs = (size_t)(pair - part.pairs);
        i += part.n;
        if (part.n < (size_t)s->params->min_size)
            continue;
        TRY(study(s, &part));
        if (is_gang(s, &part))
            TRY(gang_tell(s, &part));
    }
    return STATUS_OK;
}

/* Those of components that were split, between two of whom nothing is told. */
static enum status keep_untold(struct pairs *pairs, const struct gang_search *s, size_t first)
{
    AUTO(id_list_fini) struct id_list told = { 0 };
    size_t kept = 0;

    for (size_t i = first; i < s->findings->n; i++)
        TRY(id_list_add(&told, s->findings->items[i].subject));
    for (size_t i = 0; i < pairs->n; i++)
        if (!id_list_has(&told, facts_id(s->facts, pairs->items[i].a)) &&
            !id_list_has(&told, facts_id(s->facts, pairs->items[i].b)))
            pairs->items[kept++] = pairs->items[i];
    pairs->n = kept;
    return STATUS_OK;
}

/*
 * Weights fall from day to day, so that a large component may be split otherwise or come apart.
 * Whoever is told is looked at again with all who are still tied to him; of the others, those who
 * hang together without him, and would be a gang if they were a part, may become one unseen.
 */
static enum status foresee(struct gang_search *s, size_t first)
{
    AUTO(search_fini) struct gang_search rest = { .facts = s->facts, .params = s->params,
                                                  .findings = s->findings,
                                                  .after_us = s->after_us, .pairs = s->split };

    s->split = (struct pairs){ 0 };
    if (!rest.pairs.n)
        return STATUS_OK;
    TRY(keep_untold(&rest.pairs, s, first));
    TRY(find_components(&rest));
    for (size_t i = 0; i < rest.n_members && !s->findings->ages;) {
        struct gang_part part = { .members = &rest.members[i], .n = part_size(&rest, i) };

        TRY(study(&rest, &part));
        s->findings->ages = is_gang(&rest, &part);
        i += part.n;
    }
    return STATUS_OK;
}

/* Fills the applicants, the pairs that tie them, and their connected components. */
static enum status tie_applicants(struct gang_search *s, const char *hub_code)
{
    struct pair_options options = { .code = CODE, .hub_code = hub_code };

    TRY(facts_need(s->facts, NEED_CONTROL | NEED_USES));
    s->params = params_of(s->facts->params, &detector_gang);
    s->after_us = options.after_us = facts_ago(s->facts, s->params->window_days);
    options.exclusive_min = s->params->exclusive_min;
    TRY(facts_applicants(&s->applicant, s->facts, s->after_us));
    options.counted = s->applicant;
    TRY(pairs_build(&s->pairs, s->facts, s->findings, &options));
    link(s);
    return find_components(s);
}

static enum status run(struct facts *facts, struct findings *findings)
{
    AUTO(search_fini) struct gang_search s = { .facts = facts, .findings = findings };
    size_t first = findings->n;

    TRY(tie_applicants(&s, CODE));
    TRY(split_large(&s));
    sort_pairs_by_part(&s);
    TRY(judge_parts(&s));
    TRY(foresee(&s, first));
    return gang_name_rings(&s, first);
}

/* Whoever shares a component with a subject, or with a candidate who is tied, belongs to them. */
enum status gang_grow(struct id_list *subjects, const struct id_list *candidates,
                      struct facts *facts)
{
    struct findings none = { 0 };
    AUTO(search_fini) struct gang_search s = { .facts = facts, .findings = &none };
    bool theirs;

    TRY(tie_applicants(&s, NULL));
    for (size_t i = 0, n; i < s.n_members; i += n) {
        n = part_size(&s, i);
        theirs = false;
        for (size_t k = i; k < i + n && !theirs; k++)
            theirs = id_list_has(subjects, facts_id(facts, s.members[k].node)) ||
                     id_list_has(candidates, facts_id(facts, s.members[k].node));
        for (size_t k = i; k < i + n && theirs; k++)
            TRY(id_list_add(subjects, facts_id(facts, s.members[k].node)));
    }
    return STATUS_OK;
}

enum status gang_tied(struct id_list *out, struct facts *facts, const struct id_list *members)
{
    struct findings none = { 0 };
    AUTO(search_fini) struct gang_search s = { .facts = facts, .findings = &none };

    TRY(tie_applicants(&s, NULL));
    for (size_t i = 0; i < s.pairs.n; i++) {
        struct node_id a = facts_id(facts, s.pairs.items[i].a);
        struct node_id b = facts_id(facts, s.pairs.items[i].b);

        if (id_list_has(members, a))
            TRY(id_list_add(out, b));
        if (id_list_has(members, b))
            TRY(id_list_add(out, a));
    }
    return STATUS_OK;
}

#define PARAM(field) offsetof(struct gang_params, field)

static const struct param params[] = {
    { "window_days", "how far back applicants and shared identifiers count", "days",
      PARAM(window_days), PARAM_WHOLE, 90, 1, 3650, NULL },
    { "min_kinds", "kinds of shared identifier that tie a pair", "kinds", PARAM(min_kinds),
      PARAM_WHOLE, 2, 1, 32, NULL },
    { "tau", "link weight that ties a pair", "weight", PARAM(tau), PARAM_DECIMAL, 350000, 0,
      1000 * DECIMAL_ONE, NULL },
    { "exclusive_min", "unrelated applicants who make an identifier exclusive", "principals",
      PARAM(exclusive_min), PARAM_WHOLE, 4, 2, 1000000, NULL },
    { "split_above", "component size above which communities are looked for", "principals",
      PARAM(split_above), PARAM_WHOLE, 50, 2, 1000000, NULL },
    { "resolution", "resolution of the constant Potts model", "weight", PARAM(resolution),
      PARAM_DECIMAL, 50000, 0, 1000 * DECIMAL_ONE, NULL },
    { "min_size", "unrelated principals that make a gang", "principals", PARAM(min_size),
      PARAM_WHOLE, 3, 2, 1000000, "size" },
    { "min_burst", "members who applied within burst_days of each other", "principals",
      PARAM(min_burst), PARAM_WHOLE, 2, 1, 1000000, "burst" },
    { "burst_days", "length of the burst", "days", PARAM(burst_days), PARAM_WHOLE, 30, 1, 3650,
      NULL },
    { "alert_size", "unrelated principals that raise an alert", "principals", PARAM(alert_size),
      PARAM_WHOLE, 6, 2, 1000000, "size" },
    { 0 },
};

const struct detector detector_gang = {
    .id = "D4",
    .codes = { CODE },
    .family = "ring",
    .summary = "applicants tied by several kinds of identifier",
    .version = 2,
    .params = params,
    .params_size = sizeof(struct gang_params),
    .run = run,
    .gather = gang_gather,
    .probe_rank = 9,
    .locality = &locality_gang,
};
