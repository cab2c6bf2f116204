/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/graph/model.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/rng.h"
#include "graph/catalog.h"
#include "graph/edge.h"
#include "tests/support/clean.h"
#include "tests/support/place.h"

#define N_NODES 6
#define N_TYPES 2
#define DAY US_PER_DAY
#define NONE SIZE_MAX

/* Of an edge, or of a node's properties. */
struct version {
    uint64_t born, ended;
    size_t older; /* of the same edge or node, or NONE */
    int64_t valid_from, valid_to, observed, weight;
};

struct listed_edge {
    uint64_t id;
    uint32_t type;
    int from, to, key; /* key -1: none */
    size_t newest;     /* NONE: it came and went within a commit */
};

struct model {
    const struct model_options *options;
    struct graph *graph;
    struct graph_txn *txn;      /* of a writer, or NULL */
    struct node_id nodes[N_NODES];
    size_t node_versions[N_NODES];
    uint32_t types[N_TYPES], label, weight;
    struct version *versions;
    size_t n, capacity;
    struct listed_edge *edges;
    size_t n_edges, edges_capacity;
    int64_t *commit_times;
    size_t times_capacity;
    uint64_t commit;            /* under way, or the last one */
    struct rng rng;             /* of the operation under way */
    char *text;
};

/* ---- saying what differs -------------------------------------------------------------------- */

static bool differ(struct model *m, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(m->text, MODEL_TEXT_MAX, format, arguments);
    va_end(arguments);
    return false;
}

#define EXPECT(condition, ...)                                                                     \
    do {                                                                                           \
        if (!(condition))                                                                          \
            return differ(m, __VA_ARGS__);                                                         \
    } while (0)

