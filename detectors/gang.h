/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What the two halves of D4 share: the search (gang.c) and the reading for a probe. */

#include "detectors/neighbourhood.h"

#define GANG_CODE "GANG_APPLICATION"

struct gang_params {
    int64_t window_days, min_kinds, tau, exclusive_min, split_above, resolution, min_size,
        min_burst, burst_days, alert_size;
};

extern const struct detector detector_gang;

/* Adds the applicants that a pair ties to one of these. */
MUST_CHECK enum status gang_tied(struct id_list *out, struct facts *facts,
                                 const struct id_list *members);
/* The detector's gather(). */
MUST_CHECK enum status gang_gather(struct neighbourhood *around);
