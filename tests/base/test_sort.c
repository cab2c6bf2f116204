/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/sort.h"

#include <criterion/criterion.h>

#include "base/rng.h"

struct item {
    uint32_t key, at;
    unsigned char more[200];
};

static int by_key(const void *a, const void *b)
{
    uint32_t x = ((const struct item *)a)->key, y = ((const struct item *)b)->key;

    return (x > y) - (x < y);
}

static int by_rank(const void *a, const void *b, void *context)
{
    const uint32_t *rank = context;
    uint32_t x = rank[*(const uint32_t *)a], y = rank[*(const uint32_t *)b];

    return (x > y) - (x < y);
}

Test(sort, lists_of_every_length_come_in_order_and_equal_ones_stay_as_they_were)
{
    static struct item items[40];
    struct rng rng = rng_new(3);

    sort_items(NULL, 0, sizeof *items, by_key);
    for (uint32_t n = 0; n <= 40; n++) {
        for (uint32_t i = 0; i < n; i++)
            items[i] = (struct item){ (uint32_t)rng_below(&rng, 8), i, { (unsigned char)i } };
        sort_items(items, n, sizeof *items, by_key);
        sort_items(items, n, sizeof *items, by_key); /* again, now that they are in order */
        for (uint32_t i = 1; i < n; i++) {
            cr_assert_leq(items[i - 1].key, items[i].key);
            cr_assert(items[i - 1].key != items[i].key || items[i - 1].at < items[i].at);
            cr_assert_eq(items[i].more[0], items[i].at);
        }
    }
}

Test(sort, an_order_may_lie_elsewhere)
{
    uint32_t rank[30], numbers[30];

    for (uint32_t n = 2; n <= 30; n++) {
        for (uint32_t i = 0; i < n; i++) {
            rank[i] = n - i;
            numbers[i] = i;
        }
        sort_items_in(numbers, n, sizeof *numbers, by_rank, rank);
        for (uint32_t i = 0; i < n; i++)
            cr_assert_eq(numbers[i], n - 1 - i);
    }
}
