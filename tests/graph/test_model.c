/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The graph against a plain list of edge versions: random changes, then every kind of read. */

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/rng.h"
#include "graph/catalog.h"
#include "graph/edge.h"
#include "graph/schema.h"
#include "tests/support/clean.h"
#include "tests/support/leaks.h"
#include "tests/support/place.h"

TestSuite(model, .fini = leaks_check);

#define N_NODES 6
#define N_TYPES 2
#define DAY US_PER_DAY

struct version {
    uint64_t edge, born, ended;
    uint32_t type;
    int from, to, key; /* key -1: none */
    int64_t valid_from, valid_to, observed, weight;
};

struct model {
    struct rng rng;
    struct graph *graph;
    struct graph_txn *txn;
    struct node_id nodes[N_NODES];
    uint32_t types[N_TYPES], weight;
    struct version *versions;
    size_t n, capacity;
    uint64_t commit;
    unsigned hub_percent; /* how many changes go to one pair */
};

#define OK(expression)                                                                             \
    do {                                                                                           \
        enum status status_ = (expression);                                                        \
        cr_assert(status_ == STATUS_OK, "%s: %s: %s", #expression, status_name(status_),           \
                  error_detail());                                                                 \
    } while (0)

static uint64_t below(struct model *m, uint64_t n)
{
    return rng_below(&m->rng, n);
}

static struct version *version_add(struct model *m, const struct version *version)
{
    OK(array_reserve(&m->versions, &m->capacity, m->n + 1));
    m->versions[m->n] = *version;
    return &m->versions[m->n++];
}

/* The current version's index by identity, or n. */
static size_t find_current(const struct model *m, const struct version *like)
{
    for (size_t i = 0; i < m->n; i++) {
        const struct version *v = &m->versions[i];

        if (v->ended || v->type != like->type || v->from != like->from || v->to != like->to ||
            v->key != like->key)
            continue;
        if (like->key >= 0 ||
            (v->valid_from == like->valid_from && v->weight == like->weight))
            return i;
    }
    return m->n;
}

/* Ends a version as the graph does: one made by this very commit leaves no trace. */
static void model_retire(struct model *m, size_t i)
{
    if (m->versions[i].born == m->commit) {
        memmove(&m->versions[i], &m->versions[i + 1], (--m->n - i) * sizeof *m->versions);
        return;
    }
    m->versions[i].ended = m->commit;
}

static struct version random_version(struct model *m)
{
    bool hub = below(m, 100) < m->hub_percent;
    struct version v = {
        .type = (uint32_t)(hub ? 0 : below(m, N_TYPES)),
        .from = hub ? 0 : (int)below(m, N_NODES),
        .to = hub ? 1 : (int)below(m, N_NODES),
        .key = below(m, 3) ? -1 : (int)below(m, 40),
        .valid_from = below(m, 10) ? (int64_t)below(m, 200) * DAY + (int64_t)below(m, 3) : TIME_MIN,
        .valid_to = below(m, 4) ? TIME_MAX : (int64_t)below(m, 300) * DAY,
        .observed = below(m, 3) ? TIME_MIN : (int64_t)below(m, 400) * DAY,
        .weight = (int64_t)below(m, 4),
    };

    return v;
}

static struct value weight_map(struct value_pair *pair, int64_t weight)
{
    *pair = (struct value_pair){ SLICE("weight"), value_int(weight) };
    return (struct value){ .type = VALUE_MAP, .count = 1, .pairs = pair };
}

static void upsert(struct model *m)
{
    struct version v = random_version(m);
    struct edge_input input = EDGE_INPUT_INIT;
    struct value_pair pair;
    char key[16];
    enum change change;
    struct edge_id id;
    size_t i = find_current(m, &v);

    snprintf(key, sizeof key, "k%d", v.key);
    input.type = m->types[v.type];
    input.from = m->nodes[v.from];
    input.to = m->nodes[v.to];
    input.has_key = v.key >= 0;
    input.key = slice_str(key);
    input.valid_from_us = v.valid_from;
    input.valid_to_us = v.valid_to;
    input.observed_us = v.observed;
    input.properties = weight_map(&pair, v.weight);
    OK(edge_upsert(&id, &change, m->txn, &input));
    v.born = m->commit;
    if (i == m->n) {
        cr_assert(change == CHANGE_ADDED);
        v.edge = id.value;
        version_add(m, &v);
        return;
    }
    if (v.key < 0) {
        /* Property changes can make two edges alike; either is then a right answer. */
        cr_assert(change == CHANGE_NONE);
        return;
    }
    cr_assert(id.value == m->versions[i].edge);
    if (v.valid_from == TIME_MIN)
        v.valid_from = m->versions[i].valid_from;
    if (v.valid_to == TIME_MAX)
        v.valid_to = m->versions[i].valid_to;
    if (v.valid_from == m->versions[i].valid_from && v.valid_to == m->versions[i].valid_to &&
        v.weight == m->versions[i].weight) {
        cr_assert(change == CHANGE_NONE);
        return;
    }
    cr_assert(change == CHANGE_CHANGED);
    v.edge = id.value;
    model_retire(m, i);
    version_add(m, &v);
}

