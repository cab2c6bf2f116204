/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>

#include "tests/query/reading.h"


static const struct toy *toy;
static bool too_many; /* rows than are kept */

/* ---- Walks ------------------------------------------------------------------------------- */

enum { OUT, IN, BOTH };

struct step {
    int direction, type, min, max; /* type -1: any */
    bool var_length;
    int each_w;                    /* all w > each_w; -1: not asked */
    bool ascending;                /* w ascends */
};

struct found {
    int at, n, edges[HOPS_MAX];
};

static bool may_take(const struct step *step, int at, int i, int way)
{
    const struct toy_edge *edge = &toy->edges[i];

    if ((way ? edge->to : edge->from) != at || (step->type >= 0 && edge->type != step->type))
        return false;
    if ((way == 0 && step->direction == IN) || (way == 1 && step->direction == OUT))
        return false;
    return !(way == 1 && step->direction == BOTH && edge->from == edge->to);
}

static bool path_fits(const struct step *step, const struct found *path)
{
    for (int i = 0; i < path->n; i++) {
        if (step->each_w >= 0 && toy->edges[path->edges[i]].w <= step->each_w)
            return false;
        if (step->ascending && i &&
            toy->edges[path->edges[i - 1]].w >= toy->edges[path->edges[i]].w)
            return false;
    }
    return true;
}

/* All walks of distinct edges from path->at that the step allows, to `out`. */
static void walk(const struct step *step, struct found path, struct found *out, int *n)
{
    too_many |= *n == ROWS_MAX;
    if (too_many)
        return;
    if (path.n >= step->min && path_fits(step, &path))
        out[(*n)++] = path;
    if (path.n == step->max)
        return;
    for (int i = 0; i < toy->n_edges; i++)
        for (int way = 0; way < 2; way++) {
            struct found longer = path;
            bool used = false;

            for (int k = 0; k < path.n; k++)
                used |= path.edges[k] == i;
            if (used || !may_take(step, path.at, i, way))
                continue;
            longer.at = way ? toy->edges[i].from : toy->edges[i].to;
            longer.edges[longer.n++] = i;
            walk(step, longer, out, n);
        }
}

static struct step random_step(bool var_length)
{
    struct step step = { toy_below(3), toy_below(3) - 1, 1, 1, var_length, -1, false };

    if (!var_length)
        return step;
    step.min = toy_below(2);
    step.max = step.min + toy_below(HOPS_MAX - step.min + 1);
    step.each_w = toy_below(3) ? -1 : 0;
    step.ascending = toy_below(4) == 0;
    return step;
}

static void put_step(struct buf *text, const struct step *step, const char *name)
{
    (void)!buf_printf(text, "%s[%s%s", step->direction == IN ? "<-" : "-", name,
                      step->type < 0 ? "" : step->type ? ":S" : ":R");
    if (step->var_length)
        (void)!buf_printf(text, "*%d..%d", step->min, step->max);
    (void)!buf_printf(text, "]%s", step->direction == OUT ? "->" : "-");
}

/* ---- Rows -------------------------------------------------------------------------------- */

static void push(struct rows *rows, const struct row *row)
{
    too_many |= rows->n == ROWS_MAX;
    if (!too_many && array_reserve(&rows->items, &rows->capacity, rows->n + 1) == 0)
        rows->items[rows->n++] = *row;
}

/* ---- Expressions ------------------------------------------------------------------------- */

struct number random_number(bool has_u, bool has_r)
{
    struct number number = { toy_below(5), toy_below(3), toy_below(4) };

    if (has_u && toy_below(4) == 0)
        number.kind = EX_U;
    if (has_r && toy_below(6) == 0)
        number.kind = EX_SIZE;
    return number;
}

static int property(const struct row *row, int kind, int node)
{
    int at = row->node[node];

    if (at == NONE)
        return NONE;
    if (kind == EX_Y)
        return toy->nodes[at].y < 0 ? NONE : toy->nodes[at].y;
    return kind == EX_X ? toy->nodes[at].x : at;
}

