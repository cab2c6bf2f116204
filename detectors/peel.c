/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "detectors/peel.h"

#include <math.h>
#include <stdlib.h>

#include "base/buf.h"
#include "detectors/wide.h"

#define NONE UINT32_MAX
#define ONE 1000000.0

void peel_graph_fini(struct peel_graph *graph)
{
    free(graph->first);
    free(graph->to);
    free(graph->weight);
    *graph = (struct peel_graph){ 0 };
}

int64_t peel_weight(uint32_t degree)
{
    return llround(ONE / log((double)degree + 5.0));
}

static void fill_ends(struct peel_graph *graph, const struct peel_edge *edges, size_t n_edges)
{
    for (size_t i = 0; i < n_edges; i++) {
        graph->to[graph->first[edges[i].row]++] = edges[i].column;
        graph->to[graph->first[edges[i].column]++] = edges[i].row;
    }
    memmove(graph->first + 1, graph->first, graph->n * sizeof *graph->first);
    graph->first[0] = 0;
}

static void weigh_columns(struct peel_graph *graph, const struct peel_edge *edges, size_t n_edges)
{
    for (size_t i = 0; i < n_edges; i++) {
        uint32_t column = edges[i].column;

        if (!graph->weight[column])
            graph->weight[column] =
                peel_weight(graph->first[column + 1] - graph->first[column]);
    }
}

enum status peel_graph_init(struct peel_graph *out, uint32_t n, const struct peel_edge *edges,
                            size_t n_edges, const int64_t *weight)
{
    AUTO(peel_graph_fini) struct peel_graph graph = { .n = n };

    graph.first = calloc(n + (size_t)2, sizeof *graph.first);
    graph.to = malloc((2 * n_edges + 1) * sizeof *graph.to);
    graph.weight = calloc(n + (size_t)1, sizeof *graph.weight);
    if (!graph.first || !graph.to || !graph.weight)
        return fail_memory(n * sizeof *graph.weight + n_edges * sizeof *graph.to);
    for (size_t i = 0; i < n_edges; i++) {
        graph.first[edges[i].row + 1]++;
        graph.first[edges[i].column + 1]++;
    }
    for (uint32_t i = 0; i < n; i++)
        graph.first[i + 1] += graph.first[i];
    fill_ends(&graph, edges, n_edges);
    if (weight)
        memcpy(graph.weight, weight, n * sizeof *weight);
    else
        weigh_columns(&graph, edges, n_edges);
    *out = graph;
    graph = (struct peel_graph){ 0 };
    return STATUS_OK;
}

/* Fills the weighted degrees; gives the weight of all edges. */
static int64_t fill_degrees(int64_t *degree, const struct peel_graph *graph)
{
    int64_t total = 0;

    for (uint32_t i = 0; i < graph->n; i++) {
        degree[i] = 0;
        for (uint32_t at = graph->first[i]; at < graph->first[i + 1]; at++)
            degree[i] += peel_edge_weight(graph, i, graph->to[at]);
        total += degree[i];
    }
    return total / 2;
}

enum status peel_core(unsigned char *in, const struct peel_graph *graph, int64_t least)
{
    AUTO(free_ptr) int64_t *degree = malloc((graph->n + (size_t)1) * sizeof *degree);
    AUTO(free_ptr) uint32_t *leaving = malloc((graph->n + (size_t)1) * sizeof *leaving);
    uint32_t n = 0;

    if (!degree || !leaving)
        return fail_memory(graph->n * sizeof *degree);
    fill_degrees(degree, graph);
    for (uint32_t i = 0; i < graph->n; i++) {
        in[i] = degree[i] >= least;
        if (!in[i])
            leaving[n++] = i;
    }
    for (uint32_t at = 0; at < n; at++)
        for (uint32_t k = graph->first[leaving[at]]; k < graph->first[leaving[at] + 1]; k++) {
            uint32_t other = graph->to[k];

            degree[other] -= peel_edge_weight(graph, leaving[at], other);
            if (in[other] && degree[other] < least) {
                in[other] = 0;
                leaving[n++] = other;
            }
        }
    return STATUS_OK;
}