/* A random current version and the graph's edge for it, if there is any. */
static bool pick(struct model *m, size_t *index, struct edge *edge)
{
    for (int attempt = 0; attempt < 20 && m->n; attempt++) {
        const struct version *v;

        *index = below(m, m->n);
        v = &m->versions[*index];
        if (v->ended)
            continue;
        OK(edge_find(edge, m->txn, m->nodes[v->from], m->types[v->type], v->valid_from,
                     (struct edge_id){ v->edge }));
        return true;
    }
    return false;
}

static void change_one(struct model *m)
{
    struct version next;
    struct value_pair pair;
    struct value map;
    struct edge edge;
    size_t i;

    if (!pick(m, &i, &edge))
        return;
    next = m->versions[i];
    next.born = m->commit;
    switch (below(m, 3)) {
    case 0:
        OK(edge_delete(m->txn, &edge));
        model_retire(m, i);
        return;
    case 1:
        next.valid_to = (int64_t)below(m, 300) * DAY;
        next.observed = (int64_t)below(m, 400) * DAY;
        OK(edge_close(m->txn, &edge, next.valid_to, next.observed));
        if (next.valid_to == m->versions[i].valid_to)
            return;
        break;
    default:
        next.weight = (int64_t)below(m, 4);
        next.observed = TIME_MIN;
        map = weight_map(&pair, next.weight);
        OK(edge_update(m->txn, &edge, &map));
        if (next.weight == m->versions[i].weight)
            return;
    }
    model_retire(m, i);
    version_add(m, &next);
}

/* ---- reading ------------------------------------------------------------------------------ */

static int64_t observed_of(struct model *m, const struct version *v)
{
    int64_t us;

    if (v->observed != TIME_MIN)
        return v->observed;
    OK(txn_commit_time(&us, m->txn, v->born));
    return us;
}

/* Whether version i is what the moment shows of its edge. */
static bool is_visible(struct model *m, size_t i, const struct moment *at)
{
    const struct version *v = &m->versions[i];
    bool newest = true;

    if (v->born > at->commit_seq ||
        (at->known_at_us != TIME_MAX && observed_of(m, v) > at->known_at_us))
        return false;
    for (size_t k = 0; k < m->n; k++) {
        const struct version *other = &m->versions[k];

        if (other->edge != v->edge || other->born <= v->born)
            continue;
        newest = false;
        if (other->born <= at->commit_seq &&
            (at->known_at_us == TIME_MAX || observed_of(m, other) <= at->known_at_us))
            return false;
    }
    return !(newest && v->ended && v->ended <= at->commit_seq);
}

static int version_order(const void *a, const void *b)
{
    const struct version *l = *(const struct version *const *)a;
    const struct version *r = *(const struct version *const *)b;

    if (l->valid_from != r->valid_from)
        return l->valid_from < r->valid_from ? -1 : 1;
    return (l->edge > r->edge) - (l->edge < r->edge);
}

static void compare_edge(struct model *m, struct edge *edge, const struct version *v)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    struct value weight;
    char key[16];

    cr_assert(edge->id.value == v->edge, "edge %llu where %llu was expected",
              (unsigned long long)edge->id.value, (unsigned long long)v->edge);
    cr_assert(edge->valid_from_us == v->valid_from && edge->valid_to_us == v->valid_to);
    cr_assert(edge->observed_us == v->observed && edge->born == v->born);
    cr_assert(edge->from.value == m->nodes[v->from].value);
    cr_assert(edge->to.value == m->nodes[v->to].value);
    OK(edge_property(&weight, &arena, m->txn, edge, m->weight));
    cr_assert(weight.integer == v->weight);
    snprintf(key, sizeof key, "k%d", v->key);
    cr_assert(edge->has_key == (v->key >= 0));
    if (edge->has_key)
        cr_assert(slice_equal(edge->key, slice_str(key)));
}

