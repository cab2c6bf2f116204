/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Evaluation: the published tags against a truth file of planted rings and traps.
 *
 * Counted are detector tags that are proposed or confirmed. A code counts from attention up, one
 * whose ordinary level is hint from hint up. Truth lines: {"ring":..,"code":..,"members":[keys]}
 * and {"trap":..,"members":[keys]}; a member that is no principal is {"label":..,"key":..}.
 */

#include "base/arena.h"
#include "base/value.h"
#include "graph/graph.h"

struct evaluate_code {
    struct slice code;
    uint64_t members, tagged, hits;      /* planted; tagged; both */
    uint64_t rings, found_rings;         /* planted; found by tags */
    uint64_t rings_hit, found_rings_hit; /* whose match shares more than half of both together */
    uint64_t trap_members, traps_tagged; /* not planted under the code; at attention or above */
    struct slice *misses, *false_alarms; /* keys, or "(gone)"; at most as many as asked for */
    size_t n_misses, n_false_alarms;
};

struct evaluation {
    struct evaluate_code *codes; /* by code */
    size_t n_codes;
    uint64_t unknown_members;    /* truth members that the graph does not have */
    struct arena arena;
};

void evaluation_fini(struct evaluation *evaluation);
/* Whether the code rests on the whole graph, so that truth names only what was planted. */
bool evaluate_is_partial(struct slice code);
/*
 * Fills `out` (zeroed by the caller). `examples`: how many misses and false alarms to list.
 * STATUS_INVALID names the truth file's line. O(truth + tags, sorted).
 */
MUST_CHECK enum status evaluate(struct evaluation *out, struct graph_txn *txn,
                                const char *truth_path, size_t examples);
