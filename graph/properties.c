/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Property maps: by name outside, by symbol in records. */

#include <stdlib.h>

#include "graph/private.h"

static int by_symbol(const void *a, const void *b)
{
    const struct codec_property *left = a, *right = b;

    return (left->symbol > right->symbol) - (left->symbol < right->symbol);
}

/* Of equal neighbours the last wins; those whose value is null go. */
static size_t settle(struct codec_property *properties, size_t n)
{
    size_t kept = 0;

    for (size_t i = 0; i < n; i++) {
        if (i + 1 < n && properties[i + 1].symbol == properties[i].symbol)
            continue;
        if (properties[i].value.type != VALUE_NULL)
            properties[kept++] = properties[i];
    }
    return kept;
}

/* Merge of two ascending runs, the second winning. */
static size_t merge(struct codec_property *out, const struct codec_property *old, size_t n_old,
                    const struct codec_property *new, size_t n_new)
{
    size_t n = 0, i = 0, k = 0;

    while (i < n_old || k < n_new)
        if (k == n_new || (i < n_old && old[i].symbol < new[k].symbol)) {
            out[n++] = old[i++];
        } else {
            if (i < n_old && old[i].symbol == new[k].symbol)
                i++;
            out[n++] = new[k++];
        }
    return settle(out, n);
}

enum status properties_merge(struct buf *out, struct graph_txn *txn, struct slice old,
                             const struct value *map)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    size_t n_new = map->type == VALUE_MAP ? map->count : 0, n_old = 0;
    struct codec_property *before = NULL, *given, *merged;

    if (n_new == 0)
        return buf_append_slice(out, old);
    if (old.size)
        TRY(codec_decode_properties(&before, &n_old, &arena, old));
    given = arena_array(&arena, n_new, sizeof *given);
    merged = arena_array(&arena, n_old + n_new, sizeof *merged);
    if (!given || !merged)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < n_new; i++) {
        TRY(catalog_intern(&given[i].symbol, txn, map->pairs[i].key));
        given[i].value = map->pairs[i].value;
    }
    qsort(given, n_new, sizeof *given, by_symbol);
    n_new = merge(merged, before, n_old, given, n_new);
    return n_new ? codec_encode_properties(out, merged, n_new) : STATUS_OK;
}

enum status properties_encode(struct buf *out, struct graph_txn *txn, const struct value *map)
{
    return properties_merge(out, txn, (struct slice){ 0 }, map);
}

static int by_name(const void *a, const void *b)
{
    const struct value_pair *left = a, *right = b;

    return slice_compare(left->key, right->key);
}

enum status properties_decode(struct value *out, struct arena *arena, struct graph_txn *txn,
                              struct slice bytes)
{
    struct codec_property *properties = NULL;
    struct value_pair *pairs;
    size_t n = 0;

    TRY(codec_decode_properties(&properties, &n, arena, bytes));
    pairs = arena_array(arena, n + 1, sizeof *pairs);
    if (!pairs)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < n; i++) {
        pairs[i].key = catalog_name(txn->graph->catalog, properties[i].symbol);
        pairs[i].value = properties[i].value;
    }
    qsort(pairs, n, sizeof *pairs, by_name);
    *out = (struct value){ .type = VALUE_MAP, .count = (uint32_t)n, .pairs = pairs };
    return STATUS_OK;
}
