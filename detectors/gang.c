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

#include "detectors/gang.h"
#include "detectors/locality.h"
#include "detectors/rings.h"
#include "detectors/use.h"
#include "detectors/weight.h"
#include "graph/analytics/community.h"

#define CODE GANG_CODE
#define SEED 1
#define TRIES 4

/* An applicant of a part. */
struct member {
    uint32_t part, node;
    int64_t degree;     /* weighted, inside the part */
};

struct application_event {
    int64_t time_us;
    uint32_t group, application;
};

struct search {
    struct facts *facts;
    const struct gang_params *params;
    struct findings *findings;
    int64_t after_us;
    unsigned char *applicant; /* per node */
    uint32_t *part;           /* per node: its part's number */
    struct pairs pairs;       /* after link(): only those that tie */
    struct member *members;   /* by (part, node) */
    size_t n_members;
    struct application_event *events;
    size_t n_events, events_capacity;
};

static void search_fini(struct search *s)
{
    free(s->applicant);
    free(s->part);
    free(s->members);
    free(s->events);
    pairs_fini(&s->pairs);
}

static enum status find_applicants(struct search *s)
{
    const struct snapshot *snapshot = s->facts->snapshot;

    s->applicant = calloc((size_t)snapshot->n_nodes + 1, 1);
    if (!s->applicant)
        return fail_memory(snapshot->n_nodes);
    for (const uint32_t *type = s->facts->schema->roles.applied; type && *type; type++) {
        const struct edge_table *table = snapshot_table(snapshot, *type);

        for (uint32_t row = 0; row < table->n; row++)
            if (table->start[row] > s->after_us && table->start[row] <= s->facts->at_us &&
                facts_is(s->facts, table->from[row], FACT_SUBJECT))
                s->applicant[table->from[row]] = 1;
    }
    return STATUS_OK;
}

/* Keeps the pairs that tie. */
static void link(struct search *s)
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
    const struct member *x = a, *y = b;

    if (x->part != y->part)
        return x->part < y->part ? -1 : 1;
    return (x->node > y->node) - (x->node < y->node);
}

/* Connected components, named by their smallest node; one member per node that is tied. */
static enum status find_components(struct search *s)
{
    size_t n = 0;

    TRY(sets_init(&s->part, s->facts->snapshot->n_nodes));
    s->members = malloc((2 * s->pairs.n + 1) * sizeof *s->members);
    if (!s->members)
        return fail_memory(2 * s->pairs.n * sizeof *s->members);
    for (size_t i = 0; i < s->pairs.n; i++)
        sets_join(s->part, s->pairs.items[i].a, s->pairs.items[i].b);
    for (size_t i = 0; i < s->pairs.n; i++) {
        s->members[n++] = (struct member){ .node = s->pairs.items[i].a };
        s->members[n++] = (struct member){ .node = s->pairs.items[i].b };
    }
    for (size_t i = 0; i < n; i++)
        s->members[i].part = sets_find(s->part, s->members[i].node);
    if (n)
        qsort(s->members, n, sizeof *s->members, compare_members);
    for (size_t i = 0; i < n; i++)
        if (!i || s->members[i].node != s->members[i - 1].node)
            s->members[s->n_members++] = s->members[i];
    return STATUS_OK;
}

static size_t part_size(const struct search *s, size_t first)
{
    size_t n = 1;

    while (first + n < s->n_members && s->members[first + n].part == s->members[first].part)
        n++;
    return n;
}

static uint32_t local_index(const struct member *members, size_t n, uint32_t node)
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
static enum status split(struct search *s, struct member *members, size_t n)
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

        if (sets_find(s->part, pair->a) == component)
            edges[n_edges++] = (struct weighted_edge){ local_index(members, n, pair->a),
                                                       local_index(members, n, pair->b),
                                                       (double)pair->weight / DECIMAL_ONE };
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

static enum status split_large(struct search *s)
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
        qsort(s->members, s->n_members, sizeof *s->members, compare_members);
    for (size_t i = 0; i < s->n_members; i++)
        s->part[s->members[i].node] = s->members[i].part;
    return STATUS_OK;
}

