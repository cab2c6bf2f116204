/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "graph/catalog.h"
#include "graph/dump.h"
#include "tests/graph/model_private.h"
#include "tests/support/clean.h"
#include "tests/support/place.h"

bool model_differ(struct model *m, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(m->text, MODEL_TEXT_MAX, format, arguments);
    va_end(arguments);
    return false;
}

/* ---- the list ------------------------------------------------------------------------------- */

bool model_version_add(size_t *newest, struct model *m, const struct version *version)
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
void model_edge_retire(struct model *m, struct listed_edge *edge)
{
    struct version *v = &m->versions[edge->newest];

    if (v->born == m->commit)
        edge->newest = v->older;
    else
        v->ended = m->commit;
}

/* The current edge with this identity, or NULL. */
static struct listed_edge *find_current(struct model *m, const struct listed_edge *like,
                                        const struct version *v)
{
    for (size_t i = 0; i < m->n_edges; i++) {
        struct listed_edge *edge = &m->edges[i];
        const struct version *now;

        if (!edge_is_current(m, edge) || edge->type != like->type || edge->from != like->from ||
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

struct version model_random_version(struct model *m)
{
    int64_t day = (int64_t)below(m, 200) + (below(m, 4) ? 0 : AHEAD_DAYS);

    return (struct version){
        .valid_from = below(m, 10) ? day * DAY + (int64_t)below(m, 3) : TIME_MIN,
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

/* What a row leaves open stays, but no end before the row's start, and no start behind its end. */
static void keep_unstated_times(struct version *v, const struct version *now)
{
    bool starts = v->valid_from != TIME_MIN && v->valid_from != now->valid_from;

    if (v->valid_to == TIME_MAX && !(starts && now->valid_to <= v->valid_from))
        v->valid_to = now->valid_to;
    else if (v->valid_to != TIME_MAX && v->valid_from == TIME_MIN &&
             v->valid_to < now->valid_from)
        return;
    if (v->valid_from == TIME_MIN)
        v->valid_from = now->valid_from;
}

bool model_list_upsert(enum change *change, struct model *m, struct listed_edge *edge,
                       struct version *v)
{
    struct listed_edge *there = find_current(m, edge, v);
    const struct version *now;

    *change = CHANGE_ADDED;
    if (!there) {
        OK(array_reserve(&m->edges, &m->edges_capacity, m->n_edges + 1));
        m->edges[m->n_edges] = *edge;
        return model_version_add(&m->edges[m->n_edges++].newest, m, v);
    }
    *change = CHANGE_NONE;
    if (edge->key < 0) /* changes can make two edges alike; either is then a right answer */
        return true;
    EXPECT(!edge->id || edge->id == there->id, "edge %llu where %llu has the key",
           (unsigned long long)edge->id, (unsigned long long)there->id);
    now = &m->versions[there->newest];
    keep_unstated_times(v, now);
    if (v->valid_from == now->valid_from && v->valid_to == now->valid_to &&
        v->weight == now->weight)
        return true;
    *change = CHANGE_CHANGED;
    model_edge_retire(m, there);
    return model_version_add(&there->newest, m, v);
}

static bool upsert(struct model *m)
{
    struct listed_edge edge = random_edge(m);
    struct version v = model_random_version(m);
    struct edge_input input = EDGE_INPUT_INIT;
    struct value_pair pair;
    char key[16];
    enum change change, expected;
    struct edge_id id;

    if (!model_is_live(m, edge.from) || !model_is_live(m, edge.to))
        return true;
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
    edge.id = id.value;
    if (!model_list_upsert(&expected, m, &edge, &v))
        return false;
    EXPECT(change == expected, "an edge's change was %d where %d was expected", (int)change,
           (int)expected);
    return true;
}

/* A random current edge, or NULL. */
static struct listed_edge *pick(struct model *m)
{
    for (int attempt = 0; attempt < 20 && m->n_edges; attempt++) {
        struct listed_edge *edge = &m->edges[below(m, m->n_edges)];

        if (edge_is_current(m, edge))
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
    model_edge_retire(m, listed);
    return model_version_add(&listed->newest, m, &next);
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
    model_edge_retire(m, listed);
    return model_version_add(&listed->newest, m, &next);
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
        model_edge_retire(m, listed);
        return true;
    case 1:
        return close_one(m, listed, &edge);
    default:
        return update_one(m, listed, &edge);
    }
}

static bool commit(struct model *m)
{
    struct graph_txn *txn = m->txn;

    m->txn = NULL;
    if (txn)
        OK(txn_commit(txn));
    return true;
}

/* ---- running -------------------------------------------------------------------------------- */

static bool set_up(struct model *m, const char *dir)
{
    OK(graph_create(dir, (struct slice){ "", 0 }, NULL));
    OK(graph_open(&m->graph, dir, NULL));
    if (!begin_write(m))
        return false;
    OK(catalog_intern(&m->types[0], m->txn, SLICE("T0")));
    OK(catalog_intern(&m->types[1], m->txn, SLICE("T1")));
    OK(catalog_intern(&m->label, m->txn, SLICE("N")));
    OK(catalog_intern(&m->weight, m->txn, SLICE("weight")));
    return model_add_nodes(m);
}

static bool do_op(struct model *m, const struct model_op *op)
{
    m->rng = rng_new(op->seed);
    switch (op->kind) {
    case MODEL_COMMIT:
        return commit(m);
    case MODEL_READ:
        return model_read(m);
    case MODEL_UPSERT:
        return begin_write(m) && upsert(m);
    case MODEL_CHANGE:
        return begin_write(m) && change_one(m);
    case MODEL_NODE:
        return begin_write(m) && model_node(m);
    }
    return model_differ(m, "no such operation");
}

static enum status write_line(void *context, struct slice text)
{
    return fwrite(text.data, 1, text.size, context) == text.size ? STATUS_OK : fail_errno("dump");
}

/* Goes on with a graph that was loaded from a dump of this one, and reads that. */
static bool read_loaded(struct model *m, const char *dump, const char *loaded)
{
    struct dump_counts counts;
    FILE *file = fopen(dump, "w");

    EXPECT(file, "no file");
    OK(dump_write(&counts, m->graph, write_line, file));
    fclose(file);
    OK(dump_load(&counts, loaded, dump));
    graph_close(m->graph);
    m->graph = NULL;
    OK(graph_open(&m->graph, loaded, NULL));
    m->rng = rng_new(m->options->seed);
    for (int i = 0; i < N_LOADED_READS; i++)
        if (!model_read(m))
            return false;
    return true;
}

bool model_agrees(char text[MODEL_TEXT_MAX], const struct model_op *ops, size_t n,
                  const struct model_options *options)
{
    struct model m = { .options = options, .rng = rng_new(options->seed), .text = text };
    char *dir = place_new();
    bool alike = set_up(&m, place_in(dir, "db"));

    for (size_t i = 0; i < n && alike; i++)
        alike = do_op(&m, &ops[i]);
    alike = alike && commit(&m);
    txn_end(m.txn);
    if (alike)
        clean_graph(m.graph);
    alike = alike && read_loaded(&m, place_in(dir, "dump"), place_in(dir, "loaded"));
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
