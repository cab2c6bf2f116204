/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "query/table.h"

#include "base/hash.h"

#include <stdlib.h>

void table_fini(struct table *table)
{
    free(table->rows);
    free(table->hashes);
    free(table->buckets);
    *table = (struct table){ .width = table->width };
}

static uint64_t hash_row(const struct table *table, const struct value *values)
{
    uint64_t hash = table->width;

    for (uint32_t i = 0; i < table->width; i++)
        hash = hash_mix64(hash * 31 + value_hash(&values[i]));
    return hash;
}

static bool row_equals(const struct table *table, size_t row, const struct value *values)
{
    for (uint32_t i = 0; i < table->width; i++)
        if (!value_equivalent(&table->rows[row * table->width + i], &values[i]))
            return false;
    return true;
}

/* The bucket that holds the row, or the free one where it would go. */
static size_t find_bucket(const struct table *table, const struct value *values, uint64_t hash)
{
    size_t mask = table->n_buckets - 1, at = hash & mask;

    while (table->buckets[at]) {
        size_t row = table->buckets[at] - 1;
        if (table->hashes[row] == hash && row_equals(table, row, values))
            break;
        at = (at + 1) & mask;
    }
    return at;
}

static enum status grow(struct table *table)
{
    size_t n_buckets = table->n_buckets ? table->n_buckets * 2 : 16;
    uint32_t *buckets = calloc(n_buckets, sizeof *buckets);

    if (!buckets)
        return fail_memory(n_buckets * sizeof *buckets);
    for (size_t row = 0; row < table->n; row++) {
        size_t at = table->hashes[row] & (n_buckets - 1);
        while (buckets[at])
            at = (at + 1) & (n_buckets - 1);
        buckets[at] = (uint32_t)row + 1;
    }
    free(table->buckets);
    table->buckets = buckets;
    table->n_buckets = n_buckets;
    return STATUS_OK;
}

enum status table_add(size_t *row, bool *added, struct table *table, struct arena *arena,
                      const struct value *values)
{
    uint64_t hash = hash_row(table, values);
    size_t bucket;

    if (table->n * 2 >= table->n_buckets)
        TRY(grow(table));
    bucket = find_bucket(table, values, hash);
    *added = table->buckets[bucket] == 0;
    if (!*added) {
        *row = table->buckets[bucket] - 1;
        return STATUS_OK;
    }
    if (table->n >= UINT32_MAX - 1)
        return fail(STATUS_LIMIT, "more than 4 billion distinct rows");
    TRY(array_reserve(&table->rows, &table->capacity, (table->n + 1) * table->width + 1));
    TRY(array_reserve(&table->hashes, &table->hashes_capacity, table->n + 1));
    for (uint32_t i = 0; i < table->width; i++)
        TRY(value_keep(&table->rows[table->n * table->width + i], arena, &values[i]));
    table->hashes[table->n] = hash;
    *row = table->n++;
    table->buckets[bucket] = (uint32_t)table->n;
    return STATUS_OK;
}

size_t table_find(const struct table *table, const struct value *values)
{
    size_t bucket;

    if (!table->n_buckets)
        return SIZE_MAX;
    bucket = find_bucket(table, values, hash_row(table, values));
    return table->buckets[bucket] ? table->buckets[bucket] - 1 : SIZE_MAX;
}
