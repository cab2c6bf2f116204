/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * D16 CIRCULAR_OWNERSHIP: shareholdings that come back.
 *
 * Typology: firms hold each other in a circle, which inflates capital and hides the owner. Method:
 * strongly connected components of the ownership graph, then simple cycles of length 2 to 4.
 * Reference: Tarjan (1972); Gupta and Suzumura (2021). Cost: O(nodes + edges), then by the cycles
 * found; steps are bounded. Known false positives: cross-holdings of listed groups.
 */
#include <stdlib.h>

#include "base/sets.h"
#include "base/sort.h"
#include "detectors/cycles.h"
#include "detectors/guarantee_graph.h"
#include "detectors/locality.h"
#include "detectors/neighbourhood.h"
#include "detectors/rings.h"

#define CODE "CIRCULAR_OWNERSHIP"
#define MAX_STEPS 50000000u
#define MAX_CYCLES 100000u

struct ownership_params {
    int64_t max_length, attention_ratio;
};

extern const struct detector detector_circular_ownership;

/* The largest active holding of (from, to). */
struct holding {
    uint32_t from, to; /* nodes, then places in `nodes` */
    uint32_t edge;     /* number of the edge with the largest ratio */
    int64_t ratio;     /* billionths; CELL_ABSENT: unknown */
};

struct search {
    struct facts *facts;
    const struct ownership_params *params;
    struct findings *findings;
    struct holding *holdings;
    size_t n_holdings, capacity;
    uint32_t *nodes;           /* by natural key */
    uint32_t n;
    uint32_t *first, *to;
    struct finding *best;      /* per place: subject 0: none */
    uint32_t *sets;
    uint32_t n_cycles;
};

static void search_fini(struct search *s)
{
    free(s->holdings);
    free(s->nodes);
    free(s->first);
    free(s->to);
    free(s->best);
    free(s->sets);
}

static int compare_holdings(const void *a, const void *b)
{
    const struct holding *x = a, *y = b;

    if (x->from != y->from)
        return x->from < y->from ? -1 : 1;
    if (x->to != y->to)
        return x->to < y->to ? -1 : 1;
    if (x->ratio != y->ratio)
        return x->ratio > y->ratio ? -1 : 1;
    return (x->edge > y->edge) - (x->edge < y->edge);
}

static void unify(struct search *s)
{
    size_t kept = 0;

    sort_items(s->holdings, s->n_holdings, sizeof *s->holdings, compare_holdings);
    for (size_t i = 0; i < s->n_holdings; i++) {
        struct holding *last = kept ? &s->holdings[kept - 1] : NULL;

        if (!last || last->from != s->holdings[i].from || last->to != s->holdings[i].to)
            s->holdings[kept++] = s->holdings[i];
    }
    s->n_holdings = kept;
}

static enum status collect(struct search *s)
{
    for (const uint32_t *type = s->facts->schema->roles.ownership; type && *type; type++) {
        const struct edge_table *table = snapshot_table(s->facts->snapshot, *type);

        for (uint32_t row = 0; row < table->n; row++) {
            if (table->from[row] == table->to[row] ||
                !edge_row_active(table, row, s->facts->at_us))
                continue;
            TRY(array_reserve(&s->holdings, &s->capacity, s->n_holdings + 1));
            s->holdings[s->n_holdings++] =
                (struct holding){ table->from[row], table->to[row], table->base + row,
                                  edge_cell(table, row, EDGE_RATIO) };
        }
    }
    unify(s);
    return STATUS_OK;
}

/*
 * Only who holds and is held can be on a cycle; leaving the others out, again and again, leaves
 * little. facts->count: holdings of a node; facts->total: holdings in it.
 */
static void prune(struct search *s)
{
    uint32_t *out = s->facts->count, *in = s->facts->total;
    size_t before;

    do {
        size_t kept = 0;

        before = s->n_holdings;
        for (size_t i = 0; i < s->n_holdings; i++) {
            out[s->holdings[i].from]++;
            in[s->holdings[i].to]++;
        }
        for (size_t i = 0; i < s->n_holdings; i++)
            if (in[s->holdings[i].from] && out[s->holdings[i].to])
                s->holdings[kept++] = s->holdings[i];
        memset(out, 0, s->facts->snapshot->n_nodes * sizeof *out);
        memset(in, 0, s->facts->snapshot->n_nodes * sizeof *in);
        s->n_holdings = kept;
    } while (s->n_holdings < before && before > s->n_holdings + before / 64);
}

