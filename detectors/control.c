/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "detectors/control.h"

#include <stdlib.h>

#include "base/sets.h"
#include "base/sort.h"
#include "graph/snapshot.h"

struct holding {
    uint32_t company;
    int64_t ratio; /* billionths */
};

struct builder {
    const struct facts *facts;
    const struct snapshot *snapshot;
    struct control *control;
    uint32_t *first;           /* per holder: its holdings are first[h] .. first[h + 1] - 1 */
    struct holding *holdings;
    int64_t *held;             /* per company: held by the set at hand, if stamped */
    uint32_t *held_stamp, *member_stamp;
    uint32_t stamp;
    uint32_t *stack;
    unsigned char *majority;   /* per node: somebody holds more than half of it directly */
    unsigned char *controls;   /* per node: controls something */
};

void control_free(struct control *control)
{
    if (!control)
        return;
    free(control->group);
    free(control->controller);
    free(control->further);
    free(control);
}

bool control_has(const struct control *control, uint32_t controller, uint32_t company)
{
    if (control->controller[company] == controller)
        return true;
    for (size_t i = 0; i < control->n_further; i++)
        if (control->further[i].controller == controller &&
            control->further[i].company == company)
            return true;
    return false;
}

static void builder_fini(struct builder *b)
{
    control_free(b->control);
    free(b->first);
    free(b->holdings);
    free(b->held);
    free(b->held_stamp);
    free(b->member_stamp);
    free(b->stack);
    free(b->majority);
    free(b->controls);
}

static enum status builder_init(struct builder *b, const struct facts *facts)
{
    size_t n = facts->snapshot->n_nodes + (size_t)1;

    *b = (struct builder){ .facts = facts, .snapshot = facts->snapshot };
    b->control = calloc(1, sizeof *b->control);
    b->first = array_zeroed(n + 1, sizeof *b->first);
    b->held = malloc(n * sizeof *b->held);
    b->held_stamp = array_zeroed(n, sizeof *b->held_stamp);
    b->member_stamp = array_zeroed(n, sizeof *b->member_stamp);
    b->stack = malloc(n * sizeof *b->stack);
    b->majority = array_zeroed(n, 1);
    b->controls = array_zeroed(n, 1);
    if (!b->control || !b->first || !b->held || !b->held_stamp || !b->member_stamp ||
        !b->stack || !b->majority || !b->controls)
        return fail_memory(n * sizeof *b->held);
    b->control->controller = malloc(n * sizeof *b->control->controller);
    if (!b->control->controller)
        return fail_memory(n * sizeof *b->control->controller);
    for (uint32_t i = 0; i < n; i++)
        b->control->controller[i] = NODE_NONE;
    return sets_init(&b->control->group, n);
}

static bool row_holds(const struct builder *b, const struct edge_table *table, uint32_t row)
{
    return edge_row_active(table, row, b->facts->at_us) && table->from[row] != table->to[row] &&
           edge_cell(table, row, EDGE_RATIO) > 0;
}

static int compare_holdings(const void *a, const void *b)
{
    const struct holding *x = a, *y = b;

    if (x->company != y->company)
        return x->company < y->company ? -1 : 1;
    return (x->ratio < y->ratio) - (x->ratio > y->ratio);
}

/* Keeps the largest ratio per company; what is left over gets ratio 0. */
static void settle_holdings(struct builder *b, struct holding *list, size_t n)
{
    if (n > 1)
        sort_items(list, n, sizeof *list, compare_holdings);
    for (size_t i = 0; i < n; i++) {
        if (i && list[i].company == list[i - 1].company)
            list[i].ratio = 0;
        else if (list[i].ratio > RATIO_ONE / 2)
            b->majority[list[i].company] = 1;
    }
}

/* Holdings by holder: a counting sort over all tables of ownership. */
static enum status read_holdings(struct builder *b)
{
    const uint32_t *types = b->facts->schema->roles.ownership;
    uint32_t n = b->snapshot->n_nodes;

    for (const uint32_t *type = types; type && *type; type++) {
        const struct edge_table *table = snapshot_table(b->snapshot, *type);

        for (uint32_t row = 0; row < table->n; row++)
            b->first[table->from[row] + 1] += row_holds(b, table, row);
    }
    for (uint32_t i = 0; i < n; i++)
        b->first[i + 1] += b->first[i];
    b->holdings = malloc(((size_t)b->first[n] + 1) * sizeof *b->holdings);
    if (!b->holdings)
        return fail_memory(b->first[n] * sizeof *b->holdings);
    for (const uint32_t *type = types; type && *type; type++) {
        const struct edge_table *table = snapshot_table(b->snapshot, *type);

        for (uint32_t row = 0; row < table->n; row++)
            if (row_holds(b, table, row))
                b->holdings[b->first[table->from[row]]++] =
                    (struct holding){ table->to[row], edge_cell(table, row, EDGE_RATIO) };
    }
    memmove(b->first + 1, b->first, n * sizeof *b->first);
    b->first[0] = 0;
    for (uint32_t i = 0; i < n; i++)
        settle_holdings(b, b->holdings + b->first[i], b->first[i + 1] - b->first[i]);
    return STATUS_OK;
}

