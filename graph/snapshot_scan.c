/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "graph/snapshot_private.h"

#include <math.h>
#include <stdlib.h>

#include "base/text.h"
#include "graph/catalog.h"
#include "graph/history.h"
#include "store/codec.h"

enum cell_type { CELL_BOOL, CELL_TEXT, CELL_INT, CELL_TIME, CELL_RATIO };

struct column_plan {
    const char *name;
    enum cell_type type;
    unsigned roles; /* bits of enum label_role; of edges: unused */
};

#define ROLE(role) (1u << LABEL_##role)
#define PARTY (ROLE(PRINCIPAL) | ROLE(IDENTIFIER))

static const struct column_plan node_plan[NODE_COLUMNS] = {
    [NODE_BLOCKED] = { "blocked", CELL_BOOL, PARTY },
    [NODE_STATUS] = { "status", CELL_TEXT, ROLE(PRINCIPAL) | ROLE(APPLICATION) | ROLE(LOAN) },
    [NODE_INDUSTRY] = { "industry", CELL_TEXT, ROLE(PRINCIPAL) | ROLE(APPLICATION) },
    [NODE_REGISTERED_ON] = { "registered_on", CELL_TIME, ROLE(PRINCIPAL) },
    [NODE_NET_ASSETS] = { "net_assets_minor", CELL_INT, ROLE(PRINCIPAL) },
    [NODE_CLASS] = { "class", CELL_TEXT, PARTY },
    [NODE_LEVEL] = { "level", CELL_TEXT, ROLE(IDENTIFIER) },
    [NODE_NAME] = { "name", CELL_TEXT, 0 }, /* read from the store by the few who ask */
    [NODE_KEY_VALID] = { "key_valid", CELL_BOOL, ROLE(PRINCIPAL) },
    [NODE_PRODUCT] = { "product", CELL_TEXT, ROLE(APPLICATION) },
    [NODE_LENDER] = { "lender", CELL_TEXT, ROLE(APPLICATION) },
    [NODE_LEGAL_REP] = { "legal_rep", CELL_TEXT, ROLE(APPLICATION) },
    [NODE_AMOUNT] = { "amount_minor", CELL_INT, ROLE(APPLICATION) | ROLE(LOAN) },
    [NODE_CURRENCY] = { "currency", CELL_TEXT, ROLE(APPLICATION) | ROLE(LOAN) },
    [NODE_OUTCOME] = { "outcome", CELL_TEXT, ROLE(APPLICATION) },
    [NODE_OVERDUE_SINCE] = { "overdue_since", CELL_TIME, ROLE(LOAN) },
    [NODE_OVERDUE_UNTIL] = { "overdue_until", CELL_TIME, ROLE(LOAN) },
    [NODE_INDUSTRY_CHANGED] = { "industry", CELL_TIME, 0 }, /* these two: take_changes() */
    [NODE_NAME_CHANGED] = { "name", CELL_TIME, 0 },
};

static const struct column_plan edge_plan[EDGE_COLUMNS] = {
    [EDGE_RATIO] = { "ratio", CELL_RATIO, 0 },
    [EDGE_AMOUNT] = { "amount_minor", CELL_INT, 0 },
    [EDGE_CURRENCY] = { "currency", CELL_TEXT, 0 },
    [EDGE_STATUS] = { "status", CELL_TEXT, 0 },
    [EDGE_ROLE] = { "role", CELL_TEXT, 0 },
    [EDGE_VERIFIED] = { "verified", CELL_BOOL, 0 },
    [EDGE_RELATION] = { "relation", CELL_TEXT, 0 },
};

static enum status want(struct snapshot_builder *builder, uint32_t type, unsigned columns)
{
    for (size_t i = 0; i < builder->n_wanted; i++)
        if (builder->wanted[i].type == type) {
            builder->wanted[i].columns |= columns;
            return STATUS_OK;
        }
    if (!type)
        return STATUS_OK;
    TRY(array_reserve(&builder->wanted, &builder->wanted_capacity, builder->n_wanted + 1));
    builder->wanted[builder->n_wanted++] = (struct wanted_type){ type, columns };
    return STATUS_OK;
}

static enum status want_role(struct snapshot_builder *builder, const uint32_t *types,
                             unsigned columns)
{
    for (; types && *types; types++)
        TRY(want(builder, *types, columns));
    return STATUS_OK;
}

static enum status want_links(struct snapshot_builder *builder, const struct schema *schema)
{
    for (size_t i = 0; i < schema->n_links; i++) {
        const struct schema_link *link = &schema->links[i];
        unsigned columns = link->dated ? 0 : 1u << EDGE_ROLE | 1u << EDGE_VERIFIED;

        for (uint32_t step = 0; step < link->n_steps; step++)
            TRY(want(builder, link->steps[step].type, columns));
    }
    return STATUS_OK;
}