#define OK(expression)                                                                             \
    do {                                                                                           \
        enum status ok_ = (expression);                                                            \
        EXPECT(ok_ == STATUS_OK, "%s: %s: %s", #expression, status_name(ok_), error_detail());     \
    } while (0)

static uint64_t below(struct model *m, uint64_t n)
{
    return rng_below(&m->rng, n);
}

/* ---- the list ------------------------------------------------------------------------------- */

static bool version_add(size_t *newest, struct model *m, const struct version *version)
{
    OK(array_reserve(&m->versions, &m->capacity, m->n + 1));
    m->versions[m->n] = *version;
    m->versions[m->n].born = m->commit;
    m->versions[m->n].ended = 0;
    m->versions[m->n].older = *newest;
    *newest = m->n++;
    return true;
}

/* Ends an edge's version as the graph does: one made by this very commit leaves no trace. */
static void edge_retire(struct model *m, struct listed_edge *edge)
{
    struct version *v = &m->versions[edge->newest];

    if (v->born == m->commit)
        edge->newest = v->older;
    else
        v->ended = m->commit;
}

static bool is_current(const struct model *m, const struct listed_edge *edge)
{
    return edge->newest != NONE && !m->versions[edge->newest].ended;
}

/* The current edge with this identity, or NULL. */
static struct listed_edge *find_current(struct model *m, const struct listed_edge *like,
                                        const struct version *v)
{
    for (size_t i = 0; i < m->n_edges; i++) {
        struct listed_edge *edge = &m->edges[i];
        const struct version *now;

        if (!is_current(m, edge) || edge->type != like->type || edge->from != like->from ||
            edge->to != like->to || edge->key != like->key)
            continue;
        now = &m->versions[edge->newest];
        if (like->key >= 0 || (now->valid_from == v->valid_from && now->weight == v->weight))
            return edge;
    }
    return NULL;
}

/* ---- operations ----------------------------------------------------------------------------- */

static bool begin_write(struct model *m)
{
    if (m->txn)
        return true;
    OK(graph_write(&m->txn, m->graph));
    m->commit = txn_counts(m->txn).commit_seq;
    return true;
}

static struct value weight_map(struct value_pair *pair, int64_t weight)
{
    *pair = (struct value_pair){ SLICE("weight"), value_int(weight) };
    return (struct value){ .type = VALUE_MAP, .count = 1, .pairs = pair };
}

static struct version random_version(struct model *m)
{
    return (struct version){
        .valid_from = below(m, 10) ? (int64_t)below(m, 200) * DAY + (int64_t)below(m, 3) : TIME_MIN,
        .valid_to = below(m, 4) ? TIME_MAX : (int64_t)below(m, 300) * DAY,
        .observed = below(m, 3) ? TIME_MIN : (int64_t)below(m, 400) * DAY,
        .weight = (int64_t)below(m, 4),
    };
}

static struct listed_edge random_edge(struct model *m)
{
    bool hub = below(m, 100) < m->options->hub_percent;

    return (struct listed_edge){ .type = (uint32_t)(hub ? 0 : below(m, N_TYPES)),
                                 .from = hub ? 0 : (int)below(m, N_NODES),
                                 .to = hub ? 1 : (int)below(m, N_NODES),
                                 .key = below(m, 3) ? -1 : (int)below(m, 40), .newest = NONE };
}

static bool list_upsert(struct model *m, struct listed_edge *edge, struct version *v,
                        uint64_t id, enum change change)
{
    struct listed_edge *there = find_current(m, edge, v);
    const struct version *now;

    if (!there) {
        EXPECT(change == CHANGE_ADDED, "an edge was not added");
        OK(array_reserve(&m->edges, &m->edges_capacity, m->n_edges + 1));
        edge->id = id;
        m->edges[m->n_edges] = *edge;
        return version_add(&m->edges[m->n_edges++].newest, m, v);
    }
    if (edge->key < 0) { /* changes can make two edges alike; either is then a right answer */
        EXPECT(change == CHANGE_NONE, "an equal row changed something");
        return true;
    }
    EXPECT(id == there->id, "edge %llu where %llu has the key", (unsigned long long)id,
           (unsigned long long)there->id);
    now = &m->versions[there->newest];
    if (v->valid_from == TIME_MIN)
        v->valid_from = now->valid_from;
    if (v->valid_to == TIME_MAX)
        v->valid_to = now->valid_to;
    if (v->valid_from == now->valid_from && v->valid_to == now->valid_to &&
        v->weight == now->weight) {
        EXPECT(change == CHANGE_NONE, "an equal edge got a version");
        return true;
    }
    EXPECT(change == CHANGE_CHANGED, "another edge got no version");
    edge_retire(m, there);
    return version_add(&there->newest, m, v);
}

static bool upsert(struct model *m)
{
    struct listed_edge edge = random_edge(m);
    struct version v = random_version(m);
    struct edge_input input = EDGE_INPUT_INIT;
    struct value_pair pair;
    char key[16];
    enum change change;
    struct edge_id id;

    snprintf(key, sizeof key, "k%d", edge.key);
    input.type = m->types[edge.type];
    input.from = m->nodes[edge.from];
    input.to = m->nodes[edge.to];
    input.has_key = edge.key >= 0;
    input.key = slice_str(key);
    input.valid_from_us = v.valid_from;
    input.valid_to_us = v.valid_to;
    input.observed_us = v.observed;
    input.properties = weight_map(&pair, v.weight);
    OK(edge_upsert(&id, &change, m->txn, &input));
    return list_upsert(m, &edge, &v, id.value, change);
}

/* A random current edge, or NULL. */
static struct listed_edge *pick(struct model *m)
{
    for (int attempt = 0; attempt < 20 && m->n_edges; attempt++) {
        struct listed_edge *edge = &m->edges[below(m, m->n_edges)];

        if (is_current(m, edge))
            return edge;
    }
    return NULL;
}

static bool close_one(struct model *m, struct listed_edge *listed, const struct edge *edge)
{
    struct version next = m->versions[listed->newest];
    int64_t valid_to = (int64_t)below(m, 300) * DAY;

    next.observed = (int64_t)below(m, 400) * DAY;
    OK(edge_close(m->txn, edge, valid_to, next.observed));
    if (next.valid_to == valid_to || m->options->forget_closings)
        return true;
    next.valid_to = valid_to;
    edge_retire(m, listed);
    return version_add(&listed->newest, m, &next);
}

static bool update_one(struct model *m, struct listed_edge *listed, const struct edge *edge)
{
    struct version next = m->versions[listed->newest];
    int64_t weight = (int64_t)below(m, 4);
    struct value_pair pair;
    struct value map = weight_map(&pair, weight);

    OK(edge_update(m->txn, edge, &map));
    if (next.weight == weight)
        return true;
    next.weight = weight;
    next.observed = TIME_MIN;
    edge_retire(m, listed);
    return version_add(&listed->newest, m, &next);
}

static bool change_one(struct model *m)
{
    struct listed_edge *listed = pick(m);
    struct edge edge;

    if (!listed)
        return true;
    OK(edge_find(&edge, m->txn, m->nodes[listed->from], m->types[listed->type],
                 m->versions[listed->newest].valid_from, (struct edge_id){ listed->id }));
    switch (below(m, 3)) {
    case 0:
        OK(edge_delete(m->txn, &edge));
        edge_retire(m, listed);
        return true;
    case 1:
        return close_one(m, listed, &edge);
    default:
        return update_one(m, listed, &edge);
    }
}

static struct node_input node_of(struct model *m, int i, char key[8])
{
    struct node_input input = NODE_INPUT_INIT;

    snprintf(key, 8, "n%d", i);
    input.labels = &m->label;
    input.n_labels = 1;
    input.key_label = m->label;
    input.key = slice_str(key);
    return input;
}

/* Of the versions that this very commit made, those that start later than the next one are void. */
static void node_retire(struct model *m, int node, int64_t next_valid_from)
{
    size_t *newest = &m->node_versions[node];

    while (m->versions[*newest].born == m->commit &&
           m->versions[*newest].valid_from >= next_valid_from)
        *newest = m->versions[*newest].older;
}

static bool change_node(struct model *m)
{
    int node = (int)below(m, N_NODES);
    struct version v = random_version(m);
    struct value_pair pair;
    struct node_input input;
    enum change change;
    struct node_id id;
    char key[8];

    input = node_of(m, node, key);
    input.valid_from_us = v.valid_from;
    input.observed_us = v.observed;
    input.properties = weight_map(&pair, v.weight);
    OK(node_upsert(&id, &change, m->txn, &input));
    EXPECT(id.value == m->nodes[node].value, "a key led to another node");
    if (m->versions[m->node_versions[node]].weight == v.weight) {
        EXPECT(change == CHANGE_NONE, "an equal node got a version");
        return true;
    }
    EXPECT(change == CHANGE_CHANGED, "another node got no version");
    node_retire(m, node, v.valid_from);
    return version_add(&m->node_versions[node], m, &v);
}

static bool commit(struct model *m)
{
    struct graph_txn *txn = m->txn;

    m->txn = NULL;
    if (txn)
        OK(txn_commit(txn));
    return true;
}

/* ---- reading -------------------------------------------------------------------------------- */

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

/* The node's version at the moment: the last made of those begun by then. */
static bool compare_node(struct model *m, struct graph_txn *txn, int node, struct node *loaded)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    const struct version *best = NULL;
    enum status status = node_load(loaded, txn, m->nodes[node]);
    struct value weight;

    for (size_t i = m->node_versions[node]; i != NONE; i = m->versions[i].older) {
        const struct version *v = &m->versions[i];
        bool is;

        if (!sees(&is, m, txn, v->born, v->observed))
            return false;
        if (is && v->valid_from <= txn_moment(txn)->as_of_us &&
            (!best || v->born > best->born ||
             (v->born == best->born && v->valid_from > best->valid_from)))
            best = v;
    }
    EXPECT((status == STATUS_OK) == (best != NULL), "node %d: %s", node, status_name(status));
    if (status == STATUS_NOT_FOUND)
        return true;
    OK(status);
    OK(node_property(&weight, &arena, txn, loaded, m->weight));
    EXPECT(weight.integer == best->weight && loaded->born == best->born &&
               loaded->valid_from_us == best->valid_from,
           "node %d shows another version", node);
    return true;
}

