/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "graph/idmap.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/random.h>

#include "base/hash.h"

#define ID_BITS 40
#define ID_MASK (((uint64_t)1 << ID_BITS) - 1)
#define SLOTS_MIN 1024
#define HUGE_PAGE ((size_t)2 << 20)

struct idmap_slot {
    uint64_t high;     /* 64 bits of hash */
    uint64_t low_id;   /* 24 more, and the id; 0: empty */
};

enum status idmap_init(struct idmap *map)
{
    *map = (struct idmap){ 0 };
    if (getrandom(map->seeds, sizeof map->seeds, 0) != sizeof map->seeds)
        return fail_errno("drawing a hash seed");
    return STATUS_OK;
}

void idmap_fini(struct idmap *map)
{
    free(map->slots);
    *map = (struct idmap){ 0 };
}

struct idmap_key idmap_key(const struct idmap *map, uint32_t space, struct slice key)
{
    return (struct idmap_key){ hash64(key, map->seeds[0] ^ space),
                               hash64(key, map->seeds[1] + space) & ~ID_MASK };
}

/* Where the key is, or the empty slot where it belongs. */
static struct idmap_slot *find(const struct idmap *map, struct idmap_key key)
{
    size_t mask = map->n_slots - 1;
    size_t at = key.high & mask;

    for (;; at = (at + 1) & mask) {
        struct idmap_slot *slot = &map->slots[at];

        if (!slot->low_id || (slot->high == key.high && (slot->low_id & ~ID_MASK) == key.low))
            return slot;
    }
}

struct node_id idmap_find(const struct idmap *map, struct idmap_key key)
{
    if (!map->n_slots)
        return (struct node_id){ 0 };
    return (struct node_id){ find(map, key)->low_id & ID_MASK };
}

void idmap_prefetch(const struct idmap *map, struct idmap_key key)
{
    if (map->n_slots)
        __builtin_prefetch(&map->slots[key.high & (map->n_slots - 1)]);
}

/* Look-ups are random, so a large table is asked for in huge pages: fewer misses of the TLB. */
static struct idmap_slot *slots_new(size_t n)
{
    size_t bytes = n * sizeof(struct idmap_slot);
    struct idmap_slot *slots;

    if (bytes < HUGE_PAGE)
        return calloc(n, sizeof *slots);
    slots = aligned_alloc(HUGE_PAGE, bytes);
    if (!slots)
        return NULL;
    (void)!madvise(slots, bytes, MADV_HUGEPAGE);
    return memset(slots, 0, bytes);
}

static enum status grow(struct idmap *map)
{
    struct idmap larger = *map;

    larger.n_slots = map->n_slots ? map->n_slots * 2 : SLOTS_MIN;
    larger.slots = slots_new(larger.n_slots);
    if (!larger.slots)
        return fail_memory(larger.n_slots * sizeof *larger.slots);
    for (size_t i = 0; i < map->n_slots; i++)
        if (map->slots[i].low_id) {
            struct idmap_key key = { map->slots[i].high, map->slots[i].low_id & ~ID_MASK };

            *find(&larger, key) = map->slots[i];
        }
    free(map->slots);
    *map = larger;
    return STATUS_OK;
}

enum status idmap_add(struct idmap *map, struct idmap_key key, struct node_id id)
{
    if (id.value > ID_MASK)
        return fail(STATUS_LIMIT, "more than 2^%d nodes", ID_BITS);
    if (map->n_slots < map->n + map->n / 2 + 1)
        TRY(grow(map));
    *find(map, key) = (struct idmap_slot){ key.high, key.low | id.value };
    map->n++;
    return STATUS_OK;
}
