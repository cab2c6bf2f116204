/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shortest paths between two known nodes: breadth first from both ends, always one whole level of
 * the side whose frontier is smaller (Pohl 1971). When the sides have no node in common at depths
 * a and b, no path has at most a + b edges; so the nodes of the level at which they first meet lie
 * in the middle of shortest paths, each of which passes just one of them.
 */
#include "query/run.h"

#include "query/node_map.h"

#include <stdlib.h>

/* The edge by which a node was met, from a node one level before; others of that level chained. */
struct arrival {
    struct edge_ref edge;
    uint32_t from; /* number of the node before */
    uint32_t next; /* another arrival, index + 1 */
};

struct side {
    enum direction direction;
    struct node_map met;
    uint32_t *arrivals_of;   /* by number of the node: index + 1 */
    size_t arrivals_of_capacity;
    struct arrival *arrivals;
    size_t n_arrivals, arrivals_capacity;
    size_t level, level_end; /* numbers of the frontier */
    uint32_t depth;          /* of the frontier */
};

struct search {
    struct run *run;
    const struct op *op;
    struct side sides[2];    /* from the path's start; from its end */
    bool all;
    uint64_t middle;         /* the first node both have met; 0: none yet */
    uint64_t kept;           /* bytes */
};

static void search_fini(struct search *search)
{
    limits_drop(&search->run->limits, &search->kept);
    for (int i = 0; i < 2; i++) {
        node_map_fini(&search->sides[i].met);
        free(search->sides[i].arrivals_of);
        free(search->sides[i].arrivals);
    }
}

static enum status meet(uint32_t *number, bool *added, struct search *search, struct side *side,
                        uint64_t node)
{
    TRY(node_map_add(number, added, &side->met, node));
    if (!*added)
        return STATUS_OK;
    TRY(limits_keep(&search->run->limits, &search->kept,
                    sizeof(struct arrival) + 4 * sizeof *number));
    TRY(array_reserve(&side->arrivals_of, &side->arrivals_of_capacity, side->met.n));
    side->arrivals_of[*number] = 0;
    return STATUS_OK;
}

static enum status arrive(struct search *search, struct side *side, uint32_t from,
                          const struct walk *walk)
{
    const struct side *other = &search->sides[side == &search->sides[0]];
    uint64_t node = walk_far_end(walk).value;
    uint32_t number;
    bool added;

    TRY(meet(&number, &added, search, side, node));
    /* Met at an earlier level, or once where one path is enough. */
    if (!added && (!search->all || number < side->level_end))
        return STATUS_OK;
    TRY(array_reserve(&side->arrivals, &side->arrivals_capacity, side->n_arrivals + 1));
    side->arrivals[side->n_arrivals] =
        (struct arrival){ walk->edge, from, side->arrivals_of[number] };
    side->arrivals_of[number] = (uint32_t)++side->n_arrivals;
    if (!search->middle && node_map_find(&other->met, node) != NODE_MAP_NONE)
        search->middle = node;
    return STATUS_OK;
}

static enum status search_node(struct search *search, struct side *side, uint32_t number)
{
    AUTO(walk_stop) struct walk walk = { 0 };
    bool passes = true;

    walk_start(&walk, search->run, search->op, (struct node_id){ side->met.nodes[number] },
               side->direction);
    while (walk_next(&walk)) {
        if (edge_is_checked(search->op))
            TRY(edge_passes(&passes, search->run, search->op, &walk.edge));
        if (passes)
            TRY(arrive(search, side, number, &walk));
        if (search->middle && !search->all)
            return STATUS_OK;
    }
    return walk.status;
}

static enum status search_level(struct search *search, struct side *side)
{
    for (size_t i = side->level; i < side->level_end; i++) {
        TRY(search_node(search, side, (uint32_t)i));
        if (search->middle && !search->all)
            break;
    }
    side->level = side->level_end;
    side->level_end = side->met.n;
    side->depth++;
    return STATUS_OK;
}

static enum status search_between(struct search *search, uint64_t from, uint64_t to)
{
    const struct edge_pattern *pattern = search->op->edge_pattern;
    uint32_t max = pattern->var_length ? pattern->max : 1, number;
    struct side *sides = search->sides;
    bool added;

    TRY(meet(&number, &added, search, &sides[0], from));
    TRY(meet(&number, &added, search, &sides[1], to));
    sides[0].level_end = sides[1].level_end = 1;
    while (!search->middle && sides[0].depth + sides[1].depth < max) {
        size_t width = sides[0].level_end - sides[0].level;
        size_t other = sides[1].level_end - sides[1].level;

        if (!width || !other)
            return STATUS_OK;
        TRY(search_level(search, &sides[other < width]));
    }
    return STATUS_OK;
}

/* ---- Paths through a middle -------------------------------------------------------------- */

/*
 * A path as choices of arrivals: steps 0.. lead from the middle back to the start, those from
 * sides[0].depth on forward to the end.
 */
struct choice {
    struct search *search;
    uint64_t middle;
    uint32_t *chosen, *next; /* by step: index; the next one to try, index + 1 */
    uint32_t n;
};