/* Now, an earlier commit, what was known earlier, or both; the world's time at random. */
static bool random_moment(struct moment *out, struct model *m)
{
    uint64_t kind = below(m, 4);

    *out = (struct moment){ below(m, 3) ? TIME_MAX : (int64_t)below(m, 220) * DAY, TIME_MAX, 0 };
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
    int64_t start = (int64_t)below(m, 210) * DAY;
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
    if (!compare_node(m, txn, node, &loaded))
        return false;
    if (!loaded.id.value) /* not valid yet: its edges are not asked for */
        return true;
    return expect_edges(expected, &n, m, txn, node, type, &scan) &&
           compare_scan(m, txn, &loaded, &scan, expected, n);
}

static bool read_one(struct model *m)
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

/* ---- running -------------------------------------------------------------------------------- */

static bool set_up(struct model *m, const char *dir)
{
    static const struct version first = { .valid_from = TIME_MIN, .valid_to = TIME_MAX,
                                          .observed = 0, .weight = -1 };

    OK(graph_create(dir, (struct slice){ "", 0 }, NULL));
    OK(graph_open(&m->graph, dir, NULL));
    if (!begin_write(m))
        return false;
    OK(catalog_intern(&m->types[0], m->txn, SLICE("T0")));
    OK(catalog_intern(&m->types[1], m->txn, SLICE("T1")));
    OK(catalog_intern(&m->label, m->txn, SLICE("N")));
    OK(catalog_intern(&m->weight, m->txn, SLICE("weight")));
    for (int i = 0; i < N_NODES; i++) {
        struct value_pair pair;
        char key[8];
        struct node_input input = node_of(m, i, key);

        input.observed_us = first.observed;
        input.properties = weight_map(&pair, first.weight);
        OK(node_upsert(&m->nodes[i], NULL, m->txn, &input));
        m->node_versions[i] = NONE;
        if (!version_add(&m->node_versions[i], m, &first))
            return false;
    }
    return commit(m);
}

