/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* An import under way, shared by graph/import*.c. */

#include "graph/import.h"
#include "graph/mapping.h"
#include "graph/table.h"

enum file_kind {
    FILE_TABLE,
    FILE_EVENTS,
    FILE_DATA,   /* delimited, its header in another file: becomes FILE_TABLE */
    FILE_HEADER, /* a typed header only */
};

struct import_file {
    const char *path, *name; /* name: without folders */
    enum file_kind kind;
    struct plan plan;
    uint64_t bytes;
    size_t group;            /* of HEADER,DATA,... paths, from 1; 0: none */
};

struct import {
    const struct import_options *options;
    struct graph *graph;
    struct arena arena;
    const struct mapping *mapping;
    struct import_file *files;
    size_t n_files, files_capacity, n_groups;
    struct load *load;
    uint64_t bytes_done, bytes_total;
    bool closes, dates; /* some event ends an edge; says since when a node is so */
    bool again;         /* the nodes were read before, in vain */
};

/* Whether a file name ends so, in either case, and has something before. */
bool import_ends_in(const char *name, const char *ending);
/*
 * Fills in `files` from the paths of the options. STATUS_INVALID: one can't be read twice;
 * STATUS_USAGE: rejects would go over one.
 */
MUST_CHECK enum status import_find_files(struct import *import);
