/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/detectors/stored.h"

#include <stdio.h>
#include <stdlib.h>

#include "graph/catalog.h"
#include "tests/support/fresh.h"
#include "tests/support/must.h"
#include "tests/support/place.h"

static const char *const node_names[NODE_COLUMNS] = {
    "blocked", "status", "industry", "registered_on", "net_assets_minor", "class", "level",
    "name", "key_valid", "product", "lender", "legal_rep", "amount_minor", "currency", "outcome",
    "overdue_since", "overdue_until", "industry", "name",
};

static const char *const edge_names[EDGE_COLUMNS] = { "ratio", "amount_minor", "currency",
                                                      "status", "role", "verified", "relation" };

static int by_key(const void *a, const void *b)
{
    const struct value_pair *x = a, *y = b;

    return slice_compare(x->key, y->key);
}

static struct value map_of(struct value_pair *pairs, uint32_t n)
{
    qsort(pairs, n, sizeof *pairs, by_key);
    return (struct value){ .type = VALUE_MAP, .count = n, .pairs = pairs };
}

static struct value node_value(enum node_column column, int64_t number)
{
    if (column == NODE_BLOCKED || column == NODE_KEY_VALID)
        return value_bool(number);
    if (column == NODE_REGISTERED_ON || column == NODE_OVERDUE_SINCE ||
        column == NODE_OVERDUE_UNTIL)
        return value_datetime_us(number);
    return value_int(number);
}

static void store_node(struct stored *stored, struct graph_txn *txn,
                       const struct world_node *node, struct node_id *id)
{
    struct node_input input = NODE_INPUT_INIT;
    struct value_pair pairs[NODE_COLUMNS];
    uint32_t n = 0;

    for (enum node_column c = 0; c < NODE_COLUMNS; c++)
        if (node->texts[c])
            pairs[n++] = (struct value_pair){ slice_str(node_names[c]),
                                              value_text(slice_str(node->texts[c])) };
        else if (node->numbers[c] != CELL_ABSENT)
            pairs[n++] = (struct value_pair){ slice_str(node_names[c]),
                                              node_value(c, node->numbers[c]) };
    input.labels = &stored->symbols[node->label];
    input.n_labels = 1;
    input.key_label = stored->symbols[node->label];
    input.key = slice_str(node->key);
    input.properties = map_of(pairs, n);
    must(node_upsert(id, NULL, txn, &input));
}

static bool is_change(const struct world_cell *cell)
{
    return cell->column == NODE_INDUSTRY_CHANGED || cell->column == NODE_NAME_CHANGED;
}

/* The property's text `number` times changed; its first has no moment. */
static void store_text(struct stored *stored, struct graph_txn *txn, const struct world *world,
                       const struct world_cell *cell, uint32_t number)
{
    const struct world_node *node = &world->nodes[cell->node];
    struct node_input input = NODE_INPUT_INIT;
    struct value_pair pair;
    char text[16];

    snprintf(text, sizeof text, "text %u", number);
    pair = (struct value_pair){ slice_str(node_names[cell->column]),
                                value_text(slice_str(text)) };
    input.labels = &stored->symbols[node->label];
    input.n_labels = 1;
    input.key_label = stored->symbols[node->label];
    input.key = slice_str(node->key);
    input.properties = map_of(&pair, 1);
    input.valid_from_us = number ? cell->value : TIME_MIN;
    must(node_upsert(NULL, NULL, txn, &input));
}

/* First texts all in this commit, then each change in one of its own. */
static void store_changes(struct stored *stored, struct graph_txn *txn, const struct world *world)
{
    for (uint32_t i = 0; i < world->n_cells; i++)
        if (is_change(&world->cells[i]) && stored->ids[world->cells[i].node].value)
            store_text(stored, txn, world, &world->cells[i], 0);
    for (uint32_t i = 0; i < world->n_cells; i++)
        if (is_change(&world->cells[i]) && stored->ids[world->cells[i].node].value) {
            must(txn_next_commit(txn));
            store_text(stored, txn, world, &world->cells[i], i + 1);
        }
}

