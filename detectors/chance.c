/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random graphs have no neighbourhood that a cache could hold, so what counts is how few bytes are
 * touched at random: a node takes sixteen, lists of nodes by degree are stacks that are written and
 * read in a row, and what a node's departure leaves in them is passed over later.
 */
#include "detectors/chance.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/rng.h"
#include "base/worker.h"

#define NONE UINT32_MAX
#define LAST (1u << 31)  /* beside a node's last other end */
#define BUCKETS (1u << 16)
#define BUCKET_SHIFT 13  /* 2^13 millionths: 1/128 */
#define ASKED 16u        /* a power of two */
#define STEP 4u
/* Smaller graphs are drawn and peeled before a thread has started. */
#define ENDS_FOR_THREADS 20000u

struct node {
    int64_t degree;      /* weight of its edges that are left; -1: it left itself */
    uint32_t first;      /* its first other end in others[] */
    uint32_t weight;     /* of a column: of each of its edges; 0: a row */
};

struct stacked {
    uint32_t node, below; /* NONE: the lowest */
};

/* A drawn graph beside as many parts of one edge, of which there are too many to draw each. */
struct drawn {
    struct node *nodes;
    uint32_t *others;     /* of columns, in the order of edges; behind them those of rows */
    uint32_t *columns;    /* per edge */
    uint32_t n, n_edges, singles;
    struct stacked *stacked; /* what was ever put on a stack */
    uint32_t n_stacked;
    uint32_t *top;        /* per rounded degree: its stack; the last one takes all that is above */
    uint32_t lowest;      /* no stack below it has a node */
    uint32_t ahead, ahead_in; /* what is to be asked of memory next, and in which stack */
    uint32_t asked[ASKED];
    unsigned n_asked;
    int64_t density;      /* what peeling found */
};

static void drawn_fini(struct drawn *d)
{
    free(d->nodes);
    free(d->others);
    free(d->columns);
    free(d->stacked);
    free(d->top);
}

/* A node is put on a stack at first, and again at most once for each of its edges that leaves. */
static enum status drawn_init(struct drawn *d, size_t n, size_t n_edges)
{
    d->nodes = malloc((n + 1) * sizeof *d->nodes);
    d->others = malloc((2 * n_edges + 1) * sizeof *d->others);
    d->columns = malloc((n_edges + 1) * sizeof *d->columns);
    d->stacked = malloc((n + n_edges + 1) * sizeof *d->stacked);
    d->top = malloc(BUCKETS * sizeof *d->top);
    if (!d->nodes || !d->others || !d->columns || !d->stacked || !d->top)
        return fail_memory(n * sizeof *d->nodes + n_edges * sizeof *d->stacked);
    return STATUS_OK;
}

/* ---- peeling ------------------------------------------------------------------------------- */

static uint32_t bucket_of(int64_t degree)
{
    return degree >> BUCKET_SHIFT < BUCKETS ? (uint32_t)(degree >> BUCKET_SHIFT) : BUCKETS - 1;
}

static void stack(struct drawn *d, uint32_t node, uint32_t bucket)
{
    d->stacked[d->n_stacked] = (struct stacked){ node, d->top[bucket] };
    d->top[bucket] = d->n_stacked++;
    if (bucket < d->lowest)
        d->lowest = bucket;
}

/* Asks memory for the first of a node's neighbours. */
static void ask_neighbours(const struct drawn *d, const struct node *node)
{
    uint32_t other = 0;

    for (uint32_t at = node->first; at < node->first + STEP && !(other & LAST); at++) {
        other = d->others[at];
        __builtin_prefetch(&d->nodes[other & ~LAST]);
    }
}

/*
 * Asks memory for nodes that will leave soon, some steps later for where they list their others,
 * then for these: each hangs on the one before.
 */
static void look_ahead(struct drawn *d, unsigned n)
{
    for (; n && d->ahead != NONE; n--) {
        unsigned at = d->n_asked++;
        const struct node *near = &d->nodes[d->asked[(at - STEP) % ASKED]];

        d->asked[at % ASKED] = d->stacked[d->ahead].node;
        d->ahead = d->stacked[d->ahead].below;
        __builtin_prefetch(&d->nodes[d->asked[at % ASKED]]);
        __builtin_prefetch(&d->others[near->first]);
        ask_neighbours(d, &d->nodes[d->asked[(at - 2 * STEP) % ASKED]]);
    }
}

/* Degrees only fall, so a node lies once in a stack, and belongs there while its degree does. */
static uint32_t find_lowest(struct drawn *d)
{
    for (;; d->lowest++)
        while (d->top[d->lowest] != NONE) {
            const struct stacked *top = &d->stacked[d->top[d->lowest]];
            int64_t degree = d->nodes[top->node].degree;

            if (degree >= 0 && bucket_of(degree) == d->lowest)
                return top->node;
            d->top[d->lowest] = top->below;
        }
}

