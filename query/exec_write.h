/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What the files of the writing clauses share. */

#include "query/run.h"

MUST_CHECK enum status write_check_stored(struct eval *eval, const struct expr *at,
                                          const struct value *value);
MUST_CHECK enum status write_clean_map(struct value *out, struct eval *eval,
                                       const struct expr *at, const struct value *map);
MUST_CHECK enum status write_pattern_map(struct value *out, struct eval *eval,
                                         const struct expr *properties);
MUST_CHECK enum status write_join_maps(struct value *out, struct eval *eval,
                                       const struct value *a, const struct value *b);
struct value write_map_without(const struct value *map, struct slice key, struct value_pair *pairs);
uint32_t write_count_labels(const struct label_expr *labels);
MUST_CHECK enum status write_intern_labels(uint32_t *symbols, size_t *n, struct run *run,
                                           const struct label_expr *labels);
MUST_CHECK enum status write_create(struct run *run, const struct graph_pattern *pattern);
MUST_CHECK enum status write_set(struct run *run, const struct set_list *list);
