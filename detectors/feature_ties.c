/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Features of the neighbourhood: neighbours, bad ones among them, distance and contagion.
 *
 * Contagion is a walk with absorption: probability of meeting a bad party within CONTAGION_HOPS,
 * each hop taken with 0.85; a truncated personalised PageRank seen from the party (Haveliwala
 * 2002). Sums go through identifiers, sum(users) minus oneself, so no pair is ever listed.
 * Cost: O(uses + arcs) a hop.
 */
#include <math.h>
#include <stdlib.h>

#include "base/sort.h"
#include "detectors/feature_work.h"
#include "detectors/use.h"
#include "detectors/wide.h"

#define CONTAGION_ONE ((int64_t)1000000000000)
#define DAMPING_PERCENT 85
#define FAR UINT8_MAX

enum { ARC_GUARANTEE = 1, ARC_OWNERSHIP = 2 };

void feature_ties_fini(struct ties *ties)
{
    free(ties->n_users);
    free(ties->hub);
    free(ties->user_first);
    free(ties->users);
    free(ties->shared_first);
    free(ties->shared);
    free(ties->arc_first);
    free(ties->arcs);
    free(ties->bad);
    free(ties->to_blocked);
    free(ties->to_overdue);
    free(ties->contagion);
    *ties = (struct ties){ 0 };
}

/* Different users of the identifier inside the window, appended to `list`. */
static uint32_t list_users(uint32_t *list, struct feature_work *work, uint32_t identifier)
{
    int64_t after_us = facts_ago(work->facts, SHARING_DAYS);
    size_t n_uses;
    const struct use *uses = facts_uses_of(&n_uses, work->facts, identifier);
    uint32_t n = 0;

    work->mark++;
    for (size_t i = 0; i < n_uses; i++)
        if (use_overlaps(&uses[i], after_us, work->facts->at_us) &&
            feature_first(work, uses[i].principal))
            list[n++] = uses[i].principal;
    if (n > 1)
        qsort(list, n, sizeof *list, sort_by_u32);
    return n;
}

static void find_users(struct feature_work *work)
{
    struct ties *ties = &work->ties;
    uint32_t n_listed = 0;

    for (uint32_t node = 0; node < work->facts->snapshot->n_nodes; node++) {
        size_t n_uses;
        const struct use *uses = facts_uses_of(&n_uses, work->facts, node);

        ties->user_first[node] = n_listed;
        if (!n_uses)
            continue;
        ties->n_users[node] = list_users(ties->users + n_listed, work, node);
        ties->hub[node] = ties->n_users[node] >
                          facts_caps(work->facts, node, uses->kind).candidate;
        if (!ties->hub[node] && ties->n_users[node] > 1)
            n_listed += ties->n_users[node];
    }
    ties->user_first[work->facts->snapshot->n_nodes] = n_listed;
}

/* The same lists seen from the parties. */
static void find_shared(struct feature_work *work)
{
    struct ties *ties = &work->ties;
    uint32_t n = work->facts->snapshot->n_nodes, *first = ties->shared_first;

    for (uint32_t i = 0; i < ties->user_first[n]; i++)
        first[ties->users[i] + 2]++;
    for (uint32_t i = 2; i < n + 2; i++)
        first[i] += first[i - 1];
    for (uint32_t node = 0; node < n; node++)
        for (uint32_t i = ties->user_first[node]; i < ties->user_first[node + 1]; i++)
            ties->shared[first[ties->users[i] + 1]++] = node;
}

/* Calls for each arc, both ways: counts where `arcs` is NULL, else places. */
static void each_arc(const struct facts *facts, uint32_t *first, struct arc *arcs,
                     const uint32_t *types, unsigned kind)
{
    for (; types && *types; types++) {
        const struct edge_table *table = snapshot_table(facts->snapshot, *types);

        for (uint32_t row = 0; row < table->n; row++) {
            uint32_t from = table->from[row], to = table->to[row];

            if (from == to || !edge_row_active(table, row, facts->at_us) ||
                (kind == ARC_GUARANTEE && !facts_status_counts(facts, table, row)))
                continue;
            if (arcs) {
                arcs[first[from + 1]++] = (struct arc){ to, kind };
                arcs[first[to + 1]++] = (struct arc){ from, kind };
            } else {
                first[from + 2]++;
                first[to + 2]++;
            }
        }
    }
}

