/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/ring_picture.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/text.h"
#include "cli/tag_value.h"
#include "graph/catalog.h"

/* ---- what is drawn -------------------------------------------------------------------------- */

struct edges {
    struct tag_edge *items;
    size_t n, capacity;
};

static void edges_fini(struct edges *edges)
{
    free(edges->items);
}

static int by_edge(const void *a, const void *b)
{
    return tag_edge_compare(a, b);
}

static enum status gather(struct edges *edges, struct graph_txn *txn, const struct tag_view *view,
                          uint64_t ring)
{
    AUTO(tag_iter_stop) struct tag_iter it = { 0 };

    for (tag_iter_ring(&it, txn, view, ring); tag_iter_next(&it);) {
        if (it.tag.state == TAG_WITHDRAWN)
            continue;
        TRY(array_reserve(&edges->items, &edges->capacity, edges->n + it.tag.n_edges));
        for (size_t i = 0; i < it.tag.n_edges; i++)
            edges->items[edges->n++] = it.tag.edges[i];
    }
    return it.status;
}

static enum status take_edges(struct ring_picture *picture, const struct tag_view *view)
{
    AUTO(edges_fini) struct edges edges = { 0 };
    size_t kept = 0;

    TRY(gather(&edges, picture->txn, view, picture->ring->number));
    if (edges.n)
        qsort(edges.items, edges.n, sizeof *edges.items, by_edge);
    for (size_t i = 0; i < edges.n; i++)
        if (!kept || tag_edge_compare(&edges.items[kept - 1], &edges.items[i]) != 0)
            edges.items[kept++] = edges.items[i];
    picture->cut = kept > RING_PICTURE_EDGES_MAX;
    picture->n_edges = picture->cut ? RING_PICTURE_EDGES_MAX : kept;
    picture->edges = arena_array(picture->arena, picture->n_edges + 1, sizeof *picture->edges);
    if (!picture->edges)
        return STATUS_NO_MEMORY;
    if (picture->n_edges)
        memcpy(picture->edges, edges.items, picture->n_edges * sizeof *picture->edges);
    return STATUS_OK;
}

static enum status take_nodes(struct ring_picture *picture)
{
    const struct ring_record *ring = picture->ring;
    size_t total = ring->n_members, kept = 0;
    struct node_id *ids =
        arena_array(picture->arena, total + 2 * picture->n_edges + 1, sizeof *ids);

    if (!ids)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < ring->n_members; i++)
        ids[i] = ring->members[i];
    for (size_t i = 0; i < picture->n_edges; i++) {
        ids[total++] = picture->edges[i].from;
        ids[total++] = picture->edges[i].to;
    }
    qsort(ids, total, sizeof *ids, node_id_compare);
    for (size_t i = 0; i < total; i++)
        if (!kept || ids[kept - 1].value != ids[i].value)
            ids[kept++] = ids[i];
    picture->nodes = ids;
    picture->n_nodes = kept;
    return STATUS_OK;
}

enum status ring_picture_take(struct ring_picture *out, struct arena *arena, struct graph_txn *txn,
                              const struct tag_view *view, const struct ring_record *ring)
{
    *out = (struct ring_picture){ .txn = txn, .arena = arena, .ring = ring };
    TRY(take_edges(out, view));
    return take_nodes(out);
}

/* ---- names ---------------------------------------------------------------------------------- */

/* Members are sorted. */
static bool is_member(const struct ring_record *ring, struct node_id id)
{
    return ring->n_members &&
           bsearch(&id, ring->members, ring->n_members, sizeof *ring->members, node_id_compare);
}

static struct slice type_of(const struct ring_picture *picture, const struct tag_edge *edge)
{
    return catalog_name(graph_catalog(txn_graph(picture->txn)), edge->type);
}

/* ---- DOT ------------------------------------------------------------------------------------ */

/* A text inside quotes of DOT. */
static enum status dot_quote(struct buf *out, struct slice text)
{
    const char *at = text.data;

    TRY(buf_append_byte(out, '"'));
    for (size_t i = 0; i < text.size; i++) {
        if (at[i] == '"' || at[i] == '\\')
            TRY(buf_append_byte(out, '\\'));
        TRY(buf_append_byte(out, (unsigned char)at[i]));
    }
    return buf_append_byte(out, '"');
}

enum status ring_picture_dot(struct buf *out, const struct ring_picture *picture)
{
    char name[RING_NAME_MAX], when[TIME_TEXT_MAX];

