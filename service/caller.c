/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/caller.h"

#define TRIES 8 /* places looked at before a caller goes uncounted */

/* Places are never given back: there are no more callers than tokens, certificates and users. */
static atomic_int *place_of(struct callers *callers, unsigned long long name)
{
    for (size_t i = 0; i < TRIES; i++) {
        size_t at = (size_t)(name + i) % CALLERS_MAX;
        unsigned long long there = 0;

        if (atomic_compare_exchange_strong(&callers->places[at].name, &there, name) ||
            there == name)
            return &callers->places[at].n;
    }
    return NULL;
}

bool callers_enter(atomic_int **place, struct callers *callers, const struct caller *caller,
                   int64_t limit)
{
    atomic_int *mine;

    *place = NULL;
    if (!limit || caller->role == ROLE_NONE)
        return true;
    mine = place_of(callers, hash64(slice_str(caller->id), 0) | 1);
    if (!mine)
        return true;
    if (atomic_fetch_add_explicit(mine, 1, memory_order_relaxed) >= limit) {
        callers_leave(mine);
        return false;
    }
    *place = mine;
    return true;
}

void callers_leave(atomic_int *place)
{
    if (place)
        atomic_fetch_sub_explicit(place, 1, memory_order_relaxed);
}