static bool same_part(const struct search *s, const struct pair *pair)
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

static void sort_pairs_by_part(struct search *s)
{
    size_t kept = 0;

    for (size_t i = 0; i < s->pairs.n; i++)
        if (same_part(s, &s->pairs.items[i]))
            s->pairs.items[kept++] = s->pairs.items[i];
    s->pairs.n = kept;
    if (kept)
        qsort_r(s->pairs.items, kept, sizeof *s->pairs.items, compare_by_part, s->part);
}

/* One part under judgement. */
struct part {
    struct member *members;
    size_t n;
    const struct pair *pairs;
    size_t n_pairs;
    uint32_t unrelated;
    uint32_t burst;          /* most unrelated members with applications within burst_days */
    uint32_t kinds;
    int64_t first_us, last_us;
    int64_t amount;
    size_t n_bad;            /* overdue, or with an application rejected or gone bad */
    bool marked;             /* somebody is overdue, blocked or confirmed */
};

static uint32_t count_unrelated(const struct search *s, const struct part *part)
{
    uint32_t *count = s->facts->count, groups = 0;

    for (size_t i = 0; i < part->n; i++)
        groups += count[facts_group(s->facts, part->members[i].node)]++ == 0;
    for (size_t i = 0; i < part->n; i++)
        count[facts_group(s->facts, part->members[i].node)] = 0;
    return groups;
}

static enum status collect_applications(struct search *s, uint32_t node)
{
    for (const uint32_t *type = s->facts->schema->roles.applied; type && *type; type++) {
        const struct edge_table *table = snapshot_table(s->facts->snapshot, *type);
        struct adjacency rows;

        TRY(snapshot_index(&rows, s->facts->snapshot, table, DIRECTION_OUT));
        for (uint32_t at = rows.offset[node]; at < rows.offset[node + 1]; at++) {
            if (table->start[at] <= s->after_us || table->start[at] > s->facts->at_us)
                continue;
            TRY(array_reserve(&s->events, &s->events_capacity, s->n_events + 1));
            s->events[s->n_events++] = (struct application_event){
                table->start[at], facts_group(s->facts, node), table->to[at]
            };
        }
    }
    return STATUS_OK;
}

static int compare_events(const void *a, const void *b)
{
    const struct application_event *x = a, *y = b;

    if (x->time_us != y->time_us)
        return x->time_us < y->time_us ? -1 : 1;
    return (x->application > y->application) - (x->application < y->application);
}

/* The densest stretch of burst_days, in unrelated applicants. */
static uint32_t find_burst(const struct search *s)
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

static enum status study_member(struct search *s, struct part *part, uint32_t node)
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

