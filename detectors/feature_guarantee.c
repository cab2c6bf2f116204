/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Features of guarantees: for whom, by whom, how much, and how far they reach. */
#include <stdlib.h>

#include "detectors/feature_work.h"

/* Edges by their end: guarantors in ascending order. */
static enum status turn_back(struct feature_work *work)
{
    const struct guarantee_graph *graph = &work->guarantees;

    work->back_first = calloc(graph->n + (size_t)2, sizeof *work->back_first);
    work->back = malloc((graph->n_edges + (size_t)1) * sizeof *work->back);
    work->from = malloc((graph->n_edges + (size_t)1) * sizeof *work->from);
    if (!work->back_first || !work->back || !work->from)
        return fail_memory(graph->n_edges * sizeof *work->back);
    for (uint32_t e = 0; e < graph->n_edges; e++)
        work->back_first[graph->to[e] + 2]++;
    for (uint32_t i = 2; i < graph->n + 2; i++)
        work->back_first[i] += work->back_first[i - 1];
    for (uint32_t i = 0; i < graph->n; i++)
        for (uint32_t e = graph->first[i]; e < graph->first[i + 1]; e++) {
            work->from[e] = i;
            work->back[work->back_first[graph->to[e] + 1]++] = e;
        }
    return STATUS_OK;
}

enum status feature_guarantee_prepare(struct feature_work *work)
{
    const struct snapshot *snapshot = work->facts->snapshot;
    int64_t company = snapshot_text_cell(snapshot, SLICE("guarantee_company"));
    struct guarantee_graph *graph = &work->guarantees;

    TRY(guarantee_graph_build(graph, work->facts, SLICE("")));
    TRY(turn_back(work));
    work->place = malloc((snapshot->n_nodes + (size_t)1) * sizeof *work->place);
    work->company = calloc(graph->n + (size_t)1, 1);
    work->queue = malloc((GUARANTEE_REACH + (size_t)1) * sizeof *work->queue);
    if (!work->place || !work->company || !work->queue)
        return fail_memory(snapshot->n_nodes * sizeof *work->place);
    memset(work->place, 0xff, snapshot->n_nodes * sizeof *work->place);
    for (uint32_t i = 0; i < graph->n; i++) {
        work->place[graph->nodes[i]] = i;
        work->company[i] = company != CELL_ABSENT &&
                           snapshot_cell(snapshot, graph->nodes[i], NODE_CLASS) == company;
    }
    return STATUS_OK;
}

static int64_t add_amount(int64_t sum, int64_t amount)
{
    return __builtin_add_overflow(sum, amount, &sum) ? INT64_MAX : sum;
}

/* The parallel guarantees of one pair. */
static void add_amounts(int64_t *sum, int64_t *n_other, const struct feature_work *work,
                        uint32_t edge)
{
    const struct guarantee_graph *graph = &work->guarantees;

    for (uint32_t i = graph->row_first[edge]; i < graph->row_first[edge + 1]; i++) {
        uint32_t row;
        const struct edge_table *table =
            snapshot_edge(&row, work->facts->snapshot, graph->rows[i]);
        int64_t amount = edge_cell(table, row, EDGE_AMOUNT);

        if (!feature_in_currency(work, edge_cell(table, row, EDGE_CURRENCY)))
            (*n_other)++;
        else if (amount != CELL_ABSENT)
            *sum = add_amount(*sum, amount);
    }
}

/* One way of walking the guarantees. */
struct walk {
    struct feature_work *work;
    bool back;
    uint32_t n;      /* of the queue */
    bool cut;
};

static void enter(struct walk *walk, uint32_t place)
{
    struct feature_work *work = walk->work;

    if (work->company[place] || walk->cut || !feature_first(work, work->guarantees.nodes[place]))
        return;
    if (walk->n > GUARANTEE_REACH)
        walk->cut = true;
    else
        work->queue[walk->n++] = place;
}

