/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CALL, and the procedures of every graph. */
#include "query/procedure.h"

#include "graph/catalog.h"
#include "graph/edge.h"
#include "query/procedure_private.h"
#include "query/run.h"

#include <strings.h>

const struct procedure *procedure_find(const struct procedure_table *table, struct slice name)
{
    for (size_t i = 0; table && i < table->n; i++)
        if (strlen(table->items[i]->name) == name.size &&
            strncasecmp(table->items[i]->name, name.data, name.size) == 0)
            return table->items[i];
    for (size_t i = 0; i < n_procedures_builtin; i++)
        if (strlen(procedures_builtin[i]->name) == name.size &&
            strncasecmp(procedures_builtin[i]->name, name.data, name.size) == 0)
            return procedures_builtin[i];
    return NULL;
}

/* ---- CALL -------------------------------------------------------------------------------- */

struct call_run {
    struct run *run;
    const struct op *op;
    struct arena_mark mark;
    bool ended;
};

static enum status call_row(struct procedure_call *call, const struct value *columns)
{
    struct call_run *to = call->private_;
    const struct clause *clause = to->op->clause;
    enum status status;

    if (to->ended)
        return STATUS_END;
    TRY(limits_tick(&to->run->limits));
    for (uint32_t i = 0; i < clause->n_yields; i++)
        to->run->eval.frame[clause->yields[i].slot] = columns[clause->yields[i].column];
    status = run_pass_rewind(to->run, to->op, to->mark);
    to->ended = status == STATUS_END;
    return status;
}

static enum status call_tick(struct procedure_call *call)
{
    struct call_run *to = call->private_;

    return limits_expand(&to->run->limits);
}

static enum status call_arguments(struct value **out, struct run *run, const struct clause *clause)
{
    const struct procedure *procedure = clause->procedure;
    struct value *args = arena_array(&run->scratch, (size_t)clause->n_exprs + 1, sizeof *args);

    if (!args)
        return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < clause->n_exprs; i++) {
        uint32_t types = procedure->args[i].types;

        TRY(eval_expr(&args[i], &run->eval, clause->exprs[i]));
        if (args[i].type == VALUE_INT && !(types & TYPE_BIT(VALUE_INT)) &&
            (types & TYPE_BIT(VALUE_FLOAT)))
            args[i] = value_float((double)args[i].integer);
        if (args[i].type != VALUE_NULL && !(types & TYPE_BIT(args[i].type)))
            return eval_fail(&run->eval, clause->exprs[i], "TypeError", "InvalidArgumentType",
                             "argument %s of %s can't be a %s", procedure->args[i].name,
                             procedure->name, value_type_name(args[i].type));
    }
    *out = args;
    return STATUS_OK;
}

enum status exec_call(struct run *run, const struct op *op)
{
    const struct procedure *procedure = op->clause->procedure;
    struct call_run to = { .run = run, .op = op };
    struct procedure_call call = { .txn = run->eval.txn, .arena = &run->scratch, .row = call_row,
                                   .tick = call_tick, .context = run->procedure_context,
                                   .private_ = &to };
    struct value *args;
    enum status status;

    TRY(call_arguments(&args, run, op->clause));
    call.args = args;
    to.mark = arena_mark(&run->scratch);
    status = procedure->run(&call, procedure);
    if (to.ended)
        return STATUS_END;
    TRY(status);
    /* A procedure without columns lets each row through. */
    return procedure->n_columns == 0 ? run_pass(run, op) : STATUS_OK;
}

/* ---- Built in ---------------------------------------------------------------------------- */

/* Calls back for each symbol that some node has as a label, an edge as its type, or a property. */
enum symbol_use { USE_LABEL, USE_TYPE, USE_PROPERTY };

struct uses {
    unsigned char *bits; /* by symbol: 1 << use */
    uint32_t n;
};

