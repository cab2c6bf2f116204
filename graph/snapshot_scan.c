/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Nodes and edges of the store as they are taken into a builder. */
#include "base/text.h"
#include "graph/history.h"
#include "graph/snapshot_private.h"
#include "store/codec.h"
#include "store/row.h"

static enum status have_plan(struct snapshot_builder *builder, struct graph_txn *txn)
{
    if (builder->plan)
        return STATUS_OK;
    builder->graph = txn_graph(txn);
    TRY(read_plan_lend(&builder->lent_plan, builder->graph));
    builder->plan = builder->lent_plan;
    return STATUS_OK;
}

bool snapshot_wants(struct snapshot_builder *builder, struct graph_txn *txn, uint32_t type)
{
    if (have_plan(builder, txn) != STATUS_OK)
        return true; /* memory is short: the next call that can fail says so */
    return read_plan_find(builder->plan, type);
}

static enum status take_node_cells(struct snapshot_builder *builder, struct slice properties,
                                   const struct cell_list *cells)
{
    struct value values[CELLS_MAX];

    TRY(codec_find_properties(values, &builder->arena, properties, cells->symbols, cells->n));
    for (uint32_t i = 0; i < cells->n; i++) {
        enum node_column column = cells->columns[i];
        int64_t cell;

        if (cells->types[i] == CELL_TEXT) {
            if (values[i].type == VALUE_STRING)
                TRY(snapshot_node_text(builder, column, value_slice(&values[i])));
        } else if ((cell = read_plan_cell(cells->types[i], &values[i])) != CELL_ABSENT) {
            TRY(snapshot_node_cell(builder, column, cell));
        }
    }
    arena_reset(&builder->arena);
    return STATUS_OK;
}

enum label_role snapshot_role(uint32_t *label, const struct schema *schema,
                              const struct node *node)
{
    *label = node->key_label ? node->key_label : node->n_labels ? node->labels[0] : 0;
    for (uint32_t i = 0; i < node->n_labels; i++) {
        const struct schema_label *known = schema_label_of(schema, node->labels[i]);

        if (known && known->role != LABEL_OTHER) {
            *label = node->labels[i];
            return known->role;
        }
    }
    return LABEL_OTHER;
}

/* The version's text of the property, folded so that spellings of one name agree. */
static enum status version_text(struct buf *out, bool *found, struct arena *arena,
                                const struct history_version *version, uint32_t property)
{
    struct value value;
    enum status status =
        version->deleted ? STATUS_NOT_FOUND
                         : codec_find_property(&value, arena, version->properties, property);

    *found = status == STATUS_OK && value.type == VALUE_STRING;
    if (status && status != STATUS_NOT_FOUND)
        return status;
    buf_clear(out);
    return *found ? text_fold(out, value_slice(&value), TEXT_WIDTH | TEXT_CASE | TEXT_TRIM)
                  : STATUS_OK;
}

/* A cell for each version whose text differs from the last before it that had one. */
static enum status take_changes(struct snapshot_builder *builder,
                                const struct history_version *versions, size_t n,
                                enum node_column column, uint32_t property)
{
    AUTO(buf_fini) struct buf here = { 0 };
    AUTO(buf_fini) struct buf before = { 0 };
    bool any = false;

    for (size_t i = 0; i < n; i++) {
        struct buf swap = before;
        bool found;

        TRY(version_text(&here, &found, &builder->arena, &versions[i], property));
        if (!found)
            continue;
        if (any && !slice_equal(buf_slice(&here), buf_slice(&before)))
            TRY(snapshot_node_cell(builder, column, versions[i].since_us));
        before = here;
        here = swap;
        any = true;
    }
    return STATUS_OK;
}

/* Only principals that were otherwise before pay for a look at their past. */
static enum status take_history(struct snapshot_builder *builder, struct graph_txn *txn,
                                const struct node *node)
{
    const struct cell_list *cells = &builder->plan->changes;
    struct history_version *versions;
    size_t n;

    TRY(history_load(&versions, &n, &builder->arena, txn, node->id));
    for (uint32_t i = 0; i < cells->n; i++)
        TRY(take_changes(builder, versions, n, cells->columns[i], cells->symbols[i]));
    arena_reset(&builder->arena);
    return STATUS_OK;
}

enum status snapshot_take_node(struct snapshot_builder *builder, struct graph_txn *txn,
                               const struct node *node)
{
    uint32_t label;
    enum label_role role = snapshot_role(&label, graph_schema(txn_graph(txn)), node);

    TRY(have_plan(builder, txn));
    TRY(snapshot_add_node(builder, node->id, label, role, node->key));
    if (node->properties.size && builder->plan->node_cells[role].n)
        TRY(take_node_cells(builder, node->properties, &builder->plan->node_cells[role]));
    return node->has_past && role == LABEL_PRINCIPAL && builder->plan->changes.n
               ? take_history(builder, txn, node)
               : STATUS_OK;
}

static enum status take_edge_cells(struct snapshot_builder *builder, struct slice properties,
                                   const struct cell_list *cells)
{
    struct value values[CELLS_MAX];

    TRY(codec_find_properties(values, &builder->arena, properties, cells->symbols, cells->n));
    for (uint32_t i = 0; i < cells->n; i++) {
        enum edge_column column = cells->columns[i];
        int64_t cell;

        if (cells->types[i] == CELL_TEXT) {
            if (values[i].type == VALUE_STRING)
                TRY(snapshot_edge_text(builder, column, value_slice(&values[i])));
        } else if ((cell = read_plan_cell(cells->types[i], &values[i])) != CELL_ABSENT) {
            TRY(snapshot_edge_cell(builder, column, cell));
        }
    }
    arena_reset(&builder->arena);
    return STATUS_OK;
}

enum status snapshot_take_edge(struct snapshot_builder *builder, struct graph_txn *txn,
                               struct edge *edge)
{
    const struct wanted_type *wanted;

    TRY(have_plan(builder, txn));
    wanted = read_plan_find(builder->plan, edge->type);
    if (!wanted)
        return STATUS_OK;
    TRY(snapshot_add_edge(builder, edge->type, edge->from, edge->to, edge->valid_from_us,
                          edge->valid_to_us, edge->id));
    if (!wanted->cells.n)
        return STATUS_OK;
    if (!edge->loaded)
        TRY(edge_load(edge, txn));
    return edge->properties.size ? take_edge_cells(builder, edge->properties, &wanted->cells)
                                 : STATUS_OK;
}

enum status snapshot_take_entry(struct snapshot_builder *builder, const struct wanted_type *wanted,
                                struct node_id from, const struct entry *entry)
{
    TRY(snapshot_add_edge(builder, wanted->type, from, entry->other, entry->valid_from_us,
                          entry->valid_to_us, entry->edge));
    if (!wanted->cells.n || !entry->properties.size)
        return STATUS_OK;
    return take_edge_cells(builder, entry->properties, &wanted->cells);
}
