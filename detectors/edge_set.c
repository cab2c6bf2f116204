/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "detectors/edge_set.h"

#include <stdlib.h>

#include "base/hash.h"

#define SLOTS_FIRST 256u

void edge_set_fini(struct edge_set *set)
{
    free(set->slots);
    *set = (struct edge_set){ 0 };
}

/* The id's slot, or the free one where it would go. */
static size_t find_slot(const uint64_t *slots, size_t n_slots, uint64_t id)
{
    size_t slot = hash_mix64(id) & (n_slots - 1);

    while (slots[slot] && slots[slot] != id)
        slot = (slot + 1) & (n_slots - 1);
    return slot;
}

static enum status grow(struct edge_set *set)
{
    size_t wanted = set->n_slots ? 2 * set->n_slots : SLOTS_FIRST;
    uint64_t *grown = calloc(wanted, sizeof *grown);

    if (!grown)
        return fail_memory(wanted * sizeof *grown);
    for (size_t i = 0; i < set->n_slots; i++)
        if (set->slots[i])
            grown[find_slot(grown, wanted, set->slots[i])] = set->slots[i];
    free(set->slots);
    set->slots = grown;
    set->n_slots = wanted;
    return STATUS_OK;
}

enum status edge_set_add(bool *added, struct edge_set *set, struct edge_id id)
{
    size_t slot;

    if (2 * (set->n + 1) > set->n_slots)
        TRY(grow(set));
    slot = find_slot(set->slots, set->n_slots, id.value);
    *added = !set->slots[slot];
    set->slots[slot] = id.value;
    set->n += *added;
    return STATUS_OK;
}
