/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* One query run for a client: its rows as lines of JSON, an object by column names each. */

#include "base/value.h"
#include "graph/graph.h"

struct query_call {
    struct graph *graph;     /* kept */
    struct query_cache *cache; /* kept */
    struct slice statement;
    struct value parameters; /* a map */
    struct moment moment;
    int64_t deadline_us;     /* monotonic */
    uint64_t max_rows, max_bytes, max_expansions;
    /* After each row; may empty `lines`. STATUS_END: nobody wants more. */
    enum status (*after_row)(struct query_call *call);
    void *context;

    struct buf lines;        /* what was made and not taken yet */
    bool is_plan;            /* EXPLAIN: `lines` is text for people */
    bool truncated;          /* a bound cut the answer: the reason follows */
    char reason[120];
};

/* Reads only. STATUS_INVALID: an error in the text, with its place. STATUS_LIMIT: a bound. */
MUST_CHECK enum status query_call_run(struct query_call *call);
