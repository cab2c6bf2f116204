/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "detectors/contagion_walk.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/worker.h"

/* Smaller graphs are walked before a thread has started. */
#define ENDS_FOR_THREADS 200000u

void walk_fini(struct walk *walk)
{
    free(walk->place);
    free(walk->nodes);
    free(walk->seed);
    free(walk->ranks);
    free(walk->next);
    free(walk->first);
    free(walk->to);
    free(walk->weight);
    free(walk->lonely);
    *walk = (struct walk){ 0 };
}

/* Both ends of all pairs by node, as they come. */
struct ends {
    uint32_t *first;
    struct end {
        double weight;
        uint32_t to;
    } *items;
};

static void ends_fini(struct ends *ends)
{
    free(ends->first);
    free(ends->items);
}

static enum status ends_init(struct ends *ends, uint32_t n_nodes, const struct walk_pair *pairs,
                             size_t n)
{
    uint32_t *first = ends->first = array_zeroed(n_nodes + (size_t)2, sizeof *first);

    ends->items = malloc((2 * n + 1) * sizeof *ends->items);
    if (!first || !ends->items)
        return fail_memory(n * sizeof *ends->items);
    for (size_t i = 0; i < n; i++) {
        first[pairs[i].a + 2]++;
        first[pairs[i].b + 2]++;
    }
    for (size_t i = 1; i < n_nodes + (size_t)2; i++)
        first[i] += first[i - 1];
    for (size_t i = 0; i < n; i++) {
        ends->items[first[pairs[i].a + 1]++] = (struct end){ pairs[i].weight, pairs[i].b };
        ends->items[first[pairs[i].b + 1]++] = (struct end){ pairs[i].weight, pairs[i].a };
    }
    return STATUS_OK;
}

/* Gives the nodes their places: each that has none yet, then all around it, nearest first. */
static void find_places(struct walk *walk, uint32_t *nodes, const struct ends *ends,
                        uint32_t n_nodes, const unsigned char *seed)
{
    uint32_t done = 0;

    memset(walk->place, 0xff, n_nodes * sizeof *walk->place);
    for (uint32_t node = 0; node < n_nodes; node++) {
        if (walk->place[node] != WALK_NOWHERE ||
            (!seed[node] && ends->first[node] == ends->first[node + 1]))
            continue;
        walk->place[node] = walk->n;
        nodes[walk->n++] = node;
        for (; done < walk->n; done++)
            for (uint32_t at = ends->first[nodes[done]]; at < ends->first[nodes[done] + 1]; at++) {
                uint32_t other = ends->items[at].to;

                if (walk->place[other] != WALK_NOWHERE)
                    continue;
                walk->place[other] = walk->n;
                nodes[walk->n++] = other;
            }
    }
}

static enum status reserve(struct walk *walk, size_t n_ends)
{
    size_t n = walk->n + (size_t)1;

    walk->seed = malloc(n * sizeof *walk->seed);
    walk->ranks = malloc(n * sizeof *walk->ranks);
    walk->next = malloc(n * sizeof *walk->next);
    walk->first = malloc(n * sizeof *walk->first);
    walk->lonely = malloc(n * sizeof *walk->lonely);
    walk->to = malloc((n_ends + 1) * sizeof *walk->to);
    walk->weight = malloc((n_ends + 1) * sizeof *walk->weight);
    return walk->seed && walk->ranks && walk->next && walk->first && walk->lonely && walk->to &&
                   walk->weight
               ? STATUS_OK
               : fail_memory(n * sizeof *walk->ranks + n_ends * sizeof *walk->weight);
}

/* A node's neighbours keep their order, and so do the sums over them. */
static void settle(struct walk *walk, const uint32_t *nodes, const struct ends *ends,
                   const unsigned char *seed)
{
    uint32_t at = 0;

    for (uint32_t i = 0; i < walk->n; i++) {
        double degree = 0;

        walk->first[i] = at;
        for (uint32_t k = ends->first[nodes[i]]; k < ends->first[nodes[i] + 1]; k++, at++) {
            walk->to[at] = walk->place[ends->items[k].to];
            walk->weight[at] = ends->items[k].weight;
            degree += ends->items[k].weight;
        }
        walk->seed[i] = seed[nodes[i]];
        walk->n_seeds += walk->seed[i];
        walk->ranks[i].degree = walk->next[i].degree = degree;
    }
    walk->first[walk->n] = at;
}

enum status walk_init(struct walk *walk, uint32_t n_nodes, const struct walk_pair *pairs,
                      size_t n_pairs, const unsigned char *seed)
{
    AUTO(ends_fini) struct ends ends = { 0 };
    uint32_t *nodes;

    walk->nodes = malloc((n_nodes + (size_t)1) * sizeof *walk->nodes);
    walk->place = malloc((n_nodes + (size_t)1) * sizeof *walk->place);
    if (!walk->nodes || !walk->place)
        return fail_memory(n_nodes * sizeof *walk->nodes);
    TRY(ends_init(&ends, n_nodes, pairs, n_pairs));
    find_places(walk, walk->nodes, &ends, n_nodes, seed);
    nodes = realloc(walk->nodes, (walk->n + (size_t)1) * sizeof *nodes);
    if (!nodes)
        return fail_memory(walk->n * sizeof *nodes);
    walk->nodes = nodes;
    TRY(reserve(walk, 2 * n_pairs));
    settle(walk, nodes, &ends, seed);
    for (uint32_t node = 0; node < n_nodes; node++)
        if (seed[node] && ends.first[node] == ends.first[node + 1])
            walk->lonely[walk->n_lonely++] = walk->place[node];
    return STATUS_OK;
}

