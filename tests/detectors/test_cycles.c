/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cycles: each once, none missed, and no walking of dead ends again and again. */
#include "detectors/cycles.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/rng.h"
#include "tests/support/leaks.h"

TestSuite(cycles, .fini = leaks_check);

#define N_MAX 512

/* A graph as a matrix, and as the search wants it. */
struct net {
    uint32_t n;
    bool edge[N_MAX][N_MAX];
    uint32_t first[N_MAX + 1];
    uint32_t to[N_MAX * N_MAX];
};

static struct cycle_graph pack(struct net *net)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < net->n; i++) {
        net->first[i] = n;
        for (uint32_t k = 0; k < net->n; k++)
            if (net->edge[i][k])
                net->to[n++] = k;
    }
    net->first[net->n] = n;
    return (struct cycle_graph){ net->n, net->first, net->to };
}

/* How many cycles a plain search finds that go on from `path` with larger nodes. */
static uint64_t count_slowly(const struct net *net, uint32_t *path, uint32_t length,
                             const struct cycle_options *options)
{
    uint64_t n = 0;

    for (uint32_t next = path[0]; next < net->n; next++) {
        bool on_path = false;

        if (!net->edge[path[length - 1]][next])
            continue;
        for (uint32_t i = 1; i < length; i++)
            on_path |= path[i] == next;
        if (next == path[0]) {
            n += length >= options->min_length;
        } else if (!on_path && length < options->max_length) {
            path[length] = next;
            n += count_slowly(net, path, length + 1, options);
        }
    }
    return n;
}

struct seen {
    const struct net *net;
    uint32_t last[CYCLE_LENGTH_MAX];
    uint32_t last_length;
    uint64_t n;
    bool good;
};

/* Smaller than the one before it, in the order that is promised? */
static bool comes_after(const struct seen *seen, const uint32_t *nodes, uint32_t length)
{
    for (uint32_t i = 0; i < length && i < seen->last_length; i++)
        if (nodes[i] != seen->last[i])
            return nodes[i] > seen->last[i];
    return length != seen->last_length;
}

static enum status see(void *context, const uint32_t *nodes, uint32_t length)
{
    struct seen *seen = context;

    for (uint32_t i = 0; i < length; i++) {
        seen->good &= seen->net->edge[nodes[i]][nodes[(i + 1) % length]];
        for (uint32_t k = 0; k < i; k++)
            seen->good &= nodes[i] != nodes[k];
        seen->good &= nodes[i] >= nodes[0];
    }
    seen->good &= comes_after(seen, nodes, length) || !seen->n || nodes[0] > seen->last[0] ||
                  length < seen->last_length;
    memcpy(seen->last, nodes, length * sizeof *nodes);
    seen->last_length = length;
    seen->n++;
    return STATUS_OK;
}

Test(cycles, all_are_found_and_each_once)
{
    static struct net net;

    for (uint64_t seed = 1; seed <= 1500; seed++) {
        struct rng rng = rng_new(seed);
        AUTO(cycle_search_freep) struct cycle_search *search = NULL;
        struct cycle_options options = { 2 + (uint32_t)rng_below(&rng, 2),
                                         2 + (uint32_t)rng_below(&rng, 7), UINT64_MAX / 2 };
        struct seen seen = { .net = &net, .good = true };
        struct cycle_graph graph;
        uint64_t wanted = 0;
        uint32_t path[CYCLE_LENGTH_MAX], dense = 2 + (uint32_t)rng_below(&rng, 5);
        bool complete;

        memset(&net, 0, sizeof net);
        net.n = 2 + (uint32_t)rng_below(&rng, 8);
        for (uint32_t i = 0; i < net.n; i++)
            for (uint32_t k = 0; k < net.n; k++)
                net.edge[i][k] = i != k && rng_chance(&rng, dense, 8);
        graph = pack(&net);
        for (path[0] = 0; path[0] < net.n; path[0]++)
            wanted += count_slowly(&net, path, 1, &options);
        cr_assert_eq(cycle_search_new(&search, &graph), STATUS_OK);
        cr_assert_eq(cycles_all(&complete, search, &options, see, &seen), STATUS_OK);
        cr_assert(complete && seen.good, "seed %lu", (unsigned long)seed);
        cr_assert_eq(seen.n, wanted, "seed %lu: %lu cycles, %lu by plain search",
                     (unsigned long)seed, (unsigned long)seen.n, (unsigned long)wanted);
        /* Output-sensitive: the work is bounded by what is found, not by the paths there are. */
        cr_assert_leq(cycle_steps(search), (wanted + net.n) * 3 * options.max_length *
                                               (graph.first[net.n] + 1), "seed %lu",
                      (unsigned long)seed);
    }
}

/*
 * s -> g -> layers, each wholly tied to the next -> g -> s: the only way home is g, which every
 * path has passed, so all of the width^layers paths are dead ends.
 */
static void layered(struct net *net, uint32_t width, uint32_t layers)
{
    memset(net, 0, sizeof *net);
    net->n = 2 + width * layers;
    net->edge[0][1] = net->edge[1][0] = true;
    for (uint32_t i = 0; i < width; i++) {
        net->edge[1][2 + i] = true;
        net->edge[2 + width * (layers - 1) + i][1] = true;
        for (uint32_t k = 0; k < width; k++)
            for (uint32_t layer = 0; layer + 1 < layers; layer++)
                net->edge[2 + width * layer + i][2 + width * (layer + 1) + k] = true;
    }
}

Test(cycles, dead_ends_are_not_walked_again)
{
    static struct net net;

    for (uint32_t layers = 2; layers <= 20; layers += 3) {
        AUTO(cycle_search_freep) struct cycle_search *search = NULL;
        struct cycle_options options = { 3, CYCLE_LENGTH_MAX, UINT64_MAX / 2 };
        struct seen seen = { .net = &net, .good = true };
        struct cycle_graph graph;
        bool complete;

        layered(&net, 20, layers);
        graph = pack(&net);
        cr_assert_eq(cycle_search_new(&search, &graph), STATUS_OK);
        cr_assert_eq(cycles_through(&complete, search, 0, &options, see, &seen), STATUS_OK);
        cr_assert(complete);
        cr_assert_eq(seen.n, 0);
        cr_assert_leq(cycle_steps(search), (uint64_t)4 * graph.first[net.n],
                      "%u layers: %lu steps over %u edges", layers,
                      (unsigned long)cycle_steps(search), graph.first[net.n]);
    }
}

/* The bound on steps counts all work, so that a hub on every cycle cannot hide any. */
Test(cycles, a_hub_on_every_cycle_stays_inside_the_bound)
{
    static struct net net;
    AUTO(cycle_search_freep) struct cycle_search *search = NULL;
    struct cycle_options options = { 3, 6, 100000 };
    struct seen seen = { .net = &net, .good = true };
    struct cycle_graph graph;
    bool complete;

    memset(&net, 0, sizeof net);
    net.n = N_MAX;
    for (uint32_t i = 1; i < N_MAX; i++) {
        net.edge[0][i] = net.edge[i][0] = true;
        net.edge[i][1 + i % (N_MAX - 1)] = true;
    }
    graph = pack(&net);
    cr_assert_eq(cycle_search_new(&search, &graph), STATUS_OK);
    cr_assert_eq(cycles_all(&complete, search, &options, see, &seen), STATUS_OK);
    cr_assert_leq(cycle_steps(search), options.max_steps + 4 * N_MAX);
    cr_assert(!complete || seen.good);
}
