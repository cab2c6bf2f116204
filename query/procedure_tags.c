/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ringfence.tags, ringfence.ring, ringfence.rings, ringfence.neighbourhood. */
#include "query/procedure_private.h"

#include "graph/edge.h"
#include "graph/ring.h"
#include "graph/tag.h"
#include "query/eval.h"
#include "query/node_map.h"

#define NODE TYPE_BIT(VALUE_NODE)
#define TEXT TYPE_BIT(VALUE_STRING)
#define INTEGER TYPE_BIT(VALUE_INT)

/* STATUS_END from the reader of the rows ends a procedure well. */
static enum status ended(enum status status)
{
    return status == STATUS_END ? STATUS_OK : status;
}

/* ---- ringfence.tags(node or null) -------------------------------------------------------- */

static const struct procedure_field node_argument = { "node", NODE };

static const struct procedure_field tag_columns[] = {
    { "subject", NODE }, { "code", TEXT },  { "level", TEXT },
    { "score", TYPE_BIT(VALUE_FLOAT) },     { "state", TEXT },
    { "origin", TEXT },  { "ring", TEXT },  { "text", TEXT },
    { "numbers", TYPE_BIT(VALUE_MAP) },     { "evidence", INTEGER },
};

static struct value name_text(const char *name)
{
    return value_text(slice_str(name));
}

static enum status tag_row(struct procedure_call *call, const struct tag *tag)
{
    char ring[RING_NAME_MAX];
    struct value columns[] = {
        value_node(tag->subject),
        value_text(tag->code),
        name_text(tag_level_name(tag->level)),
        value_float((double)tag->score / TAG_SCORE_ONE),
        name_text(tag_state_name(tag->state)),
        name_text(tag_origin_name(tag->origin)),
        tag->ring ? name_text(ring_name(ring, tag->ring)) : value_null(),
        tag->text.size ? value_text(tag->text) : value_null(),
        tag->numbers,
        value_int((int64_t)tag->n_edges),
    };

    return call->row(call, columns);
}

static enum status run_tags(struct procedure_call *call, const struct procedure *procedure)
{
    AUTO(tag_iter_stop) struct tag_iter it = { 0 };
    struct tag_view view;

    (void)procedure;
    TRY(tag_view_now(&view, call->txn));
    if (call->args[0].type == VALUE_NODE)
        tag_iter_subject(&it, call->txn, &view, value_node_id(&call->args[0]));
    else
        tag_iter_all(&it, call->txn, &view);
    while (tag_iter_next(&it)) {
        enum status status;

        if (it.tag.state != TAG_PROPOSED && it.tag.state != TAG_CONFIRMED)
            continue;
        status = tag_row(call, &it.tag);
        if (status != STATUS_OK)
            return ended(status);
    }
    return it.status;
}

const struct procedure procedure_tags = {
    .name = "ringfence.tags", .args = &node_argument, .n_args = 1, .columns = tag_columns,
    .n_columns = sizeof tag_columns / sizeof *tag_columns, .run = run_tags,
    .help = "live tags of a node, or of all nodes for null",
};

/* ---- ringfence.ring(name), ringfence.rings() --------------------------------------------- */

static const struct procedure_field ring_argument = { "ring", TEXT };
static const struct procedure_field ring_columns[] = {
    { "ring", TEXT }, { "detector", TEXT }, { "event", TEXT }, { "member", NODE },
};

static enum status ring_rows(struct procedure_call *call, const struct ring_record *ring)
{
    char name[RING_NAME_MAX];

    for (size_t i = 0; i < ring->n_members; i++) {
        struct value columns[] = {
            name_text(ring_name(name, ring->number)), value_text(ring->by),
            name_text(ring_event_name(ring->event)), value_node(ring->members[i]),
        };
        TRY(call->row(call, columns));
    }
    return STATUS_OK;
}

