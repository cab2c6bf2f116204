/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * openCypher over a graph.
 *
 *     TRY(query_prepare(&query, text, &prepare));
 *     TRY(query_run(query, txn, &options, &stats));
 *
 * A prepared query may be run any number of times, by one thread at a time. Errors name the place
 * with a caret; query/error.h has them in parts. A statement that changes the graph needs a write
 * transaction and changes it as it goes: on failure drop the transaction.
 */

#include <signal.h>

#include "base/arena.h"
#include "base/value.h"
#include "graph/graph.h"
#include "query/procedure.h"

struct query;
struct eval;

struct query_prepare_options {
    struct graph_txn *txn;                    /* for counts to plan with; may be NULL */
    const struct procedure_table *procedures; /* kept by the query; may be NULL */
    const struct value *parameters;           /* a map: checks implicit arguments; may be NULL */
    double batch_rows; /* scans expected to give so many rows work in batches; 0: 1,000 */
};

/* Gives a query. STATUS_INVALID: an error in the text. `text` is copied. Linear in the text. */
MUST_CHECK enum status query_prepare(struct query **out, struct slice text,
                                     const struct query_prepare_options *options);
void query_free(struct query *query);
void query_freep(struct query **query);

/* The statement; lent as long as the query. */
struct slice query_text(const struct query *query);
/* Whether the graph has grown or shrunk by half since the query was planned. */
bool query_is_stale(const struct query *query, const struct graph_txn *txn);
/* Names of the columns, lent; none for a statement that only writes. */
size_t query_n_columns(const struct query *query);
struct slice query_column(const struct query *query, size_t column);
/* EXPLAIN: nothing is to be run; PROFILE: print the plan afterwards. */
bool query_is_explain(const struct query *query);
bool query_is_profile(const struct query *query);

struct query_stats {
    uint64_t rows;
    uint64_t nodes_created, nodes_deleted, edges_created, edges_deleted;
    uint64_t properties_set, labels_added, labels_removed;
    uint64_t expansions;        /* nodes and relationships read */
    bool truncated;             /* a bound cut the answer: the reason follows */
    char reason[120];
    uint64_t commit_seq;        /* that was read */
};

/* One row: `n` values, lent during the call together with what `eval` can read of them. */
typedef enum status query_row(void *context, struct eval *eval, const struct value *values,
                              size_t n);

/* What a message advises, in the words of the door through which the query came. */
struct query_words {
    const char *timeout, *rows, *memory, *expansions; /* what raises these bounds */
    const char *write;                                /* where changes belong */
    const char *parameter;                            /* how to give one */
};

struct query_run_options {
    const struct value *parameters; /* a map; NULL: none */
    query_row *row;                 /* STATUS_END: enough */
    void *context;
    int64_t timeout_us;             /* 0: none */
    uint64_t max_rows;              /* 0: none; a longer answer is cut and flagged */
    uint64_t max_bytes;             /* 0: none */
    uint64_t max_expansions;        /* 0: none */
    const volatile sig_atomic_t *interrupted; /* may be NULL */
    bool all_times;                 /* relationships of any time, not only those of as_of */
    bool allow_writes;
    int64_t now_us;                 /* the statement's clock; 0: the wall clock */
    const struct query_words *words; /* NULL: the command line's */
};

/*
 * Runs the query and hands each row to options->row. *stats is filled also after a failure.
 * STATUS_INVALID: a wrong statement, parameter or value, with its place; STATUS_LIMIT: a bound on
 * time, memory or what is read, or an interrupt, names what raises it (one on rows only flags the
 * answer); what the store raises is passed up.
 */
MUST_CHECK enum status query_run(struct query *query, struct graph_txn *txn,
                                 const struct query_run_options *options,
                                 struct query_stats *stats);

/* The plan as indented text, with rows and times after a run with PROFILE. */
MUST_CHECK enum status query_explain(struct buf *out, const struct query *query);