static int compare_arcs(const void *a, const void *b)
{
    const struct arc *x = a, *y = b;

    return (x->other > y->other) - (x->other < y->other);
}

/* Each neighbour once, with all kinds; the rest of the run becomes empty. */
static void unify_arcs(struct arc *arcs, uint32_t *first, uint32_t n)
{
    uint32_t kept = 0, begin = 0;

    for (uint32_t node = 0; node < n; node++) {
        uint32_t end = first[node + 1], start = kept;

        if (end - begin > 1)
            qsort(arcs + begin, end - begin, sizeof *arcs, compare_arcs);
        for (uint32_t i = begin; i < end; i++)
            if (kept > start && arcs[kept - 1].other == arcs[i].other)
                arcs[kept - 1].kinds |= arcs[i].kinds;
            else
                arcs[kept++] = arcs[i];
        begin = end;
        first[node] = start;
    }
    first[n] = kept;
}

static enum status find_arcs(struct feature_work *work)
{
    const struct schema_roles *roles = &work->facts->schema->roles;
    struct ties *ties = &work->ties;
    uint32_t n = work->facts->snapshot->n_nodes, *first = ties->arc_first;

    each_arc(work->facts, first, NULL, roles->guarantees, ARC_GUARANTEE);
    each_arc(work->facts, first, NULL, roles->ownership, ARC_OWNERSHIP);
    for (uint32_t i = 2; i < n + 2; i++)
        first[i] += first[i - 1];
    ties->arcs = malloc((first[n + 1] + (size_t)1) * sizeof *ties->arcs);
    if (!ties->arcs)
        return fail_memory(first[n + 1] * sizeof *ties->arcs);
    each_arc(work->facts, first, ties->arcs, roles->guarantees, ARC_GUARANTEE);
    each_arc(work->facts, first, ties->arcs, roles->ownership, ARC_OWNERSHIP);
    unify_arcs(ties->arcs, first, n);
    return STATUS_OK;
}

static enum status find_bad(struct feature_work *work)
{
    const struct snapshot *snapshot = work->facts->snapshot;

    for (uint32_t node = 0; node < snapshot->n_nodes; node++) {
        bool overdue;

        if (snapshot->roles[node] != LABEL_PRINCIPAL)
            continue;
        TRY(feature_overdue(&overdue, work, node));
        if (facts_is(work->facts, node, FACT_BLOCKED | FACT_CONFIRMED))
            work->ties.bad[node] |= BAD_BLOCKED;
        if (overdue)
            work->ties.bad[node] |= BAD_OVERDUE;
    }
    return STATUS_OK;
}

static void reach(unsigned char *hops, uint32_t node, uint32_t distance)
{
    if (hops[node] == FAR)
        hops[node] = (unsigned char)distance;
}

/* Breadth first from all parties that are bad this way; identifiers pass once, at first sight. */
static void find_distances(struct feature_work *work, unsigned char *hops, unsigned char way)
{
    const struct ties *ties = &work->ties;
    uint32_t n = work->facts->snapshot->n_nodes;

    work->mark++;
    for (uint32_t node = 0; node < n; node++)
        hops[node] = ties->bad[node] & way ? 0 : FAR;
    for (uint32_t distance = 1; distance <= CONTAGION_HOPS; distance++)
        for (uint32_t node = 0; node < n; node++) {
            if (hops[node] != distance - 1)
                continue;
            for (uint32_t s = ties->shared_first[node]; s < ties->shared_first[node + 1]; s++) {
                uint32_t identifier = ties->shared[s];

                for (uint32_t u = ties->user_first[identifier];
                     u < ties->user_first[identifier + 1] && work->stamp[identifier] != work->mark;
                     u++)
                    reach(hops, ties->users[u], distance);
                work->stamp[identifier] = work->mark;
            }
            for (uint32_t a = ties->arc_first[node]; a < ties->arc_first[node + 1]; a++)
                reach(hops, ties->arcs[a].other, distance);
        }
}

