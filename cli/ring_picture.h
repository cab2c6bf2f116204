/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* A ring drawn: the union of its members' evidence, as text or in the DOT language of Graphviz. */

#include "base/buf.h"
#include "graph/ring.h"
#include "graph/tag.h"

#define RING_PICTURE_EDGES_MAX 2000

/* All of it lies in the arena that it was taken with. */
struct ring_picture {
    struct graph_txn *txn;
    struct arena *arena;
    const struct ring_record *ring;
    struct tag_edge *edges; /* each once, in order */
    size_t n_edges;
    struct node_id *nodes; /* members and ends of edges, each once, ascending */
    size_t n_nodes;
    bool cut; /* there are more edges than RING_PICTURE_EDGES_MAX */
};

/* Gathers what is drawn; keeps `arena`, `txn` and `ring`. Cost: the evidence of the ring's tags. */
MUST_CHECK enum status ring_picture_take(struct ring_picture *out, struct arena *arena,
                                         struct graph_txn *txn, const struct tag_view *view,
                                         const struct ring_record *ring);
/* Appends the drawing: DOT, or lines of text, those first that most hangs on. */
MUST_CHECK enum status ring_picture_dot(struct buf *out, const struct ring_picture *picture);
MUST_CHECK enum status ring_picture_text(struct buf *out, const struct ring_picture *picture);
