/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Delimited files as nodes or edges: a plan says what each column means, from a typed header
 * (neo4j-admin style) or from a mapping (graph/mapping.h).
 */

#include "graph/delimited.h"
#include "graph/load.h"
#include "graph/typed.h"

#define COLUMN_NONE SIZE_MAX

struct plan_property {
    struct slice name;
    size_t column;
    struct typed type;
};

/* A column that holds a time, with how it is written. */
struct plan_time {
    size_t column;     /* or COLUMN_NONE */
    struct typed type;
};

struct plan_end {
    size_t column;
    const char *space; /* ID space; "" is the common one */
    const char *label; /* instead: nodes of this label; NULL: by the space */
};

struct plan {
    bool is_edge;
    char delimiter, quote;
    size_t n_header;             /* records before the data */
    size_t n_columns;            /* that every record must have */
    struct plan_property *properties; /* in order of name */
    size_t n_properties;
    /* nodes */
    size_t key_column;
    const char *space;           /* NULL: none */
    size_t label_column;         /* or COLUMN_NONE: then `labels` */
    const char *labels;          /* several split by ; */
    /* edges */
    size_t type_column;          /* or COLUMN_NONE: then `type` */
    const char *type;
    struct plan_end from, to;
    size_t edge_key_column;      /* or COLUMN_NONE */
    struct plan_time valid_from, valid_to, observed;
};

/*
 * A plan from the typed header in `csv`'s present record, in `arena`. STATUS_NOT_FOUND: this is no
 * typed header. STATUS_INVALID names `file` and the column.
 */
MUST_CHECK enum status plan_from_header(struct plan *out, struct arena *arena,
                                        const struct delimited *csv, const char *file);
/*
 * Finds the delimiter (, ; tab |) under which the file's first record is a typed header, and its
 * plan. STATUS_NOT_FOUND. *only: nothing follows the header, so the data lie in other files.
 */
MUST_CHECK enum status plan_detect(struct plan *out, bool *only, struct arena *arena,
                                   const char *path);
/* Sorts the properties; STATUS_INVALID where two have one name. */
MUST_CHECK enum status plan_finish(struct plan *plan, const char *file);

/* Told of bytes read, now and then. */
struct table_progress {
    void (*read)(void *context, uint64_t bytes);
    void *context;
};

/* Reads the file's rows into the load; bad rows are rejected, other failures end it. */
MUST_CHECK enum status table_load(struct load *load, const struct plan *plan, const char *path,
                                  const struct table_progress *progress);