static void mark_properties(struct uses *uses, struct procedure_call *call,
                            const struct value *map)
{
    struct catalog *catalog = graph_catalog(txn_graph(call->txn));

    for (uint32_t i = 0; i < map->count && map->type == VALUE_MAP; i++) {
        uint32_t symbol = catalog_find(catalog, map->pairs[i].key);
        if (symbol && symbol <= uses->n)
            uses->bits[symbol] |= 1 << USE_PROPERTY;
    }
}

static enum status mark_edges(struct uses *uses, struct procedure_call *call,
                              const struct node *node, bool properties)
{
    const struct edge_scan scan = EDGE_SCAN(0, DIRECTION_OUT);
    AUTO(edge_iter_stop) struct edge_iter it = { 0 };
    struct arena_mark mark = arena_mark(call->arena);
    struct value map;

    for (edge_iter_start(&it, call->txn, node, &scan); edge_iter_next(&it);) {
        TRY(call->tick(call));
        uses->bits[it.edge.type] |= 1 << USE_TYPE;
        if (!properties)
            continue;
        TRY(edge_properties(&map, call->arena, call->txn, &it.edge));
        mark_properties(uses, call, &map);
        arena_rewind(call->arena, mark);
    }
    return it.status;
}

static enum status mark_uses(struct uses *uses, struct procedure_call *call, bool edges,
                             bool properties)
{
    AUTO(node_iter_stop) struct node_iter it = { 0 };
    struct value map;

    uses->n = catalog_size(graph_catalog(txn_graph(call->txn)));
    uses->bits = arena_array(call->arena, (size_t)uses->n + 1, 1);
    if (!uses->bits)
        return STATUS_NO_MEMORY;
    for (node_iter_start(&it, call->txn, 0); node_iter_next(&it);) {
        struct arena_mark mark = arena_mark(call->arena);

        TRY(call->tick(call));
        for (uint32_t i = 0; i < it.node.n_labels; i++)
            uses->bits[it.node.labels[i]] |= 1 << USE_LABEL;
        if (properties) {
            TRY(node_properties(&map, call->arena, call->txn, &it.node));
            mark_properties(uses, call, &map);
        }
        if (edges)
            TRY(mark_edges(uses, call, &it.node, properties));
        arena_rewind(call->arena, mark);
    }
    return it.status;
}

/* One row a name. Whether a label or type is in use is told by its counter where it has one. */
static enum status run_names(struct procedure_call *call, const struct procedure *procedure)
{
    const enum symbol_use *use = procedure->data;
    struct catalog *catalog = graph_catalog(txn_graph(call->txn));
    struct uses uses = { 0 };
    enum status status;

    TRY(mark_uses(&uses, call, *use != USE_LABEL, *use == USE_PROPERTY));
    for (uint32_t symbol = 1; symbol <= uses.n; symbol++) {
        struct value name = value_text(catalog_name(catalog, symbol));

        if (!(uses.bits[symbol] & 1 << *use))
            continue;
        status = call->row(call, &name);
        if (status == STATUS_END)
            return STATUS_OK;
        TRY(status);
    }
    return STATUS_OK;
}

static const enum symbol_use use_label = USE_LABEL, use_type = USE_TYPE,
                             use_property = USE_PROPERTY;
static const struct procedure_field label_column = { "label", TYPE_BIT(VALUE_STRING) };
static const struct procedure_field type_column = { "relationshipType", TYPE_BIT(VALUE_STRING) };
static const struct procedure_field property_column = { "propertyKey", TYPE_BIT(VALUE_STRING) };

static const struct procedure db_labels = {
    .name = "db.labels", .columns = &label_column, .n_columns = 1, .run = run_names,
    .data = &use_label, .help = "labels in use",
};
static const struct procedure db_types = {
    .name = "db.relationshipTypes", .columns = &type_column, .n_columns = 1, .run = run_names,
    .data = &use_type, .help = "relationship types in use",
};
static const struct procedure db_properties = {
    .name = "db.propertyKeys", .columns = &property_column, .n_columns = 1, .run = run_names,
    .data = &use_property, .help = "property names in use",
};

