/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "detectors/use.h"

#include <stdlib.h>

#include "base/sort.h"

/* The path walked so far along a link. */
struct path {
    const struct schema_link *link;
    struct use use;
    uint32_t node;          /* where it stands */
    int64_t applied_us;     /* start of the APPLIED edge passed; TIME_MIN: none or undated */
};

struct builder {
    const struct facts *facts;
    const struct snapshot *snapshot;
    struct uses *uses;
    const unsigned char *flags;
    unsigned char flag;     /* whose uses are wanted */
    int64_t after_us;       /* start of the lookback, exclusive */
    struct adjacency steps[SCHEMA_STEPS_MAX];
    const struct edge_table *tables[SCHEMA_STEPS_MAX];
};

void uses_free(struct uses *uses)
{
    if (!uses)
        return;
    free(uses->items);
    free(uses->first);
    free(uses);
}

static bool is_applied(const struct schema *schema, uint32_t type)
{
    for (const uint32_t *applied = schema->roles.applied; applied && *applied; applied++)
        if (*applied == type)
            return true;
    return false;
}

static enum status add_use(struct builder *b, const struct path *path)
{
    struct use use = path->use;
    struct uses *uses = b->uses;

    use.identifier = path->node;
    if (use.dated) {
        if (use.start == TIME_MIN)
            use.start = path->applied_us;
        use.end = use.start;
        if (use.start == TIME_MIN || use.start <= b->after_us)
            return STATUS_OK;
    } else if (use.end <= b->after_us || use.start >= use.end) {
        return STATUS_OK;
    }
    if (use.start > b->facts->at_us)
        return STATUS_OK;
    TRY(array_reserve(&uses->items, &uses->capacity, uses->n + 1));
    uses->items[uses->n++] = use;
    return STATUS_OK;
}

static enum status walk(struct builder *b, const struct path *path, uint32_t step);

/* One edge of the link's step: passes it and goes on from its other end. */
static enum status pass(struct builder *b, const struct path *before, uint32_t step, uint32_t row)
{
    const struct edge_table *table = b->tables[step];
    struct path path = *before;

    path.node = path.link->steps[step].reversed ? table->from[row] : table->to[row];
    path.use.edges[step] = table->base + row;
    if (b->snapshot->roles[path.node] == LABEL_APPLICATION)
        path.use.application = path.node;
    if (is_applied(b->facts->schema, table->type))
        path.applied_us = table->start[row];
    if (path.use.dated) {
        path.use.start = table->start[row];
    } else {
        if (table->start[row] > path.use.start)
            path.use.start = table->start[row];
        if (table->end[row] < path.use.end)
            path.use.end = table->end[row];
    }
    return walk(b, &path, step + 1);
}

static enum status walk(struct builder *b, const struct path *path, uint32_t step)
{
    const struct adjacency *edges = &b->steps[step];

    if (step == path->link->n_steps)
        return b->snapshot->labels[path->node] ==
                       b->facts->schema->kinds[path->link->kind].label
                   ? add_use(b, path)
                   : STATUS_OK;
    for (uint32_t at = edges->offset[path->node]; at < edges->offset[path->node + 1]; at++)
        TRY(pass(b, path, step, adjacency_row(edges, at)));
    return STATUS_OK;
}

static enum status add_link(struct builder *b, uint16_t index)
{
    const struct schema_link *link = &b->facts->schema->links[index];
    struct path path = {
        .link = link,
        .applied_us = TIME_MIN,
        .use = { .edges = { USE_NO_EDGE, USE_NO_EDGE, USE_NO_EDGE }, .application = NODE_NONE,
                 .link = index, .kind = (uint8_t)link->kind, .dated = link->dated,
                 .start = TIME_MIN, .end = TIME_MAX },
    };

    for (uint32_t step = 0; step < link->n_steps; step++) {
        b->tables[step] = snapshot_table(b->snapshot, link->steps[step].type);
        if (!b->tables[step]->n)
            return STATUS_OK;
        if (step)
            TRY(snapshot_index(&b->steps[step], b->snapshot, b->tables[step],
                               link->steps[step].reversed ? DIRECTION_IN : DIRECTION_OUT));
    }
    for (uint32_t row = 0; row < b->tables[0]->n; row++) {
        uint32_t principal =
            link->steps[0].reversed ? b->tables[0]->to[row] : b->tables[0]->from[row];

        if (!(b->flags[principal] & b->flag))
            continue;
        path.use.principal = principal;
        TRY(pass(b, &path, 0, row));
    }
    return STATUS_OK;
}

static int compare_uses(const void *a, const void *b)
{
    const struct use *x = a, *y = b;

    if (x->start != y->start)
        return x->start < y->start ? -1 : 1;
    if (x->principal != y->principal)
        return x->principal < y->principal ? -1 : 1;
    for (int i = 0; i < SCHEMA_STEPS_MAX; i++)
        if (x->edges[i] != y->edges[i])
            return x->edges[i] < y->edges[i] ? -1 : 1;
    return 0;
}

/* Counting sort by identifier, then each identifier's own few by time. */
static enum status sort_uses(struct uses *uses, uint32_t n_nodes)
{
    struct use *sorted = malloc((uses->n + 1) * sizeof *sorted);

    uses->first = array_zeroed((size_t)n_nodes + 2, sizeof *uses->first);
    if (!sorted || !uses->first) {
        free(sorted);
        return fail_memory(uses->n * sizeof *sorted);
    }
    for (size_t i = 0; i < uses->n; i++)
        uses->first[uses->items[i].identifier + 2]++;
    for (size_t i = 1; i < (size_t)n_nodes + 2; i++)
        uses->first[i] += uses->first[i - 1];
    for (size_t i = 0; i < uses->n; i++)
        sorted[uses->first[uses->items[i].identifier + 1]++] = uses->items[i];
    free(uses->items);
    uses->items = sorted;
    uses->capacity = uses->n + 1;
    for (uint32_t i = 0; i < n_nodes; i++)
        if (uses->first[i + 1] - uses->first[i] > 1)
            sort_items(sorted + uses->first[i], uses->first[i + 1] - uses->first[i], sizeof *sorted,
                       compare_uses);
    return STATUS_OK;
}

static enum status build(struct builder *b)
{
    if (b->facts->schema->n_links > UINT16_MAX || b->facts->schema->n_kinds > UINT8_MAX)
        return fail(STATUS_LIMIT, "a schema has at most 65,535 links and 255 kinds");
    for (uint16_t i = 0; i < b->facts->schema->n_links; i++)
        TRY(add_link(b, i));
    if (b->uses->n >= UINT32_MAX)
        return fail(STATUS_LIMIT, "a run holds at most 4,294,967,294 uses of identifiers");
    return sort_uses(b->uses, b->snapshot->n_nodes);
}

enum status uses_build(struct uses **out, const struct facts *facts, const unsigned char *flags,
                       unsigned char flag)
{
    struct builder b = { .facts = facts, .snapshot = facts->snapshot, .flags = flags,
                         .flag = flag };
    enum status status;

    b.after_us = facts_ago(facts, facts->params->shared.lookback_days);
    b.uses = calloc(1, sizeof *b.uses);
    if (!b.uses)
        return fail_memory(sizeof *b.uses);
    status = build(&b);
    if (status != STATUS_OK) {
        uses_free(b.uses);
        return status;
    }
    *out = b.uses;
    return STATUS_OK;
}
