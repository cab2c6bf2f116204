/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Small worlds of firms: owners, representatives, addresses, loans, accounts, applications. */

#include "tests/detectors/world.h"

void firms_fill(struct world *world, struct rng *rng);
