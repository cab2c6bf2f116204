/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The community step finds planted communities, and its parts are connected.
 *
 * RINGFENCE_LFR=100000 runs the large benchmark and prints its figures.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/rng.h"
#include "base/time.h"
#include "tests/support/leaks.h"
#include "tests/support/lfr.h"

TestSuite(community, .fini = leaks_check);

#define RESOLUTION 0.05 /* of D4 */
#define TRIES 4

static uint32_t n_parts(const uint32_t *part, uint32_t n)
{
    uint32_t most = 0;

    for (uint32_t i = 0; i < n; i++)
        most = part[i] >= most ? part[i] + 1 : most;
    return most;
}

/* Spreads the smallest node of each part over the edges inside it, until nothing changes. */
static bool parts_are_connected(const uint32_t *part, uint32_t n,
                                const struct weighted_edge *edges, size_t n_edges)
{
    uint32_t *name = malloc((n + 1) * sizeof *name), *seen = malloc((n + 1) * sizeof *seen);
    bool grown = true, connected = true;

    for (uint32_t i = 0; i < n; i++)
        name[i] = i;
    while (grown) {
        grown = false;
        for (size_t e = 0; e < n_edges; e++) {
            uint32_t a = edges[e].a, b = edges[e].b;

            if (part[a] != part[b] || name[a] == name[b])
                continue;
            name[a] = name[b] = name[a] < name[b] ? name[a] : name[b];
            grown = true;
        }
    }
    memset(seen, 0xff, (n + 1) * sizeof *seen);
    for (uint32_t i = 0; i < n; i++) {
        if (seen[part[i]] == UINT32_MAX)
            seen[part[i]] = name[i];
        connected &= seen[part[i]] == name[i];
    }
    free(name);
    free(seen);
    return connected;
}

static double find(const struct lfr_options *options, bool talk)
{
    struct lfr lfr;
    uint32_t *part;
    double index;
    int64_t started_us;

    lfr_make(&lfr, options);
    part = malloc(lfr.n * sizeof *part);
    started_us = time_monotonic_us();
    cr_assert_eq(community_leiden(part, lfr.n, lfr.edges, lfr.n_edges, RESOLUTION, TRIES, 1),
                 STATUS_OK);
    cr_assert(parts_are_connected(part, lfr.n, lfr.edges, lfr.n_edges));
    index = adjusted_rand_index(part, lfr.community, lfr.n);
    if (talk)
        fprintf(stderr,
                "LFR: %u nodes, %zu edges, %u communities, mixing %.3f: %u parts, adjusted Rand "
                "index %.4f, %.2f s\n", lfr.n, lfr.n_edges, lfr.n_communities, lfr_mixing(&lfr),
                n_parts(part, lfr.n), index,
                (double)(time_monotonic_us() - started_us) / 1e6);
    free(part);
    lfr_fini(&lfr);
    return index;
}

Test(community, planted_communities_are_found)
{
    const char *large = getenv("RINGFENCE_LFR");

    for (uint64_t seed = 1; seed <= (large ? 1 : 3); seed++) {
        struct lfr_options options = LFR_OPTIONS;
        double index;

        options.seed = seed;
        if (large)
            options.n = (uint32_t)atol(large);
        index = find(&options, large);
        cr_assert_geq(index, 0.99, "seed %lu: adjusted Rand index %f", (unsigned long)seed, index);
    }
}

/* No two of these are worth joining: igraph's own loop does not end here. */
Test(community, where_nothing_merges_each_is_alone)
{
    const struct weighted_edge chain[] = { { 0, 1, 0.5 }, { 1, 2, 0.5 }, { 2, 3, 0.5 },
                                           { 3, 4, 0.5 }, { 4, 5, 0.5 } };
    uint32_t part[6];

    for (double resolution = 1; resolution <= 100; resolution *= 10) {
        cr_assert_eq(community_leiden(part, 6, chain, 5, resolution, TRIES, 1), STATUS_OK);
        for (uint32_t i = 0; i < 6; i++)
            cr_assert_eq(part[i], i, "resolution %g: node %u", resolution, i);
    }
}

Test(community, the_generator_keeps_its_word)
{
    struct lfr_options options = LFR_OPTIONS;
    struct lfr lfr;
    uint32_t *degree;
    double mean;

    lfr_make(&lfr, &options);
    degree = calloc(lfr.n, sizeof *degree);
    for (size_t e = 0; e < lfr.n_edges; e++) {
        cr_assert_neq(lfr.edges[e].a, lfr.edges[e].b);
        degree[lfr.edges[e].a]++;
        degree[lfr.edges[e].b]++;
    }
    mean = 2.0 * (double)lfr.n_edges / lfr.n;
    cr_assert(mean > 19 && mean < 21, "mean degree %f", mean);
    cr_assert(lfr_mixing(&lfr) > 0.28 && lfr_mixing(&lfr) < 0.32);
    cr_assert(lfr.n_communities > 80 && lfr.n_communities < 125, "%u", lfr.n_communities);
    for (uint32_t i = 0; i < lfr.n; i++)
        cr_assert_leq(degree[i], options.max_degree + 1);
    free(degree);
    lfr_fini(&lfr);
}

Test(community, the_index_knows_same_and_chance)
{
    uint32_t a[1000], b[1000];
    struct rng rng = rng_new(1);

    for (uint32_t i = 0; i < 1000; i++) {
        a[i] = (uint32_t)rng_below(&rng, 10);
        b[i] = 9 - a[i];
    }
    cr_assert_float_eq(adjusted_rand_index(a, b, 1000), 1, 1e-12);
    for (uint32_t i = 0; i < 1000; i++)
        b[i] = (uint32_t)rng_below(&rng, 10);
    cr_assert_float_eq(adjusted_rand_index(a, b, 1000), 0, 0.02);
    /* Worked example: (5 - 36 / 15) / ((6 + 6) / 2 - 36 / 15), pairs of six in {3, 3}. */
    cr_assert_float_eq(adjusted_rand_index((uint32_t[]){ 0, 0, 0, 1, 1, 1 },
                                           (uint32_t[]){ 0, 0, 1, 1, 2, 2 }, 6),
                       (2 - 6.0 * 3 / 15) / ((6 + 3) / 2.0 - 6.0 * 3 / 15), 1e-12);
}