static enum status study(struct search *s, struct part *part)
{
    s->n_events = 0;
    part->unrelated = count_unrelated(s, part);
    for (size_t i = 0; i < part->n; i++)
        TRY(study_member(s, part, part->members[i].node));
    if (s->n_events)
        qsort(s->events, s->n_events, sizeof *s->events, compare_events);
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

static int compare_amounts(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

/* Twice the median of the weighted degrees. */
static enum status double_median(int64_t *out, const struct part *part)
{
    AUTO(free_ptr) int64_t *degrees = malloc(part->n * sizeof *degrees);

    if (!degrees)
        return fail_memory(part->n * sizeof *degrees);
    for (size_t i = 0; i < part->n; i++)
        degrees[i] = part->members[i].degree;
    qsort(degrees, part->n, sizeof *degrees, compare_amounts);
    *out = degrees[(part->n - 1) / 2] + degrees[part->n / 2];
    return STATUS_OK;
}

/* A member's use of an identifier that ties the part together. */
struct tie {
    uint32_t identifier, node;
};

static int compare_ties(const void *a, const void *b)
{
    const struct tie *x = a, *y = b;

    if (x->identifier != y->identifier)
        return x->identifier < y->identifier ? -1 : 1;
    return (x->node > y->node) - (x->node < y->node);
}

static enum status tell_tie(const struct search *s, const struct tie *tie)
{
    const struct use *newest = NULL;
    size_t n;
    const struct use *uses = facts_uses_of(&n, s->facts, tie->identifier);

    for (size_t i = 0; i < n; i++)
        if (uses[i].principal == tie->node &&
            use_overlaps(&uses[i], s->after_us, s->facts->at_us) &&
            (!newest || use_newest(&uses[i], s->facts->at_us) >
                            use_newest(newest, s->facts->at_us)))
            newest = &uses[i];
    return newest ? facts_use_evidence(s->findings, s->facts, newest) : STATUS_OK;
}

/* Evidence of the part: each member's newest use of each identifier that ties it. */
static enum status tell_evidence(struct span *out, struct search *s, const struct part *part)
{
    AUTO(free_ptr) struct tie *ties = NULL;
    size_t n = 0, total = 0, first = s->findings->n_edges;

    for (size_t i = 0; i < part->n_pairs; i++)
        total += 2 * (size_t)part->pairs[i].n;
    ties = malloc((total + 1) * sizeof *ties);
    if (!ties)
        return fail_memory(total * sizeof *ties);
    for (size_t i = 0; i < part->n_pairs; i++) {
        const struct share *shares = &s->pairs.shares[part->pairs[i].first];

        for (uint32_t j = 0; j < part->pairs[i].n; j++) {
            ties[n++] = (struct tie){ shares[j].identifier, shares[j].a };
            ties[n++] = (struct tie){ shares[j].identifier, shares[j].b };
        }
    }
    if (n)
        qsort(ties, n, sizeof *ties, compare_ties);
    for (size_t i = 0; i < n; i++)
        if (!i || compare_ties(&ties[i], &ties[i - 1]) != 0)
            TRY(tell_tie(s, &ties[i]));
    TRY(findings_drop_repeats(s->findings, first));
    *out = span_since(first, s->findings->n_edges);
    return STATUS_OK;
}

static enum status tell_numbers(struct span *out, struct search *s, const struct part *part)
{
    struct findings *f = s->findings;
    size_t first = f->n_numbers;
    int64_t possible = (int64_t)part->n * (int64_t)(part->n - 1) / 2;

    TRY(findings_number(f, "size", part->unrelated, 0));
    TRY(findings_number(f, "limit", s->params->min_size, 0));
    TRY(findings_number(f, "members", (int64_t)part->n, 0));
    TRY(findings_number(f, "burst", part->burst, 0));
    TRY(findings_number(f, "density", (int64_t)part->n_pairs * DECIMAL_ONE / possible, 6));
    TRY(findings_number(f, "kinds", __builtin_popcount(part->kinds), 0));
    TRY(findings_number(f, "span_days", (part->last_us - part->first_us) / US_PER_DAY, 0));
    TRY(findings_number(f, "amount_minor", part->amount, 0));
    TRY(findings_number(f, "bad_share",
                        (int64_t)part->n_bad * DECIMAL_ONE / (int64_t)part->n, 6));
    TRY(findings_number(f, "first_application_us", part->first_us, 0));
    TRY(findings_number(f, "last_application_us", part->last_us, 0));
    *out = span_since(first, f->n_numbers);
    return STATUS_OK;
}

static enum status tell_part(struct search *s, const struct part *part)
{
    bool alert = part->unrelated >= s->params->alert_size || part->marked;
    struct finding finding = { .code = CODE, .level = alert ? LEVEL_ALERT : LEVEL_ATTENTION,
                               .ring = part->members->part };
    int64_t median2;

    finding.score = finding_score(finding.level, part->unrelated, s->params->min_size);
    TRY(double_median(&median2, part));
    TRY(tell_evidence(&finding.edges, s, part));
    TRY(tell_numbers(&finding.numbers, s, part));
    TRY(findings_text(&finding.text, s->findings, "%u unrelated applicants within %lld days tied "
                      "by %d kinds of shared identifier (limit %lld applicants)",
                      part->unrelated, (long long)s->params->window_days,
                      __builtin_popcount(part->kinds), (long long)s->params->min_size));
    for (size_t i = 0; i < part->n; i++) {
        finding.subject = facts_id(s->facts, part->members[i].node);
        finding.role = 2 * part->members[i].degree > median2 ? "core" : "periphery";
        TRY(findings_add(s->findings, &finding));
    }
    return STATUS_OK;
}

static enum status judge_parts(struct search *s)
{
    const struct pair *pair = s->pairs.items, *end = s->pairs.items + s->pairs.n;

    for (size_t i = 0; i < s->n_members;) {
        struct part part = { .members = &s->members[i], .n = part_size(s, i), .pairs = pair };

        while (pair < end && s->part[pair->a] == part.members->part)
            pair++;
        part.n_pairs = (size_t)(pair - part.pairs);
        i += part.n;
        if (part.n < (size_t)s->params->min_size)
            continue;
        TRY(study(s, &part));
        if (part.unrelated >= s->params->min_size && part.burst >= s->params->min_burst)
            TRY(tell_part(s, &part));
    }
    return STATUS_OK;
}

/* Findings carry their part's name in `ring` until the rings are known. */
static enum status name_rings(struct search *s, size_t first)
{
    struct findings *findings = s->findings;
    size_t n = findings->n - first;
    AUTO(free_ptr) struct ring_member *members = malloc((n + 1) * sizeof *members);

    if (!members)
        return fail_memory(n * sizeof *members);
    for (size_t i = 0; i < n; i++)
        members[i] = (struct ring_member){
            .node = snapshot_find(s->facts->snapshot, findings->items[first + i].subject),
            .component = findings->items[first + i].ring
        };
    TRY(rings_emit(findings, s->facts, CODE, members, n));
    findings_sort(findings, first);
    for (size_t i = 0; i < n; i++) {
        struct finding *finding = &findings->items[first + i];

        finding->ring = members[i].ring;
        if (finding->ring != FINDING_NO_RING)
            findings->rings[finding->ring].numbers = finding->numbers;
    }
    return STATUS_OK;
}

/* Fills the applicants, the pairs that tie them, and their connected components. */
static enum status tie_applicants(struct search *s, const char *hub_code)
{
    struct pair_options options = { .code = CODE, .hub_code = hub_code };

    TRY(facts_need(s->facts, NEED_CONTROL | NEED_USES));
    s->params = params_of(s->facts->params, &detector_gang);
    s->after_us = options.after_us = facts_ago(s->facts, s->params->window_days);
    options.exclusive_min = s->params->exclusive_min;
    TRY(find_applicants(s));
    options.counted = s->applicant;
    TRY(pairs_build(&s->pairs, s->facts, s->findings, &options));
    link(s);
    return find_components(s);
}

static enum status run(struct facts *facts, struct findings *findings)
{
    AUTO(search_fini) struct search s = { .facts = facts, .findings = findings };
    size_t first = findings->n;

    TRY(tie_applicants(&s, CODE));
    TRY(split_large(&s));
    sort_pairs_by_part(&s);
    TRY(judge_parts(&s));
    return name_rings(&s, first);
}

/* Whoever shares a component with a subject, or with a candidate who is tied, belongs to them. */
enum status gang_grow(struct node_set *subjects, const struct node_set *candidates,
                      struct facts *facts)
{
    struct findings none = { 0 };
    AUTO(search_fini) struct search s = { .facts = facts, .findings = &none };
    bool theirs;

    TRY(tie_applicants(&s, NULL));
    for (size_t i = 0, n; i < s.n_members; i += n) {
        n = part_size(&s, i);
        theirs = false;
        for (size_t k = i; k < i + n && !theirs; k++)
            theirs = node_set_has(subjects, facts_id(facts, s.members[k].node)) ||
                     node_set_has(candidates, facts_id(facts, s.members[k].node));
        for (size_t k = i; k < i + n && theirs; k++)
            TRY(node_set_add(subjects, facts_id(facts, s.members[k].node)));
    }
    return STATUS_OK;
}

enum status gang_tied(struct id_list *out, struct facts *facts, const struct id_list *members)
{
    struct findings none = { 0 };
    AUTO(search_fini) struct search s = { .facts = facts, .findings = &none };

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
    .version = 1,
    .params = params,
    .params_size = sizeof(struct gang_params),
    .run = run,
    .gather = gang_gather,
    .probe_rank = 9,
    .locality = &locality_gang,
};