/* ---- db.schema --------------------------------------------------------------------------- */

static const struct procedure_field schema_columns[] = {
    { "from", TYPE_BIT(VALUE_STRING) }, { "type", TYPE_BIT(VALUE_STRING) },
    { "to", TYPE_BIT(VALUE_STRING) },   { "count", TYPE_BIT(VALUE_INT) },
};

static struct value first_label(struct catalog *catalog, const struct node *node)
{
    uint32_t label = node->key_label ? node->key_label : node->n_labels ? node->labels[0] : 0;

    return value_text(catalog_name(catalog, label));
}

/* Of the node at an edge's end; *there is false where that is not there at the moment yet. */
static enum status end_label(struct value *out, bool *there, struct procedure_call *call,
                             struct node_id id)
{
    struct node node;
    enum status status = node_load(&node, call->txn, id);

    *there = status == STATUS_OK;
    if (*there)
        *out = first_label(graph_catalog(txn_graph(call->txn)), &node);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum status count_triples(struct table *table, struct value **counts, size_t *capacity,
                                 struct procedure_call *call, struct arena *kept)
{
    struct catalog *catalog = graph_catalog(txn_graph(call->txn));
    const struct edge_scan scan = EDGE_SCAN(0, DIRECTION_OUT);
    int64_t as_of = txn_moment(call->txn)->as_of_us;
    AUTO(node_iter_stop) struct node_iter it = { 0 };

    for (node_iter_start(&it, call->txn, 0); node_iter_next(&it);) {
        AUTO(edge_iter_stop) struct edge_iter edges = { 0 };

        for (edge_iter_start(&edges, call->txn, &it.node, &scan); edge_iter_next(&edges);) {
            struct value triple[3];
            bool added, there;
            size_t row;

            TRY(call->tick(call));
            TRY(end_label(&triple[2], &there, call, edges.edge.to));
            if (!there || !edge_active(&edges.edge, as_of))
                continue;
            triple[0] = first_label(catalog, &it.node);
            triple[1] = value_text(catalog_name(catalog, edges.edge.type));
            TRY(table_add(&row, &added, table, kept, triple));
            TRY(array_reserve(counts, capacity, table->n));
            if (added)
                (*counts)[row] = value_int(0);
            (*counts)[row].integer++;
        }
        TRY(edges.status);
    }
    return it.status;
}

static enum status run_schema(struct procedure_call *call, const struct procedure *procedure)
{
    AUTO(table_fini) struct table table = { .width = 3 };
    AUTO(arena_fini) struct arena kept = { 0 };
    AUTO(free_ptr) struct value *counts = NULL;
    size_t capacity = 0;

    (void)procedure;
    TRY(count_triples(&table, &counts, &capacity, call, &kept));
    for (size_t row = 0; row < table.n; row++) {
        struct value columns[4];
        enum status status;

        memcpy(columns, &table.rows[row * 3], 3 * sizeof *columns);
        columns[3] = counts[row];
        status = call->row(call, columns);
        if (status == STATUS_END)
            return STATUS_OK;
        TRY(status);
    }
    return STATUS_OK;
}

static const struct procedure db_schema = {
    .name = "db.schema", .columns = schema_columns, .n_columns = 4, .run = run_schema,
    .help = "which labels are joined by which relationship types, and how often",
};

const struct procedure *const procedures_builtin[] = {
    &db_labels,
    &db_types,
    &db_properties,
    &db_schema,
    &procedure_components,
    &procedure_cycles,
    &procedure_neighbourhood,
    &procedure_ring,
    &procedure_rings,
    &procedure_tags,
};
const size_t n_procedures_builtin = sizeof procedures_builtin / sizeof *procedures_builtin;
