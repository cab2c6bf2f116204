/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What the files of the writing clauses share. */

#include "query/run.h"

/* A TypeError at `at` where the value can't be a property: maps, nodes, relationships, paths. */
MUST_CHECK enum status write_check_stored(struct eval *eval, const struct expr *at,
                                          const struct value *value);
/* A copy of the map that outlives the next write, without nulls. */
MUST_CHECK enum status write_clean_map(struct value *out, struct eval *eval,
                                       const struct expr *at, const struct value *map);
/* The same of a pattern's properties (NULL: none). */
MUST_CHECK enum status write_pattern_map(struct value *out, struct eval *eval,
                                         const struct expr *properties);
/* The pairs of both; those of `b` win. */
MUST_CHECK enum status write_join_maps(struct value *out, struct eval *eval,
                                       const struct value *a, const struct value *b);
/* The map without one key; `pairs` has room for all of it. */
struct value write_map_without(const struct value *map, struct slice key, struct value_pair *pairs);
/* How many labels a list of them names, and their symbols, made where they are new. */
uint32_t write_count_labels(const struct label_expr *labels);
MUST_CHECK enum status write_intern_labels(uint32_t *symbols, size_t *n, struct run *run,
                                           const struct label_expr *labels);
/* Whether the schema says that the label gives a node its key. */
bool write_is_keyed(const struct run *run, uint32_t label);
/* CREATE and SET for the row in the frame. */
MUST_CHECK enum status write_create(struct run *run, const struct graph_pattern *pattern);
MUST_CHECK enum status write_set(struct run *run, const struct set_list *list);
