/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "detectors/node_set.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/hash.h"

void node_set_fini(struct node_set *set)
{
    free(set->ids);
    free(set->slots.at);
    *set = (struct node_set){ 0 };
}

static uint64_t hash_of(const void *owner, uint32_t place)
{
    const struct node_set *set = owner;

    return hash_mix64(set->ids[place].value);
}

/* The id's slot, or the free one where it would go. */
static size_t find_slot(const struct node_set *set, struct node_id id)
{
    size_t slot = slots_first(&set->slots, hash_mix64(id.value));

    while (set->slots.at[slot] && set->ids[set->slots.at[slot] - 1].value != id.value)
        slot = slots_next(&set->slots, slot);
    return slot;
}

bool node_set_find(size_t *place, const struct node_set *set, struct node_id id)
{
    uint32_t number = set->slots.n ? set->slots.at[find_slot(set, id)] : 0;

    if (number)
        *place = number - 1;
    return number;
}

bool node_set_has(const struct node_set *set, struct node_id id)
{
    size_t place;

    return node_set_find(&place, set, id);
}

enum status node_set_add(struct node_set *set, struct node_id id)
{
    size_t slot;

    TRY(slots_reserve(&set->slots, set->n, hash_of, set));
    slot = find_slot(set, id);
    if (set->slots.at[slot])
        return STATUS_OK;
    TRY(array_reserve(&set->ids, &set->capacity, set->n + 1));
    set->ids[set->n++] = id;
    set->slots.at[slot] = (uint32_t)set->n;
    return STATUS_OK;
}

enum status node_set_join(struct node_set *set, const struct node_set *other)
{
    for (size_t i = 0; i < other->n; i++)
        TRY(node_set_add(set, other->ids[i]));
    return STATUS_OK;
}
