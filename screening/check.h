/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* The decision log's invariants, for check_graph(). */

#include "graph/check.h"

extern const struct check_part check_part_decisions;
