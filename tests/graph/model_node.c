/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Nodes of the model: versions dated back and ahead, deletions, two that become one. */
#include <stdio.h>
#include <stdlib.h>

#include "graph/alias.h"
#include "tests/graph/model_private.h"

struct slice model_key(char text[8], int node)
{
    snprintf(text, 8, "n%d", node);
    return slice_str(text);
}

bool model_is_live(const struct model *m, int node)
{
    return !m->versions[m->node_versions[node]].deleted;
}

/* The node that a key leads to now. */
static int lead(const struct model *m, int node)
{
    while (m->merged_into[node] >= 0)
        node = m->merged_into[node];
    return node;
}

/* ---- versions ------------------------------------------------------------------------------- */

/* Of the versions that this very commit made, those that start later than the next one are void. */
static void node_retire(struct model *m, int node, int64_t next_valid_from)
{
    size_t *newest = &m->node_versions[node];

    while (*newest != NONE && m->versions[*newest].born == m->commit &&
           m->versions[*newest].valid_from >= next_valid_from)
        *newest = m->versions[*newest].older;
}

static bool put_version(struct model *m, int node, const struct version *v)
{
    node_retire(m, node, v->valid_from);
    return model_version_add(&m->node_versions[node], m, v);
}

static bool upsert(struct node_id *id, enum change *change, struct model *m, int node,
                   const struct version *v)
{
    struct node_input input = NODE_INPUT_INIT;
    struct value_pair pair = { SLICE("weight"), value_int(v->weight) };
    char key[8];

    input.labels = &m->label;
    input.n_labels = 1;
    input.key_label = m->label;
    input.key = model_key(key, node);
    input.valid_from_us = v->valid_from;
    input.observed_us = v->observed;
    input.properties = (struct value){ .type = VALUE_MAP, .count = 1, .pairs = &pair };
    OK(node_upsert(id, change, m->txn, &input));
    return true;
}

/* A row that says nothing new lets a node begin that is not there yet. */
static bool lets_begin(bool *is, struct model *m, int node, int64_t valid_from)
{
    int64_t now_us = txn_moment(m->txn)->as_of_us;
    const struct version *there;

    if (!model_node_at(&there, m, m->txn, node, now_us))
        return false;
    *is = !there && valid_from <= now_us;
    return true;
}

static bool change_node(struct model *m, int key)
{
    struct version v = model_random_version(m);
    int node = lead(m, key);
    const struct version *now = &m->versions[m->node_versions[node]];
    enum change change, expected = now->deleted ? CHANGE_ADDED
                                   : now->weight != v.weight ? CHANGE_CHANGED : CHANGE_NONE;
    struct node_id id;
    bool begins;

    if (!lets_begin(&begins, m, node, v.valid_from))
        return false;
    if (begins && !expected)
        expected = CHANGE_CHANGED;
    if (!upsert(&id, &change, m, key, &v))
        return false;
    EXPECT(id.value == m->nodes[node].value, "a key led to another node");
    EXPECT(change == expected, "a node's change was %d where %d was expected", (int)change,
           (int)expected);
    return change == CHANGE_NONE || put_version(m, node, &v);
}

bool model_add_nodes(struct model *m)
{
    for (int i = 0; i < N_NODES; i++) {
        struct version first = model_random_version(m);

        first.weight = -1;
        if (!upsert(&m->nodes[i], NULL, m, i, &first))
            return false;
        m->node_versions[i] = NONE;
        m->merged_into[i] = -1;
        if (!model_version_add(&m->node_versions[i], m, &first))
            return false;
    }
    return true;
}

/* ---- ends ----------------------------------------------------------------------------------- */

static bool is_at(const struct listed_edge *edge, int node)
{
    return edge->from == node || edge->to == node;
}

/* The node ends, with its edges: at all times, for who knows of it. */
static bool list_delete(struct model *m, int node)
{
    static const struct version end = { .valid_from = TIME_MIN, .observed = TIME_MIN,
                                        .deleted = true };

    for (size_t i = 0; i < m->n_edges; i++)
        if (edge_is_current(m, &m->edges[i]) && is_at(&m->edges[i], node))
            model_edge_retire(m, &m->edges[i]);
    return put_version(m, node, &end);
}

