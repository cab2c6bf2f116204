/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/rng.h"
#include "book/truth.h"
#include "tests/support/leaks.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(truth, .fini = leaks_check);

Test(truth, windows_are_half_open)
{
    /* Third use just outside, then just inside. */
    struct use uses[] = { { 0, 100 }, { 1, 150 }, { 2, 200 } };
    bool flags[3] = { false };

    cr_expect_not(truth_window(flags, uses, 3, 100, 3));
    cr_expect_not(flags[0] || flags[1] || flags[2]);
    cr_expect(truth_window(flags, uses, 3, 101, 3));
    cr_expect(flags[0] && flags[1] && flags[2]);
}

Test(truth, a_member_counts_once_in_a_window)
{
    struct use uses[] = { { 0, 1 }, { 0, 2 }, { 1, 3 } };
    bool flags[2] = { false };

    cr_expect_not(truth_window(flags, uses, 3, 10, 3));
    cr_expect(truth_window(flags, uses, 3, 10, 2));
    cr_expect(flags[0] && flags[1]);
}

/* Members whose uses lie in some set of uses that fits a window: over all subsets. */
static void by_subsets(bool *flags, const struct use *uses, size_t n, int64_t width, size_t least)
{
    for (unsigned subset = 1; subset < 1u << n; subset++) {
        int64_t low = INT64_MAX, high = INT64_MIN;
        unsigned members = 0;
        for (size_t i = 0; i < n; i++) {
            if (!(subset >> i & 1))
                continue;
            low = uses[i].when < low ? uses[i].when : low;
            high = uses[i].when > high ? uses[i].when : high;
            members |= 1u << uses[i].who;
        }
        if (high - low >= width || (size_t)__builtin_popcount(members) < least)
            continue;
        for (size_t i = 0; i < n; i++)
            if (members >> i & 1)
                flags[i] = true;
    }
}

Test(truth, windows_equal_the_subsets_that_fit_one)
{
    for (uint64_t seed = 0; seed < 2000; seed++) {
        struct rng rng = rng_new(seed);
        size_t n = 1 + rng_below(&rng, 9), least = 2 + rng_below(&rng, 3);
        int64_t width = 1 + (int64_t)rng_below(&rng, 12);
        bool flags[10] = { false }, expected[10] = { false };
        struct use uses[10];
        for (size_t i = 0; i < n; i++)
            uses[i] = (struct use){ rng_below(&rng, n), (int64_t)rng_below(&rng, 30) };
        truth_window(flags, uses, n, width, least);
        by_subsets(expected, uses, n, width, least);
        cr_expect_eq(memcmp(flags, expected, sizeof flags), 0, "seed %llu",
                     (unsigned long long)seed);
    }
}

Test(truth, chains_are_simple_paths)
{
    static const struct promise triangle[] = { { 0, 1 }, { 1, 2 }, { 2, 0 } };
    static const struct promise line[] = { { 0, 1 }, { 1, 2 }, { 2, 3 }, { 3, 9 } };

    cr_expect(truth_chain(triangle, 3, 0, 2));
    cr_expect_not(truth_chain(triangle, 3, 0, 3));
    cr_expect(truth_chain(line, 4, 0, 4));
    cr_expect_not(truth_chain(line, 4, 1, 4));
}
