/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/rng.h"

#include <criterion/criterion.h>

Test(rng, gives_the_reference_sequence)
{
    /* xoshiro256** from state 1, 2, 3, 4: the values of the authors' C code. */
    struct rng rng = { { 1, 2, 3, 4 } };
    static const uint64_t expected[] = { 11520, 0, 1509978240, 1215971899390074240u };

    for (size_t i = 0; i < 4; i++)
        cr_expect_eq(rng_next(&rng), expected[i], "value %zu", i);
}

Test(rng, splits_are_repeatable_and_differ)
{
    struct rng a = rng_at(7, 1, 2), b = rng_at(7, 1, 2), c = rng_at(7, 2, 1), d = rng_at(8, 1, 2);
    uint64_t first = rng_next(&a);

    cr_expect_eq(first, rng_next(&b));
    cr_expect_neq(first, rng_next(&c));
    cr_expect_neq(first, rng_next(&d));
}

Test(rng, bounds_hold_and_are_reached)
{
    struct rng rng = rng_new(42);
    unsigned seen[6] = { 0 };

    for (int i = 0; i < 60000; i++)
        seen[rng_between(&rng, -2, 3) + 2]++;
    for (int i = 0; i < 6; i++)
        cr_expect(seen[i] > 9500 && seen[i] < 10500, "%d drawn %u times", i - 2, seen[i]);
    cr_expect_eq(rng_between(&rng, 5, 5), 5);
    for (int i = 0; i < 1000; i++) {
        double unit = rng_unit(&rng);
        cr_expect(unit >= 0 && unit < 1);
    }
}