static void compare_scan(struct model *m, int node, uint32_t type, bool out,
                         const struct edge_scan *scan)
{
    const struct version **expected = calloc(m->n + 1, sizeof *expected);
    AUTO(edge_iter_stop) struct edge_iter it = { 0 };
    struct node loaded;
    uint64_t n_counted;
    size_t n = 0, at = 0;

    for (size_t i = 0; i < m->n; i++) {
        const struct version *v = &m->versions[i];

        if (v->type == type && (out ? v->from : v->to) == node &&
            v->valid_from >= scan->from_us &&
            (v->valid_from < scan->before_us || scan->before_us == TIME_MAX) &&
            is_visible(m, i, txn_moment(m->txn)))
            expected[n++] = v;
    }
    qsort(expected, n, sizeof *expected, version_order);
    OK(node_load(&loaded, m->txn, m->nodes[node]));
    for (edge_iter_start(&it, m->txn, &loaded, scan); edge_iter_next(&it); at++) {
        cr_assert(at < n, "more edges than the %zu expected", n);
        compare_edge(m, &it.edge, expected[scan->newest_first ? n - 1 - at : at]);
    }
    OK(it.status);
    cr_assert(at == n, "%zu edges where %zu were expected", at, n);
    OK(edge_count(&n_counted, m->txn, &loaded, scan));
    cr_assert(n_counted == n, "counted %llu where %zu were expected",
              (unsigned long long)n_counted, n);
    free(expected);
}

static void compare_some(struct model *m, int times)
{
    for (int i = 0; i < times; i++) {
        uint32_t type = (uint32_t)below(m, N_TYPES);
        bool out = below(m, 2), whole = below(m, 2);
        int64_t start = (int64_t)below(m, 210) * DAY;
        struct edge_scan scan = { .type = m->types[type],
                                  .direction = out ? DIRECTION_OUT : DIRECTION_IN,
                                  .from_us = whole ? TIME_MIN : start,
                                  .before_us = whole ? TIME_MAX
                                                     : start + (int64_t)below(m, 60) * DAY,
                                  .newest_first = below(m, 2) };

        compare_scan(m, (int)below(m, N_NODES), type, out, &scan);
    }
}

static void read_at(struct model *m, struct moment *moment)
{
    OK(graph_read(&m->txn, m->graph, moment));
    compare_some(m, 6);
    txn_end(m->txn);
    m->txn = NULL;
}

static void commit_and_compare(struct model *m)
{
    struct moment past = { (int64_t)1 << 60, TIME_MAX, 2 + below(m, m->commit - 1) };
    struct moment known = { (int64_t)1 << 60, (int64_t)below(m, 450) * DAY, 0 };
    struct moment both = { (int64_t)1 << 60, known.known_at_us, past.commit_seq };

    compare_some(m, 4);
    OK(txn_commit(m->txn));
    m->txn = NULL;
    read_at(m, NULL);
    read_at(m, &past);
    read_at(m, &known);
    read_at(m, &both);
}

static void begin_write(struct model *m)
{
    OK(graph_write(&m->txn, m->graph));
    m->commit = txn_counts(m->txn).commit_seq;
}

static void set_up(struct model *m, const char *dir)
{
    OK(graph_create(dir, (struct slice){ "", 0 }, NULL));
    OK(graph_open(&m->graph, dir, NULL));
    begin_write(m);
    for (int i = 0; i < N_TYPES; i++)
        OK(catalog_intern(&m->types[i], m->txn, i ? SLICE("T1") : SLICE("T0")));
    OK(catalog_intern(&m->weight, m->txn, SLICE("weight")));
    for (int i = 0; i < N_NODES; i++) {
        struct node_input input = NODE_INPUT_INIT;

        input.observed_us = 0;
        OK(node_upsert(&m->nodes[i], NULL, m->txn, &input));
    }
    OK(txn_commit(m->txn));
}

static void run(uint64_t seed, int n_commits, int n_changes, unsigned hub_percent)
{
    struct model m = { .hub_percent = hub_percent };
    char *dir = place_new();

    m.rng = rng_new(seed);
    fprintf(stderr, "seed %llu\n", (unsigned long long)seed);
    set_up(&m, place_in(dir, "db"));
    for (int commit = 0; commit < n_commits; commit++) {
        begin_write(&m);
        for (int i = 0; i < n_changes; i++)
            if (below(&m, 4))
                upsert(&m);
            else
                change_one(&m);
        commit_and_compare(&m);
    }
    clean_graph(m.graph);
    graph_close(m.graph);
    free(m.versions);
    place_remove(dir);
}

Test(model, small_groups_read_back_at_every_moment)
{
    for (uint64_t seed = 1; seed <= 12; seed++)
        run(seed, 12, 12, 0);
}

Test(model, a_group_that_outgrows_its_row_reads_back_at_every_moment)
{
    for (uint64_t seed = 100; seed < 104; seed++)
        run(seed, 12, 150, 90);
}
