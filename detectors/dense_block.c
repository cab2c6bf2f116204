/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * D6 DENSE_BLOCK: unusually dense blocks of principals x identifiers.
 *
 * Typology: a farm of firms takes turns on a pool of devices, phones, rooms or straw men, each
 * sharing too small for a rule on one identifier. Method: per kind, greedy peeling of the graph of
 * uses with popular identifiers weighing less; the densest block is taken, its edges leave, again;
 * told are blocks denser than shuffles that keep all degrees would have. Reference: Hooi et al.
 * (2016), "FRAUDAR"; Charikar (2000) for the peeling.
 * Cost: O(shuffles * uses) for what to expect, O(blocks * core * log) for the blocks, which lie in
 * the core of degrees above the limit. Known false positives: firms of one business centre.
 */
#include <stdlib.h>

#include "base/text.h"
#include "detectors/chance.h"
#include "detectors/tally.h"
#include "detectors/wide.h"

#define CODE "DENSE_BLOCK"
#define SEED 1

struct block_params {
    int64_t window_days, blocks, ratio, shuffles;
};

extern const struct detector detector_dense_block;

/* A principal's newest use of an identifier. */
struct tie {
    uint32_t principal, identifier;
    int64_t weight;         /* of the identifier's edges */
    const struct use *use;
};

/* A node in its part: one person can be principal and identifier. */
struct place {
    uint32_t node;
    bool column;
};

struct search {
    struct facts *facts;
    const struct block_params *params;
    struct findings *findings;
    struct tally tally;
    int64_t after_us;
    int64_t limit, expected;  /* of the kind at hand, in millionths */
    struct tie *ties;         /* of the kind at hand, those that no block has taken yet */
    size_t n_ties, ties_capacity;
    struct peel_edge *edges;  /* the ties in numbers */
    size_t edges_capacity;
    struct place *places;     /* by number */
    size_t n_places, places_capacity;
    uint32_t *numbers[2];     /* per node as row and as column, NODE_NONE between uses */
};

static void search_fini(struct search *s)
{
    tally_fini(&s->tally);
    free(s->ties);
    free(s->edges);
    free(s->places);
    free(s->numbers[0]);
    free(s->numbers[1]);
}

static enum status search_init(struct search *s)
{
    size_t bytes = (s->facts->snapshot->n_nodes + (size_t)1) * sizeof *s->numbers[0];

    for (int column = 0; column < 2; column++) {
        s->numbers[column] = malloc(bytes);
        if (!s->numbers[column])
            return fail_memory(bytes);
        memset(s->numbers[column], 0xff, bytes);
    }
    return STATUS_OK;
}

static int by_principal(const void *a, const void *b)
{
    const struct tie *x = a, *y = b;

    if (x->principal != y->principal)
        return x->principal < y->principal ? -1 : 1;
    return (x->use < y->use) - (x->use > y->use); /* uses lie by time: the newest first */
}

static enum status tie_identifier(struct search *s, uint32_t identifier)
{
    size_t n, first = s->n_ties, kept = s->n_ties;
    const struct use *uses = facts_uses_of(&n, s->facts, identifier);

    TRY(array_reserve(&s->ties, &s->ties_capacity, s->n_ties + n));
    for (size_t i = 0; i < n; i++)
        if (use_overlaps(&uses[i], s->after_us, s->facts->at_us))
            s->ties[s->n_ties++] = (struct tie){ uses[i].principal, identifier, 0, &uses[i] };
    if (s->n_ties - first > 1)
        qsort(s->ties + first, s->n_ties - first, sizeof *s->ties, by_principal);
    for (size_t i = first; i < s->n_ties; i++)
        if (i == first || s->ties[i].principal != s->ties[kept - 1].principal)
            s->ties[kept++] = s->ties[i];
    s->n_ties = kept;
    return STATUS_OK;
}

static enum status tie_kind(struct search *s, uint32_t kind)
{
    const struct snapshot *snapshot = s->facts->snapshot;

    s->n_ties = 0;
    for (uint32_t node = 0; node < snapshot->n_nodes; node++)
        if (snapshot->labels[node] == s->facts->schema->kinds[kind].label)
            TRY(tie_identifier(s, node));
    if (s->n_ties > INT32_MAX)
        return fail(STATUS_LIMIT, "%s: a kind has at most 2,147,483,647 ties of principals to "
                    "identifiers", CODE);
    return array_reserve(&s->edges, &s->edges_capacity, s->n_ties + 1);
}

