/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What the formats of `export` share: the writer, names and values as shown, groups of columns. */

#include <stdio.h>

#include "cli/export_format.h"

/* A property column and the type that fits all its values. */
struct export_column {
    struct slice name; /* lent by the catalog */
    enum value_type type;
    bool mixed; /* values of several types: all become text */
};

/* What has columns of its own. CSV: nodes of a label, or edges of a type between two labels. */
struct export_group {
    struct slice label, to; /* edges: `to` and `type` are set */
    struct slice type;
    struct export_column *columns;
    size_t n_columns, capacity;
    bool keyed; /* some edge has a key of its own */
    FILE *file;
};

struct export_writer {
    struct output *output;
    struct graph_txn *txn;
    const char *dir;
    enum export_kind kind;
    struct export_group *groups;
    size_t n_groups, capacity;
    uint64_t n_edges;
    struct buf line;
    bool dir_made;
};

/* One format. The sink's context is the writer. */
struct export_format {
    bool columns_first; /* walk once for the groups and their columns before `begin` */
    enum status (*begin)(struct export_writer *writer);
    struct export_sink sink;
    enum status (*end)(struct export_writer *writer);
    void (*drop)(struct export_writer *writer); /* after a failure; NULL: nothing is kept anyway */
};

extern const struct export_format export_ndjson, export_graphml, export_neo4j;

/* The label that says what a node is: of its key, else its first. Lent by the catalog. */
struct slice export_label_of(const struct export_writer *writer, const struct node *node);
struct slice export_type_of(const struct export_writer *writer, const struct export_edge *edge);
/* Appends a value as plain text: temporal as ISO, lists and maps as JSON, null as nothing. */
MUST_CHECK enum status export_plain_text(struct buf *out, const struct value *value);
const char *export_type_name(const struct export_column *column, bool graphml);
/* The group that a node or an edge belongs to, made when first met. Lent until the next call. */
MUST_CHECK enum status export_group_of_node(struct export_group **out, struct export_writer *writer,
                                            const struct node *node);
MUST_CHECK enum status export_group_of_edge(struct export_group **out, struct export_writer *writer,
                                            const struct export_edge *edge);
