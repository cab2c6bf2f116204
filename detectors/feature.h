/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Features: what a credit model is given of a party's place in the graph.
 *
 * One table says what there is; columns, dictionary and documentation follow from it. A row is an
 * array of int64_t, CELL_ABSENT where there is nothing to say; shares are millionths.
 */

#include "base/arena.h"
#include "graph/schema.h"

/* The lines of the table; one line may make several columns, by kind, code and window. */
enum feature_id {
    FEATURE_IDENTIFIERS,
    FEATURE_IDENTIFIERS_NEW,
    FEATURE_SHARED,
    FEATURE_SHARERS,
    FEATURE_MOST_USERS,
    FEATURE_HUBS,
    FEATURE_APPLICATIONS,
    FEATURE_APPLIED_AMOUNT,
    FEATURE_LENDER_PRODUCTS,
    FEATURE_APPLICATION_GAP,
    FEATURE_GROUP_APPLICATIONS,
    FEATURE_NEIGHBOUR_APPLICATIONS,
    FEATURE_GUARANTEES_OUT,
    FEATURE_GUARANTEES_IN,
    FEATURE_GUARANTEE_OUT_AMOUNT,
    FEATURE_GUARANTEE_IN_AMOUNT,
    FEATURE_GUARANTEE_OTHER_CURRENCY,
    FEATURE_GUARANTEE_TO_ASSETS,
    FEATURE_GUARANTEE_MUTUAL,
    FEATURE_GUARANTEE_DEPTH_OUT,
    FEATURE_GUARANTEE_DEPTH_IN,
    FEATURE_GUARANTEE_REACH_OUT,
    FEATURE_GUARANTEE_REACH_IN,
    FEATURE_GROUP_SIZE,
    FEATURE_GROUP_EXPOSURE,
    FEATURE_GROUP_OVERDUE,
    FEATURE_NEIGHBOURS,
    FEATURE_NEIGHBOURS_BAD,
    FEATURE_NEIGHBOURS_BAD_RATE,
    FEATURE_DISTANCE_BLOCKED,
    FEATURE_DISTANCE_OVERDUE,
    FEATURE_CONTAGION,
    FEATURE_AGE,
    FEATURE_NET_ASSETS,
    FEATURE_LOANS,
    FEATURE_LOANS_OVERDUE,
    FEATURE_OVERDUE_DAYS,
    FEATURE_EXPOSURE,
    FEATURE_BLOCKED,
    FEATURE_RINGS,
    FEATURE_RING_SIZE,
    FEATURE_LEVEL,
    FEATURE_TRUNCATED,
    FEATURE_IDS,
};

enum feature_type {
    FEATURE_WHOLE, /* a number, amount or number of days */
    FEATURE_SHARE, /* millionths, shown as a decimal */
    FEATURE_FLAG,  /* 0 or 1 */
};

#define FEATURE_WINDOWS_MAX 6
#define SHARING_DAYS 365  /* how long ago a use may lie that ties two parties */
#define CONTAGION_HOPS 3  /* how far blocked and overdue parties are looked for */
#define GUARANTEE_HOPS 6  /* how far chains of guarantees are followed */
#define GUARANTEE_REACH 200 /* parties met on them before the search is cut */

struct feature {
    const char *name;
    enum feature_type type;
    const char *unit;
    int64_t window_days;    /* ending at T; 0: the state at T */
    const char *meaning;
};

struct feature_table {
    const struct feature *columns;
    size_t n;
    size_t first[FEATURE_IDS];     /* a line's first column */
    uint32_t n_windows[FEATURE_IDS];
    const int64_t *windows[FEATURE_IDS]; /* days; empty: no windows */
    const char **codes;            /* of FEATURE_LEVEL, in registry order */
    size_t n_codes;
};

/* The columns for a schema's kinds of identifier and the registered detectors; lies in `arena`. */
MUST_CHECK enum status feature_table(struct feature_table *out, struct arena *arena,
                                     const struct schema *schema);

/* "whole", "share" or "flag". */
const char *feature_type_name(enum feature_type type);

/* The column of a line; `part`: index of kind or code, `window`: index of its windows. */
static inline size_t feature_column(const struct feature_table *table, enum feature_id id,
                                    size_t part, size_t window)
{
    size_t windows = table->n_windows[id] ? table->n_windows[id] : 1;

    return table->first[id] + part * windows + window;
}
