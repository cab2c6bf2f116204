/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/make.h"

#include <criterion/criterion.h>

#include "tests/support/leaks.h"
#include "tests/support/sweep.h"

TestSuite(make, .fini = leaks_check);

Test(make, maps_come_out_in_key_order_whatever_the_order_given)
{
    const struct value_pair pairs[] = { { SLICE("b"), value_int(2) },
                                        { SLICE(""), value_int(0) },
                                        { SLICE("a"), value_int(1) } };
    struct arena arena = { 0 };
    struct value map;

    cr_assert_eq(make_map(&map, &arena, pairs, 3), STATUS_OK);
    for (uint32_t i = 0; i < 3; i++)
        cr_assert_eq(map.pairs[i].value.integer, i);
    cr_assert_eq(value_find(&map, SLICE("b"))->integer, 2);
    cr_assert_eq(make_map(&map, &arena, NULL, 0), STATUS_OK);
    cr_assert_eq(map.count, 0);
    arena_fini(&arena);
}

static enum status work(void *context)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    struct value items[2], list;

    (void)context;
    TRY(make_text(&items[0], &arena, SLICE("远图")));
    TRY(make_printf(&items[1], &arena, "%05000d", 7));
    TRY(make_list(&list, &arena, items, 2));
    if (list.count != 2 || list.items[1].count != 5000)
        return fail(STATUS_CORRUPT, "the list is not what was put in");
    return STATUS_OK;
}

Test(make, copies_and_survives_every_failing_allocation)
{
    cr_assert_gt(sweep_allocations(work, NULL), 1);
}
