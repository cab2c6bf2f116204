/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random patterns on random small graphs against an evaluator that tries everything.
 *
 * The oracle knows nothing of plans: it walks each pattern from left to right over an array of
 * edges. Usage: differential [PAIRS] [SEED]; prints the query and both answers where they differ.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/query/toy.h"

#define VARIABLES 4
#define ROWS_MAX 50000

static const struct toy_node *nodes;
static const struct toy_edge *edges;
static int n_nodes, n_edges;

/* ---- Patterns ---------------------------------------------------------------------------- */

enum { OUT, IN, BOTH };

struct step {
    int direction, type; /* type -1: any */
    bool var_length;
    int min, max, w;     /* w -1: any; else of each edge */
};

struct path {
    int n_steps;
    int variables[4];
    struct step steps[3];
};

struct clause_ {
    bool optional;
    int n_paths;
    struct path paths[2];
    int label[VARIABLES], x[VARIABLES]; /* -1: none; of variables first met here */
    int less_a, less_b;                 /* WHERE a.x < b.x; -1: none */
};

static struct clause_ clauses[2];
static int n_clauses;

static struct step make_step(void)
{
    struct step step = { toy_below(3), toy_below(3) - 1, toy_below(4) == 0, 1, 1,
                         toy_below(4) ? -1 : toy_below(3) };

    if (step.var_length) {
        step.min = toy_below(2);
        step.max = step.min + toy_below(3);
    }
    return step;
}

static void make_clause(struct clause_ *clause, bool second)
{
    clause->optional = second && toy_below(2);
    clause->n_paths = 1 + (toy_below(3) == 0);
    for (int p = 0; p < clause->n_paths; p++) {
        clause->paths[p].n_steps = toy_below(3);
        if (second && clause->paths[p].n_steps == 0)
            clause->paths[p].n_steps = 1;
        for (int k = 0; k <= clause->paths[p].n_steps; k++)
            clause->paths[p].variables[k] = toy_below(VARIABLES);
        for (int k = 0; k < clause->paths[p].n_steps; k++)
            clause->paths[p].steps[k] = make_step();
    }
    for (int v = 0; v < VARIABLES; v++) {
        clause->label[v] = toy_below(4) ? -1 : toy_below(2);
        clause->x[v] = toy_below(5) ? -1 : toy_below(3);
    }
    clause->less_a = toy_below(4) ? -1 : clause->paths[0].variables[0];
    clause->less_b = clause->paths[clause->n_paths - 1].variables[0];
}

/* ---- Text of a query --------------------------------------------------------------------- */

static void put_step(struct buf *text, const struct step *step, int number)
{
    (void)!buf_printf(text, "%s[r%d%s", step->direction == IN ? "<-" : "-", number,
                      step->type < 0 ? "" : step->type ? ":S" : ":R");
    if (step->var_length)
        (void)!buf_printf(text, "*%d..%d", step->min, step->max);
    if (step->w >= 0)
        (void)!buf_printf(text, " {w: %d}", step->w);
    (void)!buf_printf(text, "]%s", step->direction == OUT ? "->" : "-");
}

static void put_clause(struct buf *text, const struct clause_ *clause, int *edge, bool *seen)
{
    (void)!buf_printf(text, "%sMATCH ", clause->optional ? "OPTIONAL " : "");
    for (int p = 0; p < clause->n_paths; p++) {
        const struct path *path = &clause->paths[p];

        for (int k = 0; k <= path->n_steps; k++) {
            int v = path->variables[k];
            (void)!buf_printf(text, "%s(n%d", p && k == 0 ? ", " : "", v);
            if (clause->label[v] >= 0)
                (void)!buf_printf(text, ":%c", 'A' + clause->label[v]);
            if (clause->x[v] >= 0)
                (void)!buf_printf(text, " {x: %d}", clause->x[v]);
            (void)!buf_printf(text, ")");
            seen[v] = true;
            if (k < path->n_steps)
                put_step(text, &path->steps[k], (*edge)++);
        }
    }
    if (clause->less_a >= 0)
        (void)!buf_printf(text, " WHERE n%d.x < n%d.x", clause->less_a, clause->less_b);
    (void)!buf_printf(text, " ");
}

/* ---- The oracle -------------------------------------------------------------------------- */

struct row {
    int variables[VARIABLES]; /* -1: null or not there */
    bool bound[VARIABLES];
    int edges[2][2][3][4];    /* by clause, path, step: numbers of edges, -1 ends */
    bool none[2];             /* an OPTIONAL clause gave nulls */
};

struct rows_ {
    struct row *items;
    size_t n, capacity;
};

static void rows_push(struct rows_ *rows, const struct row *row)
{
    if (rows->n < ROWS_MAX &&
        array_reserve(&rows->items, &rows->capacity, rows->n + 1) == STATUS_OK)
        rows->items[rows->n++] = *row;
}

