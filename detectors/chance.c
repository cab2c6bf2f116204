/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "detectors/chance.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/rng.h"

#define NONE UINT32_MAX
#define BUCKETS (1u << 16)
#define BUCKET_SHIFT 13 /* 2^13 millionths: 1/128 */

/* Nodes in doubly linked lists by rounded degree; the last bucket takes all that is above. */
struct buckets {
    uint32_t *head;         /* per bucket */
    uint32_t *next, *prev;  /* per node; prev of one that leads its list: its bucket */
    bool *leads;
    int64_t *degree;        /* -1: left */
    uint32_t lowest;        /* no bucket below it has a node */
};

static void buckets_fini(struct buckets *b)
{
    free(b->head);
    free(b->next);
    free(b->prev);
    free(b->leads);
    free(b->degree);
}

static enum status buckets_init(struct buckets *b, size_t n)
{
    b->head = malloc(BUCKETS * sizeof *b->head);
    b->next = malloc((n + 1) * sizeof *b->next);
    b->prev = malloc((n + 1) * sizeof *b->prev);
    b->leads = malloc((n + 1) * sizeof *b->leads);
    b->degree = malloc((n + 1) * sizeof *b->degree);
    if (!b->head || !b->next || !b->prev || !b->leads || !b->degree)
        return fail_memory(n * (sizeof *b->degree + 2 * sizeof *b->next));
    return STATUS_OK;
}

static uint32_t bucket_of(int64_t degree)
{
    return degree >> BUCKET_SHIFT < BUCKETS ? (uint32_t)(degree >> BUCKET_SHIFT) : BUCKETS - 1;
}

static void bucket_add(struct buckets *b, uint32_t node)
{
    uint32_t bucket = bucket_of(b->degree[node]), head = b->head[bucket];

    if (head != NONE) {
        b->leads[head] = false;
        b->prev[head] = node;
    }
    b->next[node] = head;
    b->prev[node] = bucket;
    b->leads[node] = true;
    b->head[bucket] = node;
    if (bucket < b->lowest)
        b->lowest = bucket;
}

static void bucket_remove(struct buckets *b, uint32_t node)
{
    uint32_t next = b->next[node], prev = b->prev[node];

    if (next != NONE) {
        b->leads[next] = b->leads[node];
        b->prev[next] = prev;
    }
    if (b->leads[node])
        b->head[prev] = next;
    else
        b->next[prev] = next;
}

static void bucket_lower(struct buckets *b, uint32_t node, int64_t by)
{
    bool moves = bucket_of(b->degree[node] - by) != bucket_of(b->degree[node]);

    if (moves)
        bucket_remove(b, node);
    b->degree[node] -= by;
    if (moves)
        bucket_add(b, node);
}

static void remove_lowest(struct buckets *b, const struct peel_graph *graph)
{
    uint32_t node = b->head[b->lowest];

    bucket_remove(b, node);
    b->degree[node] = -1;
    for (uint32_t at = graph->first[node]; at < graph->first[node + 1]; at++)
        if (b->degree[graph->to[at]] >= 0)
            bucket_lower(b, graph->to[at], peel_edge_weight(graph, node, graph->to[at]));
}

/*
 * Peels the graph beside as many parts of one edge. These only count: among equal degrees they
 * leave first, all at once, as the density cannot be highest in between.
 */
static int64_t peel(struct buckets *b, const struct peel_graph *graph, uint32_t singles)
{
    int64_t weight = peel_degrees(b->degree, graph), single = peel_weight(1);
    struct densest best = { 0 };

    memset(b->head, 0xff, BUCKETS * sizeof *b->head);
    b->lowest = BUCKETS - 1;
    for (uint32_t i = 0; i < graph->n; i++)
        bucket_add(b, i);
    densest_meet(&best, weight + singles * single, graph->n + 2 * singles);
    for (uint32_t left = graph->n; left; left--) {
        while (b->head[b->lowest] == NONE)
            b->lowest++;
        if (b->lowest >= bucket_of(single))
            singles = 0;
        densest_meet(&best, weight + singles * single, left + 2 * singles);
        weight -= b->degree[b->head[b->lowest]];
        remove_lowest(b, graph);
    }
    return densest_density(&best);
}

/*
 * What all drawn graphs have in common. Nodes of one edge are not told apart: a drawn graph has
 * those rows and columns that have several, then as many others as these meet.
 */
struct deck {
    uint32_t *owner;         /* per end of a row with several edges: the row's number */
    uint32_t *column;        /* per end of a column with several: the column's number */
    uint32_t n_owned, n_columned;
    uint32_t n_ends;         /* edges of the graph */
    uint32_t n_heavy;        /* nodes with several edges */
    uint32_t *ends;          /* all rows' ends, shuffled again and again; first those of `owner` */
    bool *met;               /* per owned end: a column with several edges took it */
    int64_t *weight;         /* per node of a drawn graph */
    struct peel_edge *edges;
};

