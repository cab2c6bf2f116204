/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "query/table.h"

#include "base/hash.h"

#include <stdlib.h>

void table_fini(struct table *table)
{
    free(table->rows);
    free(table->hashes);
    free(table->slots.at);
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

static uint64_t hash_of(const void *owner, uint32_t row)
{
    const struct table *table = owner;

    return table->hashes[row];
}

/* The slot of the row, or the free one where it would go. */
static size_t find_slot(const struct table *table, const struct value *values, uint64_t hash)
{
    size_t slot = slots_first(&table->slots, hash);

    for (; table->slots.at[slot]; slot = slots_next(&table->slots, slot)) {
        size_t row = table->slots.at[slot] - 1;

        if (table->hashes[row] == hash && row_equals(table, row, values))
            break;
    }
    return slot;
}

enum status table_add(size_t *row, bool *added, struct table *table, struct arena *arena,
                      const struct value *values)
{
    uint64_t hash = hash_row(table, values);
    size_t slot;

    TRY(slots_reserve(&table->slots, table->n, hash_of, table));
    slot = find_slot(table, values, hash);
    *added = table->slots.at[slot] == 0;
    if (!*added) {
        *row = table->slots.at[slot] - 1;
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
    table->slots.at[slot] = (uint32_t)table->n;
    return STATUS_OK;
}

size_t table_find(const struct table *table, const struct value *values)
{
    size_t slot;

    if (!table->slots.n)
        return SIZE_MAX;
    slot = find_slot(table, values, hash_row(table, values));
    return table->slots.at[slot] ? table->slots.at[slot] - 1 : SIZE_MAX;
}
