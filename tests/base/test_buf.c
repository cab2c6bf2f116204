/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/buf.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "base/rng.h"
#include "tests/support/leaks.h"
#include "tests/support/sweep.h"

TestSuite(buf, .fini = leaks_check);

Test(buf, appends_like_an_array_of_bytes)
{
    struct rng rng = rng_new(7);
    static unsigned char expected[1 << 16];
    struct buf buf = { 0 };
    size_t size = 0;

    while (size < sizeof expected - 64) {
        size_t n = rng_below(&rng, 64);

        for (size_t i = 0; i < n; i++)
            expected[size + i] = (unsigned char)rng_next(&rng);
        cr_assert_eq(buf_append(&buf, expected + size, n), STATUS_OK);
        size += n;
    }
    cr_assert_eq(buf.size, size);
    cr_assert_eq(memcmp(buf.data, expected, size), 0);
    buf_fini(&buf);
}

Test(buf, formats_and_lends_a_terminated_string)
{
    struct buf buf = { 0 };
    const char *text;

    cr_assert_eq(buf_printf(&buf, "%s-%d", "R", 7), STATUS_OK);
    cr_assert_eq(buf_printf(&buf, "%0300d", 1), STATUS_OK);
    cr_assert_eq(buf.size, 303);
    cr_assert_eq(buf_string(&text, &buf), STATUS_OK);
    cr_assert_eq(strlen(text), 303);
    buf_clear(&buf);
    cr_assert_eq(buf_string(&text, &buf), STATUS_OK);
    cr_assert_str_eq(text, "");
    buf_fini(&buf);
}

Test(buf, keeps_its_content_when_memory_runs_out)
{
    struct buf buf = { 0 };

    cr_assert_eq(buf_append(&buf, "abc", 3), STATUS_OK);
    cr_assert_eq(buf_reserve(&buf, SIZE_MAX), STATUS_NO_MEMORY);
    cr_assert_eq(buf_reserve(&buf, SIZE_MAX / 2), STATUS_NO_MEMORY);
    cr_assert(slice_equal(buf_slice(&buf), SLICE("abc")));
    buf_fini(&buf);
}

Test(buf, orders_slices_by_byte_with_a_prefix_first)
{
    static const struct {
        const char *a, *b;
        int order;
    } cases[] = { { "", "", 0 },     { "", "a", -1 },    { "a", "a", 0 },    { "a", "ab", -1 },
                  { "b", "ab", 1 },  { "\xff", "a", 1 }, { "Z", "a", -1 } };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int order = slice_compare(slice_str(cases[i].a), slice_str(cases[i].b));

        cr_assert_eq((order > 0) - (order < 0), cases[i].order, "case %zu", i);
        cr_assert_eq(slice_equal(slice_str(cases[i].a), slice_str(cases[i].b)), order == 0);
    }
    cr_assert_eq(slice_compare(slice_of(NULL, 0), slice_of(NULL, 0)), 0);
}

static enum status grow(void *context)
{
    AUTO(buf_fini) struct buf buf = { 0 };
    AUTO(free_ptr) uint64_t *items = NULL;
    size_t capacity = 0;

    (void)context;
    for (size_t i = 0; i < 5000; i++) {
        TRY(array_reserve(&items, &capacity, i + 1));
        items[i] = i;
        TRY(buf_printf(&buf, "%zu,", i));
    }
    return STATUS_OK;
}

Test(buf, survives_every_failing_allocation)
{
    cr_assert_gt(sweep_allocations(grow, NULL), 10);
}
