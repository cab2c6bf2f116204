/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of nodes and edges becomes a snapshot, and how values become cells. */
#include <math.h>
#include <pthread.h>
#include <stdlib.h>

#include "graph/catalog.h"
#include "graph/private.h"
#include "graph/snapshot_private.h"

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
    [NODE_INDUSTRY_CHANGED] = { "industry", CELL_TIME, 0 }, /* these two by their history */
    [NODE_NAME_CHANGED] = { "name", CELL_TIME, 0 },
};

#define CHANGES (1u << NODE_INDUSTRY_CHANGED | 1u << NODE_NAME_CHANGED)

static const struct column_plan edge_plan[EDGE_COLUMNS] = {
    [EDGE_RATIO] = { "ratio", CELL_RATIO, 0 },
    [EDGE_AMOUNT] = { "amount_minor", CELL_INT, 0 },
    [EDGE_CURRENCY] = { "currency", CELL_TEXT, 0 },
    [EDGE_STATUS] = { "status", CELL_TEXT, 0 },
    [EDGE_ROLE] = { "role", CELL_TEXT, 0 },
    [EDGE_VERIFIED] = { "verified", CELL_BOOL, 0 },
    [EDGE_RELATION] = { "relation", CELL_TEXT, 0 },
};

bool snapshot_column_is_text(enum node_column column)
{
    return node_plan[column].type == CELL_TEXT;
}

bool snapshot_edge_column_is_text(enum edge_column column)
{
    return edge_plan[column].type == CELL_TEXT;
}

/* The columns' symbols; 0: the graph has no such name. */
static void find_symbols(uint32_t *symbols, struct catalog *catalog,
                         const struct column_plan *columns, unsigned n)
{
    for (unsigned column = 0; column < n; column++)
        symbols[column] = catalog_find(catalog, slice_str(columns[column].name));
}

/* The properties behind the columns of the set, as far as the graph has such names; by symbol. */
static struct cell_list list_cells(const uint32_t *symbols, const struct column_plan *columns,
                                   unsigned set)
{
    struct cell_list list = { 0 };

    for (unsigned column = 0; set >> column; column++) {
        uint32_t at = list.n;

        if (!(set >> column & 1) || !symbols[column])
            continue;
        for (; at && list.symbols[at - 1] > symbols[column]; at--) {
            list.symbols[at] = list.symbols[at - 1];
            list.columns[at] = list.columns[at - 1];
            list.types[at] = list.types[at - 1];
        }
        list.symbols[at] = symbols[column];
        list.columns[at] = (unsigned char)column;
        list.types[at] = columns[column].type;
        list.n++;
    }
    return list;
}

static enum status reserve_type(struct read_plan *plan, uint32_t type)
{
    size_t had = plan->n_types;

    if (type < had)
        return STATUS_OK;
    TRY(array_reserve(&plan->by_type, &plan->n_types, type + (size_t)1));
    memset(plan->by_type + had, 0, (plan->n_types - had) * sizeof *plan->by_type);
    return STATUS_OK;
}

static enum status want(struct read_plan *plan, uint32_t type, unsigned columns)
{
    if (!type)
        return STATUS_OK;
    TRY(reserve_type(plan, type));
    if (!plan->by_type[type]) {
        TRY(array_reserve(&plan->wanted, &plan->wanted_capacity, plan->n_wanted + 1));
        plan->wanted[plan->n_wanted++] = (struct wanted_type){ .type = type };
        plan->by_type[type] = (uint32_t)plan->n_wanted;
    }
    plan->wanted[plan->by_type[type] - 1].columns |= columns;
    return STATUS_OK;
}

static enum status want_role(struct read_plan *plan, const uint32_t *types, unsigned columns)
{
    for (; types && *types; types++)
        TRY(want(plan, *types, columns));
    return STATUS_OK;
}

/* The part of the edges by which principals reach identifiers of the kind. */
static unsigned kind_part(const struct schema_kind *kind)
{
    static const struct { const char *name; unsigned part; } parts[] = {
        { "device", PART_DEVICES }, { "phone", PART_PHONES }, { "address", PART_ADDRESSES },
    };

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (!strcmp(kind->name, parts[i].name))
            return parts[i].part;
    return PART_OTHER_LINKS;
}

static enum status want_links(struct read_plan *plan, const struct schema *schema, unsigned parts)
{
    for (size_t i = 0; i < schema->n_links; i++) {
        const struct schema_link *link = &schema->links[i];
        unsigned columns = link->dated ? 0 : 1u << EDGE_ROLE | 1u << EDGE_VERIFIED;

        for (uint32_t step = 0; step < link->n_steps; step++)
            if (parts & kind_part(&schema->kinds[link->kind]))
                TRY(want(plan, link->steps[step].type, columns));
    }
    return STATUS_OK;
}

/* Last, so that what is wanted of everybody stays so. */
static enum status want_filings_of_persons(struct read_plan *plan, const uint32_t *types)
{
    for (; types && *types; types++) {
        size_t before = plan->n_wanted;

        if (!read_plan_find(plan, *types))
            TRY(want(plan, *types, 0));
        if (plan->n_wanted > before)
            plan->wanted[before].of_persons = true;
    }
    return STATUS_OK;
}