static bool do_op(struct model *m, const struct model_op *op)
{
    m->rng = rng_new(op->seed);
    switch (op->kind) {
    case MODEL_COMMIT:
        return commit(m);
    case MODEL_READ:
        return read_one(m);
    case MODEL_UPSERT:
        return begin_write(m) && upsert(m);
    case MODEL_CHANGE:
        return begin_write(m) && change_one(m);
    case MODEL_NODE:
        return begin_write(m) && change_node(m);
    }
    return differ(m, "no such operation");
}

bool model_agrees(char text[MODEL_TEXT_MAX], const struct model_op *ops, size_t n,
                  const struct model_options *options)
{
    struct model m = { .options = options, .text = text };
    char *dir = place_new();
    bool alike = set_up(&m, place_in(dir, "db"));

    for (size_t i = 0; i < n && alike; i++)
        alike = do_op(&m, &ops[i]);
    txn_end(m.txn);
    if (alike)
        clean_graph(m.graph);
    graph_close(m.graph);
    free(m.versions);
    free(m.edges);
    free(m.commit_times);
    place_remove(dir);
    return alike;
}

void model_draw(struct model_op *ops, size_t n, uint64_t seed)
{
    struct rng rng = rng_new(seed);

    for (size_t i = 0; i < n; i++) {
        uint64_t draw = rng_below(&rng, 100);

        ops[i] = (struct model_op){ draw < 45 ? MODEL_UPSERT
                                    : draw < 62 ? MODEL_CHANGE
                                    : draw < 70 ? MODEL_NODE
                                    : draw < 76 ? MODEL_COMMIT : MODEL_READ, rng_next(&rng) };
    }
}

/* ---- shrinking ------------------------------------------------------------------------------ */

/* Zeller, Hildebrandt (2002): ever smaller pieces are left out while the rest still fails. */
size_t model_shrink(struct model_op *ops, size_t n, const struct model_options *options)
{
    struct model_op *rest = malloc((n + 1) * sizeof *rest);
    char text[MODEL_TEXT_MAX];

    for (size_t piece = n / 2 + 1; rest && piece; piece /= 2)
        for (size_t at = 0; at < n;) {
            size_t cut = piece < n - at ? piece : n - at;

            memcpy(rest, ops, at * sizeof *ops);
            memcpy(rest + at, ops + at + cut, (n - at - cut) * sizeof *ops);
            if (model_agrees(text, rest, n - cut, options)) {
                at += cut;
                continue;
            }
            n -= cut;
            memcpy(ops, rest, n * sizeof *ops);
        }
    free(rest);
    return n;
}

void model_print(const struct model_op *ops, size_t n)
{
    static const char *const names[] = { "upsert", "change", "node", "commit", "read" };

    for (size_t i = 0; i < n; i++)
        fprintf(stderr, "    { MODEL_%s, %lluu },\n", names[ops[i].kind],
                (unsigned long long)ops[i].seed);
}