/* Millionths: the weight of a link by this identifier (DETECTORS, section 0) but for age. */
static int64_t identifier_weight(const struct feature_work *work, uint32_t identifier)
{
    size_t n;
    const struct use *uses = facts_uses_of(&n, work->facts, identifier);
    double weight = work->facts->schema->kinds[uses->kind].weight;

    return llround(weight / log(work->ties.n_users[identifier] + 5.0) * (double)DECIMAL_ONE);
}

static int64_t arc_weight(const struct arc *arc)
{
    return DECIMAL_ONE * __builtin_popcount(arc->kinds);
}

/* One hop for one party: `score` of last hop, `sums` of it over each identifier's users. */
static int64_t step(const struct feature_work *work, const int64_t *score, const int64_t *sums,
                    const int64_t *weights, uint32_t node)
{
    const struct ties *ties = &work->ties;
    wide_int sum = 0, degree = 0;

    if (ties->bad[node])
        return CONTAGION_ONE;
    for (uint32_t s = ties->shared_first[node]; s < ties->shared_first[node + 1]; s++) {
        uint32_t identifier = ties->shared[s];

        sum += (wide_int)weights[identifier] * (sums[identifier] - score[node]);
        degree += (wide_int)weights[identifier] * (ties->n_users[identifier] - 1);
    }
    for (uint32_t a = ties->arc_first[node]; a < ties->arc_first[node + 1]; a++) {
        sum += (wide_int)arc_weight(&ties->arcs[a]) * score[ties->arcs[a].other];
        degree += arc_weight(&ties->arcs[a]);
    }
    return degree ? (int64_t)(sum * DAMPING_PERCENT / (degree * 100)) : 0;
}

static void iterate(const struct feature_work *work, int64_t *next, int64_t *sums,
                    const int64_t *score, const int64_t *weights)
{
    const struct ties *ties = &work->ties;
    uint32_t n = work->facts->snapshot->n_nodes;

    for (uint32_t node = 0; node < n; node++) {
        sums[node] = 0;
        for (uint32_t u = ties->user_first[node]; u < ties->user_first[node + 1]; u++)
            sums[node] += score[ties->users[u]];
    }
    for (uint32_t node = 0; node < n; node++)
        next[node] = step(work, score, sums, weights, node);
}

static enum status find_contagion(struct feature_work *work)
{
    struct ties *ties = &work->ties;
    uint32_t n = work->facts->snapshot->n_nodes;
    AUTO(free_ptr) int64_t *score = malloc((n + (size_t)1) * sizeof *score);
    AUTO(free_ptr) int64_t *sums = malloc((n + (size_t)1) * sizeof *sums);
    AUTO(free_ptr) int64_t *weights = calloc(n + (size_t)1, sizeof *weights);

    if (!score || !sums || !weights)
        return fail_memory(n * sizeof *score);
    for (uint32_t node = 0; node < n; node++) {
        ties->contagion[node] = ties->bad[node] ? CONTAGION_ONE : 0;
        if (ties->user_first[node] < ties->user_first[node + 1])
            weights[node] = identifier_weight(work, node);
    }
    for (int hop = 0; hop < CONTAGION_HOPS; hop++) {
        int64_t *swap = score;

        score = ties->contagion;
        ties->contagion = swap;
        iterate(work, ties->contagion, sums, score, weights);
    }
    return STATUS_OK;
}

