/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "query/answer.h"

#include "graph/catalog.h"
#include "query/eval.h"
#include "query/format.h"

#include <stdlib.h>

struct plain {
    struct arena *arena;
    struct eval *eval;
    bool as_text;
};

static enum status plain(struct value *out, struct plain *to, const struct value *value);

static enum status keep_text(struct value *out, struct plain *to, struct slice text)
{
    char *copy = arena_copy(to->arena, text);

    if (!copy)
        return STATUS_NO_MEMORY;
    *out = value_text(slice_of(copy, text.size));
    return STATUS_OK;
}

static enum status symbol_text(struct value *out, struct plain *to, uint32_t symbol)
{
    return keep_text(out, to, catalog_name(graph_catalog(txn_graph(to->eval->txn)), symbol));
}

static enum status node_labels(struct value *out, struct plain *to, const struct node *node)
{
    struct value *items = arena_array(to->arena, (size_t)node->n_labels + 1, sizeof *items);

    if (!items)
        return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < node->n_labels; i++)
        TRY(symbol_text(&items[i], to, node->labels[i]));
    *out = (struct value){ .type = VALUE_LIST, .count = node->n_labels, .items = items };
    return STATUS_OK;
}

static enum status plain_node(struct value *out, struct plain *to, const struct value *value)
{
    struct value_pair *pairs = arena_array(to->arena, 3, sizeof *pairs);
    const struct node *node;
    struct value properties;
    enum status status = eval_node(&node, to->eval, value_node_id(value));

    *out = value_null();
    if (status == STATUS_NOT_FOUND)
        return STATUS_OK;
    TRY(status);
    if (!pairs)
        return STATUS_NO_MEMORY;
    pairs[0].key = SLICE("key");
    TRY(keep_text(&pairs[0].value, to, node->key));
    pairs[1].key = SLICE("labels");
    TRY(node_labels(&pairs[1].value, to, node));
    pairs[2].key = SLICE("properties");
    TRY(node_properties(&properties, to->eval->scratch, to->eval->txn, node));
    TRY(value_keep(&pairs[2].value, to->arena, &properties));
    *out = (struct value){ .type = VALUE_MAP, .count = 3, .pairs = pairs };
    return STATUS_OK;
}

static enum status end_key(struct value *out, struct plain *to, struct node_id id)
{
    const struct node *node;
    enum status status = eval_node(&node, to->eval, id);

    *out = value_null();
    if (status == STATUS_NOT_FOUND)
        return STATUS_OK;
    TRY(status);
    return keep_text(out, to, node->key);
}

static enum status plain_edge(struct value *out, struct plain *to, const struct edge_ref *ref)
{
    struct value_pair *pairs = arena_array(to->arena, 6, sizeof *pairs);
    struct value properties = { .type = VALUE_MAP };
    char text[TIME_TEXT_MAX];
    struct edge edge;
    uint32_t n = 0;
    enum status status = eval_edge(&edge, to->eval, ref);

    if (!pairs)
        return STATUS_NO_MEMORY;
    if (status == STATUS_OK)
        TRY(edge_properties(&properties, to->eval->scratch, to->eval->txn, &edge));
    else if (status != STATUS_NOT_FOUND)
        return status;
    pairs[n].key = SLICE("from");
    TRY(end_key(&pairs[n++].value, to, ref->edge.from));
    pairs[n].key = SLICE("properties");
    TRY(value_keep(&pairs[n++].value, to->arena, &properties));
    pairs[n].key = SLICE("to");
    TRY(end_key(&pairs[n++].value, to, ref->edge.to));
    pairs[n].key = SLICE("type");
    TRY(symbol_text(&pairs[n++].value, to, ref->edge.type));
    if (edge.valid_from_us != TIME_MIN) {
        pairs[n].key = SLICE("valid_from");
        TRY(keep_text(&pairs[n++].value, to, slice_str(time_format(text, edge.valid_from_us))));
    }
    if (edge.valid_to_us != TIME_MAX) {
        pairs[n].key = SLICE("valid_to");
        TRY(keep_text(&pairs[n++].value, to, slice_str(time_format(text, edge.valid_to_us))));
    }
    *out = (struct value){ .type = VALUE_MAP, .count = n, .pairs = pairs };
    return STATUS_OK;
}