static void store_edge(struct stored *stored, struct graph_txn *txn,
                       const struct world_edge *edge, uint32_t number)
{
    struct edge_input input = EDGE_INPUT_INIT;
    struct value_pair pairs[EDGE_COLUMNS];
    char key[16];
    uint32_t n = 0;

    for (enum edge_column c = 0; c < EDGE_COLUMNS; c++)
        if (edge->texts[c])
            pairs[n++] = (struct value_pair){ slice_str(edge_names[c]),
                                              value_text(slice_str(edge->texts[c])) };
        else if (edge->numbers[c] != CELL_ABSENT)
            pairs[n++] = (struct value_pair){
                slice_str(edge_names[c]),
                c == EDGE_RATIO ? value_float((double)edge->numbers[c] / (double)RATIO_ONE)
                : c == EDGE_VERIFIED ? value_bool(edge->numbers[c])
                                     : value_int(edge->numbers[c])
            };
    snprintf(key, sizeof key, "%u", number);
    input.type = stored->symbols[edge->type];
    input.from = stored->ids[edge->from];
    input.to = stored->ids[edge->to];
    input.has_key = true;
    input.key = slice_str(key);
    input.valid_from_us = edge->start;
    input.valid_to_us = edge->end;
    input.properties = map_of(pairs, n);
    must(edge_upsert(NULL, NULL, txn, &input));
}

void stored_begin(struct stored *stored, const struct world *world, uint32_t without)
{
    struct graph_options options = { .map_size = 64 << 20 };
    struct graph_txn *txn;

    memset(stored, 0, sizeof *stored);
    stored->place = place_new();
    stored->graph = fresh_graph(place_in(stored->place, "db"), schema_builtin_text(), &options);
    must(graph_write(&txn, stored->graph));
    for (uint32_t i = 1; i < W_SYMBOLS; i++)
        must(catalog_intern(&stored->symbols[i], txn, slice_str(world_names[i])));
    for (uint32_t i = 0; i < world->n_nodes; i++)
        if (i != without)
            store_node(stored, txn, &world->nodes[i], &stored->ids[i]);
    for (uint32_t i = 0; i < world->n_edges; i++)
        if (world->edges[i].from != without && world->edges[i].to != without &&
            world->edges[i].start < world->edges[i].end)
            store_edge(stored, txn, &world->edges[i], i);
    store_changes(stored, txn, world);
    must(txn_commit(txn));
}

void stored_learn(struct stored *stored, const struct world *world, uint32_t node,
                  const char *property, const char *text)
{
    struct value_pair pair = { slice_str(property), value_text(slice_str(text)) };
    struct node_input input = NODE_INPUT_INIT;
    struct graph_txn *txn;

    input.labels = &stored->symbols[world->nodes[node].label];
    input.n_labels = 1;
    input.key_label = stored->symbols[world->nodes[node].label];
    input.key = slice_str(world->nodes[node].key);
    input.properties = map_of(&pair, 1);
    must(graph_write(&txn, stored->graph));
    must(node_upsert(NULL, NULL, txn, &input));
    must(txn_commit(txn));
}

void stored_done(struct stored *stored)
{
    graph_close(stored->graph);
    place_remove(stored->place);
}

const struct finding *found(const struct findings *findings, struct node_id id, const char *code)
{
    for (size_t i = 0; i < findings->n; i++)
        if (findings->items[i].subject.value == id.value &&
            !strcmp(findings->items[i].code, code))
            return &findings->items[i];
    return NULL;
}

enum level found_level(const struct findings *findings, struct node_id id, const char *code)
{
    const struct finding *finding = found(findings, id, code);

    return finding ? finding->level : LEVEL_NONE;
}