static void deck_fini(struct deck *deck)
{
    free(deck->owner);
    free(deck->column);
    free(deck->ends);
    free(deck->met);
    free(deck->weight);
    free(deck->edges);
}

static uint32_t degree_of(const struct peel_graph *graph, uint32_t node)
{
    return graph->first[node + 1] - graph->first[node];
}

static void count_heavy(struct deck *deck, const struct peel_graph *graph)
{
    for (uint32_t i = 0; i < graph->n; i++) {
        uint32_t degree = degree_of(graph, i);

        deck->n_ends += graph->weight[i] ? degree : 0;
        if (degree < 2)
            continue;
        deck->n_heavy++;
        *(graph->weight[i] ? &deck->n_columned : &deck->n_owned) += degree;
    }
}

static void list_heavy(struct deck *deck, const struct peel_graph *graph)
{
    uint32_t number = 0, n_owned = 0, n_columned = 0;

    for (uint32_t i = 0; i < graph->n; i++) {
        uint32_t degree = degree_of(graph, i);

        if (degree < 2)
            continue;
        deck->weight[number] = graph->weight[i];
        for (uint32_t k = 0; k < degree; k++)
            if (graph->weight[i])
                deck->column[n_columned++] = number;
            else
                deck->owner[n_owned++] = number;
        number++;
    }
}

static enum status deck_init(struct deck *deck, const struct peel_graph *graph)
{
    size_t n_edges;

    count_heavy(deck, graph);
    n_edges = deck->n_owned + (size_t)deck->n_columned;
    deck->owner = malloc((deck->n_owned + (size_t)1) * sizeof *deck->owner);
    deck->column = malloc((deck->n_columned + (size_t)1) * sizeof *deck->column);
    deck->ends = malloc((deck->n_ends + (size_t)1) * sizeof *deck->ends);
    deck->met = malloc((deck->n_owned + (size_t)1) * sizeof *deck->met);
    deck->weight = malloc((deck->n_heavy + n_edges + 1) * sizeof *deck->weight);
    deck->edges = malloc((n_edges + 1) * sizeof *deck->edges);
    if (!deck->owner || !deck->column || !deck->ends || !deck->met || !deck->weight ||
        !deck->edges)
        return fail_memory(n_edges * (sizeof *deck->edges + sizeof *deck->weight));
    list_heavy(deck, graph);
    for (uint32_t i = 0; i < deck->n_ends; i++)
        deck->ends[i] = i;
    return STATUS_OK;
}

/* Takes an end of any row that is not taken yet. */
static uint32_t take_end(struct deck *deck, uint32_t taken, struct rng *rng)
{
    uint32_t other = taken + (uint32_t)rng_below(rng, deck->n_ends - taken);
    uint32_t end = deck->ends[other];

    deck->ends[other] = deck->ends[taken];
    deck->ends[taken] = end;
    return end;
}

/* Draws one graph; *singles: how many parts of one edge stand beside it. */
static enum status draw(struct peel_graph *out, uint32_t *singles, struct deck *deck,
                        struct rng *rng)
{
    uint32_t n = deck->n_heavy, n_edges = 0;

    memset(deck->met, 0, deck->n_owned);
    for (uint32_t i = 0; i < deck->n_columned; i++) {
        uint32_t end = take_end(deck, i, rng);

        if (end < deck->n_owned)
            deck->met[end] = true;
        else
            deck->weight[n] = 0;
        deck->edges[n_edges++] = (struct peel_edge){
            end < deck->n_owned ? deck->owner[end] : n++, deck->column[i]
        };
    }
    for (uint32_t i = 0; i < deck->n_owned; i++) {
        if (deck->met[i])
            continue;
        deck->weight[n] = peel_weight(1);
        deck->edges[n_edges++] = (struct peel_edge){ deck->owner[i], n++ };
    }
    *singles = deck->n_ends - n_edges;
    return peel_graph_init(out, n, deck->edges, n_edges, deck->weight);
}

enum status chance_density(int64_t *density, const struct peel_graph *graph, uint32_t shuffles,
                           uint64_t seed, uint64_t stream)
{
    AUTO(deck_fini) struct deck deck = { 0 };
    AUTO(buckets_fini) struct buckets buckets = { 0 };
    int64_t sum = 0;

    TRY(deck_init(&deck, graph));
    TRY(buckets_init(&buckets, deck.n_heavy + (size_t)deck.n_owned + deck.n_columned));
    for (uint32_t i = 0; i < shuffles; i++) {
        AUTO(peel_graph_fini) struct peel_graph drawn = { 0 };
        struct rng rng = rng_at(seed, stream, i);
        uint32_t singles;

        TRY(draw(&drawn, &singles, &deck, &rng));
        sum += peel(&buckets, &drawn, singles);
    }
    *density = shuffles ? sum / shuffles : 0;
    return STATUS_OK;
}
