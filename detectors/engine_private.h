/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What the engine's files share: engine.c runs, engine_report.c keeps what is told of a run. */

#include "detectors/engine.h"

/* One line per code of the detectors that run, and room for their times. */
MUST_CHECK enum status report_codes(struct retag_report *report,
                                    const struct detector *const *detectors);
MUST_CHECK enum status report_notes(struct retag_report *report, const struct findings *findings);
/* Why an incremental run looked at everything. */
MUST_CHECK enum status report_whole(struct retag_report *report, const struct detector *detector,
                                    const char *why);
/* The end of a part of the run that began at `since_us`. */
void report_time(struct retag_report *report, const char *what, int64_t since_us);
/* STATUS_LIMIT where a larger share of the tags would change; negative: no limit. */
MUST_CHECK enum status report_check_change(const struct retag_report *report, uint64_t n_before,
                                           double max_percent);
