/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Worlds in which somebody applies, for probes. */

#include "tests/detectors/world.h"

/* Fills a world; gives the application that comes last, at T, and whose it is. */
typedef uint32_t probe_world(struct world *world, struct rng *rng, uint32_t *applicant);

/* Random parties, the last application of which belongs to `*applicant` and comes at T. */
probe_world probe_parties;
/* Firms with loans, owners and records, the last application of which comes at T. */
probe_world probe_firms;
/*
 * Identifiers with up to 200 uses by up to 80 enterprises: some steady, some with a burst near T,
 * some of a class; a good part of the edges lies after T, as when a past moment is asked about.
 */
probe_world probe_hot;
/* Enterprises tied in chains: by a representative here, an owner or a declared group there. */
probe_world probe_chained;
