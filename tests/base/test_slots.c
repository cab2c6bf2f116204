/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/slots.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/rng.h"
#include "tests/support/leaks.h"

TestSuite(slots, .fini = leaks_check);

#define N 3000u

/* Numbers, of which many hash alike. */
struct bag {
    uint64_t items[N];
    uint32_t n;
    uint64_t spread;
    struct slots slots;
};

static uint64_t hash_of(const void *owner, uint32_t number)
{
    const struct bag *bag = owner;

    return hash_mix64(bag->items[number] % bag->spread);
}

static size_t find(const struct bag *bag, uint64_t item)
{
    size_t slot = slots_first(&bag->slots, hash_mix64(item % bag->spread));

    while (bag->slots.at[slot] && bag->items[bag->slots.at[slot] - 1] != item)
        slot = slots_next(&bag->slots, slot);
    return slot;
}

Test(slots, what_was_put_in_is_found_under_its_number_and_nothing_else_is)
{
    static const uint64_t spreads[] = { 1, 7, 1000, UINT64_MAX };

    for (size_t i = 0; i < sizeof spreads / sizeof *spreads; i++) {
        struct bag *bag = calloc(1, sizeof *bag);
        struct rng rng = rng_at(1, 0, i);
        uint32_t most = spreads[i] == 1 ? 200 : N;

        bag->spread = spreads[i];
        while (bag->n < most) {
            uint64_t item = rng_below(&rng, 2 * N);
            size_t slot;

            cr_assert_eq(slots_reserve(&bag->slots, bag->n, hash_of, bag), STATUS_OK);
            slot = find(bag, item);
            if (bag->slots.at[slot])
                most--;
            else {
                bag->items[bag->n] = item;
                bag->slots.at[slot] = ++bag->n;
            }
            cr_assert_leq(2 * bag->n, bag->slots.n);
        }
        for (uint32_t k = 0; k < bag->n; k++)
            cr_assert_eq(bag->slots.at[find(bag, bag->items[k])], k + 1);
        cr_assert_eq(bag->slots.at[find(bag, 3 * N)], 0);
        free(bag->slots.at);
        free(bag);
    }
}