static enum status want_roles(struct read_plan *plan, const struct schema_roles *roles,
                              unsigned parts)
{
    unsigned amount = 1u << EDGE_AMOUNT, money = amount | 1u << EDGE_CURRENCY;
    const struct { unsigned part; const uint32_t *types; unsigned columns; } wanted[] = {
        { PART_OWNERSHIP, roles->ownership, 1u << EDGE_RATIO },
        { PART_MEMBERSHIP, roles->membership, 0 },
        { PART_KIN, roles->kin, 1u << EDGE_RELATION },
        { PART_REPRESENTS, roles->represents, 0 },
        { PART_APPLIED, roles->applied, 0 },
        { PART_GUARANTEES, roles->guarantees, money | 1u << EDGE_STATUS },
        { PART_MONEY, roles->owns, 0 },
        { PART_MONEY, roles->borrowed, 0 },
        { PART_MONEY, roles->transfers, amount },
        { PART_MONEY, roles->deposits, amount },
        { PART_MONEY, roles->repayments, amount },
        { PART_MONEY, roles->results, 0 },
    };

    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        if (parts & wanted[i].part)
            TRY(want_role(plan, wanted[i].types, wanted[i].columns));
    return STATUS_OK;
}

static enum status make(struct read_plan *plan, struct graph *graph,
                        const struct snapshot_parts *parts)
{
    uint32_t node_symbols[NODE_COLUMNS], edge_symbols[EDGE_COLUMNS];
    const struct schema *schema = graph_schema(graph);
    unsigned edges = parts->edges ? parts->edges : PART_ALL;
    unsigned cells = parts->edges ? parts->cells : (1u << NODE_COLUMNS) - 1;

    find_symbols(node_symbols, graph_catalog(graph), node_plan, NODE_COLUMNS);
    find_symbols(edge_symbols, graph_catalog(graph), edge_plan, EDGE_COLUMNS);
    plan->partial = parts->edges != 0;
    TRY(want_links(plan, schema, edges));
    TRY(want_roles(plan, &schema->roles, edges));
    if (edges & PART_FILINGS_OF_PERSONS)
        TRY(want_filings_of_persons(plan, schema->roles.applied));
    for (size_t i = 0; i < plan->n_wanted; i++)
        plan->wanted[i].cells = list_cells(edge_symbols, edge_plan, plan->wanted[i].columns);
    for (unsigned role = 0; role < LABEL_ROLES; role++) {
        unsigned set = 0;

        for (unsigned column = 0; column < NODE_COLUMNS; column++)
            if (cells >> column & 1 && node_plan[column].roles >> role & 1)
                set |= 1u << column;
        plan->node_cells[role] = list_cells(node_symbols, node_plan, set);
    }
    plan->changes = list_cells(node_symbols, node_plan, cells & CHANGES);
    return STATUS_OK;
}

enum status read_plan_make(struct read_plan **out, struct graph *graph,
                      const struct snapshot_parts *parts)
{
    AUTO(read_plan_freep) struct read_plan *plan = calloc(1, sizeof *plan);

    if (!plan)
        return fail_memory(sizeof *plan);
    TRY(make(plan, graph, parts));
    *out = plan;
    plan = NULL;
    return STATUS_OK;
}

void read_plan_freep(struct read_plan **plan)
{
    if (*plan) {
        free((*plan)->wanted);
        free((*plan)->by_type);
    }
    free(*plan);
}

/* ---- the graph's own ------------------------------------------------------------------------- */

struct plan_shelf {
    pthread_mutex_t lock;
    struct read_plan *plan; /* the newest; itself a user of it */
};

enum status plan_shelf_open(struct plan_shelf **out)
{
    struct plan_shelf *shelf = calloc(1, sizeof *shelf);

    if (!shelf)
        return fail_memory(sizeof *shelf);
    pthread_mutex_init(&shelf->lock, NULL);
    *out = shelf;
    return STATUS_OK;
}

static void drop(struct read_plan *plan)
{
    if (plan && --plan->n_users == 0)
        read_plan_freep(&plan);
}

void plan_shelf_close(struct plan_shelf *shelf)
{
    if (!shelf)
        return;
    drop(shelf->plan);
    pthread_mutex_destroy(&shelf->lock);
    free(shelf);
}

static enum status renew(struct plan_shelf *shelf, struct graph *graph)
{
    static const struct snapshot_parts everything = { 0 };
    uint64_t version = catalog_version(graph_catalog(graph));
    struct read_plan *plan;

    if (shelf->plan && shelf->plan->version == version)
        return STATUS_OK;
    TRY(read_plan_make(&plan, graph, &everything));
    plan->version = version; /* names that came meanwhile make it old */
    plan->n_users = 1;
    drop(shelf->plan);
    shelf->plan = plan;
    return STATUS_OK;
}

enum status read_plan_lend(struct read_plan **out, struct graph *graph)
{
    struct plan_shelf *shelf = graph->shelf;
    enum status status;

    pthread_mutex_lock(&shelf->lock);
    status = renew(shelf, graph);
    if (status == STATUS_OK) {
        shelf->plan->n_users++;
        *out = shelf->plan;
    }
    pthread_mutex_unlock(&shelf->lock);
    return status;
}

void read_plan_give_back(struct graph *graph, struct read_plan *plan)
{
    if (!plan)
        return;
    pthread_mutex_lock(&graph->shelf->lock);
    drop(plan);
    pthread_mutex_unlock(&graph->shelf->lock);
}

/* ---- cells --------------------------------------------------------------------------------- */

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

int64_t read_plan_cell(enum cell_type type, const struct value *value)
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