int value_of(const struct number *number, const struct row *row)
{
    int value;

    switch (number->kind) {
    case EX_CONST:
        return number->constant;
    case EX_SUM:
        value = property(row, EX_Y, number->node);
        return value == NONE ? NONE : value + number->constant;
    case EX_U:
        return row->u;
    case EX_SIZE:
        return row->n_edges;
    default:
        return property(row, number->kind, number->node);
    }
}

void put_number(struct buf *text, const struct number *number)
{
    static const char names[] = "abc";

    switch (number->kind) {
    case EX_CONST:
        (void)!buf_printf(text, "%d", number->constant);
        break;
    case EX_SUM:
        (void)!buf_printf(text, "(%c.y + %d)", names[number->node], number->constant);
        break;
    case EX_U:
        (void)!buf_printf(text, "u");
        break;
    case EX_SIZE:
        (void)!buf_printf(text, "size(r)");
        break;
    default:
        (void)!buf_printf(text, "%c.%c", names[number->node],
                          number->kind == EX_X ? 'x' : number->kind == EX_Y ? 'y' : 'i');
    }
}

enum { CO_COMPARE, CO_AND, CO_OR, CO_XOR, CO_NOT, CO_NULL, CO_IN, CO_EXISTS, CO_PATTERN, CO_COUNT };

struct condition {
    int kind, op;
    struct number left, right;
    int parts[2];     /* indexes of others */
    struct step step; /* EXISTS, PATTERN, COUNT: from node left.node */
};

static struct condition conditions[16];
static int n_conditions;

static int random_condition(int depth, bool has_u, bool has_r)
{
    int at = n_conditions++;
    struct condition *condition = &conditions[at];

    *condition = (struct condition){ depth ? toy_below(10) : CO_COMPARE, toy_below(6),
                                     random_number(has_u, has_r), random_number(has_u, has_r),
                                     { 0, 0 }, random_step(toy_below(2)) };
    condition->step.each_w = -1;
    condition->step.ascending = false;
    for (int i = 0; condition->kind >= CO_AND && condition->kind <= CO_NOT && i < 2; i++) {
        int part = random_condition(depth - 1, has_u, has_r);
        conditions[at].parts[i] = part;
    }
    return at;
}

/* 0, 1, or NONE */
int compare(int op, int left, int right)
{
    if (left == NONE || right == NONE)
        return NONE;
    return op == 0   ? left < right
           : op == 1 ? left <= right
           : op == 2 ? left > right
           : op == 3 ? left >= right
           : op == 4 ? left == right
                     : left != right;
}

static int count_walks(const struct condition *condition, const struct row *row)
{
    static struct found found[ROWS_MAX];
    struct found start = { .at = row->node[condition->left.node] };
    int n = 0;

    if (start.at != NONE)
        walk(&condition->step, start, found, &n);
    return n;
}

static int holds(int at, const struct row *row)
{
    const struct condition *condition = &conditions[at];
    int left = value_of(&condition->left, row), right = value_of(&condition->right, row);

    switch (condition->kind) {
    case CO_COMPARE:
        return compare(condition->op, left, right);
    case CO_NULL:
        return left == NONE;
    case CO_IN:
        return left == NONE ? NONE : left == 1 || left == right ? 1 : right == NONE ? NONE : 0;
    case CO_EXISTS:
    case CO_PATTERN:
        return count_walks(condition, row) > 0;
    case CO_COUNT:
        return compare(condition->op, count_walks(condition, row), condition->right.constant);
    default:
        break;
    }
    left = holds(condition->parts[0], row);
    right = holds(condition->parts[1], row);
    switch (condition->kind) {
    case CO_AND:
        return left == 0 || right == 0 ? 0 : left == NONE || right == NONE ? NONE : 1;
    case CO_OR:
        return left == 1 || right == 1 ? 1 : left == NONE || right == NONE ? NONE : 0;
    case CO_XOR:
        return left == NONE || right == NONE ? NONE : left != right;
    default:
        return left == NONE ? NONE : !left;
    }
}