static void lower(struct drawn *d, uint32_t at, int64_t by)
{
    struct node *node = &d->nodes[at];
    uint32_t before = bucket_of(node->degree), after = bucket_of(node->degree - by);

    node->degree -= by;
    if (after != before)
        stack(d, at, after);
}

/* One without edges has no neighbours that are left, and need not look at them. */
static void leave(struct drawn *d, struct node *node)
{
    bool alone = node->degree == 0;
    uint32_t at = node->first, other;

    node->degree = -1;
    if (alone)
        return;
    if (d->lowest != d->ahead_in) {
        d->ahead_in = d->lowest;
        d->ahead = d->top[d->lowest];
        look_ahead(d, 3 * STEP);
    }
    look_ahead(d, 1);
    do {
        other = d->others[at++];
        if (d->nodes[other & ~LAST].degree >= 0)
            lower(d, other & ~LAST, (int64_t)node->weight + d->nodes[other & ~LAST].weight);
    } while (!(other & LAST));
}

/*
 * Parts of one edge only count: among equal degrees they leave first, all at once, as the density
 * cannot be highest in between.
 */
static enum status peel(void *context)
{
    struct drawn *d = context;
    int64_t weight = 0, single = peel_weight(1);
    uint32_t singles = d->singles;
    struct densest best = { 0 };

    memset(d->top, 0xff, BUCKETS * sizeof *d->top);
    d->lowest = BUCKETS - 1;
    d->n_stacked = d->n_asked = 0;
    d->ahead = d->ahead_in = NONE;
    memset(d->asked, 0, sizeof d->asked);
    for (uint32_t i = 0; i < d->n; i++) {
        weight += d->nodes[i].weight ? d->nodes[i].degree : 0;
        stack(d, i, bucket_of(d->nodes[i].degree));
    }
    densest_meet(&best, weight + singles * single, d->n + 2 * singles);
    for (uint32_t left = d->n; left; left--) {
        struct node *node = &d->nodes[find_lowest(d)];

        if (d->lowest >= bucket_of(single))
            singles = 0;
        densest_meet(&best, weight + singles * single, left + 2 * singles);
        weight -= node->degree;
        leave(d, node);
    }
    d->density = densest_density(&best);
    return STATUS_OK;
}

/* ---- drawing ------------------------------------------------------------------------------- */

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
    uint32_t *weight;        /* per heavy node */
    uint32_t *ends;          /* all rows' ends, shuffled again and again; first those of `owner` */
    bool *met;               /* per owned end: a column with several edges took it */
};

static void deck_fini(struct deck *deck)
{
    free(deck->owner);
    free(deck->column);
    free(deck->weight);
    free(deck->ends);
    free(deck->met);
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
        deck->weight[number] = (uint32_t)graph->weight[i];
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
    count_heavy(deck, graph);
    deck->owner = malloc((deck->n_owned + (size_t)1) * sizeof *deck->owner);
    deck->column = malloc((deck->n_columned + (size_t)1) * sizeof *deck->column);
    deck->weight = malloc((deck->n_heavy + (size_t)1) * sizeof *deck->weight);
    deck->ends = malloc((deck->n_ends + (size_t)1) * sizeof *deck->ends);
    deck->met = malloc((deck->n_owned + (size_t)1) * sizeof *deck->met);
    if (!deck->owner || !deck->column || !deck->weight || !deck->ends || !deck->met)
        return fail_memory((deck->n_owned + (size_t)deck->n_ends) * sizeof *deck->ends);
    list_heavy(deck, graph);
    for (uint32_t i = 0; i < deck->n_ends; i++)
        deck->ends[i] = i;
    return STATUS_OK;
}

/* Ends that are taken in one go, each step for all of them, so that memory is waited for once. */
#define HAND 64u

/* Takes `n` ends of any rows, none of those `taken` before: the rows' numbers, or NONE. */
static void take_hand(uint32_t rows[HAND], struct deck *deck, uint32_t taken, uint32_t n,
                      struct rng *rng)
{
    uint32_t ends[HAND];

    for (uint32_t i = 0; i < n; i++) {
        ends[i] = taken + i + (uint32_t)rng_below(rng, deck->n_ends - taken - i);
        __builtin_prefetch(&deck->ends[ends[i]]);
    }
    for (uint32_t i = 0; i < n; i++) {
        uint32_t *other = &deck->ends[ends[i]], end = *other;

        *other = deck->ends[taken + i];
        deck->ends[taken + i] = ends[i] = end;
        if (end < deck->n_owned)
            __builtin_prefetch(&deck->owner[end]);
    }
    for (uint32_t i = 0; i < n; i++) {
        rows[i] = ends[i] < deck->n_owned ? deck->owner[ends[i]] : NONE;
        if (rows[i] != NONE)
            deck->met[ends[i]] = true;
    }
}