static bool delete_node(struct model *m, int node)
{
    if (!model_is_live(m, node))
        return true;
    OK(node_delete(NULL, m->txn, m->nodes[node], true));
    return list_delete(m, node);
}

/* ---- two become one ------------------------------------------------------------------------- */

struct moving {
    struct listed_edge edge;
    struct version version;
    bool in;
};

/* As a walk around the node meets them. */
static int moving_order(const void *a, const void *b)
{
    const struct moving *l = a, *r = b;

    if (l->edge.type != r->edge.type)
        return l->edge.type < r->edge.type ? -1 : 1;
    if (l->in != r->in)
        return l->in ? 1 : -1;
    if (l->version.valid_from != r->version.valid_from)
        return l->version.valid_from < r->version.valid_from ? -1 : 1;
    return (l->edge.id > r->edge.id) - (l->edge.id < r->edge.id);
}

/* Edges of `other` to third nodes, as edges of `id`. */
static size_t collect(struct moving *out, const struct model *m, int id, int other)
{
    size_t n = 0;

    for (size_t i = 0; i < m->n_edges; i++) {
        const struct listed_edge *edge = &m->edges[i];

        if (!edge_is_current(m, edge) || !is_at(edge, other) || is_at(edge, id) ||
            edge->from == edge->to)
            continue;
        out[n++] = (struct moving){ *edge, m->versions[edge->newest], edge->to == other };
    }
    qsort(out, n, sizeof *out, moving_order);
    return n;
}

static bool move(struct model *m, struct moving *moving, int id, uint64_t *next_edge)
{
    struct listed_edge edge = moving->edge;
    struct version v = moving->version;
    enum change change;

    *(moving->in ? &edge.to : &edge.from) = id;
    edge.newest = NONE;
    edge.id = 0;
    v.observed = TIME_MIN;
    if (!model_list_upsert(&change, m, &edge, &v))
        return false;
    if (change == CHANGE_ADDED)
        m->edges[m->n_edges - 1].id = (*next_edge)++;
    return true;
}

/* Of two of whom one is yet to begin, that which is kept is there when the first of them is. */
static bool join(struct model *m, int id, int other)
{
    const struct version *mine, *theirs;
    struct version joined = m->versions[m->node_versions[id]];
    int64_t now_us = txn_moment(m->txn)->as_of_us;

    if (!model_node_at(&mine, m, m->txn, id, now_us) ||
        !model_node_at(&theirs, m, m->txn, other, now_us))
        return false;
    if (mine || !theirs)
        return true;
    joined.valid_from = theirs->valid_from;
    joined.observed = TIME_MIN;
    return put_version(m, id, &joined);
}

static bool merge(struct model *m, int id, int other)
{
    AUTO(free_ptr) struct moving *moving = calloc(m->n_edges + 1, sizeof *moving);
    uint64_t next_edge = txn_counts(m->txn).next_edge;
    struct alias_result result;
    size_t n;

    EXPECT(moving, "no memory");
    if (id == other || !model_is_live(m, id) || !model_is_live(m, other))
        return true;
    n = collect(moving, m, id, other);
    OK(alias_merge(&result, m->txn, m->nodes[id], m->nodes[other]));
    EXPECT(result.merged && result.edges_moved == n, "%llu edges moved where %zu were expected",
           (unsigned long long)result.edges_moved, n);
    if (!join(m, id, other) || !list_delete(m, other))
        return false;
    m->merged_into[other] = id;
    for (size_t i = 0; i < n; i++)
        if (!move(m, &moving[i], id, &next_edge))
            return false;
    return true;
}

bool model_node(struct model *m)
{
    int kept = m->options->hub_percent ? 2 : 0; /* the hub's ends stay */
    int node = (int)below(m, N_NODES), other = kept + (int)below(m, (uint64_t)(N_NODES - kept));

    switch (below(m, 10)) {
    case 0:
        return delete_node(m, other);
    case 1:
        return merge(m, lead(m, node), lead(m, other));
    default:
        return change_node(m, node);
    }
}
