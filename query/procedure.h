/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Procedures: what CALL finds. The caller of a query gives a table, so that a procedure may live
 * in a layer above this one.
 */

#include "graph/graph.h"
#include "query/ast.h"

struct procedure_field {
    const char *name;
    uint32_t types; /* bits of TYPE_BIT(); TYPE_ANY; null always may be */
};

/* What a procedure is called with; it gives rows through `row`, in the order of its columns. */
struct procedure_call {
    struct graph_txn *txn;
    struct arena *arena;      /* emptied after each row that was given */
    const struct value *args;
    void *context;            /* of the table */
    /* STATUS_END: nobody wants more rows; stop and return STATUS_OK. */
    enum status (*row)(struct procedure_call *call, const struct value *columns);
    /* To be called for each node or edge read: the bounds of the query hold in procedures too. */
    enum status (*tick)(struct procedure_call *call);
    void *private_;
};

struct procedure {
    const char *name; /* "db.labels" */
    const struct procedure_field *args;
    size_t n_args;
    const struct procedure_field *columns;
    size_t n_columns;
    enum status (*run)(struct procedure_call *call, const struct procedure *procedure);
    const void *data; /* the procedure's own */
    const char *help;
};

struct procedure_table {
    const struct procedure *const *items; /* n of them, any order */
    size_t n;
    void *context;
};

/* Looked up without case; the built-in ones (db.labels, ...) come after those of the table. */
const struct procedure *procedure_find(const struct procedure_table *table, struct slice name);
/* The built-in ones. */
extern const struct procedure *const procedures_builtin[];
extern const size_t n_procedures_builtin;