static uint32_t add_node(struct drawn *d, uint32_t weight, uint32_t first)
{
    d->nodes[d->n] = (struct node){ 0, first, weight };
    return d->n++;
}

/* Rows' ends are counted in `first` as long as others[] has no places for them. */
static void add_edge(struct drawn *d, uint32_t row, uint32_t column)
{
    uint32_t weight = d->nodes[column].weight;

    d->columns[d->n_edges] = column;
    d->others[d->n_edges++] = row;
    d->nodes[column].degree += weight;
    d->nodes[row].degree += weight;
    d->nodes[row].first++;
}

/* From the last edge to the first, so that each row meets its columns in their order. */
static void list_columns(struct drawn *d)
{
    uint32_t at = d->n_edges;

    memset(d->others + d->n_edges, 0, d->n_edges * sizeof *d->others);
    for (uint32_t i = 0; i < d->n; i++) {
        if (d->nodes[i].weight)
            continue;
        at += d->nodes[i].first;
        d->nodes[i].first = at;
        d->others[at - 1] = LAST;
    }
    for (uint32_t i = d->n_edges; i-- > 0;) {
        if (i >= ASKED) {
            __builtin_prefetch(&d->nodes[d->others[i - ASKED]]);
            __builtin_prefetch(&d->others[d->nodes[d->others[i - STEP]].first]);
        }
        d->others[--d->nodes[d->others[i]].first] |= d->columns[i];
        if (i + 1 == d->n_edges || d->columns[i] != d->columns[i + 1])
            d->others[i] |= LAST;
    }
}

static void draw(struct drawn *d, struct deck *deck, struct rng *rng)
{
    d->n = d->n_edges = 0;
    for (uint32_t i = 0, first = 0; i < deck->n_heavy; i++) {
        add_node(d, deck->weight[i], deck->weight[i] ? first : 0);
        while (deck->weight[i] && first < deck->n_columned && deck->column[first] == i)
            first++;
    }
    memset(deck->met, 0, deck->n_owned);
    for (uint32_t i = 0; i < deck->n_columned; i += HAND) {
        uint32_t rows[HAND], n = deck->n_columned - i < HAND ? deck->n_columned - i : HAND;

        take_hand(rows, deck, i, n, rng);
        for (uint32_t k = 0; k < n; k++)
            __builtin_prefetch(&d->nodes[rows[k] != NONE ? rows[k] : 0]);
        for (uint32_t k = 0; k < n; k++)
            add_edge(d, rows[k] != NONE ? rows[k] : add_node(d, 0, 0), deck->column[i + k]);
    }
    for (uint32_t i = 0; i < deck->n_owned; i++)
        if (!deck->met[i])
            add_edge(d, deck->owner[i], add_node(d, (uint32_t)peel_weight(1), d->n_edges));
    d->singles = deck->n_ends - d->n_edges;
    list_columns(d);
}

/* ---- both ---------------------------------------------------------------------------------- */

/* While one graph is peeled the next is drawn. */
struct chance {
    struct deck deck;
    struct drawn drawn[2];
    struct worker peeler;
};

static void chance_fini(struct chance *chance)
{
    worker_stop(&chance->peeler);
    deck_fini(&chance->deck);
    drawn_fini(&chance->drawn[0]);
    drawn_fini(&chance->drawn[1]);
}

enum status chance_density(int64_t *density, const struct peel_graph *graph, uint32_t shuffles,
                           uint64_t seed, uint64_t stream)
{
    AUTO(chance_fini) struct chance chance = { 0 };
    struct deck *deck = &chance.deck;
    size_t n_edges;
    int64_t sum = 0;

    TRY(deck_init(deck, graph));
    n_edges = deck->n_owned + (size_t)deck->n_columned;
    if (deck->n_heavy + n_edges >= LAST)
        return fail(STATUS_LIMIT, "a drawn graph has at most 2,147,483,647 nodes");
    for (int i = 0; i < 2; i++)
        TRY(drawn_init(&chance.drawn[i], deck->n_heavy + n_edges, n_edges));
    chance.peeler.alone = deck->n_ends < ENDS_FOR_THREADS;
    for (uint32_t i = 0; i < shuffles; i++) {
        struct drawn *drawn = &chance.drawn[i % 2];
        struct rng rng = rng_at(seed, stream, i);

        draw(drawn, deck, &rng);
        TRY(worker_join(&chance.peeler));
        sum += i ? chance.drawn[(i + 1) % 2].density : 0;
        worker_start(&chance.peeler, peel, drawn);
    }
    TRY(worker_join(&chance.peeler));
    sum += shuffles ? chance.drawn[(shuffles + 1) % 2].density : 0;
    *density = shuffles ? sum / shuffles : 0;
    return STATUS_OK;
}
