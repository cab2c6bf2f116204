/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Rings from components: members by natural key, rings by their smallest member. */

#include "detectors/facts.h"

/*
 * Sorts the findings from `first` on. Each carries in `ring` a number that those of one component
 * share; it gets its ring instead, or none where its subject is alone. O(n log n).
 */
MUST_CHECK enum status rings_name(struct findings *findings, const struct facts *facts,
                                  const char *code, size_t first);
