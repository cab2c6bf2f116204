/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/arena.h"

#include <criterion/criterion.h>

#include "base/rng.h"
#include "tests/support/leaks.h"
#include "tests/support/ok.h"
#include "tests/support/sweep.h"

TestSuite(arena, .fini = leaks_check);

Test(arena, gives_zeroed_aligned_memory_that_stays_in_place)
{
    struct rng rng = rng_new(1);
    struct arena arena = { 0 };
    unsigned char *given[400];
    size_t sizes[400];

    for (size_t i = 0; i < 400; i++) {
        sizes[i] = rng_below(&rng, i % 50 ? 300 : 100000);
        given[i] = arena_alloc(&arena, sizes[i]);
        cr_assert_not_null(given[i]);
        cr_assert_eq((uintptr_t)given[i] % _Alignof(max_align_t), 0);
        for (size_t k = 0; k < sizes[i]; k++)
            cr_assert_eq(given[i][k], 0, "allocation %zu", i);
        memset(given[i], (int)(i % 251) + 1, sizes[i]);
    }
    for (size_t i = 0; i < 400; i++)
        for (size_t k = 0; k < sizes[i]; k++)
            cr_assert_eq(given[i][k], i % 251 + 1, "allocation %zu was written over", i);
    arena_fini(&arena);
}

Test(arena, copies_text_with_a_zero_byte_behind)
{
    struct arena arena = { 0 };

    cr_assert_str_eq(arena_copy(&arena, SLICE("guarantee")), "guarantee");
    cr_assert_str_eq(arena_copy(&arena, slice_of(NULL, 0)), "");
    arena_fini(&arena);
}

Test(arena, keeps_one_block_over_a_reset)
{
    struct arena arena = { 0 };
    size_t kept;

    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < 1000; i++)
            cr_assert_not_null(arena_alloc(&arena, 100));
        arena_reset(&arena);
    }
    kept = arena.total_bytes;
    cr_assert_gt(kept, 0);
    cr_assert_leq(kept, (size_t)1 << 20);
    arena_fini(&arena);
    cr_assert_eq(arena.total_bytes, 0);
}

Test(arena, refuses_sizes_that_overflow)
{
    struct arena arena = { 0 };

    cr_assert_null(arena_alloc(&arena, SIZE_MAX));
    cr_assert_null(arena_array(&arena, SIZE_MAX / 2, 3));
    cr_assert_not_null(arena_array(&arena, 0, 8));
    arena_fini(&arena);
}

Test(arena, a_growing_array_keeps_what_is_in_it)
{
    struct arena arena = { 0 };
    size_t capacity = 0;
    int *items = NULL;

    for (int i = 0; i < 1000; i++) {
        const int *before = items;
        size_t room = capacity;

        OK(arena_reserve(&arena, &items, &capacity, (size_t)i));
        cr_assert_gt(capacity, i);
        cr_assert((size_t)i == room || items == before, "moved though there was room");
        items[i] = i;
    }
    for (int i = 0; i < 1000; i++)
        cr_assert_eq(items[i], i);
    arena_fini(&arena);
}

static enum status fill(void *context)
{
    AUTO(arena_fini) struct arena arena = { 0 };

    (void)context;
    for (int i = 0; i < 200; i++)
        if (!arena_alloc(&arena, 4000))
            return STATUS_NO_MEMORY;
    return STATUS_OK;
}

Test(arena, survives_every_failing_allocation)
{
    cr_assert_gt(sweep_allocations(fill, NULL), 3);
}