static enum status make_plan(struct snapshot_builder *builder, struct graph_txn *txn)
{
    struct catalog *catalog = graph_catalog(txn_graph(txn));
    const struct schema *schema = graph_schema(txn_graph(txn));
    const struct schema_roles *roles = &schema->roles;
    unsigned amount = 1u << EDGE_AMOUNT | 1u << EDGE_CURRENCY;

    for (int i = 0; i < NODE_COLUMNS; i++)
        builder->node_symbols[i] = catalog_find(catalog, slice_str(node_plan[i].name));
    for (int i = 0; i < EDGE_COLUMNS; i++)
        builder->edge_symbols[i] = catalog_find(catalog, slice_str(edge_plan[i].name));
    TRY(want_links(builder, schema));
    TRY(want_role(builder, roles->ownership, 1u << EDGE_RATIO));
    TRY(want_role(builder, roles->membership, 0));
    TRY(want_role(builder, roles->kin, 1u << EDGE_RELATION));
    TRY(want_role(builder, roles->represents, 0));
    TRY(want_role(builder, roles->applied, 0));
    TRY(want_role(builder, roles->guarantees, amount | 1u << EDGE_STATUS));
    TRY(want_role(builder, roles->owns, 0));
    TRY(want_role(builder, roles->borrowed, 0));
    TRY(want_role(builder, roles->transfers, 1u << EDGE_AMOUNT));
    TRY(want_role(builder, roles->deposits, 1u << EDGE_AMOUNT));
    TRY(want_role(builder, roles->repayments, 1u << EDGE_AMOUNT));
    TRY(want_role(builder, roles->results, 0));
    builder->planned = true;
    return STATUS_OK;
}

static const struct wanted_type *find_wanted(const struct snapshot_builder *builder,
                                             uint32_t type)
{
    for (size_t i = 0; i < builder->n_wanted; i++)
        if (builder->wanted[i].type == type)
            return &builder->wanted[i];
    return NULL;
}

bool snapshot_wants(struct snapshot_builder *builder, struct graph_txn *txn, uint32_t type)
{
    if (!builder->planned && make_plan(builder, txn) != STATUS_OK)
        return true; /* memory is short: the next call that can fail says so */
    return find_wanted(builder, type);
}

static int64_t bool_cell(const struct value *value)
{
    if (value->type == VALUE_BOOL)
        return value->boolean;
    if (value->type == VALUE_INT)
        return value->integer != 0;
    if (value->type == VALUE_STRING)
        return slice_equal(value_slice(value), SLICE("true")) ||
               slice_equal(value_slice(value), SLICE("1"));
    return CELL_ABSENT;
}

static int64_t number_cell(const struct value *value, int64_t unit)
{
    char text[40];
    double number;
    int64_t product;

    if (value->type == VALUE_INT)
        return __builtin_mul_overflow(value->integer, unit, &product) ? CELL_ABSENT : product;
    if (value->type == VALUE_FLOAT) {
        number = value->floating;
    } else if (value->type == VALUE_STRING && value->count && value->count < sizeof text) {
        char *end;

        memcpy(text, value->text, value->count);
        text[value->count] = 0;
        number = strtod(text, &end);
        if (*end)
            return CELL_ABSENT;
    } else {
        return CELL_ABSENT;
    }
    number *= (double)unit;
    return number > -9e18 && number < 9e18 ? (int64_t)llround(number) : CELL_ABSENT;
}

static int64_t time_cell(const struct value *value)
{
    int64_t us;

    if (value_as_us(&us, value))
        return us;
    if (value->type == VALUE_STRING && time_parse(&us, value_slice(value)) == STATUS_OK)
        return us;
    return CELL_ABSENT;
}

/* The cell of a value; text is left to the caller. */
static int64_t plain_cell(enum cell_type type, const struct value *value)
{
    switch (type) {
    case CELL_BOOL:
        return bool_cell(value);
    case CELL_INT:
        return number_cell(value, 1);
    case CELL_RATIO:
        return number_cell(value, RATIO_ONE);
    case CELL_TIME:
        return time_cell(value);
    case CELL_TEXT:
        break;
    }
    return CELL_ABSENT;
}

static enum status take_node_cell(struct snapshot_builder *builder, struct graph_txn *txn,
                                  const struct node *node, enum node_column column)
{
    struct value value;
    enum status status =
        node_property(&value, &builder->arena, txn, node, builder->node_symbols[column]);
    int64_t cell;

    if (status == STATUS_NOT_FOUND)
        return STATUS_OK;
    TRY(status);
    if (node_plan[column].type == CELL_TEXT)
        return value.type == VALUE_STRING
                   ? snapshot_node_text(builder, column, value_slice(&value))
                   : STATUS_OK;
    cell = plain_cell(node_plan[column].type, &value);
    return cell == CELL_ABSENT ? STATUS_OK : snapshot_node_cell(builder, column, cell);
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
                                enum node_column column)
{
    AUTO(buf_fini) struct buf here = { 0 };
    AUTO(buf_fini) struct buf before = { 0 };
    bool any = false;

