/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "query/node_map.h"

#include "base/hash.h"

#include <stdlib.h>

void node_map_fini(struct node_map *map)
{
    free(map->nodes);
    free(map->slots.at);
    *map = (struct node_map){ 0 };
}

static uint64_t hash_of(const void *owner, uint32_t number)
{
    const struct node_map *map = owner;

    return hash_mix64(map->nodes[number]);
}

/* The node's slot, or the free one where it would go. */
static size_t find_slot(const struct node_map *map, uint64_t node)
{
    size_t slot = slots_first(&map->slots, hash_mix64(node));

    while (map->slots.at[slot] && map->nodes[map->slots.at[slot] - 1] != node)
        slot = slots_next(&map->slots, slot);
    return slot;
}

enum status node_map_add(uint32_t *number, bool *added, struct node_map *map, uint64_t node)
{
    size_t slot;

    TRY(slots_reserve(&map->slots, map->n, hash_of, map));
    slot = find_slot(map, node);
    *added = !map->slots.at[slot];
    if (*added) {
        if (map->n >= NODE_MAP_NONE - 1)
            return fail(STATUS_LIMIT, "more than 4 billion nodes in one search");
        TRY(array_reserve(&map->nodes, &map->capacity, map->n + 1));
        map->nodes[map->n++] = node;
        map->slots.at[slot] = (uint32_t)map->n;
    }
    *number = map->slots.at[slot] - 1;
    return STATUS_OK;
}

uint32_t node_map_find(const struct node_map *map, uint64_t node)
{
    return map->slots.n ? map->slots.at[find_slot(map, node)] - 1 : NODE_MAP_NONE;
}