static void pass(struct walk *walk, uint32_t place)
{
    const struct feature_work *work = walk->work;
    const struct guarantee_graph *graph = &work->guarantees;

    if (walk->back)
        for (uint32_t i = work->back_first[place]; i < work->back_first[place + 1]; i++)
            enter(walk, work->from[work->back[i]]);
    else
        for (uint32_t e = graph->first[place]; e < graph->first[place + 1]; e++)
            enter(walk, graph->to[e]);
}

/* Breadth first; gives the last level with somebody on it. */
static int64_t walk_depth(struct walk *walk, uint32_t start)
{
    uint32_t at = 0, depth = 0;

    walk->work->mark++;
    enter(walk, start);
    for (; depth < GUARANTEE_HOPS && at < walk->n; depth++) {
        uint32_t end = walk->n;

        while (at < end && !walk->cut)
            pass(walk, walk->work->queue[at++]);
        if (walk->n == end)
            break;
    }
    return depth;
}

uint32_t feature_guarantee_reach(struct feature_work *work, uint32_t node, bool back)
{
    struct walk walk = { .work = work, .back = back };

    if (work->place[node] != NODE_NONE)
        walk_depth(&walk, work->place[node]);
    return walk.n;
}

static void tell_reach(int64_t *row, struct feature_work *work, uint32_t place, bool back)
{
    struct walk walk = { .work = work, .back = back };
    int64_t depth = walk_depth(&walk, place);

    feature_set(row, work, back ? FEATURE_GUARANTEE_DEPTH_IN : FEATURE_GUARANTEE_DEPTH_OUT,
                depth);
    feature_set(row, work, back ? FEATURE_GUARANTEE_REACH_IN : FEATURE_GUARANTEE_REACH_OUT,
                walk.n ? walk.n - 1 : 0);
    if (walk.cut)
        feature_set(row, work, FEATURE_TRUNCATED, 1);
}

static void tell_assets(int64_t *row, const struct feature_work *work, uint32_t node, int64_t out)
{
    int64_t assets = snapshot_cell(work->facts->snapshot, node, NODE_NET_ASSETS), scaled;

    if (assets == CELL_ABSENT || assets <= 0)
        return;
    feature_set(row, work, FEATURE_GUARANTEE_TO_ASSETS,
                __builtin_mul_overflow(out, DECIMAL_ONE, &scaled) ? INT64_MAX : scaled / assets);
}

void feature_guarantee_row(int64_t *row, struct feature_work *work, uint32_t node)
{
    const struct guarantee_graph *graph = &work->guarantees;
    uint32_t place = work->place[node];
    int64_t out = 0, in = 0, n_other = 0, mutual = 0;

    if (place == NODE_NONE) {
        tell_assets(row, work, node, 0);
        return;
    }
    for (uint32_t e = graph->first[place]; e < graph->first[place + 1]; e++) {
        add_amounts(&out, &n_other, work, e);
        mutual += guarantee_edge_find(graph, graph->to[e], place) != UINT32_MAX;
    }
    for (uint32_t i = work->back_first[place]; i < work->back_first[place + 1]; i++)
        add_amounts(&in, &n_other, work, work->back[i]);
    feature_set(row, work, FEATURE_GUARANTEES_OUT, graph->first[place + 1] - graph->first[place]);
    feature_set(row, work, FEATURE_GUARANTEES_IN,
                work->back_first[place + 1] - work->back_first[place]);
    feature_set(row, work, FEATURE_GUARANTEE_OUT_AMOUNT, out);
    feature_set(row, work, FEATURE_GUARANTEE_IN_AMOUNT, in);
    feature_set(row, work, FEATURE_GUARANTEE_OTHER_CURRENCY, n_other);
    feature_set(row, work, FEATURE_GUARANTEE_MUTUAL, mutual);
    tell_assets(row, work, node, out);
    tell_reach(row, work, place, false);
    tell_reach(row, work, place, true);
}
