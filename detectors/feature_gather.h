/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What of the graph decides about one party's row: its control group, its neighbours, theirs. */

#include "detectors/facts.h"
#include "detectors/neighbourhood.h"

/*
 * Gathers it around the focus of `around`; `base` says how facts are made (but for the snapshot).
 * Cut by the budget only: then around->truncated.
 */
MUST_CHECK enum status feature_gather(struct neighbourhood *around, const struct facts *base);
