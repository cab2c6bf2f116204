/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Filings: who applied with which application and when, in order of control group and time. */

#include "detectors/facts.h"

struct neighbourhood;

struct filing {
    uint32_t group, principal, application;
    uint32_t edge;       /* number of the APPLIED edge */
    int64_t time_us;
};

struct filings {
    struct filing *items; /* by (group, time, application, principal) */
    size_t n, capacity;
};

void filings_fini(struct filings *filings);
/* Filings of subjects dated in (after, T]. Needs control. O(n log n). */
MUST_CHECK enum status filings_build(struct filings *out, struct facts *facts, int64_t after_us);
/* How many filings from `first` on belong to one group. */
size_t filings_of_group(const struct filings *filings, size_t first);
/* Reads what the applications of the focus state, for probes. */
MUST_CHECK enum status filings_gather(struct neighbourhood *around);
