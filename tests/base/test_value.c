/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/value.h"

#include <criterion/criterion.h>
#include <math.h>

#include "base/time.h"

static const struct zone utc = { 0, NULL }, berlin = { 3600, "Europe/Berlin" };

Test(value, is_small_enough_to_copy)
{
    cr_assert_eq(sizeof(struct value), 24);
}

Test(value, same_means_same_type_and_content)
{
    static const struct value one = { .type = VALUE_INT, .integer = 1 };
    const struct value items[] = { one, value_null() }, other_items[] = { one, one };
    const struct value_pair pairs[] = { { SLICE("a"), one } };
    const struct value_pair other_pairs[] = { { SLICE("b"), one } };
    const struct duration day = { .days = 1 }, seconds = { .seconds = 86400 };
    const struct value different[] = {
        value_null(),
        value_bool(true),
        value_bool(false),
        value_int(1),
        value_int(2),
        value_float(1),
        value_float(NAN),
        value_text(SLICE("")),
        value_text(SLICE("a")),
        value_text(slice_of("a\0", 2)),
        { .type = VALUE_LIST, .count = 2, .items = items },
        { .type = VALUE_LIST, .count = 2, .items = other_items },
        { .type = VALUE_LIST, .count = 1, .items = items },
        { .type = VALUE_MAP, .count = 1, .pairs = pairs },
        { .type = VALUE_MAP, .count = 1, .pairs = other_pairs },
        { .type = VALUE_MAP, .count = 0 },
        { .type = VALUE_DATE, .integer = 1 },
        { .type = VALUE_LOCAL_TIME, .integer = 1 },
        { .type = VALUE_TIME, .integer = 1 },
        { .type = VALUE_TIME, .integer = 1, .extra = 3600 },
        { .type = VALUE_LOCAL_DATETIME, .instant = { 1, NULL } },
        { .type = VALUE_DATETIME, .instant = { 1, &utc } },
        { .type = VALUE_DATETIME, .instant = { 1, &berlin } },
        { .type = VALUE_DURATION, .duration = &day },
        { .type = VALUE_DURATION, .duration = &seconds },
    };
    const size_t n = sizeof different / sizeof *different;

    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < n; k++)
            cr_assert_eq(value_same(&different[i], &different[k]), i == k, "%zu (%s), %zu (%s)", i,
                         value_type_name(different[i].type), k,
                         value_type_name(different[k].type));
}

Test(value, finds_map_keys_at_every_place)
{
    static const char *const keys[] = { "", "a", "aa", "ab", "b", "ba", "c" };
    struct value_pair pairs[7];
    struct value map = { .type = VALUE_MAP, .pairs = pairs };

    for (uint32_t i = 0; i < 7; i++)
        pairs[i] = (struct value_pair){ slice_str(keys[i]), value_int(i) };
    for (map.count = 0; map.count <= 7; map.count++) {
        for (uint32_t i = 0; i < 7; i++) {
            const struct value *found = value_find(&map, slice_str(keys[i]));

            if (i < map.count)
                cr_assert(found && found->integer == i, "%u of %u", i, map.count);
            else
                cr_assert_null(found, "%u of %u", i, map.count);
        }
    }
    map.count = 7;
    cr_assert_null(value_find(&map, SLICE("abc")));
}

Test(value, turns_into_microseconds_and_back)
{
    static const int64_t moments[] = { 0, 1, -1, 999999, -999999, US_PER_SECOND, -US_PER_SECOND,
                                       1795248000123456, -62135596800000000 };
    const struct value date = { .type = VALUE_DATE, .integer = 2 }, text = value_text(SLICE("x"));
    const struct value far_date = { .type = VALUE_DATE, .integer = INT64_MAX / 2 };
    int64_t us;

    for (size_t i = 0; i < sizeof moments / sizeof *moments; i++) {
        struct value value = value_datetime_us(moments[i]);

        cr_assert(value.extra >= 0 && value.extra < 1000000000);
        cr_assert(value_as_us(&us, &value));
        cr_assert_eq(us, moments[i]);
    }
    cr_assert(value_as_us(&us, &date));
    cr_assert_eq(us, 2 * US_PER_DAY);
    cr_assert_not(value_as_us(&us, &text));
    cr_assert_not(value_as_us(&us, &far_date));
}
