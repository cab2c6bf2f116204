/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Control groups: who counts as one obligor at T.
 *
 * x controls y if x, plus everything x controls, holds more than half of y; per holder and company
 * the largest active ratio counts. One group are those with one ultimate controller (himself
 * among them), members of one declared group, and those whose controllers are near kin.
 */

#include "detectors/facts.h"

struct control_pair {
    uint32_t controller, company;
};

struct control {
    uint32_t *group;      /* per node: the smallest index of its group; itself where alone */
    uint32_t *controller; /* per node: its ultimate controller, or NODE_NONE */
    /* Further controllers of companies of which more than all is held: errors, but told. */
    struct control_pair *further;
    size_t n_further, further_capacity;
};

/* Whether `controller` is an ultimate controller of the company. */
bool control_has(const struct control *control, uint32_t controller, uint32_t company);

/*
 * Gives the groups of facts->snapshot at facts->at_us; needs subjects to be known. O(nodes +
 * ownership edges) but for chains of joint control, where each level is walked again.
 */
MUST_CHECK enum status control_build(struct control **out, const struct facts *facts);
void control_free(struct control *control);
