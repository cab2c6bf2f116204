/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * The truth file, and exact readings of windows and chains from DETECTORS.md for small planted
 * groups: with them a scheme knows which further codes its facts imply.
 *
 * Lines: {"ring":"gang-000012","code":"GANG_APPLICATION","members":[..]} and
 * {"trap":"incubator","members":[..]}; members are enterprise keys.
 */

#include "book/world.h"

/* A line is started, gets members by index, and is ended. */
void truth_ring(struct world *world, const char *ring, const char *code);
void truth_trap(struct world *world, const char *trap);
void truth_member(struct world *world, uint64_t index);
/* ... or an identifier, where the signal is about it: {"label":..,"key":..}. */
void truth_identifier(struct world *world, const char *label, const struct key *key);
MUST_CHECK enum status truth_end(struct world *world);

/* One line for those of `n` enterprises whose flag is set; none if no flag is (flags NULL: all). */
MUST_CHECK enum status truth_flagged(struct world *world, const char *ring, const char *code,
                                     const uint64_t *indices, const bool *flags, size_t n);

/* `who` (a place in the caller's list of unrelated members) used an identifier at `when`. */
struct use {
    size_t who;
    int64_t when;
};

/*
 * Sets flags[who] of everyone with a use in some window [t, t + window_us), t a use, that holds
 * at least `least` different members. Returns whether any window did. O(n^2 log n).
 */
bool truth_window(bool *flags, const struct use *uses, size_t n, int64_t window_us, size_t least);

/* A guarantee between members of a list; `to` past the list is somebody who guarantees nobody. */
struct promise {
    size_t from, to;
};

/* Whether a simple path of at least `length` out-edges starts at `from`. For short lengths. */
bool truth_chain(const struct promise *promises, size_t n, size_t from, size_t length);
