/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a moment should show, worked out from the list, beside what the graph shows. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/graph/model_private.h"

/* When a commit became durable; a writer's own one: not yet. */
static bool time_of(int64_t *us, struct model *m, struct graph_txn *txn, uint64_t commit_seq)
{
    size_t before = m->times_capacity;
    enum status status;

    OK(array_reserve(&m->commit_times, &m->times_capacity, commit_seq + 1));
    for (size_t i = before; i < m->times_capacity; i++)
        m->commit_times[i] = 0;
    if (m->commit_times[commit_seq] == 0) {
        status = txn_commit_time(&m->commit_times[commit_seq], txn, commit_seq);
        if (status != STATUS_NOT_FOUND)
            OK(status);
    }
    *us = m->commit_times[commit_seq] ? m->commit_times[commit_seq] : TIME_MAX;
    return true;
}

static bool sees(bool *is, struct model *m, struct graph_txn *txn, uint64_t born, int64_t observed)
{
    const struct moment *at = txn_moment(txn);

    *is = born <= at->commit_seq;
    if (!*is || at->known_at_us == TIME_MAX)
        return true;
    if (observed == TIME_MIN && !time_of(&observed, m, txn, born))
        return false;
    *is = observed <= at->known_at_us;
    return true;
}

/* What the moment shows of an edge: a version, or NONE. */
static bool edge_at(size_t *out, struct model *m, struct graph_txn *txn,
                    const struct listed_edge *edge)
{
    bool is = false;

    for (*out = edge->newest; *out != NONE; *out = m->versions[*out].older) {
        const struct version *v = &m->versions[*out];

        if (!sees(&is, m, txn, v->born, v->observed))
            return false;
        if (is)
            break;
    }
    if (*out == NONE || *out != edge->newest || !m->versions[*out].ended)
        return true;
    if (!sees(&is, m, txn, m->versions[*out].ended, TIME_MIN))
        return false;
    if (is)
        *out = NONE;
    return true;
}

struct expected {
    const struct listed_edge *edge;
    const struct version *version;
};

static int expected_order(const void *a, const void *b)
{
    const struct expected *l = a, *r = b;

    if (l->version->valid_from != r->version->valid_from)
        return l->version->valid_from < r->version->valid_from ? -1 : 1;
    return (l->edge->id > r->edge->id) - (l->edge->id < r->edge->id);
}

/* Those of a node that the scan should meet, in its order. */
static bool expect_edges(struct expected *out, size_t *n, struct model *m, struct graph_txn *txn,
                         int node, uint32_t type, const struct edge_scan *scan)
{
    *n = 0;
    for (size_t i = 0; i < m->n_edges; i++) {
        const struct listed_edge *edge = &m->edges[i];
        size_t at;

        if (edge->type != type ||
            (scan->direction == DIRECTION_OUT ? edge->from : edge->to) != node)
            continue;
        if (!edge_at(&at, m, txn, edge))
            return false;
        if (at == NONE || m->versions[at].valid_from < scan->from_us ||
            (m->versions[at].valid_from >= scan->before_us && scan->before_us != TIME_MAX))
            continue;
        out[(*n)++] = (struct expected){ edge, &m->versions[at] };
    }
    qsort(out, *n, sizeof *out, expected_order);
    return true;
}

static bool compare_edge(struct model *m, struct graph_txn *txn, struct edge *edge,
                         const struct expected *expected)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    const struct version *v = expected->version;
    struct value weight;
    char key[16];

    EXPECT(edge->id.value == expected->edge->id, "edge %llu where %llu was expected",
           (unsigned long long)edge->id.value, (unsigned long long)expected->edge->id);
    EXPECT(edge->valid_from_us == v->valid_from && edge->valid_to_us == v->valid_to,
           "edge %llu has other times", (unsigned long long)edge->id.value);
    EXPECT(edge->observed_us == v->observed && edge->born == v->born,
           "edge %llu shows another version", (unsigned long long)edge->id.value);
    EXPECT(edge->from.value == m->nodes[expected->edge->from].value &&
               edge->to.value == m->nodes[expected->edge->to].value,
           "edge %llu has other ends", (unsigned long long)edge->id.value);
    OK(edge_property(&weight, &arena, txn, edge, m->weight));
    EXPECT(weight.integer == v->weight, "edge %llu has another weight",
           (unsigned long long)edge->id.value);
    snprintf(key, sizeof key, "k%d", expected->edge->key);
    EXPECT(edge->has_key == (expected->edge->key >= 0) &&
               (!edge->has_key || slice_equal(edge->key, slice_str(key))),
           "edge %llu has another key", (unsigned long long)edge->id.value);
    return true;
}

static bool compare_scan(struct model *m, struct graph_txn *txn, const struct node *node,
                         const struct edge_scan *scan, const struct expected *expected, size_t n)
{
    AUTO(edge_iter_stop) struct edge_iter it = { 0 };
    uint64_t n_counted;
    size_t at = 0;

    for (edge_iter_start(&it, txn, node, scan); edge_iter_next(&it); at++) {
        EXPECT(at < n, "more edges than the %zu expected", n);
        if (!compare_edge(m, txn, &it.edge, &expected[scan->newest_first ? n - 1 - at : at]))
            return false;
    }
    OK(it.status);
    EXPECT(at == n, "%zu edges where %zu were expected", at, n);
    OK(edge_count(&n_counted, txn, node, scan));
    EXPECT(n_counted == n, "counted %llu where %zu were expected",
           (unsigned long long)n_counted, n);
    return true;
}