static void put_condition(struct buf *text, int at)
{
    static const char *const ops[] = { "<", "<=", ">", ">=", "=", "<>" };
    static const char *const joins[] = { "", "AND", "OR", "XOR" };
    const struct condition *condition = &conditions[at];

    switch (condition->kind) {
    case CO_COMPARE:
        put_number(text, &condition->left);
        (void)!buf_printf(text, " %s ", ops[condition->op]);
        put_number(text, &condition->right);
        return;
    case CO_NULL:
        put_number(text, &condition->left);
        (void)!buf_printf(text, " IS NULL");
        return;
    case CO_IN:
        put_number(text, &condition->left);
        (void)!buf_printf(text, " IN [1, ");
        put_number(text, &condition->right);
        (void)!buf_printf(text, "]");
        return;
    case CO_EXISTS:
    case CO_COUNT:
    case CO_PATTERN:
        (void)!buf_printf(text, "%s(%c)", condition->kind == CO_EXISTS  ? "EXISTS { "
                                          : condition->kind == CO_COUNT ? "COUNT { " : "",
                          "abc"[condition->left.node]);
        put_step(text, &condition->step, "");
        (void)!buf_printf(text, "()%s", condition->kind == CO_PATTERN ? "" : " }");
        if (condition->kind == CO_COUNT)
            (void)!buf_printf(text, " %s %d", ops[condition->op], condition->right.constant);
        return;
    case CO_NOT:
        (void)!buf_printf(text, "NOT (");
        put_condition(text, condition->parts[0]);
        (void)!buf_printf(text, ")");
        return;
    default:
        (void)!buf_printf(text, "(");
        put_condition(text, condition->parts[0]);
        (void)!buf_printf(text, ") %s (", joins[condition->kind]);
        put_condition(text, condition->parts[1]);
        (void)!buf_printf(text, ")");
    }
}

/* ---- The reading part -------------------------------------------------------------------- */

static void match_first(struct rows *out, const struct step *step, int label, bool shortest)
{
    static struct found found[ROWS_MAX];

    for (int a = 0; a < toy->n_nodes; a++) {
        struct found start = { .at = a };
        int n = 0;

        if (label >= 0 && !toy->nodes[a].labels[label])
            continue;
        walk(step, start, found, &n);
        for (int i = 0; i < n; i++) {
            struct row row = { { a, found[i].at, NONE }, found[i].n, { 0 }, NONE };
            bool best = true;

            memcpy(row.edges, found[i].edges, sizeof row.edges);
            for (int k = 0; k < n && shortest; k++)
                best &= found[k].at != found[i].at || found[k].n >= found[i].n;
            if (best && !(shortest && found[i].at == a))
                push(out, &row);
        }
    }
}

/* (a), (b) WHERE a.x = b.y */
static void match_join(struct rows *out, int label)
{
    for (int a = 0; a < toy->n_nodes; a++)
        for (int b = 0; b < toy->n_nodes; b++) {
            struct row row = { { a, b, NONE }, 0, { 0 }, NONE };

            if ((label < 0 || toy->nodes[a].labels[label]) && toy->nodes[a].x == toy->nodes[b].y)
                push(out, &row);
        }
}

/* (b)-[q]->(c), optional or not. */
static void match_second(struct rows *rows, const struct step *step, bool optional)
{
    struct rows out = { 0 };
    struct found found[TOY_EDGES_MAX * 2 + 1];

    for (size_t i = 0; i < rows->n; i++) {
        struct found start = { .at = rows->items[i].node[1] };
        int n = 0;

        walk(step, start, found, &n);
        for (int k = 0; k < n; k++) {
            rows->items[i].node[2] = found[k].at;
            push(&out, &rows->items[i]);
        }
        rows->items[i].node[2] = NONE;
        if (!n && optional)
            push(&out, &rows->items[i]);
    }
    free(rows->items);
    *rows = out;
}

