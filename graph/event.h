/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Events: one JSON object a line that adds or changes a node or edge, or closes an edge.
 *
 *   {"op":"node","label":"Enterprise","key":"..","properties":{..}}
 *   {"op":"edge","type":"GUARANTEES","from":{"label":..,"key":..},"to":{..},"edge_key":..,
 *    "valid_from":..,"valid_to":..,"properties":{..}}
 *   {"op":"close","type":..,"from":..,"to":..,"edge_key":..,"valid_to":..}
 *
 * Each may have `event_id` and `observed_at`, a node `valid_from` (of its change) and `labels`.
 */

#include "graph/load.h"

enum event_op {
    EVENT_NODE,
    EVENT_EDGE,
    EVENT_CLOSE,
};

struct event_end {
    struct slice label, key;
};

struct event {
    enum event_op op;
    struct slice id;             /* size 0: none */
    struct slice labels;         /* several split by ; */
    struct slice key, type;
    struct event_end from, to;
    bool has_edge_key;
    struct slice edge_key;
    int64_t valid_from_us, valid_to_us, observed_us;
    struct value properties;     /* a map */
};

/* Reads one line; everything is lent by `arena` and `line`. STATUS_INVALID says what is wrong. */
MUST_CHECK enum status event_parse(struct event *out, struct arena *arena, struct slice line);
/* Hands it to the load. Outcomes are load_node_row()'s; `arena` for what it makes. */
MUST_CHECK enum status event_load(struct load *load, struct arena *arena,
                                  const struct event *event);