static struct side *side_of(const struct choice *choice, uint32_t step)
{
    return &choice->search->sides[step >= choice->search->sides[0].depth];
}

/* The arrivals among which a step chooses, after those before it. */
static uint32_t first_arrival(const struct choice *choice, uint32_t step)
{
    const struct side *side = side_of(choice, step);
    bool at_middle = step == 0 || step == choice->search->sides[0].depth;
    uint32_t number = at_middle ? node_map_find(&side->met, choice->middle)
                                : side->arrivals[choice->chosen[step - 1]].from;

    return side->arrivals_of[number];
}

static enum status give_path(const struct choice *choice)
{
    struct run *run = choice->search->run;
    const struct op *op = choice->search->op;
    uint32_t half = choice->search->sides[0].depth, n = choice->n;
    struct value *frame = run->eval.frame;
    struct path_build build = { arena_array(&run->scratch, (size_t)n + 1, sizeof(struct value)),
                                arena_array(&run->scratch, (size_t)n + 1, sizeof(struct value)),
                                0 };

    if (!build.nodes || !build.edges)
        return STATUS_NO_MEMORY;
    build.nodes[0] = frame[op->from];
    for (uint32_t i = 0; i < n; i++) {
        uint32_t step = i < half ? half - 1 - i : i;
        struct value edge =
            value_edge(&side_of(choice, step)->arrivals[choice->chosen[step]].edge);

        path_add(&build, &edge);
    }
    frame[op->edge] = op->edge_pattern->var_length
                          ? (struct value){ .type = VALUE_LIST, .count = n, .items = build.edges }
                          : build.edges[0];
    if (op->path->slot != NO_SLOT)
        TRY(path_make(&frame[op->path->slot], run, &build));
    return run_pass(run, op);
}

/* All combinations of arrivals, or the first. */
static enum status give_through(struct choice *choice)
{
    struct run *run = choice->search->run;
    struct arena_mark mark = arena_mark(&run->scratch);
    uint32_t step = 0;

    choice->next[0] = first_arrival(choice, 0);
    for (;;) {
        TRY(limits_tick(&run->limits));
        if (!choice->next[step]) {
            if (step-- == 0)
                return STATUS_OK;
            continue;
        }
        choice->chosen[step] = choice->next[step] - 1;
        choice->next[step] = side_of(choice, step)->arrivals[choice->chosen[step]].next;
        if (step + 1 < choice->n) {
            step++;
            choice->next[step] = first_arrival(choice, step);
            continue;
        }
        TRY(give_path(choice));
        arena_rewind(&run->scratch, mark);
        if (!choice->search->all)
            return STATUS_OK;
    }
}

static enum status give_all(struct search *search)
{
    struct run *run = search->run;
    const struct side *side = &search->sides[0];
    uint32_t n = side->depth + search->sides[1].depth;
    struct choice choice = { .search = search, .middle = search->middle, .n = n,
                             .chosen = arena_array(&run->scratch, n, sizeof *choice.chosen),
                             .next = arena_array(&run->scratch, n, sizeof *choice.next) };

    if (!choice.chosen || !choice.next)
        return STATUS_NO_MEMORY;
    if (!search->all)
        return give_through(&choice);
    /* Both frontiers are whole levels: what they share is all the middles. */
    for (size_t i = side->level; i < side->level_end; i++) {
        uint32_t number = node_map_find(&search->sides[1].met, side->met.nodes[i]);

        if (number == NODE_MAP_NONE || number < search->sides[1].level)
            continue;
        choice.middle = side->met.nodes[i];
        TRY(give_through(&choice));
    }
    return STATUS_OK;
}

static enum direction against(enum direction direction)
{
    return direction == DIRECTION_BOTH  ? DIRECTION_BOTH
           : direction == DIRECTION_OUT ? DIRECTION_IN
                                        : DIRECTION_OUT;
}

/* A path of no edge: the node alone. */
static enum status give_node(struct search *search)
{
    struct choice choice = { .search = search };

    return give_path(&choice);
}

enum status exec_shortest(struct run *run, const struct op *op)
{
    AUTO(search_fini) struct search search = { .run = run, .op = op };
    struct arena_mark mark = arena_mark(&run->scratch);
    const struct value *from = &run->eval.frame[op->from], *to = &run->eval.frame[op->to];
    const struct edge_pattern *pattern = op->edge_pattern;
    enum status status;

    if (from->type != VALUE_NODE || to->type != VALUE_NODE)
        return STATUS_OK;
    if (value_node_id(from).value == value_node_id(to).value)
        return pattern->var_length && pattern->min == 0 ? give_node(&search) : STATUS_OK;
    search.all = op->path->shortest == SHORTEST_ALL;
    search.sides[0].direction = op->direction;
    search.sides[1].direction = against(op->direction);
    TRY(walk_window(run, op));
    TRY(search_between(&search, value_node_id(from).value, value_node_id(to).value));
    if (!search.middle)
        return STATUS_OK;
    status = give_all(&search);
    arena_rewind(&run->scratch, mark);
    return status;
}