static int by_key(const void *a, const void *b, void *context)
{
    const struct place *x = a, *y = b;

    if (x->node == y->node)
        return x->column - y->column;
    return snapshot_key_compare(context, x->node, y->node);
}

static enum status find_places(struct search *s)
{
    TRY(array_reserve(&s->places, &s->places_capacity, 2 * s->n_ties + 1));
    s->n_places = 0;
    for (size_t i = 0; i < s->n_ties; i++) {
        const struct place ends[2] = { { s->ties[i].principal, false },
                                       { s->ties[i].identifier, true } };

        for (int column = 0; column < 2; column++)
            if (s->numbers[column][ends[column].node] == NODE_NONE) {
                s->numbers[column][ends[column].node] = 0;
                s->places[s->n_places++] = ends[column];
            }
    }
    return STATUS_OK;
}

/* Gives every end of a tie a number, in order of natural keys or as they come. */
static enum status number_ties(struct search *s, bool keyed)
{
    void *snapshot = (void *)s->facts->snapshot; /* qsort_r passes it through */

    TRY(find_places(s));
    if (keyed && s->n_places)
        qsort_r(s->places, s->n_places, sizeof *s->places, by_key, snapshot);
    for (uint32_t i = 0; i < s->n_places; i++)
        s->numbers[s->places[i].column][s->places[i].node] = i;
    for (size_t i = 0; i < s->n_ties; i++)
        s->edges[i] = (struct peel_edge){ s->numbers[0][s->ties[i].principal],
                                          s->numbers[1][s->ties[i].identifier] };
    for (size_t i = 0; i < s->n_places; i++)
        s->numbers[s->places[i].column][s->places[i].node] = NODE_NONE;
    return STATUS_OK;
}

/* Keeps the ties inside, or those that are not. */
static void keep_ties(struct search *s, const unsigned char *in, bool inside)
{
    size_t kept = 0;

    for (size_t i = 0; i < s->n_ties; i++)
        if ((in[s->edges[i].row] && in[s->edges[i].column]) == inside)
            s->ties[kept++] = s->ties[i];
    s->n_ties = kept;
}

static bool is_single(const struct peel_graph *graph, const struct peel_edge *edge)
{
    return graph->first[edge->row + 1] - graph->first[edge->row] == 1 &&
           graph->first[edge->column + 1] - graph->first[edge->column] == 1;
}

/*
 * Leaves only the ties that can be in a block above the limit: of the core, and no parts of one
 * tie, which make whatever has them less dense.
 */
static enum status drop_thin_ties(struct search *s, const struct peel_graph *graph)
{
    AUTO(free_ptr) unsigned char *in = malloc(graph->n + (size_t)1);

    if (!in)
        return fail_memory(graph->n);
    TRY(peel_core(in, graph, s->limit));
    for (size_t i = 0; i < s->n_ties; i++)
        if (is_single(graph, &s->edges[i]))
            in[s->edges[i].row] = 0;
    keep_ties(s, in, true);
    return STATUS_OK;
}

/* What to expect of the kind, and what of it is worth peeling. */
static enum status expect(struct search *s, uint32_t kind)
{
    AUTO(peel_graph_fini) struct peel_graph graph = { 0 };

    TRY(number_ties(s, false));
    TRY(peel_graph_init(&graph, (uint32_t)s->n_places, s->edges, s->n_ties, NULL));
    TRY(chance_density(&s->expected, &graph, (uint32_t)s->params->shuffles, SEED, kind));
    s->limit = (int64_t)((wide_int)s->expected * s->params->ratio / DECIMAL_ONE);
    for (size_t i = 0; i < s->n_ties; i++)
        s->ties[i].weight = graph.weight[s->edges[i].column];
    return drop_thin_ties(s, &graph);
}

static enum status block_numbers(struct span *out, struct search *s, const unsigned char *in,
                                 int64_t density)
{
    size_t first = s->findings->n_numbers;
    int64_t count[2] = { 0 };

    for (size_t i = 0; i < s->n_places; i++)
        count[s->places[i].column] += in[i];
    TRY(findings_number(s->findings, "density", density, 6));
    TRY(findings_number(s->findings, "limit", s->limit, 6));
    TRY(findings_number(s->findings, "expected", s->expected, 6));
    TRY(findings_number(s->findings, "principals", count[0], 0));
    TRY(findings_number(s->findings, "identifiers", count[1], 0));
    *out = span_since(first, s->findings->n_numbers);
    return STATUS_OK;
}

