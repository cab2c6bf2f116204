/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* How dense a block chance alone would make: the measure against which DENSE_BLOCK tells one. */

#include "detectors/peel.h"

/*
 * The mean density of the densest sets of `shuffles` graphs in which every node keeps its number
 * of edges but the other ends are drawn anew (the configuration model: two ends may meet twice).
 * The graph's weights must be those of its own degrees. Peels by degrees rounded to 1/128.
 * O(nodes + edges) once, then for each graph O(edges that do not join two ends without others).
 */
MUST_CHECK enum status chance_density(int64_t *density, const struct peel_graph *graph,
                                      uint32_t shuffles, uint64_t seed, uint64_t stream);
