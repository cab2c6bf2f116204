/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* The formats of `export`: what each makes of the nodes and edges it is handed. */

#include "cli/output.h"
#include "graph/export.h"

enum export_kind {
    EXPORT_NDJSON,  /* one event a line, as `import` and `apply` read them */
    EXPORT_GRAPHML, /* one XML document */
    EXPORT_NEO4J,   /* a directory of CSV files with typed headers, as `import` reads them */
};

/* STATUS_USAGE names the kinds there are. */
MUST_CHECK enum status export_kind_parse(enum export_kind *kind, const char *text);
/*
 * Writes the scope to `output`, or, as EXPORT_NEO4J, to files in the new directory `dir`. Walks
 * twice where a format names its columns first.
 */
MUST_CHECK enum status export_print(bool *truncated, struct output *output, struct graph_txn *txn,
                                    const struct export_scope *scope, enum export_kind kind,
                                    const char *dir);
