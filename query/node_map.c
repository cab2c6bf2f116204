/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "query/node_map.h"

#include "base/hash.h"

#include <stdlib.h>

void node_map_fini(struct node_map *map)
{
    free(map->nodes);
    free(map->buckets);
    *map = (struct node_map){ 0 };
}

static size_t bucket_of(const struct node_map *map, uint64_t node)
{
    size_t mask = map->n_buckets - 1, at = hash_mix64(node) & mask;

    while (map->buckets[at] && map->nodes[map->buckets[at] - 1] != node)
        at = (at + 1) & mask;
    return at;
}

static enum status grow(struct node_map *map)
{
    size_t n = map->n_buckets ? map->n_buckets * 2 : 64;
    uint32_t *buckets = calloc(n, sizeof *buckets);

    if (!buckets)
        return fail_memory(n * sizeof *buckets);
    free(map->buckets);
    map->buckets = buckets;
    map->n_buckets = n;
    for (size_t i = 0; i < map->n; i++)
        map->buckets[bucket_of(map, map->nodes[i])] = (uint32_t)i + 1;
    return STATUS_OK;
}

enum status node_map_add(uint32_t *number, bool *added, struct node_map *map, uint64_t node)
{
    size_t bucket;

    if (map->n * 2 >= map->n_buckets)
        TRY(grow(map));
    bucket = bucket_of(map, node);
    *added = !map->buckets[bucket];
    if (*added) {
        if (map->n >= NODE_MAP_NONE - 1)
            return fail(STATUS_LIMIT, "more than 4 billion nodes in one search");
        TRY(array_reserve(&map->nodes, &map->capacity, map->n + 1));
        map->nodes[map->n++] = node;
        map->buckets[bucket] = (uint32_t)map->n;
    }
    *number = map->buckets[bucket] - 1;
    return STATUS_OK;
}

uint32_t node_map_find(const struct node_map *map, uint64_t node)
{
    return map->n_buckets ? map->buckets[bucket_of(map, node)] - 1 : NODE_MAP_NONE;
}
