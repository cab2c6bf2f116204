/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Rings from components: members by natural key, rings by their smallest member. */

#include "detectors/facts.h"

struct ring_member {
    uint32_t node;
    uint32_t component; /* any number that members of one ring share */
    uint32_t ring;      /* filled: index into findings->rings, or FINDING_NO_RING */
};

/*
 * Appends a ring per component of at least two members and fills each member's `ring`. Members
 * come back sorted by (node). O(n log n).
 */
MUST_CHECK enum status rings_emit(struct findings *findings, const struct facts *facts,
                                  const char *code, struct ring_member *members, size_t n);

/* Union-find over 0..n-1 with the smallest element as root. */
MUST_CHECK enum status sets_init(uint32_t **out, size_t n);
uint32_t sets_find(uint32_t *sets, uint32_t element);
void sets_join(uint32_t *sets, uint32_t a, uint32_t b);