static enum status tell_block(struct search *s, const unsigned char *in, int64_t density)
{
    struct tally_case told = { .level = LEVEL_HINT, .measured = density, .limit = s->limit };

    TRY(block_numbers(&told.numbers, s, in, density));
    for (size_t i = 0; i < s->n_ties; i++) {
        if (!in[s->edges[i].row] || !in[s->edges[i].column])
            continue;
        told.via = s->ties[i].identifier;
        told.own_use = s->ties[i].use;
        TRY(tally_mark(&s->tally, s->ties[i].principal, &told));
    }
    return STATUS_OK;
}

/* The densest block of what is left; *more says that it was told and may have a successor. */
static enum status take_block(bool *more, struct search *s)
{
    AUTO(peel_graph_fini) struct peel_graph graph = { 0 };
    AUTO(free_ptr) unsigned char *in = NULL;
    AUTO(free_ptr) int64_t *weight = NULL;
    int64_t density;

    TRY(number_ties(s, true));
    in = malloc(s->n_places + 1);
    weight = calloc(s->n_places + 1, sizeof *weight);
    if (!in || !weight)
        return fail_memory(s->n_places * sizeof *weight);
    for (size_t i = 0; i < s->n_ties; i++)
        weight[s->edges[i].column] = s->ties[i].weight;
    TRY(peel_graph_init(&graph, (uint32_t)s->n_places, s->edges, s->n_ties, weight));
    TRY(peel_densest(&density, in, &graph));
    *more = density > s->limit;
    if (!*more)
        return STATUS_OK;
    TRY(tell_block(s, in, density));
    keep_ties(s, in, false);
    return STATUS_OK;
}

static enum status scan_kind(struct search *s, uint32_t kind)
{
    bool more = true;

    TRY(tie_kind(s, kind));
    TRY(expect(s, kind));
    for (int64_t block = 0; block < s->params->blocks && more && s->n_ties; block++)
        TRY(take_block(&more, s));
    return STATUS_OK;
}

static enum status text(const char **out, struct findings *findings, const struct facts *facts,
                        const struct tally_case *told)
{
    const struct number *numbers = findings->numbers + told->numbers.first;

    (void)facts;
    return findings_text(out, findings, "one of %lld principals who share %lld identifier%s in a "
                         "block of density %lld.%06lld, where chance would make %lld.%06lld",
                         (long long)numbers[3].value, (long long)numbers[4].value,
                         text_s(numbers[4].value),
                         (long long)(numbers[0].value / DECIMAL_ONE),
                         (long long)(numbers[0].value % DECIMAL_ONE),
                         (long long)(numbers[2].value / DECIMAL_ONE),
                         (long long)(numbers[2].value % DECIMAL_ONE));
}

static enum status run(struct facts *facts, struct findings *findings)
{
    AUTO(search_fini) struct search s = { .facts = facts, .findings = findings };

    TRY(facts_need(facts, NEED_USES));
    s.params = params_of(facts->params, &detector_dense_block);
    s.after_us = facts_ago(facts, s.params->window_days);
    TRY(search_init(&s));
    for (uint32_t kind = 0; kind < facts->schema->n_kinds; kind++)
        TRY(scan_kind(&s, kind));
    return tally_report(&s.tally, findings, facts, CODE, text);
}

#define PARAM(field) offsetof(struct block_params, field)

static const struct param params[] = {
    { "window_days", "how far back uses count", "days", PARAM(window_days), PARAM_WHOLE, 90, 1,
      36500, NULL },
    { "blocks", "blocks taken of each kind, at most", "blocks", PARAM(blocks), PARAM_WHOLE, 20, 1,
      10000, NULL },
    { "ratio", "density over the expected one above which a block is told", "times", PARAM(ratio),
      PARAM_DECIMAL, 1500000, 0, 1000 * DECIMAL_ONE, NULL },
    { "shuffles", "graphs drawn to know what to expect", "graphs", PARAM(shuffles), PARAM_WHOLE,
      20, 1, 1000, NULL },
    { 0 },
};

/* No gather: what is dense depends on the whole graph, so screening reads the tags. */
const struct detector detector_dense_block = {
    .id = "D6",
    .codes = { CODE },
    .family = "ring",
    .summary = "unusually dense blocks of principals x identifiers",
    .version = 2,
    .params = params,
    .params_size = sizeof(struct block_params),
    .reads = { READS_SUBJECTS | PART_DEVICES | PART_PHONES | PART_ADDRESSES | PART_OTHER_LINKS, 0 },
    .run = run,
};