static int compare_keys(const void *a, const void *b, void *context)
{
    return snapshot_key_compare(context, *(const uint32_t *)a, *(const uint32_t *)b);
}

/* Nodes by key, and their holdings as adjacency in that order. */
static enum status build(struct search *s)
{
    uint32_t *place = s->facts->count;

    for (size_t i = 0; i < s->n_holdings; i++)
        place[s->holdings[i].from] = place[s->holdings[i].to] = 1;
    for (uint32_t i = 0; i < s->facts->snapshot->n_nodes; i++)
        s->n += place[i];
    s->nodes = malloc((s->n + (size_t)1) * sizeof *s->nodes);
    s->first = calloc(s->n + (size_t)2, sizeof *s->first);
    s->to = malloc((s->n_holdings + 1) * sizeof *s->to);
    s->best = calloc(s->n + (size_t)1, sizeof *s->best);
    if (s->nodes && s->first && s->to && s->best) {
        s->n = 0;
        for (uint32_t i = 0; i < s->facts->snapshot->n_nodes; i++)
            if (place[i])
                s->nodes[s->n++] = i;
        sort_items_in(s->nodes, s->n, sizeof *s->nodes, compare_keys, (void *)s->facts->snapshot);
        for (uint32_t i = 0; i < s->n; i++)
            place[s->nodes[i]] = i;
        for (size_t i = 0; i < s->n_holdings; i++) {
            s->holdings[i].from = place[s->holdings[i].from];
            s->holdings[i].to = place[s->holdings[i].to];
        }
    }
    memset(place, 0, s->facts->snapshot->n_nodes * sizeof *place);
    if (!s->nodes || !s->first || !s->to || !s->best)
        return fail_memory(s->n * sizeof *s->best);
    sort_items(s->holdings, s->n_holdings, sizeof *s->holdings, compare_holdings);
    for (size_t i = 0; i < s->n_holdings; i++) {
        s->to[i] = s->holdings[i].to;
        s->first[s->holdings[i].from + 1]++;
    }
    for (uint32_t i = 0; i < s->n; i++)
        s->first[i + 1] += s->first[i];
    return sets_init(&s->sets, s->n);
}

static const struct holding *find_holding(const struct search *s, uint32_t from, uint32_t to)
{
    uint32_t low = s->first[from], high = s->first[from + 1];

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (s->to[middle] < to)
            low = middle + 1;
        else
            high = middle;
    }
    return &s->holdings[low];
}

static enum status tell_text(const char **out, struct search *s, const uint32_t *nodes,
                             uint32_t length)
{
    AUTO(buf_fini) struct buf path = { 0 };
    const char *text;

    for (uint32_t i = 0; i <= length; i++) {
        struct slice key = snapshot_key(s->facts->snapshot, s->nodes[nodes[i % length]]);

        TRY(buf_printf(&path, "%s%.*s", i ? " -> " : "", (int)key.size, (const char *)key.data));
    }
    TRY(buf_string(&text, &path));
    return findings_text(out, s->findings, "shareholdings come back: %s", text);
}

static enum status visit(void *context, const uint32_t *nodes, uint32_t length)
{
    struct search *s = context;
    struct finding finding = { .code = CODE, .level = LEVEL_ATTENTION, .ring = FINDING_NO_RING };
    int64_t least = INT64_MAX;
    bool wanted = false;
    size_t edges, numbers;

    if (++s->n_cycles > MAX_CYCLES)
        return STATUS_END;
    for (uint32_t i = 0; i < length; i++) {
        int64_t ratio = find_holding(s, nodes[i], nodes[(i + 1) % length])->ratio;

        least = ratio < least ? ratio : least;
        sets_join(s->sets, nodes[0], nodes[i]);
    }
    if (least < s->params->attention_ratio * (RATIO_ONE / DECIMAL_ONE))
        finding.level = LEVEL_HINT;
    finding.score = finding_score(finding.level, s->params->max_length + 1, length);
    for (uint32_t i = 0; i < length; i++)
        wanted |= s->best[nodes[i]].score < finding.score;
    if (!wanted)
        return STATUS_OK;
    edges = s->findings->n_edges;
    for (uint32_t i = 0; i < length; i++)
        TRY(facts_evidence(s->findings, s->facts,
                           find_holding(s, nodes[i], nodes[(i + 1) % length])->edge));
    TRY(findings_evidence(&finding.edges, s->findings, edges));
    numbers = s->findings->n_numbers;
    TRY(findings_number(s->findings, "length", length, 0));
    TRY(findings_number(s->findings, "ratio_min",
                        least == CELL_ABSENT ? 0 : least / (RATIO_ONE / DECIMAL_ONE), 6));
    TRY(findings_number(s->findings, "limit", s->params->attention_ratio, 6));
    finding.numbers = span_since(numbers, s->findings->n_numbers);
    TRY(tell_text(&finding.text, s, nodes, length));
    for (uint32_t i = 0; i < length; i++)
        if (s->best[nodes[i]].score < finding.score)
            s->best[nodes[i]] = finding;
    return STATUS_OK;
}

