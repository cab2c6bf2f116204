/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * A detector against the same definition read out slowly, on small random worlds.
 *
 * One world in three is looked at as of an earlier day, with all that came later still in it.
 * RINGFENCE_ROUNDS in the environment multiplies the number of worlds.
 */

#include "tests/detectors/world.h"

/* Fills the level that each node should have; `levels` comes zeroed. */
typedef void expectation(const struct slow *slow, enum level *levels);

struct oracle {
    const char *code;
    void (*fill)(struct world *world, struct rng *rng);
    expectation *expect;
    uint64_t stream;             /* of random numbers, so that tests do not share worlds */
    uint32_t worlds;             /* 0: 500 */
    uint32_t least;              /* tagged over all, or nothing was tested */
    const char *const *settings; /* NULL-terminated, or NULL */
};

void oracle_compare(const struct oracle *oracle);
