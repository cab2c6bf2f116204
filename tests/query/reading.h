/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * The reading part of a random query, as text and as the rows that a naive evaluator finds: MATCH,
 * WHERE with three-valued logic, EXISTS, COUNT, a second (OPTIONAL) MATCH, UNWIND.
 */

#include "tests/query/toy.h"

#define HOPS_MAX 4
#define ROWS_MAX 5000
#define NONE (-1000) /* null */

/* Nodes a, b, c; c NONE: null. u: of UNWIND. */
struct row {
    int node[3];
    int n_edges, edges[HOPS_MAX];
    int u;
};

struct rows {
    struct row *items;
    size_t n, capacity;
};

enum { EX_X, EX_Y, EX_I, EX_CONST, EX_SUM, EX_U, EX_SIZE };

/* An expression that is a number or null. */
struct number {
    int kind, node, constant;
};

struct number random_number(bool has_u, bool has_r);
int value_of(const struct number *number, const struct row *row);
void put_number(struct buf *text, const struct number *number);
/* 0, 1, or NONE; op: < <= > >= = <> */
int compare(int op, int left, int right);
/*
 * Appends the text and gives the rows (free items). *has_u, *reads_r: which variables there are;
 * *too_many: more rows than are kept: no case.
 */
void make_reading(const struct toy *graph, struct buf *text, struct rows *rows, bool *has_u,
                  bool *reads_r, bool *too_many);