static bool has_majority_holding(const struct builder *b, uint32_t holder)
{
    for (uint32_t i = b->first[holder]; i < b->first[holder + 1]; i++)
        if (b->holdings[i].ratio > RATIO_ONE / 2)
            return true;
    return false;
}

/* Everything that `top` controls, by growing its set until nothing more is held by over half. */
static enum status spread(struct builder *b, uint32_t top)
{
    struct control *control = b->control;
    size_t n_stack = 0;

    b->stamp++;
    b->member_stamp[top] = b->stamp;
    b->stack[n_stack++] = top;
    while (n_stack) {
        uint32_t holder = b->stack[--n_stack];

        for (uint32_t i = b->first[holder]; i < b->first[holder + 1]; i++) {
            uint32_t company = b->holdings[i].company;

            if (b->member_stamp[company] == b->stamp)
                continue;
            if (b->held_stamp[company] != b->stamp)
                b->held[company] = 0;
            b->held_stamp[company] = b->stamp;
            b->held[company] += b->holdings[i].ratio;
            if (b->held[company] <= RATIO_ONE / 2)
                continue;
            b->member_stamp[company] = b->stamp;
            b->controls[top] = 1;
            sets_join(control->group, top, company);
            b->stack[n_stack++] = company;
            if (control->controller[company] == NODE_NONE) {
                control->controller[company] = top;
                continue;
            }
            TRY(array_reserve(&control->further, &control->further_capacity,
                              control->n_further + 1));
            control->further[control->n_further++] = (struct control_pair){ top, company };
        }
    }
    return STATUS_OK;
}

/*
 * Control is transitive, so only those whom nobody controls need spreading: first those without a
 * majority holder, then, for rings of control, whoever is left over.
 */
static enum status find_controllers(struct builder *b)
{
    uint32_t *controller = b->control->controller;

    for (uint32_t i = 0; i < b->snapshot->n_nodes; i++)
        if (!b->majority[i] && has_majority_holding(b, i))
            TRY(spread(b, i));
    for (uint32_t i = 0; i < b->snapshot->n_nodes; i++)
        if (b->majority[i] && controller[i] == NODE_NONE && has_majority_holding(b, i))
            TRY(spread(b, i));
    /* One that was spread may turn out to be jointly controlled; the bound ends a ring. */
    for (uint32_t i = 0; i < b->snapshot->n_nodes; i++)
        for (int depth = 0; depth < 64 && controller[i] != NODE_NONE; depth++) {
            uint32_t above = controller[controller[i]];

            if (above == NODE_NONE || above == i || above == controller[i])
                break;
            controller[i] = above;
        }
    return STATUS_OK;
}

static enum status join_declared(struct builder *b)
{
    const uint32_t *types = b->facts->schema->roles.membership;
    uint32_t *member = b->held_stamp; /* per Group node: a member + 1 */

    memset(member, 0, b->snapshot->n_nodes * sizeof *member);
    for (const uint32_t *type = types; type && *type; type++) {
        const struct edge_table *table = snapshot_table(b->snapshot, *type);

        for (uint32_t row = 0; row < table->n; row++) {
            uint32_t from = table->from[row], to = table->to[row];

            if (!edge_row_active(table, row, b->facts->at_us) ||
                b->snapshot->roles[from] != LABEL_PRINCIPAL)
                continue;
            if (member[to])
                sets_join(b->control->group, member[to] - 1, from);
            else
                member[to] = from + 1;
        }
    }
    return STATUS_OK;
}

/* A subject that nobody controls decides for himself, so he counts among the controllers. */
static bool decides(const struct builder *b, uint32_t node)
{
    return b->controls[node] || b->facts->flags[node] & FACT_SUBJECT;
}

static void join_kin(struct builder *b)
{
    static const char *const near[] = { "spouse", "parent", "child", "sibling" };
    int64_t cells[4];

    for (int i = 0; i < 4; i++)
        cells[i] = snapshot_text_cell(b->snapshot, slice_str(near[i]));
    for (const uint32_t *type = b->facts->schema->roles.kin; type && *type; type++) {
        const struct edge_table *table = snapshot_table(b->snapshot, *type);

        for (uint32_t row = 0; row < table->n; row++) {
            int64_t relation = edge_cell(table, row, EDGE_RELATION);

            if (relation == CELL_ABSENT || !edge_row_active(table, row, b->facts->at_us) ||
                !decides(b, table->from[row]) || !decides(b, table->to[row]))
                continue;
            for (int i = 0; i < 4; i++)
                if (relation == cells[i])
                    sets_join(b->control->group, table->from[row], table->to[row]);
        }
    }
}

static enum status build(struct builder *b)
{
    TRY(read_holdings(b));
    TRY(find_controllers(b));
    TRY(join_declared(b));
    join_kin(b);
    for (uint32_t i = 0; i < b->snapshot->n_nodes; i++)
        b->control->group[i] = sets_find(b->control->group, i);
    return STATUS_OK;
}

enum status control_build(struct control **out, const struct facts *facts)
{
    AUTO(builder_fini) struct builder b;

    TRY(builder_init(&b, facts));
    TRY(build(&b));
    *out = b.control;
    b.control = NULL;
    return STATUS_OK;
}