struct search_ {
    const struct clause_ *clause;
    int number;
    struct row row;
    bool used[TOY_EDGES_MAX];
    struct rows_ *out;
};

static bool fits(const struct search_ *search, int variable, int node)
{
    if (search->row.bound[variable] && search->row.variables[variable] != node)
        return false;
    if (search->clause->label[variable] >= 0 &&
        !nodes[node].labels[search->clause->label[variable]])
        return false;
    return search->clause->x[variable] < 0 || nodes[node].x == search->clause->x[variable];
}

static void search_path(struct search_ *search, int p);
static void search_step(struct search_ *search, int p, int k, int at, int length);

/* `node` ends step k - 1 (or starts the path). */
static void search_node(struct search_ *search, int p, int k, int node)
{
    const struct path *path = &search->clause->paths[p];
    int variable = path->variables[k];
    bool was_bound = search->row.bound[variable];
    int was = search->row.variables[variable];

    if (!fits(search, variable, node))
        return;
    search->row.bound[variable] = true;
    search->row.variables[variable] = node;
    if (k == path->n_steps)
        search_path(search, p + 1);
    else
        search_step(search, p, k, node, 0);
    search->row.bound[variable] = was_bound;
    search->row.variables[variable] = was;
}

static void search_step(struct search_ *search, int p, int k, int at, int length)
{
    const struct step *step = &search->clause->paths[p].steps[k];
    int *taken = search->row.edges[search->number][p][k];
    int max = step->var_length ? step->max : 1, min = step->var_length ? step->min : 1;

    taken[length] = -1;
    if (length >= min)
        search_node(search, p, k + 1, at);
    if (length == max)
        return;
    for (int i = 0; i < n_edges; i++)
        for (int way = 0; way < 2; way++) {
            int from = way ? edges[i].to : edges[i].from, to = way ? edges[i].from : edges[i].to;

            if (search->used[i] || from != at || (step->type >= 0 && edges[i].type != step->type) ||
                (step->w >= 0 && edges[i].w != step->w) || (way == 0 && step->direction == IN) ||
                (way == 1 && step->direction == OUT) ||
                (way == 1 && step->direction == BOTH && from == to))
                continue;
            search->used[i] = true;
            taken[length] = i;
            search_step(search, p, k, to, length + 1);
            taken[length] = -1;
            search->used[i] = false;
        }
}

static void search_path(struct search_ *search, int p)
{
    const struct clause_ *clause = search->clause;

    if (p < clause->n_paths) {
        for (int node = 0; node < n_nodes; node++)
            search_node(search, p, 0, node);
        return;
    }
    if (clause->less_a >= 0 && nodes[search->row.variables[clause->less_a]].x >=
                                   nodes[search->row.variables[clause->less_b]].x)
        return;
    rows_push(search->out, &search->row);
}

static void run_oracle(struct rows_ *out)
{
    struct rows_ now = { 0 };
    struct row start;

    memset(&start, 0, sizeof start);
    rows_push(&now, &start);
    for (int c = 0; c < n_clauses; c++) {
        struct rows_ next = { 0 };

        for (size_t i = 0; i < now.n; i++) {
            struct search_ search = { .clause = &clauses[c], .number = c, .row = now.items[i],
                                      .out = &next };
            size_t before = next.n;
            bool null = false;

            /* A pattern through a variable that is null matches nothing. */
            for (int p = 0; p < clauses[c].n_paths; p++)
                for (int k = 0; k <= clauses[c].paths[p].n_steps; k++) {
                    int v = clauses[c].paths[p].variables[k];
                    null |= search.row.bound[v] && search.row.variables[v] < 0;
                }
            if (!null)
                search_path(&search, 0);
            if (clauses[c].optional && next.n == before) {
                struct row row = now.items[i];
                row.none[c] = true;
                for (int p = 0; p < clauses[c].n_paths; p++)
                    for (int k = 0; k <= clauses[c].paths[p].n_steps; k++) {
                        int v = clauses[c].paths[p].variables[k];
                        if (!row.bound[v]) {
                            row.bound[v] = true;
                            row.variables[v] = -1;
                        }
                    }
                rows_push(&next, &row);
            }
        }
        free(now.items);
        now = next;
    }
    *out = now;
}

/* ---- Comparing --------------------------------------------------------------------------- */

struct lines_ {
    char **items;
    size_t n, capacity;
};

