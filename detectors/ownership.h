/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Integrated ownership: the share of a company that a holder has by all paths together, each path
 * the product of its ratios (Brioschi, Buzzacchi, Colombo 1989). Shareholdings that come back add
 * less with every turn, so the sum is taken until it stands still.
 */

#include "detectors/facts.h"

struct owner {
    uint32_t node;
    int64_t share; /* millionths, at most one whole */
};

struct ownership;

/* Gives a search at facts->at_us, which keeps the facts. */
MUST_CHECK enum status ownership_new(struct ownership **out, const struct facts *facts);
void ownership_free(struct ownership *ownership);
void ownership_freep(struct ownership **ownership);

/*
 * Lends, until the next call, those who own more than `least` of the company, largest share first
 * (of equals the smaller node). *cut: there were more than 1,000 holders above it, or the sum did
 * not stand still after 1,000 turns. O(turns * holdings above the company).
 */
MUST_CHECK enum status ownership_find(const struct owner **out, size_t *n, bool *cut,
                                      struct ownership *ownership, uint32_t company,
                                      int64_t least);
/* Appends the holdings by which the owners found last have their shares, at most `most`. */
MUST_CHECK enum status ownership_evidence(struct findings *findings,
                                          struct ownership *ownership, size_t most);
