/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables of this folder that bring invariants of their own: one line each. */

#include "graph/check.h"

const struct check_part *const check_parts[] = {
    NULL,
};

const size_t n_check_parts = sizeof check_parts / sizeof *check_parts - 1;
