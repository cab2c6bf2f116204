/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Natural keys to node ids in memory: 16 bytes a slot, at most two thirds full.
 *
 * A key is known by 88 bits of a hash seeded per map, so that two of ten million keys meet with a
 * probability of 2e-13 and nobody can make them meet. Node ids are below 2^40.
 */

#include "base/buf.h"
#include "store/id.h"

struct idmap_slot;

struct idmap {
    struct idmap_slot *slots;
    size_t n, n_slots;
    uint64_t seeds[2];
};

MUST_CHECK enum status idmap_init(struct idmap *map);
void idmap_fini(struct idmap *map);
/* What a key is known by; reckoned from any thread while others use the map. */
struct idmap_key {
    uint64_t high, low;
};

struct idmap_key idmap_key(const struct idmap *map, uint32_t space, struct slice key);
/* The id of the key, or the zero id. O(1). */
struct node_id idmap_find(const struct idmap *map, struct idmap_key key);
/* Fetches the memory that a look-up soon to come will read. */
void idmap_prefetch(const struct idmap *map, struct idmap_key key);
/* Adds one that is not there. */
MUST_CHECK enum status idmap_add(struct idmap *map, struct idmap_key key, struct node_id id);
