/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* The ordinary enterprises of a book, laid out by book/landscape.h. */

#include "book/party.h"

/* Nodes of everything the landscape shares. */
void noise_shared(struct world *world);
/* Ordinary enterprise `index` with all that hangs on it. */
void noise_write(struct world *world, uint64_t index);
/* Lines of truth for the landscape's traps: members of hubs, clients of guarantee companies. */
MUST_CHECK enum status noise_truth(struct world *world);

/* What an ordinary enterprise would state if it applied: its own, or its cluster's. */
void noise_party(struct party *party, const struct world *world, uint64_t index);
/* Key of the thing a hub is, and of what a small cluster shares. */
void noise_hub_key(struct key *out, const struct world *world, uint64_t hub_number);
void noise_cluster_key(struct key *out, const struct world *world, enum small_kind kind,
                       uint64_t cluster);
/*
 * A moment at least `days_ago` days back at which a branch tablet of class bank_branch is idle for
 * two hours either way, another for each `number`; false where the book has no more. Gives the
 * tablet.
 */
bool noise_idle_tablet(struct key *out, int64_t *when, const struct world *world, uint64_t number,
                       int64_t days_ago);
/* A hub of large buildings for planted ones to hide in; false where the book has none. */
bool noise_hiding_place(struct key *out, const struct world *world, struct rng *rng);
/* An ordinary enterprise in no guarantee and never overdue, to be guaranteed by planted ones. */
uint64_t noise_bystander(const struct world *world, struct rng *rng);