/* One step for the places of [begin, end). */
struct stride {
    struct walk *walk;
    uint32_t begin, end;
    double damping, teleport; /* what each seed is given */
};

static enum status take_stride(void *context)
{
    const struct stride *s = context;
    const struct walk *walk = s->walk;
    const struct walk_rank *ranks = walk->ranks;

    for (uint32_t i = s->begin; i < s->end; i++) {
        double sum = 0;

        for (uint32_t at = walk->first[i]; at < walk->first[i + 1]; at++)
            sum += ranks[walk->to[at]].rank * walk->weight[at] / ranks[walk->to[at]].degree;
        walk->next[i].rank = s->damping * sum;
        if (walk->seed[i])
            walk->next[i].rank += s->teleport;
    }
    return STATUS_OK;
}

/* The place up to which half of the neighbours lie. */
static uint32_t middle(const struct walk *walk)
{
    uint32_t low = 0, high = walk->n;

    while (low < high) {
        uint32_t at = low + (high - low) / 2;

        if (walk->first[at] < walk->first[walk->n] / 2)
            low = at + 1;
        else
            high = at;
    }
    return low;
}

/* Half of the places in a second thread; who has no neighbour goes back to the seeds. */
static enum status step(struct walk *walk, uint32_t half, double damping)
{
    struct worker worker = { .alone = walk->first[walk->n] < ENDS_FOR_THREADS };
    struct stride front = { .walk = walk, .end = half, .damping = damping }, back;
    struct walk_rank *swap = walk->ranks;
    double lost = 0;

    for (uint32_t k = 0; k < walk->n_lonely; k++)
        lost += walk->ranks[walk->lonely[k]].rank;
    front.teleport = ((1 - damping) + damping * lost) / walk->n_seeds;
    back = front;
    back.begin = half;
    back.end = walk->n;
    worker_start(&worker, take_stride, &back);
    take_stride(&front);
    TRY(worker_join(&worker));
    walk->ranks = walk->next;
    walk->next = swap;
    return STATUS_OK;
}

enum status walk_run(struct walk *walk, int64_t steps, double damping)
{
    uint32_t half = middle(walk);

    for (uint32_t i = 0; i < walk->n; i++)
        walk->ranks[i].rank = walk->seed[i] ? 1.0 / walk->n_seeds : 0;
    for (int64_t i = 0; i < steps; i++)
        TRY(step(walk, half, damping));
    return STATUS_OK;
}

/* ---- ways ---------------------------------------------------------------------------------- */

/* A place that a walk reaches, and how likely. */
struct way {
    double chance;
    uint32_t place;
};

/* Places reached and not looked at yet, a binary heap with the likeliest first. */
struct trace {
    const struct walk *walk;
    double *chance;     /* per place: of the likeliest walk so far */
    uint32_t *before;
    struct way *heap;
    size_t n, capacity;
};

static void trace_fini(struct trace *t)
{
    free(t->chance);
    free(t->before);
    free(t->heap);
}

static bool is_sooner(const struct way *a, const struct way *b)
{
    return a->chance > b->chance || (a->chance == b->chance && a->place < b->place);
}

static enum status reach(struct trace *t, uint32_t place, uint32_t before, double chance)
{
    const struct way way = { chance, place };
    size_t at;

    if (chance <= t->chance[place])
        return STATUS_OK;
    t->chance[place] = chance;
    t->before[place] = before;
    TRY(array_reserve(&t->heap, &t->capacity, t->n + 1));
    for (at = t->n++; at && is_sooner(&way, &t->heap[(at - 1) / 2]); at = (at - 1) / 2)
        t->heap[at] = t->heap[(at - 1) / 2];
    t->heap[at] = way;
    return STATUS_OK;
}

static struct way take_likeliest(struct trace *t)
{
    const struct way first = t->heap[0], last = t->heap[--t->n];
    size_t at = 0;

    for (size_t next; (next = 2 * at + 1) < t->n; at = next) {
        next += next + 1 < t->n && is_sooner(&t->heap[next + 1], &t->heap[next]);
        if (!is_sooner(&t->heap[next], &last))
            break;
        t->heap[at] = t->heap[next];
    }
    t->heap[at] = last;
    return first;
}

static enum status go_on(struct trace *t, uint32_t place, double damping)
{
    const struct walk *walk = t->walk;
    double share = damping * t->chance[place] / walk->ranks[place].degree;

    for (uint32_t at = walk->first[place]; at < walk->first[place + 1]; at++)
        TRY(reach(t, walk->to[at], place, share * walk->weight[at]));
    return STATUS_OK;
}

enum status walk_trace(uint32_t **before, const struct walk *walk, const bool *wanted,
                       uint32_t n_wanted, double damping)
{
    AUTO(trace_fini) struct trace t = { .walk = walk };

    t.chance = array_zeroed(walk->n + (size_t)1, sizeof *t.chance);
    t.before = malloc((walk->n + (size_t)1) * sizeof *t.before);
    if (!t.chance || !t.before)
        return fail_memory(walk->n * sizeof *t.chance);
    memset(t.before, 0xff, walk->n * sizeof *t.before);
    for (uint32_t i = 0; i < walk->n; i++)
        if (walk->seed[i])
            TRY(reach(&t, i, i, 1));
    while (t.n && n_wanted) {
        const struct way way = take_likeliest(&t);

        if (way.chance < t.chance[way.place])
            continue; /* a likelier one was found since */
        n_wanted -= wanted[way.place];
        TRY(go_on(&t, way.place, damping));
    }
    *before = t.before;
    t.before = NULL;
    return STATUS_OK;
}