/* A binary heap of nodes by (degree, number) that knows each node's place. */
struct heap {
    int64_t *degree;
    uint32_t *nodes, *place;
    uint32_t n;
};

static void heap_fini(struct heap *heap)
{
    free(heap->degree);
    free(heap->nodes);
    free(heap->place);
}

static bool before(const struct heap *heap, uint32_t a, uint32_t b)
{
    if (heap->degree[a] != heap->degree[b])
        return heap->degree[a] < heap->degree[b];
    return a < b;
}

static void put(struct heap *heap, uint32_t at, uint32_t node)
{
    heap->nodes[at] = node;
    heap->place[node] = at;
}

static void rise(struct heap *heap, uint32_t node)
{
    uint32_t at = heap->place[node];

    for (; at && before(heap, node, heap->nodes[(at - 1) / 2]); at = (at - 1) / 2)
        put(heap, at, heap->nodes[(at - 1) / 2]);
    put(heap, at, node);
}

static void sink(struct heap *heap, uint32_t at, uint32_t node)
{
    for (uint32_t child = 2 * at + 1; child < heap->n; child = 2 * at + 1) {
        if (child + 1 < heap->n && before(heap, heap->nodes[child + 1], heap->nodes[child]))
            child++;
        if (before(heap, node, heap->nodes[child]))
            break;
        put(heap, at, heap->nodes[child]);
        at = child;
    }
    put(heap, at, node);
}

static uint32_t pop(struct heap *heap)
{
    uint32_t top = heap->nodes[0];

    heap->n--;
    if (heap->n)
        sink(heap, 0, heap->nodes[heap->n]);
    heap->place[top] = NONE;
    return top;
}

static enum status heap_init(struct heap *heap, const struct peel_graph *graph, int64_t *total)
{
    heap->degree = malloc((graph->n + (size_t)1) * sizeof *heap->degree);
    heap->nodes = malloc((graph->n + (size_t)1) * sizeof *heap->nodes);
    heap->place = malloc((graph->n + (size_t)1) * sizeof *heap->place);
    if (!heap->degree || !heap->nodes || !heap->place)
        return fail_memory(graph->n * sizeof *heap->degree);
    *total = fill_degrees(heap->degree, graph);
    heap->n = graph->n;
    for (uint32_t i = 0; i < graph->n; i++)
        put(heap, i, i);
    for (uint32_t i = graph->n / 2; i-- > 0;)
        sink(heap, i, heap->nodes[i]);
    return STATUS_OK;
}

void densest_meet(struct densest *densest, int64_t weight, uint32_t n)
{
    if (!densest->n || (wide_int)weight * densest->n > (wide_int)densest->weight * n)
        *densest = (struct densest){ weight, n };
}

int64_t densest_density(const struct densest *densest)
{
    return densest->n ? densest->weight / densest->n : 0;
}

enum status peel_densest(int64_t *density, unsigned char *in, const struct peel_graph *graph)
{
    AUTO(heap_fini) struct heap heap = { 0 };
    AUTO(free_ptr) uint32_t *order = malloc((graph->n + (size_t)1) * sizeof *order);
    struct densest best = { 0 };
    int64_t weight;

    if (!order)
        return fail_memory(graph->n * sizeof *order);
    TRY(heap_init(&heap, graph, &weight));
    while (heap.n) {
        uint32_t node;

        densest_meet(&best, weight, heap.n);
        node = pop(&heap);
        order[heap.n] = node;
        weight -= heap.degree[node];
        for (uint32_t at = graph->first[node]; at < graph->first[node + 1]; at++) {
            uint32_t other = graph->to[at];

            if (heap.place[other] == NONE)
                continue;
            heap.degree[other] -= peel_edge_weight(graph, node, other);
            rise(&heap, other);
        }
    }
    for (uint32_t i = 0; i < graph->n; i++)
        in[order[i]] = i < best.n; /* the last to leave came first into the order */
    *density = densest_density(&best);
    return STATUS_OK;
}
