/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* A small random loan book with something of every kind of node and edge. */

#include "tests/detectors/world.h"

/* Six to nineteen parties and a firm and a person more, at T = 20,000 days. */
void random_book(struct world *world, struct rng *rng);