static enum status plain_path(struct value *out, struct plain *to, const struct path *path)
{
    size_t n = 2 * (size_t)path->n_edges + 1;
    struct value *items = arena_array(to->arena, n, sizeof *items);

    if (!items)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < n; i++)
        TRY(i % 2 ? plain_edge(&items[i], to, path->edges[i / 2].ref)
                  : plain_node(&items[i], to, &path->nodes[i / 2]));
    *out = (struct value){ .type = VALUE_LIST, .count = (uint32_t)n, .items = items };
    return STATUS_OK;
}

static enum status plain_text(struct value *out, struct plain *to, const struct value *value)
{
    static const struct format_options options = { .bare_strings = true, .node_keys = true };
    AUTO(buf_fini) struct buf buf = { 0 };

    TRY(value_show(&buf, to->eval, value, &options));
    return keep_text(out, to, buf_slice(&buf));
}

static enum status plain_list(struct value *out, struct plain *to, const struct value *list)
{
    struct value *items = arena_array(to->arena, (size_t)list->count + 1, sizeof *items);

    if (!items)
        return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < list->count; i++)
        TRY(plain(&items[i], to, &list->items[i]));
    *out = (struct value){ .type = VALUE_LIST, .count = list->count, .items = items };
    return STATUS_OK;
}

static enum status plain_map(struct value *out, struct plain *to, const struct value *map)
{
    struct value_pair *pairs = arena_array(to->arena, (size_t)map->count + 1, sizeof *pairs);
    struct value key;

    if (!pairs)
        return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < map->count; i++) {
        TRY(keep_text(&key, to, map->pairs[i].key));
        pairs[i].key = value_slice(&key);
        TRY(plain(&pairs[i].value, to, &map->pairs[i].value));
    }
    *out = (struct value){ .type = VALUE_MAP, .count = map->count, .pairs = pairs };
    return STATUS_OK;
}

static enum status plain(struct value *out, struct plain *to, const struct value *value)
{
    switch (value->type) {
    case VALUE_LIST:
    case VALUE_MAP:
        if (to->as_text)
            return plain_text(out, to, value);
        return value->type == VALUE_LIST ? plain_list(out, to, value) : plain_map(out, to, value);
    case VALUE_NODE:
    case VALUE_EDGE:
    case VALUE_PATH:
        if (to->as_text)
            return plain_text(out, to, value);
        if (value->type == VALUE_NODE)
            return plain_node(out, to, value);
        return value->type == VALUE_EDGE ? plain_edge(out, to, value->ref)
                                         : plain_path(out, to, value->ref);
    default:
        return value_keep(out, to->arena, value);
    }
}

enum status value_plain(struct value *out, struct arena *arena, struct eval *eval,
                        const struct value *value, bool as_text)
{
    struct plain to = { arena, eval, as_text };

    return plain(out, &to, value);
}

enum status answer_row(void *context, struct eval *eval, const struct value *values, size_t n)
{
    struct answer *answer = context;

    TRY(array_reserve(&answer->cells, &answer->capacity, (answer->n_rows + 1) * n + 1));
    answer->n_columns = n;
    for (size_t i = 0; i < n; i++)
        TRY(value_plain(&answer->cells[answer->n_rows * n + i], &answer->arena, eval, &values[i],
                        answer->as_text));
    answer->n_rows++;
    if (answer->max_bytes &&
        answer->arena.total_bytes + answer->capacity * sizeof *answer->cells > answer->max_bytes)
        return fail(STATUS_LIMIT,
                    "the answer is larger than %llu MiB; return less, or raise --max-memory",
                    (unsigned long long)(answer->max_bytes >> 20));
    return STATUS_OK;
}

void answer_fini(struct answer *answer)
{
    arena_fini(&answer->arena);
    free(answer->cells);
    *answer = (struct answer){ 0 };
}