    TRY(buf_printf(out, "digraph \"%s\" {\n  rankdir=LR;\n",
                   ring_name(name, picture->ring->number)));
    for (size_t i = 0; i < picture->n_nodes; i++) {
        struct node_id id = picture->nodes[i];
        struct value text;

        TRY(subject_text(&text, picture->arena, picture->txn, id));
        TRY(buf_printf(out, "  n%" PRIu64 " [label=", id.value));
        TRY(dot_quote(out, value_slice(&text)));
        TRY(buf_printf(out, is_member(picture->ring, id) ? ", shape=box, style=bold];\n"
                                                         : ", shape=ellipse];\n"));
    }
    for (size_t i = 0; i < picture->n_edges; i++) {
        const struct tag_edge *edge = &picture->edges[i];
        struct slice type = type_of(picture, edge);

        TRY(buf_printf(out, "  n%" PRIu64 " -> n%" PRIu64 " [label=\"%.*s %.10s\"];\n",
                       edge->from.value, edge->to.value, (int)type.size, (const char *)type.data,
                       time_format(when, edge->valid_from_us)));
    }
    return buf_printf(out, "}\n");
}

/* ---- text ----------------------------------------------------------------------------------- */

static enum status draw_node(struct buf *out, const struct ring_picture *picture,
                             struct node_id id)
{
    struct value text;

    TRY(subject_text(&text, picture->arena, picture->txn, id));
    return buf_printf(out, is_member(picture->ring, id) ? "[%.*s]" : "(%.*s)", (int)text.count,
                      text.text);
}

static bool touches(const struct tag_edge *edge, struct node_id id)
{
    return edge->from.value == id.value || edge->to.value == id.value;
}

/* One block per node that others hang on: its name, then what leads to it and from it. */
static enum status draw_star(struct buf *out, const struct ring_picture *picture, bool *drawn,
                             struct node_id center)
{
    char when[TIME_TEXT_MAX];
    size_t left = 0;

    for (size_t i = 0; i < picture->n_edges; i++)
        left += !drawn[i] && touches(&picture->edges[i], center);
    if (!left)
        return STATUS_OK;
    TRY(draw_node(out, picture, center));
    TRY(buf_append_byte(out, '\n'));
    for (size_t i = 0; i < picture->n_edges; i++) {
        const struct tag_edge *edge = &picture->edges[i];
        bool outwards = edge->from.value == center.value;
        struct slice type = type_of(picture, edge);

        if (drawn[i] || !touches(edge, center))
            continue;
        drawn[i] = true;
        TRY(buf_printf(out, " %s %s %.*s %.10s %s ", --left ? "|--" : "`--", outwards ? "-" : "<-",
                       (int)type.size, (const char *)type.data,
                       time_format(when, edge->valid_from_us), outwards ? "->" : "-"));
        TRY(draw_node(out, picture, outwards ? edge->to : edge->from));
        TRY(buf_append_byte(out, '\n'));
    }
    return STATUS_OK;
}

struct center {
    struct node_id id;
    size_t degree;
};

static int by_degree(const void *a, const void *b)
{
    const struct center *x = a, *y = b;

    if (x->degree != y->degree)
        return x->degree > y->degree ? -1 : 1;
    return (x->id.value > y->id.value) - (x->id.value < y->id.value);
}

static void count_end(struct center *centers, const struct ring_picture *picture, struct node_id id)
{
    const struct node_id *at =
        bsearch(&id, picture->nodes, picture->n_nodes, sizeof *picture->nodes, node_id_compare);

    centers[at - picture->nodes].degree++;
}

/* The nodes, those that most hangs on first. */
static struct center *centers_of(const struct ring_picture *picture)
{
    struct center *centers = arena_array(picture->arena, picture->n_nodes + 1, sizeof *centers);

    if (!centers)
        return NULL;
    for (size_t i = 0; i < picture->n_nodes; i++)
        centers[i] = (struct center){ picture->nodes[i], 0 };
    for (size_t i = 0; i < picture->n_edges; i++) {
        count_end(centers, picture, picture->edges[i].from);
        count_end(centers, picture, picture->edges[i].to);
    }
    qsort(centers, picture->n_nodes, sizeof *centers, by_degree);
    return centers;
}

enum status ring_picture_text(struct buf *out, const struct ring_picture *picture)
{
    const struct ring_record *ring = picture->ring;
    const struct center *centers = centers_of(picture);
    bool *drawn = arena_array(picture->arena, picture->n_edges + 1, sizeof *drawn);
    char name[RING_NAME_MAX];

    if (!centers || !drawn)
        return STATUS_NO_MEMORY;
    TRY(buf_printf(out, "%s %.*s: %zu member%s in [ ], what ties them in ( )\n\n",
                   ring_name(name, ring->number), (int)ring->by.size, (const char *)ring->by.data,
                   ring->n_members, text_s(ring->n_members)));
    for (size_t i = 0; i < picture->n_nodes && centers[i].degree; i++)
        TRY(draw_star(out, picture, drawn, centers[i].id));
    return STATUS_OK;
}
