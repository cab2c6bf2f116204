/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Sliding windows over the dated events of one identifier: which of them fire.
 *
 * A window is [t, t + width) and starts at an event. It fires with enough unrelated principals,
 * not above the cap, and not as part of a steady hub's rhythm (DETECTORS, section 0).
 */

#include "detectors/facts.h"

struct event {
    int64_t time_us;
    uint32_t principal; /* node */
    uint32_t group;     /* facts_group() of it */
    uint32_t use;       /* what the caller wants to find again */
};

struct window {
    uint32_t first, end; /* events [first, end) */
    uint32_t groups;     /* unrelated principals in it */
};

struct window_rule {
    int64_t width_us;
    int64_t min_groups;
    uint32_t max_groups; /* cap: above it a window does not fire */
    bool steady;         /* apply the rule of steady hubs */
};

struct windows {
    struct window *items; /* the windows that fire, by start; one per distinct start */
    size_t n, capacity;
    uint32_t over_cap;    /* most unrelated principals among those stopped by the cap; 0: none */
    uint32_t over_rhythm; /* ... by the rule of steady hubs */
    uint32_t best;        /* index of the one with most unrelated principals, earliest such */
};

void windows_fini(struct windows *windows);

/*
 * Fills `windows` (emptied first) from events in ascending time. O(n); uses facts->count and
 * facts->total, and leaves them zero.
 */
MUST_CHECK enum status windows_find(struct windows *windows, struct facts *facts,
                                    const struct event *events, size_t n,
                                    const struct window_rule *rule);

struct events {
    struct event *items;
    size_t n, capacity;
};

void events_fini(struct events *events);
MUST_CHECK enum status events_add(struct events *events, const struct event *event);