static void unwind(struct rows *rows, const int *list, int n)
{
    struct rows out = { 0 };

    for (size_t i = 0; i < rows->n; i++)
        for (int k = 0; k < n; k++) {
            rows->items[i].u = list[k];
            push(&out, &rows->items[i]);
        }
    free(rows->items);
    *rows = out;
}

static void filter(struct rows *rows, int condition)
{
    size_t kept = 0;

    for (size_t i = 0; i < rows->n; i++)
        if (holds(condition, &rows->items[i]) == 1)
            rows->items[kept++] = rows->items[i];
    rows->n = kept;
}

static const char *label_text(int label)
{
    return label < 0 ? "" : label ? ":B" : ":A";
}

static void read_join(struct buf *text, struct rows *rows)
{
    int label = toy_below(3) - 1;

    (void)!buf_printf(text, "MATCH (a%s), (b) WHERE %s", label_text(label),
                      toy_below(2) ? "a.x = b.y" : "b.y = a.x");
    match_join(rows, label);
}

static void read_shortest(struct buf *text, struct rows *rows)
{
    struct step step = random_step(true);
    int label = toy_below(3) - 1;

    step.min = 1;
    step.max = step.max < 1 ? 1 : step.max;
    step.each_w = -1;
    step.ascending = false;
    (void)!buf_printf(text, "MATCH (a%s), (b) WHERE a <> b MATCH allShortestPaths((a)",
                      label_text(label));
    put_step(text, &step, "r");
    (void)!buf_printf(text, "(b))");
    match_first(rows, &step, label, true);
}

static void read_walk(struct buf *text, struct rows *rows, bool *reads_r)
{
    struct step step = random_step(toy_below(2));
    int label = toy_below(3) - 1;
    const char *and = " WHERE ";

    *reads_r = step.var_length && toy_below(2);
    (void)!buf_printf(text, "MATCH %s(a%s)", *reads_r ? "p = " : "", label_text(label));
    put_step(text, &step, *reads_r || step.each_w >= 0 || step.ascending ? "r" : "");
    (void)!buf_printf(text, "(b)");
    if (step.each_w >= 0) {
        (void)!buf_printf(text, "%sall(e IN %s WHERE e.w > %d)", and,
                          *reads_r && toy_below(2) ? "relationships(p)" : "r", step.each_w);
        and = " AND ";
    }
    if (step.ascending)
        (void)!buf_printf(text, toy_below(2)
                                    ? "%sall(i IN range(1, size(r) - 1) WHERE r[i - 1].w < r[i].w)"
                                    : "%sall(i IN range(0, size(r) - 2) WHERE r[i].w < r[i + 1].w)",
                          and);
    match_first(rows, &step, label, false);
}

static void read_graph(struct buf *text, struct rows *rows, bool *has_u, bool *reads_r)
{
    struct step second = random_step(false);
    int kind = toy_below(8), optional = toy_below(2), where;

    n_conditions = 0;
    *reads_r = kind == 0;
    if (kind == 0)
        read_shortest(text, rows);
    else if (kind == 1)
        read_join(text, rows);
    else
        read_walk(text, rows, reads_r);
    (void)!buf_printf(text, " %sMATCH (b)", optional ? "OPTIONAL " : "");
    put_step(text, &second, "");
    (void)!buf_printf(text, "(c)");
    match_second(rows, &second, optional);
    *has_u = toy_below(3) == 0;
    if (*has_u) {
        const int list[] = { 1, NONE, 2, 1 };

        (void)!buf_printf(text, " UNWIND [1, null, 2, 1] AS u");
        unwind(rows, list, 4);
    }
    if (toy_below(3)) {
        where = random_condition(2, *has_u, *reads_r);
        (void)!buf_printf(text, " WITH * WHERE ");
        put_condition(text, where);
        filter(rows, where);
    }
}

void make_reading(const struct toy *graph, struct buf *text, struct rows *rows, bool *has_u,
                  bool *reads_r, bool *cut)
{
    toy = graph;
    too_many = false;
    read_graph(text, rows, has_u, reads_r);
    *cut |= too_many;
}
