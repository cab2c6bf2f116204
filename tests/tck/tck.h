/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * The runner of the openCypher kit, in parts: steps (step.c) run queries (run.c), and judge answers
 * and errors (judge.c) and side effects (effects.c); procedures of a scenario are made up (fake.c).
 * One scenario runs at a time; what they share is `tck`.
 */

#include "graph/edge.h"
#include "query/error.h"
#include "query/query.h"
#include "tests/tck/gherkin.h"

enum outcome {
    OUTCOME_PASSED,
    OUTCOME_FAILED,
    OUTCOME_ERRORED,
    OUTCOME_SKIPPED,
    N_OUTCOMES,
};

/* The texts of one answer, row after row. */
struct tck_answer {
    struct slice *columns;
    size_t n_columns;
    struct buf *cells;
    size_t n_rows, capacity;
    bool unordered_lists;
};

/* What the graph holds, one line each, for the side effects. */
struct snapshot {
    char **lines;
    size_t n, capacity;
};

enum { EFFECT_NODES, EFFECT_EDGES, EFFECT_LABELS, EFFECT_PROPERTIES, N_EFFECTS };

struct tck {
    struct graph *graph;
    struct graph_txn *txn;
    struct arena arena; /* of the scenario */
    struct value parameters;
    struct procedure_table procedures;
    const struct procedure *items[16];
    struct slice text;  /* of the query that is judged */
    enum status status;
    bool at_compile;
    struct query_error error;
    char detail[1024];
    struct tck_answer answer;
    struct snapshot before[N_EFFECTS], after[N_EFFECTS];
    char why[2048];
    bool list;
    size_t counts[N_OUTCOMES];
};

extern struct tck tck;

/* Keeps why a scenario did not pass, for --list-failures. */
PRINTF_LIKE(1, 2) void why(const char *format, ...);

/* Runs the scenario in a transaction that is dropped. `graphs`: the folder of the named graphs. */
enum outcome run_scenario(const struct scenario *scenario, const char *graphs);

/* Runs a statement; *at_compile: what failed, failed before it ran. A NULL `row` drops the rows. */
enum status run_text(struct slice text, query_row *row, void *context, bool *at_compile);
/* Runs the query that is judged: its rows or its error go to `tck`, as does the graph before it. */
void run_judged(const struct step *step, bool unordered_lists);
/* The value of a literal in a table. */
enum status literal(struct value *out, struct slice text);
void tck_answer_fini(struct tck_answer *answer);

/* The graph as lines: every node, relationship, label and property, each once, sorted. */
enum status take_snapshot(struct snapshot out[N_EFFECTS]);
void snapshots_drop(void);
/* For qsort(): texts (char *) in order. */
int by_line(const void *a, const void *b);
enum outcome judge_effects(const struct cells *table);
enum outcome judge_answer(const struct cells *table, bool ordered);
/* `a TYPE should be raised at WHEN: DETAIL` */
enum outcome judge_error(struct slice step);
/* `there exists a procedure NAME(..) :: (..)`, whose table says what it answers to what. */
enum status add_procedure(const struct step *step);
