/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Mappings: a YAML file that says what the columns of delimited files without typed headers mean.
 * data/finbench/mapping.yaml is an example; docs/import.md describes every key.
 */

#include "graph/table.h"

struct mapping;
struct mapping_file;

/* Reads `path` into `arena`, which lends the mapping. Errors name the file and line. */
MUST_CHECK enum status mapping_read(const struct mapping **out, struct arena *arena,
                                    const char *path);
/* The same from text; errors name `path`, which it keeps. */
MUST_CHECK enum status mapping_parse(const struct mapping **out, struct arena *arena,
                                     struct slice text, const char *path);
/* The entries in their order; NULL behind the last. */
const struct mapping_file *mapping_file_at(const struct mapping *mapping, size_t i);
/* The first entry whose pattern fits the file's name (without folders), or NULL. */
const struct mapping_file *mapping_find(const struct mapping *mapping, const char *name);
/*
 * The plan for the file at `path`, in `arena`. STATUS_INVALID where the mapping names a column the
 * file has not, or leaves one out: names the mapping's line and the file's columns.
 */
MUST_CHECK enum status mapping_plan(struct plan *out, struct arena *arena,
                                    const struct mapping *mapping,
                                    const struct mapping_file *file, const char *path);