static void lines_push(struct lines_ *lines, struct buf *line)
{
    const char *text;

    if (buf_string(&text, line) == STATUS_OK &&
        array_reserve(&lines->items, &lines->capacity, lines->n + 1) == STATUS_OK)
        lines->items[lines->n++] = strdup(text);
    buf_clear(line);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void lines_free(struct lines_ *lines)
{
    for (size_t i = 0; i < lines->n; i++)
        free(lines->items[i]);
    free(lines->items);
}

static void oracle_lines(struct lines_ *out, const struct rows_ *rows, const bool *seen)
{
    struct buf line = { 0 };

    for (size_t i = 0; i < rows->n; i++) {
        for (int v = 0; v < VARIABLES; v++)
            if (seen[v] && rows->items[i].variables[v] >= 0)
                (void)!buf_printf(&line, "%d ", rows->items[i].variables[v]);
            else if (seen[v])
                (void)!buf_printf(&line, "null ");
        for (int c = 0; c < n_clauses; c++)
            for (int p = 0; p < clauses[c].n_paths; p++)
                for (int k = 0; k < clauses[c].paths[p].n_steps; k++) {
                    if (rows->items[i].none[c]) {
                        (void)!buf_printf(&line, "null ");
                        continue;
                    }
                    for (const int *e = rows->items[i].edges[c][p][k];
                         e < rows->items[i].edges[c][p][k] + 4 && *e >= 0; e++)
                        (void)!buf_printf(&line, "%d,", *e);
                    (void)!buf_printf(&line, " ");
                }
        lines_push(out, &line);
    }
    buf_fini(&line);
}

static void answer_lines(struct lines_ *out, const struct answer *answer)
{
    struct buf line = { 0 };

    for (size_t row = 0; row < answer->n_rows; row++) {
        for (size_t i = 0; i < answer->n_columns; i++) {
            const struct value *cell = &answer->cells[row * answer->n_columns + i];

            if (cell->type == VALUE_INT)
                (void)!buf_printf(&line, "%lld ", (long long)cell->integer);
            else if (cell->type == VALUE_NULL)
                (void)!buf_printf(&line, "null ");
            for (uint32_t k = 0; cell->type == VALUE_LIST && k < cell->count; k++)
                (void)!buf_printf(&line, "%lld,", (long long)cell->items[k].integer);
            if (cell->type == VALUE_LIST)
                (void)!buf_printf(&line, " ");
        }
        lines_push(out, &line);
    }
    buf_fini(&line);
}

static void put_query(struct buf *text, bool *seen)
{
    int edge = 0, n = 0;
    bool first = true;

    for (int c = 0; c < n_clauses; c++)
        put_clause(text, &clauses[c], &edge, seen);
    (void)!buf_printf(text, "RETURN ");
    for (int v = 0; v < VARIABLES; v++)
        if (seen[v]) {
            (void)!buf_printf(text, "%sn%d.i AS i%d", first ? "" : ", ", v, v);
            first = false;
        }
    for (int c = 0; c < n_clauses; c++)
        for (int p = 0; p < clauses[c].n_paths; p++)
            for (int k = 0; k < clauses[c].paths[p].n_steps; k++, n++)
                if (clauses[c].paths[p].steps[k].var_length)
                    (void)!buf_printf(text, ", [e IN r%d | e.j] AS j%d", n, n);
                else
                    (void)!buf_printf(text, ", CASE WHEN r%d IS NULL THEN null ELSE [r%d.j] END "
                                            "AS j%d", n, n, n);
}

static long one_query(const struct toy *toy, struct graph_txn *txn, const struct buf *graph_text)
{
    AUTO(answer_fini) struct answer answer = { 0 };
    AUTO(buf_fini) struct buf text = { 0 };
    struct lines_ expected = { 0 }, is = { 0 };
    struct rows_ rows = { 0 };
    bool seen[VARIABLES] = { false }, same;
    long n_rows;

    nodes = toy->nodes;
    edges = toy->edges;
    n_nodes = toy->n_nodes;
    n_edges = toy->n_edges;
    n_clauses = 1 + toy_below(2);
    for (int c = 0; c < n_clauses; c++)
        make_clause(&clauses[c], c > 0);
    put_query(&text, seen);
    run_oracle(&rows);
    if (rows.n >= ROWS_MAX) { /* too many to try all of them: no case */
        free(rows.items);
        return 0;
    }
    oracle_lines(&expected, &rows, seen);
    same = toy_run(txn, &text, &answer) == STATUS_OK;
    if (!same)
        printf("failed: %s\n", error_detail());
    answer_lines(&is, &answer);
    if (expected.n)
        qsort(expected.items, expected.n, sizeof *expected.items, by_text);
    if (is.n)
        qsort(is.items, is.n, sizeof *is.items, by_text);
    same = same && expected.n == is.n;
    for (size_t i = 0; i < is.n && same; i++)
        same = strcmp(expected.items[i], is.items[i]) == 0;
    if (!same)
        toy_show(graph_text, &text, is.n, expected.n);
    n_rows = same ? (long)expected.n : -1;
    lines_free(&expected);
    lines_free(&is);
    free(rows.items);
    return n_rows;
}

int main(int argc, char **argv)
{
    return toy_main(argc, argv, one_query);
}
