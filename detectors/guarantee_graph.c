/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "detectors/guarantee_graph.h"

#include <stdlib.h>

#include "base/sort.h"

struct link {
    uint32_t from, to, edge;
};

struct links {
    struct link *items;
    size_t n, capacity;
};

void guarantee_graph_fini(struct guarantee_graph *graph)
{
    free(graph->nodes);
    free(graph->first);
    free(graph->to);
    free(graph->row_first);
    free(graph->rows);
    free(graph->loops);
    *graph = (struct guarantee_graph){ 0 };
}

static void links_fini(struct links *links)
{
    free(links->items);
}

static bool left_out(const struct facts *facts, uint32_t node, int64_t class_cell)
{
    return class_cell != CELL_ABSENT &&
           snapshot_cell(facts->snapshot, node, NODE_CLASS) == class_cell;
}

static enum status collect(struct links *links, struct guarantee_graph *graph,
                           const struct facts *facts, struct slice without_class)
{
    int64_t class_cell = without_class.size
                             ? snapshot_text_cell(facts->snapshot, without_class)
                             : CELL_ABSENT;
    size_t loops_capacity = 0;

    for (const uint32_t *type = facts->schema->roles.guarantees; type && *type; type++) {
        const struct edge_table *table = snapshot_table(facts->snapshot, *type);

        for (uint32_t row = 0; row < table->n; row++) {
            uint32_t from = table->from[row], to = table->to[row];

            if (!edge_row_active(table, row, facts->at_us) ||
                !facts_status_counts(facts, table, row))
                continue;
            if (from == to) {
                TRY(array_reserve(&graph->loops, &loops_capacity, graph->n_loops + 1));
                graph->loops[graph->n_loops++] = table->base + row;
                continue;
            }
            if (left_out(facts, from, class_cell) || left_out(facts, to, class_cell))
                continue;
            TRY(array_reserve(&links->items, &links->capacity, links->n + 1));
            links->items[links->n++] = (struct link){ from, to, table->base + row };
        }
    }
    return STATUS_OK;
}

/* Numbers the nodes that take part, ascending; `facts->count` holds number + 1 meanwhile. */
static enum status number_nodes(struct guarantee_graph *graph, struct facts *facts,
                                struct links *links)
{
    uint32_t *number = facts->count;

    for (size_t i = 0; i < links->n; i++)
        number[links->items[i].from] = number[links->items[i].to] = 1;
    for (uint32_t node = 0; node < facts->snapshot->n_nodes; node++)
        graph->n += number[node];
    graph->nodes = malloc((graph->n + (size_t)1) * sizeof *graph->nodes);
    if (!graph->nodes) {
        memset(number, 0, facts->snapshot->n_nodes * sizeof *number);
        return fail_memory(graph->n * sizeof *graph->nodes);
    }
    graph->n = 0;
    for (uint32_t node = 0; node < facts->snapshot->n_nodes; node++)
        if (number[node]) {
            graph->nodes[graph->n] = node;
            number[node] = ++graph->n;
        }
    for (size_t i = 0; i < links->n; i++) {
        links->items[i].from = number[links->items[i].from] - 1;
        links->items[i].to = number[links->items[i].to] - 1;
    }
    memset(number, 0, facts->snapshot->n_nodes * sizeof *number);
    return STATUS_OK;
}

static int compare_links(const void *a, const void *b)
{
    const struct link *x = a, *y = b;

    if (x->from != y->from)
        return x->from < y->from ? -1 : 1;
    if (x->to != y->to)
        return x->to < y->to ? -1 : 1;
    return (x->edge > y->edge) - (x->edge < y->edge);
}

static bool links_sorted(const struct links *links)
{
    for (size_t i = 1; i < links->n; i++)
        if (compare_links(&links->items[i - 1], &links->items[i]) > 0)
            return false;
    return true;
}

/* Sorted links become adjacency; equal ends fold into one edge. */
static enum status fold(struct guarantee_graph *graph, struct links *links)
{
    size_t n = links->n;
    uint32_t e = 0;

    if (!links_sorted(links))
        sort_items(links->items, n, sizeof *links->items, compare_links);
    graph->first = calloc((size_t)graph->n + 2, sizeof *graph->first);
    graph->to = malloc((n + 1) * sizeof *graph->to);
    graph->row_first = malloc((n + 2) * sizeof *graph->row_first);
    graph->rows = malloc((n + 1) * sizeof *graph->rows);
    if (!graph->first || !graph->to || !graph->row_first || !graph->rows)
        return fail_memory(n * sizeof *graph->rows);
    for (size_t i = 0; i < n; i++) {
        const struct link *link = &links->items[i];

        graph->rows[i] = link->edge;
        if (i && link[-1].from == link->from && link[-1].to == link->to)
            continue;
        graph->to[e] = link->to;
        graph->row_first[e++] = (uint32_t)i;
        graph->first[link->from + 1]++;
    }
    graph->row_first[e] = (uint32_t)n;
    graph->n_edges = e;
    for (uint32_t i = 0; i < graph->n; i++)
        graph->first[i + 1] += graph->first[i];
    return STATUS_OK;
}