static enum status run_ring(struct procedure_call *call, const struct procedure *procedure)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    struct ring_record ring;
    struct tag_view view;
    uint64_t number;
    enum status status;

    (void)procedure;
    if (call->args[0].type == VALUE_NULL)
        return STATUS_OK;
    TRY(ring_parse(&number, value_slice(&call->args[0])));
    TRY(tag_view_now(&view, call->txn));
    status = ring_find(&ring, &arena, call->txn, &view, number);
    if (status == STATUS_NOT_FOUND)
        return STATUS_OK;
    TRY(status);
    return ended(ring_rows(call, &ring));
}

static enum status run_rings(struct procedure_call *call, const struct procedure *procedure)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    struct ring_record *rings;
    struct tag_view view;
    size_t n;

    (void)procedure;
    TRY(tag_view_now(&view, call->txn));
    TRY(ring_list(&rings, &n, &arena, call->txn, &view, slice_of("", 0)));
    for (size_t i = 0; i < n; i++) {
        enum status status = ring_rows(call, &rings[i]);
        if (status != STATUS_OK)
            return ended(status);
    }
    return STATUS_OK;
}

const struct procedure procedure_ring = {
    .name = "ringfence.ring", .args = &ring_argument, .n_args = 1, .columns = ring_columns,
    .n_columns = 4, .run = run_ring, .help = "members of a ring, such as 'R-000001'",
};

const struct procedure procedure_rings = {
    .name = "ringfence.rings", .columns = ring_columns, .n_columns = 4, .run = run_rings,
    .help = "members of all living rings",
};

/* ---- ringfence.neighbourhood(node, hops) ------------------------------------------------- */

static const struct procedure_field neighbourhood_arguments[] = { { "node", NODE },
                                                                  { "hops", INTEGER } };
static const struct procedure_field neighbourhood_columns[] = { { "member", NODE },
                                                                { "distance", INTEGER } };

/* Adds the nodes beside the one of that number. */
static enum status spread(struct procedure_call *call, struct node_map *met, size_t at)
{
    const struct edge_scan scan = EDGE_SCAN(0, DIRECTION_BOTH);
    AUTO(edge_iter_stop) struct edge_iter it = { 0 };
    int64_t as_of = txn_moment(call->txn)->as_of_us;
    struct node node;
    uint32_t number;
    bool added;
    enum status status = node_load(&node, call->txn, (struct node_id){ met->nodes[at] });

    if (status == STATUS_NOT_FOUND)
        return STATUS_OK;
    TRY(status);
    for (edge_iter_start(&it, call->txn, &node, &scan); edge_iter_next(&it);) {
        TRY(call->tick(call));
        if (edge_active(&it.edge, as_of))
            TRY(node_map_add(&number, &added, met, edge_other(&it.edge).value));
    }
    return it.status;
}

/* Breadth first: each node once, with the fewest relationships that lead to it. */
static enum status run_neighbourhood(struct procedure_call *call,
                                     const struct procedure *procedure)
{
    AUTO(node_map_fini) struct node_map met = { 0 };
    int64_t hops = call->args[1].type == VALUE_INT ? call->args[1].integer : 1, depth = 0;
    size_t level_end = 1;
    uint32_t number;
    bool added, there;

    (void)procedure;
    if (call->args[0].type == VALUE_NULL)
        return STATUS_OK;
    TRY(node_map_add(&number, &added, &met, value_node_id(&call->args[0]).value));
    for (size_t at = 0; at < met.n; at++) {
        struct node_id id = { met.nodes[at] };
        struct value columns[2];
        enum status status;

        if (at == level_end) {
            depth++;
            level_end = met.n;
        }
        TRY(node_is_there(&there, call->txn, id));
        if (!there) /* an edge may hold before the node at its end does: that is no member yet */
            continue;
        columns[0] = value_node(id);
        columns[1] = value_int(depth);
        status = call->row(call, columns);
        if (status != STATUS_OK)
            return ended(status);
        if (depth < hops)
            TRY(spread(call, &met, at));
    }
    return STATUS_OK;
}

const struct procedure procedure_neighbourhood = {
    .name = "ringfence.neighbourhood", .args = neighbourhood_arguments, .n_args = 2,
    .columns = neighbourhood_columns, .n_columns = 2, .run = run_neighbourhood,
    .help = "nodes within so many relationships of a node, nearest first",
};
