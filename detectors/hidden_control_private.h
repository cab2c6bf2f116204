/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * What the files of D9 share: hidden_control.c finds, hidden_control_tell.c tells,
 * hidden_control_gather.c reads for a probe.
 */

#include "detectors/ownership.h"

#define HIDDEN_CODE "HIDDEN_CONTROL"
#define EXPOSURE_CODE "GROUP_EXPOSURE"

extern const struct detector detector_hidden_control;

struct control_params {
    int64_t window_days, max_represented, owner_ratio;
};

struct control_search {
    struct facts *facts;
    const struct control_params *params;
    struct findings *findings;
    int64_t after_us;
    unsigned char *applicant;  /* per node: in the window */
    unsigned char *level;      /* per node: of HIDDEN_CONTROL */
    uint32_t *sets;            /* nodes paired with each other */
    uint32_t *order;           /* subjects by (group, node) */
    uint32_t n_order;
    struct ownership *ownership; /* NULL until the first owners are asked for: most have none */
};

/* How many subjects from `first` on in the order are of one group. */
uint32_t control_group_size(const struct control_search *s, uint32_t first);

/* Appends findings with their rings: of those paired, and of control groups with applicants. */
MUST_CHECK enum status control_tell_hidden(struct control_search *s);
MUST_CHECK enum status control_tell_exposures(struct control_search *s);

MUST_CHECK enum status control_gather(struct neighbourhood *around);