static enum status ties_new(struct ties *ties, size_t n, size_t n_uses)
{
    ties->n_users = calloc(n + 1, sizeof *ties->n_users);
    ties->hub = calloc(n + 1, 1);
    ties->user_first = calloc(n + 2, sizeof *ties->user_first);
    ties->users = malloc((n_uses + 1) * sizeof *ties->users);
    ties->shared_first = calloc(n + 2, sizeof *ties->shared_first);
    ties->shared = malloc((n_uses + 1) * sizeof *ties->shared);
    ties->arc_first = calloc(n + 2, sizeof *ties->arc_first);
    ties->bad = calloc(n + 1, 1);
    ties->to_blocked = malloc(n + 1);
    ties->to_overdue = malloc(n + 1);
    ties->contagion = malloc((n + 1) * sizeof *ties->contagion);
    if (!ties->n_users || !ties->hub || !ties->user_first || !ties->users ||
        !ties->shared_first || !ties->shared || !ties->arc_first || !ties->bad ||
        !ties->to_blocked || !ties->to_overdue || !ties->contagion)
        return fail_memory(n * sizeof *ties->contagion);
    return STATUS_OK;
}

enum status feature_ties_prepare(struct feature_work *work)
{
    TRY(ties_new(&work->ties, work->facts->snapshot->n_nodes, work->facts->uses->n));
    find_users(work);
    find_shared(work);
    TRY(find_arcs(work));
    TRY(find_bad(work));
    find_distances(work, work->ties.to_blocked, BAD_BLOCKED);
    find_distances(work, work->ties.to_overdue, BAD_OVERDUE);
    return find_contagion(work);
}

/* What is told of one neighbour. */
struct neighbours {
    uint32_t n, bad;
    uint32_t applications[FEATURE_WINDOWS_MAX];
};

static enum status add_neighbour(struct neighbours *sum, struct feature_work *work, uint32_t node)
{
    enum feature_id id = FEATURE_NEIGHBOUR_APPLICATIONS;

    if (!feature_first(work, node))
        return STATUS_OK;
    sum->n++;
    sum->bad += work->ties.bad[node] != 0;
    for (uint32_t w = 0; w < work->table->n_windows[id]; w++) {
        uint32_t n;

        TRY(feature_applications(&n, work, node, work->table->windows[id][w]));
        sum->applications[w] += n;
    }
    return STATUS_OK;
}

static enum status add_neighbours(struct neighbours *sum, struct feature_work *work,
                                  uint32_t node)
{
    const struct ties *ties = &work->ties;

    work->mark++;
    work->stamp[node] = work->mark;
    for (uint32_t s = ties->shared_first[node]; s < ties->shared_first[node + 1]; s++)
        for (uint32_t u = ties->user_first[ties->shared[s]];
             u < ties->user_first[ties->shared[s] + 1]; u++)
            TRY(add_neighbour(sum, work, ties->users[u]));
    for (uint32_t a = ties->arc_first[node]; a < ties->arc_first[node + 1]; a++)
        TRY(add_neighbour(sum, work, ties->arcs[a].other));
    return STATUS_OK;
}

static int64_t hops_told(unsigned char hops)
{
    return hops == FAR ? CELL_ABSENT : hops;
}

enum status feature_ties_row(int64_t *row, struct feature_work *work, uint32_t node)
{
    const struct ties *ties = &work->ties;
    struct neighbours sum = { 0 };
    enum feature_id id = FEATURE_NEIGHBOUR_APPLICATIONS;

    TRY(add_neighbours(&sum, work, node));
    feature_set(row, work, FEATURE_NEIGHBOURS, sum.n);
    feature_set(row, work, FEATURE_NEIGHBOURS_BAD, sum.bad);
    if (sum.n)
        feature_set(row, work, FEATURE_NEIGHBOURS_BAD_RATE, DECIMAL_ONE * sum.bad / sum.n);
    for (uint32_t w = 0; w < work->table->n_windows[id]; w++)
        row[feature_column(work->table, id, 0, w)] = sum.applications[w];
    feature_set(row, work, FEATURE_DISTANCE_BLOCKED, hops_told(ties->to_blocked[node]));
    feature_set(row, work, FEATURE_DISTANCE_OVERDUE, hops_told(ties->to_overdue[node]));
    feature_set(row, work, FEATURE_CONTAGION,
                ties->contagion[node] / (CONTAGION_ONE / DECIMAL_ONE));
    feature_set(row, work, FEATURE_BLOCKED, (ties->bad[node] & BAD_BLOCKED) != 0);
    return STATUS_OK;
}