    for (size_t i = 0; i < n; i++) {
        struct buf swap = before;
        bool found;

        TRY(version_text(&here, &found, &builder->arena, &versions[i],
                         builder->node_symbols[column]));
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
    struct history_version *versions;
    size_t n;

    TRY(history_load(&versions, &n, &builder->arena, txn, node->id));
    if (builder->node_symbols[NODE_INDUSTRY_CHANGED])
        TRY(take_changes(builder, versions, n, NODE_INDUSTRY_CHANGED));
    return builder->node_symbols[NODE_NAME_CHANGED]
               ? take_changes(builder, versions, n, NODE_NAME_CHANGED)
               : STATUS_OK;
}

enum status snapshot_take_node(struct snapshot_builder *builder, struct graph_txn *txn,
                               const struct node *node)
{
    const struct schema *schema = graph_schema(txn_graph(txn));
    uint32_t label = node->key_label ? node->key_label : node->n_labels ? node->labels[0] : 0;
    enum label_role role = LABEL_OTHER;

    if (!builder->planned)
        TRY(make_plan(builder, txn));
    for (uint32_t i = 0; i < node->n_labels && role == LABEL_OTHER; i++) {
        const struct schema_label *known = schema_label_of(schema, node->labels[i]);

        if (known && known->role != LABEL_OTHER) {
            label = node->labels[i];
            role = known->role;
        }
    }
    TRY(snapshot_add_node(builder, node->id, label, role, node->key));
    for (enum node_column column = 0; column < NODE_COLUMNS && node->properties.size; column++)
        if (node_plan[column].roles & 1u << role && builder->node_symbols[column])
            TRY(take_node_cell(builder, txn, node, column));
    if (node->has_past && role == LABEL_PRINCIPAL)
        TRY(take_history(builder, txn, node));
    arena_reset(&builder->arena);
    return STATUS_OK;
}

static enum status take_edge_cell(struct snapshot_builder *builder, struct graph_txn *txn,
                                  struct edge *edge, enum edge_column column)
{
    struct value value;
    enum status status =
        edge_property(&value, &builder->arena, txn, edge, builder->edge_symbols[column]);
    int64_t cell;

    if (status == STATUS_NOT_FOUND)
        return STATUS_OK;
    TRY(status);
    if (edge_plan[column].type == CELL_TEXT)
        return value.type == VALUE_STRING
                   ? snapshot_edge_text(builder, column, value_slice(&value))
                   : STATUS_OK;
    cell = plain_cell(edge_plan[column].type, &value);
    return cell == CELL_ABSENT ? STATUS_OK : snapshot_edge_cell(builder, column, cell);
}

enum status snapshot_take_edge(struct snapshot_builder *builder, struct graph_txn *txn,
                               struct edge *edge)
{
    const struct wanted_type *wanted;

    if (!builder->planned)
        TRY(make_plan(builder, txn));
    wanted = find_wanted(builder, edge->type);
    if (!wanted)
        return STATUS_OK;
    TRY(snapshot_add_edge(builder, edge->type, edge->from, edge->to, edge->valid_from_us,
                          edge->valid_to_us, edge->id));
    if (!wanted->columns || (edge->loaded && !edge->properties.size))
        return STATUS_OK;
    for (enum edge_column column = 0; column < EDGE_COLUMNS; column++)
        if (wanted->columns & 1u << column && builder->edge_symbols[column])
            TRY(take_edge_cell(builder, txn, edge, column));
    arena_reset(&builder->arena);
    return STATUS_OK;
}

static enum status take_out_edges(struct snapshot_builder *builder, struct graph_txn *txn,
                                  const struct node *node)
{
    static const struct edge_scan scan = EDGE_SCAN(0, DIRECTION_OUT);
    AUTO(edge_iter_stop) struct edge_iter it;

    for (edge_iter_start(&it, txn, node, &scan); edge_iter_next(&it);)
        TRY(snapshot_take_edge(builder, txn, &it.edge));
    return it.status;
}

enum status snapshot_read(struct snapshot **out, struct graph_txn *txn)
{
    AUTO(snapshot_abandonp) struct snapshot_builder *builder = NULL;
    AUTO(node_iter_stop) struct node_iter it;
    struct snapshot_builder *complete;

    node_iter_start(&it, txn, 0);
    TRY(snapshot_begin(&builder));
    while (node_iter_next(&it)) {
        if (it.node.deleted)
            continue;
        TRY(snapshot_take_node(builder, txn, &it.node));
        TRY(take_out_edges(builder, txn, &it.node));
    }
    TRY(it.status);
    complete = builder;
    builder = NULL;
    return snapshot_finish(out, complete);
}
