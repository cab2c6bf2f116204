/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "graph/analytics/community.h"

#include <igraph.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/sets.h"

#define ITERATIONS_MAX 100 /* a handful is usual */

static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;
static char reason[256];

/* Called once per frame while igraph unwinds: the first message is the one that says why. */
static void keep_reason(const char *why, const char *file, int line, igraph_error_t code)
{
    (void)file;
    (void)line;
    (void)code;
    if (!reason[0])
        snprintf(reason, sizeof reason, "%s", why);
    IGRAPH_FINALLY_FREE();
}

static void ignore_warning(const char *why, const char *file, int line)
{
    (void)why;
    (void)file;
    (void)line;
}

static void enter(void)
{
    pthread_mutex_lock(&one_at_a_time);
    igraph_set_error_handler(keep_reason);
    igraph_set_warning_handler(ignore_warning);
    reason[0] = 0;
}

static void leave(void)
{
    pthread_mutex_unlock(&one_at_a_time);
}

static enum status from_igraph(igraph_error_t code)
{
    if (code == IGRAPH_SUCCESS)
        return STATUS_OK;
    return fail(code == IGRAPH_ENOMEM ? STATUS_NO_MEMORY : STATUS_LIMIT,
                "igraph: %s", reason[0] ? reason : igraph_strerror(code));
}

static enum status make_graph(igraph_t *graph, igraph_vector_t *weights, uint32_t n,
                              const struct weighted_edge *edges, size_t n_edges)
{
    AUTO(igraph_vector_int_destroy) igraph_vector_int_t ends = { 0 };

    TRY(from_igraph(igraph_vector_int_init(&ends, (igraph_integer_t)(2 * n_edges))));
    TRY(from_igraph(igraph_vector_resize(weights, (igraph_integer_t)n_edges)));
    for (size_t i = 0; i < n_edges; i++) {
        VECTOR(ends)[2 * i] = edges[i].a;
        VECTOR(ends)[2 * i + 1] = edges[i].b;
        VECTOR(*weights)[i] = edges[i].weight;
    }
    return from_igraph(igraph_create(graph, &ends, n, IGRAPH_UNDIRECTED));
}

/*
 * One partition: iterations as long as they raise the quality. igraph's own "until nothing changes"
 * never ends where no two nodes merge (0.10.2), hence one iteration a call.
 */
static enum status leiden_once(igraph_vector_int_t *membership, igraph_real_t *quality,
                               const igraph_t *graph, const igraph_vector_t *weights,
                               double resolution)
{
    igraph_real_t last = -INFINITY;

    for (int i = 0; i < ITERATIONS_MAX; i++) {
        TRY(from_igraph(igraph_community_leiden(graph, weights, NULL, resolution, 0.01, i > 0, 1,
                                                membership, NULL, quality)));
        if (*quality <= last)
            return STATUS_OK;
        last = *quality;
    }
    return STATUS_OK;
}

static enum status leiden_best(igraph_vector_int_t *best, const igraph_t *graph,
                               const igraph_vector_t *weights, double resolution, uint32_t tries,
                               uint64_t seed)
{
    AUTO(igraph_vector_int_destroy) igraph_vector_int_t membership = { 0 };
    double best_quality = 0;

    TRY(from_igraph(igraph_vector_int_init(&membership, 0)));
    for (uint32_t i = 0; i < tries; i++) {
        igraph_real_t quality = 0;

        TRY(from_igraph(igraph_rng_seed(igraph_rng_default(), (igraph_uint_t)(seed + i))));
        TRY(leiden_once(&membership, &quality, graph, weights, resolution));
        if (i && quality <= best_quality)
            continue;
        best_quality = quality;
        TRY(from_igraph(igraph_vector_int_update(best, &membership)));
    }
    return STATUS_OK;
}

/* Components inside the parts found; the smallest node of each becomes its root. */
static enum status number_parts(uint32_t *part, uint32_t n, const struct weighted_edge *edges,
                                size_t n_edges, const igraph_vector_int_t *found)
{
    AUTO(free_ptr) uint32_t *sets = NULL;
    uint32_t next = 0;

    TRY(sets_init(&sets, n));
    for (size_t i = 0; i < n_edges; i++)
        if (VECTOR(*found)[edges[i].a] == VECTOR(*found)[edges[i].b])
            sets_join(sets, edges[i].a, edges[i].b);
    for (uint32_t i = 0; i < n; i++)
        part[i] = sets_find(sets, i) == i ? next++ : part[sets_find(sets, i)];
    return STATUS_OK;
}

static enum status leiden(uint32_t *part, uint32_t n, const struct weighted_edge *edges,
                          size_t n_edges, double resolution, uint32_t tries, uint64_t seed)
{
    AUTO(igraph_vector_destroy) igraph_vector_t weights = { 0 };
    AUTO(igraph_vector_int_destroy) igraph_vector_int_t best = { 0 };
    AUTO(igraph_destroy) igraph_t graph = { 0 };

    TRY(from_igraph(igraph_vector_init(&weights, 0)));
    TRY(from_igraph(igraph_vector_int_init(&best, 0)));
    TRY(make_graph(&graph, &weights, n, edges, n_edges));
    TRY(leiden_best(&best, &graph, &weights, resolution, tries, seed));
    return number_parts(part, n, edges, n_edges, &best);
}

enum status community_leiden(uint32_t *part, uint32_t n, const struct weighted_edge *edges,
                             size_t n_edges, double resolution, uint32_t tries, uint64_t seed)
{
    enum status status;

    enter();
    status = leiden(part, n, edges, n_edges, resolution, tries, seed);
    leave();
    return status;
}
