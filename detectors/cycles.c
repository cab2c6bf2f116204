/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "detectors/cycles.h"

#include <stdlib.h>

#include "base/buf.h"

#define FAR 255

struct cycle_search {
    const struct cycle_graph *graph;
    uint32_t *in_first, *in_edge, *in_from; /* edges by their end */
    unsigned char *distance;  /* edges back to the start; FAR: too far or not allowed */
    unsigned char *lock;      /* a node is entered only by paths shorter than its lock */
    unsigned char *on_path;
    unsigned char *waiting;   /* per edge v->w: v failed and waits for w to be unlocked */
    uint32_t *seen;           /* nodes with a distance */
    uint32_t n_seen;
    uint32_t *failed;         /* nodes whose edges wait */
    uint32_t n_failed;
    unsigned char *has_failed;
    uint64_t steps;
    /* Of the call at hand. */
    struct cycle_options options;
    uint64_t steps_end;
    uint32_t start;
    uint32_t path[CYCLE_LENGTH_MAX];
    uint32_t length;
    bool cut;
    cycle_visit *visit;
    void *context;
};

void cycle_search_free(struct cycle_search *s)
{
    if (!s)
        return;
    free(s->in_first);
    free(s->in_edge);
    free(s->in_from);
    free(s->distance);
    free(s->lock);
    free(s->on_path);
    free(s->waiting);
    free(s->seen);
    free(s->failed);
    free(s->has_failed);
    free(s);
}

void cycle_search_freep(struct cycle_search **search)
{
    cycle_search_free(*search);
}

static void index_ends(struct cycle_search *s)
{
    const struct cycle_graph *graph = s->graph;
    uint32_t n_edges = graph->first[graph->n];

    for (uint32_t e = 0; e < n_edges; e++)
        s->in_first[graph->to[e] + 2]++;
    for (uint32_t i = 1; i < graph->n + 2; i++)
        s->in_first[i] += s->in_first[i - 1];
    for (uint32_t v = 0; v < graph->n; v++)
        for (uint32_t e = graph->first[v]; e < graph->first[v + 1]; e++) {
            uint32_t at = s->in_first[graph->to[e] + 1]++;

            s->in_edge[at] = e;
            s->in_from[at] = v;
        }
}

enum status cycle_search_new(struct cycle_search **out, const struct cycle_graph *graph)
{
    AUTO(cycle_search_freep) struct cycle_search *s = calloc(1, sizeof *s);
    size_t n = graph->n + (size_t)2, n_edges = graph->first[graph->n] + (size_t)1;

    if (!s)
        return fail_memory(sizeof *s);
    s->graph = graph;
    s->in_first = calloc(n + 1, sizeof *s->in_first);
    s->in_edge = calloc(n_edges, sizeof *s->in_edge);
    s->in_from = calloc(n_edges, sizeof *s->in_from);
    s->distance = malloc(n);
    s->lock = calloc(n, 1);
    s->on_path = calloc(n, 1);
    s->waiting = calloc(n_edges, 1);
    s->seen = calloc(n, sizeof *s->seen);
    s->failed = calloc(n, sizeof *s->failed);
    s->has_failed = calloc(n, 1);
    if (!s->in_first || !s->in_edge || !s->in_from || !s->distance || !s->lock || !s->on_path ||
        !s->waiting || !s->seen || !s->failed || !s->has_failed)
        return fail_memory(n * sizeof *s->seen);
    memset(s->distance, FAR, n);
    index_ends(s);
    *out = s;
    s = NULL;
    return STATUS_OK;
}

uint64_t cycle_steps(const struct cycle_search *s)
{
    return s->steps;
}

static bool out_of_steps(struct cycle_search *s)
{
    if (s->steps < s->steps_end)
        return false;
    s->cut = true;
    return true;
}

/* Breadth-first, backwards from the start, over nodes from `lowest` up. */
static void measure(struct cycle_search *s, uint32_t lowest)
{
    s->n_seen = 0;
    s->seen[s->n_seen++] = s->start;
    s->distance[s->start] = 0;
    for (uint32_t i = 0; i < s->n_seen; i++) {
        uint32_t node = s->seen[i];

        if (s->distance[node] + 1u >= s->options.max_length)
            break;
        for (uint32_t at = s->in_first[node]; at < s->in_first[node + 1]; at++) {
            uint32_t from = s->in_from[at];

            s->steps++;
            if (from < lowest || s->distance[from] != FAR)
                continue;
            s->distance[from] = (unsigned char)(s->distance[node] + 1);
            s->lock[from] = (unsigned char)s->options.max_length;
            s->seen[s->n_seen++] = from;
        }
        if (out_of_steps(s))
            return;
    }
}

