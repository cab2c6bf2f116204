/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What ordinary enterprises apply for, borrow, repay and spend. */

#include "book/party.h"

/* The enterprise's applications, and with some the account, the loans and where the money went. */
void lending_write(struct world *world, struct party *party, const struct place *place,
                   struct rng *rng);
/*
 * A tablet's uses run evenly back from T: never closer than half a day, and dense enough that one
 * without a class stays above the candidate cap and passes for a steady hub.
 */
int64_t lending_tablet_gap(uint64_t size);
