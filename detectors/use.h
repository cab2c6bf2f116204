/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Uses: which principal reached which identifier, by which edges, and when.
 *
 * Dated uses happen at one moment (start == end); intervals hold in [start, end). Kept are those
 * that begin at or before T and touch the lookback (T - lookback_days, T]; an undated event is in
 * no window and left out. Those of subjects are in `facts` where NEED_USES was asked for.
 */

#include "detectors/facts.h"
#include "graph/snapshot.h"

#define USE_NO_EDGE UINT32_MAX

struct use {
    uint32_t identifier, principal; /* nodes */
    uint32_t edges[SCHEMA_STEPS_MAX]; /* edge numbers along the link, USE_NO_EDGE after */
    uint32_t application;           /* the application node passed, or NODE_NONE */
    uint16_t link;                  /* index into the schema's links */
    uint8_t kind;                   /* index into the schema's kinds */
    bool dated;
    int64_t start, end;
};

struct uses {
    struct use *items; /* by (identifier, start, principal, edges) */
    size_t n, capacity;
    uint32_t *first;   /* per node: uses of it are items[first[i]] .. items[first[i + 1] - 1] */
};

/*
 * Uses of the principals that have the bit `flag` in `flags`, which has a byte a node.
 * O(uses * log of the uses of one identifier).
 */
MUST_CHECK enum status uses_build(struct uses **out, const struct facts *facts,
                                  const unsigned char *flags, unsigned char flag);
void uses_free(struct uses *uses);

/* Those of one identifier, lent, in order of time. */
static inline const struct use *uses_of(size_t *n, const struct uses *uses, uint32_t identifier)
{
    *n = uses->first[identifier + 1] - uses->first[identifier];
    return uses->items + uses->first[identifier];
}

/* Whether the use touches (after, until], half open as windows that end at a moment are. */
static inline bool use_overlaps(const struct use *use, int64_t after_us, int64_t until_us)
{
    return use->start <= until_us && (use->dated ? use->start > after_us : use->end > after_us);
}

/* A use's newest moment at T: T while an interval holds, else its end or event. */
static inline int64_t use_newest(const struct use *use, int64_t at_us)
{
    return use->dated ? use->start : use->end > at_us ? at_us : use->end;
}
