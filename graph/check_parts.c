/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables of this folder that bring invariants of their own: one line each. */

#include "graph/check.h"

extern const struct check_part check_part_changes;
extern const struct check_part check_part_tags;

const struct check_part *const check_parts[] = {
    &check_part_changes,
    &check_part_tags,
    NULL,
};

const size_t n_check_parts = sizeof check_parts / sizeof *check_parts - 1;