/*
 * The node may have found no way home, or not the shortest, because the path lay across it: it
 * waits until one of those it leads to finds one. (The paper has only nodes without any way wait;
 * then a cycle is missed where a node's shorter way was blocked and its longer one was not.)
 */
static void wait(struct cycle_search *s, uint32_t node)
{
    uint32_t first = s->graph->first[node];

    memset(s->waiting + first, 1, s->graph->first[node + 1] - first);
    if (!s->has_failed[node])
        s->failed[s->n_failed++] = node;
    s->has_failed[node] = 1;
}

static void forget(struct cycle_search *s)
{
    for (uint32_t i = 0; i < s->n_seen; i++)
        s->distance[s->seen[i]] = FAR;
    while (s->n_failed) {
        uint32_t node = s->failed[--s->n_failed], first = s->graph->first[node];

        memset(s->waiting + first, 0, s->graph->first[node + 1] - first);
        s->has_failed[node] = 0;
    }
}

/* The node can get back in `back` edges: let shorter paths in, and those who waited for it. */
static void relax(struct cycle_search *s, uint32_t node, uint32_t back)
{
    uint32_t open = s->options.max_length - back + 1;

    if (back >= s->options.max_length || s->lock[node] >= open)
        return;
    s->lock[node] = (unsigned char)open;
    s->steps += s->in_first[node + 1] - s->in_first[node];
    for (uint32_t at = s->in_first[node]; at < s->in_first[node + 1]; at++)
        if (s->waiting[s->in_edge[at]] && !s->on_path[s->in_from[at]])
            relax(s, s->in_from[at], back + 1);
}

static enum status extend(struct cycle_search *s, uint32_t node, uint32_t *back);

/* One edge of the path's last node; *back falls to the shortest way home found. */
static enum status try_edge(struct cycle_search *s, uint32_t other, uint32_t *back)
{
    uint32_t way = s->options.max_length;

    s->steps++;
    if (other == s->start) {
        *back = 1;
        return s->length >= s->options.min_length ? s->visit(s->context, s->path, s->length)
                                                  : STATUS_OK;
    }
    if (s->distance[other] == FAR || s->length + s->distance[other] > s->options.max_length ||
        s->length >= s->lock[other])
        return STATUS_OK;
    TRY(extend(s, other, &way));
    if (way + 1 < *back)
        *back = way + 1;
    return STATUS_OK;
}

static enum status extend(struct cycle_search *s, uint32_t node, uint32_t *back)
{
    const struct cycle_graph *graph = s->graph;
    enum status status = STATUS_OK;

    s->lock[node] = (unsigned char)s->length; /* never again as deep, unless relaxed */
    s->path[s->length++] = node;
    s->on_path[node] = 1;
    for (uint32_t e = graph->first[node];
         e < graph->first[node + 1] && status == STATUS_OK && !out_of_steps(s); e++)
        status = try_edge(s, graph->to[e], back);
    s->on_path[node] = 0;
    s->length--;
    if (*back < s->options.max_length)
        relax(s, node, *back);
    wait(s, node);
    return status;
}

static enum status search_from(struct cycle_search *s, uint32_t start, uint32_t lowest)
{
    uint32_t back;
    enum status status;

    s->start = start;
    s->length = 0;
    measure(s, lowest);
    back = s->options.max_length;
    s->lock[start] = 0;
    status = s->cut ? STATUS_OK : extend(s, start, &back);
    forget(s);
    return status;
}

static void prepare(struct cycle_search *s, const struct cycle_options *options,
                    cycle_visit *visit, void *context)
{
    s->options = *options;
    s->steps_end = s->steps + options->max_steps;
    s->cut = false;
    s->visit = visit;
    s->context = context;
}

enum status cycles_all(bool *complete, struct cycle_search *s,
                       const struct cycle_options *options, cycle_visit *visit, void *context)
{
    enum status status = STATUS_OK;

    prepare(s, options, visit, context);
    for (uint32_t i = 0; i < s->graph->n && status == STATUS_OK && !s->cut; i++)
        status = search_from(s, i, i);
    *complete = status == STATUS_OK && !s->cut;
    return status == STATUS_END ? STATUS_OK : status;
}

enum status cycles_through(bool *complete, struct cycle_search *s, uint32_t node,
                           const struct cycle_options *options, cycle_visit *visit, void *context)
{
    enum status status;

    prepare(s, options, visit, context);
    status = search_from(s, node, 0);
    *complete = status == STATUS_OK && !s->cut;
    return status == STATUS_END ? STATUS_OK : status;
}