enum status guarantee_graph_build(struct guarantee_graph *out, struct facts *facts,
                                  struct slice without_class)
{
    AUTO(links_fini) struct links links = { 0 };
    struct guarantee_graph graph = { 0 };
    enum status status;

    TRY(facts_need(facts, NEED_SUBJECTS));
    status = collect(&links, &graph, facts, without_class);
    if (status == STATUS_OK)
        status = number_nodes(&graph, facts, &links);
    if (status == STATUS_OK)
        status = fold(&graph, &links);
    if (status != STATUS_OK) {
        guarantee_graph_fini(&graph);
        return status;
    }
    *out = graph;
    return STATUS_OK;
}

uint32_t guarantee_end_find(const uint32_t *first, const uint32_t *to, uint32_t from,
                            uint32_t end)
{
    uint32_t low = first[from], high = first[from + 1];

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (to[middle] < end)
            low = middle + 1;
        else
            high = middle;
    }
    return low < first[from + 1] && to[low] == end ? low : UINT32_MAX;
}

struct tarjan {
    uint32_t *order, *low, *stack, *path, *at;
    uint32_t n_stack, next;
};

static void tarjan_fini(struct tarjan *t)
{
    free(t->order);
    free(t->low);
    free(t->stack);
    free(t->path);
    free(t->at);
}

/* Pops the component whose root is finished. */
static void close_component(struct tarjan *t, uint32_t *component, uint32_t number, uint32_t root)
{
    uint32_t node;

    do {
        node = t->stack[--t->n_stack];
        component[node] = number;
        t->order[node] = UINT32_MAX; /* done: no longer on the stack */
    } while (node != root);
}

static void tarjan_from(struct tarjan *t, uint32_t *component, uint32_t *n_components,
                        uint32_t root, const uint32_t *first, const uint32_t *to)
{
    uint32_t depth = 0;

    t->path[0] = root;
    t->at[root] = first[root];
    t->order[root] = t->low[root] = t->next++;
    t->stack[t->n_stack++] = root;
    for (;;) {
        uint32_t node = t->path[depth];

        if (t->at[node] < first[node + 1]) {
            uint32_t other = to[t->at[node]++];

            if (!t->order[other]) {
                t->path[++depth] = other;
                t->at[other] = first[other];
                t->order[other] = t->low[other] = t->next++;
                t->stack[t->n_stack++] = other;
            } else if (t->order[other] < t->low[node]) {
                t->low[node] = t->order[other];
            }
            continue;
        }
        if (t->low[node] == t->order[node])
            close_component(t, component, (*n_components)++, node);
        if (!depth)
            return;
        depth--;
        if (t->low[node] < t->low[t->path[depth]])
            t->low[t->path[depth]] = t->low[node];
    }
}

enum status strong_components(uint32_t *component, uint32_t *n_components, uint32_t n,
                              const uint32_t *first, const uint32_t *to)
{
    AUTO(tarjan_fini) struct tarjan t = { .next = 1 };
    size_t size = n + (size_t)1;

    t.order = calloc(size, sizeof *t.order);
    t.low = calloc(size, sizeof *t.low);
    t.stack = calloc(size, sizeof *t.stack);
    t.path = calloc(size, sizeof *t.path);
    t.at = calloc(size, sizeof *t.at);
    if (!t.order || !t.low || !t.stack || !t.path || !t.at)
        return fail_memory(size * sizeof *t.order);
    *n_components = 0;
    for (uint32_t i = 0; i < n; i++)
        if (!t.order[i])
            tarjan_from(&t, component, n_components, i, first, to);
    return STATUS_OK;
}

bool guarantee_amount(int64_t *minor, const struct guarantee_graph *graph,
                      const struct facts *facts, uint32_t edge, int64_t currency)
{
    bool any = false;
    int64_t sum = 0;

    for (uint32_t i = graph->row_first[edge]; i < graph->row_first[edge + 1]; i++) {
        uint32_t row;
        const struct edge_table *table = snapshot_edge(&row, facts->snapshot, graph->rows[i]);
        int64_t amount = edge_cell(table, row, EDGE_AMOUNT);

        if (amount == CELL_ABSENT || edge_cell(table, row, EDGE_CURRENCY) != currency)
            continue;
        any = true;
        if (__builtin_add_overflow(sum, amount, &sum))
            sum = INT64_MAX;
    }
    *minor = sum;
    return any;
}
