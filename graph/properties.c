/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Property maps: by name outside, by symbol in records. */

#include "base/sort.h"
#include "graph/private.h"

/* As many are encoded without touching the heap. */
#define PROPERTIES_LOCAL 32

static int by_symbol(const void *a, const void *b)
{
    const struct codec_property *left = a, *right = b;

    return (left->symbol > right->symbol) - (left->symbol < right->symbol);
}

static size_t drop_nulls(struct codec_property *properties, size_t n)
{
    size_t kept = 0;

    for (size_t i = 0; i < n; i++)
        if (properties[i].value.type != VALUE_NULL)
            properties[kept++] = properties[i];
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
    return drop_nulls(out, n);
}

static enum status symbol_of(uint32_t *symbol, struct graph_txn *txn, struct slice name)
{
    const unsigned char *bytes = name.data;
    struct name_met *met;

    if (!name.size)
        return catalog_intern(symbol, txn, name);
    met = &txn->names[(bytes[0] * 7u + bytes[name.size - 1] * 3u + name.size) % NAMES_MET];
    if (!met->symbol || !slice_equal(met->name, name)) {
        TRY(catalog_intern(&met->symbol, txn, name));
        met->name = catalog_name(txn->graph->catalog, met->symbol);
    }
    *symbol = met->symbol;
    return STATUS_OK;
}

enum status properties_encode(struct buf *out, bool *has_null, struct graph_txn *txn,
                              const struct value *map)
{
    size_t n = map->type == VALUE_MAP ? map->count : 0;
    struct codec_property local[PROPERTIES_LOCAL], *given = local;
    AUTO(free_ptr) struct codec_property *heap = NULL;
    size_t capacity = 0;

    *has_null = false;
    if (n == 0)
        return STATUS_OK;
    if (n > PROPERTIES_LOCAL) {
        TRY(array_reserve(&heap, &capacity, n));
        given = heap;
    }
    for (size_t i = 0; i < n; i++) {
        TRY(symbol_of(&given[i].symbol, txn, map->pairs[i].key));
        given[i].value = map->pairs[i].value;
        *has_null = *has_null || given[i].value.type == VALUE_NULL;
    }
    sort_items(given, n, sizeof *given, by_symbol);
    return codec_encode_properties(out, given, n);
}

enum status properties_merge(struct buf *out, struct slice old, struct slice new, bool has_null)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    struct codec_property *before = NULL, *given = NULL, *merged;
    size_t n_old = 0, n_new = 0;

    if (new.size == 0)
        return buf_append_slice(out, old);
    if (old.size == 0 && !has_null)
        return buf_append_slice(out, new);
    TRY(codec_decode_properties(&given, &n_new, &arena, new));
    TRY(codec_decode_properties(&before, &n_old, &arena, old));
    merged = arena_array(&arena, n_old + n_new, sizeof *merged);
    if (!merged)
        return STATUS_NO_MEMORY;
    n_new = merge(merged, before, n_old, given, n_new);
    return n_new ? codec_encode_properties(out, merged, n_new) : STATUS_OK;
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
    sort_items(pairs, n, sizeof *pairs, value_pair_order);
    *out = (struct value){ .type = VALUE_MAP, .count = (uint32_t)n, .pairs = pairs };
    return STATUS_OK;
}
