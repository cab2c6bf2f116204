/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Import: files and folders into a graph, nodes before edges, all or nothing.
 *
 * Formats: delimited text with typed headers (neo4j-admin style) in the file or in a separate
 * one (NAME-header.csv for NAME*.csv, or HEADER,DATA,... as one path), delimited text through a
 * mapping, and NDJSON events. Of a folder only *.csv and *.ndjson are read.
 */

#include "graph/load.h"

struct import_options {
    const char *const *paths;
    size_t n_paths;
    const char *mapping;    /* YAML file, NULL: typed headers */
    const char *source;     /* see load.h */
    const char *rejects;
    uint64_t max_errors;
    bool strict;
    size_t memory_bytes;
    unsigned threads;       /* see load.h */
    void (*progress)(void *context, const char *phase, uint64_t done, uint64_t total);
    void *context;
};

/*
 * STATUS_INVALID where more rows were rejected than allowed, a header or mapping is wrong, or a
 * file is in no known format: then nothing was stored. `result` is filled in as far as known.
 */
MUST_CHECK enum status import_run(struct load_result *result, struct graph *graph,
                                  const struct import_options *options);
