/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What signals.c collects and judge.c weighs, name by name; for these two files only. */

#include "graph/overlay.h"
#include "screening/signals.h"

/* Ids from here on are of nodes that are only stated (detectors/probe.h). */
#define SIGNALS_UNKNOWN ((uint64_t)1 << 63)

/* One thing said of one node, weighed. */
struct candidate {
    struct tag tag;
    enum reason_source source;
    struct policy_points natural;
    struct overlay allow;     /* number 0: none */
};

struct collector {
    struct arena *arena;
    const struct signals_input *input;
    struct graph_txn *txn;
    struct catalog *catalog;
    struct resolved resolved;
    struct candidate *items;
    size_t n, capacity;
    struct node_id *touched;  /* besides the parties */
    size_t n_touched, touched_capacity;
    bool blocked;
    bool allowed_all;
};

/* Label and key of a node of the graph or of the request; empty where it is gone. */
MUST_CHECK enum status signals_name(struct named *out, struct collector *collector,
                                    struct node_id id);
/* Turns what was collected into reasons, allowed ones and scores. */
MUST_CHECK enum status signals_judge(struct signals *out, struct collector *collector);
