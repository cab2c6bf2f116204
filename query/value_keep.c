/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Deep copies of values, and pairs of maps in order. */
#include "query/eval.h"

#include <stdlib.h>

static enum status keep_items(const struct value **out, struct arena *arena,
                              const struct value *items, size_t n)
{
    struct value *kept = arena_array(arena, n + 1, sizeof *kept);

    if (!kept)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < n; i++)
        TRY(value_keep(&kept[i], arena, &items[i]));
    *out = kept;
    return STATUS_OK;
}

static enum status keep_map(struct value *out, struct arena *arena, const struct value *map)
{
    struct value_pair *pairs = arena_array(arena, (size_t)map->count + 1, sizeof *pairs);

    if (!pairs)
        return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < map->count; i++) {
        char *key = arena_copy(arena, map->pairs[i].key);
        if (!key)
            return STATUS_NO_MEMORY;
        pairs[i].key = slice_of(key, map->pairs[i].key.size);
        TRY(value_keep(&pairs[i].value, arena, &map->pairs[i].value));
    }
    out->pairs = pairs;
    return STATUS_OK;
}

static enum status keep_path(struct value *out, struct arena *arena, const struct path *path)
{
    struct path *kept = arena_new(arena, struct path);

    if (!kept)
        return STATUS_NO_MEMORY;
    kept->n_edges = path->n_edges;
    TRY(keep_items(&kept->nodes, arena, path->nodes, (size_t)path->n_edges + 1));
    TRY(keep_items(&kept->edges, arena, path->edges, path->n_edges));
    out->ref = kept;
    return STATUS_OK;
}

static enum status keep_zone(struct value *out, struct arena *arena, const struct zone *zone)
{
    struct zone *kept = arena_new(arena, struct zone);

    if (!kept)
        return STATUS_NO_MEMORY;
    *kept = *zone;
    if (zone->name) {
        kept->name = arena_copy(arena, slice_str(zone->name));
        if (!kept->name)
            return STATUS_NO_MEMORY;
    }
    out->instant.zone = kept;
    return STATUS_OK;
}

enum status value_keep(struct value *out, struct arena *arena, const struct value *value)
{
    struct value copy = *value;
    struct edge_ref *edge;
    struct duration *duration;

    switch (value->type) {
    case VALUE_STRING:
        copy.text = arena_copy(arena, value_slice(value));
        if (!copy.text)
            return STATUS_NO_MEMORY;
        break;
    case VALUE_LIST:
        TRY(keep_items(&copy.items, arena, value->items, value->count));
        break;
    case VALUE_MAP:
        TRY(keep_map(&copy, arena, value));
        break;
    case VALUE_EDGE:
        edge = arena_new(arena, struct edge_ref);
        if (!edge)
            return STATUS_NO_MEMORY;
        *edge = *(const struct edge_ref *)value->ref;
        copy.ref = edge;
        break;
    case VALUE_PATH:
        TRY(keep_path(&copy, arena, value->ref));
        break;
    case VALUE_DATETIME:
        TRY(keep_zone(&copy, arena, value->instant.zone));
        break;
    case VALUE_DURATION:
        duration = arena_new(arena, struct duration);
        if (!duration)
            return STATUS_NO_MEMORY;
        *duration = *value->duration;
        copy.duration = duration;
        break;
    default:
        break;
    }
    *out = copy;
    return STATUS_OK;
}

/* Equal keys keep their order, so that the last one can be told. */
static int by_key(const void *a, const void *b)
{
    const struct value_pair *x = a, *y = b;
    int order = slice_compare(x->key, y->key);

    return order ? order : (x > y) - (x < y);
}

void pairs_sort(struct value_pair *pairs, uint32_t *n)
{
    uint32_t kept = 0;
    bool sorted = true;

    for (uint32_t i = 1; i < *n && sorted; i++)
        sorted = slice_compare(pairs[i - 1].key, pairs[i].key) < 0;
    if (sorted)
        return;
    /* Insertion keeps equal keys in order; qsort does for the long ones, which have none. */
    if (*n <= 64) {
        for (uint32_t i = 1; i < *n; i++) {
            struct value_pair pair = pairs[i];
            uint32_t k = i;
            for (; k > 0 && slice_compare(pairs[k - 1].key, pair.key) > 0; k--)
                pairs[k] = pairs[k - 1];
            pairs[k] = pair;
        }
    } else {
        qsort(pairs, *n, sizeof *pairs, by_key);
    }
    for (uint32_t i = 0; i < *n; i++) {
        if (i + 1 < *n && slice_equal(pairs[i].key, pairs[i + 1].key))
            continue;
        pairs[kept++] = pairs[i];
    }
    *n = kept;
}
