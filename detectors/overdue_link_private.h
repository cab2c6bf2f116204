/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Between the files of D12 OVERDUE_LINK. */

#include "detectors/detector.h"
#include "detectors/neighbourhood.h"

#define OVERDUE_CODE "OVERDUE_LINK"

struct overdue_params {
    int64_t window_days, alert_days;
};

extern const struct detector detector_overdue_link;

/* What may tie the focus to an overdue borrower: for probes. */
MUST_CHECK enum status overdue_gather(struct neighbourhood *around);
