/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* One statement asked of a graph and its answer printed: what `query` and `shell` share. */

#include "base/time.h"
#include "base/value.h"
#include "cli/command.h"
#include "graph/graph.h"

struct ask {
    struct cli *cli;
    struct graph *graph;
    struct value parameters; /* a map */
    int64_t timeout_us, max_rows, max_expansions;
    uint64_t max_memory;
    int64_t as_of_us, known_at_us; /* TIME_MAX: now; everything */
    bool write, all_times;
    bool truncated; /* set by ask_run() */
};

#define ASK_INIT                                                                                   \
    {                                                                                              \
        .timeout_us = 60 * US_PER_SECOND, .max_rows = 1000000, .max_memory = (uint64_t)2 << 30,    \
        .as_of_us = TIME_MAX, .known_at_us = TIME_MAX, .parameters = { .type = VALUE_MAP }         \
    }

/* Runs it and prints rows, notes and plans; Ctrl-C stops it. */
MUST_CHECK enum status ask_run(struct ask *ask, struct slice statement);
/* name=value: JSON where the value is JSON, else text. Lies in `arena`. */
MUST_CHECK enum status ask_parameter(struct value_pair *pair, struct arena *arena,
                                     const char *text);
/* A map of pairs, sorted in place; STATUS_USAGE where a name comes twice. */
MUST_CHECK enum status ask_parameters(struct value *out, struct value_pair *pairs, size_t n);