static enum status report(struct search *s)
{
    size_t first = s->findings->n;

    for (uint32_t i = 0; i < s->n; i++) {
        if (!s->best[i].code || !facts_is(s->facts, s->nodes[i], FACT_SUBJECT))
            continue;
        s->best[i].subject = facts_id(s->facts, s->nodes[i]);
        s->best[i].ring = sets_find(s->sets, i);
        TRY(findings_add(s->findings, &s->best[i]));
    }
    return rings_name(s->findings, s->facts, CODE, first);
}

static enum status search_cycles(struct search *s)
{
    AUTO(cycle_search_freep) struct cycle_search *search = NULL;
    struct cycle_graph graph = { s->n, s->first, s->to };
    struct cycle_options options = { 2, (uint32_t)s->params->max_length, MAX_STEPS };
    bool complete;

    TRY(cycle_search_new(&search, &graph));
    TRY(cycles_all(&complete, search, &options, visit, s));
    if (complete)
        return STATUS_OK;
    s->findings->truncated = true;
    return findings_note(s->findings, CODE, (struct node_id){ 0 },
                         "cycles of shareholdings were not all looked at");
}

static enum status run(struct facts *facts, struct findings *findings)
{
    AUTO(search_fini) struct search s = { .facts = facts, .findings = findings };

    TRY(facts_need(facts, NEED_SUBJECTS));
    s.params = params_of(facts->params, &detector_circular_ownership);
    TRY(collect(&s));
    prune(&s);
    if (!s.n_holdings)
        return STATUS_OK;
    TRY(build(&s));
    TRY(search_cycles(&s));
    return report(&s);
}

/* Holders of one who holds, of those, and so on: a cycle comes back within max_length steps. */
static enum status gather_holders(struct neighbourhood *around, struct node_id focus)
{
    const struct ownership_params *set = params_of(around->params, &detector_circular_ownership);
    const uint32_t *types = around->schema->roles.ownership;
    AUTO(id_list_fini) struct id_list held = { 0 };
    AUTO(id_list_fini) struct id_list ball = { 0 };
    size_t at = 0;

    TRY(around_ends(&held, around, focus, types, DIRECTION_OUT));
    if (!held.n)
        return STATUS_OK;
    TRY(id_list_add(&ball, focus));
    for (int64_t depth = 0; depth < set->max_length; depth++)
        for (size_t end = ball.n; at < end; at++)
            TRY(around_follow(&ball, around, ball.ids[at], types, DIRECTION_IN));
    return STATUS_OK;
}

static enum status gather(struct neighbourhood *around)
{
    for (size_t i = 0; i < around->n_focus; i++)
        TRY(gather_holders(around, around->focus[i]));
    return STATUS_OK;
}

#define PARAM(field) offsetof(struct ownership_params, field)

static const struct param params[] = {
    { "max_length", "longest cycle followed", "holdings", PARAM(max_length), PARAM_WHOLE, 4, 2,
      12, NULL },
    { "attention_ratio", "least ratio on a cycle that gets attention", "ratio",
      PARAM(attention_ratio), PARAM_DECIMAL, 250000, 0, DECIMAL_ONE, "ratio_min" },
    { 0 },
};

const struct detector detector_circular_ownership = {
    .id = "D16",
    .codes = { CODE },
    .family = "control",
    .summary = "shareholdings that come back",
    .version = 2,
    .params = params,
    .params_size = sizeof(struct ownership_params),
    .reads = { READS_SUBJECTS | PART_OWNERSHIP, 0 },
    .run = run,
    .gather = gather,
    .probe_rank = 7,
    .locality = &locality_ownership,
};
