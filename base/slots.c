/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/slots.h"

#include <stdlib.h>

#define SLOTS_MIN 16

enum status slots_reserve(struct slots *slots, size_t n_items, slots_hash *hash,
                          const void *owner)
{
    struct slots grown = { .n = slots->n ? 2 * slots->n : SLOTS_MIN };

    if (2 * (n_items + 1) <= slots->n)
        return STATUS_OK;
    grown.at = calloc(grown.n, sizeof *grown.at);
    if (!grown.at)
        return fail_memory(grown.n * sizeof *grown.at);
    for (uint32_t i = 0; i < n_items; i++) {
        size_t slot = slots_first(&grown, hash(owner, i));

        while (grown.at[slot])
            slot = slots_next(&grown, slot);
        grown.at[slot] = i + 1;
    }
    free(slots->at);
    *slots = grown;
    return STATUS_OK;
}