bool model_node_at(const struct version **out, struct model *m, struct graph_txn *txn, int node,
                   int64_t as_of)
{
    const struct version *best = NULL;

    for (size_t i = m->node_versions[node]; i != NONE; i = m->versions[i].older) {
        const struct version *v = &m->versions[i];
        bool is;

        if (!sees(&is, m, txn, v->born, v->observed))
            return false;
        if (is && v->valid_from <= as_of &&
            (!best || v->born > best->born ||
             (v->born == best->born && v->valid_from > best->valid_from)))
            best = v;
    }
    *out = best && !best->deleted ? best : NULL;
    return true;
}

static bool compare_version(struct model *m, int node, const struct node *loaded,
                            enum status status, const struct version *expected)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    struct value weight;

    EXPECT((status == STATUS_OK) == (expected != NULL), "node %d: %s", node, status_name(status));
    if (status == STATUS_NOT_FOUND)
        return true;
    OK(status);
    OK(node_property(&weight, &arena, loaded, m->weight));
    EXPECT(weight.integer == expected->weight && loaded->born == expected->born &&
               loaded->valid_from_us == expected->valid_from,
           "node %d shows another version", node);
    return true;
}

/* What the moment shows of a node; and, where it has not begun, what it will be. */
static bool compare_node(struct model *m, struct graph_txn *txn, int node, struct node *loaded)
{
    const struct version *now, *later;
    struct node begun;

    if (!model_node_at(&now, m, txn, node, txn_moment(txn)->as_of_us) ||
        !model_node_at(&later, m, txn, node, TIME_MAX))
        return false;
    EXPECT(!txn_all_begun(txn) || !now == !later, "node %d is yet to begin", node);
    return compare_version(m, node, &begun, node_load(&begun, txn, m->nodes[node]), now) &&
           compare_version(m, node, loaded, node_load_whenever(loaded, txn, m->nodes[node]),
                           now ? now : later);
}

/* A key leads to the first of the nodes it led to that had not ended at the moment. */
static bool compare_key(struct model *m, struct graph_txn *txn, int node)
{
    bool back = txn_moment(txn)->known_at_us != TIME_MAX ||
                txn_moment(txn)->commit_seq < txn_counts(txn).commit_seq;
    const struct version *now, *later;
    struct node_id id;
    char key[8];
    int at = node, last = node;

    while (m->merged_into[last] >= 0)
        last = m->merged_into[last];
    for (; at != last; at = m->merged_into[at]) {
        if (!model_node_at(&now, m, txn, at, txn_moment(txn)->as_of_us) ||
            !model_node_at(&later, m, txn, at, TIME_MAX))
            return false;
        if (back && (now || later))
            break;
    }
    OK(node_find(&id, txn, m->label, model_key(key, node)));
    EXPECT(id.value == m->nodes[at].value, "key n%d leads to node %llu, not to that of n%d", node,
           (unsigned long long)id.value, at);
    return true;
}

/* The last day, the clock's, one of those on which things happen, or one that lies ahead. */
static int64_t random_time(struct model *m)
{
    int64_t day = (int64_t)below(m, 220);

    switch (below(m, 6)) {
    case 0:
    case 1:
        return TIME_MAX;
    case 2:
    case 3:
        return time_now_us();
    case 4:
        return day * DAY;
    default:
        return (AHEAD_DAYS + day) * DAY;
    }
}

/* Now, an earlier commit, what was known earlier, or both; the world's time at random. */
static bool random_moment(struct moment *out, struct model *m)
{
    uint64_t kind = below(m, 4);

    *out = (struct moment){ random_time(m), TIME_MAX, 0 };
    if (kind & 1)
        out->commit_seq = 2 + below(m, m->commit - 1);
    if (!(kind & 2))
        return true;
    out->known_at_us = (int64_t)below(m, 450) * DAY;
    if (below(m, 2)) {
        AUTO(txn_endp) struct graph_txn *txn = NULL;

        OK(graph_read(&txn, m->graph, NULL));
        return time_of(&out->known_at_us, m, txn, 2 + below(m, m->commit - 1));
    }
    return true;
}

static bool compare_random(struct model *m, struct graph_txn *txn)
{
    uint32_t type = (uint32_t)below(m, N_TYPES);
    bool whole = below(m, 2);
    int64_t start = ((int64_t)below(m, 210) + (below(m, 4) ? 0 : AHEAD_DAYS)) * DAY;
    struct edge_scan scan = {
        .type = m->types[type], .direction = below(m, 2) ? DIRECTION_OUT : DIRECTION_IN,
        .from_us = whole ? TIME_MIN : start,
        .before_us = whole ? TIME_MAX : start + (int64_t)below(m, 60) * DAY,
        .newest_first = below(m, 2) };
    bool hub = below(m, 100) < m->options->hub_percent;
    int node = hub ? scan.direction == DIRECTION_IN : (int)below(m, N_NODES);
    AUTO(free_ptr) struct expected *expected = calloc(m->n_edges + 1, sizeof *expected);
    struct node loaded = { 0 };
    size_t n;

    EXPECT(expected, "no memory");
    if (!compare_node(m, txn, node, &loaded) || !compare_key(m, txn, node))
        return false;
    if (!loaded.id.value) /* not known, or deleted: its edges are not asked for */
        return true;
    return expect_edges(expected, &n, m, txn, node, type, &scan) &&
           compare_scan(m, txn, &loaded, &scan, expected, n);
}

bool model_read(struct model *m)
{
    AUTO(txn_endp) struct graph_txn *txn = NULL;
    struct moment moment;

    if (m->txn)
        return compare_random(m, m->txn);
    if (!random_moment(&moment, m))
        return false;
    OK(graph_read(&txn, m->graph, &moment));
    return compare_random(m, txn);
}
